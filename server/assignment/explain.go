package assignment

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"writ/server/errs"
	"writ/server/evaluation"
	"writ/server/evaluation/computation"
	"writ/server/rolemodel"
)

// ExplainInput asks why an owner has something, or why not. It has the two axes of time of ViewInput.
type ExplainInput struct {
	OwnerID      int64
	ResourceType string     // identifier: only steps that lead to this type; empty: all
	Role         string     // identifier: only steps that lead to this role, and what it gives; empty: all
	Property     string     // identifier: of the properties only this one; empty: all
	At           *time.Time // what holds at this instant; nil: at KnownAt
	KnownAt      *time.Time // by what was known at this instant; nil, or later than now: now
}

// Explanation is every link of the chain rule -> context -> record -> role -> line -> attempt -> verification, computed now by the same
// function that assigns (design 7). Of the past it is computed from the model and the data as they were known then, and says where that is
// not what was kept then.
type Explanation struct {
	OwnerID      int64
	At           time.Time // when it holds
	KnownAt      time.Time // by what was known then
	ModelVersion int       // of the role model that explains; 0: there was none yet
	Steps        []evaluation.Step
	Nodes        []*ExplainNode // the same as a picture
	Links        []*ExplainLink
}

// Explain evaluates one owner with reasons kept and tells what was done about the result; it writes nothing. NotFound when there is no such
// resource, it is out of scope, or was not known at the instant; Invalid when the past is asked for as far back as it is not kept.
func (s *Service) Explain(ctx context.Context, in ExplainInput) (*Explanation, error) {
	e, err := s.explainer(ctx, in)
	if err != nil {
		return nil, err
	}
	result := computation.Evaluate(e.m.Compiled, e.batch)[0]
	if result.Err != nil {
		return nil, result.Err
	}
	e.about = e.m.about(in)
	for _, step := range append(result.Trace.Steps, computation.ExplainRedundant(e.m.Compiled, e.batch)...) {
		if e.about.has(step) {
			e.steps = append(e.steps, step)
		}
	}
	return e.out, e.word()
}

// asked is the node of what is asked about, as draw calls it; empty: everything.
func (e *explainer) asked() string {
	for _, t := range e.m.Source.ResourceTypes {
		if e.in.ResourceType != "" && t.Identifier == e.in.ResourceType {
			return fmt.Sprint("account/", t.ID)
		}
	}
	for _, r := range e.m.Source.Roles {
		if e.in.Role != "" && r.Identifier == e.in.Role {
			return fmt.Sprint("role/", r.ID)
		}
	}
	return ""
}

// explainer loads what an explanation is made of, for a caller who may view the owner.
func (s *Service) explainer(ctx context.Context, in ExplainInput) (*explainer, error) {
	if err := s.MayView(ctx, in.OwnerID); err != nil {
		return nil, err
	}
	now := s.Clock.Now()
	a, err := (&ViewInput{At: in.At, KnownAt: in.KnownAt}).axes(now)
	if err != nil {
		return nil, err
	}
	e := &explainer{s: s, ctx: ctx, in: in, axes: a, past: a.known.Before(now), out: &Explanation{OwnerID: in.OwnerID, At: a.at, KnownAt: a.known}}
	if err := e.load(); err != nil {
		return nil, err
	}
	if e.batch == nil || len(e.batch.Owners) == 0 {
		return nil, errs.Missing("There is no resource %d, or it was not known then.", in.OwnerID).Of(in.OwnerID)
	}
	return e, nil
}

// explainer makes one explanation.
type explainer struct {
	s     *Service
	ctx   context.Context
	in    ExplainInput
	axes  axes
	past  bool // it is what was known before now
	m     *Model
	batch *evaluation.Batch
	about *subject
	steps []evaluation.Step
	out   *Explanation
}

// load reads the model and the owner, as they are or as they were known.
func (e *explainer) load() (err error) {
	s := e.s
	if !e.past {
		if e.m, err = s.Model(e.ctx, s.DB); err != nil {
			return err
		}
		if e.batch, _, err = s.load(e.ctx, s.DB, e.m, []int64{e.in.OwnerID}, false, Options{Explain: true, Force: true}); err != nil {
			return err
		}
		e.batch.Now = e.axes.at
	} else {
		if err := s.mustRemember(e.ctx, e.axes.known, "knownAt"); err != nil {
			return err
		}
		if e.m, err = s.modelAt(e.ctx, s.DB, e.axes.known); err != nil {
			return err
		}
		if e.batch, err = s.loadPast(e.ctx, s.DB, e.m, e.in.OwnerID, e.axes); err != nil {
			return err
		}
	}
	e.out.ModelVersion = int(e.m.Source.Version)
	return nil
}

