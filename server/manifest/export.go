package manifest

import (
	"context"

	"github.com/uptrace/bun"
)

// Export gives the whole configuration in force as a manifest, defaults written out, secrets as they are (Marshal hides them).
// A fixed number of statements, whatever the size.
func Export(ctx context.Context, idb bun.IDB, keyring Keyring) (*Manifest, error) {
	r := newReader(ctx, idb, keyring)
	for _, k := range kinds() {
		if err := k.read(r); err != nil {
			return nil, err
		}
	}
	return r.m, nil
}

// WithoutSecrets gives a copy to show or to write into a file: plain secrets are left out. References (env:NAME, file:NAME) are no
// secrets and stay, so that an export can be applied elsewhere.
func (m *Manifest) WithoutSecrets() *Manifest {
	c := *m
	for _, k := range kinds() {
		k.hideSecrets(&c)
	}
	return &c
}

func referencesOf(secrets map[string]string) map[string]string {
	var kept map[string]string
	for name, value := range secrets {
		if !isReference(value) {
			return nil // secrets are replaced as a whole: a part of them would drop the rest
		}
		if kept == nil {
			kept = map[string]string{}
		}
		kept[name] = value
	}
	return kept
}

// reader reads the configuration in force.
type reader struct {
	ctx     context.Context
	db      bun.IDB
	keyring Keyring
	m       *Manifest
	names   map[string]map[int64]string // table -> id -> identifier
}

func newReader(ctx context.Context, idb bun.IDB, keyring Keyring) *reader {
	return &reader{ctx: ctx, db: idb, keyring: keyring, m: &Manifest{}, names: map[string]map[int64]string{}}
}

func (r *reader) scan(dest any, query string) error { return r.db.NewRaw(query).Scan(r.ctx, dest) }

func mapTo[A, B any](in []A, f func(A) B) []B {
	if len(in) == 0 {
		return nil
	}
	out := make([]B, len(in))
	for n, v := range in {
		out[n] = f(v)
	}
	return out
}
