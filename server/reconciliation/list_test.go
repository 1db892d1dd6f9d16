package reconciliation_test

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"

	"writ/server/assignment"
	"writ/server/clock"
	"writ/server/dbtest"
	"writ/server/directory"
	"writ/server/page"
	"writ/server/permit"
	"writ/server/reconciliation"
)

const crowd = `
insert into connector (identifier, display_name) values ('Intranet', 'Intranet');
insert into entity_type (identifier, display_name, connector_id) values ('Person', 'Person', null), ('Account', 'Account', 1);
insert into property (entity_type_id, identifier, display_name, type) values (2, 'Login', 'Login', 'STRING'), (2, 'Phone', 'Phone', 'STRING');
insert into policy (identifier, display_name, is_provisioning_enabled) values ('Default', 'Default', true);
insert into resource_type (identifier, display_name, policy_id, source_entity_type_id, target_entity_type_id) values ('User', 'User', 1, 1, 2), ('Admin', 'Admin', 1, 1, 2);
insert into model_version (at, actor, fingerprint) values (now(), 'test', '');
insert into resource (entity_type_id, key, display_name, scalars, valid_from) select 1 + n % 2, 'k' || n, 'Name ' || n, '{}', now() from generate_series(0, 2 * ?0 - 1) n;
insert into assigned_resource_type (owner_id, resource_type_id, resource_id, workflow_state, workflow_state_changed_at, is_expected, valid_from)
	select case when n % 10 > 0 then 2 * n + 1 end, 1 + (n % 1000 = 7)::int, 2 * n + 2, 1, now(), true, now() from generate_series(0, ?0 - 1) n;
insert into gap (assigned_resource_type_id, property, workflow_state, current_value, proposed_value, found_at)
	select id, case when id % 5 > 0 then 'Phone' end, 1, case id % 3 when 0 then '' else '+49 30 ' || id end, '+49 89 ' || id, now() from assigned_resource_type order by id;
insert into owner_state (owner_id, entity_type_id, fingerprint, model_version, evaluated_at, left_at)
	select owner_id, 1, '', 1, now(), case when owner_id % 100 = 3 then now() end from assigned_resource_type where owner_id is not null;
analyze`

func setup(t *testing.T, n int) (*reconciliation.Service, context.Context) {
	t.Helper()
	b := dbtest.MustOpen(t)
	_, err := b.NewRaw(crowd, n).Exec(t.Context())
	require.NoError(t, err)
	c, log := clock.New(), slog.New(slog.DiscardHandler)
	s := reconciliation.New(b, c, log, assignment.New(b, c, log, &directory.Shapes{}, dbtest.Idle(assignment.Hooks{})), dbtest.Idle(reconciliation.Hooks{}))
	return s, permit.With(t.Context(), &permit.Actor{Username: "rita", Grants: []permit.Grant{{Path: "/", CanExecute: true}}})
}

// counter counts statements.
type counter struct{ texts []string }

func (c *counter) BeforeQuery(ctx context.Context, _ *bun.QueryEvent) context.Context { return ctx }
func (c *counter) AfterQuery(_ context.Context, e *bun.QueryEvent) {
	c.texts = append(c.texts, e.Query)
}

