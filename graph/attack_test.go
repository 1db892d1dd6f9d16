package graph_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"writ/server/auth"
)

// attacks are documents that cost far more than they look. Each is refused; what it takes is measured by TestAttacksAreCheap.
func attacks() map[string]string {
	repeat := strings.Repeat
	many := func(n int, format string) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, format, i)
		}
		return b.String()
	}
	chain := "{ ...f0 } " + func() string {
		var b strings.Builder
		for i := range 45 {
			fmt.Fprintf(&b, "fragment f%d on Query { a: jobs { ...g } a: jobs { ...g } ...f%d ...f%d } ", i, i+1, (i+7)%45)
		}
		return b.String() + "fragment f45 on Query { __typename } fragment g on Job { id }"
	}()
	return map[string]string{
		"SameField":          "{" + repeat("__typename ", 9_900) + "}",
		"DifferentFields":    "{" + many(4_900, "a%d: __typename ") + "}",
		"UnknownFields":      "{" + many(9_000, "unknown%d ") + "}",
		"UnknownFieldsFew":   "{" + many(490, "unknow%d ") + "}",
		"SameFieldFew":       "{" + repeat("__typename ", 499) + "}",
		"NestedPairs":        "{" + repeat("jobs{lastInstance{"+repeat("id ", 20)+"}} ", 22) + "}",
		"DeepPairs":          "{" + repeat("orders{nodes{owner{"+repeat("links{targets{id}} ", 8)+"}}} ", 17) + "}",
		"Comments":           "{ __typename } " + repeat("#"+repeat("x", 1000)+"\n", 1000),
		"ManyComments":       "{ __typename } " + repeat("#\n", 15_000),
		"Directives":         "{ __typename " + repeat("@a ", 8_000) + "}",
		"KnownDirectives":    "{ __typename " + repeat("@include(if: true) ", 1_000) + "}",
		"Aliases":            "{" + many(1_000, "a%d: jobs { id } ") + "}",
		"FragmentChain":      chain,
		"FragmentCycle":      "{ ...a } fragment a on Query { ...b } fragment b on Query { ...a }",
		"ManyFragments":      "{ __typename } " + many(3_000, "fragment f%d on Query { __typename } "),
		"ManyOperations":     many(3_000, "query q%d { __typename } "),
		"DeepSelection":      repeat("{a", 100_000) + repeat("}", 100_000),
		"DeepList":           "{ a(b: " + repeat("[", 100_000) + ") }",
		"DeepObject":         "{ a(b: " + repeat("{c:", 100_000) + ") }",
		"DeepType":           "query($a: " + repeat("[", 100_000) + "Int) { a }",
		"LongName":           "{ " + repeat("a", 1_000_000) + " }",
		"LongText":           `{ a(b: "` + repeat("a", 1_000_000) + `") }`,
		"LongBlock":          `{ a(b: """` + repeat("\n ", 400_000) + `""") }`,
		"ManyVariables":      "query(" + many(3_000, "$v%d: Int ") + ") { __typename }",
		"ManyArguments":      "{ jobs(" + many(3_000, "a%d: 1 ") + ") { id } }",
		"ManyArgumentsFew":   "{ jobs(" + many(900, "a%d: 1 ") + ") { id } }",
		"BigNumbers":         "{ jobs(a: " + repeat("9", 1_000_000) + ") { id } }",
		"Spaces":             "{ __typename " + repeat(" ", 900_000) + "}",
		"ManySpreads":        "{ " + repeat("...f ", 3_000) + "} fragment f on Query { __typename }",
		"ManySpreadsFew":     "{ " + repeat("...f ", 1_300) + "} fragment f on Query { __typename }",
		"InlineFragments":    "{ " + repeat("... on Query { __typename } ", 490) + "}",
		"CircularSchema":     "{ __schema { types { fields { type { fields { type { fields { type { name } } } } } } } }",
		"AliasedIntrospects": "{" + many(100, "a%d: __schema { types { name } } ") + "}",
	}
}

func cpuTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		panic(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// TestAttacksAreCheap is not parallel: it measures what the process takes. 50 ms of a processor and 10 MB are the promise for each; the
// test refuses only what is far above it, since machines differ.
func TestAttacksAreCheap(t *testing.T) { //nolint:paralleltest // it measures the whole process
	b := setup(t, auth.Config{})
	signedIn := b.as("nobody")
	bodies := map[string]string{}
	for name, query := range attacks() {
		bodies[name] = mustJSON(t, map[string]any{"query": query})
	}
	bodies["Values"] = `{"query":"{ __typename }","variables":{"a":[` + strings.Repeat("{},", 330_000) + `1]}}`
	bodies["DeepValues"] = `{"query":"{ __typename }","variables":{"a":` + strings.Repeat("[", 500_000) + strings.Repeat("]", 500_000) + `}}`
	bodies["ManyKeys"] = `{"query":"{ __typename }","variables":{"a":{"k":0` + strings.Repeat(`,"":1`, 200_000) + `}}}`
	for name, body := range bodies {
		for who, token := range map[string]string{"stranger": "", "signed in": signedIn.token} {
			if name == "CircularSchema" && token != "" {
				continue // allowed, up to the depth that the library allows
			}
			send := func(try int) *httptest.ResponseRecorder {
				body := strings.Replace(body, `{"query":"`, fmt.Sprintf(`{"query":"#%s%d\n`, who, try), 1) // a document that nobody remembers
				r := httptest.NewRequest(http.MethodPost, "/graphql", strings.NewReader(body)).WithContext(b.ctx)
				r.Header.Set("Content-Type", "application/json")
				if token != "" {
					r.Header.Set("Authorization", "Bearer "+token)
				}
				w := httptest.NewRecorder()
				b.handler.ServeHTTP(w, r)
				return w
			}
			send(0)
			var took time.Duration = 1 << 62
			var memory uint64
			var w *httptest.ResponseRecorder
			for try := range 3 { // other work of the process, such as the collector's, is in the figure: the best of three counts
				var before, after runtime.MemStats
				runtime.ReadMemStats(&before)
				began := cpuTime()
				w = send(try + 1)
				took = min(took, cpuTime()-began)
				runtime.ReadMemStats(&after)
				memory = after.TotalAlloc - before.TotalAlloc
			}
			require.Contains(t, w.Body.String(), `"errors"`, name)
			require.NotContains(t, w.Body.String(), `"INTERNAL"`, name)
			require.Less(t, w.Body.Len(), 200_000, "%s: the answer is no larger than the question", name)
			t.Logf("%-20s %-10s %8d bytes: %6.1f ms, %5.1f MB", name, who, len(body), float64(took.Microseconds())/1000, float64(memory)/1e6)
			require.Less(t, took, 250*time.Millisecond, name)
			require.Less(t, memory, uint64(20_000_000), name)
		}
	}
}

func mustJSON(t *testing.T, v any) string {
	t.Helper()
	raw, err := json.Marshal(v)
	require.NoError(t, err)
	return string(raw)
}
