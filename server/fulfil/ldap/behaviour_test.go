package ldap_test

import (
	"context"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	lib "github.com/go-ldap/ldap/v3"
	"github.com/stretchr/testify/require"

	"writ/server/errs"
	"writ/server/fulfil"
	"writ/server/fulfil/fulfiltest"
	"writ/server/fulfil/ldap"
)

// company is a directory with people and groups in it, and a connection to it.
type company struct {
	*fulfiltest.Slapd
	t     *testing.T
	admin *lib.Conn
	c     *fulfil.Opened
}

// tables are people, named by uid and known by entryUUID, groups that must have a member, and groups that hold uids.
func tables(s *fulfiltest.Slapd, settings map[string]string) map[string]string {
	return with(settings,
		"table.people.base", s.People, "table.people.objectClass", "inetOrgPerson", "table.people.rdn", "uid",
		"table.people.backlink.groups", "groups.member", "table.people.link.manager", "people",
		"table.groups.base", s.Groups, "table.groups.objectClass", "groupOfNames", "table.groups.link.member", "people", "table.groups.placeholder", "cn=nobody",
		"table.unix.base", s.Groups, "table.unix.objectClass", "posixGroup", "table.unix.link.memberUid", "people.uid", "table.unix.key", "cn",
	)
}

func mustCompany(t *testing.T, more ...string) *company {
	t.Helper()
	s := fulfiltest.MustSlapd(t)
	return &company{s, t, s.MustAdmin(t), mustOpened(t, with(tables(s, s.Settings()), more...))}
}

func text(s string) *string { return &s }

func values(pairs ...string) map[string]*string {
	m := map[string]*string{}
	for i := 0; i < len(pairs); i += 2 {
		m[pairs[i]] = &pairs[i+1]
	}
	return m
}

func links(keys ...string) (list []fulfil.Link) {
	for _, k := range keys {
		list = append(list, fulfil.Link{Key: k})
	}
	return list
}

func (o *company) apply(ch fulfil.Change) fulfil.Receipt {
	if ch.KeyColumn == "" {
		ch.KeyColumn = "entryUUID"
	}
	return o.c.Applier.Apply(o.t.Context(), ch)
}

func (o *company) done(ch fulfil.Change) string {
	o.t.Helper()
	r := o.apply(ch)
	require.Equal(o.t, fulfil.Done, r.Outcome, "%+v", r)
	again := o.apply(ch)
	if again.Outcome != fulfil.NotFound && !hasPassword(ch) { // renamed by its key
		require.Equal(o.t, fulfil.AlreadySo, again.Outcome, "%+v", again)
	}
	return r.CreatedKey
}

func hasPassword(ch fulfil.Change) bool { _, ok := ch.Changes["userPassword"]; return ok }

func (o *company) person(uid string, more ...string) string {
	o.t.Helper()
	ch := fulfil.Change{Type: fulfil.Added, Table: "people", Changes: values(append([]string{"uid", uid, "cn", "Name " + uid, "sn", uid}, more...)...)}
	key := o.done(ch)
	require.Len(o.t, key, 36, "an entryUUID")
	return key
}

func (o *company) group(cn string, members ...string) string {
	o.t.Helper()
	return o.done(fulfil.Change{Type: fulfil.Added, Table: "groups", Changes: values("cn", cn), ChangesAdded: map[string][]fulfil.Link{"member": links(members...)}})
}

func (o *company) read(table, key string) fulfil.Row {
	o.t.Helper()
	row, found, err := o.c.Reader.Read(o.t.Context(), table, "entryUUID", key)
	require.NoError(o.t, err)
	require.True(o.t, found)
	return row
}

func (o *company) rows(table string) map[string]fulfil.Row {
	o.t.Helper()
	rows := map[string]fulfil.Row{}
	for row, err := range fulfil.Rows(o.c.Exporter.Export(o.t.Context(), table)) {
		require.NoError(o.t, err)
		rows[fulfil.TextOf(row["entryUUID"])] = row
	}
	return rows
}

// raw is an entry as the administrator sees it.
func (o *company) raw(dn string) *lib.Entry {
	o.t.Helper()
	found, err := o.admin.Search(lib.NewSearchRequest(dn, lib.ScopeBaseObject, lib.NeverDerefAliases, 0, 0, false, "(objectClass=*)", []string{"*", "memberOf"}, nil))
	if lib.IsErrorWithCode(err, lib.LDAPResultNoSuchObject) {
		return nil
	}
	require.NoError(o.t, err)
	return found.Entries[0]
}

func (o *company) unit(ou, below string) string {
	o.t.Helper()
	add := lib.NewAddRequest("ou="+ou+","+below, nil)
	add.Attribute("objectClass", []string{"organizationalUnit"})
	require.NoError(o.t, o.admin.Add(add))
	return add.DN
}

// A certificate that is not the one it should be, is told by its cause, and nothing was said to that server.
func TestEncryption(t *testing.T) {
	t.Parallel()
	s := fulfiltest.MustSlapd(t)
	base := tables(s, s.Settings())
	secure := "ldaps://" + s.TLSAddr
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "ca.pem"), []byte(s.CA), 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "none.pem"), []byte("nothing"), 0o600))
	other := fulfiltest.MustOtherCA(t)
	_, port, _ := strings.Cut(s.Addr, ":")
	for name, tc := range map[string]struct {
		settings map[string]string
		field    string // of the error; "": none
		says     string
	}{
		"StartTLS":           {base, "", ""},
		"LDAPS":              {with(base, "url", secure), "", ""},
		"File":               {with(base, "url", secure, "caCertificate", "ca.pem"), "", ""},
		"Plain":              {with(base, "startTLS", "false", "caCertificate", ""), "", ""},
		"SecondAddress":      {with(base, "url", "ldap://127.0.0.1:1\n"+secure), "", ""},
		"StartTLSOtherCA":    {with(base, "caCertificate", other), "caCertificate", "x509"},
		"LDAPSOtherCA":       {with(base, "url", secure, "caCertificate", other), "caCertificate", "x509"},
		"LDAPSMachinesTrust": {with(base, "url", secure, "caCertificate", ""), "caCertificate", "x509"},
		"LDAPSOtherName":     {with(base, "url", secure, "serverName", "elsewhere.test"), "caCertificate", "elsewhere.test"},
		"StartTLSOtherName":  {with(base, "serverName", "elsewhere.test"), "caCertificate", "elsewhere.test"},
		"NoFile":             {with(base, "caCertificate", "gone.pem"), "caCertificate", "gone.pem"},
		"NoCertificate":      {with(base, "caCertificate", "none.pem"), "caCertificate", "PEM"},
		"LDAPSOnPlainPort":   {with(base, "url", "ldaps://127.0.0.1:"+port, "connectTimeout", "2"), "any", ""},
		"WrongPassword":      {with(base, "password", "not-the-password"), "password", "49"},
		"NoSuchUser":         {with(base, "bindDn", "cn=nobody,"+s.Suffix), "password", "49"},
		"NoSuchBase":         {with(base, "table.people.base", "ou=nowhere,"+s.Suffix), "table.people.base", "nowhere"},
		"NoSuchClass":        {with(base, "table.people.objectClass", "martian"), "table.people.objectClass", "martian"},
		"NoSuchColumn":       {with(base, "table.people.columns", "shoes"), "table.people.columns", "shoes"},
		"NotTracked":         {with(base, "table.people.base", "cn=Subschema", "table.people.backlink.groups", "groups.nothing"), "any", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, err := ldap.Package{}.Open(t.Context(), fulfil.Settings{Values: tc.settings, DataDir: dir})
			require.NoError(t, err)
			defer c.Close()
			err = c.Check(t.Context())
			if tc.field == "" {
				require.NoError(t, err)
				return
			}
			require.Error(t, err)
			require.NotNil(t, errs.As(err), "%v", err)
			if tc.field != "any" {
				require.Equal(t, tc.field, errs.As(err).Field, "%v", err)
			}
			require.Contains(t, err.Error(), tc.says)
			require.NotContains(t, err.Error(), tc.settings["password"])
			r := c.Applier.Apply(t.Context(), fulfil.Change{Type: fulfil.Deleted, Table: "people", KeyColumn: "uid", Key: "x"})
			require.False(t, r.Outcome.OK() && !strings.HasPrefix(name, "No"), "%+v", r)
			require.NotEqual(t, fulfil.Unknown, r.Outcome)
			require.NotContains(t, r.Message+r.Hint+r.Detail, tc.settings["password"])
		})
	}
}

