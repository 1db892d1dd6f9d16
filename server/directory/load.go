package directory

import (
	"context"
	"fmt"
	"slices"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/schema"

	"writ/server/db"
	"writ/server/document"
)

// Loaded is a resource as evaluation sees it: the same fields as evaluation.Resource.
type Loaded struct {
	ID           int64
	EntityTypeID int64
	Key          string
	DisplayName  string
	Scalars      map[string]string   // by property identifier; absent = null
	Links        map[string][]int64  // by navigation identifier, forward and reverse, ids sorted; only those that were asked for
	Dangling     map[string][]string // by navigation identifier, texts that point to nothing, sorted; only where somebody fills it in
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
func LoadMany(ctx context.Context, b bun.IDB, shape *Shape, ids []int64, follow ...Follow) (map[int64]*Loaded, error) {
	return load(ctx, b, shape, present, ids, follow)
}

// statements read resources and links, at one time.
type statements struct {
	rows  func(ids []int64) schema.QueryWithArgs
	links func(ids []int64, f Follow) schema.QueryWithArgs
}

// present reads what is so now.
var present = statements{
	rows: func(ids []int64) schema.QueryWithArgs {
		return bun.SafeQuery(`select id, entity_type_id, key, display_name, scalars, valid_to <> 'infinity' from resource where id = any (?)`, array(ids))
	},
	links: func(ids []int64, f Follow) schema.QueryWithArgs {
		// a row for all the links of one property: most rows would say what the one before said
		return bun.SafeQuery(`
			select source_id, property_id, false, array_agg(target_id)
			from resource_link where source_id = any (?0) and property_id = any (?1) and valid_to = 'infinity' group by 1, 2
			union all
			select target_id, property_id, true, array_agg(source_id)
			from resource_link where target_id = any (?0) and property_id = any (?2) and valid_to = 'infinity' group by 1, 2`,
			array(ids), array(f.Forward), array(f.Reverse))
	},
}

func load(ctx context.Context, b bun.IDB, shape *Shape, read statements, ids []int64, follow []Follow) (map[int64]*Loaded, error) {
	found := map[int64]*Loaded{}
	frontier := distinct(ids)
	for step := 0; ; step++ {
		if err := loadRows(ctx, b, shape, read, found, frontier); err != nil {
			return nil, err
		}
		if step == len(follow) || len(frontier) == 0 {
			break
		}
		next, err := loadLinks(ctx, b, shape, read, found, frontier, follow[step])
		if err != nil {
			return nil, err
		}
		frontier = next
	}
	for _, r := range found {
		for name, targets := range r.Links {
			slices.Sort(targets)
			r.Links[name] = slices.Compact(targets)
		}
	}
	return found, nil
}

// loadRows reads those of the ids that are not there yet.
func loadRows(ctx context.Context, b bun.IDB, shape *Shape, read statements, found map[int64]*Loaded, ids []int64) error {
	missing := slices.DeleteFunc(slices.Clone(ids), func(id int64) bool { return found[id] != nil })
	if len(missing) == 0 {
		return nil
	}
	err := db.Select(ctx, b, read.rows(missing), func(r *db.Row) (err error) {
		one := &Loaded{ID: r.Int(), EntityTypeID: r.Int(), Key: r.Text(), DisplayName: r.Text(), Links: map[string][]int64{}}
		if one.Scalars, err = readScalars(r.Bytes(), len(shape.PropertiesOf[one.EntityTypeID])); err != nil {
			return fmt.Errorf("values of resource %d: %w", one.ID, err)
		}
		one.Gone = r.Bool()
		found[one.ID] = one
		return nil
	})
	if err != nil {
		return fmt.Errorf("load resources: %w", err)
	}
	return nil
}

// readScalars reads resource.scalars; n is how many there may be. null is no value.
func readScalars(raw []byte, n int) (map[string]string, error) {
	scalars := make(map[string]string, n)
	if raw == nil {
		return scalars, nil
	}
	doc := document.Read(raw)
	doc.Each(func(name string) {
		if doc.Null() {
			scalars[name] = ""
			return
		}
		scalars[name] = doc.Text()
	})
	return scalars, doc.End()
}

// loadLinks reads the links of one step and gives the ids at their other ends.
func loadLinks(ctx context.Context, b bun.IDB, shape *Shape, read statements, found map[int64]*Loaded, ids []int64, f Follow) ([]int64, error) {
	if len(f.Forward)+len(f.Reverse) == 0 {
		return nil, nil
	}
	var next []int64
	err := db.Select(ctx, b, read.links(ids, f), func(row *db.Row) error {
		r, p, reverse := found[row.Int()], shape.Properties[row.Int()], row.Bool()
		if p == nil || r == nil || reverse && p.ReverseIdentifier == nil {
			return nil
		}
		name := p.Identifier
		if reverse {
			name = *p.ReverseIdentifier
		}
		have := len(r.Links[name])
		r.Links[name] = row.AppendInts(r.Links[name])
		next = append(next, r.Links[name][have:]...)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("load links: %w", err)
	}
	return distinct(next), nil
}

// distinct sorts a copy of the ids and drops duplicates.
func distinct(ids []int64) []int64 {
	out := slices.Clone(ids)
	slices.Sort(out)
	return slices.Compact(out)
}
