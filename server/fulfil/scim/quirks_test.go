package scim_test

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"writ/server/errs"
	"writ/server/fulfil"
	"writ/server/fulfil/fulfiltest"
	"writ/server/fulfil/scim"
)

func ref(s string) *string { return &s }

func change(kind fulfil.ChangeType, key string, changes map[string]string) fulfil.Change {
	c := fulfil.Change{OrderID: 1, Type: kind, Table: "Users", KeyColumn: "userName", Changes: map[string]*string{}}
	if kind == fulfil.Added {
		c.Changes["userName"] = &key
	} else {
		c.Key = key
	}
	for column, v := range changes {
		c.Changes[column] = &v
	}
	return c
}

func links(keys ...string) []fulfil.Link {
	list := make([]fulfil.Link, len(keys))
	for i, k := range keys {
		list[i].Key = k
	}
	return list
}

func export(t *testing.T, c *fulfil.Opened, table, key string) (map[string]fulfil.Row, error) {
	t.Helper()
	rows := map[string]fulfil.Row{}
	for row, err := range fulfil.Rows(c.Exporter.Export(t.Context(), table)) {
		if err != nil {
			return rows, err
		}
		require.NotContains(t, rows, row[key], "twice")
		rows[fulfil.TextOf(row[key])] = row
	}
	return rows, nil
}

// fill makes n users.
func fill(t *testing.T, target *fulfiltest.SCIMTarget, n int) {
	t.Helper()
	list := make([]map[string]any, n)
	for i := range list {
		list[i] = map[string]any{"id": fmt.Sprintf("id%04d", i), "userName": fmt.Sprintf("user%04d", i), "displayName": fmt.Sprintf("User %d", i)}
	}
	target.Put(t, "Users", list...)
}

// rewriting changes the answers to requests whose address holds a text.
func rewriting(part string, with func(r *http.Request, o map[string]any)) fulfiltest.Quirk {
	return func(w http.ResponseWriter, r *http.Request, forward func() *fulfiltest.HTTPAnswer) {
		a := forward()
		var o map[string]any
		if strings.Contains(r.URL.Path, part) && json.Unmarshal(a.Body, &o) == nil {
			with(r, o)
			a.Body, _ = json.Marshal(o)
		}
		a.Send(w)
	}
}

// asking changes requests before they are handed on.
func asking(with func(q url.Values)) fulfiltest.Quirk {
	return func(w http.ResponseWriter, r *http.Request, forward func() *fulfiltest.HTTPAnswer) {
		if q := r.URL.Query(); q.Has("count") {
			with(q)
			r.URL.RawQuery = q.Encode()
		}
		forward().Send(w)
	}
}

func number(text string) int {
	n, _ := strconv.Atoi(text)
	return n
}

