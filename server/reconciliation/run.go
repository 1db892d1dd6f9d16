package reconciliation

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/uptrace/bun"

	"writ/server/assignment"
	"writ/server/db"
	"writ/server/errs"
	"writ/server/event"
	"writ/server/page"
	"writ/server/permit"
	"writ/server/queue"
	"writ/server/rolemodel"
)

// RunState is where a run is.
type RunState string

// The states of a run.
const (
	InProgress RunState = "IN_PROGRESS"
	Completed  RunState = "COMPLETED"
	Cancelled  RunState = "CANCELLED" // by a person, or because the account that asked for it may not be used any more
)

// Subject is what a run is about.
type Subject string

// The subjects.
const (
	OfResources Subject = "RESOURCE" // differences; its filter is a ReconciliationFilter
	OfRoles     Subject = "ROLE"     // found roles; its filter is a RoleReconciliationFilter
)

// ReconciliationRun is a decision about all differences, or found roles, that a filter found at an instant. The server carries it out in portions, with the rights that the
// account that asked for it has by then.
type ReconciliationRun struct {
	ID        int64
	Subject   Subject
	Decision  Decision
	Filter    json.RawMessage `bun:"type:jsonb"`
	Comment   string
	State     RunState
	UserID    *int64
	Actor     string // who asked for it
	AsOf      time.Time
	UpTo      int64
	Total     int // differences that were found when it began
	Done      int // decided so far
	Failed    int // not decided, so far
	AfterID   int64
	Failures  json.RawMessage `bun:"type:jsonb"`
	CreatedAt time.Time
	UpdatedAt time.Time
	EndedAt   *time.Time
}

// RunFailure is one difference that a run did not decide, and why.
type RunFailure struct {
	ID      int64  `json:"id"`
	Code    string `json:"code"`
	Message string `json:"message"`
}

// FailedItems are the first hundred differences that were not decided.
func (r *ReconciliationRun) FailedItems() ([]RunFailure, error) {
	list := []RunFailure{}
	return list, json.Unmarshal(r.Failures, &list)
}

// ReconciliationRunConnection is a page of runs.
type ReconciliationRunConnection = page.Connection[*ReconciliationRun]

// keptFailures is how many failures of a run are kept.
const keptFailures = 100

const runColumns = `id, subject, decision, filter, comment, state, user_id, actor, as_of, up_to, total, done, failed, after_id, failures, created_at, updated_at, ended_at`

// sqlFits is the condition that a decision can be made about a difference.
func (r rule) sqlFits() condition {
	switch {
	case r.value && r.account:
		return everything
	case r.value:
		return bun.SafeQuery("g.property is not null")
	case r.owned:
		return bun.SafeQuery(sqlKind[Unauthorized])
	default:
		return bun.SafeQuery("g.property is null")
	}
}

// sought is what a run goes through: rows of tables under a condition, by id.
type sought struct {
	tables, id string
	where      condition
	settled    string                               // the column of what has the settings about comments
	comment    func(id int64) rolemodel.CommentMode // what they say
}

// seek says what a filter finds of what a decision can be made about, for the caller with the rights of now, and who decides about it.
func (s *Service) seek(ctx context.Context, m *assignment.Model, subject Subject, r rule, filter json.RawMessage, comment string) (sought, decider, error) {
	var may, narrowed condition
	var err error
	if subject == OfRoles {
		var f RoleReconciliationFilter
		if err := json.Unmarshal(filter, &f); err != nil {
			return sought{}, nil, fmt.Errorf("read the filter of a run: %w", err)
		}
		if may, err = roleRights(ctx, m, true); err != nil {
			return sought{}, nil, err
		}
		if narrowed, err = f.condition(ctx, m); err != nil {
			return sought{}, nil, err
		}
		where := db.AllOf(may, narrowed, r.sqlFitsRole())
		settings := func(id int64) rolemodel.CommentMode { return r.comment.of(commentsOfRole(m, id)) }
		return sought{roleItems.Tables(where), "a.id", where, "a.role_id", settings}, foundRoles{s: s, m: m, may: may, rule: r, comment: comment}, nil
	}
	var f ReconciliationFilter
	if err := json.Unmarshal(filter, &f); err != nil {
		return sought{}, nil, fmt.Errorf("read the filter of a run: %w", err)
	}
	if may, err = rights(ctx, m, true); err != nil {
		return sought{}, nil, err
	}
	if narrowed, err = f.condition(ctx, m); err != nil {
		return sought{}, nil, err
	}
	where := db.AllOf(may, narrowed, r.sqlFits())
	settings := func(id int64) rolemodel.CommentMode { return r.comment.of(commentsOf(m, id)) }
	return sought{items.Tables(where), "g.id", where, "g.resource_type_id", settings}, differences{s: s, m: m, may: may, rule: r, comment: comment}, nil
}

