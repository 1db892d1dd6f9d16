package permit

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// What is left of grants opens a path exactly when the grants did and a scope covers it, on the same rows: whatever the paths are.
func TestCutIsTheIntersection(t *testing.T) {
	t.Parallel()
	paths := []string{"/", "/Jobs", "/Jobs/Job", "/Jobs/Job/Query", "/Jobs/JobInstance/Query", "/JobsOther", Monitoring, Resources, Resource("Directory_User", "Query"), "/Custom"}
	rapid.Check(t, func(t *rapid.T) {
		var grants []Grant
		for range rapid.IntRange(0, 5).Draw(t, "grants") {
			grants = append(grants, Grant{Path: rapid.SampledFrom(paths).Draw(t, "path"), CanExecute: rapid.Bool().Draw(t, "execute"), EntityType: rapid.SampledFrom([]string{"A", "B"}).Draw(t, "about")})
		}
		scopes := rapid.SliceOfN(rapid.SampledFrom(paths), 1, 4).Draw(t, "scopes")
		left := Cut(grants, Narrowest(scopes))
		for _, p := range paths {
			for _, set := range []string{"A", "B"} {
				opens := func(list []Grant) bool {
					return slices.ContainsFunc(list, func(g Grant) bool { return g.CanExecute && g.EntityType == set && Covers(g.Path, p) })
				}
				require.Equal(t, opens(grants) && Within(scopes, p), opens(left), "%s of %s", p, set)
			}
		}
		require.Equal(t, left, Cut(left, Narrowest(scopes)), "cut twice")
		require.Equal(t, grants, Cut(grants, nil))
	})
}

func TestScopesAreKeptNarrowest(t *testing.T) {
	t.Parallel()
	require.Equal(t, []string{"/"}, Narrowest([]string{"/Jobs", "/", "/Jobs/Job"}))
	require.Equal(t, []string{"/Custom/ProvisioningPolicy/ReviewRoles", "/Jobs"}, Narrowest([]string{"Jobs/", "/Jobs/Job", "/Jobs", "/ProvisioningPolicy/ReviewRoles"}))
	for _, bad := range []string{"", "  ", "/Jobs /Job", "/Jobs\n", "/a\x00b"} {
		require.Error(t, CheckPath(bad), "%q", bad)
	}
	require.NoError(t, CheckPath("/Jobs/Job/Query"))
}

func TestProgramsAreToldApart(t *testing.T) {
	t.Parallel()
	require.Error(t, InPerson(t.Context()))
	require.NoError(t, InPerson(With(t.Context(), &Actor{UserID: 1})))
	require.Error(t, InPerson(With(t.Context(), &Actor{UserID: 1, Program: true})))
	require.Error(t, AsOneself(t.Context()))
	require.NoError(t, AsOneself(With(t.Context(), &Actor{UserID: 1, Program: true})))
	require.Error(t, AsOneself(With(t.Context(), &Actor{UserID: 1, Program: true, IsCut: true})))
	require.NoError(t, WithAllRights(With(t.Context(), &Actor{UserID: 1, Program: true})))
	require.Error(t, WithAllRights(With(t.Context(), &Actor{UserID: 1, Program: true, IsCut: true})))
}
