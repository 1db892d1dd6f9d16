package cli

import (
	"context"
	"time"
)

type explainCommand struct {
	settings `embed:""`

	EntityType string    `arg:"" help:"Identifier of the entity type, e.g. Directory_User."`
	Key        string    `arg:"" help:"Key of the resource, e.g. a login."`
	AsOf       time.Time `name:"as-of" help:"Moment, e.g. 2026-01-31T00:00:00Z. Default: now."`
}

func (c *explainCommand) Run(ctx context.Context, e *environment) error {
	return withSession(ctx, e, c.config(), func(ctx context.Context, s Session) error {
		return e.house.Explain(ctx, s, ExplainInput{EntityType: c.EntityType, Key: c.Key, AsOf: c.AsOf})
	})
}
