package order

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"writ/server/assignment"
	"writ/server/errs"
	"writ/server/fulfil"
)

// hostile makes the database refuse what one order brings to a table, as it refuses what it cannot hold.
func (w *world) hostile(table, event, when string) {
	w.t.Helper()
	w.exec(`create function hostile_` + table + `() returns trigger language plpgsql as $$ begin
		if ` + when + ` then raise exception 'invalid byte sequence for encoding "UTF8": 0x00' using errcode = '22021'; end if; return new; end $$;
		create trigger hostile before ` + event + ` on ` + table + ` for each row execute function hostile_` + table + `()`)
}

// TestOneOrderHoldsUpNoOther: what the database refuses of one order, wherever it is written together with others, is said at that order alone.
func TestOneOrderHoldsUpNoOther(t *testing.T) {
	t.Parallel()
	const people = 7
	start := func(t *testing.T) *world {
		w := setup(t, people)
		var plans []assignment.PlannedOrder
		for i := range people {
			plans = append(plans, w.creation(i, 1))
		}
		w.plan(plans...)
		return w
	}
	check := func(t *testing.T, w *world, others ProvisioningState, says string) {
		t.Helper()
		for i := range people {
			o := w.order(i)
			if i != 3 {
				require.Equal(t, others, o.State(), "person %d", i)
				continue
			}
			require.Equal(t, StateErrored, o.State())
			require.Contains(t, o.Error().Message, says)
			require.Contains(t, o.Error().Message, "0x00")
		}
	}
	victim := "(select id from provisioning_order where owner_id = (select id from resource where key = 'U003'))"
	t.Run("Answer", func(t *testing.T) {
		t.Parallel()
		w := start(t)
		w.hostile("order_attempt", "update", "new.outcome = 'DONE' and new.order_id = "+victim)
		w.generate()
		w.drain()
		require.Equal(t, people, w.fake.count())
		check(t, w, StateExecuted, "the answer cannot be stored")
	})
	t.Run("Attempt", func(t *testing.T) {
		t.Parallel()
		w := start(t)
		w.hostile("order_attempt", "insert", "new.payload::text like '%Changes%' and new.order_id = "+victim)
		w.generate()
		w.drain()
		require.Equal(t, people-1, w.fake.count())
		check(t, w, StateExecuted, "cannot be stored as it would be sent")
	})
	t.Run("Ticket", func(t *testing.T) {
		t.Parallel()
		w := start(t)
		w.manual()
		w.hostile("order_line", "update", "new.state = 2 and new.order_id = "+victim)
		w.generate()
		w.drain()
		check(t, w, StateTransmitted, "ticket cannot be opened")
	})
	t.Run("TicketAttempt", func(t *testing.T) {
		t.Parallel()
		w := start(t)
		w.manual()
		w.hostile("order_attempt", "insert", "new.payload::text like '%Changes%' and new.order_id = "+victim)
		w.generate()
		w.drain()
		check(t, w, StateTransmitted, "cannot be stored as it would be sent")
	})
	t.Run("Generation", func(t *testing.T) {
		t.Parallel()
		w := start(t)
		w.hostile("provisioning_order", "update", "old.generated_at is null and new.generated_at is not null and new.id = "+victim)
		require.Equal(t, people-1, w.generate().Generated)
		w.drain()
		for i := range people {
			if i != 3 {
				require.Equal(t, StateExecuted, w.order(i).State())
				continue
			}
			require.Equal(t, StateError, w.order(i).State())
			require.Contains(t, *w.lineOf(i, "uid").Error, "0x00")
		}
	})
}

// TestLongWords: what people write into the history of orders is bounded, and a key that no index holds is refused, or not kept.
func TestLongWords(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.plan(w.creation(0, 1), w.creation(1, 1))
	w.fake.answer = func(c fulfil.Change) *fulfil.Receipt {
		return &fulfil.Receipt{Outcome: fulfil.Done, CreatedKey: strings.Repeat("k\x00\xff", 20_000) + fmt.Sprint(rand.Int64())}
	}
	long := strings.Repeat("x", 4001)
	for _, err := range []error{
		second(w.s.Review(w.ctx, ReviewOrdersInput{OrderIDs: []int64{1}, Decision: new(DecideDecline), Comment: &long})),
		second(w.s.Unblock(w.ctx, BulkOrdersInput{OrderIDs: []int64{1}, Comment: &long})),
		second(w.s.Reconsider(w.ctx, BulkOrdersInput{OrderIDs: []int64{1}, Comment: &long})),
		second(w.s.Confirm(w.ctx, ConfirmManualOrdersInput{OrderIDs: []int64{1}, Comment: &long})),
		second(w.s.Confirm(w.ctx, ConfirmManualOrdersInput{OrderIDs: []int64{1}, CreatedKey: &long})),
	} {
		require.True(t, errs.Is(err, errs.Validation), "%v", err)
	}
	w.generate()
	w.drain()
	for i := range 2 {
		require.Equal(t, StateExecuted, w.order(i).State())
		require.Nil(t, w.order(i).CreatedKey)
		require.Contains(t, *w.order(i).BroughtAttempts()[0].Message, "too long")
	}
}

func second[T any](_ T, err error) error { return err }
