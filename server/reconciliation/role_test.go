package reconciliation_test

import (
	"context"
	"fmt"
	"log/slog"
	"testing"

	"github.com/lib/pq"
	"github.com/stretchr/testify/require"

	"writ/server/assignment"
	"writ/server/clock"
	"writ/server/dbtest"
	"writ/server/directory"
	"writ/server/errs"
	"writ/server/evaluation"
	"writ/server/page"
	"writ/server/permit"
	"writ/server/reconciliation"
)

// Two people, two accounts, two groups. Sales brings G1 and G2, Phone G2; everybody has an account.
const sellers = `
insert into connector (identifier, display_name) values ('Intranet', 'Intranet');
insert into entity_type (identifier, display_name, connector_id) values ('Person', 'Person', null), ('Account', 'Account', 1), ('Group', 'Group', 1);
insert into property (entity_type_id, identifier, display_name, type, is_key) values (2, 'Login', 'Login', 'STRING', true), (3, 'Cn', 'Name', 'STRING', true);
insert into property (entity_type_id, identifier, display_name, type, is_collection, target_entity_type_id, position) values (2, 'Groups', 'Groups', 'FOREIGN_KEY', true, 3, 1);
insert into policy (identifier, display_name, is_provisioning_enabled) values ('Default', 'Default', true);
insert into resource_type (identifier, display_name, policy_id, source_entity_type_id, target_entity_type_id, allow_add, allow_remove) values ('User', 'Intranet user', 1, 1, 2, true, true);
insert into role (kind, identifier, display_name, policy_id, entity_type_id) values ('SINGLE', 'Sales', 'Sales', 1, 1), ('SINGLE', 'Phone', 'Phone', 1, 1);
insert into resource_type_rule (identifier, kind, policy_id, resource_type_id, property_id, single_role_id, value_key) values
	('all', 'TYPE', 1, 1, null, null, null), ('s1', 'NAVIGATION', 1, 1, 3, 1, 'g1'), ('s2', 'NAVIGATION', 1, 1, 3, 1, 'g2'), ('p2', 'NAVIGATION', 1, 1, 3, 2, 'g2');
insert into computed_property (resource_type_id, property_id) values (1, 3) on conflict do nothing;
insert into model_version (at, actor, fingerprint) values (now(), 'test', '');
insert into resource (entity_type_id, key, display_name, scalars, valid_from) values (1, 'e1', 'Petra Lang', '{"Mail": "petra@corp.example"}', now()), (1, 'e2', 'Max Berg', '{}', now()),
	(2, 'plang', 'plang', '{"Login": "plang"}', now()), (2, 'mberg', 'mberg', '{"Login": "mberg"}', now()), (3, 'g1', 'Group 1', '{"Cn": "g1"}', now()), (3, 'g2', 'Group 2', '{"Cn": "g2"}', now());
insert into resource_link (source_id, property_id, target_id, valid_from) values (3, 3, 5, now()), (4, 3, 5, now());
insert into assigned_resource_type (owner_id, resource_type_id, resource_id, workflow_state, workflow_state_changed_at, is_expected, valid_from) values
	(1, 1, 3, 18, now(), true, now()), (2, 1, 4, 18, now(), true, now());
update entity_type set initialized_at = now();
insert into local_user (username, display_name, password_hash, email, resource_id) values ('petra', 'Petra', '', '', 1), ('rita', 'Rita', '', '', null);`

func sales(t *testing.T) (*reconciliation.Service, func(username string, paths ...string) context.Context) {
	t.Helper()
	b := dbtest.MustOpen(t)
	_, err := b.NewRaw(sellers).Exec(t.Context())
	require.NoError(t, err)
	c, log := clock.New(), slog.New(slog.DiscardHandler)
	hooks := dbtest.Idle(assignment.Hooks{})
	s := reconciliation.New(b, c, log, assignment.New(b, c, log, &directory.Shapes{}, hooks), dbtest.Idle(reconciliation.Hooks{}))
	compute(t, s)
	return s, func(username string, paths ...string) context.Context {
		var id int64
		require.NoError(t, b.NewRaw("select id from local_user where username = ?", username).Scan(t.Context(), &id))
		a := &permit.Actor{UserID: id, Username: username}
		for _, p := range paths {
			a.Grants = append(a.Grants, permit.Grant{Path: p, CanExecute: true})
		}
		return permit.With(t.Context(), a)
	}
}

