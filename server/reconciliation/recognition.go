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
	"writ/server/evaluation"
	"writ/server/page"
	"writ/server/permit"
)

// RecognitionState is how far it is known whose an account is, and what.
type RecognitionState string

// The states.
const (
	Owned        RecognitionState = "OWNED"        // it has an owner and a type
	Guessed      RecognitionState = "GUESSED"      // a rule suggests the owner, and nobody has decided
	Nobodys      RecognitionState = "NOBODYS"      // it has a type and no owner
	Undecided    RecognitionState = "AMBIGUOUS"    // two people or more have as good a claim
	Unrecognized RecognitionState = "UNRECOGNIZED" // nothing says what it is
)

// sqlRecognition are the conditions of the states on a, x and k, which is x by another name. Exactly one of them holds.
var sqlRecognition = map[RecognitionState]string{
	Owned:        "(a.owner_id is not null and not " + sqlGuess + ")",
	Guessed:      "(a.owner_id is not null and " + sqlGuess + ")",
	Nobodys:      "(a.id is not null and a.owner_id is null and (a.is_frozen or not (" + sqlAmbiguous + ")))",
	Undecided:    "(a.owner_id is null and not coalesce(a.is_frozen, false) and " + sqlAmbiguous + ")",
	Unrecognized: "(a.id is null and not (" + sqlAmbiguous + "))",
}

// sqlGuess is evaluation.ExistingType.SuggestedOnly in SQL.
const sqlGuess = "(a.workflow_state in (" + evaluation.SQLNonConforming + ", " + evaluation.SQLPreExisting + ") and coalesce(a.confidence, 0) between 1 and 99 and not a.is_frozen)"

// RecognizedAccount is an account of a managed system, with what it is taken for and why.
type RecognizedAccount struct {
	ID               int64 // of the account, a resource of the directory
	Account          *directory.ResourceRef
	State            RecognitionState
	ResourceType     *string // identifier; nil: nothing says what it is
	ResourceTypeName *string
	System           *string // identifier of the connector
	SystemName       *string
	Owner            *directory.ResourceRef
	IsOwnerGone      bool
	Confidence       *int // percent; nil: it was not found by a rule of correlation or classification
	StateCode        evaluation.Workflow
	IsFrozen         bool       // somebody decided: rules do not change it
	FrozenBy         *string    // who; nil: nobody did
	FrozenAt         *time.Time // when
	Comment          string     // what was said with it
	Since            time.Time  // when the account was taken for this
	OrderID          *int64     // the order about it that is under way
	IsOwn            bool       // of the caller
	Rules            []*RecognitionRule
	Forecast         *RecognitionForecast
	Version          string // of what was seen

	typeRow, resourceTypeID int64
	isMade, multiple, other bool
}

// RecognitionRuleKind is what kind of rule recognizes an account.
type RecognitionRuleKind string

// The kinds.
const (
	ByKeys      RecognitionRuleKind = "CORRELATION"    // equal keys say whose it is
	ByCondition RecognitionRuleKind = "CLASSIFICATION" // a condition says what it is
)

// RecognitionRule is a rule that finds an owner for an account, or says what it is, now.
type RecognitionRule struct {
	Kind             RecognitionRuleKind
	Rule             string // as a sentence
	ResourceType     string // identifier
	ResourceTypeName string
	Owner            *directory.ResourceRef // nil: the rule says what it is only, or he is not the caller's to see
	Confidence       int                    // percent
	Value            *string                // the equal key; nil: a condition holds
	IsShared         bool                   // somebody else has the same key
	IsCurrent        bool                   // it says what is so
}

// RecognitionOutcome is what rules would make of an account now.
type RecognitionOutcome string

// The outcomes.
const (
	WouldStay      RecognitionOutcome = "STAYS"
	WouldMove      RecognitionOutcome = "OTHER_OWNER"
	WouldBeGuessed RecognitionOutcome = "GUESSED"
	WouldBeBoth    RecognitionOutcome = "AMBIGUOUS"
	WouldBeNobodys RecognitionOutcome = "NOBODYS"
	WouldBeUnknown RecognitionOutcome = "UNRECOGNIZED"
)

// RecognitionForecast is what taking back the recognition of an account would come to by the rules and keys of now.
type RecognitionForecast struct {
	Outcome          RecognitionOutcome
	Owner            *directory.ResourceRef
	ResourceTypeName *string
	Confidence       *int
	Refusal          *string // why it cannot be taken back; nil: it can
}

