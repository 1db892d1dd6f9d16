package app

import (
	"context"
	"encoding/hex"
	"fmt"
	"time"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"

	"writ/server/access"
	"writ/server/backup"
	"writ/server/cli"
	"writ/server/config"
	"writ/server/db"
	"writ/server/errs"
	"writ/server/event"
	"writ/server/fulfil"
	"writ/server/permit"
	"writ/server/plan"
	"writ/server/system"
)

// sealedColumn is a column that holds sealed values. of gives the name that a value is bound to from what names its row. What is lasting was
// entered by people and cannot be made anew.
type sealedColumn struct {
	table, column, key, name string
	of                       func(name string) string
	lasting                  bool
}

// sealedColumns are all of them. TestEverythingSealedIsRotated looks for others.
var sealedColumns = []sealedColumn{
	{"connection", "secrets", "id", "identifier", system.SealedOf, true},
	{"identity_provider", "client_secret", "id", "identifier", access.SealedOfProvider, true},
	{"webhook", "secret", "id", "id", prefixed("webhook/"), true},
	{"webhook", "previous_secret", "id", "id", prefixed("webhook/"), true},
	{"signing_key", "private_key", "kid", "kid", prefixed("signing_key/"), false},
	{"plan", "configuration", "id", "id", plan.SealedOf, false},
	{"session", "sealed_refresh", "id", "id", prefixed("session/"), false},
}

func prefixed(prefix string) func(string) string {
	return func(name string) string { return prefix + name }
}

// Sealed gives the columns of sealed values, with a way to try whether one opens with the keys of the settings. It makes no key where there
// is none: then nothing opens.
func Sealed(c config.Config) ([]backup.Sealed, error) {
	open := func(string, []byte) error {
		return errs.New(errs.Unavailable, "There is no secret.key in the data folder.")
	}
	if c.Secret.Has(c.Database.DataDir) {
		ring, err := keyringOf(c)
		if err != nil {
			return nil, err
		}
		open = func(of string, sealed []byte) error {
			_, err := ring.Unseal(of, sealed)
			return err
		}
	}
	var list []backup.Sealed
	for _, s := range sealedColumns {
		list = append(list, backup.Sealed{Table: s.table, Column: s.column, Name: s.name, Lasting: s.lasting,
			Open: func(name string, sealed []byte) error { return open(s.of(name), sealed) }})
	}
	return list, nil
}

// settleFor is how long servers that work with the same file may need to see that it changed.
const settleFor = 2 * time.Second

// RotateKey seals everything again with a new key, while servers work. What is done already is seen in the rows, so that a rotation that was
// interrupted goes on where it stopped. CONFLICT beside another one: whichever ended first would take keys away that the other one seals with.
func RotateKey(ctx context.Context, s cli.Session) error {
	inFile := s.Config.Secret.Key == ""
	if inFile {
		done, err := s.Config.Secret.Alone(s.Config.Database.DataDir)
		if err != nil {
			return err
		}
		if done == nil {
			return errs.New(errs.Conflict, "Another rotation of the keys in this data folder is going on. Wait for its end; nothing has to be done again then.")
		}
		defer done()
	}
	keys, err := s.Config.Secret.Keys(s.Config.Database.DataDir)
	if err != nil {
		return err
	}
	switch {
	case len(keys) > 1:
		fmt.Fprintln(s.Out, "Going on with the rotation to the first of the keys.")
	case !inFile:
		return errs.Invalid("secret-key", "WRIT_SECRET_KEY holds one key. Put a new one before it, separated by a comma, start all processes with both, and rotate then.")
	default:
		if err := s.Config.Secret.NewKey(s.Config.Database.DataDir); err != nil {
			return err
		}
		if err := pause(ctx, settleFor); err != nil {
			return err
		}
	}
	ring, err := keyringOf(s.Config)
	if err != nil {
		return err
	}
	total := 0
	for round := 0; ; round++ {
		n, broken, err := reseal(ctx, s.DB, ring)
		total += n
		if err != nil {
			return err
		}
		if len(broken) > 0 {
			return errs.New(errs.Conflict, "%d values cannot be opened with any of the keys, the first is %s. Enter them again; the keys all stay.", len(broken), broken[0])
		}
		if n == 0 && round > 0 {
			break
		}
		if err := pause(ctx, settleFor); err != nil { // a server may just have sealed something with the key before
			return err
		}
	}
	a, err := New(ctx, s)
	if err != nil {
		return err
	}
	err = event.Publish(permit.With(ctx, permit.System("command")), s.DB, a.Clock.Now(), event.Event{Kind: EventKeyRotated, SubjectType: "secret",
		Data: map[string]any{"values": total}})
	if err != nil {
		return err
	}
	fmt.Fprintf(s.Out, "%d values are sealed with the new key.\n", total)
	if !inFile {
		fmt.Fprintln(s.Out, "Take the other keys out of WRIT_SECRET_KEY when no backup from before is needed any more.")
		return nil
	}
	kept, err := s.Config.Secret.DropKeys(s.Config.Database.DataDir)
	if err != nil {
		return err
	}
	fmt.Fprintf(s.Out, "The key before is in %s: backups made before need it. Keep it elsewhere, or delete it.\n", kept)
	return nil
}

