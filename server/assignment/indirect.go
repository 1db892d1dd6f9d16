package assignment

import (
	"context"
	"fmt"
	"slices"

	"github.com/uptrace/bun"

	"writ/server/db"
	"writ/server/directory"
	"writ/server/evaluation"
	"writ/server/evaluation/indirect"
	"writ/server/rolemodel"
)

// Indirect rights (role-model 6) are found after a complete computation, of all owners of an entity type, and stand in a table of their own: nothing that
// decides, reviews or orders reads it. Computations of single owners leave them as they are.

// indirectRule is an indirect resource rule with what it walks through.
type indirectRule struct {
	*rolemodel.IndirectRule
	way    *rolemodel.IndirectWay
	places [indirect.Granted + 1]*rolemodel.IndirectPlace // where each part of the walk can be told of; nil: nowhere
	walk   indirect.Rule
}

// IndirectWalk finds what owners of one entity type have through others.
type IndirectWalk struct {
	m          *Model
	source     int64 // entity type of the owners
	rules      []*indirectRule
	properties []int64                    // navigations of accounts that are read
	named      map[int64]map[int64]string // resource type -> property -> identifier, of what is had directly
	found      map[int64]bool             // resource types whose accounts are read
	walker     indirect.Walker
}

// IndirectRight is something that an owner has through others: a value of a navigation, or a role that such values speak of.
type IndirectRight struct {
	ID, Owner int64
	Rule      string // identifier; empty: of a composite role
	Type      int64
	Property  string
	Value     int64 // of a single role: what it was read from
	Role      int64 // 0: it is a value
	Account   int64 // where the way begins
	Path      []int64
	Steps     int
	Singles   []int64 // of a composite role
}

type indirectKey struct {
	owner, typeID, value, role int64
	property                   string
}

func (r *IndirectRight) key() indirectKey {
	if r.Role != 0 {
		return indirectKey{owner: r.Owner, role: r.Role}
	}
	return indirectKey{r.Owner, r.Type, r.Value, 0, r.Property}
}

func (r *IndirectRight) same(o *IndirectRight) bool {
	return r.Rule == o.Rule && r.Value == o.Value && r.Account == o.Account && r.Steps == o.Steps && slices.Equal(r.Path, o.Path) && slices.Equal(r.Singles, o.Singles)
}

// NewIndirectWalk prepares rules for owners of an entity type; those that do not work, or whose policy is switched off, find nothing. Two statements for
// each navigation at most.
func (s *Service) NewIndirectWalk(ctx context.Context, idb bun.IDB, m *Model, source int64, rules []*rolemodel.IndirectRule) (*IndirectWalk, error) {
	w := &IndirectWalk{m: m, source: source, named: map[int64]map[int64]string{}, found: map[int64]bool{}}
	graphs := map[int64]*indirect.Graph{}
	graph := func(p *directory.Property) (*indirect.Graph, error) {
		if p == nil {
			return nil, nil //nolint:nilnil // a rule that does not ask for one has none
		}
		if graphs[p.ID] == nil {
			var links []indirect.Link
			if err := db.Select(ctx, idb, bun.SafeQuery(`select source_id, target_id from resource_link where property_id = ? and valid_to = 'infinity'`, p.ID), func(r *db.Row) error {
				links = append(links, indirect.Link{From: r.Int(), To: r.Int()})
				return nil
			}); err != nil {
				return nil, fmt.Errorf("read what is a member of what: %w", err)
			}
			graphs[p.ID] = indirect.NewGraph(links)
		}
		return graphs[p.ID], nil
	}
	for _, x := range rules {
		way := m.Source.Way(m.Shape, x)
		if way.AtProblem != "" || way.Type.SourceEntityTypeID != source {
			continue
		}
		if p := m.Policy(way.Type.PolicyID); p == nil || !p.IsProvisioningEnabled {
			continue
		}
		r := &indirectRule{IndirectRule: x, way: way}
		for _, g := range []struct {
			to **indirect.Graph
			of *directory.Property
		}{{&r.walk.Nests, way.Nests}, {&r.walk.Twins, way.Twin}, {&r.walk.TwinNests, way.TwinNests}, {&r.walk.Grants, way.Grants}} {
			var err error
			if *g.to, err = graph(g.of); err != nil {
				return nil, err
			}
		}
		r.places[indirect.Near] = &rolemodel.IndirectPlace{Type: way.Type, Property: way.Of}
		if way.Twin != nil && way.Grants == nil {
			r.places[indirect.Far] = m.Source.Place(m.Shape, way.Type, *way.Twin.TargetEntityTypeID, x.CorrespondenceMembershipProperty)
		}
		if way.Grants != nil {
			r.places[indirect.Granted] = m.Source.Place(m.Shape, way.Type, *way.Grants.TargetEntityTypeID, x.Entitlement)
		}
		for _, place := range r.places {
			if place == nil {
				continue
			}
			if w.named[place.Type.ID] == nil {
				w.named[place.Type.ID] = map[int64]string{}
			}
			w.named[place.Type.ID][place.Property.ID] = place.Property.Identifier
			w.properties = append(w.properties, place.Property.ID)
		}
		w.found[way.Type.ID] = true
		w.rules = append(w.rules, r)
	}
	slices.Sort(w.properties)
	w.properties = slices.Compact(w.properties)
	return w, nil
}

