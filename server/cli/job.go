package cli

import "context"

type jobCommand struct {
	Run jobRunCommand `cmd:"" help:"Start a job by its identifier."`
}

type jobRunCommand struct {
	settings `embed:""`

	Identifier string `arg:"" help:"Identifier of the job."`
	Wait       bool   `default:"true" negatable:"" help:"Wait until it has ended; fail when it did."`
}

func (c *jobRunCommand) Run(ctx context.Context, e *environment) error {
	return withSession(ctx, e, c.config(), func(ctx context.Context, s Session) error {
		return e.house.RunJob(ctx, s, RunJobInput{Identifier: c.Identifier, Wait: c.Wait})
	})
}
