package desk

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"writ/server/assignment"
	"writ/server/db"
	"writ/server/directory"
	"writ/server/evaluation"
	"writ/server/page"
	"writ/server/request"
	"writ/server/rolemodel"
)

// moving is what open orders of somebody are about: nothing of it is there for certain.
type moving struct {
	roles, types map[int64]HeldState // by id of the role, and of the row of the resource type
}

func (m moving) listOfRoles() []int64 { return slices.Sorted(maps.Keys(m.roles)) }
func (m moving) listOfTypes() []int64 { return slices.Sorted(maps.Keys(m.types)) }

// worse keeps that something failed.
func worse(of map[int64]HeldState, id int64, state HeldState) bool {
	if old, there := of[id]; there && (old == InTrouble || old == state) {
		return false
	}
	of[id] = state
	return true
}

// moving reads what open orders are about: the accounts, and the roles that asked for what is written, with the composite roles that bring those.
func (s *Service) moving(ctx context.Context, m *assignment.Model, owner int64) (moving, error) {
	out := moving{map[int64]HeldState{}, map[int64]HeldState{}}
	parents := map[int64][]int64{}
	for _, r := range m.Compiled.Rules {
		if r.Gives != 0 && r.RoleID != 0 {
			parents[r.Gives] = append(parents[r.Gives], r.RoleID)
		}
	}
	var mark func(role int64, state HeldState)
	mark = func(role int64, state HeldState) {
		if worse(out.roles, role, state) {
			for _, p := range parents[role] {
				mark(p, state)
			}
		}
	}
	err := db.Select(ctx, s.DB, bun.SafeQuery(`select o.assigned_resource_type_id, l.state, l.rule_ids from provisioning_order o join order_line l on l.order_id = o.id and l.closed_at is null
		where o.owner_id = ? and o.closed_at is null and l.state not in (`+evaluation.SQLVerified+`, `+evaluation.SQLInactive+`)`, owner), func(r *db.Row) error {
		of, state := r.Int(), OnTheWay
		if code := evaluation.State(r.Int()); code == evaluation.Error || code == evaluation.Errored {
			state = InTrouble
		}
		worse(out.types, of, state)
		for _, id := range r.Ints() {
			if rule := m.Compiled.Rules[id]; rule != nil && rule.RoleID != 0 {
				mark(rule.RoleID, state)
			}
		}
		return nil
	})
	if err != nil {
		return out, fmt.Errorf("read what is on its way to somebody: %w", db.Explain(err))
	}
	return out, nil
}

// tell completes rows with what does not stand in them. As many statements for many as for one.
func (s *Service) tell(ctx context.Context, m *assignment.Model, owner int64, now time.Time, moving moving, list []*Held, fields page.Fields) error {
	for _, h := range list {
		h.ID = strings.ToLower(string(h.Kind)) + fmt.Sprint("-", h.rowID)
		h.Category, h.State = m.CategoryName(h.categoryID), h.stateAt(now, moving)
		h.Parameters, h.Accounts = []*HeldParameter{}, []*HeldAccountOf{}
	}
	if len(list) == 0 {
		return nil
	}
	if fields.Has("why", "because", "requestItemId", "requestNumber") {
		if err := s.because(ctx, m, owner, list); err != nil {
			return err
		}
	}
	if fields.Has("giveBack") {
		for _, h := range list {
			h.GiveBack = h.giveBack(m)
		}
	}
	if fields.Has("parameters") {
		if err := s.nameParameters(ctx, m, list); err != nil {
			return err
		}
	}
	if fields.Has("accounts") {
		return s.accounts(ctx, m, owner, moving, list)
	}
	return nil
}

// stateAt says how far it is.
func (h *Held) stateAt(now time.Time, moving moving) HeldState {
	state, isMoving := moving.types[h.rowID], false
	if h.Kind == HeldRole {
		state = moving.roles[h.objectID]
	}
	isMoving = state != ""
	switch {
	case h.ended != nil:
		return Ended
	case h.workflow.Pending() && h.origin == evaluation.OriginManual, h.workflow == evaluation.RuleMissingParameters:
		return Waits
	case h.workflow == evaluation.Cancellation, h.end != nil && !h.end.After(now):
		return Ending
	case h.start != nil && h.start.After(now):
		return Later
	case isMoving:
		return state
	}
	return Ready
}

