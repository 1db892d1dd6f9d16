package system

import (
	"context"

	"github.com/uptrace/bun"

	"writ/server/clock"
	"writ/server/fulfil"
	"writ/server/wired"
)

// Service knows the managed systems and opens the ways to them. New makes one; Close ends it.
type Service struct {
	DB    *bun.DB
	Clock *clock.Clock

	packages  fulfil.Packages
	pool      *fulfil.Pool
	keyring   *fulfil.Keyring
	filesDir  string
	activated func(ctx context.Context, tx bun.Tx, connectorID int64) error
}

// Options are what a Service works with. All are needed.
type Options struct {
	DB       *bun.DB
	Clock    *clock.Clock
	Packages fulfil.Packages // the technologies there are
	Keyring  *fulfil.Keyring // opens the secrets of connections
	FilesDir string          // where relative paths of connectors begin
	// Activated runs in the transaction that activates a connector: whoever waited for it goes on. It is told upwards, because only the rooms
	// above know who waits.
	Activated func(ctx context.Context, tx bun.Tx, connectorID int64) error
}

// New makes the service. It panics when something is missing: that is a mistake of the program, to be seen at its start.
func New(o Options) *Service {
	wired.Need("system.New", o)
	return &Service{DB: o.DB, Clock: o.Clock, packages: o.Packages, pool: fulfil.NewPool(o.Packages), keyring: o.Keyring, filesDir: o.FilesDir, activated: o.Activated}
}

// IsManual tells whether the orders of a package become tickets for people; false for one that is not known.
func (s *Service) IsManual(connectionPackage string) bool {
	p, ok := s.packages[connectionPackage]
	return ok && p.Capability().IsManual
}

// Close closes every open connector. The last step of a stopping process.
func (s *Service) Close() error { return s.pool.Close() }
