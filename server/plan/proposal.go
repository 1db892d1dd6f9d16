package plan

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/uptrace/bun"

	"writ/server/directory"
	"writ/server/errs"
	"writ/server/manifest"
	"writ/server/permit"
)

// proposal is what a plan is about: a configuration, and edits of resources.
type proposal struct {
	YAML  string
	Edits directory.Edits

	manifest *manifest.Manifest
	title    string // of the plan that it was taken from
}

// maxEdits is how many resources one plan edits.
const maxEdits = 500

// proposalOf reads what somebody proposes: anew, or again what another plan was about, for resources as they are by now.
func (s *Service) proposalOf(ctx context.Context, in *MakePlanInput) (*proposal, error) {
	if in.Again == nil {
		return in.proposal()
	}
	if _, err := permit.Require(ctx, permit.SimulationQuery); err != nil {
		return nil, err
	}
	if in.Save != nil || len(in.Delete) > 0 || strings.TrimSpace(text(in.YAML)) != "" || len(in.CreateResources)+len(in.UpdateResources)+len(in.DeleteResources) > 0 {
		return nil, errs.Invalid("input.again", "Give either the number of a plan to make again, or what is proposed.")
	}
	before, err := s.get(ctx, s.DB, *in.Again)
	if err != nil {
		return nil, err
	}
	p, err := s.proposed(ctx, before.ID)
	if err != nil {
		return nil, err
	}
	p.title = before.Title
	var ids []int64
	for _, e := range p.Edits.Update {
		ids = append(ids, e.ID)
	}
	for _, e := range p.Edits.Delete {
		ids = append(ids, e.ID)
	}
	var rows []struct {
		ID      int64
		Version int
	}
	if err := s.DB.NewRaw(`select id, version from resource where id = any (?)`, array(ids)).Scan(ctx, &rows); err != nil {
		return nil, fmt.Errorf("read what plan %d edits: %w", before.ID, err)
	}
	versions := map[int64]int{}
	for _, r := range rows {
		versions[r.ID] = r.Version
	}
	for i := range p.Edits.Update {
		p.Edits.Update[i].Version = versions[p.Edits.Update[i].ID]
	}
	for i := range p.Edits.Delete {
		p.Edits.Delete[i].Version = versions[p.Edits.Delete[i].ID]
	}
	return p, nil
}

// proposal reads what somebody proposes.
func (in *MakePlanInput) proposal() (*proposal, error) {
	p := &proposal{YAML: text(in.YAML), Edits: directory.Edits{Create: in.CreateResources, Update: in.UpdateResources, Delete: in.DeleteResources}}
	if n := p.Edits.Len(); n > maxEdits {
		return nil, errs.New(errs.TooLarge, "A plan edits %d resources at most, and these are %d.", maxEdits, n)
	}
	if in.Save == nil && len(in.Delete) == 0 {
		return p, p.parse("input.yaml")
	}
	if strings.TrimSpace(p.YAML) != "" {
		return nil, errs.Invalid("input.yaml", "Give the configuration either as yaml, or by save and delete.")
	}
	asked := manifest.ApplyConfigurationInput{Save: in.Save, Delete: in.Delete}
	p.manifest = asked.Wanted()
	written, err := yaml.Marshal(p.manifest)
	if err != nil {
		return nil, fmt.Errorf("write a proposed configuration: %w", err)
	}
	p.YAML = string(written)
	return p, nil
}

// parse reads the configuration; without one a plan changes nothing of it.
func (p *proposal) parse(name string) (err error) {
	if p.manifest = (&manifest.Manifest{}); strings.TrimSpace(p.YAML) != "" {
		p.manifest, err = manifest.Parse(name, []byte(p.YAML))
	}
	return err
}

// proposed reads what a plan is about.
func (s *Service) proposed(ctx context.Context, id int64) (*proposal, error) {
	var sealed []byte
	if err := s.DB.NewRaw(`select configuration from plan where id = ?`, id).Scan(ctx, &sealed); err != nil {
		return nil, fmt.Errorf("read the configuration of plan %d: %w", id, err)
	}
	plain, err := s.Manifest.Keyring.Open(SealedOf(fmt.Sprint(id)), sealed)
	if err != nil {
		return nil, fmt.Errorf("open the configuration of plan %d: %w", id, err)
	}
	p := &proposal{YAML: plain["yaml"]}
	if edits := plain["edits"]; edits != "" {
		if err := json.Unmarshal([]byte(edits), &p.Edits); err != nil {
			return nil, fmt.Errorf("read the edits of plan %d: %w", id, err)
		}
	}
	return p, p.parse("configuration")
}

// mayPropose refuses whoever may not read objects of every kind that the configuration names, or may not edit the resources.
func (s *Service) mayPropose(ctx context.Context, p *proposal) error {
	if p.manifest.NamesAny() || p.Edits.Len() == 0 {
		if err := manifest.MayPlan(ctx, p.manifest); err != nil {
			return err
		}
	}
	if p.Edits.Len() == 0 {
		return nil
	}
	_, err := s.Manifest.Try(ctx, p.manifest, func(ctx context.Context, tx bun.Tx) error {
		_, err := s.Directory.Edit(ctx, tx, p.Edits, true)
		return err
	})
	return err
}
