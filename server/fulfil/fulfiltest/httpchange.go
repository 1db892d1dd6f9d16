package fulfiltest

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"time"

	"writ/server/fulfil"
)

// postChange carries one change out, as far as the behaviours let it. It looks at what is there and never at the idempotency key: whether a
// careless caller did something twice must show in the log.
func (t *HTTPTarget) postChange(w http.ResponseWriter, r *http.Request) {
	document, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	var c fulfil.Change
	if err := json.Unmarshal(document, &c); err != nil {
		say(w, http.StatusBadRequest, "that is no change: %s", err)
		return
	}
	t.mu.Lock()
	o := HTTPOperation{
		ChangeType: c.Type, Table: c.Table, Key: c.Key, OrderID: c.OrderID, Attempt: c.Attempt, IdempotencyKey: r.Header.Get("Idempotency-Key"),
	}
	if v := c.Changes[c.KeyColumn]; c.Type == fulfil.Added && v != nil && *v != "" {
		o.Key = *v
	}
	b := t.match(o)
	o.Behaviour = b.Action
	switch b.Action {
	case "refuse":
		o.Outcome, o.Message = fulfil.Refused, orElse(b.Message, "refused by the application")
	case "conflict":
		o.Outcome, o.Message = fulfil.Conflict, orElse(b.Message, "something stands in the way")
	case "throttle":
		o.Outcome, o.Message = fulfil.Throttled, orElse(b.Message, "too many requests")
	case "hang", "dropFirst":
		o.Outcome = fulfil.Unknown
	case "fail":
		o.Outcome, o.Message = fulfil.Unknown, orElse(b.Message, "internal error")
	default:
		t.decide(c, &o)
	}
	err = t.record(o)
	t.mu.Unlock()
	if err != nil {
		say(w, http.StatusInternalServerError, "%s", err)
		return
	}
	t.reply(w, r, b, o)
}

func orElse(text, fallback string) string {
	if text == "" {
		return fallback
	}
	return text
}

// match gives the first behaviour that fits and is not used up; the zero one when none does. The caller holds the lock.
func (t *HTTPTarget) match(o HTTPOperation) Behaviour {
	for _, b := range t.behaviours {
		if b.Table != "" && b.Table != o.Table || b.Operation != "" && b.Operation != string(o.ChangeType) || b.Key != "" && b.Key != o.Key {
			continue
		}
		if t.used[b]++; b.Times == 0 || t.used[b] <= b.Times {
			return *b
		}
	}
	return Behaviour{}
}

// reply answers, or does what the behaviour wants instead.
func (t *HTTPTarget) reply(w http.ResponseWriter, r *http.Request, b Behaviour, o HTTPOperation) {
	switch b.Action {
	case "slow":
		t.hang(r, b.Milliseconds)
	case "hang":
		t.hang(r, b.Milliseconds)
		fallthrough // a connection without an answer, at last
	case "drop", "dropFirst":
		panic(http.ErrAbortHandler) // net/http cuts the connection and writes nothing
	case "fail", "failAfter":
		say(w, http.StatusInternalServerError, "%s", orElse(b.Message, "internal error"))
		return
	case "throttle":
		w.Header().Set("Retry-After", strconv.Itoa(b.RetryAfterSeconds))
	}
	body := map[string]any{"outcome": o.Outcome, "message": o.Message}
	status := http.StatusOK
	switch o.Outcome {
	case fulfil.Done:
		if o.ChangeType == fulfil.Added {
			status, body["createdKey"] = http.StatusCreated, o.Key
		}
	case fulfil.AlreadySo:
		body["createdKey"] = o.Key
	case fulfil.NotFound:
		status = http.StatusNotFound
	case fulfil.Conflict:
		status = http.StatusConflict
	case fulfil.Throttled:
		status = http.StatusTooManyRequests
	default:
		status = http.StatusUnprocessableEntity
	}
	answer(w, status, body)
}

func (t *HTTPTarget) hang(r *http.Request, milliseconds int) {
	var over <-chan time.Time
	if milliseconds > 0 {
		timer := time.NewTimer(time.Duration(milliseconds) * time.Millisecond)
		defer timer.Stop()
		over = timer.C
	}
	select {
	case <-over:
	case <-r.Context().Done():
	case <-t.gone:
	}
}

