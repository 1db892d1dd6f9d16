package reconciliation

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/uptrace/bun"

	"writ/server/assignment"
	"writ/server/db"
	"writ/server/directory"
	"writ/server/errs"
	"writ/server/page"
	"writ/server/permit"
)

// OwnerlessReason is why an account has nobody whose it could be.
type OwnerlessReason string

// The reasons.
const (
	Leaver       OwnerlessReason = "LEAVER"        // its owner is known and has left: his last position has ended
	OwnerGone    OwnerlessReason = "OWNER_GONE"    // its owner is not in his source any more
	Ambiguous    OwnerlessReason = "AMBIGUOUS"     // two people or more have as good a claim
	NeverMatched OwnerlessReason = "NEVER_MATCHED" // no rule finds its owner
)

// AccountWithoutOwner is an account of a managed system that is nobody's, or of somebody who has left.
type AccountWithoutOwner struct {
	ID               int64 // of the account, a resource of the directory
	Account          *directory.ResourceRef
	Reason           OwnerlessReason
	ResourceType     *string // identifier; nil: nothing recognises it
	ResourceTypeName *string
	System           *string // identifier of the connector
	SystemName       *string
	Owner            *directory.ResourceRef // who had it; nil: nobody
	LeftAt           *time.Time             // when he left
	Since            time.Time              // when the account was seen first as it is
	ItemID           *int64                 // the difference that waits for a decision; nil: none does
	ItemVersion      *int
	IsPostponed      bool
	IsOwn            bool   // of the caller
	OrderID          *int64 // the order about it that is under way
	Candidates       []*OwnerCandidate
	Types            []*AccountType // its own, or those that it can get

	resourceTypeID int64
}

// AccountType is a resource type that an account has, or can get.
type AccountType struct {
	Identifier, DisplayName, OwnerEntityType string
	Comment, CommentOnDelete                 string // whether authorizing, and deleting, takes a comment, as words
}

// OwnerCandidate is somebody whom a rule finds for an account.
type OwnerCandidate struct {
	Owner      directory.ResourceRef
	Confidence int    // percent
	Reason     string // by which rule, as a sentence
	Value      string // what is equal
}

// AccountWithoutOwnerConnection is a page of accounts.
type AccountWithoutOwnerConnection = page.Connection[*AccountWithoutOwner]

// AccountWithoutOwnerFilter narrows the list; conditions are joined by AND, values of one by OR.
type AccountWithoutOwnerFilter struct {
	AccountID     *int64            `json:"accountId,omitempty"`
	Reasons       []OwnerlessReason `json:"reasons,omitempty"`
	Systems       []string          `json:"systems,omitempty"`
	ResourceTypes []string          `json:"resourceTypes,omitempty"`
	Text          *string           `json:"text,omitempty"`      // account or former owner
	Postponed     *bool             `json:"postponed,omitempty"` // nil: all
}

// sqlAmbiguous: two living people or more have an equal key.
const sqlAmbiguous = `(select count(distinct n.resource_id) from correlation_key t join correlation_key n on n.rule_id = t.rule_id and n.side = 'S' and n.digest = t.digest and n.value = t.value
	join resource o on o.id = n.resource_id and o.valid_to = 'infinity' where t.resource_id = k.target_id and t.side = 'T') > 1`

// The parts of the list, each by its own index: accounts of nobody, of somebody who left, and those that nothing recognises. What a person has left
// as it is is not listed.
const (
	sqlNobodys = `select a.resource_id as target_id, a.id as type_row, a.resource_type_id, null::bigint as owner_id, null::timestamptz as left_at, a.valid_from as since
		from assigned_resource_type a where a.owner_id is null and a.valid_to = 'infinity' and a.resource_id is not null and not a.is_frozen`
	sqlLeavers = `select a.resource_id, a.id, a.resource_type_id, a.owner_id, l.left_at, l.left_at
		from owner_state l join assigned_resource_type a on a.owner_id = l.owner_id and a.valid_to = 'infinity' and a.resource_id is not null and not a.is_frozen
		where l.left_at is not null`
	sqlUnknown = `select r.id, null, null, null, null, r.valid_from
		from resource r where r.valid_to = 'infinity' and r.entity_type_id in (select target_entity_type_id from resource_type)
			and not exists (select from assigned_resource_type a where a.resource_id = r.id and a.valid_to = 'infinity')`
)

// ownerless is the condition of what the caller may see: k has what the parts give, x the account, w who had it.
func ownerless(ctx context.Context, m *assignment.Model) (condition, error) {
	may, err := need(ctx, m, "k.resource_type_id", single)
	if err != nil {
		return nobody, err
	}
	return db.AnyOf(bun.SafeQuery("(k.resource_type_id is not null and ?)", may), bun.SafeQuery("(k.resource_type_id is null and ?)", unrecognized(ctx, m))), nil
}

