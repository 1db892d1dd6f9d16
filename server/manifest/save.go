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

	"writ/server/db"
	"writ/server/directory"
	"writ/server/errs"
	"writ/server/page"
	"writ/server/permit"
	"writ/server/rolemodel"
)

// SaveInput is one object to write through the API: the same struct as in a file, checked and written the same way.
type SaveInput[T any] struct {
	Object T
	// Version that was read: CONFLICT when the object is at another one by now. "0": it must not exist yet. nil: not looked at.
	Version *string
	// DryRun tells what would happen and writes nothing.
	DryRun bool
}

// DeleteConfigurationInput is one object to delete through the API.
type DeleteConfigurationInput struct {
	Identifier string
	Version    *string // as in SaveInput
	DryRun     bool
}

// ApplyConfigurationInput is several objects to write and delete in one transaction: all of it or nothing.
type ApplyConfigurationInput struct {
	Save     *Manifest
	Delete   []ObjectName
	Versions []ObjectVersion // what was read: CONFLICT when one of them is at another version by now
	DryRun   bool
}

// ObjectName names one object of a configuration.
type ObjectName struct{ Kind, Identifier string }

// ObjectVersion is an object at a version; "0": it does not exist.
type ObjectVersion struct{ Kind, Identifier, Version string }

// ConfigurationPayload is what changed, or what would.
type ConfigurationPayload struct {
	Changes  []Change
	Problems []rolemodel.Problem
	// Versions of the objects that were named, afterwards; of a dry run: as they are.
	Versions []ObjectVersion
	DryRun   bool
}

// SaveOne writes one object of a kind. Needs the right to write objects of that kind; a dry run needs that to read them. VALIDATION with
// object, field and what to do; CONFLICT when it is at another version, or takes what belongs to another object.
func SaveOne[T any](ctx context.Context, s *Service, kind string, in SaveInput[T]) (*ConfigurationPayload, error) {
	d, ok := kindNamed(kind).(*declared[T])
	if !ok {
		return nil, fmt.Errorf("objects of the kind %s are no %T", kind, in.Object)
	}
	m := &Manifest{}
	*d.in(m) = []T{in.Object}
	return s.change(ctx, m, versionsOf(kind, d.identifier(in.Object), in.Version), in.DryRun)
}

// DeleteOne deletes one object of a kind; what is not there is gone already. Needs what SaveOne needs. CONFLICT names what still needs it.
func (s *Service) DeleteOne(ctx context.Context, kind string, in DeleteConfigurationInput) (*ConfigurationPayload, error) {
	m := &Manifest{Delete: map[string][]string{kindNamed(kind).about().list: {in.Identifier}}}
	return s.change(ctx, m, versionsOf(kind, in.Identifier, in.Version), in.DryRun)
}

// ApplyConfiguration writes and deletes several objects in one transaction. Needs what SaveOne needs, for each kind it names.
func (s *Service) ApplyConfiguration(ctx context.Context, in ApplyConfigurationInput) (*ConfigurationPayload, error) {
	return s.change(ctx, in.Wanted(), in.Versions, in.DryRun)
}

func versionsOf(kind, identifier string, version *string) []ObjectVersion {
	if version == nil {
		return nil
	}
	return []ObjectVersion{{kind, identifier, *version}}
}

// change is what all of them do.
func (s *Service) change(ctx context.Context, m *Manifest, versions []ObjectVersion, dry bool) (*ConfigurationPayload, error) {
	of := update
	if dry {
		of = query
	}
	if err := mayBegin(ctx, of); err != nil {
		return nil, err
	}
	if err := m.may(ctx, of); err != nil {
		return nil, err
	}
	if dry {
		leave, err := s.looking.take(ctx)
		if err != nil {
			return nil, err
		}
		defer leave()
	}
	m.inOneForm()
	var done *PlanPayload
	var after []ObjectVersion
	err := db.InTx(ctx, s.DB, func(ctx context.Context, tx bun.Tx) error {
		p, c, err := s.compare(ctx, tx, m)
		if err != nil {
			return err
		}
		if err := c.current.at(versions); err != nil {
			return err
		}
		done = p
		if dry {
			c.isTried = true
			if p.Problems, err = s.try(ctx, tx, c); err != nil {
				return err
			}
			after = c.current.versions(m)
			return errRollback
		}
		if err := s.carryOut(ctx, tx, p, c); err != nil {
			return err
		}
		now, err := exportKinds(ctx, tx, s.Keyring, m)
		if err != nil {
			return err
		}
		after = now.versions(m)
		return nil
	})
	if err != nil && errs.As(err) != errRollback {
		return nil, s.everyMistake(ctx, m, err)
	}
	done.shownTo(ctx, m)
	return &ConfigurationPayload{Changes: done.Changes, Problems: done.Problems, Versions: after, DryRun: dry}, nil
}

// shownTo takes away what somebody who asks through the API must not learn: secrets, problems of kinds they may not read, and whether a key that they
// guess is somebody's.
func (p *PlanPayload) shownTo(ctx context.Context, m *Manifest) {
	p.Changes = blind(p.Changes, m.withPasswords())
	p.Problems = ProblemsFor(ctx, p.Problems)
}

