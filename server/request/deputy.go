package request

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/uptrace/bun"

	"writ/server/assignment"
	"writ/server/db"
	"writ/server/delegation"
	"writ/server/errs"
	"writ/server/permit"
)

// A deputy decides what the one may decide for whom he acts (requests 10): by the rights that one has now, within the scope of the delegation, and only what
// neither of the two is excluded from. Whoever may decide something himself does so for himself.

// voice is one way in which the caller may decide: for himself, or for somebody.
type voice struct {
	ctx   context.Context // with the rights of that
	under *permit.Deputyship
	about db.Condition // on i and w: what it is about
}

// voices gives the ways in which the caller may decide; his own stands first.
func voices(ctx context.Context, m *assignment.Model) []voice {
	list := []voice{{ctx, nil, bun.SafeQuery("true")}}
	for _, d := range permit.ActingFor(ctx, permit.DeputyApprovals) {
		list = append(list, voice{permit.As(ctx, d, permit.DeputyApprovals), &d, about(m, d.Scope)})
	}
	return list
}

// about is the condition on i and w of what a scope is about.
func about(m *assignment.Model, scope permit.DeputyScope) db.Condition {
	list := []db.Condition{bun.SafeQuery("true")}
	if scope.HasRoles() {
		list = append(list, bun.SafeQuery("i.role_id = any (?)", ids(rolesOf(m, scope))))
	}
	if len(scope.EntityTypes) > 0 {
		types := []int64{}
		for _, t := range m.Shape.EntityTypes {
			if slices.Contains(scope.EntityTypes, t.Identifier) {
				types = append(types, t.ID)
			}
		}
		list = append(list, bun.SafeQuery("w.entity_type_id = any (?)", ids(types)))
	}
	return db.AllOf(list...)
}

// isAbout says the same of one item.
func isAbout(m *assignment.Model, scope permit.DeputyScope, x *item) bool {
	t := m.Shape.EntityTypes[x.EntityTypeID]
	return (!scope.HasRoles() || slices.Contains(rolesOf(m, scope), x.RoleID)) && (len(scope.EntityTypes) == 0 || t != nil && slices.Contains(scope.EntityTypes, t.Identifier))
}

// rolesOf gives the roles that a scope names, by themselves, by their category or one above it, or by their policy.
func rolesOf(m *assignment.Model, scope permit.DeputyScope) []int64 {
	categories := map[int64]bool{}
	for more := true; more; {
		more = false
		for _, c := range m.Source.Categories {
			if !categories[c.ID] && (slices.Contains(scope.Categories, c.Identifier) || c.ParentID != nil && categories[*c.ParentID]) {
				categories[c.ID], more = true, true
			}
		}
	}
	list := []int64{}
	for _, r := range m.Source.Roles {
		p := m.Policy(r.PolicyID)
		if slices.Contains(scope.Roles, r.Identifier) || r.CategoryID != nil && categories[*r.CategoryID] || p != nil && slices.Contains(scope.Policies, p.Identifier) {
			list = append(list, r.ID)
		}
	}
	return list
}

// decides is the condition on q, i, w and o, an open step, of what one voice may decide.
func (v voice) decides(m *assignment.Model, now time.Time) db.Condition {
	list := []db.Condition{db.AnyOf(askedOf(v.ctx, now, true), bun.SafeQuery("(o.asks_reviewers and ?)", over(v.ctx, m, permit.ReviewRoles))), notExcluded(permit.Name(v.ctx))}
	if v.under != nil {
		list = append(list, v.about, notExcluded(v.under.Delegator.Username), takesDeputies)
	}
	return db.AllOf(list...)
}

// takesDeputies is the condition on o, a step, of being decided by whoever acts for those who are asked: its approver rule lets him (requests 5.1).
var takesDeputies = bun.SafeQuery("not exists (select from approver_rule a where a.id = o.rule_id and not a.deputies)")

// isDelegable is the condition on o, a step, of being handed over by those who are asked: its approver rule lets them (requests 5.1).
var isDelegable = bun.SafeQuery("not exists (select from approver_rule a where a.id = o.rule_id and not a.may_delegate)")

// allows reports whether the approver rule about a step allows something, by a condition on o.
func (s *step) allows(ctx context.Context, b bun.IDB, what db.Condition) (is bool, err error) {
	if s.RuleID == nil {
		return true, nil
	}
	if err := b.NewRaw("select ? from request_step o where o.id = ?", what, s.ID).Scan(ctx, &is); err != nil {
		return false, fmt.Errorf("look what the rule about a step allows: %w", err)
	}
	return is, nil
}

// notExcluded is the condition on q, i and w of what an account is not excluded from.
func notExcluded(name string) db.Condition {
	return bun.SafeQuery(`not (?1 and request_exclusion(?0, q.requester, q.requester_user_id, q.requester_id, i.beneficiary_id, i.id) is not null)`, name, mayBeExcluded(name))
}

