package bench

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/coder/websocket"
	"github.com/uptrace/bun"
	"golang.org/x/sync/errgroup"

	"writ/server/db"
	"writ/server/event"
	"writ/server/order"
)

// How subscribers are measured.
const (
	mostSubscribers   = 10_000
	subscriberPeople  = 1_000
	subscriberChanges = 20               // orders that change, one after the other
	openTogether      = 64               // sockets opened at the same time
	spareFiles        = 300              // open files that a process needs beside its sockets
	servedWithin      = 10 * time.Second // who did not hear of a change by then counts as not served
)

// changedOrders is what a page asks to hear of.
const changedOrders = `subscription { orderChanged { cursor at actor from to order { id state stateCode kind version updatedAt attempt closedAt resourceType { id identifier } } } }`

// subscribers prints part h: how long a changed order takes to everybody who listens, each over a websocket of his own.
func subscribers(ctx context.Context, s *server, in Input) error {
	o, err := s.organisation(ctx, in, min(in.People, subscriberPeople))
	if err != nil {
		return err
	}
	defer o.close()
	if _, err := o.compute(ctx, false); err != nil {
		return err
	}
	t := &table{title: "h) Subscribers: from before the commit of a changed order to each of those who listen, over websockets",
		columns: []string{"subscribers", "opened in", "changes", "not served", "half", "99 %", "last", "server CPU", "of one", "memory", "of one"}}
	most, sizes := min(mostSubscribers, in.People/10, int(files())-spareFiles), []int{}
	for _, n := range []int{1_000, most} {
		if n <= most && !slices.Contains(sizes, n) {
			sizes = append(sizes, n)
		}
	}
	for _, n := range sizes {
		if err := o.listeners(ctx, in, n, t); err != nil {
			return fmt.Errorf("%d subscribers: %w", n, err)
		}
	}
	t.note("Server CPU is of one change, of one: of one change and subscriber. Memory is the largest of the process, of one: what it grew by with each subscriber.")
	t.note("Whoever listens is one process on the same machine, and has its share of it.")
	t.print(in.Out)
	return nil
}

// files is how many files a process may open here.
func files() uint64 {
	var limit syscall.Rlimit
	if syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit) != nil {
		return spareFiles
	}
	return limit.Cur
}

// audience is who listens.
type audience struct {
	mu    sync.Mutex
	took  []time.Duration
	order []byte // what a message about the change that is under way holds; nil: none is
	began time.Time
	left  int
	all   chan struct{} // closed when everybody heard of it
	lost  atomic.Int64  // sockets that ended
	why   string        // what the first of them was told
}

func (o *organisation) listeners(ctx context.Context, in Input, n int, t *table) error {
	p, err := o.serve(ctx, in, "WRIT_SUBSCRIPTIONS_PER_USER="+strconv.Itoa(n))
	if err != nil {
		return err
	}
	defer p.stop()
	empty := mostMemory(strconv.Itoa(p.pid()))
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	a := &audience{}
	began := time.Now()
	opening, dial := errgroup.WithContext(ctx)
	opening.SetLimit(openTogether)
	var beside sync.WaitGroup
	defer beside.Wait()
	defer stop()
	for range n {
		opening.Go(func() error {
			conn, err := p.listen(dial)
			if err != nil {
				return err
			}
			beside.Go(func() { a.hear(ctx, conn) })
			return nil
		})
	}
	if err := opening.Wait(); err != nil {
		return err
	}
	opened := time.Since(began)
	var ids []int64
	if err := o.NewRaw("select id from provisioning_order order by id limit ?", subscriberChanges+1).Scan(ctx, &ids); err != nil {
		return err
	}
	if len(ids) <= subscriberChanges {
		return errors.New("there are too few orders")
	}
	var missed int
	for left := n; left > 0; { // who has just come may not be heard yet
		if left, err = a.change(ctx, o, ids[0], n); err != nil {
			return err
		}
		if a.lost.Load() > 0 {
			return fmt.Errorf("%d are refused: %s", a.lost.Load(), a.why)
		}
	}
	a.took = nil
	before, err := o.used(ctx, p.pid())
	if err != nil {
		return err
	}
	for _, id := range ids[1:] {
		left, err := a.change(ctx, o, id, n)
		if err != nil {
			return err
		}
		missed += left
	}
	after, err := o.used(ctx, p.pid())
	if err != nil {
		return err
	}
	if len(a.took) == 0 {
		return errors.New("nobody heard of anything")
	}
	slices.Sort(a.took)
	own := after.own.since(before.own, subscriberChanges)
	most := mostMemory(strconv.Itoa(p.pid()))
	t.add(n, opened, subscriberChanges, missed, a.took[len(a.took)/2], a.took[len(a.took)*99/100], a.took[len(a.took)-1], own, own/time.Duration(n),
		size(most), size((most-empty)/uint64(n)))
	if gone := a.lost.Load(); gone > 0 {
		t.note("%d of %d sockets ended before their time.", gone, n)
	}
	return nil
}

