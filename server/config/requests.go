package config

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Requests says how days of waiting are counted, and how long others may act for somebody (requests 21.1).
type Requests struct {
	MaxDelegationDays      int    `default:"180" env:"WRIT_MAX_DELEGATION_DAYS" help:"How many days somebody may let another one act for him at most."`
	QuestionDays           int    `name:"request-question-days" default:"7" env:"WRIT_REQUEST_QUESTION_DAYS" help:"How many days a question about a request waits for its answer before the approval goes on without."`
	EndingDays             string `name:"request-ending-days" default:"14;7;1" env:"WRIT_REQUEST_ENDING_DAYS" help:"So many days before something that a person gave ends, who has it and who leads him are told by mail, separated by semicolons; empty: never."`
	DepartureBudgetPerHour int    `name:"departure-budget-per-hour" default:"10" env:"WRIT_DEPARTURE_BUDGET_PER_HOUR" help:"How many people may be made to leave at once within an hour before a second person has to confirm each."`
	WorkingDays            bool   `name:"request-working-days" env:"WRIT_REQUEST_WORKING_DAYS" help:"Count Monday to Friday only when approvals are reminded of, become late, are escalated or expire."`
	Holidays               string `name:"request-holidays" env:"WRIT_REQUEST_HOLIDAYS" help:"Days that are not counted either, as 2026-12-25, separated by semicolons. They need --request-working-days."`
}

// Endings are the days before an end on which people are told, the most first.
func (r *Requests) Endings() []int {
	var out []int
	for d := range strings.SplitSeq(r.EndingDays, ";") {
		if n, err := strconv.Atoi(strings.TrimSpace(d)); err == nil {
			out = append(out, n)
		}
	}
	slices.Sort(out)
	slices.Reverse(out)
	return slices.Compact(out)
}

// Days are the holidays, one by one.
func (r *Requests) Days() []string {
	var out []string
	for d := range strings.SplitSeq(r.Holidays, ";") {
		if d = strings.TrimSpace(d); d != "" {
			out = append(out, d)
		}
	}
	return out
}

// Validate checks the section.
func (r *Requests) Validate() error {
	if r.MaxDelegationDays < 1 || r.MaxDelegationDays > 3660 {
		return fmt.Errorf("the days that a delegation lasts at most (--max-delegation-days, WRIT_MAX_DELEGATION_DAYS) must be between 1 and 3660, got %d", r.MaxDelegationDays)
	}
	if r.QuestionDays < 1 || r.QuestionDays > 60 {
		return fmt.Errorf("the days that a question waits (--request-question-days, WRIT_REQUEST_QUESTION_DAYS) must be between 1 and 60, got %d", r.QuestionDays)
	}
	if r.DepartureBudgetPerHour < 1 || r.DepartureBudgetPerHour > 100000 {
		return fmt.Errorf("the people who may be made to leave at once within an hour (--departure-budget-per-hour, WRIT_DEPARTURE_BUDGET_PER_HOUR) must be between 1 and 100000, got %d", r.DepartureBudgetPerHour)
	}
	for d := range strings.SplitSeq(r.EndingDays, ";") {
		if n, err := strconv.Atoi(strings.TrimSpace(d)); strings.TrimSpace(d) != "" && (err != nil || n < 1 || n > 366) {
			return fmt.Errorf("the days before an end (--request-ending-days, WRIT_REQUEST_ENDING_DAYS) are numbers from 1 to 366, separated by semicolons, got %q", d)
		}
	}
	days := r.Days()
	if i := slices.IndexFunc(days, func(d string) bool { _, err := time.Parse(time.DateOnly, d); return err != nil }); i >= 0 {
		return fmt.Errorf("holidays (--request-holidays, WRIT_REQUEST_HOLIDAYS) are days as 2026-12-25, separated by semicolons, got %q", days[i])
	}
	if len(days) > 1000 {
		return fmt.Errorf("there can be 1,000 holidays (--request-holidays, WRIT_REQUEST_HOLIDAYS), got %d", len(days))
	}
	if len(days) > 0 && !r.WorkingDays {
		return fmt.Errorf("holidays (--request-holidays, WRIT_REQUEST_HOLIDAYS) mean nothing without --request-working-days (WRIT_REQUEST_WORKING_DAYS)")
	}
	return nil
}
