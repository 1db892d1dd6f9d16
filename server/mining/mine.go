package mining

import (
	"cmp"
	"slices"

	"github.com/RoaringBitmap/roaring/v2"
)

// Population is where people stand and what they have, as it is at one instant.
type Population struct {
	Dimensions []Dimension
	Places     []Place
	Roles      []Role
}

// Dimension is what rules may ask for.
type Dimension struct {
	Identifier string
	// Ancestors are the values above each value, of hierarchical dimensions only: a rule may ask for one of them and all below.
	Ancestors map[int64][]int64
}

// Place is one context of a person: somebody with several positions at once has several.
type Place struct {
	Person int64
	Values []int64 // in the order of the dimensions; 0: none
}

// Role is a role and who holds it.
type Role struct {
	ID      int64
	Holders []int64 // people; those without a place do not count
}

// Literal is one criterion of a proposed rule: the dimension has the value, or one below it.
type Literal struct {
	Dimension int // position in Population.Dimensions
	Value     int64
	Inherit   bool
}

// Proposal is one rule that would give a role: all its literals hold. Without literals it gives the role to everybody.
type Proposal struct {
	Literals []Literal
	Matched  int // people whom the rule gives the role
	Right    int // of them hold it already
	New      int // of them are not reached by an earlier rule of the role, and hold it
}

// Limits say which rules are good enough (role-model 8.2, 8.3), in percent from 0 to 100.
type Limits struct {
	PrecisionMin     float64 // share of right decisions about all people, of all rules of a role together
	FalsePositiveMax float64 // share of those whom a rule gives the role although they do not hold it
	LeastPeople      int     // people whom a rule must match
	Outliers         float64 // share of the people whose rare values are no criterion
}

// accepts reports whether so many of the matched may be wrong.
func (l Limits) accepts(wrong, matched int) bool { return share(wrong, matched) <= l.FalsePositiveMax }

// Finding is what became of one role.
type Finding struct {
	RoleID    int64
	People    int // all who have a place
	Holders   int
	Right     int // true positives of the rules together
	Wrong     int // false positives: would be given
	Left      int // false negatives: stay unexplained
	Proposals []Proposal
	// Held names those who hold it, by id.
	Held []int64
	// Given and Unexplained name the false positives and the false negatives, by id.
	Given, Unexplained []int64
	// Cut: the search ended at its limit; there may be a better rule.
	Cut bool
	// Refused says which limit the nearest rules did not reach, when there are no proposals.
	Refused Refusal
}

// Refusal is why a role has no proposal.
type Refusal string

const (
	NoHolders    Refusal = "NO_HOLDERS"     // nobody with a place holds the role
	TooWrong     Refusal = "FALSE_POSITIVE" // every rule would give it to too many who do not hold it
	TooImprecise Refusal = "PRECISION"      // the rules together explain too few of the holders
)

// Precision is the share of right decisions in percent; 100 of nobody.
func (f Finding) Precision() float64 {
	if f.People == 0 {
		return 100
	}
	return float64(f.People-f.Wrong-f.Left) / float64(f.People) * 100
}

// FalsePositive is the share of those who would be given the role and do not hold it, in percent.
func (f Finding) FalsePositive() float64 { return share(f.Wrong, f.Right+f.Wrong) }

// FalsePositive is the share of the matched who do not hold the role, in percent.
func (p Proposal) FalsePositive() float64 { return share(p.Matched-p.Right, p.Matched) }

func share(part, whole int) float64 {
	if whole == 0 {
		return 0
	}
	return float64(part) / float64(whole) * 100
}

// mostLiterals is how many criteria a rule may have (role-model 8.4).
const mostLiterals = 3

// mostTried bounds the conjunctions that are looked at to find one rule.
const mostTried = 50_000

// Ground is a population, indexed: made once, asked for each role.
type Ground struct {
	population *Population
	people     []int64          // by number
	number     map[int64]uint32 // of a person
	owner      []uint32         // the person of a place
	single     bool             // everybody has one place
	literals   []indexed
}

