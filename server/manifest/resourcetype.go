package manifest

import (
	"fmt"

	"writ/server/page"
	"writ/server/rolemodel"
)

// ResourceType is a class of accounts or other targets owned by a kind of source, with all its rules (role-model 2.5).
type ResourceType struct {
	// Name in the configuration, unique for its kind; stable, unlike the display name. Letters, digits, _ - . and / only.
	Identifier string `yaml:"identifier"`
	// Name to show. Default: the identifier.
	DisplayName string `yaml:"displayName,omitempty" default:"=Identifier"`
	// What it is for.
	Description string `yaml:"description,omitempty"`
	// Identifier of its policy. Default: Default.
	Policy string `yaml:"policy,omitempty" default:"Default" ref:"policy"`
	// Identifier of the entity type of its owners.
	SourceEntityType string `yaml:"sourceEntityType" ref:"entity_type"`
	// Identifier of the entity type of its targets.
	TargetEntityType string `yaml:"targetEntityType" ref:"entity_type"`
	// Identifier of its category; empty: none.
	Category string `yaml:"category,omitempty" ref:"category"`
	// Identifier of the connection that carries out its orders; empty: none does.
	Connection string `yaml:"connection,omitempty" ref:"connection"`
	// How many approvals a request for it needs, 0 to 3; 4: it cannot be requested.
	ApprovalWorkflowType *int `yaml:"approvalWorkflowType,omitempty" default:"4" min:"0" max:"4"`
	// Labels to find it by.
	Tags []string `yaml:"tags,omitempty"`
	// The resource, mostly a person, that answers for it; none: nobody.
	Owner *Owner `yaml:"owner,omitempty" inline:"Owner"`
	// How steps of an approval go that the requester could take himself.
	ImplicitApproval string `yaml:"implicitApproval,omitempty" default:"inherited" words:"ImplicitApproval"`
	// Whether the end of what was given by hand may be put off without an approval.
	ProlongationWithoutApproval string `yaml:"prolongationWithoutApproval,omitempty" default:"inherited" words:"Prolongation"`
	// How the end of what is given by hand goes with the contexts of its holder.
	ManualAssignmentEndDateLockedToContextMode string `yaml:"manualAssignmentEndDateLockedToContextMode,omitempty" default:"inherited" words:"EndDateLockWithInherited"`
	// Identifiers of the dimensions that a request for it has to say.
	RequiredParameters []string `yaml:"requiredParameters,omitempty"`
	// Not shown to people who look at a short list, when a rule gives it.
	HideOnSimplifiedView bool `yaml:"hideOnSimplifiedView,omitempty"`
	// Targets may be created.
	AllowAdd *bool `yaml:"allowAdd,omitempty" default:"true"`
	// Targets may be deleted.
	AllowRemove *bool `yaml:"allowRemove,omitempty" default:"true"`
	// Targets whose owner is gone are deleted; needs allowRemove.
	RemoveOrphans bool `yaml:"removeOrphans,omitempty"`
	// Orders wait for a review.
	BlockProvisioning *bool `yaml:"blockProvisioning,omitempty" default:"true"`
	// People may decide on orders about themselves.
	AllowOwnDecisions bool `yaml:"allowOwnDecisions,omitempty"`
	// When the source changes, values that somebody kept are overwritten instead of shown as questioned.
	DiscardManualAssignments bool `yaml:"discardManualAssignments,omitempty"`
	// An owner may have several targets, and a query several values.
	CorrelateMultipleResources bool `yaml:"correlateMultipleResources,omitempty"`
	// Also what is less sure than another candidate is suggested.
	SuggestAllCorrelations bool `yaml:"suggestAllCorrelations,omitempty"`
	// Identifier of the resource type of which the owner needs a target before one is created; empty: none.
	DependsOn string `yaml:"dependsOn,omitempty" ref:"resource_type" late:"true"`
	// Scalar property that the owner needs a value of before a target is created; empty: none.
	DependsOnOwnerProperty string `yaml:"dependsOnOwnerProperty,omitempty"`
	// Expression that gives further arguments of an order (role-model 2.5); empty: none.
	ArgumentsExpression string `yaml:"argumentsExpression,omitempty"`
	// Hours before its start date at which an order becomes due. Default: 0.
	FulfillHoursAheadOfTime int `yaml:"fulfillHoursAheadOfTime,omitempty" min:"0"`
	// Minutes after which silent Transmitted or Executed orders become Errored; 0 (default): never.
	TransmittedStateValidityPeriod int `yaml:"transmittedStateValidityPeriod,omitempty" min:"0"`
	// How often an errored order is tried again by itself. Default: 0.
	AutoRetryCount int `yaml:"autoRetryCount,omitempty" min:"0"`
	// Minutes before the first such try; each further one waits twice as long.
	AutoRetryDelayMinutes int `yaml:"autoRetryDelayMinutes,omitempty" default:"5" min:"0"`
	// More creations in one run block it; 0 (default): no limit.
	MaximumInsert int `yaml:"maximumInsert,omitempty" min:"0"`
	// More updates in one run block it; 0 (default): no limit.
	MaximumUpdate int `yaml:"maximumUpdate,omitempty" min:"0"`
	// More deletions in one run block it; 0 (default): no limit.
	MaximumDelete int `yaml:"maximumDelete,omitempty" min:"0"`
	// More creations in one run, in percent of the existing targets, block it; 0: no limit.
	MaximumInsertPercent *int `yaml:"maximumInsertPercent,omitempty" default:"30" min:"0" max:"100"`
	// More updates in one run, in percent of the existing targets, block it; 0: no limit.
	MaximumUpdatePercent *int `yaml:"maximumUpdatePercent,omitempty" default:"30" min:"0" max:"100"`
	// More deletions in one run, in percent of the existing targets, block it; 0: no limit.
	MaximumDeletePercent *int `yaml:"maximumDeletePercent,omitempty" default:"30" min:"0" max:"100"`
	// Its system is never read: an order ends when a person confirms its ticket.
	TicketSynchroIsNotAvailable bool `yaml:"ticketSynchroIsNotAvailable,omitempty"`

	// What gives it. The list is replaced as a whole, as the other lists of rules are.
	TypeRules []TypeRule `yaml:"typeRules,omitempty" row:"-"`
	// What computes its scalars.
	ScalarRules []ScalarRule `yaml:"scalarRules,omitempty" row:"-"`
	// What puts fixed resources into its navigations.
	NavigationRules []NavigationRule `yaml:"navigationRules,omitempty" row:"-"`
	// What looks up resources for its navigations.
	QueryRules []QueryRule `yaml:"queryRules,omitempty" row:"-"`
	// What copies files, such as photos.
	BinaryRules []BinaryRule `yaml:"binaryRules,omitempty" row:"-"`
	// What says who owns a target.
	CorrelationRules []CorrelationRule `yaml:"correlationRules,omitempty" row:"-"`
	// What says that a target without owner is of this type.
	ClassificationRules []ClassifyRule `yaml:"classificationRules,omitempty" row:"-"`
}

