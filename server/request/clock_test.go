package request

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestDays: requests 9.4. Days are days of the calendar in a zone, or those on which people work.
func TestDays(t *testing.T) {
	t.Parallel()
	berlin, err := time.LoadLocation("Europe/Berlin")
	require.NoError(t, err)
	at := func(text string) time.Time {
		x, err := time.ParseInLocation("Mon 2006-01-02 15:04", text, berlin)
		require.NoError(t, err)
		return x
	}
	work := Days{Working: true, Holidays: []string{"2026-12-25"}}
	for _, c := range []struct {
		days Days
		from string
		n    int
		want string
	}{
		{Days{}, "Mon 2026-02-09 10:02", 2, "Wed 2026-02-11 10:02"},
		{Days{}, "Sat 2026-03-28 10:00", 1, "Sun 2026-03-29 10:00"}, // a day of 23 hours
		{Days{}, "Sat 2026-03-28 02:30", 2, "Mon 2026-03-30 02:30"}, // over a night that has no such time
		{work, "Fri 2026-02-06 10:00", 1, "Mon 2026-02-09 10:00"},
		{work, "Sat 2026-02-07 10:00", 1, "Mon 2026-02-09 10:00"},
		{work, "Thu 2026-12-24 10:00", 2, "Tue 2026-12-29 10:00"},
		{work, "Wed 2026-02-04 10:00", 5, "Wed 2026-02-11 10:00"},
	} {
		require.Equal(t, c.want, c.days.after(berlin, at(c.from), c.n).In(berlin).Format("Mon 2006-01-02 15:04"), "%v", c)
	}
	require.Nil(t, Days{}.after(berlin, at("Mon 2026-02-09 10:02"), 0), "never")

	expire := at("Wed 2026-04-10 10:00")
	first := nextWarning(&expire, berlin, at("Mon 2026-02-09 10:02"))
	require.Equal(t, at("Fri 2026-04-03 10:00").UTC(), *first)
	second := nextWarning(&expire, berlin, *first)
	require.Equal(t, at("Thu 2026-04-09 10:00").UTC(), *second)
	require.Nil(t, nextWarning(&expire, berlin, *second))
}
