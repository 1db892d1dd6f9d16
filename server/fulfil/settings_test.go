package fulfil_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"writ/server/errs"
	"writ/server/fulfil"
)

func TestSettingsOf(t *testing.T) {
	t.Parallel()
	s, err := fulfil.SettingsOf(json.RawMessage(`{
		"path": "in", "skip": 9007199254740993, "big": 1.5, "on": true, "trim": [" ", "x"], "nothing": null,
		"link": {"groups": "g(a,b)", "account": {"sites": "s(a,b)"}}, "Password": "old"}`), map[string]string{"password": "new"}, "/data")
	require.NoError(t, err)
	require.Equal(t, map[string]string{
		"path": "in", "skip": "9007199254740993", "big": "1.5", "on": "true", "trim": " \nx",
		"link.groups": "g(a,b)", "link.account.sites": "s(a,b)", "Password": "new",
	}, s.Values)
	require.Equal(t, []string{" ", "x"}, s.List("TRIM"))
	require.Equal(t, map[string]string{"groups": "g(a,b)", "account.sites": "s(a,b)"}, s.Below("link."))
	on, err := s.Bool("on", false)
	require.NoError(t, err)
	require.True(t, on)

	for _, text := range []string{`[]`, `"x"`, `{"a": [{}]}`, `{`} {
		_, err := fulfil.SettingsOf(json.RawMessage(text), nil, "")
		require.True(t, errs.Is(err, errs.Validation), "%s: %v", text, err)
	}
	empty, err := fulfil.SettingsOf(nil, nil, "")
	require.NoError(t, err)
	require.Empty(t, empty.Values)
}

func TestSettingsMistakes(t *testing.T) {
	t.Parallel()
	s := fulfil.Settings{Values: map[string]string{"n": "x", "b": "perhaps", "f": "NaN", "limit.perSecond": "5"}}
	_, err := s.Int("n", 0, 1, 9)
	require.Equal(t, "n", errs.As(err).Field)
	_, err = s.Bool("b", false)
	require.Equal(t, "b", errs.As(err).Field)
	_, err = s.Number("f", 0, 9)
	require.Equal(t, "f", errs.As(err).Field)
	_, err = s.Required("absent")
	require.Equal(t, "absent", errs.As(err).Field)
	require.NoError(t, s.Only("N", "b", "f"))
	require.Equal(t, "f", errs.As(s.Only("n", "b")).Field)
}

func TestLimitsOf(t *testing.T) {
	t.Parallel()
	l, err := fulfil.LimitsOf(fulfil.Settings{Values: map[string]string{
		"limit.perSecond": "0.5", "limit.concurrency": "2", "limit.callTimeout": "1.5", "limit.breakerFailures": "3", "limit.breakerPause": "4",
	}})
	require.NoError(t, err)
	require.Equal(t, fulfil.Limits{PerSecond: 0.5, Concurrency: 2, CallTimeout: 1500 * time.Millisecond, BreakerFailures: 3, BreakerPause: 4 * time.Second}, l)
	_, err = fulfil.LimitsOf(fulfil.Settings{Values: map[string]string{"limit.perSecond": "-1"}})
	require.True(t, errs.Is(err, errs.Validation))
}

func TestPackages(t *testing.T) {
	t.Parallel()
	p := fulfil.Packages{"b": &pkg{}, "a": &pkg{}}
	_, err := p.Get("c")
	require.True(t, errs.Is(err, errs.Validation))
	require.ErrorContains(t, err, "Known packages: a, b")
	require.Len(t, p.Capabilities(), 2)
}
