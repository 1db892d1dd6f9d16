package manifest

import (
	"context"
	"slices"

	"github.com/uptrace/bun"

	"writ/server/errs"
)

// Wanted is what somebody would write and delete, as one manifest. Versions are left to CheckSimulation.
func (in *ApplyConfigurationInput) Wanted() *Manifest {
	m := in.Save
	if m == nil {
		m = &Manifest{}
	}
	m.Delete = map[string][]string{}
	for _, o := range in.Delete {
		k := kindNamed(o.Kind) // the schema knows no others
		m.Delete[k.about().list] = append(m.Delete[k.about().list], o.Identifier)
	}
	return m
}

// CheckSimulation refuses to simulate a change: CONFLICT when one of the objects is at another version by now, VALIDATION when it cannot be written
// at all, or a policy that it touches allows no simulations (role-model 11.3). A policy that is not there yet allows what it will.
func (s *Service) CheckSimulation(ctx context.Context, tx bun.Tx, m *Manifest, versions []ObjectVersion) error {
	p, c, err := s.compare(ctx, tx, m)
	if err != nil {
		return err
	}
	if err := c.current.at(versions); err != nil {
		return err
	}
	allows := map[string]bool{}
	for _, list := range [][]Policy{c.wanted.Policies, c.current.Policies} { // what is in force wins
		for _, one := range list {
			allows[one.Identifier] = one.IsSimulationEnabled
		}
	}
	for _, name := range touchedPolicies(c.current, c.wanted, p.Changes) {
		if is, there := allows[name]; there && !is {
			return errs.Invalid("policy/"+name+".isSimulationEnabled", "The policy %s allows no simulations. Set its isSimulationEnabled, and simulate again.", name)
		}
	}
	return nil
}

// inSimulations are the kinds of objects that are in a policy and that people are computed by.
var inSimulations = []string{"policy", "compositeRole", "singleRole", "resourceType", "contextRule", "roleMapping"}

// touchedPolicies names the policies of the objects and rules that differ, as they are and as they would be, sorted.
func touchedPolicies(current, wanted *Manifest, changes []Change) (names []string) {
	differs := map[string]Change{}
	for _, change := range changes {
		if slices.Contains(inSimulations, change.Kind) {
			differs[kindNamed(change.Kind).about().named(change.Identifier).key()] = change
		}
	}
	for _, m := range []*Manifest{current, wanted} {
		for _, o := range m.objects() {
			change, ok := differs[o.key()]
			if !ok {
				continue
			}
			values := flatten(o.content)
			if names = append(names, values["policy"]); o.kind == "policy" {
				names = append(names, o.identifier)
			}
			for _, f := range change.Fields {
				for i, c := range f.Path { // the rule that the field belongs to
					if c == '.' {
						names = append(names, values[f.Path[:i]+".policy"])
					}
				}
			}
		}
	}
	slices.Sort(names)
	return slices.DeleteFunc(slices.Compact(names), func(n string) bool { return n == "" })
}
