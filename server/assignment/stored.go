package assignment

import (
	"context"
	"crypto/sha256"
	"fmt"
	"maps"
	"slices"
	"strconv"

	"github.com/uptrace/bun"

	"writ/server/db"
	"writ/server/directory"
	"writ/server/evaluation"
	"writ/server/evaluation/formula"
	"writ/server/evaluation/interval"
	"writ/server/permit"
)

// Stored property expressions (role-model 1.7) are computed before anybody is who uses them: a changed resource is handed on only when
// everything that reads it is done. Writing a value changes its resource, so that what reads that one follows, any number of steps: there are no circles
// among the properties. One transaction at a time computes, from its reading to its writing: whoever comes last has seen everything.

// storedBatch is how many resources one transaction computes.
const storedBatch = 1000

// storing is the lock of that one transaction. It is taken before any row.
const storing = 0x73746f72 // "stor"

// storedKey is the setting that says by which expressions the values of each entity type were made.
const storedKey = "property_expressions"

// store computes what reads the changed resources, until none is left for which that is not done.
func (s *Service) store(ctx context.Context) error {
	for {
		m, err := s.Model(ctx, s.DB)
		if err != nil || len(m.Stored) == 0 {
			return err
		}
		changed, err := directory.NotComputed(ctx, s.DB, spreadBatch)
		if err != nil || len(changed) == 0 {
			return err
		}
		of := map[int64][]int64{}
		for _, c := range changed {
			of[c.EntityTypeID] = append(of[c.EntityTypeID], c.ResourceID)
		}
		concerned, err := readers(ctx, s.DB, m, of)
		if err != nil {
			return err
		}
		if _, err := s.storeAll(ctx, concerned, nil); err != nil {
			return err
		}
		if err := directory.NoteComputed(ctx, s.DB, changed); err != nil {
			return err
		}
	}
}

// readers gives whose stored values depend on resources, by the entity types of those: they themselves, and whoever reads them over any number of steps.
func readers(ctx context.Context, idb bun.IDB, m *Model, of map[int64][]int64) ([]int64, error) {
	found := map[int64]bool{}
	for id := range m.Stored {
		for _, r := range of[id] {
			found[r] = true
		}
	}
	for id, stored := range m.Stored { // what they look through concerns all of them
		if !slices.ContainsFunc(typesRead(stored.Queried), func(t int64) bool { return len(of[t]) > 0 }) {
			continue
		}
		var everybody []int64
		if err := idb.NewRaw(`select id from resource where valid_to = 'infinity' and entity_type_id = ?`, id).Scan(ctx, &everybody); err != nil {
			return nil, fmt.Errorf("find whose values are looked up in what changed: %w", err)
		}
		for _, r := range everybody {
			found[r] = true
		}
	}
	for _, way := range m.StoredWays() {
		at := of[way.From]
		for _, hop := range way.Back {
			if len(at) == 0 {
				break
			}
			from, to := "target_id", "source_id"
			if hop.Reverse {
				from, to = to, from
			}
			var next []int64
			if err := idb.NewRaw(`select distinct ? from resource_link where property_id = ? and ? = any (?) and valid_to = 'infinity'`,
				bun.Ident(to), hop.PropertyID, bun.Ident(from), ids(at)).Scan(ctx, &next); err != nil {
				return nil, fmt.Errorf("find whose values depend on what changed: %w", err)
			}
			at = next
		}
		for _, r := range at {
			found[r] = true
		}
	}
	return slices.Sorted(maps.Keys(found)), nil
}

// storeAll computes the stored values of resources, in small transactions. One whose values the database refuses is noted, and concerns no other.
func (s *Service) storeAll(ctx context.Context, list []int64, progress func(done int)) (written int, err error) {
	for len(list) > 0 {
		page := list[:min(storedBatch, len(list))]
		list = list[len(page):]
		err := db.Apart(page, func(part []int64) error {
			return db.InTx(ctx, s.DB, func(ctx context.Context, tx bun.Tx) error {
				n, err := s.storeIn(ctx, tx, part)
				written += len(n)
				return err
			})
		}, func(id int64, cause error) error {
			s.Log.ErrorContext(ctx, "stored values not saved", "resource", id, "error", cause)
			return db.InTx(ctx, s.DB, func(ctx context.Context, tx bun.Tx) error { return s.noteRefused(ctx, tx, id, "T", cause) })
		})
		if err != nil {
			return written, err
		}
		if progress != nil {
			progress(len(page))
		}
	}
	return written, nil
}

