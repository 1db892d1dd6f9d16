package job

// TaskCounter is something that a task counts.
type TaskCounter string

// What tasks count, in the order in which people read it: what was read, what of it was set aside, what was written, what follows.
const (
	CountRead          TaskCounter = "read"
	CountRejected      TaskCounter = "rejected"
	CountNullKeys      TaskCounter = "nullKeys"
	CountDuplicates    TaskCounter = "duplicates"
	CountInserted      TaskCounter = "inserted"
	CountUpdated       TaskCounter = "updated"
	CountDeleted       TaskCounter = "deleted"
	CountLinksInserted TaskCounter = "linksInserted"
	CountLinksDeleted  TaskCounter = "linksDeleted"
	CountUnresolved    TaskCounter = "unresolved"

	CountKeys        TaskCounter = "keys"
	CountTargets     TaskCounter = "targets"
	CountOwners      TaskCounter = "owners"
	CountUnchanged   TaskCounter = "unchanged"
	CountRoles       TaskCounter = "roles"
	CountAssignments TaskCounter = "assignments"
	CountOrders      TaskCounter = "orders"
	CountGaps        TaskCounter = "gaps"
	CountResources   TaskCounter = "resources"
	CountRules       TaskCounter = "rules"
	CountCategories  TaskCounter = "categories"
	CountFailed      TaskCounter = "failed"

	CountInsert    TaskCounter = "insert"
	CountUpdate    TaskCounter = "update"
	CountDelete    TaskCounter = "delete"
	CountGenerated TaskCounter = "generated"
	CountExecuted  TaskCounter = "executed"
	CountTickets   TaskCounter = "tickets"
	CountErrored   TaskCounter = "errored"
)

// taskCounters are all of them, in that order.
var taskCounters = []TaskCounter{
	CountRead, CountRejected, CountNullKeys, CountDuplicates, CountInserted, CountUpdated, CountDeleted, CountLinksInserted, CountLinksDeleted, CountUnresolved,
	CountKeys, CountTargets, CountOwners, CountUnchanged, CountRoles, CountAssignments, CountOrders, CountGaps, CountResources, CountRules, CountCategories, CountFailed,
	CountInsert, CountUpdate, CountDelete, CountGenerated, CountExecuted, CountTickets, CountErrored,
}

// TaskCount is how much of something a task counted.
type TaskCount struct {
	Counter TaskCounter
	Value   int
}

// Counts are the counters of a task that are not zero, in the order of their list.
func (t *TaskInstance) Counts() []*TaskCount {
	out := make([]*TaskCount, 0, len(t.Counters))
	for _, c := range taskCounters {
		if n := t.Counters[string(c)]; n != 0 {
			out = append(out, &TaskCount{Counter: c, Value: int(n)})
		}
	}
	return out
}
