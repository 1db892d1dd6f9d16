package assignment_test

import (
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"writ/server/assignment"
	"writ/server/directory"
)

// heirs are people of the office whose accounts are found by their number, whatever its spelling: who comes with the number of somebody who
// is gone is the same person under a new key.
type heirs struct{ *officeOf }

func setupHeirs(t *testing.T, confidence int, removeOrphans bool) heirs {
	t.Helper()
	o := heirs{setupOffice(t, 0)}
	_, err := o.DB.ExecContext(o.ctx, `insert into resource_type_rule (identifier, kind, policy_id, resource_type_id, source_binding, source_expression, target_binding, confidence)
		values ('found', 'CORRELATION', 1, 1, 'Number', 'ToLower', 'Login', ?0);
		update resource_type set allow_add = true, allow_remove = true, remove_orphans = ?1`, confidence, removeOrphans)
	require.NoError(t, err)
	return o
}

func (o heirs) put(key, number, name string) {
	o.t.Helper()
	o.write(directory.Change{EntityTypeID: 1, Key: key, Command: directory.Insert, Scalars: map[string]string{"Number": number, "Name": name}})
}

func (o heirs) leave(key string) {
	o.t.Helper()
	o.write(directory.Change{EntityTypeID: 1, Key: key, Command: directory.Delete})
}

// provision answers every open order as its system would, and shows the result to Writ.
func (o heirs) provision() {
	o.t.Helper()
	var created []struct{ Login, Name string }
	require.NoError(o.t, o.DB.NewRaw(`select l.proposed_value as login, n.proposed_value as name from provisioning_order p
		join order_line l on l.order_id = p.id and l.property = 'Login' join order_line n on n.order_id = p.id and n.property = 'FullName'
		where p.closed_at is null and p.kind = 'CREATE'`).Scan(o.ctx, &created))
	o.exec(`update order_line set state = 8 where closed_at is null and state = 1;
		update provisioning_order p set state = 8, states = '{8}', executed_at = now(),
			created_key = (select l.proposed_value from order_line l where l.order_id = p.id and l.property = 'Login') where closed_at is null and p.states = '{1}';
		update assigned_resource_type a set created_key = o.created_key from provisioning_order o where o.assigned_resource_type_id = a.id and o.closed_at is null and o.kind = 'CREATE'`)
	for _, c := range created {
		o.write(directory.Change{EntityTypeID: 2, Key: c.Login, Command: directory.Insert,
			Scalars: map[string]string{"Login": c.Login, "FullName": c.Name}, Refs: map[string]any{"Groups": []string{"staff"}}})
	}
	o.exec(`insert into delivery (guid, connector_id, mode, state, started_at, ended_at) values (gen_random_uuid(), 1, 'COMPLETE', 'APPLIED', now() + interval '1 second', now())`)
	o.compute()
}

func (o heirs) exec(sql string, args ...any) {
	o.t.Helper()
	_, err := o.DB.ExecContext(o.ctx, sql, args...)
	require.NoError(o.t, err)
}

// compute runs what is dirty, and checks that a complete computation then finds nothing more to do.
func (o heirs) compute() {
	o.t.Helper()
	require.Zero(o.t, o.run(assignment.Recompute{Dirty: true}).Failed)
	again := o.run(assignment.Recompute{Options: assignment.Options{Force: true}})
	require.Zero(o.t, again.Roles+again.Types+again.Orders+again.Gaps+again.Failed, "%+v", again)
}

// holder is the key of who has the account, and whether that one lives.
func (o heirs) holder(login string) (key string) {
	o.t.Helper()
	var found []string
	require.NoError(o.t, o.DB.NewRaw(`select coalesce(w.key, '') from assigned_resource_type a join resource r on r.id = a.resource_id left join resource w on w.id = a.owner_id
		where r.entity_type_id = 2 and r.key = ? and a.valid_to = 'infinity'`, login).Scan(o.ctx, &found))
	require.Len(o.t, found, 1)
	return found[0]
}

