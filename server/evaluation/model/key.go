package model

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"writ/server/evaluation"
	"writ/server/evaluation/formula"
	"writ/server/rolemodel"
)

// keySide is the rules that make correlation keys from the resources of one entity type, and what they read.
type keySide struct {
	entityType int64
	reads      *formula.Reads
	rules      []*Rule
}

func newKeySide(entityType int64) *keySide {
	return &keySide{entityType: entityType, reads: &formula.Reads{EntityType: entityType}}
}

func (k *keySide) finish() {
	k.reads.Sort()
	slices.SortFunc(k.rules, func(a, b *Rule) int { return int(a.ID - b.ID) })
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
func (b *builder) keyRule(s *Source, x *rolemodel.ResourceTypeRule, r *Rule, on int64, fault func(string, error)) {
	sc, in := formula.Scope{Source: s.entityType}, &formula.Trees{Source: s.Reads}
	if r.Kind.ByRecord {
		sc.Record, in.Record = s.recordType(b, x.PolicyID), s.recordReads(b, x.PolicyID)
	}
	r.Value = b.exprs.Value(sc, formula.SourceRoot, x.SourceBinding, x.SourceExpression, in, func(err error) { fault("sourceExpression", err) })
	// once more, only to learn what the keys alone read
	alone := &formula.Trees{Source: s.keyReads}
	b.exprs.Value(sc, formula.SourceRoot, x.SourceBinding, x.SourceExpression, alone, func(error) {})
	s.keysByRecord = s.keysByRecord || alone.Record != nil
	k := b.side(on)
	r.Target = b.exprs.Value(formula.Scope{Target: on}, formula.TargetRoot, x.TargetBinding, x.TargetExpression, &formula.Trees{Target: k.reads}, func(err error) { fault("targetExpression", err) })
	if r.Target.IsConstant() {
		r.Target.Broken = fmt.Errorf("the target side must use at least one property of the target, not a literal")
		fault("targetExpression", r.Target.Broken)
	}
	if err := b.exprs.MustMeet(r.Value, r.Target); err != nil {
		r.Value.Broken = err
		fault("sourceExpression", err)
	}
	s.Keys = append(s.Keys, r)
	k.rules = append(k.rules, r)
}

// MaxKey is how many characters a correlation key has at most. Longer ones are no key but a mistake in the data.
const MaxKey = 2000

// Key adds the key that a rule makes of a resource.
func (x *Rule) Key(out []evaluation.Key, v *formula.Value, w *formula.World, of *evaluation.Resource) []evaluation.Key {
	text, err := v.Raw(w)
	if err != nil {
		return append(out, evaluation.Key{RuleID: x.ID, Fault: fmt.Sprintf("The %s rule %s cannot be computed for %s (%s): %s.",
			strings.ToLower(string(x.Kind.of)), x.Identifier, cmp.Or(of.DisplayName, of.Key), formula.Excerpt(of.Key), formula.Excerpt(err.Error()))})
	}
	if text == "" {
		return out
	}
	err = formula.Storable(text)
	if n := utf8.RuneCountInString(text); err == nil && n > MaxKey {
		err = fmt.Errorf("it has %d characters, and at most %d can be compared", n, MaxKey)
	}
	if err != nil {
		return append(out, evaluation.Key{RuleID: x.ID, Fault: fmt.Sprintf("The value %s of %s (%s) cannot be used by the %s rule %s: %s.",
			formula.Excerpt(text), cmp.Or(of.DisplayName, of.Key), formula.Excerpt(of.Key), strings.ToLower(string(x.Kind.of)), x.Identifier, err)})
	}
	return append(out, evaluation.Key{RuleID: x.ID, Value: norm.NFC.String(text)}) // the same letters, however either side composes them
}

// TargetKeys makes side T of the correlation and query rules for a target or a pointed resource. res must hold what the TargetKeyPath of its
// entity type reaches.
func (c *Compiled) TargetKeys(t *evaluation.Resource, res map[int64]*evaluation.Resource) []evaluation.Key {
	k := c.keyed[t.EntityTypeID]
	if k == nil || t.Gone {
		return nil
	}
	w := &formula.World{Resources: res, Zone: c.Shape.Zone()}
	w.Vars[formula.TargetRoot] = t
	var out []evaluation.Key
	for _, r := range k.rules {
		out = r.Key(out, r.Target, w, t)
	}
	return out
}

// Classified tells which entity types have classification rules, sorted.
func (c *Compiled) Classified() []int64 {
	out := make([]int64, 0, len(c.Classifying))
	for id := range c.Classifying {
		out = append(out, id)
	}
	slices.Sort(out)
	return out
}