// indexed is a literal with the places where it holds.
type indexed struct {
	Literal
	places *roaring.Bitmap
	people int
}

// NewGround indexes a population. Values that the rarest people have, up to the share of outliers, are no criteria (role-model 8.4, step 1).
func NewGround(p *Population, outliers float64) *Ground {
	g := &Ground{population: p, number: map[int64]uint32{}, owner: make([]uint32, len(p.Places))}
	for i, place := range p.Places {
		n, ok := g.number[place.Person]
		if !ok {
			n = uint32(len(g.people))
			g.number[place.Person], g.people = n, append(g.people, place.Person)
		}
		g.owner[i] = n
	}
	g.single = len(g.people) == len(p.Places)
	for d := range p.Dimensions {
		g.index(d, outliers)
	}
	return g
}

// People is how many people have a place.
func (g *Ground) People() int { return len(g.people) }

// index makes the literals of a dimension.
func (g *Ground) index(d int, outliers float64) {
	exact, below := map[int64]*roaring.Bitmap{}, map[int64]*roaring.Bitmap{}
	note := func(in map[int64]*roaring.Bitmap, value int64, place int) {
		if in[value] == nil {
			in[value] = roaring.New()
		}
		in[value].Add(uint32(place))
	}
	ancestors := g.population.Dimensions[d].Ancestors
	for i, place := range g.population.Places {
		value := place.Values[d]
		if value == 0 {
			continue
		}
		note(exact, value, i)
		for _, above := range ancestors[value] {
			if above != value {
				note(below, above, i)
			}
		}
	}
	var found []indexed
	for value, places := range exact {
		found = append(found, indexed{Literal{d, value, false}, places, g.count(places)})
	}
	slices.SortFunc(found, func(a, b indexed) int { return cmp.Or(cmp.Compare(a.people, b.people), cmp.Compare(a.Value, b.Value)) })
	rare, rest := 0, 0
	for _, l := range found {
		if rest += l.people; share(rest, len(g.people)) > outliers {
			break
		}
		rare++
	}
	found = found[rare:]
	for value, places := range below {
		if own := exact[value]; own != nil {
			places.Or(own)
		}
		found = append(found, indexed{Literal{d, value, true}, places, g.count(places)})
	}
	slices.SortFunc(found, func(a, b indexed) int { return compareLiterals(a.Literal, b.Literal) })
	g.literals = append(g.literals, found...)
}

// compareLiterals orders as dimensions do, then by value; the exact one before the one with all below.
func compareLiterals(a, b Literal) int {
	return cmp.Or(cmp.Compare(a.Dimension, b.Dimension), cmp.Compare(a.Value, b.Value), ordinal(a.Inherit)-ordinal(b.Inherit))
}

// ordinal: no before yes.
func ordinal(b bool) int {
	if b {
		return 1
	}
	return 0
}

// crowd gives the people of places.
func (g *Ground) crowd(places *roaring.Bitmap) *roaring.Bitmap {
	if g.single {
		return places
	}
	out := roaring.New()
	for i := places.Iterator(); i.HasNext(); {
		out.Add(g.owner[i.Next()])
	}
	return out
}

func (g *Ground) count(places *roaring.Bitmap) int {
	if g.single {
		return int(places.GetCardinality())
	}
	return int(g.crowd(places).GetCardinality())
}

