package app

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"writ/server/order"
)

// TestPartlyApproved: one line of an order is carried out while another one still waits for its reviewer. The next reading that shows the
// first one verifies it, whatever the order as a whole waits for, and silence later is no error of it.
func TestPartlyApproved(t *testing.T) {
	t.Parallel()
	s := mustSmall(t, smallOptions{review: true})
	s.people("P1,1,Ann,Lee,alee,A")
	s.around()
	approve := order.DecideApprove
	_, err := s.Orders.Review(s.ctx, order.ReviewOrdersInput{Filter: &order.OrderFilter{}, Decision: &approve})
	require.NoError(t, err)
	s.around()
	require.Equal(t, []string{"alee 1 Ann Lee A staff"}, s.accounts())
	s.settled()

	s.people("P1,1,Ann,Married,alee,B")
	s.around()
	id := s.number(`select id from provisioning_order where closed_at is null`)
	line, version := s.number(`select id from order_line where order_id = ? and property = 'Dept'`, id), s.number(`select version from order_line where order_id = ? and property = 'Dept'`, id)
	_, err = s.Orders.Review(s.ctx, order.ReviewOrdersInput{OrderIDs: []int64{id}, Lines: []order.LineDecisionInput{{LineID: line, Decision: approve, Version: int(version)}}})
	require.NoError(t, err)
	s.send()
	require.Equal(t, []string{"alee 1 Ann Lee B staff"}, s.accounts())
	state := func(property string) int64 {
		return s.number(`select state from order_line where order_id = ? and property = ?`, id, property)
	}
	require.Equal(t, []int64{8, 5}, []int64{state("Dept"), state("Name")})
	s.synchronize("Target")
	s.compute() // only who is dirty
	require.Equal(t, []int64{4, 5}, []int64{state("Dept"), state("Name")})
	s.later(2 * time.Hour)
	_, err = s.Orders.Tick(s.ctx)
	require.NoError(t, err)
	require.Equal(t, []int64{4, 5}, []int64{state("Dept"), state("Name")})
	_, err = s.Orders.Review(s.ctx, order.ReviewOrdersInput{Filter: &order.OrderFilter{}, Decision: &approve})
	require.NoError(t, err)
	s.around()
	require.Equal(t, []string{"alee 1 Ann Married B staff"}, s.accounts())
	s.settled()
}
