package deduction

import (
	"cmp"
	"maps"
	"slices"

	"writ/server/evaluation"
	"writ/server/evaluation/expectation"
	"writ/server/evaluation/interval"
	"writ/server/evaluation/model"
	"writ/server/rolemodel"
)

// deduction is what the values of an owner's targets say about his roles (role-model 12.5): rules read backwards. Every computation makes it anew from
// what rules and people want and from what the targets show, so that it comes to the same whatever was found before.
//
// A found role is held, but for what it alone would bring: no target is made by it, a value that it explains waits for a decision together with it, and
// a value that it lacks is asked for with a review. Nothing that only a found role wanted is ever taken for Writ's own work.
type deduction struct {
	*expectation.Run
	targets Targets
	places  []*place
	shown   map[valueThere]bool // what any target of the owner shows
	given   map[int64]bool      // resource types of which he has, or gets, a target
	roles   map[int64]*deduced
	blocked map[int64]bool // not to be found: held, denied, or refused and on its way out
	refused map[int64]bool // rules by which refused roles were found
}

// deduced is one role that is found.
type deduced struct {
	by, lacking []int64
	through     int64 // the found composite role that explains it
}

// place is a target whose values say something about roles.
type place struct {
	*expectation.Plan
	*expectation.Seat
	open    map[evaluation.Pointed]bool // nothing explains them
	leaving map[evaluation.Pointed]bool // a role that explained them was refused
}

// valueThere is one value of a property of a resource type.
type valueThere struct {
	typeID int64
	evaluation.Pointed
}

// Targets tells what is known already of what is done about targets.
type Targets struct {
	// Leaves: the target of a seat goes, or is on its way out.
	Leaves func(p *expectation.Plan, s *expectation.Seat) bool
	// Standing is what somebody decided about a value, if anybody did, and whether it is Writ's own work.
	Standing func(p *expectation.Plan, s *expectation.Seat, q *model.Property, id int64) (decision *evaluation.Kept, ours bool)
}

// Of reads roles from the targets that rows have, and tells each row what follows for its values.
func Of(r *expectation.Run, targets Targets) {
	d := &deduction{Run: r, targets: targets, shown: map[valueThere]bool{}, given: map[int64]bool{}, roles: map[int64]*deduced{}, blocked: map[int64]bool{}, refused: map[int64]bool{}}
	if !r.Owner.Resource.Gone {
		d.known()
		for _, p := range r.Plans {
			for _, s := range p.Seats {
				d.look(p, s)
			}
		}
		d.refusals()
		d.singles()
		d.composites()
		d.hold()
		for _, x := range d.places {
			d.tell(x)
		}
	}
	d.rows()
}

// known notes what is decided about roles already.
func (d *deduction) known() {
	for id, over := range d.Held {
		if _, now := over.At(d.Now); now {
			d.blocked[id] = true
		}
	}
	for id := range d.Kept {
		d.blocked[id] = true // by a risk: what shows something of it gives it no more than a rule does
	}
	for _, row := range d.Owner.Roles {
		over := interval.Interval{From: interval.StartOf(row.Start), To: interval.EndOf(row.End)}
		switch {
		case row.Workflow.Pending(): // it is only asked for
		case row.IsDenied && over.Has(d.Now):
			d.blocked[row.RoleID] = true
		case row.WasRefused():
			for _, id := range row.FoundBy {
				d.refused[id] = true
			}
		}
	}
}

// applies reports whether a rule's criteria hold now, but for the role that it asks for.
func (d *deduction) applies(x *model.Rule) bool {
	contexts := d.ContextsOf(x)
	for i := range contexts {
		if c := &contexts[i]; c.Over.Has(d.Now) && c.Match.Has(x) {
			return true
		}
	}
	return false
}

// brings are the rules that a role makes true now.
func (d *deduction) brings(roleID int64) (list []*model.Rule) {
	for _, x := range d.Source.ByRole[roleID] {
		if x.Gives == 0 && !x.Denied && (x.Kind.Fixed || x.Kind.Gives && x.Required()) && d.applies(x) {
			list = append(list, x)
		}
	}
	return list
}

