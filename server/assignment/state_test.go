package assignment

import (
	"testing"

	"github.com/stretchr/testify/require"

	"writ/server/db"
	"writ/server/dbtest"
	"writ/server/evaluation"
	"writ/server/machine/machinetest"
)

func TestWorkflowStates(t *testing.T) {
	t.Parallel()
	machinetest.Matrix(t, "testdata/states.golden", stateMachine)
	machinetest.Doc(t, "Workflow states", stateMachine)
	for _, s := range stateMachine.States {
		require.NotEmpty(t, LabelOf(s))
	}
	require.Empty(t, LabelOf(7), "number 7 is unused (role-model 12.6)")
}

// TestDatabaseKnowsTheSameWorkflow: the pairs of the table are those that the database guards, for assignments and for their history.
func TestDatabaseKnowsTheSameWorkflow(t *testing.T) {
	t.Parallel()
	b := dbtest.MustOpen(t)
	var rows []struct{ FromState, ToState evaluation.Workflow }
	require.NoError(t, b.NewRaw("select from_state, to_state from workflow_transition order by 1, 2").Scan(t.Context(), &rows))
	var got [][2]evaluation.Workflow
	for _, r := range rows {
		got = append(got, [2]evaluation.Workflow{r.FromState, r.ToState})
	}
	require.Equal(t, stateMachine.Pairs(), got, "a changed table of workflow states needs a migration of workflow_transition")
	_, err := b.ExecContext(t.Context(), `insert into entity_type (identifier, display_name) values ('P', 'P');
		insert into policy (identifier, display_name) values ('D', 'D');
		insert into role (identifier, display_name, kind, policy_id, entity_type_id) values ('R', 'R', 'SINGLE', 1, 1);
		insert into resource_type (identifier, display_name, policy_id, source_entity_type_id, target_entity_type_id) values ('T', 'T', 1, 1, 1);
		insert into resource (entity_type_id, key, display_name, valid_from) values (1, 'a', 'A', now());
		insert into assigned_role (owner_id, role_id, workflow_state, workflow_state_changed_at, origin, valid_from) values (1, 1, 18, now(), 'RULE', now());
		insert into assigned_resource_type (owner_id, resource_type_id, workflow_state, workflow_state_changed_at, is_expected, valid_from) values (1, 1, 18, now(), true, now())`)
	require.NoError(t, err)
	for _, table := range []string{"assigned_role", "assigned_resource_type"} {
		_, err = b.ExecContext(t.Context(), "update "+table+" set workflow_state = 10")
		require.ErrorContains(t, err, "illegal move", "18 -> 10 is not in the table")
		require.Equal(t, table+"_legal_move", db.Constraint(err))
		_, err = b.ExecContext(t.Context(), "update "+table+" set workflow_state = 1")
		require.NoError(t, err, "18 -> 1 is")
	}
	_, err = b.ExecContext(t.Context(), `insert into assigned_role (owner_id, role_id, workflow_state, workflow_state_changed_at, origin, valid_from) values (1, 1, 7, now(), 'RULE', now())`)
	require.Equal(t, "assigned_role_workflow_known", db.Constraint(err))
	_, err = b.ExecContext(t.Context(), `insert into assignment_history (assigned_role_id, at, actor, action, from_state, to_state) values (1, now(), 'x', 'x', 18, 10)`)
	require.Equal(t, "assignment_history_legal", db.Constraint(err))
}
