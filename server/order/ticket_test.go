package order

import (
	"context"
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"

	"writ/server/errs"
	"writ/server/evaluation"
	"writ/server/page"
	"writ/server/permit"
)

// ticketed opens a ticket for n people.
func ticketed(t *testing.T, n int) *world {
	t.Helper()
	w := setup(t, n)
	w.manual()
	for i := range n {
		w.plan(w.creation(i, 1))
	}
	w.generate()
	w.drain()
	return w
}

// TestTickets is scenario 4 in the room.
func TestTickets(t *testing.T) {
	t.Parallel()
	t.Run("OpenedWithoutACall", func(t *testing.T) {
		t.Parallel()
		w := ticketed(t, 3)
		require.Zero(t, w.fake.count())
		require.Equal(t, StateTransmitted, w.order(0).State())
		events := w.events("ticket.opened")
		require.Len(t, events, 1, "one per run and source entity type")
		var e TicketsOpened
		require.NoError(t, json.Unmarshal(events[0], &e))
		require.Equal(t, "Directory_User", e.SourceEntityType)
		require.Len(t, e.OrderIDs, 3)
		w.drain()
		require.Len(t, w.events("ticket.opened"), 1)
	})
	t.Run("Confirmed", func(t *testing.T) {
		t.Parallel()
		w := ticketed(t, 1)
		p, err := w.s.Confirm(w.ctx, ConfirmManualOrdersInput{OrderIDs: []int64{w.order(0).ID}, CreatedKey: new("plang7"), Comment: new("done")})
		require.NoError(t, err)
		require.Nil(t, p.Results[0].Error)
		require.Equal(t, StateExecuted, p.Results[0].Order.State())
		require.Equal(t, "plang7", scan[string](w, "select created_key from assigned_resource_type where id = ?", w.arts[0]))
		require.Equal(t, []int64{w.connector}, w.executed)
		a := w.order(0).BroughtAttempts()
		require.EqualValues(t, "CONFIRMED", *a[0].Outcome)
		require.NotNil(t, a[0].EndedAt)
	})
	t.Run("NotSynchronizable", func(t *testing.T) {
		t.Parallel()
		w := ticketed(t, 1)
		w.exec("update resource_type set ticket_synchro_is_not_available = true")
		p, err := w.s.Confirm(w.ctx, ConfirmManualOrdersInput{OrderIDs: []int64{w.order(0).ID}})
		require.NoError(t, err)
		require.Equal(t, StateVerified, p.Results[0].Order.State())
		require.NotNil(t, p.Results[0].Order.ClosedAt)
		require.True(t, scan[bool](w, "select verified_at is not null and resource_id is null from assigned_resource_type where id = ?", w.arts[0]))
	})
	t.Run("Reported", func(t *testing.T) {
		t.Parallel()
		w := ticketed(t, 1)
		id := w.order(0).ID
		for _, message := range []string{"", "   ", strings.Repeat("x", 4001)} {
			_, err := w.s.ReportErrors(w.ctx, ReportManualOrderErrorsInput{OrderIDs: []int64{id}, Message: message})
			require.True(t, errs.Is(err, errs.Validation))
		}
		p, err := w.s.ReportErrors(w.ctx, ReportManualOrderErrorsInput{OrderIDs: []int64{id}, Message: "no licence left"})
		require.NoError(t, err)
		o := p.Results[0].Order
		require.Equal(t, StateErrored, o.State())
		require.Equal(t, OrderError{Class: "OPERATOR", Message: "no licence left", Hint: o.Error().Hint, At: o.Error().At}, *o.Error())
		queue, err := w.s.ReviewQueue(w.ctx, page.Args{First: 10}, nil, nil, Selection{})
		require.NoError(t, err)
		require.Len(t, queue.Nodes(), 1, "on the review page")
		_, err = w.s.Unblock(w.ctx, BulkOrdersInput{OrderIDs: []int64{id}})
		require.NoError(t, err)
		w.drain()
		require.Equal(t, StateTransmitted, w.order(0).State(), "a new ticket")
		require.Len(t, w.order(0).BroughtAttempts(), 2)
	})
	t.Run("TakenAndGivenBack", func(t *testing.T) {
		t.Parallel()
		w := ticketed(t, 1)
		in := BulkOrdersInput{OrderIDs: []int64{w.order(0).ID}}
		p, err := w.s.Take(w.ctx, in)
		require.NoError(t, err)
		require.Equal(t, "ann", *p.Results[0].Order.Assignee)
		require.Equal(t, StateTransmitted, p.Results[0].Order.State())
		p, err = w.s.GiveBack(w.ctx, in)
		require.NoError(t, err)
		require.Nil(t, p.Results[0].Order.Assignee)
	})
	t.Run("CreatedKeyOfOneCreation", func(t *testing.T) {
		t.Parallel()
		w := ticketed(t, 2)
		_, err := w.s.Confirm(w.ctx, ConfirmManualOrdersInput{OrderIDs: []int64{w.order(0).ID, w.order(1).ID}, CreatedKey: new("x")})
		require.True(t, errs.Is(err, errs.Validation))
		_, err = w.s.Confirm(w.ctx, ConfirmManualOrdersInput{Filter: &OrderFilter{}, CreatedKey: new("x")})
		require.True(t, errs.Is(err, errs.Validation))
	})
}

