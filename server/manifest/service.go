package manifest

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/uptrace/bun"

	"writ/server/clock"
	"writ/server/db"
	"writ/server/directory"
	"writ/server/errs"
	"writ/server/event"
	"writ/server/job"
	"writ/server/permit"
	"writ/server/rolemodel"
	"writ/server/system"
	"writ/server/wired"
)

// Keyring seals and opens secrets; server/fulfil has the real one.
type Keyring interface {
	Seal(of string, plain map[string]string) ([]byte, error)
	Open(of string, sealed []byte) (map[string]string, error)
}

// Service plans, applies and exports configuration.
type Service struct {
	Rooms
	Hooks

	looking turn // of plans and dry runs
}

// Rooms are what configuration is written with. All are needed.
type Rooms struct {
	DB      *bun.DB
	Clock   *clock.Clock
	Keyring Keyring
	// Jobs checks and writes jobs.
	Jobs *job.Service
	// Packages are the connection packages there are.
	Packages []string
}

// Hooks are what the rooms above know about configuration, and what they are told. All are needed.
type Hooks struct {
	// Problems compiles the model and tells what is wrong with it; errors keep it from being saved (role-model 1.7: type-checked on save).
	Problems func(ctx context.Context, tx bun.Tx, m *rolemodel.Model, shape *directory.Shape) ([]rolemodel.Problem, error)
	// CheckPassword refuses what HashPassword refuses, and looks at no stored password: for plans (server/auth).
	CheckPassword func(plain string) error
	// HashPassword makes the stored form of a password (server/auth).
	HashPassword func(plain string) (string, error)
	// SamePassword reports whether a password is the one of a stored form (server/auth).
	SamePassword func(plain, stored string) bool
	// CheckConnection refuses settings a connection could not be opened with, without connecting; the field of its error is the name of
	// a setting.
	CheckConnection func(ctx context.Context, connectionPackage string, settings, secrets map[string]string) error
	// Changed runs in the transaction of an apply: whoever caches the model or must evaluate again hangs on here.
	Changed func(ctx context.Context, tx bun.Tx) error
}

// New makes the service; it panics when a room or a hook is missing.
func New(rooms Rooms, hooks Hooks) *Service {
	wired.Need("manifest.New", rooms)
	wired.Need("manifest.New", hooks)
	return &Service{Rooms: rooms, Hooks: hooks}
}

// PlanInput is configuration to compare, as YAML.
type PlanInput struct {
	YAML string
}

// PlanPayload is what would change and what is wrong.
type PlanPayload struct {
	Changes  []Change
	Problems []rolemodel.Problem // errors first
	// Fingerprint names this configuration on top of the one in force: ApplyPlanned refuses when either is another by then.
	Fingerprint string
}

// Plan compares a configuration with what is in force and writes nothing. Needs the right to read objects of every kind that the
// configuration names. Plain secrets show as to be written, whether they are those in force or not. One plan at a time: UNAVAILABLE when ctx
// ends before it is this one's turn.
func (s *Service) Plan(ctx context.Context, in PlanInput) (*PlanPayload, error) {
	if err := mayBegin(ctx, query); err != nil {
		return nil, err
	}
	leave, err := s.looking.take(ctx)
	if err != nil {
		return nil, err
	}
	defer leave()
	m, err := Parse("input.yaml", []byte(in.YAML))
	if err != nil {
		return nil, err
	}
	if err := m.may(ctx, query); err != nil {
		return nil, err
	}
	p, err := s.PlanManifest(ctx, m)
	if err != nil {
		return nil, err
	}
	p.shownTo(ctx, m)
	return p, nil
}

// errRollback ends the transaction in which a plan tried the configuration.
var errRollback = errs.New(errs.Conflict, "plan only")

// PlanManifest is Plan for files already read: it applies the configuration in a transaction, compiles the model, and rolls back.
func (s *Service) PlanManifest(ctx context.Context, m *Manifest) (*PlanPayload, error) {
	return s.Try(ctx, m, func(context.Context, bun.Tx) error { return nil })
}

