package rolemodel_test

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"

	"writ/server/db"
	"writ/server/dbtest"
	"writ/server/directory"
	"writ/server/errs"
	"writ/server/rolemodel"
)

// seed writes a small model by hand: two entity types, a policy, roles and a resource type with rules.
func seed(t *testing.T, b *bun.DB) {
	t.Helper()
	for _, q := range strings.Split(`
		insert into entity_type (id, identifier, display_name) overriding system value values (1, 'Person', 'Person'), (2, 'Account', 'Account');
		insert into property (id, entity_type_id, identifier, display_name, type, position) overriding system value values (1, 2, 'Phone', 'Phone', 'STRING', 0);
		insert into policy (id, identifier, display_name, is_provisioning_enabled, dimensions) overriding system value values (1, 'Default', 'Default', true, '{"Department": {"key": "IT", "inherit": true}}');
		insert into category (id, identifier, display_name, policy_id) overriding system value values (1, 'Apps', 'Apps', 1);
		insert into role (id, kind, identifier, display_name, policy_id, entity_type_id, category_id) overriding system value values
			(1, 'SINGLE', 'Mail', 'Mail box', 1, 1, 1), (2, 'SINGLE', 'VPN', 'Remote access', 1, 1, null), (3, 'COMPOSITE', 'Pack', 'Pack', 1, 1, 1);
		insert into role_rule (id, identifier, policy_id, role_id, composite_role_id, dimensions, is_denied, priority, type) overriding system value values
			(1, 'r1', 1, 1, 3, '{"Title": {"key": "Clerk"}}', true, -2, 1), (2, 'r2', 1, 3, null, '{}', false, 0, 0);
		insert into resource_type (id, identifier, display_name, policy_id, source_entity_type_id, target_entity_type_id, depends_on_owner_property) overriding system value
			values (1, 'Accounts', 'Accounts', 1, 1, 2, 'Mail');
		insert into resource_type_rule (id, identifier, kind, policy_id, resource_type_id, property_id, single_role_id, source_binding, offset_reference, offset_before, offset_after)
			overriding system value values (1, 's1', 'SCALAR', 1, 1, 1, 1, 'Phone', 2, -60, 0), (2, 't1', 'TYPE', 1, 1, null, null, null, 0, 0, 0);
		insert into context_rule (id, identifier, display_name, policy_id, entity_type_id, resources_binding, dimensions) overriding system value
			values (1, 'c1', 'c1', 1, 1, 'Records', '{"Department": "Department"}');
		insert into model_version (at, actor, fingerprint) values ('2026-01-01', 'a', ''), ('2026-01-02', 'b', '')`, ";") {
		_, err := b.ExecContext(t.Context(), q)
		require.NoError(t, err, q)
	}
}

func TestLoad(t *testing.T) {
	t.Parallel()
	b := dbtest.MustOpen(t)
	empty, err := rolemodel.Load(t.Context(), b)
	require.NoError(t, err)
	require.Zero(t, empty.Version)
	seed(t, b)
	ctx, queries := db.CountQueries(t.Context())
	m, err := rolemodel.Load(ctx, b)
	require.NoError(t, err)
	lists := reflect.TypeFor[rolemodel.Model]().NumField() - 1
	require.Equal(t, 1+lists, queries.N(), "one statement per table, whatever the size of the model; each list of Model stands in parts")
	require.Equal(t, int64(2), m.Version, "the newest")
	require.Len(t, m.Roles, 3)
	require.Equal(t, rolemodel.Criteria{"Department": {Key: "IT", Inherit: true}}, m.Policies[0].Dimensions)
	require.Equal(t, int64(3), *m.RoleRules[0].CompositeRoleID)
	require.Equal(t, -2, m.RoleRules[0].Priority)
	require.Equal(t, rolemodel.RequestedAutomatically, m.RoleRules[0].Type)
	require.Equal(t, rolemodel.OffsetBefore, m.Rules[0].OffsetReference)
	require.True(t, m.Rules[0].IsMapped)
	require.True(t, m.ResourceTypes[0].BlockProvisioning, "the default requires a review")
	require.Equal(t, 30, m.ResourceTypes[0].MaximumDeletePercent)
	require.Equal(t, map[string]string{"Department": "Department"}, m.ContextRules[0].Dimensions)
	computed := m.Computed
	require.Len(t, computed, 1)
	_, err = b.ExecContext(t.Context(), "delete from resource_type_rule where property_id is not null")
	require.NoError(t, err)
	m, err = rolemodel.Load(t.Context(), b)
	require.NoError(t, err)
	require.Equal(t, computed, m.Computed, "what a rule brought is taken away after it")
}

