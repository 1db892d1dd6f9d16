package order

import (
	"context"
	"fmt"

	"github.com/uptrace/bun"

	"writ/server/db"
	"writ/server/errs"
	"writ/server/page"
	"writ/server/permit"
)

// GenerationPreview is what a generation would publish now (spec 8.3.2).
type GenerationPreview struct {
	Counts  []TypeCount
	Blocked []Exceeded
	Held    map[string]int
	Orders  *OrderConnection
}

// Preview shows what Generate would do, writing nothing: the page of a blocked job. It needs OrderQuery on the orders of everybody, since its
// numbers are theirs.
func (s *Service) Preview(ctx context.Context, in GenerateInput, args page.Args) (*GenerationPreview, error) {
	scope, err := permit.Require(ctx, permit.OrderQuery)
	if err != nil {
		return nil, err
	}
	if !scope.OfOwners().Everything() {
		return nil, errs.New(errs.Forbidden, "Your permission %s does not open the orders of everybody, and this counts all of them.", permit.OrderQuery)
	}
	var p *generationPlan
	err = db.InTx(ctx, s.DB, func(ctx context.Context, tx bun.Tx) error {
		var err error
		p, err = s.planGeneration(ctx, tx, in, false)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("preview the generation: %w", err)
	}
	ids := make([]int64, len(p.pass))
	for i, c := range p.pass {
		ids[i] = c.ID
	}
	orders, err := s.List(ctx, args, &OrderFilter{ids: orEmpty(ids)}, nil, Selection{All: true})
	if err != nil {
		return nil, err
	}
	v := &GenerationPreview{Counts: p.sortedCounts(), Blocked: p.blocked, Held: map[string]int{}, Orders: orders}
	for reason, list := range p.hold {
		v.Held[reason] = len(list)
	}
	return v, nil
}
