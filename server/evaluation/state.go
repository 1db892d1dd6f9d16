package evaluation

// State is a provisioning state: nine numbers and names that never change (provisioning spec 1.1). server/order/state.go moves them.
type State int16

const (
	None             State = 0 // needs no provisioning, or not due yet
	Pending          State = 1 // ready, not sent
	Transmitted      State = 2 // handed over, no answer yet (manual: a ticket is open)
	Errored          State = 3 // the system or the operator reported an error
	Verified         State = 4 // synchronized data shows the expected value
	AwaitingApproval State = 5 // held until reviewed
	Inactive         State = 6 // serves no purpose any more: past, declined
	Error            State = 7 // a rule or expression failed
	Executed         State = 8 // answered OK, not seen in synchronized data yet
)

// OrderKind is what an order does to the target (spec 2.1).
type OrderKind string

const (
	Create    OrderKind = "CREATE"
	Associate OrderKind = "ASSOCIATE"
	Update    OrderKind = "UPDATE"
	Delete    OrderKind = "DELETE"
)

// LineAction is what one line does.
type LineAction string

const (
	LineCreate    LineAction = "CREATE"    // property empty: the target itself
	LineAssociate LineAction = "ASSOCIATE" // property empty
	LineDelete    LineAction = "DELETE"    // property empty
	LineSet       LineAction = "SET"       // a scalar, or a mono-valued navigation (ValueID set)
	LineAdd       LineAction = "ADD"       // one value of a collection
	LineRemove    LineAction = "REMOVE"
)

// WaitReason is why an order or a line does not move. Who generates and sends has reasons, too.
type WaitReason string

// The reasons to wait. No reason is "none" in the database.
const (
	WaitNotDue            WaitReason = "not_due"
	WaitDependency        WaitReason = "dependency"
	WaitTargetKey         WaitReason = "target_key"
	WaitHeir              WaitReason = "heir" // it is not known yet whether somebody takes the account over
	WaitKey               WaitReason = "key"  // the line that designates what is created may not be sent
	WaitOutage            WaitReason = "outage"
	WaitOwnerProperty     WaitReason = "owner_property"
	WaitConnectorInactive WaitReason = "connector_inactive"
	WaitNoConnection      WaitReason = "no_connection"
	WaitNoCreation        WaitReason = "creation_not_allowed"
	WaitMissing           WaitReason = "missing_in_target" // a value seen in the target once is gone from it (role-model 12.7)
	WaitAmbiguousOwner    WaitReason = "ambiguous_owner"   // somebody else has as good a claim to the target (role-model 5.3)
	WaitFoundRole         WaitReason = "found_role"        // nothing but a found role, about which nobody decided, wants it (role-model 12.5)
	WaitItemError         WaitReason = "item_error"
	WaitThreshold         WaitReason = "threshold"
	WaitReading           WaitReason = "reading" // withdrawn before it was seen: the next reading of its system tells whether it is there
	WaitAgentOffline      WaitReason = "agent_offline"
)
