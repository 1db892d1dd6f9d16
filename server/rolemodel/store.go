package rolemodel

import (
	"context"
	"fmt"
	"reflect"

	"github.com/uptrace/bun"

	"writ/server/errs"
)

// Load reads the whole model as db sees it, with the number of its newest version (0: nothing was ever saved). Everything is sorted by id.
func Load(ctx context.Context, db bun.IDB) (*Model, error) {
	m := &Model{}
	if err := db.NewRaw("select coalesce(max(version), 0) from model_version").Scan(ctx, &m.Version); err != nil {
		return nil, fmt.Errorf("read model version: %w", err)
	}
	for _, k := range parts() {
		if err := db.NewSelect().Model(k.rows(m)).OrderExpr(k.order).Scan(ctx); err != nil {
			return nil, fmt.Errorf("read role model, %s: %w", k.table, err)
		}
	}
	return m, nil
}

// RoleRulesOf gives the rules that give the roles, for all of them in one statement, by role and id.
func RoleRulesOf(ctx context.Context, db bun.IDB, roleIDs []int64) (map[int64][]*RoleRule, error) {
	return grouped(ctx, db, "role_id", roleIDs, func(r *RoleRule) int64 { return r.RoleID })
}

// RulesOf gives the rules of resource types, for all of them in one statement, by type and id.
func RulesOf(ctx context.Context, db bun.IDB, resourceTypeIDs []int64) (map[int64][]*ResourceTypeRule, error) {
	return grouped(ctx, db, "resource_type_id", resourceTypeIDs, func(r *ResourceTypeRule) int64 { return r.ResourceTypeID })
}

func grouped[T any](ctx context.Context, db bun.IDB, column string, ids []int64, of func(T) int64) (map[int64][]T, error) {
	out := make(map[int64][]T, len(ids))
	if len(ids) == 0 {
		return out, nil
	}
	var rows []T
	if err := db.NewSelect().Model(&rows).Where("? in (?)", bun.Ident(column), bun.List(ids)).OrderExpr("?, id", bun.Ident(column)).Scan(ctx); err != nil {
		return nil, fmt.Errorf("list rules: %w", err)
	}
	for _, r := range rows {
		out[of(r)] = append(out[of(r)], r)
	}
	return out, nil
}

// GetMany finds objects of one kind by their ids; those that are not there are left out. One statement.
func GetMany[T any](ctx context.Context, db bun.IDB, ids []int64) (map[int64]*T, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	var rows []*T
	if err := db.NewSelect().Model(&rows).Where("id in (?)", bun.List(ids)).Scan(ctx); err != nil {
		return nil, fmt.Errorf("read role model: %w", err)
	}
	out := make(map[int64]*T, len(rows))
	table := tableOf[T](db)
	for _, r := range rows {
		out[table.PKs[0].Value(reflect.ValueOf(r).Elem()).Int()] = r
	}
	return out, nil
}

// Get finds one object by its id: `Get[Role](ctx, db, 7)`. NotFound if there is none.
func Get[T any](ctx context.Context, db bun.IDB, id int64) (*T, error) {
	var rows []*T
	if err := db.NewSelect().Model(&rows).Where("id = ?", id).Scan(ctx); err != nil {
		return nil, fmt.Errorf("read role model: %w", err)
	}
	if len(rows) == 0 {
		return nil, errs.Missing("There is no such object in the role model: %d.", id)
	}
	return rows[0], nil
}
