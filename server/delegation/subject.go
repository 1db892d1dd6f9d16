package delegation

import (
	"context"
	"fmt"

	"github.com/uptrace/bun"

	"writ/server/db"
	"writ/server/directory"
	"writ/server/page"
	"writ/server/permit"
)

// subjects is how is read what a delegation may be narrowed to.
var subjects = page.Table[DelegationSubject]{
	From: `(select 'CATEGORY' as kind, c.id * 4 as position, c.identifier, c.display_name as name from category c
		union all select 'POLICY', p.id * 4 + 1, p.identifier, p.display_name from policy p
		union all select 'ROLE', r.id * 4 + 2, r.identifier, r.display_name from role r where r.approval_workflow_type > 0) s`,
	Always: []string{"position", "kind", "name"},
	Fields: map[string][]string{"__typename": nil, "id": nil, "kind": nil, "identifier": {"identifier"}, "name": nil},
	Columns: []page.Column[DelegationSubject]{
		{Name: "position", SQL: "s.position", Read: func(s *DelegationSubject, r *db.Row) { s.position = r.Int() }},
		{Name: "kind", SQL: "s.kind", Read: func(s *DelegationSubject, r *db.Row) {
			s.Kind = DelegationSubjectKind(r.Text())
			s.ID = fmt.Sprintf("%s-%d", s.Kind, s.position/4)
		}},
		{Name: "name", SQL: "s.name", Read: func(s *DelegationSubject, r *db.Row) { s.Name = r.Text() }},
		{Name: "identifier", SQL: "s.identifier", Read: func(s *DelegationSubject, r *db.Row) { s.Identifier = r.Text() }},
	},
}

var subjectsByName = page.Sorting[DelegationSubject]{Text: "s.name", ID: "s.position",
	At: func(s *DelegationSubject) page.Position { return page.Position{Text: s.Name, ID: s.position} }}

// Subjects gives a page of what a delegation of the caller may be narrowed to, by name: the roles that are approved by anybody, the categories and the
// policies. Empty for who may make none.
func (s *Service) Subjects(ctx context.Context, a page.Args, text *string, fields page.Fields, total bool) (*DelegationSubjectConnection, error) {
	if err := permit.SignedIn(ctx); err != nil {
		return nil, err
	}
	may, err := s.mayDelegate(ctx, s.DB)
	if err != nil {
		return nil, err
	}
	where := bun.SafeQuery("?", may || s.isManager(ctx))
	if text != nil && *text != "" {
		where = db.AllOf(where, directory.SearchNames("s.name", "s.identifier", *text))
	}
	return subjects.List(ctx, s.DB, a, fields, total, where, subjectsByName)
}

// ActingNow gives for whom the caller acts now.
func ActingNow(ctx context.Context) []*ActsFor {
	list := []*ActsFor{}
	if a := permit.From(ctx); a != nil {
		for _, d := range a.Deputyships {
			f := &ActsFor{DelegationID: d.DelegationID, Name: d.Delegator.Name, Until: d.Until, Kinds: []DelegationKind{}}
			for _, k := range kinds {
				if d.Rights[string(k.kind)] != nil {
					f.Kinds = append(f.Kinds, k.kind)
				}
			}
			list = append(list, f)
		}
	}
	return list
}
