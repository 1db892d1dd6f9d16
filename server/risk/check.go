package risk

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"

	"writ/server/assignment"
	"writ/server/db"
	"writ/server/directory"
	"writ/server/errs"
	"writ/server/evaluation"
	"writ/server/evaluation/exposure"
	"writ/server/evaluation/interval"
	"writ/server/permit"
	"writ/server/rolemodel"
)

// mostInBasket is how much one basket may hold (requests 7.5).
const mostInBasket = 100

// CheckRisksInput is what somebody asks about.
type CheckRisksInput struct {
	OwnerID int64
	Grant   []RiskGrantInput
	Take    []RiskTakeInput
}

// RiskCheck says what a basket would raise.
type RiskCheck struct {
	OwnerID int64
	Effect  RiskEffect    // the strongest of all
	Risks   []*RaisedRisk // the strongest first, then by level and name
}

// RaisedRisk is a risk that a basket newly raises.
type RaisedRisk struct {
	Risk               *Risk
	Rule               string             // identifier of the rule that would hold
	StartDate, EndDate *time.Time         // when it would; nil: since nobody knows when, until something is done
	Granted            []*RiskContributor // what the basket brings of it
	Held               []*RiskContributor // what is had, or waits, already
	Items              []int              // places in Grant of what takes part in it
	Effect             RiskEffect
	Override           *string  // the permission that makes it a warning; nil: none does
	OverriddenBy       []string // identifiers of the caller's profiles that give him that for this person; empty: he may not override it

	granted, held []evaluation.Contributor
	policy        rolemodel.Exemption
}

// CheckRisks tells what a basket would raise. Needs permit.IdentifiedRiskQuery for the person, and the right to read him: NotFound otherwise, as for what cannot have
// roles or accounts.
func (s *Service) CheckRisks(ctx context.Context, in CheckRisksInput) (*RiskCheck, error) {
	m, err := s.Assignments.Model(ctx, s.DB)
	if err != nil {
		return nil, err
	}
	may, err := seenOf(ctx, m, slices.Collect(maps.Keys(m.Sources)))
	if err != nil {
		return nil, err
	}
	found, err := s.DB.NewSelect().TableExpr("resource as w").Where("w.id = ? and w.valid_to = 'infinity' and ?", in.OwnerID, db.AnyOf(may...)).Exists(ctx)
	if err != nil {
		return nil, fmt.Errorf("find who is asked about: %w", db.Explain(err))
	}
	if !found {
		return nil, errs.Missing("There is no resource %d that could have risks, or it is not in your scope.", in.OwnerID).Of(in.OwnerID)
	}
	list, err := s.Check(ctx, s.DB, []Basket{{OwnerID: in.OwnerID, Grant: in.Grant, Take: in.Take}})
	if err != nil {
		return nil, err
	}
	return list[0], nil
}

// Check tells for each basket which risks it newly raises (role-model 9.4, requests 7.4), in their order: those that its person does not have by what he holds and by
// what waits for him, and has with it, at an instant that may lie in the future. What it takes away counts as gone then, also where an account shows it until it is
// carried out. What rules would give because of the basket counts as the basket's, also where a risk that blocks would keep it back.
//
// Who asks is the caller of ctx: whether he may override is told for him, and never for himself. What he may know is for whoever calls this to decide: names of what he
// may not read are left out. The number of statements does not grow with the baskets. Validation names the field below "grant" or "take" of the basket.
func (s *Service) Check(ctx context.Context, idb bun.IDB, baskets []Basket) ([]*RiskCheck, error) {
	var owners, named []int64
	for i := range baskets {
		b := &baskets[i]
		if len(b.Grant)+len(b.Take) > mostInBasket {
			return nil, errs.New(errs.TooLarge, "A basket holds %d things at most.", mostInBasket)
		}
		owners, named = append(owners, b.OwnerID), append(named, b.named()...)
	}
	imagined, err := s.Assignments.Imagine(ctx, idb, owners, named)
	if err != nil {
		return nil, err
	}
	out := make([]*RiskCheck, len(baskets))
	var all []*RaisedRisk
	for i := range baskets {
		c := &checking{i: imagined, m: imagined.Model, basket: &baskets[i]}
		if out[i], err = c.check(); err != nil {
			return nil, err
		}
		all = append(all, out[i].Risks...)
	}
	if err := s.override(ctx, idb, imagined.Model, imagined, out); err != nil {
		return nil, err
	}
	return out, s.describe(ctx, imagined.Model, all)
}

// checking is the check of one basket.
type checking struct {
	i      *assignment.Imagination
	m      *assignment.Model
	basket *Basket
	before *assignment.Imagined
}

