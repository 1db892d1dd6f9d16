package notification

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/wneessen/go-mail"

	"writ/server/clock"
	"writ/server/dbtest"
	"writ/server/directory"
	"writ/server/event"
	"writ/server/permit"
)

type bundle struct {
	*Service
	ctx context.Context
	box *box
}

// box keeps what was delivered.
type box struct {
	mails []string
	fail  error
}

func (b *box) Deliver(_ context.Context, _ int64, m *mail.Msg) error {
	if b.fail != nil {
		return b.fail
	}
	var out bytes.Buffer
	if _, err := m.WriteTo(&out); err != nil {
		return err
	}
	b.mails = append(b.mails, out.String())
	return nil
}

// seed makes the table of Annex A.6 and of spec 11.2: users with their profiles, two departments, open tickets 1..25 of Anna (Sales) and 26 of Bert (IT).
const seed = `
insert into entity_type (identifier, display_name) values ('Directory_User', 'Person'), ('Card', 'Card'), ('Department', 'Department');
insert into property (entity_type_id, identifier, display_name, type, target_entity_type_id) values (1, 'Name', 'Name', 'STRING', null), (1, 'Department', 'Department', 'FOREIGN_KEY', 3);
insert into dimension (identifier, display_name, entity_type_id, column_mapping) values ('Department', 'Department', 3, 0);
insert into policy (identifier, display_name) values ('Default', 'Default');
insert into resource_type (identifier, display_name, policy_id, source_entity_type_id, target_entity_type_id) values ('Badge', 'Badge card', 1, 1, 2);
insert into resource (entity_type_id, key, display_name, valid_from) values (1, 'a', 'Anna', '2026-01-01'), (1, 'b', 'Bert', '2026-01-01'), (3, 'SAL', 'Sales', '2026-01-01'), (3, 'IT', 'IT', '2026-01-01');
insert into resource_link (property_id, source_id, target_id, valid_from) values (2, 1, 3, '2026-01-01'), (2, 2, 4, '2026-01-01');
insert into assigned_resource_type (owner_id, resource_type_id, workflow_state, workflow_state_changed_at, is_expected, valid_from)
	select case when n <= 25 then 1 else 2 end, 1, 18, '2026-01-01', true, '2026-01-01' from generate_series(1, 26) n;
insert into provisioning_order (assigned_resource_type_id, kind, state, resource_type_id, owner_id, source_entity_type_id, created_at, updated_at)
	select n, 'CREATE', 2, 1, case when n <= 25 then 1 else 2 end, 1, '2026-01-01', '2026-01-01' from generate_series(1, 26) n;
insert into profile (identifier, display_name) values ('Operators', 'Operators'), ('Supervisors', 'Supervisors'), ('Night', 'Night'), ('Sales', 'Sales'), ('Both', 'Both');
insert into access_rule (identifier, display_name, profile_id, entity_type) values ('o', 'o', 1, 'Directory_User'), ('s', 's', 2, '*'), ('n', 'n', 3, 'Directory_User'), ('d', 'd', 4, 'Directory_User'), ('b', 'b', 5, 'Directory_User');
insert into access_filter (rule_id, binding, value) values (4, 'Department', 'SAL');
insert into access_entry (rule_id, permission, can_execute, notify) values
	(1, '/Custom/ProvisioningPolicy/PerformManualProvisioning/Directory_User', true, true),
	(2, '/Custom/ProvisioningPolicy/PerformManualProvisioning', true, true),
	(3, '/Custom/ProvisioningPolicy/PerformManualProvisioning/Directory_User', true, false),
	(4, '/Custom/ProvisioningPolicy/PerformManualProvisioning/Directory_User', true, true),
	(5, '/Custom/ProvisioningPolicy/PerformManualProvisioning/Directory_User', true, true),
	(5, '/Custom/ProvisioningPolicy/PerformManualProvisioning', true, true);
insert into local_user (username, display_name, password_hash, email) values ('operator', 'Otto', '', 'operator@x.example'), ('supervisor', 'Susan', '', 'supervisor@x.example'),
	('night', 'Nico', '', 'night@x.example'), ('sales', 'Sara', '', 'sales@x.example'), ('both', 'Bea', '', 'both@x.example'), ('twice', 'Tom', '', 'twice@x.example'), ('mute', 'Max', '', '');
insert into assigned_profile (user_id, profile_id) values (1, 1), (2, 2), (3, 3), (4, 4), (5, 5), (6, 1), (6, 5), (7, 1);
update assigned_profile set email = 'desk@x.example' where user_id = 5;
`

