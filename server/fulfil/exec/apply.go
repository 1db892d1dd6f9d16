package exec

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"math"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"writ/server/errs"
	"writ/server/fulfil"
)

// numbered is a change as a program gets it.
type numbered struct {
	Number int `json:"change"` // from 1, in this batch
	fulfil.Change
}

// answer is an outcome line.
type answer struct {
	Number     *int           `json:"change"` // 0: all that have no answer
	Outcome    fulfil.Outcome `json:"outcome"`
	CreatedKey string         `json:"createdKey"`
	Message    string         `json:"message"`
	Detail     string         `json:"detail"`
	Hint       string         `json:"hint"`
	RetryAfter float64        `json:"retryAfter"` // seconds
}

// longestWait bounds what a program may ask for with retryAfter.
const longestWait = 24 * time.Hour

// answers is what came of a batch.
type answers struct {
	*Conn
	calls  []*call
	have   []string // by change: the outcome that counts; "" when there is none
	doubt  []string // by change: why its answer could not be understood
	faults []string // against the protocol
	given  bool     // something was answered since moved was asked
}

// carryOut runs one process for a batch. Whoever has no answer at the end is told so: not sent when no byte of the change went to it, in doubt otherwise.
func (c *Conn) carryOut(ctx context.Context, b *batch) {
	a := &answers{Conn: c}
	begin := func() [][]byte {
		a.calls = c.begin(b)
		if len(a.calls) == 0 {
			return nil
		}
		a.have, a.doubt = make([]string, len(a.calls)), make([]string, len(a.calls))
		input := [][]byte{line(request{Protocol: version, Verb: "apply", Changes: len(a.calls)})}
		for i, one := range a.calls {
			input = append(input, line(numbered{i + 1, one.change}))
		}
		return input
	}
	most := int64(c.set.Output) << 20
	e := c.run(ctx, job{verb: "apply", begin: begin, moved: a.moved, timeout: c.set.Timeout, most: min(most, 64<<20), take: a.take})
	if a.have == nil { // it did not come to a start
		a.calls = c.begin(b)
		a.have, a.doubt = make([]string, len(a.calls)), make([]string, len(a.calls))
	}
	a.end(e)
}

// moved reports whether something was answered since it was asked last.
func (a *answers) moved() bool {
	moved := a.given
	a.given = false
	return moved
}

// mostFaults is how often a program may break the protocol in a run before it is ended.
const mostFaults = 1000

// take understands one line. What it cannot understand is kept as a fault, and the lines behind it are taken: no answer is lost over a stray line.
func (a *answers) take(line []byte) error {
	var x answer
	if err := a.whole(line); err != nil && (!errors.As(err, new(saysNo)) || json.Unmarshal(line, &x) != nil || x.Number == nil) { // an answer may have a field error
		return a.broke(err.Error())
	}
	x = answer{}
	if err := json.Unmarshal(line, &x); err != nil || x.Number == nil {
		return a.broke("it wrote a line that is no answer: " + a.show(string(line)))
	}
	r, why := a.receiptOf(x)
	switch n := *x.Number; {
	case n < 0 || n > len(a.calls):
		return a.broke(fmt.Sprintf("it answered change %d, and was asked for %d", n, len(a.calls)))
	case n == 0 && (why != "" || r.Outcome.OK()):
		return a.broke("it answered all changes at once with " + a.show(string(x.Outcome)) + ", which must be said of each")
	case n == 0:
		for i := range a.calls {
			a.give(i, r)
		}
	case why != "":
		a.doubt[n-1] = why
		return a.broke(fmt.Sprintf("it answered change %d: %s", n, why))
	case a.have[n-1] != "":
		return a.broke(fmt.Sprintf("it answered change %d twice: %s, then %s", n, a.have[n-1], r.Outcome))
	default:
		a.give(n-1, r)
	}
	return nil
}

func (a *answers) give(i int, r fulfil.Receipt) {
	if a.have[i] != "" {
		return
	}
	a.have[i], a.given = string(r.Outcome), true
	if c := a.calls[i].change; r.Outcome.OK() && c.Type == fulfil.Added {
		if r.CreatedKey == "" {
			r.CreatedKey = c.TargetKey()
		}
	} else {
		r.CreatedKey = ""
	}
	a.calls[i].answer(r)
}

func (a *answers) broke(why string) error {
	a.faults = append(a.faults, why)
	if len(a.faults) > mostFaults {
		return errors.New("it wrote too many lines that are no answers")
	}
	return nil
}