func TestOpenRefuses(t *testing.T) {
	t.Parallel()
	good := map[string]string{"url": "ldaps://ldap.test", "bindDn": "cn=a", "password": "topsecret", "table.p.base": "ou=p", "table.p.objectClass": "person"}
	for field, value := range map[string]string{
		"url": "http://x", "timeout": "0", "pageSize": "0", "bindDn": "nobody", "password": "", "incremental": "perhaps", "caCertificate": "/etc/passwd", "other": "x",
		"table.p": "x", "table.p.scope": "Somewhere", "table.p.filter": "(cn=", "table.p.base": "", "table.p.link.member": "q", "table.p.backlink.groups": "p",
		"table.p.deleteTree": "maybe", "table.p.colour": "red", "table.p.placeholder": "nobody", "table.q.base": "=x",
	} {
		_, err := ldap.Package{}.Open(context.Background(), fulfil.Settings{Values: with(good, field, value), DataDir: t.TempDir()})
		require.True(t, errs.Is(err, errs.Validation), "%s: %v", field, err)
		require.True(t, strings.HasPrefix(errs.As(err).Field, strings.Split(field, ".")[0]), "%s: %v", field, err)
		require.NotContains(t, err.Error(), "topsecret")
	}
	for _, value := range []string{"ldap://a:389/dc=x", "ldap://user@a", "ldapi:///", "a:389", "ldap://", "ldaps://a?x", "cldap://a"} {
		_, err := ldap.Package{}.Open(context.Background(), fulfil.Settings{Values: with(good, "url", value)})
		require.Error(t, err, value)
	}
	opened, err := ldap.Package{}.Open(context.Background(), fulfil.Settings{Values: with(good, "incremental", "none")})
	require.NoError(t, err)
	require.Nil(t, opened.Watcher)
	require.Nil(t, opened.Tracker)
	require.NoError(t, opened.Close())
}

// people5000 fills the directory as its administrator.
func (o *company) many(n int) (dns []string) {
	o.t.Helper()
	for i := range n {
		add := lib.NewAddRequest(fmt.Sprintf("uid=many%05d,%s", i, o.People), nil)
		for name, value := range map[string]string{"objectClass": "inetOrgPerson", "uid": fmt.Sprintf("many%05d", i), "cn": fmt.Sprintf("Many %d", i), "sn": "Many"} {
			add.Attribute(name, []string{value})
		}
		require.NoError(o.t, o.admin.Add(add))
		dns = append(dns, add.DN)
	}
	return dns
}

// Five thousand people from a server that gives 500 at once, and a group of all of them.
func TestLargeTablesAndGroups(t *testing.T) {
	t.Parallel()
	const n = 5000
	o := mustCompany(t)
	o.many(n)
	begin := time.Now()
	people := o.rows("people")
	require.Len(t, people, n)
	t.Logf("%d people read in %s", n, time.Since(begin))

	// Whoever is not given all of them must say so.
	for _, more := range [][]string{{"bindDn", "", "password", ""}, {"pageSize", "1000"}} {
		c := mustOpened(t, with(tables(o.Slapd, o.Settings()), more...))
		count := 0
		var failed error
		for _, err := range fulfil.Rows(c.Exporter.Export(t.Context(), "people")) {
			if failed = err; err == nil {
				count++
			}
		}
		require.Equal(t, "pageSize", errs.As(failed).Field, "%v after %d", failed, count)
		require.ErrorContains(t, failed, "Limit Exceeded")
	}

	keys := slices.Sorted(maps.Keys(people))
	begin = time.Now()
	group := o.group("everybody", keys[:n-1]...)
	t.Logf("a group of %d written in %s", n-1, time.Since(begin))
	require.Len(t, fulfil.ListOf(o.read("groups", group)["member"]), n-1)
	require.Len(t, o.raw("cn=everybody,"+o.Groups).GetAttributeValues("member"), n-1, "without the placeholder")
	require.Equal(t, "everybody", fulfil.TextOf(o.rows("groups")[group]["cn"]))
	require.Equal(t, group, o.rows("people")[keys[7]]["groups"])

	before := len(o.MustLog(t))
	o.done(fulfil.Change{Type: fulfil.Modified, Table: "people", Key: keys[n-1], ChangesAdded: map[string][]fulfil.Link{"groups": links(group)}})
	o.done(fulfil.Change{Type: fulfil.Modified, Table: "people", Key: keys[0], ChangesRemoved: map[string][]fulfil.Link{"groups": links(group)}})
	require.Len(t, o.MustLog(t), before+2, "one request each")
	log := o.MustSearch(t, "cn=accesslog", "(&(objectClass=auditModify)(reqDN=cn=everybody,"+o.Groups+"))", "reqMod")
	require.Contains(t, log, "reqMod: member:+ "+fulfil.TextOf(people[keys[n-1]]["dn"]))
	require.Contains(t, log, "reqMod: member:- "+fulfil.TextOf(people[keys[0]]["dn"]))

	o.done(fulfil.Change{Type: fulfil.Modified, Table: "groups", Key: group, ChangesRemoved: map[string][]fulfil.Link{"member": links(keys[1:]...)}})
	require.Equal(t, []string{"cn=nobody"}, o.raw("cn=everybody,"+o.Groups).GetAttributeValues("member"))
	require.Nil(t, o.read("groups", group)["member"])
	// A list of scalars, as a rule over the whole column gives it.
	o.done(fulfil.Change{Type: fulfil.Modified, Table: "groups", Key: group, Changes: values("member", strings.Join(keys[:1500], "\n"))})
	require.Len(t, o.raw("cn=everybody,"+o.Groups).GetAttributeValues("member"), 1500)
	o.done(fulfil.Change{Type: fulfil.Modified, Table: "groups", Key: group, Changes: values("member", strings.Join(keys[2:5], "\n"))})
	require.Equal(t, keys[2:5], slices.Sorted(slices.Values(fulfil.ListOf(o.read("groups", group)["member"]))))
	o.done(fulfil.Change{Type: fulfil.Modified, Table: "groups", Key: group, Changes: map[string]*string{"member": nil}})
	require.Equal(t, []string{"cn=nobody"}, o.raw("cn=everybody,"+o.Groups).GetAttributeValues("member"))
}

// A person is renamed and moved; what points to him goes along, and the row is the same one.
func TestRenameAndMove(t *testing.T) {
	t.Parallel()
	o := mustCompany(t)
	unit := o.unit("berlin", o.People)
	key, boss := o.person("plang"), o.person("boss")
	group := o.group("crm", key, boss)
	o.done(fulfil.Change{Type: fulfil.Modified, Table: "people", Key: boss, Changes: values("manager", key)})
	require.Equal(t, key, o.read("people", boss)["manager"])
	modified := func(changes map[string]*string) fulfil.Change {
		return fulfil.Change{Type: fulfil.Modified, Table: "people", Key: key, Changes: changes}
	}
	for step, tc := range []struct {
		changes map[string]*string
		dn      string
	}{
		{values("uid", "pwinter", "sn", "Winter"), "uid=pwinter," + o.People},
		{values("uid", "PWinter"), "uid=PWinter," + o.People}, // only spelled otherwise
		{values("parentdn", unit), "uid=PWinter," + unit},
		{values("parentdn", o.People, "uid", "a,b+c=d"), "uid=a\\2Cb\\2Bc\\3Dd," + o.People},
		{values("dn", "uid=plang,"+unit), "uid=plang," + unit},
		{values("dn", "UID = plang , "+strings.ToUpper(o.People)), "uid=plang," + o.People},
	} {
		o.done(modified(tc.changes))
		require.NotNil(t, o.raw(tc.dn), "step %d: %s", step, tc.dn)
		row := o.read("people", key)
		require.Equal(t, row, o.rows("people")[key])
		require.EqualValues(t, o.raw(tc.dn).DN, row["dn"], step)
		require.Len(t, o.raw(tc.dn).GetAttributeValues("uid"), 1, "the old name does not stay")
		require.Equal(t, group, row["groups"], step)
		require.ElementsMatch(t, []string{key, boss}, fulfil.ListOf(o.read("groups", group)["member"]), step)
		require.Eventually(t, func() bool { return o.read("people", boss)["manager"] == key }, 10*time.Second, 10*time.Millisecond, "refint brings it up a moment later")
	}

	require.Equal(t, fulfil.Conflict, o.apply(modified(values("uid", "boss"))).Outcome, "somebody else's name")
	require.Equal(t, fulfil.Refused, o.apply(modified(values("parentdn", o.Groups))).Outcome, "the table would not show it any more")
	require.Equal(t, fulfil.Refused, o.apply(modified(values("parentdn", "ou=nowhere,"+o.People))).Outcome)
	require.Equal(t, fulfil.Refused, o.apply(modified(map[string]*string{"uid": nil})).Outcome, "a name cannot be empty")
	require.Equal(t, fulfil.Refused, o.apply(modified(values("uid", "   "))).Outcome)
	require.Equal(t, fulfil.Refused, o.apply(modified(values("dn", "nonsense"))).Outcome)
	require.Equal(t, fulfil.Refused, o.apply(modified(values("entryUUID", boss))).Outcome, "the server's own")
	require.Equal(t, fulfil.Refused, o.apply(modified(values("shoes", "1"))).Outcome)
	require.NotNil(t, o.raw("uid=plang,"+o.People))

	// Several names in one: the one that the order is about changes.
	add := lib.NewAddRequest("cn=Two+uid=two,"+o.People, nil)
	for name, value := range map[string]string{"objectClass": "inetOrgPerson", "uid": "two", "cn": "Two", "sn": "Two"} {
		add.Attribute(name, []string{value})
	}
	require.NoError(t, o.admin.Add(add))
	row, found, err := o.c.Reader.Read(t.Context(), "people", "uid", "two")
	require.NoError(t, err)
	require.True(t, found)
	o.done(fulfil.Change{Type: fulfil.Modified, Table: "people", Key: fulfil.TextOf(row["entryUUID"]), Changes: values("uid", "deux")})
	require.NotNil(t, o.raw("cn=Two+uid=deux,"+o.People))
}