func (c *checking) check() (*RiskCheck, error) {
	out := &RiskCheck{OwnerID: c.basket.OwnerID, Effect: NoEffect, Risks: []*RaisedRisk{}}
	o := c.i.Owner(c.basket.OwnerID)
	if o == nil {
		return nil, errs.Missing("There is no resource %d.", c.basket.OwnerID).Of(c.basket.OwnerID)
	}
	base := worldOf(c.i, o)
	base.Roles = slices.DeleteFunc(base.Roles, func(x *evaluation.AssignedRole) bool { return slices.Contains(c.basket.Without, x.ID) })
	for n, g := range c.basket.Pending {
		if err := base.grant(g, fmt.Sprintf("pending[%d]", n)); err != nil {
			return nil, err
		}
	}
	var err error
	if c.before, err = c.i.Compute(base.Owner, nil); err != nil {
		return nil, err
	}
	every := make([]int, len(c.basket.Grant))
	for n := range every {
		every[n] = n
	}
	with, raised, err := c.raised(base, every)
	if err != nil || len(raised) == 0 {
		return out, err
	}
	for _, id := range slices.Sorted(maps.Keys(raised)) {
		r, e := c.m.Risk(id), raised[id]
		x := &RaisedRisk{Rule: e.Rule, StartDate: e.From, EndDate: e.To, policy: r.ExemptionPolicy, Items: []int{}}
		x.Risk = named(c.m, r)
		for _, part := range e.Contributors {
			if c.isHeld(part, &e) {
				x.held = append(x.held, part)
			} else {
				x.granted = append(x.granted, part)
			}
		}
		out.Risks = append(out.Risks, x)
	}
	return out, c.triggers(base, every, with, out.Risks)
}

// raised tells which risks somebody newly has with some of what is granted, and with all that is taken.
func (c *checking) raised(base *world, grants []int) (*assignment.Imagined, map[int64]evaluation.Exposure, error) {
	w := base.clone()
	for n, x := range c.basket.Take {
		if err := w.take(x, fmt.Sprintf("take[%d]", n)); err != nil {
			return nil, nil, err
		}
	}
	for _, n := range grants {
		if err := w.grant(c.basket.Grant[n], fmt.Sprintf("grant[%d]", n)); err != nil {
			return nil, nil, err
		}
	}
	with, err := c.i.Compute(w.Owner, nil)
	if err != nil {
		return nil, nil, err
	}
	if lost := c.lost(with); len(lost) > 0 {
		if with, err = c.i.Compute(w.Owner, lost); err != nil {
			return nil, nil, err
		}
	}
	return with, c.fresh(with), nil
}

// lost are the values that accounts show, and that nothing wants any more because of what is taken away.
func (c *checking) lost(with *assignment.Imagined) (out []exposure.Holding) {
	if len(c.basket.Take) == 0 {
		return nil
	}
	for _, h := range with.Holds {
		if before := holding(c.before.Holds, h.ResourceTypeID, h.Property, h.ValueID, h.TargetID); h.Exists && !h.Expected && before != nil && before.Expected {
			out = append(out, h)
		}
	}
	return out
}

// fresh are the risks that somebody has with the basket and had not without it, and those that would keep something back then which they did not before.
func (c *checking) fresh(with *assignment.Imagined) map[int64]evaluation.Exposure {
	out := map[int64]evaluation.Exposure{}
	had := func(id int64) bool {
		return slices.ContainsFunc(c.before.Exposures, func(e evaluation.Exposure) bool { return e.RiskID == id })
	}
	for i := range with.Withheld {
		x := &with.Withheld[i]
		known := slices.ContainsFunc(c.before.Withheld, func(y evaluation.Withheld) bool { return y.RiskID == x.RiskID && sameGrant(&x.Grant, &y.Grant) })
		if _, told := out[x.RiskID]; !told && !known && !had(x.RiskID) {
			out[x.RiskID] = x.Exposure
		}
	}
	for _, e := range with.Exposures {
		if !had(e.RiskID) {
			out[e.RiskID] = e
		}
	}
	return out
}

// sameGrant: the same thing, whenever.
func sameGrant(a, b *evaluation.Grant) bool {
	return a.RoleID == b.RoleID && maps.Equal(a.Parameters, b.Parameters) && a.ResourceTypeID == b.ResourceTypeID && a.Property == b.Property && a.ValueID == b.ValueID
}

// isHeld reports whether a part is had, or waits, at the time of a risk without the basket.
func (c *checking) isHeld(part evaluation.Contributor, e *evaluation.Exposure) bool {
	h := holding(c.before.Holds, part.ResourceTypeID, part.Property, part.ValueID, part.TargetID)
	return h != nil && len(h.Over.Intersect(interval.Of(interval.Interval{From: interval.StartOf(e.From), To: interval.EndOf(e.To)}))) > 0
}

// holding finds what is had of a value; nil: nothing. targetID 0: in any account.
func holding(list []exposure.Holding, typeID int64, property string, valueID, targetID int64) *exposure.Holding {
	for n := range list {
		if h := &list[n]; h.ResourceTypeID == typeID && h.Property == property && h.ValueID == valueID && (targetID == 0 || h.TargetID == targetID) {
			return h
		}
	}
	return nil
}

