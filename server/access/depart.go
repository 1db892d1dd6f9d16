package access

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"

	"writ/server/permit"
)

// Account is an account of Writ itself that belongs to somebody in the directory.
type Account struct {
	ID       int64
	Username string
}

// SwitchOff disables every account of a person, and gives those that were not disabled before (requests 12.8). Joins the caller's transaction.
func SwitchOff(ctx context.Context, tx bun.IDB, personID int64) ([]Account, error) {
	var list []Account
	err := tx.NewRaw(`UPDATE local_user SET is_disabled = true WHERE resource_id = ? AND NOT is_disabled RETURNING id, username`, personID).Scan(ctx, &list)
	return list, explain("switch accounts off", err)
}

// SwitchOn enables accounts again, as far as they still belong to the person.
func SwitchOn(ctx context.Context, tx bun.IDB, personID int64, accounts []int64) error {
	_, err := tx.NewRaw(`UPDATE local_user SET is_disabled = false WHERE resource_id = ? AND id = any (?)`, personID, pgdialect.Array(accounts)).Exec(ctx)
	return explain("switch accounts on", err)
}

// IsLastAdministrator reports whether nobody but the accounts of a person, and other programs, may change who may do what (requests 12.8).
func IsLastAdministrator(ctx context.Context, tx bun.IDB, personID int64, now time.Time) (bool, error) {
	var accounts, programs []int64
	if err := tx.NewRaw("SELECT id FROM local_user WHERE resource_id = ?", personID).Scan(ctx, &accounts); err != nil {
		return false, fmt.Errorf("read the accounts of a person: %w", err)
	}
	if err := tx.NewRaw("SELECT id FROM local_user WHERE is_client").Scan(ctx, &programs); err != nil {
		return false, fmt.Errorf("read which accounts are programs: %w", err)
	}
	holders, err := Executors(ctx, tx, permit.AccessUpdate, now)
	if err != nil {
		return false, err
	}
	own, others := false, false
	for _, h := range holders {
		switch {
		case slices.Contains(accounts, h.UserID):
			own = true
		case !slices.Contains(programs, h.UserID):
			others = true
		}
	}
	return own && !others, nil
}
