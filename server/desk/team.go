package desk

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"writ/server/access"
	"writ/server/assignment"
	"writ/server/db"
	"writ/server/directory"
	"writ/server/errs"
	"writ/server/page"
	"writ/server/permit"
)

// TeamStanding is what is to be known first of somebody in a team.
type TeamStanding string

// The standings, the most urgent first.
const (
	TeamLeft     TeamStanding = "LEFT"      // his contracts are over, and accounts of him are still there
	TeamEndsSoon TeamStanding = "ENDS_SOON" // his last contract ends within 30 days
	TeamAtRisk   TeamStanding = "AT_RISK"
	TeamPlain    TeamStanding = "PLAIN"
)

var standings = []TeamStanding{TeamLeft, TeamEndsSoon, TeamAtRisk, TeamPlain}

// TeamMember is somebody who reports to the caller. It is the GraphQL type too. What the caller may not see of him is nil.
type TeamMember struct {
	ID          int64
	Person      directory.ResourceRef
	Standing    TeamStanding
	ContractEnd *time.Time // nil: none, or it does not end
	Roles       *int       // that he has
	ByRequest   *int       // of those, given by a person
	Accounts    *int       // that are there
	Waiting     *int       // what is asked for him and not decided
	Risks       *int
	RiskLevel   *int // of the highest; nil too: none
	mayHeld     bool
	mayRisks    bool
}

// TeamCounts are the numbers of a team.
type TeamCounts struct {
	People, Left, EndsSoon, AtRisk int
}

// TeamFilter narrows My team; conditions are joined by AND.
type TeamFilter struct {
	Standings []TeamStanding
	Text      *string // words of name and key
}

// The page of a team.
type (
	TeamMemberConnection = page.Connection[*TeamMember]
	TeamMemberEdge       = page.Edge[*TeamMember]
)

// MyTeam gives a page of those who report to the caller: who left first, then whose contract ends, who is at risk, and the others by name. Who reports to
// whom is said by the properties that access rules compare with the signed-in user. Those whom the caller may neither read nor ask for are left out.
func (s *Service) MyTeam(ctx context.Context, a page.Args, f *TeamFilter, fields page.Fields) (*TeamMemberConnection, error) {
	if err := permit.SignedIn(ctx); err != nil {
		return nil, err
	}
	m, err := s.Assignments.Model(ctx, s.DB)
	if err != nil {
		return nil, err
	}
	all, err := s.team(ctx, m)
	if err != nil {
		return nil, err
	}
	if f != nil {
		for _, x := range f.Standings {
			if !slices.Contains(standings, x) {
				return nil, errs.Invalid("filter.standings", "There is no standing %s.", x)
			}
		}
		all = slices.DeleteFunc(all, func(t *TeamMember) bool {
			return len(f.Standings) > 0 && !slices.Contains(f.Standings, t.Standing) || f.Text != nil && !directory.Matches(*f.Text, t.Person.DisplayName, t.Person.Key)
		})
	}
	c, err := page.InMemory(all, a, (*TeamMember).at)
	if err != nil {
		return nil, err
	}
	if fields.Has("roles", "byRequest", "accounts", "waiting") {
		if err := s.figures(ctx, c.Nodes()); err != nil {
			return nil, err
		}
	}
	return c, nil
}

func (t *TeamMember) at() page.Position {
	return page.Position{Text: fmt.Sprint(slices.Index(standings, t.Standing), strings.ToLower(t.Person.DisplayName)), ID: t.ID}
}

// TeamCounts counts those who report to the caller.
func (s *Service) TeamCounts(ctx context.Context) (*TeamCounts, error) {
	if err := permit.SignedIn(ctx); err != nil {
		return nil, err
	}
	m, err := s.Assignments.Model(ctx, s.DB)
	if err != nil {
		return nil, err
	}
	all, err := s.team(ctx, m)
	if err != nil {
		return nil, err
	}
	c := &TeamCounts{People: len(all)}
	for _, t := range all {
		switch t.Standing {
		case TeamLeft:
			c.Left++
		case TeamEndsSoon:
			c.EndsSoon++
		case TeamAtRisk:
			c.AtRisk++
		}
	}
	return c, nil
}

// HasReports tells whether anybody reports to a person; 0: no.
func (s *Service) HasReports(ctx context.Context, person int64) (bool, error) {
	if person == 0 {
		return false, nil
	}
	m, err := s.Assignments.Model(ctx, s.DB)
	if err != nil {
		return false, err
	}
	lines, err := access.Lines(ctx, s.DB, m.Shape)
	if err != nil {
		return false, err
	}
	var found bool
	if err := s.DB.NewRaw(`select exists (select from resource_link l join resource w on w.id = l.source_id and w.valid_to = 'infinity' where l.target_id = ?0 and l.property_id = any (?1) and l.valid_to = 'infinity' and l.source_id <> ?0)`,
		person, ids(slices.Concat(slices.Collect(maps.Values(lines))...))).Scan(ctx, &found); err != nil {
		return false, fmt.Errorf("look who reports to somebody: %w", db.Explain(err))
	}
	return found, nil
}

