package rolemodel

import (
	"fmt"
	"slices"
	"strings"

	"github.com/uptrace/bun"

	"writ/server/directory"
)

// BoundaryKind says what a missing date of a section means (role-model 4.5).
type BoundaryKind int16

const (
	BoundaryNone BoundaryKind = 0 // the earliest start and the latest end of the default section over all records
	BoundaryKept BoundaryKind = 1 // since ever, for ever
)

// BoundaryKindWords are the words of boundary kinds in a configuration, by number.
var BoundaryKindWords = []string{"none", "kept"}

// ExtensionKind says whether values reach beyond the time for which a section says something (role-model 4.5).
type ExtensionKind int16

const (
	ExtensionDefault ExtensionKind = 0 // they fill times for which there is nothing else
	ExtensionNone    ExtensionKind = 1 // never
)

// ExtensionKindWords are the words of extension kinds in a configuration, by number.
var ExtensionKindWords = []string{"default", "none"}

// RecordSection groups the properties of records that change together, such as those of a contract or of a position (role-model 4.5).
type RecordSection struct {
	bun.BaseModel              `bun:"table:record_section,alias:rs"`
	ID                         int64 `bun:",pk,autoincrement"`
	Identifier                 string
	DisplayName                string
	SourceEntityTypeID         int64
	ResourceEntityTypeID       int64
	Position                   int
	StartPropertyID            *int64
	EndPropertyID              *int64
	InstanceKeyExpression      *string
	IsDefaultBoundariesSection bool
	BoundaryKind               BoundaryKind
	ExtensionKind              ExtensionKind
	SortKeyExpression          *string
	ExtendedSortKey            *string
	Properties                 []SectionProperty `bun:"type:jsonb"`
	Version                    int
}

// SectionProperty is a property of records that belongs to a section.
type SectionProperty struct {
	// Identifier of a property of the records.
	Property string `json:"property" yaml:"property"`
	// Whether its value reaches into times for which the section says nothing; only when that of the section does. Default: default.
	ExtensionKind string `json:"extensionKind" yaml:"extensionKind,omitempty" default:"default" words:"ExtensionKind"`
	// It is left out of contexts: nothing sees it. Only in the section that has no other properties.
	IsExcluded bool `json:"isExcluded,omitempty" yaml:"isExcluded,omitempty"`
}

// Extends reports whether the section gives values to times for which it says nothing.
func (s *RecordSection) Extends() bool { return s.ExtensionKind != ExtensionNone }

// Extends reports whether the value goes where its section does.
func (p SectionProperty) Extends() bool { return p.ExtensionKind != ExtensionKindWords[ExtensionNone] }

// IsDefault reports whether the section owns every property that no section lists: it lists none itself, but those to leave out.
func (s *RecordSection) IsDefault() bool {
	return !slices.ContainsFunc(s.Properties, func(p SectionProperty) bool { return !p.IsExcluded })
}

// SectionsOf are the sections of the records of an owner, in the order in which their sort keys count.
func (m *Model) SectionsOf(source, record int64) []*RecordSection {
	var out []*RecordSection
	for _, s := range m.RecordSections {
		if s.SourceEntityTypeID == source && s.ResourceEntityTypeID == record {
			out = append(out, s)
		}
	}
	slices.SortStableFunc(out, func(a, b *RecordSection) int { return a.Position - b.Position })
	return out
}

// recordSections checks record sections (4.5): those of one kind of records together make a timeline, or none at all.
func (v *validator) recordSections() {
	seen := map[string]bool{}
	type place struct{ source, record int64 }
	first := map[place]*RecordSection{}
	for _, s := range v.m.RecordSections {
		v.identifier("record_section", s.Identifier, seen)
		if v.shape.EntityTypes[s.ResourceEntityTypeID] == nil || v.shape.EntityTypes[s.SourceEntityTypeID] == nil {
			v.sectionFault(s, "resourceEntityType", "The entity type does not exist.")
			continue
		}
		for _, of := range []struct {
			field string
			id    *int64
		}{{"startProperty", s.StartPropertyID}, {"endProperty", s.EndPropertyID}} {
			if of.id == nil {
				continue
			}
			if p := v.shape.Properties[*of.id]; p == nil || p.EntityTypeID != s.ResourceEntityTypeID || p.Type != directory.DateTime {
				v.sectionFault(s, of.field, "The property must be a date of %s.", v.shape.EntityTypes[s.ResourceEntityTypeID].Identifier)
			}
		}
		if s.ExtendedSortKey != nil && empty(s.SortKeyExpression) {
			v.sectionFault(s, "extendedSortKey", "There is nothing to compare it with. Say a sortKeyExpression, or leave it out.")
		}
		at := place{s.SourceEntityTypeID, s.ResourceEntityTypeID}
		if first[at] == nil {
			first[at] = s
			v.sections(s, v.m.SectionsOf(at.source, at.record))
		}
	}
}

