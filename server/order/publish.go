package order

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"

	"writ/server/db"
	"writ/server/evaluation"
	"writ/server/event"
	"writ/server/queue"
)

// publish writes the plan.
func (s *Service) publish(ctx context.Context, tx bun.Tx, in GenerateInput, p *generationPlan) (*Generation, error) {
	g := &Generation{At: p.now, Held: map[string]int{}, Blocked: p.blocked, Counts: p.sortedCounts()}
	for reason, list := range p.hold {
		g.Held[reason] = len(list)
	}
	if len(p.pass) == 0 && len(p.hold) == 0 {
		return g, nil
	}
	reasons := map[string][]int64{}
	for reason, list := range p.hold {
		for _, c := range list {
			if c.WaitReason != reason {
				reasons[reason] = append(reasons[reason], c.ID)
			}
		}
	}
	isNew := false
	if len(p.blocked) > 0 && in.Continuous {
		for _, c := range p.pass {
			if c.WaitReason != string(evaluation.WaitThreshold) {
				reasons[string(evaluation.WaitThreshold)] = append(reasons[string(evaluation.WaitThreshold)], c.ID)
			}
		}
		isNew = len(reasons[string(evaluation.WaitThreshold)]) > 0
	}
	for _, reason := range slices.Sorted(maps.Keys(reasons)) {
		if err := holdBack(ctx, tx, p.now, reason, reasons[reason]); err != nil {
			return nil, err
		}
	}
	if len(p.blocked) > 0 {
		if in.Continuous && !isNew { // told before
			return g, nil
		}
		if err := insertGeneration(ctx, tx, in, p, g); err != nil {
			return nil, err
		}
		if in.Continuous {
			return g, event.Publish(ctx, tx, p.now, event.Event{Kind: EventGenerationBlocked, SubjectType: "generation", SubjectID: g.ID,
				Data: map[string]any{"blocked": p.blocked, "counts": g.Counts}})
		}
		return g, nil
	}
	if len(p.pass) == 0 {
		return g, nil
	}
	g.Generated = len(p.pass)
	if err := insertGeneration(ctx, tx, in, p, g); err != nil {
		return nil, err
	}
	if err := s.releaseAll(ctx, tx, in, p, g); err != nil {
		return nil, err
	}
	return g, p.together(ctx, tx)
}

// releaseAll releases what passed: together, or with those put aside that cannot be stored.
func (s *Service) releaseAll(ctx context.Context, tx bun.Tx, in GenerateInput, p *generationPlan, g *Generation) error {
	release := func(tx bun.Tx, part []candidate) error { return s.release(ctx, tx, in, p, g, part) }
	if !p.apart {
		return release(tx, p.pass)
	}
	return db.ApartIn(ctx, tx, p.pass, release, func(tx bun.Tx, c candidate, cause error) error {
		s.Log.ErrorContext(ctx, "order cannot be published", "order", c.ID, "error", cause)
		g.Generated--
		return s.putAside(ctx, tx, p.now, c.ID, "The order cannot be stored: "+cause.Error())
	})
}

// putAside moves what an order would send to Error, with the reason. An order of which not even that can be stored stays as it is, and is tried
// again with the next generation.
func (s *Service) putAside(ctx context.Context, tx bun.Tx, now time.Time, id int64, why string) error {
	err := db.Inside(ctx, tx, func(ctx context.Context, tx bun.Tx) error {
		var lines []int64
		if err := tx.NewRaw(`select id from order_line where order_id = ? and closed_at is null and state = ? order by id`, id, evaluation.Pending).Scan(ctx, &lines); err != nil {
			return err
		}
		moves := make([]Move, len(lines))
		for i, l := range lines {
			moves[i] = Move{LineID: l, Error: db.Clip(why, 1000)}
		}
		_, err := Apply(ctx, tx, now, Fail, moves...)
		return err
	})
	if err != nil && db.IsOfData(err) {
		s.Log.ErrorContext(ctx, "order cannot be put aside", "order", id, "error", err)
		return nil
	}
	return err
}

