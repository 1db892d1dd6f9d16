package notification

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"writ/server/event"
)

// reconcilers are the reviewers, with the permissions of reconciliation.
var reconcilers = strings.NewReplacer("ReviewProvisioning' ||", "'||k.name ||", "from access_rule where identifier like 'r-%'",
	"from access_rule, (values ('ReconciliateResources'), ('ReconciliateRoles'), ('ReviewRoles')) k (name) where identifier like 'r-%'").Replace(reviewers)

// Differences and found roles are told to those who may reconcile them, by the full path, inside their filters; accounts of nobody to those without
// a filter. What is decided, put off or was there before is left out, and only what is new opens a mail.
func TestFoundDigest(t *testing.T) {
	t.Parallel()
	b := setup(t)
	_, err := b.DB.ExecContext(b.ctx, reconcilers)
	require.NoError(t, err)
	_, err = b.DB.ExecContext(b.ctx, fmt.Sprintf(`
		insert into resource (entity_type_id, key, display_name, valid_from) values (2, 'c1', 'C1', '2026-01-01');
		insert into assigned_resource_type (owner_id, resource_type_id, resource_id, workflow_state, workflow_state_changed_at, is_expected, valid_from)
			select null, 1, id, 1, '2026-01-01', false, '2026-01-01' from resource where key = 'c1';
		insert into property (entity_type_id, identifier, display_name, type) values (2, 'Site', 'Site of work', 'STRING');
		insert into gap (assigned_resource_type_id, property, workflow_state, current_value, proposed_value, found_at) values
			(1, 'Site', 1, 'secret-a', 'secret-b', '%[1]s'), (26, 'Site', 1, 'x', 'y', '%[1]s'), (2, 'Site', 1, 'old', 'y', '2026-01-01');
		insert into gap (assigned_resource_type_id, property, workflow_state, found_at, postponed_at, postponed_by) values (3, 'Site', 1, '%[1]s', '%[1]s', 'x');
		insert into gap (assigned_resource_type_id, workflow_state, found_at) select max(id), 1, '%[1]s' from assigned_resource_type;
		insert into role (identifier, display_name, kind, policy_id, entity_type_id) values ('Pay', 'Payments', 'SINGLE', 1, 1);
		insert into assigned_role (owner_id, role_id, workflow_state, workflow_state_changed_at, origin, start_date, valid_from) values
			(2, 1, 1, '%[1]s', 'FOUND', '%[1]s', '%[1]s');
		insert into risk (identifier, display_name, policy_id, entity_type_id) values ('Mix', 'Pay and approve', 1, 1);
		insert into risk_block (owner_id, risk_id, rule, role_id, blocked_at) values (2, 1, 'Mix-1', 1, '%[1]s');`, b.Clock.Now().Format(time.RFC3339Nano)))
	require.NoError(t, err)
	last := int64(27)
	told := func(kind string, opened int, subjects ...int64) {
		for _, id := range subjects {
			require.NoError(t, event.Publish(b.ctx, b.DB, b.Clock.Now().Add(-time.Second), event.Event{Kind: kind, SubjectType: "x", SubjectID: id, SourceEntityType: "Directory_User",
				Data: map[string]int{"opened": opened, "changed": 1}}))
		}
	}
	told("gap.changed", 1, 1, 3, 26, last)
	told("gap.changed", 0, 2)
	told("found_role.changed", 1, 2)
	told("risk.blocked", 0, 1)
	b.mustPump(t)
	require.Empty(t, b.recipients(t), "more may come")
	b.later(digestQuiet)
	b.pumpOnce(t)
	require.Equal(t, []string{"3 differences to reconcile (Person)", "1 found role to reconcile (Person)", "1 grant kept back by a risk (Person)"}, b.subjects(t, "rita@x.example"))
	require.Equal(t, []string{"1 difference to reconcile (Person)"}, b.subjects(t, "sven@x.example"), "Bert, of another department, and the card of nobody are not his")
	require.Empty(t, b.subjects(t, "nora@x.example"), "without mails")
	require.Empty(t, b.subjects(t, "para@x.example"), "a parent path gives the right and no mail")
	var texts []string
	require.NoError(t, b.DB.NewRaw(`select text_body || html_body from mail order by id`).Scan(b.ctx, &texts))
	require.Contains(t, texts[0], "- Anna: Badge card, Site of work")
	require.Contains(t, texts[0], "- without owner: Badge card, the account")
	require.NotContains(t, strings.Join(texts, ""), "secret", "values are not for mails")

	told("gap.changed", 0, 1)
	b.later(time.Hour)
	b.pumpOnce(t)
	require.Len(t, b.subjects(t, "rita@x.example"), 3, "what only changed is no news")
}
