package scim_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"writ/server/errs"
	"writ/server/fulfil"
	"writ/server/fulfil/fulfiltest"
)

// resources gives each resource of an answer, be it a list or one, to a function.
func resources(table string, with func(r *http.Request, res map[string]any, isListed bool)) fulfiltest.Quirk {
	return rewriting("/"+table, func(r *http.Request, o map[string]any) {
		list, isList := o["Resources"].([]any)
		for _, v := range list {
			with(r, v.(map[string]any), true)
		}
		if !isList {
			with(r, o, false)
		}
	})
}

// asked counts requests of a method whose address holds a text.
func asked(proxy *fulfiltest.HTTPProxy, method, part string) int {
	n := 0
	for _, line := range proxy.Asked() {
		if strings.HasPrefix(line, method+" ") && strings.Contains(line, part) {
			n++
		}
	}
	return n
}

func memberList(ids ...string) []any {
	list := []any{}
	for _, id := range ids {
		list = append(list, map[string]any{"value": id})
	}
	return list
}

// inGroup is an order about the members of a group, by its name.
func inGroup(name string, add, remove []string) fulfil.Change {
	return fulfil.Change{Type: fulfil.Modified, Table: "Groups", KeyColumn: "displayName", Key: name, ChangesAdded: map[string][]fulfil.Link{"members": links(add...)}, ChangesRemoved: map[string][]fulfil.Link{"members": links(remove...)}}
}

func inGroups(user string, add, remove []string) fulfil.Change {
	c := change(fulfil.Modified, user, nil)
	c.ChangesAdded, c.ChangesRemoved = map[string][]fulfil.Link{"groups": links(add...)}, map[string][]fulfil.Link{"groups": links(remove...)}
	return c
}

// TestNotFoundOfAList: that a list is not found says nothing of anybody in it, in whatever words.
func TestNotFoundOfAList(t *testing.T) {
	t.Parallel()
	target, proxy, conn := mustBehind(t, `{}`, nil)
	fill(t, target, 3)
	_, err := conn.Exporter.Schema(t.Context())
	require.NoError(t, err)
	proxy.Be(func(w http.ResponseWriter, r *http.Request, forward func() *fulfiltest.HTTPAnswer) {
		if strings.HasSuffix(r.URL.Path, "/Users") {
			says(w, http.StatusNotFound, "", "no such tenant")
			return
		}
		forward().Send(w)
	})
	_, err = export(t, conn, "Users", "userName")
	require.True(t, errs.Is(err, errs.Unavailable), "%v", err)
	_, _, err = conn.Reader.Read(t.Context(), "Users", "userName", "user0001")
	require.True(t, errs.Is(err, errs.Unavailable), "%v", err)
	for _, kind := range []fulfil.ChangeType{fulfil.Deleted, fulfil.Modified, fulfil.Added} {
		r := conn.Applier.Apply(t.Context(), change(kind, "user0001", map[string]string{"title": "Dr."}))
		require.Equal(t, fulfil.Unreachable, r.Outcome, "%s %+v", kind, r)
	}
}

// TestNotFoundByAGateway: 404 to a change, from something that is not the application, is not believed while the resource is there.
func TestNotFoundByAGateway(t *testing.T) {
	t.Parallel()
	for _, body := range []string{"", `{"message":"no route"}`, "<h1>404</h1>"} {
		target, proxy, conn := mustBehind(t, `{}`, nil)
		fill(t, target, 3)
		proxy.Be(changing(func(w http.ResponseWriter, _ *http.Request, _ func() *fulfiltest.HTTPAnswer) {
			w.WriteHeader(http.StatusNotFound)
			_, _ = io.WriteString(w, body)
		}))
		for _, kind := range []fulfil.ChangeType{fulfil.Deleted, fulfil.Modified} {
			r := conn.Applier.Apply(t.Context(), change(kind, "user0001", map[string]string{"title": "Dr."}))
			require.Equal(t, fulfil.Refused, r.Outcome, "%s %q %+v", kind, body, r)
		}
		require.Len(t, target.All(t, "Users"), 3)
	}
}

