package across

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/uptrace/bun"

	"writ/server/assignment"
	"writ/server/directory"
	"writ/server/errs"
	"writ/server/order"
	"writ/server/permit"
)

// SearchHit is one thing found.
type SearchHit struct {
	Kind   string // entity type identifier, order, role, resource_type
	ID     int64
	Label  string
	Detail string
}

const maxHits = 20

// Finder searches all rooms at once.
type Finder struct {
	Directory *directory.Service
	Orders    *order.Service
	Model     func(ctx context.Context, db bun.IDB) (*assignment.Model, error)
}

// Search finds as every list does (directory.Search), at most maxHits: an order by its number, then resources of the entity types the caller may
// query, the one with that key and those that begin with the text first, then roles and resource types. VALIDATION for less than two characters.
func (f *Finder) Search(ctx context.Context, text string) ([]*SearchHit, error) {
	if err := permit.SignedIn(ctx); err != nil {
		return nil, err
	}
	text = strings.TrimSpace(text)
	number, numberErr := strconv.ParseInt(strings.TrimPrefix(text, "#"), 10, 64)
	if len([]rune(text)) < 2 && numberErr != nil {
		return nil, errs.Invalid("text", "Type at least two characters.")
	}
	hits := []*SearchHit{}
	if numberErr == nil {
		o, err := f.Orders.Find(ctx, number, order.Selection{})
		if err != nil && !errs.Is(err, errs.Forbidden) {
			return nil, err
		}
		if o != nil {
			hits = append(hits, &SearchHit{
				Kind: "order", ID: o.ID, Label: fmt.Sprintf("#%d %s", o.ID, o.OwnerDisplayName), Detail: o.ResourceTypeDisplayName,
			})
		}
	}
	resources, err := f.resources(ctx, text)
	if err != nil {
		return nil, err
	}
	catalogue, err := f.catalogue(ctx, text)
	if err != nil {
		return nil, err
	}
	hits = append(append(hits, resources...), catalogue...)
	return hits[:min(len(hits), maxHits)], nil
}

// resources looks through all entity types that the caller may query.
func (f *Finder) resources(ctx context.Context, text string) ([]*SearchHit, error) {
	found, err := f.Directory.SearchAll(ctx, text, maxHits)
	if err != nil {
		return nil, err
	}
	shape, err := f.Directory.Shapes.Load(ctx, f.Directory.DB)
	if err != nil {
		return nil, err
	}
	hits := make([]*SearchHit, len(found))
	for i, r := range found {
		t := shape.EntityTypes[r.EntityTypeID]
		hits[i] = &SearchHit{Kind: t.Identifier, ID: r.ID, Label: r.DisplayName, Detail: t.DisplayName + " " + r.Key}
	}
	return hits, nil
}

// catalogue looks at the model in memory.
func (f *Finder) catalogue(ctx context.Context, text string) ([]*SearchHit, error) {
	if !permit.Find(ctx, permit.RoleModelQuery).Allowed() {
		return nil, nil
	}
	m, err := f.Model(ctx, f.Directory.DB)
	if err != nil {
		return nil, err
	}
	var hits []*SearchHit
	for _, r := range m.Source.Roles {
		if directory.Matches(text, r.DisplayName, r.Identifier) {
			hits = append(hits, &SearchHit{Kind: "role", ID: r.ID, Label: r.DisplayName, Detail: r.Identifier})
		}
	}
	for _, t := range m.Source.ResourceTypes {
		if directory.Matches(text, t.DisplayName, t.Identifier) {
			hits = append(hits, &SearchHit{Kind: "resource_type", ID: t.ID, Label: t.DisplayName, Detail: t.Identifier})
		}
	}
	slices.SortStableFunc(hits, func(a, b *SearchHit) int { return strings.Compare(a.Label, b.Label) })
	return hits, nil
}
