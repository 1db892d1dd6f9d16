package app

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/riverqueue/river"
	"github.com/stretchr/testify/require"

	"writ/server/assignment"
	"writ/server/errs"
	"writ/server/manifest"
	"writ/server/mining"
	"writ/server/page"
	"writ/server/permit"
	"writ/server/synchronization"
)

const minedConfig = `
policies: [{ identifier: Mined, displayName: Proposed by mining, isProvisioningEnabled: true }]
miningRules:
  - { identifier: Secret, entityType: Directory_User, category: Administration, excludeRole: true, priority: 9 }
  - { identifier: Business, entityType: Directory_User, rulePolicy: Mined, precisionMinPercentage: 99.5, falsePositiveMaxPercentage: 1, priority: 5 }
  - { identifier: Loose, entityType: Directory_User, rulePolicy: Mined, precisionMinPercentage: 50, falsePositiveMaxPercentage: 40 }
`

// mined is the demo organisation, computed, with mining rules.
type mined struct {
	*App
	t   *testing.T
	ctx context.Context
}

func mustMined(t *testing.T) *mined {
	t.Helper()
	ctx, a, _ := mustDemo(t)
	s := &mined{App: a, t: t, ctx: ctx}
	_, err := a.Synchronization.Run(ctx, synchronization.RunInput{Connector: "HR", Force: true})
	require.NoError(t, err)
	s.apply(minedConfig)
	s.compute()
	return s
}

func (s *mined) apply(yaml string) {
	s.t.Helper()
	m, err := manifest.Parse("test.yaml", []byte(yaml))
	require.NoError(s.t, err)
	_, err = s.Manifest.Apply(s.ctx, m)
	require.NoError(s.t, err)
}

func (s *mined) compute() {
	s.t.Helper()
	_, err := s.Assignments.Run(s.ctx, assignment.Recompute{EntityTypes: []string{"Directory_User"}, Options: assignment.Options{Force: true}}, nil)
	require.NoError(s.t, err)
}

// mine runs and gives the results by the identifier of the role.
func (s *mined) mine(rules ...string) (*mining.MiningRun, map[string]*mining.MiningResult) {
	s.t.Helper()
	p, err := s.Mining.Start(s.ctx, mining.StartMiningInput{Rules: rules})
	require.NoError(s.t, err)
	s.work(p.Run.ID)
	run, err := s.Mining.Run(s.ctx, p.Run.ID)
	require.NoError(s.t, err)
	require.Equal(s.t, mining.Completed, run.State, run.Error)
	found := map[string]*mining.MiningResult{}
	after := ""
	for {
		list, err := s.Mining.Results(s.ctx, run.ID, page.Args{First: 4, After: after}, nil, nil, true)
		require.NoError(s.t, err)
		for _, r := range list.Nodes() {
			require.NotContains(s.t, found, r.Role.Identifier)
			found[r.Role.Identifier] = r
		}
		if !list.PageInfo.HasNextPage {
			require.Equal(s.t, list.TotalCount, len(found))
			return run, found
		}
		after = *list.PageInfo.EndCursor
	}
}

func (s *mined) work(run int64) {
	s.t.Helper()
	require.NoError(s.t, (&mining.MineWorker{Service: s.Mining}).Work(s.ctx, &river.Job[mining.MineArgs]{Args: mining.MineArgs{RunID: run}}))
}

// held gives who holds which single role.
func (s *mined) held() (list []string) {
	s.t.Helper()
	require.NoError(s.t, s.DB.NewRaw(`select distinct o.identifier || ' ' || r.key as held from assigned_role a join role o on o.id = a.role_id and o.kind = 'SINGLE'
		join resource r on r.id = a.owner_id where a.valid_to = 'infinity' and not a.is_denied and a.workflow_state = 18
			and coalesce(a.start_date <= now(), true) and coalesce(a.end_date > now(), true) order by 1`).Scan(s.ctx, &list))
	return list
}

