package order

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"writ/server/evaluation"
	"writ/server/fulfil"
)

// keyed is a managed system whose rows are found by their keys only: sn says whose a row is. It watches that no key is in two hands.
type keyed struct {
	w      *world
	mu     sync.Mutex
	rows   map[string]string // owner by key
	busy   map[string]int64  // order by key, while it is called
	fate   func() string     // what becomes of the next call
	faults []string
	calls  int
}

func (k *keyed) opened() *fulfil.Opened {
	return &fulfil.Opened{Connector: k, Applier: k, Reader: k, Exchanger: k}
}
func (k *keyed) Check(context.Context) error { return nil }
func (k *keyed) Close() error                { return nil }

func keysOf(c fulfil.Change) []string {
	keys := []string{c.Key}
	if name := text(c.Changes["uid"]); name != "" && name != c.Key {
		keys = append(keys, name)
	}
	return keys
}

func (k *keyed) fault(format string, args ...any) {
	k.faults = append(k.faults, fmt.Sprintf(format, args...))
}

// enter notes that orders are being called: none of their keys is in other hands, neither now nor called and not answered.
func (k *keyed) enter(list []fulfil.Change) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, c := range list {
		for _, key := range keysOf(c) {
			mine := slices.ContainsFunc(list, func(o fulfil.Change) bool { return o.OrderID == k.busy[key] })
			if other := k.busy[key]; other != 0 && !mine {
				k.fault("order %d touches %s while order %d does", c.OrderID, key, other)
			}
			k.busy[key] = c.OrderID
		}
		var silent []int64
		ids := []int64{}
		for _, o := range list {
			ids = append(ids, o.OrderID)
		}
		err := k.w.s.DB.NewRaw(`select distinct x.id from order_key m join order_line ml on ml.id = m.line_id and ml.closed_at is null
			join order_key o on o.key = m.key and o.order_id <> m.order_id join order_line ol on ol.id = o.line_id and ol.closed_at is null and ol.state in (1, 2)
			join provisioning_order x on x.id = o.order_id and x.closed_at is null and x.called_at is not null
			where m.order_id = ? and not x.id = any(?)`, c.OrderID, arrayOf(ids)).Scan(context.Background(), &silent)
		if err != nil {
			k.fault("look for silent orders: %v", err)
		}
		if len(silent) > 0 {
			k.fault("order %d is called while orders %v with the same key were called and not answered", c.OrderID, silent)
		}
	}
}

func (k *keyed) leave(list []fulfil.Change) {
	for _, c := range list {
		for _, key := range keysOf(c) {
			if k.busy[key] == c.OrderID {
				delete(k.busy, key)
			}
		}
	}
}

func (k *keyed) Apply(_ context.Context, c fulfil.Change) fulfil.Receipt {
	k.enter([]fulfil.Change{c})
	time.Sleep(time.Millisecond)
	k.mu.Lock()
	defer k.mu.Unlock()
	defer k.leave([]fulfil.Change{c})
	k.calls++
	switch k.next() {
	case "refuse":
		return fulfil.Receipt{Outcome: fulfil.Refused, Message: "no"}
	case "unreachable":
		return fulfil.Receipt{Outcome: fulfil.Unreachable, Message: "no route"}
	case "lost before":
		return fulfil.Receipt{Outcome: fulfil.Unknown, Message: "reset"}
	case "lost after":
		k.write(c)
		return fulfil.Receipt{Outcome: fulfil.Unknown, Message: "reset"}
	}
	return k.write(c)
}

func (k *keyed) next() string {
	if k.fate == nil {
		return ""
	}
	return k.fate()
}

func (k *keyed) write(c fulfil.Change) fulfil.Receipt {
	owner, found := k.rows[c.Key]
	switch c.Type {
	case fulfil.Deleted:
		if !found {
			return fulfil.Receipt{Outcome: fulfil.AlreadySo}
		}
		delete(k.rows, c.Key)
	case fulfil.Added:
		mine := text(c.Changes["sn"])
		if found && owner == mine {
			return fulfil.Receipt{Outcome: fulfil.AlreadySo, CreatedKey: c.Key}
		}
		if found {
			return fulfil.Receipt{Outcome: fulfil.Conflict, Message: c.Key + " is there"}
		}
		k.rows[c.Key] = mine
	default:
		name := text(c.Changes["uid"])
		switch {
		case !found:
			return fulfil.Receipt{Outcome: fulfil.NotFound, Message: "no such entry"}
		case name != c.Key && k.rows[name] != "":
			return fulfil.Receipt{Outcome: fulfil.Conflict, Message: name + " is there"}
		}
		delete(k.rows, c.Key)
		k.rows[name] = owner
	}
	return fulfil.Receipt{Outcome: fulfil.Done}
}

