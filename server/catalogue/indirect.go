package catalogue

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"

	"writ/server/assignment"
	"writ/server/db"
	"writ/server/directory"
	"writ/server/errs"
	"writ/server/permit"
	"writ/server/rolemodel"
)

// IndirectPreviewInput is an indirect resource rule as somebody writes it.
type IndirectPreviewInput struct {
	Identifier                                                    *string // of the rule in force that it replaces
	ResourceType, Property                                        string
	Correspondence, CorrespondenceMembershipProperty, Entitlement *string
}

// IndirectPreview is what an indirect resource rule would find.
type IndirectPreview struct {
	At                                           time.Time
	Owners, People, Rights, Gained, Lost, Hidden int
	IsCut, IsOff                                 bool
	Problems                                     []rolemodel.Problem
	Sample                                       []*IndirectPreviewPerson
}

// IndirectPreviewPerson is somebody who has something through others, with one of the ways.
type IndirectPreviewPerson struct {
	Owner                         *directory.ResourceRef
	Rights                        int
	ResourceType, Property, Value string
	Path                          []string
	LeftOut                       int
}

const (
	indirectOwners = 20_000 // whose accounts a preview looks at, at most
	indirectPart   = 500
	indirectSample = 20
)

// IndirectPreview tells what an indirect resource rule would find, before it is saved: by the walk of complete computations, which also reads the roles.
// Needs permit.RoleModelQuery; people whose permissions the caller may not see (permit.AssignmentQuery) are only counted. UNAVAILABLE when it takes longer
// than patience.
func (s *Service) IndirectPreview(ctx context.Context, in IndirectPreviewInput) (*IndirectPreview, error) {
	if _, err := permit.Require(ctx, permit.RoleModelQuery); err != nil {
		return nil, err
	}
	m, err := s.Assignments.Model(ctx, s.DB)
	if err != nil {
		return nil, err
	}
	value := func(s *string) string {
		if s == nil {
			return ""
		}
		return *s
	}
	x := &rolemodel.IndirectRule{Identifier: "preview", DisplayName: "preview", Property: in.Property, Correspondence: value(in.Correspondence),
		CorrespondenceMembershipProperty: value(in.CorrespondenceMembershipProperty), Entitlement: value(in.Entitlement)}
	source := int64(0)
	for _, t := range m.Source.ResourceTypes {
		if t.Identifier == in.ResourceType {
			x.ResourceTypeID, source = t.ID, t.SourceEntityTypeID
		}
	}
	if source == 0 {
		return nil, errs.Invalid("input.resourceType", "There is no resource type %q.", in.ResourceType)
	}
	limited, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	out, err := s.indirect(limited, m, x, source, value(in.Identifier))
	if err != nil && (limited.Err() != nil || errors.Is(err, context.DeadlineExceeded)) && ctx.Err() == nil {
		return nil, errs.New(errs.Unavailable, "The preview took longer than %d seconds and was stopped. The rule can be saved; the next complete computation finds what it is about.", int(patience.Seconds())).Because(err)
	}
	return out, err
}

