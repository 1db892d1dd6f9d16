package apptest_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"writ/server/apptest"
)

// A decision about many is in the middle when its process is killed. Whoever starts again goes on behind what is decided: nothing is decided twice,
// nothing is forgotten, and the numbers of the run are those of the trail.
func TestKilledDuringReconciliation(t *testing.T) {
	t.Parallel()
	h := apptest.MustStart(t, apptest.Options{Completed: true})
	reviewer := h.As(t, "reviewer")
	_, err := h.DB.NewRaw(`insert into gap (assigned_resource_type_id, property, workflow_state, current_value, proposed_value, found_at)
		select a.id, p.property, 1, 'by hand', 'computed', now() from assigned_resource_type a join resource_type t on t.id = a.resource_type_id
			cross join unnest(array['FullName', 'Email', 'Department', 'JobTitle']) p (property)
		where t.identifier = 'Intranet_User' and a.valid_to = 'infinity' and a.resource_id is not null and a.is_expected order by a.id, p.property`).Exec(t.Context())
	require.NoError(t, err)

	type run struct {
		ID, State                    string
		Total, Done, Skipped, Failed int
	}
	var begun struct{ DecideReconciliation struct{ BulkChangeID string } }
	reviewer.MustDo(t, `mutation { decideReconciliation(input: { filter: { resourceTypes: ["Intranet_User"], kinds: [UNRECONCILED], properties: ["FullName", "Email", "Department", "JobTitle"] }, decision: KEEP_CURRENT, comment: "as it is" }) {
		bulkChangeId } }`, nil, &begun)
	id := begun.DecideReconciliation.BulkChangeID
	now := func() (r run) {
		require.NoError(t, h.DB.NewRaw(`select id::text, state, total, done, skipped, failed from bulk_change where id = ?`, id).Scan(t.Context(), &r))
		return r
	}
	total := now().Total
	require.Greater(t, total, 1_000)
	within(t, "the run has begun", func() bool { return now().Done > 0 })
	h.MustKillAll(t)
	killed := now()
	t.Logf("killed after %d of %d", killed.Done, total)
	require.Less(t, killed.Done, total, "killed too late to prove anything")
	h.MustRestartAll(t)
	within(t, "the run ends", func() bool { return now().State == "DONE" })

	ended := now()
	require.Zero(t, ended.Failed)
	var trail struct{ Decided, Twice, Events, Kept, Open, Gone int }
	require.NoError(t, h.DB.NewRaw(`with g as (select * from gap where proposed_value = 'computed' and current_value = 'by hand' and found_at < (select created_at from bulk_change where id = ?0))
		select (select count(*) from g where decided_at is not null) as decided, (select count(*) from g where closed_at is null) as open,
			(select count(*) from g where closed_at is not null and decided_at is null) as gone,
			(select count(*) from event where kind = 'gap.decided') as events,
			(select count(*) from (select from event where kind = 'gap.decided' group by subject_id having count(*) > 1) d) as twice,
			(select count(*) from kept_value where comment = 'as it is') as kept`, id).Scan(t.Context(), &trail))
	require.Equal(t, ended.Done, trail.Decided)
	require.Equal(t, ended.Done, trail.Events, "one event for each")
	require.Equal(t, ended.Done, trail.Kept)
	require.Zero(t, trail.Twice)
	require.Zero(t, trail.Open, "nothing is forgotten")
	require.Equal(t, total, ended.Done+ended.Skipped)
	require.Equal(t, ended.Skipped, trail.Gone, "the rest was mended meanwhile")
}
