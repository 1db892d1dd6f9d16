package conformance

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"writ/server/errs"
	"writ/server/fulfil"
)

func exportEmpty(t T, b *Bench) {
	_, n, err := b.collect(t.Context(), b.Table)
	require.NoError(t, err)
	require.Zero(t, n)
}

// exportComplete: every row once, and the same rows when asked again.
func exportComplete(t T, b *Bench) {
	need(t, b.Put != nil)
	want := map[string]fulfil.Row{}
	var rows []fulfil.Row
	for i := range b.Rows {
		row := b.row(fmt.Sprintf("key%05d", i), fmt.Sprintf("Value %d", i))
		rows = append(rows, row)
		want[fmt.Sprintf("key%05d", i)] = row
	}
	b.Put(rows...)
	for range 2 {
		got, n, err := b.collect(t.Context(), b.Table)
		require.NoError(t, err)
		require.Equal(t, len(want), n)
		require.Len(t, got, len(want))
		for key, row := range want {
			for column, value := range row {
				if got[key][column] != value {
					require.Equal(t, value, got[key][column], "row %s column %s", key, column)
				}
			}
		}
	}
}

// texts are values that a careless connector spoils. They go to systems in use through connectors of strangers, so whoever makes a part of a statement of one
// is shown by what comes back, and loses nothing.
var texts = []string{
	"plain", "Zoë Müller-Lüdenscheidt", "O'Brien", `"quoted"`, `back\slash`, "a,b;c\td", " leading and trailing ", "日本語 🦊", "100%_",
	`'); select 1 as zzwrit; --`, `' || 'zzwrit`, "{a,b}", "null", "NULL", `\N`, "0", "true", "<b>&amp;</b>", "$1 ${x} %s",
}

func exportValues(t T, b *Bench) {
	need(t, b.Put != nil)
	for i, text := range texts {
		b.Put(b.row(fmt.Sprintf("key%d", i), text))
	}
	if b.Links != "" {
		row := b.row("linked", "x")
		row[b.Links] = []string{b.Groups[2], b.Groups[0]}
		b.Put(row)
	}
	got, _, err := b.collect(t.Context(), b.Table)
	require.NoError(t, err)
	for i, text := range texts {
		require.Equal(t, text, got[fmt.Sprintf("key%d", i)][b.Value])
	}
	if b.Links != "" {
		require.Equal(t, []string{b.Groups[0], b.Groups[2]}, fulfil.ListOf(got["linked"][b.Links]))
		require.Contains(t, got["key0"], b.Links, "a column without values must be there, so that its absence can be told from emptiness")
	}
}

// twoLines is one value that looks like two to whoever joins values with line breaks.
const twoLines = "crm\nwiki"

// exportLineBreaks: a value with a line break is one value, in an export and read back.
func exportLineBreaks(t T, b *Bench) {
	need(t, b.Put != nil)
	row := b.row("linked", "x")
	row[b.Links] = []string{twoLines, b.Groups[1]}
	b.Put(row)
	want := []string{twoLines, b.Groups[1]}
	got, _, err := b.collect(t.Context(), b.Table)
	require.NoError(t, err)
	require.ElementsMatch(t, want, fulfil.ListOf(got["linked"][b.Links]))
	if b.Connector.Reader != nil {
		one, found, err := b.Connector.Reader.Read(t.Context(), b.Table, b.KeyColumn, "linked")
		require.NoError(t, err)
		require.True(t, found)
		require.ElementsMatch(t, want, fulfil.ListOf(one[b.Links]))
	}
}

func exportUnknownTable(t T, b *Bench) {
	need(t, b.Put != nil) // where nothing can be put, every table is there and empty
	_, n, err := b.collect(t.Context(), "no_such_table")
	require.Error(t, err)
	require.NotNil(t, errs.As(err), "an expected failure has a kind: %v", err)
	require.Zero(t, n)
}

