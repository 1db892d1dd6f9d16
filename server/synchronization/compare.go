package synchronization

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"maps"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"

	"writ/server/db"
	"writ/server/directory"
	"writ/server/errs"
	"writ/server/evaluation"
)

//go:embed sql/*.sql
var sqlFiles embed.FS

func statement(name string) string {
	raw, err := sqlFiles.ReadFile("sql/" + name + ".sql")
	if err != nil {
		panic(err) // embedded above
	}
	return evaluation.Named(string(raw))
}

func array[T any](s []T) any {
	if s == nil {
		s = []T{}
	}
	return pgdialect.Array(s)
}

// prepare compares what was read with the directory: EXPORTING becomes PREPARED with its list of changes. A complete delivery takes
// the place of those that are blocked or were never applied. errMixed: it has to be read again, everything of it.
func (s *Service) prepare(ctx context.Context, d *Delivery, r Reporter) error {
	shape, err := s.Shapes.Load(ctx, s.DB)
	if err != nil {
		return err
	}
	read := d.Counters
	err = db.InTx(ctx, s.DB, func(ctx context.Context, tx bun.Tx) error {
		d.Counters = read // the transaction may be repeated
		d.Counters.EntityTypes = maps.Clone(read.EntityTypes)
		return s.compare(ctx, tx, d, shape)
	})
	if errors.Is(err, errMixed) {
		d.Counters = read
		return err
	}
	if err != nil {
		s.fail(ctx, d, err)
		return plain(err)
	}
	c := d.Counters
	for _, n := range []struct {
		count int
		what  string
		list  []string
	}{
		{c.NullKeys, "without a primary key were set aside", c.NullKeyRows},
		{c.Duplicates, "with a key that occurs before were set aside", c.DuplicateKeys},
		{c.Rejected, "cannot be read and were set aside", c.RejectedRows},
		{c.Missing, "update what is not there", c.MissingKeys},
	} {
		if n.count > 0 {
			r.Logf("WARN", "%d rows %s: %v", n.count, n.what, n.list)
		}
	}
	if c.Kept > 0 {
		r.Logf("WARN", "%d stored records are missing in what was read, and are kept, because rows that were set aside may stand for them.", c.Kept)
	}
	r.Count(CountNullKeys, c.NullKeys)
	r.Count(CountRejected, c.Rejected)
	r.Count(CountDuplicates, c.Duplicates)
	r.Logf("INFO", "%d rows read: %d to insert, %d to update, %d to delete; links: %d to insert, %d to delete.",
		c.Read, c.Inserted, c.Updated, c.Deleted, c.LinksInserted, c.LinksDeleted)
	return nil
}

// errStagedLost is the cause of the failure of a delivery whose rows a crash of the database took.
var errStagedLost = errors.New("staged rows are gone")

func (s *Service) compare(ctx context.Context, tx bun.Tx, d *Delivery, shape *directory.Shape) error {
	var staged int
	if err := tx.NewRaw("select count(*) from delivery_row where delivery_id = ?", d.ID).Scan(ctx, &staged); err != nil {
		return err
	}
	lost := d.Counters.Partly && d.changed == nil // what was left out is known only to the process that read it
	if staged != d.Counters.Staged || lost {      // delivery_row is unlogged: a crash of the database empties it
		return errs.New(errs.Unavailable, "What was read is lost, because the database was restarted. Read it again.").Of(d.ID).Because(errStagedLost)
	}
	if staged > chunk {
		if _, err := tx.ExecContext(ctx, "analyze delivery_row"); err != nil {
			return err
		}
	}
	if err := s.rejectDuplicates(ctx, tx, d, shape); err != nil {
		return err
	}
	var aside struct {
		N    int
		Keys []string `bun:",array"`
	}
	if err := tx.NewRaw(statement("duplicate"), d.ID, d.Mode == Incremental).Scan(ctx, &aside); err != nil {
		return fmt.Errorf("set duplicates aside: %w", err)
	}
	d.Counters.Duplicates, d.Counters.DuplicateKeys = aside.N, aside.Keys

	types, unknown := []int64{}, []int64{}
	for name := range d.Counters.EntityTypes {
		t := shape.ByIdentifier[name]
		if t == nil {
			return errs.New(errs.Conflict, "Entity type %s was removed while it was being read.", name)
		}
		types = append(types, t.ID)
		if !d.changed.isOnly(t.ID) {
			unknown = append(unknown, t.ID)
		}
	}
	held, err := followKeys(ctx, tx, d, types)
	if err != nil {
		return err
	}
	for name, counts := range d.Counters.EntityTypes {
		t := shape.ByIdentifier[name]
		if counts.Same {
			continue
		}
		var scalars, navigations []string
		for _, p := range shape.PropertiesOf[t.ID] {
			if shape.PropertyMappings[p.ID] == nil {
				continue
			}
			if p.IsNavigation() {
				navigations = append(navigations, p.Identifier)
			} else {
				scalars = append(scalars, p.Identifier)
			}
		}
		compared, err := d.compared(ctx, tx, t.ID)
		if err != nil {
			return err
		}
		if _, err := tx.NewRaw(statement("compare"), d.ID, t.ID, array(scalars), array(navigations), counts.Whole, array(held[t.ID]), compared).Exec(ctx); err != nil {
			return fmt.Errorf("compare %s: %w", name, err)
		}
		if counts.Whole {
			if err := d.settleDigests(ctx, tx, t.ID, held[t.ID]); err != nil {
				return fmt.Errorf("keep what is known of %s: %w", name, err)
			}
		}
	}
	if err := d.stillApart(ctx, tx, types); err != nil {
		return err
	}
	if err := s.missing(ctx, tx, d); err != nil {
		return err
	}
	if err := s.list(ctx, tx, d, shape); err != nil {
		return err
	}
	if err := count(ctx, tx, d, types, unknown); err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, "delete from delivery_row where delivery_id = ?", d.ID); err != nil {
		return err
	}
	if d.Mode != Incremental {
		var old []*Delivery
		err := tx.NewSelect().Model(&old).Where("y.connector_id = ?", d.ConnectorID).Where("y.id < ?", d.ID).
			Where("y.state in (?)", bun.List([]State{Blocked, Prepared})).Order("y.id").Scan(ctx)
		if err != nil {
			return err
		}
		if err := s.drop(ctx, tx, old, Drop, "A newer complete synchronization took its place."); err != nil {
			return err
		}
	}
	return move(ctx, tx, d, Prepare)
}

