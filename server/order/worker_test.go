package order

import (
	"context"
	"testing"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"
	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"
)

// TestWorkers: what River calls. While a job runs the chain keeps still, except for what the job itself asks.
func TestWorkers(t *testing.T) {
	t.Parallel()
	w := setup(t, 4)
	paused := true
	w.s.Paused = func(context.Context, bun.IDB) (bool, error) { return paused, nil }
	generate := func(connector int64) {
		require.NoError(t, (&GenerateWorker{Service: w.s}).Work(t.Context(), &river.Job[GenerateArgs]{JobRow: &rivertype.JobRow{CreatedAt: time.Now()}, Args: GenerateArgs{ConnectorID: connector}}))
	}
	dispatch := func(job bool) {
		require.NoError(t, (&DispatchWorker{Service: w.s}).Work(t.Context(), &river.Job[DispatchArgs]{Args: DispatchArgs{ConnectionID: w.connection, Job: job}}))
	}
	w.plan(w.creation(0, 1))
	generate(w.connector)
	require.Nil(t, w.order(0).GeneratedAt)
	paused = false
	generate(w.connector)
	require.NotNil(t, w.order(0).GeneratedAt)
	paused = true
	dispatch(false)
	require.Zero(t, w.fake.count())
	dispatch(true)
	require.Equal(t, 1, w.fake.count())

	// every connector for itself: a threshold of one does not stop another one
	paused = false
	other := w.id(`insert into connector (identifier, display_name, mode) values ('AD', 'AD', 'continuous') returning id`)
	connection := w.id(`insert into connection (connector_id, identifier, display_name, package) values (?, 'ad', 'ad', 'fake') returning id`, other)
	rt := w.id(`insert into resource_type (identifier, display_name, policy_id, source_entity_type_id, target_entity_type_id, connection_id, maximum_insert)
		select 'AD_User', 'AD account', policy_id, source_entity_type_id, target_entity_type_id, ?, 1 from resource_type returning id`, connection)
	for _, i := range []int{1, 2} { // two more than AD allows
		p := w.creation(i, 1)
		p.ResourceTypeID = rt
		p.AssignedResourceTypeID = w.id(`insert into assigned_resource_type (owner_id, resource_type_id, workflow_state, workflow_state_changed_at, is_expected, valid_from)
			values (?, ?, 18, now(), true, now()) returning id`, w.owners[i], rt)
		w.plan(p)
	}
	w.plan(w.creation(3, 1))
	generate(0)
	require.NotNil(t, w.order(3).GeneratedAt)
	require.Equal(t, 2, int(w.id("select count(*) from provisioning_order where wait_reason = 'threshold'")))
}

func TestGates(t *testing.T) {
	t.Parallel()
	var g gates
	inside, goOn := make(chan struct{}, 2), make(chan struct{})
	done := make(chan error)
	runs := 0
	go func() {
		done <- g.run(1, func() error { runs++; inside <- struct{}{}; <-goOn; return nil })
	}()
	<-inside
	require.NoError(t, g.run(1, func() error { panic("two at once") }), "goes away, leaving a note")
	goOn <- struct{}{}
	<-inside
	goOn <- struct{}{}
	require.NoError(t, <-done)
	require.Equal(t, 2, runs, "looked again")
	require.NoError(t, g.run(1, func() error { runs++; return nil }))
	require.Equal(t, 3, runs)
}
