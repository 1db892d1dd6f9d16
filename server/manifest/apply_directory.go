package manifest

import (
	"fmt"
	"slices"
	"strings"

	"writ/server/directory"
	"writ/server/errs"
	"writ/server/system"
)

func (w *writer) connector(c Connector) error {
	if c.Mode != "continuous" && c.Mode != "scheduled" {
		return errs.Invalid("connector/"+c.Identifier+".mode", "mode is continuous or scheduled, not %q.", c.Mode)
	}
	t := c.Thresholds
	id, err := w.upsert("connector", map[string]any{"identifier": c.Identifier}, map[string]any{
		"display_name": c.DisplayName, "mode": c.Mode,
		"maximum_inserted_lines": t.MaximumInsertedLines, "maximum_updated_lines": t.MaximumUpdatedLines, "maximum_deleted_lines": t.MaximumDeletedLines,
		"max_percentage_inserted_lines": t.MaxPercentageInsertedLines, "max_percentage_updated_lines": t.MaxPercentageUpdatedLines,
		"max_percentage_deleted_lines": t.MaxPercentageDeletedLines,
		"maximum_link_inserted_lines":  t.MaximumLinkInsertedLines, "maximum_link_deleted_lines": t.MaximumLinkDeletedLines,
		"max_link_percentage_inserted_lines": t.MaxLinkPercentageInsertedLines, "max_link_percentage_deleted_lines": t.MaxLinkPercentageDeletedLines,
	})
	if err != nil {
		return err
	}
	for _, k := range c.Connections {
		if err := w.connection(id, c.Identifier, k); err != nil {
			return err
		}
	}
	return nil
}

func (w *writer) connection(connectorID int64, connector string, k Connection) error {
	field := "connector/" + connector + "." + k.Identifier
	if len(w.s.Packages) > 0 && !slices.Contains(w.s.Packages, k.Package) {
		return errs.Invalid(field+".package", "There is no package %q. Known: %s.", k.Package, strings.Join(w.s.Packages, ", "))
	}
	deactivated := map[string]string{"none": "NONE", "export": "EXPORT", "fulfil": "FULFIL"}[k.Deactivated]
	if deactivated == "" {
		return errs.Invalid(field+".deactivated", "deactivated is none, export or fulfil, not %q.", k.Deactivated)
	}
	settings := k.Settings
	if settings == nil {
		settings = map[string]string{}
	}
	if w.s.CheckConnection != nil {
		if err := w.s.CheckConnection(w.ctx, k.Package, settings, k.Secrets); err != nil {
			e := errs.As(err)
			if e == nil {
				return fmt.Errorf("check the connection %s: %w", k.Identifier, err)
			}
			return errs.New(e.Kind, "The connection %s cannot be opened like this. %s", k.Identifier, e.Message).At(field + ".settings." + e.Field).Because(err)
		}
	}
	values := map[string]any{"connector_id": connectorID, "identifier": k.Identifier, "display_name": k.DisplayName, "package": k.Package,
		"deactivated": deactivated, "poll_seconds": k.PollSeconds, "settings": jsonb(settings)}
	if len(k.Secrets) > 0 {
		sealed, err := w.s.Keyring.Seal(system.SealedOf(k.Identifier), k.Secrets)
		if err != nil {
			return fmt.Errorf("seal the secrets of %s: %w", k.Identifier, err)
		}
		values["secrets"] = sealed
	}
	_, err := w.upsert("connection", nil, values)
	return err
}

func (w *writer) entityType(e EntityType) error {
	field := "entityType/" + e.Identifier
	connector, err := w.maybe("connector", e.Connector, field+".connector")
	if err != nil {
		return err
	}
	if len(e.Properties) == 0 {
		return errs.Invalid(field+".properties", "The entity type %s has no property (role-model 1.2).", e.Identifier)
	}
	_, err = w.upsert("entity_type", map[string]any{"identifier": e.Identifier}, map[string]any{
		"display_name": e.DisplayName, "connector_id": connector, "display_expression": nullable(e.DisplayExpression)})
	return err
}

