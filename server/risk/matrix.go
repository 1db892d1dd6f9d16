package risk

import (
	"cmp"
	"context"
	_ "embed"
	"fmt"
	"maps"
	"slices"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"

	"writ/server/assignment"
	"writ/server/db"
	"writ/server/directory"
	"writ/server/errs"
	"writ/server/permit"
	"writ/server/rolemodel"
)

const (
	mostMatrixItems = 300 // what a matrix shows at most
	mostPairPeople  = 50  // names of a pair
	neverRequested  = 4   // of ApprovalWorkflowType: rules alone give it
)

// RiskMatrix says which entitlements are dangerous together: those that risks name, and the pairs of them that stand in one rule.
type RiskMatrix struct {
	Items   []*RiskMatrixItem
	Cells   []*RiskMatrixCell
	IsWhole bool // else only the items of the highest levels
}

// RiskMatrixItem is an entitlement that risks name.
type RiskMatrixItem struct {
	*RiskItem
	People *int     // who have it now, of those whom the caller may see; nil: he may know of nobody
	Roles  []string // names of the roles by which one can ask for it
}

// RiskMatrixCell is two entitlements that a rule of some risk names together, or one that is dangerous alone.
type RiskMatrixCell struct {
	First, Second int     // places in the items; the same: it is dangerous alone
	Both          *int    // who have both now; nil: the caller may know of nobody
	Could         *int    // who have one now, and could ask for the other
	Risks         []*Risk // the highest level first
}

// Level is that of the worst risk.
func (c *RiskMatrixCell) Level() int { return c.Risks[0].Level }

// RiskPairInput names two entitlements, or one twice.
type RiskPairInput struct{ First, Second RiskEntitlementInput }

// RiskEntitlementInput is an item of a risk, by its names.
type RiskEntitlementInput struct {
	ResourceType, Property string
	Resource               *string // nil: any
}

// RiskPair says who has two entitlements, and who could by one request.
type RiskPair struct {
	First, Second         *RiskMatrixItem
	Risks                 []*Risk
	Both, Could           []*directory.ResourceRef // by name, 50 at most
	BothCount, CouldCount int
}

// entitlement is what an item asks for, by its ids.
type entitlement struct {
	item       rolemodel.RiskItem
	typeID     int64
	property   *directory.Property
	entityType int64 // of those who can have it
}

// grid is what risks name, and which risks name what together.
type grid struct {
	list  []entitlement
	level []int
	cells map[[2]int][]*rolemodel.Risk
}

// gridOf lays out what risks name: the highest levels first, then by name. What the model has no more has no place in it.
func gridOf(m *assignment.Model, risks []*rolemodel.Risk) *grid {
	g := &grid{cells: map[[2]int][]*rolemodel.Risk{}}
	at := map[rolemodel.RiskItem]int{}
	place := func(r *rolemodel.Risk, i rolemodel.RiskItem) (int, bool) {
		n, ok := at[i]
		if !ok {
			t, p := m.Source.RiskProperty(m.Shape, i)
			if p == nil || p.Type == directory.Binary {
				return 0, false
			}
			n = len(g.list)
			at[i], g.list, g.level = n, append(g.list, entitlement{i, t.ID, p, t.SourceEntityTypeID}), append(g.level, 0)
		}
		g.level[n] = max(g.level[n], r.Level)
		return n, true
	}
	for _, r := range risks {
		for _, rule := range r.Rules {
			var names []int
			for _, i := range rule.Items {
				if n, ok := place(r, i); ok {
					names = append(names, n)
				}
			}
			if len(names) != len(rule.Items) {
				continue
			}
			if len(names) == 1 {
				g.add([2]int{names[0], names[0]}, r)
			}
			for k, a := range names {
				for _, b := range names[:k] {
					g.add([2]int{min(a, b), max(a, b)}, r)
				}
			}
		}
	}
	return g
}

func (g *grid) add(at [2]int, r *rolemodel.Risk) {
	if !slices.Contains(g.cells[at], r) {
		g.cells[at] = append(g.cells[at], r)
	}
}

