package rolemodel

import (
	"testing"

	"github.com/stretchr/testify/require"

	"writ/server/errs"
)

// The table of inheritance (role-model 2.1, 2.2): what a role says wins, and where it says nothing its policy decides and is named for it.
func TestSettingsInForce(t *testing.T) {
	t.Parallel()
	policy := &Policy{PolicySettings: PolicySettings{HasImplicitApproval: true, ProlongationWithoutApproval: true, MaxDuration: 600, GracePeriod: 60,
		ManualAssignmentEndDateLockedToContextMode: EndLocked, Comments: Comments{CommentActivationOnApproveInReview: CommentDisabled,
			CommentActivationOnDeclineInReview: CommentRequired, CommentActivationOnDeleteGapInReconciliation: CommentOptional, CommentActivationOnKeepGapInReconciliation: CommentRequired}}}
	inherited := Role{SharedSettings: SharedSettings{ManualAssignmentEndDateLockedToContextMode: EndInherited}, RoleSettings: RoleSettings{Comments: Comments{
		CommentInherited, CommentInherited, CommentInherited, CommentInherited}}}
	all := []string{"hasImplicitApproval", "prolongationWithoutApproval", "manualAssignmentEndDateLockedToContextMode", "maxDuration", "gracePeriod",
		"commentActivationOnApproveInReview", "commentActivationOnDeclineInReview", "commentActivationOnDeleteGapInReconciliation", "commentActivationOnKeepGapInReconciliation"}
	none := 0
	for _, c := range []struct {
		name string
		say  func(r *Role)
		own  string // the setting that the policy does not decide any more
		want func(s *PolicySettings)
	}{
		{"nothing", func(*Role) {}, "", func(*PolicySettings) {}},
		{"implicit approval off", func(r *Role) { r.ImplicitApproval = ImplicitOff }, "hasImplicitApproval", func(s *PolicySettings) { s.HasImplicitApproval = false }},
		{"implicit approval on", func(r *Role) { r.ImplicitApproval = ImplicitOn }, "hasImplicitApproval", func(s *PolicySettings) { s.HasImplicitApproval = true }},
		{"prolongation off", func(r *Role) { r.ProlongationWithoutApproval = ProlongationOff }, "prolongationWithoutApproval", func(s *PolicySettings) { s.ProlongationWithoutApproval = false }},
		{"prolongation on", func(r *Role) { r.ProlongationWithoutApproval = ProlongationOn }, "prolongationWithoutApproval", func(*PolicySettings) {}},
		{"explicitly unlimited", func(r *Role) { r.MaxDuration = &none }, "maxDuration", func(s *PolicySettings) { s.MaxDuration = 0 }},
		{"no grace", func(r *Role) { r.GracePeriod = &none }, "gracePeriod", func(s *PolicySettings) { s.GracePeriod = 0 }},
		{"end typed", func(r *Role) { r.ManualAssignmentEndDateLockedToContextMode = EndNeverLocked }, "manualAssignmentEndDateLockedToContextMode",
			func(s *PolicySettings) { s.ManualAssignmentEndDateLockedToContextMode = EndNeverLocked }},
		{"comment on approve", func(r *Role) { r.CommentActivationOnApproveInReview = CommentRequired }, "commentActivationOnApproveInReview",
			func(s *PolicySettings) { s.CommentActivationOnApproveInReview = CommentRequired }},
		{"comment on decline", func(r *Role) { r.CommentActivationOnDeclineInReview = CommentDisabled }, "commentActivationOnDeclineInReview",
			func(s *PolicySettings) { s.CommentActivationOnDeclineInReview = CommentDisabled }},
		{"comment on delete", func(r *Role) { r.CommentActivationOnDeleteGapInReconciliation = CommentDisabled }, "commentActivationOnDeleteGapInReconciliation",
			func(s *PolicySettings) { s.CommentActivationOnDeleteGapInReconciliation = CommentDisabled }},
		{"comment on keep", func(r *Role) { r.CommentActivationOnKeepGapInReconciliation = CommentOptional }, "commentActivationOnKeepGapInReconciliation",
			func(s *PolicySettings) { s.CommentActivationOnKeepGapInReconciliation = CommentOptional }},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := inherited
			r.ApprovalWorkflowType = 3
			c.say(&r)
			want, from := policy.PolicySettings, []string{}
			c.want(&want)
			for _, name := range all {
				if name != c.own {
					from = append(from, name)
				}
			}
			require.Equal(t, Settings{ApprovalWorkflowType: 3, PolicySettings: want, FromPolicy: from}, policy.OfRole(&r))
		})
	}
	typ := &ResourceType{SharedSettings: SharedSettings{ApprovalWorkflowType: 4, ImplicitApproval: ImplicitOff, ManualAssignmentEndDateLockedToContextMode: EndAlwaysLocked}}
	got := policy.OfType(typ)
	require.Equal(t, []any{4, false, true, EndAlwaysLocked, 600}, []any{got.ApprovalWorkflowType, got.HasImplicitApproval, got.ProlongationWithoutApproval,
		got.ManualAssignmentEndDateLockedToContextMode, got.MaxDuration})
	require.NotContains(t, got.FromPolicy, "hasImplicitApproval")
	require.Contains(t, got.FromPolicy, "maxDuration", "a resource type says nothing about it")
}

func TestCommentOfADecision(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		setting       CommentMode
		comment, kept string
		refused       bool
	}{
		{CommentDisabled, "why", "", false}, {CommentDisabled, "", "", false}, {CommentOptional, "why", "why", false}, {CommentOptional, "", "", false},
		{CommentRequired, "why", "why", false}, {CommentRequired, "", "", true}, {CommentRequired, " \n", "", true},
	} {
		kept, err := c.setting.Take(c.comment)
		require.Equal(t, c.kept, kept)
		require.Equal(t, c.refused, err != nil)
		if err != nil {
			require.Equal(t, errs.Validation, err.Kind)
		}
	}
}
