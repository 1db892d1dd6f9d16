package conformance

import (
	"context"
	"encoding/hex"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"writ/server/fulfil"
)

// prefixed is what the keys of a run on a system in use begin with, and three digits of the run: whoever sees one knows what it is, and nothing else is ever
// touched. It is short, since some names have 20 characters at most.
const prefixed = "zzwrit"

// scratch is an area of a table of a system in use: the rows whose keys begin with its prefix. The cases see nothing but them, without the prefix.
type scratch struct {
	on     *fulfil.Opened
	in     Subject
	prefix string
	set    map[string]string // what every row that is made gets, too

	mu   sync.Mutex
	made map[string]bool // keys under which something may be, as far as their deletion was not answered
	seen map[string]bool // keys that the table showed when it was cleaned
}

func newScratch(on *fulfil.Opened, in Subject, set map[string]string) *scratch {
	return &scratch{on: on, in: in, set: set, prefix: prefixed + hex.EncodeToString(random(2))[:3] + "-", made: map[string]bool{}, seen: map[string]bool{}}
}

// opened is the connector as the cases see it.
func (s *scratch) opened() *fulfil.Opened {
	o := &fulfil.Opened{Connector: kept{s.on.Connector}}
	if s.on.Exporter != nil {
		o.Exporter = scratchExporter{s}
	}
	if s.on.Applier != nil {
		o.Applier = scratchApplier{s}
	}
	if s.on.Reader != nil {
		o.Reader = scratchReader{s}
	}
	return o
}

// kept is not closed: it is used for the next case.
type kept struct{ fulfil.Connector }

func (kept) Close() error { return nil }

// hide takes the prefix away; false: the row is none of ours.
func (s *scratch) hide(row fulfil.Row) (fulfil.Row, bool) {
	key, ours := strings.CutPrefix(fulfil.TextOf(row[s.in.KeyColumn]), s.prefix)
	if !ours {
		return nil, false
	}
	row = maps.Clone(row)
	row[s.in.KeyColumn] = key
	if s.in.Unique != "" {
		row[s.in.Unique] = strings.TrimPrefix(fulfil.TextOf(row[s.in.Unique]), s.prefix)
	}
	return row, true
}

func (s *scratch) show(column string, v *string) *string {
	if v == nil || *v == "" || column != s.in.KeyColumn && column != s.in.Unique {
		return v
	}
	text := s.prefix + *v
	return &text
}

type scratchApplier struct{ *scratch }

// Apply writes a row of the area.
func (s scratchApplier) Apply(ctx context.Context, c fulfil.Change) fulfil.Receipt {
	changes := map[string]*string{}
	for column, v := range c.Changes {
		changes[column] = s.show(column, v)
	}
	if c.Type == fulfil.Added {
		for column, v := range s.set {
			if _, given := changes[column]; !given {
				changes[column] = &v
			}
		}
	}
	c.Changes = changes
	if c.Key != "" {
		c.Key = s.prefix + c.Key
	}
	resource := map[string]string{}
	for column, v := range c.Resource {
		resource[column] = *s.show(column, &v)
	}
	c.Resource = resource
	r := s.send(ctx, c)
	s.note(c, r)
	r.CreatedKey = strings.TrimPrefix(r.CreatedKey, s.prefix)
	return r
}

// note keeps the keys under which a change may have put something, whatever the table shows of it later.
func (s *scratch) note(c fulfil.Change, r fulfil.Receipt) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case r.Outcome == fulfil.Refused || r.Outcome == fulfil.Unreachable || r.Outcome == fulfil.Throttled:
	case c.Type == fulfil.Deleted:
		if r.Outcome.OK() {
			delete(s.made, c.Key)
		}
	default:
		for _, key := range []string{c.Key, text(c.Changes[s.in.KeyColumn]), r.CreatedKey} {
			if key != "" {
				s.made[key] = true
			}
		}
	}
}

func text(v *string) string {
	if v == nil {
		return ""
	}
	return *v
}

// patience is how long a system that says "too fast" is waited for: that is no failure.
const patience = time.Minute

// send sends a change again for which it was too fast.
func (s *scratch) send(ctx context.Context, c fulfil.Change) fulfil.Receipt {
	return s.insist(ctx, c, func(o fulfil.Outcome) bool { return o == fulfil.Throttled })
}

// insist sends a change again as long as its answer is one of those, within patience.
func (s *scratch) insist(ctx context.Context, c fulfil.Change, again func(fulfil.Outcome) bool) fulfil.Receipt {
	end := time.Now().Add(patience)
	for wait := 100 * time.Millisecond; ; wait = min(2*wait, 5*time.Second) {
		r := s.on.Applier.Apply(ctx, c)
		pause := max(wait, r.RetryAfter)
		if !again(r.Outcome) || ctx.Err() != nil || time.Now().Add(pause).After(end) {
			return r
		}
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return r
		}
	}
}

