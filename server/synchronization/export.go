package synchronization

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"writ/server/db"
	"writ/server/directory"
	"writ/server/errs"
	"writ/server/event"
	"writ/server/fulfil"
	"writ/server/system"
)

// chunk is how many rows go to the database at once: no transaction is open while a system is waited for.
const chunk = 5000

// tableMap says how the rows of one table become resources of one entity type.
type tableMap struct {
	entityType *directory.EntityType
	connection int64
	table      string
	key        columnMap
	columns    []columnMap // with the key
	mapping    *directory.EntityMapping
	command    string   // column of the commands in an incremental table
	trimKeys   bool     // blanks around keys are a slip of whoever wrote the table
	known      []string // columns of the table, when the schema tells
	zone       *time.Location
	version    int64 // of the shape
	buffer     []byte
}

type columnMap struct {
	property *directory.Property
	column   string
	format   string
}

// tableMaps compiles the mappings of a connector's connections. Validation when one has no primary key.
func tableMaps(shape *directory.Shape, connections map[int64]bool) ([]*tableMap, error) {
	var found []*tableMap
	for id, m := range shape.Mappings {
		if !connections[m.ConnectionID] {
			continue
		}
		t := &tableMap{entityType: shape.EntityTypes[id], connection: m.ConnectionID, table: m.SourceTable, mapping: m, zone: shape.Zone(), version: shape.Version}
		key := shape.KeyProperty(id)
		for _, p := range shape.PropertiesOf[id] {
			pm := shape.PropertyMappings[p.ID]
			if pm == nil {
				continue
			}
			c := columnMap{property: p, column: pm.ColumnName, format: pm.Format}
			t.columns = append(t.columns, c)
			if p == key {
				t.key = c
			}
		}
		if t.key.property == nil {
			return nil, errs.Invalid("", "Entity type %s is read from table %q, but no column of it is mapped as primary key.", t.entityType.Identifier, m.SourceTable)
		}
		found = append(found, t)
	}
	slices.SortFunc(found, func(a, b *tableMap) int { return cmp.Compare(a.entityType.ID, b.entityType.ID) })
	return found, nil
}

// begin records a new delivery of a connector; those that were being read when a server died are given up.
func (s *Service) begin(ctx context.Context, c *system.Connector, in RunInput) (*Delivery, error) {
	d := &Delivery{GUID: uuid.New(), ConnectorID: c.ID, Mode: in.Mode, State: Exporting, StartedAt: s.Clock.Now(),
		Counters: newCounters(in.continuous)}
	if d.Mode == "" {
		d.Mode = Complete
	}
	if in.TaskInstanceID != 0 {
		d.TaskInstanceID = &in.TaskInstanceID
	}
	err := db.InTx(ctx, s.DB, func(ctx context.Context, tx bun.Tx) error {
		var old []*Delivery
		err := tx.NewSelect().Model(&old).Where("y.connector_id = ?", c.ID).Where("y.state = ?", Exporting).Order("y.id").Scan(ctx)
		if err != nil {
			return err
		}
		if err := s.drop(ctx, tx, old, Fail, "The reading was interrupted."); err != nil {
			return err
		}
		if d.Mode == Initial {
			var stored bool
			err := tx.NewRaw(`select exists (select 1 from resource r
				join entity_mapping m on m.entity_type_id = r.entity_type_id
				join connection c on c.id = m.connection_id
				where c.connector_id = ? and r.origin = 'SYNC' and r.valid_to = 'infinity')`, c.ID).Scan(ctx, &stored)
			if err != nil {
				return err
			}
			if stored {
				return errs.New(errs.Conflict, "%s has data already, so it cannot be loaded for the first time. Synchronize it completely instead.", c.DisplayName)
			}
		}
		_, err = tx.NewInsert().Model(d).Exec(ctx)
		return err
	})
	if err != nil {
		return nil, err
	}
	return d, nil
}