// RecognizedAccountConnection is a page of accounts.
type RecognizedAccountConnection = page.Connection[*RecognizedAccount]

// RecognizedAccountFilter narrows the list; conditions are joined by AND, values of one by OR.
type RecognizedAccountFilter struct {
	AccountID     *int64             `json:"accountId,omitempty"`
	States        []RecognitionState `json:"states,omitempty"`
	Frozen        *bool              `json:"frozen,omitempty"`
	Systems       []string           `json:"systems,omitempty"`
	ResourceTypes []string           `json:"resourceTypes,omitempty"`
	OwnerID       *int64             `json:"ownerId,omitempty"`
	Text          *string            `json:"text,omitempty"` // account or owner
}

// sqlRecognized are the tables of the list: x the account, a what it is taken for, w its owner.
const sqlRecognized = `resource x cross join lateral (select x.id as target_id) k join entity_type e on e.id = x.entity_type_id
	left join assigned_resource_type a on a.resource_id = x.id and a.valid_to = 'infinity' left join resource w on w.id = a.owner_id
	left join resource_type t on t.id = a.resource_type_id left join connector c on c.id = e.connector_id`

// recognized is the condition of the accounts that the caller may see; many: whose recognition he may take back of many at once.
func recognized(ctx context.Context, m *assignment.Model, many bool) (condition, error) {
	may, err := need(ctx, m, "a.resource_type_id", single)
	if err == nil && many {
		var more condition
		more, err = need(ctx, m, "a.resource_type_id", mass)
		may = db.AllOf(may, more)
	}
	if err != nil {
		return nobody, err
	}
	return db.AllOf(bun.SafeQuery("x.valid_to = 'infinity' and x.entity_type_id in (select target_entity_type_id from resource_type)"),
		db.AnyOf(bun.SafeQuery("(a.id is not null and ?)", may), bun.SafeQuery("(a.id is null and ?)", unrecognized(ctx, m)))), nil
}

// condition writes the filter as SQL, for the caller.
func (f *RecognizedAccountFilter) condition(ctx context.Context, m *assignment.Model) (condition, error) {
	if f == nil {
		return everything, nil
	}
	var list []condition
	add := func(sql string, args ...any) { list = append(list, bun.SafeQuery(sql, args...)) }
	if len(f.States) > 0 {
		var any_ []condition
		for _, s := range f.States {
			sql, ok := sqlRecognition[s]
			if !ok {
				return nobody, errs.Invalid("filter.states", "There is no state %s.", s)
			}
			any_ = append(any_, bun.SafeQuery(sql))
		}
		list = append(list, db.AnyOf(any_...))
	}
	if f.AccountID != nil {
		add("x.id = ?", *f.AccountID)
	}
	if f.Frozen != nil {
		add("coalesce(a.is_frozen, false) = ?", *f.Frozen)
	}
	if len(f.Systems) > 0 {
		add("c.identifier in (?)", bun.List(f.Systems))
	}
	if len(f.ResourceTypes) > 0 {
		add("t.identifier in (?)", bun.List(f.ResourceTypes))
	}
	if f.OwnerID != nil {
		add("a.owner_id = ?", *f.OwnerID)
	}
	if f.Text != nil && len(directory.SearchWords(*f.Text)) > 0 {
		found := directory.SearchBeside(ctx, m.Shape, "f", *f.Text, courses(m.Shape)...)
		add("(x.id in (select f.id from resource f where ?) or w.id in (select f.id from resource f where ?))", found, found)
	}
	return db.AllOf(list...), nil
}

// RecognizedAccounts gives a page of the accounts of managed systems, each with what it is taken for and by which rules (role-model 5), in the order in
// which they were seen first. It needs ReconciliateResources of the source entity type, and the right to read the accounts.
func (s *Service) RecognizedAccounts(ctx context.Context, args page.Args, filter *RecognizedAccountFilter, fields page.Fields, total bool) (*RecognizedAccountConnection, error) {
	if err := args.Check(); err != nil {
		return nil, err
	}
	m, err := s.Assignments.Model(ctx, s.DB)
	if err != nil {
		return nil, err
	}
	may, err := recognized(ctx, m, false)
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
		if count, err = page.CountRows(ctx, s.DB, bun.SafeQuery(sqlRecognized+" where ?", where)); err != nil {
			return nil, fmt.Errorf("count recognized accounts: %w", db.Explain(err))
		}
	}
	if more {
		where = db.AllOf(where, bun.SafeQuery("x.id > ?", at.ID))
	}
	rows, err := s.readRecognized(ctx, s.DB, where, args.First+1)
	if err != nil {
		return nil, err
	}
	shown := rows[:min(len(rows), args.First)]
	if fields.Has("rules") || fields.Has("forecast") {
		if err := s.bringRules(ctx, m, shown); err != nil {
			return nil, err
		}
	}
	if fields.Has("isOwn") {
		if err := s.bringOwner(ctx, shown); err != nil {
			return nil, err
		}
	}
	return page.MakeCounted(rows, args, count, func(a *RecognizedAccount) any { return cursorKey{a.ID} }), nil
}

