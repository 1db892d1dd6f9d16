package assignment

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"writ/server/evaluation"
)

// shownAttempts is how many attempts an explanation names per order, the newest.
const shownAttempts = 5

// follows is what was done about the result of an evaluation: per assigned resource type the open order, else the last one.
type follows struct {
	assigned  []followAssigned
	orders    []followOrder
	lines     []followLine
	decisions []followDecision
	attempts  []followAttempt
	gaps      []followGap
}

type followAssigned struct {
	ID, ResourceTypeID int64
	ResourceID         *int64
	IsExpected         bool
	VerifiedAt         *time.Time
	System             string
}

type followOrder struct {
	ID, AssignedResourceTypeID, ResourceTypeID   int64
	TargetID                                     *int64
	Kind                                         evaluation.OrderKind
	State                                        evaluation.State
	IsManual, IsWithdrawn                        bool
	System, WaitReason                           string
	Attempt, UnverifiedCount                     int
	CreatedAt                                    time.Time
	ExecutedAt, VerifiedAt, ClosedAt, LastReadAt *time.Time
}

type followLine struct {
	ID, OrderID                 int64
	Property                    *string
	Action                      evaluation.LineAction
	CurrentValue, ProposedValue *string
	State                       evaluation.State
	WaitReason                  string
	Error                       *string
	RuleIDs                     []int64 `bun:"rule_ids,array"`
	IsOther                     bool    // of the past: it was changed since, and its values are those of later
}

type followDecision struct {
	OrderID                int64
	Actor, Action, Comment string
	At                     time.Time
}

type followAttempt struct {
	OrderID          int64
	Attempt          int
	StartedAt        time.Time
	EndedAt          *time.Time
	Outcome, Message *string
}

type followGap struct {
	ResourceTypeID              int64
	Property                    *string
	CurrentValue, ProposedValue *string
	FoundAt                     time.Time
}

