package synchronization

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/schema"

	"writ/server/db"
	"writ/server/directory"
	"writ/server/page"
	"writ/server/permit"
	"writ/server/system"
)

// The page of deliveries.
type (
	DeliveryConnection = page.Connection[*Delivery]
	DeliveryEdge       = page.Edge[*Delivery]
)

// deliveries is how lists of deliveries are read.
var deliveries = page.Table[Delivery]{
	From:   "delivery y",
	Always: []string{"id", "connector_id"},
	Fields: map[string][]string{
		"__typename": nil, "id": nil, "changes": nil, "mode": {"mode"}, "state": {"state"}, "startedAt": {"started_at"}, "endedAt": {"ended_at"},
		"counters": {"counters"}, "counts": {"counters"}, "blocked": {"blocked"}, "error": {"error"}, "isOfJob": {"task_instance_id"},
	},
	Columns: []page.Column[Delivery]{
		{Name: "id", SQL: "y.id", Read: func(d *Delivery, r *db.Row) { d.ID = r.Int() }},
		{Name: "connector_id", SQL: "y.connector_id", Read: func(d *Delivery, r *db.Row) { d.ConnectorID = r.Int() }},
		{Name: "mode", SQL: "y.mode", Read: func(d *Delivery, r *db.Row) { d.Mode = Mode(r.Text()) }},
		{Name: "state", SQL: "y.state", Read: func(d *Delivery, r *db.Row) { d.State = State(r.Text()) }},
		{Name: "started_at", SQL: "y.started_at", Read: func(d *Delivery, r *db.Row) { d.StartedAt = r.Time() }},
		{Name: "ended_at", SQL: "y.ended_at", Read: func(d *Delivery, r *db.Row) { d.EndedAt = r.TimeOrNil() }},
		{Name: "task_instance_id", SQL: "y.task_instance_id", Read: func(d *Delivery, r *db.Row) { d.TaskInstanceID = r.IntOrNil() }},
		{Name: "counters", SQL: "y.counters", Read: func(d *Delivery, r *db.Row) { r.JSON(&d.Counters) }},
		{Name: "blocked", SQL: "y.blocked", Read: func(d *Delivery, r *db.Row) { r.JSON(&d.Blocked) }},
		{Name: "error", SQL: "y.error", Read: func(d *Delivery, r *db.Row) { d.Error = r.TextOrNil() }},
	},
}

var deliveriesByAge = page.Sorting[Delivery]{ID: "y.id", Desc: true, At: func(d *Delivery) page.Position { return page.Position{ID: d.ID} }}

// Deliveries gives the same page of the deliveries of each connector, newest first: as many statements for many as for one. Each connector asked for has a
// page. Needs ConnectorQuery, which also says what is told of each.
func (s *Service) Deliveries(ctx context.Context, connectorIDs []int64, a page.Args, fields page.Fields, total bool) (map[int64]*DeliveryConnection, error) {
	scope, err := permit.Require(ctx, permit.ConnectorQuery)
	if err != nil {
		return nil, err
	}
	pages, err := deliveries.ListOf(ctx, s.DB, "y.connector_id", connectorIDs, a, fields, total, page.All(), deliveriesByAge)
	if err != nil {
		return nil, fmt.Errorf("read deliveries: %w", err)
	}
	for _, p := range pages {
		for i, d := range seen(scope, p.Nodes()) {
			p.Edges[i].Node = d
		}
	}
	return pages, nil
}

// Delivery gives one delivery; NotFound if there is none. Needs ConnectorQuery; in a rule about an entity type it tells of that one only.
func (s *Service) Delivery(ctx context.Context, id int64) (*Delivery, error) {
	scope, err := permit.Require(ctx, permit.ConnectorQuery)
	if err != nil {
		return nil, err
	}
	d, err := find(ctx, s.DB, id)
	if err != nil {
		return nil, err
	}
	return seen(scope, []*Delivery{d})[0], nil
}

// notYours stands where something is said of data that the caller may not read.
const notYours = "it concerns data that you may not read"

