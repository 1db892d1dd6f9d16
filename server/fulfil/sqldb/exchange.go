package sqldb

import (
	"cmp"
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/base32"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/google/uuid"

	"writ/server/fulfil"
)

// ApplyTogether writes changes of one table that take each other's values, in one transaction: first what has nothing to do with that, while names
// in it still mean whom they meant, then every value that another row of them wants gives way to a temporary one, then each change is written as
// Apply writes it.
func (c *Conn) ApplyTogether(ctx context.Context, changes []fulfil.Change) []fulfil.Receipt {
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	defer c.renew()
	tx, err := c.dialect.begin(ctx, nil)
	if err != nil {
		return slices.Repeat([]fulfil.Receipt{c.notConnected(err)}, len(changes))
	}
	defer tx.Rollback() //nolint:errcheck // after a commit it has nothing to do
	receipts := make([]fulfil.Receipt, len(changes))
	failed := func(i int, r fulfil.Receipt) []fulfil.Receipt {
		r.Message = fmt.Sprintf("These changes only go together, and that of %s could not be made, so none was: %s", changes[i].TargetKey(), r.Message)
		return slices.Repeat([]fulfil.Receipt{r}, len(changes))
	}
	parked := make([]string, len(changes))
	all := &meant{}
	changes, begun, err := c.before(ctx, tx, changes, all)
	if err != nil {
		return slices.Repeat([]fulfil.Receipt{c.notMade(ctx, err)}, len(receipts))
	}
	for i, ch := range changes {
		if parked[i], err = c.park(ctx, &writer{conn: c, tx: tx, change: ch, meant: all}, changes); err != nil {
			return failed(i, c.notMade(ctx, err))
		}
	}
	order := make([]int, len(changes))
	for i := range order {
		order[i] = i
	}
	// what is deleted goes before anything takes its key
	slices.SortStableFunc(order, func(a, b int) int {
		return cmp.Compare(map[bool]int{true: 0, false: 1}[changes[a].Type == fulfil.Deleted], map[bool]int{true: 0, false: 1}[changes[b].Type == fulfil.Deleted])
	})
	for _, i := range order {
		ch := changes[i]
		ch.Key = parked[i]
		w := &writer{conn: c, tx: tx, change: ch, meant: all}
		if receipts[i], err = w.write(ctx); err != nil {
			return failed(i, c.notMade(ctx, err))
		}
		if !receipts[i].Outcome.OK() {
			return failed(i, receipts[i])
		}
		if begun[i] {
			receipts[i].Outcome, receipts[i].Message = fulfil.Done, ""
		}
	}
	// what one transaction did is told once
	if i := slices.IndexFunc(receipts, func(r fulfil.Receipt) bool { return r.Outcome == fulfil.Done }); i >= 0 {
		if receipts[i].Effect, err = c.dialect.effect(ctx, tx, all); err != nil {
			return failed(i, c.notMade(ctx, err))
		}
	}
	if err := tx.Commit(); err != nil {
		return slices.Repeat([]fulfil.Receipt{c.notConfirmed(err)}, len(changes))
	}
	return receipts
}

// before writes those columns that no other change of them is about, and gives the changes without them: a reference to a row that gets another
// name by them goes along with it. What cannot be written yet, or whose row is not there, is left for later.
func (c *Conn) before(ctx context.Context, tx *sql.Tx, changes []fulfil.Change, all *meant) (rest []fulfil.Change, begun []bool, err error) {
	changes, begun = slices.Clone(changes), make([]bool, len(changes))
	for i, ch := range changes {
		if ch.Type != fulfil.Modified {
			continue
		}
		early, late := map[string]*string{}, map[string]*string{}
		for name, v := range ch.Changes {
			if name == ch.KeyColumn || exchanged(changes, name) {
				late[name] = v
			} else {
				early[name] = v
			}
		}
		if len(early) == 0 {
			continue
		}
		w := &writer{conn: c, tx: tx, change: ch, meant: all}
		w.change.Changes, w.change.ChangesAdded, w.change.ChangesRemoved = early, nil, nil
		if _, err := tx.ExecContext(ctx, "savepoint early"); err != nil {
			return nil, nil, err
		}
		receipt, err := w.write(ctx)
		if err == nil && receipt.Outcome.OK() {
			changes[i].Changes, begun[i] = late, receipt.Outcome == fulfil.Done
			continue
		}
		if err != nil && !c.isPlainNo(err) { // the transaction may be over, and the savepoint with it
			return nil, nil, err
		}
		if _, err := tx.ExecContext(ctx, "rollback to savepoint early"); err != nil {
			return nil, nil, err
		}
		all.unsure = true
	}
	return changes, begun, nil
}

