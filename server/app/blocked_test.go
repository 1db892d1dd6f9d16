package app

import (
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"writ/graph/across"
	"writ/server/order"
	"writ/server/synchronization"
)

var updateShapes = flag.Bool("update-shapes", false, "write the shapes of blocked tasks for the pages")

// TestBlockedShapes keeps what the API says of each way in which a task, a delivery or orders can be blocked: the tests of the pages read the
// same file and must turn each into a table. Run with -update-shapes after a change.
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
	said := map[string][]map[string]any{}
	note := func(shape string, limits []*across.ExceededLimit, err error) {
		require.NoError(t, err)
		for _, l := range limits {
			said[shape] = append(said[shape], map[string]any{"entityType": l.EntityType, "resourceType": l.ResourceType, "name": l.Name, "counter": l.Counter,
				"counted": l.Counted, "limit": l.Limit, "isPercent": l.IsPercent, "base": l.Base})
		}
	}
	limits, err := across.LimitsOf(read)
	note("delivery", limits, err)
	limits, err = across.LimitsOf(orders)
	note("heldOrders", limits, err)
	for shape, blocked := range map[string]map[string]any{"synchronizeTask": blockedByDelivery("The synchronization was blocked.", 7, read), "generateTask": blockedByGeneration(orders)} {
		raw, err := json.Marshal(blocked)
		require.NoError(t, err)
		b, err := across.Block(raw)
		require.NoError(t, err)
		require.NotEmpty(t, b.Message)
		require.NotEmpty(t, b.Limits)
		note(shape, b.Limits, nil)
	}
	b, err := across.Block([]byte(`{"message": "Somebody has to look."}`))
	require.NoError(t, err)
	require.Equal(t, &across.TaskBlock{Message: "Somebody has to look.", Limits: []*across.ExceededLimit{}}, b)
	b, err = across.Block(nil)
	require.NoError(t, err)
	require.Nil(t, b)
	got, err := json.MarshalIndent(said, "", "  ")
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
