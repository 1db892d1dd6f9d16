package catalogue

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"

	"writ/server/assignment"
	"writ/server/db"
	"writ/server/directory"
	"writ/server/errs"
	"writ/server/evaluation/model"
	"writ/server/page"
	"writ/server/permit"
	"writ/server/rolemodel"
)

// RuleChange is what a rule would be for somebody, compared with the same rule as it is saved.
type RuleChange string

// The changes.
const (
	Gained    RuleChange = "GAINED"    // it matches him now, and did not
	Lost      RuleChange = "LOST"      // it matched him, and does not any more
	Unchanged RuleChange = "UNCHANGED" // it matches him as before
)

// RulePreviewInput is a rule as somebody writes it.
type RulePreviewInput struct {
	EntityType string // of those it may match
	Policy     *string
	Dimensions []rolemodel.NamedCriterion
	Role       *string // that people must hold; nil: none
	RoleKind   *rolemodel.RoleKind
	// The rule in force that it replaces, by identifier; neither: it is new.
	RoleRule, ResourceTypeRule *string
	Gives                      *string // role that it gives: the preview tells who has it anyway
	GivesKind                  *rolemodel.RoleKind
	At                         *time.Time  // whom it matches at this instant, by what is known now; nil: now
	Show                       *RuleChange // of whom people are listed; nil: of all
	First                      *int
	After                      *string
}

// RulePreview is whom a rule matches. All numbers are of those whom the caller may see.
type RulePreview struct {
	At                            time.Time
	Matches, Gained, Lost, Hidden int
	Criteria                      []*RuleCriterionCount
	Problems                      []rolemodel.Problem
	People                        *RulePreviewPersonConnection
}

// RuleCriterionCount says how many one criterion leaves.
type RuleCriterionCount struct {
	Dimension string
	Left      int // those for whom this and all criteria before it hold
	Without   int // whom the rule would match without it
}

// RulePreviewPerson is somebody whom a rule matches, or matched.
type RulePreviewPerson struct {
	ID       int64
	Resource *directory.ResourceRef
	Change   RuleChange
	HasRole  bool // he holds the role that it gives, whatever gave it

	mask int
}

// Pages of people.
type (
	RulePreviewPersonConnection = page.Connection[*RulePreviewPerson]
	RulePreviewPersonEdge       = page.Edge[*RulePreviewPerson]
)

// mostCriteria is how many criteria a preview counts; each takes two bits of a mask.
const mostCriteria = 12

// patience is how long a preview may take: whoever types is not kept waiting, and the database not busy.
const patience = 5 * time.Second

// The bits of a mask: what holds for somebody.
const (
	bySaved    = 1 << iota // the rule as it is saved
	byProposed             // the rule as it is written
	firstBit               // then for each criterion: all but it, and for each: those up to it
)

// RulePreview tells whom a rule would match, before it is saved: through the same criteria as computations, by the contexts that are stored. A fixed number
// of statements, however many people there are: the distinct contexts, then the people with them. Needs permit.RoleModelQuery; people are
// counted and listed within permit.AssignmentQuery, the others are only counted.
// UNAVAILABLE when it takes longer than patience. Of a rule with time offsets it is whom it matches, not when.
func (s *Service) RulePreview(ctx context.Context, in RulePreviewInput) (*RulePreview, error) {
	if _, err := permit.Require(ctx, permit.RoleModelQuery); err != nil {
		return nil, err
	}
	args := page.Of(in.First, in.After)
	if err := args.Check(); err != nil {
		return nil, err
	}
	if len(in.Dimensions) > mostCriteria {
		return nil, errs.New(errs.TooLarge, "A preview counts %d criteria at most, these are %d.", mostCriteria, len(in.Dimensions)).At("input.dimensions")
	}
	m, err := s.Assignments.Model(ctx, s.DB)
	if err != nil {
		return nil, err
	}
	p := &preview{in: in, args: args, m: m, now: s.Clock.Now(), proposed: rule{criteria: rolemodel.Criteria{}}}
	if err := p.read(); err != nil {
		return nil, err
	}
	limited, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	out, err := s.preview(limited, p)
	if err != nil && limited.Err() != nil && ctx.Err() == nil {
		return nil, errs.New(errs.Unavailable, "The preview took longer than %d seconds and was stopped. Narrow the rule, or look at the plan.", int(patience.Seconds())).Because(err)
	}
	return out, err
}

