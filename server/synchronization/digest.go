package synchronization

import (
	"bytes"
	"cmp"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"os"
	"slices"
	"sync"
	"time"

	"github.com/uptrace/bun"

	"writ/server/db"
	"writ/server/fulfil"
	"writ/server/system"
)

// digest stands for the mapped columns of a row as they were read. The zero digest is nobody's: its key is looked at in every reading.
type digest [16]byte

var loose digest

// bucketKeys is how many keys share a bucket when one is made: what one changed row writes.
const bucketKeys = 128

// wholeEvery is how long digests are trusted before everything is compared again: whoever writes past Writ into its own database, or a
// mistake here, is found then.
const wholeEvery = 24 * time.Hour

// digestTable is of which reading the digests of an entity type are.
type digestTable struct {
	bun.BaseModel `bun:"table:row_digest_table,alias:dt"`
	EntityTypeID  int64 `bun:",pk"`
	DeliveryID    int64 `bun:",pk"`
	Version       int64
	Signature     []byte
	Stamp         string
	Cookie        string // of fulfil.Tracker: up to where the table is known; "": its history cannot be told
	Buckets       int
	Rows          int
	Loose         int
	Stored        int
	StoredLinks   int
	CompletedAt   time.Time
}

// digests are those in force of one entity type, by key, next to what the reading under way found.
type digests struct {
	digestTable
	at     map[string]int // position in the slices below
	keys   []string
	sums   []digest
	seen   []bool          // the reading shows the key with this digest
	wanted map[string]bool // keys whose rows are compared whatever they are
}

// same reports whether a row is as it was, and notes that its key is there.
func (k *digests) same(key string, sum digest) bool {
	i, ok := k.at[key]
	if !ok || sum == loose || k.sums[i] != sum || k.wanted[key] {
		return false
	}
	k.seen[i] = true
	return true
}

// isSeen reports whether a row of the key was taken for unchanged.
func (k *digests) isSeen(key string) bool {
	i, ok := k.at[key]
	return ok && k.seen[i]
}

// digestOf is that of the mapped columns of a row.
func (m *tableMap) digestOf(row fulfil.Row) digest {
	buf := m.buffer[:0]
	for _, c := range m.columns {
		value, there := row[c.column]
		switch v := value.(type) {
		case string:
			buf = appendText(append(buf, 's'), v)
		case []string:
			buf = binary.AppendUvarint(append(buf, 'l'), uint64(len(v)))
			for _, s := range v {
				buf = appendText(buf, s)
			}
		case []byte:
			buf = appendText(append(buf, 'b'), string(v))
		default:
			if !there {
				buf = append(buf, 'm')
			} else {
				buf = append(buf, 'n')
			}
		}
	}
	m.buffer = buf
	sum := sha256.Sum256(buf)
	return digest(sum[:len(digest{})])
}

func appendText(buf []byte, s string) []byte {
	return append(binary.AppendUvarint(buf, uint64(len(s))), s...)
}

// program is the digest of this very program: another one may read rows differently. One that cannot be told is like no other.
var program = sync.OnceValue(func() []byte {
	sum := sha256.New()
	path, err := os.Executable()
	if err == nil {
		var f *os.File
		if f, err = os.Open(path); err == nil {
			_, err = io.Copy(sum, f)
			_ = f.Close()
		}
	}
	if err != nil {
		unlike := make([]byte, sha256.Size)
		_, _ = rand.Read(unlike) // never fails
		return unlike
	}
	return sum.Sum(nil)
})

// signature is everything beside the data that decides what becomes of a row.
func (m *tableMap) signature(connectionVersion int) []byte {
	raw, _ := json.Marshal([]any{m.version, connectionVersion, m.connection, m.table, m.entityType.ID, m.trimKeys, m.zone.String()}) // plain values: never fails
	for _, c := range m.columns {
		one, _ := json.Marshal([]any{c.property.ID, c.property.Type, c.property.IsCollection, c.property.TargetEntityTypeID, c.column, c.format, c.property == m.key.property})
		raw = append(raw, one...)
	}
	sum := sha256.Sum256(append(raw, program()...))
	return sum[:]
}

