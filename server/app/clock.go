package app

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"writ/server/clock"
	"writ/server/errs"
)

// offsetKey is the setting in which the test clock's offset lives, so that every process of a deployment agrees.
const offsetKey = "clock_offset_seconds"

// loadOffset follows the test clock. Only called with test hooks.
func loadOffset(ctx context.Context, db bun.IDB, c *clock.Clock) error {
	var seconds []int64
	if err := db.NewRaw(`select (value #>> '{}')::bigint from setting where key = ?`, offsetKey).Scan(ctx, &seconds); err != nil {
		return err
	}
	if len(seconds) == 1 {
		c.SetOffset(time.Duration(seconds[0]) * time.Second)
	}
	return nil
}

// AdvanceClock moves the test clock of every process forward and makes everything look at what became due.
func (a *App) AdvanceClock(ctx context.Context, seconds int) (time.Time, error) {
	if seconds < 0 {
		return time.Time{}, errs.Invalid("seconds", "Time only moves forward, got %d.", seconds)
	}
	if _, err := a.DB.NewRaw(`insert into setting (key, value) values (?0, to_jsonb(?1::bigint))
		on conflict (key) do update set value = to_jsonb((setting.value #>> '{}')::bigint + ?1), updated_at = now()`, offsetKey, seconds).Exec(ctx); err != nil {
		return time.Time{}, err
	}
	if err := loadOffset(ctx, a.DB, a.Clock); err != nil {
		return time.Time{}, err
	}
	now := a.Clock.Now()
	return now, a.catchUp(ctx)
}
