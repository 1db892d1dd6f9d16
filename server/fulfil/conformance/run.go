package conformance

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"

	"writ/server/fulfil"
)

// Grade is what one behaviour of a connector is worth.
type Grade struct {
	Behaviour string  `json:"behaviour"`
	Verdict   Verdict `json:"verdict"`
	Seen      string  `json:"seen"` // what was found, or why it was not tried
	Why       string  `json:"why"`  // why it matters
	Cases     []Trial `json:"cases"`
}

// Verdict is passed, failed or not tried.
type Verdict string

// The verdicts.
const (
	Passed   Verdict = "passed"
	Failed   Verdict = "failed"
	NotTried Verdict = "not tried"
)

// Trial is one case.
type Trial struct {
	Case    string  `json:"case"`
	Verdict Verdict `json:"verdict"`
	Seen    string  `json:"seen,omitempty"`
}

// Report is what a run found.
type Report struct {
	Grades []Grade  `json:"grades"`
	Left   []string `json:"left,omitempty"` // keys that could not be cleaned up

	Earlier []string `json:"earlier,omitempty"` // keys in the table that look like those of an earlier run
	Stopped bool     `json:"stopped,omitempty"` // it ended before all cases were run
}

// OK: it came to its end, nothing failed, and nothing was left behind.
func (r *Report) OK() bool {
	return !r.Stopped && len(r.Left) == 0 && !slices.ContainsFunc(r.Grades, func(g Grade) bool { return g.Verdict == Failed })
}

// Behaviours are those that are graded, and why each matters. Those that no case tries yet are among them, so that nobody takes them for passed.
var behaviours = []struct{ name, why, nobody string }{
	{Reading, "A row that is missed looks like a person who left.", ""},
	{Idempotence, "An order is sent again after a restart: the second time must change nothing, and say so.", ""},
	{Rename, "A key that changes is the same account, with all that hangs on it.", ""},
	{Exists, "Somebody else's account must not be taken over.", ""},
	{Vanished, "What somebody deleted has to be made again, not changed in silence.", ""},
	{LostAnswer, "A change whose answer was lost was made or not: whoever repeats it blindly makes it twice.", "it takes somebody who cuts the connection when the change was made"},
	{Stopping, "Work that was stopped before it began must not be called done.", ""},
	{"throttling", "Too fast is no failure: it is waited for.", "nobody can make a system in use say that it is busy"},
	{Drift, "A table that others change while it is read must not lose rows.", ""},
	{Clearing, "A value that is taken away must be gone, not the text null.", ""},
	{Links, "Rights are memberships: one too many is a leak.", ""},
	{"large groups", "A group of thousands must be read and written whole.", "it needs thousands of rows"},
	{Identity, "Names come from everywhere. What is written must come back byte by byte, and never become part of a statement.", ""},
	{Refusals, "A no must reach a person with its reason.", ""},
	{Outages, "A system that is down must not look empty.", "it takes somebody who cuts the connection"},
	{Changes, "Reading only what changed must show what reading everything shows.", ""},
}

// notLive are cases that a system in use cannot be put through, and why.
var notLive = map[string]string{
	"CloseTwice": "the connection is in use", "ExportCancelled": "it needs thousands of rows",
}

// Live runs what can be run against a table of a system in use, one case after the other, within rows whose keys begin with a prefix; set is
// what every row needs beside. It cleans up after each case, whatever happens.
func Live(ctx context.Context, on *fulfil.Opened, in Subject, set map[string]string) *Report {
	in.Rows = min(max(in.Rows, 20), 500)
	if len(in.Groups) < 3 { // the cases need as many
		in.Links, in.Groups = "", nil
	}
	area := newScratch(on, in, set)
	trials := map[string][]Trial{}
	r := &Report{}
	faults := 0
	if on.Applier != nil { // a failure is found by the cases, too
		_, r.Earlier, faults, _ = area.look(ctx)
	}
	for _, c := range Cases {
		t := Trial{Case: c.Name, Verdict: NotTried}
		opened := area.opened()
		if t.Seen = c.Fits(in, opened); t.Seen == "" {
			t.Seen = notLive[c.Name]
		}
		if t.Seen == "" && ctx.Err() == nil {
			t.Verdict, t.Seen = area.try(ctx, c)
			left, err := area.clean(context.WithoutCancel(ctx))
			if err != nil {
				left = []string{area.prefix + "* (" + err.Error() + ")"}
			}
			if r.Left = left; len(left) > 0 { // the next case would find them
				trials[c.Behaviour] = append(trials[c.Behaviour], t)
				break
			}
		}
		if t.Seen == "" && ctx.Err() != nil {
			t.Seen = "it was stopped"
		}
		trials[c.Behaviour] = append(trials[c.Behaviour], t)
	}
	r.Stopped = ctx.Err() != nil
	for _, key := range area.final(context.WithoutCancel(ctx), faults) {
		if !slices.Contains(r.Left, key) {
			r.Left = append(r.Left, key)
		}
	}
	for _, b := range behaviours {
		r.Grades = append(r.Grades, grade(b.name, b.why, b.nobody, trials[b.name]))
	}
	return r
}

