package request

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"

	"writ/server/assignment"
	"writ/server/errs"
	"writ/server/event"
	"writ/server/permit"
	"writ/server/rolemodel"
)

// Kinds of the events that this room publishes (requests 17).
const (
	EventChanged     = "request.changed"
	EventStepChanged = "request.step_changed"
	EventCommented   = "request.commented"
)

// item is an item under its lock, with its steps and what it needs of its request.
type item struct {
	ID              int64
	RequestID       int64
	Number          string
	Action          RequestAction
	RoleID          int64
	RoleKind        rolemodel.RoleKind
	Role            string
	ObjectName      string
	BeneficiaryID   int64
	EntityTypeID    int64
	IsGone          bool             // the beneficiary is there no more
	LeftAt          *time.Time       // when he left, or will
	Parameters      map[string]int64 `bun:"type:jsonb"`
	RequestedStart  *time.Time
	RequestedEnd    *time.Time
	StartDate       *time.Time
	EndDate         *time.Time
	Clamps          []RequestClamp `bun:"type:jsonb"`
	State           RequestState
	Level           int
	Levels          int
	AssignedRoleID  *int64
	RiskIDs         []int64 `bun:"risk_ids,array"`
	IsAtRisk        bool
	IsDenial        bool // the row is a denial
	Problem         *string
	Outcome         *RequestOutcome
	ClosedReason    *string
	ExpireAt        *time.Time
	WarnAt          *time.Time // when it is said next that it expires
	SubmittedAt     time.Time
	ApprovedAt      *time.Time
	ClosedAt        *time.Time
	Version         int
	IsAnew          bool       // its row was made for it, and gives nothing before it is approved
	HeldUntil       *time.Time // of what is to be extended, as long as that is had
	RequesterID     *int64
	RequesterUserID *int64
	Requester       string
	steps           []*step // by level
	from            RequestState
	isNew           bool // made in this turn
	isTouched       bool // something of it changed that people decide about
}

// step is a step under the lock of its item.
type step struct {
	ID                                int64
	ItemID                            int64
	Level                             int
	Round                             int
	State                             RequestStepState
	SkipReason                        *string
	OpenedAt                          *time.Time
	ClosedAt                          *time.Time
	LookedAt                          *time.Time // when it was looked last who may decide it
	DueDays, RemindDays, EscalateDays int        // fixed when it was asked for; 0: never
	DueAt, RemindAt, EscalateAt       *time.Time
	RemindedAt                        *time.Time
	Reminders                         int
	Escalation                        int        // how often others were asked besides
	RuleID                            *int64     // the approver rule by which people were found last
	AsksReviewers                     bool       // whoever reviews the roles of the person is asked, by his right
	PoolProfileID                     *int64     // whoever holds this profile is asked
	FallsBack                         bool       // those are asked whom the policy names, since nobody else was found
	IsAssigned                        bool       // whoever supervises requests named those who are asked
	AskedAt, AnswerBy                 *time.Time // of what is asked now
	StillUntil                        *time.Time // until when its clocks stand still at most
	Stood                             int64      // how long they stood still, in milliseconds
	Version                           int
	from                              RequestStepState
	isTouched                         bool // something of it changed that people decide about
	isWritten                         bool // something changed
}

// circuit is what approvals it has to pass.
func (x *item) circuit() assignment.Circuit {
	return assignment.Circuit{Levels: x.Levels, AtRisk: x.IsAtRisk}
}

// open is the step whose turn it is; nil: none.
func (x *item) open() *step {
	i := slices.IndexFunc(x.steps, func(s *step) bool { return s.State.isTurn() })
	if i < 0 {
		return nil
	}
	return x.steps[i]
}

