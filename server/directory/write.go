package directory

import (
	"context"
	"embed"
	"encoding/json"
	"fmt"
	"iter"
	"slices"
	"strings"
	"time"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/schema"

	"writ/server/db"
	"writ/server/errs"
	"writ/server/event"
	"writ/server/permit"
	"writ/server/wired"
)

// Kinds of the events that this room publishes.
const (
	EventChanged = "resource.changed"
)

//go:embed sql/*.sql
var sqlFiles embed.FS

func statement(name string) string {
	raw, err := sqlFiles.ReadFile("sql/" + name + ".sql")
	if err != nil {
		panic(err) // embedded above
	}
	return string(raw)
}

// Command is what a Change does.
type Command string

const (
	Insert Command = "INSERT" // make it exist with these values; on an existing resource the same as Update
	Update Command = "UPDATE" // nothing happens when there is no such resource
	Delete Command = "DELETE" // end it; nothing happens when there is no such resource
)

// Change is a change of one resource, named by its key. A property that Scalars and Refs do not name stays as it is; an empty value
// clears it. Values are in normal form (format.go). A reference is a string (mono-valued) or a []string (collection).
type Change struct {
	EntityTypeID int64
	Key          string
	Command      Command
	Scalars      map[string]string
	Refs         map[string]any
}

// Options say how a Writer writes. Without an origin the resources count as synchronized.
type Options struct {
	Origin Origin // of what is inserted; Synced by default. Synced takes over what people added
	// DisplayName computes display names whose expression is not a simple template. key is the resource's key. Without it the label
	// falls back to the key.
	DisplayName func(entityTypeID int64, key string, scalars map[string]string) (string, error)
	Hooks
}

// Hooks are what whoever writes resources tells the rooms above. All are needed.
type Hooks struct {
	// Changed runs at the end of a write that changed something, in its transaction.
	Changed func(ctx context.Context, tx bun.Tx) error
	// Passed runs at the end of a write after which references mean other resources although nobody wrote them anew, since names passed on: keys
	// and other unique keys. passed is a query that gives them: source_id (null: wherever the name stands), property_id (null with it), name, was_id
	// and is_id, null where the name was or is nobody's.
	Passed func(ctx context.Context, tx bun.Tx, now time.Time, passed string) error
}

// Unresolved is a reference that points to nothing.
type Unresolved struct {
	EntityType string
	Key        string
	Property   string
	Value      string
}

// Counts is what a write did.
type Counts struct {
	Inserted      int
	Updated       int
	Deleted       int
	LinksInserted int
	LinksDeleted  int
	Missing       int          // updates of resources that are not there
	Unresolved    int          // references of the written resources that point to nothing
	Examples      []Unresolved // the first twenty of them
	Cycles        []string     // keys of resources in a circle of parents, cut out of their hierarchy
}

// Any reports whether anything was written.
func (c Counts) Any() bool {
	return c.Inserted+c.Updated+c.Deleted+c.LinksInserted+c.LinksDeleted > 0
}

// bulk is the number of resources from which one summary event replaces one event each.
const bulk = 1000

// large is the number of resources from which a write renews the statistics of the tables.
const large = 10_000

// Writer changes resources in one transaction: any number of Puts, then Close. One Writer per transaction at a time.
type Writer struct {
	tx     bun.Tx
	now    time.Time
	shape  *Shape
	opts   Options
	actor  string
	counts Counts

	refreshes bool            // Refresh put its own work into directory_source
	used      map[string]bool // scratch tables that have to be emptied before they are used again
}

// empty empties a scratch table that this Writer has used before.
func (w *Writer) empty(ctx context.Context, table string) error {
	if !w.used[table] {
		w.used[table] = true
		return nil
	}
	_, err := w.tx.NewRaw("truncate ?", bun.Ident(table)).Exec(ctx)
	return err
}

// Write is a Writer with one Put. A change that alters nothing writes nothing.
func Write(ctx context.Context, tx bun.Tx, now time.Time, shape *Shape, opts Options, changes []Change) (Counts, error) {
	w, err := NewWriter(ctx, tx, now, shape, opts)
	if err != nil {
		return Counts{}, err
	}
	if err := w.Put(ctx, slices.Values(changes)); err != nil {
		return Counts{}, err
	}
	return w.Close(ctx)
}