// Mine looks for rules that explain who holds a role (role-model 8.4, step 2): the acceptable conjunction that covers most holders who are not covered
// yet, again and again, until there is none; then the rules together must be precise enough.
func (g *Ground) Mine(r Role, limits Limits) Finding {
	f := Finding{RoleID: r.ID, People: len(g.people)}
	holders := roaring.New()
	for _, h := range r.Holders {
		if n, ok := g.number[h]; ok {
			holders.Add(n)
		}
	}
	f.Holders, f.Held = int(holders.GetCardinality()), g.ids(holders)
	if f.Left = f.Holders; f.Holders == 0 {
		f.Refused = NoHolders
		return f
	}
	kept := g.cover(holders, limits, &f)
	if len(kept) == 0 {
		f.Refused = TooWrong
		return g.named(f, holders, nil)
	}
	whole := g.measured(f, holders, kept)
	if whole.Precision() < limits.PrecisionMin {
		kept = g.dropped(f, holders, kept, limits)
		if len(kept) == 0 {
			whole.Proposals, whole.Refused = nil, TooImprecise
			return whole
		}
	}
	return g.named(f, holders, kept)
}

// retained is a rule that was chosen, with whom it matches.
type retained struct {
	Proposal
	people *roaring.Bitmap
}

// cover chooses rules until no acceptable one covers another holder.
func (g *Ground) cover(holders *roaring.Bitmap, limits Limits, f *Finding) (kept []retained) {
	uncovered := holders.Clone()
	for !uncovered.IsEmpty() {
		s := search{g: g, holders: holders, uncovered: uncovered, limits: limits}
		s.run()
		f.Cut = f.Cut || s.tried > mostTried
		if s.best == nil {
			break
		}
		best := *s.best
		kept = append(kept, best)
		uncovered.AndNot(best.people)
	}
	return kept
}

// search is the search for one rule.
type search struct {
	g                  *Ground
	holders, uncovered *roaring.Bitmap
	limits             Limits
	tried              int
	best               *retained
}

// candidate is a literal that covers somebody, and whom.
type candidate struct {
	indexed
	covers int
}

// run looks at everybody, then at single literals, pairs, triples: a longer rule is of interest only when it may cover more than the best so far.
func (s *search) run() {
	everybody := roaring.New()
	everybody.AddRange(0, uint64(len(s.g.people)))
	if s.consider(nil, everybody) {
		return // covers all there are with the fewest literals
	}
	var list []candidate
	for _, l := range s.g.literals {
		people := s.g.crowd(l.places)
		if covers := int(people.AndCardinality(s.uncovered)); covers > 0 && s.promising(people, l.people) {
			list = append(list, candidate{l, covers})
		}
	}
	// The most promising first: the bound cuts the rest.
	slices.SortStableFunc(list, func(a, b candidate) int { return cmp.Compare(b.covers, a.covers) })
	for length := 1; length <= mostLiterals && s.tried <= mostTried; length++ {
		s.grow(list, 0, nil, nil, length)
	}
}

// grow tries every conjunction of the wanted length that begins with the literals so far.
func (s *search) grow(list []candidate, from int, so []Literal, places *roaring.Bitmap, length int) {
	for i := from; i < len(list) && s.tried <= mostTried; i++ {
		c := list[i]
		if !s.mayWin(c.covers, length) {
			return // the list is sorted: what follows covers no more
		}
		if slices.ContainsFunc(so, func(l Literal) bool { return l.Dimension == c.Dimension }) {
			continue
		}
		s.tried++
		next := c.places
		if places != nil {
			next = roaring.And(places, c.places)
		}
		literals := append(slices.Clone(so), c.Literal)
		if len(literals) == length {
			s.consider(literals, s.g.crowd(next))
			continue
		}
		people := s.g.crowd(next)
		covers := int(people.AndCardinality(s.uncovered))
		if covers == 0 || !s.mayWin(covers, length) || !s.promising(people, int(people.GetCardinality())) {
			continue
		}
		s.grow(list, i+1, literals, next, length)
	}
}

// mayWin reports whether a conjunction of a length that covers at most so many can still be the best.
func (s *search) mayWin(covers, length int) bool {
	return s.best == nil || covers > s.best.New || covers == s.best.New && length <= len(s.best.Literals)
}

