package manifest

import (
	"fmt"
	"os"
	"reflect"
	"slices"
	"strings"

	"testing"

	"github.com/goccy/go-yaml"
	"github.com/stretchr/testify/require"

	"writ/server/errs"
)

// around is what the objects of these tests refer to, beside the house.
const around = `
policies: [{ identifier: Other, isProvisioningEnabled: true }]
categories: [{ identifier: Tools }]
compositeRoles: [{ identifier: Staff, entityType: Person }]
entityTypes:
  - identifier: Badge
    managerBinding: Parent
    source: { connection: Database, table: b }
    properties:
      - { identifier: Number, column: n, primaryKey: true }
      - { identifier: Office, column: o, target: Department }
      - { identifier: Parent, column: p, target: Department }
      - { identifier: Areas, column: a, target: Department, collection: true }
      - { identifier: Face, column: f, type: binary }
  - identifier: Stay
    source: { connection: Database, table: s }
    properties:
      - { identifier: Number, column: n, primaryKey: true }
      - { identifier: Person, column: p, target: Person, reverse: Stays }
      - { identifier: Since, column: s, type: dateTime }
      - { identifier: Note }
contextRules: [{ identifier: Stays, policy: Other, sourceEntityType: Person, resourcesBinding: Stays }]
resourceTypes: [{ identifier: Badges, sourceEntityType: Person, targetEntityType: Badge }]
`

// refs gives for each table that a field may refer to something that is there.
var refs = map[string]string{"policy": "Other", "category": "Tools", "entity_type": "Person", "connection": "Database", "role:COMPOSITE": "Staff",
	"role:SINGLE": "Mail", "resource_type": "Account", "property": "Number", "profile": "Desk"}

