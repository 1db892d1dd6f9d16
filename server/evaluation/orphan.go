package evaluation

import "time"

// OrphanBatch is targets without owner to classify (role-model 5.4), after correlation. Resources must hold what the TargetKeyPath of
// their entity type reaches.
type OrphanBatch struct {
	Now       time.Time
	Initial   bool // first complete run: Pre-existing instead of Non-conforming
	BlockAll  bool
	NoReview  bool
	Targets   []Orphan
	Resources map[int64]*Resource
	SyncedAt  map[int64]time.Time
	// LiveSince tells, per source entity type, when its first complete computation ended; absent: not yet. A target that was there by then is
	// Pre-existing.
	LiveSince map[int64]time.Time
}

// Orphan is one target, with its row if it was classified before.
type Orphan struct {
	Resource *Resource
	Existing *ExistingType // nil: not classified yet
	Since    time.Time     // when it was seen first; zero: not known
}

// OrphanResult is what the classification of one target gives.
type OrphanResult struct {
	TargetID int64
	Delta    *TypeDelta // nil: nothing to save. Confidence below 100: only suggested
	Rule     int64      // classification rule; 0: none matched
	Err      error      // of the best rule that failed, if nothing matched; the other targets are not concerned
}
