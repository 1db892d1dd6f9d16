package evaluation

import (
	"cmp"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"cel.dev/cel-go/cel"

	"writ/server/directory"
	"writ/server/rolemodel"
)

// Problem is a fault of the model that Compile found: the model still compiles, the faulty part never matches or gives state 7.
type Problem = rolemodel.Problem

// Keys resolves what the model writes as keys. IDs and Labels need only hold what RequiredKeys asks for.
type Keys struct {
	IDs    map[int64]map[string]int64 // entity type id -> key -> resource id
	Labels map[int64]string           // resource id -> display name
	// Ancestors: dimension identifier -> resource id -> ids of the resource itself and everything above it.
	Ancestors map[string]map[int64][]int64
}

func (k Keys) hash() string {
	raw, err := json.Marshal(k) // in key order
	if err != nil {
		panic(err) // plain maps: cannot fail
	}
	sum := sha256.Sum256(raw)
	return string(sum[:16])
}

// RequiredKeys lists, per entity type, the keys used in criteria and navigation rules: what the caller has to look up for Keys.
func RequiredKeys(m *rolemodel.Model, shape *directory.Shape) map[int64][]string {
	want := map[int64]map[string]bool{}
	need := func(entityTypeID int64, key string) {
		if want[entityTypeID] == nil {
			want[entityTypeID] = map[string]bool{}
		}
		want[entityTypeID][key] = true
	}
	criteria := func(c rolemodel.Criteria) {
		for name, one := range c {
			if d := shape.Dimensions[name]; d != nil {
				need(d.EntityTypeID, one.Key)
			}
		}
	}
	for _, p := range m.Policies {
		criteria(p.Dimensions)
	}
	for _, r := range m.RoleRules {
		criteria(r.Dimensions)
	}
	for _, r := range m.Rules {
		criteria(r.Dimensions)
		if r.Kind == rolemodel.NavigationRule && r.PropertyID != nil && r.ValueKey != nil {
			if p := shape.Properties[*r.PropertyID]; p != nil && p.TargetEntityTypeID != nil {
				need(*p.TargetEntityTypeID, *r.ValueKey)
			}
		}
	}
	out := map[int64][]string{}
	for id, keys := range want {
		out[id] = slices.Sorted(maps.Keys(keys))
	}
	return out
}

// Compiled is a role model ready to be evaluated. Immutable but for its memo; safe for concurrent use.
type Compiled struct {
	Version  int64
	keys     string // hash of Keys: another tree or another resource behind a key is another model
	shape    *directory.Shape
	sources  map[int64]*source  // by source entity type
	rules    map[int64]*rule    // resource type rules by id
	types    map[int64]*typed   // resource types by id
	targets  map[int64]*reads   // by target entity type: what Evaluate reads of targets
	keyed    map[int64]*keySide // by target or pointed entity type: side T
	classify map[int64][]*rule  // by target entity type, highest confidence first
	labels   map[int64]string
}

// source is everything about the owners of one entity type.
type source struct {
	entityType int64
	contexts   []*contextRule
	contextOf  map[int64]int // policy id -> position in contexts; -1: no context rule
	matcher    *matcher
	roles      map[int64]*role
	byRole     map[int64][]*rule // rules that ask for a role (parent, composite or single), by that role
	types      []*typed
	reads      *reads // from the owner
	keyReads   *reads // from the owner, for its keys alone
	// keysByRecord: a key uses the record of the context in force
	keysByRecord bool
	keys         []*rule // CORRELATION and QUERY rules by id
}

// role is a role of this entity type.
type role struct {
	*rolemodel.Role
	order int // composite roles: parents first
}

// typed is a compiled resource type.
type typed struct {
	*rolemodel.ResourceType
	props  []*prop // in the order of the shape
	byName map[string]*prop
	correl []*rule // CORRELATION rules
}

// prop is a property of the target that rules compute.
type prop struct {
	*directory.Property
	scalars []*rule // by id
	navs    int     // how many navigation rules there are
	queries []*rule // highest confidence first, then id
}

// many reports whether the property holds any number of resources.
func (p *prop) many() bool { return p.IsNavigation() && p.IsCollection }

