package manifest

import (
	"regexp"
	"slices"
	"strings"

	"github.com/uptrace/bun"

	"writ/server/directory"
	"writ/server/errs"
	"writ/server/page"
	"writ/server/rolemodel"
)

// EntityType is the data shape of resources, and where they are read from (role-model 1.2).
type EntityType struct {
	// Name in the configuration, unique for its kind; stable, unlike the display name. Letters, digits, _ - . and / only.
	Identifier string `yaml:"identifier"`
	// Name to show. Default: the identifier.
	DisplayName string `yaml:"displayName,omitempty" default:"=Identifier"`
	// Identifier of the system its resources belong to; empty: kept in Writ only.
	Connector string `yaml:"connector,omitempty"`
	// How a resource is shown, e.g. {FirstName} {LastName}; empty: by its key.
	DisplayExpression string `yaml:"displayExpression,omitempty"`
	// Navigation that leads from a resource to its manager, or several with dots between them: whom approver rules find as manager. Empty: nobody.
	ManagerBinding string `yaml:"managerBinding,omitempty"`
	// Where its resources are read from; none: they are not.
	Source *Source `yaml:"source,omitempty"`
	// Its properties, in the order in which they are shown. One that is used and not named any more refuses the change.
	Properties []Property `yaml:"properties"`
}

// The names of its API.
type (
	SaveEntityTypeInput               = SaveInput[EntityType]
	EntityTypeConfigurationConnection = page.Connection[*EntityType]
)

// Source is the table that an entity type is read from, and how much of it one reading may change.
type Source struct {
	// Identifier of the connection.
	Connection string `yaml:"connection"`
	// Table or file.
	Table string `yaml:"table"`
	// Limits of this table beside those of its connector; none: only those.
	Thresholds *LineThresholds `yaml:"thresholds,omitempty"`
	// How many rows of one reading may be set aside because they cannot be read; more refuse it. None: ten, or one of a hundred when that is more.
	MaximumRejected *int `yaml:"maximumRejected,omitempty" min:"0" max:"10000"`
}

// LineThresholds of one entity type: more than that in one reading blocks it. 0 (default): no limit.
type LineThresholds struct {
	// New rows.
	MaximumInsertedLines int `yaml:"maximumInsertedLines,omitempty" min:"0"`
	// Changed rows.
	MaximumUpdatedLines int `yaml:"maximumUpdatedLines,omitempty" min:"0"`
	// Rows that are gone.
	MaximumDeletedLines int `yaml:"maximumDeletedLines,omitempty" min:"0"`
	// New rows in percent of those there were.
	MaxPercentageInsertedLines int `yaml:"maxPercentageInsertedLines,omitempty" min:"0" max:"100"`
	// Changed rows in percent of those there were.
	MaxPercentageUpdatedLines int `yaml:"maxPercentageUpdatedLines,omitempty" min:"0" max:"100"`
	// Rows that are gone in percent of those there were.
	MaxPercentageDeletedLines int `yaml:"maxPercentageDeletedLines,omitempty" min:"0" max:"100"`
}

// Property of an entity type: a scalar, or a navigation to other resources (role-model 1.3).
type Property struct {
	// Name, unique in the entity type. Letters without accents and digits, beginning with a letter; never Id.
	Identifier string `yaml:"identifier"`
	// Name to show. Default: the words of the identifier.
	DisplayName string `yaml:"displayName,omitempty"`
	// Type of its values; a target makes it a navigation, whatever stands here.
	Type string `yaml:"type,omitempty" default:"string" words:"PropertyType"`
	// It names a resource, and rules may use it to do so. An entity type needs one.
	IsKey bool `yaml:"isKey,omitempty"`
	// It has several values.
	Collection bool `yaml:"collection,omitempty"`
	// Identifier of the entity type a navigation points to; empty: a scalar.
	Target string `yaml:"target,omitempty"`
	// Name of the navigation back, on the pointed entity type; empty: none.
	Reverse string `yaml:"reverse,omitempty"`
	// Of a navigation with several values: identifier of a scalar property of what it points to. Of resources with the same value of it an owner holds one at a time, the one that the strongest rule asks for (role-model 1.4). Empty: any number.
	GroupByProperty string `yaml:"groupByProperty,omitempty"`
	// Column it is read from and written to; empty: kept in Writ only.
	Column string `yaml:"column,omitempty"`
	// How the column writes its values, e.g. date or a pattern; empty: as they are.
	Format string `yaml:"format,omitempty"`
	// Its column tells the rows of the table apart. An entity type that is read needs exactly one.
	PrimaryKey bool `yaml:"primaryKey,omitempty"`
	// No two rows have the same value in its column.
	UniqueKey bool `yaml:"uniqueKey,omitempty"`
}

