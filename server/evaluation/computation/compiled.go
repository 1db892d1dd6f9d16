package computation

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
		if k := kindOf(r.Kind); k != nil && k.names != nil {
			k.names(r, shape, need)
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
	sources  map[int64]*source        // by source entity type
	rules    map[int64]*rule          // resource type rules by id
	types    map[int64]*typed         // resource types by id
	targets  map[int64]*formula.Reads // by target entity type: what Evaluate reads of targets
	keyed    map[int64]*keySide       // by target or pointed entity type: side T
	classify map[int64][]*rule        // by target entity type, highest confidence first
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
	reads      *formula.Reads // from the owner
	keyReads   *formula.Reads // from the owner, for its keys alone
	// keysByRecord: a key uses the record of the context in force
	keysByRecord bool
	keys         []*rule // CORRELATION and QUERY rules by id
}

// source gives what is known of the owners of an entity type; nothing where the model says nothing of them.
func (c *Compiled) source(entityTypeID int64) *source {
	if s := c.sources[entityTypeID]; s != nil {
		return s
	}
	return &source{entityType: entityTypeID, matcher: newMatcher(nil, nil), reads: &formula.Reads{}}
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
	// designates: the computed properties by which a system tells a new target: its key, or where the system gives the key itself, the unique keys
	designates []*prop
}

// prop is a property of the target that rules compute.
type prop struct {
	formula.Field
	at      int     // its position in props
	scalars []*rule // by id
	navs    int     // how many navigation rules there are
	queries []*rule // highest confidence first, then id

}

// ruled reports whether rules compute the property; else only what they once brought is left to be taken away.
func (p *prop) ruled() bool { return len(p.scalars)+p.navs+len(p.queries) > 0 }

// many reports whether the property holds any number of resources.
func (p *prop) many() bool { return p.IsNavigation() && p.IsCollection }

// rule is any compiled rule; which fields count depends on what it is.
type rule struct {
	id         int64
	alone      []int64  // the id, as a list of its own
	itself     [1]*rule // the rule, as a list of its own
	identifier string
	kind       *ruleKind // ofRoles for role rules
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
	value      *formula.Value // SCALAR, CORRELATION, QUERY: source side
	target     *formula.Value // CORRELATION, QUERY, CLASSIFICATION: target side
	comparison int16
	mapped     bool
	confidence int
	offset     rolemodel.OffsetReference
	before     int
	after      int
	resource   int64 // NAVIGATION: value
	label      string
}

// applied moves the interval of a rule by its offsets (role-model 2.9). Default gives it as it is.
func (x *rule) applied(over interval.Set) interval.Set {
	if x.offset == rolemodel.OffsetDefault {
		return over
	}
	out := make([]interval.Interval, 0, len(over))
	for _, i := range over {
		switch x.offset {
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

// required reports whether a rule gives something by itself: the other strengths only suggest in a basket.
func (x *rule) required() bool { return x.strength == rolemodel.Required }

func (c *Compiled) nameOfRule(id int64) string {
	if x := c.rules[id]; x != nil {
		return x.identifier
	}
	return ""
}
