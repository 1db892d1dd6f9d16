package ldap

import (
	"maps"
	"slices"
	"strings"

	"github.com/go-ldap/ldap/v3"

	"writ/server/errs"
)

// tableSetting is a table as the settings describe it.
type tableSetting struct {
	name        string
	base        string
	scope       int
	filter      string // "": by the first of the classes
	classes     []string
	columns     []string // none: all that the classes know
	rdn, key    string
	placeholder string
	tree        bool
	links       map[string]linkSetting // by column in lower case
	backs       map[string]linkSetting
}

// linkSetting says whose rows the values of a column stand for.
type linkSetting struct {
	column    string
	table     string
	attribute string // link: of the other table that the values are taken from, "": its names; backlink: that holds the links
}

var scopes = map[string]int{"base": ldap.ScopeBaseObject, "onelevel": ldap.ScopeSingleLevel, "subtree": ldap.ScopeWholeSubtree}

// words splits a list: by commas, blanks or lines.
func words(text string) []string {
	return strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune(", \t\r\n;", r) })
}

// tableSettings reads the settings table.<name>.<what>. key is the column that rows are known by when the settings name none.
func tableSettings(settings map[string]string, key string) (map[string]*tableSetting, error) {
	tables := map[string]*tableSetting{}
	for _, rest := range slices.Sorted(maps.Keys(settings)) {
		value, setting := strings.TrimSpace(settings[rest]), "table."+rest
		table, what, ok := strings.Cut(rest, ".")
		if !ok || table == "" {
			return nil, errs.Invalid(setting, "Setting %s must be of the form table.<name>.<what>, such as table.people.base.", setting)
		}
		t := tables[table]
		if t == nil {
			t = &tableSetting{name: table, scope: ldap.ScopeWholeSubtree, rdn: "cn", key: key, links: map[string]linkSetting{}, backs: map[string]linkSetting{}}
			tables[table] = t
		}
		if err := t.set(setting, what, value); err != nil {
			return nil, err
		}
	}
	for _, name := range slices.Sorted(maps.Keys(tables)) {
		if err := tables[name].check(tables); err != nil {
			return nil, err
		}
	}
	return tables, nil
}

func (t *tableSetting) set(setting, what, value string) error {
	kind, column, _ := strings.Cut(what, ".")
	switch strings.ToLower(kind) {
	case "base", "placeholder":
		n, ok := parseName(value)
		if !ok || len(n) == 0 {
			return errs.Invalid(setting, "Setting %s must be a distinguished name, such as ou=people,dc=example,dc=com.", setting)
		}
		if strings.EqualFold(kind, "base") {
			t.base = value
		} else {
			t.placeholder = value
		}
	case "scope":
		scope, ok := scopes[strings.ToLower(value)]
		if !ok {
			return errs.Invalid(setting, "Setting %s must be Base, OneLevel or Subtree.", setting)
		}
		t.scope = scope
	case "filter":
		if _, err := ldap.CompileFilter(value); err != nil {
			return errs.Invalid(setting, "Setting %s must be a filter, such as (objectClass=person).", setting)
		}
		t.filter = value
	case "objectclass":
		t.classes = words(value)
	case "columns":
		t.columns = words(value)
	case "rdn":
		t.rdn = value
	case "key":
		t.key = value
	case "deletetree":
		switch strings.ToLower(value) {
		case "true":
			t.tree = true
		case "false", "":
		default:
			return errs.Invalid(setting, "Setting %s must be true or false.", setting)
		}
	case "link", "backlink":
		l := linkSetting{column: column}
		l.table, l.attribute, _ = strings.Cut(value, ".")
		back := strings.EqualFold(kind, "backlink")
		if column == "" || l.table == "" || back && l.attribute == "" {
			return errs.Invalid(setting, "Setting %s must be of the form link.<column>: <table> or <table>.<attribute>, or backlink.<column>: <table>.<attribute>.", setting)
		}
		if back {
			t.backs[strings.ToLower(column)] = l
		} else {
			t.links[strings.ToLower(column)] = l
		}
	default:
		return errs.Invalid(setting, "There is no setting %s. A table has base, scope, filter, objectClass, columns, rdn, key, placeholder, deleteTree, link.<column> and backlink.<column>.", setting)
	}
	return nil
}

func (t *tableSetting) check(tables map[string]*tableSetting) error {
	at := func(what string) string { return "table." + t.name + "." + what }
	switch {
	case t.base == "":
		return errs.Invalid(at("base"), "Setting %s is missing.", at("base"))
	case len(t.classes) == 0 && len(t.columns) == 0:
		return errs.Invalid(at("objectClass"), "Setting %s is missing: the classes of the entries, or columns.", at("objectClass"))
	case len(t.classes) == 0 && t.filter == "":
		return errs.Invalid(at("filter"), "Setting %s is missing: a filter, or objectClass.", at("filter"))
	case t.rdn == "" || t.key == "":
		return errs.Invalid(at("key"), "Settings %s and %s must not be empty.", at("key"), at("rdn"))
	}
	for _, l := range t.links {
		if tables[l.table] == nil {
			return errs.Invalid(at("link."+l.column), "Setting %s names the table %s, which there is no setting for.", at("link."+l.column), l.table)
		}
	}
	for _, l := range t.backs {
		if tables[l.table] == nil {
			return errs.Invalid(at("backlink."+l.column), "Setting %s names the table %s, which there is no setting for.", at("backlink."+l.column), l.table)
		}
	}
	return nil
}

