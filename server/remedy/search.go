package remedy

import (
	"cmp"
	"container/heap"
	"slices"

	"writ/server/evaluation"
	"writ/server/evaluation/computation"
	"writ/server/evaluation/model"
	"writ/server/rolemodel"
)

const (
	// mostWays is how many ways an answer has: more help nobody.
	mostWays = 3
	// mostTries is how often the owner is computed for one answer.
	mostTries = 400
	// mostChanges is how many changes one way has: whoever would have to change more lacks it for good reasons.
	mostChanges = 6
)

// Answer says why an owner does not have something.
type Answer struct {
	Given bool              // the rules give it: whatever is lacking is still to be done
	Steps []evaluation.Step // of the owner as he is, about the goal and what leads to it
	Ways  [][]Change        // at most three, the smallest first; each was tried. None: no small change gives it.
	// IsPartial: the search ended before everything was looked at; there may be other ways, but none smaller than those found.
	IsPartial bool
}

// Find says what stands against a goal, and what would have to change. It never changes what it is given. An error: the owner cannot be computed.
func Find(w World, g Goal) (*Answer, error) {
	f := &finder{world: w, goal: g, source: part(w.Source, g), models: map[string]modelOf{}, typeRules: map[int64]*rolemodel.ResourceTypeRule{}, contextRules: map[int64]*rolemodel.ContextRule{}}
	for _, r := range f.source.Rules {
		f.typeRules[r.ID] = r
	}
	for _, r := range f.source.ContextRules {
		f.contextRules[r.ID] = r
	}
	first, err := f.try(nil)
	if err != nil {
		return nil, err
	}
	a := &Answer{Steps: first.steps, Given: f.gives(first)}
	if !a.Given {
		f.search(first, a)
		a.IsPartial = a.IsPartial || f.cut && len(a.Ways) == 0
		return a, nil
	}
	return a, f.keptBack(a)
}

// keptBack looks for risks that keep the goal back although the rules give it: that takes the whole model. No small change is looked for: what ends it is
// that the risk changes, or that the other part of it goes.
func (f *finder) keptBack(a *Answer) error {
	if !slices.ContainsFunc(f.world.Source.Risks, func(r *rolemodel.Risk) bool { return (&model.Risk{Risk: r}).Blocks() }) {
		return nil
	}
	c, _ := model.Compile(f.world.Source, f.world.Shape, f.world.Keys)
	res := computation.Evaluate(c, f.changed(nil))[0]
	if res.Err != nil {
		return res.Err
	}
	for _, s := range res.Trace.Steps {
		leads := s.RoleID != 0 && slices.ContainsFunc(f.source.Roles, func(r *rolemodel.Role) bool { return r.ID == s.RoleID })
		if s.Kind == evaluation.StepBlocked && (leads || s.ResourceTypeID == f.goal.ResourceTypeID && s.Property == f.goal.Property && s.Property != "") {
			a.Steps = append(a.Steps, s)
		}
	}
	whole := f.read(nil, f.world.Source, f.changed(nil), res.Trace.Steps)
	a.Given = f.gives(whole) && !slices.ContainsFunc(a.Steps, func(s evaluation.Step) bool {
		return s.Kind == evaluation.StepBlocked && s.RoleID == 0 && (f.goal.Value == "" || f.goal.Value == s.Value)
	})
	return nil
}

type finder struct {
	world        World
	goal         Goal
	source       *rolemodel.Model // the part that counts
	models       map[string]modelOf
	typeRules    map[int64]*rolemodel.ResourceTypeRule
	contextRules map[int64]*rolemodel.ContextRule
	tries        int
	cut          bool // values were left out of the search
}

// state is the world with some changes, computed.
type state struct {
	changes  []Change
	source   *rolemodel.Model
	batch    *evaluation.Batch
	owner    *evaluation.Owner
	steps    []evaluation.Step
	byRule   map[int64]*evaluation.Step   // the last step of each rule of the resource type
	contexts map[int64][]*evaluation.Step // by context rule: those in force
	held     map[int64]bool               // roles in force
}

// try computes the owner after changes.
func (f *finder) try(changes []Change) (*state, error) {
	f.tries++
	source, compiled := f.compiled(changes)
	b := f.changed(changes)
	res := computation.Evaluate(compiled, b)[0]
	if res.Err != nil {
		return nil, res.Err
	}
	return f.read(changes, source, b, res.Trace.Steps), nil
}

