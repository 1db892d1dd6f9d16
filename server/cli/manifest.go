package cli

import "context"

type planCommand struct {
	settings `embed:""`

	ObjectsOnly bool     `help:"Compare the objects of the configuration alone, and compute nobody."`
	Title       string   `placeholder:"TEXT" help:"What the change is for; the pages show it with the plan."`
	Paths       []string `arg:"" name:"path" type:"existingpath" help:"YAML files, or folders of them."`
}

func (c *planCommand) Run(ctx context.Context, e *environment) error {
	return withSession(ctx, e, c.config(), func(ctx context.Context, s Session) error {
		return e.house.Plan(ctx, s, PlanInput{Paths: c.Paths, ObjectsOnly: c.ObjectsOnly, Title: c.Title})
	})
}

type testCommand struct {
	settings `embed:""`

	Config []string `type:"existingpath" placeholder:"PATH" help:"YAML files of a configuration, or folders of them, to test before they are applied; none: the one in force."`
	Paths  []string `arg:"" name:"path" type:"existingfile" help:"YAML files of tests."`
}

func (c *testCommand) Run(ctx context.Context, e *environment) error {
	return withSession(ctx, e, c.config(), func(ctx context.Context, s Session) error {
		return e.house.Test(ctx, s, TestInput{Config: c.Config, Paths: c.Paths})
	})
}

type applyCommand struct {
	settings `embed:""`

	Plan  string   `placeholder:"ID" help:"Apply exactly the plan that writ plan showed under this id, or nothing. With the number of a plan no files are needed."`
	Paths []string `arg:"" optional:"" name:"path" type:"existingpath" help:"YAML files, or folders of them."`
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