// TestNotFoundOfAMember: a group whose member is not found is not gone (WSO2).
func TestNotFoundOfAMember(t *testing.T) {
	t.Parallel()
	for name, server := range map[string]string{"Patch": `{}`, "Put": `{"config":{"patch":false}}`} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			target, proxy, conn := mustBehind(t, server, nil)
			target.Put(t, "Users", map[string]any{"id": "1", "userName": "plang"})
			target.Put(t, "Groups", map[string]any{"id": "crm", "displayName": "CRM", "members": memberList("2")})
			proxy.Be(changing(func(w http.ResponseWriter, _ *http.Request, _ func() *fulfiltest.HTTPAnswer) {
				says(w, http.StatusNotFound, "", "User test1 does not exist")
			}))
			for _, c := range []fulfil.Change{inGroup("CRM", []string{"1"}, nil), inGroup("CRM", nil, []string{"2"}), inGroups("plang", []string{"crm"}, nil)} {
				r := conn.Applier.Apply(t.Context(), c)
				require.Equal(t, fulfil.Refused, r.Outcome, "%+v", r)
				require.Contains(t, r.Message, "User test1 does not exist")
			}
		})
	}
}

// TestGoneMeanwhile: what is gone between the look and the change is gone.
func TestGoneMeanwhile(t *testing.T) {
	t.Parallel()
	for kind, want := range map[fulfil.ChangeType]fulfil.Outcome{fulfil.Deleted: fulfil.AlreadySo, fulfil.Modified: fulfil.NotFound} {
		target, proxy, conn := mustBehind(t, `{}`, nil)
		fill(t, target, 3)
		proxy.Be(changing(func(w http.ResponseWriter, _ *http.Request, forward func() *fulfiltest.HTTPAnswer) {
			target.Delete(t, "Users", "id0001")
			forward().Send(w)
		}))
		require.Equal(t, want, conn.Applier.Apply(t.Context(), change(kind, "user0001", map[string]string{"title": "Dr."})).Outcome)
	}
}

// TestAPartThenNo: when a part was made, neither a conflict nor an absence is the whole answer.
func TestAPartThenNo(t *testing.T) {
	t.Parallel()
	target, proxy, conn := mustBehind(t, `{}`, map[string]string{"membersPerRequest": "2"})
	target.Put(t, "Groups", map[string]any{"id": "crm", "displayName": "CRM", "members": memberList("1", "2", "3", "4")}, map[string]any{"id": "wiki", "displayName": "Wiki"})
	proxy.Be(changing(func(w http.ResponseWriter, r *http.Request, forward func() *fulfiltest.HTTPAnswer) {
		if r.Method == http.MethodPatch {
			says(w, http.StatusConflict, "", "the group is being written")
			return
		}
		forward().Send(w)
	}))
	c := inGroups("", []string{"wiki"}, nil)
	c.Type, c.Changes = fulfil.Added, map[string]*string{"userName": ref("plang")}
	r := conn.Applier.Apply(t.Context(), c)
	require.Equal(t, fulfil.Refused, r.Outcome, "the account is there: %+v", r)
	require.Contains(t, r.Message, "A part of the change was made")
	require.Len(t, target.All(t, "Users"), 1)

	n := 0
	proxy.Be(changing(func(w http.ResponseWriter, _ *http.Request, forward func() *fulfiltest.HTTPAnswer) {
		if n++; n == 2 {
			target.Delete(t, "Groups", "crm")
		}
		forward().Send(w)
	}))
	r = conn.Applier.Apply(t.Context(), inGroup("CRM", nil, []string{"1", "2", "3", "4"}))
	require.Equal(t, fulfil.Unknown, r.Outcome, "two are out: %+v", r)
}

