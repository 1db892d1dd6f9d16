package job

import (
	"encoding/json"
	"slices"
	"strings"

	"writ/server/errs"
)

// A step keeps its options as JSON by name. These structs are what the types of tasks read of it, and what the API shows; their names in lower
// camel case are those of a configuration file.

// CommonOptions may stand in every step, whatever its type of task.
type CommonOptions struct {
	ContinueOnError bool    `json:"continueOnError,omitempty"`
	Scope           *string `json:"scope,omitempty"`
}

// SynchronizationOptions are the options of the four tasks that read a connector.
type SynchronizationOptions struct {
	Connector            *string `json:"connector,omitempty"`
	Mode                 *string `json:"mode,omitempty"` // complete (default), incremental, initial
	CommandColumn        *string `json:"commandColumn,omitempty"`
	ForceSynchronization bool    `json:"forceSynchronization,omitempty"`
}

// Check tells what types do not.
func (o SynchronizationOptions) Check() error {
	if said(o.Connector) == "" {
		return errs.Invalid("connector", "it needs the option connector.")
	}
	if mode := said(o.Mode); mode != "" && !slices.Contains([]string{"complete", "incremental", "initial"}, strings.ToLower(mode)) {
		return errs.Invalid("mode", "mode is complete, incremental or initial, not %q.", mode)
	}
	return nil
}

// RoleModelOptions are the options of ComputeRoleModel.
type RoleModelOptions struct {
	EntityTypes                      []string `json:"entityTypes,omitempty"`
	Dirty                            bool     `json:"dirty,omitempty"`
	BlockProvisioning                bool     `json:"blockProvisioning,omitempty"`
	BlockAllResourceTypeProvisioning bool     `json:"blockAllResourceTypeProvisioning,omitempty"`
	NoProvisioningReview             bool     `json:"noProvisioningReview,omitempty"`
}

// OrderOptions are the options of the tasks that generate orders and carry them out.
type OrderOptions struct {
	Connector         *string  `json:"connector,omitempty"`
	ResourceTypes     []string `json:"resourceTypes,omitempty"`
	ForceProvisioning bool     `json:"forceProvisioning,omitempty"`
}

// OptionsOf gives, per type of task, a value of the struct that it reads; nil: it reads none.
func OptionsOf() map[TaskType]any {
	return map[TaskType]any{
		TaskExport: SynchronizationOptions{}, TaskPrepareSynchronization: SynchronizationOptions{}, TaskSynchronize: SynchronizationOptions{},
		TaskSynchronizeConnector: SynchronizationOptions{}, TaskComputeRoleModel: RoleModelOptions{}, TaskGenerateProvisioningOrders: OrderOptions{},
		TaskFulfill: OrderOptions{}, TaskComputeCorrelationKeys: nil, TaskUpdateClassification: nil, TaskUpdateEntityPropertyExpressions: nil, TaskBuildRoleModel: nil, TaskComputeRiskScores: nil,
	}
}

// Reads reports whether a type of task reads options of this struct.
func Reads[T any](t TaskType) bool {
	if _, common := any(*new(T)).(CommonOptions); common {
		return true
	}
	_, ok := OptionsOf()[t].(T)
	return ok
}

// decode reads options; VALIDATION when they are none of the struct.
func decode(identifier string, raw json.RawMessage, options any) error {
	if err := json.Unmarshal(raw, options); err != nil {
		return errs.Invalid("options", "The options of the task %s cannot be read: %s.", identifier, err).Because(err)
	}
	return nil
}

// said is a text that may be left out.
func said(text *string) string {
	if text == nil {
		return ""
	}
	return *text
}
