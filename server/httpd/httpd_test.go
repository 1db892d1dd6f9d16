package httpd_test

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"testing/fstest"
	"testing/synctest"
	"time"

	"github.com/go-chi/chi/v5/middleware"
	"github.com/stretchr/testify/require"

	"writ/server/httpd"
)

var script = strings.Repeat("console.log('writ');\n", 100)

func pages() fstest.MapFS {
	return fstest.MapFS{
		"index.html":            {Data: []byte("<!doctype html><title>Writ</title><meta property=\"csp-nonce\" nonce=\"__NONCE__\"><script>let a = 1</script>" + strings.Repeat("<p>", 300))},
		"assets/app-1a2b.js":    {Data: []byte(script)},
		"assets/app-1a2b.js.br": {Data: []byte("brotli")},
		"favicon.svg":           {Data: []byte("<svg/>")},
	}
}

func setup(parts httpd.Parts) http.Handler {
	if parts.Logger == nil {
		parts.Logger = slog.New(slog.DiscardHandler)
	}
	return httpd.New(parts)
}

func get(h http.Handler, target string, headers ...string) *http.Response {
	r := httptest.NewRequest(http.MethodGet, target, nil)
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Result()
}

func body(t *testing.T, r *http.Response) string {
	t.Helper()
	raw, err := io.ReadAll(r.Body)
	require.NoError(t, err)
	return string(raw)
}

func TestPages(t *testing.T) {
	t.Parallel()
	h := setup(httpd.Parts{SPA: pages()})
	for _, c := range []struct {
		name, path, cache, contentType string
		status                         int
	}{
		{"Root", "/", "no-cache", "text/html", 200},
		{"AddressOfThePages", "/people/ann.black?tab=orders", "no-cache", "text/html", 200},
		{"Hashed", "/assets/app-1a2b.js", "public, max-age=31536000, immutable", "text/javascript", 200},
		{"Plain", "/favicon.svg", "no-cache", "image/svg+xml", 200},
		{"MissingScript", "/assets/old-0000.js", "", "text/plain", 404},
		{"MissingFile", "/robots.txt", "", "text/plain", 404},
		{"Outside", "/../../etc/passwd", "no-cache", "text/html", 200}, // an address of the pages, no file
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := get(h, c.path)
			require.Equal(t, c.status, r.StatusCode)
			require.Equal(t, c.cache, r.Header.Get("Cache-Control"))
			require.Contains(t, r.Header.Get("Content-Type"), c.contentType)
		})
	}
	t.Run("Brotli", func(t *testing.T) {
		t.Parallel()
		r := get(h, "/assets/app-1a2b.js", "Accept-Encoding", "gzip, br")
		require.Equal(t, "br", r.Header.Get("Content-Encoding"))
		require.Equal(t, "brotli", body(t, r))
	})
	t.Run("Gzip", func(t *testing.T) {
		t.Parallel()
		r := get(h, "/assets/app-1a2b.js", "Accept-Encoding", "gzip, br;q=0")
		require.Equal(t, "gzip", r.Header.Get("Content-Encoding"))
		z, err := gzip.NewReader(r.Body)
		require.NoError(t, err)
		raw, err := io.ReadAll(z)
		require.NoError(t, err)
		require.Equal(t, script, string(raw))
	})
	t.Run("NotModified", func(t *testing.T) {
		t.Parallel()
		etag := get(h, "/favicon.svg").Header.Get("ETag")
		require.Equal(t, http.StatusNotModified, get(h, "/favicon.svg", "If-None-Match", etag).StatusCode)
	})
	t.Run("PostIsNotAPage", func(t *testing.T) {
		t.Parallel()
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/people", nil))
		require.Equal(t, http.StatusNotFound, w.Code)
	})
	t.Run("PlaceholderBeforeTheFirstBuild", func(t *testing.T) {
		t.Parallel()
		r := get(setup(httpd.Parts{SPA: fstest.MapFS{"placeholder.html": {Data: []byte("not built")}}}), "/")
		require.Equal(t, "not built", body(t, r))
	})
}

