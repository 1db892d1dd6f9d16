package assignment_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"writ/server/assignment"
	"writ/server/directory"
	"writ/server/evaluation"
)

// account writes an account of the office's system.
func account(key, name string) directory.Change {
	return directory.Change{EntityTypeID: 2, Key: key, Command: directory.Insert, Scalars: map[string]string{"Login": key, "FullName": name}}
}

// TestKeysOfAnyLength: a value that no index holds is still found, and one that is only too long to be a key concerns its own item alone.
func TestKeysOfAnyLength(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		value string
		fault bool
	}{
		"Long":      {strings.Repeat("Müller ", 240), false}, // more than a third of a page
		"TooLong":   {strings.Repeat("x", 6000), true},
		"Megabyte":  {strings.Repeat("y", 1<<20), true},
		"Combining": {"e" + strings.Repeat("\u0301", 1500), false},
		"RTL":       {strings.Repeat("\u202eشخص ", 300), false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := setupOffice(t, 4)
			_, err := o.DB.ExecContext(o.ctx, `insert into resource_type_rule (identifier, kind, policy_id, resource_type_id, source_binding, target_binding, confidence)
				values ('by name', 'CORRELATION', 1, 1, 'Name', 'FullName', 100)`)
			require.NoError(t, err)
			o.run(assignment.Recompute{})

			// the long value comes on both sides together with a change of somebody else
			o.write(person(1, directory.Update, tc.value), person(2, directory.Update, "Cat"), account("a1", tc.value), account("a2", "Cat"), account("a3", tc.value+"!"))
			_, err = o.Drain(o.ctx)
			require.NoError(t, err)
			linked := o.count(`select count(*) from assigned_resource_type a join resource r on r.id = a.resource_id where a.valid_to = 'infinity' and a.owner_id = ? and r.key = 'a2'`, o.people[2])
			require.Equal(t, 1, linked, "everybody else goes on")
			mine := o.count(`select count(*) from assigned_resource_type a join resource r on r.id = a.resource_id where a.valid_to = 'infinity' and a.owner_id = ? and r.key = 'a1'`, o.people[1])
			if !tc.fault {
				require.Equal(t, 1, mine, "the value is compared, not only its hash")
				require.Zero(t, o.count("select count(*) from key_fault"))
				return
			}
			require.Zero(t, mine)
			require.Equal(t, 3, o.count("select count(*) from key_fault"))
			var text string
			require.NoError(t, o.DB.NewRaw("select message from key_fault f where f.resource_id = ?", o.people[1]).Scan(o.ctx, &text))
			require.Contains(t, text, "correlation rule by name")
			require.Contains(t, text, fmt.Sprintf("%d characters", len(tc.value)))
			require.Less(t, len(text), 1000)
			require.Equal(t, 1, o.count("select count(*) from event where kind = 'assignment.failed' and subject_id = ?", o.people[1]), "told once")
			require.Equal(t, 1, o.count(`select count(*) from order_line l join provisioning_order p on p.id = l.order_id where p.owner_id = ? and l.closed_at is null
				and l.action = 'CREATE' and l.state = ? and l.error like '%by name%'`, o.people[1], evaluation.Error), "nothing is created beside an account that could not be looked for")
			require.Equal(t, 1, o.count("select count(distinct owner_id) from provisioning_order where closed_at is null and state = ?", evaluation.Error))

			keys, err := o.ComputeCorrelationKeys(o.ctx, nil)
			require.NoError(t, err)
			require.Equal(t, 4, keys)
			o.write(person(1, directory.Update, "Short"), directory.Change{EntityTypeID: 2, Key: "a1", Command: directory.Update, Scalars: map[string]string{"FullName": "Short"}},
				directory.Change{EntityTypeID: 2, Key: "a3", Command: directory.Delete})
			_, err = o.Drain(o.ctx)
			require.NoError(t, err)
			require.Zero(t, o.count("select count(*) from key_fault"), "what reads well is taken up by itself")
			require.Equal(t, 1, o.count(`select count(*) from assigned_resource_type a join resource r on r.id = a.resource_id where a.valid_to = 'infinity' and a.owner_id = ? and r.key = 'a1'`, o.people[1]))
		})
	}
}

// TestRefusedResource: what the database refuses of one changed resource concerns no other, in every transaction that many share.
func TestRefusedResource(t *testing.T) {
	t.Parallel()
	o := setupOffice(t, 6)
	_, err := o.DB.ExecContext(o.ctx, `insert into resource_type_rule (identifier, kind, policy_id, resource_type_id, source_binding, target_binding, confidence)
			values ('by name', 'CORRELATION', 1, 1, 'Name', 'FullName', 100);
		insert into resource_type_rule (identifier, kind, policy_id, resource_type_id, target_expression, confidence) values ('all', 'CLASSIFICATION', 1, 1, 'true', 100);
		create function refuse() returns trigger language plpgsql as $$
		begin
			if new.value = 'poison' then raise exception 'index row size exceeds the maximum' using errcode = '54000'; end if;
			return new;
		end $$;
		create trigger refuse before insert on correlation_key for each row execute function refuse();
		create function refuse_row() returns trigger language plpgsql as $$
		begin
			if new.owner_id is null and exists (select from resource where id = new.resource_id and key = 'bad') then raise exception 'total size exceeds the maximum' using errcode = '54000'; end if;
			return new;
		end $$;
		create trigger refuse before insert on assigned_resource_type for each row execute function refuse_row()`)
	require.NoError(t, err)
	o.run(assignment.Recompute{})
	var list []directory.Change
	for i := range 40 {
		list = append(list, account(fmt.Sprintf("x%d", i), fmt.Sprintf("Stranger %d", i)))
	}
	o.write(append(list, account("bad", "poison"), account("p3", "Person 3"))...)
	_, err = o.Drain(o.ctx)
	require.NoError(t, err)
	require.Zero(t, o.backlog())
	require.Equal(t, 1, o.count("select count(*) from key_fault f join resource r on r.id = f.resource_id where r.key = 'bad' and f.message like '%maximum%'"))
	require.Equal(t, 1, o.count("select count(*) from key_fault"))
	require.Equal(t, 1, o.count(`select count(*) from assigned_resource_type a join resource r on r.id = a.resource_id where a.owner_id = ? and r.key = 'p3'`, o.people[3]))
	_, err = o.ComputeCorrelationKeys(o.ctx, nil)
	require.NoError(t, err)
	require.Equal(t, 41, o.count("select count(*) from correlation_key where side = 'T'"))
	r, err := o.Classify(o.ctx, nil)
	require.NoError(t, err)
	require.Equal(t, 1, r.Failed)
	require.Equal(t, 40, o.count("select count(*) from assigned_resource_type where owner_id is null"))
}
