package synchronization_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"writ/server/fulfil"
	"writ/server/synchronization"
)

// facts is everything that readings leave behind: resources, their versions, links, what points to nothing, rows to mend, blocked readings, keys that
// are still followed, and what was told of it.
func (b *bundle) facts(t *testing.T) (list []string) {
	t.Helper()
	require.NoError(t, b.DB.NewRaw(`
		select 'resource ' || entity_type_id || ' ' || key || ' ' || scalars || refs || origin || ' version ' || version || ' ' || (valid_to = 'infinity')::text || ' ' || id from resource
		union all select 'link ' || p.identifier || ' ' || s.key || ' ' || g.key || ' ' || (l.valid_to = 'infinity')::text from resource_link l
			join property p on p.id = l.property_id join resource s on s.id = l.source_id join resource g on g.id = l.target_id
		union all select 'waits ' || r.key || ' ' || u.value from unresolved_ref u join resource r on r.id = u.source_id
		union all select 'mend ' || entity_type_id || ' ' || kind || ' ' || line || ' ' || coalesce(key, '-') || ' ' || coalesce(column_name, '-') || ' ' || why from row_to_mend where is_listed
		union all select 'left ' || delivery_id from row_to_mend where not is_listed
		union all select 'blocked ' || blocked::text from delivery where state = 'BLOCKED'
		union all select 'change ' || c.key || ' ' || c.command || coalesce(c.scalars, '{}') || coalesce(c.refs, '{}') from delivery_change c join delivery y on y.id = c.delivery_id where y.state = 'BLOCKED'
		union all select 'written ' || w.key || ' ' || r.key from written_key w join resource r on r.id = w.resource_id
		union all select 'event ' || kind || ' ' || coalesce(data ->> 'change', '') || ' ' || coalesce(data ->> 'key', '') || ' ' || coalesce(data ->> 'state', '') || ' ' || coalesce(data ->> 'updated', '') || ' ' || count(*)
			from event group by kind, data ->> 'change', data ->> 'key', data ->> 'state', data ->> 'updated'
		order by 1`).Scan(t.Context(), &list))
	return list
}

// leftOver are digests that belong to no delivery any more.
func (b *bundle) leftOver(t *testing.T) int {
	t.Helper()
	return b.count(t, "select count(*) from row_digest_table x where delivery_id <> 0 and not exists (select from delivery d where d.id = x.delivery_id and d.state in ('BLOCKED', 'PREPARED'))")
}

// last is the newest delivery.
func (b *bundle) last(t *testing.T) *synchronization.Delivery {
	t.Helper()
	var list []*synchronization.Delivery
	require.NoError(t, b.DB.NewSelect().Model(&list).Order("id DESC").Limit(1).Scan(t.Context()))
	return list[0]
}

// forget has the next reading compare everything.
func (b *bundle) forget(t *testing.T) {
	t.Helper()
	b.exec(t, "delete from row_digest_table where delivery_id = 0")
}

// wrote notes that an order of ours gave a target another key, or removed it.
func (b *bundle) wrote(t *testing.T, key, newKey, kind string, done bool, at time.Time) {
	t.Helper()
	if b.count(t, "select count(*) from resource where entity_type_id = ? and key = ? and valid_to = 'infinity'", b.person, key) == 0 {
		return
	}
	b.exec(t, "insert into policy (identifier, display_name) values ('P', 'P') on conflict do nothing")
	var order int64
	require.NoError(t, b.DB.NewRaw(`with t as (
			insert into resource_type (identifier, display_name, source_entity_type_id, target_entity_type_id, policy_id)
			select 'T', 'T', ?0, ?0, p.id from policy p on conflict (identifier) do update set display_name = 'T' returning id),
		a as (insert into assigned_resource_type (resource_id, resource_type_id, workflow_state, workflow_state_changed_at, is_expected, valid_from, valid_to)
			select r.id, t.id, 18, now(), false, now() - interval '1 day', now() from t, resource r where r.entity_type_id = ?0 and r.key = ?1 and r.valid_to = 'infinity' returning id, resource_id, resource_type_id)
		insert into provisioning_order (assigned_resource_type_id, kind, state, states, resource_type_id, target_id, source_entity_type_id, connector_id, executed_at, created_at, updated_at, is_superseded)
		select a.id, ?3, 8, '{8}', a.resource_type_id, a.resource_id, ?0, ?2, ?4, now(), now(), false from a returning id`, b.person, key, b.connector, kind, at).Scan(t.Context(), &order))
	if newKey != "" {
		b.exec(t, `insert into written_key (resource_id, key, order_id, at, ended_at, is_done) select r.id, ?, ?, ?::timestamptz - interval '1 second', ?, ? from resource r where r.entity_type_id = ? and r.key = ? and r.valid_to = 'infinity'
			on conflict (resource_id, key) do update set order_id = excluded.order_id, at = excluded.at, ended_at = excluded.ended_at, is_done = excluded.is_done`, newKey, order, at, at, done, b.person, key)
	}
}

