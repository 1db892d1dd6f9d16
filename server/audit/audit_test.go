package audit_test

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/csv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"

	"writ/server/audit"
	"writ/server/clock"
	"writ/server/db"
	"writ/server/dbtest"
	"writ/server/errs"
	"writ/server/event"
	"writ/server/page"
	"writ/server/permit"
)

var at = time.Date(2026, 3, 1, 8, 0, 0, 123456000, time.UTC)

func publish(t *testing.T, b bun.IDB, actor string, n int) {
	t.Helper()
	ctx := permit.With(t.Context(), permit.System(actor))
	events := make([]event.Event, n)
	for i := range events {
		events[i] = event.Event{
			Kind: "order.changed", SubjectType: "order", SubjectID: int64(i + 1), OwnerID: 5, SourceEntityType: "Directory_User",
			Data: map[string]any{"to": i, "big": 12345678901234567, "nested": map[string]any{"ü": []any{1.5, nil, "\u2028"}}},
		}
	}
	require.NoError(t, event.Publish(ctx, b, at, events...))
}

var key = ed25519.NewKeyFromSeed(bytes.Repeat([]byte{7}, 32))

func service(b *bun.DB) *audit.Service { return &audit.Service{DB: b, Clock: clock.New(), Key: key} }

// place gives what is published its position.
func place(t *testing.T, b *bun.DB) {
	t.Helper()
	a := event.NewAppender(b)
	_, err := a.Append(t.Context())
	require.NoError(t, err)
	require.NoError(t, a.Release(t.Context()))
}

// chained gives everything its position and verifies that n events are in the chain.
func chained(t *testing.T, b *bun.DB, n int64) *audit.Verification {
	t.Helper()
	place(t, b)
	v, err := service(b).Verify(t.Context(), nil)
	require.NoError(t, err)
	require.Zero(t, v.BrokenPosition, v.Reason)
	require.Equal(t, n, v.Count)
	return v
}

func TestChain(t *testing.T) {
	t.Parallel()
	b := dbtest.MustOpen(t)
	v, err := service(b).Verify(t.Context(), nil)
	require.NoError(t, err)
	require.Equal(t, &audit.Verification{}, v)

	publish(t, b, "ann", 2500) // more than one batch
	first := chained(t, b, 2500)
	require.Zero(t, first.Waiting)
	publish(t, b, "bob", 1)
	waiting, err := service(b).Verify(t.Context(), nil)
	require.NoError(t, err)
	require.EqualValues(t, 1, waiting.Waiting)
	require.Equal(t, first.Head, waiting.Head)
	require.NotEqual(t, first.Head, chained(t, b, 2501).Head)
}

func TestTampering(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		statement string
		broken    int64
	}{
		"Changed":        {"update event set actor = 'eve' where id = 4", 4},
		"ChangedData":    {`update event set data = jsonb_set(data, '{to}', '9') where id = 7`, 7},
		"ChangedTime":    {"update event set at = at + interval '1 microsecond' where id = 2", 2},
		"Removed":        {"delete from event where id = 5", 5},
		"RemovedLink":    {"delete from event_chain where position = 6", 6},
		"RemovedBoth":    {"with c as (delete from event_chain where position = 3) delete from event where id = 3", 3},
		"Swapped":        {"update event_chain set event_id = -1 where position = 8; update event_chain set event_id = 8 where position = 9; update event_chain set event_id = 9 where position = 8", 8},
		"SlippedIn":      {"insert into event (id, at, kind, actor, subject_type) overriding system value values (0, now(), 'x', 'eve', 'order')", 11},
		"ForgedLastLink": {`update event_chain set hash = '\x00' where position = 10`, 10},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := dbtest.MustOpen(t)
			publish(t, b, "ann", 10)
			chained(t, b, 10)
			// Only somebody who owns the database can do this.
			require.NoError(t, db.InTx(t.Context(), b, func(ctx context.Context, tx bun.Tx) error {
				_, err := tx.Tx.ExecContext(ctx, "set local session_replication_role = replica; "+c.statement)
				return err
			}))
			v, err := service(b).Verify(t.Context(), nil)
			require.NoError(t, err)
			require.Equal(t, c.broken, v.BrokenPosition, v.Reason)
			require.NotEmpty(t, v.Reason)
			require.Equal(t, c.broken-1, v.Count)
		})
	}
}

