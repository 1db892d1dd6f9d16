package assignment

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/uptrace/bun"

	"writ/server/directory"
	"writ/server/evaluation"
	"writ/server/evaluation/formula"
	"writ/server/evaluation/model"
	"writ/server/rolemodel"
)

// What expressions look through by query() (role-model 1.7) is a part of the model in force, like what rules name by key: read with it, the same for
// everybody, and another model when it changes.

// queriedCache keeps what a model looks through: to learn it, the model is compiled.
type queriedCache struct {
	version int64
	shape   *directory.Shape
	reads   map[int64]*formula.Reads
}

// queried tells what the model in force looks through.
func (s *Service) queried(m *rolemodel.Model, shape *directory.Shape) map[int64]*formula.Reads {
	s.models.mu.Lock()
	c := s.models.queried
	s.models.mu.Unlock()
	if c == nil || c.version != m.Version || c.shape != shape {
		c = &queriedCache{m.Version, shape, model.Queried(m, shape)}
		s.models.mu.Lock()
		s.models.queried = c
		s.models.mu.Unlock()
	}
	return c.reads
}

// tableReader reads what there is of entity types, at some time.
type tableReader struct {
	list func(entityTypeID int64) ([]int64, error) // at most one more than formula.MaxQueried
	load func(list []int64, follow []directory.Follow) (map[int64]*directory.Loaded, error)
}

// tablesNow reads what there is now.
func tablesNow(ctx context.Context, idb bun.IDB, shape *directory.Shape) tableReader {
	return tableReader{
		list: func(id int64) (list []int64, err error) {
			err = idb.NewRaw(`select id from resource where entity_type_id = ? and valid_to = 'infinity' order by id limit ?`, id, formula.MaxQueried+1).Scan(ctx, &list)
			return list, err
		},
		load: func(list []int64, follow []directory.Follow) (map[int64]*directory.Loaded, error) {
			return directory.LoadMany(ctx, idb, shape, list, follow...)
		},
	}
}

// tables reads what is looked through; nil: nothing is.
func tables(read map[int64]*formula.Reads, by tableReader) (*formula.Tables, error) {
	if len(read) == 0 {
		return nil, nil
	}
	of, tooMany, all := map[int64][]int64{}, map[int64]bool{}, map[int64]*evaluation.Resource{}
	for _, id := range slices.Sorted(maps.Keys(read)) {
		list, err := by.list(id)
		if err != nil {
			return nil, fmt.Errorf("list what expressions look through: %w", err)
		}
		if tooMany[id] = len(list) > formula.MaxQueried; tooMany[id] {
			continue
		}
		loaded, err := by.load(list, merge(nil, model.Hops(read[id]), 0))
		if err != nil {
			return nil, fmt.Errorf("read what expressions look through: %w", err)
		}
		of[id] = list
		for r, x := range loaded {
			if have := all[r]; have != nil {
				maps.Copy(have.Links, x.Links) // reached before, from another table
				continue
			}
			all[r] = toEvaluation(x)
		}
	}
	return formula.NewTables(read, of, tooMany, all), nil
}

// touches reports whether resources are of those that are looked through, or are read with them.
func touches(ctx context.Context, idb bun.IDB, read map[int64]*formula.Reads, resources []int64) (yes bool, err error) {
	if len(read) == 0 {
		return false, nil
	}
	err = idb.NewRaw(`select exists (select from resource where id = any (?) and entity_type_id = any (?))`, ids(resources), ids(typesRead(read))).Scan(ctx, &yes)
	return yes, err
}

// typesRead are the entity types of which something is read.
func typesRead(read map[int64]*formula.Reads) []int64 {
	found := map[int64]bool{}
	var walk func(u *formula.Reads)
	walk = func(u *formula.Reads) {
		found[u.EntityType] = true
		for _, n := range u.Navs {
			walk(n.To)
		}
	}
	for _, u := range read {
		walk(u)
	}
	return slices.Sorted(maps.Keys(found))
}

// tablesSince reads what the model looks through; what the model in force has of it, when none of the resources that changed since is of it.
func (s *Service) tablesSince(ctx context.Context, tx bun.Tx, m *rolemodel.Model, shape *directory.Shape, changed []int64) (*formula.Tables, error) {
	read := s.queried(m, shape)
	if len(read) == 0 {
		return nil, nil
	}
	if changed != nil {
		moved, err := touches(ctx, tx, read, changed)
		if err != nil {
			return nil, err
		}
		if !moved {
			inForce, err := s.Model(ctx, tx)
			if err != nil {
				return nil, err
			}
			return inForce.Tables, nil
		}
	}
	return tables(read, tablesNow(ctx, tx, shape))
}
