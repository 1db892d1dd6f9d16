package directory

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/schema"

	"writ/server/clock"
	"writ/server/db"
	"writ/server/errs"
	"writ/server/page"
	"writ/server/permit"
	"writ/server/wired"
)

// Service is what the pages about resources call.
type Service struct {
	DB     *bun.DB
	Clock  *clock.Clock
	Shapes *Shapes
	Writes Options // hooks of what people write; Origin is ignored
	// Computed names the properties whose values are computed, which nobody can write by hand, with what computes them; nil: there are none.
	Computed func(ctx context.Context, tx bun.Tx) (map[int64]string, error)

	ahead *bool // of a look ahead: what is read from a managed system may be changed, and this is set then
}

// New makes the service; it panics when a hook is missing.
func New(db *bun.DB, clk *clock.Clock, shapes *Shapes, hooks Hooks) *Service {
	wired.Need("directory.New", hooks)
	return &Service{DB: db, Clock: clk, Shapes: shapes, Writes: Options{Hooks: hooks}}
}

// PropertyFilter asks for a value: of a scalar in normal form, or the key of the resource a navigation points to (Below: or of one
// above it in a hierarchical dimension). Property may be a path, e.g. "Department.Name".
type PropertyFilter struct {
	Property string
	Value    string
	Below    bool
}

// ResourceFilter narrows a list. Everything that is set must hold.
type ResourceFilter struct {
	Text       *string // display name or key contains, case-insensitively
	Keys       []string
	Properties []PropertyFilter
}

// ResourceSort is the order of a list; ties are broken by id.
type ResourceSort string

const (
	DisplayNameAsc  ResourceSort = "DISPLAY_NAME_ASC"
	DisplayNameDesc ResourceSort = "DISPLAY_NAME_DESC"
	KeyAsc          ResourceSort = "KEY_ASC"
	KeyDesc         ResourceSort = "KEY_DESC"
)

// ResourceConnection is a page of resources.
type ResourceConnection = page.Connection[*Resource]

// ListInput asks for a page of the resources of one entity type: living ones, or with AsOf those of that instant.
type ListInput struct {
	EntityType string
	Page       page.Args
	Filter     *ResourceFilter
	OrderBy    ResourceSort // default DisplayNameAsc
	AsOf       *time.Time

	Fields    page.Fields // what is shown of a row; nil: everything
	Uncounted bool        // nobody asks for the total
}

// columns are the fields of Resource; infinity cannot be read into a time.
const columns = "r.id, r.entity_type_id, r.key, r.display_name, r.scalars, r.refs, r.valid_from, least(r.valid_to, '9999-12-31 00:00:00+00') as valid_to, r.version, r.origin"

// List gives a page. Needs Query (or View) on the entity type; only rows in the caller's scope are seen and counted.
func (s *Service) List(ctx context.Context, in ListInput) (*ResourceConnection, error) {
	if err := in.Page.Check(); err != nil {
		return nil, err
	}
	shape, err := s.Shapes.Load(ctx, s.DB)
	if err != nil {
		return nil, err
	}
	scope, err := MayRead(ctx, in.EntityType)
	if err != nil {
		return nil, err
	}
	t := shape.ByIdentifier[in.EntityType]
	if t == nil {
		return nil, errs.Missing("There is no entity type %s.", in.EntityType).At("entityType")
	}
	where, err := filterRows(ctx, shape, t.ID, in.Filter, in.AsOf)
	if err != nil {
		return nil, err
	}
	from := asOf(t.ID, in.AsOf)
	where = bun.SafeQuery("(? and ?)", where, rowsAt(shape, t.ID, scope, in.AsOf))
	var total page.Count
	if !in.Uncounted {
		if total, err = page.CountRows(ctx, s.DB, bun.SafeQuery("? as r where ?", from, where)); err != nil {
			return nil, fmt.Errorf("count resources: %w", db.Explain(err))
		}
	}
	var after struct {
		V  string
		ID int64
	}
	follows, err := in.Page.Decode(&after)
	if err != nil {
		return nil, err
	}
	column, direction, than := "display_name", "asc", ">"
	switch in.OrderBy {
	case "", DisplayNameAsc:
	case DisplayNameDesc:
		direction, than = "desc", "<"
	case KeyAsc:
		column = "key"
	case KeyDesc:
		column, direction, than = "key", "desc", "<"
	default:
		return nil, errs.Invalid("orderBy", "Resources cannot be sorted by %q.", in.OrderBy)
	}
	if follows {
		where = bun.SafeQuery("(? and (r.?, r.id) "+than+" (?, ?))", where, bun.Ident(column), after.V, after.ID)
	}
	rows, err := resources.ReadFrom(ctx, s.DB, bun.SafeQuery("? as r", from), resources.For(in.Fields, column), where, "r."+column+" "+direction+", r.id "+direction, in.Page.First+1)
	if err != nil {
		return nil, fmt.Errorf("list resources: %w", db.Explain(err))
	}
	return page.MakeCounted(rows, in.Page, total, func(r *Resource) any {
		after.V, after.ID = r.DisplayName, r.ID
		if column == "key" {
			after.V = r.Key
		}
		return after
	}), nil
}

