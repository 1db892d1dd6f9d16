package order

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/uptrace/bun"

	"writ/server/db"
	"writ/server/directory"
	"writ/server/errs"
	"writ/server/evaluation"
	"writ/server/page"
	"writ/server/permit"
)

// List gives a page of the orders the caller may see. The number of statements does not grow with the page.
func (s *Service) List(ctx context.Context, args page.Args, filter *OrderFilter, sort *OrderSort, sel Selection) (*OrderConnection, error) {
	return s.list(ctx, args, filter, sort, sel, func(meta metadata) (condition, error) { return seen(ctx, meta) })
}

// ReviewQueue gives a page of the orders that wait for provisioning review, and of the errored ones to unblock (spec 3.2). It needs
// ReviewProvisioning of the source entity type.
func (s *Service) ReviewQueue(ctx context.Context, args page.Args, filter *OrderFilter, sort *OrderSort, sel Selection) (*OrderConnection, error) {
	return s.list(ctx, args, filter, sort, sel, func(meta metadata) (condition, error) {
		c, err := needed(ctx, meta, permit.ReviewProvisioning)
		return db.AllOf(bun.SafeQuery("o.needs_review"), c), err
	})
}

// ManualOrders gives a page of the open tickets (spec 4.3). It needs ManualProvisioning of the source entity type.
func (s *Service) ManualOrders(ctx context.Context, args page.Args, filter *OrderFilter, sel Selection) (*OrderConnection, error) {
	sort := CreatedAsc // the oldest ticket first
	return s.list(ctx, args, filter, &sort, sel, func(meta metadata) (condition, error) {
		c, err := needed(ctx, meta, permit.ManualProvisioning)
		return db.AllOf(bun.SafeQuery("o.has_ticket"), c), err
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
	meta := s.metadata(ctx, s.DB)
	where, err := seen(ctx, meta)
	if err != nil {
		return nil, err
	}
	sel.Fields = nil // who follows orders compares all of them with filters
	rows, err := s.read(ctx, s.DB, meta, sel, db.AllOf(where, inIDs("o.id", ids)), "o.id", 0)
	return rows, db.Explain(err)
}

// metadata reads the metadata when it is wanted, once.
type metadata func() (*directory.Shape, error)

func (s *Service) metadata(ctx context.Context, b bun.IDB) metadata {
	return sync.OnceValues(func() (*directory.Shape, error) { return s.shape(ctx, b) })
}

// seen is visible, without a look at the metadata for who sees everything.
func seen(ctx context.Context, meta metadata) (condition, error) {
	if permit.Find(ctx, permit.OrderQuery).OfOwners().Everything() {
		return everything, nil
	}
	shape, err := meta()
	if err != nil {
		return nobody, err
	}
	return visible(ctx, shape)
}

// needed is need, without a look at the metadata for who may everywhere.
func needed(ctx context.Context, meta metadata, permission string) (condition, error) {
	if permit.Find(ctx, permission).OfOwners().Everything() {
		return everything, nil
	}
	shape, err := meta()
	if err != nil {
		return nobody, err
	}
	return need(ctx, shape, permission)
}

// inSnapshot reads in one transaction.
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
	order   string
	columns []string // what the cursor holds of a row
	after   func(k cursorKey) condition
	key     func(o *Order) any
}

func byTime(column, direction, compare string, at func(o *Order) time.Time) sorting {
	return sorting{
		order:   "o." + column + " " + direction + ", o.id " + direction,
		columns: []string{column},
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
		order:   "coalesce(w.display_name, ''), o.id",
		columns: []string{"owner_display_name"},
		after: func(k cursorKey) condition {
			return bun.SafeQuery("(coalesce(w.display_name, ''), o.id) > (?, ?)", k.Name, k.ID)
		},
		key: func(o *Order) any { return cursorKey{Name: o.OwnerDisplayName, ID: o.ID} },
	},
}

func (s *Service) list(ctx context.Context, args page.Args, filter *OrderFilter, sort *OrderSort, sel Selection,
	may func(metadata) (condition, error)) (*OrderConnection, error) {
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
	meta := s.metadata(ctx, s.DB)
	where, err := may(meta)
	if err != nil {
		return nil, err
	}
	narrowed, err := filter.condition(ctx, meta)
	if err != nil {
		return nil, err
	}
	where = db.AllOf(where, narrowed)
	var total page.Count
	if sel.total() {
		if total, err = countOrders(ctx, s.DB, where); err != nil {
			return nil, err
		}
	}
	if more {
		where = db.AllOf(where, by.after(at))
	}
	rows, err := s.read(ctx, s.DB, meta, sel, where, by.order, args.First+1, by.columns...)
	if err != nil {
		return nil, db.Explain(err)
	}
	return page.MakeCounted(rows, args, total, by.key), nil
}

// read reads orders with what a selection asks for; of more rows than a page the last one comes without its relations. Further columns are
// those that the caller needs himself.
func (s *Service) read(ctx context.Context, b bun.IDB, meta metadata, sel Selection, where condition, order string, limit int, further ...string) ([]*Order, error) {
	fields := sel.Fields
	if sel.All {
		fields = nil
	}
	if sel.lines() {
		further = append(further, "target_entity_type_id")
	}
	beside, err := beside(ctx, meta, sel)
	if err != nil {
		return nil, err
	}
	columns, err := searched(ctx, meta, orders.For(fields, further...))
	if err != nil {
		return nil, err
	}
	rows, err := orders.Read(ctx, b, slices.Concat(columns, beside), where, order, limit)
	if err != nil {
		return nil, fmt.Errorf("select orders: %w", err)
	}
	shown := rows
	if limit > 0 {
		shown = rows[:min(len(rows), limit-1)]
	}
	return rows, s.bring(ctx, b, meta, shown, sel)
}

// named is the condition on the resource s that a search finds it as owner or target.
func named(ctx context.Context, meta metadata, text string) (condition, error) {
	if directory.SeesAllInOrders(ctx) {
		return directory.SearchResources("s", text), nil
	}
	shape, err := meta()
	if err != nil {
		return nobody, err
	}
	return directory.SearchBeside(ctx, shape, "s", text, directory.InOrders(shape)...), nil
}

// searched leaves in the columns that a search in memory looks at what the caller may find owners and targets by.
func searched(ctx context.Context, meta metadata, columns []page.Column[Order]) ([]page.Column[Order], error) {
	if directory.SeesAllInOrders(ctx) {
		return columns, nil
	}
	out := slices.Clone(columns)
	for i, c := range out {
		alias := searchOf[c.Name]
		if alias == "" {
			continue
		}
		shape, err := meta()
		if err != nil {
			return nil, err
		}
		out[i].SQL, out[i].Args = "?", []any{directory.Searched(ctx, shape, alias, directory.InOrders(shape)...)}
	}
	return out, nil
}

// searchOf gives the alias of the resource that a column is the search text of.
var searchOf = map[string]string{"owner_search": "w", "target_search": "g"}

func countOrders(ctx context.Context, b bun.IDB, where condition) (page.Count, error) {
	total, err := page.CountRows(ctx, b, bun.SafeQuery(orders.Tables(where)+" where ?", where))
	if err != nil {
		return total, fmt.Errorf("count orders: %w", db.Explain(err))
	}
	return total, nil
}

// condition writes the filter as SQL, for the caller; Validation when a state does not exist.
func (f *OrderFilter) condition(ctx context.Context, meta metadata) (condition, error) {
	if f == nil {
		return everything, nil
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
		add("o.state = any(?)", db.Fixed(arrayOf(codes)))
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
		add("e.identifier = ?", db.Fixed(*f.OwnerEntityType))
	}
	if f.OwnerID != nil {
		add("o.owner_id = ?", *f.OwnerID)
	}
	if f.Text != nil && len(directory.SearchWords(*f.Text)) > 0 {
		found, err := named(ctx, meta, *f.Text) // in the index of resources first: the orders of what is found are few
		if err != nil {
			return nobody, err
		}
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
		add("o.error_class = ?", db.Fixed(string(*f.ErrorClass)))
	}
	if len(f.WaitReasons) > 0 {
		condition := "o.wait_reason in (?)"
		if slices.Contains(f.WaitReasons, evaluation.WaitOutage) {
			condition = "(" + condition + " or " + sqlPutOff + ")"
		}
		add(condition, bun.List(f.WaitReasons))
	}
	if f.ids != nil {
		list = append(list, inIDs("o.id", f.ids))
	}
	return db.AllOf(list...), nil
}
