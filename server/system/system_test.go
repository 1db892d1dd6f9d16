package system_test

import (
	"context"
	"errors"
	"iter"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"

	"writ/server/clock"
	"writ/server/dbtest"
	"writ/server/errs"
	"writ/server/fulfil"
	"writ/server/permit"
	"writ/server/system"
)

// memory is a technology whose one system is there or not.
type memory struct{ down *atomic.Pointer[errs.Error] }

func (m memory) Capability() fulfil.Capability {
	return fulfil.Capability{Identifier: "memory", DisplayName: "Test/Memory", CanExport: true, HasSchema: true, Secrets: []string{"password"}}
}

func (m memory) Open(_ context.Context, s fulfil.Settings) (*fulfil.Opened, error) {
	return &fulfil.Opened{Connector: m, Exporter: m}, s.Only("host", "password")
}

func (m memory) fault() error {
	if e := m.down.Load(); e != nil {
		return e
	}
	return nil
}

func (m memory) Check(context.Context) error { return m.fault() }
func (m memory) Close() error                { return nil }

func (m memory) Schema(context.Context) ([]fulfil.Table, error) {
	return []fulfil.Table{{Name: "person", Columns: []string{"id"}}, {Name: "department", Columns: []string{"code"}}}, m.fault()
}

func (m memory) Export(context.Context, string) iter.Seq2[fulfil.Entry, error] {
	return func(func(fulfil.Entry, error) bool) {}
}

type bundle struct {
	*system.Service
	ctx        context.Context
	options    system.Options
	down       *atomic.Pointer[errs.Error]
	activated  []int64
	refuse     error // what Activated answers
	connector  int64
	connection int64
}

func setup(t *testing.T) *bundle {
	t.Helper()
	b := &bundle{ctx: permit.With(t.Context(), permit.System("test")), down: &atomic.Pointer[errs.Error]{}}
	ring, err := fulfil.ParseKeyring(fulfil.NewKey(), "")
	require.NoError(t, err)
	b.options = system.Options{DB: dbtest.MustOpen(t), Clock: clock.New(), Packages: fulfil.Packages{"memory": memory{b.down}}, Keyring: ring, FilesDir: t.TempDir(),
		Activated: func(_ context.Context, _ bun.Tx, id int64) error {
			b.activated = append(b.activated, id)
			return b.refuse
		}}
	b.Service = system.New(b.options)
	t.Cleanup(func() { require.NoError(t, b.Close()) })
	require.NoError(t, b.DB.NewRaw("insert into connector (identifier, display_name) values ('hr', 'HR') returning id").Scan(t.Context(), &b.connector))
	sealed, err := ring.Seal(system.SealedOf("hr-file"), map[string]string{"password": "secret"})
	require.NoError(t, err)
	require.NoError(t, b.DB.NewRaw(`insert into connection (connector_id, identifier, display_name, package, secrets, settings)
		values (?, 'hr-file', 'HR file', 'memory', ?, '{"host": "h"}') returning id`, b.connector, sealed).Scan(t.Context(), &b.connection))
	_, err = b.DB.NewRaw(`insert into entity_type (identifier, display_name, connector_id) values ('Person', 'Person', ?), ('Department', 'Department', ?)`, b.connector, b.connector).Exec(t.Context())
	require.NoError(t, err)
	return b
}

func requireKind(t *testing.T, err error, kind errs.Kind, says string) {
	t.Helper()
	require.True(t, errs.Is(err, kind), "got %v", err)
	require.Contains(t, err.Error(), says)
}