// sqlFitsRole is the condition that a decision can be made about a found role.
func (r rule) sqlFitsRole() condition {
	var fit []int64
	for _, w := range roleStates {
		if r.mayRole(w, r.decision == TakeUpAgain) {
			fit = append(fit, int64(w))
		}
	}
	slices.Sort(fit)
	return bun.SafeQuery("a.workflow_state in (?)", bun.List(fit))
}

// begin notes a decision about all that a filter finds now, and lets a worker begin.
func (s *Service) begin(ctx context.Context, subject Subject, r rule, filter any, comment string) (*ReconciliationRun, error) {
	if a := permit.From(ctx); a == nil || a.UserID == 0 {
		return nil, errs.Invalid("input.filter", "Only somebody with an account can decide by a filter. Name the items.")
	}
	raw, err := json.Marshal(filter)
	if err != nil {
		return nil, fmt.Errorf("keep the filter: %w", err)
	}
	run := &ReconciliationRun{}
	err = db.InTx(ctx, s.DB, func(ctx context.Context, tx bun.Tx) error {
		m, err := s.Assignments.Model(ctx, tx)
		if err != nil {
			return err
		}
		what, _, err := s.seek(ctx, m, subject, r, raw, comment)
		if err != nil {
			return err
		}
		var found struct {
			N  int
			Up int64
		}
		if err := tx.NewRaw("select count(*) as n, coalesce(max("+what.id+"), 0) as up from "+what.tables+" where ?", what.where).Scan(ctx, &found); err != nil {
			return fmt.Errorf("count what a decision is about: %w", err)
		}
		if found.N == 0 {
			return errs.Invalid("input.filter", "The filter finds nothing that could be decided so.")
		}
		if err := what.explained(ctx, tx, comment); err != nil {
			return err
		}
		now := s.Clock.Now()
		if err := tx.NewRaw(`insert into reconciliation_run (subject, decision, filter, comment, user_id, actor, as_of, up_to, total, created_at, updated_at)
			values (?8, ?0, ?1::jsonb, ?2, ?3, ?4, ?5::timestamptz, ?6, ?7, ?5::timestamptz, clock_timestamp()) returning `+runColumns,
			string(r.decision), string(raw), comment, permit.From(ctx).UserID, permit.Name(ctx), stamp(now), found.Up, found.N, string(subject)).Scan(ctx, run); err != nil {
			return fmt.Errorf("note a decision about many: %w", err)
		}
		if err := event.Publish(ctx, tx, now, s.runEvent(run)); err != nil {
			return err
		}
		return queue.Insert(ctx, tx, DecideArgs{RunID: run.ID}, nil)
	})
	if err != nil {
		return nil, err
	}
	return run, nil
}

// explained refuses a decision without a comment when one of those that it is about needs one.
func (w sought) explained(ctx context.Context, tx bun.Tx, comment string) error {
	var of []int64
	if err := tx.NewRaw("select distinct "+w.settled+" from "+w.tables+" where ? order by 1", w.where).Scan(ctx, &of); err != nil {
		return fmt.Errorf("look for the policies of a decision: %w", err)
	}
	for _, id := range of {
		if _, err := w.comment(id).Take(comment); err != nil {
			return err
		}
	}
	return nil
}

