package evaluation

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"writ/server/rolemodel"
)

// keySide is the rules that make correlation keys from the resources of one entity type, and what they read.
type keySide struct {
	entityType int64
	reads      *reads
	rules      []*rule
}

func newKeySide(entityType int64) *keySide {
	return &keySide{entityType: entityType, reads: &reads{entityType: entityType}}
}

func (k *keySide) finish() {
	k.reads.sort()
	slices.SortFunc(k.rules, func(a, b *rule) int { return int(a.id - b.id) })
}

func (b *builder) side(entityType int64) *keySide {
	k := b.c.keyed[entityType]
	if k == nil {
		k = newKeySide(entityType)
		b.c.keyed[entityType] = k
	}
	return k
}

// keyRule compiles both sides of a correlation or query rule. on is the entity type of side T.
func (b *builder) keyRule(s *source, x *rolemodel.ResourceTypeRule, r *rule, on int64, fault func(string, error)) {
	sc, in := scope{source: s.entityType}, &trees{source: s.reads}
	if r.kind.byRecord {
		sc.record, in.record = s.recordType(b, x.PolicyID), s.recordReads(b, x.PolicyID)
	}
	r.value = b.exprs.value(sc, sourceRoot, x.SourceBinding, x.SourceExpression, in, func(err error) { fault("sourceExpression", err) })
	// once more, only to learn what the keys alone read
	alone := &trees{source: s.keyReads}
	b.exprs.value(sc, sourceRoot, x.SourceBinding, x.SourceExpression, alone, func(error) {})
	s.keysByRecord = s.keysByRecord || alone.record != nil
	k := b.side(on)
	r.target = b.exprs.value(scope{target: on}, targetRoot, x.TargetBinding, x.TargetExpression, &trees{target: k.reads}, func(err error) { fault("targetExpression", err) })
	if r.target.isConstant() {
		r.target.broken = fmt.Errorf("the target side must use at least one property of the target, not a literal")
		fault("targetExpression", r.target.broken)
	}
	if err := b.exprs.mustMeet(r.value, r.target); err != nil {
		r.value.broken = err
		fault("sourceExpression", err)
	}
	s.keys = append(s.keys, r)
	k.rules = append(k.rules, r)
}

// MaxKey is how many characters a correlation key has at most. Longer ones are no key but a mistake in the data.
const MaxKey = 2000

// key adds the key that a rule makes of a resource.
func (x *rule) key(out []Key, v *value, w *world, of *Resource) []Key {
	text, err := v.raw(w)
	if err != nil {
		return append(out, Key{RuleID: x.id, Fault: fmt.Sprintf("The %s rule %s cannot be computed for %s (%s): %s.",
			strings.ToLower(string(x.kind.of)), x.identifier, cmp.Or(of.DisplayName, of.Key), excerpt(of.Key), excerpt(err.Error()))})
	}
	if text == "" {
		return out
	}
	err = storable(text)
	if n := utf8.RuneCountInString(text); err == nil && n > MaxKey {
		err = fmt.Errorf("it has %d characters, and at most %d can be compared", n, MaxKey)
	}
	if err != nil {
		return append(out, Key{RuleID: x.id, Fault: fmt.Sprintf("The value %s of %s (%s) cannot be used by the %s rule %s: %s.",
			excerpt(text), cmp.Or(of.DisplayName, of.Key), excerpt(of.Key), strings.ToLower(string(x.kind.of)), x.identifier, err)})
	}
	return append(out, Key{RuleID: x.id, Value: norm.NFC.String(text)}) // the same letters, however either side composes them
}

// TargetKeys makes side T of the correlation and query rules for a target or a pointed resource. res must hold what the TargetKeyPath of its
// entity type reaches.
func (c *Compiled) TargetKeys(t *Resource, res map[int64]*Resource) []Key {
	k := c.keyed[t.EntityTypeID]
	if k == nil || t.Gone {
		return nil
	}
	w := &world{resources: res, zone: c.shape.Zone()}
	w.vars[targetRoot] = t
	var out []Key
	for _, r := range k.rules {
		out = r.key(out, r.target, w, t)
	}
	return out
}

// Classified tells which entity types have classification rules, sorted.
func (c *Compiled) Classified() []int64 {
	out := make([]int64, 0, len(c.classify))
	for id := range c.classify {
		out = append(out, id)
	}
	slices.Sort(out)
	return out
}