func entityTypeKind() kind {
	d := &declared[EntityType]{
		facts:      facts{name: "entityType", list: "entityTypes", table: "entity_type", rights: ofMetadata},
		in:         func(m *Manifest) *[]EntityType { return &m.EntityTypes },
		identifier: func(e EntityType) string { return e.Identifier },
		normal: func(e EntityType) EntityType {
			for i := range e.Properties {
				p := &e.Properties[i]
				p.DisplayName = or(p.DisplayName, words(p.Identifier))
			}
			return e
		},
		inner: func(e EntityType, add func(what, identifier string)) {
			for _, p := range e.Properties {
				add("property", p.Identifier)
			}
		},
		check: (*ranges).entityType,
		load:  (*reader).entityTypes,
	}
	d.remove = removedBy(&d.facts, (*writer).emptyEntityType, directory.RemoveEntityType)
	d.steps = []func(*writer, []EntityType, *change) error{
		each(d, (*writer).entityType),
		each(d, (*writer).properties), // after all types exist: navigations point to them
	}
	return d
}

func (r *ranges) entityType(at string, e EntityType) {
	keys := []string{}
	for _, p := range e.Properties {
		if _, err := number("PropertyType", p.Type, ""); err != nil {
			r.fault(at+"."+p.Identifier+".type", "There is no type %q of properties. Known: %s.", p.Type, strings.Join(names("PropertyType"), ", "))
		}
		if p.PrimaryKey {
			keys = append(keys, p.Identifier)
		}
		if p.GroupByProperty != "" && (p.Target == "" || !p.Collection) {
			r.fault(at+"."+p.Identifier+".groupByProperty", "The property %s of %s holds one value at most, so there is nothing to group. Leave groupByProperty out, or give it a target and collection.", p.Identifier, e.Identifier)
		}
		if p.PrimaryKey && (p.Target != "" || p.Collection || strings.EqualFold(p.Type, "ForeignKey")) {
			r.fault(at+"."+p.Identifier+".primaryKey", "The property %s of %s points to other resources or has several values, and a key is one value. Put primaryKey on a plain property.", p.Identifier, e.Identifier)
		}
	}
	for _, p := range e.Properties {
		if strings.EqualFold(p.Type, "Binary") && (p.IsKey || p.PrimaryKey || p.UniqueKey || p.Collection) {
			r.fault(at+"."+p.Identifier+".type", "The property %s of %s holds a file, which names no resource and is one value: leave out isKey, primaryKey, uniqueKey and collection.", p.Identifier, e.Identifier)
		}
	}
	if len(keys) > 1 {
		r.fault(at, "The entity type %s has %d properties with primaryKey (%s). Keep it on one; mark the others with uniqueKey.", e.Identifier, len(keys), strings.Join(keys, ", "))
	}
	r.display(at, e)
}

var placeholder = regexp.MustCompile(`\{([^{}]*)\}`)

// display refuses a display expression that names what is not there: every resource would silently be shown by its key.
func (r *ranges) display(at string, e EntityType) {
	text := strings.TrimSpace(e.DisplayExpression)
	if text == "" || len(e.Properties) == 0 {
		return
	}
	scalars := []string{}
	for _, p := range e.Properties {
		if p.Target == "" && !strings.EqualFold(p.Type, "Binary") {
			scalars = append(scalars, p.Identifier)
		}
	}
	names := []string{text}
	if found := placeholder.FindAllStringSubmatch(text, -1); len(found) > 0 {
		names = names[:0]
		for _, m := range found {
			names = append(names, m[1])
		}
	}
	for _, n := range names {
		if !slices.Contains(scalars, n) {
			r.fault(at+".displayExpression", "The display expression %q of %s names %q. Write a property, or a text with properties in braces, such as {FirstName}; known: %s.",
				text, e.Identifier, n, strings.Join(scalars, ", "))
		}
	}
}

func (w *writer) entityType(e EntityType) error {
	field := "entityType/" + e.Identifier
	connector, err := w.maybe("connector", e.Connector, field+".connector")
	if err != nil {
		return err
	}
	if len(e.Properties) == 0 {
		return errs.Invalid(field+".properties", "The entity type %s has no property (role-model 1.2).", e.Identifier)
	}
	w.written("entity_type")
	return directory.SaveEntityType(w.ctx, w.tx, &directory.EntityType{Identifier: e.Identifier, DisplayName: e.DisplayName, ConnectorID: connector,
		DisplayExpression: nullable(e.DisplayExpression), ManagerBinding: nullable(e.ManagerBinding)})
}

