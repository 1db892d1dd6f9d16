package synchronization

import (
	"context"
	"errors"
	"fmt"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/schema"

	"writ/server/directory"
	"writ/server/evaluation"
	"writ/server/fulfil"
	"writ/server/system"
)

// errMixed: rows that did not change cannot be left out of this reading, since what is new among them concerns them: everything is read.
var errMixed = errors.New("rows that did not change have to be compared, too")

// changedRows is what a reading of the continuous mode keeps in mind while it leaves rows out that are what they were. Such a reading ends as a
// complete one would: server/synchronization/changed_test.go compares the two. That rests on what holds after each applied reading of a whole
// table: every living, synchronized resource of it has a digest, and unless it is loose, the resource is as its row says.
//
// So what has to be looked at are the rows with another digest, the keys that came no more, and the keys of which something else is to be
// known: wanted.
type changedRows struct {
	known   map[int64]*digests        // by entity type
	wanted  map[int64]map[string]bool // keys that our own orders move: their rows are always compared
	gone    map[int64][]string        // keys that the reading does not show any more
	written map[int64]*writtenOf      // what our own changes wrote since the last reading
}

func (s *Service) beginChanged(ctx context.Context, d *Delivery, tables []*tableMap) (*changedRows, error) {
	types := make([]int64, len(tables))
	for i, m := range tables {
		types[i] = m.entityType.ID
	}
	wanted, err := wantedKeys(ctx, s.DB, d, types)
	return &changedRows{known: map[int64]*digests{}, wanted: wanted, gone: map[int64][]string{}}, err
}

// wantedKeys gives the keys by which followKeys tells what became of targets that our own orders renamed, removed or made anew.
func wantedKeys(ctx context.Context, b bun.IDB, d *Delivery, types []int64) (map[int64]map[string]bool, error) {
	var rows []struct {
		EntityTypeID int64
		Key          string
	}
	if err := b.NewRaw(`select r.entity_type_id, k.key from written_key w join resource r on r.id = w.resource_id and r.valid_to = 'infinity'
			cross join lateral (values (r.key), (w.key)) k (key) where r.entity_type_id = any (?1)
		union select r.entity_type_id, r.key from provisioning_order o join resource r on r.id = o.target_id and r.valid_to = 'infinity'
			where o.connector_id = ?0 and o.kind = 'DELETE' and o.state = `+evaluation.SQLExecuted+` and o.closed_at is null and r.entity_type_id = any (?1)`,
		d.ConnectorID, array(types)).Scan(ctx, &rows); err != nil {
		return nil, fmt.Errorf("read the keys that orders move: %w", err)
	}
	found := map[int64]map[string]bool{}
	for _, r := range rows {
		if found[r.EntityTypeID] == nil {
			found[r.EntityTypeID] = map[string]bool{}
		}
		found[r.EntityTypeID][r.Key] = true
	}
	return found, nil
}

// isSame finds what is known of a table (nil: nothing), and tells whether it need not be read: its content is what it was, and nothing in it has to
// be looked at.
func (s *Service) isSame(ctx context.Context, d *Delivery, m *tableMap, k *system.Connection, stamp string) (known *digests, same bool, err error) {
	if d.changed == nil {
		return nil, false, nil
	}
	id := m.entityType.ID
	if known, err = loadDigests(ctx, s.DB, id, m.signature(k.Version), s.Clock.Now()); known == nil || err != nil {
		return nil, false, err
	}
	if known.wanted = d.changed.wanted[id]; known.Stamp != "" && known.Stamp == stamp && known.Loose == 0 && len(known.wanted) == 0 {
		d.changed.known[id] = known
		d.Counters.Unchanged += known.Rows
		d.Counters.EntityTypes[m.entityType.Identifier] = TypeCounts{Whole: true, Same: true, Unchanged: known.Rows, Table: m.table, Stored: known.Stored, StoredLinks: known.StoredLinks}
		return known, true, nil
	}
	return known, false, nil
}

// compareRows prepares the reading of a table: rows that are what they were will be left out.
func (s *Service) compareRows(ctx context.Context, d *Delivery, m *tableMap, known *digests) error {
	whole, err := known.read(ctx, s.DB)
	if whole {
		d.changed.known[m.entityType.ID] = known
	}
	return err
}

// tableRead is the reading of one table.
type tableRead struct {
	*tableMap
	known *digests          // nil: every row is compared
	fresh map[string]digest // what the rows that are compared will be known by
	mixed bool              // a key has a row that did not change and one that did

	cookie string // the moment in the history of the table up to which it is known; "": it cannot be told
}

func (c *changedRows) table(m *tableMap) *tableRead {
	r := &tableRead{tableMap: m, fresh: map[string]digest{}}
	if c != nil {
		r.known = c.known[m.entityType.ID]
	}
	return r
}

// isUnchanged reports whether a row is what it was in the last reading, and is left out.
func (r *tableRead) isUnchanged(e fulfil.Entry) bool {
	if r.known == nil || e.Fault != nil && r.concerns(e.Fault) {
		return false
	}
	key, _, err := r.value(r.key, e.Row[r.key.column], nil) // a key is no file
	if err != nil || directory.CleanKey(key) == "" || !r.known.same(key, r.digestOf(e.Row)) {
		return false
	}
	if _, again := r.fresh[key]; again {
		r.mixed = true
	}
	return true
}

