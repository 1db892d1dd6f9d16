package ldap_test

import (
	"bytes"
	"strings"
	"sync/atomic"
	"testing"
	"time"
	"unicode"

	lib "github.com/go-ldap/ldap/v3"
	"github.com/stretchr/testify/require"

	"writ/server/errs"
	"writ/server/fulfil"
	"writ/server/fulfil/fulfiltest"
)

// answering answers requests of one kind that hold a text.
func answering(op byte, part string, answers ...[]byte) fulfiltest.LDAPHook {
	return func(is byte, request []byte) ([][]byte, fulfiltest.LDAPMode) {
		if is == op && bytes.Contains(request, []byte(part)) {
			return answers, 0
		}
		return nil, fulfiltest.LDAPPass
	}
}

// exported are the entries of a table, and the error that ends them.
func (o *company) exported(table string) (list []fulfil.Entry, failed error) {
	for e, err := range o.c.Exporter.Export(o.t.Context(), table) {
		if err != nil {
			return list, err
		}
		list = append(list, e)
	}
	return list, nil
}

// When a part was made, nobody says that nothing was.
func TestRefusedInTheMiddle(t *testing.T) {
	t.Parallel()
	o, proxy := mustBehind(t, fulfiltest.MustSlapd(t))
	for code, name := range map[byte]string{lib.LDAPResultBusy: "busy", lib.LDAPResultUnavailable: "unavailable"} {
		proxy.Hook(answering(0x77, "", fulfiltest.LDAPResult(0x78, code, "later")))
		r := o.apply(fulfil.Change{Type: fulfil.Added, Table: "people", Changes: values("uid", name, "cn", "n", "sn", "n", "userPassword", "long-enough-1")})
		require.Equal(t, fulfil.Unknown, r.Outcome, "%+v", r)
		require.Contains(t, r.Message, "part")
		require.Zero(t, r.RetryAfter)
		require.NotNil(t, o.raw("uid="+name+","+o.People))
	}
	proxy.Hook(nil)
	// What is sure to be refused is refused as a whole.
	r := o.apply(fulfil.Change{Type: fulfil.Added, Table: "people", Changes: values("uid", "new", "cn", "n", "sn", "n"), ChangesAdded: map[string][]fulfil.Link{"groups": links("nothing")}})
	require.Equal(t, fulfil.Refused, r.Outcome, "%+v", r)
	require.Nil(t, o.raw("uid=new,"+o.People))
	key := o.person("plang")
	group := o.group("crm")
	before := proxy.Changes()
	for _, ch := range []fulfil.Change{
		{Changes: values("sn", "other"), ChangesAdded: map[string][]fulfil.Link{"groups": links(group, "nothing")}},
		{Changes: values("sn", "other", "manager", "nobody")},
		{Changes: values("sn", "other", "jpegPhoto", "no base64!"), ChangesAdded: map[string][]fulfil.Link{"groups": links(group)}},
	} {
		ch.Type, ch.Table, ch.Key = fulfil.Modified, "people", key
		r := o.apply(ch)
		require.Equal(t, fulfil.Refused, r.Outcome, "%+v", r)
	}
	r = o.apply(fulfil.Change{Type: fulfil.Modified, Table: "groups", Key: group, Changes: values("description", "other"), ChangesAdded: map[string][]fulfil.Link{"member": links("nobody")}})
	require.Equal(t, fulfil.Refused, r.Outcome, "%+v", r)
	require.Equal(t, before, proxy.Changes(), "nothing was sent")
}

