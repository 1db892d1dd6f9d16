package catalogue

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"

	"writ/server/assignment"
	"writ/server/db"
	"writ/server/directory"
	"writ/server/errs"
	"writ/server/evaluation"
	"writ/server/evaluation/model"
	"writ/server/page"
	"writ/server/permit"
	"writ/server/rolemodel"
)

// AutomationPreviewInput is an automation rule as somebody writes it. Type, WorkflowState and Decision are words.
type AutomationPreviewInput struct {
	Identifier           *string // of the rule in force that it replaces
	Type, Target         string
	EntityType           *string
	IncludeSubcategories *bool
	WorkflowState        string
	HoursToWait          *int
	Decision             string
	Dimensions           []rolemodel.NamedCriterion
	First                *int
	After                *string
}

// AutomationPreview is what an automation rule would decide, beside all others.
type AutomationPreview struct {
	At                                time.Time
	Now, Later, Never, Others, Hidden int
	IsOff                             bool
	Problems                          []rolemodel.Problem
	Items                             *AutomationPreviewItemConnection
}

// AutomationPreviewItem is something about which an automation rule would decide.
type AutomationPreviewItem struct {
	ID                        string
	Owner                     *directory.ResourceRef
	Target, TargetDisplayName string
	IsAccount                 bool
	Since                     time.Time
	At                        *time.Time // nil: never

	number int64
}

// Pages of what an automation rule would decide.
type (
	AutomationPreviewItemConnection = page.Connection[*AutomationPreviewItem]
	AutomationPreviewItemEdge       = page.Edge[*AutomationPreviewItem]
)

// automationKey is where a page ended.
type automationKey struct {
	Since     time.Time
	IsAccount bool
	Number    int64
}

// AutomationPreview tells what an automation rule would decide now and later, before it is saved: by the choice that computations make, of what waits in
// the state. Five statements, however much waits. Needs permit.RoleModelQuery; what belongs to people whose permissions the caller may not see
// (permit.AssignmentQuery) is only counted. UNAVAILABLE when it takes longer than patience.
func (s *Service) AutomationPreview(ctx context.Context, in AutomationPreviewInput) (*AutomationPreview, error) {
	if _, err := permit.Require(ctx, permit.RoleModelQuery); err != nil {
		return nil, err
	}
	args := page.Of(in.First, in.After)
	if err := args.Check(); err != nil {
		return nil, err
	}
	m, err := s.Assignments.Model(ctx, s.DB)
	if err != nil {
		return nil, err
	}
	row, err := in.rule(m)
	if err != nil {
		return nil, err
	}
	limited, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	out, err := s.automation(limited, m, row, args)
	if err != nil && limited.Err() != nil && ctx.Err() == nil {
		return nil, errs.New(errs.Unavailable, "The preview took longer than %d seconds and was stopped. Narrow the rule.", int(patience.Seconds())).Because(err)
	}
	return out, err
}

// rule finds what the input names.
func (in AutomationPreviewInput) rule(m *assignment.Model) (*rolemodel.AutomationRule, error) {
	r := &rolemodel.AutomationRule{Identifier: "preview", DisplayName: "preview", HoursToWait: rolemodel.Never, IncludeSubcategories: true, Dimensions: rolemodel.Criteria{}}
	for _, w := range []struct {
		at, word string
		words    []string
		to       func(int)
	}{
		{"type", in.Type, rolemodel.AutomationTargetWords, func(n int) { r.Type = rolemodel.AutomationAbout(n) }},
		{"workflowState", in.WorkflowState, rolemodel.AutomationStateWords, func(n int) { r.WorkflowState = int16(n) }},
		{"decision", in.Decision, rolemodel.AutomationDecisionWords, func(n int) { r.Decision = rolemodel.AutomationVerdict(n) }},
	} {
		n := slices.Index(w.words, w.word)
		if n < 0 || w.word == "" {
			return nil, errs.Invalid("input."+w.at, "There is no such word: %q.", w.word)
		}
		w.to(n)
	}
	if in.IncludeSubcategories != nil {
		r.IncludeSubcategories = *in.IncludeSubcategories
	}
	if in.HoursToWait != nil {
		r.HoursToWait = *in.HoursToWait
	}
	if r.HoursToWait < rolemodel.Never || r.HoursToWait > 876_000 {
		return nil, errs.Invalid("input.hoursToWait", "hoursToWait is between -1 and 876000, not %d.", r.HoursToWait)
	}
	if len(in.Dimensions) > mostCriteria {
		return nil, errs.New(errs.TooLarge, "A preview takes %d criteria at most, these are %d.", mostCriteria, len(in.Dimensions)).At("input.dimensions")
	}
	for i, c := range in.Dimensions {
		if m.Shape.Dimensions[c.Dimension] == nil {
			return nil, errs.Invalid(fmt.Sprintf("input.dimensions[%d]", i), "There is no dimension %q.", c.Dimension)
		}
		r.Dimensions[c.Dimension] = rolemodel.Criterion{Key: c.Key, Inherit: c.Inherit}
	}
	if err := in.about(m, r); err != nil {
		return nil, err
	}
	for _, x := range m.Source.AutomationRules {
		if r.ID == 0 && in.Identifier != nil && x.Identifier == *in.Identifier {
			r.ID = x.ID
		}
	}
	if r.ID == 0 { // the newest
		r.ID = 1
		for _, x := range m.Source.AutomationRules {
			r.ID = max(r.ID, x.ID+1)
		}
	}
	return r, nil
}

