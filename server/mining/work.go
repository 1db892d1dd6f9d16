package mining

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"
	"golang.org/x/sync/errgroup"

	"writ/server/db"
	"writ/server/errs"
	"writ/server/rolemodel"
)

// errLost: the run was cancelled, or another worker took it for dead.
var errLost = errors.New("the run is in other hands, or has ended")

// work carries a run out, if nobody else does, and gives signs of life meanwhile.
func (s *Service) work(ctx context.Context, id int64) error {
	h := &hand{s: s, id: id, token: uuid.New()}
	if err := h.take(ctx); err != nil {
		return unlessLost(err)
	}
	group, ctx := errgroup.WithContext(ctx)
	ctx, over := context.WithCancel(ctx)
	group.Go(func() error { return h.live(ctx) })
	group.Go(func() error {
		defer over()
		return h.mine(ctx)
	})
	err := group.Wait()
	if err == nil || errors.Is(err, errLost) || context.Cause(ctx) != nil && errors.Is(err, context.Canceled) || db.Unreachable(err) {
		return unlessLost(err) // a process that stops, or has no database, leaves the run to the next sweep
	}
	s.Log.ErrorContext(ctx, "mining failed", "run", id, "error", err)
	return unlessLost(h.end(context.WithoutCancel(ctx), Failed, errs.Text(err), nil))
}

func unlessLost(err error) error {
	if errors.Is(err, errLost) {
		return nil
	}
	return err
}

// hand has a run in hand.
type hand struct {
	s     *Service
	id    int64
	token uuid.UUID

	mu  sync.Mutex
	far MiningRun // how far it came
}

// came notes how far the run came.
func (h *hand) came(how func(r *MiningRun)) {
	h.mu.Lock()
	defer h.mu.Unlock()
	how(&h.far)
}

func (h *hand) take(ctx context.Context) error {
	return moved(h.s.DB.NewRaw(`update mining_run set state = 'IN_PROGRESS', taken_by = ?0, updated_at = clock_timestamp(), roles_done = 0
		where id = ?1 and ended_at is null and (taken_by is null or updated_at < clock_timestamp() - ?2::interval)`, h.token, h.id, interval(silence)).Exec(ctx))
}

// live gives signs of life until ctx ends; errLost when somebody stopped the run.
func (h *hand) live(ctx context.Context) error {
	tick := time.NewTicker(pulse)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		if err := h.sign(ctx); err != nil && ctx.Err() == nil {
			return err
		}
	}
}

// sign gives one sign of life, and tells how far the run is.
func (h *hand) sign(ctx context.Context) error {
	return db.InTx(ctx, h.s.DB, func(ctx context.Context, tx bun.Tx) error {
		if err := h.note(ctx, tx); err != nil {
			return err
		}
		run, err := readRun(ctx, tx, h.id)
		if err != nil {
			return err
		}
		return h.s.publish(ctx, tx, run)
	})
}

func (h *hand) note(ctx context.Context, tx bun.Tx) error {
	h.mu.Lock()
	far := h.far
	h.mu.Unlock()
	return moved(tx.NewRaw(`update mining_run set updated_at = clock_timestamp(), people = ?2, assignments = ?3, roles_total = ?4, roles_done = ?5
		where id = ?0 and ended_at is null and taken_by = ?1`, h.id, h.token, far.People, far.Assignments, far.RolesTotal, far.RolesDone).Exec(ctx))
}

// moved gives errLost when a statement met no row.
func moved(res sql.Result, err error) error {
	if err != nil {
		return fmt.Errorf("move a run of mining: %w", err)
	}
	if n, err := res.RowsAffected(); err != nil || n == 0 {
		return errors.Join(errLost, err)
	}
	return nil
}

// found is what became of a role, and by which mining rule.
type found struct {
	Finding
	task   *task
	ground *Ground
}

