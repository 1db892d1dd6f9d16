package scim_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"writ/server/errs"
	"writ/server/fulfil"
	"writ/server/fulfil/fulfiltest"
)

// TestPassword: it is written and never read, so it neither makes one who is there another nor is taken for cleared.
func TestPassword(t *testing.T) {
	t.Parallel()
	_, proxy, conn := mustBehind(t, `{}`, nil)
	var sent recorded
	proxy.Be(sent.quirk())
	c := change(fulfil.Added, "plang", map[string]string{"password": "Geheim-1", "title": "Dr."})
	require.Equal(t, fulfil.Done, conn.Applier.Apply(t.Context(), c).Outcome)
	require.Equal(t, "Geheim-1", sent.take()[0]["password"])
	require.Equal(t, fulfil.AlreadySo, conn.Applier.Apply(t.Context(), c).Outcome)
	rows, err := export(t, conn, "Users", "userName")
	require.NoError(t, err)
	require.Contains(t, rows["plang"], "password")
	require.Nil(t, rows["plang"]["password"])
	r := conn.Applier.Apply(t.Context(), change(fulfil.Modified, "plang", map[string]string{"password": "Geheim-2"}))
	require.Equal(t, fulfil.Done, r.Outcome, "%+v", r)
	require.Equal(t, []map[string]any{{"op": "add", "path": "password", "value": "Geheim-2"}}, sent.operations())
}

// TestSomebodyWasFaster: whoever came between the look and the POST is the same, or somebody else.
func TestSomebodyWasFaster(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]fulfil.Outcome{"Petra": fulfil.AlreadySo, "Paul": fulfil.Conflict} {
		target, proxy, conn := mustBehind(t, `{}`, nil)
		proxy.Be(changing(func(w http.ResponseWriter, _ *http.Request, forward func() *fulfiltest.HTTPAnswer) {
			target.Put(t, "Users", map[string]any{"id": "1", "userName": "plang", "displayName": name})
			forward().Send(w)
		}))
		r := conn.Applier.Apply(t.Context(), change(fulfil.Added, "plang", map[string]string{"displayName": "Petra"}))
		require.Equal(t, want, r.Outcome, "%+v", r)
		require.Len(t, target.All(t, "Users"), 1)
		require.Equal(t, name, target.All(t, "Users")[0]["displayName"])
	}
}

// TestSameRowTwice: a page that holds a row twice is not believed.
func TestSameRowTwice(t *testing.T) {
	t.Parallel()
	for _, settings := range []map[string]string{nil, {"paging": "none"}} {
		target, proxy, conn := mustBehind(t, `{}`, settings)
		fill(t, target, 9)
		proxy.Be(rewriting("/Users", func(_ *http.Request, o map[string]any) {
			if list := asList(o["Resources"]); len(list) > 3 {
				list[3] = list[1]
			}
		}))
		_, err := export(t, conn, "Users", "userName")
		require.True(t, errs.Is(err, errs.Unavailable), "%v", err)
	}
}

// TestAnotherResource: a server that answers with somebody else than was asked for is not believed.
func TestAnotherResource(t *testing.T) {
	t.Parallel()
	target, proxy, conn := mustBehind(t, `{}`, nil)
	fill(t, target, 3)
	proxy.Be(func(w http.ResponseWriter, r *http.Request, forward func() *fulfiltest.HTTPAnswer) {
		if r.Method == http.MethodGet && r.URL.Path[len(r.URL.Path)-6:] == "id0001" {
			r.URL.Path = r.URL.Path[:len(r.URL.Path)-1] + "2"
		}
		forward().Send(w)
	})
	_, _, err := conn.Reader.Read(t.Context(), "Users", "id", "id0001")
	require.True(t, errs.Is(err, errs.Unavailable), "%v", err)
	r := conn.Applier.Apply(t.Context(), fulfil.Change{Type: fulfil.Deleted, Table: "Users", KeyColumn: "id", Key: "id0001"})
	require.Equal(t, fulfil.Unreachable, r.Outcome, "%+v", r)
	require.Len(t, target.All(t, "Users"), 3)
}

// TestIndirectMemberships: a membership by a group in a group is not one that can be taken away here, and is not shown as one.
func TestIndirectMemberships(t *testing.T) {
	t.Parallel()
	target, proxy, conn := mustBehind(t, `{}`, nil)
	target.Put(t, "Users", map[string]any{"id": "1", "userName": "plang"})
	target.Put(t, "Groups", map[string]any{"id": "crm", "displayName": "CRM", "members": []any{map[string]any{"value": "1"}}})
	proxy.Be(rewriting("/Users", func(_ *http.Request, o map[string]any) {
		for _, v := range asList(o["Resources"]) {
			u := v.(map[string]any)
			u["groups"] = append(asList(u["groups"]), map[string]any{"value": "all", "type": "indirect"})
		}
	}))
	rows, err := export(t, conn, "Users", "userName")
	require.NoError(t, err)
	require.Equal(t, []string{"crm"}, rows["plang"]["groups"])
	c := change(fulfil.Modified, "plang", nil)
	c.ChangesRemoved = map[string][]fulfil.Link{"groups": links("all")}
	require.Equal(t, fulfil.AlreadySo, conn.Applier.Apply(t.Context(), c).Outcome)
}
