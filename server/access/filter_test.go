package access

import (
	"testing"

	"github.com/stretchr/testify/require"

	"writ/server/errs"
	"writ/server/permit"
)

// A filter that can never let a row through is refused when it is saved, with the names there are.
func TestFilters(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.mustSave(t, []ProfileSpec{{Identifier: "P"}}, nil, nil)
	const user, any, orders = "Directory_User", AnyEntityType, "AssignedResourceType"
	for name, c := range map[string]struct {
		entityType string
		filter     FilterSpec
		field      string // "": it is good
		says       []string
	}{
		"Constant":           {user, FilterSpec{Binding: "Site", Value: "Paris"}, "", nil},
		"Itself":             {user, FilterSpec{Binding: "Id", CurrentUser: true}, "", nil},
		"Navigation":         {user, FilterSpec{Binding: "Manager", CurrentUser: true}, "", nil},
		"Path":               {user, FilterSpec{Binding: "Manager.Organization.Name", Value: "Sales"}, "", nil},
		"Reverse":            {user, FilterSpec{Binding: "Reports.Site", Value: "Paris"}, "", nil},
		"Dimension":          {user, FilterSpec{Binding: "Organization", Dimension: "Organization"}, "", nil},
		"FlatDimension":      {user, FilterSpec{Binding: "Site", Dimension: "Kind"}, "", nil},
		"Wildcard":           {any, FilterSpec{Binding: "Site", Value: "Paris"}, "", nil},
		"NoEntityTypeIsAny":  {"", FilterSpec{Binding: "Name", Value: "Sales"}, "", nil},
		"OfTheOwner":         {orders, FilterSpec{Binding: "owner.Organization", Dimension: "Organization"}, "", nil},
		"BuiltIn":            {orders, FilterSpec{Binding: "Organization", Dimension: "Organization"}, "", nil},
		"UnknownBinding":     {user, FilterSpec{Binding: "Sit", Value: "Paris"}, "filters[0].binding", []string{`Directory_User has no "Sit"`, "Age, Id, Manager, Organization, Reports, Site"}},
		"UnknownInside":      {user, FilterSpec{Binding: "Organization.Nam", Value: "Sales"}, "filters[0].binding", []string{`Organization has no "Nam"`, "Id, Name, People"}},
		"UnknownAnywhere":    {any, FilterSpec{Binding: "Colour", Value: "red"}, "filters[0].binding", []string{"from any entity type", "Site"}},
		"UnknownOfTheOwner":  {orders, FilterSpec{Binding: "owner.Colour", Value: "red"}, "filters[0].binding", []string{"owner.Colour"}},
		"OwnerOfAUser":       {user, FilterSpec{Binding: "owner.Site", Value: "Paris"}, "filters[0].binding", []string{`has no "owner"`}},
		"BehindAText":        {user, FilterSpec{Binding: "Site.Name", Value: "Paris"}, "filters[0].binding", []string{"no navigation"}},
		"TextIsNoUser":       {user, FilterSpec{Binding: "Site", CurrentUser: true}, "filters[0].binding", []string{"Manager"}},
		"TextIsNoUserAtAll":  {any, FilterSpec{Binding: "Site", CurrentUser: true}, "filters[0].binding", []string{"current user"}},
		"UnknownDimension":   {user, FilterSpec{Binding: "Organization", Dimension: "Organisation"}, "filters[0].dimension", []string{"Organisation", "Kind, Organization"}},
		"DimensionElsewhere": {user, FilterSpec{Binding: "Manager", Dimension: "Organization"}, "filters[0].dimension", []string{"they never meet"}},
		"NoNumber":           {user, FilterSpec{Binding: "Age", Value: "old"}, "filters[0].value", []string{`"old"`}},
		"OtherSpelling":      {user, FilterSpec{Binding: "Age", Value: "042"}, "filters[0].value", []string{`stored as "42"`}},
		"NoDataSet":          {"Directory_Usr", FilterSpec{Binding: "Site", Value: "Paris"}, "entityType", []string{"Directory_Guest, Directory_User, Organization"}},
	} {
		_, err := SaveRules(b.ctx, b.db, []RuleSpec{{Identifier: "R", Profile: "P", EntityType: c.entityType, Entries: []EntrySpec{executes(permit.OrderQuery)}, Filters: []FilterSpec{c.filter}}})
		if c.field == "" {
			require.NoError(t, err, name)
			continue
		}
		require.True(t, errs.Is(err, errs.Validation), "%s: %v", name, err)
		require.Equal(t, "accessRule/R."+c.field, errs.As(err).Field, name)
		for _, text := range c.says {
			require.Contains(t, errs.As(err).Message, text, name)
		}
	}
}

// What is not there yet may come with the next synchronization: a warning, and only where something was read already.
func TestNotThereYet(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.ctx = permit.With(b.ctx, permit.System("test")) // who may know which resources there are
	r := rule("P", executes(permit.OrderQuery))
	r.Filters = []FilterSpec{{Binding: "Manager", Value: "zoe"}, {Binding: "Manager", Value: "ana"}, {Binding: "Organization", Value: "Sales"}}
	warned := b.mustSave(t, []ProfileSpec{{Identifier: "P"}}, []RuleSpec{r}, []UserSpec{
		{Username: "ana", EntityType: "Directory_User", Key: "ana"},
		{Username: "zoe", EntityType: "Directory_User", Key: "zoe"},
		{Username: "guest", EntityType: "Directory_Guest", Key: "g"},
	})
	require.Equal(t, []Warning{{Kind: "accessRule", Identifier: "P_Rule", Field: "filters[0].value",
		Message: `There is no Directory_User with the key "zoe" (yet): the filter opens nothing before it comes.`}}, warned)
	waiting, err := UserWarnings(b.ctx, b.db, "ana", "zoe", "guest")
	require.NoError(t, err)
	require.Len(t, waiting, 1)
	require.Equal(t, "zoe", waiting[0].Identifier)

	users, err := LoadUsers(b.ctx, b.db)
	require.NoError(t, err)
	require.Equal(t, "zoe", users[2].Key, "remembered until the person comes")
}
