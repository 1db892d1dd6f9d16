package synchronization

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/schema"

	"writ/server/db"
	"writ/server/directory"
	"writ/server/errs"
	"writ/server/event"
	"writ/server/fulfil"
	"writ/server/page"
	"writ/server/permit"
)

// Health of a connector in one word.
type Health string

const (
	Healthy       Health = "OK"
	Warned        Health = "WARNING" // works, but a synchronization is blocked, rows were set aside, or records cannot be matched
	Broken        Health = "ERROR"   // cannot be reached, or the last reading broke
	NeverAsked    Health = "UNKNOWN"
	IsDeactivated Health = "DEACTIVATED"
)

// Connector is one managed system (provisioning 6.1). Health, HealthMessage and Connections are filled in by the lists.
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
	RowsToMend    int               `bun:"-"` // rows of it that were set aside
	Unmatched     int               `bun:"-"` // resources of it that cannot be matched with an owner
	Blocked       *Delivery         `bun:"-"` // waits for a person; nil: none does
	Health        Health            `bun:"-"`
	HealthMessage string            `bun:"-"`
	unmatched     string            // why, of one of them
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

// Connectors lists every connector with its connections and health, by name: a fixed number of statements. Needs ConnectorQuery.
func (s *Service) Connectors(ctx context.Context) ([]*Connector, error) {
	if _, err := permit.Require(ctx, permit.ConnectorQuery); err != nil {
		return nil, err
	}
	return s.describe(ctx, func(q *bun.SelectQuery) *bun.SelectQuery { return q })
}

// Connector gives one connector with its health; NotFound if there is none. Needs ConnectorQuery.
func (s *Service) Connector(ctx context.Context, identifier string) (*Connector, error) {
	if _, err := permit.Require(ctx, permit.ConnectorQuery); err != nil {
		return nil, err
	}
	list, err := s.describe(ctx, func(q *bun.SelectQuery) *bun.SelectQuery { return q.Where("c.identifier = ?", identifier) })
	if err != nil {
		return nil, err
	}
	if len(list) == 0 {
		return nil, noConnector(identifier)
	}
	return list[0], nil
}

// GetMany gives connectors by id with their health, for lists that show the connector of something: the caller has checked the right
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

func noConnector(identifier string) error {
	return errs.Missing("There is no connector %s.", identifier).At("identifier")
}

func selectConnector(ctx context.Context, db bun.IDB, identifier string) (*Connector, error) {
	return selectOne(ctx, db, noConnector(identifier), func(q *bun.SelectQuery) *bun.SelectQuery { return q.Where("c.identifier = ?", identifier) })
}