// NewWriter begins a write; it panics when a hook is missing. The actor of the context is recorded in the history.
func NewWriter(ctx context.Context, tx bun.Tx, now time.Time, shape *Shape, opts Options) (*Writer, error) {
	wired.Need("directory.NewWriter", opts.Hooks)
	if opts.Origin == "" {
		opts.Origin = Synced
	}
	if err := db.Scratch(ctx, tx, statement("open")); err != nil {
		return nil, fmt.Errorf("prepare to write resources: %w", err)
	}
	return &Writer{used: map[string]bool{}, tx: tx, now: now, shape: shape, opts: opts, actor: permit.Name(ctx)}, nil
}

// Put writes the resources of some changes; a key occurs once in them. The iterator must not use the transaction. Links, unique keys
// and events follow in Close.
func (w *Writer) Put(ctx context.Context, changes iter.Seq[Change]) error {
	n, err := w.stage(ctx, changes)
	if err != nil || n == 0 {
		return err
	}
	return w.write(ctx)
}

// PutFrom is Put with the changes that a query gives: entity_type_id, key, command, scalars, refs as JSON in normal form, null for a
// property to clear. It tells how many there were.
func (w *Writer) PutFrom(ctx context.Context, query schema.QueryWithArgs) (int, error) {
	if err := w.empty(ctx, "directory_change"); err != nil {
		return 0, err
	}
	done, err := w.tx.NewRaw("insert into directory_change (entity_type_id, key, command, scalars, refs) ?", query).Exec(ctx)
	if err != nil {
		return 0, fmt.Errorf("read changes: %w", err)
	}
	n, err := done.RowsAffected()
	if err != nil || n == 0 {
		return 0, err
	}
	return int(n), w.write(ctx)
}

// RenameFrom gives resources other keys: resource_id and key, as a query gives them. They keep their ids, and with those their links, history
// and decisions. Call it before the Puts, which then name them by their new keys. Who is gone meanwhile is left out.
func (w *Writer) RenameFrom(ctx context.Context, query schema.QueryWithArgs) error {
	_, err := w.tx.NewRaw(`insert into directory_renamed (resource_id, entity_type_id, old_key, key)
		select r.id, r.entity_type_id, r.key, v.key from (?) v join resource r on r.id = v.resource_id where r.valid_to = 'infinity' and r.key <> v.key
		order by r.id for no key update of r`, query).Exec(ctx)
	if err == nil {
		_, err = w.tx.ExecContext(ctx, statement("rename"))
	}
	if err != nil {
		return fmt.Errorf("rename resources: %w", err)
	}
	return nil
}

// write carries out what is in directory_change.
func (w *Writer) write(ctx context.Context) error {
	if err := w.empty(ctx, "directory_next"); err != nil {
		return err
	}
	if _, err := w.tx.ExecContext(ctx, "analyze directory_change"); err != nil {
		return err
	}
	if _, err := w.tx.ExecContext(ctx, statement("next"), w.opts.Origin, w.now); err != nil {
		return fmt.Errorf("compare resources: %w", err)
	}
	if err := w.label(ctx); err != nil {
		return err
	}
	var missing int
	var done []struct {
		Command string
		N       int
	}
	err := w.tx.NewRaw("select command, count(*) as n from directory_next group by command").Scan(ctx, &done)
	if err != nil {
		return err
	}
	err = w.tx.NewRaw(`select count(*) from directory_change c where c.command = 'UPDATE' and not exists (
		select 1 from resource r where r.entity_type_id = c.entity_type_id and r.key = c.key and r.valid_to = 'infinity')`).Scan(ctx, &missing)
	if err != nil {
		return err
	}
	w.counts.Missing += missing
	for _, d := range done {
		switch d.Command {
		case "I", "R":
			w.counts.Inserted += d.N
		case "U":
			w.counts.Updated += d.N
		case "D":
			w.counts.Deleted += d.N
		}
	}
	if len(done) == 0 {
		return nil
	}
	if _, err := w.tx.ExecContext(ctx, statement("apply"), w.now, w.actor, w.opts.Origin); err != nil {
		return fmt.Errorf("write resources: %w", err)
	}
	return nil
}

// stage copies the changes into directory_change.
func (w *Writer) stage(ctx context.Context, changes iter.Seq[Change]) (n int, err error) {
	if err := w.empty(ctx, "directory_change"); err != nil {
		return 0, err
	}
	var failed error
	err = db.CopyIn(ctx, w.tx, "directory_change", []string{"entity_type_id", "key", "command", "scalars", "refs"}, func(yield func([]any) bool) {
		for c := range changes {
			scalars, refs, err := encode(c)
			if err != nil {
				failed = err
				return
			}
			n++
			if !yield([]any{c.EntityTypeID, c.Key, string(c.Command), scalars, refs}) {
				return
			}
		}
	})
	if failed != nil {
		return 0, failed
	}
	return n, err
}