// TestMining mines the demo: the rules that are proposed, applied in the place of all that somebody wrote, give everybody what he has, but for those whom the
// results named before.
func TestMining(t *testing.T) {
	t.Parallel()
	s := mustMined(t)
	run, results := s.mine()
	require.Equal(t, run.RolesTotal, run.RolesDone)
	require.Greater(t, run.People, 400)
	require.Greater(t, run.Assignments, 1000)
	require.NotContains(t, results, "Datacenter_Access", "its category is excluded")

	files := results["Personnel_Files"]
	require.Equal(t, "Business", *files.Rule)
	require.Len(t, files.Proposals, 1)
	require.Equal(t, "Department", files.Proposals[0].Criteria[0].Dimension)
	require.Equal(t, "HR", files.Proposals[0].Criteria[0].Key)
	require.True(t, files.Proposals[0].Criteria[0].Inherit)
	require.InDelta(t, 100, files.Precision(), 1e-9)
	require.Zero(t, files.Wrongly+files.Unexplained)
	require.Equal(t, []*mining.MiningProposal{{Criteria: []*mining.MiningCriterion{}, Matched: run.People, Rightly: results["Intranet_News"].Holders, Fresh: results["Intranet_News"].Holders}},
		results["Intranet_News"].Proposals, "nearly everybody")

	before := s.held()
	change, err := s.Mining.Change(s.ctx, run.ID, nil)
	require.NoError(t, err)
	require.Empty(t, change.Replaced, "nothing is in the policy yet")
	given, left := map[string]bool{}, map[string]bool{}
	for name, r := range results {
		for would, into := range map[bool]map[string]bool{true: given, false: left} {
			list, err := s.Mining.People(s.ctx, r.ID, would, page.Args{First: 500}, true)
			require.NoError(t, err)
			require.Equal(t, map[bool]int{true: r.Wrongly, false: r.Unexplained}[would], list.TotalCount)
			for _, p := range list.Nodes() {
				into[name+" "+p.Person.Key] = true
			}
		}
	}
	require.Equal(t, change.Given, len(given))
	s.sameInMatrix(run, results, given, left)

	// Only the proposed rules from now on: what somebody wrote is taken away.
	m, err := manifest.Parse("change.yaml", []byte(change.YAML))
	require.NoError(t, err)
	mine := m.SingleRoles
	for i := range mine {
		mine[i].Rules = slices.DeleteFunc(mine[i].Rules, func(r manifest.RoleRule) bool { return r.Policy != "Mined" })
	}
	_, err = s.Manifest.Apply(s.ctx, &manifest.Manifest{SingleRoles: mine})
	require.NoError(t, err)
	s.compute()
	var want []string
	for _, h := range before {
		if !left[h] || slices.IndexFunc(mine, func(r manifest.Role) bool {
			return len(h) > len(r.Identifier) && h[:len(r.Identifier)+1] == r.Identifier+" "
		}) < 0 {
			want = append(want, h)
		}
	}
	for h := range given {
		want = append(want, h)
	}
	slices.Sort(want)
	require.Equal(t, want, s.held())

	// Mined again, the rules of the first time are what is replaced.
	again, _ := s.mine("Business", "Loose")
	change, err = s.Mining.Change(s.ctx, again.ID, nil)
	require.NoError(t, err)
	require.NotEmpty(t, change.Replaced)
	for _, r := range change.Replaced {
		require.True(t, r.IsMined)
	}
}