// lockItems locks the items that a condition on i names, by id, and reads their steps. The owners are locked before.
func lockItems(ctx context.Context, tx bun.Tx, condition string, args ...any) ([]*item, error) {
	var list []*item
	if err := tx.NewRaw(`select i.id, i.request_id, q.number, i.action, i.role_id, i.role_kind, i.role, i.object_name, i.beneficiary_id, w.entity_type_id, w.valid_to <> 'infinity' as is_gone, (select o.left_at from owner_state o where o.owner_id = w.id) as left_at, i.parameters,
			i.requested_start, i.requested_end, i.start_date, i.end_date, i.clamps, i.state, i.level, i.levels, i.assigned_role_id, i.risk_ids, i.is_at_risk, coalesce((select a.is_denied from assigned_role a where a.id = i.assigned_role_id), false) as is_denial, coalesce((select a.pending_action = 'ADD' from assigned_role a where a.id = i.assigned_role_id), false) as is_anew,
			(select a.end_date from assigned_role a where a.id = i.assigned_role_id and a.pending_action = 'EXTEND' and a.valid_to = 'infinity') as held_until, i.problem, i.outcome, i.closed_reason, i.expire_at, i.warn_at, i.submitted_at,
			i.approved_at, i.closed_at, i.version, q.requester_id, q.requester_user_id, q.requester
		from request_item i join request q on q.id = i.request_id join resource w on w.id = i.beneficiary_id
		where `+condition+` order by i.id for update of i`, args...).Scan(ctx, &list); err != nil {
		return nil, fmt.Errorf("lock items of requests: %w", err)
	}
	if len(list) == 0 {
		return nil, nil
	}
	byID := make(map[int64]*item, len(list))
	all := make([]int64, len(list))
	for i, x := range list {
		x.from, byID[x.ID], all[i] = x.State, x, x.ID
	}
	var steps []*step
	if err := tx.NewRaw(`select id, item_id, level, round, state, skip_reason, opened_at, due_at, closed_at, looked_at, due_days, remind_days, escalate_days, remind_at, escalate_at, reminded_at, reminders, escalation, asked_at, answer_by, still_until, stood, version, rule_id, asks_reviewers, pool_profile_id, falls_back, is_assigned from request_step where item_id = any (?) order by item_id, level, round for update`, ids(all)).Scan(ctx, &steps); err != nil {
		return nil, fmt.Errorf("lock steps of requests: %w", err)
	}
	for _, s := range steps {
		s.from = s.State
		byID[s.ItemID].steps = append(byID[s.ItemID].steps, s)
	}
	return list, nil
}

// turn collects the moves of one transaction and writes them together.
type turn struct {
	ctx     context.Context
	tx      bun.Tx
	now     time.Time
	actor   string
	under   *permit.Deputyship // for whom the actor acts; nil: for himself
	changed *ChangedDates      // what the decision narrows; nil: nothing
	items   map[int64]*item
	history []historyRow
	events  []event.Event
	notices []notice
	names   func(entityTypeID int64) string
	days    Days
	zone    *time.Location
}

type historyRow struct {
	RequestID int64   `json:"request_id"`
	ItemID    int64   `json:"item_id"`
	StepID    *int64  `json:"step_id"`
	Machine   string  `json:"machine"`
	Actor     string  `json:"actor"`
	Action    Action  `json:"action"`
	From      *string `json:"from_state"`
	To        *string `json:"to_state"`
	Comment   string  `json:"comment"`
	For       *string `json:"for_account"` // for whom the actor acted as deputy
}

func (s *Service) newTurn(ctx context.Context, tx bun.Tx, m *assignment.Model) *turn {
	return &turn{ctx: ctx, tx: tx, now: s.Clock.Now(), actor: permit.Name(ctx), items: map[int64]*item{}, names: names(m), days: *s.Days, zone: m.Shape.Zone()}
}

// told is the data of the event request.changed.
type told struct {
	ItemID       int64           `json:"itemId"`
	RequestID    int64           `json:"requestId"`
	Number       string          `json:"number"`
	Action       Action          `json:"action"`
	From         *RequestState   `json:"from"`
	To           RequestState    `json:"to"`
	Wish         RequestAction   `json:"wish"`
	Role         string          `json:"role"`
	Object       string          `json:"object"`
	Level        int             `json:"level"`
	Levels       int             `json:"levels"`
	StartDate    *time.Time      `json:"startDate"`
	EndDate      *time.Time      `json:"endDate"`
	Outcome      *RequestOutcome `json:"outcome"`
	ClosedReason *string         `json:"closedReason"`
	For          *string         `json:"for,omitempty"` // user name of the one for whom the actor acted as deputy
}