// TestStatementsDoNotGrow: a list of one and a list of many cost as many statements, pages join without gap, and what is counted is what is listed.
func TestStatementsDoNotGrow(t *testing.T) {
	t.Parallel()
	s, ctx := setup(t, 300)
	count := &counter{}
	s.DB = s.DB.WithQueryHook(count)
	for name, read := range map[string]func(first int) (rows, total int){
		"items": func(first int) (int, int) {
			c, err := s.List(ctx, page.Args{First: first}, nil, nil, nil, true)
			require.NoError(t, err)
			return len(c.Nodes()), c.TotalCount
		},
		"patterns": func(first int) (int, int) {
			c, err := s.Patterns(ctx, page.Args{First: first}, nil)
			require.NoError(t, err)
			return len(c.Nodes()), c.TotalCount
		},
		"accounts without owner": func(first int) (int, int) {
			c, err := s.AccountsWithoutOwner(ctx, page.Args{First: first}, nil, nil, true)
			require.NoError(t, err)
			return len(c.Nodes()), c.TotalCount
		},
	} {
		read(1)
		count.texts = nil
		read(2) // each number of rows is a statement of its own, which is sent here for the first time
		few := len(count.texts)
		count.texts = nil
		rows, total := read(500)
		require.Equal(t, total, rows, name)
		require.Len(t, count.texts, few, "%s: %q", name, count.texts)
	}
	var all int
	for after := ""; ; {
		c, err := s.Patterns(ctx, page.Args{First: 1, After: after}, nil)
		require.NoError(t, err)
		for _, p := range c.Nodes() {
			list, err := s.List(ctx, page.Args{First: 500}, &reconciliation.ReconciliationFilter{Pattern: &p.ID}, nil, nil, true)
			require.NoError(t, err)
			require.Equal(t, p.Count, list.TotalCount, "%+v", p)
			for _, i := range list.Nodes() {
				require.Equal(t, p.ID, i.Pattern())
			}
			all += p.Count
		}
		if !c.PageInfo.HasNextPage {
			break
		}
		after = *c.PageInfo.EndCursor
	}
	require.Equal(t, 300, all, "each difference is one of one pattern")
	n, err := s.Counters(ctx)
	require.NoError(t, err)
	require.Equal(t, 300, n.ToReconcile())
	require.Equal(t, n.Leavers, n.AccountsOfLeavers)
	require.NotZero(t, n.Leavers)
}

// TestEveryFilter: each condition of a filter, alone and with each other one, is a statement that the database takes, and counts what it lists; the
// reasons share the accounts out.
func TestEveryFilter(t *testing.T) {
	t.Parallel()
	s, ctx := setup(t, 60)
	all, err := s.List(ctx, page.Args{First: 500}, nil, nil, nil, true)
	require.NoError(t, err)
	some := all.Nodes()[0]
	items := map[string]func(f *reconciliation.ReconciliationFilter){
		"ids":       func(f *reconciliation.ReconciliationFilter) { f.IDs = []int64{some.ID} },
		"kinds":     func(f *reconciliation.ReconciliationFilter) { f.Kinds = []reconciliation.Kind{some.Kind()} },
		"states":    func(f *reconciliation.ReconciliationFilter) { f.States = []reconciliation.State{some.State()} },
		"systems":   func(f *reconciliation.ReconciliationFilter) { f.Systems = []string{"Intranet"} },
		"types":     func(f *reconciliation.ReconciliationFilter) { f.ResourceTypes = []string{"User"} },
		"property":  func(f *reconciliation.ReconciliationFilter) { f.Properties = []string{"Phone"} },
		"pattern":   func(f *reconciliation.ReconciliationFilter) { f.Pattern = new(some.Pattern()) },
		"owner":     func(f *reconciliation.ReconciliationFilter) { f.OwnerID = new(int64(3)) },
		"text":      func(f *reconciliation.ReconciliationFilter) { f.Text = new("Name") },
		"after":     func(f *reconciliation.ReconciliationFilter) { f.FoundAfter = new(some.FoundAt.Add(-time.Hour)) },
		"before":    func(f *reconciliation.ReconciliationFilter) { f.FoundBefore = new(some.FoundAt.Add(time.Hour)) },
		"postponed": func(f *reconciliation.ReconciliationFilter) { f.Postponed = new(true) },
		"waiting":   func(f *reconciliation.ReconciliationFilter) { f.Postponed = new(false) },
	}
	for one, set := range items {
		for other, also := range items {
			f := &reconciliation.ReconciliationFilter{}
			set(f)
			also(f)
			list, err := s.List(ctx, page.Args{First: 500}, f, nil, nil, true)
			require.NoError(t, err, "%s and %s", one, other)
			require.Len(t, list.Nodes(), list.TotalCount, "%s and %s", one, other)
			_, err = s.Patterns(ctx, page.Args{First: 5}, f)
			require.NoError(t, err, "patterns, %s and %s", one, other)
		}
	}
	reasons := []reconciliation.OwnerlessReason{reconciliation.Leaver, reconciliation.OwnerGone, reconciliation.Ambiguous, reconciliation.NeverMatched}
	accounts := map[string]func(f *reconciliation.AccountWithoutOwnerFilter){
		"nothing":   func(*reconciliation.AccountWithoutOwnerFilter) {},
		"account":   func(f *reconciliation.AccountWithoutOwnerFilter) { f.AccountID = new(int64(2)) },
		"systems":   func(f *reconciliation.AccountWithoutOwnerFilter) { f.Systems = []string{"Intranet"} },
		"types":     func(f *reconciliation.AccountWithoutOwnerFilter) { f.ResourceTypes = []string{"User"} },
		"text":      func(f *reconciliation.AccountWithoutOwnerFilter) { f.Text = new("Name") },
		"postponed": func(f *reconciliation.AccountWithoutOwnerFilter) { f.Postponed = new(true) },
		"waiting":   func(f *reconciliation.AccountWithoutOwnerFilter) { f.Postponed = new(false) },
	}
	for name, set := range accounts {
		count := func(reasons ...reconciliation.OwnerlessReason) int {
			f := &reconciliation.AccountWithoutOwnerFilter{Reasons: reasons}
			set(f)
			list, err := s.AccountsWithoutOwner(ctx, page.Args{First: 500}, f, nil, true)
			require.NoError(t, err, "%s of %v", name, reasons)
			require.Len(t, list.Nodes(), list.TotalCount, "%s of %v", name, reasons)
			var waiting, decidable []int64
			for _, a := range list.Nodes() {
				if a.ItemID != nil {
					waiting = append(waiting, *a.ItemID)
				}
			}
			same, err := s.List(ctx, page.Args{First: 500}, &reconciliation.ReconciliationFilter{WithoutOwner: f}, nil, nil, true)
			require.NoError(t, err, "%s of %v", name, reasons)
			for _, i := range same.Nodes() {
				decidable = append(decidable, i.ID)
			}
			require.ElementsMatch(t, waiting, decidable, "a decision by filter is about what the list shows: %s of %v", name, reasons)
			return list.TotalCount
		}
		alone := map[reconciliation.OwnerlessReason]int{}
		for _, r := range reasons {
			alone[r] = count(r)
		}
		for set := 1; set < 1<<len(reasons); set++ {
			var chosen []reconciliation.OwnerlessReason
			sum := 0
			for i, r := range reasons {
				if set&(1<<i) != 0 {
					chosen, sum = append(chosen, r), sum+alone[r]
				}
			}
			require.Equal(t, sum, count(chosen...), "%s of %v", name, chosen)
		}
	}
}

