package formula

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"writ/server/evaluation"
)

func TestArguments(t *testing.T) {
	t.Parallel()
	phone := "12"
	change := OrderChange{Type: "Modified", Changes: map[string]*string{"Phone": &phone, "Login": nil},
		Added: map[string][]string{"MemberOf": {"g1", "g2"}}, Removed: map[string][]string{"MemberOf": {"g3"}},
		Source: &evaluation.Resource{EntityTypeID: aPerson, Key: "1", Scalars: map[string]string{"LastName": "Lee", "Hired": "2020-02-29T00:00:00Z"}},
		Target: &evaluation.Resource{EntityTypeID: anAccount, Key: "a", Scalars: map[string]string{"Login": "lee"}}}
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
			a, err := CompileArguments(newShape(), aPerson, anAccount, c.text)
			require.NoError(t, err)
			got, err := a.Of(time.Now(), c.in)
			require.NoError(t, err)
			require.Equal(t, c.want, got)
		})
	}
	t.Run("Fails", func(t *testing.T) {
		t.Parallel()
		a, err := CompileArguments(newShape(), aPerson, anAccount, `{"home": order.TryGetAddedNavigations("Home")[0]}`)
		require.NoError(t, err)
		_, err = a.Of(time.Now(), change)
		require.Error(t, err)
	})
}