// word makes the sentences and puts the steps in the order in which one leads to the next.
func (e *explainer) word() error {
	s, ctx := e.s, e.ctx
	steps := slices.DeleteFunc(e.steps, func(x evaluation.Step) bool { return e.past && x.Kind == evaluation.StepCorrelation }) // keys have no past
	through, err := e.throughOthers()
	if err != nil {
		return err
	}
	steps = append(steps, through...)
	f, err := s.selectFollows(ctx, e.in.OwnerID, e.about, e.axes, e.past)
	if err != nil {
		return err
	}
	if e.past {
		e.proposedThen(f)
	}
	w, err := e.wording(steps, f.mentioned(), nil)
	if err != nil {
		return err
	}
	out := e.out
	silent := map[int64]bool{}
	for _, step := range steps {
		if step.NotComputed && (silent[step.ResourceTypeID] || step.Property == "") {
			continue // said once per type
		}
		silent[step.ResourceTypeID] = silent[step.ResourceTypeID] || step.NotComputed
		step.Text = w.sentence(step)
		out.Steps = append(out.Steps, step)
	}
	if e.past {
		out.Steps = append(out.Steps, e.records(w)...)
	}
	automatic, err := e.automation()
	if err != nil {
		return err
	}
	recognized, err := e.recognition()
	if err != nil {
		return err
	}
	out.Steps = append(append(append(out.Steps, recognized...), automatic...), w.follows(f)...)
	slices.SortStableFunc(out.Steps, func(a, b evaluation.Step) int {
		if a.Kind == evaluation.StepFoundValue || b.Kind == evaluation.StepFoundValue || a.Kind == evaluation.StepBlocked && a.RoleID != 0 || b.Kind == evaluation.StepBlocked && b.RoleID != 0 ||
			a.Kind == evaluation.StepRedundant && a.RoleID != 0 || b.Kind == evaluation.StepRedundant && b.RoleID != 0 {
			return cmp.Compare(chapter(a), chapter(b)) // it stands before what it comes to
		}
		return cmp.Or(cmp.Compare(chapter(a), chapter(b)), cmp.Compare(a.ResourceTypeID, b.ResourceTypeID), cmp.Compare(part(a.Kind), part(b.Kind)))
	})
	if err := e.dateRules(); err != nil {
		return err
	}
	out.Nodes, out.Links = w.draw(out.Steps, e.asked())
	return nil
}

// wording reads the names of all that steps and more speak of. Those that stand behind the steps, and further ones, are told only to who may read them.
func (e *explainer) wording(steps []evaluation.Step, more, further []int64) (*wording, error) {
	owner := e.batch.Owners[0].Resource
	n, err := e.m.readNames(e.ctx, e.s.DB, append(mentioned(steps), more...), e.axes.known)
	if err != nil {
		return nil, err
	}
	if err := n.hide(e.ctx, e.s.DB, append(behind(steps, owner.ID), further...)); err != nil {
		return nil, err
	}
	n.resources[owner.ID] = resourceName{ID: owner.ID, EntityTypeID: owner.EntityTypeID, Key: owner.Key, DisplayName: owner.DisplayName}
	w := &wording{names: n, owner: owner, now: e.batch.Now, forbidden: map[int64]bool{}}
	for _, step := range steps {
		if step.Matched && step.Denied && step.Kind != evaluation.StepProperty {
			w.forbidden[cmp.Or(step.ResourceTypeID, -step.RoleID)] = true
		}
	}
	return w, nil
}

// dateRules tells from when on the rules are as they are.
func (e *explainer) dateRules() error {
	byTable := map[string][]int64{}
	for _, step := range e.out.Steps {
		if step.RuleID != 0 {
			byTable[tableOf(step.Kind)] = append(byTable[tableOf(step.Kind)], step.RuleID)
		}
	}
	since := map[string]map[int64]time.Time{}
	for table, list := range byTable {
		var err error
		if since[table], err = rolemodel.Since(e.ctx, e.s.DB, table, e.m.Source.Version, list); err != nil {
			return err
		}
	}
	for i := range e.out.Steps {
		step := &e.out.Steps[i]
		if at, ok := since[tableOf(step.Kind)][step.RuleID]; ok {
			step.RuleSince = &at
		}
	}
	return nil
}

// tableOf is where the rule of a step stands.
func tableOf(kind evaluation.StepKind) string {
	switch kind {
	case evaluation.StepContext:
		return "context_rule"
	case evaluation.StepCompositeRole, evaluation.StepSingleRole, evaluation.StepRole:
		return "role_rule"
	case evaluation.StepAutomation:
		return "automation_rule"
	default:
		return "resource_type_rule"
	}
}

// chapter orders the steps: the context, the roles, then each resource type with all that is about it.
func chapter(s evaluation.Step) int {
	switch s.Kind {
	case evaluation.StepContext:
		return 0
	case evaluation.StepBlocked, evaluation.StepAutomation, evaluation.StepRedundant:
		if s.RoleID != 0 {
			return 1
		}
		return 2
	case evaluation.StepCompositeRole, evaluation.StepSingleRole, evaluation.StepRole, evaluation.StepFoundValue:
		return 1
	default: // a record of a role belongs to no type, and so comes first of these
		return 2
	}
}

