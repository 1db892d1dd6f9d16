package ldap_test

import (
	"maps"
	"testing"

	lib "github.com/go-ldap/ldap/v3"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"writ/server/fulfil"
	"writ/server/fulfil/fulfiltest"
	"writ/server/fulfil/ldap"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func mustOpened(t testing.TB, settings map[string]string) *fulfil.Opened {
	t.Helper()
	c, err := ldap.Package{}.Open(t.Context(), fulfil.Settings{Values: settings, DataDir: t.TempDir()})
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

// accounts are the settings of the table that the suite works with.
func accounts(s *fulfiltest.Slapd, settings map[string]string) map[string]string {
	return with(settings, "timeout", "5", "table.account.base", s.People, "table.account.objectClass", "writAccount", "table.account.rdn", "uid", "table.account.key", "uid")
}

// put writes rows of accounts as the administrator.
func put(t *testing.T, admin *lib.Conn, s *fulfiltest.Slapd, rows ...fulfil.Row) {
	t.Helper()
	for _, row := range rows {
		key := fulfil.TextOf(row["uid"])
		dn := "uid=" + lib.EscapeDN(key) + "," + s.People
		add := lib.NewAddRequest(dn, nil)
		add.Attribute("objectClass", []string{"writAccount"})
		change := lib.NewModifyRequest(dn, nil)
		for column, value := range row {
			values := []string{fulfil.TextOf(value)}
			if list, several := value.([]string); several {
				values = list
			}
			add.Attribute(column, values)
			if column != "uid" {
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
func all(t *testing.T, admin *lib.Conn, s *fulfiltest.Slapd) map[string]fulfil.Row {
	t.Helper()
	found, err := admin.Search(lib.NewSearchRequest(s.People, lib.ScopeWholeSubtree, lib.NeverDerefAliases, 0, 0, false, "(objectClass=writAccount)", nil, nil))
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
		rows[e.GetAttributeValue("uid")] = row
	}
	return rows
}

func TestConformance(t *testing.T) {
	t.Parallel()
	fulfiltest.Suite(t, fulfiltest.Subject{
		Table: "account", KeyColumn: "uid", Value: "displayName", Unique: "mail", Links: "businessCategory", Groups: []string{"crm", "mail", "wiki"}, Lines: true, Rows: 2000,
		Setup: func(t *testing.T) fulfiltest.Target {
			s := fulfiltest.MustSlapd(t)
			proxy := fulfiltest.MustLDAPProxy(t, s.Addr)
			admin := s.MustAdmin(t)
			return fulfiltest.Target{
				Connector:  mustOpened(t, accounts(s, s.SettingsThrough(proxy))),
				Put:        func(t *testing.T, rows ...fulfil.Row) { put(t, admin, s, rows...) },
				All:        func(t *testing.T) map[string]fulfil.Row { return all(t, admin, s) },
				Break:      func(t *testing.T) { proxy.MustSet(t, fulfiltest.LDAPDown) },
				BreakReads: func(*testing.T) { proxy.CutAnswersAfter(100_000) },
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

// TestConformanceOfBacklinks: links that stand in groups are as good as those that stand in the entry, through encryption and with keys that name entries
// otherwise.
func TestConformanceOfBacklinks(t *testing.T) {
	t.Parallel()
	groups := []string{"crm", "mail", "wiki"}
	fulfiltest.Suite(t, fulfiltest.Subject{
		Table: "account", KeyColumn: "uid", Value: "displayName", Unique: "mail", Links: "groups", Groups: groups, Rows: 1000,
		Setup: func(t *testing.T) fulfiltest.Target {
			s := fulfiltest.MustSlapd(t)
			admin := s.MustAdmin(t)
			for _, g := range groups {
				require.NoError(t, admin.Add(fulfiltest.LDAPEntry("cn="+g+","+s.Groups, "objectClass", "groupOfNames", "member", "cn=nobody")))
			}
			settings := with(accounts(s, s.Settings()), "url", "ldaps://"+s.TLSAddr, "incremental", "none", "table.account.backlink.groups", "groups.member",
				"table.groups.base", s.Groups, "table.groups.objectClass", "groupOfNames", "table.groups.key", "cn", "table.groups.placeholder", "cn=nobody")
			return fulfiltest.Target{
				Connector: mustOpened(t, settings),
				Put: func(t *testing.T, rows ...fulfil.Row) {
					for _, row := range rows {
						in := fulfil.ListOf(row["groups"])
						delete(row, "groups")
						put(t, admin, s, row)
						for _, g := range in {
							change := lib.NewModifyRequest("cn="+g+","+s.Groups, nil)
							change.Add("member", []string{"uid=" + lib.EscapeDN(fulfil.TextOf(row["uid"])) + "," + s.People})
							require.NoError(t, admin.Modify(change))
						}
					}
				},
				All: func(t *testing.T) map[string]fulfil.Row {
					rows := all(t, admin, s)
					found, err := admin.Search(lib.NewSearchRequest(s.Groups, lib.ScopeSingleLevel, lib.NeverDerefAliases, 0, 0, false, "(objectClass=groupOfNames)", nil, nil))
					require.NoError(t, err)
					for _, g := range found.Entries {
						for _, member := range g.GetAttributeValues("member") {
							for uid, row := range rows {
								if member == "uid="+uid+","+s.People {
									have, _ := row["groups"].([]string)
									row["groups"] = append(have, g.GetAttributeValue("cn"))
								}
							}
						}
					}
					return rows
				},
			}
		},
	})
}