// selectFollows reads it with a fixed number of statements, whatever the owner has; of the past as it stood then.
func (s *Service) selectFollows(ctx context.Context, owner int64, about *subject, a axes, past bool) (*follows, error) {
	f, done := &follows{}, a.done()
	var types []int64 // nil: all
	if !about.everything {
		types = append([]int64{}, slices.Sorted(maps.Keys(about.types))...)
	}
	read := func(what string, into any, sql string, args ...any) error {
		if err := s.DB.NewRaw(sql, args...).Scan(ctx, into); err != nil {
			return fmt.Errorf("explain: read %s: %w", what, err)
		}
		return nil
	}
	if err := read("assignments", &f.assigned, `select a.id, a.resource_type_id, x.resource_id, x.is_expected, case when a.verified_at <= ?3 then a.verified_at end as verified_at, coalesce(c.display_name, '') as system
		from assigned_resource_type a
		cross join lateral (
			select a.resource_id, a.is_expected where a.valid_from <= ?3 and a.valid_to > ?3
			union all
			select v.resource_id, v.is_expected from assigned_resource_type_version v where v.assigned_resource_type_id = a.id and v.valid_from <= ?3 and v.valid_to > ?3) x
		join resource_type t on t.id = a.resource_type_id
		join entity_type e on e.id = t.target_entity_type_id left join connector c on c.id = e.connector_id
		where a.owner_id = ?0 and (a.valid_to = 'infinity' or a.valid_to <> 'infinity' and a.valid_to > ?3) and (?1 or a.resource_type_id = any (?2)) order by a.resource_type_id, a.id`,
		owner, about.everything, ids(types), done); err != nil {
		return nil, err
	}
	arts := make([]int64, len(f.assigned))
	for i, a := range f.assigned {
		arts[i] = a.ID
	}
	// of what has changed since, only the history knows how it stood: ?2 is whether the past is asked for, ?1 its instant
	if err := read("orders", &f.orders, `select o.id, o.assigned_resource_type_id, o.resource_type_id, o.target_id, o.kind, coalesce(h.to_state, o.state) as state, o.is_manual,
			o.is_withdrawn and o.closed_at <= ?1 as is_withdrawn, coalesce(c.display_name, '') as system,
			case when ?2 and o.updated_at > ?1 then 'none' else o.wait_reason end as wait_reason,
			case when ?2 then (select count(*) from order_attempt t where t.order_id = o.id and t.started_at <= ?1) else o.attempt end as attempt,
			case when ?2 and o.updated_at > ?1 then 0 else o.unverified_count end as unverified_count, o.created_at,
			case when o.executed_at <= ?1 then o.executed_at end as executed_at, case when o.verified_at <= ?1 then o.verified_at end as verified_at,
			case when o.closed_at <= ?1 then o.closed_at end as closed_at,
			(select max(d.started_at) from delivery d where d.connector_id = o.connector_id and d.state = 'APPLIED'
				and d.started_at <= least(coalesce(o.verified_at, o.closed_at, 'infinity'), ?1)) as last_read_at
		from unnest(?0::bigint[]) a (id)
		cross join lateral (select * from provisioning_order o where o.assigned_resource_type_id = a.id and o.created_at <= ?1 order by o.id desc limit 1) o
		left join lateral (select h.to_state from order_line_history h where ?2 and (o.closed_at is null or o.closed_at > ?1) and h.order_id = o.id and h.at <= ?1
			and h.to_state is not null order by h.id desc limit 1) h on true
		left join connector c on c.id = o.connector_id order by o.id`, ids(arts), done, past); err != nil {
		return nil, err
	}
	orders := make([]int64, len(f.orders))
	for i, o := range f.orders {
		orders[i] = o.ID
	}
	if err := read("lines", &f.lines, `select l.id, l.order_id, l.property, l.action, l.current_value, l.proposed_value, coalesce(h.to_state, l.state) as state,
			case when ?3 and l.updated_at > ?2 then 'none' else l.wait_reason end as wait_reason, case when not ?3 or l.updated_at <= ?2 then l.error end as error, l.rule_ids, ?3 and l.updated_at > ?2 as is_other
		from order_line l
		left join lateral (select h.to_state from order_line_history h where ?3 and h.order_id = l.order_id and h.line_ids @> array[l.id] and h.at <= ?2 and h.to_state is not null
			order by h.id desc limit 1) h on true
		where l.order_id = any (?0) and (?1 = '' or l.property is null or l.property = ?1) and l.created_at <= ?2
			and (l.closed_at is null or l.closed_at > ?2 or l.state in (`+evaluation.SQLErrored+`, `+evaluation.SQLVerified+`, `+evaluation.SQLInactive+`, `+evaluation.SQLError+`)) order by l.order_id, l.property is not null, l.id`, ids(orders), about.property, done, past); err != nil {
		return nil, err
	}
	if err := read("decisions", &f.decisions, `select h.order_id, coalesce(nullif(max(u.display_name), ''), h.actor) as actor, h.action, h.comment, h.at
		from order_line_history h left join local_user u on u.username = h.actor
		where h.order_id = any (?) and h.at <= ? and h.action in ('approve', 'approve_early', 'decline', 'postpone', 'unblock', 'reconsider', 'reconsider_for_review', 'keep',
			'confirm', 'confirm_unsynchronized', 'report')
		group by h.order_id, h.actor, h.action, h.comment, h.at order by h.order_id, h.at`, ids(orders), done); err != nil {
		return nil, err
	}
	if err := read("attempts", &f.attempts, `select order_id, attempt, started_at, case when ended_at <= ?1 then ended_at end as ended_at,
			case when ended_at is null or ended_at <= ?1 then outcome end as outcome, case when ended_at is null or ended_at <= ?1 then message end as message
		from unnest(?0::bigint[]) o (id) cross join lateral (select * from order_attempt a where a.order_id = o.id and a.started_at <= ?1 order by a.attempt desc limit ?2) a
		order by order_id, attempt`, ids(orders), done, shownAttempts); err != nil {
		return nil, err
	}
	return f, read("differences", &f.gaps, `select a.resource_type_id, g.property, g.current_value, g.proposed_value, g.found_at
		from gap g join assigned_resource_type a on a.id = g.assigned_resource_type_id
		where g.assigned_resource_type_id = any (?0) and g.found_at <= ?2 and (g.closed_at is null or g.closed_at > ?2) and g.workflow_state <> `+evaluation.SQLQuestioned+`
			and (?1 = '' or g.property is null or g.property = ?1) order by g.id`, ids(arts), about.property, done)
}