func (s *Service) runEvent(r *ReconciliationRun) event.Event {
	return event.Event{Kind: EventRunChanged, SubjectType: "reconciliation_run", SubjectID: r.ID,
		Data: map[string]any{"state": r.State, "decision": r.Decision, "total": r.Total, "done": r.Done, "failed": r.Failed}}
}

// drain carries a run out until it ends. Each portion is one transaction with what it decided and how far the run came: whoever is killed leaves
// nothing half done, and whoever goes on begins behind it. Two that do so at once do not meet: one of them stops.
func (s *Service) drain(ctx context.Context, id int64) error {
	for {
		more, err := s.portion(ctx, id)
		if err != nil || !more {
			return err
		}
	}
}

// errElsewhere: another process has the run in hand.
var errElsewhere = errors.New("another process carries the run out")

func (s *Service) portion(ctx context.Context, id int64) (more bool, err error) {
	err = db.InTx(ctx, s.DB, func(ctx context.Context, tx bun.Tx) error {
		more = false
		var rows []*ReconciliationRun
		if err := tx.NewRaw(`select `+runColumns+` from reconciliation_run where id = ? and ended_at is null for update skip locked`, id).Scan(ctx, &rows); err != nil {
			return fmt.Errorf("take a run: %w", err)
		}
		if len(rows) == 0 {
			return errElsewhere
		}
		run := rows[0]
		actor := (*permit.Actor)(nil)
		if run.UserID != nil {
			if actor, err = s.Actor(ctx, *run.UserID); err != nil {
				return err
			}
		}
		if actor == nil {
			return s.end(ctx, tx, run, Cancelled, &RunFailure{Code: string(errs.Forbidden), Message: "The account of " + run.Actor + " may not be used any more. Decide about the rest yourself."})
		}
		acting := permit.With(ctx, actor)
		more, err = s.next(acting, tx, run)
		if e := errs.As(err); e != nil && (e.Kind == errs.Forbidden || e.Kind == errs.Validation) {
			return s.end(acting, tx, run, Cancelled, &RunFailure{Code: string(e.Kind), Message: e.Message})
		}
		return err
	})
	if errors.Is(err, errElsewhere) {
		return false, nil
	}
	return more, err
}

// next decides about the next portion; false: there was none, and the run is over.
func (s *Service) next(ctx context.Context, tx bun.Tx, run *ReconciliationRun) (bool, error) {
	r, ok := ruleOf(run.Decision)
	if !ok {
		return false, fmt.Errorf("run %d: there is no decision %s", run.ID, run.Decision)
	}
	m, err := s.Assignments.Model(ctx, tx)
	if err != nil {
		return false, err
	}
	what, d, err := s.seek(ctx, m, run.Subject, r, run.Filter, run.Comment)
	if err != nil {
		return false, err
	}
	where := db.AllOf(what.where, bun.SafeQuery(what.id+" > ? and "+what.id+" <= ?", run.AfterID, run.UpTo))
	var list []int64
	if err := tx.NewRaw("select "+what.id+" from "+what.tables+" where ? order by 1 limit ?", where, batch).Scan(ctx, &list); err != nil {
		return false, fmt.Errorf("find what a run goes on with: %w", err)
	}
	if len(list) == 0 {
		return false, s.end(ctx, tx, run, Completed, nil)
	}
	part := make([]ReconciliationItemInput, len(list))
	for i, id := range list {
		part[i].ID = id
	}
	failed, err := s.decideApart(ctx, tx, d, part)
	if err != nil {
		return false, err
	}
	run.AfterID, run.Done = list[len(list)-1], run.Done+len(list)-len(failed)
	var fresh []RunFailure
	for _, id := range list {
		if e := failed[id]; e != nil && e.Kind != errs.StaleItem { // over while its locks were waited for: the filter does not find it any more
			fresh = append(fresh, RunFailure{ID: id, Code: string(e.Kind), Message: e.Message})
		}
	}
	run.Failed += len(fresh)
	return true, s.note(ctx, tx, run, fresh...)
}

