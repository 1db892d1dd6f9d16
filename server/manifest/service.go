package manifest

import (
	"context"

	"github.com/uptrace/bun"

	"writ/server/clock"
	"writ/server/db"
	"writ/server/directory"
	"writ/server/errs"
	"writ/server/event"
	"writ/server/permit"
	"writ/server/rolemodel"
)

// Keyring seals and opens secrets; server/fulfil has the real one.
type Keyring interface {
	Seal(plain map[string]string) ([]byte, error)
	Open(sealed []byte) (map[string]string, error)
}

// Service plans, applies and exports configuration.
type Service struct {
	DB      *bun.DB
	Clock   *clock.Clock
	Keyring Keyring
	// Problems compiles the model and tells what is wrong with it; errors keep it from being saved (role-model 1.7: type-checked on save).
	Problems func(ctx context.Context, tx bun.Tx, m *rolemodel.Model, shape *directory.Shape) ([]rolemodel.Problem, error)
	// HashPassword makes the stored form of a password (server/auth).
	HashPassword func(plain string) (string, error)
	// TaskTypes are the task types a job may name.
	TaskTypes []string
	// Packages are the connection packages there are.
	Packages []string
	// Changed runs in the transaction of an apply: whoever caches the model or must evaluate again hangs on here.
	Changed func(ctx context.Context, tx bun.Tx) error
}

// PlanInput is configuration to compare, as YAML.
type PlanInput struct {
	YAML string
}

// PlanPayload is what would change and what is wrong.
type PlanPayload struct {
	Changes  []Change
	Problems []rolemodel.Problem
}

// Plan compares a configuration with what is in force and writes nothing. Needs RoleModelQuery.
func (s *Service) Plan(ctx context.Context, in PlanInput) (*PlanPayload, error) {
	if _, err := permit.Require(ctx, permit.RoleModelQuery); err != nil {
		return nil, err
	}
	m, err := Parse("input.yaml", []byte(in.YAML))
	if err != nil {
		return nil, err
	}
	if err := m.check(); err != nil {
		return nil, err
	}
	return s.PlanManifest(ctx, m)
}

// errRollback ends the transaction in which a plan tried the configuration.
var errRollback = errs.New(errs.Conflict, "plan only")

// PlanManifest is Plan for files already read: it applies the configuration in a transaction, compiles the model, and rolls back.
func (s *Service) PlanManifest(ctx context.Context, m *Manifest) (*PlanPayload, error) {
	out := &PlanPayload{}
	err := db.InTx(ctx, s.DB, func(ctx context.Context, tx bun.Tx) error {
		current, err := Export(ctx, tx, s.Keyring)
		if err != nil {
			return err
		}
		out.Changes = Compare(current, m)
		if err := s.write(ctx, tx, m); err != nil {
			return err
		}
		if out.Problems, err = s.problems(ctx, tx); err != nil {
			return err
		}
		return errRollback
	})
	if err != nil && errs.As(err) != errRollback {
		return nil, err
	}
	return out, nil
}

// Apply writes a configuration in one transaction: all of it or nothing. Problems of severity ERROR refuse it. Nothing is written,
// and no version is made, when nothing differs. Needs RoleModelUpdate.
func (s *Service) Apply(ctx context.Context, m *Manifest) (*PlanPayload, error) {
	if _, err := permit.Require(ctx, permit.RoleModelUpdate); err != nil {
		return nil, err
	}
	out := &PlanPayload{}
	err := db.InTx(ctx, s.DB, func(ctx context.Context, tx bun.Tx) error {
		// one configuration at a time: two applies would mix
		if _, err := tx.ExecContext(ctx, `select pg_advisory_xact_lock(hashtext('writ.manifest'))`); err != nil {
			return err
		}
		current, err := Export(ctx, tx, s.Keyring)
		if err != nil {
			return err
		}
		out.Changes = Compare(current, m)
		if len(out.Changes) == 0 {
			return s.writeUsers(ctx, tx, m.Users) // a password is not part of the comparison
		}
		if err := s.write(ctx, tx, m); err != nil {
			return err
		}
		if out.Problems, err = s.problems(ctx, tx); err != nil {
			return err
		}
		for _, p := range out.Problems {
			if p.Severity == rolemodel.SeverityError {
				return errs.Invalid(p.Kind+"/"+p.Identifier+"."+p.Field, "%s %s: %s", p.Kind, p.Identifier, p.Message)
			}
		}
		return s.finish(ctx, tx, out.Changes)
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

func (s *Service) finish(ctx context.Context, tx bun.Tx, changes []Change) error {
	now := s.Clock.Now()
	if _, err := tx.ExecContext(ctx, `insert into model_version (at, actor, fingerprint) values (?, ?, decode(md5(?), 'hex'))`,
		now, permit.Name(ctx), now.String()); err != nil {
		return err
	}
	names := make([]string, 0, len(changes))
	for _, c := range changes {
		names = append(names, string(c.Action)+" "+c.Kind+" "+c.Identifier)
	}
	if err := event.Publish(ctx, tx, now, event.Event{Kind: "configuration.changed", SubjectType: "configuration", Data: map[string]any{"changes": names}}); err != nil {
		return err
	}
	if s.Changed == nil {
		return nil
	}
	return s.Changed(ctx, tx)
}

func (s *Service) problems(ctx context.Context, tx bun.Tx) ([]rolemodel.Problem, error) {
	if s.Problems == nil {
		return nil, nil
	}
	m, err := rolemodel.Load(ctx, tx)
	if err != nil {
		return nil, err
	}
	shape, err := directory.LoadShape(ctx, tx)
	if err != nil {
		return nil, err
	}
	return s.Problems(ctx, tx, m, shape)
}
