package backup

import (
	"archive/zip"
	"bufio"
	"context"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/uptrace/bun"

	"writ/server/db"
	"writ/server/errs"
)

// leap is how far the ids of new events are above those of the backup: more than can have happened since it was made.
const leap = 1 << 32

// Input says what to restore, and where. DB and DatabaseURL are of the same database, as the role that owns what is in it.
type Input struct {
	DB             *bun.DB
	DatabaseURL    string
	File           io.ReaderAt
	Size           int64
	Now            time.Time
	Sealed         []Sealed // what is tried to be opened; nil: nothing
	WithoutSecrets bool     // restore although secrets cannot be opened
}

// Result is what was restored.
type Result struct {
	*Contents
	Secrets Secrets
	Resumed bool     // the rows were there already: an earlier restore of this file was cut off after them
	LeftOut []string // tables of the file that are not Writ's: somebody else had them in the same database
}

// Restore fills an empty database from a backup and puts up the fence, after it has looked at the rows, the chain of events and the secrets.
// A restore that was cut off can be called again. errs.Conflict when the database is not empty, the chain was changed or secrets cannot be opened; errs.Validation for a file that is no whole
// backup or is of a newer Writ. After a failure the database holds no row.
func Restore(ctx context.Context, in Input) (*Result, error) {
	b, file, size, databaseURL := in.DB, in.File, in.Size, in.DatabaseURL
	z, err := zip.NewReader(file, size)
	if err != nil {
		return nil, errs.Invalid("file", "This is no backup of Writ, or it broke off.").Because(err)
	}
	c, err := contentsOf(z)
	if err != nil {
		return nil, err
	}
	r := &Result{Contents: c}
	if r.Resumed, err = isFilled(ctx, b, c); err != nil {
		return nil, err
	}
	if r.Resumed {
		return r, bringUp(ctx, in)
	}
	if err := refuseFull(ctx, b); err != nil {
		if errs.Is(err, errs.Conflict) && isRestored(ctx, b, c) {
			return nil, errs.New(errs.Conflict, "This backup was restored into this database already, to its end: start the server. To begin anew, restore it into a new database.")
		}
		return nil, err
	}
	newest, err := db.MigrateTo(ctx, b, databaseURL, c.Migration)
	if err != nil {
		return nil, fmt.Errorf("make the schema of the backup: %w", err)
	}
	if newest < c.Migration {
		return nil, errs.Invalid("file", "This backup was made by a newer Writ (schema %d, here %d). Restore it with that version.", c.Migration, newest)
	}
	if err := fill(ctx, in, z, r); err != nil {
		return nil, err
	}
	return r, bringUp(ctx, in)
}

// bringUp is what follows the rows.
func bringUp(ctx context.Context, in Input) error {
	if err := db.Migrate(ctx, in.DB, in.DatabaseURL); err != nil {
		return fmt.Errorf("bring the schema up: %w", err)
	}
	if _, err := in.DB.ExecContext(ctx, "analyze"); err != nil {
		return fmt.Errorf("let the planner look: %w", err)
	}
	return nil
}

// isFilled reports whether the database is what fill has left of this backup, and nothing happened since.
func isFilled(ctx context.Context, b *bun.DB, c *Contents) (is bool, err error) {
	var there bool
	err = b.NewRaw("select to_regclass('public.fence') is not null and to_regclass('public.event_chain') is not null").Scan(ctx, &there)
	if err != nil {
		return false, fmt.Errorf("look whether the database is empty: %w", err)
	}
	if !there {
		return false, nil
	}
	err = b.NewRaw(`select exists (select from fence where reason = ?) and (select count(*) from event) = ?
		and coalesce((select encode(hash, 'hex') from event_chain order by position desc limit 1), '') = ?`, reasonOf(c), c.rowsOf("event"), c.Hash).Scan(ctx, &is)
	if err != nil {
		return false, fmt.Errorf("look whether the database is empty: %w", err)
	}
	return is, nil
}

