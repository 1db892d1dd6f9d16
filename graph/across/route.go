package across

import (
	"context"
	"maps"
	"slices"

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
	of, err := r.Systems.ConnectorsOf(ctx, connectionIDs)
	if err != nil {
		return nil, err
	}
	ids := slices.Compact(slices.Sorted(maps.Values(of)))
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
	routes := make(map[int64]*Route, len(of))
	for connection, connector := range of {
		routes[connection] = &Route{Connector: shown[connector], IsManual: manual[connection]}
	}
	return routes, nil
}
