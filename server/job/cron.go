package job

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/robfig/cron/v3"
)

// cronParser takes five fields, six with seconds first, and words like @daily (spec 9.2).
var cronParser = cron.NewParser(cron.SecondOptional | cron.Minute | cron.Hour | cron.Dom | cron.Month | cron.Dow | cron.Descriptor)

// parseCron reads an expression; Sunday is 0, 7 or SUN.
func parseCron(expression string) (cron.Schedule, error) {
	if strings.Contains(expression, "TZ=") {
		return nil, fmt.Errorf("cron expression %q: the time zone stands beside it, in cronTimeZone", expression)
	}
	if fields := strings.Fields(expression); len(fields) == 5 || len(fields) == 6 {
		last := len(fields) - 1
		parts := strings.Split(fields[last], ",")
		for n, part := range parts {
			parts[n] = sundayIsZero(part)
		}
		fields[last] = strings.Join(parts, ",")
		expression = strings.Join(fields, " ")
	}
	schedule, err := cronParser.Parse(expression)
	if err != nil {
		return nil, fmt.Errorf("cron expression %q: %w", expression, err)
	}
	return schedule, nil
}

// sundayIsZero writes a part of the days of the week without 7, which the parser does not know: 5-7 is 5,6,0. What it cannot read stays.
func sundayIsZero(part string) string {
	days, stepText, stepped := strings.Cut(part, "/")
	low, high, ranged := strings.Cut(days, "-")
	from, errFrom := dayOfWeek(low)
	to, errTo := from, errFrom
	if ranged {
		to, errTo = dayOfWeek(high)
		if errTo == nil && to == 0 && from > 0 {
			to = 7
		}
	}
	if ranged && errFrom == nil && from == 7 && to < 7 {
		return strings.Replace(part, "7", "0", 1)
	}
	if errFrom != nil || errTo != nil || from > to || to != 7 {
		return part
	}
	step := 1
	if stepped {
		n, err := strconv.Atoi(stepText)
		if err != nil || n < 1 {
			return part
		}
		step = n
	}
	var list []string
	for day := from; day <= to; day += step {
		list = append(list, strconv.Itoa(day%7))
	}
	return strings.Join(list, ",")
}

func dayOfWeek(text string) (int, error) {
	for n, name := range []string{"SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"} {
		if strings.EqualFold(text, name) {
			return n, nil
		}
	}
	n, err := strconv.Atoi(text)
	if err == nil && (n < 0 || n > 7) {
		err = strconv.ErrRange
	}
	return n, err
}

// nextRun gives the first time of an expression after now; nil = never again. zone: IANA name, "" and "UTC" = UTC, "Local" = the server's.
//
// When the clocks change, a schedule that names its hours runs once for each time it names: what the clocks leave out at the moment they
// are set forward, what they show twice the first time. One of every hour goes by the time that passes.
func nextRun(expression, zone string, now time.Time) (*time.Time, error) {
	schedule, err := parseCron(expression)
	if err != nil {
		return nil, err
	}
	location, err := time.LoadLocation(zone)
	if err != nil {
		return nil, fmt.Errorf("time zone %q: %w", zone, err)
	}
	var next time.Time
	switch spec, ok := schedule.(*cron.SpecSchedule); {
	case !ok: // @every
		next = schedule.Next(now)
	case spec.Hour&everyHour == everyHour:
		next = nextInstant(spec, now.In(location))
	default:
		next = nextOnClock(spec, now.In(location))
	}
	if next.IsZero() {
		return nil, nil
	}
	return new(next.UTC()), nil
}

// everyHour are the bits of all hours in a schedule.
const everyHour = 1<<24 - 1

// nextInstant goes by the time that passes: between two changes of the clocks a zone is a fixed offset.
func nextInstant(s *cron.SpecSchedule, now time.Time) time.Time {
	from, at := now, now
	for range 50 { // changes of the clocks; a schedule looks five years ahead
		name, offset := at.Zone()
		_, end := at.ZoneBounds()
		next := s.Next(from.In(time.FixedZone(name, offset)))
		if end.IsZero() || !next.IsZero() && next.Before(end) {
			return next
		}
		from, at = end.Add(-time.Nanosecond), end.In(now.Location()) // the change itself may be a time of the schedule
	}
	return time.Time{}
}

// nextOnClock goes by what the clock of the zone shows.
func nextOnClock(s *cron.SpecSchedule, now time.Time) time.Time {
	const most = 25 * time.Hour // more than any change of the clocks
	_, offset := now.Zone()
	shown := now.UTC().Add(time.Duration(offset)*time.Second - most)
	for {
		if shown = s.Next(shown); shown.IsZero() {
			return shown
		}
		if at := firstShown(shown, now.Location()); at.After(now) {
			return at
		}
	}
}

// firstShown is the first instant at which the clock of a zone shows a time, or one later when it leaves that time out. wall is that time in UTC.
func firstShown(wall time.Time, zone *time.Location) time.Time {
	t := time.Date(wall.Year(), wall.Month(), wall.Day(), wall.Hour(), wall.Minute(), wall.Second(), 0, zone)
	begin, end := t.ZoneBounds()
	_, offset := t.Zone()
	switch shown := t.UTC().Add(time.Duration(offset) * time.Second); {
	case shown.After(wall):
		return begin
	case shown.Before(wall):
		return end
	case !begin.IsZero():
		_, before := begin.Add(-time.Second).In(zone).Zone()
		if earlier := t.Add(time.Duration(offset-before) * time.Second); earlier.Before(begin) {
			return earlier
		}
	}
	return t
}

// ScheduleWarning tells that the schedule never comes, or cannot be read; nil: it is fine, or there is none.
func (j *Job) ScheduleWarning() *string {
	if j.Cron == nil {
		return nil
	}
	return scheduleWarning(*j.Cron)
}

func scheduleWarning(expression string) *string {
	schedule, err := parseCron(expression)
	if err != nil {
		return new(fmt.Sprintf("The schedule %q cannot be read, so nothing starts by it.", expression))
	}
	if schedule.Next(time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)).IsZero() { // a leap year
		return new(fmt.Sprintf("The schedule %q never comes: no month has that day. Nothing starts by it.", expression))
	}
	return nil
}
