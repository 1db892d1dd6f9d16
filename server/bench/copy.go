package bench

import (
	"context"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/uptrace/bun"
)

// counts gives the rows of every table.
func (o *organisation) counts(ctx context.Context) (map[string]int, error) {
	var names []string
	if err := o.NewRaw("select table_name from information_schema.tables where table_schema = 'public' and table_type = 'BASE TABLE' order by 1").Scan(ctx, &names); err != nil {
		return nil, err
	}
	m := map[string]int{}
	for _, n := range names {
		var rows int
		if err := o.NewRaw("select count(*) from ?", bun.Ident(n)).Scan(ctx, &rows); err != nil {
			return nil, fmt.Errorf("count %s: %w", n, err)
		}
		m[n] = rows
	}
	return m, nil
}

// grown are the tables that have more rows than before.
func grown(before, after map[string]int) []string {
	var list []string
	for name, n := range after {
		if n > before[name] {
			list = append(list, name)
		}
	}
	slices.Sort(list)
	return list
}

// copyAgain writes the rows of tables a second time with COPY, into tables with the same columns, indexes and checks, from a file. Only that
// writing is timed. It gives how many rows there were.
func (o *organisation) copyAgain(ctx context.Context, tables []string) (took time.Duration, rows int, err error) {
	conn, err := pgx.Connect(ctx, o.url)
	if err != nil {
		return 0, 0, err
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	for _, name := range tables {
		d, n, err := o.copyTable(ctx, conn, name)
		if err != nil {
			return 0, 0, fmt.Errorf("%s: %w", name, err)
		}
		took, rows = took+d, rows+n
	}
	return took, rows, nil
}

func (o *organisation) copyTable(ctx context.Context, conn *pgx.Conn, name string) (time.Duration, int, error) {
	columns, err := o.columns(ctx, name)
	if err != nil {
		return 0, 0, err
	}
	file, err := os.CreateTemp("", "writ-bench-")
	if err != nil {
		return 0, 0, err
	}
	defer os.Remove(file.Name())
	defer file.Close()
	again := pgx.Identifier{name + "_again"}.Sanitize()
	if _, err := conn.Exec(ctx, "create table "+again+" (like "+pgx.Identifier{name}.Sanitize()+" including all)"); err != nil {
		return 0, 0, err
	}
	if _, err := conn.PgConn().CopyTo(ctx, file, "copy "+pgx.Identifier{name}.Sanitize()+" ("+columns+") to stdout"); err != nil {
		return 0, 0, err
	}
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		return 0, 0, err
	}
	began := time.Now()
	tag, err := conn.PgConn().CopyFrom(ctx, file, "copy "+again+" ("+columns+") from stdin")
	took := time.Since(began)
	if err != nil {
		return 0, 0, err
	}
	_, err = conn.Exec(ctx, "drop table "+again)
	return took, int(tag.RowsAffected()), err
}

// columns are those that can be written: generated ones come by themselves.
func (o *organisation) columns(ctx context.Context, table string) (string, error) {
	var names []string
	err := o.NewRaw(`select column_name from information_schema.columns where table_schema = 'public' and table_name = ? and is_generated = 'NEVER'
		order by ordinal_position`, table).Scan(ctx, &names)
	for i, n := range names {
		names[i] = pgx.Identifier{n}.Sanitize()
	}
	return strings.Join(names, ", "), err
}

// read are the tables that a complete run looks at for every person.
var read = []string{"resource", "resource_link", "assigned_role", "assigned_resource_type", "provisioning_order", "order_line", "gap", "kept_value", "owner_state"}

// scan reads them once over one connection and throws the rows away.
func (o *organisation) scan(ctx context.Context) (time.Duration, int, error) {
	conn, err := pgx.Connect(ctx, o.url)
	if err != nil {
		return 0, 0, err
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	rows := 0
	began := time.Now()
	for _, name := range read {
		tag, err := conn.PgConn().CopyTo(ctx, io.Discard, "copy "+pgx.Identifier{name}.Sanitize()+" to stdout")
		if err != nil {
			return 0, 0, fmt.Errorf("%s: %w", name, err)
		}
		rows += int(tag.RowsAffected())
	}
	return time.Since(began), rows, nil
}
