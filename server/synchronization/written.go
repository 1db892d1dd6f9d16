package synchronization

import (
	"context"
	"fmt"
	"slices"

	"github.com/uptrace/bun"

	"writ/server/db"
	"writ/server/fulfil"
)

// mostKeys is how many targets are read one by one; for more the tables are read.
const mostKeys = 64

// request is a row of read_back_request.
type request struct {
	ID           int64
	EntityTypeID *int64
	Keys         []string `bun:",array"`
	Effect       *string
}

func idsOf(list []request) []int64 {
	ids := make([]int64, len(list))
	for i, r := range list {
		ids[i] = r.ID
	}
	return ids
}

// writtenOf is what requests tell of the targets of one entity type.
type writtenOf struct {
	keys    []string // as the system has them
	effects []string
}

// writtenBy sorts what was written by entity type. What a person wrote, and what was only found done, tells nothing of what doing it did: the stamp of
// the table tells whether there is anything else to see.
func writtenBy(asked []request) map[int64]*writtenOf {
	found := map[int64]*writtenOf{}
	for _, r := range asked {
		if r.EntityTypeID == nil || len(r.Keys) == 0 {
			continue
		}
		w := found[*r.EntityTypeID]
		if w == nil {
			w = &writtenOf{}
			found[*r.EntityTypeID] = w
		}
		w.keys = append(w.keys, r.Keys...)
		if r.Effect != nil {
			w.effects = append(w.effects, *r.Effect)
		}
	}
	return found
}

// readWritten reads only the targets of a table that our own changes wrote since the last reading, when nothing else happened to it: then the
// delivery shows what reading the table would have shown. nil: it cannot be told, and the table has to be read.
func (s *Service) readWritten(ctx context.Context, d *Delivery, conn *fulfil.Opened, m *tableMap, known *digests, stamp string) (*tableRead, error) {
	if conn.Explainer == nil || conn.Reader == nil || known.Stamp == "" || stamp == "" || known.Loose > 0 {
		return nil, nil
	}
	if fit, err := s.isPlain(ctx, m); !fit || err != nil {
		return nil, err
	}
	var keys []string
	for key := range known.wanted {
		keys = append(keys, key)
	}
	if known.Stamp != stamp { // else whatever was written is in the last reading
		w := d.changed.written[m.entityType.ID]
		if w == nil || !conn.Explainer.Explains(known.Stamp, stamp, w.effects) {
			return nil, nil
		}
		keys = append(keys, w.keys...)
	}
	slices.Sort(keys)
	if keys = slices.Compact(keys); len(keys) > mostKeys {
		return nil, nil
	}
	r := &tableRead{tableMap: m, known: known, fresh: map[string]digest{}, cookie: known.Cookie}
	rows, gone, ok := r.readKeys(ctx, conn.Reader, keys)
	if !ok {
		return nil, ctx.Err()
	}
	return r, s.stageSome(ctx, d, r, rows, gone)
}

// readKeys reads the rows of some keys, and tells which are not there. false: one of them is such that the table has to be read. So it has when a
// key cannot be read: whatever is in the way of it, the reading of the table meets it, too, and says so.
func (r *tableRead) readKeys(ctx context.Context, reader fulfil.Reader, keys []string) (rows []staged, gone []string, ok bool) {
	for _, key := range keys {
		row, found, err := reader.Read(ctx, r.table, r.key.column, key)
		if err != nil {
			return nil, nil, false
		}
		if !found {
			gone = append(gone, key)
			continue
		}
		out, ok := r.taken(row)
		if !ok || out.key != key { // the system takes two spellings for one
			return nil, nil, false
		}
		rows = append(rows, out)
	}
	return rows, gone, true
}

// keepSome is keepDigests for a handful of keys: only their buckets are looked at.
func (s *Service) keepSome(ctx context.Context, d *Delivery, r *tableRead, stamp string) error {
	t := r.known.digestTable
	gone := d.changed.gone[r.entityType.ID]
	t.DeliveryID, t.Stamp, t.Cookie = d.ID, stamp, r.cookie
	changes := map[int]map[string]digest{}
	note := func(key string, sum digest) {
		b := bucketOf(key, t.Buckets)
		if changes[b] == nil {
			changes[b] = map[string]digest{}
		}
		changes[b][key] = sum
	}
	for key, sum := range r.fresh {
		note(key, sum)
	}
	for _, key := range gone { // what becomes of it the comparison tells
		note(key, loose)
	}
	ids := make([]int, 0, len(changes))
	for b := range changes {
		ids = append(ids, b)
	}
	return db.InTx(ctx, s.DB, func(ctx context.Context, tx bun.Tx) error {
		var rows []struct {
			Bucket  int
			Entries []byte
		}
		if err := tx.NewRaw("select bucket, entries from row_digest where entity_type_id = ? and delivery_id = 0 and bucket = any (?)", t.EntityTypeID, array(ids)).Scan(ctx, &rows); err != nil {
			return fmt.Errorf("read the digests of rows: %w", err)
		}
		packs := map[int][]entry{}
		for _, row := range rows {
			err := unpack(row.Entries, func(key string, sum digest) {
				if now, named := changes[row.Bucket][key]; named {
					delete(changes[row.Bucket], key)
					sum = now
					if sum == loose {
						t.Loose++
					}
				}
				packs[row.Bucket] = append(packs[row.Bucket], entry{key, sum})
			})
			if err != nil {
				return err
			}
		}
		for b, keys := range changes {
			for key, sum := range keys {
				if sum != loose { // a key that is gone and was not known is nobody's
					packs[b] = append(packs[b], entry{key, sum})
					t.Rows++
				}
			}
		}
		t.Version = r.known.Version
		if _, err := tx.NewInsert().Model(&t).Exec(ctx); err != nil {
			return fmt.Errorf("keep what is known of rows: %w", err)
		}
		return savePacks(ctx, tx, t.EntityTypeID, d.ID, packs)
	})
}
