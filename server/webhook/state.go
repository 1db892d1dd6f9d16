package webhook

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"writ/server/db"
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

// transition is a row of the table.
type transition struct {
	Action Action
	From   []WebhookDeliveryState
	To     WebhookDeliveryState
	Who    string
	Why    string
}

// transitions is the whole machine. What is not in it is refused.
var transitions = []transition{
	{Open, []WebhookDeliveryState{entering, Pending, Delivered, Failed, GivenUp}, Pending, "pump", "an event for this endpoint, for the first time or replayed"},
	{Deliver, []WebhookDeliveryState{Pending, Failed}, Delivered, "worker", "the receiver took it"},
	{Fail, []WebhookDeliveryState{Pending, Failed}, Failed, "worker", "no answer, or not the one we want; tried again later"},
	{GiveUp, []WebhookDeliveryState{Pending, Failed}, GivenUp, "worker", "tried for three days, or the receiver is gone"},
}

func transitionOf(a Action) transition {
	i := slices.IndexFunc(transitions, func(t transition) bool { return t.Action == a })
	if i < 0 {
		panic("no transition for " + string(a)) // a mistake in this package; the state test finds it
	}
	return transitions[i]
}

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
	t := transitionOf(action)
	raw, err := json.Marshal(moves)
	if err != nil {
		return nil, err
	}
	var ended *time.Time
	if t.To.isFinal() {
		ended = &now
	}
	var ids []int64
	err = tx.NewRaw(`update webhook_delivery as d set state = ?, lease_until = null, next_at = m.next_at, ended_at = ?::timestamptz
		from json_to_recordset(?) as m (id bigint, fence int, next_at timestamptz)
		where d.id = m.id and m.fence in (0, d.fence) and d.state in (?) returning d.id`,
		t.To, ended, string(raw), bun.List(t.From)).Scan(ctx, &ids)
	if err != nil {
		return nil, db.Explain(fmt.Errorf("%s deliveries: %w", strings.ToLower(string(action)), err))
	}
	return ids, nil
}

// open is apply for Open: it makes deliveries, or opens those that are there again with the body they had. It gives how many.
func open(ctx context.Context, tx bun.IDB, rows []*WebhookDelivery) (int, error) {
	if len(rows) == 0 {
		return 0, nil
	}
	t := transitionOf(Open)
	for _, r := range rows {
		r.State = t.To
	}
	result, err := tx.NewInsert().Model(&rows).
		Column("webhook_id", "message_id", "event_id", "state", "body", "since", "next_at", "created_at").
		On("CONFLICT (webhook_id, message_id) DO UPDATE").
		Set("state = excluded.state, since = excluded.since, next_at = excluded.next_at, tries = 0, fence = d.fence + 1").
		Set("lease_until = NULL, ended_at = NULL").
		Where("d.state IN (?)", bun.List(t.From)).Exec(ctx)
	if err != nil {
		return 0, db.Explain(fmt.Errorf("open deliveries: %w", err))
	}
	n, err := result.RowsAffected()
	return int(n), err
}

func (s WebhookDeliveryState) isFinal() bool { return s == Delivered || s == GivenUp }

// Draw writes the machine as text, one line per transition; doc.go shows it.
func Draw() string {
	var b strings.Builder
	for _, t := range transitions {
		from := make([]string, len(t.From))
		for i, f := range t.From {
			if from[i] = string(f); f == entering {
				from[i] = "(new)"
			}
		}
		fmt.Fprintf(&b, "%-44s --%s (%s)--> %s\n", strings.Join(from, ", "), t.Action, t.Who, t.To)
	}
	return b.String()
}