var reserved = strings.Fields(`id if for while return break else continue ref out class interface struct foreach do char byte string int long
	null public private protected static const abstract try catch sealed void true false finally throw exception override readonly enum delegate`)

func (w *writer) properties(e EntityType) error {
	field := "entityType/" + e.Identifier
	typeID, err := w.id("entity_type", e.Identifier, field)
	if err != nil {
		return err
	}
	keys := 0
	names := make([]string, 0, len(e.Properties))
	for i, p := range e.Properties {
		at := field + "." + p.Identifier
		if slices.Contains(reserved, strings.ToLower(p.Identifier)) {
			return errs.Invalid(at, "%q is a reserved word and cannot name a property (role-model 1.9).", p.Identifier)
		}
		if err := w.property(typeID, i, p, at); err != nil {
			return err
		}
		names = append(names, p.Identifier)
		if p.PrimaryKey {
			keys++
		}
	}
	if e.Source != nil && keys != 1 {
		return errs.Invalid(field, "The synchronized entity type %s needs exactly one property with primaryKey, it has %d (spec 6.1).", e.Identifier, keys)
	}
	if err := w.dropProperties(typeID, names, field); err != nil {
		return err
	}
	return w.mapping(typeID, e, field)
}

func (w *writer) property(typeID int64, position int, p Property, at string) error {
	target, err := w.maybe("entity_type", p.Target, at+".target")
	if err != nil {
		return err
	}
	if err := directory.CheckFormat(p.Format); err != nil {
		return errs.Invalid(at+".format", "%s", errs.As(err).Message)
	}
	kind := upperSnake(p.Type)
	if p.Target != "" {
		kind = "FOREIGN_KEY"
	}
	var id int64
	err = w.tx.NewRaw(`insert into property (entity_type_id, identifier, display_name, type, is_key, is_collection, target_entity_type_id, reverse_identifier, position)
		values (?, ?, ?, ?, ?, ?, ?, ?, ?)
		on conflict (entity_type_id, identifier) do update set display_name = excluded.display_name, type = excluded.type, is_key = excluded.is_key,
			is_collection = excluded.is_collection, target_entity_type_id = excluded.target_entity_type_id,
			reverse_identifier = excluded.reverse_identifier, position = excluded.position
		returning id`, typeID, p.Identifier, p.DisplayName, kind, p.IsKey || p.PrimaryKey, p.Collection, target, nullable(p.Reverse), position).Scan(w.ctx, &id)
	if err != nil {
		return fmt.Errorf("write property %s: %w", at, err)
	}
	if p.Column == "" {
		_, err = w.tx.ExecContext(w.ctx, `delete from property_mapping where property_id = ?`, id)
		return err
	}
	_, err = w.tx.ExecContext(w.ctx, `insert into property_mapping (property_id, entity_type_id, column_name, format, is_primary_key, is_unique_key) values (?, ?, ?, ?, ?, ?)
		on conflict (property_id) do update set column_name = excluded.column_name, format = excluded.format,
			is_primary_key = excluded.is_primary_key, is_unique_key = excluded.is_unique_key`,
		id, typeID, p.Column, p.Format, p.PrimaryKey, p.UniqueKey)
	return err
}

// dropProperties removes what the manifest no longer names; one that is in use stays and says so.
func (w *writer) dropProperties(typeID int64, names []string, field string) error {
	var gone []struct {
		ID         int64
		Identifier string
		Rules      []string `bun:",array"`
		Links      int
	}
	err := w.tx.NewRaw(`select p.id, p.identifier, array(select r.identifier from resource_type_rule r where r.property_id = p.id order by 1 limit 10) as rules,
			(select count(*) from (select from resource_link l where l.property_id = p.id and l.valid_to = 'infinity' limit 1000) l) as links
		from property p where p.entity_type_id = ? and p.identifier not in (?)`, typeID, inList(names)).Scan(w.ctx, &gone)
	if err != nil {
		return err
	}
	for _, g := range gone {
		if len(g.Rules) > 0 {
			return errs.New(errs.Conflict, "The property %s is filled by the rules %s. Remove those first, or keep the property.", g.Identifier, strings.Join(g.Rules, ", ")).At(field + "." + g.Identifier)
		}
		if g.Links > 0 {
			return errs.New(errs.Conflict, "The property %s still links resources. Keep it, or empty it in the system it is read from first.", g.Identifier).At(field + "." + g.Identifier)
		}
		if _, err := w.tx.ExecContext(w.ctx, `delete from property_mapping where property_id = ?`, g.ID); err != nil {
			return err
		}
		// links that ended are history of a property nobody can name any more
		if _, err := w.tx.ExecContext(w.ctx, `delete from resource_link where property_id = ?`, g.ID); err != nil {
			return err
		}
		if _, err := w.tx.ExecContext(w.ctx, `delete from property where id = ?`, g.ID); err != nil {
			return err
		}
	}
	return nil
}

