package auth

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun/dialect/pgdialect"
)

// watchEvery is how often the sessions of open connections are looked at; watchChunk how many at once.
const (
	watchEvery = 2 * time.Second
	watchChunk = 5_000
)

// watched are the connections that are open without a request of their own: websockets and event streams. The zero value is ready.
type watched struct {
	mu      sync.Mutex
	open    map[uuid.UUID]map[*func()]bool
	running bool
}

// OnEnd calls ended, once and soon, when the session of the context is over: signed out, password changed, user disabled or removed. One
// statement looks at the sessions of all connections of the process. forget ends the watch. Without an access token nothing is watched.
func (s *Service) OnEnd(ctx context.Context, ended func()) (forget func()) {
	t := ticketOf(ctx)
	if t == nil {
		return func() {}
	}
	w := &s.watched
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.open == nil {
		w.open = map[uuid.UUID]map[*func()]bool{}
	}
	if w.open[t.session] == nil {
		w.open[t.session] = map[*func()]bool{}
	}
	w.open[t.session][&ended] = true
	if !w.running {
		w.running = true
		go s.watch()
	}
	return func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		delete(w.open[t.session], &ended)
		if len(w.open[t.session]) == 0 {
			delete(w.open, t.session)
		}
	}
}

// watch works as long as a connection is open.
func (s *Service) watch() {
	ticks := time.NewTicker(watchEvery)
	defer ticks.Stop()
	for range ticks.C {
		ids, more := s.watched.sessions()
		if !more {
			return
		}
		for len(ids) > 0 {
			chunk := ids[:min(len(ids), watchChunk)]
			ids = ids[len(chunk):]
			gone, err := s.endedAmong(chunk)
			if err != nil { // a database that is away ends nobody
				s.log.Warn("cannot look at the sessions of open connections", "error", err)
				break
			}
			for _, id := range gone {
				s.actors.forget(id)
				for _, ended := range s.watched.take(id) {
					ended()
				}
			}
		}
	}
}

// sessions gives what is open; more is false, and the watch over, when nothing is.
func (w *watched) sessions() (ids []string, more bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for id := range w.open {
		ids = append(ids, id.String())
	}
	w.running = len(ids) > 0
	return ids, w.running
}

func (w *watched) take(id uuid.UUID) (list []func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for ended := range w.open[id] {
		list = append(list, *ended)
	}
	delete(w.open, id)
	return list
}

func (s *Service) endedAmong(ids []string) (gone []uuid.UUID, err error) {
	ctx, stop := context.WithTimeout(context.Background(), 2*watchEvery)
	defer stop()
	err = s.db.NewRaw(`SELECT w.id FROM unnest(?0::uuid[]) AS w (id)
		LEFT JOIN session AS s ON s.id = w.id AND s.revoked_at IS NULL
		LEFT JOIN api_key AS k ON k.uid = w.id AND k.revoked_at IS NULL AND k.expires_at > ?2
		LEFT JOIN local_user AS u ON u.id = coalesce(s.user_id, k.user_id)
		WHERE u.id IS NULL OR u.is_disabled OR u.is_demo AND NOT ?1 OR u.client_until <= ?2`, pgdialect.Array(ids), s.config.Demo, s.clock.Now()).Scan(ctx, &gone)
	if err != nil {
		return nil, fmt.Errorf("look at the sessions of open connections: %w", err)
	}
	return gone, nil
}
