package directory

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"writ/server/db"
	"writ/server/errs"
	"writ/server/page"
	"writ/server/permit"
)

// ResourceVersion is what a resource was over a time. ValidTo nil: it still is.
type ResourceVersion struct {
	ValidFrom time.Time
	ValidTo   *time.Time
	Actor     string // who made it so
	EndedBy   string // who deleted the resource at ValidTo; empty when another version follows
	Values    []*PropertyValue
	Changed   []string // identifiers of the scalars that differ from the version before; all of them in the first one
}

// ForgetVersions drops the versions of resources that ended before an instant.
func (s *Service) ForgetVersions(ctx context.Context, before time.Time) error {
	_, err := db.InPortions(ctx, s.DB, `delete from resource_version where ctid = any (array (
		select ctid from resource_version where valid_to < ? order by valid_to limit 5000 for update skip locked))`, before)
	if err != nil {
		return fmt.Errorf("drop old versions of resources: %w", err)
	}
	return nil
}

// LinkPeriod is a link of a resource over a time, seen from it.
type LinkPeriod struct {
	Property  string
	Target    *ResourceRef
	ValidFrom time.Time
	ValidTo   *time.Time
}

// History gives the versions of a resource, newest first, at most first. Needs ViewHistory on its entity type.
func (s *Service) History(ctx context.Context, id int64, first int) ([]*ResourceVersion, error) {
	shape, r, err := s.historic(ctx, id, first)
	if err != nil {
		return nil, err
	}
	var rows []struct {
		ValidFrom time.Time
		ValidTo   time.Time
		Actor     string
		DeletedBy string
		Scalars   map[string]string `bun:"type:jsonb"`
	}
	err = s.DB.NewRaw(`
		select valid_from, least(valid_to, '9999-12-31 00:00:00+00') as valid_to, actor, deleted_by, scalars from resource where id = ?0
		union all
		select valid_from, valid_to, actor, '', scalars from resource_version where resource_id = ?0
		order by valid_from desc limit ?1`, id, first+1).Scan(ctx, &rows)
	if err != nil {
		return nil, fmt.Errorf("read the history of resource %d: %w", id, err)
	}
	list := []*ResourceVersion{}
	for i, row := range rows {
		if i == first {
			break
		}
		v := &ResourceVersion{ValidFrom: row.ValidFrom, Actor: row.Actor, EndedBy: row.DeletedBy, Values: Values(shape, r.EntityTypeID, row.Scalars), Changed: []string{}}
		if row.ValidTo.Before(Forever) {
			v.ValidTo = &row.ValidTo
		}
		before := map[string]string{}
		if i+1 < len(rows) && rows[i+1].ValidTo.Equal(row.ValidFrom) {
			before = rows[i+1].Scalars
		}
		for _, p := range shape.PropertiesOf[r.EntityTypeID] {
			if row.Scalars[p.Identifier] != before[p.Identifier] {
				v.Changed = append(v.Changed, p.Identifier)
			}
		}
		list = append(list, v)
	}
	return list, nil
}

