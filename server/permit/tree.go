package permit

import (
	"slices"
	"strings"
)

// The permission tree (spec 10.3). A path with a trailing name is generated per entity type, connector or job.
const (
	ManualProvisioning        = "/Custom/ProvisioningPolicy/PerformManualProvisioning"     // + /{sourceEntityType}; mail
	BulkManualProvisioning    = "/Custom/ProvisioningPolicy/BulkPerformManualProvisioning" // + /{sourceEntityType}
	TicketReview              = "/ProvisioningPolicy/AssignedResourceType/ManualProvisioningReview"
	ReviewProvisioning        = "/Custom/ProvisioningPolicy/ReviewProvisioning"        // + /{sourceEntityType}; mail
	BulkReviewProvisioning    = "/Custom/ProvisioningPolicy/BulkReviewProvisioning"    // + /{sourceEntityType}; errored orders only
	ReconciliateResources     = "/Custom/ProvisioningPolicy/ReconciliateResources"     // + /{sourceEntityType}; mail
	MassReconciliateResources = "/Custom/ProvisioningPolicy/MassReconciliateResources" // + /{sourceEntityType}; more than one at once
	BulkReconciliateResources = "/Custom/ProvisioningPolicy/BulkReconciliateResources" // the same under another name
	ReviewRoles               = "/Custom/ProvisioningPolicy/ReviewRoles"               // + /{sourceEntityType}; mail
	ReconciliateRoles         = "/Custom/ProvisioningPolicy/ReconciliateRoles"         // + /{sourceEntityType}; mail
	MassReconciliateRoles     = "/Custom/ProvisioningPolicy/MassReconciliateRoles"     // + /{sourceEntityType}; more than one at once
	BulkRoleReconciliation    = "/Custom/ProvisioningPolicy/BulkRoleReconciliation"    // the same under another name
	MassReviewRoles           = "/Custom/ProvisioningPolicy/MassReviewRoles"           // + /{sourceEntityType}; more than one at once
	Supervise                 = "/Custom/Workflows/Supervise"                          // + /{entityType}; sees all requests, withdraws them with a reason
	Delegations               = "/Custom/Delegations"                                  // + /{entityType}/{Self,Manage}
	OrderQuery                = "/ProvisioningPolicy/AssignedResourceType/Query"
	AssignmentQuery           = "/ProvisioningPolicy/AssignedSingleRole/Query"
	ProvisioningStart         = "/ProvisioningPolicy/Provisioning/Start"
	Resources                 = "/Custom/Resources" // + /{entityType}/{Query,Create,Update,MassUpdate,Delete,View,ViewHistory}
	ResourceChanges           = "/Custom/ResourceChanges"
	RoleModelQuery            = "/ProvisioningPolicy/Policy/Query"
	RoleModelUpdate           = "/ProvisioningPolicy/Policy/Update"
	IdentifiedRiskQuery       = "/ProvisioningPolicy/IdentifiedRisk/Query"
	IdentifiedRiskUpdate      = "/ProvisioningPolicy/IdentifiedRisk/Update" // attach a risk to somebody, and detach it
	RiskOverrideBlocking      = "/ProvisioningPolicy/Risk/OverrideBlocking" // blocking unless overridden becomes a warning
	RiskOverrideApproval      = "/ProvisioningPolicy/Risk/OverrideApproval" // the same for approval required unless overridden
	RedundantQuery            = "/ProvisioningPolicy/RedundantAssignment/Query"
	RedundantStart            = "/ProvisioningPolicy/RedundantAssignment/Start"
	SimulationQuery           = "/ProvisioningPolicy/PolicySimulation/Query"
	SimulationStart           = "/ProvisioningPolicy/PolicySimulation/Start"
	ConnectorQuery            = "/Connectors/Connector/Query"
	ConnectorUpdate           = "/Connectors/Connector/Update"
	JobQuery                  = "/Jobs/Job/Query"
	JobUpdate                 = "/Jobs/Job/Update"
	JobInstanceQuery          = "/Jobs/JobInstance/Query"
	JobLog                    = "/Jobs/RunJob/GetLog"
	JobLaunched               = "/Jobs/RunJob/Launch" // + /{Completed,Warning,Errored,Blocked,Aborted}; mail
	JobRepaired               = "/Jobs/RunJob/Repair" // + the same; mail
	AccessQuery               = "/AccessControl/Profile/Query"
	AccessUpdate              = "/AccessControl/Profile/Update"
	MetadataQuery             = "/Metadata/EntityType/Query"
	MetadataUpdate            = "/Metadata/EntityType/Update"
	SettingsManage            = "/Settings/Manage"
	Monitoring                = "/Monitoring"    // River UI to read, audit log
	QueueCommand              = "/Queue/Command" // River UI: retry, cancel, delete jobs, pause queues
	WebhookQuery              = "/Settings/Webhook/Query"
	WebhookUpdate             = "/Settings/Webhook/Update"
)

