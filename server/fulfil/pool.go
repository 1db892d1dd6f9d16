package fulfil

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"sync"

	"writ/server/errs"
)

// Pool keeps one open, guarded connector per connection and opens a new one when the settings have a newer version. The old one is closed as
// soon as nobody uses it any more. Every process has its own.
type Pool struct {
	packages Packages

	mu     sync.Mutex
	open   map[int64]*pooled
	closed bool
}

// Connection is what the Pool needs to know about a row of table connection.
type Connection struct {
	ID         int64
	Version    int64  // of the row; a newer one replaces the open connector
	Identifier string // for messages
	Package    string
	// Settings opens the secrets and joins them with the plain settings; only called when a connector has to be opened.
	Settings func(ctx context.Context) (Settings, error)
}

// pooled is one connector and its users. ready is closed when the opening ended, well or not.
type pooled struct {
	version   int64
	ready     chan struct{}
	connector *Opened
	err       error
	users     int
	retired   bool
}

// NewPool is an empty pool over the packages.
func NewPool(packages Packages) *Pool { return &Pool{packages: packages, open: map[int64]*pooled{}} }

// Use gives the connector of a connection, opened if it is not yet. The caller calls release when it is done with it, exactly once, also
// after an export. Validation when the package or the settings are wrong; such a failure is not kept, the next call tries again.
func (p *Pool) Use(ctx context.Context, c Connection) (_ *Opened, release func(), err error) {
	p.mu.Lock()
	if p.closed {
		p.mu.Unlock()
		return nil, nil, errs.New(errs.Unavailable, "The server is stopping.")
	}
	entry, mine := p.open[c.ID], false
	// An older version than the open one comes from somebody who read the row a moment ago: the newer settings are the right ones.
	if entry == nil || entry.version < c.Version {
		p.retire(entry)
		entry, mine = &pooled{version: c.Version, ready: make(chan struct{})}, true
		p.open[c.ID] = entry
	}
	entry.users++
	p.mu.Unlock()

	if mine {
		// Others wait for this opening too, so it does not end with the one who happened to come first.
		entry.connector, entry.err = p.connect(context.WithoutCancel(ctx), c)
		if entry.err != nil {
			p.mu.Lock()
			if p.open[c.ID] == entry {
				delete(p.open, c.ID)
			}
			p.mu.Unlock()
		}
		close(entry.ready)
	}
	var once sync.Once
	release = func() { once.Do(func() { p.leave(entry) }) }
	select {
	case <-entry.ready:
	case <-ctx.Done():
		release()
		return nil, nil, ctx.Err()
	}
	if entry.err != nil {
		release()
		return nil, nil, entry.err
	}
	return entry.connector, release, nil
}

// Open is Use for callers that close what they opened: closing the connector gives it back.
func (p *Pool) Open(ctx context.Context, c Connection) (*Opened, error) {
	connector, release, err := p.Use(ctx, c)
	if err != nil {
		return nil, err
	}
	return connector.Connector.(*guard).lent(release), nil
}

func (p *Pool) connect(ctx context.Context, c Connection) (_ *Opened, err error) {
	defer func() { // those who wait for the opening must get an answer
		if v := recover(); v != nil {
			err = errs.New(errs.Unavailable, "Package %s failed inside: %v.", c.Package, v).Because(fmt.Errorf("panic: %v\n%s", v, debug.Stack()))
		}
	}()
	pkg, err := p.packages.Get(c.Package)
	if err != nil {
		return nil, err
	}
	settings, err := c.Settings(ctx)
	if err != nil {
		return nil, err
	}
	limits, err := LimitsOf(settings)
	if err != nil {
		return nil, err
	}
	connector, err := pkg.Open(ctx, settings)
	if err != nil {
		return nil, err
	}
	return Guard(c.Identifier, connector, limits), nil
}

// retire takes an entry out of use; the last user closes it. The caller holds the lock.
func (p *Pool) retire(entry *pooled) {
	if entry == nil || entry.retired {
		return
	}
	entry.retired = true
	if entry.users == 0 {
		entry.close()
	}
}

func (p *Pool) leave(entry *pooled) {
	p.mu.Lock()
	defer p.mu.Unlock()
	entry.users--
	if entry.users == 0 && entry.retired {
		entry.close()
	}
}

// close runs in a goroutine: a connector may take its time to say goodbye, and the pool is locked.
func (e *pooled) close() {
	go func() {
		<-e.ready
		if e.connector != nil {
			_ = e.connector.Close() // nobody is left who could do anything about it
		}
	}()
}

// Forget closes the connector of a connection that was deleted or deactivated, as soon as nobody uses it.
func (p *Pool) Forget(id int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.retire(p.open[id])
	delete(p.open, id)
}

// Health tells how the open connectors are, by connection id.
func (p *Pool) Health() map[int64]Health {
	p.mu.Lock()
	defer p.mu.Unlock()
	health := map[int64]Health{}
	for id, entry := range p.open {
		select {
		case <-entry.ready:
			if h, ok := entry.connector.Connector.(interface{ Health() Health }); ok {
				health[id] = h.Health()
			}
		default: // still opening
		}
	}
	return health
}

// Close closes every connector, used or not; Use fails from now on. The last step of a stopping process.
func (p *Pool) Close() error {
	p.mu.Lock()
	p.closed = true
	open := p.open
	p.open = map[int64]*pooled{}
	for _, entry := range open {
		entry.retired = true
		entry.users++ // a user who leaves meanwhile must not close it a second time
	}
	p.mu.Unlock()
	var all []error
	for _, entry := range open {
		<-entry.ready
		if entry.connector != nil {
			all = append(all, entry.connector.Close())
		}
	}
	return errors.Join(all...)
}
