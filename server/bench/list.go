package bench

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"sync"
	"time"

	"writ/server/db"
)

const listQuery = `query { orders(first: 50) { nodes { id state stateCode kind createdAt owner { id displayName } resourceType { identifier displayName } } pageInfo { hasNextPage endCursor } } }`

// lists prints part a.
func lists(ctx context.Context, o *organisation, in Input) error {
	t := &table{title: fmt.Sprintf("a) Requests: a page of 50 out of %s orders with owner and resource type, beside the same statements", thousands(float64(o.people))),
		columns: []string{"at a time", "GraphQL/s", "p50", "p95", "statements alone/s", "latency", "ratio"}}
	if err := o.settle(ctx); err != nil {
		return err
	}
	c, err := o.serve(ctx)
	if err != nil {
		return err
	}
	defer c.close()
	statements, err := c.statements(ctx)
	if err != nil {
		return err
	}
	runner := newRunner(o.url, statements)
	for _, n := range []int{1, 8, 32} {
		ours, err := c.load(ctx, n, in.Span)
		if err != nil {
			return err
		}
		theirs, err := runner.run(ctx, n, in.Span)
		if err != nil {
			return err
		}
		t.add(n, ours.rate, ours.p50, ours.p95, theirs.rate, theirs.latency, times(theirs.rate, ours.rate))
	}
	t.note("GraphQL: over HTTP with an access token, parsed, authorised, answered as JSON. Alone: the %d statements of such a request in one transaction, by %s.", len(statements), runner.name())
	t.print(in.Out)
	return nil
}

// client speaks to the GraphQL handler over HTTP, as anybody would.
type client struct {
	server *http.Server
	http   *http.Client
	url    string
	token  string
	direct http.Handler
}

func (o *organisation) serve(ctx context.Context) (*client, error) {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	c := &client{server: &http.Server{Handler: o.GraphQL, ReadHeaderTimeout: 10 * time.Second}, url: "http://" + l.Addr().String() + "/graphql", direct: o.GraphQL,
		http: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 64}, Timeout: time.Minute}}
	go func() { _ = c.server.Serve(l) }()
	login, err := json.Marshal(map[string]any{"query": "mutation($in: LoginInput!) { login(input: $in) { accessToken } }",
		"variables": map[string]any{"in": map[string]string{"username": username, "password": o.password}}})
	if err != nil {
		return nil, err
	}
	body, err := c.post(ctx, login)
	if err != nil {
		c.close()
		return nil, fmt.Errorf("sign in: %w", err)
	}
	var answer struct {
		Data struct{ Login struct{ AccessToken string } }
	}
	if err := json.Unmarshal(body, &answer); err != nil || answer.Data.Login.AccessToken == "" {
		c.close()
		return nil, fmt.Errorf("sign in: %s", body)
	}
	c.token = answer.Data.Login.AccessToken
	return c, nil
}

func (c *client) close() {
	c.http.CloseIdleConnections()
	_ = c.server.Close()
}

func (c *client) request(ctx context.Context, body []byte) (*http.Request, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, c.url, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	r.Header.Set("Content-Type", "application/json")
	if c.token != "" {
		r.Header.Set("Authorization", "Bearer "+c.token)
	}
	return r, nil
}

func (c *client) post(ctx context.Context, body []byte) ([]byte, error) {
	r, err := c.request(ctx, body)
	if err != nil {
		return nil, err
	}
	answer, err := c.http.Do(r)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err == nil && answer.StatusCode != http.StatusOK {
		err = fmt.Errorf("answered %s: %s", answer.Status, text)
	}
	return text, err
}

func listRequest() []byte {
	raw, _ := json.Marshal(map[string]string{"query": listQuery}) // a plain map: never fails
	return raw
}

// statements are the SQL of one request, once everything that is kept between requests is there.
func (c *client) statements(ctx context.Context) ([]string, error) {
	for range 3 {
		text, err := c.post(ctx, listRequest())
		if err != nil {
			return nil, err
		}
		var answer struct {
			Errors []struct{ Message string }
			Data   struct {
				Orders struct {
					Nodes []struct{ Owner, ResourceType *struct{ DisplayName string } }
				}
			}
		}
		if err := json.Unmarshal(text, &answer); err != nil {
			return nil, err
		}
		if len(answer.Errors) > 0 {
			return nil, errors.New(answer.Errors[0].Message)
		}
		if n := len(answer.Data.Orders.Nodes); n != 50 || answer.Data.Orders.Nodes[0].Owner == nil {
			return nil, fmt.Errorf("the page has %d orders, not 50 with their owners: %.200s", n, text)
		}
	}
	counted, q := db.CountQueries(ctx)
	r, err := c.request(counted, listRequest())
	if err != nil {
		return nil, err
	}
	c.direct.ServeHTTP(&nowhere{header: http.Header{}}, r)
	if q.N() == 0 {
		return nil, errors.New("a request made no statement")
	}
	return q.Texts(), nil
}

// nowhere takes an answer and throws it away.
type nowhere struct{ header http.Header }

func (w *nowhere) Header() http.Header         { return w.header }
func (w *nowhere) Write(p []byte) (int, error) { return len(p), nil }
func (w *nowhere) WriteHeader(int)             {}

// measured is a rate with its latencies.
type measured struct {
	rate              float64
	p50, p95, latency time.Duration // latency: the mean
}

// load asks for the page with n requests at a time.
func (c *client) load(ctx context.Context, n int, span time.Duration) (measured, error) {
	body := listRequest()
	return hammer(ctx, n, span, func(ctx context.Context, _ int) error {
		_, err := c.post(ctx, body)
		return err
	})
}

// hammer calls fn from n goroutines for a while.
func hammer(ctx context.Context, n int, span time.Duration, fn func(ctx context.Context, worker int) error) (measured, error) {
	var all sync.WaitGroup
	took := make([][]time.Duration, n)
	failures := make([]error, n)
	began := time.Now()
	for i := range n {
		all.Go(func() {
			for ctx.Err() == nil && (len(took[i]) == 0 || time.Since(began) < span) { // once at least, however busy the machine is
				one := time.Now()
				if err := fn(ctx, i); err != nil {
					failures[i] = err
					return
				}
				took[i] = append(took[i], time.Since(one))
			}
		})
	}
	all.Wait()
	passed := time.Since(began)
	if err := errors.Join(append(failures, ctx.Err())...); err != nil {
		return measured{}, err
	}
	list := slices.Concat(took...)
	slices.Sort(list)
	var sum time.Duration
	for _, d := range list {
		sum += d
	}
	return measured{rate: perSecond(len(list), passed), p50: list[len(list)/2], p95: list[len(list)*95/100], latency: sum / time.Duration(len(list))}, nil
}
