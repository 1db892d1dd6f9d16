package model

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"hash"
	"slices"
)

// print notes what a role rule says, with the filter of its policy: its criteria by the keys they name, its priority, what it denies and how strongly
// it gives. Another name alone is no other rule (role-model 12.9).
func (x *Rule) print(filter []Criterion) {
	h := sha256.New()
	fmt.Fprintln(h, x.ID, x.RoleID, x.Denied, x.Priority, x.strength)
	for _, criteria := range [][]Criterion{x.Criteria, filter} {
		fmt.Fprintln(h, len(criteria))
		for _, k := range slices.SortedFunc(slices.Values(criteria), func(a, b Criterion) int { return cmp.Compare(a.Dimension, b.Dimension) }) {
			fmt.Fprintf(h, "%q %q %t\n", k.Dimension, k.Key, k.Inherit)
			x.Tested = append(x.Tested, k.Dimension)
		}
	}
	slices.Sort(x.Tested)
	x.Tested, x.Print = slices.Compact(x.Tested), number(h)
}

// PrintOf is the print of rules together; in the order of their ids.
func PrintOf(rules []*Rule) int64 {
	h := sha256.New()
	for _, x := range rules {
		fmt.Fprintln(h, x.Print)
	}
	return number(h)
}

func number(h hash.Hash) int64 { return int64(binary.LittleEndian.Uint64(h.Sum(nil))) }