// export reads every mapped table of a connector into delivery_row. When anything breaks, the delivery is FAILED and nothing of it
// will ever be applied. nil without an error: there is nothing to read now, and the reporter heard why.
func (s *Service) export(ctx context.Context, c *system.Connector, in RunInput) (*Delivery, error) {
	shape, err := s.Shapes.Load(ctx, s.DB)
	if err != nil {
		return nil, err
	}
	tables, why, err := s.toRead(ctx, c, shape, in)
	if err != nil {
		return nil, err
	}
	if why != "" {
		in.reporter().Logf("WARN", "%s", why)
		return nil, nil
	}
	d, err := s.begin(ctx, c, in)
	if err != nil {
		return nil, err
	}
	return d, s.readInto(ctx, d, c, tables, in, in.continuous)
}

// readInto fills a delivery; one that cannot be filled is FAILED. partly: rows that did not change are left out, where that can be told.
func (s *Service) readInto(ctx context.Context, d *Delivery, c *system.Connector, tables []*tableMap, in RunInput, partly bool) error {
	err := s.read(ctx, d, c, tables, in, partly)
	if errors.Is(err, errMixed) {
		if err = s.empty(ctx, d); err == nil {
			err = s.read(ctx, d, c, tables, in, false)
		}
	}
	if err != nil {
		s.fail(ctx, d, err)
		return plain(err)
	}
	if _, err := s.DB.NewUpdate().Model(d).Column("counters").WherePK().Exec(ctx); err != nil {
		return fmt.Errorf("save delivery %d: %w", d.ID, err)
	}
	return nil
}

// toRead gives the tables of a connector, or why it is not read: deactivated, without a mapping, or (incrementally) blocked
// (provisioning 8.3.5).
func (s *Service) toRead(ctx context.Context, c *system.Connector, shape *directory.Shape, in RunInput) (tables []*tableMap, why string, err error) {
	if c.IsDeactivated {
		return nil, "Connector " + c.DisplayName + " is deactivated: it is left out.", nil
	}
	readable := map[int64]bool{}
	for _, k := range c.Readable() {
		readable[k.ID] = true
	}
	if tables, err = tableMaps(shape, readable); err != nil {
		return nil, "", err
	}
	if len(tables) == 0 {
		return nil, "Connector " + c.DisplayName + " has nothing to read: no table of its connections is mapped to an entity type.", nil
	}
	if in.Mode != Incremental {
		return tables, "", nil
	}
	blocked, err := s.DB.NewSelect().Table("delivery").Where("connector_id = ? and state = ?", c.ID, Blocked).Exists(ctx)
	if err != nil {
		return nil, "", fmt.Errorf("look for a blocked delivery: %w", err)
	}
	if blocked {
		return nil, "A synchronization of " + c.DisplayName + " is blocked by a threshold: it is left out until somebody resumes it or reads everything again.", nil
	}
	return tables, "", nil
}

// fail ends a delivery that cannot be used. Even when the caller's context has ended.
func (s *Service) fail(ctx context.Context, d *Delivery, why error) {
	ctx = context.WithoutCancel(ctx)
	text := why.Error()
	if e := errs.As(why); e != nil {
		text = e.Message
	}
	text = db.Clip(text, 4000) // it may repeat what a system said
	// A second failure here leaves the delivery EXPORTING; the next one of the connector gives it up.
	_ = db.InTx(ctx, s.DB, func(ctx context.Context, tx bun.Tx) error {
		if refused := (*tooManyRows)(nil); errors.As(why, &refused) {
			if err := s.listRefused(ctx, tx, d); err != nil {
				return err
			}
		}
		c, err := system.FindByID(ctx, tx, d.ConnectorID)
		if err != nil {
			return err
		}
		if err := s.drop(ctx, tx, []*Delivery{d}, Fail, text); err != nil {
			return err
		}
		if d.Counters.Continuous { // tried again and again: one record of the same failure is enough
			_, err := tx.NewRaw(`delete from delivery where connector_id = ? and id < ? and state = 'FAILED' and (counters -> 'continuous')::bool and error = ?`,
				d.ConnectorID, d.ID, text).Exec(ctx)
			if err != nil {
				return err
			}
		}
		return event.Publish(ctx, tx, s.Clock.Now(), s.ended(d, c))
	})
}

