package evaluation

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"time"

	"writ/server/directory"
	"writ/server/rolemodel"
)

// contextRule is a compiled context rule: one record at a time (role-model 4.4), or with sections as many contexts as the records make (4.5).
type contextRule struct {
	id         int64
	identifier string
	policyID   int64
	records    *binding // nil: the owner is its own record
	record     int64    // entity type of the records
	reads      *reads   // from a record
	start, end *value
	exclude    *value
	dimensions []dimensionBinding
	today      bool              // the contexts may change at midnight
	sections   []*section        // in the order in which their sort keys count
	ofRecord   []sectionProperty // keys that rules read: of the record that a context is named after
	hidden     []sectionProperty // what rules read and contexts leave out
}

// dimensionBinding says where a record has its value of a dimension.
type dimensionBinding struct {
	name string
	path *binding
}

// contexts compiles the context rules of an entity type.
func (b *builder) contexts(s *source) {
	for _, x := range b.m.ContextRules {
		if x.EntityTypeID != s.entityType || !b.enabled(x.PolicyID) {
			continue
		}
		fault := func(field string) func(error) {
			return func(err error) { b.problem(rolemodel.SeverityError, "context_rule", x.Identifier, field, "%s", err) }
		}
		b.exprs.of = "the context rule " + x.Identifier
		r := &contextRule{id: x.ID, identifier: x.Identifier, policyID: x.PolicyID, record: s.entityType, reads: s.reads}
		if x.ResourcesBinding != nil && *x.ResourcesBinding != "" {
			path, err := parseBinding(b.shape, scope{source: s.entityType}, sourceRoot, *x.ResourcesBinding, &trees{source: s.reads})
			if err == nil && path.last != "" {
				err = fmt.Errorf("%q must end at the records themselves", *x.ResourcesBinding)
			}
			if err != nil {
				fault("resourcesBinding")(err)
				continue
			}
			node := follow(b.shape, s.reads, path)
			node.self = false // to follow a record is not to read its key
			r.records, r.record, r.reads = path, path.to, node
		}
		in := &trees{source: s.reads, record: r.reads}
		sc := scope{source: s.entityType, record: r.record}
		side := func(field string, bind *string) *value {
			if bind == nil || *bind == "" {
				return nil
			}
			path, expression := bind, (*string)(nil)
			if !isPath(*bind) {
				path, expression = nil, bind
			}
			v := b.value(sc, recordRoot, path, expression, in, fault(field))
			if err := b.mustBeDate(v); err != nil {
				v.broken = err
				fault(field)(err)
			}
			return v
		}
		if len(b.m.SectionsOf(s.entityType, r.record)) == 0 { // else theirs count
			r.start, r.end = side("resourcesStartBinding", x.ResourcesStartBinding), side("resourcesEndBinding", x.ResourcesEndBinding)
		}
		if x.ExcludeExpression != nil && *x.ExcludeExpression != "" {
			r.exclude = b.condition(sc, x.ExcludeExpression, in, fault("excludeExpression"))
		}
		for _, name := range slices.Sorted(maps.Keys(x.Dimensions)) {
			d := b.shape.Dimensions[name]
			if d == nil {
				fault("dimensions." + name)(fmt.Errorf("there is no dimension %q; declare it or remove the binding", name))
				continue
			}
			path, err := parseBinding(b.shape, sc, recordRoot, x.Dimensions[name], in)
			if err == nil && (path.last != "" || path.many || path.to != d.EntityTypeID) {
				err = fmt.Errorf("%q must end at one resource of %s", x.Dimensions[name], nameOf(b.shape, d.EntityTypeID))
			}
			if err != nil {
				fault("dimensions." + name)(err)
				continue
			}
			r.dimensions = append(r.dimensions, dimensionBinding{name, path})
		}
		s.contextOf[x.PolicyID] = len(s.contexts)
		s.contexts = append(s.contexts, r)
	}
}

// follow gives the node of the tree at the end of a path.
func follow(shape *directory.Shape, u *reads, path *binding) *reads {
	for _, step := range path.steps {
		n, _ := navigationOf(shape, u.entityType, step)
		u = u.nav(step, n)
	}
	return u
}

// contextFor is the position of the context rule that counts for the rules of a policy: its own, else the one of the policy Default, else
// the only one there is; -1 without any.
func (s *source) contextFor(b *builder, policyID int64) int {
	if i, ok := s.contextOf[policyID]; ok {
		return i
	}
	for i, r := range s.contexts {
		if p := b.policies[r.policyID]; p != nil && p.Identifier == "Default" {
			return i
		}
	}
	if len(s.contexts) == 1 {
		return 0
	}
	return -1
}

func (s *source) recordType(b *builder, policyID int64) int64 {
	if i := s.contextFor(b, policyID); i >= 0 {
		return s.contexts[i].record
	}
	return s.entityType
}

func (s *source) recordReads(b *builder, policyID int64) *reads {
	if i := s.contextFor(b, policyID); i >= 0 {
		return s.contexts[i].reads
	}
	return s.reads
}

// context is one computed context with what it satisfies.
type context struct {
	Context
	over   interval
	wide   interval // over, and beside it the times without any context that take their values from this one (role-model 2.9)
	record *Resource
	match  *matches
}

// contextAt is the context that counts at an instant, the best ranked of several; nil only without any. The list is by rank.
func contextAt(contexts []context, at int64) *context {
	for i := range contexts {
		if contexts[i].wide.has(at) {
			return &contexts[i]
		}
	}
	return nil
}

