package cli

import (
	"context"
	"os"
)

type verifyCommand struct {
	settings `embed:""`

	Checkpoint []string `placeholder:"FILE" help:"Checkpoint that was kept elsewhere (writ audit head); can be given more than once."`
	Departure  int64    `placeholder:"PERSON" help:"Id of a person who was made to leave at once: check the seal of the proof, given with --seal, too."`
	Seal       string   `placeholder:"DIGEST" help:"The digest that the proof showed."`
	PublicKey  []string `placeholder:"KEY" help:"Key that is trusted beside the own one (writ audit key); can be given more than once."`
}

func (c *verifyCommand) Run(ctx context.Context, e *environment) error {
	in := VerifyInput{PublicKeys: c.PublicKey, Departure: c.Departure, Seal: c.Seal}
	for _, path := range c.Checkpoint {
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		in.Checkpoints = append(in.Checkpoints, text)
	}
	return withSession(ctx, e, c.config(), func(ctx context.Context, s Session) error { return e.house.Verify(ctx, s, in) })
}

type auditCommand struct {
	Head auditHeadCommand `cmd:"" help:"Sign what the event log is now and print it, to be kept elsewhere."`
	Key  auditKeyCommand  `cmd:"" help:"Print the public key of the checkpoints."`
}

type auditHeadCommand struct {
	settings `embed:""`
}

func (c *auditHeadCommand) Run(ctx context.Context, e *environment) error {
	return withSession(ctx, e, c.config(), func(ctx context.Context, s Session) error { return e.house.AuditHead(ctx, s) })
}

type auditKeyCommand struct {
	settings `embed:""`
}

func (c *auditKeyCommand) Run(ctx context.Context, e *environment) error {
	return withSession(ctx, e, c.config(), func(ctx context.Context, s Session) error { return e.house.AuditKey(ctx, s) })
}
