package job_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"writ/server/errs"
	"writ/server/job"
)

// The page of a run shows the newest lines, pages back to the first for a download, and can leave levels out.
func TestNewestLog(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.save(t, job.JobDefinition{Identifier: "j", Steps: []job.StepDefinition{step("a", "Export", 0)}})
	b.stage.play("a", func(_ context.Context, _ job.Task, r job.Reporter) (job.Result, error) {
		for n := range 7 {
			r.Logf([]job.LogLevel{job.LogInfo, job.LogWarn}[n%2], "line %d", n)
		}
		r.Logf(job.LogInfo, "%s", "Zoë is gone, 100 %")
		return job.Result{Output: true}, nil
	})
	i := b.run(t, "j")
	b.until(t, i.ID, job.Completed)
	task := b.task(t, i.ID, "a")

	three := 3
	var all []string
	var before *int64
	for {
		lines, err := b.jobs.NewestLog(b.ctx, task.ID, &three, before, nil, nil, nil)
		require.NoError(t, err)
		if len(lines) == 0 {
			break
		}
		for _, l := range lines {
			all = append(all, l.Message)
		}
		before = &lines[len(lines)-1].ID
	}
	require.Equal(t, []string{"Zoë is gone, 100 %", "line 6", "line 5", "line 4", "line 3", "line 2", "line 1", "line 0"}, all)

	warned, err := b.jobs.NewestLog(b.ctx, task.ID, nil, nil, []job.LogLevel{job.LogWarn}, nil, nil)
	require.NoError(t, err)
	require.Len(t, warned, 3)
	found := func(text string, levels ...job.LogLevel) []string {
		lines, err := b.jobs.NewestLog(b.ctx, task.ID, &three, nil, levels, &text, nil)
		require.NoError(t, err)
		messages := make([]string, len(lines))
		for i, l := range lines {
			messages[i] = l.Message
		}
		return messages
	}
	require.Equal(t, []string{"line 5"}, found("5 LINE"))
	require.Equal(t, []string{"Zoë is gone, 100 %", "line 6", "line 5"}, found("  "))
	require.Equal(t, []string{"Zoë is gone, 100 %"}, found("zoe"))
	require.Equal(t, []string{"Zoë is gone, 100 %"}, found("%"), "nothing in a word is a pattern")
	require.Empty(t, found("zoe", job.LogWarn))
	_, err = b.jobs.NewestLog(person(t.Context(), "/Jobs/Job"), task.ID, nil, nil, nil, nil, nil)
	require.True(t, errs.Is(err, errs.Forbidden))
}