// TestPages: however a server pages, a table is whole, or its reading ends with an error.
func TestPages(t *testing.T) {
	t.Parallel()
	total := func(of func(rows, total int) any) fulfiltest.Quirk {
		return rewriting("/Users", func(_ *http.Request, o map[string]any) {
			list, _ := o["Resources"].([]any)
			n, _ := o["totalResults"].(float64)
			if v := of(len(list), int(n)); v != nil {
				o["totalResults"] = v
			} else {
				delete(o, "totalResults")
			}
		})
	}
	for name, c := range map[string]struct {
		rows     int
		server   string
		settings map[string]string
		quirk    fulfiltest.Quirk
		want     errs.Kind // "": all rows come
	}{
		"AsItShould":                  {rows: 57, quirk: nil},
		"OnePage":                     {rows: 10, quirk: nil},
		"FullPages":                   {rows: 40, settings: map[string]string{"pageSize": "20"}},
		"SmallerPages":                {rows: 57, quirk: asking(func(q url.Values) { q.Set("count", strconv.Itoa(min(7, number(q.Get("count"))))) })},
		"PagesOfOne":                  {rows: 9, quirk: asking(func(q url.Values) { q.Set("count", "1") })},
		"TotalIsThatOfThePage":        {rows: 57, quirk: total(func(rows, _ int) any { return rows })}, // AWS, WSO2
		"TotalTooHigh":                {rows: 57, quirk: total(func(_, total int) any { return total + 3 }), want: errs.Unavailable},
		"TotalTooLow":                 {rows: 57, quirk: total(func(_, total int) any { return total - 30 })},
		"TotalAsText":                 {rows: 57, quirk: total(func(_, total int) any { return strconv.Itoa(total) })},
		"NoTotal":                     {rows: 57, quirk: total(func(int, int) any { return nil })},
		"StartIndexIgnored":           {rows: 57, server: `{"pages":false}`, want: errs.Unavailable},
		"ClippedAndTotalFits":         {rows: 57, server: `{"pages":false}`, quirk: total(func(rows, _ int) any { return rows }), want: errs.Unavailable}, // better-auth
		"NotPaged":                    {rows: 15, server: `{"pages":false}`, settings: map[string]string{"paging": "none"}},
		"NotPagedAndClipped":          {rows: 57, server: `{"pages":false}`, settings: map[string]string{"paging": "none"}, want: errs.Unavailable},
		"NotPagedClippedAndTotalFits": {rows: 57, server: `{"pages":false,"config":{"filter":20}}`, settings: map[string]string{"paging": "none"}, quirk: total(func(rows, _ int) any { return rows }), want: errs.Unavailable},
		"PagedButToldNot":             {rows: 57, settings: map[string]string{"paging": "none"}, quirk: total(func(rows, _ int) any { return rows }), want: errs.Unavailable},
		"NotPagedAndCursor": {rows: 15, server: `{"pages":false}`, settings: map[string]string{"paging": "none"}, quirk: rewriting("/Users", func(_ *http.Request, o map[string]any) {
			o["nextCursor"] = "VZUTiyhEQJ94IR"
		}), want: errs.Unavailable},
		"StartIndexFromZero":   {rows: 57, settings: map[string]string{"pageSize": "20"}, quirk: asking(func(q url.Values) { q.Set("startIndex", strconv.Itoa(number(q.Get("startIndex"))+1)) }), want: errs.Unavailable},
		"CountedByPages":       {rows: 57, settings: map[string]string{"pageSize": "20"}, quirk: asking(func(q url.Values) { q.Set("startIndex", strconv.Itoa((number(q.Get("startIndex"))-1)/20*20+1)) }), want: errs.Unavailable},
		"EmptyPage":            {rows: 57, quirk: rewriting("/Users", func(_ *http.Request, o map[string]any) { o["Resources"] = []any{} }), want: errs.Unavailable},
		"NoResourcesAndATotal": {rows: 57, quirk: rewriting("/Users", func(_ *http.Request, o map[string]any) { delete(o, "Resources") }), want: errs.Unavailable},
		"NoList":               {rows: 57, quirk: rewriting("/Users", func(_ *http.Request, o map[string]any) { delete(o, "Resources"); delete(o, "totalResults") }), want: errs.Unavailable},
		"ResourcesAreNoList":   {rows: 57, quirk: rewriting("/Users", func(_ *http.Request, o map[string]any) { o["Resources"] = "none" }), want: errs.Unavailable},
		"WithoutIDs":           {rows: 57, quirk: rewriting("/Users", func(_ *http.Request, o map[string]any) { delete(o["Resources"].([]any)[3].(map[string]any), "id") }), want: errs.Unavailable},
		"TooManyRows":          {rows: 57, settings: map[string]string{"maximumRows": "50"}, want: errs.Validation},
		"LongRows": {rows: 57, quirk: rewriting("/Users", func(_ *http.Request, o map[string]any) { // a page of all of them is longer than an answer may be
			for _, v := range o["Resources"].([]any) {
				v.(map[string]any)["title"] = long
			}
		})},
		"NumbersAsIDs": {rows: 57, quirk: rewriting("/Users", func(_ *http.Request, o map[string]any) { numbered(o) })},
		"ByteOrderMark": {rows: 57, quirk: func(w http.ResponseWriter, _ *http.Request, forward func() *fulfiltest.HTTPAnswer) {
			a := forward()
			a.Body = append([]byte("\xef\xbb\xbf"), a.Body...)
			a.Send(w)
		}},
		"NamesInAnyCase":         {rows: 57, quirk: rewriting("/Users", func(_ *http.Request, o map[string]any) { lower(o) })},
		"TheRowsOfAPageReversed": {rows: 57, settings: map[string]string{"pageSize": "20"}, quirk: rewriting("/Users", func(_ *http.Request, o map[string]any) { reverse(o["Resources"].([]any)) }), want: errs.Unavailable},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			target, proxy, conn := mustBehind(t, c.server, c.settings)
			fill(t, target, c.rows)
			proxy.Be(c.quirk)
			rows, err := export(t, conn, "Users", "userName")
			if c.want != "" {
				require.True(t, errs.Is(err, c.want), "%d rows, %v", len(rows), err)
				require.NotEmpty(t, errs.As(err).Message)
				require.NotContains(t, errs.As(err).Message, "paging to none", "it would take what is cut off for all")
				return
			}
			require.NoError(t, err)
			require.Len(t, rows, c.rows)
			require.Equal(t, "User 3", rows["user0003"]["displayName"])
		})
	}
}

