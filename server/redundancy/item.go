package redundancy

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"

	"writ/server/assignment"
	"writ/server/db"
	"writ/server/directory"
	"writ/server/errs"
	"writ/server/page"
	"writ/server/permit"
)

// RedundantKind is what is redundant.
type RedundantKind string

// The kinds.
const (
	CompositeRole RedundantKind = "COMPOSITE_ROLE"
	SingleRole    RedundantKind = "SINGLE_ROLE"
	ResourceType  RedundantKind = "RESOURCE_TYPE"
)

// RedundantAssignment is what somebody approved although rules give the same, as the last analysis found it.
type RedundantAssignment struct {
	ID         int64
	Kind       RedundantKind
	Object     string // identifier of the role or the resource type
	ObjectName string
	Policy     string // identifier
	PolicyName string
	Owner      directory.ResourceRef
	StartDate  *time.Time // of the approval
	EndDate    *time.Time
	Given      []GivenPeriod    // when rules give it
	Remaining  []ApprovedPeriod // when nothing but the approval does; none: it is redundant as a whole
	IsOwn      bool             // of the caller: somebody else has to leave it to the rules
}

// GivenPeriod is a time in which rules give it.
type GivenPeriod = assignment.GivenTime

// ApprovedPeriod is a time in which nothing but the approval gives it.
type ApprovedPeriod = assignment.ApprovedTime

// IsWhole reports whether nothing rests on the approval alone.
func (r *RedundantAssignment) IsWhole() bool { return len(r.Remaining) == 0 }

// The page.
type (
	RedundantAssignmentConnection = page.Connection[*RedundantAssignment]
	RedundantAssignmentEdge       = page.Edge[*RedundantAssignment]
)

// RedundantAssignmentFilter narrows the list; conditions are joined by AND, values of one by OR. Nil fields do not.
type RedundantAssignmentFilter struct {
	IDs         []int64
	Kinds       []RedundantKind
	Policies    []string // identifiers
	Objects     []string // identifiers of roles and resource types
	EntityTypes []string // identifiers, of the owners
	OwnerID     *int64
	Text        *string // in name, key or values of the owner
	IsWhole     *bool
}

var items = page.Table[RedundantAssignment]{
	From: "redundant_assignment x join resource w on w.id = x.owner_id",
	Joins: []page.Join{
		{Alias: "o", SQL: `join lateral (select identifier, display_name, kind || '_ROLE' as kind from role where id = x.role_id
			union all select identifier, display_name, 'RESOURCE_TYPE' from resource_type where id = x.resource_type_id) o on true`},
		{Alias: "q", SQL: "join policy q on q.id = x.policy_id"},
	},
	Always: []string{"id"},
	Fields: map[string][]string{
		"__typename": nil, "id": nil, "kind": {"kind"}, "object": {"object"}, "objectName": {"object_name"}, "policy": {"policy"}, "policyName": {"policy_name"}, "owner": {"owner"},
		"startDate": {"start_date"}, "endDate": {"end_date"}, "given": {"given"}, "remaining": {"remaining"}, "isWhole": {"remaining"}, "isOwn": {"owner"},
	},
	Columns: []page.Column[RedundantAssignment]{
		{Name: "id", SQL: "x.id", Read: func(x *RedundantAssignment, r *db.Row) { x.ID = r.Int() }},
		{Name: "kind", SQL: "o.kind", Read: func(x *RedundantAssignment, r *db.Row) { x.Kind = RedundantKind(r.Text()) }},
		{Name: "object", SQL: "o.identifier", Read: func(x *RedundantAssignment, r *db.Row) { x.Object = r.Text() }},
		{Name: "object_name", SQL: "o.display_name", Read: func(x *RedundantAssignment, r *db.Row) { x.ObjectName = r.Text() }},
		{Name: "policy", SQL: "q.identifier", Read: func(x *RedundantAssignment, r *db.Row) { x.Policy = r.Text() }},
		{Name: "policy_name", SQL: "q.display_name", Read: func(x *RedundantAssignment, r *db.Row) { x.PolicyName = r.Text() }},
		{Name: "owner", SQL: "w.id, w.key, w.display_name, (select e.identifier from entity_type e where e.id = w.entity_type_id)", Read: func(x *RedundantAssignment, r *db.Row) {
			x.Owner = directory.ResourceRef{ID: r.Int(), Key: r.Text(), DisplayName: r.Text(), EntityType: r.Text()}
		}},
		{Name: "start_date", SQL: "x.start_date", Read: func(x *RedundantAssignment, r *db.Row) { x.StartDate = r.TimeOrNil() }},
		{Name: "end_date", SQL: "x.end_date", Read: func(x *RedundantAssignment, r *db.Row) { x.EndDate = r.TimeOrNil() }},
		{Name: "given", SQL: "x.given", Read: func(x *RedundantAssignment, r *db.Row) { r.JSON(&x.Given) }},
		{Name: "remaining", SQL: "x.remaining", Read: func(x *RedundantAssignment, r *db.Row) { r.JSON(&x.Remaining) }},
	},
}