// hints are values where any one of its type would be refused, by struct and field. A new field needs one only then.
var hints = map[string]any{
	"Category.Parent":      "Tools",
	"Connection.Package":   "postgres",
	"Connection.Settings":  map[string]string{"timeout": "5"},
	"Connection.Secrets":   map[string]string{"connectionString": "postgres://app:pw@db.test/app"},
	"Property.Type":        "int32",
	"Dimension.EntityType": "Department", "Dimension.ParentProperty": "Parent",
	"EntityType.Connector": "HR", "EntityType.DisplayExpression": "{Key}", "EntityType.ManagerBinding": "Up",
	"EntityType.Properties": []Property{
		{Identifier: "Key", DisplayName: "The key", Column: "k", PrimaryKey: true},
		{Identifier: "When", Type: "dateTime", Column: "w", Format: "date", UniqueKey: true, IsKey: true},
		{Identifier: "Up", Target: "Generated", Reverse: "Down", Column: "u", Collection: true, GroupByProperty: "When"}},
	"PropertyExpression.EntityType": "Stay", "PropertyExpression.Property": "Note", "PropertyExpression.Binding": "Number", "PropertyExpression.Expression": "ToUpper",
	"Source.Connection":        "Files",
	"ResourceType.AllowRemove": ptr(true), "ResourceType.TargetEntityType": "Badge", "ResourceType.DependsOnOwnerProperty": "Phone",
	"ResourceType.ArgumentsExpression": `{"a": "b"}`,
	"ScalarRule.Binding":               "Number", "ScalarRule.Expression": "ToLower",
	"NavigationRule.Property": "Office", "NavigationRule.Resource": "IT",
	"QueryRule.Property": "Areas", "QueryRule.SourceBinding": "Phone", "QueryRule.SourceExpression": "ToLower", "QueryRule.TargetBinding": "Code", "QueryRule.TargetExpression": "ToLower",
	"BinaryRule.Property": "Face", "BinaryRule.Binding": "Face",
	"CorrelationRule.SourceBinding": "Number", "CorrelationRule.SourceExpression": "ToLower", "CorrelationRule.TargetBinding": "Number", "CorrelationRule.TargetExpression": "ToLower",
	"ClassifyRule.Expression":      `target.Number == "x"`,
	"ContextRule.SourceEntityType": "Department", "ContextRule.ResourcesBinding": "Parent", "ContextRule.StartBinding": "Code", "ContextRule.EndBinding": "Code",
	"ContextRule.ExcludeExpression": `record.Code == ""`, "ContextRule.Dimensions": map[string]string{"Department": "Parent"},
	"RoleMapping.Property":        "Areas",
	"RoleMapping.WhereExpression": `target.Code != ""`, "RoleMapping.IdentifierBinding": "Code", "RoleMapping.IdentifierExpression": "ToLower",
	"RoleMapping.DisplayNameBinding": "Code", "RoleMapping.DisplayNameExpression": "ToUpper",
	"RoleMapping.CategoryIdentifierBinding": "Parent.Code", "RoleMapping.CategoryIdentifierExpression": "ToLower",
	"RoleMapping.CategoryDisplayNameBinding": "Parent.Code", "RoleMapping.CategoryDisplayNameExpression": "ToUpper",
	"RoleMapping.ParentCategoryBinding": "Code", "RoleMapping.ParentCategoryExpression": "ToLower", "RoleMapping.ResourceType": "Badges",
	"NamingItem.Property":   "Code",
	"RiskItem.ResourceType": "Badges", "RiskItem.Property": "Areas", "RiskItem.Resource": "IT", "Risk.RiskType": "highPrivilege",
	"IndirectResourceRule.ResourceType": "Badges", "IndirectResourceRule.Property": "Parent", "IndirectResourceRule.Correspondence": "Parent",
	"IndirectResourceRule.CorrespondenceMembershipProperty": "Parent", "IndirectResourceRule.Entitlement": "Parent",
	"RecordSection.ResourceEntityType": "Stay", "RecordSection.StartProperty": "Since", "RecordSection.EndProperty": "Since",
	"RecordSection.InstanceKeyExpression": "Number", "RecordSection.SortKeyExpression": "ToUpper(record.Number)", "SectionProperty.Property": "Number",
	"Role.RequiredParameters": []string{"Department"}, "ResourceType.RequiredParameters": []string{"Department"}, "Role.ImposedDimensions": map[string]string{"Department": "IT"},
	"Role.Tags": []string{"finance"}, "ResourceType.Tags": []string{"finance"}, "Role.SecondaryCategories": []string{"Tools"},
	"AutomationRule.WorkflowState": "nonConforming", "AutomationRule.Type": "policy",
	"ApproverRule.Levels": []int{0, 2}, "ApproverRule.Actions": []string{"ADD", "ALLOW"}, "ApproverRule.Find": []Finder{{Finder: "manager", Level: 2}, {Finder: "profile", Profile: "Desk", Match: []string{"Department"}}, {Finder: "person", Keys: []string{"p1"}}},
	"ApproverRule.EscalateTo":  []Finder{{Finder: "managerOfCandidate"}, {Finder: "requesterManager", Level: 1}},
	"Policy.FallbackApprovers": []Finder{{Finder: "roleOwner"}, {Finder: "profile", Profile: "Desk", Match: []string{"Department"}}},
	"Job.Cron":                 "0 2 * * *", "Job.CronTimeZone": "Europe/Berlin",
	"Job.Steps":               []Step{{Task: "a", Type: "Export"}, {Task: "b", DisplayName: "B", Type: "Export", Level: ptr(3), DependsOn: []string{"a"}, Options: map[string]any{"scope": "all"}}},
	"AccessRule.EntityType":   "Person",
	"AccessRule.Filters":      []AccessFilter{{Binding: "Site", Value: "Paris"}, {Binding: "Department", Dimension: "Department"}, {Binding: "Id", CurrentUser: true}},
	"AccessRule.Entries":      []AccessEntry{{Permission: "/Jobs", CanExecute: ptr(false), Notify: ptr(false)}},
	"AccessEntry.Priority":    0,
	"User.Email":              "gen@example.org",
	"IdentityProvider.Issuer": "https://login.example.org/main", "IdentityProvider.Scopes": []string{"email", "groups"}, "PersonClaim.Property": "Number",
	"User.Resource":           (*ResourceRef)(nil),
	"AssignedProfile.Profile": "Desk", "AssignedProfile.Context": map[string]string{"Department": "IT"}, "AssignedProfile.StartDate": "2026-03-01", "AssignedProfile.EndDate": "2026-04-01",
	"AssignedProfile.Email": "desk@example.org",
}

