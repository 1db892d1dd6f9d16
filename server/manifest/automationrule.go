package manifest

import (
	"slices"

	"writ/server/errs"
	"writ/server/page"
	"writ/server/rolemodel"
)

// AutomationRule decides in the place of reviewers, once an assignment has been in a state for long enough (role-model 7).
type AutomationRule struct {
	// Name in the configuration, unique for its kind; stable, unlike the display name. Letters, digits, _ - . and / only.
	Identifier string `yaml:"identifier"`
	// Name to show, and the comment of what it decides. Default: the identifier.
	DisplayName string `yaml:"displayName,omitempty" default:"=Identifier"`
	// What it is about; the field of that name says which one. Where several rules are about an assignment, the one about the role or the resource type itself decides, before that of the nearest category, before that of the policy.
	Type string `yaml:"type" words:"AutomationTarget"`
	// Identifier of the composite role; only with that type.
	CompositeRole string `yaml:"compositeRole,omitempty" ref:"role:COMPOSITE"`
	// Identifier of the single role; only with that type.
	SingleRole string `yaml:"singleRole,omitempty" ref:"role:SINGLE"`
	// Identifier of the resource type; only with that type. Accounts without an owner are left to people.
	ResourceType string `yaml:"resourceType,omitempty" ref:"resource_type"`
	// Identifier of the category of roles and resource types; only with that type.
	Category string `yaml:"category,omitempty" ref:"category"`
	// What stands in categories below counts, too. Default: true.
	IncludeSubcategories *bool `yaml:"includeSubcategories,omitempty" default:"true"`
	// Identifier of the policy of roles and resource types; only with that type. A rule of another type is switched off with the policy of what it is about.
	Policy string `yaml:"policy,omitempty" ref:"policy"`
	// Identifier of the entity type of the owners; needed with a category or a policy, and only there.
	EntityType string `yaml:"entityType,omitempty" ref:"entity_type"`
	// State in which the assignment waits. Taken are nonConforming and preExisting, what was found in a system; nothing else waits for a decision yet.
	WorkflowState string `yaml:"workflowState" words:"AutomationState"`
	// Hours since the assignment came into that state, however the clock is put; 0: at once, -1: never, so that a narrower rule takes something out of a wider one. Default: -1.
	HoursToWait *int `yaml:"hoursToWait,omitempty" default:"-1" min:"-1" max:"876000"`
	// What is decided. Of several rules about the same, one that declines is stronger, then the shortest wait.
	Decision string `yaml:"decision" words:"AutomationDecision"`
	// What the assignment's own parameters have to be, not the data of its owner: one without a value of a dimension is not meant.
	Dimensions map[string]Criterion `yaml:"dimensions,omitempty"`
}

// The names of its API.
type (
	SaveAutomationRuleInput               = SaveInput[AutomationRule]
	AutomationRuleConfigurationConnection = page.Connection[*AutomationRule]
)

func automationRuleKind() kind {
	d := &declared[AutomationRule]{
		facts: facts{name: "automationRule", list: "automationRules", table: "automation_rule", rights: ofModel, words: wordLists{
			"AutomationTarget":   said(rolemodel.AutomationTargetWords, "A composite role.", "A single role.", "A resource type.", "", "What stands in a category.", "What belongs to a policy."),
			"AutomationDecision": said(rolemodel.AutomationDecisionWords, "It is approved; what was found is kept.", "It is declined; what was found goes."),
			"AutomationState":    said(rolemodel.AutomationStateWords, automationStates...),
		}},
		in:         func(m *Manifest) *[]AutomationRule { return &m.AutomationRules },
		identifier: func(a AutomationRule) string { return a.Identifier },
		check:      checkAutomation,
		refuse:     refuseState,
		load:       loaded[AutomationRule, rolemodel.AutomationRule](nil),
	}
	d.steps = saved(d, func() *rolemodel.AutomationRule { return &rolemodel.AutomationRule{} })
	return d
}

// automationStates say what the states are.
var automationStates = []string{1: "1: found in a system, and nothing explains it.", 3: "3: as that, found by the first computation.", 5: "5: a rule gives it, and a parameter is missing.",
	8: "8: one approval is asked for.", 9: "9: the first of two is asked for.", 10: "10: the second of two is asked for.", 11: "11: the first of three is asked for.",
	12: "12: the second of three is asked for.", 13: "13: the third of three is asked for.", 25: "25: an approval of a risk is asked for.",
	27: "27: the rules do not give it any more, and it stays for the grace period."}

// checkAutomation refuses rules that are about nothing, or about two things.
func checkAutomation(r *ranges, at string, a AutomationRule) {
	target, err := number("AutomationTarget", a.Type, at+".type")
	if err != nil {
		r.word(at+".type", "AutomationTarget", a.Type)
		return
	}
	word := names("AutomationTarget")
	of := rolemodel.AutomationTargetWords[target]
	for i, given := range []string{a.CompositeRole, a.SingleRole, a.ResourceType, a.Category, a.Policy} {
		switch {
		case word[i] == of && given == "":
			r.fault(at+"."+of, "A rule of the type %s says which one. Name it.", of)
		case word[i] != of && given != "":
			r.fault(at+"."+word[i], "%s %q does not go with the type %s. Leave it out, or write a rule of its own.", word[i], given, of)
		}
	}
	wide := rolemodel.AutomationAbout(target) == rolemodel.AutomatesCategory || rolemodel.AutomationAbout(target) == rolemodel.AutomatesPolicy
	switch {
	case wide && a.EntityType == "":
		r.fault(at+".entityType", "A rule about a %s says whose assignments it is about. Name the entity type of the owners.", of)
	case !wide && a.EntityType != "":
		r.fault(at+".entityType", "entityType %q does not go with the type %s, which says it already. Leave it out.", a.EntityType, of)
	}
}

// refuseState refuses states in which nothing waits that a reviewer could decide about.
func refuseState(a AutomationRule) error {
	n, unknown := number("AutomationState", a.WorkflowState, "")
	if unknown != nil {
		return nil //nolint:nilerr // a word that is none is refused with its place
	}
	if slices.Contains(rolemodel.AutomatedStates, n) {
		return nil
	}
	at := "automationRule/" + a.Identifier + ".workflowState"
	switch a.WorkflowState {
	case "missingParameters":
		return errs.Invalid(at, "An assignment in the state %s waits for a value, which no decision gives. Give the parameter in the rule that gives the role.", a.WorkflowState)
	default:
		return errs.Invalid(at, "Nothing is in the state %s yet: there are no requests. Use nonConforming, preExisting or prolonged.", a.WorkflowState)
	}
}