// exportStopped: the taker had enough; the connector is as usable as before.
func exportStopped(t T, b *Bench) {
	need(t, b.Put != nil)
	b.Put(b.row("a", "1"), b.row("b", "2"), b.row("c", "3"))
	for range 20 {
		n := 0
		for _, err := range b.exporter().Export(t.Context(), b.Table) {
			require.NoError(t, err)
			n++
			break
		}
		require.Equal(t, 1, n)
	}
	_, n, err := b.collect(t.Context(), b.Table)
	require.NoError(t, err)
	require.Equal(t, 3, n)
}

// exportCancelled: a read that was stopped from outside must not look like a short but whole one.
func exportCancelled(t T, b *Bench) {
	need(t, b.Put != nil)
	var rows []fulfil.Row
	for i := range b.Rows {
		rows = append(rows, b.row(fmt.Sprintf("key%05d", i), "x"))
	}
	b.Put(rows...)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	n := 0
	var failed error
	for _, err := range b.exporter().Export(ctx, b.Table) {
		if n++; n == 3 {
			cancel()
		}
		failed = err
	}
	require.True(t, failed != nil || n == b.Rows, "the read ended after %d of %d rows without an error", n, b.Rows)
	require.Error(t, failed, "all %d rows came although the read was cancelled after the third", n)
}

// exportWhileWritten: rows that nobody touches are read once each, whatever else comes and goes meanwhile. A read may also say that it failed.
func exportWhileWritten(t T, b *Bench) {
	need(t, b.Put != nil && b.Connector.Applier != nil && !b.ReadsOnly)
	n := min(b.Rows, 400)
	var rows []fulfil.Row
	for i := range n {
		rows = append(rows, b.row(fmt.Sprintf("key%05d", i), "x"))
	}
	b.Put(rows...)
	seen := map[string]int{}
	for row, err := range fulfil.Rows(b.exporter().Export(t.Context(), b.Table)) {
		if err != nil {
			require.True(t, errs.Is(err, errs.Unavailable), "got %v", err)
			return
		}
		if len(seen) == 0 {
			outcome(t, fulfil.Done, b.apply(t.Context(), b.deletion("key00000")))
			outcome(t, fulfil.Done, b.apply(t.Context(), b.deletion("key00001")))
			outcome(t, fulfil.Done, b.apply(t.Context(), b.addition(b.row("a new one", "x"))))
		}
		seen[fulfil.TextOf(row[b.KeyColumn])]++
	}
	for i := 2; i < n; i++ {
		key := fmt.Sprintf("key%05d", i)
		require.Equal(t, 1, seen[key], "%s, which nobody touched, was read %d times", key, seen[key])
	}
}

func exportBroken(t T, b *Bench) {
	need(t, b.Put != nil && b.Break != nil)
	b.Put(b.row("a", "1"))
	b.Break()
	_, n, err := b.collect(t.Context(), b.Table)
	require.True(t, errs.Is(err, errs.Unavailable), "got %v", err)
	require.Zero(t, n)
}

func exportBrokenInTheMiddle(t T, b *Bench) {
	need(t, b.Put != nil && b.BreakReads != nil)
	var rows []fulfil.Row
	for i := range b.Rows {
		rows = append(rows, b.row(fmt.Sprintf("key%05d", i), "some text that makes the row longer"))
	}
	b.Put(rows...)
	b.BreakReads()
	_, n, err := b.collect(t.Context(), b.Table)
	require.True(t, errs.Is(err, errs.Unavailable), "after %d of %d rows got %v", n, b.Rows, err)
	require.Less(t, n, b.Rows)
}

// schema: the columns of the schema are those of the rows.
func schema(t T, b *Bench) {
	need(t, b.Put != nil)
	b.Put(b.row("a", "1"))
	tables, err := b.exporter().Schema(t.Context())
	require.NoError(t, err)
	got, _, err := b.collect(t.Context(), b.Table)
	require.NoError(t, err)
	var have []string
	for column := range got["a"] {
		have = append(have, column)
	}
	for column, value := range got["a"] {
		require.True(t, fulfil.IsValue(value), "column %s holds a %T", column, value)
	}
	for _, table := range tables {
		if table.Name == b.Table {
			require.ElementsMatch(t, table.Columns, have)
			return
		}
	}
	t.Fatalf("schema %v does not hold table %s", tables, b.Table)
}

