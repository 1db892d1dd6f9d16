package expectation

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"

	"writ/server/evaluation"
	"writ/server/evaluation/formula"
	"writ/server/evaluation/interval"
	"writ/server/evaluation/model"
)

// instance is one thing that records tell of in a section, such as one position.
type instance struct {
	key  string
	from int64 // since when, by any of its records
	id   int64 // its lowest record
}

// piece is what one record says of an instance during a time.
type piece struct {
	over   interval.Interval
	of     *instance
	sort   string
	record *evaluation.Resource
	part   *part // what it comes to in a context, once computed
}

// lane is a section with what the records of one owner say in it: by instance, what counts before what it replaces.
type lane struct {
	*model.Section
	pieces []*piece
}

// part is what a section says in a context. Equal parts have equal texts.
type part struct {
	text  string
	piece *piece                 // what is in force, or the donor of a gap; nil: nothing
	gap   bool                   // the section says nothing: what there is comes from a donor
	from  []*evaluation.Resource // by property of the section: whose value it is; nil: there is none
}

// combine makes the contexts of an owner from records with sections (role-model 4.6): every combination of what is in force at the same time.
func (r chooser) combine(w *formula.World, records []*evaluation.Resource) ([]Context, error) {
	lanes, err := r.lanes(w, records)
	if err != nil {
		return nil, err
	}
	here := interval.Set{}
	var cuts []int64
	for _, l := range lanes {
		for _, p := range l.pieces {
			if l.Boundary {
				here = append(here, p.over)
			}
			cuts = append(cuts, p.over.From, p.over.To)
		}
	}
	here = here.Normal()
	slices.Sort(cuts)
	cuts = slices.Compact(cuts)
	m := &combining{rule: r, lanes: lanes}
	for _, v := range here {
		for i := 0; i+1 < len(cuts); i++ {
			if cuts[i] >= v.From && cuts[i+1] <= v.To {
				if err := m.segment(interval.Interval{From: cuts[i], To: cuts[i+1]}); err != nil {
					return nil, err
				}
			}
		}
	}
	return m.contexts(here), nil
}

// lanes reads what every record says in every section.
func (r chooser) lanes(w *formula.World, records []*evaluation.Resource) ([]*lane, error) {
	defer func() { w.Vars[formula.RecordRoot] = nil }()
	lanes := make([]*lane, len(r.Sections))
	for i, c := range r.Sections {
		lanes[i] = &lane{Section: c}
	}
	// the missing dates of a section are the first and the last of the section without properties, else of that whose dates count
	first := slices.IndexFunc(r.Sections, func(c *model.Section) bool { return c.Standard })
	if first < 0 {
		first = max(0, slices.IndexFunc(r.Sections, func(c *model.Section) bool { return c.Boundary }))
	}
	if err := lanes[first].read(w, records, interval.Always); err != nil {
		return nil, err
	}
	outer := interval.Always
	for i, p := range lanes[first].pieces {
		if i == 0 {
			outer = p.over
		}
		outer = interval.Interval{From: min(outer.From, p.over.From), To: max(outer.To, p.over.To)}
	}
	for i, l := range lanes {
		missing := outer
		if l.Kept {
			missing = interval.Always
		}
		if i != first {
			if err := l.read(w, records, missing); err != nil {
				return nil, err
			}
		}
	}
	return lanes, nil
}

// read fills a lane.
func (l *lane) read(w *formula.World, records []*evaluation.Resource, missing interval.Interval) error {
	instances := map[string]*instance{}
	for _, record := range records {
		w.Vars[formula.RecordRoot] = record
		if err := l.add(w, instances, missing); err != nil {
			return fmt.Errorf("record section %s, %s: %w", l.Identifier, formula.Excerpt(cmp.Or(record.DisplayName, record.Key)), err)
		}
	}
	slices.SortFunc(l.pieces, func(a, b *piece) int {
		return cmp.Or(cmp.Compare(a.of.id, b.of.id), cmp.Compare(a.of.key, b.of.key), cmp.Compare(b.over.From, a.over.From), cmp.Compare(a.record.ID, b.record.ID))
	})
	return nil
}

// add reads what the record in the world says.
func (l *lane) add(w *formula.World, instances map[string]*instance, missing interval.Interval) error {
	record := w.Vars[formula.RecordRoot]
	over, err := w.Period(l.Start, l.End, missing)
	if err != nil || over.From >= over.To { // start after end: it counts for nothing (role-model 4.8)
		return err
	}
	key, err := l.Key.Text(w)
	if err != nil {
		return err
	}
	if l.Key == nil { // then the dates and the values tell things apart
		key = fmt.Sprint(over.From, " ", over.To)
		for _, q := range l.Own {
			key += q.ValueOf(record)
		}
		if of := instances[key]; of != nil {
			of.id = min(of.id, record.ID)
			return nil
		}
	}
	sort, err := l.Sort.Text(w)
	if err != nil {
		return err
	}
	of := instances[key]
	if of == nil {
		of = &instance{key: key, from: over.From, id: record.ID}
		instances[key] = of
	}
	of.from, of.id = min(of.from, over.From), min(of.id, record.ID)
	l.pieces = append(l.pieces, &piece{over: over, of: of, sort: sort, record: record})
	return nil
}

