package app

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"writ/server/assignment"
	"writ/server/manifest"
	"writ/server/order"
)

// reviewAll decides about every order that waits for a reviewer.
func (s *small) reviewAll(d order.LineDecision) {
	s.t.Helper()
	var ids []int64
	require.NoError(s.t, s.DB.NewRaw("select id from provisioning_order where needs_review and closed_at is null").Scan(s.ctx, &ids))
	require.NotEmpty(s.t, ids)
	comment := "as it is"
	p, err := s.Orders.Review(s.ctx, order.ReviewOrdersInput{OrderIDs: ids, Decision: &d, Comment: &comment})
	require.NoError(s.t, err)
	for _, r := range p.Results {
		require.Nil(s.t, r.Error)
	}
}

// stays checks that nothing is asked for any more, whatever is read and computed.
func (s *small) stays() {
	s.t.Helper()
	for range 2 {
		s.around()
		_, err := s.Assignments.Run(s.ctx, assignment.Recompute{EntityTypes: []string{"Person"}, Options: assignment.Options{Force: true}}, nil)
		require.NoError(s.t, err)
		require.Empty(s.t, s.open(), "somebody decided that it stays")
	}
	require.Equal(s.t, []string{"a 1 Ann Lee A staff"}, s.accounts())
}

// TestDeclinedRemovalStays: a reviewer keeps an account that was to go (role-model 13.4). It is not asked for again.
func TestDeclinedRemovalStays(t *testing.T) {
	t.Parallel()
	hired := func(t *testing.T) *small {
		s := mustSmall(t, smallOptions{removeOrphans: true, review: true})
		s.people("P1,1,Ann,Lee,a,A")
		s.around()
		s.reviewAll(order.DecideApprove)
		s.around()
		require.Equal(t, []string{"P1 a"}, s.owned())
		s.settled()
		return s
	}
	t.Run("OfALeaver", func(t *testing.T) {
		t.Parallel()
		s := hired(t)
		s.people()
		s.around()
		require.Equal(t, []string{"DELETE P1 5  DELETE "}, s.open())
		s.reviewAll(order.DecideDecline)
		s.stays()
		s.people("P1,1,Ann,Lee,a,A")
		s.stays()
		s.people()
		s.around()
		require.Equal(t, []string{"DELETE P1 5  DELETE "}, s.open(), "who came back and leaves again is another case")
	})
	t.Run("OfAnHeir", func(t *testing.T) {
		t.Parallel()
		s := hired(t)
		s.people()
		s.around()
		s.reviewAll(order.DecideDecline)
		s.people("P2,1,Ann,Lee,a,A")
		s.stays()
		require.Equal(t, []string{"P2 a"}, s.owned())
	})
	t.Run("OfSomebodyStaying", func(t *testing.T) {
		t.Parallel()
		s := hired(t)
		path := filepath.Join(s.dir, "config", "all.yaml")
		text, err := os.ReadFile(path)
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(path, []byte(strings.NewReplacer("typeRules: [{}]", "typeRules: []", "rules: [{}]", "rules: []").Replace(string(text))), 0o600))
		m, err := manifest.ReadFiles(filepath.Dir(path))
		require.NoError(t, err)
		_, err = s.Manifest.Apply(s.ctx, m)
		require.NoError(t, err)
		_, err = s.Assignments.Run(s.ctx, assignment.Recompute{EntityTypes: []string{"Person"}, Options: assignment.Options{Force: true}}, nil)
		require.NoError(t, err)
		require.Equal(t, []string{"DELETE P1 5  DELETE "}, s.open())
		s.reviewAll(order.DecideDecline)
		for range 2 {
			s.around()
			require.Equal(t, []string{"UPDATE P1 5  REMOVE Groups "}, s.open(), "the account stays; what the role gave goes with the role")
		}
	})
}