func selectConnectorByID(ctx context.Context, db bun.IDB, id int64) (*Connector, error) {
	return selectOne(ctx, db, errs.Missing("There is no such connector.").Of(id), func(q *bun.SelectQuery) *bun.SelectQuery { return q.Where("c.id = ?", id) })
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

// describe adds what the pages show: entity and resource types, blocked delivery, health.
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
			if p, ok := s.Packages[k.Package]; ok {
				k.IsManual = p.Capability().IsManual
			}
			k.SecretsSet = []string{}
			if s.SecretNames != nil && len(k.Secrets) > 0 {
				if k.SecretsSet, err = s.SecretNames(k.Identifier, k.Secrets); err != nil {
					return nil, err
				}
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
	var newest []*Delivery // of each connector the blocked one and the last one that ended
	err = s.DB.NewSelect().Model(&newest).Where(`y.id in (
		select distinct on (connector_id, state = 'BLOCKED') id from delivery
		where connector_id = any (?) and state in ('BLOCKED', 'APPLIED', 'FAILED') order by connector_id, state = 'BLOCKED', id desc)`, array(ids)).Order("y.id").Scan(ctx)
	if err != nil {
		return nil, fmt.Errorf("read newest deliveries: %w", err)
	}
	last := map[int64]*Delivery{}
	for _, d := range newest {
		if d.State == Blocked {
			byID[d.ConnectorID].Blocked = d
		} else {
			last[d.ConnectorID] = d
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
	mend, err := s.countToMend(ctx, ids)
	if err != nil {
		return nil, fmt.Errorf("count the rows to mend: %w", err)
	}
	unmatched, err := s.unmatched(ctx)
	if err != nil {
		return nil, fmt.Errorf("count what cannot be matched: %w", err)
	}
	for _, c := range list {
		c.RowsToMend = mend[c.ID]
		if u := unmatched[c.ID]; u != nil {
			c.Unmatched, c.unmatched = u.N, u.Message
		}
		c.Health, c.HealthMessage = health(c, last[c.ID])
	}
	return list, nil
}

// health puts the worst thing first.
func health(c *Connector, last *Delivery) (Health, string) {
	if c.IsDeactivated {
		return IsDeactivated, "Deactivated: nothing is read and nothing is written."
	}
	checked := false
	for _, k := range c.Connections {
		checked = checked || k.LastCheckAt != nil
		if k.LastCheckError != nil {
			return Broken, k.DisplayName + ": " + *k.LastCheckError
		}
	}
	if last != nil && last.State == Failed && last.Error != nil {
		return Broken, *last.Error
	}
	if c.Blocked != nil {
		lines := make([]string, len(c.Blocked.Blocked))
		for i, e := range c.Blocked.Blocked {
			lines[i] = e.String()
		}
		return Warned, "A synchronization is blocked by a threshold (" + strings.Join(lines, "; ") + ")."
	}
	if c.RowsToMend > 0 {
		return Warned, fmt.Sprintf("%d rows cannot be read and were set aside; what was read of them before stays. See Rows to mend.", c.RowsToMend)
	}
	if c.Unmatched > 0 {
		return Warned, fmt.Sprintf("%d records cannot be matched with their owners. %s", c.Unmatched, c.unmatched)
	}
	if !checked && last == nil {
		return NeverAsked, ""
	}
	return Healthy, ""
}

// ConnectorInput names a connector.
type ConnectorInput struct{ Identifier string }

// ConnectorPayload is the connector afterwards.
type ConnectorPayload struct{ Connector *Connector }

// checkTimeout bounds one check of one connection (provisioning 6.3).
const checkTimeout = 60 * time.Second

// Check asks every connection of a connector, now, and stores what it said. That a system cannot be reached is an answer, not an
// error. Needs ConnectorQuery.
func (s *Service) Check(ctx context.Context, in ConnectorInput) (*ConnectorPayload, error) {
	c, err := s.Connector(ctx, in.Identifier)
	if err != nil {
		return nil, err
	}
	for _, k := range c.Connections {
		if err := s.CheckConnection(ctx, k.ID); err != nil {
			return nil, err
		}
	}
	return s.payload(ctx, in.Identifier)
}

// CheckConnection asks one connection whether it lets us in and stores the answer. Needs ConnectorQuery.
func (s *Service) CheckConnection(ctx context.Context, id int64) error {
	if _, err := permit.Require(ctx, permit.ConnectorQuery); err != nil {
		return err
	}
	asked, cancel := context.WithTimeout(ctx, checkTimeout)
	defer cancel()
	conn, _, err := s.Open(asked, id)
	if err == nil {
		err = conn.Check(asked)
		_ = conn.Close()
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return s.saveCheck(ctx, id, err)
}

func (s *Service) saveCheck(ctx context.Context, id int64, failure error) error {
	var text *string
	if failure != nil {
		m := message(failure)
		text = &m
	}
	_, err := s.DB.NewRaw("update connection set last_check_at = ?, last_check_error = ? where id = ?", s.Clock.Now(), text, id).Exec(ctx)
	if err != nil {
		return fmt.Errorf("save the check of connection %d: %w", id, err)
	}
	return nil
}

// RefreshSchema reads the tables and columns of a connection and keeps them as snapshot. A failure keeps the old snapshot and is both
// stored and given back. Needs ConnectorUpdate.
func (s *Service) RefreshSchema(ctx context.Context, id int64) ([]fulfil.Table, error) {
	if _, err := permit.Require(ctx, permit.ConnectorUpdate); err != nil {
		return nil, err
	}
	asked, cancel := context.WithTimeout(ctx, checkTimeout)
	defer cancel()
	tables, err := s.schema(asked, id)
	if saveErr := s.saveCheck(ctx, id, err); saveErr != nil {
		return nil, saveErr
	}
	if err != nil {
		return nil, err
	}
	raw, err := json.Marshal(tables)
	if err != nil {
		return nil, err
	}
	_, err = s.DB.NewRaw("update connection set schema_snapshot = ? where id = ?", string(raw), id).Exec(ctx)
	return tables, err
}

func (s *Service) schema(ctx context.Context, id int64) ([]fulfil.Table, error) {
	conn, capability, err := s.Open(ctx, id)
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	exporter, ok := conn.(fulfil.Exporter)
	if !ok || !capability.HasSchema {
		return nil, errs.Invalid("", "%s has no schema to read.", capability.DisplayName)
	}
	return exporter.Schema(ctx)
}

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
		c, err := selectConnector(ctx, tx, in.Identifier)
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
			if err := s.activated(ctx, tx, c.ID); err != nil {
				return err
			}
		}
		return event.Publish(ctx, tx, s.Clock.Now(), event.Event{Kind: "configuration.changed", SubjectType: "connector", SubjectID: c.ID,
			Data: map[string]any{"connector": c.Identifier, "isDeactivated": off}})
	})
	if err != nil {
		return nil, err
	}
	return s.payload(ctx, in.Identifier)
}

