package assignment

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"writ/server/evaluation"
	"writ/server/rolemodel"
)

// wording makes the sentences of an explanation. The same text is shown by `writ explain` and by the page of a person.
type wording struct {
	*names
	owner *evaluation.Resource
	now   time.Time
	// forbidden are the resource types, and the roles with a minus before their id, that some rule forbids.
	forbidden map[int64]bool
}

func (w *wording) ownerName() string { return w.resource(w.owner.ID) }

func (w *wording) sentence(s evaluation.Step) string {
	switch s.Kind {
	case evaluation.StepContext:
		return w.context(s)
	case evaluation.StepCompositeRole, evaluation.StepSingleRole:
		return w.rule(s, "the role "+w.role(s.RoleID))
	case evaluation.StepResourceType:
		return w.rule(s, "the resource type "+w.typeName(s.ResourceTypeID))
	case evaluation.StepRole:
		return w.roleVerdict(s)
	case evaluation.StepType:
		return w.typeVerdict(s)
	case evaluation.StepFoundValue:
		return fmt.Sprintf("The role %s is found because %s of %s (%s) holds %s.", w.role(s.RoleID), w.property(s.ResourceTypeID, s.Property),
			w.resource(s.ResourceID), w.typeName(s.ResourceTypeID), s.Value)
	case evaluation.StepProperty:
		return w.value(s)
	case evaluation.StepIndirect:
		return w.throughOthers(s)
	case evaluation.StepBlocked:
		return w.blocked(s)
	case evaluation.StepRedundant:
		return w.redundant(s)
	default:
		return w.correlation(s)
	}
}

func (w *wording) context(s evaluation.Step) string {
	rule := w.m.contextRule(s.RuleID)
	if !s.Matched {
		return fmt.Sprintf("No record of %s counts under the context rule %s: there is none, or all are excluded.", w.ownerName(), rule)
	}
	record := w.thing(s.ResourceID)
	if s.ResourceID == w.owner.ID {
		record = w.ownerName()
	}
	text := fmt.Sprintf("%s counts%s, by the context rule %s", record, w.period(s.From, s.To, w.now), rule)
	if len(s.Values) > 0 {
		text += ": " + w.dimensions(s.Values)
	}
	return text + "." + w.sections(s)
}

// sections says what stands behind each record section of a context.
func (w *wording) sections(s evaluation.Step) string {
	text := ""
	for _, c := range s.Sections {
		name := w.m.section(c.SectionID)
		switch {
		case c.IsGap && c.RecordID == 0:
			text += fmt.Sprintf(" %s: none in this time.", name)
		case c.IsGap:
			text += fmt.Sprintf(" %s: none in this time, so values of %s are used.", name, w.thing(c.RecordID))
		case c.Key != "" && !w.hidden[c.RecordID]:
			text += fmt.Sprintf(" %s: %s, by %s.", name, c.Key, w.thing(c.RecordID))
		default:
			text += fmt.Sprintf(" %s: by %s.", name, w.thing(c.RecordID))
		}
	}
	return text
}

// rule says whether a rule gives something, and why.
func (w *wording) rule(s evaluation.Step, what string) string {
	verb := "give"
	switch {
	case s.Denied:
		verb = "forbid"
	case s.Suggests:
		verb = "suggest"
	}
	if !s.Matched {
		return fmt.Sprintf("The rule %s does not %s %s: %s.", s.Rule, verb, what, w.whyNot(s))
	}
	text := fmt.Sprintf("The rule %s %ss %s%s: %s.", s.Rule, verb, what, w.period(s.From, s.To, w.now), cmp.Or(w.why(s), "it concerns everybody"))
	if s.Suggests {
		text += " A suggestion alone gives nothing."
	}
	return text
}

