package rolemodel

import (
	"context"
	"fmt"
	"time"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"

	"writ/server/db"
)

// AddVersion tells every process that the model is another one from now on, and keeps what is another in it: the objects as they stand in
// the transaction. The number of statements is twice that of the tables.
func AddVersion(ctx context.Context, tx bun.IDB, now time.Time, actor string) error {
	var version int64
	if err := tx.NewRaw(`insert into model_version (at, actor, fingerprint) values (?, ?, decode(md5(?), 'hex')) returning version`,
		now, actor, now.String()).Scan(ctx, &version); err != nil {
		return fmt.Errorf("write model version: %w", err)
	}
	for _, k := range parts() {
		for _, sql := range []string{
			`update model_object o set to_version = ?1 where o.kind = ?0 and o.to_version is null and not exists (select from ?2 t where ?3 = o.object and to_jsonb(t) = o.body)`,
			`insert into model_object (kind, object, from_version, body) select ?0, ?3, ?1, to_jsonb(t) from ?2 t
				where not exists (select from model_object o where o.kind = ?0 and o.object = ?3 and o.to_version is null)`,
		} {
			if _, err := tx.NewRaw(sql, k.table, version, bun.Ident(k.table), bun.Safe(k.object)).Exec(ctx); err != nil {
				return fmt.Errorf("keep version %d of the model, %s: %w", version, k.table, err)
			}
		}
	}
	return nil
}

// VersionAt is the number of the model that was in force at an instant; 0: there was none yet.
func VersionAt(ctx context.Context, idb bun.IDB, at time.Time) (version int64, err error) {
	if err := idb.NewRaw("select coalesce(max(version), 0) from model_version where at <= ?", at).Scan(ctx, &version); err != nil {
		return 0, fmt.Errorf("find the model of an instant: %w", err)
	}
	return version, nil
}

// modelSince is the setting with the oldest version of which all objects are kept.
const modelSince = "model_since"

// FirstVersion is the oldest version that is kept as a whole; 0: none is.
func FirstVersion(ctx context.Context, idb bun.IDB) (version int64, err error) {
	if err := idb.NewRaw(`select greatest(coalesce((select min(from_version) from model_object), 0), coalesce((select (value #>> '{}')::bigint from setting where key = ?), 0))`,
		modelSince).Scan(ctx, &version); err != nil {
		return 0, fmt.Errorf("find the oldest model: %w", err)
	}
	return version, nil
}

// ForgetVersions drops what was changed or taken out of the model before an instant; versions that lacked it are not told of any more.
func ForgetVersions(ctx context.Context, tx *bun.DB, before time.Time) error {
	var version int64
	if err := tx.NewRaw(`select coalesce(max(o.to_version), 0) from model_object o join model_version v on v.version = o.to_version where v.at < ?`, before).Scan(ctx, &version); err != nil {
		return fmt.Errorf("look for old versions of the model: %w", err)
	}
	if version == 0 {
		return nil
	}
	if err := db.WriteSetting(ctx, tx, modelSince, version); err != nil {
		return err
	}
	_, err := db.InPortions(ctx, tx, `delete from model_object where ctid = any (array (
		select ctid from model_object where to_version <= ? order by to_version limit 5000 for update skip locked))`, version)
	if err != nil {
		return fmt.Errorf("drop old versions of the model: %w", err)
	}
	return nil
}

// LoadVersion reads the whole model as it was in a version, as Load reads the newest. Everything is sorted by id.
func LoadVersion(ctx context.Context, idb bun.IDB, version int64) (*Model, error) {
	m := &Model{Version: version}
	for _, k := range parts() {
		q := idb.NewSelect().Model(k.rows(m)).
			ModelTableExpr(`(select (jsonb_populate_record(null::?0, o.body)).* from model_object o
				where o.kind = ?1 and o.from_version <= ?2 and (o.to_version > ?2 or o.to_version is null)) as ?TableAlias`, bun.Ident(k.table), k.table, version)
		if err := q.OrderExpr(k.order).Scan(ctx); err != nil {
			return nil, fmt.Errorf("read version %d of the model, %s: %w", version, k.table, err)
		}
	}
	return m, nil
}

// Since tells of rules from when on they are as they are: by table and id, with the instant of the version that made them so.
func Since(ctx context.Context, idb bun.IDB, table string, version int64, ids []int64) (map[int64]time.Time, error) {
	out := map[int64]time.Time{}
	if len(ids) == 0 {
		return out, nil
	}
	err := db.Select(ctx, idb, bun.SafeQuery(`select o.object::bigint, v.at from model_object o join model_version v on v.version = o.from_version
		where o.kind = ?0 and o.object = any (?1::bigint[]::text[]) and o.from_version <= ?2 and (o.to_version > ?2 or o.to_version is null)`, table, pgdialect.Array(ids), version),
		func(r *db.Row) error {
			id := r.Int()
			out[id] = r.Time().UTC()
			return nil
		})
	return out, err
}