func TestEventsCannotBeChanged(t *testing.T) {
	t.Parallel()
	b := dbtest.MustOpen(t)
	publish(t, b, "ann", 1)
	chained(t, b, 1)
	_, err := b.ExecContext(t.Context(), "update event set actor = 'eve'")
	require.Error(t, err)
	_, err = b.ExecContext(t.Context(), "delete from event")
	require.Error(t, err, "its link refers to it")
}

func TestSearch(t *testing.T) {
	t.Parallel()
	b := dbtest.MustOpen(t)
	s := service(b)
	_, err := b.ExecContext(t.Context(), `insert into entity_type (id, identifier, display_name) overriding system value values (1, 'Directory_User', 'Person');
		insert into resource (id, entity_type_id, key, display_name, scalars, origin, valid_from) overriding system value values (5, 1, 'E-77', 'Ann Lee', '{}', 'SYNC', now());
		insert into policy (id, identifier, display_name) overriding system value values (1, 'p', 'p') on conflict do nothing;
		insert into resource_type (id, identifier, display_name, policy_id, source_entity_type_id, target_entity_type_id, block_provisioning) overriding system value values (1, 'account', 'Account', 1, 1, 1, false);
		insert into assigned_resource_type (id, owner_id, resource_type_id, workflow_state, workflow_state_changed_at, is_expected, valid_from) overriding system value
			select n, 5, 1, 8, now(), true, now() from generate_series(1, 5) n;
		insert into provisioning_order (id, assigned_resource_type_id, kind, state, states, resource_type_id, owner_id, source_entity_type_id, created_at, updated_at) overriding system value
			select n, n, 'CREATE', 4, '{4}', 1, 5, 1, now(), now() from generate_series(1, 5) n;
		insert into local_user (username, display_name, password_hash) values ('bob', 'Bob Builder', 'x');
		insert into job (id, identifier, display_name) overriding system value values (3, 'nightly', 'Müller');
		insert into job_instance (id, job_id, state, launched_by, created_at, ended_at) overriding system value values (3, 3, 'COMPLETED', 'clock', now(), now())`)
	require.NoError(t, err)
	publish(t, b, "ann", 5)
	publish(t, b, "bob", 2)
	later := at.Add(time.Hour)
	require.NoError(t, event.Publish(permit.With(t.Context(), permit.System("=cmd()")), b, later, event.Event{Kind: "job.changed", SubjectType: "job_instance", SubjectID: 3}))
	ctx := permit.With(t.Context(), &permit.Actor{Username: "auditor", Grants: []permit.Grant{{Path: "/Monitoring", CanExecute: true}}})
	place(t, b)

	_, err = s.Search(permit.With(t.Context(), &permit.Actor{Username: "x"}), page.Args{First: 1}, nil, nil, true)
	require.True(t, errs.Is(err, errs.Forbidden))
	require.True(t, errs.Is(s.Export(t.Context(), &strings.Builder{}, nil), errs.Unauthenticated))

	first, err := s.Search(ctx, page.Args{First: 3}, nil, nil, true)
	require.NoError(t, err)
	require.Equal(t, 8, first.TotalCount)
	require.Equal(t, "job.changed", first.Nodes()[0].Kind, "the newest first")
	next, err := s.Search(ctx, page.Args{First: 10, After: *first.PageInfo.EndCursor}, nil, nil, true)
	require.NoError(t, err)
	require.Len(t, next.Nodes(), 5)
	require.False(t, next.PageInfo.HasNextPage)

	text := func(v string) *string { return &v }
	id := func(v int64) *int64 { return &v }
	for name, c := range map[string]struct {
		filter audit.AuditEventFilter
		want   int
	}{
		"Actor":     {audit.AuditEventFilter{Actor: text("bob")}, 2},
		"Kinds":     {audit.AuditEventFilter{Kinds: []string{"job.changed", "x"}}, 1},
		"Subject":   {audit.AuditEventFilter{SubjectType: text("order"), SubjectID: id(1)}, 2},
		"Owner":     {audit.AuditEventFilter{OwnerID: id(5)}, 7},
		"From":      {audit.AuditEventFilter{From: &later}, 1},
		"To":        {audit.AuditEventFilter{To: &later}, 7},
		"Text":      {audit.AuditEventFilter{Text: text("lee ANN")}, 7},
		"TextKey":   {audit.AuditEventFilter{Text: text("e-77")}, 7},
		"TextNFD":   {audit.AuditEventFilter{Text: text("Mu\u0308ller")}, 1},
		"TextActor": {audit.AuditEventFilter{Text: text("bob builder")}, 2},
		"TextBoth":  {audit.AuditEventFilter{Text: text("muller"), Kinds: []string{"job.changed"}}, 1},
		"NoText":    {audit.AuditEventFilter{Text: text("nobody at all")}, 0},
		"AllAtOnce": {audit.AuditEventFilter{Actor: text("ann"), OwnerID: id(5), SubjectID: id(2), To: &later}, 1},
	} {
		got, err := s.Search(ctx, page.Args{First: 100}, &c.filter, nil, true)
		require.NoError(t, err)
		require.Len(t, got.Nodes(), c.want, name)
		require.Equal(t, c.want, got.TotalCount, name)
	}

	var out strings.Builder
	require.NoError(t, s.Export(ctx, &out, nil))
	lines, err := csv.NewReader(strings.NewReader(out.String())).ReadAll()
	require.NoError(t, err)
	require.Len(t, lines, 9)
	require.Equal(t, []string{"2026-03-01T09:00:00.123456Z", "job.changed", "'=cmd()", "job_instance", "3", "", "", "{}", "Müller", ""}, lines[8][1:])
}

