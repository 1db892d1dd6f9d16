package evaluation

import "slices"

// After is the owner as it will be once the result is saved: what the fingerprint is made of. New rows have no id yet.
func (o *Owner) After(res *Result) *Owner {
	if len(res.Roles)+len(res.Types) == 0 {
		return o
	}
	out := *o
	out.Roles = slices.Clone(o.Roles)
	for _, d := range res.Roles {
		row := d.Row
		if row.ID != 0 {
			out.Roles = slices.DeleteFunc(out.Roles, func(x *AssignedRole) bool { return x.ID == row.ID })
		}
		if !d.Close {
			out.Roles = append(out.Roles, &row)
		}
	}
	out.Types = slices.Clone(o.Types)
	for i := range res.Types {
		d := &res.Types[i]
		if d.Existing != nil {
			out.Types = slices.DeleteFunc(out.Types, func(x *ExistingType) bool { return x == d.Existing })
		}
		if !d.CloseRow {
			out.Types = append(out.Types, d.After())
		}
	}
	return &out
}

// After is the row once the delta is saved.
func (d *TypeDelta) After() *ExistingType {
	x := &ExistingType{}
	if d.Existing != nil {
		*x = *d.Existing
	}
	x.Followed, x.Passed = false, nil
	x.ResourceTypeID, x.TargetID, x.Workflow, x.IsExpected = d.ResourceTypeID, d.TargetID, d.Workflow, d.IsExpected
	x.Start, x.End, x.Confidence, x.Expected, x.Error = d.Start, d.End, d.Confidence, d.Expected, d.Error
	x.WasVerified = x.WasVerified || d.IsExpected && d.TargetID != 0
	x.Gaps = slices.Clone(x.Gaps)
	for _, g := range d.Gaps {
		gap := g.Gap
		x.Gaps = slices.DeleteFunc(x.Gaps, func(y *Gap) bool { return y.Property == gap.Property && y.ValueID == gap.ValueID })
		if !g.Close {
			x.Gaps = append(x.Gaps, &gap)
		}
	}
	x.Kept = slices.Clone(x.Kept)
	for _, k := range d.Kept {
		for i, y := range x.Kept {
			if y.ID != k.ID {
				continue
			}
			if k.Close {
				x.Kept = slices.Delete(x.Kept, i, i+1)
			} else {
				z := *y
				z.Workflow = k.Workflow
				x.Kept[i] = &z
			}
			break
		}
	}
	x.Order = d.Order.After(x.Order)
	return x
}

// After is the order once the delta is saved; nil when it is closed. No delta leaves it as it is.
func (d *OrderDelta) After(o *ExistingOrder) *ExistingOrder {
	if d == nil {
		return o
	}
	if d.Close || d.Withdraw {
		return nil
	}
	out := &ExistingOrder{}
	if o != nil {
		*out = *o
	}
	out.Kind, out.TargetID = d.Kind, d.TargetID
	out.IsSuperseded = d.Supersede
	out.Lines = slices.Clone(out.Lines)
	for _, l := range d.Lines {
		line := ExistingLine{ID: l.LineID}
		if l.LineID != 0 {
			i := slices.IndexFunc(out.Lines, func(x *ExistingLine) bool { return x.ID == l.LineID })
			if i < 0 {
				continue
			}
			line = *out.Lines[i]
			out.Lines = slices.Delete(out.Lines, i, i+1)
		}
		if l.Unverified {
			out.UnverifiedCount = max(out.UnverifiedCount, 1)
		}
		if l.Close {
			continue
		}
		if line.State != l.To {
			line.Previous = line.State
		}
		line.Property, line.Action, line.ValueID, line.Current, line.Proposed, line.State = l.Property, l.Action, l.ValueID, l.Current, l.Proposed, l.To
		line.Workflow, line.ReviewRequired, line.Start, line.End, line.WaitReason, line.Error = l.Workflow, l.ReviewRequired, l.Start, l.End, l.WaitReason, l.Error
		if l.To == None || l.To == AwaitingApproval || l.To == Inactive {
			line.IsSent = false // it went back: the roll-up of the order takes it off what is on its way
		}
		out.Lines = append(out.Lines, &line)
	}
	return out
}
