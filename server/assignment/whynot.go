package assignment

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"writ/server/directory"
	"writ/server/errs"
	"writ/server/evaluation"
	"writ/server/remedy"
)

// mostReasons is how many reasons an answer has, the nearest first: a role may have hundreds of rules.
const mostReasons = 20

// WhyNotInput asks why an owner does not have something. It has the two axes of time of ViewInput.
type WhyNotInput struct {
	OwnerID      int64
	Role         string     // identifier; a role or a resource type is asked for, one of them
	ResourceType string     // identifier
	Property     string     // identifier of a property of the resource type; empty: the type itself
	Value        string     // the value as it is shown, or the key of the resource that it is; empty: any
	At           *time.Time // what holds at this instant; nil: at KnownAt
	KnownAt      *time.Time // by what was known at this instant; nil, or later than now: now
}

// WhyNotPayload says what stands against something, and the smallest changes that would give it.
type WhyNotPayload struct {
	OwnerID      int64
	At           time.Time // when it would hold
	KnownAt      time.Time // by what was known then
	ModelVersion int
	Name         string // of what is asked about
	IsGiven      bool   // the rules give it: what is lacking is still to be done
	Reasons      []*WhyNotReason
	Ways         []*WhyNotWay
	IsPartial    bool // there may be more ways, none of them smaller
}

// WhyNotReasonKind says what stands against it.
type WhyNotReasonKind string

const (
	ReasonForbidden WhyNotReasonKind = "FORBIDDEN" // a rule forbids it
	ReasonDenied    WhyNotReasonKind = "DENIED"    // a person refused it
	ReasonPolicy    WhyNotReasonKind = "POLICY"    // its rules belong to a policy that is switched off
	ReasonCriteria  WhyNotReasonKind = "CRITERIA"  // a rule asks for something else
	ReasonUnknown   WhyNotReasonKind = "UNKNOWN"   // a rule asks for something that does not exist
	ReasonNoRecord  WhyNotReasonKind = "NO_RECORD" // no record of the owner counts
	ReasonLater     WhyNotReasonKind = "LATER"     // it has not begun
	ReasonOver      WhyNotReasonKind = "OVER"      // it has ended
	ReasonSuggested WhyNotReasonKind = "SUGGESTED" // a rule only suggests it
	ReasonOverruled WhyNotReasonKind = "OVERRULED" // another rule takes precedence
	ReasonFailed    WhyNotReasonKind = "FAILED"    // the rule fails
	ReasonNoRule    WhyNotReasonKind = "NO_RULE"   // no rule gives it to anybody
	ReasonBlocked   WhyNotReasonKind = "BLOCKED"   // a risk keeps it back
	ReasonWaits     WhyNotReasonKind = "WAITS"     // it is ordered, and the order waits or was declined
)

// WhyNotReason is one thing that stands against it.
type WhyNotReason struct {
	Kind    WhyNotReasonKind
	Rule    *string // identifier; nil: no rule
	Text    string
	Failing int    // how many of the rule's conditions fail; 0: it is not about conditions
	Of      int    // of how many
	OrderID *int64 // nil: none
}

// WhyNotWay is a set of changes that would give it, all of them together.
type WhyNotWay struct {
	Changes []*WhyNotChange
}

// WhyNotChange is one of them.
type WhyNotChange struct {
	Kind       remedy.ChangeKind
	Text       string
	ResourceID *int64  // whose value; nil: not about one, or not the reader's to know
	Property   *string // identifier
	From, To   *string // names; nil: none, or not the reader's to know
	At         *time.Time
}

