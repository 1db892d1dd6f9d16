package order

import (
	"cmp"
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/riverqueue/river"
	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"

	"writ/server/db"
	"writ/server/errs"
	"writ/server/evaluation"
	"writ/server/event"
	"writ/server/page"
	"writ/server/permit"
	"writ/server/queue"
)

//go:embed sql/candidates.sql
var sqlCandidates string

// generateLock is the advisory lock class under which one generation per connector runs ("gene"): two at once could pass a threshold
// together that neither passes alone.
const generateLock = 0x67656e65

// thresholdWindow is what a threshold counts over in continuous mode, instead of over one run (design 3).
const thresholdWindow = time.Hour

// GenerateInput is the scope of an order generation (spec 2.4): a connector or a list of resource types; continuous without either means
// every continuous connector.
type GenerateInput struct {
	Connector     string   // identifier
	ResourceTypes []string // identifiers
	Force         bool     // leave thresholds out: a blocked job is resumed
	JobInstanceID int64
	Continuous    bool // the chain that moves by itself: only continuous connectors and initialised entity types
	connectorID   int64
}

// Generation is what one order generation did.
type Generation struct {
	ID        int64
	At        time.Time
	Generated int
	Counts    []TypeCount
	Held      map[string]int // orders held back, by wait reason
	Blocked   []Exceeded     // not empty: nothing was published
}

// TypeCount is how many orders of one resource type a generation has, by what they do to targets (spec 8.1).
type TypeCount struct {
	ResourceTypeID int64  `json:"resourceTypeId"`
	ResourceType   string `json:"resourceType"`
	Insert         int    `json:"insert"`
	Update         int    `json:"update"`
	Delete         int    `json:"delete"`
	Base           int    `json:"base"`             // targets linked to an owner: what percentages count from
	Recent         int    `json:"recent,omitempty"` // orders of the last hour included above (continuous)
}

// Exceeded is one threshold that stopped a generation.
type Exceeded struct {
	ResourceType string `json:"resourceType"`
	Action       string `json:"action"` // insert, update, delete
	Count        int    `json:"count"`
	Limit        int    `json:"limit"`
	IsPercent    bool   `json:"isPercent"`
	Base         int    `json:"base"`
	Message      string `json:"message"`
}

// candidate is an order that could be generated.
type candidate struct {
	ID               int64
	ResourceTypeID   int64
	OwnerID          *int64
	WaitReason       string
	State            State
	HasCreate        bool // its creation line is among those to send
	CreateReleased   bool // its creation line was sent, is to be sent, or there is none
	HasDelete        bool
	HasError         bool // a line is in 7
	HasDependency    bool // the target it depends on is there
	HasOwnerProperty bool
}

// change gives what the order does to the target as thresholds count it.
func (c candidate) change() string {
	switch {
	case c.HasDelete:
		return "delete"
	case c.HasCreate:
		return "insert"
	}
	return "update"
}

// held gives the reason why the order must wait; "" when it may go.
func (c candidate) held(r *route) string {
	switch {
	case r.ConnectionID == nil:
		return "no_connection"
	case r.IsConnectorOff || r.IsFulfilOff:
		return "connector_inactive"
	case c.HasError:
		return "item_error"
	case !c.CreateReleased: // the creation itself waits for its reviewer: the page shows that as its state
		return "none"
	case c.HasCreate && !c.HasDependency:
		return "dependency"
	case c.HasCreate && !c.HasOwnerProperty:
		return "owner_property"
	}
	return ""
}

