package assignment

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"

	"writ/server/db"
	"writ/server/evaluation"
	"writ/server/evaluation/model"
)

// Automated counts what automation rules would decide at once in a world that is only thought of: they are asked, and nothing is decided (role-model 11.3).
type Automated struct {
	m           *Model
	fresh       int     // what would be found, and decided at once
	roles, gaps []int64 // what would not wait any more
}

// Automated begins to count by the rules of the model.
func (m *Model) Automated() *Automated { return &Automated{m: m} }

// See takes in what a computation would do.
func (c *Automated) See(f *Foreseen) {
	if len(c.m.Automation.States()) == 0 {
		return
	}
	atOnce := func(w model.Waiting) int {
		w.Since = f.Batch.Now
		if r, at := c.m.Automation.RuleFor(w); r != nil && at != nil && !at.After(f.Batch.Now) {
			return 1
		}
		return 0
	}
	for i := range f.Results {
		was := map[int64]bool{}
		for _, x := range f.Batch.Owners[i].Roles {
			was[x.ID] = x.Workflow == evaluation.Prolonged
		}
		for _, d := range f.Results[i].Roles {
			found := d.Row.Origin == evaluation.OriginFound && d.Row.Workflow.Found() && !d.Close
			lost := d.Row.Workflow == evaluation.Prolonged && !d.Close && !was[d.Row.ID]
			switch {
			case lost, found && d.Row.ID == 0:
				c.fresh += atOnce(model.Waiting{RoleID: d.Row.RoleID, State: d.Row.Workflow, Parameters: d.Row.Parameters})
			case !found && d.Row.ID != 0 && (d.Close || d.Row.Workflow != evaluation.Prolonged):
				c.roles = append(c.roles, d.Row.ID)
			}
		}
		for _, d := range f.Results[i].Types {
			for _, g := range d.Gaps {
				switch {
				case g.Property != "":
				case g.ID == 0 && !g.Close:
					c.fresh += atOnce(model.Waiting{ResourceTypeID: d.ResourceTypeID, State: g.Workflow})
				case g.Close:
					c.gaps = append(c.gaps, g.ID)
				}
			}
		}
	}
}

// Total is how much would be decided at an instant: four statements, whatever waits.
func (c *Automated) Total(ctx context.Context, tx bun.IDB, at time.Time) (int, error) {
	total := c.fresh
	states := c.m.Automation.States()
	if len(states) == 0 {
		return total, nil
	}
	for _, from := range []struct {
		sql     string // id, what, parameters, state, since
		without []int64
		of      func(id int64) model.Waiting
	}{
		{`select a.id, a.role_id as what, a.parameters::text as parameters, a.workflow_state as state, a.workflow_state_changed_at as since from assigned_role a
			where a.valid_to = 'infinity' and a.origin in ('FOUND', 'GRACE') and a.workflow_state = any (?) and not a.is_denied and a.postponed_at is null`, c.roles,
			func(id int64) model.Waiting { return model.Waiting{RoleID: id} }},
		{`select g.id, a.resource_type_id as what, '{}' as parameters, a.workflow_state as state, a.workflow_state_changed_at as since from assigned_resource_type a
				join gap g on g.assigned_resource_type_id = a.id and g.closed_at is null and g.property is null and g.postponed_at is null
				join resource w on w.id = a.owner_id and w.valid_to = 'infinity'
			where a.valid_to = 'infinity' and a.workflow_state = any (?) and not a.is_denied`, c.gaps,
			func(id int64) model.Waiting { return model.Waiting{ResourceTypeID: id} }},
	} {
		var what, state []int64
		var params []string
		var until []time.Time
		if err := db.Select(ctx, tx, bun.SafeQuery(`select distinct what, parameters, state from (`+from.sql+`) x`, numbers(states)), func(r *db.Row) error {
			id, raw := r.Int(), r.Text()
			w := from.of(id)
			w.State, w.Since = evaluation.Workflow(r.Int()), at
			if err := json.Unmarshal([]byte(raw), &w.Parameters); err != nil {
				return err
			}
			if _, due := c.m.Automation.RuleFor(w); due != nil {
				what, params, state, until = append(what, id), append(params, raw), append(state, int64(w.State)), append(until, at.Add(at.Sub(*due)))
			}
			return nil
		}); err != nil {
			return 0, fmt.Errorf("look what waits: %w", err)
		}
		n := 0
		if err := tx.NewRaw(`select count(*) from (`+from.sql+`) x join (select * from unnest(?::bigint[], ?::text[], ?::bigint[], ?::timestamptz[]) k (what, parameters, state, until)) k
			on k.what = x.what and k.parameters = x.parameters and k.state = x.state and x.since <= k.until where x.id <> all (?)`, numbers(states),
			ids(what), texts(params), ids(state), pgdialect.Array(until), ids(from.without)).Scan(ctx, &n); err != nil {
			return 0, fmt.Errorf("count what would be decided: %w", err)
		}
		total += n
	}
	return total, nil
}
