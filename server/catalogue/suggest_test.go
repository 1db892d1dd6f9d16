package catalogue_test

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun/dialect/pgdialect"
	"pgregory.net/rapid"

	"writ/server/catalogue"
	"writ/server/errs"
	"writ/server/page"
	"writ/server/permit"
	"writ/server/rolemodel"
)

// TestRuleSuggestions: of what was found for all of a department and nobody else, the rule that names it comes first, with whom it would give it to besides.
func TestRuleSuggestions(t *testing.T) {
	t.Parallel()
	s, ctx := setup(t, 30)
	_, err := s.DB.ExecContext(ctx, `delete from assigned_role where role_id = 1;
		insert into assigned_role (owner_id, role_id, workflow_state, workflow_state_changed_at, origin, valid_from)
			select c.owner_id, 1, 1, now(), 'FOUND', now() from context c join resource d on d.id = (c.dimensions->>'Department')::bigint where d.key = 'D2' order by c.owner_id limit 9`)
	require.NoError(t, err)
	out, err := s.RuleSuggestions(ctx, catalogue.RuleSuggestionsInput{Role: new("Read")})
	require.NoError(t, err)
	require.Equal(t, []any{"singleRole", "Read", "rules", 9}, []any{out.ObjectKind, out.Object, out.List, out.Found})
	require.NotEmpty(t, out.Suggestions)
	best := out.Suggestions[0]
	require.Equal(t, []any{"Department", "D2", 9, 1, 10}, []any{best.Criteria[0].Dimension, best.Criteria[0].Key, best.Explains, best.Besides, best.Matches})
	preview, err := s.RulePreview(ctx, catalogue.RulePreviewInput{EntityType: "Person", Dimensions: nil})
	require.NoError(t, err)
	require.Equal(t, 30, preview.Matches)

	nobody, err := s.RuleSuggestions(permit.With(ctx, &permit.Actor{Username: "mia", Grants: []permit.Grant{{Path: "/ProvisioningPolicy/Policy", CanExecute: true}}}), catalogue.RuleSuggestionsInput{Role: new("Read")})
	require.NoError(t, err)
	require.Zero(t, nobody.Found, "who may not know what people have learns nothing")
	_, err = s.RuleSuggestions(permit.With(ctx, &permit.Actor{Username: "x"}), catalogue.RuleSuggestionsInput{Role: new("Read")})
	require.True(t, errs.Is(err, errs.Forbidden))
	for _, in := range []catalogue.RuleSuggestionsInput{{}, {Role: new("None")}, {Role: new("Read"), DifferenceID: new(int64(1))}} {
		_, err := s.RuleSuggestions(ctx, in)
		require.True(t, errs.Is(err, errs.Validation), "%v", err)
	}
	_, err = s.RuleSuggestions(ctx, catalogue.RuleSuggestionsInput{DifferenceID: new(int64(1 << 40))})
	require.True(t, errs.Is(err, errs.NotFound))
}

// accounts are a mailbox of whoever stands in a department, which no rule gives, with a group that all of them but one are in.
const accounts = `
insert into entity_type (identifier, display_name) values ('Mailbox', 'Mailbox');
insert into property (entity_type_id, identifier, display_name, type, target_entity_type_id) values (3, 'Groups', 'Groups', 'FOREIGN_KEY', 3);
insert into resource_type (identifier, display_name, policy_id, source_entity_type_id, target_entity_type_id) values ('Mail', 'Mail', 1, 1, 3);
insert into resource (entity_type_id, key, display_name, valid_from) values (3, 'everybody', 'Everybody', now());
insert into resource (id, entity_type_id, key, display_name, valid_from) overriding system value select 1000 + c.owner_id, 3, 'M' || c.owner_id, 'Mail ' || c.owner_id, now() from context c where c.dimensions->>'Department' = '2';
insert into assigned_resource_type (id, owner_id, resource_type_id, resource_id, workflow_state, workflow_state_changed_at, is_expected, valid_from) overriding system value
	select 2000 + c.owner_id, c.owner_id, 1, 1000 + c.owner_id, 1, now(), false, now() from context c where c.dimensions->>'Department' = '2';
insert into gap (id, assigned_resource_type_id, workflow_state, current_value, found_at) overriding system value select 3000 + c.owner_id, 2000 + c.owner_id, 1, 'M', now() from context c where c.dimensions->>'Department' = '2';
insert into gap (id, assigned_resource_type_id, property, value_id, workflow_state, current_value, found_at) overriding system value
	select 4000 + c.owner_id, 2000 + c.owner_id, 'Groups', (select id from resource where key = 'everybody'), 1, 'Everybody', now() from context c where c.dimensions->>'Department' = '2' and c.owner_id <> 4;
insert into gap (id, assigned_resource_type_id, property, workflow_state, current_value, proposed_value, found_at) overriding system value values (5000, 2004, 'Phone', 1, '1', '2', now());
insert into assigned_resource_type (id, resource_type_id, resource_id, workflow_state, workflow_state_changed_at, is_expected, valid_from) overriding system value values (2001, 1, null, 1, now(), false, now());
insert into gap (id, assigned_resource_type_id, workflow_state, current_value, found_at) overriding system value values (3001, 2001, 1, 'M', now())`