func valueAt(x *model.Rule) valueThere {
	return valueThere{x.Type.ID, evaluation.Pointed{Property: x.Property.Identifier, ID: x.Resource}}
}

// look finds what nothing explains of a target. One that goes, or may be somebody else's, says nothing about roles.
func (d *deduction) look(p *expectation.Plan, s *expectation.Seat) {
	if s.Want.OK || s.Target != nil {
		d.given[p.ID] = true
	}
	if s.Target == nil {
		return
	}
	x := &place{Plan: p, Seat: s, open: map[evaluation.Pointed]bool{}, leaving: map[evaluation.Pointed]bool{}}
	silent := d.targets.Leaves(p, s) || !s.Want.OK && s.Confidence > 0 && s.Confidence < 100 && !s.Row.IsFrozen
	for _, q := range p.Props {
		if q.Givers == nil {
			continue
		}
		spans := s.Want.Expected.Properties[q.Identifier]
		unknown := slices.ContainsFunc(spans, func(s evaluation.Span) bool { return s.Error != "" })
		for _, id := range s.Target.Links[q.Identifier] {
			v := evaluation.Pointed{Property: q.Identifier, ID: id}
			d.shown[valueThere{p.ID, v}] = true
			if silent || unknown || s.Want.Forbid[q.Identifier][id] ||
				slices.ContainsFunc(spans, func(s evaluation.Span) bool { return s.InForce && (s.ID == id || !q.Many() && s.ID != 0) }) {
				continue // wanted, forbidden, or something else is computed
			}
			decision, ours := d.targets.Standing(p, s, q, id)
			switch {
			case decision != nil && decision.Workflow != evaluation.Calculated:
			case slices.ContainsFunc(q.Givers[id], func(g *model.Rule) bool { return d.refused[g.ID] }):
				x.leaving[v] = true
			case decision == nil && !ours:
				x.open[v] = true
			}
		}
	}
	if !silent {
		d.places = append(d.places, x)
	}
}

// refusals keeps refused roles from being found as long as something that they explained is there. What shows something of them afterwards says so at
// once: the refusal ends with this computation, and the next would find them.
func (d *deduction) refusals() {
	goes := map[int64]bool{}
	for _, x := range d.places {
		for v := range x.leaving {
			for _, g := range x.ByName[v.Property].Givers[v.ID] {
				goes[g.RoleID] = true
			}
		}
	}
	for _, row := range d.refusedThrough(goes) {
		d.blocked[row.RoleID] = true
	}
}

// refusedThrough gives the refused roles of which something goes still; a composite role goes with its single roles, which is noted.
func (d *deduction) refusedThrough(goes map[int64]bool) (rows []*evaluation.AssignedRole) {
	for _, x := range d.Owner.Roles {
		if x.WasRefused() && goes[x.RoleID] && x.InferredByID != 0 {
			goes[x.InferredByID] = true
		}
	}
	for _, x := range d.Owner.Roles {
		if x.WasRefused() && goes[x.RoleID] {
			rows = append(rows, x)
		}
	}
	return rows
}

// singles finds the roles of which a value speaks that nothing else could explain.
func (d *deduction) singles() {
	for _, x := range d.places {
		for v := range x.open {
			only, sure := int64(0), true
			for _, g := range x.ByName[v.Property].Givers[v.ID] {
				if !d.applies(g) {
					continue
				}
				if sure = only == 0 || only == g.RoleID; !sure {
					break
				}
				only = g.RoleID
			}
			if own := d.Source.Roles[only]; sure && own != nil && !d.blocked[only] && !own.External { // another tool says who holds what is external
				d.find(only)
			}
		}
	}
	for id, f := range d.roles {
		for _, x := range d.brings(id) {
			switch {
			case x.Kind.Gives:
				if !d.given[x.Type.ID] {
					f.lacking = append(f.lacking, x.ID)
				}
			case d.isOpen(x):
				f.by = append(f.by, x.ID)
			case !d.shown[valueAt(x)] && !d.isWanted(x):
				f.lacking = append(f.lacking, x.ID)
			}
		}
		slices.Sort(f.by)
		slices.Sort(f.lacking)
	}
}

