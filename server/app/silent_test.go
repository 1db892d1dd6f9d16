package app

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// TestTicketForATakenKey: an account that had the key before the ticket was not made for it, and stays when the person goes.
func TestTicketForATakenKey(t *testing.T) {
	t.Parallel()
	s := mustSmall(t, smallOptions{removeOrphans: true, tickets: true})
	_, err := s.target.ExecContext(s.ctx, `insert into account values ('seven', '99', 'Somebody Else', 'B')`)
	require.NoError(t, err)
	s.synchronize("Target")
	s.people("P0,7,New,Seven,seven,A")
	s.around()
	require.NotEmpty(t, s.open(), "somebody was asked for an account")
	s.people()
	s.around()
	s.synchronize("Target")
	s.around()
	require.Empty(t, s.open(), "nothing takes the account of somebody else away")
}

// TestSilentTicket: an operator makes an account without a word, and its person goes before it is read.
func TestSilentTicket(t *testing.T) {
	t.Parallel()
	for name, again := range map[string]bool{"Once": false, "ReadOnceMore": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := mustSmall(t, smallOptions{removeOrphans: true, tickets: true})
			s.people("P0,7,New,Seven,seven,A")
			s.around()
			require.Len(t, s.open(), 1)
			_, err := s.target.ExecContext(s.ctx, `insert into account values ('seven', '7', 'New Seven', 'A'); insert into account_group values ('seven', 'staff')`)
			require.NoError(t, err)
			s.people()
			s.synchronize("HR")
			s.compute()
			if again {
				s.compute()
				s.send()
			}
			s.synchronize("Target")
			s.around()
			require.Equal(t, []string{"DELETE P0 2  DELETE "}, s.open())
		})
	}
}
