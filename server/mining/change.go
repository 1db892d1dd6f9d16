package mining

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"

	"writ/server/errs"
	"writ/server/manifest"
	"writ/server/page"
	"writ/server/rolemodel"
)

// MiningChange is what chosen proposals mean for the configuration. Nothing is made of it here: it is planned and applied like any other.
type MiningChange struct {
	YAML        string // a configuration: the roles with their new rules
	Roles       int
	Rules       int // that are added
	Explained   int // assignments that the rules give, too
	Given       int // assignments that the rules would make
	Unexplained int // assignments of these roles that no rule gives
	Replaced    []*ReplacedRule
}

// ReplacedRule is a rule in the policy of the proposals that goes.
type ReplacedRule struct {
	Role, Rule string // identifiers
	IsMined    bool   // an earlier run proposed it; else somebody wrote it by hand
}

// mostChosen is how many roles one change may have: it must fit into a plan.
const mostChosen = 1000

// minedPrefix begins the identifiers of rules that were proposed.
const minedPrefix = "mined-"

// Change gives what the proposals of results mean. No ids: all that have proposals, and the roles without whose rules in the policy of the proposals came
// from an earlier run (role-model 8.4, step 3). The rules of a role in that policy are replaced, those in other policies stay. NotFound for results that are not
// of this run, Validation when there are more than 1,000 or none. Needs /ProvisioningPolicy/Policy/Query.
func (s *Service) Change(ctx context.Context, runID int64, resultIDs []int64) (*MiningChange, error) {
	if _, err := s.Run(ctx, runID); err != nil {
		return nil, err
	}
	where, whole := bun.SafeQuery("m.mining_run_id = ? and m.id = any (?)", runID, pgdialect.Array(resultIDs)), len(resultIDs) == 0
	if whole {
		where = bun.SafeQuery(`m.mining_run_id = ? and (m.refused is null
			or exists (select from role_rule u where u.role_id = m.role_id and u.policy_id = m.rule_policy_id and starts_with(u.identifier, ?)))`, runID, minedPrefix)
	}
	rows, err := s.read(ctx, results.Columns, where, "m.role_id", mostChosen+1)
	if err != nil {
		return nil, fmt.Errorf("read proposals: %w", err)
	}
	switch distinct := len(slices.Compact(slices.Sorted(slices.Values(resultIDs)))); {
	case len(rows) > mostChosen:
		return nil, errs.Invalid("resultIds", "These are more than %d roles. Choose fewer, and make several plans of them.", mostChosen)
	case !whole && len(rows) < distinct:
		return nil, errs.Missing("%d of these results are not kept, or belong to another run.", distinct-len(rows))
	case len(rows) == 0:
		return nil, errs.Invalid("resultIds", "This run proposes nothing.")
	}
	return s.change(ctx, rows)
}

func (s *Service) change(ctx context.Context, rows []*MiningResult) (*MiningChange, error) {
	policies, err := rolemodel.All[rolemodel.Policy](ctx, s.DB)
	if err != nil {
		return nil, err
	}
	named := map[int64]string{}
	for _, p := range policies {
		named[p.ID] = p.Identifier
	}
	roles := map[string]*manifest.Role{}
	for part := range slices.Chunk(rows, page.Max) {
		var wanted []string
		for _, r := range part {
			wanted = append(wanted, r.Role.Identifier)
		}
		list, err := manifest.List[manifest.Role](ctx, s.Manifest, "singleRole", page.Args{First: page.Max}, wanted)
		if err != nil {
			return nil, err
		}
		for _, r := range list.Nodes() {
			roles[r.Identifier] = r
		}
	}
	out, m := &MiningChange{Replaced: []*ReplacedRule{}}, &manifest.Manifest{}
	for _, r := range rows {
		role := roles[r.Role.Identifier]
		if role == nil {
			return nil, errs.New(errs.StaleItem, "The role %s is gone. Mine again.", r.Role.Identifier).Of(r.ID)
		}
		m.SingleRoles = append(m.SingleRoles, out.replaced(*role, r, named[r.policyID]))
	}
	raw, err := yaml.Marshal(m)
	if err != nil {
		return nil, fmt.Errorf("write a configuration: %w", err)
	}
	out.YAML, out.Roles = string(raw), len(rows)
	return out, nil
}

// replaced gives a role with the proposed rules instead of those in their policy, and counts.
func (c *MiningChange) replaced(role manifest.Role, r *MiningResult, policy string) manifest.Role {
	var rules []manifest.RoleRule
	for _, rule := range role.Rules {
		if rule.Policy != policy {
			rules = append(rules, rule)
			continue
		}
		c.Replaced = append(c.Replaced, &ReplacedRule{role.Identifier, rule.Identifier, strings.HasPrefix(rule.Identifier, minedPrefix)})
	}
	for i, p := range r.Proposals {
		rule := manifest.RoleRule{Identifier: fmt.Sprintf("%s%s-%d", minedPrefix, role.Identifier, i+1), Policy: policy, Type: rolemodel.RuleTypeWords[r.strength]}
		for _, criterion := range p.Criteria {
			if rule.Dimensions == nil {
				rule.Dimensions = map[string]manifest.Criterion{}
			}
			rule.Dimensions[criterion.Dimension] = manifest.Criterion{Key: criterion.Key, Inherit: criterion.Inherit}
		}
		rules = append(rules, rule)
	}
	role.Rules = rules
	c.Rules, c.Explained, c.Given, c.Unexplained = c.Rules+len(r.Proposals), c.Explained+r.Rightly, c.Given+r.Wrongly, c.Unexplained+r.Unexplained
	return role
}