func (k *keyed) ApplyTogether(_ context.Context, list []fulfil.Change) []fulfil.Receipt {
	k.enter(list)
	k.mu.Lock()
	defer k.mu.Unlock()
	defer k.leave(list)
	k.calls += len(list)
	all := func(o fulfil.Outcome) []fulfil.Receipt {
		return slices.Repeat([]fulfil.Receipt{{Outcome: o, Message: "together"}}, len(list))
	}
	before := maps.Clone(k.rows)
	fate := k.next()
	switch fate {
	case "refuse":
		return all(fulfil.Refused)
	case "unreachable":
		return all(fulfil.Unreachable)
	case "lost before":
		return all(fulfil.Unknown)
	}
	owners := make([]string, len(list))
	for i, c := range list {
		owners[i] = before[c.Key]
		if c.Type != fulfil.Added && owners[i] == "" {
			return all(fulfil.NotFound)
		}
		delete(k.rows, c.Key)
	}
	for i, c := range list {
		key, owner := text(c.Changes["uid"]), owners[i]
		switch {
		case c.Type == fulfil.Deleted:
			continue
		case c.Type == fulfil.Added:
			owner = text(c.Changes["sn"])
		}
		if k.rows[key] != "" {
			k.rows = before
			return all(fulfil.Conflict)
		}
		k.rows[key] = owner
	}
	if fate == "lost after" {
		return all(fulfil.Unknown)
	}
	return all(fulfil.Done)
}

func (k *keyed) Read(_ context.Context, _, _, key string) (fulfil.Row, bool, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	owner, found := k.rows[key]
	return fulfil.Row{"uid": key, "sn": owner}, found, nil
}

// sequenceModel is the company behind it: everybody wants one key or none, no two the same.
type sequenceModel struct {
	*world
	k     *keyed
	wants []string
	left  []leftover // what workers that died, or are only slow, have in hand
}

// leftover is what one claim gave: not called yet, or called and not answered.
type leftover struct {
	list   []*errand
	called []answer
}

func owner(i int) string { return fmt.Sprintf("person %d", i) }

// held gives the key of a person's target as the directory knows it.
func (m *sequenceModel) held(i int) (target int64, key string) {
	var rows []struct {
		ID  int64
		Key string
	}
	require.NoError(m.t, m.s.DB.NewRaw(`select r.id, r.key from assigned_resource_type a join resource r on r.id = a.resource_id and r.valid_to = 'infinity' where a.id = ?`, m.arts[i]).Scan(m.ctx, &rows))
	if len(rows) == 0 {
		return 0, ""
	}
	return rows[0].ID, rows[0].Key
}

// evaluate is what an evaluation wants of one person: it leaves alone what is out, and withdraws what is wrong.
func (m *sequenceModel) evaluate(i int) {
	var open []struct {
		ID                 int64
		Kind               string
		InFlight, IsSilent bool
	}
	require.NoError(m.t, m.s.DB.NewRaw(`select id, kind, lease_owner is not null or called_at is not null as in_flight, has_silent or 8 = any(states) as is_silent from provisioning_order
		where assigned_resource_type_id = ? and closed_at is null`, m.arts[i]).Scan(m.ctx, &open))
	target, key := m.held(i)
	var d *evaluation.OrderDelta
	switch {
	case key == m.wants[i]:
	case m.wants[i] == "":
		d = &evaluation.OrderDelta{Kind: evaluation.Delete, TargetID: target, Lines: []evaluation.LineDelta{line("", evaluation.LineDelete, "", 1)}}
	case target == 0:
		d = &evaluation.OrderDelta{Kind: evaluation.Create, Lines: []evaluation.LineDelta{line("", evaluation.LineCreate, "", 1), line("uid", evaluation.LineSet, m.wants[i], 1), line("sn", evaluation.LineSet, owner(i), 1)}}
	default:
		d = &evaluation.OrderDelta{Kind: evaluation.Update, TargetID: target, Lines: []evaluation.LineDelta{line("uid", evaluation.LineSet, m.wants[i], 1)}}
	}
	if len(open) > 0 {
		if open[0].InFlight || open[0].IsSilent {
			return
		}
		proposed := ""
		if l, err := m.s.selectLines(m.ctx, m.s.DB, []int64{open[0].ID}); err == nil {
			for _, x := range l[open[0].ID] {
				if x.PropertyName == "uid" && x.ClosedAt == nil {
					proposed = text(x.ProposedValue)
				}
			}
		}
		if d != nil && string(d.Kind) == open[0].Kind && proposed == m.wants[i] {
			return
		}
		m.plan(m.planned(i, &evaluation.OrderDelta{OrderID: open[0].ID, Withdraw: true}))
	}
	if d != nil {
		m.plan(m.planned(i, d))
	}
}

