package webhook

import (
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"writ/server/event"
	"writ/server/order"
)

// message is the body of a delivery. Ids are texts, as in GraphQL.
type message struct {
	Type      string    `json:"type"`
	Timestamp time.Time `json:"timestamp"` // when it happened
	Data      any       `json:"data"`      // change, or finding
}

// change is what the subscription orderChanged yields too.
type change struct {
	Cursor string                   `json:"cursor"` // replay or subscribe after it
	At     time.Time                `json:"at"`
	Actor  string                   `json:"actor"`
	From   *order.ProvisioningState `json:"from"` // null: the order is new
	To     order.ProvisioningState  `json:"to"`
	Order  document                 `json:"order"` // as it was when the message was written: version tells which
}

type document struct {
	ID           string                  `json:"id"`
	State        order.ProvisioningState `json:"state"`
	StateCode    int                     `json:"stateCode"`
	Kind         order.OrderKind         `json:"kind"`
	Owner        *object                 `json:"owner"`  // null: an orphan target
	Target       *object                 `json:"target"` // null: to be created
	ResourceType named                   `json:"resourceType"`
	Connector    *reference              `json:"connector"`
	Attempt      int                     `json:"attempt"`
	Version      int                     `json:"version"`
	Error        *failure                `json:"error"`
	CreatedAt    time.Time               `json:"createdAt"`
	UpdatedAt    time.Time               `json:"updatedAt"`
}

type object struct {
	ID          string `json:"id"`
	EntityType  string `json:"entityType"`
	Key         string `json:"key"`
	DisplayName string `json:"displayName"`
}

type named struct {
	Identifier  string `json:"identifier"`
	DisplayName string `json:"displayName"`
}

type reference struct {
	Identifier string `json:"identifier"`
}

type failure struct {
	Class   string     `json:"class"`
	Message string     `json:"message"`
	Hint    string     `json:"hint"`
	At      *time.Time `json:"at"`
}

// moved is the part of an order.changed event that is read here: numbers of states.
type moved struct {
	From *int `json:"from"`
	To   int  `json:"to"`
}

func movedOf(r event.Row) (moved, error) {
	var m moved
	if err := json.Unmarshal(r.Data, &m); err != nil {
		return m, fmt.Errorf("event %s: %w", r.Cursor, err)
	}
	return m, nil
}

// write makes the body of an event's message. targetTypes: target entity type by resource type.
func write(r event.Row, m moved, o *order.Order, targetTypes map[int64]string) (json.RawMessage, error) {
	c := change{Cursor: r.Cursor.String(), At: r.At.UTC(), Actor: r.Actor, To: order.NameOf(order.State(m.To)), Order: documentOf(o, targetTypes)}
	if m.From != nil {
		from := order.NameOf(order.State(*m.From))
		c.From = &from
	}
	return json.Marshal(message{Type: order.EventChanged, Timestamp: c.At, Data: c})
}

func documentOf(o *order.Order, targetTypes map[int64]string) document {
	d := document{
		ID: id(o.ID), State: o.State(), StateCode: o.StateCode(), Kind: o.Kind,
		ResourceType: named{o.ResourceTypeIdentifier, o.ResourceTypeDisplayName},
		Attempt:      o.Attempt, Version: o.Version, CreatedAt: o.CreatedAt.UTC(), UpdatedAt: o.UpdatedAt.UTC(),
	}
	if o.OwnerID != nil {
		d.Owner = &object{id(*o.OwnerID), o.SourceEntityType, o.OwnerKey, o.OwnerDisplayName}
	}
	if o.TargetID != nil {
		d.Target = &object{id(*o.TargetID), targetTypes[o.ResourceTypeID], o.TargetKey, o.TargetDisplayName}
	}
	if o.ConnectorIdentifier != "" {
		d.Connector = &reference{o.ConnectorIdentifier}
	}
	if e := o.Error(); e != nil {
		d.Error = &failure{string(e.Class), e.Message, e.Hint, e.At}
	}
	return d
}

func id(n int64) string { return strconv.FormatInt(n, 10) }

// messageID is the id that receivers tell duplicates by: that of the event, so a replay has it too.
func messageID(eventID int64) string { return "evt_" + id(eventID) }