// open lists the open orders: kind, owner, lines.
func (o heirs) open() (list []string) {
	o.t.Helper()
	require.NoError(o.t, o.DB.NewRaw(`select p.kind || ' ' || coalesce(w.key, '') || ' ' || p.state || ': ' || (select string_agg(l.action || ' ' || coalesce(l.property, '') || ' ' || coalesce(l.proposed_value, ''), ', ' order by l.id)
			from order_line l where l.order_id = p.id and l.closed_at is null)
		from provisioning_order p left join resource w on w.id = p.owner_id where p.closed_at is null order by p.id`).Scan(o.ctx, &list))
	return list
}

// started is an office where P1 has the account p1.
func (o heirs) started() heirs {
	o.put("P1", "P1", "Ann Lee")
	o.run(assignment.Recompute{})
	o.provision()
	require.Equal(o.t, "P1", o.holder("p1"))
	require.Empty(o.t, o.open())
	return o
}

// TestAccountPassesToTheHeir: the account of an owner who is gone passes to whoever it is wanted for, whatever became of it meanwhile.
func TestAccountPassesToTheHeir(t *testing.T) {
	t.Parallel()
	for _, removes := range []bool{false, true} {
		name := map[bool]string{false: "Kept", true: "Removed"}[removes]
		t.Run(name+"/SameDelivery", func(t *testing.T) {
			t.Parallel()
			o := setupHeirs(t, 100, removes).started()
			o.write(directory.Change{EntityTypeID: 1, Key: "P1", Command: directory.Delete},
				directory.Change{EntityTypeID: 1, Key: "p1", Command: directory.Insert, Scalars: map[string]string{"Number": "p1", "Name": "Ann Lee"}})
			o.compute()
			require.Equal(t, "p1", o.holder("p1"))
			require.Empty(t, o.open(), "nothing differs")
			require.Zero(t, o.count("select count(*) from provisioning_order where kind = 'DELETE'"), "it was never to be deleted")
			require.Zero(t, o.count("select count(*) from gap where closed_at is null"))
		})
		t.Run(name+"/ComesLater", func(t *testing.T) {
			t.Parallel()
			o := setupHeirs(t, 100, removes).started()
			o.leave("P1")
			o.compute()
			require.Equal(t, removes, len(o.open()) == 1)
			o.put("Q7", "P1", "Ann Lee")
			o.compute()
			require.Equal(t, "Q7", o.holder("p1"))
			require.Empty(t, o.open())
			require.Zero(t, o.count("select count(*) from gap where closed_at is null"))
		})
		t.Run(name+"/CameBefore", func(t *testing.T) {
			t.Parallel()
			o := setupHeirs(t, 100, removes).started()
			o.put("Q7", "P1", "Ann Lee")
			o.compute()
			require.Len(t, o.open(), 1)
			o.exec(`update order_line set state = 3 where closed_at is null; update provisioning_order set state = 3, states = '{3}', error_class = 'CONFLICT' where closed_at is null`)
			o.leave("P1")
			o.compute()
			require.Equal(t, "Q7", o.holder("p1"))
			require.Empty(t, o.open())
		})
		t.Run(name+"/SomebodyElse", func(t *testing.T) {
			t.Parallel()
			o := setupHeirs(t, 100, removes).started()
			o.leave("P1")
			o.put("P2", "P2", "Bob Ray")
			o.compute()
			require.Equal(t, "P1", o.holder("p1"), "nobody is to have it")
			require.Equal(t, 1, o.count("select count(*) from provisioning_order where kind = 'CREATE' and closed_at is null"))
		})
		t.Run(name+"/ComesBackHimself", func(t *testing.T) {
			t.Parallel()
			o := setupHeirs(t, 100, removes).started()
			o.leave("P1")
			o.compute()
			o.put("P1", "P1", "Ann Lee")
			o.compute()
			require.Equal(t, "P1", o.holder("p1"))
			require.Empty(t, o.open())
		})
		t.Run(name+"/TwoHeirs", func(t *testing.T) {
			t.Parallel()
			o := setupHeirs(t, 100, false).started()
			o.write(directory.Change{EntityTypeID: 1, Key: "P1", Command: directory.Delete},
				directory.Change{EntityTypeID: 1, Key: "Q1", Command: directory.Insert, Scalars: map[string]string{"Number": "P1", "Name": "Ann Lee"}},
				directory.Change{EntityTypeID: 1, Key: "Q2", Command: directory.Insert, Scalars: map[string]string{"Number": "p1", "Name": "Ann Lee"}})
			o.compute()
			require.Equal(t, "P1", o.holder("p1"))
			require.Equal(t, 2, o.count("select count(*) from order_line where action = 'ASSOCIATE' and state = 5"))
			o.leave("Q2")
			o.compute()
			require.Equal(t, "Q1", o.holder("p1"), "who is left is the one")
			require.Empty(t, o.open())
		})
	}
}