// rule is what matters of one for whom it matches.
type rule struct {
	policyID int64
	criteria rolemodel.Criteria
	roleID   int64 // that must be held; 0: none
}

type preview struct {
	in       RulePreviewInput
	args     page.Args
	m        *assignment.Model
	now, at  time.Time
	entity   *directory.EntityType
	proposed rule
	saved    *rule
	gives    int64
}

// read finds what the input names.
func (p *preview) read() error {
	p.at = p.now
	if p.in.At != nil {
		p.at = p.in.At.UTC()
	}
	if p.entity = p.m.Shape.ByIdentifier[p.in.EntityType]; p.entity == nil {
		return errs.Invalid("input.entityType", "There is no entity type %q.", p.in.EntityType)
	}
	wanted := "Default"
	if p.in.Policy != nil && *p.in.Policy != "" {
		wanted = *p.in.Policy
	}
	for _, x := range p.m.Source.Policies {
		if x.Identifier == wanted {
			p.proposed.policyID = x.ID
		}
	}
	if p.proposed.policyID == 0 {
		return errs.Invalid("input.policy", "There is no policy %q.", wanted)
	}
	for i, c := range p.in.Dimensions {
		at := fmt.Sprintf("input.dimensions[%d]", i)
		d := p.m.Shape.Dimensions[c.Dimension]
		switch _, twice := p.proposed.criteria[c.Dimension]; {
		case d == nil:
			return errs.Invalid(at, "There is no dimension %q.", c.Dimension)
		case twice:
			return errs.Invalid(at, "The dimension %q stands twice. Keep one.", c.Dimension)
		case c.Inherit && !d.IsHierarchical:
			return errs.Invalid(at, "inherit needs a hierarchical dimension, %s is not.", c.Dimension)
		}
		p.proposed.criteria[c.Dimension] = rolemodel.Criterion{Key: c.Key, Inherit: c.Inherit}
	}
	var err error
	if p.proposed.roleID, err = p.role(p.in.Role, p.in.RoleKind, "input.role"); err != nil {
		return err
	}
	if p.gives, err = p.role(p.in.Gives, p.in.GivesKind, "input.gives"); err != nil {
		return err
	}
	id := func(id *int64) int64 {
		if id == nil {
			return 0
		}
		return *id
	}
	if p.in.RoleRule != nil {
		for _, r := range p.m.Source.RoleRules {
			if r.Identifier == *p.in.RoleRule {
				p.saved = &rule{r.PolicyID, r.Dimensions, id(r.CompositeRoleID)}
			}
		}
	}
	if p.in.ResourceTypeRule != nil {
		for _, r := range p.m.Source.Rules {
			if r.Identifier == *p.in.ResourceTypeRule {
				p.saved = &rule{r.PolicyID, r.Dimensions, id(r.SingleRoleID)}
			}
		}
	}
	return nil
}

func (p *preview) role(identifier *string, kind *rolemodel.RoleKind, at string) (int64, error) {
	if identifier == nil || *identifier == "" {
		return 0, nil
	}
	for _, r := range p.m.Source.Roles {
		if r.Identifier == *identifier && (kind == nil || r.Kind == *kind) {
			return r.ID, nil
		}
	}
	return 0, errs.Invalid(at, "There is no role %q.", *identifier)
}

// model is one in which each question is a rule of a role of its own: rule n asks for bit n. What policies switch off counts here: the page says that.
func (p *preview) model() (*rolemodel.Model, []int) {
	out := &rolemodel.Model{Policies: enabled(p.m), ContextRules: p.m.Source.ContextRules, RecordSections: p.m.Source.RecordSections}
	var bits []int
	ask := func(bit int, of rule) {
		n := int64(len(bits) + 1)
		out.Roles = append(out.Roles, &rolemodel.Role{ID: n, Kind: rolemodel.Single, Identifier: fmt.Sprint(n), PolicyID: of.policyID, EntityTypeID: p.entity.ID})
		out.RoleRules = append(out.RoleRules, &rolemodel.RoleRule{ID: n, Identifier: fmt.Sprint(n), PolicyID: of.policyID, RoleID: n, Dimensions: of.criteria})
		bits = append(bits, bit)
	}
	ask(byProposed, p.proposed)
	if p.saved != nil {
		ask(bySaved, *p.saved)
	}
	upTo := rolemodel.Criteria{}
	for i, c := range p.in.Dimensions {
		without := rolemodel.Criteria{}
		for name, other := range p.proposed.criteria {
			if name != c.Dimension {
				without[name] = other
			}
		}
		upTo = with(upTo, c.Dimension, p.proposed.criteria[c.Dimension])
		ask(firstBit<<(2*i), rule{policyID: p.proposed.policyID, criteria: without})
		ask(firstBit<<(2*i+1), rule{policyID: p.proposed.policyID, criteria: upTo})
	}
	return out, bits
}

