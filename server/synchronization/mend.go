package synchronization

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"writ/server/db"
	"writ/server/directory"
	"writ/server/errs"
	"writ/server/page"
	"writ/server/permit"
)

// MendKind is why a row was set aside.
type MendKind string

const (
	Unreadable MendKind = "UNREADABLE" // a value is none of its kind, or the row has not the columns of the table
	Duplicate  MendKind = "DUPLICATE"  // another row has the same key and other values: nobody knows which one holds
	NoKey      MendKind = "NO_KEY"     // the key is empty
)

// RowToMend is a row of a managed system that was set aside. What was read of it before stays until it reads well again.
type RowToMend struct {
	ID         int64
	Connector  string // identifier
	EntityType string // identifier
	Kind       MendKind
	Place      string  // file or table
	Line       int     // of the file; in a table the number of the row
	Key        *string // nil: it cannot be told
	Column     *string // nil: it is not one column
	Value      *string // the beginning of what stands there
	Why        string
	Since      time.Time // first read like this
}

// rejected is a row on its way into the list.
type rejected struct {
	kind               MendKind
	place              string
	line               int
	key                string
	sure               bool
	column, value, why string
	texts              []string
}

const (
	fewRejected   = 10     // that many rows of a table may always be set aside, unless the mapping says otherwise
	mostRejected  = 10_000 // kept in mind while a table is read; more are certainly too many
	mostNullKeys  = 1000   // rows without a key of one table that are listed and recognised by their other values
	listedValue   = 120    // characters of a value in the list
	textsOfOneRow = 50
)

// allowed is how many rows of a table may be set aside in one reading of n rows.
func allowed(m *directory.EntityMapping, n int) int {
	if m != nil && m.MaximumRejected != nil {
		return min(*m.MaximumRejected, mostRejected)
	}
	return min(max(fewRejected, n/100), mostRejected)
}

// refusals are the rows of one table that are set aside while it is read.
type refusals struct {
	d        *Delivery
	table    string
	counts   *TypeCounts
	reporter Reporter
	rows     []rejected
	tooMuch  bool // more than may be: only their number is of interest any more
}

// add counts a row and keeps it, as long as it is of interest.
func (a *refusals) add(r rejected) {
	c := &a.d.Counters
	if r.kind == NoKey {
		c.NullKeys++
		if a.counts.NullKeys++; a.counts.NullKeys > mostNullKeys {
			return
		}
		if len(c.NullKeyRows) < examples {
			c.NullKeyRows = append(c.NullKeyRows, fmt.Sprintf("%s, row %d", a.table, r.line))
		}
	} else {
		c.Rejected++
		if a.counts.Rejected++; a.counts.Rejected > mostRejected {
			a.tooMuch = true
			return
		}
		if len(c.RejectedRows) < examples {
			c.RejectedRows = append(c.RejectedRows, r.String())
			a.reporter.Logf("WARN", "Set aside: %s", r)
		}
	}
	a.rows = append(a.rows, r)
}

// first tells of the first ones that cannot be read.
func (a *refusals) first() (told []string) {
	for _, r := range a.rows {
		if r.kind != NoKey && len(told) < 3 {
			told = append(told, r.String())
		}
	}
	return told
}

// tooMany refuses a delivery, with the first rows as examples.
func tooMany(table string, rows, limit int, examples []string) error {
	return errs.Invalid("", "Table %q holds values that cannot be read: %d rows, and at most %d may be set aside (%s). Nothing was synchronized. Mend them, or raise maximumRejected.",
		table, rows, limit, strings.Join(examples[:min(3, len(examples))], "; "))
}

func (r rejected) String() string {
	return fmt.Sprintf("%s, line %d: %s", r.place, r.line, r.why)
}

// setAside keeps the rows of one table that could not be read, until the comparison.
func (s *Service) setAside(ctx context.Context, d *Delivery, m *tableMap, rows []rejected) error {
	if len(rows) == 0 {
		return nil
	}
	err := db.InTx(ctx, s.DB, func(ctx context.Context, tx bun.Tx) error {
		return db.CopyIn(ctx, tx, "row_to_mend", []string{"connector_id", "entity_type_id", "delivery_id", "kind", "place", "line", "key", "is_sure", "column_name", "value", "why",
			"texts", "since"}, func(yield func([]any) bool) {
			for _, r := range rows {
				if !yield([]any{d.ConnectorID, m.entityType.ID, d.ID, string(r.kind), db.Clip(r.place, 500), r.line, emptyIsNull(r.key), r.sure, emptyIsNull(r.column),
					emptyIsNull(db.Clip(r.value, listedValue)), db.Clip(r.why, 500), textArray(r.texts), d.StartedAt}) {
					return
				}
			}
		})
	})
	if err != nil {
		return fmt.Errorf("set rows of %s aside: %w", m.entityType.Identifier, err)
	}
	return nil
}

func emptyIsNull(s string) any {
	if s == "" {
		return nil
	}
	return s
}

