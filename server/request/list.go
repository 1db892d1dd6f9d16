package request

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"writ/server/assignment"
	"writ/server/db"
	"writ/server/directory"
	"writ/server/errs"
	"writ/server/evaluation"
	"writ/server/page"
	"writ/server/permit"
	"writ/server/risk"
)

// RequestFilter narrows lists of requests and of their items; conditions are joined by AND, values of one by OR.
type RequestFilter struct {
	States       []RequestState
	Actions      []RequestAction
	Role         *string // identifier
	OwnerID      *int64  // who gets or loses it
	RequestID    *int64
	Mine         *bool // what the caller asked for
	AboutMe      *bool // what the caller gets or loses
	ToDecideByMe *bool
	ToAnswerByMe *bool // what the caller is asked about it
	Stuck        *bool
	ToRouteByMe  *bool   // stuck, of those whose requests the caller supervises
	Late         *bool   // waits for longer than it should
	Text         *string // number, object or person
}

// RequestSort is the order of a list.
type RequestSort string

// The orders.
const (
	Newest RequestSort = "NEWEST"
	Oldest RequestSort = "OLDEST"
	Due    RequestSort = "DUE" // what is late first, then what is due next
)

// of is the condition on q, i and w that a filter means.
func (f *RequestFilter) of(ctx context.Context, m *assignment.Model, now time.Time) db.Condition {
	list := []db.Condition{seen(ctx, m, now)}
	add := func(sql string, args ...any) { list = append(list, bun.SafeQuery(sql, args...)) }
	if f == nil {
		return list[0]
	}
	whether := func(want *bool, c db.Condition) {
		if want != nil && *want {
			list = append(list, c)
		} else if want != nil {
			add("not coalesce((?), false)", c)
		}
	}
	if len(f.States) > 0 {
		add("i.state in (?)", bun.List(f.States))
	}
	if len(f.Actions) > 0 {
		add("i.action in (?)", bun.List(f.Actions))
	}
	if f.Role != nil {
		add("i.role = ?", *f.Role)
	}
	if f.OwnerID != nil {
		add("i.beneficiary_id = ?", *f.OwnerID)
	}
	if f.RequestID != nil {
		add("i.request_id = ?", *f.RequestID)
	}
	whether(f.Mine, mine(ctx))
	whether(f.AboutMe, aboutMe(ctx))
	whether(f.ToDecideByMe, toDecide(ctx, m, now))
	whether(f.ToAnswerByMe, toAnswer(ctx))
	whether(f.Stuck, bun.SafeQuery("exists (select from request_step o where o.item_id = i.id and o.state = 'STUCK')"))
	whether(f.ToRouteByMe, db.AllOf(bun.SafeQuery("exists (select from request_step o where o.item_id = i.id and o.state = 'STUCK')"), over(ctx, m, permit.Supervise)))
	whether(f.Late, bun.SafeQuery("exists (select from request_step o where o.item_id = i.id and o.state in ('OPEN', 'INFO_REQUESTED', 'STUCK') and o.due_at < ?)", now))
	if f.Text != nil && strings.TrimSpace(*f.Text) != "" {
		list = append(list, db.AnyOf(bun.SafeQuery("lower(q.number) = lower(btrim(?))", *f.Text), directory.SearchNames("i.object_name", "i.role", *f.Text), directory.SearchBeside(ctx, m.Shape, "w", *f.Text)))
	}
	return db.AllOf(list...)
}

func sorted[T any](by *RequestSort, id string, at func(*T) int64) page.Sorting[T] {
	return page.Sorting[T]{ID: id, Desc: by == nil || *by == Newest, At: func(x *T) page.Position { return page.Position{ID: at(x)} }}
}

// byDue sorts items by when the step that waits counts as late, the earliest first, and behind them those that never do, or of which none waits.
var byDue = page.Sorting[RequestItem]{Text: "coalesce(to_char(s.due_at at time zone 'UTC', '" + sqlInstant + "'), '9')", ID: "i.id", Needs: []string{"step"}, At: func(x *RequestItem) page.Position {
	if x.DueAt == nil {
		return page.Position{Text: "9", ID: x.ID}
	}
	return page.Position{Text: x.DueAt.UTC().Format(goInstant), ID: x.ID}
}}