// missing counts commands to update what is not there.
func (s *Service) missing(ctx context.Context, tx bun.Tx, d *Delivery) error {
	if d.Mode != Incremental {
		return nil
	}
	var found struct {
		N    int
		Keys []string `bun:",array"`
	}
	err := tx.NewRaw(`select count(*) as n, coalesce((array_agg(t.identifier || ' ' || s.key order by s.n))[1:20], '{}') as keys
		from delivery_row s join entity_type t on t.id = s.entity_type_id
		where s.delivery_id = ? and s.command = 'UPDATE' and not exists (
			select 1 from resource r where r.entity_type_id = s.entity_type_id and r.key = s.key and r.valid_to = 'infinity')
			and not exists (select 1 from delivery_rename n where n.delivery_id = s.delivery_id and n.entity_type_id = s.entity_type_id and n.new_key = s.key)`, d.ID).Scan(ctx, &found)
	d.Counters.Missing, d.Counters.MissingKeys = found.N, found.Keys
	return err
}

// count fills in what the delivery would do. What is stored is counted of those entity types of which it is unknown.
func count(ctx context.Context, tx bun.Tx, d *Delivery, types, unknown []int64) error {
	var rows []struct {
		EntityTypeID  int64
		Identifier    string
		Inserted      int
		Updated       int
		Deleted       int
		LinksInserted int
		LinksDeleted  int
		Stored        int
		StoredLinks   int
		Followed      int

		OwnInserted, OwnUpdated, OwnDeleted, OwnLinksInserted, OwnLinksDeleted int
	}
	if err := tx.NewRaw(statement("count"), d.ID, array(types), array(unknown)).Scan(ctx, &rows); err != nil {
		return fmt.Errorf("count changes: %w", err)
	}
	sum := &d.Counters
	initial := true
	for _, r := range rows {
		c := sum.EntityTypes[r.Identifier]
		c.Inserted, c.Updated, c.Deleted, c.LinksInserted, c.LinksDeleted = r.Inserted, r.Updated, r.Deleted, r.LinksInserted, r.LinksDeleted
		if c.Stored, c.StoredLinks = r.Stored, r.StoredLinks; d.changed.isOnly(r.EntityTypeID) {
			c.Stored, c.StoredLinks = d.changed.known[r.EntityTypeID].Stored, d.changed.known[r.EntityTypeID].StoredLinks
		}
		c.Initial, c.Followed = c.Stored == 0, r.Followed
		c.Own = Own{r.OwnInserted, r.OwnUpdated, r.OwnDeleted, r.OwnLinksInserted, r.OwnLinksDeleted}
		sum.EntityTypes[r.Identifier] = c
		sum.Inserted += r.Inserted
		sum.Updated += r.Updated
		sum.Deleted += r.Deleted
		sum.LinksInserted += r.LinksInserted
		sum.LinksDeleted += r.LinksDeleted
		initial = initial && c.Initial
	}
	if d.Mode == Complete && initial {
		d.Mode = Initial
	}
	return nil
}
