package order

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"

	"writ/server/assignment"
	"writ/server/clock"
	"writ/server/db"
	"writ/server/dbtest"
	"writ/server/directory"
	"writ/server/errs"
	"writ/server/evaluation"
	"writ/server/fulfil"
	"writ/server/permit"
)

// world is a small organisation: people, one managed system with accounts and groups, one resource type.
type world struct {
	t          *testing.T
	ctx        context.Context // a person who may do everything
	s          *Service
	fake       *fake
	userType   int64
	account    int64
	group      int64
	connector  int64
	connection int64
	rt         int64
	owners     []int64
	arts       []int64
	mu         sync.Mutex
	dirty      []int64
	executed   []int64
}

func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }

// setup makes a world with n people (default 3), each with an assigned resource type and no account yet.
func setup(t *testing.T, n ...int) *world {
	t.Helper()
	b := dbtest.MustOpen(t)
	w := &world{t: t, fake: newFake(), ctx: permit.With(t.Context(), &permit.Actor{Username: "ann", System: true})}
	w.s = w.service(b)
	w.connector = w.id(`insert into connector (identifier, display_name, mode) values ('LDAP', 'Directory', 'continuous') returning id`)
	w.connection = w.id(`insert into connection (connector_id, identifier, display_name, package) values (?, 'ldap', 'ldap', 'fake') returning id`, w.connector)
	w.userType = w.id(`insert into entity_type (identifier, display_name, initialized_at) values ('Directory_User', 'User', now()) returning id`)
	w.account = w.id(`insert into entity_type (identifier, display_name, connector_id) values ('LDAP_Entry', 'Entry', ?) returning id`, w.connector)
	w.group = w.id(`insert into entity_type (identifier, display_name, connector_id) values ('LDAP_Group', 'Group', ?) returning id`, w.connector)
	w.exec(`insert into entity_mapping (entity_type_id, connection_id, source_table) values (?, ?, 'entries')`, w.account, w.connection)
	for i, p := range []string{"uid", "sn", "mail"} {
		id := w.id(`insert into property (entity_type_id, identifier, display_name, type, position) values (?, ?, ?, 'STRING', ?) returning id`, w.account, p, "The "+p, i)
		w.exec(`insert into property_mapping (property_id, entity_type_id, column_name, is_primary_key) values (?, ?, ?, ?)`, id, w.account, p, p == "uid")
	}
	id := w.id(`insert into property (entity_type_id, identifier, display_name, type, is_collection, target_entity_type_id, position)
		values (?, 'groups', 'Groups', 'FOREIGN_KEY', true, ?, 9) returning id`, w.account, w.group)
	w.exec(`insert into property_mapping (property_id, entity_type_id, column_name) values (?, ?, 'memberOf')`, id, w.account)
	w.exec(`insert into property (entity_type_id, identifier, display_name, type) values (?, 'Department', 'Department', 'STRING')`, w.userType)
	policy := w.id(`insert into policy (identifier, display_name) values ('p', 'P') returning id`)
	w.rt = w.id(`insert into resource_type (identifier, display_name, policy_id, source_entity_type_id, target_entity_type_id, connection_id)
		values ('LDAP_User', 'LDAP account', ?, ?, ?, ?) returning id`, policy, w.userType, w.account, w.connection)
	people := 3
	if len(n) > 0 {
		people = n[0]
	}
	for i := range people {
		owner := w.id(`insert into resource (entity_type_id, key, display_name, scalars, valid_from) values (?, ?, ?, ?::jsonb, now()) returning id`,
			w.userType, fmt.Sprintf("U%03d", i), fmt.Sprintf("Person %03d", i), `{"Department": "Sales"}`)
		w.owners = append(w.owners, owner)
		w.arts = append(w.arts, w.id(`insert into assigned_resource_type (owner_id, resource_type_id, workflow_state, workflow_state_changed_at, is_expected, valid_from)
			values (?, ?, 18, now(), true, now()) returning id`, owner, w.rt))
	}
	return w
}

// service makes another process's service on the same database.
func (w *world) service(b *bun.DB) *Service {
	s := New(b, clock.New(), quiet(), &directory.Shapes{}, dbtest.Idle(Hooks{IsManual: func(pkg string) bool { return strings.HasPrefix(pkg, "manual") }}))
	s.Open = func(context.Context, int64) (*fulfil.Opened, fulfil.Capability, error) {
		return w.fake.opened(), fulfil.Capability{}, nil
	}
	s.MarkDirty = func(_ context.Context, _ bun.IDB, _ string, ids ...int64) error {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.dirty = append(w.dirty, ids...)
		return nil
	}
	s.AfterExecuted = func(_ context.Context, _ bun.Tx, list []Executed) error {
		w.mu.Lock()
		defer w.mu.Unlock()
		for _, x := range list {
			if !slices.Contains(w.executed, x.ConnectorID) {
				w.executed = append(w.executed, x.ConnectorID)
			}
		}
		return nil
	}
	return s
}

