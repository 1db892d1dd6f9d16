package order

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"

	"writ/server/db"
	"writ/server/errs"
	"writ/server/evaluation"
	"writ/server/page"
	"writ/server/permit"
)

// TestListStatements: fifty orders with everything take as many statements as one.
func TestListStatements(t *testing.T) {
	t.Parallel()
	w := setup(t, 50)
	for i := range 50 {
		w.plan(w.change(i, w.target(i), "New", 1))
	}
	count := func(n int) int {
		ctx, queries := db.CountQueries(w.ctx)
		c, err := w.s.List(ctx, page.Args{First: n}, nil, nil, Selection{All: true, History: true, Attempts: true})
		require.NoError(t, err)
		require.Len(t, c.Edges, n)
		require.Equal(t, 50, c.TotalCount)
		for _, o := range c.Nodes() {
			require.NotNil(t, o.Owner())
			require.NotNil(t, o.Target())
			require.NotNil(t, o.ResourceType())
			require.Len(t, o.BroughtLines(), 1)
			require.Equal(t, "The sn", o.BroughtLines()[0].PropertyDisplayName())
		}
		return queries.N()
	}
	count(1) // the first one loads the metadata
	require.Equal(t, count(1), count(50))
	require.LessOrEqual(t, count(50), 11)
}

func TestListPages(t *testing.T) {
	t.Parallel()
	w := setup(t, 25)
	for i := range 25 {
		if i%5 == 0 {
			w.s.Clock.SetOffset(time.Duration(i) * time.Second)
		}
		w.plan(w.creation(i, 1))
	}
	for _, sort := range []OrderSort{CreatedDesc, CreatedAsc, UpdatedDesc, OwnerAsc} {
		t.Run(string(sort), func(t *testing.T) {
			t.Parallel()
			seen := map[int64]bool{}
			var last *Order
			args := page.Args{First: 4}
			for {
				c, err := w.s.List(w.ctx, args, nil, &sort, Selection{Total: true})
				require.NoError(t, err)
				require.Equal(t, 25, c.TotalCount)
				for _, o := range c.Nodes() {
					require.False(t, seen[o.ID])
					seen[o.ID] = true
					if last != nil {
						switch sort {
						case CreatedAsc:
							require.False(t, o.CreatedAt.Before(last.CreatedAt))
						case OwnerAsc:
							require.GreaterOrEqual(t, o.OwnerDisplayName, last.OwnerDisplayName)
						default:
							require.False(t, o.CreatedAt.After(last.CreatedAt))
						}
					}
					last = o
				}
				if !c.PageInfo.HasNextPage {
					break
				}
				args.After = *c.PageInfo.EndCursor
			}
			require.Len(t, seen, 25)
		})
	}
	_, err := w.s.List(w.ctx, page.Args{First: 1, After: "nonsense"}, nil, nil, Selection{})
	require.True(t, errs.Is(err, errs.Validation))
	_, err = w.s.List(w.ctx, page.Args{First: 501}, nil, nil, Selection{})
	require.True(t, errs.Is(err, errs.Validation))
}