// TestRuleSuggestionsOfAccounts: of accounts, and of what they point to, the rule stands in the resource type; a difference of plain values, of nobody, or of somebody whom
// one may not see, is none that a rule could explain.
func TestRuleSuggestionsOfAccounts(t *testing.T) {
	t.Parallel()
	s, ctx := setup(t, 30)
	_, err := s.DB.ExecContext(ctx, accounts)
	require.NoError(t, err)
	ask := func(ctx context.Context, id int64) (*catalogue.RuleSuggestions, error) {
		return s.RuleSuggestions(ctx, catalogue.RuleSuggestionsInput{DifferenceID: &id})
	}
	account, err := ask(ctx, 3004)
	require.NoError(t, err)
	require.Equal(t, []any{"resourceType", "Mail", "typeRules", 10}, []any{account.ObjectKind, account.Object, account.List, account.Found})
	require.Nil(t, account.Property)
	require.Equal(t, []any{"D2", 10, 0}, []any{account.Suggestions[0].Criteria[0].Key, account.Suggestions[0].Explains, account.Suggestions[0].Besides})

	group, err := ask(ctx, 4007)
	require.NoError(t, err)
	require.Equal(t, []any{"navigationRules", "Groups", "everybody", 9}, []any{group.List, *group.Property, *group.Resource, group.Found})
	require.Equal(t, []any{"D2", 9, 1}, []any{group.Suggestions[0].Criteria[0].Key, group.Suggestions[0].Explains, group.Suggestions[0].Besides})

	for _, id := range []int64{5000, 3001, 1} {
		_, err := ask(ctx, id)
		require.True(t, errs.Is(err, errs.NotFound), "%d: %v", id, err)
	}
	mia := permit.With(ctx, &permit.Actor{Username: "mia", Grants: []permit.Grant{{Path: "/ProvisioningPolicy/Policy", CanExecute: true}}})
	_, err = ask(mia, 3004)
	require.True(t, errs.Is(err, errs.NotFound), "%v", err)
}

// TestRuleSuggestionsAreWhatRulesDo: whatever was found for whom, each suggestion matches whom a preview of the same rule matches, the best fits best, and none is there twice.
func TestRuleSuggestionsAreWhatRulesDo(t *testing.T) {
	t.Parallel()
	s, ctx := setup(t, 40)
	_, err := s.DB.ExecContext(ctx, `update context set dimensions = dimensions || jsonb_build_object('Site', 1 + owner_id % 2)`)
	require.NoError(t, err)
	rapid.Check(t, func(t *rapid.T) {
		owners := rapid.SliceOfNDistinct(rapid.Int64Range(4, 43), 1, 40, rapid.ID[int64]).Draw(t, "owners")
		_, err := s.DB.NewRaw(`delete from assigned_role; insert into assigned_role (owner_id, role_id, workflow_state, workflow_state_changed_at, origin, valid_from)
			select o, 1, 3, now(), 'FOUND', now() from unnest(?::bigint[]) o`, pgdialect.Array(owners)).Exec(ctx)
		require.NoError(t, err)
		out, err := s.RuleSuggestions(ctx, catalogue.RuleSuggestionsInput{Role: new("Read"), RoleKind: new(rolemodel.Single)})
		require.NoError(t, err)
		require.Equal(t, len(owners), out.Found)
		require.NotEmpty(t, out.Suggestions)
		seen := map[string]bool{}
		last := 2.0
		for _, x := range out.Suggestions {
			var dimensions []rolemodel.NamedCriterion
			for _, c := range x.Criteria {
				dimensions = append(dimensions, is(c.Dimension, c.Key, c.Inherit))
			}
			require.False(t, seen[fmt.Sprint(dimensions)])
			seen[fmt.Sprint(dimensions)] = true
			preview, err := s.RulePreview(ctx, catalogue.RulePreviewInput{EntityType: "Person", Dimensions: dimensions, First: new(page.Max)})
			require.NoError(t, err)
			explains := 0
			for _, p := range preview.People.Nodes() {
				if slices.Contains(owners, p.ID) {
					explains++
				}
			}
			require.Equal(t, []int{preview.Matches, explains, preview.Matches - explains}, []int{x.Matches, x.Explains, x.Besides})
			fit := 2 * float64(x.Explains) / float64(out.Found+x.Matches)
			require.LessOrEqual(t, fit, last)
			last = fit
		}
	})
}
