package apptest_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"writ/server/apptest"
)

// A process whose database a newer version migrates, in the middle of its orders, ends by itself: what it sent is written down, and nothing
// is done with rows that it does not understand. When the step is taken back, another start goes on, and nothing was lost or done twice.
func TestNewerVersionTakesOver(t *testing.T) {
	t.Parallel()
	const people = 300
	f := mustFactory(t, people, 2, "continuous")
	f.target.MustBehave(t, slowly(30))
	f.MustLaunch(t, "complete")
	apptest.Eventually(t, "some of the orders", 3*apptest.Patience, func() (bool, error) { return len(f.target.MustLog(t)) > people/6, nil })
	_, err := f.DB.ExecContext(t.Context(), "insert into schema_migration (version, name, checksum) values (9999, 'future', '')")
	require.NoError(t, err)
	for _, p := range f.Processes {
		within(t, "its end", func() bool { return !p.IsRunning() })
		require.NotZero(t, p.ExitCode())
		require.Contains(t, p.Log(), "migrated by a newer version of Writ (step 9999_future is unknown here)")
	}
	sent := len(f.target.MustLog(t))
	var held int
	require.NoError(t, f.DB.NewRaw("select count(*) from provisioning_order where lease_owner is not null").Scan(t.Context(), &held))
	require.Zero(t, held, "it gave back what it did not send")
	out, err := f.Run("serve", "--addr", "127.0.0.1:0", "--data-dir", f.DataDir)
	require.Error(t, err, "it does not start, either")
	require.Contains(t, out, "migrated by a newer version of Writ")
	require.Len(t, f.target.MustLog(t), sent)
	_, err = f.DB.ExecContext(t.Context(), "delete from schema_migration where version = 9999")
	require.NoError(t, err)
	f.MustRestartAll(t)
	apptest.Eventually(t, "everything verified", 3*apptest.Patience, func() (bool, error) { return f.states(t)[4] == people, nil })
	f.MustWaitQuiescent(t)
	f.once(t, people)
}
