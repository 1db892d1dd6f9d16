package rolemodel

import (
	"strings"

	"writ/server/errs"
)

// EndLock is how the end of an assignment given by hand goes with the contexts of its owner (role-model 2.1).
type EndLock int16

const (
	EndFree         EndLock = 0 // typed or not; free unless locked
	EndLocked       EndLock = 1 // typed or not; locked to the context unless freed
	EndNeverLocked  EndLock = 2 // has to be typed
	EndAlwaysLocked EndLock = 3 // the end of the context, always
	EndInherited    EndLock = 4 // as the policy says; of roles and resource types only
)

// EndLockWords are the words of EndLock in a configuration, by number.
var EndLockWords = []string{"free", "locked", "neverLocked", "alwaysLocked", "inherited"}

// CommentMode is whether a decision takes a comment (role-model 2.1).
type CommentMode int16

const (
	CommentDisabled  CommentMode = 0
	CommentOptional  CommentMode = 1
	CommentRequired  CommentMode = 2
	CommentInherited CommentMode = 3 // as the policy says; of roles only
)

// CommentWords are the words of CommentMode in a configuration, by number.
var CommentWords = []string{"disabled", "optional", "required", "inherited"}

// ImplicitMode is whether steps of an approval are left out that the requester could take himself (role-model 2.1).
type ImplicitMode int16

const (
	ImplicitInherited ImplicitMode = 0 // as the policy says
	ImplicitOff       ImplicitMode = 1 // every step is taken
	ImplicitOn        ImplicitMode = 2
)

// ImplicitWords are the words of ImplicitMode in a configuration, by number.
var ImplicitWords = []string{"inherited", "explicit", "implicit"}

// ProlongationMode is whether an end may be put off without an approval (role-model 2.1).
type ProlongationMode int16

const (
	ProlongationInherited ProlongationMode = 0 // as the policy says
	ProlongationOn        ProlongationMode = 1
	ProlongationOff       ProlongationMode = 2
)

// ProlongationWords are the words of ProlongationMode in a configuration, by number.
var ProlongationWords = []string{"inherited", "enabled", "disabled"}

// Comments are the four settings about comments of decisions.
type Comments struct {
	CommentActivationOnApproveInReview           CommentMode
	CommentActivationOnDeclineInReview           CommentMode
	CommentActivationOnDeleteGapInReconciliation CommentMode
	CommentActivationOnKeepGapInReconciliation   CommentMode
}

// PolicySettings are those of a policy, which hold for its roles and resource types unless they say otherwise (role-model 2.2).
type PolicySettings struct {
	HasImplicitApproval                        bool
	ProlongationWithoutApproval                bool
	MaxDuration                                int // minutes; 0: no limit
	GracePeriod                                int // minutes; 0: none
	ManualAssignmentEndDateLockedToContextMode EndLock
	Comments
}

// SharedSettings are those that roles and resource types both may say otherwise.
type SharedSettings struct {
	ApprovalWorkflowType                       int16
	ImplicitApproval                           ImplicitMode
	ProlongationWithoutApproval                ProlongationMode
	ManualAssignmentEndDateLockedToContextMode EndLock
}

// RoleSettings are those that only roles may say otherwise.
type RoleSettings struct {
	MaxDuration *int // minutes; nil: as the policy says, 0: no limit
	GracePeriod *int // minutes; nil: as the policy says, 0: none
	Comments
}

// Settings are what is in force for one role or resource type: what it says itself, and where it says nothing what its policy says.
type Settings struct {
	ApprovalWorkflowType int // approvals of a request, 0 to 3; 4: it cannot be requested
	PolicySettings
	FromPolicy []string // the settings that the policy decides, by name, in the order of role-model 2.2
}