type scratchExporter struct{ *scratch }

// Schema is that of the system.
func (s scratchExporter) Schema(ctx context.Context) ([]fulfil.Table, error) {
	return s.on.Exporter.Schema(ctx)
}

// Export reads the rows of the area.
func (s scratchExporter) Export(ctx context.Context, table string) iter.Seq2[fulfil.Entry, error] {
	return func(yield func(fulfil.Entry, error) bool) {
		for e, err := range s.on.Exporter.Export(ctx, table) {
			if err != nil {
				yield(e, err)
				return
			}
			if e.Fault != nil { // a row of somebody else that cannot be read
				continue
			}
			if table == s.in.Table {
				row, ours := s.hide(e.Row)
				if !ours {
					continue
				}
				e.Row = row
			}
			if !yield(e, nil) {
				return
			}
		}
	}
}

type scratchReader struct{ *scratch }

// Read reads a row of the area.
func (s scratchReader) Read(ctx context.Context, table, keyColumn, key string) (fulfil.Row, bool, error) {
	row, found, err := s.on.Reader.Read(ctx, table, keyColumn, s.prefix+key)
	if err != nil || !found {
		return nil, false, err
	}
	row, found = s.hide(row)
	return row, found, nil
}

// isLike reports whether a key is of a row of this run, also after a system wrote it in capitals.
func (s *scratch) isLike(key string) bool {
	return len(key) >= len(s.prefix) && strings.EqualFold(key[:len(s.prefix)], s.prefix)
}

// look lists the keys of the table that the area may have made, and those of any earlier run, and counts the rows that cannot be read.
func (s *scratch) look(ctx context.Context) (ours, earlier []string, faults int, err error) {
	if s.on.Exporter == nil {
		return nil, nil, 0, nil
	}
	for e, err := range s.on.Exporter.Export(ctx, s.in.Table) {
		if err != nil {
			return nil, nil, 0, err
		}
		key := fulfil.TextOf(e.Row[s.in.KeyColumn])
		switch {
		case e.Fault != nil:
			faults++
		case s.isLike(key):
			ours = append(ours, key)
		case len(key) >= len(prefixed) && strings.EqualFold(key[:len(prefixed)], prefixed):
			earlier = append(earlier, key)
		}
	}
	return ours, earlier, faults, nil
}

// clean deletes what is left in the area, whether the table shows it or not, and gives the keys that could not be deleted.
func (s *scratch) clean(ctx context.Context) (left []string, err error) {
	if s.on.Applier == nil || s.on.Exporter == nil {
		return nil, nil
	}
	keys, _, _, err := s.look(ctx)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	for _, key := range keys {
		s.seen[key] = true
	}
	for _, key := range slices.Sorted(maps.Keys(s.made)) {
		switch {
		case slices.Contains(keys, key):
		case s.isLike(key):
			keys = append(keys, key)
		default: // a key that the system says it made could be anybody's
			left = append(left, key)
		}
	}
	clear(s.made)
	s.mu.Unlock()
	for _, key := range keys {
		r := s.insist(ctx, fulfil.Change{
			OrderID: 1, IdempotencyKey: fmt.Sprintf("%x", random(8)), Type: fulfil.Deleted, Table: s.in.Table, KeyColumn: s.in.KeyColumn, Key: key,
			Resource: map[string]string{s.in.KeyColumn: key},
		}, func(o fulfil.Outcome) bool {
			return o == fulfil.Throttled || o == fulfil.Unreachable || o == fulfil.Unknown
		})
		switch {
		case !r.Outcome.OK() && (r.Outcome != fulfil.NotFound || s.seen[key]):
			left = append(left, key)
		case !s.seen[key] && s.on.Reader != nil: // what the table never showed is not shown to be gone by it either
			if _, found, err := s.on.Reader.Read(ctx, s.in.Table, s.in.KeyColumn, key); found || err != nil {
				left = append(left, key)
			}
		}
	}
	return left, nil
}

// final gives what is still there at the end, with more rows than before that cannot be read.
func (s *scratch) final(ctx context.Context, faults int) (left []string) {
	if s.on.Applier == nil || s.on.Exporter == nil {
		return nil
	}
	ours, _, now, err := s.look(ctx)
	if err != nil {
		return []string{s.prefix + "* (" + err.Error() + ")"}
	}
	if now > faults {
		ours = append(ours, fmt.Sprintf("%d more rows than before that cannot be read", now-faults))
	}
	return ours
}
