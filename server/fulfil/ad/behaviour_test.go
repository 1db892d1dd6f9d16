package ad_test

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	lib "github.com/go-ldap/ldap/v3"
	"github.com/stretchr/testify/require"

	"writ/server/errs"
	"writ/server/fulfil"
	"writ/server/fulfil/ad"
	"writ/server/fulfil/fulfiltest"
)

// domain is a part of a domain for one test, and a connection to it.
type domain struct {
	*fulfiltest.Samba
	t     *testing.T
	admin *lib.Conn
	unit  string
	c     *fulfil.Opened
	name  string // what its logins begin with: they are unique in the whole domain
}

func mustDomain(t *testing.T, more ...string) *domain {
	t.Helper()
	s := fulfiltest.MustSamba(t)
	admin := s.MustAdmin(t)
	unit := s.MustUnit(t, admin)
	name, _, _ := strings.Cut(strings.TrimPrefix(unit, "OU="), ",")
	return &domain{s, t, admin, unit, mustOpened(t, with(tables(s.Settings(), unit), more...)), name + "."}
}

func tables(settings map[string]string, unit string) map[string]string {
	return with(settings, "table.users.base", unit, "table.users.objectClass", "user", "table.users.link.manager", "users", "table.users.backlink.groups", "groups.member",
		"table.groups.base", unit, "table.groups.objectClass", "group", "table.groups.link.member", "users", "table.units.base", unit, "table.units.objectClass", "organizationalUnit", "table.units.rdn", "ou")
}

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

func (o *domain) apply(ch fulfil.Change) fulfil.Receipt {
	if ch.KeyColumn == "" {
		ch.KeyColumn = "objectGUID"
	}
	return o.c.Applier.Apply(o.t.Context(), ch)
}

// done makes a change, and sees that a repeat changes nothing.
func (o *domain) done(ch fulfil.Change) string {
	o.t.Helper()
	r := o.apply(ch)
	require.Equal(o.t, fulfil.Done, r.Outcome, "%+v", r)
	if _, password := ch.Changes["unicodePwd"]; ch.Type == fulfil.Added || !password {
		if ch.Type == fulfil.Added && ch.KeyColumn == "" {
			ch.Changes = maps.Clone(ch.Changes)
			ch.Changes["objectGUID"] = &r.CreatedKey
		}
		again := o.apply(ch)
		require.Equal(o.t, fulfil.AlreadySo, again.Outcome, "%+v", again)
	}
	return r.CreatedKey
}

func (o *domain) user(cn string, more ...string) string {
	o.t.Helper()
	return o.done(fulfil.Change{Type: fulfil.Added, Table: "users", Changes: values(append([]string{"cn", cn, "sAMAccountName", o.name + cn}, more...)...)})
}

func (o *domain) group(cn string, members ...string) string {
	o.t.Helper()
	return o.done(fulfil.Change{Type: fulfil.Added, Table: "groups", Changes: values("cn", cn, "sAMAccountName", o.name+cn), ChangesAdded: map[string][]fulfil.Link{"member": links(members...)}})
}

func (o *domain) modify(table, key string, pairs ...string) {
	o.t.Helper()
	o.done(fulfil.Change{Type: fulfil.Modified, Table: table, Key: key, Changes: values(pairs...)})
}

func (o *domain) read(table, key string) fulfil.Row {
	o.t.Helper()
	row, found, err := o.c.Reader.Read(o.t.Context(), table, "objectGUID", key)
	require.NoError(o.t, err)
	require.True(o.t, found)
	return row
}

func (o *domain) rows(table string) map[string]fulfil.Row {
	o.t.Helper()
	rows := map[string]fulfil.Row{}
	for row, err := range fulfil.Rows(o.c.Exporter.Export(o.t.Context(), table)) {
		require.NoError(o.t, err)
		rows[fulfil.TextOf(row["objectGUID"])] = row
	}
	return rows
}

// raw is an entry as the administrator sees it.
func (o *domain) raw(dn string) *lib.Entry {
	o.t.Helper()
	found, err := o.admin.Search(lib.NewSearchRequest(dn, lib.ScopeBaseObject, lib.NeverDerefAliases, 0, 0, false, "(objectClass=*)", nil, nil))
	if lib.IsErrorWithCode(err, lib.LDAPResultNoSuchObject) {
		return nil
	}
	require.NoError(o.t, err)
	return found.Entries[0]
}

func (o *domain) mayBind(user, password string) error {
	o.t.Helper()
	c, err := o.DialNobody()
	require.NoError(o.t, err)
	defer func() { _ = c.Close() }()
	return c.Bind(user, password)
}

const (
	first  = "Kite-Lamp-77-grün"
	second = "Moon-Boat-31-blue"
)

