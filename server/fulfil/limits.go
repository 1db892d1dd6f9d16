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

// limits are the settings that every connection may carry.
type limits struct {
	PerSecond       float64       `setting:"limit.perSecond" max:"1000000" help:"Changes and single reads per second; 0: as fast as it goes."`
	Concurrency     int           `setting:"limit.concurrency" default:"8" min:"1" max:"1000" help:"Changes and single reads at the same time."`
	CallTimeout     time.Duration `setting:"limit.callTimeout" default:"60" unit:"s" max:"3600" help:"Seconds to wait for one answer, or for the next row of an export."`
	BreakerFailures int           `setting:"limit.breakerFailures" default:"5" min:"1" max:"1000000" help:"Failed connections in a row after which calls pause."`
	BreakerPause    time.Duration `setting:"limit.breakerPause" default:"15" unit:"s" max:"3600" help:"Seconds that they pause before one is tried again."`
}

// LimitsOf reads the settings limit.* that every connection may carry. Validation when one is out of range.
func LimitsOf(s Settings) (Limits, error) {
	l, err := Form[limits]{}.part(s)
	return Limits(l), err
}

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
