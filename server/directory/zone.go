package directory

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	store "writ/server/db"
	"writ/server/errs"
)

// zoneKey is the setting that keeps the time zone.
const zoneKey = "time_zone"

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
	if _, err := store.SettingForUpdate(ctx, tx, zoneKey, &before); err != nil {
		return nil, false, err
	}
	if name == "" {
		if name = before; name == "" {
			name = machine
		}
	}
	if zone, err = Zone(name); err != nil || name == before {
		return zone, false, err
	}
	if err := store.WriteSetting(ctx, tx, zoneKey, name); err != nil {
		return nil, false, err
	}
	if err := store.AddToSetting(ctx, tx, store.ShapeVersion, 1); err != nil {
		return nil, false, err
	}
	return zone, before != "" || name != "UTC", nil
}

// LoadZone reads the time zone of the installation; UTC when none was kept.
func LoadZone(ctx context.Context, db bun.IDB) (*time.Location, error) {
	name := "UTC"
	if _, err := store.Setting(ctx, db, zoneKey, &name); err != nil {
		return nil, err
	}
	return Zone(name)
}
