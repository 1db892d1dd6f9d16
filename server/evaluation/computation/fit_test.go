package computation

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"writ/server/directory"
	"writ/server/evaluation/model"
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
		"SmallNumber":      {directory.Byte, "Floor", "", ""},
		"BytesOfText":      {directory.Bytes, "Phone", "", ""},
		"FileAsText":       {directory.String, "Photo", "", "it gives BINARY, and the property Phone holds STRING"},
		"TextAsFile":       {directory.Binary, "Phone", "", "it gives STRING, and the property Phone holds BINARY"},
		"TextOfFile":       {directory.Binary, "", `source.Photo + ""`, "it gives STRING, and the property Phone holds BINARY"},
		"ConstantFile":     {directory.Binary, "", "Literal:x", "it gives STRING"},
		"NumberAsBool":     {directory.Bool, "Floor", "", "it gives INT32, and the property Phone holds BOOL"},
		"BoolAsDate":       {directory.DateTime, "", "source.Floor > 2", "it gives BOOL, and the property Phone holds DATE_TIME"},
		"DateAsNumber":     {directory.Int64, "", "source.Hired", "it gives DATE_TIME, and the property Phone holds INT64"},
		"FractionAsNumber": {directory.Int32, "", "1.5", "it gives DOUBLE, and the property Phone holds INT32"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := newOrganisation(t)
			photo := *o.shape.Property(person, "Phone")
			photo.ID, photo.Identifier, photo.Type = 9999, "Photo", directory.Binary
			o.shape.Properties[photo.ID], o.shape.PropertiesOf[person] = &photo, append(o.shape.PropertiesOf[person], &photo)
			o.shape.Property(account, "Phone").Type = c.property
			typ := o.accounts()
			o.typeRule(typ)
			o.scalar(typ, "Phone", c.binding, c.expression)
			_, problems := model.Compile(o.m, o.shape, o.keys)
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

// TestConstantsFit: a constant that its place can never take is refused, in every kind of rule and however it is written.
func TestConstantsFit(t *testing.T) {
	t.Parallel()
	type place = func(o *organisation, expression string)
	scalar := func(typ directory.PropertyType, format string) place {
		return func(o *organisation, expression string) {
			p := o.shape.Property(account, "Phone")
			p.Type = typ
			o.shape.PropertyMappings = map[int64]*directory.PropertyMapping{p.ID: {PropertyID: p.ID, EntityTypeID: account, Format: format}}
			o.scalar(o.accounts(), "Phone", "", expression)
		}
	}
	keyed := func(kind rolemodel.RuleKind, property *int64, target string) place {
		return func(o *organisation, expression string) {
			o.shape.Property(account, "Phone").Type, o.shape.Property(department, "Name").Type = directory.Int32, directory.Int32
			o.rule(o.accounts(), rolemodel.ResourceTypeRule{Kind: kind, PropertyID: property, SourceExpression: &expression, TargetBinding: &target, Confidence: 100})
		}
	}
	home := int64(27)
	navigation := func(o *organisation, key string) {
		o.shape.Property(group, "Cn").Type = directory.Int32
		o.thing(group, "7", 0)
		o.member(o.accounts(), key, 0)
	}
	criterion := func(add func(o *organisation, c rolemodel.Criteria)) place {
		return func(o *organisation, key string) {
			o.shape.Property(title, "Code").Type = directory.Int32
			o.thing(title, "7", 0)
			add(o, rolemodel.Criteria{"Title": {Key: key}})
		}
	}
	context := func(start bool) place {
		return func(o *organisation, expression string) {
			if r := o.m.ContextRules[0]; start {
				r.ResourcesStartBinding = &expression
			} else {
				r.ResourcesEndBinding = &expression
			}
			o.typeRule(o.accounts())
		}
	}
	long := strings.Repeat("x", 501)
	for name, c := range map[string]struct {
		place     place
		good, bad []string
	}{
		"Int32":     {scalar(directory.Int32, ""), []string{"Literal:7", "Literal:-7", "Literal:", "7", `"7"`, `source.Floor > 1 ? "1" : ""`}, []string{"Literal:abc", "Literal:1.5", "Literal:2147483648", `"abc"`, "2147483648", `source.Floor > 1 ? "1" : "x"`}},
		"Int64":     {scalar(directory.Int64, ""), []string{"Literal:2147483648"}, []string{"Literal:x", "Literal:9223372036854775808"}},
		"Bool":      {scalar(directory.Bool, ""), []string{"Literal:true", "Literal:no", "true"}, []string{"Literal:maybe", `"maybe"`}},
		"Double":    {scalar(directory.Double, ""), []string{"Literal:1.5", "2"}, []string{"Literal:1,5", "Literal:NaN"}},
		"GUID":      {scalar(directory.GUID, "guid"), []string{"Literal:a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"}, []string{"Literal:a0eebc99"}},
		"Date":      {scalar(directory.DateTime, "date"), []string{`"2026-12-31"`}, []string{`"tomorrow"`, `"2026-02-30"`}},
		"TextDate":  {scalar(directory.String, "date:dd.MM.yyyy"), []string{"Literal:2026-12-31"}, []string{"Literal:soon"}},
		"Byte":      {scalar(directory.Int32, "byte"), []string{"Literal:255"}, []string{"Literal:256", "300"}},
		"Int16":     {scalar(directory.String, "int16"), []string{"Literal:-5"}, []string{"Literal:40000", "Literal:five"}},
		"Sid":       {scalar(directory.String, "sid"), []string{"Literal:S-1-5-32"}, []string{"Literal:admin"}},
		"Bytes":     {scalar(directory.String, "bytes"), []string{"Literal:AAE="}, []string{"Literal:#"}},
		"TextBool":  {scalar(directory.String, "bool"), []string{"Literal:TRUE"}, []string{"Literal:abc"}},
		"Text":      {scalar(directory.String, ""), []string{"Literal:abc", "Literal:" + long}, []string{"Literal:a\x00b"}},
		"Key":       {func(o *organisation, x string) { o.scalar(o.accounts(), "Login", "", x) }, []string{"Literal:admin"}, []string{"Literal:" + long, `"` + long + `"`}},
		"Correlate": {keyed(rolemodel.CorrelationRule, nil, "Phone"), []string{"Literal:7", "Phone"}, []string{"Literal:abc", `"abc"`}},
		"Query":     {keyed(rolemodel.QueryRule, &home, "Name"), []string{"Literal:7"}, []string{"Literal:abc", `source.Floor > 1 ? "x" : "y"`}},
		"Target": {func(o *organisation, x string) {
			o.rule(o.accounts(), rolemodel.ResourceTypeRule{Kind: rolemodel.CorrelationRule, SourceBinding: ptr("Phone"), TargetExpression: &x, Confidence: 100})
		}, []string{"target.Phone"}, []string{"Literal:abc", `"abc"`}},
		"Classify": {func(o *organisation, x string) {
			o.rule(o.accounts(), rolemodel.ResourceTypeRule{Kind: rolemodel.ClassificationRule, TargetExpression: &x, Confidence: 100})
		}, []string{`target.Phone == "1"`}, []string{"Literal:true", `"true"`, `target.Phone == 1`}},
		"Navigation": {navigation, []string{"7"}, []string{"abc", "07", long}},
		"TypeRule": {criterion(func(o *organisation, c rolemodel.Criteria) {
			o.rule(o.accounts(), rolemodel.ResourceTypeRule{Kind: rolemodel.TypeRule, Dimensions: c})
		}), []string{"7"}, []string{"abc", "+7"}},
		"RoleRule": {criterion(func(o *organisation, c rolemodel.Criteria) {
			o.roleRule(rolemodel.RoleRule{RoleID: o.role(rolemodel.Single, "R"), Dimensions: c})
		}), []string{"7"}, []string{"abc"}},
		"Policy": {criterion(func(o *organisation, c rolemodel.Criteria) {
			o.m.Policies[0].Dimensions = c
			o.typeRule(o.accounts())
		}), []string{"7"}, []string{"abc"}},
		"Start": {context(true), []string{"Literal:2026-01-01", "Start", `"2026-01-01"`}, []string{"Literal:abc", `"soon"`, "record.Number == ''", "1"}},
		"End":   {context(false), []string{"Literal:20261231", "End"}, []string{"Literal:abc", "source.Floor"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for good, list := range map[bool][]string{true: c.good, false: c.bad} {
				for _, expression := range list {
					o := newOrganisation(t)
					c.place(o, expression)
					_, problems := model.Compile(o.m, o.shape, o.keys)
					if good {
						require.Empty(t, problems, expression)
						continue
					}
					require.NotEmpty(t, problems, expression)
					require.Equal(t, rolemodel.SeverityError, problems[0].Severity, expression)
				}
			}
		})
	}
}

// TestComputedValuesFit: a computed value that is none of its property is an error of that value, and is not sent.
func TestComputedValuesFit(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{"007": "7", " 12 ": "12", "": "", "ten": "!", "2147483648": "!"} {
		o := newOrganisation(t)
		o.shape.Property(account, "Phone").Type = directory.Int32
		typ := o.accounts()
		o.typeRule(typ)
		o.scalar(typ, "Phone", "Phone", "")
		p := o.employ("Ann", "Lee", 0)
		p.Resource.Scalars["Phone"] = in
		o.evaluate(p)
		span := o.one(p).Expected.Properties["Phone"][0]
		if want == "!" {
			require.Contains(t, span.Error, "Phone cannot hold it")
			continue
		}
		require.Empty(t, span.Error)
		require.Equal(t, want, span.Value)
	}
}

// TestEmptyKey: without a key nothing of a target is sent, also when it is only blank, or no rule gives one for a while.
func TestEmptyKey(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		phone string
		rule  func(*rolemodel.ResourceTypeRule)
		empty bool
	}{
		"Given": {"ann", nil, false},
		"Empty": {"", nil, true},
		"Blank": {" \t", nil, true},
		"Long":  {strings.Repeat("é", 501), nil, true},
		"NoRuleApplies": {"ann", func(r *rolemodel.ResourceTypeRule) {
			r.Dimensions = rolemodel.Criteria{"Department": {Key: "IT"}}
		}, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := newOrganisation(t)
			o.thing(department, "IT", 0)
			typ := o.accounts()
			o.typeRule(typ)
			o.scalar(typ, "DisplayName", "LastName", "")
			r := o.scalar(typ, "Login", "Phone", "")
			if c.rule != nil {
				c.rule(r)
			}
			p := o.employ("Ann", "Lee", 0)
			p.Resource.Scalars["Phone"] = c.phone
			o.evaluate(p)
			sent := 0
			for _, line := range open(o.one(p)) {
				if strings.HasSuffix(line, " 1") {
					sent++
				}
			}
			if !c.empty {
				require.Equal(t, 3, sent)
				return
			}
			require.Zero(t, sent, "%v", open(o.one(p)))
			require.Contains(t, fmt.Sprint(open(o.one(p))), "SET Login  7")
			p.Resource.Scalars["Phone"], r.Dimensions = "ann", nil
			o.compile()
			o.evaluate(p)
			require.NotContains(t, fmt.Sprint(open(o.one(p))), " 7")
		})
	}
}