// A right in a rule about an entity type shows what happened to its resources, inside the filters of the rule.
func TestSearchInScope(t *testing.T) {
	t.Parallel()
	b := dbtest.MustOpen(t)
	_, err := b.ExecContext(t.Context(), `
		insert into entity_type (identifier, display_name) values ('Directory_User', 'Person'), ('Directory_Department', 'Department');
		insert into property (entity_type_id, identifier, display_name, type) values (1, 'Site', 'Site', 'STRING');
		insert into resource (entity_type_id, key, display_name, scalars, valid_from) values (1, 'E1', 'Ann', '{"Site": "BER"}', '2026-01-01'),
			(1, 'E2', 'Bob', '{"Site": "PAR"}', '2026-01-01'), (2, 'FIN', 'Finance', '{}', '2026-01-01')`)
	require.NoError(t, err)
	ctx := permit.With(t.Context(), permit.System("x"))
	require.NoError(t, event.Publish(ctx, b, at,
		event.Event{Kind: "order.changed", SubjectType: "order", SubjectID: 1, SourceEntityType: "Directory_User", OwnerID: 1},
		event.Event{Kind: "assignment.changed", SubjectType: "resource", SubjectID: 2, OwnerID: 2},
		event.Event{Kind: "resource.changed", SubjectType: "resource", SubjectID: 3, SourceEntityType: "Directory_Department"},
		event.Event{Kind: "resource.changed", SubjectType: "entity_type", SubjectID: 1, SourceEntityType: "Directory_User"},
		event.Event{Kind: "configuration.changed", SubjectType: "configuration"}))
	place(t, b)
	s := service(b)
	for name, c := range map[string]struct {
		grants []permit.Grant
		want   int
	}{
		"Everything":  {[]permit.Grant{{}}, 5},
		"People":      {[]permit.Grant{{EntityType: "Directory_User"}}, 3},
		"Departments": {[]permit.Grant{{EntityType: "Directory_Department"}}, 1},
		"Site":        {[]permit.Grant{{EntityType: "Directory_User", Filters: []permit.Filter{{Binding: "Site", Value: "PAR"}}}}, 1},
		"Mixed":       {[]permit.Grant{{EntityType: "Directory_Department"}, {EntityType: "Directory_User", Filters: []permit.Filter{{Binding: "Site", Value: "PAR"}}}}, 2},
		"Gone":        {[]permit.Grant{{EntityType: "Directory_Guest"}}, 0},
	} {
		for i := range c.grants {
			c.grants[i].Path, c.grants[i].CanExecute = "/Monitoring", true
		}
		ctx := permit.With(t.Context(), &permit.Actor{Username: "auditor", Grants: c.grants})
		got, err := s.Search(ctx, page.Args{First: 10}, nil, nil, true)
		require.NoError(t, err)
		require.Len(t, got.Nodes(), c.want, name)
		require.Equal(t, c.want, got.TotalCount, name)
		var out strings.Builder
		require.NoError(t, s.Export(ctx, &out, nil))
		require.Equal(t, c.want+1, strings.Count(out.String(), "\n"), name)
	}
}

