package job

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"time"

	"github.com/uptrace/bun"

	"writ/server/clock"
	"writ/server/errs"
	"writ/server/event"
	"writ/server/permit"
	"writ/server/wired"
)

// Job is an ordered set of steps that people, the schedule or an API client launch (spec 9.2).
type Job struct {
	bun.BaseModel `bun:"table:job,alias:j"`

	ID              int64 `bun:",pk,autoincrement"`
	Identifier      string
	DisplayName     string
	Cron            *string // five fields, or six with seconds first; nil: no schedule
	CronTimeZone    string  // IANA name, "UTC" or "Local" (the server's)
	IsIncremental   bool
	UserStartDenied bool // only the schedule and the server itself may launch it
	ScheduleEnabled bool
	// NeedsSecondPerson keeps whoever launched a run from resuming it over a limit.
	NeedsSecondPerson bool
	NextRunAt         *time.Time // nil: no schedule, or it is switched off
	Version           int
}

// JobStep is one configured task of a job.
type JobStep struct {
	bun.BaseModel `bun:"table:job_step,alias:s"`

	ID          int64 `bun:",pk,autoincrement"`
	JobID       int64
	Identifier  string
	DisplayName string
	TaskType    TaskType
	Level       int // steps of one level start together; -1 = alone, in the order of declaration
	Position    int
	Options     json.RawMessage `bun:"type:jsonb"`
	DependsOn   []string        `bun:",array"` // identifiers of steps that must have produced output
}

// Service launches jobs and carries them out. Any number of processes may have one on the same database.
type Service struct {
	DB     *bun.DB
	Clock  *clock.Clock
	Logger *slog.Logger

	Hooks

	// Options holds, per type of task, a value of the struct its options are read into: SaveJobs reads them the same way and refuses
	// unknown ones and wrong types; a method Check() error tells what else is wrong. nil value: no options of its own. A type that is
	// not listed takes anything. New sets it to OptionsOf.
	Options map[TaskType]any

	// Lease is how long a process that runs a task may be silent before the task is started elsewhere. Default 10 s; it is
	// renewed three times as often.
	Lease time.Duration

	tasks map[TaskType]TaskFunc
	owner string // of leases: this process
}

// Hooks are what jobs ask of other rooms and tell those above. All are needed.
type Hooks struct {
	// Follow gives the events of runs as they come, for JobProgress (event.Hub.Subscribe).
	Follow func(ctx context.Context, after *event.Cursor, wanted func(event.Row) bool) (<-chan event.Row, error)
	// Ended is called in the transaction in which an instance stops moving: a final state, or BLOCKED.
	Ended func(ctx context.Context, tx bun.Tx, instance *JobInstance) error
	// GivenUp is called with the blocked tasks nobody will resume any more: what they had prepared can be dropped.
	GivenUp func(ctx context.Context, tx bun.Tx, tasks []*TaskInstance) error
}

// New makes the service; it panics when a hook is missing. tasks are the kinds of task that exist: a job with any other is refused when it is saved.
func New(db *bun.DB, clk *clock.Clock, log *slog.Logger, tasks map[TaskType]TaskFunc, hooks Hooks) *Service {
	wired.Need("job.New", hooks)
	host, err := os.Hostname()
	if err != nil {
		host = "unknown host"
	}
	return &Service{
		DB: db, Clock: clk, Logger: log, Hooks: hooks, Options: OptionsOf(), Lease: 10 * time.Second,
		tasks: tasks, owner: fmt.Sprintf("%s %d %s", host, os.Getpid(), rand.Text()[:8]),
	}
}

// List gives all jobs by name. Needs /Jobs/Job/Query.
func (s *Service) List(ctx context.Context) ([]*Job, error) {
	if _, err := permit.Require(ctx, permit.JobQuery); err != nil {
		return nil, err
	}
	return selectJobs(ctx, s.DB)
}

// Get gives the job with an identifier; NOT_FOUND if there is none. Needs /Jobs/Job/Query.
func (s *Service) Get(ctx context.Context, identifier string) (*Job, error) {
	if _, err := permit.Require(ctx, permit.JobQuery); err != nil {
		return nil, err
	}
	return getJob(ctx, s.DB, identifier)
}

// JobsByID gives jobs for loaders, in any order. The caller has seen something that names them.
func (s *Service) JobsByID(ctx context.Context, ids []int64) ([]*Job, error) {
	return selectJobsByID(ctx, s.DB, ids)
}

// Steps gives the steps of jobs, in the order in which they run, for loaders.
func (s *Service) Steps(ctx context.Context, jobIDs []int64) ([]*JobStep, error) {
	return selectSteps(ctx, s.DB, jobIDs)
}

// Running tells whether any job is launched and not yet at rest: the continuous chain then leaves the work to it.
func (s *Service) Running(ctx context.Context, db bun.IDB) (bool, error) {
	return existsRunning(ctx, db)
}

func getJob(ctx context.Context, db bun.IDB, identifier string) (*Job, error) {
	j, err := findJob(ctx, db, identifier)
	if err == nil && j == nil {
		err = errs.Missing("There is no job %q.", identifier)
	}
	return j, err
}
