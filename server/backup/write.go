package backup

import (
	"archive/zip"
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/jackc/pgx/v5"

	"writ/server/db"
	"writ/server/errs"
)

// Write copies the whole database, as it is at one moment, while everything runs. A file that it could not finish is no backup, and
// Inspect says so.
func Write(ctx context.Context, databaseURL string, to io.Writer) (*Contents, error) {
	config, err := db.Pgx(databaseURL)
	if err != nil {
		return nil, err
	}
	conn, err := pgx.ConnectConfig(ctx, config.ConnConfig)
	if err != nil {
		return nil, fmt.Errorf("connect to make a backup: %w", err)
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	tx, err := conn.BeginTx(ctx, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly})
	if err != nil {
		return nil, fmt.Errorf("begin the backup: %w", err)
	}
	defer func() { _ = tx.Rollback(context.WithoutCancel(ctx)) }()
	c, err := look(ctx, tx)
	if err != nil {
		return nil, err
	}
	z := zip.NewWriter(to)
	for i := range c.Tables {
		t := &c.Tables[i]
		w, err := z.CreateHeader(&zip.FileHeader{Name: entryOf(t.Name), Method: zip.Deflate, Modified: c.At})
		if err != nil {
			return nil, fmt.Errorf("write the backup: %w", err)
		}
		tag, err := conn.PgConn().CopyTo(ctx, w, "copy "+t.source())
		if err != nil {
			return nil, fmt.Errorf("back up %s: %w", t.Name, err)
		}
		t.Rows = tag.RowsAffected()
	}
	// Sequences belong to no snapshot: read last, they are not behind any row.
	if c.Sequences, err = selectSequences(ctx, tx); err != nil {
		return nil, err
	}
	w, err := z.Create(contentsName)
	if err != nil {
		return nil, fmt.Errorf("write the backup: %w", err)
	}
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", " ")
	if err := errors.Join(encoder.Encode(c), z.Close()); err != nil {
		return nil, fmt.Errorf("write the backup: %w", err)
	}
	return c, nil
}

// look takes the snapshot and notes what is in it.
func look(ctx context.Context, tx pgx.Tx) (*Contents, error) {
	c := &Contents{Format: format, At: time.Now().UTC()}
	err := tx.QueryRow(ctx, "select current_setting('server_version'), (select max(version) from schema_migration)").Scan(&c.PostgreSQL, &c.Migration)
	if err != nil {
		return nil, fmt.Errorf("look at the database: %w", err)
	}
	var hasFence bool
	if err := tx.QueryRow(ctx, "select to_regclass('public.fence') is not null").Scan(&hasFence); err != nil {
		return nil, fmt.Errorf("look at the database: %w", err)
	}
	if !hasFence { // a backup without it could not be restored safely
		return nil, errs.New(errs.Conflict, "The schema of the database is older than backups are: run `writ migrate up` first.")
	}
	var hash []byte
	err = tx.QueryRow(ctx, "select position, hash from event_chain order by position desc limit 1").Scan(&c.Position, &hash)
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return nil, fmt.Errorf("look at the event chain: %w", err)
	}
	c.Hash = hex.EncodeToString(hash)
	c.Tables, err = selectTables(ctx, tx)
	return c, err
}
