package app

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"github.com/uptrace/bun"

	"writ/server/errs"
	"writ/server/fulfil"
	"writ/server/fulfil/csv"
	"writ/server/fulfil/fake"
	"writ/server/fulfil/manual"
	"writ/server/fulfil/null"
	"writ/server/fulfil/sqldb"
	"writ/server/manifest"
)

// packages is the list of connectors. fileRoots are folders besides our own that connectors may read files in. The fake target exists for tests
// only.
func packages(testHooks bool, fileRoots []string) fulfil.Packages {
	p := fulfil.Packages{
		"csv":           csv.Package{Roots: fileRoots},
		"postgres":      sqldb.Postgres{},
		"manual-ticket": manual.Package{},
		"null":          null.Package{},
	}
	if testHooks {
		p["fake"] = fake.Package{}
	}
	return p
}

// connections opens connectors by the row of their connection.
type connections struct {
	db       bun.IDB
	packages fulfil.Packages
	pool     *fulfil.Pool
	keyring  *fulfil.Keyring
	filesDir string // where the files of connectors lie
}

type connectionRow struct {
	ID         int64
	Version    int64
	Identifier string
	Package    string
	Settings   json.RawMessage
	Secrets    []byte
}

func (c *connections) row(ctx context.Context, id int64) (*connectionRow, error) {
	var rows []*connectionRow
	if err := c.db.NewRaw(`select id, version, identifier, package, settings, secrets from connection where id = ?`, id).Scan(ctx, &rows); err != nil {
		return nil, fmt.Errorf("read connection %d: %w", id, err)
	}
	if len(rows) == 0 {
		return nil, errs.Missing("There is no connection %d.", id).Of(id)
	}
	return rows[0], nil
}

// Open gives the shared, guarded connector of a connection; closing it gives it back.
func (c *connections) Open(ctx context.Context, id int64) (fulfil.Connector, fulfil.Capability, error) {
	row, err := c.row(ctx, id)
	if err != nil {
		return nil, fulfil.Capability{}, err
	}
	p, err := c.packages.Get(row.Package)
	if err != nil {
		return nil, fulfil.Capability{}, err
	}
	connector, err := c.pool.Open(ctx, fulfil.Connection{ID: row.ID, Version: row.Version, Identifier: row.Identifier, Package: row.Package,
		Settings: func(context.Context) (fulfil.Settings, error) { return c.settings(row) }})
	if err != nil {
		return nil, p.Capability(), err
	}
	return connector, p.Capability(), nil
}

// settings opens the secrets; references env: and file: are resolved in this process only.
func (c *connections) settings(row *connectionRow) (fulfil.Settings, error) {
	var secrets map[string]string
	if len(row.Secrets) > 0 {
		var err error
		if secrets, err = c.keyring.Open(manifest.SealedOf(row.Identifier), row.Secrets); err != nil {
			return fulfil.Settings{}, err
		}
	}
	return fulfil.SettingsOf(row.Settings, secrets, c.filesDir)
}

// check refuses settings that a connection could not be opened with; it does not connect. A secret that refers to what only another
// process has (a variable, a file) is left to that process.
func (c *connections) check(ctx context.Context, connectionPackage string, settings, secrets map[string]string) error {
	p, err := c.packages.Get(connectionPackage)
	if err != nil {
		return err
	}
	values, elsewhere := maps.Clone(settings), map[string]bool{}
	for _, name := range slices.Sorted(maps.Keys(secrets)) {
		sealed, err := c.keyring.Seal("check", map[string]string{name: secrets[name]})
		if err != nil {
			return err
		}
		opened, err := c.keyring.Open("check", sealed)
		switch {
		case errs.Is(err, errs.Unavailable):
			elsewhere[name] = true
		case err != nil:
			return err
		default:
			values[name] = opened[name]
		}
	}
	connector, err := p.Open(ctx, fulfil.Settings{Values: values, DataDir: c.filesDir})
	if e := errs.As(err); e != nil && elsewhere[e.Field] {
		return nil
	}
	if err != nil {
		return err
	}
	return connector.Close()
}

// secretNames tells which secrets a connection has, for its page.
func (c *connections) secretNames(connection string, sealed []byte) ([]string, error) {
	secrets, err := c.keyring.Unseal(manifest.SealedOf(connection), sealed)
	return slices.Sorted(maps.Keys(secrets)), err
}
