package catalogue_test

import (
	"context"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"

	"writ/server/assignment"
	"writ/server/catalogue"
	"writ/server/clock"
	"writ/server/dbtest"
	"writ/server/directory"
	"writ/server/errs"
	"writ/server/page"
	"writ/server/permit"
)

// crowd is so many people in two departments, with a role that rules give, one that a composite role brings too, and one that nobody holds.
const crowd = `
insert into entity_type (identifier, display_name) values ('Person', 'Person'), ('Department', 'Department');
insert into property (entity_type_id, identifier, display_name, type, target_entity_type_id) values (1, 'Department', 'Department', 'FOREIGN_KEY', 2);
insert into dimension (identifier, display_name, entity_type_id, column_mapping, is_hierarchical) values ('Department', 'Department', 2, 0, true), ('Site', 'Site', 2, 1, false);
insert into policy (identifier, display_name, is_provisioning_enabled) values ('Default', 'Default', true);
insert into context_rule (identifier, display_name, policy_id, entity_type_id, dimensions) values ('People', 'People', 1, 1, '{"Department": "Department"}');
insert into role (kind, identifier, display_name, policy_id, entity_type_id) values ('SINGLE', 'Read', 'Read', 1, 1), ('COMPOSITE', 'Work', 'Work', 1, 1), ('SINGLE', 'Never', 'Never', 1, 1);
insert into role_rule (identifier, policy_id, role_id, composite_role_id) values ('Read-1', 1, 1, null), ('Read-2', 1, 1, 2);
insert into model_version (at, actor, fingerprint) values (now(), 'test', '');
insert into resource (entity_type_id, key, display_name, valid_from) select 2, 'D' || n, 'Department ' || n, now() from generate_series(1, 3) n;
insert into dimension_closure (dimension_id, ancestor_id, descendant_id, depth) values (1, 1, 1, 0), (1, 2, 2, 0), (1, 3, 3, 0), (1, 1, 2, 1);
insert into resource (entity_type_id, key, display_name, valid_from) select 1, 'P' || n, 'Person ' || lpad(n::text, 6, '0'), now() from generate_series(1, ?0) n;
insert into resource_link (property_id, source_id, target_id, valid_from) select 1, 3 + n, 1 + n % 3, now() from generate_series(1, ?0) n;
insert into context (owner_id, context_rule_id, record_id, dimensions) select 3 + n, 1, 3 + n, jsonb_build_object('Department', 1 + n % 3) from generate_series(1, ?0) n;
insert into assigned_role (owner_id, role_id, workflow_state, workflow_state_changed_at, origin, rule_ids, valid_from)
	select 3 + n, 1, 18, now(), 'RULE', '{1}', now() from generate_series(1, ?0) n where n % 2 = 0;
analyze`

// found are a few more assignments: the same role of one person twice, denied, over, to come, of another state, and ended.
const odd = `
insert into assigned_role (owner_id, role_id, workflow_state, workflow_state_changed_at, origin, rule_ids, inferred_by_id, is_denied, start_date, end_date, valid_from, valid_to) values
	(5, 1, 118, now(), 'INFERRED', '{2}', 2, false, null, null, now(), 'infinity'),
	(4, 1, 118, now(), 'INFERRED', '{2}', 2, false, '2020-01-01', '2100-01-01', now(), 'infinity'),
	(6, 1, 16, now(), 'MANUAL', '{}', null, true, null, null, now(), 'infinity'),
	(8, 1, 16, now(), 'MANUAL', '{}', null, false, null, '2020-01-01', now(), 'infinity'),
	(10, 1, 16, now(), 'MANUAL', '{}', null, false, '2100-01-01', null, now(), 'infinity'),
	(12, 1, 8, now(), 'MANUAL', '{}', null, false, null, null, now(), 'infinity'),
	(6, 1, 1, now(), 'FOUND', '{}', null, false, null, null, now(), 'infinity'),
	(8, 1, 18, now(), 'RULE', '{1}', null, false, '2021-01-01', null, '2021-01-01', '2022-01-01')`

func setup(t *testing.T, n int) (*catalogue.Service, context.Context) {
	t.Helper()
	b := dbtest.MustOpen(t)
	_, err := b.NewRaw(crowd, n).Exec(t.Context())
	require.NoError(t, err)
	c := clock.New()
	s := &catalogue.Service{DB: b, Clock: c, Assignments: assignment.New(b, c, slog.New(slog.DiscardHandler), &directory.Shapes{}, dbtest.Idle(assignment.Hooks{}))}
	return s, permit.With(t.Context(), &permit.Actor{Username: "ann", Grants: []permit.Grant{{Path: "/", CanExecute: true}}})
}

func names(c *catalogue.RoleHolderConnection) (list []string) {
	for _, h := range c.Nodes() {
		list = append(list, h.Owner.Key+" "+string(h.Origin))
	}
	return list
}