func lower(v any) {
	switch v := v.(type) {
	case map[string]any:
		for key, inner := range v {
			lower(inner)
			delete(v, key)
			v[strings.ToLower(key)] = inner
		}
	case []any:
		for _, inner := range v {
			lower(inner)
		}
	}
}

// long is a megabyte.
var long = strings.Repeat("x", 1<<20)

func numbered(o map[string]any) {
	for _, v := range o["Resources"].([]any) {
		u := v.(map[string]any)
		u["id"] = number(strings.TrimPrefix(u["userName"].(string), "user")) + 1
	}
}

func reverse(list []any) {
	for i, j := 0, len(list)-1; i < j; i, j = i+1, j-1 {
		list[i], list[j] = list[j], list[i]
	}
}

// TestEmptyTables: what is empty is empty, also at servers that leave the list out.
func TestEmptyTables(t *testing.T) {
	t.Parallel()
	_, proxy, conn := mustBehind(t, `{}`, nil)
	for _, quirk := range []fulfiltest.Quirk{nil, rewriting("/Users", func(_ *http.Request, o map[string]any) { delete(o, "Resources") })} {
		proxy.Be(quirk)
		rows, err := export(t, conn, "Users", "userName")
		require.NoError(t, err)
		require.Empty(t, rows)
	}
}

// TestPagesShift: rows that come and go while a table is read leave out none that stays, and none comes twice.
func TestPagesShift(t *testing.T) {
	t.Parallel()
	for _, often := range []int{1, 2, 1000} {
		t.Run(strconv.Itoa(often), func(t *testing.T) {
			t.Parallel()
			target, proxy, conn := mustBehind(t, `{}`, map[string]string{"pageSize": "20"})
			fill(t, target, 100)
			var n atomic.Int64
			proxy.Be(func(w http.ResponseWriter, r *http.Request, forward func() *fulfiltest.HTTPAnswer) {
				a := forward()
				if i := int(n.Add(1)); strings.Contains(r.URL.RawQuery, "startIndex=20") && i/5 < often {
					target.Delete(t, "Users", fmt.Sprintf("id%04d", i)) // behind what was read
					target.Put(t, "Users", map[string]any{"id": fmt.Sprintf("new%d", i), "userName": fmt.Sprintf("new%d", i)})
				}
				a.Send(w)
			})
			rows, err := export(t, conn, "Users", "userName")
			if often == 1000 {
				require.True(t, errs.Is(err, errs.Unavailable), "%v", err)
				return
			}
			require.NoError(t, err)
			for _, u := range target.All(t, "Users") {
				if !strings.HasPrefix(u["id"].(string), "new") {
					require.Contains(t, rows, u["userName"])
				}
			}
		})
	}
}

// TestEndless: a server that never ends ends with an error.
func TestEndless(t *testing.T) {
	t.Parallel()
	_, proxy, conn := mustBehind(t, `{}`, map[string]string{"maximumRows": "2000"})
	proxy.Be(rewriting("/Users", func(r *http.Request, o map[string]any) {
		first, list := number(r.URL.Query().Get("startIndex")), []any{}
		for i := range 100 {
			list = append(list, map[string]any{"id": fmt.Sprint(first + i), "userName": fmt.Sprint("u", first+i)})
		}
		o["Resources"], o["totalResults"] = list, first+1000
	}))
	rows, err := export(t, conn, "Users", "userName")
	require.True(t, errs.Is(err, errs.Validation), "%v", err)
	require.Len(t, rows, 2000)
	_, _, err = conn.Reader.Read(t.Context(), "Users", "userName", "nobody")
	require.Error(t, err)
}

