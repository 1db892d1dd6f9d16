package assignment

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/uptrace/bun"

	"writ/server/db"
	"writ/server/evaluation"
	"writ/server/evaluation/model"
	"writ/server/permit"
	"writ/server/rolemodel"
)

// Automatic is what an automation rule decides at once: about found roles, about prolonged roles, or about accounts by the differences they stand for.
type Automatic struct {
	Rule                       *rolemodel.AutomationRule
	Roles, Prolonged, Accounts []int64
}

// AuthorOf is the author of what an automation rule decides, in history and events.
func AuthorOf(r *rolemodel.AutomationRule) string { return fmt.Sprintf("automation rule %d", r.ID) }

// AutomaticDecision is what an automation rule decides about something that waits. It is the GraphQL type too.
type AutomaticDecision struct {
	Rule     string // identifier
	RuleName string
	Decision string     // as a word
	At       *time.Time // nil: never
}

// Automatic is what an automation rule decides about an assignment, whose owner is gone from his source or not; nil: none is about it.
func (m *Model) Automatic(w model.Waiting, isOwnerGone bool) *AutomaticDecision {
	r, at := m.Automation.RuleFor(w)
	if r == nil || !decidable(r, w, isOwnerGone) {
		return nil
	}
	return &AutomaticDecision{Rule: r.Identifier, RuleName: r.DisplayName, Decision: r.DecisionWord(), At: at}
}

// decidable reports whether a reviewer could decide so: nobody keeps an account as that of somebody who is gone.
func decidable(r *rolemodel.AutomationRule, w model.Waiting, isOwnerGone bool) bool {
	return w.RoleID != 0 || !isOwnerGone || r.Decision == rolemodel.Declines
}

// undecided is an assignment of an owner that an automation rule may be about.
type undecided struct {
	model.Waiting
	id      int64 // of the assigned role; of the difference that an account stands for
	owner   int64
	isGone  bool // the owner left: nothing is his any more, so nothing can be kept as his
	isBusy  bool // an order about it is under way: nobody decides about it meanwhile
	rule    *rolemodel.AutomationRule
	at      *time.Time
	waiting bool // by an older decision of this pass
}

// anotherTry is when something is looked at again about which nobody could decide.
const anotherTry = 15 * time.Minute

// automate has automation rules decide about owners who were just computed, in the same transaction (role-model 7.3): about composite roles, else
// about single roles, else about resource types. Whoever got a decision is computed again with it, and what follows is decided then: one step per
// evaluation. For whom a rule still waits it notes when to look again, which MarkDue does. A fixed number of statements, and those of a decision for
// each rule that decides.
func (s *Service) automate(ctx context.Context, tx bun.Tx, m *Model, b *evaluation.Batch, failed map[int64]error) error {
	owners := make([]int64, 0, len(b.Owners))
	for _, o := range b.Owners {
		if failed[o.Resource.ID] == nil {
			owners = append(owners, o.Resource.ID)
		}
	}
	list, err := whoWaits(ctx, tx, m.Automation, owners)
	if err != nil {
		return err
	}
	decided := map[int64]bool{}
	for _, target := range []rolemodel.AutomationAbout{rolemodel.AutomatesComposite, rolemodel.AutomatesSingle, rolemodel.AutomatesType} {
		due := map[*rolemodel.AutomationRule][]*undecided{}
		for _, x := range list {
			if !decided[x.owner] && x.at != nil && !x.at.After(b.Now) && !x.isBusy && m.Automation.Target(x.Waiting) == target {
				due[x.rule] = append(due[x.rule], x)
			}
		}
		now := map[int64]bool{}
		for _, r := range slices.SortedFunc(maps.Keys(due), func(a, b *rolemodel.AutomationRule) int { return cmp.Compare(a.ID, b.ID) }) {
			left, err := s.Decide(permit.With(ctx, permit.System(AuthorOf(r))), tx, m, automatic(r, due[r]))
			if err != nil {
				return fmt.Errorf("automation rule %s: %w", r.Identifier, err)
			}
			for _, x := range due[r] {
				if x.waiting = slices.Contains(left, x.id); !x.waiting {
					now[x.owner] = true
				}
			}
		}
		maps.Copy(decided, now)
	}
	return lookAgain(ctx, tx, owners, nextOf(b.Now, list))
}

