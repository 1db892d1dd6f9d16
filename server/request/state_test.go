package request

import (
	"flag"
	"testing"

	"writ/server/dbtest"
	"writ/server/machine/machinetest"
)

var _ = flag.Bool("update", false, "write the golden files")

func TestStates(t *testing.T) {
	t.Parallel()
	machinetest.Matrix(t, "testdata/items.golden", itemMachine)
	machinetest.Matrix(t, "testdata/steps.golden", stepMachine)
	machinetest.Doc(t, "Items", itemMachine)
	machinetest.Doc(t, "Steps", stepMachine)
	db := dbtest.MustOpen(t)
	machinetest.Database(t, db, itemMachine)
	machinetest.Database(t, db, stepMachine)
}
