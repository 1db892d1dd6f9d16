package model

import (
	"writ/server/evaluation/formula"
	"writ/server/rolemodel"
)

// binaryRule: a file of the owner is copied to the target (role-model 2.8). Only what stands for the file is known here: equal for equal files.
func binaryRule() *Kind {
	return &Kind{
		of: rolemodel.BinaryRule, fills: true, Told: ToldByValue,
		compile: func(c *compiling) bool {
			r := c.r
			r.Listed = r.RoleID != 0
			r.Value = c.exprs.Value(c.owner, formula.SourceRoot, c.x.SourceBinding, nil, c.in, func(err error) { c.fault("sourceBinding", err) })
			r.Value.Into = &r.Property.Field
			if err := c.exprs.MustFit(r.Value, r.Property.Property); err != nil {
				r.Value.Broken = err
				c.fault("sourceBinding", err)
			}
			r.Property.Scalars = append(r.Property.Scalars, r)
			return true
		},
	}
}
