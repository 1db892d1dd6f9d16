package ldap_test

import (
	"bytes"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	lib "github.com/go-ldap/ldap/v3"
	"github.com/stretchr/testify/require"

	"writ/server/fulfil"
	"writ/server/fulfil/fulfiltest"
)

// mustBehind is a company whose connection goes through a proxy.
func mustBehind(t *testing.T, s *fulfiltest.Slapd, more ...string) (*company, *fulfiltest.LDAPProxy) {
	t.Helper()
	proxy := fulfiltest.MustLDAPProxy(t, s.Addr)
	return &company{s, t, s.MustAdmin(t), mustOpened(t, with(tables(s, s.SettingsThrough(proxy)), more...))}, proxy
}

func (o *company) staff(members ...string) {
	o.t.Helper()
	o.done(fulfil.Change{Type: fulfil.Added, Table: "unix", KeyColumn: "cn", Changes: values("cn", "staff", "gidNumber", "100"), ChangesAdded: map[string][]fulfil.Link{"memberUid": links(members...)}})
}

func (o *company) members(cn, attribute string) []string {
	o.t.Helper()
	return o.raw("cn=" + cn + "," + o.Groups).GetAttributeValues(attribute)
}

// Groups that hold values of a person hold his new ones, whether he is named by them or not.
func TestMembersByValueFollow(t *testing.T) {
	t.Parallel()
	for _, rdn := range []string{"uid", "cn"} {
		t.Run(rdn, func(t *testing.T) {
			t.Parallel()
			o := mustCompany(t, "table.people.backlink.unix", "unix.memberUid", "table.people.rdn", rdn)
			a, c := o.person("a"), o.person("c")
			o.staff(a, c)
			require.ElementsMatch(t, []string{"a", "c"}, o.members("staff", "memberUid"))
			o.done(fulfil.Change{Type: fulfil.Modified, Table: "people", Key: a, Changes: values("uid", "b")})
			require.ElementsMatch(t, []string{"b", "c"}, o.members("staff", "memberUid"))
			require.Equal(t, "staff", o.read("people", a)["unix"])
			if rdn == "uid" {
				o.done(fulfil.Change{Type: fulfil.Modified, Table: "people", Key: a, Changes: values("dn", "uid=d,"+o.People)})
				require.ElementsMatch(t, []string{"d", "c"}, o.members("staff", "memberUid"))
				return
			}
			o.done(fulfil.Change{Type: fulfil.Modified, Table: "people", Key: a, Changes: values("uid", "b\ne")})
			require.ElementsMatch(t, []string{"b", "c"}, o.members("staff", "memberUid"))
			o.done(fulfil.Change{Type: fulfil.Modified, Table: "people", Key: a, Changes: values("uid", "e")})
			require.ElementsMatch(t, []string{"e", "c"}, o.members("staff", "memberUid"))
			o.done(fulfil.Change{Type: fulfil.Modified, Table: "people", Key: a, Changes: map[string]*string{"uid": nil}})
			require.Equal(t, []string{"c"}, o.members("staff", "memberUid"))
		})
	}
}

// A person with several values is in the groups that hold any of them, by whatever name the settings call the attribute.
func TestMembersBySeveralValues(t *testing.T) {
	t.Parallel()
	o := mustCompany(t, "table.people.rdn", "cn", "table.people.backlink.unix", "unix.memberUid", "table.unix.link.memberUid", "people.userid")
	a := o.person("a\nb")
	o.staff()
	require.NoError(t, o.admin.Modify(fulfiltest.LDAPChange("cn=staff,"+o.Groups, "memberUid", "b", "stranger")))
	require.Equal(t, "staff", o.read("people", a)["unix"])
	require.Equal(t, "staff", o.rows("people")[a]["unix"])
	join := fulfil.Change{Type: fulfil.Modified, Table: "people", Key: a, ChangesAdded: map[string][]fulfil.Link{"unix": links("staff")}}
	require.Equal(t, fulfil.AlreadySo, o.apply(join).Outcome)
	require.NoError(t, o.admin.Modify(fulfiltest.LDAPChange("cn=staff,"+o.Groups, "memberUid", "b", "a", "stranger")))
	require.Equal(t, "staff", o.read("people", a)["unix"], "once")
	require.Equal(t, "staff", o.rows("people")[a]["unix"], "once")
	o.done(fulfil.Change{Type: fulfil.Modified, Table: "people", Key: a, ChangesRemoved: map[string][]fulfil.Link{"unix": links("staff")}})
	require.Equal(t, []string{"stranger"}, o.members("staff", "memberUid"))
	o.done(join)
	o.done(fulfil.Change{Type: fulfil.Deleted, Table: "people", Key: a})
	require.Equal(t, []string{"stranger"}, o.members("staff", "memberUid"))
}