// isRestored reports whether a restore of this backup came to its end here, and says so in the event log. A database that is somebody else's has none.
func isRestored(ctx context.Context, b *bun.DB, c *Contents) (is bool) {
	err := b.NewRaw("select exists (select from event where kind = 'backup.restored' and data->>'hash' = ? and data->>'position' = ?)", c.Hash, strconv.FormatInt(c.Position, 10)).Scan(ctx, &is)
	return err == nil && is
}

// reasonOf is what the fence says after the restore.
func reasonOf(c *Contents) string {
	return fmt.Sprintf("Restored from the backup of %s.", c.At.UTC().Format("2 January 2006 15:04:05 UTC"))
}

// unused is the condition of the tables that have rows although nobody has used the database: the migrations write them, or a server does when it
// starts. Keys and tries to sign in of such a server are nothing to lose.
const unused = `c.relname in ('schema_migration', 'legal_move', 'event_appender', 'setting', 'signing_key', 'sign_in_count')
	or c.relname like 'river\_%' or c.relname like '%\_transition'`

// refuseFull lets only a database without a table pass, or one that was migrated and never used. Tables of somebody else would lose their rows.
func refuseFull(ctx context.Context, b *bun.DB) error {
	var migrated bool
	if err := b.NewRaw("select to_regclass('public.schema_migration') is not null").Scan(ctx, &migrated); err != nil {
		return fmt.Errorf("look whether the database is empty: %w", err)
	}
	var tables []string
	err := b.NewRaw(`select c.relname from pg_class c where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p', 'f')
		and not exists (select from pg_depend d where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype = 'e')
		and not (? and (?)) order by c.relname`, migrated, bun.Safe(unused)).Scan(ctx, &tables)
	if err != nil {
		return fmt.Errorf("look whether the database is empty: %w", err)
	}
	for _, table := range tables {
		used := !migrated
		if migrated {
			if err := b.NewRaw("select exists (select from ?)", bun.Ident(table)).Scan(ctx, &used); err != nil {
				return fmt.Errorf("look whether the database is empty: %w", err)
			}
		}
		switch {
		case used && migrated:
			return errs.New(errs.Conflict, "The database is not empty: there are rows in %s. Restore into a new one.", table)
		case used:
			return errs.New(errs.Conflict, "The database is not empty: there is the table %s. Restore into a new one.", table)
		}
	}
	return nil
}

// fill writes all rows in one transaction. Foreign keys are away meanwhile and are checked when they come back, so tables need no order;
// triggers rest, since what they would write is among the rows.
func fill(ctx context.Context, in Input, z *zip.Reader, r *Result) error {
	c := r.Contents
	config, err := db.Pgx(in.DatabaseURL)
	if err != nil {
		return err
	}
	conn, err := pgx.ConnectConfig(ctx, config.ConnConfig)
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
		if !slices.ContainsFunc(here, func(h Table) bool { return h.Name == t.Name }) {
			r.LeftOut = append(r.LeftOut, t.Name)
			continue
		}
		if err := copyTable(ctx, tx, z, t); err != nil {
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
	if err := settle(ctx, tx, c, in.Now, r.LeftOut); err != nil {
		return err
	}
	if err := checkChain(ctx, tx, c); err != nil {
		return err
	}
	if r.Secrets, err = tryToOpen(ctx, tx, c, in.Sealed); err != nil {
		return err
	}
	if r.Secrets.Closed > 0 && !in.WithoutSecrets {
		return r.Secrets.refused()
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

func copyTable(ctx context.Context, tx pgx.Tx, z *zip.Reader, t Table) error {
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
func settle(ctx context.Context, tx pgx.Tx, c *Contents, now time.Time, leftOut []string) error {
	for _, s := range c.Sequences {
		if slices.Contains(leftOut, s.Table) {
			continue
		}
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
	if _, err := tx.Exec(ctx, "insert into fence (since, reason) values ($1, $2) on conflict do nothing", now, reasonOf(c)); err != nil {
		return fmt.Errorf("put up the fence: %w", err)
	}
	return nil
}
