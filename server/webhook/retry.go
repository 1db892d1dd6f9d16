package webhook

import (
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"time"
)

const (
	firstPause   = 2 * time.Second
	longestPause = 6 * time.Hour

	// tryFor is how long a delivery is tried, and how long an endpoint may do nothing but fail before it is disabled.
	tryFor = 72 * time.Hour

	// outage is how many attempts in a row may fail before the endpoint rests: deliveries behind it then do not use up their tries.
	outage      = 3
	longestRest = 5 * time.Minute
)

// pauseAfter doubles from two seconds up to six hours, give or take a fifth: about 25 tries in three days.
func pauseAfter(tries int) time.Duration {
	return vary(double(firstPause, tries-1, longestPause))
}

// restAfter is how long an endpoint rests after so many failures in a row; 0: not at all.
func restAfter(failures int) time.Duration {
	if failures < outage {
		return 0
	}
	return vary(double(firstPause, failures-outage, longestRest))
}

func double(d time.Duration, times int, limit time.Duration) time.Duration {
	for range max(0, times) {
		if d *= 2; d >= limit {
			return limit
		}
	}
	return d
}

func vary(d time.Duration) time.Duration { return d - d/5 + rand.N(2*d/5+1) }

// nextTry gives when a delivery is tried again after a failure, nil = never: its three days are over. The last try is at the end of
// them. A receiver that asked for more patience gets it.
func nextTry(now, since time.Time, tries int, asked time.Duration) *time.Time {
	end := since.Add(tryFor)
	if !now.Before(end) {
		return nil
	}
	at := now.Add(max(pauseAfter(tries), asked))
	if at.After(end) {
		at = end
	}
	return &at
}

// retryAfter reads the header Retry-After: seconds or a date. 0: not there, or not to be read. now is the machine's time.
func retryAfter(h http.Header, now time.Time) time.Duration {
	text := strings.TrimSpace(h.Get("Retry-After"))
	if seconds, err := strconv.Atoi(text); err == nil {
		return min(time.Duration(max(0, seconds))*time.Second, tryFor)
	}
	if at, err := http.ParseTime(text); err == nil {
		return min(max(0, at.Sub(now)), tryFor)
	}
	return 0
}
