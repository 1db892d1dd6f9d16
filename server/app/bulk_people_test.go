package app

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"writ/server/bulk"
	"writ/server/directory"
	"writ/server/errs"
	"writ/server/order"
	"writ/server/permit"
	"writ/server/request"
)

// noting is a company of so many in which people write notes about others, and may ask for Press.
func noting(t *testing.T, many int) *small {
	t.Helper()
	s := mustSmall(t, smallOptions{edit: edits("- { identifier: Team, column: Team }", "- { identifier: Team, column: Team }\n      - { identifier: Note }\n      - { identifier: Friends, target: Group, collection: true, reverse: Fans }",
		"navigationRules: [", "navigationRules: [{ property: Groups, resource: press, singleRole: Press }, ", "singleRoles:\n  - { identifier: Staff, displayName: Staff, entityType: Person, rules: [{}] }", asking(0, ""),
		"maximumLinkDeletedLines: 1,", "maximumLinkDeletedLines: 1000,")})
	var rows []string
	for i := range many {
		rows = append(rows, fmt.Sprintf("P%03d,%d,Ann,Lee,login%03d,A", i, i+1, i))
	}
	s.people(rows...)
	s.around()
	return s
}

// ended carries a bulk change out to its end. The database may need a moment to see that a process is gone that held it: until then another one
// leaves it alone, and the sweep asks again.
func (s *small) ended(ctx context.Context, c *bulk.BulkChange) []any {
	s.t.Helper()
	require.Eventually(s.t, func() bool {
		return s.drainBulk(s.ctx, c.ID) == nil && s.number(`select count(*) from bulk_change where id = ? and ended_at is null`, c.ID) == 0
	}, time.Minute, 10*time.Millisecond)
	got, err := s.Bulk.Get(ctx, c.ID)
	require.NoError(s.t, err)
	return []any{got.State, got.About, got.Done, got.Skipped, got.Failed}
}

func setting(property, value string, people ...string) bulk.StartBulkChangeInput {
	return bulk.StartBulkChangeInput{Kind: new(bulk.UpdateProperty), Decision: new(bulk.SetValue), Value: &directory.PropertyValueInput{Property: property, Value: &value},
		Filters: bulk.Filters{People: &directory.PeopleFilter{EntityType: "Person", Filter: &directory.ResourceFilter{Keys: people}}}}
}

// TestBulkChangeSetsValues: whoever has the value is left out, what somebody else changed meanwhile is skipped, everybody else has it, each once, with his history,
// also when the process goes away in the middle.
func TestBulkChangeSetsValues(t *testing.T) {
	t.Parallel()
	s := noting(t, 12)
	rita := s.account("rita", "/Custom")
	change := func(key, value string) {
		t.Helper()
		id := s.personID(key)
		_, err := s.Directory.Update(rita, directory.UpdateResourceInput{ID: id, Version: int(s.number(`select version from resource where id = ?`, id)),
			Values: []directory.PropertyValueInput{{Property: "Note", Value: &value}}})
		require.NoError(t, err)
	}
	change("P003", "moved")
	in := setting("Note", "moved")
	in.People.Filter = nil
	c := s.start(rita, in)
	require.Equal(t, 11, c.Total)
	change("P005", "mine")
	s.exec(`update resource set version = version + 1 where key = 'P006'`) // another value of his was changed
	stopped, stop := context.WithCancel(s.ctx)
	gone := make(chan struct{})
	go func() { // killed in the middle
		defer close(gone)
		for s.number(`select done from bulk_change where id = ?`, c.ID) == 0 {
			time.Sleep(time.Millisecond)
		}
		stop()
	}()
	_ = s.drainBulk(stopped, c.ID)
	stop()
	<-gone
	require.Equal(t, []any{bulk.Done, "Note", 10, 1, 0}, s.ended(rita, c))
	require.Equal(t, []any{bulk.Done, "Note", 10, 1, 0}, s.ended(rita, c), "once more does nothing")
	require.EqualValues(t, 11, s.number(`select count(*) from resource where scalars ->> 'Note' = 'moved'`))
	require.EqualValues(t, 1, s.number(`select count(*) from resource where scalars ->> 'Note' = 'mine'`))
	require.EqualValues(t, 10, s.number(`select count(*) from resource_version v join resource r on r.id = v.resource_id where r.actor = 'rita' and r.scalars ->> 'Note' = 'moved' and r.key <> 'P003' and coalesce(v.scalars ->> 'Note', '') = ''`),
		"one version each")
	items := s.bulkItems(rita, c.ID, bulk.ItemDone)
	require.Equal(t, []any{"Ann Lee", "Note", "", "moved"}, []any{items[0].Name, items[0].About, *cmpOr(items[0].Before), *items[0].After})

	// links: the order of keys is none, and only who differs is in it
	keys := bulk.StartBulkChangeInput{Kind: new(bulk.UpdateProperty), Decision: new(bulk.SetValue), Value: &directory.PropertyValueInput{Property: "Friends", Keys: []string{"staff", "press"}},
		Filters: bulk.Filters{People: &directory.PeopleFilter{EntityType: "Person", Filter: &directory.ResourceFilter{Keys: []string{"P001", "P002"}}}}}
	require.Equal(t, []any{bulk.Done, "Friends", 2, 0, 0}, s.ended(rita, s.start(rita, keys)))
	keys.Value.Keys = []string{"press", "staff"}
	_, err := s.Bulk.Start(rita, keys)
	require.True(t, errs.Is(err, errs.Validation), "they have them: %v", err)
	keys.Value.Keys, keys.Value.Property = nil, "Friends"
	require.Equal(t, []any{bulk.Done, "Friends", 2, 0, 0}, s.ended(rita, s.start(rita, keys)), "cleared")
	require.Zero(t, s.number(`select count(*) from resource_link l join property p on p.id = l.property_id where p.identifier = 'Friends' and l.valid_to = 'infinity'`))
}

