package order

import (
	"context"
	"slices"

	"writ/server/errs"
	"writ/server/fulfil"
)

// readBack looks whether a change whose answer is missing was made. again: it was not, or nobody can tell and repeating is safe.
func (d *drain) readBack(ctx context.Context, e *errand) (r fulfil.Receipt, again bool) {
	reader := d.target.Reader
	if reader == nil && d.target.IsBlind {
		return e.inDoubt("The answer was lost, and this connection cannot look whether the change was made. It is not sent again by itself.",
			"Look into the managed system. Synchronize if the change was made; unblock if it was not."), false
	}
	if reader == nil {
		return fulfil.Receipt{}, true // Apply is idempotent by what it finds: the contract of fulfil.Applier
	}
	if e.Change.Key == "" {
		if e.Change.Type == fulfil.Added {
			return e.inDoubt("The answer to the creation was lost, and the key it may have got is not known.",
				"Look into the managed system. Synchronize if the target is there; unblock if it is not."), false
		}
		return fulfil.Receipt{}, true
	}
	row, found, err := reader.Read(ctx, e.Change.Table, e.Change.KeyColumn, e.Change.Key)
	if err != nil {
		return e.notReadBack(err), false
	}
	if e.Change.Type == fulfil.Deleted {
		if !found {
			return fulfil.Receipt{Outcome: fulfil.AlreadySo, Message: "Read back: the target is gone."}, false
		}
		return fulfil.Receipt{}, true
	}
	if name := text(e.Change.Changes[e.Change.KeyColumn]); e.Change.Type == fulfil.Modified && name != "" && name != e.Change.Key {
		renamed, there, err := reader.Read(ctx, e.Change.Table, e.Change.KeyColumn, name)
		if err != nil {
			return e.notReadBack(err), false
		}
		return e.wasRenamed(before{row, found}, before{renamed, there})
	}
	if found && inPlace(e.Change, row) {
		return fulfil.Receipt{Outcome: fulfil.AlreadySo, CreatedKey: createdKey(e.Change), Message: "Read back: the change is in place."}, false
	}
	return fulfil.Receipt{}, true
}

// inDoubt is a question to a person: the change may have been made and nobody can look, so it is never sent again unless somebody unblocks it.
func (e *errand) inDoubt(message, hint string) fulfil.Receipt {
	e.isInDoubt = true
	return fulfil.Receipt{Outcome: fulfil.Refused, Message: message, Hint: hint}
}

// notReadBack is the answer when a look failed: later it may work, unless what came back cannot be understood and will not be the next time.
func (e *errand) notReadBack(err error) fulfil.Receipt {
	if errs.Is(err, errs.Validation) {
		return e.inDoubt("The answer was lost, and what came when the target was read back cannot be understood: "+err.Error(),
			"Look into the managed system and mend what reads it. Synchronize if the change was made; unblock if it was not.")
	}
	return fulfil.Receipt{Outcome: fulfil.Unknown, Message: "The answer was lost and the target cannot be read back: " + err.Error()}
}

// before is a row as it was read back.
type before struct {
	row   fulfil.Row
	found bool
}

// wasRenamed tells by the rows under the old and the new key whether a target was renamed. Both are there when two targets swap their keys,
// or when the new one is somebody else's: then only what else is known of the target tells them apart. When that does not, a person must
// look, since a second swap would undo the first.
func (e *errand) wasRenamed(old, renamed before) (r fulfil.Receipt, again bool) {
	done := fulfil.Receipt{Outcome: fulfil.AlreadySo, Message: "Read back: the target has its new key."}
	switch {
	case !renamed.found:
		return fulfil.Receipt{}, true
	case !old.found:
		return done, !inPlace(e.Change, renamed.row)
	}
	is, was := e.looksLike(renamed.row, e.Change.Changes), e.looksLike(old.row, nil)
	switch {
	case is && !was:
		return done, false
	case was && !is || e.SwapID == 0:
		return fulfil.Receipt{}, true
	}
	return e.inDoubt("The answer to the exchange was lost, and by what the targets hold it cannot be told whether it was made.",
		"Look into the managed system, then synchronize; unblock if it was not made."), false
}

// looksLike reports whether a row shows what is known of the target, with some columns changed.
func (e *errand) looksLike(row fulfil.Row, changes map[string]*string) bool {
	for column, value := range e.Change.Resource {
		if changed, ok := changes[column]; ok {
			value = text(changed)
		}
		if have, ok := row[column]; ok && fulfil.TextOf(have) != value {
			return false
		}
	}
	return true
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
		if have, ok := row[column]; text(want) != fulfil.TextOf(have) || !ok && want != nil {
			return false
		}
	}
	for column, links := range c.ChangesAdded {
		have := fulfil.ListOf(row[column])
		for _, l := range links {
			if !slices.Contains(have, l.Key) {
				return false
			}
		}
	}
	for column, links := range c.ChangesRemoved {
		have := fulfil.ListOf(row[column])
		for _, l := range links {
			if slices.Contains(have, l.Key) {
				return false
			}
		}
	}
	return true
}