func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}

// reseal seals again what is not sealed as it is now, and gives how many values those were and which cannot be opened.
func reseal(ctx context.Context, b *bun.DB, ring *fulfil.Keyring) (n int, broken []string, err error) {
	for _, c := range sealedColumns {
		for after := ""; ; {
			done, bad, last, err := c.reseal(ctx, b, ring, after)
			if err != nil {
				return n, broken, fmt.Errorf("seal %s.%s again: %w", c.table, c.column, err)
			}
			n, broken = n+done, append(broken, bad...)
			if last == "" {
				break
			}
			after = last
		}
	}
	return n, broken, nil
}

// resealBatch is how many values are held at once.
const resealBatch = 200

// reseal takes the values after a row, in the order of their keys as text; last is "" when there are no more.
func (c sealedColumn) reseal(ctx context.Context, b *bun.DB, ring *fulfil.Keyring, after string) (n int, broken []string, last string, err error) {
	err = db.InTx(ctx, b, func(ctx context.Context, tx bun.Tx) error {
		n, broken, last = 0, nil, ""
		head, err := ring.Head()
		if err != nil {
			return err
		}
		var rows []struct {
			Key, Name string
			Sealed    []byte
		}
		column, key := bun.Ident(c.column), bun.Ident(c.key)
		err = tx.NewRaw(`select ?::text as key, ?::text as name, ? as sealed from ? where octet_length(?) > 0 and substring(? from 1 for ?) <> ? and ?::text > ?
			order by ?::text limit ? for update`, key, bun.Ident(c.name), column, bun.Ident(c.table), column, column, len(head), head, key, after, key, resealBatch).Scan(ctx, &rows)
		if err != nil || len(rows) == 0 {
			return err
		}
		last = rows[len(rows)-1].Key
		var keys, sealed []string
		for _, r := range rows {
			plain, err := ring.Unseal(c.of(r.Name), r.Sealed)
			if err != nil {
				broken = append(broken, c.table+" "+r.Name)
				continue
			}
			again, err := ring.Seal(c.of(r.Name), plain)
			if err != nil {
				return err
			}
			keys, sealed = append(keys, r.Key), append(sealed, hex.EncodeToString(again))
		}
		n = len(keys)
		_, err = tx.NewRaw(`update ? as t set ? = decode(x.sealed, 'hex') from unnest(?::text[], ?::text[]) as x (key, sealed) where t.?::text = x.key`,
			bun.Ident(c.table), column, pgdialect.Array(keys), pgdialect.Array(sealed), key).Exec(ctx)
		return err
	})
	return n, broken, last, err
}

// bindSealed seals again what an earlier version sealed without binding it to its row: until then such a value opens in any row it is moved to.
// With several keys it is left to the rotation, which may take for granted that every process has them. Nothing waits for it.
func (a *App) bindSealed(ctx context.Context) {
	keys, err := a.Config.Secret.Keys(a.Config.Database.DataDir)
	if err != nil || len(keys) != 1 {
		return
	}
	ring, err := keyringOf(a.Config)
	var n int
	var broken []string
	if err == nil {
		n, broken, err = reseal(ctx, a.DB, ring)
	}
	switch {
	case ctx.Err() != nil:
	case err != nil:
		a.Log.ErrorContext(ctx, "cannot bind sealed values to their rows", "error", err)
	case len(broken) > 0:
		a.Log.WarnContext(ctx, "sealed values cannot be opened with the key: enter them again", "count", len(broken), "first", broken[0])
	case n > 0:
		a.Log.InfoContext(ctx, "sealed values of an earlier version are bound to their rows now", "count", n)
	}
}