// rule is any compiled rule; which fields count depends on what it is.
type rule struct {
	id         int64
	identifier string
	kind       rolemodel.RuleKind // "" for role rules
	bit        uint32
	policyBit  uint32
	context    int // position in source.contexts; -1: none
	criteria   []criterion
	roleID     int64 // role that must be held; 0: none
	denied     bool
	priority   int
	strength   rolemodel.RuleType
	gives      int64 // role rules: the role
	listed     bool  // resource type rules: may give the type, or takes it or one of its values away
	typ        *typed
	prop       *prop
	value      *value // SCALAR, CORRELATION, QUERY: source side
	target     *value // CORRELATION, QUERY, CLASSIFICATION: target side
	comparison int16
	mapped     bool
	confidence int
	offset     rolemodel.OffsetReference
	before     int
	after      int
	resource   int64 // NAVIGATION: value
	label      string
}

// value computes one value: a binding, then perhaps a built-in function; or a literal; or an expression.
type value struct {
	path    *binding
	literal *string
	fn      *function
	args    []string
	prog    *program
	broken  error // it did not compile: whoever asks for it gets state 7
}

// today reports whether the value changes by itself at midnight.
func (v *value) today() bool { return v != nil && v.prog != nil && v.prog.today }

func (v *value) text(w *world) (string, error) {
	switch {
	case v == nil:
		return "", nil
	case v.broken != nil:
		return "", v.broken
	case v.literal != nil:
		return *v.literal, nil
	case v.prog != nil:
		return v.prog.text(w)
	case v.fn != nil:
		return v.fn.apply(v.path.text(w), v.args)
	default:
		return v.path.text(w), nil
	}
}

// Compile prepares a model. It never fails: what is wrong is reported, and the rule concerned never matches or fails for its item only.
func Compile(m *rolemodel.Model, shape *directory.Shape, keys Keys) (*Compiled, []Problem) {
	b := &builder{
		m: m, shape: shape, keys: keys, exprs: newCompiler(shape),
		policies: map[int64]*rolemodel.Policy{}, roles: map[int64]*rolemodel.Role{},
		c: &Compiled{Version: m.Version, keys: keys.hash(), shape: shape, sources: map[int64]*source{}, rules: map[int64]*rule{}, types: map[int64]*typed{},
			targets: map[int64]*reads{}, keyed: map[int64]*keySide{}, classify: map[int64][]*rule{}, labels: keys.Labels},
	}
	for _, p := range m.Policies {
		b.policies[p.ID] = p
	}
	for _, r := range m.Roles {
		b.roles[r.ID] = r
	}
	ids := map[int64]bool{}
	for _, r := range m.Roles {
		ids[r.EntityTypeID] = true
	}
	for _, t := range m.ResourceTypes {
		ids[t.SourceEntityTypeID] = true
	}
	for _, r := range m.ContextRules {
		ids[r.EntityTypeID] = true
	}
	for _, id := range slices.Sorted(maps.Keys(ids)) {
		b.source(id)
	}
	for _, u := range b.c.targets {
		u.sort()
	}
	for _, k := range b.c.keyed {
		k.finish()
	}
	for _, rules := range b.c.classify {
		slices.SortFunc(rules, func(x, y *rule) int {
			return cmp.Or(cmp.Compare(y.confidence, x.confidence), cmp.Compare(x.id, y.id))
		})
	}
	return b.c, b.problems
}

// builder carries what Compile needs while it works.
type builder struct {
	m        *rolemodel.Model
	shape    *directory.Shape
	keys     Keys
	exprs    *compiler
	policies map[int64]*rolemodel.Policy
	roles    map[int64]*rolemodel.Role
	c        *Compiled
	problems []Problem
}

func (b *builder) problem(severity rolemodel.Severity, kind, identifier, field, format string, args ...any) {
	b.problems = append(b.problems, Problem{Severity: severity, Kind: kind, Identifier: identifier, Field: field, Message: fmt.Sprintf(format, args...)})
}

