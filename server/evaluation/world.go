package evaluation

import (
	"time"
	"writ/server/directory"
)

// world is what a binding or an expression can see while one owner is computed.
type world struct {
	resources map[int64]*Resource
	vars      [3]*Resource // by root: source, record, target
	from, to  int64        // assignment.startDate and endDate
	now       int64
	zone      *time.Location // where days begin and end
	iteration int64          // which spelling of a value is asked for, from 0
	read      func(id int64) // notes a resource that was read; nil: not interesting
}

func (w *world) get(id int64) *Resource {
	if w.read != nil {
		w.read(id)
	}
	return w.resources[id]
}

// period reads two dates of the record in the world. missing says what one means that is not there.
func (w *world) period(start, end *value, missing interval) (interval, error) {
	over := missing
	for i, v := range []*value{start, end} {
		s, err := v.text(w)
		if err != nil {
			return over, err
		}
		if s == "" {
			continue
		}
		t, isDay, err := directory.ReadDate(s, w.zone)
		if err != nil {
			return over, err
		}
		if i == 1 && isDay {
			t = directory.NextDay(t, w.zone) // an end written as a day includes that day
		}
		switch {
		case i == 0:
			over.from = instant(t)
		case t.UTC().Year() <= 9999:
			over.to = instant(t)
		default: // later ends are none
			over.to = maxTime
		}
	}
	return over, nil
}

// tomorrow is when the next day begins.
func (w *world) tomorrow(now int64) int64 {
	return instant(directory.NextDay(time.UnixMicro(now), w.zone))
}
