package bench

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// client speaks GraphQL over HTTP to a process, as a browser would: connections stay open, answers may come packed.
type client struct {
	name  string
	http  *http.Client
	url   string
	token string
}

func newClient(name, url string) *client {
	return &client{name: name, url: url, http: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 64, DisableCompression: true}, Timeout: time.Minute}}
}

// login takes an access token of ours.
func (c *client) login(ctx context.Context, password string) error {
	body, err := c.ask(ctx, operation("mutation($in: LoginInput!) { login(input: $in) { accessToken } }", map[string]any{"in": map[string]string{"username": username, "password": password}}), "")
	if err != nil {
		return fmt.Errorf("sign in: %w", err)
	}
	var answer struct {
		Data struct{ Login struct{ AccessToken string } }
	}
	if err := json.Unmarshal(body, &answer); err != nil || answer.Data.Login.AccessToken == "" {
		return fmt.Errorf("sign in: %s", body)
	}
	c.token = answer.Data.Login.AccessToken
	return nil
}

func operation(query string, variables map[string]any) []byte {
	raw, _ := json.Marshal(map[string]any{"query": query, "variables": variables}) // plain maps: never fails
	return raw
}

// ask sends an operation and gives the answer as it came.
func (c *client) ask(ctx context.Context, body []byte, encoding string) ([]byte, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, c.url, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	r.Header.Set("Content-Type", "application/json")
	if encoding != "" {
		r.Header.Set("Accept-Encoding", encoding)
	}
	if c.token != "" {
		r.Header.Set("Authorization", "Bearer "+c.token)
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

// check makes sure that a query gives what is meant, and that what is kept between requests is there.
func (c *client) check(ctx context.Context, query string) error {
	for range 10 {
		text, err := c.ask(ctx, operation(query, nil), "")
		if err != nil {
			return err
		}
		var answer struct {
			Errors []struct{ Message string }
			Data   map[string]struct {
				Nodes    []map[string]any
				PageInfo struct{ HasNextPage bool }
			}
		}
		if err := json.Unmarshal(text, &answer); err != nil {
			return fmt.Errorf("%s: %w", c.name, err)
		}
		if len(answer.Errors) > 0 {
			return fmt.Errorf("%s: %s", c.name, answer.Errors[0].Message)
		}
		for _, list := range answer.Data {
			if len(list.Nodes) != 50 || !list.PageInfo.HasNextPage {
				return fmt.Errorf("%s: the page has %d orders, not 50 of many: %.200s", c.name, len(list.Nodes), text)
			}
			for _, node := range list.Nodes {
				for field, value := range node {
					if value == nil {
						return fmt.Errorf("%s: an order has no %s: %.200s", c.name, field, text)
					}
				}
			}
		}
	}
	return nil
}

// load asks a query with n requests at a time.
func (c *client) load(ctx context.Context, query string, n int, span time.Duration) (measured, error) {
	body := operation(query, nil)
	var size atomic.Int64
	m, err := hammer(ctx, n, span, func(ctx context.Context, _ int) error {
		text, err := c.ask(ctx, body, "gzip")
		size.Store(int64(len(text)))
		return err
	})
	m.bytes = int(size.Load())
	return m, err
}

// measured is what one load gave.
type measured struct {
	count         int
	rate          float64
	p50, p99      time.Duration
	own, database time.Duration // CPU time of a request; 0: unknown
	bytes         int           // of an answer; 0: there is none
}

// measure sums requests up.
func measure(took []time.Duration, passed time.Duration) measured {
	slices.Sort(took)
	return measured{count: len(took), rate: perSecond(len(took), passed), p50: took[len(took)/2], p99: took[len(took)*99/100]}
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
	return measure(slices.Concat(took...), passed), nil
}
