package catalogue_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"writ/server/catalogue"
	"writ/server/errs"
	"writ/server/page"
	"writ/server/permit"
	"writ/server/rolemodel"
)

func is(dimension, key string, inherit bool) rolemodel.NamedCriterion {
	return rolemodel.NamedCriterion{Dimension: dimension, Key: key, Inherit: inherit}
}

// Whom a rule matches, gains and loses against the rule in force; a criterion that empties it is told by what it leaves and what it costs.
func TestRulePreview(t *testing.T) {
	t.Parallel()
	s, ctx := setup(t, 30)
	ask := func(in catalogue.RulePreviewInput) *catalogue.RulePreview {
		t.Helper()
		in.EntityType = "Person"
		out, err := s.RulePreview(ctx, in)
		require.NoError(t, err)
		return out
	}
	all := ask(catalogue.RulePreviewInput{})
	require.Equal(t, []int{30, 30, 0, 0}, []int{all.Matches, all.Gained, all.Lost, all.Hidden})

	exact := ask(catalogue.RulePreviewInput{Dimensions: []rolemodel.NamedCriterion{is("Department", "D1", false)}, RoleRule: new("Read-1"), Show: new(catalogue.Lost), First: new(3)})
	require.Equal(t, []int{10, 0, 20, 0}, []int{exact.Matches, exact.Gained, exact.Lost, exact.Hidden})
	require.Equal(t, &catalogue.RuleCriterionCount{Dimension: "Department", Left: 10, Without: 30}, exact.Criteria[0])
	require.Len(t, exact.People.Nodes(), 3)
	require.Equal(t, 20, exact.People.TotalCount)
	require.True(t, exact.People.PageInfo.HasNextPage)
	next := ask(catalogue.RulePreviewInput{Dimensions: []rolemodel.NamedCriterion{is("Department", "D1", false)}, RoleRule: new("Read-1"), Show: new(catalogue.Lost), After: exact.People.PageInfo.EndCursor})
	require.Len(t, next.People.Nodes(), 17)

	below := ask(catalogue.RulePreviewInput{Dimensions: []rolemodel.NamedCriterion{is("Department", "D1", true)}, Gives: new("Read")})
	require.Equal(t, 20, below.Matches)
	has := 0
	for _, p := range below.People.Nodes() {
		if p.HasRole {
			has++
		}
	}
	require.Equal(t, 10, has, "every second one has the role already")

	two := ask(catalogue.RulePreviewInput{Dimensions: []rolemodel.NamedCriterion{is("Department", "D1", true), is("Site", "D3", false)}})
	require.Zero(t, two.Matches)
	require.Equal(t, []*catalogue.RuleCriterionCount{{Dimension: "Department", Left: 20, Without: 0}, {Dimension: "Site", Left: 0, Without: 20}}, two.Criteria)

	unknown := ask(catalogue.RulePreviewInput{Dimensions: []rolemodel.NamedCriterion{is("Department", "D9", false)}})
	require.Zero(t, unknown.Matches)
	require.Len(t, unknown.Problems, 1)

	holders := ask(catalogue.RulePreviewInput{Role: new("Read")})
	require.Equal(t, 15, holders.Matches, "whoever holds the role that it asks for")
}

// The counts are of those whom one may see; how many others there are is told, not who.
func TestRulePreviewInScope(t *testing.T) {
	t.Parallel()
	s, ctx := setup(t, 30)
	var grants []permit.Grant
	for _, path := range []string{"/Custom/Resources", "/ProvisioningPolicy/AssignedSingleRole"} {
		grants = append(grants, permit.Grant{Path: path, EntityType: "Person", Filters: []permit.Filter{{Binding: "Department", Value: "D1"}}, CanExecute: true})
	}
	grants = append(grants, permit.Grant{Path: "/ProvisioningPolicy/Policy", CanExecute: true})
	ben := permit.With(ctx, &permit.Actor{Username: "ben", Grants: grants})
	out, err := s.RulePreview(ben, catalogue.RulePreviewInput{EntityType: "Person", Dimensions: []rolemodel.NamedCriterion{is("Department", "D1", true)}})
	require.NoError(t, err)
	require.Equal(t, []int{10, 10, 0, 10}, []int{out.Matches, out.Gained, out.Lost, out.Hidden})
	require.Len(t, out.People.Nodes(), 10)

	_, err = s.RulePreview(permit.With(ctx, &permit.Actor{Username: "eva", Grants: grants[:2]}), catalogue.RulePreviewInput{EntityType: "Person"})
	require.True(t, errs.Is(err, errs.Forbidden))
	out, err = s.RulePreview(permit.With(ctx, &permit.Actor{Username: "mia", Grants: grants[2:]}), catalogue.RulePreviewInput{EntityType: "Person"})
	require.NoError(t, err)
	require.Equal(t, []int{0, 30}, []int{out.Matches, out.Hidden}, "who may not know what people have sees how many they are")
	for field, in := range map[string]catalogue.RulePreviewInput{
		"input.entityType":    {EntityType: "Nobody"},
		"input.policy":        {EntityType: "Person", Policy: new("None")},
		"input.role":          {EntityType: "Person", Role: new("None")},
		"input.dimensions[0]": {EntityType: "Person", Dimensions: []rolemodel.NamedCriterion{is("None", "x", false)}},
		"input.dimensions[1]": {EntityType: "Person", Dimensions: []rolemodel.NamedCriterion{is("Site", "x", false), is("Site", "y", false)}},
		"input.dimensions":    {EntityType: "Person", Dimensions: make([]rolemodel.NamedCriterion, 13)},
	} {
		_, err := s.RulePreview(ctx, in)
		require.NotNil(t, errs.As(err), field)
		require.Equal(t, field, errs.As(err).Field)
	}
}

