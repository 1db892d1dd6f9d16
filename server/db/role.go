package db

import (
	"context"
	_ "embed"
	"fmt"

	"github.com/lib/pq"
	"github.com/uptrace/bun"
)

//go:embed sql/hand_over.sql
var handOverSQL string

// HandOver gives everything in the database to the server's role, except the event log: that stays with the role that admin signs in as, and
// the server's may read it and add to it. It may be called again and again, e.g. after each migration. For a database that is not Writ's
// own it hands everything over. admin must be a superuser, or a member of the server's role and owner of what it hands over.
func HandOver(ctx context.Context, admin bun.IDB, role string) error {
	if _, err := admin.ExecContext(ctx, handOverStatement(role)); err != nil {
		return fmt.Errorf("hand the database over to the role %s: %w", role, err)
	}
	return nil
}

// IsSuperuser reports whether the role of a connection is bound by no rule of the database.
func IsSuperuser(ctx context.Context, db bun.IDB) (is bool, err error) {
	err = db.NewRaw("select rolsuper from pg_roles where rolname = current_user").Scan(ctx, &is)
	return is, err
}

// handOverStatement has the role's name inside: a DO block takes no arguments.
func handOverStatement(role string) string {
	return fmt.Sprintf(handOverSQL, pq.QuoteLiteral(role))
}
