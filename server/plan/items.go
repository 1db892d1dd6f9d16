package plan

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"writ/server/db"
	"writ/server/errs"
	"writ/server/evaluation"
	"writ/server/page"
)

// ItemFilter chooses what a plan would do.
type ItemFilter struct {
	Kinds     []Kind
	Effects   []Effect
	Object    *string // identifier of the role or resource type
	System    *string // identifier of the connector; "" = none
	Owner     *int64
	Dimension *DimensionValueInput
	Text      *string // of the name or key of somebody, or of a value
	Review    *bool   // it would wait for somebody
	Manual    *bool   // a person would carry it out
}

// DimensionValueInput is where somebody stands.
type DimensionValueInput struct {
	Dimension string // identifier
	Value     *int64 // resource; nil: nowhere
}

func (f *ItemFilter) condition(planID int64) (condition, error) {
	list := []condition{bun.SafeQuery("i.plan_id = ?", planID)}
	if f == nil {
		return db.AllOf(list...), nil
	}
	if len(f.Kinds) > 0 {
		list = append(list, bun.SafeQuery("i.kind in (?)", bun.List(f.Kinds)))
	}
	if len(f.Effects) > 0 {
		codes := make([]int, len(f.Effects))
		for i, e := range f.Effects {
			codes[i] = e.code()
		}
		list = append(list, bun.SafeQuery("i.effect in (?)", bun.List(codes)))
	}
	if f.Object != nil {
		list = append(list, bun.SafeQuery("i.object = ?", *f.Object))
	}
	if f.System != nil {
		list = append(list, bun.SafeQuery("i.system = ?", *f.System))
	}
	if f.Owner != nil {
		list = append(list, bun.SafeQuery("i.owner_id = ?", *f.Owner))
	}
	if d := f.Dimension; d != nil {
		at := bun.SafeQuery("(o.dimensions ->> ?)::bigint = ?", d.Dimension, d.Value)
		if d.Value == nil {
			at = bun.SafeQuery("(o.dimensions ->> ?) is null", d.Dimension)
		}
		list = append(list, bun.SafeQuery("exists (select from plan_owner o where o.plan_id = i.plan_id and o.owner_id = i.owner_id and ?)", at))
	}
	if t := strings.TrimSpace(text(f.Text)); t != "" {
		if len([]rune(t)) > 200 {
			return everything, errs.Invalid("filter.text", "A text to search has 200 characters at most.")
		}
		like := "%" + strings.NewReplacer(`\`, `\\`, "%", `\%`, "_", `\_`).Replace(t) + "%"
		list = append(list, bun.SafeQuery("(w.display_name ilike ?0 or w.key ilike ?0 or i.object_name ilike ?0 or i.property ilike ?0 or i.property_name ilike ?0 or i.before_value ilike ?0 or i.after_value ilike ?0)", like))
	}
	if f.Review != nil {
		list = append(list, bun.SafeQuery("i.is_review = ?", *f.Review))
	}
	if f.Manual != nil {
		list = append(list, bun.SafeQuery("(i.is_manual and not i.is_review) = ?", *f.Manual))
	}
	return db.AllOf(list...), nil
}

// Items gives a page of what a plan would do, what is lost first. Needs permit.SimulationQuery; whom the caller may not see is left out.
func (s *Service) Items(ctx context.Context, id int64, args page.Args, filter *ItemFilter) (*ItemConnection, error) {
	if err := args.Check(); err != nil {
		return nil, err
	}
	may, _, err := s.visible(ctx)
	if err != nil {
		return nil, err
	}
	if err := s.mustExist(ctx, id); err != nil {
		return nil, err
	}
	chosen, err := filter.condition(id)
	if err != nil {
		return nil, err
	}
	where := db.AllOf(chosen, may)
	count, err := page.CountRows(ctx, s.DB, bun.SafeQuery("plan_item i join resource w on w.id = i.owner_id where ?", where))
	if err != nil {
		return nil, fmt.Errorf("count what plan %d would do: %w", id, err)
	}
	var at cursor
	more, err := args.Decode(&at)
	if err != nil {
		return nil, err
	}
	if more {
		where = db.AllOf(where, bun.SafeQuery("(i.effect, i.id) > (?, ?)", at.Effect, at.ID))
	}
	rows, err := s.readItems(ctx, where, args.First+1)
	if err != nil {
		return nil, err
	}
	return page.MakeCounted(rows, args, count, func(i *Item) any { return cursor{ID: i.ID, Effect: i.Effect.code()} }), nil
}

// itemRow is an item as it is kept.
type itemRow struct {
	ID, OwnerID, TypeID                    int64
	Key, DisplayName, EntityType           string
	Kind                                   Kind
	Effect                                 int
	Object, ObjectName, System, SystemName string
	Property, PropertyName, Action         string
	BeforeValue, AfterValue                *string
	Workflow, State                        *int
	OrderKind                              string
	IsReview, IsManual                     bool
	StartDate, EndDate                     *time.Time
	WaitReason, Error                      string
}

func (s *Service) readItems(ctx context.Context, where condition, limit int) ([]*Item, error) {
	var rows []itemRow
	if err := s.DB.NewRaw(`select i.id, i.owner_id, i.type_id, w.key, w.display_name, t.identifier as entity_type, i.kind, i.effect, i.object, i.object_name, i.system, i.system_name,
			i.property, i.property_name, i.action, i.before_value, i.after_value, i.workflow, i.state, i.order_kind, i.is_review, i.is_manual, i.start_date, i.end_date, i.wait_reason, i.error
		from plan_item i join resource w on w.id = i.owner_id join entity_type t on t.id = i.type_id where ? order by i.effect, i.id limit ?`, where, limit).Scan(ctx, &rows); err != nil {
		return nil, fmt.Errorf("read what a plan would do: %w", err)
	}
	list := make([]*Item, len(rows))
	for k, r := range rows {
		list[k] = &Item{ID: r.ID, Kind: r.Kind, Effect: effects[r.Effect], Object: r.Object, ObjectName: r.ObjectName, System: filled(r.System), SystemName: filled(r.SystemName),
			Property: filled(r.Property), PropertyName: filled(r.PropertyName), Action: known[evaluation.LineAction](r.Action), Before: r.BeforeValue, After: r.AfterValue,
			WorkflowCode: r.Workflow, StateCode: r.State, OrderKind: known[evaluation.OrderKind](r.OrderKind), IsReview: r.IsReview, IsManual: r.IsManual,
			StartDate: r.StartDate, EndDate: r.EndDate, WaitReason: known[evaluation.WaitReason](r.WaitReason), Error: filled(r.Error),
			ownerID: r.OwnerID, typeID: r.TypeID, ownerKey: r.Key, ownerName: r.DisplayName, ownerType: r.EntityType}
	}
	return list, nil
}

// known is a word of a closed list; nil: none.
func known[T ~string](word string) *T {
	if word == "" {
		return nil
	}
	return new(T(word))
}