// cmpOr gives what is not nil.
func cmpOr(s *string) *string {
	if s == nil {
		return new("")
	}
	return s
}

// TestBulkValuesAreRefused: without the right, of what is read elsewhere, of keys, of properties that are not there, and with a payload that is another kind's.
func TestBulkValuesAreRefused(t *testing.T) {
	t.Parallel()
	s := noting(t, 2)
	rita, single := s.account("rita", "/Custom"), s.account("single", "/Custom/Resources/Person/Query", "/Custom/Resources/Person/Update", permit.ReviewProvisioning)
	_, err := s.Bulk.Start(single, setting("Note", "x"))
	require.True(t, errs.Is(err, errs.Forbidden), "many at once need a right of their own: %v", err)
	for name, in := range map[string]bulk.StartBulkChangeInput{
		"read elsewhere": setting("Team", "B", "P000"), "a key": setting("PersonId", "P9", "P000"), "no such property": setting("Nothing", "x", "P000"), "nobody": setting("Note", "x", "nobody"),
		"not there": {Kind: new(bulk.UpdateProperty), Decision: new(bulk.SetValue), Filters: setting("Note", "x").Filters},
		"no people": {Kind: new(bulk.UpdateProperty), Decision: new(bulk.SetValue), Value: setting("Note", "x").Value},
		"of others": {Kind: new(bulk.ReconcileRoles), Decision: new(bulk.KeepRole), Value: setting("Note", "x").Value},
		"two filters": {Kind: new(bulk.UpdateProperty), Decision: new(bulk.SetValue), Value: setting("Note", "x").Value,
			Filters: bulk.Filters{People: setting("Note", "x").People, Orders: &order.OrderFilter{}}},
		"not a decision": {Kind: new(bulk.UpdateProperty), Decision: new(bulk.Approve), Value: setting("Note", "x").Value, Filters: setting("Note", "x").Filters},
	} {
		_, err := s.Bulk.Start(rita, in)
		require.True(t, errs.Is(err, errs.Validation), "%s: %v", name, err)
	}
	_, err = s.Bulk.Start(rita, bulk.StartBulkChangeInput{Kind: new(bulk.UpdateProperty), Decision: new(bulk.SetValue), Value: setting("Note", "x").Value, Filters: bulk.Filters{People: &directory.PeopleFilter{EntityType: "Nothing"}}})
	require.Error(t, err)

	// the right is lost before its turn
	c := s.start(rita, setting("Note", "x", "P000", "P001"))
	s.exec(`delete from access_entry where rule_id = (select id from access_rule where identifier = 'rita')`)
	require.NoError(t, s.drainBulk(s.ctx, c.ID))
	require.Zero(t, s.number(`select count(*) from resource where scalars ->> 'Note' = 'x'`))
	require.EqualValues(t, 1, s.number(`select count(*) from bulk_change where state = 'CANCELLED' and failure <> ''`))
}

