package manifest

import (
	"writ/server/directory"
	"writ/server/errs"
	"writ/server/page"
)

// Dimension is a criterion of rules: the resources of an entity type are its values (role-model 1.6).
type Dimension struct {
	// Name in the configuration, unique for its kind; stable, unlike the display name. Letters, digits, _ - . and / only.
	Identifier string `yaml:"identifier"`
	// Name to show. Default: the identifier.
	DisplayName string `yaml:"displayName,omitempty" default:"=Identifier"`
	// Identifier of the entity type of its values.
	EntityType string `yaml:"entityType"`
	// Its number, 0 to 127, which no other dimension has.
	Column int `yaml:"column" min:"0" max:"127"`
	// Its values form a tree; needs parentProperty.
	IsHierarchical bool `yaml:"isHierarchical,omitempty"`
	// Identifier of the navigation that leads from a value to the one above; empty: none.
	ParentProperty string `yaml:"parentProperty,omitempty"`
	// Mining proposes no rule with it.
	IsExcludedFromRoleMining bool `yaml:"isExcludedFromRoleMining,omitempty"`
}

// The names of its API.
type (
	SaveDimensionInput               = SaveInput[Dimension]
	DimensionConfigurationConnection = page.Connection[*Dimension]
)

func dimensionKind() kind {
	d := &declared[Dimension]{
		facts:      facts{name: "dimension", list: "dimensions", table: "dimension", rights: ofMetadata},
		in:         func(m *Manifest) *[]Dimension { return &m.Dimensions },
		identifier: func(d Dimension) string { return d.Identifier },
		load: func(r *reader) (out []Dimension, err error) {
			err = r.scan(&out, `select d.identifier, d.display_name, t.identifier as entity_type, d.column_mapping as "column", d.is_hierarchical,
				coalesce(d.parent_property, '') as parent_property, d.is_excluded_from_role_mining from dimension d join entity_type t on t.id = d.entity_type_id order by d.id`)
			return out, err
		},
	}
	d.remove = removedBy(&d.facts, nil, directory.RemoveDimension)
	d.steps = []func(*writer, []Dimension, *change) error{each(d, (*writer).dimension)}
	return d
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
	return directory.SaveDimension(w.ctx, w.tx, &directory.Dimension{Identifier: d.Identifier, DisplayName: d.DisplayName, EntityTypeID: typeID,
		ColumnMapping: d.Column, IsHierarchical: d.IsHierarchical, ParentProperty: nullable(d.ParentProperty),
		IsExcludedFromRoleMining: d.IsExcludedFromRoleMining})
}