// LinkHistory gives the links a resource has and had, forward and reverse, newest first, at most first. Needs ViewHistory on its entity
// type.
func (s *Service) LinkHistory(ctx context.Context, id int64, first int) ([]*LinkPeriod, error) {
	shape, _, err := s.historic(ctx, id, first)
	if err != nil {
		return nil, err
	}
	var rows []struct {
		PropertyID   int64
		Reverse      bool
		ValidFrom    time.Time
		ValidTo      time.Time
		ID           int64
		EntityTypeID int64
		Key          string
		DisplayName  string
	}
	err = s.DB.NewRaw(`
		select l.property_id, l.reverse, l.valid_from, least(l.valid_to, '9999-12-31 00:00:00+00') as valid_to, o.id, o.entity_type_id, o.key, o.display_name
		from (
			select id as link, property_id, false as reverse, target_id as other, valid_from, valid_to from resource_link where source_id = ?0
			union all
			select l.id, property_id, true, source_id, valid_from, valid_to from resource_link l
			join property p on p.id = l.property_id and p.reverse_identifier is not null
			where target_id = ?0) l
		join resource o on o.id = l.other
		where l.valid_from < l.valid_to
		order by l.valid_from desc, l.link desc, l.reverse limit ?1`, id, first).Scan(ctx, &rows)
	if err != nil {
		return nil, fmt.Errorf("read the links resource %d had: %w", id, err)
	}
	list := []*LinkPeriod{}
	for _, row := range rows {
		p, t := shape.Properties[row.PropertyID], shape.EntityTypes[row.EntityTypeID]
		if p == nil || t == nil || row.Reverse && p.ReverseIdentifier == nil {
			continue
		}
		l := &LinkPeriod{Property: p.Identifier, ValidFrom: row.ValidFrom,
			Target: &ResourceRef{ID: row.ID, EntityType: t.Identifier, Key: row.Key, DisplayName: row.DisplayName}}
		if row.Reverse {
			l.Property = *p.ReverseIdentifier
		}
		if row.ValidTo.Before(Forever) {
			l.ValidTo = &row.ValidTo
		}
		list = append(list, l)
	}
	return list, nil
}

// historic finds a resource, gone or not, whose history the caller may see. NotFound for one that is not theirs to see at all.
func (s *Service) historic(ctx context.Context, id int64, first int) (*Shape, *Resource, error) {
	if err := permit.SignedIn(ctx); err != nil {
		return nil, nil, err
	}
	if err := (page.Args{First: first}).Check(); err != nil {
		return nil, nil, err
	}
	shape, err := s.Shapes.Load(ctx, s.DB)
	if err != nil {
		return nil, nil, err
	}
	found, err := s.GetMany(ctx, []int64{id})
	if err != nil {
		return nil, nil, err
	}
	r := found[id]
	if r == nil || shape.EntityTypes[r.EntityTypeID] == nil {
		return nil, nil, missing(id)
	}
	name := shape.EntityTypes[r.EntityTypeID].Identifier
	return shape, r, s.mayTouch(ctx, s.DB, shape, r, func() (permit.Scope, error) { return permit.RequireOn(ctx, name, permit.Resource(name, "ViewHistory")) })
}

// missing is the answer for a resource that is not there, and for one that the caller may not know of.
func missing(id int64) *errs.Error { return errs.Missing("There is no such resource.").Of(id) }

// mayTouch asks for a right on one resource. Forbidden tells that it is there, so only those hear it who may read it; NotFound for others.
func (s *Service) mayTouch(ctx context.Context, db bun.IDB, shape *Shape, r *Resource, ask func() (permit.Scope, error)) error {
	scope, refusal := ask()
	if refusal == nil {
		in, err := inScope(ctx, db, shape, r, scope)
		if in || err != nil {
			return err
		}
		refusal = errs.New(errs.Forbidden, "Your rights do not reach %s.", r.DisplayName).Of(r.ID)
	}
	read, err := MayRead(ctx, shape.EntityTypes[r.EntityTypeID].Identifier)
	if err != nil {
		return missing(r.ID)
	}
	if in, err := inScope(ctx, db, shape, r, read); !in || err != nil {
		return cmp.Or[error](err, missing(r.ID))
	}
	return refusal
}

// inScope reports whether a row, as it is now, is one that a scope opens.
func inScope(ctx context.Context, db bun.IDB, shape *Shape, r *Resource, scope permit.Scope) (bool, error) {
	if scope.All(shape.EntityTypes[r.EntityTypeID].Identifier) {
		return true, nil
	}
	in, err := db.NewSelect().TableExpr("resource as r").Where("r.id = ?", r.ID).Where("?", Rows(shape, r.EntityTypeID, "r", scope)).Exists(ctx)
	if err != nil {
		return false, fmt.Errorf("check the scope of a right: %w", err)
	}
	return in, nil
}
