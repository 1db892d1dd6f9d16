package request

import (
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
	"writ/server/page"
	"writ/server/permit"
	"writ/server/rolemodel"
)

// RequestTargetConnection is a page of people for whom the caller may ask.
type RequestTargetConnection = page.Connection[*directory.ResourceRef]

// CatalogueStatus is what somebody has of an entry of the catalogue.
type CatalogueStatus string

// What somebody has.
const (
	CanBeRequested CatalogueStatus = "CAN_BE_REQUESTED"
	HeldByHand     CatalogueStatus = "HELD_BY_HAND"
	HeldByRule     CatalogueStatus = "HELD_BY_RULE"
	RequestedNow   CatalogueStatus = "REQUESTED"
	Forbidden      CatalogueStatus = "FORBIDDEN"
)

// CatalogueEntry is a role that can be asked for, for somebody.
type CatalogueEntry struct {
	ID          int64
	Role        string
	Kind        rolemodel.RoleKind
	Name        string
	Description string
	Category    *string // display name
	Policy      string  // display name
	Levels      int
	Status      CatalogueStatus
	Parameters  []*CatalogueParameter
	NeedsEnd    bool
	TakesEnd    bool
	HeldUntil   *time.Time // of what a person gave; nil: without an end, or it is not had
}

// CatalogueParameter is a value that a role may or must be asked for with.
type CatalogueParameter struct {
	Dimension  string
	Name       string
	EntityType string // of its values
	IsRequired bool
}

// CatalogueEntryConnection is a page of them.
type CatalogueEntryConnection = page.Connection[*CatalogueEntry]

// CatalogueFilter narrows the catalogue.
type CatalogueFilter struct {
	Text     *string
	Category *string // identifier
	Statuses []CatalogueStatus
}

// targetRows is how people are read for whom somebody may ask.
var targetRows = page.Table[directory.ResourceRef]{
	From:   "resource w join entity_type e on e.id = w.entity_type_id",
	Always: []string{"id", "display_name"},
	Fields: map[string][]string{"__typename": nil, "id": nil, "displayName": nil, "key": {"key"}, "entityType": {"entity_type"}},
	Columns: []page.Column[directory.ResourceRef]{
		{Name: "id", SQL: "w.id", Read: func(x *directory.ResourceRef, r *db.Row) { x.ID = r.Int() }},
		{Name: "display_name", SQL: "w.display_name", Read: func(x *directory.ResourceRef, r *db.Row) { x.DisplayName = r.Text() }},
		{Name: "key", SQL: "w.key", Read: func(x *directory.ResourceRef, r *db.Row) { x.Key = r.Text() }},
		{Name: "entity_type", SQL: "e.identifier", Read: func(x *directory.ResourceRef, r *db.Row) { x.EntityType = r.Text() }},
	},
}

// Targets gives a page of those for whom the caller may ask, by name. Forbidden without permit.Request of any entity type.
func (s *Service) Targets(ctx context.Context, a page.Args, text *string, fields page.Fields, total bool) (*RequestTargetConnection, error) {
	m, err := s.mayRequest(ctx)
	if err != nil {
		return nil, err
	}
	where := db.AllOf(bun.SafeQuery("w.valid_to = 'infinity'"), targets(ctx, m))
	if text != nil && strings.TrimSpace(*text) != "" {
		where = db.AllOf(where, directory.SearchBeside(ctx, m.Shape, "w", *text, courses(m)...))
	}
	c, err := targetRows.List(ctx, s.DB, a, fields, total, where, page.Sorting[directory.ResourceRef]{Text: "w.display_name", ID: "w.id", Needs: []string{"id", "display_name"},
		At: func(x *directory.ResourceRef) page.Position { return page.Position{Text: x.DisplayName, ID: x.ID} }})
	if err != nil {
		return nil, fmt.Errorf("list for whom may be asked: %w", err)
	}
	return c, nil
}

// mayRequest refuses who may ask for nobody.
func (s *Service) mayRequest(ctx context.Context) (*assignment.Model, error) {
	if err := permit.SignedIn(ctx); err != nil {
		return nil, err
	}
	m, err := s.model(ctx, s.DB)
	if err != nil {
		return nil, err
	}
	for _, path := range courses(m) {
		if permit.Find(ctx, path).Allowed() {
			return m, nil
		}
	}
	return nil, errs.New(errs.Forbidden, "You do not have the permission to ask for entitlements of anybody. Ask an administrator to grant it to one of your profiles.")
}

// courses are the permissions in the course of which people are read here.
func courses(m *assignment.Model) []string {
	var list []string
	for _, id := range requestable(m) {
		list = append(list, permit.Request(m.Shape.EntityTypes[id].Identifier))
	}
	return list
}