// TestCreatedForSomebodyElse: an account that was created for somebody and is not linked yet is his, also when the data of another one who
// lives names its key by now, and whoever is computed first.
func TestCreatedForSomebodyElse(t *testing.T) {
	t.Parallel()
	for _, first := range []string{"P1", "P2"} {
		t.Run(first+"IsComputedFirst", func(t *testing.T) {
			t.Parallel()
			o := setupHeirs(t, 100, true)
			o.put("P1", "a1", "Ann Lee")
			o.run(assignment.Recompute{})
			o.exec(`update order_line set state = 8 where closed_at is null;
				update provisioning_order set state = 8, states = '{8}', executed_at = now(), created_key = 'a1' where closed_at is null;
				update assigned_resource_type set created_key = 'a1'`)
			o.write(directory.Change{EntityTypeID: 1, Key: "P1", Command: directory.Update, Scalars: map[string]string{"Number": "a2", "Name": "Ann Lee"}},
				directory.Change{EntityTypeID: 1, Key: "P2", Command: directory.Insert, Scalars: map[string]string{"Number": "a1", "Name": "Bob Ray"}},
				directory.Change{EntityTypeID: 2, Key: "a1", Command: directory.Insert, Scalars: map[string]string{"Login": "a1", "FullName": "Ann Lee"}, Refs: map[string]any{"Groups": []string{"staff"}}})
			var id int64
			require.NoError(t, o.DB.NewRaw("select id from resource where entity_type_id = 1 and key = ?", first).Scan(o.ctx, &id))
			o.exec(`create function wait() returns trigger language plpgsql as 'begin new.not_before := ''infinity''; return new; end';
				create trigger wait before insert or update on dirty_owner for each row when (new.owner_id <> ` + strconv.FormatInt(id, 10) + `) execute function wait()`)
			require.Equal(t, 1, o.run(assignment.Recompute{Dirty: true}).Owners)
			o.exec("drop trigger wait on dirty_owner; update dirty_owner set not_before = null")
			require.Zero(t, o.run(assignment.Recompute{Dirty: true}).Failed)
			require.Equal(t, "P1", o.holder("a1"))
		})
	}
}

// only computes one person, while everybody else waits.
func (o heirs) only(key string) {
	o.t.Helper()
	var id int64
	require.NoError(o.t, o.DB.NewRaw("select id from resource where entity_type_id = 1 and key = ?", key).Scan(o.ctx, &id))
	o.exec(`create function wait() returns trigger language plpgsql as 'begin new.not_before := ''infinity''; return new; end';
		create trigger wait before insert or update on dirty_owner for each row when (new.owner_id <> ` + strconv.FormatInt(id, 10) + `) execute function wait()`)
	require.Equal(o.t, 1, o.run(assignment.Recompute{Dirty: true}).Owners)
	o.exec("drop trigger wait on dirty_owner; drop function wait; update dirty_owner set not_before = null")
}