// TestFilters: SQL and Match agree on every filter.
func TestFilters(t *testing.T) {
	t.Parallel()
	w := setup(t, 4)
	w.plan(w.creation(0, 1), w.creation(1, 5))
	w.plan(w.change(2, w.target(2), "New", 1))
	w.generate()
	w.fake.set(answerWith("REFUSED", "no"))
	w.drain()
	w.later(time.Hour)
	w.plan(w.deletion(3, w.target(3), 5))
	middle := w.s.Clock.Now().Add(-time.Minute)
	all, err := w.s.List(w.ctx, page.Args{First: 50}, nil, nil, Selection{})
	require.NoError(t, err)
	require.Len(t, all.Edges, 4)
	for _, c := range []struct {
		name   string
		filter OrderFilter
		want   int
	}{
		{"Nothing", OrderFilter{}, 4},
		{"States", OrderFilter{States: []ProvisioningState{StateErrored, StateExecuted}}, 2},
		{"Kinds", OrderFilter{Kinds: []OrderKind{evaluation.Create}}, 2},
		{"ResourceTypes", OrderFilter{ResourceTypes: []string{"LDAP_User", "Other"}}, 4},
		{"Connectors", OrderFilter{Connectors: []string{"Other"}}, 0},
		{"OwnerEntityType", OrderFilter{OwnerEntityType: new("Directory_User")}, 4},
		{"OwnerID", OrderFilter{OwnerID: &w.owners[1]}, 1},
		{"TextOwner", OrderFilter{Text: new("SON 002")}, 1},
		{"TextWords", OrderFilter{Text: new("002, person")}, 1},
		{"TextEmployeeNumber", OrderFilter{Text: new("U002")}, 1},
		{"TextNobody", OrderFilter{Text: new("U002 other")}, 0},
		{"TextTarget", OrderFilter{Text: new("u003")}, 1},
		{"TextIsNoPattern", OrderFilter{Text: new("%")}, 0},
		{"CreatedAfter", OrderFilter{CreatedAfter: &middle}, 1},
		{"CreatedBefore", OrderFilter{CreatedBefore: &middle}, 3},
		{"Open", OrderFilter{Open: new(false)}, 0},
		{"ErrorClass", OrderFilter{ErrorClass: new(ClassRefused)}, 2},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := w.s.List(w.ctx, page.Args{First: 50}, &c.filter, nil, Selection{Total: true})
			require.NoError(t, err)
			require.Len(t, got.Edges, c.want)
			require.Equal(t, c.want, got.TotalCount)
			n := 0
			for _, o := range all.Nodes() {
				if c.filter.Match(o) {
					n++
				}
			}
			require.Equal(t, c.want, n, "Match")
		})
	}
	_, err = w.s.List(w.ctx, page.Args{First: 1}, &OrderFilter{States: []ProvisioningState{"NOPE"}}, nil, Selection{})
	require.True(t, errs.Is(err, errs.Validation))
}

func TestScope(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.exec(`update resource set scalars = '{"Department": "IT"}' where id = ?`, w.owners[1])
	w.plan(w.creation(0, 5), w.creation(1, 5), w.creation(2, 1))
	see := func(grants ...permit.Grant) []string {
		c, err := w.s.List(person(t.Context(), w.owners[2], grants...), page.Args{First: 10}, nil, new(OwnerAsc), Selection{Total: true})
		require.NoError(t, err)
		names := []string{}
		for _, o := range c.Nodes() {
			names = append(names, strings.TrimPrefix(o.OwnerDisplayName, "Person 00"))
		}
		require.Equal(t, len(names), c.TotalCount)
		return names
	}
	query := permit.Grant{Path: permit.OrderQuery}
	require.Equal(t, []string{"0", "1", "2"}, see(query))
	query.EntityType, query.Filters = "AssignedResourceType", []permit.Filter{{Binding: "owner.Department", Value: "IT"}}
	require.Equal(t, []string{"1"}, see(query))
	require.Equal(t, []string{"1", "2"}, see(query, permit.Grant{Path: permit.OrderQuery, Filters: []permit.Filter{{Self: true}}}), "grants are joined by or")
	require.Equal(t, []string{"0", "1"}, see(permit.Grant{Path: permit.ReviewProvisioning}), "a reviewer sees what waits for review")
	require.Empty(t, see(permit.Grant{Path: permit.ManualProvisioning}))
	_, err := w.s.List(person(t.Context(), 0), page.Args{First: 1}, nil, nil, Selection{})
	require.True(t, errs.Is(err, errs.Forbidden))
	_, err = w.s.Get(person(t.Context(), 0, query), w.order(0).ID, Selection{})
	require.True(t, errs.Is(err, errs.NotFound))
	o, err := w.s.Find(person(t.Context(), 0, query), w.order(0).ID, Selection{})
	require.NoError(t, err)
	require.Nil(t, o)

	c, err := w.s.Counters(person(t.Context(), 0, permit.Grant{Path: permit.ReviewProvisioning, Filters: []permit.Filter{{Binding: "Department", Value: "IT"}}}))
	require.NoError(t, err)
	require.Equal(t, 1, c.ToReview)
	require.Equal(t, []TileCount{{"Directory_User", "User", 1}}, c.ReviewTiles)
	c, err = w.s.Counters(person(t.Context(), 0))
	require.NoError(t, err)
	require.Zero(t, c.ToReview)
	require.Zero(t, c.People)
	c, err = w.s.Counters(person(t.Context(), 0, permit.Grant{Path: permit.Resource("Directory_User", "Query"), Filters: []permit.Filter{{Binding: "Department", Value: "IT"}}}))
	require.NoError(t, err)
	require.Equal(t, 1, c.People, "those of the department")
}

