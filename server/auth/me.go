package auth

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/uptrace/bun"

	"writ/server/access"
	"writ/server/delegation"
	"writ/server/directory"
	"writ/server/permit"
)

// Me is the signed-in person.
type Me struct {
	ID          int64
	Username    string
	DisplayName string
	ResourceID  int64 // 0: the account belongs to nobody in the directory
	Profiles    []*access.Profile
	Permissions []string
	ActsFor     []*delegation.ActsFor // whose deputy he is now
	Scopes      *MyScopes
	TestHooks   bool
	Demo        bool
	TimeZone    string
	ServerTime  time.Time // of the server's clock, when this was read
}

// MyScopes names the entity types that permissions which exist once per entity type open.
type MyScopes struct {
	ReviewProvisioning        []string
	ManualProvisioning        []string
	BulkManualProvisioning    []string
	BulkReviewProvisioning    []string
	ReconciliateResources     []string
	MassReconciliateResources []string
	ReconciliateRoles         []string
	MassReconciliateRoles     []string
	ReviewRoles               []string
	MassReviewRoles           []string
	QueryResources            []string
	CreateResources           []string
	MassUpdateResources       []string
	MassRequest               []string
}

// Me gives the signed-in person. UNAUTHENTICATED without one.
func (s *Service) Me(ctx context.Context) (*Me, error) { return s.me(ctx, s.db) }

func (s *Service) me(ctx context.Context, db bun.IDB) (*Me, error) {
	a := permit.From(ctx)
	if a == nil {
		return nil, permit.SignIn()
	}
	profiles, err := access.ProfilesOf(ctx, db, a.UserID, s.clock.Now())
	if err != nil {
		return nil, err
	}
	scopes, err := myScopes(ctx, db)
	if err != nil {
		return nil, err
	}
	zone, err := directory.LoadZone(ctx, db)
	if err != nil {
		return nil, err
	}
	return &Me{
		TimeZone: zone.String(), ID: a.UserID, Username: a.Username, DisplayName: a.Name, ResourceID: a.ResourceID, Profiles: profiles, Permissions: paths(a), ActsFor: delegation.ActingNow(ctx),
		Scopes: scopes, TestHooks: s.config.TestHooks, Demo: s.config.Demo, ServerTime: s.clock.Now(),
	}, nil
}

// paths gives the permissions an actor may execute, each once, sorted.
func paths(a *permit.Actor) []string {
	found := []string{}
	if a.System {
		found = append(found, "/")
	}
	for _, g := range a.Grants {
		if g.CanExecute {
			found = append(found, g.Path)
		}
	}
	slices.Sort(found)
	return slices.Compact(found)
}

// myScopes asks every permission of every entity type. Reviews and tickets exist only for entity types that own something.
func myScopes(ctx context.Context, db bun.IDB) (*MyScopes, error) {
	var types []struct {
		Identifier string
		IsSource   bool
	}
	err := db.NewSelect().TableExpr("entity_type AS et").ColumnExpr("et.identifier").
		ColumnExpr("EXISTS (SELECT FROM resource_type AS rt WHERE rt.source_entity_type_id = et.id) AS is_source").
		OrderExpr("et.identifier").Scan(ctx, &types)
	if err != nil {
		return nil, fmt.Errorf("read the entity types: %w", err)
	}
	m := &MyScopes{
		ReviewProvisioning: []string{}, ManualProvisioning: []string{}, BulkManualProvisioning: []string{},
		BulkReviewProvisioning: []string{}, ReconciliateResources: []string{}, MassReconciliateResources: []string{}, ReconciliateRoles: []string{}, MassReconciliateRoles: []string{}, ReviewRoles: []string{}, MassReviewRoles: []string{}, QueryResources: []string{}, CreateResources: []string{},
		MassUpdateResources: []string{}, MassRequest: []string{},
	}
	for _, t := range types {
		add := func(into *[]string, permission string) {
			if permit.Find(ctx, permission).Allowed() {
				*into = append(*into, t.Identifier)
			}
		}
		if t.IsSource {
			add(&m.ReviewProvisioning, permit.For(permit.ReviewProvisioning, t.Identifier))
			add(&m.ManualProvisioning, permit.For(permit.ManualProvisioning, t.Identifier))
			add(&m.BulkManualProvisioning, permit.For(permit.BulkManualProvisioning, t.Identifier))
			add(&m.BulkReviewProvisioning, permit.For(permit.BulkReviewProvisioning, t.Identifier))
			add(&m.ReconciliateResources, permit.For(permit.ReconciliateResources, t.Identifier))
			add(&m.MassReconciliateResources, permit.For(permit.MassReconciliateResources, t.Identifier))
			if permit.Find(ctx, permit.For(permit.BulkReconciliateResources, t.Identifier)).Allowed() && !slices.Contains(m.MassReconciliateResources, t.Identifier) {
				m.MassReconciliateResources = append(m.MassReconciliateResources, t.Identifier)
			}
			add(&m.ReconciliateRoles, permit.For(permit.ReconciliateRoles, t.Identifier))
			if permit.Find(ctx, permit.For(permit.MassReconciliateRoles, t.Identifier)).Allowed() || permit.Find(ctx, permit.For(permit.BulkRoleReconciliation, t.Identifier)).Allowed() {
				m.MassReconciliateRoles = append(m.MassReconciliateRoles, t.Identifier)
			}
			add(&m.ReviewRoles, permit.For(permit.ReviewRoles, t.Identifier))
			add(&m.MassReviewRoles, permit.For(permit.MassReviewRoles, t.Identifier))
		}
		add(&m.QueryResources, permit.Resource(t.Identifier, "Query"))
		add(&m.CreateResources, permit.Resource(t.Identifier, "Create"))
		add(&m.MassUpdateResources, permit.Resource(t.Identifier, "MassUpdate"))
		add(&m.MassRequest, permit.MassRequest(t.Identifier))
	}
	return m, nil
}
