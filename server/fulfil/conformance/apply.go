package conformance

import (
	"context"
	"fmt"
	"sync"
	"time"

	"writ/server/fulfil"
)

// apply hands a change to the connector as the dispatcher does, each time as an attempt of its own.
func (b *Bench) apply(ctx context.Context, c fulfil.Change) fulfil.Receipt {
	c.Table, c.KeyColumn, c.TargetEntityType = b.Table, b.KeyColumn, "Account"
	if c.IdempotencyKey == "" {
		c.IdempotencyKey = fmt.Sprintf("%x", random(8))
	}
	return b.Connector.Applier.Apply(ctx, c)
}

func (b *Bench) addition(row fulfil.Row) fulfil.Change {
	c := fulfil.Change{OrderID: 1, Type: fulfil.Added, Changes: map[string]*string{}}
	for column, value := range row {
		text := fulfil.TextOf(value)
		c.Changes[column] = &text
	}
	return c
}

func (b *Bench) modification(key string, changes map[string]*string) fulfil.Change {
	return fulfil.Change{OrderID: 2, Type: fulfil.Modified, Key: key, Resource: map[string]string{b.KeyColumn: key}, Changes: changes}
}

func (b *Bench) deletion(key string) fulfil.Change {
	return fulfil.Change{OrderID: 3, Type: fulfil.Deleted, Key: key, Resource: map[string]string{b.KeyColumn: key}}
}

func outcome(t T, want fulfil.Outcome, r fulfil.Receipt) {
	t.Helper()
	require.Equal(t, want, r.Outcome, "%+v", r)
	if !r.Outcome.OK() {
		require.NotEmpty(t, r.Message, "a person must be told why")
	}
}

func addedTwice(t T, b *Bench) {
	row := b.row("plang", "Petra Lang")
	r := b.apply(t.Context(), b.addition(row))
	outcome(t, fulfil.Done, r)
	require.Equal(t, "plang", r.CreatedKey)
	outcome(t, fulfil.AlreadySo, b.apply(t.Context(), b.addition(row)))
	if b.All != nil {
		all := b.All()
		require.Len(t, all, 1)
		require.Equal(t, "Petra Lang", all["plang"][b.Value])
	}
}

// addedOverAnother: an account of somebody else must not be taken over.
func addedOverAnother(t T, b *Bench) {
	need(t, b.Put != nil && b.All != nil)
	b.Put(b.row("plang", "Paul Lang"))
	outcome(t, fulfil.Conflict, b.apply(t.Context(), b.addition(b.row("plang", "Petra Lang"))))
	require.Equal(t, "Paul Lang", b.All()["plang"][b.Value])
}

func addedUniqueTaken(t T, b *Bench) {
	need(t, b.Put != nil && b.All != nil)
	b.Put(b.row("plang", "Petra Lang"))
	row := b.row("plang2", "Paul Lang")
	row[b.Unique] = b.row("plang", "")[b.Unique]
	outcome(t, fulfil.Conflict, b.apply(t.Context(), b.addition(row)))
	require.Len(t, b.All(), 1)
}

// addedByEightAtOnce: one makes it, the others find it made.
func addedByEightAtOnce(t T, b *Bench) {
	need(t, b.All != nil)
	receipts := make([]fulfil.Receipt, 8)
	var wg sync.WaitGroup
	for i := range receipts {
		wg.Go(func() { receipts[i] = b.apply(t.Context(), b.addition(b.row("plang", "Petra Lang"))) })
	}
	wg.Wait()
	done := 0
	for _, r := range receipts {
		require.True(t, r.Outcome.OK(), "%+v", r)
		if r.Outcome == fulfil.Done {
			done++
		}
	}
	require.Equal(t, 1, done)
	require.Len(t, b.All(), 1)
}

func addedMany(t T, b *Bench) {
	need(t, b.All != nil)
	var wg sync.WaitGroup
	for worker := range 4 {
		wg.Go(func() {
			for i := range 25 {
				r := b.apply(t.Context(), b.addition(b.row(fmt.Sprintf("key%d-%d", worker, i), "x")))
				if r.Outcome != fulfil.Done {
					t.Errorf("key%d-%d: %+v", worker, i, r)
				}
			}
		})
	}
	wg.Wait()
	require.Len(t, b.All(), 100)
}

func addedHostileValues(t T, b *Bench) {
	need(t, b.All != nil)
	for i, text := range texts {
		outcome(t, fulfil.Done, b.apply(t.Context(), b.addition(b.row(fmt.Sprintf("key%d", i), text))))
	}
	outcome(t, fulfil.Done, b.apply(t.Context(), b.addition(b.row(`o'brien"; --`, "x"))))
	all := b.All()
	require.Len(t, all, len(texts)+1)
	for i, text := range texts {
		require.Equal(t, text, all[fmt.Sprintf("key%d", i)][b.Value])
	}
	outcome(t, fulfil.Done, b.apply(t.Context(), b.deletion(`o'brien"; --`)))
	require.Len(t, b.All(), len(texts))
}

