package order

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"

	"writ/server/directory"
	"writ/server/evaluation"
	"writ/server/fulfil"
)

// document is an order as spec 2.2 writes it: what people, agents and auditors read. Names are property identifiers. fulfil.Change is the
// same for a connector, by column. Neither holds a secret: connections have theirs, orders never see them.
type document struct {
	ProvisioningOrdersList []documentOrder
}

// order is the only order of a document.
func (d *document) order() *documentOrder { return &d.ProvisioningOrdersList[0] }

type documentOrder struct {
	OrderID                int64                     `json:"OrderId,string"`
	Attempt                int                       `json:"Attempt"`
	GeneratedAt            *time.Time                `json:"GeneratedAt,omitempty"`
	AssignedResourceTypeID int64                     `json:"AssignedResourceTypeId,string"`
	ChangeType             fulfil.ChangeType         `json:"ChangeType"`
	Owner                  map[string]string         `json:"Owner,omitempty"`
	ResourceType           documentType              `json:"ResourceType"`
	Resource               map[string]string         `json:"Resource,omitempty"`
	Changes                map[string]*string        `json:"Changes,omitempty"`
	ChangesAdded           map[string][]documentLink `json:"ChangesAdded,omitempty"`
	ChangesRemoved         map[string][]documentLink `json:"ChangesRemoved,omitempty"`
	Arguments              map[string]string         `json:"Arguments,omitempty"`
	StartDate              *time.Time                `json:"StartDate,omitempty"`
	EndDate                *time.Time                `json:"EndDate,omitempty"`
}

type documentType struct {
	ID               int64        `json:"Id,string"`
	Identifier       string       `json:"Identifier"`
	SourceEntityType documentName `json:"SourceEntityType"`
	TargetEntityType documentName `json:"TargetEntityType"`
}

type documentName struct {
	ID         int64  `json:"Id,string"`
	Identifier string `json:"Identifier"`
}

type documentLink struct {
	ID          int64  `json:"Id,string"`
	DisplayName string `json:"InternalDisplayName"`
	Key         string `json:"Key"`
}

// errand is one claimed order, ready to be sent.
type errand struct {
	ID           int64
	Attempt      int
	Fence        int64
	State        State  // of the order, when it was read or its lease was checked
	Key          string // idempotency key
	IsManual     bool
	ReadBack     bool // an earlier call may have been made: look before writing again
	IsSuperseded bool
	IsTaken      bool // the key belongs to somebody else: refused without a look or a call
	SwapID       int64
	Tries        int
	ErrorCount   int
	OwnerID      *int64
	ArtID        int64
	ConnectorID  *int64
	ConnectionID *int64
	Source       string // source entity type
	Lines        []int64
	Associates   bool   // the association itself is among the lines
	TargetID     *int64 // nil: not known
	NewKey       string // the key that the target gets by this change, in normal form; "": it keeps its own
	Change       fulfil.Change
	Document     *document
	refusal      *fulfil.Receipt           // the arguments cannot be computed: refused without a call
	files        map[string]directory.File // by column: files whose content goes along (files.go)
	invalid      string                    // a value cannot be written the way the mapping asks: refused without a call
	isAsked      bool                      // the system was asked: what came of it tells whether it can be reached
	isInDoubt    bool                      // it may have been made and nobody can look: a person is asked, and it is never retried by itself
}

// nothingToWrite reports whether the order changes nothing outside: an association whose target already is as wanted.
func (e *errand) nothingToWrite() bool {
	c := e.Change
	return c.Type == fulfil.Modified && len(c.Changes)+len(c.ChangesAdded)+len(c.ChangesRemoved) == 0
}

// orderRow is what building a change needs of an order.
type orderRow struct {
	ID                     int64
	State                  State
	AssignedResourceTypeID int64
	ResourceTypeID         int64
	ConnectorID            *int64
	ConnectionID           *int64
	OwnerID                *int64
	TargetID               *int64
	CreatedKey             *string
	IsManual               bool
	IsSuperseded           bool
	Attempt                int
	Tries                  int
	ErrorCount             int
	Fence                  int64
	IdempotencyKey         *string
	SwapID                 *int64
	CalledAt               *time.Time
	GeneratedAt            *time.Time
	States                 []int16 `bun:",array"`
	OwnerName              string
	OwnerScalars           map[string]string `bun:"type:jsonb"`
	TargetKey              *string           // as the system has it: also when no reading has shown it yet
	KnownTargetID          *int64
	TargetName             string
	TargetScalars          map[string]string `bun:"type:jsonb"`
	SourceTable            string
	Start                  *time.Time
	EndDate                *time.Time
}

const orderRowColumns = `o.id, o.state, o.assigned_resource_type_id, o.resource_type_id, o.connector_id, o.connection_id, o.owner_id, o.target_id,
	coalesce(o.created_key, a.created_key) as created_key, o.is_manual, o.is_superseded, o.attempt, o.tries, o.error_count, o.fence,
	o.idempotency_key::text as idempotency_key, o.swap_id, o.called_at, o.generated_at, o.states,
	coalesce(w.display_name, '') as owner_name, coalesce(w.scalars, '{}') as owner_scalars, coalesce(gk.key, g.key) as target_key, g.id as known_target_id,
	coalesce(g.display_name, '') as target_name, coalesce(g.scalars, '{}') as target_scalars, coalesce(m.source_table, '') as source_table,
	a.start_date as start, a.end_date`

