package app

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"writ/server/bulk"
	"writ/server/errs"
	"writ/server/page"
	"writ/server/permit"
	"writ/server/reconciliation"
)

// account makes an account with permissions, and gives a context of it with the rights it has.
func (s *small) account(username string, paths ...string) context.Context {
	s.t.Helper()
	var id int64
	require.NoError(s.t, s.DB.NewRaw(`insert into local_user (username, display_name, password_hash) values (?, ?, '') returning id`, username, username).Scan(s.ctx, &id))
	s.exec(`insert into profile (identifier, display_name) values (?0, ?0)`, username)
	s.exec(`insert into access_rule (identifier, display_name, profile_id, entity_type) select ?0, ?0, id, '*' from profile where identifier = ?0`, username)
	for _, p := range paths {
		s.exec(`insert into access_entry (rule_id, permission, can_execute) select id, ?, true from access_rule where identifier = ?`, p, username)
	}
	s.exec(`insert into assigned_profile (user_id, profile_id) select ?, id from profile where identifier = ?`, id, username)
	a, err := s.actor(s.ctx, id)
	require.NoError(s.t, err)
	return permit.With(s.ctx, a)
}

// drifted makes a company in which somebody gave everybody another name in the target.
func drifted(t *testing.T, many int) *small {
	s := mustSmall(t, smallOptions{edit: edits("maximumUpdatedLines: 1,", "maximumUpdatedLines: 1000,", "maximumLinkDeletedLines: 1,", "maximumLinkDeletedLines: 1000,")})
	var rows []string
	for i := range many {
		rows = append(rows, fmt.Sprintf("P%03d,%d,Ann,Lee,login%03d,A", i, i+1, i))
	}
	s.people(rows...)
	s.around()
	s.byHand(`update account set name = 'Nick'`)
	return s
}

func (s *small) start(ctx context.Context, in bulk.StartBulkChangeInput) *bulk.BulkChange {
	s.t.Helper()
	p, err := s.Bulk.Start(ctx, in)
	require.NoError(s.t, err)
	return p.BulkChange
}

func (s *small) bulkItems(ctx context.Context, id int64, states ...bulk.BulkItemState) []*bulk.BulkItem {
	s.t.Helper()
	list, err := s.Bulk.Items(ctx, id, page.Args{First: 200}, &bulk.BulkItemFilter{States: states}, nil, true)
	require.NoError(s.t, err)
	return list.Nodes()
}

