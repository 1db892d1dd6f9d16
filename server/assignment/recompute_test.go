package assignment_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"

	"writ/server/assignment"
	"writ/server/clock"
	"writ/server/db"
	"writ/server/dbtest"
	"writ/server/directory"
	"writ/server/evaluation"
	"writ/server/order"
	"writ/server/permit"
)

// office is a handful of people who each should have an account: login and name from the person, a group by a role that everybody has.
const office = `
insert into connector (identifier, display_name) values ('Intranet', 'Intranet');
insert into connection (connector_id, identifier, display_name, package) values (1, 'I', 'I', 'csv');
insert into entity_type (identifier, display_name, connector_id) values ('Person', 'Person', null), ('Account', 'Account', 1), ('Group', 'Group', 1);
insert into property (entity_type_id, identifier, display_name, type, target_entity_type_id, is_collection) values
	(1, 'Number', 'Number', 'STRING', null, false), (1, 'Name', 'Name', 'STRING', null, false),
	(2, 'Login', 'Login name', 'STRING', null, false), (2, 'FullName', 'Full name', 'STRING', null, false), (2, 'Groups', 'Groups', 'FOREIGN_KEY', 3, true);
insert into resource (entity_type_id, key, display_name, scalars, valid_from) values (3, 'staff', 'Staff', '{}', '2026-01-01');
insert into policy (identifier, display_name, is_provisioning_enabled) values ('Default', 'Default', true);
insert into context_rule (identifier, display_name, policy_id, entity_type_id) values ('People', 'People', 1, 1);
insert into role (kind, identifier, display_name, policy_id, entity_type_id) values ('SINGLE', 'Staff', 'Staff', 1, 1);
insert into role_rule (identifier, policy_id, role_id) values ('everybody', 1, 1);
insert into resource_type (identifier, display_name, policy_id, source_entity_type_id, target_entity_type_id, connection_id, block_provisioning) values ('User', 'User', 1, 1, 2, 1, false);
insert into resource_type_rule (identifier, kind, policy_id, resource_type_id, property_id, single_role_id, value_key, source_binding, source_expression) values
	('user', 'TYPE', 1, 1, null, null, null, null, null), ('login', 'SCALAR', 1, 1, 3, null, null, 'Number', 'ToLower'),
	('name', 'SCALAR', 1, 1, 4, null, null, 'Name', null), ('group', 'NAVIGATION', 1, 1, 5, 1, 'staff', null, null);
insert into model_version (at, actor, fingerprint) values ('2026-01-01', 'test', '');
`

type officeOf struct {
	t *testing.T
	*assignment.Service
	ctx    context.Context
	people []int64
}

func setupOffice(t *testing.T, people int) *officeOf {
	t.Helper()
	b := dbtest.MustOpen(t)
	_, err := b.ExecContext(t.Context(), office)
	require.NoError(t, err)
	o := &officeOf{t: t, ctx: permit.With(t.Context(), permit.System("test")),
		Service: assignment.New(b, clock.New(), slog.New(slog.DiscardHandler), &directory.Shapes{}, dbtest.Idle(assignment.Hooks{}))}
	o.Orders = order.New(b, o.Clock, o.Log, o.Shapes, dbtest.Idle(order.Hooks{})).Policy
	var list []directory.Change
	for i := range people {
		list = append(list, person(i, directory.Insert, fmt.Sprintf("Person %d", i)))
	}
	o.write(list...)
	require.NoError(t, b.NewRaw("select id from resource where entity_type_id = 1 order by key").Scan(t.Context(), &o.people))
	return o
}

func person(i int, c directory.Command, name string) directory.Change {
	key := fmt.Sprintf("P%03d", i)
	return directory.Change{EntityTypeID: 1, Key: key, Command: c, Scalars: map[string]string{"Number": key, "Name": name}}
}

func (o *officeOf) write(changes ...directory.Change) {
	o.t.Helper()
	require.NoError(o.t, db.InTx(o.ctx, o.DB, func(ctx context.Context, tx bun.Tx) error {
		shape, err := o.Shapes.Load(ctx, tx)
		if err != nil {
			return err
		}
		_, err = directory.Write(ctx, tx, o.Clock.Now(), shape, directory.Options{Hooks: dbtest.Idle(directory.Hooks{})}, changes)
		return err
	}))
}