// end ends a run.
func (s *Service) end(ctx context.Context, tx bun.Tx, run *ReconciliationRun, to RunState, why *RunFailure) error {
	run.State = to
	if why == nil {
		return s.note(ctx, tx, run)
	}
	return s.note(ctx, tx, run, *why)
}

// note writes how far a run came.
func (s *Service) note(ctx context.Context, tx bun.Tx, run *ReconciliationRun, fresh ...RunFailure) error {
	failures, err := run.FailedItems()
	if err != nil {
		return fmt.Errorf("read the failures of run %d: %w", run.ID, err)
	}
	failures = append(failures, fresh...)
	raw, err := json.Marshal(failures[:min(len(failures), keptFailures)])
	if err != nil {
		return fmt.Errorf("keep the failures of run %d: %w", run.ID, err)
	}
	now := s.Clock.Now()
	if _, err := tx.NewRaw(`update reconciliation_run set state = ?0, done = ?1, failed = ?2, after_id = ?3, failures = ?4::jsonb, updated_at = clock_timestamp(),
		ended_at = case when ?0 <> 'IN_PROGRESS' then ?5::timestamptz end where id = ?6`,
		string(run.State), run.Done, run.Failed, run.AfterID, string(raw), stamp(now), run.ID).Exec(ctx); err != nil {
		return fmt.Errorf("note how far run %d came: %w", run.ID, err)
	}
	return event.Publish(ctx, tx, now, s.runEvent(run))
}

// whose is the condition of the runs that the caller may see, or stop: his own, by his account, and those of all with the permission. Refused like the
// list of differences.
func (s *Service) whose(ctx context.Context, all string) (condition, error) {
	if err := s.MayLook(ctx); err != nil {
		return nobody, err
	}
	a := permit.From(ctx)
	if permit.Find(ctx, all).Everything() {
		return everything, nil
	}
	return bun.SafeQuery("user_id = ?", a.UserID), nil
}

// mine are the runs that the caller may see: whoever may monitor sees all.
func (s *Service) mine(ctx context.Context) (condition, error) {
	return s.whose(ctx, permit.Monitoring)
}

// Run gives one run; NotFound when it is somebody else's.
func (s *Service) Run(ctx context.Context, id int64) (*ReconciliationRun, error) {
	may, err := s.mine(ctx)
	if err != nil {
		return nil, err
	}
	return selectRun(ctx, s.DB, id, may)
}

func selectRun(ctx context.Context, b bun.IDB, id int64, may condition) (*ReconciliationRun, error) {
	var rows []*ReconciliationRun
	if err := b.NewRaw(`select `+runColumns+` from reconciliation_run where id = ? and ?`, id, may).Scan(ctx, &rows); err != nil {
		return nil, fmt.Errorf("read a run: %w", err)
	}
	if len(rows) == 0 {
		return nil, errs.Missing("There is no run %d, or it is not yours to see.", id).Of(id)
	}
	return rows[0], nil
}