// WhyNot says why an owner does not have something, and what would have to change: it tries, and writes nothing. NotFound as Explain, and
// when there is no such role, type or property; Invalid when both or none are asked for.
func (s *Service) WhyNot(ctx context.Context, in WhyNotInput) (*WhyNotPayload, error) {
	e, err := s.explainer(ctx, ExplainInput{OwnerID: in.OwnerID, ResourceType: in.ResourceType, Role: in.Role, Property: in.Property, At: in.At, KnownAt: in.KnownAt})
	if err != nil {
		return nil, err
	}
	goal, err := e.m.goal(in, e.batch.Owners[0].Resource.EntityTypeID)
	if err != nil {
		return nil, err
	}
	world := remedy.World{Source: e.m.Source, Shape: e.m.Shape, Keys: e.m.keys, Batch: e.batch}
	if err := e.bring(world.Wanted(goal)); err != nil {
		return nil, err
	}
	answer, err := remedy.Find(world, goal)
	if err != nil {
		return nil, err
	}
	w, f, err := e.whyNotWording(goal, answer)
	if err != nil {
		return nil, err
	}
	out := &WhyNotPayload{OwnerID: in.OwnerID, At: e.axes.at, KnownAt: e.axes.known, ModelVersion: int(e.m.Source.Version), Name: w.goalName(goal), IsGiven: answer.Given,
		IsPartial: answer.IsPartial, Reasons: w.reasons(goal, answer, e.batch.Owners[0], f), Ways: []*WhyNotWay{}}
	out.Reasons = append(out.Reasons, w.waits(f)...)
	for _, changes := range answer.Ways {
		way := &WhyNotWay{}
		for _, c := range changes {
			way.Changes = append(way.Changes, w.change(c))
		}
		out.Ways = append(out.Ways, way)
	}
	return out, nil
}

// goalName names what is asked about.
func (w *wording) goalName(g remedy.Goal) string {
	switch {
	case g.RoleID != 0:
		return w.role(g.RoleID)
	case g.Property == "":
		return w.typeName(g.ResourceTypeID)
	}
	name := fmt.Sprintf("%s of the %s", w.property(g.ResourceTypeID, g.Property), w.typeName(g.ResourceTypeID))
	if g.Value != "" {
		return g.Value + " in " + name
	}
	return name
}

// bring loads resources beside the owner, as far as they are not there.
func (e *explainer) bring(list []int64) error {
	list = slices.DeleteFunc(list, func(id int64) bool { return e.batch.Resources[id] != nil })
	var loaded map[int64]*directory.Loaded
	var err error
	if e.past {
		loaded, err = directory.LoadManyAt(e.ctx, e.s.DB, e.m.Shape, e.axes.known, list)
	} else {
		loaded, err = directory.LoadMany(e.ctx, e.s.DB, e.m.Shape, list)
	}
	for id, r := range loaded {
		e.batch.Resources[id] = toEvaluation(r)
	}
	return err
}

// goal finds what is asked for in the model.
func (m *Model) goal(in WhyNotInput, entityTypeID int64) (g remedy.Goal, err error) {
	if (in.Role == "") == (in.ResourceType == "") {
		return g, errs.Invalid("role", "Say what is lacking: a role, or a resource type. Not both.")
	}
	if in.Role != "" {
		for _, r := range m.Source.Roles {
			if r.Identifier == in.Role && r.EntityTypeID == entityTypeID {
				return remedy.Goal{RoleID: r.ID}, nil
			}
		}
		return g, errs.Missing("There is no role %s for resources of this kind.", in.Role)
	}
	for _, t := range m.Source.ResourceTypes {
		if t.Identifier != in.ResourceType || t.SourceEntityTypeID != entityTypeID {
			continue
		}
		if in.Property != "" && m.Shape.Property(t.TargetEntityTypeID, in.Property) == nil {
			return g, errs.Missing("The resource type %s has no property %s.", in.ResourceType, in.Property)
		}
		return remedy.Goal{ResourceTypeID: t.ID, Property: in.Property, Value: in.Value}, nil
	}
	return g, errs.Missing("There is no resource type %s that resources of this kind can have.", in.ResourceType)
}