// notGenerated are fields that are refused with any value but the zero one, or need more than a configuration.
var notGenerated = []string{"AutomationRule.CompositeRole", "AutomationRule.SingleRole", "AutomationRule.ResourceType", "AutomationRule.Category", // one of five: automationrule_test.go
	"ApproverTarget.CompositeRole", "ApproverTarget.SingleRole", "ApproverTarget.Category", "ApproverTarget.Risk", "ApproverTarget.EntityType", // one of six: approverrule_test.go
	"AccessEntry.Priority", "AccessEntry.FullAccessProperties", "User.Resource", "ResourceRef.EntityType", "ResourceRef.Key",
	"User.Client", "UserClient.Scopes", "UserClient.Until"} // a program has no password: client_test.go

// generated fills every field of an object of a kind.
func generated(of string, v reflect.Value, seen map[string]bool) {
	for _, f := range reflect.VisibleFields(v.Type()) {
		at := v.Type().Name() + "." + f.Name
		if !f.IsExported() || slices.Contains(notGenerated, at) || at == "Role.ImposedDimensions" && of == "compositeRole" {
			continue
		}
		field := v.FieldByIndex(f.Index)
		words := f.Tag.Get("words")
		value, hinted := hints[at]
		switch {
		case hinted && field.Kind() == reflect.Slice: // its own: other tests change what they were given
			list := reflect.MakeSlice(field.Type(), reflect.ValueOf(value).Len(), reflect.ValueOf(value).Len())
			reflect.Copy(list, reflect.ValueOf(value))
			field.Set(list)
		case hinted:
			field.Set(reflect.ValueOf(value))
		case f.Name == "Identifier" && strings.HasSuffix(v.Type().Name(), "Rule") && !strings.EqualFold(of, v.Type().Name()):
			field.SetString(of + v.Type().Name()) // a rule inside another object is unique among all rules
		case f.Name == "Identifier" || f.Name == "Username":
			field.SetString("Generated")
		case words == "RuleStrength":
			field.SetString(names(words)[0]) // the others are refused
		case words != "":
			known := names(words)
			field.SetString(known[len(known)-1])
		case f.Tag.Get("ref") != "":
			field.SetString(refs[f.Tag.Get("ref")])
		default:
			generatedValue(of, f, field, seen)
		}
	}
	noteFields(v, seen)
}

func generatedValue(of string, f reflect.StructField, v reflect.Value, seen map[string]bool) {
	switch v.Kind() {
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		if v.Elem().Kind() == reflect.Struct {
			generated(of, v.Elem(), seen)
			return
		}
		generatedValue(of, f, v.Elem(), seen)
	case reflect.Slice:
		list := reflect.MakeSlice(v.Type(), 1, 1)
		generated(of, list.Index(0), seen)
		v.Set(list)
	case reflect.Map:
		v.Set(reflect.ValueOf(map[string]Criterion{"Department": {Key: "IT", Inherit: true}}))
	case reflect.Bool:
		v.SetBool(f.Tag.Get("default") != "true")
	case reflect.Int:
		n := 7
		if most, ok := f.Tag.Lookup("max"); ok {
			n = numberOf(most)
		}
		v.SetInt(int64(n))
	case reflect.Float64:
		v.SetFloat(12.5)
	default:
		v.SetString("a " + f.Name)
	}
}

// noteFields notes which fields say something, in hinted lists, too.
func noteFields(v reflect.Value, seen map[string]bool) {
	for _, f := range reflect.VisibleFields(v.Type()) {
		if !f.IsExported() {
			continue
		}
		field := v.FieldByIndex(f.Index)
		if !field.IsZero() {
			seen[v.Type().Name()+"."+f.Name] = true
		}
		if field.Kind() == reflect.Slice && field.Type().Elem().Kind() == reflect.Struct {
			for i := range field.Len() {
				noteFields(field.Index(i), seen)
			}
		}
	}
}

