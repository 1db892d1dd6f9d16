package job_test

import (
	"context"
	"log/slog"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"writ/server/event"
	"writ/server/job"
	"writ/server/page"
)

func TestJobProgress(t *testing.T) {
	t.Parallel()
	b := setup(t)
	hub := event.NewHub(b.db, b.url, slog.New(slog.DiscardHandler))
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- hub.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		require.NoError(t, <-ended)
	})
	b.jobs.Follow = hub.Subscribe
	b.save(t, job.JobDefinition{Identifier: "j", Steps: []job.StepDefinition{step("one", "Export", 0), step("two", "Prepare", 1)}})
	next, enough := make(chan struct{}), make(chan struct{})
	var beats atomic.Int64
	b.stage.play("one", func(ctx context.Context, _ job.Task, r job.Reporter) (job.Result, error) {
		<-next
		tick := time.NewTicker(2 * time.Millisecond) // much more often than four times a second
		defer tick.Stop()
		for {
			select {
			case <-enough:
				return job.Result{Output: true}, ctx.Err()
			case <-tick.C:
				n := int(beats.Add(1))
				r.Progress(n, n+200)
				r.Logf(job.LogInfo, "row %d", n)
			}
		}
	})
	i := b.run(t, "j")
	changes, err := b.jobs.JobProgress(b.ctx, i.ID)
	require.NoError(t, err)
	close(next)

	var seen []float64
	var last *job.JobInstance
	for c := range changes {
		require.True(t, last == nil || c.Progress >= last.Progress, "never backwards")
		last = c
		if len(seen) == 0 || c.Progress > seen[len(seen)-1] {
			if seen = append(seen, c.Progress); len(seen) == 4 {
				close(enough)
			}
		}
	}
	require.Equal(t, job.Completed, last.State, "the subscription ends with the run")
	require.InDelta(t, 1, last.Progress, 0)
	most, lines := page.Max, 0
	for before := (*int64)(nil); ; {
		log, err := b.jobs.NewestLog(b.ctx, b.task(t, i.ID, "one").ID, &most, before, nil, nil, nil)
		require.NoError(t, err)
		if len(log) == 0 {
			break
		}
		lines, before = lines+len(log), &log[len(log)-1].ID
	}
	require.EqualValues(t, beats.Load(), lines, "every line")

	var events int
	require.NoError(t, b.db.NewRaw("select count(*) from event where kind = 'job.changed' and data -> 'tasks' -> 0 ->> 'progress' is not null").Scan(t.Context(), &events))
	started := b.task(t, i.ID, "one")
	limit := int(started.EndedAt.Sub(*started.StartedAt)/(250*time.Millisecond)) + 2
	require.LessOrEqual(t, events, limit, "at most four a second")
}