func (w *writer) mapping(typeID int64, e EntityType, field string) error {
	if e.Source == nil {
		_, err := w.tx.ExecContext(w.ctx, `delete from entity_mapping where entity_type_id = ?`, typeID)
		return err
	}
	connection, err := w.id("connection", e.Source.Connection, field+".source.connection")
	if err != nil {
		return err
	}
	t := LineThresholds{}
	if e.Source.Thresholds != nil {
		t = *e.Source.Thresholds
	}
	_, err = w.tx.ExecContext(w.ctx, `insert into entity_mapping (entity_type_id, connection_id, source_table, maximum_inserted_lines, maximum_updated_lines,
			maximum_deleted_lines, max_percentage_inserted_lines, max_percentage_updated_lines, max_percentage_deleted_lines, maximum_rejected)
		values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
		on conflict (entity_type_id) do update set connection_id = excluded.connection_id, source_table = excluded.source_table,
			maximum_inserted_lines = excluded.maximum_inserted_lines, maximum_updated_lines = excluded.maximum_updated_lines,
			maximum_deleted_lines = excluded.maximum_deleted_lines, max_percentage_inserted_lines = excluded.max_percentage_inserted_lines,
			max_percentage_updated_lines = excluded.max_percentage_updated_lines, max_percentage_deleted_lines = excluded.max_percentage_deleted_lines,
			maximum_rejected = excluded.maximum_rejected`,
		typeID, connection, e.Source.Table, t.MaximumInsertedLines, t.MaximumUpdatedLines, t.MaximumDeletedLines,
		t.MaxPercentageInsertedLines, t.MaxPercentageUpdatedLines, t.MaxPercentageDeletedLines, e.Source.MaximumRejected)
	return err
}

func (w *writer) dimension(d Dimension) error {
	field := "dimension/" + d.Identifier
	typeID, err := w.id("entity_type", d.EntityType, field+".entityType")
	if err != nil {
		return err
	}
	if d.IsHierarchical && d.ParentProperty == "" {
		return errs.Invalid(field+".parentProperty", "The hierarchical dimension %s needs parentProperty (role-model 1.6).", d.Identifier)
	}
	var taken []string
	if err := w.tx.NewRaw(`select identifier from dimension where column_mapping = ? and identifier <> ?`, d.Column, d.Identifier).Scan(w.ctx, &taken); err != nil {
		return err
	}
	if len(taken) > 0 {
		return errs.Invalid(field+".column", "Column %d is that of the dimension %s already. Choose a free one between 0 and 127.", d.Column, taken[0])
	}
	w.hierarchical = nil
	w.written("dimension")
	_, err = w.tx.ExecContext(w.ctx, `insert into dimension (identifier, display_name, entity_type_id, column_mapping, is_hierarchical, parent_property)
		values (?, ?, ?, ?, ?, ?)
		on conflict (identifier) do update set display_name = excluded.display_name, entity_type_id = excluded.entity_type_id,
			column_mapping = excluded.column_mapping, is_hierarchical = excluded.is_hierarchical, parent_property = excluded.parent_property`,
		d.Identifier, d.DisplayName, typeID, d.Column, d.IsHierarchical, nullable(d.ParentProperty))
	return err
}
