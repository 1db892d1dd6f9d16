package job

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// FuzzNextRun: whatever is written as a schedule, the next run is later than now, soon found, or refused.
func FuzzNextRun(f *testing.F) {
	for _, text := range []string{
		"* * * * *", "0 3 * * 0", "*/5 * * * * *", "@daily", "@every 1h", "@every 1ns", "@every -1h", "0 0 31 2 *", "0 0 29 2 *", "TZ=Europe/Paris 0 2 * * *", "CRON_TZ=x 0 0 * * *",
		"0-59/0 * * * *", "99999999999999999999 * * * *", "?", "L * * * *", "* * * * 7", "1,2,3-9/2 * * JAN MON", "-1 * * * *", "*/-1 * * * *", "@", "TZ=", "TZ= ",
	} {
		f.Add(text, "Europe/Paris", int64(1_774_000_000))
	}
	f.Add("30 2 * * *", "America/New_York", int64(1_772_900_000))
	f.Fuzz(func(t *testing.T, expression, zone string, unix int64) {
		now := time.Unix(unix%(1<<33), 0).UTC()
		began := time.Now()
		next, err := nextRun(expression, zone, now)
		require.Less(t, time.Since(began), 2*time.Second)
		if err == nil && next != nil {
			require.True(t, next.After(now), "%s after %s", next, now)
		}
	})
}