func (w *writer) properties(e EntityType) error {
	field := "entityType/" + e.Identifier
	typeID, err := w.id("entity_type", e.Identifier, field)
	if err != nil {
		return err
	}
	keys := 0
	names := make([]string, 0, len(e.Properties))
	for i, p := range e.Properties {
		at := field + "." + p.Identifier
		if rolemodel.IsReserved(p.Identifier) {
			return errs.Invalid(at, "%q is a reserved word and cannot name a property (role-model 1.9).", p.Identifier)
		}
		if err := w.property(typeID, i, p, at); err != nil {
			return err
		}
		names = append(names, p.Identifier)
		if p.PrimaryKey {
			keys++
		}
	}
	if e.Source != nil && keys != 1 {
		return errs.Invalid(field, "The synchronized entity type %s needs exactly one property with primaryKey, it has %d (spec 6.1).", e.Identifier, keys)
	}
	if err := w.dropProperties(typeID, names, field); err != nil {
		return err
	}
	return w.mapping(typeID, e, field)
}

func (w *writer) property(typeID int64, position int, p Property, at string) error {
	target, err := w.maybe("entity_type", p.Target, at+".target")
	if err != nil {
		return err
	}
	if err := directory.CheckFormat(p.Format); err != nil {
		return errs.Invalid(at+".format", "%s", errs.As(err).Message)
	}
	kind := upperSnake(p.Type)
	if p.Target != "" {
		kind = "FOREIGN_KEY"
	}
	if kind == string(directory.Binary) {
		if err := directory.CheckFileFormat(p.Format); err != nil {
			return errs.Invalid(at+".format", "%s", errs.As(err).Message)
		}
	}
	row := &directory.Property{EntityTypeID: typeID, Identifier: p.Identifier, DisplayName: p.DisplayName, Type: directory.PropertyType(kind),
		IsKey: p.IsKey || p.PrimaryKey, IsCollection: p.Collection, TargetEntityTypeID: target, ReverseIdentifier: nullable(p.Reverse), Position: position,
		GroupBy: p.GroupByProperty}
	if p.Column == "" {
		return directory.SaveProperty(w.ctx, w.tx, row, nil)
	}
	return directory.SaveProperty(w.ctx, w.tx, row, &directory.PropertyMapping{ColumnName: p.Column, Format: p.Format, IsPrimaryKey: p.PrimaryKey, IsUniqueKey: p.UniqueKey})
}

// dropProperties removes what the manifest no longer names; one that is in use stays and says so.
func (w *writer) dropProperties(typeID int64, names []string, field string) error {
	var gone []struct {
		ID         int64
		Identifier string
		Rules      []string `bun:",array"`
		Links      int
	}
	err := w.tx.NewRaw(`select p.id, p.identifier, array(select r.identifier from resource_type_rule r where r.property_id = p.id
				union all select 'role mapping ' || m.identifier from role_mapping m where m.property_id = p.id order by 1 limit 10) as rules,
			(select count(*) from (select from resource_link l where l.property_id = p.id and l.valid_to = 'infinity' limit 1000) l) as links
		from property p where p.entity_type_id = ? and p.identifier not in (?)`, typeID, bun.List(names)).Scan(w.ctx, &gone)
	if err != nil {
		return err
	}
	var ids []int64
	for _, g := range gone {
		if len(g.Rules) > 0 {
			return errs.New(errs.Conflict, "The property %s is filled by the rules %s. Remove those first, or keep the property.", g.Identifier, strings.Join(g.Rules, ", ")).At(field + "." + g.Identifier)
		}
		if g.Links > 0 {
			return errs.New(errs.Conflict, "The property %s still links resources. Keep it, or empty it in the system it is read from first.", g.Identifier).At(field + "." + g.Identifier)
		}
		ids = append(ids, g.ID)
	}
	return directory.DropProperties(w.ctx, w.tx, ids...)
}

func (w *writer) mapping(typeID int64, e EntityType, field string) error {
	if e.Source == nil {
		return directory.DropMapping(w.ctx, w.tx, typeID)
	}
	connection, err := w.id("connection", e.Source.Connection, field+".source.connection")
	if err != nil {
		return err
	}
	t := LineThresholds{}
	if e.Source.Thresholds != nil {
		t = *e.Source.Thresholds
	}
	return directory.SaveMapping(w.ctx, w.tx, &directory.EntityMapping{EntityTypeID: typeID, ConnectionID: connection, SourceTable: e.Source.Table,
		MaximumInsertedLines: t.MaximumInsertedLines, MaximumUpdatedLines: t.MaximumUpdatedLines, MaximumDeletedLines: t.MaximumDeletedLines,
		MaxPercentageInsertedLines: t.MaxPercentageInsertedLines, MaxPercentageUpdatedLines: t.MaxPercentageUpdatedLines,
		MaxPercentageDeletedLines: t.MaxPercentageDeletedLines, MaximumRejected: e.Source.MaximumRejected})
}