// TestMany: with a hundred thousand differences a page is found by an index, also under a rare filter.
func TestMany(t *testing.T) {
	if testing.Short() {
		t.Skip("makes a hundred thousand differences")
	}
	t.Parallel()
	s, ctx := setup(t, 100_000)
	timed := func(name string, most time.Duration, read func() error) {
		begin := time.Now()
		require.NoError(t, read())
		took := time.Since(begin)
		t.Logf("%s: %v", name, took)
		require.Less(t, took, most, name)
	}
	_, _ = s.Assignments.Model(ctx, s.DB)
	for name, f := range map[string]*reconciliation.ReconciliationFilter{"all": nil, "rare type": {ResourceTypes: []string{"Admin"}}, "orphans": {Kinds: []reconciliation.Kind{reconciliation.Orphan}}} {
		timed("page of "+name, 10*time.Second, func() error { _, err := s.List(ctx, page.Args{First: 50}, f, nil, nil, false); return err })
	}
	timed("patterns", 30*time.Second, func() error { _, err := s.Patterns(ctx, page.Args{First: 50}, nil); return err })
	timed("counters", 30*time.Second, func() error { _, err := s.Counters(ctx); return err })
	timed("leavers", 10*time.Second, func() error {
		_, err := s.AccountsWithoutOwner(ctx, page.Args{First: 50}, &reconciliation.AccountWithoutOwnerFilter{Reasons: []reconciliation.OwnerlessReason{reconciliation.Leaver}}, nil, false)
		return err
	})
	var plan []string
	require.NoError(t, s.DB.NewRaw(`explain select g.id from gap g join assigned_resource_type a on a.id = g.assigned_resource_type_id join resource_type t on t.id = g.resource_type_id
		where g.closed_at is null and g.postponed_at is null and g.resource_type_id in (2) order by g.id limit 51`).Scan(ctx, &plan))
	text := strings.Join(plan, "\n")
	require.NotContains(t, text, "Seq Scan on gap", text)
	require.Contains(t, text, "gap_open", fmt.Sprint(plan))
}