func compute(t *testing.T, s *reconciliation.Service) {
	t.Helper()
	ctx := permit.With(t.Context(), &permit.Actor{Username: "job", Grants: []permit.Grant{{Path: "/", CanExecute: true}}})
	r, err := s.Assignments.Run(ctx, assignment.Recompute{EntityTypes: []string{"Person"}}, func(int, int) {})
	require.NoError(t, err)
	require.Zero(t, r.Failed)
}

var roleRights = []string{permit.ReconciliateRoles, permit.MassReconciliateRoles, permit.Resources}

// A computation finds the role in both accounts, the list says from which value and what is missing, and a decision settles role and difference alike,
// from whichever side it comes.
func TestFoundRoles(t *testing.T) {
	t.Parallel()
	s, as := sales(t)
	ctx := as("rita", append(roleRights, permit.ReconciliateResources, permit.MassReconciliateResources)...)
	again := func() { compute(t, s) }
	list, err := s.Roles(ctx, page.Args{First: 10}, nil, nil, nil, true)
	require.NoError(t, err)
	require.Equal(t, 2, list.TotalCount)
	one := list.Nodes()[0]
	require.Equal(t, "Sales", one.Role)
	require.Equal(t, "Petra Lang", one.Owner.DisplayName)
	require.Len(t, one.Values, 2)
	require.Equal(t, "Group 1", one.Values[0].Value)
	require.True(t, one.Values[0].IsHeld)
	require.Equal(t, "plang", one.Values[0].Account.DisplayName)
	require.NotNil(t, one.Values[0].ItemID, "the difference that is decided with it")
	require.Equal(t, "Group 2", one.Values[1].Value)
	require.False(t, one.Values[1].IsHeld)
	patterns, err := s.RolePatterns(ctx, page.Args{First: 10}, nil)
	require.NoError(t, err)
	require.Len(t, patterns.Nodes(), 1)
	require.Equal(t, []any{"Sales", 2, 0, 2, []string{"Group 1"}}, []any{patterns.Nodes()[0].Role, patterns.Nodes()[0].Count, patterns.Nodes()[0].Complete, patterns.Nodes()[0].Lacking, patterns.Nodes()[0].Values})
	counts, err := s.Counters(ctx)
	require.NoError(t, err)
	require.Equal(t, 2, counts.Roles)
	item, err := s.Get(ctx, *one.Values[0].ItemID)
	require.NoError(t, err)
	require.Equal(t, []string{"Sales"}, item.FoundRoles)
	again()
	same, err := s.GetRole(ctx, one.ID)
	require.NoError(t, err)
	require.Equal(t, one.Version, same.Version, "a second computation writes nothing")

	// from the side of the role
	p, err := s.DecideRoles(ctx, reconciliation.DecideRoleReconciliationInput{Items: []reconciliation.ReconciliationItemInput{{ID: one.ID}}, Decision: reconciliation.KeepRole})
	require.NoError(t, err)
	require.Equal(t, string(errs.Validation), p.Results[0].Error.Code, "keeping needs a reason")
	p, err = s.DecideRoles(ctx, reconciliation.DecideRoleReconciliationInput{Items: []reconciliation.ReconciliationItemInput{{ID: one.ID, Version: new(one.Version)}}, Decision: reconciliation.KeepRole, Comment: new("she sells")})
	require.NoError(t, err)
	require.Nil(t, p.Results[0].Error)
	require.Equal(t, reconciliation.RoleKept, p.Results[0].Item.State())
	item, err = s.Get(ctx, item.ID)
	require.NoError(t, err)
	require.Equal(t, reconciliation.KeepRole, *item.Decision())
	again()

	// from the side of the value
	two := list.Nodes()[1]
	d, err := s.Decide(ctx, reconciliation.DecideReconciliationInput{Items: []reconciliation.ReconciliationItemInput{{ID: *two.Values[0].ItemID}}, Decision: reconciliation.UseProposed})
	require.NoError(t, err)
	require.Nil(t, d.Results[0].Error)
	gone, err := s.GetRole(ctx, two.ID)
	require.NoError(t, err)
	require.Equal(t, evaluation.Cancellation, gone.StateCode)
	again()
	gone, err = s.GetRole(ctx, two.ID)
	require.NoError(t, err, "until its value is seen gone")
	require.Equal(t, evaluation.Cancellation, gone.StateCode)
	require.Equal(t, []reconciliation.Decision{reconciliation.KeepRole}, gone.Decisions())
	p, err = s.DecideRoles(ctx, reconciliation.DecideRoleReconciliationInput{Items: []reconciliation.ReconciliationItemInput{{ID: two.ID}}, Decision: reconciliation.RemoveRole})
	require.NoError(t, err)
	require.Equal(t, string(errs.InvalidTransition), p.Results[0].Error.Code)

	// and again: what was kept goes after all
	p, err = s.DecideRoles(ctx, reconciliation.DecideRoleReconciliationInput{Items: []reconciliation.ReconciliationItemInput{{ID: one.ID}}, Decision: reconciliation.RemoveRole})
	require.NoError(t, err)
	require.Nil(t, p.Results[0].Error)
	require.Equal(t, reconciliation.RoleRemoved, p.Results[0].Item.State())
	var moves []string
	require.NoError(t, s.DB.NewRaw(`select action || ' ' || from_state || ' ' || to_state || ' ' || actor from assignment_history where assigned_role_id = ? order by id`, one.ID).Scan(ctx, &moves))
	require.Equal(t, []string{"keep 1 16 rita", "refuse 16 20 rita"}, moves)
}

