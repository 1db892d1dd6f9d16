package assignment_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"writ/server/assignment"
	"writ/server/errs"
	"writ/server/page"
	"writ/server/permit"
)

func TestWhyNot(t *testing.T) {
	t.Parallel()
	s := setup(t)
	for name, in := range map[string]assignment.WhyNotInput{
		"criteria":  {OwnerID: 1, Role: "Customers"},
		"forbidden": {OwnerID: 1, Role: "Payments"},
		"type":      {OwnerID: 1, ResourceType: "Admin"},
		"value":     {OwnerID: 1, ResourceType: "User", Property: "Groups", Value: "g2"},
		"overruled": {OwnerID: 1, ResourceType: "Badge", Property: "Level", Value: "Standard"},
		"waits":     {OwnerID: 1, ResourceType: "Badge"},
		"held":      {OwnerID: 1, Role: "Finance_Reports"},
		"no-record": {OwnerID: 11, ResourceType: "Admin"},
		"no-staff":  {OwnerID: 11, Role: "Finance_Reports"},
	} {
		t.Run(name, func(t *testing.T) {
			got := mustWhyNot(t, s, in)
			golden := filepath.Join("testdata", "why-not-"+name+".txt")
			if *update {
				require.NoError(t, os.WriteFile(golden, []byte(got), 0o644))
			}
			want, err := os.ReadFile(golden)
			require.NoError(t, err)
			require.Equal(t, string(want), got)
		})
	}
}

func mustWhyNot(t *testing.T, s *assignment.Service, in assignment.WhyNotInput) string {
	t.Helper()
	p, err := s.WhyNot(permit.With(t.Context(), permit.System("test")), in)
	require.NoError(t, err)
	var out strings.Builder
	fmt.Fprintf(&out, "given: %t\n", p.IsGiven)
	for _, r := range p.Reasons {
		fmt.Fprintf(&out, "%-10s %d of %d  %s\n", r.Kind, r.Failing, r.Of, r.Text)
	}
	for i, w := range p.Ways {
		for _, c := range w.Changes {
			fmt.Fprintf(&out, "way %d      %-7s %s\n", i+1, c.Kind, c.Text)
		}
	}
	return out.String()
}

func TestWhyNotAfterRefusal(t *testing.T) {
	t.Parallel()
	s := setup(t)
	_, err := s.DB.ExecContext(t.Context(), `
		insert into assigned_resource_type (owner_id, resource_type_id, workflow_state, workflow_state_changed_at, is_expected, is_denied, expected, valid_from)
			values (1, 2, 17, '2026-02-01', false, true, '{}', '2026-02-01');
		update assigned_resource_type set valid_to = '2026-02-01' where id = 2;
		insert into provisioning_order (assigned_resource_type_id, kind, state, resource_type_id, owner_id, source_entity_type_id, connector_id, is_manual, attempt, created_at, updated_at, closed_at)
			values (3, 'CREATE', 6, 2, 1, 1, 2, true, 0, '2026-02-01', '2026-02-02', '2026-02-02')`)
	require.NoError(t, err)
	p, err := s.WhyNot(permit.With(t.Context(), permit.System("test")), assignment.WhyNotInput{OwnerID: 1, ResourceType: "Badge"})
	require.NoError(t, err)
	require.False(t, p.IsGiven)
	require.Len(t, p.Ways, 1)
	require.EqualValues(t, "DENIAL", p.Ways[0].Changes[0].Kind)
	require.EqualValues(t, 3, *p.Reasons[0].OrderID, "it leads to the order that was refused")
}

func TestWhyNotRefused(t *testing.T) {
	t.Parallel()
	s := setup(t)
	system := permit.With(t.Context(), permit.System("test"))
	for name, in := range map[string]assignment.WhyNotInput{
		"no role":          {OwnerID: 1, Role: "Nothing"},
		"no resource type": {OwnerID: 1, ResourceType: "Nothing"},
		"no property":      {OwnerID: 1, ResourceType: "User", Property: "Nothing"},
		"no owner":         {OwnerID: 12345, Role: "Customers"},
		"not for groups":   {OwnerID: 9, Role: "Customers"},
	} {
		_, err := s.WhyNot(system, in)
		require.True(t, errs.Is(err, errs.NotFound), name)
	}
	for _, in := range []assignment.WhyNotInput{{OwnerID: 1}, {OwnerID: 1, Role: "Customers", ResourceType: "User"}} {
		_, err := s.WhyNot(system, in)
		require.True(t, errs.Is(err, errs.Validation))
	}
	_, err := s.WhyNot(t.Context(), assignment.WhyNotInput{OwnerID: 1, Role: "Customers"})
	require.True(t, errs.Is(err, errs.Unauthenticated))
}

func TestLacking(t *testing.T) {
	t.Parallel()
	s := setup(t)
	system := permit.With(t.Context(), permit.System("test"))
	names := func(text string) (out []string) {
		c, err := s.Lacking(system, assignment.LackingInput{OwnerID: 1, Text: text}, page.Of(nil, nil))
		require.NoError(t, err)
		for _, x := range c.Nodes() {
			out = append(out, x.Name)
		}
		return out
	}
	require.Equal(t, []string{"Administrator", "Customer records", "Customers in Groups of the Intranet user", "Finance reports", "Finance staff", "Payments",
		"Reports in Groups of the Intranet user"}, names(""), "nothing but two accounts is there before the first computation")
	require.Equal(t, []string{"Customers in Groups of the Intranet user"}, names("intranet CUSTOMERS"))
	require.Empty(t, names("nothing like it"))
}
