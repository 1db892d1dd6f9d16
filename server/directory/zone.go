package directory

import (
	"context"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"writ/server/errs"
)

// Zone gives the time zone of an IANA name; Validation when there is none.
func Zone(name string) (*time.Location, error) {
	zone, err := time.LoadLocation(name)
	if err != nil || name == "" || name == "Local" {
		return nil, errs.Invalid("", "%q is not a time zone. Write a name such as Europe/Berlin or UTC.", name)
	}
	return zone, nil
}

// SetZone keeps the time zone of the installation: one for all processes, since a day must not depend on who computes. An empty name
// keeps what is there, and takes machine when nothing is. changed: days begin at other instants than before, so everybody has to be looked at again.
func SetZone(ctx context.Context, tx bun.Tx, name, machine string) (zone *time.Location, changed bool, err error) {
	var before string
	if err := tx.NewRaw("select coalesce((select value #>> '{}' from setting where key = 'time_zone' for update), '')").Scan(ctx, &before); err != nil {
		return nil, false, fmt.Errorf("read the time zone: %w", err)
	}
	if name == "" {
		if name = before; name == "" {
			name = machine
		}
	}
	if zone, err = Zone(name); err != nil || name == before {
		return zone, false, err
	}
	_, err = tx.ExecContext(ctx, `insert into setting (key, value) values ('time_zone', to_jsonb(?::text))
		on conflict (key) do update set value = excluded.value, updated_at = now();
		insert into setting (key, value) values ('shape_version', '1')
		on conflict (key) do update set value = to_jsonb((setting.value)::bigint + 1), updated_at = now()`, name)
	if err != nil {
		return nil, false, fmt.Errorf("keep the time zone: %w", err)
	}
	return zone, before != "" || name != "UTC", nil
}

// LoadZone reads the time zone of the installation; UTC when none was kept.
func LoadZone(ctx context.Context, db bun.IDB) (*time.Location, error) {
	var name string
	if err := db.NewRaw("select coalesce((select value #>> '{}' from setting where key = 'time_zone'), 'UTC')").Scan(ctx, &name); err != nil {
		return nil, fmt.Errorf("read the time zone: %w", err)
	}
	return Zone(name)
}
