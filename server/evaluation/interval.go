package evaluation

import (
	"math"
	"slices"
	"time"
)

// Instants are microseconds since 1970 UTC while computing; the two bounds stand for minus and plus infinity.
const (
	minTime int64 = math.MinInt64
	maxTime int64 = math.MaxInt64
)

// interval is [from, to).
type interval struct{ from, to int64 }

// always is the interval without bounds.
var always = interval{minTime, maxTime}

// set is a set of instants: intervals sorted, disjoint and not touching. Nobody changes one in place.
type set []interval

// everSet are all instants.
var everSet = set{always}

func instant(t time.Time) int64 { return t.UnixMicro() }

func startOf(t *time.Time) int64 {
	if t == nil {
		return minTime
	}
	return t.UnixMicro()
}

func endOf(t *time.Time) int64 {
	if t == nil {
		return maxTime
	}
	return t.UnixMicro()
}

// moment is the way back: nil for a bound that is infinite.
func moment(at int64) *time.Time {
	if at == minTime || at == maxTime {
		return nil
	}
	t := time.UnixMicro(at).UTC()
	return &t
}

// shift moves an instant by minutes; infinity stays where it is.
func shift(at int64, minutes int) int64 {
	if at == minTime || at == maxTime {
		return at
	}
	return at + int64(minutes)*60_000_000
}

func (i interval) has(at int64) bool { return i.from <= at && at < i.to }

// sets makes a set of any intervals; empty ones fall away.
func sets(list ...interval) set {
	out := make(set, 0, len(list))
	for _, i := range list {
		if i.from < i.to {
			out = append(out, i)
		}
	}
	return out.normal()
}

func (s set) normal() set {
	if len(s) < 2 {
		return s
	}
	slices.SortFunc(s, func(a, b interval) int {
		switch {
		case a.from < b.from:
			return -1
		case a.from > b.from:
			return 1
		}
		return 0
	})
	out := s[:1]
	for _, i := range s[1:] {
		last := &out[len(out)-1]
		if i.from <= last.to {
			last.to = max(last.to, i.to)
		} else {
			out = append(out, i)
		}
	}
	return out
}

func (s set) union(t set) set {
	if len(s) == 0 {
		return t
	}
	if len(t) == 0 || len(s) == 1 && s[0] == always {
		return s
	}
	if len(t) == 1 && t[0] == always {
		return t
	}
	return append(append(make(set, 0, len(s)+len(t)), s...), t...).normal()
}

func (s set) intersect(t set) set {
	switch {
	case len(s) == 1 && s[0] == always:
		return t
	case len(t) == 1 && t[0] == always:
		return s
	}
	var out set
	for i, j := 0, 0; i < len(s) && j < len(t); {
		from, to := max(s[i].from, t[j].from), min(s[i].to, t[j].to)
		if from < to {
			out = append(out, interval{from, to})
		}
		if s[i].to < t[j].to {
			i++
		} else {
			j++
		}
	}
	return out
}

func (s set) subtract(t set) set {
	if len(t) == 0 || len(s) == 0 {
		return s
	}
	var out set
	for _, i := range s {
		from := i.from
		for _, cut := range t {
			if cut.to <= from || cut.from >= i.to {
				continue
			}
			if cut.from > from {
				out = append(out, interval{from, cut.from})
			}
			from = max(from, cut.to)
		}
		if from < i.to {
			out = append(out, interval{from, i.to})
		}
	}
	return out
}

// currentOrNext is the interval that contains at, else the next one after it; ok is false when all is past. Whoever asks has to look whether
// it has begun.
func (s set) currentOrNext(at int64) (interval, bool) {
	for _, i := range s {
		if i.to > at {
			return i, true
		}
	}
	return interval{}, false
}

// at finds the interval that contains an instant.
func (s set) at(t int64) (interval, bool) {
	for _, i := range s {
		if i.has(t) {
			return i, true
		}
	}
	return interval{}, false
}

// after leaves out what is over at an instant.
func (s set) after(at int64) set {
	for len(s) > 0 && s[0].to <= at {
		s = s[1:]
	}
	return s
}

func moments(i interval) (*time.Time, *time.Time) { return moment(i.from), moment(i.to) }