func (d *deduction) find(roleID int64) *deduced {
	if d.roles[roleID] == nil {
		d.roles[roleID] = &deduced{}
	}
	return d.roles[roleID]
}

// isOpen: the value of a rule stands in a target, and nothing else explains it.
func (d *deduction) isOpen(x *model.Rule) bool {
	return slices.ContainsFunc(d.places, func(p *place) bool { return p.ResourceType == x.Type && p.open[valueAt(x).Pointed] })
}

// isWanted: the value of a rule is wanted without it, or forbidden.
func (d *deduction) isWanted(x *model.Rule) bool {
	return slices.ContainsFunc(d.places, func(p *place) bool {
		return p.ResourceType == x.Type && (p.Want.Forbid[x.Property.Identifier][x.Resource] || p.wants(x))
	})
}

func (p *place) wants(x *model.Rule) bool {
	return slices.ContainsFunc(p.Want.Expected.Properties[x.Property.Identifier], func(s evaluation.Span) bool { return s.InForce && s.ID == x.Resource })
}

// composites finds the composite roles whose single roles are all held, of which one at least is found and explained by no other (12.5, 6).
func (d *deduction) composites() {
	if len(d.roles) == 0 {
		return // most owners: not every role of the model is looked at for them
	}
	members, explained := map[int64][]int64{}, map[int64][]int64{}
	for id, x := range d.Source.Roles {
		if x.Kind != rolemodel.Composite || d.blocked[id] || x.External {
			continue
		}
		var singles []int64
		whole, found := true, false
		for _, g := range d.Source.ByRole[id] {
			if g.Gives == 0 || g.Denied || !g.Required() || d.Source.Roles[g.Gives] == nil || d.Source.Roles[g.Gives].Kind != rolemodel.Single || !d.applies(g) {
				continue
			}
			singles = append(singles, g.Gives)
			_, held := d.Held[g.Gives].At(d.Now)
			whole, found = whole && (held || d.roles[g.Gives] != nil), found || d.roles[g.Gives] != nil
		}
		if whole && found {
			members[id] = expectation.Ascending(singles)
			for _, s := range members[id] {
				explained[s] = append(explained[s], id)
			}
		}
	}
	for _, id := range slices.Sorted(maps.Keys(members)) {
		alone := func(s int64) bool { return d.roles[s] != nil && len(explained[s]) == 1 }
		if !slices.ContainsFunc(members[id], alone) {
			continue
		}
		d.find(id)
		for _, s := range members[id] {
			if f := d.roles[s]; f != nil && f.through == 0 {
				f.through = id
			}
		}
	}
}

// hold lets the found roles be held from when they were found.
func (d *deduction) hold() {
	for id := range d.roles {
		from := d.Now
		if row := d.row(id); row != nil {
			from = interval.StartOf(row.Start)
		}
		d.Held[id] = d.Held[id].Union(interval.Of(interval.Interval{From: from, To: interval.Max}))
	}
}

// row is the row that a found role goes on as; nil: it is found only now.
func (d *deduction) row(roleID int64) *evaluation.AssignedRole {
	var best *evaluation.AssignedRole
	for _, x := range d.Owner.Roles {
		if x.RoleID == roleID && x.WaitsForDecision() && !d.Covered[x] && (best == nil || x.ID < best.ID) {
			best = x
		}
	}
	return best
}

// variant is a found role with its parameters.
type variant struct {
	by, lacking []int64
	params      map[string]int64
}

