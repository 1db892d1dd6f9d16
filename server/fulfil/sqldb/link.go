package sqldb

import (
	"maps"
	"regexp"
	"slices"
	"strings"

	"writ/server/errs"
)

// linkSetting is link.<column> or link.<table>.<column> = "table(owner_column,value_column)".
type linkSetting struct {
	name   string // of the setting
	on     string // table that gets the column; "": found out from the references
	column string
	table  string
	owner  string
	value  string
}

// link is a link setting that fits a table.
type link struct {
	column    string // of the table, as the rest of Writ sees it
	table     string
	owner     string
	value     string
	ref       string // column of the table that owner refers to
	ownerType string
	valueType string
	of        column // the column that value is
	by        column // the column that owner is
	to        column // the column that ref is; without a name when a query brings it
}

var linkForm = regexp.MustCompile(`^\s*([^(),]+?)\s*\(\s*([^(),]+?)\s*,\s*([^(),]+?)\s*\)\s*$`)

func linkSettings(settings map[string]string) ([]linkSetting, error) {
	var links []linkSetting
	for _, rest := range slices.Sorted(maps.Keys(settings)) {
		l := linkSetting{name: "link." + rest, column: rest}
		if dot := strings.LastIndexByte(rest, '.'); dot >= 0 {
			l.on, l.column = rest[:dot], rest[dot+1:]
		}
		m := linkForm.FindStringSubmatch(settings[rest])
		if m == nil || l.column == "" {
			return nil, errs.Invalid(l.name, "Setting %s must name a link table and its two columns: table(owner_column,value_column).", l.name)
		}
		l.table, l.owner, l.value = m[1], m[2], m[3]
		links = append(links, l)
	}
	return links, nil
}

// linksOf gives the links of one table. The column that the owner column refers to is, in this order: what its foreign key says, the
// column of the same name, the primary key when the setting names the table. Validation when a setting that names this table does not fit.
func (c *Conn) linksOf(cat *catalog, name string) ([]link, error) {
	var links []link
	on := cat.tables[name]
	for _, s := range c.links {
		if s.on != "" && s.on != name || s.table == name {
			continue
		}
		l, err := s.fit(cat, on)
		if err != nil {
			return nil, err
		}
		if l != nil {
			links = append(links, *l)
		}
	}
	return links, nil
}

// fit answers nil when a setting without a table name has nothing to do with this table.
func (s linkSetting) fit(cat *catalog, on *table) (*link, error) {
	lt := cat.tables[s.table]
	if lt == nil {
		return nil, errs.Invalid(s.name, "There is no table %s.", s.table)
	}
	owner, ok := lt.by[s.owner]
	if !ok {
		return nil, errs.Invalid(s.name, "Table %s has no column %s.", s.table, s.owner)
	}
	value, ok := lt.by[s.value]
	if !ok {
		return nil, errs.Invalid(s.name, "Table %s has no column %s.", s.table, s.value)
	}
	l := &link{column: s.column, table: s.table, owner: s.owner, value: s.value, ownerType: owner.typ, valueType: value.typ, of: value, by: owner}
	switch ref, has := lt.refs[s.owner]; {
	case on == nil: // a query without a table of that name: the query has to bring the column
		if s.on == "" {
			return nil, nil
		}
		l.ref = s.owner
	case has && ref.table == on.name:
		l.ref = ref.column
	case has && s.on == "":
		return nil, nil
	case on.by[s.owner].name != "":
		l.ref = s.owner
	case s.on == "":
		return nil, nil
	case on.key != "":
		l.ref = on.key
	default:
		return nil, errs.Invalid(s.name, "It cannot be told which column of %s the column %s of %s refers to: there is no foreign key, no column of that name and no primary key of one column.", on.name, s.owner, s.table)
	}
	if on != nil && on.by[s.column].name != "" {
		return nil, errs.Invalid(s.name, "Table %s has a column %s already. Give the link another name.", on.name, s.column)
	}
	if on != nil {
		l.to = on.by[l.ref]
	}
	return l, nil
}
