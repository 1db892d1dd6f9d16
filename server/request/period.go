package request

import (
	"fmt"
	"time"

	"writ/server/assignment"
	"writ/server/rolemodel"
)

const (
	// maxAhead is how far ahead a start may lie (requests 21.1).
	maxAhead = 366 * 24 * time.Hour
)

// period is a time with what limits made of it. A nil start is the moment of the approval, a nil end is none.
type period struct {
	start, end *time.Time
	clamps     []RequestClamp
	findings   []*RequestFinding
}

// contract is the time that the contexts of somebody leave from an instant on: from the earliest beginning to the latest end. ok: there is some.
func contract(contexts []assignment.ContextAt, now time.Time) (start, end *time.Time, ok bool) {
	endless, beginless := false, false
	for _, c := range contexts {
		if c.EndDate != nil && !c.EndDate.After(now) {
			continue
		}
		ok = true
		switch {
		case c.EndDate == nil:
			endless = true
		case end == nil || c.EndDate.After(*end):
			end = c.EndDate
		}
		switch {
		case c.StartDate == nil || !c.StartDate.After(now):
			beginless = true
		case start == nil || c.StartDate.Before(*start):
			start = c.StartDate
		}
	}
	if endless {
		end = nil
	}
	if beginless {
		start = nil
	}
	return start, end, ok
}

// limit makes of the dates that somebody wishes those that may be (requests 6.1, 6.2). What is free at all is from after on, nil: from now on.
func limit(now time.Time, start, end *time.Time, set rolemodel.Settings, contexts []assignment.ContextAt, from *time.Time, because string) period {
	p := period{start: start, end: end}
	clamp := func(field string, requested, effective *time.Time, because string) {
		p.clamps = append(p.clamps, RequestClamp{field, requested, effective, because})
	}
	if f := refusedDates(now, start, end, set.ManualAssignmentEndDateLockedToContextMode); f != nil {
		p.findings = append(p.findings, f)
		return p
	}
	if start != nil && !start.After(now) {
		p.start = nil
		clamp("start", start, nil, "not_before_today")
	}
	first, last, ok := contract(contexts, now)
	if ok && first != nil && (p.start == nil || p.start.Before(*first)) {
		if start != nil {
			clamp("start", start, first, "not_before_contract")
		}
		p.start = first
	}
	if from != nil && (p.start == nil || p.start.Before(*from)) {
		clamp("start", start, from, because)
		p.start = from
	}
	begin := now
	if p.start != nil {
		begin = *p.start
	}
	if longest := time.Duration(set.MaxDuration) * time.Minute; longest > 0 {
		if latest := begin.Add(longest); p.end == nil || p.end.After(latest) {
			clamp("end", end, &latest, "maximum_duration")
			p.end = &latest
		}
	}
	if ok && last != nil && (p.end == nil || p.end.After(*last)) {
		clamp("end", end, last, "contract_end")
		p.end = last
	}
	if p.end != nil && !p.end.After(begin) {
		p.findings = append(p.findings, finding(EmptyPeriod, "endDate", "Nothing is left of that time: it would begin on %s and end on %s.", day(begin), day(*p.end)))
		return p
	}
	if len(p.clamps) > 0 {
		p.findings = append(p.findings, finding(Clamped, "", "%s", clampedText(p.clamps)))
	}
	return p
}

// refusedDates tells why dates cannot be wished at all; nil: they can.
func refusedDates(now time.Time, start, end *time.Time, mode rolemodel.EndLock) *RequestFinding {
	switch {
	case mode == rolemodel.EndNeverLocked && end == nil:
		return finding(EndRequired, "endDate", "This role is given until a day only. Say until when.")
	case mode == rolemodel.EndAlwaysLocked && end != nil:
		return finding(EndNotAllowed, "endDate", "This role always ends with the contract. Leave the end out.")
	case start != nil && start.After(now.Add(maxAhead)):
		return finding(StartTooFar, "startDate", "A start lies at most %d days ahead.", int(maxAhead.Hours()/24))
	case end != nil && !end.After(now):
		return finding(EmptyPeriod, "endDate", "The end is over already. Choose a later one.")
	case start != nil && end != nil && !end.After(*start):
		return finding(EmptyPeriod, "endDate", "The end lies before the start.")
	}
	return nil
}

func day(t time.Time) string { return t.UTC().Format("2 January 2006 15:04 UTC") }

// clampTexts say what limited a date.
var clampTexts = map[string]string{
	"not_before_today": "it begins with the approval, not in the past", "not_before_contract": "it begins with the contract", "maximum_duration": "it lasts as long as the role may last at most",
	"contract_end": "it ends with the contract", "after_what_is_had": "it begins where what is had already ends",
}

func clampedText(list []RequestClamp) string {
	text := ""
	for _, c := range list {
		if text != "" {
			text += "; "
		}
		text += clampTexts[c.Because]
		if c.Effective != nil {
			text += fmt.Sprintf(" (%s)", day(*c.Effective))
		}
	}
	return "Of the dates: " + text + "."
}
