package app

import (
	"testing"

	"github.com/stretchr/testify/require"

	"writ/server/order"
	"writ/server/reconciliation"
)

// TestKeptValueOfARenamedAccount: a value that somebody kept stays kept when the account gets another key, however the order ended that asked for it.
func TestKeptValueOfARenamedAccount(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ timeout, withdrawn, read, twice bool }{
		"Open":              {},
		"TimedOut":          {timeout: true},
		"TimedOutRead":      {timeout: true, read: true},
		"TimedOutReadTwice": {timeout: true, read: true, twice: true},
		"Withdrawn":         {withdrawn: true},
		"WithdrawnRead":     {withdrawn: true, read: true},
		"WithdrawnTwice":    {withdrawn: true, read: true, twice: true},
		"Expired":           {timeout: true, withdrawn: true, read: true, twice: true},
	} {
		for _, confidence := range []string{"100", "80"} {
			t.Run(name+confidence, func(t *testing.T) {
				t.Parallel()
				s := mustSmall(t, smallOptions{tickets: true, timeout: c.timeout, confidence: confidence})
				s.people(ann)
				s.around()
				require.Len(t, s.open(), 1)
				_, err := s.target.ExecContext(s.ctx, `insert into account values ('alee', '7', 'Ann Lee', 'A'); insert into account_group values ('alee', 'staff')`)
				require.NoError(t, err)
				_, err = s.Orders.Confirm(s.ctx, order.ConfirmManualOrdersInput{OrderIDs: []int64{s.number(`select id from provisioning_order where closed_at is null`)}})
				require.NoError(t, err)
				s.synchronize("Target")
				s.around()
				require.Empty(t, s.open())
				s.byHand(`update account set name = 'Nick'`)
				require.Len(t, s.waiting(), 1)
				s.decide(reconciliation.KeepCurrent)
				s.around()
				require.Empty(t, s.waiting())
				require.Empty(t, s.open())
				s.people("P0,7,Ann,Lee,bob,A")
				s.around()
				require.Len(t, s.open(), 1)
				if c.timeout {
					s.timeOut()
				}
				if c.withdrawn {
					s.people(ann)
					s.synchronize("HR")
					s.compute()
				}
				if c.read {
					s.synchronize("Target")
					s.compute()
				}
				if c.twice {
					s.synchronize("Target")
					s.compute()
				}
				s.byHand(`update account set login = 'bob'`)
				for _, w := range s.waiting() {
					require.NotContains(t, w, "Nick", "it is kept: %q", s.open())
				}
				require.EqualValues(t, 1, s.number(`select count(*) from kept_value where closed_at is null and property = 'Name'`), "%q %q", s.open(), s.waiting())
			})
		}
	}
}
