package job

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"writ/server/errs"
)

// check refuses definitions that could not be carried out.
func (s *Service) check(definitions []JobDefinition) error {
	seen := map[string]bool{}
	for n, d := range definitions {
		at := "job/" + d.Identifier
		switch {
		case strings.TrimSpace(d.Identifier) == "":
			return errs.Invalid(fmt.Sprintf("jobs[%d].identifier", n), "A job needs an identifier.")
		case seen[d.Identifier]:
			return errs.Invalid(at+".identifier", "There are two jobs %q.", d.Identifier)
		case len(d.Steps) == 0:
			return errs.Invalid(at+".steps", "The job %s needs at least one step.", d.Identifier)
		}
		seen[d.Identifier] = true
		if _, err := time.LoadLocation(d.CronTimeZone); err != nil {
			return errs.Invalid(at+".cronTimeZone", "%q is no time zone. Write UTC, Local or a name like Europe/Paris.", d.CronTimeZone).Because(err)
		}
		if d.Cron != "" {
			if _, err := nextRun(d.Cron, d.CronTimeZone, s.Clock.Now()); err != nil {
				return errs.Invalid(at+".cron", "%q is no schedule. Write five cron fields, or six with seconds first, e.g. 0 2 * * * for every night at two.", d.Cron).Because(err)
			}
		}
		if err := s.checkSteps(at, d.Steps); err != nil {
			return err
		}
	}
	return nil
}

func (s *Service) checkSteps(at string, steps []StepDefinition) error {
	index := map[string]int{}
	for n, step := range steps {
		at := fmt.Sprintf("%s.steps[%d]", at, n)
		_, known := s.tasks[step.TaskType]
		_, twice := index[step.Identifier]
		switch {
		case strings.TrimSpace(step.Identifier) == "":
			return errs.Invalid(at+".identifier", "A step needs an identifier.")
		case twice:
			return errs.Invalid(at+".identifier", "There are two steps %q.", step.Identifier)
		case !known:
			return errs.Invalid(at+".type", "There is no type of task %q. Known: %s.", step.TaskType, joined(slices.Sorted(maps.Keys(s.tasks))))
		case step.level() < -1:
			return errs.Invalid(at+".level", "A level is -1 or more, got %d.", step.level())
		}
		index[step.Identifier] = n
		if err := s.checkOptions(at+".options", step); err != nil {
			return err
		}
	}
	for n, step := range steps {
		for k, parent := range step.DependsOn {
			p, ok := index[parent]
			at := fmt.Sprintf("%s.steps[%d].dependsOn[%d]", at, n, k)
			if !ok {
				return errs.Invalid(at, "The job has no step %q.", parent)
			}
			if !canWaitFor(steps, n, p) {
				return errs.Invalid(at, "%s starts before %s ends, or they wait for each other.", step.Identifier, parent)
			}
		}
	}
	return nil
}

// canWaitFor reports whether the parent is started no later than the child, and does not wait for it in turn.
func canWaitFor(steps []StepDefinition, child, parent int) bool {
	c, p := steps[child].level(), steps[parent].level()
	if c < 0 || c != p {
		return p < c || (p == c && parent < child)
	}
	visited := map[int]bool{} // same level: no way back from the parent to the child
	var reaches func(from int) bool
	reaches = func(from int) bool {
		if from == child {
			return true
		}
		if visited[from] {
			return false
		}
		visited[from] = true
		return slices.ContainsFunc(steps[from].DependsOn, func(name string) bool {
			n := slices.IndexFunc(steps, func(s StepDefinition) bool { return s.Identifier == name })
			return n >= 0 && reaches(n)
		})
	}
	return !reaches(parent)
}

// checkOptions reads the options the way the task will: an option that does not exist, or of the wrong type, is found when the job is
// saved and not at night.
func (s *Service) checkOptions(at string, step StepDefinition) error {
	own, ok := s.Options[step.TaskType]
	if !ok || len(step.Options) == 0 && own == nil {
		return nil
	}
	known := append(optionNames(CommonOptions{}), optionNames(own)...)
	for _, name := range slices.Sorted(maps.Keys(step.Options)) {
		if !slices.ContainsFunc(known, func(k string) bool { return strings.EqualFold(k, name) }) {
			slices.Sort(known)
			return errs.Invalid(at+"."+name, "A task of type %s has no option %q. Known: %s.", step.TaskType, name, strings.Join(slices.Compact(known), ", "))
		}
	}
	raw, err := json.Marshal(step.Options)
	if err != nil {
		return errs.Invalid(at, "The options of the step %s cannot be stored.", step.Identifier).Because(err)
	}
	if len(step.Options) == 0 {
		raw = []byte("{}")
	}
	for _, shape := range []any{CommonOptions{}, own} {
		if shape == nil {
			continue
		}
		into := reflect.New(reflect.TypeOf(shape)).Interface()
		if err := json.Unmarshal(raw, into); err != nil {
			return wrongOption(at, err)
		}
		if c, ok := into.(interface{ Check() error }); ok {
			if err := c.Check(); err != nil {
				return errs.Invalid(at, "The step %s cannot run like this: %s", step.Identifier, message(err)).Because(err)
			}
		}
	}
	return nil
}

