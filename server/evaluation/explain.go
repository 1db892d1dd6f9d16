package evaluation

import (
	"fmt"
	"slices"
	"strings"

	"writ/server/rolemodel"
)

// explainRole tells whether a rule of a role holds.
func (r *run) explainRole(x *rule, over set) {
	if r.res.Trace == nil {
		return
	}
	kind := "single_role"
	if t := r.src.roles[x.gives]; t != nil && t.Kind == rolemodel.Composite {
		kind = "composite_role"
	}
	r.stepsOf(Step{Kind: kind, RuleID: x.id, Rule: x.identifier, RoleID: x.gives}, x, over)
}

// explainRoles adds the rules that did not even come into question, with the criterion that failed.
func (r *run) explainRoles(func(*rule), map[int64][]*rule) {
	for _, x := range r.src.matcher.rules {
		if x.gives != 0 && x.roleID == 0 && len(r.when(x, false)) == 0 {
			r.explainRole(x, nil)
		}
	}
}

// stepsOf adds one step per interval of a rule, or one that says why not.
func (r *run) stepsOf(s Step, x *rule, over set) {
	if len(over) == 0 {
		s.Text = r.whyNot(x)
		r.step(s)
		return
	}
	s.Matched = true
	s.Text = whyText(x)
	for _, i := range over {
		s.From, s.To = moments(i)
		r.step(s)
	}
}

func whyText(x *rule) string {
	if x.denied {
		return "The rule forbids it."
	}
	if !x.required() {
		return "The rule only suggests it."
	}
	if !x.hasCriteria() {
		return "The rule concerns everybody."
	}
	var parts []string
	for _, c := range x.criteria {
		text := c.dimension + " = " + c.key
		if c.inherit {
			text += " and below"
		}
		parts = append(parts, text)
	}
	if x.roleID != 0 {
		parts = append(parts, fmt.Sprintf("role %d is held", x.roleID))
	}
	return strings.Join(parts, ", ") + "."
}

// whyNot names the criteria of a rule that fail.
func (r *run) whyNot(x *rule) string {
	contexts := r.contextsOf(x)
	if len(contexts) == 0 {
		return "There is no context: the owner is gone, or none of its records counts."
	}
	var parts []string
	for _, c := range contexts {
		if x.policyBit != x.bit && !c.match.bits.Contains(x.policyBit) {
			parts = append(parts, "the owner is not in the population of the rule's policy")
		}
		for _, k := range x.criteria {
			if !r.satisfies(c, k) {
				has := "none"
				if id := c.Dimensions[k.dimension]; id != 0 {
					has = r.label(id)
					if has == "" {
						has = fmt.Sprint(id)
					}
				}
				parts = append(parts, fmt.Sprintf("%s is %s, not %s", k.dimension, has, k.key))
			}
		}
	}
	if x.roleID != 0 && len(r.held[x.roleID]) == 0 {
		parts = append(parts, fmt.Sprintf("role %d is not held", x.roleID))
	}
	if len(parts) == 0 {
		return "Its criteria never hold at the same time."
	}
	slices.Sort(parts)
	return strings.Join(slices.Compact(parts), "; ") + "."
}

func (r *run) satisfies(c context, k criterion) bool {
	id := c.Dimensions[k.dimension]
	if id == 0 || k.value == 0 {
		return false
	}
	if id == k.value {
		return true
	}
	at, ok := r.src.matcher.at[k.dimension]
	return ok && k.inherit && slices.Contains(r.src.matcher.dims[at].ancestors[id], k.value)
}

// explainTypes tells of every rule of every resource type whether it gives something, and of the values what they are.
func (r *run) explainTypes(plans map[int64]*plan) {
	for _, t := range r.src.types {
		for _, x := range r.src.matcher.rules {
			if x.typ != t || x.kind == rolemodel.CorrelationRule || x.kind == rolemodel.ClassificationRule {
				continue
			}
			s := Step{Kind: "resource_type", RuleID: x.id, Rule: x.identifier, RoleID: x.roleID, ResourceTypeID: t.ID}
			if x.prop != nil {
				s.Kind, s.Property, s.Value = "property", x.prop.Identifier, x.label
			}
			if x.value != nil {
				r.world.vars = [3]*Resource{sourceRoot: r.o.Resource, recordRoot: r.recordOf(x)}
				v, err := x.value.text(r.world)
				if s.Value = v; err != nil {
					s.Text = "The rule fails: " + err.Error()
					r.step(s)
					continue
				}
			}
			if p := plans[t.ID]; s.Kind == "property" && (p == nil || len(p.base) == 0) && x.kind != rolemodel.NavigationRule {
				s.Text = "The owner does not get the resource type, so its values are not computed."
				r.step(s)
				continue
			}
			r.stepsOf(s, x, x.applied(r.when(x, false)))
		}
	}
}

// explainCorrelation tells which targets were found and what becomes of them.
func (r *run) explainCorrelation(p *plan, linked, suggested []match) {
	if r.res.Trace == nil {
		return
	}
	for _, m := range linked {
		r.step(Step{Kind: "correlation", RuleID: m.rule, Rule: r.c.nameOfRule(m.rule), ResourceTypeID: p.ID, Value: m.target.Key, Matched: true,
			Text: fmt.Sprintf("%s is linked, confidence %d.", m.target.Key, m.confidence)})
	}
	for _, m := range suggested {
		text := fmt.Sprintf("%s is suggested, confidence %d.", m.target.Key, m.confidence)
		if m.ambiguous {
			text = fmt.Sprintf("%s is only suggested: other owners have an equal claim (AMBIGUOUS_OWNER).", m.target.Key)
		}
		r.step(Step{Kind: "correlation", RuleID: m.rule, Rule: r.c.nameOfRule(m.rule), ResourceTypeID: p.ID, Value: m.target.Key, Text: text})
	}
}

func (c *Compiled) nameOfRule(id int64) string {
	if x := c.rules[id]; x != nil {
		return x.identifier
	}
	return ""
}