// because says where things come from, in one sentence with names.
func (s *Service) because(ctx context.Context, m *assignment.Model, owner int64, list []*Held) error {
	type asked struct {
		item              int64
		number, requester string
		isMine            bool
		deciders          *string
		approved          *time.Time
	}
	gave, open := map[int64]asked{}, map[int64]asked{}
	var rows []int64
	for _, h := range list {
		if h.Kind == HeldRole {
			rows = append(rows, h.rowID)
		}
	}
	if err := db.Select(ctx, s.DB, bun.SafeQuery(`select i.assigned_role_id, i.closed_at is null and i.approved_at is null, i.action in ('ADD', 'ALLOW') or i.action = 'EXTEND' and i.approved_at is not null, i.id, q.number,
			coalesce((select u.display_name from local_user u where u.id = q.requester_user_id), q.requester), q.requester_id is not distinct from i.beneficiary_id,
			(select string_agg(coalesce(u.display_name, d.decider), ' and ' order by d.at) from request_decision d left join local_user u on u.id = d.decider_user_id where d.item_id = i.id and d.decision = 'APPROVE'), i.approved_at
		from request_item i join request q on q.id = i.request_id where i.beneficiary_id = ? and i.assigned_role_id = any (?) order by i.id`, owner, ids(rows)), func(r *db.Row) error {
		row, isOpen, gives := r.Int(), r.Bool(), r.Bool()
		x := asked{item: r.Int(), number: r.Text(), requester: r.Text(), isMine: r.Bool(), deciders: r.TextOrNil(), approved: r.TimeOrNil()}
		if isOpen {
			open[row] = x
		}
		if gives {
			gave[row] = x
		}
		return nil
	}); err != nil {
		return fmt.Errorf("read what was asked for: %w", db.Explain(err))
	}
	for _, h := range list {
		g, isAsked := gave[h.rowID]
		isAsked = isAsked && h.Kind == HeldRole
		if h.Kind == HeldRole {
			if x, there := open[h.rowID]; there {
				h.RequestItemID, h.RequestNumber = &x.item, &x.number
			} else if isAsked {
				h.RequestItemID, h.RequestNumber = &g.item, &g.number
			}
		}
		switch {
		case h.workflow == evaluation.Prolonged:
			h.Because, h.Why = ByGrace, "The rules do not give it any more; it stays until its end, unless somebody prolongs it."
		case h.origin == evaluation.OriginFound:
			h.Because, h.Why = ByFinding, "It was found in a system; nobody has said yet whether it shall stay."
		case h.origin == evaluation.OriginManual && isAsked:
			who := g.requester + " asked for it"
			if g.isMine {
				who = "You asked for it"
			}
			switch {
			case g.approved == nil:
				who += "; it is not approved yet."
			case g.deciders == nil:
				who += "; nobody had to approve it."
			default:
				who += fmt.Sprintf("; %s approved it on %s.", *g.deciders, g.approved.UTC().Format("2 January 2006"))
			}
			h.Because, h.Why = ByRequest, who
		case h.origin == evaluation.OriginManual:
			h.Because, h.Why = ByHand, "Somebody gave it by hand."
		case h.inferredBy != nil:
			h.Because, h.Why = ByRole, "It comes with another role."
			if r := m.Role(*h.inferredBy); r != nil {
				h.Why = "It comes with " + r.DisplayName + "."
			}
		default:
			h.Because, h.Why = ByRule, "A rule gives it."
			var told []string
			if h.Kind == HeldAccount {
				told = m.TypeRuleReasons(h.ruleIDs)
			} else {
				for _, id := range h.ruleIDs {
					told = append(told, m.RoleRuleReason(id))
				}
			}
			if len(told) > 0 {
				h.Why = strings.Join(slices.Compact(told), " ")
			}
			if h.workflow == evaluation.RuleMissingParameters {
				h.Why += " A value that it needs is lacking, so it gives nothing yet."
			}
		}
	}
	return nil
}

// giveBack is what has to be asked for to be rid of it: what a person gave ends, what a rule gives is withheld. What comes with something else goes with that.
func (h *Held) giveBack(m *assignment.Model) *request.RequestAction {
	if h.Kind != HeldRole || h.ended != nil || h.Asked != nil || h.inferredBy != nil || !requestable(m, h.objectID) {
		return nil
	}
	switch {
	case h.workflow == evaluation.Approved, h.workflow == evaluation.ApprovedRisk:
		return new(request.Remove)
	case h.workflow == evaluation.Calculated && h.origin == evaluation.OriginRule:
		return new(request.Deny)
	}
	return nil
}

