package directory_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"writ/server/directory"
	"writ/server/errs"
)

// TestPatternLetters writes every letter in every length, and reads back what can be read.
func TestPatternLetters(t *testing.T) {
	t.Parallel()
	berlin, err := directory.Zone("Europe/Berlin")
	require.NoError(t, err)
	at := time.Date(2026, 2, 1, 15, 4, 5, 123456789, berlin)
	for pattern, want := range map[string]string{
		"d": "1", "dd": "01", "ddd": "Sun", "dddd": "Sunday", "M": "2", "MM": "02", "MMM": "Feb", "MMMM": "February", "yy": "26", "yyyy": "2026",
		"H": "15", "HH": "15", "h": "3", "hh": "03", "m": "4", "mm": "04", "s": "5", "ss": "05", "t": "P", "tt": "PM",
		"f": "1", "ff": "12", "fff": "123", "ffff": "1234", "fffff": "12345", "ffffff": "123456", "fffffff": "1234567",
		"z": "+1", "zz": "+01", "zzz": "+01:00", "K": "+01:00", "HH'Z'": "15Z", "HHZ": "14Z",
		"yyyy-MM-ddTHH:mm:ss": "2026-02-01T15:04:05", "d.M.yyyy": "1.2.2026", "dd-MMM-yyyy": "01-Feb-2026", "M/d/yyyy h:mm:ss tt": "2/1/2026 3:04:05 PM",
		"d. MMMM yyyy 'um' H 'Uhr'": "1. February 2026 um 15 Uhr", `"Q1" yyyy`: "Q1 2026", `yyyy \d`: "2026 d", "''''yyyy": "2026", "yyyyMMddHHmmss": "20260201150405",
		"2 yyyy": "2 2026", "(yyyy年)": "",
	} {
		t.Run(pattern, func(t *testing.T) {
			p, err := directory.ParsePattern(pattern)
			if want == "" {
				require.True(t, errs.Is(err, errs.Validation), "got %v", err)
				return
			}
			require.NoError(t, err)
			require.Equal(t, want, p.Format(at))
		})
	}
}

func TestPatternReads(t *testing.T) {
	t.Parallel()
	berlin, err := directory.Zone("Europe/Berlin")
	require.NoError(t, err)
	for _, c := range []struct{ pattern, text, want string }{
		{"d.M.yyyy", "1.2.2026", "2026-02-01T00:00:00+01:00"},
		{"d.M.yyyy", "31.12.2026", "2026-12-31T00:00:00+01:00"},
		{"dd-MMM-yyyy", "01-FEB-2026", "2026-02-01T00:00:00+01:00"},
		{"d MMMM yyyy", "1 february 2026", "2026-02-01T00:00:00+01:00"},
		{"dddd, d MMM yy", "Sunday, 1 Feb 26", "2026-02-01T00:00:00+01:00"},
		{"yy", "68", "2068-01-01T00:00:00+01:00"},
		{"yy", "69", "1969-01-01T00:00:00+01:00"},
		{"M/d/yyyy h:mm:ss tt", "2/1/2026 12:00:00 AM", "2026-02-01T00:00:00+01:00"},
		{"M/d/yyyy h:mm:ss tt", "2/1/2026 12:30:00 pm", "2026-02-01T12:30:00+01:00"},
		{"M/d/yyyy h:mm:ss t", "2/1/2026 11:30:00 P", "2026-02-01T23:30:00+01:00"},
		{"yyyyMMddHHmmssZ", "20260201150405Z", "2026-02-01T15:04:05Z"},
		{"yyyy-MM-ddTHH:mm:ss.fffzzz", "2026-02-01T15:04:05.250-05:30", "2026-02-01T15:04:05.25-05:30"},
		{"yyyy-MM-dd HH:mmK", "2026-02-01 15:04Z", "2026-02-01T15:04:00Z"},
		{"yyyy-MM-dd HH:mmK", "2026-02-01 15:04", "2026-02-01T15:04:00+01:00"},
		{"yyyy-MM-dd z", "2026-02-01 -3", "2026-02-01T00:00:00-03:00"},
		{"yyyy-MM-dd zz", "2026-02-01 +10", "2026-02-01T00:00:00+10:00"},
		{"'Tag' d.M.yyyy", "Tag 1.2.2026", "2026-02-01T00:00:00+01:00"},
		{"d.M.yyyy", "31.2.2026", ""}, {"d.M.yyyy", "1.13.2026", ""}, {"d.M.yyyy", "1.2.26", ""}, {"dd.MM.yyyy", "1.2.2026", ""}, {"d.M.yyyy", "1.2.2026 ", ""},
		{"yyyy-MM-dd HH:mm", "2026-02-01 24:00", ""}, {"M/d/yyyy h:mm tt", "2/1/2026 13:00 PM", ""}, {"M/d/yyyy h:mm tt", "2/1/2026 0:00 AM", ""},
		{"ddd d.M.yyyy", "Mon 1.2.2026", ""}, {"dd-MMM-yyyy", "01-Feb.-2026", ""}, {"yyyy-MM-dd HH:mmzzz", "2026-02-01 15:04+1", ""}, {"d.M.yyyy", "", ""},
	} {
		p, err := directory.ParsePattern(c.pattern)
		require.NoError(t, err)
		require.NoError(t, p.CheckReadable())
		got, ok := p.Parse(c.text, berlin)
		require.Equal(t, c.want != "", ok, "%s of %q", c.pattern, c.text)
		if ok {
			require.Equal(t, c.want, got.Format(time.RFC3339Nano), "%s of %q", c.pattern, c.text)
		}
	}
}