// seen leaves in deliveries what a scope opens: of a rule about an entity type the numbers of that type, when it has no filters. Lists of keys, and
// errors, which may repeat values, are for those who may read whatever a connector holds.
func seen(scope permit.Scope, deliveries []*Delivery) []*Delivery {
	if scope.All("Connector") {
		return deliveries
	}
	out := make([]*Delivery, len(deliveries))
	for i, d := range deliveries {
		part := *d
		part.Counters = d.Counters.of(scope)
		part.Blocked = slices.DeleteFunc(slices.Clone(d.Blocked), func(e Exceeded) bool { return e.EntityType == "" || !scope.All(e.EntityType) })
		if d.Error != nil {
			part.Error = new("The reading broke: " + notYours + ".")
		}
		out[i] = &part
	}
	return out
}

// of are the counts of those entity types that a scope opens as a whole.
func (c Counters) of(scope permit.Scope) Counters {
	sum := Counters{Continuous: c.Continuous, Forced: c.Forced, EntityTypes: map[string]TypeCounts{}}
	for name, t := range c.EntityTypes {
		if !scope.All(name) {
			continue
		}
		sum.EntityTypes[name] = t
		sum.Read += t.Read
		sum.Inserted += t.Inserted
		sum.Updated += t.Updated
		sum.Deleted += t.Deleted
		sum.LinksInserted += t.LinksInserted
		sum.LinksDeleted += t.LinksDeleted
		sum.NullKeys += t.NullKeys
		sum.Rejected += t.Rejected
		sum.Kept += t.Kept
	}
	return sum
}

