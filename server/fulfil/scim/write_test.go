package scim_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	filter "github.com/scim2/filter-parser/v2"
	"github.com/stretchr/testify/require"

	"writ/server/errs"
	"writ/server/fulfil"
	"writ/server/fulfil/fulfiltest"
)

// recorded keeps the bodies of requests that change something.
type recorded struct {
	mu     sync.Mutex
	bodies []map[string]any
}

func (r *recorded) quirk() fulfiltest.Quirk {
	return changing(func(w http.ResponseWriter, req *http.Request, forward func() *fulfiltest.HTTPAnswer) {
		var body map[string]any
		text, _ := io.ReadAll(req.Body)
		_ = json.Unmarshal(text, &body)
		r.mu.Lock()
		r.bodies = append(r.bodies, body)
		r.mu.Unlock()
		forward().Send(w)
	})
}

func (r *recorded) take() []map[string]any {
	r.mu.Lock()
	defer r.mu.Unlock()
	list := r.bodies
	r.bodies = nil
	return list
}

func (r *recorded) operations() []map[string]any {
	var list []map[string]any
	for _, b := range r.take() {
		ops, _ := b["Operations"].([]any)
		list = append(list, mapsOf(ops)...)
	}
	return list
}

// columns that hold one value each, and two values to write to them.
var shapes = map[string][2]string{
	"displayName": {"Petra", "Petra Winter"}, "name:givenName": {"Petra", "Pia"}, "name:familyName": {"Lang", "Winter"}, "active": {"true", "false"}, "title": {"Dr.", "Prof."},
	`emails[type eq "work"]:value`: {"p@example.org", "w@example.org"}, `phoneNumbers[type eq "mobile"]:value`: {"+49 1", "+49 2"},
	`addresses[type eq "work"]:locality`: {"Bonn", "Kiel"}, `addresses[type eq "work"]:postalCode`: {"53113", "24103"}, `addresses[type eq "home"]:locality`: {"Ulm", "Jena"},
	enterprise + ":department": {"IT", "HR"}, enterprise + ":manager:value": {"m1", "m2"}, "externalId": {"7", "8"}, "userType": {"Employee", "Guest"},
}

// TestEveryShapeOfColumn is written, changed alone, cleared alone and read back, by PATCH and by PUT.
func TestEveryShapeOfColumn(t *testing.T) {
	t.Parallel()
	for name, server := range map[string]string{"Patch": `{}`, "Put": `{"config":{"patch":false},"versions":true}`} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, proxy, conn := mustBehind(t, server, nil)
			var sent recorded
			proxy.Be(sent.quirk())
			want := map[string]string{}
			for column, v := range shapes {
				want[column] = v[0]
			}
			require.Equal(t, fulfil.Done, conn.Applier.Apply(t.Context(), change(fulfil.Added, "plang", want)).Outcome)
			require.Equal(t, fulfil.AlreadySo, conn.Applier.Apply(t.Context(), change(fulfil.Added, "plang", want)).Outcome)
			same := func() {
				row, found, err := conn.Reader.Read(t.Context(), "Users", "userName", "plang")
				require.NoError(t, err)
				require.True(t, found)
				for column := range shapes {
					require.Equal(t, want[column], fulfil.TextOf(row[column]), column)
				}
			}
			same()
			sent.take()
			for column, v := range shapes {
				for _, value := range []*string{&v[1], nil, &v[0]} {
					c := change(fulfil.Modified, "plang", nil)
					c.Changes[column] = value
					r := conn.Applier.Apply(t.Context(), c)
					require.Equal(t, fulfil.Done, r.Outcome, "%s %+v", column, r)
					require.Equal(t, fulfil.AlreadySo, conn.Applier.Apply(t.Context(), c).Outcome, column)
					if name == "Patch" {
						require.Len(t, sent.operations(), 1, "the smallest delta for %s", column)
					}
					if value == nil {
						delete(want, column)
					} else {
						want[column] = *value
					}
					same()
				}
			}
			// all at once, in one request
			c := change(fulfil.Modified, "plang", nil)
			for column, v := range shapes {
				c.Changes[column] = &v[1]
				want[column] = v[1]
			}
			sent.take()
			require.Equal(t, fulfil.Done, conn.Applier.Apply(t.Context(), c).Outcome)
			require.Len(t, sent.take(), 1)
			same()
			for column := range shapes {
				c.Changes[column] = nil
				delete(want, column)
			}
			require.Equal(t, fulfil.Done, conn.Applier.Apply(t.Context(), c).Outcome)
			same()
		})
	}
}

