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
	"writ/server/db"
	"writ/server/directory"
	"writ/server/errs"
	"writ/server/manifest"
	"writ/server/page"
	"writ/server/permit"
	"writ/server/rolemodel"
)

const (
	mostDiffering = 500 // owners looked at by one call
	namedOf       = 5   // owners named for one property by one call
)

// ResourceTypeDifferencesInput is a resource type as somebody writes it, and how many owners are looked at.
type ResourceTypeDifferencesInput struct {
	Save         *manifest.Manifest
	ResourceType string     // identifier
	At           *time.Time // the instant that counts as now; nil: now
	Owners       *int       // how many; nil: 200
	After        *string    // cursor of the call before; nil: the first ones
}

// ResourceTypeDifferences is what a resource type would mean for some owners.
type ResourceTypeDifferences struct {
	At         time.Time
	Problems   []rolemodel.Problem // what is wrong with the configuration; with an ERROR among them nothing was computed
	Total      int                 // owners there are, whom the caller may view
	Looked     int                 // of them by this call
	EndCursor  *string             // to go on after; nil: that was the last one
	Given      int                 // would have the account
	Gained     int                 // of them have none yet
	Lost       int                 // have one and would not
	Failed     int                 // could not be computed
	Properties []*PropertyDifference
}

// PropertyDifference is a property about which computed and read values differ.
type PropertyDifference struct {
	Property string
	Differs  int // owners with an account that shows another value
	Errors   int // owners for whom a rule failed
	Sample   []*DifferenceExample
}

// DifferenceExample is one owner among them.
type DifferenceExample struct {
	Owner    *directory.ResourceRef
	Computed []string
	Read     []string
	Error    string // why a rule failed; empty: none did
}

// differsAt is where a call ended: owners come in an order that is by chance, and always the same, so that the first of them are a sample.
type differsAt struct {
	Hash int64 `json:"h"`
	ID   int64 `json:"i"`
}

// Differences computes the accounts of some owners by a resource type that is only proposed, and counts where they differ from what the system shows. The
// first call is a sample; with the cursor of each the next goes on until everybody was looked at. Nothing is written or sent. Rights and refusals as of Trial;
// owners whom the caller may not view are left out.
func (s *Service) Differences(ctx context.Context, in ResourceTypeDifferencesInput) (*ResourceTypeDifferences, error) {
	if _, err := permit.Require(ctx, permit.SimulationStart); err != nil {
		return nil, err
	}
	scope, err := permit.Require(ctx, permit.AssignmentQuery)
	if err != nil {
		return nil, err
	}
	count := 200
	if in.Owners != nil {
		count = *in.Owners
	}
	if count < 1 || count > mostDiffering {
		return nil, errs.Invalid("input.owners", "owners must be between 1 and %d, got %d.", mostDiffering, count)
	}
	var after *differsAt
	if in.After != nil && *in.After != "" {
		after = &differsAt{}
		if err := page.Read(*in.After, after); err != nil {
			return nil, errs.Invalid("input.after", "This cursor is not one of these differences. Start again without it.")
		}
	}
	asked := manifest.ApplyConfigurationInput{Save: in.Save}
	p := &proposal{manifest: asked.Wanted()}
	if err := manifest.MayPlan(ctx, p.manifest); err != nil {
		return nil, err
	}
	ctx, stop := context.WithTimeoutCause(ctx, patience, errs.New(errs.Unavailable, "This takes too long at the moment. Try again later, or make a plan of it."))
	defer stop()
	out, err := s.differences(ctx, p, in, scope.OfOwners(), count, after)
	if late := errs.As(context.Cause(ctx)); err != nil && late != nil {
		return nil, late
	}
	return out, err
}

