package cli

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"time"

	"github.com/uptrace/bun"

	"writ/server/backup"
	"writ/server/config"
)

// Session is what every command has: settings, a log, an open and migrated database, and where to print.
type Session struct {
	Config      config.Config
	Log         *slog.Logger
	DB          *bun.DB
	DatabaseURL string // complete, for lib/pq and pgx
	DirectURL   string // the same database past a pooler, if there is one: for listeners and the job queue
	Out         io.Writer
}

// Application is a built process, ready to serve.
type Application struct {
	Handler  http.Handler                    // everything reachable by HTTP
	Metrics  http.Handler                    // what --metrics-addr serves; nil: nothing
	Run      func(ctx context.Context) error // works until ctx ends, then finishes what it holds; nil: nothing runs in the background
	Close    func() error                    // called when neither serves nor works any more; nil: nothing is left to close
	Greeting string                          // printed when ready, e.g. the demo logins
	Started  <-chan struct{}                 // closed when everything runs; nil: from the beginning
}

// House holds the functions of server/app that commands call.
type House struct {
	Open    func(ctx context.Context, s Session) (*Application, error)
	RunJob  func(ctx context.Context, s Session, in RunJobInput) error
	Plan    func(ctx context.Context, s Session, in PlanInput) error
	Apply   func(ctx context.Context, s Session, in ApplyInput) error
	Test    func(ctx context.Context, s Session, in TestInput) error // fails when a test does
	Export  func(ctx context.Context, s Session, dir string) error
	Explain func(ctx context.Context, s Session, in ExplainInput) error
	Verify  func(ctx context.Context, s Session, in VerifyInput) error
	// Conformance puts a connection through what every connector must do; fails when it does not.
	Conformance func(ctx context.Context, s Session, in ConformanceInput) error
	// AuditHead signs the head of the event log; AuditKey gives the public key.
	AuditHead, AuditKey func(ctx context.Context, s Session) error
	RotateKey           func(ctx context.Context, s Session) error // seals all secrets with a new key
	// Sealed gives what is sealed in the database, with a way to try whether it opens with the configured keys; it makes no key.
	Sealed func(c config.Config) ([]backup.Sealed, error)
	// Restored looks at what was restored: it verifies the event log and records the restore.
	Restored func(ctx context.Context, s Session, c *backup.Contents) error
	Bench    func(ctx context.Context, s Session, in BenchInput) error
}

// ConformanceInput says where a connection is tried: columns of one of its tables, and what every row there needs beside.
type ConformanceInput struct {
	Connection, Table, Key, Value, Unique, Links string
	Groups                                       []string
	Set                                          map[string]string
	Rows                                         int
	JSON                                         bool
}

// PlanInput names the files of a change. ObjectsOnly: people are not computed. Title says what it is for.
type PlanInput struct {
	Paths       []string
	ObjectsOnly bool
	Title       string
}

// TestInput names files of tests, and the configuration to test; none: the one in force.
type TestInput struct {
	Config []string
	Paths  []string
}

// ApplyInput names the files to apply. Plan: the id writ plan showed, or the number of a plan, which needs no files; "" = whatever would change now.
type ApplyInput struct {
	Paths []string
	Plan  string
}

// RunJobInput says what of which job to run (provisioning spec 9.6); empty fields leave nothing out. Wait: until the instance has ended,
// and fail when it did.
type RunJobInput struct {
	Identifier string
	From, To   string // steps: the first and the last to run
	Step       string // this one alone
	TaskType   string
	Contains   string // a part of the steps' identifiers
	Force      bool   // do not ask the thresholds
	Wait       bool
}

// ExplainInput names what is to be explained; an empty Role, ResourceType or Property leaves nothing out. At and KnownAt nil: now.
// With WhyNot it is what is lacking, and needs a Role or a ResourceType.
type ExplainInput struct {
	EntityType   string
	Key          string
	Role         string
	ResourceType string
	Property     string
	WhyNot       bool
	Value        string // with WhyNot: of the property; empty: any
	At, KnownAt  *time.Time
}

// VerifyInput holds what was kept outside: checkpoints as they were printed, and further keys to trust in base64.
type VerifyInput struct {
	Departure   int64  // id of a person whose proof of departure is checked; 0: of nobody
	Seal        string // what the proof showed
	Checkpoints [][]byte
	PublicKeys  []string
}

// BenchInput says how large the benchmark is, and which part of it runs; "": all.
type BenchInput struct {
	People int
	Seed   int64
	Only   string
}