func TestAccount(t *testing.T) {
	t.Parallel()
	o := mustDomain(t)
	require.NoError(t, o.c.Check(t.Context()))
	boss := o.user("Boss")
	key := o.user("Mia Stone", "userPrincipalName", o.name+"mia@ad.example.test", "displayName", "Mia Stone", "givenName", "Mia", "sn", "Stone",
		"unicodePwd", first, "userAccountControl", "512", "accountExpires", "2031-01-02", "manager", boss)
	require.Regexp(t, `^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$`, key)
	require.Equal(t, "514", o.read("users", boss)["userAccountControl"], "nobody said that it is to be enabled")
	row := o.read("users", key)
	require.Equal(t, row, o.rows("users")[key], "read and exported alike")
	require.Equal(t, "512", row["userAccountControl"])
	require.Equal(t, "2031-01-02T00:00:00Z", row["accountExpires"])
	require.Equal(t, boss, row["manager"])
	require.Regexp(t, `^S-1-5-21(-\d+){4}$`, row["objectSid"])
	require.Contains(t, o.MustSearch(t, o.unit, "(cn=Mia Stone)", "objectGUID", "objectSid"), "objectGUID: "+key, "as the system's own tool writes it")
	require.Contains(t, o.MustSearch(t, o.unit, "(cn=Mia Stone)", "objectSid"), fmt.Sprint("objectSid: ", row["objectSid"]))
	require.Nil(t, row["unicodePwd"])
	require.NoError(t, o.mayBind(o.name+"mia@ad.example.test", first))

	// Never again; must choose a password; another password and that, at once.
	o.done(fulfil.Change{Type: fulfil.Modified, Table: "users", Key: key, Changes: map[string]*string{"accountExpires": nil}})
	require.Nil(t, o.read("users", key)["accountExpires"])
	o.modify("users", key, "unicodePwd", second, "pwdLastSet", "0")
	require.Equal(t, "0", o.read("users", key)["pwdLastSet"])
	require.ErrorContains(t, o.mayBind(o.name+"mia@ad.example.test", second), "773")
	o.modify("users", key, "pwdLastSet", "-1")
	require.NoError(t, o.mayBind(o.name+"mia@ad.example.test", second))

	// Renamed and moved: the same row.
	o.done(fulfil.Change{Type: fulfil.Added, Table: "units", Changes: values("ou", "Paris, 2nd")})
	o.modify("users", key, "cn", "Mia Cole", "sn", "Cole", "parentdn", `OU=Paris\, 2nd,`+o.unit)
	require.NotNil(t, o.raw(`CN=Mia Cole,OU=Paris\, 2nd,`+o.unit))
	require.Equal(t, "Mia Cole", o.read("users", key)["cn"])

	// Disabled, and gone.
	o.modify("users", key, "userAccountControl", "514")
	require.ErrorContains(t, o.mayBind(o.name+"mia@ad.example.test", second), "533")
	o.done(fulfil.Change{Type: fulfil.Deleted, Table: "users", Key: key})
	require.Equal(t, fulfil.NotFound, o.apply(fulfil.Change{Type: fulfil.Modified, Table: "users", Key: key, Changes: values("sn", "x")}).Outcome)
	_, found, err := o.c.Reader.Read(t.Context(), "users", "objectGUID", key)
	require.NoError(t, err)
	require.False(t, found)
}

func TestGroups(t *testing.T) {
	t.Parallel()
	o := mustDomain(t)
	a, b := o.user("A"), o.user("B")
	staff := o.group("staff", a)
	crew := o.done(fulfil.Change{Type: fulfil.Added, Table: "groups", Changes: values("cn", "crew", "sAMAccountName", o.name+"crew", "groupType", "-2147483640")})
	o.done(fulfil.Change{Type: fulfil.Modified, Table: "groups", Key: staff, ChangesAdded: map[string][]fulfil.Link{"member": links(a, b)}})
	o.done(fulfil.Change{Type: fulfil.Modified, Table: "users", Key: a, ChangesAdded: map[string][]fulfil.Link{"groups": links(crew)}})
	both := []string{crew, staff}
	slices.Sort(both)
	require.Equal(t, both, o.read("users", a)["groups"])
	o.modify("users", a, "cn", "A, renamed")
	require.Equal(t, both, o.rows("users")[a]["groups"])
	o.done(fulfil.Change{Type: fulfil.Modified, Table: "users", Key: a, ChangesRemoved: map[string][]fulfil.Link{"groups": links(staff)}})
	require.Equal(t, b, o.read("groups", staff)["member"])
	o.done(fulfil.Change{Type: fulfil.Modified, Table: "groups", Key: crew, ChangesRemoved: map[string][]fulfil.Link{"member": links(a)}})
	require.Nil(t, o.read("groups", crew)["member"], "a group may be empty")
	o.done(fulfil.Change{Type: fulfil.Deleted, Table: "users", Key: b})
	require.Nil(t, o.read("groups", staff)["member"])
	r := o.apply(fulfil.Change{Type: fulfil.Modified, Table: "groups", Key: staff, ChangesAdded: map[string][]fulfil.Link{"member": links(b)}})
	require.Equal(t, fulfil.Refused, r.Outcome, "%+v", r)
}

