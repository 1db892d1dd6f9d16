package desk

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"writ/server/db"
	"writ/server/directory"
	"writ/server/errs"
	"writ/server/evaluation"
	"writ/server/page"
	"writ/server/permit"
	"writ/server/request"
	"writ/server/rolemodel"
)

// HeldKind is what somebody has.
type HeldKind string

// What somebody has.
const (
	HeldRole    HeldKind = "ROLE"
	HeldAccount HeldKind = "ACCOUNT" // one that no role brings
)

// HeldState is how far it is, in words for whoever has it.
type HeldState string

// The states.
const (
	Ready     HeldState = "READY"      // all of it is there
	OnTheWay  HeldState = "ON_THE_WAY" // something of it is being written, or waits to be seen
	InTrouble HeldState = "TROUBLE"    // writing something of it failed
	Waits     HeldState = "WAITS"      // somebody has to approve it, or a value is lacking
	Later     HeldState = "LATER"      // it begins later
	Ending    HeldState = "ENDING"     // its end is reached, and it is being taken away
	Ended     HeldState = "ENDED"
)

// HeldBecause is where it comes from.
type HeldBecause string

// Where it comes from.
const (
	ByRule    HeldBecause = "RULE"
	ByRequest HeldBecause = "REQUEST"
	ByRole    HeldBecause = "ROLE"  // with a composite role
	ByHand    HeldBecause = "HAND"  // by a person, without a request
	ByFinding HeldBecause = "FOUND" // it was found in a system
	ByGrace   HeldBecause = "GRACE" // the rules gave it, and it stays for a while
)

// Held is one thing that somebody has, is about to get, or had. It is the GraphQL type too.
type Held struct {
	ID            string
	Kind          HeldKind
	Identifier    string
	Name          string
	Description   string
	RoleKind      *rolemodel.RoleKind // nil: an account
	Category      *string
	State         HeldState
	Since         time.Time
	Until         *time.Time
	Because       HeldBecause
	Why           string
	Asked         *request.RequestAction // what is asked about it and not decided; nil: nothing
	RequestItemID *int64                 // what is asked about it, else what gave it
	RequestNumber *string
	GiveBack      *request.RequestAction // what has to be asked for to be rid of it; nil: it cannot be asked for
	Parameters    []*HeldParameter
	Accounts      []*HeldAccountOf

	position, rowID, objectID int64
	policyID                  int64
	categoryID, inferredBy    *int64
	workflow                  evaluation.Workflow
	origin                    string
	start, end                *time.Time
	ended                     *time.Time // when it was known to be over; nil: it is not
	ruleIDs                   []int64
	parameters                map[string]int64
}

// HeldParameter is a value that a role is held with.
type HeldParameter struct {
	Dimension string // its name to show
	Value     string
}

// HeldAccountOf is an account, or another resource, that something held brings.
type HeldAccountOf struct {
	ResourceType string
	Name         string
	Login        *string // what it is called in its system; nil: it is not there yet
	State        HeldState
}

// HeldView is which part of what somebody has.
type HeldView string

// The parts.
const (
	HeldNow      HeldView = "NOW" // default: all there is, also what is on its way
	HeldEndsSoon HeldView = "ENDS_SOON"
	HeldMoving   HeldView = "ON_THE_WAY"
	HeldBefore   HeldView = "ENDED"
)

// HeldFilter narrows My access; conditions are joined by AND.
type HeldFilter struct {
	View *HeldView
	Text *string // name, identifier, description
}

// HeldSort is the order of My access.
type HeldSort string

// The orders.
const (
	HeldByName HeldSort = "NAME" // default
	HeldByEnd  HeldSort = "END"  // what ends first
	HeldNewest HeldSort = "NEWEST"
)

// The page of what somebody has.
type (
	HeldConnection = page.Connection[*Held]
	HeldEdge       = page.Edge[*Held]
)

const (
	soon        = 30 * 24 * time.Hour
	yearsOfPast = 2
)

