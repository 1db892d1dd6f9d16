package expectation

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"writ/server/directory"
	"writ/server/errs"
	"writ/server/evaluation"
	"writ/server/evaluation/formula"
	"writ/server/evaluation/interval"
	"writ/server/evaluation/model"
	"writ/server/rolemodel"
)

// The layers of a mono-valued property, in the order in which they are painted: a later one covers an earlier one (role-model 2.9).
// Rules with offset Default cover the time that rules give the type; on what offsets added to that time they only fill what nothing else does.
const (
	layerRest = iota
	layerAfter
	layerBefore
	layerAround
	layerDefault
)

func layerOf(x *model.Rule) int {
	switch x.Offset {
	case rolemodel.OffsetAfter:
		return layerAfter
	case rolemodel.OffsetBefore:
		return layerBefore
	case rolemodel.OffsetAround:
		return layerAround
	default:
		return layerDefault
	}
}

// coat is one value on one layer.
type coat struct {
	layer int
	rule  *model.Rule
	rank  int // of the context that decides
	over  interval.Set
	span  evaluation.Span
}

// values computes the timelines of all properties (S6). base: when the type is given; over: with extensions.
func (r *Run) values(p *Plan, base, over interval.Set, start, end int64) map[string][]evaluation.Span {
	r.World.From, r.World.To = start, end
	p.forbid, p.failed, p.Lost = nil, false, nil
	out := make(map[string][]evaluation.Span, len(p.Props))
	navs := r.Scratch.fixed(p)
	for i, q := range p.Props {
		var spans []evaluation.Span
		if q.Many() {
			spans = r.collection(p, q, navs[i], over)
		} else {
			spans = r.single(p, q, navs[i], base, over)
		}
		if q.Key && len(q.Scalars) > 0 {
			spans = keyed(q, spans, over)
		}
		spans = r.without(p, q.Identifier, spans)
		spans = r.living(p, spans, q.Many())
		if len(spans) > 0 {
			out[q.Identifier] = spans
		}
	}
	return out
}

// fixed sorts the navigation rules of a plan by the position of their properties.
func (m *Scratch) fixed(p *Plan) [][]*model.Rule {
	for len(m.navs) < len(p.Props) {
		m.navs = append(m.navs, nil)
	}
	for i := range p.Props {
		m.navs[i] = m.navs[i][:0]
	}
	for _, x := range p.rules {
		if x.Kind.Fixed {
			m.navs[x.Property.At] = append(m.navs[x.Property.At], x)
		}
	}
	return m.navs
}

// keyed puts an error where the rules of a key give nothing, or more than a key can be: such a target can be neither made nor found again.
func keyed(q *model.Property, spans []evaluation.Span, over interval.Set) []evaluation.Span {
	missing := fmt.Sprintf("The key %s is empty. Nothing is sent until a rule gives it a value.", q.DisplayName)
	rest := over
	for i := range spans {
		if s := &spans[i]; s.Error == "" && strings.TrimSpace(s.Value) == "" {
			s.Value, s.Error = "", missing
		} else if err := directory.CheckKey(s.Value); s.Error == "" && err != nil {
			s.Value, s.Error = "", fmt.Sprintf("The key %s cannot be %s. %s", q.DisplayName, formula.Excerpt(s.Value), errs.As(err).Message)
		}
		rest = rest.Subtract(interval.Set{spans[i].Interval()})
	}
	for _, i := range rest {
		spans = paint(spans, i, evaluation.Span{Rules: []int64{q.Scalars[0].ID}, Error: missing})
	}
	return spans
}

// living drops what is past, notes the edges and marks what is in force.
func (r *Run) living(p *Plan, spans []evaluation.Span, many bool) []evaluation.Span {
	ahead := int64(p.FulfillHoursAheadOfTime) * 3600 * 1_000_000
	out := spans[:0]
	for _, s := range spans {
		i := s.Interval()
		if i.To <= r.Now {
			continue
		}
		r.Edge(i.From)
		r.Edge(i.To)
		if ahead > 0 && i.From != interval.Min {
			r.Edge(i.From - ahead)
		}
		if s.Error != "" {
			p.failed = true
		}
		out = append(out, s)
	}
	// orders may leave some hours before the value begins: what begins within them is already in force, and replaces a single value
	for i := range out {
		s := &out[i]
		early := s.Interval().From - ahead
		if s.From == nil {
			early = interval.Min
		}
		s.InForce = early <= r.Now
		if s.InForce && !many && i > 0 {
			out[i-1].InForce = false
		}
	}
	return out
}

