package directory_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"writ/server/directory"
)

// TestDayKeepsItsForm: under every format that writes days, a day is read as a day, written as a day, and means the same as in plain text.
func TestDayKeepsItsForm(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"UTC", "Europe/Berlin", "America/New_York", "Pacific/Auckland", "Africa/Cairo"} {
		zone, err := directory.Zone(name)
		require.NoError(t, err)
		plain, isDay, err := directory.ReadDate("2026-04-24", zone)
		require.NoError(t, err)
		require.True(t, isDay)
		require.Equal(t, "20260424", directory.FormatDate(plain))
		for format, text := range map[string]string{
			"": "2026-04-24", "date": "2026-04-24", "datetime": "20260424", "date:dd.MM.yyyy": "24.04.2026", "datetime:d.M.yyyy": "24.4.2026", "datetime:dd-MMM-yyyy": "24-APR-2026",
		} {
			p := &directory.Property{Type: directory.DateTime}
			normal, err := directory.FromSystem(p, format, text, zone)
			require.NoError(t, err)
			require.Equal(t, "20260424", normal, format)
			back, err := directory.ToSystem(p, format, normal, "", zone)
			require.NoError(t, err)
			again, err := directory.FromSystem(p, format, back, zone)
			require.NoError(t, err)
			require.True(t, directory.SameDate(normal, again, zone), "%s: %s", format, again)
		}
		for format, text := range map[string]string{"date": "2026-04-24T00:00:00Z", "date:dd.MM.yyyy HH:mm": "24.04.2026 13:00"} {
			normal, err := directory.FromSystem(&directory.Property{Type: directory.DateTime}, format, text, zone)
			require.NoError(t, err)
			require.Equal(t, "20260424", normal, "format date keeps the day only")
		}
	}
}

func TestTimesWithoutZoneAreLocal(t *testing.T) {
	t.Parallel()
	zone, err := directory.Zone("Europe/Berlin")
	require.NoError(t, err)
	p := &directory.Property{Type: directory.DateTime}
	for _, c := range []struct{ format, text, normal, back string }{
		{"", "2026-07-01 12:00:00", "20260701100000", "2026-07-01T10:00:00Z"},
		{"", "2026-07-01T12:00", "20260701100000", "2026-07-01T10:00:00Z"},
		{"", "2026-07-01T12:00:00Z", "20260701120000", "2026-07-01T12:00:00Z"},
		{"", "20260701120000", "20260701120000", "2026-07-01T12:00:00Z"},
		{"datetime", "20260701120000.0Z", "20260701120000", "20260701120000.0Z"},
		{"datetime:M/d/yyyy h:mm:ss tt", "7/1/2026 12:00:00 AM", "20260630220000", "7/1/2026 12:00:00 AM"},
		{"datetime:yyyy-MM-ddTHH:mm:ssZ", "2026-07-01T12:00:00Z", "20260701120000", "2026-07-01T12:00:00Z"},
	} {
		normal, err := directory.FromSystem(p, c.format, c.text, zone)
		require.NoError(t, err)
		require.Equal(t, c.normal, normal, c.text)
		back, err := directory.ToSystem(p, c.format, normal, "", zone)
		require.NoError(t, err)
		require.Equal(t, c.back, back, c.text)
	}
}

// TestDaysOfEveryZone: days follow each other without a gap and without overlap, whatever the clocks do at midnight.
func TestDaysOfEveryZone(t *testing.T) {
	t.Parallel()
	zones := []string{"UTC", "Europe/Berlin", "America/New_York", "America/Sao_Paulo", "Africa/Cairo", "Asia/Beirut", "America/Havana", "America/St_Johns",
		"Pacific/Apia", "Asia/Kolkata", "Australia/Lord_Howe", "America/Asuncion", "Asia/Gaza", "Atlantic/Azores", "Europe/Lisbon"}
	rapid.Check(t, func(t *rapid.T) {
		zone, err := directory.Zone(rapid.SampledFrom(zones).Draw(t, "zone"))
		if err != nil {
			t.Fatal(err)
		}
		noon := time.Date(1975, 1, rapid.IntRange(1, 30_000).Draw(t, "day"), 12, 0, 0, 0, time.UTC)
		text := noon.Format(time.DateOnly)
		first, _, err := directory.ReadDate(text, zone)
		if err != nil {
			t.Fatal(err)
		}
		next, _, err := directory.ReadDate(noon.AddDate(0, 0, 1).Format(time.DateOnly), zone)
		if err != nil {
			t.Fatal(err)
		}
		if !directory.NextDay(first, zone).Equal(next) && text != "2011-12-29" && text != "2011-12-30" { // Samoa left one day out
			t.Fatalf("%s ends at %s, the next day begins at %s", text, directory.NextDay(first, zone), next)
		}
		if last := first.Add(-time.Second).In(zone).Format(time.DateOnly); last >= text {
			t.Fatalf("%s begins at %s, and a second before it is %s", text, first, last)
		}
		if shown := first.In(zone).Format(time.DateOnly); shown < text {
			t.Fatalf("%s begins at %s", text, first.In(zone))
		}
		if length := next.Sub(first); length != 24*time.Hour && (length < 22*time.Hour || length > 26*time.Hour) && text != "2011-12-30" && text != "2011-12-29" {
			t.Fatalf("%s has %s", text, length)
		}
		if got := directory.FormatDate(first); got != noon.Format("20060102") && text != "2011-12-30" {
			t.Fatalf("%s is written %s", text, got)
		}
	})
}

func TestDaysWhenTheClocksChange(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		zone, day string
		hours     float64
	}{
		{"Europe/Berlin", "2026-03-29", 23}, {"Europe/Berlin", "2026-10-25", 25}, {"Europe/Berlin", "2026-06-01", 24},
		{"Africa/Cairo", "2026-04-24", 23}, {"America/Havana", "2026-11-01", 25}, {"Australia/Lord_Howe", "2026-04-05", 24.5},
	} {
		zone, err := directory.Zone(c.zone)
		require.NoError(t, err)
		first, _, err := directory.ReadDate(c.day, zone)
		require.NoError(t, err)
		require.Equal(t, c.hours, directory.NextDay(first, zone).Sub(first).Hours(), "%s in %s", c.day, c.zone)
	}
}