// isPlainNo: the server, or we, refused one statement, and the transaction is as it was before it.
func (c *Conn) isPlainNo(err error) bool {
	var r *refusal
	s := c.dialect.said(err)
	return errors.As(err, &r) || s != nil && !s.isLater && !s.isLast && !s.isLate
}

// exchanged: one of the changes wants in a column what another one of their rows has there.
func exchanged(changes []fulfil.Change, name string) bool {
	for _, one := range changes {
		for _, other := range changes {
			if v := one.Changes[name]; v != nil && other.Resource[name] != "" && strings.EqualFold(*v, other.Resource[name]) {
				return true
			}
		}
	}
	return false
}

// park gives the row of a change temporary values where another change wants what it has now, and tells under which key it stands then.
func (c *Conn) park(ctx context.Context, w *writer, changes []fulfil.Change) (key string, err error) {
	key = w.change.TargetKey()
	if w.change.Type != fulfil.Modified {
		return key, nil
	}
	if err := w.prepare(ctx); err != nil {
		return key, err
	}
	parking := map[string]*string{}
	for _, name := range w.columns() {
		now := w.change.Resource[name]
		if now == "" || w.change.Changes[name] != nil && *w.change.Changes[name] == now {
			continue
		}
		for _, other := range changes {
			if v := other.Changes[name]; v != nil && strings.EqualFold(*v, now) {
				if parking[name], err = temporary(w.table.by[name]); err != nil {
					return key, err
				}
			}
		}
	}
	if len(parking) == 0 {
		return key, nil
	}
	aside := *w
	aside.change.Changes, aside.change.ChangesAdded, aside.change.ChangesRemoved = parking, nil, nil
	found, _, err := c.dialect.look(ctx, &aside, key)
	if err != nil {
		return key, err
	}
	if !found { // and under its key another row of them would stand soon
		return key, &refusal{w.missing(key)}
	}
	if err := c.dialect.update(ctx, &aside, key, aside.columns()); err != nil {
		return key, err
	}
	if v := parking[w.change.KeyColumn]; v != nil {
		key = *v
	}
	return key, nil
}

// temporary is a value that nobody else has, for the time of a transaction.
func temporary(col column) (*string, error) {
	raw := make([]byte, 8)
	_, _ = rand.Read(raw) // never fails
	value := ""
	switch {
	case col.typ == "uuid":
		value = uuid.NewString()
	case col.isString() && (col.limit == 0 || col.limit >= 4):
		value = strings.ToLower(base32.StdEncoding.EncodeToString(raw))[:12]
		if col.limit > 0 {
			value = value[:min(col.limit, len(value))]
		}
	case col.isUnsigned:
		value = strconv.FormatInt(1<<31+int64(binary.BigEndian.Uint32(raw)>>1), 10)
	case slices.Contains([]string{"integer", "bigint", "int"}, col.typ):
		value = strconv.FormatInt(-int64(binary.BigEndian.Uint32(raw)>>1)-1, 10)
	default:
		return nil, &refusal{fulfil.Receipt{
			Outcome: fulfil.Conflict, Message: fmt.Sprintf("Column %s of type %s has no room for a temporary value.", col.name, col.typ),
			Hint: "Give one of the rows another value in the managed system and synchronize, then send all of them again; or decline.",
		}}
	}
	return &value, nil
}

var _ fulfil.Exchanger = (*Conn)(nil)
