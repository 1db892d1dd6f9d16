package app

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"writ/server/request"
)

// TestEndings: who has something that a person gave is told 14, 7 and 1 day before it ends, in one mail a day, once, also when nobody was there on the day; not
// of what rules give, not of what is put off, and not when nothing ends.
func TestEndings(t *testing.T) {
	t.Parallel()
	s := mustAsk(t, 0, "")
	s.Requests.Days.Ending = []int{14, 7, 1}
	ella := s.linked("ella", "P0", mayAsk)
	s.linked("bob", "P1")
	s.exec(`update local_user set email = username || '@x.org'`)
	// one day into the morning, so that days are the same in every zone
	s.Clock.SetOffset(time.Until(time.Now().UTC().Truncate(24 * time.Hour).Add(36 * time.Hour)))
	p, err := s.wishUntil(ella, request.Add, "Press", "P0", s.in(20))
	require.NoError(t, err)
	require.NotNil(t, p.Request)
	s.around()
	told := func() []string {
		require.NoError(t, s.Requests.TellEndings(s.ctx))
		require.NoError(t, s.Requests.TellEndings(s.ctx))
		return s.list(s.DB, `select template || ' ' || recipient from mail where template = 'AccessEnding' order by id`)
	}
	const one = "AccessEnding ella@x.org"
	require.Empty(t, told())
	s.later(5 * 24 * time.Hour)
	require.Empty(t, told(), "15 days before")
	s.later(24 * time.Hour)
	require.Equal(t, []string{one}, told(), "14 days before")
	s.later(24 * time.Hour)
	require.Equal(t, []string{one}, told())
	s.later(8 * 24 * time.Hour) // nobody was there seven days before
	require.Equal(t, []string{one, one}, told(), "5 days before")
	s.exec(`update assigned_role set end_date = end_date + interval '30 days' where end_date is not null and valid_to = 'infinity'`)
	s.later(4 * 24 * time.Hour)
	require.Equal(t, []string{one, one}, told(), "it was put off")
	s.Requests.Days.Ending = nil
	s.later(16 * 24 * time.Hour)
	require.Equal(t, []string{one, one}, told(), "nobody wants to be told")
}
