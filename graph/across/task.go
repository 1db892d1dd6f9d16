package across

import (
	"context"
	"fmt"

	"github.com/uptrace/bun"

	"writ/server/job"
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

// JobFilter packs the arguments of the list of runs.
func JobFilter(identifier *string, states []job.JobInstanceState, launchedBy *string) *job.JobInstanceFilter {
	return &job.JobInstanceFilter{Job: identifier, States: states, LaunchedBy: launchedBy}
}
