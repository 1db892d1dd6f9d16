package synchronization

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/schema"

	"writ/server/directory"
	"writ/server/page"
	"writ/server/permit"
	"writ/server/system"
)

// Deliveries gives the newest deliveries of each connector, newest first, at most first of each: one statement. The caller has checked
// the right to the connectors; what is told of each is what his ConnectorQuery opens.
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
	for _, d := range seen(permit.Find(ctx, permit.ConnectorQuery), rows) {
		found[d.ConnectorID] = append(found[d.ConnectorID], d)
	}
	return found, nil
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
	var after struct{ ID int64 }
	if _, err := args.Decode(&after); err != nil {
		return nil, err
	}
	total, err := s.DB.NewSelect().TableExpr("delivery_change as y").Where("y.delivery_id = ?", d.ID).Where("?", may).Count(ctx)
	if err != nil {
		return nil, fmt.Errorf("count changes: %w", err)
	}
	rows := []*DeliveryChange{}
	err = s.DB.NewRaw(`select y.id, t.identifier as entity_type, y.key, y.command, y.old_scalars || y.old_refs as old, y.scalars || y.refs as new
		from delivery_change y join entity_type t on t.id = y.entity_type_id
		where y.delivery_id = ? and ? and y.id > ? order by y.id limit ?`, d.ID, may, after.ID, args.First+1).Scan(ctx, &rows)
	if err != nil {
		return nil, fmt.Errorf("list changes: %w", err)
	}
	return page.Make(rows, args, int(total), func(r *DeliveryChange) any { after.ID = r.ID; return after }), nil
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
