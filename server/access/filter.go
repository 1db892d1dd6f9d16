package access

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"

	"writ/server/directory"
	"writ/server/errs"
)

// ofOwner may stand in front of a binding in rules about built-in objects, which belong to somebody: owner.Department.
const ofOwner = "owner."

// checkDataSets refuses rules about data sets that do not exist, and filters that could never let a row through: a filter nobody can
// pass looks like a right that was given, and a data set with a typing error like one that is narrowed. Keys of resources that are not
// (yet) there give a warning. At most one statement beside those that read the metadata.
func checkDataSets(ctx context.Context, tx bun.IDB, rules []RuleSpec) ([]Warning, error) {
	if !slices.ContainsFunc(rules, func(r RuleSpec) bool {
		return orElse(r.EntityType, AnyEntityType) != AnyEntityType || len(r.Filters) > 0
	}) {
		return nil, nil
	}
	shape, err := directory.LoadShape(ctx, tx)
	if err != nil {
		return nil, err
	}
	var keys []keyUse
	var found []Warning
	for _, r := range rules {
		sets, err := dataSets(shape, r)
		if err != nil {
			return nil, err
		}
		for i, f := range r.Filters {
			c := &filterCheck{shape: shape, rule: r, filter: f, field: fmt.Sprintf("accessRule/%s.filters[%d]", r.Identifier, i)}
			if err := c.any(sets); err != nil {
				return nil, err
			}
			keys, found = append(keys, c.keys...), append(found, c.warnings...)
		}
	}
	missing, err := warnMissing(ctx, tx, shape, keys)
	return append(found, missing...), err
}

// dataSets gives the entity types whose rows the filters of a rule are about.
func dataSets(shape *directory.Shape, r RuleSpec) ([]*directory.EntityType, error) {
	name := orElse(r.EntityType, AnyEntityType)
	if t := shape.ByIdentifier[name]; t != nil {
		return []*directory.EntityType{t}, nil
	}
	builtIn := builtInSets()
	if name != AnyEntityType && !slices.Contains(builtIn, name) {
		return nil, errs.Invalid("accessRule/"+r.Identifier+".entityType",
			"The access rule %s is about %q, which is no data set. Write one of the entity types (%s), a built-in one such as AssignedResourceType or Job, or * for all.",
			r.Identifier, name, listed(slices.Sorted(maps.Keys(shape.ByIdentifier))))
	}
	all := make([]*directory.EntityType, 0, len(shape.EntityTypes))
	for _, id := range slices.Sorted(maps.Keys(shape.EntityTypes)) {
		all = append(all, shape.EntityTypes[id])
	}
	return all, nil
}

