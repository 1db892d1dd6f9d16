package reconciliation

import (
	"context"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"writ/server/db"
	"writ/server/evaluation"
)

// DifferencesOfSystem is how many differences of one system wait, by how long they have.
type DifferencesOfSystem struct {
	System     *string // identifier; nil: it is read by no connector
	SystemName *string
	Day        int // for less than a day
	Week       int // for a day to a week
	Month      int // for a week to 30 days
	Quarter    int // for 30 to 90 days
	Older      int
}

// Total is how many there are.
func (d *DifferencesOfSystem) Total() int { return d.Day + d.Week + d.Month + d.Quarter + d.Older }

// CoverageOfSystem is how the accounts of one system came to be.
type CoverageOfSystem struct {
	System     *string // identifier; nil: it is read by no connector
	SystemName *string
	Automatic  int // rules or roles give them (18, 118)
	Manual     int // somebody approved them (16, 116)
	Found      int // nobody decided about them (1, 3)
}

// Total is how many there are.
func (c *CoverageOfSystem) Total() int { return c.Automatic + c.Manual + c.Found }

// ByAge counts the differences that wait for the caller, by system and by how long they wait; whoever has most comes first. Needs what the list needs. One
// statement, whatever their number.
func (s *Service) ByAge(ctx context.Context) ([]*DifferencesOfSystem, error) {
	m, err := s.Assignments.Model(ctx, s.DB)
	if err != nil {
		return nil, err
	}
	may, err := need(ctx, m, "g.resource_type_id", single)
	if err != nil {
		return nil, err
	}
	narrowed, err := (&ReconciliationFilter{}).condition(ctx, m)
	if err != nil {
		return nil, err
	}
	where, now := db.AllOf(may, narrowed), s.Clock.Now()
	ago := func(days int) time.Time { return now.AddDate(0, 0, -days).UTC() }
	q := bun.SafeQuery(`with n as (
			select g.resource_type_id as type, count(*) filter (where g.found_at > ?) as day, count(*) filter (where g.found_at <= ? and g.found_at > ?) as week,
				count(*) filter (where g.found_at <= ? and g.found_at > ?) as month, count(*) filter (where g.found_at <= ? and g.found_at > ?) as quarter, count(*) filter (where g.found_at <= ?) as older
			from `+items.Tables(where)+` where ? group by 1)
		select c.identifier, c.display_name, sum(n.day)::int, sum(n.week)::int, sum(n.month)::int, sum(n.quarter)::int, sum(n.older)::int
		from n join resource_type t on t.id = n.type join entity_type e on e.id = t.target_entity_type_id left join connector c on c.id = e.connector_id
		group by 1, 2 order by sum(n.day + n.week + n.month + n.quarter + n.older) desc, c.identifier`,
		ago(1), ago(1), ago(7), ago(7), ago(30), ago(30), ago(90), ago(90), where)
	list := []*DifferencesOfSystem{}
	if err := db.Select(ctx, s.DB, q, func(r *db.Row) error {
		list = append(list, &DifferencesOfSystem{r.TextOrNil(), r.TextOrNil(), int(r.Int()), int(r.Int()), int(r.Int()), int(r.Int()), int(r.Int())})
		return nil
	}); err != nil {
		return nil, fmt.Errorf("count differences by age: %w", db.Explain(err))
	}
	return list, nil
}

// Coverage counts the accounts that the caller may decide about, by system and by how they came to be; whoever has most comes first. Needs what the list of
// differences needs. One statement, whatever their number.
func (s *Service) Coverage(ctx context.Context) ([]*CoverageOfSystem, error) {
	m, err := s.Assignments.Model(ctx, s.DB)
	if err != nil {
		return nil, err
	}
	may, err := need(ctx, m, "a.resource_type_id", single)
	if err != nil {
		return nil, err
	}
	joins := ""
	if may.Query != everything.Query {
		joins = " left join resource w on w.id = a.owner_id left join resource x on x.id = a.resource_id"
	}
	q := bun.SafeQuery(`with n as (
			select a.resource_type_id as type, count(*) filter (where a.workflow_state in (`+evaluation.SQLCalculated+`, `+evaluation.SQLGivenByRole+`)) as automatic,
				count(*) filter (where a.workflow_state in (`+evaluation.SQLApproved+`, `+evaluation.SQLApprovedRisk+`)) as manual,
				count(*) filter (where a.workflow_state in (`+evaluation.SQLNonConforming+`, `+evaluation.SQLPreExisting+`)) as found
			from assigned_resource_type a`+joins+` where a.valid_to = 'infinity' and a.resource_id is not null and not a.is_denied and ? group by 1)
		select c.identifier, c.display_name, sum(n.automatic)::int, sum(n.manual)::int, sum(n.found)::int
		from n join resource_type t on t.id = n.type join entity_type e on e.id = t.target_entity_type_id left join connector c on c.id = e.connector_id
		group by 1, 2 order by sum(n.automatic + n.manual + n.found) desc, c.identifier`, may)
	list := []*CoverageOfSystem{}
	if err := db.Select(ctx, s.DB, q, func(r *db.Row) error {
		list = append(list, &CoverageOfSystem{r.TextOrNil(), r.TextOrNil(), int(r.Int()), int(r.Int()), int(r.Int())})
		return nil
	}); err != nil {
		return nil, fmt.Errorf("count accounts: %w", db.Explain(err))
	}
	return list, nil
}