// loadDigests gives the digests in force of an entity type; nil when there are none that fit.
func loadDigests(ctx context.Context, b bun.IDB, entityTypeID int64, signature []byte, now time.Time) (*digests, error) {
	var found []digestTable
	if err := b.NewSelect().Model(&found).Where("entity_type_id = ? and delivery_id = 0", entityTypeID).Scan(ctx); err != nil {
		return nil, fmt.Errorf("read what is known of rows: %w", err)
	}
	if len(found) == 0 || !bytes.Equal(found[0].Signature, signature) || now.Sub(found[0].CompletedAt) >= wholeEvery || found[0].CompletedAt.After(now) {
		return nil, nil
	}
	return &digests{digestTable: found[0], at: make(map[string]int, found[0].Rows)}, nil
}

// read fills in the digests themselves. false: they are not those of the table (any more).
func (k *digests) read(ctx context.Context, b bun.IDB) (bool, error) {
	var packs []struct{ Entries []byte }
	if err := b.NewRaw("select entries from row_digest where entity_type_id = ? and delivery_id = 0 order by bucket", k.EntityTypeID).Scan(ctx, &packs); err != nil {
		return false, fmt.Errorf("read the digests of rows: %w", err)
	}
	zero := 0
	for _, p := range packs {
		err := unpack(p.Entries, func(key string, sum digest) {
			k.at[key] = len(k.keys)
			k.keys, k.sums = append(k.keys, key), append(k.sums, sum)
			if sum == loose {
				zero++
			}
		})
		if err != nil {
			return false, nil //nolint:nilerr // what cannot be read is as good as nothing kept: the whole is compared
		}
	}
	k.seen = make([]bool, len(k.keys))
	return len(k.at) == k.Rows && len(k.keys) == k.Rows && zero == k.Loose, nil
}

// bucketOf spreads keys over buckets.
func bucketOf(key string, buckets int) int {
	h := fnv.New64a()
	_, _ = io.WriteString(h, key) // never fails
	return int(h.Sum64() % uint64(buckets))
}

func bucketsFor(keys int) int { return max(1, keys/bucketKeys) }

// entry is one key in a bucket.
type entry struct {
	key string
	sum digest
}

func pack(list []entry) []byte {
	slices.SortFunc(list, func(a, b entry) int { return cmp.Compare(a.key, b.key) })
	buf := []byte{} // none is not null
	for _, e := range list {
		buf = append(appendText(buf, e.key), e.sum[:]...)
	}
	return buf
}

var errPacked = errors.New("digests are cut off")

func unpack(buf []byte, take func(key string, sum digest)) error {
	for len(buf) > 0 {
		n, size := binary.Uvarint(buf)
		if size <= 0 || n > uint64(len(buf)-size) || uint64(len(buf)-size)-n < uint64(len(digest{})) {
			return errPacked
		}
		buf = buf[size:]
		key := string(buf[:n])
		take(key, digest(buf[n:]))
		buf = buf[n+uint64(len(digest{})):]
	}
	return nil
}

// keepDigests writes, before the comparison, what a reading of one table makes known: all of it, or the buckets that differ from before.
func (s *Service) keepDigests(ctx context.Context, d *Delivery, r *tableRead, k *system.Connection, stamp string) error {
	known, fresh, id := r.known, r.fresh, r.entityType.ID
	if !d.Counters.EntityTypes[r.entityType.Identifier].Whole {
		return nil
	}
	t := digestTable{EntityTypeID: id, DeliveryID: d.ID, Signature: r.signature(k.Version), Stamp: stamp, Cookie: r.cookie, CompletedAt: d.StartedAt, Buckets: bucketsFor(len(fresh))}
	touched := map[int]bool{}
	merged := fresh
	if known != nil {
		t.Version, t.Buckets, t.CompletedAt, t.Stored, t.StoredLinks = known.Version, known.Buckets, known.CompletedAt, known.Stored, known.StoredLinks
		merged = make(map[string]digest, len(known.keys)+len(fresh))
		for i, key := range known.keys {
			merged[key] = known.sums[i]
			if _, again := fresh[key]; !known.seen[i] && !again { // what becomes of it the comparison tells
				merged[key] = loose
				touched[bucketOf(key, t.Buckets)] = true
			}
		}
		for key, sum := range fresh {
			merged[key] = sum
			touched[bucketOf(key, t.Buckets)] = true
		}
	}
	packs := map[int][]entry{}
	for key, sum := range merged {
		t.Rows++
		if sum == loose {
			t.Loose++
		}
		if len(touched) == 0 && known != nil {
			continue
		}
		if b := bucketOf(key, t.Buckets); known == nil || touched[b] {
			packs[b] = append(packs[b], entry{key, sum})
		}
	}
	return db.InTx(ctx, s.DB, func(ctx context.Context, tx bun.Tx) error {
		if _, err := tx.NewInsert().Model(&t).Exec(ctx); err != nil {
			return fmt.Errorf("keep what is known of rows: %w", err)
		}
		return savePacks(ctx, tx, id, d.ID, packs)
	})
}

