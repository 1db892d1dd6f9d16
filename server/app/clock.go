package app

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"writ/server/clock"
	"writ/server/db"
	"writ/server/errs"
)

// offsetKey is the setting in which the test clock's offset lives, so that every process of a deployment agrees.
const offsetKey = "clock_offset_seconds"

// loadOffset follows the test clock. Only called with test hooks.
func loadOffset(ctx context.Context, b bun.IDB, c *clock.Clock) error {
	var seconds int64
	found, err := db.Setting(ctx, b, offsetKey, &seconds)
	if found {
		c.SetOffset(time.Duration(seconds) * time.Second)
	}
	return err
}

// AdvanceClock moves the test clock of every process forward and makes everything look at what became due.
func (a *App) AdvanceClock(ctx context.Context, seconds int) (time.Time, error) {
	if seconds < 0 {
		return time.Time{}, errs.Invalid("seconds", "Time only moves forward, got %d.", seconds)
	}
	if err := db.AddToSetting(ctx, a.DB, offsetKey, int64(seconds)); err != nil {
		return time.Time{}, err
	}
	if err := loadOffset(ctx, a.DB, a.Clock); err != nil {
		return time.Time{}, err
	}
	now := a.Clock.Now()
	return now, a.catchUp(ctx)
}