// single computes a mono-valued property.
func (r *Run) single(p *Plan, q *model.Property, navs []*model.Rule, base, over interval.Set) []evaluation.Span {
	if len(q.Scalars) == 1 && len(navs)+len(q.Queries) == 0 && q.Scalars[0].Offset == rolemodel.OffsetDefault {
		return r.alone(p, q, q.Scalars[0], base, over)
	}
	var coats []coat
	for _, x := range q.Scalars {
		coats = append(coats, r.coats(x, base, over, r.scalars(p, q, x))...)
	}
	var denied interval.Set
	for _, x := range navs {
		if x.Denied {
			if over := r.When(x, true); len(over) > 0 {
				if _, now := over.At(r.Now); now {
					p.forbidden(q.Identifier, x.Resource)
				}
			}
			continue
		}
		fixed := &evaluation.Span{ID: x.Resource, Value: x.Label, Rules: x.Alone}
		coats = append(coats, r.coats(x, base, over, func(*evaluation.Resource) *evaluation.Span { return fixed })...)
	}
	coats = append(coats, r.queried(q, base, over)...)
	slices.SortStableFunc(coats, func(a, b coat) int {
		byRole := func(x *model.Rule) int {
			if x.RoleID != 0 {
				return 1
			}
			return 0
		}
		return cmp.Or(cmp.Compare(a.layer, b.layer), cmp.Compare(byRole(a.rule), byRole(b.rule)), cmp.Compare(b.rank, a.rank), cmp.Compare(b.rule.ID, a.rule.ID))
	})
	var painted []evaluation.Span
	for _, c := range coats {
		for _, i := range c.over.Intersect(over).Subtract(denied) {
			painted = paint(painted, i, c.span)
		}
	}
	for _, x := range navs {
		if x.Denied {
			for _, i := range r.When(x, true) {
				painted = erase(painted, i, x.Resource)
			}
		}
	}
	return painted
}

// alone computes a property of which one rule says everything: the layers come to its value wherever it applies.
func (r *Run) alone(p *Plan, q *model.Property, x *model.Rule, base, over interval.Set) []evaluation.Span {
	wide := r.When(x, true)
	painted := wide.Intersect(over)
	if len(painted) == 0 && len(wide.Intersect(base)) == 0 {
		return nil
	}
	if x.Value.ByRecord() && len(r.ContextsOf(x)) > 1 {
		return r.byTurns(p, q, x, painted)
	}
	s := r.scalar(p, q, x, r.RecordOf(x))
	begin := r.spans.Begin()
	for _, i := range painted {
		s.From, s.To = interval.Moment(i.From), interval.Moment(i.To)
		begin = r.spans.Add(begin, s)
	}
	return r.spans.Give(begin)
}

// byTurns gives the values of one rule under several contexts, each while it is the one in force.
func (r *Run) byTurns(p *Plan, q *model.Property, x *model.Rule, painted interval.Set) []evaluation.Span {
	value := r.scalars(p, q, x)
	var line []evaluation.Span
	for _, part := range r.Reigns(x, painted, false) {
		for _, i := range part.On.After(r.Now) {
			s := *value(part.Record)
			s.From, s.To = interval.Moment(i.From), interval.Moment(i.To)
			line = append(line, s)
		}
	}
	return joined(line)
}

// joined sorts a timeline and makes one span of neighbours that say the same.
func joined(line []evaluation.Span) []evaluation.Span {
	slices.SortFunc(line, func(a, b evaluation.Span) int { return cmp.Compare(a.Interval().From, b.Interval().From) })
	out := line[:0]
	for _, s := range line {
		if n := len(out); n > 0 && interval.EndOf(out[n-1].To) == interval.StartOf(s.From) && evaluation.SameValue(out[n-1], s) {
			out[n-1].To = s.To
		} else {
			out = append(out, s)
		}
	}
	return out
}

// scalars gives the values of a scalar rule by record; each is computed once, and one that does not depend on the record once for all.
func (r *Run) scalars(p *Plan, q *model.Property, x *model.Rule) func(record *evaluation.Resource) *evaluation.Span {
	known := make(map[*evaluation.Resource]*evaluation.Span, 1)
	return func(record *evaluation.Resource) *evaluation.Span {
		by := record
		if !x.Value.ByRecord() {
			by = nil
		}
		if known[by] == nil {
			s := r.scalar(p, q, x, record)
			known[by] = &s
		}
		return known[by]
	}
}