// blocked says which risk keeps something back, and what would make it hold.
func (w *wording) blocked(s evaluation.Step) string {
	what := "the role " + w.role(s.RoleID)
	if s.RoleID == 0 {
		what = w.place(s.ResourceTypeID, s.Property, s.ResourceID)
	} else if len(s.Values) > 0 {
		what += " (" + w.dimensions(s.Values) + ")"
	}
	return fmt.Sprintf("The risk %s keeps %s from %s: otherwise %s would come together%s.", w.m.riskName(s.RiskID), what, w.ownerName(), and(w.parts(s.With)), w.period(s.From, s.To, w.now))
}

// redundant says that an approval is one of what rules give anyway, and when.
func (w *wording) redundant(s evaluation.Step) string {
	var by []string
	what := "the resource type " + w.typeName(s.ResourceTypeID)
	if s.RoleID != 0 {
		what = "the role " + w.role(s.RoleID)
		for _, id := range s.Behind {
			if r := find(w.m.Source.RoleRules, func(r *rolemodel.RoleRule) bool { return r.ID == id }); r != nil {
				by = append(by, "the rule "+r.Identifier)
			}
		}
		if s.NeedsRoleID != 0 {
			by = []string{"the role " + w.role(s.NeedsRoleID)}
		}
	} else {
		for _, id := range s.Behind {
			by = append(by, "the role "+w.role(id))
		}
	}
	return fmt.Sprintf("Somebody approved %s for %s by hand, although %s: as long as it does, the approval is redundant.", what, w.ownerName(),
		cmp.Or(and(by), "a rule")+" gives it"+w.period(s.From, s.To, w.now))
}

// parts names what makes a risk hold, and why each is held.
func (w *wording) parts(list []evaluation.Contributor) []string {
	var out []string
	for _, c := range list {
		text := w.place(c.ResourceTypeID, c.Property, c.ValueID)
		if by := w.m.rolesBehind(c.Rules); len(by) > 0 {
			text += " (by the role " + strings.Join(by, " or ") + ")"
		} else if c.Exists && !c.Expected {
			text += " (which the account has, and no rule gives)"
		}
		if !slices.Contains(out, text) {
			out = append(out, text)
		}
	}
	return out
}

// place names a value of an account.
func (w *wording) place(resourceTypeID int64, property string, value int64) string {
	text := fmt.Sprintf("%s of the %s", w.property(resourceTypeID, property), w.typeName(resourceTypeID))
	if value != 0 {
		return w.resource(value) + " in " + text
	}
	return text
}

// why lists the criteria of a rule, which all hold.
func (w *wording) why(s evaluation.Step) string {
	var parts []string
	for _, c := range s.Criteria {
		text := w.m.dimension(c.Dimension) + " is " + w.resource(c.Has)
		if c.Has != c.Wanted {
			text += ", which is below " + w.resource(c.Wanted)
		}
		text += w.asHeld(c)
		parts = append(parts, text)
	}
	if slices.ContainsFunc(s.Criteria, func(c evaluation.CriterionFact) bool { return !c.ByRole }) {
		parts[len(parts)-1] += w.ofRecord(s)
	}
	if s.NeedsRoleID != 0 {
		parts = append(parts, "the role "+w.role(s.NeedsRoleID)+" is held")
	}
	return and(parts)
}

// because is why with what goes before it; empty for a value that nobody in particular gets.
func (w *wording) because(s evaluation.Step) string {
	if why := w.why(s); why != "" {
		return ": " + why
	}
	return ""
}

// whyNot lists the criteria of a rule that fail.
func (w *wording) whyNot(s evaluation.Step) string {
	if s.NoContext {
		return fmt.Sprintf("no record of %s counts", w.ownerName())
	}
	var parts []string
	if s.OutsidePolicy {
		parts = append(parts, fmt.Sprintf("%s is not in the population of the rule's policy", w.ownerName()))
	}
	for _, c := range s.Criteria {
		if !c.Holds {
			parts = append(parts, w.failed(c))
		}
	}
	if len(parts) > 0 {
		parts[len(parts)-1] += w.ofRecord(s)
	}
	if s.NeedsRoleID != 0 && !s.RoleHeld {
		parts = append(parts, "the role "+w.role(s.NeedsRoleID)+" is not held")
	}
	if len(parts) == 0 {
		return "its criteria never hold at the same time"
	}
	return strings.Join(parts, "; ")
}

