package app

import (
	"fmt"
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

// TestDifferences: for how many an account would differ is what trying each of them says, in one call or in many.
func TestDifferences(t *testing.T) {
	t.Parallel()
	s := mustSmall(t, smallOptions{})
	var people []string
	for i := range 9 {
		people = append(people, fmt.Sprintf("P00%[1]d,%[1]d,First%[1]d,Last%[1]d,LOGIN%[1]d,A", i+1))
	}
	s.people(people...)
	s.around()
	s.byHand(`update account set name = 'Nick' where emp = '4'`)
	s.around()
	before := s.dumped()
	raw, err := os.ReadFile(filepath.Join(s.dir, "config", "all.yaml"))
	require.NoError(t, err)
	// The first name is a number for one of them only: the rule fails for the others.
	for name, edit := range map[string]func(string) string{
		"as it is": func(text string) string { return text },
		"another name": func(text string) string {
			return strings.Replace(text, `expression: 'source.First + " " + source.Last'`, `expression: 'source.Last + ", " + source.First'`, 1)
		},
		"fails for some": func(text string) string {
			return strings.Replace(text, `expression: 'source.First + " " + source.Last'`, `expression: 'source.Number == "3" ? string(int(source.First)) : source.First + " " + source.Last'`, 1)
		},
	} {
		m, err := manifest.Parse("all.yaml", []byte(edit(string(raw))))
		require.NoError(t, err)
		save := &manifest.Manifest{ResourceTypes: m.ResourceTypes[:1]}
		differs, errors, given := map[string]int{}, map[string]int{}, 0
		for i := range people {
			one, err := s.tryOn(fmt.Sprint(i+1), edit)
			require.NoError(t, err)
			if one.IsGiven {
				given++
			}
			for _, v := range one.Values {
				if v.Error != "" {
					errors[v.Property]++
				} else if v.IsComputed && one.AccountID != nil && !v.IsSame && !v.CreateOnly {
					differs[v.Property]++
				}
			}
		}
		for _, size := range []int{500, 4, 1} {
			gotDiffers, gotErrors, gotGiven, looked, after := map[string]int{}, map[string]int{}, 0, 0, (*string)(nil)
			for {
				d, err := s.Plans.Differences(s.ctx, plan.ResourceTypeDifferencesInput{Save: save, ResourceType: "User", Owners: &size, After: after})
				require.NoError(t, err)
				require.Equal(t, len(people), d.Total)
				require.Zero(t, d.Failed+d.Gained+d.Lost)
				looked, gotGiven = looked+d.Looked, gotGiven+d.Given
				for _, p := range d.Properties {
					require.Len(t, p.Sample, min(5, p.Differs+p.Errors), name)
					if p.Differs > 0 {
						gotDiffers[p.Property] += p.Differs
					}
					if p.Errors > 0 {
						gotErrors[p.Property] += p.Errors
						require.NotEmpty(t, p.Sample[0].Error)
					}
				}
				if after = d.EndCursor; after == nil {
					break
				}
			}
			require.Equal(t, differs, gotDiffers, "%s, %d at once", name, size)
			require.Equal(t, errors, gotErrors, "%s, %d at once", name, size)
			require.Equal(t, given, gotGiven)
			require.Equal(t, len(people), looked)
		}
	}
	for _, wrong := range []plan.ResourceTypeDifferencesInput{{ResourceType: "Nope"}, {ResourceType: "User", Owners: new(0)}, {ResourceType: "User", Owners: new(501)}, {ResourceType: "User", After: new("x")}} {
		wrong.Save = &manifest.Manifest{}
		_, err := s.Plans.Differences(s.ctx, wrong)
		require.True(t, errs.Is(err, errs.Validation), "%v", err)
	}
	nobody := s.account("nobody", permit.SimulationStart, permit.RoleModelQuery)
	_, err = s.Plans.Differences(nobody, plan.ResourceTypeDifferencesInput{Save: &manifest.Manifest{}, ResourceType: "User"})
	require.True(t, errs.Is(err, errs.Forbidden), "%v", err)
	blind := s.account("blind", permit.SimulationStart, permit.RoleModelQuery, permit.AssignmentQuery)
	d, err := s.Plans.Differences(blind, plan.ResourceTypeDifferencesInput{Save: &manifest.Manifest{}, ResourceType: "User"})
	require.NoError(t, err)
	require.Zero(t, d.Total, "whoever may see none of the owners")
	require.Empty(t, d.Properties)
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