func (o *officeOf) run(in assignment.Recompute) assignment.Report {
	o.t.Helper()
	in.EntityTypes = []string{"Person"}
	r, err := o.Run(o.ctx, in, nil)
	require.NoError(o.t, err)
	return r
}

func (o *officeOf) count(sql string, args ...any) (n int) {
	o.t.Helper()
	require.NoError(o.t, o.DB.NewRaw(sql, args...).Scan(o.ctx, &n))
	return n
}

// TestRecomputeAgainChangesNothing: a second run skips everybody, and one that may not skip anybody finds the same.
func TestRecomputeAgainChangesNothing(t *testing.T) {
	t.Parallel()
	o := setupOffice(t, 12)
	first := o.run(assignment.Recompute{})
	require.Equal(t, assignment.Report{Owners: 12, Roles: 12, Types: 12, Orders: 12}, first)
	var expected evaluation.Expected
	var raw string
	require.NoError(t, o.DB.NewRaw("select expected from assigned_resource_type where owner_id = ?", o.people[3]).Scan(o.ctx, &raw))
	require.NoError(t, json.Unmarshal([]byte(raw), &expected))
	require.Equal(t, "p003", expected.Properties["Login"][0].Value)
	require.Equal(t, "Person 3", expected.Properties["FullName"][0].Value)

	events := o.count("select count(*) from event")
	require.Equal(t, assignment.Report{Owners: 12, Unchanged: 12}, o.run(assignment.Recompute{}))
	require.Equal(t, events, o.count("select count(*) from event"))
	again := o.run(assignment.Recompute{Options: assignment.Options{Force: true}})
	require.Equal(t, assignment.Report{Owners: 12}, again)
	require.Equal(t, 12, o.count("select count(*) from assigned_resource_type"))
	require.Zero(t, o.count("select (select count(*) from assigned_resource_type_version) + (select count(*) from assigned_role_version)"), "no version was added")
}

// TestRecomputeDirtyOnly: an incremental run looks at whom the change concerns, and makes the same of them as a complete one.
func TestRecomputeDirtyOnly(t *testing.T) {
	t.Parallel()
	o := setupOffice(t, 12)
	o.run(assignment.Recompute{})
	require.Zero(t, o.run(assignment.Recompute{Dirty: true}).Owners)
	o.write(person(5, directory.Update, "Somebody Else"))
	require.Positive(t, o.backlog())
	r := o.run(assignment.Recompute{Dirty: true})
	require.Equal(t, 1, r.Owners)
	require.Equal(t, 1, r.Types)
	require.Zero(t, o.backlog())
	require.Equal(t, 1, o.count("select count(*) from assigned_resource_type where valid_to = 'infinity' and expected::text like '%Somebody Else%' and owner_id = ?", o.people[5]))
	require.Equal(t, 12, o.count("select count(*) from assigned_resource_type"), "an assignment keeps its row for life")
	require.Equal(t, 1, o.count("select count(*) from assigned_resource_type_version v join assigned_resource_type a on a.id = v.assigned_resource_type_id where a.owner_id = ?", o.people[5]),
		"the past of one of them is kept")
	require.Equal(t, 12, o.run(assignment.Recompute{}).Unchanged)
}

func (o *officeOf) backlog() int {
	o.t.Helper()
	n, err := o.Backlog(o.ctx, o.DB)
	require.NoError(o.t, err)
	return n
}

