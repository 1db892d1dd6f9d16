package manual

import (
	"context"
	"encoding/json"

	"writ/server/fulfil"
)

// SynchroIsNotAvailable is the setting that says that nothing will ever be read from the system.
const SynchroIsNotAvailable = "ticketSynchroIsNotAvailable"

// Package is the technology "manual-ticket".
type Package struct{}

// Conn is one connection; it has nothing to hold.
type Conn struct{}

var (
	_ fulfil.Package = Package{}
	_ fulfil.Applier = Conn{}
)

const schema = `{
  "type": "object",
  "properties": {
    "ticketSynchroIsNotAvailable": {"type": "boolean", "default": false, "description": "The system cannot be synchronized: a confirmed order is Verified at once."}
  },
  "additionalProperties": false
}`

// Capability says: fulfil, by a person.
func (Package) Capability() fulfil.Capability {
	return fulfil.Capability{
		Identifier: "manual-ticket", DisplayName: "Ticket/Manual Ticket", CanFulfil: true, IsManual: true, Settings: json.RawMessage(schema),
	}
}

// Open checks the one setting.
func (Package) Open(_ context.Context, s fulfil.Settings) (*fulfil.Opened, error) {
	if err := s.Only(SynchroIsNotAvailable); err != nil {
		return nil, err
	}
	if _, err := s.Bool(SynchroIsNotAvailable, false); err != nil {
		return nil, err
	}
	return &fulfil.Opened{Connector: Conn{}, Applier: Conn{}}, nil
}

// Check has nobody to ask.
func (Conn) Check(context.Context) error { return nil }

// Close has nothing to release.
func (Conn) Close() error { return nil }

// Apply says that it is a person's turn.
func (Conn) Apply(context.Context, fulfil.Change) fulfil.Receipt {
	return fulfil.Receipt{Outcome: fulfil.TicketOpened}
}