// Matrix says which entitlements are dangerous together, how many have both, and how many have one and could ask for the other. Needs permit.RoleModelQuery; people
// are counted as far as permit.IdentifiedRiskQuery and the rights to read them reach. The number of statements does not grow with it.
func (s *Service) Matrix(ctx context.Context, f *RiskFilter) (*RiskMatrix, error) {
	if _, err := permit.Require(ctx, permit.RoleModelQuery); err != nil {
		return nil, err
	}
	m, err := s.Assignments.Model(ctx, s.DB)
	if err != nil {
		return nil, err
	}
	var risks []*rolemodel.Risk
	for _, r := range m.Source.Risks {
		if f.takes(r) {
			risks = append(risks, r)
		}
	}
	g := gridOf(m, risks)
	items := make([]*RiskMatrixItem, len(g.list))
	for n, e := range g.list {
		items[n] = &RiskMatrixItem{RiskItem: itemOf(m, e.item), Roles: rolesFor(m, e)}
	}
	order := make([]int, len(items))
	for n := range order {
		order[n] = n
	}
	slices.SortFunc(order, func(a, b int) int {
		return cmp.Or(g.level[b]-g.level[a], cmp.Compare(items[a].name(), items[b].name()), a-b)
	})
	out := &RiskMatrix{IsWhole: len(order) <= mostMatrixItems}
	order = order[:min(len(order), mostMatrixItems)]
	place := make(map[int]int, len(order))
	for to, from := range order {
		place[from] = to
		out.Items = append(out.Items, items[from])
	}
	var holders [][]int64
	if permit.Find(ctx, permit.IdentifiedRiskQuery).Allowed() {
		if holders, err = s.holders(ctx, m, g.list); err != nil {
			return nil, err
		}
		for n := range items {
			people := len(holders[n])
			items[n].People = &people
		}
	}
	known := map[*rolemodel.Risk]*Risk{}
	for at, of := range g.cells {
		first, ok := place[at[0]]
		second, too := place[at[1]]
		if !ok || !too {
			continue
		}
		c := &RiskMatrixCell{First: min(first, second), Second: max(first, second)}
		for _, r := range of {
			if known[r] == nil {
				known[r] = named(m, r)
			}
			c.Risks = append(c.Risks, known[r])
		}
		worstFirst(c.Risks)
		if holders != nil {
			both, could := overlap(at, items, holders)
			b, k := len(both), len(could)
			c.Both, c.Could = &b, &k
		}
		out.Cells = append(out.Cells, c)
	}
	slices.SortFunc(out.Cells, func(a, b *RiskMatrixCell) int { return cmp.Or(a.First-b.First, a.Second-b.Second) })
	return out, s.count(ctx, m, slices.Collect(maps.Values(known)))
}

func worstFirst(list []*Risk) {
	slices.SortFunc(list, func(x, y *Risk) int {
		return cmp.Or(y.Level-x.Level, cmp.Compare(x.DisplayName, y.DisplayName), cmp.Compare(x.ID, y.ID))
	})
}

// name is what people read for an item.
func (i *RiskMatrixItem) name() string {
	value := ""
	if i.ResourceDisplayName != nil {
		value = *i.ResourceDisplayName
	}
	return value + " " + i.PropertyDisplayName + " " + i.ResourceTypeDisplayName
}

// Pair says who has two entitlements that some risk names together, and who has one and could ask for the other, of those whom the caller may see. Needs
// permit.IdentifiedRiskQuery. NotFound for what no risk names so.
func (s *Service) Pair(ctx context.Context, in RiskPairInput) (*RiskPair, error) {
	if _, err := permit.Require(ctx, permit.IdentifiedRiskQuery); err != nil {
		return nil, err
	}
	m, err := s.Assignments.Model(ctx, s.DB)
	if err != nil {
		return nil, err
	}
	g := gridOf(m, m.Source.Risks)
	first, second := g.find(in.First), g.find(in.Second)
	of := g.cells[[2]int{min(first, second), max(first, second)}]
	if first < 0 || second < 0 || len(of) == 0 {
		return nil, errs.Missing("No risk names these two together.")
	}
	out := &RiskPair{}
	pair := []entitlement{g.list[first], g.list[second]}
	items := make([]*RiskMatrixItem, len(pair))
	holders, err := s.holders(ctx, m, pair)
	if err != nil {
		return nil, err
	}
	for n, e := range pair {
		people := len(holders[n])
		items[n] = &RiskMatrixItem{RiskItem: itemOf(m, e.item), Roles: rolesFor(m, e), People: &people}
	}
	out.First, out.Second = items[0], items[1]
	at := [2]int{0, 1}
	if first == second {
		at[1] = 0
	}
	both, could := overlap(at, items, holders)
	out.BothCount, out.CouldCount = len(both), len(could)
	if out.Both, err = s.people(ctx, both); err != nil {
		return nil, err
	}
	if out.Could, err = s.people(ctx, could); err != nil {
		return nil, err
	}
	for _, r := range of {
		out.Risks = append(out.Risks, named(m, r))
	}
	worstFirst(out.Risks)
	return out, s.count(ctx, m, out.Risks)
}