// An instant as a text that sorts as instants do, in SQL and in Go.
const (
	sqlInstant = "YYYYMMDDHH24MISS.US"
	goInstant  = "20060102150405.000000"
)

// Items gives a page of the items that the caller may see, the newest first. The number of statements does not grow with the page.
func (s *Service) Items(ctx context.Context, a page.Args, f *RequestFilter, by *RequestSort, fields page.Fields, total bool) (*RequestItemConnection, error) {
	if err := permit.SignedIn(ctx); err != nil {
		return nil, err
	}
	m, err := s.model(ctx, s.DB)
	if err != nil {
		return nil, err
	}
	order := sorted(by, "i.id", func(x *RequestItem) int64 { return x.ID })
	if by != nil && *by == Due {
		order = byDue
	}
	c, err := items.List(ctx, s.DB, a, fields, total, f.of(ctx, m, s.Clock.Now()), order)
	if err != nil {
		return nil, fmt.Errorf("list items of requests: %w", err)
	}
	return c, s.complete(ctx, m, c.Nodes(), fields)
}

// GetItem gives one item; NotFound when there is none that the caller may see.
func (s *Service) GetItem(ctx context.Context, id int64) (*RequestItem, error) {
	if err := permit.SignedIn(ctx); err != nil {
		return nil, err
	}
	m, err := s.model(ctx, s.DB)
	if err != nil {
		return nil, err
	}
	rows, err := items.Read(ctx, s.DB, items.For(nil), db.AllOf(bun.SafeQuery("i.id = ?", id), seen(ctx, m, s.Clock.Now())), "i.id", 1)
	if err != nil {
		return nil, fmt.Errorf("read an item of a request: %w", db.Explain(err))
	}
	if len(rows) == 0 {
		return nil, errs.Missing("There is no item %d of a request, or it is not in your scope.", id).Of(id)
	}
	return rows[0], s.complete(ctx, m, rows, nil)
}

// List gives a page of the requests of which the caller may see something, the newest first, each with the items that he may see.
func (s *Service) List(ctx context.Context, a page.Args, f *RequestFilter, by *RequestSort, fields page.Fields, total bool) (*RequestConnection, error) {
	if err := permit.SignedIn(ctx); err != nil {
		return nil, err
	}
	m, err := s.model(ctx, s.DB)
	if err != nil {
		return nil, err
	}
	where := bun.SafeQuery("exists (select from request_item i join resource w on w.id = i.beneficiary_id where i.request_id = q.id and ?)", f.of(ctx, m, s.Clock.Now()))
	c, err := requests.List(ctx, s.DB, a, fields, total, where, sorted(by, "q.id", func(x *Request) int64 { return x.ID }))
	if err != nil {
		return nil, fmt.Errorf("list requests: %w", err)
	}
	return c, s.withItems(ctx, m, c.Nodes(), fields)
}

// Get gives one request, by id or number; NotFound when there is none of which the caller may see something.
func (s *Service) Get(ctx context.Context, id *int64, number *string) (*Request, error) {
	if err := permit.SignedIn(ctx); err != nil {
		return nil, err
	}
	if (id == nil) == (number == nil) {
		return nil, errs.Invalid("id", "Name a request by its id or by its number.")
	}
	m, err := s.model(ctx, s.DB)
	if err != nil {
		return nil, err
	}
	named := bun.SafeQuery("q.id = ?", id)
	missing := errs.Missing("There is no such request, or it is not in your scope.")
	if number != nil {
		named, missing = bun.SafeQuery("q.number = upper(btrim(?))", *number), missing.Of(*number)
	} else {
		missing = missing.Of(*id)
	}
	where := db.AllOf(named, bun.SafeQuery("exists (select from request_item i join resource w on w.id = i.beneficiary_id where i.request_id = q.id and ?)", seen(ctx, m, s.Clock.Now())))
	rows, err := requests.Read(ctx, s.DB, requests.For(nil), where, "q.id", 1)
	if err != nil {
		return nil, fmt.Errorf("read a request: %w", db.Explain(err))
	}
	if len(rows) == 0 {
		return nil, missing
	}
	return rows[0], s.withItems(ctx, m, rows, nil)
}

