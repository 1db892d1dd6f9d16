package fulfiltest

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"sync"
	"testing"
)

// HTTPProxy stands between a client and a server that speaks HTTP, and does what servers and networks do in real life.
type HTTPProxy struct {
	URL string // as that of the server, with another host

	server *httptest.Server
	client *http.Client
	target *url.URL

	mu    sync.Mutex
	quirk Quirk
	asked []string // method and path of what came
	over  chan struct{}
}

// Quirk is what happens to a request. forward hands it on, whatever becomes of the client, and gives the answer; a Quirk that answers nothing, and
// returns, gives an empty answer with status 200.
type Quirk func(w http.ResponseWriter, r *http.Request, forward func() *HTTPAnswer)

// HTTPAnswer is an answer of the server behind the proxy.
type HTTPAnswer struct {
	Status int
	Header http.Header
	Body   []byte
}

// Send gives the answer to the client, with its length as it is now.
func (a *HTTPAnswer) Send(w http.ResponseWriter) {
	for name, values := range a.Header {
		if name != "Content-Length" && name != "Connection" && name != "Keep-Alive" && name != "Transfer-Encoding" {
			w.Header()[name] = values
		}
	}
	w.Header().Set("Content-Length", strconv.Itoa(len(a.Body)))
	w.WriteHeader(a.Status)
	_, _ = w.Write(a.Body) // whoever asked may be gone
}

// Cut ends the connection without an answer, or in the middle of one.
func Cut() { panic(http.ErrAbortHandler) }

// MustHTTPProxy stands before the server of an address until the test ends.
func MustHTTPProxy(tb testing.TB, at string) *HTTPProxy {
	tb.Helper()
	target, err := url.Parse(at)
	if err != nil {
		tb.Fatal(err)
	}
	transport := &http.Transport{DisableCompression: true, MaxIdleConnsPerHost: 16}
	p := &HTTPProxy{target: target, client: &http.Client{Transport: transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}, over: make(chan struct{})}
	p.server = httptest.NewServer(p)
	p.URL = p.server.URL + target.Path
	tb.Cleanup(func() {
		close(p.over)
		p.Break()
		p.server.Close()
		transport.CloseIdleConnections()
	})
	return p
}

// Be sets what happens from now on; nil: everything goes through.
func (p *HTTPProxy) Be(q Quirk) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.quirk = q
}

// Asked are the requests that came, as "GET /path?query".
func (p *HTTPProxy) Asked() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]string(nil), p.asked...)
}

// Forget empties Asked.
func (p *HTTPProxy) Forget() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.asked = nil
}

// Break refuses connections from now on and cuts those that are open.
func (p *HTTPProxy) Break() {
	_ = p.server.Listener.Close()
	p.server.CloseClientConnections()
}

// Over is closed when the test ends: a Quirk that hangs waits for it.
func (p *HTTPProxy) Over() <-chan struct{} { return p.over }

// Hang takes a request and never answers it.
func (p *HTTPProxy) Hang(_ http.ResponseWriter, r *http.Request, _ func() *HTTPAnswer) {
	select {
	case <-p.over:
	case <-r.Context().Done():
	}
	Cut()
}

// ServeHTTP implements http.Handler.
func (p *HTTPProxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		Cut()
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	p.mu.Lock()
	quirk := p.quirk
	p.asked = append(p.asked, r.Method+" "+r.URL.RequestURI())
	p.mu.Unlock()
	forward := func() *HTTPAnswer {
		out := r.Clone(context.WithoutCancel(r.Context()))
		out.RequestURI, out.Host = "", p.target.Host
		out.URL.Scheme, out.URL.Host = p.target.Scheme, p.target.Host
		out.Body = io.NopCloser(bytes.NewReader(body))
		out.ContentLength = int64(len(body))
		res, err := p.client.Do(out)
		if err != nil {
			Cut()
		}
		defer res.Body.Close()
		text, err := io.ReadAll(res.Body)
		if err != nil {
			Cut()
		}
		return &HTTPAnswer{res.StatusCode, res.Header, text}
	}
	if quirk == nil {
		forward().Send(w)
		return
	}
	quirk(w, r, forward)
}