// linked says that an account is the owner's: a guess is nobody's.
const linked = `a.valid_to = 'infinity' and a.resource_id is not null and not a.is_denied and (a.is_expected or a.is_frozen or coalesce(a.confidence, 0) not between 1 and 99)`

// Owners are those who can have something through others, in order. One statement.
func (w *IndirectWalk) Owners(ctx context.Context, idb bun.IDB) (owners []int64, err error) {
	var types []int64
	for id := range w.found {
		types = append(types, id)
	}
	err = idb.NewRaw(`select distinct a.owner_id from assigned_resource_type a join resource w on w.id = a.owner_id and w.entity_type_id = ? and w.valid_to = 'infinity'
		where a.resource_type_id = any (?) and `+linked+` order by 1`, w.source, ids(types)).Scan(ctx, &owners)
	return owners, err
}

// account is an account of an owner.
type account struct{ owner, typeID, id int64 }

// Of gives what owners have through others, by owner. Three statements.
func (w *IndirectWalk) Of(ctx context.Context, idb bun.IDB, owners []int64, now any) (map[int64][]*IndirectRight, error) {
	links, accounts := map[account]map[string][]int64{}, map[int64][]account{}
	if err := db.Select(ctx, idb, bun.SafeQuery(`select a.owner_id, a.resource_type_id, a.resource_id, l.property_id, l.target_id
		from assigned_resource_type a join resource w on w.id = a.owner_id and w.valid_to = 'infinity'
		join resource_link l on l.source_id = a.resource_id and l.valid_to = 'infinity' and l.property_id = any (?)
		where a.owner_id = any (?) and `+linked+` order by a.owner_id, a.resource_type_id, a.resource_id, l.property_id, l.target_id`, ids(w.properties), ids(owners)), func(r *db.Row) error {
		x := account{r.Int(), r.Int(), r.Int()}
		property, target := w.named[x.typeID][r.Int()], r.Int()
		if property == "" {
			return nil
		}
		if links[x] == nil {
			links[x] = map[string][]int64{}
			accounts[x.owner] = append(accounts[x.owner], x)
		}
		links[x][property] = append(links[x][property], target)
		return nil
	}); err != nil {
		return nil, fmt.Errorf("read what accounts are members of: %w", err)
	}
	out, some := map[int64][]*IndirectRight{}, []int64(nil)
	for _, owner := range owners {
		if list := w.values(accounts[owner], links); len(list) > 0 {
			out[owner], some = list, append(some, owner)
		}
	}
	return out, w.roles(ctx, idb, some, now, out)
}

// values walks from the accounts of one owner. What one of them has directly is not told.
func (w *IndirectWalk) values(accounts []account, links map[account]map[string][]int64) (out []*IndirectRight) {
	seen := map[indirectKey]bool{}
	for _, a := range accounts {
		for property, list := range links[a] {
			for _, id := range list {
				seen[indirectKey{a.owner, a.typeID, id, 0, property}] = true
			}
		}
	}
	for _, x := range w.rules {
		for _, a := range accounts {
			if a.typeID != x.ResourceTypeID {
				continue
			}
			for _, r := range w.walker.Walk(&x.walk, links[a][x.Property]) {
				place := x.places[r.Where]
				if place == nil {
					continue
				}
				right := &IndirectRight{Owner: a.owner, Rule: x.Identifier, Type: place.Type.ID, Property: place.Property.Identifier, Value: r.ID, Account: a.id, Path: r.Path, Steps: r.Steps}
				if !seen[right.key()] {
					seen[right.key()] = true
					out = append(out, right)
				}
			}
		}
	}
	return out
}

