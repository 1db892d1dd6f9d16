package synchronization

import (
	"flag"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"writ/server/dbtest"
	"writ/server/errs"
	"writ/server/machine/machinetest"
)

var _ = flag.Bool("update", false, "write golden files")

// TestDeliveryMoves tries every action in every state against the real table; the golden file is the whole machine.
func TestDeliveryMoves(t *testing.T) {
	t.Parallel()
	machinetest.Matrix(t, "testdata/states.golden", deliveryMachine)
	machinetest.Doc(t, "States", deliveryMachine)
	db := dbtest.MustOpen(t)
	machinetest.Database(t, db, deliveryMachine)
	var connector int64
	require.NoError(t, db.NewRaw("insert into connector (identifier, display_name) values ('hr', 'HR') returning id").Scan(t.Context(), &connector))
	begin := func(from State) int64 {
		d := &Delivery{ConnectorID: connector, Mode: Complete, State: from, GUID: uuid.New()}
		_, err := db.NewInsert().Model(d).Exec(t.Context())
		require.NoError(t, err)
		return d.ID
	}
	machinetest.Moves(t, deliveryMachine, func(action Action, from State) (to State, moved bool) {
		d, err := find(t.Context(), db, begin(from))
		require.NoError(t, err)
		err = move(t.Context(), db, d, action)
		if err != nil {
			require.True(t, errs.Is(err, errs.InvalidTransition), "%v", err)
		}
		require.NoError(t, db.NewRaw("select state from delivery where id = ?", d.ID).Scan(t.Context(), &to))
		require.Equal(t, to, d.State)
		return to, err == nil
	})
	machinetest.Guarded(t, db, deliveryMachine, "delivery", begin, nil)
}
