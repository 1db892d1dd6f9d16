package access

import (
	"context"
	"fmt"
	"strings"

	"github.com/uptrace/bun"

	"writ/server/permit"
)

// known is the permission tree as the spec lists it (10.3). {…} stands for one generated segment: {entityType}, {connector} and
// {resourceType} name objects of the configuration, * is any text; a|b is one of several words.
var known = []string{
	"/Custom/ProvisioningPolicy/PerformManualProvisioning|BulkPerformManualProvisioning|ReviewProvisioning|BulkReviewProvisioning/{entityType}",
	"/Custom/ProvisioningPolicy/ReviewRoles|MassReviewRoles|ReconciliateRoles|MassReconciliateRoles|BulkRoleReconciliation|ReconciliateResources|BulkReconciliateResources|MassReconciliateResources/{entityType}",
	"/Custom/ProvisioningPolicy/AssignedRoles/{entityType}",
	"/Custom/ProvisioningPolicy/PendingAssignedResourceTypes/{resourceType}",
	"/Custom/ManageAccounts/*",
	"/Custom/Resources/{entityType}/Query|Create|Update|MassUpdate|Delete|View|ViewHistory|Self|SelfOwnedResources|SelfTargetResources|ViewOwnedResources|ViewTargetResources",
	"/Custom/ResourceChanges|ResourceLinkChanges|ResourceFileChanges/{connector}",
	"/Custom/ResourceFiles/{entityType}/*/View",
	"/Custom/Workflows/Supervise/{entityType}",
	"/Custom/Workflows/Departure_{entityType}/Immediate/ActionPending",
	"/Custom/Delegations/{entityType}/Self|Manage",
	"/Custom/Workflows|WorkflowsNotifications/*/*/*",
	"/Custom/Reports/*",
	"/Custom/AccessCertification/AutoAssigned|ManualAssigned/*",
	"/ProvisioningPolicy/AssignedResourceType/ManualProvisioningReview",
	"/ProvisioningPolicy/AssignedSingleRole|AssignedCompositeRole|AssignedResourceType/Query|Create|Update|Delete|Comment",
	"/ProvisioningPolicy/AssignedResourceScalar|AssignedResourceNavigation|AssignedResourceBinary/Query|Create|Update|Delete",
	"/ProvisioningPolicy/*/Query|Create|Update|Delete|Start|OverrideApproval|OverrideBlocking",
	"/Connectors/Agent|Connection|Connector|EntityTypeMapping|EntityPropertyMapping|EntityAssociationMapping/Query|Create|Update|Delete",
	"/Connectors/ConnectionTable|ConnectionColumn|ConnectionPackage|ResourceTypeMapping/Query",
	"/Connectors/SynchronizeSession|ProvisioningSession",
	"/Jobs/Job|JobStep|JobInstance|Task|TaskInstance|TaskDependOnTask|TaskEntityType|TaskResourceType|TaskDimension/Query|Create|Update|Delete",
	"/Jobs/RunJob/GetLog",
	"/Jobs/RunJob/Launch|Repair/Completed|Warning|Errored|Blocked|Aborted",
	"/AccessControl/Profile|AssignedProfile|AccessControlRule|AccessControlEntry|AccessControlFilter|OpenIdClient/Query|Create|Update|Delete",
	"/AccessCertification/AccessCertificationCampaign/Query|Create|Update|Delete|Process",
	"/Report/ReportQuery/Query|Create|Update|Delete",
	"/Report/GenerateReportFileFromQuery|GenerateReportFileFromReportQuery/Query",
	"/Universes/Universe|UniverseData|EntityInstance/Query",
	"/Metadata/EntityType|EntityProperty|EntityAssociation|Dimension|Binding|Setting/Query|Create|Update|Delete",
	"/Settings/Manage",
	"/Settings/Webhook/Query|Update",
	"/UserInterface/Reload",
	"/UserInterface/*/Query|Create|Update|Delete",
	"/Monitoring",
	"/Queue/Command",
	"/EntityTypeMappings",
	"/Workflows/*/Query|Create|Update|Delete|Start|Resume|Supervise|AssignedTo|ExpectedDate",
	"/Resources/Resource/Query|Create|Update|Delete",
	"/Resources/Incremental/Query",
}

// names are the identifiers that generated segments may have.
type names map[string]map[string]bool

func selectNames(ctx context.Context, db bun.IDB) (names, error) {
	var rows []struct{ Kind, Identifier string }
	err := db.NewRaw(`SELECT '{entityType}' AS kind, identifier FROM entity_type
		UNION ALL SELECT '{connector}', identifier FROM connector
		UNION ALL SELECT '{resourceType}', identifier FROM resource_type`).Scan(ctx, &rows)
	if err != nil {
		return nil, fmt.Errorf("read the names of generated permissions: %w", err)
	}
	n := names{}
	for _, r := range rows {
		if n[r.Kind] == nil {
			n[r.Kind] = map[string]bool{}
		}
		n[r.Kind][r.Identifier] = true
	}
	return n, nil
}

// isKnown reports whether a normalised path is one of the tree or an ancestor of one.
func (n names) isKnown(path string) bool {
	if path == "/" {
		return true
	}
	segments := strings.Split(path[1:], "/")
	for _, pattern := range known {
		if n.matches(strings.Split(pattern[1:], "/"), segments) {
			return true
		}
	}
	return false
}

func (n names) matches(pattern, segments []string) bool {
	if len(segments) > len(pattern) {
		return false
	}
	for i, s := range segments {
		if !n.matchesSegment(pattern[i], s) {
			return false
		}
	}
	return true
}

func (n names) matchesSegment(pattern, segment string) bool {
	if pattern == "*" {
		return segment != ""
	}
	if strings.HasPrefix(pattern, "{") {
		return n[pattern][segment]
	}
	for word := range strings.SplitSeq(pattern, "|") {
		if word == segment {
			return true
		}
	}
	return false
}

// Unknown gives those of the permission paths that neither exist nor are ancestors of one: typing errors, or objects that are not
// there (yet). They do no harm, they only never open anything.
func Unknown(ctx context.Context, db bun.IDB, paths ...string) ([]string, error) {
	n, err := selectNames(ctx, db)
	if err != nil {
		return nil, err
	}
	var unknown []string
	for _, p := range paths {
		if !n.isKnown(permit.Normalise(p)) {
			unknown = append(unknown, p)
		}
	}
	return unknown, nil
}