// roles adds the roles that values speak of.
func (w *IndirectWalk) roles(ctx context.Context, idb bun.IDB, owners []int64, now any, out map[int64][]*IndirectRight) error {
	if len(owners) == 0 {
		return nil
	}
	contexts, held := map[int64][]indirect.Context{}, map[int64]map[int64]bool{}
	if err := db.Select(ctx, idb, bun.SafeQuery(`select owner_id, coalesce(context_rule_id, 0), dimensions from context
		where owner_id = any (?0) and (start_date is null or start_date <= ?1) and (end_date is null or end_date > ?1) order by owner_id, rank, id`, ids(owners), now), func(r *db.Row) error {
		owner := r.Int()
		c := indirect.Context{RuleID: r.Int()}
		r.JSON(&c.Values)
		contexts[owner] = append(contexts[owner], c)
		return nil
	}); err != nil {
		return fmt.Errorf("read contexts: %w", err)
	}
	if err := db.Select(ctx, idb, bun.SafeQuery(`select owner_id, role_id, workflow_state from assigned_role
		where owner_id = any (?0) and valid_to = 'infinity' and not is_denied and (start_date is null or start_date <= ?1) and (end_date is null or end_date > ?1)`, ids(owners), now), func(r *db.Row) error {
		owner, role, state := r.Int(), r.Int(), evaluation.Workflow(r.Int())
		if held[owner] == nil {
			held[owner] = map[int64]bool{}
		}
		held[owner][role] = held[owner][role] || state.Holds()
		return nil
	}); err != nil {
		return fmt.Errorf("read roles: %w", err)
	}
	for _, owner := range owners {
		values, of := make([]indirect.Value, len(out[owner])), map[indirect.Value]*IndirectRight{}
		for i, r := range out[owner] {
			values[i] = indirect.Value{TypeID: r.Type, Property: r.Property, ID: r.Value}
			of[values[i]] = r
		}
		for _, r := range indirect.Roles(w.m.Compiled, w.source, contexts[owner], held[owner], values) {
			right := &IndirectRight{Owner: owner, Role: r.ID, Singles: r.Singles}
			if by := of[r.Value]; by != nil {
				right.Rule, right.Value, right.Account, right.Path, right.Steps = by.Rule, by.Value, by.Account, by.Path, by.Steps
			}
			out[owner] = append(out[owner], right)
		}
	}
	return nil
}

// Pages of owners whose indirect rights are kept in one transaction: small, and larger as long as they have few.
const (
	firstIndirectPage = 50
	indirectRows      = 20_000
)

// indirect brings the indirect rights of the owners of an entity type up to date, and tells how many rights came, went, or have another way now.
func (s *Service) indirect(ctx context.Context, entityTypeID int64) (n int, err error) {
	if s.DisableIndirect {
		return 0, nil
	}
	m, err := s.Model(ctx, s.DB)
	if err != nil {
		return 0, err
	}
	w, err := s.NewIndirectWalk(ctx, s.DB, m, entityTypeID, m.Source.IndirectRules)
	if err != nil {
		return 0, err
	}
	owners, err := w.Owners(ctx, s.DB)
	if err != nil {
		return 0, fmt.Errorf("look who can have indirect rights: %w", err)
	}
	var had []int64
	if err := s.DB.NewRaw(`select distinct i.owner_id from indirect_right i join resource w on w.id = i.owner_id and w.entity_type_id = ? where i.closed_at is null order by 1`, entityTypeID).
		Scan(ctx, &had); err != nil {
		return 0, fmt.Errorf("look who has indirect rights: %w", err)
	}
	owners = append(owners, had...)
	slices.Sort(owners)
	owners = slices.Compact(owners)
	for size := firstIndirectPage; len(owners) > 0; {
		page := owners[:min(size, len(owners))]
		owners = owners[len(page):]
		var rows, changed int
		if err := db.InTx(ctx, s.DB, func(ctx context.Context, tx bun.Tx) (err error) {
			rows, changed, err = s.saveIndirect(ctx, tx, w, page)
			return err
		}); err != nil {
			return n, fmt.Errorf("find indirect rights: %w", err)
		}
		n += changed
		size = min(ownerBatch, max(1, indirectRows*len(page)/max(rows, 1)), 4*size)
	}
	return n, nil
}

