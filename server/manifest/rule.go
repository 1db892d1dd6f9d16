package manifest

import (
	"fmt"
	"reflect"
	"strings"

	"writ/server/rolemodel"
)

// ruleKind is what a resource type asks of one kind of its rules. Its only implementation is ruleOf, in a file of its own per kind.
type ruleKind interface {
	of() rolemodel.RuleKind
	name(t *ResourceType)
	each(t *ResourceType, do func(identifier string))
	rows(w *writer, at string, t *ResourceType) ([]*rolemodel.ResourceTypeRule, error)
	load(r *reader, row *rolemodel.ResourceTypeRule, t *ResourceType) error
}

// ruleOf declares a kind of rules whose struct is a T. It has an Identifier and a Policy, and tags as columns.go says.
type ruleOf[T any] struct {
	kind rolemodel.RuleKind
	in   func(*ResourceType) *[]T
	// byProperty names rules after the property they fill, instead of by their number.
	byProperty bool
}

func (k ruleOf[T]) of() rolemodel.RuleKind { return k.kind }

// name gives rules that have none an identifier, and those without a policy that of their type.
func (k ruleOf[T]) name(t *ResourceType) {
	list, seen := *k.in(t), map[string]int{}
	for i := range list {
		rule := reflect.ValueOf(&list[i]).Elem()
		identifier, policy := rule.FieldByName("Identifier"), rule.FieldByName("Policy")
		name := fmt.Sprintf("%s-%s-%d", t.Identifier, strings.ToLower(string(k.kind)), i+1)
		if k.byProperty {
			property, suffix := rule.FieldByName("Property").String(), ""
			if seen[property]++; seen[property] > 1 { // the second and later rules of one property are numbered
				suffix = fmt.Sprintf("-%d", seen[property])
			}
			name = t.Identifier + "-" + property + suffix
		}
		identifier.SetString(or(identifier.String(), name))
		policy.SetString(or(policy.String(), t.Policy))
	}
}

func (k ruleOf[T]) each(t *ResourceType, do func(identifier string)) {
	for _, rule := range *k.in(t) {
		do(identifierOf(rule))
	}
}

func (k ruleOf[T]) rows(w *writer, at string, t *ResourceType) ([]*rolemodel.ResourceTypeRule, error) {
	out := make([]*rolemodel.ResourceTypeRule, len(*k.in(t)))
	for n, rule := range *k.in(t) {
		out[n] = &rolemodel.ResourceTypeRule{Kind: k.kind, IsMapped: true, Confidence: 100}
		if err := w.toRow(at+"."+identifierOf(rule), rule, out[n], true); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func (k ruleOf[T]) load(r *reader, row *rolemodel.ResourceTypeRule, t *ResourceType) error {
	var rule T
	if err := r.fromRow(row, &rule); err != nil {
		return err
	}
	*k.in(t) = append(*k.in(t), rule)
	return nil
}

func identifierOf(rule any) string { return reflect.ValueOf(rule).FieldByName("Identifier").String() }

// Offset shifts the time of a rule (role-model 2.9).
type Offset struct {
	// What the minutes count from.
	Reference string `yaml:"reference" default:"default" words:"OffsetReference"`
	// Minutes added to the beginning; negative: earlier. Default: 0.
	Before int `yaml:"before,omitempty"`
	// Minutes added to the end; negative: earlier. Default: 0.
	After int `yaml:"after,omitempty"`
}
