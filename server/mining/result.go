package mining

import (
	"context"
	"fmt"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/schema"

	"writ/server/db"
	"writ/server/directory"
	"writ/server/errs"
	"writ/server/page"
	"writ/server/rolemodel"
)

// MiningResult is what became of one role in a run.
type MiningResult struct {
	ID          int64
	RunID       int64
	RoleID      int64
	Role        *rolemodel.Role
	Rule        *string // of the mining rule; nil: it is gone
	People      int     // with a context
	Holders     int
	Rightly     int // hold it, and the rules give it
	Wrongly     int // do not hold it, and the rules would give it
	Unexplained int // hold it, and the rules do not give it
	Refused     *Refusal
	IsCut       bool
	Proposals   []*MiningProposal

	policyID int64 // of the proposals
	strength rolemodel.RuleType
}

// Precision is the share of right decisions about all people, in percent.
func (r *MiningResult) Precision() float64 {
	return Finding{People: r.People, Wrong: r.Wrongly, Left: r.Unexplained}.Precision()
}

// FalsePositive is the share of those who get the role of the rules and do not hold it, in percent.
func (r *MiningResult) FalsePositive() float64 { return share(r.Wrongly, r.Rightly+r.Wrongly) }

// MiningProposal is one rule that would give the role.
type MiningProposal struct {
	Criteria []*MiningCriterion `json:"criteria"` // all hold; none: everybody
	Matched  int                `json:"matched"`
	Rightly  int                `json:"rightly"` // hold it already
	Fresh    int                `json:"fresh"`   // of them no earlier rule of the role reaches
}

// FalsePositive is the share of the matched who do not hold the role, in percent.
func (p *MiningProposal) FalsePositive() float64 { return share(p.Matched-p.Rightly, p.Matched) }

// MiningCriterion is one value that a context must have.
type MiningCriterion struct {
	rolemodel.NamedCriterion
	ValueID int64  `json:"value"`
	Label   string `json:"label"`
}

// MiningResultFilter narrows the results; nil fields do not.
type MiningResultFilter struct {
	Text        *string // stands in the name or the identifier of the role
	HasProposal *bool
}

// MiningResultConnection is a page of results.
type MiningResultConnection = page.Connection[*MiningResult]

// results is how lists of results are read.
var results = page.Table[MiningResult]{
	From:   "mining_result m",
	Joins:  []page.Join{{Alias: "o", SQL: " join role o on o.id = m.role_id"}, {Alias: "u", SQL: " left join mining_rule u on u.id = m.mining_rule_id"}},
	Always: []string{"id", "role_id", "rightly"},
	Fields: map[string][]string{"__typename": nil, "id": nil, "role": nil, "rule": {"rule"}, "people": {"people"}, "holders": {"holders"},
		"rightly": nil, "wrongly": {"wrongly"}, "unexplained": {"unexplained"}, "precision": {"people", "wrongly", "unexplained"}, "falsePositive": {"wrongly"},
		"refused": {"refused"}, "isCut": {"is_cut"}, "proposals": {"proposals"}},
	Columns: []page.Column[MiningResult]{
		{Name: "id", SQL: "m.id", Read: func(m *MiningResult, r *db.Row) { m.ID = r.Int() }},
		{Name: "run_id", SQL: "m.mining_run_id", Read: func(m *MiningResult, r *db.Row) { m.RunID = r.Int() }},
		{Name: "role_id", SQL: "m.role_id", Read: func(m *MiningResult, r *db.Row) { m.RoleID = r.Int() }},
		{Name: "rule", SQL: "u.identifier", Read: func(m *MiningResult, r *db.Row) { m.Rule = r.TextOrNil() }},
		{Name: "policy", SQL: "m.rule_policy_id", Read: func(m *MiningResult, r *db.Row) { m.policyID = r.Int() }},
		{Name: "strength", SQL: "m.rule_type", Read: func(m *MiningResult, r *db.Row) { m.strength = rolemodel.RuleType(r.Int()) }},
		{Name: "people", SQL: "m.people", Read: func(m *MiningResult, r *db.Row) { m.People = int(r.Int()) }},
		{Name: "holders", SQL: "m.holders", Read: func(m *MiningResult, r *db.Row) { m.Holders = int(r.Int()) }},
		{Name: "rightly", SQL: "m.rightly", Read: func(m *MiningResult, r *db.Row) { m.Rightly = int(r.Int()) }},
		{Name: "wrongly", SQL: "m.wrongly", Read: func(m *MiningResult, r *db.Row) { m.Wrongly = int(r.Int()) }},
		{Name: "unexplained", SQL: "m.unexplained", Read: func(m *MiningResult, r *db.Row) { m.Unexplained = int(r.Int()) }},
		{Name: "refused", SQL: "m.refused", Read: func(m *MiningResult, r *db.Row) { m.Refused = (*Refusal)(r.TextOrNil()) }},
		{Name: "is_cut", SQL: "m.is_cut", Read: func(m *MiningResult, r *db.Row) { m.IsCut = r.Bool() }},
		{Name: "proposals", SQL: "m.proposals", Read: func(m *MiningResult, r *db.Row) { r.JSON(&m.Proposals) }},
	},
}

// resultAt is where a page of results ended.
type resultAt struct {
	Explained int   `json:"e"`
	ID        int64 `json:"i"`
}