// Held gives the connectors of which a limit holds a delivery outside of runs, for those who may decide about it; nobody else learns of them.
func (s *Service) Held(ctx context.Context) ([]int64, error) {
	if !permit.May(ctx, permit.JobUpdate, permit.ConnectorUpdate) {
		return nil, nil
	}
	var connectors []int64
	err := db.Select(ctx, s.DB, bun.SafeQuery("select distinct connector_id from delivery where state = ? and task_instance_id is null", db.Fixed(Blocked)), func(r *db.Row) error {
		connectors = append(connectors, r.Int())
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("find the systems that a limit holds: %w", err)
	}
	return connectors, nil
}

// OfTasks gives the newest delivery of each of some tasks, by id of the task, for loaders; a task without one is left out. The caller has checked the right to the tasks.
func (s *Service) OfTasks(ctx context.Context, taskInstanceIDs []int64) (map[int64]int64, error) {
	found := make(map[int64]int64, len(taskInstanceIDs))
	err := db.Select(ctx, s.DB, bun.SafeQuery("select task_instance_id, max(id) from delivery where task_instance_id = any (?) group by 1", array(taskInstanceIDs)), func(r *db.Row) error {
		task := r.Int()
		found[task] = r.Int()
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("find the deliveries of tasks: %w", err)
	}
	return found, nil
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
	Command    directory.Command
	Old        map[string]any `bun:"type:jsonb"` // scalars and references by property; of an update only those that differ; nil: none
	New        map[string]any `bun:"type:jsonb"`
}

// ReadValue is what was read of a property.
type ReadValue struct {
	Property string
	Values   []string
}

// OldValues are the values before, by property; nil: an insertion.
func (c *DeliveryChange) OldValues() []*ReadValue { return readValues(c.Old) }

// NewValues are the values after, by property; nil: a deletion.
func (c *DeliveryChange) NewValues() []*ReadValue { return readValues(c.New) }

func readValues(m map[string]any) []*ReadValue {
	if m == nil {
		return nil
	}
	out := make([]*ReadValue, 0, len(m))
	for _, name := range slices.Sorted(maps.Keys(m)) {
		v := &ReadValue{Property: name, Values: []string{}}
		switch of := m[name].(type) {
		case nil:
		case []any:
			for _, one := range of {
				v.Values = append(v.Values, fmt.Sprint(one))
			}
		default:
			v.Values = append(v.Values, fmt.Sprint(of))
		}
		out = append(out, v)
	}
	return out
}

// DeliveryChangeConnection is a page of changes.
type DeliveryChangeConnection = page.Connection[*DeliveryChange]

// changes is how the changes of deliveries are read.
var changes = page.Table[DeliveryChange]{
	From:   "delivery_change y",
	Joins:  []page.Join{{Alias: "t", SQL: "join entity_type t on t.id = y.entity_type_id"}},
	Always: []string{"id"},
	Fields: map[string][]string{"__typename": nil, "entityType": {"entity_type"}, "key": {"key"}, "command": {"command"}, "oldValues": {"old"}, "newValues": {"new"}},
	Columns: []page.Column[DeliveryChange]{
		{Name: "id", SQL: "y.id", Read: func(c *DeliveryChange, r *db.Row) { c.ID = r.Int() }},
		{Name: "entity_type", SQL: "t.identifier", Read: func(c *DeliveryChange, r *db.Row) { c.EntityType = r.Text() }},
		{Name: "key", SQL: "y.key", Read: func(c *DeliveryChange, r *db.Row) { c.Key = r.Text() }},
		{Name: "command", SQL: "y.command", Read: func(c *DeliveryChange, r *db.Row) { c.Command = directory.Command(r.Text()) }},
		{Name: "old", SQL: "y.old_scalars || y.old_refs", Read: func(c *DeliveryChange, r *db.Row) { r.JSON(&c.Old) }},
		{Name: "new", SQL: "y.scalars || y.refs", Read: func(c *DeliveryChange, r *db.Row) { r.JSON(&c.New) }},
	},
}

var changesInTurn = page.Sorting[DeliveryChange]{ID: "y.id", At: func(c *DeliveryChange) page.Position { return page.Position{ID: c.ID} }}

// Changes lists what a blocked delivery would do, in the order it would be done. Empty once it was applied or dropped. Needs
// /Custom/ResourceChanges/{connector} or ConnectorQuery; in a rule about an entity type only the changes of its resources are shown.
func (s *Service) Changes(ctx context.Context, deliveryID int64, a page.Args, fields page.Fields, total bool) (*DeliveryChangeConnection, error) {
	if err := permit.SignedIn(ctx); err != nil {
		return nil, err
	}
	if err := a.Check(); err != nil {
		return nil, err
	}
	d, err := find(ctx, s.DB, deliveryID)
	if err != nil {
		return nil, err
	}
	c, err := system.FindByID(ctx, s.DB, d.ConnectorID)
	if err != nil {
		return nil, err
	}
	scope, err := permit.RequireAny(ctx, permit.For(permit.ResourceChanges, c.Identifier), permit.ConnectorQuery)
	if err != nil {
		return nil, err
	}
	may, err := s.opens(ctx, scope, "y")
	if err != nil {
		return nil, err
	}
	list, err := changes.List(ctx, s.DB, a, fields, total, page.All(bun.SafeQuery("y.delivery_id = ?", d.ID), may), changesInTurn)
	if err != nil {
		return nil, fmt.Errorf("list changes: %w", err)
	}
	return list, nil
}

// opens is the condition that leaves the rows, under an alias, of what was read that a scope opens: a rule about an entity type opens what is of
// its resources, inside its filters; of one that is not there yet, rules without filter. The rows have entity_type_id and key.
func (s *Service) opens(ctx context.Context, scope permit.Scope, alias string) (schema.QueryWithArgs, error) {
	if scope.All("Connector") {
		return bun.SafeQuery("true"), nil
	}
	shape, err := s.Shapes.Load(ctx, s.DB)
	if err != nil {
		return schema.QueryWithArgs{}, err
	}
	may, row := "false", bun.Ident(alias)
	var values []any
	for _, name := range slices.Sorted(maps.Keys(shape.ByIdentifier)) {
		id := shape.ByIdentifier[name].ID
		switch {
		case scope.All(name):
			may, values = may+" or ?.entity_type_id = ?", append(values, row, id)
		case scope.On(name).Allowed():
			may += " or exists (select from resource r where r.entity_type_id = ? and r.key = ?.key and r.valid_to = 'infinity' and ?.entity_type_id = ? and ?)"
			values = append(values, id, row, row, id, directory.Rows(shape, id, "r", scope))
		}
	}
	if len(values) == 0 {
		return bun.SafeQuery("false"), nil
	}
	return bun.SafeQuery("("+may+")", values...), nil
}
