package manifest

import (
	"strings"

	"writ/server/page"
	"writ/server/rolemodel"
)

// PropertyExpression computes the value of a property from others of the same resource, and of what that points to; the value is kept with the resource and can be used like any other (role-model 1.7). It is computed again when something that it reads changes, before anybody is computed who uses it; all of them by the task UpdateEntityPropertyExpressions.
type PropertyExpression struct {
	// Name in the configuration, unique for its kind; stable, unlike the display name. Letters, digits, _ - . and / only.
	Identifier string `yaml:"identifier"`
	// Name to show. Default: the identifier.
	DisplayName string `yaml:"displayName,omitempty" default:"=Identifier"`
	// Identifier of the entity type whose resources get the value.
	EntityType string `yaml:"entityType" ref:"entity_type"`
	// Identifier of the property that gets it: a scalar, or a navigation to one resource, for which the key or a unique key of that resource is computed. Without a column, and filled by no rule.
	Property string `yaml:"property"`
	// Path of properties to the value, from the resource itself, such as Manager.Email. With an expression: what that is applied to.
	Binding string `yaml:"binding,omitempty"`
	// Function on the binding, such as ToUpper; literal; or expression, in which the resource is called source.
	Expression string `yaml:"expression,omitempty"`
	// Of several for the same property the one with the smallest number is asked first, and the next when it gives nothing. One that fails is not passed over: the property keeps its value.
	Priority int `yaml:"priority,omitempty"`
}

// The names of its API.
type (
	SavePropertyExpressionInput               = SaveInput[PropertyExpression]
	PropertyExpressionConfigurationConnection = page.Connection[*PropertyExpression]
)

func propertyExpressionKind() kind {
	d := &declared[PropertyExpression]{
		facts:      facts{name: "propertyExpression", list: "propertyExpressions", table: "property_expression", rights: ofMetadata},
		in:         func(m *Manifest) *[]PropertyExpression { return &m.PropertyExpressions },
		identifier: func(x PropertyExpression) string { return x.Identifier },
		check: func(r *ranges, at string, x PropertyExpression) {
			if strings.TrimSpace(x.Binding) == "" && strings.TrimSpace(x.Expression) == "" {
				r.fault(at+".expression", "The property expression %s says nothing to compute. Give it a binding, an expression, or both.", x.Identifier)
			}
		},
		load: loaded[PropertyExpression, rolemodel.PropertyExpression](nil),
	}
	d.steps = saved(d, func() *rolemodel.PropertyExpression { return &rolemodel.PropertyExpression{} })
	return d
}