// The answer to a question is none to a change: nothing was sent.
func TestAnswersToQuestions(t *testing.T) {
	t.Parallel()
	o, proxy := mustBehind(t, fulfiltest.MustSlapd(t))
	key := o.person("plang")
	before := proxy.Changes()
	done := fulfiltest.LDAPResult(0x65, 0, "")
	for name, tc := range map[string]struct {
		answers [][]byte
		want    fulfil.Outcome
		says    string
	}{
		"TimeLimit": {[][]byte{fulfiltest.LDAPResult(0x65, lib.LDAPResultTimeLimitExceeded, "slow")}, fulfil.Unreachable, "slow"},
		"Other":     {[][]byte{fulfiltest.LDAPResult(0x65, lib.LDAPResultOther, "internal")}, fulfil.Unreachable, "internal"},
		"Busy":      {[][]byte{fulfiltest.LDAPResult(0x65, lib.LDAPResultBusy, "later")}, fulfil.Throttled, "later"},
		"Limit":     {[][]byte{fulfiltest.LDAPResult(0x65, lib.LDAPResultAdminLimitExceeded, "much")}, fulfil.Refused, "allow the user"},
		"Rights":    {[][]byte{fulfiltest.LDAPResult(0x65, lib.LDAPResultInsufficientAccessRights, "no")}, fulfil.Refused, "no"},
		"Elsewhere": {[][]byte{fulfiltest.LDAPElsewhere("ldap://elsewhere.test/"), done}, fulfil.Refused, "ldap://elsewhere.test/"},
		"Part":      {[][]byte{fulfiltest.LDAPFound("uid=plang,"+o.People, "uid;range=0-1", "plang"), done}, fulfil.Refused, "part of the values"},
	} {
		proxy.Hook(answering(0x63, "ou=people", tc.answers...))
		for _, ch := range []fulfil.Change{
			{Type: fulfil.Modified, Table: "people", Key: key, Changes: values("sn", "other")},
			{Type: fulfil.Deleted, Table: "people", Key: key},
			{Type: fulfil.Added, Table: "people", KeyColumn: "uid", Key: "new", Changes: values("uid", "new", "cn", "n", "sn", "n")},
		} {
			r := o.apply(ch)
			require.Equal(t, tc.want, r.Outcome, "%s %s: %+v", name, ch.Type, r)
			require.Contains(t, r.Message, tc.says, name)
			require.Equal(t, tc.want == fulfil.Throttled, r.RetryAfter > 0)
		}
	}
	require.Equal(t, before, proxy.Changes())
}

// Who may set passwords and not look for them overwrites nobody's, and takes away what he is told to.
func TestPasswordsThatAreNotSeen(t *testing.T) {
	t.Parallel()
	s := fulfiltest.MustSlapd(t)
	s.MustReplace(t, `by dn.exact="cn=writ,SUFFIX" write by anonymous`, `by dn.exact="cn=writ,SUFFIX" =w by anonymous`)
	o := &company{s, t, s.MustAdmin(t), mustOpened(t, tables(s, s.Settings()))}
	const first, second = "first-Secret-1", "second-Secret-2"
	ch := fulfil.Change{Type: fulfil.Added, Table: "people", Changes: values("uid", "plang", "cn", "p", "sn", "p", "userPassword", first)}
	key := o.done(ch)
	dn := "uid=plang," + o.People
	require.True(t, o.MayBind(t, dn, first))
	ch.Changes["userPassword"] = text(second)
	require.Equal(t, fulfil.AlreadySo, o.apply(ch).Outcome)
	require.True(t, o.MayBind(t, dn, first), "it is somebody's")
	require.Equal(t, fulfil.Done, o.apply(fulfil.Change{Type: fulfil.Modified, Table: "people", Key: key, Changes: map[string]*string{"userPassword": nil}}).Outcome)
	require.False(t, o.MayBind(t, dn, first))
}

// An entry of the same name that the table does not show is somebody else's, whatever it looks like.
func TestSameNameOutsideTheTable(t *testing.T) {
	t.Parallel()
	s := fulfiltest.MustSlapd(t)
	o := &company{s, t, s.MustAdmin(t), mustOpened(t, with(tables(s, s.Settings()), "table.people.filter", "(&(objectClass=inetOrgPerson)(!(employeeType=hidden)))"))}
	require.NoError(t, o.admin.Add(fulfiltest.LDAPEntry("uid=plang,"+o.People, "objectClass", "inetOrgPerson", "uid", "plang", "cn", "p", "sn", "p", "employeeType", "hidden")))
	r := o.apply(fulfil.Change{Type: fulfil.Added, Table: "people", Changes: values("uid", "plang", "cn", "p", "sn", "p")})
	require.Equal(t, fulfil.Conflict, r.Outcome, "%+v", r)
}

// The key of what was made is asked for once more.
func TestKeyOfWhatWasMade(t *testing.T) {
	t.Parallel()
	o, proxy := mustBehind(t, fulfiltest.MustSlapd(t), "maxConnections", "1")
	var added, cut atomic.Bool
	proxy.Hook(func(op byte, _ []byte) ([][]byte, fulfiltest.LDAPMode) {
		if op == 0x68 {
			added.Store(true)
		}
		if op == 0x63 && added.Load() && cut.CompareAndSwap(false, true) {
			return nil, fulfiltest.LDAPCutBefore
		}
		return nil, fulfiltest.LDAPPass
	})
	r := o.apply(fulfil.Change{Type: fulfil.Added, Table: "people", Changes: values("uid", "plang", "cn", "p", "sn", "p")})
	require.True(t, cut.Load())
	require.Equal(t, fulfil.Done, r.Outcome, "%+v", r)
	require.Equal(t, "plang", o.read("people", r.CreatedKey)["uid"])
}

