package catalogue

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"

	"writ/server/assignment"
	"writ/server/db"
	"writ/server/directory"
	"writ/server/errs"
	"writ/server/evaluation"
	"writ/server/evaluation/model"
	"writ/server/permit"
	"writ/server/rolemodel"
)

// RuleSuggestionsInput names what was found without a rule: a role, or a difference: an account, or what accounts point to. Exactly one of both.
type RuleSuggestionsInput struct {
	Role         *string
	RoleKind     *rolemodel.RoleKind
	DifferenceID *int64
}

// RuleSuggestions are rules that would explain what was found. All numbers are of people whom the caller may see.
type RuleSuggestions struct {
	ObjectKind  string // kind of the object that such a rule is written in, as configuration files call it
	Object      string // its identifier
	ObjectName  string
	List        string  // where in it
	Property    *string // of a rule about a value
	Resource    *string // key of what accounts point to by it
	Found       int     // people for whom it was found
	Suggestions []*RuleSuggestion
}

// RuleSuggestion is one rule: whom it explains, and to whom it would give the same besides.
type RuleSuggestion struct {
	Criteria []*RuleSuggestionCriterion
	Explains int // of those for whom it was found
	Besides  int // who have it not
	Matches  int

	rule rule
}

// RuleSuggestionCriterion is one criterion of a suggested rule.
type RuleSuggestionCriterion struct {
	Dimension, DimensionName, Key, Label string
	Inherit                              bool
}

// Bounds of the search: so many criteria are tried alone, of so many of them two together, and so many rules are named.
const (
	mostAlone    = 30
	mostTogether = 8
	mostNamed    = 5
)

// suggesting is the search for rules.
type suggesting struct {
	m          *assignment.Model
	entity     *directory.EntityType
	policyID   int64
	found, has condition // of people w: it was found for them; they have it
	out        RuleSuggestions
}

// RuleSuggestions proposes rules that would give people what was found in their accounts without a rule (role-model 13.1, 13.3): one criterion or two
// that hold for most of them and for few others. Needs permit.RoleModelQuery; people are counted within permit.AssignmentQuery. UNAVAILABLE when it
// takes longer than patience.
func (s *Service) RuleSuggestions(ctx context.Context, in RuleSuggestionsInput) (*RuleSuggestions, error) {
	if _, err := permit.Require(ctx, permit.RoleModelQuery); err != nil {
		return nil, err
	}
	m, err := s.Assignments.Model(ctx, s.DB)
	if err != nil {
		return nil, err
	}
	p, err := s.about(ctx, m, in)
	if err != nil {
		return nil, err
	}
	limited, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	out, err := s.suggest(limited, p)
	if err != nil && limited.Err() != nil && ctx.Err() == nil {
		return nil, errs.New(errs.Unavailable, "The search took longer than %d seconds and was stopped.", int(patience.Seconds())).Because(err)
	}
	return out, err
}

// about reads what was found.
func (s *Service) about(ctx context.Context, m *assignment.Model, in RuleSuggestionsInput) (*suggesting, error) {
	if (in.Role == nil) == (in.DifferenceID == nil) {
		return nil, errs.Invalid("input", "Name a role or a difference.")
	}
	if in.DifferenceID != nil {
		return s.aboutDifference(ctx, m, *in.DifferenceID)
	}
	for _, r := range m.Source.Roles {
		if r.Identifier != *in.Role || in.RoleKind != nil && r.Kind != *in.RoleKind {
			continue
		}
		now := s.Clock.Now()
		p := &suggesting{m: m, entity: m.Shape.EntityTypes[r.EntityTypeID], policyID: r.PolicyID,
			out: RuleSuggestions{ObjectKind: "singleRole", Object: r.Identifier, ObjectName: r.DisplayName, List: "rules"}}
		if r.Kind == rolemodel.Composite {
			p.out.ObjectKind = "compositeRole"
		}
		p.found = bun.SafeQuery("exists (select from assigned_role a where a.role_id = ? and a.owner_id = w.id and a.valid_to = 'infinity' and a.origin = ? and a.workflow_state in ("+
			evaluation.SQLNonConforming+", "+evaluation.SQLPreExisting+"))", r.ID, evaluation.OriginFound)
		p.has = bun.SafeQuery("exists (select from assigned_role a where a.role_id = ? and a.owner_id = w.id and ?)", r.ID, held(now, now))
		return p, nil
	}
	return nil, errs.Invalid("input.role", "There is no role %q.", *in.Role)
}

