package assignment

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/riverqueue/river"
	"github.com/uptrace/bun"

	"writ/server/clock"
	"writ/server/directory"
	"writ/server/evaluation"
	"writ/server/queue"
	"writ/server/wired"
)

// Service computes assignments. app fills the hooks.
type Service struct {
	DB     *bun.DB
	Clock  *clock.Clock
	Log    *slog.Logger
	Shapes *directory.Shapes
	Hooks

	// DisableIndirect leaves the rights that people have through others as they are: none is found, none goes (role-model 6.4).
	DisableIndirect bool

	models modelCache
	width  width
}

// Hooks are what assignments ask of other rooms and tell those above. All are needed.
type Hooks struct {
	// Orders carries out what an evaluation wants about orders: server/order.
	Orders func(ctx context.Context, tx bun.Tx, now time.Time, planned []PlannedOrder) error
	// Ordered tells which claims somebody else's open order has: server/order.
	Ordered func(ctx context.Context, db bun.IDB, claims []evaluation.Claim) ([]evaluation.Claim, error)
	// Paused: a job is at work and does the continuous chain's part itself.
	Paused func(ctx context.Context, db bun.IDB) (bool, error)
	// Decide carries out what an automation rule decides, as if a reviewer had, in the transaction of the computation; it gives what could not be
	// decided now: server/reconciliation.
	Decide func(ctx context.Context, tx bun.Tx, m *Model, d Automatic) (left []int64, err error)

	// Write writes values that were computed into resources that are there: the directory's writer.
	Write func(ctx context.Context, tx bun.Tx, now time.Time, shape *directory.Shape, changes []directory.Change) (directory.Counts, error)
	// Requested tells whoever keeps requests that owners were computed, in the transaction that writes it: server/request.
	Requested func(ctx context.Context, tx bun.Tx, m *Model, now time.Time, owners []int64) error

	// Visible refuses (NotFound) a resource outside the caller's scope: the directory's check.
	Visible func(ctx context.Context, resourceID int64) error
}

// New makes the service. It panics when a hook is missing.
func New(db *bun.DB, c *clock.Clock, log *slog.Logger, shapes *directory.Shapes, hooks Hooks) *Service {
	wired.Need("assignment.New", hooks)
	return &Service{DB: db, Clock: c, Log: log, Shapes: shapes, Hooks: hooks}
}

// EvaluateArgs asks for an evaluation of what is dirty. It carries nothing: the worker looks at the tables.
type EvaluateArgs struct{}

// Kind is the name of the River job.
func (EvaluateArgs) Kind() string { return "evaluate" }

// InsertOpts: one lost attempt is no loss, the sweep asks again.
func (EvaluateArgs) InsertOpts() river.InsertOpts { return river.InsertOpts{MaxAttempts: 3} }

// onceMore ends every insert into dirty_owner: somebody who waits already is looked at again after the evaluation under way, and at once even
// if his last one failed.
const onceMore = `on conflict (owner_id) do update set seq = dirty_owner.seq + 1, is_gone = excluded.is_gone, reason = excluded.reason, not_before = null`

// MarkDirty asks for a new evaluation of owners, in the transaction that makes it necessary.
func MarkDirty(ctx context.Context, tx bun.IDB, reason string, ownerIDs ...int64) error {
	if len(ownerIDs) == 0 {
		return nil
	}
	return MarkDirtyWhere(ctx, tx, reason, "id = any (?)", ids(ownerIDs))
}

// MarkRead marks whose own work waits for data of a connector that is as new as a reading which began at an instant: what it does not show is
// gone. Joins the caller's transaction.
func MarkRead(ctx context.Context, tx bun.IDB, connectorID int64, began time.Time) error {
	return MarkDirtyWhere(ctx, tx, "synchronized", `id in (select a.owner_id from assigned_resource_type a join resource_type t on t.id = a.resource_type_id
		join entity_type e on e.id = t.target_entity_type_id where e.connector_id = ? and a.unseen_at < ? and a.valid_to = 'infinity')`, connectorID, began)
}

// MarkDirtyWhere is MarkDirty for the resources that a condition names: any number of them, without carrying them through the process.
func MarkDirtyWhere(ctx context.Context, tx bun.IDB, reason, condition string, args ...any) error {
	res, err := tx.NewRaw(`insert into dirty_owner (owner_id, entity_type_id, is_gone, reason)
		select id, entity_type_id, valid_to <> 'infinity', ? from resource where `+condition+` order by id
		`+onceMore, append([]any{reason}, args...)...).Exec(ctx)
	if err != nil {
		return fmt.Errorf("mark owners for evaluation: %w", err)
	}
	if n, err := res.RowsAffected(); err != nil || n == 0 {
		return err
	}
	return queue.Insert(ctx, tx, EvaluateArgs{}, nil)
}