func (b *builder) source(id int64) {
	s := &source{entityType: id, contextOf: map[int64]int{}, roles: map[int64]*role{}, byRole: map[int64][]*rule{},
		reads: &reads{entityType: id}, keyReads: &reads{entityType: id}}
	b.c.sources[id] = s
	b.contexts(s)
	s.matcher = newMatcher(b.keys.Ancestors, slices.Collect(maps.Keys(b.shape.Dimensions)))
	policyBits := map[int64]uint32{}
	next := uint32(0)
	for _, p := range b.m.Policies {
		if len(p.Dimensions) == 0 {
			continue
		}
		criteria := b.criteria("policy", p.Identifier, p.Dimensions)
		for i := range criteria {
			// the filter of a policy also takes descendants (role-model 2.2)
			criteria[i].inherit = criteria[i].inherit || b.shape.Dimensions[criteria[i].dimension].IsHierarchical
		}
		policyBits[p.ID] = next
		s.matcher.add(next, criteria)
		next++
	}
	register := func(r *rule, policyID int64) {
		r.bit = next
		next++
		r.policyBit = r.bit
		if bit, ok := policyBits[policyID]; ok {
			r.policyBit = bit
		}
		r.context = s.contextFor(b, policyID)
		s.matcher.add(r.bit, r.criteria)
		s.matcher.rules = append(s.matcher.rules, r)
		if r.roleID != 0 {
			s.byRole[r.roleID] = append(s.byRole[r.roleID], r)
		}
	}
	for _, r := range b.m.Roles {
		if r.EntityTypeID == id {
			s.roles[r.ID] = &role{Role: r}
		}
	}
	b.composites(s)
	for _, r := range b.m.RoleRules {
		if s.roles[r.RoleID] == nil || !b.enabled(r.PolicyID) {
			continue
		}
		register(&rule{id: r.ID, identifier: r.Identifier, criteria: b.criteria("role_rule", r.Identifier, r.Dimensions), roleID: deref(r.CompositeRoleID),
			denied: r.IsDenied, priority: r.Priority, strength: r.Type, gives: r.RoleID}, r.PolicyID)
	}
	for _, t := range b.m.ResourceTypes {
		if t.SourceEntityTypeID == id {
			b.resourceType(s, t, register)
		}
	}
	s.reads.sort()
	s.keyReads.sort()
	slices.SortFunc(s.keys, func(x, y *rule) int { return cmp.Compare(x.id, y.id) })
}

func deref(p *int64) int64 {
	if p == nil {
		return 0
	}
	return *p
}

func (b *builder) enabled(policyID int64) bool {
	p := b.policies[policyID]
	return p != nil && p.IsProvisioningEnabled
}

// composites numbers the composite roles so that a parent comes before what it gives; a cycle is cut at the second visit.
func (b *builder) composites(s *source) {
	children := map[int64][]int64{}
	for _, r := range b.m.RoleRules {
		if r.CompositeRoleID != nil && b.roles[r.RoleID] != nil && b.roles[r.RoleID].Kind == rolemodel.Composite {
			children[*r.CompositeRoleID] = append(children[*r.CompositeRoleID], r.RoleID)
		}
	}
	state := map[int64]int{}
	order := len(b.m.Roles)
	var visit func(id int64)
	visit = func(id int64) {
		if state[id] != 0 {
			return
		}
		state[id] = 1
		for _, c := range children[id] {
			visit(c)
		}
		if r := s.roles[id]; r != nil {
			r.order = order
			order--
		}
	}
	for _, r := range slices.Backward(b.m.Roles) {
		if r.Kind == rolemodel.Composite {
			visit(r.ID)
		}
	}
}

func (b *builder) criteria(kind, identifier string, c rolemodel.Criteria) []criterion {
	out := make([]criterion, 0, len(c))
	for _, name := range slices.Sorted(maps.Keys(c)) {
		one := c[name]
		d := b.shape.Dimensions[name]
		if d == nil {
			b.problem(rolemodel.SeverityError, kind, identifier, "dimensions."+name, "There is no dimension %q. Declare it or remove the criterion.", name)
			continue
		}
		id := b.keys.IDs[d.EntityTypeID][one.Key]
		if id == 0 {
			b.problem(rolemodel.SeverityWarning, kind, identifier, "dimensions."+name,
				"There is no %s with key %q, so this never matches. Correct the key or synchronize the reference data.", nameOf(b.shape, d.EntityTypeID), one.Key)
		}
		out = append(out, criterion{dimension: name, value: id, inherit: one.Inherit && d.IsHierarchical, key: one.Key})
	}
	return out
}

