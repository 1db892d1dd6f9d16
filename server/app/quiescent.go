package app

import (
	"context"

	"writ/server/event"
	"writ/server/fence"
)

// Quiescent is true when nothing can move without time or input: every event has its position, no source has news, nobody is dirty, no order can go, no job runs, no
// River job is due, no mail and no webhook waits. A River job of a process that died counts for nothing: the sweeps find its work, and
// River itself only an hour later. Nor does an old one of a living process: River could not note its end because the database was away.
// Test hooks only.
func (a *App) Quiescent(ctx context.Context) (bool, error) {
	if pending, err := event.Pending(ctx, a.DB); err != nil || pending {
		return false, err
	}
	if quiet, err := a.Synchronization.Quiescent(ctx); err != nil || !quiet {
		return false, err
	}
	if quiet, err := a.Webhooks.Quiescent(ctx); err != nil || !quiet {
		return false, err
	}
	if quiet, err := a.Orders.Quiescent(ctx); err != nil || !quiet {
		return false, err
	}
	if err := a.pumpMail(ctx); err != nil {
		return false, err
	}
	if n, err := a.Assignments.Backlog(ctx, a.DB); err != nil || n > 0 {
		return false, err
	}
	var busy bool
	err := a.DB.NewRaw(`select
		exists (select from river_job where state = 'available' or (state in ('scheduled', 'retryable') and scheduled_at < now() + interval '3 seconds')
			or (state = 'running' and attempted_at > now() - interval '2 minutes' and exists (select from pg_stat_activity where application_name = attempted_by[array_upper(attempted_by, 1)])))
		or exists (select from job_instance where state in ('QUEUED', 'IN_PROGRESS'))
		or exists (select from mail where state = 'QUEUED' and not `+fence.Is+`)`).Scan(ctx, &busy)
	return !busy, err
}
