package synchronization_test

import (
	"context"
	"database/sql"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"writ/server/dbtest"
	"writ/server/fulfil"
	"writ/server/fulfil/sqldb"
	"writ/server/synchronization"
)

// targetTables are those of a managed database that does more than it is asked: with some names a trigger writes to other rows, other tables, or the key
// itself, at once or at the end; a renamed or deleted boss is followed; some values are refused.
const targetTables = `
create table department (code text primary key, title text, parent text);
insert into department values ('IT', 'Technology', null), ('HR', 'People', 'IT');
create table person (id text primary key, name text, mail text, start text, department text, unmapped text,
	boss text references person on update cascade on delete set null, check (name <> 'Bad'));
create table membership (person text references person on update cascade, grp text, primary key (person, grp), check (grp <> 'bad'));
create function aside() returns trigger language plpgsql as $$ begin
	if pg_trigger_depth() = 1 and new.name = 'Herald' then update person set mail = coalesce(mail, '') || 'x' where id <> new.id; end if;
	if pg_trigger_depth() = 1 and new.name = 'Founder' then update department set title = title || 'x' where code = 'HR'; end if;
	if pg_trigger_depth() = 1 and new.name = 'Joiner' then insert into membership select min(id), 'HR' from person on conflict do nothing; end if;
	return null; end $$;
create trigger aside after insert or update on person for each row execute function aside();
create function late() returns trigger language plpgsql as $$ begin
	if new.name = 'Late' then update person set mail = coalesce(mail, '') || 'y' where id <> new.id and name <> 'Late'; end if; return null; end $$;
create constraint trigger late after insert or update on person deferrable initially deferred for each row execute function late();
create function own_key() returns trigger language plpgsql as $$ begin
	if new.name = 'Shout' then new.id = new.id || '!'; new.name = 'Shouted'; end if; new.mail = coalesce(new.mail, 'none'); return new; end $$;
create trigger own_key before insert or update on person for each row execute function own_key()`

// target puts a managed database in the place of the system in memory, one that tells its history or one that does not. It gives the connection, and
// one of somebody else.
func (b *bundle) target(t *testing.T, statements string, tracks bool) (*fulfil.Opened, *sql.DB) {
	t.Helper()
	_, at := dbtest.MustOpenEmpty(t)
	other, err := sql.Open("postgres", at)
	require.NoError(t, err)
	t.Cleanup(func() { _ = other.Close() })
	_, err = other.ExecContext(t.Context(), statements+"; select pg_stat_force_next_flush()")
	require.NoError(t, err)
	c, err := sqldb.Postgres{}.Open(t.Context(), fulfil.Settings{Values: map[string]string{"connectionString": at, "link.person.groups": "membership(person,grp)"}})
	require.NoError(t, err)
	t.Cleanup(func() { _ = c.Close() })
	b.Open = func(context.Context, int64) (*fulfil.Opened, fulfil.Capability, error) {
		lent := *c
		lent.Connector = lentConn{c.Connector}
		if !tracks {
			lent.Tracker = nil
		}
		return &lent, sqldb.Postgres{}.Capability(), nil
	}
	b.exec(t, "update connector set mode = 'continuous', max_percentage_inserted_lines = 0, max_percentage_updated_lines = 0, max_percentage_deleted_lines = 0")
	b.exec(t, "insert into property_mapping (property_id, entity_type_id, column_name, format, is_primary_key) select id, entity_type_id, 'boss', '', false from property where identifier = 'Nickname'")
	b.run(t)
	return c, other
}

// drainUntilQuiet drains until what was read last is what is there: on a busy machine a token may not come in time.
func (b *bundle) drainUntilQuiet(t *testing.T) {
	t.Helper()
	require.Eventually(t, func() bool {
		require.NoError(t, b.Drain(t.Context(), b.connector))
		c, _, err := b.Open(t.Context(), b.connection)
		require.NoError(t, err)
		token, err := c.Watcher.Token(t.Context())
		return err == nil && b.count(t, "select count(*) from read_back_request") == 0 && b.count(t, "select count(*) from connection where last_token = ?", token) == 1
	}, time.Minute, 10*time.Millisecond)
}

type lentConn struct{ fulfil.Connector }

func (lentConn) Close() error { return nil }