// sameInMatrix: the matrix of a run says the same as its results and the lists of people, page after page.
func (s *mined) sameInMatrix(run *mining.MiningRun, results map[string]*mining.MiningResult, given, left map[string]bool) {
	s.t.Helper()
	type numbers struct{ right, given, left int }
	counts, after, people := map[string]*numbers{}, "", 0
	var columns []string
	for {
		m, err := s.Mining.Matrix(s.ctx, run.ID, nil, page.Args{First: 100, After: after})
		require.NoError(s.t, err)
		var now []string
		for _, r := range m.Roles {
			now = append(now, r.Role.Identifier)
		}
		if columns == nil {
			columns = now
			require.Equal(s.t, len(results), len(m.Roles)+m.RolesLeftOut)
		}
		require.Equal(s.t, columns, now, "each page has the same columns")
		for _, row := range m.Rows {
			people++
			require.Len(s.t, row.Cells, len(columns))
			require.NotEmpty(s.t, strings.Trim(row.Cells, "."), "who has nothing is left out")
			for i, name := range columns {
				n := counts[name]
				if n == nil {
					n = &numbers{}
					counts[name] = n
				}
				one := name + " " + row.Person.Key
				require.Equal(s.t, given[one], row.Cells[i] == 'o', one)
				if results[name].Refused == nil {
					require.Equal(s.t, left[one], row.Cells[i] == 'x', one)
				}
				switch row.Cells[i] {
				case '#':
					n.right++
				case 'o':
					n.given++
				case 'x':
					n.left++
				}
			}
		}
		if !m.PageInfo.HasNextPage {
			require.Equal(s.t, m.TotalCount, people)
			break
		}
		after = *m.PageInfo.EndCursor
	}
	for name, r := range results {
		want := numbers{r.Rightly, r.Wrongly, r.Unexplained}
		if r.Refused != nil {
			want = numbers{left: r.Holders}
		}
		if n := counts[name]; n != nil {
			require.Equal(s.t, want, *n, name)
		} else {
			require.Zero(s.t, r.Holders+r.Wrongly, name)
		}
	}
	// Narrower: one role, a branch.
	files := results["Personnel_Files"]
	m, err := s.Mining.Matrix(s.ctx, run.ID, &mining.MiningMatrixFilter{ResultIDs: []int64{files.ID}, Place: &mining.MiningPlace{Dimension: "Department", Key: "HR", Inherit: new(true)}}, page.Args{First: 2000})
	require.NoError(s.t, err)
	require.Equal(s.t, files.Holders, m.TotalCount)
	m, err = s.Mining.Matrix(s.ctx, run.ID, &mining.MiningMatrixFilter{ResultIDs: []int64{files.ID}, Place: &mining.MiningPlace{Dimension: "Department", Key: "FIN", Inherit: new(true)}}, page.Args{First: 2000})
	require.NoError(s.t, err)
	require.Equal(s.t, 1, m.TotalCount, "somebody works in both")
	for _, wrong := range []page.Args{{First: 0}, {First: 2001}, {First: 10, After: "x"}} {
		_, err = s.Mining.Matrix(s.ctx, run.ID, nil, wrong)
		require.True(s.t, errs.Is(err, errs.Validation), "%v", err)
	}
	_, err = s.Mining.Matrix(s.ctx, run.ID, &mining.MiningMatrixFilter{Place: &mining.MiningPlace{Dimension: "Nope"}}, page.Args{First: 10})
	require.True(s.t, errs.Is(err, errs.Validation), "%v", err)
	far, err := s.Mining.Matrix(s.ctx, run.ID, nil, page.Args{First: 10, After: page.Cursor(map[string]int{"o": 1 << 40})})
	require.NoError(s.t, err)
	require.Empty(s.t, far.Rows)
	// Rights of the model show no people.
	reader := permit.With(s.t.Context(), &permit.Actor{UserID: 7, Username: "reader", Grants: []permit.Grant{{Path: permit.RoleModelQuery, CanExecute: true}}})
	_, err = s.Mining.Matrix(reader, run.ID, nil, page.Args{First: 10})
	require.True(s.t, errs.Is(err, errs.Forbidden), "%v", err)
	one := permit.With(s.t.Context(), &permit.Actor{UserID: 7, Username: "reader", Grants: []permit.Grant{{Path: permit.RoleModelQuery, CanExecute: true},
		{Path: "/Custom/Resources/Directory_User", CanExecute: true, EntityType: "Directory_User", Filters: []permit.Filter{{Binding: "EmployeeId", Value: "E10050"}}}}})
	m, err = s.Mining.Matrix(one, run.ID, nil, page.Args{First: 10})
	require.NoError(s.t, err)
	require.Equal(s.t, 1, m.TotalCount)
	require.Equal(s.t, "E10050", m.Rows[0].Person.Key)
}