// textArray writes a text[] as COPY takes it.
func textArray(list []string) string {
	quoted := make([]string, 0, min(len(list), textsOfOneRow))
	for _, t := range list[:min(len(list), textsOfOneRow)] {
		quoted = append(quoted, `"`+strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(db.Text(t))+`"`)
	}
	return "{" + strings.Join(quoted, ",") + "}"
}

// rejectDuplicates sets all rows of a key aside that do not agree, and what shares its key with a row that cannot be read; and finds the
// stored resources that the rows set aside stand for: they are kept. Of a table of commands the last one counts, so nothing is in doubt.
func (s *Service) rejectDuplicates(ctx context.Context, tx bun.Tx, d *Delivery, shape *directory.Shape) error {
	if err := db.Scratch(ctx, tx, "create temp table delivery_kept (entity_type_id bigint not null, key text not null, primary key (entity_type_id, key))"); err != nil {
		return err
	}
	for name, counts := range d.Counters.EntityTypes {
		t := shape.ByIdentifier[name]
		if t == nil {
			continue // compare says so
		}
		if !counts.Whole || counts.Same {
			continue
		}
		var found struct {
			Rows, Keys int
			Examples   []string `bun:",array"`
		}
		if err := tx.NewRaw(statement("reject"), d.ID, t.ID, d.ConnectorID, counts.Place, d.StartedAt).Scan(ctx, &found); err != nil {
			return fmt.Errorf("look for rows that contradict each other: %w", err)
		}
		counts.Rejected += found.Rows
		d.Counters.Rejected += found.Rows
		d.Counters.RejectedRows = append(d.Counters.RejectedRows, found.Examples[:min(len(found.Examples), max(0, examples-len(d.Counters.RejectedRows)))]...)
		d.Counters.EntityTypes[name] = counts
		if limit := allowed(shape.Mappings[t.ID], counts.Read); counts.Rejected > limit {
			return &tooManyRows{tooMany(counts.Table, counts.Rejected, limit, append(found.Examples, d.Counters.RejectedRows...))}
		}
		if counts.Rejected+counts.NullKeys == 0 {
			continue
		}
		var scalars []string
		key := shape.KeyProperty(t.ID)
		for _, p := range shape.PropertiesOf[t.ID] {
			if shape.PropertyMappings[p.ID] != nil && !p.IsNavigation() && p != key {
				scalars = append(scalars, p.Identifier)
			}
		}
		compared, err := d.compared(ctx, tx, t.ID)
		if err != nil {
			return err
		}
		if _, err := tx.NewRaw(statement("keep"), d.ID, t.ID, array(scalars), compared).Exec(ctx); err != nil {
			return fmt.Errorf("find what the rows set aside stand for: %w", err)
		}
		if err := tx.NewRaw(`select count(*) from delivery_kept k join resource r on r.entity_type_id = k.entity_type_id and r.key = k.key and r.valid_to = 'infinity' and r.origin = 'SYNC'
			where k.entity_type_id = ?1 and not exists (select from delivery_row s where s.delivery_id = ?0 and s.entity_type_id = ?1 and s.key = k.key)`, d.ID, t.ID).Scan(ctx, &counts.Kept); err != nil {
			return err
		}
		d.Counters.Kept += counts.Kept
		d.Counters.EntityTypes[name] = counts
	}
	return nil
}

// tooManyRows refuses a delivery whose rows are listed all the same.
type tooManyRows struct{ error }

func (t *tooManyRows) Unwrap() error { return t.error }

// plain is an error without that mark.
func plain(err error) error {
	if refused := (*tooManyRows)(nil); errors.As(err, &refused) {
		return refused.error
	}
	return err
}

// listRefused lists the rows of a reading that was refused because of them.
func (s *Service) listRefused(ctx context.Context, tx bun.Tx, d *Delivery) error {
	shape, err := s.Shapes.Load(ctx, tx)
	if err != nil {
		return err
	}
	for name, counts := range d.Counters.EntityTypes {
		if t := shape.ByIdentifier[name]; t != nil && counts.Whole && !counts.Same {
			if _, err := tx.NewRaw(statement("reject"), d.ID, t.ID, d.ConnectorID, counts.Place, d.StartedAt).Exec(ctx); err != nil {
				return err
			}
		}
	}
	return s.list(ctx, tx, d, shape)
}

// list makes the rows of a delivery those to mend, in the place of older ones of the tables that it read.
func (s *Service) list(ctx context.Context, tx bun.Tx, d *Delivery, shape *directory.Shape) error {
	for name, counts := range d.Counters.EntityTypes {
		t := shape.ByIdentifier[name]
		if t == nil || counts.Same {
			continue
		}
		if _, err := tx.NewRaw(statement("list"), d.ID, t.ID, counts.Whole).Exec(ctx); err != nil {
			return fmt.Errorf("list the rows to mend: %w", err)
		}
	}
	return nil
}

// RowToMendConnection is a page of rows to mend.
type RowToMendConnection = page.Connection[*RowToMend]

