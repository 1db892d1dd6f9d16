package synchronization_test

import (
	"database/sql"
	"fmt"
	"math/rand/v2"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"writ/server/synchronization"
)

// TestTrackedRowsAreEnough: readings of what happened since the last one end exactly as readings of everything, whatever others do to the managed
// database: transactions that stay open over readings, with savepoints, included.
func TestTrackedRowsAreEnough(t *testing.T) {
	t.Parallel()
	for seed := range uint64(4) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			r := rand.New(rand.NewPCG(seed, 12))
			partly, whole := setup(t), setup(t)
			both := []*bundle{partly, whole}
			var others []*sql.DB
			for _, b := range both {
				_, other := b.target(t, targetTables, true)
				others = append(others, other)
			}
			start := partly.Clock.Now()
			var open [][2]*sql.Tx
			end := func(at int) {
				for _, tx := range open[at] {
					_, err := tx.ExecContext(t.Context(), "select pg_stat_force_next_flush()")
					require.NoError(t, err)
					require.NoError(t, tx.Commit())
				}
				open = append(open[:at], open[at+1:]...)
			}
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
			tracked := 0
			for step := range 80 {
				what := ""
				ids := peopleIn(t, others[0])
				one := func() string { return ids[r.IntN(len(ids))] }
				fresh := func() string { return strconv.Itoa(1000 + r.IntN(40)) }
				for range 1 + r.IntN(2) {
					n := r.IntN(14)
					if len(ids) < 3 {
						n = 0
					}
					what += fmt.Sprint(" ", n)
					switch n {
					case 0, 1:
						by("insert into person values ($1, 'New', 'm', '', 'HR') on conflict do nothing", fresh())
					case 2, 3:
						by("update person set name = 'Other ' || $2::text where id = $1", one(), step)
					case 4:
						by("delete from membership where person = $1", one())
					case 5:
						by("delete from person where id = $1", one())
					case 6:
						by("update person set id = $2 where id = $1", one(), fresh())
					case 7:
						by("insert into membership values ($1, $2) on conflict do nothing", one(), []string{"IT", "HR"}[r.IntN(2)])
					case 8:
						by("update membership set person = $2 where person = $1", one(), one())
					case 9: // as many as before
						by("with gone as (delete from person where id = $1) insert into person values ($2, 'Instead', 'm', '', 'IT')", one(), fresh())
					case 10:
						by("update department set title = title || 'o' where code = 'IT'")
					case 11:
						by("delete from membership; delete from department where code = 'NO'; insert into department values ('NO', 'No', null)")
					case 12: // stays open over readings; of its rows, others cannot be in its way
						var pair [2]*sql.Tx
						for i, o := range others {
							tx, err := o.BeginTx(t.Context(), nil)
							require.NoError(t, err)
							for n, statement := range []string{
								"insert into person values ($1, 'Slow', 'm', '', 'HR')", "savepoint a",
								"update person set name = 'Slower' where id = $1", "savepoint b", "insert into membership values ($1, 'IT')", "release savepoint a",
							} {
								var args []any
								if n%2 == 0 {
									args = []any{"slow" + strconv.Itoa(step) + strconv.Itoa(len(open))}
								}
								_, err := tx.ExecContext(t.Context(), statement, args...)
								require.NoError(t, err)
							}
							pair[i] = tx
						}
						open = append(open, pair)
					default:
						if len(open) > 0 {
							end(r.IntN(len(open)))
						}
					}
				}
				if len(open) == 0 && r.IntN(10) == 0 { // else it would wait
					what += " emptied"
					by("truncate membership")
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
				if c := partly.last(t).Counters.EntityTypes["Person"]; c.Read > 0 && c.Unchanged > 0 && c.Read+c.Unchanged > len(ids)/2 && c.Read < 4 {
					tracked++
				}
			}
			for len(open) > 0 {
				end(0)
			}
			require.Greater(t, tracked, 10, "often what happened was enough")
		})
	}
}

// TestOnlyWhatHappenedIsRead: what is read of a change of somebody else does not grow with the table, and neither a row nor a link that is gone is missed.
func TestOnlyWhatHappenedIsRead(t *testing.T) {
	t.Parallel()
	b := setup(t)
	_, other := b.target(t, targetTables+`; insert into person (id, name, department) select 'p' || n, 'Person', 'IT' from generate_series(1, 3000) n;
		insert into membership select 'p' || n, 'IT' from generate_series(1, 3000) n`, true)
	b.drainUntilQuiet(t)
	after := func(statement string) synchronization.TypeCounts {
		t.Helper()
		_, err := other.ExecContext(t.Context(), "begin; "+statement+"; select pg_stat_force_next_flush(); commit")
		require.NoError(t, err)
		last := b.last(t).ID
		b.drainUntilQuiet(t)
		require.Greater(t, b.last(t).ID, last)
		return b.last(t).Counters.EntityTypes["Person"]
	}
	for _, c := range []struct {
		statement string
		read      int // of 3,000
	}{
		{"update person set name = 'Other' where id in ('p1', 'p2')", 2},
		{"insert into membership values ('p3', 'HR')", 1},
		{"insert into person (id, name, department) values ('q1', 'New', 'HR')", 1},
		{"update person set name = 'Others' where id <= 'p2'", 1112},
		{"delete from membership where person = 'p4'", 3001},
		{"update person set name = 'Then' where id = 'p5'", 1},
		{"update membership set person = 'p7', grp = 'X' where person = 'p6' and grp = 'IT'", 3001},
		{"delete from membership where person in ('p8', 'q1'); delete from person where id in ('p8', 'q1')", 2999},
	} {
		got := after(c.statement)
		require.Equal(t, c.read, got.Read, c.statement)
	}
	require.Equal(t, 1, after("delete from membership where person = 'p10'; delete from person where id = 'p10'; insert into person (id, name) values ('q3', 'Instead')").Deleted)
	require.Zero(t, b.count(t, "select count(*) from row_digest_table where cookie = '' and entity_type_id = ?", b.person))
}
