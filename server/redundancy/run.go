package redundancy

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/lib/pq"
	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"

	"writ/server/db"
	"writ/server/errs"
	"writ/server/event"
	"writ/server/page"
	"writ/server/permit"
	"writ/server/queue"
)

// RunState is where an analysis is.
type RunState string

// The states of an analysis.
const (
	Queued     RunState = "QUEUED"
	InProgress RunState = "IN_PROGRESS"
	Completed  RunState = "COMPLETED"
	Failed     RunState = "FAILED"
	Cancelled  RunState = "CANCELLED"
)

// RedundancyRun is one analysis. Only the last one has what it found.
type RedundancyRun struct {
	ID        int64
	State     RunState
	Actor     string   // who asked for it
	Policies  []string // identifiers; none: all
	Error     string   // why it failed
	Total     int      // people with something that was approved
	Done      int      // of them looked at
	Found     int      // assignments that are redundant
	CreatedAt time.Time
	EndedAt   *time.Time
}

// The page of analyses.
type (
	RedundancyRunConnection = page.Connection[*RedundancyRun]
	RedundancyRunEdge       = page.Edge[*RedundancyRun]
)

// runs is how lists of analyses are read.
var runs = page.Table[RedundancyRun]{
	From:   "redundancy_run m",
	Always: []string{"id"},
	Fields: map[string][]string{"__typename": nil, "id": nil, "state": {"state"}, "actor": {"actor"}, "actorName": {"actor"}, "policies": {"policies"}, "error": {"error"},
		"total": {"total"}, "done": {"done"}, "found": {"found"}, "createdAt": {"created_at"}, "endedAt": {"ended_at"}},
	Columns: []page.Column[RedundancyRun]{
		{Name: "id", SQL: "m.id", Read: func(m *RedundancyRun, r *db.Row) { m.ID = r.Int() }},
		{Name: "state", SQL: "m.state", Read: func(m *RedundancyRun, r *db.Row) { m.State = RunState(r.Text()) }},
		{Name: "actor", SQL: "m.actor", Read: func(m *RedundancyRun, r *db.Row) { m.Actor = r.Text() }},
		{Name: "policies", SQL: "to_jsonb(m.policies)", Read: func(m *RedundancyRun, r *db.Row) { r.JSON(&m.Policies) }},
		{Name: "error", SQL: "m.error", Read: func(m *RedundancyRun, r *db.Row) { m.Error = r.Text() }},
		{Name: "total", SQL: "m.total", Read: func(m *RedundancyRun, r *db.Row) { m.Total = int(r.Int()) }},
		{Name: "done", SQL: "m.done", Read: func(m *RedundancyRun, r *db.Row) { m.Done = int(r.Int()) }},
		{Name: "found", SQL: "m.found", Read: func(m *RedundancyRun, r *db.Row) { m.Found = int(r.Int()) }},
		{Name: "created_at", SQL: "m.created_at", Read: func(m *RedundancyRun, r *db.Row) { m.CreatedAt = r.Time() }},
		{Name: "ended_at", SQL: "m.ended_at", Read: func(m *RedundancyRun, r *db.Row) { m.EndedAt = r.TimeOrNil() }},
	},
}

var newestRun = page.Sorting[RedundancyRun]{ID: "m.id", Desc: true, At: func(m *RedundancyRun) page.Position { return page.Position{ID: m.ID} }}

// Runs gives a page of the analyses, the newest first. Needs permit.RedundantQuery.
func (s *Service) Runs(ctx context.Context, a page.Args, fields page.Fields, total bool) (*RedundancyRunConnection, error) {
	if err := s.MayLook(ctx); err != nil {
		return nil, err
	}
	return runs.List(ctx, s.DB, a, fields, total, page.All(), newestRun)
}

// Run gives one analysis; NotFound when there is none. Needs permit.RedundantQuery.
func (s *Service) Run(ctx context.Context, id int64) (*RedundancyRun, error) {
	if err := s.MayLook(ctx); err != nil {
		return nil, err
	}
	return readRun(ctx, s.DB, id)
}

func readRun(ctx context.Context, b bun.IDB, id int64) (*RedundancyRun, error) {
	rows, err := runs.Read(ctx, b, runs.Columns, bun.SafeQuery("m.id = ?", id), "m.id", 1)
	if err != nil {
		return nil, fmt.Errorf("read an analysis: %w", err)
	}
	if len(rows) == 0 {
		return nil, errs.Missing("There is no analysis %d any more: the last %d are kept.", id, keptRuns).Of(id)
	}
	return rows[0], nil
}

// keptRuns is how many analyses are kept.
const keptRuns = 20

