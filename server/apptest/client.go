package apptest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"testing"
	"time"
)

// DemoPassword opens all demo logins.
const DemoPassword = "writ-demo"

// Client asks one process as one person.
type Client struct {
	Process  *Process
	Username string
	Token    string
	http     *http.Client
}

// Failure is an error of the API: one of the closed list of codes, and where.
type Failure struct {
	Status  int    // of HTTP
	Code    string // extensions.code
	Field   string // extensions.field
	ID      string // extensions.id
	Message string
}

// Error implements error.
func (f *Failure) Error() string { return fmt.Sprintf("%s (%s): %s", f.Code, f.Field, f.Message) }

// CodeOf gives the code of a failure of the API; "" for anything else, and for no error.
func CodeOf(err error) string {
	var f *Failure
	if errors.As(err, &f) {
		return f.Code
	}
	return ""
}

// As gives the client of a demo user on the first process; it signs in at its first use.
func (h *House) As(tb testing.TB, username string) *Client {
	tb.Helper()
	h.mu.Lock()
	c := h.clients[username]
	h.mu.Unlock()
	if c != nil {
		return c
	}
	c = h.Processes[0].MustLogin(tb, username, DemoPassword)
	h.mu.Lock()
	defer h.mu.Unlock()
	h.clients[username] = c
	return c
}

// Anonymous is somebody who did not sign in.
func (p *Process) Anonymous() *Client {
	return &Client{Process: p, http: &http.Client{Timeout: 2 * Patience}}
}

// MustLogin signs in.
func (p *Process) MustLogin(tb testing.TB, username, password string) *Client {
	tb.Helper()
	c := p.Anonymous()
	c.Username = username
	var out struct{ Login struct{ AccessToken string } }
	if err := c.Do(`mutation($i: LoginInput!) { login(input: $i) { accessToken } }`,
		Vars{"i": Vars{"username": username, "password": password}}, &out); err != nil {
		tb.Fatalf("sign in as %s: %v", username, err)
	}
	c.Token = out.Login.AccessToken
	return c
}

// On is the same person at another process, with the same token.
func (c *Client) On(p *Process) *Client {
	other := *c
	other.Process = p
	return &other
}

// Vars are variables of an operation, and any object in them.
type Vars map[string]any

// Do sends an operation and decodes its data into out (nil: dropped). The first error of the answer is a *Failure.
func (c *Client) Do(query string, vars Vars, out any) error {
	body, err := json.Marshal(map[string]any{"query": query, "variables": vars})
	if err != nil {
		return err
	}
	return c.post(body, out)
}

// MustDo is Do that fails the test.
func (c *Client) MustDo(tb testing.TB, query string, vars Vars, out any) {
	tb.Helper()
	if err := c.Do(query, vars, out); err != nil {
		tb.Fatalf("%s: %v\n%s", c.Username, err, query)
	}
}

func (c *Client) post(body []byte, out any) error {
	req, err := http.NewRequest(http.MethodPost, c.Process.URL()+"/graphql", bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Accept", "application/graphql-response+json, application/json;q=0.9")
	if c.Token != "" {
		req.Header.Set("Authorization", "Bearer "+c.Token)
	}
	res, err := c.http.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		return err
	}
	return decode(raw, res.StatusCode, out)
}

// Raw posts a body as it is.
func (c *Client) Raw(body []byte, out any) error { return c.post(body, out) }

// result is an answer of GraphQL.
type result struct {
	Data   json.RawMessage
	Errors []struct {
		Message    string
		Path       []any
		Extensions struct{ Code, Field, ID string }
	}
}

func decode(raw []byte, status int, out any) error {
	var r result
	if err := json.Unmarshal(raw, &r); err != nil {
		return fmt.Errorf("status %d, not an answer of GraphQL: %.300s", status, raw)
	}
	if len(r.Errors) > 0 {
		e := r.Errors[0]
		return &Failure{Status: status, Code: e.Extensions.Code, Field: e.Extensions.Field, ID: e.Extensions.ID, Message: e.Message}
	}
	if out == nil {
		return nil
	}
	return json.Unmarshal(r.Data, out)
}

// Eventually waits until ok gives true; otherwise it fails the test with the text of ok's last error or what.
func Eventually(tb testing.TB, what string, within time.Duration, ok func() (bool, error)) {
	tb.Helper()
	deadline := time.Now().Add(within)
	for {
		done, err := ok()
		if done && err == nil {
			return
		}
		if time.Now().After(deadline) {
			tb.Fatalf("after %s still not: %s (%v)", within, what, err)
		}
		time.Sleep(50 * time.Millisecond)
	}
}

// SignIn makes a client the one that As gives for a username.
func (h *House) SignIn(username string, c *Client) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.clients[username] = c
}