// TestMembersAtOnce: several workers put people into one group, and take them out.
func TestPrimaryGroup(t *testing.T) {
	t.Parallel()
	o := mustDomain(t)
	a, b := o.user("A"), o.user("B")
	staff := o.group("staff", a)
	found, err := o.admin.Search(lib.NewSearchRequest("CN=staff,"+o.unit, lib.ScopeBaseObject, lib.NeverDerefAliases, 0, 0, false, "(objectClass=*)", []string{"primaryGroupToken"}, nil))
	require.NoError(t, err)
	require.NoError(t, o.admin.Modify(fulfiltest.LDAPChange("CN=A,"+o.unit, "primaryGroupID", found.Entries[0].GetAttributeValue("primaryGroupToken"))))
	require.Nil(t, o.read("groups", staff)["member"])
	for _, ch := range []fulfil.Change{{Table: "users", Key: a, ChangesAdded: map[string][]fulfil.Link{"groups": links(staff)}}, {Table: "groups", Key: staff, ChangesAdded: map[string][]fulfil.Link{"member": links(a)}}} {
		ch.Type = fulfil.Modified
		r := o.apply(ch)
		require.Equal(t, fulfil.AlreadySo, r.Outcome, "%+v", r)
		ch.ChangesAdded, ch.ChangesRemoved = nil, ch.ChangesAdded
		r = o.apply(ch)
		require.Equal(t, fulfil.Refused, r.Outcome, "he would stay in it: %+v", r)
		require.Contains(t, r.Message, "primary group")
	}
	for _, ch := range []fulfil.Change{{Table: "users", Key: b, ChangesRemoved: map[string][]fulfil.Link{"groups": links(staff)}}, {Table: "groups", Key: staff, ChangesRemoved: map[string][]fulfil.Link{"member": links(b)}}} {
		ch.Type = fulfil.Modified
		require.Equal(t, fulfil.AlreadySo, o.apply(ch).Outcome)
	}
	o.done(fulfil.Change{Type: fulfil.Modified, Table: "groups", Key: staff, ChangesAdded: map[string][]fulfil.Link{"member": links(b)}})
}

// TestPasswordAgain: who has not used his first password gets a second one, and has to change that, too.
func TestPasswordAgain(t *testing.T) {
	t.Parallel()
	o := mustDomain(t)
	a := o.user("A", "unicodePwd", first, "userAccountControl", "512", "pwdLastSet", "0")
	r := o.apply(fulfil.Change{Type: fulfil.Modified, Table: "users", Key: a, Changes: values("unicodePwd", second, "pwdLastSet", "0")})
	require.Equal(t, fulfil.Done, r.Outcome, "%+v", r)
	require.Equal(t, "0", o.raw("CN=A,"+o.unit).GetAttributeValue("pwdLastSet"))
	require.ErrorContains(t, o.mayBind(o.name+"A@ad.example.test", second), "773")
}

func TestMembersAtOnce(t *testing.T) {
	t.Parallel()
	o := mustDomain(t)
	staff := o.group("staff")
	var keys []string
	for i := range 6 {
		keys = append(keys, o.user(fmt.Sprint("U", i)))
	}
	slices.Sort(keys)
	for _, remove := range []bool{false, true} {
		receipts := make(chan fulfil.Receipt, 12)
		for i := range 12 {
			go func() {
				ch := fulfil.Change{Type: fulfil.Modified, Table: "users", KeyColumn: "objectGUID", Key: keys[i%6], ChangesAdded: map[string][]fulfil.Link{"groups": links(staff)}}
				if remove {
					ch.ChangesAdded, ch.ChangesRemoved = nil, ch.ChangesAdded
				}
				receipts <- o.c.Applier.Apply(t.Context(), ch)
			}()
		}
		for range 12 {
			r := <-receipts
			require.True(t, r.Outcome.OK(), "%+v", r)
		}
		if remove {
			require.Nil(t, o.read("groups", staff)["member"])
		} else {
			require.Equal(t, keys, o.read("groups", staff)["member"])
		}
	}
}