// withItems brings the items of requests that the caller may see.
func (s *Service) withItems(ctx context.Context, m *assignment.Model, list []*Request, fields page.Fields) error {
	if len(list) == 0 || fields != nil && !fields.Has("items", "history") {
		return nil
	}
	byID := make(map[int64]*Request, len(list))
	all := make([]int64, len(list))
	for i, r := range list {
		r.Items = []*RequestItem{}
		byID[r.ID], all[i] = r, r.ID
	}
	if fields == nil || fields.Has("history") {
		if err := s.histories(ctx, m, all, byID); err != nil {
			return err
		}
	}
	if fields != nil && !fields.Has("items") {
		return nil
	}
	rows, err := items.Read(ctx, s.DB, items.For(nil), db.AllOf(bun.SafeQuery("i.request_id = any (?)", ids(all)), seen(ctx, m, s.Clock.Now())), "i.request_id, i.position", 0)
	if err != nil {
		return fmt.Errorf("read the items of requests: %w", db.Explain(err))
	}
	for _, x := range rows {
		byID[x.RequestID].Items = append(byID[x.RequestID].Items, x)
	}
	return s.complete(ctx, m, rows, nil)
}

// complete brings what does not stand in the rows themselves: what the caller may do, steps, names of parameters. As many statements for many as for one.
func (s *Service) complete(ctx context.Context, m *assignment.Model, list []*RequestItem, fields page.Fields) error {
	if len(list) == 0 {
		return nil
	}
	all := make([]int64, len(list))
	byID := make(map[int64]*RequestItem, len(list))
	for i, x := range list {
		all[i], byID[x.ID] = x.ID, x
		x.approve, x.decline = commentMode(m, x.roleID, ApproveStep), commentMode(m, x.roleID, DeclineStep)
	}
	for _, x := range list {
		x.Risks = []*risk.Risk{}
		for _, id := range x.riskIDs {
			if r := s.Risks.Named(m, id); r != nil {
				x.Risks = append(x.Risks, r)
			}
		}
	}
	for _, x := range list {
		x.IsLate = x.DueAt != nil && x.DueAt.Before(s.Clock.Now())
	}
	has := func(names ...string) bool { return fields == nil || fields.Has(names...) }
	if has("canDelegate") {
		if err := s.ownPlaces(ctx, m, all, byID); err != nil {
			return err
		}
	}
	if has("canReassign") {
		if err := s.supervision(ctx, m, all, byID); err != nil {
			return err
		}
	}
	if has("isOwn", "canDecide", "canWithdraw", "canRemind", "canAsk", "canRecall") {
		if err := s.rights(ctx, m, all, byID); err != nil {
			return err
		}
	}
	if has("decideFor") {
		if err := s.deputyRights(ctx, m, all, byID); err != nil {
			return err
		}
	}
	if has("parameters") {
		if err := s.nameParameters(ctx, m, list); err != nil {
			return err
		}
	}
	if has("orders") {
		if err := s.orders(ctx, all, byID); err != nil {
			return err
		}
	}
	if has("comments", "canAsk", "canAnswer", "canWithdrawQuestion") {
		if err := s.comments(ctx, all, byID); err != nil {
			return err
		}
	}
	if has("steps") {
		return s.steps(ctx, m, all, byID)
	}
	return nil
}

// rights tells what the caller may do with items.
func (s *Service) rights(ctx context.Context, m *assignment.Model, all []int64, byID map[int64]*RequestItem) error {
	name := permit.Name(ctx)
	own := bun.SafeQuery("(coalesce(request_exclusion(?, q.requester, q.requester_user_id, q.requester_id, i.beneficiary_id, null), '') <> '')", name)
	takesBack := bun.SafeQuery("(i.state in ('SUBMITTED', 'IN_APPROVAL') and (lower(account_now(q.requester, q.requester_user_id)) = lower(?0) or i.action in ('ADD', 'ALLOW', 'EXTEND') and is_same_person(?0, i.beneficiary_id) or ?1))", name, over(ctx, m, permit.Supervise))
	return db.Select(ctx, s.DB, bun.SafeQuery("select i.id, ?, coalesce(?, false), coalesce(?, false), coalesce(?, false), exists (select from request_step o join request_handed h on h.step_id = o.id where o.item_id = i.id and o.state in ('OPEN', 'INFO_REQUESTED') and ?) from "+items.Tables(own)+" where i.id = any (?)", own, toDecide(ctx, m, s.Clock.Now()), takesBack, reminds(ctx, m, s.Clock.Now()), byCaller(ctx), ids(all)), func(r *db.Row) error {
		x := byID[r.Int()]
		x.IsOwn, x.CanDecide, x.CanWithdraw, x.CanRemind, x.CanRecall = r.Bool(), r.Bool(), r.Bool(), r.Bool(), r.Bool()
		return nil
	})
}

