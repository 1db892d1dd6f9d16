package job

import (
	"context"
	"slices"
	"time"

	"github.com/uptrace/bun"

	"writ/server/db"
	"writ/server/directory"
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

// logTable is how the logs of tasks are read.
var logTable = page.Table[TaskLogLine]{
	From:   "task_log l",
	Always: []string{"id"},
	Fields: map[string][]string{"__typename": nil, "id": nil, "at": {"at"}, "level": {"level"}, "message": {"message"}},
	Columns: []page.Column[TaskLogLine]{
		{Name: "id", SQL: "l.id", Read: func(l *TaskLogLine, r *db.Row) { l.ID = r.Int() }},
		{Name: "task_instance_id", SQL: "l.task_instance_id", Read: func(l *TaskLogLine, r *db.Row) { l.TaskInstanceID = r.Int() }},
		{Name: "at", SQL: "l.at", Read: func(l *TaskLogLine, r *db.Row) { l.At = r.Time() }},
		{Name: "level", SQL: "l.level", Read: func(l *TaskLogLine, r *db.Row) { l.Level = LogLevel(r.Text()) }},
		{Name: "message", SQL: "l.message", Read: func(l *TaskLogLine, r *db.Row) { l.Message = r.Text() }},
	},
}

// NewestLog gives lines of a task's log, the newest first: at most first (nil: 200), older than the line before (nil: from the newest), of
// these levels (nil: all), with every word of the text (nil: any; as in each search, directory.Search). A text is looked for in the logSearched lines
// before. Needs /Jobs/RunJob/GetLog in a rule about
// everything or about jobs: lines may tell of anybody.
func (s *Service) NewestLog(ctx context.Context, taskInstanceID int64, first *int, before *int64, levels []LogLevel, text *string, fields page.Fields) ([]*TaskLogLine, error) {
	if _, err := permit.RequireWhole(ctx, permit.JobLog); err != nil {
		return nil, err
	}
	a := page.Of(first, nil)
	if err := a.Check(); err != nil {
		return nil, err
	}
	if a.First == 0 {
		return []*TaskLogLine{}, nil
	}
	from := bun.SafeQuery("task_log l")
	lines := bun.SafeQuery("l.task_instance_id = ?", taskInstanceID)
	if before != nil {
		lines = page.All(lines, bun.SafeQuery("l.id < ?", *before))
	}
	where := lines
	if text != nil {
		from = bun.SafeQuery("(select * from task_log l where ? order by l.id desc limit ?) l", lines, db.Fixed(logSearched))
		where = directory.SearchNames("l.message", "''", *text)
	}
	if len(levels) > 0 {
		where = page.All(where, bun.SafeQuery("l.level in (?)", bun.List(levels)))
	}
	rows, err := logTable.ReadFrom(ctx, s.DB, from, logTable.For(fields), where, "l.id desc", a.First)
	return rows, wrap("read the newest log lines", err)
}
