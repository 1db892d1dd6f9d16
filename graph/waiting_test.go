package graph

import (
	"context"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/stretchr/testify/require"
)

// What waits for a client that is lost is not counted for ever: when too much waits for all, those who are behind by a little are dropped.
func TestWhatWaitsForALostClientIsForgotten(t *testing.T) {
	t.Parallel()
	here := make(chan *websocket.Conn, 1)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		conn, err := websocket.Accept(w, r, nil)
		if err == nil {
			here <- conn
			<-r.Context().Done()
		}
	}))
	defer server.Close()
	client, answer, err := websocket.Dial(t.Context(), server.URL, nil)
	require.NoError(t, err)
	if answer.Body != nil {
		_ = answer.Body.Close()
	}
	defer client.CloseNow()
	s := &socket{t: &overWebsocket{}, conn: <-here, cancel: func() {}}
	s.space.L = &s.mu
	s.ctx = context.Background()
	s.push(make([]byte, 16<<20)) // more than fits on the way: it is written until the client is lost
	var all sync.WaitGroup
	all.Go(func() {
		for range 10 {
			s.push(make([]byte, 1000))
			time.Sleep(10 * time.Millisecond)
		}
	})
	all.Wait()
	require.NotZero(t, s.t.waiting.Load())
	require.NoError(t, client.CloseNow())
	require.Eventually(t, func() bool { return s.t.waiting.Load() == 0 }, 20*time.Second, 10*time.Millisecond)
	s.push(make([]byte, 1000))
	require.Zero(t, s.t.waiting.Load())
}
