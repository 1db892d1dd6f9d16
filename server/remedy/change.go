package remedy

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
)

// ChangeKind says what would have to change.
type ChangeKind string

const (
	Value  ChangeKind = "VALUE"  // a navigation of a resource, most often of a record of the owner, leads elsewhere or nowhere
	Record ChangeKind = "RECORD" // a record that counts is added
	Denial ChangeKind = "DENIAL" // what a person refused is not refused any more
	Policy ChangeKind = "POLICY" // a policy is switched on: for everybody
	Time   ChangeKind = "TIME"   // nothing: it begins by itself
)

// Change is one change. Which fields count depends on its kind.
type Change struct {
	Kind ChangeKind

	// Value: Property of the resource leads from one resource to another; To 0: nowhere, or to anything that the same rule does not ask for.
	ResourceID int64
	Property   string
	Dimension  string // that is read from there
	From, To   int64
	Below      bool // what is below To does as well

	// Record: under which context rule, and with what.
	ContextRuleID int64
	Values        []RecordValue

	// Denial: the row that refuses, of a role or of a resource type.
	RoleID, ResourceTypeID int64
	RowID                  int64

	PolicyID int64

	At time.Time // Time: when
}

// RecordValue is what a new record has to lead to.
type RecordValue struct {
	Dimension string
	Property  string
	To        int64
	Below     bool
}

// key tells two changes apart; of the same value there can be one change only.
func (c *Change) key() string {
	return fmt.Sprint(c.slot(), "=", c.To, c.Values, c.At.UnixMicro())
}

// slot is what a change changes.
func (c *Change) slot() string {
	return fmt.Sprint(c.Kind, c.ResourceID, c.Property, c.ContextRuleID, c.RoleID, c.ResourceTypeID, c.RowID, c.PolicyID)
}

// weight orders sets of the same size: what concerns one person before what concerns everybody.
func (c *Change) weight() int {
	switch c.Kind {
	case Time:
		return 0
	case Policy:
		return 3
	case Record:
		return 2
	default:
		return 1
	}
}

// join adds changes to a set; a change of the same thing takes the place of the older one. The set is ordered, so that equal sets are equal.
func join(set []Change, more []Change) []Change {
	out := slices.Clone(set)
	for _, c := range more {
		if c.Kind == Value && c.ResourceID == newRecord {
			inRecord(out, c)
			continue
		}
		if i := slices.IndexFunc(out, func(have Change) bool { return have.slot() == c.slot() }); i >= 0 {
			c.From = out[i].From
			out[i] = c
		} else {
			out = append(out, c)
		}
	}
	slices.SortFunc(out, func(a, b Change) int {
		return cmp.Or(cmp.Compare(a.weight(), b.weight()), strings.Compare(a.key(), b.key()))
	})
	return out
}

// inRecord gives the record that is added another value.
func inRecord(set []Change, c Change) {
	i := slices.IndexFunc(set, func(have Change) bool { return have.Kind == Record })
	v := RecordValue{Dimension: c.Dimension, Property: c.Property, To: c.To, Below: c.Below}
	values := slices.DeleteFunc(slices.Clone(set[i].Values), func(have RecordValue) bool { return have.Property == v.Property })
	set[i].Values = append(values, v)
	slices.SortFunc(set[i].Values, func(a, b RecordValue) int { return strings.Compare(a.Dimension, b.Dimension) })
}

func keyOf(set []Change) string {
	parts := make([]string, len(set))
	for i := range set {
		parts[i] = set[i].key()
	}
	return strings.Join(parts, ";")
}

func weightOf(set []Change) (n int) {
	for i := range set {
		n += set[i].weight()
	}
	return n
}

// contains reports whether one set has all changes of another.
func contains(set, part []Change) bool {
	for i := range part {
		if !slices.ContainsFunc(set, func(c Change) bool { return c.key() == part[i].key() }) {
			return false
		}
	}
	return true
}
