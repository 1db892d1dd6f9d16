package assignment

import (
	"cmp"
	"context"
	"maps"
	"slices"

	"writ/server/errs"
	"writ/server/evaluation"
)

// ExplainInput asks why an owner has something, or why not.
type ExplainInput struct {
	OwnerID      int64
	ResourceType string // identifier: only steps that lead to this type; empty: all
	Role         string // identifier: only steps that lead to this role, and what it gives; empty: all
	Property     string // identifier: of the properties only this one; empty: all
}

// Explanation is every link of the chain rule -> context -> record -> role -> line -> attempt -> verification, computed now by the same
// function that assigns (design 7).
type Explanation struct {
	OwnerID int64
	Steps   []evaluation.Step
}

// Explain evaluates one owner with reasons kept and tells what was done about the result; it writes nothing. NotFound when there is no such
// resource or it is out of scope.
func (s *Service) Explain(ctx context.Context, in ExplainInput) (*Explanation, error) {
	if err := s.MayView(ctx, in.OwnerID); err != nil {
		return nil, err
	}
	m, err := s.Model(ctx, s.DB)
	if err != nil {
		return nil, err
	}
	batch, _, err := s.load(ctx, s.DB, m, []int64{in.OwnerID}, false, Options{Explain: true, Force: true})
	if err != nil {
		return nil, err
	}
	if len(batch.Owners) == 0 {
		return nil, errs.Missing("There is no resource %d.", in.OwnerID).Of(in.OwnerID)
	}
	result := m.Evaluate(batch)[0]
	if result.Err != nil {
		return nil, result.Err
	}
	about := m.about(in)
	var steps []evaluation.Step
	for _, step := range result.Trace.Steps {
		if about.has(step) {
			steps = append(steps, step)
		}
	}
	follows, err := s.selectFollows(ctx, in.OwnerID, about)
	if err != nil {
		return nil, err
	}
	return s.word(ctx, m, batch, steps, follows)
}

// word makes the sentences and puts the steps in the order in which one leads to the next.
func (s *Service) word(ctx context.Context, m *Model, batch *evaluation.Batch, steps []evaluation.Step, f *follows) (*Explanation, error) {
	owner := batch.Owners[0].Resource
	n, err := m.readNames(ctx, s.DB, append(mentioned(steps), f.mentioned()...))
	if err != nil {
		return nil, err
	}
	if err := n.hide(ctx, s.DB, behind(steps, owner.ID)); err != nil {
		return nil, err
	}
	n.resources[owner.ID] = resourceName{ID: owner.ID, EntityTypeID: owner.EntityTypeID, Key: owner.Key, DisplayName: owner.DisplayName}
	w := &wording{names: n, owner: owner, now: batch.Now, forbidden: map[int64]bool{}}
	for _, step := range steps {
		if step.Matched && step.Denied && step.Kind != evaluation.StepProperty {
			w.forbidden[cmp.Or(step.ResourceTypeID, -step.RoleID)] = true
		}
	}
	out := &Explanation{OwnerID: owner.ID}
	silent := map[int64]bool{}
	for _, step := range steps {
		if step.NotComputed && (silent[step.ResourceTypeID] || step.Property == "") {
			continue // said once per type
		}
		silent[step.ResourceTypeID] = silent[step.ResourceTypeID] || step.NotComputed
		step.Text = w.sentence(step)
		out.Steps = append(out.Steps, step)
	}
	out.Steps = append(out.Steps, w.follows(f)...)
	slices.SortStableFunc(out.Steps, func(a, b evaluation.Step) int {
		return cmp.Or(cmp.Compare(chapter(a.Kind), chapter(b.Kind)), cmp.Compare(a.ResourceTypeID, b.ResourceTypeID), cmp.Compare(part(a.Kind), part(b.Kind)))
	})
	return out, nil
}

// chapter orders the steps: the context, the roles, then each resource type with all that is about it.
func chapter(kind evaluation.StepKind) int {
	switch kind {
	case evaluation.StepContext:
		return 0
	case evaluation.StepCompositeRole, evaluation.StepSingleRole, evaluation.StepRole:
		return 1
	default:
		return 2
	}
}

// part orders the steps of one resource type: why it is given, what it found, its values, then what was done.
func part(kind evaluation.StepKind) int {
	return slices.Index([]evaluation.StepKind{evaluation.StepResourceType, evaluation.StepType, evaluation.StepCorrelation, evaluation.StepProperty,
		evaluation.StepDifference, evaluation.StepOrder, evaluation.StepReview, evaluation.StepLine, evaluation.StepAttempt, evaluation.StepVerification}, kind)
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
		for _, c := range s.Sections {
			out = append(out, c.RecordID)
		}
		for _, c := range s.Criteria {
			out = append(out, c.Wanted, c.Has)
		}
	}
	slices.Sort(out)
	return slices.DeleteFunc(slices.Compact(out), func(id int64) bool { return id == owner })
}

func mentioned(steps []evaluation.Step) []int64 {
	var out []int64
	for _, s := range steps {
		out = append(out, s.ResourceID, s.OfRecord)
		for _, c := range s.Sections {
			out = append(out, c.RecordID)
		}
		for _, id := range s.Values {
			out = append(out, id)
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
	case evaluation.StepCompositeRole, evaluation.StepSingleRole, evaluation.StepRole:
		return b.roles[s.RoleID]
	default:
		return b.types[s.ResourceTypeID] || b.follows && s.Matched && b.roles[s.NeedsRoleID]
	}
}
