package model

import (
	"cmp"

	"writ/server/directory"
	"writ/server/rolemodel"
)

// navigationRule: one fixed resource stands in a navigation of the target (role-model 2.8).
func navigationRule() *Kind {
	return &Kind{
		of: rolemodel.NavigationRule, fills: true, Fixed: true, Told: toldByTime,
		compile: func(c *compiling) bool {
			r, x := c.r, c.x
			r.Listed = true
			if x.ValueKey != nil {
				if err := c.exprs.MustBeKey(deref(r.Property.TargetEntityTypeID), *x.ValueKey); err != nil {
					c.fault("valueKey", err)
					return false
				}
				r.Resource = c.keys.IDs[deref(r.Property.TargetEntityTypeID)][*x.ValueKey]
				r.Label = cmp.Or(c.keys.Labels[r.Resource], *x.ValueKey)
			}
			if r.Resource == 0 {
				c.noSuchKey(deref(r.Property.TargetEntityTypeID), "resource_type_rule", x.Identifier, "valueKey",
					"There is no such resource yet, so the rule gives nothing. Correct the key or synchronize the system.")
				return false
			}
			r.Group = c.keys.Values[r.Resource][r.Property.GroupBy]
			r.Property.navs++
			if r.RoleID != 0 && !r.Denied {
				if r.Property.Givers == nil {
					r.Property.Givers = map[int64][]*Rule{}
				}
				r.Property.Givers[r.Resource] = append(r.Property.Givers[r.Resource], r)
			}
			return true
		},
		names: func(x *rolemodel.ResourceTypeRule, shape *directory.Shape, need func(int64, string)) {
			if x.PropertyID == nil || x.ValueKey == nil {
				return
			}
			if p := shape.Properties[*x.PropertyID]; p != nil && p.TargetEntityTypeID != nil {
				need(*p.TargetEntityTypeID, *x.ValueKey)
			}
		},
	}
}