// read is a synchronization and the evaluation after it: targets are found by whose they are, what was carried out is verified.
func (m *sequenceModel) read() {
	m.k.mu.Lock()
	keys := map[string]string{}
	for key, who := range m.k.rows {
		keys[who] = key
	}
	m.k.mu.Unlock()
	m.exec("update connector set last_synchronized_at = now() where id = ?", m.connector)
	for i := range m.arts {
		target, key := m.held(i)
		now := keys[owner(i)]
		switch {
		case now == key:
		case now == "":
			m.exec("update resource set valid_to = now() where id = ?", target)
			m.exec("update assigned_resource_type set resource_id = null, created_key = null where id = ?", m.arts[i])
		case target != 0:
			m.exec("update resource set key = '~' || id where key = ? and id <> ? and entity_type_id = ? and valid_to = 'infinity'", now, target, m.account) // read as a whole
			m.exec("update resource set key = ?, scalars = jsonb_build_object('uid', ?::text, 'sn', ?::text) where id = ?", now, now, owner(i), target)
		default:
			m.exec("update resource set valid_to = now() where key = ? and entity_type_id = ? and valid_to = 'infinity'", now, m.account)
			id := m.id(`insert into resource (entity_type_id, key, display_name, scalars, valid_from) values (?, ?, ?, jsonb_build_object('uid', ?::text, 'sn', ?::text), now()) returning id`, m.account, now, now, now, owner(i))
			m.exec("update assigned_resource_type set resource_id = ? where id = ?", id, m.arts[i])
		}
	}
	for i := range m.arts {
		var done []int64
		require.NoError(m.t, m.s.DB.NewRaw(`select id from provisioning_order where assigned_resource_type_id = ? and closed_at is null and 8 = any(states) and lease_owner is null`, m.arts[i]).Scan(m.ctx, &done))
		for _, id := range done {
			lines, err := m.s.selectLines(m.ctx, m.s.DB, []int64{id})
			require.NoError(m.t, err)
			d := &evaluation.OrderDelta{OrderID: id, Kind: evaluation.Update}
			for _, l := range lines[id] {
				if l.ClosedAt == nil && l.Code == evaluation.Executed {
					x := line(l.PropertyName, l.Verb, text(l.ProposedValue), evaluation.Verified)
					x.LineID, x.Verb, x.Close, x.WaitReason = l.ID, string(Verify), true, "none"
					d.Lines = append(d.Lines, x)
				}
			}
			d.Close = len(d.Lines) > 0
			m.plan(m.planned(i, d))
		}
		m.evaluate(i)
	}
}

// expire lets the leases of dead workers run out.
func (m *sequenceModel) expire() {
	m.exec("update provisioning_order set lease_until = clock_timestamp() - interval '1 second' where lease_owner is not null")
}

// claimed takes errands as a worker does, and leaves them.
func (m *sequenceModel) claimed(r *rapid.T) int {
	list, err := m.s.claim(m.ctx, m.connection, rapid.IntRange(1, 4).Draw(r, "claimed"))
	require.NoError(r, err)
	m.left = append(m.left, leftover{list: list})
	return len(m.left) - 1
}

// called calls what a worker took and still holds, without writing the answers. What has to be read back is left to the drain.
func (m *sequenceModel) called(r *rapid.T, n int) {
	together, alone := swaps(m.left[n].list)
	m.left[n].list = nil
	for _, e := range alone {
		together = append(together, []*errand{e})
	}
	for _, group := range together {
		if slices.ContainsFunc(group, func(e *errand) bool { return e.ReadBack || e.IsTaken || e.refusal != nil || e.Change.Key == "" }) {
			continue
		}
		held, err := m.s.markCalled(m.ctx, group)
		require.NoError(r, err)
		switch {
		case len(held) < len(group):
		case len(group) > 1:
			changes := make([]fulfil.Change, len(group))
			for i, e := range group {
				changes[i] = e.Change
			}
			for i, receipt := range m.k.ApplyTogether(m.ctx, changes) {
				m.left[n].called = append(m.left[n].called, answer{group[i], receipt})
			}
		default:
			m.left[n].called = append(m.left[n].called, answer{group[0], m.k.Apply(m.ctx, group[0].Change)})
		}
	}
}