func (f *follows) mentioned() []int64 {
	var out []int64
	for _, a := range f.assigned {
		if a.ResourceID != nil {
			out = append(out, *a.ResourceID)
		}
	}
	for _, o := range f.orders {
		if o.TargetID != nil {
			out = append(out, *o.TargetID)
		}
	}
	return out
}

// follows words what was done: the order, who decided, its lines, its attempts, and whether it was seen.
func (w *wording) follows(f *follows) []evaluation.Step {
	var out []evaluation.Step
	add := func(s evaluation.Step, order int64, text string) {
		if s.Text = text; order != 0 {
			s.OrderID = &order
		}
		out = append(out, s)
	}
	for _, g := range f.gaps {
		add(evaluation.Step{Kind: evaluation.StepDifference, ResourceTypeID: g.ResourceTypeID, Property: text(g.Property), Value: text(g.CurrentValue), From: &g.FoundAt}, 0, w.difference(g))
	}
	ordered := map[int64]bool{}
	for _, o := range f.orders {
		ordered[o.AssignedResourceTypeID] = true
		of := evaluation.Step{ResourceTypeID: o.ResourceTypeID}
		step := func(kind evaluation.StepKind, matched bool) evaluation.Step {
			s := of
			s.Kind, s.Matched = kind, matched
			return s
		}
		s := step(evaluation.StepOrder, o.State != evaluation.Errored && o.State != evaluation.Inactive && o.State != evaluation.Error)
		s.From, s.To = &o.CreatedAt, o.ClosedAt
		add(s, o.ID, w.order(o))
		for _, d := range f.decisions {
			if d.OrderID == o.ID {
				s := step(evaluation.StepReview, d.Action != "decline" && d.Action != "report")
				s.From = &d.At
				add(s, o.ID, w.decision(d))
			}
		}
		for _, l := range f.lines {
			if l.OrderID == o.ID && l.Property != nil {
				s := step(evaluation.StepLine, l.State != evaluation.Errored && l.State != evaluation.Inactive && l.State != evaluation.Error)
				s.Property, s.Value = *l.Property, text(l.ProposedValue)
				if len(l.RuleIDs) > 0 {
					s.RuleID = l.RuleIDs[0]
					if r := w.m.typeRule(s.RuleID); r != nil {
						s.Rule = r.Identifier
					}
				}
				add(s, o.ID, w.line(o, l))
			}
		}
		for _, a := range f.attempts {
			if a.OrderID == o.ID {
				s := step(evaluation.StepAttempt, a.Outcome == nil || answeredWell(*a.Outcome))
				s.From, s.To = &a.StartedAt, a.EndedAt
				add(s, o.ID, w.attempt(o, a))
			}
		}
		if text := w.verification(o); text != "" {
			s := step(evaluation.StepVerification, o.State == evaluation.Verified)
			s.From = o.VerifiedAt
			add(s, o.ID, text)
		}
	}
	for _, a := range f.assigned {
		if !ordered[a.ID] && a.ResourceID != nil && a.IsExpected {
			add(evaluation.Step{Kind: evaluation.StepVerification, ResourceTypeID: a.ResourceTypeID, ResourceID: *a.ResourceID, Matched: true, From: a.VerifiedAt}, 0,
				fmt.Sprintf("%s is in %s already; nothing had to be ordered.", w.thing(*a.ResourceID), cmp.Or(a.System, "its system")))
		}
	}
	return out
}

