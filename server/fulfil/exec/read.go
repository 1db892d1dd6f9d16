package exec

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"strings"
	"unicode/utf8"

	"writ/server/errs"
	"writ/server/fulfil"
)

// errMore: lines came where the last one had come.
var errMore = errors.New("it wrote more after its last line")

// errStopped: whoever reads has enough.
var errStopped = errors.New("stopped")

// request is what a process is asked for, beside changes: one line on its standard input.
type request struct {
	Protocol  int    `json:"protocol"`
	Verb      string `json:"verb"`
	Table     string `json:"table,omitempty"`
	KeyColumn string `json:"keyColumn,omitempty"`
	Key       string `json:"key,omitempty"`
	Changes   int    `json:"changes,omitempty"`
}

// line writes JSON in one way only, so that a program can compare texts as they are written: what people read stays as it is.
func line(v any) []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		panic(err) // texts, numbers and times only
	}
	return b.Bytes()
}

// failure is what any verb may write instead of what it is asked for.
type failure struct {
	Error *string `json:"error"`
}

// saysNo is a program's own word for why it cannot.
type saysNo string

func (s saysNo) Error() string { return string(s) }

// wrong is what a program answered well, as far as it goes, and will answer again: it does not help to come back.
type wrong string

func (w wrong) Error() string { return string(w) }

func wrongf(format string, args ...any) error { return wrong(fmt.Sprintf(format, args...)) }

// whole refuses a line that is no JSON object, and gives a program's own failure as an error.
func (c *Conn) whole(line []byte) error {
	if !utf8.Valid(line) {
		return fmt.Errorf("it wrote a line that is not UTF-8: %s", c.show(string(line)))
	}
	if !json.Valid(line) || bytes.TrimLeft(line, " \t")[0] != '{' {
		return fmt.Errorf("it wrote a line that is no JSON object: %s", c.show(string(line)))
	}
	var f failure
	if err := json.Unmarshal(line, &f); err == nil && f.Error != nil {
		return saysNo(*f.Error)
	}
	return nil
}

// ask runs one verb that answers in a moment. Unavailable when it did not end well.
func (c *Conn) ask(ctx context.Context, verb string, r *request, take func(line []byte) error) error {
	if r == nil {
		r = &request{}
	}
	r.Protocol, r.Verb = version, verb
	e := c.run(ctx, job{verb: verb, input: [][]byte{line(r)}, timeout: c.set.Timeout, most: mostDescribed + int64(c.set.Line)<<10, take: func(line []byte) error {
		if err := c.whole(line); err != nil || take == nil {
			return err
		}
		return take(line)
	}})
	return c.judge(verb, e)
}

// judge makes an expected failure of a bad end.
func (c *Conn) judge(verb string, e ending) error {
	var no saysNo
	switch {
	case e.err == nil:
		return nil
	case errors.As(e.err, &no):
		return errs.New(errs.Unavailable, "The program %s says: %s", c.program.name, c.clean(string(no))).At("program")
	case errors.Is(e.err, errStopped):
		return e.err
	case errors.As(e.err, new(wrong)):
		return errs.Invalid("program", "The program %s did not do what %s asks of it: %s.", c.program.name, verb, strings.TrimSuffix(c.clean(e.err.Error()), "."))
	}
	if errs.As(e.err) == nil {
		e.err = errors.New(c.clean(e.err.Error()))
	}
	return c.unavailable(verb, e)
}

// tableOf finds a table; NotFound when the program has none of that name.
func (c *Conn) tableOf(ctx context.Context, name string) (*description, *described, error) {
	for _, anew := range []bool{false, true} {
		d, err := c.describe(ctx, anew)
		if err != nil {
			return nil, nil, err
		}
		if t := d.table(name); t != nil {
			return d, t, nil
		}
	}
	return nil, nil, errs.Missing("The program %s has no table %s.", c.program.name, clip(name))
}

// exported is a line of an export.
type exported struct {
	Row      json.RawMessage `json:"row"`
	Fault    *faulty         `json:"fault"`
	Complete *bool           `json:"complete"`
	Rows     *int            `json:"rows"`
}

type faulty struct {
	Column string `json:"column"`
	Value  string `json:"value"`
	Why    string `json:"why"`
}

