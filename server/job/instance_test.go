package job_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"writ/server/errs"
	"writ/server/job"
	"writ/server/page"
)

func TestInstances(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.save(t,
		job.JobDefinition{Identifier: "a", Steps: []job.StepDefinition{step("sync", "Synchronize", 0)}},
		job.JobDefinition{Identifier: "b", Steps: []job.StepDefinition{step("sync-b", "Synchronize", 0)}},
	)
	var ids []int64
	for range 3 {
		i := b.run(t, "a")
		b.until(t, i.ID, job.Completed)
		ids = append(ids, i.ID)
	}
	other := b.run(t, "b")
	b.until(t, other.ID, job.Completed)

	name := "a"
	filter := &job.JobInstanceFilter{Job: &name, States: []job.JobInstanceState{job.Completed}}
	first, err := b.jobs.Instances(b.ctx, page.Args{First: 2}, filter, nil, true)
	require.NoError(t, err)
	require.Equal(t, 3, first.TotalCount)
	require.True(t, first.PageInfo.HasNextPage)
	require.Equal(t, ids[2], first.Nodes()[0].ID, "the newest first")
	rest, err := b.jobs.Instances(b.ctx, page.Args{First: 2, After: *first.PageInfo.EndCursor}, filter, nil, true)
	require.NoError(t, err)
	require.Len(t, rest.Nodes(), 1)
	require.Equal(t, ids[0], rest.Nodes()[0].ID)

	_, err = b.jobs.Instances(person(t.Context()), page.Args{First: 2}, nil, nil, true)
	require.True(t, errs.Is(err, errs.Forbidden))

	jobs, err := b.jobs.List(b.ctx)
	require.NoError(t, err)
	last, err := b.jobs.LastInstances(b.ctx, []int64{jobs[0].ID, jobs[1].ID})
	require.NoError(t, err)
	require.Len(t, last, 2)
}