// Catalogue gives a page of what may be asked for somebody, by name: roles of policies that are switched on and that he is in. NotFound when the caller
// does not ask for him.
func (s *Service) Catalogue(ctx context.Context, ownerID int64, a page.Args, f *CatalogueFilter) (*CatalogueEntryConnection, error) {
	m, err := s.mayRequest(ctx)
	if err != nil {
		return nil, err
	}
	k := &basket{ctx: ctx, b: s.DB, s: s, m: m, now: s.Clock.Now(), people: map[int64]*beneficiary{}, me: permit.From(ctx)}
	if err := k.read(RequestAssignmentsInput{Items: []RequestItemInput{{OwnerIDs: []int64{ownerID}}}}); err != nil {
		if e := errs.As(err); e != nil {
			return nil, e.At("ownerId")
		}
		return nil, err
	}
	p := k.people[ownerID]
	has, until := k.statuses(p)
	in := map[int64]bool{} // by policy
	var rows []*CatalogueEntry
	for _, r := range m.Source.Roles {
		set := m.Policy(r.PolicyID).OfRole(r)
		fits, known := in[r.PolicyID]
		if !known {
			fits = inPolicy(m, m.Policy(r.PolicyID), p.contexts, k.now)
			in[r.PolicyID] = fits
		}
		if !fits || notRequestable(m, r, p, set, k.now, false) != nil {
			continue
		}
		e := k.entry(r, set)
		if status, ok := has[r.ID]; ok {
			e.Status, e.HeldUntil = status, until[r.ID]
		}
		if f == nil || f.takes(m, r, e) {
			rows = append(rows, e)
		}
	}
	at := func(e *CatalogueEntry) page.Position {
		return page.Position{Text: strings.ToLower(e.Name), ID: e.ID}
	}
	slices.SortFunc(rows, func(a, b *CatalogueEntry) int { return at(a).Compare(at(b)) })
	return page.InMemory(rows, a, at)
}

func (f *CatalogueFilter) takes(m *assignment.Model, r *rolemodel.Role, e *CatalogueEntry) bool {
	if len(f.Statuses) > 0 && !slices.Contains(f.Statuses, e.Status) {
		return false
	}
	if f.Category != nil && !within(m, r, *f.Category) {
		return false
	}
	category := ""
	if e.Category != nil {
		category = *e.Category
	}
	return f.Text == nil || directory.Matches(*f.Text, append([]string{r.DisplayName, r.Identifier, r.Description, category}, r.Tags...)...)
}

// within reports whether a role stands in a category, or below it.
func within(m *assignment.Model, r *rolemodel.Role, category string) bool {
	at := append(slices.Clone(r.SecondaryCategoryIDs), 0)
	if r.CategoryID != nil {
		at = append(at, *r.CategoryID)
	}
	for n := 0; n < len(m.Source.Categories)+1; n++ {
		var next []int64
		for _, c := range m.Source.Categories {
			if !slices.Contains(at, c.ID) {
				continue
			}
			if c.Identifier == category {
				return true
			}
			if c.ParentID != nil {
				next = append(next, *c.ParentID)
			}
		}
		if len(next) == 0 {
			return false
		}
		at = next
	}
	return false
}

func (k *basket) entry(r *rolemodel.Role, set rolemodel.Settings) *CatalogueEntry {
	e := &CatalogueEntry{ID: r.ID, Role: r.Identifier, Kind: r.Kind, Name: r.DisplayName, Description: r.Description, Category: k.m.CategoryName(r.CategoryID), Policy: k.m.Policy(r.PolicyID).DisplayName,
		Levels: set.ApprovalWorkflowType, Status: CanBeRequested, Parameters: []*CatalogueParameter{}, NeedsEnd: set.ManualAssignmentEndDateLockedToContextMode == rolemodel.EndNeverLocked,
		TakesEnd: set.ManualAssignmentEndDateLockedToContextMode != rolemodel.EndAlwaysLocked}
	source := k.m.Compiled.Source(r.EntityTypeID)
	if own := source.Roles[r.ID]; own != nil {
		for _, name := range source.Parameters(own) {
			if d := k.m.Shape.Dimensions[name]; d != nil && own.Imposes[name] == 0 {
				e.Parameters = append(e.Parameters, &CatalogueParameter{Dimension: name, Name: d.DisplayName, EntityType: names(k.m)(d.EntityTypeID), IsRequired: slices.Contains(r.RequiredParameters, name)})
			}
		}
	}
	return e
}

// statuses tells what somebody has now, by role, and until when; what is not in it can be asked for.
func (k *basket) statuses(p *beneficiary) (list map[int64]CatalogueStatus, until map[int64]*time.Time) {
	list, until = map[int64]CatalogueStatus{}, map[int64]*time.Time{}
	for _, h := range p.roles {
		if h.EndDate != nil && !h.EndDate.After(k.now) || h.StartDate != nil && h.StartDate.After(k.now) || h.WorkflowState.Pending() || h.WorkflowState.Over() {
			continue
		}
		switch {
		case h.IsDenied:
			list[h.RoleID] = Forbidden
		case list[h.RoleID] == Forbidden, h.WorkflowState.Found():
		case h.WorkflowState.ByPerson():
			list[h.RoleID], until[h.RoleID] = HeldByHand, h.EndDate
		case h.WorkflowState.Holds():
			list[h.RoleID] = HeldByRule
		}
	}
	for _, w := range p.waiting {
		list[w.RoleID] = RequestedNow
		delete(until, w.RoleID)
	}
	return list, until
}
