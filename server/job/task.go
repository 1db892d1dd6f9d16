package job

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"writ/server/errs"
)

// TaskType is what a task does (provisioning spec 9.3). app says how.
type TaskType string

// The types of tasks that a job may name.
const (
	TaskExport                          TaskType = "Export"
	TaskPrepareSynchronization          TaskType = "PrepareSynchronization"
	TaskSynchronize                     TaskType = "Synchronize"
	TaskSynchronizeConnector            TaskType = "SynchronizeConnector"
	TaskUpdateEntityPropertyExpressions TaskType = "UpdateEntityPropertyExpressions"
	TaskComputeCorrelationKeys          TaskType = "ComputeCorrelationKeys"
	TaskUpdateClassification            TaskType = "UpdateClassification"
	TaskBuildRoleModel                  TaskType = "BuildRoleModel"
	TaskComputeRoleModel                TaskType = "ComputeRoleModel"
	TaskGenerateProvisioningOrders      TaskType = "GenerateProvisioningOrders"
	TaskFulfill                         TaskType = "Fulfill"
	TaskComputeRiskScores               TaskType = "ComputeRiskScores"
)

// TaskTypes are all of them, in the order in which a complete job has them.
func TaskTypes() []TaskType {
	return []TaskType{TaskExport, TaskPrepareSynchronization, TaskSynchronize, TaskSynchronizeConnector, TaskUpdateEntityPropertyExpressions, TaskComputeCorrelationKeys,
		TaskUpdateClassification, TaskBuildRoleModel, TaskComputeRoleModel, TaskGenerateProvisioningOrders, TaskFulfill, TaskComputeRiskScores}
}

// TaskFunc carries out one kind of task. It must be idempotent, for it is started again when its process is lost, and must end soon
// after ctx does. An error ends the task ERRORED, or WARNING with the option continueOnError; errs.Threshold ends it BLOCKED.
type TaskFunc func(ctx context.Context, t Task, r Reporter) (Result, error)

// Task is what a TaskFunc is told.
type Task struct {
	ID            int64 // of the task instance
	JobInstanceID int64
	Job           string // identifier
	Identifier    string
	Type          TaskType
	Options       json.RawMessage // of the step; read them with Decode
	IsIncremental bool            // of the job
	IsForced      bool            // resumed after a block: do not ask the thresholds
	Blocked       json.RawMessage // what blocked it before it was resumed; nil otherwise
	LaunchedBy    string
	Attempt       int // 1, or more after a process was lost
}

// Decode reads the options into a struct.
func (t Task) Decode(options any) error {
	return decode(t.Identifier, t.Options, options)
}

// Result is how a task ended, if it did not fail.
type Result struct {
	Output  bool // false: there was nothing to do; tasks that depend on this one are skipped
	Warning bool // ended, but somebody should look; the run goes on
	Blocked any  // not nil: a threshold was exceeded and nothing was written; kept as JSON for people and for the resumed task
}

// outcome says which action ends the task, and what to keep of it.
func outcome(options json.RawMessage, r Result, err error) (Action, json.RawMessage, string) {
	if errs.Is(err, errs.Threshold) {
		r.Blocked, err = map[string]string{"message": errs.As(err).Message}, nil
	}
	switch {
	case err != nil && continuesOnError(options):
		return Warn, nil, err.Error()
	case err != nil:
		return Fail, nil, err.Error()
	case r.Blocked != nil:
		raw, err := json.Marshal(r.Blocked)
		if err != nil {
			return Fail, nil, fmt.Sprintf("the reason of the block cannot be stored: %s", err)
		}
		return Block, raw, ""
	case r.Warning:
		return Warn, nil, ""
	case r.Output:
		return Complete, nil, ""
	}
	return CompleteEmptyHanded, nil, ""
}

func continuesOnError(options json.RawMessage) bool {
	var o CommonOptions
	return json.Unmarshal(options, &o) == nil && o.ContinueOnError
}

// scopeOptions are the options that say what a task works on; the others say how.
var scopeOptions = []string{
	"scope", "connector", "connectors", "connection", "connections", "entityType", "entityTypes", "sourceEntityType", "policy", "policies", "resourceType",
	"resourceTypes",
}

// scopeOf names what a task works on. Two tasks of one scope never run at the same time, in whatever jobs they are (spec 9.1).
func scopeOf(taskType TaskType, options json.RawMessage) string {
	var all map[string]json.RawMessage
	if err := json.Unmarshal(options, &all); err != nil {
		return string(taskType)
	}
	parts := []string{string(taskType)}
	for _, name := range scopeOptions {
		v, ok := all[name]
		if !ok {
			continue
		}
		var list []string
		if json.Unmarshal(v, &list) == nil { // the order of a list means nothing
			slices.Sort(list)
			v = []byte(strings.Join(list, ","))
		}
		parts = append(parts, name+"="+string(v))
	}
	return strings.Join(parts, " ")
}
