package order

import (
	"context"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"writ/server/db"
	"writ/server/directory"
	"writ/server/errs"
	"writ/server/evaluation"
	"writ/server/permit"
)

// Counters are the live numbers of the home page, in the caller's scope.
type Counters struct {
	People          int
	OrdersByState   []StateCount
	ToReview        int
	Manual          int
	Errored         int
	Held            []int64 // connectors whose orders a limit holds outside of runs, for those who may decide about it
	RunningJobs     int     // this and the next two are not filled in here: what jobs and synchronizations know, who shows them adds
	BlockedRuns     int
	BlockedSystems  int
	ReviewTiles     []TileCount
	ManualTiles     []TileCount
	OldestWaitingAt *time.Time
}

// StateCount counts open orders in a state; for VERIFIED those verified in the last 24 hours.
type StateCount struct {
	State ProvisioningState
	Count int
}

// TileCount counts what waits, per source entity type.
type TileCount struct {
	EntityType  string
	DisplayName string
	Count       int
}

// FlowEdge counts moves between two states; From is nil for lines that entered.
type FlowEdge struct {
	From  *ProvisioningState
	To    ProvisioningState
	Count int
}

// HourCount counts what happened to orders in the hour that begins at At.
type HourCount struct {
	At       time.Time
	Created  int
	Executed int
	Verified int
	Errored  int
}

// ErrorGroup counts errored orders with the same cause.
type ErrorGroup struct {
	Class        ErrorClass
	Message      string
	Count        int
	ResourceType string
	Connector    *string
}

// Counters counts what the caller may see: all zero for somebody without any permission on orders.
func (s *Service) Counters(ctx context.Context) (*Counters, error) {
	if err := permit.SignedIn(ctx); err != nil {
		return nil, err
	}
	c := &Counters{OrdersByState: []StateCount{}, ReviewTiles: []TileCount{}, ManualTiles: []TileCount{}}
	err := inSnapshot(ctx, s.DB, func(ctx context.Context, tx bun.Tx) error {
		shape, err := s.shape(ctx, tx)
		if err != nil {
			return err
		}
		if err := countStates(ctx, tx, shape, c, s.Clock.Now()); err != nil {
			return err
		}
		if err := countTiles(ctx, tx, shape, c); err != nil {
			return err
		}
		if err := countPeople(ctx, tx, shape, c); err != nil {
			return err
		}
		return countHeld(ctx, tx, c)
	})
	if err != nil {
		return nil, err
	}
	return c, nil
}

// countHeld finds the systems whose orders a limit holds outside of runs, for those who may decide about it.
func countHeld(ctx context.Context, tx bun.Tx, c *Counters) error {
	if !permit.May(ctx, permit.JobUpdate, permit.ConnectorUpdate) {
		return nil
	}
	if err := tx.NewRaw(`select distinct n.connector_id from provisioning_order o join resource_type t on t.id = o.resource_type_id join connection n on n.id = t.connection_id
		where o.generated_at is null and o.has_pending and o.closed_at is null and o.wait_reason = ?`, string(evaluation.WaitThreshold)).Scan(ctx, &c.Held); err != nil {
		return fmt.Errorf("find the systems whose orders a limit holds: %w", err)
	}
	return nil
}

// countPeople counts the owners that the caller may see: the resources of every entity type that is the source of a resource type.
func countPeople(ctx context.Context, tx bun.Tx, shape *directory.Shape, c *Counters) error {
	var sources []int64
	if err := tx.NewRaw(`select distinct source_entity_type_id from resource_type order by 1`).Scan(ctx, &sources); err != nil {
		return fmt.Errorf("read the source entity types: %w", err)
	}
	var may []condition
	for _, id := range sources {
		if scope, err := directory.MayRead(ctx, shape.EntityTypes[id].Identifier); err == nil {
			may = append(may, bun.SafeQuery("(r.entity_type_id = ? and ?)", id, directory.Rows(shape, id, "r", scope)))
		}
	}
	if len(may) == 0 {
		return nil
	}
	if err := tx.NewRaw(`select count(*) from resource r where r.valid_to = 'infinity' and ?`, db.AnyOf(may...)).Scan(ctx, &c.People); err != nil {
		return fmt.Errorf("count people: %w", err)
	}
	return nil
}