// TestLists: values of lists come and go one by one, and as a whole.
func TestLists(t *testing.T) {
	t.Parallel()
	for name, server := range map[string]string{"Patch": `{}`, "Put": `{"config":{"patch":false}}`} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			target, _, conn := mustBehind(t, server, nil)
			target.Put(t, "Users", map[string]any{"id": "1", "userName": "plang", "emails": []any{
				map[string]any{"value": "b@x", "type": "home", "display": "private"}, map[string]any{"value": "a@x", "type": "work", "primary": true},
			}})
			have := func() []string {
				row, _, err := conn.Reader.Read(t.Context(), "Users", "userName", "plang")
				require.NoError(t, err)
				return fulfil.ListOf(row["emails"])
			}
			require.Equal(t, []string{"a@x", "b@x"}, have())
			c := change(fulfil.Modified, "plang", nil)
			c.ChangesAdded = map[string][]fulfil.Link{"emails": links(`c"] or value pr@x`, "b@x")}
			c.ChangesRemoved = map[string][]fulfil.Link{"emails": links("a@x", "nobody@x")}
			require.Equal(t, fulfil.Done, conn.Applier.Apply(t.Context(), c).Outcome)
			require.Equal(t, fulfil.AlreadySo, conn.Applier.Apply(t.Context(), c).Outcome)
			require.Equal(t, []string{"b@x", `c"] or value pr@x`}, have())
			require.Equal(t, "private", target.All(t, "Users")[0]["emails"].([]any)[0].(map[string]any)["display"], "what stays keeps what else is known of it")
			c = change(fulfil.Modified, "plang", map[string]string{"emails": "d@x\nb@x"})
			r := conn.Applier.Apply(t.Context(), c)
			require.True(t, r.Outcome.OK() || name == "Patch", "%+v", r) // scimmy cannot find a value that holds a bracket
			c = change(fulfil.Modified, "plang", map[string]string{"emails": ""})
			_ = conn.Applier.Apply(t.Context(), c)
		})
	}
}

// TestBooleans: a server gets true or false as its schema says, whatever stands in the order, and nothing is sent that is neither.
func TestBooleans(t *testing.T) {
	t.Parallel()
	target, proxy, conn := mustBehind(t, `{}`, nil)
	require.Equal(t, fulfil.Done, conn.Applier.Apply(t.Context(), change(fulfil.Added, "plang", map[string]string{"active": "True"})).Outcome)
	require.Equal(t, true, target.All(t, "Users")[0]["active"])
	require.Equal(t, fulfil.Done, conn.Applier.Apply(t.Context(), change(fulfil.Modified, "plang", map[string]string{"active": "False"})).Outcome)
	require.Equal(t, false, target.All(t, "Users")[0]["active"])
	require.Equal(t, fulfil.AlreadySo, conn.Applier.Apply(t.Context(), change(fulfil.Modified, "plang", map[string]string{"active": "false"})).Outcome)
	proxy.Forget()
	r := conn.Applier.Apply(t.Context(), change(fulfil.Modified, "plang", map[string]string{"active": "perhaps"}))
	require.Equal(t, fulfil.Refused, r.Outcome)
	require.Contains(t, r.Message, "perhaps")
	require.Empty(t, proxy.Asked())
	// a server that gives them as text, as Entra writes them
	proxy.Be(rewriting("/Users", func(_ *http.Request, o map[string]any) {
		for _, v := range append(asList(o["Resources"]), o) {
			if u, ok := v.(map[string]any); ok && u["active"] != nil {
				u["active"] = map[bool]string{true: "True", false: "False"}[u["active"] == true]
			}
		}
	}))
	rows, err := export(t, conn, "Users", "userName")
	require.NoError(t, err)
	require.Equal(t, "false", rows["plang"]["active"])
	require.Equal(t, fulfil.AlreadySo, conn.Applier.Apply(t.Context(), change(fulfil.Modified, "plang", map[string]string{"active": "false"})).Outcome)
}

func asList(v any) []any {
	list, _ := v.([]any)
	return list
}