// TestSearchTellsNoHiddenMail: the right to the log finds people by name and key; by mail only those that the caller may read.
func TestSearchTellsNoHiddenMail(t *testing.T) {
	t.Parallel()
	b := dbtest.MustOpen(t)
	_, err := b.ExecContext(t.Context(), `
		insert into entity_type (identifier, display_name) values ('Directory_User', 'Person');
		insert into property (entity_type_id, identifier, display_name, type) values (1, 'Site', 'Site', 'STRING');
		insert into resource (entity_type_id, key, display_name, scalars, valid_from) values
			(1, 'E1', 'Ann', '{"Site": "BER", "Mail": "ann@hidden.test"}', '2026-01-01'), (1, 'E2', 'Bob', '{"Site": "PAR", "Mail": "bob@hidden.test"}', '2026-01-01')`)
	require.NoError(t, err)
	ctx := permit.With(t.Context(), permit.System("x"))
	require.NoError(t, event.Publish(ctx, b, at,
		event.Event{Kind: "assignment.changed", SubjectType: "resource", SubjectID: 1, OwnerID: 1},
		event.Event{Kind: "assignment.changed", SubjectType: "resource", SubjectID: 2, OwnerID: 2}))
	place(t, b)
	s := service(b)
	monitoring := permit.Grant{Path: permit.Monitoring, CanExecute: true}
	read := permit.Grant{Path: permit.Resource("Directory_User", "Query"), CanExecute: true, EntityType: "Directory_User"}
	berlin := read
	berlin.Filters = []permit.Filter{{Binding: "Site", Value: "BER"}}
	for name, c := range map[string]struct {
		grants []permit.Grant
		want   map[string]int
	}{
		"LogAlone":   {[]permit.Grant{monitoring}, map[string]int{"ann@hidden": 0, "hidden": 0, "Ann": 1, "e2": 1}},
		"OneSite":    {[]permit.Grant{monitoring, berlin}, map[string]int{"ann@hidden": 1, "bob@hidden": 0, "hidden": 1, "Bob": 1}},
		"AllOfThem":  {[]permit.Grant{monitoring, read}, map[string]int{"ann@hidden": 1, "hidden": 2}},
		"TheMachine": {nil, map[string]int{"ann@hidden": 1, "hidden": 2}},
	} {
		actor := &permit.Actor{Username: "auditor", Grants: c.grants, System: c.grants == nil}
		for text, want := range c.want {
			got, err := s.Search(permit.With(t.Context(), actor), page.Args{First: 10}, &audit.AuditEventFilter{Text: &text}, nil, true)
			require.NoError(t, err)
			require.Len(t, got.Nodes(), want, "%s: %s", name, text)
			require.Equal(t, want, got.TotalCount, "%s: %s", name, text)
		}
	}
}