func countStates(ctx context.Context, tx bun.Tx, shape *directory.Shape, c *Counters, now time.Time) error {
	counts := map[State]int{}
	if may, err := visible(ctx, shape); err == nil {
		var rows []struct {
			State State
			N     int
		}
		err = tx.NewRaw(`select o.state, count(*) as n from provisioning_order o left join resource w on w.id = o.owner_id
			where ? and (o.closed_at is null or o.state = `+evaluation.SQLVerified+` and o.updated_at > ? and o.verified_at > ?) group by 1`,
			may, stamp(now.Add(-24*time.Hour)), stamp(now.Add(-24*time.Hour))).Scan(ctx, &rows)
		if err != nil {
			return fmt.Errorf("count orders: %w", err)
		}
		for _, r := range rows {
			counts[r.State] = r.N
		}
	}
	for i, name := range stateNames {
		c.OrdersByState = append(c.OrdersByState, StateCount{State: name, Count: counts[State(i)]})
	}
	return nil
}

// countTiles counts what waits for the caller: reviews, errors and tickets, per source entity type.
func countTiles(ctx context.Context, tx bun.Tx, shape *directory.Shape, c *Counters) error {
	review, _ := perType(ctx, shape, permit.ReviewProvisioning)
	manual, _ := perType(ctx, shape, permit.ManualProvisioning)
	var rows []struct {
		EntityTypeID int64
		ToReview     int
		Errored      int
		Manual       int
		Oldest       *time.Time
	}
	err := tx.NewRaw(`select entity_type_id, count(*) filter (where for_review and not is_errored) as to_review,
			count(*) filter (where for_review and is_errored) as errored, count(*) filter (where for_operator) as manual, min(since) as oldest
		from (select o.source_entity_type_id as entity_type_id, o.needs_review and ?0 as for_review, `+evaluation.SQLErrored+` = any(o.states) as is_errored,
				o.has_ticket and ?1 as for_operator, case when o.has_ticket then o.transmitted_at else o.updated_at end as since
			from provisioning_order o left join resource w on w.id = o.owner_id
			where o.needs_review or o.has_ticket) x
		where for_review or for_operator group by 1`, review, manual).Scan(ctx, &rows)
	if err != nil {
		return fmt.Errorf("count what waits: %w", err)
	}
	for _, r := range rows {
		c.ToReview, c.Errored, c.Manual = c.ToReview+r.ToReview, c.Errored+r.Errored, c.Manual+r.Manual
		if r.Oldest != nil && (c.OldestWaitingAt == nil || r.Oldest.Before(*c.OldestWaitingAt)) {
			c.OldestWaitingAt = r.Oldest
		}
	}
	for _, t := range sortedTypes(shape) {
		for _, r := range rows {
			if r.EntityTypeID != t.ID {
				continue
			}
			if r.ToReview > 0 {
				c.ReviewTiles = append(c.ReviewTiles, TileCount{t.Identifier, t.DisplayName, r.ToReview})
			}
			if r.Manual > 0 {
				c.ManualTiles = append(c.ManualTiles, TileCount{t.Identifier, t.DisplayName, r.Manual})
			}
		}
	}
	return nil
}

