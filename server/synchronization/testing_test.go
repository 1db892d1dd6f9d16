package synchronization_test

import (
	"context"
	"iter"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"

	"writ/server/clock"
	"writ/server/dbtest"
	"writ/server/directory"
	"writ/server/errs"
	"writ/server/fulfil"
	"writ/server/fulfil/csv"
	"writ/server/permit"
	"writ/server/synchronization"
	"writ/server/system"
)

// memory is a managed system in memory.
type memory struct {
	mu      sync.Mutex
	columns map[string][]string // by table
	rows    map[string][]fulfil.Row
	breaks  error // after the last row
	down    error // on open and token
	reads   int
	version int
	watches bool
	during  func() // called once, while a table is read
}

func (f *memory) set(table string, rows ...fulfil.Row) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.rows[table] = rows
	f.version++
}

func (f *memory) readings() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.reads
}

// conn is a connection to it; watching is one that has tokens too.
type conn struct{ *memory }

type watching struct{ conn }

func (c conn) Check(context.Context) error { return c.down }
func (c conn) Close() error                { return nil }

func (c conn) Schema(context.Context) ([]fulfil.Table, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	var tables []fulfil.Table
	for name, columns := range c.columns {
		tables = append(tables, fulfil.Table{Name: name, Columns: columns})
	}
	return tables, nil
}

func (c conn) Export(_ context.Context, table string) iter.Seq2[fulfil.Entry, error] {
	return fulfil.Numbered(table, func(yield func(fulfil.Row, error) bool) {
		c.mu.Lock()
		rows, during := c.rows[table], c.during
		c.during = nil
		c.reads++
		c.mu.Unlock()
		for _, r := range rows {
			if !yield(r, nil) {
				return
			}
		}
		if during != nil {
			during()
		}
		if c.breaks != nil {
			yield(nil, c.breaks)
		}
	})
}

func (w watching) Token(context.Context) (string, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return strconv.Itoa(w.version), w.down
}

// bundle is a connector "hr" over the tables person (id, name, mail, start, department, groups) and department (code, title, parent),
// with thresholds of 50 % and nothing else.
type bundle struct {
	*synchronization.Service
	systems            *system.Service
	ctx                context.Context
	fake               *memory
	connector          int64
	connection         int64
	person, department int64
	applied            []time.Time
}

func setup(t *testing.T) *bundle {
	t.Helper()
	base := dbtest.MustOpen(t)
	b := &bundle{
		ctx: permit.With(t.Context(), permit.System("job")),
		fake: &memory{rows: map[string][]fulfil.Row{}, columns: map[string][]string{
			"person": {"id", "name", "mail", "start", "department", "groups", "unmapped"}, "department": {"code", "title", "parent"}}},
	}
	b.Service = synchronization.New(base, clock.New(), &directory.Shapes{}, directory.Options{Hooks: dbtest.Idle(directory.Hooks{})}, dbtest.Idle(synchronization.Hooks{
		Open: func(context.Context, int64) (*fulfil.Opened, fulfil.Capability, error) {
			if b.fake.down != nil {
				return nil, fulfil.Capability{}, b.fake.down
			}
			capability := fulfil.Capability{Identifier: "fake", DisplayName: "Test/Fake", CanExport: true, HasSchema: true}
			if b.fake.watches {
				w := watching{conn{b.fake}}
				return &fulfil.Opened{Connector: w, Exporter: w, Watcher: w}, capability, nil
			}
			c := conn{b.fake}
			return &fulfil.Opened{Connector: c, Exporter: c}, capability, nil
		},
		Applied: func(_ context.Context, _ bun.Tx, _ int64, startedAt time.Time) error {
			b.applied = append(b.applied, startedAt)
			return nil
		},
	}))
	ring, err := fulfil.ParseKeyring(fulfil.NewKey(), "")
	require.NoError(t, err)
	b.systems = system.New(system.Options{DB: base, Clock: b.Clock, Packages: fulfil.Packages{}, Keyring: ring, FilesDir: t.TempDir(),
		Activated: func(context.Context, bun.Tx, int64) error { return nil }})
	b.connector = b.insert(t, `insert into connector (identifier, display_name, maximum_inserted_lines, maximum_updated_lines, maximum_deleted_lines,
		max_percentage_inserted_lines, max_percentage_updated_lines, max_percentage_deleted_lines, maximum_link_inserted_lines, maximum_link_deleted_lines,
		max_link_percentage_inserted_lines, max_link_percentage_deleted_lines) values ('hr', 'HR', 0, 0, 0, 50, 50, 50, 0, 0, 0, 0)`)
	b.connection = b.insert(t, "insert into connection (connector_id, identifier, display_name, package) values (?, 'hr-file', 'HR file', 'fake')", b.connector)
	b.person = b.insert(t, "insert into entity_type (identifier, display_name, connector_id) values ('Person', 'Person', ?)", b.connector)
	b.department = b.insert(t, "insert into entity_type (identifier, display_name, connector_id) values ('Department', 'Department', ?)", b.connector)
	property := func(entityType int64, identifier, kind, column, format string, target int64, many bool) {
		id := b.insert(t, `insert into property (entity_type_id, identifier, display_name, type, is_collection, target_entity_type_id, position)
			values (?, ?, ?, ?, ?, nullif(?, 0), (select count(*) from property))`, entityType, identifier, identifier, kind, many, target)
		if column != "" {
			b.exec(t, "insert into property_mapping (property_id, entity_type_id, column_name, format, is_primary_key) values (?, ?, ?, ?, ?)",
				id, entityType, column, format, column == "id" || column == "code")
		}
	}
	property(b.person, "EmployeeID", "STRING", "id", "", 0, false)
	property(b.person, "Name", "STRING", "name", "", 0, false)
	property(b.person, "Mail", "STRING", "mail", "", 0, false)
	property(b.person, "Start", "DATE_TIME", "start", "date", 0, false)
	property(b.person, "Nickname", "STRING", "", "", 0, false)
	property(b.person, "Department", "FOREIGN_KEY", "department", "", b.department, false)
	property(b.person, "Groups", "FOREIGN_KEY", "groups", "concat:;", b.department, true)
	property(b.department, "Code", "STRING", "code", "", 0, false)
	property(b.department, "Title", "STRING", "title", "", 0, false)
	property(b.department, "Parent", "FOREIGN_KEY", "parent", "", b.department, false)
	b.exec(t, "insert into entity_mapping (entity_type_id, connection_id, source_table) values (?, ?, 'person'), (?, ?, 'department')", b.person, b.connection, b.department, b.connection)
	b.fake.set("department", fulfil.Row{"code": "IT", "title": "Technology"}, fulfil.Row{"code": "HR", "title": "People", "parent": "IT"})
	return b
}