func (s *Service) indirect(ctx context.Context, m *assignment.Model, x *rolemodel.IndirectRule, source int64, replaces string) (*IndirectPreview, error) {
	now := s.Clock.Now()
	out := &IndirectPreview{At: now, Problems: []rolemodel.Problem{}, Sample: []*IndirectPreviewPerson{}}
	alone := *m.Source
	alone.IndirectRules = []*rolemodel.IndirectRule{x}
	for _, p := range rolemodel.Validate(&alone, m.Shape) {
		if p.Kind == "indirect_resource_rule" {
			p.Kind, p.Identifier = "indirectResourceRule", ""
			out.Problems = append(out.Problems, p)
		}
	}
	if p := m.Policy(m.ResourceType(x.ResourceTypeID).PolicyID); p == nil || !p.IsProvisioningEnabled {
		out.IsOff = true
		return out, nil
	}
	w, err := s.Assignments.NewIndirectWalk(ctx, s.DB, m, source, alone.IndirectRules)
	if err != nil {
		return nil, err
	}
	owners, err := w.Owners(ctx, s.DB)
	if err != nil {
		return nil, err
	}
	if out.Owners = len(owners); len(owners) > indirectOwners {
		owners, out.IsCut = owners[:indirectOwners], true
	}
	may, all := seen(ctx, m, source)
	for part := range slices.Chunk(owners, indirectPart) {
		if err := s.indirectPart(ctx, m, w, part, replaces, may, all, out); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// indirectPart looks at some owners.
func (s *Service) indirectPart(ctx context.Context, m *assignment.Model, w *assignment.IndirectWalk, owners []int64, replaces string, may condition, all bool, out *IndirectPreview) error {
	found, err := w.Of(ctx, s.DB, owners, out.At)
	if err != nil {
		return err
	}
	visible := map[int64]bool{}
	if !all {
		if err := db.Select(ctx, s.DB, bun.SafeQuery(`select w.id from resource w where w.id = any (?) and ?`, pgdialect.Array(owners), may), func(r *db.Row) error {
			visible[r.Int()] = true
			return nil
		}); err != nil {
			return fmt.Errorf("ask whose permissions may be seen: %w", db.Explain(err))
		}
	}
	type right struct {
		owner, typeID, value int64
		property             string
	}
	had := map[right]bool{} // whether by the rule that this one replaces
	if err := db.Select(ctx, s.DB, bun.SafeQuery(`select owner_id, resource_type_id, value_id, property, rule = ? from indirect_right
		where owner_id = any (?) and closed_at is null and role_id is null`, replaces, pgdialect.Array(owners)), func(r *db.Row) error {
		had[right{r.Int(), r.Int(), r.Int(), r.Text()}] = r.Bool()
		return nil
	}); err != nil {
		return fmt.Errorf("read indirect rights: %w", db.Explain(err))
	}
	for _, owner := range owners {
		if !all && !visible[owner] {
			if len(found[owner]) > 0 {
				out.Hidden++
			}
			continue
		}
		n := 0
		for _, r := range found[owner] {
			if r.Role != 0 {
				continue
			}
			n++
			key := right{owner, r.Type, r.Value, r.Property}
			if _, is := had[key]; !is {
				out.Gained++
			}
			delete(had, key)
		}
		if out.Rights += n; n == 0 {
			continue
		}
		if out.People++; len(out.Sample) < indirectSample {
			if err := s.indirectPerson(ctx, m, found[owner][0], n, out); err != nil {
				return err
			}
		}
	}
	for key, mine := range had {
		if mine && (all || visible[key.owner]) {
			out.Lost++
		}
	}
	return nil
}

// indirectPerson adds somebody to the sample, with the names that the caller may read.
func (s *Service) indirectPerson(ctx context.Context, m *assignment.Model, r *assignment.IndirectRight, n int, out *IndirectPreview) error {
	p := &IndirectPreviewPerson{Rights: n, Property: r.Property, Path: []string{}, LeftOut: r.Steps - len(r.Path)}
	if t := m.ResourceType(r.Type); t != nil {
		p.ResourceType = t.Identifier
	}
	names := map[int64]string{}
	if err := db.Select(ctx, s.DB, bun.SafeQuery(`select r.id, r.key, r.display_name, r.entity_type_id from resource r where r.id = ? or r.id = any (?) and ?`,
		r.Owner, pgdialect.Array(r.Path), directory.Readable(ctx, m.Shape, "r")), func(row *db.Row) error {
		ref := &directory.ResourceRef{ID: row.Int(), Key: row.Text(), DisplayName: row.Text()}
		if t := m.Shape.EntityTypes[row.Int()]; t != nil {
			ref.EntityType = t.Identifier
		}
		if names[ref.ID] = cmp.Or(ref.DisplayName, ref.Key); ref.ID == r.Owner {
			p.Owner = ref
		}
		return nil
	}); err != nil {
		return fmt.Errorf("name what is had: %w", db.Explain(err))
	}
	for _, id := range r.Path {
		p.Path = append(p.Path, cmp.Or(names[id], "something you may not see"))
	}
	p.Value = p.Path[len(p.Path)-1]
	if p.Owner != nil {
		out.Sample = append(out.Sample, p)
	}
	return nil
}
