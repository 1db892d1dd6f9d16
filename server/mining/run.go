package mining

import (
	"context"
	"errors"
	"fmt"
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

// RunState is where a run is.
type RunState string

// The states of a run.
const (
	Queued     RunState = "QUEUED"
	InProgress RunState = "IN_PROGRESS"
	Completed  RunState = "COMPLETED"
	Failed     RunState = "FAILED"
	Cancelled  RunState = "CANCELLED"
)

// MiningRun is one look for rules.
type MiningRun struct {
	ID          int64
	State       RunState
	Actor       string   // who asked for it
	Rules       []string // identifiers of the mining rules that were asked for; none: all
	Error       string   // why it failed
	People      int      // with a context, when it looked
	Assignments int      // of the roles in scope, that it looked at
	RolesTotal  int
	RolesDone   int
	CreatedAt   time.Time
	EndedAt     *time.Time
}

// MiningRunConnection is a page of runs.
type MiningRunConnection = page.Connection[*MiningRun]

// runs is how lists of runs are read.
var runs = page.Table[MiningRun]{
	From:   "mining_run m",
	Always: []string{"id"},
	Fields: map[string][]string{"__typename": nil, "id": nil, "results": nil, "state": {"state"}, "actor": {"actor"}, "actorName": {"actor"}, "rules": {"rules"}, "error": {"error"},
		"people": {"people"}, "assignments": {"assignments"}, "rolesTotal": {"roles_total"}, "rolesDone": {"roles_done"}, "createdAt": {"created_at"}, "endedAt": {"ended_at"}},
	Columns: []page.Column[MiningRun]{
		{Name: "id", SQL: "m.id", Read: func(m *MiningRun, r *db.Row) { m.ID = r.Int() }},
		{Name: "state", SQL: "m.state", Read: func(m *MiningRun, r *db.Row) { m.State = RunState(r.Text()) }},
		{Name: "actor", SQL: "m.actor", Read: func(m *MiningRun, r *db.Row) { m.Actor = r.Text() }},
		{Name: "rules", SQL: "to_jsonb(m.rules)", Read: func(m *MiningRun, r *db.Row) { r.JSON(&m.Rules) }},
		{Name: "error", SQL: "m.error", Read: func(m *MiningRun, r *db.Row) { m.Error = r.Text() }},
		{Name: "people", SQL: "m.people", Read: func(m *MiningRun, r *db.Row) { m.People = int(r.Int()) }},
		{Name: "assignments", SQL: "m.assignments", Read: func(m *MiningRun, r *db.Row) { m.Assignments = int(r.Int()) }},
		{Name: "roles_total", SQL: "m.roles_total", Read: func(m *MiningRun, r *db.Row) { m.RolesTotal = int(r.Int()) }},
		{Name: "roles_done", SQL: "m.roles_done", Read: func(m *MiningRun, r *db.Row) { m.RolesDone = int(r.Int()) }},
		{Name: "created_at", SQL: "m.created_at", Read: func(m *MiningRun, r *db.Row) { m.CreatedAt = r.Time() }},
		{Name: "ended_at", SQL: "m.ended_at", Read: func(m *MiningRun, r *db.Row) { m.EndedAt = r.TimeOrNil() }},
	},
}

var newestRun = page.Sorting[MiningRun]{ID: "m.id", Desc: true, At: func(m *MiningRun) page.Position { return page.Position{ID: m.ID} }}

// Runs gives a page of the runs, the newest first. Needs /ProvisioningPolicy/Policy/Query.
func (s *Service) Runs(ctx context.Context, a page.Args, fields page.Fields, total bool) (*MiningRunConnection, error) {
	if err := s.MayLook(ctx); err != nil {
		return nil, err
	}
	return runs.List(ctx, s.DB, a, fields, total, page.All(), newestRun)
}

// Run gives one run; NotFound when there is none. Needs /ProvisioningPolicy/Policy/Query.
func (s *Service) Run(ctx context.Context, id int64) (*MiningRun, error) {
	if err := s.MayLook(ctx); err != nil {
		return nil, err
	}
	return readRun(ctx, s.DB, id)
}

func readRun(ctx context.Context, b bun.IDB, id int64) (*MiningRun, error) {
	rows, err := runs.Read(ctx, b, runs.Columns, bun.SafeQuery("m.id = ?", id), "m.id", 1)
	if err != nil {
		return nil, fmt.Errorf("read a run of mining: %w", err)
	}
	if len(rows) == 0 {
		return nil, errs.Missing("There is no run %d of mining any more: the last %d are kept.", id, keptRuns).Of(id)
	}
	return rows[0], nil
}

// keptRuns is how many runs are kept, with what they found.
const keptRuns = 20

// StartMiningInput says with which mining rules.
type StartMiningInput struct {
	// Identifiers of mining rules; nil or none: all.
	Rules []string
}

// StartMiningPayload is the run as it begins.
type StartMiningPayload struct{ Run *MiningRun }

// Start begins to look for rules; the server does it. CONFLICT while another run goes on, VALIDATION when there is no mining rule. Needs
// /ProvisioningPolicy/Policy/Update.
func (s *Service) Start(ctx context.Context, in StartMiningInput) (*StartMiningPayload, error) {
	if err := mayRun(ctx); err != nil {
		return nil, err
	}
	p := &StartMiningPayload{}
	err := db.InTx(ctx, s.DB, func(ctx context.Context, tx bun.Tx) error {
		m, err := s.Assignments.Model(ctx, tx)
		if err != nil {
			return err
		}
		list, err := tasks(ctx, tx, m, in.Rules)
		if err != nil {
			return err
		}
		if len(list) == 0 {
			return errs.Invalid("input.rules", "There is no mining rule yet. Add one to the configuration: it says which roles are looked at, and how well a rule must do.")
		}
		now := s.Clock.Now()
		if _, err := tx.NewRaw(`delete from mining_run where id in (select id from mining_run where ended_at is not null order by id desc offset ?)`, keptRuns-1).Exec(ctx); err != nil {
			return fmt.Errorf("forget old runs of mining: %w", err)
		}
		var id int64
		err = tx.NewRaw(`insert into mining_run (actor, rules, created_at, updated_at) values (?, ?, ?, clock_timestamp()) returning id`,
			permit.Name(ctx), pgdialect.Array(append([]string{}, in.Rules...)), now).Scan(ctx, &id)
		if e := (*pq.Error)(nil); errors.As(err, &e) && e.Constraint == "mining_run_one_at_a_time" {
			return errs.New(errs.Conflict, "Another run of mining goes on. Wait for it, or stop it.")
		}
		if err != nil {
			return fmt.Errorf("begin to mine: %w", err)
		}
		if p.Run, err = readRun(ctx, tx, id); err != nil {
			return err
		}
		if err := s.publish(ctx, tx, p.Run); err != nil {
			return err
		}
		return queue.Insert(ctx, tx, MineArgs{RunID: id}, nil)
	})
	if err != nil {
		return nil, err
	}
	return p, nil
}

func (s *Service) publish(ctx context.Context, tx bun.IDB, r *MiningRun) error {
	return event.Publish(ctx, tx, s.Clock.Now(), event.Event{Kind: EventChanged, SubjectType: "mining_run", SubjectID: r.ID,
		Data: map[string]any{"state": r.State, "rolesDone": r.RolesDone, "rolesTotal": r.RolesTotal}})
}

// CancelMiningInput names a run.
type CancelMiningInput struct{ ID int64 }

// CancelMiningPayload is the run as it is then.
type CancelMiningPayload struct{ Run *MiningRun }

// Cancel stops a run; nothing is kept of it. ALREADY_DONE when it has ended. Needs /ProvisioningPolicy/Policy/Update.
func (s *Service) Cancel(ctx context.Context, in CancelMiningInput) (*CancelMiningPayload, error) {
	if err := mayRun(ctx); err != nil {
		return nil, err
	}
	p := &CancelMiningPayload{}
	err := db.InTx(ctx, s.DB, func(ctx context.Context, tx bun.Tx) error {
		ended, err := s.end(ctx, tx, in.ID, Cancelled, "", "true")
		if err != nil {
			return err
		}
		if p.Run, err = readRun(ctx, tx, in.ID); err != nil {
			return err
		}
		if !ended {
			return errs.New(errs.AlreadyDone, "Run %d of mining has ended already.", in.ID).Of(in.ID)
		}
		return s.publish(ctx, tx, p.Run)
	})
	if err != nil {
		return nil, err
	}
	return p, nil
}

// end ends a run that goes on, under a condition; false: it does not.
func (s *Service) end(ctx context.Context, tx bun.IDB, id int64, to RunState, why, condition string, args ...any) (bool, error) {
	args = append([]any{string(to), why, s.Clock.Now(), id}, args...)
	res, err := tx.NewRaw(`update mining_run set state = ?0, error = ?1, ended_at = ?2, updated_at = clock_timestamp() where id = ?3 and ended_at is null and `+condition, args...).Exec(ctx)
	if err != nil {
		return false, fmt.Errorf("end a run of mining: %w", err)
	}
	n, err := res.RowsAffected()
	return n > 0, err
}
