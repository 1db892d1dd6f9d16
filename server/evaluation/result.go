package evaluation

import "time"

// Result is what one owner's evaluation gives. Unchanged: the fingerprint matched, nothing else is set.
type Result struct {
	OwnerID     int64
	Unchanged   bool
	Fingerprint []byte
	NextAt      *time.Time // earliest future instant at which the result changes by itself
	Contexts    []Context  // by rule, the best ranked first
	Roles       []RoleDelta
	Types       []TypeDelta
	Facts       []int64    // resources read, without the owner itself, sorted
	Claims      []Claim    // values of which another spelling is to be tried when they are taken
	SourceKeys  []Key      // correlation keys of the owner, to store with side S
	Exposures   []Exposure // risks, by id
	Withheld    []Withheld // what risks keep back, in the order in which it was decided
	Err         error      // this owner could not be computed at all; the others are not concerned
	Trace       *Trace     // with Explain
}

// Context is a set of dimension values valid over an interval (role-model 4.2).
type Context struct {
	RuleID     int64
	RecordID   int64 // what it is named after; 0: no record says anything
	Start, End *time.Time
	Dimensions map[string]int64 // dimension identifier -> resource id
	Sections   []ContextSection // in the order of the sections; none: the rule has no sections
}

// ContextSection is what stands behind one record section of a context (role-model 4.5).
type ContextSection struct {
	SectionID int64  `json:"section"`
	Key       string `json:"key,omitempty"`    // of the instance, when the section tells instances apart by a key
	RecordID  int64  `json:"record,omitempty"` // that says it; of a gap: the first that lends to it; 0: none
	IsGap     bool   `json:"gap,omitempty"`    // nothing is in force there
}
