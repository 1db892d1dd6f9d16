package assignment

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/uptrace/bun"

	"writ/server/db"
	"writ/server/evaluation"
	"writ/server/rolemodel"
)

// mostAutomated is how many decisions of automation rules an explanation names: the last ones.
const mostAutomated = 50

// automation tells which automation rules decided about what the owner has, and since when it had waited (role-model 7); and, of now, which one will
// decide about what waits, or keeps others from it.
func (e *explainer) automation() ([]evaluation.Step, error) {
	steps, err := e.automated()
	if err != nil || e.past {
		return steps, err
	}
	list, err := whoWaits(e.ctx, e.s.DB, e.m.Automation, []int64{e.in.OwnerID})
	if err != nil {
		return nil, err
	}
	for _, x := range list {
		s := evaluation.Step{Kind: evaluation.StepAutomation, RuleID: x.rule.ID, Rule: x.rule.Identifier, RoleID: x.RoleID, ResourceTypeID: x.ResourceTypeID,
			Matched: x.at != nil, Denied: x.rule.Decision == rolemodel.Declines, From: &x.Since, To: x.at}
		if e.about.has(s) {
			s.Text = e.willDecide(x)
			steps = append(steps, s)
		}
	}
	return steps, nil
}

func (e *explainer) willDecide(x *undecided) string {
	waits := fmt.Sprintf("has waited as %s since %s", waitsAs(x.State), day(x.Since))
	what := e.named(x.RoleID, x.ResourceTypeID)
	switch {
	case x.at == nil:
		return fmt.Sprintf("%s %s. The automation rule %q never decides about it, so that no wider one does: a person has to.", what, waits, x.rule.DisplayName)
	case x.isBusy:
		return fmt.Sprintf("%s %s. The automation rule %q would %s it, and waits until the order about it is done.", what, waits, x.rule.DisplayName, automaticVerb(x.rule.Decision))
	case !x.at.After(e.batch.Now):
		return fmt.Sprintf("%s %s. The automation rule %q %ss it with the next computation.", what, waits, x.rule.DisplayName, automaticVerb(x.rule.Decision))
	default:
		return fmt.Sprintf("%s %s. The automation rule %q %ss it on %s, unless somebody decides before.", what, waits, x.rule.DisplayName, automaticVerb(x.rule.Decision), day(*x.at))
	}
}

func automaticVerb(d rolemodel.AutomationVerdict) string {
	if d == rolemodel.Declines {
		return "decline"
	}
	return "approve"
}

// waitsAs is the state of something that waits, for people.
func waitsAs(s evaluation.Workflow) string {
	switch s {
	case evaluation.PreExisting:
		return "pre-existing"
	case evaluation.Prolonged:
		return "prolonged"
	default:
		return "non-conforming"
	}
}

func (e *explainer) named(roleID, typeID int64) string {
	if r := e.m.Role(roleID); roleID != 0 && r != nil {
		return r.DisplayName
	}
	for _, t := range e.m.Source.ResourceTypes {
		if t.ID == typeID {
			return t.DisplayName
		}
	}
	return "It"
}

// automated reads what automation rules decided until the instant that is looked at from, the last ones.
func (e *explainer) automated() ([]evaluation.Step, error) {
	q := bun.SafeQuery(`select x.at, x.actor, x.from_state, x.to_state, x.comment, x.role_id, x.resource_type_id, x.began from (
			select h.id, h.at, h.actor, h.from_state, h.to_state, h.comment, a.role_id, 0::bigint as resource_type_id, coalesce((select max(p.at) from assignment_history p
				where p.assigned_role_id = a.id and p.id < h.id and p.to_state = h.from_state), a.valid_from) as began
			from assigned_role a join assignment_history h on h.assigned_role_id = a.id where a.owner_id = ?0
			union all
			select h.id, h.at, h.actor, h.from_state, h.to_state, h.comment, 0, t.resource_type_id, coalesce((select max(p.at) from assignment_history p
				where p.assigned_resource_type_id = t.id and p.id < h.id and p.to_state = h.from_state), t.valid_from)
			from assigned_resource_type t join assignment_history h on h.assigned_resource_type_id = t.id where t.owner_id = ?0
		) x where x.actor like 'automation rule %' and x.at <= ?1 order by x.id desc limit ?2`, e.in.OwnerID, e.axes.known, mostAutomated)
	var steps []evaluation.Step
	err := db.Select(e.ctx, e.s.DB, q, func(r *db.Row) error {
		at, actor := r.Time(), r.Text()
		from, to := evaluation.Workflow(r.Int()), evaluation.Workflow(r.Int())
		comment, roleID, typeID, began := r.Text(), r.Int(), r.Int(), r.Time()
		s := evaluation.Step{Kind: evaluation.StepAutomation, RoleID: roleID, ResourceTypeID: typeID, Matched: to.Holds(), Denied: !to.Holds(), From: &began, To: &at}
		if !e.about.has(s) {
			return nil
		}
		name := comment
		if id, err := strconv.ParseInt(strings.TrimPrefix(actor, "automation rule "), 10, 64); err == nil {
			for _, rule := range e.m.Source.AutomationRules {
				if rule.ID == id {
					s.RuleID, s.Rule, name = id, rule.Identifier, rule.DisplayName
				}
			}
		}
		verb := "approved"
		if s.Denied {
			verb = "declined"
		}
		s.Text = fmt.Sprintf("The automation rule %q %s %s on %s; it had waited as %s since %s.", name, verb, e.named(roleID, typeID), day(at), waitsAs(from), day(began))
		steps = append(steps, s)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read what automation rules decided: %w", err)
	}
	return steps, nil
}
