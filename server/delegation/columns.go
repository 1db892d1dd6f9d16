package delegation

import (
	"writ/server/db"
	"writ/server/page"
)

// delegations is how delegations are read.
var delegations = page.Table[Delegation]{
	From: "delegation d",
	Joins: []page.Join{
		{Alias: "a", SQL: "left join local_user a on a.id = d.delegator_id"},
		{Alias: "b", SQL: "left join local_user b on b.id = d.deputy_id"},
		{Alias: "c", SQL: "left join local_user c on c.username = d.created_by"},
		{Alias: "z", SQL: "left join local_user z on z.username = d.closed_by"},
	},
	Always: []string{"id", "state", "delegator", "deputy"},
	Fields: map[string][]string{
		"__typename": nil, "id": nil, "delegator": nil, "deputy": nil, "kinds": {"kinds"}, "scope": {"scope"}, "startDate": {"start_date"}, "endDate": {"end_date"}, "reason": {"reason"}, "state": nil,
		"createdBy": {"created_by"}, "createdAt": {"created_at"}, "closedAt": {"closed_at"}, "closedBy": {"closed_by"}, "version": {"version"}, "isMine": nil, "isForMe": nil, "can": nil, "acts": {"acts"}, "history": nil,
	},
	Columns: []page.Column[Delegation]{
		{Name: "id", SQL: "d.id", Read: func(d *Delegation, r *db.Row) { d.ID = r.Int() }},
		{Name: "state", SQL: "d.state", Read: func(d *Delegation, r *db.Row) { d.State = DelegationState(r.Text()) }},
		{Name: "delegator", SQL: "a.id, coalesce(a.username, d.delegator), coalesce(nullif(a.display_name, ''), a.username, d.delegator)", Read: func(d *Delegation, r *db.Row) { d.Delegator = DelegationParty{r.IntOrNil(), r.Text(), r.Text()} }},
		{Name: "deputy", SQL: "b.id, coalesce(b.username, d.deputy), coalesce(nullif(b.display_name, ''), b.username, d.deputy)", Read: func(d *Delegation, r *db.Row) { d.Deputy = DelegationParty{r.IntOrNil(), r.Text(), r.Text()} }},
		{Name: "kinds", SQL: "to_jsonb(d.kinds)", Read: func(d *Delegation, r *db.Row) { r.JSON(&d.Kinds) }},
		{Name: "scope", SQL: "d.scope", Read: func(d *Delegation, r *db.Row) { r.JSON(&d.Scope) }},
		{Name: "start_date", SQL: "d.start_date", Read: func(d *Delegation, r *db.Row) { d.StartDate = r.Time() }},
		{Name: "end_date", SQL: "d.end_date", Read: func(d *Delegation, r *db.Row) { d.EndDate = r.TimeOrNil() }},
		{Name: "reason", SQL: "d.reason", Read: func(d *Delegation, r *db.Row) { d.Reason = r.Text() }},
		{Name: "created_by", SQL: "coalesce(nullif(c.display_name, ''), d.created_by)", Read: func(d *Delegation, r *db.Row) { d.CreatedBy = r.Text() }},
		{Name: "created_at", SQL: "d.created_at", Read: func(d *Delegation, r *db.Row) { d.CreatedAt = r.Time() }},
		{Name: "closed_at", SQL: "d.closed_at", Read: func(d *Delegation, r *db.Row) { d.ClosedAt = r.TimeOrNil() }},
		{Name: "closed_by", SQL: "coalesce(nullif(z.display_name, ''), d.closed_by)", Read: func(d *Delegation, r *db.Row) { d.ClosedBy = r.TextOrNil() }},
		{Name: "version", SQL: "d.version", Read: func(d *Delegation, r *db.Row) { d.Version = int(r.Int()) }},
		{Name: "acts", SQL: "(select count(*) from delegation_act x where x.delegation_id = d.id)", Read: func(d *Delegation, r *db.Row) { d.Acts = int(r.Int()) }},
	},
}

// newest: what is open first is said by the filter, so that the newest stand first.
var newest = page.Sorting[Delegation]{ID: "d.id", Desc: true, At: func(d *Delegation) page.Position { return page.Position{ID: d.ID} }}

// acts is how is read what was done under a delegation.
var acts = page.Table[DelegationAct]{
	From:   "delegation_act x",
	Joins:  []page.Join{{Alias: "b", SQL: "left join local_user b on lower(b.username) = lower(x.deputy)"}},
	Always: []string{"id"},
	Fields: map[string][]string{
		"__typename": nil, "id": nil, "at": {"at"}, "deputyName": {"deputy"}, "kind": {"kind"}, "action": {"action"}, "subjectType": {"subject"}, "subjectId": {"subject"}, "number": {"number"}, "about": {"about"},
	},
	Columns: []page.Column[DelegationAct]{
		{Name: "id", SQL: "x.id", Read: func(a *DelegationAct, r *db.Row) { a.ID = r.Int() }},
		{Name: "at", SQL: "x.at", Read: func(a *DelegationAct, r *db.Row) { a.At = r.Time() }},
		{Name: "deputy", SQL: "coalesce(nullif(b.display_name, ''), x.deputy)", Read: func(a *DelegationAct, r *db.Row) { a.DeputyName = r.Text() }},
		{Name: "kind", SQL: "x.kind", Read: func(a *DelegationAct, r *db.Row) { a.Kind = DelegationKind(r.Text()) }},
		{Name: "action", SQL: "x.action", Read: func(a *DelegationAct, r *db.Row) { a.Action = r.Text() }},
		{Name: "subject", SQL: "x.subject_type, x.subject_id", Read: func(a *DelegationAct, r *db.Row) { a.SubjectType, a.SubjectID = r.Text(), r.Int() }},
		{Name: "number", SQL: "nullif(x.number, '')", Read: func(a *DelegationAct, r *db.Row) { a.Number = r.TextOrNil() }},
		{Name: "about", SQL: "nullif(x.about, '')", Read: func(a *DelegationAct, r *db.Row) { a.About = r.TextOrNil() }},
	},
}

var latest = page.Sorting[DelegationAct]{ID: "x.id", Desc: true, At: func(a *DelegationAct) page.Position { return page.Position{ID: a.ID} }}
