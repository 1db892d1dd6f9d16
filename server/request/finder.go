package request

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"

	"writ/server/access"
	"writ/server/assignment"
	"writ/server/db"
	"writ/server/evaluation/model"
	"writ/server/rolemodel"
)

// Who is found by the ways of an approver rule (requests 5.2, 5.3): one statement for all ways of a rule, whatever their number, with what excludes each of
// those who were found.

// mostNamed is how many people are asked by name; of more the step asks for the profile that they hold (requests 5.7).
const mostNamed = 100

// approval is what has to be approved, and by whom not.
type approval struct {
	party
	EntityTypeID int64
	RoleID       int64
	Action       RequestAction
	Level        int
	RiskIDs      []int64
	Parameters   map[string]int64
}

// approval of a level of an item.
func (x *item) approval(level int) approval {
	return approval{party: x.party(), EntityTypeID: x.EntityTypeID, RoleID: x.RoleID, Action: x.Action, Level: level, RiskIDs: x.RiskIDs, Parameters: x.Parameters}
}

// asked is who is asked for an approval.
type asked struct {
	rule      *rolemodel.ApproverRule // nil: none is about it, and whoever reviews the roles of the person is asked
	reviewers bool                    // whoever reviews the roles of the person is asked, by his right
	pool      *pool                   // whoever holds a profile is asked
	people    []*found                // those of the ways that were gone, by name: the excluded ones, too
	requester bool                    // who asks for it is one of those, or would be
	handed    bool                    // somebody who is asked handed his place over: he is found, and nobody is looked for besides
	assigned  bool                    // whoever supervises requests named them
	fallsBack bool                    // nobody else was found: they are those whom the policy names for that
	names     []string                // of those who may decide, each once
	known     [][2]int64              // the person, or without one the account, behind each name
	holders   []access.Holder         // the accounts of those, as far as they are named
	more      int                     // further ones that are not named
	watched   []int64                 // the resources by which they were found
	found     []int64                 // the accounts of all who were found, the excluded ones, too
}

// pool is everybody who holds a profile, with what the context of that has to say.
type pool struct {
	ProfileID int64
	Match     map[string]string
}

// found is somebody whom a way found.
type found struct {
	Place    int // of the way
	PersonID *int64
	UserID   *int64
	Account  *string
	Name     string
	Email    string
	Excluded *string // why he is not asked; nil: he is
	FoundBy  string
	Via      []int64 `bun:",array"` // the resources between who is asked about and him
	Source   string  // how he came to be asked
}

// anybody reports whether somebody may decide.
func (a *asked) anybody() bool { return len(a.names) > 0 || a.more > 0 }

// rule gives the approver rule that says who is asked; nil: none does.
func (a *approvers) rule(ctx context.Context, b bun.IDB, q approval) (*rolemodel.ApproverRule, error) {
	if a.m.Compiled.Approvers == nil {
		return nil, nil
	}
	contexts, err := a.contextsOf(ctx, b, q.beneficiary)
	if err != nil {
		return nil, err
	}
	return a.m.Compiled.Approvers.RuleFor(model.Approval{RoleID: q.RoleID, Level: q.Level, RiskIDs: q.RiskIDs, Action: string(q.Action), Contexts: contexts, Parameters: q.Parameters}), nil
}

// contextsOf are the current contexts of somebody, once.
func (a *approvers) contextsOf(ctx context.Context, b bun.IDB, id int64) ([]map[string]int64, error) {
	if known, ok := a.contexts[id]; ok {
		return known, nil
	}
	all, err := assignment.ContextsOf(ctx, b, []int64{id})
	if err != nil {
		return nil, err
	}
	now := a.s.Clock.Now()
	var list []map[string]int64
	for _, c := range all[id] {
		if (c.StartDate == nil || !c.StartDate.After(now)) && (c.EndDate == nil || c.EndDate.After(now)) {
			list = append(list, c.Dimensions)
		}
	}
	a.contexts[id] = list
	return list, nil
}