// TestBulkChangeAsksForRoles: each gets a request of its own; whoever has the role is skipped, what changed meanwhile too; the end is asked for whoever has it.
func TestBulkChangeAsksForRoles(t *testing.T) {
	t.Parallel()
	s := noting(t, 4)
	rita := s.account("rita", "/Custom")
	s.mustWish(rita, request.Add, "Press", "P000")
	asks := func(kind bulk.BulkKind, role string) bulk.StartBulkChangeInput {
		return bulk.StartBulkChangeInput{Kind: &kind, Decision: new(bulk.Request), Entitlement: &request.EntitlementInput{Role: role}, Comment: new("all of them"),
			Filters: bulk.Filters{People: &directory.PeopleFilter{EntityType: "Person"}}}
	}
	s.later(time.Second)
	c := s.start(rita, asks(bulk.AssignEntitlements, "Press"))
	require.Equal(t, 4, c.Total)
	s.mustWish(rita, request.Add, "Press", "P001") // somebody was faster
	require.Equal(t, []any{bulk.Done, "Press", 2, 2, 0}, s.ended(rita, c))
	require.EqualValues(t, 4, s.number(`select count(*) from request where requester = 'rita'`))
	require.EqualValues(t, 2, s.number(`select count(*) from request where justification = 'all of them'`))
	require.EqualValues(t, 4, s.number(`select count(*) from assigned_role a join role r on r.id = a.role_id where r.identifier = 'Press' and a.workflow_state = 16 and a.valid_to = 'infinity'`), "%v", s.wishes())
	s.compute()
	s.later(time.Second)
	c = s.start(rita, asks(bulk.RemoveEntitlements, "Press"))
	require.Equal(t, []any{bulk.Done, "Press", 4, 0, 0}, s.ended(rita, c))
	s.compute()
	require.Zero(t, s.number(`select count(*) from assigned_role a join role r on r.id = a.role_id where r.identifier = 'Press' and a.workflow_state = 16 and a.valid_to = 'infinity'`))

	_, err := s.Bulk.Start(rita, asks(bulk.AssignEntitlements, "Nothing"))
	require.True(t, errs.Is(err, errs.NotFound), "%v", err)
	_, err = s.Bulk.Start(s.account("single", mayAsk, permit.Resources, mayDo), asks(bulk.AssignEntitlements, "Press"))
	require.True(t, errs.Is(err, errs.Forbidden), "many at once need a right of their own: %v", err)
}

// TestBulkChangeReviewsOrders: what waits for a review is approved or declined by the server; what is another order by then is skipped.
func TestBulkChangeReviewsOrders(t *testing.T) {
	t.Parallel()
	s := mustSmall(t, smallOptions{review: true})
	s.people("P0,1,Ann,Lee,l0,A", "P1,2,Ann,Lee,l1,A", "P2,3,Ann,Lee,l2,A")
	s.read()
	s.compute()
	waiting := func() int64 { return s.number(`select count(*) from provisioning_order where state = 5`) }
	require.EqualValues(t, 3, waiting())
	rita := s.linked("rita", "P2", "/Custom")
	in := bulk.StartBulkChangeInput{Kind: new(bulk.ReviewOrders), Decision: new(bulk.Decline)}
	_, err := s.Bulk.Start(rita, in)
	require.True(t, errs.Is(err, errs.Validation), "declining needs a comment: %v", err)
	in.Decision = new(bulk.Approve)
	c := s.start(rita, in)
	one := s.bulkItems(rita, c.ID)[1].SubjectID
	decline := order.DecideDecline
	_, err = s.Orders.Review(rita, order.ReviewOrdersInput{OrderIDs: []int64{one}, Decision: &decline, Comment: new("not him")})
	require.NoError(t, err)
	require.Equal(t, []any{bulk.DoneWithErrors, "", 1, 1, 1}, s.ended(rita, c), "nobody decides about himself, in bulk neither")
	require.Equal(t, "FORBIDDEN", *s.bulkItems(rita, c.ID, bulk.ItemFailed)[0].Code)
	require.EqualValues(t, 1, waiting())
	require.EqualValues(t, 2, s.number(`select count(*) from provisioning_order where reviewed_by = 'rita'`), "with his name")
	require.EqualValues(t, 1, s.number(`select count(*) from provisioning_order where state = 6`), "the single decision stays")
	require.Equal(t, []any{bulk.DoneWithErrors, "", 0, 0, 1}, s.ended(rita, s.start(rita, bulk.StartBulkChangeInput{Again: &c.ID})))
	rosa := s.account("rosa", "/Custom")
	require.Equal(t, []any{bulk.Done, "", 1, 0, 0}, s.ended(rosa, s.start(rosa, in)))
}