// ofRecord names the record behind the context, where there are several.
func (w *wording) ofRecord(s evaluation.Step) string {
	if s.OfRecord == 0 {
		return ""
	}
	return " (" + w.thing(s.OfRecord) + ")"
}

func (w *wording) failed(c evaluation.CriterionFact) string {
	dimension := w.m.dimension(c.Dimension)
	if c.Wanted == 0 {
		return fmt.Sprintf("there is no %s with the key %s", dimension, c.Key)
	}
	wanted := w.resource(c.Wanted)
	if c.Below {
		wanted += " or below"
	}
	if c.Has == 0 {
		return fmt.Sprintf("there is no %s%s, and %s is asked for", dimension, w.asHeld(c), wanted)
	}
	return fmt.Sprintf("%s is %s%s, not %s", dimension, w.resource(c.Has), w.asHeld(c), wanted)
}

// asHeld says that a value is that of the assignment of a role, whatever the record has.
func (w *wording) asHeld(c evaluation.CriterionFact) string {
	if c.ByRole {
		return ", as the role is held"
	}
	return ""
}

// held tells the assignments of a role apart by their parameters.
func (w *wording) held(s evaluation.Step) string {
	text := ""
	for _, h := range s.Held {
		switch {
		case len(h.Missing) > 0:
			var lacks []string
			for _, name := range h.Missing {
				lacks = append(lacks, w.m.dimension(name))
			}
			text += fmt.Sprintf(" It is given%s, but %s has no value, so it grants nothing.", w.period(h.From, h.To, w.now), and(lacks))
		case len(h.Parameters) > 0:
			text += fmt.Sprintf(" It is held with %s%s.", w.dimensions(h.Parameters), w.period(h.From, h.To, w.now))
		default:
			text += fmt.Sprintf(" It is held without parameters%s.", w.period(h.From, h.To, w.now))
		}
	}
	return text
}

// roleVerdict says what all rules of a role come to, and what a person decided about it.
func (w *wording) roleVerdict(s evaluation.Step) string {
	text := fmt.Sprintf("So %s does not have the role %s", w.ownerName(), w.role(s.RoleID))
	if s.Matched {
		text = fmt.Sprintf("So %s %s the role %s%s", w.ownerName(), w.tense(s, "has", "had", "will have"), w.role(s.RoleID), w.period(s.From, s.To, w.now))
	}
	if !s.Matched && w.forbidden[-s.RoleID] {
		text += ", since what forbids it has precedence"
	}
	if by := s.ByHand; by != nil {
		switch {
		case by.IsDenied:
			text += fmt.Sprintf("; it was denied by hand%s", w.period(by.Start, by.End, w.now))
		case by.Workflow == evaluation.NonConforming || by.Workflow == evaluation.PreExisting:
			text += "; it was found in a managed system"
		case by.Workflow == evaluation.Prolonged:
			text += "; " + prolongedText(by.Ground, by.End)
		default:
			text += fmt.Sprintf("; it was given by hand%s", w.period(by.Start, by.End, w.now))
		}
	}
	return text + "." + w.held(s)
}

func (w *wording) typeVerdict(s evaluation.Step) string {
	if !s.Matched {
		text := fmt.Sprintf("So %s does not get the resource type %s", w.ownerName(), w.typeName(s.ResourceTypeID))
		if w.forbidden[s.ResourceTypeID] {
			text += ", since what forbids it has precedence"
		}
		return text + "."
	}
	return fmt.Sprintf("So %s %s the resource type %s%s.", w.ownerName(), w.tense(s, "gets", "got", "will get"), w.typeName(s.ResourceTypeID),
		w.period(s.From, s.To, w.now))
}

func (w *wording) tense(s evaluation.Step, now, before, later string) string {
	switch {
	case s.To != nil && !s.To.After(w.now):
		return before
	case s.From != nil && s.From.After(w.now):
		return later
	default:
		return now
	}
}