// rows is the condition on w of the people of an entity type that a permission opens.
func rows(ctx context.Context, m *assignment.Model, entityTypeID int64, permissions ...string) db.Condition {
	t := m.Shape.EntityTypes[entityTypeID]
	var list []db.Condition
	for _, p := range permissions {
		if scope := permit.Find(ctx, p).OfOwners(); scope.On(t.Identifier).Allowed() {
			list = append(list, directory.Rows(m.Shape, entityTypeID, "w", scope))
		}
	}
	return db.AnyOf(list...)
}

// team reads those who report to the caller, in the order in which they are shown, with what that order needs.
func (s *Service) team(ctx context.Context, m *assignment.Model) ([]*TeamMember, error) {
	lines, err := access.Lines(ctx, s.DB, m.Shape)
	if err != nil || me(ctx) == 0 {
		return nil, err
	}
	now := s.Clock.Now()
	list := []*TeamMember{}
	for entityTypeID, properties := range lines {
		t := m.Shape.EntityTypes[entityTypeID]
		held, risks := rows(ctx, m, entityTypeID, permit.AssignmentQuery), rows(ctx, m, entityTypeID, permit.IdentifiedRiskQuery)
		seen := rows(ctx, m, entityTypeID, permit.Resource(t.Identifier, "Query"), permit.Resource(t.Identifier, "View"), permit.Request(t.Identifier))
		if err := db.Select(ctx, s.DB, bun.SafeQuery(`select w.id, w.key, w.display_name, coalesce(?0, false) as may_held, coalesce(?1, false) as may_risks, x.ends,
				exists (select from assigned_resource_type a where a.owner_id = w.id and a.valid_to = 'infinity' and a.resource_id is not null), y.n, y.level
			from resource w
			cross join lateral (select case when bool_and(c.end_date is not null) then max(c.end_date) end as ends from context c where c.owner_id = w.id) x
			cross join lateral (select count(*) as n, max(k.level) as level from identified_risk i join risk k on k.id = i.risk_id where i.owner_id = w.id and i.closed_at is null) y
			where w.valid_to = 'infinity' and w.entity_type_id = ?2 and w.id in (select l.source_id from resource_link l where l.property_id = any (?3) and l.target_id = ?4 and l.valid_to = 'infinity') and w.id <> ?4 and ?5`,
			held, risks, entityTypeID, ids(properties), me(ctx), seen), func(r *db.Row) error {
			x := &TeamMember{ID: r.Int(), Standing: TeamPlain}
			x.Person = directory.ResourceRef{ID: x.ID, EntityType: t.Identifier, Key: r.Text(), DisplayName: r.Text()}
			x.mayHeld, x.mayRisks, x.ContractEnd = r.Bool(), r.Bool(), r.TimeOrNil()
			isThere, n, level := r.Bool(), int(r.Int()), r.IntOrNil()
			if x.mayRisks {
				x.Risks = &n
				if level != nil {
					x.RiskLevel = new(int(*level))
				}
			}
			switch {
			case x.ContractEnd != nil && !x.ContractEnd.After(now):
				if isThere && x.mayHeld {
					x.Standing = TeamLeft
				}
			case x.ContractEnd != nil && !x.ContractEnd.After(now.Add(soon)):
				x.Standing = TeamEndsSoon
			case x.mayRisks && n > 0:
				x.Standing = TeamAtRisk
			}
			list = append(list, x)
			return nil
		}); err != nil {
			return nil, fmt.Errorf("read who reports to somebody: %w", db.Explain(err))
		}
	}
	slices.SortFunc(list, func(a, b *TeamMember) int { return cmp.Or(a.at().Compare(b.at()), 0) })
	return list, nil
}

// figures counts what the people of a page have, as far as the caller may see it.
func (s *Service) figures(ctx context.Context, list []*TeamMember) error {
	byID, all := map[int64]*TeamMember{}, []int64{}
	for _, t := range list {
		if t.mayHeld {
			byID[t.ID], all = t, append(all, t.ID)
		}
	}
	if len(all) == 0 {
		return nil
	}
	err := db.Select(ctx, s.DB, bun.SafeQuery(`select w.id, r.roles, r.by_request, a.accounts, q.waiting from unnest(?0::bigint[]) w (id)
		cross join lateral (select count(*) as roles, count(*) filter (where x.origin = 'MANUAL') as by_request from assigned_role x
			where x.owner_id = w.id and x.valid_to = 'infinity' and not x.is_denied and not (x.origin = 'MANUAL' and x.workflow_state in (`+pendingStates()+`)) and (x.start_date is null or x.start_date <= ?1) and (x.end_date is null or x.end_date > ?1)) r
		cross join lateral (select count(*) as accounts from assigned_resource_type x where x.owner_id = w.id and x.valid_to = 'infinity' and x.resource_id is not null and not x.is_denied) a
		cross join lateral (select count(*) as waiting from request_item x where x.beneficiary_id = w.id and x.closed_at is null and x.state in ('SUBMITTED', 'IN_APPROVAL')) q`, ids(all), s.Clock.Now()), func(r *db.Row) error {
		t := byID[r.Int()]
		for _, to := range []**int{&t.Roles, &t.ByRequest, &t.Accounts, &t.Waiting} {
			*to = new(int(r.Int()))
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("count what the people of somebody have: %w", db.Explain(err))
	}
	return nil
}
