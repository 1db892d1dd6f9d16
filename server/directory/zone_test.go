package directory_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"

	"writ/server/db"
	"writ/server/dbtest"
	"writ/server/directory"
	"writ/server/errs"
)

// TestZoneOfTheInstallation: the first start keeps the zone of its machine, a setting replaces it, another machine does not.
func TestZoneOfTheInstallation(t *testing.T) {
	t.Parallel()
	base, shapes := dbtest.MustOpen(t), &directory.Shapes{}
	for _, c := range []struct {
		name, machine, want string
		changed             bool
	}{
		{"", "UTC", "UTC", false}, {"", "Europe/Berlin", "UTC", false}, {"Europe/Berlin", "UTC", "Europe/Berlin", true},
		{"Europe/Berlin", "UTC", "Europe/Berlin", false}, {"", "Asia/Tokyo", "Europe/Berlin", false}, {"UTC", "Asia/Tokyo", "UTC", true},
	} {
		err := db.InTx(t.Context(), base, func(ctx context.Context, tx bun.Tx) error {
			zone, changed, err := directory.SetZone(ctx, tx, c.name, c.machine)
			require.NoError(t, err)
			require.Equal(t, c.want, zone.String())
			require.Equal(t, c.changed, changed)
			return nil
		})
		require.NoError(t, err)
		shape, err := shapes.Load(t.Context(), base)
		require.NoError(t, err)
		require.Equal(t, c.want, shape.Zone().String(), "the cached shape is replaced")
	}
	_, err := directory.Zone("Local")
	require.True(t, errs.Is(err, errs.Validation))
}
