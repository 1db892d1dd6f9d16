package evaluation

import (
	"slices"
	"time"

	"writ/server/evaluation/interval"
)

// Own is a value that is Writ's own work: it was wanted in the target once. Exactly one of Value and ID counts, by the property.
type Own struct {
	Value      string `json:"value,omitempty"`
	ID         int64  `json:"id,omitempty"`
	Comparison int16  `json:"comparison,omitempty"` // how the value was compared when it was wanted
	Since      int64  `json:"since,omitempty"`      // microseconds since 1970: the computation that did not want it any more
	// Renamed: it has had another name since it was sent: what was sent before, to put it there or to take it out, says it wrongly.
	Renamed bool `json:"renamed,omitempty"`
}

// Distinct leaves every value once, where it came first.
func Distinct(list []Own) []Own {
	var out []Own
	for _, x := range list {
		if !slices.ContainsFunc(out, func(y Own) bool { return y.Value == x.Value && y.ID == x.ID }) {
			out = append(out, x)
		}
	}
	return out
}

// At is where a value of a navigation is.
func (x Own) At(property string) Pointed { return Pointed{property, x.ID, x.Value} }

// IsEmpty reports whether it is an empty place.
func (x Own) IsEmpty() bool { return x.Value == "" && x.ID == 0 }

// Unseen tells since when, at the latest, something of what is remembered waits for data of the target that is newer than it; nil: nothing
// does. read: when the newest reading of the target began.
func (e *Expected) Unseen(read time.Time) *time.Time {
	last := int64(0)
	for name, list := range e.Ours {
		for _, x := range list {
			if !x.IsEmpty() || name == TheTarget {
				last = max(last, x.Since)
			}
		}
	}
	if last == 0 || !read.IsZero() && interval.Instant(read) > last {
		return nil
	}
	at := time.UnixMicro(last).UTC()
	return &at
}

// HasTexts tells whether something that points to nothing may be our own work.
func (e Expected) HasTexts() bool {
	for _, list := range e.Ours {
		if slices.ContainsFunc(list, func(x Own) bool { return x.ID == 0 && x.Value != "" }) {
			return true
		}
	}
	return false
}

// Pointed is one value of a navigation. Text: what it says when it points to nothing (ID 0).
type Pointed struct {
	Property string
	ID       int64
	Text     string
}

// Renamed gives the values that had another name when they were sent; nil: none.
func (e Expected) Renamed() map[Pointed]bool {
	var out map[Pointed]bool
	for name, list := range e.Ours {
		for _, x := range list {
			if x.Renamed {
				if out == nil {
					out = map[Pointed]bool{}
				}
				out[x.At(name)] = true
			}
		}
	}
	return out
}

// TheTarget stands in Expected.Ours for the target itself: a creation was sent, and no data tells yet what became of it.
const TheTarget = ""