// TestErrorWithAStatusOfYes: an error of SCIM is one, whatever status it came with.
func TestErrorWithAStatusOfYes(t *testing.T) {
	t.Parallel()
	for status, want := range map[string]fulfil.Outcome{`,"status":"403"`: fulfil.Refused, `,"status":409`: fulfil.Conflict, `,"status":"429"`: fulfil.Throttled, "": fulfil.Unknown, `,"status":"200"`: fulfil.Unknown} {
		target, proxy, conn := mustBehind(t, `{}`, nil)
		fill(t, target, 3)
		proxy.Be(changing(func(w http.ResponseWriter, _ *http.Request, _ func() *fulfiltest.HTTPAnswer) {
			_, _ = io.WriteString(w, `{"schemas":["urn:ietf:params:scim:api:messages:2.0:Error"],"detail":"not today"`+status+`}`)
		}))
		for _, c := range []fulfil.Change{change(fulfil.Deleted, "user0001", nil), change(fulfil.Modified, "user0001", map[string]string{"title": "Dr."}), change(fulfil.Added, "plang", nil)} {
			r := conn.Applier.Apply(t.Context(), c)
			require.Equal(t, want, r.Outcome, "%s %s %+v", status, c.Type, r)
			require.Contains(t, r.Message, "not today")
		}
	}
}

// leaveOut is a server that does not show members in its lists; blank: it says that there are none.
func leaveOut(blank, alsoAlone bool) fulfiltest.Quirk {
	return resources("Groups", func(_ *http.Request, res map[string]any, isListed bool) {
		switch {
		case !isListed && !alsoAlone:
		case blank:
			res["members"] = []any{}
		default:
			delete(res, "members")
		}
	})
}

// TestMembersByIDOnly: members that lists leave out, or say that there are none, are read and are not gone.
func TestMembersByIDOnly(t *testing.T) {
	t.Parallel()
	for name, blank := range map[string]bool{"LeftOut": false, "Blank": true} {
		for mode, settings := range map[string]map[string]string{"": nil, "AtOnce": {"paging": "none"}, "NoFilter": nil} {
			t.Run(name+mode, func(t *testing.T) {
				t.Parallel()
				server := map[bool]string{true: `{"showsGroups":false,"config":{"filter":false}}`, false: `{"showsGroups":false}`}[mode == "NoFilter"]
				target, proxy, conn := mustBehind(t, server, settings)
				target.Put(t, "Users", map[string]any{"id": "1", "userName": "plang"}, map[string]any{"id": "2", "userName": "owinter"})
				target.Put(t, "Groups", map[string]any{"id": "wiki", "displayName": "Wiki"}, map[string]any{"id": "crm", "displayName": "CRM", "members": memberList("1", "2")})
				proxy.Be(leaveOut(blank, false))
				rows, err := export(t, conn, "Groups", "id")
				require.NoError(t, err)
				require.Equal(t, []string{"1", "2"}, rows["crm"]["members"])
				require.Nil(t, rows["wiki"]["members"])
				for column, key := range map[string]string{"id": "crm", "displayName": "CRM"} {
					row, _, err := conn.Reader.Read(t.Context(), "Groups", column, key)
					require.NoError(t, err)
					require.Equal(t, rows["crm"], row)
				}
				fromGroups := mustOpen(t, proxy.URL, map[string]string{"memberships": "groups"})
				users, err := export(t, fromGroups, "Users", "userName")
				require.NoError(t, err)
				require.Equal(t, []string{"crm"}, users["plang"]["groups"])
				require.Equal(t, fulfil.AlreadySo, conn.Applier.Apply(t.Context(), inGroup("CRM", []string{"1"}, nil)).Outcome)
				require.Equal(t, fulfil.Done, conn.Applier.Apply(t.Context(), inGroup("CRM", nil, []string{"1"})).Outcome)
				require.Equal(t, fulfil.Done, conn.Applier.Apply(t.Context(), inGroups("owinter", nil, []string{"crm"})).Outcome)
				require.Empty(t, membersOf(target.All(t, "Groups")[1]))
			})
		}
	}
}

