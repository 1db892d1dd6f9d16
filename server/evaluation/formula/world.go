package formula

import (
	"time"

	"writ/server/directory"
	"writ/server/evaluation"
	"writ/server/evaluation/interval"
)

// World is what a binding or an expression can see while one owner is computed.
type World struct {
	Resources map[int64]*evaluation.Resource
	Vars      [3]*evaluation.Resource // by root: source, record, target
	From, To  int64                   // assignment.startDate and endDate
	Now       int64
	Zone      *time.Location // where days begin and end
	Iteration int64          // which spelling of a value is asked for, from 0
	Read      func(id int64) // notes a resource that was read; nil: not interesting
	Tables    *Tables        // what query() looks through; nil: nothing
	Asked     func(Asked)    // notes what a query found; nil: not interesting
}

func (w *World) get(id int64) *evaluation.Resource {
	if w.Read != nil {
		w.Read(id)
	}
	return w.Resources[id]
}

// Period reads two dates of the record in the world. missing says what one means that is not there.
func (w *World) Period(start, end *Value, missing interval.Interval) (interval.Interval, error) {
	over := missing
	for i, v := range []*Value{start, end} {
		s, err := v.Text(w)
		if err != nil {
			return over, err
		}
		if s == "" {
			continue
		}
		t, isDay, err := directory.ReadDate(s, w.Zone)
		if err != nil {
			return over, err
		}
		if i == 1 && isDay {
			t = directory.NextDay(t, w.Zone) // an end written as a day includes that day
		}
		switch {
		case i == 0:
			over.From = interval.Instant(t)
		case t.UTC().Year() <= 9999:
			over.To = interval.Instant(t)
		default: // later ends are none
			over.To = interval.Max
		}
	}
	return over, nil
}

// Tomorrow is when the next day begins.
func (w *World) Tomorrow(now int64) int64 {
	return interval.Instant(directory.NextDay(time.UnixMicro(now), w.Zone))
}
