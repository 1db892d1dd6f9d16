package directory

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"writ/server/permit"
)

// EntityTypeList gives the entity types whose resources the caller may query, by name. Empty for one who may query none.
func (s *Service) EntityTypeList(ctx context.Context) ([]*EntityType, error) {
	if err := permit.SignedIn(ctx); err != nil {
		return nil, err
	}
	shape, err := s.Shapes.Load(ctx, s.DB)
	if err != nil {
		return nil, err
	}
	list := []*EntityType{}
	for _, t := range shape.EntityTypes {
		if _, err := MayRead(ctx, t.Identifier); err == nil {
			list = append(list, t)
		}
	}
	slices.SortFunc(list, func(a, b *EntityType) int {
		return cmp.Or(cmp.Compare(a.DisplayName, b.DisplayName), cmp.Compare(a.ID, b.ID))
	})
	return list, nil
}

// CountOf counts the living resources of entity types that are in the caller's scope: one statement. Types the caller may not query
// count none.
func (s *Service) CountOf(ctx context.Context, entityTypeIDs []int64) (map[int64]int, error) {
	shape, err := s.Shapes.Load(ctx, s.DB)
	if err != nil {
		return nil, err
	}
	q := &condition{shape: shape}
	q.write("select 0::bigint as id, 0::bigint as n where false")
	for _, id := range distinct(entityTypeIDs) {
		t := shape.EntityTypes[id]
		if t == nil {
			continue
		}
		scope, err := MayRead(ctx, t.Identifier)
		if err != nil {
			continue
		}
		q.write(" union all select ?, count(*) from resource r where r.entity_type_id = ? and r.valid_to = 'infinity' and ?", id, id, Rows(shape, id, "r", scope))
	}
	var rows []struct {
		ID int64
		N  int
	}
	if err := s.DB.NewRaw(q.text.String(), q.args...).Scan(ctx, &rows); err != nil {
		return nil, fmt.Errorf("count resources: %w", err)
	}
	counts := make(map[int64]int, len(rows))
	for _, r := range rows {
		counts[r.ID] = r.N
	}
	return counts, nil
}

// CanCreate reports whether the caller may add resources of an entity type by hand.
func CanCreate(ctx context.Context, t *EntityType) bool {
	return permit.Find(ctx, permit.Resource(t.Identifier, "Create")).On(t.Identifier).Allowed()
}