// runs is how lists of runs are read.
var runs = page.Table[ReconciliationRun]{
	From:   "reconciliation_run r",
	Always: []string{"id"},
	Fields: map[string][]string{
		"__typename": nil, "id": nil, "subject": {"subject"}, "decision": {"decision"}, "comment": {"comment"}, "state": {"state"}, "actor": {"actor"}, "actorName": {"actor"}, "total": {"total"},
		"done": {"done"}, "failed": {"failed"}, "failedItems": {"failures"}, "createdAt": {"created_at"}, "endedAt": {"ended_at"},
	},
	Columns: []page.Column[ReconciliationRun]{
		{Name: "id", SQL: "r.id", Read: func(x *ReconciliationRun, r *db.Row) { x.ID = r.Int() }},
		{Name: "subject", SQL: "r.subject", Read: func(x *ReconciliationRun, r *db.Row) { x.Subject = Subject(r.Text()) }},
		{Name: "decision", SQL: "r.decision", Read: func(x *ReconciliationRun, r *db.Row) { x.Decision = Decision(r.Text()) }},
		{Name: "comment", SQL: "r.comment", Read: func(x *ReconciliationRun, r *db.Row) { x.Comment = r.Text() }},
		{Name: "state", SQL: "r.state", Read: func(x *ReconciliationRun, r *db.Row) { x.State = RunState(r.Text()) }},
		{Name: "actor", SQL: "r.actor", Read: func(x *ReconciliationRun, r *db.Row) { x.Actor = r.Text() }},
		{Name: "total", SQL: "r.total", Read: func(x *ReconciliationRun, r *db.Row) { x.Total = int(r.Int()) }},
		{Name: "done", SQL: "r.done", Read: func(x *ReconciliationRun, r *db.Row) { x.Done = int(r.Int()) }},
		{Name: "failed", SQL: "r.failed", Read: func(x *ReconciliationRun, r *db.Row) { x.Failed = int(r.Int()) }},
		{Name: "failures", SQL: "r.failures", Read: func(x *ReconciliationRun, r *db.Row) { x.Failures = r.Bytes() }},
		{Name: "created_at", SQL: "r.created_at", Read: func(x *ReconciliationRun, r *db.Row) { x.CreatedAt = r.Time() }},
		{Name: "ended_at", SQL: "r.ended_at", Read: func(x *ReconciliationRun, r *db.Row) { x.EndedAt = r.TimeOrNil() }},
	},
}

var runsByAge = page.Sorting[ReconciliationRun]{ID: "r.id", Desc: true, At: func(r *ReconciliationRun) page.Position { return page.Position{ID: r.ID} }}

// Runs gives a page of the caller's runs, the newest first; whoever may monitor sees those of all.
func (s *Service) Runs(ctx context.Context, a page.Args, fields page.Fields, total bool) (*ReconciliationRunConnection, error) {
	may, err := s.mine(ctx)
	if err != nil {
		return nil, err
	}
	list, err := runs.List(ctx, s.DB, a, fields, total, may, runsByAge)
	if err != nil {
		return nil, fmt.Errorf("list runs: %w", err)
	}
	return list, nil
}

// CancelReconciliationRunInput names a run.
type CancelReconciliationRunInput struct{ ID int64 }

// CancelReconciliationRunPayload is the run as it is then.
type CancelReconciliationRunPayload struct{ Run *ReconciliationRun }

// Cancel stops a run of the caller, or anybody's for who may give the queue commands: monitoring is a right to read. What is decided stays decided, the
// rest waits as before. FORBIDDEN for the run of somebody else that the caller may see, NOT_FOUND for others, ALREADY_DONE when it has ended.
func (s *Service) Cancel(ctx context.Context, in CancelReconciliationRunInput) (*CancelReconciliationRunPayload, error) {
	seen, err := s.mine(ctx)
	if err != nil {
		return nil, err
	}
	may, err := s.whose(ctx, permit.QueueCommand)
	if err != nil {
		return nil, err
	}
	p := &CancelReconciliationRunPayload{}
	err = db.InTx(ctx, s.DB, func(ctx context.Context, tx bun.Tx) error {
		if _, err := tx.NewRaw(`select from reconciliation_run where id = ? for update`, in.ID).Exec(ctx); err != nil {
			return err
		}
		run, err := selectRun(ctx, tx, in.ID, db.AnyOf(seen, may))
		if err != nil {
			return err
		}
		if _, err := selectRun(ctx, tx, in.ID, may); errs.Is(err, errs.NotFound) {
			return errs.New(errs.Forbidden, "This is the run of %s. To stop it you need the permission %s.", run.Actor, permit.QueueCommand).Of(in.ID)
		} else if err != nil {
			return err
		}
		p.Run = run
		if run.EndedAt != nil {
			return errs.New(errs.AlreadyDone, "Run %d has ended already.", in.ID).Of(in.ID)
		}
		now := s.Clock.Now()
		run.EndedAt = &now
		return s.end(ctx, tx, run, Cancelled, nil)
	})
	if err != nil {
		return nil, err
	}
	return p, nil
}