func (m *sequenceModel) unblock() {
	var ids []int64
	require.NoError(m.t, m.s.DB.NewRaw("select id from provisioning_order where closed_at is null and 3 = any(states) order by id").Scan(m.ctx, &ids))
	if len(ids) > 0 {
		_, err := m.s.Unblock(m.ctx, BulkOrdersInput{OrderIDs: ids})
		require.NoError(m.t, err)
	}
}

// end lets everything work again: then everybody gets what he wants.
func (m *sequenceModel) end(r *rapid.T) {
	m.k.fate, m.left = nil, nil
	var state []string
	for range 12 {
		m.expire()
		m.later(10 * time.Minute)
		require.NoError(r, m.s.Sweep(m.ctx))
		m.read()
		m.generate()
		m.drain()
		m.read()
		m.unblock()
		require.Empty(r, m.k.faults)
		state = nil
		require.NoError(r, m.s.DB.NewRaw(`select concat_ws(' ', o.id, o.kind, o.states, o.wait_reason, o.error_class, o.error_message, o.generated_at is not null, o.called_at, o.lease_owner, o.swap_id,
			(select string_agg(concat_ws(':', k.is_freed, l.state, l.proposed_value), ',') from order_key k join order_line l on l.id = k.line_id where k.order_id = o.id))
			from provisioning_order o where closed_at is null order by id`).Scan(m.ctx, &state))
		has := make([]string, len(m.wants))
		for key, who := range m.k.rows {
			for i := range has {
				if who == owner(i) {
					has[i] = key
				}
			}
		}
		if slices.Equal(has, m.wants) && len(state) == 0 {
			m.invariants(r)
			return
		}
	}
	require.Fail(r, "stuck", "wants %q, system %v\n%s", m.wants, m.k.rows, strings.Join(state, "\n"))
}

// TestSequenceModel: people take, give up, rename and exchange keys in any order, workers die at any point, answers are lost. No key is ever in
// two hands, and at the end everybody has what he wants.
func TestSequenceModel(t *testing.T) {
	t.Parallel()
	w := setup(t, 3)
	w.exec("update resource_type set maximum_insert_percent = 0, maximum_update_percent = 0, maximum_delete_percent = 0")
	rapid.Check(t, func(r *rapid.T) {
		w.exec("truncate provisioning_order, written_key cascade")
		w.exec("update assigned_resource_type set resource_id = null, created_key = null")
		w.exec("update resource set valid_to = now() where entity_type_id = ? and valid_to = 'infinity'", w.account)
		m := &sequenceModel{world: w, wants: make([]string, len(w.arts))}
		m.k = &keyed{w: w, rows: map[string]string{}, busy: map[string]int64{}}
		m.k.fate = func() string {
			return rapid.SampledFrom([]string{"", "", "", "", "refuse", "unreachable", "lost before", "lost after"}).Draw(r, "fate")
		}
		w.s.Concurrency = 1 // one draw at a time
		w.s.Open = func(context.Context, int64) (*fulfil.Opened, fulfil.Capability, error) {
			return m.k.opened(), fulfil.Capability{}, nil
		}
		pool := []string{"a", "b", "c", "d"}
		for range rapid.IntRange(4, 24).Draw(r, "steps") {
			i := rapid.IntRange(0, len(m.arts)-1).Draw(r, "who")
			switch rapid.SampledFrom([]string{"want", "want", "want", "swap", "generate", "generate", "drain", "drain", "die early", "die late", "expire", "read", "wake", "unblock", "clock"}).Draw(r, "what") {
			case "want":
				key := rapid.SampledFrom(append(pool, "")).Draw(r, "key")
				if key == "" || !slices.Contains(m.wants, key) {
					m.wants[i] = key
				}
				m.evaluate(i)
			case "swap":
				j := rapid.IntRange(0, len(m.arts)-1).Draw(r, "with")
				m.wants[i], m.wants[j] = m.wants[j], m.wants[i]
				m.evaluate(i)
				m.evaluate(j)
			case "generate":
				m.generate()
			case "drain":
				m.drain()
			case "die early":
				m.claimed(r)
			case "die late":
				m.called(r, m.claimed(r))
			case "expire":
				m.expire()
			case "read":
				m.read()
			case "wake":
				if len(m.left) > 0 {
					n := rapid.IntRange(0, len(m.left)-1).Draw(r, "which")
					m.called(r, n)
					require.NoError(r, m.s.settle(m.ctx, m.left[n].called))
					m.left = slices.Delete(m.left, n, n+1)
				}
			case "unblock":
				m.unblock()
			case "clock":
				m.later(3 * time.Minute)
				require.NoError(r, m.s.Sweep(m.ctx))
			}
			require.Empty(r, m.k.faults)
		}
		m.end(r)
	})
}
