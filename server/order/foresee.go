package order

import (
	"context"

	"github.com/uptrace/bun"

	"writ/server/evaluation"
)

// Way is how the orders of a resource type are carried out.
type Way struct {
	System, SystemName string // identifier and name of the connector; empty: none
	IsManual           bool   // by a person, with a ticket
}

// Ways gives how the orders of resource types would be carried out, by the configuration that db shows.
func (s *Service) Ways(ctx context.Context, db bun.IDB) (map[int64]Way, error) {
	routes, err := s.scanRoutes(ctx, db, sqlRoutes)
	if err != nil {
		return nil, err
	}
	var names []struct{ Identifier, DisplayName string }
	if err := db.NewRaw(`select identifier, display_name from connector`).Scan(ctx, &names); err != nil {
		return nil, err
	}
	nameOf := make(map[string]string, len(names))
	for _, n := range names {
		nameOf[n.Identifier] = n.DisplayName
	}
	out := make(map[int64]Way, len(routes))
	for id, r := range routes {
		out[id] = Way{System: r.Connector, SystemName: nameOf[r.Connector], IsManual: r.IsManual}
	}
	return out, nil
}

// WouldExceed compares orders that somebody thinks of, by resource type and what they do, with the limits that tx shows: the same rule that stops a
// generation. They count as one run.
func (s *Service) WouldExceed(ctx context.Context, tx bun.Tx, orders map[int64]map[evaluation.OrderKind]int) ([]TypeCount, []Exceeded, error) {
	p := &generationPlan{now: s.Clock.Now(), counts: map[int64]*TypeCount{}}
	var err error
	if p.routes, err = s.scanRoutes(ctx, tx, sqlRoutes); err != nil {
		return nil, nil, err
	}
	for id, kinds := range orders {
		r := p.routes[id]
		if r == nil {
			continue
		}
		for kind, n := range kinds {
			change := "update"
			switch kind {
			case evaluation.Create:
				change = "insert"
			case evaluation.Delete:
				change = "delete"
			}
			p.count(r, change, n)
		}
	}
	if err := s.countBase(ctx, tx, p, GenerateInput{}); err != nil {
		return nil, nil, err
	}
	return p.sortedCounts(), s.exceeded(p), nil
}
