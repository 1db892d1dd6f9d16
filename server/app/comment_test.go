package app

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"writ/server/errs"
	"writ/server/permit"
	"writ/server/reconciliation"
)

// TestCommentsOfDecisions is the table of role-model 2.2 and 13: the policy of the resource type says whether a decision takes a comment. Each
// decision about an item, about everything of a filter, and about an account that nothing recognises goes by it.
func TestCommentsOfDecisions(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ keep, remove string }{{"required", "optional"}, {"optional", "required"}, {"disabled", "required"}, {"required", "disabled"}} {
		t.Run("keep "+c.keep+", delete "+c.remove, func(t *testing.T) {
			t.Parallel()
			s := mustSmall(t, smallOptions{edit: edits("displayName: Default, isProvisioningEnabled: true", fmt.Sprintf(
				"displayName: Default, isProvisioningEnabled: true, commentActivationOnKeepGapInReconciliation: %s, commentActivationOnDeleteGapInReconciliation: %s", c.keep, c.remove))})
			_, err := s.DB.ExecContext(s.ctx, `insert into local_user (username, display_name, password_hash) values ('rita', 'Rita', '')`)
			require.NoError(t, err)
			rita := permit.With(s.ctx, &permit.Actor{Username: "rita", UserID: s.number(`select id from local_user where username = 'rita'`),
				Grants: []permit.Grant{{Path: "/", CanExecute: true}}})
			s.people(ann)
			s.around()
			s.settled()
			name := 0
			drift := func() *reconciliation.Item {
				name++
				s.byHand(fmt.Sprintf(`update account set name = 'Nick%d'`, name))
				list := s.items(nil)
				require.Len(t, list, 1)
				return list[0]
			}
			for _, d := range []struct {
				decision reconciliation.Decision
				setting  string
			}{{reconciliation.KeepCurrent, c.keep}, {reconciliation.UseProposed, c.remove}} {
				item := drift()
				activations := map[reconciliation.Decision]string{}
				for _, x := range item.Comments() {
					activations[x.Decision] = x.Activation()
				}
				require.Equal(t, map[reconciliation.Decision]string{reconciliation.KeepCurrent: c.keep, reconciliation.UseProposed: c.remove, reconciliation.Postpone: "optional"}, activations)
				in := reconciliation.DecideReconciliationInput{Decision: d.decision, Comment: new("  ")}
				if d.setting == "required" {
					in.Items = []reconciliation.ReconciliationItemInput{{ID: item.ID}}
					_, err := s.Reconciliation.Decide(rita, in)
					require.True(t, errs.Is(err, errs.Validation), "%v", err)
					require.Equal(t, "input.comment", errs.As(err).Field)
					in.Items, in.Filter = nil, &reconciliation.ReconciliationFilter{}
					_, err = s.Reconciliation.Decide(rita, in)
					require.True(t, errs.Is(err, errs.Validation), "%v", err)
					require.Equal(t, "input.comment", errs.As(err).Field)
					require.Len(t, s.items(nil), 1)
				}
				said := map[string]*string{"required": new("because"), "disabled": new("because")}[d.setting]
				p, err := s.Reconciliation.Decide(rita, reconciliation.DecideReconciliationInput{Decision: d.decision, Comment: said, Items: []reconciliation.ReconciliationItemInput{{ID: item.ID}}})
				require.NoError(t, err)
				require.Nil(t, p.Results[0].Error)
				require.Equal(t, map[string]string{"required": "because"}[d.setting], p.Results[0].Item.Comment, "kept only where it is asked for")
				s.around()
			}
		})
	}
}