// everything gives one object of the kind, with a value in every field, as a file would have it.
func everything(t *testing.T, k kind, seen map[string]bool) (*Manifest, string) {
	t.Helper()
	m := &Manifest{}
	list := listOf(m, k)
	list.Set(reflect.MakeSlice(list.Type(), 1, 1))
	generated(k.about().name, list.Index(0), seen)
	raw, err := yaml.Marshal(m)
	require.NoError(t, err)
	return m, string(raw)
}

func listOf(m *Manifest, k kind) reflect.Value {
	v := reflect.ValueOf(m).Elem()
	for _, f := range reflect.VisibleFields(v.Type()) {
		if f.IsExported() && nameInFile(f) == k.about().list {
			return v.FieldByIndex(f.Index)
		}
	}
	panic("Manifest has no list " + k.about().list)
}

// The table and the lists of a file are the same.
func TestEveryListIsAKind(t *testing.T) {
	t.Parallel()
	m := reflect.TypeFor[Manifest]()
	lists := 0
	for _, f := range reflect.VisibleFields(m) {
		if name := nameInFile(f); f.IsExported() && name != "delete" {
			lists++
			require.NotNil(t, kindListed(name), "%s is not in the table of kinds", name)
		}
	}
	require.Len(t, kinds(), lists)
}

// What is written in any field of any kind is what is exported, and what is exported changes nothing.
func TestEveryFieldGoesThrough(t *testing.T) {
	t.Parallel()
	b := mustHouse(t)
	b.mustApply(t, around)
	seen := map[string]bool{}
	for _, k := range kinds() {
		name := k.about().name
		m, text := everything(t, k, seen)
		p := b.mustApply(t, text)
		require.NotEmpty(t, p.Changes, "%s\n%s", name, text)
		exported, err := Export(b.ctx, b.DB, b.Keyring)
		require.NoError(t, err)
		written := k.objects(m.normalised().completed(&Manifest{}))[0]
		found := slices.IndexFunc(k.objects(exported), func(o object) bool { return o.key() == written.key() })
		require.GreaterOrEqual(t, found, 0, name)
		require.Equal(t, flatten(written.content), flatten(k.objects(exported)[found].content), "%s\n%s", name, text)

		raw, err := yaml.Marshal(exported.WithoutSecrets())
		require.NoError(t, err)
		again, err := Parse("export.yaml", raw)
		require.NoError(t, err)
		p, err = b.Apply(b.ctx, again)
		require.NoError(t, err)
		require.Empty(t, p.Changes, name)
	}
	exported, err := Export(b.ctx, b.DB, b.Keyring)
	require.NoError(t, err)
	raw, err := yaml.Marshal(exported.WithoutSecrets())
	require.NoError(t, err)
	if *rewrite { // the API is tested with it
		require.NoError(t, os.WriteFile("testdata/everything.yaml", raw, 0o644))
	}
	golden, err := os.ReadFile("testdata/everything.yaml")
	require.NoError(t, err)
	require.Equal(t, string(golden), string(raw), "run the test with -update and review the difference")
	for _, k := range slices.Backward(kinds()) {
		p := b.mustApply(t, fmt.Sprintf("delete: { %s: [Generated] }", k.about().list))
		require.Len(t, p.Changes, 1, k.about().name)
		require.Equal(t, Delete, p.Changes[0].Action, k.about().name)
	}
	for _, k := range kinds() {
		for _, field := range fieldsOf(listOf(&Manifest{}, k).Type().Elem(), nil) {
			require.True(t, seen[field] || slices.Contains(notGenerated, field), "no value was written into %s", field)
		}
	}
}

// fieldsOf gives the fields of a struct and of those inside it, by struct and name.
func fieldsOf(t reflect.Type, out []string) []string {
	for t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice {
		t = t.Elem()
	}
	if t.Kind() != reflect.Struct {
		return out
	}
	for _, f := range reflect.VisibleFields(t) {
		if f.IsExported() {
			out = fieldsOf(f.Type, append(out, t.Name()+"."+f.Name))
		}
	}
	return out
}