// ruleKinds is the table of the rules of a resource type, in the order in which they are written: each a list above.
func ruleKinds() []ruleKind {
	return []ruleKind{
		typeRuleKind(),
		scalarRuleKind(),
		navigationRuleKind(),
		queryRuleKind(),
		binaryRuleKind(),
		correlationRuleKind(),
		classificationRuleKind(),
	}
}

// The names of its API.
type (
	SaveResourceTypeInput               = SaveInput[ResourceType]
	ResourceTypeConfigurationConnection = page.Connection[*ResourceType]
)

func resourceTypeKind() kind {
	d := &declared[ResourceType]{
		facts:      facts{name: "resourceType", list: "resourceTypes", table: "resource_type", rights: ofModel},
		in:         func(m *Manifest) *[]ResourceType { return &m.ResourceTypes },
		identifier: func(t ResourceType) string { return t.Identifier },
		normal: func(t ResourceType) ResourceType {
			for _, k := range ruleKinds() {
				k.name(&t)
			}
			return t
		},
		inner: func(t ResourceType, add func(what, identifier string)) {
			for _, k := range ruleKinds() {
				k.each(&t, func(identifier string) { add("resource type rule", identifier) })
			}
		},
		refuse: func(t ResourceType) error {
			for _, rule := range t.TypeRules {
				if err := refuseStrength(rule.Type, "resourceType/"+t.Identifier+"."+rule.Identifier+".type"); err != nil {
					return err
				}
			}
			return nil
		},
		check: func(r *ranges, at string, t ResourceType) {
			r.tags(at, t.Tags)
			if t.RemoveOrphans && !*t.AllowRemove {
				r.fault(at+".removeOrphans", "removeOrphans needs allowRemove (role-model 2.5).")
			}
		},
		load: (*reader).resourceTypes,
	}
	d.steps = append(saved(d, func() *rolemodel.ResourceType { return &rolemodel.ResourceType{} }), func(w *writer, list []ResourceType, _ *change) error {
		return w.resourceTypeRules(d, list)
	})
	return d
}

// resourceTypeRules replaces the rules of resource types.
func (w *writer) resourceTypeRules(d *declared[ResourceType], list []ResourceType) error {
	var rows []*rolemodel.ResourceTypeRule
	owners := make([]int64, len(list))
	for n, t := range list {
		id, err := w.id(d.table, t.Identifier, d.at(t))
		if err != nil {
			return err
		}
		if w.target, err = w.id("entity_type", t.TargetEntityType, d.at(t)); err != nil {
			return err
		}
		owners[n] = id
		for _, k := range ruleKinds() {
			of, err := k.rows(w, d.at(t), &t)
			if err != nil {
				return err
			}
			for _, row := range of {
				row.ResourceTypeID = id
			}
			rows = append(rows, of...)
		}
	}
	return rolemodel.Replace(w.ctx, w.tx, rows, owners)
}

// resourceTypes reads the resource types with their rules.
func (r *reader) resourceTypes() ([]ResourceType, error) {
	types, err := rolemodel.All[rolemodel.ResourceType](r.ctx, r.db)
	if err != nil {
		return nil, err
	}
	rules, err := rolemodel.All[rolemodel.ResourceTypeRule](r.ctx, r.db)
	if err != nil {
		return nil, err
	}
	out, index := make([]ResourceType, len(types)), map[int64]int{}
	for n, row := range types {
		index[row.ID] = n
		if err := r.fromRow(row, &out[n]); err != nil {
			return nil, err
		}
	}
	byKind := map[rolemodel.RuleKind]ruleKind{}
	for _, k := range ruleKinds() {
		byKind[k.of()] = k
	}
	for _, row := range rules {
		k, known := byKind[row.Kind]
		if !known {
			return nil, fmt.Errorf("the rule %s is of the unknown kind %s", row.Identifier, row.Kind)
		}
		if err := k.load(r, row, &out[index[row.ResourceTypeID]]); err != nil {
			return nil, err
		}
	}
	return out, nil
}
