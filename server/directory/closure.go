package directory

import (
	"context"
	"slices"

	"writ/server/db"
)

// node is a value of a hierarchical dimension with its parents (one; several only if the data is wrong: then the smallest id counts).
type node struct {
	ID       int64
	Key      string
	ParentID int64 // 0: a root
}

// closures recomputes the hierarchies whose nodes or parent links changed, and writes only what differs.
func (w *Writer) closures(ctx context.Context) error {
	var types, properties []int64
	if err := w.tx.NewRaw("select distinct entity_type_id from directory_touched where command in ('I', 'R', 'D')").Scan(ctx, &types); err != nil {
		return err
	}
	if err := w.tx.NewRaw("select distinct property_id from directory_link_change").Scan(ctx, &properties); err != nil {
		return err
	}
	for _, p := range properties {
		if property := w.shape.Properties[p]; property != nil {
			types = append(types, property.EntityTypeID)
		}
	}
	if w.refreshes {
		for id := range w.shape.EntityTypes {
			types = append(types, id)
		}
		// dimensions that are no trees any more
		if _, err := w.tx.NewRaw("delete from dimension_closure where dimension_id in (select id from dimension where not is_hierarchical)").Exec(ctx); err != nil {
			return err
		}
	}
	slices.Sort(types)
	for _, t := range slices.Compact(types) {
		for _, d := range w.shape.hierarchies(t) {
			if err := w.closure(ctx, d); err != nil {
				return err
			}
		}
	}
	return nil
}

func (w *Writer) closure(ctx context.Context, d *Dimension) error {
	var nodes []node
	err := w.tx.NewRaw(`select r.id, r.key, coalesce(min(l.target_id), 0) as parent_id
		from resource r
		left join resource_link l on l.source_id = r.id and l.property_id = ? and l.valid_to = 'infinity'
		where r.entity_type_id = ? and r.valid_to = 'infinity'
		group by r.id, r.key order by r.id`, w.shape.ParentProperty(d).ID, d.EntityTypeID).Scan(ctx, &nodes)
	if err != nil {
		return err
	}
	cycles := cut(nodes)
	w.counts.Cycles = append(w.counts.Cycles, cycles...)
	if err := w.empty(ctx, "directory_closure"); err != nil {
		return err
	}
	parent := make(map[int64]int64, len(nodes))
	for _, n := range nodes {
		parent[n.ID] = n.ParentID
	}
	err = db.CopyIn(ctx, w.tx, "directory_closure", []string{"ancestor_id", "descendant_id", "depth"}, func(yield func([]any) bool) {
		for _, n := range nodes {
			for id, depth := n.ID, 0; id != 0; id, depth = parent[id], depth+1 {
				if !yield([]any{id, n.ID, depth}) {
					return
				}
			}
		}
	})
	if err != nil {
		return err
	}
	_, err = w.tx.NewRaw(`analyze directory_closure;
		with gone as (
			delete from dimension_closure o
			where o.dimension_id = ?0 and not exists (
				select 1 from directory_closure n where n.ancestor_id = o.ancestor_id and n.descendant_id = o.descendant_id)
			returning o.descendant_id),
		come as (
			insert into dimension_closure as o (dimension_id, ancestor_id, descendant_id, depth)
			select ?0, n.ancestor_id, n.descendant_id, n.depth from directory_closure n
			on conflict (dimension_id, ancestor_id, descendant_id) do update set depth = excluded.depth where o.depth <> excluded.depth
			returning descendant_id)
		insert into directory_moved (id) select descendant_id from gone union select descendant_id from come`, d.ID).Exec(ctx)
	return err
}

// cut takes the nodes of a circle of parents out of the hierarchy: they become roots (role-model 1.6). It gives their keys.
func cut(nodes []node) (keys []string) {
	at := make(map[int64]int, len(nodes))
	for i, n := range nodes {
		at[n.ID] = i
	}
	const unknown, walking, done = 0, 1, 2
	state := make([]byte, len(nodes))
	var circle []int
	for start := range nodes {
		var path []int
		i := start
		for state[i] == unknown {
			state[i] = walking
			path = append(path, i)
			next, ok := at[nodes[i].ParentID]
			if !ok {
				nodes[i].ParentID = 0
				break
			}
			i = next
		}
		if state[i] == walking && nodes[i].ParentID != 0 { // met somebody of this very walk: from there on it is a circle
			circle = append(circle, path[slices.Index(path, i):]...)
		}
		for _, p := range path {
			state[p] = done
		}
	}
	for _, i := range circle {
		nodes[i].ParentID = 0
		keys = append(keys, nodes[i].Key)
	}
	slices.Sort(keys)
	return keys
}