// read takes a world as its explanation tells it.
func (f *finder) read(changes []Change, source *rolemodel.Model, b *evaluation.Batch, steps []evaluation.Step) *state {
	s := &state{changes: changes, source: source, batch: b, owner: b.Owners[0], steps: steps, byRule: map[int64]*evaluation.Step{},
		contexts: map[int64][]*evaluation.Step{}, held: map[int64]bool{}}
	for i := range s.steps {
		x := &s.steps[i]
		in := x.Matched && s.inForce(x.From, x.To)
		switch x.Kind {
		case evaluation.StepContext:
			if in {
				s.contexts[x.RuleID] = append(s.contexts[x.RuleID], x)
			}
		case evaluation.StepRole:
			s.held[x.RoleID] = in
		case evaluation.StepProperty, evaluation.StepResourceType:
			if have := s.byRule[x.RuleID]; have == nil || in {
				s.byRule[x.RuleID] = x
			}
		}
	}
	return s
}

// works reports whether changes give the goal; nil: the owner cannot be computed with them.
func (f *finder) works(changes []Change) (*state, bool) {
	s, err := f.try(changes)
	if err != nil {
		return nil, false
	}
	return s, f.gives(s)
}

// search looks at sets of changes, the smallest first.
func (f *finder) search(first *state, a *Answer) {
	if at := f.begins(first); at != nil {
		f.accept(a, []Change{{Kind: Time, At: *at}})
	}
	q := &queue{}
	seen := map[string]bool{}
	push := func(s *state) {
		for _, more := range f.options(s) {
			set := join(s.changes, more)
			if key := keyOf(set); len(set) <= mostChanges && !seen[key] {
				seen[key] = true
				heap.Push(q, &entry{set: set, order: q.pushed})
				q.pushed++
			}
		}
	}
	push(first)
	for q.Len() > 0 && len(a.Ways) < mostWays {
		e := heap.Pop(q).(*entry)
		if n := len(a.Ways); n > 0 && len(e.set) > len(a.Ways[0])+1 {
			return
		}
		if f.tries >= mostTries {
			a.IsPartial = true
			return
		}
		if slices.ContainsFunc(a.Ways, func(w []Change) bool { return contains(e.set, w) }) {
			continue
		}
		s, ok := f.works(e.set)
		switch {
		case ok:
			f.accept(a, f.needed(e.set))
		case s != nil:
			push(s)
		}
	}
}

// accept adds a way that works, unless it is one already.
func (f *finder) accept(a *Answer, set []Change) {
	if len(set) == 1 && set[0].Kind == Time {
		if _, ok := f.works(set); !ok {
			return
		}
	}
	if !slices.ContainsFunc(a.Ways, func(w []Change) bool { return contains(set, w) }) {
		a.Ways = append(a.Ways, set)
		// of a larger set that was tried later less may be needed
		slices.SortStableFunc(a.Ways, func(x, y []Change) int { return cmp.Compare(len(x), len(y)) })
	}
}

// needed leaves out changes without which the rest works, too.
func (f *finder) needed(set []Change) []Change {
	for i := 0; i < len(set) && len(set) > 1; {
		less := slices.Delete(slices.Clone(set), i, i+1)
		if _, ok := f.works(less); ok {
			set, i = less, 0
			continue
		}
		i++
	}
	return set
}

// entry is a set of changes that waits to be tried.
type entry struct {
	set   []Change
	order int
}

// queue gives the smallest set first.
type queue struct {
	list   []*entry
	pushed int
}

func (q *queue) Len() int { return len(q.list) }
func (q *queue) Less(i, j int) bool {
	a, b := q.list[i], q.list[j]
	return cmp.Or(cmp.Compare(len(a.set), len(b.set)), cmp.Compare(weightOf(a.set), weightOf(b.set)), cmp.Compare(a.order, b.order)) < 0
}
func (q *queue) Swap(i, j int) { q.list[i], q.list[j] = q.list[j], q.list[i] }
func (q *queue) Push(x any)    { q.list = append(q.list, x.(*entry)) }
func (q *queue) Pop() any {
	last := len(q.list) - 1
	x := q.list[last]
	q.list = q.list[:last]
	return x
}
