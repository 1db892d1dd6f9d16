package manifest

import (
	"maps"
	"slices"

	"writ/server/errs"
	"writ/server/page"
	"writ/server/rolemodel"
)

// ContextRule turns the records of an owner, such as positions, into contexts (role-model 4.3).
type ContextRule struct {
	// Name in the configuration, unique for its kind; stable, unlike the display name. Letters, digits, _ - . and / only.
	Identifier string `yaml:"identifier"`
	// Name to show. Default: the identifier.
	DisplayName string `yaml:"displayName,omitempty" default:"=Identifier"`
	// Identifier of its policy. Default: Default.
	Policy string `yaml:"policy,omitempty" default:"Default" ref:"policy"`
	// Identifier of the entity type of the owners; one rule for each in a policy.
	SourceEntityType string `yaml:"sourceEntityType" ref:"entity_type" row:"EntityTypeID"`
	// Path from the owner to its records; empty: the owner itself is the record.
	ResourcesBinding string `yaml:"resourcesBinding,omitempty"`
	// Path from a record to the date from which it counts; empty: since ever.
	StartBinding string `yaml:"startBinding,omitempty" row:"ResourcesStartBinding"`
	// Path from a record to the date until which it counts; empty: for ever.
	EndBinding string `yaml:"endBinding,omitempty" row:"ResourcesEndBinding"`
	// Condition over a record under which it does not count; empty: all count.
	ExcludeExpression string `yaml:"excludeExpression,omitempty"`
	// Where a record has the value of each dimension: paths by dimension.
	Dimensions map[string]string `yaml:"dimensions,omitempty"`
	// Mining: how many people a proposed rule must match. Default: 0.
	MinIdentitiesCount int `yaml:"minIdentitiesCount,omitempty" min:"0"`
	// Mining: share of the people, in percent from 0 to 100, whose rare values are no criterion of a proposed rule. Default: 0.
	ReductionOutlierPercentage float64 `yaml:"reductionOutlierPercentage,omitempty" min:"0" max:"100"`
	// How the levels of the risks that somebody has make his score; scores are made by the task ComputeRiskScores. Of several rules of an entity type that of the policy Default counts.
	RiskFactorType string `yaml:"riskFactorType,omitempty" default:"none" words:"RiskFactorType"`
}

// The names of its API.
type (
	SaveContextRuleInput               = SaveInput[ContextRule]
	ContextRuleConfigurationConnection = page.Connection[*ContextRule]
)

func contextRuleKind() kind {
	d := &declared[ContextRule]{
		facts: facts{name: "contextRule", list: "contextRules", table: "context_rule", rights: ofModel, words: wordLists{
			"RiskFactorType": said(rolemodel.RiskFactorWords, "There are no scores.", "The highest level.", "The mean of the levels, rounded half up."),
		}},
		in:         func(m *Manifest) *[]ContextRule { return &m.ContextRules },
		identifier: func(c ContextRule) string { return c.Identifier },
		load:       loaded[ContextRule, rolemodel.ContextRule](nil),
	}
	d.steps = append([]func(*writer, []ContextRule, *change) error{func(w *writer, list []ContextRule, _ *change) error { return w.contextRules(d, list) }},
		saved(d, func() *rolemodel.ContextRule { return &rolemodel.ContextRule{} })...)
	return d
}

// contextRules refuses rules of dimensions that are not there, and a second rule of an entity type in a policy.
func (w *writer) contextRules(d *declared[ContextRule], list []ContextRule) error {
	all, err := rolemodel.All[rolemodel.ContextRule](w.ctx, w.tx)
	if err != nil {
		return err
	}
	type place struct{ policy, entityType int64 }
	taken, mine := map[place]string{}, map[string]bool{}
	for _, c := range list {
		mine[c.Identifier] = true
	}
	for _, c := range all {
		if !mine[c.Identifier] {
			taken[place{c.PolicyID, c.EntityTypeID}] = c.Identifier
		}
	}
	for _, c := range list {
		row := &rolemodel.ContextRule{}
		if err := w.toRow(d.at(c), c, row, true); err != nil {
			return err
		}
		for _, name := range slices.Sorted(maps.Keys(c.Dimensions)) {
			if _, err := w.id("dimension", name, d.at(c)+".dimensions."+name); err != nil {
				return err
			}
		}
		at := place{row.PolicyID, row.EntityTypeID}
		if other, ok := taken[at]; ok {
			return errs.Invalid(d.at(c)+".sourceEntityType", "%s already is the context rule of %s in the policy %s. Change that one.", other, c.SourceEntityType, c.Policy)
		}
		taken[at] = c.Identifier
	}
	return nil
}
