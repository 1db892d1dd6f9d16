package model

import (
	"crypto/sha256"
	"encoding/json"
	"maps"
	"slices"

	"writ/server/directory"
	"writ/server/evaluation/formula"
	"writ/server/evaluation/interval"
	"writ/server/rolemodel"
)

// Keys resolves what the model writes as keys. IDs and Labels need only hold what RequiredKeys asks for.
type Keys struct {
	IDs    map[int64]map[string]int64 // entity type id -> key -> resource id
	Labels map[int64]string           // resource id -> display name
	// Values: resource id -> property -> value, of what RequiredValues asks for.
	Values map[int64]map[string]string `json:",omitempty"`
	// Ancestors: dimension identifier -> resource id -> ids of the resource itself and everything above it.
	Ancestors map[string]map[int64][]int64
	// Tables are what scalar rules look through by query(), of what Queried asks for.
	Tables *formula.Tables `json:",omitempty"`
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
	m.EachCriteria(func(c rolemodel.Criteria) {
		for name, one := range c {
			if d := shape.Dimensions[name]; d != nil {
				need(d.EntityTypeID, one.Key)
			}
		}
	})
	for _, r := range m.Roles {
		for name, key := range r.ImposedDimensions {
			if d := shape.Dimensions[name]; d != nil {
				need(d.EntityTypeID, key)
			}
		}
	}
	for _, r := range m.Rules {
		if k := kindOf(r.Kind); k != nil && k.names != nil {
			k.names(r, shape, need)
		}
	}
	riskKeys(m, shape, need)
	out := map[int64][]string{}
	for id, keys := range want {
		out[id] = slices.Sorted(maps.Keys(keys))
	}
	return out
}

// RequiredValues lists, per entity type, the properties whose values group what navigation rules name: what the caller has to look up for Keys.Values.
func RequiredValues(m *rolemodel.Model, shape *directory.Shape) map[int64][]string {
	out := map[int64][]string{}
	for _, r := range m.Rules {
		if k := kindOf(r.Kind); k == nil || k.names == nil || r.PropertyID == nil {
			continue
		}
		if p := shape.Properties[*r.PropertyID]; p != nil && p.GroupBy != "" && p.TargetEntityTypeID != nil && !slices.Contains(out[*p.TargetEntityTypeID], p.GroupBy) {
			out[*p.TargetEntityTypeID] = append(out[*p.TargetEntityTypeID], p.GroupBy)
		}
	}
	return out
}

// Queried is what the rules of a model look through by query(), by entity type, and what they read of it: what the caller has to look up for Keys.Tables.
func Queried(m *rolemodel.Model, shape *directory.Shape) map[int64]*formula.Reads {
	if !slices.ContainsFunc(m.Rules, func(r *rolemodel.ResourceTypeRule) bool {
		return r.Kind == rolemodel.ScalarRule && r.SourceExpression != nil && formula.MayQuery(*r.SourceExpression)
	}) {
		return nil
	}
	c, _ := Compile(m, shape, Keys{})
	return c.queried
}

// Source is everything about the owners of one entity type.
type Source struct {
	entityType int64
	Contexts   []*ContextRule
	contextOf  map[int64]int // policy id -> position in contexts; -1: no context rule
	Matcher    *Matcher
	Roles      map[int64]*Role
	ByRole     map[int64][]*Rule // rules that ask for a role (parent, composite or single), by that role
	Types      []*ResourceType
	Reads      *formula.Reads // from the owner
	keyReads   *formula.Reads // from the owner, for its keys alone
	// keysByRecord: a key uses the record of the context in force
	keysByRecord bool
	Keys         []*Rule // CORRELATION and QUERY rules by id
}

// Source gives what is known of the owners of an entity type; nothing where the model says nothing of them.
func (c *Compiled) Source(entityTypeID int64) *Source {
	if s := c.Sources[entityTypeID]; s != nil {
		return s
	}
	return &Source{entityType: entityTypeID, Matcher: newMatcher(nil, nil), Reads: &formula.Reads{}}
}

// Role is a role of this entity type.
type Role struct {
	*rolemodel.Role
	Order    int              // composite roles: parents first
	Imposes  map[string]int64 // dimension -> value of holders (role-model 3.4)
	External bool             // another tool keeps its assignments
	Grace    int              // minutes for which it stays when the rules take it away (role-model 12.9)
	Rules    []*Rule          // that give it, by id; filled in while there is a grace period
	Print    int64            // of all of them
}

// Imposing reports whether some role brings values along for the parameters of others.
func (s *Source) Imposing() bool {
	for _, x := range s.Roles {
		if len(x.Imposes) > 0 {
			return true
		}
	}
	return false
}

// Tests reports whether a dimension is a parameter of a role: it is required, or a rule that asks for the role asks for it (role-model 3.4). A composite
// role has those of the single roles that it gives.
func (s *Source) Tests(own *Role, name string) bool {
	if slices.Contains(own.RequiredParameters, name) {
		return true
	}
	return slices.ContainsFunc(s.ByRole[own.ID], func(x *Rule) bool {
		if slices.ContainsFunc(x.Criteria, func(k Criterion) bool { return k.Dimension == name }) {
			return true
		}
		given := s.Roles[x.Gives]
		return own.Kind == rolemodel.Composite && given != nil && given.Kind == rolemodel.Single && s.Tests(given, name)
	})
}

