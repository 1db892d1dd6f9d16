package app

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"writ/server/bulk"
	"writ/server/errs"
	"writ/server/request"
)

// approving is a company of four in which people ask for Press, as often approved as said.
func approving(t *testing.T, levels int, more string) *small {
	t.Helper()
	s := mustSmall(t, smallOptions{edit: edits("navigationRules: [", "navigationRules: [{ property: Groups, resource: press, singleRole: Press }, ", "singleRoles:\n  - { identifier: Staff, displayName: Staff, entityType: Person, rules: [{}] }", asking(levels, more),
		"maximumLinkDeletedLines: 1,", "maximumLinkDeletedLines: 1000,")})
	var rows []string
	for i := range 4 {
		rows = append(rows, fmt.Sprintf("P%03d,%d,Ann,Lee,login%03d,A", i, i+1, i))
	}
	s.people(rows...)
	s.around()
	return s
}

func approvals(d bulk.BulkDecision, f request.RequestFilter) bulk.StartBulkChangeInput {
	return bulk.StartBulkChangeInput{Kind: new(bulk.ReviewRoles), Decision: &d, Comment: new("all of them"), Filters: bulk.Filters{Approvals: &f}}
}

// TestBulkChangeApproves: each row of role-model 13.5 about what was asked for, decided for many as for one: every state from 8 to 13 goes where the same decision about one of
// them goes, level by level, by two or three people.
func TestBulkChangeApproves(t *testing.T) {
	t.Parallel()
	for levels, states := range map[int][]string{1: {"8"}, 2: {"9", "10"}, 3: {"11", "12", "13"}} {
		t.Run(fmt.Sprint(levels), func(t *testing.T) {
			t.Parallel()
			s := approving(t, levels, "")
			asker := s.account("asker", mayAsk)
			var reviewers []context.Context
			for level := range levels {
				reviewers = append(reviewers, s.account(fmt.Sprintf("reviewer%d", level), mayDo))
			}
			for i := range 4 {
				s.mustWish(asker, request.Add, "Press", fmt.Sprintf("P%03d", i))
			}
			waiting := func() []string {
				return s.list(s.DB, `select distinct a.workflow_state::text from assigned_role a join request_item i on i.assigned_role_id = a.id where a.valid_to = 'infinity' order by 1`)
			}
			var last context.Context
			for level, state := range states {
				require.Equal(t, []string{state}, waiting())
				last = reviewers[level]
				s.later(time.Second)
				c := s.start(last, approvals(bulk.Approve, request.RequestFilter{ToDecideByMe: new(true)}))
				require.True(t, c.IsOfRequests())
				require.Equal(t, []any{bulk.Done, "", 4, 0, 0}, s.ended(last, c))
				require.Equal(t, []any{bulk.Done, "", 4, 0, 0}, s.ended(last, c), "once more does nothing")
			}
			require.Equal(t, []string{"16"}, waiting())
			require.EqualValues(t, 4*levels, s.number(`select count(*) from request_decision where comment = 'all of them'`))
			_, err := s.Bulk.Start(last, approvals(bulk.Approve, request.RequestFilter{}))
			require.True(t, errs.Is(err, errs.Validation), "nothing waits: %v", err)
			s.compute()
			require.Len(t, s.open(), 4)
		})
	}
}

