package across

import (
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"writ/server/assignment"
	"writ/server/directory"
	"writ/server/rolemodel"
)

// ResourceContext is what a person is during a time: the values that rules look at (role-model 4.2).
type ResourceContext struct {
	StartDate  *time.Time
	EndDate    *time.Time
	Record     *directory.ResourceRef // nil: the person as such
	Rank       int                    // of those that count at the same time the lowest decides about single values
	Dimensions []*ContextDimension
	Sections   []*ContextSection // what stands behind each record section; none: the records have no sections
}

// ContextSection is what stands behind one record section of a context (role-model 4.5).
type ContextSection struct {
	Section     string // identifier
	DisplayName string
	Key         *string                // of the instance, such as the number of a position; nil: nothing tells it from others
	Record      *directory.ResourceRef // that says it; of a gap, that lends to it; nil: none, or not the caller's to read
	IsGap       bool                   // the section says nothing in this time
}

// ContextDimension is one value of a context.
type ContextDimension struct {
	Dimension string
	Value     *directory.ResourceRef
}

// Contexts reads contexts of the last evaluation.
type Contexts struct {
	Assignments *assignment.Service
	Directory   *directory.Service
}

// Of gives the contexts of resources, the main one first, without values that the caller may not read. The caller has checked the right to
// the resources. Five statements at most.
func (c *Contexts) Of(ctx context.Context, owners []int64) (map[int64][]*ResourceContext, error) {
	rows, err := c.Assignments.ContextsOf(ctx, owners)
	if err != nil {
		return nil, err
	}
	var ids, sections []int64
	for _, r := range rows {
		if r.RecordID != nil {
			ids = append(ids, *r.RecordID)
		}
		ids = slices.AppendSeq(ids, maps.Values(r.Dimensions))
		for _, s := range r.Sections {
			if sections = append(sections, s.SectionID); s.RecordID != 0 {
				ids = append(ids, s.RecordID)
			}
		}
	}
	names, err := rolemodel.GetMany[rolemodel.RecordSection](ctx, c.Directory.DB, sections)
	if err != nil {
		return nil, err
	}
	refs, err := readable(ctx, c.Directory, ids)
	if err != nil {
		return nil, err
	}
	found := map[int64][]*ResourceContext{}
	for _, r := range rows {
		one := &ResourceContext{StartDate: r.StartDate, EndDate: r.EndDate, Rank: r.Rank, Dimensions: []*ContextDimension{}, Sections: []*ContextSection{}}
		if r.RecordID != nil {
			one.Record = refs[*r.RecordID]
		}
		for _, name := range slices.Sorted(maps.Keys(r.Dimensions)) {
			if value := refs[r.Dimensions[name]]; value != nil {
				one.Dimensions = append(one.Dimensions, &ContextDimension{Dimension: name, Value: value})
			}
		}
		for _, s := range r.Sections {
			if of := names[s.SectionID]; of != nil {
				x := &ContextSection{Section: of.Identifier, DisplayName: of.DisplayName, Record: refs[s.RecordID], IsGap: s.IsGap}
				if s.Key != "" && x.Record != nil {
					x.Key = &s.Key
				}
				one.Sections = append(one.Sections, x)
			}
		}
		found[r.OwnerID] = append(found[r.OwnerID], one)
	}
	return found, nil
}

// Summary is the main context of now in one line, e.g. "Engineer, Research, Paris"; empty without one.
func (c *Contexts) Summary(contexts []*ResourceContext) string {
	now := c.Directory.Clock.Now()
	for _, one := range contexts {
		if one.StartDate != nil && now.Before(*one.StartDate) || one.EndDate != nil && !now.Before(*one.EndDate) {
			continue
		}
		var parts []string
		for _, d := range one.Dimensions {
			if !slices.Contains(parts, d.Value.DisplayName) {
				parts = append(parts, d.Value.DisplayName)
			}
		}
		return strings.Join(parts, ", ")
	}
	return ""
}

// Refs gives resources by id and name only, also those that are gone.
func Refs(ctx context.Context, d *directory.Service, ids []int64) (map[int64]*directory.ResourceRef, error) {
	return refs(ctx, d, ids, func(*directory.Resource) bool { return true })
}

// Owners gives those who answer for something, by the keys that the configuration names them by. Who is not there, or not the caller's to read, is
// left out.
func Owners(ctx context.Context, d *directory.Service, keys []directory.Named) (map[directory.Named]*directory.ResourceRef, error) {
	ids, err := directory.IDsByKey(ctx, d.DB, keys)
	if err != nil {
		return nil, err
	}
	found, err := readable(ctx, d, slices.Collect(maps.Values(ids)))
	if err != nil {
		return nil, err
	}
	out := make(map[directory.Named]*directory.ResourceRef, len(ids))
	for k, id := range ids {
		if found[id] != nil {
			out[k] = found[id]
		}
	}
	return out, nil
}

// readable is Refs without those that are not the caller's to read.
func readable(ctx context.Context, d *directory.Service, ids []int64) (map[int64]*directory.ResourceRef, error) {
	return refs(ctx, d, ids, func(r *directory.Resource) bool { return !r.IsHidden })
}

func refs(ctx context.Context, d *directory.Service, ids []int64, shown func(*directory.Resource) bool) (map[int64]*directory.ResourceRef, error) {
	refs := map[int64]*directory.ResourceRef{}
	if len(ids) == 0 {
		return refs, nil
	}
	resources, err := d.GetMany(ctx, ids)
	if err != nil {
		return nil, err
	}
	shape, err := d.Shapes.Load(ctx, d.DB)
	if err != nil {
		return nil, err
	}
	for id, r := range resources {
		if !shown(r) {
			continue
		}
		ref := &directory.ResourceRef{ID: r.ID, Key: r.Key, DisplayName: r.DisplayName}
		if t := shape.EntityTypes[r.EntityTypeID]; t != nil {
			ref.EntityType = t.Identifier
		}
		refs[id] = ref
	}
	return refs, nil
}