// TestChangedRowsAreEnough: readings that leave out what did not change end exactly as readings of everything, whatever happens to the data.
func TestChangedRowsAreEnough(t *testing.T) {
	t.Parallel()
	for seed := range uint64(4) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			r := rand.New(rand.NewPCG(seed, 7))
			partly, whole := watched(t), watched(t)
			both := []*bundle{partly, whole}
			start := partly.Clock.Now()
			var past [][]fulfil.Row
			rows := people(8)
			left := 0
			for step := range 60 {
				past = append(past, slices.Clone(rows))
				what := ""
				for range 1 + r.IntN(2) {
					switch n := r.IntN(17); {
					case len(rows) == 0 || n == 0:
						what += " add"
						rows = append(rows, person(strconv.Itoa(1000+r.IntN(14)), "New "+strconv.Itoa(r.IntN(3)), "department", "IT"))
					case n <= 4:
						i := r.IntN(len(rows))
						what += fmt.Sprint(" change ", rows[i]["id"])
						rows[i] = person(fulfil.TextOf(rows[i]["id"]), "Name "+strconv.Itoa(r.IntN(4)), "department", []string{"IT", "HR", "NO"}[r.IntN(3)], "groups", []string{"", "IT;HR", "HR"}[r.IntN(3)])
					case n == 5:
						i := r.IntN(len(rows))
						what += fmt.Sprint(" remove ", rows[i]["id"])
						rows = slices.Delete(slices.Clone(rows), i, i+1)
					case n == 6:
						i := r.IntN(len(rows))
						what += fmt.Sprint(" spoil ", rows[i]["id"])
						rows[i] = person(fulfil.TextOf(rows[i]["id"]), "Spoilt", "start", "no date")
					case n == 7:
						i := r.IntN(len(rows))
						what += fmt.Sprint(" contradict ", rows[i]["id"])
						rows = append(slices.Clone(rows), person(fulfil.TextOf(rows[i]["id"])+[]string{"", " "}[r.IntN(2)], "Other"))
					case n == 8:
						i := r.IntN(len(rows))
						what += fmt.Sprint(" repeat ", rows[i]["id"])
						rows = append(slices.Clone(rows), rows[i])
					case n == 9:
						what += " lose a key"
						i := r.IntN(len(rows))
						rows[i] = person("", fulfil.TextOf(rows[i]["name"]), "department", "IT")
					case n == 10:
						what += " back"
						rows = slices.Clone(past[r.IntN(len(past))])
					case n == 11:
						i := r.IntN(len(rows))
						key, to := fulfil.TextOf(rows[i]["id"]), strconv.Itoa(2000+r.IntN(4))
						done, follows := r.IntN(3) > 0, r.IntN(3) > 0
						what += fmt.Sprint(" rename ", key, " to ", to, done, follows)
						for _, b := range both {
							b.wrote(t, key, to, "UPDATE", done, b.Clock.Now())
						}
						if follows {
							renamed := person(to, "Renamed", "department", "IT")
							rows[i] = renamed
						}
					case n == 12:
						i := r.IntN(len(rows))
						key := fulfil.TextOf(rows[i]["id"])
						what += " delete " + key
						for _, b := range both {
							b.wrote(t, key, "", "DELETE", true, b.Clock.Now())
						}
						if r.IntN(2) == 0 {
							rows = slices.Delete(slices.Clone(rows), i, i+1)
						}
					case n == 13 && len(rows) > 1: // two targets change places; when they look alike nothing is to be seen of it
						i := r.IntN(len(rows))
						j := (i + 1) % len(rows)
						a, z := fulfil.TextOf(rows[i]["id"]), fulfil.TextOf(rows[j]["id"])
						what += fmt.Sprint(" swap ", a, " ", z)
						done := r.IntN(3) > 0
						for _, b := range both {
							b.wrote(t, a, z, "UPDATE", done, b.Clock.Now())
							b.wrote(t, z, a, "UPDATE", done, b.Clock.Now())
						}
						rows = slices.Clone(rows)
						if r.IntN(3) == 0 {
							rows[i], rows[j] = person(a, fulfil.TextOf(rows[j]["name"])), person(z, fulfil.TextOf(rows[i]["name"]))
						}
					case n == 14 && len(rows) > 1: // one is deleted, and another one gets its key and looks like it
						i := r.IntN(len(rows))
						j := (i + 1) % len(rows)
						a, z := fulfil.TextOf(rows[i]["id"]), fulfil.TextOf(rows[j]["id"])
						what += fmt.Sprint(" replace ", a, " by ", z)
						for _, b := range both {
							b.wrote(t, a, "", "DELETE", true, b.Clock.Now())
							b.wrote(t, z, a, "UPDATE", true, b.Clock.Now())
						}
						rows = slices.Delete(slices.Clone(rows), j, j+1)
					default:
						what += " shuffle"
						rows = slices.Clone(rows)
						r.Shuffle(len(rows), func(i, j int) { rows[i], rows[j] = rows[j], rows[i] })
					}
				}
				if r.IntN(8) == 0 {
					what += " orders end"
					for _, b := range both {
						b.exec(t, "update provisioning_order set closed_at = ?, state = 4", b.Clock.Now())
					}
				}
				if r.IntN(10) == 0 {
					what += " map anew"
					for _, b := range both {
						b.exec(t, "update property_mapping set format = case format when 'concat:;' then 'concat:,' else 'concat:;' end where column_name = 'groups'")
					}
				}
				if r.IntN(12) == 0 { // whoever is blocked is let through
					what += " resume"
					for _, b := range both {
						var ids []int64
						require.NoError(t, b.DB.NewRaw("select id from delivery where state = 'BLOCKED'").Scan(t.Context(), &ids))
						for _, id := range ids {
							_, err := b.Resume(b.ctx, id, quietly{})
							require.NoError(t, err)
						}
					}
				}
				for _, b := range both {
					b.Clock.SetOffset(time.Until(start.Add(time.Duration(step+1) * time.Minute)))
					b.fake.set("person", rows...)
					if b == whole {
						b.forget(t)
					}
					require.NoError(t, b.Drain(t.Context(), b.connector))
				}
				require.Equal(t, whole.facts(t), partly.facts(t), "step %d:%s", step, what)
				require.Zero(t, partly.leftOver(t))
				left += partly.count(t, "select coalesce((counters ->> 'unchanged')::int, 0) from delivery order by id desc limit 1")
			}
			require.Positive(t, left, "something was left out")
		})
	}
}