// Wherever a renaming breaks off, also on a server that leaves references as they are: the person stays in the groups, and a repeat leaves no trace of what
// he was.
func TestRenamingBreaksOff(t *testing.T) {
	t.Parallel()
	for name, refint := range map[string]bool{"Refint": true, "None": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := fulfiltest.MustSlapd(t)
			if !refint {
				s.MustReplace(t, fulfiltest.SlapdRefint, "")
			}
			o, proxy := mustBehind(t, s, "table.people.backlink.unix", "unix.memberUid")
			key, other := o.person("n0"), o.person("other")
			groups := []string{"g1", "g2"}
			for _, g := range groups {
				o.group(g, key, other)
			}
			o.staff(key, other)
			at := 0
			for _, mode := range []fulfiltest.LDAPMode{fulfiltest.LDAPCutBefore, fulfiltest.LDAPCutAfter} {
				for cut := int64(0); ; cut++ {
					var seen atomic.Int64
					proxy.Hook(func(op byte, _ []byte) ([][]byte, fulfiltest.LDAPMode) {
						if op != 0x60 && op != 0x63 && op != 0x42 && op != 0x50 && seen.Add(1) == cut+1 {
							return nil, mode
						}
						return nil, fulfiltest.LDAPPass
					})
					was := fmt.Sprintf("n%d", at)
					at++
					now := fmt.Sprintf("n%d", at)
					ch := fulfil.Change{Type: fulfil.Modified, Table: "people", Key: key, Changes: values("uid", now), Resource: map[string]string{"uid": was}}
					r := o.apply(ch)
					broke := seen.Load() > cut
					proxy.Hook(nil)
					if broke {
						require.Equal(t, fulfil.Unknown, r.Outcome, "cut %d: %+v", cut, r)
						for _, g := range groups { // in whatever state it is, he is in it by the name that he has
							row := o.read("people", key)
							require.Contains(t, o.members(g, "member"), row["dn"], "cut %d", cut)
							require.Contains(t, o.members("staff", "memberUid"), row["uid"], "cut %d", cut)
						}
						for r = o.apply(ch); r.Outcome == fulfil.Unknown; r = o.apply(ch) {
							t.Log(r)
						}
					}
					require.True(t, r.Outcome.OK(), "cut %d: %+v", cut, r)
					for _, g := range groups {
						want := []string{"uid=" + now + "," + o.People, "uid=other," + o.People}
						require.Eventually(t, func() bool { return len(o.members(g, "member")) == 2 }, 10*time.Second, 5*time.Millisecond)
						require.ElementsMatch(t, want, o.members(g, "member"), "cut %d", cut)
					}
					require.ElementsMatch(t, []string{now, "other"}, o.members("staff", "memberUid"), "cut %d", cut)
					require.Equal(t, fulfil.AlreadySo, o.apply(ch).Outcome)
					if !broke {
						break
					}
				}
			}
			require.Greater(t, at, 8, "some were cut")
		})
	}
}

// Whoever does not get the name of another does not get into his groups, nor he into theirs.
func TestNameOfAnother(t *testing.T) {
	t.Parallel()
	o, proxy := mustBehind(t, fulfiltest.MustSlapd(t), "table.people.backlink.unix", "unix.memberUid")
	key, boss := o.person("plang"), o.person("boss")
	o.group("crm", key)
	o.staff(key)
	ch := fulfil.Change{Type: fulfil.Modified, Table: "people", Key: key, Changes: values("uid", "boss")}
	same := func() {
		t.Helper()
		require.Equal(t, fulfil.Conflict, o.apply(ch).Outcome)
		require.Equal(t, []string{"uid=plang," + o.People}, o.members("crm", "member"))
		require.Equal(t, []string{"plang"}, o.members("staff", "memberUid"))
	}
	same()
	// He comes just when the name is taken.
	require.Equal(t, fulfil.Done, o.apply(fulfil.Change{Type: fulfil.Deleted, Table: "people", Key: boss}).Outcome)
	proxy.Hook(func(op byte, _ []byte) ([][]byte, fulfiltest.LDAPMode) {
		if op == 0x6c {
			_ = o.admin.Add(fulfiltest.LDAPEntry("uid=boss,"+o.People, "objectClass", "inetOrgPerson", "uid", "boss", "cn", "x", "sn", "x"))
		}
		return nil, fulfiltest.LDAPPass
	})
	same()
}

