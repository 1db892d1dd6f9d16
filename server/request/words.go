package request

import "writ/server/rolemodel"

// stateWords are the states in the middle of a sentence.
var stateWords = map[RequestState]string{
	Submitted: "submitted", InApproval: "in approval", Approved: "approved", Fulfilled: "fulfilled", Declined: "declined", Expired: "expired", Cancelled: "cancelled", Withdrawn: "withdrawn",
}

// stateNow says what a state means for whoever wants to do something with it now.
var stateNow = map[RequestState]string{
	Submitted: "it is on its way to whoever decides", InApproval: "somebody has to decide on it", Approved: "it is decided, give it back or ask for its removal instead",
	Fulfilled: "it is done, give it back or ask for its removal instead", Declined: "ask again, as a new request", Expired: "ask again, as a new request",
	Cancelled: "ask again, as a new request", Withdrawn: "ask again, as a new request",
}

// reasons say why an item ended by itself (requests 4.1, 20).
var reasons = map[string]string{
	"role_deleted": "the role was deleted", "not_requestable": "the role cannot be asked for any more", "policy_disabled": "the policy of the role was switched off",
	"beneficiary_left": "the person has left", "given_by_rule": "a rule gives it by now", "row_gone": "what was asked about is gone",
	"taken_away": "somebody asked to have it taken away", "period_over": "the time it was asked for is over", "not_decided": "nobody decided in time",
	"out_of_policy": "the person is outside of the policy of the role by now", "denied_by_rule": "a rule forbids it to the person by now",
}

// exclusions say why somebody may not decide, by the codes of request_exclusion (requests 5.3).
var exclusions = map[string]string{
	"is_requester":   "You asked for this yourself. Somebody else has to decide on it.",
	"is_beneficiary": "This is about you. Somebody else has to decide on it.",
	"same_person":    "This is about you, or you asked for it by another account of yours. Somebody else has to decide on it.",
	"api_client":     "A program does not decide about requests. Somebody who has signed in, or a personal token of his, has to.",
	"decided_before": "You decided on another level of this. Somebody else has to decide on this one.",
	"handed_over":    "You handed your place over. Take it back to decide yourself.",

	"delegated_by_excluded": "Your place is from somebody who asked for this, or whom it is about. Somebody else has to decide on it.",
}

// actsForExcluded say why somebody may not decide for another one, by the same codes: as that one could not (requests 5.3). %s is who that is.
var actsForExcluded = map[string]string{
	"is_requester":   "You would act for %s, who asked for this. Somebody else has to decide on it.",
	"is_beneficiary": "You would act for %s, whom this is about. Somebody else has to decide on it.",
	"same_person":    "You would act for %s, whom this is about, or who asked for it. Somebody else has to decide on it.",
	"decided_before": "You would act for %s, who decided on another level of this, or for whom somebody did. Somebody else has to decide on this one.",
	"handed_over":    "You would act for %s, who handed his place over.",

	"delegated_by_excluded": "You would act for %s, whose place is from somebody who asked for this, or whom it is about. Somebody else has to decide on it.",
}

// foundBy says how somebody was found, by the words of finders (requests 5.2).
var foundBy = map[string]string{
	rolemodel.FindManager: "manager of the person", rolemodel.FindRequesterManager: "manager of who asked", rolemodel.FindRoleOwner: "answers for the role",
	rolemodel.FindResourceTypeOwner: "answers for a resource type of the role", rolemodel.FindRiskOwner: "answers for the risk", rolemodel.FindProfile: "holds a profile", rolemodel.FindPerson: "named by the rule",
	rolemodel.FindReviewers: "reviews the roles of the person", foundAssigned: "named by whoever supervises requests",
}

// notAskedBecause say why somebody is not asked whom a rule found (requests 5.3).
var notAskedBecause = map[string]string{
	"is_requester": "asked for it", "is_beneficiary": "gets or loses it", "same_person": "is the person who asked for it, or who gets or loses it, by another account or record", "decided_before": "decided on another level of it",
	"left": "has left", "disabled": "has an account that is switched off", "cannot_sign_in": "has no account to sign in with",
	"api_client": "is a program", "handed_over": "handed his place over", "delegated_by_excluded": "has his place from somebody who may not decide",
}
