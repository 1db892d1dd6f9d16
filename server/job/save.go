package job

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/uptrace/bun"

	"writ/server/errs"
)

// JobDefinition is a job as configuration declares it (spec 9.7).
type JobDefinition struct {
	Identifier        string
	DisplayName       string // "" = the identifier
	Cron              string // "" = no schedule
	CronTimeZone      string // "" = UTC
	IsIncremental     bool
	UserStartDenied   bool
	NeedsSecondPerson bool  // whoever launched a run may not resume it over a limit
	ScheduleEnabled   *bool // nil: as it is; a new job's schedule is on
	Steps             []StepDefinition
}

// StepDefinition is a step as configuration declares it.
type StepDefinition struct {
	Identifier  string
	DisplayName string // "" = the identifier
	TaskType    TaskType
	Level       *int // nil = -1: alone, in the order of declaration
	Options     map[string]any
	DependsOn   []string // identifiers of steps of the same job, of the same level or an earlier one
}

// SaveJobs adds jobs, or replaces those with the same identifier; others stay. Running instances go on with the steps they were launched with.
// VALIDATION with the path of the mistake, e.g. job/nightly.steps[2].type. A fixed number of statements. The caller has checked the permission.
func (s *Service) SaveJobs(ctx context.Context, tx bun.Tx, definitions []JobDefinition) error {
	if len(definitions) == 0 {
		return nil
	}
	if err := s.check(definitions); err != nil {
		return err
	}
	if err := checkNames(ctx, tx, definitions); err != nil {
		return err
	}
	jobs := make([]*Job, len(definitions))
	for n, d := range definitions {
		j, err := s.jobOf(d)
		if err != nil {
			return err
		}
		jobs[n] = j
	}
	if err := upsertJobs(ctx, tx, jobs, definitions); err != nil {
		return err
	}
	byName := make(map[string]int64, len(jobs))
	for _, j := range jobs {
		byName[j.Identifier] = j.ID
	}
	var steps []*JobStep
	for _, d := range definitions {
		for position, step := range d.Steps {
			row, err := stepOf(step, byName[d.Identifier], position)
			if err != nil {
				return err
			}
			steps = append(steps, row)
		}
	}
	return replaceSteps(ctx, tx, slices.Collect(maps.Values(byName)), steps)
}

// Load gives all jobs as configuration declares them, in the order of their making. Two statements.
func Load(ctx context.Context, db bun.IDB) ([]JobDefinition, error) {
	jobs := []*Job{}
	if err := db.NewSelect().Model(&jobs).Order("id").Scan(ctx); err != nil {
		return nil, wrap("read jobs", err)
	}
	ids := make([]int64, len(jobs))
	out := make([]JobDefinition, len(jobs))
	at := make(map[int64]*JobDefinition, len(jobs))
	for n, j := range jobs {
		ids[n], at[j.ID] = j.ID, &out[n]
		out[n] = JobDefinition{Identifier: j.Identifier, DisplayName: j.DisplayName, CronTimeZone: j.CronTimeZone,
			IsIncremental: j.IsIncremental, UserStartDenied: j.UserStartDenied, NeedsSecondPerson: j.NeedsSecondPerson, ScheduleEnabled: &j.ScheduleEnabled}
		if j.Cron != nil {
			out[n].Cron = *j.Cron
		}
	}
	if len(ids) == 0 {
		return out, nil
	}
	steps := []*JobStep{}
	if err := db.NewSelect().Model(&steps).Where("job_id IN (?)", bun.List(ids)).Order("job_id", "position", "id").Scan(ctx); err != nil {
		return nil, wrap("read job steps", err)
	}
	for _, step := range steps {
		d := StepDefinition{Identifier: step.Identifier, DisplayName: step.DisplayName, TaskType: step.TaskType, Level: &step.Level, DependsOn: step.DependsOn}
		if err := json.Unmarshal(step.Options, &d.Options); err != nil {
			return nil, fmt.Errorf("options of step %s: %w", step.Identifier, err)
		}
		at[step.JobID].Steps = append(at[step.JobID].Steps, d)
	}
	return out, nil
}

