package assignment

import (
	"context"
	"database/sql"
	"fmt"
	"slices"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/schema"

	"writ/server/db"
	"writ/server/directory"
	"writ/server/errs"
	"writ/server/evaluation"
	"writ/server/evaluation/expectation"
	"writ/server/rolemodel"
)

// Overlay is a world that somebody proposes: a role model, and resources as they would be, laid over what is there. It is read from a transaction in
// which the proposal is written and then taken back, so that it passed every check that really writing it would; from then on it stands for itself.
type Overlay struct {
	Model *Model
	// Basis names the configuration that the proposal stands on.
	Basis  string
	tables map[string]string // rows of the tables of the configuration, as JSON
	edited []int64           // resources that the proposal changes, makes or ends
	rows   []string          // of them, of each of the tables of editable, as JSON
	keyed  []int64           // resources whose correlation keys are others by that
	keys   string            // those keys, as JSON
	// Concerned are those whom the edits could make a difference to, by the rules of incremental computation; nil: everybody.
	Concerned []int64
}

// editable are the tables of the data of people, with the column that says whose a row is, and which rows count.
var editable = []struct{ table, of, where string }{
	{"resource", "id", "true"},
	{"resource_link", "source_id", "valid_to = 'infinity'"},
	{"unresolved_ref", "source_id", "true"},
}

// shadowed are the tables of the configuration that statements of a computation read.
var shadowed = []string{"connector", "connection", "entity_type", "property", "entity_mapping", "property_mapping", "policy", "role", "role_rule", "resource_type", "resource_type_rule"}

// basis names the configuration in force, and what it names in the directory.
func basis(ctx context.Context, idb bun.IDB) (name string, err error) {
	err = idb.NewRaw(`select coalesce((select max(version) from model_version), 0) || '/' || coalesce((select value #>> '{}' from setting where key = ?), '')`, referenceKey).Scan(ctx, &name)
	return name, err
}

// Capture reads a proposal as tx has it, with the resources that it edits.
func (s *Service) Capture(ctx context.Context, tx bun.Tx, edited []int64) (*Overlay, error) {
	o := &Overlay{tables: map[string]string{}, edited: edited}
	var err error
	if o.Basis, err = basis(ctx, tx); err != nil {
		return nil, fmt.Errorf("name the configuration in force: %w", err)
	}
	if o.Model, err = s.compile(ctx, tx); err != nil {
		return nil, err
	}
	for _, t := range shadowed {
		var rows string
		if err := tx.NewRaw(`select coalesce(json_agg(t), '[]')::text from ? t`, bun.Ident(t)).Scan(ctx, &rows); err != nil {
			return nil, fmt.Errorf("read %s of a proposal: %w", t, err)
		}
		o.tables[t] = rows
	}
	if len(edited) == 0 {
		return o, nil
	}
	if err := s.concerned(ctx, tx, o); err != nil {
		return nil, fmt.Errorf("look whom a proposal concerns: %w", err)
	}
	o.rows = make([]string, len(editable))
	for i, t := range editable {
		if err := tx.NewRaw(`select coalesce(json_agg(t), '[]')::text from ? t where ? = any (?) and ?`, bun.Ident(t.table), bun.Ident(t.of), ids(edited), bun.Safe(t.where)).Scan(ctx, &o.rows[i]); err != nil {
			return nil, fmt.Errorf("read %s of a proposal: %w", t.table, err)
		}
	}
	return o, nil
}

// mine: the row is one that this transaction wrote.
const mine = `xmin = pg_current_xact_id()::xid`

// concerned finds whom edits concern, as they would be spread if they were committed: marks and keys are those of an incremental computation.
func (s *Service) concerned(ctx context.Context, tx bun.Tx, o *Overlay) error {
	if err := tx.NewRaw(`select resource_id from changed_resource where (reverse_properties is null or reverse_properties && ?::bigint[]) and `+mine+` order by 1`,
		ids(o.Model.Hops.backward)).Scan(ctx, &o.keyed); err != nil {
		return err
	}
	left, err := leftBehind(ctx, tx, o.keyed)
	if err != nil {
		return err
	}
	if o.keyed = append(o.keyed, left...); len(o.keyed) > maxEdited {
		return errs.New(errs.TooLarge, "These edits concern %d resources, which is more than %d. Plan a part of them.", len(o.keyed), maxEdited)
	}
	if err := s.dirtyByFacts(ctx, tx, o.Model, o.keyed); err != nil {
		return err
	}
	if err := s.refreshKeys(ctx, tx, o.Model, o.keyed); err != nil {
		return err
	}
	if err := tx.NewRaw(`select coalesce(json_agg(json_build_object('rule_id', rule_id, 'side', side, 'value', value, 'resource_id', resource_id)), '[]')::text
		from correlation_key where resource_id = any (?)`, ids(o.keyed)).Scan(ctx, &o.keys); err != nil {
		return err
	}
	var inForce string
	if _, err := db.Setting(ctx, tx, referenceKey, &inForce); err != nil {
		return err
	}
	if inForce != referenceHash(o.Model.keys) { // what rules name: that concerns everybody
		return nil
	}
	o.Concerned = []int64{}
	return tx.NewRaw(`select owner_id from dirty_owner where `+mine+` order by 1`).Scan(ctx, &o.Concerned)
}

