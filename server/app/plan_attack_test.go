package app

import (
	"strings"
	"sync"
	"testing"

	"github.com/riverqueue/river"
	"github.com/stretchr/testify/require"

	"writ/server/errs"
	"writ/server/permit"
	"writ/server/plan"
)

// TestPlanAtOnce: of those who apply the same at once, one does; a plan beside it finds the world moved; who dies in the middle has written nothing, and
// the next one goes on as whoever asked.
func TestPlanAtOnce(t *testing.T) {
	t.Parallel()
	p := setupPlanned(t)
	text := giveSales
	p.Config.Serve.Demo = true // the accounts of the demonstration count
	var adminID int64
	require.NoError(t, p.DB.NewRaw(`select id from local_user where username = 'admin'`).Scan(p.ctx, &adminID))
	admin, err := p.actor(p.ctx, adminID)
	require.NoError(t, err)
	asAdmin := permit.With(p.ctx, admin)
	made, err := p.Plans.Compute(asAdmin, plan.MakePlanInput{YAML: &text})
	require.NoError(t, err)
	beside, err := p.Plans.Compute(asAdmin, plan.MakePlanInput{Again: &made.ID})
	require.NoError(t, err)
	digests := func(id int64) (d []string) {
		require.NoError(t, p.DB.NewRaw(`select encode(digest, 'hex') from plan_owner where plan_id = ? order by owner_id`, id).Scan(p.ctx, &d))
		return d
	}
	require.Equal(t, digests(made.ID), digests(beside.ID), "made again it says the same")
	worker := &plan.RunWorker{Service: p.Plans}
	run := func(id int64) {
		require.NoError(t, worker.Work(p.ctx, &river.Job[plan.RunArgs]{Args: plan.RunArgs{PlanID: id}}))
	}
	state := func(id int64) *plan.Plan {
		got, err := p.Plans.Get(p.ctx, id)
		require.NoError(t, err)
		return got
	}

	// three processes die while they apply it
	_, err = p.Plans.Apply(asAdmin, plan.ApplyPlanInput{ID: made.ID})
	require.NoError(t, err)
	_, err = p.DB.NewRaw(`update plan set fence = 3, lease_until = clock_timestamp() - interval '1 minute' where id = ?`, made.ID).Exec(p.ctx)
	require.NoError(t, err)
	untouched := p.checksum()
	run(made.ID)
	require.Equal(t, plan.Finished, state(made.ID).State)
	require.Contains(t, state(made.ID).Failure, "Nothing is written")
	require.Equal(t, untouched, p.checksum())

	// one does, and meanwhile everybody asks
	var won, lost int
	var mu sync.Mutex
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			_, err := p.Plans.Apply(asAdmin, plan.ApplyPlanInput{ID: made.ID})
			mu.Lock()
			defer mu.Unlock()
			if err == nil {
				won++
			} else if errs.Is(err, errs.InvalidTransition) || errs.Is(err, errs.AlreadyDone) {
				lost++
			}
		})
	}
	all.Wait()
	require.Equal(t, 1, won)
	require.Equal(t, 3, lost)
	_, err = p.Plans.Apply(asAdmin, plan.ApplyPlanInput{ID: beside.ID})
	require.NoError(t, err)
	_, err = p.DB.NewRaw(`update plan set fence = 1, lease_until = clock_timestamp() - interval '1 minute' where id = ?`, made.ID).Exec(p.ctx)
	require.NoError(t, err)
	run(made.ID)
	require.Equal(t, plan.Applied, state(made.ID).State)
	require.Equal(t, "admin", *state(made.ID).AppliedBy)
	run(made.ID) // once more does nothing
	run(beside.ID)
	require.Equal(t, plan.OutOfDate, state(beside.ID).State, "two of the same: the second finds the world moved")
}

// TestHostilePlans: a configuration that wants to be large, deep or clever is refused at once, or fails as a plan and says why.
func TestHostilePlans(t *testing.T) {
	t.Parallel()
	p := setupPlanned(t)
	bomb := "a: &a [x,x,x,x,x,x,x,x,x]\n"
	for i, last := 0, "a"; i < 12; i++ {
		next := string(rune('b' + i))
		bomb += next + ": &" + next + " [" + strings.TrimSuffix(strings.Repeat("*"+last+",", 9), ",") + "]\n"
		last = next
	}
	for name, text := range map[string]string{
		"aliases":       bomb,
		"deep":          "singleRoles: " + strings.Repeat("[", 20_000),
		"unknown field": "singleRoles: [{ identifier: X, wish: 1 }]",
		"no YAML":       "{{{",
		"NUL":           "singleRoles: [{ identifier: \"a\\0b\", entityType: Directory_User }]",
		"huge":          "singleRoles: [{ identifier: X, entityType: Directory_User, description: \"" + strings.Repeat("x", 40<<20) + "\" }]",
	} {
		_, err := p.Plans.Make(p.ctx, plan.MakePlanInput{YAML: &text})
		require.True(t, errs.Is(err, errs.Validation) || errs.Is(err, errs.TooLarge), "%s: %v", name, err)
	}
	for name, text := range map[string]string{
		"no such role": "singleRoles: [{ identifier: X, entityType: Directory_User, category: Business, rules: [{ compositeRole: None }] }]",
		"deleted all":  "delete: { entityTypes: [Directory_User] }",
	} {
		made, err := p.Plans.Compute(p.ctx, plan.MakePlanInput{YAML: &text})
		require.Error(t, err, name)
		if made != nil {
			require.Equal(t, plan.Failed, made.State, name)
			require.NotEmpty(t, made.Failure, name)
		}
	}
}