// toldStep is the data of the event request.step_changed.
type toldStep struct {
	StepID    int64             `json:"stepId"`
	ItemID    int64             `json:"itemId"`
	RequestID int64             `json:"requestId"`
	Action    Action            `json:"action"`
	From      *RequestStepState `json:"from"`
	To        RequestStepState  `json:"to"`
	Level     int               `json:"level"`
	For       *string           `json:"for,omitempty"`
}

// move takes an action on an item. InvalidTransition when the table does not know it.
func (t *turn) move(x *item, action Action, comment string) *errs.Error {
	from := x.State
	if x.isNew {
		from, x.isNew = entering, false
	}
	to, ok := itemMachine.Target(action, from)
	if !ok {
		return errs.New(errs.InvalidTransition, "This is %s: %s.", stateWords[x.State], stateNow[x.State]).Of(x.ID)
	}
	h := historyRow{RequestID: x.RequestID, ItemID: x.ID, Machine: itemMachine.Name, Actor: t.actor, Action: action, Comment: comment, For: t.behalf()}
	e := told{For: t.behalf(), ItemID: x.ID, RequestID: x.RequestID, Number: x.Number, Action: action, To: to, Wish: x.Action, Role: x.Role, Object: x.ObjectName, Level: x.Level, Levels: x.Levels,
		StartDate: x.StartDate, EndDate: x.EndDate, Outcome: x.Outcome, ClosedReason: x.ClosedReason}
	if from != entering {
		e.From = &from
	}
	if from != entering && from != to {
		h.From, h.To = new(string(from)), new(string(to))
	}
	x.State, x.isTouched = to, true
	switch {
	case !to.IsOpen() && x.ClosedAt == nil:
		x.ClosedAt = &t.now
	case to.IsOpen():
		x.ClosedAt = nil
	}
	t.items[x.ID] = x
	t.history = append(t.history, h)
	t.events = append(t.events, event.Event{Kind: EventChanged, SubjectType: "request_item", SubjectID: x.ID, OwnerID: x.BeneficiaryID, SourceEntityType: t.names(x.EntityTypeID), Data: e})
	return nil
}

// step takes an action on a step. It panics when the table does not know it: whoever calls has asked what state it is in.
func (t *turn) step(x *item, s *step, action Action, comment string) {
	from := s.State
	to, ok := stepMachine.Target(action, from)
	if !ok {
		panic(fmt.Sprintf("no %s of a step in %s", action, from))
	}
	if from == StepAsked && to != StepAsked {
		t.resume(x, s)
	}
	s.State, s.LookedAt, s.isTouched, s.isWritten = to, &t.now, true, true
	switch {
	case from == to:
	case to == StepOpen && from == StepAsked, to == StepAsked:
	case to == StepOpen:
		s.OpenedAt = &t.now
		t.wind(s)
	case to == StepStuck:
		if from == StepWaiting {
			t.wind(s)
		}
	default:
		s.ClosedAt = &t.now
	}
	x.isTouched = true
	t.note(x, s, action, from, to, comment)
	t.events = append(t.events, event.Event{Kind: EventStepChanged, SubjectType: "request_step", SubjectID: s.ID, OwnerID: x.BeneficiaryID, SourceEntityType: t.names(x.EntityTypeID),
		Data: toldStep{StepID: s.ID, ItemID: x.ID, RequestID: x.RequestID, Action: action, From: &from, To: to, Level: s.Level, For: t.behalf()}})
}