// encode writes the values as JSON; null stands for "clear".
func encode(c Change) (scalars, refs json.RawMessage, err error) {
	if c.Key == "" {
		return nil, nil, errs.Invalid("key", "A resource needs a key.")
	}
	if c.Command == Delete {
		return json.RawMessage("{}"), json.RawMessage("{}"), nil
	}
	s := make(map[string]*string, len(c.Scalars))
	for name, value := range c.Scalars {
		if strings.ContainsRune(value, 0) || strings.ContainsRune(c.Key, 0) {
			return nil, nil, errs.Invalid(name, "The value of %s of %q contains a NUL character, which cannot be stored.", name, c.Key)
		}
		if value != "" {
			s[name] = &value
		} else {
			s[name] = nil
		}
	}
	r := make(map[string]any, len(c.Refs))
	for name, value := range c.Refs {
		if r[name], err = normalRef(value); err != nil {
			return nil, nil, err
		}
	}
	if scalars, err = json.Marshal(s); err != nil {
		return nil, nil, err
	}
	refs, err = json.Marshal(r)
	return scalars, refs, err
}

// normalRef gives the stored form of a reference: nil, a text, or a sorted list without duplicates.
func normalRef(value any) (any, error) {
	var keys []string
	switch v := value.(type) {
	case nil:
		return nil, nil
	case string:
		if v == "" {
			return nil, nil
		}
		return v, nil
	case []string:
		keys = slices.Clone(v)
	case []any:
		for _, item := range v {
			key, ok := item.(string)
			if !ok {
				return nil, fmt.Errorf("a reference holds a %T", item)
			}
			keys = append(keys, key)
		}
	default:
		return nil, fmt.Errorf("a reference is a %T", value)
	}
	slices.Sort(keys)
	keys = slices.DeleteFunc(slices.Compact(keys), func(k string) bool { return k == "" })
	if len(keys) == 0 {
		return nil, nil
	}
	return keys, nil
}

// label fills in the display names of directory_next: in SQL where the rule is simple, by the hook where it is not.
func (w *Writer) label(ctx context.Context) error {
	var types []int64
	err := w.tx.NewRaw("select distinct entity_type_id from directory_next where command in ('I', 'U', 'R') order by 1").Scan(ctx, &types)
	if err != nil || len(types) == 0 {
		return err
	}
	cases, hooked := labelCases(w.shape, types)
	if _, err := w.tx.NewRaw("update directory_next n set display_name = ? where command in ('I', 'U', 'R')", cases).Exec(ctx); err != nil {
		return fmt.Errorf("compute display names: %w", err)
	}
	if len(hooked) == 0 || w.opts.DisplayName == nil {
		return nil
	}
	var rows []struct {
		EntityTypeID int64
		Key          string
		Scalars      map[string]string `bun:"type:jsonb"`
	}
	err = w.tx.NewRaw("select entity_type_id, key, scalars from directory_next where command in ('I', 'U', 'R') and entity_type_id in (?)", bun.List(hooked)).Scan(ctx, &rows)
	if err != nil {
		return err
	}
	ids, keys, names := make([]int64, len(rows)), make([]string, len(rows)), make([]string, len(rows))
	for i, r := range rows {
		ids[i], keys[i], names[i] = r.EntityTypeID, r.Key, w.hookedLabel(r.EntityTypeID, r.Key, r.Scalars)
	}
	_, err = w.tx.NewRaw(`update directory_next n set display_name = v.name from unnest(?::bigint[], ?::text[], ?::text[]) v (type, key, name)
		where n.entity_type_id = v.type and n.key = v.key`, array(ids), array(keys), array(names)).Exec(ctx)
	return err
}

// hookedLabel asks the hook; the key when it fails, for a broken label must not keep the data out.
func (w *Writer) hookedLabel(entityTypeID int64, key string, scalars map[string]string) string {
	name, err := w.opts.DisplayName(entityTypeID, key, scalars)
	if err != nil || strings.TrimSpace(name) == "" || strings.ContainsRune(name, 0) {
		return key
	}
	if long := []rune(name); len(long) > maxLabel {
		return string(long[:maxLabel])
	}
	return name
}