// aboutDifference reads what a difference is about: that of an owner, which is an account or what it points to. Needs the right to read the accounts.
func (s *Service) aboutDifference(ctx context.Context, m *assignment.Model, id int64) (*suggesting, error) {
	missing := errs.Missing("There is no difference %d of an account, or of what an account points to, that a rule could explain.", id).Of(id)
	var rows []struct {
		ResourceTypeID, OwnerID int64
		Property, Key           *string
		ValueID                 *int64
	}
	if err := s.DB.NewRaw(`select g.resource_type_id, a.owner_id, g.property, g.value_id, v.key from gap g join assigned_resource_type a on a.id = g.assigned_resource_type_id and a.owner_id is not null
			left join resource v on v.id = g.value_id and v.valid_to = 'infinity' and ? where g.id = ? and (g.property is null or v.id is not null)`, directory.Readable(ctx, m.Shape, "v"), id).Scan(ctx, &rows); err != nil {
		return nil, fmt.Errorf("read a difference: %w", db.Explain(err))
	}
	if len(rows) == 0 {
		return nil, missing
	}
	g, t := rows[0], m.ResourceType(rows[0].ResourceTypeID)
	if t == nil {
		return nil, missing
	}
	p := &suggesting{m: m, entity: m.Shape.EntityTypes[t.SourceEntityTypeID], policyID: t.PolicyID,
		out: RuleSuggestions{ObjectKind: "resourceType", Object: t.Identifier, ObjectName: t.DisplayName, List: "typeRules", Property: g.Property, Resource: g.Key}}
	// whoever may not see the owner, or the accounts, does not learn what was found there
	var isThere bool
	may, _ := seen(ctx, m, p.entity.ID)
	if err := s.DB.NewRaw("select exists (select from resource w where w.id = ? and ?)", g.OwnerID, may).Scan(ctx, &isThere); err != nil {
		return nil, fmt.Errorf("look for the owner: %w", db.Explain(err))
	}
	if _, err := directory.MayRead(ctx, m.Shape.EntityTypes[t.TargetEntityTypeID].Identifier); err != nil || !isThere {
		return nil, missing
	}
	const account = "exists (select from assigned_resource_type a"
	const of = " where a.owner_id = w.id and a.resource_type_id = ? and a.valid_to = 'infinity'"
	if g.Property == nil {
		p.found = bun.SafeQuery(account+" join gap g on g.assigned_resource_type_id = a.id and g.property is null and g.closed_at is null"+of+")", t.ID)
		p.has = bun.SafeQuery(account+of+" and not a.is_denied and (a.is_expected or a.resource_id is not null))", t.ID)
		return p, nil
	}
	p.out.List = "navigationRules"
	p.found = bun.SafeQuery(account+" join gap g on g.assigned_resource_type_id = a.id and g.property = ? and g.value_id = ? and g.closed_at is null"+of+")", *g.Property, *g.ValueID, t.ID)
	p.has = bun.SafeQuery(account+" join resource_link l on l.source_id = a.resource_id and l.target_id = ? and l.valid_to = 'infinity' join property q on q.id = l.property_id and q.identifier = ?"+of+")",
		*g.ValueID, *g.Property, t.ID)
	return p, nil
}

