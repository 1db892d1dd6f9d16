package catalogue

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/schema"

	"writ/server/assignment"
	"writ/server/directory"
	"writ/server/evaluation"
	"writ/server/permit"
)

// condition is a piece of SQL over a (an assigned role) and w (its owner).
type condition = schema.QueryWithArgs

// seen is the condition on w, a resource of an entity type, under which the caller may know what it has: he needs permit.AssignmentQuery and the
// right to read it, on the same row. all: every one of them.
func seen(ctx context.Context, m *assignment.Model, entityTypeID int64) (c condition, all bool) {
	t := m.Shape.EntityTypes[entityTypeID]
	if t == nil {
		return bun.SafeQuery("false"), false
	}
	owners := permit.Find(ctx, permit.AssignmentQuery).OfOwners()
	read, err := directory.MayRead(ctx, t.Identifier)
	if err != nil || !owners.On(t.Identifier).Allowed() {
		return bun.SafeQuery("false"), false
	}
	if owners.All(t.Identifier) && read.All(t.Identifier) {
		return bun.SafeQuery("true"), true
	}
	return bun.SafeQuery("(? and ?)", directory.Rows(m.Shape, entityTypeID, "w", owners), directory.Rows(m.Shape, entityTypeID, "w", read)), false
}

// seenOf is seen for holders of several entity types.
func seenOf(ctx context.Context, m *assignment.Model, entityTypes []int64) (c condition, all bool) {
	all = true
	c = bun.SafeQuery("false")
	for _, id := range entityTypes {
		one, every := seen(ctx, m, id)
		all = all && every
		c = bun.SafeQuery("? or (w.entity_type_id = ? and ?)", c, id, one)
	}
	if all {
		return bun.SafeQuery("true"), true
	}
	return bun.SafeQuery("(?)", c), false
}

// held is the condition under which an assigned role counts at an instant, by what is known now: rows that ended are the past of it.
func held(at, now time.Time) condition {
	within := "not a.is_denied and (a.start_date is null or a.start_date <= ?0) and (a.end_date is null or a.end_date > ?0) and "
	alive := "a.valid_to = 'infinity' and a.workflow_state in (" + holding + ")"
	if !at.Before(now) {
		return bun.SafeQuery(within+alive, at)
	}
	return bun.SafeQuery(within+"("+alive+" or a.valid_to <> 'infinity' and a.valid_to > ?0 and a.workflow_state in ("+hadHeld+"))", at)
}

// holding are the workflow states that count as having a role; hadHeld those in which a row that did so may have ended.
var holding, hadHeld = workflows(), workflows(evaluation.WorkflowNone, evaluation.Ended, evaluation.Cancellation)

func workflows(further ...evaluation.Workflow) string {
	var list []string
	for w := range evaluation.Workflow(200) {
		if w.Holds() || slices.Contains(further, w) {
			list = append(list, strconv.Itoa(int(w)))
		}
	}
	return strings.Join(list, ", ")
}
