package app

import (
	"testing"

	"github.com/stretchr/testify/require"

	"writ/server/order"
)

// aroundBoth is the whole circle with the second system.
func (s *small) aroundBoth() {
	s.t.Helper()
	s.around()
	_, err := s.Orders.Generate(s.ctx, order.GenerateInput{Connector: "Crm", Force: true})
	require.NoError(s.t, err)
	_, err = s.Orders.Fulfil(s.ctx, order.FulfilInput{Connector: "Crm", ContinueOnError: true}, func(int, int, int) {})
	require.NoError(s.t, err)
	s.synchronize("Crm")
	s.compute()
}

// TestReferenceFollowsTheKey: another system keeps the key of an account, and Writ renames the account: what points to it follows.
func TestReferenceFollowsTheKey(t *testing.T) {
	t.Parallel()
	s := mustSmall(t, smallOptions{crm: true})
	s.people("P1,1,Ann,Lee,alee,A", "P2,2,Bob,Ray,bray,A")
	for range 3 {
		s.aroundBoth()
	}
	crm := func() []string {
		return s.list(s.target, `select concat_ws(' ', id, account) from crm_user order by id`)
	}
	require.Equal(t, []string{"1 alee", "2 bray"}, crm(), "%q", s.open())
	s.settled()
	s.people("P1,1,Ann,Lee,anew,A", "P2,2,Bob,Ray,bray,A")
	for range 3 {
		s.aroundBoth()
	}
	require.Zero(t, s.number(`select count(*) from order_line_history where to_state = 5`), "nobody is asked")
	require.Equal(t, []string{"1 anew", "2 bray"}, crm(), "%q", s.open())
	s.settled()
}