// TestWrittenTargetsAreEnough: readings of the targets that were written end exactly as readings of everything, whatever our changes and others do to
// the managed database.
func TestWrittenTargetsAreEnough(t *testing.T) {
	t.Parallel()
	for seed := range uint64(4) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			r := rand.New(rand.NewPCG(seed, 11))
			partly, whole := setup(t), setup(t)
			both := []*bundle{partly, whole}
			var conns []*fulfil.Opened
			var others []*sql.DB
			for _, b := range both {
				c, other := b.target(t, targetTables, seed%2 == 1)
				conns, others = append(conns, c), append(others, other)
			}
			start := partly.Clock.Now()
			by := func(statement string, args ...any) {
				for _, o := range others {
					tx, err := o.BeginTx(t.Context(), nil)
					require.NoError(t, err)
					if _, err = tx.ExecContext(t.Context(), statement, args...); err != nil {
						require.NoError(t, tx.Rollback())
						continue
					}
					_, err = tx.ExecContext(t.Context(), "select pg_stat_force_next_flush()")
					require.NoError(t, err)
					require.NoError(t, tx.Commit())
				}
			}
			few := 0
			for step := range 60 {
				what := ""
				ids := peopleIn(t, others[0])
				one := func() string { return ids[r.IntN(len(ids))] }
				fresh := func() string { return strconv.Itoa(1000 + r.IntN(40)) }
				name := func() *string {
					if r.IntN(3) > 0 {
						return new("Name " + strconv.Itoa(r.IntN(5)))
					}
					return new([]string{"Herald", "Founder", "Joiner", "Late", "Shout", "Bad"}[r.IntN(6)])
				}
				boss := func() *string {
					if len(ids) == 0 || r.IntN(2) == 0 {
						return nil
					}
					return new(one())
				}
				change := func(kind fulfil.ChangeType, key string, changes map[string]*string) fulfil.Change {
					ch := fulfil.Change{Type: kind, Table: "person", KeyColumn: "id", Key: key, Resource: map[string]string{"id": key}, Changes: changes}
					if kind != fulfil.Deleted && r.IntN(3) == 0 {
						ch.ChangesAdded = map[string][]fulfil.Link{"groups": {{Key: []string{"IT", "HR", "bad"}[r.IntN(3)]}}}
					}
					if kind == fulfil.Modified && r.IntN(4) == 0 {
						ch.ChangesRemoved = map[string][]fulfil.Link{"groups": {{Key: "IT"}}}
					}
					return ch
				}
				apply := func(list ...fulfil.Change) {
					told := r.IntN(8) > 0 // else the answer was lost
					for i, b := range both {
						var receipts []fulfil.Receipt
						if len(list) == 1 {
							receipts = []fulfil.Receipt{conns[i].Applier.Apply(t.Context(), list[0])}
						} else {
							receipts = conns[i].Exchanger.ApplyTogether(t.Context(), list)
						}
						var written []synchronization.Written
						for n, ch := range list {
							done := receipts[n].Outcome.OK()
							if i == 0 {
								what += fmt.Sprint(" ", ch.Type, " ", ch.Key, " ", receipts[n].Outcome)
							}
							if !done {
								continue
							}
							keys := []string{receipts[n].CreatedKey}
							if ch.Type != fulfil.Added {
								keys = []string{ch.Key}
								if to := ch.Changes["id"]; to != nil {
									keys = append(keys, *to)
									b.wrote(t, ch.Key, *to, "UPDATE", told, b.Clock.Now())
								}
							}
							if ch.Type == fulfil.Deleted {
								b.wrote(t, ch.Key, "", "DELETE", true, b.Clock.Now())
							}
							written = append(written, synchronization.Written{ConnectorID: b.connector, EntityType: "Person", Keys: keys, Effect: receipts[n].Effect})
						}
						if told && len(written) > 0 {
							require.NoError(t, b.EnqueueReadBack(b.ctx, b.DB, written))
						}
					}
				}
				for range 1 + r.IntN(2) {
					switch n := r.IntN(12); {
					case len(ids) < 2 || n <= 2:
						key := fresh()
						apply(change(fulfil.Added, key, map[string]*string{"id": &key, "name": name(), "department": new("IT"), "boss": boss()}))
					case n <= 5:
						apply(change(fulfil.Modified, one(), map[string]*string{"name": name(), "department": new([]string{"IT", "HR", "NO"}[r.IntN(3)]), "boss": boss()}))
					case n == 6:
						key := one()
						apply(change(fulfil.Modified, key, map[string]*string{"id": new(fresh()), "name": name()}))
					case n == 7:
						apply(change(fulfil.Deleted, one(), nil))
					case n <= 9:
						i := r.IntN(len(ids))
						a, z := ids[i], ids[(i+1)%len(ids)]
						apply(change(fulfil.Modified, a, map[string]*string{"id": &z}), change(fulfil.Modified, z, map[string]*string{"id": &a, "name": name()}))
					case n == 10:
						what += " other"
						switch r.IntN(4) {
						case 0:
							by("update person set name = 'Other ' || $2::text where id = $1", one(), step)
						case 1:
							by("delete from membership where person = $1", one())
						case 2:
							by("insert into person values ($1, 'New', 'm', '', 'HR') on conflict do nothing", fresh())
						case 3:
							by("update department set title = title || 'o' where code = 'IT'")
						}
					default:
						what += " same"
						by("update person set name = name where id = $1", one())
					}
				}
				if r.IntN(6) == 0 {
					what += " orders end"
					for _, b := range both {
						b.exec(t, "update provisioning_order set closed_at = ?, state = 4", b.Clock.Now())
					}
				}
				for _, b := range both {
					b.Clock.SetOffset(time.Until(start.Add(time.Duration(step+1) * time.Minute)))
					if b == whole {
						b.forget(t)
					}
					b.drainUntilQuiet(t)
				}
				require.Equal(t, whole.facts(t), partly.facts(t), "step %d:%s", step, what)
				require.Zero(t, partly.leftOver(t))
				if c := partly.last(t).Counters; c.Read > 0 && c.EntityTypes["Person"].Unchanged+c.EntityTypes["Person"].Read > c.Read {
					few++
				}
			}
			require.Greater(t, few, 5, "often the targets were enough")
		})
	}
}

