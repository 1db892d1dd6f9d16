package order

import (
	"context"
	_ "embed"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"

	"writ/server/db"
	"writ/server/errs"
	"writ/server/evaluation"
	"writ/server/permit"
)

//go:embed sql/candidates.sql
var candidatesText string

var (
	sqlCandidates         = strings.ReplaceAll(evaluation.Named(candidatesText), "/*whose*/", "not coalesce("+sqlDeparted+", false)")
	sqlCandidatesDeparted = strings.ReplaceAll(evaluation.Named(candidatesText), "/*whose*/", sqlDeparted)
)

// generateLock is the advisory lock class under which one generation per connector runs ("gene"): two at once could pass a threshold
// together that neither passes alone.
const generateLock = 0x67656e65

// GenerateInput is the scope of an order generation (spec 2.4): a connector or a list of resource types; continuous without either means
// every continuous connector.
type GenerateInput struct {
	Connector     string   // identifier
	ResourceTypes []string // identifiers
	Force         bool     // leave thresholds out: a blocked job is resumed
	// Approved is what somebody looked at before he forced it: more than that blocks again. nil: whatever there is.
	Approved      []Exceeded
	JobInstanceID int64
	Continuous    bool // the chain that moves by itself: only continuous connectors and initialised entity types
	connectorID   int64
	departed      bool // what people leave behind who were made to leave at once, of all connectors; the others leave that out
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
	IsKeyHeld        bool // a line that designates what is created may not be sent
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
		return string(evaluation.WaitNoConnection)
	case r.IsConnectorOff || r.IsFulfilOff:
		return string(evaluation.WaitConnectorInactive)
	case c.HasError:
		return string(evaluation.WaitItemError)
	case !c.CreateReleased: // the creation itself waits for its reviewer: the page shows that as its state
		return "none"
	case c.IsKeyHeld:
		return string(evaluation.WaitKey)
	case c.HasCreate && !c.HasDependency:
		return string(evaluation.WaitDependency)
	case c.HasCreate && !c.HasOwnerProperty:
		return string(evaluation.WaitOwnerProperty)
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
	if !in.departed {
		if _, err := s.GenerateDeparted(ctx); err != nil { // theirs come again; the others do not wait for them
			s.Log.ErrorContext(ctx, "orders of those who leave are not published", "error", err)
		}
	}
	if err := s.takeUpConflicts(ctx); err != nil {
		return nil, fmt.Errorf("generate orders: %w", err)
	}
	ctx = permit.With(ctx, permit.System("generation"))
	var g *Generation
	generate := func(apart bool) error {
		return db.InTx(ctx, s.DB, func(ctx context.Context, tx bun.Tx) error {
			plan, err := s.planGeneration(ctx, tx, in, true)
			if err != nil {
				return err
			}
			plan.apart = apart
			g, err = s.publish(ctx, tx, in, plan)
			return err
		})
	}
	err := generate(false)
	if err != nil && db.IsOfData(err) { // one of the orders cannot be stored: the others are
		err = generate(true)
	}
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
	swaps   map[int64]int64 // orders that are sent together
	counts  map[int64]*TypeCount
	blocked []Exceeded
	apart   bool // an order that cannot be published is put aside instead of undoing all
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
	query := sqlCandidates
	if in.departed {
		query = sqlCandidatesDeparted
	}
	if err := tx.NewRaw(query+suffix, pgdialect.Array(types)).Scan(ctx, &found); err != nil {
		return nil, fmt.Errorf("select orders to generate: %w", err)
	}
	for _, c := range found {
		r := routes[c.ResourceTypeID]
		if reason := c.held(r); reason != "" {
			p.hold[reason] = append(p.hold[reason], c)
			continue
		}
		p.pass = append(p.pass, c)
	}
	if in.departed {
		return p, nil // nothing holds it: no order of systems, no heir, no threshold
	}
	if err := p.leaveToHeirs(ctx, tx); err != nil {
		return nil, err
	}
	if err := p.sequence(ctx, tx); err != nil {
		return nil, err
	}
	for _, c := range p.pass {
		p.count(routes[c.ResourceTypeID], c.change(), 1)
	}
	if err := s.countBase(ctx, tx, p, in); err != nil {
		return nil, err
	}
	if !in.Force {
		p.blocked = s.exceeded(p)
	} else if in.Approved != nil {
		p.blocked = beyond(s.exceeded(p), in.Approved)
	}
	return p, nil
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
	case in.departed:
		routes, err = s.scanRoutes(ctx, db, sqlRoutes+` where t.id in (select o.resource_type_id from provisioning_order o where o.has_pending and o.generated_at is null and `+sqlDeparted+`)`)
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
