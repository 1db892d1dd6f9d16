package manifest

import (
	"writ/server/errs"
	"writ/server/page"
	"writ/server/rolemodel"
)

// Policy is a set of roles, types and rules that belong together (role-model 2.2).
type Policy struct {
	// Name in the configuration, unique for its kind; stable, unlike the display name. Letters, digits, _ - . and / only.
	Identifier string `yaml:"identifier"`
	// Name to show. Default: the identifier.
	DisplayName string `yaml:"displayName,omitempty" default:"=Identifier"`
	// Its rules count. False: they give nothing, and what they gave before is taken away.
	IsProvisioningEnabled bool `yaml:"isProvisioningEnabled"`
	// There are no simulations yet: only false is taken.
	IsSimulationEnabled bool `yaml:"isSimulationEnabled,omitempty"`
	// What a context must be for the rules of the policy to be looked at; none: every context.
	Dimensions map[string]Criterion `yaml:"dimensions,omitempty"`
}

// The names of its API.
type (
	SavePolicyInput               = SaveInput[Policy]
	PolicyConfigurationConnection = page.Connection[*Policy]
)

// Criterion is one dimension criterion: the key of a value, and whether what is below it counts too.
type Criterion = rolemodel.Criterion

func policyKind() kind {
	d := &declared[Policy]{
		facts:      facts{name: "policy", list: "policies", table: "policy", rights: ofModel},
		in:         func(m *Manifest) *[]Policy { return &m.Policies },
		identifier: func(p Policy) string { return p.Identifier },
		refuse: func(p Policy) error {
			if p.IsSimulationEnabled {
				return errs.Invalid("policy/"+p.Identifier+".isSimulationEnabled", "There are no simulations yet, so this would have no effect. Leave isSimulationEnabled out.")
			}
			return nil
		},
		load: loaded[Policy, rolemodel.Policy](nil),
	}
	d.steps = saved(d, func() *rolemodel.Policy { return &rolemodel.Policy{} })
	return d
}