// variants divides a found role by the parameters that the rules say which it was found by (role-model 12.5), else the role, else the context for which
// they apply: when somebody keeps the role, its rules are tested against what was found.
func (d *deduction) variants(id int64) []variant {
	f, own := d.roles[id], d.Source.Roles[id]
	names := d.Source.Parameters(own)
	if len(names) == 0 {
		return []variant{{f.by, f.lacking, nil}}
	}
	var out []variant
	for _, x := range d.Source.ByRole[id] {
		isBy := slices.Contains(f.by, x.ID)
		if !isBy && (own.Kind == rolemodel.Single || !d.applies(x)) {
			continue // a composite role is found by the single roles that it gives
		}
		params := d.parameters(own, x, names)
		i := slices.IndexFunc(out, func(v variant) bool { return maps.Equal(v.params, params) })
		if i < 0 {
			i, out = len(out), append(out, variant{params: params})
		}
		if isBy {
			out[i].by = append(out[i].by, x.ID)
		}
	}
	if len(out) == 0 {
		out = []variant{{by: f.by}}
	}
	if own.Kind == rolemodel.Composite {
		out = out[:1]
	}
	for _, x := range d.Source.ByRole[id] {
		if slices.Contains(f.lacking, x.ID) {
			fits := func(v variant) bool {
				return !slices.ContainsFunc(x.Criteria, func(k model.Criterion) bool { return !d.Source.Matcher.Fits(k, v.params[k.Dimension]) })
			}
			i := max(0, slices.IndexFunc(out, fits))
			out[i].lacking = append(out[i].lacking, x.ID)
		}
	}
	for i := range out {
		slices.Sort(out[i].by)
		slices.Sort(out[i].lacking)
	}
	slices.SortFunc(out, func(a, b variant) int {
		return slices.Compare(evaluation.ListedParameters(a.params), evaluation.ListedParameters(b.params))
	})
	return out
}

// parameters are those that a rule says, a role imposes, or the context has for which the rule applies now.
func (d *deduction) parameters(own *model.Role, x *model.Rule, names []string) map[string]int64 {
	out := map[string]int64{}
	contexts := d.ContextsOf(x)
	for _, name := range names {
		var value int64
		for i := range contexts {
			if c := &contexts[i]; value == 0 && c.Over.Has(d.Now) && c.Match.Has(x) {
				value = c.Dimensions[name]
			}
		}
		if id := own.Imposes[name]; id != 0 {
			value = id
		}
		for _, k := range x.Criteria {
			if k.Dimension == name && !k.Inherit && k.Value != 0 {
				value = k.Value
			}
		}
		if value != 0 {
			out[name] = value
		}
	}
	return out
}

// goOn finds the rows that found roles go on as: with the same parameters, else one that had none.
func (d *deduction) goOn(id int64, variants []variant) []*evaluation.AssignedRole {
	out := make([]*evaluation.AssignedRole, len(variants))
	for _, other := range []bool{false, true} {
		for i, v := range variants {
			for _, x := range d.Owner.Roles {
				if out[i] == nil && x.RoleID == id && x.WaitsForDecision() && !d.Covered[x] && !slices.Contains(out, x) && (other || x.HasParameters(v.params)) {
					out[i] = x
				}
			}
		}
	}
	return out
}