func TestRulesOf(t *testing.T) {
	t.Parallel()
	b := dbtest.MustOpen(t)
	seed(t, b)
	ctx := t.Context()
	rules, err := rolemodel.RulesOf(ctx, b, []int64{1, 99})
	require.NoError(t, err)
	require.Len(t, rules[1], 2)
	roleRules, err := rolemodel.RoleRulesOf(ctx, b, []int64{1, 3})
	require.NoError(t, err)
	require.Len(t, roleRules[3], 1)
	none, err := rolemodel.RulesOf(ctx, b, nil)
	require.NoError(t, err)
	require.Empty(t, none)

	role, err := rolemodel.Get[rolemodel.Role](ctx, b, 2)
	require.NoError(t, err)
	require.Equal(t, "VPN", role.Identifier)
	_, err = rolemodel.Get[rolemodel.Role](ctx, b, 77)
	require.True(t, errs.Is(err, errs.NotFound))
}

// sound is a model without any problem, and its shape.
func sound() (*rolemodel.Model, *directory.Shape) {
	department := int64(3)
	s := &directory.Shape{EntityTypes: map[int64]*directory.EntityType{}, ByIdentifier: map[string]*directory.EntityType{}, Properties: map[int64]*directory.Property{},
		PropertiesOf: map[int64][]*directory.Property{}, Dimensions: map[string]*directory.Dimension{}}
	for id, name := range map[int64]string{1: "Person", 2: "Account", 3: "Department"} {
		s.EntityTypes[id] = &directory.EntityType{ID: id, Identifier: name}
	}
	for _, p := range []*directory.Property{
		{ID: 11, EntityTypeID: 1, Identifier: "EmployeeId", Type: directory.String, IsKey: true},
		{ID: 21, EntityTypeID: 2, Identifier: "Login", Type: directory.String, IsKey: true},
		{ID: 22, EntityTypeID: 2, Identifier: "Until", Type: directory.DateTime},
		{ID: 23, EntityTypeID: 2, Identifier: "Home", Type: directory.ForeignKey, TargetEntityTypeID: &department},
		{ID: 31, EntityTypeID: 3, Identifier: "Code", Type: directory.String, IsKey: true},
		{ID: 32, EntityTypeID: 3, Identifier: "Parent", Type: directory.ForeignKey, TargetEntityTypeID: &department},
	} {
		s.Properties[p.ID] = p
		s.PropertiesOf[p.EntityTypeID] = append(s.PropertiesOf[p.EntityTypeID], p)
	}
	s.Dimensions["Department"] = &directory.Dimension{ID: 1, Identifier: "Department", EntityTypeID: 3}
	m := &rolemodel.Model{
		Policies:      []*rolemodel.Policy{{ID: 1, Identifier: "Default"}},
		Categories:    []*rolemodel.Category{{ID: 1, Identifier: "A", PolicyID: 1}, {ID: 2, Identifier: "B", PolicyID: 1, ParentID: to(int64(1))}},
		Roles:         []*rolemodel.Role{{ID: 1, Kind: rolemodel.Single, Identifier: "R", PolicyID: 1, EntityTypeID: 1}, {ID: 2, Kind: rolemodel.Composite, Identifier: "C", PolicyID: 1, EntityTypeID: 1}},
		RoleRules:     []*rolemodel.RoleRule{{ID: 1, Identifier: "rr", PolicyID: 1, RoleID: 1, CompositeRoleID: to(int64(2))}},
		ResourceTypes: []*rolemodel.ResourceType{{ID: 1, Identifier: "T", PolicyID: 1, SourceEntityTypeID: 1, TargetEntityTypeID: 2, AllowRemove: true, MaximumInsert: 1, MaximumUpdate: 1, MaximumDeletePercent: 30}},
		Rules: []*rolemodel.ResourceTypeRule{
			{ID: 1, Identifier: "k", Kind: rolemodel.CorrelationRule, PolicyID: 1, ResourceTypeID: 1, SourceBinding: to("EmployeeId"), TargetBinding: to("Login"), Confidence: 100},
			{ID: 2, Identifier: "s", Kind: rolemodel.ScalarRule, PolicyID: 1, ResourceTypeID: 1, PropertyID: to(int64(21)), SourceBinding: to("EmployeeId")},
		},
		ContextRules: []*rolemodel.ContextRule{{ID: 1, Identifier: "x", PolicyID: 1, EntityTypeID: 1}},
	}
	return m, s
}