// choose computes the contexts of an owner under one context rule, the best ranked first. edges gets every boundary, since what is in force
// changes there.
func (r *contextRule) choose(w *world, now int64, edges func(int64)) ([]context, error) {
	records := []*Resource{w.vars[sourceRoot]}
	if r.records != nil {
		records = r.records.reach(w)
	}
	records, err := r.counting(w, records, now, edges)
	if err != nil {
		return nil, err
	}
	var found []context
	if len(r.sections) == 0 {
		found, err = r.latest(w, records, now, edges)
	} else {
		found, err = r.combine(w, records)
		for i := range found {
			edges(found[i].over.from)
			edges(found[i].over.to)
		}
	}
	if err != nil {
		return nil, fmt.Errorf("context rule %s: %w", r.identifier, err)
	}
	for i := range found {
		w.vars[recordRoot] = found[i].record
		found[i].Dimensions = make(map[string]int64, len(r.dimensions))
		for _, d := range r.dimensions {
			if x := d.path.one(w); x != nil {
				found[i].Dimensions[d.name] = x.ID
			}
		}
	}
	w.vars[recordRoot] = nil
	return found, nil
}

// counting leaves out the records that are excluded, and those reached twice.
func (r *contextRule) counting(w *world, records []*Resource, now int64, edges func(int64)) ([]*Resource, error) {
	if r.exclude != nil && r.exclude.broken != nil {
		return nil, r.exclude.broken
	}
	if r.today {
		edges(w.tomorrow(now))
	}
	out := make([]*Resource, 0, len(records))
	var seen map[*Resource]bool
	if r.records != nil && len(r.records.steps) > 1 { // several ways may lead to one
		seen = make(map[*Resource]bool, len(records))
	}
	for _, record := range records {
		if seen[record] {
			continue
		}
		if seen != nil {
			seen[record] = true
		}
		if r.exclude != nil {
			w.vars[recordRoot] = record
			excluded, err := r.exclude.prog.truth(w)
			if err != nil {
				return nil, fmt.Errorf("context rule %s, exclude expression: %w", r.identifier, err)
			}
			if excluded {
				continue
			}
		}
		out = append(out, record)
	}
	return out, nil
}

// usesToday reports whether anything that the rule computes of a record changes by itself at midnight.
func (r *contextRule) usesToday() bool {
	today := r.exclude.today() || r.start.today() || r.end.today()
	for _, c := range r.sections {
		today = today || c.start.today() || c.end.today() || c.key.today() || c.sort.today()
	}
	return today
}

// latest makes the one context of an owner without sections: of the records the one valid now with the latest start, else the next future one, else
// the last past one (role-model 4.4).
func (r *contextRule) latest(w *world, records []*Resource, now int64, edges func(int64)) ([]context, error) {
	var best *context
	for _, record := range records {
		w.vars[recordRoot] = record
		over, err := w.period(r.start, r.end, always)
		if err != nil {
			return nil, err
		}
		if over.from >= over.to {
			continue // start after end: the record counts for nothing (role-model 4.8)
		}
		edges(over.from)
		edges(over.to)
		c := &context{Context: Context{RuleID: r.id, RecordID: record.ID}, over: over, wide: always, record: record}
		if best == nil || better(c, best, now) {
			best = c
		}
	}
	if best == nil {
		return nil, nil
	}
	best.Start, best.End = moment(best.over.from), moment(best.over.to)
	return []context{*best}, nil
}

// period reads two dates of the record in the world. missing says what one means that is not there.
func (w *world) period(start, end *value, missing interval) (interval, error) {
	over := missing
	for i, v := range []*value{start, end} {
		s, err := v.text(w)
		if err != nil {
			return over, err
		}
		if s == "" {
			continue
		}
		t, isDay, err := directory.ReadDate(s, w.zone)
		if err != nil {
			return over, err
		}
		if i == 1 && isDay {
			t = directory.NextDay(t, w.zone) // an end written as a day includes that day
		}
		switch {
		case i == 0:
			over.from = instant(t)
		case t.UTC().Year() <= 9999:
			over.to = instant(t)
		default: // later ends are none
			over.to = maxTime
		}
	}
	return over, nil
}

// better ranks two records: valid now before future before past, then the latest start (the earliest among future ones), then the lowest id.
func better(a, b *context, now int64) bool {
	rank := func(c *context) int {
		switch {
		case c.over.has(now):
			return 0
		case c.over.from > now:
			return 1
		default:
			return 2
		}
	}
	if ra, rb := rank(a), rank(b); ra != rb {
		return ra < rb
	} else if ra == 1 {
		return cmp.Or(cmp.Compare(a.over.from, b.over.from), cmp.Compare(a.RecordID, b.RecordID)) < 0
	} else if ra == 2 {
		return cmp.Or(cmp.Compare(b.over.to, a.over.to), cmp.Compare(b.over.from, a.over.from), cmp.Compare(a.RecordID, b.RecordID)) < 0
	}
	return cmp.Or(cmp.Compare(b.over.from, a.over.from), cmp.Compare(a.RecordID, b.RecordID)) < 0
}

// tomorrow is when the next day begins.
func (w *world) tomorrow(now int64) int64 {
	return instant(directory.NextDay(time.UnixMicro(now), w.zone))
}
