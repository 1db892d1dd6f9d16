package cli

import (
	"context"
	"time"
)

type explainCommand struct {
	settings `embed:""`

	EntityType   string `arg:"" help:"Identifier of the entity type, e.g. Directory_User."`
	Key          string `arg:"" help:"Key of the resource, e.g. a login."`
	Role         string `help:"Only what leads to this role, and what it gives."`
	ResourceType string `name:"resource-type" help:"Only what leads to this resource type."`
	Property     string `help:"Of the properties only this one."`
	WhyNot       bool   `name:"why-not" help:"Why somebody lacks the role, the resource type or the property: what stands against it, and the smallest changes that would give it."`
	Value        string `help:"With --why-not and --property: the value that is lacking. Default: any."`

	At      *time.Time `placeholder:"2026-03-01T00:00:00Z" help:"What holds at this instant, which may lie ahead. Default: at --known-at."`
	KnownAt *time.Time `placeholder:"2026-03-03T00:00:00Z" help:"By what was known then: the role model, the data, and what had been done. Default: now."`
}

func (c *explainCommand) Run(ctx context.Context, e *environment) error {
	return withSession(ctx, e, c.config(), func(ctx context.Context, s Session) error {
		return e.house.Explain(ctx, s, ExplainInput{EntityType: c.EntityType, Key: c.Key, Role: c.Role, ResourceType: c.ResourceType, Property: c.Property, WhyNot: c.WhyNot, Value: c.Value, At: c.At, KnownAt: c.KnownAt})
	})
}