// TestAnswersToChanges: what each way of answering means for a change, and what was made of it.
func TestAnswersToChanges(t *testing.T) {
	t.Parallel()
	with := func(status int, kind, body string, header ...string) fulfiltest.Quirk {
		return changing(func(w http.ResponseWriter, _ *http.Request, _ func() *fulfiltest.HTTPAnswer) {
			for i := 0; i+1 < len(header); i += 2 {
				w.Header().Set(header[i], header[i+1])
			}
			w.Header().Set("Content-Type", kind)
			w.WriteHeader(status)
			_, _ = w.Write([]byte(body))
		})
	}
	done := func(answer func(w http.ResponseWriter)) fulfiltest.Quirk {
		return changing(func(w http.ResponseWriter, _ *http.Request, forward func() *fulfiltest.HTTPAnswer) {
			forward()
			answer(w)
		})
	}
	slow := func(w http.ResponseWriter) {
		w.Header().Set("Content-Length", "1000000")
		for range 40 {
			if _, err := w.Write([]byte("{")); err != nil {
				return
			}
			w.(http.Flusher).Flush()
			time.Sleep(100 * time.Millisecond) // nothing waits for it: the connector has to give up first
		}
		fulfiltest.Cut()
	}
	var bomb bytes.Buffer
	z := gzip.NewWriter(&bomb)
	_, _ = z.Write(bytes.Repeat([]byte(" "), 50<<20))
	require.NoError(t, z.Close())
	for name, c := range map[string]struct {
		quirk   fulfiltest.Quirk
		outcome fulfil.Outcome
		made    bool
		wait    time.Duration
		text    string
	}{
		"InvalidValue":      {quirk: refusing("no such country"), outcome: fulfil.Refused, text: "no such country"},
		"Mutability":        {quirk: with(400, "application/scim+json", `{"scimType":"mutability","detail":"title is immutable","status":"400"}`), outcome: fulfil.Refused, text: "title is immutable"},
		"TooManyRequests":   {quirk: with(429, "text/plain", "slow down", "Retry-After", "7"), outcome: fulfil.Throttled, wait: 7 * time.Second},
		"TooManyForEver":    {quirk: with(429, "text/plain", "", "Retry-After", "99999999999999"), outcome: fulfil.Throttled, wait: time.Hour},
		"TooManyNonsense":   {quirk: with(429, "text/plain", "", "Retry-After", "soon"), outcome: fulfil.Throttled},
		"TooManyNegative":   {quirk: with(429, "text/plain", "", "Retry-After", "-5"), outcome: fulfil.Throttled},
		"Fails":             {quirk: with(500, "text/html", "<h1>oops</h1>"), outcome: fulfil.Unknown, text: "500"},
		"FailsAfterIt":      {quirk: done(func(w http.ResponseWriter) { says(w, 500, "", "the mail could not be sent") }), outcome: fulfil.Unknown, made: true, text: "the mail could not be sent"},
		"BadGateway":        {quirk: with(502, "text/html", "<h1>bad gateway</h1>"), outcome: fulfil.Unknown},
		"Unavailable":       {quirk: with(503, "text/plain", "", "Retry-After", "3"), outcome: fulfil.Unknown},
		"Accepted":          {quirk: with(202, "application/scim+json", "{}"), outcome: fulfil.Unknown},
		"SignInPage":        {quirk: with(200, "text/html", "<html>sign in</html>"), outcome: fulfil.Unknown, text: "not with the resource"},
		"Nothing":           {quirk: with(201, "application/scim+json", ""), outcome: fulfil.Unknown},
		"Half":              {quirk: with(201, "application/scim+json", `{"id":"1`), outcome: fulfil.Unknown},
		"NoID":              {quirk: with(201, "application/scim+json", `{}`), outcome: fulfil.Unknown},
		"List":              {quirk: with(201, "application/scim+json", `[]`), outcome: fulfil.Unknown},
		"CutAfterIt":        {quirk: done(func(http.ResponseWriter) { fulfiltest.Cut() }), outcome: fulfil.Unknown, made: true},
		"OneByteATime":      {quirk: done(slow), outcome: fulfil.Unknown, made: true},
		"Bomb":              {quirk: with(201, "application/scim+json", bomb.String(), "Content-Encoding", "gzip"), outcome: fulfil.Unknown, text: "packed"},
		"Endless":           {quirk: done(func(w http.ResponseWriter) { pour(w, 34<<20) }), outcome: fulfil.Unknown, made: true, text: "longer than 32 MB"},
		"Taken":             {quirk: with(409, "application/scim+json", `{"detail":"taken","status":"409"}`), outcome: fulfil.Conflict, text: "taken"},
		"TakenAsBadRequest": {quirk: with(400, "application/scim+json", `{"scimType":"uniqueness","status":"400","detail":"taken"}`), outcome: fulfil.Conflict, text: "taken"},
		"Unauthorized":      {quirk: with(401, "application/scim+json", `{"detail":"no"}`), outcome: fulfil.Unreachable},
		"Forbidden":         {quirk: with(403, "application/scim+json", `{"detail":"read only"}`), outcome: fulfil.Refused, text: "read only"},
		"NoEndpoint":        {quirk: with(404, "application/scim+json", `{"schemas":["urn:ietf:params:scim:api:messages:2.0:Error"],"detail":"no endpoint","status":"404"}`), outcome: fulfil.Refused},
		"NoRoute":           {quirk: with(404, "application/json", `{"message":"no route"}`), outcome: fulfil.Unreachable, text: "no route"},
		"NoPage":            {quirk: with(404, "text/html", `<h1>404</h1>`), outcome: fulfil.Unreachable},
		"NotImplemented":    {quirk: with(501, "application/scim+json", `{"detail":"never"}`), outcome: fulfil.Refused},
		"TooLarge":          {quirk: with(413, "text/plain", ``), outcome: fulfil.Refused},
		"Locked":            {quirk: with(423, "text/plain", ``), outcome: fulfil.Throttled, wait: time.Second},
		"SeeOther":          {quirk: with(303, "text/plain", ``, "Location", "/done"), outcome: fulfil.Unknown},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			timeout := map[bool]string{true: "2", false: "120"}[name == "OneByteATime"]
			target, proxy, conn := mustBehind(t, `{}`, map[string]string{"timeout": timeout})
			_, err := conn.Exporter.Schema(t.Context())
			require.NoError(t, err)
			quirk := c.quirk
			if name == "OneByteATime" { // only the change takes too long
				quirk = func(w http.ResponseWriter, r *http.Request, forward func() *fulfiltest.HTTPAnswer) {
					if r.Method == http.MethodGet {
						nobody(w)
						return
					}
					c.quirk(w, r, forward)
				}
			}
			proxy.Be(quirk)
			r := conn.Applier.Apply(t.Context(), change(fulfil.Added, "plang", map[string]string{"displayName": "Petra"}))
			require.Equal(t, c.outcome, r.Outcome, "%+v", r)
			require.NotEmpty(t, r.Message)
			require.Contains(t, r.Message, c.text)
			require.Equal(t, c.wait, r.RetryAfter)
			require.NotContains(t, r.Message, "<")
			require.NotContains(t, r.Message, "A part of the change")
			if c.made {
				require.Eventually(t, func() bool { return len(target.All(t, "Users")) == 1 }, time.Minute, 20*time.Millisecond)
			}
			proxy.Be(nil)
			r = mustOpen(t, proxy.URL, nil).Applier.Apply(t.Context(), change(fulfil.Added, "plang", map[string]string{"displayName": "Petra"}))
			require.Equal(t, map[bool]fulfil.Outcome{false: fulfil.Done, true: fulfil.AlreadySo}[c.made], r.Outcome, "%+v", r)
			require.Len(t, target.Log(t), 1, "made once")
		})
	}
}