func (b *builder) resourceType(s *source, t *rolemodel.ResourceType, register func(*rule, int64)) {
	typ := &typed{ResourceType: t, byName: map[string]*prop{}}
	s.types = append(s.types, typ)
	b.c.types[t.ID] = typ
	if b.c.targets[t.TargetEntityTypeID] == nil {
		b.c.targets[t.TargetEntityTypeID] = &reads{entityType: t.TargetEntityTypeID, self: true}
	}
	if t.ArgumentsExpression != nil && *t.ArgumentsExpression != "" {
		if _, err := b.exprs.arguments(t.SourceEntityTypeID, t.TargetEntityTypeID, *t.ArgumentsExpression); err != nil {
			b.problem(rolemodel.SeverityError, "resource_type", t.Identifier, "argumentsExpression", "%s", err)
		}
	}
	on := b.c.targets[t.TargetEntityTypeID]
	for _, x := range b.m.Rules {
		if x.ResourceTypeID != t.ID || !b.enabled(x.PolicyID) {
			continue
		}
		r := &rule{id: x.ID, identifier: x.Identifier, kind: x.Kind, criteria: b.criteria("resource_type_rule", x.Identifier, x.Dimensions), roleID: deref(x.SingleRoleID),
			denied: x.IsDenied, strength: x.Type, typ: typ, comparison: x.ComparisonType, mapped: x.IsMapped, confidence: x.Confidence,
			offset: x.OffsetReference, before: x.OffsetBefore, after: x.OffsetAfter}
		if !b.resourceTypeRule(s, x, r, on) {
			continue
		}
		b.c.rules[r.id] = r
		register(r, x.PolicyID)
	}
	for _, p := range b.shape.PropertiesOf[t.TargetEntityTypeID] {
		if have := typ.byName[p.Identifier]; have != nil {
			slices.SortFunc(have.queries, func(x, y *rule) int {
				return cmp.Or(cmp.Compare(y.confidence, x.confidence), cmp.Compare(x.id, y.id))
			})
			typ.props = append(typ.props, have)
		}
	}
}

// resourceTypeRule fills in what depends on the kind of rule; false: the rule is left out.
func (b *builder) resourceTypeRule(s *source, x *rolemodel.ResourceTypeRule, r *rule, on *reads) bool {
	typ := r.typ
	fault := func(field string, err error) {
		b.problem(rolemodel.SeverityError, "resource_type_rule", x.Identifier, field, "%s", err)
	}
	needed := x.Kind == rolemodel.ScalarRule || x.Kind == rolemodel.NavigationRule || x.Kind == rolemodel.QueryRule
	if r.prop = b.property(typ, x, on); r.prop == nil && needed {
		fault("property", fmt.Errorf("the property is none of the target entity type; choose one of %s", nameOf(b.shape, typ.TargetEntityTypeID)))
		return false
	}
	full := scope{source: s.entityType, record: s.recordType(b, x.PolicyID), assignment: true}
	in := &trees{source: s.reads, record: s.recordReads(b, x.PolicyID)}
	switch x.Kind {
	case rolemodel.TypeRule:
		r.listed = true
	case rolemodel.ScalarRule:
		r.listed = r.roleID != 0
		r.value = b.value(full, sourceRoot, x.SourceBinding, x.SourceExpression, in, func(err error) { fault("sourceExpression", err) })
		r.prop.scalars = append(r.prop.scalars, r)
	case rolemodel.NavigationRule:
		r.listed = true
		if x.ValueKey != nil {
			r.resource = b.keys.IDs[deref(r.prop.TargetEntityTypeID)][*x.ValueKey]
			r.label = cmp.Or(b.keys.Labels[r.resource], *x.ValueKey)
		}
		if r.resource == 0 {
			b.problem(rolemodel.SeverityWarning, "resource_type_rule", x.Identifier, "valueKey",
				"There is no such resource yet, so the rule gives nothing. Correct the key or synchronize the system.")
			return false
		}
		r.prop.navs++
	case rolemodel.QueryRule:
		b.keyRule(s, x, r, deref(r.prop.TargetEntityTypeID), fault)
		r.prop.queries = append(r.prop.queries, r)
	case rolemodel.CorrelationRule:
		b.keyRule(s, x, r, typ.TargetEntityTypeID, fault)
		typ.correl = append(typ.correl, r)
	case rolemodel.ClassificationRule:
		k := b.side(typ.TargetEntityTypeID)
		r.target = b.condition(scope{target: typ.TargetEntityTypeID}, x.TargetExpression, &trees{target: k.reads}, func(err error) { fault("targetExpression", err) })
		b.c.classify[typ.TargetEntityTypeID] = append(b.c.classify[typ.TargetEntityTypeID], r)
	default:
		return false
	}
	return true
}