// about finds what the rule is about.
func (in AutomationPreviewInput) about(m *assignment.Model, r *rolemodel.AutomationRule) error {
	target := int64(0)
	find := func(id int64, identifier string, fits bool) {
		if fits && identifier == in.Target {
			target = id
		}
	}
	switch r.Type {
	case rolemodel.AutomatesComposite, rolemodel.AutomatesSingle:
		for _, x := range m.Source.Roles {
			find(x.ID, x.Identifier, (x.Kind == rolemodel.Composite) == (r.Type == rolemodel.AutomatesComposite))
		}
		r.CompositeRoleID, r.SingleRoleID = &target, &target
		if r.Type == rolemodel.AutomatesComposite {
			r.SingleRoleID = nil
		} else {
			r.CompositeRoleID = nil
		}
	case rolemodel.AutomatesType:
		for _, x := range m.Source.ResourceTypes {
			find(x.ID, x.Identifier, true)
		}
		r.ResourceTypeID = &target
	case rolemodel.AutomatesCategory:
		for _, x := range m.Source.Categories {
			find(x.ID, x.Identifier, true)
		}
		r.CategoryID = &target
	case rolemodel.AutomatesPolicy:
		for _, x := range m.Source.Policies {
			find(x.ID, x.Identifier, true)
		}
		r.PolicyID = &target
	}
	if target == 0 {
		return errs.Invalid("input.target", "There is no %s %q.", in.Type, in.Target)
	}
	if r.Type == rolemodel.AutomatesCategory || r.Type == rolemodel.AutomatesPolicy {
		if in.EntityType == nil || m.Shape.ByIdentifier[*in.EntityType] == nil {
			return errs.Invalid("input.entityType", "A rule about a %s names the entity type of the owners.", in.Type)
		}
		r.EntityTypeID = &m.Shape.ByIdentifier[*in.EntityType].ID
	}
	return nil
}

// decided is what waits with one role or resource type and one set of parameters, and what the rule means for it.
type decided struct {
	ids    []int64
	params []string
}

func (s *Service) automation(ctx context.Context, m *assignment.Model, rule *rolemodel.AutomationRule, args page.Args) (*AutomationPreview, error) {
	source := &rolemodel.Model{Policies: m.Source.Policies, Categories: m.Source.Categories, Roles: m.Source.Roles, ResourceTypes: m.Source.ResourceTypes, AutomationRules: []*rolemodel.AutomationRule{rule}}
	for _, x := range m.Source.AutomationRules {
		if x.ID != rule.ID {
			source.AutomationRules = append(source.AutomationRules, x)
		}
	}
	c, problems, err := s.Assignments.Compile(ctx, s.DB, source)
	if err != nil {
		return nil, err
	}
	alone := *source
	alone.AutomationRules = []*rolemodel.AutomationRule{rule}
	only, _, err := s.Assignments.Compile(ctx, s.DB, &alone)
	if err != nil {
		return nil, err
	}
	now := s.Clock.Now()
	out := &AutomationPreview{At: now, Problems: []rolemodel.Problem{}, IsOff: only.Automation == nil}
	for _, x := range problems {
		if x.Kind == "automation_rule" && x.Identifier == rule.Identifier && (x.TellsOf == "" || directory.MayReadAll(ctx, x.TellsOf)) {
			x.Kind, x.Identifier = "automationRule", ""
			out.Problems = append(out.Problems, x)
		}
	}
	out.Items = page.Make[*AutomationPreviewItem](nil, args, 0, nil)
	if out.IsOff {
		return out, nil
	}
	may, _ := seenOf(ctx, m, ownersOf(m))
	before := now.Add(-time.Duration(max(rule.HoursToWait, 0)) * time.Hour)
	var mine [2]decided
	for n, from := range waitingRows {
		if err := db.Select(ctx, s.DB, bun.SafeQuery(`select what, parameters, count(*) filter (where visible and since <= ?) as due, count(*) filter (where visible and since > ?) as later, count(*) filter (where not visible)
			from (select `+from.columns+`, ? as visible from `+from.tables+`) x group by 1, 2`, before, before, may, rule.WorkflowState), func(r *db.Row) error {
			what, raw, due, later, hidden := r.Int(), r.Text(), int(r.Int()), int(r.Int()), int(r.Int())
			w := from.of(what)
			w.State = evaluation.Workflow(rule.WorkflowState)
			if err := json.Unmarshal([]byte(raw), &w.Parameters); err != nil {
				return err
			}
			if about, _ := only.Automation.RuleFor(w); about == nil {
				return nil
			}
			out.Hidden += hidden
			switch by, _ := c.Automation.RuleFor(w); {
			case by != rule:
				out.Others += due + later
				return nil
			case rule.HoursToWait == rolemodel.Never:
				out.Never += due + later
			default:
				out.Now, out.Later = out.Now+due, out.Later+later
			}
			mine[n].ids, mine[n].params = append(mine[n].ids, what), append(mine[n].params, raw)
			return nil
		}); err != nil {
			return nil, fmt.Errorf("count what waits: %w", db.Explain(err))
		}
	}
	return out, s.automationItems(ctx, m, rule, args, may, mine, out)
}

