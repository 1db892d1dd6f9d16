package job

import (
	"context"
	"slices"
	"time"

	"github.com/uptrace/bun"

	"writ/server/db"
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

// logSearched is through how many lines a search goes at once: what a task says is not indexed, and it may say a million things.
const logSearched = 50_000

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

// NewestLog gives lines of a task's log, the newest first: at most first (nil: 200), older than the line before (nil: from the newest), of
// these levels (nil: all), with every word of the text (nil: any; as in each search, directory.Search). A text is looked for in the logSearched lines
// before. Needs /Jobs/RunJob/GetLog in a rule about
// everything or about jobs: lines may tell of anybody.
func (s *Service) NewestLog(ctx context.Context, taskInstanceID int64, first *int, before *int64, levels []LogLevel, text *string) ([]*TaskLogLine, error) {
	if _, err := permit.RequireWhole(ctx, permit.JobLog); err != nil {
		return nil, err
	}
	args := page.Of(first, nil)
	if err := args.Check(); err != nil {
		return nil, err
	}
	return selectNewestLog(ctx, s.DB, taskInstanceID, levels, before, text, args.First)
}
