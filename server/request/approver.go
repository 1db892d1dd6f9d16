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

// Who answers a step: whom an approver rule finds (finder.go, ask.go), and where none is about it whoever may review roles of the beneficiary (role-model
// 12.6, requests 5.1); but never who asked, who gets it, or who decided another step of the item (requests 5.3). The database refuses the same
// (request_decision).

// approvers finds who may decide, once per entity type and beneficiary.
type approvers struct {
	s        *Service
	m        *assignment.Model
	holders  map[int64][]access.Holder    // by entity type
	over     map[int64][]access.Holder    // by beneficiary
	standard map[[2]int64]*asked          // without an approver rule, by beneficiary and item
	contexts map[int64][]map[string]int64 // the current ones, by beneficiary
}

func (s *Service) approvers(m *assignment.Model) *approvers {
	return &approvers{s: s, m: m, holders: map[int64][]access.Holder{}, over: map[int64][]access.Holder{}, contexts: map[int64][]map[string]int64{}, standard: map[[2]int64]*asked{}}
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
	requester     string
	requesterUser *int64
	requesterID   *int64
	beneficiary   int64
	itemID        int64 // 0: of a basket, nobody has decided anything
}

// candidates gives who may decide an item of a party by his right to review roles; handed: one of them handed his place over.
func (a *approvers) candidates(ctx context.Context, b bun.IDB, entityTypeID int64, p party) (list []access.Holder, handed bool, err error) {
	all, err := a.of(ctx, b, entityTypeID, p.beneficiary)
	if err != nil || len(all) == 0 {
		return nil, false, err
	}
	names := make([]string, len(all))
	for i, h := range all {
		names[i] = h.Username
	}
	out, err := excluded(ctx, b, names, p)
	if err != nil {
		return nil, false, err
	}
	for _, why := range out {
		handed = handed || why == "handed_over"
	}
	return slices.DeleteFunc(slices.Clone(all), func(h access.Holder) bool { return out[h.Username] != "" }), handed, nil
}

// excluded tells of some accounts why they may not decide about a party, those only that may not (request_exclusion): who asked, who gets it, by whichever
// of their accounts, and who decided before.
func excluded(ctx context.Context, b bun.IDB, accounts []string, p party) (map[string]string, error) {
	var rows []struct{ Account, Why string }
	if err := b.NewRaw(`select account, why from (select account, request_exclusion(account, ?1, ?2, ?3, ?4, nullif(?5, 0)) as why from unnest(?0::text[]) account) x where why is not null`,
		pgdialect.Array(accounts), p.requester, p.requesterUser, p.requesterID, p.beneficiary, p.itemID).Scan(ctx, &rows); err != nil {
		return nil, fmt.Errorf("look who may not decide: %w", err)
	}
	out := make(map[string]string, len(rows))
	for _, r := range rows {
		out[r.Account] = r.Why
	}
	return out, nil
}

// party of an item.
func (x *item) party() party {
	return party{requester: x.Requester, requesterUser: x.RequesterUserID, requesterID: x.RequesterID, beneficiary: x.BeneficiaryID, itemID: x.ID}
}

// ofCaller is the party of what the caller asks for somebody.
func (k *basket) ofCaller(beneficiaryID int64) party {
	p := party{requester: k.me.Username, beneficiary: beneficiaryID}
	if k.me.UserID != 0 {
		p.requesterUser = &k.me.UserID
	}
	if k.me.ResourceID != 0 {
		p.requesterID = &k.me.ResourceID
	}
	return p
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
