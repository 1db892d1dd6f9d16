package departure

import (
	"flag"
	"testing"

	"writ/server/dbtest"
	"writ/server/machine/machinetest"
)

var _ = flag.Bool("update", false, "write the golden files")

func TestStates(t *testing.T) {
	t.Parallel()
	machinetest.Matrix(t, "testdata/departures.golden", departureMachine)
	machinetest.Doc(t, "States", departureMachine)
	machinetest.Database(t, dbtest.MustOpen(t), departureMachine)
}