// note keeps the digest of a row that is compared, or that its key has to be looked at again: the row is set aside, or not the only one. errMixed
// when the key has a row that was left out.
func (r *tableRead) note(e fulfil.Entry, key string, wrong *rejected) error {
	if wrong != nil {
		key = wrong.key
	}
	if key == "" {
		return nil
	}
	if r.known != nil && r.known.isSeen(key) {
		return errMixed
	}
	if _, again := r.fresh[key]; again || wrong != nil {
		r.fresh[key] = loose
		return nil
	}
	r.fresh[key] = r.digestOf(e.Row)
	return nil
}

// end notes which keys came no more.
func (c *changedRows) end(r *tableRead) {
	if c == nil || r.known == nil {
		return
	}
	id := r.entityType.ID
	for i, key := range r.known.keys {
		if _, again := r.fresh[key]; !again && !r.known.seen[i] {
			c.gone[id] = append(c.gone[id], key)
		}
	}
}

// isOnly reports whether only some resources of an entity type are compared.
func (c *changedRows) isOnly(entityTypeID int64) bool {
	return c != nil && c.known[entityTypeID] != nil
}

// compared is a condition on resources r: those that a delivery may concern.
func (d *Delivery) compared(ctx context.Context, b bun.IDB, entityTypeID int64) (schema.QueryWithArgs, error) {
	if !d.changed.isOnly(entityTypeID) {
		return bun.SafeQuery("true"), nil
	}
	ids := []int64{}
	err := b.NewRaw(`select r.id from resource r where r.entity_type_id = ?1 and r.valid_to = 'infinity' and r.key = any (?2)
		union select r.id from delivery_row s join resource r on r.entity_type_id = s.entity_type_id and r.key = s.key and r.valid_to = 'infinity'
			where s.delivery_id = ?0 and s.entity_type_id = ?1
		union select resource_id from delivery_rename where delivery_id = ?0 and entity_type_id = ?1`, d.ID, entityTypeID, array(d.changed.gone[entityTypeID])).Scan(ctx, &ids)
	if err != nil {
		return bun.SafeQuery("false"), fmt.Errorf("find what may have changed: %w", err)
	}
	return bun.SafeQuery("r.id = any (?)", array(ids)), nil
}

// stillApart looks, when a delivery is compared, whether orders began to move keys whose rows were left out. errMixed when they did.
func (d *Delivery) stillApart(ctx context.Context, tx bun.Tx, types []int64) error {
	if d.changed == nil {
		return nil
	}
	wanted, err := wantedKeys(ctx, tx, d, types)
	if err != nil {
		return err
	}
	for id, keys := range wanted {
		for key := range keys {
			if d.changed.isOnly(id) && !d.changed.wanted[id][key] {
				return errMixed
			}
		}
	}
	return nil
}

// settleDigests corrects what a delivery makes known by what its comparison found.
func (d *Delivery) settleDigests(ctx context.Context, tx bun.Tx, entityTypeID int64, held []string) error {
	var loosened, dropped []string
	err := tx.NewRaw("select distinct key from row_to_mend where delivery_id = ? and entity_type_id = ? and key is not null", d.ID, entityTypeID).Scan(ctx, &loosened)
	if err != nil {
		return err
	}
	loosened = append(loosened, held...)
	const stays = `r.entity_type_id = ?1 and r.valid_to = 'infinity' and r.origin = 'SYNC'
		and not exists (select from delivery_change c where c.delivery_id = ?0 and c.entity_type_id = ?1 and c.key = r.key and c.command = 'DELETE')
		and not exists (select from delivery_rename n where n.delivery_id = ?0 and n.resource_id = r.id)`
	var more []string
	if d.changed.isOnly(entityTypeID) {
		gone := d.changed.gone[entityTypeID]
		if err := tx.NewRaw(`select r.key from resource r where `+stays+` and r.key = any (?2)`, d.ID, entityTypeID, array(gone)).Scan(ctx, &more); err != nil {
			return err
		}
		kept := map[string]bool{}
		for _, key := range append(more, held...) {
			kept[key] = true
		}
		for _, key := range gone {
			if !kept[key] {
				dropped = append(dropped, key)
			}
		}
	} else if err := tx.NewRaw(`select r.key from resource r where `+stays+`
		and not exists (select from delivery_row s where s.delivery_id = ?0 and s.entity_type_id = ?1 and s.key = r.key)`, d.ID, entityTypeID).Scan(ctx, &more); err != nil {
		return err
	}
	return amendDigests(ctx, tx, d, entityTypeID, append(loosened, more...), dropped)
}

// empty takes everything out of a delivery that was read, so that it can be read again.
func (s *Service) empty(ctx context.Context, d *Delivery) error {
	_, err := s.DB.NewRaw(`delete from delivery_row where delivery_id = ?0; delete from row_to_mend where delivery_id = ?0 and not is_listed;
		delete from row_digest_table where delivery_id = ?0`, d.ID).Exec(ctx)
	if err != nil {
		return fmt.Errorf("empty delivery %d: %w", d.ID, err)
	}
	d.changed, d.Counters = nil, newCounters(d.Counters.Continuous)
	return nil
}
