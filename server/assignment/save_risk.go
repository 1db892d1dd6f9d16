package assignment

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/uptrace/bun"

	"writ/server/db"
	"writ/server/evaluation"
	"writ/server/event"
)

// Kinds of the events about risks.
const (
	EventRiskIdentified = "risk.identified" // a computation finds that somebody has it
	EventRiskOver       = "risk.over"       // it does not any more, or the risk is deleted
	EventRiskAttached   = "risk.attached"   // a person says that somebody has it
	EventRiskDetached   = "risk.detached"   // a person takes that back
)

// riskRow is a risk that somebody has, on its way into the table.
type riskRow struct {
	ID           int64           `json:"id"`
	Owner        int64           `json:"owner_id"`
	Risk         int64           `json:"risk_id"`
	Rule         string          `json:"rule"`
	Start        *time.Time      `json:"start_date"`
	End          *time.Time      `json:"end_date"`
	Contributors json.RawMessage `json:"contributors"`

	had        evaluation.Exposure // without a rule: nothing computed
	isAttached bool                // a person says so, too
}

// stays reports whether a row is open though nothing is computed any more: a person attached a risk that there still is to somebody who is still there.
func (w *saver) stays(row *riskRow) bool {
	return row.isAttached && w.m.Risk(row.Risk) != nil && !w.owners[row.Owner].Resource.Gone
}

// risks keeps which risks the computed owners have (role-model 9.5): what is new is opened, what is over closed, what is the same written nowhere. What a person
// attached stays open until somebody detaches it; a computation only says whether it holds as well.
func (w *saver) risks() error {
	open := map[[2]int64]*riskRow{}
	if err := db.Select(w.ctx, w.tx, bun.SafeQuery(`select id, owner_id, risk_id, rule, start_date, end_date, contributors, attached_at is not null from identified_risk
		where owner_id = any (?) and closed_at is null`, ids(w.changedIDs())), func(r *db.Row) error {
		row := &riskRow{ID: r.Int(), Owner: r.Int(), Risk: r.Int()}
		row.had = evaluation.Exposure{RiskID: row.Risk, Rule: r.Text(), From: instant(r), To: instant(r)}
		if err := json.Unmarshal(r.Bytes(), &row.had.Contributors); err != nil {
			return fmt.Errorf("contributors of the risk %d: %w", row.ID, err)
		}
		row.isAttached = r.Bool()
		open[[2]int64{row.Owner, row.Risk}] = row
		return nil
	}); err != nil {
		return err
	}
	var fresh, changed, seen, unseen []*riskRow
	for _, r := range w.changed {
		for _, x := range r.Exposures {
			row := &riskRow{Owner: r.OwnerID, Risk: x.RiskID, Rule: x.Rule, Start: x.From, End: x.To, Contributors: jsonb(x.Contributors)}
			at := [2]int64{r.OwnerID, x.RiskID}
			was := open[at]
			delete(open, at)
			switch {
			case was == nil:
				fresh = append(fresh, row)
			case was.had.Rule != x.Rule || !sameInstant(was.had.From, x.From) || !sameInstant(was.had.To, x.To) || !slices.EqualFunc(was.had.Contributors, x.Contributors, evaluation.Contributor.Same):
				row.ID = was.ID
				changed = append(changed, row)
				if was.had.Rule == "" {
					seen = append(seen, row)
				}
			}
		}
	}
	over := make([]*riskRow, 0, len(open))
	for _, row := range slices.SortedFunc(maps.Values(open), func(a, b *riskRow) int { return cmp.Compare(a.ID, b.ID) }) {
		switch {
		case !w.stays(row):
			over = append(over, row)
		case row.had.Rule != "":
			row.Contributors = jsonb([]evaluation.Contributor{})
			changed, unseen = append(changed, row), append(unseen, row)
		}
	}
	if err := w.openRisks(fresh); err != nil {
		return err
	}
	if len(changed) > 0 {
		if _, err := w.tx.NewRaw(`update identified_risk i set rule = r.rule, start_date = r.start_date, end_date = r.end_date, contributors = r.contributors
			from jsonb_to_recordset(?::jsonb) r (id bigint, rule text, start_date timestamptz, end_date timestamptz, contributors jsonb) where i.id = r.id`, string(jsonb(changed))).Exec(w.ctx); err != nil {
			return err
		}
	}
	if len(over) > 0 {
		gone := make([]int64, len(over))
		for i, row := range over {
			gone[i] = row.ID
		}
		if _, err := w.tx.NewRaw(`update identified_risk set closed_at = ? where id = any (?)`, w.now, ids(gone)).Exec(w.ctx); err != nil {
			return err
		}
	}
	return w.tellRisks(append(seen, fresh...), append(unseen, over...))
}