func (w *wording) order(o followOrder) string {
	what := map[evaluation.OrderKind]string{evaluation.Create: "creates", evaluation.Associate: "links", evaluation.Update: "changes", evaluation.Delete: "deletes"}[o.Kind]
	target := "the " + w.typeName(o.ResourceTypeID)
	if o.TargetID != nil {
		target += " " + w.resource(*o.TargetID)
	}
	text := fmt.Sprintf("Order %d of %s %s %s", o.ID, day(o.CreatedAt), what, target)
	if o.System != "" {
		text += " in " + o.System
	}
	if o.IsWithdrawn {
		return text + "; it was withdrawn, because it was not wanted any more."
	}
	return text + "; it " + stateWords(o.State, o.IsManual) + waiting(o.WaitReason) + "."
}

func stateWords(s evaluation.State, isManual bool) string {
	if isManual && s == evaluation.Transmitted {
		return "waits for somebody to carry it out: a ticket is open"
	}
	switch s {
	case evaluation.Pending:
		return "is ready to be sent"
	case evaluation.Transmitted:
		return "was sent and is not answered yet"
	case evaluation.Errored:
		return "ended with an error"
	case evaluation.Verified:
		return "is verified"
	case evaluation.AwaitingApproval:
		return "awaits approval"
	case evaluation.Inactive:
		return "is inactive: declined, or its time is past"
	case evaluation.Error:
		return "cannot be computed"
	case evaluation.Executed:
		return "is executed and not seen in synchronized data yet"
	default:
		return "is not due yet"
	}
}

// waiting says why something waits, with a comma before; empty: it does not.
func waiting(reason string) string {
	words := map[string]string{
		"not_due":              "", // the state says so
		"dependency":           "waiting for another account of the same person",
		"owner_property":       "waiting for a property of the owner",
		"connector_inactive":   "waiting until the system is active again",
		"no_connection":        "held because the resource type has no connection",
		"target_key":           "waits until another order gives the key up",
		"key":                  "waits until the value that designates it is approved",
		"heir":                 "waits until it is known whether somebody takes the account over",
		"outage":               "waits because the system cannot be reached",
		"creation_not_allowed": "held because the resource type does not allow creations",
		"missing_in_target":    "held because the target is gone",
		"found_role":           "held because nothing but a found role wants it, about which nobody decided yet",
		"ambiguous_owner":      "held because somebody else has as good a claim to it",
		"item_error":           "held because one of its values failed",
		"threshold":            "held by a threshold",
		"agent_offline":        "waiting for the agent",
	}
	text, known := words[reason]
	switch {
	case reason == "" || reason == "none" || known && text == "":
		return ""
	case known:
		return ", " + text
	default:
		return ", waiting: " + reason
	}
}

func (w *wording) decision(d followDecision) string {
	verbs := map[string]string{"approve": "approved it", "approve_early": "approved it before it was due", "decline": "declined it", "postpone": "postponed it",
		"unblock": "unblocked it", "reconsider": "took it up again", "reconsider_for_review": "took it up again", "keep": "kept what is there",
		"confirm": "confirmed that it is done", "confirm_unsynchronized": "confirmed that it is done", "report": "reported an error"}
	text := fmt.Sprintf("%s %s on %s", d.Actor, verbs[d.Action], day(d.At))
	if d.Comment != "" {
		text += fmt.Sprintf(": %q", strings.TrimSuffix(d.Comment, "."))
	}
	return text + "."
}

