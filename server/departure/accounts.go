package departure

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"writ/server/evaluation"
)

// mostAccounts is how many accounts of a person are read. Of more nobody can say that they are all gone.
const mostAccounts = 1000

// account is an account of a person in a managed system, with the order about it.
type account struct {
	Type, System, Name string
	Workflow           evaluation.Workflow
	Confidence         int
	IsFrozen           bool
	IsExpected         bool
	IsThere            bool // a reading has shown it
	IsGone             bool // no reading shows it any more
	GoneAt             *time.Time
	IsClosed           bool
	IsComputed         bool // since the departure

	IsLive bool // the target of a row that is closed is there still

	OrderID    *int64
	Kind       *evaluation.OrderKind
	State      *evaluation.State
	IsOpen     bool
	IsManual   bool
	Assignee   *string
	CreatedAt  *time.Time
	ExecutedAt *time.Time
	VerifiedAt *time.Time
	Error      *string
}

// accounts gives what a person has in managed systems; with a departure, also what he had then, and what became of it. At most 1,000.
func (s *Service) accounts(ctx context.Context, b bun.IDB, personID int64, since *time.Time) ([]*account, error) {
	var list []*account
	if err := b.NewRaw(`select t.display_name as type, coalesce(c.display_name, '') as system, coalesce(nullif(r.display_name, ''), r.key, a.created_key, o.target, '') as name,
			a.resource_id is not null as is_there, a.workflow_state as workflow, coalesce(a.confidence, 0) as confidence, a.is_frozen, a.is_expected and a.valid_to = 'infinity' as is_expected, coalesce(r.valid_to <> 'infinity', false) as is_gone, coalesce(r.valid_to = 'infinity', false) as is_live, nullif(r.valid_to, 'infinity') as gone_at,
			a.valid_to <> 'infinity' as is_closed, ?1::timestamptz is not null and coalesce(w.evaluated_at >= ?1, false) and not exists (select from dirty_owner x where x.owner_id = ?0) as is_computed,
			o.id as order_id, o.kind, o.state, o.id is not null and o.closed_at is null as is_open, coalesce(o.is_manual, false) as is_manual, o.assignee, o.created_at, o.executed_at, o.verified_at, o.error_message as error
		from assigned_resource_type a
		join resource_type t on t.id = a.resource_type_id
		left join connection n on n.id = t.connection_id left join connector c on c.id = n.connector_id
		left join resource r on r.id = a.resource_id
		left join owner_state w on w.owner_id = a.owner_id
		left join lateral (select o.*, (select coalesce(nullif(g.display_name, ''), g.key) from resource g where g.id = o.target_id) as target from provisioning_order o where o.assigned_resource_type_id = a.id and (o.closed_at is null or o.closed_at >= ?1::timestamptz) order by o.closed_at is null desc, o.id desc limit 1) o on true
		where a.owner_id = ?0 and not a.is_denied and (a.valid_to = 'infinity' or a.valid_to > ?1::timestamptz) and (a.resource_id is not null or o.id is not null)
		order by c.display_name, t.display_name, a.id limit ?2`, personID, since, mostAccounts).Scan(ctx, &list); err != nil {
		return nil, fmt.Errorf("read the accounts of a person: %w", err)
	}
	return list, nil
}

// isGuess: nobody has said that it is his.
func (a *account) isGuess() bool {
	if a.Kind != nil && *a.Kind == evaluation.Associate && !a.IsThere {
		return a.State == nil || *a.State == evaluation.AwaitingApproval || *a.State == evaluation.None || !a.IsOpen
	}
	return a.Workflow.Found() && a.Confidence > 0 && a.Confidence < 100 && !a.IsFrozen
}

// owned counts those that are his.
func owned(list []*account) (n int) {
	for _, a := range list {
		if !a.isGuess() {
			n++
		}
	}
	return n
}

// row tells what became of it. departed: he was made to leave.
func (a *account) row(departed bool) *DepartureProofRow {
	out := &DepartureProofRow{Kind: KindAccount, System: &a.System, Type: &a.Type, Name: cmp.Or(a.Name, a.Type), OrderID: a.OrderID, Action: a.Kind, IsManual: a.IsManual,
		AskedAt: a.CreatedAt, ExecutedAt: a.ExecutedAt, By: a.Assignee}
	out.Outcome, out.Why = a.outcome(departed)
	if out.Outcome == OutcomeVerified {
		for _, at := range []*time.Time{a.VerifiedAt, a.GoneAt} {
			if out.VerifiedAt == nil {
				out.VerifiedAt = at
			}
		}
	}
	return out
}

func (a *account) outcome(departed bool) (DepartureOutcome, *string) {
	switch {
	case a.isGuess():
		return OutcomeToLook, new("It may be theirs. Nobody has said so, and nothing is done by guess.")
	case !departed:
		return OutcomeOpen, nil
	case a.IsOpen:
		return a.underWay()
	case !a.IsThere && a.IsClosed:
		return OutcomeVerified, new("It was never made: its order was withdrawn.")
	case !a.IsThere && a.IsComputed && !a.IsExpected:
		return OutcomeOpen, new("Its order was withdrawn. Whether it was made all the same the next reading tells.")
	case a.IsGone:
		return OutcomeVerified, nil
	case a.IsClosed && a.IsLive:
		return OutcomeStays, new("It was given to somebody else, or said not to be theirs.")
	case a.IsClosed:
		return OutcomeVerified, nil
	case !a.IsComputed:
		return OutcomeOpen, nil
	case a.IsExpected && a.OrderID != nil && *a.State == evaluation.Verified:
		return OutcomeVerified, new("It is kept for a while, as its resource type says.")
	case a.IsExpected:
		return OutcomeStays, new("Its resource type keeps it as it is, also for people who have left.")
	default:
		return OutcomeStays, new("There is no order about it.")
	}
}

// underWay is the outcome of what an order is open for.
func (a *account) underWay() (DepartureOutcome, *string) {
	switch *a.State {
	case evaluation.Transmitted:
		return OutcomeSent, nil
	case evaluation.Executed, evaluation.Verified:
		return OutcomeExecuted, nil
	case evaluation.Errored, evaluation.Error:
		return OutcomeFailed, a.Error
	default:
		return OutcomeOpen, a.Error // the order says what it waits for
	}
}
