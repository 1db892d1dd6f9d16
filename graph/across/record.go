package across

import (
	"maps"
	"slices"
	"strings"
)

// EntityTypeRecord is a kind of records that give resources their contexts (role-model 4.3).
type EntityTypeRecord struct {
	EntityType          string
	Property            string  // of the record, to the resource it is about
	StartProperty       *string // nil: none, or an expression
	EndProperty         *string
	DimensionProperties []string
}

// Records gives the records of the context rules of an entity type that people can fill in: those that point to the resource
// themselves. Records behind a longer path are kept elsewhere.
func (n *Names) Records(entityTypeID int64) []*EntityTypeRecord {
	found := []*EntityTypeRecord{}
	shape := n.model.Shape
	for _, rule := range n.model.Source.ContextRules {
		if rule.EntityTypeID != entityTypeID || rule.ResourcesBinding == nil {
			continue
		}
		link := shape.Reverse(entityTypeID, *rule.ResourcesBinding)
		if link == nil {
			continue
		}
		property := func(binding *string) *string {
			if binding == nil || shape.Property(link.EntityTypeID, *binding) == nil {
				return nil
			}
			return binding
		}
		record := &EntityTypeRecord{
			EntityType: n.EntityType(link.EntityTypeID), Property: link.Identifier, DimensionProperties: []string{},
			StartProperty: property(rule.ResourcesStartBinding), EndProperty: property(rule.ResourcesEndBinding),
		}
		for _, dimension := range slices.Sorted(maps.Keys(rule.Dimensions)) {
			first, _, _ := strings.Cut(rule.Dimensions[dimension], ".")
			if property(&first) != nil && !slices.Contains(record.DimensionProperties, first) {
				record.DimensionProperties = append(record.DimensionProperties, first)
			}
		}
		found = append(found, record)
	}
	return found
}
