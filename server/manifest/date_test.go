package manifest

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"writ/server/errs"
)

// TestDaysOfProfiles: a day given is a day kept and exported; an end counts through its last instant.
func TestDaysOfProfiles(t *testing.T) {
	t.Parallel()
	b := setup(t)
	_, err := b.DB.NewRaw(`insert into setting (key, value) values ('time_zone', '"Europe/Berlin"')`).Exec(b.ctx)
	require.NoError(t, err)
	yaml := `
profiles:
  - { identifier: P, rules: [{ identifier: R, entries: [{ permission: /Jobs/Job/Query }] }] }
users:
  - username: ann
    profiles: [{ profile: P, startDate: 2026-03-01, endDate: "2026-03-29" }]
`
	b.mustApply(t, yaml)
	var dates []struct{ StartDate, EndDate time.Time }
	require.NoError(t, b.DB.NewRaw("select start_date, end_date from assigned_profile").Scan(b.ctx, &dates))
	require.Len(t, dates, 1)
	require.Equal(t, "2026-02-28T23:00:00Z", dates[0].StartDate.UTC().Format(time.RFC3339))
	require.Equal(t, "2026-03-29T22:00:00Z", dates[0].EndDate.UTC().Format(time.RFC3339), "a day of 23 hours")
	require.Empty(t, b.mustApply(t, yaml).Changes)
	exported, err := Export(b.ctx, b.DB, b.Keyring)
	require.NoError(t, err)
	require.Equal(t, "2026-03-01", exported.Users[0].Profiles[0].StartDate)
	require.Equal(t, "2026-03-29", exported.Users[0].Profiles[0].EndDate)

	b.mustApply(t, `
users:
  - username: ann
    profiles: [{ profile: P, endDate: "2026-03-29T12:00:00+02:00" }]
`)
	exported, err = Export(b.ctx, b.DB, b.Keyring)
	require.NoError(t, err)
	require.Equal(t, "2026-03-29T10:00:00Z", exported.Users[0].Profiles[0].EndDate)

	for _, wrong := range []string{"2026-02-30", "tomorrow", "2026-03-29 12:00"} {
		_, err = b.apply("users: [{ username: ann, profiles: [{ profile: P, endDate: \"" + wrong + "\" }] }]")
		require.True(t, errs.Is(err, errs.Validation), "%s: %v", wrong, err)
	}
}