func (s *Service) read(ctx context.Context, d *Delivery, c *system.Connector, tables []*tableMap, in RunInput, partly bool) (err error) {
	d.changed, d.Counters.Partly = nil, partly
	if partly {
		if d.changed, err = s.beginChanged(ctx, d, tables); err != nil {
			return err
		}
		d.changed.written = writtenBy(in.asked)
	}
	for i, k := range c.Connections {
		mine := slices.DeleteFunc(slices.Clone(tables), func(m *tableMap) bool { return m.connection != k.ID })
		if len(mine) == 0 {
			continue
		}
		if err := s.readConnection(ctx, d, k, mine, in); err != nil {
			return err
		}
		in.reporter().Progress(i+1, len(c.Connections))
	}
	return nil
}

func (s *Service) readConnection(ctx context.Context, d *Delivery, k *system.Connection, mapped []*tableMap, in RunInput) error {
	conn, capability, err := s.Open(ctx, k.ID)
	if err != nil {
		return fmt.Errorf("open connection %s: %w", k.Identifier, err)
	}
	defer conn.Close()
	exporter := conn.Exporter
	if exporter == nil || !capability.CanExport {
		return errs.Invalid("", "Connection %s (%s) cannot be read, but entity type %s is mapped to it.", k.Identifier, capability.DisplayName, mapped[0].entityType.Identifier)
	}
	look := func() (token string, stamps map[string]string, err error) {
		if conn.Watcher != nil {
			if token, err = conn.Watcher.Token(ctx); err != nil {
				return "", nil, fmt.Errorf("look at connection %s: %w", k.Identifier, err)
			}
		}
		if conn.Stamper != nil {
			if stamps, err = conn.Stamper.Stamps(ctx); err != nil {
				return "", nil, fmt.Errorf("look at the tables of connection %s: %w", k.Identifier, err)
			}
		}
		return token, stamps, nil
	}
	token, stamps, err := look() // before the data, so that a change meanwhile is noticed later
	if err != nil {
		return err
	}
	if conn.Watcher != nil {
		d.Counters.Tokens[k.ID] = token
	}
	left := mapped[:0]
	var few []*tableRead // of which some rows are enough
	for _, m := range mapped {
		// What only is read may be tidied; where we write too, a key is what the system takes for it.
		m.trimKeys = !capability.CanFulfil
		known, same, err := s.isSame(ctx, d, m, k, stamps[m.table])
		if err != nil {
			return err
		}
		if same {
			continue
		}
		r, err := s.readSome(ctx, d, conn, m, known, stamps[m.table])
		if err != nil {
			return err
		}
		if r != nil {
			few = append(few, r)
			continue
		}
		left = append(left, m)
	}
	if len(left)+len(few) == 0 {
		return nil
	}
	if err := checkColumns(ctx, exporter, capability, k, left); err != nil {
		return err
	}
	var cookies map[string]string
	if conn.Tracker != nil && len(left) > 0 { // before the data, too: what happens meanwhile is told of the next time
		if cookies, err = conn.Tracker.Cookies(ctx); err != nil {
			return fmt.Errorf("look at the history of connection %s: %w", k.Identifier, err)
		}
	}
	read := make([]*tableRead, len(left))
	for i, m := range left {
		if read[i], err = s.readTable(ctx, d, exporter, m, in); err != nil {
			return err
		}
		read[i].cookie = cookies[m.table]
	}
	// Once more: had a column gone between the check and the reading, its values would all have looked empty.
	if err := checkColumns(ctx, exporter, capability, k, left); err != nil {
		return err
	}
	now, still, err := look()
	if err != nil {
		return err
	}
	stamp := func(r *tableRead) string {
		if now != token || still[r.table] != stamps[r.table] { // what was read need not be what the stamp stands for
			return ""
		}
		return stamps[r.table]
	}
	for _, r := range few {
		if err := s.keepSome(ctx, d, r, stamp(r)); err != nil {
			return err
		}
	}
	for _, r := range read {
		if err := s.keepDigests(ctx, d, r, k, stamp(r)); err != nil {
			return err
		}
	}
	return nil
}