// TestBulkChangeIsFrozen: what is found later is not in it; what is another one by its turn is skipped and never forced; each item says what was so before and
// is so after; whoever decides the same by himself meanwhile is not overruled; again does nothing twice.
func TestBulkChangeIsFrozen(t *testing.T) {
	t.Parallel()
	s := drifted(t, 6)
	rita := s.account("rita", "/Custom")
	kind, use := bulk.ReconcileResources, bulk.UseProposed
	c := s.start(rita, bulk.StartBulkChangeInput{Kind: &kind, Decision: &use, Filters: bulk.Filters{Differences: &reconciliation.ReconciliationFilter{}}})
	require.Equal(t, []any{bulk.Queued, 6}, []any{c.State, c.Total})
	items := s.bulkItems(rita, c.ID)
	require.Len(t, items, 6)
	s.exec(`update gap set current_value = 'Other', version = version + 1 where id = ?`, items[1].SubjectID) // it is another one
	s.exec(`update gap set closed_at = now() where id = ?`, items[2].SubjectID)                              // mended by a read
	p, err := s.Reconciliation.Decide(rita, reconciliation.DecideReconciliationInput{Items: []reconciliation.ReconciliationItemInput{{ID: items[3].SubjectID}}, Decision: reconciliation.KeepCurrent, Comment: new("it is right")})
	require.NoError(t, err)
	require.Nil(t, p.Results[0].Error)
	require.NoError(t, s.drainBulk(s.ctx, c.ID))
	require.NoError(t, s.drainBulk(s.ctx, c.ID))
	got, err := s.Bulk.Get(rita, c.ID)
	require.NoError(t, err)
	require.Equal(t, []any{bulk.Done, 3, 3, 0}, []any{got.State, got.Done, got.Skipped, got.Failed})
	after := s.bulkItems(rita, c.ID)
	require.Equal(t, []any{bulk.ItemDone, "Nick", "Ann Lee"}, []any{after[0].State, *after[0].Before, *after[0].After})
	for _, k := range []int{1, 2, 3} {
		require.Equal(t, bulk.ItemSkipped, after[k].State)
		require.NotEmpty(t, *after[k].Message)
		require.Nil(t, after[k].After)
	}
	require.EqualValues(t, 3, s.number(`select count(*) from kept_value where workflow_state = 18`), "each once, and only those")
	require.EqualValues(t, 1, s.number(`select count(*) from kept_value where workflow_state = 16`), "the single decision stays")
	require.EqualValues(t, 3, s.number(`select count(*) from event where kind = 'gap.decided' and data ->> 'decision' = 'USE_PROPOSED'`))

	_, err = s.Bulk.Start(rita, bulk.StartBulkChangeInput{Again: &c.ID})
	require.True(t, errs.Is(err, errs.Validation), "none failed: %v", err)
	for name, in := range map[string]bulk.StartBulkChangeInput{
		"no kind":      {Decision: &use},
		"other filter": {Kind: &kind, Decision: &use, Filters: bulk.Filters{Roles: &reconciliation.RoleReconciliationFilter{}}},
		"no decision":  {Kind: &kind, Decision: new(bulk.Confirm)},
		"no such kind": {Kind: new(bulk.BulkKind("NO_KIND")), Decision: &use},
		"none":         {Kind: &kind, Decision: &use, IDs: []int64{}},
		"a comment":    {Kind: &kind, Decision: new(bulk.KeepCurrent)},
	} {
		_, err := s.Bulk.Start(rita, in)
		require.True(t, errs.Is(err, errs.Validation), "%s: %v", name, err)
	}
}

// TestBulkChangeStops: after the current item for whoever may, with what is done; by itself when its account loses the right. Whoever may look does not stop it,
// and sees none of the people.
func TestBulkChangeStops(t *testing.T) {
	t.Parallel()
	s := drifted(t, 12)
	rita, marc, quentin := s.account("rita", "/Custom"), s.account("marc", "/Custom", permit.Monitoring), s.account("quentin", "/Custom")
	nobody, single := s.account("nobody"), s.account("single", permit.ReconciliateResources, permit.Resources)
	kind, use := bulk.ReconcileResources, bulk.UseProposed
	in := bulk.StartBulkChangeInput{Kind: &kind, Decision: &use}
	for _, ctx := range []context.Context{nobody, single} {
		_, err := s.Bulk.Start(ctx, in)
		require.True(t, errs.Is(err, errs.Forbidden), "%v", err)
	}
	c := s.start(rita, in)
	stop := func(ctx context.Context, id int64) error {
		_, err := s.Bulk.Cancel(ctx, bulk.CancelBulkChangeInput{ID: id})
		return err
	}
	require.True(t, errs.Is(stop(marc, c.ID), errs.Forbidden))
	require.True(t, errs.Is(stop(quentin, c.ID), errs.NotFound))
	_, err := s.Bulk.Items(marc, c.ID, page.Args{First: 10}, nil, nil, true)
	require.True(t, errs.Is(err, errs.Forbidden))
	seen, err := s.Bulk.List(marc, page.Args{First: 10}, nil, nil, true)
	require.NoError(t, err)
	require.Len(t, seen.Nodes(), 1)
	seen, err = s.Bulk.List(quentin, page.Args{First: 10}, nil, nil, true)
	require.NoError(t, err)
	require.Empty(t, seen.Nodes())

	// stopped in the middle, while an item is done
	done := make(chan error, 1)
	go func() { done <- s.drainBulk(s.ctx, c.ID) }()
	require.Eventually(t, func() bool { return s.number(`select done from bulk_change where id = ?`, c.ID) >= 1 }, time.Minute, time.Millisecond)
	err = stop(rita, c.ID)
	require.NoError(t, <-done)
	got, gotErr := s.Bulk.Get(rita, c.ID)
	require.NoError(t, gotErr)
	if err == nil {
		require.Equal(t, bulk.Cancelled, got.State)
		require.True(t, errs.Is(stop(rita, c.ID), errs.AlreadyDone))
	}
	require.EqualValues(t, got.Done, s.number(`select count(*) from kept_value`), "what is done stays done, and no more")
	require.Len(t, s.bulkItems(rita, c.ID, bulk.Todo), got.Total-got.Done-got.Skipped-got.Failed)

	// the right is lost
	s.byHand(`update account set name = 'Nack'`)
	c = s.start(rita, in)
	s.exec(`delete from access_entry where rule_id = (select id from access_rule where identifier = 'rita')`)
	kept := s.number(`select count(*) from kept_value`)
	require.NoError(t, s.drainBulk(s.ctx, c.ID))
	require.Equal(t, kept, s.number(`select count(*) from kept_value`))
	require.EqualValues(t, 1, s.number(`select count(*) from bulk_change where id = ? and state = 'CANCELLED' and failure <> ''`, c.ID))
}

