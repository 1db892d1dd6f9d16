package request

import (
	"slices"
	"strings"

	"writ/server/assignment"
)

// systemsOf are the resource types that a role leads to, itself or through the roles that come with it, by name.
func systemsOf(m *assignment.Model, roleID int64) []*RequestedSystem {
	rules := rulesOf(m, roleID)
	seen := map[int64]bool{}
	list := []*RequestedSystem{}
	for _, r := range m.Source.Rules {
		if !slices.Contains(rules, r.ID) || seen[r.ResourceTypeID] {
			continue
		}
		seen[r.ResourceTypeID] = true
		if t := m.ResourceType(r.ResourceTypeID); t != nil {
			list = append(list, &RequestedSystem{ResourceType: t.Identifier, Name: t.DisplayName, IsReviewed: t.BlockProvisioning})
		}
	}
	slices.SortFunc(list, func(a, b *RequestedSystem) int { return strings.Compare(a.Name, b.Name) })
	return list
}

// rulesOf are the rules of resource types that a role makes true, itself or through the roles that come with it, by id.
func rulesOf(m *assignment.Model, roleID int64) []int64 {
	roles := []int64{roleID}
	for i := 0; i < len(roles); i++ {
		for _, r := range m.Source.RoleRules {
			if r.CompositeRoleID != nil && *r.CompositeRoleID == roles[i] && !r.IsDenied && !slices.Contains(roles, r.RoleID) {
				roles = append(roles, r.RoleID)
			}
		}
	}
	var list []int64
	for _, r := range m.Source.Rules {
		if r.SingleRoleID != nil && slices.Contains(roles, *r.SingleRoleID) {
			list = append(list, r.ID)
		}
	}
	slices.Sort(list)
	return list
}