// vectors are what attackers and users write into names.
var vectors = []string{
	`o'brien`, `"`, `\`, `\"`, `a" or userName pr or userName eq "`, `a") or (userName pr`, `*`, `%2e%2e/`, "../..", "a/b", "a?b=c&d", "a#b", "a%22b", "a+b c", "ä\u0308 é 日本 🦊", "\u202eabc", "a\tb",
	`members[value eq "x"]`, `urn:ietf:params:scim:schemas:core:2.0:User:userName`, "null", "true", "1", "<script>alert(1)</script>", "{{7*7}}", "$(id)", "a\\u0022b", "a'; drop table users; --", "ﬁ", "I\u0130ı",
}

// TestVectors: whatever stands in a key or a value comes back as it is, and concerns nobody else.
func TestVectors(t *testing.T) {
	t.Parallel()
	for name, settings := range map[string]string{"Filter": `{}`, "NoFilter": `{"config":{"filter":false}}`} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			target, _, conn := mustBehind(t, settings, nil)
			fill(t, target, 3)
			for _, v := range vectors {
				r := conn.Applier.Apply(t.Context(), change(fulfil.Added, v, map[string]string{"displayName": v, enterprise + ":department": v, `emails[type eq "work"]:value`: v}))
				require.Equal(t, fulfil.Done, r.Outcome, "%q %+v", v, r)
				require.Equal(t, v, r.CreatedKey)
			}
			rows, err := export(t, conn, "Users", "userName")
			require.NoError(t, err)
			require.Len(t, rows, len(vectors)+3)
			for _, v := range vectors {
				for _, column := range []string{"displayName", enterprise + ":department", `emails[type eq "work"]:value`} {
					require.Equal(t, v, rows[v][column], "%q", v)
				}
				row, found, err := conn.Reader.Read(t.Context(), "Users", "userName", v)
				require.NoError(t, err, "%q", v)
				require.True(t, found, "%q", v)
				require.Equal(t, rows[v], row)
				r := conn.Applier.Apply(t.Context(), change(fulfil.Modified, v, map[string]string{"title": v}))
				require.Equal(t, fulfil.Done, r.Outcome, "%q %+v", v, r)
				_, found, err = conn.Reader.Read(t.Context(), "Users", "id", v)
				require.True(t, err == nil || errs.As(err) != nil, "%q: scimmy makes a filter of an id, and refuses some: %v", v, err)
				require.False(t, found, "%q is no id", v)
			}
			for _, v := range vectors {
				require.Equal(t, fulfil.Done, conn.Applier.Apply(t.Context(), change(fulfil.Deleted, v, nil)).Outcome, "%q", v)
			}
			require.Len(t, target.All(t, "Users"), 3, "nobody else was deleted")
		})
	}
}

// TestFiltersAreOneComparison: nothing in a key changes what is asked for.
func TestFiltersAreOneComparison(t *testing.T) {
	t.Parallel()
	_, proxy, conn := mustBehind(t, `{}`, nil)
	for _, v := range append(vectors, "a\nb", "a\x00b", "\u2028", `"]`, strings.Repeat(`"`, 100)) {
		proxy.Forget()
		_, _, _ = conn.Reader.Read(t.Context(), "Users", "userName", v)
		asked := 0
		for _, line := range proxy.Asked() {
			_, path, _ := strings.Cut(line, " ")
			req, err := http.NewRequest(http.MethodGet, "http://x"+path, nil) //nolint:noctx // it is not sent
			require.NoError(t, err)
			text := req.URL.Query().Get("filter")
			if text == "" {
				continue
			}
			asked++
			quoted, ok := strings.CutPrefix(text, "userName eq ")
			require.True(t, ok, text)
			var back string
			require.NoError(t, json.Unmarshal([]byte(quoted), &back), text)
			require.Equal(t, v, back)
			if !strings.Contains(v, "\u2028") && !strings.Contains(v, "🦊") {
				e, err := filter.ParseFilter([]byte(text))
				require.NoError(t, err, text)
				require.IsType(t, &filter.AttributeExpression{}, e, text)
			}
		}
		require.Equal(t, 1, asked)
	}
}

// TestFilterIgnored: a server that takes no notice of a filter gives everybody; only who is meant counts.
func TestFilterIgnored(t *testing.T) {
	t.Parallel()
	target, proxy, conn := mustBehind(t, `{}`, map[string]string{"pageSize": "20", "incremental": "true"})
	fill(t, target, 70)
	cookies, err := conn.Tracker.Cookies(t.Context())
	require.NoError(t, err)
	proxy.Be(func(w http.ResponseWriter, r *http.Request, forward func() *fulfiltest.HTTPAnswer) {
		q := r.URL.Query()
		if q.Has("filter") {
			q.Del("filter")
			r.URL.RawQuery = q.Encode()
		}
		forward().Send(w)
	})
	row, found, err := conn.Reader.Read(t.Context(), "Users", "userName", "user0055")
	require.NoError(t, err)
	require.True(t, found)
	require.Equal(t, "User 55", row["displayName"])
	_, found, err = conn.Reader.Read(t.Context(), "Users", "userName", "nobody")
	require.NoError(t, err)
	require.False(t, found)
	require.Equal(t, fulfil.AlreadySo, conn.Applier.Apply(t.Context(), change(fulfil.Deleted, "nobody", nil)).Outcome)
	require.Equal(t, fulfil.Done, conn.Applier.Apply(t.Context(), change(fulfil.Deleted, "user0001", nil)).Outcome)
	require.Len(t, target.All(t, "Users"), 69)
	proxy.Be(rewriting("/Users", func(_ *http.Request, o map[string]any) { // and whose rows did not change since then
		for _, v := range asList(o["Resources"]) {
			v.(map[string]any)["meta"] = map[string]any{"lastModified": "2020-01-01T00:00:00Z"}
		}
	}))
	delta, err := conn.Tracker.Since(t.Context(), "Users", cookies["Users"], 1000)
	require.NoError(t, err)
	require.Nil(t, delta, "it cannot be told")
}

// TestUndescribed: a server that describes nothing has what RFC 7643 says, and one whose address lacks /v2 is found.
func TestUndescribed(t *testing.T) {
	t.Parallel()
	_, proxy, _ := mustBehind(t, `{}`, nil)
	hide := func(w http.ResponseWriter, r *http.Request, forward func() *fulfiltest.HTTPAnswer) {
		for _, name := range []string{"ServiceProviderConfig", "Schemas", "ResourceTypes"} {
			if strings.HasSuffix(r.URL.Path, name) {
				http.Error(w, "<h1>404</h1>", http.StatusNotFound)
				return
			}
		}
		forward().Send(w)
	}
	below := func(w http.ResponseWriter, r *http.Request, forward func() *fulfiltest.HTTPAnswer) {
		if !strings.Contains(r.URL.Path, "/scim/v2/") {
			http.Error(w, "<h1>404</h1>", http.StatusNotFound)
			return
		}
		r.URL.Path = strings.Replace(r.URL.Path, "/scim/v2/", "/scim/", 1)
		forward().Send(w)
	}
	for i, quirk := range []fulfiltest.Quirk{hide, below} {
		proxy.Be(quirk)
		conn := mustOpen(t, proxy.URL, nil)
		require.NoError(t, conn.Check(t.Context()))
		name := fmt.Sprint("user", i)
		r := conn.Applier.Apply(t.Context(), change(fulfil.Added, name, map[string]string{"name:givenName": "Petra", enterprise + ":department": "IT", "active": "true", `emails[type eq "work"]:value`: "p@x"}))
		require.Equal(t, fulfil.Done, r.Outcome, "%+v", r)
		r = conn.Applier.Apply(t.Context(), change(fulfil.Modified, name, map[string]string{"active": "false"}))
		require.Equal(t, fulfil.Done, r.Outcome, "%+v", r)
		rows, err := export(t, conn, "Users", "userName")
		require.NoError(t, err)
		require.Equal(t, "false", rows[name]["active"])
		require.Equal(t, "IT", rows[name][enterprise+":department"])
	}
}

// TestPatchThatIsNone: a server that says it takes PATCH, and does not, gets PUT from then on.
func TestPatchThatIsNone(t *testing.T) {
	t.Parallel()
	target, proxy, conn := mustBehind(t, `{}`, nil)
	target.Put(t, "Users", map[string]any{"id": "1", "userName": "plang", "displayName": "Petra", "title": "Dr."})
	proxy.Be(func(w http.ResponseWriter, r *http.Request, forward func() *fulfiltest.HTTPAnswer) {
		if r.Method == http.MethodPatch {
			w.WriteHeader(http.StatusMethodNotAllowed)
			return
		}
		forward().Send(w)
	})
	for _, name := range []string{"Pia", "Paula"} {
		r := conn.Applier.Apply(t.Context(), change(fulfil.Modified, "plang", map[string]string{"displayName": name}))
		require.Equal(t, fulfil.Done, r.Outcome, "%+v", r)
		u := target.All(t, "Users")[0]
		require.Equal(t, name, u["displayName"])
		require.Equal(t, "Dr.", u["title"])
	}
	patches := slices.DeleteFunc(proxy.Asked(), func(s string) bool { return !strings.HasPrefix(s, "PATCH") })
	require.Len(t, patches, 1)
}

// TestVersions: who changed the resource in between loses nothing; whoever always does gets the order back for later.
func TestVersions(t *testing.T) {
	t.Parallel()
	for name, config := range map[string]string{"Patch": `{"versions":true,"config":{"etag":true}}`, "Put": `{"versions":true,"config":{"etag":true,"patch":false}}`} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			target, proxy, conn := mustBehind(t, config, nil)
			target.Put(t, "Users", map[string]any{"id": "1", "userName": "plang", "displayName": "Petra"})
			var often atomic.Int64
			often.Store(1)
			n := 0
			proxy.Be(changing(func(w http.ResponseWriter, _ *http.Request, forward func() *fulfiltest.HTTPAnswer) {
				if often.Add(-1) >= 0 {
					n++
					target.Put(t, "Users", map[string]any{"id": "1", "userName": "plang", "displayName": "Petra", "title": fmt.Sprint("Dr. ", n)})
				}
				forward().Send(w)
			}))
			r := conn.Applier.Apply(t.Context(), change(fulfil.Modified, "plang", map[string]string{"displayName": "Pia"}))
			require.Equal(t, fulfil.Done, r.Outcome, "%+v", r)
			u := target.All(t, "Users")[0]
			require.Equal(t, "Pia", u["displayName"])
			require.Equal(t, "Dr. 1", u["title"], "of somebody else, in between")
			often.Store(1000)
			r = conn.Applier.Apply(t.Context(), change(fulfil.Modified, "plang", map[string]string{"displayName": "Paula"}))
			require.Equal(t, fulfil.Throttled, r.Outcome, "%+v", r)
			require.Positive(t, r.RetryAfter)
		})
	}
}

// TestGroupOfFiveThousand: members come and go in requests of five hundred, and one of them is one operation.
func TestGroupOfFiveThousand(t *testing.T) {
	t.Parallel()
	// a server of its own: the others would wait for it
	target, proxy, conn := mustBehind(t, `{"config":{"bulk":false}}`, map[string]string{"membersPerRequest": "500"})
	var sent recorded
	proxy.Be(sent.quirk())
	ids := make([]string, 5000)
	for i := range ids {
		ids[i] = fmt.Sprintf("member-%04d", i)
	}
	group := func(kind fulfil.ChangeType) fulfil.Change {
		c := fulfil.Change{OrderID: 1, Type: kind, Table: "Groups", KeyColumn: "displayName", Key: "everybody", Changes: map[string]*string{}}
		if kind == fulfil.Added {
			c.Key, c.Changes["displayName"] = "", ref("everybody")
		}
		return c
	}
	c := group(fulfil.Added)
	c.ChangesAdded = map[string][]fulfil.Link{"members": links(ids...)}
	r := conn.Applier.Apply(t.Context(), c)
	require.Equal(t, fulfil.Done, r.Outcome, "%+v", r)
	require.Equal(t, fulfil.AlreadySo, conn.Applier.Apply(t.Context(), c).Outcome)
	require.Len(t, sent.take(), 10)
	row, _, err := conn.Reader.Read(t.Context(), "Groups", "displayName", "everybody")
	require.NoError(t, err)
	require.Equal(t, ids, row["members"])

	c = group(fulfil.Modified)
	c.ChangesAdded = map[string][]fulfil.Link{"members": links("somebody", "member-0001")}
	c.ChangesRemoved = map[string][]fulfil.Link{"members": links("member-0007", "nobody")}
	require.Equal(t, fulfil.Done, conn.Applier.Apply(t.Context(), c).Outcome)
	require.Equal(t, fulfil.AlreadySo, conn.Applier.Apply(t.Context(), c).Outcome)
	ops := sent.operations()
	require.Len(t, ops, 2)
	require.Equal(t, map[string]any{"op": "remove", "path": `members[value eq "member-0007"]`}, ops[0], "by its path: with a value, servers have emptied the group")
	require.Equal(t, map[string]any{"op": "add", "path": "members", "value": []any{map[string]any{"value": "somebody"}}}, ops[1])
	require.Len(t, target.All(t, "Groups")[0]["members"], 5000)

	// broken off in the middle: nobody knows, a repeat goes on
	n := 0
	proxy.Be(changing(func(w http.ResponseWriter, _ *http.Request, forward func() *fulfiltest.HTTPAnswer) {
		if n++; n == 3 {
			w.Header().Set("Retry-After", "1")
			says(w, http.StatusTooManyRequests, "", "slow down")
			return
		}
		forward().Send(w)
	}))
	small := mustOpen(t, proxy.URL, map[string]string{"membersPerRequest": "5"})
	c = group(fulfil.Modified)
	c.ChangesRemoved = map[string][]fulfil.Link{"members": links(ids[100:120]...)}
	r = small.Applier.Apply(t.Context(), c)
	require.Equal(t, fulfil.Unknown, r.Outcome, "a part was made: %+v", r)
	require.Contains(t, r.Message, "A part of the change was made")
	require.Equal(t, fulfil.Done, small.Applier.Apply(t.Context(), c).Outcome)
	require.Equal(t, 3+2, n, "ten were gone already")
	require.Len(t, target.All(t, "Groups")[0]["members"], 4980)
}

// TestMemberships: written from the side of the user at servers that show them there, and at those that do not.
func TestMemberships(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		server   string
		settings map[string]string
	}{
		"Shown": {`{}`, nil}, "NotShown": {`{"showsGroups":false}`, nil}, "FromGroups": {`{"showsGroups":false}`, map[string]string{"memberships": "groups"}},
		"NotShownPut": {`{"showsGroups":false,"config":{"patch":false}}`, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			target, proxy, conn := mustBehind(t, c.server, c.settings)
			target.Put(t, "Groups", map[string]any{"id": "crm", "displayName": "CRM", "members": []any{map[string]any{"value": "other"}}}, map[string]any{"id": "wiki", "displayName": "Wiki"})
			join := func(kind fulfil.ChangeType, add, remove []string) fulfil.Receipt {
				ch := change(kind, "plang", nil)
				ch.ChangesAdded, ch.ChangesRemoved = map[string][]fulfil.Link{"groups": links(add...)}, map[string][]fulfil.Link{"groups": links(remove...)}
				return conn.Applier.Apply(t.Context(), ch)
			}
			members := func() map[string]int {
				n := map[string]int{}
				for _, g := range target.All(t, "Groups") {
					n[g["id"].(string)] = len(membersOf(g))
				}
				return n
			}
			require.Equal(t, fulfil.Done, join(fulfil.Added, []string{"crm"}, nil).Outcome)
			require.Equal(t, fulfil.AlreadySo, join(fulfil.Added, []string{"crm"}, nil).Outcome)
			require.Equal(t, map[string]int{"crm": 2, "wiki": 0}, members())
			require.Equal(t, fulfil.Done, join(fulfil.Modified, []string{"wiki"}, []string{"crm", "gone"}).Outcome)
			require.Equal(t, fulfil.AlreadySo, join(fulfil.Modified, []string{"wiki"}, []string{"crm", "gone"}).Outcome)
			require.Equal(t, map[string]int{"crm": 1, "wiki": 1}, members())
			require.Equal(t, fulfil.Done, conn.Applier.Apply(t.Context(), change(fulfil.Modified, "plang", map[string]string{"groups": "crm"})).Outcome)
			require.Equal(t, fulfil.AlreadySo, conn.Applier.Apply(t.Context(), change(fulfil.Modified, "plang", map[string]string{"groups": "crm"})).Outcome)
			require.Equal(t, map[string]int{"crm": 2, "wiki": 0}, members())
			r := join(fulfil.Modified, []string{"absent"}, nil)
			require.Equal(t, fulfil.Refused, r.Outcome, "%+v", r)
			require.Contains(t, r.Message, "absent")
			if name == "FromGroups" {
				rows, err := export(t, conn, "Users", "userName")
				require.NoError(t, err)
				require.Equal(t, []string{"crm"}, rows["plang"]["groups"])
			}
			// the user is made, the group fails
			proxy.Be(func(w http.ResponseWriter, r *http.Request, forward func() *fulfiltest.HTTPAnswer) {
				if r.Method != http.MethodGet && strings.Contains(r.URL.Path, "/Groups") {
					says(w, http.StatusTooManyRequests, "", "slow down")
					return
				}
				forward().Send(w)
			})
			ch := change(fulfil.Added, "second", nil)
			ch.ChangesAdded = map[string][]fulfil.Link{"groups": links("wiki")}
			require.Equal(t, fulfil.Unknown, conn.Applier.Apply(t.Context(), ch).Outcome)
			proxy.Be(nil)
			require.Equal(t, fulfil.Done, conn.Applier.Apply(t.Context(), ch).Outcome)
			require.Equal(t, map[string]int{"crm": 2, "wiki": 1}, members())
		})
	}
}

// TestMembersThatAreNotShown: at a server that never says who is in a group (AWS), members are taken out all the same, and nobody is said to be out.
func TestMembersThatAreNotShown(t *testing.T) {
	t.Parallel()
	target, proxy, conn := mustBehind(t, `{"showsGroups":false}`, nil)
	target.Put(t, "Users", map[string]any{"id": "1", "userName": "plang"})
	target.Put(t, "Groups", map[string]any{"id": "crm", "displayName": "CRM", "members": []any{map[string]any{"value": "1"}, map[string]any{"value": "2"}, map[string]any{"value": "3"}}})
	proxy.Be(rewriting("/Groups", func(_ *http.Request, o map[string]any) {
		for _, v := range append(asList(o["Resources"]), o) {
			delete(v.(map[string]any), "members")
		}
	}))
	c := change(fulfil.Modified, "plang", nil)
	c.ChangesRemoved = map[string][]fulfil.Link{"groups": links("crm")}
	require.Equal(t, fulfil.Done, conn.Applier.Apply(t.Context(), c).Outcome)
	require.Equal(t, []string{"2", "3"}, membersOf(target.All(t, "Groups")[0]))
	c = fulfil.Change{Type: fulfil.Modified, Table: "Groups", KeyColumn: "displayName", Key: "CRM", ChangesRemoved: map[string][]fulfil.Link{"members": links("2")}}
	require.Equal(t, fulfil.Done, conn.Applier.Apply(t.Context(), c).Outcome)
	require.Equal(t, []string{"3"}, membersOf(target.All(t, "Groups")[0]))
}

// TestNobodyElse: who is called nearly the same is somebody else, whatever a server's filter finds.
func TestNobodyElse(t *testing.T) {
	t.Parallel()
	target, _, conn := mustBehind(t, `{}`, nil)
	target.Put(t, "Users", map[string]any{"id": "1", "userName": "plang", "externalId": "abc"})
	for column, key := range map[string]string{"userName": "PLANG", "externalId": "ABC"} {
		c := fulfil.Change{Type: fulfil.Deleted, Table: "Users", KeyColumn: column, Key: key}
		require.Equal(t, fulfil.AlreadySo, conn.Applier.Apply(t.Context(), c).Outcome)
		c.Type, c.Changes = fulfil.Modified, map[string]*string{"title": ref("Dr.")}
		require.Equal(t, fulfil.NotFound, conn.Applier.Apply(t.Context(), c).Outcome)
	}
	require.Equal(t, fulfil.Conflict, conn.Applier.Apply(t.Context(), change(fulfil.Added, "PLANG", nil)).Outcome)
	require.Len(t, target.All(t, "Users"), 1)
	require.Empty(t, target.Log(t))
}

// TestNoTarget: what is not there any more stops neither the rest of a change nor the word that a part of it was made.
func TestNoTarget(t *testing.T) {
	t.Parallel()
	target, proxy, conn := mustBehind(t, `{}`, nil)
	target.Put(t, "Groups", map[string]any{"id": "crm", "displayName": "CRM", "members": []any{map[string]any{"value": "1"}, map[string]any{"value": "2"}, map[string]any{"value": "3"}}})
	limit := 1000
	patches := 0
	proxy.Be(changing(func(w http.ResponseWriter, r *http.Request, forward func() *fulfiltest.HTTPAnswer) {
		text, _ := io.ReadAll(r.Body)
		switch patches++; {
		case patches > limit:
			says(w, http.StatusTooManyRequests, "", "slow down")
		case strings.Contains(string(text), `value eq \"2\"`):
			says(w, http.StatusBadRequest, "noTarget", "2 is not there")
		default:
			forward().Send(w)
		}
	}))
	remove := func(ids ...string) fulfil.Receipt {
		return conn.Applier.Apply(t.Context(), fulfil.Change{Type: fulfil.Modified, Table: "Groups", KeyColumn: "displayName", Key: "CRM", ChangesRemoved: map[string][]fulfil.Link{"members": links(ids...)}})
	}
	require.Equal(t, fulfil.AlreadySo, remove("2").Outcome)
	require.Equal(t, fulfil.Done, remove("1", "2").Outcome)
	require.Equal(t, []string{"2", "3"}, membersOf(target.All(t, "Groups")[0]))
	target.Put(t, "Groups", map[string]any{"id": "crm", "displayName": "CRM", "members": []any{map[string]any{"value": "1"}, map[string]any{"value": "2"}, map[string]any{"value": "3"}}})
	patches, limit = 0, 2
	r := remove("1", "2", "3")
	require.Equal(t, fulfil.Unknown, r.Outcome, "1 is out, and nobody knows of the rest: %+v", r)
}