// unrecognized is the condition of the accounts x that nothing recognises and that the caller may see.
func unrecognized(ctx context.Context, m *assignment.Model) condition {
	var unknown []condition
	for _, t := range m.Shape.EntityTypes {
		read, err := directory.MayRead(ctx, t.Identifier)
		if err != nil || !slices.ContainsFunc(m.Source.ResourceTypes, func(r *resourceType) bool {
			return r.TargetEntityTypeID == t.ID && permit.Find(ctx, permit.For(permit.ReconciliateResources, m.Shape.EntityTypes[r.SourceEntityTypeID].Identifier)).
				OfOwners().All(m.Shape.EntityTypes[r.SourceEntityTypeID].Identifier)
		}) {
			continue
		}
		unknown = append(unknown, bun.SafeQuery("(x.entity_type_id = ? and ?)", t.ID, directory.Rows(m.Shape, t.ID, "x", read)))
	}
	return db.AnyOf(unknown...)
}

// parts gives the union of those parts in which a reason can be found.
func (f *AccountWithoutOwnerFilter) parts() (string, []condition, error) {
	all := []OwnerlessReason{Leaver, OwnerGone, Ambiguous, NeverMatched}
	wanted := all
	if f != nil && len(f.Reasons) > 0 {
		wanted = f.Reasons
	}
	for _, r := range wanted {
		if !slices.Contains(all, r) {
			return "", nil, errs.Invalid("filter.reasons", "There is no reason %s.", r)
		}
	}
	has := func(r OwnerlessReason) bool { return slices.Contains(wanted, r) }
	var union string
	add := func(sql string) {
		if union != "" {
			union += " union all "
		}
		union += sql
	}
	if has(Ambiguous) || has(NeverMatched) {
		add(sqlNobodys)
	}
	if has(Leaver) || has(OwnerGone) {
		add(sqlLeavers)
	}
	if has(Ambiguous) || has(NeverMatched) {
		add(sqlUnknown)
	}
	var list []condition
	if has(Ambiguous) != has(NeverMatched) {
		list = append(list, bun.SafeQuery("(k.owner_id is not null or ("+sqlAmbiguous+") = ?)", has(Ambiguous)))
	}
	if has(Leaver) != has(OwnerGone) {
		list = append(list, bun.SafeQuery("(k.owner_id is null or (w.valid_to = 'infinity') = ?)", has(Leaver)))
	}
	return union, list, nil
}

// AccountsWithoutOwner gives a page of accounts that are nobody's, or of somebody who has left, in the order in which they were seen first. It needs
// ReconciliateResources of the source entity type, and the right to read the accounts.
func (s *Service) AccountsWithoutOwner(ctx context.Context, args page.Args, filter *AccountWithoutOwnerFilter, fields page.Fields, total bool) (*AccountWithoutOwnerConnection, error) {
	if err := args.Check(); err != nil {
		return nil, err
	}
	m, err := s.Assignments.Model(ctx, s.DB)
	if err != nil {
		return nil, err
	}
	var at cursorKey
	more, err := args.Decode(&at)
	if err != nil {
		return nil, err
	}
	from, list, err := filter.found(ctx, m)
	if err != nil {
		return nil, err
	}
	var count page.Count
	if total {
		if count, err = page.CountRows(ctx, s.DB, bun.SafeQuery(from+" where ?", db.AllOf(list...))); err != nil {
			return nil, fmt.Errorf("count accounts without owner: %w", db.Explain(err))
		}
	}
	if more {
		list = append(list, bun.SafeQuery("x.id > ?", at.ID))
	}
	q := bun.SafeQuery(`select x.id, x.key, x.display_name, e.identifier, coalesce(k.resource_type_id, 0), t.identifier, t.display_name, c.identifier, c.display_name,
			coalesce(k.owner_id, 0), coalesce(w.key, ''), coalesce(w.display_name, ''), coalesce((select o.identifier from entity_type o where o.id = w.entity_type_id), ''),
			coalesce(w.valid_to = 'infinity', false), k.left_at, coalesce(g.found_at, k.since), g.id, g.version, g.postponed_at is not null,
			(select o.id from provisioning_order o where o.assigned_resource_type_id = k.type_row and o.closed_at is null), k.owner_id is null and `+sqlAmbiguous+`
		from `+from+` where ? order by x.id limit ?`, db.AllOf(list...), db.Fixed(args.First+1))
	rows := []*AccountWithoutOwner{}
	if err := db.Select(ctx, s.DB, q, func(r *db.Row) error {
		a := &AccountWithoutOwner{Candidates: []*OwnerCandidate{}}
		a.Account = &directory.ResourceRef{ID: r.Int(), Key: r.Text(), DisplayName: r.Text(), EntityType: r.Text()}
		a.ID, a.resourceTypeID = a.Account.ID, r.Int()
		a.ResourceType, a.ResourceTypeName, a.System, a.SystemName = r.TextOrNil(), r.TextOrNil(), r.TextOrNil(), r.TextOrNil()
		owner := directory.ResourceRef{ID: r.Int(), Key: r.Text(), DisplayName: r.Text(), EntityType: r.Text()}
		living := r.Bool()
		a.LeftAt, a.Since, a.ItemID = r.TimeOrNil(), r.Time(), r.IntOrNil()
		if v := r.IntOrNil(); v != nil {
			a.ItemVersion = new(int(*v))
		}
		a.IsPostponed, a.OrderID = r.Bool(), r.IntOrNil()
		ambiguous := r.Bool()
		switch {
		case owner.ID != 0 && living:
			a.Owner, a.Reason = &owner, Leaver
		case owner.ID != 0:
			a.Owner, a.Reason = &owner, OwnerGone
		case ambiguous:
			a.Reason = Ambiguous
		default:
			a.Reason = NeverMatched
		}
		rows = append(rows, a)
		return nil
	}); err != nil {
		return nil, fmt.Errorf("list accounts without owner: %w", db.Explain(err))
	}
	shown := rows[:min(len(rows), args.First)]
	if fields.Has("candidates") {
		if err := s.bringCandidates(ctx, m, shown); err != nil {
			return nil, err
		}
	}
	if fields.Has("isOwn") {
		if err := s.bringOwn(ctx, shown); err != nil {
			return nil, err
		}
	}
	for _, a := range shown {
		a.Types = typesOf(ctx, m, a)
	}
	return page.MakeCounted(rows, args, count, func(a *AccountWithoutOwner) any { return cursorKey{a.ID} }), nil
}