// TestMiningRuns: one at a time, stopped, lost, refused.
func TestMiningRuns(t *testing.T) {
	t.Parallel()
	s := mustMined(t)
	is := func(kind errs.Kind, err error) {
		t.Helper()
		require.True(t, errs.Is(err, kind), "%v", err)
	}
	_, err := s.Mining.Start(s.ctx, mining.StartMiningInput{Rules: []string{"Nope"}})
	is(errs.Validation, err)
	p, err := s.Mining.Start(s.ctx, mining.StartMiningInput{})
	require.NoError(t, err)
	require.Equal(t, mining.Queued, p.Run.State)
	_, err = s.Mining.Start(s.ctx, mining.StartMiningInput{})
	is(errs.Conflict, err)

	// A worker that was killed: nobody goes on as long as it may live, then somebody does.
	_, err = s.DB.ExecContext(s.ctx, `update mining_run set state = 'IN_PROGRESS', taken_by = gen_random_uuid(), updated_at = clock_timestamp()`)
	require.NoError(t, err)
	s.work(p.Run.ID)
	run, err := s.Mining.Run(s.ctx, p.Run.ID)
	require.NoError(t, err)
	require.Equal(t, mining.InProgress, run.State)
	_, err = s.DB.ExecContext(s.ctx, `update mining_run set updated_at = clock_timestamp() - interval '1 hour'`)
	require.NoError(t, err)
	require.NoError(t, s.Mining.Sweep(s.ctx))
	s.work(p.Run.ID)
	run, err = s.Mining.Run(s.ctx, p.Run.ID)
	require.NoError(t, err)
	require.Equal(t, mining.Completed, run.State)
	s.work(p.Run.ID) // twice is harmless
	_, err = s.Mining.Cancel(s.ctx, mining.CancelMiningInput{ID: p.Run.ID})
	is(errs.AlreadyDone, err)
	_, err = s.Mining.Cancel(s.ctx, mining.CancelMiningInput{ID: 1 << 40})
	is(errs.NotFound, err)

	p, err = s.Mining.Start(s.ctx, mining.StartMiningInput{})
	require.NoError(t, err)
	stopped, err := s.Mining.Cancel(s.ctx, mining.CancelMiningInput{ID: p.Run.ID})
	require.NoError(t, err)
	require.Equal(t, mining.Cancelled, stopped.Run.State)
	s.work(p.Run.ID)
	_, err = s.Mining.Change(s.ctx, p.Run.ID, nil)
	is(errs.Validation, err)
	_, err = s.Mining.Change(s.ctx, run.ID, []int64{1 << 40})
	is(errs.NotFound, err)

	// Whoever reads the model sees counts; people only whom he may see.
	results, err := s.Mining.Results(s.ctx, run.ID, page.Args{First: 50}, &mining.MiningResultFilter{HasProposal: new(true)}, nil, true)
	require.NoError(t, err)
	one := results.Nodes()[0]
	reader := permit.With(t.Context(), &permit.Actor{UserID: 7, Username: "reader", Grants: []permit.Grant{{Path: permit.RoleModelQuery, CanExecute: true}}})
	_, err = s.Mining.Result(reader, one.ID)
	require.NoError(t, err)
	_, err = s.Mining.People(reader, one.ID, true, page.Args{First: 50}, true)
	is(errs.Forbidden, err)
	_, err = s.Mining.Start(reader, mining.StartMiningInput{})
	is(errs.Forbidden, err)
	_, err = s.Mining.Cancel(reader, mining.CancelMiningInput{ID: run.ID})
	is(errs.Forbidden, err)
	_, err = s.Mining.Runs(permit.With(t.Context(), &permit.Actor{UserID: 8, Username: "nobody"}), page.Args{First: 50}, nil, true)
	is(errs.Forbidden, err)
}