func savePacks(ctx context.Context, tx bun.Tx, entityTypeID, deliveryID int64, packs map[int][]entry) error {
	if len(packs) == 0 {
		return nil
	}
	if len(packs) <= 32 { // cheaper than a COPY
		for b, list := range packs {
			if _, err := tx.NewRaw(`insert into row_digest (entity_type_id, delivery_id, bucket, entries) values (?, ?, ?, ?)`, entityTypeID, deliveryID, b, pack(list)).Exec(ctx); err != nil {
				return fmt.Errorf("keep the digests of rows: %w", err)
			}
		}
		return nil
	}
	return db.CopyIn(ctx, tx, "row_digest", []string{"entity_type_id", "delivery_id", "bucket", "entries"}, func(yield func([]any) bool) {
		for b, list := range packs {
			if !yield([]any{entityTypeID, deliveryID, b, pack(list)}) {
				return
			}
		}
	})
}

// amendDigests corrects, after the comparison, what a delivery makes known: of loosened keys nobody knows whether the directory is as their
// row is, dropped ones are gone.
func amendDigests(ctx context.Context, tx bun.Tx, d *Delivery, entityTypeID int64, loosened, dropped []string) error {
	if len(loosened)+len(dropped) == 0 {
		return nil
	}
	var heads []digestTable
	if err := tx.NewSelect().Model(&heads).Where("entity_type_id = ? and delivery_id = ?", entityTypeID, d.ID).Scan(ctx); err != nil || len(heads) == 0 {
		return err
	}
	t := heads[0]
	byBucket := map[int]map[string]bool{} // true: dropped
	note := func(key string, drop bool) {
		b := bucketOf(key, t.Buckets)
		if byBucket[b] == nil {
			byBucket[b] = map[string]bool{}
		}
		byBucket[b][key] = drop
	}
	for _, key := range dropped {
		note(key, true)
	}
	for _, key := range loosened {
		note(key, false)
	}
	ids := make([]int, 0, len(byBucket))
	for b := range byBucket {
		ids = append(ids, b)
	}
	var rows []struct {
		Bucket  int
		Entries []byte
	}
	// a bucket that the delivery leaves as it is lies with those in force
	if err := tx.NewRaw(`select distinct on (bucket) bucket, entries from row_digest
		where entity_type_id = ?0 and (delivery_id = ?1 or delivery_id = 0 and ?2) and bucket = any (?3) order by bucket, delivery_id desc`,
		entityTypeID, d.ID, t.Version != 0, array(ids)).Scan(ctx, &rows); err != nil {
		return fmt.Errorf("read the digests of rows: %w", err)
	}
	packs := map[int][]entry{}
	for _, r := range rows {
		err := unpack(r.Entries, func(key string, sum digest) {
			drop, named := byBucket[r.Bucket][key]
			delete(byBucket[r.Bucket], key)
			if named && sum == loose {
				t.Loose--
			}
			if named && drop {
				t.Rows--
				return
			}
			if named {
				sum = loose
				t.Loose++
			}
			packs[r.Bucket] = append(packs[r.Bucket], entry{key, sum})
		})
		if err != nil {
			return err
		}
		if packs[r.Bucket] == nil {
			packs[r.Bucket] = []entry{}
		}
	}
	for b, keys := range byBucket { // keys that were not there
		for key, drop := range keys {
			if !drop {
				packs[b] = append(packs[b], entry{key, loose})
				t.Rows++
				t.Loose++
			}
		}
	}
	if _, err := tx.NewRaw("delete from row_digest where entity_type_id = ? and delivery_id = ? and bucket = any (?)", entityTypeID, d.ID, array(ids)).Exec(ctx); err != nil {
		return fmt.Errorf("replace the digests of rows: %w", err)
	}
	if _, err := tx.NewUpdate().Model(&t).Column("rows", "loose").WherePK().Exec(ctx); err != nil {
		return err
	}
	return savePacks(ctx, tx, entityTypeID, d.ID, packs)
}