// requestable reports whether anybody may ask about a role at all; the basket says the rest.
func requestable(m *assignment.Model, roleID int64) bool {
	r := m.Role(roleID)
	if r == nil {
		return false
	}
	p := m.Policy(r.PolicyID)
	return p != nil && p.IsProvisioningEnabled && !p.IsExternal && p.OfRole(r).ApprovalWorkflowType <= 3
}

// nameParameters names the values that roles are held with, those that the caller may read.
func (s *Service) nameParameters(ctx context.Context, m *assignment.Model, list []*Held) error {
	var values []int64
	for _, h := range list {
		values = slices.AppendSeq(values, maps.Values(h.parameters))
	}
	if len(values) == 0 {
		return nil
	}
	named := map[int64]string{}
	if err := db.Select(ctx, s.DB, bun.SafeQuery(`select r.id, r.display_name from resource r where r.id = any (?) and ?`, ids(values), directory.Readable(ctx, m.Shape, "r")), func(r *db.Row) error {
		named[r.Int()] = r.Text()
		return nil
	}); err != nil {
		return fmt.Errorf("read the values of roles: %w", db.Explain(err))
	}
	for _, h := range list {
		for _, name := range slices.Sorted(maps.Keys(h.parameters)) {
			if text, ok := named[h.parameters[name]]; ok {
				shown := name
				if d := m.Shape.Dimensions[name]; d != nil {
					shown = d.DisplayName
				}
				h.Parameters = append(h.Parameters, &HeldParameter{shown, text})
			}
		}
	}
	return nil
}

// typesOf gives the resource types that a role brings, or writes something into; of a composite role those of the roles below it.
func typesOf(m *assignment.Model, role *rolemodel.Role, seen map[int64]bool, into map[int64]bool) {
	if role == nil || seen[role.ID] {
		return
	}
	seen[role.ID] = true
	for _, r := range m.Compiled.Source(role.EntityTypeID).ByRole[role.ID] {
		if r.Type != nil {
			into[r.Type.ID] = true
		} else if r.Gives != 0 {
			typesOf(m, m.Role(r.Gives), seen, into)
		}
	}
}

// accounts brings the accounts behind what is held.
func (s *Service) accounts(ctx context.Context, m *assignment.Model, owner int64, moving moving, list []*Held) error {
	of, all := make([]map[int64]bool, len(list)), map[int64]bool{}
	for i, h := range list {
		of[i] = map[int64]bool{}
		switch {
		case h.ended != nil:
		case h.Kind == HeldAccount:
			of[i][h.objectID] = true
		default:
			typesOf(m, m.Role(h.objectID), map[int64]bool{}, of[i])
		}
		maps.Copy(all, of[i])
	}
	if len(all) == 0 {
		return nil
	}
	type account struct {
		typeID int64
		is     *HeldAccountOf
	}
	var found []account
	if err := db.Select(ctx, s.DB, bun.SafeQuery(`select t.id, t.resource_type_id, x.identifier, x.display_name, coalesce(nullif(w.display_name, ''), w.key), t.error is not null
		from assigned_resource_type t join resource_type x on x.id = t.resource_type_id left join resource w on w.id = t.resource_id
		where t.owner_id = ? and t.valid_to = 'infinity' and not t.is_denied and (t.is_expected or t.resource_id is not null) and t.resource_type_id = any (?) order by x.display_name, t.id`,
		owner, ids(slices.Sorted(maps.Keys(all)))), func(r *db.Row) error {
		id, typeID := r.Int(), r.Int()
		x := &HeldAccountOf{ResourceType: r.Text(), Name: r.Text(), Login: r.TextOrNil()}
		isWrong := r.Bool()
		switch state := moving.types[id]; {
		case state != "":
			x.State = state
		case isWrong:
			x.State = InTrouble
		case x.Login == nil:
			x.State = OnTheWay
		default:
			x.State = Ready
		}
		found = append(found, account{typeID, x})
		return nil
	}); err != nil {
		return fmt.Errorf("read the accounts of somebody: %w", db.Explain(err))
	}
	for i, h := range list {
		for _, a := range found {
			if of[i][a.typeID] {
				h.Accounts = append(h.Accounts, a.is)
			}
		}
	}
	return nil
}