// Who may not, may not: without the permission, for more than one at once, about himself from either side; and the database itself refuses the last.
func TestWhoDecidesAboutFoundRoles(t *testing.T) {
	t.Parallel()
	s, as := sales(t)
	all, err := s.Roles(as("rita", roleRights...), page.Args{First: 10}, nil, nil, nil, false)
	require.NoError(t, err)
	petras, max := all.Nodes()[0], all.Nodes()[1]
	remove := func(ctx context.Context, ids ...int64) *reconciliation.DecideRoleReconciliationPayload {
		in := reconciliation.DecideRoleReconciliationInput{Decision: reconciliation.RemoveRole}
		for _, id := range ids {
			in.Items = append(in.Items, reconciliation.ReconciliationItemInput{ID: id})
		}
		p, err := s.DecideRoles(ctx, in)
		if err != nil {
			require.True(t, errs.Is(err, errs.Forbidden), "%s", err)
			return nil
		}
		return p
	}
	require.Nil(t, remove(as("rita", permit.ReconciliateResources, permit.Resources), max.ID))
	require.Nil(t, remove(as("rita", permit.ReconciliateRoles, permit.Resources), max.ID, petras.ID), "many at once")
	petra := as("petra", append(roleRights, permit.ReconciliateResources)...)
	require.Equal(t, string(errs.Forbidden), remove(petra, petras.ID).Results[0].Error.Code)
	require.NoError(t, func() error {
		_, err := s.DB.NewRaw("update resource_type set allow_own_decisions = true").Exec(t.Context())
		return err
	}())
	d, err := s.Decide(petra, reconciliation.DecideReconciliationInput{Items: []reconciliation.ReconciliationItemInput{{ID: *petras.Values[0].ItemID}}, Decision: reconciliation.UseProposed})
	require.NoError(t, err)
	require.Equal(t, string(errs.Forbidden), d.Results[0].Error.Code, "the value would settle the role")
	for _, column := range []string{"reviewed", "postponed"} {
		_, err = s.DB.NewRaw(fmt.Sprintf("update assigned_role set %[1]s_by = 'Petra', %[1]s_at = now() where id = ?", column), petras.ID).Exec(t.Context())
		var e *pq.Error
		require.ErrorAs(t, err, &e)
		require.Equal(t, "assigned_role_not_own", e.Constraint)
	}
	require.Nil(t, remove(petra, max.ID).Results[0].Error)

	counts, err := s.Counters(as("rita", permit.ReconciliateResources, permit.Resources))
	require.NoError(t, err)
	require.Zero(t, counts.Roles)
}