func TestSecurityHeaders(t *testing.T) {
	t.Parallel()
	h := setup(httpd.Parts{SPA: pages()})
	r := get(h, "/")
	policy := r.Header.Get("Content-Security-Policy")
	scripts := policy[strings.Index(policy, "script-src"):]
	scripts = scripts[:strings.Index(scripts, ";")]
	require.NotContains(t, scripts, "unsafe-inline")
	require.Contains(t, scripts, "'sha256-", "the inline script of the page, and only that")
	require.NotContains(t, policy, "unsafe-inline")
	nonce := regexp.MustCompile(`style-src 'self' 'nonce-([A-Z0-9]{26})';`)
	said := nonce.FindStringSubmatch(policy)
	require.Len(t, said, 2, policy)
	require.Contains(t, body(t, r), `nonce="`+said[1]+`"`)
	require.Empty(t, r.Header.Get("ETag"), "a page and a policy of two answers do not fit")
	again := get(h, "/")
	require.NotEqual(t, policy, again.Header.Get("Content-Security-Policy"), "each answer has its own")
	require.NotContains(t, get(h, "/favicon.svg").Header.Get("Content-Security-Policy"), "nonce")
	queue := get(setup(httpd.Parts{RiverUI: http.NotFoundHandler()}), "/riverui/").Header.Get("Content-Security-Policy")
	require.Contains(t, queue, "style-src 'self' 'unsafe-inline';", "pages that are not ours")
	require.Contains(t, queue, "script-src 'self';")
	require.Equal(t, "nosniff", r.Header.Get("X-Content-Type-Options"))
	require.Empty(t, r.Header.Get("Strict-Transport-Security"))
	require.Empty(t, get(h, "/", "X-Forwarded-Proto", "https").Header.Get("Strict-Transport-Security"), "anybody can say so")
	public := setup(httpd.Parts{SPA: pages(), PublicURL: "https://writ.example.org"})
	require.NotEmpty(t, get(public, "/").Header.Get("Strict-Transport-Security"))
}

func TestHealth(t *testing.T) {
	t.Parallel()
	var down error
	h := setup(httpd.Parts{Ready: func(context.Context) error { return down }})
	require.Equal(t, 200, get(h, "/healthz").StatusCode)
	require.Equal(t, 200, get(h, "/readyz").StatusCode)
	down = errors.New("database password is s3cret")
	r := get(h, "/readyz")
	require.Equal(t, 503, r.StatusCode)
	require.NotContains(t, body(t, r), "s3cret")
	require.Equal(t, 200, get(h, "/healthz").StatusCode)
}

// A database that hangs answers nothing, not even that a question was cancelled.
func TestHealthOfAHangingDatabase(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var asked atomic.Int32
		hangs := make(chan struct{})
		h := setup(httpd.Parts{Ready: func(context.Context) error {
			asked.Add(1)
			<-hangs
			return nil
		}})
		for range 3 {
			began := time.Now()
			require.Equal(t, 503, get(h, "/readyz").StatusCode)
			require.LessOrEqual(t, time.Since(began), 3*time.Second)
		}
		require.EqualValues(t, 1, asked.Load(), "questions do not pile up")
		close(hangs)
		synctest.Wait()
		require.Equal(t, 200, get(h, "/readyz").StatusCode)
	})
}

func echo(w http.ResponseWriter, r *http.Request) {
	raw, err := io.ReadAll(r.Body)
	if err != nil {
		panic(err)
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(raw)
}

func TestGraphQLRoute(t *testing.T) {
	t.Parallel()
	post := func(h http.Handler, payload string, headers ...string) *http.Response {
		r := httptest.NewRequest(http.MethodPost, "/graphql", strings.NewReader(payload))
		for i := 0; i < len(headers); i += 2 {
			r.Header.Set(headers[i], headers[i+1])
		}
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		return w.Result()
	}
	h := setup(httpd.Parts{GraphQL: http.HandlerFunc(echo), PublicURL: "https://writ.example.org"})
	t.Run("OK", func(t *testing.T) {
		t.Parallel()
		require.Equal(t, "{}", body(t, post(h, "{}")))
	})
	t.Run("AtTheLimit", func(t *testing.T) {
		t.Parallel()
		require.Equal(t, 200, post(h, strings.Repeat("x", httpd.MaxGraphQLBody)).StatusCode)
	})
	t.Run("TooLarge", func(t *testing.T) {
		t.Parallel()
		r := post(h, strings.Repeat("x", httpd.MaxGraphQLBody+1))
		require.Equal(t, http.StatusRequestEntityTooLarge, r.StatusCode)
		require.Contains(t, body(t, r), `"code":"TOO_LARGE"`)
	})
	t.Run("OtherSite", func(t *testing.T) {
		t.Parallel()
		require.Equal(t, 403, post(h, "{}", "Origin", "https://evil.example", "Sec-Fetch-Site", "cross-site").StatusCode)
		require.Equal(t, 200, post(h, "{}", "Origin", "https://writ.example.org", "Sec-Fetch-Site", "cross-site").StatusCode)
	})
	t.Run("Compressed", func(t *testing.T) {
		t.Parallel()
		require.Equal(t, "gzip", post(h, strings.Repeat("{}", 5000), "Accept-Encoding", "gzip").Header.Get("Content-Encoding"))
	})
}

func TestMiddlewareAndMounts(t *testing.T) {
	t.Parallel()
	mark := func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Marked", "yes")
			next.ServeHTTP(w, r)
		})
	}
	say := func(s string) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, s+r.URL.Path) })
	}
	h := setup(httpd.Parts{
		GraphQL: say("g"), RiverUI: say("r"), Metrics: say("m"), SPA: pages(),
		Middleware: []func(http.Handler) http.Handler{mark},
	})
	for path, want := range map[string]string{"/graphql": "g/graphql", "/riverui": "r/riverui", "/riverui/jobs": "r/riverui/jobs"} {
		r := get(h, path)
		require.Equal(t, want, body(t, r))
		require.Equal(t, "yes", r.Header.Get("Marked"), path)
	}
	require.Empty(t, get(h, "/metrics").Header.Get("Marked"))
	require.Empty(t, get(h, "/").Header.Get("Marked"))
}