// ask finds who is asked for an approval (requests 5.1 to 5.4).
func (a *approvers) ask(ctx context.Context, b bun.IDB, q approval) (*asked, error) {
	rule, err := a.rule(ctx, b, q)
	if err != nil {
		return nil, err
	}
	if rule == nil {
		key := [2]int64{q.beneficiary, q.itemID}
		known := a.standard[key]
		if known == nil {
			known = &asked{reviewers: true}
			if err := a.withReviewers(ctx, b, q, known); err != nil {
				return nil, err
			}
			a.standard[key] = known
		}
		out := *known // whom the policy names is of each role its own
		return &out, a.fallBack(ctx, b, q, &out)
	}
	out := &asked{rule: rule, watched: q.watched()}
	if err := a.find(ctx, b, q, rule.Find, rule.Combine, out); err != nil {
		return nil, err
	}
	return out, a.fallBack(ctx, b, q, out)
}

// fallBack asks whom the policy of the role names for the case that nobody else is found (requests 5.4).
func (a *approvers) fallBack(ctx context.Context, b bun.IDB, q approval, out *asked) error {
	r := a.m.Role(q.RoleID)
	if out.anybody() || out.handed || r == nil {
		return nil
	}
	p := a.m.Policy(r.PolicyID)
	if p == nil || len(p.FallbackApprovers) == 0 {
		return nil
	}
	more := &asked{watched: q.watched()}
	if err := a.find(ctx, b, q, p.FallbackApprovers, rolemodel.FirstFinder, more); err != nil {
		return err
	}
	if !more.anybody() {
		return nil
	}
	for _, f := range more.people {
		f.Source = sourceFallback
	}
	out.people, out.pool, out.names, out.known, out.holders, out.more = append(out.people, more.people...), more.pool, more.names, more.known, more.holders, more.more
	out.reviewers, out.requester, out.fallsBack = out.reviewers || more.reviewers, out.requester || more.requester, true
	out.watched, out.found = merged(out.watched, more.watched), append(slices.Clone(out.found), more.found...)
	return nil
}

// watched are the resources of an approval itself.
func (q approval) watched() []int64 {
	if q.requesterID != nil {
		return merged([]int64{q.beneficiary}, []int64{*q.requesterID})
	}
	return []int64{q.beneficiary}
}

// merged are the ids of both, each once, in order.
func merged(a, b []int64) []int64 {
	all := slices.Concat(a, b)
	slices.Sort(all)
	return slices.Compact(all)
}

// withReviewers adds whoever reviews the roles of the person.
func (a *approvers) withReviewers(ctx context.Context, b bun.IDB, q approval, out *asked) error {
	list, handed, err := a.candidates(ctx, b, q.EntityTypeID, q.party)
	if err != nil {
		return err
	}
	out.handed = out.handed || handed
	for _, h := range a.over[q.beneficiary] {
		out.found = append(out.found, h.UserID)
	}
	for _, h := range list {
		out.named(h.ResourceID, h.UserID, h.DisplayName)
		out.hold(h)
	}
	return nil
}

// named adds the name of somebody who may decide, by whichever of his accounts.
func (a *asked) named(personID, userID int64, name string) {
	who := [2]int64{personID}
	if personID == 0 {
		who[1] = userID
	}
	if !slices.Contains(a.known, who) {
		a.known, a.names = append(a.known, who), append(a.names, name)
	}
}

// see adds somebody whom a way found, when he may decide.
func (a *asked) see(f *found) {
	if f.Excluded != nil {
		return
	}
	var person, user int64
	if f.PersonID != nil {
		person = *f.PersonID
	}
	if f.UserID != nil {
		user = *f.UserID
	}
	a.named(person, user, f.Name)
	a.hold(access.Holder{UserID: user, Username: *f.Account, DisplayName: f.Name, Email: f.Email, ResourceID: person})
}

// hold adds an account of somebody who may decide, once.
func (a *asked) hold(h access.Holder) {
	if !slices.ContainsFunc(a.holders, func(o access.Holder) bool { return o.UserID == h.UserID }) {
		a.holders = append(a.holders, h)
	}
}