// nameParameters names the values that roles are asked for with, those that the caller may read.
func (s *Service) nameParameters(ctx context.Context, m *assignment.Model, list []*RequestItem) error {
	var values []int64
	for _, x := range list {
		values = append(values, evaluation.ListedParameters(x.rawParameters)...)
	}
	if len(values) == 0 {
		return nil
	}
	found := map[int64]directory.ResourceRef{}
	if err := db.Select(ctx, s.DB, bun.SafeQuery("select r.id, r.entity_type_id, r.key, r.display_name from resource r where r.id = any (?) and ?", ids(values), directory.Readable(ctx, m.Shape, "r")), func(r *db.Row) error {
		ref := directory.ResourceRef{ID: r.Int(), EntityType: names(m)(r.Int()), Key: r.Text(), DisplayName: r.Text()}
		found[ref.ID] = ref
		return nil
	}); err != nil {
		return fmt.Errorf("read the values of parameters: %w", err)
	}
	for _, x := range list {
		for name, id := range x.rawParameters {
			if ref, ok := found[id]; ok {
				x.Parameters = append(x.Parameters, &RequestParameter{Dimension: name, Value: ref})
			}
		}
		slices.SortFunc(x.Parameters, func(a, b *RequestParameter) int { return strings.Compare(a.Dimension, b.Dimension) })
	}
	return nil
}

// steps brings the steps of items, with who decided, and who may decide those that wait.
func (s *Service) steps(ctx context.Context, m *assignment.Model, all []int64, byID map[int64]*RequestItem) error {
	open := map[int64]bool{}
	if err := db.Select(ctx, s.DB, bun.SafeQuery(`select s.id, s.item_id, s.level, s.state, s.skip_reason, s.opened_at, s.due_at, s.remind_at, s.reminded_at, s.reminders, s.escalate_at, s.escalation, s.answer_by, s.closed_at, s.version,
			coalesce((select u.display_name from local_user u where u.id = d.decider_user_id), d.decider), coalesce((select u.display_name from local_user u where u.id = d.for_user_id), d.for_account), d.comment, s.rule, d.changed_dates, s.is_assigned
		from request_step s left join request_decision d on d.step_id = s.id where s.item_id = any (?) order by s.item_id, s.round, s.level`, ids(all)), func(r *db.Row) error {
		st := &RequestStep{ID: r.Int(), ItemID: r.Int(), Level: int(r.Int()), State: RequestStepState(r.Text()), SkipReason: r.TextOrNil(), OpenedAt: r.TimeOrNil(), DueAt: r.TimeOrNil(), RemindAt: r.TimeOrNil(), RemindedAt: r.TimeOrNil(), Reminders: int(r.Int()),
			EscalateAt: r.TimeOrNil(), Escalation: int(r.Int()), AnswerBy: r.TimeOrNil(), ClosedAt: r.TimeOrNil(),
			Version: int(r.Int()), Decider: r.TextOrNil(), DecidedFor: r.TextOrNil(), Comment: r.TextOrNil(), Rule: r.TextOrNil(), Asked: []*RequestCandidate{}, Candidates: []string{}, Handed: []*RequestHanded{}}
		r.JSON(&st.ChangedDates)
		st.isAssigned = r.Bool()
		if st.ClosedAt != nil { // its clocks stand
			st.RemindAt, st.EscalateAt = nil, nil
		}
		st.IsLate = st.ClosedAt == nil && st.DueAt != nil && st.DueAt.Before(s.Clock.Now())
		byID[st.ItemID].Steps = append(byID[st.ItemID].Steps, st)
		if st.State.isDecidable() {
			open[st.ItemID] = true
		}
		return nil
	}); err != nil {
		return fmt.Errorf("read the steps of requests: %w", err)
	}
	if err := s.handedOn(ctx, all, byID); err != nil {
		return err
	}
	if len(all) > 1 {
		return nil // of one item only: who may decide is looked for person by person
	}
	if err := s.askedAbout(ctx, m, all[0], byID[all[0]]); err != nil {
		return err
	}
	for id := range open {
		var of item
		if err := s.DB.NewRaw(`select i.id, i.beneficiary_id, w.entity_type_id, i.role_id, i.action, i.parameters, i.risk_ids, q.requester, q.requester_id, q.requester_user_id from request_item i join request q on q.id = i.request_id join resource w on w.id = i.beneficiary_id where i.id = ?`, id).Scan(ctx, &of); err != nil {
			return fmt.Errorf("read whom a request concerns: %w", err)
		}
		for _, st := range byID[id].Steps {
			if st.State.isDecidable() {
				who := s.approvers(m)
				list, err := who.asked(ctx, s.DB, &of, &step{ID: st.ID, Level: st.Level, IsAssigned: st.isAssigned})
				if err != nil {
					return err
				}
				st.Candidates, st.More = shown(list)
				found, err := who.at(ctx, s.DB, &of, &step{ID: st.ID, Level: st.Level, IsAssigned: st.isAssigned})
				if err != nil {
					return err
				}
				st.More += found.more // of a profile with many holders not all are named
			}
		}
	}
	return nil
}

