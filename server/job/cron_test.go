package job

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestCronAcrossClockChanges(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		expression, zone, after string
		want                    []string
	}{
		"LeftOut":      {"30 2 * * *", "Europe/Berlin", "2027-03-27T12:00:00Z", []string{"2027-03-28T01:00:00Z", "2027-03-29T00:30:00Z"}},
		"Twice":        {"30 2 * * *", "Europe/Berlin", "2027-10-30T12:00:00Z", []string{"2027-10-31T00:30:00Z", "2027-11-01T01:30:00Z"}},
		"SeveralOut":   {"*/20 2 * * *", "Europe/Berlin", "2027-03-28T00:00:00Z", []string{"2027-03-28T01:00:00Z", "2027-03-29T00:00:00Z"}},
		"EveryHour":    {"15 * * * *", "Europe/Berlin", "2027-10-31T00:00:00Z", []string{"2027-10-31T00:15:00Z", "2027-10-31T01:15:00Z", "2027-10-31T02:15:00Z"}},
		"EveryHourOut": {"0 * * * *", "Europe/Berlin", "2027-03-28T00:00:00Z", []string{"2027-03-28T01:00:00Z", "2027-03-28T02:00:00Z"}},
		"NoMidnight":   {"0 0 * * *", "Africa/Cairo", "2026-04-23T12:00:00Z", []string{"2026-04-23T22:00:00Z", "2026-04-24T21:00:00Z"}},
		"HalfAnHour":   {"0 2 * * *", "Australia/Lord_Howe", "2026-10-03T00:00:00Z", []string{"2026-10-03T15:30:00Z", "2026-10-04T15:00:00Z"}},
		"Every":        {"@every 90m", "Europe/Berlin", "2027-03-28T00:00:00Z", []string{"2027-03-28T01:30:00Z"}},
		"Daily":        {"@daily", "Europe/Berlin", "2027-03-27T12:00:00Z", []string{"2027-03-27T23:00:00Z", "2027-03-28T22:00:00Z"}},
		"Sunday":       {"0 3 * * 7", "UTC", "2026-11-28T12:00:00Z", []string{"2026-11-29T03:00:00Z", "2026-12-06T03:00:00Z"}},
		"Weekend":      {"0 3 * * 6-7", "UTC", "2026-11-27T12:00:00Z", []string{"2026-11-28T03:00:00Z", "2026-11-29T03:00:00Z", "2026-12-05T03:00:00Z"}},
		"ByName":       {"0 3 * * FRI-SUN", "UTC", "2026-11-28T12:00:00Z", []string{"2026-11-29T03:00:00Z", "2026-12-04T03:00:00Z"}},
		"SundayFirst":  {"0 3 * * 7-1", "UTC", "2026-11-28T12:00:00Z", []string{"2026-11-29T03:00:00Z", "2026-11-30T03:00:00Z", "2026-12-06T03:00:00Z"}},
		"Listed":       {"0 3 * * 3,7", "UTC", "2026-11-28T12:00:00Z", []string{"2026-11-29T03:00:00Z", "2026-12-02T03:00:00Z"}},
		"EverySecond":  {"0 3 * * 1-7/2", "UTC", "2026-11-28T12:00:00Z", []string{"2026-11-29T03:00:00Z", "2026-11-30T03:00:00Z", "2026-12-02T03:00:00Z"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			at, err := time.Parse(time.RFC3339, c.after)
			require.NoError(t, err)
			var got []string
			for range c.want {
				next, err := nextRun(c.expression, c.zone, at)
				require.NoError(t, err)
				require.NotNil(t, next)
				got, at = append(got, next.Format(time.RFC3339)), *next
			}
			require.Equal(t, c.want, got)
		})
	}
}

// TestCronOncePerDay: a schedule of one time a day runs once on each day of the calendar, one of every hour once in each hour that passes.
func TestCronOncePerDay(t *testing.T) {
	t.Parallel()
	zones := []string{"UTC", "Europe/Berlin", "America/New_York", "Africa/Cairo", "America/Havana", "Australia/Lord_Howe", "Asia/Kolkata", "America/Sao_Paulo", "Asia/Gaza"}
	rapid.Check(t, func(rt *rapid.T) {
		zone := rapid.SampledFrom(zones).Draw(rt, "zone")
		hour, minute := rapid.IntRange(0, 23).Draw(rt, "hour"), rapid.IntRange(0, 59).Draw(rt, "minute")
		at := time.Date(2000+rapid.IntRange(0, 30).Draw(rt, "year"), 1, rapid.IntRange(1, 300).Draw(rt, "day"), 12, 0, 0, 0, time.UTC)
		location, err := time.LoadLocation(zone)
		require.NoError(rt, err)
		daily, hourly := at, at
		var last time.Time
		for n := range 70 {
			next, err := nextRun(time.Date(0, 1, 1, hour, minute, 0, 0, time.UTC).Format("4 15")+" * * *", zone, daily)
			require.NoError(rt, err)
			require.NotNil(rt, next)
			shown := next.In(location)
			day := time.Date(shown.Year(), shown.Month(), shown.Day(), 0, 0, 0, 0, time.UTC)
			if n > 0 && day.Sub(last) != 24*time.Hour {
				rt.Fatalf("after %s comes %s", last, shown)
			}
			last, daily = day, next.Add(time.Duration(rapid.IntRange(0, 5).Draw(rt, "late"))*time.Second)
		}
		for range 200 {
			next, err := nextRun("0 * * * *", zone, hourly)
			require.NoError(rt, err)
			if gap := next.Sub(hourly); gap <= 0 || gap > 90*time.Minute {
				rt.Fatalf("%s after %s", next, hourly)
			}
			hourly = *next
		}
	})
}

func TestScheduleWarning(t *testing.T) {
	t.Parallel()
	for _, fine := range []string{"0 2 * * *", "0 0 29 2 *", "0 3 * * 7", "@daily", "@every 1h", "0 0 31 12 *"} {
		require.Nil(t, (&Job{Cron: &fine}).ScheduleWarning(), fine)
	}
	for _, odd := range []string{"0 0 31 2 *", "0 0 30 2 *", "0 0 31 4,6,9,11 *", "often"} {
		require.NotNil(t, (&Job{Cron: &odd}).ScheduleWarning(), odd)
	}
	require.Nil(t, (&Job{}).ScheduleWarning())
	for _, bad := range []string{"0 3 * * 8", "0 3 * * 7/0", "TZ=UTC 0 3 * * *", "CRON_TZ=Asia/Tokyo 0 3 * * *", "0 3 * * 2-1"} {
		_, err := parseCron(bad)
		require.Error(t, err, bad)
	}
}

func FuzzCron(f *testing.F) {
	for _, seed := range []string{"30 2 * * *", "0 0 31 2 *", "0 3 * * 7", "*/5 * * * * 1-7/3", "@every 1s", "0 3 * * 7-", "TZ= *"} {
		f.Add(seed, "Europe/Berlin", int64(1_800_000_000))
	}
	f.Fuzz(func(t *testing.T, expression, zone string, at int64) {
		now := time.Unix(at%10_000_000_000, 0).UTC()
		if next, err := nextRun(expression, zone, now); err == nil && next != nil && !next.After(now) {
			t.Fatalf("%q in %s after %s is %s", expression, zone, now, next)
		}
	})
}
