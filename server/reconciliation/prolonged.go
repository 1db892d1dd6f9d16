package reconciliation

import (
	"context"
	"fmt"
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

// ProlongedCause says how the rules took a role away.
type ProlongedCause string

// The causes.
const (
	RuleGone    ProlongedCause = "RULE_GONE"    // the rule was deleted, or its policy was switched off
	RuleChanged ProlongedCause = "RULE_CHANGED" // the rule asks for something else, or gives nothing by itself any more
	Overruled   ProlongedCause = "OVERRULED"    // another rule forbids it
)

// RoleReviewDecision is a decision about a prolonged role.
type RoleReviewDecision string

// The decisions.
const (
	ApproveRole RoleReviewDecision = "APPROVE" // it stays until the contexts of its owner end
	DeclineRole RoleReviewDecision = "DECLINE" // it goes now
)

// ProlongedItem is a role that a change of the rules took away, and that stays for its grace period (role-model 12.9). It is the GraphQL type too.
type ProlongedItem struct {
	ID        int64
	Version   int
	Role      string // identifier
	RoleName  string
	RoleKind  rolemodel.RoleKind
	RoleID    int64
	Owner     directory.ResourceRef
	Since     time.Time  // when the rules took it away
	Until     *time.Time // when it goes unless somebody approves it
	Rules     []string   // identifiers of the rules that gave it
	Cause     ProlongedCause
	IsOwn     bool                          // of the caller: somebody else has to decide
	Automatic *assignment.AutomaticDecision // what a rule decides; nil: none
	ground    struct {
		Names []string       `json:"names"`
		Cause ProlongedCause `json:"cause"`
	}
	approve, decline rolemodel.CommentMode // as the role says, or its policy
	waiting          model.Waiting
}

// Comments says for each decision whether it takes a comment.
func (i *ProlongedItem) Comments() []RoleReviewComment {
	return []RoleReviewComment{{ApproveRole, i.approve}, {DeclineRole, i.decline}}
}

// RoleReviewComment is whether a decision takes a comment.
type RoleReviewComment struct {
	Decision   RoleReviewDecision
	activation rolemodel.CommentMode
}

// Activation is whether it takes one, as a word.
func (c RoleReviewComment) Activation() string { return rolemodel.CommentWords[c.activation] }

// automatic says what an automation rule decides about a prolonged role.
func (i *ProlongedItem) automatic(m *assignment.Model) {
	i.waiting.RoleID, i.waiting.State = i.RoleID, evaluation.Prolonged
	i.Automatic = m.Automatic(i.waiting, false)
}

// ProlongedItemConnection is a page of prolonged roles.
type ProlongedItemConnection = page.Connection[*ProlongedItem]

// ProlongedFilter narrows a list of prolonged roles; conditions are joined by AND, values of one by OR.
type ProlongedFilter struct {
	IDs         []int64          `json:"ids,omitempty"`
	Roles       []string         `json:"roles,omitempty"` // identifiers
	Causes      []ProlongedCause `json:"causes,omitempty"`
	OwnerID     *int64           `json:"ownerId,omitempty"`
	Text        *string          `json:"text,omitempty"` // owner
	UntilBefore *time.Time       `json:"untilBefore,omitempty"`
}

// prolongedItems is how lists of prolonged roles are read.
var prolongedItems = page.Table[ProlongedItem]{
	From:   "assigned_role a join role r on r.id = a.role_id join entity_type s on s.id = r.entity_type_id join resource w on w.id = a.owner_id",
	Joins:  []page.Join{{Alias: "q", SQL: "join policy q on q.id = r.policy_id"}},
	Always: []string{"id"},
	Fields: map[string][]string{
		"__typename": nil, "id": nil, "version": {"version"}, "role": {"r.identifier"}, "roleName": {"r.display_name"}, "roleKind": {"r.kind"}, "owner": roleOwnerColumns,
		"since": {"since"}, "until": {"end_date"}, "rules": {"ground"}, "cause": {"ground"}, "isOwn": nil, "comments": {"approve", "decline"}, "automatic": {"role_id", "since", "parameters"},
	},
	Columns: []page.Column[ProlongedItem]{
		{Name: "id", SQL: "a.id", Read: func(i *ProlongedItem, r *db.Row) { i.ID = r.Int() }},
		{Name: "version", SQL: "a.version", Read: func(i *ProlongedItem, r *db.Row) { i.Version = int(r.Int()) }},
		{Name: "role_id", SQL: "a.role_id", Read: func(i *ProlongedItem, r *db.Row) { i.RoleID = r.Int() }},
		{Name: "r.identifier", SQL: "r.identifier", Read: func(i *ProlongedItem, r *db.Row) { i.Role = r.Text() }},
		{Name: "r.display_name", SQL: "r.display_name", Read: func(i *ProlongedItem, r *db.Row) { i.RoleName = r.Text() }},
		{Name: "r.kind", SQL: "r.kind", Read: func(i *ProlongedItem, r *db.Row) { i.RoleKind = rolemodel.RoleKind(r.Text()) }},
		{Name: "owner_id", SQL: "a.owner_id", Read: func(i *ProlongedItem, r *db.Row) { i.Owner.ID = r.Int() }},
		{Name: "owner_key", SQL: "w.key", Read: func(i *ProlongedItem, r *db.Row) { i.Owner.Key = r.Text() }},
		{Name: "owner_display_name", SQL: "w.display_name", Read: func(i *ProlongedItem, r *db.Row) { i.Owner.DisplayName = r.Text() }},
		{Name: "owner_entity_type", SQL: "s.identifier", Read: func(i *ProlongedItem, r *db.Row) { i.Owner.EntityType = r.Text() }},
		{Name: "since", SQL: "a.workflow_state_changed_at", Read: func(i *ProlongedItem, r *db.Row) { i.Since = r.Time(); i.waiting.Since = i.Since }},
		{Name: "end_date", SQL: "a.end_date", Read: func(i *ProlongedItem, r *db.Row) { i.Until = r.TimeOrNil() }},
		{Name: "ground", SQL: "coalesce(a.ground, '{}')", Read: func(i *ProlongedItem, r *db.Row) {
			r.JSON(&i.ground)
			i.Rules, i.Cause = append([]string{}, i.ground.Names...), i.ground.Cause
		}},
		{Name: "approve", SQL: "case when r.comment_activation_on_approve_in_review = 3 then q.comment_activation_on_approve_in_review else r.comment_activation_on_approve_in_review end",
			Read: func(i *ProlongedItem, r *db.Row) { i.approve = rolemodel.CommentMode(r.Int()) }},
		{Name: "decline", SQL: "case when r.comment_activation_on_decline_in_review = 3 then q.comment_activation_on_decline_in_review else r.comment_activation_on_decline_in_review end",
			Read: func(i *ProlongedItem, r *db.Row) { i.decline = rolemodel.CommentMode(r.Int()) }},
		{Name: "parameters", SQL: "a.parameters", Read: func(i *ProlongedItem, r *db.Row) { r.JSON(&i.waiting.Parameters) }},
	},
}

// prolongedRows is the condition of all rows that a review of prolonged roles is about.
var prolongedRows = bun.SafeQuery("a.workflow_state = " + evaluation.SQLProlonged + " and a.valid_to = 'infinity'")

// condition writes the filter as SQL, for the caller. Validation when a word of it does not exist.
func (f *ProlongedFilter) condition(ctx context.Context, m *assignment.Model) (condition, error) {
	list := []condition{prolongedRows}
	add := func(sql string, args ...any) { list = append(list, bun.SafeQuery(sql, args...)) }
	if f == nil {
		return prolongedRows, nil
	}
	if len(f.IDs) > maxItems {
		return nobody, errs.New(errs.TooLarge, "At most %d roles are named; these are %d.", maxItems, len(f.IDs)).At("filter.ids")
	}
	if len(f.IDs) > 0 {
		add("a.id = any (?)", ids(f.IDs))
	}
	if len(f.Roles) > 0 {
		add("r.identifier in (?)", bun.List(f.Roles))
	}
	if len(f.Causes) > 0 {
		for _, c := range f.Causes {
			if c != RuleGone && c != RuleChanged && c != Overruled {
				return nobody, errs.Invalid("filter.causes", "There is no cause %s.", c)
			}
		}
		add("a.ground ->> 'cause' in (?)", bun.List(f.Causes))
	}
	if f.OwnerID != nil {
		add("a.owner_id = ?", *f.OwnerID)
	}
	if f.Text != nil && len(directory.SearchWords(*f.Text)) > 0 {
		add("a.owner_id in (select f.id from resource f where ?)", directory.SearchBeside(ctx, m.Shape, "f", *f.Text, coursesOf(m.Shape, permit.ReviewRoles)...))
	}
	if f.UntilBefore != nil {
		add("a.end_date < ?", f.UntilBefore.UTC())
	}
	return db.AllOf(list...), nil
}

// One by one, and many at once.
var (
	singleReview = []string{permit.ReviewRoles}
	massReview   = []string{permit.MassReviewRoles}
)

// reviewRights is the condition of the prolonged roles that the caller may decide about; many: more than one at once.
func reviewRights(ctx context.Context, m *assignment.Model, many bool) (condition, error) {
	may, err := needRoles(ctx, m, singleReview)
	if err != nil || !many {
		return may, err
	}
	more, err := needRoles(ctx, m, massReview)
	return db.AllOf(may, more), err
}

// Prolonged gives a page of the prolonged roles that the caller may decide about, in the order in which they came. It needs ReviewRoles of the entity
// type. The number of statements does not grow with the page.
func (s *Service) Prolonged(ctx context.Context, args page.Args, filter *ProlongedFilter, sort *ReconciliationSort, fields page.Fields, total bool) (*ProlongedItemConnection, error) {
	if err := args.Check(); err != nil {
		return nil, err
	}
	m, err := s.Assignments.Model(ctx, s.DB)
	if err != nil {
		return nil, err
	}
	may, err := reviewRights(ctx, m, false)
	if err != nil {
		return nil, err
	}
	var at cursorKey
	more, err := args.Decode(&at)
	if err != nil {
		return nil, err
	}
	narrowed, err := filter.condition(ctx, m)
	if err != nil {
		return nil, err
	}
	where := db.AllOf(may, narrowed)
	var count page.Count
	if total {
		if count, err = page.CountRows(ctx, s.DB, bun.SafeQuery(prolongedItems.Tables(where)+" where ?", where)); err != nil {
			return nil, fmt.Errorf("count prolonged roles: %w", db.Explain(err))
		}
	}
	order, after := "a.id", "a.id > ?"
	if sort != nil && *sort == Newest {
		order, after = "a.id desc", "a.id < ?"
	}
	if more {
		where = db.AllOf(where, bun.SafeQuery(after, at.ID))
	}
	rows, err := s.readProlonged(ctx, m, where, order, args.First+1, fields)
	if err != nil {
		return nil, err
	}
	return page.MakeCounted(rows, args, count, func(i *ProlongedItem) any { return cursorKey{i.ID} }), nil
}

// readProlonged reads prolonged roles with what is asked of them.
func (s *Service) readProlonged(ctx context.Context, m *assignment.Model, where condition, order string, limit int, fields page.Fields) ([]*ProlongedItem, error) {
	rows, err := prolongedItems.Read(ctx, s.DB, prolongedItems.For(fields, "owner_id"), where, order, limit)
	if err != nil {
		return nil, fmt.Errorf("select prolonged roles: %w", db.Explain(err))
	}
	if fields.Has("isOwn") {
		owners := make([]int64, len(rows))
		for i, r := range rows {
			owners[i] = r.Owner.ID
		}
		own, err := ownAmong(ctx, s.DB, owners)
		if err != nil {
			return nil, err
		}
		for _, r := range rows {
			r.IsOwn = own[r.Owner.ID]
		}
	}
	if fields.Has("automatic") {
		for _, r := range rows {
			r.automatic(m)
		}
	}
	return rows, nil
}

// GetProlonged gives one prolonged role; NotFound when there is none in the caller's scope, or it is not prolonged any more.
func (s *Service) GetProlonged(ctx context.Context, id int64) (*ProlongedItem, error) {
	m, err := s.Assignments.Model(ctx, s.DB)
	if err != nil {
		return nil, err
	}
	may, err := reviewRights(ctx, m, false)
	if err != nil {
		return nil, err
	}
	list, err := s.readProlonged(ctx, m, db.AllOf(prolongedRows, bun.SafeQuery("a.id = ?", id), may), "a.id", 0, nil)
	if err != nil {
		return nil, err
	}
	if len(list) == 0 {
		return nil, errs.Missing("There is no prolonged role %d, or it is not yours to decide about.", id).Of(id)
	}
	return list[0], nil
}