type quietly struct{}

func (quietly) Logf(string, string, ...any)        {}
func (quietly) Progress(int, int)                  {}
func (quietly) Count(synchronization.Counter, int) {}

var _ synchronization.Reporter = quietly{}

// TestSameTableIsNotRead: of a folder only the file that changed is read, and of one that was only saved again none.
func TestSameTableIsNotRead(t *testing.T) {
	t.Parallel()
	b := setup(t)
	dir := b.useCSV(t)
	b.exec(t, "update connector set max_percentage_inserted_lines = 0, max_percentage_updated_lines = 0")
	write(t, dir, "department.csv", "code,title,parent\nIT,Technology,\nHR,People,IT\n")
	write(t, dir, "person.csv", "id,name,mail,start,department,groups\n1,Ann,,,IT,\n2,Bob,,,IT,\n")
	b.run(t)
	last := func() synchronization.Counters {
		t.Helper()
		require.NoError(t, b.Drain(t.Context(), b.connector))
		d := b.last(t)
		require.Equal(t, synchronization.Applied, d.State)
		return d.Counters
	}
	write(t, dir, "person.csv", "id,name,mail,start,department,groups\n1,Ann,,,IT,\n2,Bea,,,IT,\n")
	c := last()
	require.True(t, c.EntityTypes["Department"].Same)
	require.Equal(t, 2, c.EntityTypes["Department"].Stored, "the base of percentages stays")
	require.False(t, c.EntityTypes["Person"].Same)
	require.Equal(t, []int{2, 1, 1, 1}, []int{c.EntityTypes["Person"].Read, c.EntityTypes["Person"].Unchanged, c.Staged, c.Updated})
	require.Equal(t, []string{"1:Ann:", "2:Bea:"}, b.people(t))

	write(t, dir, "person.csv", "id,name,mail,start,department,groups\n1,Ann,,,IT,\n2,Bea,,,IT,\n") // its like in its place
	c = last()
	require.Zero(t, c.Read)
	require.Equal(t, 4, c.Unchanged)

	// a row to mend stays one while another file changes, and is taken up when it is mended
	write(t, dir, "person.csv", "id,name,mail,start,department,groups\n1,Ann,,,IT,\n2,Bea,,never,IT,\n")
	require.Equal(t, 1, last().Rejected)
	require.Len(t, b.toMend(t), 1)
	write(t, dir, "department.csv", "code,title,parent\nIT,Techniques,\nHR,People,IT\n")
	c = last()
	require.Equal(t, 1, c.Rejected, "a table with rows to mend is read")
	require.Len(t, b.toMend(t), 1)
	write(t, dir, "person.csv", "id,name,mail,start,department,groups\n1,Ann,,,IT,\n2,Bea,,,IT,\n")
	require.Zero(t, last().Rejected)
	require.Empty(t, b.toMend(t))

	// other settings or another mapping read everything
	write(t, dir, "department.csv", "code,title,parent\nIT,Technology,\nHR,People,IT\n")
	b.exec(t, "update connection set version = version + 1")
	require.Equal(t, 4, last().Staged)
	write(t, dir, "department.csv", "code,title,parent\nIT,Techniques,\nHR,People,IT\n")
	require.Equal(t, 1, last().Staged)
	write(t, dir, "department.csv", "code,title,parent\nIT,Technology,\nHR,People,IT\n")
	b.exec(t, "update property_mapping set format = format")
	require.Equal(t, 4, last().Staged)

	// and so does the clock, once a day
	write(t, dir, "department.csv", "code,title,parent\nIT,Techniques,\nHR,People,IT\n")
	b.later(25 * time.Hour)
	require.Equal(t, 4, last().Staged)
}