// change publishes that an order changed and waits until everybody heard of it; left are those who did not.
func (a *audience) change(ctx context.Context, o *organisation, id int64, n int) (left int, err error) {
	all := make(chan struct{})
	err = db.InTx(ctx, o.DB, func(ctx context.Context, tx bun.Tx) error {
		changed := event.Event{Kind: order.EventChanged, SubjectType: "order", SubjectID: id, Data: map[string]int{"from": 1, "to": 2}}
		if err := event.Publish(ctx, tx, time.Now(), changed); err != nil {
			return err
		}
		a.mu.Lock()
		defer a.mu.Unlock()
		a.order, a.began, a.left, a.all = fmt.Appendf(nil, `"order":{"id":"%d"`, id), time.Now(), n, all
		return nil
	})
	if err != nil {
		return 0, err
	}
	late := time.NewTimer(servedWithin)
	defer late.Stop()
	select {
	case <-all:
	case <-late.C:
	case <-ctx.Done():
		return 0, ctx.Err()
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.order = nil
	return a.left, nil
}

// hear reads one socket until it ends.
func (a *audience) hear(ctx context.Context, conn *websocket.Conn) {
	defer func() { _ = conn.CloseNow() }()
	for {
		_, message, err := conn.Read(ctx)
		if err != nil {
			if ctx.Err() == nil {
				a.lost.Add(1)
			}
			return
		}
		if bytes.Contains(message, []byte(`"errors":`)) || bytes.Contains(message, []byte(`"type":"error"`)) {
			a.refused(message)
			return
		}
		a.arrived(time.Now(), message)
	}
}

func (a *audience) refused(message []byte) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.lost.Add(1) == 1 {
		a.why = string(message)
	}
}

func (a *audience) arrived(at time.Time, message []byte) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.order == nil || !bytes.Contains(message, a.order) {
		return
	}
	a.took = append(a.took, at.Sub(a.began))
	if a.left--; a.left == 0 {
		close(a.all)
	}
}

// listen opens a websocket (graphql-transport-ws), signs in and subscribes. The acknowledged sign-in is waited for, the subscription follows at once.
func (p *process) listen(ctx context.Context) (*websocket.Conn, error) {
	origin := strings.TrimSuffix(p.url, "/graphql")
	conn, _, err := websocket.Dial(ctx, "ws"+strings.TrimPrefix(p.url, "http"), &websocket.DialOptions{ //nolint:bodyclose // the library closes it
		HTTPClient: p.http, Subprotocols: []string{"graphql-transport-ws"}, HTTPHeader: http.Header{"Origin": {origin}}})
	if err != nil {
		return nil, fmt.Errorf("open a websocket: %w", err)
	}
	send := func(message map[string]any) error {
		raw, _ := json.Marshal(message) // plain maps: never fails
		return conn.Write(ctx, websocket.MessageText, raw)
	}
	err = send(map[string]any{"type": "connection_init", "payload": map[string]string{"authorization": "Bearer " + p.token}})
	if err == nil {
		var answer []byte
		if _, answer, err = conn.Read(ctx); err == nil && !bytes.Contains(answer, []byte("connection_ack")) {
			err = fmt.Errorf("the server answered %s", answer)
		}
	}
	if err == nil {
		err = send(map[string]any{"id": "1", "type": "subscribe", "payload": map[string]string{"query": changedOrders}})
	}
	if err != nil {
		_ = conn.CloseNow()
		return nil, fmt.Errorf("subscribe: %w", err)
	}
	return conn, nil
}