// suggest tries criteria alone, then the best of them together.
func (s *Service) suggest(ctx context.Context, p *suggesting) (*RuleSuggestions, error) {
	out := &p.out
	out.Suggestions = []*RuleSuggestion{}
	may, _ := seen(ctx, p.m, p.entity.ID)
	if err := s.DB.NewRaw("select count(*) from resource w where w.entity_type_id = ? and w.valid_to = 'infinity' and ? and ?", p.entity.ID, may, p.found).Scan(ctx, &out.Found); err != nil {
		return nil, fmt.Errorf("count who has it without a rule: %w", db.Explain(err))
	}
	if out.Found == 0 {
		return out, nil
	}
	alone, err := s.alone(ctx, p, may)
	if err != nil || len(alone) == 0 {
		return out, err
	}
	if err := s.try(ctx, p, may, alone); err != nil {
		return nil, err
	}
	better(alone, out.Found)
	var both []*RuleSuggestion
	for i, a := range alone[:min(len(alone), mostTogether)] {
		for _, b := range alone[i+1 : min(len(alone), mostTogether)] {
			if a.Criteria[0].Dimension == b.Criteria[0].Dimension {
				continue
			}
			criteria := maps.Clone(a.rule.criteria)
			maps.Copy(criteria, b.rule.criteria)
			both = append(both, &RuleSuggestion{Criteria: []*RuleSuggestionCriterion{a.Criteria[0], b.Criteria[0]}, rule: rule{policyID: p.policyID, criteria: criteria}})
		}
	}
	if err := s.try(ctx, p, may, both); err != nil {
		return nil, err
	}
	all := slices.DeleteFunc(append(alone, both...), func(x *RuleSuggestion) bool { return x.Explains == 0 })
	better(all, out.Found)
	for _, x := range all {
		// what explains nobody more and gives it to nobody less than a shorter one adds nothing
		if len(out.Suggestions) < mostNamed && !slices.ContainsFunc(out.Suggestions, func(y *RuleSuggestion) bool { return y.Explains >= x.Explains && y.Besides <= x.Besides }) {
			out.Suggestions = append(out.Suggestions, x)
		}
	}
	return out, nil
}

// fit says how well a rule hits those for whom it was found: the harmonic mean of how many of them it explains and how many of whom it gives it to have it.
func (x *RuleSuggestion) fit(found int) float64 {
	return 2 * float64(x.Explains) / float64(found+x.Explains+x.Besides)
}

// better sorts what fits best first; of equals the shorter.
func better(list []*RuleSuggestion, found int) {
	slices.SortStableFunc(list, func(a, b *RuleSuggestion) int {
		return cmp.Or(cmp.Compare(b.fit(found), a.fit(found)), cmp.Compare(len(a.Criteria), len(b.Criteria)), cmp.Compare(b.Explains, a.Explains))
	})
}

