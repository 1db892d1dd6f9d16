package plan

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/uptrace/bun"

	"writ/server/assignment"
	"writ/server/directory"
	"writ/server/errs"
	"writ/server/evaluation"
	"writ/server/manifest"
	"writ/server/permit"
	"writ/server/rolemodel"
)

// Test says of somebody what he must have, and what he must not have, at an instant.
type Test struct {
	// Name says what it is about; empty: its number.
	Name string `yaml:"name"`
	// Person is the key of somebody, EntityType the identifier of what he is an instance of.
	Person     string `yaml:"person"`
	EntityType string `yaml:"entityType"`
	// At is a day or an instant (RFC 3339); empty: now.
	At     string  `yaml:"at"`
	Has    []Claim `yaml:"has"`
	HasNot []Claim `yaml:"hasNot"`

	file string
}

// Claim is something that somebody has: a role, or an account of a resource type, or a value of a property of it.
type Claim struct {
	Role string `yaml:"role"`
	// By is the identifier of a rule that must be among those which give the role, or the account; empty: whatever gives it.
	By           string `yaml:"by"`
	ResourceType string `yaml:"resourceType"`
	Property     string `yaml:"property"`
	// Value is a text, or the name or key of the resource that a navigation points to.
	Value string `yaml:"value"`
}

// Outcome is what became of a test. Faults is empty when it holds.
type Outcome struct {
	Name   string
	Faults []string
}

// maxTests is how many tests one call takes.
const maxTests = 10_000

// ReadTests reads files of tests: YAML, with a list `tests`. VALIDATION says which file and test is wrong.
func ReadTests(paths ...string) ([]Test, error) {
	var all []Test
	for _, p := range paths {
		content, err := os.ReadFile(p)
		if err != nil {
			return nil, errs.Invalid(p, "%s cannot be read.", p).Because(err)
		}
		var f struct {
			Tests []Test `yaml:"tests"`
		}
		if err := yaml.UnmarshalWithOptions(content, &f, yaml.Strict()); err != nil {
			return nil, errs.Invalid(p, "%s holds no tests. %s", p, yaml.FormatError(err, false, true))
		}
		for i, t := range f.Tests {
			t.file = p
			if t.Name == "" {
				t.Name = fmt.Sprintf("test %d", i+1)
			}
			if err := t.check(); err != nil {
				return nil, err
			}
			all = append(all, t)
		}
	}
	if len(all) == 0 {
		return nil, errs.Invalid("", "There are no tests in these files.")
	}
	if len(all) > maxTests {
		return nil, errs.New(errs.TooLarge, "%d tests are more than %d at once.", len(all), maxTests)
	}
	return all, nil
}

func (t *Test) check() error {
	wrong := func(format string, args ...any) error {
		return errs.Invalid(t.file, "%s, %q: %s", t.file, t.Name, fmt.Sprintf(format, args...))
	}
	if t.Person == "" || t.EntityType == "" {
		return wrong("name person and entityType.")
	}
	if len(t.Has)+len(t.HasNot) == 0 {
		return wrong("say what the person must have (has) or must not have (hasNot).")
	}
	for _, c := range slices.Concat(t.Has, t.HasNot) {
		switch {
		case (c.Role == "") == (c.ResourceType == ""):
			return wrong("each line names either a role or a resourceType.")
		case c.Role != "" && (c.Property != "" || c.Value != ""):
			return wrong("the role %s has no property: name a resourceType.", c.Role)
		case c.Property == "" && c.Value != "":
			return wrong("name the property that the value %s belongs to.", c.Value)
		}
	}
	return nil
}

// instant is when a test looks.
func (t *Test) instant(now time.Time, zone *time.Location) (time.Time, error) {
	if t.At == "" {
		return now, nil
	}
	if at, err := time.Parse(time.RFC3339, t.At); err == nil {
		return at, nil
	}
	if at, err := time.ParseInLocation(time.DateOnly, t.At, zone); err == nil {
		return at.Add(12 * time.Hour), nil // in the middle of the day
	}
	return now, errs.Invalid(t.file, "%s, %q: %q is no day (2027-01-31) and no instant (2027-01-31T08:00:00Z).", t.file, t.Name, t.At)
}

