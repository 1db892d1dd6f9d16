package computation

import "writ/server/rolemodel"

// correlationRule: who owns a target (role-model 5.2). What it found is told by explainCorrelation.
func correlationRule() *ruleKind {
	return &ruleKind{
		of: rolemodel.CorrelationRule, owns: true,
		compile: func(c *compiling) bool {
			c.keyRule(c.s, c.x, c.r, c.r.typ.TargetEntityTypeID, c.fault)
			c.r.typ.correl = append(c.r.typ.correl, c.r)
			return true
		},
	}
}