func TestConflicts(t *testing.T) {
	t.Parallel()
	o := mustDomain(t)
	key := o.user("A", "userPrincipalName", o.name+"a@ad.example.test")
	other := o.user("B")
	for what, pairs := range map[string][]string{
		"the login": {"cn", "C", "sAMAccountName", strings.ToUpper(o.name + "a")},
		"the name":  {"cn", "a", "sAMAccountName", o.name + "c"},
		"the UPN":   {"cn", "D", "sAMAccountName", o.name + "d", "userPrincipalName", o.name + "a@ad.example.test"},
	} {
		r := o.apply(fulfil.Change{Type: fulfil.Added, Table: "users", Changes: values(pairs...)})
		require.Equal(t, fulfil.Conflict, r.Outcome, "%s: %+v", what, r)
		require.NotEmpty(t, r.Hint)
	}
	for what, pairs := range map[string][]string{
		"the login": {"sAMAccountName", o.name + "A"}, "the name": {"cn", "A"}, "the UPN": {"userPrincipalName", o.name + "a@ad.example.test"},
	} {
		r := o.apply(fulfil.Change{Type: fulfil.Modified, Table: "users", Key: other, Changes: values(pairs...)})
		require.Equal(t, fulfil.Conflict, r.Outcome, "%s: %+v", what, r)
	}
	require.Len(t, o.rows("users"), 2)
	for what, ch := range map[string]fulfil.Change{
		"a weak password":       {Type: fulfil.Modified, Table: "users", Key: key, Changes: values("unicodePwd", "weak")},
		"no password":           {Type: fulfil.Modified, Table: "users", Key: key, Changes: map[string]*string{"unicodePwd": nil}},
		"enabled without one":   {Type: fulfil.Modified, Table: "users", Key: key, Changes: values("userAccountControl", "a lot")},
		"what it computes":      {Type: fulfil.Modified, Table: "users", Key: key, Changes: values("objectSid", "S-1-5-21-1-2-3-4")},
		"no time":               {Type: fulfil.Modified, Table: "users", Key: key, Changes: values("accountExpires", "tomorrow")},
		"a column that is none": {Type: fulfil.Modified, Table: "users", Key: key, Changes: values("shoeSize", "43")},
		"a place that is none":  {Type: fulfil.Modified, Table: "users", Key: key, Changes: values("parentdn", "OU=none,"+o.unit)},
		"outside of the table":  {Type: fulfil.Modified, Table: "users", Key: key, Changes: values("parentdn", "CN=Users,"+o.Suffix)},
	} {
		r := o.apply(ch)
		require.Equal(t, fulfil.Refused, r.Outcome, "%s: %+v", what, r)
		require.NotContains(t, r.Message+r.Detail, "weak")
		if what == "a weak password" {
			require.Contains(t, r.Message, "policy of the domain")
		}
	}
}

// TestComputed: what the server computes cannot be written, and reads fine.
func TestComputed(t *testing.T) {
	t.Parallel()
	o := mustDomain(t, "table.users.columns", "sAMAccountName memberOf msDS-PrincipalName sAMAccountType")
	key := o.user("A")
	for _, column := range []string{"memberOf", "msDS-PrincipalName"} {
		r := o.apply(fulfil.Change{Type: fulfil.Modified, Table: "users", Key: key, Changes: values(column, "1")})
		require.Equal(t, fulfil.Refused, r.Outcome, "%+v", r)
		require.Contains(t, r.Message, column+" is kept by the server itself", "nobody was asked")
	}
	cookies, err := o.c.Tracker.Cookies(t.Context())
	require.NoError(t, err)
	require.NotContains(t, cookies, "users", "memberOf changes without a word")
	require.Contains(t, cookies, "groups")
}

// TestUnfinished: the creation of an account broke off behind its first request.
func TestUnfinished(t *testing.T) {
	t.Parallel()
	o := mustDomain(t)
	change := func(cn string, more ...string) fulfil.Change {
		pairs := []string{"cn", cn, "sAMAccountName", o.name + cn, "unicodePwd", first, "userAccountControl", "512"}
		return fulfil.Change{Type: fulfil.Added, Table: "users", KeyColumn: "sAMAccountName", Changes: values(append(pairs, more...)...)}
	}
	weak := change("A", "unicodePwd", "weak")
	r := o.apply(weak)
	require.Equal(t, fulfil.Refused, r.Outcome, "%+v", r)
	require.NotContains(t, r.Message, "weak")
	require.Equal(t, "514", o.raw("CN=A,"+o.unit).GetAttributeValue("userAccountControl"), "never enabled without its password")
	require.Equal(t, o.name+"A", o.done(change("A")))
	require.NoError(t, o.mayBind(o.name+"A@ad.example.test", first))

	require.Equal(t, o.name+"B", o.done(change("B", "pwdLastSet", "0")))
	require.ErrorContains(t, o.mayBind(o.name+"B@ad.example.test", first), "773")

	// Somebody disabled it before he signed in for the first time: an addition does not enable it, and its password stays.
	require.NoError(t, o.admin.Modify(fulfiltest.LDAPChange("CN=B,"+o.unit, "userAccountControl", "514")))
	r = o.apply(change("B", "pwdLastSet", "0", "unicodePwd", second))
	require.Equal(t, fulfil.Conflict, r.Outcome, "%+v", r)
	require.Equal(t, "514", o.raw("CN=B,"+o.unit).GetAttributeValue("userAccountControl"))
	require.NoError(t, o.admin.Modify(fulfiltest.LDAPChange("CN=B,"+o.unit, "userAccountControl", "512")))
	require.ErrorContains(t, o.mayBind(o.name+"B@ad.example.test", first), "773", "his password is the old one")
	require.NotContains(t, o.mayBind(o.name+"B@ad.example.test", second).Error(), "773")

	// Membership is no part of the account: it is gone on with.
	crew := o.group("crew")
	weak = change("C", "unicodePwd", "weak")
	weak.ChangesAdded = map[string][]fulfil.Link{"groups": links(crew)}
	require.Equal(t, fulfil.Refused, o.apply(weak).Outcome)
	good := change("C")
	good.ChangesAdded = weak.ChangesAdded
	require.Equal(t, o.name+"C", o.done(good))
	require.NoError(t, o.mayBind(o.name+"C@ad.example.test", first))

	// Somebody else's, made disabled with "must change" and looked at since.
	weak = change("D", "unicodePwd", "weak")
	require.Equal(t, fulfil.Refused, o.apply(weak).Outcome)
	require.NoError(t, o.admin.Modify(fulfiltest.LDAPChange("CN=D,"+o.unit, "description", "held until the contract is signed")))
	require.Equal(t, fulfil.Conflict, o.apply(change("D")).Outcome)

	// Somebody disabled it: an addition does not enable it, and his password stays.
	require.NoError(t, o.admin.Modify(fulfiltest.LDAPChange("CN=A,"+o.unit, "userAccountControl", "514")))
	again := change("A", "unicodePwd", second)
	require.Equal(t, fulfil.Conflict, o.apply(again).Outcome)
	require.NoError(t, o.admin.Modify(fulfiltest.LDAPChange("CN=A,"+o.unit, "userAccountControl", "512")))
	require.Equal(t, fulfil.AlreadySo, o.apply(again).Outcome)
	require.NoError(t, o.mayBind(o.name+"A@ad.example.test", first))
}