// decide works out what the change does to the row at hand. The caller holds the lock.
func (t *HTTPTarget) decide(c fulfil.Change, o *HTTPOperation) {
	table, ok := t.tables[c.Table]
	switch {
	case !ok:
		o.Outcome, o.Message = fulfil.Refused, fmt.Sprintf("there is no table %s", c.Table)
		return
	case c.KeyColumn != table.Key:
		o.Outcome, o.Message = fulfil.Refused, fmt.Sprintf("the key of table %s is %s", table.Name, table.Key)
		return
	}
	if column := unknownColumn(table, c); column != "" {
		o.Outcome, o.Message = fulfil.Refused, fmt.Sprintf("table %s has no column %s, or one that does not take that", table.Name, column)
		return
	}
	switch c.Type {
	case fulfil.Added:
		t.decideAdded(table, c, o)
	case fulfil.Modified:
		t.decideModified(table, c, o)
	case fulfil.Deleted:
		if o.Outcome = fulfil.AlreadySo; t.rows[table.Name][o.Key] != nil {
			o.Outcome, o.Applied = fulfil.Done, true
		}
	default:
		o.Outcome, o.Message = fulfil.Refused, fmt.Sprintf("there is no change type %s", c.Type)
	}
}

func unknownColumn(table HTTPTable, c fulfil.Change) string {
	for column := range c.Changes {
		if !slices.Contains(table.Columns, column) {
			return column
		}
	}
	for _, links := range []map[string][]fulfil.Link{c.ChangesAdded, c.ChangesRemoved} {
		for column := range links {
			if !slices.Contains(table.Links, column) {
				return column
			}
		}
	}
	return ""
}

func (t *HTTPTarget) decideAdded(table HTTPTable, c fulfil.Change, o *HTTPOperation) {
	if o.Key == "" {
		o.Key = fmt.Sprintf("%s-%d", table.Name, len(t.log)+1) // the application gives keys of its own
	}
	have := t.rows[table.Name][o.Key]
	if have == nil {
		have = fulfil.Row{}
		for _, column := range table.Columns {
			have[column] = ""
		}
		have[table.Key] = o.Key
		t.finish(table, c, have, o)
		if o.Outcome == fulfil.AlreadySo { // a row of nothing but its key is new all the same
			o.Outcome, o.Applied, o.After = fulfil.Done, true, have
		}
		return
	}
	for column, value := range c.Changes {
		if value != nil && column != table.Key && fulfil.TextOf(have[column]) != *value && !slices.Contains(table.Links, column) {
			o.Outcome, o.Message = fulfil.Conflict, fmt.Sprintf("%s is there already with another %s", o.Key, column)
			return
		}
	}
	t.finish(table, c, have, o)
}

func (t *HTTPTarget) decideModified(table HTTPTable, c fulfil.Change, o *HTTPOperation) {
	have := t.rows[table.Name][o.Key]
	if have == nil {
		o.Outcome, o.Message = fulfil.NotFound, fmt.Sprintf("there is no row %s", o.Key)
		return
	}
	t.finish(table, c, have, o)
}

// finish puts the changes into a copy of the row and says what came of it.
func (t *HTTPTarget) finish(table HTTPTable, c fulfil.Change, have fulfil.Row, o *HTTPOperation) {
	after := maps.Clone(have)
	for column, value := range c.Changes {
		after[column] = ""
		if value != nil {
			after[column] = *value
		}
	}
	for _, column := range table.Links {
		values := slices.Clone(fulfil.ListOf(after[column]))
		for _, l := range c.ChangesAdded[column] {
			values = append(values, l.Key)
		}
		for _, l := range c.ChangesRemoved[column] {
			values = slices.DeleteFunc(values, func(v string) bool { return v == l.Key })
		}
		after[column] = joined(values)
	}
	if column := t.taken(table, after, o.Key); column != "" {
		o.Outcome, o.Message = fulfil.Conflict, fmt.Sprintf("another row has this %s", column)
		return
	}
	if maps.EqualFunc(have, after, fulfil.EqualValues) {
		o.Outcome = fulfil.AlreadySo
		return
	}
	o.Outcome, o.Applied, o.After = fulfil.Done, true, after
}

// taken names the unique column whose value another row has.
func (t *HTTPTarget) taken(table HTTPTable, row fulfil.Row, key string) string {
	for other, have := range t.rows[table.Name] {
		if other == key {
			continue
		}
		for _, column := range append([]string{table.Key}, table.Unique...) {
			if value := fulfil.TextOf(row[column]); value != "" && fulfil.TextOf(have[column]) == value {
				return column
			}
		}
	}
	return ""
}