var heldSortings = map[HeldSort]page.Sorting[Held]{
	HeldByName: {Text: "h.name", ID: "h.position", At: func(h *Held) page.Position { return page.Position{Text: h.Name, ID: h.position} }},
	HeldByEnd:  {Text: "coalesce(h.end_date, 'infinity')", ID: "h.position", At: func(h *Held) page.Position { return page.Position{Text: stampOr(h.end, "infinity"), ID: h.position} }},
	HeldNewest: {Text: "coalesce(h.start_date, h.valid_from)", ID: "h.position", Desc: true, At: func(h *Held) page.Position { return page.Position{Text: stampOr(&h.Since, ""), ID: h.position} }},
}

func stampOr(at *time.Time, never string) string {
	if at == nil {
		return never
	}
	return at.UTC().Format(time.RFC3339Nano)
}

// MyAccess gives a page of what the caller himself has, is about to get, or had during the last two years. One's own is always one's own to see. It is
// empty for an account that is nobody's. The number of statements does not grow with the page.
func (s *Service) MyAccess(ctx context.Context, a page.Args, f *HeldFilter, by *HeldSort, fields page.Fields, total bool) (*HeldConnection, error) {
	if err := permit.SignedIn(ctx); err != nil {
		return nil, err
	}
	if err := a.Check(); err != nil {
		return nil, err
	}
	if me(ctx) == 0 {
		return page.Make([]*Held{}, a, 0, func(h *Held) any { return page.Position{ID: h.position} }), nil
	}
	return s.heldOf(ctx, me(ctx), a, f, by, fields, total)
}

// heldOf is MyAccess of anybody; whoever calls it has looked whether the caller may see it.
func (s *Service) heldOf(ctx context.Context, owner int64, a page.Args, f *HeldFilter, by *HeldSort, fields page.Fields, total bool) (*HeldConnection, error) {
	m, err := s.Assignments.Model(ctx, s.DB)
	if err != nil {
		return nil, err
	}
	sorting := heldSortings[HeldByName]
	if by != nil {
		var ok bool
		if sorting, ok = heldSortings[*by]; !ok {
			return nil, errs.Invalid("orderBy", "What is had cannot be sorted by %s.", *by)
		}
	}
	now := s.Clock.Now()
	moving, err := s.moving(ctx, m, owner)
	if err != nil {
		return nil, err
	}
	where, err := f.of(owner, now, moving)
	if err != nil {
		return nil, err
	}
	c, err := held.List(ctx, s.DB, a, fields, total, where, sorting)
	if err != nil {
		return nil, fmt.Errorf("list what somebody has: %w", err)
	}
	return c, s.tell(ctx, m, owner, now, moving, c.Nodes(), fields)
}

// of is the condition on h that a filter means.
func (f *HeldFilter) of(owner int64, now time.Time, moving moving) (db.Condition, error) {
	view := HeldNow
	if f != nil && f.View != nil {
		view = *f.View
	}
	list := []db.Condition{bun.SafeQuery("h.owner_id = ?", owner)}
	add := func(sql string, args ...any) { list = append(list, bun.SafeQuery(sql, args...)) }
	if view != HeldBefore {
		add("h.valid_to = 'infinity'")
	}
	switch view {
	case HeldNow:
	case HeldEndsSoon:
		add("h.end_date > ? and h.end_date <= ? and not h.is_asked", now, now.Add(soon))
	case HeldMoving:
		add("(h.is_asked or h.pending_action is not null or h.start_date > ?0 or h.end_date <= ?0 or h.kind = 'ROLE' and h.object_id = any (?1) or h.kind = 'ACCOUNT' and h.row_id = any (?2))",
			now, ids(moving.listOfRoles()), ids(moving.listOfTypes()))
	case HeldBefore:
		add("h.valid_to <> 'infinity' and h.valid_to > ? and not h.is_asked and not h.is_refused and (h.start_date is null or h.end_date is null or h.start_date < h.end_date) and not h.is_had_again", now.AddDate(-yearsOfPast, 0, 0))
	default:
		return list[0], errs.Invalid("filter.view", "There is no view %s.", view)
	}
	if f != nil && f.Text != nil && strings.TrimSpace(*f.Text) != "" {
		list = append(list, directory.Search(bun.SafeQuery("search_text(h.name || ' ' || h.description, h.identifier, null)"), *f.Text))
	}
	return db.AllOf(list...), nil
}