// parts are what a section says during a segment: one part for every instance in force, or one for the gap.
func (l *lane) parts(over interval.Interval) []*part {
	var out []*part
	var last *instance
	for _, p := range l.pieces {
		if p.of == last || !p.over.Has(over.From) {
			continue
		}
		last = p.of
		if p.part == nil {
			p.part = l.fill(p, p.over)
		}
		out = append(out, p.part)
	}
	if len(out) == 0 {
		return []*part{l.fill(nil, over)}
	}
	return out
}

// fill makes a part of what is in force, nil: nothing is. What it leaves open comes from the best donor that has it.
func (l *lane) fill(p *piece, over interval.Interval) *part {
	x := &part{piece: p, gap: p == nil, from: make([]*evaluation.Resource, len(l.Own))}
	var donors []*piece
	if l.Extends {
		donors = l.donors(over)
	}
	for i, q := range l.Own {
		if p != nil && q.IsIn(p.record) {
			x.from[i] = p.record
		}
		for _, d := range donors {
			if x.from[i] == nil && q.Extends && q.IsIn(d.record) {
				x.from[i] = d.record
				if x.piece == nil {
					x.piece = d
				}
			}
		}
	}
	x.text = "-"
	if x.piece != nil {
		x.text = strconv.Itoa(len(x.piece.of.key)) + ":" + x.piece.of.key + "\x00" + x.piece.sort
	}
	for i, q := range l.Own {
		x.text += q.ValueOf(x.from[i])
	}
	return x
}

// donors are who may lend values to a time for which a section leaves them open, the preferred one first: the highest sort key, then what
// ended last before, then what begins next after.
func (l *lane) donors(over interval.Interval) []*piece {
	var out []*piece
	for _, p := range l.pieces {
		if (p.over.To <= over.From || p.over.From >= over.To) && (l.Least == nil || p.sort >= *l.Least) {
			out = append(out, p)
		}
	}
	slices.SortStableFunc(out, func(a, b *piece) int {
		before := func(p *piece) int {
			if p.over.To <= over.From {
				return 0
			}
			return 1
		}
		if n := cmp.Or(cmp.Compare(b.sort, a.sort), cmp.Compare(before(a), before(b))); n != 0 {
			return n
		}
		if before(a) == 0 {
			return cmp.Or(cmp.Compare(b.over.To, a.over.To), cmp.Compare(b.over.From, a.over.From), cmp.Compare(a.record.ID, b.record.ID))
		}
		return cmp.Or(cmp.Compare(a.over.From, b.over.From), cmp.Compare(a.over.To, b.over.To), cmp.Compare(a.record.ID, b.record.ID))
	})
	return out
}

// Most combinations of one owner: more is a mistake in the data or in the sections, and would take memory from everybody.
const (
	mostCombinations = 20_000
	mostContexts     = 1_000
)

// combining collects contexts, segment by segment in the order of time.
type combining struct {
	rule  chooser
	lanes []*lane
	tried int
	found []*combination
	open  map[string]*combination // those of the segment before, by what they say
	next  map[string]*combination
}

// combination is a context in the making.
type combination struct {
	over  interval.Interval
	parts []*part
}

// segment adds every combination of what is in force during a segment. One that says the same as in the segment before goes on.
func (m *combining) segment(over interval.Interval) error {
	choices := make([][]*part, len(m.lanes))
	for i, l := range m.lanes {
		choices[i] = l.parts(over)
	}
	m.next = map[string]*combination{}
	if err := m.choose(over, choices, nil, ""); err != nil {
		return err
	}
	m.open = m.next
	return nil
}

func (m *combining) choose(over interval.Interval, choices [][]*part, parts []*part, text string) error {
	if len(parts) < len(choices) {
		for _, x := range choices[len(parts)] {
			if err := m.choose(over, choices, append(parts[:len(parts):len(parts)], x), text+"\x01"+x.text); err != nil {
				return err
			}
		}
		return nil
	}
	if m.tried++; m.tried > mostCombinations || len(m.found) > mostContexts {
		return fmt.Errorf("the records make more than %d contexts, for many of them count at the same time; give the sections an instanceKeyExpression, or exclude what differs between records of the same thing", mostContexts)
	}
	if base := m.rule.mainOf(parts); base != nil { // its key is a value, too, where rules read it
		for _, q := range m.rule.OfRecord {
			text += q.ValueOf(base)
		}
		if m.rule.Reads.Self {
			text += "\x02" + strconv.FormatInt(base.ID, 10)
		}
	}
	c := m.open[text]
	switch {
	case c == nil || c.over.To != over.From:
		c = &combination{over: over, parts: parts}
		m.found = append(m.found, c)
	default:
		c.over.To = over.To
		for i, x := range parts {
			if c.parts[i].gap && !x.gap {
				c.parts[i] = x // it is told by what is there, not by what was lent
			}
		}
	}
	m.next[text] = c
	return nil
}