// What a server says is one line of bounded length.
func TestLongAnswers(t *testing.T) {
	t.Parallel()
	o, proxy := mustBehind(t, fulfiltest.MustSlapd(t))
	key := o.person("plang")
	said := "no\r\n\x1b[2J\u202e\x00" + strings.Repeat("slapd-writ é", 20_000)
	one := func(text string) {
		t.Helper()
		require.Less(t, len(text), 1000)
		require.False(t, strings.ContainsFunc(text, unicode.IsControl), "%q", text)
		require.NotContains(t, text, "\u202e")
		require.NotContains(t, text, "slapd")
	}
	proxy.Hook(answering(0x66, "", fulfiltest.LDAPResult(0x67, lib.LDAPResultUnwillingToPerform, said)))
	r := o.apply(fulfil.Change{Type: fulfil.Modified, Table: "people", Key: key, Changes: values("sn", "other")})
	require.Equal(t, fulfil.Refused, r.Outcome)
	one(r.Message)
	proxy.Hook(answering(0x63, "ou=people", fulfiltest.LDAPResult(0x65, lib.LDAPResultUnwillingToPerform, said)))
	_, err := o.exported("people")
	require.Error(t, err)
	one(errs.As(err).Message)
	proxy.Hook(answering(0x63, "ou=people", fulfiltest.LDAPElsewhere("ldap://x/"+said), fulfiltest.LDAPResult(0x65, 0, "")))
	_, err = o.exported("people")
	require.Error(t, err)
	require.Less(t, len(errs.As(err).Message), 1000)
}

// A part of the values is not the values.
func TestPartsOfValues(t *testing.T) {
	t.Parallel()
	o, proxy := mustBehind(t, fulfiltest.MustSlapd(t))
	group := o.group("crm")
	proxy.Hook(answering(0x63, "ou=groups", fulfiltest.LDAPFound("cn=crm,"+o.Groups, "member;Range=0-1499", "uid=x"), fulfiltest.LDAPResult(0x65, 0, "")))
	list, err := o.exported("groups")
	require.ErrorContains(t, err, "part of the values of member")
	require.True(t, errs.Is(err, errs.Validation))
	require.Empty(t, list)
	_, _, err = o.c.Reader.Read(t.Context(), "groups", "entryUUID", group)
	require.ErrorContains(t, err, "part of the values of member")
	_, err = o.exported("people")
	require.ErrorContains(t, err, "part of the values of member", "groups of people")
}

// A list without end ends.
func TestEndlessLists(t *testing.T) {
	t.Parallel()
	o, proxy := mustBehind(t, fulfiltest.MustSlapd(t), "maximumRows", "3", "table.people.backlink.groups", "groups.member")
	for _, uid := range []string{"a", "b", "c"} {
		o.person(uid)
	}
	require.Len(t, o.rows("people"), 3)
	proxy.Hook(answering(0x63, "ou=people", fulfiltest.LDAPFound("uid=a,"+o.People, "uid", "a"), fulfiltest.LDAPMore("again")))
	_, err := o.exported("people")
	require.True(t, errs.Is(err, errs.Unavailable), "%v", err)
	require.ErrorContains(t, err, "again")
	proxy.Hook(nil)
	o.person("d")
	_, err = o.exported("people")
	require.Equal(t, "maximumRows", errs.As(err).Field, "%v", err)
}

