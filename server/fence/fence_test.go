package fence_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"

	"writ/server/clock"
	"writ/server/dbtest"
	"writ/server/errs"
	"writ/server/fence"
	"writ/server/notification"
	"writ/server/order"
	"writ/server/permit"
	"writ/server/webhook"
)

func TestFence(t *testing.T) {
	t.Parallel()
	b := dbtest.MustOpen(t)
	lifted := 0
	s := fence.New(b, clock.New(), fence.Hooks{Lifted: func(context.Context, bun.Tx) error { lifted++; return nil },
		Rooms: func() []fence.Work { return []fence.Work{order.Fenced(), webhook.Fenced(), notification.Fenced()} }})
	may := func(path string) context.Context {
		return permit.With(t.Context(), &permit.Actor{Username: "ann", Grants: []permit.Grant{{Path: path, CanExecute: true}}})
	}
	operator, reader := may(permit.SettingsManage), may(permit.Monitoring)
	_, err := b.ExecContext(t.Context(), `
		insert into connector (identifier, display_name) values ('I', 'Intranet');
		insert into connection (connector_id, identifier, display_name, package) values (1, 'F', 'Files', 'csv');
		insert into entity_type (identifier, display_name) values ('Directory_User', 'Person');
		insert into resource (entity_type_id, key, display_name, valid_from) values (1, 'E1', 'Ann Lee', '2026-01-01');
		insert into policy (identifier, display_name) values ('Default', 'Default');
		insert into resource_type (identifier, display_name, policy_id, source_entity_type_id, target_entity_type_id) values ('Badge', 'Badge card', 1, 1, 1);
		insert into assigned_resource_type (owner_id, resource_type_id, workflow_state, workflow_state_changed_at, is_expected, valid_from) values (1, 1, 18, now(), true, now());
		insert into provisioning_order (assigned_resource_type_id, kind, state, states, resource_type_id, owner_id, source_entity_type_id, connection_id, generated_at, created_at, updated_at)
			values (1, 'CREATE', 1, '{1}', 1, 1, 1, 1, now(), now(), now());
		insert into webhook (url, secret, owner, created_at, position) values ('https://u:secret@x.example:8/secret?key', '', 'ann', now(), 0);
		insert into webhook_delivery (webhook_id, message_id, event_id, state, body, since, next_at, created_at)
			select 1, 'evt_' || i, i, 'PENDING', '{}', now(), now(), now() from generate_series(1, 7) i;
		insert into mail (template, recipient, dedupe_key, subject, text_body, html_body, state, created_at) values ('T', 'a@b', 'k', 'Tickets', '', '', 'QUEUED', now())`)
	require.NoError(t, err)

	f, err := s.Find(reader)
	require.NoError(t, err)
	require.Nil(t, f)
	require.NoError(t, fence.Raise(t.Context(), b, time.Now(), "first"))
	require.NoError(t, fence.Raise(t.Context(), b, time.Now(), "second"))
	f, err = s.Find(reader)
	require.NoError(t, err)
	require.Equal(t, "first", f.Reason)

	work, err := s.Waiting(reader)
	require.NoError(t, err)
	require.Len(t, work, 3)
	for _, w := range work {
		require.False(t, w.Oldest.IsZero())
		w.Oldest = time.Time{}
	}
	require.Equal(t, []*fence.FencedWork{
		{Kind: fence.FencedOrder, Receiver: "Files", Count: 1, Examples: []string{"CREATE Badge card of Ann Lee"}},
		{Kind: fence.FencedWebhook, Receiver: "x.example:8", Count: 7, Examples: []string{"evt_1", "evt_2", "evt_3", "evt_4", "evt_5"}},
		{Kind: fence.FencedMail, Receiver: "T", Count: 1, Examples: []string{"Tickets (a@b)"}},
	}, work)

	_, err = s.Find(may(permit.OrderQuery))
	require.True(t, errs.Is(err, errs.Forbidden))
	_, err = s.Waiting(may(permit.OrderQuery))
	require.True(t, errs.Is(err, errs.Forbidden))
	_, err = s.Lift(reader, fence.LiftFenceInput{Comment: "x"})
	require.True(t, errs.Is(err, errs.Forbidden))
	_, err = s.Lift(operator, fence.LiftFenceInput{Comment: " "})
	require.True(t, errs.Is(err, errs.Validation))
	out, err := s.Lift(operator, fence.LiftFenceInput{Comment: "compared with the systems"})
	require.NoError(t, err)
	require.Equal(t, "first", out.Lifted.Reason)
	require.Equal(t, 1, lifted)
	var told string
	require.NoError(t, b.NewRaw("select actor || ': ' || (data ->> 'comment') from event where kind = 'fence.lifted'").Scan(t.Context(), &told))
	require.Equal(t, "ann: compared with the systems", told)
	_, err = s.Lift(operator, fence.LiftFenceInput{Comment: "x"})
	require.True(t, errs.Is(err, errs.AlreadyDone))
}