// Try is PlanManifest that lets somebody look at the outcome, in the transaction that is rolled back. Nobody looks when problems of severity ERROR
// stand against it. Whatever look writes is taken back, too.
func (s *Service) Try(ctx context.Context, m *Manifest, look func(ctx context.Context, tx bun.Tx) error) (*PlanPayload, error) {
	var out *PlanPayload
	err := db.InTx(ctx, s.DB, func(ctx context.Context, tx bun.Tx) error {
		p, c, err := s.compare(ctx, tx, m)
		if err != nil {
			return err
		}
		c.isTried = true
		if p.Problems, err = s.try(ctx, tx, c); err != nil {
			return err
		}
		out = p
		if !slices.ContainsFunc(p.Problems, func(x rolemodel.Problem) bool { return x.Severity == rolemodel.SeverityError }) {
			if err := look(ctx, tx); err != nil {
				return err
			}
		}
		return errRollback
	})
	if err != nil && errs.As(err) != errRollback {
		return nil, m.located(s.everyMistake(ctx, m, err))
	}
	return out, nil
}

// Apply writes a configuration in one transaction: all of it or nothing. Problems of severity ERROR refuse it. Nothing is written,
// and no version is made, when nothing differs. Needs the right to write objects of every kind that the configuration names.
func (s *Service) Apply(ctx context.Context, m *Manifest) (*PlanPayload, error) {
	return s.ApplyPlanned(ctx, m, "")
}

// ApplyPlanned is Apply for a plan somebody looked at: STALE_ITEM when its fingerprint is not that of m on top of what is in force now;
// "" = whatever is in force. Needs what Apply needs.
func (s *Service) ApplyPlanned(ctx context.Context, m *Manifest, fingerprint string) (*PlanPayload, error) {
	nothing := func(context.Context, bun.Tx) error { return nil }
	return s.ApplyGuarded(ctx, m, fingerprint, nothing, nothing)
}

// ApplyGuarded is ApplyPlanned that asks guard before it writes, when nobody else can change the configuration any more, and calls also when it has
// written: both in its transaction.
func (s *Service) ApplyGuarded(ctx context.Context, m *Manifest, fingerprint string, guard, also func(ctx context.Context, tx bun.Tx) error) (*PlanPayload, error) {
	if err := mayBegin(ctx, update); err != nil {
		return nil, err
	}
	if err := m.may(ctx, update); err != nil {
		return nil, err
	}
	var out *PlanPayload
	err := db.InTx(ctx, s.DB, func(ctx context.Context, tx bun.Tx) error {
		p, c, err := s.compare(ctx, tx, m)
		if err != nil {
			return err
		}
		out = p
		if fingerprint != "" && fingerprint != p.Fingerprint {
			return errs.New(errs.StaleItem, "The plan %s is out of date: the files or the configuration in force changed since. Plan again, look at what is different, and apply that plan.", fingerprint)
		}
		if err := guard(ctx, tx); err != nil {
			return err
		}
		if err := s.carryOut(ctx, tx, p, c); err != nil {
			return err
		}
		return also(ctx, tx)
	})
	if err != nil {
		return nil, m.located(s.everyMistake(ctx, m, err))
	}
	return out, nil
}

// carryOut writes what was compared, and tells of it. Problems of severity ERROR refuse it.
func (s *Service) carryOut(ctx context.Context, tx bun.Tx, p *PlanPayload, c *change) error {
	if len(p.Changes) == 0 {
		err := s.newPasswords(ctx, tx, c)
		p.addPasswords(c.replaced)
		return err
	}
	var err error
	if p.Problems, err = s.try(ctx, tx, c); err != nil {
		return err
	}
	if err := refused(ctx, tx, s.Keyring, p.Problems); err != nil {
		return err
	}
	p.addPasswords(c.replaced)
	return s.finish(ctx, tx, p.Changes)
}

// change is a manifest ready to be written.
type change struct {
	current   *Manifest         // what is in force
	wanted    *Manifest         // with everything it leaves unsaid
	going     []object          // what it deletes
	passwords map[string]string // user name -> plain password: no part of what is compared
	replaced  []string          // users whose password was another one before; filled in by writing
	isTried   bool              // it is taken back in the end: passwords are only checked, since the time of more would tell whether one is right
}