// receiptOf reads an answer; why is what is wrong with it.
func (a *answers) receiptOf(x answer) (r fulfil.Receipt, why string) {
	r = fulfil.Receipt{Outcome: x.Outcome, CreatedKey: x.CreatedKey, Message: a.clean(x.Message), Detail: a.clean(x.Detail), Hint: a.clean(x.Hint)}
	switch x.Outcome {
	case fulfil.Done, fulfil.AlreadySo, fulfil.NotFound, fulfil.Conflict, fulfil.Refused, fulfil.Unreachable, fulfil.Throttled, fulfil.Unknown:
	default:
		return r, fmt.Sprintf("%q is no outcome", a.show(string(x.Outcome)))
	}
	if math.IsNaN(x.RetryAfter) || x.RetryAfter < 0 {
		return r, "retryAfter is no number of seconds"
	}
	r.RetryAfter = time.Duration(min(x.RetryAfter, longestWait.Seconds()) * float64(time.Second))
	if r.Message == "" && !r.Outcome.OK() {
		r.Message = fmt.Sprintf("The program %s answered %s without saying why.", a.program.name, r.Outcome)
	}
	return r, ""
}

// end answers whoever has no answer, and remembers what was against the protocol.
func (a *answers) end(e ending) {
	why := a.clean(e.why())
	missing := 0
	for i, have := range a.have {
		if have != "" {
			continue
		}
		missing++
		r := fulfil.Receipt{Outcome: fulfil.Unknown, Hint: lookHint, Detail: a.clean(strings.Join(a.faults, "; ")),
			Message: fmt.Sprintf("The program %s was handed the change and did not say what became of it: %s.", a.program.name, strings.TrimSuffix(why, "."))}
		switch known := errs.As(e.err); {
		case known != nil && !e.began:
			r = fulfil.Receipt{Outcome: fulfil.Unreachable, Message: known.Message}
		case !e.began:
			r = fulfil.Receipt{Outcome: fulfil.Throttled, Message: fmt.Sprintf("The program %s got no change: %s.", a.program.name, why)}
		case i+1 >= e.sent: // the first line tells of the batch
			r = fulfil.Receipt{Outcome: fulfil.Unreachable, Message: fmt.Sprintf("The change did not reach the program %s: %s.", a.program.name, strings.TrimSuffix(why, "."))}
		case a.doubt[i] != "":
			r.Message = fmt.Sprintf("The answer of the program %s cannot be understood: %s.", a.program.name, a.clean(a.doubt[i]))
		}
		a.calls[i].answer(r)
	}
	if e.err != nil && e.began && missing == 0 && !errors.Is(e.err, errClosed) { // it was we who ended it then
		a.faults = append(a.faults, "it answered every change, and then "+strings.TrimPrefix(why, "it "))
	}
	fault := a.clean(strings.Join(a.faults, "; "))
	a.mu.Lock()
	isNew := fault != "" && fault != a.fault
	a.fault = fault
	a.mu.Unlock()
	if isNew { // once, not with every batch
		slog.Warn("a program did not keep to the protocol when it changed something", "program", a.program.name, "fault", fault)
	}
}

// columnsOf are the columns that a change names.
func columnsOf(c fulfil.Change) []string {
	list := slices.Collect(maps.Keys(c.Changes))
	list = slices.AppendSeq(list, maps.Keys(c.ChangesAdded))
	list = slices.AppendSeq(list, maps.Keys(c.ChangesRemoved))
	slices.Sort(list)
	return slices.Compact(append(list, c.KeyColumn))
}

// unwritable gives where a change holds a text that JSON would change; "" when nowhere.
func unwritable(c fulfil.Change) string {
	for column, value := range c.Changes {
		if !utf8.ValidString(column) || value != nil && !utf8.ValidString(*value) {
			return column
		}
	}
	for _, links := range []map[string][]fulfil.Link{c.ChangesAdded, c.ChangesRemoved} {
		for column, list := range links {
			for _, l := range list {
				if !utf8.ValidString(column) || !utf8.ValidString(l.Key) {
					return column
				}
			}
		}
	}
	for column, value := range c.Resource {
		if !utf8.ValidString(column) || !utf8.ValidString(value) {
			return column
		}
	}
	if !utf8.ValidString(c.Key) || !utf8.ValidString(c.Table) {
		return c.KeyColumn
	}
	return ""
}
