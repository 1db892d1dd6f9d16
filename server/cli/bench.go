package cli

import "context"

type benchCommand struct {
	settings `embed:""`

	People int    `default:"100000" help:"Largest population. 10,000 people are measured beside it."`
	Seed   int64  `default:"1" help:"Start of the random numbers; equal seeds give equal people."`
	Only   string `help:"One part alone: requests, computations, grid, events, subscribers, shapes, row or plan."`
}

func (c *benchCommand) Run(ctx context.Context, e *environment) error {
	return withSession(ctx, e, c.config(), func(ctx context.Context, s Session) error {
		return e.house.Bench(ctx, s, BenchInput{People: c.People, Seed: c.Seed, Only: c.Only})
	})
}