// DelegateSelf is the permission to let others act for oneself (requests 14.1).
func DelegateSelf(entityType string) string { return Delegations + "/" + entityType + "/Self" }

// DelegateManage is the permission to see and make such delegations for others.
func DelegateManage(entityType string) string { return Delegations + "/" + entityType + "/Manage" }

// Request is the permission to ask for entitlements of resources of an entity type (requests 14.1).
func Request(entityType string) string {
	return "/Custom/Workflows/ModifyPermissions_" + entityType + "/Request/ActionPending"
}

// MassRequest is the permission to ask for the same for many of them at once, beside Request.
func MassRequest(entityType string) string {
	return "/Custom/Workflows/MassModifyPermissions_" + entityType + "/Request/ActionPending"
}

// DepartNow is the permission to make people of an entity type leave at once: everything that they have ends (requests 12.8).
func DepartNow(entityType string) string {
	return "/Custom/Workflows/Departure_" + entityType + "/Immediate/ActionPending"
}

// customAreas are the areas whose stored form begins with /Custom.
var customAreas = []string{
	"/ProvisioningPolicy/PerformManualProvisioning", "/ProvisioningPolicy/BulkPerformManualProvisioning",
	"/ProvisioningPolicy/ReviewProvisioning", "/ProvisioningPolicy/BulkReviewProvisioning", "/ProvisioningPolicy/ReviewRoles", "/ProvisioningPolicy/MassReviewRoles",
	"/ProvisioningPolicy/ReconciliateRoles", "/ProvisioningPolicy/MassReconciliateRoles", "/ProvisioningPolicy/BulkRoleReconciliation", "/ProvisioningPolicy/ReconciliateResources", "/ProvisioningPolicy/MassReconciliateResources", "/ProvisioningPolicy/BulkReconciliateResources", "/Resources/Directory",
	"/ResourceChanges", "/ResourceLinkChanges", "/ResourceFileChanges",
}

// ownedSets are the built-in data sets whose rows belong to an owner in the directory.
var ownedSets = []string{
	"AssignedSingleRole", "AssignedCompositeRole", "AssignedResourceType", "AssignedResourceScalar", "AssignedResourceNavigation", "AssignedResourceBinary", "IdentifiedRisk",
}

// noRows begin the permissions about what belongs to no resource: filters on rows cannot narrow it.
var noRows = []string{
	"/Jobs/", "/AccessControl/", "/Metadata/", "/Settings/", "/Queue/", RoleModelQuery, RoleModelUpdate, SimulationStart, ConnectorUpdate, ProvisioningStart,
}

// HasNoRows reports whether a permission is about what has no rows that filters could choose: configuration, jobs, settings.
func HasNoRows(permission string) bool {
	return slices.ContainsFunc(noRows, func(begin string) bool { return strings.HasPrefix(permission+"/", begin) || permission == begin })
}

// jobSets are the built-in data sets about jobs.
var jobSets = []string{"Job", "JobInstance", "TaskInstance", "RunJob"}

// For gives the path of a per-type permission, e.g. For(ReviewProvisioning, "Directory_User").
func For(permission, name string) string { return permission + "/" + name }

// Resource gives the path of a data permission, e.g. Resource("Directory_User", "Query").
func Resource(entityType, verb string) string { return Resources + "/" + entityType + "/" + verb }
