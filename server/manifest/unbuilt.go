package manifest

import (
	"cmp"
	"fmt"
	"slices"

	"writ/server/errs"
)

// refuseUnbuilt refuses settings that the words know and nothing follows yet: accepted without effect they would promise something.
func refuseUnbuilt(m *Manifest) error {
	for _, p := range m.Policies {
		if p.IsSimulationEnabled {
			return errs.Invalid("policy/"+p.Identifier+".isSimulationEnabled", "There are no simulations yet, so this would have no effect. Leave isSimulationEnabled out.")
		}
	}
	strengths := func(kind string, list []Role) error {
		for _, r := range list {
			for _, rule := range r.Rules {
				if err := refuseStrength(rule.Type, fieldOf(kind, r)+"."+rule.Identifier); err != nil {
					return err
				}
			}
		}
		return nil
	}
	if err := cmp.Or(strengths("COMPOSITE", m.CompositeRoles), strengths("SINGLE", m.SingleRoles)); err != nil {
		return err
	}
	for _, t := range m.ResourceTypes {
		for _, rule := range t.TypeRules {
			if err := refuseStrength(rule.Type, "resourceType/"+t.Identifier+"."+rule.Identifier); err != nil {
				return err
			}
		}
	}
	for _, p := range m.Profiles {
		for _, r := range p.Rules {
			for n, e := range r.Entries {
				field := fmt.Sprintf("accessRule/%s.entries[%d]", r.Identifier, n)
				switch {
				case e.FullAccessProperties:
					return errs.Invalid(field+".fullAccessProperties", "No property is hidden by a visibility group yet, so this would have no effect. Leave fullAccessProperties out.")
				case e.Priority != 0:
					return errs.Invalid(field+".priority", "Rights add up: no entry is stronger than another, so a priority would have no effect. Leave it out.")
				}
			}
		}
	}
	return nil
}

// refuseStrength refuses the rule types that only suggest something in a request: there are no requests yet.
func refuseStrength(name, field string) error {
	if name != "" && name != ruleTypes[0] && slices.Contains(ruleTypes, name) {
		return errs.Invalid(field+".type", "A rule of type %s only fills the basket of a request, and there are no requests yet. Use %s, or leave the rule out.", name, ruleTypes[0])
	}
	return nil
}