func TestCorrelationAndPanics(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	h := setup(httpd.Parts{
		Logger: slog.New(slog.NewTextHandler(&log, nil)),
		GraphQL: http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			panic("secret inside, request " + middleware.GetReqID(r.Context()))
		}),
	})
	r := get(h, "/graphql?query=private", "X-Request-Id", "abc-123")
	require.Equal(t, 500, r.StatusCode)
	require.Equal(t, "abc-123", r.Header.Get("X-Request-Id"))
	text := body(t, r)
	require.Contains(t, text, "abc-123")
	require.NotContains(t, text, "secret inside")
	require.Contains(t, log.String(), "secret inside, request abc-123")
	require.NotContains(t, log.String(), "private")

	made := get(h, "/healthz", "X-Request-Id", "bad id\nwith lines").Header.Get("X-Request-Id")
	require.Len(t, made, 36)
}

// TestServe: streams get their parts at once and are cut at the end, websockets (hijacked connections) work through all layers.
func TestServe(t *testing.T) {
	t.Parallel()
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	h := setup(httpd.Parts{GraphQL: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Upgrade") != "" {
			conn, rw, err := http.NewResponseController(w).Hijack()
			if err != nil {
				panic(err)
			}
			defer conn.Close()
			_, _ = rw.WriteString("HTTP/1.1 101 Switching Protocols\r\nUpgrade: test\r\nConnection: Upgrade\r\n\r\nhello\n")
			_ = rw.Flush()
			<-r.Context().Done()
			return
		}
		w.Header().Set("Content-Type", "text/event-stream")
		_, _ = io.WriteString(w, "data: first\n\n")
		_ = http.NewResponseController(w).Flush()
		<-r.Context().Done()
	})})
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	ended := make(chan error, 1)
	go func() { ended <- httpd.Serve(ctx, l, h, slog.New(slog.DiscardHandler), 0) }()

	stream, err := http.Post("http://"+l.Addr().String()+"/graphql", "application/json", strings.NewReader("{}"))
	require.NoError(t, err)
	defer stream.Body.Close()
	line, err := bufio.NewReader(stream.Body).ReadString('\n')
	require.NoError(t, err)
	require.Equal(t, "data: first\n", line)

	conn, err := net.Dial("tcp", l.Addr().String())
	require.NoError(t, err)
	defer conn.Close()
	_, err = io.WriteString(conn, "GET /graphql HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: test\r\n\r\n")
	require.NoError(t, err)
	socket := bufio.NewReader(conn)
	for line = ""; line != "hello\n"; {
		line, err = socket.ReadString('\n')
		require.NoError(t, err)
	}

	stop()
	select {
	case err := <-ended:
		require.NoError(t, err)
	case <-time.After(20 * time.Second):
		t.Fatal("an open stream keeps the process from ending")
	}
	_, err = socket.ReadByte()
	require.Error(t, err, "the websocket is closed, too")
}

// TestForeignPages: what another site's page sends reaches neither the API nor the pages of the queue nor the sign-in.
func TestForeignPages(t *testing.T) {
	t.Parallel()
	reached := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
	h := setup(httpd.Parts{GraphQL: reached, RiverUI: reached, Auth: reached})
	for _, path := range []string{"/graphql", "/riverui/api/jobs/delete", "/auth/queue"} {
		for _, header := range [][2]string{{"Origin", "https://evil.example"}, {"Sec-Fetch-Site", "cross-site"}, {"Sec-Fetch-Site", "same-site"}, {"Origin", "null"}} {
			r := httptest.NewRequest(http.MethodPost, path, strings.NewReader("{}"))
			r.Header.Set(header[0], header[1])
			w := httptest.NewRecorder()
			h.ServeHTTP(w, r)
			require.Equal(t, http.StatusForbidden, w.Code, "%s %v", path, header)
		}
		r := httptest.NewRequest(http.MethodPost, path, strings.NewReader("{}"))
		r.Header.Set("Origin", "http://"+r.Host)
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		require.Equal(t, http.StatusNoContent, w.Code, path)
	}
}
