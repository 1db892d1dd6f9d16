package cli

import "context"

type rotateCommand struct {
	settings `embed:""`
}

// Run seals all secrets with a new key.
func (c *rotateCommand) Run(ctx context.Context, e *environment) error {
	return withSession(ctx, e, c.config(), func(ctx context.Context, s Session) error { return e.house.RotateKey(ctx, s) })
}