// Who holds a role, each person once, for the strongest reason; what is denied, over, to come or waits for approval does not count.
func TestHolders(t *testing.T) {
	t.Parallel()
	s, ctx := setup(t, 10)
	_, err := s.DB.ExecContext(ctx, odd)
	require.NoError(t, err)
	all, err := s.Holders(ctx, 1, page.Args{First: 10}, nil, nil, true)
	require.NoError(t, err)
	require.Equal(t, []string{"P1 INFERRED", "P2 RULE", "P3 FOUND", "P4 RULE", "P6 RULE", "P8 RULE", "P10 RULE"}, names(all))
	require.Equal(t, 7, all.TotalCount)
	require.Equal(t, "Work", *all.Nodes()[0].ThroughDisplayName())
	require.Equal(t, "Read-1", all.Nodes()[1].Rules()[0].Identifier)

	counts, err := s.Counts(ctx, []int64{1, 2, 3})
	require.NoError(t, err)
	require.Equal(t, &catalogue.RoleHolderCount{Total: 7, ByRule: 5, ByRole: 1, Found: 1}, counts[1])
	require.Equal(t, &catalogue.RoleHolderCount{}, counts[3])
	held, err := s.Held(ctx)
	require.NoError(t, err)
	require.Equal(t, map[int64]bool{1: true}, held)

	at := time.Date(2101, 1, 1, 0, 0, 0, 0, time.UTC)
	later, err := s.Holders(ctx, 1, page.Args{First: 10}, &catalogue.RoleHolderFilter{At: &at}, nil, true)
	require.NoError(t, err)
	require.Equal(t, []string{"P2 RULE", "P3 FOUND", "P4 RULE", "P6 RULE", "P7 MANUAL", "P8 RULE", "P10 RULE"}, names(later))
	at = time.Date(2021, 6, 1, 0, 0, 0, 0, time.UTC)
	before, err := s.Holders(ctx, 1, page.Args{First: 10}, &catalogue.RoleHolderFilter{At: &at, Origin: []catalogue.HolderOrigin{catalogue.ByRule}, Text: new("000005")}, nil, true)
	require.NoError(t, err)
	require.Equal(t, []string{"P5 RULE"}, names(before), "a row that ended in 2022")

	_, err = s.Holders(ctx, 99, page.Args{First: 10}, nil, nil, true)
	require.True(t, errs.Is(err, errs.NotFound))
	_, err = s.Holders(permit.With(ctx, &permit.Actor{Username: "nobody"}), 1, page.Args{First: 10}, nil, nil, true)
	require.True(t, errs.Is(err, errs.Forbidden))
}

// Whoever sees one department sees its people as holders, and counts them alone; who may read people but not what they have, or the other way
// round, sees nobody.
func TestHoldersInScope(t *testing.T) {
	t.Parallel()
	s, ctx := setup(t, 12)
	of := func(filters []permit.Filter, paths ...string) context.Context {
		var grants []permit.Grant
		for _, p := range paths {
			grants = append(grants, permit.Grant{Path: p, EntityType: "Person", Filters: filters, CanExecute: true})
		}
		return permit.With(ctx, &permit.Actor{Username: "ben", Grants: grants})
	}
	d1 := []permit.Filter{{Binding: "Department", Value: "D1"}}
	for _, c := range []struct {
		ctx  context.Context
		want []string
	}{
		{of(nil, "/"), []string{"P2 RULE", "P4 RULE", "P6 RULE", "P8 RULE", "P10 RULE", "P12 RULE"}},
		{of(d1, "/"), []string{"P6 RULE", "P12 RULE"}},
		{of(nil, "/ProvisioningPolicy"), nil},
	} {
		list, err := s.Holders(c.ctx, 1, page.Args{First: 50}, nil, nil, true)
		require.NoError(t, err)
		require.Equal(t, c.want, names(list))
		require.Equal(t, len(c.want), list.TotalCount)
		counts, err := s.Counts(c.ctx, []int64{1})
		require.NoError(t, err)
		require.Equal(t, len(c.want), counts[1].Total)
		held, err := s.Held(c.ctx)
		require.NoError(t, err)
		require.Equal(t, len(c.want) > 0, held[1])
	}
}

// A page of many holders costs as many statements as one of few; pages join without gap; counting stops at its bound.
func TestManyHolders(t *testing.T) {
	t.Parallel()
	s, ctx := setup(t, 30_000)
	count := &counter{}
	s.DB = s.DB.WithQueryHook(count)
	read := func(first int, after string) *catalogue.RoleHolderConnection {
		list, err := s.Holders(ctx, 1, page.Args{First: first, After: after}, nil, page.Fields{"owner", "origin"}, true)
		require.NoError(t, err)
		return list
	}
	read(1, "")
	count.texts = nil
	read(2, "")
	few := len(count.texts)
	count.texts = nil
	list := read(500, "")
	require.Len(t, count.texts, few)
	require.True(t, list.TotalCountIsEstimate)
	var got []string
	for after := ""; len(got) < 1200; {
		list := read(400, after)
		for _, name := range names(list) {
			got = append(got, name)
			require.Equal(t, fmt.Sprintf("P%d RULE", 2*len(got)), name)
		}
		after = *list.PageInfo.EndCursor
	}
	count.texts = nil
	counts, err := s.Counts(ctx, []int64{1, 2, 3})
	require.NoError(t, err)
	require.Equal(t, &catalogue.RoleHolderCount{Total: page.Exact, IsMore: true, ByRule: page.Exact + 1}, counts[1])
	require.LessOrEqual(t, len(count.texts), 2)
}

// counter counts statements.
type counter struct{ texts []string }

func (c *counter) BeforeQuery(ctx context.Context, _ *bun.QueryEvent) context.Context { return ctx }
func (c *counter) AfterQuery(_ context.Context, e *bun.QueryEvent) {
	c.texts = append(c.texts, e.Query)
}