// found gives the tables and the conditions of what the caller may see under a filter: k has what the parts give, x the account, w who had it, g the
// difference that waits.
func (f *AccountWithoutOwnerFilter) found(ctx context.Context, m *assignment.Model) (from string, list []condition, err error) {
	may, err := ownerless(ctx, m)
	if err != nil {
		return "", nil, err
	}
	union, list, err := f.parts()
	if err != nil {
		return "", nil, err
	}
	list = append(list, bun.SafeQuery("x.valid_to = 'infinity'"), may)
	if f != nil {
		list = append(list, f.rest(ctx, m)...)
	}
	return "(" + union + `) k (target_id, type_row, resource_type_id, owner_id, left_at, since) join resource x on x.id = k.target_id join entity_type e on e.id = x.entity_type_id left join resource w on w.id = k.owner_id
		left join resource_type t on t.id = k.resource_type_id left join connector c on c.id = e.connector_id
		left join gap g on g.assigned_resource_type_id = k.type_row and g.property is null and g.closed_at is null`, list, nil
}

// typesOf gives what an account is: its resource type, or, where nothing recognises it, those of its entity type that the caller may give it.
func typesOf(ctx context.Context, m *assignment.Model, a *AccountWithoutOwner) []*AccountType {
	list := []*AccountType{}
	for _, t := range m.Source.ResourceTypes {
		source, target := m.Shape.EntityTypes[t.SourceEntityTypeID], m.Shape.EntityTypes[t.TargetEntityTypeID]
		if source == nil || target == nil || target.Identifier != a.Account.EntityType || a.resourceTypeID != 0 && a.resourceTypeID != t.ID {
			continue
		}
		if permit.Find(ctx, permit.For(permit.ReconciliateResources, source.Identifier)).Allowed() {
			list = append(list, &AccountType{t.Identifier, t.DisplayName, source.Identifier, commentsOf(m, t.ID).OnKeep(), commentsOf(m, t.ID).OnDelete()})
		}
	}
	return list
}

// rest are the conditions of a filter beside the reasons.
func (f *AccountWithoutOwnerFilter) rest(ctx context.Context, m *assignment.Model) (list []condition) {
	if f.AccountID != nil {
		list = append(list, bun.SafeQuery("x.id = ?", *f.AccountID))
	}
	if len(f.Systems) > 0 {
		list = append(list, bun.SafeQuery("c.identifier in (?)", bun.List(f.Systems)))
	}
	if len(f.ResourceTypes) > 0 {
		list = append(list, bun.SafeQuery("t.identifier in (?)", bun.List(f.ResourceTypes)))
	}
	if f.Text != nil && len(directory.SearchWords(*f.Text)) > 0 {
		found := directory.SearchBeside(ctx, m.Shape, "f", *f.Text, courses(m.Shape)...)
		list = append(list, bun.SafeQuery("(x.id in (select f.id from resource f where ?) or w.id in (select f.id from resource f where ?))", found, found))
	}
	if f.Postponed != nil {
		list = append(list, bun.SafeQuery("(g.postponed_at is not null) = ?", *f.Postponed))
	}
	return list
}

// bringOwn tells which accounts are, or were, the caller's.
func (s *Service) bringOwn(ctx context.Context, rows []*AccountWithoutOwner) error {
	a := permit.From(ctx)
	owners := []int64{}
	for _, r := range rows {
		if r.Owner != nil {
			owners = append(owners, r.Owner.ID)
		}
	}
	if a == nil || a.System || len(owners) == 0 {
		return nil
	}
	var own []int64
	if err := s.DB.NewRaw(`select id from unnest(?::bigint[]) o (id) where is_same_person(?, id)`, ids(owners), a.Username).Scan(ctx, &own); err != nil {
		return fmt.Errorf("find one's own accounts: %w", err)
	}
	for _, r := range rows {
		r.IsOwn = r.Owner != nil && slices.Contains(own, r.Owner.ID)
	}
	return nil
}
