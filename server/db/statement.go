package db

import (
	"container/list"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/lib/pq"
	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"
	"github.com/uptrace/bun/schema"
)

// Reads that happen all the time are statements of constant text: planned once per connection and used again, so that a page costs what its
// rows cost. Values are parameters ($1), except those that decide about the plan: what is Fixed, a bun.List and a bool stand in the text, so that
// PostgreSQL plans with how frequent they are, and each of these few texts is a statement of its own. Behind a pooler in transaction mode
// nothing belongs to a connection: the same text then goes out with its values written in, as bun always does.

// maxStatements is how many statements a process keeps, on each of its connections; the least used ones go first. A text longer than maxStatement
// bytes is none of the few: it holds a list that somebody wrote, and 200 of those would fill the memory of both sides.
const maxStatements, maxStatement = 200, 32 << 10

// Fixed is a value of a small closed set (a state, a kind, an identifier of the configuration): it becomes part of a statement's text.
func Fixed(v any) schema.QueryAppender { return fixed{v} }

type fixed struct{ v any }

// AppendQuery implements schema.QueryAppender.
func (f fixed) AppendQuery(gen schema.QueryGen, b []byte) ([]byte, error) {
	return gen.AppendQuery(b, "?", f.v), nil
}

// Prepare lets the reads of a pool (Select) use prepared statements. Only where no pooler in transaction mode is in between.
func Prepare(b *bun.DB) {
	if d, ok := b.Dialect().(dialect); ok {
		d.kept.on.Store(true)
	}
}

// Select runs a read and calls each for every row, which it gets to keep nothing of. b is a pool or a transaction.
func Select(ctx context.Context, b bun.IDB, q schema.QueryWithArgs, each func(r *Row) error) error {
	rows, done, err := query(ctx, b, q)
	if err != nil {
		return err
	}
	defer done()
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		return err
	}
	r := &Row{values: make([]any, len(columns)), names: columns}
	into := make([]any, len(columns))
	for i := range into {
		into[i] = &r.values[i]
	}
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			return err
		}
		r.next = 0
		if err := each(r); err != nil {
			return err
		}
		if r.err != nil {
			return r.err
		}
	}
	return rows.Err()
}

// query sends a read the best way there is. done lets its statement go again.
func query(ctx context.Context, b bun.IDB, q schema.QueryWithArgs) (rows *sql.Rows, done func(), err error) {
	none := func() {}
	if d, ok := b.Dialect().(dialect); ok && d.kept.on.Load() {
		w := &writing{gen: schema.NewQueryGen(d)}
		if err := w.write(q); err != nil {
			return nil, none, err
		}
		text := w.text.String()
		if len(text) > maxStatement {
			rows, err = b.QueryContext(ctx, q.Query, q.Args...)
			return rows, none, err
		}
		if stmt, err := d.kept.take(ctx, b, text); err == nil && stmt != nil {
			count(ctx, text)
			rows, err := stmt.query(ctx, b, w.args)
			if err == nil {
				return rows, stmt.free, nil
			}
			stale := isStale(err)
			if stale {
				d.kept.drop(stmt)
			}
			stmt.free()
			if _, ok := b.(*bun.DB); !ok || !stale { // a transaction that failed takes nothing more
				return nil, none, err
			}
		}
	}
	rows, err = b.QueryContext(ctx, q.Query, q.Args...)
	return rows, none, err
}

// isStale reports whether a statement was prepared for another schema, or is not there any more.
func isStale(err error) bool {
	var e *pq.Error
	return errors.As(err, &e) && (e.Code == "0A000" || e.Code == "26000")
}

// writing turns a query of bun into a text with parameters.
type writing struct {
	gen  schema.QueryGen
	text strings.Builder
	args []any
}

func (w *writing) write(q schema.QueryWithArgs) error {
	rest, next := q.Query, 0
	for {
		i := strings.IndexByte(rest, '?')
		if i < 0 {
			w.text.WriteString(rest)
			return nil
		}
		w.text.WriteString(rest[:i])
		rest = rest[i+1:]
		at := next
		if digits := strings.IndexFunc(rest+" ", func(c rune) bool { return c < '0' || c > '9' }); digits > 0 { // ?0: by its place
			at, _ = strconv.Atoi(rest[:digits]) // digits are a number
			rest = rest[digits:]
		} else {
			next++
		}
		if at >= len(q.Args) {
			return fmt.Errorf("a statement has more marks than values: %s", q.Query)
		}
		if err := w.value(q.Args[at]); err != nil {
			return err
		}
	}
}