// maxEdited is how many resources the edits of one proposal may concern.
const maxEdited = 100_000

// errMoved: somebody else changed the configuration between a proposal and the look at its world.
var errMoved = errs.New(errs.StaleItem, "The configuration was changed by somebody else while this was computed. Plan again.")

// Within runs f in a transaction that sees the world of the overlay: one snapshot, in which temporary tables and views stand before the tables of
// the configuration, the correlation keys and the edited resources. What else there is, it reads as it is. PostgreSQL refuses every write but to
// temporary tables in it, and it is rolled back: nothing of a look ahead can stay.
func (s *Service) Within(ctx context.Context, o *Overlay, f func(ctx context.Context, tx bun.Tx) error) error {
	tx, err := s.DB.BeginTx(ctx, &sql.TxOptions{Isolation: sql.LevelRepeatableRead})
	if err != nil {
		return db.Explain(err)
	}
	defer func() { _ = tx.Rollback() }()
	if err := s.layOver(ctx, tx, o); err != nil {
		return db.Explain(fmt.Errorf("lay a proposal over what is there: %w", err))
	}
	return db.Explain(f(ctx, tx))
}

func (s *Service) layOver(ctx context.Context, tx bun.Tx, o *Overlay) error {
	at, err := basis(ctx, tx)
	if err != nil {
		return err
	}
	if at != o.Basis {
		return errMoved
	}
	stale, err := s.staleKeys(ctx, tx, o)
	if err != nil {
		return err
	}
	for _, t := range shadowed {
		name := bun.Ident(t)
		if _, err := tx.NewRaw(`create temp table ?0 (like public.?0 including indexes) on commit drop`, name).Exec(ctx); err != nil {
			return err
		}
		if _, err := tx.NewRaw(`insert into pg_temp.?0 select * from json_populate_recordset(null::public.?0, ?1::json)`, name, o.tables[t]).Exec(ctx); err != nil {
			return err
		}
		if _, err := tx.NewRaw(`analyze pg_temp.?`, name).Exec(ctx); err != nil {
			return err
		}
	}
	for i, rows := range o.rows {
		t, edited := bun.Ident(editable[i].table), bun.Ident("edited_"+editable[i].table)
		for _, statement := range []schema.QueryWithArgs{
			bun.SafeQuery(`create temp table ? (like public.?) on commit drop`, edited, t),
			bun.SafeQuery(`insert into pg_temp.? select * from json_populate_recordset(null::public.?, ?::json)`, edited, t, rows),
			bun.SafeQuery(`create temp view ?0 as select * from public.?0 where ?1 <> all (?2) union all select * from pg_temp.?3`, t, bun.Ident(editable[i].of), ids(o.edited), edited),
		} {
			if _, err := tx.NewRaw("?", statement).Exec(ctx); err != nil {
				return err
			}
		}
	}
	if err := s.layKeys(ctx, tx, o, stale); err != nil {
		return err
	}
	// what this connection prepared for the real tables would go on reading them
	if _, err := tx.ExecContext(ctx, `discard plans; set transaction read only`); err != nil {
		return err
	}
	return nil
}

// staleKeys are the rules whose stored correlation keys are not those of the proposal: new ones, and those that say something else there.
func (s *Service) staleKeys(ctx context.Context, tx bun.Tx, o *Overlay) ([]int64, error) {
	source, err := rolemodel.Load(ctx, tx)
	if err != nil {
		return nil, err
	}
	was := map[int64]string{}
	for _, r := range source.Rules {
		was[r.ID] = ruleText(r)
	}
	stale := []int64{}
	for _, r := range o.Model.Source.Rules {
		if before, ok := was[r.ID]; hasKeys(r) && (!ok || before != ruleText(r)) {
			stale = append(stale, r.ID)
		}
	}
	return stale, nil
}

