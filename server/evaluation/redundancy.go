package evaluation

import (
	"slices"

	"writ/server/evaluation/interval"
)

// Redundancy is something that a person approved for an owner although rules give the same: the same role with the same parameters, or the same resource
// type (role-model 12.10). One of Role and Type is there.
type Redundancy struct {
	Role  *AssignedRole
	Type  *ExistingType
	Given []Given      // of its own time what rules give, in the order of time; of a resource type its whole time
	Left  interval.Set // what rests on the approval alone
}

// Given is a time in which rules give it.
type Given struct {
	interval.Interval
	RuleIDs []int64 // of a role: the rules that win
	Through int64   // composite role that it comes through; 0: none
	RoleIDs []int64 // of a resource type: the roles that bring it
}

// Overlap is the time in which rules give it.
func (r *Redundancy) Overlap() interval.Set {
	out := make(interval.Set, len(r.Given))
	for i, g := range r.Given {
		out[i] = g.Interval
	}
	return out.Normal()
}

// Released are the rows of a role once its approval is left to the rules (role-model 12.10): what is given in each time, and what stays approved. The row
// itself goes on as the time that counts now, so that what is held stays one assignment: as what rules give, else as what stays approved, else as the next of
// both. A time that is over ends with it (Close), what is new has no id.
func (r *Redundancy) Released(now int64) []RoleDelta {
	var rows []RoleDelta
	for _, g := range r.Given {
		row := AssignedRole{RoleID: r.Role.RoleID, Workflow: Calculated, Origin: OriginRule, InferredByID: g.Through, RuleIDs: g.RuleIDs, Parameters: r.Role.Parameters}
		if g.Through != 0 {
			row.Origin = OriginInferred
		}
		row.Start, row.End = interval.Moments(g.Interval)
		rows = append(rows, RoleDelta{Row: row, Close: g.To <= now})
	}
	for _, i := range r.Left {
		row := *r.Role
		row.ID = 0
		row.Start, row.End = interval.Moments(i)
		rows = append(rows, RoleDelta{Row: row, Close: i.To <= now})
	}
	slices.SortStableFunc(rows, func(a, b RoleDelta) int {
		switch x, y := interval.StartOf(a.Row.Start), interval.StartOf(b.Row.Start); {
		case x < y:
			return -1
		case x > y:
			return 1
		}
		return 0
	})
	if i := slices.IndexFunc(rows, func(d RoleDelta) bool { return !d.Close }); i >= 0 {
		rows[i].Row.ID = r.Role.ID // in the order of time: the one that counts now, else the next
	}
	return rows
}