// Columns that are derived of an entry's name.
const (
	columnDN     = "dn"
	columnParent = "parentdn"
	columnUUID   = "entryUUID"

	columnEntryDN = "entryDN" // what it is called where it can be asked for (RFC 5020)
)

// table is a table of the settings as the schema of the server lets it be.
type table struct {
	*tableSetting
	where    string // filter of its entries
	names    []string
	by       map[string]*column // by name in lower case, by every name of an attribute
	baseName string             // normal form
	nobody   string             // normal form of the placeholder
	must     []string           // attributes of DNs that an entry cannot be without, in lower case
	rdnType  *attribute
	account  bool // its entries are accounts of Active Directory, which are made disabled and then enabled
}

// column is one of a table: an attribute, or derived.
type column struct {
	name      string
	attribute *attribute // nil: derived of the name, or a backlink
	link      *linkSetting
	back      *linkSetting
	secret    bool // written, never read
}

func (t *table) column(name string) *column { return t.by[strings.ToLower(name)] }

// attributes are those that a row is made of.
func (t *table) attributes() []string {
	var list []string
	for _, name := range t.names {
		if c := t.column(name); c.attribute != nil && !c.secret {
			list = append(list, c.attribute.asked())
		}
	}
	if len(list) == 0 {
		list = append(list, "1.1") // none (RFC 4511)
	}
	return list
}

// table fits a table of the settings to the schema, once; Missing or Validation when it does not.
func (c *Conn) table(s *subschema, name string) (*table, error) {
	if known, ok := s.tables.Load(name); ok {
		return known.(*table), nil
	}
	t, err := c.fit(s, name)
	if err == nil {
		s.tables.Store(name, t)
	}
	return t, err
}

func (c *Conn) fit(s *subschema, name string) (*table, error) {
	setting := c.tables[name]
	if setting == nil {
		return nil, errs.Missing("There is no table %s among the settings of the connection to %s.", name, c.target)
	}
	t := &table{tableSetting: setting, where: setting.filter, by: map[string]*column{}, baseName: s.normalName(setting.base), nobody: s.normalName(setting.placeholder)}
	if t.where == "" {
		t.where = "(objectClass=" + ldap.EscapeFilter(t.classes[0]) + ")"
		if c.ad && strings.EqualFold(t.classes[0], "user") { // computers are users, too
			t.where = "(&(objectCategory=person)(objectClass=user))"
		}
	}
	must, may, missing := s.of(t.classes)
	if missing != "" {
		return nil, errs.Invalid("table."+name+".objectClass", "%s knows no object class %s.", c.target, missing)
	}
	columns := t.columns
	if len(columns) == 0 {
		columns = slices.Concat(must, may)
		if c.ad {
			columns = adUsual(columns)
		}
	}
	t.account = c.ad && slices.ContainsFunc(may, func(name string) bool { return strings.EqualFold(name, adControl) })
	t.add(&column{name: columnDN})
	t.add(&column{name: columnParent})
	columns = slices.Concat([]string{t.key, t.rdn}, columns)
	if s.attribute(c.uuid()) != nil {
		columns = append(columns, c.uuid())
	}
	for _, l := range t.links {
		columns = append(columns, l.column)
	}
	for _, l := range t.backs {
		if t.column(l.column) == nil {
			t.add(&column{name: l.column, back: &l})
		}
	}
	named := len(t.columns) > 0
	for _, one := range columns {
		if t.column(one) != nil {
			continue
		}
		a := s.attribute(one)
		if a == nil {
			return nil, errs.Invalid("table."+name+".columns", "%s knows no attribute %s.", c.target, one)
		}
		if t.by[strings.ToLower(a.name)] != nil { // by another of its names
			continue
		}
		col := &column{name: a.name, attribute: a, secret: strings.EqualFold(a.name, c.passwordAttribute)}
		if named {
			col.name = one
		}
		if l, ok := t.links[strings.ToLower(one)]; ok {
			col.link = &l
		}
		t.add(col)
		t.by[strings.ToLower(a.name)] = col
	}
	for _, one := range must {
		if a := s.attribute(one); a != nil && a.isDN() {
			t.must = append(t.must, strings.ToLower(a.name))
		}
	}
	t.rdnType = s.attribute(t.rdn)
	return t, nil
}

func (t *table) add(c *column) {
	t.names = append(t.names, c.name)
	t.by[strings.ToLower(c.name)] = c
}
