package db

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/uptrace/bun"
)

// A setting is one value of the whole installation, shared by all processes: the time zone, how far the mails have read, the version of the
// metadata. Each key belongs to one room, which names it; the table and what is written to it are told here alone.

// ShapeVersion is the key of the setting that counts the changes of metadata and configuration.
const ShapeVersion = "shape_version"

// Setting reads a setting into a pointer; false, and into stays, when it was never written.
func Setting(ctx context.Context, b bun.IDB, key string, into any) (bool, error) {
	return readSetting(ctx, b, "select value from setting where key = ?", key, into)
}

// SettingForUpdate is Setting, and holds the row until the transaction ends.
func SettingForUpdate(ctx context.Context, tx bun.Tx, key string, into any) (bool, error) {
	return readSetting(ctx, tx, "select value from setting where key = ? for update", key, into)
}

func readSetting(ctx context.Context, b bun.IDB, sql, key string, into any) (bool, error) {
	var found []json.RawMessage
	if err := b.NewRaw(sql, key).Scan(ctx, &found); err != nil {
		return false, fmt.Errorf("read setting %s: %w", key, err)
	}
	if len(found) == 0 {
		return false, nil
	}
	if err := json.Unmarshal(found[0], into); err != nil {
		return false, fmt.Errorf("setting %s: %w", key, err)
	}
	return true, nil
}

// WriteSetting writes a setting: anything that JSON can say.
func WriteSetting(ctx context.Context, tx bun.IDB, key string, value any) error {
	raw, err := json.Marshal(value)
	if err != nil {
		return fmt.Errorf("setting %s: %w", key, err)
	}
	_, err = tx.NewRaw(`insert into setting (key, value) values (?, ?::jsonb) on conflict (key) do update set value = excluded.value, updated_at = now()`,
		key, string(raw)).Exec(ctx)
	if err != nil {
		return fmt.Errorf("write setting %s: %w", key, err)
	}
	return nil
}

// AddToSetting adds to a setting that is a number; one that was never written is 0.
func AddToSetting(ctx context.Context, tx bun.IDB, key string, n int64) error {
	_, err := tx.NewRaw(`insert into setting (key, value) values (?0, to_jsonb(?1::bigint))
		on conflict (key) do update set value = to_jsonb((setting.value #>> '{}')::bigint + ?1), updated_at = now()`, key, n).Exec(ctx)
	if err != nil {
		return fmt.Errorf("write setting %s: %w", key, err)
	}
	return nil
}
