package cli

import (
	"context"
	"fmt"
	"text/tabwriter"
	"time"

	"github.com/uptrace/bun"

	"writ/server/db"
)

type migrateCommand struct {
	Up     migrateUpCommand     `cmd:"" default:"withargs" help:"Apply all steps that are missing."`
	Down   migrateDownCommand   `cmd:"" help:"Take back the newest steps. Data in their tables is lost."`
	Status migrateStatusCommand `cmd:"" help:"List the steps and when they were applied."`
}

type migrateUpCommand struct {
	settings `embed:""`
}

func (c *migrateUpCommand) Run(ctx context.Context, e *environment) error {
	return withSession(ctx, e, c.config(), func(_ context.Context, s Session) error {
		fmt.Fprintln(s.Out, "The schema is up to date.")
		return nil
	})
}

type migrateDownCommand struct {
	settings `embed:""`

	Steps int `default:"1" help:"How many steps."`
}

func (c *migrateDownCommand) Run(ctx context.Context, e *environment) error {
	if c.Steps < 1 {
		return fmt.Errorf("the number of steps must be 1 or more, got %d", c.Steps)
	}
	return c.bare(ctx, e, func(b *bun.DB) error { return db.MigrateDown(ctx, b, c.Steps) })
}

type migrateStatusCommand struct {
	settings `embed:""`
}

func (c *migrateStatusCommand) Run(ctx context.Context, e *environment) error {
	return c.bare(ctx, e, func(b *bun.DB) error {
		steps, err := db.Status(ctx, b)
		if err != nil {
			return err
		}
		table := tabwriter.NewWriter(e.stdout, 0, 0, 2, ' ', 0)
		for _, m := range steps {
			at := "missing"
			if m.AppliedAt != nil {
				at = m.AppliedAt.UTC().Format(time.RFC3339)
			}
			fmt.Fprintf(table, "%04d\t%s\t%s\n", m.Version, m.Name, at)
		}
		return table.Flush()
	})
}

// bare opens the database without migrating it.
func (s settings) bare(ctx context.Context, e *environment, fn func(b *bun.DB) error) error {
	c := s.config()
	if err := c.Validate(); err != nil {
		return err
	}
	return withDatabase(ctx, c, c.Log.Logger(e.stderr), func(at address) error {
		b, err := db.Open(ctx, at.admin, db.MaxConns(2))
		if err != nil {
			return err
		}
		defer b.Close()
		return fn(b)
	})
}
