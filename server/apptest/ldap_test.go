package apptest_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"writ/server/apptest"
	"writ/server/fulfil/fulfiltest"
)

// ldapConfig gives everybody of a file an account in a directory, a place by his site, and a group; whoever has no position any more is deleted there.
const ldapConfig = `connectors:
  - identifier: Target
    thresholds: { maximumInsertedLines: 0, maximumUpdatedLines: 0, maximumDeletedLines: 0, maxPercentageInsertedLines: 0, maxPercentageUpdatedLines: 0, maxPercentageDeletedLines: 0,
      maximumLinkInsertedLines: 0, maximumLinkDeletedLines: 0, maxLinkPercentageInsertedLines: 0, maxLinkPercentageDeletedLines: 0 }
    connections:
      - identifier: Directory
        package: ldap
        pollSeconds: 1
        settings:
          url: "URL"
          caCertificate: ca.pem
          bindDn: "cn=writ,dc=example,dc=test"
          table.people.base: "ou=people,dc=example,dc=test"
          table.people.objectClass: inetOrgPerson
          table.people.rdn: uid
          table.people.backlink.groups: groups.member
          table.groups.base: "ou=groups,dc=example,dc=test"
          table.groups.objectClass: groupOfNames
          table.groups.key: cn
          table.groups.link.member: people
          table.groups.placeholder: cn=nobody
        secrets: { password: env:WRIT_SECRET_DIRECTORY }
entityTypes:
  - identifier: Person
    connector: HR
    source: { connection: Files, table: People, maximumRejected: 5 }
    displayExpression: "{First} {Last}"
    properties:
      - { identifier: No, column: Id, primaryKey: true }
      - { identifier: First, column: First }
      - { identifier: Last, column: Last }
      - { identifier: Site, column: Site }
  - identifier: Position
    connector: HR
    source: { connection: Files, table: Positions }
    displayExpression: "{PosId}"
    properties:
      - { identifier: PosId, column: PosId, primaryKey: true }
      - { identifier: Person, column: Id, target: Person, reverse: Positions }
      - { identifier: Start, column: Start, type: dateTime, format: date }
      - { identifier: End, column: End, type: dateTime, format: date }
  - identifier: Group
    connector: Target
    source: { connection: Directory, table: groups }
    displayExpression: "{Name}"
    properties: [{ identifier: Name, column: cn, primaryKey: true }]
  - identifier: Account
    connector: Target
    source: { connection: Directory, table: people }
    displayExpression: "{Login}"
    properties:
      - { identifier: Uuid, column: entryUUID, primaryKey: true }
      - { identifier: Login, column: uid }
      - { identifier: Number, column: employeeNumber }
      - { identifier: Name, column: cn }
      - { identifier: Surname, column: sn }
      - { identifier: Above, column: parentdn }
      - { identifier: Groups, column: groups, target: Group, collection: true, reverse: Members }
contextRules:
  - { identifier: People, sourceEntityType: Person, resourcesBinding: Positions, startBinding: Start, endBinding: End }
resourceTypes:
  - identifier: User
    sourceEntityType: Person
    targetEntityType: Account
    connection: Directory
    blockProvisioning: false
    typeRules: [{}]
    scalarRules:
      - { property: Login, expression: 'ToLower(source.First) + "." + ToLower(source.Last)' }
      - { property: Number, binding: No }
      - { property: Name, expression: 'source.First + " " + source.Last' }
      - { property: Surname, binding: Last }
      - { property: Above, expression: '"ou=" + ToLower(source.Site) + ",ou=people,dc=example,dc=test"' }
    navigationRules: [{ property: Groups, resource: staff }]
    correlationRules: [{ sourceBinding: No, targetBinding: Number, confidence: 100 }]
`

