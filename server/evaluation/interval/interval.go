// Package interval is arithmetic with time while computing: instants, intervals and sets of them.
package interval

import (
	"math"
	"slices"
	"time"
)

// Min and Max: instants are microseconds since 1970 UTC while computing; the two bounds stand for minus and plus infinity.
const (
	Min int64 = math.MinInt64
	Max int64 = math.MaxInt64
)

// Interval is [from, to).
type Interval struct{ From, To int64 }

// Always is the interval without bounds.
var Always = Interval{Min, Max}

// Set is a set of instants: intervals sorted, disjoint and not touching. Nobody changes one in place.
type Set []Interval

// Ever are all instants.
var Ever = Set{Always}

// Instant is a time while computing.
func Instant(t time.Time) int64 { return t.UnixMicro() }

// StartOf is the instant of a beginning; nil: it never began.
func StartOf(t *time.Time) int64 {
	if t == nil {
		return Min
	}
	return t.UnixMicro()
}

// EndOf is the instant of an end; nil: it never ends.
func EndOf(t *time.Time) int64 {
	if t == nil {
		return Max
	}
	return t.UnixMicro()
}

// Moment is the way back: nil for a bound that is infinite.
func Moment(at int64) *time.Time {
	if at == Min || at == Max {
		return nil
	}
	t := time.UnixMicro(at).UTC()
	return &t
}

// Shift moves an instant by minutes; infinity stays where it is.
func Shift(at int64, minutes int) int64 {
	if at == Min || at == Max {
		return at
	}
	return at + int64(minutes)*60_000_000
}

// Has reports whether an instant lies in it.
func (i Interval) Has(at int64) bool { return i.From <= at && at < i.To }

// Of makes a set of any intervals; empty ones fall away.
func Of(list ...Interval) Set {
	out := make(Set, 0, len(list))
	for _, i := range list {
		if i.From < i.To {
			out = append(out, i)
		}
	}
	return out.Normal()
}

// Normal sorts what was collected, in place, and joins what overlaps or touches.
func (s Set) Normal() Set {
	if len(s) < 2 {
		return s
	}
	slices.SortFunc(s, func(a, b Interval) int {
		switch {
		case a.From < b.From:
			return -1
		case a.From > b.From:
			return 1
		}
		return 0
	})
	out := s[:1]
	for _, i := range s[1:] {
		last := &out[len(out)-1]
		if i.From <= last.To {
			last.To = max(last.To, i.To)
		} else {
			out = append(out, i)
		}
	}
	return out
}

// Union is what lies in one of two sets.
func (s Set) Union(t Set) Set {
	if len(s) == 0 {
		return t
	}
	if len(t) == 0 || len(s) == 1 && s[0] == Always {
		return s
	}
	if len(t) == 1 && t[0] == Always {
		return t
	}
	return append(append(make(Set, 0, len(s)+len(t)), s...), t...).Normal()
}

// Intersect is what lies in both.
func (s Set) Intersect(t Set) Set {
	switch {
	case len(s) == 1 && s[0] == Always:
		return t
	case len(t) == 1 && t[0] == Always:
		return s
	}
	var out Set
	for i, j := 0, 0; i < len(s) && j < len(t); {
		from, to := max(s[i].From, t[j].From), min(s[i].To, t[j].To)
		if from < to {
			out = append(out, Interval{from, to})
		}
		if s[i].To < t[j].To {
			i++
		} else {
			j++
		}
	}
	return out
}

// Subtract is what lies in s and not in t.
func (s Set) Subtract(t Set) Set {
	if len(t) == 0 || len(s) == 0 {
		return s
	}
	var out Set
	for _, i := range s {
		from := i.From
		for _, cut := range t {
			if cut.To <= from || cut.From >= i.To {
				continue
			}
			if cut.From > from {
				out = append(out, Interval{from, cut.From})
			}
			from = max(from, cut.To)
		}
		if from < i.To {
			out = append(out, Interval{from, i.To})
		}
	}
	return out
}

// CurrentOrNext is the interval that contains at, else the next one after it; ok is false when all is past. Whoever asks has to look whether
// it has begun.
func (s Set) CurrentOrNext(at int64) (Interval, bool) {
	for _, i := range s {
		if i.To > at {
			return i, true
		}
	}
	return Interval{}, false
}

// At finds the interval that contains an instant.
func (s Set) At(t int64) (Interval, bool) {
	for _, i := range s {
		if i.Has(t) {
			return i, true
		}
	}
	return Interval{}, false
}

// After leaves out what is over at an instant.
func (s Set) After(at int64) Set {
	for len(s) > 0 && s[0].To <= at {
		s = s[1:]
	}
	return s
}

// Moments are the two bounds as times.
func Moments(i Interval) (*time.Time, *time.Time) { return Moment(i.From), Moment(i.To) }