// What else a group holds of a person goes along, where the server has given up on a group that holds the new name already.
func TestOtherLinksOfTheGroup(t *testing.T) {
	t.Parallel()
	s := fulfiltest.MustSlapd(t)
	s.MustReplace(t, "refint_attributes member", "refint_attributes owner member")
	o := &company{s, t, s.MustAdmin(t), mustOpened(t, tables(s, s.Settings()))}
	key := o.person("plang")
	group := o.group("crm", key)
	require.NoError(t, o.admin.Modify(fulfiltest.LDAPChange("cn=crm,"+o.Groups, "owner", "uid=plang,"+o.People)))
	o.done(fulfil.Change{Type: fulfil.Modified, Table: "people", Key: key, Changes: values("uid", "pwinter")})
	require.Eventually(t, func() bool { return o.members("crm", "owner")[0] == "uid=pwinter,"+o.People }, 10*time.Second, 5*time.Millisecond)
	require.Equal(t, key, o.read("groups", group)["member"])
}

// Two take the last two members out at the same time, from either side: the placeholder comes in.
func TestLastMembers(t *testing.T) {
	t.Parallel()
	o, proxy := mustBehind(t, fulfiltest.MustSlapd(t))
	a, b := o.person("a"), o.person("b")
	group := o.group("crm", a, b)
	for name, ch := range map[string]fulfil.Change{
		"Person": {Type: fulfil.Modified, Table: "people", Key: a, ChangesRemoved: map[string][]fulfil.Link{"groups": links(group)}},
		"Group":  {Type: fulfil.Modified, Table: "groups", Key: group, ChangesRemoved: map[string][]fulfil.Link{"member": links(a)}},
		"Whole":  {Type: fulfil.Modified, Table: "groups", Key: group, Changes: values("member", b)},
	} {
		require.NoError(t, o.admin.Modify(fulfiltest.LDAPChange("cn=crm,"+o.Groups, "member", "uid=a,"+o.People, "uid=b,"+o.People)))
		var once atomic.Bool
		proxy.Hook(func(op byte, request []byte) ([][]byte, fulfiltest.LDAPMode) {
			if op == 0x66 && bytes.Contains(request, []byte("cn=crm")) && once.CompareAndSwap(false, true) {
				q := lib.NewModifyRequest("cn=crm,"+o.Groups, nil)
				q.Delete("member", []string{"uid=b," + o.People})
				_ = o.admin.Modify(q)
			}
			return nil, fulfiltest.LDAPPass
		})
		r := o.apply(ch)
		require.Equal(t, fulfil.Done, r.Outcome, "%s: %+v", name, r)
		want := []string{"cn=nobody"}
		if name == "Whole" {
			want = []string{"uid=b," + o.People}
		}
		require.Equal(t, want, o.members("crm", "member"), name)
	}
	require.NoError(t, o.admin.Modify(fulfiltest.LDAPChange("cn=crm,"+o.Groups, "member", "uid=b,"+o.People)))
	// Nobody reads the members to take one of them out, or to put one in.
	proxy.Hook(func(op byte, request []byte) ([][]byte, fulfiltest.LDAPMode) {
		if op == 0x63 && bytes.HasSuffix(request, []byte("\x04\x06member")) && bytes.Contains(request, []byte("cn=crm")) {
			t.Errorf("%q", request)
		}
		return nil, fulfiltest.LDAPPass
	})
	o.done(fulfil.Change{Type: fulfil.Modified, Table: "people", Key: a, ChangesAdded: map[string][]fulfil.Link{"groups": links(group)}})
	o.done(fulfil.Change{Type: fulfil.Modified, Table: "people", Key: b, ChangesRemoved: map[string][]fulfil.Link{"groups": links(group)}})
}

