package reconciliation

import (
	"context"
	"fmt"

	"github.com/uptrace/bun"

	"writ/server/assignment"
	"writ/server/db"
	"writ/server/errs"
	"writ/server/page"
)

// cursorKey is where a page ended.
type cursorKey struct {
	ID int64 `json:"i"`
}

// List gives a page of the differences that the caller may decide about. It needs ReconciliateResources of the source entity type, and the right to
// read the accounts. The number of statements does not grow with the page.
func (s *Service) List(ctx context.Context, args page.Args, filter *ReconciliationFilter, sort *ReconciliationSort, fields page.Fields, total bool) (*ReconciliationItemConnection, error) {
	if err := args.Check(); err != nil {
		return nil, err
	}
	m, err := s.Assignments.Model(ctx, s.DB)
	if err != nil {
		return nil, err
	}
	may, err := need(ctx, m, "g.resource_type_id", single)
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
		if count, err = page.CountRows(ctx, s.DB, bun.SafeQuery(items.Tables(where)+" where ?", where)); err != nil {
			return nil, fmt.Errorf("count differences: %w", db.Explain(err))
		}
	}
	order, after := "g.id", "g.id > ?"
	if sort != nil && *sort == Newest {
		order, after = "g.id desc", "g.id < ?"
	}
	if more {
		where = db.AllOf(where, bun.SafeQuery(after, at.ID))
	}
	rows, err := s.read(ctx, m, where, order, args.First+1, fields)
	if err != nil {
		return nil, err
	}
	return page.MakeCounted(rows, args, count, func(i *Item) any { return cursorKey{i.ID} }), nil
}

// read reads differences with what is asked of them.
func (s *Service) read(ctx context.Context, m *assignment.Model, where condition, order string, limit int, fields page.Fields) ([]*Item, error) {
	rows, err := items.Read(ctx, s.DB, items.For(fields), where, order, limit)
	if err != nil {
		return nil, fmt.Errorf("select differences: %w", db.Explain(err))
	}
	if fields.Has("isOwn") {
		list := make([]int64, len(rows))
		for i, r := range rows {
			list[i] = r.ID
		}
		own, err := selectOwn(ctx, s.DB, list)
		if err != nil {
			return nil, err
		}
		for _, r := range rows {
			r.IsOwn = own[r.ID]
		}
	}
	if fields.Has("automatic") {
		for _, r := range rows {
			r.automatic(m)
		}
	}
	return rows, nil
}

// MayList refuses whoever may decide about nothing.
func (s *Service) MayList(ctx context.Context) error {
	m, err := s.Assignments.Model(ctx, s.DB)
	if err != nil {
		return err
	}
	_, err = need(ctx, m, "g.resource_type_id", single)
	return err
}

// MayLook refuses whoever may decide about neither differences nor found nor prolonged roles.
func (s *Service) MayLook(ctx context.Context) error {
	err := s.MayList(ctx)
	if !errs.Is(err, errs.Forbidden) {
		return err
	}
	m, failed := s.Assignments.Model(ctx, s.DB)
	if failed != nil {
		return failed
	}
	for _, permissions := range [][]string{singleRole, singleReview} {
		if _, other := needRoles(ctx, m, permissions); other == nil || !errs.Is(other, errs.Forbidden) {
			return other
		}
	}
	return err
}

// Get gives one difference, also when it is decided or gone by now; NotFound when there is none in the caller's scope.
func (s *Service) Get(ctx context.Context, id int64) (*Item, error) {
	list, err := s.byIDs(ctx, []int64{id})
	if err != nil {
		return nil, err
	}
	if len(list) == 0 {
		return nil, errs.Missing("There is no difference %d, or it is not yours to decide about.", id).Of(id)
	}
	return list[0], nil
}

func (s *Service) byIDs(ctx context.Context, list []int64) ([]*Item, error) {
	m, err := s.Assignments.Model(ctx, s.DB)
	if err != nil {
		return nil, err
	}
	may, err := need(ctx, m, "g.resource_type_id", single)
	if err != nil {
		return nil, err
	}
	return s.read(ctx, m, db.AllOf(bun.SafeQuery("g.id = any (?)", ids(list)), may), "g.id", 0, nil)
}