// TestMembersSaidToBeNone: an empty list is no proof that nobody is in a group; who is to leave it is taken out.
func TestMembersSaidToBeNone(t *testing.T) {
	t.Parallel()
	target, proxy, conn := mustBehind(t, `{}`, nil)
	target.Put(t, "Users", map[string]any{"id": "1", "userName": "plang"}, map[string]any{"id": "2", "userName": "owinter"})
	target.Put(t, "Groups", map[string]any{"id": "crm", "displayName": "CRM", "members": memberList("1", "2", "3")})
	hide := leaveOut(true, true)
	proxy.Be(func(w http.ResponseWriter, r *http.Request, forward func() *fulfiltest.HTTPAnswer) {
		if strings.Contains(r.URL.Path, "/Users") {
			resources("Users", func(_ *http.Request, res map[string]any, _ bool) { res["groups"] = []any{} })(w, r, forward)
			return
		}
		hide(w, r, forward)
	})
	require.Equal(t, fulfil.Done, conn.Applier.Apply(t.Context(), inGroups("plang", nil, []string{"crm"})).Outcome)
	require.Equal(t, fulfil.Done, conn.Applier.Apply(t.Context(), inGroup("CRM", nil, []string{"2"})).Outcome)
	require.Equal(t, []string{"3"}, membersOf(target.All(t, "Groups")[0]))
}

// TestGroupsWithNobody: groups that nobody is in are not read one by one.
func TestGroupsWithNobody(t *testing.T) {
	t.Parallel()
	target, proxy, conn := mustBehind(t, `{}`, map[string]string{"pageSize": "20"})
	for i := range 50 {
		target.Put(t, "Groups", map[string]any{"id": fmt.Sprint("g", i), "displayName": fmt.Sprint("Group ", i)})
	}
	rows, err := export(t, conn, "Groups", "id")
	require.NoError(t, err)
	require.Len(t, rows, 50)
	require.Zero(t, asked(proxy, "GET", "/Groups/"))
	target.Put(t, "Groups", map[string]any{"id": "g49", "displayName": "Group 49", "members": memberList("1")})
	rows, err = export(t, conn, "Groups", "id")
	require.NoError(t, err)
	require.Equal(t, []string{"1"}, rows["g49"]["members"])
	require.Zero(t, asked(proxy, "GET", "/Groups/"))
}

// TestPutKeepsMembers: a group is not written whole by who does not see its members; who is asked for them shows them.
func TestPutKeepsMembers(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]fulfil.Outcome{"Hidden": fulfil.Refused, "OnRequest": fulfil.Done, "InLists": fulfil.Done} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			target, proxy, conn := mustBehind(t, `{"config":{"patch":false}}`, nil)
			target.Put(t, "Users", map[string]any{"id": "1", "userName": "plang"})
			target.Put(t, "Groups", map[string]any{"id": "crm", "displayName": "CRM", "members": memberList("other")})
			proxy.Be(resources("Groups", func(r *http.Request, res map[string]any, isListed bool) {
				if r.Method != http.MethodGet || name == "OnRequest" && strings.Contains(r.URL.Query().Get("attributes"), "members") || name == "InLists" && isListed {
					return
				}
				delete(res, "members")
			}))
			r := conn.Applier.Apply(t.Context(), inGroups("plang", []string{"crm"}, nil))
			require.Equal(t, want, r.Outcome, "%+v", r)
			require.Contains(t, membersOf(target.All(t, "Groups")[0]), "other")
			c := inGroup("CRM", nil, nil)
			c.Changes = map[string]*string{"externalId": ref("7")}
			r = conn.Applier.Apply(t.Context(), c)
			require.Equal(t, want, r.Outcome, "%+v", r)
			require.Contains(t, membersOf(target.All(t, "Groups")[0]), "other")
		})
	}
}

