package ad_test

import (
	"fmt"
	"maps"
	"os"
	"testing"

	lib "github.com/go-ldap/ldap/v3"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"writ/server/fulfil"
	"writ/server/fulfil/ad"
	"writ/server/fulfil/fulfiltest"
)

func TestMain(m *testing.M) {
	code := m.Run()
	fulfiltest.StopSamba()
	if code == 0 {
		if err := goleak.Find(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = 1
		}
	}
	os.Exit(code)
}

func mustOpened(t testing.TB, settings map[string]string) *fulfil.Opened {
	t.Helper()
	c, err := ad.Package{}.Open(t.Context(), fulfil.Settings{Values: settings, DataDir: t.TempDir()})
	require.NoError(t, err)
	t.Cleanup(func() { _ = c.Close() })
	return c
}

// with adds settings to others.
func with(settings map[string]string, more ...string) map[string]string {
	settings = maps.Clone(settings)
	for i := 0; i < len(more); i += 2 {
		settings[more[i]] = more[i+1]
	}
	return settings
}

// put writes rows of accounts as the administrator.
func put(t *testing.T, admin *lib.Conn, unit string, rows ...fulfil.Row) {
	t.Helper()
	for _, row := range rows {
		dn := "CN=" + lib.EscapeDN(fulfil.TextOf(row["cn"])) + "," + unit
		add := lib.NewAddRequest(dn, nil)
		add.Attribute("objectClass", []string{"user"})
		change := lib.NewModifyRequest(dn, nil)
		for column, value := range row {
			values := []string{fulfil.TextOf(value)}
			if list, several := value.([]string); several {
				values = list
			}
			if column != "cn" {
				add.Attribute(column, values)
				change.Replace(column, values)
			}
		}
		err := admin.Add(add)
		if lib.IsErrorWithCode(err, lib.LDAPResultEntryAlreadyExists) {
			err = admin.Modify(change)
		}
		require.NoError(t, err)
	}
}

// all reads every account as the administrator.
func all(t *testing.T, admin *lib.Conn, unit string) map[string]fulfil.Row {
	t.Helper()
	found, err := admin.SearchWithPaging(lib.NewSearchRequest(unit, lib.ScopeSingleLevel, lib.NeverDerefAliases, 0, 0, false, "(objectClass=user)", []string{"cn", "displayName", "mail", "otherTelephone"}, nil), 500)
	require.NoError(t, err)
	rows := map[string]fulfil.Row{}
	for _, e := range found.Entries {
		row := fulfil.Row{}
		for _, a := range e.Attributes {
			row[a.Name] = a.Values
			if len(a.Values) == 1 {
				row[a.Name] = a.Values[0]
			}
		}
		rows[e.GetAttributeValue("cn")] = row
	}
	return rows
}

func TestConformance(t *testing.T) {
	t.Parallel()
	s := fulfiltest.MustSamba(t)
	fulfiltest.Suite(t, fulfiltest.Subject{
		Table: "account", KeyColumn: "cn", Value: "displayName", Links: "otherTelephone", Groups: []string{"crm", "mail", "wiki"}, Lines: true, Rows: 150,
		Setup: func(t *testing.T) fulfiltest.Target {
			proxy := fulfiltest.MustLDAPProxy(t, s.Addr)
			admin := s.MustAdmin(t)
			unit := s.MustUnit(t, admin)
			return fulfiltest.Target{
				Connector: mustOpened(t, with(s.SettingsThrough(proxy), "timeout", "10", "pageSize", "25", "table.account.base", unit, "table.account.objectClass", "user",
					"table.account.columns", "displayName mail otherTelephone userAccountControl", "table.account.key", "cn")),
				Put:        func(t *testing.T, rows ...fulfil.Row) { put(t, admin, unit, rows...) },
				All:        func(t *testing.T) map[string]fulfil.Row { return all(t, admin, unit) },
				Break:      func(t *testing.T) { proxy.MustSet(t, fulfiltest.LDAPDown) },
				BreakReads: func(*testing.T) { proxy.CutAnswersAfter(20_000) },
				Refuse:     func(_ *testing.T, message string) { proxy.Refuse(lib.LDAPResultUnwillingToPerform, message) },
				Hang:       func(t *testing.T) { proxy.MustSet(t, fulfiltest.LDAPHangChanges) },
				LoseAnswers: func(t *testing.T) func() {
					proxy.MustSet(t, fulfiltest.LDAPCutAfter)
					return func() { proxy.MustSet(t, fulfiltest.LDAPPass) }
				},
			}
		},
	})
}
