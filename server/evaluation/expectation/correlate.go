package expectation

import (
	"cmp"
	"slices"

	"writ/server/evaluation"
	"writ/server/evaluation/model"
)

// Match is a target that correlation offers for a resource type.
type Match struct {
	Target     *evaluation.Resource
	Rule       int64
	Confidence int
	Ambiguous  bool // somebody else has as good a claim
	hint       bool // an order of this owner was answered with exactly this key
	former     *evaluation.Former
}

// sure reports whether it may be linked without asking.
func (m Match) sure() bool { return m.hint || m.Confidence >= 100 && !m.Ambiguous }

// candidates sorts the offered targets by resource type, best first. A target counts with its highest rule (role-model 5.3).
func (r *Run) candidates(at func(*model.ResourceType) *Plan) map[int64][]Match {
	out := map[int64][]Match{}
	add := func(t *model.ResourceType, m Match) {
		at(t)
		list := out[t.ID]
		for i := range list {
			if list[i].Target == m.Target {
				if m.Confidence > list[i].Confidence || m.Confidence == list[i].Confidence && m.Rule < list[i].Rule {
					list[i] = m
				}
				return
			}
		}
		out[t.ID] = append(list, m)
	}
	for _, c := range r.Owner.Candidates {
		target := r.Batch.Resources[c.TargetID]
		if target == nil || target.Gone || r.Owner.Denied[c.TargetID] || r.Owner.Resource.Gone && c.RuleID != 0 {
			continue // who is gone finds nothing, but what was created for him is his until somebody takes it over
		}
		r.read(target.ID)
		if c.IsLeaving {
			continue
		}
		if c.RuleID == 0 {
			// the key that was reported for an order of this owner
			for _, x := range r.Owner.Types {
				if t := r.Model.Types[x.ResourceTypeID]; t != nil && t.TargetEntityTypeID == target.EntityTypeID && x.CreatedKey != "" && x.CreatedKey == target.Key && x.TargetID == 0 {
					add(t, Match{Target: target, Confidence: 150, hint: true, former: c.Former})
				}
			}
			continue
		}
		x := r.Model.Rules[c.RuleID]
		if x == nil || x.Type == nil || x.Type.SourceEntityTypeID != r.Owner.Resource.EntityTypeID || x.Type.TargetEntityTypeID != target.EntityTypeID {
			continue
		}
		m := Match{Target: target, Rule: x.ID, Confidence: x.Confidence, Ambiguous: c.Owners > 1, former: c.Former}
		m.hint = hinted(r.Owner, x.Type, target)
		add(x.Type, m)
	}
	for _, list := range out {
		slices.SortFunc(list, func(a, b Match) int {
			if a.hint != b.hint {
				return map[bool]int{true: -1, false: 1}[a.hint]
			}
			return cmp.Or(cmp.Compare(b.Confidence, a.Confidence), cmp.Compare(a.Rule, b.Rule), cmp.Compare(a.Target.ID, b.Target.ID))
		})
	}
	return out
}

// hinted reports whether an order of this owner was answered with exactly this key.
func hinted(o *evaluation.Owner, t *model.ResourceType, target *evaluation.Resource) bool {
	for _, x := range o.Types {
		if x.ResourceTypeID == t.ID && x.CreatedKey != "" && x.CreatedKey == target.Key {
			return true
		}
	}
	return false
}

// correlate applies the table of role-model 5.3: what is linked at once and what is only suggested. has: the owner has a target of the type.
func correlate(multiple, suggestAll, has bool, offered []Match) (linked, suggested []Match) {
	if len(offered) == 0 {
		return nil, nil
	}
	var sure, unsure []Match
	for _, m := range offered {
		if m.sure() {
			sure = append(sure, m)
		} else {
			unsure = append(unsure, m)
		}
	}
	switch {
	case multiple && suggestAll:
		return sure, unsure
	case multiple && has:
		return sure, nil
	case multiple && len(sure) > 0:
		return sure, nil
	case multiple:
		return nil, unsure
	case suggestAll && has:
		return nil, sure // who has one is asked about those only that are surely his
	case suggestAll:
		if offered[0].hint {
			return offered[:1], nil // no guess: the system itself said that this is the one
		}
		return nil, offered
	case has:
		return nil, nil
	case len(sure) > 0:
		return sure[:1], nil
	default:
		return nil, unsure[:1]
	}
}
