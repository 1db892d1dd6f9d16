package fulfiltest

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"writ/server/fulfil"
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

// Suite runs every case that fits what the connector can do.
func Suite(t *testing.T, s Subject) {
	t.Helper()
	if s.Rows == 0 {
		s.Rows = 5000
	}
	probe := s.Setup(t).Connector
	exports, applies, reads, watches := probe.Exporter != nil, probe.Applier != nil, probe.Reader != nil, probe.Watcher != nil
	require.NoError(t, probe.Check(t.Context()))

	run := func(name string, fits bool, test func(*testing.T, *bench)) {
		if !fits || len(s.Cases) > 0 && !slices.Contains(s.Cases, name) {
			return
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, &bench{Subject: s, Target: s.Setup(t)})
		})
	}
	run("CheckBroken", true, checkBroken)
	run("CloseTwice", true, closeTwice)

	run("ExportEmpty", exports, exportEmpty)
	run("ExportComplete", exports, exportComplete)
	run("ExportValues", exports, exportValues)
	run("ExportLineBreaks", exports && s.Links != "" && s.Lines, exportLineBreaks)
	run("ExportUnknownTable", exports, exportUnknownTable)
	run("ExportStopped", exports, exportStopped)
	run("ExportCancelled", exports, exportCancelled)
	run("ExportBroken", exports, exportBroken)
	run("ExportBrokenInTheMiddle", exports, exportBrokenInTheMiddle)
	run("Schema", exports, schema)
	run("Token", watches, token)
	run("Track", probe.Tracker != nil, track)
	run("Read", reads, readBack)
	run("ReadBroken", reads, readBroken)

	applies = applies && !s.ReadsOnly
	run("AddedTwice", applies, addedTwice)
	run("AddedOverAnother", applies, addedOverAnother)
	run("AddedUniqueTaken", applies && s.Unique != "", addedUniqueTaken)
	run("AddedByEightAtOnce", applies, addedByEightAtOnce)
	run("AddedMany", applies, addedMany)
	run("AddedHostileValues", applies, addedHostileValues)
	run("ModifiedTwice", applies, modifiedTwice)
	run("ModifiedCleared", applies, modifiedCleared)
	run("ModifiedAbsent", applies, modifiedAbsent)
	run("DeletedTwice", applies, deletedTwice)
	run("LinksAddedAndRemoved", applies && s.Links != "", linksAddedAndRemoved)
	run("LinksWithLineBreaks", applies && s.Links != "" && s.Lines, linksWithLineBreaks)
	run("LinksWithCreation", applies && s.Links != "", linksWithCreation)
	run("Cancelled", applies, cancelled)
	run("Unreachable", applies, unreachable)
	run("Refused", applies, refused)
	run("Hanging", applies, hanging)
	run("AnswerLost", applies, answerLost)
	run("UnknownTable", applies, unknownTable)
}

// bench is one case: the subject and its own target.
type bench struct {
	Subject
	Target
}

func (b *bench) exporter() fulfil.Exporter { return b.Connector.Exporter }

// row makes a row with a key and a value.
func (b *bench) row(key, value string) fulfil.Row {
	row := fulfil.Row{b.KeyColumn: key, b.Value: value}
	if b.Unique != "" {
		row[b.Unique] = key + "@example.org"
	}
	return row
}

// collect reads a table to its end.
func (b *bench) collect(ctx context.Context, table string) (map[string]fulfil.Row, int, error) {
	rows, n := map[string]fulfil.Row{}, 0
	for row, err := range fulfil.Rows(b.exporter().Export(ctx, table)) {
		if err != nil {
			return rows, n, err
		}
		n++
		rows[fulfil.TextOf(row[b.KeyColumn])] = row
	}
	return rows, n, nil
}

func checkBroken(t *testing.T, b *bench) {
	need(t, b.Break != nil)
	b.Break(t)
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	require.Error(t, b.Connector.Check(ctx))
}

func closeTwice(t *testing.T, b *bench) {
	require.NoError(t, b.Connector.Close())
	require.NoError(t, b.Connector.Close())
}

func need(t *testing.T, can bool) {
	t.Helper()
	if !can {
		t.Skip("this target cannot be made to do that")
	}
}
