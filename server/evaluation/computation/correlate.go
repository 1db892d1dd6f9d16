package computation

import (
	"cmp"
	"slices"

	"writ/server/evaluation"
	"writ/server/evaluation/model"
)

// match is a target that correlation offers for a resource type.
type match struct {
	target     *evaluation.Resource
	rule       int64
	confidence int
	ambiguous  bool // somebody else has as good a claim
	hint       bool // an order of this owner was answered with exactly this key
	former     *evaluation.Former
}

// sure reports whether it may be linked without asking.
func (m match) sure() bool { return m.hint || m.confidence >= 100 && !m.ambiguous }

// candidates sorts the offered targets by resource type, best first. A target counts with its highest rule (role-model 5.3).
func (r *run) candidates(at func(*model.ResourceType) *plan) map[int64][]match {
	out := map[int64][]match{}
	add := func(t *model.ResourceType, m match) {
		at(t)
		list := out[t.ID]
		for i := range list {
			if list[i].target == m.target {
				if m.confidence > list[i].confidence || m.confidence == list[i].confidence && m.rule < list[i].rule {
					list[i] = m
				}
				return
			}
		}
		out[t.ID] = append(list, m)
	}
	for _, c := range r.o.Candidates {
		target := r.b.Resources[c.TargetID]
		if target == nil || target.Gone || r.o.Denied[c.TargetID] || r.o.Resource.Gone && c.RuleID != 0 {
			continue // who is gone finds nothing, but what was created for him is his until somebody takes it over
		}
		r.read(target.ID)
		if c.IsLeaving {
			continue
		}
		if c.RuleID == 0 {
			// the key that was reported for an order of this owner
			for _, x := range r.o.Types {
				if t := r.c.Types[x.ResourceTypeID]; t != nil && t.TargetEntityTypeID == target.EntityTypeID && x.CreatedKey != "" && x.CreatedKey == target.Key && x.TargetID == 0 {
					add(t, match{target: target, confidence: 150, hint: true, former: c.Former})
				}
			}
			continue
		}
		x := r.c.Rules[c.RuleID]
		if x == nil || x.Type == nil || x.Type.SourceEntityTypeID != r.o.Resource.EntityTypeID || x.Type.TargetEntityTypeID != target.EntityTypeID {
			continue
		}
		m := match{target: target, rule: x.ID, confidence: x.Confidence, ambiguous: c.Owners > 1, former: c.Former}
		m.hint = hinted(r.o, x.Type, target)
		add(x.Type, m)
	}
	for _, list := range out {
		slices.SortFunc(list, func(a, b match) int {
			if a.hint != b.hint {
				return map[bool]int{true: -1, false: 1}[a.hint]
			}
			return cmp.Or(cmp.Compare(b.confidence, a.confidence), cmp.Compare(a.rule, b.rule), cmp.Compare(a.target.ID, b.target.ID))
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
func correlate(multiple, suggestAll, has bool, offered []match) (linked, suggested []match) {
	if len(offered) == 0 {
		return nil, nil
	}
	var sure, unsure []match
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
	case suggestAll:
		if offered[0].hint && !has {
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