func (w *writing) value(v any) error {
	switch v := v.(type) {
	case schema.QueryWithArgs:
		return w.write(v)
	case *pgdialect.ArrayValue:
		w.parameter(pq.Array(v.Value()))
		return nil
	case schema.QueryAppender: // names, lists, what is fixed
		b, err := v.AppendQuery(w.gen, nil)
		w.text.Write(b)
		return err
	case bool:
		w.text.WriteString(strconv.FormatBool(v))
		return nil
	}
	switch r := reflect.ValueOf(v); r.Kind() { // named types of ours, as the driver knows them
	case reflect.String:
		w.parameter(Text(r.String()))
	case reflect.Int, reflect.Int16, reflect.Int32, reflect.Int64:
		w.parameter(r.Int())
	default:
		w.parameter(v)
	}
	return nil
}

func (w *writing) parameter(v any) {
	w.args = append(w.args, v)
	w.text.WriteByte('$')
	w.text.WriteString(strconv.Itoa(len(w.args)))
}

// statements are those of one pool. A text is prepared when it comes for the second time: what is asked once is not worth it.
type statements struct {
	on    atomic.Bool
	mu    sync.Mutex
	order list.List // newest first, of *statement
	known map[string]*list.Element
}

// statement is one of them; users counts who runs it at this moment, so that one that is put away is closed by the last of them.
type statement struct {
	text  string
	stmt  *sql.Stmt // nil: seen once
	users int
	gone  bool
	all   *statements
}

// take gives the statement of a text; nil: not prepared yet.
func (s *statements) take(ctx context.Context, b bun.IDB, text string) (*statement, error) {
	s.mu.Lock()
	e, ok := s.known[text]
	if !ok {
		if s.known == nil {
			s.known = map[string]*list.Element{}
		}
		s.known[text] = s.order.PushFront(&statement{text: text, all: s})
		var old *statement
		if s.order.Len() > maxStatements {
			old = s.order.Back().Value.(*statement)
			s.remove(old)
		}
		s.mu.Unlock()
		if old != nil {
			old.closeUnused()
		}
		return nil, nil
	}
	s.order.MoveToFront(e)
	one := e.Value.(*statement)
	if one.stmt != nil {
		one.users++
		s.mu.Unlock()
		return one, nil
	}
	s.mu.Unlock()
	pool, ok := b.(*bun.DB)
	if !ok { // a transaction: preparing here would need a second connection
		return nil, nil
	}
	stmt, err := pool.DB.PrepareContext(ctx, text)
	if err != nil {
		return nil, err // sent as it is, it fails with a better message
	}
	s.mu.Lock()
	if one.stmt == nil && !one.gone {
		one.stmt, stmt = stmt, nil
	}
	taken := one.stmt != nil
	if taken {
		one.users++
	}
	s.mu.Unlock()
	if stmt != nil { // somebody else was faster
		_ = stmt.Close()
	}
	if !taken {
		return nil, nil
	}
	return one, nil
}

func (s *statements) remove(one *statement) {
	if e, ok := s.known[one.text]; ok && e.Value.(*statement) == one {
		s.order.Remove(e)
		delete(s.known, one.text)
	}
	one.gone = true
}

// drop forgets a statement that failed.
func (s *statements) drop(one *statement) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.remove(one)
}

func (one *statement) free() {
	one.all.mu.Lock()
	one.users--
	one.all.mu.Unlock()
	one.closeUnused()
}

// closeUnused closes what was put away and nobody runs.
func (one *statement) closeUnused() {
	one.all.mu.Lock()
	stmt := one.stmt
	last := one.gone && one.users == 0 && stmt != nil
	if last {
		one.stmt = nil
	}
	one.all.mu.Unlock()
	if last {
		_ = stmt.Close() // the connection may be gone
	}
}

func (one *statement) query(ctx context.Context, b bun.IDB, args []any) (*sql.Rows, error) {
	if tx, ok := b.(bun.Tx); ok {
		return tx.StmtContext(ctx, one.stmt).QueryContext(ctx, args...) //nolint:sqlclosecheck // it ends with its transaction
	}
	return one.stmt.QueryContext(ctx, args...)
}