// TestSentForSomebodyElse: while nobody knows whether an order created an account, the account that appears under its key is kept for its owner,
// whoever else's data names that key by now.
func TestSentForSomebodyElse(t *testing.T) {
	t.Parallel()
	const (
		quietly = `alter table order_line disable trigger order_line_legal_move;`
		attempt = `insert into order_attempt (order_id, attempt, idempotency_key, worker, started_at, ended_at, outcome) select id, 1, gen_random_uuid(), 'w', now() - interval '1 minute', %s from provisioning_order;`
		sent    = `update provisioning_order set attempt = 1, generated_at = now(), sent_lines = array(select id from order_line);`
		silent  = sent + `update order_line set state = 2; update provisioning_order set state = 2, states = '{2}';`
	)
	open, ended := strings.ReplaceAll(attempt, "%s", "null::timestamptz, null"), func(outcome string) string { return strings.ReplaceAll(attempt, "%s", "now(), '"+outcome+"'") }
	for name, c := range map[string]struct {
		as     string // what became of the order of P1
		before bool   // the account was there before it was sent
		kept   bool   // it is not for P2
	}{
		"BeingCalled":      {sent + open + `update provisioning_order set called_at = now(), lease_owner = 'w', lease_until = now() + interval '1 hour'`, false, true},
		"CallerIsDead":     {sent + open + `update provisioning_order set called_at = now(), lease_owner = 'w', lease_until = now() - interval '1 hour'`, false, true},
		"NoAnswer":         {silent + open, false, true},
		"Ticket":           {silent + open + `update provisioning_order set is_manual = true`, false, true},
		"Claimed":          {sent + open + `update provisioning_order set lease_owner = 'w', lease_until = now() + interval '1 hour'`, false, false},
		"NotSent":          {sent + ended("NOT_SENT"), false, false},
		"SentAgain":        {sent + ended("EXPIRED") + `update provisioning_order set called_at = null`, false, true},
		"GivenUp":          {sent + ended("UNKNOWN") + `update order_line set state = 3; update provisioning_order set state = 3, states = '{3}'`, false, true},
		"Refused":          {sent + ended("REFUSED") + `update order_line set state = 3; update provisioning_order set state = 3, states = '{3}'`, false, false},
		"NeverSent":        {`select 1`, false, false},
		"Withdrawn":        {sent + ended("WITHDRAWN") + `update order_line set state = 6, closed_at = now(); update provisioning_order set state = 6, states = '{6}', closed_at = now(); update assigned_resource_type set created_key = 'a1'`, false, true},
		"WasThere":         {sent + open + `update provisioning_order set called_at = now()`, true, false},
		"WasThereSilent":   {silent + open, true, false},
		"WasThereAsTicket": {silent + open + `update provisioning_order set is_manual = true`, true, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := setupHeirs(t, 100, true)
			o.exec("update property set is_key = true where identifier = 'Login'")
			o.put("P1", "a1", "Ann Lee")
			o.run(assignment.Recompute{})
			require.Equal(t, 1, o.count("select count(*) from order_key"))
			o.exec(quietly + c.as)
			o.write(directory.Change{EntityTypeID: 1, Key: "P1", Command: directory.Update, Scalars: map[string]string{"Number": "b1", "Name": "Ann Lee"}},
				directory.Change{EntityTypeID: 1, Key: "P2", Command: directory.Insert, Scalars: map[string]string{"Number": "a1", "Name": "Bob Ray"}},
				directory.Change{EntityTypeID: 2, Key: "a1", Command: directory.Insert, Scalars: map[string]string{"Login": "a1", "FullName": "Ann Lee"}, Refs: map[string]any{"Groups": []string{"staff"}}})
			if c.before {
				o.exec("update resource set valid_from = now() - interval '1 hour' where entity_type_id = 2")
			}
			o.only("P2")
			has := o.count("select count(*) from assigned_resource_type a join resource r on r.id = a.resource_id and r.entity_type_id = 2 join resource w on w.id = a.owner_id where w.key = 'P2'")
			require.Equal(t, c.kept, has == 0)
		})
	}
}

// TestHeirChangesWhatDiffers: what Writ wrote for the former owner is its own work, and is changed; what somebody else wrote is not.
func TestHeirChangesWhatDiffers(t *testing.T) {
	t.Parallel()
	o := setupHeirs(t, 100, false).started()
	o.leave("P1")
	o.compute()
	o.put("Q7", "P1", "Ann Married")
	o.compute()
	require.Equal(t, "Q7", o.holder("p1"))
	require.Equal(t, []string{"UPDATE Q7 1: SET FullName Ann Married"}, o.open())

	p := setupHeirs(t, 100, false).started()
	p.write(directory.Change{EntityTypeID: 2, Key: "p1", Command: directory.Update, Scalars: map[string]string{"FullName": "By Hand"}})
	p.leave("P1")
	p.compute()
	p.put("Q7", "P1", "Ann Married")
	p.compute()
	require.Equal(t, "Q7", p.holder("p1"))
	require.Empty(t, p.open())
	require.Equal(t, 1, p.count("select count(*) from gap where property = 'FullName' and closed_at is null"))
}