// TestPatternRoundTrip puts patterns together at random: what one writes it reads.
func TestPatternRoundTrip(t *testing.T) {
	t.Parallel()
	zones := []string{"UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata"}
	rapid.Check(t, func(t *rapid.T) {
		day := rapid.SampledFrom([]string{"d", "dd", "ddd d", "dddd, dd"}).Draw(t, "day")
		month := rapid.SampledFrom([]string{"M", "MM", "MMM", "MMMM"}).Draw(t, "month")
		hour := rapid.SampledFrom([]string{"H:m:s", "HH:mm:ss", "h:mm:ss tt", "hh:m:s t", "HH'h'mm\\mss"}).Draw(t, "hour")
		zone := rapid.SampledFrom([]string{"", "zzz", "K", "Z"}).Draw(t, "zone")
		text := rapid.Permutation([]string{day, month, "yyyy"}).Draw(t, "order")
		p, err := directory.ParsePattern(text[0] + "/" + text[1] + " 'of' " + text[2] + " " + hour + zone)
		if err != nil {
			t.Fatal(err)
		}
		in, err := directory.Zone(rapid.SampledFrom(zones).Draw(t, "in"))
		if err != nil {
			t.Fatal(err)
		}
		at := time.Unix(rapid.Int64Range(0, 4_000_000_000).Draw(t, "at"), 0).In(in)
		if _, offset := at.Zone(); zone == "" && offset != zoneBefore(at) {
			return // an hour that the clocks show twice
		}
		got, ok := p.Parse(p.Format(at), in)
		if !ok || !got.Equal(at) {
			t.Fatalf("%s is %q and reads %s", at, p.Format(at), got)
		}
	})
}

// zoneBefore is the offset of the hour before; another one around a change of the clocks.
func zoneBefore(t time.Time) int {
	_, offset := t.Add(-90 * time.Minute).Zone()
	_, later := t.Add(90 * time.Minute).Zone()
	if offset != later {
		return -1
	}
	return offset
}

func FuzzPattern(f *testing.F) {
	for _, seed := range []string{"d.M.yyyy", "M/d/yyyy h:mm:ss tt", "'x", `\`, "ddddd", "yyyy-MM-ddTHH:mm:ss.fffffffK", "ä", "\xff"} {
		f.Add(seed, "1.2.2026")
	}
	f.Fuzz(func(_ *testing.T, pattern, text string) {
		if p, err := directory.ParsePattern(pattern); err == nil {
			p.Format(time.Unix(0, 0).UTC())
			p.Parse(text, time.UTC)
		}
	})
}