// ProblemsFor leaves the problems of kinds that the caller may read, and those that do not tell whether a key that he guesses is somebody's.
func ProblemsFor(ctx context.Context, list []rolemodel.Problem) []rolemodel.Problem {
	return slices.DeleteFunc(list, func(x rolemodel.Problem) bool {
		return !permit.Find(ctx, rightsOf(x.Kind).query).Allowed() || x.TellsOf != "" && !directory.MayReadAll(ctx, x.TellsOf)
	})
}

// Kept is what of a plan may be kept: without secrets.
func (p *PlanPayload) Kept(m *Manifest) ([]Change, []rolemodel.Problem) {
	return blind(p.Changes, m.withPasswords()), p.Problems
}

// withPasswords has every default, and the passwords, which are no part of what is compared.
func (m *Manifest) withPasswords() *Manifest {
	n := m.normalised()
	for i := range n.Users {
		n.Users[i].Password = m.Users[i].Password
	}
	return n
}

// exportKinds reads the kinds that a manifest names.
func exportKinds(ctx context.Context, idb bun.IDB, keyring Keyring, m *Manifest) (*Manifest, error) {
	r := newReader(ctx, idb, keyring)
	for _, k := range kinds() {
		if len(k.objects(m))+len(m.Delete[k.about().list]) > 0 {
			if err := k.read(r); err != nil {
				return nil, err
			}
		}
	}
	return r.m, nil
}

// at refuses versions that are none of now.
func (m *Manifest) at(versions []ObjectVersion) error {
	now := map[string]string{}
	for _, o := range m.objects() {
		now[o.key()] = versionOf(o.content)
	}
	for _, v := range versions {
		o := kindNamed(v.Kind).about().named(v.Identifier)
		is, there := now[o.key()]
		field := v.Kind + "/" + v.Identifier
		switch {
		case !there && v.Version != none:
			return errs.New(errs.Conflict, "The %s %s is gone since version %s was read. Give the version %q to make it anew.", v.Kind, v.Identifier, v.Version, none).At(field)
		case there && v.Version == none:
			return errs.New(errs.Conflict, "There is a %s %s already, at version %s. Choose another identifier, or read it and save that version.", v.Kind, v.Identifier, is).At(field)
		case there && v.Version != is:
			return errs.New(errs.Conflict, "The %s %s changed since version %s was read: it is at version %s now. Read it again, and save what you want of both.", v.Kind, v.Identifier, v.Version, is).At(field)
		}
	}
	return nil
}

// none is the version of what does not exist.
const none = "0"

// versions gives those of the objects that another manifest names.
func (m *Manifest) versions(named *Manifest) []ObjectVersion {
	now := map[string]string{}
	for _, o := range m.objects() {
		now[o.key()] = versionOf(o.content)
	}
	var out []ObjectVersion
	for _, k := range kinds() {
		for _, o := range k.objects(named) {
			out = append(out, ObjectVersion{o.kind, o.identifier, or(now[o.key()], none)})
		}
		for _, name := range named.Delete[k.about().list] {
			out = append(out, ObjectVersion{k.about().name, name, or(now[k.about().named(name).key()], none)})
		}
	}
	return out
}

// VersionOf names the content of an object as it was read: whatever changed it since, through a file, the API or elsewhere, changes the
// version. Of secrets only the sealed form counts.
func VersionOf[T any](t *T) string { return versionOf(*t) }

func versionOf(content any) string {
	h := sha256.New()
	raw, err := yaml.Marshal(hidden(content))
	if err != nil {
		panic(fmt.Errorf("marshal a manifest object: %w", err)) // plain structs of ours
	}
	h.Write(raw)
	if s, ok := content.(interface{ sealedForm() string }); ok {
		h.Write([]byte(s.sealedForm()))
	}
	return hex.EncodeToString(h.Sum(nil)[:8])
}

// Configuration is what is in force, kind by kind: List reads it.
type Configuration struct{}

// Configuration opens it to those who may read objects of any kind at all.
func (s *Service) Configuration(ctx context.Context) (*Configuration, error) {
	return &Configuration{}, mayBegin(ctx, query)
}

// List reads the objects of a kind by identifier, without their secrets: those named, or a page of all. Needs the right to read them.
func List[T any](ctx context.Context, s *Service, kind string, args page.Args, identifiers []string) (*page.Connection[*T], error) {
	d, ok := kindNamed(kind).(*declared[T])
	if !ok {
		return nil, fmt.Errorf("objects of the kind %s are others", kind)
	}
	if _, err := permit.Require(ctx, d.rights.query); err != nil {
		return nil, err
	}
	if err := args.Check(); err != nil {
		return nil, err
	}
	var after string
	if _, err := args.Decode(&after); err != nil {
		return nil, err
	}
	all, err := d.load(newReader(ctx, s.DB, s.Keyring))
	if err != nil {
		return nil, fmt.Errorf("read the %s: %w", d.list, err)
	}
	key := func(t *T) string { return d.named(d.identifier(*t)).key() }
	wanted := map[string]bool{}
	for _, name := range identifiers {
		wanted[d.named(name).key()] = true
	}
	var found []*T
	for i := range all {
		if t := &all[i]; identifiers == nil || wanted[key(t)] {
			found = append(found, t)
		}
	}
	slices.SortFunc(found, func(a, b *T) int { return strings.Compare(key(a), key(b)) })
	total := len(found)
	from := slices.IndexFunc(found, func(t *T) bool { return key(t) > after })
	if from < 0 {
		from = total
	}
	return page.Make(found[from:min(total, from+args.First+1)], args, total, func(t *T) any { return key(t) }), nil
}