// Keys that are the name itself, or the attribute that it is named by.
func TestOtherKeys(t *testing.T) {
	t.Parallel()
	o := mustCompany(t)
	for _, column := range []string{"dn", "uid", "mail"} {
		login := "by" + column
		key := map[string]string{"dn": "uid=" + login + "," + o.People, "uid": login, "mail": login + "@x.test"}[column]
		ch := fulfil.Change{Type: fulfil.Added, Table: "people", KeyColumn: column, Key: key, Changes: values("uid", login, "cn", login, "sn", login, "mail", login+"@x.test")}
		if column == "dn" {
			delete(ch.Changes, "uid")
			ch.Changes["dn"] = &key
		}
		require.Equal(t, key, o.done(ch))
		row, found, err := o.c.Reader.Read(t.Context(), "people", column, key)
		require.NoError(t, err)
		require.True(t, found)
		require.Equal(t, key, row[column])
		_, found, err = o.c.Reader.Read(t.Context(), "people", column, "uid=nobody,"+o.People)
		require.NoError(t, err)
		require.False(t, found)
		o.done(fulfil.Change{Type: fulfil.Deleted, Table: "people", KeyColumn: column, Key: key})
	}
}

// hostile are names and values that have opened doors elsewhere.
var hostile = []string{
	"*", "*)(uid=*", ")(|(uid=*", "admin)(&)", `\`, `\2a`, `a\`, "a,ou=groups,dc=example,dc=test", "a+cn=b", "#616263", "#", " lead", "trail ", "  two  blanks  ", `"quoted"`,
	"<script>alert(1)</script>", "a;b", "a=b", "=", "+", ",", "a\x00b", "\x00", "\x7f", "a\nb", "a\tb", "日本語 🦊", "Zoë", "é", "ﬁ", "ß", "İ", "\u200b", "\u202eevil", "null",
	"0", "(", "((", "&", "|", "!", "uid=x", "cn=admin,dc=example,dc=test", strings.Repeat("x", 10_000), strings.Repeat("é,", 500), "$(id)", "%00", "'; drop table x; --", "{SSHA}x",
}

// Whatever a name or a value holds, it is that entry's name and value, and nothing else of the directory changes.
func TestHostileNames(t *testing.T) {
	t.Parallel()
	o := mustCompany(t)
	bystander := o.person("bystander")
	was := o.read("people", bystander)
	for i, name := range hostile {
		if strings.Contains(name, "\n") { // several values
			continue
		}
		o.person(fmt.Sprintf("v%d", i), "description", name, "displayName", name)
		ch := fulfil.Change{Type: fulfil.Added, Table: "people", Changes: values("uid", name, "cn", "x", "sn", "x")}
		r := o.apply(ch)
		if r.Outcome != fulfil.Done {
			require.Contains(t, []fulfil.Outcome{fulfil.Refused, fulfil.Conflict, fulfil.Unknown}, r.Outcome, "%q: %+v", name, r)
			require.NotEmpty(t, r.Message)
			t.Logf("%.40q is refused as a name: %.150s", name, r.Message)
			continue
		}
		require.Equal(t, fulfil.AlreadySo, o.apply(ch).Outcome, "%q", name)
		row := o.read("people", r.CreatedKey)
		require.Equal(t, name, row["uid"], "%q", name)
		dn := fulfil.TextOf(row["dn"])
		for column, key := range map[string]string{"dn": dn, "uid": name} {
			got, found, err := o.c.Reader.Read(t.Context(), "people", column, key)
			require.NoError(t, err, "%q", name)
			require.True(t, found, "%q by %s", name, column)
			require.Equal(t, row, got, "%q by %s", name, column)
		}
		if i%2 == 0 { // away by a rename, back again, and gone
			o.done(fulfil.Change{Type: fulfil.Modified, Table: "people", Key: r.CreatedKey, Changes: values("uid", fmt.Sprintf("away%d", i))})
			o.done(fulfil.Change{Type: fulfil.Modified, Table: "people", Key: r.CreatedKey, Changes: values("uid", name)})
			require.Equal(t, name, o.read("people", r.CreatedKey)["uid"])
		}
		require.Equal(t, fulfil.Done, o.apply(fulfil.Change{Type: fulfil.Deleted, Table: "people", KeyColumn: "uid", Key: name}).Outcome, "%q", name)
		_, found, err := o.c.Reader.Read(t.Context(), "people", "entryUUID", r.CreatedKey)
		require.NoError(t, err)
		require.False(t, found)
	}
	rows := o.rows("people")
	for _, row := range rows {
		var i int
		if n, _ := fmt.Sscanf(fulfil.TextOf(row["uid"]), "v%d", &i); n == 1 {
			require.Equal(t, hostile[i], row["displayName"])
			require.Equal(t, []string{hostile[i]}, fulfil.ListOf(row["description"]))
		}
	}
	require.Equal(t, was, rows[bystander])
	for _, key := range hostile {
		for _, column := range []string{"entryUUID", "mail", "dn", "jpegPhoto"} {
			row, found, err := o.c.Reader.Read(t.Context(), "people", column, key)
			require.NoError(t, err, "%s %q", column, key)
			require.False(t, found, "%s %q: %v", column, key, row)
		}
		r := o.apply(fulfil.Change{Type: fulfil.Deleted, Table: "people", KeyColumn: "mail", Key: key})
		require.Equal(t, fulfil.AlreadySo, r.Outcome, "%q", key)
		r = o.apply(fulfil.Change{Type: fulfil.Modified, Table: "people", Key: bystander, ChangesAdded: map[string][]fulfil.Link{"groups": links(key)}})
		require.Equal(t, fulfil.Refused, r.Outcome, "%q", key)
	}
	require.Equal(t, was, o.read("people", bystander))
}

// A value that the server takes for the same is written once in its new spelling, and never again.
func TestSpellings(t *testing.T) {
	t.Parallel()
	o := mustCompany(t)
	key := o.person("plang", "displayName", "petra lang", "telephoneNumber", "+49 30 1", "description", "a\nb")
	set := func(pairs ...string) fulfil.Outcome {
		return o.apply(fulfil.Change{Type: fulfil.Modified, Table: "people", Key: key, Changes: values(pairs...)}).Outcome
	}
	for column, spellings := range map[string][]string{
		"displayName": {"Petra Lang", "PETRA  LANG", " Petra Lang "}, "telephoneNumber": {"+49301", "+49-30-1"}, "mail": {"p@x.test", "P@X.test"},
		"description": {"B\na", "a\nB", "A"}, "cn": {"NAME PLANG", "name plang"}, "sn": {"PLANG"},
	} {
		for _, spelling := range spellings {
			first := set(column, spelling)
			require.True(t, first.OK(), "%s %q", column, spelling)
			require.Equal(t, fulfil.AlreadySo, set(column, spelling), "%s %q", column, spelling)
			got := fulfil.ListOf(o.read("people", key)[column])
			want := strings.Split(spelling, "\n")
			slices.Sort(got)
			slices.Sort(want)
			require.Equal(t, want, got, column)
		}
	}
	// The same entry in another spelling is there already.
	r := o.apply(fulfil.Change{Type: fulfil.Added, Table: "people", Changes: values("uid", "PLANG", "cn", "Name Plang", "sn", "plang")})
	require.Equal(t, fulfil.AlreadySo, r.Outcome, "%+v", r)
	require.Equal(t, key, r.CreatedKey)
	r = o.apply(fulfil.Change{Type: fulfil.Added, Table: "people", Changes: values("uid", "plang", "cn", "Name Plang", "sn", "somebody else")})
	require.Equal(t, fulfil.Conflict, r.Outcome, "%+v", r)
	// Of several values only those that come and go are written.
	before := strings.Count(o.MustSearch(t, "cn=accesslog", "(objectClass=auditModify)", "reqMod"), "reqMod: description:")
	require.Equal(t, fulfil.Done, set("description", "A\nx\ny\nz"))
	require.Equal(t, fulfil.Done, set("description", "A\nx\nq\nz"))
	log := o.MustSearch(t, "cn=accesslog", "(objectClass=auditModify)", "reqMod")
	require.Equal(t, before+5, strings.Count(log, "reqMod: description:"), log)
}

// One text form per type, the same out and in.
func TestTypes(t *testing.T) {
	t.Parallel()
	o := mustCompany(t, "table.policy.base", "cn=policy,dc=example,dc=test", "table.policy.objectClass", "pwdPolicy", "table.policy.scope", "Base",
		"table.policy.columns", "pwdLockout,pwdMinLength,createTimestamp,modifyTimestamp,memberOf")
	photo := []byte{0xff, 0xd8, 0, 1, 0xfe}
	key := o.person("plang", "jpegPhoto", base64.StdEncoding.EncodeToString(photo), "mail", "a@x.test\nB@x.test\nc@x.test")
	row := o.read("people", key)
	require.Equal(t, photo, row["jpegPhoto"])
	require.Equal(t, []string{"a@x.test", "B@x.test", "c@x.test"}, row["mail"])
	require.Equal(t, row, o.rows("people")[key])
	policy := o.rows("policy")
	require.Len(t, policy, 1)
	for key, row := range policy {
		_, err := time.Parse(time.RFC3339Nano, fulfil.TextOf(row["createTimestamp"]))
		require.NoError(t, err)
		require.Equal(t, "8", row["pwdMinLength"])
		require.Nil(t, row["pwdLockout"])
		ch := fulfil.Change{Type: fulfil.Modified, Table: "policy", Key: key, Changes: values("pwdLockout", "true")}
		o.done(ch)
		require.Equal(t, "true", o.read("policy", key)["pwdLockout"])
		require.Equal(t, fulfil.Refused, o.apply(fulfil.Change{Type: fulfil.Modified, Table: "policy", Key: key, Changes: values("pwdMinLength", "many")}).Outcome)
		require.Equal(t, fulfil.Refused, o.apply(fulfil.Change{Type: fulfil.Modified, Table: "policy", Key: key, Changes: values("createTimestamp", "2026-01-01T00:00:00Z")}).Outcome)
		require.Equal(t, fulfil.Refused, o.apply(fulfil.Change{Type: fulfil.Deleted, Table: "policy", Key: key}).Outcome, "the base itself")
	}
	cookies, err := o.c.Tracker.Cookies(t.Context())
	require.NoError(t, err)
	require.NotContains(t, cookies, "policy", "memberOf changes without a word of the server")
	require.Equal(t, fulfil.Refused, o.apply(fulfil.Change{Type: fulfil.Modified, Table: "people", Key: key, Changes: values("jpegPhoto", "no base64!")}).Outcome)
	o.done(fulfil.Change{Type: fulfil.Modified, Table: "people", Key: key, Changes: map[string]*string{"jpegPhoto": nil, "mail": nil}})
	require.Nil(t, o.read("people", key)["jpegPhoto"])
}

// Groups by name, by uid, and what becomes of them.
func TestGroups(t *testing.T) {
	t.Parallel()
	o := mustCompany(t, "table.people.backlink.unix", "unix.memberUid")
	a, b := o.person("a"), o.person("b")
	gid := o.done(fulfil.Change{Type: fulfil.Added, Table: "unix", KeyColumn: "cn", Changes: values("cn", "staff", "gidNumber", "100")})
	require.Equal(t, "staff", gid)
	empty := o.group("empty")
	require.Equal(t, []string{"cn=nobody"}, o.raw("cn=empty,"+o.Groups).GetAttributeValues("member"), "it must have one")
	require.Nil(t, o.rows("groups")[empty]["member"])

	o.done(fulfil.Change{Type: fulfil.Modified, Table: "people", Key: a, ChangesAdded: map[string][]fulfil.Link{"groups": links(empty), "unix": links("staff")}})
	require.Equal(t, []string{"uid=a," + o.People}, o.raw("cn=empty,"+o.Groups).GetAttributeValues("member"), "the first one takes its place")
	require.Equal(t, []string{"a"}, o.raw("cn=staff,"+o.Groups).GetAttributeValues("memberUid"))
	require.Equal(t, []string{"cn=empty," + o.Groups}, o.raw("uid=a,"+o.People).GetAttributeValues("memberOf"))
	o.done(fulfil.Change{Type: fulfil.Modified, Table: "unix", KeyColumn: "cn", Key: "staff", ChangesAdded: map[string][]fulfil.Link{"memberUid": links(b)}})
	row, _, err := o.c.Reader.Read(t.Context(), "unix", "cn", "staff")
	require.NoError(t, err)
	require.ElementsMatch(t, []string{a, b}, fulfil.ListOf(row["memberUid"]), "shown by the key of people")
	for _, whole := range []fulfil.Row{o.read("people", b), o.rows("people")[b]} {
		require.Equal(t, "staff", whole["unix"])
		require.Nil(t, whole["groups"])
	}
	// Two at the same last member: one of them takes it out, the other finds that done.
	var wait sync.WaitGroup
	outcomes := make([]fulfil.Outcome, 8)
	for i := range outcomes {
		wait.Go(func() {
			outcomes[i] = o.apply(fulfil.Change{Type: fulfil.Modified, Table: "people", Key: a, ChangesRemoved: map[string][]fulfil.Link{"groups": links(empty)}}).Outcome
		})
	}
	wait.Wait()
	for _, one := range outcomes {
		require.True(t, one.OK(), outcomes)
	}
	require.Equal(t, []string{"cn=nobody"}, o.raw("cn=empty,"+o.Groups).GetAttributeValues("member"))
	for i := range outcomes {
		wait.Go(func() {
			outcomes[i] = o.apply(fulfil.Change{Type: fulfil.Modified, Table: "people", Key: []string{a, b}[i%2], ChangesAdded: map[string][]fulfil.Link{"groups": links(empty)}}).Outcome
		})
	}
	wait.Wait()
	require.ElementsMatch(t, []string{"uid=a," + o.People, "uid=b," + o.People}, o.raw("cn=empty,"+o.Groups).GetAttributeValues("member"), outcomes)

	// Whoever goes leaves no trace.
	o.done(fulfil.Change{Type: fulfil.Deleted, Table: "people", Key: a})
	require.Equal(t, []string{"uid=b," + o.People}, o.raw("cn=empty,"+o.Groups).GetAttributeValues("member"))
	require.Equal(t, []string{"b"}, o.raw("cn=staff,"+o.Groups).GetAttributeValues("memberUid"))
	// A link to nobody of ours is shown as it stands there, and can be taken out.
	change := lib.NewModifyRequest("cn=empty,"+o.Groups, nil)
	change.Add("member", []string{"cn=stranger,dc=elsewhere"})
	require.NoError(t, o.admin.Modify(change))
	require.ElementsMatch(t, []string{b, "cn=stranger,dc=elsewhere"}, fulfil.ListOf(o.read("groups", empty)["member"]))
	o.done(fulfil.Change{Type: fulfil.Modified, Table: "groups", Key: empty, ChangesRemoved: map[string][]fulfil.Link{"member": links("cn=stranger,dc=elsewhere")}})
	require.Equal(t, b, o.read("groups", empty)["member"])
	r := o.apply(fulfil.Change{Type: fulfil.Modified, Table: "groups", Key: empty, ChangesAdded: map[string][]fulfil.Link{"member": links("00000000-0000-0000-0000-000000000000")}})
	require.Equal(t, fulfil.Refused, r.Outcome)
	require.Equal(t, fulfil.AlreadySo, o.apply(fulfil.Change{Type: fulfil.Modified, Table: "groups", Key: empty, ChangesRemoved: map[string][]fulfil.Link{"member": links("00000000-0000-0000-0000-000000000000")}}).Outcome)
}

// A password is hashed by the server, held to its policy, lets its owner in, and stands nowhere.
func TestPasswords(t *testing.T) {
	t.Parallel()
	o := mustCompany(t)
	const first, second, short = "first-Secret-1", "second-Secret-2", "s3cret"
	key := o.done(fulfil.Change{Type: fulfil.Added, Table: "people", Changes: values("uid", "plang", "cn", "p", "sn", "p", "userPassword", first)})
	dn := "uid=plang," + o.People
	require.True(t, o.MayBind(t, dn, first))
	require.NotContains(t, string(o.raw(dn).GetRawAttributeValue("userPassword")), first)
	require.True(t, strings.HasPrefix(string(o.raw(dn).GetRawAttributeValue("userPassword")), "{"), "hashed")
	row := o.read("people", key)
	require.Contains(t, row, "userPassword")
	require.Nil(t, row["userPassword"])
	set := func(password *string) fulfil.Receipt {
		return o.apply(fulfil.Change{Type: fulfil.Modified, Table: "people", Key: key, Changes: map[string]*string{"userPassword": password}})
	}
	require.Equal(t, fulfil.Done, set(text(second)).Outcome)
	require.True(t, o.MayBind(t, dn, second))
	require.False(t, o.MayBind(t, dn, first))
	r := set(text(short))
	require.Equal(t, fulfil.Refused, r.Outcome, "%+v", r)
	require.NotContains(t, r.Message+r.Detail+r.Hint, short)
	require.True(t, o.MayBind(t, dn, second))

	// One that was refused while the account was made is set when the order comes again; that of somebody else is left alone.
	ch := fulfil.Change{Type: fulfil.Added, Table: "people", Changes: values("uid", "late", "cn", "l", "sn", "l", "userPassword", short)}
	require.Equal(t, fulfil.Refused, o.apply(ch).Outcome)
	ch.Changes["userPassword"] = text(first)
	require.Equal(t, fulfil.Done, o.apply(ch).Outcome)
	require.True(t, o.MayBind(t, "uid=late,"+o.People, first))
	ch.Changes["userPassword"] = text(second)
	require.Equal(t, fulfil.AlreadySo, o.apply(ch).Outcome)
	require.True(t, o.MayBind(t, "uid=late,"+o.People, first))

	require.Equal(t, fulfil.Done, set(nil).Outcome)
	require.Equal(t, fulfil.AlreadySo, set(nil).Outcome)
	require.False(t, o.MayBind(t, dn, second))
}

// What a server says is what it means for the change, and for a reading.
func TestAnswers(t *testing.T) {
	t.Parallel()
	s := fulfiltest.MustSlapd(t)
	proxy := fulfiltest.MustLDAPProxy(t, s.Addr)
	o := &company{s, t, s.MustAdmin(t), mustOpened(t, tables(s, s.SettingsThrough(proxy)))}
	key := o.person("plang")
	for code, want := range map[byte]fulfil.Outcome{
		lib.LDAPResultBusy: fulfil.Throttled, lib.LDAPResultAdminLimitExceeded: fulfil.Throttled, lib.LDAPResultUnavailable: fulfil.Unreachable,
		lib.LDAPResultOther: fulfil.Unknown, lib.LDAPResultInsufficientAccessRights: fulfil.Refused, lib.LDAPResultUnwillingToPerform: fulfil.Refused,
		lib.LDAPResultConstraintViolation: fulfil.Refused, lib.LDAPResultReferral: fulfil.Refused, lib.LDAPResultEntryAlreadyExists: fulfil.Conflict,
		lib.LDAPResultObjectClassViolation: fulfil.Refused, lib.LDAPResultConfidentialityRequired: fulfil.Refused, lib.LDAPResultNamingViolation: fulfil.Refused,
	} {
		proxy.Refuse(code, "because of slapd-writ")
		for _, ch := range []fulfil.Change{
			{Type: fulfil.Added, Table: "people", Changes: values("uid", "new", "cn", "n", "sn", "n")},
			{Type: fulfil.Modified, Table: "people", Key: key, Changes: values("sn", "other")},
			{Type: fulfil.Modified, Table: "people", Key: key, Changes: values("uid", "other")},
			{Type: fulfil.Deleted, Table: "people", Key: key},
		} {
			r := o.apply(ch)
			require.Equal(t, want, r.Outcome, "%d %s: %+v", code, ch.Type, r)
			require.NotEmpty(t, r.Message)
			require.NotContains(t, r.Message+r.Hint+r.Detail, fulfiltest.SlapdPassword)
			require.Equal(t, want == fulfil.Throttled, r.RetryAfter > 0)
		}
	}
	proxy.MustSet(t, fulfiltest.LDAPPass)
	require.Len(t, o.rows("people"), 1)
	unit := o.unit("below", "uid=plang,"+o.People)
	r := o.apply(fulfil.Change{Type: fulfil.Deleted, Table: "people", Key: key})
	require.Equal(t, fulfil.Refused, r.Outcome, "%+v", r)
	require.Contains(t, r.Hint, "deleteTree")
	o.unit("deeper", unit)
	tree := mustOpened(t, with(tables(s, s.Settings()), "table.people.deleteTree", "true"))
	require.Equal(t, fulfil.Done, tree.Applier.Apply(t.Context(), fulfil.Change{Type: fulfil.Deleted, Table: "people", KeyColumn: "entryUUID", Key: key}).Outcome)
	require.Nil(t, o.raw("uid=plang,"+o.People))
	require.NotNil(t, o.raw(o.People))

	// A part on another server is not a part that is gone.
	add := lib.NewAddRequest("ou=away,"+o.People, []lib.Control{lib.NewControlManageDsaIT(true)})
	add.Attribute("objectClass", []string{"referral", "extensibleObject"})
	add.Attribute("ou", []string{"away"})
	add.Attribute("ref", []string{"ldap://elsewhere.test/ou=away"})
	require.NoError(t, o.admin.Add(add))
	var failed error
	for _, err := range fulfil.Rows(o.c.Exporter.Export(t.Context(), "people")) {
		failed = err
	}
	require.True(t, errs.Is(failed, errs.Validation), "%v", failed)
	require.ErrorContains(t, failed, "ldap://elsewhere.test")
}

// Each request that changes something may lose its answer: then nobody knows, a look tells, and a repeat does it once.
func TestLostAnswers(t *testing.T) {
	t.Parallel()
	for _, mode := range []fulfiltest.LDAPMode{fulfiltest.LDAPCutBefore, fulfiltest.LDAPCutAfter} {
		s := fulfiltest.MustSlapd(t)
		proxy := fulfiltest.MustLDAPProxy(t, s.Addr)
		o := &company{s, t, s.MustAdmin(t), mustOpened(t, tables(s, s.SettingsThrough(proxy)))}
		key, other := o.person("plang"), o.person("other")
		group := o.group("crm", other)
		for name, ch := range []fulfil.Change{
			{Type: fulfil.Added, Table: "people", Changes: values("uid", "new", "cn", "n", "sn", "n")},
			{Type: fulfil.Modified, Table: "people", Key: key, Changes: values("sn", "Winter", "displayName", "Petra")},
			{Type: fulfil.Modified, Table: "people", Key: key, Changes: values("uid", "pwinter")},
			{Type: fulfil.Modified, Table: "people", Key: key, ChangesAdded: map[string][]fulfil.Link{"groups": links(group)}},
			{Type: fulfil.Modified, Table: "people", Key: other, Changes: values("userPassword", "long-enough-1")},
			{Type: fulfil.Deleted, Table: "people", Key: key},
		} {
			proxy.MustSet(t, mode)
			before := proxy.Changes()
			r := o.apply(ch)
			require.Equal(t, fulfil.Unknown, r.Outcome, "%d: %+v", name, r)
			require.Equal(t, before+1, proxy.Changes(), "%d: nothing is sent twice", name)
			proxy.MustSet(t, fulfiltest.LDAPPass)
			for r = o.apply(ch); r.Outcome == fulfil.Unknown; r = o.apply(ch) {
				t.Log(r)
			}
			require.True(t, r.Outcome.OK(), "%d: %+v", name, r)
			if !hasPassword(ch) {
				require.Equal(t, fulfil.AlreadySo, o.apply(ch).Outcome, name)
			}
		}
		require.Len(t, o.rows("people"), 2)
	}
}

// A read that is cut after any number of bytes ends with an error or is whole.
func TestReadsAreCutAnywhere(t *testing.T) {
	t.Parallel()
	s := fulfiltest.MustSlapd(t)
	proxy := fulfiltest.MustLDAPProxy(t, s.Addr)
	o := &company{s, t, s.MustAdmin(t), mustOpened(t, with(tables(s, s.SettingsThrough(proxy)), "pageSize", "7", "timeout", "5"))}
	o.many(40)
	o.group("crm")
	whole := o.rows("people")
	short := 0
	for bytes := int64(1); bytes < 60_000; bytes += 487 {
		proxy.CutAnswersAfter(bytes)
		rows := map[string]fulfil.Row{}
		var failed error
		for row, err := range fulfil.Rows(o.c.Exporter.Export(t.Context(), "people")) {
			if failed = err; err == nil {
				rows[fulfil.TextOf(row["entryUUID"])] = row
			}
		}
		if failed == nil {
			require.Equal(t, whole, rows, "%d bytes", bytes)
			continue
		}
		short++
		require.True(t, errs.Is(failed, errs.Unavailable), "%d bytes: %v", bytes, failed)
	}
	require.Greater(t, short, 10)
}

// A pool of dead sessions costs no order, and a server that answers nothing does not hold whoever asks.
func TestRestartAndSilence(t *testing.T) {
	t.Parallel()
	s := fulfiltest.MustSlapd(t)
	proxy := fulfiltest.MustLDAPProxy(t, s.Addr)
	o := &company{s, t, s.MustAdmin(t), mustOpened(t, with(tables(s, s.SettingsThrough(proxy)), "timeout", "1"))}
	key := o.person("plang")
	var wait sync.WaitGroup
	for range 8 {
		wait.Go(func() { _, _, _ = o.c.Reader.Read(t.Context(), "people", "uid", "plang") })
	}
	wait.Wait()
	s.Stop()
	r := o.apply(fulfil.Change{Type: fulfil.Modified, Table: "people", Key: key, Changes: values("sn", "1")})
	require.Equal(t, fulfil.Unreachable, r.Outcome, "%+v", r)
	require.NoError(t, s.Start(t.Context()))
	require.Equal(t, fulfil.Done, o.apply(fulfil.Change{Type: fulfil.Modified, Table: "people", Key: key, Changes: values("sn", "1")}).Outcome)

	proxy.MustSet(t, fulfiltest.LDAPHang)
	r = o.apply(fulfil.Change{Type: fulfil.Modified, Table: "people", Key: key, Changes: values("sn", "2")})
	require.Equal(t, fulfil.Unreachable, r.Outcome, "%+v", r)
	require.True(t, errs.Is(o.c.Check(t.Context()), errs.Unavailable))
	_, _, err := o.c.Reader.Read(t.Context(), "people", "entryUUID", key)
	require.True(t, errs.Is(err, errs.Unavailable), "%v", err)
	_, err = o.c.Watcher.Token(t.Context())
	require.True(t, errs.Is(err, errs.Unavailable), "%v", err)
	for _, err := range fulfil.Rows(o.c.Exporter.Export(t.Context(), "people")) {
		require.True(t, errs.Is(err, errs.Unavailable), "%v", err)
	}
	proxy.MustSet(t, fulfiltest.LDAPPass)
	require.Equal(t, "1", o.read("people", key)["sn"])
}

// copied is what somebody knows who only follows the deltas.
type copied struct {
	rows   map[string]fulfil.Row
	cookie string
}

// TestHistory: whoever follows what the server tells has what whoever reads everything has, after whatever happened.
func TestHistory(t *testing.T) {
	t.Parallel()
	draw := seeded(t)
	o := mustCompany(t, "table.plain.base", "ou=people,dc=example,dc=test", "table.plain.filter", "(&(objectClass=inetOrgPerson)(!(employeeType=hidden)))",
		"table.plain.columns", "uid,cn,sn,employeeType", "table.people.columns", "uid,cn,sn,manager,seeAlso,employeeType")
	units := []string{o.People, o.unit("berlin", o.People), o.unit("paris", o.People)}
	var people, groups []string
	for i := range 6 {
		people = append(people, o.person(fmt.Sprintf("start%d", i)))
	}
	groups = append(groups, o.group("g0"), o.group("g1", people[0]))
	names := []string{"people", "plain", "groups", "unix"}
	known := map[string]*copied{}
	whole := func(table string) map[string]fulfil.Row {
		rows := map[string]fulfil.Row{}
		for row, err := range fulfil.Rows(o.c.Exporter.Export(t.Context(), table)) {
			require.NoError(t, err)
			rows[fulfil.TextOf(row["entryUUID"])] = row
		}
		return rows
	}
	full := func(table string) {
		cookies, err := o.c.Tracker.Cookies(t.Context())
		require.NoError(t, err)
		known[table] = &copied{whole(table), cookies[table]}
		require.NotEmpty(t, known[table].cookie)
	}
	for _, table := range names {
		full(table)
	}
	pick := func(list []string) string { return list[draw.IntN(len(list))] }
	n := 0
	act := func() {
		n++
		ch := fulfil.Change{Type: fulfil.Modified, Table: "people", Key: pick(people)}
		switch draw.IntN(14) {
		case 0, 1:
			people = append(people, o.person(fmt.Sprintf("p%d", n), "parentdn", pick(units)))
			return
		case 2:
			ch.Changes = values("sn", fmt.Sprintf("sn%d", n))
		case 3:
			ch.Changes = values("uid", fmt.Sprintf("renamed%d", n))
		case 4:
			ch.Changes = values("parentdn", pick(units))
		case 5:
			ch.Changes = values("employeeType", pick([]string{"hidden", "shown"}))
		case 6:
			ch.Changes = values("manager", pick(people))
		case 7:
			if len(people) < 4 {
				return
			}
			ch.Type = fulfil.Deleted
			people = slices.DeleteFunc(people, func(k string) bool { return k == ch.Key })
		case 8, 9:
			ch.ChangesAdded = map[string][]fulfil.Link{"groups": links(pick(groups))}
		case 10:
			ch.ChangesRemoved = map[string][]fulfil.Link{"groups": links(pick(groups))}
		case 11:
			ch = fulfil.Change{Type: fulfil.Added, Table: "groups", Changes: values("cn", fmt.Sprintf("g%d", n))}
			groups = append(groups, o.apply(ch).CreatedKey)
			return
		case 12:
			ch = fulfil.Change{Type: fulfil.Modified, Table: "groups", Key: pick(groups), Changes: values("description", fmt.Sprintf("d%d", n))}
		case 13: // a whole unit gets another name, by somebody else: nobody tells of those in it
			i := 1 + draw.IntN(2)
			to := fmt.Sprintf("ou=unit%d", n)
			require.NoError(t, o.admin.ModifyDN(lib.NewModifyDNRequest(units[i], to, true, "")))
			units[i] = to + "," + o.People
			return
		}
		r := o.apply(ch)
		require.True(t, r.Outcome.OK(), "%+v: %+v", ch, r)
	}
	followed, read := 0, 0
	rounds := 60
	if testing.Short() {
		rounds = 15
	}
	for range rounds {
		for range 1 + draw.IntN(3) {
			act()
		}
		require.Eventually(t, func() bool { return o.settled() }, 20*time.Second, 5*time.Millisecond, "refint works behind the answer")
		for _, table := range names {
			k := known[table]
			delta, err := o.c.Tracker.Since(t.Context(), table, k.cookie, 1000)
			require.NoError(t, err)
			if delta == nil {
				read++
				full(table)
				continue
			}
			followed++
			rows := maps.Clone(k.rows)
			for _, key := range delta.Gone {
				delete(rows, key)
			}
			for _, row := range delta.Rows {
				rows[fulfil.TextOf(row["entryUUID"])] = row
			}
			if delta.Count >= 0 && delta.Count != len(rows) {
				read++
				full(table)
				continue
			}
			now := whole(table)
			require.Equal(t, now, rows, "table %s after %d steps", table, n)
			known[table] = &copied{rows, delta.Cookie}
		}
	}
	t.Logf("%d steps, %d times followed, %d times read", n, followed, read)
	require.Greater(t, followed, rounds/2, "it is of no use otherwise")
}

// settled reports whether no reference points to nobody any more.
func (o *company) settled() bool {
	found, err := o.admin.Search(lib.NewSearchRequest(o.Suffix, lib.ScopeWholeSubtree, lib.NeverDerefAliases, 0, 0, false, "(|(member=*)(manager=*))", []string{"member", "manager"}, nil))
	require.NoError(o.t, err)
	for _, e := range found.Entries {
		for _, dn := range append(e.GetAttributeValues("member"), e.GetAttributeValues("manager")...) {
			if dn != "cn=nobody" && o.raw(dn) == nil {
				return false
			}
		}
	}
	return true
}

// A cookie that the server cannot follow leads to a reading, whatever is wrong with it.
func TestDoubtfulCookies(t *testing.T) {
	t.Parallel()
	o := mustCompany(t, "table.plain.base", "ou=people,dc=example,dc=test", "table.plain.objectClass", "inetOrgPerson", "table.plain.columns", "uid,cn,sn")
	o.person("a")
	cookies, err := o.c.Tracker.Cookies(t.Context())
	require.NoError(t, err)
	good := cookies["plain"]
	delta, err := o.c.Tracker.Since(t.Context(), "plain", good, 10)
	require.NoError(t, err)
	require.Equal(t, &fulfil.Delta{Count: 1, Cookie: good}, delta, "nothing happened")
	mark, moment, _ := strings.Cut(good, ":")
	for name, cookie := range map[string]string{
		"OtherSettings": "0000000000000000:" + moment, "Future": mark + ":20990101000000.000000Z#000000#000#000000", "LongAgo": mark + ":20200101000000.000000Z#000000#000#000000",
		"OtherServer": mark + ":" + strings.Replace(moment, "#000#", "#00a#", 1), "Twice": good + ";" + moment, "OtherTable": cookies["groups"],
	} {
		delta, err := o.c.Tracker.Since(t.Context(), "plain", cookie, 10)
		require.NoError(t, err, name)
		require.Nil(t, delta, name)
	}
	// What we may not see has moved all the same.
	o.MustSet(t, "access to dn.subtree=\"ou=hidden,dc=example,dc=test\" by * none\n")
	hidden := lib.NewAddRequest("ou=hidden,"+o.Suffix, nil)
	hidden.Attribute("objectClass", []string{"organizationalUnit"})
	require.NoError(t, o.MustAdmin(t).Add(hidden))
	delta, err = o.c.Tracker.Since(t.Context(), "plain", good, 10)
	require.NoError(t, err)
	require.Nil(t, delta, "moved, and nothing was told")
	// A server that started again knows nothing of what was deleted before.
	cookies, err = o.c.Tracker.Cookies(t.Context())
	require.NoError(t, err)
	o.person("b")
	require.Equal(t, fulfil.Done, o.apply(fulfil.Change{Type: fulfil.Deleted, Table: "people", KeyColumn: "uid", Key: "a"}).Outcome)
	o.Stop()
	require.NoError(t, o.Start(t.Context()))
	delta, err = o.c.Tracker.Since(t.Context(), "plain", cookies["plain"], 10)
	require.NoError(t, err)
	require.True(t, delta == nil || delta.Count == 1, "%+v", delta)
}

// A change is told as soon as it was answered, also by a server that counts it a moment later, or only with the next one.
func TestToldAtOnce(t *testing.T) {
	t.Parallel()
	s := fulfiltest.MustSlapd(t)
	admin := s.MustAdmin(t)
	c := mustOpened(t, accounts(s, s.Settings()))
	row := func(uid, name string) fulfil.Row { return fulfil.Row{"uid": uid, "displayName": name} }
	put(t, admin, s, row("a", "1"), row("b", "1"))
	for i := range 100 {
		token, err := c.Watcher.Token(t.Context())
		require.NoError(t, err)
		cookies, err := c.Tracker.Cookies(t.Context())
		require.NoError(t, err)
		put(t, admin, s, row("a", fmt.Sprint(i)), row("d", fmt.Sprint(i))) // each is tried as an addition first, and refused
		delta, err := c.Tracker.Since(t.Context(), "account", cookies["account"], 100)
		require.NoError(t, err)
		require.NotNil(t, delta)
		require.Len(t, delta.Rows, 2, i)
		for _, r := range delta.Rows {
			require.Equal(t, fmt.Sprint(i), r["displayName"])
		}
		now, err := c.Watcher.Token(t.Context())
		require.NoError(t, err)
		require.NotEqual(t, token, now)
	}
}

// What speaks no LDAP, or breaks off, is no connection and no answer, and holds nobody.
func TestGarbage(t *testing.T) {
	t.Parallel()
	bind := "\x30\x0c\x02\x01\x01\x61\x07\x0a\x01\x00\x04\x00\x04\x00"
	for name, said := range map[string]string{
		"Nothing": "", "HTTP": "HTTP/1.1 400 Bad Request\r\n\r\n", "Huge": "\x30\x84\x7f\xff\xff\xff", "Nested": strings.Repeat("\x30\x80", 100_000), "Zeros": strings.Repeat("\x00", 4096),
		"Noise": "\xff\xfe\x01\x02\x30\x03\x02\x01\x07", "WrongID": "\x30\x0c\x02\x01\x63\x61\x07\x0a\x01\x00\x04\x00\x04\x00", "BoundThenNoise": bind + "\x30\x05\x02\x01\x02\x64\x00", "BoundThenSilence": bind,
		"BoundThenEnd": bind + "\x30\x0c\x02\x01\x02\x65\x07\x0a\x01\x00\x04\x00\x04\x00",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l, err := net.Listen("tcp", "127.0.0.1:0")
			require.NoError(t, err)
			var wait sync.WaitGroup
			wait.Go(func() {
				for {
					c, err := l.Accept()
					if err != nil {
						return
					}
					wait.Go(func() {
						defer c.Close()
						_, _ = c.Write([]byte(said))
						_, _ = io.Copy(io.Discard, c)
					})
				}
			})
			t.Cleanup(func() { _ = l.Close(); wait.Wait() })
			c, err := ldap.Package{}.Open(t.Context(), fulfil.Settings{Values: map[string]string{"url": "ldap://" + l.Addr().String(), "startTLS": "false", "bindDn": "cn=a", "password": "topsecret",
				"timeout": "1", "table.people.base": "dc=x", "table.people.objectClass": "person"}})
			require.NoError(t, err)
			defer c.Close()
			require.Error(t, c.Check(t.Context()))
			for _, err := range fulfil.Rows(c.Exporter.Export(t.Context(), "people")) {
				require.Error(t, err)
			}
			_, found, err := c.Reader.Read(t.Context(), "people", "cn", "x")
			require.Error(t, err)
			require.False(t, found)
			r := c.Applier.Apply(t.Context(), fulfil.Change{Type: fulfil.Deleted, Table: "people", KeyColumn: "cn", Key: "x"})
			require.Contains(t, []fulfil.Outcome{fulfil.Unreachable, fulfil.Refused}, r.Outcome, "%+v: nothing was asked to be changed", r)
			require.NotContains(t, r.Message+err.Error(), "topsecret")
		})
	}
}

// seeded gives random numbers of a seed that a failed test names.
func seeded(t *testing.T) *rand.Rand {
	t.Helper()
	seed := uint64(time.Now().UnixNano())
	if text := os.Getenv("RAPID_SEED"); text != "" {
		_, _ = fmt.Sscan(text, &seed)
	}
	t.Logf("RAPID_SEED=%d", seed)
	return rand.New(rand.NewPCG(seed, 1))
}

// TestRandomTexts: whatever text goes in comes back as it was, as a value and as a name, and nothing else is touched.
func TestRandomTexts(t *testing.T) {
	t.Parallel()
	o := mustCompany(t)
	draw := seeded(t)
	alphabet := []rune(`abc ,+"\<>;=#*()&|!/:@'%$` + "\t\x01\x7fäßİı日本🦊\u00a0\u0301\u200b")
	n := 200
	if testing.Short() {
		n = 30
	}
	names := map[string]string{}
	for range n {
		text := make([]rune, 1+draw.IntN(12))
		for i := range text {
			text[i] = alphabet[draw.IntN(len(alphabet))]
		}
		value := string(text)
		r := o.apply(fulfil.Change{Type: fulfil.Added, Table: "people", Changes: values("uid", value, "cn", "x", "sn", "x", "displayName", value, "description", value)})
		if r.Outcome != fulfil.Done { // nothing but blanks, or the same as one before for the server
			require.Contains(t, []fulfil.Outcome{fulfil.Refused, fulfil.Conflict, fulfil.AlreadySo}, r.Outcome, "%q: %+v", value, r)
			continue
		}
		names[r.CreatedKey] = value
		row := o.read("people", r.CreatedKey)
		for _, column := range []string{"uid", "displayName", "description"} {
			require.Equal(t, value, row[column], "%q as %s", value, column)
		}
		got, found, err := o.c.Reader.Read(t.Context(), "people", "dn", fulfil.TextOf(row["dn"]))
		require.NoError(t, err)
		require.True(t, found, "%q: %q", value, row["dn"])
		require.Equal(t, row, got)
	}
	rows := o.rows("people")
	require.Len(t, rows, len(names))
	for key, value := range names {
		require.Equal(t, value, rows[key]["uid"])
	}
	group := o.group("all", slices.Sorted(maps.Keys(names))...)
	require.Equal(t, slices.Sorted(maps.Keys(names)), slices.Sorted(slices.Values(fulfil.ListOf(o.read("groups", group)["member"]))))
	for key := range names {
		require.Equal(t, fulfil.Done, o.apply(fulfil.Change{Type: fulfil.Deleted, Table: "people", Key: key}).Outcome, "%q", names[key])
	}
	require.Equal(t, []string{"cn=nobody"}, o.raw("cn=all,"+o.Groups).GetAttributeValues("member"))
	require.Empty(t, o.rows("people"))
}