// Whatever two rules are, what is gained, lost and unchanged adds up, and is what each matches alone.
func TestRulePreviewAddsUp(t *testing.T) {
	t.Parallel()
	s, ctx := setup(t, 40)
	_, err := s.DB.ExecContext(ctx, `update context set dimensions = dimensions || jsonb_build_object('Site', 1 + id % 3) where id % 4 > 0;
		update context set start_date = '2100-01-01' where id % 10 = 0;
		insert into context (owner_id, context_rule_id, dimensions) select owner_id, 1, '{"Department": 3}' from context where id % 5 = 0`)
	require.NoError(t, err)
	n := 0
	rapid.Check(t, func(rt *rapid.T) {
		criteria := func(name string) (list []rolemodel.NamedCriterion) {
			for _, d := range []string{"Department", "Site"} {
				if rapid.Bool().Draw(rt, name+d) {
					list = append(list, is(d, rapid.SampledFrom([]string{"D1", "D2", "D3"}).Draw(rt, "key"), d == "Department" && rapid.Bool().Draw(rt, "inherit")))
				}
			}
			return list
		}
		var at *time.Time
		if rapid.Bool().Draw(rt, "later") {
			at = new(time.Date(2101, 1, 1, 0, 0, 0, 0, time.UTC))
		}
		before, after := criteria("before"), criteria("after")
		people := func(in catalogue.RulePreviewInput) map[string]catalogue.RuleChange {
			in.EntityType, in.At, in.First = "Person", at, new(100)
			out, err := s.RulePreview(ctx, in)
			require.NoError(rt, err)
			found := map[string]catalogue.RuleChange{}
			for _, p := range out.People.Nodes() {
				found[p.Resource.Key] = p.Change
			}
			require.Len(rt, found, out.Matches+out.Lost)
			require.Equal(rt, len(found), out.People.TotalCount)
			return found
		}
		n++
		name, dimensions := fmt.Sprint("r", n), "{}"
		for i, c := range before {
			dimensions = dimensions[:len(dimensions)-1] + map[bool]string{true: ", "}[i > 0] + fmt.Sprintf(`"%s": {"key": "%s", "inherit": %v}}`, c.Dimension, c.Key, c.Inherit)
		}
		_, err := s.DB.ExecContext(ctx, "insert into role_rule (identifier, policy_id, role_id, dimensions) values (?, 1, 3, ?::jsonb); insert into model_version (at, actor, fingerprint) values (now(), '', '')", name, dimensions)
		require.NoError(rt, err)
		was, will := people(catalogue.RulePreviewInput{Dimensions: before}), people(catalogue.RulePreviewInput{Dimensions: after})
		both := people(catalogue.RulePreviewInput{Dimensions: after, RoleRule: &name})
		for key, change := range both {
			_, old := was[key]
			_, fresh := will[key]
			require.Equal(rt, map[bool]map[bool]catalogue.RuleChange{true: {true: catalogue.Unchanged, false: catalogue.Lost}, false: {true: catalogue.Gained}}[old][fresh], change, key)
		}
		for key := range was {
			require.Contains(rt, both, key)
		}
		for key := range will {
			require.Contains(rt, both, key)
		}
	})
}

// As many statements for many people as for few.
func TestRulePreviewOfMany(t *testing.T) {
	t.Parallel()
	statements := map[int]int{}
	for _, people := range []int{10, 30_000} {
		s, ctx := setup(t, people)
		in := catalogue.RulePreviewInput{EntityType: "Person", Dimensions: []rolemodel.NamedCriterion{is("Department", "D1", true)}, RoleRule: new("Read-1"), First: new(page.Max)}
		_, err := s.RulePreview(ctx, in)
		require.NoError(t, err)
		count := &counter{}
		s.DB = s.DB.WithQueryHook(count)
		began := time.Now()
		out, err := s.RulePreview(ctx, in)
		require.NoError(t, err)
		t.Logf("%d people: %d match, %s", people, out.Matches, time.Since(began))
		statements[people] = len(count.texts)
	}
	require.Equal(t, statements[10], statements[30_000])
}
