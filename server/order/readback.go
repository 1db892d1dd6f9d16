package order

import (
	"context"
	"slices"
	"strings"

	"writ/server/fulfil"
)

// readBack looks whether a change whose answer is missing was made. again: it was not, or nobody can tell and repeating is safe.
func (d *drain) readBack(ctx context.Context, e *errand) (r fulfil.Receipt, again bool) {
	reader, ok := d.target.(fulfil.Reader)
	if !ok {
		return fulfil.Receipt{}, true // Apply is idempotent by what it finds: the contract of fulfil.Applier
	}
	if e.Change.Key == "" {
		if e.Change.Type == fulfil.Added {
			return fulfil.Receipt{Outcome: fulfil.Refused, Message: "The answer to the creation was lost, and the key it may have got is not known.",
				Hint: "Look into the managed system. Synchronize if the target is there; unblock if it is not."}, false
		}
		return fulfil.Receipt{}, true
	}
	row, found, err := reader.Read(ctx, e.Change.Table, e.Change.KeyColumn, e.Change.Key)
	if err != nil {
		return fulfil.Receipt{Outcome: fulfil.Unknown, Message: "The answer was lost and the target cannot be read back: " + err.Error()}, false
	}
	if e.Change.Type == fulfil.Deleted {
		if !found {
			return fulfil.Receipt{Outcome: fulfil.AlreadySo, Message: "Read back: the target is gone."}, false
		}
		return fulfil.Receipt{}, true
	}
	if found && inPlace(e.Change, row) {
		return fulfil.Receipt{Outcome: fulfil.AlreadySo, CreatedKey: createdKey(e.Change), Message: "Read back: the change is in place."}, false
	}
	return fulfil.Receipt{}, true
}

func createdKey(c fulfil.Change) string {
	if c.Type == fulfil.Added {
		return c.Key
	}
	return ""
}

// inPlace reports whether a row shows everything a change asks for. What cannot be seen in the row counts as missing: a repeat is harmless,
// a wrong "done" is not.
func inPlace(c fulfil.Change, row fulfil.Row) bool {
	for column, want := range c.Changes {
		if have, ok := row[column]; text(want) != have || !ok && want != nil {
			return false
		}
	}
	for column, links := range c.ChangesAdded {
		have := strings.Split(row[column], "\n")
		for _, l := range links {
			if !slices.Contains(have, l.Key) {
				return false
			}
		}
	}
	for column, links := range c.ChangesRemoved {
		have := strings.Split(row[column], "\n")
		for _, l := range links {
			if slices.Contains(have, l.Key) {
				return false
			}
		}
	}
	return true
}