// note writes what happened to a step into the history, and the step with it. It changes nobody's duty: no event tells of it.
func (t *turn) note(x *item, s *step, action Action, from, to RequestStepState, comment string) {
	h := historyRow{RequestID: x.RequestID, ItemID: x.ID, StepID: &s.ID, Machine: stepMachine.Name, Actor: t.actor, Action: action, Comment: comment, For: t.behalf()}
	if from != to {
		h.From, h.To = new(string(from)), new(string(to))
	}
	t.history = append(t.history, h)
	s.isWritten, t.items[x.ID] = true, x
}

// closeSteps ends all steps of an item that are not over.
func (t *turn) closeSteps(x *item, action Action) {
	for _, s := range x.steps {
		if s.State == StepWaiting || s.State.isTurn() {
			t.step(x, s, action, "")
		}
	}
}

// touch writes an item again whose state stays.
func (t *turn) touch(x *item) { t.items[x.ID], x.isTouched = x, true }

// itemUpdate and stepUpdate are what changes of an item and a step, for the statements.
type itemUpdate struct {
	ID           int64           `json:"id"`
	From         RequestState    `json:"from_state"`
	State        RequestState    `json:"state"`
	Level        int             `json:"level"`
	Start        *time.Time      `json:"start_date"`
	End          *time.Time      `json:"end_date"`
	Clamps       []RequestClamp  `json:"clamps"`
	Row          *int64          `json:"assigned_role_id"`
	Problem      *string         `json:"problem"`
	Outcome      *RequestOutcome `json:"outcome"`
	ClosedReason *string         `json:"closed_reason"`
	ApprovedAt   *time.Time      `json:"approved_at"`
	ClosedAt     *time.Time      `json:"closed_at"`
	RiskIDs      []int64         `json:"risk_ids"`
	IsAtRisk     bool            `json:"is_at_risk"`
	ExpireAt     *time.Time      `json:"expire_at"`
	WarnAt       *time.Time      `json:"warn_at"`
	Touched      bool            `json:"touched"`
}

type stepUpdate struct {
	ID         int64            `json:"id"`
	From       RequestStepState `json:"from_state"`
	State      RequestStepState `json:"state"`
	SkipReason *string          `json:"skip_reason"`
	OpenedAt   *time.Time       `json:"opened_at"`
	DueAt      *time.Time       `json:"due_at"`
	ClosedAt   *time.Time       `json:"closed_at"`
	LookedAt   *time.Time       `json:"looked_at"`
	RemindAt   *time.Time       `json:"remind_at"`
	EscalateAt *time.Time       `json:"escalate_at"`
	RemindedAt *time.Time       `json:"reminded_at"`
	Reminders  int              `json:"reminders"`
	Escalation int              `json:"escalation"`
	AskedAt    *time.Time       `json:"asked_at"`
	AnswerBy   *time.Time       `json:"answer_by"`
	StillUntil *time.Time       `json:"still_until"`
	Stood      int64            `json:"stood"`
	Touched    bool             `json:"touched"`
}

