package order

import (
	"context"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"writ/server/db"
	"writ/server/directory"
	"writ/server/errs"
	"writ/server/page"
	"writ/server/permit"
)

// List gives a page of the orders the caller may see. The number of statements does not grow with the page.
func (s *Service) List(ctx context.Context, args page.Args, filter *OrderFilter, sort *OrderSort, sel Selection) (*OrderConnection, error) {
	return s.list(ctx, args, filter, sort, sel, func(shape *directory.Shape) (condition, error) { return visible(ctx, shape) })
}

// ReviewQueue gives a page of the orders that wait for provisioning review, and of the errored ones to unblock (spec 3.2). It needs
// ReviewProvisioning of the source entity type.
func (s *Service) ReviewQueue(ctx context.Context, args page.Args, filter *OrderFilter, sort *OrderSort, sel Selection) (*OrderConnection, error) {
	return s.list(ctx, args, filter, sort, sel, func(shape *directory.Shape) (condition, error) {
		c, err := need(ctx, shape, permit.ReviewProvisioning)
		return allOf(bun.SafeQuery("o.needs_review"), c), err
	})
}

// ManualOrders gives a page of the open tickets (spec 4.3). It needs ManualProvisioning of the source entity type.
func (s *Service) ManualOrders(ctx context.Context, args page.Args, filter *OrderFilter, sel Selection) (*OrderConnection, error) {
	sort := CreatedAsc // the oldest ticket first
	return s.list(ctx, args, filter, &sort, sel, func(shape *directory.Shape) (condition, error) {
		c, err := need(ctx, shape, permit.ManualProvisioning)
		return allOf(bun.SafeQuery("o.has_ticket"), c), err
	})
}

// Get gives one order with its relations; NotFound when there is none in the caller's scope.
func (s *Service) Get(ctx context.Context, id int64, sel Selection) (*Order, error) {
	list, err := s.ByIDs(ctx, []int64{id}, sel)
	if err != nil {
		return nil, err
	}
	if len(list) == 0 {
		return nil, errs.Missing("There is no order %d, or it is not yours to see.", id).Of(id)
	}
	return list[0], nil
}

// Find is Get that gives nil when there is no such order in the caller's scope.
func (s *Service) Find(ctx context.Context, id int64, sel Selection) (*Order, error) {
	list, err := s.ByIDs(ctx, []int64{id}, sel)
	if err != nil || len(list) == 0 {
		return nil, err
	}
	return list[0], nil
}

// ByIDs gives those of the orders that the caller may see, by ascending id: for loaders and subscriptions.
func (s *Service) ByIDs(ctx context.Context, ids []int64, sel Selection) ([]*Order, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	var rows []*Order
	err := inSnapshot(ctx, s.DB, func(ctx context.Context, tx bun.Tx) error {
		shape, err := s.shape(ctx, tx)
		if err != nil {
			return err
		}
		where, err := visible(ctx, shape)
		if err != nil {
			return err
		}
		rows, err = selectOrders(ctx, tx, allOf(where, inIDs("o.id", ids)), "o.id", 0)
		if err != nil {
			return err
		}
		return s.bring(ctx, tx, shape, rows, sel)
	})
	return rows, err
}

// inSnapshot reads in one transaction, so that a page and its total agree.
func inSnapshot(ctx context.Context, b *bun.DB, fn func(ctx context.Context, tx bun.Tx) error) error {
	return db.InTx(ctx, b, fn)
}

func inIDs(column string, ids []int64) condition {
	return bun.SafeQuery(column+" = any(?)", arrayOf(ids))
}

// cursorKey is where a page ended: the sort value of its last row and the id.
type cursorKey struct {
	At   *time.Time `json:"a,omitempty"`
	Name string     `json:"n,omitempty"`
	ID   int64      `json:"i"`
}

// sorting is one way to order a list.
type sorting struct {
	order string
	after func(k cursorKey) condition
	key   func(o *Order) any
}

func byTime(column, direction, compare string, at func(o *Order) time.Time) sorting {
	return sorting{
		order: "o." + column + " " + direction + ", o.id " + direction,
		after: func(k cursorKey) condition {
			if k.At == nil {
				return nobody
			}
			return bun.SafeQuery("(o."+column+", o.id) "+compare+" (?, ?)", stamp(*k.At), k.ID)
		},
		key: func(o *Order) any { return cursorKey{At: new(at(o)), ID: o.ID} },
	}
}

var sorts = map[OrderSort]sorting{
	CreatedDesc: byTime("created_at", "desc", "<", func(o *Order) time.Time { return o.CreatedAt }),
	CreatedAsc:  byTime("created_at", "asc", ">", func(o *Order) time.Time { return o.CreatedAt }),
	UpdatedDesc: byTime("updated_at", "desc", "<", func(o *Order) time.Time { return o.UpdatedAt }),
	OwnerAsc: {
		order: "coalesce(w.display_name, ''), o.id",
		after: func(k cursorKey) condition {
			return bun.SafeQuery("(coalesce(w.display_name, ''), o.id) > (?, ?)", k.Name, k.ID)
		},
		key: func(o *Order) any { return cursorKey{Name: o.OwnerDisplayName, ID: o.ID} },
	},
}

