package evaluation

import (
	"testing"

	"github.com/stretchr/testify/require"

	"writ/server/directory"
	"writ/server/rolemodel"
)

// A value that its property cannot hold is refused when the model is saved, not found out person by person.
func TestFit(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		property            directory.PropertyType
		binding, expression string
		message             string // "": it fits
	}{
		"BoolAsText":       {directory.String, "", "source.Floor > 2", ""},
		"Bool":             {directory.Bool, "", "source.Floor > 2", ""},
		"TextAsBool":       {directory.Bool, "Phone", "", ""},
		"NumberAsDouble":   {directory.Double, "Floor", "", ""},
		"DateByBinding":    {directory.DateTime, "Hired", "", ""},
		"Unknown":          {directory.DateTime, "", "source.Floor > 2 ? dyn(source.Hired) : dyn('')", ""},
		"FunctionIsText":   {directory.DateTime, "Phone", "ParseUniversalDate:yyyyMMdd", ""},
		"NumberAsBool":     {directory.Bool, "Floor", "", "it gives INT32, and the property Phone holds BOOL"},
		"BoolAsDate":       {directory.DateTime, "", "source.Floor > 2", "it gives BOOL, and the property Phone holds DATE_TIME"},
		"DateAsNumber":     {directory.Int64, "", "source.Hired", "it gives DATE_TIME, and the property Phone holds INT64"},
		"FractionAsNumber": {directory.Int32, "", "1.5", "it gives DOUBLE, and the property Phone holds INT32"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := newOrganisation(t)
			o.shape.Property(account, "Phone").Type = c.property
			typ := o.accounts()
			o.typeRule(typ)
			o.scalar(typ, "Phone", c.binding, c.expression)
			_, problems := Compile(o.m, o.shape, o.keys)
			if c.message == "" {
				require.Empty(t, problems)
				return
			}
			require.Len(t, problems, 1)
			require.Equal(t, rolemodel.SeverityError, problems[0].Severity)
			require.Contains(t, problems[0].Message, c.message)
		})
	}
}
