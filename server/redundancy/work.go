package redundancy

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"

	"writ/server/assignment"
	"writ/server/db"
	"writ/server/errs"
	"writ/server/evaluation"
)

// errLost: the analysis was stopped, or another worker took it for dead.
var errLost = errors.New("the analysis is in other hands, or has ended")

const (
	portion = 200                    // owners of one transaction
	telling = 250 * time.Millisecond // at most so often an event tells how far an analysis came
)

// work carries an analysis out, if nobody else does.
func (s *Service) work(ctx context.Context, id int64) error {
	h := &hand{s: s, id: id, token: uuid.New()}
	err := h.take(ctx)
	for more := true; more && err == nil; {
		more, err = h.step(ctx)
	}
	if err == nil || errors.Is(err, errLost) {
		return nil
	}
	if ctx.Err() != nil || db.Unreachable(err) {
		return err // a process that stops, or has no database, leaves the analysis to the next sweep
	}
	s.Log.ErrorContext(ctx, "an analysis of redundant assignments failed", "run", id, "error", err)
	err = db.InTx(ctx, s.DB, func(ctx context.Context, tx bun.Tx) error { return h.end(ctx, tx, Failed, errs.Text(err)) })
	if errors.Is(err, errLost) {
		return nil
	}
	return err
}

// hand has an analysis in hand.
type hand struct {
	s     *Service
	id    int64
	token uuid.UUID
	told  time.Time // when an event told of it last
}

// approved are the owners who live and have something that a person approved.
const approved = `(select owner_id from assigned_role where valid_to = 'infinity' and workflow_state = ` + evaluation.SQLApproved + ` and not is_denied
	union select owner_id from assigned_resource_type where owner_id is not null and valid_to = 'infinity' and workflow_state = ` + evaluation.SQLApproved + ` and not is_denied) o`

func (h *hand) take(ctx context.Context) error {
	return db.InTx(ctx, h.s.DB, func(ctx context.Context, tx bun.Tx) error {
		res, err := tx.NewRaw(`update redundancy_run set state = 'IN_PROGRESS', taken_by = ?0, updated_at = clock_timestamp(), total = (select count(*) from `+approved+`)
			where id = ?1 and ended_at is null and (taken_by is null or updated_at < clock_timestamp() - ?2::interval)`, h.token, h.id, interval(silence)).Exec(ctx)
		if err != nil {
			return fmt.Errorf("take an analysis: %w", err)
		}
		if n, err := res.RowsAffected(); err != nil || n == 0 {
			return errors.Join(errLost, err)
		}
		return h.tell(ctx, tx)
	})
}

func (h *hand) tell(ctx context.Context, tx bun.Tx) error {
	run, err := readRun(ctx, tx, h.id)
	if err != nil {
		return err
	}
	h.told = time.Now()
	return h.s.publish(ctx, tx, run)
}

// step looks at the next owners, keeps what is redundant, and notes how far it came; false: there were none, and it is over.
func (h *hand) step(ctx context.Context) (more bool, err error) {
	err = db.InTx(ctx, h.s.DB, func(ctx context.Context, tx bun.Tx) error {
		var rows []struct {
			AfterOwner int64
			Policies   []string `bun:",array"`
		}
		if err := tx.NewRaw(`select after_owner, policies from redundancy_run where id = ? and ended_at is null and taken_by = ? for update`, h.id, h.token).Scan(ctx, &rows); err != nil {
			return fmt.Errorf("hold an analysis: %w", err)
		}
		if len(rows) == 0 {
			return errLost
		}
		var owners []int64
		if err := tx.NewRaw(`select o.owner_id from `+approved+` where o.owner_id > ? order by o.owner_id limit ?`, rows[0].AfterOwner, portion).Scan(ctx, &owners); err != nil {
			return fmt.Errorf("find whom to look at: %w", err)
		}
		if more = len(owners) > 0; !more {
			return h.end(ctx, tx, Completed, "")
		}
		m, err := h.s.Assignments.Model(ctx, tx)
		if err != nil {
			return err
		}
		found, err := h.s.Assignments.FindRedundant(ctx, tx, m, owners)
		if err != nil {
			return err
		}
		n, err := keep(ctx, tx, h.id, rows[0].Policies, found)
		if err != nil {
			return err
		}
		if _, err := tx.NewRaw(`update redundancy_run set updated_at = clock_timestamp(), after_owner = ?, done = least(done + ?, greatest(total, done)), found = found + ? where id = ?`,
			owners[len(owners)-1], len(owners), n, h.id).Exec(ctx); err != nil {
			return fmt.Errorf("note how far an analysis came: %w", err)
		}
		if time.Since(h.told) < telling {
			return nil
		}
		return h.tell(ctx, tx)
	})
	return more, err
}

// keep writes what was found of some policies, and tells how much that is. What changed since it was read is left out.
func keep(ctx context.Context, tx bun.Tx, run int64, policies []string, found []*assignment.Redundant) (int64, error) {
	type row struct {
		Role  int64                     `json:"role"`
		Type  int64                     `json:"type"`
		Given []assignment.GivenTime    `json:"given"`
		Left  []assignment.ApprovedTime `json:"remaining"`
	}
	if len(found) == 0 {
		return 0, nil
	}
	rows := make([]row, len(found))
	for i, r := range found {
		rows[i] = row{r.RoleRow, r.TypeRow, r.Given, r.Left}
	}
	raw, err := json.Marshal(rows)
	if err != nil {
		return 0, err
	}
	res, err := tx.NewRaw(`insert into redundant_assignment (redundancy_run_id, owner_id, assigned_role_id, assigned_resource_type_id, role_id, resource_type_id, policy_id, start_date, end_date, given, remaining)
		select ?0, coalesce(a.owner_id, b.owner_id), a.id, b.id, a.role_id, b.resource_type_id, q.id, case when a.id is null then b.start_date else a.start_date end, case when a.id is null then b.end_date else a.end_date end,
			f.given, f.remaining
		from jsonb_to_recordset(?1::jsonb) f (role bigint, type bigint, given jsonb, remaining jsonb)
			left join assigned_role a on a.id = f.role and a.valid_to = 'infinity'
			left join assigned_resource_type b on b.id = f.type and b.valid_to = 'infinity'
			join policy q on q.id = coalesce((select policy_id from role where id = a.role_id), (select policy_id from resource_type where id = b.resource_type_id))
		where ?2 = '{}'::text[] or q.identifier = any (?2) order by coalesce(a.owner_id, b.owner_id), f.role = 0, f.role, f.type`, run, string(db.JSON(raw)), pgdialect.Array(append([]string{}, policies...))).Exec(ctx)
	if err != nil {
		return 0, fmt.Errorf("keep what is redundant: %w", err)
	}
	return res.RowsAffected()
}

// end ends the analysis that is in hand.
func (h *hand) end(ctx context.Context, tx bun.Tx, to RunState, why string) error {
	res, err := tx.NewRaw(`update redundancy_run set state = ?, error = ?, ended_at = ?, updated_at = clock_timestamp() where id = ? and ended_at is null and taken_by = ?`,
		string(to), why, h.s.Clock.Now().UTC(), h.id, h.token).Exec(ctx)
	if err != nil {
		return fmt.Errorf("end an analysis: %w", err)
	}
	if n, err := res.RowsAffected(); err != nil || n == 0 {
		return errors.Join(errLost, err)
	}
	return h.tell(ctx, tx)
}