// Check runs tests under a configuration that is only proposed, by the computation that plans use, over the people there are. Nothing is written. The
// outcomes come in the order of the tests. VALIDATION when the configuration cannot be applied, or a test names what is not there.
func (s *Service) Check(ctx context.Context, m *manifest.Manifest, tests []Test) ([]Outcome, error) {
	if _, err := permit.Require(ctx, permit.SimulationStart); err != nil {
		return nil, err
	}
	t, err := s.try(ctx, &proposal{manifest: m})
	if err != nil {
		return nil, err
	}
	if t.overlay == nil {
		first := slices.IndexFunc(t.payload.Problems, func(x rolemodel.Problem) bool { return x.Severity == rolemodel.SeverityError })
		return nil, errs.Invalid("", "This configuration would be refused. %s", t.payload.Problems[first].Message)
	}
	zone, err := directory.LoadZone(ctx, s.DB)
	if err != nil {
		return nil, err
	}
	now := s.Clock.Now()
	out := make([]Outcome, len(tests))
	type subject struct {
		test  int
		owner int64
	}
	at := map[time.Time][]subject{}
	for i := range tests {
		out[i].Name = tests[i].Name
		when, err := tests[i].instant(now, zone)
		if err != nil {
			return nil, err
		}
		var found []int64
		if err := s.DB.NewRaw(`select r.id from resource r join entity_type t on t.id = r.entity_type_id where t.identifier = ? and r.key = ? order by r.valid_to desc limit 1`,
			tests[i].EntityType, tests[i].Person).Scan(ctx, &found); err != nil {
			return nil, fmt.Errorf("find whom a test is about: %w", err)
		}
		if len(found) == 0 {
			out[i].Faults = append(out[i].Faults, fmt.Sprintf("there is no %s %s", tests[i].EntityType, tests[i].Person))
			continue
		}
		at[when] = append(at[when], subject{i, found[0]})
	}
	for when, subjects := range at {
		of := map[int64][]int{}
		for _, x := range subjects {
			of[x.owner] = append(of[x.owner], x.test)
		}
		owners := make([]int64, 0, len(of))
		for id := range of {
			owners = append(owners, id)
		}
		slices.Sort(owners)
		h := &holding{m: t.overlay.Model, at: when, keys: map[int64]string{}}
		if _, err := s.Assignments.Foresee(ctx, t.overlay, assignment.Foresee{Owners: owners, At: when}, func(ctx context.Context, tx bun.Tx, f *assignment.Foreseen) error {
			if err := h.read(ctx, tx, f); err != nil {
				return err
			}
			for i := range f.Results {
				o, r := f.Batch.Owners[i], &f.Results[i]
				for _, k := range of[o.Resource.ID] {
					out[k].Faults = append(out[k].Faults, h.faults(&tests[k], o, r)...)
				}
				delete(of, o.Resource.ID)
			}
			return nil
		}, nil); err != nil {
			return nil, err
		}
		for _, left := range of { // nothing is computed for these
			for _, k := range left {
				for _, c := range tests[k].Has {
					out[k].Faults = append(out[k].Faults, fmt.Sprintf("must have %s; the configuration computes nothing for a %s", c, tests[k].EntityType))
				}
			}
		}
	}
	return out, nil
}

// holding looks what somebody has at an instant, once a result is saved.
type holding struct {
	m    *assignment.Model
	at   time.Time
	keys map[int64]string // of what navigations point to
}

// read reads the keys of what the accounts of a batch point to.
func (h *holding) read(ctx context.Context, tx bun.Tx, f *assignment.Foreseen) error {
	var list []int64
	add := func(e *evaluation.Expected) {
		for _, spans := range e.Properties {
			for _, s := range spans {
				if _, known := h.keys[s.ID]; s.ID != 0 && !known {
					list = append(list, s.ID)
				}
			}
		}
	}
	for i := range f.Results {
		for k := range f.Results[i].Types {
			add(&f.Results[i].Types[k].Expected)
		}
		for _, t := range f.Batch.Owners[i].Types {
			add(&t.Expected)
		}
	}
	var rows []struct {
		ID  int64
		Key string
	}
	if err := tx.NewRaw(`select id, key from resource where id = any (?)`, array(list)).Scan(ctx, &rows); err != nil {
		return fmt.Errorf("read what accounts point to: %w", err)
	}
	for _, r := range rows {
		h.keys[r.ID] = r.Key
	}
	return nil
}

func (c Claim) String() string {
	text := "the role " + c.Role
	if c.ResourceType != "" {
		text = "an account " + c.ResourceType
		if c.Property != "" {
			text = c.ResourceType + "." + c.Property
		}
		if c.Value != "" {
			text += " = " + c.Value
		}
	}
	if c.By != "" {
		text += " by the rule " + c.By
	}
	return text
}