func (g *grid) find(in RiskEntitlementInput) int {
	i := rolemodel.RiskItem{ResourceType: in.ResourceType, Property: in.Property}
	if in.Resource != nil {
		i.Resource = *in.Resource
	}
	return slices.IndexFunc(g.list, func(e entitlement) bool { return e.item == i })
}

// people names the first of some people. Whom the caller may not see was left out before.
func (s *Service) people(ctx context.Context, ids []int64) ([]*directory.ResourceRef, error) {
	out := []*directory.ResourceRef{}
	err := db.Select(ctx, s.DB, bun.SafeQuery(`select r.id, r.key, r.display_name, e.identifier from resource r join entity_type e on e.id = r.entity_type_id where r.id = any (?)
		order by r.display_name, r.id limit ?`, pgdialect.Array(ids), mostPairPeople), func(r *db.Row) error {
		out = append(out, &directory.ResourceRef{ID: r.Int(), Key: r.Text(), DisplayName: r.Text(), EntityType: r.Text()})
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("name who has a pair: %w", db.Explain(err))
	}
	return out, nil
}

// overlap gives who has both of two entitlements, and who has one of them and could ask for the other.
func overlap(at [2]int, items []*RiskMatrixItem, holders [][]int64) (both, could []int64) {
	a, b := holders[at[0]], holders[at[1]]
	if at[0] == at[1] {
		return a, nil
	}
	for len(a) > 0 || len(b) > 0 {
		switch {
		case len(b) == 0 || len(a) > 0 && a[0] < b[0]:
			if len(items[at[1]].Roles) > 0 {
				could = append(could, a[0])
			}
			a = a[1:]
		case len(a) == 0 || b[0] < a[0]:
			if len(items[at[0]].Roles) > 0 {
				could = append(could, b[0])
			}
			b = b[1:]
		default:
			both, a, b = append(both, a[0]), a[1:], b[1:]
		}
	}
	return both, could
}

//go:embed sql/holders.sql
var holdersSQL string

// holders gives who has each of some entitlements now, by id, of those whom the caller may see: computed, or shown by an account.
func (s *Service) holders(ctx context.Context, m *assignment.Model, list []entitlement) ([][]int64, error) {
	out := make([][]int64, len(list))
	owners := map[int64]bool{}
	n, types, properties, names, keys, targets := []int64{}, []int64{}, []int64{}, []string{}, []string{}, []int64{}
	for k, e := range list {
		target := int64(0)
		if e.property.IsNavigation() {
			target = *e.property.TargetEntityTypeID
		}
		owners[e.entityType] = true
		n, types, properties, names, keys, targets = append(n, int64(k)), append(types, e.typeID), append(properties, e.property.ID), append(names, e.property.Identifier),
			append(keys, e.item.Resource), append(targets, target)
	}
	may, err := seenOf(ctx, m, slices.Collect(maps.Keys(owners)))
	if err != nil || len(may) == 0 || len(list) == 0 {
		return out, err
	}
	err = db.Select(ctx, s.DB, bun.SafeQuery(holdersSQL, pgdialect.Array(n), pgdialect.Array(types), pgdialect.Array(properties), pgdialect.Array(names), pgdialect.Array(keys), pgdialect.Array(targets),
		s.Assignments.Clock.Now(), db.AnyOf(may...)), func(r *db.Row) error {
		k := r.Int()
		out[k] = r.Ints()
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("find who has what risks name: %w", db.Explain(err))
	}
	return out, nil
}

// rolesFor names the roles by which one can ask for an entitlement: those that give it, and the composite roles that give those.
func rolesFor(m *assignment.Model, e entitlement) []string {
	gives := map[int64]bool{}
	for _, r := range m.Source.Rules {
		if r.ResourceTypeID == e.typeID && r.PropertyID != nil && *r.PropertyID == e.property.ID && r.SingleRoleID != nil && !r.IsDenied &&
			(e.item.Resource == "" || r.ValueKey != nil && *r.ValueKey == e.item.Resource) {
			gives[*r.SingleRoleID] = true
		}
	}
	for _, r := range m.Source.RoleRules {
		if r.CompositeRoleID != nil && gives[r.RoleID] && !r.IsDenied {
			gives[*r.CompositeRoleID] = true
		}
	}
	out := []string{}
	for id := range gives {
		r := m.Role(id)
		if r == nil {
			continue
		}
		if p := m.Policy(r.PolicyID); p != nil && p.IsProvisioningEnabled && !p.IsExternal && p.OfRole(r).ApprovalWorkflowType < neverRequested {
			out = append(out, r.DisplayName)
		}
	}
	slices.Sort(out)
	return out
}
