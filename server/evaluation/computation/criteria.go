package computation

import (
	"encoding/binary"
	"slices"
	"sync"

	"github.com/RoaringBitmap/roaring/v2"
)

// matcher answers which rules' dimension criteria a tuple of dimension values satisfies (role-model 1.6). Per dimension value there is
// the bitmap of the rules it satisfies, ancestors folded in; a tuple is the AND over the dimensions; every distinct tuple is computed once.
type matcher struct {
	dims  []*dimensionIndex
	at    map[string]int // dimension identifier -> position in dims
	all   *roaring.Bitmap
	rules []*rule

	mu    sync.RWMutex
	tuple map[string]*matches
}

// dimensionIndex is one dimension: the rules it does not concern, and those a value satisfies exactly or as a descendant.
type dimensionIndex struct {
	name      string
	free      *roaring.Bitmap
	exact     map[int64]*roaring.Bitmap
	inherit   map[int64]*roaring.Bitmap
	ancestors map[int64][]int64
}

// matches is what one tuple satisfies.
type matches struct {
	bits *roaring.Bitmap
	// open are the satisfied rules that ask for no role, by what they give.
	roles []*rule
	types []*rule
}

// maxTuples bounds the memory of the memo; a model with more distinct tuples recomputes some.
const maxTuples = 200_000

func newMatcher(ancestors map[string]map[int64][]int64, names []string) *matcher {
	m := &matcher{at: map[string]int{}, all: roaring.New(), tuple: map[string]*matches{}}
	slices.Sort(names)
	for i, n := range names {
		m.at[n] = i
		m.dims = append(m.dims, &dimensionIndex{name: n, free: roaring.New(), exact: map[int64]*roaring.Bitmap{},
			inherit: map[int64]*roaring.Bitmap{}, ancestors: ancestors[n]})
	}
	return m
}

// add gives bit the criteria; a criterion with an unknown value never matches.
func (m *matcher) add(bit uint32, criteria []criterion) {
	m.all.Add(bit)
	concerned := make([]bool, len(m.dims))
	for _, c := range criteria {
		i := m.at[c.dimension]
		concerned[i] = true
		if c.value == 0 {
			continue
		}
		index := m.dims[i].exact
		if c.inherit {
			index = m.dims[i].inherit
		}
		if index[c.value] == nil {
			index[c.value] = roaring.New()
		}
		index[c.value].Add(bit)
	}
	for i, d := range m.dims {
		if !concerned[i] {
			d.free.Add(bit)
		}
	}
}

// satisfied is the bitmap of one value; 0 = the subject has no value.
func (d *dimensionIndex) satisfied(value int64) *roaring.Bitmap {
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
	for _, a := range d.ancestors[value] {
		if b := d.inherit[a]; b != nil {
			out.Or(b)
		}
	}
	return out
}

// match computes or remembers what a tuple (values in the order of dims) satisfies.
func (m *matcher) match(values []int64) *matches {
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
	for i, d := range m.dims {
		bits.And(d.satisfied(values[i]))
	}
	found = &matches{bits: bits}
	for _, r := range m.rules {
		if r.roleID == 0 && found.has(r) {
			if r.gives != 0 {
				found.roles = append(found.roles, r)
			} else if r.listed {
				found.types = append(found.types, r)
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

// has reports whether the rule's own criteria and those of its policy are satisfied.
func (s *matches) has(r *rule) bool {
	return s.bits.Contains(r.bit) && (r.policyBit == r.bit || s.bits.Contains(r.policyBit))
}

// criterion is a compiled dimension criterion; value 0: the key is unknown.
type criterion struct {
	dimension string
	value     int64
	inherit   bool
	key       string
}
