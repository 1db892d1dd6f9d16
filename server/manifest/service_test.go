package manifest

import (
	"fmt"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// Plans and applies of several people at once neither mix nor lock each other up.
func TestAtTheSameTime(t *testing.T) {
	t.Parallel()
	b := mustHouse(t)
	var group sync.WaitGroup
	failed := make(chan error, 24)
	for n := range 12 {
		group.Go(func() {
			_, err := b.apply(fmt.Sprintf("singleRoles: [{ identifier: R%d, entityType: Person }, { identifier: Shared, displayName: of %d, entityType: Person }]", n, n))
			failed <- err
		})
		group.Go(func() { // in the other order, so that the locks of rows would meet
			_, err := b.Plan(b.ctx, PlanInput{YAML: "singleRoles: [{ identifier: Shared, displayName: planned, entityType: Person }, { identifier: Mail, displayName: planned, entityType: Person }]"})
			failed <- err
		})
	}
	group.Wait()
	close(failed)
	for err := range failed {
		require.NoError(t, err)
	}
	require.Equal(t, 1+12+1, b.count(t, "role"))
	var planned int
	require.NoError(t, b.DB.NewRaw(`select count(*) from role where display_name = 'planned'`).Scan(b.ctx, &planned))
	require.Zero(t, planned)
}
