package cli

import "context"

type planCommand struct {
	settings `embed:""`

	Paths []string `arg:"" name:"path" type:"existingpath" help:"YAML files, or folders of them."`
}

func (c *planCommand) Run(ctx context.Context, e *environment) error {
	return withSession(ctx, e, c.config(), func(ctx context.Context, s Session) error {
		return e.house.Plan(ctx, s, c.Paths)
	})
}

type applyCommand struct {
	settings `embed:""`

	Plan  string   `placeholder:"ID" help:"Apply exactly the plan that writ plan showed under this id, or nothing."`
	Paths []string `arg:"" name:"path" type:"existingpath" help:"YAML files, or folders of them."`
}

func (c *applyCommand) Run(ctx context.Context, e *environment) error {
	return withSession(ctx, e, c.config(), func(ctx context.Context, s Session) error {
		return e.house.Apply(ctx, s, ApplyInput{Paths: c.Paths, Plan: c.Plan})
	})
}

type exportCommand struct {
	settings `embed:""`

	Dir string `arg:"" type:"path" help:"Folder to write; made when missing."`
}

func (c *exportCommand) Run(ctx context.Context, e *environment) error {
	return withSession(ctx, e, c.config(), func(ctx context.Context, s Session) error {
		return e.house.Export(ctx, s, c.Dir)
	})
}
