package directory

import (
	"context"
	"fmt"
	"time"

	"github.com/uptrace/bun"
)

// What a configuration says of entity types, properties, mappings and dimensions is written here; the caller has checked it, and holds the
// transaction. Rows are found by their identifiers: ids of the arguments are filled in.

// SaveEntityType adds an entity type, or changes the one with its identifier, and gives it a new version.
func SaveEntityType(ctx context.Context, tx bun.IDB, t *EntityType) error {
	err := tx.NewRaw(`insert into entity_type (identifier, display_name, connector_id, display_expression, manager_binding) values (?, ?, ?, ?, ?)
		on conflict (identifier) do update set display_name = excluded.display_name, connector_id = excluded.connector_id,
			display_expression = excluded.display_expression, manager_binding = excluded.manager_binding, version = entity_type.version + 1
		returning id`, t.Identifier, t.DisplayName, t.ConnectorID, t.DisplayExpression, t.ManagerBinding).Scan(ctx, &t.ID)
	if err != nil {
		return fmt.Errorf("write entity type %s: %w", t.Identifier, err)
	}
	return nil
}

// SaveProperty adds a property to its entity type, or changes the one with its identifier there. m is the column it is read from and written
// to; nil: none.
func SaveProperty(ctx context.Context, tx bun.IDB, p *Property, m *PropertyMapping) error {
	err := tx.NewRaw(`insert into property (entity_type_id, identifier, display_name, type, is_key, is_collection, target_entity_type_id, reverse_identifier, position, group_by)
		values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
		on conflict (entity_type_id, identifier) do update set display_name = excluded.display_name, type = excluded.type, is_key = excluded.is_key,
			is_collection = excluded.is_collection, target_entity_type_id = excluded.target_entity_type_id,
			reverse_identifier = excluded.reverse_identifier, position = excluded.position, group_by = excluded.group_by
		returning id`, p.EntityTypeID, p.Identifier, p.DisplayName, p.Type, p.IsKey, p.IsCollection, p.TargetEntityTypeID, p.ReverseIdentifier, p.Position, p.GroupBy).Scan(ctx, &p.ID)
	if err != nil {
		return fmt.Errorf("write property %s: %w", p.Identifier, err)
	}
	if m == nil {
		_, err = tx.NewRaw(`delete from property_mapping where property_id = ?`, p.ID).Exec(ctx)
		return err
	}
	_, err = tx.NewRaw(`insert into property_mapping (property_id, entity_type_id, column_name, format, is_primary_key, is_unique_key) values (?, ?, ?, ?, ?, ?)
		on conflict (property_id) do update set column_name = excluded.column_name, format = excluded.format,
			is_primary_key = excluded.is_primary_key, is_unique_key = excluded.is_unique_key`,
		p.ID, p.EntityTypeID, m.ColumnName, m.Format, m.IsPrimaryKey, m.IsUniqueKey).Exec(ctx)
	return err
}

// DropProperties removes properties with their columns. Links of them that ended are history of something nobody can name any more, and go
// too. What else refers to one keeps it: the database says so.
func DropProperties(ctx context.Context, tx bun.IDB, ids ...int64) error {
	if len(ids) == 0 {
		return nil
	}
	for _, statement := range []string{`delete from property_mapping where property_id in (?)`, `delete from resource_link where property_id in (?)`,
		`delete from property where id in (?)`} {
		if _, err := tx.NewRaw(statement, bun.List(ids)).Exec(ctx); err != nil {
			return err
		}
	}
	return nil
}