// saveIndirect finds and keeps the indirect rights of some owners. Six statements. Two computations that run at once wait for each other.
func (s *Service) saveIndirect(ctx context.Context, tx bun.Tx, w *IndirectWalk, owners []int64) (rows, changed int, err error) {
	if _, err := tx.ExecContext(ctx, `select pg_advisory_xact_lock(hashtext('writ.indirect'))`); err != nil {
		return 0, 0, err
	}
	now := s.Clock.Now()
	found, err := w.Of(ctx, tx, owners, now)
	if err != nil {
		return 0, 0, err
	}
	had := map[indirectKey]*IndirectRight{}
	if err := db.Select(ctx, tx, bun.SafeQuery(indirectColumns+` where i.owner_id = any (?) and i.closed_at is null order by i.id`, ids(owners)), func(r *db.Row) error {
		x := readIndirect(r)
		had[x.key()] = x
		return nil
	}); err != nil {
		return 0, 0, err
	}
	rows = len(had)
	var fresh [][]any
	var moved []map[string]any
	for _, owner := range owners {
		rows += len(found[owner])
		for _, r := range found[owner] {
			was := had[r.key()]
			delete(had, r.key())
			switch {
			case was == nil:
				fresh = append(fresh, []any{r.Owner, r.Rule, nullID(r.Type), nullText(r.Property), nullID(r.Value), nullID(r.Role), nullID(r.Account), allIDs(r.Path), r.Steps, allIDs(r.Singles), now})
			case !was.same(r):
				moved = append(moved, map[string]any{"id": was.ID, "rule": r.Rule, "value_id": nullID(r.Value), "account_id": nullID(r.Account), "path": allIDs(r.Path), "steps": r.Steps, "singles": allIDs(r.Singles)})
			}
		}
	}
	gone := make([]int64, 0, len(had))
	for _, r := range had {
		gone = append(gone, r.ID)
	}
	slices.Sort(gone)
	if len(gone) > 0 {
		if _, err := tx.NewRaw(`update indirect_right set closed_at = ? where id = any (?)`, now, ids(gone)).Exec(ctx); err != nil {
			return rows, 0, err
		}
	}
	if len(moved) > 0 {
		if _, err := tx.NewRaw(`update indirect_right i set rule = r.rule, value_id = r.value_id, account_id = r.account_id, path = r.path, steps = r.steps, singles = r.singles
			from jsonb_to_recordset(?::jsonb) r (id bigint, rule text, value_id bigint, account_id bigint, path bigint[], steps int, singles bigint[]) where i.id = r.id`, string(jsonb(moved))).Exec(ctx); err != nil {
			return rows, 0, err
		}
	}
	if len(fresh) > 0 {
		err = db.CopyIn(ctx, tx, "indirect_right", []string{"owner_id", "rule", "resource_type_id", "property", "value_id", "role_id", "account_id", "path", "steps", "singles", "found_at"}, sequence(fresh))
	}
	return rows, len(fresh) + len(moved) + len(gone), err
}

const indirectColumns = `select i.id, i.owner_id, i.rule, i.resource_type_id, i.property, i.value_id, i.role_id, i.account_id, i.path, i.steps, i.singles from indirect_right i`

func readIndirect(r *db.Row) *IndirectRight {
	return &IndirectRight{ID: r.Int(), Owner: r.Int(), Rule: r.Text(), Type: r.Int(), Property: r.Text(), Value: r.Int(), Role: r.Int(), Account: r.Int(), Path: r.Ints(), Steps: int(r.Int()), Singles: r.Ints()}
}

func nullText(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// allIDs is a list that is never null.
func allIDs(of []int64) []int64 {
	if of == nil {
		return []int64{}
	}
	return of
}
