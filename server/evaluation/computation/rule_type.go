package computation

import "writ/server/rolemodel"

// typeRule: the owner gets the type (role-model 2.6).
func typeRule() *ruleKind {
	return &ruleKind{
		of: rolemodel.TypeRule, gives: true, told: toldByTime,
		compile: func(c *compiling) bool {
			c.r.listed = true
			return true
		},
	}
}