// OfRole gives the settings in force for a role of the policy. It is the policy of the role that counts, whatever the policies of its rules.
func (p *Policy) OfRole(r *Role) Settings {
	s := p.shared(r.SharedSettings)
	s.FromPolicy = append(s.FromPolicy, inherit(&s.MaxDuration, r.MaxDuration, "maxDuration")...)
	s.FromPolicy = append(s.FromPolicy, inherit(&s.GracePeriod, r.GracePeriod, "gracePeriod")...)
	for _, c := range []struct {
		own  CommentMode
		to   *CommentMode
		name string
	}{
		{r.CommentActivationOnApproveInReview, &s.CommentActivationOnApproveInReview, "commentActivationOnApproveInReview"},
		{r.CommentActivationOnDeclineInReview, &s.CommentActivationOnDeclineInReview, "commentActivationOnDeclineInReview"},
		{r.CommentActivationOnDeleteGapInReconciliation, &s.CommentActivationOnDeleteGapInReconciliation, "commentActivationOnDeleteGapInReconciliation"},
		{r.CommentActivationOnKeepGapInReconciliation, &s.CommentActivationOnKeepGapInReconciliation, "commentActivationOnKeepGapInReconciliation"},
	} {
		own := &c.own
		if c.own == CommentInherited {
			own = nil
		}
		s.FromPolicy = append(s.FromPolicy, inherit(c.to, own, c.name)...)
	}
	return s
}

// OfType gives the settings in force for a resource type of the policy. What only roles may say is as the policy says.
func (p *Policy) OfType(t *ResourceType) Settings {
	s := p.shared(t.SharedSettings)
	s.FromPolicy = append(s.FromPolicy, "maxDuration", "gracePeriod", "commentActivationOnApproveInReview", "commentActivationOnDeclineInReview",
		"commentActivationOnDeleteGapInReconciliation", "commentActivationOnKeepGapInReconciliation")
	return s
}

func (p *Policy) shared(own SharedSettings) Settings {
	s := Settings{ApprovalWorkflowType: int(own.ApprovalWorkflowType), PolicySettings: p.PolicySettings, FromPolicy: []string{}}
	implicit, prolong := own.ImplicitApproval == ImplicitOn, own.ProlongationWithoutApproval == ProlongationOn
	for _, x := range []struct {
		to        *bool
		own       bool
		inherited bool
		name      string
	}{
		{&s.HasImplicitApproval, implicit, own.ImplicitApproval == ImplicitInherited, "hasImplicitApproval"},
		{&s.ProlongationWithoutApproval, prolong, own.ProlongationWithoutApproval == ProlongationInherited, "prolongationWithoutApproval"},
	} {
		if x.inherited {
			s.FromPolicy = append(s.FromPolicy, x.name)
		} else {
			*x.to = x.own
		}
	}
	lock := &own.ManualAssignmentEndDateLockedToContextMode
	if *lock == EndInherited {
		lock = nil
	}
	s.FromPolicy = append(s.FromPolicy, inherit(&s.ManualAssignmentEndDateLockedToContextMode, lock, "manualAssignmentEndDateLockedToContextMode")...)
	return s
}

// inherit puts what an object says in place of what its policy says; nothing: the policy decides, and the name is given.
func inherit[T any](to, own *T, name string) []string {
	if own == nil {
		return []string{name}
	}
	*to = *own
	return nil
}

// EndLock is how the end of an assignment goes with the contexts of its owner, as a word.
func (s PolicySettings) EndDateLock() string {
	return EndLockWords[s.ManualAssignmentEndDateLockedToContextMode]
}

// OnApprove is whether approving takes a comment, as a word.
func (c Comments) OnApprove() string {
	return CommentWords[c.CommentActivationOnApproveInReview]
}

// OnDecline is whether declining takes a comment, as a word.
func (c Comments) OnDecline() string {
	return CommentWords[c.CommentActivationOnDeclineInReview]
}

// OnDelete is whether refusing what was found takes a comment, as a word.
func (c Comments) OnDelete() string {
	return CommentWords[c.CommentActivationOnDeleteGapInReconciliation]
}

// OnKeep is whether keeping what was found takes a comment, as a word.
func (c Comments) OnKeep() string {
	return CommentWords[c.CommentActivationOnKeepGapInReconciliation]
}

// Take gives what is kept of the comment of a decision: nothing where none is asked for. VALIDATION when one is required and missing.
func (c CommentMode) Take(comment string) (string, *errs.Error) {
	switch {
	case c == CommentDisabled:
		return "", nil
	case c == CommentRequired && strings.TrimSpace(comment) == "":
		return "", errs.Invalid("input.comment", "Say why: the comment is required.")
	}
	return comment, nil
}