func with(c rolemodel.Criteria, name string, one rolemodel.Criterion) rolemodel.Criteria {
	out := rolemodel.Criteria{name: one}
	for k, v := range c {
		out[k] = v
	}
	return out
}

// tuples are the distinct contexts of the people, with what holds in them.
type tuples struct {
	rules      []int64
	dimensions []string
	masks      []int64
}

// inForce is the condition under which a context counts.
const inForce = "(c.start_date is null or c.start_date <= ?) and (c.end_date is null or c.end_date > ?)"

func (s *Service) preview(ctx context.Context, p *preview) (*RulePreview, error) {
	source, bits := p.model()
	c, problems, err := s.Assignments.Compile(ctx, s.DB, source)
	if err != nil {
		return nil, err
	}
	out := &RulePreview{At: p.at, Problems: []rolemodel.Problem{}, Criteria: []*RuleCriterionCount{}, People: page.Make[*RulePreviewPerson](nil, p.args, 0, nil)}
	for _, x := range problems {
		// Rule 1 is the one that was asked about; the others are parts of it.
		if x.Identifier == "1" && (x.TellsOf == "" || directory.MayReadAll(ctx, x.TellsOf)) {
			x.Kind, x.Identifier = "rule", ""
			out.Problems = append(out.Problems, x)
		}
	}
	if c == nil {
		return out, nil
	}
	found, err := s.tuples(ctx, p, c, bits)
	if err != nil {
		return nil, fmt.Errorf("read contexts: %w", db.Explain(err))
	}
	if err := s.count(ctx, p, found, out); err != nil {
		return nil, fmt.Errorf("count people: %w", db.Explain(err))
	}
	return out, nil
}

// tuples reads the distinct contexts of the entity type, and asks the criteria about each once.
func (s *Service) tuples(ctx context.Context, p *preview, c *model.Compiled, bits []int) (*tuples, error) {
	out := &tuples{}
	add := func(rule int64, raw string, values map[string]int64) {
		mask := 0
		for _, id := range c.Satisfied(p.entity.ID, rule, values) {
			mask |= bits[id-1]
		}
		if mask != 0 {
			out.rules, out.dimensions, out.masks = append(out.rules, rule), append(out.dimensions, raw), append(out.masks, int64(mask))
		}
	}
	add(0, "{}", nil) // owners without a context rule
	return out, s.eachContext(ctx, p.entity.ID, p.at, add)
}

// eachContext gives the distinct contexts of the people of an entity type, as they are written and as values.
func (s *Service) eachContext(ctx context.Context, entityTypeID int64, at time.Time, do func(rule int64, raw string, values map[string]int64)) error {
	return db.Select(ctx, s.DB, bun.SafeQuery(`select distinct c.context_rule_id, c.dimensions::text from context c join resource w on w.id = c.owner_id
		where w.entity_type_id = ? and w.valid_to = 'infinity' and c.context_rule_id is not null and `+inForce, entityTypeID, at, at), func(r *db.Row) error {
		rule, raw := r.Int(), r.Text()
		var values map[string]int64
		if err := json.Unmarshal([]byte(raw), &values); err != nil {
			return err
		}
		do(rule, raw, values)
		return nil
	})
}