// storeIn computes the stored values of some resources and writes those that are others; it gives the resources written.
func (s *Service) storeIn(ctx context.Context, tx bun.Tx, list []int64) (written []int64, err error) {
	if _, err := tx.ExecContext(ctx, "select pg_advisory_xact_lock(?)", storing); err != nil {
		return nil, err
	}
	m, err := s.Model(ctx, tx)
	if err != nil {
		return nil, err
	}
	return s.storeBy(ctx, tx, m, list)
}

func (s *Service) storeBy(ctx context.Context, tx bun.Tx, m *Model, list []int64) (written []int64, err error) {
	loaded, err := directory.LoadMany(ctx, tx, m.Shape, list, m.Hops.stored...)
	if err != nil {
		return nil, err
	}
	all := make(map[int64]*evaluation.Resource, len(loaded))
	for id, r := range loaded {
		all[id] = toEvaluation(r)
	}
	refs, err := storedRefs(ctx, tx, m, list)
	if err != nil {
		return nil, err
	}
	lookedIn, err := storedTables(ctx, tx, m)
	if err != nil {
		return nil, err
	}
	now := s.Clock.Now()
	var changes []directory.Change
	faults := []valueFault{}
	for _, id := range list {
		r := all[id]
		if r == nil || r.Gone || m.Stored[r.EntityTypeID] == nil {
			continue
		}
		w := &formula.World{Resources: all, Now: interval.Instant(now), Zone: m.Shape.Zone(), From: interval.Min, To: interval.Max, Tables: lookedIn}
		w.Vars[formula.SourceRoot] = r
		c := directory.Change{EntityTypeID: r.EntityTypeID, Key: r.Key, Command: directory.Update, Scalars: map[string]string{}, Refs: map[string]any{}}
		for _, p := range m.Stored[r.EntityTypeID].Properties {
			value, _, fault := p.Value(w)
			if fault != nil {
				faults = append(faults, valueFault{Resource: id, Expression: fault.Expression.ID, Message: db.Clip(fault.Err.Error(), 500)})
				continue
			}
			switch {
			case p.IsNavigation():
				if refs[id][p.Identifier] != value {
					c.Refs[p.Identifier] = value
				}
			case r.Scalars[p.Identifier] != value:
				c.Scalars[p.Identifier] = value
				r.Scalars[p.Identifier] = value // for those that come after it
			}
		}
		if len(c.Scalars)+len(c.Refs) > 0 {
			changes, written = append(changes, c), append(written, id)
		}
	}
	if err := s.noteValueFaults(ctx, tx, faults, list); err != nil {
		return nil, err
	}
	if len(changes) == 0 {
		return nil, nil
	}
	_, err = s.Write(permit.With(ctx, permit.System("expressions")), tx, now, m.Shape, changes)
	return written, err
}

// storedTables reads what the expressions look through by query(), as the transaction has it.
func storedTables(ctx context.Context, idb bun.IDB, m *Model) (*formula.Tables, error) {
	read := map[int64]*formula.Reads{}
	for _, of := range m.Stored {
		formula.Merge(read, of.Queried)
	}
	for _, u := range read {
		u.Sort()
	}
	return tables(read, tablesNow(ctx, idb, m.Shape))
}