func (h *holding) faults(t *Test, o *evaluation.Owner, r *evaluation.Result) (list []string) {
	if r.Err != nil {
		return []string{"could not be computed: " + r.Err.Error()}
	}
	for _, c := range t.Has {
		if has, instead := h.has(c, o, r); !has {
			list = append(list, fmt.Sprintf("must have %s; %s", c, instead))
		}
	}
	for _, c := range t.HasNot {
		if has, _ := h.has(c, o, r); has {
			list = append(list, fmt.Sprintf("must not have %s, and has it", c))
		}
	}
	return list
}

// has tells whether somebody has what a claim says; instead: what he has.
func (h *holding) has(c Claim, o *evaluation.Owner, r *evaluation.Result) (has bool, instead string) {
	if c.Role != "" {
		return h.hasRole(c, o, r)
	}
	return h.hasAccount(c, o, r)
}

func (h *holding) hasRole(c Claim, o *evaluation.Owner, r *evaluation.Result) (bool, string) {
	rows := map[int64]*evaluation.AssignedRole{}
	var list []*evaluation.AssignedRole
	for _, x := range o.Roles {
		rows[x.ID] = x
	}
	for i := range r.Roles {
		d := &r.Roles[i]
		delete(rows, d.Row.ID)
		if !d.Close {
			list = append(list, &d.Row)
		}
	}
	for _, x := range rows {
		list = append(list, x)
	}
	var others []string
	for _, x := range list {
		if x.IsDenied || !during(x.Start, x.End, h.at) || !held(x.Workflow) {
			continue
		}
		role := h.role(x.RoleID)
		if role == nil {
			continue
		}
		if role.Identifier != c.Role {
			others = append(others, role.Identifier)
			continue
		}
		if c.By == "" || slices.ContainsFunc(h.m.Source.RoleRules, func(q *rolemodel.RoleRule) bool { return q.Identifier == c.By && slices.Contains(x.RuleIDs, q.ID) }) {
			return true, ""
		}
		others = append(others, role.Identifier+" (by other rules)")
	}
	slices.Sort(others)
	return false, "has " + listed(others)
}

func (h *holding) role(id int64) *rolemodel.Role {
	for _, r := range h.m.Source.Roles {
		if r.ID == id {
			return r
		}
	}
	return nil
}

func (h *holding) hasAccount(c Claim, o *evaluation.Owner, r *evaluation.Result) (bool, string) {
	var list []evaluation.Expected
	changed := map[int64]bool{}
	add := func(typeID int64, wanted bool, e evaluation.Expected, start, end *time.Time) {
		if t := h.m.ResourceType(typeID); t != nil && t.Identifier == c.ResourceType && wanted && during(start, end, h.at) {
			list = append(list, e)
		}
	}
	for i := range r.Types {
		d := &r.Types[i]
		if d.Existing != nil {
			changed[d.Existing.ID] = true
		}
		add(d.ResourceTypeID, d.IsExpected && !d.CloseRow, d.Expected, d.Start, d.End)
	}
	for _, x := range o.Types {
		if !changed[x.ID] {
			add(x.ResourceTypeID, x.IsExpected, x.Expected, x.Start, x.End)
		}
	}
	if len(list) == 0 {
		return false, "has none"
	}
	var values []string
	for _, a := range list {
		if c.Property == "" {
			if c.By == "" || slices.ContainsFunc(h.m.Source.Rules, func(q *rolemodel.ResourceTypeRule) bool {
				return q.Identifier == c.By && slices.Contains(a.TypeRules, q.ID)
			}) {
				return true, ""
			}
			continue
		}
		for _, span := range a.Properties[c.Property] {
			if !during(span.From, span.To, h.at) {
				continue
			}
			names := []string{span.Value, h.keys[span.ID]}
			ruled := c.By == "" || slices.ContainsFunc(h.m.Source.Rules, func(q *rolemodel.ResourceTypeRule) bool {
				return q.Identifier == c.By && slices.Contains(span.Rules, q.ID)
			})
			if span.Error == "" && ruled && (c.Value == "" || slices.Contains(names, c.Value)) {
				return true, ""
			}
			values = append(values, span.Value)
		}
	}
	if c.Property == "" {
		return false, "other rules give it"
	}
	return false, "it is " + listed(values)
}

func listed(list []string) string {
	if len(list) == 0 {
		return "nothing"
	}
	return strings.Join(list, ", ")
}

func during(from, to *time.Time, at time.Time) bool {
	return (from == nil || !from.After(at)) && (to == nil || to.After(at))
}

// held: the role counts (role-model 12.6).
func held(w evaluation.Workflow) bool {
	switch w {
	case evaluation.NonConforming, evaluation.PreExisting, evaluation.Approved, evaluation.Calculated, evaluation.Questioned, evaluation.Prolonged, evaluation.ApprovedRisk, evaluation.GivenByRole:
		return true
	}
	return false
}
