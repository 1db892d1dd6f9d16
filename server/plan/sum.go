package plan

import (
	"context"
	"fmt"

	"github.com/uptrace/bun"

	"writ/server/access"
	"writ/server/directory"
	"writ/server/evaluation"
	"writ/server/order"
	"writ/server/permit"
)

// add counts a difference.
func (s *Sum) add(d *difference) {
	s.People++
	type one struct {
		kind           evaluation.OrderKind
		review, ticket bool
	}
	orders := map[int64]*one{}
	for _, i := range d.items {
		switch i.Kind {
		case Role:
			*[]*int{&s.RolesRemoved, &s.RolesAdded, &s.RolesChanged}[i.Effect.code()]++
			if i.Effect == Changed && i.WorkflowCode != nil && *i.WorkflowCode == int(evaluation.Prolonged) {
				s.RolesProlonged++
			}
		case Account:
			*[]*int{&s.AccountsRemoved, &s.AccountsAdded, &s.AccountsChanged}[i.Effect.code()]++
		case Difference:
			if i.Effect == Added {
				s.Differences++
			}
		case Failure:
			s.Failures++
		case Line:
			s.Lines++
			if i.orderNo == 0 || i.OrderKind == nil {
				continue
			}
			o := orders[i.orderNo]
			if o == nil {
				o = &one{kind: *i.OrderKind}
				orders[i.orderNo] = o
			}
			o.review, o.ticket = o.review || i.IsReview, o.ticket || i.IsManual && !i.IsReview
		}
	}
	for _, o := range orders {
		switch o.kind {
		case evaluation.Create:
			s.Creations++
		case evaluation.Delete:
			s.Deletions++
		case evaluation.Associate:
			s.Associations++
		default:
			s.Updates++
		}
		if o.review {
			s.Reviews++
		} else if o.ticket {
			s.Tickets++
		}
	}
}

func limitsOf(list []order.Exceeded) []Limit {
	out := make([]Limit, len(list))
	for i, e := range list {
		out[i] = Limit(e)
	}
	return out
}

// mails counts who would be told: those who review, and those who carry out tickets, if they may see any of what the plan has for them.
func (s *Service) mails(ctx context.Context, p *Plan) (list []Mail, err error) {
	shape, err := s.Shapes.Load(ctx, s.DB)
	if err != nil {
		return nil, err
	}
	var types []int64
	if err := s.DB.NewRaw(`select distinct type_id from plan_item where plan_id = ? and (is_review or is_manual) order by 1`, p.ID).Scan(ctx, &types); err != nil {
		return nil, fmt.Errorf("look who would be told: %w", err)
	}
	for _, id := range types {
		t := shape.EntityTypes[id]
		if t == nil {
			continue
		}
		for _, kind := range []struct{ template, permission, has string }{
			{"BlockedProvisioningInformations", permit.ReviewProvisioning, "i.is_review"},
			{"PerformManualProvisioningSummary", permit.ManualProvisioning, "i.is_manual and not i.is_review"},
		} {
			holders, err := access.Holders(ctx, s.DB, permit.For(kind.permission, t.Identifier), s.Clock.Now())
			if err != nil {
				return nil, err
			}
			m := Mail{Template: kind.template, SourceEntityType: t.Identifier}
			for _, h := range holders {
				var sees bool
				if err := s.DB.NewRaw(`select exists (select from plan_item i join resource w on w.id = i.owner_id where i.plan_id = ? and i.type_id = ? and ? and ?)`,
					p.ID, id, bun.Safe(kind.has), directory.Rows(shape, id, "w", h.Scope.OfOwners())).Scan(ctx, &sees); err != nil {
					return nil, fmt.Errorf("look who would be told: %w", err)
				}
				if sees {
					m.Recipients++
				}
			}
			if m.Recipients > 0 {
				list = append(list, m)
			}
		}
	}
	return list, nil
}