// storedRefs reads what the computed navigations of resources name now.
func storedRefs(ctx context.Context, tx bun.Tx, m *Model, list []int64) (map[int64]map[string]string, error) {
	out := map[int64]map[string]string{}
	for id, of := range m.Stored {
		for _, p := range of.Properties {
			if !p.IsNavigation() {
				continue
			}
			var rows []struct {
				ID  int64
				Ref string
			}
			if err := tx.NewRaw(`select id, refs ->> ? as ref from resource where id = any (?) and entity_type_id = ? and refs ->> ? is not null`, p.Identifier, ids(list), id, p.Identifier).Scan(ctx, &rows); err != nil {
				return nil, fmt.Errorf("read %s: %w", p.Identifier, err)
			}
			for _, r := range rows {
				if out[r.ID] == nil {
					out[r.ID] = map[string]string{}
				}
				out[r.ID][p.Identifier] = r.Ref
			}
		}
	}
	return out, nil
}

// valueFault is a value that an expression could not compute.
type valueFault struct {
	Resource   int64  `json:"resource_id"`
	Expression int64  `json:"expression_id"`
	Message    string `json:"message"`
}

// noteValueFaults makes the faults of these resources equal to what was found.
func (s *Service) noteValueFaults(ctx context.Context, tx bun.Tx, faults []valueFault, resources []int64) error {
	list := string(jsonb(faults))
	if _, err := tx.NewRaw(`delete from property_expression_fault f where f.resource_id = any (?) and not exists (
			select from jsonb_to_recordset(?::jsonb) n (resource_id bigint, expression_id bigint) where n.resource_id = f.resource_id and n.expression_id = f.expression_id)`,
		ids(resources), list).Exec(ctx); err != nil {
		return fmt.Errorf("forget faults of expressions: %w", err)
	}
	if len(faults) == 0 {
		return nil
	}
	if _, err := tx.NewRaw(`insert into property_expression_fault (resource_id, expression_id, message, found_at)
		select resource_id, expression_id, message, ? from jsonb_to_recordset(?::jsonb) n (resource_id bigint, expression_id bigint, message text) order by 1, 2
		on conflict (resource_id, expression_id) do update set message = excluded.message`, s.Clock.Now(), list).Exec(ctx); err != nil {
		return fmt.Errorf("note faults of expressions: %w", err)
	}
	return nil
}

// storedBy names, by entity type, the expressions that make its values, and the day where they ask for it: with another name they are made again.
func (s *Service) storedBy(m *Model) map[string]string {
	out := map[string]string{}
	for id, of := range m.Stored {
		h := sha256.New()
		for _, p := range of.Properties {
			fmt.Fprintln(h, string(jsonb(p.Property)))
			for _, x := range p.By {
				row := *x.PropertyExpression
				row.Version, row.DisplayName = 0, ""
				fmt.Fprintln(h, string(jsonb(row)))
			}
		}
		if of.Today() {
			fmt.Fprintln(h, directory.FormatDate(directory.Day(s.Clock.Now(), m.Shape.Zone())))
		}
		out[strconv.FormatInt(id, 10)] = fmt.Sprintf("%x", h.Sum(nil)[:16])
	}
	return out
}

// Computed are the properties whose values are computed and kept, with the identifiers of the expressions that do.
func (s *Service) Computed(ctx context.Context, tx bun.Tx) (map[int64]string, error) {
	var rows []struct {
		ID         int64
		Identifier string
	}
	if err := tx.NewRaw(`select p.id, x.identifier from property_expression x join property p on p.entity_type_id = x.entity_type_id and p.identifier = x.property order by x.priority desc, x.id desc`).Scan(ctx, &rows); err != nil {
		return nil, fmt.Errorf("read property expressions: %w", err)
	}
	out := map[int64]string{}
	for _, r := range rows {
		out[r.ID] = r.Identifier
	}
	return out, nil
}

// StoredIsStale reports whether other expressions, or another day, ask for values than those that are kept.
func (s *Service) StoredIsStale(ctx context.Context) (bool, error) {
	m, err := s.Model(ctx, s.DB)
	if err != nil {
		return false, err
	}
	by := map[string]string{}
	if _, err := db.Setting(ctx, s.DB, storedKey, &by); err != nil {
		return false, err
	}
	return !maps.Equal(by, s.storedBy(m)), nil
}

// mendStored computes the values of those entity types again for which others are asked.
func (s *Service) mendStored(ctx context.Context) error {
	stale, err := s.StoredIsStale(ctx)
	if err != nil || !stale {
		return err
	}
	_, err = s.storeTypes(ctx, false, nil)
	return err
}