// Get gives one resource, also one that is gone; with at the version of that instant. NotFound if there is none (then) that the caller may
// read by View (or Query) on its entity type.
func (s *Service) Get(ctx context.Context, id int64, at *time.Time) (*Resource, error) {
	if err := permit.SignedIn(ctx); err != nil {
		return nil, err
	}
	shape, err := s.Shapes.Load(ctx, s.DB)
	if err != nil {
		return nil, err
	}
	var t int64
	if err := s.DB.NewRaw("select coalesce((select entity_type_id from resource where id = ?), 0)", id).Scan(ctx, &t); err != nil {
		return nil, fmt.Errorf("find resource %d: %w", id, err)
	}
	if shape.EntityTypes[t] == nil {
		return nil, missing(id)
	}
	scope, err := MayRead(ctx, shape.EntityTypes[t].Identifier)
	if err != nil {
		return nil, missing(id)
	}
	var table schema.QueryWithArgs
	if at == nil {
		table = bun.SafeQuery("resource")
	} else {
		table = asOf(t, at)
	}
	var rows []*Resource
	err = s.DB.NewSelect().TableExpr("? as r", table).ColumnExpr(columns).Where("r.id = ?", id).Where("?", rowsAt(shape, t, scope, at)).Scan(ctx, &rows)
	if err != nil {
		return nil, fmt.Errorf("read resource %d: %w", id, err)
	}
	if len(rows) == 0 {
		return nil, missing(id)
	}
	return rows[0], nil
}

// GetMany gives resources by id, also gone ones, for lists that show names of related things: the caller has checked the right to the
// list. Those that are not his to read are hidden but for their names. Unknown ids are left out.
func (s *Service) GetMany(ctx context.Context, ids []int64) (map[int64]*Resource, error) {
	shape, err := s.Shapes.Load(ctx, s.DB)
	if err != nil {
		return nil, err
	}
	var rows []*Resource
	err = s.DB.NewSelect().TableExpr("resource as r").ColumnExpr(columns).ColumnExpr("not ? as is_hidden", Readable(ctx, shape, "r")).Where("r.id = any (?)", array(distinct(ids))).Order("r.id").Scan(ctx, &rows)
	if err != nil {
		return nil, fmt.Errorf("read resources: %w", err)
	}
	found := make(map[int64]*Resource, len(rows))
	for _, r := range rows {
		found[r.ID] = r
	}
	return found, nil
}

