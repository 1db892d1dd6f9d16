package system

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"

	"writ/server/db"
	"writ/server/errs"
	"writ/server/event"
	"writ/server/permit"
)

// Kinds of the events that this room publishes.
const (
	EventConfigurationChanged = "configuration.changed"
)

// Connector is one managed system (provisioning 6.1). What stands below Version is filled in by List, Get and GetMany; Find fills in Connections.
type Connector struct {
	bun.BaseModel                  `bun:"table:connector,alias:c"`
	ID                             int64 `bun:",pk,autoincrement"`
	Identifier                     string
	DisplayName                    string
	Mode                           string // continuous or scheduled
	IsDeactivated                  bool
	MaximumInsertedLines           int
	MaximumUpdatedLines            int
	MaximumDeletedLines            int
	MaxPercentageInsertedLines     int
	MaxPercentageUpdatedLines      int
	MaxPercentageDeletedLines      int
	MaximumLinkInsertedLines       int
	MaximumLinkDeletedLines        int
	MaxLinkPercentageInsertedLines int
	MaxLinkPercentageDeletedLines  int
	LastSynchronizedAt             *time.Time // when the newest applied reading began, or when the data was last seen to be still the same
	Version                        int

	Connections   []*Connection     `bun:"-"`
	EntityTypes   []string          `bun:"-"` // read through it, by identifier
	ResourceTypes []string          `bun:"-"` // provisioned through it, by identifier
	Tables        []*ConnectorTable `bun:"-"` // what is read
}

// ConnectorTable is a table from which an entity type is read.
type ConnectorTable struct {
	ConnectorID       int64
	EntityType, Table string
	MaximumRejected   *int // rows of one reading that may be set aside; nil: the default
}

// Connection is one way into a managed system. Secrets are not read here.
type Connection struct {
	bun.BaseModel  `bun:"table:connection,alias:k"`
	ID             int64 `bun:",pk,autoincrement"`
	ConnectorID    int64
	Identifier     string
	DisplayName    string
	Package        string
	Settings       json.RawMessage `bun:"type:jsonb"`
	Secrets        []byte          `json:"-"`
	Deactivated    string          // NONE, EXPORT or FULFIL
	PollSeconds    int
	SchemaSnapshot json.RawMessage `bun:"type:jsonb"` // []fulfil.Table as last read; null: never
	LastCheckAt    *time.Time
	LastCheckError *string
	LastToken      *string
	PendingToken   *string
	PolledAt       *time.Time
	RetryAt        *time.Time
	Failures       int
	Version        int

	IsManual   bool     `bun:"-"`
	SecretsSet []string `bun:"-"`
}

// Plain are its settings as texts, by name.
func (c *Connection) Plain() (map[string]string, error) {
	plain := map[string]string{}
	if len(c.Settings) > 0 {
		if err := json.Unmarshal(c.Settings, &plain); err != nil {
			return nil, fmt.Errorf("read the settings of connection %s: %w", c.Identifier, err)
		}
	}
	return plain, nil
}

// List gives every connector with its connections, by name: a fixed number of statements. Needs ConnectorQuery.
func (s *Service) List(ctx context.Context) ([]*Connector, error) {
	if _, err := permit.Require(ctx, permit.ConnectorQuery); err != nil {
		return nil, err
	}
	return s.describe(ctx, func(q *bun.SelectQuery) *bun.SelectQuery { return q })
}

// Get gives one connector; NotFound if there is none. Needs ConnectorQuery.
func (s *Service) Get(ctx context.Context, identifier string) (*Connector, error) {
	if _, err := permit.Require(ctx, permit.ConnectorQuery); err != nil {
		return nil, err
	}
	return s.get(ctx, identifier)
}

func (s *Service) get(ctx context.Context, identifier string) (*Connector, error) {
	list, err := s.describe(ctx, func(q *bun.SelectQuery) *bun.SelectQuery { return q.Where("c.identifier = ?", identifier) })
	if err != nil {
		return nil, err
	}
	if len(list) == 0 {
		return nil, noConnector(identifier)
	}
	return list[0], nil
}

// GetMany gives connectors by id, for lists that show the connector of something: the caller has checked the right
// to the list.
func (s *Service) GetMany(ctx context.Context, ids []int64) (map[int64]*Connector, error) {
	list, err := s.describe(ctx, func(q *bun.SelectQuery) *bun.SelectQuery { return q.Where("c.id = any (?)", array(ids)) })
	if err != nil {
		return nil, err
	}
	found := make(map[int64]*Connector, len(list))
	for _, c := range list {
		found[c.ID] = c
	}
	return found, nil
}

