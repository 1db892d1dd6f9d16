package app

import (
	"testing"

	"github.com/stretchr/testify/require"

	"writ/server/synchronization"
)

// TestOwnChangesPassThresholds: a card that the badge office took back on our order is no surprise, ten that vanish by themselves are.
func TestOwnChangesPassThresholds(t *testing.T) {
	t.Parallel()
	ctx, a, dir := mustDemo(t)
	_, err := a.DB.ExecContext(ctx, `update connector set max_percentage_deleted_lines = 0, maximum_deleted_lines = 5 where identifier = 'Badge'`)
	require.NoError(t, err)
	run := func() (*synchronization.Delivery, error) {
		return a.Synchronization.Run(ctx, synchronization.RunInput{Connector: "Badge"})
	}
	_, err = run()
	require.NoError(t, err)
	var holders []string
	require.NoError(t, a.DB.NewRaw(`select r.key from resource r join entity_type t on t.id = r.entity_type_id where t.identifier = 'Badge_Holder' order by r.id limit 10`).Scan(ctx, &holders))
	gone := map[string]bool{}
	for _, h := range holders {
		gone[h] = true
	}
	edit(t, dir, "badge/Badge_Card.csv", func(rows [][]string) [][]string {
		kept := rows[:1]
		for _, r := range rows[1:] {
			if !gone[r[0]] {
				kept = append(kept, r)
			}
		}
		return kept
	})
	d, err := run()
	require.Error(t, err)
	require.Equal(t, synchronization.Blocked, d.State)

	// the same ten, each with a deletion order that was executed
	_, err = a.DB.ExecContext(ctx, `
		with art as (insert into assigned_resource_type (resource_id, resource_type_id, workflow_state, workflow_state_changed_at, is_expected, valid_from)
			select r.id, t.id, 18, now(), false, now() from resource r join entity_type e on e.id = r.entity_type_id, resource_type t
			where e.identifier = 'Badge_Holder' and t.identifier = 'Badge_Card' order by r.id limit 10 returning id, resource_id, resource_type_id)
		insert into provisioning_order (assigned_resource_type_id, kind, state, states, resource_type_id, target_id, source_entity_type_id, connector_id, executed_at, created_at, updated_at)
		select art.id, 'DELETE', 8, '{8}', art.resource_type_id, art.resource_id, t.source_entity_type_id, c.id, now(), now(), now()
		from art join resource_type t on t.id = art.resource_type_id, connector c where c.identifier = 'Badge'`)
	require.NoError(t, err)
	d, err = run()
	require.NoError(t, err)
	require.Equal(t, synchronization.Applied, d.State)
	require.Equal(t, 10, d.Counters.Deleted)
	require.Equal(t, 10, d.Counters.EntityTypes["Badge_Holder"].Own.Deleted)
}