// TestFailingOwner: whoever cannot be saved stays dirty with the reason, waits longer each time, and holds nobody back.
func TestFailingOwner(t *testing.T) {
	t.Parallel()
	o := setupOffice(t, 12)
	bad := o.people[7]
	_, err := o.DB.ExecContext(o.ctx, fmt.Sprintf(`create function refuse() returns trigger language plpgsql as $$
		begin
			if new.owner_id = %d then raise exception 'this cannot be kept' using errcode = '23514'; end if;
			return new;
		end $$;
		create trigger refuse before insert on assigned_role for each row execute function refuse()`, bad))
	require.NoError(t, err)
	r := o.run(assignment.Recompute{})
	require.Equal(t, 12, r.Owners)
	require.Equal(t, 1, r.Failed)
	require.Equal(t, 11, o.count("select count(*) from assigned_resource_type"), "the others are computed")

	type wait struct {
		OwnerID   int64
		Failures  int
		Error     string
		NotBefore time.Time
	}
	waiting := func() (w wait) {
		require.NoError(t, o.DB.NewRaw("select owner_id, failures, error, not_before from dirty_owner").Scan(o.ctx, &w))
		return w
	}
	w := waiting()
	require.Equal(t, bad, w.OwnerID)
	require.Equal(t, 1, w.Failures)
	require.Contains(t, w.Error, "this cannot be kept")
	require.Zero(t, o.backlog(), "nobody waits for it")
	require.Zero(t, o.run(assignment.Recompute{Dirty: true}).Owners, "it waits")
	require.Equal(t, 1, o.count("select count(*) from event where kind = 'assignment.failed' and owner_id = ?", bad))

	o.Clock.SetOffset(6 * time.Second)
	require.Equal(t, 1, o.backlog())
	r = o.run(assignment.Recompute{Dirty: true})
	require.Equal(t, assignment.Report{Owners: 1, Failed: 1}, r)
	again := waiting()
	require.Equal(t, 2, again.Failures)
	require.InDelta(t, 10, again.NotBefore.Sub(o.Clock.Now()).Seconds(), 2, "twice as long")
	require.Equal(t, 1, o.count("select count(*) from event where kind = 'assignment.failed'"), "told once")

	o.write(person(1, directory.Update, "Lucky"))
	r = o.run(assignment.Recompute{Dirty: true})
	require.Equal(t, 1, r.Owners, "others are computed meanwhile")
	require.Zero(t, r.Failed)

	_, err = o.DB.ExecContext(o.ctx, "drop trigger refuse on assigned_role")
	require.NoError(t, err)
	o.write(person(7, directory.Update, "Cured"))
	require.Equal(t, 1, o.run(assignment.Recompute{Dirty: true}).Types, "a change ends the wait")
	require.Zero(t, o.count("select count(*) from dirty_owner"))
}

// TestViewIsAUnion: what is expected, what is on its way, what differs and what a person kept are one list, each value once.
func TestViewIsAUnion(t *testing.T) {
	t.Parallel()
	o := setupOffice(t, 1)
	o.run(assignment.Recompute{})
	owner := o.people[0]
	art := o.count("select id from assigned_resource_type")
	_, err := o.DB.ExecContext(o.ctx, fmt.Sprintf(`
		delete from order_line_history;
		delete from order_line where property <> 'Login';
		update order_line set current_value = 'old';
		insert into gap (assigned_resource_type_id, property, workflow_state, current_value, proposed_value, found_at) values (%d, 'FullName', 1, 'Nick', 'Person 0', now() - interval '1 s')`,
		art))
	require.NoError(t, err)
	o.Clock.SetOffset(time.Minute)
	v, err := o.View(o.ctx, assignment.ViewInput{ResourceID: owner})
	require.NoError(t, err)
	seen := map[string]*assignment.Entitlement{}
	for _, e := range v.Entitlements {
		key := string(e.Kind) + " " + e.Identifier
		require.Nil(t, seen[key], "%s comes twice", key)
		seen[key] = e
	}
	require.Len(t, seen, 5)
	require.Contains(t, seen, "SINGLE_ROLE Staff")
	require.Contains(t, seen, "RESOURCE_TYPE User")
	login, name, groups := seen["PROPERTY Login"], seen["PROPERTY FullName"], seen["PROPERTY Groups"]
	require.Equal(t, evaluation.Pending, *login.State)
	require.Equal(t, "p000", *login.Value)
	require.Equal(t, "old", *login.CurrentValue)
	require.Equal(t, int(evaluation.NonConforming), name.WorkflowState)
	require.Equal(t, "Nick", *name.CurrentValue)
	require.Equal(t, "Staff", *groups.Value)
	require.NotEmpty(t, groups.Reasons)

	_, err = o.DB.ExecContext(o.ctx, fmt.Sprintf(`update gap set closed_at = now();
		insert into kept_value (assigned_resource_type_id, property, workflow_state, kept_value, actor, at) values (%d, 'FullName', 16, 'Nick', 'rita', now())`, art))
	require.NoError(t, err)
	v, err = o.View(o.ctx, assignment.ViewInput{ResourceID: owner})
	require.NoError(t, err)
	for _, e := range v.Entitlements {
		if e.Identifier == "FullName" {
			require.Equal(t, "Nick", *e.Value)
			require.Equal(t, 16, e.WorkflowState)
		}
	}
}
