package directory

import (
	"strings"
	"time"
)

// A date is one of two things, and stays what it is from the file to the rule and back:
//
//	an instant  yyyyMMddHHmmss, UTC
//	a day       yyyyMMdd, without a zone: it begins at its first instant in the zone of the installation (setting time_zone) and ends
//	            before the first instant of the next day, which is 23 or 25 hours later when the clocks change
//
// A start counts from the first instant of its day, an end through its last (role-model 14.2 no. 43). What is written with a time but
// without a zone is in the zone of the installation too; but for the normal form.
const (
	timeLayout = "20060102150405"
	dayLayout  = "20060102"
)

// FormatTime gives the normal form of an instant.
func FormatTime(t time.Time) string { return t.UTC().Format(timeLayout) }

// FormatDate gives the normal form of a time that ReadDate gave, or was computed from one: a day as long as it is a first instant.
func FormatDate(t time.Time) string {
	if isDayClock(t.Location()) && t.Equal(FirstInstant(t, t.Location())) {
		return t.Format(dayLayout)
	}
	return FormatTime(t)
}

// FirstInstant is when the day of a time begins in a zone; usually, but not everywhere, at 00:00.
func FirstInstant(t time.Time, zone *time.Location) time.Time {
	year, month, day := t.In(zone).Date()
	return firstOf(year, month, day, zone)
}

// NextDay is when the day after the one of a time begins in a zone.
func NextDay(t time.Time, zone *time.Location) time.Time {
	year, month, day := t.In(zone).Date()
	return firstOf(year, month, day+1, zone)
}

// firstOf finds the first instant at which the calendar of a zone shows a day, or a later one when it leaves that day out.
func firstOf(year int, month time.Month, day int, zone *time.Location) time.Time {
	wall := func(t time.Time) int64 { // what the clock of the zone shows, in seconds
		_, offset := t.Zone()
		return t.Unix() + int64(offset)
	}
	midnight := time.Date(year, month, day, 0, 0, 0, 0, time.UTC).Unix()
	t := time.Date(year, month, day, 0, 0, 0, 0, zone)
	if wall(t) != midnight { // the clocks jump over midnight
		begin, end := t.ZoneBounds()
		if wall(t) > midnight {
			return begin
		}
		return end
	}
	if begin, _ := t.ZoneBounds(); !begin.IsZero() { // midnight may come twice
		_, now := t.Zone()
		_, before := begin.Add(-time.Second).Zone()
		if earlier := t.Add(time.Duration(now-before) * time.Second); earlier.Before(begin) {
			return earlier
		}
	}
	return t
}

// Day is the day of a time in a zone, as ReadDate gives days.
func Day(t time.Time, zone *time.Location) time.Time { return dayOf(t.In(zone), zone) }

// dayClock is a location with the clock of a zone that marks a time as a day: it is never the one that instants have.
func dayClock(zone *time.Location) *time.Location {
	if zone == time.UTC {
		return utcDays
	}
	return zone
}

var utcDays = time.FixedZone("UTC", 0)

// isDayClock: an instant is in UTC, or in the nameless location that a parsed offset gives.
func isDayClock(l *time.Location) bool { return l != time.UTC && l != time.Local && l.String() != "" }

// written is one way of writing a date that needs no explanation.
type written struct {
	layout string
	day    bool // without a time
	utc    bool // in UTC although it does not say so
}

var writings = []written{
	{layout: timeLayout, utc: true},
	{layout: dayLayout, day: true},
	{layout: time.DateOnly, day: true},
	{layout: "20060102150405Z", utc: true}, {layout: "20060102150405.999999999Z", utc: true}, {layout: "20060102150405Z0700"}, {layout: "20060102150405.999999999Z0700"},
	{layout: "200601021504Z", utc: true},
	{layout: time.DateTime}, {layout: "2006-01-02T15:04:05"}, {layout: time.RFC3339}, {layout: "2006-01-02 15:04:05Z07"}, {layout: "2006-01-02 15:04:05Z07:00"},
	{layout: "2006-01-02 15:04:05Z0700"}, {layout: "2006-01-02 15:04:05.999999999 Z0700 MST"}, {layout: "2006-01-02T15:04"}, {layout: "2006-01-02 15:04"},
}

// ReadDate reads a date in normal form or in any usual writing. A day is given as its first instant on a clock of the zone, an instant in
// UTC. Validation when the text is no date.
func ReadDate(text string, zone *time.Location) (t time.Time, day bool, err error) {
	text = strings.TrimSpace(text)
	for _, w := range writings {
		at := zone
		if w.utc || w.day {
			at = time.UTC
		}
		t, err := time.ParseInLocation(w.layout, text, at)
		if err != nil || !isStorable(t) {
			continue
		}
		if w.day {
			return dayOf(t, zone), true, nil
		}
		return t.UTC(), false, nil
	}
	return time.Time{}, false, bad(text, "a date or time")
}

// dayOf is the day that the calendar shows at t in t's own location, as ReadDate gives days.
func dayOf(t time.Time, zone *time.Location) time.Time {
	year, month, day := t.Date()
	return firstOf(year, month, day, dayClock(zone))
}

// normalDate reads a date under a format of a mapping: date keeps the day only, datetime what there is. pattern: nil without one.
func normalDate(text string, dayOnly bool, pattern *Pattern, zone *time.Location) (string, error) {
	var t time.Time
	var day bool
	if pattern == nil {
		var err error
		if t, day, err = ReadDate(text, zone); err != nil {
			return "", err
		}
		if dayOnly && !day {
			if shown, ok := shownDay(text); ok {
				t = shown
			} else {
				t = t.In(zone)
			}
		}
	} else {
		var ok bool
		day = !pattern.HasTime()
		at := zone
		if day || dayOnly {
			at = time.UTC
		}
		if t, ok = pattern.Parse(text, at); !ok || !isStorable(t) {
			return "", bad(text, "a time written as "+pattern.text)
		}
	}
	if day || dayOnly {
		return t.Format(dayLayout), nil
	}
	return FormatTime(t), nil
}

// shownDay is the day of a time written at midnight with whatever offset: how systems that know no days write one.
func shownDay(text string) (time.Time, bool) {
	for _, w := range writings {
		if t, err := time.ParseInLocation(w.layout, text, time.UTC); err == nil {
			return t, !w.day && t.Hour() == 0 && t.Minute() == 0 && t.Second() == 0
		}
	}
	return time.Time{}, false
}

// isStorable reports whether the year has four digits in UTC and is not 0: what the normal form and PostgreSQL can both hold.
func isStorable(t time.Time) bool {
	year := t.UTC().Year()
	return year >= 1 && year <= 9999
}

// SameDate reports whether two dates in normal form say the same, when one is a day and the other what a system that keeps instants made of
// it: midnight in the zone or in UTC.
func SameDate(a, b string, zone *time.Location) bool {
	if a == b {
		return true
	}
	if len(a) > len(b) {
		a, b = b, a
	}
	if len(a) != len(dayLayout) || len(b) != len(timeLayout) {
		return false
	}
	t, day, err := ReadDate(a, zone)
	return err == nil && day && (b == a+"000000" || b == FormatTime(t))
}