// TestPutWithNobody: where nobody is in a group yet, and that is not said, somebody can be the first.
func TestPutWithNobody(t *testing.T) {
	t.Parallel()
	target, proxy, conn := mustBehind(t, `{"config":{"patch":false}}`, nil)
	target.Put(t, "Users", map[string]any{"id": "1", "userName": "plang"})
	target.Put(t, "Groups", map[string]any{"id": "crm", "displayName": "CRM"}, map[string]any{"id": "wiki", "displayName": "Wiki"})
	proxy.Be(resources("Groups", func(_ *http.Request, res map[string]any, _ bool) {
		if len(asList(res["members"])) == 0 {
			delete(res, "members")
		}
	}))
	r := conn.Applier.Apply(t.Context(), inGroups("plang", []string{"crm", "wiki"}, nil))
	require.Equal(t, fulfil.Done, r.Outcome, "%+v", r)
	r = conn.Applier.Apply(t.Context(), inGroups("plang", nil, []string{"crm"}))
	require.Equal(t, fulfil.Done, r.Outcome, "%+v", r)
	require.Empty(t, membersOf(target.All(t, "Groups")[0]))
	require.Equal(t, []string{"1"}, membersOf(target.All(t, "Groups")[1]))
}

// TestPutOfOneTable: that one kind of resource takes no PATCH says nothing of the others, and that one PATCH is not implemented nothing of the next.
func TestPutOfOneTable(t *testing.T) {
	t.Parallel()
	target, proxy, conn := mustBehind(t, `{}`, nil)
	target.Put(t, "Users", map[string]any{"id": "1", "userName": "plang"})
	target.Put(t, "Groups", map[string]any{"id": "crm", "displayName": "CRM", "members": memberList("2")})
	refuse := func(table string, status int) {
		proxy.Forget()
		proxy.Be(func(w http.ResponseWriter, r *http.Request, forward func() *fulfiltest.HTTPAnswer) {
			if r.Method == http.MethodPatch && strings.Contains(r.URL.Path, table) {
				w.WriteHeader(status)
				return
			}
			forward().Send(w)
		})
	}
	title := func(text string) {
		r := conn.Applier.Apply(t.Context(), change(fulfil.Modified, "plang", map[string]string{"title": text}))
		require.Equal(t, fulfil.Done, r.Outcome, "%+v", r)
	}
	refuse("/Users", http.StatusNotImplemented)
	title("Dr.")
	title("Prof.")
	require.Equal(t, 2, asked(proxy, "PATCH", "/Users"))
	refuse("/Groups", http.StatusMethodNotAllowed)
	require.Equal(t, fulfil.Done, conn.Applier.Apply(t.Context(), inGroup("CRM", []string{"1"}, nil)).Outcome)
	require.Equal(t, fulfil.Done, conn.Applier.Apply(t.Context(), inGroup("CRM", []string{"3"}, nil)).Outcome)
	title("")
	require.Equal(t, 1, asked(proxy, "PATCH", "/Groups"))
	require.Equal(t, 1, asked(proxy, "PATCH", "/Users"))
	require.Equal(t, []string{"2", "1", "3"}, membersOf(target.All(t, "Groups")[0]))
}

// TestNoWordOfPatch: a server that says nothing of PATCH and filters is as one that describes nothing.
func TestNoWordOfPatch(t *testing.T) {
	t.Parallel()
	target, proxy, conn := mustBehind(t, `{}`, nil)
	fill(t, target, 3)
	proxy.Be(rewriting("/ServiceProviderConfig", func(_ *http.Request, o map[string]any) { delete(o, "patch"); delete(o, "filter") }))
	require.Equal(t, fulfil.Done, conn.Applier.Apply(t.Context(), change(fulfil.Modified, "user0001", map[string]string{"title": "Dr."})).Outcome)
	require.Equal(t, 1, asked(proxy, "PATCH", "/Users"))
	require.Equal(t, 1, asked(proxy, "GET", "filter="))
}

