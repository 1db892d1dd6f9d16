package manifest

import "writ/server/rolemodel"

// BinaryRule copies a file of the owner, such as a photo, to the target (role-model 2.8).
type BinaryRule struct {
	// Name, unique among all rules of resource types. Default: that of the type, - and the property.
	Identifier string `yaml:"identifier,omitempty"`
	// Identifier of its policy. Default: that of the type.
	Policy string `yaml:"policy,omitempty" ref:"policy"`
	// Identifier of the property of the target that holds the file.
	Property string `yaml:"property" ref:"property" holds:"file"`
	// Path from the owner to a property that holds a file, e.g. Photo.
	Binding string `yaml:"binding" row:"SourceBinding"`
	// Identifier of the single role that owners need; empty: none.
	SingleRole string `yaml:"singleRole,omitempty" ref:"role:SINGLE"`
	// When it applies; none: as long as the target is due.
	Offset *Offset `yaml:"offset,omitempty" inline:"Offset"`
}

func binaryRuleKind() ruleKind {
	return ruleOf[BinaryRule]{kind: rolemodel.BinaryRule, in: func(t *ResourceType) *[]BinaryRule { return &t.BinaryRules }, byProperty: true}
}