// Close derives what follows from the resources written: unique keys, links, hierarchies, changed_resource, events, and the hook.
func (w *Writer) Close(ctx context.Context) (Counts, error) {
	var touched int
	if err := w.tx.NewRaw("select count(*) from directory_touched").Scan(ctx, &touched); err != nil {
		return Counts{}, err
	}
	if touched == 0 && !w.refreshes {
		return w.counts, nil
	}
	if _, err := w.tx.ExecContext(ctx, "analyze directory_touched"); err != nil {
		return Counts{}, err
	}
	if err := w.links(ctx); err != nil {
		return Counts{}, fmt.Errorf("derive links: %w", err)
	}
	if err := w.closures(ctx); err != nil {
		return Counts{}, fmt.Errorf("derive hierarchies: %w", err)
	}
	if _, err := w.tx.ExecContext(ctx, "analyze directory_link_change; analyze directory_moved;"+statement("changed"), w.now); err != nil {
		return Counts{}, fmt.Errorf("mark changed resources: %w", err)
	}
	if touched > large { // the tables look different now; autovacuum would notice in a minute, the next query comes at once
		if _, err := w.tx.ExecContext(ctx, "analyze resource; analyze resource_link; analyze changed_resource; analyze unresolved_ref"); err != nil {
			return Counts{}, err
		}
	}
	if err := w.pass(ctx); err != nil {
		return Counts{}, fmt.Errorf("follow names that passed on: %w", err)
	}
	if err := w.publish(ctx, touched); err != nil {
		return Counts{}, err
	}
	if w.counts.Any() {
		if err := w.opts.Changed(ctx, w.tx); err != nil {
			return Counts{}, err
		}
	}
	if touched > large { // nobody keeps it for the rest of the session
		if err := db.EmptyScratch(ctx, w.tx, statement("open")); err != nil {
			return Counts{}, err
		}
	}
	return w.counts, nil
}

// pass tells of the references that mean other resources now.
func (w *Writer) pass(ctx context.Context) error {
	var any bool
	if err := w.tx.NewRaw("select exists (select from directory_passed)").Scan(ctx, &any); err != nil || !any {
		return err
	}
	if _, err := w.tx.ExecContext(ctx, "analyze directory_passed"); err != nil {
		return err
	}
	return w.opts.Passed(ctx, w.tx, w.now, "select source_id, property_id, name, was_id, is_id from directory_passed")
}

var verbs = map[string]string{"I": "inserted", "R": "inserted", "U": "updated", "D": "deleted"}

// publish tells of each resource, or in a bulk load how many of each entity type.
func (w *Writer) publish(ctx context.Context, touched int) error {
	var events []event.Event
	if touched > bulk {
		var rows []struct {
			EntityTypeID int64
			Command      string
			N            int
		}
		err := w.tx.NewRaw("select entity_type_id, command, count(*) as n from directory_touched group by 1, 2 order by 1, 2").Scan(ctx, &rows)
		if err != nil {
			return err
		}
		sums := map[int64]map[string]int{}
		for _, r := range rows {
			if sums[r.EntityTypeID] == nil {
				sums[r.EntityTypeID] = map[string]int{"inserted": 0, "updated": 0, "deleted": 0}
				events = append(events, event.Event{Kind: EventChanged, SubjectType: "entity_type", SubjectID: r.EntityTypeID,
					SourceEntityType: w.typeName(r.EntityTypeID), Data: sums[r.EntityTypeID]})
			}
			sums[r.EntityTypeID][verbs[r.Command]] += r.N
		}
		return event.Publish(ctx, w.tx, w.now, events...)
	}
	var rows []struct {
		ID           int64
		EntityTypeID int64
		Key          string
		Command      string
	}
	err := w.tx.NewRaw(`select r.id, r.entity_type_id, r.key, t.command from directory_touched t join resource r on r.id = t.resource_id order by r.id`).Scan(ctx, &rows)
	if err != nil {
		return err
	}
	for _, r := range rows {
		events = append(events, event.Event{Kind: EventChanged, SubjectType: "resource", SubjectID: r.ID, SourceEntityType: w.typeName(r.EntityTypeID),
			OwnerID: r.ID, Data: map[string]string{"change": verbs[r.Command], "entityType": w.typeName(r.EntityTypeID), "key": r.Key}})
	}
	return event.Publish(ctx, w.tx, w.now, events...)
}

func (w *Writer) typeName(id int64) string {
	if t := w.shape.EntityTypes[id]; t != nil {
		return t.Identifier
	}
	return ""
}
