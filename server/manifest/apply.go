package manifest

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/uptrace/bun"

	"writ/server/db"
	"writ/server/rolemodel"
)

var identifierForm = regexp.MustCompile(`^[\pL\pN_./-]+$`)

// writer applies one manifest inside a transaction. Identifiers are looked up as they are needed; unknown ones are typed errors.
type writer struct {
	ctx   context.Context
	tx    bun.Tx
	s     *Service
	found []rolemodel.Problem // what is odd and does not stop it

	known        map[string]map[string]int64 // names: table -> identifier -> id
	hierarchical map[string]bool             // dimensions
}

// write carries a change out and tells what is odd about it.
func (s *Service) write(ctx context.Context, tx bun.Tx, c *change) ([]rolemodel.Problem, error) {
	m := c.wanted
	w := &writer{ctx: ctx, tx: tx, s: s, known: map[string]map[string]int64{}}
	steps := []func() error{
		func() error { return refuseUnbuilt(m) },
		func() error { return each("connector", m.Connectors, w.connector) },
		func() error { return each("entityType", m.EntityTypes, w.entityType) },
		func() error { return each("entityType", m.EntityTypes, w.properties) }, // after all types exist: navigations point to them
		func() error { return each("dimension", m.Dimensions, w.dimension) },
		func() error { return each("policy", m.Policies, w.policy) },
		func() error { return each("category", m.Categories, w.category) },
		func() error { return each("category", m.Categories, w.categoryParent) },
		func() error { return w.roles("COMPOSITE", m.CompositeRoles) },
		func() error { return w.roles("SINGLE", m.SingleRoles) },
		func() error { return w.roleRules("COMPOSITE", m.CompositeRoles) },
		func() error { return w.roleRules("SINGLE", m.SingleRoles) },
		func() error { return each("resourceType", m.ResourceTypes, w.resourceType) },
		func() error { return each("resourceType", m.ResourceTypes, w.resourceTypeParent) },
		func() error { return w.resourceTypeRules(m.ResourceTypes) },
		func() error { return each("contextRule", m.ContextRules, w.contextRule) },
		func() error { return w.jobs(m.Jobs) },
		func() error { return w.profiles(m.Profiles) },
		func() error { return w.users(m.Users, c) },
		func() error { return w.remove(c.going) }, // last: what was changed may have let go of it
		func() error { return w.otherRules(c) },
		func() error {
			_, err := tx.ExecContext(ctx, `insert into setting (key, value) values ('shape_version', '1')
				on conflict (key) do update set value = to_jsonb((setting.value #>> '{}')::bigint + 1), updated_at = now()`)
			return err
		},
	}
	for _, step := range steps {
		if err := step(); err != nil {
			return nil, err
		}
	}
	return w.found, nil
}

// named is any object of a manifest.
type named interface{ name() string }

func each[T named](kind string, list []T, f func(T) error) error {
	for _, v := range list {
		if err := f(v); err != nil {
			return at(kind, v.name(), db.Explain(err))
		}
	}
	return nil
}

// upsert writes one row by its natural key and gives its id: for the few objects of the systems. Lists of rules go through merge.
func (w *writer) upsert(table string, key, values map[string]any) (int64, error) {
	var cols, marks, sets, keys []string
	var args []any
	add := func(c string, v any) {
		cols, marks, args = append(cols, c), append(marks, "?"), append(args, v)
	}
	for _, k := range slices.Sorted(maps.Keys(key)) {
		add(k, key[k])
		keys = append(keys, k)
	}
	for _, k := range slices.Sorted(maps.Keys(values)) {
		add(k, values[k])
		sets = append(sets, k+" = excluded."+k)
	}
	conflict := strings.Join(keys, ", ")
	if table == "connection" {
		conflict = "(lower(identifier))"
	}
	var id int64
	err := w.tx.NewRaw(fmt.Sprintf(`insert into %s (%s) values (%s) on conflict (%s) do update set %s, version = %s.version + 1 returning id`,
		table, strings.Join(cols, ", "), strings.Join(marks, ", "), conflict, strings.Join(sets, ", "), table), args...).Scan(w.ctx, &id)
	if err != nil {
		return 0, fmt.Errorf("write %s %v: %w", table, key, err)
	}
	w.written(table)
	return id, nil
}

func jsonb(v any) json.RawMessage {
	raw, err := json.Marshal(v)
	if err != nil {
		panic(err) // plain maps of ours
	}
	return raw
}

// criteriaJSON keeps "no criteria" as an empty object, never null.
func criteriaJSON(c map[string]Criterion) json.RawMessage {
	out := map[string]map[string]any{}
	for d, v := range c {
		out[d] = map[string]any{"key": v.Key}
		if v.Inherit {
			out[d]["inherit"] = true
		}
	}
	return jsonb(out)
}

func nullable(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}