// Generate runs the clock, then publishes the orders of the scope that may go: all of them in one transaction, or none when a threshold is
// exceeded anywhere (Blocked). Orders that wait for something are told why. Published orders of continuous connectors are dispatched at
// once unless a job asked: its own fulfil task does it. Re-running changes nothing.
func (s *Service) Generate(ctx context.Context, in GenerateInput) (*Generation, error) {
	if in.Continuous && (in.Connector != "" || len(in.ResourceTypes) > 0) && in.Force {
		return nil, errs.Invalid("force", "A continuous generation cannot be forced. Run a job and resume it.")
	}
	if _, err := s.Tick(ctx); err != nil {
		return nil, err
	}
	ctx = permit.With(ctx, permit.System("generation"))
	var g *Generation
	err := db.InTx(ctx, s.DB, func(ctx context.Context, tx bun.Tx) error {
		plan, err := s.planGeneration(ctx, tx, in, true)
		if err != nil {
			return err
		}
		g, err = s.publish(ctx, tx, in, plan)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("generate orders: %w", err)
	}
	return g, nil
}

// generationPlan is what a generation would do.
type generationPlan struct {
	now     time.Time
	routes  map[int64]*route
	pass    []candidate
	hold    map[string][]candidate
	counts  map[int64]*TypeCount
	blocked []Exceeded
}

func (s *Service) planGeneration(ctx context.Context, tx bun.Tx, in GenerateInput, lock bool) (*generationPlan, error) {
	routes, err := s.generationScope(ctx, tx, in)
	if err != nil {
		return nil, err
	}
	p := &generationPlan{now: s.Clock.Now(), routes: routes, hold: map[string][]candidate{}, counts: map[int64]*TypeCount{}}
	types := slices.Sorted(maps.Keys(routes))
	if len(types) == 0 {
		return p, nil
	}
	if lock {
		var connectors []int64
		for _, r := range routes {
			connectors = append(connectors, number(r.ConnectorID))
		}
		for _, id := range distinct(connectors) {
			if _, err := tx.NewRaw("select pg_advisory_xact_lock(?, ?)", generateLock, int32(id)).Exec(ctx); err != nil {
				return nil, fmt.Errorf("lock the generation of a connector: %w", err)
			}
		}
	}
	suffix := ""
	if lock {
		suffix = "\nfor update of o"
	}
	var found []candidate
	if err := tx.NewRaw(sqlCandidates+suffix, pgdialect.Array(types)).Scan(ctx, &found); err != nil {
		return nil, fmt.Errorf("select orders to generate: %w", err)
	}
	for _, c := range found {
		r := routes[c.ResourceTypeID]
		if reason := c.held(r); reason != "" {
			p.hold[reason] = append(p.hold[reason], c)
			continue
		}
		p.pass = append(p.pass, c)
		p.count(r, c.change(), 1)
	}
	if err := s.countBase(ctx, tx, p, in); err != nil {
		return nil, err
	}
	if !in.Force {
		p.blocked = s.exceeded(p)
	}
	return p, nil
}

func (p *generationPlan) count(r *route, change string, n int) *TypeCount {
	c := p.counts[r.ID]
	if c == nil {
		c = &TypeCount{ResourceTypeID: r.ID, ResourceType: r.Identifier}
		p.counts[r.ID] = c
	}
	switch change {
	case "insert":
		c.Insert += n
	case "delete":
		c.Delete += n
	default:
		c.Update += n
	}
	return c
}

// generationScope gives the resource types of a scope.
func (s *Service) generationScope(ctx context.Context, db bun.IDB, in GenerateInput) (map[int64]*route, error) {
	var routes map[int64]*route
	var err error
	switch {
	case in.Connector != "" && len(in.ResourceTypes) > 0:
		return nil, errs.Invalid("connector", "Give a connector or resource types, not both.")
	case in.connectorID != 0:
		routes, err = s.scanRoutes(ctx, db, sqlRoutes+" where n.connector_id = ?", in.connectorID)
	case in.Connector != "":
		if err := exists(ctx, db, "connector", in.Connector); err != nil {
			return nil, err
		}
		routes, err = s.scanRoutes(ctx, db, sqlRoutes+" where c.identifier = ?", in.Connector)
	case len(in.ResourceTypes) > 0:
		routes, err = s.scanRoutes(ctx, db, sqlRoutes+" where t.identifier = any(?)", pgdialect.Array(in.ResourceTypes))
		if err == nil && len(routes) < len(in.ResourceTypes) {
			return nil, errs.Invalid("resourceTypes", "One of the resource types does not exist.")
		}
	case in.Continuous:
		routes, err = s.scanRoutes(ctx, db, sqlRoutes+" where c.mode = ?", continuous)
	default:
		return nil, errs.Invalid("connector", "Give a connector or resource types.")
	}
	if err != nil || !in.Continuous {
		return routes, err
	}
	// the first computation of an entity type must be a complete one: until then nothing moves by itself
	maps.DeleteFunc(routes, func(_ int64, r *route) bool { return r.Mode != continuous || !r.IsInitialized })
	return routes, nil
}

func exists(ctx context.Context, db bun.IDB, table, identifier string) error {
	var n int
	if err := db.NewRaw("select count(*) from ? where identifier = ?", bun.Ident(table), identifier).Scan(ctx, &n); err != nil {
		return fmt.Errorf("look for %s %s: %w", table, identifier, err)
	}
	if n == 0 {
		return errs.Invalid(table, "There is no %s %s.", table, identifier)
	}
	return nil
}

// countBase adds the targets that percentages count from and, in continuous mode, what the continuous mode itself published in the last
// hour: what a job published was guarded in that job's own run, and what a person let through does not count again.
func (s *Service) countBase(ctx context.Context, tx bun.Tx, p *generationPlan, in GenerateInput) error {
	types := slices.Sorted(maps.Keys(p.counts))
	if len(types) == 0 {
		return nil
	}
	var bases []struct {
		ResourceTypeID int64
		Base           int
	}
	err := tx.NewRaw(`select a.resource_type_id, count(*) as base from assigned_resource_type a
		join resource r on r.id = a.resource_id and r.valid_to = 'infinity'
		where a.valid_to = 'infinity' and a.owner_id is not null and a.resource_type_id = any(?) group by 1`, pgdialect.Array(types)).Scan(ctx, &bases)
	if err != nil {
		return fmt.Errorf("count targets: %w", err)
	}
	for _, b := range bases {
		p.counts[b.ResourceTypeID].Base = b.Base
	}
	if !in.Continuous {
		return nil
	}
	var recent []struct {
		ResourceTypeID int64
		Change         string
		N              int
	}
	err = tx.NewRaw(`select o.resource_type_id, case o.kind when 'CREATE' then 'insert' when 'DELETE' then 'delete' else 'update' end as change, count(*) as n
		from provisioning_order o
		left join generation g on g.id = o.generation_id
		where o.generated_at > ? and o.resource_type_id = any(?) and not coalesce(g.is_forced, false) and g.job_instance_id is null
		group by 1, 2`, stamp(p.now.Add(-thresholdWindow)), pgdialect.Array(types)).Scan(ctx, &recent)
	if err != nil {
		return fmt.Errorf("count recent orders: %w", err)
	}
	for _, r := range recent {
		p.count(p.routes[r.ResourceTypeID], r.Change, r.N).Recent += r.N
	}
	return nil
}

// exceeded compares the counts with the thresholds. 0 is off; exceeded is strictly greater; a percentage counts only from
// MinimumPopulation targets on.
func (s *Service) exceeded(p *generationPlan) []Exceeded {
	var list []Exceeded
	for _, id := range slices.Sorted(maps.Keys(p.counts)) {
		c, r := p.counts[id], p.routes[id]
		for _, k := range []struct {
			action              string
			n, maximum, percent int
		}{
			{"insert", c.Insert, r.MaximumInsert, r.MaximumInsertPercent},
			{"update", c.Update, r.MaximumUpdate, r.MaximumUpdatePercent},
			{"delete", c.Delete, r.MaximumDelete, r.MaximumDeletePercent},
		} {
			e := Exceeded{ResourceType: r.Identifier, Action: k.action, Count: k.n, Base: c.Base}
			if k.maximum > 0 && k.n > k.maximum {
				e.Limit = k.maximum
				e.Message = fmt.Sprintf("Threshold exceeded: %d orders would %s targets of %s; at most %d are allowed.", k.n, k.action, r.DisplayName, k.maximum)
				list = append(list, e)
			}
			if k.percent > 0 && c.Base >= s.MinimumPopulation && k.n*100 > k.percent*c.Base {
				e.Limit, e.IsPercent = k.percent, true
				e.Message = fmt.Sprintf("Threshold exceeded: %d orders would %s targets of %s; that is more than %d %% of %d.", k.n, k.action, r.DisplayName, k.percent, c.Base)
				list = append(list, e)
			}
		}
	}
	return list
}

// publish writes the plan.
func (s *Service) publish(ctx context.Context, tx bun.Tx, in GenerateInput, p *generationPlan) (*Generation, error) {
	g := &Generation{At: p.now, Held: map[string]int{}, Blocked: p.blocked, Counts: p.sortedCounts()}
	for reason, list := range p.hold {
		g.Held[reason] = len(list)
	}
	if len(p.pass) == 0 && len(p.hold) == 0 {
		return g, nil
	}
	reasons := map[string][]int64{}
	for reason, list := range p.hold {
		for _, c := range list {
			if c.WaitReason != reason {
				reasons[reason] = append(reasons[reason], c.ID)
			}
		}
	}
	isNew := false
	if len(p.blocked) > 0 && in.Continuous {
		for _, c := range p.pass {
			if c.WaitReason != waitThreshold {
				reasons[waitThreshold] = append(reasons[waitThreshold], c.ID)
			}
		}
		isNew = len(reasons[waitThreshold]) > 0
	}
	for _, reason := range slices.Sorted(maps.Keys(reasons)) {
		if err := holdBack(ctx, tx, p.now, reason, reasons[reason]); err != nil {
			return nil, err
		}
	}
	if len(p.blocked) > 0 {
		if in.Continuous && !isNew { // told before
			return g, nil
		}
		if err := insertGeneration(ctx, tx, in, p, g); err != nil {
			return nil, err
		}
		if in.Continuous {
			return g, event.Publish(ctx, tx, p.now, event.Event{Kind: "generation.blocked", SubjectType: "generation", SubjectID: g.ID,
				Data: map[string]any{"blocked": p.blocked, "counts": g.Counts}})
		}
		return g, nil
	}
	if len(p.pass) == 0 {
		return g, nil
	}
	g.Generated = len(p.pass)
	if err := insertGeneration(ctx, tx, in, p, g); err != nil {
		return nil, err
	}
	return g, s.release(ctx, tx, in, p, g)
}

// waitThreshold is the wait reason of orders that a threshold holds in continuous mode.
const waitThreshold = "threshold"

// release marks the orders as generated, with the connection their resource type has now.
func (s *Service) release(ctx context.Context, tx bun.Tx, in GenerateInput, p *generationPlan, g *Generation) error {
	type published struct {
		ID         int64  `json:"id"`
		Connection *int64 `json:"connection"`
		Connector  *int64 `json:"connector"`
		IsManual   bool   `json:"is_manual"`
	}
	rows := make([]published, len(p.pass))
	t := newTurn(ctx, p.now)
	var connections []int64
	for i, c := range p.pass {
		r := p.routes[c.ResourceTypeID]
		rows[i] = published{c.ID, r.ConnectionID, r.ConnectorID, r.IsManual}
		t.orders[c.ID] = &touched{before: new(c.State), action: Generate}
		t.remark(c.ID, Generate, evaluation.Pending, "")
		if r.Mode == continuous && in.JobInstanceID == 0 {
			connections = append(connections, number(r.ConnectionID))
		}
	}
	raw, err := json.Marshal(rows)
	if err != nil {
		return fmt.Errorf("write generated orders: %w", err)
	}
	_, err = tx.NewRaw(`update provisioning_order o set generated_at = ?0, generation_id = ?1, job_instance_id = ?2, wait_reason = 'none',
			connection_id = g.connection, connector_id = g.connector, is_manual = case when 2 = any(o.states) then o.is_manual else g.is_manual end,
			not_before = null, tries = 0
		from json_to_recordset(?3) as g (id bigint, connection bigint, connector bigint, is_manual boolean) where o.id = g.id`,
		stamp(p.now), g.ID, optional(in.JobInstanceID), string(raw)).Exec(ctx)
	if err != nil {
		return fmt.Errorf("publish orders: %w", err)
	}
	if _, err := t.commit(ctx, tx); err != nil {
		return err
	}
	for _, id := range distinct(connections) {
		if err := queue.Insert(ctx, tx, DispatchArgs{ConnectionID: id}, nil); err != nil {
			return err
		}
	}
	return nil
}

// holdBack tells orders why they wait.
func holdBack(ctx context.Context, tx bun.Tx, now time.Time, reason string, ids []int64) error {
	if len(ids) == 0 {
		return nil
	}
	_, err := tx.NewRaw(`update provisioning_order set wait_reason = ? where id = any(?)`, reason, pgdialect.Array(ids)).Exec(ctx)
	if err != nil {
		return fmt.Errorf("hold orders back: %w", err)
	}
	t := newTurn(ctx, now)
	for _, id := range ids {
		t.orders[id] = &touched{before: new(evaluation.Pending), action: HoldBack}
		t.remark(id, HoldBack, evaluation.Pending, reason)
	}
	_, err = t.commit(ctx, tx)
	return err
}

func insertGeneration(ctx context.Context, tx bun.Tx, in GenerateInput, p *generationPlan, g *Generation) error {
	counts, err := json.Marshal(g.Counts)
	if err != nil {
		return fmt.Errorf("write counts: %w", err)
	}
	var blocked *string
	if len(p.blocked) > 0 {
		raw, err := json.Marshal(p.blocked)
		if err != nil {
			return fmt.Errorf("write thresholds: %w", err)
		}
		blocked = new(string(raw))
	}
	err = tx.NewRaw(`insert into generation (at, job_instance_id, resource_type_ids, is_forced, blocked, counts)
		values (?, ?, ?, ?, ?::jsonb, ?::jsonb) returning id`, stamp(p.now), optional(in.JobInstanceID),
		pgdialect.Array(slices.Sorted(maps.Keys(p.routes))), in.Force, blocked, string(counts)).Scan(ctx, &g.ID)
	if err != nil {
		return fmt.Errorf("note the generation: %w", err)
	}
	return nil
}

func (p *generationPlan) sortedCounts() []TypeCount {
	list := make([]TypeCount, 0, len(p.counts))
	for _, id := range slices.Sorted(maps.Keys(p.counts)) {
		list = append(list, *p.counts[id])
	}
	slices.SortFunc(list, func(a, b TypeCount) int { return cmp.Compare(a.ResourceType, b.ResourceType) })
	return list
}

// GenerationPreview is what a generation would publish now (spec 8.3.2).
type GenerationPreview struct {
	Counts  []TypeCount
	Blocked []Exceeded
	Held    map[string]int
	Orders  *OrderConnection
}

// Preview shows what Generate would do, writing nothing: the page of a blocked job. It needs OrderQuery, like any list of orders.
func (s *Service) Preview(ctx context.Context, in GenerateInput, args page.Args) (*GenerationPreview, error) {
	if _, err := permit.Require(ctx, permit.OrderQuery); err != nil {
		return nil, err
	}
	var p *generationPlan
	err := db.InTx(ctx, s.DB, func(ctx context.Context, tx bun.Tx) error {
		var err error
		p, err = s.planGeneration(ctx, tx, in, false)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("preview the generation: %w", err)
	}
	ids := make([]int64, len(p.pass))
	for i, c := range p.pass {
		ids[i] = c.ID
	}
	orders, err := s.List(ctx, args, &OrderFilter{ids: orEmpty(ids)}, nil, Selection{All: true})
	if err != nil {
		return nil, err
	}
	v := &GenerationPreview{Counts: p.sortedCounts(), Blocked: p.blocked, Held: map[string]int{}, Orders: orders}
	for reason, list := range p.hold {
		v.Held[reason] = len(list)
	}
	return v, nil
}

// GenerateArgs is the River job that generates orders of one continuous connector; 0: all of them.
type GenerateArgs struct {
	ConnectorID int64 `json:"connectorId"`
}

// Kind names the job.
func (GenerateArgs) Kind() string { return "order_generate" }

// How a continuous generation waits for the evaluation: it looks again after a pause, and goes on without it when the backlog does not end,
// so that a constant stream of changes cannot stop everything.
const (
	backlogPause    = 100 * time.Millisecond
	backlogPatience = 20 * time.Second
)

// GenerateWorker runs continuous generations. While a job runs it leaves them to the job.
type GenerateWorker struct {
	river.WorkerDefaults[GenerateArgs]
	Service *Service
}

// Timeout leaves room for the largest backlog; the lock of the connector is held that long at most.
func (w *GenerateWorker) Timeout(*river.Job[GenerateArgs]) time.Duration { return 10 * time.Minute }

// Work generates once more as long as somebody asked meanwhile.
func (w *GenerateWorker) Work(ctx context.Context, job *river.Job[GenerateArgs]) error {
	s := w.Service
	if s.Backlog != nil && time.Since(job.CreatedAt) < backlogPatience {
		waiting, err := s.Backlog(ctx, s.DB)
		if err != nil {
			return err
		}
		if waiting > 0 {
			return river.JobSnooze(backlogPause)
		}
	}
	return s.generates.run(job.Args.ConnectorID, func() error {
		if paused, err := s.paused(ctx); err != nil || paused {
			return err
		}
		connectors := []int64{job.Args.ConnectorID}
		if job.Args.ConnectorID == 0 { // one after the other: a threshold of one connector must not stop the others
			var err error
			if connectors, err = s.ungenerated(ctx, s.DB, true, true); err != nil {
				return err
			}
		}
		var failed error
		for _, id := range connectors {
			if _, err := s.Generate(ctx, GenerateInput{Continuous: true, connectorID: id}); err != nil {
				failed = errors.Join(failed, err)
			}
		}
		return failed
	})
}
