package assignment

import (
	"time"
	"writ/server/evaluation"
)

// roleRow is an assigned role on its way into the table.
type roleRow struct {
	ID         int64              `json:"id"`
	Workflow   int16              `json:"workflow_state"`
	Origin     string             `json:"origin"`
	IsDenied   bool               `json:"is_denied"`
	Start      *time.Time         `json:"start_date"`
	End        *time.Time         `json:"end_date"`
	InferredBy *int64             `json:"inferred_by_id"`
	RuleIDs    []int64            `json:"rule_ids"`
	FoundBy    []int64            `json:"found_by"`
	Lacking    []int64            `json:"lacking"`
	Parameters map[string]int64   `json:"parameters"`
	Ground     *evaluation.Ground `json:"ground"`
}

// roles ends what is lost, updates what changed, adds what is new. The id of an assigned role stays the same for life.
func (w *saver) roles() error {
	var ended, updates []roleRow
	var fresh [][]any
	for _, r := range w.changed {
		was := make(map[int64]evaluation.Workflow, len(w.owners[r.OwnerID].Roles))
		for _, x := range w.owners[r.OwnerID].Roles {
			was[x.ID] = x.Workflow
		}
		for _, d := range r.Roles {
			w.report.Roles++
			row := roleRow{d.Row.ID, int16(d.Row.Workflow), d.Row.Origin, d.Row.IsDenied, d.Row.Start, d.Row.End, nullID(d.Row.InferredByID),
				noNull(d.Row.RuleIDs), noNull(d.Row.FoundBy), noNull(d.Row.Lacking), d.Row.Parameters, d.Row.Ground}
			if row.Parameters == nil {
				row.Parameters = map[string]int64{}
			}
			switch {
			case d.Close && d.Row.ID != 0:
				ended = append(ended, row)
			case d.Row.ID != 0:
				if err := w.move(r.OwnerID, moved{Role: d.Row.ID, From: was[d.Row.ID], To: d.Row.Workflow}); err != nil {
					return err
				}
				updates = append(updates, row)
			default:
				var to any = "infinity"
				if d.Close {
					to = w.now // only what is known of the past
				}
				fresh = append(fresh, []any{r.OwnerID, d.Row.RoleID, row.Workflow, w.now, row.Origin, row.IsDenied, row.Start, row.End, row.InferredBy,
					row.RuleIDs, row.FoundBy, row.Lacking, jsonb(row.Parameters), ground(row.Ground), w.now, to})
			}
		}
	}
	if err := w.endRoles(ended); err != nil {
		return err
	}
	if err := w.updateRoles(updates); err != nil {
		return err
	}
	return w.copy("assigned_role", []string{"owner_id", "role_id", "workflow_state", "workflow_state_changed_at", "origin", "is_denied", "start_date", "end_date",
		"inferred_by_id", "rule_ids", "found_by", "lacking", "parameters", "ground", "valid_from", "valid_to"}, fresh)
}

// ground is what a role stands on, for its column; nil: nothing is kept.
func ground(g *evaluation.Ground) any {
	if g == nil {
		return nil
	}
	return jsonb(g)
}

// noNull is a list for a column that takes no null.
func noNull(list []int64) []int64 {
	if list == nil {
		return []int64{}
	}
	return list
}

// endRoles ends rows: from now on they say when the role was held, which is not longer than until now.
func (w *saver) endRoles(rows []roleRow) error {
	if len(rows) == 0 {
		return nil
	}
	if err := versionRoles(w.ctx, w.tx, w.now, idsOf(rows)); err != nil {
		return err
	}
	_, err := w.tx.NewRaw(`update assigned_role a set start_date = r.start_date, end_date = least(r.end_date, ?0), valid_from = greatest(?0, a.valid_from),
			version = a.version + 1, valid_to = greatest(?0, a.valid_from)
		from jsonb_to_recordset(?1::jsonb) r (id bigint, start_date timestamptz, end_date timestamptz) where a.id = r.id`, w.now, string(jsonb(rows))).Exec(w.ctx)
	return err
}

func (w *saver) updateRoles(rows []roleRow) error {
	if len(rows) == 0 {
		return nil
	}
	if err := versionRoles(w.ctx, w.tx, w.now, idsOf(rows)); err != nil {
		return err
	}
	_, err := w.tx.NewRaw(`update assigned_role a set workflow_state = r.workflow_state,
			workflow_state_changed_at = case when a.workflow_state = r.workflow_state then a.workflow_state_changed_at else ?0 end,
			origin = r.origin, is_denied = r.is_denied, start_date = r.start_date, end_date = r.end_date, inferred_by_id = r.inferred_by_id, rule_ids = r.rule_ids,
			found_by = r.found_by, lacking = r.lacking, parameters = r.parameters, ground = r.ground, version = a.version + 1, valid_from = greatest(?0, a.valid_from)
		from jsonb_to_recordset(?1::jsonb) r (id bigint, workflow_state smallint, origin text, is_denied boolean, start_date timestamptz, end_date timestamptz,
			inferred_by_id bigint, rule_ids bigint[], found_by bigint[], lacking bigint[], parameters jsonb, ground jsonb)
		where a.id = r.id`, w.now, string(jsonb(rows))).Exec(w.ctx)
	return err
}

func idsOf(rows []roleRow) []int64 {
	out := make([]int64, len(rows))
	for i, r := range rows {
		out[i] = r.ID
	}
	return out
}
