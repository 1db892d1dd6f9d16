package cli

import "context"

type jobCommand struct {
	Run jobRunCommand `cmd:"" help:"Start a job by its identifier."`
}

type jobRunCommand struct {
	settings `embed:""`

	Identifier string `arg:"" help:"Identifier of the job."`
	From       string `placeholder:"STEP" help:"First step to run."`
	To         string `placeholder:"STEP" help:"Last step to run."`
	Step       string `help:"Run this step alone."`
	TaskType   string `placeholder:"TYPE" help:"Run the steps of this type of task only."`
	Contains   string `placeholder:"TEXT" help:"Run the steps with this text in their identifier only."`
	Force      bool   `help:"Do not ask the thresholds."`
	Wait       bool   `default:"true" negatable:"" help:"Wait until it has ended; fail when it did."`
}

func (c *jobRunCommand) Run(ctx context.Context, e *environment) error {
	return withSession(ctx, e, c.config(), func(ctx context.Context, s Session) error {
		return e.house.RunJob(ctx, s, RunJobInput{Identifier: c.Identifier, From: c.From, To: c.To, Step: c.Step, TaskType: c.TaskType,
			Contains: c.Contains, Force: c.Force, Wait: c.Wait})
	})
}