// Mistakes of each sort, made at every place where they can be: an unknown field, a reference to nothing, a word that is none, a number
// out of bounds. Each is refused with its place and what is known.
func TestEveryMistakeHasItsPlace(t *testing.T) {
	t.Parallel()
	b := mustHouse(t)
	b.mustApply(t, around)
	before := b.dump(t)
	made := 0
	for _, k := range kinds() {
		m, text := everything(t, k, map[string]bool{})
		var whole any
		require.NoError(t, yaml.Unmarshal([]byte(text), &whole))
		eachMap(whole, func(at map[string]any, undo func()) { // lists and objects, not maps of names
			at["nonsense"] = "x"
			raw, err := yaml.Marshal(whole)
			require.NoError(t, err)
			delete(at, "nonsense")
			_, err = Parse("test.yaml", raw)
			if err != nil { // else it is a map of names
				made++
				require.True(t, errs.Is(err, errs.Validation), "%v", err)
				require.Contains(t, errs.As(err).Field, "test.yaml:")
				require.Contains(t, err.Error(), "nonsense")
			}
		})
		mistaken(listOf(m, k).Index(0), func(f reflect.StructField, what string, says ...string) {
			made++
			raw, err := yaml.Marshal(m)
			require.NoError(t, err)
			_, err = b.apply(string(raw))
			require.True(t, errs.Is(err, errs.Validation), "%s.%s %s: %v\n%s", k.about().name, f.Name, what, err, raw)
			require.Contains(t, errs.As(err).Field, k.about().name+"/", "%s: %v", f.Name, err)
			require.Contains(t, errs.As(err).Field, "."+nameInFile(f), "%s: %v", f.Name, err)
			for _, text := range says {
				require.Contains(t, err.Error(), text, "%s %s", f.Name, what)
			}
		})
	}
	require.Greater(t, made, 120)
	require.Equal(t, before, b.dump(t))
}

func eachMap(v any, do func(map[string]any, func())) {
	switch v := v.(type) {
	case map[string]any:
		do(v, nil)
		for _, e := range v {
			eachMap(e, do)
		}
	case []any:
		for _, e := range v {
			eachMap(e, do)
		}
	}
}

// mistaken makes one field after the other wrong.
func mistaken(v reflect.Value, try func(f reflect.StructField, what string, says ...string)) {
	for _, f := range reflect.VisibleFields(v.Type()) {
		if !f.IsExported() {
			continue
		}
		field := v.FieldByIndex(f.Index)
		kept := reflect.New(field.Type()).Elem()
		kept.Set(field)
		switch {
		case f.Tag.Get("ref") != "" && field.Kind() == reflect.Slice:
			field.Set(reflect.ValueOf([]string{"Nope"}))
			try(f, "refers to nothing", `"Nope"`)
		case f.Tag.Get("ref") != "":
			field.SetString("Nope")
			try(f, "refers to nothing", `"Nope"`)
		case f.Tag.Get("words") != "":
			field.SetString("sometimes")
			try(f, "is no word", "sometimes", names(f.Tag.Get("words"))[0])
		case f.Tag.Get("min") != "":
			setNumber(field, min(-1, numberOf(f.Tag.Get("min"))-1)) // 0 may mean that nothing is said
			try(f, "is too small", nameInFile(f))
			if most, ok := f.Tag.Lookup("max"); ok {
				setNumber(field, numberOf(most)+1)
				try(f, "is too large", most)
			}
		case field.Kind() == reflect.Slice && field.Type().Elem().Kind() == reflect.Struct:
			for i := range field.Len() {
				mistaken(field.Index(i), try)
			}
		case field.Kind() == reflect.Pointer && !field.IsNil() && field.Elem().Kind() == reflect.Struct:
			mistaken(field.Elem(), try)
		}
		field.Set(kept)
	}
}

func setNumber(v reflect.Value, n int) {
	if v.Kind() == reflect.Pointer {
		v.Set(reflect.New(v.Type().Elem()))
		v = v.Elem()
	}
	if v.Kind() == reflect.Float64 {
		v.SetFloat(float64(n))
		return
	}
	v.SetInt(int64(n))
}
