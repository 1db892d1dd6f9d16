package app

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"writ/server/errs"
	"writ/server/permit"
)

// TestFigures: differences by system and age, and how accounts came to be, count what the lists show and nothing that is put off or over; whoever may decide about nothing
// is refused.
func TestFigures(t *testing.T) {
	t.Parallel()
	s := drifted(t, 6)
	s.exec(`update gap set found_at = ? where id in (select id from gap where closed_at is null order by id limit 2)`, s.Clock.Now().Add(-100*24*time.Hour))
	s.exec(`update gap set found_at = ? where id = (select max(id) from gap where closed_at is null)`, s.Clock.Now().Add(-25*time.Hour))
	rita := s.account("rita", "/Custom")
	ages, err := s.Reconciliation.ByAge(rita)
	require.NoError(t, err)
	require.Len(t, ages, 1)
	require.Equal(t, []any{"Target", 3, 1, 0, 0, 2, 6}, []any{*ages[0].System, ages[0].Day, ages[0].Week, ages[0].Month, ages[0].Quarter, ages[0].Older, ages[0].Total()})
	s.exec(`update gap set postponed_at = now(), postponed_by = 'x' where id = (select min(id) from gap where closed_at is null)`)
	ages, err = s.Reconciliation.ByAge(rita)
	require.NoError(t, err)
	require.Equal(t, 5, ages[0].Total())

	s.exec(`update assigned_resource_type set workflow_state = 16 where id = (select min(id) from assigned_resource_type)`)
	s.exec(`update assigned_resource_type set workflow_state = 1 where id = (select max(id) from assigned_resource_type)`)
	coverage, err := s.Reconciliation.Coverage(rita)
	require.NoError(t, err)
	require.Len(t, coverage, 1)
	require.Equal(t, []any{"Target", 4, 1, 1, 6}, []any{*coverage[0].System, coverage[0].Automatic, coverage[0].Manual, coverage[0].Found, coverage[0].Total()})

	nobody := permit.With(t.Context(), &permit.Actor{UserID: 8, Username: "nobody"})
	_, err = s.Reconciliation.ByAge(nobody)
	require.True(t, errs.Is(err, errs.Forbidden))
	_, err = s.Reconciliation.Coverage(nobody)
	require.True(t, errs.Is(err, errs.Forbidden))
}
