package webhook

import (
	"net/http"
	"testing"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
	"github.com/stretchr/testify/require"

	"writ/server/errs"
)

func TestSign(t *testing.T) {
	t.Parallel()
	secret, other := newSecret(), newSecret()
	at := time.Now()
	ours, err := sign("evt_1", at, []byte(`{"a":1}`), secret)
	require.NoError(t, err)
	reference, err := standardwebhooks.NewWebhook(secret)
	require.NoError(t, err)
	theirs, err := reference.Sign("evt_1", at, []byte(`{"a":1}`))
	require.NoError(t, err)
	require.Equal(t, theirs, ours)
	require.NotEqual(t, secret, other)

	both, err := sign("evt_1", at, []byte(`{"a":1}`), secret, other)
	require.NoError(t, err)
	require.Regexp(t, `^v1,[A-Za-z0-9+/=]+ v1,[A-Za-z0-9+/=]+$`, both)
	_, err = sign("evt_1", at, nil, "whsec_!")
	require.Error(t, err)
	require.NotContains(t, err.Error(), "!")
}

func TestCheckURL(t *testing.T) {
	t.Parallel()
	for text, want := range map[string][2]bool{ // allowed on a public-only server, on one that allows private addresses
		"https://hooks.example/in?x=1":       {true, true},
		"https://93.184.216.34/":             {true, true},
		"http://hooks.example/in":            {false, true},
		"http://127.0.0.1:9000/":             {false, true},
		"https://127.0.0.1/":                 {false, true},
		"https://[::1]/":                     {false, true},
		"https://[::ffff:10.0.0.1]/":         {false, true},
		"https://localhost/":                 {false, true},
		"https://a.localhost./":              {false, true},
		"https://user:secret@hooks.example/": {false, false},
		"https://hooks.example/#part":        {false, false},
		"ftp://hooks.example/":               {false, false},
		"file:///etc/passwd":                 {false, false},
		"https://":                           {false, false},
		"https://:80/":                       {false, false},
		"hooks.example":                      {false, false},
		"":                                   {false, false},
		"https://h/\x00":                     {false, false},
	} {
		for i, allowPrivate := range []bool{false, true} {
			err := checkURL(text, allowPrivate)
			require.Equal(t, want[i], err == nil, "%q private %v: %v", text, allowPrivate, err)
			if err != nil {
				require.True(t, errs.Is(err, errs.Validation))
				require.Equal(t, "input.url", errs.As(err).Field)
				require.NotContains(t, err.Error(), "secret")
			}
		}
	}
}

func TestNextTry(t *testing.T) {
	t.Parallel()
	since := time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC)
	now, tries := since, 0
	for {
		tries++
		at := nextTry(now, since, tries, 0)
		if at == nil {
			break
		}
		pause := at.Sub(now)
		require.Positive(t, pause)
		require.LessOrEqual(t, pause, longestPause*6/5)
		if tries == 1 {
			require.LessOrEqual(t, pause, 3*time.Second, "a hiccup is over at once")
		}
		now = *at
	}
	require.Equal(t, since.Add(tryFor), now, "the last try is at the end of the three days")
	require.Greater(t, tries, 18)
	require.Less(t, tries, 40)

	asked := nextTry(since, since, 1, time.Hour)
	require.Equal(t, since.Add(time.Hour), *asked)
}

func TestRetryAfter(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC)
	for text, want := range map[string]time.Duration{
		"": 0, "120": 2 * time.Minute, " 5 ": 5 * time.Second, "-5": 0, "soon": 0, "99999999": tryFor,
		"Sun, 01 Mar 2026 08:00:30 GMT": 30 * time.Second, "Sun, 01 Mar 2026 07:00:00 GMT": 0,
	} {
		require.Equal(t, want, retryAfter(http.Header{"Retry-After": {text}}, now), text)
	}
}

func TestRestAfter(t *testing.T) {
	t.Parallel()
	require.Zero(t, restAfter(2))
	require.InDelta(t, 2, restAfter(3).Seconds(), 0.5)
	require.InDelta(t, 300, restAfter(30).Seconds(), 60)
}
