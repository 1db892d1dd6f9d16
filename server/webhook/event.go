package webhook

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"writ/server/assignment"
	"writ/server/directory"
	"writ/server/event"
	"writ/server/order"
	"writ/server/permit"
	"writ/server/reconciliation"
)

// WebhookEvent is what an endpoint may be told of.
type WebhookEvent string

// What there is.
const (
	OrderChanged     WebhookEvent = "ORDER_CHANGED"          // an order moved
	GapChanged       WebhookEvent = "GAP_CHANGED"            // differences of an account were found, changed or are over
	GapDecided       WebhookEvent = "GAP_DECIDED"            // somebody decided about a difference
	FoundRoleChanged WebhookEvent = "FOUND_ROLE_CHANGED"     // roles of somebody were found, changed or are over
	FoundRoleDecided WebhookEvent = "FOUND_ROLE_DECIDED"     // somebody decided about a found role
	ProlongedChanged WebhookEvent = "PROLONGED_ROLE_CHANGED" // roles of somebody were prolonged, or are not any more
	ProlongedDecided WebhookEvent = "PROLONGED_ROLE_DECIDED" // somebody decided about a prolonged role
)

// kindOf is the event behind each.
var kindOf = map[WebhookEvent]string{OrderChanged: order.EventChanged, GapChanged: assignment.EventGapChanged, GapDecided: reconciliation.EventDecided,
	FoundRoleChanged: assignment.EventRoleFound, FoundRoleDecided: reconciliation.EventRole,
	ProlongedChanged: assignment.EventProlonged, ProlongedDecided: reconciliation.EventReviewed}

func kindsOf(events []WebhookEvent) []string {
	list := make([]string, len(events))
	for i, e := range events {
		list[i] = kindOf[e]
	}
	return list
}

// subject is what a message tells of: the kind of its event, and an id.
type subject struct {
	kind string
	id   int64
}

// finding is the data of a message about reconciliation. It has no values of accounts: the receiver asks for them, with its own rights.
type finding struct {
	Cursor       string    `json:"cursor"` // replay after it
	At           time.Time `json:"at"`
	Actor        string    `json:"actor"`
	Subject      told      `json:"subject"`
	Owner        *object   `json:"owner"`   // null: an account that is nobody's
	Account      *object   `json:"account"` // null: there is none, or it is about a role
	ResourceType *string   `json:"resourceType"`
	Role         *string   `json:"role"`
	Property     *string   `json:"property"` // null: the account itself, or it is about a role
	Opened       *int      `json:"opened"`   // how many were found; null: it is about a decision
	Changed      *int      `json:"changed"`
	Closed       *int      `json:"closed"`
	Decision     *string   `json:"decision"` // null: nobody decided
	Comment      *string   `json:"comment"`
}

// told names what changed: the account of the owner (assigned_resource_type), the difference (gap), the person (resource) or his role (assigned_role).
type told struct {
	Type string `json:"type"`
	ID   string `json:"id"`
}

// writeFinding makes the body of a message about reconciliation.
func writeFinding(r event.Row, x *reconciliation.Told) (json.RawMessage, error) {
	f := finding{Cursor: r.Cursor.String(), At: r.At.UTC(), Actor: r.Actor, Subject: told{r.SubjectType, id(r.SubjectID)}, Owner: objectOf(x.Owner), Account: objectOf(x.Account),
		ResourceType: filled(x.ResourceType), Role: filled(x.Role), Property: filled(x.Property)}
	var data struct {
		Opened, Changed, Closed *int
		Decision, Comment       *string
	}
	if err := json.Unmarshal(r.Data, &data); err != nil {
		return nil, fmt.Errorf("event %s: %w", r.Cursor, err)
	}
	f.Opened, f.Changed, f.Closed, f.Decision, f.Comment = data.Opened, data.Changed, data.Closed, data.Decision, data.Comment
	return json.Marshal(message{Type: r.Kind, Timestamp: f.At, Data: f})
}

func objectOf(x *directory.ResourceRef) *object {
	if x == nil {
		return nil
	}
	return &object{id(x.ID), x.EntityType, x.Key, x.DisplayName}
}

func filled(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// findings gives what those events that are about reconciliation tell of, as far as an account may know it now.
func (s *Service) findings(ctx context.Context, account *int64, rows []event.Row) (map[subject]*reconciliation.Told, error) {
	byKind := map[string][]int64{}
	for _, r := range rows {
		if r.Kind != order.EventChanged {
			byKind[r.Kind] = append(byKind[r.Kind], r.SubjectID)
		}
	}
	if len(byKind) == 0 {
		return nil, nil
	}
	actor, err := s.actor(ctx, account)
	if err != nil || actor == nil {
		return nil, err
	}
	return s.tellsOf(permit.With(ctx, actor), byKind)
}

// tellsOf asks what events tell of, kind by kind, for the caller.
func (s *Service) tellsOf(ctx context.Context, byKind map[string][]int64) (map[subject]*reconciliation.Told, error) {
	out := map[subject]*reconciliation.Told{}
	for kind, ids := range byKind {
		slices.Sort(ids)
		list, err := s.Reconciliation.TellsOf(ctx, kind, slices.Compact(ids))
		if err != nil {
			return nil, err
		}
		for id, x := range list {
			out[subject{kind, id}] = x
		}
	}
	return out, nil
}
