package assignment

import (
	"context"

	"writ/server/errs"
	"writ/server/evaluation"
	"writ/server/permit"
)

// ExplainInput asks why an owner has something, or why not.
type ExplainInput struct {
	OwnerID      int64
	ResourceType string // identifier: only steps about this type; empty: all
	Role         string // identifier: only steps about this role; empty: all
}

// Explanation is every step of the evaluation, computed now by the same function that assigns (design 7).
type Explanation struct {
	OwnerID int64
	Steps   []evaluation.Step
}

// Explain evaluates one owner with reasons kept; it writes nothing.
func (s *Service) Explain(ctx context.Context, in ExplainInput) (*Explanation, error) {
	if _, err := permit.Require(ctx, permit.AssignmentQuery); err != nil {
		return nil, err
	}
	if s.Visible != nil {
		if err := s.Visible(ctx, in.OwnerID); err != nil {
			return nil, err
		}
	}
	m, err := s.Model(ctx, s.DB)
	if err != nil {
		return nil, err
	}
	batch, err := s.load(ctx, s.DB, m, []int64{in.OwnerID}, false, Options{Explain: true, Force: true})
	if err != nil {
		return nil, err
	}
	if len(batch.Owners) == 0 {
		return nil, errs.Missing("There is no resource %d.", in.OwnerID).Of(in.OwnerID)
	}
	out := &Explanation{OwnerID: in.OwnerID}
	for _, r := range m.Evaluate(batch) {
		if r.Err != nil {
			return nil, r.Err
		}
		if r.Trace == nil {
			continue
		}
		for _, step := range r.Trace.Steps {
			if m.about(step, in) {
				out.Steps = append(out.Steps, step)
			}
		}
	}
	return out, nil
}

func (m *Model) about(step evaluation.Step, in ExplainInput) bool {
	if in.ResourceType != "" && step.ResourceTypeID != 0 {
		if t := m.ResourceType(step.ResourceTypeID); t == nil || t.Identifier != in.ResourceType {
			return false
		}
	}
	if in.Role != "" && step.RoleID != 0 {
		if r := m.Role(step.RoleID); r == nil || r.Identifier != in.Role {
			return false
		}
	}
	return true
}