// Export has the program write a table. The entries end with an error unless the program says at the end that it was the whole, with the number of rows
// that came, and ends with status 0.
func (c *Conn) Export(ctx context.Context, table string) iter.Seq2[fulfil.Entry, error] {
	return func(yield func(fulfil.Entry, error) bool) {
		d, t, err := c.tableOf(ctx, table)
		if err == nil && !d.offers("export") {
			err = errs.Missing("The program %s does not write tables: it does not offer export.", c.program.name)
		}
		if err != nil {
			yield(fulfil.Entry{}, err)
			return
		}
		n, complete := 0, false
		e := c.run(ctx, job{verb: "export", input: [][]byte{line(request{Protocol: version, Verb: "export", Table: table})}, timeout: c.set.ExportTimeout,
			most: int64(c.set.Output) << 20, take: func(line []byte) error {
				entry, isLast, err := c.entryOf(line, t, n)
				switch {
				case err != nil:
					return err
				case complete:
					return errMore
				case ctx.Err() != nil:
					return errors.New("the reading was stopped")
				case isLast:
					complete = true
					return nil
				}
				if n++; n > c.set.Rows {
					return tooMuch(fmt.Sprintf("it wrote more than the %d rows that maximumRows allows", c.set.Rows))
				}
				entry.Place, entry.Line = table, n
				if !yield(entry, nil) {
					return errStopped
				}
				return nil
			}})
		err = c.judge("export", e)
		if err == nil && !complete {
			err = errs.New(errs.Unavailable, "The program %s ended after %d rows of table %s without saying that this is the whole.", c.program.name, n, table).At("program")
		}
		if err != nil && !errors.Is(err, errStopped) {
			yield(fulfil.Entry{}, err)
		}
	}
}

// entryOf reads a line of an export, before which n rows came.
func (c *Conn) entryOf(line []byte, t *described, n int) (entry fulfil.Entry, isLast bool, err error) {
	if err := c.whole(line); err != nil {
		return entry, false, err
	}
	var x exported
	if err := json.Unmarshal(line, &x); err != nil {
		return entry, false, fmt.Errorf("it wrote a line that cannot be understood: %s", c.show(string(line)))
	}
	switch {
	case x.Complete != nil:
		if !*x.Complete || x.Row != nil || x.Fault != nil || x.Rows == nil {
			return entry, false, errors.New(`its last line is not {"complete": true, "rows": <number>}`)
		}
		if *x.Rows != n {
			return entry, false, fmt.Errorf("it says that the table has %d rows, and wrote %d", *x.Rows, n)
		}
		return entry, true, nil
	case x.Fault != nil:
		entry.Fault = &fulfil.Fault{Column: c.show(x.Fault.Column), Value: c.show(x.Fault.Value), Why: c.clean(x.Fault.Why)}
		if entry.Fault.Why == "" {
			entry.Fault.Why = "the program could not read it"
		}
		return entry, false, nil
	case x.Row == nil:
		return entry, false, fmt.Errorf("it wrote a line that is neither a row nor the end: %s", c.show(string(line)))
	}
	entry.Row, entry.Fault = rowOf(x.Row, t.Columns)
	if f := entry.Fault; f != nil {
		f.Column, f.Value, f.Why = c.show(f.Column), c.show(f.Value), c.clean(f.Why)
	}
	return entry, false, nil
}

// Read has the program look for one target. It must say whether it is there: silence is an error.
func (c *Conn) Read(ctx context.Context, table, keyColumn, key string) (fulfil.Row, bool, error) {
	d, t, err := c.tableOf(ctx, table)
	if err != nil {
		return nil, false, err
	}
	if !d.offers("read") {
		return nil, false, errs.New(errs.Unavailable, "The program %s does not offer to look for one target.", c.program.name).At("readBack")
	}
	if !utf8.ValidString(key) {
		return nil, false, nil // no program can have been given such a key
	}
	var found *bool
	var row fulfil.Row
	err = c.ask(ctx, "read", &request{Table: table, KeyColumn: keyColumn, Key: key}, func(line []byte) error {
		var a struct {
			Found *bool           `json:"found"`
			Row   json.RawMessage `json:"row"`
		}
		err := json.Unmarshal(line, &a)
		if string(a.Row) == "null" { // as it is written where every field always is
			a.Row = nil
		}
		if err != nil || a.Found == nil || *a.Found != (a.Row != nil) {
			return wrongf(`it answered neither {"found": true, "row": ...} nor {"found": false}: %s`, c.show(string(line)))
		}
		if found != nil {
			return errMore
		}
		found = a.Found
		if !*found {
			return nil
		}
		one, fault := rowOf(a.Row, t.Columns)
		if fault != nil {
			return wrongf("column %s: %s", fault.Column, fault.Why)
		}
		if have := fulfil.TextOf(one[keyColumn]); have != key {
			return wrongf("it was asked for the key %s and answered with another one", clip(key))
		}
		row = one
		return nil
	})
	if err == nil && found == nil {
		err = errs.New(errs.Unavailable, "The program %s did not say whether the target is there.", c.program.name).At("program")
	}
	if err != nil {
		return nil, false, err
	}
	return row, *found, nil
}
