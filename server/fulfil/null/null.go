package null

import (
	"context"
	"iter"
	"time"

	"writ/server/fulfil"
)

// Package is the technology "null".
type Package struct{}

// Conn is one connection.
type Conn struct{ latency time.Duration }

var (
	_ fulfil.Package  = Package{}
	_ fulfil.Exporter = Conn{}
	_ fulfil.Applier  = Conn{}
)

type config struct {
	LatencyMs int `setting:"latencyMs" default:"0" max:"600000" help:"Milliseconds until a change is answered."`
}

// form is what a connection is configured with.
type form = fulfil.Form[config]

// Capability says: export nothing, fulfil everything.
func (Package) Capability() fulfil.Capability {
	return fulfil.Capability{
		Identifier: "null", DisplayName: "Test/Null", CanExport: true, CanFulfil: true, Settings: form{}.Schema(), Secrets: form{}.Secrets(), Example: form{}.Example("null"),
	}
}

// Open reads latencyMs.
func (Package) Open(_ context.Context, s fulfil.Settings) (*fulfil.Opened, error) {
	set, err := form{}.Read(s)
	if err != nil {
		return nil, err
	}
	c := Conn{latency: time.Duration(set.LatencyMs) * time.Millisecond}
	return &fulfil.Opened{Connector: c, Exporter: c, Applier: c}, nil
}

// Check has nobody to ask.
func (Conn) Check(context.Context) error { return nil }

// Close has nothing to release.
func (Conn) Close() error { return nil }

// Schema knows no table.
func (Conn) Schema(context.Context) ([]fulfil.Table, error) { return nil, nil }

// Export yields nothing: every table is there and empty.
func (Conn) Export(context.Context, string) iter.Seq2[fulfil.Entry, error] {
	return func(func(fulfil.Entry, error) bool) {}
}

// Apply answers Done after the latency, Unreachable when it was stopped before.
func (c Conn) Apply(ctx context.Context, ch fulfil.Change) fulfil.Receipt {
	if c.latency > 0 {
		wait := time.NewTimer(c.latency)
		defer wait.Stop()
		select {
		case <-wait.C:
		case <-ctx.Done():
		}
	}
	if ctx.Err() != nil {
		return fulfil.Receipt{Outcome: fulfil.Unreachable, Message: "The work was stopped before the change was taken."}
	}
	receipt := fulfil.Receipt{Outcome: fulfil.Done}
	if ch.Type == fulfil.Added {
		receipt.CreatedKey = ch.Key
		if key := ch.Changes[ch.KeyColumn]; key != nil {
			receipt.CreatedKey = *key
		}
	}
	return receipt
}
