package event

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/lib/pq"
	"github.com/uptrace/bun"

	"writ/server/db"
)

const (
	batchSize  = 500              // rows read at once
	safetyPoll = time.Second      // looked at even without NOTIFY: a lost one costs no more than this
	pingEvery  = 20 * time.Second // finds a listener connection that died without a word
)

// Hub reads new events once per process and hands them to all subscribers. It also takes its turn in giving events their position.
type Hub struct {
	db       *bun.DB
	url      string
	log      *slog.Logger
	appender *Appender

	mu       sync.Mutex
	position Cursor // what was handed out so far
	live     map[*subscription]struct{}
	rewound  int // how often the chain was found shorter than what was handed out: who subscribed before then is told to begin anew

	started chan struct{} // closed when position is set: before that nobody can attach
	stopped chan struct{} // closed when Run has ended: subscribers go home
}

// NewHub prepares a hub. url is for its own connection (pq.Listener); it must name the same database as db.
func NewHub(db *bun.DB, url string, log *slog.Logger) *Hub {
	return &Hub{db: db, url: url, log: log, appender: NewAppender(db), live: map[*subscription]struct{}{}, started: make(chan struct{}), stopped: make(chan struct{})}
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

	listener := db.NewListener(h.url, func(err error) {
		if ctx.Err() == nil {
			h.log.WarnContext(ctx, "the listener for events lost its connection; polling meanwhile", "error", err)
		}
	})
	defer context.AfterFunc(ctx, func() { _ = listener.Close() })() // also frees Listen, which waits for a connection
	defer listener.Close()
	for _, c := range []string{channel, placedChannel} {
		if err := listener.Listen(c); err != nil && ctx.Err() == nil {
			return fmt.Errorf("listen for events: %w", err)
		}
	}
	published, placed := make(chan struct{}, 1), make(chan struct{}, 1)
	var all sync.WaitGroup
	all.Go(func() { h.append(ctx, published, placed) })
	all.Go(func() { h.read(ctx, placed) })
	h.listen(ctx, listener, published, placed)
	all.Wait()
	return nil
}

// listen passes wake-ups on; nil on the channel comes after a reconnect and means that some may be lost.
func (h *Hub) listen(ctx context.Context, listener *pq.Listener, published, placed chan<- struct{}) {
	ping := time.NewTicker(pingEvery)
	defer ping.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ping.C:
			go func() { _ = listener.Ping() }() // an error makes the listener reconnect by itself; it may block that long
		case n, open := <-listener.Notify:
			if !open {
				<-ctx.Done() // closed by its end
				return
			}
			if n == nil || n.Channel == channel {
				wake(published)
			}
			if n == nil || n.Channel == placedChannel {
				wake(placed)
			}
		}
	}
}

// wake leaves a note; one is enough, however many came.
func wake(c chan<- struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// append gives events their position whenever there may be some: on NOTIFY, when the lease of another process ends, and once a second.
func (h *Hub) append(ctx context.Context, published <-chan struct{}, placed chan<- struct{}) {
	defer func() { // the next process need not wait for the end of our lease
		patient, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
		defer cancel()
		if err := h.appender.Release(patient); err != nil {
			h.log.DebugContext(patient, "give the events' lease back", "error", err)
		}
	}()
	every(ctx, published, func() time.Duration {
		appended, err := h.appender.Append(ctx)
		if appended {
			wake(placed)
		}
		if err != nil && ctx.Err() == nil {
			h.log.WarnContext(ctx, "events cannot be given their position at this moment", "error", err)
		}
		return h.appender.wait()
	})
}

// read hands out what got its position.
func (h *Hub) read(ctx context.Context, placed <-chan struct{}) {
	every(ctx, placed, func() time.Duration {
		if err := h.deliver(ctx); err != nil && ctx.Err() == nil {
			h.log.WarnContext(ctx, "events cannot be read at this moment", "error", err)
		}
		return safetyPoll
	})
}

// every does something now, at each wake-up, and after the time that it gives, until ctx ends.
func every(ctx context.Context, wakeUp <-chan struct{}, do func() time.Duration) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-wakeUp:
		case <-timer.C:
		}
		timer.Reset(do())
	}
}

// deliver hands out everything that can be read now.
func (h *Hub) deliver(ctx context.Context) error {
	for {
		b, err := ReadBatch(ctx, h.db, h.position, Filter{}, batchSize) // only this goroutine writes position
		if errors.Is(err, errRewound) {
			if err := h.rewind(ctx); err != nil {
				return err
			}
			continue
		}
		if err != nil {
			return err
		}
		h.handOut(b)
		if !b.More {
			return nil
		}
	}
}

// rewind goes on at the end of a chain that lost what was handed out already. The subscriptions end: what their clients have seen did not
// happen, and their cursors are refused when they come back.
func (h *Hub) rewind(ctx context.Context) error {
	end, err := End(ctx, h.db)
	if err != nil {
		return err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.log.ErrorContext(ctx, "the database has lost events that were handed out already, as after a failover to a replica that was behind; subscribers begin anew",
		"handed out", h.position.Position, "last", end.Position)
	h.position = end
	h.rewound++
	for s := range h.live {
		delete(h.live, s)
		close(s.batches)
	}
	return nil
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
