package bulk

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/uptrace/bun"

	"writ/server/db"
	"writ/server/errs"
	"writ/server/page"
	"writ/server/permit"
)

// MayLook refuses whoever has no right to any decision that a bulk change can be made of.
func (s *Service) MayLook(ctx context.Context) error {
	if err := permit.SignedIn(ctx); err != nil {
		return err
	}
	shape, err := s.Orders.Shapes.Load(ctx, s.DB)
	if err != nil {
		return fmt.Errorf("read the shape of the data: %w", err)
	}
	single, paths := make([]string, len(kinds)), make([]string, 0, len(kinds)*(len(shape.ByIdentifier)+1))
	for i, k := range kinds {
		single[i] = strings.TrimSuffix(k.single("{entityType}"), "/{entityType}")
		paths = append(paths, single[i])
		for name := range shape.ByIdentifier {
			paths = append(paths, k.single(name))
		}
	}
	single = slices.Compact(single) // those of one permission stand together
	if permit.May(ctx, paths...) {
		return nil
	}
	last := len(single) - 1
	return errs.New(errs.Forbidden, "You do not have the permission %s or %s for any entity type. Ask an administrator to grant one to one of your profiles.",
		strings.Join(single[:last], ", "), single[last])
}

// whose is the condition of the bulk changes that the caller may see, or stop: his own, by his account, and those of all with the permission.
func (s *Service) whose(ctx context.Context, all string) (db.Condition, error) {
	may, err := s.own(ctx)
	if err == nil && permit.Find(ctx, all).Everything() {
		return bun.SafeQuery("true"), nil
	}
	return may, err
}

// own are those of the caller.
func (s *Service) own(ctx context.Context) (db.Condition, error) {
	if err := s.MayLook(ctx); err != nil {
		return bun.SafeQuery("false"), err
	}
	return bun.SafeQuery("b.user_id = ?", permit.From(ctx).UserID), nil
}

// seen are those that the caller may see: whoever may monitor sees all.
func (s *Service) seen(ctx context.Context) (db.Condition, error) {
	return s.whose(ctx, permit.Monitoring)
}

// BulkChangeFilter narrows a list of bulk changes; nil fields do not.
type BulkChangeFilter struct {
	States []BulkState
	Kinds  []BulkKind
}

// List gives a page of the caller's bulk changes, the newest first; whoever may monitor sees those of all.
func (s *Service) List(ctx context.Context, a page.Args, f *BulkChangeFilter, fields page.Fields, total bool) (*BulkChangeConnection, error) {
	where, err := s.seen(ctx)
	if err != nil {
		return nil, err
	}
	if f != nil && len(f.States) > 0 {
		where = page.All(where, bun.SafeQuery("b.state in (?)", bun.List(f.States)))
	}
	if f != nil && len(f.Kinds) > 0 {
		where = page.All(where, bun.SafeQuery("b.kind in (?)", bun.List(f.Kinds)))
	}
	return changes.List(ctx, s.DB, a, fields, total, where, newest)
}

// Get gives one bulk change; NotFound when there is none, or it is not the caller's to see.
func (s *Service) Get(ctx context.Context, id int64) (*BulkChange, error) {
	may, err := s.seen(ctx)
	if err != nil {
		return nil, err
	}
	return s.get(ctx, s.DB, id, may)
}

func (s *Service) get(ctx context.Context, b bun.IDB, id int64, may db.Condition) (*BulkChange, error) {
	rows, err := changes.Read(ctx, b, changes.Columns, page.All(bun.SafeQuery("b.id = ?", id), may), "b.id", 1)
	if err != nil {
		return nil, fmt.Errorf("read bulk change %d: %w", id, err)
	}
	if len(rows) == 0 {
		return nil, errs.Missing("There is no bulk change %d, or it is not yours to see.", id).Of(id)
	}
	return rows[0], nil
}

// IsMine reports whether the caller began it: only then he sees its items.
func (c *BulkChange) IsMine(ctx context.Context) bool {
	a := permit.From(ctx)
	return a != nil && c.UserID != nil && a.UserID == *c.UserID
}

// BulkItemFilter narrows the items of a bulk change; nil fields do not.
type BulkItemFilter struct {
	States []BulkItemState
}

// Items gives a page of what a bulk change of the caller is about: people whom he could see when it began. FORBIDDEN for that of somebody else.
func (s *Service) Items(ctx context.Context, id int64, a page.Args, f *BulkItemFilter, fields page.Fields, total bool) (*BulkItemConnection, error) {
	c, err := s.Get(ctx, id)
	if err != nil {
		return nil, err
	}
	if !c.IsMine(ctx) {
		return nil, errs.New(errs.Forbidden, "Only %s, who began bulk change %d, sees the people it is about. The audit log has each decision.", c.Actor, id).Of(id)
	}
	where := bun.SafeQuery("i.bulk_change_id = ?", id)
	if f != nil && len(f.States) > 0 {
		where = page.All(where, bun.SafeQuery("i.state in (?)", bun.List(f.States)))
	}
	return items.List(ctx, s.DB, a, fields, total, where, bySubject)
}
