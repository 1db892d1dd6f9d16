package apptest_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"writ/server/apptest"
	"writ/server/dbtest"
)

// Two processes behind PgBouncer in transaction mode. In the middle of the orders the server's connections are cut, and the pooler itself dies
// and comes back: nothing is lost and nothing is done twice. Once with an address past the pooler, once without.
func TestPooler(t *testing.T) {
	t.Parallel()
	for _, direct := range []bool{false, true} {
		name := "PoolerAlone"
		if direct {
			name = "WithDirect"
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			const people = 400
			b, at := dbtest.MustOpenURL(t)
			pooler := dbtest.MustPooler(t, at)
			o := apptest.Options{URL: pooler.URL, Processes: 2}
			if direct {
				o.Env = []string{"WRIT_DATABASE_DIRECT_URL=" + at}
			}
			f := mustFactoryIn(t, o, people, "continuous")
			id := f.MustLaunch(t, "complete")
			done := func(n int) {
				t.Helper()
				apptest.Eventually(t, "some of the orders", 4*apptest.Patience, func() (bool, error) { return len(f.target.MustLog(t)) >= n, nil })
			}
			done(people / 8)
			_, err := b.ExecContext(t.Context(), "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()")
			require.NoError(t, err)
			done(people / 4)
			pooler.MustKill(t)
			time.Sleep(time.Second) // what a restart takes
			pooler.MustStart(t)
			back := time.Now()
			apptest.Eventually(t, "everything verified", 4*apptest.Patience, func() (bool, error) { return f.states(t)[4] == people, nil })
			t.Logf("all verified %s after the pooler was back", time.Since(back))
			f.MustWaitJob(t, id, apptest.Completed, apptest.Warning)
			f.MustWaitQuiescent(t)
			f.once(t, people)
			require.Contains(t, f.MustRun(t, "verify"), "the chain is whole")
			before := footprint(t, f.House)
			f.MustRunJob(t, "complete", apptest.Completed)
			require.Equal(t, before, footprint(t, f.House))
		})
	}
}