// readSome reads the rows of a table that are enough. nil: none are, and the table has to be read.
func (s *Service) readSome(ctx context.Context, d *Delivery, conn *fulfil.Opened, m *tableMap, known *digests, stamp string) (*tableRead, error) {
	if known == nil {
		return nil, nil
	}
	r, err := s.readWritten(ctx, d, conn, m, known, stamp)
	if r == nil && err == nil {
		r, err = s.readTracked(ctx, d, conn, m, known)
	}
	if r == nil && err == nil {
		err = s.compareRows(ctx, d, m, known)
	}
	return r, err
}

// checkColumns: a mapped column that is not there would clear all its values (provisioning 7.3.5).
func checkColumns(ctx context.Context, exporter fulfil.Exporter, capability fulfil.Capability, k *system.Connection, mapped []*tableMap) error {
	if !capability.HasSchema || len(mapped) == 0 {
		return nil
	}
	tables, err := exporter.Schema(ctx)
	if err != nil {
		return fmt.Errorf("read the schema of connection %s: %w", k.Identifier, err)
	}
	for _, m := range mapped {
		i := slices.IndexFunc(tables, func(t fulfil.Table) bool { return t.Name == m.table })
		if i < 0 {
			return errs.Invalid("", "Connection %s has no table %q any more, from which %s is read. Nothing was synchronized.", k.Identifier, m.table, m.entityType.Identifier)
		}
		if len(tables[i].Columns) == 0 {
			continue
		}
		m.known = tables[i].Columns
		for _, c := range m.columns {
			if !slices.Contains(tables[i].Columns, c.column) {
				return errs.Invalid("", "Table %q of connection %s lacks the column %q, which is mapped to %s.%s. Nothing was synchronized. %s",
					m.table, k.Identifier, c.column, m.entityType.Identifier, c.property.Identifier, hasInstead(c.column, tables[i].Columns))
			}
		}
	}
	return nil
}

// hasInstead helps to see what became of a missing column.
func hasInstead(missing string, columns []string) string {
	var same []string
	for _, c := range columns {
		if strings.HasPrefix(c, missing+" (column ") { // how a file that names several columns alike is read
			same = append(same, c)
		}
	}
	if len(same) > 1 {
		return fmt.Sprintf("Several columns have that name: %s. Rename the others.", strings.Join(same, ", "))
	}
	if len(columns) == 1 && strings.ContainsAny(columns[0], ",;\t|") {
		return fmt.Sprintf("Its only column is %q: is the separator right?", columns[0])
	}
	text := "It has: " + strings.Join(columns[:min(examples, len(columns))], ", ")
	if more := len(columns) - examples; more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return text + "."
}

// staged is a row of delivery_row.
type staged struct {
	key     string
	line    int
	command string
	scalars json.RawMessage
	refs    json.RawMessage
	files   directory.Files // contents of files that it shows
}

// fileBytes is how many bytes of files are gathered before rows go to the database.
const fileBytes = 32 << 20

// fewRows are as many as are cheaper to insert one by one than with a COPY.
const fewRows = 8

