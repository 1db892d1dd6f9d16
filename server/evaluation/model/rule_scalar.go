package model

import (
	"writ/server/evaluation/formula"
	"writ/server/rolemodel"
)

// scalarRule: a scalar of the target is computed from the owner (role-model 2.7).
func scalarRule() *Kind {
	return &Kind{
		of: rolemodel.ScalarRule, fills: true, Told: ToldByValue,
		compile: func(c *compiling) bool {
			r := c.r
			r.Listed = r.RoleID != 0
			owner := c.owner
			owner.Queries = true
			r.Value = c.exprs.Value(owner, formula.SourceRoot, c.x.SourceBinding, c.x.SourceExpression, c.in, func(err error) { c.fault("sourceExpression", err) })
			r.Value.Into = &r.Property.Field
			r.Value.Date = r.Value.IsDate(c.shape)
			if err := c.exprs.MustFit(r.Value, r.Property.Property); err != nil {
				r.Value.Broken = err
				c.fault("sourceExpression", err)
			}
			r.Property.Scalars = append(r.Property.Scalars, r)
			return true
		},
	}
}
