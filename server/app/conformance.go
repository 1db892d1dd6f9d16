package app

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"writ/server/cli"
	"writ/server/errs"
	"writ/server/fence"
	"writ/server/fulfil"
	"writ/server/fulfil/conformance"
)

// Conformance puts a connection through the cases that every connector must pass, within rows of its own, and prints a grade for each behaviour.
func Conformance(ctx context.Context, s cli.Session, in cli.ConformanceInput) error {
	ctx, a, err := command(ctx, s)
	if err != nil {
		return err
	}
	defer a.Systems.Close() //nolint:errcheck // nothing is left to lose
	switch up, err := fence.IsUp(ctx, a.DB); {
	case err != nil:
		return err
	case up:
		return errs.New(errs.Conflict, "The fence is up: nothing leaves for systems. Lift it first.")
	}
	var id int64
	switch err := a.DB.NewSelect().Table("connection").Column("id").Where("identifier = ?", in.Connection).Scan(ctx, &id); {
	case errors.Is(err, sql.ErrNoRows):
		return errs.Missing("There is no connection %s.", in.Connection)
	case err != nil:
		return fmt.Errorf("find the connection: %w", err)
	}
	opened, _, err := a.Systems.Open(ctx, id)
	if err != nil {
		return err
	}
	if err := opened.Check(ctx); err != nil {
		return err
	}
	if err := isThere(ctx, opened, in); err != nil {
		return err
	}
	r := conformance.Live(ctx, opened, conformance.Subject{Table: in.Table, KeyColumn: in.Key, Value: in.Value, Unique: in.Unique, Links: in.Links, Groups: in.Groups, Rows: in.Rows}, in.Set)
	if in.JSON {
		text, err := json.MarshalIndent(r, "", "  ")
		if err != nil {
			return err
		}
		fmt.Fprintf(s.Out, "%s\n", text)
	} else {
		for _, g := range r.Grades {
			fmt.Fprintf(s.Out, "%-10s %-22s %s\n%34s%s\n", g.Verdict, g.Behaviour, g.Seen, "", g.Why)
		}
	}
	if len(r.Earlier) > 0 && !in.JSON {
		fmt.Fprintf(s.Out, "The table had rows that look like those of an earlier run, which are left as they are: %s.\n", strings.Join(r.Earlier, ", "))
	}
	if len(r.Left) > 0 {
		return errs.New(errs.Conflict, "These rows could not be deleted again: %s. Delete them by hand.", strings.Join(r.Left, ", "))
	}
	if r.Stopped {
		return errs.New(errs.Conflict, "It was stopped before all cases were run.")
	}
	if !r.OK() {
		return errs.New(errs.Conflict, "The connection does not keep what Writ relies on.")
	}
	if !slices.ContainsFunc(r.Grades, func(g conformance.Grade) bool { return g.Verdict == conformance.Passed }) {
		return errs.New(errs.Conflict, "Nothing could be tried, so nothing is shown.")
	}
	return nil
}

// isThere looks whether the table and its columns are what the system shows.
func isThere(ctx context.Context, opened *fulfil.Opened, in cli.ConformanceInput) error {
	if opened.Exporter == nil {
		return errs.Invalid("connection", "Connection %s reads no tables: what is written could neither be seen nor cleaned up.", in.Connection)
	}
	tables, err := opened.Exporter.Schema(ctx)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(tables, func(t fulfil.Table) bool { return t.Name == in.Table })
	if i < 0 {
		return errs.Invalid("table", "Connection %s has no table %s.", in.Connection, in.Table)
	}
	for _, column := range []string{in.Key, in.Value, in.Unique, in.Links} {
		if column != "" && !slices.Contains(tables[i].Columns, column) {
			return errs.Invalid("table", "Table %s has no column %s. Its columns: %s.", in.Table, column, strings.Join(tables[i].Columns, ", "))
		}
	}
	if in.Links != "" && len(in.Groups) < 3 {
		return errs.Invalid("groups", "Name three values that column %s takes.", in.Links)
	}
	return nil
}