// pour writes that many bytes of an object that does not end.
func pour(w http.ResponseWriter, n int) {
	_, _ = w.Write([]byte(`{"id":"`))
	block := bytes.Repeat([]byte("x"), 1<<20)
	for range n >> 20 {
		if _, err := w.Write(block); err != nil {
			return
		}
	}
}

// TestAnswersToReads: none of them is taken for "not there" or for an empty table.
func TestAnswersToReads(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		status int
		body   string
		kind   errs.Kind
	}{
		"SignInPage": {200, "<html>sign in</html>", errs.Unavailable}, "Empty": {200, "", errs.Unavailable}, "Half": {200, `{"Resources":[{"id":"1"},`, errs.Unavailable},
		"ErrorWith200": {200, `{"schemas":["urn:ietf:params:scim:api:messages:2.0:Error"],"detail":"no"}`, errs.Unavailable}, "TwoAnswers": {200, `{"totalResults":0}{"totalResults":0}`, errs.Unavailable},
		"NoContent": {204, "", errs.Unavailable}, "Fails": {500, "", errs.Unavailable}, "TooMany": {429, "", errs.Unavailable}, "NoPage": {404, "<h1>404</h1>", errs.Unavailable},
		"NotFoundAndNothing": {404, "", errs.Unavailable}, "NoRoute": {404, `{"message":"no route"}`, errs.Unavailable},
		"Unauthorized": {401, "", errs.Validation}, "Forbidden": {403, "", errs.Validation}, "Gone": {410, "", errs.Unavailable},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			target, proxy, conn := mustBehind(t, `{}`, nil)
			fill(t, target, 3)
			_, err := conn.Exporter.Schema(t.Context())
			require.NoError(t, err)
			proxy.Be(func(w http.ResponseWriter, _ *http.Request, _ func() *fulfiltest.HTTPAnswer) {
				w.WriteHeader(c.status)
				_, _ = w.Write([]byte(c.body))
			})
			rows, err := export(t, conn, "Users", "userName")
			require.True(t, errs.Is(err, c.kind), "%v", err)
			require.Empty(t, rows)
			for _, column := range []string{"userName", "id"} {
				_, found, err := conn.Reader.Read(t.Context(), "Users", column, "id0001")
				require.Error(t, err, column)
				require.False(t, found)
				r := conn.Applier.Apply(t.Context(), fulfil.Change{Type: fulfil.Deleted, Table: "Users", KeyColumn: column, Key: "id0001"})
				require.False(t, r.Outcome.OK(), "%+v", r)
				require.NotEqual(t, fulfil.Unknown, r.Outcome, "nothing was changed")
			}
			require.Len(t, target.All(t, "Users"), 3)
		})
	}
}