func TestNumbers(t *testing.T) {
	t.Parallel()
	w := setup(t, 4)
	w.plan(w.creation(0, 1), w.creation(1, 5), w.creation(2, 1))
	w.generate()
	w.fake.set(answerWith("REFUSED", "disk full"))
	w.drain()
	c, err := w.s.Counters(w.ctx)
	require.NoError(t, err)
	require.Equal(t, 4, c.People)
	require.Equal(t, 1, c.ToReview)
	require.Equal(t, 2, c.Errored)
	require.Zero(t, c.Manual)
	require.NotNil(t, c.OldestWaitingAt)
	require.Len(t, c.OrdersByState, 9)
	require.Equal(t, StateCount{StateErrored, 2}, c.OrdersByState[3])

	groups, err := w.s.ErrorGroups(w.ctx)
	require.NoError(t, err)
	require.Len(t, groups, 1)
	require.Equal(t, ErrorGroup{"REFUSED", "disk full", 2, "LDAP_User", new("LDAP")}, *groups[0])

	flow, err := w.s.Flow(w.ctx)
	require.NoError(t, err)
	got := map[string]int{}
	for _, e := range flow {
		from := ""
		if e.From != nil {
			from = string(*e.From)
		}
		got[fmt.Sprint(from, ">", e.To)] = e.Count
	}
	require.Equal(t, map[string]int{">PENDING": 6, ">AWAITING_APPROVAL": 3, "PENDING>ERRORED": 6}, got)

	hours, err := w.s.PerHour(w.ctx, nil)
	require.NoError(t, err)
	require.Len(t, hours, 24)
	created, errored := 0, 0
	for _, h := range hours {
		created, errored = created+h.Created, errored+h.Errored
	}
	require.Equal(t, 3, created)
	require.Equal(t, 2, errored)
}

// TestIndexes: on a large table the lists and the workers find their rows by an index, not by reading everything.
func TestIndexes(t *testing.T) {
	t.Parallel()
	w := setup(t, 1)
	w.exec(`insert into resource (entity_type_id, key, display_name, valid_from) select ?, 'P' || i, 'P' || i, now() from generate_series(1, 20000) i`, w.userType)
	w.exec(`insert into assigned_resource_type (owner_id, resource_type_id, workflow_state, workflow_state_changed_at, is_expected, valid_from)
		select id, ?, 18, now(), true, now() from resource where key like 'P%'`, w.rt)
	w.exec(`insert into provisioning_order (assigned_resource_type_id, kind, state, states, resource_type_id, owner_id, source_entity_type_id, connector_id,
			connection_id, generated_at, executed_at, created_at, updated_at, closed_at)
		select id, 'CREATE', 4, '{4}', resource_type_id, owner_id, ?, ?, ?, now(), now(), now() - id * interval '1 second', now(), now() from assigned_resource_type`,
		w.userType, w.connector, w.connection)
	w.exec("analyze")
	plan := func(sql string, args ...any) string {
		var lines []string
		require.NoError(t, w.s.DB.NewRaw("explain "+sql, args...).Scan(t.Context(), &lines))
		return strings.Join(lines, "\n")
	}
	now := stamp(w.s.Clock.Now())
	for name, text := range map[string]string{
		"List":         plan("?", orders.Statement(orders.Columns, everything, sorts[CreatedDesc].order, 51)),
		"Review":       plan("?", orders.Statement(orders.Columns, bun.SafeQuery("o.needs_review and o.source_entity_type_id = ?", w.userType), sorts[CreatedDesc].order, 51)),
		"Tickets":      plan("?", orders.Statement(orders.Columns, bun.SafeQuery("o.has_ticket and o.source_entity_type_id = ?", w.userType), sorts[CreatedAsc].order, 51)),
		"Claim":        plan(sqlClaim, w.connection, now, 200, false, arrayOf([]int64{})),
		"Candidates":   plan(sqlCandidates, arrayOf([]int64{w.rt})),
		"Clock":        plan("select id from provisioning_order where closed_at is null and look_at <= ? order by id limit 1000", now),
		"OpenByPolicy": plan("select id from provisioning_order where closed_at is null and assigned_resource_type_id = any(?)", arrayOf([]int64{1, 2, 3})),
	} {
		require.NotContains(t, text, "Seq Scan on provisioning_order", "%s:\n%s", name, text)
	}
}
