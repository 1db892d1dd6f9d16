package app

import (
	"testing"

	"github.com/stretchr/testify/require"
)

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
