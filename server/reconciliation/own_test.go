package reconciliation_test

import (
	"testing"

	"github.com/lib/pq"
	"github.com/stretchr/testify/require"
)

// The database itself lets nobody decide about what is his, by whichever of his accounts, whatever verb forgets to ask; others may, and so may he
// where the resource type says so.
func TestDatabaseRefusesOwnDecisions(t *testing.T) {
	t.Parallel()
	s, _ := setup(t, 30)
	exec := func(sql string, args ...any) error {
		_, err := s.DB.NewRaw(sql, args...).Exec(t.Context())
		return err
	}
	var gap, account, owner int64
	require.NoError(t, s.DB.NewRaw(`select g.id, a.id, a.owner_id from gap g join assigned_resource_type a on a.id = g.assigned_resource_type_id
		where a.owner_id is not null and g.property is not null order by g.id limit 1`).Scan(t.Context(), &gap, &account, &owner))
	require.NoError(t, exec(`update resource set scalars = '{"Mail": "petra@corp.example"}' where id = ?`, owner))
	require.NoError(t, exec(`insert into local_user (username, display_name, password_hash, email, resource_id) values
		('petra', 'Petra', '', '', ?), ('petra-admin', 'Second account', '', 'Petra@corp.example', null), ('quentin', 'Quentin', '', 'q@corp.example', null)`, owner))
	ways := map[string]string{
		"gap_not_own": `update gap set closed_at = now(), decided_at = now(), decision = 'KEEP_CURRENT', decided_by = ?0 where id = ?1 and ?2 > 0 returning 1`,
		"postponed":   `update gap set postponed_at = now(), postponed_by = ?0 where id = ?1 and ?2 > 0`,
		"kept":        `insert into assignment_history (assigned_resource_type_id, at, actor, action, from_state, to_state, comment) select ?2, now(), ?0, 'keep', 1, 16, ?1::text`,
		"refused":     `insert into assignment_history (assigned_resource_type_id, at, actor, action, from_state, to_state, comment) select ?2, now(), ?0, 'refuse', 1, 20, ?1::text`,
	}
	for name, sql := range ways {
		for _, who := range []string{"petra", "PETRA", "petra-admin"} {
			err := exec(sql, who, gap, account)
			var e *pq.Error
			require.ErrorAs(t, err, &e, "%s by %s", name, who)
			require.Equal(t, "23514", string(e.Code), "%s by %s: %s", name, who, err)
			require.Contains(t, e.Constraint, "not_own", "%s by %s", name, who)
		}
	}
	require.NoError(t, exec(`update resource_type set allow_own_decisions = true`))
	require.NoError(t, exec(ways["postponed"], "petra", gap, account))
	require.NoError(t, exec(`update resource_type set allow_own_decisions = false`))
	require.NoError(t, exec(`update gap set version = version + 1 where id = ?`, gap), "what he did while he might stays, and is no new decision")
	require.NoError(t, exec(ways["kept"], "quentin", gap, account))
	require.NoError(t, exec(ways["gap_not_own"], "quentin", gap, account))
}
