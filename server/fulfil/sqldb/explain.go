package sqldb

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// effectSQL counts what this transaction wrote to each table that a stamp can tell of, what triggers, rules and references did for it, too. A
// transaction before it whose counters are not published yet is in it: then it is more than was meant.
const effectSQL = `
select t.relname, t.oid, n.ins, n.upd, n.del
from pg_catalog.pg_class t
join pg_catalog.pg_namespace s on s.oid = t.relnamespace
cross join lateral (select pg_catalog.pg_stat_get_xact_tuples_inserted(t.oid) as ins, pg_catalog.pg_stat_get_xact_tuples_updated(t.oid) as upd,
    pg_catalog.pg_stat_get_xact_tuples_deleted(t.oid) as del) n
where s.nspname = $1 and t.relkind in ('r', 'p', 'm', 'f', 'v') and n.ins + n.upd + n.del > 0`

// meant is what the statements of a transaction were answered: how many rows they wrote, by table.
type meant struct {
	rows    map[string]int64
	unsure  bool // a trigger gave a row another key than was written
	flushes bool // the session's write counters are published with its commit
}

func (m *meant) add(table string, rows int64) {
	if m.rows == nil {
		m.rows = map[string]int64{}
	}
	m.rows[table] += rows
}

// effect is what the transaction adds to the stamps of its tables: oid:inserted,updated,deleted; of each. "" when it wrote more, or other, than
// was meant, or when the counters come later, with those of others.
func (p postgres) effect(ctx context.Context, q querier, m *meant) (string, error) {
	if m.unsure || !m.flushes {
		return "", nil
	}
	rows, err := q.QueryContext(ctx, effectSQL, p.c.schema)
	if err != nil {
		return "", fmt.Errorf("count what was written: %w", err)
	}
	defer rows.Close()
	var parts []string
	found := map[string]int64{}
	for rows.Next() {
		var name string
		var oid, ins, upd, del int64
		if err := rows.Scan(&name, &oid, &ins, &upd, &del); err != nil {
			return "", err
		}
		found[name] += ins + upd + del
		parts = append(parts, fmt.Sprintf("%d:%d,%d,%d", oid, ins, upd, del))
	}
	if err := rows.Err(); err != nil {
		return "", err
	}
	maps.DeleteFunc(m.rows, func(_ string, n int64) bool { return n == 0 })
	if !maps.Equal(found, m.rows) {
		return "", nil
	}
	slices.Sort(parts)
	return strings.Join(parts, ";"), nil
}

// Explains adds the effects of our changes to the counters of one stamp and compares with another.
func (c *Conn) Explains(from, to string, effects []string) bool {
	have, was := counted(from), counted(to)
	if have == nil || was == nil {
		return false
	}
	byTable := map[string]int{} // position in the stamp
	for i, t := range have {
		byTable[t.oid] = i
	}
	for _, e := range effects {
		for part := range strings.SplitSeq(e, ";") {
			oid, text, _ := strings.Cut(part, ":")
			i, ok := byTable[oid]
			if !ok { // another table, another stamp
				continue
			}
			add, ok := numbers(text)
			if !ok {
				return false
			}
			for n := range add {
				have[i].counters[n] += add[n]
			}
		}
	}
	return slices.Equal(have, was)
}

// counters are those of one table in a stamp.
type counters struct {
	oid, node string
	counters  [3]int64
}

// counted reads a stamp; nil: it is none.
func counted(stamp string) (list []counters) {
	for part := range strings.SplitSeq(stamp, ";") {
		fields := strings.SplitN(part, ",", 3)
		if len(fields) != 3 {
			return nil
		}
		n, ok := numbers(fields[2])
		if !ok {
			return nil
		}
		list = append(list, counters{fields[0], fields[1], n})
	}
	return list
}

func numbers(text string) (n [3]int64, ok bool) {
	parts := strings.Split(text, ",")
	if len(parts) != len(n) {
		return n, false
	}
	for i, p := range parts {
		var err error
		if n[i], err = strconv.ParseInt(p, 10, 64); err != nil {
			return n, false
		}
	}
	return n, true
}
