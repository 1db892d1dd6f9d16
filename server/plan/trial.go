package plan

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"writ/server/assignment"
	"writ/server/directory"
	"writ/server/errs"
	"writ/server/evaluation"
	"writ/server/evaluation/formula"
	"writ/server/manifest"
	"writ/server/permit"
	"writ/server/rolemodel"
)

// ResourceTypeTrialInput is a resource type as somebody writes it, and whose account is computed by it.
type ResourceTypeTrialInput struct {
	Save         *manifest.Manifest // the resource type, and what else is written with it
	ResourceType string             // identifier
	OwnerID      int64
	At           *time.Time // the instant that counts as now; nil: now
}

// ResourceTypeTrial is what the account of one owner would be, beside what his system shows.
type ResourceTypeTrial struct {
	At       time.Time
	Problems []rolemodel.Problem // what is wrong with the configuration; with an ERROR among them nothing was computed
	// IsGiven: he would have the account at that instant.
	IsGiven   bool
	AccountID *int64     // what he has there already; nil: nothing
	ReadAt    *time.Time // when the system was read last; nil: never
	Failure   string     // why he could not be computed; empty: he was
	Values    []*TrialValue
}

// TrialValue is a property of the account, as it would be and as it is.
type TrialValue struct {
	Property   string
	Computed   []string // wanted at that instant; none: nothing is wanted
	Read       []string // what the system shows; none: nothing, or there is no account
	IsComputed bool     // rules want something of the property
	IsSame     bool     // both are the same, as the rule compares; always false without an account
	CreateOnly bool     // written when the account is made, and then left alone
	Error      string   // why a rule failed; empty: none did
	Rules      []string // identifiers of the rules behind what is computed
}

// patience is how long a trial may take: whoever types is not kept waiting, and nobody else either.
const patience = 10 * time.Second

// Trial computes the account of one owner by a resource type that is only proposed, by the computation that plans use. Nothing is written or sent. Needs
// permit.SimulationStart, the right to read objects of the kinds that the configuration names, and to view the owner's entitlements. VALIDATION with all
// mistakes when the configuration cannot be saved. UNAVAILABLE when it takes longer than patience.
func (s *Service) Trial(ctx context.Context, in ResourceTypeTrialInput) (*ResourceTypeTrial, error) {
	if _, err := permit.Require(ctx, permit.SimulationStart); err != nil {
		return nil, err
	}
	asked := manifest.ApplyConfigurationInput{Save: in.Save}
	p := &proposal{manifest: asked.Wanted()}
	if err := manifest.MayPlan(ctx, p.manifest); err != nil {
		return nil, err
	}
	if err := s.Assignments.MayView(ctx, in.OwnerID); err != nil {
		return nil, err
	}
	ctx, stop := context.WithTimeoutCause(ctx, patience, errs.New(errs.Unavailable, "This takes too long at the moment. Try again later, or make a plan of it."))
	defer stop()
	out, err := s.trial(ctx, p, in)
	if late := errs.As(context.Cause(ctx)); err != nil && late != nil {
		return nil, late
	}
	return out, err
}

func (s *Service) trial(ctx context.Context, p *proposal, in ResourceTypeTrialInput) (*ResourceTypeTrial, error) {
	t, err := s.try(ctx, p)
	if err != nil {
		return nil, err
	}
	out := &ResourceTypeTrial{At: s.Clock.Now(), Problems: manifest.ProblemsFor(ctx, t.payload.Problems)}
	if in.At != nil {
		out.At = *in.At
	}
	if t.overlay == nil {
		return out, nil
	}
	m := t.overlay.Model
	i := slices.IndexFunc(m.Source.ResourceTypes, func(x *rolemodel.ResourceType) bool { return x.Identifier == in.ResourceType })
	if i < 0 {
		return nil, errs.Invalid("input.resourceType", "There is no resource type %q. Write it, or correct the name.", in.ResourceType)
	}
	of := m.Source.ResourceTypes[i]
	done := false
	_, err = s.Assignments.Foresee(ctx, t.overlay, assignment.Foresee{Owners: []int64{in.OwnerID}, At: out.At}, func(ctx context.Context, tx bun.Tx, f *assignment.Foreseen) error {
		for k := range f.Results {
			if f.Batch.Owners[k].Resource.ID != in.OwnerID {
				continue
			}
			done = true
			x := &trial{out: out, m: m, of: of, batch: f.Batch, names: map[int64]string{}}
			if err := x.readNames(ctx, tx, f.Batch.Owners[k], &f.Results[k]); err != nil {
				return err
			}
			x.fill(f.Batch.Owners[k], &f.Results[k])
			if at, ok := f.Batch.SyncedAt[of.TargetEntityTypeID]; ok {
				out.ReadAt = &at
			}
		}
		return nil
	}, nil)
	if err != nil {
		return nil, err
	}
	if !done {
		return nil, errs.Invalid("input.ownerId", "Nothing is computed for this one: an owner is of the entity type that resource types come from, and there at that instant.").Of(in.OwnerID)
	}
	return out, nil
}

// trial compares what is computed of an account with what its system shows.
type trial struct {
	out   *ResourceTypeTrial
	m     *assignment.Model
	of    *rolemodel.ResourceType
	batch *evaluation.Batch
	names map[int64]string // of what navigations point to
	rules map[int64]string // identifiers of the rules of the resource type
}

