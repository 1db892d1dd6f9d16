package evaluation

import (
	"maps"
	"slices"
	"time"

	"writ/server/evaluation/interval"
)

// Batch is what one call computes. Resources holds every resource a binding can reach from the owners, and all their targets.
type Batch struct {
	Now       time.Time
	Initial   bool // first complete run of the entity type: differences are Pre-existing, not Non-conforming
	BlockAll  bool // blockProvisioning / blockAllResourceTypeProvisioning (spec 2.3)
	NoReview  bool // "compute role model, no provisioning review" (spec 3.1)
	Force     bool // compute even when the fingerprint is unchanged
	Explain   bool // keep the reasons
	Redundant bool // tell what people approved although rules give it (role-model 12.10)
	Owners    []*Owner
	Resources map[int64]*Resource
	// SyncedAt tells, per target entity type, when the newest applied synchronization of it began; absent: never.
	SyncedAt map[int64]time.Time
	// Taken are values that somebody else has, of those that an earlier call claimed: the owner gets the next spelling.
	Taken map[Claim]bool
}

// Owner is one source resource with everything needed to compute it.
type Owner struct {
	Resource     *Resource
	Roles        []*AssignedRole
	Types        []*ExistingType
	Candidates   []Candidate
	Lookups      map[Key][]int64 // key of a QUERY rule -> resources found by it, sorted by id
	Denied       map[int64]bool  // target ids whose association was denied
	Fingerprint  []byte          // of the last evaluation; nil: never
	ModelVersion int64
	NextAt       *time.Time
	DepartedAt   *time.Time // when somebody made him leave at once: all that he had until then ends there (requests 12.8); nil: nobody did
}

// Claim is a value for which a rule has several spellings (iteration), and which an owner would get although nothing shows that it is his
// already. Whoever saves the result asks first whether somebody else has it.
type Claim struct {
	OwnerID      int64
	EntityTypeID int64 // of the target
	Property     string
	Value        string
}

// AssignedRole is a current row of assigned_role, existing or wanted.
type AssignedRole struct {
	ID           int64 // 0: new
	RoleID       int64
	Workflow     Workflow
	Origin       string // RULE INFERRED MANUAL FOUND GRACE
	IsDenied     bool
	Start, End   *time.Time
	InferredByID int64 // role id of the composite it comes through; 0 = none
	RuleIDs      []int64
	FoundBy      []int64          // of a found role: the rules of resource types whose values its owner's targets hold, by id
	Lacking      []int64          // of a found role: those that it would make true besides
	Parameters   map[string]int64 // dimension identifier -> resource id (role-model 3.4): what its rules are tested against; nil: nothing is said
	Ground       *Ground          // what it stands on, while its role has a grace period, and of a prolonged one what it stood on; nil: nothing is kept
}

// HasParameters reports whether it is held with exactly these parameters; none is none, written or not.
func (x *AssignedRole) HasParameters(params map[string]int64) bool {
	return len(x.Parameters) == 0 && len(params) == 0 || maps.Equal(x.Parameters, params)
}

// WasRefused: it was found, and somebody decided that it goes.
func (x *AssignedRole) WasRefused() bool {
	return x.Origin == OriginFound && x.Workflow == Cancellation && !x.IsDenied
}

// WaitsForDecision: it was found, and nobody decided about it yet.
func (x *AssignedRole) WaitsForDecision() bool {
	return x.Origin == OriginFound && x.Workflow.Found() && !x.IsDenied
}

// Same reports whether two rows say the same, whatever their ids.
func (x *AssignedRole) Same(y *AssignedRole) bool {
	return x.RoleID == y.RoleID && x.Workflow == y.Workflow && x.Origin == y.Origin && x.IsDenied == y.IsDenied && interval.StartOf(x.Start) == interval.StartOf(y.Start) &&
		interval.EndOf(x.End) == interval.EndOf(y.End) && x.InferredByID == y.InferredByID && slices.Equal(x.RuleIDs, y.RuleIDs) &&
		slices.Equal(x.FoundBy, y.FoundBy) && slices.Equal(x.Lacking, y.Lacking) && x.HasParameters(y.Parameters) && x.Ground.Same(y.Ground)
}

// Candidate is a target that one rule's key finds for an owner, and that nobody who lives has. RuleID 0: the key is the CreatedKey that an
// operator or a connector reported for an order of this owner (provisioning 4.3); it counts as sure.
type Candidate struct {
	TargetID int64
	RuleID   int64
	Owners   int // how many living owners have the same key under a rule of the same confidence: >1 is ambiguous
	// IsLeaving: its removal is on its way or was decided by a person: it cannot be had. It is listed so that its owner-to-be is looked at again.
	IsLeaving bool
	Former    *Former // nil: nobody has or had it
}

// Former is what is left of an owner who is gone, or of nobody's row whose removal has not begun: it ends when somebody living takes the
// target over. What this server wrote for the former owner stays its own work: a difference to it is a change of the source, not a foreign one.
type Former struct {
	ResourceTypeID int64
	Expected       Expected // as of the last evaluation of the former owner
}

// SeenSince reports whether the data of the target is newer than the computation that did not want the value any more: an answer that was
// lost, or came as an error, may have done something that older data does not show.
func (b *Batch) SeenSince(targetEntityTypeID int64, x Own) bool {
	at, ok := b.SyncedAt[targetEntityTypeID]
	return ok && interval.Instant(at) > x.Since
}

// ListedParameters gives the values of parameters by their names in order.
func ListedParameters(params map[string]int64) []int64 {
	out := make([]int64, 0, len(params))
	for _, name := range slices.Sorted(maps.Keys(params)) {
		out = append(out, params[name])
	}
	return out
}