// compare gives what would change, and how to do it.
func (s *Service) compare(ctx context.Context, tx bun.Tx, m *Manifest) (*PlanPayload, *change, error) {
	if err := m.check(); err != nil {
		return nil, nil, err
	}
	if err := lock(ctx, tx); err != nil {
		return nil, nil, err
	}
	current, err := Export(ctx, tx, s.Keyring)
	if err != nil {
		return nil, nil, err
	}
	zone, err := directory.LoadZone(ctx, tx)
	if err != nil {
		return nil, nil, err
	}
	wanted, wrong := m.normalised().completed(current).dated(zone)
	if wrong == nil {
		wrong = wanted.checkOwners(current)
	}
	if wrong != nil {
		return nil, nil, wrong
	}
	var version int64
	if err := tx.NewRaw(`select coalesce(max(version), 0) from model_version`).Scan(ctx, &version); err != nil {
		return nil, nil, err
	}
	return &PlanPayload{Changes: compare(current, wanted), Fingerprint: fingerprintOf(version, current, wanted)},
		&change{current: current, wanted: wanted, going: wanted.going(current), passwords: m.passwords()}, nil
}

// lock lets one configuration pass at a time: two applies would mix, and a plan writes the same rows before it takes them back.
func lock(ctx context.Context, tx bun.Tx) error {
	_, err := tx.ExecContext(ctx, `select pg_advisory_xact_lock(hashtext('writ.manifest'))`)
	return err
}

// try writes and tells what is wrong with the outcome.
func (s *Service) try(ctx context.Context, tx bun.Tx, c *change) ([]rolemodel.Problem, error) {
	odd, err := s.write(ctx, tx, c)
	if err != nil {
		return nil, err
	}
	problems, err := s.problems(ctx, tx)
	problems = append(problems, odd...)
	slices.SortStableFunc(problems, func(a, b rolemodel.Problem) int { return strings.Compare(string(a.Severity), string(b.Severity)) }) // ERROR, WARNING
	return problems, err
}

// newPasswords: a password is no part of the comparison.
func (s *Service) newPasswords(ctx context.Context, tx bun.Tx, c *change) error {
	var with []User
	for _, u := range c.wanted.Users {
		if c.passwords[u.Username] != "" {
			with = append(with, u)
		}
	}
	w := &writer{ctx: ctx, tx: tx, s: s}
	return w.users(with, c)
}

// addPasswords adds the replaced passwords to what changed, without telling anything about them.
func (p *PlanPayload) addPasswords(users []string) {
	before, after := "***", "*** (new)"
	for _, name := range users {
		field := Field{Path: "password", Before: &before, After: &after}
		if i := slices.IndexFunc(p.Changes, func(c Change) bool { return c.Kind == "user" && c.Identifier == name }); i >= 0 {
			p.Changes[i].Fields = append(p.Changes[i].Fields, field)
			continue
		}
		p.Changes = append(p.Changes, Change{Action: Update, Kind: "user", Identifier: name, Fields: []Field{field}})
	}
}

func (m *Manifest) passwords() map[string]string {
	out := map[string]string{}
	for _, u := range m.Users {
		out[u.Username] = u.Password
	}
	return out
}

func fingerprintOf(version int64, manifests ...*Manifest) string {
	h := sha256.New()
	fmt.Fprintln(h, version)
	for _, m := range manifests {
		raw, err := yaml.Marshal(m.WithoutSecrets())
		if err != nil {
			panic(fmt.Errorf("marshal a manifest: %w", err)) // plain structs of ours
		}
		h.Write(raw)
	}
	return hex.EncodeToString(h.Sum(nil)[:8])
}

func (s *Service) finish(ctx context.Context, tx bun.Tx, changes []Change) error {
	now := s.Clock.Now()
	if err := rolemodel.AddVersion(ctx, tx, now, permit.Name(ctx)); err != nil {
		return err
	}
	names := make([]string, 0, len(changes))
	for _, c := range changes {
		names = append(names, string(c.Action)+" "+c.Kind+" "+c.Identifier)
	}
	if err := event.Publish(ctx, tx, now, event.Event{Kind: system.EventConfigurationChanged, SubjectType: "configuration", Data: map[string]any{"changes": names}}); err != nil {
		return err
	}
	return s.Changed(ctx, tx)
}

func (s *Service) problems(ctx context.Context, tx bun.Tx) ([]rolemodel.Problem, error) {
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
