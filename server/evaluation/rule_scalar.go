package evaluation

import "writ/server/rolemodel"

// scalarRule: a scalar of the target is computed from the owner (role-model 2.7).
func scalarRule() *ruleKind {
	return &ruleKind{
		of: rolemodel.ScalarRule, fills: true, told: toldByValue,
		compile: func(c *compiling) bool {
			r := c.r
			r.listed = r.roleID != 0
			r.value = c.exprs.value(c.owner, sourceRoot, c.x.SourceBinding, c.x.SourceExpression, c.in, func(err error) { c.fault("sourceExpression", err) })
			r.value.into = &r.prop.field
			r.value.date = r.value.isDate(c.shape)
			if err := c.exprs.mustFit(r.value, r.prop.Property); err != nil {
				r.value.broken = err
				c.fault("sourceExpression", err)
			}
			r.prop.scalars = append(r.prop.scalars, r)
			return true
		},
	}
}