// TestNotFoundInOtherWords: a server that says so in its own way, at an endpoint that it has, is believed.
func TestNotFoundInOtherWords(t *testing.T) {
	t.Parallel()
	_, proxy, conn := mustBehind(t, `{}`, nil)
	proxy.Be(func(w http.ResponseWriter, r *http.Request, forward func() *fulfiltest.HTTPAnswer) {
		if strings.Contains(r.URL.Path, "/Users/") {
			http.NotFound(w, r)
			return
		}
		forward().Send(w)
	})
	_, found, err := conn.Reader.Read(t.Context(), "Users", "id", "nobody")
	require.NoError(t, err)
	require.False(t, found)
	r := conn.Applier.Apply(t.Context(), fulfil.Change{Type: fulfil.Deleted, Table: "Users", KeyColumn: "id", Key: "nobody"})
	require.Equal(t, fulfil.AlreadySo, r.Outcome)
}

// TestRedirect: neither a read nor a change, nor the token, goes to another host, whatever the status.
func TestRedirect(t *testing.T) {
	t.Parallel()
	var came atomic.Int64
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { came.Add(1) }))
	t.Cleanup(other.Close)
	for _, status := range []int{301, 302, 303, 307, 308} {
		target, proxy, conn := mustBehind(t, `{}`, nil)
		_, err := conn.Exporter.Schema(t.Context())
		require.NoError(t, err)
		redirect := func(w http.ResponseWriter, r *http.Request, _ func() *fulfiltest.HTTPAnswer) {
			http.Redirect(w, r, other.URL+"/Users?token=secret", status)
		}
		proxy.Be(changing(redirect))
		r := conn.Applier.Apply(t.Context(), change(fulfil.Added, "plang", nil))
		require.False(t, r.Outcome.OK(), "%+v", r)
		require.NotContains(t, r.Message, "secret")
		proxy.Be(redirect)
		_, err = export(t, conn, "Users", "userName")
		require.Error(t, err)
		require.NotContains(t, err.Error(), "secret")
		require.Empty(t, target.All(t, "Users"))
	}
	require.Zero(t, came.Load())
}

