package rolemodel

import (
	"context"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/schema"
)

// saveSize is how many rows go in one statement.
const saveSize = 5000

// All reads every row of one table of the model, by id.
func All[T any](ctx context.Context, db bun.IDB) ([]*T, error) {
	var rows []*T
	if err := db.NewSelect().Model(&rows).OrderExpr("id").Scan(ctx); err != nil {
		return nil, fmt.Errorf("read %s: %w", tableOf[T](db).Name, err)
	}
	return rows, nil
}

// Save writes rows of one table by their identifiers (roles: kind and identifier), whatever their number in a handful of statements. Ids and
// versions of the rows do not count: only rows that differ are touched, and get a new version. without names fields that stay as they are.
func Save[T any](ctx context.Context, tx bun.IDB, rows []*T, without ...string) error {
	table := tableOf[T](tx)
	key := keyOf(table)
	var fields []*schema.Field
	var cols, sets, old, fresh []string
	for _, f := range table.Fields {
		if f.IsPK || f.Name == "version" || slices.Contains(without, f.GoName) {
			continue
		}
		fields, cols = append(fields, f), append(cols, f.Name)
		if !slices.Contains(key, f.Name) {
			sets = append(sets, f.Name+" = excluded."+f.Name)
			old, fresh = append(old, "t."+f.Name), append(fresh, "excluded."+f.Name)
		}
	}
	list := strings.Join(cols, ", ")
	for chunk := range slices.Chunk(rows, saveSize) {
		raw, err := encoded(fields, chunk)
		if err != nil {
			return err
		}
		_, err = tx.NewRaw(fmt.Sprintf(`insert into %[1]s as t (%[2]s) select %[2]s from jsonb_populate_recordset(null::%[1]s, ?::jsonb)
			on conflict (%[3]s) do update set %[4]s, version = t.version + 1 where (%[5]s) is distinct from (%[6]s)`,
			table.Name, list, strings.Join(key, ", "), strings.Join(sets, ", "), strings.Join(old, ", "), strings.Join(fresh, ", ")), string(raw)).Exec(ctx)
		if err != nil {
			return fmt.Errorf("write %s: %w", table.Name, err)
		}
	}
	return nil
}

// Replace makes rows the only ones that belong to owners: role rules to roles, rules to resource types. A fixed number of statements.
func Replace[T any](ctx context.Context, tx bun.IDB, rows []*T, owners []int64) error {
	if err := Save(ctx, tx, rows); err != nil || len(owners) == 0 {
		return err
	}
	table := tableOf[T](tx)
	identifier := table.FieldMap["identifier"]
	kept := make([]string, len(rows))
	for n, row := range rows {
		kept[n] = identifier.Value(reflect.ValueOf(row).Elem()).String()
	}
	raw, err := json.Marshal(kept)
	if err != nil {
		return err
	}
	_, err = tx.NewRaw(`delete from ? where ? in (?) and identifier not in (select jsonb_array_elements_text(?::jsonb))`,
		bun.Ident(table.Name), bun.Ident(ownerOf[table.Name]), bun.List(owners), string(raw)).Exec(ctx)
	return err
}

// Empty deletes the rules inside an object.
func Empty[T any](ctx context.Context, tx bun.IDB, id int64) error {
	table := tableOf[T](tx)
	for _, rules := range rulesIn[table.Name] {
		if _, err := tx.NewRaw(`delete from ? where ? = ?`, bun.Ident(rules), bun.Ident(ownerOf[rules]), id).Exec(ctx); err != nil {
			return fmt.Errorf("empty %s: %w", table.Name, err)
		}
	}
	return nil
}

// Remove deletes one object. What refers to it keeps it: the database says so.
func Remove[T any](ctx context.Context, tx bun.IDB, id int64) error {
	table := tableOf[T](tx)
	if _, err := tx.NewRaw(`delete from ? where id = ?`, bun.Ident(table.Name), id).Exec(ctx); err != nil {
		return fmt.Errorf("delete from %s: %w", table.Name, err)
	}
	return nil
}

var (
	// ownerOf is the column of the object that rules stand inside.
	ownerOf = map[string]string{"role_rule": "role_id", "resource_type_rule": "resource_type_id"}
	rulesIn = map[string][]string{"role": {"role_rule"}, "resource_type": {"resource_type_rule"}}
)

func keyOf(t *schema.Table) []string {
	if t.Name == "role" {
		return []string{"kind", "identifier"}
	}
	return []string{"identifier"}
}

func tableOf[T any](db bun.IDB) *schema.Table {
	return db.Dialect().Tables().Get(reflect.TypeFor[T]())
}

// encoded writes rows as JSON by column; maps and lists that are not there are empty, never null.
func encoded[T any](fields []*schema.Field, rows []*T) ([]byte, error) {
	out := make([]map[string]any, len(rows))
	for n, row := range rows {
		out[n] = make(map[string]any, len(fields))
		for _, f := range fields {
			v := f.Value(reflect.ValueOf(row).Elem())
			if v.Kind() == reflect.Slice && v.IsNil() {
				out[n][f.Name] = []any{}
				continue
			}
			if v.Kind() == reflect.Map && v.IsNil() {
				out[n][f.Name] = struct{}{}
				continue
			}
			out[n][f.Name] = v.Interface()
		}
	}
	raw, err := json.Marshal(out)
	if err != nil {
		return nil, fmt.Errorf("write rows as JSON: %w", err)
	}
	return raw, nil
}
