package graph

import (
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// lent is a connection that the server takes back when the handler has returned.
type lent struct {
	*httptest.ResponseRecorder
	t        *testing.T
	mu       sync.Mutex
	returned bool
}

func (l *lent) mine() {
	l.mu.Lock()
	defer l.mu.Unlock()
	require.False(l.t, l.returned, "written to after the handler returned: a real server dies of it")
}

func (l *lent) Write(b []byte) (int, error) { l.mine(); return l.ResponseRecorder.Write(b) }
func (l *lent) Flush()                      { l.mine(); l.ResponseRecorder.Flush() }

// TestStreamOver: whoever still has a stream when its handler has returned writes to nothing.
func TestStreamOver(t *testing.T) {
	t.Parallel()
	for range 50 {
		l := &lent{ResponseRecorder: httptest.NewRecorder(), t: t}
		s := &stream{ResponseWriter: http.ResponseWriter(l), ends: &ends{}, ctx: t.Context()}
		var living sync.WaitGroup
		for range 4 {
			living.Go(func() {
				for range 20 {
					n, err := s.Write([]byte(": ping\n\n"))
					if n != 8 || err != nil {
						t.Error(n, err)
					}
					s.Flush()
				}
			})
		}
		s.over()
		l.mu.Lock()
		l.returned = true
		l.mu.Unlock()
		living.Wait()
	}
}
