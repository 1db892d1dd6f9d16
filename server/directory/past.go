package directory

import (
	"context"
	"fmt"
	"time"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/schema"

	"writ/server/db"
)

// LoadManyAt is LoadMany by what was known at an instant. What did not exist yet is left out; what had been deleted by then is Gone, with its
// last values. Keys are those of now: they have no versions.
func LoadManyAt(ctx context.Context, b bun.IDB, shape *Shape, at time.Time, ids []int64, follow ...Follow) (map[int64]*Loaded, error) {
	return load(ctx, b, shape, past(at), ids, follow)
}

// past reads what was so at an instant.
func past(at time.Time) statements {
	return statements{
		rows: func(ids []int64) schema.QueryWithArgs {
			return bun.SafeQuery(`select r.id, r.entity_type_id, r.key, v.display_name, v.scalars, v.valid_to <= ?1
				from resource r cross join lateral (
					select r.display_name, r.scalars, r.valid_from, r.valid_to where r.valid_from <= ?1
					union all
					select v.display_name, v.scalars, v.valid_from, v.valid_to from resource_version v where v.resource_id = r.id and v.valid_from <= ?1
					order by valid_from desc limit 1) v
				where r.id = any (?0)`, array(ids), at)
		},
		links: func(ids []int64, f Follow) schema.QueryWithArgs {
			return bun.SafeQuery(`
				with l as materialized (
					select * from resource_link where source_id = any (?0) and property_id = any (?1) and valid_from <= ?3 and valid_to = 'infinity'
					union all
					select * from resource_link where source_id = any (?0) and property_id = any (?1) and valid_from <= ?3 and valid_to <> 'infinity' and valid_to > ?3),
				b as materialized (
					select * from resource_link where target_id = any (?0) and property_id = any (?2) and valid_from <= ?3 and valid_to = 'infinity'
					union all
					select * from resource_link where target_id = any (?0) and property_id = any (?2) and valid_from <= ?3 and valid_to <> 'infinity' and valid_to > ?3)
				select source_id, property_id, false, array_agg(target_id) from l group by 1, 2
				union all
				select target_id, property_id, true, array_agg(source_id) from b group by 1, 2`,
				array(ids), array(f.Forward), array(f.Reverse), at)
		},
	}
}

// AncestorsAt gives the trees of hierarchical dimensions as they were known at an instant: by dimension and value, what stands above it, the
// value itself first. A value of a circle is a root, as in dimension_closure.
func AncestorsAt(ctx context.Context, b bun.IDB, shape *Shape, at time.Time) (map[string]map[int64][]int64, error) {
	out := map[string]map[int64][]int64{}
	for name, d := range shape.Dimensions {
		parent := shape.ParentProperty(d)
		if !d.IsHierarchical || parent == nil {
			continue
		}
		var nodes []node
		err := db.Select(ctx, b, bun.SafeQuery(`select r.id, r.key, coalesce(l.parent, 0)
			from resource r
			cross join lateral (select min(target_id) as parent from (
				select target_id from resource_link where source_id = r.id and property_id = ?0 and valid_from <= ?2 and valid_to = 'infinity'
				union all
				select target_id from resource_link where source_id = r.id and property_id = ?0 and valid_from <= ?2 and valid_to <> 'infinity' and valid_to > ?2) l) l
			where r.entity_type_id = ?1 order by r.id`, parent.ID, d.EntityTypeID, at), func(r *db.Row) error {
			nodes = append(nodes, node{ID: r.Int(), Key: r.Text(), ParentID: r.Int()})
			return nil
		})
		if err != nil {
			return nil, fmt.Errorf("read the tree of %s at an instant: %w", name, err)
		}
		out[name] = above(nodes)
	}
	return out, nil
}

// above walks up from every node.
func above(nodes []node) map[int64][]int64 {
	cut(nodes)
	parent := make(map[int64]int64, len(nodes))
	for _, n := range nodes {
		parent[n.ID] = n.ParentID
	}
	out := make(map[int64][]int64, len(nodes))
	for _, n := range nodes {
		for id := n.ID; id != 0; id = parent[id] {
			out[n.ID] = append(out[n.ID], id)
		}
	}
	return out
}