// Flow counts the moves between states in the last hour, of the orders the caller may see.
func (s *Service) Flow(ctx context.Context) ([]*FlowEdge, error) {
	var rows []struct {
		FromState *State
		ToState   State
		N         int
	}
	err := s.seeing(ctx, func(ctx context.Context, tx bun.Tx, may condition) error {
		return tx.NewRaw(`select h.from_state, h.to_state, sum(cardinality(h.line_ids)) as n
			from order_line_history h join provisioning_order o on o.id = h.order_id left join resource w on w.id = o.owner_id
			where h.at > ? and h.to_state is not null and h.from_state is distinct from h.to_state and ? group by 1, 2 order by 1 nulls first, 2`,
			stamp(s.Clock.Now().Add(-time.Hour)), may).Scan(ctx, &rows)
	})
	if err != nil {
		return nil, fmt.Errorf("count moves: %w", err)
	}
	edges := make([]*FlowEdge, len(rows))
	for i, r := range rows {
		edges[i] = &FlowEdge{From: nameOf(r.FromState), To: NameOf(r.ToState), Count: r.N}
	}
	return edges, nil
}

// PerHour counts what happened to orders in each of the last hours, oldest first. hours: 1 to 168, nil = 24.
func (s *Service) PerHour(ctx context.Context, hours *int) ([]*HourCount, error) {
	n := 24
	if hours != nil {
		n = *hours
	}
	if n < 1 || n > 168 {
		return nil, errs.Invalid("hours", "hours must be between 1 and 168, got %d.", n)
	}
	last := s.Clock.Now().Truncate(time.Hour)
	list := make([]*HourCount, n)
	for i := range list {
		list[i] = &HourCount{At: last.Add(-time.Duration(n-1-i) * time.Hour)}
	}
	var rows []struct {
		At                                   time.Time
		Created, Executed, Verified, Errored int
	}
	err := s.seeing(ctx, func(ctx context.Context, tx bun.Tx, may condition) error {
		return tx.NewRaw(`select date_trunc('hour', h.at, 'UTC') as at,
				count(distinct h.order_id) filter (where h.from_state is null and h.at = o.created_at) as created,
				count(distinct h.order_id) filter (where h.to_state = `+evaluation.SQLExecuted+`) as executed,
				count(distinct h.order_id) filter (where h.to_state = `+evaluation.SQLVerified+`) as verified,
				count(distinct h.order_id) filter (where h.to_state = `+evaluation.SQLErrored+`) as errored
			from order_line_history h join provisioning_order o on o.id = h.order_id left join resource w on w.id = o.owner_id
			where h.at >= ? and h.from_state is distinct from h.to_state and ? group by 1`, stamp(list[0].At), may).Scan(ctx, &rows)
	})
	if err != nil {
		return nil, fmt.Errorf("count per hour: %w", err)
	}
	for _, r := range rows {
		if i := int(r.At.Sub(list[0].At) / time.Hour); i >= 0 && i < n {
			list[i].Created, list[i].Executed, list[i].Verified, list[i].Errored = r.Created, r.Executed, r.Verified, r.Errored
		}
	}
	return list, nil
}

// ErrorGroups groups the errored orders by cause, the most frequent first, at most a hundred.
func (s *Service) ErrorGroups(ctx context.Context) ([]*ErrorGroup, error) {
	groups := []*ErrorGroup{}
	err := s.seeing(ctx, func(ctx context.Context, tx bun.Tx, may condition) error {
		return tx.NewRaw(`select o.error_class as class, coalesce(o.error_message, '') as message, count(*) as count, t.identifier as resource_type,
				c.identifier as connector
			from `+orders.Tables(may, "t.", "c.")+`
			where o.error_class is not null and o.closed_at is null and `+evaluation.SQLErrored+` = any(o.states) and ?
			group by 1, 2, 4, 5 order by 3 desc, 1, 2, 4 limit 100`, may).Scan(ctx, &groups)
	})
	if err != nil {
		return nil, fmt.Errorf("group errors: %w", err)
	}
	return groups, nil
}

// seeing runs a query with the condition that leaves what the caller may see.
func (s *Service) seeing(ctx context.Context, fn func(ctx context.Context, tx bun.Tx, may condition) error) error {
	return inSnapshot(ctx, s.DB, func(ctx context.Context, tx bun.Tx) error {
		shape, err := s.shape(ctx, tx)
		if err != nil {
			return err
		}
		may, err := visible(ctx, shape)
		if err != nil {
			return err
		}
		return fn(ctx, tx, may)
	})
}
