package across

import (
	"context"
	"fmt"
	"slices"

	"github.com/uptrace/bun"

	"writ/server/job"
	"writ/server/page"
	"writ/server/permit"
)

// Tasks reads what the page of a run shows beside its tasks.
type Tasks struct{ DB *bun.DB }

// Deliveries gives the newest delivery of tasks that synchronized.
func (t *Tasks) Deliveries(ctx context.Context, taskInstanceIDs []int64) (map[int64]int64, error) {
	var rows []struct{ TaskInstanceID, ID int64 }
	err := t.DB.NewSelect().TableExpr("delivery").ColumnExpr("task_instance_id, max(id) AS id").
		Where("task_instance_id IN (?)", bun.List(taskInstanceIDs)).Group("task_instance_id").Scan(ctx, &rows)
	if err != nil {
		return nil, fmt.Errorf("find the deliveries of tasks: %w", err)
	}
	found := make(map[int64]int64, len(rows))
	for _, r := range rows {
		found[r.TaskInstanceID] = r.ID
	}
	return found, nil
}

// Log gives the newest lines of a task's log, newest first. Needs permit.JobLog.
func (t *Tasks) Log(ctx context.Context, taskInstanceID int64, first *int) ([]*job.TaskLogLine, error) {
	if _, err := permit.Require(ctx, permit.JobLog); err != nil {
		return nil, err
	}
	a := page.Of(first, nil)
	if err := a.Check(); err != nil {
		return nil, err
	}
	lines := []*job.TaskLogLine{}
	err := t.DB.NewSelect().Model(&lines).Where("l.task_instance_id = ?", taskInstanceID).OrderExpr("l.id DESC").Limit(int64(a.First)).Scan(ctx)
	if err != nil {
		return nil, fmt.Errorf("read the log of task %d: %w", taskInstanceID, err)
	}
	return slices.Clip(lines), nil
}

// JobFilter packs the arguments of the list of runs.
func JobFilter(identifier *string, states []job.JobInstanceState) *job.JobInstanceFilter {
	return &job.JobInstanceFilter{Job: identifier, States: states}
}