func TestNames(t *testing.T) {
	t.Parallel()
	b := dbtest.MustOpen(t)
	_, err := b.ExecContext(t.Context(), `
		insert into connector (identifier, display_name) values ('I', 'Intranet');
		insert into connection (connector_id, identifier, display_name, package) values (1, 'F', 'Files', 'csv');
		insert into entity_type (identifier, display_name) values ('Directory_User', 'Person');
		insert into resource (entity_type_id, key, display_name, valid_from) values (1, 'E1', 'Ann Lee', '2026-01-01'), (1, 'E2', '', '2026-01-01');
		insert into policy (identifier, display_name) values ('Default', 'Default');
		insert into role (kind, identifier, display_name, policy_id, entity_type_id) values ('SINGLE', 'R', 'Payments', 1, 1);
		insert into resource_type (identifier, display_name, policy_id, source_entity_type_id, target_entity_type_id) values ('Badge', 'Badge card', 1, 1, 1), ('A', 'Account', 1, 1, 1);
		insert into assigned_resource_type (owner_id, resource_type_id, workflow_state, workflow_state_changed_at, is_expected, valid_from) values (1, 1, 18, now(), true, now());
		insert into provisioning_order (assigned_resource_type_id, kind, state, resource_type_id, owner_id, source_entity_type_id, created_at, updated_at) values (1, 'CREATE', 1, 1, 1, 1, now(), now());
		insert into local_user (username, display_name, password_hash) values ('ann', 'Ann Admin', ''), ('bob', '', '');
		insert into profile (identifier, display_name) values ('P', 'Operators');
		insert into job (identifier, display_name) values ('complete', 'Complete job');
		insert into job_instance (job_id, state, launched_by, created_at) values (1, 'QUEUED', 'ann', now());
		insert into delivery (guid, connector_id, mode, state, started_at) values (gen_random_uuid(), 1, 'COMPLETE', 'APPLIED', now());
		insert into generation (at, resource_type_ids) values (now(), '{1,2}');
		insert into webhook (url, description, secret, owner, created_at, position) values ('https://x.example/hook', '', '', 'ann', now(), 0), ('https://x.example', 'Tickets', '', 'ann', now(), 0)`)
	require.NoError(t, err)
	ctx := permit.With(t.Context(), permit.System("ann"))
	for _, c := range []struct {
		kind string
		id   int64
		want string // "": none
	}{
		{"local_user", 1, "Ann Admin"}, {"local_user", 2, "bob"}, {"local_user", 99, ""}, {"resource", 1, "Ann Lee"}, {"resource", 2, "E2"}, {"order", 1, "Badge card of Ann Lee"},
		{"resource_type", 1, "Badge card"}, {"role", 1, "Payments"}, {"profile", 1, "Operators"}, {"entity_type", 1, "Person"}, {"connector", 1, "Intranet"}, {"connection", 1, "Files"},
		{"delivery", 1, "Intranet"}, {"job", 1, "Complete job"}, {"job_instance", 1, "Complete job"}, {"generation", 1, "Account, Badge card"},
		{"webhook", 1, "https://x.example"}, {"webhook", 2, "Tickets"}, {"configuration", 0, ""},
	} {
		require.NoError(t, event.Publish(ctx, b, at, event.Event{Kind: "k", SubjectType: c.kind, SubjectID: c.id}))
		place(t, b)
		got, err := service(b).Search(ctx, page.Args{First: 1}, nil, nil, true)
		require.NoError(t, err)
		e := got.Nodes()[0]
		require.Equal(t, "Ann Admin", *e.ActorName)
		if c.want == "" {
			require.Nil(t, e.SubjectName, c.kind)
			continue
		}
		require.NotNil(t, e.SubjectName, c.kind)
		require.Equal(t, c.want, *e.SubjectName, c.kind)
	}
	require.NoError(t, event.Publish(permit.With(t.Context(), permit.System("policy")), b, at, event.Event{Kind: "k", SubjectType: "order", SubjectID: 1}))
	place(t, b)
	all, err := service(b).Search(ctx, page.Args{First: 100}, nil, nil, true)
	require.NoError(t, err)
	require.Len(t, all.Nodes(), 20)
	require.Nil(t, all.Nodes()[0].ActorName)
	require.Equal(t, "Badge card of Ann Lee", *all.Nodes()[0].SubjectName)
	require.Equal(t, "Ann Admin", *all.Nodes()[19].SubjectName, "each line has its own")
	var out strings.Builder
	require.NoError(t, service(b).Export(ctx, &out, nil))
	require.Contains(t, out.String(), ",Badge card of Ann Lee,Ann Admin\n")
}