func (w *world) id(sql string, args ...any) (id int64) {
	w.t.Helper()
	require.NoError(w.t, w.s.DB.NewRaw(sql, args...).Scan(w.t.Context(), &id))
	return id
}

func (w *world) exec(sql string, args ...any) {
	w.t.Helper()
	_, err := w.s.DB.ExecContext(w.t.Context(), sql, args...)
	require.NoError(w.t, err)
}

// manual makes the connection one of tickets.
func (w *world) manual() { w.exec("update connection set package = 'manual-ticket'") }

func (w *world) later(d time.Duration) { w.s.Clock.SetOffset(w.s.Clock.Offset() + d) }

// line is a delta of a new line that enters in a state.
func line(property string, a evaluation.LineAction, proposed string, to State) evaluation.LineDelta {
	return evaluation.LineDelta{Property: property, Action: a, Proposed: proposed, To: to, Verb: string(verbTo(to)), Workflow: evaluation.Calculated,
		IsMapped: true, ReviewRequired: to == evaluation.AwaitingApproval}
}

// creation plans the account of person i, all lines in one state.
func (w *world) creation(i int, to State) assignment.PlannedOrder {
	return w.planned(i, &evaluation.OrderDelta{Kind: evaluation.Create, Lines: []evaluation.LineDelta{
		line("", evaluation.LineCreate, "", to), line("uid", evaluation.LineSet, fmt.Sprintf("u%03d", i), to), line("sn", evaluation.LineSet, "Lang", to),
	}})
}

// target gives person i an account that exists.
func (w *world) target(i int) int64 {
	id := w.id(`insert into resource (entity_type_id, key, display_name, scalars, valid_from) values (?, ?, ?, ?::jsonb, now()) returning id`, w.account,
		fmt.Sprintf("u%03d", i), fmt.Sprintf("u%03d", i), `{"sn": "Old"}`)
	w.exec("update assigned_resource_type set resource_id = ? where id = ?", id, w.arts[i])
	w.fake.put(fmt.Sprintf("u%03d", i), fulfil.Row{"uid": fmt.Sprintf("u%03d", i), "sn": "Old"})
	return id
}

// change plans a new value of sn for the account of person i.
func (w *world) change(i int, target int64, value string, to State) assignment.PlannedOrder {
	return w.planned(i, &evaluation.OrderDelta{Kind: evaluation.Update, TargetID: target, Lines: []evaluation.LineDelta{line("sn", evaluation.LineSet, value, to)}})
}

// deletion plans the end of the account of person i.
func (w *world) deletion(i int, target int64, to State) assignment.PlannedOrder {
	return w.planned(i, &evaluation.OrderDelta{Kind: evaluation.Delete, TargetID: target, Lines: []evaluation.LineDelta{line("", evaluation.LineDelete, "", to)}})
}

func (w *world) planned(i int, d *evaluation.OrderDelta) assignment.PlannedOrder {
	return assignment.PlannedOrder{AssignedResourceTypeID: w.arts[i], OwnerID: w.owners[i], SourceEntityTypeID: w.userType, ResourceTypeID: w.rt, Delta: d}
}

func (w *world) plan(planned ...assignment.PlannedOrder) {
	w.t.Helper()
	require.NoError(w.t, db.InTx(w.t.Context(), w.s.DB, func(ctx context.Context, tx bun.Tx) error {
		return w.s.Policy(ctx, tx, w.s.Clock.Now(), planned)
	}))
}

func (w *world) generate() *Generation {
	w.t.Helper()
	g, err := w.s.Generate(w.t.Context(), GenerateInput{Connector: "LDAP", JobInstanceID: 1})
	require.NoError(w.t, err)
	return g
}

func (w *world) drain() {
	w.t.Helper()
	require.NoError(w.t, w.s.Drain(w.t.Context(), w.connection))
}

// order reads the newest order of person i.
func (w *world) order(i int) *Order {
	w.t.Helper()
	id := w.id("select coalesce(max(id), 0) from provisioning_order where assigned_resource_type_id = ?", w.arts[i])
	require.NotZero(w.t, id, "person %d has no order", i)
	o, err := w.s.Get(w.ctx, id, Selection{All: true, History: true, Attempts: true})
	require.NoError(w.t, err)
	return o
}