// TestKilledServer: the server is killed at any moment of a change. What the receipt says is what the directory holds, and a repeat makes it so once.
func TestKilledServer(t *testing.T) {
	t.Parallel()
	o := mustCompany(t, "timeout", "5")
	draw := seeded(t)
	rounds := 25
	if testing.Short() {
		rounds = 5
	}
	counts := map[fulfil.Outcome]int{}
	key, at := o.person("plang"), "plang"
	for i := range rounds {
		changes := []fulfil.Change{
			{Type: fulfil.Added, Table: "people", Changes: values("uid", fmt.Sprintf("new%d", i), "cn", "n", "sn", "n")},
			{Type: fulfil.Modified, Table: "people", Key: key, Changes: values("sn", fmt.Sprint(i))},
			{Type: fulfil.Modified, Table: "people", Key: key, Changes: values("uid", fmt.Sprintf("name%d", i))},
		}
		ch := changes[draw.IntN(len(changes))]
		there := func() bool {
			row, found, err := o.c.Reader.Read(t.Context(), "people", "uid", fmt.Sprintf("new%d", i))
			if ch.Type == fulfil.Modified {
				row, found, err = o.c.Reader.Read(t.Context(), "people", "entryUUID", key)
			}
			require.NoError(t, err)
			for column, v := range ch.Changes {
				found = found && row[column] == *v
			}
			return found
		}
		wait := time.Duration(draw.IntN(1500)) * time.Microsecond
		answered := make(chan fulfil.Receipt)
		go func() { answered <- o.apply(ch) }()
		time.Sleep(wait) // the moment is what is drawn
		o.Stop()
		r := <-answered
		counts[r.Outcome]++
		require.NoError(t, o.Start(t.Context()))
		switch r.Outcome {
		case fulfil.Done:
			require.True(t, there(), "%+v", ch)
		case fulfil.Unreachable:
			require.False(t, there(), "%+v", ch)
		default:
			require.Equal(t, fulfil.Unknown, r.Outcome, "%+v", r)
		}
		r = o.apply(ch)
		require.True(t, r.Outcome.OK(), "%+v", r)
		require.True(t, there(), "%+v", ch)
		if v := ch.Changes["uid"]; v != nil && ch.Type == fulfil.Modified {
			at = *v
		}
	}
	t.Log(counts)
	require.NotEmpty(t, o.MustSearch(t, o.People, "(uid="+at+")", "uid"))
}

