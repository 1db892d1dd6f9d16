package synchronization

import (
	"context"
	"fmt"

	"writ/server/permit"
	"writ/server/system"
)

// Condition is how a connector does: what its readings found, and the health that follows.
type Condition struct {
	Health        system.Health
	HealthMessage string    // why it is not OK; empty otherwise
	RowsToMend    int       // rows of it that were set aside
	Unmatched     int       // records of it that cannot be matched with an owner
	Blocked       *Delivery // waits for a person; nil: none does
}

// Conditions tells how connectors do, by id, as far as the caller's ConnectorQuery goes: in a rule about an entity type what is said and counted is of
// its resources, inside its filters. A fixed number of statements. The caller has checked the right to the connectors.
func (s *Service) Conditions(ctx context.Context, connectorIDs []int64) (map[int64]*Condition, error) {
	scope := permit.Find(ctx, permit.ConnectorQuery)
	connectors, err := system.FindMany(ctx, s.DB, connectorIDs)
	if err != nil {
		return nil, err
	}
	var newest []*Delivery // of each connector the blocked one and the last one that ended
	err = s.DB.NewSelect().Model(&newest).Where(`y.id in (
		select distinct on (connector_id, state = 'BLOCKED') id from delivery
		where connector_id = any (?) and state in ('BLOCKED', 'APPLIED', 'FAILED') order by connector_id, state = 'BLOCKED', id desc)`, array(connectorIDs)).Order("y.id").Scan(ctx)
	if err != nil {
		return nil, fmt.Errorf("read newest deliveries: %w", err)
	}
	blocked, last := map[int64]*Delivery{}, map[int64]*Delivery{}
	for _, d := range seen(scope, newest) {
		if d.State == Blocked {
			blocked[d.ConnectorID] = d
		} else {
			last[d.ConnectorID] = d
		}
	}
	mend, err := s.countToMend(ctx, scope, connectorIDs)
	if err != nil {
		return nil, fmt.Errorf("count the rows to mend: %w", err)
	}
	unmatched, err := s.unmatched(ctx, scope)
	if err != nil {
		return nil, fmt.Errorf("count what cannot be matched: %w", err)
	}
	found := make(map[int64]*Condition, len(connectors))
	for _, c := range connectors {
		f := system.Facts{RowsToMend: mend[c.ID]}
		if d := last[c.ID]; d != nil {
			f.WasRead = true
			if d.State == Failed {
				f.Failed = d.Error
			}
		}
		if d := blocked[c.ID]; d != nil {
			for _, e := range d.Blocked {
				f.Blocked = append(f.Blocked, e.String())
			}
			if len(d.Blocked) == 0 {
				f.Blocked = []string{notYours}
			}
		}
		if u := unmatched[c.ID]; u != nil {
			f.Unmatched, f.WhyUnmatched = u.N, u.Message
		}
		health, message := c.Judge(f)
		found[c.ID] = &Condition{Health: health, HealthMessage: message, RowsToMend: f.RowsToMend, Unmatched: f.Unmatched, Blocked: blocked[c.ID]}
	}
	return found, nil
}