// lines gives the states of the newest order of person i by property.
func (w *world) lines(i int) map[string]int {
	w.t.Helper()
	m := map[string]int{}
	for _, l := range w.order(i).BroughtLines() {
		m[string(l.Verb)+" "+l.PropertyName] = l.StateCode()
	}
	return m
}

func (w *world) lineOf(i int, property string) *OrderLine {
	w.t.Helper()
	for _, l := range w.order(i).BroughtLines() {
		if l.PropertyName == property && l.ClosedAt == nil {
			return l
		}
	}
	require.Fail(w.t, "no line", property)
	return nil
}

// events reads the data of the events of a kind, oldest first.
func (w *world) events(kind string) []json.RawMessage {
	w.t.Helper()
	var rows []json.RawMessage
	require.NoError(w.t, w.s.DB.NewRaw("select data from event where kind = ? order by id", kind).Scan(w.t.Context(), &rows))
	return rows
}

// fake is a managed system in memory.
type fake struct {
	mu      sync.Mutex
	rows    map[string]fulfil.Row
	calls   []fulfil.Change
	reads   int
	answer  func(c fulfil.Change) *fulfil.Receipt // nil: as the system would
	before  func(c fulfil.Change)                 // runs outside the lock
	drop    bool                                  // apply, then lose the answer
	readErr error                                 // reading fails
	shut    error                                 // asking for a way in fails
	checks  int                                   // how often it was asked for one
}

func newFake() *fake { return &fake{rows: map[string]fulfil.Row{}} }

func (f *fake) put(key string, r fulfil.Row) { f.mu.Lock(); defer f.mu.Unlock(); f.rows[key] = r }

func (f *fake) get(key string) fulfil.Row { f.mu.Lock(); defer f.mu.Unlock(); return f.rows[key] }

func (f *fake) count() int { f.mu.Lock(); defer f.mu.Unlock(); return len(f.calls) }

func (f *fake) set(fn func(c fulfil.Change) *fulfil.Receipt) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.answer = fn
}

func (f *fake) opened() *fulfil.Opened { return &fulfil.Opened{Connector: f, Applier: f, Reader: f} }

func (f *fake) Close() error { return nil }

func (f *fake) Check(context.Context) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.checks++
	return f.shut
}

// goAway makes nothing of it be reached any more; comeBack is the end of that.
func (f *fake) goAway() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.shut = errs.New(errs.Unavailable, "no route to host")
	f.readErr = f.shut
	f.answer = answerWith(fulfil.Unreachable, "no route to host")
}

func (f *fake) comeBack() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.shut, f.readErr, f.answer = nil, nil, nil
}

func (f *fake) Apply(_ context.Context, c fulfil.Change) fulfil.Receipt {
	f.mu.Lock()
	before := f.before
	f.mu.Unlock()
	if before != nil {
		before(c)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.calls = append(f.calls, c)
	if f.answer != nil {
		if r := f.answer(c); r != nil {
			return *r
		}
	}
	r := f.write(c)
	if f.drop {
		return fulfil.Receipt{Outcome: fulfil.Unknown, Message: "connection reset"}
	}
	return r
}

func (f *fake) write(c fulfil.Change) fulfil.Receipt {
	row, found := f.rows[c.Key]
	switch c.Type {
	case fulfil.Deleted:
		delete(f.rows, c.Key)
		if !found {
			return fulfil.Receipt{Outcome: fulfil.AlreadySo}
		}
		return fulfil.Receipt{Outcome: fulfil.Done}
	case fulfil.Modified:
		if !found {
			return fulfil.Receipt{Outcome: fulfil.NotFound, Message: "no such entry"}
		}
	case fulfil.Added:
		if found && inPlace(c, row) {
			return fulfil.Receipt{Outcome: fulfil.AlreadySo, CreatedKey: c.Key}
		}
		row = fulfil.Row{}
		f.rows[c.Key] = row
	}
	for column, v := range c.Changes {
		row[column] = text(v)
	}
	return fulfil.Receipt{Outcome: fulfil.Done}
}

func (f *fake) Read(_ context.Context, _, _, key string) (fulfil.Row, bool, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.reads++
	if f.readErr != nil {
		return nil, false, f.readErr
	}
	row, ok := f.rows[key]
	return row, ok, nil
}

var (
	_ fulfil.Applier = (*fake)(nil)
	_ fulfil.Reader  = (*fake)(nil)
)