// schema changes how the server describes an attribute of users.
func schema(name, key string, value any) func(r *http.Request, o map[string]any) {
	return func(_ *http.Request, o map[string]any) {
		for _, v := range asList(o["Resources"]) {
			for _, a := range asList(v.(map[string]any)["attributes"]) {
				if a := a.(map[string]any); a["name"] == name && strings.HasSuffix(v.(map[string]any)["id"].(string), ":User") {
					a[key] = value
				}
			}
		}
	}
}

// both is one quirk for the descriptions of a server and one for its users.
func both(described func(*http.Request, map[string]any), users fulfiltest.Quirk) fulfiltest.Quirk {
	schemas := rewriting("/Schemas", described)
	return func(w http.ResponseWriter, r *http.Request, forward func() *fulfiltest.HTTPAnswer) {
		if strings.HasSuffix(r.URL.Path, "/Schemas") {
			schemas(w, r, forward)
			return
		}
		users(w, r, forward)
	}
}

// TestOneSpelling: a moment and a number are the same however a server spells them.
func TestOneSpelling(t *testing.T) {
	t.Parallel()
	target, proxy, conn := mustBehind(t, `{}`, nil)
	target.Put(t, "Users", map[string]any{"id": "1", "userName": "plang"})
	for spelled, want := range map[any]string{
		json.Number("1.50"): "1.5", json.Number("1e3"): "1000", json.Number("-0.0"): "0", json.Number("12.5E-1"): "1.25", "007": "007", "2.10": "2.1", json.Number("12345678901234567890.10"): "12345678901234567890.1",
		json.Number("1e999999"): "1e999999", json.Number("-5e-2"): "-0.05", json.Number("100"): "100",
	} {
		proxy.Be(both(schema("title", "type", "decimal"), resources("Users", func(_ *http.Request, res map[string]any, _ bool) {
			res["title"] = spelled
			res["meta"] = map[string]any{"created": "2026-01-12T04:05:11.500+01:00", "lastModified": "2026-01-12t03:05:11.000z"}
		})))
		rows, err := export(t, mustOpen(t, proxy.URL, nil), "Users", "userName")
		require.NoError(t, err)
		require.Equal(t, want, rows["plang"]["title"], "%v", spelled)
		require.Equal(t, "2026-01-12T03:05:11.5Z", rows["plang"]["meta:created"])
		require.Equal(t, "2026-01-12T03:05:11Z", rows["plang"]["meta:lastModified"])
		if want != "007" {
			_, err = conn.Exporter.Schema(t.Context())
			require.NoError(t, err)
			for _, order := range []string{want, fmt.Sprint(spelled)} {
				r := conn.Applier.Apply(t.Context(), change(fulfil.Modified, "plang", map[string]string{"title": order}))
				require.Equal(t, fulfil.AlreadySo, r.Outcome, "%v %s %+v", spelled, order, r)
			}
		}
	}
}

// TestAskedFor: attributes that only those get who ask for them are asked for, by lists and by the id, and a PUT keeps them.
func TestAskedFor(t *testing.T) {
	t.Parallel()
	for name, server := range map[string]string{"Patch": `{}`, "Put": `{"config":{"patch":false}}`} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			target, proxy, conn := mustBehind(t, server, map[string]string{"pageSize": "20"})
			fill(t, target, 50)
			target.Put(t, "Users", map[string]any{"id": "id0030", "userName": "user0030", "title": "Dr."})
			proxy.Be(both(schema("title", "returned", "request"), resources("Users", func(r *http.Request, res map[string]any, _ bool) {
				if !strings.Contains(r.URL.Query().Get("attributes"), "title") {
					delete(res, "title")
				}
			})))
			rows, err := export(t, conn, "Users", "userName")
			require.NoError(t, err)
			require.Len(t, rows, 50)
			require.Equal(t, "Dr.", rows["user0030"]["title"])
			require.Equal(t, "User 31", rows["user0031"]["displayName"])
			row, _, err := conn.Reader.Read(t.Context(), "Users", "userName", "user0030")
			require.NoError(t, err)
			require.Equal(t, rows["user0030"], row)
			require.Equal(t, fulfil.AlreadySo, conn.Applier.Apply(t.Context(), change(fulfil.Modified, "user0030", map[string]string{"title": "Dr."})).Outcome)
			require.Equal(t, fulfil.Done, conn.Applier.Apply(t.Context(), change(fulfil.Modified, "user0030", map[string]string{"nickName": "Pia"})).Outcome)
			for _, u := range target.All(t, "Users") {
				require.Equal(t, u["id"] == "id0030", u["title"] == "Dr.")
			}
		})
	}
}