// TestMigratedFromTransactionIDs: a database of the time before positions goes on: readers stand where they stood, the chain is whole.
func TestMigratedFromTransactionIDs(t *testing.T) {
	t.Parallel()
	b, url := dbtest.MustOpenEmpty(t)
	ctx := t.Context()
	require.NoError(t, db.Migrate(ctx, b, url))
	steps, err := db.Status(ctx, b)
	require.NoError(t, err)
	for i := len(steps) - 1; i >= 0; i-- {
		require.NoError(t, db.MigrateDown(ctx, b, 1))
		if steps[i].Name == "position" {
			break
		}
	}
	cursor := func(xid, id string) string { return base64.RawURLEncoding.EncodeToString([]byte(xid + "." + id)) }
	_, err = b.ExecContext(ctx, `insert into event (xid, at, kind, actor, subject_type, subject_id, data) values
		('900', '2026-03-01 08:00:00.123456+00', 'k', 'ann', 'order', 1, '{}'), ('700', now(), 'k', 'ü"\', 'order', 2, '{"b": [1.50, null], "a": "x"}'),
		('700', now(), 'k', '', 'order', null, '{}'), ('800', now(), 'k', 'ann', 'order', 4, '{"n": 12345678901234567890}');
		insert into webhook (url, secret, owner, created_at, cursor_xid, cursor_id) select 'https://x', '', 'ann', now(), x::xid8, i
			from (values ('0', 0, 1), ('701', 0, 2), ('700', (select min(id) from event where subject_id = 2), 3), ('999999', 0, 4)) v (x, i, n) order by n;
		insert into setting (key, value) values ('notification_cursor', '"`+cursor("850", "0")+`"'),
			('notification_windows', '{"A/P": {"from": "`+cursor("750", "0")+`", "isRun": true}, "B/P": {"sent": "2026-01-01T00:00:00Z"}}')`)
	require.NoError(t, err)

	require.NoError(t, db.Migrate(ctx, b, url))
	rows, err := event.Read(ctx, b, event.Cursor{}, event.Filter{}, 10)
	require.NoError(t, err)
	order := []int64{}
	for _, r := range rows {
		order = append(order, r.SubjectID)
	}
	require.Equal(t, []int64{2, 0, 4, 1}, order)
	chained(t, b, 4)
	publish(t, b, "bob", 3)
	chained(t, b, 7)

	var positions []int64
	require.NoError(t, b.NewRaw("select position from webhook order by id").Scan(ctx, &positions))
	require.Equal(t, []int64{0, 2, 1, 4}, positions)
	var mail, window string
	require.NoError(t, b.NewRaw(`select value #>> '{}' from setting where key = 'notification_cursor'`).Scan(ctx, &mail))
	require.Equal(t, rows[2].Cursor.String(), mail)
	require.NoError(t, b.NewRaw(`select value #>> '{A/P,from}' from setting where key = 'notification_windows'`).Scan(ctx, &window))
	require.Equal(t, rows[1].Cursor.String(), window)
	var rest string
	require.NoError(t, b.NewRaw(`select value #>> '{B/P,sent}' from setting where key = 'notification_windows'`).Scan(ctx, &rest))
	require.Equal(t, "2026-01-01T00:00:00Z", rest)
}