func modifiedTwice(t T, b *Bench) {
	need(t, b.Put != nil && b.All != nil)
	b.Put(b.row("plang", "Petra Lang"), b.row("other", "Other"))
	married := "Petra Winter"
	c := b.modification("plang", map[string]*string{b.Value: &married})
	outcome(t, fulfil.Done, b.apply(t.Context(), c))
	outcome(t, fulfil.AlreadySo, b.apply(t.Context(), c))
	all := b.All()
	require.Equal(t, married, all["plang"][b.Value])
	require.Equal(t, "Other", all["other"][b.Value])
	if b.Unique != "" {
		require.Equal(t, b.row("plang", "")[b.Unique], all["plang"][b.Unique], "a column that the order does not name stays")
	}
}

// modifiedCleared: nil clears the attribute.
func modifiedCleared(t T, b *Bench) {
	need(t, b.Put != nil && b.All != nil)
	b.Put(b.row("plang", "Petra Lang"))
	c := b.modification("plang", map[string]*string{b.Value: nil})
	outcome(t, fulfil.Done, b.apply(t.Context(), c))
	outcome(t, fulfil.AlreadySo, b.apply(t.Context(), c))
	require.Empty(t, b.All()["plang"][b.Value])
}

func modifiedAbsent(t T, b *Bench) {
	value := "x"
	outcome(t, fulfil.NotFound, b.apply(t.Context(), b.modification("nobody", map[string]*string{b.Value: &value})))
	if b.All != nil {
		require.Empty(t, b.All())
	}
}

// renamed: a key that changes is the same row, with its values and links, and the old key is free.
func renamed(t T, b *Bench) {
	need(t, b.Put != nil && b.All != nil)
	row := b.row("plang", "Petra Lang")
	if b.Links != "" && len(b.Groups) > 0 {
		row[b.Links] = b.Groups[:1]
	}
	b.Put(row)
	name := "pwinter"
	c := b.modification("plang", map[string]*string{b.KeyColumn: &name})
	r := b.apply(t.Context(), c)
	if r.Outcome == fulfil.Refused {
		t.Skip("it refuses to give a row another key: " + r.Message)
	}
	outcome(t, fulfil.Done, r)
	all := b.All()
	require.Len(t, all, 1)
	require.Contains(t, all, "pwinter")
	require.Equal(t, "Petra Lang", all["pwinter"][b.Value])
	if b.Links != "" && len(b.Groups) > 0 {
		require.Equal(t, b.Groups[:1], fulfil.ListOf(all["pwinter"][b.Links]))
	}
	require.Contains(t, []fulfil.Outcome{fulfil.NotFound, fulfil.AlreadySo}, b.apply(t.Context(), c).Outcome, "the same once more")
	require.Len(t, b.All(), 1)
}

func deletedTwice(t T, b *Bench) {
	need(t, b.Put != nil && b.All != nil)
	row := b.row("plang", "Petra Lang")
	if b.Links != "" {
		row[b.Links] = b.Groups
	}
	b.Put(row, b.row("other", "Other"))
	outcome(t, fulfil.Done, b.apply(t.Context(), b.deletion("plang")))
	outcome(t, fulfil.AlreadySo, b.apply(t.Context(), b.deletion("plang")))
	all := b.All()
	require.Len(t, all, 1)
	require.Contains(t, all, "other")
}

func linksTo(keys ...string) []fulfil.Link {
	var links []fulfil.Link
	for _, key := range keys {
		links = append(links, fulfil.Link{Key: key, DisplayName: "Group " + key})
	}
	return links
}

func linksAddedAndRemoved(t T, b *Bench) {
	need(t, b.Put != nil && b.All != nil)
	row := b.row("plang", "Petra Lang")
	row[b.Links] = b.Groups[0]
	b.Put(row)
	groups := func() []string { return fulfil.ListOf(b.All()["plang"][b.Links]) }

	add := b.modification("plang", nil)
	add.ChangesAdded = map[string][]fulfil.Link{b.Links: linksTo(b.Groups[1], b.Groups[2])}
	outcome(t, fulfil.Done, b.apply(t.Context(), add))
	outcome(t, fulfil.AlreadySo, b.apply(t.Context(), add))
	require.ElementsMatch(t, b.Groups, groups())

	remove := b.modification("plang", nil)
	remove.ChangesRemoved = map[string][]fulfil.Link{b.Links: linksTo(b.Groups[1])}
	outcome(t, fulfil.Done, b.apply(t.Context(), remove))
	outcome(t, fulfil.AlreadySo, b.apply(t.Context(), remove))
	require.ElementsMatch(t, []string{b.Groups[0], b.Groups[2]}, groups())

	both := b.modification("plang", nil)
	both.ChangesAdded = map[string][]fulfil.Link{b.Links: linksTo(b.Groups[0], b.Groups[1])}
	both.ChangesRemoved = map[string][]fulfil.Link{b.Links: linksTo(b.Groups[2])}
	outcome(t, fulfil.Done, b.apply(t.Context(), both))
	require.ElementsMatch(t, b.Groups[:2], groups())
}