func to[T any](v T) *T { return &v }

// sections gives people two record sections of their own dates, and changes them.
func sections(change func(contract, position *rolemodel.RecordSection)) func(*rolemodel.Model, *directory.Shape) {
	return func(m *rolemodel.Model, s *directory.Shape) {
		for _, p := range []*directory.Property{{ID: 12, EntityTypeID: 1, Identifier: "Hired", Type: directory.DateTime}, {ID: 13, EntityTypeID: 1, Identifier: "Office", Type: directory.String}} {
			s.Properties[p.ID] = p
			s.PropertiesOf[1] = append(s.PropertiesOf[1], p)
		}
		contract := &rolemodel.RecordSection{ID: 1, Identifier: "Contract", SourceEntityTypeID: 1, ResourceEntityTypeID: 1, StartPropertyID: to(int64(12))}
		position := &rolemodel.RecordSection{ID: 2, Identifier: "Position", SourceEntityTypeID: 1, ResourceEntityTypeID: 1, Properties: []rolemodel.SectionProperty{{Property: "Office"}}}
		m.RecordSections = []*rolemodel.RecordSection{contract, position}
		change(contract, position)
	}
}

func TestValidate(t *testing.T) {
	t.Parallel()
	type model = rolemodel.Model
	for name, c := range map[string]struct {
		change func(*model, *directory.Shape)
		want   string // severity kind identifier field
	}{
		"Sound":            {func(*model, *directory.Shape) {}, ""},
		"Whitespace":       {func(m *model, _ *directory.Shape) { m.Roles[0].Identifier = "a b" }, "ERROR role a b identifier"},
		"Twice":            {func(m *model, _ *directory.Shape) { m.Categories[1].Identifier = "A" }, "ERROR category A identifier"},
		"Reserved":         {func(_ *model, s *directory.Shape) { s.EntityTypes[1].Identifier = "Class" }, "ERROR entity_type Class identifier"},
		"PropertyId":       {func(_ *model, s *directory.Shape) { s.Properties[22].Identifier = "id" }, "ERROR property Account.id identifier"},
		"NoKey":            {func(_ *model, s *directory.Shape) { s.Properties[11].IsKey = false }, "ERROR entity_type Person properties"},
		"NoParentProperty": {func(_ *model, s *directory.Shape) { s.Dimensions["Department"].IsHierarchical = true }, "ERROR dimension Department parentProperty"},
		"CategoryCircle":   {func(m *model, _ *directory.Shape) { m.Categories[0].ParentID = to(int64(2)) }, "ERROR category A parent, ERROR category B parent"},
		"NoPolicy":         {func(m *model, _ *directory.Shape) { m.Roles[0].PolicyID = 9 }, "ERROR role R policy"},
		"Inherit": {func(m *model, _ *directory.Shape) {
			m.RoleRules[0].Dimensions = rolemodel.Criteria{"Department": {Key: "IT", Inherit: true}}
		}, "ERROR role_rule rr dimensions.Department"},
		"NoContextRule": {func(m *model, _ *directory.Shape) {
			m.ContextRules = nil
			m.RoleRules[0].Dimensions = rolemodel.Criteria{"Department": {Key: "IT"}}
		}, "WARNING role_rule rr dimensions"},
		"TwoContextRules": {func(m *model, _ *directory.Shape) {
			m.ContextRules = append(m.ContextRules, &rolemodel.ContextRule{ID: 2, Identifier: "y", PolicyID: 1, EntityTypeID: 1})
		}, "ERROR context_rule y entityType"},
		"SuggestedForbidden": {func(m *model, _ *directory.Shape) {
			m.RoleRules[0].Type, m.Roles[0].ApprovalWorkflowType = rolemodel.Suggested, 4
		}, "ERROR role_rule rr type"},
		"ParentNotComposite": {func(m *model, _ *directory.Shape) { m.RoleRules[0].CompositeRoleID = to(int64(1)) }, "ERROR role_rule rr compositeRole"},
		"CompositeCircle":    {func(m *model, _ *directory.Shape) { m.RoleRules[0].RoleID = 2 }, "ERROR role C parentRole"},
		"DependsOnItself":    {func(m *model, _ *directory.Shape) { m.ResourceTypes[0].DependsOnID = to(int64(1)) }, "ERROR resource_type T dependsOn"},
		"DependsOnProperty":  {func(m *model, _ *directory.Shape) { m.ResourceTypes[0].DependsOnOwnerProperty = to("Nothing") }, "ERROR resource_type T dependsOnOwnerProperty"},
		"OrphansKept": {func(m *model, _ *directory.Shape) {
			m.ResourceTypes[0].AllowRemove, m.ResourceTypes[0].RemoveOrphans = false, true
		}, "ERROR resource_type T removeOrphans"},
		"NoThreshold":        {func(m *model, _ *directory.Shape) { m.ResourceTypes[0].MaximumInsert = 0 }, "WARNING resource_type T maximumInsert"},
		"NoCorrelation":      {func(m *model, _ *directory.Shape) { m.Rules = m.Rules[1:] }, "WARNING resource_type T "},
		"CorrelationFuzzy":   {func(m *model, _ *directory.Shape) { m.Rules[0].TargetBinding = to("DisplayName") }, "WARNING resource_type_rule k targetBinding"},
		"ConfidenceTooHigh":  {func(m *model, _ *directory.Shape) { m.Rules[0].Confidence = 151 }, "ERROR resource_type_rule k confidence"},
		"ForeignProperty":    {func(m *model, _ *directory.Shape) { m.Rules[1].PropertyID = to(int64(11)) }, "ERROR resource_type_rule s property"},
		"ScalarOfNavigation": {func(m *model, _ *directory.Shape) { m.Rules[1].PropertyID = to(int64(23)) }, "ERROR resource_type_rule s property"},
		"ScalarWithoutValue": {func(m *model, _ *directory.Shape) { m.Rules[1].SourceBinding = nil }, "ERROR resource_type_rule s sourceBinding"},
		"LiteralDate": {func(m *model, _ *directory.Shape) {
			m.Rules[1].PropertyID, m.Rules[1].SourceExpression = to(int64(22)), to("Literal:1")
		}, "ERROR resource_type_rule s sourceExpression"},
		"EmptyOffset": {func(m *model, _ *directory.Shape) {
			m.Rules[1].OffsetReference, m.Rules[1].OffsetBefore = rolemodel.OffsetAfter, 5
		}, "WARNING resource_type_rule s offsetBefore"},
		"TwoScalars": {func(m *model, _ *directory.Shape) {
			x := *m.Rules[1]
			x.Identifier = "s2"
			m.Rules = append(m.Rules, &x)
		}, "WARNING resource_type_rule s2 property"},
		"CompositeAsSingle": {func(m *model, _ *directory.Shape) { m.Rules[1].SingleRoleID = to(int64(2)) }, "ERROR resource_type_rule s singleRole"},
		"NavigationWithout": {func(m *model, _ *directory.Shape) {
			m.Rules[1].Kind, m.Rules[1].PropertyID = rolemodel.NavigationRule, to(int64(23))
		}, "ERROR resource_type_rule s valueKey"},
		"QueryWithCriteria": {func(m *model, _ *directory.Shape) {
			m.Rules[1].Kind, m.Rules[1].PropertyID, m.Rules[1].TargetBinding, m.Rules[1].SingleRoleID = rolemodel.QueryRule, to(int64(23)), to("Code"), to(int64(1))
		}, "ERROR resource_type_rule s "},
		"NavigationAndQuery": {func(m *model, _ *directory.Shape) {
			m.Rules[1].Kind, m.Rules[1].PropertyID, m.Rules[1].TargetBinding = rolemodel.QueryRule, to(int64(23)), to("Code")
			m.Rules = append(m.Rules, &rolemodel.ResourceTypeRule{ID: 3, Identifier: "n", Kind: rolemodel.NavigationRule, PolicyID: 1, ResourceTypeID: 1, PropertyID: to(int64(23)), ValueKey: to("IT")})
		}, "ERROR resource_type_rule n property"},
		"Sections":          {sections(func(_, _ *rolemodel.RecordSection) {}), ""},
		"SectionTwice":      {sections(func(_, p *rolemodel.RecordSection) { p.Identifier = "Contract" }), "ERROR record_section Contract identifier"},
		"SectionDate":       {sections(func(c, _ *rolemodel.RecordSection) { c.EndPropertyID = to(int64(13)) }), "ERROR record_section Contract endProperty"},
		"SectionNoProperty": {sections(func(_, p *rolemodel.RecordSection) { p.Properties[0].Property = "Nothing" }), "ERROR record_section Position properties[0].property"},
		"SectionsOverlap": {sections(func(_, p *rolemodel.RecordSection) {
			p.Properties = append(p.Properties, rolemodel.SectionProperty{Property: "Office"})
		}), "ERROR record_section Position properties[1].property"},
		"SectionsBothOwnTheRest": {sections(func(_, p *rolemodel.RecordSection) { p.Properties = nil }), "ERROR record_section Position properties"},
		"SectionsWithoutRest": {sections(func(c, _ *rolemodel.RecordSection) {
			c.Properties = []rolemodel.SectionProperty{{Property: "Hired"}}
		}), "ERROR record_section Contract properties, WARNING record_section Contract properties"},
		"SectionsBothBound": {sections(func(c, p *rolemodel.RecordSection) {
			c.IsDefaultBoundariesSection, p.IsDefaultBoundariesSection = true, true
		}), "ERROR record_section Position isDefaultBoundariesSection"},
		"SectionExcludes": {sections(func(_, p *rolemodel.RecordSection) {
			p.Properties = append(p.Properties, rolemodel.SectionProperty{Property: "Hired", IsExcluded: true})
		}), "ERROR record_section Position properties[1].isExcluded"},
		"SectionSortKey": {sections(func(_, p *rolemodel.RecordSection) { p.ExtendedSortKey = to("1") }), "ERROR record_section Position extendedSortKey"},
		"SectionElsewhere": {sections(func(c, p *rolemodel.RecordSection) {
			c.ResourceEntityTypeID, p.ResourceEntityTypeID, c.StartPropertyID, p.Properties = 3, 3, nil, []rolemodel.SectionProperty{{Property: "Parent"}}
		}), "ERROR record_section Contract resourceEntityType"},
		"SectionAlone": {func(m *model, s *directory.Shape) {
			sections(func(_, _ *rolemodel.RecordSection) {})(m, s)
			m.RecordSections = m.RecordSections[:1]
		}, "WARNING record_section Contract "},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m, s := sound()
			c.change(m, s)
			var got []string
			for _, p := range rolemodel.Validate(m, s) {
				require.NotEmpty(t, p.Message)
				got = append(got, fmt.Sprint(p.Severity, " ", p.Kind, " ", p.Identifier, " ", p.Field))
			}
			require.Equal(t, c.want, strings.Join(got, ", "))
		})
	}
}

