package webhook

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"writ/server/db"
	"writ/server/machine"
)

// WebhookDeliveryState is where a delivery stands.
type WebhookDeliveryState string

const (
	Pending   WebhookDeliveryState = "PENDING"   // not sent yet; a worker sends it when it is due
	Delivered WebhookDeliveryState = "DELIVERED" // final: the receiver answered 2xx
	Failed    WebhookDeliveryState = "FAILED"    // the last attempt failed; a worker tries again at next_at
	GivenUp   WebhookDeliveryState = "GIVEN_UP"  // final: three days of attempts, or the receiver said that it is gone
)

// Action moves a delivery to another state.
type Action string

const (
	Open    Action = "OPEN"
	Deliver Action = "DELIVER"
	Fail    Action = "FAIL"
	GiveUp  Action = "GIVE_UP"
)

// entering is the from-state of a delivery that is not there yet.
const entering WebhookDeliveryState = ""

// deliveryMachine is the whole machine. What is not in it is refused.
var deliveryMachine = machine.New(machine.Machine[WebhookDeliveryState, Action]{
	Name: "webhook_delivery", States: []WebhookDeliveryState{Pending, Delivered, Failed, GivenUp}, Entering: entering, Same: "=",
}, []machine.Transition[WebhookDeliveryState, Action]{
	{Action: Open, From: []WebhookDeliveryState{entering, Pending, Delivered, Failed, GivenUp}, To: Pending, Actors: []string{"pump"}, Why: "an event for this endpoint, for the first time or replayed"},
	{Action: Deliver, From: []WebhookDeliveryState{Pending, Failed}, To: Delivered, Actors: []string{"worker"}, Why: "the receiver took it"},
	{Action: Fail, From: []WebhookDeliveryState{Pending, Failed}, To: Failed, Actors: []string{"worker"}, Why: "no answer, or not the one we want; tried again later"},
	{Action: GiveUp, From: []WebhookDeliveryState{Pending, Failed}, To: GivenUp, Actors: []string{"worker"}, Why: "tried for three days, or the receiver is gone"},
})

// move is a delivery and what its move writes beside the state.
type move struct {
	ID     int64      `json:"id"`
	Fence  int        `json:"fence"`   // the claim that reports; 0: whoever
	NextAt *time.Time `json:"next_at"` // Fail: when it is tried again
}

// apply moves deliveries that are in a legal from-state and still belong to the claim that reports; it gives the ids of those. With
// open it is THE ONLY PLACE WHERE A DELIVERY CHANGES STATE. Its history are the attempts; it publishes no event, since every event
// would then beget another one per endpoint.
func apply(ctx context.Context, tx bun.IDB, now time.Time, action Action, moves ...move) ([]int64, error) {
	if len(moves) == 0 {
		return nil, nil
	}
	to := deliveryMachine.To(action)
	raw, err := json.Marshal(moves)
	if err != nil {
		return nil, err
	}
	var ended *time.Time
	if to.isFinal() {
		ended = &now
	}
	var ids []int64
	err = tx.NewRaw(`update webhook_delivery as d set state = ?, lease_until = null, next_at = m.next_at, ended_at = ?::timestamptz
		from json_to_recordset(?) as m (id bigint, fence int, next_at timestamptz)
		where d.id = m.id and m.fence in (0, d.fence) and d.state in (?) returning d.id`,
		to, ended, string(raw), bun.List(deliveryMachine.From(action))).Scan(ctx, &ids)
	if err != nil {
		return nil, db.Explain(fmt.Errorf("%s deliveries: %w", strings.ToLower(string(action)), err))
	}
	return ids, nil
}

// open is apply for Open: it makes deliveries, or opens those that are there again with the body they had. It gives how many.
func open(ctx context.Context, tx bun.Tx, rows []*WebhookDelivery) (int, error) {
	if len(rows) == 0 {
		return 0, nil
	}
	to := deliveryMachine.To(Open)
	for _, r := range rows {
		r.State = to
	}
	result, err := tx.NewInsert().Model(&rows).
		Column("webhook_id", "message_id", "event_id", "state", "body", "since", "next_at", "created_at").
		On("CONFLICT (webhook_id, message_id) DO UPDATE").
		Set("state = excluded.state, since = excluded.since, next_at = excluded.next_at, tries = 0, fence = d.fence + 1").
		Set("lease_until = NULL, ended_at = NULL").
		Where("d.state IN (?)", bun.List(deliveryMachine.From(Open))).Exec(ctx)
	if err != nil {
		return 0, db.Explain(fmt.Errorf("open deliveries: %w", err))
	}
	n, err := result.RowsAffected()
	return int(n), err
}

func (s WebhookDeliveryState) isFinal() bool { return s == Delivered || s == GivenUp }