// promising reports whether a conjunction, or a longer one that begins with it, can be acceptable: of the least number of people that a rule matches,
// enough must hold the role.
func (s *search) promising(people *roaring.Bitmap, matched int) bool {
	least := max(s.limits.LeastPeople, 1)
	return matched >= least && s.limits.accepts(least-int(people.AndCardinality(s.holders)), least)
}

// consider keeps a conjunction that is acceptable and better than the best so far: it covers more; or as much with fewer literals, then fewer who do
// not hold the role, then values before whole branches of a tree, then in the order of the dimensions. It reports whether it covers everybody who is left.
func (s *search) consider(literals []Literal, people *roaring.Bitmap) bool {
	p := retained{Proposal: Proposal{Literals: slices.SortedFunc(slices.Values(literals), compareLiterals), Matched: int(people.GetCardinality()),
		Right: int(people.AndCardinality(s.holders)), New: int(people.AndCardinality(s.uncovered))}, people: people}
	if p.New == 0 || p.Matched < max(s.limits.LeastPeople, 1) || !s.limits.accepts(p.Matched-p.Right, p.Matched) {
		return false
	}
	if s.best == nil || s.better(p) {
		s.best = &p
	}
	return s.best.New == int(s.uncovered.GetCardinality())
}

func (s *search) better(p retained) bool {
	b := s.best
	return cmp.Or(cmp.Compare(p.New, b.New), cmp.Compare(len(b.Literals), len(p.Literals)), cmp.Compare(b.Matched-b.Right, p.Matched-p.Right),
		cmp.Compare(branches(b.Literals), branches(p.Literals)), slices.CompareFunc(b.Literals, p.Literals, compareLiterals)) > 0
}

// branches counts the literals that mean a value and all below it.
func branches(list []Literal) (n int) {
	for _, l := range list {
		n += ordinal(l.Inherit)
	}
	return n
}

// measured counts what rules do together.
func (g *Ground) measured(f Finding, holders *roaring.Bitmap, kept []retained) Finding {
	union := roaring.New()
	f.Proposals = nil
	for _, k := range kept {
		union.Or(k.people)
		f.Proposals = append(f.Proposals, k.Proposal)
	}
	f.Right = int(union.AndCardinality(holders))
	f.Wrong, f.Left = int(union.GetCardinality())-f.Right, f.Holders-f.Right
	return f
}

// dropped takes the weakest rules away until the rest is precise enough; nil when nothing helps. The weakest is the one without which the others decide
// best, and dropping it must make them better.
func (g *Ground) dropped(f Finding, holders *roaring.Bitmap, kept []retained, limits Limits) []retained {
	for len(kept) > 0 {
		now := g.measured(f, holders, kept).Precision()
		if now >= limits.PrecisionMin {
			return kept
		}
		at, best := -1, now
		for i := range kept {
			if without := g.measured(f, holders, slices.Delete(slices.Clone(kept), i, i+1)).Precision(); without > best {
				at, best = i, without
			}
		}
		if at < 0 {
			return nil
		}
		kept = slices.Delete(slices.Clone(kept), at, at+1)
	}
	return nil
}

// named says whom the rules would give the role, and whom they leave out.
func (g *Ground) named(f Finding, holders *roaring.Bitmap, kept []retained) Finding {
	union, before := roaring.New(), roaring.New()
	for i := range kept { // what a dropped rule covered counts for those that stay
		mine := roaring.And(kept[i].people, holders)
		mine.AndNot(before)
		kept[i].New = int(mine.GetCardinality())
		before.Or(kept[i].people)
		union.Or(kept[i].people)
	}
	f = g.measured(f, holders, kept)
	f.Given, f.Unexplained = g.ids(roaring.AndNot(union, holders)), g.ids(roaring.AndNot(holders, union))
	return f
}

func (g *Ground) ids(people *roaring.Bitmap) []int64 {
	out := make([]int64, 0, people.GetCardinality())
	for i := people.Iterator(); i.HasNext(); {
		out = append(out, g.people[i.Next()])
	}
	slices.Sort(out)
	return out
}
