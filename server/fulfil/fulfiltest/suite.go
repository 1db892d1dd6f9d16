package fulfiltest

import (
	"slices"
	"testing"

	"writ/server/fulfil"
	"writ/server/fulfil/conformance"
)

// Subject is a connector on the bench.
type Subject struct {
	Table     string
	KeyColumn string
	Value     string   // a text column that takes any text
	Unique    string   // a text column whose values are unique; "": there is none
	Links     string   // a column with several values; "": there is none
	Groups    []string // three values that Links accepts, in the order in which an export gives them
	Lines     bool     // Links accepts a value that holds a line break, and the target keeps it as one
	ReadsOnly bool     // the connector cannot write at all
	Cases     []string // names of the cases to run; empty: all that fit
	Rows      int      // how many rows the test of a large export makes; default 5000

	// Setup makes an empty target and a connector to it. Called once per case; cases run in parallel.
	Setup func(t *testing.T) Target
}

// Target is a managed system in the hands of the suite. What is nil cannot be done there, and the cases that need it are skipped.
type Target struct {
	Connector *fulfil.Opened
	// Put writes rows into the target, not through the connector.
	Put func(t *testing.T, rows ...fulfil.Row)
	// All reads the target, not through the connector, by key.
	All func(t *testing.T) map[string]fulfil.Row
	// Break makes the target unreachable.
	Break func(t *testing.T)
	// BreakReads cuts the connection somewhere in the middle of a large read.
	BreakReads func(t *testing.T)
	// Refuse makes the target refuse every change with that message.
	Refuse func(t *testing.T, message string)
	// Hang makes the target take every change and not answer.
	Hang func(t *testing.T)
	// LoseAnswers makes the target carry changes out without answering; restore ends it.
	LoseAnswers func(t *testing.T) (restore func())
}

// Suite runs every case of package conformance that fits what the connector can do.
func Suite(t *testing.T, s Subject) {
	t.Helper()
	if s.Rows == 0 {
		s.Rows = 5000
	}
	subject := conformance.Subject{
		Table: s.Table, KeyColumn: s.KeyColumn, Value: s.Value, Unique: s.Unique, Links: s.Links, Groups: s.Groups, Lines: s.Lines, ReadsOnly: s.ReadsOnly, Rows: s.Rows,
	}
	probe := s.Setup(t).Connector
	if err := probe.Check(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, c := range conformance.Cases {
		if c.Fits(subject, probe) != "" || len(s.Cases) > 0 && !slices.Contains(s.Cases, c.Name) {
			continue
		}
		t.Run(c.Name, func(t *testing.T) {
			t.Parallel()
			c.Run(t, &conformance.Bench{Subject: subject, Target: s.Setup(t).within(t)})
		})
	}
}

// within is the target as the cases know it, in the hands of one test.
func (g Target) within(t *testing.T) conformance.Target {
	in := conformance.Target{Connector: g.Connector}
	if g.Put != nil {
		in.Put = func(rows ...fulfil.Row) { g.Put(t, rows...) }
	}
	if g.All != nil {
		in.All = func() map[string]fulfil.Row { return g.All(t) }
	}
	if g.Break != nil {
		in.Break = func() { g.Break(t) }
	}
	if g.BreakReads != nil {
		in.BreakReads = func() { g.BreakReads(t) }
	}
	if g.Refuse != nil {
		in.Refuse = func(message string) { g.Refuse(t, message) }
	}
	if g.Hang != nil {
		in.Hang = func() { g.Hang(t) }
	}
	if g.LoseAnswers != nil {
		in.LoseAnswers = func() func() { return g.LoseAnswers(t) }
	}
	return in
}
