package conformance

import (
	"context"
	"encoding/hex"
	"fmt"
	"iter"
	"maps"
	"strings"

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
}

func newScratch(on *fulfil.Opened, in Subject, set map[string]string) *scratch {
	return &scratch{on: on, in: in, set: set, prefix: prefixed + hex.EncodeToString(random(2))[:3] + "-"}
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
	r := s.on.Applier.Apply(ctx, c)
	r.CreatedKey = strings.TrimPrefix(r.CreatedKey, s.prefix)
	return r
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

// clean deletes what is left in the area, and gives the keys that could not be deleted.
func (s *scratch) clean(ctx context.Context) (left []string, err error) {
	if s.on.Applier == nil || s.on.Exporter == nil {
		return nil, nil
	}
	var keys []string
	for e, err := range s.on.Exporter.Export(ctx, s.in.Table) {
		if err != nil {
			return nil, err
		}
		if key := fulfil.TextOf(e.Row[s.in.KeyColumn]); strings.HasPrefix(key, s.prefix) {
			keys = append(keys, key)
		}
	}
	for _, key := range keys {
		r := s.on.Applier.Apply(ctx, fulfil.Change{
			OrderID: 1, IdempotencyKey: fmt.Sprintf("%x", random(8)), Type: fulfil.Deleted, Table: s.in.Table, KeyColumn: s.in.KeyColumn, Key: key,
			Resource: map[string]string{s.in.KeyColumn: key},
		})
		if !r.Outcome.OK() {
			left = append(left, key)
		}
	}
	return left, nil
}