func automatic(r *rolemodel.AutomationRule, list []*undecided) Automatic {
	out := Automatic{Rule: r}
	for _, x := range list {
		if x.RoleID != 0 && x.State == evaluation.Prolonged {
			out.Prolonged = append(out.Prolonged, x.id)
		} else if x.RoleID != 0 {
			out.Roles = append(out.Roles, x.id)
		} else {
			out.Accounts = append(out.Accounts, x.id)
		}
	}
	return out
}

// nextOf tells by owner when the next rule decides. Whom a decision was made about is computed again, and noted then.
func nextOf(now time.Time, list []*undecided) map[int64]time.Time {
	next := map[int64]time.Time{}
	for _, x := range list {
		if x.at == nil {
			continue
		}
		at := *x.at
		switch {
		case at.After(now):
		case x.isBusy, x.waiting:
			at = now.Add(anotherTry)
		default:
			continue
		}
		if was, ok := next[x.owner]; !ok || at.Before(was) {
			next[x.owner] = at
		}
	}
	return next
}

// lookAgain notes when owners are due; who is not in next waits for no rule.
func lookAgain(ctx context.Context, tx bun.Tx, owners []int64, next map[int64]time.Time) error {
	type row struct {
		Owner int64      `json:"owner"`
		At    *time.Time `json:"at"`
	}
	rows := make([]row, len(owners))
	for i, id := range owners {
		rows[i].Owner = id
		if at, ok := next[id]; ok {
			rows[i].At = &at
		}
	}
	_, err := tx.NewRaw(`update owner_state s set automation_due_at = r.at from jsonb_to_recordset(?::jsonb) r (owner bigint, at timestamptz)
		where s.owner_id = r.owner and s.automation_due_at is distinct from r.at`, string(jsonb(rows))).Exec(ctx)
	if err != nil {
		return fmt.Errorf("note when automation rules decide: %w", err)
	}
	return nil
}

// whoWaits reads what automation rules are about, of owners, each with the rule that decides and when. What somebody put off is left alone until it
// is taken up again.
func whoWaits(ctx context.Context, idb bun.IDB, a *model.Automation, owners []int64) ([]*undecided, error) {
	if len(a.States()) == 0 || len(owners) == 0 {
		return nil, nil
	}
	var list []*undecided
	add := func(x *undecided) {
		if x.rule, x.at = a.RuleFor(x.Waiting); x.rule != nil && decidable(x.rule, x.Waiting, x.isGone) {
			list = append(list, x)
		}
	}
	states := numbers(a.States())
	if err := db.Select(ctx, idb, bun.SafeQuery(`select a.id, a.owner_id, a.role_id, a.workflow_state, a.workflow_state_changed_at, a.parameters::text
		from assigned_role a where a.owner_id = any (?) and a.valid_to = 'infinity' and a.origin in (?, ?) and a.workflow_state = any (?) and not a.is_denied and a.postponed_at is null order by a.id`,
		ids(owners), evaluation.OriginFound, evaluation.OriginGrace, states), func(r *db.Row) error {
		x := &undecided{id: r.Int(), owner: r.Int()}
		x.RoleID, x.State, x.Since = r.Int(), evaluation.Workflow(r.Int()), r.Time()
		if err := json.Unmarshal([]byte(r.Text()), &x.Parameters); err != nil {
			return err
		}
		add(x)
		return nil
	}); err != nil {
		return nil, fmt.Errorf("look which roles wait for an automation rule: %w", err)
	}
	if err := db.Select(ctx, idb, bun.SafeQuery(`select g.id, a.owner_id, a.resource_type_id, a.workflow_state, a.workflow_state_changed_at, w.valid_to <> 'infinity',
			exists (select from provisioning_order o where o.assigned_resource_type_id = a.id and o.closed_at is null)
		from assigned_resource_type a join gap g on g.assigned_resource_type_id = a.id and g.closed_at is null and g.property is null and g.postponed_at is null
			join resource w on w.id = a.owner_id
		where a.owner_id = any (?) and a.valid_to = 'infinity' and a.workflow_state = any (?) and not a.is_denied order by g.id`, ids(owners), states), func(r *db.Row) error {
		x := &undecided{id: r.Int(), owner: r.Int()}
		x.ResourceTypeID, x.State, x.Since, x.isGone, x.isBusy = r.Int(), evaluation.Workflow(r.Int()), r.Time(), r.Bool(), r.Bool()
		add(x)
		return nil
	}); err != nil {
		return nil, fmt.Errorf("look which accounts wait for an automation rule: %w", err)
	}
	return list, nil
}