// TestFollowedWhileItChanges: whoever follows a directory that others write to at the same time knows, when they stop, what there is.
func TestFollowedWhileItChanges(t *testing.T) {
	t.Parallel()
	o := mustCompany(t, "table.plain.base", "ou=people,dc=example,dc=test", "table.plain.objectClass", "inetOrgPerson", "table.plain.columns", "uid,cn,sn", "table.plain.rdn", "uid")
	draw := seeded(t)
	var writers sync.WaitGroup
	for n := range 2 {
		draw := rand.New(rand.NewPCG(draw.Uint64(), uint64(n)))
		writers.Go(func() {
			var keys []string
			for i := range 120 {
				ch := fulfil.Change{Type: fulfil.Added, Table: "plain", KeyColumn: "entryUUID", Changes: values("uid", fmt.Sprintf("w%d-%d", n, i), "cn", "x", "sn", "x")}
				if len(keys) > 0 && draw.IntN(3) > 0 {
					ch.Type, ch.Key, ch.Changes = fulfil.Modified, keys[draw.IntN(len(keys))], values("sn", fmt.Sprint(i))
					switch draw.IntN(4) {
					case 0:
						ch.Changes = values("uid", fmt.Sprintf("r%d-%d", n, i))
					case 1:
						ch.Type, ch.Changes = fulfil.Deleted, nil
						keys = slices.DeleteFunc(keys, func(k string) bool { return k == ch.Key })
					}
				}
				r := o.c.Applier.Apply(t.Context(), ch)
				if !r.Outcome.OK() {
					t.Errorf("%+v: %+v", ch, r)
				}
				if ch.Type == fulfil.Added {
					keys = append(keys, r.CreatedKey)
				}
			}
		})
	}
	ended := make(chan struct{})
	go func() { writers.Wait(); close(ended) }()
	var rows map[string]fulfil.Row
	cookie, followed, read := "", 0, 0
	step := func() {
		if cookie != "" {
			delta, err := o.c.Tracker.Since(t.Context(), "plain", cookie, 1000)
			require.NoError(t, err)
			if delta != nil {
				now := maps.Clone(rows)
				for _, key := range delta.Gone {
					delete(now, key)
				}
				for _, row := range delta.Rows {
					now[fulfil.TextOf(row["entryUUID"])] = row
				}
				if delta.Count < 0 || delta.Count == len(now) {
					rows, cookie = now, delta.Cookie
					followed++
					return
				}
			}
		}
		cookies, err := o.c.Tracker.Cookies(t.Context())
		require.NoError(t, err)
		cookie, rows = cookies["plain"], o.rows("plain")
		read++
	}
	for open := true; open; {
		select {
		case <-ended:
			open = false
		default:
		}
		step()
	}
	step()
	t.Logf("%d times followed, %d times read", followed, read)
	require.Equal(t, o.rows("plain"), rows)
}