// TestBulkConfirm is scenario 5: a hundred tickets, two of them stale.
func TestBulkConfirm(t *testing.T) {
	t.Parallel()
	w := ticketed(t, 100)
	ids := make([]int64, 100)
	for i := range ids {
		ids[i] = w.id("select id from provisioning_order where assigned_resource_type_id = ?", w.arts[i])
	}
	_, err := w.s.Confirm(w.ctx, ConfirmManualOrdersInput{OrderIDs: ids[:1]}) // a colleague was faster
	require.NoError(t, err)
	w.plan(w.planned(1, &evaluation.OrderDelta{OrderID: ids[1], Kind: evaluation.Create, Withdraw: true})) // and this one was withdrawn
	p, err := w.s.Confirm(w.ctx, ConfirmManualOrdersInput{OrderIDs: ids})
	require.NoError(t, err)
	require.Len(t, p.Results, 100)
	failed := map[int64]string{}
	for i, r := range p.Results {
		require.Equal(t, ids[i], r.ID)
		if r.Error != nil {
			failed[r.ID] = r.Error.Code
		} else {
			require.Equal(t, StateExecuted, r.Order.State())
		}
	}
	require.Equal(t, map[int64]string{ids[0]: "ALREADY_DONE", ids[1]: "STALE_ITEM"}, failed)
	require.Equal(t, 99, int(w.id("select count(*) from provisioning_order where state = 8")))
}

func TestBulkByFilter(t *testing.T) {
	t.Parallel()
	w := ticketed(t, 130) // more than one batch
	operator := []permit.Grant{{Path: permit.For(permit.ManualProvisioning, "Directory_User")}, {Path: permit.TicketReview}}
	in := ConfirmManualOrdersInput{Filter: &OrderFilter{Text: new("u0")}}
	_, err := w.s.Confirm(person(t.Context(), 0, operator...), in)
	require.True(t, errs.Is(err, errs.Forbidden), "bulk is a right of its own")
	_, err = w.s.Confirm(person(t.Context(), 0, operator[0]), ConfirmManualOrdersInput{OrderIDs: []int64{w.order(0).ID}})
	require.True(t, errs.Is(err, errs.Forbidden), "and so is answering tickets")
	p, err := w.s.Confirm(person(t.Context(), 0, append(operator, permit.Grant{Path: permit.BulkManualProvisioning})...), in)
	require.NoError(t, err)
	require.Len(t, p.Results, 100)
	require.Equal(t, 30, int(w.id("select count(*) from provisioning_order where has_ticket")))
}

// TestManyLeavesAnotherTicket: an order that is a ticket again, or errored again, is in the same state as when it was chosen, but it is not the same: nobody
// looked at it.
func TestManyLeavesAnotherTicket(t *testing.T) {
	t.Parallel()
	w := ticketed(t, 2)
	ids := []int64{w.order(0).ID, w.order(1).ID}
	chosen := func(m *Many) map[int64]string {
		var rows []struct {
			ID   int64
			Seal string
		}
		require.NoError(t, w.s.DB.NewRaw("select id, seal from (?) s", m.Select()).Scan(w.ctx, &rows))
		require.Len(t, rows, len(ids))
		seals := map[int64]string{}
		for _, r := range rows {
			seals[r.ID] = r.Seal
		}
		return seals
	}
	many := func(verb ManyVerb) *Many {
		m, err := w.s.Many(w.ctx, w.s.DB, verb, nil, "all of them")
		require.NoError(t, err)
		return m
	}
	one := func(verb ManyVerb, id int64, seal string) (refused *errs.Error) {
		require.NoError(t, w.s.DB.RunInTx(w.ctx, nil, func(ctx context.Context, tx bun.Tx) (err error) {
			_, _, refused, err = many(verb).One(ctx, tx, id, seal)
			return err
		}))
		return refused
	}
	report := func() {
		_, err := w.s.ReportErrors(w.ctx, ReportManualOrderErrorsInput{OrderIDs: ids[:1], Message: "not so"})
		require.NoError(t, err)
	}
	again := func() {
		_, err := w.s.Unblock(w.ctx, BulkOrdersInput{OrderIDs: ids[:1]})
		require.NoError(t, err)
		w.generate()
		w.drain()
		require.Equal(t, StateTransmitted, w.order(0).State())
	}
	tickets := chosen(many(ConfirmMany))
	report()
	again()
	refused := one(ConfirmMany, ids[0], tickets[ids[0]])
	require.NotNil(t, refused)
	require.Equal(t, errs.StaleItem, refused.Kind)
	require.Equal(t, StateTransmitted, w.order(0).State())
	require.Nil(t, one(ConfirmMany, ids[1], tickets[ids[1]]), "this one is the same")
	require.Equal(t, StateExecuted, w.order(1).State())

	ids = ids[:1]
	report()
	errored := chosen(many(UnblockMany))
	again()
	report()
	refused = one(UnblockMany, ids[0], errored[ids[0]])
	require.NotNil(t, refused)
	require.Equal(t, errs.StaleItem, refused.Kind)
	require.Equal(t, StateErrored, w.order(0).State())
	require.Nil(t, one(UnblockMany, ids[0], chosen(many(UnblockMany))[ids[0]]))
}
