package sqldb_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"writ/server/fulfil"
	"writ/server/fulfil/fulfiltest"
	"writ/server/fulfil/sqldb"
)

func mustOpened(t *testing.T, settings map[string]string) *fulfil.Opened {
	t.Helper()
	c, err := sqldb.Postgres{}.Open(t.Context(), fulfil.Settings{Values: settings})
	require.NoError(t, err)
	t.Cleanup(func() { _ = c.Close() })
	return c
}

func mustOpen(t *testing.T, settings map[string]string) *sqldb.Conn {
	t.Helper()
	return mustOpened(t, settings).Connector.(*sqldb.Conn)
}

func TestConformance(t *testing.T) {
	t.Parallel()
	fulfiltest.Suite(t, fulfiltest.Subject{
		Table: "account", KeyColumn: "login", Value: "name", Unique: "mail", Links: "groups", Groups: []string{"crm", "mail", "wiki"}, Lines: true,
		Setup: func(t *testing.T) fulfiltest.Target {
			target := fulfiltest.MustSQLTarget(t)
			proxy := fulfiltest.MustProxy(t, target)
			settings := target.SettingsThrough(proxy)
			settings["timeout"] = "5"
			return fulfiltest.Target{
				Connector: mustOpened(t, settings),
				Put:       func(t *testing.T, rows ...fulfil.Row) { require.NoError(t, target.Put(t.Context(), rows...)) },
				All: func(t *testing.T) map[string]fulfil.Row {
					all, err := target.Accounts(t.Context())
					require.NoError(t, err)
					return all
				},
				Break:      func(t *testing.T) { require.NoError(t, proxy.Set(fulfiltest.Refuse)) },
				BreakReads: func(*testing.T) { proxy.CutAnswersAfter(100_000) },
				Refuse: func(t *testing.T, message string) {
					require.NoError(t, target.Behave(t.Context(), fulfiltest.Behaviour{Action: "refuse", Message: message}))
				},
				Hang: func(t *testing.T) {
					require.NoError(t, target.Behave(t.Context(), fulfiltest.Behaviour{Action: "hang", Milliseconds: 30_000}))
				},
				LoseAnswers: func(t *testing.T) func() {
					require.NoError(t, proxy.Set(fulfiltest.CutAfterCommit))
					return func() { require.NoError(t, proxy.Set(fulfiltest.Pass)) }
				},
			}
		},
	})
}