// SaveMapping says where an entity type is read from.
func SaveMapping(ctx context.Context, tx bun.IDB, m *EntityMapping) error {
	_, err := tx.NewRaw(`insert into entity_mapping (entity_type_id, connection_id, source_table, maximum_inserted_lines, maximum_updated_lines,
			maximum_deleted_lines, max_percentage_inserted_lines, max_percentage_updated_lines, max_percentage_deleted_lines, maximum_rejected)
		values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
		on conflict (entity_type_id) do update set connection_id = excluded.connection_id, source_table = excluded.source_table,
			maximum_inserted_lines = excluded.maximum_inserted_lines, maximum_updated_lines = excluded.maximum_updated_lines,
			maximum_deleted_lines = excluded.maximum_deleted_lines, max_percentage_inserted_lines = excluded.max_percentage_inserted_lines,
			max_percentage_updated_lines = excluded.max_percentage_updated_lines, max_percentage_deleted_lines = excluded.max_percentage_deleted_lines,
			maximum_rejected = excluded.maximum_rejected`,
		m.EntityTypeID, m.ConnectionID, m.SourceTable, m.MaximumInsertedLines, m.MaximumUpdatedLines, m.MaximumDeletedLines,
		m.MaxPercentageInsertedLines, m.MaxPercentageUpdatedLines, m.MaxPercentageDeletedLines, m.MaximumRejected).Exec(ctx)
	return err
}

// DropMapping says that an entity type is not read.
func DropMapping(ctx context.Context, tx bun.IDB, entityTypeID int64) error {
	_, err := tx.NewRaw(`delete from entity_mapping where entity_type_id = ?`, entityTypeID).Exec(ctx)
	return err
}

// EmptyEntityType removes what belongs to an entity type before it goes itself: its mapping, its columns, and the properties that are free.
func EmptyEntityType(ctx context.Context, tx bun.IDB, id int64, free []int64) error {
	if err := DropMapping(ctx, tx, id); err != nil {
		return err
	}
	if _, err := tx.NewRaw(`delete from property_mapping where entity_type_id = ?`, id).Exec(ctx); err != nil {
		return err
	}
	return DropProperties(ctx, tx, free...)
}

// NoteInitialized notes when the owners of an entity type were all computed first; later times change nothing.
func NoteInitialized(ctx context.Context, b bun.IDB, id int64, now time.Time) error {
	if _, err := b.NewRaw(`update entity_type set initialized_at = coalesce(initialized_at, ?) where id = ?`, now, id).Exec(ctx); err != nil {
		return fmt.Errorf("note the first computation: %w", err)
	}
	return nil
}

// RemoveEntityType deletes an entity type that was emptied. What refers to it keeps it: the database says so.
func RemoveEntityType(ctx context.Context, tx bun.IDB, id int64) error {
	_, err := tx.NewRaw(`delete from entity_type where id = ?`, id).Exec(ctx)
	return err
}

// SaveDimension adds a dimension, or changes the one with its identifier.
func SaveDimension(ctx context.Context, tx bun.IDB, d *Dimension) error {
	return tx.NewRaw(`insert into dimension (identifier, display_name, entity_type_id, column_mapping, is_hierarchical, parent_property, is_excluded_from_role_mining)
		values (?, ?, ?, ?, ?, ?, ?)
		on conflict (identifier) do update set display_name = excluded.display_name, entity_type_id = excluded.entity_type_id,
			column_mapping = excluded.column_mapping, is_hierarchical = excluded.is_hierarchical, parent_property = excluded.parent_property,
			is_excluded_from_role_mining = excluded.is_excluded_from_role_mining
		returning id`, d.Identifier, d.DisplayName, d.EntityTypeID, d.ColumnMapping, d.IsHierarchical, d.ParentProperty, d.IsExcludedFromRoleMining).Scan(ctx, &d.ID)
}

// RemoveDimension deletes a dimension with its tree.
func RemoveDimension(ctx context.Context, tx bun.IDB, id int64) error {
	if _, err := tx.NewRaw(`delete from dimension_closure where dimension_id = ?`, id).Exec(ctx); err != nil {
		return err
	}
	_, err := tx.NewRaw(`delete from dimension where id = ?`, id).Exec(ctx)
	return err
}
