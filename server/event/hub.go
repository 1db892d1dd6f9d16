package event

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/lib/pq"
	"github.com/uptrace/bun"
)

const (
	batchSize   = 500                    // rows read at once
	safetyPoll  = time.Second            // looked at even without NOTIFY: a lost one costs no more than this
	shortestGap = 5 * time.Millisecond   // between two looks while committed rows are held back by an older transaction;
	longestGap  = 100 * time.Millisecond // doubled up to this
	pingEvery   = 20 * time.Second       // finds a listener connection that died without a word
)

// Hub reads new events once per process and hands them to all subscribers.
type Hub struct {
	db  *bun.DB
	url string
	log *slog.Logger

	mu       sync.Mutex
	position Cursor // what was handed out so far
	live     map[*subscription]struct{}

	started chan struct{} // closed when position is set: before that nobody can attach
	stopped chan struct{} // closed when Run has ended: subscribers go home
}

// NewHub prepares a hub. url is for its own connection (pq.Listener); it must name the same database as db.
func NewHub(db *bun.DB, url string, log *slog.Logger) *Hub {
	return &Hub{db: db, url: url, log: log, live: map[*subscription]struct{}{}, started: make(chan struct{}), stopped: make(chan struct{})}
}

// Run serves subscribers until ctx ends, then ends their channels. Call it once. A database that goes away is waited for; the error is
// only that of the very first contact.
func (h *Hub) Run(ctx context.Context) error {
	defer close(h.stopped)
	start, err := End(ctx, h.db)
	if err != nil {
		return err
	}
	h.position = start
	close(h.started)

	listener := pq.NewListener(h.url, 50*time.Millisecond, 5*time.Second, func(_ pq.ListenerEventType, err error) {
		if err != nil && ctx.Err() == nil {
			h.log.WarnContext(ctx, "the listener for events lost its connection; polling meanwhile", "error", err)
		}
	})
	defer context.AfterFunc(ctx, func() { _ = listener.Close() })() // also frees Listen, which waits for a connection
	defer listener.Close()
	if err := listener.Listen(channel); err != nil && ctx.Err() == nil {
		return fmt.Errorf("listen for events: %w", err)
	}
	h.loop(ctx, listener)
	return nil
}

// loop looks for rows whenever there may be some: on NOTIFY, after a reconnect (nil on the channel), while rows are known to be held
// back, and once a second.
func (h *Hub) loop(ctx context.Context, listener *pq.Listener) {
	ping := time.NewTicker(pingEvery)
	defer ping.Stop()
	timer := time.NewTimer(0) // look once at the start: LISTEN came after End
	defer timer.Stop()
	gap := shortestGap
	for {
		select {
		case <-ctx.Done():
			return
		case <-ping.C:
			go func() { _ = listener.Ping() }() // an error makes the listener reconnect by itself; it may block that long
			continue
		case <-listener.Notify:
			drain(listener.Notify)
		case <-timer.C:
		}
		pending, err := h.deliver(ctx)
		wait := safetyPoll
		switch {
		case ctx.Err() != nil:
			return
		case err != nil:
			h.log.WarnContext(ctx, "events cannot be read at this moment", "error", err)
		case pending:
			wait, gap = gap, min(2*gap, longestGap)
		default:
			gap = shortestGap
		}
		timer.Reset(wait)
	}
}

// drain takes the wake-ups that came at once: one look serves all.
func drain(notes <-chan *pq.Notification) {
	for {
		select {
		case _, open := <-notes:
			if !open {
				return
			}
		default:
			return
		}
	}
}

// deliver hands out everything that can be read now. pending: more is committed and waits for an older transaction.
func (h *Hub) deliver(ctx context.Context) (pending bool, err error) {
	for {
		b, err := ReadBatch(ctx, h.db, h.position, Filter{}, batchSize) // only this goroutine writes position
		if err != nil {
			return false, err
		}
		h.handOut(b)
		if !b.More {
			return b.Pending, nil
		}
	}
}

func (h *Hub) handOut(b Batch) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.position = b.Next
	if len(b.Rows) == 0 {
		return
	}
	for s := range h.live {
		select {
		case s.batches <- b.Rows:
		default: // its buffer is full: back to reading at its own pace; nobody else waits for it
			delete(h.live, s)
			close(s.batches)
		}
	}
}
