package job

import (
	"context"

	"github.com/uptrace/bun"

	"writ/server/db"
	"writ/server/directory"
	"writ/server/page"
	"writ/server/permit"
)

// JobFilter narrows a list of jobs; nil fields do not.
type JobFilter struct {
	Text            *string // each word stands in the name or the identifier
	IsIncremental   *bool
	ScheduleEnabled *bool // a schedule that is on
}

// The page of jobs.
type (
	JobConnection = page.Connection[*Job]
	JobEdge       = page.Edge[*Job]
)

// jobs is how lists of jobs are read.
var jobs = page.Table[Job]{
	From:   "job j",
	Always: []string{"id"},
	Fields: map[string][]string{
		"__typename": nil, "id": nil, "steps": nil, "lastInstance": nil, "identifier": {"identifier"}, "displayName": {"display_name"}, "cron": {"cron"},
		"cronTimeZone": {"cron_time_zone"}, "isIncremental": {"is_incremental"}, "userStartDenied": {"user_start_denied"},
		"scheduleEnabled": {"schedule_enabled"}, "needsSecondPerson": {"needs_second_person"}, "nextRunAt": {"next_run_at"},
		"scheduleWarning": {"cron", "cron_time_zone", "schedule_enabled", "next_run_at"},
	},
	Columns: []page.Column[Job]{
		{Name: "id", SQL: "j.id", Read: func(j *Job, r *db.Row) { j.ID = r.Int() }},
		{Name: "identifier", SQL: "j.identifier", Read: func(j *Job, r *db.Row) { j.Identifier = r.Text() }},
		{Name: "display_name", SQL: "j.display_name", Read: func(j *Job, r *db.Row) { j.DisplayName = r.Text() }},
		{Name: "cron", SQL: "j.cron", Read: func(j *Job, r *db.Row) { j.Cron = r.TextOrNil() }},
		{Name: "cron_time_zone", SQL: "j.cron_time_zone", Read: func(j *Job, r *db.Row) { j.CronTimeZone = r.Text() }},
		{Name: "is_incremental", SQL: "j.is_incremental", Read: func(j *Job, r *db.Row) { j.IsIncremental = r.Bool() }},
		{Name: "user_start_denied", SQL: "j.user_start_denied", Read: func(j *Job, r *db.Row) { j.UserStartDenied = r.Bool() }},
		{Name: "schedule_enabled", SQL: "j.schedule_enabled", Read: func(j *Job, r *db.Row) { j.ScheduleEnabled = r.Bool() }},
		{Name: "needs_second_person", SQL: "j.needs_second_person", Read: func(j *Job, r *db.Row) { j.NeedsSecondPerson = r.Bool() }},
		{Name: "next_run_at", SQL: "j.next_run_at", Read: func(j *Job, r *db.Row) { j.NextRunAt = r.TimeOrNil() }},
		{Name: "version", SQL: "j.version", Read: func(j *Job, r *db.Row) { j.Version = int(r.Int()) }},
	},
}

var jobsByName = page.Sorting[Job]{Text: "j.display_name", ID: "j.id", Needs: []string{"display_name"},
	At: func(j *Job) page.Position { return page.Position{Text: j.DisplayName, ID: j.ID} }}

// Page gives a page of the jobs by name. Needs /Jobs/Job/Query.
func (s *Service) Page(ctx context.Context, a page.Args, f *JobFilter, fields page.Fields, total bool) (*JobConnection, error) {
	if _, err := permit.Require(ctx, permit.JobQuery); err != nil {
		return nil, err
	}
	where := page.All()
	if f != nil {
		if f.Text != nil {
			where = page.All(where, directory.SearchNames("j.display_name", "j.identifier", *f.Text))
		}
		if f.IsIncremental != nil {
			where = page.All(where, bun.SafeQuery("j.is_incremental = ?", *f.IsIncremental))
		}
		if f.ScheduleEnabled != nil {
			where = page.All(where, bun.SafeQuery("(j.cron is not null and j.schedule_enabled) = ?", *f.ScheduleEnabled))
		}
	}
	return jobs.List(ctx, s.DB, a, fields, total, where, jobsByName)
}
