package app

import (
	"testing"

	"github.com/stretchr/testify/require"

	"writ/server/order"
)

const kept = "seven 7 New Seven A staff"

// mustLeaveAndInherit is a company that removes what leavers had, in which the row of a leaver went and the one of his heir came in one file,
// read and not computed yet. It gives the account as Writ knows it.
func mustLeaveAndInherit(t *testing.T, o smallOptions) (s *small, account int64) {
	t.Helper()
	o.removeOrphans = true
	s = mustSmall(t, o)
	s.people("P0,7,New,Seven,seven,A")
	s.around()
	s.settled()
	account = s.number(accountID, "seven")
	s.people("Q0,7,New,Seven,seven,A")
	s.synchronize("HR")
	return s, account
}

// passedOn checks that the heir has the account, that nobody touched it, and that nothing is left to do.
func (s *small) passedOn(account int64) {
	s.t.Helper()
	require.Equal(s.t, []string{kept}, s.accounts())
	require.Equal(s.t, []string{"Q0 seven"}, s.owned())
	require.Equal(s.t, account, s.number(accountID, "seven"))
	require.Zero(s.t, s.number(`select count(*) from order_line l join provisioning_order o on o.id = l.order_id join order_attempt a on a.order_id = o.id where l.action = 'DELETE'`))
	s.settled()
}

// TestHeirIsComputedLater: the removal of what a leaver had is not sent before it is known who takes it over, in whatever order, batch or
// process they are computed.
func TestHeirIsComputedLater(t *testing.T) {
	t.Parallel()
	const heir = `(select id from resource where key = 'Q0')`
	t.Run("LaterBatch", func(t *testing.T) {
		t.Parallel()
		s, account := mustLeaveAndInherit(t, smallOptions{})
		s.exec(`create function later() returns trigger language plpgsql as $$ begin
				if new.owner_id = ` + heir + ` then new.not_before := 'infinity'; end if; return new;
			end $$;
			create trigger later before insert or update on dirty_owner for each row execute function later()`)
		s.compute()
		require.Len(t, s.open(), 1)
		require.Contains(t, s.open()[0], "DELETE P0 1")
		s.send()
		require.Equal(t, []string{kept}, s.accounts())
		require.Equal(t, []string{"heir"}, s.list(s.DB, `select wait_reason from provisioning_order where closed_at is null`))
		s.exec(`drop trigger later on dirty_owner; update dirty_owner set not_before = null`)
		s.compute()
		s.around()
		s.passedOn(account)
	})
	t.Run("NotSpread", func(t *testing.T) {
		t.Parallel()
		s, account := mustLeaveAndInherit(t, smallOptions{})
		other, err := s.DB.BeginTx(s.ctx, nil) // another process is at it
		require.NoError(t, err)
		_, err = other.ExecContext(s.ctx, `select from changed_resource where resource_id = `+heir+` for update`)
		require.NoError(t, err)
		s.compute()
		s.send()
		require.NoError(t, other.Rollback())
		require.Equal(t, []string{kept}, s.accounts())
		s.compute()
		s.around()
		s.passedOn(account)
	})
	t.Run("AfterGeneration", func(t *testing.T) {
		t.Parallel()
		s, account := mustLeaveAndInherit(t, smallOptions{})
		s.people()
		s.synchronize("HR")
		s.compute()
		_, err := s.Orders.Generate(s.ctx, order.GenerateInput{Connector: "Target", Force: true})
		require.NoError(t, err)
		require.EqualValues(t, 1, s.number(`select count(*) from provisioning_order where closed_at is null and generated_at is not null`))
		s.people("Q0,7,New,Seven,seven,A")
		s.synchronize("HR")
		require.NoError(t, s.Assignments.Spread(s.ctx))
		_, err = s.Orders.Fulfil(s.ctx, order.FulfilInput{Connector: "Target", ContinueOnError: true}, func(int, int, int) {})
		require.NoError(t, err)
		require.Equal(t, []string{kept}, s.accounts())
		s.compute()
		s.around()
		s.passedOn(account)
	})
	t.Run("NoHeir", func(t *testing.T) {
		t.Parallel()
		s, _ := mustLeaveAndInherit(t, smallOptions{})
		s.people("Q0,8,Some,Body,some,A")
		s.around()
		require.Equal(t, []string{"some 8 Some Body A staff"}, s.accounts())
		s.settled()
	})
}

// TestGuessedHeirIsAsked: while a person decides whether somebody takes the account over, it stays.
func TestGuessedHeirIsAsked(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		decision order.LineDecision
		passes   bool
	}{"Confirmed": {order.DecideApprove, true}, "Denied": {order.DecideDecline, false}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, account := mustLeaveAndInherit(t, smallOptions{confidence: "80"})
			s.compute()
			s.send()
			s.around()
			require.Equal(t, []string{kept}, s.accounts())
			require.Len(t, s.open(), 2)
			id := s.number(`select id from provisioning_order where kind = 'ASSOCIATE' and closed_at is null`)
			no := "no"
			_, err := s.Orders.Review(s.ctx, order.ReviewOrdersInput{OrderIDs: []int64{id}, Decision: &c.decision, Comment: &no})
			require.NoError(t, err)
			s.compute()
			s.around()
			if c.passes {
				s.passedOn(account)
				return
			}
			s.around()
			require.NotContains(t, s.owned(), "P0 seven")
			require.EqualValues(t, 0, s.number(`select count(*) from resource where id = ? and valid_to = 'infinity'`, account))
		})
	}
}

func (s *small) exec(sql string, args ...any) {
	s.t.Helper()
	_, err := s.DB.ExecContext(s.ctx, sql, args...)
	require.NoError(s.t, err)
}
