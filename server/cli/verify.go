package cli

import "context"

type verifyCommand struct {
	settings `embed:""`
}

func (c *verifyCommand) Run(ctx context.Context, e *environment) error {
	return withSession(ctx, e, c.config(), func(ctx context.Context, s Session) error { return e.house.Verify(ctx, s) })
}