// The groups of a person as one value, as a rule over the whole column gives it.
func TestWholeListOfGroups(t *testing.T) {
	t.Parallel()
	o := mustCompany(t)
	a := o.person("a")
	one, two, three := o.group("one", a), o.group("two"), o.group("three", a)
	set := func(v *string) fulfil.Change {
		return fulfil.Change{Type: fulfil.Modified, Table: "people", Key: a, Changes: map[string]*string{"groups": v}}
	}
	o.done(set(text(one + "\n" + two)))
	require.ElementsMatch(t, []string{one, two}, fulfil.ListOf(o.read("people", a)["groups"]))
	require.Equal(t, fulfil.Refused, o.apply(set(text(one+"\nnothing"))).Outcome)
	require.ElementsMatch(t, []string{one, two}, fulfil.ListOf(o.read("people", a)["groups"]))
	o.done(set(nil))
	require.Nil(t, o.read("people", a)["groups"])
	b := o.person("b", "groups", three)
	require.Equal(t, three, o.read("people", b)["groups"])
	for _, column := range []string{"dn", "parentdn", "DN", "parentDN"} {
		for _, v := range []*string{nil, text("")} {
			require.Equal(t, fulfil.Refused, o.apply(fulfil.Change{Type: fulfil.Modified, Table: "people", Key: a, Changes: map[string]*string{column: v}}).Outcome, column)
		}
	}
	o.done(fulfil.Change{Type: fulfil.Modified, Table: "people", Key: a, Changes: values("DN", "uid=z,"+o.People)})
	require.NotNil(t, o.raw("uid=z,"+o.People))
}

// An entry that cannot be deleted stays in its groups.
func TestRefusedDeletion(t *testing.T) {
	t.Parallel()
	o, proxy := mustBehind(t, fulfiltest.MustSlapd(t))
	a := o.person("a")
	o.group("crm", a)
	gone := fulfil.Change{Type: fulfil.Deleted, Table: "people", Key: a}
	o.unit("below", "uid=a,"+o.People)
	before := proxy.Changes()
	r := o.apply(gone)
	require.Equal(t, fulfil.Refused, r.Outcome, "%+v", r)
	require.Contains(t, r.Hint, "deleteTree")
	require.Equal(t, before, proxy.Changes())
	require.NoError(t, o.admin.Del(lib.NewDelRequest("ou=below,uid=a,"+o.People, nil)))
	proxy.Hook(func(op byte, _ []byte) ([][]byte, fulfiltest.LDAPMode) {
		if op == 0x4a {
			return [][]byte{fulfiltest.LDAPResult(0x6b, lib.LDAPResultInsufficientAccessRights, "no")}, 0
		}
		return nil, fulfiltest.LDAPPass
	})
	require.Equal(t, fulfil.Refused, o.apply(gone).Outcome)
	require.Equal(t, []string{"uid=a," + o.People}, o.members("crm", "member"))
	proxy.Hook(nil)
	o.done(gone)
	require.Equal(t, []string{"cn=nobody"}, o.members("crm", "member"))
}

// follows checks that whoever knows a table and asks what happened meanwhile knows what there is, or is told to read.
func (o *company) follows(table string, act func()) {
	o.t.Helper()
	cookies, err := o.c.Tracker.Cookies(o.t.Context())
	require.NoError(o.t, err)
	require.NotEmpty(o.t, cookies[table])
	rows := o.rows(table)
	act()
	delta, err := o.c.Tracker.Since(o.t.Context(), table, cookies[table], 1000)
	require.NoError(o.t, err)
	if delta == nil {
		return
	}
	for _, key := range delta.Gone {
		delete(rows, key)
	}
	for _, row := range delta.Rows {
		rows[fulfil.TextOf(row["entryUUID"])] = row
	}
	if delta.Count < 0 || delta.Count == len(rows) {
		require.Equal(o.t, o.rows(table), rows)
	}
}

// Groups and people that are moved out of sight or renamed, on a server that leaves references as they are.
func TestMovedOutOfSight(t *testing.T) {
	t.Parallel()
	s := fulfiltest.MustSlapd(t)
	s.MustReplace(t, fulfiltest.SlapdRefint, "")
	o := &company{s, t, s.MustAdmin(t), mustOpened(t, with(tables(s, s.Settings()), "table.people.columns", "uid,cn,sn"))}
	a, b, c := o.person("a"), o.person("b"), o.person("c")
	group := o.group("crm", a, b, c)
	o.group("other")
	o.staff(a, b, c)
	away := o.unit("away", o.Suffix)
	move := func(dn, rdn, above string) func() {
		return func() { require.NoError(t, o.admin.ModifyDN(lib.NewModifyDNRequest(dn, rdn, true, above))) }
	}
	o.follows("groups", move("uid=a,"+o.People, "uid=renamed", ""))
	o.follows("groups", func() {
		o.done(fulfil.Change{Type: fulfil.Modified, Table: "groups", Key: group, Changes: values("description", "x")})
	})
	o.follows("groups", move("uid=b,"+o.People, "uid=b", away))
	o.follows("unix", move("uid=c,"+o.People, "uid=c", away))
	o.follows("people", move("cn=crm,"+o.Groups, "cn=crm", away))
}
