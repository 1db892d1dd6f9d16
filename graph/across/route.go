package across

import (
	"context"
	"fmt"

	"github.com/uptrace/bun"

	"writ/server/permit"
	"writ/server/synchronization"
	"writ/server/system"
)

// Route is the way of a connection to its system.
type Route struct {
	Connector *system.Connector
	IsManual  bool
}

// Routes finds connectors for lists that show them beside something else.
type Routes struct {
	DB       *bun.DB
	Systems  *system.Service
	Readings *synchronization.Service
}

// GetMany gives connectors by id, reduced to what everybody may see of them (Shown).
func (r *Routes) GetMany(ctx context.Context, ids []int64) (map[int64]*system.Connector, error) {
	found, err := r.Systems.GetMany(ctx, ids)
	for id, c := range found {
		found[id] = c.Shown(ctx)
	}
	return found, err
}

// Conditions tells how connectors do, by id; without permit.ConnectorQuery only their health, and not why.
func (r *Routes) Conditions(ctx context.Context, ids []int64) (map[int64]*synchronization.Condition, error) {
	found, err := r.Readings.Conditions(ctx, ids)
	if err != nil || permit.Find(ctx, permit.ConnectorQuery).Allowed() {
		return found, err
	}
	for id, c := range found {
		found[id] = &synchronization.Condition{Health: c.Health}
	}
	return found, nil
}

// ByConnection gives the routes of connections.
func (r *Routes) ByConnection(ctx context.Context, connectionIDs []int64) (map[int64]*Route, error) {
	var rows []struct{ ID, ConnectorID int64 }
	err := r.DB.NewSelect().TableExpr("connection").Column("id", "connector_id").Where("id IN (?)", bun.List(connectionIDs)).Scan(ctx, &rows)
	if err != nil {
		return nil, fmt.Errorf("find the connectors of connections: %w", err)
	}
	ids := make([]int64, len(rows))
	for i, row := range rows {
		ids[i] = row.ConnectorID
	}
	connectors, err := r.Systems.GetMany(ctx, ids)
	if err != nil {
		return nil, err
	}
	manual := map[int64]bool{}
	for _, c := range connectors {
		for _, k := range c.Connections {
			manual[k.ID] = k.IsManual
		}
	}
	shown, err := r.GetMany(ctx, ids)
	if err != nil {
		return nil, err
	}
	routes := make(map[int64]*Route, len(rows))
	for _, row := range rows {
		routes[row.ID] = &Route{Connector: shown[row.ConnectorID], IsManual: manual[row.ID]}
	}
	return routes, nil
}

// Deliveries gives the newest synchronizations of connectors. Needs permit.ConnectorQuery.
func (r *Routes) Deliveries(ctx context.Context, connectorIDs []int64, first int) (map[int64][]*synchronization.Delivery, error) {
	if _, err := permit.Require(ctx, permit.ConnectorQuery); err != nil {
		return nil, err
	}
	return r.Readings.Deliveries(ctx, connectorIDs, first)
}
