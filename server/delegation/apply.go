package delegation

import (
	"context"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"writ/server/db"
	"writ/server/errs"
	"writ/server/event"
	"writ/server/permit"
)

// row is a delegation under its lock.
type row struct {
	ID          int64
	DelegatorID *int64
	Delegator   string
	DeputyID    *int64
	Deputy      string
	Kinds       []string `bun:",array"`
	StartDate   time.Time
	EndDate     *time.Time
	State       DelegationState
	Version     int
}

// told is the data of the event.
type told struct {
	DelegationID int64            `json:"delegationId"`
	DelegatorID  *int64           `json:"delegatorId"`
	Delegator    string           `json:"delegator"`
	DeputyID     *int64           `json:"deputyId"`
	Deputy       string           `json:"deputy"`
	Kinds        []string         `json:"kinds"`
	StartDate    time.Time        `json:"startDate"`
	EndDate      *time.Time       `json:"endDate"`
	Action       Action           `json:"action"`
	From         *DelegationState `json:"from"`
	To           DelegationState  `json:"to"`
}

// lock reads a delegation and keeps it until the end of the transaction.
func lock(ctx context.Context, tx bun.Tx, id int64) (*row, error) {
	var rows []*row
	if err := tx.NewRaw(`select id, delegator_id, delegator, deputy_id, deputy, kinds, start_date, end_date, state, version from delegation where id = ? for update`, id).Scan(ctx, &rows); err != nil {
		return nil, fmt.Errorf("lock a delegation: %w", err)
	}
	if len(rows) == 0 {
		return nil, missing(id)
	}
	return rows[0], nil
}

// apply takes an action on a delegation under its lock, and tells of it. InvalidTransition when the table does not know it.
func apply(ctx context.Context, tx bun.Tx, at time.Time, d *row, action Action, comment string) error {
	from := d.State
	to, ok := delegationMachine.Target(action, from)
	if !ok {
		return errs.New(errs.InvalidTransition, "This delegation is over: %s.", stateNow[from]).Of(d.ID)
	}
	d.State = to
	var closedAt *time.Time
	var closedBy *string
	if !to.isOpen() {
		closedAt, closedBy = &at, new(permit.Name(ctx))
	}
	if _, err := tx.NewRaw(`update delegation set state = ?, end_date = ?, closed_at = ?, closed_by = ?, version = version + 1 where id = ?`, to, d.EndDate, closedAt, closedBy, d.ID).Exec(ctx); err != nil {
		return fmt.Errorf("write a delegation: %w", db.Explain(err))
	}
	return tell(ctx, tx, at, d, action, &from, comment)
}

// tell writes history and event of a move.
func tell(ctx context.Context, tx bun.Tx, at time.Time, d *row, action Action, from *DelegationState, comment string) error {
	var was, is *DelegationState
	if from != nil && *from != d.State {
		was, is = from, &d.State
	}
	if _, err := tx.NewRaw(`insert into delegation_history (delegation_id, at, actor, action, from_state, to_state, end_date, comment) values (?, ?, ?, ?, ?, ?, ?, ?)`,
		d.ID, at, permit.Name(ctx), action, was, is, d.EndDate, comment).Exec(ctx); err != nil {
		return fmt.Errorf("write the history of a delegation: %w", err)
	}
	return event.Publish(ctx, tx, at, event.Event{Kind: EventChanged, SubjectType: "delegation", SubjectID: d.ID, Data: told{
		DelegationID: d.ID, DelegatorID: d.DelegatorID, Delegator: d.Delegator, DeputyID: d.DeputyID, Deputy: d.Deputy, Kinds: d.Kinds, StartDate: d.StartDate, EndDate: d.EndDate,
		Action: action, From: from, To: d.State}})
}

// stateNow says what a state means for whoever wants to change something now.
var stateNow = map[DelegationState]string{
	Planned: "it begins later", Active: "it is in force", Ended: "its time is over, make a new one", Revoked: "it was taken back, make a new one", Refused: "the deputy refused it, make a new one",
}

func missing(id int64) *errs.Error {
	return errs.Missing("There is no delegation %d, or it is not yours to see.", id).Of(id)
}