// TestBrokenOff: the request that enables a new account is lost, before it came or behind it. The account is gone on with, and not made twice.
func TestBrokenOff(t *testing.T) {
	t.Parallel()
	o := mustDomain(t)
	proxy := fulfiltest.MustLDAPProxy(t, o.Addr)
	o.c = mustOpened(t, tables(o.SettingsThrough(proxy), o.unit))
	for i, mode := range []fulfiltest.LDAPMode{fulfiltest.LDAPCutBefore, fulfiltest.LDAPCutAfter} {
		for j, cut := range []byte{0x68, 0x66} {
			cn := fmt.Sprint("A", i, j)
			ch := fulfil.Change{Type: fulfil.Added, Table: "users", KeyColumn: "sAMAccountName", Changes: values("cn", cn, "sAMAccountName", o.name+cn, "userAccountControl", "544")}
			proxy.Hook(func(op byte, _ []byte) ([][]byte, fulfiltest.LDAPMode) {
				if op == cut {
					return nil, mode
				}
				return nil, fulfiltest.LDAPPass
			})
			r := o.apply(ch)
			require.Equal(t, fulfil.Unknown, r.Outcome, "%+v", r)
			proxy.Hook(nil)
			r = o.apply(ch)
			require.True(t, r.Outcome.OK(), "%+v", r)
			require.Equal(t, fulfil.AlreadySo, o.apply(ch).Outcome)
			require.Equal(t, "544", o.raw("CN="+cn+","+o.unit).GetAttributeValue("userAccountControl"))
		}
	}
	require.Len(t, o.rows("users"), 4)
}

// TestNoPasswordInTheClear: the connector itself refuses, whatever the server takes.
func TestNoPasswordInTheClear(t *testing.T) {
	t.Parallel()
	o := mustDomain(t)
	proxy := fulfiltest.MustLDAPProxy(t, o.Addr)
	o.c = mustOpened(t, tables(o.SettingsThrough(proxy), o.unit))
	before := proxy.Changes()
	r := o.apply(fulfil.Change{Type: fulfil.Added, Table: "users", Changes: values("cn", "A", "unicodePwd", first)})
	require.Equal(t, fulfil.Refused, r.Outcome, "%+v", r)
	require.Equal(t, before, proxy.Changes())
	require.Nil(t, o.raw("CN=A,"+o.unit))
}

// hostile are texts that mean something in names, in filters or to a shell.
var hostile = []string{
	`a,b`, `a+b=c`, `"quoted"`, `back\slash`, `#hash`, `<angle>`, `semi;colon`, `star*`, `(paren)`, `)(objectClass=*`, `*)(uid=*))(|(uid=*`, `\2a`, `a\,OU=x`, `Zoë 日本語 🦊`, `a=b,CN=c`, `$(id)`, `%00`, `a/b`, `O'Brien`,
}