func setup(t *testing.T) bundle {
	t.Helper()
	db := dbtest.MustOpen(t)
	ctx := permit.With(t.Context(), permit.System("notification"))
	_, err := db.ExecContext(ctx, seed)
	require.NoError(t, err)
	b := &box{}
	return bundle{ctx: ctx, box: b, Service: &Service{DB: db, Clock: clock.New(), Log: slog.New(slog.DiscardHandler), Shapes: &directory.Shapes{},
		PublicURL: "https://writ.example", Transport: b}}
}

func (b bundle) mustOpenTickets(t *testing.T, ids ...int64) {
	t.Helper()
	require.NoError(t, event.Publish(b.ctx, b.DB, b.Clock.Now(), event.Event{Kind: "ticket.opened", SubjectType: "entity_type", SourceEntityType: "Directory_User",
		Data: map[string]any{"orderIds": ids}}))
}

func (b bundle) mustPump(t *testing.T) {
	t.Helper()
	b.pumpOnce(t)
}

// pumpOnce reads what is there and what time has made due.
func (b bundle) pumpOnce(t *testing.T) {
	t.Helper()
	a := event.NewAppender(b.DB)
	_, err := a.Append(b.ctx)
	require.NoError(t, err)
	require.NoError(t, a.Release(b.ctx))
	_, err = b.Pump(b.ctx)
	require.NoError(t, err)
}

func (b bundle) recipients(t *testing.T) map[string]string {
	t.Helper()
	var rows []struct{ Recipient, Subject string }
	require.NoError(t, b.DB.NewRaw(`select recipient, subject from mail order by id`).Scan(b.ctx, &rows))
	out := map[string]string{}
	for _, r := range rows {
		out[r.Recipient] = r.Subject
	}
	require.Len(t, out, len(rows), "one mail per recipient")
	return out
}

func TestRecipients(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.mustOpenTickets(t, 1, 26)
	b.mustPump(t)

	// parent path: the right and no mail; Notify false: no mail; two profiles: one mail; no address: none; own address of the profile wins
	require.Equal(t, map[string]string{
		"operator@x.example": "2 manual orders to carry out (Person)",
		"sales@x.example":    "1 manual order to carry out (Person)",
		"desk@x.example":     "2 manual orders to carry out (Person)",
		"twice@x.example":    "2 manual orders to carry out (Person)",
	}, b.recipients(t))
}

func TestNoTicketInScopeNoMail(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.mustOpenTickets(t, 26)
	b.mustPump(t)
	require.NotContains(t, b.recipients(t), "sales@x.example")
}

func TestPumpTwiceWritesOnce(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.mustOpenTickets(t, 1)
	b.mustPump(t)
	before := b.recipients(t)
	_, err := b.DB.ExecContext(b.ctx, `delete from setting where key = 'notification_cursor'`) // even if the cursor is lost
	require.NoError(t, err)
	b.mustPump(t)
	require.Equal(t, before, b.recipients(t))
	var jobs int
	require.NoError(t, b.DB.NewRaw(`select count(*) from river_job where kind = 'send_mail'`).Scan(b.ctx, &jobs))
	require.Equal(t, len(before), jobs)
}

func TestSummaryNamesTwenty(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ids := make([]int64, 26)
	for i := range ids {
		ids[i] = int64(i + 1)
	}
	b.mustOpenTickets(t, ids...)
	b.mustPump(t)
	var text, html string
	require.NoError(t, b.DB.NewRaw(`select text_body, html_body from mail where recipient = 'operator@x.example'`).Scan(b.ctx, &text, &html))
	require.Equal(t, 20, strings.Count(text, "Badge card, create"))
	require.Contains(t, text, "and 6 more.")
	require.Contains(t, text, "https://writ.example/manual?of=Directory_User")
	require.Contains(t, html, "26 manual orders to carry out")
}
