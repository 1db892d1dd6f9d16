package risk

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"

	"writ/server/assignment"
	"writ/server/db"
	"writ/server/event"
	"writ/server/rolemodel"
)

// EventScoreChanged is the kind of the events about scores.
const EventScoreChanged = "risk_score.changed"

// scoreLock is held by who computes scores: a second one waits and finds nothing to do.
const scoreLock = "risk_score"

// ScoreOptions of a computation of scores.
type ScoreOptions struct {
	Dirty bool // only people who have other risks than their score was made of; changed levels, and another way to make scores, wait for a complete one
}

// ScoreReport says what a computation of scores did.
type ScoreReport struct {
	Owners  int // who have a score
	Changed int // scores that came, went, or are others
	Over    int // risks of people that ended since they are deleted
	Freed   int // the same of what was kept back
}

// score is a score as it is or is to be.
type score struct {
	owner, entityType int64
	name              string // of the entity type
	id                int64  // of the row that it ends; 0: none
	had, value        int    // 0 and none: had is only for the event
	factor            int
	risks, levels     []int64
}

// ComputeScores makes of the levels of the risks that people have how dangerous they are (role-model 9.6), and ends what is left of risks that are deleted. What is the
// same is written nowhere; what changes keeps its past. Needs no right: a task calls it.
func (s *Service) ComputeScores(ctx context.Context, o ScoreOptions) (report ScoreReport, err error) {
	err = db.InTx(ctx, s.DB, func(ctx context.Context, tx bun.Tx) error {
		if _, err := tx.NewRaw(`select pg_advisory_xact_lock(hashtextextended(?, 0))`, scoreLock).Exec(ctx); err != nil {
			return err
		}
		m, err := s.Assignments.Model(ctx, tx)
		if err != nil {
			return err
		}
		now := s.Assignments.Clock.Now()
		if report.Over, report.Freed, err = s.Assignments.EndDeletedRisks(ctx, tx, m, now); err != nil {
			return err
		}
		list, err := otherScores(ctx, tx, m, o)
		if err != nil {
			return fmt.Errorf("compute scores: %w", err)
		}
		report.Changed = len(list)
		if err := writeScores(ctx, tx, m, list, now); err != nil {
			return fmt.Errorf("write scores: %w", err)
		}
		return tx.NewRaw(`select count(*) from risk_score where closed_at is null`).Scan(ctx, &report.Owners)
	})
	return report, err
}

// otherScores are those that are not what they should be.
func otherScores(ctx context.Context, tx bun.Tx, m *assignment.Model, o ScoreOptions) (list []*score, err error) {
	var risks, levels, types, factors []int64
	for _, r := range m.Source.Risks {
		risks, levels = append(risks, r.ID), append(levels, int64(r.Level))
	}
	for _, id := range slices.Sorted(maps.Keys(m.Shape.EntityTypes)) {
		if f := m.Source.RiskFactorOf(id); f != rolemodel.NoRiskScore {
			types, factors = append(types, id), append(factors, int64(f))
		}
	}
	same := `(o.score, o.factor, o.risk_ids, o.levels::bigint[]) is not distinct from (n.score, n.factor, n.risk_ids, n.levels)`
	if o.Dirty {
		same = `o.risk_ids is not distinct from n.risk_ids`
	}
	err = db.Select(ctx, tx, bun.SafeQuery(`
		with made as (
			select i.owner_id, w.entity_type_id, f.factor, case when f.factor = ?4 then max(k.level) else round(avg(k.level)) end::bigint as score,
				array_agg(k.risk_id order by k.risk_id) as risk_ids, array_agg(k.level order by k.risk_id) as levels
			from identified_risk i
			join unnest(?0::bigint[], ?1::bigint[]) k (risk_id, level) on k.risk_id = i.risk_id
			join resource w on w.id = i.owner_id and w.valid_to = 'infinity'
			join unnest(?2::bigint[], ?3::bigint[]) f (entity_type_id, factor) on f.entity_type_id = w.entity_type_id
			where i.closed_at is null group by i.owner_id, w.entity_type_id, f.factor)
		select coalesce(n.owner_id, o.owner_id), coalesce(n.entity_type_id, o.entity_type_id), (select t.identifier from entity_type t where t.id = coalesce(n.entity_type_id, o.entity_type_id)),
			coalesce(o.id, 0), coalesce(o.score, 0), coalesce(n.score, 0), coalesce(n.factor, 0), coalesce(n.risk_ids, '{}'), coalesce(n.levels, '{}')
		from made n full join (select * from risk_score where closed_at is null) o on o.owner_id = n.owner_id
		where n.owner_id is null or o.owner_id is null or not `+same+` order by 1`,
		pgdialect.Array(risks), pgdialect.Array(levels), pgdialect.Array(types), pgdialect.Array(factors), rolemodel.HighestRiskLevel), func(r *db.Row) error {
		list = append(list, &score{owner: r.Int(), entityType: r.Int(), name: r.Text(), id: r.Int(), had: int(r.Int()), value: int(r.Int()), factor: int(r.Int()), risks: r.Ints(), levels: r.Ints()})
		return nil
	})
	return list, err
}