func (w *wording) line(o followOrder, l followLine) string {
	property := w.property(o.ResourceTypeID, *l.Property)
	var text string
	switch {
	case l.Action == evaluation.LineAdd:
		text = fmt.Sprintf("%s gets %s", property, text1(l.ProposedValue, l.CurrentValue))
	case l.Action == evaluation.LineRemove:
		text = fmt.Sprintf("%s loses %s", property, text1(l.CurrentValue, l.ProposedValue))
	case l.IsOther && l.ProposedValue == nil:
		text = property + " is set"
	case text1(l.ProposedValue, nil) == "":
		text = fmt.Sprintf("%s is emptied", property)
		if before := text1(l.CurrentValue, nil); before != "" {
			text += fmt.Sprintf(" of %q", before)
		}
	default:
		text = fmt.Sprintf("%s becomes %q", property, text1(l.ProposedValue, nil))
		if before := text1(l.CurrentValue, nil); before != "" {
			text += fmt.Sprintf(" instead of %q", before)
		}
	}
	text += "; it " + stateWords(l.State, o.IsManual) + waiting(l.WaitReason)
	if l.Error != nil {
		text += ": " + strings.TrimSuffix(*l.Error, ".")
	}
	return text + "."
}

func text1(a, b *string) string { return cmp.Or(text(a), text(b)) }

func (w *wording) attempt(o followOrder, a followAttempt) string {
	text := fmt.Sprintf("Attempt %d on %s", a.Attempt, day(a.StartedAt))
	switch {
	case a.Outcome == nil && o.IsManual:
		return text + " opened a ticket."
	case a.Outcome == nil:
		return text + " has no answer yet."
	default:
		text += " " + outcomeWords(*a.Outcome)
	}
	if a.Message != nil && *a.Message != "" {
		text += ": " + strings.TrimSuffix(*a.Message, ".")
	}
	return text + "."
}

// answeredWell reports whether an attempt was not refused (the outcomes of server/fulfil).
func answeredWell(outcome string) bool {
	return outcome == "DONE" || outcome == "ALREADY_SO" || outcome == "OPENED"
}

func outcomeWords(outcome string) string {
	words := map[string]string{
		"DONE": "was carried out", "ALREADY_SO": "found it as wanted already", "OPENED": "opened a ticket", "NOT_SENT": "was not sent",
		"NOT_FOUND": "did not find the target", "CONFLICT": "met another object in its way", "REFUSED": "was refused",
		"UNREACHABLE": "did not reach the system", "THROTTLED": "was told to come back later", "UNKNOWN": "lost its answer",
	}
	if text, ok := words[outcome]; ok {
		return text
	}
	return "ended " + outcome
}

func (w *wording) verification(o followOrder) string {
	system := cmp.Or(o.System, "the system")
	switch {
	case o.VerifiedAt != nil && o.LastReadAt != nil:
		return fmt.Sprintf("The synchronization of %s that began on %s shows it as asked.", system, day(*o.LastReadAt))
	case o.VerifiedAt != nil:
		return fmt.Sprintf("It counts as verified since %s.", day(*o.VerifiedAt))
	case o.State == evaluation.Executed && o.UnverifiedCount > 0:
		return fmt.Sprintf("Not verified: %d later synchronizations of %s still showed the old value.", o.UnverifiedCount, system)
	case o.State == evaluation.Executed:
		return fmt.Sprintf("Not verified yet: %s was not synchronized since it was executed.", system)
	default:
		return ""
	}
}

func (w *wording) difference(g followGap) string {
	if g.Property == nil {
		return fmt.Sprintf("The system has a %s that nobody asked for (found on %s); it waits on reconciliation.", w.typeName(g.ResourceTypeID), day(g.FoundAt))
	}
	property := w.property(g.ResourceTypeID, *g.Property)
	if text(g.ProposedValue) == "" {
		return fmt.Sprintf("The system shows %s %q, which nobody asked for (found on %s); it waits on reconciliation.", property, text(g.CurrentValue), day(g.FoundAt))
	}
	return fmt.Sprintf("The system shows %s %q where %q is expected, and nobody asked for the change (found on %s); it waits on reconciliation.", property, text(g.CurrentValue),
		text(g.ProposedValue), day(g.FoundAt))
}