// mainOf is the record that a context is named after: what varies before what stays, what is in force before what is lent.
func (r chooser) mainOf(parts []*part) *evaluation.Resource {
	var best *part
	rank := func(i int, x *part) int {
		switch {
		case x.gap:
			return 3
		case r.Sections[i].Standard:
			return 2
		}
		return 1
	}
	least := 9
	for i, x := range parts {
		if x.piece != nil && rank(i, x) < least {
			best, least = x, rank(i, x)
		}
	}
	if best == nil {
		return nil
	}
	return best.piece.record
}

// contexts makes contexts of the combinations, the best ranked first: higher sort keys, then what is there for longer, then the lowest record.
// here is when the owner is here.
func (m *combining) contexts(here interval.Set) []Context {
	slices.SortStableFunc(m.found, func(a, b *combination) int {
		return cmp.Or(compareParts(a, b, func(x, y *piece) int { return cmp.Compare(y.sort, x.sort) }),
			compareParts(a, b, func(x, y *piece) int { return cmp.Compare(x.of.from, y.of.from) }),
			compareParts(a, b, func(x, y *piece) int { return cmp.Compare(x.of.id, y.of.id) }),
			cmp.Compare(a.over.From, b.over.From))
	})
	out := make([]Context, len(m.found))
	for i, c := range m.found {
		x := &out[i]
		x.Over, x.wide = c.over, widened(c.over, here)
		x.Record = m.rule.flatten(c.parts)
		x.Context = evaluation.Context{RuleID: m.rule.ID, RecordID: x.Record.ID, Start: interval.Moment(c.over.From), End: interval.Moment(c.over.To)}
		for k, p := range c.parts {
			s := evaluation.ContextSection{SectionID: m.lanes[k].ID, IsGap: p.gap}
			if p.piece != nil {
				s.RecordID = p.piece.record.ID
				if m.lanes[k].Key != nil {
					s.Key = p.piece.of.key
				}
			}
			x.Sections = append(x.Sections, s)
		}
	}
	return out
}

// compareParts compares what is in force, section by section.
func compareParts(a, b *combination, by func(x, y *piece) int) int {
	nothing := &piece{of: &instance{from: interval.Max, id: interval.Max}}
	for i, x := range a.parts {
		y := b.parts[i]
		if n := by(cmp.Or(x.piece, nothing), cmp.Or(y.piece, nothing)); n != 0 {
			return n
		}
	}
	return 0
}

// widened is where the values of a context are taken: in its time, before the first and after the last as well, and in a time without any the
// ones before it.
func widened(over interval.Interval, here interval.Set) interval.Interval {
	if over.From == here[0].From {
		over.From = interval.Min
	}
	for i, v := range here {
		if over.To == v.To {
			over.To = interval.Max
			if i+1 < len(here) {
				over.To = here[i+1].From
			}
			break
		}
	}
	return over
}

// flatten makes the record of a context: the values that its sections say. Where one record says them all it is that one.
func (r chooser) flatten(parts []*part) *evaluation.Resource {
	base := r.mainOf(parts)
	if base == nil {
		return &evaluation.Resource{EntityTypeID: r.Record, Scalars: map[string]string{}, Links: map[string][]int64{}}
	}
	if r.saysAll(base, parts) {
		return base
	}
	out := &evaluation.Resource{ID: base.ID, EntityTypeID: base.EntityTypeID, Key: base.Key, DisplayName: base.DisplayName, Scalars: map[string]string{}, Links: map[string][]int64{}}
	copied := func(q model.SectionProperty, from *evaluation.Resource) {
		switch {
		case from == nil:
		case q.Link:
			out.Links[q.Name] = from.Links[q.Name]
		default:
			if v, ok := from.Scalars[q.Name]; ok {
				out.Scalars[q.Name] = v
			}
		}
	}
	for _, q := range r.OfRecord {
		copied(q, base)
	}
	for i, c := range r.Sections {
		for k, q := range c.Own {
			copied(q, parts[i].from[k])
		}
	}
	return out
}

func (r chooser) saysAll(base *evaluation.Resource, parts []*part) bool {
	for _, q := range r.Hidden {
		if q.IsIn(base) {
			return false
		}
	}
	for i, c := range r.Sections {
		for k, q := range c.Own {
			if q.ValueOf(base) != q.ValueOf(parts[i].from[k]) {
				return false
			}
		}
	}
	return true
}
