package bench

import (
	"context"
	"fmt"
	"time"

	"github.com/goccy/go-yaml"

	"writ/server/manifest"
	ahead "writ/server/plan"
)

// plans prints part i.
func plans(ctx context.Context, s *server, in Input) error {
	t := &table{title: "i) Plans: what a change of the model would do to everybody, kept person by person",
		columns: []string{"people", "change", "concerns", "took", "people/s", "own CPU", "database CPU", "allocated", "most memory"}}
	for _, people := range in.sizes() {
		if err := planned(ctx, s, in, people, t); err != nil {
			return fmt.Errorf("plan for %d people: %w", people, err)
		}
	}
	t.note("Everybody has an account with six attributes and three groups, ordered and not yet there. CPU, allocation and memory are those of the whole plan.")
	t.print(in.Out)
	return nil
}

func planned(ctx context.Context, s *server, in Input, people int, t *table) error {
	o, err := s.organisation(ctx, in, people)
	if err != nil {
		return err
	}
	defer o.close()
	if _, err := o.compute(ctx, false); err != nil {
		return err
	}
	if err := o.settle(ctx); err != nil {
		return err
	}
	role := func(of ...manifest.RoleRule) manifest.Manifest {
		return manifest.Manifest{SingleRoles: []manifest.Role{{Identifier: "Planned", EntityType: "Person", Rules: of}}}
	}
	for _, change := range []struct {
		name string
		m    manifest.Manifest
	}{
		{"a role for one division", role(manifest.RoleRule{Dimensions: map[string]manifest.Criterion{"Department": {Key: division(0), Inherit: true}}})},
		{"a role for everybody", role(manifest.RoleRule{})},
	} {
		raw, err := yaml.Marshal(change.m)
		if err != nil {
			return err
		}
		text, concerns := string(raw), 0
		m, err := o.measured(ctx, func() (time.Duration, error) {
			began := time.Now()
			p, err := o.Plans.Compute(ctx, ahead.MakePlanInput{YAML: &text})
			if err != nil {
				return 0, err
			}
			took := time.Since(began)
			sums, err := o.Plans.Summaries(ctx, []*ahead.Plan{p})
			if err != nil {
				return 0, err
			}
			if sums[p].Looked != people {
				return 0, fmt.Errorf("it looked at %d people", sums[p].Looked)
			}
			concerns = sums[p].People
			return took, nil
		})
		if err != nil {
			return err
		}
		t.add(people, change.name, concerns, m.took, perSecond(people, m.took), m.own, m.database, size(m.allocated), size(m.most))
	}
	return nil
}