// whyNotWording reads the names of all that an answer speaks of, and what was done about it.
func (e *explainer) whyNotWording(g remedy.Goal, a *remedy.Answer) (*wording, *follows, error) {
	about := &subject{types: map[int64]bool{}, roles: map[int64]bool{}, property: g.Property}
	if g.ResourceTypeID != 0 {
		about.types[g.ResourceTypeID] = true
	}
	f, err := e.s.selectFollows(e.ctx, e.in.OwnerID, about, e.axes, e.past)
	if err != nil {
		return nil, nil, err
	}
	owner := e.batch.Owners[0].Resource
	var changed []int64
	for _, way := range a.Ways {
		for _, c := range way {
			changed = append(changed, c.ResourceID, c.From, c.To)
			for _, v := range c.Values {
				changed = append(changed, v.To)
			}
		}
	}
	changed = slices.DeleteFunc(changed, func(id int64) bool { return id <= 0 || id == owner.ID })
	w, err := e.wording(a.Steps, append(f.mentioned(), changed...), changed)
	return w, f, err
}

// reasons says what stands against the goal: what forbids it first, then the rules by how little they lack.
func (w *wording) reasons(g remedy.Goal, a *remedy.Answer, o *evaluation.Owner, f *follows) []*WhyNotReason {
	out := []*WhyNotReason{}
	if a.Given {
		return out
	}
	r := &reasoning{wording: w, goal: g, steps: a.Steps, seen: map[string]bool{}}
	if g.RoleID != 0 {
		r.ofRole(g.RoleID)
	} else {
		r.refusals(o, f)
		r.ofType()
	}
	if len(r.out) == 0 {
		r.add(&WhyNotReason{Kind: ReasonNoRule, Text: "No rule gives it to anybody: only a person can."})
	}
	slices.SortStableFunc(r.out, func(x, y *WhyNotReason) int {
		return cmp.Or(cmp.Compare(rank(x.Kind), rank(y.Kind)), cmp.Compare(x.Failing, y.Failing))
	})
	return r.out[:min(len(r.out), mostReasons)]
}

// rank orders reasons: what decides whatever the rules say, what is about to come, then what rules lack.
func rank(k WhyNotReasonKind) int {
	switch k {
	case ReasonDenied:
		return 0
	case ReasonForbidden, ReasonBlocked:
		return 1
	case ReasonLater, ReasonOver:
		return 2
	case ReasonUnknown:
		return 4
	default:
		return 3
	}
}

// reasoning collects reasons.
type reasoning struct {
	*wording
	goal  remedy.Goal
	steps []evaluation.Step
	seen  map[string]bool
	out   []*WhyNotReason
}

func (r *reasoning) add(x *WhyNotReason) {
	if !r.seen[x.Text] {
		r.seen[x.Text] = true
		r.out = append(r.out, x)
	}
}

// ofRole collects what stands against a role, and against those above it that its rules ask for.
func (r *reasoning) ofRole(id int64) {
	key := fmt.Sprint("role", id)
	if r.seen[key] {
		return
	}
	r.seen[key] = true
	for _, x := range r.m.Source.RoleRules {
		if x.RoleID == id {
			r.policyOff(x.PolicyID, x.Identifier)
		}
	}
	for _, s := range r.steps {
		switch {
		case s.RoleID != id:
		case s.Kind == evaluation.StepBlocked:
			r.add(&WhyNotReason{Kind: ReasonBlocked, Text: r.sentence(s)})
		case s.Kind == evaluation.StepRole:
			r.verdict(s, s.ByHand != nil && s.ByHand.IsDenied && inForceAt(s.ByHand.Start, s.ByHand.End, r.now))
		case s.Kind == evaluation.StepSingleRole || s.Kind == evaluation.StepCompositeRole:
			r.rule(s)
		}
	}
}

// refusals tells of what a person refused of the resource type, with the order by which it was.
func (r *reasoning) refusals(o *evaluation.Owner, f *follows) {
	for _, t := range o.Types {
		if t.ResourceTypeID != r.goal.ResourceTypeID || !t.IsDenied || !inForceAt(t.Start, t.End, r.now) {
			continue
		}
		x := &WhyNotReason{Kind: ReasonDenied, Text: fmt.Sprintf("A person refused the %s to %s.", r.typeName(t.ResourceTypeID), r.ownerName())}
		for i := range f.orders {
			if f.orders[i].AssignedResourceTypeID == t.ID {
				x.OrderID = &f.orders[i].ID
			}
		}
		r.add(x)
	}
}

