package manifest

import (
	"writ/server/errs"
	"writ/server/page"
	"writ/server/rolemodel"
)

// Policy is a set of roles, types and rules that belong together (role-model 2.2).
type Policy struct {
	// Name in the configuration, unique for its kind; stable, unlike the display name. Letters, digits, _ - . and / only.
	Identifier string `yaml:"identifier"`
	// Name to show. Default: the identifier.
	DisplayName string `yaml:"displayName,omitempty" default:"=Identifier"`
	// Its rules count. False: they give nothing, and what they gave before is taken away.
	IsProvisioningEnabled bool `yaml:"isProvisioningEnabled"`
	// People may make plans of changes of what is in it: what they would do to everybody. False: only the command line may.
	IsSimulationEnabled bool `yaml:"isSimulationEnabled,omitempty"`
	// Another tool keeps what is in it: computations give and take away none of its roles. Said when the policy is made, and not changed afterwards.
	IsExternal bool `yaml:"isExternal,omitempty"`
	// Approvals are left out that the requester could give himself. Requests follow it, once there are any, as the settings down to gracePeriod, which roles may say otherwise.
	HasImplicitApproval bool `yaml:"hasImplicitApproval,omitempty"`
	// The end of what was given by hand may be put off without an approval.
	ProlongationWithoutApproval bool `yaml:"prolongationWithoutApproval,omitempty"`
	// Minutes that what is given by hand lasts at most; what was given before stays. 0 (default): no limit.
	MaxDuration int `yaml:"maxDuration,omitempty" min:"0" max:"105120000"`
	// Minutes for which roles stay that a change of the rules takes away. 0 (default): none.
	GracePeriod int `yaml:"gracePeriod,omitempty" min:"0" max:"105120000"`
	// How the end of what is given by hand goes with the contexts of its holder.
	ManualAssignmentEndDateLockedToContextMode string `yaml:"manualAssignmentEndDateLockedToContextMode,omitempty" default:"free" words:"EndDateLock"`
	// Whether approving a role takes a comment.
	CommentActivationOnApproveInReview string `yaml:"commentActivationOnApproveInReview,omitempty" default:"optional" words:"CommentActivation"`
	// Whether declining a role takes a comment.
	CommentActivationOnDeclineInReview string `yaml:"commentActivationOnDeclineInReview,omitempty" default:"required" words:"CommentActivation"`
	// Whether refusing what was found in a system takes a comment: deleting an account, using the proposed value.
	CommentActivationOnDeleteGapInReconciliation string `yaml:"commentActivationOnDeleteGapInReconciliation,omitempty" default:"optional" words:"CommentActivation"`
	// Whether keeping what was found in a system takes a comment: authorizing an account, keeping the current value.
	CommentActivationOnKeepGapInReconciliation string `yaml:"commentActivationOnKeepGapInReconciliation,omitempty" default:"required" words:"CommentActivation"`
	// Days after which an approval whose turn it is counts as late; 0: never. A rule may say otherwise, as of the next two. What waits keeps the days it began with.
	DueAfterDays *int `yaml:"dueAfterDays,omitempty" default:"5" min:"0" max:"3650"`
	// Days after which those who are asked are reminded; 0: never.
	RemindAfterDays *int `yaml:"remindAfterDays,omitempty" default:"2" min:"0" max:"3650"`
	// Days after which others are asked besides; 0: never.
	EscalateAfterDays *int `yaml:"escalateAfterDays,omitempty" default:"5" min:"0" max:"3650"`
	// Days after which what was asked for and nobody decided expires; 0: never.
	ExpireAfterDays *int `yaml:"expireAfterDays,omitempty" default:"60" min:"0" max:"3650"`
	// Who has something by hand gives it back without an approval. Default: true.
	GiveBackWithoutApproval *bool `yaml:"giveBackWithoutApproval,omitempty" default:"true"`
	// Approvals are left out that the requester could give himself, also when it is for himself. Only with hasImplicitApproval.
	ImplicitApprovalForSelf bool `yaml:"implicitApprovalForSelf,omitempty"`
	// Who is asked for an approval when neither an approver rule nor the right to review roles finds anybody, one way after the other. None: it waits, and whoever supervises requests is told.
	FallbackApprovers []Finder `yaml:"fallbackApprovers,omitempty"`
	// What a context must be for the rules of the policy to be looked at; none: every context.
	Dimensions map[string]Criterion `yaml:"dimensions,omitempty"`
}

// The names of its API.
type (
	SavePolicyInput               = SaveInput[Policy]
	PolicyConfigurationConnection = page.Connection[*Policy]
)

// Criterion is one dimension criterion: the key of a value, and whether what is below it counts too.
type Criterion = rolemodel.Criterion

func policyKind() kind {
	d := &declared[Policy]{
		facts:      facts{name: "policy", list: "policies", table: "policy", rights: ofModel},
		in:         func(m *Manifest) *[]Policy { return &m.Policies },
		identifier: func(p Policy) string { return p.Identifier },
		normal: func(p Policy) Policy {
			p.FallbackApprovers = normalFinders(p.FallbackApprovers)
			return p
		},
		check: func(r *ranges, at string, p Policy) {
			checkFinders(r, at+".fallbackApprovers", p.FallbackApprovers, false)
		},
		load: loaded[Policy, rolemodel.Policy](nil),
	}
	finders := func(w *writer, list []Policy, c *change) error {
		ways := map[string][]Finder{}
		for _, p := range list {
			ways[d.at(p)+".fallbackApprovers"] = p.FallbackApprovers
		}
		return w.finders(c, ways)
	}
	d.steps = append([]func(*writer, []Policy, *change) error{externalStays, finders}, saved(d, func() *rolemodel.Policy { return &rolemodel.Policy{} })...)
	return d
}

// externalStays refuses to turn a policy that is there into an external one, or back: computations would take over or let go of what is assigned.
func externalStays(w *writer, list []Policy, c *change) error {
	there := map[string]bool{}
	for _, p := range c.current.Policies {
		there[p.Identifier] = p.IsExternal
	}
	for _, p := range list {
		if was, known := there[p.Identifier]; known && was != p.IsExternal {
			return errs.Invalid("policy/"+p.Identifier+".isExternal", "Whether a policy is external is said when it is made, and %s is there already. Make another policy.", p.Identifier)
		}
	}
	return nil
}
