package directory

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/schema"

	"writ/server/db"
	"writ/server/errs"
	"writ/server/permit"
)

// PeopleFilter chooses resources of one entity type.
type PeopleFilter struct {
	EntityType string
	Filter     *ResourceFilter // nil: all
}

// Many is giving one property of many resources the same value: which those are, and how it is done to each (server/bulk goes through them).
type Many struct {
	s     *Service
	value PropertyValueInput
	p     *Property
	of    int64 // entity type
	may   schema.QueryWithArgs
	where schema.QueryWithArgs
	about string
}

// Many prepares to set a value of what a filter finds, with the rights that the caller has now: Update on the entity type and MassUpdate, and whatever he may
// read of it. Validation for a value that nobody could be given, and for what is set one by one: keys, and files.
func (s *Service) Many(ctx context.Context, tx bun.Tx, of PeopleFilter, value PropertyValueInput) (*Many, error) {
	shape, err := s.Shapes.Load(ctx, tx)
	if err != nil {
		return nil, err
	}
	may, t, err := people(ctx, shape, of.EntityType, permit.Resource(of.EntityType, "Update"), permit.Resource(of.EntityType, "MassUpdate"))
	if err != nil {
		return nil, err
	}
	p := shape.Property(t.ID, value.Property)
	switch {
	case p == nil:
		return nil, errs.Invalid("input.value.property", "There is no property %s of %s.", value.Property, t.DisplayName)
	case p == shape.KeyProperty(t.ID) || slices.Contains(shape.UniqueKeys(t.ID), p):
		return nil, errs.Invalid("input.value.property", "%s tells one from another, so many cannot have the same.", p.DisplayName)
	case p.Type == Binary:
		return nil, errs.Invalid("input.value.property", "%s is a file. Files are given one by one.", p.DisplayName)
	}
	c := Change{EntityTypeID: t.ID, Command: Update}
	if err := s.values(ctx, tx, shape, &c, []PropertyValueInput{value}, nil); err != nil {
		if e := errs.As(err); e != nil {
			return nil, e.At(strings.Replace(e.Field, "input.values[0]", "input.value", 1))
		}
		return nil, err
	}
	chosen, _, err := Chosen(ctx, shape, of)
	if err != nil {
		return nil, err
	}
	w := &Many{s: s, value: value, p: p, of: t.ID, may: may, about: p.DisplayName}
	w.where = db.AllOf(chosen, may, w.differs(&c))
	if shape.Mappings[t.ID] != nil && shape.PropertyMappings[p.ID] != nil { // what is read elsewhere is changed there
		w.where = db.AllOf(w.where, bun.SafeQuery("r.origin <> ?", Synced))
	}
	return w, nil
}

// Chosen is the condition on resource r of what a filter finds of an entity type and the caller may read, living ones.
func Chosen(ctx context.Context, shape *Shape, of PeopleFilter) (schema.QueryWithArgs, *EntityType, error) {
	may, t, err := people(ctx, shape, of.EntityType)
	if err != nil {
		return may, nil, err
	}
	narrowed, err := filterRows(ctx, shape, t.ID, of.Filter, nil)
	if err != nil {
		return may, nil, err
	}
	return db.AllOf(bun.SafeQuery("r.entity_type_id = ? and r.valid_to = 'infinity'", t.ID), may, narrowed), t, nil
}

// people is the condition on r of the resources of an entity type that each of the permissions opens, and that the caller may read.
func people(ctx context.Context, shape *Shape, entityType string, permissions ...string) (schema.QueryWithArgs, *EntityType, error) {
	nobody := bun.SafeQuery("false")
	t := shape.ByIdentifier[entityType]
	for _, p := range permissions {
		if _, err := permit.RequireOn(ctx, entityType, p); err != nil {
			return nobody, nil, err
		}
	}
	read, err := MayRead(ctx, entityType)
	if err != nil {
		return nobody, nil, err
	}
	if t == nil {
		return nobody, nil, errs.Missing("There is no entity type %s.", entityType).At("input.people.entityType")
	}
	may := Rows(shape, t.ID, "r", read)
	for _, p := range permissions {
		scope, err := permit.RequireOn(ctx, entityType, p)
		if err != nil {
			return nobody, nil, err
		}
		may = db.AllOf(may, Rows(shape, t.ID, "r", scope))
	}
	return may, t, nil
}

