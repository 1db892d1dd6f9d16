package order

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"log/slog"
	"os"
	"time"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"

	"writ/server/clock"
	"writ/server/directory"
	"writ/server/fulfil"
	"writ/server/wired"
)

// Service is the room of orders. New makes one per process.
type Service struct {
	DB     *bun.DB
	Clock  *clock.Clock
	Log    *slog.Logger
	Shapes *directory.Shapes // keeps the metadata
	Hooks

	// Worker names this process in leases and attempts.
	Worker string
	// MinimumPopulation is the base from which percentage thresholds count (thresholdMinimumPopulation). Default 10.
	MinimumPopulation int
	// Concurrency is how many orders of one connection are called at the same time by one process. Default 8.
	Concurrency int
	// Lease is how long a claim holds without renewal. Default 30 s; renewed every third of it.
	Lease time.Duration

	// Patience is how long Fulfil waits for systems that cannot be reached. Default 1 min.
	Patience time.Duration

	drains    gates
	generates gates
	sweep     sweeper
	outages   outages
	arguments argumentsCache
	departed  departedLook
}

// Hooks are what orders ask of other rooms and tell those above. All are needed.
type Hooks struct {
	// Open gives the connector of a connection, guarded (rate, concurrency, breaker are the frame's). Its errors count as unreachable.
	Open func(ctx context.Context, connectionID int64) (*fulfil.Opened, fulfil.Capability, error)
	// IsManual tells whether a package opens tickets for people.
	IsManual func(pkg string) bool
	// MarkDirty asks for another evaluation of owners: assignment.MarkDirty.
	MarkDirty func(ctx context.Context, tx bun.IDB, reason string, ownerIDs ...int64) error
	// AfterExecuted tells what was written where: it is to be verified now, and continuous connectors are read back.
	AfterExecuted func(ctx context.Context, tx bun.Tx, list []Executed) error
	// Paused is true while a job runs: the continuous chain then leaves the work to the job's own tasks.
	Paused func(ctx context.Context, db bun.IDB) (bool, error)

	// Backlog is how much waits for evaluation. A continuous generation waits for it: thresholds count what one change of the sources
	// brought, not the part of it that happens to be computed already.
	Backlog func(ctx context.Context, db bun.IDB) (int, error)
}

// New makes a service with defaults. It panics when a hook is missing.
func New(db *bun.DB, c *clock.Clock, log *slog.Logger, shapes *directory.Shapes, hooks Hooks) *Service {
	wired.Need("order.New", hooks)
	return &Service{DB: db, Clock: c, Log: log, Shapes: shapes, Hooks: hooks, Worker: workerName(), MinimumPopulation: 10, Concurrency: 8, Lease: 30 * time.Second, Patience: time.Minute}
}

// workerName is unique per process: host, process id and a random part, since process ids repeat in containers.
func workerName() string {
	host, _ := os.Hostname()
	raw := make([]byte, 4)
	_, _ = rand.Read(raw) // never fails
	return fmt.Sprintf("%s-%d-%s", host, os.Getpid(), hex.EncodeToString(raw))
}

func (s *Service) shape(ctx context.Context, db bun.IDB) (*directory.Shape, error) {
	return s.Shapes.Load(ctx, db)
}

func (s *Service) markDirty(ctx context.Context, tx bun.IDB, reason string, ownerIDs ...int64) error {
	ids := distinct(ownerIDs)
	if len(ids) == 0 {
		return nil
	}
	if err := s.MarkDirty(ctx, tx, reason, ids...); err != nil {
		return fmt.Errorf("ask for an evaluation: %w", err)
	}
	return nil
}

func (s *Service) paused(ctx context.Context) (bool, error) {
	return s.Paused(ctx, s.DB)
}

// route is the way of a resource type's orders to the outside, with the settings of the type that orders need.
type route struct {
	ID                          int64
	Identifier                  string
	DisplayName                 string
	SourceEntityTypeID          int64
	SourceEntityType            string
	TargetEntityTypeID          int64
	TargetEntityType            string
	ConnectionID                *int64
	ConnectorID                 *int64
	Connector                   string
	Mode                        string
	Package                     string
	IsConnectorOff              bool
	IsFulfilOff                 bool
	IsInitialized               bool
	DependsOnID                 *int64
	DependsOnUnsynced           bool
	DependsOnOwnerProperty      *string
	TicketSynchroIsNotAvailable bool
	MaximumInsert               int
	MaximumUpdate               int
	MaximumDelete               int
	MaximumInsertPercent        int
	MaximumUpdatePercent        int
	MaximumDeletePercent        int
	FulfillHoursAheadOfTime     int
	ArgumentsExpression         *string
	IsManual                    bool `bun:"-"`
}

const sqlRoutes = `select t.id, t.identifier, t.display_name, t.source_entity_type_id, se.identifier as source_entity_type, t.target_entity_type_id,
	te.identifier as target_entity_type, t.connection_id, n.connector_id, coalesce(c.identifier, '') as connector, coalesce(c.mode, '') as mode,
	coalesce(n.package, '') as package, coalesce(c.is_deactivated, false) as is_connector_off, coalesce(n.deactivated = 'FULFIL', false) as is_fulfil_off,
	se.initialized_at is not null as is_initialized, t.depends_on_id, coalesce(d.ticket_synchro_is_not_available, false) as depends_on_unsynced,
	t.depends_on_owner_property, t.ticket_synchro_is_not_available, t.maximum_insert, t.maximum_update, t.maximum_delete,
	t.maximum_insert_percent, t.maximum_update_percent, t.maximum_delete_percent,
	t.fulfill_hours_ahead_of_time, t.arguments_expression
	from resource_type t
	join entity_type se on se.id = t.source_entity_type_id
	join entity_type te on te.id = t.target_entity_type_id
	left join connection n on n.id = t.connection_id
	left join connector c on c.id = n.connector_id
	left join resource_type d on d.id = t.depends_on_id`

// selectRoutes reads routes by resource type id.
func (s *Service) selectRoutes(ctx context.Context, db bun.IDB, typeIDs []int64) (map[int64]*route, error) {
	return s.scanRoutes(ctx, db, sqlRoutes+" where t.id = any(?)", pgdialect.Array(orEmpty(typeIDs)))
}

func (s *Service) scanRoutes(ctx context.Context, db bun.IDB, sql string, args ...any) (map[int64]*route, error) {
	var rows []*route
	if err := db.NewRaw(sql, args...).Scan(ctx, &rows); err != nil {
		return nil, fmt.Errorf("read resource types: %w", err)
	}
	m := make(map[int64]*route, len(rows))
	for _, r := range rows {
		r.IsManual = s.IsManual(r.Package)
		m[r.ID] = r
	}
	return m, nil
}