func message(err error) string {
	if e := errs.As(err); e != nil {
		return e.Message
	}
	return err.Error()
}

func wrongOption(at string, err error) error {
	var wrong *json.UnmarshalTypeError
	if !errors.As(err, &wrong) {
		return errs.Invalid(at, "The options cannot be read.").Because(err)
	}
	name := strings.ToLower(wrong.Field[:min(1, len(wrong.Field))]) + wrong.Field[min(1, len(wrong.Field)):]
	return errs.Invalid(at+"."+name, "The option %s takes %s, not a %s.", name, inWords(wrong.Type), wrong.Value).Because(err)
}

func inWords(t reflect.Type) string {
	switch t.Kind() {
	case reflect.Bool:
		return "true or false"
	case reflect.String:
		return "a text"
	case reflect.Slice:
		return "a list"
	case reflect.Int, reflect.Int64, reflect.Int32:
		return "a whole number"
	case reflect.Map, reflect.Struct:
		return "a map"
	}
	return t.String()
}

// optionNames are the fields of a struct as configuration spells them.
func optionNames(shape any) []string {
	if shape == nil {
		return nil
	}
	t := reflect.TypeOf(shape)
	names := make([]string, t.NumField())
	for n := range names {
		f := t.Field(n).Name
		names[n] = strings.ToLower(f[:1]) + f[1:]
	}
	return names
}

// namedBy are the tables in which the options that name objects are looked up.
var namedBy = map[string]string{
	"connector": "connector", "connectors": "connector", "connection": "connection", "connections": "connection",
	"entityType": "entity_type", "entityTypes": "entity_type", "sourceEntityType": "entity_type",
	"policy": "policy", "policies": "policy", "resourceType": "resource_type", "resourceTypes": "resource_type",
}

// checkNames refuses options that name objects which are not there. One statement.
func checkNames(ctx context.Context, tx bun.Tx, definitions []JobDefinition) error {
	type use struct{ Table, Name, at, option string }
	var uses []use
	for _, d := range definitions {
		for n, step := range d.Steps {
			for _, option := range slices.Sorted(maps.Keys(step.Options)) {
				table, ok := namedBy[option]
				if !ok {
					continue
				}
				for _, name := range texts(step.Options[option]) {
					uses = append(uses, use{table, name, fmt.Sprintf("job/%s.steps[%d].options.%s", d.Identifier, n, option), option})
				}
			}
		}
	}
	if len(uses) == 0 {
		return nil
	}
	var there []struct{ Table, Identifier string }
	err := tx.NewRaw(`SELECT 'connector' AS "table", identifier FROM connector UNION ALL SELECT 'connection', identifier FROM connection
		UNION ALL SELECT 'entity_type', identifier FROM entity_type UNION ALL SELECT 'policy', identifier FROM policy
		UNION ALL SELECT 'resource_type', identifier FROM resource_type ORDER BY 1, 2`).Scan(ctx, &there)
	if err != nil {
		return wrap("read what options may name", err)
	}
	known := map[string][]string{}
	for _, t := range there {
		known[t.Table] = append(known[t.Table], t.Identifier)
	}
	for _, u := range uses {
		if !slices.Contains(known[u.Table], u.Name) {
			return errs.Invalid(u.at, "There is no %s %q. Known: %s.", strings.ReplaceAll(u.Table, "_", " "), u.Name, strings.Join(known[u.Table], ", "))
		}
	}
	return nil
}

// CheckNames looks at every job again after objects were removed: VALIDATION names the first option that names one of them. Three statements.
func CheckNames(ctx context.Context, tx bun.Tx) error {
	definitions, err := Load(ctx, tx)
	if err != nil {
		return err
	}
	return checkNames(ctx, tx, definitions)
}

// texts gives the names in an option: one, or a list of them.
func texts(v any) []string {
	switch v := v.(type) {
	case string:
		return []string{v}
	case []string:
		return v
	case []any:
		var out []string
		for _, e := range v {
			if s, ok := e.(string); ok {
				out = append(out, s)
			}
		}
		return out
	}
	return nil
}

func joined(types []TaskType) string {
	names := make([]string, len(types))
	for i, t := range types {
		names[i] = string(t)
	}
	return strings.Join(names, ", ")
}
