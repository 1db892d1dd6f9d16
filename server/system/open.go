package system

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"writ/server/errs"
	"writ/server/fulfil"
)

type connectionRow struct {
	ID         int64
	Version    int64
	Identifier string
	Package    string
	Settings   json.RawMessage
	Secrets    []byte
}

func (s *Service) row(ctx context.Context, id int64) (*connectionRow, error) {
	var rows []*connectionRow
	if err := s.DB.NewRaw(`select id, version, identifier, package, settings, secrets from connection where id = ?`, id).Scan(ctx, &rows); err != nil {
		return nil, fmt.Errorf("read connection %d: %w", id, err)
	}
	if len(rows) == 0 {
		return nil, errs.Missing("There is no connection %d.", id).Of(id)
	}
	return rows[0], nil
}

// Open gives the shared, guarded connector of a connection; closing it gives it back.
func (s *Service) Open(ctx context.Context, id int64) (*fulfil.Opened, fulfil.Capability, error) {
	row, err := s.row(ctx, id)
	if err != nil {
		return nil, fulfil.Capability{}, err
	}
	p, err := s.packages.Get(row.Package)
	if err != nil {
		return nil, fulfil.Capability{}, err
	}
	connector, err := s.pool.Open(ctx, fulfil.Connection{ID: row.ID, Version: row.Version, Identifier: row.Identifier, Package: row.Package,
		Settings: func(context.Context) (fulfil.Settings, error) { return s.settings(row) }})
	if err != nil {
		return nil, p.Capability(), err
	}
	return connector, p.Capability(), nil
}

// settings opens the secrets; references env: and file: are resolved in this process only.
func (s *Service) settings(row *connectionRow) (fulfil.Settings, error) {
	var secrets map[string]string
	if len(row.Secrets) > 0 {
		var err error
		if secrets, err = s.keyring.Open(SealedOf(row.Identifier), row.Secrets); err != nil {
			return fulfil.Settings{}, err
		}
	}
	return fulfil.SettingsOf(row.Settings, secrets, s.filesDir)
}

// CheckSettings refuses settings that a connection could not be opened with; it does not connect. A secret that refers to what only another
// process has (a variable, a file) is left to that process.
func (s *Service) CheckSettings(ctx context.Context, connectionPackage string, settings, secrets map[string]string) error {
	p, err := s.packages.Get(connectionPackage)
	if err != nil {
		return err
	}
	values, elsewhere := maps.Clone(settings), map[string]bool{}
	for _, name := range slices.Sorted(maps.Keys(secrets)) {
		sealed, err := s.keyring.Seal("check", map[string]string{name: secrets[name]})
		if err != nil {
			return err
		}
		opened, err := s.keyring.Open("check", sealed)
		switch {
		case errs.Is(err, errs.Unavailable):
			elsewhere[name] = true
		case err != nil:
			return err
		default:
			values[name] = opened[name]
		}
	}
	connector, err := p.Open(ctx, fulfil.Settings{Values: values, DataDir: s.filesDir})
	if e := errs.As(err); e != nil && elsewhere[e.Field] {
		return nil
	}
	if err != nil {
		return err
	}
	return connector.Close()
}

// secretNames tells which secrets a connection has, for its page.
func (s *Service) secretNames(connection string, sealed []byte) ([]string, error) {
	if len(sealed) == 0 {
		return []string{}, nil
	}
	secrets, err := s.keyring.Unseal(SealedOf(connection), sealed)
	return slices.Sorted(maps.Keys(secrets)), err
}

// SealedOf names the row that the sealed secrets of a connection belong to.
func SealedOf(connection string) string { return "connection/" + strings.ToLower(connection) }
