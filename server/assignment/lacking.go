package assignment

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"writ/server/evaluation"
	"writ/server/page"
	"writ/server/rolemodel"
)

// LackingInput asks what an owner does not have now and could have.
type LackingInput struct {
	OwnerID int64
	Text    string // words that a name or identifier contains, in any order; empty: everything
}

// Lacking is a role, a resource type, or a value that navigation rules give, which an owner does not have now.
type Lacking struct {
	ID           int64 // of the role, resource type or rule
	Kind         EntitlementKind
	Role         *string // identifier; nil: it is no role
	ResourceType *string // identifier; nil: it is a role
	Property     *string // identifier; nil: it is no value
	Value        *string // as it is shown; nil: it is no value
	Name         string  // to show
	Category     *string // display name; nil: none
}

// The name of its list.
type LackingConnection = page.Connection[*Lacking]

// Lacking lists what an owner lacks, by name: whatever WhyNot can be asked about. NotFound as Explain.
func (s *Service) Lacking(ctx context.Context, in LackingInput, a page.Args) (*LackingConnection, error) {
	e, err := s.explainer(ctx, ExplainInput{OwnerID: in.OwnerID})
	if err != nil {
		return nil, err
	}
	words := strings.Fields(strings.ToLower(in.Text))
	var rows []*Lacking
	for _, x := range e.m.lacking(e.batch) {
		text := strings.ToLower(strings.Join([]string{x.Name, text(x.Role), text(x.ResourceType), text(x.Category)}, " "))
		if contains(text, words) {
			rows = append(rows, x)
		}
	}
	at := func(x *Lacking) page.Position {
		return page.Position{Text: strings.ToLower(x.Name) + "/" + string(x.Kind), ID: x.ID}
	}
	slices.SortFunc(rows, func(x, y *Lacking) int { return at(x).Compare(at(y)) })
	return page.InMemory(rows, a, at)
}

func contains(text string, words []string) bool {
	for _, w := range words {
		if !strings.Contains(text, w) {
			return false
		}
	}
	return true
}

// lacking compares the model with what the owner of a batch has.
func (m *Model) lacking(b *evaluation.Batch) (out []*Lacking) {
	o := b.Owners[0]
	roles, types, values := map[int64]bool{}, map[int64]bool{}, map[string]bool{}
	for _, r := range o.Roles {
		roles[r.RoleID] = roles[r.RoleID] || !r.IsDenied && r.Workflow.Holds() && inForceAt(r.Start, r.End, b.Now)
	}
	for _, t := range o.Types {
		if !t.IsExpected || t.IsDenied || !inForceAt(t.Start, t.End, b.Now) {
			continue
		}
		types[t.ResourceTypeID] = true
		for name, spans := range t.Expected.Properties {
			for _, span := range spans {
				if span.InForce && span.ID != 0 {
					values[fmt.Sprint(t.ResourceTypeID, name, span.ID)] = true
				}
			}
		}
	}
	kinds := map[rolemodel.RoleKind]EntitlementKind{rolemodel.Single: SingleRole, rolemodel.Composite: CompositeRole}
	for _, r := range m.Source.Roles {
		if r.EntityTypeID == o.Resource.EntityTypeID && !roles[r.ID] {
			out = append(out, &Lacking{ID: r.ID, Kind: kinds[r.Kind], Role: &r.Identifier, Name: cmp.Or(r.DisplayName, r.Identifier), Category: m.CategoryName(r.CategoryID)})
		}
	}
	of := map[int64]*rolemodel.ResourceType{}
	for _, t := range m.Source.ResourceTypes {
		if t.SourceEntityTypeID != o.Resource.EntityTypeID {
			continue
		}
		if of[t.ID] = t; !types[t.ID] {
			out = append(out, &Lacking{ID: t.ID, Kind: ResourceType, ResourceType: &t.Identifier, Name: cmp.Or(t.DisplayName, t.Identifier), Category: m.CategoryName(t.CategoryID)})
		}
	}
	for _, r := range m.Source.Rules {
		t := of[r.ResourceTypeID]
		if t == nil || r.Kind != rolemodel.NavigationRule || r.IsDenied || r.ValueKey == nil || r.PropertyID == nil {
			continue
		}
		p := m.Shape.Properties[*r.PropertyID]
		if p == nil || p.TargetEntityTypeID == nil {
			continue
		}
		key := fmt.Sprint(t.ID, p.Identifier, m.keys.IDs[*p.TargetEntityTypeID][*r.ValueKey])
		if values[key] {
			continue
		}
		values[key] = true // several rules give the same
		value := m.keyName(*p.TargetEntityTypeID, *r.ValueKey)
		out = append(out, &Lacking{ID: r.ID, Kind: Property, ResourceType: &t.Identifier, Property: &p.Identifier, Value: &value,
			Name: fmt.Sprintf("%s in %s of the %s", value, cmp.Or(p.DisplayName, p.Identifier), cmp.Or(t.DisplayName, t.Identifier)), Category: m.CategoryName(t.CategoryID)})
	}
	return out
}