func TestHostileNames(t *testing.T) {
	t.Parallel()
	o := mustDomain(t)
	for i, name := range hostile {
		key := o.done(fulfil.Change{Type: fulfil.Added, Table: "users", Changes: values("cn", name, "sAMAccountName", fmt.Sprint(o.name, "h", i), "description", name)})
		row := o.read("users", key)
		require.Equal(t, name, row["cn"])
		require.Equal(t, name, row["description"])
		by, found, err := o.c.Reader.Read(t.Context(), "users", "cn", name)
		require.NoError(t, err)
		require.True(t, found)
		require.Equal(t, row, by)
		staff := o.done(fulfil.Change{Type: fulfil.Added, Table: "groups", Changes: values("cn", "g "+name, "sAMAccountName", fmt.Sprint(o.name, "g", i)), ChangesAdded: map[string][]fulfil.Link{"member": links(key)}})
		require.Equal(t, key, o.read("groups", staff)["member"])
		o.modify("users", key, "cn", name+" x")
		require.Equal(t, name+" x", o.read("users", key)["cn"])
	}
	require.Len(t, o.rows("users"), len(hostile))
	for _, key := range []string{"*", "nonsense", "", "00000000-0000-0000-0000-000000000000", ")(objectClass=*"} {
		_, found, err := o.c.Reader.Read(t.Context(), "users", "objectGUID", key)
		require.NoError(t, err)
		require.False(t, found, key)
	}
}

// TestLongGroup: a list that the server gives in parts is read to its end, and never for less; again from the start when it changes meanwhile. Samba gives
// the whole list, so the proxy answers as Windows does: ten members at a time.
func TestLongGroup(t *testing.T) {
	t.Parallel()
	o := mustDomain(t)
	var keys []string
	for i := range 25 {
		keys = append(keys, o.user(fmt.Sprintf("U%02d", i)))
	}
	slices.Sort(keys)
	staff := o.group("staff", keys...)
	group := o.raw("CN=staff," + o.unit)
	members, guid := group.GetAttributeValues("member"), string(group.GetRawAttributeValue("objectGUID"))
	require.Len(t, members, 25)
	proxy := fulfiltest.MustLDAPProxy(t, o.Addr)
	c := mustOpened(t, tables(o.SettingsThrough(proxy), o.unit))
	attribute := func(name string, values ...string) []byte {
		var list [][]byte
		for _, v := range values {
			list = append(list, fulfiltest.LDAPElement(0x04, []byte(v)))
		}
		return fulfiltest.LDAPElement(0x30, fulfiltest.LDAPElement(0x04, []byte(name)), fulfiltest.LDAPElement(0x31, list...))
	}
	asked := regexp.MustCompile(`member;range=(\d+)-\*`)
	var begun, changes atomic.Int64
	short := atomic.Bool{}
	proxy.Hook(func(op byte, request []byte) ([][]byte, fulfiltest.LDAPMode) {
		from := 0
		if m := asked.FindSubmatch(request); m != nil {
			from, _ = strconv.Atoi(string(m[1]))
		} else if op != 0x63 || !strings.Contains(string(request), "\x06member") || !strings.Contains(string(request), "group") {
			return nil, fulfiltest.LDAPPass
		}
		if from == 0 {
			begun.Add(1)
		}
		version := "1"
		if from > 0 && changes.Add(-1) >= 0 {
			version = fmt.Sprint("2", changes.Load())
		}
		to := min(from+10, len(members))
		name := fmt.Sprintf("member;range=%d-%d", from, to-1)
		if to == len(members) {
			name = fmt.Sprintf("member;range=%d-*", from)
		}
		given := members[from:to]
		if short.Load() && from == 10 {
			given = given[:5]
		}
		entry := fulfiltest.LDAPElement(0x64, fulfiltest.LDAPElement(0x04, []byte("CN=staff,"+o.unit)), fulfiltest.LDAPElement(0x30,
			attribute("objectGUID", guid), attribute("uSNChanged", version), attribute("member"), attribute(name, given...)))
		return [][]byte{entry, fulfiltest.LDAPResult(0x65, 0, "")}, fulfiltest.LDAPPass
	})
	for _, n := range []int64{0, 1, 2} { // so often it changes meanwhile
		changes.Store(n)
		row, found, err := c.Reader.Read(t.Context(), "groups", "objectGUID", staff)
		require.NoError(t, err)
		require.True(t, found)
		require.Equal(t, keys, row["member"])
	}
	require.EqualValues(t, 2+3+4, begun.Load(), "the question itself, and its parts from the start")
	refused := func() {
		t.Helper()
		_, _, err := c.Reader.Read(t.Context(), "groups", "objectGUID", staff)
		require.True(t, errs.Is(err, errs.Unavailable), "%v", err)
		for _, err := range fulfil.Rows(c.Exporter.Export(t.Context(), "groups")) {
			require.True(t, errs.Is(err, errs.Unavailable), "%v", err)
		}
	}
	changes.Store(1000)
	refused()
	changes.Store(0)
	short.Store(true)
	refused()
}

