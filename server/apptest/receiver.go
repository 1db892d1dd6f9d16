package apptest

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
)

// Message is one call of a webhook.
type Message struct {
	ID     string // webhook-id
	Header http.Header
	Body   []byte
}

// Change is the body of a message: what orderChanged yields.
type Change struct {
	Type string
	Data struct {
		Cursor string
		From   *string
		To     string
		Order  struct {
			ID      string
			State   string
			Version int
		}
	}
}

// Receiver is an endpoint for webhooks on loopback.
type Receiver struct {
	URL string

	mu       sync.Mutex
	messages []Message
	status   int
}

// MustReceiver starts one; it ends with the test.
func MustReceiver(tb testing.TB) *Receiver {
	tb.Helper()
	r := &Receiver{status: http.StatusNoContent}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		body, err := io.ReadAll(req.Body)
		if err != nil {
			return
		}
		r.mu.Lock()
		defer r.mu.Unlock()
		r.messages = append(r.messages, Message{ID: req.Header.Get(standardwebhooks.HeaderWebhookID), Header: req.Header.Clone(), Body: body})
		w.WriteHeader(r.status)
	}))
	tb.Cleanup(server.Close)
	r.URL = server.URL
	return r
}

// Answer sets the status of the answers from now on.
func (r *Receiver) Answer(status int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.status = status
}

// Messages gives the calls so far.
func (r *Receiver) Messages() []Message {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.messages)
}

// MustChanges verifies every call with the public library and gives what they say.
func (r *Receiver) MustChanges(tb testing.TB, secret string) []Change {
	tb.Helper()
	verifier, err := standardwebhooks.NewWebhook(secret)
	if err != nil {
		tb.Fatalf("webhook secret: %v", err)
	}
	var list []Change
	for _, m := range r.Messages() {
		if err := verifier.Verify(m.Body, m.Header); err != nil {
			tb.Fatalf("webhook message %s: %v", m.ID, err)
		}
		var c Change
		if err := json.Unmarshal(m.Body, &c); err != nil {
			tb.Fatalf("webhook message %s: %v", m.ID, err)
		}
		list = append(list, c)
	}
	return list
}
