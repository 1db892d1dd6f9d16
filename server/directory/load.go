package directory

import (
	"context"
	"fmt"
	"slices"

	"github.com/uptrace/bun"
)

// Loaded is a resource as evaluation sees it: the same fields as evaluation.Resource.
type Loaded struct {
	ID           int64
	EntityTypeID int64
	Key          string
	DisplayName  string
	Scalars      map[string]string  // by property identifier; absent = null
	Links        map[string][]int64 // by navigation identifier, forward and reverse, ids sorted; only those that were asked for
	Gone         bool
}

// Follow names the properties whose links are read at one step: forward, or from the pointed side.
type Follow struct {
	Forward []int64
	Reverse []int64
}

// LoadMany reads resources with their links. follow[0] is followed from the ids themselves, follow[1] from what they point to, and so
// on; what is reached at the last step comes without links. Unknown ids are left out. At most two statements for each step and one
// more, however many resources: an empty step ends the walk.
func LoadMany(ctx context.Context, db bun.IDB, shape *Shape, ids []int64, follow ...Follow) (map[int64]*Loaded, error) {
	found := map[int64]*Loaded{}
	frontier := distinct(ids)
	for step := 0; ; step++ {
		if err := loadRows(ctx, db, found, frontier); err != nil {
			return nil, err
		}
		if step == len(follow) || len(frontier) == 0 {
			break
		}
		next, err := loadLinks(ctx, db, shape, found, frontier, follow[step])
		if err != nil {
			return nil, err
		}
		frontier = next
	}
	for _, r := range found {
		for name, targets := range r.Links {
			r.Links[name] = distinct(targets)
		}
	}
	return found, nil
}

// loadRows reads those of the ids that are not there yet.
func loadRows(ctx context.Context, db bun.IDB, found map[int64]*Loaded, ids []int64) error {
	missing := slices.DeleteFunc(slices.Clone(ids), func(id int64) bool { return found[id] != nil })
	if len(missing) == 0 {
		return nil
	}
	var rows []struct {
		ID           int64
		EntityTypeID int64
		Key          string
		DisplayName  string
		Scalars      map[string]string `bun:"type:jsonb"`
		Gone         bool
	}
	err := db.NewRaw(`select id, entity_type_id, key, display_name, scalars, valid_to <> 'infinity' as gone from resource where id = any (?)`,
		array(missing)).Scan(ctx, &rows)
	if err != nil {
		return fmt.Errorf("load resources: %w", err)
	}
	for _, r := range rows {
		if r.Scalars == nil {
			r.Scalars = map[string]string{}
		}
		found[r.ID] = &Loaded{ID: r.ID, EntityTypeID: r.EntityTypeID, Key: r.Key, DisplayName: r.DisplayName, Scalars: r.Scalars,
			Links: map[string][]int64{}, Gone: r.Gone}
	}
	return nil
}

// loadLinks reads the links of one step and gives the ids at their other ends.
func loadLinks(ctx context.Context, db bun.IDB, shape *Shape, found map[int64]*Loaded, ids []int64, f Follow) ([]int64, error) {
	if len(f.Forward)+len(f.Reverse) == 0 {
		return nil, nil
	}
	var rows []struct {
		At         int64
		PropertyID int64
		Reverse    bool
		Other      int64
	}
	err := db.NewRaw(`
		select source_id as at, property_id, false as reverse, target_id as other
		from resource_link where source_id = any (?0) and property_id = any (?1) and valid_to = 'infinity'
		union all
		select target_id, property_id, true, source_id
		from resource_link where target_id = any (?0) and property_id = any (?2) and valid_to = 'infinity'`,
		array(ids), array(f.Forward), array(f.Reverse)).Scan(ctx, &rows)
	if err != nil {
		return nil, fmt.Errorf("load links: %w", err)
	}
	var next []int64
	for _, l := range rows {
		p, r := shape.Properties[l.PropertyID], found[l.At]
		if p == nil || r == nil {
			continue
		}
		name := p.Identifier
		if l.Reverse {
			if p.ReverseIdentifier == nil {
				continue
			}
			name = *p.ReverseIdentifier
		}
		r.Links[name] = append(r.Links[name], l.Other)
		next = append(next, l.Other)
	}
	return distinct(next), nil
}

// distinct sorts a copy of the ids and drops duplicates.
func distinct(ids []int64) []int64 {
	out := slices.Clone(ids)
	slices.Sort(out)
	return slices.Compact(out)
}