func TestCheckAndSchema(t *testing.T) {
	t.Parallel()
	b := setup(t)
	health := func(c *system.Connector) string {
		h, why := c.Judge(system.Facts{})
		return string(h) + " " + why
	}
	c, err := b.Get(b.ctx, "hr")
	require.NoError(t, err)
	require.Equal(t, "UNKNOWN ", health(c))
	require.Equal(t, []string{"Department", "Person"}, c.EntityTypes)
	require.Equal(t, []string{"password"}, c.Connections[0].SecretsSet)

	p, err := b.Check(b.ctx, system.ConnectorInput{Identifier: "hr"})
	require.NoError(t, err)
	require.Equal(t, "OK ", health(p.Connector))
	tables, err := b.RefreshSchema(b.ctx, b.connection)
	require.NoError(t, err)
	require.Len(t, tables, 2)

	b.down.Store(errs.New(errs.Unavailable, "No route."))
	p, err = b.Check(b.ctx, system.ConnectorInput{Identifier: "hr"})
	require.NoError(t, err)
	require.Equal(t, "ERROR HR file: No route.", health(p.Connector))
	_, err = b.RefreshSchema(b.ctx, b.connection)
	requireKind(t, err, errs.Unavailable, "No route.")
	var kept int
	require.NoError(t, b.DB.NewRaw("select jsonb_array_length(schema_snapshot) from connection").Scan(t.Context(), &kept))
	require.Equal(t, 2, kept, "the old snapshot stays")
}

// TestActivatingIsToldUpwards: in the same transaction, and only when something changed.
func TestActivatingIsToldUpwards(t *testing.T) {
	t.Parallel()
	b := setup(t)
	in := system.ConnectorInput{Identifier: "hr"}
	_, err := b.Activate(b.ctx, in)
	require.NoError(t, err)
	require.Empty(t, b.activated, "it was active")
	p, err := b.Deactivate(b.ctx, in)
	require.NoError(t, err)
	require.True(t, p.Connector.IsDeactivated)
	require.Empty(t, b.activated)

	b.refuse = errors.New("not now")
	_, err = b.Activate(b.ctx, in)
	require.ErrorIs(t, err, b.refuse)
	c, err := b.Get(b.ctx, "hr")
	require.NoError(t, err)
	require.True(t, c.IsDeactivated, "all or nothing")

	b.refuse = nil
	p, err = b.Activate(b.ctx, in)
	require.NoError(t, err)
	require.False(t, p.Connector.IsDeactivated)
	require.Equal(t, []int64{b.connector, b.connector}, b.activated)
	_, err = b.Activate(b.ctx, system.ConnectorInput{Identifier: "none"})
	requireKind(t, err, errs.NotFound, "There is no connector none.")
}

// TestSettingsAreChecked: settings that a connection could not be opened with are refused before they are kept.
func TestSettingsAreChecked(t *testing.T) {
	t.Parallel()
	b := setup(t)
	require.NoError(t, b.CheckSettings(b.ctx, "memory", map[string]string{"host": "h"}, map[string]string{"password": "p"}))
	requireKind(t, b.CheckSettings(b.ctx, "memory", map[string]string{"hots": "h"}, nil), errs.Validation, "There is no setting hots.")
	requireKind(t, b.CheckSettings(b.ctx, "none", nil, nil), errs.Validation, `There is no package "none".`)
	require.NoError(t, b.CheckSettings(b.ctx, "memory", nil, map[string]string{"password": "env:WRIT_SECRET_NOT_SET"}), "another process may have it")
}

// TestOptionsAreNeeded: a service that lacks something is not made.
func TestOptionsAreNeeded(t *testing.T) {
	t.Parallel()
	ring, err := fulfil.ParseKeyring(fulfil.NewKey(), "")
	require.NoError(t, err)
	whole := system.Options{DB: new(bun.DB), Clock: clock.New(), Packages: fulfil.Packages{}, Keyring: ring, FilesDir: "/files",
		Activated: func(context.Context, bun.Tx, int64) error { return nil }}
	require.NotPanics(t, func() { system.New(whole) })
	for name, without := range map[string]func(*system.Options){
		"DB": func(o *system.Options) { o.DB = nil }, "Clock": func(o *system.Options) { o.Clock = nil }, "Packages": func(o *system.Options) { o.Packages = nil },
		"Keyring": func(o *system.Options) { o.Keyring = nil }, "FilesDir": func(o *system.Options) { o.FilesDir = "" }, "Activated": func(o *system.Options) { o.Activated = nil },
	} {
		o := whole
		without(&o)
		require.Panics(t, func() { system.New(o) }, name)
	}
}