func (s *Service) list(ctx context.Context, args page.Args, filter *OrderFilter, sort *OrderSort, sel Selection,
	may func(*directory.Shape) (condition, error)) (*OrderConnection, error) {
	if err := args.Check(); err != nil {
		return nil, err
	}
	by := sorts[CreatedDesc]
	if sort != nil {
		var ok bool
		if by, ok = sorts[*sort]; !ok {
			return nil, errs.Invalid("orderBy", "Orders cannot be sorted by %s.", *sort)
		}
	}
	var at cursorKey
	more, err := args.Decode(&at)
	if err != nil {
		return nil, err
	}
	var rows []*Order
	total := 0
	err = inSnapshot(ctx, s.DB, func(ctx context.Context, tx bun.Tx) error {
		shape, err := s.shape(ctx, tx)
		if err != nil {
			return err
		}
		where, err := may(shape)
		if err != nil {
			return err
		}
		narrowed, err := filter.condition()
		if err != nil {
			return err
		}
		where = allOf(where, narrowed)
		if sel.total() {
			if err := tx.NewRaw("select count(*) from provisioning_order o "+joins+" where ?", where).Scan(ctx, &total); err != nil {
				return fmt.Errorf("count orders: %w", err)
			}
		}
		if more {
			where = allOf(where, by.after(at))
		}
		if rows, err = selectOrders(ctx, tx, where, by.order, args.First+1); err != nil {
			return err
		}
		return s.bring(ctx, tx, shape, rows[:min(len(rows), args.First)], sel)
	})
	if err != nil {
		return nil, err
	}
	return page.Make(rows, args, total, by.key), nil
}

// joins bring the names a list filters, sorts and shows by.
const joins = `left join resource w on w.id = o.owner_id
	left join resource g on g.id = o.target_id
	join resource_type t on t.id = o.resource_type_id
	join entity_type e on e.id = o.source_entity_type_id
	left join connector c on c.id = o.connector_id`

const orderColumns = `o.id, o.assigned_resource_type_id, o.kind, o.state, o.states, o.resource_type_id, o.owner_id, o.source_entity_type_id, o.target_id,
	o.connector_id, o.connection_id, o.is_manual, o.wait_reason, o.due_at, o.generated_at, o.generation_id, o.job_instance_id, o.attempt, o.not_before,
	o.transmitted_at, o.executed_at, o.verified_at, o.errored_at, o.error_class, o.error_message, o.error_hint, o.error_count,
	o.unverified_count, o.created_key, o.answer_outcome, o.answer_message, o.answer_hint, o.answered_at, o.assignee, o.reviewed_by, o.reviewed_at, o.review_comment, o.postponed_at, o.version, o.created_at,
	o.updated_at, o.closed_at, o.is_withdrawn, o.has_ticket, o.needs_review,
	coalesce(w.display_name, '') as owner_display_name, coalesce(w.key, '') as owner_key,
	coalesce(g.display_name, '') as target_display_name, coalesce(g.key, '') as target_key, coalesce(w.search, '') as owner_search, coalesce(g.search, '') as target_search,
	t.identifier as resource_type_identifier, t.display_name as resource_type_display_name, e.identifier as source_entity_type,
	coalesce(c.identifier, '') as connector_identifier, coalesce(c.display_name, '') as connector_display_name`

func selectOrders(ctx context.Context, db bun.IDB, where condition, order string, limit int) ([]*Order, error) {
	sql := "select " + orderColumns + " from provisioning_order o " + joins + " where ? order by " + order
	if limit > 0 {
		sql += fmt.Sprintf(" limit %d", limit)
	}
	var rows []*Order
	if err := db.NewRaw(sql, where).Scan(ctx, &rows); err != nil {
		return nil, fmt.Errorf("select orders: %w", err)
	}
	return rows, nil
}

// condition writes the filter as SQL; Validation when a state does not exist.
func (f *OrderFilter) condition() (condition, error) {
	if f == nil {
		return bun.SafeQuery("true"), nil
	}
	var list []condition
	add := func(sql string, args ...any) { list = append(list, bun.SafeQuery(sql, args...)) }
	if len(f.States) > 0 {
		codes := make([]int64, len(f.States))
		for i, name := range f.States {
			code, ok := StateOf(name)
			if !ok {
				return nobody, errs.Invalid("filter.states", "There is no state %s.", name)
			}
			codes[i] = int64(code)
		}
		add("o.state = any(?)", arrayOf(codes))
	}
	if len(f.Kinds) > 0 {
		add("o.kind in (?)", bun.List(f.Kinds))
	}
	if len(f.ResourceTypes) > 0 {
		add("t.identifier in (?)", bun.List(f.ResourceTypes))
	}
	if len(f.Connectors) > 0 {
		add("c.identifier in (?)", bun.List(f.Connectors))
	}
	if f.OwnerEntityType != nil {
		add("e.identifier = ?", *f.OwnerEntityType)
	}
	if f.OwnerID != nil {
		add("o.owner_id = ?", *f.OwnerID)
	}
	if f.Text != nil && len(directory.SearchWords(*f.Text)) > 0 {
		found := directory.SearchResources("s", *f.Text) // in the index of resources first: the orders of what is found are few
		add(`o.id in (select x.id from provisioning_order x where x.owner_id in (select s.id from resource s where ?)
			union all select x.id from provisioning_order x where x.target_id in (select s.id from resource s where ?))`, found, found)
	}
	if f.CreatedAfter != nil {
		add("o.created_at >= ?", stamp(*f.CreatedAfter))
	}
	if f.CreatedBefore != nil {
		add("o.created_at < ?", stamp(*f.CreatedBefore))
	}
	if f.Open != nil {
		add("(o.closed_at is null) = ?", *f.Open)
	}
	if f.HidePostponed != nil && *f.HidePostponed {
		add("o.postponed_at is null")
	}
	if f.ErrorClass != nil {
		add("o.error_class = ?", *f.ErrorClass)
	}
	if len(f.WaitReasons) > 0 {
		add("o.wait_reason in (?)", bun.List(f.WaitReasons))
	}
	if f.ids != nil {
		list = append(list, inIDs("o.id", f.ids))
	}
	return allOf(list...), nil
}
