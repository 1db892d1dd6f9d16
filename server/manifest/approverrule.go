package manifest

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"writ/server/page"
	"writ/server/rolemodel"
)

// ApproverRule says who is asked when something that is asked for has to be approved (requests 5). Without one, whoever reviews the roles of the person is asked. How many approvals something needs is said by its role, and never by this.
type ApproverRule struct {
	// Name in the configuration, unique for its kind; stable, unlike the display name. Letters, digits, _ - . and / only.
	Identifier string `yaml:"identifier"`
	// Name to show, to whoever is asked, too. Default: the identifier.
	DisplayName string `yaml:"displayName,omitempty" default:"=Identifier"`
	// What it is about. None: what belongs to the policy Default.
	Target *ApproverTarget `yaml:"target,omitempty" inline:"Target"`
	// Which approvals it is about: 1 to 3 by their order, 0 that of a risk. None: 1, 2 and 3, and of a risk 0.
	Levels []int `yaml:"levels,omitempty"`
	// What is asked for: ADD, EXTEND, REMOVE, DENY, ALLOW. None: whatever it is.
	Actions []string `yaml:"actions,omitempty"`
	// What a current context of the person who gets or loses it has to be.
	Dimensions map[string]Criterion `yaml:"dimensions,omitempty"`
	// What the values have to be that the role is asked for with: without a value of a dimension it is not meant.
	Parameters map[string]Criterion `yaml:"parameters,omitempty"`
	// How people are found, one way after the other: nobody who asked for it, who gets it or who decided before, and nobody who cannot sign in.
	Find []Finder `yaml:"find"`
	// Who is asked besides when nobody decided in time, one way after the other. None: the managers of those who are asked.
	EscalateTo []Finder `yaml:"escalateTo,omitempty"`
	// Days after which an approval counts as late; 0: never. None: as the policy of the role says, as of the next two.
	DueAfterDays *int `yaml:"dueAfterDays,omitempty" min:"0" max:"3650"`
	// Days after which those who are asked are reminded; 0: never.
	RemindAfterDays *int `yaml:"remindAfterDays,omitempty" min:"0" max:"3650"`
	// Days after which others are asked besides; 0: never.
	EscalateAfterDays *int `yaml:"escalateAfterDays,omitempty" min:"0" max:"3650"`
	// Who is asked may hand the decision over to somebody else. Default: true.
	MayDelegate *bool `yaml:"mayDelegate,omitempty" default:"true"`
	// Who acts for somebody may decide in his place. Default: true.
	Deputies *bool `yaml:"deputies,omitempty" default:"true"`
	// Whom several ways make.
	Combine string `yaml:"combine,omitempty" default:"first" words:"ApproverCombination"`
	// The smallest first, where several rules about the same have as many criteria; then the older. Default: 0.
	Priority int `yaml:"priority,omitempty"`
}

// ApproverTarget is one of its fields. Of several rules about something one asks: that about the role or the risk itself before that about the nearest category, before that about the policy, before that about the entity type; then the one with more criteria.
type ApproverTarget struct {
	// Identifier of a composite role.
	CompositeRole string `yaml:"compositeRole,omitempty" ref:"role:COMPOSITE"`
	// Identifier of a single role.
	SingleRole string `yaml:"singleRole,omitempty" ref:"role:SINGLE"`
	// Identifier of a category of roles.
	Category string `yaml:"category,omitempty" ref:"category"`
	// Roles of categories below count, too. Default: true.
	IncludeSubcategories *bool `yaml:"includeSubcategories,omitempty" default:"true"`
	// Identifier of a policy of roles.
	Policy string `yaml:"policy,omitempty" ref:"policy"`
	// Identifier of a risk, whose approval it is about.
	Risk string `yaml:"risk,omitempty" ref:"risk"`
	// Identifier of the entity type of the people for whom something is asked.
	EntityType string `yaml:"entityType,omitempty" ref:"entity_type"`
}

// Finder is one way to find people.
type Finder = rolemodel.Finder

// The names of its API.
type (
	SaveApproverRuleInput               = SaveInput[ApproverRule]
	ApproverRuleConfigurationConnection = page.Connection[*ApproverRule]
)