// stage puts rows into delivery_row, with what the files hold that they show.
func (s *Service) stage(ctx context.Context, d *Delivery, m *tableMap, rows []staged, files directory.Files) error {
	if len(rows) == 0 {
		return nil
	}
	return db.InTx(ctx, s.DB, func(ctx context.Context, tx bun.Tx) error {
		if err := directory.KeepFiles(ctx, tx, s.Clock.Now(), files); err != nil {
			return err
		}
		if len(rows) > fewRows {
			return db.CopyIn(ctx, tx, "delivery_row", []string{"delivery_id", "entity_type_id", "key", "line", "command", "scalars", "refs"}, func(yield func([]any) bool) {
				for _, row := range rows {
					if !yield([]any{d.ID, m.entityType.ID, row.key, row.line, row.command, row.scalars, row.refs}) {
						return
					}
				}
			})
		}
		for _, row := range rows {
			if _, err := tx.NewRaw(`insert into delivery_row (delivery_id, entity_type_id, key, line, command, scalars, refs) values (?, ?, ?, ?, ?, ?, ?)`,
				d.ID, m.entityType.ID, row.key, row.line, row.command, string(row.scalars), string(row.refs)).Exec(ctx); err != nil {
				return fmt.Errorf("stage what was read: %w", err)
			}
		}
		return nil
	})
}

// readTable stages the rows of one table, without those that are what they were.
func (s *Service) readTable(ctx context.Context, d *Delivery, exporter fulfil.Exporter, m *tableMap, in RunInput) (*tableRead, error) {
	found := d.changed.table(m)
	counts := d.Counters.EntityTypes[m.entityType.Identifier]
	r := in.reporter()
	batch := make([]staged, 0, chunk)
	files := directory.Files{}
	flush := func() error {
		err := s.stage(ctx, d, m, batch, files)
		r.Count(CountRead, len(batch))
		batch = batch[:0]
		clear(files)
		return err
	}
	aside := &refusals{d: d, table: m.table, counts: &counts, reporter: r}
	n := 0
	counts.Table = m.table
	if d.Mode == Incremental && m.known != nil {
		var err error
		if m.command, err = commandColumn(in, m.known, m.table); err != nil {
			return nil, err
		}
	}
	for entry, err := range exporter.Export(ctx, m.table) {
		if err != nil {
			return nil, fmt.Errorf("read table %q: %w", m.table, err)
		}
		n++
		if n == 1 && d.Mode == Incremental && m.command == "" {
			if m.command, err = commandColumn(in, slices.Collect(maps.Keys(entry.Row)), m.table); err != nil {
				return nil, err
			}
		}
		d.Counters.Read++
		counts.Read++
		counts.Place = entry.Place
		if found.isUnchanged(entry) {
			d.Counters.Unchanged++
			counts.Unchanged++
			continue
		}
		out, wrong, err := m.clean(entry)
		if err != nil {
			return nil, err
		}
		if err := found.note(entry, out.key, wrong); err != nil {
			return nil, err
		}
		if wrong != nil {
			aside.add(*wrong)
			continue
		}
		d.Counters.Staged++
		maps.Copy(files, out.files)
		out.files = nil
		if batch = append(batch, out); len(batch) == chunk || len(files) > 0 && files.Bytes() > fileBytes {
			if err := flush(); err != nil {
				return nil, err
			}
		}
	}
	if err := ctx.Err(); err != nil { // an exporter may take the end of the context for the end of the rows
		return nil, err
	}
	if found.mixed {
		return nil, errMixed
	}
	d.changed.end(found)
	// An incremental table without commands is the whole. When it is empty and has no schema nobody can tell: it changes nothing.
	counts.Whole = d.Mode != Incremental || m.command == "" && (n > 0 || m.known != nil)
	d.Counters.EntityTypes[m.entityType.Identifier] = counts
	if err := s.setAside(ctx, d, m, aside.rows); err != nil {
		return nil, err
	}
	if limit := allowed(m.mapping, n); aside.tooMuch || counts.Rejected > limit {
		return nil, &tooManyRows{tooMany(m.table, counts.Rejected, limit, aside.first())}
	}
	return found, flush()
}

// commandColumn finds the column that holds the commands of an incremental table; "" when it has none. Validation when the one that was
// asked for is not there.
func commandColumn(in RunInput, columns []string, table string) (string, error) {
	name := in.CommandColumn
	if name == "" {
		name = "command"
	}
	if slices.Contains(columns, name) {
		return name, nil
	}
	if in.CommandColumn != "" {
		return "", errs.Invalid("", "Table %q lacks the command column %q.", table, name)
	}
	return "", nil
}