// property finds or adds the property of the type that the rule computes, and notes that targets are read for it.
func (b *builder) property(typ *typed, x *rolemodel.ResourceTypeRule, on *reads) *prop {
	if x.PropertyID == nil {
		return nil
	}
	p := b.shape.Properties[*x.PropertyID]
	if p == nil || p.EntityTypeID != typ.TargetEntityTypeID {
		return nil
	}
	have := typ.byName[p.Identifier]
	if have == nil {
		have = &prop{Property: p}
		typ.byName[p.Identifier] = have
	}
	if p.IsNavigation() {
		if n, ok := navigationOf(b.shape, typ.TargetEntityTypeID, p.Identifier); ok {
			on.nav(p.Identifier, n)
		}
	} else {
		on.scalar(p.Identifier)
	}
	return have
}

// value compiles a binding with an expression (role-model 1.7).
func (b *builder) value(sc scope, fallback root, bind, expr *string, in *trees, fault func(error)) *value {
	v := &value{}
	if v.broken = b.compileValue(v, sc, fallback, bind, expr, in); v.broken != nil {
		fault(v.broken)
	}
	return v
}

func (b *builder) compileValue(v *value, sc scope, fallback root, bind, expr *string, in *trees) (err error) {
	text := ""
	if expr != nil {
		text = strings.TrimSpace(*expr)
	}
	if bind != nil && *bind != "" {
		if v.path, err = parseBinding(b.shape, sc, fallback, *bind, in); err != nil {
			return err
		}
		if v.path.many {
			return fmt.Errorf("%q goes through a collection; one value is needed here", *bind)
		}
	}
	name, args, _ := strings.Cut(text, ":")
	switch fn, isFunction := builtins[strings.TrimSpace(name)]; {
	case text == "":
		if v.path == nil {
			return fmt.Errorf("a binding or an expression is needed")
		}
		return nil
	case name == "Literal":
		v.literal = &args
		return nil
	case name == "C#":
		return fmt.Errorf("expressions in C# are not supported; write the expression in CEL")
	case isFunction && (args != "" || isPath(text)) && v.path != nil:
		v.fn = &fn
		if args != "" {
			v.args = strings.Split(args, "|")
		}
		if len(v.args) < fn.least || len(v.args) > fn.args {
			return fmt.Errorf("%s needs %d arguments, separated by |", name, fn.args)
		}
		return nil
	case isFunction && v.path == nil && isPath(text):
		return fmt.Errorf("%s needs a binding to work on", name)
	case isPath(text) && v.path == nil:
		if v.path, err = parseBinding(b.shape, sc, fallback, text, in); err == nil && !v.path.many {
			return nil
		}
		v.path = nil
	}
	v.prog, err = b.exprs.compile(sc, strings.TrimPrefix(text, "Expr:"), in)
	return err
}

// condition compiles an expression that must be true or false.
func (b *builder) condition(sc scope, expr *string, in *trees, fault func(error)) *value {
	v := &value{}
	if expr == nil || strings.TrimSpace(*expr) == "" {
		v.broken = fmt.Errorf("an expression is needed")
	} else {
		v.prog, v.broken = b.exprs.compile(sc, strings.TrimPrefix(strings.TrimSpace(*expr), "Expr:"), in, cel.BoolType, cel.NullableType(cel.BoolType))
	}
	if v.broken != nil {
		fault(v.broken)
	}
	return v
}