// scalar is the value of a scalar rule for a record.
func (r *Run) scalar(p *Plan, q *model.Property, x *model.Rule, record *evaluation.Resource) evaluation.Span {
	s := evaluation.Span{Rules: x.Alone, CreateOnly: !x.Mapped, Comparison: x.Comparison}
	r.World.Vars = [3]*evaluation.Resource{formula.SourceRoot: r.Owner.Resource, formula.RecordRoot: record}
	v, err := r.spelled(p, q, x)
	if x.Value.Today() {
		r.Edge(r.World.Tomorrow(r.Now))
	}
	if s.Value = v; err != nil {
		s.Error = err.Error()
	}
	return s
}

// coats gives the layers on which one rule puts its values: at each instant that of the context which decides. A value that is nil is not put.
func (r *Run) coats(x *model.Rule, base, over interval.Set, value func(*evaluation.Resource) *evaluation.Span) []coat {
	var out []coat
	put := func(layer int, on interval.Set) {
		for _, part := range r.Reigns(x, on, false) {
			if len(part.On.After(r.Now)) == 0 && part.wide != interval.Always {
				continue // nobody asks any more
			}
			if s := value(part.Record); s != nil {
				out = append(out, coat{layer, x, part.rank, part.On, *s})
			}
		}
	}
	if x.Offset != rolemodel.OffsetDefault {
		if on := x.Applied(r.When(x, false)); len(on) > 0 {
			put(layerOf(x), on)
		}
		return out
	}
	wide := r.When(x, true)
	if inside := wide.Intersect(base); len(inside) > 0 {
		put(layerDefault, inside)
	}
	if rest := wide.Intersect(over).Subtract(base); len(rest) > 0 {
		put(layerRest, rest)
	}
	return out
}

// looked is what the query rules of a property find for one record: the first from the highest confidence down that finds something, or fails.
type looked struct {
	rule *model.Rule
	ids  []int64
	err  error
}

// searches tries the query rules of a property by record.
func (r *Run) searches(q *model.Property) func(record *evaluation.Resource) looked {
	known := make(map[*evaluation.Resource]looked, 1)
	return func(record *evaluation.Resource) looked {
		found, tried := known[record]
		if tried {
			return found
		}
		for _, x := range q.Queries {
			ids, err := r.lookup(x, record)
			if found = (looked{x, ids, err}); err != nil || len(ids) > 0 {
				break
			}
		}
		if found.err == nil && len(found.ids) == 0 {
			found.rule = q.Queries[0] // nothing found: it says so
		}
		known[record] = found
		return found
	}
}

// queried gives a mono-valued property what query rules find.
func (r *Run) queried(q *model.Property, base, over interval.Set) []coat {
	if len(q.Queries) == 0 {
		return nil
	}
	search := r.searches(q)
	var out []coat
	for _, x := range q.Queries {
		out = append(out, r.coats(x, base, over, func(record *evaluation.Resource) *evaluation.Span {
			found := search(record)
			switch {
			case found.rule != x:
				return nil
			case found.err != nil:
				return &evaluation.Span{Rules: x.Alone, Error: found.err.Error()}
			case len(found.ids) == 0:
				return &evaluation.Span{Rules: x.Alone}
			}
			return &evaluation.Span{ID: found.ids[0], Value: r.Label(found.ids[0]), Rules: x.Alone, Confidence: below(x.Confidence)}
		})...)
	}
	return out
}

// lookup gives what a query rule finds for a record. Its key is computed here only to learn whether it fails.
func (r *Run) lookup(x *model.Rule, record *evaluation.Resource) ([]int64, error) {
	r.World.Vars = [3]*evaluation.Resource{formula.SourceRoot: r.Owner.Resource, formula.RecordRoot: record}
	if x.Value.Today() {
		r.Edge(r.World.Tomorrow(r.Now))
	}
	if _, err := x.Value.Text(r.World); err != nil {
		return nil, err
	}
	var ids []int64
	for _, k := range x.Key(nil, x.Value, r.World, r.Owner.Resource) {
		if k.Fault != "" {
			return nil, errors.New(k.Fault)
		}
		ids = r.Owner.Lookups[k]
	}
	if x.Target.Broken != nil {
		return nil, x.Target.Broken
	}
	for _, id := range ids {
		r.read(id)
	}
	return ids, nil
}

// below keeps a confidence only when it calls for a review.
func below(confidence int) int {
	if confidence >= 100 {
		return 0
	}
	return max(confidence, 1)
}

