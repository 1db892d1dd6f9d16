package app

import (
	"context"
	"errors"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"

	"writ/server/assignment"
	"writ/server/db"
	"writ/server/permit"
	"writ/server/queue"
	"writ/server/rolemodel"
)

// sweeps are the safety nets of the queue and the eyes of the continuous mode. Every process runs all of them; each call takes what
// nobody else holds, so more processes never do more work.
func (a *App) sweeps(ctx context.Context, group *errgroup.Group) {
	every := func(name, actor string, interval time.Duration, fn func(context.Context) error) {
		group.Go(func() error {
			queue.Every(permit.With(ctx, permit.System(actor)), a.Log, name, interval, fn)
			return nil
		})
	}
	every("watch sources", "synchronization", 300*time.Millisecond, a.Synchronization.Poll)
	every("sweep orders", "clock", 2*time.Second, a.Orders.Sweep)
	every("sweep bulk changes", "bulk", 2*time.Second, a.Bulk.Sweep)
	every("sweep analyses", "redundancy", 2*time.Second, a.Redundancy.Sweep)
	every("sweep delegations", "clock", 2*time.Second, a.Delegations.Sweep)
	every("sweep departures", "departure", 2*time.Second, a.Departures.Sweep)
	every("sweep requests", "clock", 2*time.Second, a.Requests.Sweep)
	every("tell what ends", "clock", 20*time.Second, a.Requests.TellEndings)
	every("sweep mining", "mining", 2*time.Second, a.Mining.Sweep)
	every("sweep plans", "plan", 2*time.Second, a.Plans.Sweep)
	every("sweep jobs", "job", 2*time.Second, a.Jobs.Sweep)
	every("mail", "notification", 500*time.Millisecond, a.pumpMail)
	every("webhooks", "webhook", 500*time.Millisecond, a.Webhooks.Pump)
	every("sweep webhooks", "webhook", 2*time.Second, a.Webhooks.Sweep)
	every("checkpoints", "audit", 10*time.Second, func(ctx context.Context) error { _, err := a.Audit.Sign(ctx, false); return err })
	every("due owners", "clock", 5*time.Second, func(ctx context.Context) error { _, err := a.Assignments.MarkDue(ctx); return err })
	every("history", "clock", time.Hour, a.forgetHistory)
	every("files", "clock", time.Hour, a.Directory.ForgetFiles)
	every("statistics", "database", 2*time.Second, func(ctx context.Context) error { return db.RefreshStatistics(ctx, a.DB) })
	every("evaluate leftovers", "policy", 10*time.Second, a.evaluateLeftovers)
}

// forgetHistory drops past versions when their time is over.
func (a *App) forgetHistory(ctx context.Context) error {
	months := a.Config.Work.HistoryMonths
	if months == 0 {
		return nil
	}
	before := a.Clock.Now().AddDate(0, -months, 0)
	return errors.Join(a.Assignments.ForgetVersions(ctx, before), a.Assignments.ForgetRisks(ctx, before), a.Risks.ForgetScores(ctx, before), a.Directory.ForgetVersions(ctx, before), rolemodel.ForgetVersions(ctx, a.DB, before))
}

// watchSchema ends this process when a newer Writ has migrated the database: what it has in hand is finished, and nothing is done with rows whose
// meaning it does not know. The processes of the newer version go on.
func (a *App) watchSchema(ctx context.Context) error {
	ticks := time.NewTicker(time.Second)
	defer ticks.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-ticks.C:
		}
		if why, err := db.Newer(ctx, a.DB); err == nil && why != nil { // a database that is away says nothing
			return fmt.Errorf("this process ends, start the newer version instead: %w", why)
		}
	}
}

func (a *App) pumpMail(ctx context.Context) error {
	for {
		more, err := a.Notifications.Pump(ctx)
		if err != nil || !more {
			return err
		}
	}
}

// evaluateLeftovers finds dirty owners that lost their job: a crash between two attempts, a failure of one owner.
func (a *App) evaluateLeftovers(ctx context.Context) error {
	n, err := a.Assignments.Backlog(ctx, a.DB)
	if err != nil {
		return err
	}
	if n == 0 { // a new day may make other values of stored expressions
		if stale, err := a.Assignments.StoredIsStale(ctx); err != nil || !stale {
			return err
		}
	}
	return queue.Insert(ctx, a.DB, assignment.EvaluateArgs{}, nil)
}

// followClock keeps the test clock of this process equal to that of the others.
func (a *App) followClock(ctx context.Context) {
	queue.Every(ctx, a.Log, "test clock", 200*time.Millisecond, func(ctx context.Context) error { return loadOffset(ctx, a.DB, a.Clock) })
}