func (s *Service) readRecognized(ctx context.Context, b bun.IDB, where condition, limit int) ([]*RecognizedAccount, error) {
	rows := []*RecognizedAccount{}
	q := bun.SafeQuery(`select x.id, x.key, x.display_name, e.identifier, coalesce(a.id, 0), coalesce(a.resource_type_id, 0), t.identifier, t.display_name, c.identifier, c.display_name,
			coalesce(w.id, 0), coalesce(w.key, ''), coalesce(w.display_name, ''), coalesce((select o.identifier from entity_type o where o.id = w.entity_type_id), ''), coalesce(w.valid_to <> 'infinity', false),
			a.confidence, coalesce(a.workflow_state, 0), coalesce(a.is_frozen, false), h.actor, h.at, coalesce(h.comment, ''), coalesce(a.valid_from, x.valid_from),
			(select o.id from provisioning_order o where o.assigned_resource_type_id = a.id and o.closed_at is null), a.owner_id is null and not coalesce(a.is_frozen, false) and `+sqlAmbiguous+`,
			`+assignment.SeenAs+`, coalesce(a.created_key = x.key, false), coalesce(t.correlate_multiple_resources, false),
			exists (select from assigned_resource_type b where b.owner_id = a.owner_id and b.resource_type_id = a.resource_type_id and b.id <> a.id and b.valid_to = 'infinity' and b.resource_id is not null)
		from `+sqlRecognized+`
			left join lateral (select h.actor, h.at, h.comment from assignment_history h where a.is_frozen and h.assigned_resource_type_id = a.id and h.action = 'keep' order by h.id desc limit 1) h on true
		where ? order by x.id limit ?`, where, db.Fixed(limit))
	if err := db.Select(ctx, b, q, func(r *db.Row) error {
		a := &RecognizedAccount{Rules: []*RecognitionRule{}}
		a.Account = &directory.ResourceRef{ID: r.Int(), Key: r.Text(), DisplayName: r.Text(), EntityType: r.Text()}
		a.ID, a.typeRow, a.resourceTypeID = a.Account.ID, r.Int(), r.Int()
		a.ResourceType, a.ResourceTypeName, a.System, a.SystemName = r.TextOrNil(), r.TextOrNil(), r.TextOrNil(), r.TextOrNil()
		owner := directory.ResourceRef{ID: r.Int(), Key: r.Text(), DisplayName: r.Text(), EntityType: r.Text()}
		a.IsOwnerGone = r.Bool()
		if owner.ID != 0 {
			a.Owner = &owner
		}
		if n := r.IntOrNil(); n != nil {
			a.Confidence = new(int(*n))
		}
		a.StateCode, a.IsFrozen, a.FrozenBy, a.FrozenAt, a.Comment, a.Since = evaluation.Workflow(r.Int()), r.Bool(), r.TextOrNil(), r.TimeOrNil(), r.Text(), r.Time()
		a.OrderID = r.IntOrNil()
		ambiguous := r.Bool()
		a.Version, a.isMade, a.multiple, a.other = r.Text(), r.Bool(), r.Bool(), r.Bool()
		switch found := a.StateCode == evaluation.NonConforming || a.StateCode == evaluation.PreExisting; {
		case a.Owner != nil && found && a.Confidence != nil && *a.Confidence > 0 && *a.Confidence < 100 && !a.IsFrozen:
			a.State = Guessed
		case a.Owner != nil:
			a.State = Owned
		case ambiguous:
			a.State = Undecided
		case a.typeRow != 0:
			a.State = Nobodys
		default:
			a.State = Unrecognized
		}
		rows = append(rows, a)
		return nil
	}); err != nil {
		return nil, fmt.Errorf("list recognized accounts: %w", db.Explain(err))
	}
	return rows, nil
}

