package fence

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"writ/server/clock"
	"writ/server/db"
	"writ/server/errs"
	"writ/server/event"
	"writ/server/permit"
	"writ/server/wired"
)

// Kinds of the events that this room publishes.
const (
	EventLifted = "fence.lifted"
)

// Is is the SQL condition that the fence is up.
const Is = "exists (select from fence)"

// longestComment is the longest comment in bytes.
const longestComment = 1000

// Service shows and lifts the fence. New makes one.
type Service struct {
	DB    *bun.DB
	Clock *clock.Clock
	Hooks
}

// Hooks are what the fence tells the rooms above. All are needed.
type Hooks struct {
	// Lifted wakes whatever was held back, in the transaction that lifts.
	Lifted func(ctx context.Context, tx bun.Tx) error
	// Rooms gives what each of them would send.
	Rooms func() []Work
}

// New makes the service. It panics when a hook is missing.
func New(db *bun.DB, c *clock.Clock, hooks Hooks) *Service {
	wired.Need("fence.New", hooks)
	return &Service{DB: db, Clock: c, Hooks: hooks}
}

// Fence says since when nothing leaves, and why.
type Fence struct {
	bun.BaseModel `bun:"table:fence,alias:f"`

	Since  time.Time
	Reason string // for people
}

// Find gives the fence; nil: everything leaves. It needs SettingsManage or Monitoring.
func (s *Service) Find(ctx context.Context) (*Fence, error) {
	if _, err := permit.RequireAny(ctx, permit.SettingsManage, permit.Monitoring); err != nil {
		return nil, err
	}
	return find(ctx, s.DB)
}

func find(ctx context.Context, db bun.IDB) (*Fence, error) {
	var rows []*Fence
	if err := db.NewSelect().Model(&rows).Scan(ctx); err != nil {
		return nil, fmt.Errorf("look for the fence: %w", err)
	}
	if len(rows) == 0 {
		return nil, nil
	}
	return rows[0], nil
}

// IsUp reports whether the fence is up.
func IsUp(ctx context.Context, db bun.IDB) (up bool, err error) {
	err = db.NewRaw("select "+Is).Scan(ctx, &up)
	return up, err
}

// Raise puts the fence up. An older one stays.
func Raise(ctx context.Context, tx bun.IDB, now time.Time, reason string) error {
	if _, err := tx.NewInsert().Model(&Fence{Since: now, Reason: reason}).On("CONFLICT DO NOTHING").Exec(ctx); err != nil {
		return fmt.Errorf("put up the fence: %w", err)
	}
	return nil
}

// LiftFenceInput says why it is safe.
type LiftFenceInput struct{ Comment string }

// LiftFencePayload is what stood there.
type LiftFencePayload struct{ Lifted *Fence }

// Lift lets everything leave again. It needs SettingsManage. AlreadyDone when there is no fence, Validation without a comment.
func (s *Service) Lift(ctx context.Context, in LiftFenceInput) (*LiftFencePayload, error) {
	if _, err := permit.Require(ctx, permit.SettingsManage); err != nil {
		return nil, err
	}
	comment := strings.TrimSpace(in.Comment)
	if comment == "" || len(comment) > longestComment {
		return nil, errs.Invalid("input.comment", "Say in 1 to %d characters why it is safe to send what waits.", longestComment)
	}
	out := &LiftFencePayload{}
	err := db.InTx(ctx, s.DB, func(ctx context.Context, tx bun.Tx) error {
		var rows []*Fence
		if err := tx.NewRaw("delete from fence returning since, reason").Scan(ctx, &rows); err != nil {
			return fmt.Errorf("lift the fence: %w", err)
		}
		if len(rows) == 0 {
			return errs.New(errs.AlreadyDone, "There is no fence: everything leaves already.")
		}
		out.Lifted = rows[0]
		if err := event.Publish(ctx, tx, s.Clock.Now(), event.Event{Kind: EventLifted, SubjectType: "fence",
			Data: map[string]any{"since": rows[0].Since.UTC(), "reason": rows[0].Reason, "comment": comment}}); err != nil {
			return err
		}
		return s.Lifted(ctx, tx)
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}
