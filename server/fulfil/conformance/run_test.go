package conformance

import (
	"context"
	"iter"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"

	"writ/server/errs"
	"writ/server/fulfil"
)

// memory is a system in memory, with a row of somebody else in it; bad is what is wrong with its connector.
type memory struct {
	bad   string
	mu    sync.Mutex
	calls int
	rows  map[string]fulfil.Row
}

func (*memory) Check(context.Context) error { return nil }
func (*memory) Close() error                { return nil }

func (m *memory) Schema(context.Context) ([]fulfil.Table, error) {
	return []fulfil.Table{{Name: "account", Columns: []string{"login", "name", "mail", "kind", "groups"}}}, nil
}

func (m *memory) Export(ctx context.Context, table string) iter.Seq2[fulfil.Entry, error] {
	return fulfil.Numbered(table, func(yield func(fulfil.Row, error) bool) {
		if table != "account" {
			yield(nil, errs.Missing("There is no table %s.", table))
			return
		}
		m.mu.Lock()
		rows := slices.Collect(maps.Values(m.rows))
		m.mu.Unlock()
		for i, row := range rows {
			if m.bad == "misses a row" && i > 10 {
				return
			}
			if !yield(maps.Clone(row), ctx.Err()) {
				return
			}
		}
	})
}

func (m *memory) Read(_ context.Context, _, _, key string) (fulfil.Row, bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	row, found := m.rows[key]
	return maps.Clone(row), found, nil
}

func (m *memory) Apply(ctx context.Context, c fulfil.Change) fulfil.Receipt {
	m.mu.Lock()
	defer m.mu.Unlock()
	if ctx.Err() != nil {
		if m.bad == "says done when stopped" {
			return fulfil.Receipt{Outcome: fulfil.Done}
		}
		return fulfil.Receipt{Outcome: fulfil.Unreachable, Message: "stopped"}
	}
	if c.Table != "account" {
		return fulfil.Receipt{Outcome: fulfil.Refused, Message: "no such table"}
	}
	if m.calls++; m.bad == "is busy" && m.calls%17 == 0 {
		return fulfil.Receipt{Outcome: fulfil.Throttled, Message: "too fast"}
	}
	key := c.TargetKey()
	if m.bad == "writes capitals" && c.Type == fulfil.Added {
		key = strings.ToUpper(key)
		c.Changes = maps.Clone(c.Changes)
		c.Changes["login"] = &key
	}
	old, found := m.rows[key]
	switch {
	case c.Type == fulfil.Deleted && !found:
		return fulfil.Receipt{Outcome: fulfil.AlreadySo}
	case c.Type == fulfil.Deleted:
		if m.bad != "deletes nothing" {
			delete(m.rows, key)
		}
		return fulfil.Receipt{Outcome: fulfil.Done}
	case c.Type == fulfil.Modified && !found && m.bad != "makes what is gone":
		return fulfil.Receipt{Outcome: fulfil.NotFound, Message: "gone"}
	}
	if to := c.Changes["login"]; c.Type == fulfil.Modified && to != nil && *to != key && m.bad != "copies when it renames" {
		delete(m.rows, key)
	}
	row := fulfil.Row{"login": key, "name": nil, "mail": nil, "kind": nil, "groups": []string{}}
	if found {
		row = maps.Clone(old)
	}
	for column, v := range c.Changes {
		switch {
		case v == nil && m.bad == "keeps what is cleared":
		case v == nil:
			row[column] = nil
		case m.bad == "trims" && column == "name":
			row[column] = strings.TrimSpace(*v)
		default:
			row[column] = *v
		}
	}
	groups := fulfil.ListOf(row["groups"])
	for _, l := range c.ChangesAdded["groups"] {
		if !slices.Contains(groups, l.Key) {
			groups = append(slices.Clone(groups), l.Key)
		}
	}
	for _, l := range c.ChangesRemoved["groups"] {
		if m.bad != "keeps links" {
			groups = slices.DeleteFunc(slices.Clone(groups), func(g string) bool { return g == l.Key })
		}
	}
	slices.Sort(groups)
	row["groups"] = groups
	if found && m.bad != "does it again" && same(old, row) {
		return fulfil.Receipt{Outcome: fulfil.AlreadySo, CreatedKey: key}
	}
	if c.Type == fulfil.Added && found && m.bad != "takes others over" && !same(withoutLinks(old), withoutLinks(row)) {
		return fulfil.Receipt{Outcome: fulfil.Conflict, Message: "taken"}
	}
	for k, other := range m.rows {
		if k != key && row["mail"] != nil && fulfil.EqualValues(other["mail"], row["mail"]) && m.bad != "has a mail twice" {
			return fulfil.Receipt{Outcome: fulfil.Conflict, Message: "mail taken"}
		}
	}
	m.rows[fulfil.TextOf(row["login"])] = row
	return fulfil.Receipt{Outcome: fulfil.Done, CreatedKey: key}
}

func withoutLinks(row fulfil.Row) fulfil.Row {
	row = maps.Clone(row)
	delete(row, "groups")
	return row
}

func same(a, b fulfil.Row) bool { return maps.EqualFunc(a, b, fulfil.EqualValues) }

func (m *memory) live(ctx context.Context) *Report {
	o := &fulfil.Opened{Connector: m, Exporter: m, Applier: m, Reader: m}
	return Live(ctx, o, Subject{Table: "account", KeyColumn: "login", Value: "name", Unique: "mail", Links: "groups", Groups: []string{"a", "b", "c"}, Rows: 30}, map[string]string{"kind": "check"})
}

func verdicts(r *Report) map[string]Verdict {
	found := map[string]Verdict{}
	for _, g := range r.Grades {
		found[g.Behaviour] = g.Verdict
	}
	return found
}