func grade(name, why, nobody string, trials []Trial) Grade {
	g := Grade{Behaviour: name, Verdict: NotTried, Seen: nobody, Why: why, Cases: trials}
	passed := 0
	for _, t := range trials {
		switch t.Verdict {
		case Failed:
			if g.Verdict != Failed {
				g.Verdict, g.Seen = Failed, t.Case+": "+t.Seen
			}
		case Passed:
			passed++
		case NotTried:
			if g.Seen == "" {
				g.Seen = t.Seen
			}
		}
	}
	if passed > 0 && g.Verdict != Failed {
		g.Verdict, g.Seen = Passed, fmt.Sprintf("%d of %d cases passed, the others were not tried", passed, len(trials))
		switch {
		case len(trials) == 1:
			g.Seen = "its case passed"
		case passed == len(trials):
			g.Seen = fmt.Sprintf("all of %d cases passed", passed)
		}
	}
	if g.Seen == "" {
		g.Seen = "an earlier case left something behind"
	}
	return g
}

// try runs one case in a goroutine of its own, which it may end.
func (s *scratch) try(ctx context.Context, c Case) (Verdict, string) {
	t := &trial{ctx: ctx}
	b := &Bench{Subject: s.in, Target: Target{Connector: s.opened()}}
	if b.Connector.Applier != nil && b.Connector.Exporter != nil && !s.in.ReadsOnly {
		b.Put = func(rows ...fulfil.Row) { s.put(t, b, rows) }
		b.All = func() map[string]fulfil.Row {
			all, _, err := b.collect(ctx, s.in.Table)
			require.NoError(t, err)
			return all
		}
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer func() {
			if p := recover(); p != nil {
				t.Errorf("the connector failed inside: %v", p)
			}
		}()
		c.Run(t, b)
	}()
	<-done
	switch {
	case len(t.failures) > 0:
		return Failed, strings.Join(t.failures, "; ")
	case t.skipped != "":
		return NotTried, t.skipped
	}
	return Passed, ""
}

// put writes rows through the connector: nobody else is at hand.
func (s *scratch) put(t T, b *Bench, rows []fulfil.Row) {
	for _, row := range rows {
		c := b.addition(row)
		if links := row[b.Links]; b.Links != "" && links != nil {
			delete(c.Changes, b.Links)
			c.ChangesAdded = map[string][]fulfil.Link{b.Links: linksTo(fulfil.ListOf(links)...)}
		}
		r := b.apply(t.Context(), c)
		if r.Outcome == fulfil.Conflict {
			delete(c.Changes, b.KeyColumn)
			c = b.modification(fulfil.TextOf(row[b.KeyColumn]), c.Changes)
			r = b.apply(t.Context(), c)
		}
		require.True(t, r.Outcome.OK(), "the rows of the case could not be made (%s: %s)", string(r.Outcome), r.Message)
	}
}

// trial is a T outside of tests.
type trial struct {
	ctx      context.Context
	mu       sync.Mutex // cases write from several goroutines
	failures []string
	skipped  string
}

func (t *trial) Context() context.Context { return t.ctx }
func (*trial) Helper()                    {}

func (t *trial) Errorf(format string, args ...any) {
	t.fail(fmt.Sprintf(format, args...))
}

func (t *trial) fail(what string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.failures = append(t.failures, what)
}

func (t *trial) Fatal(args ...any) {
	t.fail(strings.TrimSpace(fmt.Sprintln(args...)))
	runtime.Goexit()
}

func (t *trial) Fatalf(format string, args ...any) { t.Fatal(fmt.Sprintf(format, args...)) }

func (t *trial) Skip(args ...any) {
	t.skipped = strings.TrimSpace(fmt.Sprintln(args...))
	runtime.Goexit()
}