func approverRuleKind() kind {
	d := &declared[ApproverRule]{
		facts: facts{name: "approverRule", list: "approverRules", table: "approver_rule", rights: ofModel, words: wordLists{
			"FinderKind": said(rolemodel.FinderWords, "The manager of the person, or the manager of that one.", "The manager of who asks, or the manager of that one.", "Who answers for the role.",
				"Who answers for the resource types that the role leads to.", "Who answers for the risk; nobody does: whoever reviews the roles of the person.", "Who holds a profile.", "People by name.",
				"Whoever may review the roles of the person.", "The managers of those who were asked; only of who is asked besides."),
			"ApproverCombination": said(rolemodel.ApproverCombinationWords, "Those of the first way that finds somebody.", "Those of all ways."),
		}},
		in:         func(m *Manifest) *[]ApproverRule { return &m.ApproverRules },
		identifier: func(a ApproverRule) string { return a.Identifier },
		normal:     normalApprover,
		check:      checkApprover,
		load:       loaded[ApproverRule, rolemodel.ApproverRule](nil),
	}
	save := saved(d, func() *rolemodel.ApproverRule { return &rolemodel.ApproverRule{} })
	d.steps = append([]func(*writer, []ApproverRule, *change) error{func(w *writer, list []ApproverRule, c *change) error {
		ways := map[string][]Finder{}
		for _, a := range list {
			ways[d.at(a)+".find"], ways[d.at(a)+".escalateTo"] = a.Find, a.EscalateTo
		}
		return w.finders(c, ways)
	}}, save...)
	return d
}

// targets are what it is about, by the names of the fields.
func (t *ApproverTarget) targets() map[string]string {
	out := map[string]string{"compositeRole": t.CompositeRole, "singleRole": t.SingleRole, "category": t.Category, "policy": t.Policy, "risk": t.Risk, "entityType": t.EntityType}
	for name, of := range out {
		if of == "" {
			delete(out, name)
		}
	}
	return out
}

// ordinaryLevels are those of roles.
var ordinaryLevels = []int{1, 2, 3}

func normalApprover(a ApproverRule) ApproverRule {
	if a.Target == nil {
		a.Target = &ApproverTarget{IncludeSubcategories: ptr(true)}
	}
	if len(a.Target.targets()) == 0 {
		t := *a.Target
		t.Policy, a.Target = "Default", &t
	}
	a.Levels = slices.Sorted(slices.Values(a.Levels))
	if len(a.Levels) == 0 {
		if a.Levels = slices.Clone(ordinaryLevels); a.Target.Risk != "" {
			a.Levels = []int{rolemodel.RiskLevel}
		}
	}
	a.Actions = mapped(a.Actions, func(s string) string {
		if word := strings.ToUpper(strings.TrimSpace(s)); slices.Contains(rolemodel.ApproverActions, word) {
			return word
		}
		return s // refused as it was written
	})
	if len(a.Actions) == 0 {
		a.Actions = slices.Clone(rolemodel.ApproverActions)
	}
	slices.SortFunc(a.Actions, func(x, y string) int {
		return slices.Index(rolemodel.ApproverActions, x) - slices.Index(rolemodel.ApproverActions, y)
	})
	a.Find, a.EscalateTo = normalFinders(a.Find), normalFinders(a.EscalateTo)
	return a
}

// normalFinders writes ways as they are kept.
func normalFinders(list []Finder) []Finder {
	return mapped(list, func(f Finder) Finder {
		if n, err := number("FinderKind", camel(f.Finder), ""); err == nil { // ROLE_OWNER is roleOwner
			f.Finder = rolemodel.FinderWords[n]
		} else if n, err := number("FinderKind", f.Finder, ""); err == nil {
			f.Finder = rolemodel.FinderWords[n]
		}
		if f.Climbs() && f.Level == 0 {
			f.Level = 1
		}
		return f
	})
}