func (s *Service) differences(ctx context.Context, p *proposal, in ResourceTypeDifferencesInput, scope permit.Scope, count int, after *differsAt) (*ResourceTypeDifferences, error) {
	t, err := s.try(ctx, p)
	if err != nil {
		return nil, err
	}
	out := &ResourceTypeDifferences{At: s.Clock.Now(), Problems: manifest.ProblemsFor(ctx, t.payload.Problems), Properties: []*PropertyDifference{}}
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
	owners, err := s.drawn(ctx, out, m, of.SourceEntityTypeID, scope, count, after)
	if err != nil || len(owners) == 0 {
		return out, err
	}
	d := &differing{out: out, m: m, of: of, wanted: owners, properties: map[string]*PropertyDifference{}}
	ids := make([]int64, 0, len(owners))
	for id := range owners {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	if _, err := s.Assignments.Foresee(ctx, t.overlay, assignment.Foresee{Owners: ids, At: out.At}, d.batch, nil); err != nil {
		return nil, err
	}
	for _, one := range d.properties {
		out.Properties = append(out.Properties, one)
	}
	slices.SortFunc(out.Properties, func(a, b *PropertyDifference) int {
		return cmp.Or(cmp.Compare(b.Differs+b.Errors, a.Differs+a.Errors), strings.Compare(a.Property, b.Property))
	})
	return out, nil
}

// drawn reads the owners that a call looks at.
func (s *Service) drawn(ctx context.Context, out *ResourceTypeDifferences, m *assignment.Model, entityTypeID int64, scope permit.Scope, count int, after *differsAt) (map[int64]*directory.ResourceRef, error) {
	where := page.All(bun.SafeQuery("r.entity_type_id = ? and r.valid_to = 'infinity'", entityTypeID), directory.Readable(ctx, m.Shape, "r"), directory.Rows(m.Shape, entityTypeID, "r", scope))
	if err := s.DB.NewRaw("select count(*) from resource r where ?", where).Scan(ctx, &out.Total); err != nil {
		return nil, fmt.Errorf("count whom a resource type could be about: %w", err)
	}
	if after != nil {
		where = page.All(where, bun.SafeQuery("(hashint8(r.id), r.id) > (?, ?)", after.Hash, after.ID))
	}
	owners, last, more := map[int64]*directory.ResourceRef{}, differsAt{}, false
	q := bun.SafeQuery("select r.id, r.key, r.display_name, hashint8(r.id)::bigint from resource r where ? order by hashint8(r.id), r.id limit ?", where, count+1)
	err := db.Select(ctx, s.DB, q, func(r *db.Row) error {
		one := &directory.ResourceRef{ID: r.Int(), Key: r.Text(), DisplayName: r.Text(), EntityType: m.Shape.EntityTypes[entityTypeID].Identifier}
		hash := r.Int()
		if more = len(owners) == count; more {
			return nil
		}
		owners[one.ID], last = one, differsAt{hash, one.ID}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("draw whom a resource type could be about: %w", err)
	}
	if out.Looked = len(owners); more {
		out.EndCursor = new(page.Cursor(last))
	}
	return owners, nil
}

// differing counts what is different.
type differing struct {
	out        *ResourceTypeDifferences
	m          *assignment.Model
	of         *rolemodel.ResourceType
	wanted     map[int64]*directory.ResourceRef
	properties map[string]*PropertyDifference
}

func (d *differing) batch(ctx context.Context, tx bun.Tx, f *assignment.Foreseen) error {
	x := &trial{m: d.m, of: d.of, batch: f.Batch, names: map[int64]string{}}
	for k := range f.Results {
		owner := f.Batch.Owners[k]
		ref := d.wanted[owner.Resource.ID]
		if ref == nil {
			continue
		}
		x.out = &ResourceTypeTrial{At: d.out.At}
		x.fill(owner, &f.Results[k])
		if d.count(x.out) {
			continue
		}
		// Somebody to be named: now with the names of what his account points to.
		if err := x.readNames(ctx, tx, owner, &f.Results[k]); err != nil {
			return err
		}
		x.out = &ResourceTypeTrial{At: d.out.At}
		x.fill(owner, &f.Results[k])
		d.name(x.out, ref)
	}
	return nil
}

// count counts an owner; true: he need not be named for any property.
func (d *differing) count(one *ResourceTypeTrial) (known bool) {
	if one.Failure != "" {
		d.out.Failed++
		return true
	}
	switch {
	case one.IsGiven && one.AccountID == nil:
		d.out.Given++
		d.out.Gained++
	case one.IsGiven:
		d.out.Given++
	case one.AccountID != nil:
		d.out.Lost++
	}
	known = true
	if !one.IsGiven { // what he loses is counted as such, not as a difference of each value
		return known
	}
	for _, v := range one.Values {
		if !v.isDifferent(one.AccountID != nil) {
			continue
		}
		p := d.properties[v.Property]
		if p == nil {
			p = &PropertyDifference{Property: v.Property, Sample: []*DifferenceExample{}}
			d.properties[v.Property] = p
		}
		if v.Error != "" {
			p.Errors++
		} else {
			p.Differs++
		}
		known = known && len(p.Sample) >= namedOf
	}
	return known
}

func (d *differing) name(one *ResourceTypeTrial, owner *directory.ResourceRef) {
	for _, v := range one.Values { // count has seen that he would have the account
		if p := d.properties[v.Property]; v.isDifferent(one.AccountID != nil) && len(p.Sample) < namedOf {
			p.Sample = append(p.Sample, &DifferenceExample{Owner: owner, Computed: v.Computed, Read: v.Read, Error: v.Error})
		}
	}
}

// isDifferent: what is written only once may be another one by now.
func (v *TrialValue) isDifferent(hasAccount bool) bool {
	return v.IsComputed && (v.Error != "" || hasAccount && !v.IsSame && !v.CreateOnly)
}