// TestSecretsStayOut: of what a server repeats, and of what goes wrong before it is asked.
func TestSecretsStayOut(t *testing.T) {
	t.Parallel()
	secret := "s3cr3t/+=&value"
	target := fulfiltest.MustSCIMTarget(t, `{}`) // says which token it refuses
	for name, settings := range map[string]map[string]string{
		"Token": {"oAuthToken": secret}, "Basic": {"login": "writ", "password": secret, "oAuthToken": ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			conn := mustOpen(t, target.URL, settings)
			err := conn.Check(t.Context())
			require.True(t, errs.Is(err, errs.Validation), "%v", err)
			require.Contains(t, []string{"oAuthToken", "password"}, errs.As(err).Field)
			r := conn.Applier.Apply(t.Context(), change(fulfil.Added, "plang", nil))
			require.Equal(t, fulfil.Unreachable, r.Outcome)
			for _, text := range []string{err.Error(), r.Message, r.Detail, r.Hint} {
				require.NotContains(t, text, secret)
				require.NotContains(t, text, "d3JpdD") // "writ:" in base64
			}
			require.Contains(t, r.Message, "***", "and it was repeated")
		})
	}
}

// TestClientCredentials: a token is fetched when there is none, and anew when it is not taken any more; the change is made once.
func TestClientCredentials(t *testing.T) {
	t.Parallel()
	target, proxy, _ := mustBehind(t, `{}`, nil)
	var given atomic.Int64
	var mu sync.Mutex
	status, body, inForm := 200, "", false
	tokens := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		given.Add(1)
		mu.Lock()
		defer mu.Unlock()
		id, key, header := r.BasicAuth()
		if !header && inForm {
			id, key = r.FormValue("client_id"), r.FormValue("client_secret")
		}
		if header == inForm || id != "writ" || key != "the-key" || r.FormValue("grant_type") != "client_credentials" || r.FormValue("scope") != "scim" {
			http.Error(w, "who are you, "+key, http.StatusUnauthorized)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_, _ = fmt.Fprint(w, body)
	}))
	t.Cleanup(tokens.Close)
	settings := map[string]string{"oAuthToken": "", "applicationId": "writ", "applicationKey": "the-key", "oAuth2Url": tokens.URL, "oAuth2Scopes": "scim"}
	conn := mustOpen(t, proxy.URL, settings)
	give := func(s int, b string) { mu.Lock(); defer mu.Unlock(); status, body = s, b }

	give(500, "the-key is broken")
	r := conn.Applier.Apply(t.Context(), change(fulfil.Added, "plang", nil))
	require.Equal(t, fulfil.Unreachable, r.Outcome)
	require.NotContains(t, r.Message, "the-key")
	give(200, "<html>")
	err := conn.Check(t.Context())
	require.True(t, errs.Is(err, errs.Unavailable), "%v", err)

	give(200, `{"access_token":"let-me-in","token_type":"bearer","expires_in":3600}`)
	given.Store(0)
	for i := range 5 {
		require.Equal(t, fulfil.Done, conn.Applier.Apply(t.Context(), change(fulfil.Added, fmt.Sprint("user", i), nil)).Outcome)
	}
	require.EqualValues(t, 1, given.Load())
	// taken back before its time
	var refused atomic.Bool
	proxy.Be(changing(func(w http.ResponseWriter, _ *http.Request, forward func() *fulfiltest.HTTPAnswer) {
		if refused.CompareAndSwap(false, true) {
			says(w, 401, "", "expired")
			return
		}
		forward().Send(w)
	}))
	require.Equal(t, fulfil.Done, conn.Applier.Apply(t.Context(), change(fulfil.Added, "plang", nil)).Outcome)
	require.EqualValues(t, 2, given.Load())
	require.Len(t, target.Log(t), 6)
	// and for ever
	proxy.Be(func(w http.ResponseWriter, _ *http.Request, _ func() *fulfiltest.HTTPAnswer) {
		says(w, 401, "", "let-me-in expired")
	})
	before := given.Load()
	r = conn.Applier.Apply(t.Context(), change(fulfil.Added, "other", nil))
	require.Equal(t, fulfil.Unreachable, r.Outcome)
	require.NotContains(t, r.Message, "let-me-in")
	require.LessOrEqual(t, given.Load(), before+1)

	settings["applicationKey"] = "another"
	err = mustOpen(t, proxy.URL, settings).Check(t.Context())
	require.Equal(t, "applicationKey", errs.As(err).Field)
	require.NotContains(t, err.Error(), "another")
	settings["applicationKey"] = "the-key"
	mu.Lock()
	inForm = true
	mu.Unlock()
	proxy.Be(nil)
	require.NoError(t, mustOpen(t, proxy.URL, settings).Check(t.Context()))
	tokens.Close()
	require.Equal(t, fulfil.Unreachable, mustOpen(t, proxy.URL, settings).Applier.Apply(t.Context(), change(fulfil.Added, "other", nil)).Outcome)
}

