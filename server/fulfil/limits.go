package fulfil

import "time"

// Limits protect a managed system from Writ, and Writ from a managed system. A zero field means its default.
type Limits struct {
	PerSecond       float64       // changes and single reads per second, with bursts of one second's worth; 0 = as fast as it goes
	Concurrency     int           // changes and single reads at the same time; default 8
	CallTimeout     time.Duration // longest wait for one answer, or for the next row of an export; default 60 s
	BreakerFailures int           // failed connections in a row after which calls pause; default 5
	BreakerPause    time.Duration // how long they pause before one is tried again; default 15 s
}

// LimitsOf reads the settings limit.perSecond, limit.concurrency, limit.callTimeout (seconds), limit.breakerFailures and
// limit.breakerPause (seconds) that every connection may carry. Validation when one is out of range.
func LimitsOf(s Settings) (Limits, error) {
	perSecond, err := s.Number("limit.perSecond", 0, 1_000_000)
	if err != nil {
		return Limits{}, err
	}
	concurrency, err := s.Int("limit.concurrency", 0, 1, 1000)
	if err != nil {
		return Limits{}, err
	}
	timeout, err := s.Number("limit.callTimeout", 0, 3600)
	if err != nil {
		return Limits{}, err
	}
	failures, err := s.Int("limit.breakerFailures", 0, 1, 1_000_000)
	if err != nil {
		return Limits{}, err
	}
	pause, err := s.Number("limit.breakerPause", 0, 3600)
	if err != nil {
		return Limits{}, err
	}
	return Limits{
		PerSecond: perSecond, Concurrency: concurrency, CallTimeout: seconds(timeout),
		BreakerFailures: failures, BreakerPause: seconds(pause),
	}, nil
}

func seconds(n float64) time.Duration { return time.Duration(n * float64(time.Second)) }

func (l Limits) withDefaults() Limits {
	if l.Concurrency <= 0 {
		l.Concurrency = 8
	}
	if l.CallTimeout <= 0 {
		l.CallTimeout = 60 * time.Second
	}
	if l.BreakerFailures <= 0 {
		l.BreakerFailures = 5
	}
	if l.BreakerPause <= 0 {
		l.BreakerPause = 15 * time.Second
	}
	return l
}
