package assignment

import (
	"errors"
	"sync/atomic"

	"writ/server/evaluation"
)

// batchValues is how many values one part of a batch holds at most, roughly: of the owners, of their targets, of what is expected of them, of
// their open orders. It bounds the memory of a computation whatever the number of targets, attributes and roles.
const batchValues = 100_000

// errTooWide ends the loading of owners who together have more than twice as many values as a part may hold.
var errTooWide = errors.New("too many values for one part of a batch")

// width remembers how many values an owner had lately, so that the next part takes as many owners as fit.
type width struct{ perOwner atomic.Int64 }

// owners is how many owners make up the next part under a model, of those that are left.
func (w *width) owners(m *Model, left int) int {
	one := max(w.perOwner.Load(), int64(m.Width), 1)
	return int(min(max(batchValues/one, 1), int64(left)))
}

// saw notes what a part of owners turned out to have. It grows at once and shrinks slowly.
func (w *width) saw(values, owners int) {
	if owners == 0 {
		return
	}
	now, was := int64(values/owners), w.perOwner.Load()
	w.perOwner.Store(max(now, (3*was+now)/4))
}

// resultValues counts what the results of a part hold.
func resultValues(results []evaluation.Result) (n int) {
	for i := range results {
		n += len(results[i].Roles)
		for k := range results[i].Types {
			d := &results[i].Types[k]
			n += expectedValues(&d.Expected) + len(d.Gaps) + len(d.Kept)
			if d.Order != nil {
				n += len(d.Order.Lines)
			}
		}
	}
	return n
}

func expectedValues(e *evaluation.Expected) (n int) {
	for _, spans := range e.Properties {
		n += len(spans)
	}
	for _, list := range e.Ours {
		n += len(list)
	}
	return n
}