// count counts the people with those contexts, and lists some of them: one statement.
func (s *Service) count(ctx context.Context, p *preview, t *tuples, out *RulePreview) error {
	may, _ := seen(ctx, p.m, p.entity.ID)
	// What asks for a role does not hold for who lacks it.
	needs := func(roleID int64, bits int) condition {
		if roleID == 0 {
			return bun.SafeQuery("-1")
		}
		return bun.SafeQuery("case when exists (select from assigned_role a where a.role_id = ? and a.owner_id = w.id and ?) then -1 else ~? end", roleID, held(p.at, p.now), bits)
	}
	proposedBits, savedRole := byProposed, int64(0)
	for i := range p.in.Dimensions {
		proposedBits |= firstBit << (2 * i)
	}
	if p.saved != nil {
		savedRole = p.saved.roleID
	}
	numbers := []string{"count(*) filter (where visible and mask & 2 <> 0)", "count(*) filter (where visible and mask & 3 = 2)", "count(*) filter (where visible and mask & 3 = 1)",
		"count(*) filter (where not visible and mask & 3 <> 0)"}
	for i := range p.in.Dimensions {
		numbers = append(numbers, fmt.Sprintf("count(*) filter (where visible and mask & %d <> 0)", firstBit<<(2*i)), fmt.Sprintf("count(*) filter (where visible and mask & %d <> 0)", firstBit<<(2*i+1)))
	}
	wanted := map[RuleChange]string{Gained: "mask & 3 = 2", Lost: "mask & 3 = 1", Unchanged: "mask & 3 = 3"}
	list := "mask & 3 <> 0"
	if p.in.Show != nil {
		list = wanted[*p.in.Show]
	}
	var after page.Position
	more, err := p.args.Decode(&after)
	if err != nil {
		return err
	}
	beyond := bun.SafeQuery("true")
	if more {
		beyond = bun.SafeQuery("(q.display_name, q.id) > (?, ?)", after.Text, after.ID)
	}
	has := bun.SafeQuery("false")
	if p.gives != 0 {
		has = bun.SafeQuery("exists (select from assigned_role a where a.role_id = ? and a.owner_id = q.id and ?)", p.gives, held(p.at, p.now))
	}
	var rows []*RulePreviewPerson
	var counted []int
	err = db.Select(ctx, s.DB, bun.SafeQuery(`with tuple (rule, dimensions, mask) as (select k.rule, k.dimensions::jsonb, k.mask::int from unnest(?::bigint[], ?::text[], ?::bigint[]) k (rule, dimensions, mask)),
		matched as (
			select c.owner_id, bit_or(t.mask) as mask from context c join tuple t on t.rule = c.context_rule_id and t.dimensions = c.dimensions where `+inForce+` group by c.owner_id
			union all select r.id, t.mask from tuple t join resource r on t.rule = 0 and r.entity_type_id = ? and r.valid_to = 'infinity'),
		person as materialized (
			select w.id, w.key, w.display_name, o.mask & ? & ? as mask, ? as visible
			from (select owner_id, bit_or(mask) as mask from matched group by owner_id) o join resource w on w.id = o.owner_id and w.entity_type_id = ? and w.valid_to = 'infinity')
		select null::bigint as id, null::text as key, null::text as display_name, null::bigint as mask, false as has, json_build_array(`+strings.Join(numbers, ", ")+`)::text as numbers from person
		union all
		(select q.id, q.key, q.display_name, q.mask::bigint, ?, null from person q where q.visible and q.`+list+` and ? order by q.display_name, q.id limit ?)`,
		pgdialect.Array(t.rules), pgdialect.Array(t.dimensions), pgdialect.Array(t.masks), p.at, p.at, p.entity.ID,
		needs(p.proposed.roleID, proposedBits), needs(savedRole, bySaved), may, p.entity.ID, has, beyond, p.args.First+1), func(r *db.Row) error {
		id := r.Int()
		one := &RulePreviewPerson{ID: id, Resource: &directory.ResourceRef{ID: id, Key: r.Text(), DisplayName: r.Text(), EntityType: p.entity.Identifier}, mask: int(r.Int()), HasRole: r.Bool()}
		if raw := r.Text(); raw != "" {
			return json.Unmarshal([]byte(raw), &counted)
		}
		one.Change = map[int]RuleChange{1: Lost, 2: Gained, 3: Unchanged}[one.mask&3]
		rows = append(rows, one)
		return nil
	})
	if err != nil {
		return err
	}
	out.Matches, out.Gained, out.Lost, out.Hidden = counted[0], counted[1], counted[2], counted[3]
	for i, c := range p.in.Dimensions {
		out.Criteria = append(out.Criteria, &RuleCriterionCount{Dimension: c.Dimension, Without: counted[4+2*i], Left: counted[5+2*i]})
	}
	total := map[RuleChange]int{Gained: out.Gained, Lost: out.Lost, Unchanged: out.Matches - out.Gained}
	all := out.Matches + out.Lost
	if p.in.Show != nil {
		all = total[*p.in.Show]
	}
	out.People = page.Make(rows, p.args, all, func(x *RulePreviewPerson) any { return page.Position{Text: x.Resource.DisplayName, ID: x.ID} })
	return nil
}
