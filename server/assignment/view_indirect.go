package assignment

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/uptrace/bun"

	"writ/server/db"
	"writ/server/evaluation"
	"writ/server/rolemodel"
)

type viewIndirect struct {
	*IndirectRight
	foundAt time.Time
}

// readIndirect reads what an owner had through others as it was known: complete computations know it from when they find it.
func (v *viewer) readIndirect(owner int64) (out []viewIndirect, err error) {
	err = db.Select(v.ctx, v.db, bun.SafeQuery(`select i.id, i.owner_id, i.rule, i.resource_type_id, i.property, i.value_id, i.role_id, i.account_id, i.path, i.steps, i.singles, i.found_at
		from indirect_right i where i.owner_id = ?0 and i.found_at <= ?1 and (i.closed_at is null or i.closed_at > ?1) order by i.id`, owner, v.done()), func(r *db.Row) error {
		out = append(out, viewIndirect{readIndirect(r), r.Time()})
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read indirect rights: %w", err)
	}
	return out, nil
}

// buildIndirect lists what is had through others, unless it is had directly by now: composite roles, single roles, then the values of accounts.
func (v *viewer) buildIndirect() {
	if len(v.indirect) == 0 {
		return
	}
	direct, at, byID := map[string]bool{}, map[string]*Entitlement{}, map[string]*Entitlement{}
	for _, e := range v.out.Entitlements {
		byID[e.ID] = e
		switch e.Kind {
		case CompositeRole, SingleRole:
			direct["role/"+e.Identifier] = direct["role/"+e.Identifier] || e.InForce
		case ResourceType:
			if e.TargetID != 0 || at[e.Identifier] == nil {
				at[e.Identifier] = e
			}
		case Property:
			if e.valueID != 0 && e.ParentID != nil && byID[*e.ParentID] != nil {
				direct[fmt.Sprint(byID[*e.ParentID].Identifier, "/", e.Identifier, "/", e.valueID)] = true
			}
		}
	}
	composite := map[string]*Entitlement{} // of a single role
	for _, kind := range []rolemodel.RoleKind{rolemodel.Composite, rolemodel.Single} {
		for _, x := range v.indirect {
			role := v.m.Role(x.Role)
			if x.Role == 0 || role == nil || role.Kind != kind || direct["role/"+role.Identifier] {
				continue
			}
			e := v.indirectLine(&x)
			e.Kind, e.Name, e.Identifier, e.Category = SingleRole, role.DisplayName, role.Identifier, v.m.CategoryName(role.CategoryID)
			for _, id := range x.Singles {
				if single := v.m.Role(id); single != nil {
					e.Indirect.Singles = append(e.Indirect.Singles, single.Identifier)
					e.Reasons = append(e.Reasons, "It has the single role "+single.DisplayName+", which is held; one of them at least through others.")
					composite[single.Identifier] = cmp.Or(composite[single.Identifier], e)
				}
			}
			if kind == rolemodel.Composite {
				e.Kind, e.HiddenInSimplifiedView = CompositeRole, false
			} else if above := composite[role.Identifier]; above != nil {
				e.ParentID = &above.ID
			}
			v.add(e)
		}
	}
	list := slices.Clone(v.indirect)
	slices.SortStableFunc(list, func(a, b viewIndirect) int {
		return cmp.Or(cmp.Compare(a.Type, b.Type), cmp.Compare(v.labels[a.Value], v.labels[b.Value]))
	})
	for _, x := range list {
		t := v.m.ResourceType(x.Type)
		if x.Role != 0 || t == nil || direct[fmt.Sprint(t.Identifier, "/", x.Property, "/", x.Value)] {
			continue
		}
		e := v.indirectLine(&x)
		parent := at[t.Identifier]
		if parent == nil {
			parent = &Entitlement{ID: fmt.Sprintf("indirect-type-%d", t.ID), Kind: ResourceType, Name: t.DisplayName, Identifier: t.Identifier, Category: v.m.CategoryName(t.CategoryID),
				WorkflowState: int(evaluation.NonConforming), HiddenInSimplifiedView: true, InForce: true, Indirect: &IndirectPath{FoundAt: x.foundAt},
				Reasons: []string{"There is no account of it: what is below is had through others."}}
			parent.State = new(evaluation.None)
			at[t.Identifier] = parent
			v.add(parent)
		}
		e.Kind, e.Name, e.Identifier, e.ParentID, e.Value = Property, v.label(t, x.Property), x.Property, &parent.ID, new(v.labels[x.Value])
		e.State = new(evaluation.None)
		v.add(e)
	}
}

// indirectLine is a line about something that is had through others, with the way.
func (v *viewer) indirectLine(x *viewIndirect) *Entitlement {
	path := &IndirectPath{Rule: x.Rule, Steps: x.Steps, LeftOut: x.Steps - len(x.Path), FoundAt: x.foundAt, Path: []string{}, Singles: []string{}}
	for _, id := range x.Path {
		path.Path = append(path.Path, cmp.Or(v.labels[id], "something that is gone"))
	}
	e := &Entitlement{ID: fmt.Sprintf("indirect-%d", x.ID), WorkflowState: int(evaluation.NonConforming), StartDate: &x.foundAt, HiddenInSimplifiedView: true, InForce: true, Indirect: path}
	if len(path.Path) > 0 {
		e.Reasons = append(e.Reasons, "Had through others: "+way(path)+". A complete computation found it; nothing is ordered for it, and it goes when the membership goes.")
	}
	return e
}

// way is a path as a sentence: "A › B › C".
func way(p *IndirectPath) string {
	out := ""
	for i, name := range p.Path {
		if i > 0 {
			out += " › "
		}
		if p.LeftOut > 0 && i == len(p.Path)/2 {
			out += fmt.Sprintf("… %d more … › ", p.LeftOut)
		}
		out += name
	}
	return out
}