// TestBulkChangeIsNotHeldUp: whoever may not stop a bulk change does not hold it up by asking: he gets his answer while an item is done, and waits for nobody.
func TestBulkChangeIsNotHeldUp(t *testing.T) {
	t.Parallel()
	s := drifted(t, 2)
	rita, marc, quentin := s.account("rita", "/Custom"), s.account("marc", "/Custom", permit.Monitoring), s.account("quentin", "/Custom")
	kind, use := bulk.ReconcileResources, bulk.UseProposed
	c := s.start(rita, bulk.StartBulkChangeInput{Kind: &kind, Decision: &use})
	tx, err := s.DB.BeginTx(s.ctx, nil)
	require.NoError(t, err)
	defer func() { _ = tx.Rollback() }()
	_, err = tx.ExecContext(s.ctx, "select from bulk_change where id = ? for update", c.ID) // as an item does
	require.NoError(t, err)
	for ctx, want := range map[context.Context]errs.Kind{marc: errs.Forbidden, quentin: errs.NotFound} {
		ctx, stop := context.WithTimeout(ctx, 20*time.Second)
		defer stop()
		_, err := s.Bulk.Cancel(ctx, bulk.CancelBulkChangeInput{ID: c.ID})
		require.True(t, errs.Is(err, want), "%v", err)
	}
}

// TestBulkChangesLeaveRoom: bulk changes may take hours, so they do not take the workers that orders, mails and computations need; those that wait for a
// worker are asked for once, however long they wait.
func TestBulkChangesLeaveRoom(t *testing.T) {
	t.Parallel()
	s := drifted(t, 2)
	rita := s.account("rita", "/Custom")
	kind, use := bulk.ReconcileResources, bulk.UseProposed
	c := s.start(rita, bulk.StartBulkChangeInput{Kind: &kind, Decision: &use})
	require.Zero(t, s.number(`select count(*) from river_job where kind = 'bulk_change' and queue = 'default'`))
	require.Contains(t, s.queues(), "bulk")
	s.exec(`update bulk_change set updated_at = now() - interval '1 hour'`)
	for range 3 {
		require.NoError(t, s.Bulk.Sweep(s.ctx))
	}
	waiting := func() int64 {
		return s.number(`select count(*) from river_job where kind = 'bulk_change' and state = 'available'`)
	}
	require.EqualValues(t, 1, waiting())
	s.exec(`update river_job set state = 'running', attempted_at = now() where kind = 'bulk_change'`) // its process was killed
	require.NoError(t, s.Bulk.Sweep(s.ctx))
	require.EqualValues(t, 1, waiting())
	require.NoError(t, s.drainBulk(s.ctx, c.ID))
}