// builtInSets are the objects that permissions outside /Custom are about (10.1, 10.3).
func builtInSets() []string {
	var names []string
	for _, pattern := range known {
		segments := strings.Split(pattern[1:], "/")
		if segments[0] == "Custom" || len(segments) < 2 {
			continue
		}
		for name := range strings.SplitSeq(segments[1], "|") {
			if name != "*" {
				names = append(names, name)
			}
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// listed names at most forty, so that a message stays readable.
func listed(names []string) string {
	const most = 40
	if len(names) == 0 {
		return "there are none"
	}
	if len(names) > most {
		return strings.Join(names[:most], ", ") + fmt.Sprintf(" and %d more", len(names)-most)
	}
	return strings.Join(names, ", ")
}

// keyUse is a resource that a filter names by its key.
type keyUse struct {
	entityTypeID int64
	key          string
	warning      Warning
}

type filterCheck struct {
	shape    *directory.Shape
	rule     RuleSpec
	filter   FilterSpec
	field    string
	keys     []keyUse
	warnings []Warning
}

// any passes a filter that at least one of the entity types can satisfy. With several, the others' rows stay closed.
func (c *filterCheck) any(sets []*directory.EntityType) error {
	if d := c.filter.Dimension; d != "" && c.shape.Dimensions[d] == nil {
		return errs.Invalid(c.field+".dimension", "The access rule %s is narrowed by the dimension %q, which does not exist. Known: %s.",
			c.rule.Identifier, d, listed(slices.Sorted(maps.Keys(c.shape.Dimensions))))
	}
	binding := c.filter.Binding
	if c.shape.ByIdentifier[c.rule.EntityType] == nil && len(binding) > len(ofOwner) && strings.EqualFold(binding[:len(ofOwner)], ofOwner) {
		binding = binding[len(ofOwner):]
	}
	var first error
	for _, t := range sets {
		err := c.on(t, binding)
		if err == nil {
			return nil
		}
		if first == nil || !isUnknown(err) && isUnknown(first) {
			first = err
		}
	}
	switch {
	case first == nil:
		return errs.Invalid(c.field, "The access rule %s has a filter, and there is no entity type it could be about.", c.rule.Identifier)
	case len(sets) > 1 && isUnknown(first):
		return errs.Invalid(c.field+".binding", "The binding %q of the access rule %s leads nowhere from any entity type. Known at its beginning: %s.",
			c.filter.Binding, c.rule.Identifier, listed(c.namesOn(sets...)))
	}
	return first
}

// unknownBinding marks a binding that does not exist, as against one that cannot be compared like that.
type unknownBinding struct{ error }

func (u unknownBinding) Unwrap() error { return u.error }

func isUnknown(err error) bool {
	_, ok := err.(unknownBinding) //nolint:errorlint // made here, never wrapped
	return ok
}

func (c *filterCheck) on(t *directory.EntityType, binding string) error {
	end, scalar, err := c.follow(t, binding)
	if err != nil {
		return err
	}
	switch f := c.filter; {
	case f.CurrentUser:
		if scalar != nil {
			return errs.Invalid(c.field+".binding",
				"The binding %q of the access rule %s ends at the text of %s; the current user is a resource. Compare with Id or a navigation such as Manager.",
				f.Binding, c.rule.Identifier, scalar.Identifier)
		}
	case f.Dimension != "":
		return c.compareDimension(end, scalar)
	case scalar != nil:
		normal, err := directory.Normalise(scalar.Type, f.Value, c.shape.Zone())
		if err != nil {
			return errs.Invalid(c.field+".value", "%q can be no value of %s in the access rule %s: %s", f.Value, f.Binding, c.rule.Identifier, errs.As(err).Message).Because(err)
		}
		if normal != f.Value {
			return errs.Invalid(c.field+".value", "The value %q of %s in the access rule %s is stored as %q. Write it like that.", f.Value, f.Binding, c.rule.Identifier, normal)
		}
	default:
		c.keys = append(c.keys, keyUse{end.ID, f.Value, c.warn("value", "There is no %s with the key %q (yet): the filter opens nothing before it comes.", end.Identifier, f.Value)})
	}
	return nil
}

func (c *filterCheck) compareDimension(end *directory.EntityType, scalar *directory.Property) error {
	d := c.shape.Dimensions[c.filter.Dimension]
	if scalar != nil {
		if d.IsHierarchical {
			c.warnings = append(c.warnings, c.warn("binding", "%s is a text, so what is below a value of %s is left out. Bind to the navigation instead.", c.filter.Binding, d.Identifier))
		}
		return nil
	}
	if d.EntityTypeID != end.ID {
		return errs.Invalid(c.field+".dimension", "In the access rule %s, %s leads to %s, and the dimension %s is about %s: they never meet.",
			c.rule.Identifier, c.filter.Binding, end.Identifier, d.Identifier, c.shape.EntityTypes[d.EntityTypeID].Identifier)
	}
	return nil
}

func (c *filterCheck) warn(field, format string, args ...any) Warning {
	return Warning{Kind: "accessRule", Identifier: c.rule.Identifier, Field: strings.TrimPrefix(c.field, "accessRule/"+c.rule.Identifier+".") + "." + field,
		Message: fmt.Sprintf(format, args...)}
}

// follow gives where a binding ends: at a resource of an entity type, or at a scalar.
func (c *filterCheck) follow(t *directory.EntityType, binding string) (*directory.EntityType, *directory.Property, error) {
	if strings.EqualFold(binding, "Id") {
		return t, nil, nil
	}
	if err := directory.CheckHops(binding); err != nil {
		return nil, nil, errs.Invalid(c.field+".binding", "The binding of the access rule %s: %s.", c.rule.Identifier, err.Error())
	}
	segments := strings.Split(binding, ".")
	for i, name := range segments {
		p, to := c.shape.Property(t.ID, name), int64(0)
		if p == nil {
			if p = c.shape.Reverse(t.ID, name); p == nil {
				return nil, nil, unknownBinding{errs.Invalid(c.field+".binding", "The binding %q of the access rule %s leads nowhere: %s has no %q. Known: %s.",
					c.filter.Binding, c.rule.Identifier, t.Identifier, name, listed(c.namesOn(t)))}
			}
			to = p.EntityTypeID
		} else if p.IsNavigation() {
			to = *p.TargetEntityTypeID
		} else if i < len(segments)-1 {
			return nil, nil, unknownBinding{errs.Invalid(c.field+".binding", "The binding %q of the access rule %s goes on behind %s, which is no navigation.",
				c.filter.Binding, c.rule.Identifier, name)}
		} else {
			return t, p, nil
		}
		t = c.shape.EntityTypes[to]
	}
	return t, nil, nil
}

// namesOn gives what a binding may begin with.
func (c *filterCheck) namesOn(types ...*directory.EntityType) []string {
	names := []string{"Id"}
	for _, t := range types {
		for _, p := range c.shape.PropertiesOf[t.ID] {
			names = append(names, p.Identifier)
		}
		for _, p := range c.shape.Properties {
			if p.ReverseIdentifier != nil && p.TargetEntityTypeID != nil && *p.TargetEntityTypeID == t.ID {
				names = append(names, *p.ReverseIdentifier)
			}
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// warnMissing gives the warnings of those keys no living resource has, of entity types that have any and that the caller may read: before the first
// reading nothing is there, and that is no mistake of anybody's.
func warnMissing(ctx context.Context, tx bun.IDB, shape *directory.Shape, uses []keyUse) ([]Warning, error) {
	uses = slices.DeleteFunc(slices.Clone(uses), func(u keyUse) bool { return !directory.MayReadAll(ctx, shape.EntityTypes[u.entityTypeID].Identifier) })
	if len(uses) == 0 {
		return nil, nil
	}
	types, keys := make([]int64, len(uses)), make([]string, len(uses))
	for i, u := range uses {
		types[i], keys[i] = u.entityTypeID, u.key
	}
	var missing []int
	err := tx.NewRaw(`SELECT k.n - 1 FROM unnest(?::bigint[], ?::text[]) WITH ORDINALITY AS k (type, key, n)
		WHERE NOT EXISTS (SELECT FROM resource AS r WHERE r.entity_type_id = k.type AND r.key = k.key AND r.valid_to = 'infinity')
			AND EXISTS (SELECT FROM resource AS r WHERE r.entity_type_id = k.type AND r.valid_to = 'infinity') ORDER BY 1`,
		pgdialect.Array(types), pgdialect.Array(keys)).Scan(ctx, &missing)
	if err != nil {
		return nil, fmt.Errorf("look for the resources that filters name: %w", err)
	}
	found := make([]Warning, len(missing))
	for i, n := range missing {
		found[i] = uses[n].warning
	}
	return found, nil
}

// CheckRules looks at every rule again after the metadata changed: VALIDATION names the first whose filters could not let a row through
// any more. Four statements and those that read the metadata.
func CheckRules(ctx context.Context, db bun.IDB) error {
	rules, err := LoadRules(ctx, db)
	if err != nil {
		return err
	}
	_, err = checkDataSets(ctx, db, rules)
	return err
}
