package assignment

import (
	"fmt"
	"slices"

	"writ/server/evaluation"
)

// viewBlock is something that a risk keeps back from the owner.
type viewBlock struct {
	ID             int64
	RiskID         int64
	RoleID         int64
	Parameters     map[string]int64 `bun:"type:jsonb"`
	ResourceTypeID int64
	Property       string
	ValueID        int64
	Contributors   []evaluation.Contributor `bun:"type:jsonb"`
}

// readBlocks reads what risks keep back, and names what makes them hold.
func (v *viewer) readBlocks(owner int64) error {
	if err := v.db.NewRaw(`select id, risk_id, coalesce(role_id, 0) as role_id, parameters, coalesce(resource_type_id, 0) as resource_type_id, coalesce(property, '') as property,
			coalesce(value_id, 0) as value_id, contributors from risk_block
		where owner_id = ?0 and blocked_at <= ?1 and (closed_at is null or closed_at > ?1) order by id`, owner, v.done()).Scan(v.ctx, &v.blocks); err != nil {
		return err
	}
	if len(v.blocks) == 0 {
		return nil
	}
	var list []int64
	for _, b := range v.blocks {
		for _, c := range b.Contributors {
			list = append(list, c.ValueID)
		}
	}
	n, err := v.m.readNames(v.ctx, v.db, list, v.known)
	if err == nil {
		v.parts = &wording{names: n, now: v.at}
	}
	return err
}

// blockedBecause says why a role is kept back.
func (v *viewer) blockedBecause(r *viewRole) []string {
	var out []string
	if evaluation.Workflow(r.WorkflowState) != evaluation.Blocked {
		return nil
	}
	for i := range v.blocks {
		b := &v.blocks[i]
		if b.RoleID == r.RoleID && (&evaluation.AssignedRole{Parameters: b.Parameters}).HasParameters(r.Parameters) {
			out = append(out, v.because(b))
		}
	}
	return out
}

func (v *viewer) because(b *viewBlock) string {
	return fmt.Sprintf("Blocked by the risk %s: otherwise %s would come together.", v.m.riskName(b.RiskID), and(v.parts.parts(b.Contributors)))
}

// buildBlocked adds the values of an account that are kept back by themselves: once for each account of the type.
func (v *viewer) buildBlocked(t *viewType, parent *Entitlement) {
	rt := v.m.ResourceType(t.ResourceTypeID)
	added := map[string]*Entitlement{}
	for i := range v.blocks {
		b := &v.blocks[i]
		if b.ResourceTypeID != t.ResourceTypeID || !t.IsExpected {
			continue
		}
		id := fmt.Sprintf("%s-%s-%d-blocked", parent.ID, b.Property, b.ValueID)
		e := added[id]
		if e == nil {
			e = &Entitlement{ID: id, ParentID: &parent.ID, Kind: Property, Name: v.label(rt, b.Property), Identifier: b.Property, WorkflowState: int(evaluation.Blocked),
				HiddenInSimplifiedView: true, State: new(evaluation.None)}
			if b.ValueID != 0 {
				e.Value = new(v.parts.resource(b.ValueID))
			}
			for _, c := range b.Contributors {
				if c.ResourceTypeID == b.ResourceTypeID && c.Property == b.Property && c.ValueID == b.ValueID {
					for _, rule := range c.Rules {
						e.Reasons = append(e.Reasons, v.m.TypeRuleReason(rule))
					}
				}
			}
			added[id] = e
			v.add(e)
		}
		if text := v.because(b); !slices.Contains(e.Reasons, text) {
			e.Reasons = append(e.Reasons, text)
		}
	}
}
