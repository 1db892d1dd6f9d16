package notification

import (
	"context"
	"fmt"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"

	"writ/server/access"
	"writ/server/directory"
	"writ/server/evaluation"
)

// shownOrders is how many lines a summary names (spec 11.2: first 20 lines).
const shownOrders = 20

// OrderLine is one line of a summary.
type OrderLine struct {
	ID           int64
	Owner        string
	ResourceType string
	Action       string // create, edit, delete; in a review also link
	Error        string // why it failed; empty: it did not
}

// OrderSummary is what the templates of mails about orders get.
type OrderSummary struct {
	Name       string // recipient
	EntityType string // label of the source entity type
	Total      int
	Orders     []OrderLine // the first of them
	More       int
	Link       string
}

// orderMail queues a summary of those orders that are in the recipient's data filters; without any there is no mail (spec 11.2).
func (s *Service) orderMail(ctx context.Context, tx bun.Tx, template, page, entityType string, orders []int64, h access.Holder, key string) error {
	if h.Email == "" {
		s.Log.WarnContext(ctx, "no address for a recipient of mails about orders", "user", h.Username, "template", template)
		return nil
	}
	shape, err := s.Shapes.Load(ctx, tx)
	if err != nil {
		return err
	}
	t := shape.ByIdentifier[entityType]
	if t == nil {
		return nil // the entity type was removed meanwhile, its orders with it
	}
	var lines []OrderLine
	if err := tx.NewRaw(`select o.id, coalesce(r.display_name, 'without owner') as owner, rt.display_name as resource_type,
			case o.kind when 'CREATE' then 'create' when 'DELETE' then 'delete' when 'ASSOCIATE' then case when o.is_manual then 'edit' else 'link' end else 'edit' end as action,
			case when `+evaluation.SQLErrored+` = any (o.states) then coalesce(o.error_message, '') else '' end as error
		from provisioning_order o left join resource r on r.id = o.owner_id join resource_type rt on rt.id = o.resource_type_id
		where o.id = any (?) and ? order by r.display_name, o.id`, pgdialect.Array(orders), directory.Rows(shape, t.ID, "r", h.Scope.OfOwners())).Scan(ctx, &lines); err != nil {
		return fmt.Errorf("orders for %s: %w", h.Username, err)
	}
	if len(lines) == 0 {
		return nil
	}
	return s.queueMail(ctx, tx, template, h.Email, key, OrderSummary{Name: h.DisplayName, EntityType: t.DisplayName, Total: len(lines),
		Orders: lines[:min(len(lines), shownOrders)], More: max(0, len(lines)-shownOrders), Link: s.PublicURL + page + "?of=" + entityType})
}
