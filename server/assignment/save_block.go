package assignment

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/uptrace/bun"

	"writ/server/db"
	"writ/server/evaluation"
	"writ/server/event"
)

// Kinds of the events about what risks keep back.
const (
	EventRiskBlocked   = "risk.blocked"
	EventRiskUnblocked = "risk.unblocked"
)

// blockRow is something that a risk keeps back from somebody, on its way into the table.
type blockRow struct {
	ID           int64           `json:"id"`
	Rule         string          `json:"rule"`
	Start        *time.Time      `json:"start_date"`
	End          *time.Time      `json:"end_date"`
	Contributors json.RawMessage `json:"contributors"`

	at  blockPlace
	had evaluation.Exposure
}

// blockPlace is what is kept back, and by which risk: one open row for each.
type blockPlace struct {
	owner, risk, role int64
	parameters        string
	resourceType      int64
	property          string
	value             int64
}

// propertyOf is the property of a value; nil: it is a role.
func propertyOf(x *evaluation.Withheld) *string {
	if x.Property == "" {
		return nil
	}
	return &x.Property
}

func placeOf(owner int64, x *evaluation.Withheld) blockPlace {
	return blockPlace{owner, x.RiskID, x.RoleID, fmt.Sprint(x.Parameters), x.ResourceTypeID, x.Property, x.ValueID}
}

// blocks keeps what risks keep back from the computed owners (role-model 9.5), as risks keeps which risks they have.
func (w *saver) blocks() error {
	open, err := w.openBlocks()
	if err != nil {
		return err
	}
	var fresh, changed []*blockRow
	var rows [][]any
	for _, r := range w.changed {
		done := map[blockPlace]bool{}
		for i := range r.Withheld {
			x := &r.Withheld[i]
			row := &blockRow{at: placeOf(r.OwnerID, x), Rule: x.Rule, Start: x.Exposure.From, End: x.Exposure.To, Contributors: jsonb(x.Contributors)}
			if done[row.at] {
				continue // another time of the same: the first counts
			}
			done[row.at] = true
			was := open[row.at]
			delete(open, row.at)
			switch {
			case was == nil:
				fresh = append(fresh, row)
				parameters := x.Parameters
				if parameters == nil {
					parameters = map[string]int64{}
				}
				rows = append(rows, []any{row.at.owner, row.at.risk, x.Rule, nullID(x.RoleID), jsonb(parameters), nullID(x.ResourceTypeID), propertyOf(x), nullID(x.ValueID),
					row.Start, row.End, row.Contributors, w.now})
			case was.had.Rule != x.Rule || !sameInstant(was.had.From, row.Start) || !sameInstant(was.had.To, row.End) ||
				!slices.EqualFunc(was.had.Contributors, x.Contributors, evaluation.Contributor.Same):
				row.ID = was.ID
				changed = append(changed, row)
			}
		}
	}
	over := make([]*blockRow, 0, len(open))
	for _, row := range open {
		over = append(over, row)
	}
	slices.SortFunc(over, func(a, b *blockRow) int { return int(a.ID - b.ID) })
	if err := w.writeBlocks(fresh, rows, changed, over); err != nil {
		return err
	}
	return w.tellBlocks(fresh, over)
}

// openBlocks reads what is kept back from the computed owners so far.
func (w *saver) openBlocks() (map[blockPlace]*blockRow, error) {
	open := map[blockPlace]*blockRow{}
	err := db.Select(w.ctx, w.tx, bun.SafeQuery(`select id, owner_id, risk_id, rule, coalesce(role_id, 0), parameters, coalesce(resource_type_id, 0), coalesce(property, ''), coalesce(value_id, 0),
		start_date, end_date, contributors from risk_block where owner_id = any (?) and closed_at is null`, ids(w.changedIDs())), func(r *db.Row) error {
		row, x, owner := &blockRow{ID: r.Int()}, &evaluation.Withheld{}, r.Int()
		x.RiskID, x.Rule, x.RoleID = r.Int(), r.Text(), r.Int()
		if err := json.Unmarshal(r.Bytes(), &x.Parameters); err != nil {
			return fmt.Errorf("parameters of what is kept back %d: %w", row.ID, err)
		}
		x.ResourceTypeID, x.Property, x.ValueID = r.Int(), r.Text(), r.Int()
		x.Exposure.From, x.Exposure.To = instant(r), instant(r)
		if err := json.Unmarshal(r.Bytes(), &x.Contributors); err != nil {
			return fmt.Errorf("contributors of what is kept back %d: %w", row.ID, err)
		}
		row.at, row.had = placeOf(owner, x), x.Exposure
		open[row.at] = row
		return nil
	})
	return open, err
}

func (w *saver) writeBlocks(fresh []*blockRow, rows [][]any, changed, over []*blockRow) error {
	if len(fresh) > 0 {
		numbers, err := db.NextIDs(w.ctx, w.tx, "risk_block", len(fresh))
		if err != nil {
			return err
		}
		for i, row := range fresh {
			row.ID = numbers[i]
			rows[i] = append([]any{row.ID}, rows[i]...)
		}
		if err := w.copy("risk_block", []string{"id", "owner_id", "risk_id", "rule", "role_id", "parameters", "resource_type_id", "property", "value_id", "start_date", "end_date",
			"contributors", "blocked_at"}, rows); err != nil {
			return err
		}
	}
	if len(changed) > 0 {
		if _, err := w.tx.NewRaw(`update risk_block b set rule = r.rule, start_date = r.start_date, end_date = r.end_date, contributors = r.contributors
			from jsonb_to_recordset(?::jsonb) r (id bigint, rule text, start_date timestamptz, end_date timestamptz, contributors jsonb) where b.id = r.id`, string(jsonb(changed))).Exec(w.ctx); err != nil {
			return err
		}
	}
	if len(over) > 0 {
		gone := make([]int64, len(over))
		for i, row := range over {
			gone[i] = row.ID
		}
		if _, err := w.tx.NewRaw(`update risk_block set closed_at = ? where id = any (?)`, w.now, ids(gone)).Exec(w.ctx); err != nil {
			return err
		}
	}
	return nil
}

// tellBlocks publishes what is kept back from whom by now, and what is not any more.
func (w *saver) tellBlocks(fresh, over []*blockRow) error {
	var events []event.Event
	for _, told := range []struct {
		kind string
		rows []*blockRow
	}{{EventRiskBlocked, fresh}, {EventRiskUnblocked, over}} {
		for _, row := range told.rows {
			data := map[string]any{"risk": "", "role": "", "resourceType": "", "property": row.at.property}
			if r := w.m.Risk(row.at.risk); r != nil { // else it is deleted
				data["risk"], data["level"] = r.Identifier, r.Level
			}
			if r := w.m.Role(row.at.role); r != nil {
				data["role"] = r.Identifier
			}
			if t := w.m.ResourceType(row.at.resourceType); t != nil {
				data["resourceType"] = t.Identifier
			}
			e := event.Event{Kind: told.kind, SubjectType: "risk_block", SubjectID: row.ID, OwnerID: row.at.owner, Data: data}
			if source := w.m.Shape.EntityTypes[w.owners[row.at.owner].Resource.EntityTypeID]; source != nil {
				e.SourceEntityType = source.Identifier
			}
			events = append(events, e)
		}
	}
	return event.Publish(w.ctx, w.tx, w.now, events...)
}