// activated has the system read at once, whatever failed before it was switched off, and wakes who waited for it.
func (s *Service) activated(ctx context.Context, tx bun.Tx, connectorID int64) error {
	if _, err := tx.NewRaw("update connection set retry_at = null, polled_at = null, failures = 0 where connector_id = ?", connectorID).Exec(ctx); err != nil {
		return fmt.Errorf("have a connector read again: %w", err)
	}
	if s.Activated == nil {
		return nil
	}
	return s.Activated(ctx, tx, connectorID)
}

// payload reads the connector again for somebody who may change it, whether or not they may list all of them.
func (s *Service) payload(ctx context.Context, identifier string) (*ConnectorPayload, error) {
	list, err := s.describe(ctx, func(q *bun.SelectQuery) *bun.SelectQuery { return q.Where("c.identifier = ?", identifier) })
	if err != nil {
		return nil, err
	}
	if len(list) == 0 {
		return nil, noConnector(identifier)
	}
	return &ConnectorPayload{Connector: list[0]}, nil
}

// Deliveries gives the newest deliveries of each connector, newest first, at most first of each: one statement. The caller has checked
// the right to the connectors.
func (s *Service) Deliveries(ctx context.Context, connectorIDs []int64, first int) (map[int64][]*Delivery, error) {
	if err := (page.Args{First: first}).Check(); err != nil {
		return nil, err
	}
	var rows []*Delivery
	err := s.DB.NewSelect().Model(&rows).Where(`y.id in (
		select id from (select id, row_number() over (partition by connector_id order by id desc) as n from delivery where connector_id = any (?)) x where n <= ?)`,
		array(connectorIDs), first).Order("y.id DESC").Scan(ctx)
	if err != nil {
		return nil, fmt.Errorf("read deliveries: %w", err)
	}
	found := map[int64][]*Delivery{}
	for _, d := range rows {
		found[d.ConnectorID] = append(found[d.ConnectorID], d)
	}
	return found, nil
}

// Delivery gives one delivery; NotFound if there is none. Needs ConnectorQuery.
func (s *Service) Delivery(ctx context.Context, id int64) (*Delivery, error) {
	if _, err := permit.Require(ctx, permit.ConnectorQuery); err != nil {
		return nil, err
	}
	return find(ctx, s.DB, id)
}

// OfTask gives the newest delivery that a task worked on; nil: none. The caller has checked the right to the task.
func (s *Service) OfTask(ctx context.Context, taskInstanceID int64) (*Delivery, error) {
	var list []*Delivery
	err := s.DB.NewSelect().Model(&list).Where("y.task_instance_id = ?", taskInstanceID).Order("y.id DESC").Limit(1).Scan(ctx)
	if err != nil || len(list) == 0 {
		return nil, err
	}
	return list[0], nil
}

