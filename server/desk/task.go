package desk

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"writ/server/directory"
	"writ/server/errs"
	"writ/server/page"
	"writ/server/permit"
)

// TaskKind is what kind of thing waits for somebody (requests 11.1).
type TaskKind string

// The kinds.
const (
	Approval               TaskKind = "APPROVAL"
	Answer                 TaskKind = "ANSWER"
	Routing                TaskKind = "ROUTING"
	ProlongedRole          TaskKind = "PROLONGED_ROLE"
	ProvisioningReview     TaskKind = "PROVISIONING_REVIEW"
	ErroredOrder           TaskKind = "ERRORED_ORDER"
	ManualOrder            TaskKind = "MANUAL_ORDER"
	RoleReconciliation     TaskKind = "ROLE_RECONCILIATION"
	ResourceReconciliation TaskKind = "RESOURCE_RECONCILIATION"
	RowToMend              TaskKind = "ROW_TO_MEND"
)

// kinds in the order in which those that came at the same moment are shown.
var kinds = []TaskKind{Approval, Answer, Routing, ProlongedRole, ProvisioningReview, ErroredOrder, ManualOrder, RoleReconciliation, ResourceReconciliation, RowToMend}

// Task is one thing that waits for the caller. It is the GraphQL type too.
type Task struct {
	ID            string
	Kind          TaskKind
	SubjectID     int64  // of the request item, order, difference, role or row
	Subject       string // what it is about, by name
	Action        string // what is to be said yes or no to: of an approval the action of the request, of an order its kind; empty: the kind says it
	Person        *directory.ResourceRef
	RequesterName *string
	Since         time.Time
	DueAt         *time.Time
	IsLate        bool
	TakenBy       *string // user name of who works on it
	Number        *string
	ForPerson     *string // by name, for whom the caller has it as a deputy; nil: for himself
	Link          string  // address in the pages

	cursor string // where its own list goes on behind it
}

// WaitingCount is how many tasks of one kind wait for the caller.
type WaitingCount struct {
	Kind       TaskKind
	Count      int
	IsEstimate bool
	OldestAt   *time.Time
	LateCount  int
}

// TaskFilter narrows Tasks; conditions are joined by AND, values of one by OR.
type TaskFilter struct {
	Kinds []TaskKind
	Late  *bool
	Text  *string // words of the person, or of what it is about
}

// The page of tasks.
type (
	TaskConnection = page.Connection[*Task]
	TaskEdge       = page.Edge[*Task]
)

// at is how far a page came: by source the cursor of the last task of it that was shown; a source that is not named has not begun.
type at map[string]string

// MyTasks gives a page of what waits for the caller: the late ones first, then as they came. It is put together from the lists of the rooms, by what each
// of them lets the caller see, and costs a fixed number of statements: each list gives at most one page. A kind for which he has no right is left out.
func (s *Service) MyTasks(ctx context.Context, a page.Args, f *TaskFilter, total bool) (*TaskConnection, error) {
	if err := permit.SignedIn(ctx); err != nil {
		return nil, err
	}
	if err := a.Check(); err != nil {
		return nil, err
	}
	came := at{}
	if _, err := a.Decode(&came); err != nil {
		return nil, err
	}
	chosen, err := s.sources(f)
	if err != nil {
		return nil, err
	}
	type part struct {
		source
		rows []*Task
		more bool
	}
	var parts []*part
	count, isEstimate := 0, false
	for _, x := range chosen {
		c, err := x.list(ctx, page.Args{First: min(a.First+1, page.Max), After: came[x.name]}, total)
		if errs.Is(err, errs.Forbidden) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("list tasks of the kind %s: %w", x.kind, err)
		}
		count, isEstimate = count+c.total, isEstimate || c.isEstimate
		parts = append(parts, &part{x, c.rows, c.more})
	}
	out := &TaskConnection{TotalCount: count, TotalCountIsEstimate: isEstimate}
	out.PageInfo.HasPreviousPage = a.After != ""
	for {
		var next *part
		for _, p := range parts {
			if len(p.rows) > 0 && (next == nil || before(p.source, p.rows[0], next.source, next.rows[0])) {
				next = p
			}
		}
		if next == nil {
			break
		}
		if len(out.Edges) == a.First {
			out.PageInfo.HasNextPage = true
			break
		}
		t := next.rows[0]
		next.rows = next.rows[1:]
		came = maps.Clone(came)
		came[next.name] = t.cursor
		out.Edges = append(out.Edges, page.Edge[*Task]{Node: t, Cursor: page.Cursor(came)})
		if len(next.rows) == 0 && next.more {
			out.PageInfo.HasNextPage = true
			break // what comes next of this list is not known: another one could be shown too early
		}
	}
	if n := len(out.Edges); n > 0 {
		out.PageInfo.StartCursor, out.PageInfo.EndCursor = &out.Edges[0].Cursor, &out.Edges[n-1].Cursor
	}
	return out, nil
}

// before reports whether a task of one list is shown before one of another: the late ones first, then the older one.
func before(x source, a *Task, y source, b *Task) bool {
	switch {
	case x.late != y.late:
		return x.late
	case !a.Since.Equal(b.Since):
		return a.Since.Before(b.Since)
	}
	return slices.Index(kinds, x.kind) < slices.Index(kinds, y.kind)
}

// TaskCounts tells for each kind that the caller may have how many wait, and since when the oldest does: a kind without a right is not named.
func (s *Service) TaskCounts(ctx context.Context) ([]*WaitingCount, error) {
	if err := permit.SignedIn(ctx); err != nil {
		return nil, err
	}
	all, err := s.sources(nil)
	if err != nil {
		return nil, err
	}
	list := []*WaitingCount{}
	for _, x := range all {
		c, err := x.list(ctx, page.Args{First: 1}, true)
		if errs.Is(err, errs.Forbidden) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("count tasks of the kind %s: %w", x.kind, err)
		}
		i := slices.IndexFunc(list, func(t *WaitingCount) bool { return t.Kind == x.kind })
		if i < 0 {
			list, i = append(list, &WaitingCount{Kind: x.kind}), len(list)
		}
		t := list[i]
		t.Count, t.IsEstimate = t.Count+c.total, t.IsEstimate || c.isEstimate
		if x.late {
			t.LateCount = c.total
		}
		if len(c.rows) > 0 && (t.OldestAt == nil || c.rows[0].Since.Before(*t.OldestAt)) {
			t.OldestAt = &c.rows[0].Since
		}
	}
	return list, nil
}
