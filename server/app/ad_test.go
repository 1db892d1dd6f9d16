package app

import (
	"slices"
	"strings"
	"testing"

	lib "github.com/go-ldap/ldap/v3"
	"github.com/stretchr/testify/require"

	"writ/server/fulfil/fulfiltest"
)

// TestActiveDirectoryFromHire: a person of the HR file gets an account in a domain, disabled, which is enabled and in its group, gets another name and place with
// both, and is gone when the person is; somebody else's account there stays as it is.
func TestActiveDirectoryFromHire(t *testing.T) {
	t.Parallel()
	dc := fulfiltest.MustSamba(t)
	admin := dc.MustAdmin(t)
	unit := dc.MustUnit(t, admin)
	for _, ou := range []string{"new", "it", "pr"} {
		require.NoError(t, admin.Add(fulfiltest.LDAPEntry("OU="+ou+","+unit, "objectClass", "organizationalUnit")))
	}
	require.NoError(t, admin.Add(fulfiltest.LDAPEntry("CN=staff,"+unit, "objectClass", "group")))
	require.NoError(t, admin.Add(fulfiltest.LDAPEntry("CN=Not ours,"+unit, "objectClass", "user", "sAMAccountName", "other")))
	s := mustSmall(t, smallOptions{removeOrphans: true, edit: strings.NewReplacer(
		"package: postgres", "package: active-directory",
		`settings: { schema: public, link.Groups: "account_group(login,grp)" }`, `settings: { url: "ldaps://`+dc.TLSAddr+`", user: "`+dc.User+`", caCertificate: "`+strings.ReplaceAll(dc.CA, "\n", `\n`)+`",
          table.users.base: "`+unit+`", table.users.objectClass: user, table.users.backlink.groups: groups.member,
          table.groups.base: "`+unit+`", table.groups.objectClass: group, table.groups.link.member: users, table.groups.key: cn }`,
		"secrets: { connectionString:", `secrets: { password: "`+fulfiltest.SambaPassword+`" } #`,
		"table: grp", "table: groups", "identifier: Name, column: name, primaryKey", "identifier: Name, column: cn, primaryKey",
		"table: account", "table: users", "{ identifier: Login, column: login, primaryKey: true }",
		"{ identifier: Guid, column: objectGUID, primaryKey: true }\n      - { identifier: Login, column: sAMAccountName }\n      - { identifier: Control, column: userAccountControl }\n      - { identifier: Place, column: parentdn }",
		"column: emp ", "column: employeeID ", "column: name }", "column: cn }", "column: dept", "column: department", "column: Groups", "column: groups",
		"- { property: Dept, binding: Team }", `- { property: Dept, binding: Team }
      - { property: Control, expression: 'source.Team == "" ? "546" : "544"' }
      - { property: Place, expression: '"OU=" + (source.Team == "" ? "new" : ToLower(source.Team)) + ",`+unit+`"' }`,
	)})
	guids := map[string]string{}
	see := func(want ...string) {
		t.Helper()
		found, err := admin.Search(lib.NewSearchRequest(unit, lib.ScopeWholeSubtree, lib.NeverDerefAliases, 0, 0, false, "(objectClass=user)",
			[]string{"sAMAccountName", "employeeID", "department", "userAccountControl", "memberOf", "objectGUID"}, nil))
		require.NoError(t, err)
		list := []string{}
		for _, e := range found.Entries {
			if number := e.GetAttributeValue("employeeID"); number != "" {
				if was, known := guids[number]; known {
					require.Equal(t, was, e.GetAttributeValue("objectGUID"), "the same account, not a new one")
				}
				guids[number] = e.GetAttributeValue("objectGUID")
			}
			list = append(list, strings.TrimSpace(strings.ReplaceAll(strings.Join([]string{e.DN, e.GetAttributeValue("sAMAccountName"), e.GetAttributeValue("employeeID"), e.GetAttributeValue("department"),
				e.GetAttributeValue("userAccountControl"), e.GetAttributeValue("memberOf")}, " "), ","+unit, "")))
		}
		slices.Sort(list)
		slices.Sort(want)
		require.Equal(t, want, list)
		s.settled()
	}
	const other = "CN=Not ours other   546"
	const neil = `CN=O'Neil Wi"nter,OU=pr owinter e2 PR 544 CN=staff`
	s.people("1,E1,Petra,Lang,plang,", "2,E2,O'Neil,\"Wi\"\"nter\",owinter,PR")
	s.around()
	see(other, "CN=Petra Lang,OU=new plang e1  546 CN=staff", strings.Replace(neil, `"`, `\"`, 1))

	s.people("1,E1,Petra,Lang,plang,IT", "2,E2,O'Neil,\"Wi\"\"nter\",owinter,PR")
	s.around()
	see(other, "CN=Petra Lang,OU=it plang e1 IT 544 CN=staff", strings.Replace(neil, `"`, `\"`, 1))

	s.people("1,E1,Petra,\"Winter, née Lang\",pwinter,PR", "2,E2,O'Neil,\"Wi\"\"nter\",owinter,PR")
	s.around()
	see(other, `CN=Petra Winter\, née Lang,OU=pr pwinter e1 PR 544 CN=staff`, strings.Replace(neil, `"`, `\"`, 1))
	require.Contains(t, dc.MustSearch(t, unit, "(sAMAccountName=pwinter)", "memberOf"), "memberOf: CN=staff,"+unit, "by the system's own tool")

	s.people("2,E2,O'Neil,\"Wi\"\"nter\",owinter,PR")
	s.around()
	see(other, strings.Replace(neil, `"`, `\"`, 1))
}
