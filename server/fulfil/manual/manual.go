package manual

import (
	"context"

	"writ/server/fulfil"
)

// Package is the technology "manual-ticket".
type Package struct{}

// Conn is one connection; it has nothing to hold.
type Conn struct{}

var (
	_ fulfil.Package = Package{}
	_ fulfil.Applier = Conn{}
)

type config struct {
	NoSynchro bool `setting:"ticketSynchroIsNotAvailable" default:"false" help:"The system cannot be synchronized: a confirmed order is Verified at once."`
}

// form is what a connection is configured with.
type form = fulfil.Form[config]

// Capability says: fulfil, by a person.
func (Package) Capability() fulfil.Capability {
	return fulfil.Capability{
		Identifier: "manual-ticket", DisplayName: "Ticket/Manual Ticket", CanFulfil: true, IsManual: true,
		Settings: form{}.Schema(), Secrets: form{}.Secrets(), Example: form{}.Example("manual-ticket"),
	}
}

// Open checks the one setting.
func (Package) Open(_ context.Context, s fulfil.Settings) (*fulfil.Opened, error) {
	if _, err := (form{}).Read(s); err != nil {
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
