package remedy_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"writ/server/evaluation"
	"writ/server/evaluation/computation"
	"writ/server/evaluation/model"
	"writ/server/rolemodel"
)

// explained computes the person with reasons.
func (c *company) explained(t require.TestingT) evaluation.Result {
	compiled, _ := model.Compile(c.m, c.shape, c.keys)
	b := c.batch()
	b.Explain = true
	res := computation.Evaluate(compiled, b)[0]
	require.NoError(t, res.Err)
	return res
}

// given are the values in force: by property the spans, with the rules behind them.
func given(r evaluation.Result) map[string][]evaluation.Span {
	out := map[string][]evaluation.Span{}
	for _, d := range r.Types {
		if d.CloseRow || !d.IsExpected {
			continue
		}
		for name, spans := range d.Expected.Properties {
			for _, s := range spans {
				if s.InForce {
					out[name] = append(out[name], s)
				}
			}
		}
	}
	return out
}

// without takes rules out of the model: of roles and of resource types.
func (c *company) without(role, typ func(id int64) bool) *company {
	d := c.clone()
	d.m.RoleRules = slices.DeleteFunc(slices.Clone(c.m.RoleRules), func(r *rolemodel.RoleRule) bool { return role(r.ID) })
	d.m.Rules = slices.DeleteFunc(slices.Clone(c.m.Rules), func(r *rolemodel.ResourceTypeRule) bool { return typ(r.ID) })
	return d
}

func none(int64) bool { return false }

// TestEveryValueIsExplained takes random companies. Every value has a step of the explanation for each rule behind it, with the value; the rules that
// the explanation says apply are enough to compute the same again; and a premise that is taken away, be it a rule, the role that it asks
// for, or the value of a record that it asks for, makes another result.
func TestEveryValueIsExplained(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		c, _ := draw(rt)
		res := c.explained(rt)
		values := given(res)
		roleRules, typeRules := map[int64]bool{}, map[int64]bool{}
		for _, s := range res.Trace.Steps {
			switch {
			case !s.Matched || s.RuleID == 0:
			case s.Kind == evaluation.StepSingleRole || s.Kind == evaluation.StepCompositeRole:
				roleRules[s.RuleID] = true
			case s.Kind != evaluation.StepContext:
				typeRules[s.RuleID] = true
			}
		}
		replayed := c.without(func(id int64) bool { return !roleRules[id] }, func(id int64) bool { return !typeRules[id] })
		require.Equal(rt, values, given(replayed.explained(rt)), "the rules that apply are enough")

		for name, spans := range values {
			for _, span := range spans {
				require.NotEmpty(rt, span.Rules)
				for _, rule := range span.Rules {
					at := slices.IndexFunc(res.Trace.Steps, func(s evaluation.Step) bool {
						return s.Kind == evaluation.StepProperty && s.RuleID == rule && s.Property == name && s.Matched && !s.Denied && !s.Overruled && s.Value == span.Value
					})
					require.GreaterOrEqual(rt, at, 0, "the rule %d of %s = %q is explained", rule, name, span.Value)
					c.takeAway(rt, values, name, rule, res.Trace.Steps)
				}
			}
		}
	})
}

// takeAway takes one premise after the other of a rule behind a value.
func (c *company) takeAway(rt *rapid.T, values map[string][]evaluation.Span, name string, rule int64, steps []evaluation.Step) {
	gone := c.without(none, func(id int64) bool { return id == rule })
	require.NotEqual(rt, values[name], given(gone.explained(rt))[name], "without the rule")

	role, asks := int64(0), false
	less := c.clone()
	for _, s := range steps {
		if s.Kind != evaluation.StepProperty || s.RuleID != rule || !s.Matched {
			continue
		}
		role = s.NeedsRoleID
		for _, k := range s.Criteria {
			require.True(rt, k.Holds)
			asks = true
			for _, id := range c.records { // each context for which the rule applies has a step; they are of these records
				less.res[id].Links[k.Dimension] = nil
			}
		}
	}
	if asks {
		require.NotEqual(rt, values[name], given(less.explained(rt))[name], "without the values that its criteria ask for")
	}
	if role == 0 {
		return
	}
	byRule := map[int64]bool{}
	for _, s := range steps {
		if (s.Kind == evaluation.StepSingleRole || s.Kind == evaluation.StepCompositeRole) && s.RoleID == role && s.Matched && !s.Denied {
			byRule[s.RuleID] = true
		}
	}
	less = c.without(func(id int64) bool { return byRule[id] }, none)
	less.owner.Roles = slices.DeleteFunc(less.owner.Roles, func(r *evaluation.AssignedRole) bool { return r.RoleID == role && !r.IsDenied })
	require.NotEqual(rt, values[name], given(less.explained(rt))[name], "without the role that it asks for")
}
