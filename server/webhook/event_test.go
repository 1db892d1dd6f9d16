package webhook

import (
	"context"
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"

	"writ/server/db"
	"writ/server/errs"
	"writ/server/event"
	"writ/server/order"
	"writ/server/permit"
)

const findingFixture = `
insert into model_version (at, actor, fingerprint) values (now(), 'test', '');
insert into role (id, identifier, display_name, kind, policy_id, entity_type_id) overriding system value values (1, 'Pay', 'Payments', 'SINGLE', 1, 1);
insert into access_entry (rule_id, permission, can_execute, notify) values (1, '/Custom/ProvisioningPolicy', true, false), (1, '/Custom/Resources', true, false),
	(2, '/Custom/ProvisioningPolicy/ReconciliateResources/Directory_User', true, false), (2, '/Custom/ProvisioningPolicy/ReconciliateRoles/Directory_User', true, false),
	(3, '/Custom/Resources', true, false);
update assigned_resource_type set resource_id = 21 where id = 1;
insert into gap (id, assigned_resource_type_id, property, workflow_state, current_value, proposed_value, found_at) overriding system value values
	(31, 1, 'Site', 1, 'secret', 'other', now()), (32, 2, null, 1, null, null, now());
insert into assigned_role (id, owner_id, role_id, workflow_state, workflow_state_changed_at, origin, start_date, valid_from) overriding system value values
	(41, 11, 1, 1, now(), 'FOUND', now(), now()), (42, 12, 1, 1, now(), 'FOUND', now(), now());
`

// told publishes what computations and people leave behind them: of Anna (Sales) and of Ben (IT).
func (h *harness) mustTell() {
	h.t.Helper()
	n := map[string]int{"opened": 1, "changed": 0, "closed": 2}
	said := map[string]string{"decision": "KEEP_CURRENT", "comment": "as it is"}
	require.NoError(h.t, db.InTx(h.t.Context(), h.DB, func(ctx context.Context, tx bun.Tx) error {
		return event.Publish(permit.With(ctx, permit.System("policy")), tx, h.now(),
			event.Event{Kind: "gap.changed", SubjectType: "assigned_resource_type", SubjectID: 1, Data: n}, event.Event{Kind: "gap.changed", SubjectType: "assigned_resource_type", SubjectID: 2, Data: n},
			event.Event{Kind: "gap.decided", SubjectType: "gap", SubjectID: 31, Data: said}, event.Event{Kind: "gap.decided", SubjectType: "gap", SubjectID: 32, Data: said},
			event.Event{Kind: "found_role.changed", SubjectType: "resource", SubjectID: 11, Data: n}, event.Event{Kind: "found_role.changed", SubjectType: "resource", SubjectID: 12, Data: n},
			event.Event{Kind: "found_role.decided", SubjectType: "assigned_role", SubjectID: 41, Data: said}, event.Event{Kind: "found_role.decided", SubjectType: "assigned_role", SubjectID: 42, Data: said},
			event.Event{Kind: "order.changed", SubjectType: "order", SubjectID: 1, Data: order.Changed{To: 4}})
	}))
	h.place()
}

func (h *harness) messages(w *Webhook) (list []*WebhookDelivery, types []string) {
	h.t.Helper()
	require.NoError(h.t, h.Pump(h.t.Context()))
	require.NoError(h.t, h.DB.NewSelect().Model(&list).Where("webhook_id = ?", w.ID).OrderExpr("id").Scan(h.t.Context()))
	for _, d := range list {
		var m struct{ Type string }
		require.NoError(h.t, json.Unmarshal(d.Body, &m))
		types = append(types, m.Type)
	}
	return list, types
}

