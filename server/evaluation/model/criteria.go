package model

import (
	"encoding/binary"
	"slices"
	"sync"

	"github.com/RoaringBitmap/roaring/v2"
)

// Matcher answers which rules' dimension criteria a tuple of dimension values satisfies (role-model 1.6). Per dimension value there is
// the bitmap of the rules it satisfies, ancestors folded in; a tuple is the AND over the dimensions; every distinct tuple is computed once.
type Matcher struct {
	Dimensions []*Dimension
	At         map[string]int // dimension identifier -> position in dims
	all        *roaring.Bitmap
	Rules      []*Rule

	mu    sync.RWMutex
	tuple map[string]*Matches
}

// Dimension is one dimension: the rules it does not concern, and those a value satisfies exactly or as a descendant.
type Dimension struct {
	name      string
	free      *roaring.Bitmap
	exact     map[int64]*roaring.Bitmap
	inherit   map[int64]*roaring.Bitmap
	Ancestors map[int64][]int64
}

// Matches is what one tuple satisfies.
type Matches struct {
	Bits *roaring.Bitmap
	// open are the satisfied rules that ask for no role, by what they give.
	Roles []*Rule
	Types []*Rule
}

// maxTuples bounds the memory of the memo; a model with more distinct tuples recomputes some.
const maxTuples = 200_000

func newMatcher(ancestors map[string]map[int64][]int64, names []string) *Matcher {
	m := &Matcher{At: map[string]int{}, all: roaring.New(), tuple: map[string]*Matches{}}
	slices.Sort(names)
	for i, n := range names {
		m.At[n] = i
		m.Dimensions = append(m.Dimensions, &Dimension{name: n, free: roaring.New(), exact: map[int64]*roaring.Bitmap{},
			inherit: map[int64]*roaring.Bitmap{}, Ancestors: ancestors[n]})
	}
	return m
}

// add gives bit the criteria; a criterion with an unknown value never matches.
func (m *Matcher) add(bit uint32, criteria []Criterion) {
	m.all.Add(bit)
	concerned := make([]bool, len(m.Dimensions))
	for _, c := range criteria {
		i := m.At[c.Dimension]
		concerned[i] = true
		if c.Value == 0 {
			continue
		}
		index := m.Dimensions[i].exact
		if c.Inherit {
			index = m.Dimensions[i].inherit
		}
		if index[c.Value] == nil {
			index[c.Value] = roaring.New()
		}
		index[c.Value].Add(bit)
	}
	for i, d := range m.Dimensions {
		if !concerned[i] {
			d.free.Add(bit)
		}
	}
}

// satisfied is the bitmap of one value; 0 = the subject has no value.
func (d *Dimension) satisfied(value int64) *roaring.Bitmap {
	out := d.free.Clone()
	if value == 0 {
		return out
	}
	if b := d.exact[value]; b != nil {
		out.Or(b)
	}
	own := d.inherit[value]
	if own != nil {
		out.Or(own)
	}
	for _, a := range d.Ancestors[value] {
		if b := d.inherit[a]; b != nil {
			out.Or(b)
		}
	}
	return out
}

// Match computes or remembers what a tuple (values in the order of dims) satisfies.
func (m *Matcher) Match(values []int64) *Matches {
	key := make([]byte, 0, len(values)*8)
	for _, v := range values {
		key = binary.LittleEndian.AppendUint64(key, uint64(v))
	}
	m.mu.RLock()
	found := m.tuple[string(key)]
	m.mu.RUnlock()
	if found != nil {
		return found
	}
	bits := m.all.Clone()
	for i, d := range m.Dimensions {
		bits.And(d.satisfied(values[i]))
	}
	found = &Matches{Bits: bits}
	for _, r := range m.Rules {
		if r.RoleID == 0 && found.Has(r) {
			if r.Gives != 0 {
				found.Roles = append(found.Roles, r)
			} else if r.Listed {
				found.Types = append(found.Types, r)
			}
		}
	}
	m.mu.Lock()
	if len(m.tuple) < maxTuples {
		m.tuple[string(key)] = found
	}
	m.mu.Unlock()
	return found
}

// Has reports whether the rule's own criteria and those of its policy are satisfied.
func (s *Matches) Has(r *Rule) bool {
	return s.Bits.Contains(r.Bit) && (r.PolicyBit == r.Bit || s.Bits.Contains(r.PolicyBit))
}

// Criterion is a compiled dimension criterion; value 0: the key is unknown.
type Criterion struct {
	Dimension string
	Value     int64
	Inherit   bool
	Key       string
}

// Fits reports whether a value satisfies a criterion: it is the one, or stands below it.
func (m *Matcher) Fits(k Criterion, value int64) bool {
	return k.fits(value, m.Dimensions[m.At[k.Dimension]].Ancestors)
}

// fits is Fits for whoever knows what is above the values; value 0: there is none.
func (k Criterion) fits(value int64, above map[int64][]int64) bool {
	return value != 0 && k.Value != 0 && (value == k.Value || k.Inherit && slices.Contains(above[value], k.Value))
}
