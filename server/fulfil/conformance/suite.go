package conformance

import (
	"context"
	"crypto/rand"
	"time"

	"writ/server/fulfil"
)

// Subject is what the cases have to know of a connector.
type Subject struct {
	Table     string
	KeyColumn string
	Value     string   // a text column that takes any text
	Unique    string   // a text column whose values are unique; "": there is none
	Links     string   // a column with several values; "": there is none
	Groups    []string // three values that Links accepts, in the order in which an export gives them
	Lines     bool     // Links accepts a value that holds a line break, and the target keeps it as one
	ReadsOnly bool     // the connector cannot write at all
	Rows      int      // how many rows the test of a large export makes
}

// Target is a managed system in the hands of the cases. What is nil cannot be done there, and the cases that need it are skipped.
type Target struct {
	Connector *fulfil.Opened
	// Put writes rows into the target.
	Put func(rows ...fulfil.Row)
	// All reads the target, by key.
	All func() map[string]fulfil.Row
	// Break makes the target unreachable.
	Break func()
	// BreakReads cuts the connection somewhere in the middle of a large read.
	BreakReads func()
	// Refuse makes the target refuse every change with that message.
	Refuse func(message string)
	// Hang makes the target take every change and not answer.
	Hang func()
	// LoseAnswers makes the target carry changes out without answering; restore ends it.
	LoseAnswers func() (restore func())
}

// Bench is one case: the subject and its own target.
type Bench struct {
	Subject
	Target
}

// Case is one thing that every connector must do.
type Case struct {
	Name      string
	Behaviour string // the grade that it counts for
	needs     func(s Subject, o *fulfil.Opened) string
	run       func(T, *Bench)
}

// Fits tells why a case has nothing to do with a connector; "": it has.
func (c Case) Fits(s Subject, o *fulfil.Opened) string {
	if c.needs == nil {
		return ""
	}
	return c.needs(s, o)
}

// Run runs the case against an empty target of its own.
func (c Case) Run(t T, b *Bench) { c.run(t, b) }

func exports(_ Subject, o *fulfil.Opened) string {
	return when(o.Exporter != nil, "it reads no tables")
}

func reads(_ Subject, o *fulfil.Opened) string {
	return when(o.Reader != nil, "it reads no single row")
}

func watches(_ Subject, o *fulfil.Opened) string {
	return when(o.Watcher != nil, "it does not tell that something changed")
}

func tracks(_ Subject, o *fulfil.Opened) string {
	return when(o.Tracker != nil, "it does not tell what changed")
}

func applies(s Subject, o *fulfil.Opened) string {
	return when(o.Applier != nil && !s.ReadsOnly, "it writes nothing")
}

func links(s Subject, o *fulfil.Opened) string {
	if why := applies(s, o); why != "" {
		return why
	}
	return when(s.Links != "" && len(s.Groups) >= 3, "no column with several values, and three values for it, are named")
}

func linesIn(of func(Subject, *fulfil.Opened) string) func(Subject, *fulfil.Opened) string {
	return func(s Subject, o *fulfil.Opened) string {
		if why := of(s, o); why != "" {
			return why
		}
		return when(s.Links != "" && s.Lines, "its links take no value with a line break")
	}
}

func unique(s Subject, o *fulfil.Opened) string {
	if why := applies(s, o); why != "" {
		return why
	}
	return when(s.Unique != "", "no column with unique values is named")
}

func when(can bool, otherwise string) string {
	if can {
		return ""
	}
	return otherwise
}

// The behaviours that are graded.
const (
	Reading     = "reading"
	Idempotence = "idempotence"
	Rename      = "rename"
	Exists      = "already exists"
	Vanished    = "vanished"
	LostAnswer  = "lost answer"
	Stopping    = "stopping"
	Outages     = "outages"
	Refusals    = "refusals"
	Clearing    = "null clearing"
	Identity    = "unicode and injection"
	Links       = "memberships"
	Drift       = "paging drift"
	Changes     = "changes told"
)

// Cases are all of them.
var Cases = []Case{
	{"CheckBroken", Outages, nil, checkBroken},
	{"CloseTwice", Outages, nil, closeTwice},
	{"ExportEmpty", Reading, exports, exportEmpty},
	{"ExportComplete", Reading, exports, exportComplete},
	{"ExportValues", Identity, exports, exportValues},
	{"ExportLineBreaks", Identity, linesIn(exports), exportLineBreaks},
	{"ExportUnknownTable", Reading, exports, exportUnknownTable},
	{"ExportStopped", Reading, exports, exportStopped},
	{"ExportCancelled", Reading, exports, exportCancelled},
	{"ExportBroken", Outages, exports, exportBroken},
	{"ExportBrokenInTheMiddle", Outages, exports, exportBrokenInTheMiddle},
	{"ExportWhileWritten", Drift, exports, exportWhileWritten},
	{"Schema", Reading, exports, schema},
	{"Token", Changes, watches, token},
	{"Track", Changes, tracks, track},
	{"Read", Reading, reads, readBack},
	{"ReadBroken", Outages, reads, readBroken},
	{"AddedTwice", Idempotence, applies, addedTwice},
	{"AddedOverAnother", Exists, applies, addedOverAnother},
	{"AddedUniqueTaken", Exists, unique, addedUniqueTaken},
	{"AddedByEightAtOnce", Idempotence, applies, addedByEightAtOnce},
	{"AddedMany", Idempotence, applies, addedMany},
	{"AddedHostileValues", Identity, applies, addedHostileValues},
	{"ModifiedTwice", Idempotence, applies, modifiedTwice},
	{"ModifiedCleared", Clearing, applies, modifiedCleared},
	{"ModifiedAbsent", Vanished, applies, modifiedAbsent},
	{"Renamed", Rename, applies, renamed},
	{"DeletedTwice", Idempotence, applies, deletedTwice},
	{"LinksAddedAndRemoved", Links, links, linksAddedAndRemoved},
	{"LinksWithLineBreaks", Identity, linesIn(links), linksWithLineBreaks},
	{"LinksWithCreation", Links, links, linksWithCreation},
	{"Cancelled", Stopping, applies, cancelled},
	{"Unreachable", Outages, applies, unreachable},
	{"Refused", Refusals, applies, refused},
	{"Hanging", LostAnswer, applies, hanging},
	{"AnswerLost", LostAnswer, applies, answerLost},
	{"UnknownTable", Refusals, applies, unknownTable},
}

func (b *Bench) exporter() fulfil.Exporter { return b.Connector.Exporter }

// row makes a row with a key and a value.
func (b *Bench) row(key, value string) fulfil.Row {
	row := fulfil.Row{b.KeyColumn: key, b.Value: value}
	if b.Unique != "" {
		row[b.Unique] = key + "@example.org"
	}
	return row
}

// collect reads a table to its end.
func (b *Bench) collect(ctx context.Context, table string) (map[string]fulfil.Row, int, error) {
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

func checkBroken(t T, b *Bench) {
	need(t, b.Break != nil)
	b.Break()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	require.Error(t, b.Connector.Check(ctx))
}

func closeTwice(t T, b *Bench) {
	require.NoError(t, b.Connector.Close())
	require.NoError(t, b.Connector.Close())
}

func need(t T, can bool) {
	t.Helper()
	if !can {
		t.Skip("this system cannot be made to do that")
	}
}

func random(n int) []byte {
	b := make([]byte, n)
	_, _ = rand.Read(b) // never fails
	return b
}