// ofType collects what stands against the resource type, or against a value of it.
func (r *reasoning) ofType() {
	given := false
	for _, s := range r.steps {
		if s.Kind == evaluation.StepType {
			given = s.Matched && inForceAt(s.From, s.To, r.now)
			r.verdict(s, false)
		}
	}
	for _, x := range r.m.Source.Rules {
		if x.ResourceTypeID == r.goal.ResourceTypeID {
			r.policyOff(x.PolicyID, x.Identifier)
		}
	}
	for _, s := range r.steps {
		switch {
		case s.Kind == evaluation.StepBlocked:
			r.add(&WhyNotReason{Kind: ReasonBlocked, Text: r.sentence(s)})
		case s.Kind == evaluation.StepResourceType && !given:
			r.rule(s)
		case s.Kind != evaluation.StepProperty || s.NotComputed:
		case !given && (s.ResourceID != 0 && !s.Denied || s.NeedsRoleID != 0):
			r.rule(s)
		case given && s.Property == r.goal.Property:
			r.rule(s)
		}
	}
}

// verdict tells of what rules come to only when it is another time, or that a person refused it.
func (r *reasoning) verdict(s evaluation.Step, denied bool) {
	text := strings.TrimPrefix(r.sentence(s), "So ")
	switch {
	case denied:
		r.add(&WhyNotReason{Kind: ReasonDenied, Text: text})
	case s.Matched && s.From != nil && s.From.After(r.now):
		r.add(&WhyNotReason{Kind: ReasonLater, Text: text})
	case s.Matched && s.To != nil && !s.To.After(r.now):
		r.add(&WhyNotReason{Kind: ReasonOver, Text: text})
	}
}

// rule tells of a rule that does not give it, or forbids it.
func (r *reasoning) rule(s evaluation.Step) {
	x := &WhyNotReason{Kind: ReasonCriteria, Rule: &s.Rule, Text: r.sentence(s)}
	for _, k := range s.Criteria {
		if x.Of++; !k.Holds {
			x.Failing++
		}
		if k.Wanted == 0 {
			x.Kind = ReasonUnknown
		}
	}
	if s.NeedsRoleID != 0 {
		if x.Of++; !s.RoleHeld {
			x.Failing++
		}
	}
	if s.OutsidePolicy {
		x.Of, x.Failing = x.Of+1, x.Failing+1
	}
	in := s.Matched && inForceAt(s.From, s.To, r.now)
	switch {
	case s.Denied && !in:
		return
	case s.Denied:
		x.Kind, x.Failing, x.Of = ReasonForbidden, 0, 0
	case s.Error != "":
		x.Kind = ReasonFailed
	case in && s.Suggests:
		x.Kind = ReasonSuggested
	case in && s.Overruled:
		x.Kind = ReasonOverruled
	case in:
		return
	case s.Matched && s.From != nil && s.From.After(r.now):
		x.Kind = ReasonLater
	case s.Matched:
		x.Kind = ReasonOver
	case s.NoContext:
		x.Kind = ReasonNoRecord
		x.Failing = x.Of
	}
	r.add(x)
	if s.NeedsRoleID != 0 && !s.RoleHeld {
		r.ofRole(s.NeedsRoleID)
	}
}

func (r *reasoning) policyOff(policyID int64, rule string) {
	for _, p := range r.m.Source.Policies {
		if p.ID == policyID && !p.IsProvisioningEnabled {
			r.add(&WhyNotReason{Kind: ReasonPolicy, Rule: &rule, Text: fmt.Sprintf("The rule %s belongs to the policy %s, which is switched off: it gives nothing to anybody.", rule, cmp.Or(p.DisplayName, p.Identifier))})
		}
	}
}

func inForceAt(from, to *time.Time, now time.Time) bool {
	return (from == nil || !from.After(now)) && (to == nil || to.After(now))
}

