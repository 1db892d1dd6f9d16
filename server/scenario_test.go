package main

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// scenarios says where each acceptance scenario of the role model (role-model 12.15), and each of its decision tables, is played.
var scenarios = []struct{ what, file, test string }{
	{"1 granting rule of a higher priority than a denied one", "evaluation/computation/scenario_test.go", "TestScenarioPriorities"},
	{"2 both of the same priority", "evaluation/computation/scenario_test.go", "TestScenarioPriorities"},
	{"3 L0 on a parent department", "evaluation/computation/scenario_test.go", "TestScenario3Inheritance"},
	{"4 a rule that only suggests", "evaluation/computation/scenario_test.go", "TestScenario4Suggested"},
	{"5 type rule without criteria", "evaluation/computation/scenario_test.go", "TestScenario5TypeForAll"},
	{"6 navigation rule with a role induces the type", "evaluation/computation/scenario_test.go", "TestScenario6InducedByRole"},
	{"7 query rule alone", "evaluation/computation/scenario_test.go", "TestScenario7And8NothingInduced"},
	{"8 scalar rule alone", "evaluation/computation/scenario_test.go", "TestScenario7And8NothingInduced"},
	{"9 Before, Around, After", "evaluation/computation/scenario_test.go", "TestScenario9Offsets"},
	{"10 Default over After", "evaluation/computation/scenario_test.go", "TestScenario10DefaultWinsOverAfter"},
	{"11 a role lost without allowRemove", "evaluation/computation/scenario_test.go", "TestScenario11LossWithoutAllowRemove"},
	{"12 a kept value, then another source", "evaluation/computation/scenario_test.go", "TestScenario12KeptValue"},
	{"13 a group taken out by hand", "evaluation/computation/scenario_test.go", "TestScenario13GroupRemovedByHand"},
	{"14 correlation table", "evaluation/expectation/correlate_test.go", "TestCorrelationTable"},
	{"15 deduction", "evaluation/computation/deduction_test.go", "TestDeduction"},
	{"16 a rule gives a found role", "evaluation/computation/deduction_test.go", "TestFoundRoleBecomesCalculated"},
	{"17 approved over a rule", "evaluation/computation/scenario_test.go", "TestScenario17ApprovedOverAutomatic"},
	{"17 left to the rules", "evaluation/computation/redundant_test.go", "TestScenario17Redundant"},
	{"18 grace", "evaluation/computation/grace_test.go", "TestScenario18Grace"},
	{"19 a required parameter is missing", "evaluation/computation/parameter_test.go", "TestParametersOfRoles"},
	{"20 two positions at once", "evaluation/computation/simultaneous_test.go", "TestScenario20TwoPositions"},
	{"20 the best ranked says the values", "evaluation/computation/scenario_test.go", "TestScenario20BestRankedContext"},
	{"21 a gap between positions", "evaluation/computation/simultaneous_test.go", "TestScenario21Gap"},
	{"22 automation rules", "evaluation/model/automation_test.go", "TestWhichAutomationRule"},
	{"23 a blocking risk in a basket of five", "app/scenario_test.go", "TestScenario23BlockingRiskInABasket"},
	{"24 a threshold of deletions", "apptest/threshold_test.go", "TestProvisioningThreshold"},
	{"25 a second run writes nothing", "app/differential_test.go", "TestIncrementalEqualsComplete"},
	{"26 the end of a role passes", "apptest/time_test.go", "TestPastEnd"},
	{"27 an external policy", "evaluation/computation/parameter_test.go", "TestScenario27ExternalPolicy"},
	{"28 indirect rights disabled", "app/indirect_test.go", "TestDisabledIndirectRights"},
	{"5.3 correlation", "evaluation/expectation/correlate_test.go", "TestCorrelationTable"},
	{"12.7 states and deltas", "evaluation/computation/matrix_test.go", "TestDiffMatrix"},
	{"13.1 a found role is kept", "evaluation/computation/deduction_test.go", "TestKeepAFoundRole"},
	{"13.1 a found role is deleted", "evaluation/computation/deduction_test.go", "TestRefusedRoleLeavesWhatOthersExplain"},
	{"13.1 nobody decides about a found role", "evaluation/computation/deduction_test.go", "TestWhatOnlyAFoundRoleWantsIsReviewed"},
	{"13.2 unreconciled properties", "app/reconcile_test.go", "TestDecisionsAboutValues"},
	{"13.3 unauthorised accounts", "app/reconcile_test.go", "TestDecisionsAboutAccounts"},
	{"13.4 provisioning review, by property", "apptest/review_test.go", "TestReviewPerProperty"},
	{"13.4 a removal is refused", "app/keep_test.go", "TestDeclinedRemovalStays"},
	{"13.5 role review", "app/grace_test.go", "TestGraceIsReviewed"},
	{"13.5 what was asked for, by many at once", "app/bulk_approval_test.go", "TestBulkChangeApproves"},
}

// TestScenariosArePlayed: whoever renames a test of a scenario says so here.
func TestScenariosArePlayed(t *testing.T) {
	t.Parallel()
	for _, s := range scenarios {
		source, err := os.ReadFile(s.file)
		require.NoError(t, err, s.what)
		require.True(t, strings.Contains(string(source), "func "+s.test+"(t *testing.T)"), "%s: there is no %s in %s any more. Say in scenarios where it is played.", s.what, s.test, s.file)
	}
}
