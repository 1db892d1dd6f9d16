package model

import (
	"writ/server/evaluation/formula"
	"writ/server/rolemodel"
)

// classificationRule: which type a target without owner is (role-model 5.4). No owner is concerned, so there is nothing to explain to one.
func classificationRule() *Kind {
	return &Kind{
		of: rolemodel.ClassificationRule,
		compile: func(c *compiling) bool {
			on := c.r.Type.TargetEntityTypeID
			c.r.Target = c.exprs.Condition(formula.Scope{Target: on}, c.x.TargetExpression, &formula.Trees{Target: c.side(on).reads}, func(err error) { c.fault("targetExpression", err) })
			c.c.Classifying[on] = append(c.c.Classifying[on], c.r)
			return true
		},
	}
}
