package app

import (
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"writ/server/order"
	"writ/server/synchronization"
)

var updateShapes = flag.Bool("update-shapes", false, "write the shapes of blocked tasks for the pages")

// TestBlockedShapes keeps the shapes in which a task or a delivery says what blocked it: the tests of the pages read the same file and
// must turn each into a table. Run with -update-shapes after a change.
func TestBlockedShapes(t *testing.T) {
	t.Parallel()
	var read []synchronization.Exceeded
	for _, counter := range []string{"inserted", "updated", "deleted", "linksInserted", "linksDeleted"} {
		read = append(read,
			synchronization.Exceeded{Name: "HR", Counter: counter, Value: 120, Limit: 100, Stored: 446},
			synchronization.Exceeded{EntityType: "Directory_User", Name: "Person", Counter: counter, Value: 120, Limit: 10, Percent: true, Stored: 446})
	}
	var orders []order.Exceeded
	for _, action := range []string{"insert", "update", "delete"} {
		orders = append(orders,
			order.Exceeded{ResourceType: "Intranet_User", Name: "Intranet account", Action: action, Count: 120, Limit: 100, Base: 446, Message: "Threshold exceeded."},
			order.Exceeded{ResourceType: "Intranet_User", Name: "Intranet account", Action: action, Count: 120, Limit: 10, IsPercent: true, Base: 446, Message: "Threshold exceeded."})
	}
	got, err := json.MarshalIndent(map[string]any{
		"delivery":          read,
		"synchronizeTask":   blockedByDelivery("The synchronization was blocked.", 7, read),
		"generateTask":      blockedByGeneration(orders),
		"heldOrders":        orders,
		"taskWithoutLimits": map[string]any{"message": "Somebody has to look."},
	}, "", "  ")
	require.NoError(t, err)
	path := filepath.Join("..", "..", "frontend", "src", "lib", "blockedShapes.json")
	got = append(got, '\n')
	if *updateShapes {
		require.NoError(t, os.WriteFile(path, got, 0o644))
	}
	want, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, string(want), string(got), "run this test with -update-shapes, and the tests of the pages")
}
