package computation

import (
	"writ/server/evaluation/formula"
	"writ/server/rolemodel"
)

// scalarRule: a scalar of the target is computed from the owner (role-model 2.7).
func scalarRule() *ruleKind {
	return &ruleKind{
		of: rolemodel.ScalarRule, fills: true, told: toldByValue,
		compile: func(c *compiling) bool {
			r := c.r
			r.listed = r.roleID != 0
			r.value = c.exprs.Value(c.owner, formula.SourceRoot, c.x.SourceBinding, c.x.SourceExpression, c.in, func(err error) { c.fault("sourceExpression", err) })
			r.value.Into = &r.prop.Field
			r.value.Date = r.value.IsDate(c.shape)
			if err := c.exprs.MustFit(r.value, r.prop.Property); err != nil {
				r.value.Broken = err
				c.fault("sourceExpression", err)
			}
			r.prop.scalars = append(r.prop.scalars, r)
			return true
		},
	}
}