// TestTooFast: a server that asks for time does not end the reading of a table.
func TestTooFast(t *testing.T) {
	t.Parallel()
	for name, settings := range map[string]map[string]string{"Pages": {"pageSize": "20"}, "AtOnce": {"paging": "none"}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			target, proxy, conn := mustBehind(t, `{"pages":`+fmt.Sprint(name == "Pages")+`}`, settings)
			fill(t, target, 19)
			n := 0
			proxy.Be(rewritingOr("/Users", func(w http.ResponseWriter) bool {
				if n++; n%2 == 1 {
					w.Header().Set("Retry-After", "1")
					says(w, http.StatusTooManyRequests, "", "slow down")
					return true
				}
				return false
			}))
			rows, err := export(t, conn, "Users", "userName")
			require.NoError(t, err)
			require.Len(t, rows, 19)
			proxy.Be(func(w http.ResponseWriter, _ *http.Request, _ func() *fulfiltest.HTTPAnswer) {
				w.Header().Set("Retry-After", "3600")
				says(w, http.StatusTooManyRequests, "", "slow down")
			})
			_, err = export(t, conn, "Users", "userName")
			require.True(t, errs.Is(err, errs.Unavailable), "nobody waits for an hour: %v", err)
		})
	}
}

// rewritingOr answers requests whose address holds a text in place of the server, or not.
func rewritingOr(part string, answer func(w http.ResponseWriter) bool) fulfiltest.Quirk {
	return func(w http.ResponseWriter, r *http.Request, forward func() *fulfiltest.HTTPAnswer) {
		if !strings.Contains(r.URL.Path, part) || !answer(w) {
			forward().Send(w)
		}
	}
}

// TestKeysOfOtherKinds: a key that is no boolean, or no number, is nobody's, and nothing of it stands in a filter as it is.
func TestKeysOfOtherKinds(t *testing.T) {
	t.Parallel()
	target, proxy, conn := mustBehind(t, `{}`, nil)
	target.Put(t, "Users", map[string]any{"id": "1", "userName": "plang", "title": "7", "active": true})
	proxy.Be(both(schema("title", "type", "integer"), resources("Users", func(*http.Request, map[string]any, bool) {})))
	for _, column := range []string{"active", "title"} {
		for _, key := range []string{"true or userName pr", "1 or userName pr", "", "x", "1]", "7.5.1"} {
			proxy.Forget()
			_, found, err := conn.Reader.Read(t.Context(), "Users", column, key)
			require.NoError(t, err, key)
			require.False(t, found, key)
			require.Zero(t, asked(proxy, "GET", "filter="), key)
			if key != "" {
				require.Equal(t, fulfil.AlreadySo, conn.Applier.Apply(t.Context(), fulfil.Change{Type: fulfil.Deleted, Table: "Users", KeyColumn: column, Key: key}).Outcome)
			}
		}
	}
	require.Len(t, target.All(t, "Users"), 1)
	_, found, err := conn.Reader.Read(t.Context(), "Users", "active", "True")
	require.NoError(t, err)
	require.True(t, found)
	proxy.Be(func(w http.ResponseWriter, r *http.Request, forward func() *fulfiltest.HTTPAnswer) { // the server has it as a text, and would find no number
		r.URL.RawQuery = ""
		forward().Send(w)
	})
	_, found, err = conn.Reader.Read(t.Context(), "Users", "title", "7.0")
	require.NoError(t, err)
	require.True(t, found)
}

