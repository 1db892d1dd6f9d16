package assignment

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/uptrace/bun"

	"writ/server/evaluation"
	"writ/server/evaluation/computation"
)

// evaluate computes a batch. What rules with several spellings would give is looked up first: who would get a value that somebody else has,
// in the system as read, in an open order or earlier in this batch, is computed once more, and gets the next spelling. Each round takes at
// least one spelling away from everybody in it, so the rounds are few.
func (s *Service) evaluate(ctx context.Context, db bun.IDB, m *Model, b *evaluation.Batch) ([]evaluation.Result, error) {
	results := computation.Evaluate(m.Compiled, b)
	return results, s.spell(ctx, db, m, b, results, map[evaluation.Claim]int64{})
}

// spell is what evaluate does about spellings, in results. granted says to whom values are promised that no row shows yet; what is promised here is added.
func (s *Service) spell(ctx context.Context, db bun.IDB, m *Model, b *evaluation.Batch, results []evaluation.Result, granted map[evaluation.Claim]int64) error {
	asked := map[evaluation.Claim]bool{}
	for {
		var claims, fresh []evaluation.Claim
		for _, r := range results {
			for _, c := range r.Claims {
				claims = append(claims, c)
				if !asked[c] {
					asked[c], fresh = true, append(fresh, c)
				}
			}
		}
		taken, err := s.taken(ctx, db, m, fresh)
		if err != nil {
			return err
		}
		first := map[evaluation.Claim]int64{} // who of this batch comes first
		for _, c := range claims {
			value := evaluation.Claim{EntityTypeID: c.EntityTypeID, Property: c.Property, Value: c.Value}
			owner, ok := first[value]
			if has, promised := granted[value]; promised {
				owner, ok = has, true
			}
			switch {
			case !ok && !slices.Contains(taken, c):
				first[value] = c.OwnerID
			case ok && owner != c.OwnerID:
				taken = append(taken, c)
			}
		}
		if len(taken) == 0 {
			maps.Copy(granted, first)
			return nil
		}
		if b.Taken == nil {
			b.Taken = map[evaluation.Claim]bool{}
		}
		again := map[int64]bool{}
		for _, c := range taken {
			b.Taken[c], again[c.OwnerID] = true, true
		}
		part := *b
		part.Owners = nil
		var at []int
		for i, o := range b.Owners {
			if again[o.Resource.ID] {
				part.Owners, at = append(part.Owners, o), append(at, i)
			}
		}
		for i, r := range computation.Evaluate(m.Compiled, &part) {
			results[at[i]] = r
		}
	}
}

// taken gives the claims on values that a target has which is not the owner's, or that another owner's open order asks for.
func (s *Service) taken(ctx context.Context, db bun.IDB, m *Model, claims []evaluation.Claim) ([]evaluation.Claim, error) {
	if len(claims) == 0 {
		return nil, nil
	}
	n, types, owners := make([]int64, len(claims)), make([]int64, len(claims)), make([]int64, len(claims))
	properties, values, keyed := make([]string, len(claims)), make([]string, len(claims)), make([]int64, len(claims))
	for i, c := range claims {
		n[i], types[i], owners[i], properties[i], values[i] = int64(i), c.EntityTypeID, c.OwnerID, c.Property, c.Value
		if p := m.Shape.KeyProperty(c.EntityTypeID); p != nil && p.Identifier == c.Property {
			keyed[i] = 1
		}
	}
	// a key has its index; another property is read through once, for all of them
	const others = ` and r.valid_to = 'infinity'
		and not exists (select from assigned_resource_type a where a.resource_id = r.id and a.owner_id = k.owner and a.valid_to = 'infinity')`
	var found []int
	err := db.NewRaw(`with k as (select * from unnest(?::bigint[], ?::bigint[], ?::bigint[], ?::text[], ?::text[], ?::bigint[]) k (n, type, owner, property, value, keyed))
		select k.n from k join resource r on r.entity_type_id = k.type and r.key = k.value where k.keyed = 1`+others+`
		union
		select k.n from k join resource r on r.entity_type_id = k.type and r.scalars ->> k.property = k.value where k.keyed = 0`+others+`
		order by 1`, ids(n), ids(types), ids(owners), texts(properties), texts(values), ids(keyed)).Scan(ctx, &found)
	if err != nil {
		return nil, fmt.Errorf("look who has a value: %w", err)
	}
	var taken []evaluation.Claim
	for _, i := range found {
		taken = append(taken, claims[i])
	}
	ordered, err := s.Ordered(ctx, db, claims)
	return append(taken, ordered...), err
}
