package sqldb

import (
	"context"
	"database/sql"
	"fmt"

	"writ/server/fulfil"
)

// linked is the condition that a link's owner is a row t. Where the server keeps the referred values apart it is its own comparison; elsewhere only the
// very same value is the same.
func (m mariadb) linked(l link, owner, ref string) string {
	if l.by.category != "S" || l.to.category != "S" {
		return owner + " = " + ref
	}
	switch exact := exactly(owner) + " = " + exactly(ref); {
	case l.by.rules != l.to.rules:
		return exact
	case l.to.isUnique:
		return owner + " = " + ref
	default:
		return owner + " = " + ref + " and " + exact
	}
}

// joined: the values of all owners in one pass over the link table, or of the owner at hand.
func (m mariadb) joined(l link, alias string, one bool) (expression, join string) {
	table, owner, value := m.c.qualified(l.table), "k."+m.quote(l.owner), "k."+m.quote(l.value)
	text := l.of.asText(value)
	// What is longer than a packet of the server is null to it, with no more than a warning; null here is no link at all.
	packed := fmt.Sprintf("coalesce(concat(count(*), ':', sum(length(%s)), ':', group_concat(hex(%s))), '')", text, text)
	ref := "t." + m.quote(l.ref)
	if one {
		return fmt.Sprintf("(select %s from %s k where %s is not null and %s having count(*) > 0)", packed, table, value, m.linked(l, owner, ref)), ""
	}
	o := owner
	if l.by.category == "S" && (l.by.rules != l.to.rules || !l.to.isUnique) {
		o = exactly(owner)
	}
	return alias + ".v", fmt.Sprintf("\nleft join (select %s as o, %s as v from %s k where %s is not null group by o) %s on %s", o, packed, table, value, alias, m.linked(l, alias+".o", ref))
}

// stream reads as the rows come: neither the server nor we hold more than a few of them. The server's limit of time does not count, since it waits
// for whoever takes the rows; that of a single read of the connection does.
func (m mariadb) stream(ctx context.Context, tx *sql.Tx, cat *catalog, name, statement string, take func(fulfil.Row) bool) error {
	field := "connectionString"
	if _, ok := m.c.queries[name]; ok {
		field = "query." + name
	}
	rows, err := tx.QueryContext(ctx, "set statement max_statement_time = 0 for "+statement)
	if err != nil {
		return m.c.readError(err, field)
	}
	defer rows.Close()
	read, err := m.c.reader(rows, cat, name)
	if err != nil {
		return err
	}
	for rows.Next() {
		row, err := read()
		if err != nil {
			return m.c.readError(err, field)
		}
		if !take(row) {
			return nil
		}
	}
	return m.c.readError(rows.Err(), field)
}

func (m mariadb) having(t *table, keyColumn, key string) (condition string, args []any) {
	expression := "t." + m.quote(keyColumn)
	if t == nil || t.by[keyColumn].name == "" {
		return expression + " = ?", []any{key}
	}
	condition, args = t.by[keyColumn].holds(expression, key)
	if condition == "" {
		return "1 = 0", nil
	}
	return condition, args
}

func (m mariadb) isKey(t *table, keyColumn string, have fulfil.Value, key string) bool {
	if t == nil || t.by[keyColumn].name == "" {
		return fulfil.TextOf(have) == key
	}
	return sameValue(have, &key, t.by[keyColumn])
}
