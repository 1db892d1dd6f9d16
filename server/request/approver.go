package request

import (
	"context"
	"fmt"
	"slices"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"

	"writ/server/access"
	"writ/server/assignment"
	"writ/server/directory"
	"writ/server/permit"
)

// Who answers a step: whoever may review roles of the beneficiary (role-model 12.6, requests 5.1), but never who asked, who gets it, or who decided
// another step of the item (requests 5.3). The database refuses the same (request_decision).

// approvers finds who may decide, once per entity type and beneficiary.
type approvers struct {
	s       *Service
	m       *assignment.Model
	holders map[int64][]access.Holder // by entity type
	over    map[int64][]access.Holder // by beneficiary
}

func (s *Service) approvers(m *assignment.Model) *approvers {
	return &approvers{s: s, m: m, holders: map[int64][]access.Holder{}, over: map[int64][]access.Holder{}}
}

// of gives who may review the roles of somebody, without looking at who that is.
func (a *approvers) of(ctx context.Context, b bun.IDB, entityTypeID, beneficiaryID int64) ([]access.Holder, error) {
	if list, ok := a.over[beneficiaryID]; ok {
		return list, nil
	}
	t := a.m.Shape.EntityTypes[entityTypeID]
	if t == nil {
		return nil, nil
	}
	holders, ok := a.holders[entityTypeID]
	if !ok {
		var err error
		if holders, err = access.Executors(ctx, b, permit.For(permit.ReviewRoles, t.Identifier), a.s.Clock.Now()); err != nil {
			return nil, err
		}
		a.holders[entityTypeID] = holders
	}
	list, err := access.Over(ctx, b, a.m.Shape, holders, t, beneficiaryID)
	if err != nil {
		return nil, err
	}
	a.over[beneficiaryID] = list
	return list, nil
}

// party is who has to do with an item and so may not decide it.
type party struct {
	requester   string
	requesterID int64
	beneficiary int64
	decided     []string // who decided other steps
}

// candidates gives who may decide an item of a party.
func (a *approvers) candidates(ctx context.Context, b bun.IDB, entityTypeID int64, p party) ([]access.Holder, error) {
	all, err := a.of(ctx, b, entityTypeID, p.beneficiary)
	if err != nil || len(all) == 0 {
		return nil, err
	}
	names := make([]string, len(all))
	for i, h := range all {
		names[i] = h.Username
	}
	out, err := excluded(ctx, b, names, p)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(slices.Clone(all), func(h access.Holder) bool { return slices.Contains(out, h.Username) }), nil
}

// excluded gives those of some accounts who may not decide about a party: who asked, who gets it, by whichever of their accounts, and who decided before.
func excluded(ctx context.Context, b bun.IDB, accounts []string, p party) ([]string, error) {
	var out []string
	if err := b.NewRaw(`select a from unnest(?0::text[]) a where lower(a) = lower(?1) or is_same_person(a, ?2) or ?3 <> 0 and is_same_person(a, ?3) or lower(a) in (select lower(d) from unnest(?4::text[]) d)`,
		pgdialect.Array(accounts), p.requester, p.beneficiary, p.requesterID, pgdialect.Array(p.decided)).Scan(ctx, &out); err != nil {
		return nil, fmt.Errorf("look who may not decide: %w", err)
	}
	return out, nil
}

// party of an item, with who decided its steps.
func (x *item) party(ctx context.Context, b bun.IDB) (party, error) {
	p := party{requester: x.Requester, beneficiary: x.BeneficiaryID}
	if x.RequesterID != nil {
		p.requesterID = *x.RequesterID
	}
	if err := b.NewRaw(`select decider from request_decision where item_id = ?`, x.ID).Scan(ctx, &p.decided); err != nil {
		return p, fmt.Errorf("read who decided before: %w", err)
	}
	return p, nil
}

// mayReview reports whether the caller may review the roles of somebody, whoever that is.
func mayReview(ctx context.Context, b bun.IDB, m *assignment.Model, entityTypeID, beneficiaryID int64) (bool, error) {
	t := m.Shape.EntityTypes[entityTypeID]
	if t == nil {
		return false, nil
	}
	scope := permit.Find(ctx, permit.For(permit.ReviewRoles, t.Identifier)).OfOwners()
	switch {
	case scope.All(t.Identifier):
		return true, nil
	case !scope.On(t.Identifier).Allowed():
		return false, nil
	}
	var found bool
	if err := b.NewRaw(`select exists (select from resource w where w.id = ? and ?)`, beneficiaryID, directory.Rows(m.Shape, t.ID, "w", scope)).Scan(ctx, &found); err != nil {
		return false, fmt.Errorf("look whether roles of somebody may be reviewed: %w", err)
	}
	return found, nil
}