// triggers finds what of the basket takes part in each risk: what raises it alone, what brings a part of it, and what it does not come to without. Where each could
// stand for another, and none does any of that, it is all of them.
func (c *checking) triggers(base *world, every []int, with *assignment.Imagined, risks []*RaisedRisk) error {
	if len(every) == 1 {
		for _, x := range risks {
			x.Items = every
		}
		return nil
	}
	for _, n := range every {
		alone, raised, err := c.raised(base, []int{n})
		if err != nil {
			return err
		}
		left := false
		for _, x := range risks {
			_, does := raised[x.Risk.ID]
			if does || slices.ContainsFunc(x.granted, func(p evaluation.Contributor) bool {
				return holding(alone.Holds, p.ResourceTypeID, p.Property, p.ValueID, 0) != nil && holding(c.before.Holds, p.ResourceTypeID, p.Property, p.ValueID, 0) == nil
			}) {
				x.Items = append(x.Items, n)
			} else {
				left = true
			}
		}
		if !left {
			continue
		}
		_, rest, err := c.raised(base, slices.DeleteFunc(slices.Clone(every), func(k int) bool { return k == n }))
		if err != nil {
			return err
		}
		for _, x := range risks {
			if _, still := rest[x.Risk.ID]; !still && !slices.Contains(x.Items, n) {
				x.Items = append(x.Items, n)
			}
		}
	}
	for _, x := range risks {
		if len(x.Items) == 0 {
			x.Items = every
		}
	}
	return nil
}

// overrides are the permissions that make a risk a warning.
var overrides = map[rolemodel.Exemption]string{rolemodel.RiskBlocksUnlessOverridden: permit.RiskOverrideBlocking, rolemodel.RiskAsksUnlessOverridden: permit.RiskOverrideApproval}

// override tells what each risk means for who asks, and puts the strongest first.
func (s *Service) override(ctx context.Context, idb bun.IDB, m *assignment.Model, i *assignment.Imagination, list []*RiskCheck) error {
	profiles := map[string]map[int64][]string{}
	for _, c := range list {
		for _, x := range c.Risks {
			permission, ok := overrides[x.policy]
			if ok && profiles[permission] == nil {
				var err error
				if profiles[permission], err = mayOverride(ctx, idb, m, i, permission, list); err != nil {
					return err
				}
			}
			if x.OverriddenBy = []string{}; ok {
				x.Override = &permission
				x.OverriddenBy = append(x.OverriddenBy, profiles[permission][c.OwnerID]...)
			}
			x.Effect = EffectOf(x.policy, len(x.OverriddenBy) > 0)
			c.Effect = Stronger(c.Effect, x.Effect)
		}
		slices.SortStableFunc(c.Risks, func(a, b *RaisedRisk) int {
			return cmp.Or(strength(b.Effect)-strength(a.Effect), b.Risk.Level-a.Risk.Level, cmp.Compare(a.Risk.DisplayName, b.Risk.DisplayName))
		})
	}
	return nil
}

// mayOverride tells for each person by which of his profiles the caller may override there, by identifier. Nobody overrides for himself, and no part of the server
// does: that takes a person.
func mayOverride(ctx context.Context, idb bun.IDB, m *assignment.Model, i *assignment.Imagination, permission string, list []*RiskCheck) (map[int64][]string, error) {
	out := map[int64][]string{}
	actor := permit.From(ctx)
	if actor == nil || actor.System {
		return out, nil
	}
	types := map[int64][]int64{}
	for _, c := range list {
		if o := i.Owner(c.OwnerID); o != nil && c.OwnerID != actor.ResourceID {
			types[o.Resource.EntityTypeID] = append(types[o.Resource.EntityTypeID], c.OwnerID)
		}
	}
	scope := permit.Find(ctx, permission).OfOwners()
	for typeID, owners := range types {
		name := m.Shape.EntityTypes[typeID].Identifier
		for _, g := range scope.Grants(name) {
			var in []int64
			if err := idb.NewRaw(`select r.id from resource r where r.id = any (?) and ?`, pgdialect.Array(owners), directory.Rows(m.Shape, typeID, "r", permit.NewScope(actor, g))).Scan(ctx, &in); err != nil {
				return nil, fmt.Errorf("look who may override: %w", db.Explain(err))
			}
			for _, id := range in {
				if !slices.Contains(out[id], g.Profile) {
					out[id] = append(out[id], g.Profile)
				}
			}
		}
	}
	return out, nil
}

// describe names what makes the risks up, in one statement.
func (s *Service) describe(ctx context.Context, m *assignment.Model, list []*RaisedRisk) error {
	found := make([]*IdentifiedRisk, 0, 2*len(list))
	for _, x := range list {
		found = append(found, &IdentifiedRisk{stands: x.granted}, &IdentifiedRisk{stands: x.held})
	}
	if len(found) == 0 {
		return nil
	}
	if err := s.contributors(ctx, m, found); err != nil {
		return err
	}
	for n, x := range list {
		x.Granted, x.Held = found[2*n].Contributors, found[2*n+1].Contributors
	}
	return nil
}
