package notification

import (
	"context"
	"fmt"

	"github.com/uptrace/bun"

	"writ/server/access"
	"writ/server/assignment"
	"writ/server/directory"
	"writ/server/evaluation"
	"writ/server/event"
	"writ/server/permit"
)

// FoundLine is one line of a mail about what waits for reconciliation.
type FoundLine struct {
	Owner string // "without owner" for an account that is nobody's
	What  string // the resource type, or the role
	Which string // the property that differs, "the account" itself; of a found role: empty; of a prolonged one: when it goes; of what is kept back: the risk
}

// FoundSummary is what the templates of mails about reconciliation get. No values: those are for the page and its rights.
type FoundSummary struct {
	Name       string // recipient
	EntityType string // label of the source entity type
	Total      int
	Lines      []FoundLine // the first of them
	More       int
	Link       string
}

// sendFound writes one mail per recipient about what was found since the window was opened and still waits. Each is told of what is in his data
// filters; accounts without an owner go to those who have no filter.
func (s *Service) sendFound(ctx context.Context, tx bun.Tx, d digest, entityType string, w window, from, next event.Cursor) error {
	shape, err := s.Shapes.Load(ctx, tx)
	if err != nil {
		return err
	}
	t := shape.ByIdentifier[entityType]
	if t == nil {
		return nil // the entity type was removed meanwhile
	}
	holders, err := access.Holders(ctx, tx, permit.For(d.permission, entityType), s.Clock.Now())
	if err != nil {
		return err
	}
	about := bun.SafeQuery(`(select e.subject_id from event_chain c join event e on e.id = c.event_id where ? and e.kind = ? and e.source_entity_type = ?)`,
		cameToReconcile(from, next), d.event, entityType)
	for _, h := range holders {
		if h.Email == "" {
			s.Log.WarnContext(ctx, "no address for a recipient of mails about reconciliation", "user", h.Username, "template", d.template)
			continue
		}
		owners := h.Scope.OfOwners()
		rows, whole := directory.Rows(shape, t.ID, "w", owners), owners.All(entityType)
		q := bun.SafeQuery(`select coalesce(w.display_name, 'without owner') as owner, rt.display_name as what, coalesce(p.display_name, 'the account') as which, count(*) over () as total
			from gap g join assigned_resource_type a on a.id = g.assigned_resource_type_id join resource_type rt on rt.id = g.resource_type_id
				left join resource w on w.id = a.owner_id left join property p on p.entity_type_id = rt.target_entity_type_id and p.identifier = g.property
			where a.id in ? and g.closed_at is null and g.postponed_at is null and g.found_at >= ? and (a.owner_id is null and ? or a.owner_id is not null and ?)
			order by w.display_name, g.id limit ?`, about, w.First, whole, rows, shownOrders)
		if d.event == assignment.EventRoleFound {
			q = bun.SafeQuery(`select w.display_name as owner, r.display_name as what, '' as which, count(*) over () as total
				from assigned_role a join role r on r.id = a.role_id join resource w on w.id = a.owner_id
				where a.owner_id in ? and a.valid_to = 'infinity' and a.origin = ? and a.workflow_state in (?) and a.postponed_at is null and coalesce(a.start_date, a.workflow_state_changed_at) >= ? and ?
				order by w.display_name, a.id limit ?`, about, evaluation.OriginFound, bun.List([]evaluation.Workflow{evaluation.NonConforming, evaluation.PreExisting}), w.First, rows, shownOrders)
		}
		if d.event == assignment.EventRiskBlocked {
			q = bun.SafeQuery(`select w.display_name as owner, coalesce(r.display_name, rt.display_name) as what, k.display_name as which, count(*) over () as total
				from risk_block b join resource w on w.id = b.owner_id join risk k on k.id = b.risk_id
					left join role r on r.id = b.role_id left join resource_type rt on rt.id = b.resource_type_id
				where b.id in ? and b.closed_at is null and ? order by w.display_name, b.id limit ?`, about, rows, shownOrders)
		}
		if d.event == assignment.EventProlonged {
			q = bun.SafeQuery(`select w.display_name as owner, r.display_name as what, to_char(a.end_date at time zone 'UTC', 'YYYY-MM-DD HH24:MI "UTC"') as which, count(*) over () as total
				from assigned_role a join role r on r.id = a.role_id join resource w on w.id = a.owner_id
				where a.owner_id in ? and a.valid_to = 'infinity' and a.workflow_state = ? and a.workflow_state_changed_at >= ? and ?
				order by a.end_date, w.display_name, a.id limit ?`, about, evaluation.Prolonged, w.First, rows, shownOrders)
		}
		var found []struct {
			FoundLine
			Total int
		}
		if err := tx.NewRaw("?", q).Scan(ctx, &found); err != nil {
			return fmt.Errorf("what waits for %s: %w", h.Username, err)
		}
		if len(found) == 0 {
			continue
		}
		mail := FoundSummary{Name: h.DisplayName, EntityType: t.DisplayName, Total: found[0].Total, More: found[0].Total - len(found), Link: s.PublicURL + d.page}
		for _, f := range found {
			mail.Lines = append(mail.Lines, f.FoundLine)
		}
		if err := s.queueMail(ctx, tx, d.template, h.Email, d.template+"/"+next.String()+"/"+entityType+"/"+h.Email, mail); err != nil {
			return err
		}
	}
	return nil
}