func (w *saver) openRisks(fresh []*riskRow) error {
	if len(fresh) == 0 {
		return nil
	}
	numbers, err := db.NextIDs(w.ctx, w.tx, "identified_risk", len(fresh))
	if err != nil {
		return err
	}
	rows := make([][]any, len(fresh))
	for i, row := range fresh {
		row.ID = numbers[i]
		rows[i] = []any{row.ID, row.Owner, row.Risk, row.Rule, row.Start, row.End, row.Contributors, w.now}
	}
	return w.copy("identified_risk", []string{"id", "owner_id", "risk_id", "rule", "start_date", "end_date", "contributors", "detected_at"}, rows)
}

// tellRisks publishes who has a risk by now, and who has not any more.
func (w *saver) tellRisks(fresh, over []*riskRow) error {
	var events []event.Event
	for kind, rows := range map[string][]*riskRow{EventRiskIdentified: fresh, EventRiskOver: over} {
		for _, row := range rows {
			data := map[string]any{"risk": ""}
			if r := w.m.Risk(row.Risk); r != nil { // else it is deleted
				data = map[string]any{"risk": r.Identifier, "level": r.Level}
			}
			e := event.Event{Kind: kind, SubjectType: "identified_risk", SubjectID: row.ID, OwnerID: row.Owner, Data: data}
			if source := w.m.Shape.EntityTypes[w.owners[row.Owner].Resource.EntityTypeID]; source != nil {
				e.SourceEntityType = source.Identifier
			}
			events = append(events, e)
		}
	}
	return event.Publish(w.ctx, w.tx, w.now, events...)
}

// EndDeletedRisks ends what people have of risks that are deleted, and what those kept back, and tells how much that was (role-model 9.5). What was kept back is given
// when its owner is computed.
func (s *Service) EndDeletedRisks(ctx context.Context, tx bun.Tx, m *Model, now time.Time) (over, freed int, err error) {
	known := make([]int64, len(m.Source.Risks))
	for i, r := range m.Source.Risks {
		known[i] = r.ID
	}
	var events []event.Event
	end := func(table, kind, subject string, data map[string]any) (n int, err error) {
		err = db.Select(ctx, tx, bun.SafeQuery(`with ended as (update ? set closed_at = ? where closed_at is null and risk_id <> all (?) returning id, owner_id)
			select e.id, e.owner_id, t.identifier from ended e join resource w on w.id = e.owner_id join entity_type t on t.id = w.entity_type_id order by e.id`, bun.Ident(table), now, ids(known)),
			func(r *db.Row) error {
				n++
				events = append(events, event.Event{Kind: kind, SubjectType: subject, SubjectID: r.Int(), OwnerID: r.Int(), SourceEntityType: r.Text(), Data: data})
				return nil
			})
		return n, err
	}
	if over, err = end("identified_risk", EventRiskOver, "identified_risk", map[string]any{"risk": ""}); err != nil {
		return 0, 0, fmt.Errorf("end risks that are deleted: %w", err)
	}
	if freed, err = end("risk_block", EventRiskUnblocked, "risk_block", map[string]any{"risk": "", "role": "", "resourceType": "", "property": ""}); err != nil {
		return 0, 0, fmt.Errorf("end what deleted risks keep back: %w", err)
	}
	return over, freed, event.Publish(ctx, tx, now, events...)
}

// ForgetRisks drops risks that people had, and what was kept back from them, when they ended before an instant.
func (s *Service) ForgetRisks(ctx context.Context, before time.Time) error {
	for _, table := range []string{"identified_risk", "risk_block"} {
		if _, err := db.InPortions(ctx, s.DB, `delete from `+table+` where ctid = any (array (select ctid from `+table+` where closed_at < ? order by closed_at limit 5000 for update skip locked))`, before); err != nil {
			return fmt.Errorf("drop old rows of %s: %w", table, err)
		}
	}
	return nil
}