// waitingRows are found and prolonged roles and accounts that wait, as computations see them: not what somebody put off, and no account of somebody who is gone.
var waitingRows = []struct {
	columns, tables string
	of              func(id int64) model.Waiting
}{
	{"a.id, a.role_id as what, a.parameters::text as parameters, a.workflow_state_changed_at as since, w.id as owner_id, w.key, w.display_name, w.entity_type_id",
		`assigned_role a join resource w on w.id = a.owner_id where a.valid_to = 'infinity' and a.origin in ('FOUND', 'GRACE') and a.workflow_state = ? and not a.is_denied and a.postponed_at is null`,
		func(id int64) model.Waiting { return model.Waiting{RoleID: id} }},
	{"a.id, a.resource_type_id as what, '{}' as parameters, a.workflow_state_changed_at as since, w.id as owner_id, w.key, w.display_name, w.entity_type_id",
		`assigned_resource_type a join gap g on g.assigned_resource_type_id = a.id and g.closed_at is null and g.property is null and g.postponed_at is null
			join resource w on w.id = a.owner_id and w.valid_to = 'infinity' where a.valid_to = 'infinity' and a.workflow_state = ? and not a.is_denied`,
		func(id int64) model.Waiting { return model.Waiting{ResourceTypeID: id} }},
}

func ownersOf(m *assignment.Model) []int64 {
	var list []int64
	for _, r := range m.Source.Roles {
		list = append(list, r.EntityTypeID)
	}
	for _, t := range m.Source.ResourceTypes {
		list = append(list, t.SourceEntityTypeID)
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// automationItems lists what is decided, the longest waiting first: one statement.
func (s *Service) automationItems(ctx context.Context, m *assignment.Model, rule *rolemodel.AutomationRule, args page.Args, may condition, mine [2]decided, out *AutomationPreview) error {
	var after automationKey
	more, err := args.Decode(&after)
	if err != nil {
		return err
	}
	beyond := bun.SafeQuery("true")
	if more {
		beyond = bun.SafeQuery("(x.since, x.account, x.id) > (?, ?, ?)", after.Since, after.IsAccount, after.Number)
	}
	part := func(n int) condition {
		from := waitingRows[n]
		return bun.SafeQuery(`(select x.*, ?::boolean as account from (select `+from.columns+` from `+from.tables+` and ?) x
			join (select * from unnest(?::bigint[], ?::text[]) k (what, parameters)) k on k.what = x.what and k.parameters = x.parameters)`,
			n == 1, rule.WorkflowState, may, pgdialect.Array(mine[n].ids), pgdialect.Array(mine[n].params))
	}
	var rows []*AutomationPreviewItem
	if err := db.Select(ctx, s.DB, bun.SafeQuery(`select x.id, x.what, x.since, x.owner_id, x.key, x.display_name, x.entity_type_id, x.account from (? union all ?) x where ? order by x.since, x.account, x.id limit ?`,
		part(0), part(1), beyond, args.First+1), func(r *db.Row) error {
		i := &AutomationPreviewItem{number: r.Int()}
		what := r.Int()
		i.Since = r.Time()
		i.Owner = &directory.ResourceRef{ID: r.Int(), Key: r.Text(), DisplayName: r.Text()}
		if t := m.Shape.EntityTypes[r.Int()]; t != nil {
			i.Owner.EntityType = t.Identifier
		}
		if i.IsAccount = r.Bool(); i.IsAccount {
			i.ID = fmt.Sprint("a", i.number)
			if t := m.ResourceType(what); t != nil {
				i.Target, i.TargetDisplayName = t.Identifier, t.DisplayName
			}
		} else {
			i.ID = fmt.Sprint("r", i.number)
			if x := m.Role(what); x != nil {
				i.Target, i.TargetDisplayName = x.Identifier, x.DisplayName
			}
		}
		if rule.HoursToWait != rolemodel.Never {
			at := i.Since.Add(time.Duration(rule.HoursToWait) * time.Hour)
			i.At = &at
		}
		rows = append(rows, i)
		return nil
	}); err != nil {
		return fmt.Errorf("list what waits: %w", db.Explain(err))
	}
	out.Items = page.Make(rows, args, out.Now+out.Later+out.Never, func(i *AutomationPreviewItem) any { return automationKey{i.Since, i.IsAccount, i.number} })
	return nil
}
