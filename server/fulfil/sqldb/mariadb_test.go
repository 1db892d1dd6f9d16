package sqldb_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"writ/server/fulfil"
	"writ/server/fulfil/fulfiltest"
	"writ/server/fulfil/sqldb"
)

func mustMaria(t *testing.T, settings map[string]string) *fulfil.Opened {
	t.Helper()
	c, err := sqldb.MariaDB{}.Open(t.Context(), fulfil.Settings{Values: settings})
	require.NoError(t, err)
	t.Cleanup(func() { _ = c.Close() })
	return c
}

func mariaSubject(columns string, with func(settings map[string]string)) fulfiltest.Subject {
	s := fulfiltest.Subject{
		Table: "account", KeyColumn: "login", Value: "name", Unique: "mail", Lines: true,
		Setup: func(t *testing.T) fulfiltest.Target {
			target := fulfiltest.MustMariaTarget(t)
			if columns != "" {
				target.Edit(t, columns)
			}
			proxy := fulfiltest.MustMariaProxy(t, target)
			settings := target.Settings(proxy)
			settings["timeout"] = "5"
			with(settings)
			return fulfiltest.Target{
				Connector:  mustMaria(t, settings),
				Put:        func(t *testing.T, rows ...fulfil.Row) { target.Put(t, rows...) },
				All:        func(t *testing.T) map[string]fulfil.Row { return target.Accounts(t) },
				Break:      func(t *testing.T) { require.NoError(t, proxy.Set(fulfiltest.Refuse)) },
				BreakReads: func(*testing.T) { proxy.CutAnswersAfter(100_000) },
				Refuse: func(t *testing.T, message string) {
					target.Edit(t, "insert into behaviour (action, message) values ('refuse', ?)", message)
				},
				Hang: func(t *testing.T) { target.Edit(t, "insert into behaviour (action, seconds) values ('hang', 30)") },
				LoseAnswers: func(t *testing.T) func() {
					require.NoError(t, proxy.Set(fulfiltest.CutAfterCommit))
					return func() { require.NoError(t, proxy.Set(fulfiltest.Pass)) }
				},
			}
		},
	}
	return s
}

func TestMariaConformance(t *testing.T) {
	t.Parallel()
	s := mariaSubject("", func(map[string]string) {})
	s.Links, s.Groups = "groups", []string{"crm", "mail", "wiki"}
	fulfiltest.Suite(t, s)
}

// TestMariaConformanceByChangeColumn: the same application without links, whose rows say when they changed.
func TestMariaConformanceByChangeColumn(t *testing.T) {
	t.Parallel()
	s := mariaSubject("alter table account add changed timestamp(6) not null default current_timestamp(6) on update current_timestamp(6)", func(settings map[string]string) {
		delete(settings, "link.groups")
		settings["change.account"] = "changed"
	})
	s.Rows = 100
	s.Cases = []string{"Track", "Schema", "Read", "ExportComplete", "AddedTwice", "ModifiedTwice"}
	fulfiltest.Suite(t, s)
}