var orderRowJoins = `join assigned_resource_type a on a.id = o.assigned_resource_type_id
	join resource_type t on t.id = o.resource_type_id
	left join resource w on w.id = o.owner_id
	left join resource g on g.id = coalesce(o.target_id, a.resource_id)
	left join lateral (` + keyInSystem("g") + `) gk on true
	left join entity_mapping m on m.entity_type_id = t.target_entity_type_id`

// sentLine is a line to send.
type sentLine struct {
	ID            int64
	OrderID       int64
	State         State
	Property      *string
	Action        evaluation.LineAction
	ValueID       *int64
	ProposedValue *string
	CurrentValue  *string
	ValueKey      *string
	ValueName     string
}

// writer turns properties of one entity type into what the managed system calls them, and values into how it writes them (spec 5.3).
type writer struct {
	shape  *directory.Shape
	entity int64
}

// column gives the column of a property; a property without mapping is written under its own name.
func (w writer) column(property string) (name, format string, p *directory.Property) {
	p = w.shape.Property(w.entity, property)
	if p == nil {
		return property, "", nil
	}
	if m := w.shape.PropertyMappings[p.ID]; m != nil {
		return m.ColumnName, m.Format, p
	}
	return property, "", p
}

// key gives the property and the column of the key; empty: the entity type has none.
func (w writer) key() (property, name string) {
	p := w.shape.KeyProperty(w.entity)
	if p == nil {
		return "", ""
	}
	name, _, _ = w.column(p.Identifier)
	return p.Identifier, name
}

// value writes a scalar; "" clears the attribute: nil. current is what the column holds before.
func (w writer) value(property, value, current string) (*string, error) {
	_, format, p := w.column(property)
	if p == nil {
		return optional(value), nil
	}
	out, err := directory.ToSystem(p, format, value, current, w.shape.Zone())
	if err != nil {
		return nil, fmt.Errorf("property %s: %w", property, err)
	}
	return optional(out), nil
}

// current is what a column holds before this value: flags of one mask are written one after the other (format bit).
func (w writer) current(o *orderRow, name string, before *string) string {
	if before != nil {
		return *before
	}
	for _, p := range w.shape.PropertiesOf[w.entity] {
		if column, format, _ := w.column(p.Identifier); column == name && !strings.HasPrefix(strings.ToLower(format), "bit") {
			return o.TargetScalars[p.Identifier]
		}
	}
	return ""
}

// selectSentLines reads the open lines in 1 or 2 of orders, with the pointed resources.
func selectSentLines(ctx context.Context, db bun.IDB, orderIDs []int64) (map[int64][]sentLine, error) {
	var rows []sentLine
	// what is taken out stands there by its key, or by something else that is unique
	err := db.NewRaw(`select l.id, l.order_id, l.state, l.property, l.action, l.value_id, l.proposed_value, l.current_value,
			coalesce(case when l.action = 'REMOVE' then (
				select u.value from provisioning_order o join assigned_resource_type a on a.id = o.assigned_resource_type_id
				join resource g on g.id = coalesce(o.target_id, a.resource_id) cross join lateral (select g.refs -> l.property as there) r
				join resource_unique_key u on u.resource_id = v.id
				where o.id = l.order_id and jsonb_exists(r.there, u.value) and not jsonb_exists(r.there, v.key) and not coalesce(jsonb_exists(r.there, vk.key), false)
				order by u.value limit 1) end, vk.key, v.key) as value_key,
			coalesce(v.display_name, '') as value_name
		from order_line l left join resource v on v.id = l.value_id left join lateral (`+keyInSystem("v")+`) vk on true
		where l.order_id = any(?) and l.closed_at is null and l.state in (`+evaluation.SQLPending+`, `+evaluation.SQLTransmitted+`) order by l.id`, pgdialect.Array(orderIDs)).Scan(ctx, &rows)
	if err != nil {
		return nil, fmt.Errorf("read lines to send: %w", err)
	}
	m := map[int64][]sentLine{}
	for _, r := range rows {
		m[r.OrderID] = append(m[r.OrderID], r)
	}
	return m, nil
}

// link is what a line puts in or takes out of a collection.
func (l *sentLine) link() fulfil.Link {
	switch {
	case l.ValueID != nil:
		return fulfil.Link{Key: text(l.ValueKey), DisplayName: l.ValueName}
	case l.Action == evaluation.LineRemove: // a value of a plain multi-valued attribute
		return fulfil.Link{Key: text(l.CurrentValue), DisplayName: l.ValueName}
	default:
		return fulfil.Link{Key: text(l.ProposedValue), DisplayName: l.ValueName}
	}
}

