package directory

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"sync/atomic"

	"github.com/uptrace/bun"

	store "writ/server/db"
)

// Shapes keeps the newest shape of this process. The zero value is ready. Safe for concurrent use.
type Shapes struct{ newest atomic.Pointer[Shape] }

// Load gives the shape in force as db sees it: one small statement while nothing changed. Inside a transaction that changes the
// metadata call LoadShape instead, so that nothing uncommitted is kept.
func (c *Shapes) Load(ctx context.Context, db bun.IDB) (*Shape, error) {
	version, err := shapeVersion(ctx, db)
	if err != nil {
		return nil, err
	}
	if s := c.newest.Load(); s != nil && s.Version == version {
		return s, nil
	}
	s, err := LoadShape(ctx, db)
	if err == nil {
		c.newest.Store(s)
	}
	return s, err
}

// LoadShape reads the metadata as it is now. Triggers move setting shape_version with every change of it.
func LoadShape(ctx context.Context, db bun.IDB) (*Shape, error) {
	for {
		before, err := shapeVersion(ctx, db)
		if err != nil {
			return nil, err
		}
		s, err := selectShape(ctx, db)
		if err != nil {
			return nil, fmt.Errorf("read the metadata: %w", err)
		}
		after, err := shapeVersion(ctx, db)
		if err != nil {
			return nil, err
		}
		if before == after { // else somebody saved between two of our statements
			s.Version = after
			return s, nil
		}
	}
}

func shapeVersion(ctx context.Context, db bun.IDB) (int64, error) {
	var v int64
	err := store.Select(ctx, db, bun.SafeQuery("select coalesce((select value::bigint from setting where key = 'shape_version'), 0)"), func(r *store.Row) error {
		v = r.Int()
		return nil
	})
	if err != nil {
		return 0, fmt.Errorf("read the version of the metadata: %w", err)
	}
	return v, nil
}

func selectShape(ctx context.Context, db bun.IDB) (*Shape, error) {
	var types []*EntityType
	if err := db.NewSelect().Model(&types).Order("et.id").Scan(ctx); err != nil {
		return nil, err
	}
	var properties []*Property
	if err := db.NewSelect().Model(&properties).Order("p.entity_type_id", "p.position", "p.id").Scan(ctx); err != nil {
		return nil, err
	}
	var mappings []*EntityMapping
	if err := db.NewSelect().Model(&mappings).Order("em.entity_type_id").Scan(ctx); err != nil {
		return nil, err
	}
	var columns []*PropertyMapping
	if err := db.NewSelect().Model(&columns).Order("pm.property_id").Scan(ctx); err != nil {
		return nil, err
	}
	var dimensions []*Dimension
	if err := db.NewSelect().Model(&dimensions).Order("d.id").Scan(ctx); err != nil {
		return nil, err
	}
	s := NewShape(types, properties, mappings, columns, dimensions)
	zone, err := LoadZone(ctx, db)
	s.TimeZone = zone
	return s, err
}

// NewShape indexes metadata. Whoever computes on metadata that is not saved (a plan) builds its shape with it.
func NewShape(types []*EntityType, properties []*Property, mappings []*EntityMapping, columns []*PropertyMapping, dimensions []*Dimension) *Shape {
	s := &Shape{
		EntityTypes: map[int64]*EntityType{}, ByIdentifier: map[string]*EntityType{},
		Properties: map[int64]*Property{}, PropertiesOf: map[int64][]*Property{},
		Mappings: map[int64]*EntityMapping{}, PropertyMappings: map[int64]*PropertyMapping{},
		Dimensions: map[string]*Dimension{}, DimensionByID: map[int64]*Dimension{},
	}
	for _, t := range types {
		s.EntityTypes[t.ID], s.ByIdentifier[t.Identifier] = t, t
	}
	for _, p := range properties {
		s.Properties[p.ID] = p
		s.PropertiesOf[p.EntityTypeID] = append(s.PropertiesOf[p.EntityTypeID], p)
	}
	for _, of := range s.PropertiesOf {
		slices.SortStableFunc(of, func(a, b *Property) int { return cmp.Or(cmp.Compare(a.Position, b.Position), cmp.Compare(a.ID, b.ID)) })
	}
	for _, m := range mappings {
		s.Mappings[m.EntityTypeID] = m
	}
	for _, m := range columns {
		s.PropertyMappings[m.PropertyID] = m
	}
	for _, d := range dimensions {
		s.Dimensions[d.Identifier], s.DimensionByID[d.ID] = d, d
	}
	return s
}

// KeyProperty is the scalar property whose value is the key of a resource: the mapping's primary key, else the first property with
// isKey; nil: the entity type has none and its resources get their key from whoever adds them.
func (s *Shape) KeyProperty(entityTypeID int64) *Property {
	var first *Property
	for _, p := range s.PropertiesOf[entityTypeID] {
		if p.IsNavigation() {
			continue
		}
		if m := s.PropertyMappings[p.ID]; m != nil && m.IsPrimaryKey {
			return p
		}
		if first == nil && p.IsKey {
			first = p
		}
	}
	return first
}

// UniqueKeys are the further scalar properties that designate a resource (provisioning 6.1), in position order.
func (s *Shape) UniqueKeys(entityTypeID int64) []*Property {
	var found []*Property
	for _, p := range s.PropertiesOf[entityTypeID] {
		if m := s.PropertyMappings[p.ID]; m != nil && m.IsUniqueKey && !m.IsPrimaryKey && !p.IsNavigation() {
			found = append(found, p)
		}
	}
	return found
}

// ParentProperty is the navigation that makes a dimension a tree; nil: it is flat.
func (s *Shape) ParentProperty(d *Dimension) *Property {
	if !d.IsHierarchical || d.ParentProperty == nil {
		return nil
	}
	p := s.Property(d.EntityTypeID, *d.ParentProperty)
	if p == nil || !p.IsNavigation() {
		return nil
	}
	return p
}

// hierarchies are the dimensions that are trees over an entity type.
func (s *Shape) hierarchies(entityTypeID int64) []*Dimension {
	var found []*Dimension
	for _, d := range s.DimensionByID {
		if d.EntityTypeID == entityTypeID && s.ParentProperty(d) != nil {
			found = append(found, d)
		}
	}
	slices.SortFunc(found, func(a, b *Dimension) int { return cmp.Compare(a.ID, b.ID) })
	return found
}