// readNames reads how that is called which the account points to, or would.
func (x *trial) readNames(ctx context.Context, tx bun.Tx, o *evaluation.Owner, r *evaluation.Result) error {
	want, _, target := x.account(o, r)
	var list []int64
	if want != nil {
		for _, spans := range want.Properties {
			for k := range spans {
				list = append(list, spans[k].ID)
			}
		}
	}
	if target != nil {
		for _, p := range x.m.Shape.PropertiesOf[x.of.TargetEntityTypeID] {
			list = append(list, target.Links[p.Identifier]...)
		}
	}
	var rows []struct {
		ID          int64
		DisplayName string
	}
	if err := tx.NewRaw(`select id, display_name from resource where id = any (?)`, array(list)).Scan(ctx, &rows); err != nil {
		return fmt.Errorf("read what an account points to: %w", err)
	}
	for _, row := range rows {
		x.names[row.ID] = row.DisplayName
	}
	return nil
}

// account is what is computed of the account that counts, and what is there.
func (x *trial) account(o *evaluation.Owner, r *evaluation.Result) (want *evaluation.Expected, isGiven bool, target *evaluation.Resource) {
	take := func(expected bool, e *evaluation.Expected, start, end *time.Time, targetID int64) {
		given := expected && during(start, end, x.out.At)
		if want == nil || given && !isGiven {
			want, isGiven = e, given
		}
		if t := x.batch.Resources[targetID]; t != nil && !t.Gone && target == nil {
			target = t
		}
	}
	changed := map[int64]bool{}
	for i := range r.Types {
		d := &r.Types[i]
		if d.Existing != nil {
			changed[d.Existing.ID] = true
		}
		if d.ResourceTypeID == x.of.ID && !d.CloseRow {
			target := d.TargetID
			if target == 0 && d.Existing != nil {
				target = d.Existing.TargetID
			}
			take(d.IsExpected, &d.Expected, d.Start, d.End, target)
		}
	}
	for _, row := range o.Types {
		if !changed[row.ID] && row.ResourceTypeID == x.of.ID {
			take(row.IsExpected, &row.Expected, row.Start, row.End, row.TargetID)
		}
	}
	return want, isGiven, target
}

func (x *trial) fill(o *evaluation.Owner, r *evaluation.Result) {
	if r.Err != nil {
		x.out.Failure = errs.Text(r.Err)
		return
	}
	want, given, target := x.account(o, r)
	x.out.IsGiven = given
	if target != nil {
		x.out.AccountID = &target.ID
	}
	if want == nil {
		want = &evaluation.Expected{}
	}
	ruled := map[string]bool{}
	x.rules = map[int64]string{}
	for _, q := range x.m.Source.Rules {
		if q.ResourceTypeID != x.of.ID {
			continue
		}
		x.rules[q.ID] = q.Identifier
		if q.PropertyID != nil {
			if p := x.m.Shape.Properties[*q.PropertyID]; p != nil {
				ruled[p.Identifier] = true
			}
		}
	}
	for _, p := range x.m.Shape.PropertiesOf[x.of.TargetEntityTypeID] {
		v := x.value(p, want.Properties[p.Identifier], target)
		if v.IsComputed = ruled[p.Identifier]; v.IsComputed || len(v.Read) > 0 {
			x.out.Values = append(x.out.Values, v)
		}
	}
	slices.SortStableFunc(x.out.Values, func(a, b *TrialValue) int { // what rules want first
		return cmp.Or(boolOf(b.IsComputed)-boolOf(a.IsComputed), strings.Compare(strings.ToLower(a.Property), strings.ToLower(b.Property)))
	})
}

func boolOf(b bool) int {
	if b {
		return 1
	}
	return 0
}

func (x *trial) value(p *directory.Property, spans []evaluation.Span, target *evaluation.Resource) *TrialValue {
	v := &TrialValue{Property: p.Identifier, Computed: []string{}, Read: []string{}, Rules: []string{}}
	var comparison int16
	var ids []int64
	for k := range spans {
		span := &spans[k]
		if !during(span.From, span.To, x.out.At) {
			continue
		}
		v.CreateOnly, comparison = v.CreateOnly || span.CreateOnly, span.Comparison
		for _, id := range span.Rules {
			if name, ok := x.rules[id]; ok && !slices.Contains(v.Rules, name) {
				v.Rules = append(v.Rules, name)
			}
		}
		if span.Error != "" {
			v.Error = span.Error
			continue
		}
		ids = append(ids, span.ID)
		if text := x.text(span.ID, span.Value); text != "" {
			v.Computed = append(v.Computed, text)
		}
	}
	if target == nil {
		return v
	}
	if p.IsNavigation() {
		for _, id := range target.Links[p.Identifier] {
			v.Read = append(v.Read, x.text(id, ""))
		}
		slices.Sort(ids)
		v.IsSame = v.Error == "" && slices.Equal(ids, target.Links[p.Identifier])
	} else {
		read := target.Scalars[p.Identifier]
		if read != "" {
			v.Read = []string{read}
		}
		computed := strings.Join(v.Computed, "")
		q := formula.NewField(x.m.Shape, p)
		v.IsSame = v.Error == "" && (formula.Same(comparison, computed, read) || q.SameDate(computed, read, x.m.Shape.Zone()))
	}
	slices.Sort(v.Computed)
	slices.Sort(v.Read)
	return v
}

func (x *trial) text(id int64, value string) string {
	if id == 0 {
		return value
	}
	return cmp.Or(x.names[id], value, fmt.Sprint(id))
}
