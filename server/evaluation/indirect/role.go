package indirect

import (
	"maps"
	"slices"

	"writ/server/evaluation/model"
	"writ/server/rolemodel"
)

// Context is what an owner is now: the values of dimensions that a context rule gave (0: there is none).
type Context struct {
	RuleID int64
	Values map[string]int64
}

// Value is a value of a navigation of a resource type.
type Value struct {
	TypeID   int64
	Property string
	ID       int64
}

// Role is a role that values which are had through others speak of.
type Role struct {
	ID      int64
	Value   Value   // of a single role: what it was read from
	Singles []int64 // of a composite role: the single roles that it was read from
}

// Roles reads roles from what is had through others, as found roles are read from what targets show (role-model 12.5): a value that could come from
// several roles says nothing, a composite role needs all of its single roles and one that nothing else explains. Those held already are not told. Single
// roles come before composite ones.
func Roles(c *model.Compiled, sourceEntityTypeID int64, contexts []Context, held map[int64]bool, values []Value) []Role {
	src := c.Source(sourceEntityTypeID)
	r := &reader{src: src, made: map[int64][]*model.Matches{}}
	r.free = src.Matcher.Match(make([]int64, len(src.Matcher.Dimensions)))
	for _, x := range contexts {
		tuple := make([]int64, len(src.Matcher.Dimensions))
		for name, i := range src.Matcher.At {
			tuple[i] = x.Values[name]
		}
		r.made[x.RuleID] = append(r.made[x.RuleID], src.Matcher.Match(tuple))
	}
	out := r.singles(c, held, values)
	return append(out, r.composites(held, out)...)
}

type reader struct {
	src  *model.Source
	free *model.Matches
	made map[int64][]*model.Matches // by context rule
}

// applies reports whether the criteria of a rule hold, but for the role that it asks for.
func (r *reader) applies(x *model.Rule) bool {
	if x.Context < 0 {
		return r.free.Has(x)
	}
	return slices.ContainsFunc(r.made[r.src.Contexts[x.Context].ID], func(m *model.Matches) bool { return m.Has(x) })
}

func (r *reader) singles(c *model.Compiled, held map[int64]bool, values []Value) []Role {
	var out []Role
	seen := map[int64]bool{}
	for _, v := range values {
		t := c.Types[v.TypeID]
		if t == nil || t.ByName[v.Property] == nil {
			continue
		}
		only, sure := int64(0), true
		for _, g := range t.ByName[v.Property].Givers[v.ID] {
			if !g.Denied && r.applies(g) {
				sure = sure && (only == 0 || only == g.RoleID)
				only = g.RoleID
			}
		}
		if own := r.src.Roles[only]; sure && own != nil && !own.External && !held[only] && !seen[only] {
			seen[only] = true
			out = append(out, Role{ID: only, Value: v})
		}
	}
	return out
}

func (r *reader) composites(held map[int64]bool, found []Role) []Role {
	if len(found) == 0 {
		return nil
	}
	indirect, singles, explained := map[int64]bool{}, map[int64][]int64{}, map[int64]int{}
	for _, f := range found {
		indirect[f.ID] = true
	}
	for id, x := range r.src.Roles {
		if x.Kind != rolemodel.Composite || held[id] || x.External {
			continue
		}
		var of []int64
		whole, some := true, false
		for _, g := range r.src.ByRole[id] {
			if g.Gives == 0 || g.Denied || !g.Required() || r.src.Roles[g.Gives] == nil || r.src.Roles[g.Gives].Kind != rolemodel.Single || !r.applies(g) {
				continue
			}
			of = append(of, g.Gives)
			whole, some = whole && (held[g.Gives] || indirect[g.Gives]), some || indirect[g.Gives]
		}
		if whole && some {
			slices.Sort(of)
			singles[id] = slices.Compact(of)
			for _, s := range singles[id] {
				explained[s]++
			}
		}
	}
	var out []Role
	for _, id := range slices.Sorted(maps.Keys(singles)) {
		if slices.ContainsFunc(singles[id], func(s int64) bool { return indirect[s] && explained[s] == 1 }) {
			out = append(out, Role{ID: id, Singles: singles[id]})
		}
	}
	return out
}
