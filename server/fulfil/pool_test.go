package fulfil_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"writ/server/errs"
	"writ/server/fulfil"
)

// pkg opens conns and remembers them.
type pkg struct {
	mu     sync.Mutex
	opened []*conn
	open   func(fulfil.Settings) (*fulfil.Opened, error)
}

func (p *pkg) Capability() fulfil.Capability { return fulfil.Capability{Identifier: "test"} }
func (p *pkg) Open(_ context.Context, s fulfil.Settings) (*fulfil.Opened, error) {
	if p.open != nil {
		return p.open(s)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	c := &conn{apply: always(fulfil.Done)}
	p.opened = append(p.opened, c)
	return c.opened(), nil
}

func connection(version int64) fulfil.Connection {
	return fulfil.Connection{ID: 7, Version: version, Identifier: "hr", Package: "test", Settings: func(context.Context) (fulfil.Settings, error) { return fulfil.Settings{}, nil }}
}

func TestPoolSharesOneConnector(t *testing.T) {
	t.Parallel()
	p := &pkg{}
	pool := fulfil.NewPool(fulfil.Packages{"test": p})
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			c, release, err := pool.Use(t.Context(), connection(1))
			if err != nil {
				t.Error(err)
				return
			}
			applier(c).Apply(t.Context(), fulfil.Change{})
			release()
			release() // harmless
		})
	}
	wg.Wait()
	require.Len(t, p.opened, 1)
	require.Equal(t, map[int64]fulfil.Health{7: {Breaker: "closed"}}, pool.Health())
	require.NoError(t, pool.Close())
	require.EqualValues(t, 1, p.opened[0].closed.Load())
	_, _, err := pool.Use(t.Context(), connection(1))
	require.True(t, errs.Is(err, errs.Unavailable))
}

func TestPoolReplacesAndClosesWhenUnused(t *testing.T) {
	t.Parallel()
	p := &pkg{}
	pool := fulfil.NewPool(fulfil.Packages{"test": p})
	_, releaseOld, err := pool.Use(t.Context(), connection(1))
	require.NoError(t, err)
	_, releaseNew, err := pool.Use(t.Context(), connection(2))
	require.NoError(t, err)
	require.Len(t, p.opened, 2)
	require.Zero(t, p.opened[0].closed.Load(), "it is still in use")
	releaseOld()
	require.Eventually(t, func() bool { return p.opened[0].closed.Load() == 1 }, 5*time.Second, time.Millisecond)

	_, release, err := pool.Use(t.Context(), connection(1)) // read before the change
	require.NoError(t, err)
	release()
	require.Len(t, p.opened, 2, "the newer settings stay")

	pool.Forget(7)
	require.Zero(t, p.opened[1].closed.Load())
	releaseNew()
	require.Eventually(t, func() bool { return p.opened[1].closed.Load() == 1 }, 5*time.Second, time.Millisecond)
	require.NoError(t, pool.Close())
	require.EqualValues(t, 1, p.opened[1].closed.Load())
}

func TestPoolDoesNotKeepFailures(t *testing.T) {
	t.Parallel()
	var calls atomic.Int32
	p := &pkg{open: func(fulfil.Settings) (*fulfil.Opened, error) {
		switch calls.Add(1) {
		case 1:
			return nil, errors.New("no")
		case 2:
			panic("worse")
		}
		return (&conn{}).opened(), nil
	}}
	pool := fulfil.NewPool(fulfil.Packages{"test": p})
	_, _, err := pool.Use(t.Context(), connection(1))
	require.ErrorContains(t, err, "no")
	_, _, err = pool.Use(t.Context(), connection(1))
	require.ErrorContains(t, err, "worse")
	_, release, err := pool.Use(t.Context(), connection(1))
	require.NoError(t, err)
	release()
	require.NoError(t, pool.Close())
}

func TestPoolRefusesWhatItCannotOpen(t *testing.T) {
	t.Parallel()
	pool := fulfil.NewPool(fulfil.Packages{"test": &pkg{}})
	c := connection(1)
	c.Package = "floppy"
	_, _, err := pool.Use(t.Context(), c)
	require.True(t, errs.Is(err, errs.Validation))
	require.ErrorContains(t, err, "Known packages: test")

	c = connection(1)
	c.Settings = func(context.Context) (fulfil.Settings, error) {
		return fulfil.Settings{Values: map[string]string{"limit.concurrency": "none"}}, nil
	}
	_, _, err = pool.Use(t.Context(), c)
	require.Equal(t, "limit.concurrency", errs.As(err).Field)
}
