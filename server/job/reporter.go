package job

import (
	"context"
	"fmt"
	"maps"
	"strings"
	"sync"
	"time"

	"github.com/uptrace/bun"

	"writ/server/db"
	"writ/server/event"
)

// Reporter lets a task tell how it is getting on. Its methods are cheap, may be called from any goroutine, and never fail.
type Reporter interface {
	Logf(level LogLevel, format string, args ...any) // a line of the task's log
	Progress(done, total int)                        // total 0 = unknown
	Count(counter TaskCounter, delta int)            // adds to a counter
}

const (
	flushEvery = 250 * time.Millisecond // so at most four job.changed events per second and task
	manyLines  = 2000                   // a task that logs faster than that waits for the database
	longLine   = 8 << 10                // bytes; the rest of a longer message is cut off
)

// reporter collects what a task tells and writes it in small batches.
type reporter struct {
	ctx  context.Context
	s    *Service
	row  *TaskInstance
	lose context.CancelCauseFunc

	writing sync.Mutex // one flush at a time, so that lines stay in order
	mu      sync.Mutex
	state   pending
}

// pending is what was told and not yet written.
type pending struct {
	lines    logLines
	progress float64
	counters map[string]int64 // totals, not differences: writing them twice is harmless
	touched  bool             // progress or counters changed
}

func newReporter(ctx context.Context, s *Service, row *TaskInstance, lose context.CancelCauseFunc) *reporter {
	return &reporter{ctx: ctx, s: s, row: row, lose: lose, state: pending{counters: map[string]int64{}}}
}

func (r *reporter) Logf(level LogLevel, format string, args ...any) {
	message := strings.ReplaceAll(strings.ToValidUTF8(fmt.Sprintf(format, args...), "\uFFFD"), "\x00", "\uFFFD")
	if len(message) > longLine {
		message = strings.ToValidUTF8(message[:longLine], "") + " [cut off]"
	}
	r.mu.Lock()
	r.state.lines = append(r.state.lines, &TaskLogLine{TaskInstanceID: r.row.ID, At: r.s.Clock.Now(), Level: level, Message: message})
	full := len(r.state.lines) >= manyLines
	r.mu.Unlock()
	if full {
		r.flush()
	}
}

func (r *reporter) Progress(done, total int) {
	if total <= 0 {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.state.progress = min(1, max(0, float64(done)/float64(total)))
	r.state.touched = true
}

func (r *reporter) Count(counter TaskCounter, delta int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.state.counters[string(counter)] += int64(delta)
	r.state.touched = true
}

// take gives what is to be written and starts anew.
func (r *reporter) take() pending {
	r.mu.Lock()
	defer r.mu.Unlock()
	p := r.state
	p.counters = maps.Clone(p.counters)
	r.state.lines, r.state.touched = nil, false
	return p
}

// giveBack keeps what could not be written for the next time.
func (r *reporter) giveBack(p pending) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.state.lines = append(p.lines, r.state.lines...)
	r.state.touched = r.state.touched || p.touched
}

func (r *reporter) flushNowAndThen() {
	tick := time.NewTicker(flushEvery)
	defer tick.Stop()
	for {
		select {
		case <-r.ctx.Done():
			return
		case <-tick.C:
			r.flush()
		}
	}
}

// flush writes what was told since the last time, and one event. A task that is not ours any more is told so.
func (r *reporter) flush() {
	r.writing.Lock()
	defer r.writing.Unlock()
	p := r.take()
	if !p.touched && len(p.lines) == 0 {
		return
	}
	lost := false
	err := db.InTx(r.ctx, r.s.DB, func(ctx context.Context, tx bun.Tx) error {
		mine, err := lockTask(ctx, tx, r.row.JobInstanceID, r.row.ID, r.row.Fence)
		if lost = err == nil && !mine; err != nil || lost {
			return err
		}
		if err := p.write(ctx, tx, r.row.ID); err != nil {
			return err
		}
		if err := updateProgress(ctx, tx, r.row.JobInstanceID); err != nil {
			return err
		}
		progress := p.progress
		return event.Publish(ctx, tx, r.s.Clock.Now(), changeEvent(r.row.JobInstanceID,
			change{Tasks: []taskChange{{ID: r.row.ID, Progress: &progress}}}))
	})
	switch {
	case lost:
		r.lose(errLost)
	case err != nil:
		r.giveBack(p)
		if r.ctx.Err() == nil {
			r.s.Logger.WarnContext(r.ctx, "the progress of a task cannot be written at this moment", "task", r.row.Identifier, "error", err)
		}
	}
}

// write stores lines, progress and counters.
func (p pending) write(ctx context.Context, tx bun.Tx, taskID int64) error {
	if err := p.lines.write(ctx, tx); err != nil {
		return err
	}
	return updateTaskProgress(ctx, tx, taskID, p.progress, p.counters)
}