// waits tells of what was ordered and is not there, and of differences that wait for a decision.
func (w *wording) waits(f *follows) (out []*WhyNotReason) {
	moving := map[int64]bool{}
	for _, o := range f.orders {
		moving[o.ID] = o.State != evaluation.Verified && o.VerifiedAt == nil
	}
	for _, s := range w.follows(f) {
		switch {
		case s.Kind == evaluation.StepDifference:
			out = append(out, &WhyNotReason{Kind: ReasonWaits, Text: s.Text})
		case s.OrderID == nil || !moving[*s.OrderID]:
		case s.Kind == evaluation.StepOrder, s.Kind == evaluation.StepReview, s.Kind == evaluation.StepLine, s.Kind == evaluation.StepVerification,
			s.Kind == evaluation.StepAttempt && !s.Matched:
			out = append(out, &WhyNotReason{Kind: ReasonWaits, Text: s.Text, OrderID: s.OrderID})
		}
	}
	return out
}

// change says in words what would have to change.
func (w *wording) change(c remedy.Change) *WhyNotChange {
	out := &WhyNotChange{Kind: c.Kind}
	named := func(id int64) *string {
		if id == 0 || w.hidden[id] {
			return nil
		}
		name := w.resource(id)
		return &name
	}
	switch c.Kind {
	case remedy.Value:
		if !w.hidden[c.ResourceID] {
			out.ResourceID = &c.ResourceID
		}
		out.Property, out.From, out.To = &c.Property, named(c.From), named(c.To)
		whose := w.thing(c.ResourceID)
		if c.ResourceID == w.owner.ID {
			whose = w.ownerName()
		}
		what := fmt.Sprintf("%s of %s", w.navigationName(c.ResourceID, c.Property), whose)
		switch {
		case c.To == 0:
			out.Text = fmt.Sprintf("%s would have to be something else than %s, or nothing.", what, w.resource(c.From))
		case c.From == 0:
			out.Text = fmt.Sprintf("%s would have to be %s; now it is empty.", what, w.orBelow(c.To, c.Below))
		default:
			out.Text = fmt.Sprintf("%s is %s and would have to be %s.", what, w.resource(c.From), w.orBelow(c.To, c.Below))
		}
	case remedy.Record:
		out.Text = fmt.Sprintf("%s would have to have a record that counts under the context rule %s", w.ownerName(), w.m.contextRule(c.ContextRuleID))
		var parts []string
		for _, v := range c.Values {
			parts = append(parts, w.m.dimension(v.Dimension)+" "+w.orBelow(v.To, v.Below))
		}
		if len(parts) > 0 {
			out.Text += ", with " + and(parts)
		}
		out.Text += "."
	case remedy.Denial:
		out.Text = "What a person refused would have to be given back: the role " + w.role(c.RoleID) + "."
		if c.ResourceTypeID != 0 {
			out.Text = fmt.Sprintf("What a person refused would have to be taken up again: the %s.", w.typeName(c.ResourceTypeID))
		}
	case remedy.Policy:
		out.Text = fmt.Sprintf("The policy %s would have to be switched on, which concerns everybody.", w.m.policyName(c.PolicyID))
	case remedy.Time:
		out.At = &c.At
		out.Text = fmt.Sprintf("Nothing: it begins by itself%s.", w.period(&c.At, nil, w.now))
	}
	return out
}

func (w *wording) orBelow(id int64, below bool) string {
	if below {
		return w.resource(id) + " or below"
	}
	return w.resource(id)
}

// navigationName names a property of any resource.
func (w *wording) navigationName(resourceID int64, property string) string {
	entityType := w.resources[resourceID].EntityTypeID
	if resourceID == w.owner.ID {
		entityType = w.owner.EntityTypeID
	}
	if p := w.m.Shape.Property(entityType, property); p != nil {
		return cmp.Or(p.DisplayName, property)
	}
	return property
}

func (m *Model) policyName(id int64) string {
	for _, p := range m.Source.Policies {
		if p.ID == id {
			return cmp.Or(p.DisplayName, p.Identifier)
		}
	}
	return "that is gone"
}
