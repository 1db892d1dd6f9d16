package app

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestLeaverAndHeir: a person under another key is one more row of the HR file. He gets the account that is there, with the real system.
func TestLeaverAndHeir(t *testing.T) {
	t.Parallel()
	for _, removes := range []bool{false, true} {
		for _, c := range []struct{ name, first, between, then, heir, want string }{
			{"SameFile", "P0,7,New,Seven,seven,A", "", "Q0,7,New,Seven,seven,A", "Q0", "seven 7 New Seven A staff"},
			{"OtherSpelling", "E7,e7,New,Seven,seven,A", "", "e7,E7,New,Seven,seven,A", "e7", "seven e7 New Seven A staff"},
			{"OtherName", "P0,7,New,Seven,seven,A", "", "Q0,7,New,Other,other,B", "Q0", "other 7 New Other B staff"},
			{"Later", "P0,7,New,Seven,seven,A", "P1,1,Ann,Lee,alee,A", "Q0,7,New,Seven,seven,A", "Q0", "seven 7 New Seven A staff"},
		} {
			t.Run(fmt.Sprintf("%s/%v", c.name, removes), func(t *testing.T) {
				t.Parallel()
				s := mustSmall(t, smallOptions{removeOrphans: removes})
				s.people(c.first)
				s.around()
				s.settled()
				id := s.number(`select resource_id from assigned_resource_type where valid_to = 'infinity'`)
				if c.between != "" {
					s.people(c.between)
					s.around()
				}
				s.people(c.then)
				s.around()
				require.Contains(t, s.accounts(), c.want)
				if c.between == "" {
					require.Equal(t, id, s.number(`select resource_id from assigned_resource_type a join resource w on w.id = a.owner_id where a.valid_to = 'infinity' and w.key = ?`, c.heir))
					require.Len(t, s.accounts(), 1)
				}
				s.settled()
			})
		}
	}
}

// TestFreedKeyGoesToAnother: a deletion and a creation, or a rename, of one key before anything was read: nobody is without, and nobody has
// what belongs to another.
func TestFreedKeyGoesToAnother(t *testing.T) {
	t.Parallel()
	for name, then := range map[string]string{"Created": "P1,1,Ann,Lee,seven,A\nP2,2,Bob,Ray,bray,A", "Renamed": "P2,2,Bob,Ray,seven,A"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := mustSmall(t, smallOptions{removeOrphans: true})
			s.people("P0,7,New,Seven,seven,A", "P2,2,Bob,Ray,bray,A")
			s.around()
			s.settled()
			left := s.number(accountID, "seven")
			s.people("P2,2,Bob,Ray,bray,A")
			s.synchronize("HR")
			s.compute()
			s.send()
			s.people(then)
			s.synchronize("HR")
			s.compute()
			s.send()
			s.synchronize("Target")
			s.compute()
			s.around()
			require.NotEqual(t, left, s.number(accountID, "seven"))
			s.settled()
			require.Len(t, s.owned(), len(strings.Split(then, "\n")))
		})
	}
}