// UpdateExpressions computes all stored values, the task before those that use them (role-model 1.7). It gives how many resources were written.
func (s *Service) UpdateExpressions(ctx context.Context, progress func(done, total int)) (int, error) {
	return s.storeTypes(ctx, true, progress)
}

func (s *Service) storeTypes(ctx context.Context, all bool, progress func(done, total int)) (int, error) {
	m, err := s.Model(ctx, s.DB)
	if err != nil {
		return 0, err
	}
	by, want := map[string]string{}, s.storedBy(m)
	if _, err := db.Setting(ctx, s.DB, storedKey, &by); err != nil {
		return 0, err
	}
	types := slices.DeleteFunc(slices.Sorted(maps.Keys(m.Stored)), func(id int64) bool {
		n := strconv.FormatInt(id, 10)
		return !all && by[n] == want[n]
	})
	written, done, total := 0, 0, 0
	if progress != nil {
		if err := s.DB.NewRaw(`select count(*) from resource where valid_to = 'infinity' and entity_type_id = any (?)`, ids(types)).Scan(ctx, &total); err != nil {
			return 0, err
		}
	}
	for after := int64(0); len(types) > 0; {
		var page []int64
		if err := s.DB.NewRaw(`select id from resource where valid_to = 'infinity' and entity_type_id = any (?) and id > ? order by id limit ?`, ids(types), after, storedBatch).Scan(ctx, &page); err != nil {
			return written, err
		}
		if len(page) == 0 {
			break
		}
		after = page[len(page)-1]
		n, err := s.storeAll(ctx, page, func(n int) {
			if done += n; progress != nil {
				progress(done, max(total, done))
			}
		})
		if written += n; err != nil {
			return written, err
		}
	}
	if err := db.WriteSetting(ctx, s.DB, storedKey, want); err != nil {
		return written, err
	}
	return written, s.store(ctx) // what reads the values that are others now
}

// StoreAhead computes in a transaction that will be taken back what the stored values would be: of everything when expressions are others than those in
// force, else of what reads the changed resources. It gives the resources that are others by that.
func (s *Service) StoreAhead(ctx context.Context, tx bun.Tx, changed []int64) ([]int64, error) {
	m, err := s.compile(ctx, tx)
	if err != nil || len(m.Stored) == 0 {
		return nil, err
	}
	by, want := map[string]string{}, s.storedBy(m)
	if _, err := db.Setting(ctx, tx, storedKey, &by); err != nil {
		return nil, err
	}
	var types []int64
	for id := range m.Stored {
		if n := strconv.FormatInt(id, 10); by[n] != want[n] {
			types = append(types, id)
		}
	}
	var list []int64
	if len(types) > 0 {
		if err := tx.NewRaw(`select id from resource where valid_to = 'infinity' and entity_type_id = any (?) order by id`, ids(types)).Scan(ctx, &list); err != nil {
			return nil, err
		}
	}
	found := map[int64]bool{}
	for next := changed; len(next)+len(list) > 0; { // it ends: what is written in a round is read by nothing that stood before it
		var rows []struct{ ID, EntityTypeID int64 }
		if err := tx.NewRaw(`select id, entity_type_id from resource where id = any (?)`, ids(next)).Scan(ctx, &rows); err != nil {
			return nil, err
		}
		of := map[int64][]int64{}
		for _, r := range rows {
			of[r.EntityTypeID] = append(of[r.EntityTypeID], r.ID)
		}
		more, err := readers(ctx, tx, m, of)
		if err != nil {
			return nil, err
		}
		list = append(list, more...)
		slices.Sort(list)
		next = nil
		for page := range slices.Chunk(slices.Compact(list), storedBatch) {
			written, err := s.storeBy(ctx, tx, m, page)
			if err != nil {
				return nil, err
			}
			next = append(next, written...)
		}
		list = nil
		for _, id := range next {
			found[id] = true
		}
	}
	return slices.Sorted(maps.Keys(found)), nil
}
