package directory

import (
	"time"

	"github.com/uptrace/bun"
)

// EntityType is the data shape of a resource (role-model 1.2).
type EntityType struct {
	bun.BaseModel     `bun:"table:entity_type,alias:et"`
	ID                int64 `bun:",pk,autoincrement"`
	Identifier        string
	DisplayName       string
	ConnectorID       *int64
	DisplayExpression *string
	ManagerBinding    *string // path of navigations to the manager of a resource
	InitializedAt     *time.Time
	Version           int
}

// PropertyType is the type of a property (role-model 1.3).
type PropertyType string

const (
	String     PropertyType = "STRING"
	Bytes      PropertyType = "BYTES"
	Byte       PropertyType = "BYTE"
	Int16      PropertyType = "INT16"
	Int32      PropertyType = "INT32"
	Int64      PropertyType = "INT64"
	DateTime   PropertyType = "DATE_TIME"
	Bool       PropertyType = "BOOL"
	GUID       PropertyType = "GUID"
	Double     PropertyType = "DOUBLE"
	Binary     PropertyType = "BINARY" // a file, kept apart: file.go
	ForeignKey PropertyType = "FOREIGN_KEY"
)

// Property is one property of an entity type: scalar, or navigation when Type is ForeignKey (role-model 1.3, 1.4).
type Property struct {
	bun.BaseModel      `bun:"table:property,alias:p"`
	ID                 int64 `bun:",pk,autoincrement"`
	EntityTypeID       int64
	Identifier         string
	DisplayName        string
	Type               PropertyType
	IsKey              bool
	IsCollection       bool
	TargetEntityTypeID *int64
	ReverseIdentifier  *string // name of the reverse navigation on the pointed entity type (always a collection)
	Position           int
	GroupBy            string // property of what it points to: of those with the same value of it an owner holds one at a time; empty: any number (role-model 1.4)
}

// IsNavigation reports whether the property points to resources.
func (p *Property) IsNavigation() bool { return p.Type == ForeignKey }

// EntityMapping says which table of which connection an entity type is read from.
type EntityMapping struct {
	bun.BaseModel              `bun:"table:entity_mapping,alias:em"`
	EntityTypeID               int64 `bun:",pk"`
	ConnectionID               int64
	SourceTable                string
	MaximumInsertedLines       int
	MaximumUpdatedLines        int
	MaximumDeletedLines        int
	MaxPercentageInsertedLines int
	MaxPercentageUpdatedLines  int
	MaxPercentageDeletedLines  int
	MaximumRejected            *int // rows of one reading that may be set aside; nil: the default
}

// PropertyMapping says which column a property is read from and written to; Format as in spec 5.3.
type PropertyMapping struct {
	bun.BaseModel `bun:"table:property_mapping,alias:pm"`
	PropertyID    int64 `bun:",pk"`
	EntityTypeID  int64
	ColumnName    string
	Format        string
	IsPrimaryKey  bool
	IsUniqueKey   bool
}

// Dimension is one column usable as a criterion in every rule (role-model 1.6).
type Dimension struct {
	bun.BaseModel  `bun:"table:dimension,alias:d"`
	ID             int64 `bun:",pk,autoincrement"`
	Identifier     string
	DisplayName    string
	EntityTypeID   int64
	ColumnMapping  int
	IsHierarchical bool
	ParentProperty *string
	// Mining proposes no rule with it.
	IsExcludedFromRoleMining bool
}

// Forever stands for "no end": what the queries of this package give for PostgreSQL's infinity, which no time.Time can hold.
var Forever = time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC)

// Origin tells where a resource comes from.
type Origin string

const (
	Synced Origin = "SYNC"   // read from its system
	Manual Origin = "MANUAL" // added by a person: a complete synchronization does not delete it
)

// Resource is one instance of an entity type. ValidTo other than Forever: it is gone and kept for history.
type Resource struct {
	bun.BaseModel `bun:"table:resource,alias:r"`
	ID            int64 `bun:",pk,autoincrement"`
	EntityTypeID  int64
	Key           string
	DisplayName   string
	Scalars       map[string]string `bun:"type:jsonb"`
	Refs          map[string]any    `bun:"type:jsonb"` // string, or []any of strings for a collection
	ValidFrom     time.Time
	ValidTo       time.Time
	Version       int
	Origin        Origin
	IsHidden      bool `bun:",scanonly"` // only its name may be shown: it was brought beside something else, and is not the caller's to read
}

// Shown are the scalars that the caller may see.
func (r *Resource) Shown() map[string]string {
	if r.IsHidden {
		return nil
	}
	return r.Scalars
}

// Gone reports whether the resource does not exist any more.
func (r *Resource) Gone() bool { return r.ValidTo.Before(Forever) }

// EndsAt is when it ceased to exist; nil: it exists.
func (r *Resource) EndsAt() *time.Time {
	if r.Gone() {
		return &r.ValidTo
	}
	return nil
}

// Shape is the metadata of one version, indexed: what sync, evaluation and the SPA need to know of entity types. Immutable.
type Shape struct {
	Version          int64 // setting shape_version: grows with every change of the metadata
	EntityTypes      map[int64]*EntityType
	ByIdentifier     map[string]*EntityType
	Properties       map[int64]*Property
	PropertiesOf     map[int64][]*Property // by entity type id, in position order
	Mappings         map[int64]*EntityMapping
	PropertyMappings map[int64]*PropertyMapping // by property id
	Dimensions       map[string]*Dimension
	DimensionByID    map[int64]*Dimension
	TimeZone         *time.Location // setting time_zone: where days begin and end; nil: UTC
}

// Zone is where the days of the installation begin and end.
func (s *Shape) Zone() *time.Location {
	if s.TimeZone == nil {
		return time.UTC
	}
	return s.TimeZone
}

// IsManual reports whether people keep the resource here. One that is read from a managed system has to be changed there.
func (s *Shape) IsManual(r *Resource) bool {
	return r.Origin != Synced || s.Mappings[r.EntityTypeID] == nil
}

// Property finds a property of an entity type by identifier; nil if there is none.
func (s *Shape) Property(entityTypeID int64, identifier string) *Property {
	for _, p := range s.PropertiesOf[entityTypeID] {
		if p.Identifier == identifier {
			return p
		}
	}
	return nil
}

// Reverse finds the property whose reverse navigation on entityTypeID is called identifier; nil if there is none.
func (s *Shape) Reverse(entityTypeID int64, identifier string) *Property {
	for _, p := range s.Properties {
		if p.TargetEntityTypeID != nil && *p.TargetEntityTypeID == entityTypeID && p.ReverseIdentifier != nil && *p.ReverseIdentifier == identifier {
			return p
		}
	}
	return nil
}