// One entry with a name that nobody understands is one row that cannot be read. A page may be empty, or not full, and not be the last.
func TestOddPages(t *testing.T) {
	t.Parallel()
	o, proxy := mustBehind(t, fulfiltest.MustSlapd(t))
	key := o.person("a")
	unit := o.unit(`Sales\, EMEA`, o.People)
	b := o.person("b", "parentdn", unit)
	require.Equal(t, o.raw(unit).DN, o.read("people", b)["parentdn"], "as the entry above is shown itself")
	person := func(dn string) []byte { return fulfiltest.LDAPFound(dn, "entryUUID", key) }
	proxy.Hook(answering(0x63, "ou=people", person(`cn="a, b",`+o.People), person("uid=a,"+o.People), fulfiltest.LDAPResult(0x65, 0, "")))
	list, err := o.exported("people")
	require.NoError(t, err)
	require.Len(t, list, 2)
	require.NotNil(t, list[0].Fault)
	require.Contains(t, list[0].Fault.Texts, key)
	require.Nil(t, list[1].Fault)
	require.Equal(t, 2, list[1].Line)
	proxy.Hook(func(op byte, request []byte) ([][]byte, fulfiltest.LDAPMode) {
		switch {
		case op != 0x63 || !bytes.Contains(request, []byte("ou=people")):
			return nil, fulfiltest.LDAPPass
		case bytes.Contains(request, []byte("second")):
			return [][]byte{fulfiltest.LDAPResult(0x65, 0, "")}, 0
		case bytes.Contains(request, []byte("first")):
			return [][]byte{person("uid=a," + o.People), fulfiltest.LDAPMore("second")}, 0
		}
		return [][]byte{fulfiltest.LDAPMore("first")}, 0
	})
	require.Equal(t, key, o.read("people", key)["entryUUID"])
}

// Readings take sessions of their own, and leave those of others alone.
func TestReadingsKeepThePool(t *testing.T) {
	t.Parallel()
	o, proxy := mustBehind(t, fulfiltest.MustSlapd(t))
	o.person("a")
	var nested func(depth int)
	nested = func(depth int) {
		for _, err := range o.c.Exporter.Export(t.Context(), "people") {
			require.NoError(t, err)
			if depth > 1 {
				nested(depth - 1)
			}
		}
	}
	nested(4)
	var binds atomic.Int64
	proxy.Hook(func(op byte, _ []byte) ([][]byte, fulfiltest.LDAPMode) {
		if op == 0x60 {
			binds.Add(1)
		}
		return nil, fulfiltest.LDAPPass
	})
	for range 3 {
		nested(1)
	}
	require.EqualValues(t, 3, binds.Load())
	require.Eventually(t, func() bool { return proxy.Sessions() == 4 }, 10*time.Second, 5*time.Millisecond)
}

// A server that takes too long to tell what changed is read.
func TestToldTooLate(t *testing.T) {
	t.Parallel()
	o, proxy := mustBehind(t, fulfiltest.MustSlapd(t), "timeout", "1")
	o.person("a")
	cookies, err := o.c.Tracker.Cookies(t.Context())
	require.NoError(t, err)
	proxy.Hook(func(_ byte, request []byte) ([][]byte, fulfiltest.LDAPMode) {
		if bytes.Contains(request, []byte("1.3.6.1.4.1.4203.1.9.1.1")) {
			return nil, fulfiltest.LDAPHang
		}
		return nil, fulfiltest.LDAPPass
	})
	delta, err := o.c.Tracker.Since(t.Context(), "people", cookies["people"], 100)
	require.NoError(t, err)
	require.Nil(t, delta)
	require.Len(t, o.rows("people"), 1)
}

// One of several servers may lag behind: what happened since a moment of another nobody knows.
func TestSeveralServers(t *testing.T) {
	t.Parallel()
	s := fulfiltest.MustSlapd(t)
	settings := tables(s, s.Settings())
	require.NotNil(t, mustOpened(t, settings).Tracker)
	c := mustOpened(t, with(settings, "url", settings["url"]+", ldaps://"+s.TLSAddr))
	require.Nil(t, c.Tracker)
	require.NotNil(t, c.Watcher)
	require.NoError(t, c.Check(t.Context()))

	// What was read of another server than the one that told its moment is read again.
	proxy := fulfiltest.MustLDAPProxy(t, s.Addr)
	c = mustOpened(t, with(settings, "url", "ldap://"+proxy.Addr()+" ldap://"+s.Addr, "startTLS", "false"))
	token := func() string {
		text, err := c.Watcher.Token(t.Context())
		require.NoError(t, err)
		return text
	}
	first := token()
	require.Equal(t, first, token())
	proxy.MustSet(t, fulfiltest.LDAPDown)
	for _, err := range fulfil.Rows(c.Exporter.Export(t.Context(), "people")) {
		require.NoError(t, err)
	}
	proxy.MustSet(t, fulfiltest.LDAPPass)
	require.NotEqual(t, first, token())
}