// emptyEntityType removes the properties of an entity type, as far as nothing else needs them.
func (w *writer) emptyEntityType(id int64) error {
	var free []int64
	if err := w.tx.NewRaw(`select p.id from property p where p.entity_type_id = ? and not exists (select from resource_type_rule r where r.property_id = p.id)
		and not exists (select from role_mapping m where m.property_id = p.id) and not exists (select from resource_link l where l.property_id = p.id)`, id).Scan(w.ctx, &free); err != nil {
		return err
	}
	return directory.EmptyEntityType(w.ctx, w.tx, id, free)
}

func (r *reader) entityTypes() (found []EntityType, err error) {
	var types []struct {
		ID                                       int64
		Identifier, DisplayName                  string
		Connector, Expression, Connection, Table string
		Manager                                  string
		T                                        []int64 `bun:",array"`
		MaximumRejected                          *int
	}
	if err := r.scan(&types, `select et.id, et.identifier, et.display_name, coalesce(c.identifier, '') as connector, coalesce(et.display_expression, '') as expression, coalesce(et.manager_binding, '') as manager,
		coalesce(k.identifier, '') as connection, coalesce(em.source_table, '') as "table",
		array[em.maximum_inserted_lines, em.maximum_updated_lines, em.maximum_deleted_lines, em.max_percentage_inserted_lines,
			em.max_percentage_updated_lines, em.max_percentage_deleted_lines]::bigint[] as t, em.maximum_rejected
		from entity_type et left join connector c on c.id = et.connector_id left join entity_mapping em on em.entity_type_id = et.id
		left join connection k on k.id = em.connection_id order by et.id`); err != nil {
		return nil, err
	}
	var props []struct {
		EntityTypeID                        int64
		Identifier, DisplayName, Type       string
		IsKey, IsCollection                 bool
		Target, Reverse, ColumnName, Format string
		GroupBy                             string
		IsPrimaryKey, IsUniqueKey           bool
	}
	if err := r.scan(&props, `select p.entity_type_id, p.identifier, p.display_name, p.type, p.is_key, p.is_collection, coalesce(t.identifier, '') as target,
		coalesce(p.reverse_identifier, '') as reverse, coalesce(m.column_name, '') as column_name, coalesce(m.format, '') as format, p.group_by,
		coalesce(m.is_primary_key, false) as is_primary_key, coalesce(m.is_unique_key, false) as is_unique_key
		from property p left join entity_type t on t.id = p.target_entity_type_id left join property_mapping m on m.property_id = p.id
		order by p.entity_type_id, p.position, p.id`); err != nil {
		return nil, err
	}
	for _, t := range types {
		out := EntityType{Identifier: t.Identifier, DisplayName: t.DisplayName, Connector: t.Connector, DisplayExpression: t.Expression, ManagerBinding: t.Manager}
		if t.Connection != "" {
			out.Source = &Source{Connection: t.Connection, Table: t.Table, MaximumRejected: t.MaximumRejected}
			limits := LineThresholds{int(t.T[0]), int(t.T[1]), int(t.T[2]), int(t.T[3]), int(t.T[4]), int(t.T[5])}
			if limits != (LineThresholds{}) {
				out.Source.Thresholds = &limits
			}
		}
		for _, p := range props {
			if p.EntityTypeID == t.ID {
				kind := camel(p.Type)
				if p.Target != "" {
					kind = "string" // the target says that it is a navigation
				}
				out.Properties = append(out.Properties, Property{Identifier: p.Identifier, DisplayName: p.DisplayName, Type: kind,
					IsKey: p.IsKey && !p.IsPrimaryKey, Collection: p.IsCollection, Target: p.Target, Reverse: p.Reverse, GroupByProperty: p.GroupBy, Column: p.ColumnName,
					Format: p.Format, PrimaryKey: p.IsPrimaryKey, UniqueKey: p.IsUniqueKey})
			}
		}
		found = append(found, out)
	}
	return found, nil
}

// words turns an identifier into a label: "GivenName" -> "Given name".
func words(identifier string) string {
	var b strings.Builder
	for i, r := range identifier {
		if i > 0 && r >= 'A' && r <= 'Z' && identifier[i-1] >= 'a' && identifier[i-1] <= 'z' {
			b.WriteByte(' ')
			r += 'a' - 'A'
		}
		b.WriteRune(r)
	}
	return b.String()
}