// DeleteJobs removes jobs with the history of their runs; the event log keeps what happened. Unknown identifiers are fine. CONFLICT while one of them
// is running or blocked. The caller has checked the permission.
func (s *Service) DeleteJobs(ctx context.Context, tx bun.Tx, identifiers []string) error {
	if len(identifiers) == 0 {
		return nil
	}
	var open []string
	err := tx.NewRaw(`SELECT DISTINCT j.identifier FROM job AS j JOIN job_instance AS i ON i.job_id = j.id
		WHERE j.identifier IN (?) AND i.ended_at IS NULL ORDER BY 1`, bun.List(identifiers)).Scan(ctx, &open)
	if err != nil {
		return wrap("look for running jobs", err)
	}
	if len(open) > 0 {
		return errs.New(errs.Conflict, "Stop these jobs before they are removed: %s.", strings.Join(open, ", "))
	}
	for _, statement := range []string{
		`DELETE FROM task_log WHERE task_instance_id IN (SELECT t.id FROM task_instance t JOIN job_instance i ON i.id = t.job_instance_id JOIN job j ON j.id = i.job_id WHERE j.identifier IN (?))`,
		`DELETE FROM task_instance WHERE job_instance_id IN (SELECT i.id FROM job_instance i JOIN job j ON j.id = i.job_id WHERE j.identifier IN (?))`,
		`DELETE FROM job_instance WHERE job_id IN (SELECT id FROM job WHERE identifier IN (?))`,
		`DELETE FROM job WHERE identifier IN (?)`,
	} {
		if _, err := tx.NewRaw(statement, bun.List(identifiers)).Exec(ctx); err != nil {
			return wrap("remove jobs", err)
		}
	}
	return nil
}

func (s *Service) jobOf(d JobDefinition) (*Job, error) {
	j := &Job{
		Identifier: d.Identifier, DisplayName: orElse(d.DisplayName, d.Identifier), CronTimeZone: orElse(d.CronTimeZone, "UTC"),
		IsIncremental: d.IsIncremental, UserStartDenied: d.UserStartDenied, NeedsSecondPerson: d.NeedsSecondPerson,
		ScheduleEnabled: d.ScheduleEnabled == nil || *d.ScheduleEnabled, Version: 1,
	}
	if d.Cron == "" {
		return j, nil
	}
	j.Cron = &d.Cron
	next, err := nextRun(d.Cron, j.CronTimeZone, s.Clock.Now())
	j.NextRunAt = next
	return j, err
}

func stepOf(d StepDefinition, jobID int64, position int) (*JobStep, error) {
	options := json.RawMessage("{}")
	if len(d.Options) > 0 {
		raw, err := json.Marshal(d.Options)
		if err != nil {
			return nil, fmt.Errorf("options of step %s: %w", d.Identifier, err)
		}
		options = raw
	}
	depends := d.DependsOn
	if depends == nil {
		depends = []string{}
	}
	return &JobStep{
		JobID: jobID, Identifier: d.Identifier, DisplayName: orElse(d.DisplayName, d.Identifier), TaskType: d.TaskType,
		Level: d.level(), Position: position, Options: options, DependsOn: depends,
	}, nil
}

func (d StepDefinition) level() int {
	if d.Level == nil {
		return -1
	}
	return *d.Level
}

func orElse(text, otherwise string) string {
	if text == "" {
		return otherwise
	}
	return text
}

// upsertJobs fills in the ids. A due run is not forgotten when the job is saved again with the same schedule, and a schedule that somebody switched
// off stays off unless the definition says otherwise.
func upsertJobs(ctx context.Context, tx bun.Tx, jobs []*Job, definitions []JobDefinition) error {
	var told []string // definitions that say whether the schedule is on
	for _, d := range definitions {
		if d.ScheduleEnabled != nil {
			told = append(told, d.Identifier)
		}
	}
	_, err := tx.NewInsert().Model(&jobs).On("CONFLICT (identifier) DO UPDATE").
		Set("display_name = EXCLUDED.display_name, is_incremental = EXCLUDED.is_incremental, user_start_denied = EXCLUDED.user_start_denied, needs_second_person = EXCLUDED.needs_second_person").
		Set("cron = EXCLUDED.cron, cron_time_zone = EXCLUDED.cron_time_zone, version = j.version + 1").
		Set("schedule_enabled = CASE WHEN j.identifier IN (?) THEN EXCLUDED.schedule_enabled ELSE j.schedule_enabled END", bun.List(told)).
		Set(`next_run_at = CASE WHEN j.cron IS NOT DISTINCT FROM EXCLUDED.cron AND j.cron_time_zone = EXCLUDED.cron_time_zone AND j.next_run_at IS NOT NULL
			THEN j.next_run_at ELSE EXCLUDED.next_run_at END`).
		Returning("id").Exec(ctx)
	return wrap("save jobs", err)
}

func replaceSteps(ctx context.Context, tx bun.Tx, jobIDs []int64, steps []*JobStep) error {
	if _, err := tx.NewDelete().Model((*JobStep)(nil)).Where("job_id IN (?)", bun.List(jobIDs)).Exec(ctx); err != nil {
		return wrap("replace job steps", err)
	}
	_, err := tx.NewInsert().Model(&steps).Exec(ctx)
	return wrap("save job steps", err)
}