// alone gives the criteria that hold for most of those for whom it was found: the values of their contexts, and what these are below.
func (s *Service) alone(ctx context.Context, p *suggesting, may condition) (list []*RuleSuggestion, err error) {
	now := s.Clock.Now()
	err = db.Select(ctx, s.DB, bun.SafeQuery(`with value as (
			select distinct c.owner_id, k.key as dimension, k.value::bigint as value from context c join resource w on w.id = c.owner_id and w.entity_type_id = ? and w.valid_to = 'infinity'
			cross join lateral jsonb_each_text(c.dimensions) k where `+inForce+` and ? and ?)
		select d.identifier, d.display_name, r.key, r.display_name, x.inherit from (
			select v.dimension, v.value, false as inherit, count(*) as n from value v group by v.dimension, v.value
			union all select v.dimension, l.ancestor_id, true, count(distinct v.owner_id) from value v join dimension d on d.identifier = v.dimension and d.is_hierarchical
				join dimension_closure l on l.dimension_id = d.id and l.descendant_id = v.value group by v.dimension, l.ancestor_id) x
		join dimension d on d.identifier = x.dimension join resource r on r.id = x.value and r.valid_to = 'infinity' and ?
		order by x.n desc, d.identifier, x.inherit, r.key limit ?`, p.entity.ID, now, now, may, p.found, directory.Readable(ctx, p.m.Shape, "r"), mostAlone), func(r *db.Row) error {
		c := &RuleSuggestionCriterion{Dimension: r.Text(), DimensionName: r.Text(), Key: r.Text(), Label: r.Text(), Inherit: r.Bool()}
		list = append(list, &RuleSuggestion{Criteria: []*RuleSuggestionCriterion{c}, rule: rule{policyID: p.policyID, criteria: rolemodel.Criteria{c.Dimension: {Key: c.Key, Inherit: c.Inherit}}}})
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("look where they stand: %w", db.Explain(err))
	}
	return list, nil
}

// try counts for each rule, through the same criteria as computations, for how many of those it holds for whom it was found, and for how many who have
// it not: two statements.
func (s *Service) try(ctx context.Context, p *suggesting, may condition, list []*RuleSuggestion) error {
	if len(list) == 0 {
		return nil
	}
	source := &rolemodel.Model{Policies: enabled(p.m), ContextRules: p.m.Source.ContextRules, RecordSections: p.m.Source.RecordSections}
	for i, x := range list {
		n := int64(i + 1)
		source.Roles = append(source.Roles, &rolemodel.Role{ID: n, Kind: rolemodel.Single, Identifier: fmt.Sprint(n), PolicyID: p.policyID, EntityTypeID: p.entity.ID})
		source.RoleRules = append(source.RoleRules, &rolemodel.RoleRule{ID: n, Identifier: fmt.Sprint(n), PolicyID: p.policyID, RoleID: n, Dimensions: x.rule.criteria})
	}
	c, _, err := s.Assignments.Compile(ctx, s.DB, source)
	if err != nil || c == nil {
		return err
	}
	t, err := s.standing(ctx, p, c)
	if err != nil {
		return fmt.Errorf("read contexts: %w", db.Explain(err))
	}
	var numbers string
	for i := range list {
		numbers += fmt.Sprintf(", count(*) filter (where mask & %d <> 0 and found), count(*) filter (where mask & %d <> 0 and not found and not has), count(*) filter (where mask & %d <> 0)", 1<<i, 1<<i, 1<<i)
	}
	var counted []int
	now := s.Clock.Now()
	err = db.Select(ctx, s.DB, bun.SafeQuery(`with tuple (rule, dimensions, mask) as (select k.rule, k.dimensions::jsonb, k.mask from unnest(?::bigint[], ?::text[], ?::bigint[]) k (rule, dimensions, mask)),
		matched as (
			select c.owner_id, bit_or(t.mask) as mask from context c join tuple t on t.rule = c.context_rule_id and t.dimensions = c.dimensions where `+inForce+` group by c.owner_id),
		person as (select o.mask, ? as found, ? as has from matched o join resource w on w.id = o.owner_id and w.entity_type_id = ? and w.valid_to = 'infinity' where ?)
		select json_build_array(0`+numbers+`)::text from person`,
		pgdialect.Array(t.rules), pgdialect.Array(t.dimensions), pgdialect.Array(t.masks), now, now, p.found, p.has, p.entity.ID, may), func(r *db.Row) error {
		return json.Unmarshal([]byte(r.Text()), &counted)
	})
	if err != nil {
		return fmt.Errorf("count whom rules would match: %w", db.Explain(err))
	}
	for i, x := range list {
		x.Explains, x.Besides, x.Matches = counted[1+3*i], counted[2+3*i], counted[3+3*i]
	}
	return nil
}

// enabled are the policies of a model as if all were on, as in a preview.
func enabled(m *assignment.Model) []*rolemodel.Policy {
	out := make([]*rolemodel.Policy, len(m.Source.Policies))
	for i, x := range m.Source.Policies {
		on := *x
		on.IsProvisioningEnabled = true
		out[i] = &on
	}
	return out
}

// standing reads the distinct contexts of the entity type, and asks each which of the rules hold in it.
func (s *Service) standing(ctx context.Context, p *suggesting, c *model.Compiled) (*tuples, error) {
	out := &tuples{}
	return out, s.eachContext(ctx, p.entity.ID, s.Clock.Now(), func(rule int64, raw string, values map[string]int64) {
		mask := int64(0)
		for _, id := range c.Satisfied(p.entity.ID, rule, values) {
			mask |= 1 << (id - 1)
		}
		if mask != 0 {
			out.rules, out.dimensions, out.masks = append(out.rules, rule), append(out.dimensions, raw), append(out.masks, mask)
		}
	})
}