// Endpoints are told of what they asked for, as far as who made them may decide about it now; without values; and who may not see it reads no message.
func TestFindings(t *testing.T) {
	t.Parallel()
	h := setup(t)
	h.mustExec(findingFixture)
	h.ctx = h.as("ada")
	everything := []WebhookEvent{OrderChanged, GapChanged, GapDecided, FoundRoleChanged, FoundRoleDecided}
	make := func(who context.Context, events ...WebhookEvent) *Webhook {
		p, err := h.Create(who, CreateWebhookInput{URL: "http://127.0.0.1:1/", Events: events})
		require.NoError(t, err)
		return p.Webhook
	}
	orders, all, some, sales := make(h.ctx), make(h.ctx, everything...), make(h.ctx, GapDecided), make(h.as("bea"), everything...)
	require.Equal(t, []WebhookEvent{OrderChanged}, orders.Events, "nothing said: orders")
	h.mustTell()

	_, types := h.messages(orders)
	require.Equal(t, []string{"order.changed"}, types)
	list, types := h.messages(all)
	require.Equal(t, []string{"gap.changed", "gap.changed", "gap.decided", "gap.decided", "found_role.changed", "found_role.changed", "found_role.decided", "found_role.decided", "order.changed"}, types)
	_, types = h.messages(some)
	require.Equal(t, []string{"gap.decided", "gap.decided"}, types)
	his, types := h.messages(sales)
	require.Equal(t, []string{"gap.changed", "gap.decided", "found_role.changed", "found_role.decided", "order.changed"}, types, "of Sales alone")

	var m struct {
		Data struct {
			Subject            struct{ Type, ID string }
			Owner, Account     *struct{ Key, EntityType string }
			ResourceType, Role *string
			Property, Decision *string
			Comment            *string
			Opened, Closed     *int
		}
	}
	require.NoError(t, json.Unmarshal(list[0].Body, &m))
	require.Equal(t, "1", m.Data.Subject.ID)
	require.Equal(t, "anna", m.Data.Owner.Key)
	require.Equal(t, "cn=anna", m.Data.Account.Key)
	require.Equal(t, "AD_User", *m.Data.ResourceType)
	require.Equal(t, 2, *m.Data.Closed)
	require.Nil(t, m.Data.Decision)
	m.Data.Account, m.Data.Role = nil, nil
	require.NoError(t, json.Unmarshal(list[2].Body, &m))
	require.Equal(t, "Site", *m.Data.Property)
	require.Equal(t, "KEEP_CURRENT", *m.Data.Decision)
	require.NoError(t, json.Unmarshal(list[6].Body, &m))
	require.Equal(t, "Pay", *m.Data.Role)
	require.Nil(t, m.Data.Account)
	for _, d := range list {
		require.NotContains(t, string(d.Body), "secret", "values are read with one's own rights")
	}

	require.NoError(t, h.conceal(h.as("bea"), list))
	for i, d := range list {
		require.Equal(t, i == 0 || i == 2 || i == 4 || i == 6 || i == 8, d.Body != nil, "bea reads what is about Sales: %d", i)
	}
	may, err := h.mayReceive(t.Context(), sales, his[0])
	require.NoError(t, err)
	require.True(t, may)
	h.mustExec(`delete from access_entry where permission like '%Reconciliate%'`)
	may, err = h.mayReceive(t.Context(), sales, his[0])
	require.NoError(t, err)
	require.False(t, may, "who lost the right gets nothing more")
}

func TestEventsOfAWebhookAreChecked(t *testing.T) {
	t.Parallel()
	h := setup(t)
	_, err := h.Create(h.ctx, CreateWebhookInput{URL: "http://127.0.0.1:1/", Events: []WebhookEvent{"NOTHING"}})
	require.True(t, errs.Is(err, errs.Validation))
	_, err = h.Create(h.ctx, CreateWebhookInput{URL: "http://127.0.0.1:1/", Events: []WebhookEvent{GapChanged}, Filter: &order.OrderFilter{}})
	require.True(t, errs.Is(err, errs.Validation), "a filter of orders narrows nothing there")
}