// TestFollowed: whatever happens since a cookie is told, or the table has to be read. Not beside others: what happens anywhere in the domain counts.
//
//nolint:paralleltest // see above
func TestFollowed(t *testing.T) {
	o := mustDomain(t)
	unit := o.MustUnit(t, o.admin)
	settings := with(o.Settings(), "table.plain.base", unit, "table.plain.objectClass", "user", "table.plain.columns", "sAMAccountName title", "table.groups.base", unit, "table.groups.objectClass", "group", "table.groups.link.member", "plain")
	o.c, o.unit = mustOpened(t, settings), unit
	add := func(table, cn string) string {
		return o.done(fulfil.Change{Type: fulfil.Added, Table: table, Changes: values("cn", cn, "sAMAccountName", o.name+cn)})
	}
	cookie := func(table string) string {
		cookies, err := o.c.Tracker.Cookies(t.Context())
		require.NoError(t, err)
		require.NotEmpty(t, cookies[table])
		return cookies[table]
	}
	since := func(table, from string) *fulfil.Delta {
		var d *fulfil.Delta
		require.Eventually(t, func() bool { // others write to the same domain: a look may meet them
			var err error
			d, err = o.c.Tracker.Since(t.Context(), table, from, 10_000)
			require.NoError(t, err)
			return d != nil
		}, 30*time.Second, 10*time.Millisecond)
		return d
	}
	told := func(d *fulfil.Delta) (keys []string) {
		for _, row := range d.Rows {
			keys = append(keys, fulfil.TextOf(row["objectGUID"]))
		}
		slices.Sort(keys)
		return keys
	}
	a, b := add("plain", "A"), add("plain", "B")
	from, groups := cookie("plain"), cookie("groups")
	o.modify("plain", a, "title", "x")
	d := since("plain", from)
	require.Equal(t, []string{a}, told(d))
	require.Equal(t, 2, d.Count)
	staff := add("groups", "staff")
	o.done(fulfil.Change{Type: fulfil.Modified, Table: "groups", Key: staff, ChangesAdded: map[string][]fulfil.Link{"member": links(a, b)}})
	require.Equal(t, []string{staff}, told(since("groups", groups)))
	groups = cookie("groups")
	o.done(fulfil.Change{Type: fulfil.Modified, Table: "groups", Key: staff, ChangesRemoved: map[string][]fulfil.Link{"member": links(b)}})
	require.Equal(t, a, since("groups", groups).Rows[0]["member"], "members alone are a change")
	from = cookie("plain")
	o.done(fulfil.Change{Type: fulfil.Deleted, Table: "plain", Key: b})
	d = since("plain", from)
	require.Empty(t, d.Rows)
	require.Equal(t, 1, d.Count)
	never := func(table, from string) {
		d, err := o.c.Tracker.Since(t.Context(), table, from, 10_000)
		require.NoError(t, err)
		require.Nil(t, d)
	}
	never("groups", groups) // somebody who may have been a member is gone, and the group is not told of
	mark, moment, _ := strings.Cut(from, ":")
	server, usn, _ := strings.Cut(moment, "/")
	never("plain", mark+":"+strings.Repeat("0", 32)+"/"+usn) // another database
	never("plain", mark+":"+server+"/999999999999")          // it went back
	never("plain", "0123:"+moment)                           // other settings
	require.NoError(t, o.admin.Add(fulfiltest.LDAPEntry("OU=sub,"+unit, "objectClass", "organizationalUnit")))
	o.modify("plain", a, "parentdn", "OU=sub,"+unit)
	from = cookie("plain")
	require.NoError(t, o.admin.ModifyDN(lib.NewModifyDNRequest("OU=sub,"+unit, "OU=other", true, "")))
	never("plain", from) // who is below it has another name, and nobody tells
}

