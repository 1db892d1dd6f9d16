package graph

import (
	"context"
	"time"

	"writ/server/errs"
)

// TestHooks are what a server with --test-hooks lets acceptance tests do, whoever they are. nil refuses.
type TestHooks struct {
	// IsQuiescent is true when nothing can move without time or input.
	IsQuiescent func(ctx context.Context) (bool, error)
	// AdvanceClock moves the clock of every process and gives the new time.
	AdvanceClock func(ctx context.Context, seconds int) (time.Time, error)
}

func withoutHooks() error {
	return errs.New(errs.Forbidden, "This server runs without --test-hooks.")
}

// Quiescent asks IsQuiescent; FORBIDDEN without test hooks.
func (h *TestHooks) Quiescent(ctx context.Context) (bool, error) {
	if h == nil {
		return false, withoutHooks()
	}
	return h.IsQuiescent(ctx)
}

// Advance asks AdvanceClock; FORBIDDEN without test hooks.
func (h *TestHooks) Advance(ctx context.Context, seconds int) (*time.Time, error) {
	if h == nil {
		return nil, withoutHooks()
	}
	now, err := h.AdvanceClock(ctx, seconds)
	if err != nil {
		return nil, err
	}
	return &now, nil
}