// TestPersonInADirectory: whoever is hired has an account and a group in OpenLDAP, moves and gets another name with both, and leaves with nothing left
// behind; seen by the directory's own tool.
func TestPersonInADirectory(t *testing.T) {
	t.Parallel()
	s := fulfiltest.MustSlapd(t)
	admin := s.MustAdmin(t)
	for _, ou := range []string{"berlin", "paris"} {
		require.NoError(t, admin.Add(fulfiltest.LDAPEntry("ou="+ou+","+s.People, "objectClass", "organizationalUnit")))
	}
	require.NoError(t, admin.Add(fulfiltest.LDAPEntry("cn=staff,"+s.Groups, "objectClass", "groupOfNames", "member", "cn=nobody")))
	h := apptest.MustStart(t, apptest.Options{TestHooks: true, Env: []string{"WRIT_SECRET_TARGET=postgres://nobody@127.0.0.1:1/none", "WRIT_SECRET_DIRECTORY=" + fulfiltest.SlapdPassword}})
	o := &odd{House: h, t: t}
	require.NoError(t, os.MkdirAll(filepath.Join(h.DataDir, "files", "hr"), 0o755))
	require.NoError(t, os.MkdirAll(filepath.Join(h.DataDir, "config"), 0o755))
	require.NoError(t, os.WriteFile(filepath.Join(h.DataDir, "files", "ca.pem"), []byte(s.CA), 0o600))
	base, _, _ := strings.Cut(oddBase, "  - identifier: Target")
	_, rest, _ := strings.Cut(oddBase, "policies:")
	o.configure(base + "policies:" + rest)
	o.put("People.csv", "Id,First,Last,Site\n1,Mia,Stone,Berlin\n2,Ben,Wood,Paris\n")
	o.put("Positions.csv", "PosId,Id,Start,End\nP1,1,2020-01-01,\nP2,2,2020-01-01,\n")
	o.configure(strings.ReplaceAll(ldapConfig, "URL", "ldap://"+s.Addr))
	h.SignIn("admin", h.Processes[0].MustLogin(t, "admin", factoryPassword))

	uuids := map[string]string{}
	see := func(what, want string) {
		t.Helper()
		got := ""
		within(t, what, func() bool {
			got = s.MustSearch(t, s.Suffix, "(|(objectClass=inetOrgPerson)(cn=staff))", "employeeNumber", "cn", "sn", "memberOf", "member")
			got = strings.TrimSpace(strings.ReplaceAll(got, ","+s.Suffix, ""))
			return ordered(got) == ordered(want)
		})
		for _, e := range strings.Split(s.MustSearch(t, s.People, "(objectClass=inetOrgPerson)", "employeeNumber", "entryUUID"), "\n\n") {
			_, number, _ := strings.Cut(e, "employeeNumber: ")
			_, uuid, _ := strings.Cut(e, "entryUUID: ")
			if number, uuid = strings.Split(number, "\n")[0], strings.Split(uuid, "\n")[0]; number == "" {
				continue
			}
			if was, known := uuids[number]; known {
				require.Equal(t, was, uuid, "the same entry, not a new one")
			}
			uuids[number] = uuid
		}
	}
	const ben = "\n\ndn: uid=ben.wood,ou=paris,ou=people\nemployeeNumber: 2\ncn: Ben Wood\nsn: Wood\nmemberOf: cn=staff,ou=groups"
	o.configure(oddJob)
	o.settle()
	see("the accounts", "dn: uid=mia.stone,ou=berlin,ou=people\nemployeeNumber: 1\ncn: Mia Stone\nsn: Stone\nmemberOf: cn=staff,ou=groups"+ben+
		"\n\ndn: cn=staff,ou=groups\ncn: staff\nmember: uid=mia.stone,ou=berlin,ou=people\nmember: uid=ben.wood,ou=paris,ou=people")
	o.put("People.csv", "Id,First,Last,Site\n1,Mia,Cole,Paris\n2,Ben,Wood,Paris\n")
	see("the new name and place", "dn: uid=mia.cole,ou=paris,ou=people\nemployeeNumber: 1\ncn: Mia Cole\nsn: Cole\nmemberOf: cn=staff,ou=groups"+ben+
		"\n\ndn: cn=staff,ou=groups\ncn: staff\nmember: uid=mia.cole,ou=paris,ou=people\nmember: uid=ben.wood,ou=paris,ou=people")
	o.put("Positions.csv", "PosId,Id,Start,End\nP1,1,2020-01-01,2026-01-01\nP2,2,2020-01-01,\n")
	see("nothing of who left", strings.TrimSpace(ben)+"\n\ndn: cn=staff,ou=groups\ncn: staff\nmember: uid=ben.wood,ou=paris,ou=people")

	// Somebody takes him out of the group behind our back: the next reading shows it, and a person is asked.
	require.NoError(t, admin.Modify(fulfiltest.LDAPChange("cn=staff,"+s.Groups, "member", "cn=nobody")))
	count := func(where string) (n int) {
		require.NoError(t, o.DB.NewRaw("select count(*) from provisioning_order where "+where).Scan(t.Context(), &n))
		return n
	}
	within(t, "the difference", func() bool { return count("closed_at is null and 5 = any(states)") == 1 })
	require.Zero(t, count("3 = any(states)"), "nothing failed")
}

// ordered is what ldapsearch printed, without regard to the order of entries and values.
func ordered(ldif string) string {
	lines := strings.Split(ldif, "\n")
	entry := ""
	for i, l := range lines {
		if name, ok := strings.CutPrefix(l, "dn: "); ok {
			entry = name
		}
		lines[i] = entry + " " + l
	}
	slices.Sort(lines)
	return strings.Join(slices.DeleteFunc(lines, func(l string) bool { return strings.HasSuffix(l, " ") }), "\n")
}