// TestChangedRowsAreNeverTheWhole: whatever is lost on the way, a list of what changed is not taken for everything there is.
func TestChangedRowsAreNeverTheWhole(t *testing.T) {
	t.Parallel()
	lose := func(t *testing.T, b *bundle) { t.Helper(); b.exec(t, "truncate row_digest, row_digest_table") }
	changed := func(b *bundle) []fulfil.Row {
		rows := people(8)
		rows[3] = person("1003", "Changed", "department", "IT")
		b.fake.set("person", rows...)
		return rows
	}

	t.Run("ProcessEndsAfterReading", func(t *testing.T) {
		t.Parallel()
		b := watched(t)
		changed(b)
		require.NoError(t, b.Drain(t.Context(), b.connector))
		// as its process left it: read, and not compared
		b.exec(t, `insert into delivery (guid, connector_id, mode, state, started_at, counters) select gen_random_uuid(), connector_id, mode, 'EXPORTING', now(),
			counters || '{"staged": 0}' from delivery where (counters ->> 'partly')::bool order by id limit 1`)
		require.Equal(t, 1, b.count(t, "select count(*) from delivery where state = 'EXPORTING'"))
		d, err := b.Prepare(b.ctx, synchronization.RunInput{Connector: "hr"}) // the task of a job, without the one that reads
		require.NoError(t, err)
		require.False(t, d.Counters.Partly, "it was read again")
		_, err = b.Synchronize(b.ctx, synchronization.RunInput{Connector: "hr"})
		require.NoError(t, err)
		require.Len(t, b.people(t), 8)
	})

	t.Run("CrashOfTheDatabase", func(t *testing.T) {
		t.Parallel()
		b := watched(t)
		rows := changed(b)
		lose(t, b)
		require.NoError(t, b.Drain(t.Context(), b.connector))
		require.Contains(t, b.people(t), "1003:Changed:")
		b.fake.set("person", rows[1:]...)
		b.exec(t, "truncate row_digest") // one of the two alone
		require.NoError(t, b.Drain(t.Context(), b.connector))
		require.Len(t, b.people(t), 7)
		require.Zero(t, b.last(t).Counters.Unchanged)
	})

	t.Run("BlockedWhenItCrashes", func(t *testing.T) {
		t.Parallel()
		b := watched(t)
		b.fake.set("person", people(2)...)
		require.NoError(t, b.Drain(t.Context(), b.connector))
		require.Len(t, b.people(t), 8)
		lose(t, b)
		var id int64
		require.NoError(t, b.DB.NewRaw("select id from delivery where state = 'BLOCKED'").Scan(t.Context(), &id))
		_, err := b.Resume(b.ctx, id, quietly{})
		require.NoError(t, err)
		require.Len(t, b.people(t), 2)
		require.Zero(t, b.count(t, "select count(*) from row_digest_table where entity_type_id = ?", b.person))
		b.fake.set("person", people(3)...)
		require.NoError(t, b.Drain(t.Context(), b.connector))
		require.Len(t, b.people(t), 3)
	})

	t.Run("BlockedKeepsWhatItKnows", func(t *testing.T) {
		t.Parallel()
		b := watched(t)
		b.fake.set("person", people(2)...)
		require.NoError(t, b.Drain(t.Context(), b.connector))
		var id int64
		require.NoError(t, b.DB.NewRaw("select id from delivery where state = 'BLOCKED'").Scan(t.Context(), &id))
		_, err := b.Resume(b.ctx, id, quietly{})
		require.NoError(t, err)
		require.Equal(t, 2, b.count(t, "select rows from row_digest_table where entity_type_id = ? and delivery_id = 0", b.person))
		rows := people(2)
		rows[0] = person("1000", "Changed")
		b.fake.set("person", rows...)
		require.NoError(t, b.Drain(t.Context(), b.connector))
		require.Equal(t, 1, b.last(t).Counters.Staged)
	})

	t.Run("CommandsBetween", func(t *testing.T) {
		t.Parallel()
		b := watched(t)
		b.fake.columns["person"] = append(b.fake.columns["person"], "command")
		b.fake.set("person", fulfil.Row{"command": "update", "id": "1003", "name": "By command"})
		_, err := b.Run(b.ctx, synchronization.RunInput{Connector: "hr", Mode: synchronization.Incremental})
		require.NoError(t, err)
		require.Zero(t, b.count(t, "select count(*) from row_digest_table where entity_type_id = ?", b.person))
		b.fake.set("person", people(8)...)
		require.NoError(t, b.Drain(t.Context(), b.connector))
		require.Contains(t, b.people(t), "1003:Person 3:")
	})

	t.Run("ManyRows", func(t *testing.T) {
		t.Parallel()
		b := watched(t)
		rows := people(2000)
		b.fake.set("person", rows...)
		b.exec(t, "update connector set max_percentage_inserted_lines = 0, max_percentage_updated_lines = 0")
		require.NoError(t, b.Drain(t.Context(), b.connector))
		require.Len(t, b.people(t), 2000)
		for i := range 3 {
			rows = slices.Clone(rows)
			rows[i*7] = person(fulfil.TextOf(rows[i*7]["id"]), "Changed", "department", "HR")
			rows = append(rows[:100], rows[101:]...)
			b.fake.set("person", rows...)
			require.NoError(t, b.Drain(t.Context(), b.connector))
			require.Len(t, b.people(t), len(rows))
			c := b.last(t).Counters
			require.Equal(t, []int{1, 1, 1, len(rows) + 1}, []int{c.Staged, c.Updated, c.Deleted, c.EntityTypes["Person"].Stored})
			require.Equal(t, len(rows), b.count(t, "select rows from row_digest_table where entity_type_id = ? and delivery_id = 0", b.person))
		}
	})
}
