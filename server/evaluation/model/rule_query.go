package model

import "writ/server/rolemodel"

// queryRule: a navigation of the target holds what is looked up with data of the owner (role-model 2.8).
func queryRule() *Kind {
	return &Kind{
		of: rolemodel.QueryRule, fills: true, ByRecord: true, Told: ToldByValue,
		compile: func(c *compiling) bool {
			c.keyRule(c.s, c.x, c.r, deref(c.r.Property.TargetEntityTypeID), c.fault)
			c.r.Property.Queries = append(c.r.Property.Queries, c.r)
			return true
		},
	}
}