// collection computes a multi-valued navigation: overlapping rules add up; a denied rule takes its value away.
func (r *Run) collection(p *Plan, q *model.Property, navs []*model.Rule, over interval.Set) []evaluation.Span {
	values := r.Scratch.values[:0]
	add := func(id int64, label string, x *model.Rule, on interval.Set, confidence int) {
		if on = on.Intersect(over); len(on) > 0 {
			values = append(values, reached{id: id, over: on, rules: x.Alone, label: label, confidence: confidence, by: x})
		}
	}
	reach := func(x *model.Rule) interval.Set {
		if x.Offset != rolemodel.OffsetDefault {
			return x.Applied(r.When(x, false))
		}
		return r.When(x, true)
	}
	for _, x := range navs {
		if !x.Denied {
			add(x.Resource, x.Label, x, reach(x), 0)
		}
	}
	var failed []evaluation.Span
	if len(q.Queries) > 0 {
		search := r.searches(q)
		for _, x := range q.Queries {
			for _, part := range r.Reigns(x, reach(x).Intersect(over), true) {
				found := search(part.Record)
				switch {
				case found.rule != x:
				case found.err != nil:
					for _, i := range part.On {
						failed = append(failed, evaluation.Span{From: interval.Moment(i.From), To: interval.Moment(i.To), Rules: x.Alone, Error: found.err.Error()})
					}
				case len(found.ids) > 1 && !p.CorrelateMultipleResources:
					add(found.ids[0], r.Label(found.ids[0]), x, part.On, below(x.Confidence))
				default:
					for _, id := range found.ids {
						add(id, r.Label(id), x, part.On, below(x.Confidence))
					}
				}
			}
		}
	}
	if q.GroupBy != "" {
		r.onePerGroup(p, q, navs, values)
	}
	slices.SortStableFunc(values, func(a, b reached) int { return cmp.Compare(a.id, b.id) })
	r.Scratch.values = values
	values = merged(values)
	for _, x := range navs {
		if x.Denied {
			on := r.When(x, true)
			if i, found := slices.BinarySearchFunc(values, x.Resource, func(v reached, id int64) int { return cmp.Compare(v.id, id) }); found {
				values[i].over = values[i].over.Subtract(on)
			}
			if _, now := on.At(r.Now); now {
				p.forbidden(q.Identifier, x.Resource)
			}
		}
	}
	begin := r.spans.Begin()
	for i := range values {
		v := &values[i]
		for _, i := range v.over {
			begin = r.spans.Add(begin, evaluation.Span{From: interval.Moment(i.From), To: interval.Moment(i.To), ID: v.id, Value: v.label, Rules: v.rules, Confidence: v.confidence})
		}
	}
	return append(r.spans.Give(begin), failed...)
}

// reached is one value of a collection, and when rules want it.
type reached struct {
	id         int64
	over       interval.Set
	rules      []int64
	label      string // as the first rule calls it
	confidence int    // 0: sure
	by         *model.Rule
}

// merged adds up what several rules say about the same value; the values are sorted.
func merged(values []reached) []reached {
	out := values[:0]
	for _, v := range values {
		if n := len(out); n > 0 && out[n-1].id == v.id {
			have := &out[n-1]
			have.over, have.rules = have.over.Union(v.over), Ascending(slices.Concat(have.rules, v.rules))
			if v.confidence == 0 {
				have.confidence = 0
			}
			continue
		}
		out = append(out, v)
	}
	return out
}

// paint puts a value over an interval of a timeline, covering what was there.
func paint(line []evaluation.Span, over interval.Interval, value evaluation.Span) []evaluation.Span {
	out := cut(line, over, func(evaluation.Span) bool { return true })
	value.From, value.To = interval.Moment(over.From), interval.Moment(over.To)
	out = append(out, value)
	slices.SortFunc(out, func(a, b evaluation.Span) int { return cmp.Compare(a.Interval().From, b.Interval().From) })
	merged := out[:1]
	for _, s := range out[1:] {
		last := &merged[len(merged)-1]
		if interval.EndOf(last.To) == interval.StartOf(s.From) && evaluation.SameValue(*last, s) {
			last.To = s.To
		} else {
			merged = append(merged, s)
		}
	}
	return merged
}

// erase takes one resource out of a timeline over an interval.
func erase(line []evaluation.Span, over interval.Interval, id int64) []evaluation.Span {
	return cut(line, over, func(s evaluation.Span) bool { return s.ID == id })
}

func cut(line []evaluation.Span, over interval.Interval, which func(evaluation.Span) bool) []evaluation.Span {
	var out []evaluation.Span
	for _, s := range line {
		i := s.Interval()
		if !which(s) || i.To <= over.From || over.To <= i.From {
			out = append(out, s)
			continue
		}
		if i.From < over.From {
			head := s
			head.To = interval.Moment(over.From)
			out = append(out, head)
		}
		if over.To < i.To {
			tail := s
			tail.From = interval.Moment(over.To)
			out = append(out, tail)
		}
	}
	return out
}