// DeliveryChange is one change of a delivery that was not applied.
type DeliveryChange struct {
	ID         int64
	EntityType string
	Key        string
	Command    string
	OldValues  json.RawMessage `bun:"type:jsonb"` // scalars and references by property; of an update only those that differ; null: none
	NewValues  json.RawMessage `bun:"type:jsonb"`
}

// DeliveryChangeConnection is a page of changes.
type DeliveryChangeConnection = page.Connection[*DeliveryChange]

// Changes lists what a blocked delivery would do, in the order it would be done. Empty once it was applied or dropped. Needs
// /Custom/ResourceChanges/{connector} or ConnectorQuery; in a rule about an entity type only the changes of its resources are shown.
func (s *Service) Changes(ctx context.Context, deliveryID int64, args page.Args) (*DeliveryChangeConnection, error) {
	if err := permit.SignedIn(ctx); err != nil {
		return nil, err
	}
	if err := args.Check(); err != nil {
		return nil, err
	}
	d, err := find(ctx, s.DB, deliveryID)
	if err != nil {
		return nil, err
	}
	c, err := selectConnectorByID(ctx, s.DB, d.ConnectorID)
	if err != nil {
		return nil, err
	}
	scope, err := permit.RequireAny(ctx, permit.For(permit.ResourceChanges, c.Identifier), permit.ConnectorQuery)
	if err != nil {
		return nil, err
	}
	may, err := s.changesOf(ctx, scope)
	if err != nil {
		return nil, err
	}
	var after struct{ ID int64 }
	if _, err := args.Decode(&after); err != nil {
		return nil, err
	}
	total, err := s.DB.NewSelect().TableExpr("delivery_change as y").Where("y.delivery_id = ?", d.ID).Where("?", may).Count(ctx)
	if err != nil {
		return nil, fmt.Errorf("count changes: %w", err)
	}
	rows := []*DeliveryChange{}
	err = s.DB.NewRaw(`select y.id, t.identifier as entity_type, y.key, y.command, y.old_scalars || y.old_refs as old_values, y.scalars || y.refs as new_values
		from delivery_change y join entity_type t on t.id = y.entity_type_id
		where y.delivery_id = ? and ? and y.id > ? order by y.id limit ?`, d.ID, may, after.ID, args.First+1).Scan(ctx, &rows)
	if err != nil {
		return nil, fmt.Errorf("list changes: %w", err)
	}
	return page.Make(rows, args, int(total), func(r *DeliveryChange) any { after.ID = r.ID; return after }), nil
}

// readable are the connections that may be read.
func (c *Connector) readable() []*Connection {
	return slices.DeleteFunc(slices.Clone(c.Connections), func(k *Connection) bool { return k.Deactivated == "EXPORT" })
}

// isContinuous: changes move on their own, once somebody has synchronized the connector for the first time.
func (c *Connector) isContinuous() bool {
	return c.Mode == "continuous" && !c.IsDeactivated && c.LastSynchronizedAt != nil
}

// changesOf is the condition on y that leaves the changes a scope opens: a rule about an entity type shows changes of its resources, inside
// its filters; one that is not there yet is shown by rules without filter.
func (s *Service) changesOf(ctx context.Context, scope permit.Scope) (schema.QueryWithArgs, error) {
	if scope.All("Connector") {
		return bun.SafeQuery("true"), nil
	}
	shape, err := s.Shapes.Load(ctx, s.DB)
	if err != nil {
		return schema.QueryWithArgs{}, err
	}
	may := "false"
	var values []any
	for _, name := range slices.Sorted(maps.Keys(shape.ByIdentifier)) {
		id := shape.ByIdentifier[name].ID
		switch {
		case scope.All(name):
			may, values = may+" or y.entity_type_id = ?", append(values, id)
		case scope.On(name).Allowed():
			may += " or exists (select from resource r where r.entity_type_id = ? and r.key = y.key and r.valid_to = 'infinity' and y.entity_type_id = ? and ?)"
			values = append(values, id, id, directory.Rows(shape, id, "r", scope))
		}
	}
	return bun.SafeQuery("("+may+")", values...), nil
}
