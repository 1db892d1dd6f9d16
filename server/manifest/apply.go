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

	"writ/server/access"
	"writ/server/db"
	"writ/server/job"
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
	target       int64                       // entity type of the targets of the resource type whose rules are written
}

// write carries a change out and tells what is odd about it.
func (s *Service) write(ctx context.Context, tx bun.Tx, c *change) ([]rolemodel.Problem, error) {
	w := &writer{ctx: ctx, tx: tx, s: s, known: map[string]map[string]int64{}}
	for _, k := range kinds() {
		if err := k.write(w, c); err != nil {
			return nil, err
		}
	}
	if err := w.remove(c.going); err != nil { // last: what was changed may have let go of it
		return nil, err
	}
	if err := w.otherRules(c); err != nil {
		return nil, err
	}
	return w.found, db.AddToSetting(ctx, tx, db.ShapeVersion, 1)
}

// otherRules looks again at the access rules and jobs this configuration does not name, when it changes what they are about.
func (w *writer) otherRules(c *change) error {
	if len(c.wanted.EntityTypes)+len(c.wanted.Dimensions)+len(c.going) == 0 {
		return nil
	}
	if len(c.going) > 0 {
		if err := job.CheckNames(w.ctx, w.tx); err != nil {
			return err
		}
	}
	return access.CheckRules(w.ctx, w.tx)
}

// upsert writes one row by its natural key and gives its id: for the few objects of the systems. The role model is written by its room, many rows in one statement.
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

func nullable(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}