// maxIDs is how many are named one by one.
const maxIDs = 5000

// condition is what a filter means. Validation when a word of it does not exist.
func (f *RedundantAssignmentFilter) condition(ctx context.Context, m *assignment.Model) (condition, error) {
	if f == nil {
		return bun.SafeQuery("true"), nil
	}
	list := []condition{bun.SafeQuery("true")}
	add := func(sql string, args ...any) { list = append(list, bun.SafeQuery(sql, args...)) }
	if len(f.IDs) > maxIDs {
		return nobody, errs.New(errs.TooLarge, "At most %d are named; these are %d.", maxIDs, len(f.IDs)).At("filter.ids")
	}
	if len(f.IDs) > 0 {
		add("x.id = any (?)", pgdialect.Array(f.IDs))
	}
	var roles, types []int64
	of := len(f.Kinds) > 0 || len(f.Objects) > 0
	fits := func(k RedundantKind, identifier string) bool {
		return (len(f.Kinds) == 0 || slices.Contains(f.Kinds, k)) && (len(f.Objects) == 0 || slices.Contains(f.Objects, identifier))
	}
	for _, k := range f.Kinds {
		if k != CompositeRole && k != SingleRole && k != ResourceType {
			return nobody, errs.Invalid("filter.kinds", "There is no kind %s.", k)
		}
	}
	for _, r := range m.Source.Roles {
		if fits(RedundantKind(string(r.Kind)+"_ROLE"), r.Identifier) {
			roles = append(roles, r.ID)
		}
	}
	for _, t := range m.Source.ResourceTypes {
		if fits(ResourceType, t.Identifier) {
			types = append(types, t.ID)
		}
	}
	if of {
		add("(x.role_id = any (?) or x.resource_type_id = any (?))", pgdialect.Array(append([]int64{}, roles...)), pgdialect.Array(append([]int64{}, types...)))
	}
	if len(f.Policies) > 0 {
		policies := []int64{}
		for _, p := range m.Source.Policies {
			if slices.Contains(f.Policies, p.Identifier) {
				policies = append(policies, p.ID)
			}
		}
		add("x.policy_id = any (?)", pgdialect.Array(policies))
	}
	if len(f.EntityTypes) > 0 {
		of := []int64{}
		for _, name := range f.EntityTypes {
			if t := m.Shape.ByIdentifier[name]; t != nil {
				of = append(of, t.ID)
			}
		}
		add("w.entity_type_id = any (?)", pgdialect.Array(of))
	}
	if f.OwnerID != nil {
		add("x.owner_id = ?", *f.OwnerID)
	}
	if f.Text != nil && len(directory.SearchWords(*f.Text)) > 0 {
		list = append(list, directory.SearchBeside(ctx, m.Shape, "w", *f.Text))
	}
	if f.IsWhole != nil {
		add("(x.remaining = '[]') = ?", *f.IsWhole)
	}
	return db.AllOf(list...), nil
}

// List gives a page of what the last analysis found of the people whom the caller may see, in the order in which it was found. Needs permit.RedundantQuery.
// The number of statements does not grow with the page.
func (s *Service) List(ctx context.Context, a page.Args, f *RedundantAssignmentFilter, fields page.Fields, total bool) (*RedundantAssignmentConnection, error) {
	m, err := s.Assignments.Model(ctx, s.DB)
	if err != nil {
		return nil, err
	}
	may, err := seen(ctx, m, permit.RedundantQuery)
	if err != nil {
		return nil, err
	}
	narrowed, err := f.condition(ctx, m)
	if err != nil {
		return nil, err
	}
	c, err := items.List(ctx, s.DB, a, fields, total, page.All(may, narrowed), page.Sorting[RedundantAssignment]{ID: "x.id",
		At: func(x *RedundantAssignment) page.Position { return page.Position{ID: x.ID} }})
	if err != nil {
		return nil, fmt.Errorf("list what is redundant: %w", err)
	}
	if fields == nil || fields.Has("isOwn") {
		return c, s.own(ctx, s.DB, c.Nodes())
	}
	return c, nil
}

// own marks what is the caller's own.
func (s *Service) own(ctx context.Context, b bun.IDB, list []*RedundantAssignment) error {
	a := permit.From(ctx)
	if a == nil || a.System || len(list) == 0 {
		return nil
	}
	owners := make([]int64, len(list))
	for i, x := range list {
		owners[i] = x.Owner.ID
	}
	var mine []int64
	if err := b.NewRaw(`select distinct id from unnest(?::bigint[]) o (id) where is_same_person(?, id)`, pgdialect.Array(owners), a.Username).Scan(ctx, &mine); err != nil {
		return fmt.Errorf("find one's own assignments: %w", err)
	}
	for _, x := range list {
		x.IsOwn = slices.Contains(mine, x.Owner.ID)
	}
	return nil
}