func token(t T, b *Bench) {
	need(t, b.Put != nil)
	ask := func() string {
		s, err := b.Connector.Watcher.Token(t.Context())
		require.NoError(t, err)
		return s
	}
	b.Put(b.row("a", "1"))
	before := ask()
	b.Put(b.row("a", "2"), b.row("b", "1"))
	require.Eventually(t, func() bool { return ask() != before }, 20*time.Second, 50*time.Millisecond)
}

func readBack(t T, b *Bench) {
	need(t, b.Put != nil)
	reader := b.Connector.Reader
	b.Put(b.row("a", "1"), b.row("b", "it's"))
	row, found, err := reader.Read(t.Context(), b.Table, b.KeyColumn, "b")
	require.NoError(t, err)
	require.True(t, found)
	got, _, err := b.collect(t.Context(), b.Table)
	require.NoError(t, err)
	require.Equal(t, got["b"], row)

	_, found, err = reader.Read(t.Context(), b.Table, b.KeyColumn, "c")
	require.NoError(t, err)
	require.False(t, found)
}

// readBroken: "I could not look" must not be taken for "it is not there".
func readBroken(t T, b *Bench) {
	need(t, b.Break != nil)
	b.Break()
	_, found, err := b.Connector.Reader.Read(t.Context(), b.Table, b.KeyColumn, "a")
	require.True(t, errs.Is(err, errs.Unavailable), "got %v", err)
	require.False(t, found)
}

// track: of whatever happened since a cookie, rows come as they are, and that some are gone is told or can be counted.
func track(t T, b *Bench) {
	need(t, b.Put != nil)
	tracker := b.Connector.Tracker
	since := func(cookie string, most int) *fulfil.Delta {
		d, err := tracker.Since(t.Context(), b.Table, cookie, most)
		require.NoError(t, err)
		return d
	}
	b.Put(b.row("a", "1"), b.row("b", "1"), b.row("c", "1"))
	cookies, err := tracker.Cookies(t.Context())
	require.NoError(t, err)
	cookie := cookies[b.Table]
	require.NotEmpty(t, cookie)
	quiet := since(cookie, 100)
	require.NotNil(t, quiet)
	require.Empty(t, quiet.Gone)
	b.Put(b.row("b", "2"), b.row("d", "1"))
	for _, from := range []string{cookie, quiet.Cookie} {
		d := since(from, 100)
		require.NotNil(t, d)
		told := map[string]fulfil.Row{}
		for _, row := range d.Rows {
			told[fulfil.TextOf(row[b.KeyColumn])] = row
		}
		all, n, err := b.collect(t.Context(), b.Table)
		require.NoError(t, err)
		for _, key := range []string{"b", "d"} {
			require.Equal(t, all[key], told[key], "as Export gives it")
		}
		require.Contains(t, []int{-1, n}, d.Count)
		require.NotEmpty(t, d.Cookie)
	}
	require.Nil(t, since(cookie, 1), "more than was asked for")
	for _, nonsense := range []string{"nonsense", "1:2", "1:2:3", "::", cookie + "x", "\x00", strings.Repeat("9", 100) + ":" + cookie} {
		require.Nil(t, since(nonsense, 100), nonsense)
	}
	if b.Connector.Applier == nil {
		return
	}
	before := since(cookie, 100)
	outcome(t, fulfil.Done, b.apply(t.Context(), b.deletion("c")))
	d := since(before.Cookie, 100)
	require.NotNil(t, d)
	require.True(t, d.Count == before.Count-1 || slices.Contains(d.Gone, "c"), "%+v", d)
}
