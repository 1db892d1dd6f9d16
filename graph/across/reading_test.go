package across

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"writ/server/event"
	"writ/server/order"
	"writ/server/permit"
)

// TestReadOnceForAllAlike: many subscribers follow the same orders. Each gets every order as it is at its change or later, only those of his own
// rights, and the database is asked once per change and kind of rights, not once per subscriber.
func TestReadOnceForAllAlike(t *testing.T) {
	t.Parallel()
	const subscribers, changes = 40, 50
	var r readings
	var position, reads atomic.Int64
	read := func(ctx context.Context, ids []int64, _ order.Selection) ([]*order.Order, error) {
		reads.Add(1)
		var list []*order.Order
		for _, id := range ids {
			if permit.From(ctx).Grants[0].Path == "even" && id%2 == 1 {
				continue
			}
			list = append(list, &order.Order{ID: id, Version: int(position.Load())})
		}
		return list, nil
	}
	var steps [changes]chan struct{}
	for i := range steps {
		steps[i] = make(chan struct{})
	}
	var all sync.WaitGroup
	for n := range subscribers {
		path := []string{"all", "even"}[n%2]
		ctx := permit.With(t.Context(), &permit.Actor{UserID: int64(n), Grants: []permit.Grant{{Path: path, CanExecute: true}}})
		all.Go(func() {
			for i := range changes {
				<-steps[i]
				at, ids := event.Cursor{Position: int64(i + 1)}, []int64{int64(i % 7), int64(i%7 + 1)}
				got, err := r.get(ctx, at, ids, order.Selection{Owner: true}, read)
				if err != nil {
					t.Error(err)
					return
				}
				for _, id := range ids {
					switch o := got[id]; {
					case path == "even" && id%2 == 1:
						if o != nil {
							t.Errorf("order %d is not theirs", id)
						}
					case o == nil:
						t.Errorf("order %d is missing", id)
					case int64(o.Version) < at.Position:
						t.Errorf("order %d is of %d, before its change at %d", id, o.Version, at.Position)
					}
				}
			}
		})
	}
	for i := range steps {
		position.Add(1)
		close(steps[i])
	}
	all.Wait()
	require.LessOrEqual(t, reads.Load(), int64(2*changes*2), "one read per change and rights, a second where the next change came between")
}

func TestAlike(t *testing.T) {
	t.Parallel()
	actor := func(id int64, path string) *permit.Actor {
		return &permit.Actor{UserID: id, Grants: []permit.Grant{{Path: path, CanExecute: true}}}
	}
	key := func(a *permit.Actor, s order.Selection) string {
		k, err := alike(a, s)
		require.NoError(t, err)
		return k
	}
	require.Equal(t, key(actor(1, "x"), order.Selection{Owner: true}), key(actor(2, "x"), order.Selection{Owner: true}))
	require.NotEqual(t, key(actor(1, "x"), order.Selection{}), key(actor(1, "y"), order.Selection{}), "other rights")
	require.NotEqual(t, key(actor(1, "x"), order.Selection{}), key(actor(1, "x"), order.Selection{Lines: true}), "another selection")
	require.NotEqual(t, key(actor(1, "x"), order.Selection{Own: true}), key(actor(2, "x"), order.Selection{Own: true}), "whose order it is depends on who asks")
	require.NotEqual(t, key(nil, order.Selection{}), key(actor(1, "x"), order.Selection{}))
}

func BenchmarkSubscribersAlike(b *testing.B) {
	var r readings
	read := func(_ context.Context, ids []int64, _ order.Selection) ([]*order.Order, error) {
		return []*order.Order{{ID: ids[0]}}, nil
	}
	ctx := permit.With(b.Context(), &permit.Actor{Grants: []permit.Grant{{Path: fmt.Sprint(b.N), CanExecute: true}}})
	for i := 0; b.Loop(); i++ {
		_, err := r.get(ctx, event.Cursor{Position: int64(i / 1000)}, []int64{1}, order.Selection{Owner: true}, read)
		require.NoError(b, err)
	}
}
