package computation

import (
	"writ/server/evaluation/formula"
	"writ/server/rolemodel"
)

// classificationRule: which type a target without owner is (role-model 5.4). No owner is concerned, so there is nothing to explain to one.
func classificationRule() *ruleKind {
	return &ruleKind{
		of: rolemodel.ClassificationRule,
		compile: func(c *compiling) bool {
			on := c.r.typ.TargetEntityTypeID
			c.r.target = c.exprs.Condition(formula.Scope{Target: on}, c.x.TargetExpression, &formula.Trees{Target: c.side(on).reads}, func(err error) { c.fault("targetExpression", err) })
			c.c.classify[on] = append(c.c.classify[on], c.r)
			return true
		},
	}
}