// TestVersions: every version of the model can be read as it was, what went out of it too, until it is forgotten.
func TestVersions(t *testing.T) {
	t.Parallel()
	b := dbtest.MustOpen(t)
	seed(t, b)
	began := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	first, err := rolemodel.FirstVersion(t.Context(), b)
	require.NoError(t, err)
	require.Zero(t, first, "nothing was kept yet")
	var models []*rolemodel.Model
	for i, change := range []string{
		"select 1",
		"update role set display_name = 'Letters' where id = 1",
		`update role_rule set dimensions = '{}', composite_role_id = null where id = 1`,
		"select 1",
		"delete from role_rule where id = 2; delete from computed_property",
		"insert into role_rule (id, identifier, policy_id, role_id) overriding system value values (2, 'again', 1, 2); insert into computed_property (resource_type_id, property_id) values (1, 1)",
		`update policy set dimensions = '{"Department": {"key": "HR"}}'; update resource_type_rule set offset_before = -7, value_key = 'x'; delete from context_rule`,
	} {
		_, err := b.ExecContext(t.Context(), change)
		require.NoError(t, err)
		require.NoError(t, rolemodel.AddVersion(t.Context(), b, began.AddDate(0, 0, i), "test"))
		m, err := rolemodel.Load(t.Context(), b)
		require.NoError(t, err)
		models = append(models, m)
	}
	same := func(from int) {
		t.Helper()
		for _, want := range models[from:] {
			got, err := rolemodel.LoadVersion(t.Context(), b, want.Version)
			require.NoError(t, err)
			require.Equal(t, want, got, "version %d", want.Version)
		}
	}
	same(0)
	var kept int
	require.NoError(t, b.NewRaw("select count(*) from model_object where from_version = ?", models[3].Version).Scan(t.Context(), &kept))
	require.Zero(t, kept, "a version without a change writes no object")
	at, err := rolemodel.VersionAt(t.Context(), b, began.AddDate(0, 0, 2).Add(-time.Minute))
	require.NoError(t, err)
	require.Equal(t, models[1].Version, at)
	since, err := rolemodel.Since(t.Context(), b, "role_rule", models[3].Version, []int64{1, 2, 99})
	require.NoError(t, err)
	require.Equal(t, map[int64]time.Time{1: began.AddDate(0, 0, 2), 2: began}, since)

	require.NoError(t, rolemodel.ForgetVersions(t.Context(), b, began.AddDate(0, 0, 3)))
	first, err = rolemodel.FirstVersion(t.Context(), b)
	require.NoError(t, err)
	require.Equal(t, models[2].Version, first)
	same(2)
	require.NoError(t, rolemodel.ForgetVersions(t.Context(), b, began.AddDate(1, 0, 0)))
	same(len(models) - 1)
}

// Each reserved word is one in any spelling (role-model 1.9).
func TestReserved(t *testing.T) {
	t.Parallel()
	const all = `Id, if, for, while, return, break, else, continue, ref, out, class, interface, struct, foreach, do, char, byte, string, int, long, null, public, private, protected,
		static, const, abstract, try, catch, sealed, void, true, false, finally, throw, Exception, override, readonly, enum, delegate`
	for word := range strings.SplitSeq(strings.Join(strings.Fields(all), ""), ",") {
		for _, spelled := range []string{word, strings.ToLower(word), strings.ToUpper(word), strings.ToUpper(word[:1]) + word[1:]} {
			require.True(t, rolemodel.IsReserved(spelled), spelled)
		}
		require.False(t, rolemodel.IsReserved(word+"s"), word)
	}
}