// find adds whom some ways find: those of the first that finds somebody who may decide, or those of all.
func (a *approvers) find(ctx context.Context, b bun.IDB, q approval, list []rolemodel.Finder, combine rolemodel.ApproverCombination, out *asked) error {
	ways, pools, reviewers, err := a.look(ctx, b, q, list)
	if err != nil {
		return err
	}
	rows, err := a.people(ctx, b, q, ways)
	if err != nil {
		return err
	}
	for i, f := range list {
		before, handed := len(out.names)+out.more, false
		n := 0
		for _, r := range rows {
			if r.Place == i && r.Excluded == nil {
				n++
			}
		}
		for _, r := range rows {
			if r.Place != i {
				continue
			}
			r.FoundBy, r.Source = f.Finder, sourceFound
			if r.PersonID != nil {
				out.watched = append(out.watched, *r.PersonID)
			}
			out.watched = append(out.watched, r.Via...)
			if r.UserID != nil {
				out.found = append(out.found, *r.UserID)
			}
			handed = handed || r.Excluded != nil && *r.Excluded == "handed_over"
			out.requester = out.requester || r.Excluded != nil && (*r.Excluded == "is_requester" || *r.Excluded == "is_beneficiary" && q.requesterID != nil && *q.requesterID == q.beneficiary)
			switch {
			case pools[i] != nil && n > mostNamed: // asked by the profile, and not by name
				out.pool = pools[i]
				out.see(r)
			default:
				out.people = append(out.people, r)
				out.see(r)
			}
		}
		if out.pool != nil && out.pool == pools[i] {
			var all int
			if err := b.NewRaw("select count(distinct p.user_id) from assigned_profile p where p.profile_id = ? and p.context @> ?::jsonb and ?", out.pool.ProfileID, encoded(out.pool.Match), inForce("p", a.s.Clock.Now())).Scan(ctx, &all); err != nil {
				return fmt.Errorf("count who holds a profile: %w", db.Explain(err))
			}
			out.more += max(all-n, 0)
		}
		if reviewers[i] {
			if err := a.withReviewers(ctx, b, q, out); err != nil {
				return err
			}
			out.reviewers = len(out.names)+out.more > before || combine == rolemodel.AllFinders
		}
		out.handed = out.handed || handed
		if combine == rolemodel.FirstFinder && (len(out.names)+out.more > before || out.handed) {
			break
		}
	}
	out.watched = merged(out.watched, nil)
	return nil
}

// look gives the queries of some ways, and by place the profiles whose holders are asked, and where those are asked who review the roles of the person.
func (a *approvers) look(ctx context.Context, b bun.IDB, q approval, list []rolemodel.Finder) (ways []db.Condition, pools map[int]*pool, reviewers map[int]bool, err error) {
	pools, reviewers = map[int]*pool{}, map[int]bool{}
	for i, f := range list {
		switch {
		case f.Finder == rolemodel.FindReviewers:
			reviewers[i] = true
		case f.Finder == rolemodel.FindRiskOwner && !a.riskIsOwned(q.RiskIDs):
			reviewers[i] = true // state 25 stands on the review of roles
		case f.Finder == rolemodel.FindProfile:
			p, err := a.poolOf(ctx, b, q, f)
			if err != nil {
				return nil, nil, nil, err
			}
			if p != nil {
				pools[i] = p
				ways = append(ways, a.holding(i, p))
			}
		default:
			ways = append(ways, a.ways(i, q, f)...)
		}
	}
	return ways, pools, reviewers, nil
}

// riskIsOwned reports whether somebody answers for one of some risks.
func (a *approvers) riskIsOwned(ids []int64) bool {
	return slices.ContainsFunc(a.m.Source.Risks, func(r *rolemodel.Risk) bool { return r.OwnerKey != nil && slices.Contains(ids, r.ID) })
}