// writeScores ends what was and begins what is, and tells of it.
func writeScores(ctx context.Context, tx bun.Tx, m *assignment.Model, list []*score, now time.Time) error {
	var over []int64
	var rows [][]any
	var events []event.Event
	for _, x := range list {
		if x.id != 0 {
			over = append(over, x.id)
		}
		data := map[string]any{"before": nil, "score": nil}
		if x.id != 0 {
			data["before"] = x.had
		}
		if len(x.risks) > 0 {
			data["score"] = x.value
			names := make([]string, len(x.risks))
			for n, id := range x.risks {
				names[n] = m.Risk(id).DisplayName
			}
			rows = append(rows, []any{x.owner, x.entityType, x.value, x.factor, x.risks, names, x.levels, now})
		}
		events = append(events, event.Event{Kind: EventScoreChanged, SubjectType: "resource", SubjectID: x.owner, OwnerID: x.owner, SourceEntityType: x.name, Data: data})
	}
	if len(over) > 0 {
		if _, err := tx.NewRaw(`update risk_score set closed_at = ? where id = any (?)`, now, pgdialect.Array(over)).Exec(ctx); err != nil {
			return err
		}
	}
	if err := db.CopyIn(ctx, tx, "risk_score", []string{"owner_id", "entity_type_id", "score", "factor", "risk_ids", "names", "levels", "computed_at"}, slices.Values(rows)); err != nil {
		return err
	}
	return event.Publish(ctx, tx, now, events...)
}

// ForgetScores drops scores that ended before an instant.
func (s *Service) ForgetScores(ctx context.Context, before time.Time) error {
	if _, err := db.InPortions(ctx, s.DB, `delete from risk_score where ctid = any (array (select ctid from risk_score where closed_at < ? order by closed_at limit 5000 for update skip locked))`, before); err != nil {
		return fmt.Errorf("drop old scores: %w", err)
	}
	return nil
}

// RiskScorePart is one risk of a score.
type RiskScorePart struct {
	Risk  *Risk // nil: it is deleted
	Name  string
	Level int     // as it was when the score was made
	Adds  float64 // how much of the score it is; all of them together are the score, before it is rounded
}

// parts tells what each risk adds, the most dangerous first. Of the highest level it is the first one, and the others add nothing.
func parts(factor rolemodel.RiskFactor, risks, levels []int64, names []string, known func(id int64) *Risk) []*RiskScorePart {
	out, order := make([]*RiskScorePart, len(risks)), make([]int, len(risks))
	for n := range order {
		order[n] = n
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Or(cmp.Compare(levels[b], levels[a]), cmp.Compare(names[a], names[b])) })
	for at, n := range order {
		out[at] = &RiskScorePart{Risk: known(risks[n]), Name: names[n], Level: int(levels[n])}
		switch {
		case factor == rolemodel.MeanRiskLevel:
			out[at].Adds = float64(levels[n]) / float64(len(risks))
		case at == 0:
			out[at].Adds = float64(levels[n])
		}
	}
	return out
}