// TestBulkChangesTakeTurns: whoever has started one bulk change waits neither for the end of a long one nor for all that another one started before.
func TestBulkChangesTakeTurns(t *testing.T) {
	t.Parallel()
	s := drifted(t, 60)
	rita, zoe := s.account("rita", "/Custom"), s.account("zoe", "/Custom")
	kind, use, postpone := bulk.ReconcileResources, bulk.UseProposed, bulk.Postpone
	in := bulk.StartBulkChangeInput{Kind: &kind, Decision: &use, Filters: bulk.Filters{Differences: &reconciliation.ReconciliationFilter{}}}
	long := s.start(rita, in)
	for range 4 {
		s.start(rita, in)
	}
	in.Decision = &postpone
	short := s.start(zoe, in)
	type place struct{ ID, Priority int64 }
	queued := func() (list []place) {
		require.NoError(t, s.DB.NewRaw(`select (args ->> 'bulk_change_id')::bigint as id, priority from river_job where kind = 'bulk_change' and state = 'available'
			order by priority, scheduled_at, river_job.id`).Scan(s.ctx, &list))
		return list
	}
	require.Equal(t, []place{{long.ID, 1}, {short.ID, 1}, {long.ID + 1, 2}, {long.ID + 2, 3}, {long.ID + 3, 4}, {long.ID + 4, 4}}, queued())
	s.exec(`delete from river_job where (args ->> 'bulk_change_id')::bigint = ` + fmt.Sprint(long.ID)) // a worker took it
	require.NoError(t, s.drainBulk(s.ctx, long.ID))
	got, err := s.Bulk.Get(rita, long.ID)
	require.NoError(t, err)
	require.Equal(t, []any{bulk.Running, 50}, []any{got.State, got.Done})
	require.Equal(t, []place{{short.ID, 1}, {long.ID, 1}}, queued()[:2])
	s.exec(`delete from river_job where kind = 'bulk_change'`)
	require.NoError(t, s.drainBulk(s.ctx, long.ID))
	got, err = s.Bulk.Get(rita, long.ID)
	require.NoError(t, err)
	require.Equal(t, bulk.Done, got.State, "where nobody waits it goes on")
}

// TestBulkChangesAreBounded: however many are started at the same moment, an account has a limited number of them.
func TestBulkChangesAreBounded(t *testing.T) {
	t.Parallel()
	s := drifted(t, 1)
	rita := s.account("rita", "/Custom")
	kind, use := bulk.ReconcileResources, bulk.UseProposed
	var started atomic.Int64
	var all sync.WaitGroup
	for range 30 {
		all.Go(func() {
			_, err := s.Bulk.Start(rita, bulk.StartBulkChangeInput{Kind: &kind, Decision: &use})
			if err == nil {
				started.Add(1)
			} else if !errs.Is(err, errs.TooLarge) {
				t.Error(err)
			}
		})
	}
	all.Wait()
	require.EqualValues(t, 20, started.Load())
}

// TestBulkChangeLeavesAFaultBehind: an item that fails inside, which nobody foresaw, is given up after some tries; those behind it are decided.
func TestBulkChangeLeavesAFaultBehind(t *testing.T) {
	t.Parallel()
	s := drifted(t, 4)
	rita := s.account("rita", "/Custom")
	kind, use := bulk.ReconcileResources, bulk.UseProposed
	c := s.start(rita, bulk.StartBulkChangeInput{Kind: &kind, Decision: &use, Filters: bulk.Filters{Differences: &reconciliation.ReconciliationFilter{}}})
	broken := s.bulkItems(rita, c.ID)[1].SubjectID
	s.exec(`create function break_it() returns trigger language plpgsql as $$ begin if new.id = ` + fmt.Sprint(broken) + ` then raise exception 'broken' using errcode = 'XX000'; end if; return new; end $$`)
	s.exec(`create trigger break_it before update on gap for each row execute function break_it()`)
	require.NoError(t, s.drainBulk(s.ctx, c.ID))
	got, err := s.Bulk.Get(rita, c.ID)
	require.NoError(t, err)
	require.Equal(t, []any{bulk.DoneWithErrors, 3, 0, 1}, []any{got.State, got.Done, got.Skipped, got.Failed})
	failed := s.bulkItems(rita, c.ID, bulk.ItemFailed)
	require.Len(t, failed, 1)
	require.Equal(t, broken, failed[0].SubjectID)
	require.NotContains(t, *failed[0].Message, "broken", "what went wrong inside is for the log")
}