// mostTold is how many of those who are or were asked are told of each step.
const mostTold = 200

// askedAbout brings who is or was asked by name about the steps of one item. Who is not asked although a rule found him, and who was, is told to whoever
// supervises requests, and to himself (requests 14.2).
func (s *Service) askedAbout(ctx context.Context, m *assignment.Model, id int64, x *RequestItem) error {
	var userID, personID int64
	if me := permit.From(ctx); me != nil {
		userID, personID = me.UserID, me.ResourceID
	}
	byStep := map[int64]*RequestStep{}
	for _, st := range x.Steps {
		byStep[st.ID] = st
	}
	if err := db.Select(ctx, s.DB, bun.SafeQuery(`select c.step_id, c.name, c.found_by, c.excluded_because, c.since, c.until, c.source from request_candidate c join request_step s on s.id = c.step_id
		join request_item i on i.id = s.item_id join resource w on w.id = i.beneficiary_id
		where s.item_id = ?0 and (c.excluded_because is null and c.until is null or c.user_id = ?1 or c.person_id = nullif(?2, 0) or ?3) order by c.step_id, c.id limit ?4`,
		id, userID, personID, over(ctx, m, permit.Supervise), mostTold), func(r *db.Row) error {
		st := byStep[r.Int()]
		c := &RequestCandidate{Name: r.Text(), FoundBy: r.Text(), ExcludedBecause: r.TextOrNil(), Since: r.Time(), Until: r.TimeOrNil()}
		if say, ok := foundBy[c.FoundBy]; ok {
			c.FoundBy = say
		}
		if r.Text() == sourceFallback {
			c.FoundBy = "named by the policy for this, since nobody else was found: " + c.FoundBy
		}
		if c.ExcludedBecause != nil {
			c.ExcludedBecause = new(notAskedBecause[*c.ExcludedBecause])
		}
		st.Asked = append(st.Asked, c)
		return nil
	}); err != nil {
		return fmt.Errorf("read who is asked: %w", err)
	}
	for _, st := range x.Steps {
		slices.SortStableFunc(st.Asked, newest)
	}
	return nil
}

// supervision tells of which items the caller may say who decides them, and until when.
func (s *Service) supervision(ctx context.Context, m *assignment.Model, all []int64, byID map[int64]*RequestItem) error {
	may := maySupervise(ctx, m)
	err := db.Select(ctx, s.DB, bun.SafeQuery("select i.id from "+items.Tables(may)+" where i.id = any (?) and ?", ids(all), may), func(r *db.Row) error {
		byID[r.Int()].CanReassign = true
		return nil
	})
	if err != nil {
		return fmt.Errorf("look what somebody supervises: %w", err)
	}
	return nil
}