func (v *validator) sectionFault(s *RecordSection, field, format string, args ...any) {
	v.fault("record_section", s.Identifier, field, format, args...)
}

// sections checks all sections of one kind of records together.
func (v *validator) sections(first *RecordSection, all []*RecordSection) {
	var standard, boundary []string
	listed := map[string]string{}
	record := v.shape.EntityTypes[first.ResourceEntityTypeID].Identifier
	for _, s := range all {
		if s.IsDefault() {
			if standard = append(standard, s.Identifier); len(standard) > 1 {
				v.sectionFault(s, "properties", "%s already is the section without properties, which owns all that no other lists. List the properties of this one.", standard[0])
			}
		}
		if s.IsDefaultBoundariesSection {
			if boundary = append(boundary, s.Identifier); len(boundary) > 1 {
				v.sectionFault(s, "isDefaultBoundariesSection", "The dates of %s already say when somebody is here. Only one section can.", boundary[0])
			}
		}
		for i, p := range s.Properties {
			field := fmt.Sprintf("properties[%d].property", i)
			switch other := listed[p.Property]; {
			case v.shape.Property(first.ResourceEntityTypeID, p.Property) == nil:
				v.sectionFault(s, field, "%s has no property %q.", record, p.Property)
			case other != "":
				v.sectionFault(s, field, "%s belongs to the section %s already. A property is in one section.", p.Property, other)
			case p.IsExcluded && !s.IsDefault():
				v.sectionFault(s, strings.Replace(field, ".property", ".isExcluded", 1), "Only the section without other properties can leave some out.")
			}
			listed[p.Property] = s.Identifier
		}
	}
	if len(standard)+len(boundary) == 0 {
		v.sectionFault(first, "properties", "No section says when somebody is here. Add a section without properties, or set isDefaultBoundariesSection in one.")
	}
	if len(standard) == 0 {
		v.warn("record_section", first.Identifier, "properties", "No section owns the properties that none lists, so they are empty in contexts. Add a section without properties.")
	}
	if len(all) == 1 {
		v.warn("record_section", first.Identifier, "", "One section alone changes little. Add one for what varies, such as positions.")
	}
	if !slices.ContainsFunc(v.m.ContextRules, func(c *ContextRule) bool {
		return c.EntityTypeID == first.SourceEntityTypeID && v.recordsOf(c) == first.ResourceEntityTypeID
	}) {
		v.sectionFault(first, "resourceEntityType", "No context rule of %s leads to %s. Write its resourcesBinding first.",
			v.shape.EntityTypes[first.SourceEntityTypeID].Identifier, record)
	}
}

// recordsOf is the entity type of the records that a context rule leads to; 0: to none.
func (v *validator) recordsOf(c *ContextRule) int64 {
	at := c.EntityTypeID
	if empty(c.ResourcesBinding) {
		return at
	}
	path := *c.ResourcesBinding
	if head, rest, ok := strings.Cut(path, ":"); ok && v.shape.ByIdentifier[head] != nil {
		path = rest
	}
	for i, step := range strings.Split(strings.TrimSpace(path), ".") {
		switch p, back := v.shape.Property(at, step), v.shape.Reverse(at, step); {
		case p != nil && p.TargetEntityTypeID != nil:
			at = *p.TargetEntityTypeID
		case back != nil:
			at = back.EntityTypeID
		case i == 0 && step == "source":
		default:
			return 0
		}
	}
	return at
}