// tell says what the found roles explain of a target, what they lack there, and what goes since they were refused.
func (d *deduction) tell(x *place) {
	s := x.Seat
	for _, id := range slices.Sorted(maps.Keys(d.roles)) {
		for _, g := range d.brings(id) {
			if g.Type != x.ResourceType || !g.Kind.Fixed {
				continue
			}
			v := valueAt(g).Pointed
			switch {
			case x.open[v], x.leaving[v]:
				if s.Explained == nil {
					s.Explained = map[evaluation.Pointed][]int64{}
				}
				if slices.Contains(s.Explained[v], id) {
					continue
				}
				s.Explained[v] = append(s.Explained[v], id)
				if d.Batch.Explain {
					if d.Readings == nil {
						d.Readings = map[int64][]evaluation.Step{}
					}
					d.Readings[id] = append(d.Readings[id], evaluation.Step{Kind: evaluation.StepFoundValue, RoleID: id, RuleID: g.ID, Rule: g.Identifier,
						ResourceTypeID: x.Plan.ID, Property: v.Property, Value: g.Label, ResourceID: x.Target.ID, Matched: true})
				}
			case s.Want.OK && !d.shown[valueAt(g)] && !x.wants(g) && !s.Want.Forbid[v.Property][v.ID] && isFree(x, g):
				for _, i := range g.Applied(d.When(g, false)).Intersect(interval.Of(s.Want.Over)) {
					if i.Has(d.Now) {
						d.Edge(i.To)
						lack(s, g, evaluation.Span{From: interval.Moment(i.From), To: interval.Moment(i.To), ID: g.Resource, Value: g.Label, Rules: g.Alone, InForce: true, Found: true})
					}
				}
			}
		}
	}
	for v := range x.leaving {
		if len(s.Explained[v]) == 0 {
			if s.Leaving == nil {
				s.Leaving = map[evaluation.Pointed]bool{}
			}
			s.Leaving[v] = true
		}
	}
}

// isFree: a single value has an empty place to go to, and nothing else is computed for it.
func isFree(x *place, g *model.Rule) bool {
	name := g.Property.Identifier
	return g.Property.Many() || !slices.ContainsFunc(x.Want.Expected.Properties[name], func(s evaluation.Span) bool { return s.InForce }) &&
		len(x.Target.Links[name])+len(x.Target.Dangling[name]) == 0
}

// lack adds a value that only a found role wants to what is expected of one target.
func lack(s *expectation.Seat, g *model.Rule, more evaluation.Span) {
	name := g.Property.Identifier
	list := slices.Clone(s.Want.Expected.Properties[name]) // several targets share it
	if slices.ContainsFunc(list, func(y evaluation.Span) bool { return y.Found && y.ID == more.ID }) {
		return
	}
	list = append(list, more)
	slices.SortStableFunc(list, func(a, b evaluation.Span) int { return cmp.Compare(a.ID, b.ID) })
	properties := maps.Clone(s.Want.Expected.Properties)
	if properties == nil {
		properties = map[string][]evaluation.Span{}
	}
	properties[name] = list
	s.Want.Expected.Properties = properties
}

// rows brings the rows of found roles up to date: new ones, those that are deduced still, those that are not any more; and ends the refused ones of
// which nothing is left.
func (d *deduction) rows() {
	used := map[*evaluation.AssignedRole]bool{}
	add := func(row evaluation.AssignedRole, isOver bool) {
		d.Result.Roles = append(d.Result.Roles, evaluation.RoleDelta{Row: row, Close: isOver})
	}
	for _, id := range slices.Sorted(maps.Keys(d.roles)) {
		variants := d.variants(id)
		old := d.goOn(id, variants)
		for i, v := range variants {
			row := evaluation.AssignedRole{RoleID: id, Workflow: d.Found(), Origin: evaluation.OriginFound, Start: interval.Moment(d.Now)}
			if old[i] != nil {
				row, used[old[i]] = *old[i], true
			}
			row.FoundBy, row.Lacking, row.InferredByID, row.RuleIDs, row.Parameters = v.by, v.lacking, d.roles[id].through, nil, v.params
			if old[i] == nil || !row.Same(old[i]) {
				add(row, false)
			}
		}
	}
	left := map[int64]bool{}
	for _, x := range d.places {
		for v := range x.Leaving {
			for _, g := range x.ByName[v.Property].Givers[v.ID] {
				left[g.RoleID] = true
			}
		}
	}
	d.refusedThrough(left)
	for _, x := range d.Owner.Roles {
		isOver := x.WaitsForDecision() && !used[x] && !d.Covered[x] || x.WasRefused() && !left[x.RoleID]
		if own := d.Source.Roles[x.RoleID]; own != nil && own.External {
			continue
		}
		if isOver && !d.Owner.Resource.Gone { // else it has ended with all the others
			add(*x, true)
		}
	}
	d.SortRoles()
}
