package expectation

import (
	"fmt"
	"slices"

	"writ/server/evaluation"
	"writ/server/evaluation/interval"
)

// Grant names what rules newly give (evaluation.Grant), so that it can be kept back.
type Grant struct {
	RoleID     int64
	parameters string
	from       int64
	TypeID     int64
	Property   string
	ValueID    int64
}

// Withheld is what is kept back from an owner (role-model 9.5): it counts as not given.
type Withheld map[Grant]bool

// Fresh is a time for which rules newly give a role: no row of the owner gives it yet.
type Fresh struct {
	Grant
	Of evaluation.Grant
}

func grantOf(roleID int64, p period) Grant {
	return Grant{RoleID: roleID, parameters: fmt.Sprint(p.params), from: p.From} // in the order of the keys
}

// Value is the grant of one value of a resource type.
func Value(typeID int64, property string, valueID int64) Grant {
	return Grant{TypeID: typeID, Property: property, ValueID: valueID}
}

// withhold marks the times of a role that are kept back, and notes those that are new. from: the rows that go on as them.
func (r *Run) withhold(id int64, keep []period, from []*evaluation.AssignedRole) {
	for i := range keep {
		p := &keep[i]
		if p.missing || from[i] != nil && from[i].Workflow != evaluation.Blocked && from[i].Workflow != evaluation.RuleMissingParameters {
			continue
		}
		g := grantOf(id, *p)
		of := evaluation.Grant{RoleID: id, Parameters: p.params}
		of.From, of.To = interval.Moments(p.Interval)
		r.Fresh = append(r.Fresh, Fresh{g, of})
		if p.blocked = r.Withheld[g]; p.blocked {
			if r.Kept == nil {
				r.Kept = map[int64]interval.Set{}
			}
			r.Kept[id] = r.Kept[id].Union(interval.Of(p.Interval))
		}
	}
}

// ByHand reports whether a person gave a role.
func (r *Run) ByHand(roleID int64) bool {
	return slices.ContainsFunc(r.variants[roleID], func(h hold) bool { return h.byHand })
}

// without takes the values out that are kept back.
func (r *Run) without(p *Plan, property string, spans []evaluation.Span) []evaluation.Span {
	if len(r.Withheld) == 0 {
		return spans
	}
	return slices.DeleteFunc(slices.Clone(spans), func(s evaluation.Span) bool {
		return s.Error == "" && (s.ID != 0 || s.Value != "") && r.Withheld[Value(p.ID, property, s.ID)]
	})
}