// TestBulkChangeDeclines: what waits comes to nothing, with the reason that the role asks for; what changed meanwhile is skipped; what one asked for, gets oneself, or decided a
// level of, is left to others.
func TestBulkChangeDeclines(t *testing.T) {
	t.Parallel()
	s := approving(t, 2, "")
	asker := s.account("asker", mayAsk)
	rita, rob := s.linked("rita", "P001", mayDo, mayAsk), s.account("rob", mayDo)
	for i := range 3 {
		s.mustWish(asker, request.Add, "Press", fmt.Sprintf("P%03d", i))
	}
	s.mustWish(rita, request.Add, "Press", "P003")
	in := approvals(bulk.Decline, request.RequestFilter{})
	in.Comment = nil
	_, err := s.Bulk.Start(rob, in)
	require.True(t, errs.Is(err, errs.Validation), "a refusal says why: %v", err)
	s.later(time.Second)
	c := s.start(rita, approvals(bulk.Approve, request.RequestFilter{}))
	require.Equal(t, 2, c.Total, "neither her own nor what she asked for")
	require.Empty(t, s.answer(rob, request.ApproveStep, "RQ-1"))
	require.Equal(t, []any{bulk.Done, "", 1, 1, 0}, s.ended(rita, c), "another level waits of the one that somebody approved meanwhile: %v", s.wishes())
	items := s.bulkItems(rita, c.ID, bulk.ItemDone)
	require.Equal(t, []any{"Ann Lee", "Press", "in approval", "in approval"}, []any{items[0].Name, items[0].About, *items[0].Before, *items[0].After})

	// rob decides what rita has not: he approved the first level of RQ-1 himself
	c = s.start(rob, approvals(bulk.Decline, request.RequestFilter{}))
	require.Equal(t, 3, c.Total)
	require.Equal(t, []any{bulk.Done, "", 3, 0, 0}, s.ended(rob, c))
	require.Equal(t, []string{"RQ-1 ADD IN_APPROVAL 2/2 row 10 ADD 10", "RQ-2 ADD DECLINED 1/2 row 17 over", "RQ-3 ADD DECLINED 2/2 row 17 over", "RQ-4 ADD DECLINED 1/2 row 17 over"}, s.wishes())
	items = s.bulkItems(rob, c.ID, bulk.ItemDone)
	require.Equal(t, "declined", *items[0].After)

	again := s.start(rita, approvals(bulk.Approve, request.RequestFilter{}))
	require.Equal(t, 1, again.Total)
	s.exec(`delete from access_entry where permission = ? and rule_id = (select id from access_rule where identifier = 'rita')`, mayDo)
	require.NoError(t, s.drainBulk(s.ctx, again.ID))
	require.EqualValues(t, 1, s.number(`select count(*) from bulk_change where id = ? and state = 'CANCELLED' and done = 0`, again.ID), "the right is lost meanwhile")
}

// TestBulkApprovalsNeedTheRight: of many at once, for the beneficiary; a filter for another list, and another decision, are refused.
func TestBulkApprovalsNeedTheRight(t *testing.T) {
	t.Parallel()
	s := approving(t, 1, "")
	one, all := s.account("one", mayDo+"/ReviewRoles/Person"), s.account("all", mayDo+"/ReviewRoles/Person", mayDo+"/MassReviewRoles/Person")
	s.mustWish(s.account("asker", mayAsk), request.Add, "Press", "P000", "P001")
	_, err := s.Bulk.Start(one, approvals(bulk.Approve, request.RequestFilter{}))
	require.True(t, errs.Is(err, errs.Forbidden), "%v", err)
	require.ErrorContains(t, err, "MassReviewRoles")
	other := approvals(bulk.Approve, request.RequestFilter{})
	other.Kind = new(bulk.ReconcileRoles)
	other.Decision = new(bulk.KeepRole)
	_, err = s.Bulk.Start(all, other)
	require.True(t, errs.Is(err, errs.Validation), "%v", err)
	_, err = s.Bulk.Start(all, approvals(bulk.Postpone, request.RequestFilter{}))
	require.True(t, errs.Is(err, errs.Validation), "%v", err)
	none := approvals(bulk.Approve, request.RequestFilter{Role: new("Staff")})
	_, err = s.Bulk.Start(all, none)
	require.True(t, errs.Is(err, errs.Validation), "%v", err)
	s.later(time.Second)
	require.Equal(t, []any{bulk.Done, "", 2, 0, 0}, s.ended(all, s.start(all, approvals(bulk.Approve, request.RequestFilter{Role: new("Press")}))))
}
