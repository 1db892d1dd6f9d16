package backup

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// ours is the condition of the tables that are kept. Of River's only the jobs that wait are kept.
const ours = `c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
	and c.relname <> 'schema_migration' and (c.relname not like 'river\_%' or c.relname = 'river_job')
	and not exists (select from pg_depend d where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype = 'e')`

// selectTables gives the tables with the columns that can be written.
func selectTables(ctx context.Context, tx pgx.Tx) ([]Table, error) {
	rows, err := tx.Query(ctx, `select c.relname::text, array_agg(a.attname::text order by a.attnum)
		from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated = ''
		where `+ours+` group by c.relname order by c.relname`)
	if err != nil {
		return nil, fmt.Errorf("list the tables: %w", err)
	}
	return pgx.CollectRows(rows, func(r pgx.CollectableRow) (t Table, err error) {
		err = r.Scan(&t.Name, &t.Columns)
		return t, err
	})
}

// selectSequences gives those of identity columns, with where they stand.
func selectSequences(ctx context.Context, tx pgx.Tx) ([]Sequence, error) {
	rows, err := tx.Query(ctx, `select c.relname::text, a.attname::text, pg_get_serial_sequence(c.oid::regclass::text, a.attname)
		from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
		where `+ours+` and pg_get_serial_sequence(c.oid::regclass::text, a.attname) is not null order by 1, 2`)
	if err != nil {
		return nil, fmt.Errorf("list the sequences: %w", err)
	}
	var names []string
	list, err := pgx.CollectRows(rows, func(r pgx.CollectableRow) (s Sequence, err error) {
		var name string
		err = r.Scan(&s.Table, &s.Column, &name)
		names = append(names, name)
		return s, err
	})
	if err != nil {
		return nil, err
	}
	for i := range list {
		if err := tx.QueryRow(ctx, "select last_value, is_called from "+names[i]).Scan(&list[i].Last, &list[i].IsCalled); err != nil {
			return nil, fmt.Errorf("read the sequence of %s: %w", list[i].Table, err)
		}
	}
	return list, nil
}

// reference is a foreign key as the statements that take it away and bring it back.
type reference struct{ drop, add string }

func selectReferences(ctx context.Context, tx pgx.Tx) ([]reference, error) {
	rows, err := tx.Query(ctx, `select format('alter table %s drop constraint %I', k.conrelid::regclass, k.conname),
			format('alter table %s add constraint %I %s', k.conrelid::regclass, k.conname, pg_get_constraintdef(k.oid))
		from pg_constraint k join pg_class c on c.oid = k.conrelid where k.contype = 'f' and k.conparentid = 0 and `+ours+` order by k.conrelid, k.conname`)
	if err != nil {
		return nil, fmt.Errorf("list the foreign keys: %w", err)
	}
	return pgx.CollectRows(rows, func(r pgx.CollectableRow) (f reference, err error) {
		err = r.Scan(&f.drop, &f.add)
		return f, err
	})
}

// source is what is copied of a table.
func (t Table) source() string {
	if t.Name == "river_job" {
		return "(select " + t.columns() + " from river_job where state not in ('completed', 'cancelled', 'discarded')) to stdout"
	}
	return t.target() + " to stdout"
}

// target is the table with its columns.
func (t Table) target() string { return pgx.Identifier{t.Name}.Sanitize() + " (" + t.columns() + ")" }

func (t Table) columns() string {
	text := ""
	for i, c := range t.Columns {
		if i > 0 {
			text += ", "
		}
		text += pgx.Identifier{c}.Sanitize()
	}
	return text
}