// checkApprover refuses rules that are about nothing or about two things, that can never be met, and ways that find nobody.
func checkApprover(r *ranges, at string, a ApproverRule) {
	r.word(at+".combine", "ApproverCombination", a.Combine)
	if named := a.Target.targets(); len(named) > 1 {
		for _, name := range slices.Sorted(maps.Keys(named)) {
			if name == "policy" { // it is meant least, and another one is named
				continue
			}
			r.fault(at+".target."+name, "A rule is about one thing, and %q is one of %d that this names. Leave one of them, and write a rule of its own for the others.", named[name], len(named))
		}
	}
	for i, l := range a.Levels {
		switch {
		case l < rolemodel.RiskLevel || l > 3:
			r.fault(at+".levels", "There is no level %d: approvals are 1 to 3, and 0 is that of a risk.", l)
		case slices.Contains(a.Levels[:i], l):
			r.fault(at+".levels", "The level %d is there twice. Name it once.", l)
		}
	}
	if a.Target.Risk != "" && len(a.Target.targets()) == 1 && !slices.Equal(a.Levels, []int{rolemodel.RiskLevel}) {
		r.fault(at+".levels", "A rule about a risk is about its approval alone. Leave the levels out, or say 0.")
	}
	for i, action := range a.Actions {
		switch {
		case !slices.Contains(rolemodel.ApproverActions, action):
			r.fault(at+".actions", "%q is not one of %s.", action, strings.Join(rolemodel.ApproverActions, ", "))
		case slices.Contains(a.Actions[:i], action):
			r.fault(at+".actions", "%s is there twice. Name it once.", action)
		}
	}
	if slices.Equal(a.Levels, []int{rolemodel.RiskLevel}) && !slices.ContainsFunc(a.Actions, func(x string) bool { return x == "ADD" || x == "EXTEND" || x == "ALLOW" }) {
		r.fault(at+".actions", "Nothing that is taken away raises a risk, so the rule is never met. Take ADD, EXTEND or ALLOW.")
	}
	if len(a.Find) == 0 {
		r.fault(at+".find", "The rule finds nobody. Say who is asked.")
	}
	ofRisk := slices.Contains(a.Levels, rolemodel.RiskLevel)
	checkFinders(r, at+".find", a.Find, ofRisk)
	checkFinders(r, at+".escalateTo", a.EscalateTo, ofRisk)
}

// checkFinders refuses ways that find nobody. ofRisk: the approval of a risk is among those that they are about.
func checkFinders(r *ranges, at string, list []Finder, ofRisk bool) {
	for i, f := range list {
		checkFinder(r, fmt.Sprintf("%s[%d]", at, i), f, ofRisk)
		if f.Finder == rolemodel.FindManagerOfCandidate && !strings.HasSuffix(at, ".escalateTo") {
			r.fault(fmt.Sprintf("%s[%d].finder", at, i), "Nobody was asked yet of whom this could be the manager. It says only who is asked besides (escalateTo).")
		}
	}
}

func checkFinder(r *ranges, at string, f Finder, ofRisk bool) {
	r.word(at+".finder", "FinderKind", f.Finder)
	if !f.Climbs() && f.Level != 0 {
		r.fault(at+".level", "Only a manager is so many steps up, 1 to 3. Leave the level out.")
	}
	of := func(field, word, given string, needed bool, what string) {
		switch {
		case f.Finder == word && needed && given == "":
			r.fault(at+"."+field, "Say %s.", what)
		case f.Finder != word && given != "" && slices.Contains(rolemodel.FinderWords, f.Finder):
			r.fault(at+"."+field, "%s %q does not go with %s. Leave it out.", field, given, f.Finder)
		}
	}
	of("profile", rolemodel.FindProfile, f.Profile, true, "the holders of which profile are asked")
	of("match", rolemodel.FindProfile, strings.Join(f.Match, ", "), false, "")
	of("keys", rolemodel.FindPerson, strings.Join(f.Keys, ", "), true, "who is asked, by key")
	if f.Finder == rolemodel.FindRiskOwner && !ofRisk {
		r.fault(at+".finder", "The owner of a risk is asked about the approval of a risk alone. Add the level 0, or find people in another way.")
	}
}

// finders refuses ways over profiles that are neither there nor come with the same change. ways are by where they stand.
func (w *writer) finders(c *change, ways map[string][]Finder) error {
	found := &faults{}
	for _, at := range slices.Sorted(maps.Keys(ways)) {
		for i, f := range ways[at] {
			if f.Profile == "" || slices.ContainsFunc(c.wanted.Profiles, func(p Profile) bool { return p.Identifier == f.Profile }) {
				continue
			}
			if _, err := w.id("profile", f.Profile, fmt.Sprintf("%s[%d].profile", at, i)); err != nil && !found.take(err) {
				return err
			}
		}
	}
	return found.err()
}