// promoteDigests puts what a delivery made known into force, in the transaction that applies it. When that is not all that is to be known of
// the table (the delivery read commands, a crash emptied the tables, others came into force meanwhile), everything is forgotten: the next reading
// compares all rows.
func promoteDigests(ctx context.Context, tx bun.Tx, d *Delivery, entityTypeID int64, c TypeCounts) error {
	var heads []digestTable
	if err := tx.NewSelect().Model(&heads).Where("entity_type_id = ? and delivery_id in (0, ?)", entityTypeID, d.ID).For("UPDATE").Scan(ctx); err != nil {
		return fmt.Errorf("read what is known of rows: %w", err)
	}
	var mine, inForce *digestTable
	for i := range heads {
		if heads[i].DeliveryID == 0 {
			inForce = &heads[i]
		} else {
			mine = &heads[i]
		}
	}
	if mine == nil || !c.Whole || mine.Version != 0 && (inForce == nil || inForce.Version != mine.Version) {
		return forgetDigests(ctx, tx, entityTypeID, d.ID)
	}
	mine.Stored, mine.StoredLinks = c.Stored+c.Inserted-c.Deleted, c.StoredLinks+c.LinksInserted-c.LinksDeleted
	if c.Followed > 0 { // who made room for whom is not among the changes
		if err := tx.NewRaw("select count(*) from resource where entity_type_id = ? and valid_to = 'infinity' and origin = 'SYNC'", entityTypeID).Scan(ctx, &mine.Stored); err != nil {
			return fmt.Errorf("count what is stored: %w", err)
		}
	}
	steps := []string{
		"delete from row_digest o using row_digest n where n.entity_type_id = ?0 and n.delivery_id = ?1 and o.entity_type_id = ?0 and o.delivery_id = 0 and o.bucket = n.bucket",
		`update row_digest_table o set version = ?1, signature = n.signature, stamp = n.stamp, cookie = n.cookie, buckets = n.buckets, rows = n.rows, loose = n.loose, stored = ?2, stored_links = ?3,
			completed_at = n.completed_at from row_digest_table n where o.entity_type_id = ?0 and o.delivery_id = 0 and n.entity_type_id = ?0 and n.delivery_id = ?1`,
	}
	if mine.Version == 0 {
		steps = []string{
			"delete from row_digest_table where entity_type_id = ?0 and delivery_id = 0",
			`insert into row_digest_table (entity_type_id, delivery_id, version, signature, stamp, cookie, buckets, rows, loose, stored, stored_links, completed_at)
				select entity_type_id, 0, ?1, signature, stamp, cookie, buckets, rows, loose, ?2, ?3, completed_at from row_digest_table where entity_type_id = ?0 and delivery_id = ?1`,
		}
	}
	steps = append(steps, "update row_digest set delivery_id = 0 where entity_type_id = ?0 and delivery_id = ?1", "delete from row_digest_table where entity_type_id = ?0 and delivery_id = ?1")
	for _, step := range steps {
		if _, err := tx.NewRaw(step, entityTypeID, d.ID, mine.Stored, mine.StoredLinks).Exec(ctx); err != nil {
			return fmt.Errorf("keep what is known of rows: %w", err)
		}
	}
	return nil
}

// forgetDigests has the next reading of an entity type compare everything.
func forgetDigests(ctx context.Context, tx bun.Tx, entityTypeID, deliveryID int64) error {
	_, err := tx.NewRaw("delete from row_digest_table where entity_type_id = ? and delivery_id in (0, ?)", entityTypeID, deliveryID).Exec(ctx)
	if err != nil {
		return fmt.Errorf("forget what is known of rows: %w", err)
	}
	return nil
}