// buildErrand writes the change of an order from its lines: what is in 1, and what was sent before and never answered.
func buildErrand(o *orderRow, r *route, lines []sentLine, shape *directory.Shape) *errand {
	e := &errand{ID: o.ID, State: o.State, Attempt: o.Attempt, Fence: o.Fence, IsManual: o.IsManual, IsSuperseded: o.IsSuperseded, Tries: o.Tries,
		ErrorCount: o.ErrorCount, SwapID: number(o.SwapID), OwnerID: o.OwnerID, ArtID: o.AssignedResourceTypeID, ConnectorID: o.ConnectorID,
		ConnectionID: o.ConnectionID, Source: r.SourceEntityType}
	entity := r.TargetEntityTypeID
	w := writer{shape, entity}
	keyProperty, keyColumn := w.key()
	d := documentOrder{OrderID: o.ID, Attempt: o.Attempt, GeneratedAt: o.GeneratedAt, AssignedResourceTypeID: o.AssignedResourceTypeID,
		ChangeType: fulfil.Modified, StartDate: o.Start, EndDate: o.EndDate,
		ResourceType: documentType{r.ID, r.Identifier, documentName{r.SourceEntityTypeID, r.SourceEntityType}, documentName{entity, r.TargetEntityType}},
		Changes:      map[string]*string{}, ChangesAdded: map[string][]documentLink{}, ChangesRemoved: map[string][]documentLink{}}
	c := fulfil.Change{OrderID: o.ID, Attempt: o.Attempt, IdempotencyKey: text(o.IdempotencyKey), AssignedResourceTypeID: o.AssignedResourceTypeID,
		Type: fulfil.Modified, ResourceType: r.Identifier, TargetEntityType: r.TargetEntityType, Table: o.SourceTable, KeyColumn: keyColumn,
		Changes: map[string]*string{}, ChangesAdded: map[string][]fulfil.Link{}, ChangesRemoved: map[string][]fulfil.Link{}}
	if o.GeneratedAt != nil {
		c.GeneratedAt = *o.GeneratedAt
	}
	if o.OwnerID != nil {
		d.Owner = map[string]string{"Id": strconv.FormatInt(*o.OwnerID, 10), "InternalDisplayName": o.OwnerName}
		for name, value := range o.OwnerScalars {
			d.Owner[name] = value
		}
		c.Owner = d.Owner
	}
	lineKey := ""
	for _, l := range lines {
		e.Lines = append(e.Lines, l.ID)
		property := text(l.Property)
		name, _, of := w.column(property)
		if l.Action == evaluation.LineRemove && of != nil && !of.IsCollection {
			l.Action, l.ValueID, l.ProposedValue = evaluation.LineSet, nil, nil // the only value: the place is cleared
		}
		switch l.Action {
		case evaluation.LineCreate:
			c.Type = fulfil.Added
		case evaluation.LineDelete:
			c.Type = fulfil.Deleted
		case evaluation.LineAssociate:
			e.Associates = true
		case evaluation.LineSet:
			value := optional(text(l.ProposedValue))
			if l.ValueID != nil {
				value = l.ValueKey
			}
			written, err := w.value(property, text(value), w.current(o, name, c.Changes[name]))
			if err != nil {
				e.invalid = err.Error()
			}
			d.Changes[property], c.Changes[name] = value, written
			e.carry(of, name, text(value))
			if property != "" && property == keyProperty {
				lineKey = text(value)
			}
		case evaluation.LineAdd, evaluation.LineRemove:
			link := l.link()
			shown := documentLink{number(l.ValueID), link.DisplayName, link.Key}
			if l.Action == evaluation.LineAdd {
				c.ChangesAdded[name], d.ChangesAdded[property] = append(c.ChangesAdded[name], link), append(d.ChangesAdded[property], shown)
			} else {
				c.ChangesRemoved[name], d.ChangesRemoved[property] = append(c.ChangesRemoved[name], link), append(d.ChangesRemoved[property], shown)
			}
		}
	}
	d.ChangeType = c.Type
	if e.TargetID = o.KnownTargetID; c.Type == fulfil.Modified && lineKey != text(o.TargetKey) {
		e.NewKey = lineKey
	}
	switch c.Type {
	case fulfil.Added:
		c.Key = lineKey
	default:
		c.Key = text(o.TargetKey)
		if c.Key == "" {
			c.Key = text(o.CreatedKey) // made by us, not read back yet
		}
		c.Resource = map[string]string{}
		d.Resource = map[string]string{"InternalDisplayName": o.TargetName, "Key": c.Key}
		for property, value := range o.TargetScalars {
			d.Resource[property] = value
			name, _, of := w.column(property)
			if of != nil && of.Type == directory.Binary {
				continue // systems know the content and not what stands for it
			}
			if written, err := w.value(property, value, c.Resource[name]); err == nil && written != nil {
				c.Resource[name] = *written
			}
		}
		if keyColumn != "" {
			c.Resource[keyColumn] = c.Key
		}
	}
	if c.Type == fulfil.Deleted {
		c.Changes, c.ChangesAdded, c.ChangesRemoved, e.files = nil, nil, nil, nil
		d.Changes, d.ChangesAdded, d.ChangesRemoved = nil, nil, nil
	}
	e.Change, e.Key, e.Document = c, c.IdempotencyKey, &document{[]documentOrder{d}}
	return e
}