// mine looks at the roles of every mining rule; a role that got a proposal, or was excluded, is left alone by the rules after it.
func (h *hand) mine(ctx context.Context) error {
	s, now := h.s, h.s.Clock.Now()
	m, err := s.Assignments.Model(ctx, s.DB)
	if err != nil {
		return err
	}
	run, err := readRun(ctx, s.DB, h.id)
	if err != nil {
		return err
	}
	list, err := tasks(ctx, s.DB, m, run.Rules)
	if err != nil {
		return err
	}
	var roles []int64
	for _, t := range list {
		roles = append(roles, t.roles...)
	}
	held, err := holders(ctx, s.DB, roles, now)
	if err != nil {
		return err
	}
	h.came(func(r *MiningRun) {
		r.RolesTotal = len(roles)
		for _, who := range held {
			r.Assignments += len(who)
		}
	})
	grounds, over, latest := map[ground]*Ground{}, map[int64]bool{}, map[int64]int{}
	var results []found
	for i := range list {
		t := &list[i]
		g := grounds[t.ground]
		if g == nil && !t.rule.ExcludeRole {
			p, err := places(ctx, s.DB, m.Shape, t.ground, now)
			if err != nil {
				return err
			}
			g = NewGround(p, t.ground.outliers)
			grounds[t.ground] = g
			h.came(func(r *MiningRun) { r.People = max(r.People, g.People()) })
		}
		for _, role := range t.roles {
			if err := ctx.Err(); err != nil {
				return err
			}
			h.came(func(r *MiningRun) { r.RolesDone++ })
			if over[role] {
				continue
			}
			if t.rule.ExcludeRole {
				over[role] = true
				continue
			}
			f := found{Finding: g.Mine(Role{ID: role, Holders: held[role]}, t.limits), task: t, ground: g}
			over[role] = len(f.Proposals) > 0
			if at, seen := latest[role]; seen { // an earlier rule found nothing
				results[at] = f
				continue
			}
			latest[role], results = len(results), append(results, f)
		}
	}
	return h.keep(ctx, results)
}

// keep writes what was found and ends the run, in one transaction.
func (h *hand) keep(ctx context.Context, results []found) error {
	values := map[int64]bool{}
	for _, f := range results {
		for _, p := range f.Proposals {
			for _, l := range p.Literals {
				values[l.Value] = true
			}
		}
	}
	list := make([]int64, 0, len(values))
	for v := range values {
		list = append(list, v)
	}
	called, err := names(ctx, h.s.DB, list)
	if err != nil {
		return err
	}
	return h.end(ctx, Completed, "", func(ctx context.Context, tx bun.Tx) error {
		err := db.CopyIn(ctx, tx, "mining_result", []string{"mining_run_id", "role_id", "mining_rule_id", "rule_policy_id", "rule_type", "people", "holders", "rightly", "wrongly",
			"unexplained", "refused", "is_cut", "proposals", "held"}, func(yield func([]any) bool) {
			for _, f := range results {
				raw, failed := json.Marshal(kept(f, called))
				if failed != nil {
					return
				}
				var refused any
				if f.Refused != "" {
					refused = string(f.Refused)
				}
				if !yield([]any{h.id, f.RoleID, f.task.rule.ID, f.task.rule.RulePolicyID, int(f.task.rule.RuleType), f.People, f.Holders, f.Right, f.Wrong, f.Left, refused, f.Cut, string(raw), pack(f.Held)}) {
					return
				}
			}
		})
		if err != nil {
			return fmt.Errorf("keep what was found: %w", err)
		}
		ids := map[int64]int64{}
		if err := db.Select(ctx, tx, bun.SafeQuery("select role_id, id from mining_result where mining_run_id = ?", h.id), func(r *db.Row) error {
			ids[r.Int()] = r.Int()
			return nil
		}); err != nil {
			return err
		}
		return db.CopyIn(ctx, tx, "mining_person", []string{"mining_result_id", "owner_id", "would_be_given"}, func(yield func([]any) bool) {
			for _, f := range results {
				for _, who := range f.Given {
					if !yield([]any{ids[f.RoleID], who, true}) {
						return
					}
				}
				for _, who := range f.Unexplained {
					if !yield([]any{ids[f.RoleID], who, false}) {
						return
					}
				}
			}
		})
	})
}

// end ends the run that is in hand, with what is written at the same time.
func (h *hand) end(ctx context.Context, to RunState, why string, also func(ctx context.Context, tx bun.Tx) error) error {
	return db.InTx(ctx, h.s.DB, func(ctx context.Context, tx bun.Tx) error {
		if err := h.note(ctx, tx); err != nil {
			return err
		}
		ended, err := h.s.end(ctx, tx, h.id, to, why, "taken_by = ?4", h.token)
		if err != nil {
			return err
		}
		if !ended {
			return errLost
		}
		if also != nil {
			if err := also(ctx, tx); err != nil {
				return err
			}
		}
		run, err := readRun(ctx, tx, h.id)
		if err != nil {
			return err
		}
		return h.s.publish(ctx, tx, run)
	})
}

// kept is how the proposals of a role are kept.
func kept(f found, called map[int64]named) []*MiningProposal {
	list := []*MiningProposal{}
	for _, p := range f.Proposals {
		out := &MiningProposal{Criteria: []*MiningCriterion{}, Matched: p.Matched, Rightly: p.Right, Fresh: p.New}
		for _, l := range p.Literals {
			out.Criteria = append(out.Criteria, &MiningCriterion{
				NamedCriterion: rolemodel.NamedCriterion{Dimension: f.ground.population.Dimensions[l.Dimension].Identifier, Key: called[l.Value].key, Inherit: l.Inherit},
				ValueID:        l.Value, Label: called[l.Value].label,
			})
		}
		list = append(list, out)
	}
	return list
}