// commit writes what was collected: items and steps, the requests they belong to, the history and the events.
func (t *turn) commit() error {
	if len(t.items) == 0 {
		return nil
	}
	var items []itemUpdate
	var steps []stepUpdate
	var requests []int64
	for _, x := range t.items {
		if x.isTouched {
			requests = append(requests, x.RequestID)
		}
		clamps := x.Clamps
		if clamps == nil {
			clamps = []RequestClamp{}
		}
		risks := x.RiskIDs
		if risks == nil {
			risks = []int64{}
		}
		items = append(items, itemUpdate{x.ID, x.from, x.State, x.Level, x.StartDate, x.EndDate, clamps, x.AssignedRoleID, x.Problem, x.Outcome, x.ClosedReason, x.ApprovedAt, x.ClosedAt, risks, x.IsAtRisk, x.ExpireAt, x.WarnAt, x.isTouched})
		for _, s := range x.steps {
			if s.isWritten {
				steps = append(steps, stepUpdate{s.ID, s.from, s.State, s.SkipReason, s.OpenedAt, s.DueAt, s.ClosedAt, s.LookedAt, s.RemindAt, s.EscalateAt, s.RemindedAt, s.Reminders, s.Escalation, s.AskedAt, s.AnswerBy, s.StillUntil, s.Stood, s.isTouched})
			}
		}
	}
	slices.Sort(requests)
	if _, err := t.tx.NewRaw(`update request_item i set state = r.state, level = r.level, start_date = r.start_date, end_date = r.end_date, clamps = r.clamps, assigned_role_id = r.assigned_role_id,
			problem = r.problem, outcome = r.outcome, closed_reason = r.closed_reason, approved_at = r.approved_at, closed_at = r.closed_at, risk_ids = r.risk_ids, is_at_risk = r.is_at_risk,
			expire_at = r.expire_at, warn_at = r.warn_at, version = i.version + r.touched::int
		from jsonb_to_recordset(?::jsonb) r (id bigint, state text, level smallint, start_date timestamptz, end_date timestamptz, clamps jsonb, assigned_role_id bigint, problem text, outcome text,
			closed_reason text, approved_at timestamptz, closed_at timestamptz, risk_ids bigint[], is_at_risk boolean, expire_at timestamptz, warn_at timestamptz, touched boolean) where i.id = r.id`, encoded(items)).Exec(t.ctx); err != nil {
		return fmt.Errorf("write items of requests: %w", err)
	}
	if len(steps) > 0 {
		if _, err := t.tx.NewRaw(`update request_step s set state = r.state, skip_reason = r.skip_reason, opened_at = r.opened_at, due_at = r.due_at, closed_at = r.closed_at, looked_at = r.looked_at,
				remind_at = r.remind_at, escalate_at = r.escalate_at, reminded_at = r.reminded_at, reminders = r.reminders, escalation = r.escalation, asked_at = r.asked_at, answer_by = r.answer_by, still_until = r.still_until, stood = r.stood, version = s.version + r.touched::int
			from jsonb_to_recordset(?::jsonb) r (id bigint, state text, skip_reason text, opened_at timestamptz, due_at timestamptz, closed_at timestamptz, looked_at timestamptz, remind_at timestamptz, escalate_at timestamptz,
				reminded_at timestamptz, reminders smallint, escalation smallint, asked_at timestamptz, answer_by timestamptz, still_until timestamptz, stood bigint, touched boolean) where s.id = r.id`, encoded(steps)).Exec(t.ctx); err != nil {
			return fmt.Errorf("write steps of requests: %w", err)
		}
	}
	if len(t.history) > 0 {
		if _, err := t.tx.NewRaw(`insert into request_history (request_id, item_id, step_id, machine, at, actor, action, from_state, to_state, comment, for_account)
			select request_id, item_id, step_id, machine, ?1, actor, action, from_state, to_state, comment, for_account
			from jsonb_to_recordset(?0::jsonb) r (request_id bigint, item_id bigint, step_id bigint, machine text, actor text, action text, from_state text, to_state text, comment text, for_account text)`,
			encoded(t.history), t.now).Exec(t.ctx); err != nil {
			return fmt.Errorf("write the history of requests: %w", err)
		}
	}
	if _, err := t.tx.NewRaw(`update request q set state = s.state, version = q.version + 1, closed_at = case when s.state in ('SUBMITTED', 'IN_APPROVAL', 'APPROVED') then null else coalesce(q.closed_at, ?1) end
		from (select i.request_id, (array_agg(i.state order by array_position(?2::text[], i.state)))[1] as state from request_item i where i.request_id = any (?0) group by i.request_id) s
		where q.id = s.request_id`, ids(slices.Compact(requests)), t.now, pgdialect.Array(rollUp)).Exec(t.ctx); err != nil {
		return fmt.Errorf("roll requests up: %w", err)
	}
	if err := t.tell(); err != nil {
		return err
	}
	return event.Publish(t.ctx, t.tx, t.now, t.events...)
}

func encoded(v any) string {
	raw, err := json.Marshal(v)
	if err != nil {
		panic(err) // plain structs of ours
	}
	return string(raw)
}

// ids makes a bigint[] argument.
func ids(list []int64) any {
	if list == nil {
		list = []int64{}
	}
	return pgdialect.Array(list)
}