// ways are the queries of one way: its place, and the id of a person each.
func (a *approvers) ways(place int, q approval, f rolemodel.Finder) []db.Condition {
	owned := func(entityTypeID *int64, key *string) db.Condition {
		return bun.SafeQuery(`select ?::int as place, r.id as person, null::bigint as account, null::bigint[] as via from resource r where r.entity_type_id = ? and r.key = ? and r.valid_to = 'infinity'`, place, entityTypeID, key)
	}
	var list []db.Condition
	switch f.Finder {
	case rolemodel.FindManager:
		return a.climbing(place, q.EntityTypeID, []int64{q.beneficiary}, f.Level)
	case rolemodel.FindRequesterManager:
		if q.requesterID == nil {
			return nil
		}
		for _, t := range a.m.Shape.EntityTypes { // of whichever entity type he is
			list = append(list, a.climbing(place, t.ID, []int64{*q.requesterID}, f.Level)...)
		}
	case rolemodel.FindRoleOwner:
		if r := a.m.Role(q.RoleID); r != nil && r.OwnerKey != nil {
			list = append(list, owned(r.OwnerEntityTypeID, r.OwnerKey))
		}
	case rolemodel.FindResourceTypeOwner:
		for _, s := range systemsOf(a.m, q.RoleID) {
			i := slices.IndexFunc(a.m.Source.ResourceTypes, func(t *rolemodel.ResourceType) bool { return t.Identifier == s.ResourceType })
			if i < 0 {
				continue
			}
			if t := a.m.Source.ResourceTypes[i]; t.OwnerKey != nil {
				list = append(list, owned(t.OwnerEntityTypeID, t.OwnerKey))
			}
		}
	case rolemodel.FindRiskOwner:
		for _, r := range a.m.Source.Risks {
			if r.OwnerKey != nil && slices.Contains(q.RiskIDs, r.ID) {
				list = append(list, owned(r.OwnerEntityTypeID, r.OwnerKey))
			}
		}
	case rolemodel.FindPerson:
		list = append(list, bun.SafeQuery(`select ?::int as place, r.id as person, null::bigint as account, null::bigint[] as via from resource r where r.entity_type_id = ? and r.key = any (?) and r.valid_to = 'infinity'`,
			place, q.EntityTypeID, pgdialect.Array(f.Keys)))
	}
	return list
}

// climbing is the query of those who stand some steps above resources of an entity type. Whoever stands below himself ends the way.
func (a *approvers) climbing(place int, entityTypeID int64, of []int64, level int) []db.Condition {
	joins, args := "", []any{place}
	at, hop, ends := entityTypeID, 0, []string{"r0.id"}
	for range max(level, 1) {
		t := a.m.Shape.EntityTypes[at]
		if t == nil || t.ManagerBinding == nil {
			return nil
		}
		for _, name := range strings.Split(*t.ManagerBinding, ".") {
			p := a.m.Shape.Property(at, name)
			if p == nil || p.TargetEntityTypeID == nil {
				return nil
			}
			hop++
			joins += fmt.Sprintf(" join resource_link l%[1]d on l%[1]d.source_id = r%[2]d.id and l%[1]d.property_id = ? and l%[1]d.valid_to = 'infinity' join resource r%[1]d on r%[1]d.id = l%[1]d.target_id and r%[1]d.valid_to = 'infinity'", hop, hop-1)
			args = append(args, p.ID)
			at = *p.TargetEntityTypeID
		}
		for _, before := range ends {
			joins += fmt.Sprintf(" and r%d.id <> %s", hop, before)
		}
		ends = append(ends, fmt.Sprintf("r%d.id", hop))
	}
	args = append(args, entityTypeID, ids(of))
	via := "null::bigint[]"
	if len(ends) > 2 {
		via = "array[" + strings.Join(ends[1:len(ends)-1], ", ") + "]::bigint[]"
	}
	return []db.Condition{bun.SafeQuery(fmt.Sprintf("select ?::int as place, r%d.id as person, null::bigint as account, %s as via from resource r0%s where r0.entity_type_id = ? and r0.id = any (?)", hop, via, joins), args...)}
}

