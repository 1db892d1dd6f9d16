package delegation

import (
	"flag"
	"testing"

	"writ/server/dbtest"
	"writ/server/machine/machinetest"
)

var _ = flag.Bool("update", false, "write the golden files")

func TestStates(t *testing.T) {
	t.Parallel()
	machinetest.Matrix(t, "testdata/delegations.golden", delegationMachine)
	machinetest.Doc(t, "States", delegationMachine)
	machinetest.Database(t, dbtest.MustOpen(t), delegationMachine)
}
