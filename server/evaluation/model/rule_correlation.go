package model

import "writ/server/rolemodel"

// correlationRule: who owns a target (role-model 5.2). What it found is told by explainCorrelation.
func correlationRule() *Kind {
	return &Kind{
		of: rolemodel.CorrelationRule, Owns: true,
		compile: func(c *compiling) bool {
			c.keyRule(c.s, c.x, c.r, c.r.Type.TargetEntityTypeID, c.fault)
			c.r.Type.correl = append(c.r.Type.correl, c.r)
			return true
		},
	}
}