// TestManyInOneGroup: users who join a group at once all do, also where a group is written as a whole.
func TestManyInOneGroup(t *testing.T) {
	t.Parallel()
	for name, server := range map[string]string{"Patch": `{}`, "Put": `{"config":{"patch":false}}`} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			target, _, conn := mustBehind(t, server, nil)
			fill(t, target, 20)
			target.Put(t, "Groups", map[string]any{"id": "crm", "displayName": "CRM"})
			var wg sync.WaitGroup
			for i := range 20 {
				wg.Go(func() {
					c := change(fulfil.Modified, fmt.Sprintf("user%04d", i), nil)
					c.ChangesAdded = map[string][]fulfil.Link{"groups": links("crm")}
					if r := conn.Applier.Apply(t.Context(), c); r.Outcome != fulfil.Done {
						t.Errorf("%+v", r)
					}
				})
			}
			wg.Wait()
			require.Len(t, membersOf(target.All(t, "Groups")[0]), 20)
		})
	}
}

// TestKeyOfTheServer: a mapping by id gets the id that the server gave, and a repeat finds it by what else is only one's.
func TestKeyOfTheServer(t *testing.T) {
	t.Parallel()
	target, _, conn := mustBehind(t, `{}`, nil)
	c := change(fulfil.Added, "plang", map[string]string{"displayName": "Petra"})
	c.KeyColumn = "id"
	r := conn.Applier.Apply(t.Context(), c)
	require.Equal(t, fulfil.Done, r.Outcome, "%+v", r)
	require.Equal(t, target.All(t, "Users")[0]["id"], r.CreatedKey)
	again := conn.Applier.Apply(t.Context(), c)
	require.Equal(t, fulfil.AlreadySo, again.Outcome, "%+v", again)
	require.Equal(t, r.CreatedKey, again.CreatedKey)
	c.Changes["displayName"] = ref("Paul")
	require.Equal(t, fulfil.Conflict, conn.Applier.Apply(t.Context(), c).Outcome)
	for _, id := range []string{"", ".", "..", "../Groups", "a/b"} {
		_, found, err := conn.Reader.Read(t.Context(), "Users", "id", id)
		require.NoError(t, err, id)
		require.False(t, found, id)
	}
	c = change(fulfil.Modified, r.CreatedKey, map[string]string{"userName": "pwinter"})
	c.KeyColumn = "id"
	require.Equal(t, fulfil.Done, conn.Applier.Apply(t.Context(), c).Outcome)
	require.Equal(t, "pwinter", target.All(t, "Users")[0]["userName"])
	c.Changes = map[string]*string{"meta:created": ref("now")}
	require.Equal(t, fulfil.Refused, conn.Applier.Apply(t.Context(), c).Outcome)
}

// TestSettingsOfTables: tables, filters and names of columns are as the settings say.
func TestSettingsOfTables(t *testing.T) {
	t.Parallel()
	target, proxy, conn := mustBehind(t, `{}`, map[string]string{"resources": "Users", "filter.Users": `userName sw "user000"`, "separator": "."})
	fill(t, target, 30)
	tables, err := conn.Exporter.Schema(t.Context())
	require.NoError(t, err)
	require.Len(t, tables, 1)
	require.Contains(t, tables[0].Columns, "name.givenName")
	rows, err := export(t, conn, "Users", "userName")
	require.NoError(t, err)
	require.Len(t, rows, 10)
	_, found, err := conn.Reader.Read(t.Context(), "Users", "userName", "user0015")
	require.NoError(t, err)
	require.False(t, found, "it is outside of what is read")
	for setting, value := range map[string]string{"resources": "Devices", "filter.Devices": "id pr"} {
		err := mustOpen(t, proxy.URL, map[string]string{setting: value}).Check(t.Context())
		require.True(t, errs.Is(err, errs.Validation), "%v", err)
		require.Equal(t, setting, errs.As(err).Field)
	}
}
