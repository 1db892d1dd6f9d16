package evaluation

import "writ/server/rolemodel"

// typeRule: the owner gets the type (role-model 2.6).
func typeRule() *ruleKind {
	return &ruleKind{
		of: rolemodel.TypeRule, gives: true,
		compile: func(c *compiling) bool {
			c.r.listed = true
			return true
		},
		explain: func(r *run, x *rule, _ bool, _ []int64) {
			r.explainRule(Step{Kind: StepResourceType, RoleID: x.roleID, ResourceTypeID: x.typ.ID}, x, x.applied(r.when(x, false)))
		},
	}
}