// ownPlaces tells what the caller decides in his own place, and may hand over.
func (s *Service) ownPlaces(ctx context.Context, m *assignment.Model, all []int64, byID map[int64]*RequestItem) error {
	may := waits(db.AllOf(voices(ctx, m)[0].decides(m, s.Clock.Now()), isDelegable))
	err := db.Select(ctx, s.DB, bun.SafeQuery("select i.id from "+items.Tables(may)+" where i.id = any (?) and ?", ids(all), may), func(r *db.Row) error {
		byID[r.Int()].CanDelegate = true
		return nil
	})
	if err != nil {
		return fmt.Errorf("look what somebody may hand over: %w", err)
	}
	return nil
}

// handedOn brings to whom steps were given besides.
func (s *Service) handedOn(ctx context.Context, all []int64, byID map[int64]*RequestItem) error {
	err := db.Select(ctx, s.DB, bun.SafeQuery(`select o.item_id, o.id, u.display_name, (select d.display_name from local_user d where d.id = h.by_user_id), h.reason, h.since
		from request_handed h join request_step o on o.id = h.step_id join local_user u on u.id = h.user_id where o.item_id = any (?) order by o.item_id, h.id limit ?`, ids(all), mostAdded*len(all)), func(r *db.Row) error {
		item, id := r.Int(), r.Int()
		h := &RequestHanded{Name: r.Text(), ByName: r.TextOrNil(), Reason: r.Text(), Since: r.Time()}
		for _, st := range byID[item].Steps {
			if st.ID == id {
				st.Handed = append(st.Handed, h)
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("read to whom steps were given: %w", err)
	}
	return nil
}

// maxHistory is how much of what happened is told of each request.
const maxHistory = 2000

// histories brings what happened to requests, the oldest first: of the items that the caller may see.
func (s *Service) histories(ctx context.Context, m *assignment.Model, all []int64, byID map[int64]*Request) error {
	for _, r := range byID {
		r.History = []*RequestHistoryEntry{}
	}
	err := db.Select(ctx, s.DB, bun.SafeQuery(`select h.request_id, h.at, h.actor, h.item_id, h.step_id, h.action, h.from_state, h.to_state, h.comment, h.for_account from request_history h
		join request_item i on i.id = h.item_id join request q on q.id = h.request_id join resource w on w.id = i.beneficiary_id where h.request_id = any (?) and ? order by h.request_id, h.id`,
		ids(all), seen(ctx, m, s.Clock.Now())), func(r *db.Row) error {
		of := byID[r.Int()]
		if len(of.History) < maxHistory {
			of.History = append(of.History, &RequestHistoryEntry{At: r.Time(), Actor: r.Text(), ItemID: r.IntOrNil(), StepID: r.IntOrNil(), Action: r.Text(), From: r.TextOrNil(), To: r.TextOrNil(), Comment: r.Text(), ForPerson: r.TextOrNil()})
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("read the history of requests: %w", err)
	}
	return nil
}

// orders brings how far the orders are that items caused.
func (s *Service) orders(ctx context.Context, all []int64, byID map[int64]*RequestItem) error {
	for _, x := range byID {
		x.Orders = []*RequestedOrder{}
	}
	if err := db.Select(ctx, s.DB, bun.SafeQuery(`select x.item_id, o.id, t.display_name, o.state, o.is_manual, o.verified_at from request_item_order x join provisioning_order o on o.id = x.order_id
		join resource_type t on t.id = o.resource_type_id where x.item_id = any (?) order by x.item_id, o.id limit ?`, ids(all), 100*len(all)), func(r *db.Row) error {
		x := byID[r.Int()]
		x.Orders = append(x.Orders, &RequestedOrder{ID: r.Int(), Name: r.Text(), state: evaluation.State(r.Int()), IsManual: r.Bool(), VerifiedAt: r.TimeOrNil()})
		return nil
	}); err != nil {
		return fmt.Errorf("read the orders of requests: %w", err)
	}
	return nil
}