// TestMembershipsOfOne: the groups of one person are asked for, and all are read only of a server that does not know how.
func TestMembershipsOfOne(t *testing.T) {
	t.Parallel()
	for name, ignores := range map[string]bool{"Filter": false, "FilterIgnored": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			target, proxy, conn := mustBehind(t, `{"showsGroups":false}`, map[string]string{"memberships": "groups", "pageSize": "10"})
			fill(t, target, 3)
			for i := range 30 {
				target.Put(t, "Groups", map[string]any{"id": fmt.Sprint("g", i), "displayName": fmt.Sprint("Group ", i), "members": memberList("id0002", "x")})
			}
			target.Put(t, "Groups", map[string]any{"id": "a", "displayName": "A", "members": memberList("x", "id0001")}, map[string]any{"id": "b", "displayName": "B", "members": memberList("id0001")})
			if ignores {
				proxy.Be(func(w http.ResponseWriter, r *http.Request, forward func() *fulfiltest.HTTPAnswer) {
					if q := r.URL.Query(); strings.Contains(r.URL.Path, "/Groups") && q.Has("filter") {
						q.Del("filter")
						r.URL.RawQuery = q.Encode()
					}
					forward().Send(w)
				})
			}
			rows, err := export(t, conn, "Users", "userName")
			require.NoError(t, err)
			for _, key := range []string{"user0001", "user0000", "user0002"} {
				proxy.Forget()
				row, found, err := conn.Reader.Read(t.Context(), "Users", "userName", key)
				require.NoError(t, err)
				require.True(t, found)
				require.Equal(t, rows[key], row)
				if !ignores && key != "user0002" {
					require.Less(t, asked(proxy, "GET", "/Groups"), 3)
				}
			}
		})
	}
}

// TestSinceInTime: a server that does not find its changes in time is one whose table is read.
func TestSinceInTime(t *testing.T) {
	t.Parallel()
	target, proxy, conn := mustBehind(t, `{}`, map[string]string{"incremental": "true"})
	fill(t, target, 3)
	cookies, err := conn.Tracker.Cookies(t.Context())
	require.NoError(t, err)
	proxy.Be(func(w http.ResponseWriter, r *http.Request, forward func() *fulfiltest.HTTPAnswer) {
		if strings.Contains(r.URL.RawQuery, "lastModified") {
			proxy.Hang(w, r, forward)
		}
		forward().Send(w)
	})
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	delta, err := conn.Tracker.Since(ctx, "Users", cookies["Users"], 1000)
	require.NoError(t, err)
	require.Nil(t, delta)
	require.NoError(t, ctx.Err(), "there is time left")

	slow := mustOpen(t, proxy.URL, map[string]string{"incremental": "true", "timeout": "1"})
	delta, err = slow.Tracker.Since(t.Context(), "Users", cookies["Users"], 1000)
	require.NoError(t, err)
	require.Nil(t, delta)
}

// TestFilterIgnoredAndClipped: who is not among the first of a server that takes no notice of a filter, and counts what it gives, is not gone.
func TestFilterIgnoredAndClipped(t *testing.T) {
	t.Parallel()
	target, proxy, conn := mustBehind(t, `{}`, map[string]string{"pageSize": "20"})
	fill(t, target, 70)
	proxy.Be(func(w http.ResponseWriter, r *http.Request, forward func() *fulfiltest.HTTPAnswer) {
		q := r.URL.Query()
		q.Del("filter")
		r.URL.RawQuery = q.Encode()
		rewriting("/Users", func(_ *http.Request, o map[string]any) {
			if list := asList(o["Resources"]); list != nil {
				o["totalResults"] = len(list)
			}
		})(w, r, forward)
	})
	require.Equal(t, fulfil.Done, conn.Applier.Apply(t.Context(), change(fulfil.Deleted, "user0055", nil)).Outcome)
	require.False(t, slices.ContainsFunc(target.All(t, "Users"), func(u map[string]any) bool { return u["userName"] == "user0055" }))
}