// linksWithLineBreaks: a link whose key holds a line break is one link, and removing it leaves its lines alone.
func linksWithLineBreaks(t T, b *Bench) {
	need(t, b.Put != nil && b.All != nil)
	row := b.row("plang", "Petra Lang")
	row[b.Links] = b.Groups[0]
	b.Put(row)
	add := b.modification("plang", nil)
	add.ChangesAdded = map[string][]fulfil.Link{b.Links: linksTo(twoLines)}
	outcome(t, fulfil.Done, b.apply(t.Context(), add))
	outcome(t, fulfil.AlreadySo, b.apply(t.Context(), add))
	require.ElementsMatch(t, []string{b.Groups[0], twoLines}, fulfil.ListOf(b.All()["plang"][b.Links]))
	remove := b.modification("plang", nil)
	remove.ChangesRemoved = map[string][]fulfil.Link{b.Links: linksTo(twoLines)}
	outcome(t, fulfil.Done, b.apply(t.Context(), remove))
	require.ElementsMatch(t, b.Groups[:1], fulfil.ListOf(b.All()["plang"][b.Links]))
}

func linksWithCreation(t T, b *Bench) {
	need(t, b.All != nil)
	c := b.addition(b.row("plang", "Petra Lang"))
	c.ChangesAdded = map[string][]fulfil.Link{b.Links: linksTo(b.Groups[0], b.Groups[1])}
	outcome(t, fulfil.Done, b.apply(t.Context(), c))
	outcome(t, fulfil.AlreadySo, b.apply(t.Context(), c))
	require.ElementsMatch(t, b.Groups[:2], fulfil.ListOf(b.All()["plang"][b.Links]))
}

// cancelled: stopped before it began. The connector may say that it does not know; it must not say done.
func cancelled(t T, b *Bench) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	r := b.apply(ctx, b.addition(b.row("plang", "Petra Lang")))
	require.Contains(t, []fulfil.Outcome{fulfil.Unreachable, fulfil.Throttled, fulfil.Unknown}, r.Outcome, "%+v", r)
	if b.All != nil && r.Outcome != fulfil.Unknown {
		require.Empty(t, b.All())
	}
}

func unreachable(t T, b *Bench) {
	need(t, b.Break != nil)
	b.Break()
	outcome(t, fulfil.Unreachable, b.apply(t.Context(), b.addition(b.row("plang", "Petra Lang"))))
	if b.All != nil {
		require.Empty(t, b.All())
	}
}

func refused(t T, b *Bench) {
	need(t, b.Refuse != nil)
	b.Refuse("the licence is used up")
	r := b.apply(t.Context(), b.addition(b.row("plang", "Petra Lang")))
	outcome(t, fulfil.Refused, r)
	require.Contains(t, r.Message, "the licence is used up")
	if b.All != nil {
		require.Empty(t, b.All())
	}
}

// hanging: no answer in time is not a no.
func hanging(t T, b *Bench) {
	need(t, b.Hang != nil)
	b.Hang()
	ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
	defer cancel()
	answered := make(chan fulfil.Receipt, 1)
	go func() { answered <- b.apply(ctx, b.addition(b.row("plang", "Petra Lang"))) }()
	select {
	case r := <-answered:
		outcome(t, fulfil.Unknown, r)
	case <-time.After(20 * time.Second):
		t.Fatal("the connector waits longer than it was given")
	}
}

// answerLost: made, but nobody said so. Unknown; a look shows it; a repeat does not make it twice.
func answerLost(t T, b *Bench) {
	need(t, b.LoseAnswers != nil && b.All != nil)
	restore := b.LoseAnswers()
	row := b.row("plang", "Petra Lang")
	outcome(t, fulfil.Unknown, b.apply(t.Context(), b.addition(row)))
	restore()
	require.Eventually(t, func() bool { return len(b.All()) == 1 }, 10*time.Second, 20*time.Millisecond)
	if reader := b.Connector.Reader; reader != nil {
		got, found, err := reader.Read(t.Context(), b.Table, b.KeyColumn, "plang")
		require.NoError(t, err)
		require.True(t, found)
		require.Equal(t, "Petra Lang", got[b.Value])
	}
	outcome(t, fulfil.AlreadySo, b.apply(t.Context(), b.addition(row)))
	require.Len(t, b.All(), 1)
}

func unknownTable(t T, b *Bench) {
	c := b.addition(b.row("plang", "Petra Lang"))
	c.Table, c.KeyColumn = "no_such_table", b.KeyColumn
	outcome(t, fulfil.Refused, b.Connector.Applier.Apply(t.Context(), c))
}
