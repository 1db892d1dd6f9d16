package page

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"
	"github.com/uptrace/bun/schema"

	"writ/server/db"
)

// Position is where a row stands in a list that is sorted by a text and by its id: what its cursor holds.
type Position struct {
	Text string `json:"n,omitempty"`
	ID   int64  `json:"i"`
}

// Compare orders positions.
func (p Position) Compare(other Position) int {
	return cmp.Or(strings.Compare(p.Text, other.Text), cmp.Compare(p.ID, other.ID))
}

// InMemory gives a page of rows that are kept in memory, sorted by their positions. It reads nothing.
func InMemory[T any](rows []T, a Args, at func(T) Position) (*Connection[T], error) {
	if err := a.Check(); err != nil {
		return nil, err
	}
	total := len(rows)
	var after Position
	more, err := a.Decode(&after)
	if err != nil {
		return nil, err
	}
	if more {
		from, found := slices.BinarySearchFunc(rows, after, func(row T, p Position) int { return at(row).Compare(p) })
		if found {
			from++
		}
		rows = rows[from:]
	}
	return Make(rows[:min(len(rows), a.First+1)], a, total, func(row T) any { return at(row) }), nil
}

// Sorting is an order of a list of the database, down to the id.
type Sorting[T any] struct {
	Text  string   // SQL of the text it is sorted by; empty: by the id alone
	ID    string   // SQL of the id
	Desc  bool     // from the largest
	Needs []string // columns that At reads
	At    func(*T) Position
}

func (s Sorting[T]) order() string {
	direction := ""
	if s.Desc {
		direction = " desc"
	}
	if s.Text == "" {
		return s.ID + direction
	}
	return s.Text + direction + ", " + s.ID + direction
}

func (s Sorting[T]) after(p Position) schema.QueryWithArgs {
	compare := " > "
	if s.Desc {
		compare = " < "
	}
	if s.Text == "" {
		return bun.SafeQuery(s.ID+compare+"?", p.ID)
	}
	return bun.SafeQuery("("+s.Text+", "+s.ID+")"+compare+"(?, ?)", p.Text, p.ID)
}

// List gives a page of the rows under a condition, with the fields that are asked for, and how many there are if that is asked: one statement,
// two with the total, three when the total is estimated.
func (t *Table[T]) List(ctx context.Context, b bun.IDB, a Args, fields Fields, total bool, where schema.QueryWithArgs, by Sorting[T]) (*Connection[*T], error) {
	if err := a.Check(); err != nil {
		return nil, err
	}
	var after Position
	more, err := a.Decode(&after)
	if err != nil {
		return nil, err
	}
	var count Count
	if total {
		if count, err = CountRows(ctx, b, bun.SafeQuery(t.Tables(where)+" where ?", where)); err != nil {
			return nil, db.Explain(err)
		}
	}
	if more {
		where = bun.SafeQuery("? and ?", where, by.after(after))
	}
	rows, err := t.Read(ctx, b, t.For(fields, by.Needs...), where, by.order(), a.First+1)
	if err != nil {
		return nil, db.Explain(err)
	}
	return MakeCounted(rows, a, count, func(row *T) any { return by.At(row) }), nil
}

// ListOf gives the same page of the rows of several parents, the column of whose ids is parent: as many statements for many parents as for one. Each
// parent asked for has a page.
func (t *Table[T]) ListOf(ctx context.Context, b bun.IDB, parent string, ids []int64, a Args, fields Fields, total bool, where schema.QueryWithArgs, by Sorting[T]) (map[int64]*Connection[*T], error) {
	if err := a.Check(); err != nil {
		return nil, err
	}
	var after Position
	more, err := a.Decode(&after)
	if err != nil {
		return nil, err
	}
	where = bun.SafeQuery(parent+" = parent.id and ?", where)
	counts := map[int64]Count{}
	if total {
		if counts, err = countOf(ctx, b, ids, bun.SafeQuery(t.Tables(where)+" where ?", where)); err != nil {
			return nil, db.Explain(err)
		}
	}
	if more {
		where = bun.SafeQuery("? and ?", where, by.after(after))
	}
	columns := t.For(fields, by.Needs...)
	shown := shown(columns)
	page := bun.SafeQuery("select row_number() over (order by "+by.order()+") as turn, ? from ? where ? order by "+by.order()+" limit ?",
		shown, bun.SafeQuery(t.Tables(allOf(shown, where), by.order())), where, db.Fixed(a.First+1))
	rows := map[int64][]*T{}
	err = db.Select(ctx, b, bun.SafeQuery("select parent.id, page.* from unnest(?::bigint[]) parent (id) cross join lateral (?) page order by parent.id, page.turn", pgdialect.Array(ids), page),
		func(r *db.Row) error {
			id := r.Int()
			r.Int() // its turn
			row := new(T)
			for i := range columns {
				columns[i].Read(row, r)
			}
			rows[id] = append(rows[id], row)
			return nil
		})
	if err != nil {
		return nil, db.Explain(err)
	}
	out := make(map[int64]*Connection[*T], len(ids))
	for _, id := range ids {
		out[id] = MakeCounted(rows[id], a, counts[id], func(row *T) any { return by.At(row) })
	}
	return out, nil
}

// All joins conditions; none: every row.
func All(conditions ...schema.QueryWithArgs) schema.QueryWithArgs {
	out := bun.SafeQuery("true")
	for i, c := range conditions {
		if i == 0 {
			out = bun.SafeQuery("(?)", c)
		} else {
			out = bun.SafeQuery("? and (?)", out, c)
		}
	}
	return out
}
