package reconciliation

import (
	"strings"
	"time"

	"writ/server/assignment"
	"writ/server/directory"
	"writ/server/evaluation"
	"writ/server/evaluation/model"
	"writ/server/page"
	"writ/server/rolemodel"
)

// Kind is what a difference is about. Each difference is of exactly one.
type Kind string

// The kinds.
const (
	Unauthorized Kind = "UNAUTHORIZED" // an account whose owner is known, and that no rule explains
	Orphan       Kind = "ORPHAN"       // an account without an owner, or whose owner is gone
	Unreconciled Kind = "UNRECONCILED" // a value that is not the computed one
	Missing      Kind = "MISSING"      // a value that is computed, and of which the system has nothing
)

// State says how a difference came to be.
type State string

// The states, with their numbers in role-model 12.6.
const (
	NonConforming State = "NON_CONFORMING" // 1: found since
	PreExisting   State = "PRE_EXISTING"   // 3: found when the type was computed first
	Questioned    State = "QUESTIONED"     // 24: somebody kept the value, and something else is computed by now
)

var states = map[State]evaluation.Workflow{NonConforming: evaluation.NonConforming, PreExisting: evaluation.PreExisting, Questioned: evaluation.Questioned}

// Decision is what a person decides about a difference.
type Decision string

// The decisions.
const (
	UseProposed           Decision = "USE_PROPOSED"            // a value: the computed one is written
	KeepCurrent           Decision = "KEEP_CURRENT"            // a value: it stays as it is
	Postpone              Decision = "POSTPONE"                // not now: not listed, nothing happens to it by itself
	TakeUpAgain           Decision = "TAKE_UP_AGAIN"           // ends a postponement
	Authorize             Decision = "AUTHORIZE"               // an account: it is its owner's
	AuthorizeWithoutOwner Decision = "AUTHORIZE_WITHOUT_OWNER" // an account: it is nobody's and stays
	DeleteAccount         Decision = "DELETE_ACCOUNT"          // an account: it goes
	KeepRole              Decision = "KEEP_ROLE"               // a found role: it is held from now on
	RemoveRole            Decision = "REMOVE_ROLE"             // a found role: it goes with the values that no other role explains
)

// Item is a difference that waits for a decision. It is the GraphQL type too.
type Item struct {
	ID                int64
	Version           int
	StateCode         evaluation.Workflow // 1, 3 or 24
	ResourceType      string              // identifier
	ResourceTypeName  string
	System            *string // identifier of the connector; nil without one
	SystemName        *string
	Owner             *directory.ResourceRef // nil: nobody
	OwnerEntityType   string                 // identifier of the entity type whose resources can own it
	IsOwnerGone       bool                   // the owner is not in his source any more
	Target            *directory.ResourceRef
	Property          *string // identifier; nil: the account itself
	PropertyName      *string
	Current           string // as people read it; of an account its name; empty: nothing
	Proposed          string // the computed value; empty: nothing
	FoundAt           time.Time
	PostponedAt       *time.Time
	PostponedBy       *string
	Confidence        *int     // percent, of an account whose owner is only guessed
	IsOwn             bool     // about the caller: somebody else has to decide
	FoundRoles        []string // names of the roles that were read from the value
	DecisionText      *string
	DecidedBy         *string
	DecidedAt         *time.Time
	Comment           string
	ClosedAt          *time.Time
	Automatic         *assignment.AutomaticDecision // of an account that waits: what a rule decides; nil: none
	keep, remove      rolemodel.CommentMode         // as the policy of the resource type says
	waiting           model.Waiting
	resourceTypeID    int64
	shape             string
	ownerID, targetID int64
}

// Kind is what the difference is about.
func (i *Item) Kind() Kind {
	switch {
	case i.Property == nil && (i.ownerID == 0 || i.IsOwnerGone):
		return Orphan
	case i.Property == nil:
		return Unauthorized
	case i.Current == "":
		return Missing
	default:
		return Unreconciled
	}
}

// IsForRules says whether a rule could give what was found: an account of somebody, or what it points to.
func (i *Item) IsForRules() bool {
	return i.ClosedAt == nil && i.ownerID != 0 && !i.IsOwnerGone && (i.Property == nil || i.Current != "" && strings.HasPrefix(i.shape, "#"))
}

// State says how the difference came to be.
func (i *Item) State() State {
	for name, code := range states {
		if code == i.StateCode {
			return name
		}
	}
	return NonConforming
}

// Decision is what was decided; nil: nothing yet, or the difference went by itself.
func (i *Item) Decision() *Decision {
	if i.DecisionText == nil {
		return nil
	}
	return new(Decision(*i.DecisionText))
}

// Pattern is the id of the pattern that the difference is one of. Accounts have no values that could look alike.
func (i *Item) Pattern() string {
	if i.Property == nil {
		return patternKey{Type: i.resourceTypeID, Kind: i.Kind()}.id()
	}
	return patternKey{i.resourceTypeID, *i.Property, i.shape, i.Kind()}.id()
}

// Decisions are those that may be made now, by whoever may decide.
func (i *Item) Decisions() []Decision {
	out := []Decision{}
	if i.ClosedAt != nil {
		return out
	}
	for _, r := range rules {
		if r.may(i.Property != nil, i.ownerID != 0 && !i.IsOwnerGone, i.PostponedAt != nil) {
			out = append(out, r.decision)
		}
	}
	return out
}

// DecisionComment says whether a decision takes a comment.
type DecisionComment struct {
	Decision   Decision
	activation rolemodel.CommentMode
}

// Activation is whether it takes one, as a word.
func (c DecisionComment) Activation() string { return rolemodel.CommentWords[c.activation] }

// Comments says for each decision that may be made now whether it takes a comment.
func (i *Item) Comments() []DecisionComment {
	policy := rolemodel.Comments{CommentActivationOnKeepGapInReconciliation: i.keep, CommentActivationOnDeleteGapInReconciliation: i.remove}
	out := []DecisionComment{}
	for _, d := range i.Decisions() {
		r, _ := ruleOf(d)
		out = append(out, DecisionComment{d, r.comment.of(policy)})
	}
	return out
}

// ReconciliationItemConnection is a page of differences.
type ReconciliationItemConnection = page.Connection[*Item]

// ReconciliationSort is how differences are listed.
type ReconciliationSort string

// The sorts; by id, as they were found.
const (
	Oldest ReconciliationSort = "OLDEST" // default
	Newest ReconciliationSort = "NEWEST"
)

// ReconciliationFilter narrows a list of differences; conditions are joined by AND, values of one by OR.
type ReconciliationFilter struct {
	IDs           []int64                    `json:"ids,omitempty"` // these, whatever became of them
	Kinds         []Kind                     `json:"kinds,omitempty"`
	States        []State                    `json:"states,omitempty"`
	Systems       []string                   `json:"systems,omitempty"`       // identifiers of connectors
	ResourceTypes []string                   `json:"resourceTypes,omitempty"` // identifiers
	Properties    []string                   `json:"properties,omitempty"`    // identifiers
	Pattern       *string                    `json:"pattern,omitempty"`
	OwnerID       *int64                     `json:"ownerId,omitempty"`
	Text          *string                    `json:"text,omitempty"` // owner or account
	FoundAfter    *time.Time                 `json:"foundAfter,omitempty"`
	FoundBefore   *time.Time                 `json:"foundBefore,omitempty"`
	Postponed     *bool                      `json:"postponed,omitempty"`    // nil: those that are not; with WithoutOwner: as that says
	WithoutOwner  *AccountWithoutOwnerFilter `json:"withoutOwner,omitempty"` // those about the accounts that it finds
}

func text(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}
