package assignment

import (
	"fmt"
	"slices"
	"strings"

	"github.com/uptrace/bun"

	"writ/server/db"
	"writ/server/evaluation"
)

// recognition tells why accounts are taken for those of the owner (role-model 5): by which rule, or who decided it, and who let rules say it again. Of
// now only: keys have no past.
func (e *explainer) recognition() ([]evaluation.Step, error) {
	if e.past {
		return nil, nil
	}
	var rows []*evaluation.ExistingType
	var targets, accounts []int64
	for _, x := range e.batch.Owners[0].Types {
		s := evaluation.Step{Kind: evaluation.StepCorrelation, ResourceTypeID: x.ResourceTypeID}
		if x.TargetID != 0 && e.batch.Resources[x.TargetID] != nil && e.about.has(s) {
			rows, targets, accounts = append(rows, x), append(targets, x.TargetID), append(accounts, x.ID)
		}
	}
	if len(rows) == 0 {
		return nil, nil
	}
	found, err := e.s.FoundBy(e.ctx, e.s.DB, e.m, targets)
	if err != nil {
		return nil, err
	}
	said, err := e.decidedBy(accounts)
	if err != nil {
		return nil, err
	}
	var steps []evaluation.Step
	for _, x := range rows {
		account := e.batch.Resources[x.TargetID].DisplayName
		add := func(rule int64, confidence int, text string) {
			steps = append(steps, evaluation.Step{Kind: evaluation.StepCorrelation, RuleID: rule, Rule: e.m.Compiled.NameOfRule(rule), ResourceTypeID: x.ResourceTypeID, ResourceID: x.TargetID,
				Matched: true, Confidence: confidence, Text: text})
		}
		for _, text := range said[x.ID] {
			if x.IsFrozen || !strings.HasPrefix(text, "keep ") {
				add(0, 0, account+strings.TrimPrefix(strings.TrimPrefix(text, "keep "), "reset "))
			}
		}
		at := slices.IndexFunc(found[x.TargetID], func(f Found) bool {
			return f.OwnerID == e.in.OwnerID && f.ResourceTypeID == x.ResourceTypeID
		})
		if at >= 0 {
			f := found[x.TargetID][at]
			add(f.RuleID, f.Confidence, fmt.Sprintf("%s is found by the rule %s with confidence %d %%: both have %s.", account, e.m.Compiled.NameOfRule(f.RuleID), f.Confidence, f.Value))
		}
	}
	return steps, nil
}

// decidedBy gives, by assigned resource type, who decided last that an account is kept, and who let rules say it again: sentences behind the action.
func (e *explainer) decidedBy(accounts []int64) (map[int64][]string, error) {
	out := map[int64][]string{}
	err := db.Select(e.ctx, e.s.DB, bun.SafeQuery(`select h.assigned_resource_type_id, h.action, coalesce(nullif(u.display_name, ''), h.actor), h.at, h.comment from (
			select distinct on (assigned_resource_type_id, action) * from assignment_history where assigned_resource_type_id = any (?) and action in ('keep', 'reset')
			order by assigned_resource_type_id, action, id desc) h
		left join local_user u on u.username = h.actor order by h.id`, ids(accounts)), func(r *db.Row) error {
		id, action, who := r.Int(), r.Text(), r.Text()
		at, comment := r.Time(), r.Text()
		text := fmt.Sprintf("%s  was decided to be this owner's by %s on %s: rules do not change it", action, who, day(at))
		if Action(action) == Reset {
			text = fmt.Sprintf("%s  was left to the rules again by %s on %s", action, who, day(at))
		}
		if comment != "" {
			text += fmt.Sprintf(" (%s)", comment)
		}
		out[id] = append(out[id], text+".")
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("explain: who decided whose accounts are: %w", db.Explain(err))
	}
	return out, nil
}