// poolOf is the profile of a way, with what the context of who holds it has to say; nil: there is no such profile, or the person says nothing that could be the same.
func (a *approvers) poolOf(ctx context.Context, b bun.IDB, q approval, f rolemodel.Finder) (*pool, error) {
	var ids []int64
	if err := b.NewRaw(`select id from profile where identifier = ?`, f.Profile).Scan(ctx, &ids); err != nil || len(ids) == 0 {
		return nil, err
	}
	p := &pool{ProfileID: ids[0], Match: map[string]string{}}
	if len(f.Match) == 0 {
		return p, nil
	}
	contexts, err := a.contextsOf(ctx, b, q.beneficiary)
	if err != nil || len(contexts) == 0 {
		return nil, err
	}
	for _, name := range f.Match {
		var key []string
		if err := b.NewRaw(`select key from resource where id = ?`, contexts[0][name]).Scan(ctx, &key); err != nil {
			return nil, fmt.Errorf("read what a profile has to say: %w", err)
		}
		if len(key) == 0 {
			return nil, nil
		}
		p.Match[name] = key[0]
	}
	return p, nil
}

// holding is the query of who holds a profile.
func (a *approvers) holding(place int, p *pool) db.Condition {
	return bun.SafeQuery(`(select distinct ?0::int as place, u.resource_id as person, u.id as account, null::bigint[] as via from assigned_profile p join local_user u on u.id = p.user_id
		where p.profile_id = ?1 and p.context @> ?2::jsonb and ?3 order by u.id limit ?4)`, place, p.ProfileID, encoded(p.Match), inForce("p", a.s.Clock.Now()), 2*mostNamed)
}

// inForce is the condition on an assigned profile of counting at an instant: within its dates, and not withheld by a denial that counts itself.
func inForce(alias string, now time.Time) db.Condition {
	return bun.SafeQuery(strings.ReplaceAll(`not p.is_denied and coalesce(p.start_date, '-infinity') <= ?0 and coalesce(p.end_date, 'infinity') > ?0
		and not exists (select from assigned_profile n where n.user_id = p.user_id and n.profile_id = p.profile_id and n.is_denied
			and coalesce(n.start_date, '-infinity') <= ?0 and coalesce(n.end_date, 'infinity') > ?0)`, "p.", alias+"."), now)
}

// people reads whom the ways find, by their places and names, each account of theirs, with what excludes it.
func (a *approvers) people(ctx context.Context, b bun.IDB, q approval, ways []db.Condition) ([]*found, error) {
	if len(ways) == 0 {
		return nil, nil
	}
	all := ways[0]
	for _, w := range ways[1:] {
		all = bun.SafeQuery("? union all ?", all, w)
	}
	var list []*found
	if err := b.NewRaw(`select distinct f.place, p.id as person_id, u.id as user_id, u.username as account, coalesce(u.display_name, p.display_name) as name, coalesce(nullif(u.email, ''), mail_of(p.scalars), '') as email, f.via,
			case when p.id = ?4 then 'is_beneficiary' when p.valid_to <> 'infinity' or o.left_at <= ?6 then 'left' when u.id is null then 'cannot_sign_in' when u.is_disabled then 'disabled'
				else request_exclusion(u.username, ?1, ?2, ?3, ?4, nullif(?5, 0)) end as excluded
		from (?0) f left join resource p on p.id = f.person left join owner_state o on o.owner_id = p.id
		left join lateral (select x.* from local_user x where x.id = f.account union all select x.* from local_user x where f.account is null and x.resource_id = p.id) u on true
		order by f.place, name, account, person_id`, all, q.requester, q.requesterUser, q.requesterID, q.beneficiary, q.itemID, a.s.Clock.Now()).Scan(ctx, &list); err != nil {
		return nil, fmt.Errorf("look who approves: %w", db.Explain(err))
	}
	return list, nil
}

// wouldAsk reports whether the requester would be asked if he did not ask himself (requests 5.6). reviews: he may review the roles of the person.
func (a *asked) wouldAsk(reviews bool) bool { return a.requester || a.reviewers && reviews }

// newest sorts what is told of who is asked: those who are before those who were, and those before who is not.
func newest(x, y *RequestCandidate) int {
	rank := func(c *RequestCandidate) int {
		switch {
		case c.Until != nil:
			return 2
		case c.ExcludedBecause != nil:
			return 1
		}
		return 0
	}
	return cmp.Or(cmp.Compare(rank(x), rank(y)), cmp.Compare(x.Name, y.Name))
}