// layKeys makes the correlation keys of the proposal: those of rules that are as they were are read where they are stored.
func (s *Service) layKeys(ctx context.Context, tx bun.Tx, o *Overlay, stale []int64) error {
	if len(stale) == 0 && len(o.keyed) == 0 {
		return nil
	}
	if _, err := tx.ExecContext(ctx, `create temp table proposed_key (rule_id bigint not null, side character(1) not null, value text not null, resource_id bigint not null,
		digest bigint generated always as (hashtextextended(value, 0)) stored not null) on commit drop`); err != nil {
		return err
	}
	types := map[int64]bool{}
	for _, r := range o.Model.Source.Rules {
		if t := o.Model.ResourceType(r.ResourceTypeID); t != nil && slices.Contains(stale, r.ID) {
			types[t.SourceEntityTypeID], types[t.TargetEntityTypeID] = true, true
			if r.PropertyID != nil { // what a query rule looks up is no target
				if p := o.Model.Shape.Properties[*r.PropertyID]; p != nil && p.TargetEntityTypeID != nil {
					types[*p.TargetEntityTypeID] = true
				}
			}
		}
	}
	lay := func(page []int64) error {
		loaded, err := directory.LoadMany(ctx, tx, o.Model.Shape, page, together(o.Model.Hops.sourceKey, o.Model.Hops.targetKey)...)
		if err != nil {
			return err
		}
		all := make(map[int64]*evaluation.Resource, len(loaded))
		for id, r := range loaded {
			all[id] = toEvaluation(r)
		}
		var rows [][]any
		add := func(side string, id int64, keys []evaluation.Key) {
			for _, k := range keys {
				if k.Fault == "" && slices.Contains(stale, k.RuleID) {
					rows = append(rows, []any{k.RuleID, side, k.Value, id})
				}
			}
		}
		for _, id := range page {
			if r := all[id]; r != nil && !r.Gone {
				add("S", id, expectation.SourceKeys(o.Model.Compiled, s.Clock.Now(), r, all))
				add("T", id, o.Model.TargetKeys(r, all))
			}
		}
		return db.CopyIn(ctx, tx, "pg_temp.proposed_key", []string{"rule_id", "side", "value", "resource_id"}, sequence(rows))
	}
	if len(stale) > 0 {
		list := make([]int64, 0, len(types))
		for id := range types {
			list = append(list, id)
		}
		for after := int64(0); ; {
			var page []int64
			if err := tx.NewRaw(`select id from resource where valid_to = 'infinity' and entity_type_id = any (?) and id > ? order by id limit ?`, ids(list), after, keysBatch).Scan(ctx, &page); err != nil {
				return err
			}
			if len(page) == 0 {
				break
			}
			after = page[len(page)-1]
			if err := lay(page); err != nil {
				return err
			}
		}
	}
	if len(o.keyed) > 0 {
		if _, err := tx.NewRaw(`insert into pg_temp.proposed_key (rule_id, side, value, resource_id) select rule_id, side, value, resource_id
			from json_to_recordset(?::json) k (rule_id bigint, side text, value text, resource_id bigint) where rule_id <> all (?)`, o.keys, ids(stale)).Exec(ctx); err != nil {
			return err
		}
	}
	for _, statement := range []string{
		`create index on pg_temp.proposed_key (rule_id, side, digest)`,
		`analyze pg_temp.proposed_key`,
	} {
		if _, err := tx.ExecContext(ctx, statement); err != nil {
			return err
		}
	}
	_, err := tx.NewRaw(`create temp view correlation_key as select rule_id, side, value, resource_id, digest from public.correlation_key where rule_id <> all (?0) and resource_id <> all (?1)
		union all select rule_id, side, value, resource_id, digest from pg_temp.proposed_key`, ids(stale), ids(o.keyed)).Exec(ctx)
	return err
}

// hasKeys: a rule that finds resources by a key.
func hasKeys(r *rolemodel.ResourceTypeRule) bool {
	return r.Kind == rolemodel.CorrelationRule || r.Kind == rolemodel.QueryRule
}

// ruleText is a rule as it would be written, to compare.
func ruleText(r *rolemodel.ResourceTypeRule) string {
	c := *r
	c.Version = 0
	return string(jsonb(c))
}
