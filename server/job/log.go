package job

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"writ/server/db"
	"writ/server/errs"
	"writ/server/event"
	"writ/server/page"
	"writ/server/permit"
)

// LogLevel is how much a line of a task's log matters.
type LogLevel string

const (
	LogDebug LogLevel = "DEBUG"
	LogInfo  LogLevel = "INFO"
	LogWarn  LogLevel = "WARN"
	LogError LogLevel = "ERROR"
)

// TaskLogLine is one line of a task's log.
type TaskLogLine struct {
	bun.BaseModel `bun:"table:task_log,alias:l"`

	ID             int64 `bun:",pk,autoincrement"`
	TaskInstanceID int64
	At             time.Time
	Level          LogLevel
	Message        string
}

// TaskLogConnection is a page of a log.
type TaskLogConnection = page.Connection[*TaskLogLine]

type logLines []*TaskLogLine

func (lines logLines) write(ctx context.Context, tx bun.Tx) error {
	for chunk := range slices.Chunk(lines, 500) {
		if _, err := tx.NewInsert().Model(&chunk).Exec(ctx); err != nil {
			return db.Explain(err)
		}
	}
	return nil
}

func levelOf(action Action) LogLevel {
	if action == Warn {
		return LogWarn
	}
	return LogError
}

// TaskLog pages through a task's log, oldest first; levels nil = all. To follow a running task, ask again after the end cursor, or use
// TailTaskLog. Needs /Jobs/RunJob/GetLog.
func (s *Service) TaskLog(ctx context.Context, taskInstanceID int64, args page.Args, levels []LogLevel) (*TaskLogConnection, error) {
	if _, err := permit.Require(ctx, permit.JobLog); err != nil {
		return nil, err
	}
	if err := args.Check(); err != nil {
		return nil, err
	}
	var after int64
	if _, err := args.Decode(&after); err != nil {
		return nil, err
	}
	rows, total, err := selectLog(ctx, s.DB, taskInstanceID, levels, after, args.First+1)
	if err != nil {
		return nil, err
	}
	return page.Make(rows, args, total, func(l *TaskLogLine) any { return l.ID }), nil
}

// NewestLog gives lines of a task's log, the newest first: at most first (nil: 200), older than the line before (nil: from the newest), of
// these levels (nil: all). VALIDATION for a level that does not exist. Needs /Jobs/RunJob/GetLog.
func (s *Service) NewestLog(ctx context.Context, taskInstanceID int64, first *int, before *int64, levels []string) ([]*TaskLogLine, error) {
	if _, err := permit.Require(ctx, permit.JobLog); err != nil {
		return nil, err
	}
	args := page.Of(first, nil)
	if err := args.Check(); err != nil {
		return nil, err
	}
	wanted := make([]LogLevel, len(levels))
	for n, l := range levels {
		wanted[n] = LogLevel(strings.ToUpper(l))
		if !slices.Contains([]LogLevel{LogDebug, LogInfo, LogWarn, LogError}, wanted[n]) {
			return nil, errs.Invalid("levels", "There is no log level %q. Known: DEBUG, INFO, WARN, ERROR.", l)
		}
	}
	return selectNewestLog(ctx, s.DB, taskInstanceID, wanted, before, args.First)
}

// TailTaskLog gives the lines after a cursor ("" = from the beginning) and then those that are written, in batches; the channel ends with ctx,
// or when the task has ended and everything was given. Needs /Jobs/RunJob/GetLog.
func (s *Service) TailTaskLog(ctx context.Context, taskInstanceID int64, after string, levels []LogLevel) (<-chan []*TaskLogLine, error) {
	if _, err := permit.Require(ctx, permit.JobLog); err != nil {
		return nil, err
	}
	var last int64
	if _, err := (page.Args{After: after}).Decode(&last); err != nil {
		return nil, err
	}
	task, err := findTask(ctx, s.DB, taskInstanceID)
	if err != nil {
		return nil, err
	}
	if task == nil {
		return nil, errs.Missing("There is no task instance %d.", taskInstanceID)
	}
	ctx, cancel := context.WithCancel(ctx)
	changes, err := s.Hub.Subscribe(ctx, nil, func(r event.Row) bool { return isAbout(r, task.JobInstanceID) })
	if err != nil {
		cancel()
		return nil, err
	}
	out := make(chan []*TaskLogLine)
	go func() {
		defer close(out)
		defer cancel()
		for {
			t, err := findTask(ctx, s.DB, taskInstanceID) // before the lines: what it wrote before its end is then seen
			if err != nil || t == nil {
				return
			}
			for {
				lines, _, err := selectLog(ctx, s.DB, taskInstanceID, levels, last, page.Max)
				if err != nil {
					return
				}
				if len(lines) == 0 {
					break
				}
				select {
				case out <- lines:
				case <-ctx.Done():
					return
				}
				last = lines[len(lines)-1].ID
			}
			if t.State.HasEnded() {
				return
			}
			if _, open := <-changes; !open {
				return
			}
		}
	}()
	return out, nil
}

func isAbout(r event.Row, instanceID int64) bool {
	return r.Kind == changed && r.SubjectType == "job_instance" && r.SubjectID == instanceID
}
