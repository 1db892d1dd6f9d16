package computation

import "writ/server/rolemodel"

// queryRule: a navigation of the target holds what is looked up with data of the owner (role-model 2.8).
func queryRule() *ruleKind {
	return &ruleKind{
		of: rolemodel.QueryRule, fills: true, byRecord: true, told: toldByValue,
		compile: func(c *compiling) bool {
			c.keyRule(c.s, c.x, c.r, deref(c.r.prop.TargetEntityTypeID), c.fault)
			c.r.prop.queries = append(c.r.prop.queries, c.r)
			return true
		},
	}
}