// TestLive: a good connector passes, bad ones are graded down where they are bad, and rows of others stay as they are.
func TestLive(t *testing.T) {
	t.Parallel()
	for bad, behaviour := range map[string]string{
		"": "", "misses a row": Reading, "says done when stopped": Stopping, "makes what is gone": Vanished, "keeps what is cleared": Clearing, "trims": Identity,
		"keeps links": Links, "copies when it renames": Rename, "does it again": Idempotence, "takes others over": Exists, "has a mail twice": Exists, "deletes nothing": Idempotence,
	} {
		t.Run(bad, func(t *testing.T) {
			t.Parallel()
			other := fulfil.Row{"login": "admin", "name": "Not ours", "mail": nil, "kind": nil, "groups": []string{"a"}}
			m := &memory{bad: bad, rows: map[string]fulfil.Row{"admin": other}}
			r := m.live(t.Context())
			assert.Equal(t, other, m.rows["admin"])
			assert.Equal(t, bad == "", r.OK(), "%+v", r)
			found := verdicts(r)
			if bad == "" {
				for _, name := range []string{Reading, Drift, Rename, Idempotence, Exists, Vanished, Clearing, Identity, Links, Stopping, Refusals} {
					assert.Equal(t, Passed, found[name], "%s: %+v", name, r.Grades)
				}
			} else if bad != "misses a row" { // rows that are not seen cannot be cleaned up either
				assert.Equal(t, Failed, found[behaviour], "%+v", r.Grades)
			}
			if bad != "deletes nothing" && bad != "misses a row" {
				assert.Len(t, m.rows, 1, "it cleans up after itself")
				assert.Empty(t, r.Left)
			}
			if bad == "deletes nothing" || bad == "misses a row" {
				assert.False(t, r.OK())
			}
			for _, g := range r.Grades {
				assert.NotEmpty(t, g.Seen, g.Behaviour)
				assert.NotEmpty(t, g.Why, g.Behaviour)
			}
			assert.Equal(t, NotTried, found["throttling"])
			assert.Equal(t, NotTried, found[LostAnswer])
		})
	}
}

// TestLiveOfWhatOnlyReads: nothing is written, and it is said why nothing was tried.
func TestLiveOfWhatOnlyReads(t *testing.T) {
	t.Parallel()
	m := &memory{rows: map[string]fulfil.Row{"admin": {"login": "admin", "name": "x"}}}
	r := Live(t.Context(), &fulfil.Opened{Connector: m, Exporter: m}, Subject{Table: "account", KeyColumn: "login", Value: "name"}, nil)
	assert.True(t, r.OK(), "%+v", r)
	assert.Equal(t, NotTried, verdicts(r)[Idempotence])
	assert.Len(t, m.rows, 1)
}

// TestLiveWithFewGroups: two values are too few for the cases about several.
func TestLiveWithFewGroups(t *testing.T) {
	t.Parallel()
	m := &memory{rows: map[string]fulfil.Row{}}
	r := Live(t.Context(), &fulfil.Opened{Connector: m, Exporter: m, Applier: m, Reader: m}, Subject{Table: "account", KeyColumn: "login", Value: "name", Links: "groups", Groups: []string{"a", "b"}}, nil)
	assert.True(t, r.OK(), "%+v", r)
	assert.Equal(t, NotTried, verdicts(r)[Links])
}

// TestLiveStopped: whoever stops it finds nothing left.
func TestLiveStopped(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	m := &memory{rows: map[string]fulfil.Row{}}
	r := m.live(ctx)
	assert.Empty(t, m.rows)
	assert.False(t, r.OK(), "what was not tried is not shown")
	assert.True(t, r.Stopped)
	for _, g := range r.Grades {
		assert.NotContains(t, g.Seen, "earlier case")
	}
}

// TestLiveLeavesNothingUnsaid: rows that the table hides, or shows under keys in capitals, are deleted or told, and those of an earlier run are told.
func TestLiveLeavesNothingUnsaid(t *testing.T) {
	t.Parallel()
	for _, bad := range []string{"misses a row", "writes capitals", "deletes nothing"} {
		t.Run(bad, func(t *testing.T) {
			t.Parallel()
			m := &memory{bad: bad, rows: map[string]fulfil.Row{"admin": {"login": "admin", "name": "Not ours"}, "ZZWRITabc-old": {"login": "ZZWRITabc-old", "name": "x"}}}
			r := m.live(t.Context())
			assert.False(t, r.OK())
			assert.Equal(t, []string{"ZZWRITabc-old"}, r.Earlier)
			assert.Contains(t, m.rows, "admin")
			assert.Contains(t, m.rows, "ZZWRITabc-old")
			if len(m.rows) > 2 {
				assert.NotEmpty(t, r.Left)
			}
			if bad == "misses a row" || bad == "writes capitals" {
				assert.Len(t, m.rows, 2, "%v", r.Left)
			}
		})
	}
}

// TestLiveOfWhatIsBusy: too fast is no failure, and nothing is left behind for it.
func TestLiveOfWhatIsBusy(t *testing.T) {
	t.Parallel()
	m := &memory{bad: "is busy", rows: map[string]fulfil.Row{}}
	r := m.live(t.Context())
	assert.True(t, r.OK(), "%+v", r)
	assert.Empty(t, m.rows)
}

// TestLivePanic: a connector that fails inside fails, and nothing else does.
func TestLivePanic(t *testing.T) {
	t.Parallel()
	m := &memory{} // its map is nil
	guarded := fulfil.Guard("target", &fulfil.Opened{Connector: m, Exporter: m, Applier: m}, fulfil.Limits{})
	r := Live(t.Context(), guarded, Subject{Table: "account", KeyColumn: "login", Value: "name"}, nil)
	assert.False(t, r.OK())
}
