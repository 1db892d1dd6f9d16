package reconciliation

import (
	"context"
	"time"

	"github.com/uptrace/bun"

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

// RoleState says how a found role came to be, or what became of it.
type RoleState string

// The states, with their numbers in role-model 12.6.
const (
	RoleNonConforming RoleState = "NON_CONFORMING" // 1: found since
	RolePreExisting   RoleState = "PRE_EXISTING"   // 3: found when its owners were computed first
	RoleKept          RoleState = "KEPT"           // 16: somebody kept it
	RoleRemoved       RoleState = "REMOVED"        // 20: somebody refused it, and its values are on their way out
)

var roleStates = map[RoleState]evaluation.Workflow{RoleNonConforming: evaluation.NonConforming, RolePreExisting: evaluation.PreExisting,
	RoleKept: evaluation.Approved, RoleRemoved: evaluation.Cancellation}

// RoleItem is a role that was read from what accounts hold, and that no rule explains. It is the GraphQL type too.
type RoleItem struct {
	ID               int64
	Version          int
	StateCode        evaluation.Workflow // 1, 3, 16 or 20
	Role             string              // identifier
	RoleName         string
	RoleKind         rolemodel.RoleKind
	RoleID           int64
	Owner            directory.ResourceRef
	IsOwnerGone      bool
	FoundAt          time.Time
	Values           []*FoundValue
	CompositeID      int64    // role id of the found composite role that explains it; 0: none
	CompositeName    *string  // its name
	SingleRoleNames  []string // of a composite role: the found single roles that follow the decision
	PostponedAt      *time.Time
	PostponedBy      *string
	IsOwn            bool // of the caller: somebody else has to decide
	DecidedBy        *string
	DecidedAt        *time.Time
	Comment          string
	foundBy, lacking []int64
	Automatic        *assignment.AutomaticDecision // what a rule decides; nil: none
	keep, remove     rolemodel.CommentMode         // as the role says, or its policy
	waiting          model.Waiting
}

// Comments says for each decision that may be made now whether it takes a comment.
func (i *RoleItem) Comments() []DecisionComment {
	settings := rolemodel.Comments{CommentActivationOnKeepGapInReconciliation: i.keep, CommentActivationOnDeleteGapInReconciliation: i.remove}
	out := []DecisionComment{}
	for _, d := range i.Decisions() {
		r, _ := ruleOf(d)
		out = append(out, DecisionComment{d, r.comment.of(settings)})
	}
	return out
}

// State says how the role came to be, or what became of it.
func (i *RoleItem) State() RoleState {
	for name, code := range roleStates {
		if code == i.StateCode {
			return name
		}
	}
	return RoleNonConforming
}

// ValueCount is how many values it was read from, LackingCount how many it would bring besides.
func (i *RoleItem) ValueCount() int { return len(i.foundBy) }

// LackingCount is how many values the role would bring besides.
func (i *RoleItem) LackingCount() int { return len(i.lacking) }

// Pattern is the id of the pattern it is one of.
func (i *RoleItem) Pattern() string { return rolePatternKey{i.RoleID}.id() }

// Decisions are those that may be made now, by whoever may decide.
func (i *RoleItem) Decisions() []Decision {
	out := []Decision{}
	for _, r := range rules {
		if r.role && r.mayRole(i.StateCode, i.PostponedAt != nil) {
			out = append(out, r.decision)
		}
	}
	return out
}

// FoundValue is a value of an account that a found role explains, or that it would bring.
type FoundValue struct {
	ResourceType     string // identifier
	ResourceTypeName string
	System           *string // identifier of the connector
	SystemName       *string
	Property         *string // identifier; nil: the account itself
	PropertyName     *string
	Value            string                 // as people read it
	IsHeld           bool                   // the account holds it; not: keeping the role brings it
	Account          *directory.ResourceRef // nil: there is none, or it is not the caller's to see
	ItemID           *int64                 // the difference that is decided with it; nil: there is none
}

// RoleItemConnection is a page of found roles.
type RoleItemConnection = page.Connection[*RoleItem]

// RoleReconciliationFilter narrows a list of found roles; conditions are joined by AND, values of one by OR.
type RoleReconciliationFilter struct {
	IDs         []int64     `json:"ids,omitempty"` // these, whatever became of them
	States      []RoleState `json:"states,omitempty"`
	Roles       []string    `json:"roles,omitempty"` // identifiers
	Pattern     *string     `json:"pattern,omitempty"`
	Complete    *bool       `json:"complete,omitempty"` // the role would bring nothing besides
	OwnerID     *int64      `json:"ownerId,omitempty"`
	Text        *string     `json:"text,omitempty"` // owner
	FoundAfter  *time.Time  `json:"foundAfter,omitempty"`
	FoundBefore *time.Time  `json:"foundBefore,omitempty"`
	Postponed   *bool       `json:"postponed,omitempty"` // nil: those that are not
}

// roleItems is how lists of found roles are read. What is found and open has the origin FOUND; a rule that begins to give it takes it over.
var roleItems = page.Table[RoleItem]{
	From: "assigned_role a join role r on r.id = a.role_id join entity_type s on s.id = r.entity_type_id join resource w on w.id = a.owner_id",
	Joins: []page.Join{
		{Alias: "q", SQL: "join policy q on q.id = r.policy_id"},
		{Alias: "c", SQL: "left join role c on c.id = a.inferred_by_id"},
	},
	Always: []string{"id"},
	Fields: map[string][]string{
		"__typename": nil, "id": nil, "version": {"version"}, "state": {"workflow_state"}, "role": {"r.identifier"}, "roleName": {"r.display_name"}, "roleKind": {"r.kind"},
		"owner": roleOwnerColumns, "isOwnerGone": {"is_owner_gone"}, "foundAt": {"start_date"}, "values": roleValueColumns, "valueCount": {"found_by"}, "lackingCount": {"lacking"},
		"compositeName": {"inferred_by_id", "c.display_name"}, "singleRoleNames": {"single_roles"}, "postponedAt": {"postponed_at"}, "postponedBy": {"postponed_by"}, "postponedByName": {"postponed_by"}, "isOwn": nil,
		"pattern": {"role_id"}, "decisions": {"workflow_state", "postponed_at"}, "comments": {"workflow_state", "postponed_at", "keep", "delete"}, "decidedBy": {"reviewed_by"}, "decidedByName": {"reviewed_by"}, "decidedAt": {"reviewed_at"}, "comment": {"comment"},
		"automatic": {"role_id", "workflow_state", "postponed_at", "since", "parameters"},
	},
	Columns: []page.Column[RoleItem]{
		{Name: "id", SQL: "a.id", Read: func(i *RoleItem, r *db.Row) { i.ID = r.Int() }},
		{Name: "version", SQL: "a.version", Read: func(i *RoleItem, r *db.Row) { i.Version = int(r.Int()) }},
		{Name: "workflow_state", SQL: "a.workflow_state", Read: func(i *RoleItem, r *db.Row) { i.StateCode = evaluation.Workflow(r.Int()) }},
		{Name: "role_id", SQL: "a.role_id", Read: func(i *RoleItem, r *db.Row) { i.RoleID = r.Int() }},
		{Name: "r.identifier", SQL: "r.identifier", Read: func(i *RoleItem, r *db.Row) { i.Role = r.Text() }},
		{Name: "r.display_name", SQL: "r.display_name", Read: func(i *RoleItem, r *db.Row) { i.RoleName = r.Text() }},
		{Name: "r.kind", SQL: "r.kind", Read: func(i *RoleItem, r *db.Row) { i.RoleKind = rolemodel.RoleKind(r.Text()) }},
		{Name: "owner_id", SQL: "a.owner_id", Read: func(i *RoleItem, r *db.Row) { i.Owner.ID = r.Int() }},
		{Name: "owner_key", SQL: "w.key", Read: func(i *RoleItem, r *db.Row) { i.Owner.Key = r.Text() }},
		{Name: "owner_display_name", SQL: "w.display_name", Read: func(i *RoleItem, r *db.Row) { i.Owner.DisplayName = r.Text() }},
		{Name: "owner_entity_type", SQL: "s.identifier", Read: func(i *RoleItem, r *db.Row) { i.Owner.EntityType = r.Text() }},
		{Name: "is_owner_gone", SQL: "w.valid_to <> 'infinity'", Read: func(i *RoleItem, r *db.Row) { i.IsOwnerGone = r.Bool() }},
		{Name: "start_date", SQL: "coalesce(a.start_date, a.workflow_state_changed_at)", Read: func(i *RoleItem, r *db.Row) { i.FoundAt = r.Time() }},
		{Name: "found_by", SQL: "a.found_by", Read: func(i *RoleItem, r *db.Row) { i.foundBy = r.Ints() }},
		{Name: "lacking", SQL: "a.lacking", Read: func(i *RoleItem, r *db.Row) { i.lacking = r.Ints() }},
		{Name: "keep", SQL: "case when r.comment_activation_on_keep_gap_in_reconciliation = 3 then q.comment_activation_on_keep_gap_in_reconciliation else r.comment_activation_on_keep_gap_in_reconciliation end",
			Read: func(i *RoleItem, r *db.Row) { i.keep = rolemodel.CommentMode(r.Int()) }},
		{Name: "delete", SQL: "case when r.comment_activation_on_delete_gap_in_reconciliation = 3 then q.comment_activation_on_delete_gap_in_reconciliation else r.comment_activation_on_delete_gap_in_reconciliation end",
			Read: func(i *RoleItem, r *db.Row) { i.remove = rolemodel.CommentMode(r.Int()) }},
		{Name: "inferred_by_id", SQL: "coalesce(a.inferred_by_id, 0)", Read: func(i *RoleItem, r *db.Row) { i.CompositeID = r.Int() }},
		{Name: "c.display_name", SQL: "c.display_name", Read: func(i *RoleItem, r *db.Row) { i.CompositeName = r.TextOrNil() }},
		{Name: "single_roles", SQL: `(select coalesce(json_agg(n.display_name order by n.display_name), '[]') from assigned_role x join role n on n.id = x.role_id
			where r.kind = 'COMPOSITE' and x.owner_id = a.owner_id and x.inferred_by_id = a.role_id and x.valid_to = 'infinity'
				and x.workflow_state in (` + evaluation.SQLNonConforming + `, ` + evaluation.SQLPreExisting + `))`, Read: func(i *RoleItem, r *db.Row) { r.JSON(&i.SingleRoleNames) }},
		{Name: "postponed_at", SQL: "a.postponed_at", Read: func(i *RoleItem, r *db.Row) { i.PostponedAt = r.TimeOrNil() }},
		{Name: "postponed_by", SQL: "a.postponed_by", Read: func(i *RoleItem, r *db.Row) { i.PostponedBy = r.TextOrNil() }},
		{Name: "reviewed_by", SQL: "a.reviewed_by", Read: func(i *RoleItem, r *db.Row) { i.DecidedBy = r.TextOrNil() }},
		{Name: "reviewed_at", SQL: "a.reviewed_at", Read: func(i *RoleItem, r *db.Row) { i.DecidedAt = r.TimeOrNil() }},
		{Name: "since", SQL: "a.workflow_state_changed_at", Read: func(i *RoleItem, r *db.Row) { i.waiting.Since = r.Time() }},
		{Name: "parameters", SQL: "a.parameters", Read: func(i *RoleItem, r *db.Row) { r.JSON(&i.waiting.Parameters) }},
		{Name: "comment", SQL: "a.comment", Read: func(i *RoleItem, r *db.Row) { i.Comment = r.Text() }},
	},
}

var (
	roleOwnerColumns = []string{"owner_id", "owner_key", "owner_display_name", "owner_entity_type"}
	roleValueColumns = []string{"owner_id", "role_id", "found_by", "lacking"}
)

// foundRows is the condition of all rows that role reconciliation is about.
var foundRows = bun.SafeQuery("a.origin = 'FOUND' and a.valid_to = 'infinity'")

// condition writes the filter as SQL, for the caller. Validation when a word of it does not exist.
func (f *RoleReconciliationFilter) condition(ctx context.Context, m *assignment.Model) (condition, error) {
	list := []condition{foundRows}
	add := func(sql string, args ...any) { list = append(list, bun.SafeQuery(sql, args...)) }
	if f != nil && len(f.IDs) > maxItems {
		return nobody, errs.New(errs.TooLarge, "At most %d roles are named; these are %d.", maxItems, len(f.IDs)).At("filter.ids")
	}
	open := []int64{int64(evaluation.NonConforming), int64(evaluation.PreExisting)}
	if f != nil && len(f.IDs) > 0 {
		add("a.id = any (?)", ids(f.IDs))
	} else if f == nil || len(f.States) == 0 {
		add("a.workflow_state in (?)", bun.List(open))
	}
	if f == nil {
		add("a.postponed_at is null")
		return db.AllOf(list...), nil
	}
	if len(f.IDs) == 0 {
		if f.Postponed != nil && *f.Postponed {
			add("a.postponed_at is not null")
		} else {
			add("a.postponed_at is null")
		}
	}
	if len(f.States) > 0 {
		var codes []int64
		for _, s := range f.States {
			code, ok := roleStates[s]
			if !ok {
				return nobody, errs.Invalid("filter.states", "There is no state %s.", s)
			}
			codes = append(codes, int64(code))
		}
		add("a.workflow_state in (?)", bun.List(codes))
	}
	if len(f.Roles) > 0 {
		add("r.identifier in (?)", bun.List(f.Roles))
	}
	if f.Pattern != nil {
		k, err := parseRolePattern(*f.Pattern)
		if err != nil {
			return nobody, err
		}
		add("a.role_id = ?", k.Role)
	}
	if f.Complete != nil {
		add("(a.lacking = '{}') = ?", *f.Complete)
	}
	if f.OwnerID != nil {
		add("a.owner_id = ?", *f.OwnerID)
	}
	if f.Text != nil && len(directory.SearchWords(*f.Text)) > 0 {
		add("a.owner_id in (select f.id from resource f where ?)", directory.SearchBeside(ctx, m.Shape, "f", *f.Text, coursesOf(m.Shape, permit.ReconciliateRoles)...))
	}
	if f.FoundAfter != nil {
		add("a.start_date >= ?", f.FoundAfter.UTC())
	}
	if f.FoundBefore != nil {
		add("a.start_date < ?", f.FoundBefore.UTC())
	}
	return db.AllOf(list...), nil
}

// coursesOf are the permissions in the course of which owners are read here.
func coursesOf(shape *directory.Shape, permission string) []string {
	var list []string
	for name := range shape.ByIdentifier {
		list = append(list, permit.For(permission, name))
	}
	return list
}

// One by one, and many at once. The last two are one right under two names.
var (
	singleRole = []string{permit.ReconciliateRoles}
	massRoles  = []string{permit.MassReconciliateRoles, permit.BulkRoleReconciliation}
)

// needRoles is the condition that permissions with one path per entity type open, of one of several names, on the roles of the owners that the scope
// has. Forbidden when that is nothing at all.
func needRoles(ctx context.Context, m *assignment.Model, permissions []string) (condition, error) {
	if err := permit.SignedIn(ctx); err != nil {
		return nobody, err
	}
	seen := map[int64]bool{}
	var list []condition
	for _, r := range m.Source.Roles {
		source := m.Shape.EntityTypes[r.EntityTypeID]
		if source == nil || seen[r.EntityTypeID] {
			continue
		}
		seen[r.EntityTypeID] = true
		paths := make([]string, len(permissions))
		for i, p := range permissions {
			paths[i] = permit.For(p, source.Identifier)
		}
		scope, err := permit.RequireAny(ctx, paths...)
		if err != nil {
			continue
		}
		owners := scope.OfOwners()
		if !owners.On(source.Identifier).Allowed() {
			continue
		}
		parts := []condition{bun.SafeQuery("r.entity_type_id = ?", source.ID)}
		if !owners.All(source.Identifier) {
			parts = append(parts, directory.Rows(m.Shape, source.ID, "w", owners))
		}
		list = append(list, db.AllOf(parts...))
	}
	switch {
	case len(seen) == 0 && permit.Find(ctx, permissions[0]).Allowed():
		return nobody, nil // there is no role yet
	case len(list) == 0:
		return nobody, errs.New(errs.Forbidden, "You do not have the permission %s for any entity type. Ask an administrator to grant it to one of your profiles.", permissions[0])
	default:
		return db.AnyOf(list...), nil
	}
}

func roleRights(ctx context.Context, m *assignment.Model, many bool) (condition, error) {
	may, err := needRoles(ctx, m, singleRole)
	if err != nil || !many {
		return may, err
	}
	more, err := needRoles(ctx, m, massRoles)
	return db.AllOf(may, more), err
}

// rolePatternKey is what found roles of one pattern have in common.
type rolePatternKey struct {
	Role int64 `json:"r"`
}

func (k rolePatternKey) id() string { return page.Cursor(k) }

func parseRolePattern(id string) (k rolePatternKey, err error) {
	if err := page.Read(id, &k); err != nil || k.Role == 0 {
		return k, errs.Invalid("filter.pattern", "This is no pattern. Take the id of one of roleReconciliationPatterns.")
	}
	return k, nil
}
