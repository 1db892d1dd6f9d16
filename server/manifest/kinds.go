package manifest

// kinds is the table of everything that can be configured, in the order in which it is applied: what others refer to comes first, and is
// deleted last. A new kind is a file with its declaration, a line here and a list in Manifest; parse, check, export, plan, apply,
// delete and the mutations of the API follow the declaration.
func kinds() []kind {
	return []kind{
		connectorKind(),
		entityTypeKind(),
		propertyExpressionKind(),
		dimensionKind(),
		policyKind(),
		categoryKind(),
		compositeRoleKind(),
		singleRoleKind(),
		resourceTypeKind(),
		contextRuleKind(),
		recordSectionKind(),
		roleMappingKind(),
		miningRuleKind(),
		automationRuleKind(),
		riskKind(),
		indirectResourceRuleKind(),
		jobKind(),
		profileKind(),
		approverRuleKind(),
		userKind(),
		identityProviderKind(),
	}
}

// Manifest is a whole configuration, or a part of one: the lists of a file.
type Manifest struct {
	Connectors            []Connector            `yaml:"connectors,omitempty"`
	EntityTypes           []EntityType           `yaml:"entityTypes,omitempty"`
	PropertyExpressions   []PropertyExpression   `yaml:"propertyExpressions,omitempty"`
	Dimensions            []Dimension            `yaml:"dimensions,omitempty"`
	Policies              []Policy               `yaml:"policies,omitempty"`
	Categories            []Category             `yaml:"categories,omitempty"`
	CompositeRoles        []Role                 `yaml:"compositeRoles,omitempty"`
	SingleRoles           []Role                 `yaml:"singleRoles,omitempty"`
	ResourceTypes         []ResourceType         `yaml:"resourceTypes,omitempty"`
	ContextRules          []ContextRule          `yaml:"contextRules,omitempty"`
	RecordSections        []RecordSection        `yaml:"recordSections,omitempty"`
	RoleMappings          []RoleMapping          `yaml:"roleMappings,omitempty"`
	MiningRules           []MiningRule           `yaml:"miningRules,omitempty"`
	AutomationRules       []AutomationRule       `yaml:"automationRules,omitempty"`
	Risks                 []Risk                 `yaml:"risks,omitempty"`
	IndirectResourceRules []IndirectResourceRule `yaml:"indirectResourceRules,omitempty"`
	Jobs                  []Job                  `yaml:"jobs,omitempty"`
	Profiles              []Profile              `yaml:"profiles,omitempty"`
	ApproverRules         []ApproverRule         `yaml:"approverRules,omitempty"`
	Users                 []User                 `yaml:"users,omitempty"`
	IdentityProviders     []IdentityProvider     `yaml:"identityProviders,omitempty"`

	// Delete names objects that shall be gone, by list: { singleRoles: [Old], users: [bob] }. What is not there is gone already.
	Delete map[string][]string `yaml:"delete,omitempty"`

	places map[string][]string // kind/identifier -> file:line, as often as it stands there
}
