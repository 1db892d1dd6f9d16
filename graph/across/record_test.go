package across

import (
	"testing"

	"github.com/stretchr/testify/require"

	"writ/server/assignment"
	"writ/server/directory"
	"writ/server/rolemodel"
)

func TestRecords(t *testing.T) {
	t.Parallel()
	p := func(s string) *string { return &s }
	id := func(n int64) *int64 { return &n }
	const person, position, department = 1, 2, 3
	positions := []*directory.Property{
		{ID: 1, EntityTypeID: position, Identifier: "Person", TargetEntityTypeID: id(person), ReverseIdentifier: p("Positions")},
		{ID: 2, EntityTypeID: position, Identifier: "Department", TargetEntityTypeID: id(department)},
		{ID: 3, EntityTypeID: position, Identifier: "StartDate"},
	}
	shape := &directory.Shape{
		EntityTypes:  map[int64]*directory.EntityType{position: {ID: position, Identifier: "Position"}},
		Properties:   map[int64]*directory.Property{1: positions[0], 2: positions[1], 3: positions[2]},
		PropertiesOf: map[int64][]*directory.Property{position: positions},
	}
	rule := func(resources *string) *rolemodel.ContextRule {
		return &rolemodel.ContextRule{
			EntityTypeID: person, ResourcesBinding: resources, ResourcesStartBinding: p("StartDate"), ResourcesEndBinding: p("record.A ?? record.B"),
			Dimensions: map[string]string{"Site": "Department.Site", "Department": "Department", "Title": "Gone"},
		}
	}
	records := func(entityType int64, rules ...*rolemodel.ContextRule) []*EntityTypeRecord {
		n := &Names{model: &assignment.Model{Shape: shape, Source: &rolemodel.Model{ContextRules: rules}}}
		return n.Records(entityType)
	}

	t.Run("a record that points to the resource", func(t *testing.T) {
		t.Parallel()
		require.Equal(t, []*EntityTypeRecord{{
			EntityType: "Position", Property: "Person", StartProperty: p("StartDate"), DimensionProperties: []string{"Department"},
		}}, records(person, rule(p("Positions"))))
	})
	t.Run("none for another entity type, for the resource itself, or behind a path", func(t *testing.T) {
		t.Parallel()
		require.Empty(t, records(department, rule(p("Positions"))))
		require.Empty(t, records(person, rule(nil), rule(p("Contract.Positions"))))
	})
}
