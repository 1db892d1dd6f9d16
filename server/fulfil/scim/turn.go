package scim

import (
	"context"
	"hash/fnv"
)

// turns lets one at a time do something by a name. Some names share a turn: whoever has one takes no second of the same turns.
type turns []chan struct{}

func newTurns() turns {
	t := make(turns, 64)
	for i := range t {
		t[i] = make(chan struct{}, 1)
	}
	return t
}

// take waits for the turn of a name. false: the context ended first.
func (t turns) take(ctx context.Context, name string) (release func(), ok bool) {
	h := fnv.New32a()
	_, _ = h.Write([]byte(name))
	turn := t[h.Sum32()%uint32(len(t))]
	select {
	case turn <- struct{}{}:
		return func() { <-turn }, true
	case <-ctx.Done():
		return nil, false
	}
}