// TestRemovalOnItsWay: what was sent cannot be taken back. The account is created anew when it is gone, and taken over when it stays.
func TestRemovalOnItsWay(t *testing.T) {
	t.Parallel()
	out := func(t *testing.T, change string) heirs {
		o := setupHeirs(t, 100, true).started()
		o.leave("P1")
		o.compute()
		require.Len(t, o.open(), 1)
		o.exec(change)
		o.put("Q7", "P1", "Ann Lee")
		o.compute()
		require.Equal(t, "P1", o.holder("p1"))
		require.Len(t, o.open(), 2)
		return o
	}
	const executed = `update order_line set state = 8 where closed_at is null; update provisioning_order set state = 8, states = '{8}', executed_at = now() + interval '1 hour' where closed_at is null`
	t.Run("Called", func(t *testing.T) {
		t.Parallel()
		o := out(t, `update provisioning_order set lease_owner = 'x', lease_until = now() + interval '1 hour', called_at = now() where closed_at is null`)
		require.Contains(t, o.open()[1], "CREATE Q7")
	})
	t.Run("Gone", func(t *testing.T) {
		t.Parallel()
		o := out(t, executed)
		o.write(directory.Change{EntityTypeID: 2, Key: "p1", Command: directory.Delete})
		o.compute()
		require.Len(t, o.open(), 1)
		require.Contains(t, o.open()[0], "CREATE Q7")
	})
	t.Run("Decided", func(t *testing.T) {
		t.Parallel()
		o := out(t, `update assigned_resource_type set workflow_state = 1 where valid_to = 'infinity'; update assigned_resource_type set workflow_state = 20 where valid_to = 'infinity'`)
		require.Contains(t, o.open()[0], "DELETE P1", "a person wanted it gone")
	})
}

// TestGuessedHeir: a guess takes nothing over before somebody agrees.
func TestGuessedHeir(t *testing.T) {
	t.Parallel()
	o := setupHeirs(t, 80, false).started()
	o.leave("P1")
	o.compute()
	o.put("Q7", "P1", "Ann Lee")
	o.compute()
	require.Equal(t, "P1", o.holder("p1"))
	require.Equal(t, []string{"ASSOCIATE Q7 5: ASSOCIATE  Ann Lee"}, o.open())
	o.exec(`update order_line set state = 1 where closed_at is null; update provisioning_order set state = 1, states = '{1}' where closed_at is null;
		insert into dirty_owner (owner_id, entity_type_id) select id, 1 from resource where key = 'Q7'`)
	o.compute()
	require.Equal(t, "Q7", o.holder("p1"))
	require.Empty(t, o.open())
}

// TestOneOfTwoIsAgreedTo: when somebody agrees to one of two guesses, the other one is over.
func TestOneOfTwoIsAgreedTo(t *testing.T) {
	t.Parallel()
	o := setupHeirs(t, 80, false).started()
	o.write(directory.Change{EntityTypeID: 1, Key: "P1", Command: directory.Delete},
		directory.Change{EntityTypeID: 1, Key: "Q1", Command: directory.Insert, Scalars: map[string]string{"Number": "P1", "Name": "Ann Lee"}},
		directory.Change{EntityTypeID: 1, Key: "Q2", Command: directory.Insert, Scalars: map[string]string{"Number": "p1", "Name": "Ann Lee"}})
	o.compute()
	require.Len(t, o.open(), 2)
	o.exec(`update order_line set state = 1 where action = 'ASSOCIATE' and closed_at is null and order_id in (select p.id from provisioning_order p join resource w on w.id = p.owner_id where w.key = 'Q1');
		update provisioning_order set state = 1, states = '{1}' where owner_id = (select id from resource where key = 'Q1') and closed_at is null;
		insert into dirty_owner (owner_id, entity_type_id) select id, 1 from resource where key = 'Q1'`)
	o.compute()
	require.Equal(t, "Q1", o.holder("p1"))
	require.Len(t, o.open(), 1)
	require.Contains(t, o.open()[0], "CREATE Q2")
}
