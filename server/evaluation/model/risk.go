package model

import (
	"writ/server/directory"
	"writ/server/evaluation/formula"
	"writ/server/rolemodel"
)

// Risk is a compiled risk.
type Risk struct {
	*rolemodel.Risk
	Of []RiskRule
}

// RiskRule holds when every item does, at one time.
type RiskRule struct {
	Identifier string
	Items      []RiskItem
}

// RiskItem is a value of a target.
type RiskItem struct {
	ResourceTypeID int64
	Property       string
	IsNavigation   bool
	Value          int64 // of a navigation; 0: any
	Never          bool  // there is no such resource
}

// Blocks reports whether the risk keeps back what rules newly give (role-model 9.5). Nobody is there who could override it.
func (r *Risk) Blocks() bool {
	return r.ExemptionPolicy == rolemodel.RiskBlocks || r.ExemptionPolicy == rolemodel.RiskBlocksUnlessOverridden
}

// risks compiles the risks of policies that are on, by the entity type of who can have them, and notes that targets are read for them.
func (b *builder) risks() {
	b.c.Risks = map[int64][]*Risk{}
	for _, r := range b.m.Risks {
		if !b.enabled(r.PolicyID) {
			continue
		}
		out := &Risk{Risk: r}
		for _, rule := range r.Rules {
			if of, ok := b.riskRule(r, rule); ok {
				out.Of = append(out.Of, of)
			}
		}
		b.c.Risks[r.EntityTypeID] = append(b.c.Risks[r.EntityTypeID], out)
	}
}

func (b *builder) riskRule(r *rolemodel.Risk, rule rolemodel.RiskRule) (of RiskRule, ok bool) {
	of.Identifier = rule.Identifier
	for _, i := range rule.Items {
		t, p := b.m.RiskProperty(b.shape, i)
		if p == nil || p.Type == directory.Binary {
			return of, false // rolemodel.Validate reports it
		}
		item := RiskItem{ResourceTypeID: t.ID, Property: p.Identifier, IsNavigation: p.IsNavigation()}
		if i.Resource != "" && p.TargetEntityTypeID != nil {
			if item.Value = b.keys.IDs[*p.TargetEntityTypeID][i.Resource]; item.Value == 0 {
				item.Never = true
				b.noSuchKey(*p.TargetEntityTypeID, "risk", r.Identifier, "rules", "There is no %s with key %q, so nobody can have this. Correct the key or synchronize the system.",
					formula.NameOf(b.shape, *p.TargetEntityTypeID), i.Resource)
			}
		}
		if on := b.c.Targets[t.TargetEntityTypeID]; on != nil {
			b.reads(t.TargetEntityTypeID, p, on)
		}
		of.Items = append(of.Items, item)
	}
	return of, len(of.Items) > 0
}

// riskKeys tells which resources risks name.
func riskKeys(m *rolemodel.Model, shape *directory.Shape, need func(int64, string)) {
	for _, r := range m.Risks {
		for _, rule := range r.Rules {
			for _, i := range rule.Items {
				if _, p := m.RiskProperty(shape, i); i.Resource != "" && p != nil && p.TargetEntityTypeID != nil {
					need(*p.TargetEntityTypeID, i.Resource)
				}
			}
		}
	}
}
