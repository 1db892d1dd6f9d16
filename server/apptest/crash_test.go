package apptest_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"writ/server/apptest"
	"writ/server/fulfil/fulfiltest"
)

// Three processes, and one is killed in the middle of 5,000 orders: nothing is lost, nothing is done twice by the target's own log, and all
// is done within a minute of the kill.
func TestKilledWorker(t *testing.T) {
	t.Parallel()
	const people = 5000
	f := mustFactory(t, people, 3, "continuous")
	admin := f.As(t, "admin")
	for _, p := range f.Processes {
		require.NoError(t, admin.On(p).Do(`{ me { username } }`, nil, nil), "a sign-in counts on every process")
	}
	id := f.MustLaunch(t, "complete")
	apptest.Eventually(t, "a third of the orders", 4*apptest.Patience, func() (bool, error) { return len(f.target.MustLog(t)) > people/3, nil })
	victim := f.worker(t)
	victim.MustKill(t)
	killed := time.Now()
	if victim == admin.Process {
		for _, p := range f.Processes {
			if p != victim {
				admin = admin.On(p)
			}
		}
		f.SignIn("admin", admin)
	}
	t.Logf("killed after %d operations", len(f.target.MustLog(t)))
	apptest.Eventually(t, "all orders done", time.Minute, func() (bool, error) {
		s := f.states(t)
		return s[8]+s[4] == people, nil
	})
	t.Logf("done %s after the kill", time.Since(killed))
	f.MustWaitJob(t, id, apptest.Completed)
	t.Logf("the job ended %s after the kill", time.Since(killed))
	f.MustWaitQuiescent(t)
	t.Logf("quiet %s after the kill", time.Since(killed))
	require.Equal(t, map[int]int{4: people}, f.states(t))
	f.once(t, people)
}

// worker is the process that holds orders now.
func (f *factory) worker(t *testing.T) *apptest.Process {
	t.Helper()
	var worker string
	within(t, "a process that holds orders", func() bool {
		var names []string
		require.NoError(t, f.DB.NewRaw(`select lease_owner from provisioning_order where lease_owner is not null group by 1 order by count(*) desc limit 1`).Scan(t.Context(), &names))
		if len(names) == 1 {
			worker = names[0]
		}
		return worker != ""
	})
	for _, p := range f.Processes {
		if p.Is(worker) {
			return p
		}
	}
	t.Fatalf("no process is worker %s", worker)
	return nil
}

// Scenario 15, for software: the target does it and the answer is lost, or the process dies while it waits. The target is read back before
// anything is repeated, and nothing is done twice.
func TestLostAnswer(t *testing.T) {
	t.Parallel()
	f := mustFactory(t, 3, 1, "continuous")
	f.target.MustBehave(t, fulfiltest.Behaviour{Action: "drop", Key: "f00001", Times: 1})
	f.target.MustBehave(t, fulfiltest.Behaviour{Action: "dropFirst", Key: "f00002", Times: 1})
	f.MustLaunch(t, "complete")
	within(t, "everything verified", func() bool { return f.states(t)[4] == 3 })
	f.MustWaitQuiescent(t)
	f.once(t, 3)
	for _, o := range f.As(t, "admin").MustOrders(t, apptest.Filter{}) {
		path := o.Path(o.Line("").ID)
		switch o.Key() {
		case person(1):
			require.Equal(t, []int{1, 2, 8, 4}, path, "collected, then silence, then found done")
		case person(2):
			require.Equal(t, []int{1, 2, 8, 4}, path)
			require.Len(t, o.Attempts, 2, "found missing, so it was repeated")
			require.NotEqual(t, o.Attempts[0].IdempotencyKey, o.Attempts[1].IdempotencyKey)
		default:
			require.Equal(t, []int{1, 8, 4}, path)
		}
	}
}

// The process dies between collecting an order and the answer; another life of it goes on.
func TestKilledDuringCall(t *testing.T) {
	t.Parallel()
	f := mustFactory(t, 3, 1, "continuous")
	f.target.MustBehave(t, fulfiltest.Behaviour{Action: "hang", Key: "f00002", Milliseconds: 4000, Times: 1})
	f.MustLaunch(t, "complete")
	within(t, "the hanging call", func() bool {
		for _, o := range f.target.MustLog(t) {
			if o.Behaviour == "hang" {
				return true
			}
		}
		return false
	})
	f.Processes[0].MustKill(t)
	f.Processes[0].MustRestart(t)
	apptest.Eventually(t, "everything verified", 2*apptest.Patience, func() (bool, error) { return f.states(t)[4] == 3, nil })
	f.MustWaitQuiescent(t)
	f.once(t, 3)
}

// What a target says ends in the order: refusals in 3 with its message, and they can be sent again.
func TestRefusals(t *testing.T) {
	t.Parallel()
	f := mustFactory(t, 3, 1, "continuous")
	f.target.MustBehave(t, fulfiltest.Behaviour{Action: "refuse", Key: "f00001", Message: "The licence is full.", Times: 1})
	f.target.MustBehave(t, fulfiltest.Behaviour{Action: "throttle", Key: "f00002", RetryAfterSeconds: 1, Times: 1})
	run := f.MustRunJob(t, "complete", apptest.Warning, apptest.Completed)
	require.Equal(t, apptest.Warning, run.State, "an order failed and the task goes on")
	within(t, "the throttled order", func() bool { s := f.states(t); return s[4] == 2 && s[3] == 1 })
	admin := f.As(t, "admin")
	errored := admin.MustOrders(t, apptest.Filter{States: []string{"ERRORED"}})
	require.Equal(t, person(1), errored[0].Key())
	require.Equal(t, "The licence is full.", errored[0].Error.Message)
	require.Equal(t, "REFUSED", errored[0].Error.Class)
	require.NotEmpty(t, errored[0].Error.Hint)
	results, err := admin.Unblock(errored[0].ID)
	require.NoError(t, err)
	require.Nil(t, results[0].Error)
	done := admin.MustWaitOrder(t, errored[0].ID, 4)
	require.Equal(t, []int{1, 3, 1, 8, 4}, done.Path(done.Line("").ID))
	f.MustWaitQuiescent(t)
	f.once(t, 3)
}

// kill -9 of everything in the middle of the complete job, then another start: nothing is lost and nothing is done twice.
func TestKillEverything(t *testing.T) {
	t.Parallel()
	const people = 600
	f := mustFactory(t, people, 2, "continuous")
	id := f.MustLaunch(t, "complete")
	apptest.Eventually(t, "some of the orders", 2*apptest.Patience, func() (bool, error) { return len(f.target.MustLog(t)) > 100, nil })
	f.MustKillAll(t)
	f.MustRestartAll(t)
	apptest.Eventually(t, "everything verified", 3*apptest.Patience, func() (bool, error) { return f.states(t)[4] == people, nil })
	f.MustWaitJob(t, id, apptest.Completed, apptest.Warning)
	f.MustWaitQuiescent(t)
	require.Equal(t, map[int]int{4: people}, f.states(t))
	f.once(t, people)
	var broken int
	require.NoError(t, f.DB.NewRaw(`select count(*) from provisioning_order where lease_owner is not null or closed_at is null`).Scan(t.Context(), &broken))
	require.Zero(t, broken, "no lease and no open order is left")
	before := footprint(t, f.House)
	f.MustRunJob(t, "complete", apptest.Completed)
	require.Equal(t, before, footprint(t, f.House))
}