// TestFollowedAsRead: whoever takes over what is told, and reads the table when nothing can be told or the count differs, has what a complete reading gives.
func TestFollowedAsRead(t *testing.T) {
	t.Parallel()
	o := mustDomain(t)
	o.c = mustOpened(t, with(o.Settings(), "table.users.base", o.unit, "table.users.objectClass", "user", "table.users.columns", "sAMAccountName title",
		"table.groups.base", o.unit, "table.groups.objectClass", "group", "table.groups.link.member", "users", "table.groups.columns", "sAMAccountName member"))
	require.NoError(t, o.admin.Add(fulfiltest.LDAPEntry("OU=sub,"+o.unit, "objectClass", "organizationalUnit")))
	outside := o.MustUnit(t, o.admin)
	o.group("staff")
	mirror, cookies, told := map[string]map[string]fulfil.Row{}, map[string]string{}, 0
	follow := func(table string) {
		if cookies[table] != "" {
			d, err := o.c.Tracker.Since(t.Context(), table, cookies[table], 1000)
			require.NoError(t, err)
			if d != nil {
				for _, row := range d.Rows {
					mirror[table][fulfil.TextOf(row["objectGUID"])] = row
				}
				if cookies[table] = d.Cookie; d.Count == len(mirror[table]) {
					told++
					return
				}
			}
		}
		all, err := o.c.Tracker.Cookies(t.Context())
		require.NoError(t, err)
		cookies[table], mirror[table] = all[table], o.rows(table)
	}
	draw := rand.New(rand.NewPCG(7, 11))
	var alive []string
	for step := range 60 {
		var dn string
		if len(alive) > 0 {
			dn = o.raw("<GUID=" + alive[draw.IntN(len(alive))] + ">").DN
		}
		switch n := draw.IntN(7); {
		case n < 2 || dn == "":
			cn := fmt.Sprint("U", step)
			require.NoError(t, o.admin.Add(fulfiltest.LDAPEntry("CN="+cn+","+o.unit, "objectClass", "user", "sAMAccountName", o.name+cn)))
			by, found, err := o.c.Reader.Read(t.Context(), "users", "cn", cn)
			require.NoError(t, err)
			require.True(t, found)
			alive = append(alive, fulfil.TextOf(by["objectGUID"]))
		case n == 2:
			require.NoError(t, o.admin.Modify(fulfiltest.LDAPChange(dn, "title", fmt.Sprint("t", step))))
		case n == 3:
			require.NoError(t, o.admin.ModifyDN(lib.NewModifyDNRequest(dn, fmt.Sprint("CN=R", step), true, []string{"", "OU=sub," + o.unit, o.unit}[draw.IntN(3)])))
		case n == 4:
			at := outside
			if draw.IntN(2) == 0 {
				at = o.unit
			}
			if err := o.admin.ModifyDN(lib.NewModifyDNRequest(dn, strings.Split(dn, ",")[0], true, at)); err != nil {
				require.True(t, lib.IsErrorWithCode(err, lib.LDAPResultEntryAlreadyExists), "%v", err)
			}
		case n == 5:
			change := lib.NewModifyRequest("CN=staff,"+o.unit, nil)
			change.Add("member", []string{dn})
			_ = o.admin.Modify(change) // he may be in it
		default:
			require.NoError(t, o.admin.Del(lib.NewDelRequest(dn, nil)))
			alive = slices.DeleteFunc(alive, func(guid string) bool { return o.raw("<GUID="+guid+">") == nil })
		}
		if step%3 == 0 {
			follow("users")
			follow("groups")
		}
	}
	follow("users")
	follow("groups")
	require.Equal(t, o.rows("users"), mirror["users"])
	require.Equal(t, o.rows("groups"), mirror["groups"])
	require.Positive(t, told)
}

func TestSettings(t *testing.T) {
	t.Parallel()
	open := func(more ...string) error {
		c, err := ad.Package{}.Open(t.Context(), fulfil.Settings{Values: with(map[string]string{"url": "ldaps://dc.example", "user": "writ@example", "password": "secret"}, more...), DataDir: t.TempDir()})
		if err == nil {
			require.NoError(t, c.Close())
		}
		return err
	}
	require.NoError(t, open("baseDn", "DC=example"))
	for field, settings := range map[string][]string{
		"user": {"user", "somebody"}, "password": {"password", ""}, "url": {"url", "https://x"}, "baseDn": {"baseDn", "DC=x", "table.users.base", "DC=x", "table.users.objectClass", "user"},
		"incremental": {"incremental", "syncrepl"}, "table.users.base": {"baseDn", "nonsense"},
	} {
		err := errs.As(open(settings...))
		require.NotNil(t, err, field)
		require.Equal(t, errs.Validation, err.Kind)
	}
}

// TestUsualTables: baseDn alone is enough, and a wrong password is told by its name.
func TestUsualTables(t *testing.T) {
	t.Parallel()
	o := mustDomain(t)
	key := o.user("A")
	staff := o.group("staff", key)
	o.c = mustOpened(t, with(o.Settings(), "baseDn", o.unit))
	require.NoError(t, o.c.Check(t.Context()))
	require.Equal(t, key, o.rows("groups")[staff]["member"])
	require.Len(t, o.rows("users"), 1)
	whole := mustOpened(t, with(o.Settings(), "baseDn", o.Suffix, "incremental", "none"))
	require.NoError(t, whole.Check(t.Context()), "the server refers to other parts of the forest from here, unless it is asked not to")
	for row, err := range fulfil.Rows(whole.Exporter.Export(t.Context(), "groups")) {
		require.NoError(t, err)
		require.NotEmpty(t, row["sAMAccountName"])
	}
	away := errs.As(mustOpened(t, with(o.Settings(), "baseDn", "DC=elsewhere,DC=test")).Check(t.Context()))
	require.NotNil(t, away, "a referral is not followed")
	require.Equal(t, errs.Validation, away.Kind)
	for why, more := range map[string][]string{"password": {"password", "wrong-word"}, "caCertificate": {"caCertificate", fulfiltest.MustOtherCA(t)}} {
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		err := mustOpened(t, with(o.Settings(), append(more, "baseDn", o.unit)...)).Check(ctx)
		cancel()
		require.NotNil(t, errs.As(err), why)
		require.NotContains(t, err.Error(), "wrong-word")
		require.Equal(t, why, errs.As(err).Field, "%v", err)
	}
}