// asLocked is what the account would be under its lock.
func (a *RecognizedAccount) asLocked() *assignment.Recognized {
	x := &assignment.Recognized{TargetID: a.ID, TargetKey: a.Account.Key, AssignedResourceTypeID: a.typeRow, ResourceTypeID: a.resourceTypeID, WorkflowState: a.StateCode, IsFrozen: a.IsFrozen,
		IsOwnerGone: a.IsOwnerGone, HasOrder: a.OrderID != nil, Multiple: a.multiple, HasOther: a.other, IsMade: a.isMade}
	if a.Owner != nil {
		x.OwnerID = &a.Owner.ID
	}
	return x
}

// bringRules tells what rules say about accounts now, and what taking back their recognition would come to. Who may not be read is not named.
func (s *Service) bringRules(ctx context.Context, m *assignment.Model, rows []*RecognizedAccount) error {
	targets := make([]int64, len(rows))
	for i, a := range rows {
		targets[i] = a.ID
	}
	found, err := s.Assignments.FoundBy(ctx, s.DB, m, targets)
	if err != nil {
		return err
	}
	var owners []int64
	for _, list := range found {
		for i, f := range list {
			if f.OwnerID != 0 && i < mostCandidates {
				owners = append(owners, f.OwnerID)
			}
		}
	}
	names := map[int64]*directory.ResourceRef{}
	if err := db.Select(ctx, s.DB, bun.SafeQuery(`select o.id, o.key, o.display_name, y.identifier from resource o join entity_type y on y.id = o.entity_type_id where o.id = any (?) and ?`,
		ids(owners), directory.Readable(ctx, m.Shape, "o", courses(m.Shape)...)), func(r *db.Row) error {
		x := &directory.ResourceRef{ID: r.Int(), Key: r.Text(), DisplayName: r.Text(), EntityType: r.Text()}
		names[x.ID] = x
		return nil
	}); err != nil {
		return fmt.Errorf("name the owners that rules find: %w", db.Explain(err))
	}
	for _, a := range rows {
		list := found[a.ID]
		for i, f := range list {
			t := m.ResourceType(f.ResourceTypeID)
			if t == nil || f.OwnerID != 0 && (i >= mostCandidates || names[f.OwnerID] == nil) {
				continue
			}
			x := &RecognitionRule{Kind: ByKeys, Rule: m.TypeRuleReason(f.RuleID), ResourceType: t.Identifier, ResourceTypeName: t.DisplayName, Owner: names[f.OwnerID], Confidence: f.Confidence,
				IsShared: f.IsShared, IsCurrent: a.resourceTypeID == f.ResourceTypeID && (f.OwnerID == 0 && a.Owner == nil || a.Owner != nil && a.Owner.ID == f.OwnerID)}
			if f.OwnerID == 0 {
				x.Kind = ByCondition
			} else {
				x.Value = &list[i].Value
			}
			a.Rules = append(a.Rules, x)
		}
		a.Forecast = forecast(m, a, list, names)
	}
	return nil
}

// forecast tells what rules would make of an account.
func forecast(m *assignment.Model, a *RecognizedAccount, found []assignment.Found, names map[int64]*directory.ResourceRef) *RecognitionForecast {
	f := &RecognitionForecast{Outcome: WouldBeUnknown}
	x := a.asLocked()
	if e := refuseReset(x, false); e != nil {
		f.Refusal = &e.Message
	}
	says := func(by *assignment.Found) {
		f.Owner, f.Confidence = names[by.OwnerID], &by.Confidence
		if t := m.ResourceType(by.ResourceTypeID); t != nil {
			f.ResourceTypeName = &t.DisplayName
		}
	}
	best, unsure := assignment.Surest(found)
	what := slices.IndexFunc(found, func(f assignment.Found) bool { return f.OwnerID == 0 })
	switch {
	case a.Owner != nil && x.Stays(found):
		f.Outcome, f.Owner, f.ResourceTypeName, f.Confidence = WouldStay, a.Owner, a.ResourceTypeName, a.Confidence
	case best != nil && unsure:
		f.Outcome = WouldBeBoth
	case best != nil && best.Confidence >= 100:
		says(best)
		f.Outcome = WouldMove
	case best != nil:
		says(best)
		f.Outcome = WouldBeGuessed
	case what >= 0:
		says(&found[what])
		f.Outcome = WouldBeNobodys
	}
	return f
}

// bringOwner tells which accounts are the caller's.
func (s *Service) bringOwner(ctx context.Context, rows []*RecognizedAccount) error {
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
