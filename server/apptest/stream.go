package apptest

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"

	"github.com/coder/websocket"
	"github.com/coder/websocket/wsjson"
)

// Stream is a subscription under way. Its values arrive in their order.
type Stream struct {
	values chan json.RawMessage
	cancel context.CancelFunc
	mu     sync.Mutex
	err    error
}

// Values are the data objects of the answers; closed when the stream ended, see Err.
func (s *Stream) Values() <-chan json.RawMessage { return s.values }

// Cut drops the connection without a word.
func (s *Stream) Cut() { s.cancel() }

// Err tells why the stream ended; nil when the server completed it or Cut did.
func (s *Stream) Err() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.err
}

func (s *Stream) end(ctx context.Context, err error) {
	if ctx.Err() == nil {
		s.mu.Lock()
		s.err = err
		s.mu.Unlock()
	}
	close(s.values)
}

// deliver hands a value on; false when the stream was cut.
func (s *Stream) deliver(ctx context.Context, raw []byte) bool {
	var out json.RawMessage
	if err := decode(raw, http.StatusOK, &out); err != nil {
		s.mu.Lock()
		s.err = err
		s.mu.Unlock()
		return false
	}
	select {
	case s.values <- out:
		return true
	case <-ctx.Done():
		return false
	}
}

// frame is a message of graphql-transport-ws.
type frame struct {
	ID      string          `json:"id,omitempty"`
	Type    string          `json:"type"`
	Payload json.RawMessage `json:"payload,omitempty"`
}

// Socket subscribes over graphql-transport-ws.
func (c *Client) Socket(ctx context.Context, query string, vars Vars) (*Stream, error) {
	ctx, cancel := context.WithCancel(ctx)
	conn, _, err := websocket.Dial(ctx, strings.Replace(c.Process.URL(), "http", "ws", 1)+"/graphql",
		&websocket.DialOptions{Subprotocols: []string{"graphql-transport-ws"}, HTTPHeader: http.Header{"Origin": {c.Process.URL()}}})
	if err != nil {
		cancel()
		return nil, err
	}
	conn.SetReadLimit(4 << 20)
	if err := c.greet(ctx, conn, query, vars); err != nil {
		cancel()
		_ = conn.CloseNow()
		return nil, err
	}
	s := &Stream{values: make(chan json.RawMessage, 16), cancel: cancel}
	go func() {
		defer conn.CloseNow()
		defer cancel()
		s.end(ctx, s.hear(ctx, conn))
	}()
	return s, nil
}

func (c *Client) greet(ctx context.Context, conn *websocket.Conn, query string, vars Vars) error {
	payload, err := json.Marshal(map[string]string{"authorization": "Bearer " + c.Token})
	if err != nil {
		return err
	}
	if err := wsjson.Write(ctx, conn, frame{Type: "connection_init", Payload: payload}); err != nil {
		return err
	}
	for { // pings may come before the answer
		var f frame
		if err := wsjson.Read(ctx, conn, &f); err != nil {
			return err
		}
		if f.Type == "connection_ack" {
			break
		}
	}
	payload, err = json.Marshal(map[string]any{"query": query, "variables": vars})
	if err != nil {
		return err
	}
	return wsjson.Write(ctx, conn, frame{ID: "1", Type: "subscribe", Payload: payload})
}

func (s *Stream) hear(ctx context.Context, conn *websocket.Conn) error {
	for {
		var f frame
		if err := wsjson.Read(ctx, conn, &f); err != nil {
			return err
		}
		switch f.Type {
		case "next":
			if !s.deliver(ctx, f.Payload) {
				return s.Err()
			}
		case "error":
			return s.failed(f.Payload)
		case "complete":
			return nil
		case "ping":
			if err := wsjson.Write(ctx, conn, frame{Type: "pong"}); err != nil {
				return err
			}
		}
	}
}

// failed turns the errors of an operation into a Failure.
func (s *Stream) failed(errors json.RawMessage) error {
	return decode(fmt.Appendf(nil, `{"errors": %s}`, errors), http.StatusOK, nil)
}

// Events subscribes over server-sent events (one connection per operation).
func (c *Client) Events(ctx context.Context, query string, vars Vars) (*Stream, error) {
	body, err := json.Marshal(map[string]any{"query": query, "variables": vars})
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(ctx)
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.Process.URL()+"/graphql", bytes.NewReader(body))
	if err != nil {
		cancel()
		return nil, err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Accept", "text/event-stream")
	req.Header.Set("Authorization", "Bearer "+c.Token)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		cancel()
		return nil, err
	}
	if res.StatusCode != http.StatusOK || !strings.HasPrefix(res.Header.Get("Content-Type"), "text/event-stream") {
		defer cancel()
		defer res.Body.Close()
		raw, _ := io.ReadAll(res.Body)
		return nil, decode(raw, res.StatusCode, nil)
	}
	s := &Stream{values: make(chan json.RawMessage, 16), cancel: cancel}
	go func() {
		defer res.Body.Close()
		defer cancel()
		s.end(ctx, s.readEvents(ctx, bufio.NewReader(res.Body)))
	}()
	return s, nil
}

func (s *Stream) readEvents(ctx context.Context, r *bufio.Reader) error {
	event, data := "", ""
	for {
		line, err := r.ReadString('\n')
		if err != nil {
			return err
		}
		line = strings.TrimRight(line, "\r\n")
		switch name, value, _ := strings.Cut(line, ":"); {
		case line == "": // the end of an event
			if event == "next" && !s.deliver(ctx, []byte(data)) {
				return s.Err()
			}
			if event == "complete" {
				return nil
			}
			event, data = "", ""
		case name == "event":
			event = strings.TrimSpace(value)
		case name == "data":
			data += strings.TrimPrefix(value, " ")
		}
	}
}
