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

// instances is how lists of runs are read.
var instances = page.Table[JobInstance]{
	From:   "job_instance i",
	Always: []string{"id"},
	Fields: map[string][]string{
		"__typename": nil, "id": nil, "tasks": nil, "job": {"job_id"}, "state": {"state"}, "progress": {"progress"}, "launchedBy": {"launched_by"},
		"launchedByName": {"launched_by"}, "parentId": {"parent_id"}, "isRepair": {"is_repair"}, "cancelRequested": {"cancel_requested"},
		"createdAt": {"created_at"}, "startedAt": {"started_at"}, "endedAt": {"ended_at"},
	},
	Columns: []page.Column[JobInstance]{
		{Name: "id", SQL: "i.id", Read: func(i *JobInstance, r *db.Row) { i.ID = r.Int() }},
		{Name: "job_id", SQL: "i.job_id", Read: func(i *JobInstance, r *db.Row) { i.JobID = r.Int() }},
		{Name: "state", SQL: "i.state", Read: func(i *JobInstance, r *db.Row) { i.State = JobInstanceState(r.Text()) }},
		{Name: "launched_by", SQL: "i.launched_by", Read: func(i *JobInstance, r *db.Row) { i.LaunchedBy = r.Text() }},
		{Name: "parent_id", SQL: "i.parent_id", Read: func(i *JobInstance, r *db.Row) { i.ParentID = r.IntOrNil() }},
		{Name: "cancel_requested", SQL: "i.cancel_requested", Read: func(i *JobInstance, r *db.Row) { i.CancelRequested = r.Bool() }},
		{Name: "is_repair", SQL: "i.is_repair", Read: func(i *JobInstance, r *db.Row) { i.IsRepair = r.Bool() }},
		{Name: "progress", SQL: "i.progress", Read: func(i *JobInstance, r *db.Row) { i.Progress = r.Float() }},
		{Name: "created_at", SQL: "i.created_at", Read: func(i *JobInstance, r *db.Row) { i.CreatedAt = r.Time() }},
		{Name: "started_at", SQL: "i.started_at", Read: func(i *JobInstance, r *db.Row) { i.StartedAt = r.TimeOrNil() }},
		{Name: "ended_at", SQL: "i.ended_at", Read: func(i *JobInstance, r *db.Row) { i.EndedAt = r.TimeOrNil() }},
		{Name: "needs_second_person", SQL: "i.needs_second_person", Read: func(i *JobInstance, r *db.Row) { i.NeedsSecondPerson = r.Bool() }},
		{Name: "resumed_by", SQL: "i.resumed_by", Read: func(i *JobInstance, r *db.Row) { i.ResumedBy = r.TextOrNil() }},
	},
}

var instancesByAge = page.Sorting[JobInstance]{ID: "i.id", Desc: true, At: func(i *JobInstance) page.Position { return page.Position{ID: i.ID} }}

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
