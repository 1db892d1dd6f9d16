package backup

import (
	"bytes"
	"context"
	"encoding/hex"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	"writ/server/errs"
	"writ/server/event"
)

// Sealed is a column of sealed values.
type Sealed struct {
	Table, Column string
	Name          string // column that names the row for people, and to which its values are bound
	Lasting       bool   // people entered it; else it is made anew when it cannot be opened
	Open          func(name string, sealed []byte) error
}

// Secrets says what of the sealed values can be opened with the keys at hand.
type Secrets struct {
	Opened  int    // lasting ones that open
	Closed  int    // lasting ones that do not
	Passing int    // others that do not: sessions and signing keys, which are made anew
	First   string // one of the closed, for people
	Because error  // why
}

func (s Secrets) refused() error {
	return errs.New(errs.Conflict, "%d of %d secrets cannot be opened with the keys at hand; the first is that of %s: %s Nothing was restored. Put the secret.key "+
		"that the server had when the backup was made into the data folder, or set WRIT_SECRET_KEY, and restore again. Several keys are written one a line: the first "+
		"seals, and the keys before a rotation are in secret.key.old. With --without-secrets everything else is restored, and these have to be entered again.",
		s.Closed, s.Opened+s.Closed, s.First, s.Because)
}

// tryToOpen counts what can be opened. Columns that the backup is too old for are left out.
func tryToOpen(ctx context.Context, tx pgx.Tx, c *Contents, columns []Sealed) (s Secrets, err error) {
	for _, sealed := range columns {
		i := slices.IndexFunc(c.Tables, func(t Table) bool { return t.Name == sealed.Table })
		if i < 0 || !slices.Contains(c.Tables[i].Columns, sealed.Column) {
			continue
		}
		column, table := pgx.Identifier{sealed.Column}.Sanitize(), pgx.Identifier{sealed.Table}.Sanitize()
		rows, err := tx.Query(ctx, fmt.Sprintf("select %s::text, %s from %s where octet_length(%s) > 0 order by 1", pgx.Identifier{sealed.Name}.Sanitize(), column, table, column))
		if err != nil {
			return s, fmt.Errorf("read the secrets of %s: %w", sealed.Table, err)
		}
		var name string
		var value []byte
		_, err = pgx.ForEachRow(rows, []any{&name, &value}, func() error {
			s.count(sealed, name, sealed.Open(name, value))
			return nil
		})
		if err != nil {
			return s, fmt.Errorf("read the secrets of %s: %w", sealed.Table, err)
		}
	}
	return s, nil
}

func (s *Secrets) count(sealed Sealed, name string, err error) {
	switch {
	case err == nil && sealed.Lasting:
		s.Opened++
	case err != nil && !sealed.Lasting:
		s.Passing++
	case err != nil:
		if s.Closed++; s.First == "" {
			s.First, s.Because = sealed.Table+" "+name, err
		}
	}
}

// checkChain computes the chain of events again and compares its end with what the backup says. Nothing was committed yet.
func checkChain(ctx context.Context, tx pgx.Tx, c *Contents) error {
	rows, err := tx.Query(ctx, "select c.position, c.hash, "+event.HashedText+" from event_chain c left join event e on e.id = c.event_id order by c.position")
	if err != nil {
		return fmt.Errorf("read the chain of events: %w", err)
	}
	var last, position int64
	var former, hash []byte
	var text *string
	changed := func(reason string) error {
		return errs.New(errs.Conflict, "The event log of the backup was changed: the chain breaks at position %d (%s). Nothing was restored.", last+1, reason)
	}
	_, err = pgx.ForEachRow(rows, []any{&position, &hash, &text}, func() error {
		switch {
		case position != last+1:
			return changed("it is missing")
		case text == nil:
			return changed("its event is missing")
		}
		if former = event.NextHash(former, *text); !bytes.Equal(former, hash) {
			return changed("its event is not what was chained")
		}
		last = position
		return nil
	})
	if err != nil {
		return err
	}
	if last != c.Position || hex.EncodeToString(former) != c.Hash {
		return errs.New(errs.Conflict, "The event log is not that of the backup: it ends at position %d, the backup at %d. Nothing was restored.", last, c.Position)
	}
	return nil
}