// whoDecides finds in whose name the caller decides an item, under its lock: in his own, or in that of the only one who may decide it for whom he acts; with
// forID, of that one; whichever: of the first of several. The delegation is held until the end of the transaction. Nil: in his own.
func (s *Service) whoDecides(ctx context.Context, t *turn, m *assignment.Model, x *item, st *step, forID *int64, whichever bool) (under *permit.Deputyship, refused *errs.Error, err error) {
	if !st.State.isDecidable() {
		return nil, errs.New(errs.InvalidTransition, "This waits for no decision: the request is %s.", stateWords[x.State]).Of(st.ID), nil
	}
	who := s.approvers(m)
	if refused, err := s.anew(ctx, t, x, st, who); refused != nil || err != nil {
		return nil, refused, err
	}
	acting := permit.ActingFor(ctx, permit.DeputyApprovals)
	may, err := isAsked(ctx, t.tx, m, x, st, t.now)
	if err != nil {
		return nil, nil, err
	}
	out, err := excluded(ctx, t.tx, []string{t.actor}, x.party())
	if err != nil {
		return nil, nil, err
	}
	why := out[t.actor]
	switch {
	case why != "" && (may || len(acting) == 0):
		return nil, errs.New(errs.Forbidden, "%s", exclusions[why]).Of(st.ID), nil
	case may && forID == nil:
		return nil, nil, nil
	}
	found, refused, err := s.behalves(ctx, t, m, x, st, acting, forID)
	if err != nil {
		return nil, nil, err
	}
	if len(found) > 0 {
		if takes, err := st.allows(ctx, t.tx, takesDeputies); err != nil {
			return nil, nil, err
		} else if !takes {
			return nil, errs.New(errs.Forbidden, "Only those who are asked decide on this, and nobody for them: its approver rule says so.").Of(st.ID), nil
		}
	}
	switch {
	case len(found) > 0 && why != "":
		return nil, errs.New(errs.Forbidden, "%s", exclusions[why]).Of(st.ID), nil
	case len(found) == 1 || len(found) > 1 && whichever:
		return found[0], nil, nil
	case len(found) > 1:
		return nil, errs.Invalid("input.forDelegatorId", "You act here for %s and for %s; say for whom.", found[0].Delegator.Name, found[1].Delegator.Name).Of(st.ID), nil
	case refused != nil:
		return nil, refused, nil
	}
	refused, err = who.notAsked(ctx, t, x, st)
	return nil, refused, err
}

// behalves are those of some deputyships under which the caller may decide a step, held until the end of the transaction; refused: the one for whom he acts
// may not decide it himself.
func (s *Service) behalves(ctx context.Context, t *turn, m *assignment.Model, x *item, st *step, acting []permit.Deputyship, forID *int64) (found []*permit.Deputyship, refused *errs.Error, err error) {
	for _, d := range acting {
		if forID != nil && *forID != d.Delegator.UserID || slices.ContainsFunc(found, func(f *permit.Deputyship) bool { return f.Delegator.UserID == d.Delegator.UserID }) {
			continue
		}
		now, err := s.Delegations.Use(ctx, t.tx, d.DelegationID, permit.DeputyApprovals)
		if err != nil {
			return nil, nil, err
		}
		if now == nil || !isAbout(m, now.Scope, x) {
			continue
		}
		may, err := isAsked(permit.As(ctx, *now, permit.DeputyApprovals), t.tx, m, x, st, t.now)
		if err != nil {
			return nil, nil, err
		}
		if !may {
			continue
		}
		out, err := excluded(ctx, t.tx, []string{now.Delegator.Username}, x.party())
		if err != nil {
			return nil, nil, err
		}
		if by := out[now.Delegator.Username]; by != "" {
			refused = errs.New(errs.Forbidden, actsForExcluded[by], now.Delegator.Name).Of(st.ID)
			continue
		}
		found = append(found, now)
	}
	return found, refused, nil
}

// deputyRights tells for whom the caller may decide items, where he may not for himself.
func (s *Service) deputyRights(ctx context.Context, m *assignment.Model, all []int64, byID map[int64]*RequestItem) error {
	for _, x := range byID {
		x.DecideFor = []*delegation.DelegationParty{}
	}
	list, now := voices(ctx, m), s.Clock.Now()
	for _, v := range list[1:] {
		may := waits(db.AllOf(bun.SafeQuery("not ?", list[0].decides(m, now)), v.decides(m, now)))
		if err := db.Select(ctx, s.DB, bun.SafeQuery("select i.id from "+items.Tables(may)+" where i.id = any (?) and ?", ids(all), may), func(r *db.Row) error {
			x, of := byID[r.Int()], v.under.Delegator
			if !slices.ContainsFunc(x.DecideFor, func(p *delegation.DelegationParty) bool { return p.Username == of.Username }) {
				x.DecideFor = append(x.DecideFor, &delegation.DelegationParty{ID: &of.UserID, Username: of.Username, Name: of.Name})
			}
			return nil
		}); err != nil {
			return fmt.Errorf("look for whom somebody may decide: %w", err)
		}
	}
	return nil
}

// acted writes down what was done for somebody.
func (t *turn) acted(x *item, action Action) error {
	if t.under == nil {
		return nil
	}
	if err := delegation.Record(t.ctx, t.tx, t.now, t.under, delegation.Act{Kind: permit.DeputyApprovals, Action: string(action), SubjectType: "request_item", SubjectID: x.ID, Number: x.Number, About: x.ObjectName}); err != nil {
		return fmt.Errorf("item %d: %w", x.ID, err)
	}
	return nil
}

// behalf is the account for whom the turn acts; nil: whoever acts does it for himself.
func (t *turn) behalf() *string {
	if t.under == nil {
		return nil
	}
	return &t.under.Delegator.Username
}