// differs is the condition on r that the value is another one than what is wanted.
func (w *Many) differs(c *Change) schema.QueryWithArgs {
	name := w.p.Identifier
	switch is := c.Refs[name].(type) {
	case []string:
		keys, _ := json.Marshal(is) // never fails: strings
		if is == nil {
			keys = []byte("[]")
		}
		return bun.SafeQuery("not (coalesce(r.refs -> ?0, '[]') @> ?1::jsonb and coalesce(r.refs -> ?0, '[]') <@ ?1::jsonb)", name, string(keys))
	case string:
		return bun.SafeQuery("coalesce(r.refs ->> ?, '') <> ?", name, is)
	}
	return bun.SafeQuery("coalesce(r.scalars ->> ?, '') <> ?", name, c.Scalars[name])
}

// About is what the value is of: the name of the property.
func (w *Many) About() string { return w.about }

// is is the value as text, as SQL over r: it must still be so when it is changed.
func (w *Many) is() schema.QueryWithArgs {
	switch {
	case w.p.IsCollection:
		return bun.SafeQuery("coalesce((select string_agg(v, ', ' order by v) from jsonb_array_elements_text(case jsonb_typeof(r.refs -> ?0) when 'array' then r.refs -> ?0 else '[]' end) v), '')", w.p.Identifier)
	case w.p.IsNavigation():
		return bun.SafeQuery("coalesce(r.refs ->> ?, '')", w.p.Identifier)
	default:
		return bun.SafeQuery("coalesce(r.scalars ->> ?, '')", w.p.Identifier)
	}
}

// Select chooses whose value is set: id, whom, what, and what must still be so then.
func (w *Many) Select() schema.QueryWithArgs {
	return bun.SafeQuery("select r.id, r.display_name as name, ?::text as about, ? as seal from resource r where ?", w.about, w.is(), w.where)
}

// Explained asks for no comment.
func (*Many) Explained(context.Context, bun.Tx) error { return nil }

// One sets the value of one of them, in the caller's transaction, as a single change does. refused: why it stays as it is; STALE_ITEM when it was changed since the
// seal was made.
func (w *Many) One(ctx context.Context, tx bun.Tx, id int64, seal string) (before, after string, refused *errs.Error, err error) {
	var rows []struct {
		Version int
		Value   string
	}
	if err := tx.NewRaw("select r.version, ? as value from resource r where r.id = ? and r.entity_type_id = ? and r.valid_to = 'infinity' and ? for no key update of r", w.is(), id, w.of, w.may).Scan(ctx, &rows); err != nil {
		return "", "", nil, fmt.Errorf("read the value of a resource: %w", db.Explain(err))
	}
	if len(rows) == 0 {
		return "", "", errs.Missing("It is gone, or not yours to change.").Of(id), nil
	}
	before = rows[0].Value
	if before != seal {
		return before, "", errs.New(errs.StaleItem, "Somebody changed it since the bulk change began. Look at it, then decide.").Of(id), nil
	}
	err = db.Inside(ctx, tx, func(ctx context.Context, tx bun.Tx) error {
		if _, err := w.s.update(ctx, tx, UpdateResourceInput{ID: id, Version: rows[0].Version, Values: []PropertyValueInput{w.value}}); err != nil {
			return err
		}
		return tx.NewRaw("select ? from resource r where r.id = ?", w.is(), id).Scan(ctx, &after)
	})
	switch e := errs.As(err); {
	case db.IsOfData(err):
		return before, "", errs.Invalid("", "The database cannot store this: %s", db.Clip(errs.Text(db.Explain(err)), 500)).Of(id), nil
	case e != nil && e.Kind != errs.Unavailable:
		return before, "", e, nil
	default:
		return before, after, nil, err
	}
}
