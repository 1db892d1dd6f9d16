package backup

import (
	"archive/zip"
	"bufio"
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/uptrace/bun"

	"writ/server/db"
	"writ/server/errs"
)

// leap is how far the ids of new events are above those of the backup: more than can have happened since it was made.
const leap = 1 << 32

// Restore fills an empty database from a backup and puts up the fence. b and databaseURL are of the same database, as the role that owns what
// is in it. errs.Conflict when the database is not empty, errs.Validation for a file that is no whole backup or is of a newer Writ. After a
// failure the database holds no row.
func Restore(ctx context.Context, b *bun.DB, databaseURL string, file io.ReaderAt, size int64, now time.Time) (*Contents, error) {
	z, err := zip.NewReader(file, size)
	if err != nil {
		return nil, errs.Invalid("file", "This is no backup of Writ, or it broke off.").Because(err)
	}
	c, err := contentsOf(z)
	if err != nil {
		return nil, err
	}
	if err := refuseFull(ctx, b); err != nil {
		return nil, err
	}
	newest, err := db.MigrateTo(ctx, b, databaseURL, c.Migration)
	if err != nil {
		return nil, fmt.Errorf("make the schema of the backup: %w", err)
	}
	if newest < c.Migration {
		return nil, errs.Invalid("file", "This backup was made by a newer Writ (schema %d, here %d). Restore it with that version.", c.Migration, newest)
	}
	if err := fill(ctx, databaseURL, z, c, now); err != nil {
		return nil, err
	}
	if err := db.Migrate(ctx, b, databaseURL); err != nil {
		return nil, fmt.Errorf("bring the schema up: %w", err)
	}
	if _, err := b.ExecContext(ctx, "analyze"); err != nil {
		return nil, fmt.Errorf("let the planner look: %w", err)
	}
	return c, nil
}

// refuseFull lets only a database without a schema pass, or one that was migrated and never used.
func refuseFull(ctx context.Context, b *bun.DB) error {
	for _, table := range []string{"event", "entity_type", "resource", "local_user"} {
		var exists, used bool
		if err := b.NewRaw("select to_regclass(?) is not null", "public."+table).Scan(ctx, &exists); err != nil {
			return fmt.Errorf("look whether the database is empty: %w", err)
		}
		if !exists {
			continue
		}
		if err := b.NewRaw("select exists (select from ?)", bun.Ident(table)).Scan(ctx, &used); err != nil {
			return fmt.Errorf("look whether the database is empty: %w", err)
		}
		if used {
			return errs.New(errs.Conflict, "The database is not empty: there are rows in %s. Restore into a new one.", table)
		}
	}
	return nil
}

// fill writes all rows in one transaction. Foreign keys are away meanwhile and are checked when they come back, so tables need no order;
// triggers rest, since what they would write is among the rows.
func fill(ctx context.Context, databaseURL string, z *zip.Reader, c *Contents, now time.Time) error {
	full, err := db.URL(databaseURL)
	if err != nil {
		return err
	}
	conn, err := pgx.Connect(ctx, full)
	if err != nil {
		return fmt.Errorf("connect to restore: %w", err)
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	tx, err := conn.Begin(ctx)
	if err != nil {
		return fmt.Errorf("begin to restore: %w", err)
	}
	defer func() { _ = tx.Rollback(context.WithoutCancel(ctx)) }()
	references, err := selectReferences(ctx, tx)
	if err != nil {
		return err
	}
	here, err := selectTables(ctx, tx)
	if err != nil {
		return err
	}
	statements := append([]string{emptied(here)}, triggers(here, "disable")...)
	for _, r := range references {
		statements = append(statements, r.drop)
	}
	if err := run(ctx, tx, statements...); err != nil {
		return err
	}
	for _, t := range c.Tables {
		if err := copyTable(ctx, tx, z, t, here); err != nil {
			return fmt.Errorf("restore %s: %w", t.Name, err)
		}
	}
	statements = triggers(here, "enable")
	for _, r := range references {
		statements = append(statements, r.add)
	}
	if err := run(ctx, tx, statements...); err != nil {
		return err
	}
	if err := settle(ctx, tx, c, now); err != nil {
		return err
	}
	return tx.Commit(ctx)
}

// emptied takes away what the migrations wrote; the event log cannot be emptied, and is empty.
func emptied(tables []Table) string {
	var names []string
	for _, t := range tables {
		if !isLog(t.Name) {
			names = append(names, pgx.Identifier{t.Name}.Sanitize())
		}
	}
	return "truncate " + strings.Join(names, ", ")
}

// triggers of the event log stay: they do not mind new rows.
func triggers(tables []Table, verb string) (statements []string) {
	for _, t := range tables {
		if !isLog(t.Name) {
			statements = append(statements, "alter table "+pgx.Identifier{t.Name}.Sanitize()+" "+verb+" trigger user")
		}
	}
	return statements
}

func isLog(table string) bool {
	return table == "event" || table == "event_chain" || table == "event_checkpoint"
}

func run(ctx context.Context, tx pgx.Tx, statements ...string) error {
	for _, s := range statements {
		if _, err := tx.Exec(ctx, s); err != nil {
			return fmt.Errorf("%s: %w", s, err)
		}
	}
	return nil
}

func copyTable(ctx context.Context, tx pgx.Tx, z *zip.Reader, t Table, here []Table) error {
	i := slices.IndexFunc(here, func(h Table) bool { return h.Name == t.Name })
	if i < 0 {
		return errs.Invalid("file", "There is no table %s in this version of Writ.", t.Name)
	}
	f, err := z.Open(entryOf(t.Name))
	if err != nil {
		return errs.Invalid("file", "The backup lacks the table %s.", t.Name).Because(err)
	}
	defer func() { _ = f.Close() }()
	tag, err := tx.Conn().PgConn().CopyFrom(ctx, bufio.NewReaderSize(f, 1<<16), "copy "+t.target()+" from stdin")
	if err != nil {
		return err
	}
	if tag.RowsAffected() != t.Rows {
		return errs.Invalid("file", "The backup has %d rows of %s, %d were written.", t.Rows, t.Name, tag.RowsAffected())
	}
	return nil
}

// settle puts sequences where they were, ends what a process held, and puts up the fence: in the transaction of the rows, so that there is
// never one without the other.
func settle(ctx context.Context, tx pgx.Tx, c *Contents, now time.Time) error {
	for _, s := range c.Sequences {
		last := s.Last
		if s.Table == "event" {
			last += leap
		}
		if _, err := tx.Exec(ctx, "select setval(pg_get_serial_sequence($1, $2), $3, $4)", pgx.Identifier{s.Table}.Sanitize(), s.Column, last, s.IsCalled); err != nil {
			return fmt.Errorf("set the sequence of %s: %w", s.Table, err)
		}
	}
	if err := run(ctx, tx, "update event_appender set holder = '', lease_until = '-infinity'",
		"update river_job set state = 'available' where state = 'running'"); err != nil {
		return err
	}
	reason := fmt.Sprintf("Restored from the backup of %s.", c.At.UTC().Format("2 January 2006 15:04:05 UTC"))
	if _, err := tx.Exec(ctx, "insert into fence (since, reason) values ($1, $2) on conflict do nothing", now, reason); err != nil {
		return fmt.Errorf("put up the fence: %w", err)
	}
	return nil
}