// ConnectorsOf gives the connector of each connection, by ids, for lists that show it beside something else; connections that are gone are left out.
func (s *Service) ConnectorsOf(ctx context.Context, connectionIDs []int64) (map[int64]int64, error) {
	found := make(map[int64]int64, len(connectionIDs))
	err := db.Select(ctx, s.DB, bun.SafeQuery("select id, connector_id from connection where id = any (?)", array(connectionIDs)), func(r *db.Row) error {
		connection := r.Int()
		found[connection] = r.Int()
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("find the connectors of connections: %w", err)
	}
	return found, nil
}

func noConnector(identifier string) error {
	return errs.Missing("There is no connector %s.", identifier).At("identifier")
}

// Find gives a connector with its connections, without asking for a right; NotFound if there is none.
func Find(ctx context.Context, db bun.IDB, identifier string) (*Connector, error) {
	return selectOne(ctx, db, noConnector(identifier), func(q *bun.SelectQuery) *bun.SelectQuery { return q.Where("c.identifier = ?", identifier) })
}

// FindByID is Find by the id.
func FindByID(ctx context.Context, db bun.IDB, id int64) (*Connector, error) {
	return selectOne(ctx, db, errs.Missing("There is no such connector.").Of(id), func(q *bun.SelectQuery) *bun.SelectQuery { return q.Where("c.id = ?", id) })
}

// FindMany gives connectors with their connections by id, without asking for a right, by name.
func FindMany(ctx context.Context, db bun.IDB, ids []int64) ([]*Connector, error) {
	return selectConnectors(ctx, db, func(q *bun.SelectQuery) *bun.SelectQuery { return q.Where("c.id = any (?)", array(ids)) })
}

// Moving gives the connectors whose changes move on their own (see IsContinuous), with their connections.
func Moving(ctx context.Context, db bun.IDB) ([]*Connector, error) {
	return selectConnectors(ctx, db, func(q *bun.SelectQuery) *bun.SelectQuery {
		return q.Where("c.mode = 'continuous' and not c.is_deactivated and c.last_synchronized_at is not null")
	})
}

func selectOne(ctx context.Context, db bun.IDB, missing error, where func(*bun.SelectQuery) *bun.SelectQuery) (*Connector, error) {
	list, err := selectConnectors(ctx, db, where)
	if err != nil {
		return nil, err
	}
	if len(list) == 0 {
		return nil, missing
	}
	return list[0], nil
}

// selectConnectors reads connectors with their connections.
func selectConnectors(ctx context.Context, db bun.IDB, where func(*bun.SelectQuery) *bun.SelectQuery) ([]*Connector, error) {
	var list []*Connector
	if err := db.NewSelect().Model(&list).Apply(where).Order("c.display_name", "c.id").Scan(ctx); err != nil {
		return nil, fmt.Errorf("read connectors: %w", err)
	}
	byID := map[int64]*Connector{}
	ids := []int64{}
	for _, c := range list {
		byID[c.ID] = c
		ids = append(ids, c.ID)
	}
	var connections []*Connection
	if err := db.NewSelect().Model(&connections).Where("k.connector_id = any (?)", array(ids)).Order("k.id").Scan(ctx); err != nil {
		return nil, fmt.Errorf("read connections: %w", err)
	}
	for _, k := range connections {
		byID[k.ConnectorID].Connections = append(byID[k.ConnectorID].Connections, k)
	}
	return list, nil
}

// describe adds what the pages show: entity and resource types, tables, names of secrets.
func (s *Service) describe(ctx context.Context, where func(*bun.SelectQuery) *bun.SelectQuery) ([]*Connector, error) {
	list, err := selectConnectors(ctx, s.DB, where)
	if err != nil {
		return nil, err
	}
	byID := map[int64]*Connector{}
	ids := []int64{}
	for _, c := range list {
		byID[c.ID], ids = c, append(ids, c.ID)
		c.EntityTypes, c.ResourceTypes = []string{}, []string{}
		for _, k := range c.Connections {
			k.IsManual = s.IsManual(k.Package)
			if k.SecretsSet, err = s.secretNames(k.Identifier, k.Secrets); err != nil {
				return nil, err
			}
		}
	}
	var names []struct {
		ConnectorID int64
		Kind        string
		Identifier  string
	}
	err = s.DB.NewRaw(`
		select k.connector_id, 'entity' as kind, t.identifier from entity_mapping m join connection k on k.id = m.connection_id join entity_type t on t.id = m.entity_type_id
		union
		select connector_id, 'entity', identifier from entity_type where connector_id is not null
		union
		select k.connector_id, 'resource', t.identifier from resource_type t join connection k on k.id = t.connection_id
		order by 1, 2, 3`).Scan(ctx, &names)
	if err != nil {
		return nil, fmt.Errorf("read what connectors are for: %w", err)
	}
	for _, n := range names {
		if c := byID[n.ConnectorID]; c != nil {
			if n.Kind == "entity" {
				c.EntityTypes = append(c.EntityTypes, n.Identifier)
			} else {
				c.ResourceTypes = append(c.ResourceTypes, n.Identifier)
			}
		}
	}
	var tables []*ConnectorTable
	if err := s.DB.NewRaw(`select k.connector_id, t.identifier as entity_type, m.source_table as "table", m.maximum_rejected
		from entity_mapping m join connection k on k.id = m.connection_id join entity_type t on t.id = m.entity_type_id
		where k.connector_id = any (?) order by k.connector_id, t.identifier`, array(ids)).Scan(ctx, &tables); err != nil {
		return nil, fmt.Errorf("read the tables of connectors: %w", err)
	}
	for _, t := range tables {
		byID[t.ConnectorID].Tables = append(byID[t.ConnectorID].Tables, t)
	}
	return list, nil
}

// ConnectorInput names a connector.
type ConnectorInput struct{ Identifier string }

// ConnectorPayload is the connector afterwards.
type ConnectorPayload struct{ Connector *Connector }

// Activate lets a deactivated connector export and fulfil again. Needs ConnectorUpdate.
func (s *Service) Activate(ctx context.Context, in ConnectorInput) (*ConnectorPayload, error) {
	return s.setDeactivated(ctx, in, false)
}

// Deactivate stops export and fulfilment of a connector; its orders stay where they are. Needs ConnectorUpdate.
func (s *Service) Deactivate(ctx context.Context, in ConnectorInput) (*ConnectorPayload, error) {
	return s.setDeactivated(ctx, in, true)
}

func (s *Service) setDeactivated(ctx context.Context, in ConnectorInput, off bool) (*ConnectorPayload, error) {
	if _, err := permit.Require(ctx, permit.ConnectorUpdate); err != nil {
		return nil, err
	}
	err := db.InTx(ctx, s.DB, func(ctx context.Context, tx bun.Tx) error {
		c, err := Find(ctx, tx, in.Identifier)
		if err != nil {
			return err
		}
		done, err := tx.NewRaw("update connector set is_deactivated = ?0, version = version + 1 where id = ?1 and is_deactivated <> ?0", off, c.ID).Exec(ctx)
		if err != nil {
			return err
		}
		if n, err := done.RowsAffected(); err != nil || n == 0 {
			return err
		}
		if !off {
			if err := lookAgain(ctx, tx, c.ID); err != nil {
				return err
			}
			if err := s.activated(ctx, tx, c.ID); err != nil {
				return err
			}
		}
		return event.Publish(ctx, tx, s.Clock.Now(), event.Event{Kind: EventConfigurationChanged, SubjectType: "connector", SubjectID: c.ID,
			Data: map[string]any{"connector": c.Identifier, "isDeactivated": off}})
	})
	if err != nil {
		return nil, err
	}
	return s.payload(ctx, in.Identifier)
}

// Shown gives a connector as the caller may see it: without permit.ConnectorQuery it has a name, a mode and whether it is deactivated, but no
// connections, settings or tables.
func (c *Connector) Shown(ctx context.Context) *Connector {
	if permit.Find(ctx, permit.ConnectorQuery).Allowed() {
		return c
	}
	return &Connector{
		ID: c.ID, Identifier: c.Identifier, DisplayName: c.DisplayName, Mode: c.Mode, IsDeactivated: c.IsDeactivated,
		Connections: []*Connection{}, EntityTypes: []string{}, ResourceTypes: []string{}, Tables: []*ConnectorTable{},
	}
}

// payload reads the connector again for somebody who may change it, whether or not they may list all of them.
func (s *Service) payload(ctx context.Context, identifier string) (*ConnectorPayload, error) {
	c, err := s.get(ctx, identifier)
	if err != nil {
		return nil, err
	}
	return &ConnectorPayload{Connector: c.Shown(ctx)}, nil
}

// Readable are the connections that may be read.
func (c *Connector) Readable() []*Connection {
	return slices.DeleteFunc(slices.Clone(c.Connections), func(k *Connection) bool { return k.Deactivated == "EXPORT" })
}

// IsContinuous: changes move on their own, once somebody has synchronized the connector for the first time.
func (c *Connector) IsContinuous() bool {
	return c.Mode == "continuous" && !c.IsDeactivated && c.LastSynchronizedAt != nil
}

func array[T any](s []T) any {
	if s == nil {
		s = []T{}
	}
	return pgdialect.Array(s)
}
