package job

import (
	"context"
	"encoding/json"
	"time"

	"github.com/uptrace/bun"

	"writ/server/db"
	"writ/server/errs"
	"writ/server/page"
	"writ/server/permit"
)

// JobInstance is one run of a job (spec 9.5).
type JobInstance struct {
	bun.BaseModel `bun:"table:job_instance,alias:i"`

	ID              int64 `bun:",pk,autoincrement"`
	JobID           int64
	State           JobInstanceState
	LaunchedBy      string // username, or "clock" for the schedule
	ParentID        *int64 // the instance whose failed tasks this one runs again
	CancelRequested bool
	IsRepair        bool // it was resumed after a block
	Progress        float64
	CreatedAt       time.Time
	StartedAt       *time.Time
	EndedAt         *time.Time

	NeedsSecondPerson bool    // what its job wanted when it was launched
	ResumedBy         *string // who let it go on over a limit, last
}

// TaskInstance is one task of one run: a copy of the step as it was at launch, and what became of it.
type TaskInstance struct {
	bun.BaseModel `bun:"table:task_instance,alias:t"`

	ID            int64 `bun:",pk,autoincrement"`
	JobInstanceID int64
	StepID        *int64
	Identifier    string
	DisplayName   string
	TaskType      TaskType
	Level         int
	Position      int
	Options       json.RawMessage `bun:"type:jsonb"`
	DependsOn     []string        `bun:",array"`
	Scope         string          // of one scope only one task is in progress at a time, whatever its job
	State         TaskInstanceState
	IsForced      bool // resumed after a block: thresholds are not asked again
	Progress      float64
	Counters      map[string]int64 `bun:"type:jsonb"`
	Blocked       json.RawMessage  `bun:"type:jsonb,nullzero"` // which counter exceeded which limit, as the task told it
	Error         *string
	LeaseOwner    *string
	LeaseUntil    *time.Time
	Fence         int64
	Attempt       int // how often it was started; more than once only after a process was lost
	StartedAt     *time.Time
	EndedAt       *time.Time
}

// JobInstanceConnection is a page of instances.
type JobInstanceConnection = page.Connection[*JobInstance]

// JobInstanceFilter narrows a list of instances; nil fields do not filter.
type JobInstanceFilter struct {
	Job        *string // identifier
	States     []JobInstanceState
	LaunchedBy *string
}

// GetInstance gives one instance; NOT_FOUND if there is none. Needs /Jobs/JobInstance/Query or /Jobs/Job/Query.
func (s *Service) GetInstance(ctx context.Context, id int64) (*JobInstance, error) {
	if _, err := permit.RequireAny(ctx, permit.JobInstanceQuery, permit.JobQuery); err != nil {
		return nil, err
	}
	return getInstance(ctx, s.DB, id)
}

// Instances lists runs, the newest first. Needs /Jobs/JobInstance/Query or /Jobs/Job/Query.
func (s *Service) Instances(ctx context.Context, a page.Args, f *JobInstanceFilter, fields page.Fields, total bool) (*JobInstanceConnection, error) {
	if _, err := permit.RequireAny(ctx, permit.JobInstanceQuery, permit.JobQuery); err != nil {
		return nil, err
	}
	where := page.All()
	if f != nil {
		if f.Job != nil {
			where = page.All(where, bun.SafeQuery("i.job_id = (select id from job where identifier = ?)", db.Fixed(*f.Job)))
		}
		if len(f.States) > 0 {
			where = page.All(where, bun.SafeQuery("i.state in (?)", bun.List(f.States)))
		}
		if f.LaunchedBy != nil {
			where = page.All(where, bun.SafeQuery("i.launched_by = ?", *f.LaunchedBy))
		}
	}
	return instances.List(ctx, s.DB, a, fields, total, where, instancesByAge)
}

// Counts tells how many runs are under way (0 for whoever may not see runs), and how many a limit holds (0 for whoever may not decide about them).
func (s *Service) Counts(ctx context.Context) (running, blocked int, err error) {
	maySee := permit.May(ctx, permit.JobInstanceQuery, permit.JobQuery)
	mayDecide := permit.May(ctx, permit.JobUpdate, permit.ConnectorUpdate)
	if !maySee && !mayDecide {
		return 0, 0, nil
	}
	err = db.Select(ctx, s.DB, bun.SafeQuery("select count(*) filter (where state <> ?0), count(*) filter (where state = ?0) from job_instance where state in (?1)",
		db.Fixed(Blocked), bun.List([]JobInstanceState{Queued, InProgress, Blocked})), func(r *db.Row) error {
		running, blocked = int(r.Int()), int(r.Int())
		return nil
	})
	if !maySee {
		running = 0
	}
	if !mayDecide {
		blocked = 0
	}
	return running, blocked, wrap("count runs", err)
}

// LastInstances gives the newest run of each job, for loaders.
func (s *Service) LastInstances(ctx context.Context, jobIDs []int64) ([]*JobInstance, error) {
	return selectLastInstances(ctx, s.DB, jobIDs)
}

// Tasks gives the tasks of runs, in the order in which they run, for loaders.
func (s *Service) Tasks(ctx context.Context, instanceIDs []int64) ([]*TaskInstance, error) {
	return selectTasks(ctx, s.DB, instanceIDs)
}

func getInstance(ctx context.Context, b bun.IDB, id int64) (*JobInstance, error) {
	i, err := findInstance(ctx, b, id)
	if err == nil && i == nil {
		err = errs.Missing("There is no job instance %d.", id)
	}
	return i, err
}
