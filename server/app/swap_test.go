package app

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// TestSwapKeepsTheTargets: two people swap their logins. Each account keeps its id and its owner.
func TestSwapKeepsTheTargets(t *testing.T) {
	t.Parallel()
	s := mustSmall(t, smallOptions{})
	s.people("P1,1,Ann,Lee,lee,A", "P2,2,Bob,Ray,ray,B")
	s.around()
	s.settled()
	ann, bob := s.number(accountID, "lee"), s.number(accountID, "ray")
	s.people("P1,1,Ann,Ray,ray,A", "P2,2,Bob,Lee,lee,B")
	s.around()
	require.Equal(t, []string{"lee 2 Bob Lee B staff", "ray 1 Ann Ray A staff"}, s.accounts(), "%q", s.open())
	require.Equal(t, ann, s.number(accountID, "ray"))
	require.Equal(t, bob, s.number(accountID, "lee"))
	require.Equal(t, []string{"P1 ray", "P2 lee"}, s.owned())
	s.settled()
}