// Results gives a page of what became of the roles of a run: what explains most people first. Needs /ProvisioningPolicy/Policy/Query.
func (s *Service) Results(ctx context.Context, runID int64, a page.Args, f *MiningResultFilter, fields page.Fields, total bool) (*MiningResultConnection, error) {
	if _, err := s.Run(ctx, runID); err != nil {
		return nil, err
	}
	if err := a.Check(); err != nil {
		return nil, err
	}
	where := bun.SafeQuery("m.mining_run_id = ?", runID)
	if f != nil && f.Text != nil {
		where = page.All(where, directory.SearchNames("o.display_name", "o.identifier", *f.Text))
	}
	if f != nil && f.HasProposal != nil {
		where = page.All(where, bun.SafeQuery("(m.refused is null) = ?", *f.HasProposal))
	}
	var count page.Count
	var err error
	if total {
		if count, err = page.CountRows(ctx, s.DB, bun.SafeQuery(results.Tables(where)+" where ?", where)); err != nil {
			return nil, err
		}
	}
	var after resultAt
	more, err := a.Decode(&after)
	if err != nil {
		return nil, err
	}
	if more {
		where = page.All(where, bun.SafeQuery("(m.rightly, m.id) < (?, ?)", after.Explained, after.ID))
	}
	rows, err := s.read(ctx, results.For(fields), where, "m.rightly desc, m.id desc", a.First+1)
	if err != nil {
		return nil, err
	}
	return page.MakeCounted(rows, a, count, func(m *MiningResult) any { return resultAt{m.Rightly, m.ID} }), nil
}

// read reads results with their roles.
func (s *Service) read(ctx context.Context, columns []page.Column[MiningResult], where schema.QueryWithArgs, order string, limit int) ([]*MiningResult, error) {
	m, err := s.Assignments.Model(ctx, s.DB)
	if err != nil {
		return nil, err
	}
	rows, err := results.Read(ctx, s.DB, columns, where, order, limit)
	if err != nil {
		return nil, fmt.Errorf("read results of mining: %w", err)
	}
	// A role that is deleted takes its results along; one that was deleted this very moment leaves an empty name.
	for _, r := range rows {
		if r.Role = m.Role(r.RoleID); r.Role == nil {
			r.Role = &rolemodel.Role{ID: r.RoleID, Kind: rolemodel.Single}
		}
	}
	return rows, nil
}

// Result gives what became of one role in a run; NotFound when nothing is kept of it. Needs /ProvisioningPolicy/Policy/Query.
func (s *Service) Result(ctx context.Context, id int64) (*MiningResult, error) {
	if err := s.MayLook(ctx); err != nil {
		return nil, err
	}
	rows, err := s.read(ctx, results.Columns, bun.SafeQuery("m.id = ?", id), "m.id", 1)
	if err != nil {
		return nil, err
	}
	if len(rows) == 0 {
		return nil, errs.Missing("There is no such result of mining any more.").Of(id)
	}
	return rows[0], nil
}

// MiningPerson is somebody whom a result gets wrong.
type MiningPerson struct {
	ID     int64
	Person *directory.ResourceRef
}

// MiningPersonConnection is a page of people.
type MiningPersonConnection = page.Connection[*MiningPerson]

// People gives a page of the people who would be given a role that they do not hold, or stay unexplained: those whom the caller may see, by name.
// Needs /ProvisioningPolicy/Policy/Query, and the right to read some of the people.
func (s *Service) People(ctx context.Context, resultID int64, wouldBeGiven bool, a page.Args, total bool) (*MiningPersonConnection, error) {
	result, err := s.Result(ctx, resultID)
	if err != nil {
		return nil, err
	}
	m, err := s.Assignments.Model(ctx, s.DB)
	if err != nil {
		return nil, err
	}
	role := m.Role(result.RoleID)
	if role == nil {
		return nil, errs.Missing("The role is gone.").Of(result.RoleID)
	}
	scope, err := directory.MayRead(ctx, m.Shape.EntityTypes[role.EntityTypeID].Identifier)
	if err != nil {
		return nil, err
	}
	where := page.All(bun.SafeQuery("p.mining_result_id = ? and p.would_be_given = ?", resultID, wouldBeGiven), directory.Rows(m.Shape, role.EntityTypeID, "r", scope))
	list, err := people.List(ctx, s.DB, a, nil, total, where, page.Sorting[MiningPerson]{Text: "r.display_name", ID: "p.id",
		At: func(p *MiningPerson) page.Position { return page.Position{Text: p.Person.DisplayName, ID: p.ID} }})
	if err != nil {
		return nil, err
	}
	for _, p := range list.Nodes() {
		p.Person.EntityType = m.Shape.EntityTypes[role.EntityTypeID].Identifier
	}
	return list, nil
}

// people is how lists of them are read.
var people = page.Table[MiningPerson]{
	From:   "mining_person p join resource r on r.id = p.owner_id",
	Always: []string{"id", "person"},
	Columns: []page.Column[MiningPerson]{
		{Name: "id", SQL: "p.id", Read: func(p *MiningPerson, r *db.Row) { p.ID = r.Int() }},
		{Name: "person", SQL: "r.id", Read: func(p *MiningPerson, r *db.Row) { p.Person = &directory.ResourceRef{ID: r.Int()} }},
		{Name: "key", SQL: "r.key", Read: func(p *MiningPerson, r *db.Row) { p.Person.Key = r.Text() }},
		{Name: "display_name", SQL: "r.display_name", Read: func(p *MiningPerson, r *db.Row) { p.Person.DisplayName = r.Text() }},
	},
}
