package manifest

import (
	"writ/server/errs"
	"writ/server/page"
	"writ/server/rolemodel"
)

// Category is a folder of roles and resource types (role-model 2.3).
type Category struct {
	// Name in the configuration, unique for its kind; stable, unlike the display name. Letters, digits, _ - . and / only.
	Identifier string `yaml:"identifier"`
	// Name to show. Default: the identifier.
	DisplayName string `yaml:"displayName,omitempty" default:"=Identifier"`
	// What belongs in it.
	Description string `yaml:"description,omitempty"`
	// Identifier of its policy. Default: Default.
	Policy string `yaml:"policy,omitempty" default:"Default" ref:"policy"`
	// Identifier of the folder above; empty: top level.
	Parent string `yaml:"parent,omitempty" ref:"category" late:"true"`
	// Folded when the catalogue opens.
	IsCollapsed bool `yaml:"isCollapsed,omitempty"`
}

// The names of its API.
type (
	SaveCategoryInput               = SaveInput[Category]
	CategoryConfigurationConnection = page.Connection[*Category]
)

func categoryKind() kind {
	d := &declared[Category]{
		facts:      facts{name: "category", list: "categories", table: "category", rights: ofModel},
		in:         func(m *Manifest) *[]Category { return &m.Categories },
		identifier: func(c Category) string { return c.Identifier },
		load:       loaded[Category, rolemodel.Category](nil),
	}
	d.steps = append(saved(d, func() *rolemodel.Category { return &rolemodel.Category{} }), noCycle)
	return d
}

// noCycle refuses categories that are above themselves.
func noCycle(w *writer, list []Category, _ *change) error {
	all, err := rolemodel.All[rolemodel.Category](w.ctx, w.tx)
	if err != nil {
		return err
	}
	named, above := map[string]int64{}, map[int64]*int64{}
	for _, c := range all {
		named[c.Identifier], above[c.ID] = c.ID, c.ParentID
	}
	for _, c := range list {
		for up, steps := above[named[c.Identifier]], 0; up != nil; up, steps = above[*up], steps+1 {
			if steps > len(all) {
				return errs.Invalid("category/"+c.Identifier+".parent", "The categories above %s form a cycle.", c.Identifier)
			}
		}
	}
	return nil
}
