package permit

import (
	"context"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// A scope opens rows of the data sets its grants are about, and of no other: whatever the grants are.
func TestScopeIsAboutItsDataSets(t *testing.T) {
	t.Parallel()
	sets := []string{"Directory_User", "Directory_Department", "AssignedResourceType", "Job", "*", ""}
	rapid.Check(t, func(t *rapid.T) {
		a := &Actor{Username: "u"}
		for range rapid.IntRange(0, 4).Draw(t, "grants") {
			g := Grant{CanExecute: rapid.Bool().Draw(t, "execute"), EntityType: rapid.SampledFrom(sets).Draw(t, "about"),
				Path: rapid.SampledFrom([]string{OrderQuery, "/ProvisioningPolicy", Monitoring}).Draw(t, "path")}
			if rapid.Bool().Draw(t, "filtered") {
				g.Filters = []Filter{{Binding: "owner.Department", Value: "FIN"}}
			}
			a.Grants = append(a.Grants, g)
		}
		s := Find(With(t.Context(), a), OrderQuery)
		opens := func(set string, whole bool) bool {
			return slices.ContainsFunc(a.Grants, func(g Grant) bool {
				about := g.EntityType == "" || g.EntityType == "*" || g.EntityType == set
				return g.CanExecute && g.Path != Monitoring && about && (!whole || len(g.Filters) == 0)
			})
		}
		for _, set := range []string{"Directory_User", "Directory_Department", "Directory_Guest"} {
			require.Equal(t, opens(set, true), s.All(set), set)
			require.Equal(t, opens(set, false), s.On(set).Allowed(), set)
			owned := opens("AssignedResourceType", true) || opens(set, true)
			require.Equal(t, owned, s.OfOwners().All(set), "orders of %s", set)
		}
		require.Equal(t, opens("", true), s.Everything())
		require.Equal(t, opens("AssignedResourceType", true), s.OfOwners().Everything())
	})
}

func TestSystemMayDoEverything(t *testing.T) {
	t.Parallel()
	s := Find(With(t.Context(), System("policy")), OrderQuery)
	require.True(t, s.Allowed())
	require.True(t, s.Everything())
	require.True(t, s.On("Directory_User").OfOwners().All("Directory_User"))
	require.False(t, Find(t.Context(), OrderQuery).Allowed(), "nobody is signed in")
	require.False(t, Scope{}.Everything())
}

// What belongs to no row is opened by no rule that chooses rows; and what may tell of anybody, by no rule about some data only.
func TestWhatHasNoRows(t *testing.T) {
	t.Parallel()
	has := func(about string, filtered bool, paths ...string) context.Context {
		a := &Actor{Username: "u"}
		for _, p := range paths {
			g := Grant{Path: p, CanExecute: true, EntityType: about}
			if filtered {
				g.Filters = []Filter{{Binding: "Department", Value: "FIN"}}
			}
			a.Grants = append(a.Grants, g)
		}
		return With(t.Context(), a)
	}
	every := []string{"/Jobs", "/Connectors", "/AccessControl", "/Metadata", "/Settings", "/Queue", "/Monitoring", "/ProvisioningPolicy", "/Custom"}
	for _, p := range []string{JobQuery, JobUpdate, JobLog, ConnectorUpdate, AccessQuery, AccessUpdate, MetadataUpdate, SettingsManage, WebhookUpdate, QueueCommand, RoleModelUpdate} {
		require.True(t, Find(has("Directory_User", false, every...), p).Allowed(), p)
		require.False(t, Find(has("Directory_User", true, every...), p).Allowed(), p)
		require.False(t, Find(has("", true, every...), p).Allowed(), p)
	}
	for _, p := range []string{OrderQuery, AssignmentQuery, Monitoring, Resource("Directory_User", "Query"), For(ReviewProvisioning, "Directory_User")} {
		require.True(t, Find(has("Directory_User", true, every...), p).Allowed(), p)
	}
	whole := func(ctx context.Context, paths ...string) bool {
		_, err := RequireWhole(ctx, paths...)
		return err == nil
	}
	require.True(t, whole(has("", false, every...), JobLog))
	require.True(t, whole(has("Job", false, every...), JobLog))
	require.False(t, whole(has("Directory_User", false, every...), JobLog))
	require.False(t, whole(has("", true, every...), Monitoring))
	require.True(t, whole(has("*", false, "/Monitoring"), SettingsManage, Monitoring))
	require.False(t, whole(t.Context(), Monitoring))
	require.True(t, whole(With(t.Context(), System("policy")), Monitoring))
}
