package manifest

import (
	"fmt"

	"writ/server/page"
	"writ/server/rolemodel"
)

// RecordSection groups the properties of records that change together, such as those of a contract or of a position, so that a person can have several at the same time (role-model 4.5).
type RecordSection struct {
	// Name in the configuration, unique for its kind; stable, unlike the display name. Letters, digits, _ - . and / only.
	Identifier string `yaml:"identifier"`
	// Name to show. Default: the identifier.
	DisplayName string `yaml:"displayName,omitempty" default:"=Identifier"`
	// Identifier of the entity type of the owners, which needs a context rule.
	SourceEntityType string `yaml:"sourceEntityType" ref:"entity_type"`
	// Identifier of the entity type of the records that the context rule leads to.
	ResourceEntityType string `yaml:"resourceEntityType" ref:"entity_type"`
	// Order among the sections of the same records: of contexts that count at the same time the first section's sort key decides which is the main one. Default: 0; equal: the older section first.
	Position int `yaml:"position,omitempty"`
	// Identifier of the date of a record from which the section counts; empty: see boundaryKind.
	StartProperty string `yaml:"startProperty,omitempty" ref:"property"`
	// Identifier of the date of a record until which the section counts, a day through its end; empty: see boundaryKind.
	EndProperty string `yaml:"endProperty,omitempty" ref:"property"`
	// Path or expression over a record (record) that tells apart what may be there several times at once, such as the number of a position. At each instant the latest record of one thing counts. Empty: dates and values tell things apart.
	InstanceKeyExpression string `yaml:"instanceKeyExpression,omitempty"`
	// The dates of this section say when the owner is here; of one section only. None: those of the section without properties.
	IsDefaultBoundariesSection bool `yaml:"isDefaultBoundariesSection,omitempty"`
	// What a missing date means; of the section without properties always since ever and for ever.
	BoundaryKind string `yaml:"boundaryKind,omitempty" default:"none" words:"BoundaryKind"`
	// Whether values may fill times for which the section says nothing.
	ExtensionKind string `yaml:"extensionKind,omitempty" default:"default" words:"ExtensionKind"`
	// Path or expression over a record that ranks it: the greatest text lends first and makes the main context. Empty: what went before lends, else what comes next.
	SortKeyExpression string `yaml:"sortKeyExpression,omitempty"`
	// Only records whose sort key is this or greater lend their values; empty: all may.
	ExtendedSortKey string `yaml:"extendedSortKey,omitempty"`
	// Its properties. One section lists none, or only those to leave out: it has all that no other lists.
	Properties []SectionProperty `yaml:"properties,omitempty"`
}

// SectionProperty is a property of records that belongs to a section.
type SectionProperty = rolemodel.SectionProperty

// The names of its API.
type (
	SaveRecordSectionInput               = SaveInput[RecordSection]
	RecordSectionConfigurationConnection = page.Connection[*RecordSection]
)

func recordSectionKind() kind {
	d := &declared[RecordSection]{
		facts: facts{name: "recordSection", list: "recordSections", table: "record_section", rights: ofModel, words: wordLists{
			"BoundaryKind": said(rolemodel.BoundaryKindWords, "The first and the last date of the section without properties, over all records.", "Since ever, for ever."),
		}},
		in:         func(m *Manifest) *[]RecordSection { return &m.RecordSections },
		identifier: func(s RecordSection) string { return s.Identifier },
		check: func(r *ranges, at string, s RecordSection) {
			for i, p := range s.Properties {
				r.word(fmt.Sprintf("%s.properties[%d].extensionKind", at, i), "ExtensionKind", p.ExtensionKind)
			}
		},
		load: loaded[RecordSection, rolemodel.RecordSection](nil),
	}
	d.remove = removed[rolemodel.RecordSection](&d.facts)
	d.steps = []func(*writer, []RecordSection, *change) error{func(w *writer, list []RecordSection, _ *change) error { return w.recordSections(d, list) }}
	return d
}

// recordSections writes sections, whose dates are properties of their records.
func (w *writer) recordSections(d *declared[RecordSection], list []RecordSection) error {
	rows := make([]*rolemodel.RecordSection, len(list))
	for n, s := range list {
		rows[n] = &rolemodel.RecordSection{}
		var err error
		if w.target, err = w.id("entity_type", s.ResourceEntityType, d.at(s)+".resourceEntityType"); err != nil {
			return err
		}
		if err := w.toRow(d.at(s), s, rows[n], true); err != nil {
			return err
		}
	}
	w.written(d.table)
	return rolemodel.Save(w.ctx, w.tx, rows)
}