// TestAddresses: those of the link are not connected to, whatever they are called.
func TestAddresses(t *testing.T) {
	t.Parallel()
	for _, host := range []string{"169.254.169.254", "[::ffff:169.254.169.254]", "[fe80::1]", "0.0.0.0", "[::]", "224.0.0.1", "[ff02::1]",
		"[fd00:ec2::254]", "168.63.129.16", "100.100.100.200", "[64:ff9b::a9fe:a9fe]", "[::169.254.169.254]", "[2002:a9fe:a9fe::1]", "[::ffff:168.63.129.16]", "[fe80::1%25lo]"} {
		conn := mustOpen(t, "http://"+host+"/scim", map[string]string{"timeout": "1", "plain": "true"})
		err := conn.Check(t.Context())
		require.True(t, errs.Is(err, errs.Unavailable), "%s: %v", host, err)
		require.Contains(t, err.Error(), "no application has such an address", host)
	}
}

// TestCertificates: a server is who it says it is, by an authority of this machine or by one of the settings.
func TestCertificates(t *testing.T) {
	t.Parallel()
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { says(w, 404, "", "nothing here") }))
	s.Config.ErrorLog = quiet(t)
	s.StartTLS()
	t.Cleanup(s.Close)
	conn := mustOpen(t, s.URL, nil)
	err := conn.Check(t.Context())
	require.True(t, errs.Is(err, errs.Unavailable))
	require.Contains(t, errs.As(err).Message, "certificate", "it is said why")
	require.Equal(t, fulfil.Unreachable, conn.Applier.Apply(t.Context(), change(fulfil.Added, "plang", nil)).Outcome)

	folder := t.TempDir()
	mustWrite(t, folder, "ca.pem", pemOf(s.Certificate()))
	mustWrite(t, folder, "none.pem", []byte("nothing"))
	open := func(file string) (*fulfil.Opened, error) {
		return scim.Package{}.Open(t.Context(), fulfil.Settings{DataDir: folder, Values: map[string]string{"server": s.URL, "caCertificate": file}})
	}
	trusting, err := open("ca.pem")
	require.NoError(t, err)
	defer trusting.Close()
	require.ErrorContains(t, trusting.Check(t.Context()), "nothing here", "it was asked")
	inline, err := open(string(pemOf(s.Certificate())))
	require.NoError(t, err)
	defer inline.Close()
	require.ErrorContains(t, inline.Check(t.Context()), "nothing here")
	for _, file := range []string{"-----BEGIN CERTIFICATE-----\nnone", "none.pem", "absent.pem", "../ca.pem", "/etc/ssl/certs/ca-certificates.crt"} {
		_, err := open(file)
		require.Error(t, err, file)
		require.Equal(t, "caCertificate", errs.As(err).Field, file)
	}
}

func TestOpenRefuses(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ field, setting, value string }{
		"NoServer":    {"server", "server", ""},
		"OtherScheme": {"server", "server", "ftp://x"}, "Password": {"server", "server", "https://me:pw@x/scim"}, "Query": {"server", "server", "https://x/scim?a=b"},
		"Plain": {"server", "server", "http://crm.example/scim"}, "PlainToken": {"oAuth2Url", "oAuth2Url", "http://crm.example/token"},
		"TwoWays": {"oAuthToken", "login", "me"}, "Line": {"oAuthToken", "oAuthToken", "a\r\nX: y"}, "Filter": {"filter.Users", "filter.Users", `userName eq "`},
		"PageSize": {"pageSize", "pageSize", "1"}, "Unknown": {"other", "other", "x"}, "Paging": {"paging", "paging", "cursor"},
		"HalfOfBasic": {"login", "password", "only"}, "HalfOfClient": {"oAuth2Url", "applicationId", "me"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			values := map[string]string{"server": "https://crm.example/scim"}
			if name == "TwoWays" {
				values["oAuthToken"] = "x"
			}
			values[c.setting] = c.value
			_, err := scim.Package{}.Open(t.Context(), fulfil.Settings{Values: values})
			require.True(t, errs.Is(err, errs.Validation), "got %v", err)
			require.Equal(t, c.field, errs.As(err).Field)
			require.NotContains(t, err.Error(), "pw@")
		})
	}
}