// Parameters are the dimensions that are parameters of a role, in order.
func (s *Source) Parameters(own *Role) []string {
	out := slices.Clone(own.RequiredParameters)
	for name := range s.Matcher.At {
		if s.Tests(own, name) {
			out = append(out, name)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// role compiles what a role imposes.
func (b *builder) role(r *rolemodel.Role) *Role {
	out := &Role{Role: r}
	if p := b.policies[r.PolicyID]; p != nil {
		out.External, out.Grace = p.IsExternal, p.OfRole(r).GracePeriod
	}
	for _, name := range slices.Sorted(maps.Keys(r.ImposedDimensions)) {
		d := b.shape.Dimensions[name]
		if d == nil {
			continue // rolemodel.Validate reports it
		}
		key := r.ImposedDimensions[name]
		id := b.keys.IDs[d.EntityTypeID][key]
		if id == 0 {
			b.noSuchKey(d.EntityTypeID, "role", r.Identifier, "imposedDimensions."+name,
				"There is no %s with key %q, so holders have no value of %s. Correct the key or synchronize the reference data.", formula.NameOf(b.shape, d.EntityTypeID), key, name)
		}
		if out.Imposes == nil {
			out.Imposes = map[string]int64{}
		}
		out.Imposes[name] = id
	}
	return out
}

// ResourceType is a compiled resource type.
type ResourceType struct {
	*rolemodel.ResourceType
	Props  []*Property // in the order of the shape
	ByName map[string]*Property
	correl []*Rule // CORRELATION rules
	// Designates: the computed properties by which a system tells a new target: its key, or where the system gives the key itself, the unique keys
	Designates []*Property
}

// Property is a property of the target that rules compute.
type Property struct {
	formula.Field
	At      int               // its position in props
	Scalars []*Rule           // by id
	navs    int               // how many navigation rules there are
	Givers  map[int64][]*Rule // navigation rules that ask for a role, by their value
	Queries []*Rule           // highest confidence first, then id

}

// Ruled reports whether rules compute the property; else only what they once brought is left to be taken away.
func (p *Property) Ruled() bool { return len(p.Scalars)+p.navs+len(p.Queries) > 0 }

// Many reports whether the property holds any number of resources.
func (p *Property) Many() bool { return p.IsNavigation() && p.IsCollection }

// Rule is any compiled rule; which fields count depends on what it is.
type Rule struct {
	ID         int64
	Alone      []int64  // the id, as a list of its own
	Itself     [1]*Rule // the rule, as a list of its own
	Identifier string
	Kind       *Kind // ofRoles for role rules
	Bit        uint32
	PolicyBit  uint32
	Context    int // position in source.contexts; -1: none
	Criteria   []Criterion
	RoleID     int64 // role that must be held; 0: none
	Denied     bool
	Priority   int
	strength   rolemodel.RuleType
	Gives      int64 // role rules: the role
	Listed     bool  // resource type rules: may give the type, or takes it or one of its values away
	Type       *ResourceType
	Property   *Property
	Value      *formula.Value // SCALAR, CORRELATION, QUERY: source side
	Target     *formula.Value // CORRELATION, QUERY, CLASSIFICATION: target side
	Comparison int16
	Mapped     bool
	Confidence int
	Offset     rolemodel.OffsetReference
	before     int
	after      int
	Resource   int64    // NAVIGATION: value
	Print      int64    // role rules: another one when the rule says something else
	Tested     []string // role rules: the dimensions that it and the filter of its policy ask for, in order
	Label      string
	Group      string // NAVIGATION: of the value, when the property groups; empty: none
}

// Applied moves the interval of a rule by its offsets (role-model 2.9). Default gives it as it is.
func (x *Rule) Applied(over interval.Set) interval.Set {
	if x.Offset == rolemodel.OffsetDefault {
		return over
	}
	out := make([]interval.Interval, 0, len(over))
	for _, i := range over {
		switch x.Offset {
		case rolemodel.OffsetAround:
			out = append(out, interval.Interval{From: interval.Shift(i.From, x.before), To: interval.Shift(i.To, x.after)})
		case rolemodel.OffsetBefore:
			if i.From != interval.Min {
				out = append(out, interval.Interval{From: interval.Shift(i.From, x.before), To: interval.Shift(i.From, x.after)})
			}
		case rolemodel.OffsetAfter:
			if i.To != interval.Max {
				out = append(out, interval.Interval{From: interval.Shift(i.To, x.before), To: interval.Shift(i.To, x.after)})
			}
		}
	}
	return interval.Of(out...)
}

// Required reports whether a rule gives something by itself: the other strengths only suggest in a basket.
func (x *Rule) Required() bool { return x.strength == rolemodel.Required }

// NameOfRule is the identifier of a rule of resource types; empty: there is none.
func (c *Compiled) NameOfRule(id int64) string {
	if x := c.Rules[id]; x != nil {
		return x.Identifier
	}
	return ""
}