// ReadableOf tells which of some resources the caller may read, in one statement that reads none of their values.
func (s *Service) ReadableOf(ctx context.Context, ids []int64) (map[int64]bool, error) {
	found := map[int64]bool{}
	if len(ids) == 0 {
		return found, nil
	}
	shape, err := s.Shapes.Load(ctx, s.DB)
	if err != nil {
		return nil, err
	}
	err = db.Select(ctx, s.DB, bun.SafeQuery("select r.id from resource r where r.id = any (?) and ?", array(distinct(ids)), Readable(ctx, shape, "r")), func(r *db.Row) error {
		found[r.Int()] = true
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("look which resources may be read: %w", err)
	}
	return found, nil
}

// MayRead gives which resources of an entity type the caller may read: Query opens lists, View single pages, and either is enough.
// Forbidden when neither is granted in a rule about it.
func MayRead(ctx context.Context, entityType string) (permit.Scope, error) {
	return permit.RequireOn(ctx, entityType, permit.Resource(entityType, "Query"), permit.Resource(entityType, "View"))
}

// MayReadAll reports whether the caller may read every resource of an entity type: whoever may not must not learn either whether one is there.
func MayReadAll(ctx context.Context, entityType string) bool {
	scope, err := MayRead(ctx, entityType)
	return err == nil && scope.All(entityType)
}

// asOf is the table of the resources of an entity type: living ones, or those of an instant with the values they had.
func asOf(entityTypeID int64, at *time.Time) schema.QueryWithArgs {
	if at == nil {
		return bun.SafeQuery("(select * from resource where entity_type_id = ? and valid_to = 'infinity')", entityTypeID)
	}
	return bun.SafeQuery(`(
		select id, entity_type_id, key, display_name, scalars, refs, valid_from, valid_to, version, origin
		from resource where entity_type_id = ?0 and valid_from <= ?1 and valid_to > ?1
		union all
		select r.id, r.entity_type_id, r.key, v.display_name, v.scalars, v.refs, v.valid_from, v.valid_to, r.version, r.origin
		from resource_version v join resource r on r.id = v.resource_id
		where r.entity_type_id = ?0 and v.valid_from <= ?1 and v.valid_to > ?1)`, entityTypeID, *at)
}

// filterRows is the SQL of a filter; links count as they were at the instant looked at, hierarchies and what lies behind a link as they
// are now. Paths pass through what the caller may read only: else counting would tell what a value is. Validation when it names a property
// that is not there, Forbidden when a path passes through an entity type of which the caller may read nothing.
func filterRows(ctx context.Context, shape *Shape, entityTypeID int64, f *ResourceFilter, at *time.Time) (schema.QueryWithArgs, error) {
	may := readable(ctx, shape)
	c := &condition{shape: shape, at: at, hop: func(alias string, to int64) schema.QueryWithArgs {
		return Rows(shape, to, alias, may.On(shape.EntityTypes[to].Identifier))
	}}
	c.write("true")
	if f == nil {
		return bun.SafeQuery("true"), nil
	}
	if f.Text != nil && strings.TrimSpace(*f.Text) != "" {
		if at == nil {
			c.write(" and ?", SearchResources("r", *f.Text))
		} else {
			c.write(" and ?", Search(bun.SafeQuery("search_text(r.display_name, r.key, r.scalars)"), *f.Text))
		}
	}
	if f.Keys != nil {
		c.write(" and r.key = any (?)", array(f.Keys))
	}
	if len(f.Properties) > MaxFilters {
		return schema.QueryWithArgs{}, errs.New(errs.TooLarge, "A filter compares at most %d properties.", MaxFilters).At("filter.properties")
	}
	for i, p := range f.Properties {
		if err := CheckHops(p.Property); err != nil {
			return schema.QueryWithArgs{}, errs.Invalid(fmt.Sprintf("filter.properties[%d].property", i), "%s", err.Error())
		}
		path := strings.Split(p.Property, ".")
		field := fmt.Sprintf("filter.properties[%d].property", i)
		hops, ok := leads(shape, entityTypeID, path)
		if !ok {
			return schema.QueryWithArgs{}, errs.Invalid(field, "There is no property %s of %s.", p.Property, shape.EntityTypes[entityTypeID].Identifier)
		}
		for _, to := range hops {
			if name := shape.EntityTypes[to].Identifier; !may.On(name).Allowed() {
				return schema.QueryWithArgs{}, errs.New(errs.Forbidden, "You may not filter by %s: it passes through %s, and you may read none of those.", p.Property, name).At(field)
			}
		}
		c.write(" and ")
		c.path("r", entityTypeID, path, func(alias string, to int64) {
			if p.Below {
				c.below(alias, to, p.Value)
			} else {
				c.write("?.key = ?", bun.Ident(alias), p.Value)
			}
		}, p.Value)
	}
	return bun.SafeQuery(c.text.String(), c.args...), nil
}

// MaxHops is how many steps a path of properties may have, in filters, access rules, rules and expressions: every step is a join.
const MaxHops = 5

// MaxFilters is how many properties one filter may compare.
const MaxFilters = 20

// CheckHops refuses a path of properties with too many steps.
func CheckHops(path string) error {
	if n := strings.Count(path, ".") + 1; n > MaxHops {
		return fmt.Errorf("the path %.60s... has %d steps, %d are the limit", path, n, MaxHops)
	}
	return nil
}

// leads reports whether a path of properties exists, and the entity types it passes through.
func leads(shape *Shape, entityTypeID int64, path []string) (hops []int64, ok bool) {
	for i, name := range path {
		if p := shape.Property(entityTypeID, name); p != nil {
			if !p.IsNavigation() {
				return hops, i == len(path)-1
			}
			entityTypeID = *p.TargetEntityTypeID
		} else if p := shape.Reverse(entityTypeID, name); p != nil {
			entityTypeID = p.EntityTypeID
		} else {
			return nil, false
		}
		hops = append(hops, entityTypeID)
	}
	return hops, len(path) > 0
}

// PropertyValue is one scalar value with its label.
type PropertyValue struct {
	Property    string
	DisplayName string
	Value       string
	OfFile      string // the value, when it stands for a file
}

// Values lists scalars in property order; nulls are left out.
func Values(shape *Shape, entityTypeID int64, scalars map[string]string) []*PropertyValue {
	list := []*PropertyValue{}
	for _, p := range shape.PropertiesOf[entityTypeID] {
		if v, ok := scalars[p.Identifier]; ok && !p.IsNavigation() {
			one := &PropertyValue{Property: p.Identifier, DisplayName: p.DisplayName, Value: v}
			if p.Type == Binary {
				one.OfFile = v
			}
			list = append(list, one)
		}
	}
	return list
}

// ResourceRef is a resource by id and name only.
type ResourceRef struct {
	ID          int64
	EntityType  string
	Key         string
	DisplayName string
}

// Named is a resource as a configuration names it.
type Named struct {
	EntityTypeID int64
	Key          string
}

// IDsByKey finds the resources that have some keys now, by the keys: in one statement. Those that are not there are left out.
func IDsByKey(ctx context.Context, b bun.IDB, keys []Named) (map[Named]int64, error) {
	types, names := make([]int64, len(keys)), make([]string, len(keys))
	for i, k := range keys {
		types[i], names[i] = k.EntityTypeID, k.Key
	}
	found := make(map[Named]int64, len(keys))
	err := db.Select(ctx, b, bun.SafeQuery(`select r.entity_type_id, r.key, r.id from unnest(?::bigint[], ?::text[]) k (type, key)
		join resource r on r.entity_type_id = k.type and r.key = k.key and r.valid_to = 'infinity'`, array(types), array(names)), func(r *db.Row) error {
		k := Named{r.Int(), r.Text()}
		found[k] = r.Int()
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("find resources by key: %w", err)
	}
	return found, nil
}

// ResourceLink is one navigation of a resource with all it points to.
type ResourceLink struct {
	Property    string
	DisplayName string
	Targets     []*ResourceRef
}

// LinksOf gives the navigations of resources, forward and reverse, in property order, each with its targets by name: at most
// MaxTargets of each, and only those that the caller may read too. With at, those of that instant. One statement. The caller has checked
// the right to the resources.
func (s *Service) LinksOf(ctx context.Context, ids []int64, at *time.Time) (map[int64][]*ResourceLink, error) {
	shape, err := s.Shapes.Load(ctx, s.DB)
	if err != nil {
		return nil, err
	}
	alive := bun.SafeQuery("l.valid_to = 'infinity'")
	if at != nil {
		alive = bun.SafeQuery("l.valid_from <= ?0 and l.valid_to > ?0", *at)
	}
	var rows []struct {
		At           int64
		PropertyID   int64
		Reverse      bool
		ID           int64
		EntityTypeID int64
		Key          string
		DisplayName  string
	}
	err = s.DB.NewRaw(`select x.at, x.property_id, x.reverse, o.id, o.entity_type_id, o.key, o.display_name
		from (
			select l.*, row_number() over (partition by l.at, l.property_id, l.reverse order by l.other) as n
			from (
				select source_id as at, property_id, false as reverse, target_id as other from resource_link l where source_id = any (?0) and ?1
				union all
				select target_id, property_id, true, source_id from resource_link l where target_id = any (?0) and ?1) l
			join resource e on e.id = l.other and ?3) x
		join resource o on o.id = x.other
		where x.n <= ?2
		order by o.display_name, o.id`, array(distinct(ids)), alive, MaxTargets, Readable(ctx, shape, "e")).Scan(ctx, &rows)
	if err != nil {
		return nil, fmt.Errorf("read links: %w", err)
	}
	type place struct {
		at, property int64
		reverse      bool
	}
	links := map[place]*ResourceLink{}
	found := map[int64][]*ResourceLink{}
	order := map[*ResourceLink]int{}
	for _, r := range rows {
		p := shape.Properties[r.PropertyID]
		if p == nil || r.Reverse && p.ReverseIdentifier == nil || shape.EntityTypes[r.EntityTypeID] == nil {
			continue
		}
		k := place{r.At, r.PropertyID, r.Reverse}
		l := links[k]
		if l == nil {
			l = &ResourceLink{Property: p.Identifier, DisplayName: p.DisplayName}
			order[l] = p.Position
			if r.Reverse {
				l.Property, l.DisplayName = *p.ReverseIdentifier, *p.ReverseIdentifier
				order[l] = 1_000_000 + p.Position
			}
			links[k] = l
			found[r.At] = append(found[r.At], l)
		}
		l.Targets = append(l.Targets, &ResourceRef{ID: r.ID, EntityType: shape.EntityTypes[r.EntityTypeID].Identifier, Key: r.Key, DisplayName: r.DisplayName})
	}
	for _, list := range found {
		slices.SortFunc(list, func(a, b *ResourceLink) int {
			if d := order[a] - order[b]; d != 0 {
				return d
			}
			return strings.Compare(a.Property, b.Property)
		})
	}
	return found, nil
}

// MaxTargets bounds what LinksOf gives for one navigation of one resource: a department may have a hundred thousand members.
const MaxTargets = 500