// useCSV puts real files in the place of the system in memory and gives the folder.
func (b *bundle) useCSV(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	b.Open = func(ctx context.Context, _ int64) (*fulfil.Opened, fulfil.Capability, error) {
		c, err := csv.Package{}.Open(ctx, fulfil.Settings{Values: map[string]string{"path": "."}, DataDir: dir})
		return c, csv.Package{}.Capability(), err
	}
	return dir
}

func write(t *testing.T, dir, name, content string) {
	t.Helper()
	part := filepath.Join(dir, name+".part")
	require.NoError(t, os.WriteFile(part, []byte(content), 0o600))
	require.NoError(t, os.Rename(part, filepath.Join(dir, name)))
}

func (b *bundle) insert(t *testing.T, query string, args ...any) (id int64) {
	t.Helper()
	require.NoError(t, b.DB.NewRaw(query+" returning id", args...).Scan(t.Context(), &id))
	return id
}

func (b *bundle) exec(t *testing.T, query string, args ...any) {
	t.Helper()
	_, err := b.DB.NewRaw(query, args...).Exec(t.Context())
	require.NoError(t, err)
}

func (b *bundle) count(t *testing.T, query string, args ...any) (n int) {
	t.Helper()
	require.NoError(t, b.DB.NewRaw(query, args...).Scan(t.Context(), &n))
	return n
}

// people gives the living people as id:name:mail.
func (b *bundle) people(t *testing.T) (list []string) {
	t.Helper()
	require.NoError(t, b.DB.NewRaw(`select key || ':' || coalesce(scalars ->> 'Name', '') || ':' || coalesce(scalars ->> 'Mail', '')
		from resource where entity_type_id = ? and valid_to = 'infinity' order by key`, b.person).Scan(t.Context(), &list))
	return list
}

// condition tells how the connector does.
func (b *bundle) condition(t *testing.T) *synchronization.Condition {
	t.Helper()
	found, err := b.Conditions(b.ctx, []int64{b.connector})
	require.NoError(t, err)
	return found[b.connector]
}

func (b *bundle) run(t *testing.T) *synchronization.Delivery {
	t.Helper()
	d, err := b.Run(b.ctx, synchronization.RunInput{Connector: "hr"})
	require.NoError(t, err)
	return d
}

func person(id, name string, more ...string) fulfil.Row {
	row := fulfil.Row{"id": id, "name": name, "unmapped": "x"}
	for i := 0; i+1 < len(more); i += 2 {
		row[more[i]] = more[i+1]
	}
	return row
}

func people(n int) []fulfil.Row {
	var rows []fulfil.Row
	for i := range n {
		rows = append(rows, person(strconv.Itoa(1000+i), "Person "+strconv.Itoa(i), "department", "IT"))
	}
	return rows
}

func requireKind(t *testing.T, err error, kind errs.Kind, says string) {
	t.Helper()
	require.True(t, errs.Is(err, kind), "got %v", err)
	require.Contains(t, err.Error(), says)
}