// release marks the orders as generated, with the connection their resource type has now.
func (s *Service) release(ctx context.Context, tx bun.Tx, in GenerateInput, p *generationPlan, g *Generation, pass []candidate) error {
	type published struct {
		ID         int64  `json:"id"`
		Connection *int64 `json:"connection"`
		Connector  *int64 `json:"connector"`
		IsManual   bool   `json:"is_manual"`
	}
	rows := make([]published, len(pass))
	t := newTurn(ctx, p.now)
	var connections []int64
	for i, c := range pass {
		r := p.routes[c.ResourceTypeID]
		rows[i] = published{c.ID, r.ConnectionID, r.ConnectorID, r.IsManual}
		t.orders[c.ID] = &touched{before: new(c.State), action: Generate}
		t.remark(c.ID, Generate, evaluation.Pending, "")
		if in.departed || r.Mode == continuous && in.JobInstanceID == 0 {
			connections = append(connections, number(r.ConnectionID))
		}
	}
	raw, err := json.Marshal(rows)
	if err != nil {
		return fmt.Errorf("write generated orders: %w", err)
	}
	_, err = tx.NewRaw(`update provisioning_order o set generated_at = ?0, generation_id = ?1, job_instance_id = ?2, wait_reason = 'none',
			connection_id = g.connection, connector_id = g.connector, is_manual = case when `+evaluation.SQLTransmitted+` = any(o.states) then o.is_manual else g.is_manual end,
			not_before = null, tries = 0, swap_id = null
		from json_to_recordset(?3) as g (id bigint, connection bigint, connector bigint, is_manual boolean) where o.id = g.id`,
		stamp(p.now), g.ID, optional(in.JobInstanceID), string(raw)).Exec(ctx)
	if err != nil {
		return fmt.Errorf("publish orders: %w", err)
	}
	if _, err := t.commit(ctx, tx); err != nil {
		return err
	}
	for _, id := range distinct(connections) {
		if err := queue.Insert(ctx, tx, DispatchArgs{ConnectionID: id, Job: in.departed}, nil); err != nil {
			return err
		}
	}
	return nil
}

// holdBack tells orders why they wait.
func holdBack(ctx context.Context, tx bun.Tx, now time.Time, reason string, ids []int64) error {
	if len(ids) == 0 {
		return nil
	}
	_, err := tx.NewRaw(`update provisioning_order set wait_reason = ? where id = any(?)`, reason, pgdialect.Array(ids)).Exec(ctx)
	if err != nil {
		return fmt.Errorf("hold orders back: %w", err)
	}
	t := newTurn(ctx, now)
	for _, id := range ids {
		t.orders[id] = &touched{before: new(evaluation.Pending), action: HoldBack}
		t.remark(id, HoldBack, evaluation.Pending, reason)
	}
	_, err = t.commit(ctx, tx)
	return err
}

func insertGeneration(ctx context.Context, tx bun.Tx, in GenerateInput, p *generationPlan, g *Generation) error {
	counts, err := json.Marshal(g.Counts)
	if err != nil {
		return fmt.Errorf("write counts: %w", err)
	}
	var blocked *string
	if len(p.blocked) > 0 {
		raw, err := json.Marshal(p.blocked)
		if err != nil {
			return fmt.Errorf("write thresholds: %w", err)
		}
		blocked = new(string(raw))
	}
	err = tx.NewRaw(`insert into generation (at, job_instance_id, resource_type_ids, is_forced, blocked, counts)
		values (?, ?, ?, ?, ?::jsonb, ?::jsonb) returning id`, stamp(p.now), optional(in.JobInstanceID),
		pgdialect.Array(slices.Sorted(maps.Keys(p.routes))), in.Force, blocked, string(counts)).Scan(ctx, &g.ID)
	if err != nil {
		return fmt.Errorf("note the generation: %w", err)
	}
	return nil
}