// StartRedundancyAnalysisInput says what is looked at.
type StartRedundancyAnalysisInput struct {
	// Identifiers of policies; nil or none: all.
	Policies []string
}

// StartRedundancyAnalysisPayload is the analysis as it begins.
type StartRedundancyAnalysisPayload struct{ Run *RedundancyRun }

// Start begins to look for what is redundant; the server does it. What the last analysis found is forgotten. CONFLICT while another one goes on, VALIDATION for
// a policy that does not exist. Needs permit.RedundantStart.
func (s *Service) Start(ctx context.Context, in StartRedundancyAnalysisInput) (*StartRedundancyAnalysisPayload, error) {
	if err := mayRun(ctx); err != nil {
		return nil, err
	}
	p := &StartRedundancyAnalysisPayload{}
	err := db.InTx(ctx, s.DB, func(ctx context.Context, tx bun.Tx) error {
		var known []string
		if err := tx.NewRaw(`select identifier from policy where identifier = any (?)`, pgdialect.Array(append([]string{}, in.Policies...))).Scan(ctx, &known); err != nil {
			return fmt.Errorf("look for policies: %w", err)
		}
		for i, name := range in.Policies {
			if !slices.Contains(known, name) {
				return errs.Invalid(fmt.Sprintf("input.policies[%d]", i), "There is no policy %q.", name)
			}
		}
		var id int64
		err := tx.NewRaw(`insert into redundancy_run (actor, policies, created_at, updated_at) values (?, ?, ?, clock_timestamp()) returning id`,
			permit.Name(ctx), pgdialect.Array(append([]string{}, in.Policies...)), s.Clock.Now().UTC()).Scan(ctx, &id)
		if e := (*pq.Error)(nil); errors.As(err, &e) && e.Constraint == "redundancy_run_one_at_a_time" {
			return errs.New(errs.Conflict, "Another analysis goes on. Wait for it, or stop it.")
		}
		if err != nil {
			return fmt.Errorf("begin an analysis: %w", err)
		}
		for _, sql := range []string{
			`delete from redundant_assignment`,
			fmt.Sprintf(`delete from redundancy_run where id in (select id from redundancy_run where ended_at is not null order by id desc offset %d)`, keptRuns-1),
		} {
			if _, err := tx.NewRaw(sql).Exec(ctx); err != nil {
				return fmt.Errorf("forget older analyses: %w", err)
			}
		}
		if p.Run, err = readRun(ctx, tx, id); err != nil {
			return err
		}
		if err := s.publish(ctx, tx, p.Run); err != nil {
			return err
		}
		return queue.Insert(ctx, tx, AnalyseArgs{RunID: id}, nil)
	})
	if err != nil {
		return nil, err
	}
	return p, nil
}

func (s *Service) publish(ctx context.Context, tx bun.IDB, r *RedundancyRun) error {
	return event.Publish(ctx, tx, s.Clock.Now(), event.Event{Kind: EventChanged, SubjectType: "redundancy_run", SubjectID: r.ID,
		Data: map[string]any{"state": r.State, "done": r.Done, "total": r.Total, "found": r.Found}})
}

// CancelRedundancyAnalysisInput names an analysis.
type CancelRedundancyAnalysisInput struct{ ID int64 }

// CancelRedundancyAnalysisPayload is the analysis as it is then.
type CancelRedundancyAnalysisPayload struct{ Run *RedundancyRun }

// Cancel stops an analysis; what it found until then stays. ALREADY_DONE when it has ended. Needs permit.RedundantStart.
func (s *Service) Cancel(ctx context.Context, in CancelRedundancyAnalysisInput) (*CancelRedundancyAnalysisPayload, error) {
	if err := mayRun(ctx); err != nil {
		return nil, err
	}
	p := &CancelRedundancyAnalysisPayload{}
	err := db.InTx(ctx, s.DB, func(ctx context.Context, tx bun.Tx) error {
		res, err := tx.NewRaw(`update redundancy_run set state = 'CANCELLED', ended_at = ?, updated_at = clock_timestamp() where id = ? and ended_at is null`, s.Clock.Now().UTC(), in.ID).Exec(ctx)
		if err != nil {
			return fmt.Errorf("stop an analysis: %w", err)
		}
		n, err := res.RowsAffected()
		if err != nil {
			return err
		}
		if p.Run, err = readRun(ctx, tx, in.ID); err != nil {
			return err
		}
		if n == 0 {
			return errs.New(errs.AlreadyDone, "Analysis %d has ended already.", in.ID).Of(in.ID)
		}
		return s.publish(ctx, tx, p.Run)
	})
	if err != nil {
		return nil, err
	}
	return p, nil
}
