package manifest

import (
	"slices"

	"writ/server/job"
	"writ/server/page"
	"writ/server/rolemodel"
)

// Job is an ordered set of tasks (provisioning spec 9.2).
type Job struct {
	// Name in the configuration, unique for its kind; stable, unlike the display name. Letters, digits, _ - . and / only.
	Identifier string `yaml:"identifier"`
	// Name to show. Default: the identifier.
	DisplayName string `yaml:"displayName,omitempty" default:"=Identifier"`
	// Crontab expression; empty: launched by hand only.
	Cron string `yaml:"cron,omitempty"`
	// IANA name of the zone the crontab expression is meant in.
	CronTimeZone string `yaml:"cronTimeZone,omitempty" default:"UTC"`
	// It reads and computes changes only.
	IsIncremental bool `yaml:"isIncremental,omitempty"`
	// Only the schedule may launch it.
	UserStartDenied bool `yaml:"userStartDenied,omitempty"`
	// Whoever launched a run may not resume that run over a limit: somebody else has to.
	NeedsSecondPerson bool `yaml:"needsSecondPerson,omitempty"`
	// False: the schedule is there and switched off. Left out: as it is; on for a new job.
	ScheduleEnabled *bool `yaml:"scheduleEnabled,omitempty"`
	// Its tasks in order; at least one. The list is replaced as a whole.
	Steps []Step `yaml:"steps"`
}

// The names of its API.
type (
	SaveJobInput               = SaveInput[Job]
	JobConfigurationConnection = page.Connection[*Job]
)

// Step is one task of a job.
type Step struct {
	// Name, unique in the job.
	Task string `yaml:"task"`
	// Name to show. Default: the name of the task.
	DisplayName string `yaml:"displayName,omitempty" default:"=Task"`
	// What it does.
	Type job.TaskType `yaml:"type" words:"TaskType"`
	// Tasks of one level run at the same time; -1: alone, after the one before.
	Level *int `yaml:"level,omitempty" default:"-1"`
	// Names of steps of the job that must have produced something.
	DependsOn []string `yaml:"dependsOn,omitempty"`
	// Options of the type of task, by name.
	Options map[string]any `yaml:"options,omitempty"`
}

func jobKind() kind {
	d := &declared[Job]{
		facts: facts{name: "job", list: "jobs", table: "job", rights: ofJob, remove: func(w *writer, identifier string) error {
			return w.s.Jobs.DeleteJobs(w.ctx, w.tx, []string{identifier})
		}},
		in:         func(m *Manifest) *[]Job { return &m.Jobs },
		identifier: func(j Job) string { return j.Identifier },
		completed: func(j, current Job) Job {
			j.ScheduleEnabled = orPtr(orElse(j.ScheduleEnabled, current.ScheduleEnabled), true)
			return j
		},
		inner: func(j Job, add func(what, identifier string)) {
			for _, s := range j.Steps {
				add("task", s.Task)
			}
		},
		steps: []func(*writer, []Job, *change) error{(*writer).jobs},
		load: func(r *reader) ([]Job, error) {
			jobs, err := job.Load(r.ctx, r.db)
			return mapTo(jobs, jobOf), err
		},
	}
	return d
}

// jobs hands the jobs to their room, which knows what a job may be.
func (w *writer) jobs(list []Job, _ *change) error {
	definitions := make([]job.JobDefinition, len(list))
	for n, j := range list {
		definitions[n] = job.JobDefinition{Identifier: j.Identifier, DisplayName: j.DisplayName, Cron: j.Cron, CronTimeZone: j.CronTimeZone,
			IsIncremental: j.IsIncremental, UserStartDenied: j.UserStartDenied, NeedsSecondPerson: j.NeedsSecondPerson, ScheduleEnabled: j.ScheduleEnabled}
		for _, s := range j.Steps {
			definitions[n].Steps = append(definitions[n].Steps, job.StepDefinition{Identifier: s.Task, DisplayName: s.DisplayName, TaskType: s.Type,
				Level: s.Level, Options: s.Options, DependsOn: s.DependsOn})
		}
	}
	for _, d := range definitions {
		if text := (&job.Job{Cron: &d.Cron}).ScheduleWarning(); d.Cron != "" && text != nil {
			w.found = append(w.found, rolemodel.Problem{Severity: rolemodel.SeverityWarning, Kind: "job", Identifier: d.Identifier, Field: "cron", Message: *text})
		}
	}
	return w.s.Jobs.SaveJobs(w.ctx, w.tx, definitions)
}

func jobOf(d job.JobDefinition) Job {
	out := Job{Identifier: d.Identifier, DisplayName: d.DisplayName, Cron: d.Cron, CronTimeZone: d.CronTimeZone, IsIncremental: d.IsIncremental,
		UserStartDenied: d.UserStartDenied, NeedsSecondPerson: d.NeedsSecondPerson, ScheduleEnabled: d.ScheduleEnabled}
	for _, s := range d.Steps {
		out.Steps = append(out.Steps, Step{Task: s.Identifier, DisplayName: s.DisplayName, Type: s.TaskType, Level: s.Level,
			DependsOn: slices.Clone(s.DependsOn), Options: s.Options})
	}
	return out
}