// toMend is how the rows to mend are read.
var toMend = page.Table[RowToMend]{
	From: "row_to_mend m",
	Joins: []page.Join{
		{Alias: "c", SQL: "join connector c on c.id = m.connector_id"},
		{Alias: "t", SQL: "join entity_type t on t.id = m.entity_type_id"},
	},
	Always: []string{"id"},
	Fields: map[string][]string{
		"__typename": nil, "id": nil, "connector": {"connector"}, "entityType": {"entity_type"}, "kind": {"kind"}, "place": {"place"}, "line": {"line"}, "key": {"key"},
		"column": {"column"}, "value": {"value"}, "why": {"why"}, "since": {"since"},
	},
	Columns: []page.Column[RowToMend]{
		{Name: "id", SQL: "m.id", Read: func(m *RowToMend, r *db.Row) { m.ID = r.Int() }},
		{Name: "connector", SQL: "c.identifier", Read: func(m *RowToMend, r *db.Row) { m.Connector = r.Text() }},
		{Name: "entity_type", SQL: "t.identifier", Read: func(m *RowToMend, r *db.Row) { m.EntityType = r.Text() }},
		{Name: "kind", SQL: "m.kind", Read: func(m *RowToMend, r *db.Row) { m.Kind = MendKind(r.Text()) }},
		{Name: "place", SQL: "m.place", Read: func(m *RowToMend, r *db.Row) { m.Place = r.Text() }},
		{Name: "line", SQL: "m.line", Read: func(m *RowToMend, r *db.Row) { m.Line = int(r.Int()) }},
		{Name: "key", SQL: "m.key", Read: func(m *RowToMend, r *db.Row) { m.Key = r.TextOrNil() }},
		{Name: "column", SQL: "m.column_name", Read: func(m *RowToMend, r *db.Row) { m.Column = r.TextOrNil() }},
		{Name: "value", SQL: "m.value", Read: func(m *RowToMend, r *db.Row) { m.Value = r.TextOrNil() }},
		{Name: "why", SQL: "m.why", Read: func(m *RowToMend, r *db.Row) { m.Why = r.Text() }},
		{Name: "since", SQL: "m.since", Read: func(m *RowToMend, r *db.Row) { m.Since = r.Time() }},
	},
}

var toMendInTurn = page.Sorting[RowToMend]{ID: "m.id", At: func(m *RowToMend) page.Position { return page.Position{ID: m.ID} }}

// RowsToMend lists the rows that were set aside, of one connector or (nil) of all, in the order in which they were read. Needs
// ConnectorQuery; in a rule about an entity type only the rows of its resources are shown.
func (s *Service) RowsToMend(ctx context.Context, connector *string, a page.Args, fields page.Fields, total bool) (*RowToMendConnection, error) {
	scope, err := permit.Require(ctx, permit.ConnectorQuery)
	if err != nil {
		return nil, err
	}
	may, err := s.opens(ctx, scope, "m")
	if err != nil {
		return nil, err
	}
	where := page.All(bun.SafeQuery("m.is_listed"), may, bun.SafeQuery(stillRead))
	if connector != nil {
		where = page.All(where, bun.SafeQuery("m.connector_id = (select id from connector where identifier = ?)", db.Fixed(*connector)))
	}
	return toMend.List(ctx, s.DB, a, fields, total, where, toMendInTurn)
}

// countToMend counts the listed rows of connectors that a scope opens.
func (s *Service) countToMend(ctx context.Context, scope permit.Scope, connectors []int64) (map[int64]int, error) {
	may, err := s.opens(ctx, scope, "m")
	if err != nil {
		return nil, err
	}
	var rows []struct {
		ConnectorID int64
		N           int
	}
	err = s.DB.NewRaw("select m.connector_id, count(*) as n from row_to_mend m where m.is_listed and "+stillRead+" and m.connector_id = any (?) and ? group by 1", array(connectors), may).Scan(ctx, &rows)
	found := map[int64]int{}
	for _, r := range rows {
		found[r.ConnectorID] = r.N
	}
	return found, err
}

// unmatchable are records of a connector of which no correlation key can be made.
type unmatchable struct {
	ConnectorID int64
	N           int
	Message     string // of one of them
}

// unmatched counts them by connector, those that a scope opens.
func (s *Service) unmatched(ctx context.Context, scope permit.Scope) (map[int64]*unmatchable, error) {
	may, err := s.opens(ctx, scope, "x")
	if err != nil {
		return nil, err
	}
	var rows []*unmatchable
	err = s.DB.NewRaw(`select t.connector_id, count(distinct f.resource_id) as n, (array_agg(f.message order by f.id))[1] as message
		from key_fault f join resource x on x.id = f.resource_id join entity_type t on t.id = x.entity_type_id
		where t.connector_id is not null and x.valid_to = 'infinity' and ? group by 1`, may).Scan(ctx, &rows)
	found := map[int64]*unmatchable{}
	for _, r := range rows {
		found[r.ConnectorID] = r
	}
	return found, err
}

// normalTexts adds what was understood of a row to what stands in it.
func normalTexts(raw []string, scalars map[string]string) []string {
	out := slices.Clone(raw)
	for _, v := range scalars {
		if len(v) <= 300 {
			out = append(out, v)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// stillRead: what a table held that nobody reads any more needs no mending.
const stillRead = "exists (select from entity_mapping em where em.entity_type_id = m.entity_type_id)"