// Members by uniqueMember, and values whose bytes mean something.
func TestUniqueMembersAndCertificates(t *testing.T) {
	t.Parallel()
	o := mustCompany(t, "table.teams.base", "ou=groups,dc=example,dc=test", "table.teams.objectClass", "groupOfUniqueNames", "table.teams.placeholder", "cn=nobody",
		"table.teams.link.uniqueMember", "people", "table.people.backlink.teams", "teams.uniqueMember")
	block, _ := pem.Decode([]byte(o.CA))
	a := o.person("a", "userCertificate", base64.StdEncoding.EncodeToString(block.Bytes))
	b := o.person("b")
	require.Equal(t, block.Bytes, o.read("people", a)["userCertificate"])
	require.Equal(t, block.Bytes, o.rows("people")[a]["userCertificate"])
	team := o.done(fulfil.Change{Type: fulfil.Added, Table: "teams", Changes: values("cn", "team"), ChangesAdded: map[string][]fulfil.Link{"uniqueMember": links(a)}})
	o.done(fulfil.Change{Type: fulfil.Modified, Table: "people", Key: b, ChangesAdded: map[string][]fulfil.Link{"teams": links(team)}})
	require.ElementsMatch(t, []string{a, b}, fulfil.ListOf(o.read("teams", team)["uniqueMember"]))
	o.done(fulfil.Change{Type: fulfil.Modified, Table: "people", Key: a, Changes: values("uid", "renamed")})
	require.ElementsMatch(t, []string{a, b}, fulfil.ListOf(o.rows("teams")[team]["uniqueMember"]))
	require.Equal(t, team, o.rows("people")[a]["teams"])
	o.done(fulfil.Change{Type: fulfil.Deleted, Table: "people", Key: a})
	o.done(fulfil.Change{Type: fulfil.Deleted, Table: "people", Key: b})
	require.Equal(t, []string{"cn=nobody"}, o.raw("cn=team,"+o.Groups).GetAttributeValues("uniqueMember"))
	o.done(fulfil.Change{Type: fulfil.Deleted, Table: "teams", Key: team})
}