// part orders the steps of one resource type: why it is given, what it found, its values, then what was done.
func part(kind evaluation.StepKind) int {
	return slices.Index([]evaluation.StepKind{evaluation.StepResourceType, evaluation.StepType, evaluation.StepRedundant, evaluation.StepCorrelation, evaluation.StepProperty, evaluation.StepBlocked, evaluation.StepRecord,
		evaluation.StepDifference, evaluation.StepAutomation, evaluation.StepOrder, evaluation.StepReview, evaluation.StepLine, evaluation.StepAttempt, evaluation.StepVerification, evaluation.StepIndirect}, kind)
}

// behind are the resources that reasons look at beside the owner: his records and the values of their dimensions. The right to see what
// somebody has tells their names to those only who may read them; what he has himself is named to whoever may see that.
func behind(steps []evaluation.Step, owner int64) []int64 {
	var out []int64
	for _, s := range steps {
		if s.Kind == evaluation.StepContext {
			out = append(out, s.ResourceID)
			out = slices.AppendSeq(out, maps.Values(s.Values))
		}
		out = append(out, s.OfRecord)
		for _, h := range s.Held {
			out = slices.AppendSeq(out, maps.Values(h.Parameters))
		}
		for _, c := range s.Sections {
			out = append(out, c.RecordID)
		}
		for _, l := range s.Looked {
			out = append(out, l.Found...)
		}
		for _, c := range s.Criteria {
			out = append(out, c.Wanted, c.Has)
		}
		if s.Kind == evaluation.StepBlocked {
			out = slices.AppendSeq(out, maps.Values(s.Values))
		}
	}
	slices.Sort(out)
	return slices.DeleteFunc(slices.Compact(out), func(id int64) bool { return id == owner })
}

func mentioned(steps []evaluation.Step) []int64 {
	var out []int64
	for _, s := range steps {
		out = append(append(out, s.ResourceID, s.OfRecord), s.Way...)
		for _, c := range s.Sections {
			out = append(out, c.RecordID)
		}
		for _, l := range s.Looked {
			out = append(out, l.Found...)
		}
		for _, id := range s.Values {
			out = append(out, id)
		}
		for _, c := range s.With {
			out = append(out, c.ValueID)
		}
		for _, h := range s.Held {
			out = slices.AppendSeq(out, maps.Values(h.Parameters))
		}
		for _, c := range s.Criteria {
			out = append(out, c.Wanted, c.Has)
		}
	}
	return out
}

// subject is what an explanation is about.
type subject struct {
	everything bool
	types      map[int64]bool
	roles      map[int64]bool
	property   string
	follows    bool // of a role: what it gives, as far as it gives it
}

// about finds which roles and types an answer has to speak of: for a type also the roles that give it, for a role also the composite roles
// above it.
func (m *Model) about(in ExplainInput) *subject {
	b := &subject{everything: in.ResourceType == "" && in.Role == "", types: map[int64]bool{}, roles: map[int64]bool{}, property: in.Property}
	for _, t := range m.Source.ResourceTypes {
		if in.ResourceType != "" && t.Identifier == in.ResourceType {
			b.types[t.ID] = true
		}
	}
	for _, r := range m.Source.Roles {
		if in.Role != "" && r.Identifier == in.Role {
			b.roles[r.ID] = true
			b.follows = in.ResourceType == ""
		}
	}
	for _, r := range m.Source.Rules {
		if b.types[r.ResourceTypeID] && r.SingleRoleID != nil && (in.Role == "" || b.roles[*r.SingleRoleID]) && m.wants(b, r.PropertyID) {
			b.roles[*r.SingleRoleID] = true
		}
	}
	for grown := true; grown; {
		grown = false
		for _, r := range m.Source.RoleRules {
			if b.roles[r.RoleID] && r.CompositeRoleID != nil && !b.roles[*r.CompositeRoleID] {
				b.roles[*r.CompositeRoleID], grown = true, true
			}
		}
	}
	return b
}

// wants reports whether a rule about a property, or about the type itself, counts for the answer.
func (m *Model) wants(b *subject, propertyID *int64) bool {
	if b.property == "" || propertyID == nil {
		return true
	}
	p := m.Shape.Properties[*propertyID]
	return p != nil && p.Identifier == b.property
}

func (b *subject) has(s evaluation.Step) bool {
	if s.Property != "" && b.property != "" && s.Property != b.property {
		return false
	}
	if b.everything {
		return true
	}
	switch s.Kind {
	case evaluation.StepContext:
		return true
	case evaluation.StepCompositeRole, evaluation.StepSingleRole, evaluation.StepRole, evaluation.StepFoundValue:
		return b.roles[s.RoleID]
	case evaluation.StepAutomation, evaluation.StepRedundant:
		return b.roles[s.RoleID] || b.types[s.ResourceTypeID]
	case evaluation.StepBlocked:
		return b.roles[s.RoleID] || b.types[s.ResourceTypeID] || slices.ContainsFunc(s.With, func(c evaluation.Contributor) bool { return b.types[c.ResourceTypeID] })
	default:
		return b.types[s.ResourceTypeID] || b.follows && s.Matched && b.roles[s.NeedsRoleID]
	}
}