// value says what a rule computes for a property.
func (w *wording) value(s evaluation.Step) string {
	if s.NotComputed {
		return fmt.Sprintf("The values of the %s are not computed, since %s does not get it.", w.typeName(s.ResourceTypeID), w.ownerName())
	}
	property := fmt.Sprintf("%s of the %s", w.property(s.ResourceTypeID, s.Property), w.typeName(s.ResourceTypeID))
	rule, from := w.m.typeRule(s.RuleID), ""
	if rule != nil {
		from = w.m.from(rule)
	}
	if s.Error != "" {
		return fmt.Sprintf("%s cannot be computed: the rule %s%s fails: %s.%s", property, s.Rule, from, s.Error, w.looked(s))
	}
	if rule != nil && rule.Kind == rolemodel.NavigationRule {
		return w.navigation(s, property)
	}
	if !s.Matched {
		return fmt.Sprintf("%s is not computed by the rule %s: %s.", property, s.Rule, w.whyNot(s))
	}
	if s.Overruled {
		return fmt.Sprintf("%s would be %q by the rule %s%s, but another rule takes precedence.%s", property, s.Value, s.Rule, from, w.looked(s))
	}
	return fmt.Sprintf("%s is %q%s, by the rule %s%s%s.%s", property, s.Value, w.period(s.From, s.To, w.now), s.Rule, from, w.because(s), w.looked(s))
}

// looked says what the expression of a value looked up, with a space before; empty: nothing.
func (w *wording) looked(s evaluation.Step) (text string) {
	for _, l := range s.Looked {
		name := "resources"
		if t := w.m.Shape.EntityTypes[l.EntityTypeID]; t != nil {
			name = t.DisplayName
		}
		if l.Count == 0 {
			text += fmt.Sprintf(" It found nothing among %s.", name)
			continue
		}
		var found []string
		for _, id := range l.Found {
			found = append(found, w.resource(id))
		}
		if more := l.Count - len(found); more > 0 {
			found = append(found, fmt.Sprintf("%d more", more))
		}
		text += fmt.Sprintf(" Among %s it found %s.", name, and(found))
	}
	return text
}

func (w *wording) navigation(s evaluation.Step, property string) string {
	switch {
	case s.Denied && s.Matched:
		return fmt.Sprintf("%s may not contain %s%s: the rule %s forbids it%s.", property, s.Value, w.period(s.From, s.To, w.now), s.Rule, w.because(s))
	case s.Denied:
		return fmt.Sprintf("The rule %s does not take %s from %s: %s.", s.Rule, s.Value, property, w.whyNot(s))
	case s.Matched && s.Instead != "":
		return fmt.Sprintf("%s would contain %s%s by the rule %s, but %s is of the same group, a stronger rule asks for it, and one of a group can be held at a time.", property, s.Value, w.period(s.From, s.To, w.now), s.Rule, s.Instead)
	case s.Matched:
		return fmt.Sprintf("%s contains %s%s, by the rule %s%s.", property, s.Value, w.period(s.From, s.To, w.now), s.Rule, w.because(s))
	default:
		return fmt.Sprintf("The rule %s does not add %s to %s: %s.", s.Rule, s.Value, property, w.whyNot(s))
	}
}

// correlation says which target a key found and what becomes of it.
func (w *wording) correlation(s evaluation.Step) string {
	how := "by the key reported for an order"
	if s.Rule != "" {
		how = fmt.Sprintf("by the rule %s with confidence %d %%", s.Rule, s.Confidence)
	}
	text := fmt.Sprintf("%s is found %s", w.thing(s.ResourceID), how)
	switch {
	case s.Matched:
		return fmt.Sprintf("%s and belongs to %s.", text, w.ownerName())
	case s.Ambiguous:
		return text + ", but only suggested, because other owners have an equal claim."
	default:
		return text + " and suggested: a person has to confirm it."
	}
}
