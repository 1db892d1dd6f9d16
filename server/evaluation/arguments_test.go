package evaluation

import (
	"testing"

	"github.com/stretchr/testify/require"

	"writ/server/rolemodel"
)

func TestArguments(t *testing.T) {
	t.Parallel()
	o := newOrganisation(t)
	phone := "12"
	change := OrderChange{Type: "Modified", Changes: map[string]*string{"Phone": &phone, "Login": nil},
		Added: map[string][]string{"MemberOf": {"g1", "g2"}}, Removed: map[string][]string{"MemberOf": {"g3"}},
		Source: &Resource{EntityTypeID: person, Key: "1", Scalars: map[string]string{"LastName": "Lee", "Hired": "2020-02-29T00:00:00Z"}},
		Target: &Resource{EntityTypeID: account, Key: "a", Scalars: map[string]string{"Login": "lee"}}}
	created := change
	created.Type, created.Target = "Added", nil
	nothing := OrderChange{Type: "Modified"}
	for name, c := range map[string]struct {
		text string
		in   OrderChange
		want map[string]string
	}{
		"ChangeType":   {`{"type": order.changeType}`, change, map[string]string{"type": "Modified"}},
		"Tests":        {`{"is": string(order.IsAdded()) + string(order.IsUpdated()) + string(order.IsDeleted()) + string(order.IsNone())}`, change, map[string]string{"is": "falsetruefalsefalse"}},
		"TestsOfAdded": {`{"is": string(order.IsAdded()) + string(order.IsUpdated()) + string(order.IsDeleted()) + string(order.IsNone())}`, created, map[string]string{"is": "truefalsefalsefalse"}},
		"TestsOfNone":  {`{"is": string(order.IsUpdated()) + string(order.IsNone())}`, nothing, map[string]string{"is": "falsetrue"}},
		"HasChanged": {`{"set": string(order.HasChanged("Phone")), "cleared": string(order.HasChanged("Login")), "linked": string(order.HasChanged("MemberOf")), "not": string(order.HasChanged("Enabled"))}`,
			change, map[string]string{"set": "true", "cleared": "true", "linked": "true", "not": "false"}},
		"TryGetScalar": {`{"phone": order.TryGetScalar("Phone"), "login": order.TryGetScalar("Login"), "none": order.TryGetScalar("Enabled")}`,
			change, map[string]string{"phone": "12", "login": "", "none": ""}},
		"Navigations": {`{"first": order.TryGetAddedNavigations("MemberOf")[0], "gone": order.TryGetRemovedNavigations("MemberOf")[0], "home": string(size(order.TryGetAddedNavigations("Home")))}`,
			change, map[string]string{"first": "g1", "gone": "g3", "home": "0"}},
		"SourceAndTarget": {`{"name": ToUpper(source.LastName), "login": target.Login, "hired": source.Hired}`, change,
			map[string]string{"name": "LEE", "login": "lee", "hired": "20200229000000"}},
		"NoTarget":    {`{"login": target.Login}`, created, map[string]string{"login": ""}},
		"Conditional": {`order.IsAdded() ? {"WorkflowIdentifier": "Welcome"} : {}`, change, map[string]string{}},
		"NullIsLeft":  {`{"a": dyn(null), "b": dyn(1)}`, change, map[string]string{"b": "1"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a, err := CompileArguments(o.shape, person, account, c.text)
			require.NoError(t, err)
			got, err := a.Of(day, c.in)
			require.NoError(t, err)
			require.Equal(t, c.want, got)
		})
	}
	t.Run("Fails", func(t *testing.T) {
		t.Parallel()
		a, err := CompileArguments(o.shape, person, account, `{"home": order.TryGetAddedNavigations("Home")[0]}`)
		require.NoError(t, err)
		_, err = a.Of(day, change)
		require.Error(t, err)
	})
}

func TestArgumentsAreChecked(t *testing.T) {
	t.Parallel()
	o := newOrganisation(t)
	typ := o.accounts()
	for text, want := range map[string]string{
		`{"a": order.HasChanged("Nope")}`: `HasChanged("Nope")`,
		`"Welcome"`:                       "map of texts",
		`{"a": source.Nope}`:              "Nope",
		`{"a": source.Department.Name}`:   "Department leads to other resources",
		`{"a": order.colour}`:             "colour",
		`{"a": `:                          "Syntax error",
	} {
		typ.ArgumentsExpression = &text
		_, problems := Compile(o.m, o.shape, o.keys)
		require.Len(t, problems, 1, text)
		require.Equal(t, rolemodel.SeverityError, problems[0].Severity)
		require.Equal(t, "resource_type", problems[0].Kind)
		require.Equal(t, "argumentsExpression", problems[0].Field)
		require.Contains(t, problems[0].Message, want)
	}
}