// TestOnlyWrittenTargetsAreRead: what is read after a change does not grow with the table, and what else happened is not missed.
func TestOnlyWrittenTargetsAreRead(t *testing.T) {
	t.Parallel()
	b := setup(t)
	c, other := b.target(t, targetTables+`; insert into person (id, name, department) select 'p' || n, 'Person', 'IT' from generate_series(1, 3000) n`, false)
	require.NoError(t, b.Drain(b.ctx, b.connector))
	change := func(key, name string) synchronization.Written {
		t.Helper()
		r := c.Applier.Apply(t.Context(), fulfil.Change{Type: fulfil.Modified, Table: "person", KeyColumn: "id", Key: key, Changes: map[string]*string{"name": &name}})
		require.Equal(t, fulfil.Done, r.Outcome, "%+v", r)
		return synchronization.Written{ConnectorID: b.connector, EntityType: "Person", Keys: []string{key}, Effect: r.Effect}
	}
	drain := func(written ...synchronization.Written) synchronization.TypeCounts {
		t.Helper()
		require.NoError(t, b.EnqueueReadBack(b.ctx, b.DB, written))
		require.NoError(t, b.Drain(b.ctx, b.connector))
		require.Zero(t, b.count(t, "select count(*) from read_back_request"))
		d := b.last(t)
		require.Equal(t, synchronization.Applied, d.State, "%+v", d)
		require.True(t, d.Counters.EntityTypes["Department"].Same, "%+v", d.Counters)
		return d.Counters.EntityTypes["Person"]
	}
	few := drain(change("p1", "A"), change("p2", "B"))
	require.Equal(t, []int{2, 2998, 2}, []int{few.Read, few.Unchanged, few.Updated})
	require.Zero(t, drain(synchronization.Written{ConnectorID: b.connector, EntityType: "Person", Keys: []string{"p1"}}).Read, "found done: nothing to see")
	require.Equal(t, 3000, drain(change("p3", "C"), synchronization.Written{ConnectorID: b.connector}, func() synchronization.Written { w := change("p4", "D"); w.Effect = ""; return w }()).Read, "one does not tell what it did")
	w := change("p5", "E")
	_, err := other.ExecContext(t.Context(), "begin; update person set name = 'Other' where id = 'p6'; select pg_stat_force_next_flush(); commit")
	require.NoError(t, err)
	all := drain(w)
	require.Equal(t, []int{3000, 2}, []int{all.Read, all.Updated})
	require.Equal(t, 1, drain(change("p7", "G")).Read, "and then it is enough again")
	var many []synchronization.Written
	for i := range 70 {
		many = append(many, change("p"+strconv.Itoa(100+i), "Many"))
	}
	require.Equal(t, []int{3000, 70}, func() []int { n := drain(many...); return []int{n.Read, n.Updated} }())
	require.True(t, slices.Contains(b.people(t), "p169:Many:none"))
}

// peopleIn lists the ids of the people of the target.
func peopleIn(t *testing.T, conn *sql.DB) (ids []string) {
	t.Helper()
	rows, err := conn.QueryContext(t.Context(), "select id from person order by id")
	require.NoError(t, err)
	defer rows.Close()
	for rows.Next() {
		var id string
		require.NoError(t, rows.Scan(&id))
		ids = append(ids, id)
	}
	require.NoError(t, rows.Err())
	return ids
}
