package model

import "writ/server/rolemodel"

// typeRule: the owner gets the type (role-model 2.6).
func typeRule() *Kind {
	return &Kind{
		of: rolemodel.TypeRule, Gives: true, Told: toldByTime,
		compile: func(c *compiling) bool {
			c.r.Listed = true
			return true
		},
	}
}
