package synchronization

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/uptrace/bun"

	"writ/server/directory"
	"writ/server/fulfil"
)

// mostTracked is how many rows are read one after another because they changed; for more the table is read.
const mostTracked = 5000

// readTracked reads only what happened to a table since its cookie (fulfil.Tracker), and the keys that have to be looked at whatever they are: then the
// delivery shows what reading the table would have shown. nil: it cannot be told, and the table has to be read.
func (s *Service) readTracked(ctx context.Context, d *Delivery, conn *fulfil.Opened, m *tableMap, known *digests) (*tableRead, error) {
	if conn.Tracker == nil || known.Cookie == "" || known.Loose > 0 || len(known.wanted) > mostKeys || len(known.wanted) > 0 && conn.Reader == nil {
		return nil, nil
	}
	if fit, err := s.isPlain(ctx, m); !fit || err != nil {
		return nil, err
	}
	delta, err := conn.Tracker.Since(ctx, m.table, known.Cookie, mostTracked)
	if err != nil {
		return nil, fmt.Errorf("ask what happened to table %q: %w", m.table, err)
	}
	if delta == nil {
		return nil, nil
	}
	r := &tableRead{tableMap: m, known: known, fresh: map[string]digest{}, cookie: delta.Cookie}
	rows, ok := r.readRows(delta.Rows)
	if !ok {
		return nil, nil
	}
	keys := slices.Concat(delta.Gone, keysOf(rows))
	before, err := known.lookUp(ctx, s.DB, keys)
	if err != nil {
		return nil, err
	}
	count := known.Rows
	for _, row := range rows {
		if _, there := before[row.key]; !there {
			count++
		}
	}
	if delta.Count >= 0 && delta.Count != count { // some are gone, or have another key
		return nil, nil
	}
	var gone []string
	for _, key := range delta.Gone {
		if _, again := r.fresh[key]; !again {
			gone = append(gone, key)
		}
	}
	var look []string
	for key := range known.wanted {
		if _, told := r.fresh[key]; !told && !slices.Contains(gone, key) {
			look = append(look, key)
		}
	}
	slices.Sort(look)
	if len(look) > 0 {
		more, away, ok := r.readKeys(ctx, conn.Reader, look)
		if !ok {
			return nil, ctx.Err()
		}
		rows, gone = append(rows, more...), append(gone, away...)
	}
	rows = slices.DeleteFunc(rows, func(row staged) bool { // told of, and what it was
		sum, there := before[row.key]
		return there && sum == r.fresh[row.key] && !known.wanted[row.key]
	})
	return r, s.stageSome(ctx, d, r, rows, gone)
}

// isPlain reports whether a row of a table can be told by the text of its key, and none of them waits to be mended: those are looked at in every reading.
func (s *Service) isPlain(ctx context.Context, m *tableMap) (bool, error) {
	if p := m.key; p.property.Type != directory.String || p.format != "" { // then two keys of the system may be one for us
		return false, nil
	}
	toMend, err := s.DB.NewSelect().Table("row_to_mend").Where("entity_type_id = ? and is_listed", m.entityType.ID).Exists(ctx)
	return !toMend, err
}

// readRows brings rows into their normal form. false: one of them is such that the table has to be read.
func (r *tableRead) readRows(list []fulfil.Row) (rows []staged, ok bool) {
	for _, row := range list {
		out, ok := r.taken(row)
		if !ok {
			return nil, false
		}
		rows = append(rows, out)
	}
	return rows, true
}

// taken brings one row into its normal form, and keeps its digest. false: a column is missing, the row would be set aside, or its key came before.
func (r *tableRead) taken(row fulfil.Row) (out staged, ok bool) {
	for _, c := range r.columns {
		if _, there := row[c.column]; !there {
			return out, false
		}
	}
	out, wrong, err := r.clean(fulfil.Entry{Row: row, Place: r.table})
	if err != nil || wrong != nil {
		return out, false
	}
	if _, twice := r.fresh[out.key]; twice {
		return out, false
	}
	r.fresh[out.key] = r.digestOf(row)
	return out, true
}

// stageSome makes a delivery of some rows of a table and of keys that are gone.
func (s *Service) stageSome(ctx context.Context, d *Delivery, r *tableRead, rows []staged, gone []string) error {
	files := directory.Files{}
	for _, row := range rows {
		maps.Copy(files, row.files)
	}
	if err := s.stage(ctx, d, r.tableMap, rows, files); err != nil {
		return err
	}
	known := r.known
	d.changed.known[r.entityType.ID], d.changed.gone[r.entityType.ID] = known, gone
	c := TypeCounts{Whole: true, Table: r.table, Place: r.table, Stored: known.Stored, StoredLinks: known.StoredLinks, Read: len(rows), Unchanged: max(0, known.Rows-len(rows))}
	d.Counters.EntityTypes[r.entityType.Identifier] = c
	d.Counters.Read += c.Read
	d.Counters.Staged += len(rows)
	d.Counters.Unchanged += c.Unchanged
	return nil
}

// keysOf are those of rows.
func keysOf(rows []staged) []string {
	keys := make([]string, len(rows))
	for i, row := range rows {
		keys[i] = row.key
	}
	return keys
}

// lookUp gives the digests of some keys: only their buckets are read.
func (k *digests) lookUp(ctx context.Context, b bun.IDB, keys []string) (map[string]digest, error) {
	asked, buckets := map[string]bool{}, map[int]bool{}
	for _, key := range keys {
		asked[key], buckets[bucketOf(key, k.Buckets)] = true, true
	}
	var packs []struct{ Entries []byte }
	if err := b.NewRaw("select entries from row_digest where entity_type_id = ? and delivery_id = 0 and bucket = any (?)", k.EntityTypeID, array(slices.Collect(maps.Keys(buckets)))).Scan(ctx, &packs); err != nil {
		return nil, fmt.Errorf("read the digests of rows: %w", err)
	}
	found := map[string]digest{}
	for _, p := range packs {
		err := unpack(p.Entries, func(key string, sum digest) {
			if asked[key] {
				found[key] = sum
			}
		})
		if err != nil {
			return nil, err
		}
	}
	return found, nil
}
