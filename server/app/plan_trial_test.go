package app

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"writ/server/errs"
	"writ/server/manifest"
	"writ/server/permit"
	"writ/server/plan"
)

// tryOn tries the resource type User of the small company, edited, on somebody.
func (s *small) tryOn(number string, edit func(text string) string) (*plan.ResourceTypeTrial, error) {
	s.t.Helper()
	raw, err := os.ReadFile(filepath.Join(s.dir, "config", "all.yaml"))
	require.NoError(s.t, err)
	text := string(raw)
	m, err := manifest.Parse("all.yaml", []byte(edit(text)))
	require.NoError(s.t, err)
	return s.Plans.Trial(s.ctx, plan.ResourceTypeTrialInput{Save: &manifest.Manifest{ResourceTypes: m.ResourceTypes[:1]}, ResourceType: "User", OwnerID: s.owner(number)})
}

func (s *small) owner(number string) (id int64) {
	s.t.Helper()
	require.NoError(s.t, s.DB.NewRaw(`select r.id from resource r join entity_type t on t.id = r.entity_type_id where t.identifier = 'Person' and r.scalars ->> 'Number' = ?`, number).Scan(s.ctx, &id))
	return id
}

// TestTrial: what an account would be by a resource type as it is written stands beside what its system shows, and nothing is written.
func TestTrial(t *testing.T) {
	t.Parallel()
	s := mustSmall(t, smallOptions{})
	s.people("P001,1,Ann,Lee,LOGIN1,A", "P002,2,Bob,Ray,login2,B")
	s.around()
	s.byHand(`update account set name = 'Nick' where emp = '1'`)
	s.around()
	before := s.dumped()
	value := func(x *plan.ResourceTypeTrial, property string) plan.TrialValue {
		for _, v := range x.Values {
			if v.Property == property {
				return *v
			}
		}
		t.Fatalf("%s is missing", property)
		return plan.TrialValue{}
	}
	same, err := s.tryOn("1", func(text string) string { return text })
	require.NoError(t, err)
	require.True(t, same.IsGiven)
	require.NotNil(t, same.AccountID)
	require.NotNil(t, same.ReadAt)
	require.Equal(t, []string{"Ann Lee"}, value(same, "Name").Computed)
	require.Equal(t, []string{"Nick"}, value(same, "Name").Read)
	require.False(t, value(same, "Name").IsSame, "somebody changed it by hand")
	require.True(t, value(same, "Login").IsSame)
	require.Equal(t, []string{"login1"}, value(same, "Login").Read)
	require.True(t, value(same, "Groups").IsSame)
	require.Equal(t, []string{"User-Name"}, value(same, "Name").Rules)

	other, err := s.tryOn("1", func(text string) string {
		return strings.Replace(text, `expression: 'source.First + " " + source.Last'`, `expression: 'source.Last + ", " + source.First'`, 1)
	})
	require.NoError(t, err)
	require.Equal(t, []string{"Lee, Ann"}, value(other, "Name").Computed)
	failing, err := s.tryOn("2", func(text string) string {
		return strings.Replace(text, `expression: 'source.First + " " + source.Last'`, `expression: 'source.First + string(int(source.Last))'`, 1)
	})
	require.NoError(t, err)
	require.NotEmpty(t, value(failing, "Name").Error)
	require.Empty(t, value(failing, "Name").Computed)
	require.True(t, value(failing, "Login").IsSame, "one failing rule leaves the others")
	none, err := s.tryOn("2", func(text string) string { return strings.Replace(text, "typeRules: [{}]", "typeRules: []", 1) })
	require.NoError(t, err)
	require.True(t, none.IsGiven, "a role gives a group, and so the account")

	_, err = s.tryOn("2", func(text string) string {
		return strings.Replace(strings.Replace(text, "property: Dept, binding: Team", "property: Deppt, binding: Team", 1), "property: Emp, binding", "property: Epm, binding", 1)
	})
	require.True(t, errs.Is(err, errs.Validation), "%v", err)
	require.Len(t, errs.As(err).All(), 2, "all mistakes at once")
	_, err = s.Plans.Trial(s.ctx, plan.ResourceTypeTrialInput{Save: &manifest.Manifest{}, ResourceType: "Nope", OwnerID: s.owner("1")})
	require.True(t, errs.Is(err, errs.Validation), "%v", err)
	nobody := s.account("nobody", permit.SimulationStart, permit.RoleModelQuery)
	_, err = s.Plans.Trial(nobody, plan.ResourceTypeTrialInput{Save: &manifest.Manifest{}, ResourceType: "User", OwnerID: s.owner("1")})
	require.Error(t, err, "whoever may not view the owner's entitlements")
	require.Equal(t, before, s.dumped(), "nothing is written")
}

// dumped is what computations write.
func (s *small) dumped() map[string]int64 {
	s.t.Helper()
	out := map[string]int64{}
	for _, table := range []string{"assigned_resource_type", "assigned_role", "provisioning_order", "order_line", "gap", "event", "resource", "model_version", "plan"} {
		out[table] = s.number(`select coalesce(sum(hashtextextended(x::text, 0)), 0)::numeric % 1000000007 from ` + table + ` x`)
	}
	return out
}
