package ldap

import (
	"context"
	"errors"
	"iter"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/go-ldap/ldap/v3"

	"writ/server/errs"
	"writ/server/fulfil"
)

// Schema gives the tables of the settings with the columns that the schema of the server has for them.
func (c *Conn) Schema(ctx context.Context) ([]fulfil.Table, error) {
	var tables []fulfil.Table
	c.forget()
	err := c.with(ctx, func(ctx context.Context, s *session) error {
		tables = nil
		sub, err := c.subschema(ctx, s)
		if err != nil {
			return err
		}
		for _, name := range slices.Sorted(maps.Keys(c.tables)) {
			t, err := c.table(sub, name)
			if err != nil {
				return err
			}
			tables = append(tables, fulfil.Table{Name: name, Columns: slices.Clone(t.names)})
		}
		return nil
	})
	return tables, c.explained(err, "")
}

// errStopped: whoever takes rows has enough.
var errStopped = errors.New("stopped")

// Export reads a table page by page, on a session of its own: rows that are handed out cannot be taken back, as when an old session turns out to be
// dead.
func (c *Conn) Export(ctx context.Context, name string) iter.Seq2[fulfil.Entry, error] {
	return func(yield func(fulfil.Entry, error) bool) {
		s, done, err := c.take(ctx, true)
		line := 0
		if err == nil {
			defer done()
			err = c.export(ctx, s, name, func(row fulfil.Row, fault *fulfil.Fault) error {
				if line++; !yield(fulfil.Entry{Row: row, Place: name, Line: line, Fault: fault}, nil) {
					return errStopped
				}
				return nil
			})
		}
		if err == nil {
			err = ctx.Err()
		}
		if err != nil && !errors.Is(err, errStopped) {
			yield(fulfil.Entry{Place: name, Line: line + 1}, c.explained(err, "table."+name))
		}
	}
}

func (c *Conn) export(ctx context.Context, s *session, name string, take func(fulfil.Row, *fulfil.Fault) error) error {
	sub, err := c.subschema(ctx, s)
	if err != nil {
		return err
	}
	t, err := c.table(sub, name)
	if err != nil {
		return err
	}
	r := c.newRows(s, sub, t)
	if err := r.prepare(ctx); err != nil {
		return err
	}
	return s.each(ctx, t.base, t.scope, c.pageSize, t.where, r.attributes(), func(e *ldap.Entry) error {
		row, err := r.row(ctx, e)
		var odd *oddName
		var fault *fulfil.Fault
		if errors.As(err, &odd) {
			fault, err = odd.fault(e), nil
		}
		if err != nil {
			return err
		}
		if err := take(row, fault); err != nil {
			return err
		}
		return ctx.Err()
	})
}

// oddName: an entry has a name that we cannot understand. It concerns its row alone.
type oddName struct{ at, dn string }

func (o *oddName) Error() string {
	return o.at + " gave an entry the name " + strconv.Quote(plain(o.dn)) + ", which cannot be understood."
}

// fault is that of the row: with what else stands in the entry, to recognise it by.
func (o *oddName) fault(e *ldap.Entry) *fulfil.Fault {
	f := &fulfil.Fault{Column: columnDN, Value: o.dn, Why: o.Error()}
	for _, a := range e.Attributes {
		for _, v := range a.Values {
			if utf8.ValidString(v) {
				f.Texts = append(f.Texts, v)
			}
		}
	}
	return f
}

// Read looks for one entry by its key.
func (c *Conn) Read(ctx context.Context, name, keyColumn, key string) (row fulfil.Row, found bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	err = c.with(ctx, func(ctx context.Context, s *session) error {
		row, found = nil, false
		sub, err := c.subschema(ctx, s)
		if err != nil {
			return err
		}
		t, err := c.table(sub, name)
		if err != nil {
			return err
		}
		r := c.newRows(s, sub, t)
		e, err := find(ctx, s, sub, t, keyColumn, key, r.attributes())
		if err != nil || e == nil {
			return err
		}
		row, err = r.row(ctx, e)
		if odd := new(oddName); errors.As(err, &odd) {
			err = errs.New(errs.Unavailable, "%s", odd)
		}
		found = err == nil
		return err
	})
	if err != nil {
		return nil, false, c.explained(err, "table."+name)
	}
	return row, found, nil
}

// find looks for the one entry of a table with a key. nil: there is none. The server compares, as it compares elsewhere.
func find(ctx context.Context, s *session, sub *subschema, t *table, keyColumn, key string, attributes []string) (*ldap.Entry, error) {
	if strings.EqualFold(keyColumn, columnDN) {
		n, ok := parseName(key)
		if !ok || len(n) == 0 || !t.holds(sub, key) {
			return nil, nil
		}
		e, err := s.entry(ctx, n.String(), t.where, attributes...)
		if ldap.IsErrorWithCode(err, ldap.LDAPResultInvalidDNSyntax) {
			return nil, nil
		}
		return e, err
	}
	col := t.column(keyColumn)
	if col == nil || col.attribute == nil || col.secret {
		return nil, errs.Invalid("table."+t.name+".key", "Table %s has no attribute %s to look for a row by.", t.name, keyColumn)
	}
	return findBy(ctx, s, t, col.attribute, key, attributes)
}

// findBy is find by an attribute.
func findBy(ctx context.Context, s *session, t *table, by *attribute, key string, attributes []string) (*ldap.Entry, error) {
	if key == "" {
		return nil, nil
	}
	value, err := by.written(key)
	if err != nil {
		return nil, nil //nolint:nilerr // nothing can have such a key
	}
	var found []*ldap.Entry
	err = s.each(ctx, t.base, t.scope, 2, "(&"+t.where+"("+by.name+"="+ldap.EscapeFilter(value)+"))", attributes, func(e *ldap.Entry) error {
		if found = append(found, e); len(found) > 1 {
			return errStopped
		}
		return nil
	})
	if err != nil && !errors.Is(err, errStopped) {
		return nil, err
	}
	if len(found) > 1 {
		return nil, errs.Invalid("table."+t.name+".key", "Several entries of table %s have %s = %s. The key of a mapping must be unique.", t.name, by.name, key)
	}
	if len(found) == 0 {
		return nil, nil
	}
	return found[0], nil
}

// holds reports whether an entry of that name lies where the table looks.
func (t *table) holds(sub *subschema, dn string) bool {
	at := sub.normalName(dn)
	switch t.scope {
	case ldap.ScopeBaseObject:
		return at == t.baseName
	case ldap.ScopeSingleLevel:
		n, ok := parseName(at)
		return ok && len(n) > 0 && n.parent().String() == t.baseName
	}
	return at == t.baseName || strings.HasSuffix(at, ","+t.baseName)
}

// rows makes rows of the entries of a table.
type rows struct {
	conn  *Conn
	s     *session
	sub   *subschema
	t     *table
	links map[string]*resolver           // by column
	backs map[string]map[string][]string // by column, keys of the rows that point to a value; nil: asked for each
}

func (c *Conn) newRows(s *session, sub *subschema, t *table) *rows {
	return &rows{conn: c, s: s, sub: sub, t: t, links: map[string]*resolver{}}
}

// attributes are those that rows are made of, and what the backlinks need.
func (r *rows) attributes() []string { return r.pointing(r.t.attributes()) }

// pointing adds what groups hold of the entries.
func (r *rows) pointing(list []string) []string {
	for _, col := range r.t.by {
		if col.back == nil {
			continue
		}
		if a := r.held(col); a != nil && !slices.Contains(list, a.asked()) {
			list = append(list, a.asked())
		}
	}
	if len(list) > 1 {
		list = slices.DeleteFunc(list, func(s string) bool { return s == "1.1" })
	}
	return list
}

// prepare reads all links once, for a table of which every row is wanted.
func (r *rows) prepare(ctx context.Context) error {
	r.backs = map[string]map[string][]string{}
	for _, name := range r.t.names {
		col := r.t.column(name)
		switch {
		case col.link != nil:
			l, err := r.resolver(col)
			if err != nil {
				return err
			}
			if err := l.scan(ctx); err != nil {
				return err
			}
		case col.back != nil:
			other, b, err := r.back(col)
			if err != nil {
				return err
			}
			all := map[string][]string{}
			err = r.s.each(ctx, other.base, other.scope, r.conn.pageSize, other.where, []string{other.keyAttribute(r.sub), b.asked()}, func(e *ldap.Entry) error {
				key := other.keyOf(r.sub, e)
				for _, v := range e.GetEqualFoldAttributeValues(b.asked()) {
					v = r.sub.normal(b, v)
					all[v] = append(all[v], key)
				}
				return nil
			})
			if err != nil {
				return err
			}
			r.backs[name] = all
		}
	}
	return nil
}

// keyAttribute is what has to be asked for to know the key of a row.
func (t *table) keyAttribute(sub *subschema) string {
	if a := sub.attribute(t.key); a != nil {
		return a.asked()
	}
	return "1.1"
}

// keyOf is the key of a row, as its column shows it.
func (t *table) keyOf(sub *subschema, e *ldap.Entry) string {
	if strings.EqualFold(t.key, columnDN) {
		return e.DN
	}
	a := sub.attribute(t.key)
	if a == nil {
		return ""
	}
	return fulfil.TextOf(a.value(rawValues(e, a.asked())))
}

func rawValues(e *ldap.Entry, attribute string) [][]byte {
	for _, a := range e.Attributes {
		if strings.EqualFold(a.Name, attribute) {
			return a.ByteValues
		}
	}
	return nil
}

// back gives the table and the attribute that hold the backlinks of a column.
func (r *rows) back(col *column) (*table, *attribute, error) {
	other, err := r.conn.table(r.sub, col.back.table)
	if err != nil {
		return nil, nil, err
	}
	b := other.column(col.back.attribute)
	if b == nil || b.attribute == nil {
		return nil, nil, errs.Invalid("table."+r.t.name+".backlink."+col.name, "Table %s has no attribute %s.", other.name, col.back.attribute)
	}
	return other, b.attribute, nil
}

// held is the attribute whose values the groups of a backlink hold; nil: they hold names.
func (r *rows) held(col *column) *attribute {
	l, ok := r.conn.tables[col.back.table].links[strings.ToLower(col.back.attribute)]
	if !ok || l.attribute == "" || strings.EqualFold(l.attribute, columnDN) {
		return nil
	}
	if a := r.sub.attribute(l.attribute); a != nil {
		return a
	}
	return &attribute{name: l.attribute} // the server knows none: no entry has a value of it
}

// pointed is what groups may hold of an entry: its name, or the values of one of its attributes.
func (r *rows) pointed(col *column, e *ldap.Entry) []string {
	if a := r.held(col); a != nil {
		return e.GetEqualFoldAttributeValues(a.asked())
	}
	return []string{e.DN}
}

// row makes one row. A column without a value is there, with nil.
func (r *rows) row(ctx context.Context, e *ldap.Entry) (fulfil.Row, error) {
	row := make(fulfil.Row, len(r.t.names))
	for _, name := range r.t.names {
		col := r.t.column(name)
		switch {
		case name == columnDN:
			row[name] = e.DN
		case name == columnParent:
			upper, ok := above(e.DN)
			if !ok {
				return nil, &oddName{r.conn.target, e.DN}
			}
			row[name] = upper
		case col.secret:
			row[name] = nil
		case col.back != nil:
			list, err := r.backlinks(ctx, col, e)
			if err != nil {
				return nil, err
			}
			row[name] = several(list)
		case col.link != nil:
			list, err := r.linked(ctx, col, e)
			if err != nil {
				return nil, err
			}
			row[name] = several(list)
		default:
			raw := rawValues(e, col.attribute.asked())
			if r.t.isMust(col.attribute) && r.t.placeholder != "" {
				raw = slices.DeleteFunc(slices.Clone(raw), func(v []byte) bool { return r.t.isPlaceholder(r.sub, string(v)) })
			}
			row[name] = col.attribute.value(raw)
		}
	}
	return row, nil
}

// several is a list as a value.
func several(list []string) fulfil.Value {
	switch {
	case len(list) == 0:
		return nil
	case len(list) == 1 && !strings.Contains(list[0], "\n"):
		return list[0]
	}
	sortTexts(list)
	return list
}

func (t *table) isMust(a *attribute) bool { return slices.Contains(t.must, strings.ToLower(a.name)) }

func (t *table) isPlaceholder(sub *subschema, dn string) bool {
	return t.nobody != "" && sub.normalName(dn) == t.nobody
}

func (r *rows) backlinks(ctx context.Context, col *column, e *ldap.Entry) ([]string, error) {
	other, b, err := r.back(col)
	if err != nil {
		return nil, err
	}
	values := r.pointed(col, e)
	if len(values) == 0 {
		return nil, nil
	}
	var keys []string
	if r.backs != nil {
		for _, v := range values {
			keys = append(keys, r.backs[col.name][r.sub.normal(b, v)]...)
		}
	} else {
		err = r.s.each(ctx, other.base, other.scope, r.conn.pageSize, other.holding(b, values), []string{other.keyAttribute(r.sub)}, func(g *ldap.Entry) error {
			keys = append(keys, other.keyOf(r.sub, g))
			return nil
		})
	}
	if len(values) > 1 { // a group may hold several of them
		slices.Sort(keys)
		keys = slices.Compact(keys)
	}
	return keys, err
}

// holding is the filter of the rows that hold one of some values.
func (t *table) holding(a *attribute, values []string) string {
	filter := ""
	for _, v := range values {
		filter += "(" + a.name + "=" + ldap.EscapeFilter(v) + ")"
	}
	if len(values) > 1 {
		filter = "(|" + filter + ")"
	}
	return "(&" + t.where + filter + ")"
}

func (r *rows) linked(ctx context.Context, col *column, e *ldap.Entry) ([]string, error) {
	l, err := r.resolver(col)
	if err != nil {
		return nil, err
	}
	if err := l.meet(ctx, e.GetEqualFoldAttributeValues(col.attribute.asked())); err != nil {
		return nil, err
	}
	var keys []string
	for _, v := range e.GetEqualFoldAttributeValues(col.attribute.asked()) {
		if col.attribute.isDN() && r.t.isPlaceholder(r.sub, v) {
			continue
		}
		key, err := l.key(ctx, v)
		if err != nil {
			return nil, err
		}
		keys = append(keys, key)
	}
	return keys, nil
}

func (r *rows) resolver(col *column) (*resolver, error) {
	if l := r.links[col.name]; l != nil {
		return l, nil
	}
	l, err := r.conn.resolver(r.s, r.sub, col)
	if err == nil {
		l.holds = nil
		r.links[col.name] = l
	}
	return l, err
}

// resolver tells the keys of rows by what links hold of them, and the other way round.
type resolver struct {
	conn  *Conn
	s     *session
	sub   *subschema
	other *table
	by    *attribute // whose value links hold; nil: they hold names
	of    *attribute // that holds the links
	asked int
	known map[string]string // keys by what links hold, and by its normal form; "": there is no row
	holds map[string]string // what links hold by keys; nil: nobody asks
	whole bool
}

func (c *Conn) resolver(s *session, sub *subschema, col *column) (*resolver, error) {
	other, err := c.table(sub, col.link.table)
	if err != nil {
		return nil, err
	}
	l := &resolver{conn: c, s: s, sub: sub, other: other, of: col.attribute, known: map[string]string{}, holds: map[string]string{}}
	if name := col.link.attribute; name != "" && !strings.EqualFold(name, columnDN) {
		if l.by = sub.attribute(name); l.by == nil {
			return nil, errs.Invalid("table."+other.name, "%s knows no attribute %s.", c.target, name)
		}
	}
	if l.by == nil && !col.attribute.isDN() {
		return nil, errs.Invalid("table."+other.name, "Attribute %s holds no distinguished names: its link must name the attribute of table %s that it holds, as in %s.uid.", col.attribute.name, other.name, other.name)
	}
	return l, nil
}

func (l *resolver) attributes() []string {
	list := []string{l.other.keyAttribute(l.sub)}
	if l.by != nil {
		list = append(list, l.by.asked())
	}
	return list
}

func (l *resolver) note(e *ldap.Entry) {
	key := l.other.keyOf(l.sub, e)
	if key == "" {
		return
	}
	if l.by == nil {
		l.known[e.DN], l.known[l.sub.normalName(e.DN)] = key, key
		if l.holds != nil {
			l.holds[key] = e.DN
		}
		return
	}
	for i, v := range e.GetEqualFoldAttributeValues(l.by.asked()) {
		l.known[v], l.known[l.sub.normal(l.by, v)] = key, key
		if i == 0 && l.holds != nil {
			l.holds[key] = v
		}
	}
}

// scan reads the whole other table.
func (l *resolver) scan(ctx context.Context) error {
	if l.whole {
		return nil
	}
	l.whole = true
	return l.s.each(ctx, l.other.base, l.other.scope, l.conn.pageSize, l.other.where, l.attributes(), func(e *ldap.Entry) error {
		l.note(e)
		return nil
	})
}

// mostAsked is how many links are looked up one by one before the other table is read.
const mostAsked = 50

// key is that of the row that a value of a link stands for; the value itself when it stands for none.
func (l *resolver) key(ctx context.Context, value string) (string, error) {
	if key, ok := l.known[value]; ok && key != "" { // as the server spells it
		return key, nil
	}
	normal := l.normal(value)
	key, ok := l.known[normal]
	switch {
	case key != "":
		return key, nil
	case ok, l.whole:
		return value, nil
	}
	if l.asked++; l.asked > mostAsked {
		if err := l.scan(ctx); err != nil {
			return "", err
		}
	} else {
		column := columnDN
		if l.by != nil {
			column = l.by.name
		}
		e, err := l.lookUp(ctx, column, value)
		if err != nil {
			return "", err
		}
		if e != nil {
			l.note(e)
		}
	}
	if key := l.known[normal]; key != "" {
		return key, nil
	}
	return value, nil
}

// normal is the form of what a link holds that all its spellings share.
func (l *resolver) normal(value string) string {
	if l.by != nil {
		return l.sub.normal(l.by, value)
	}
	return l.sub.normal(l.of, value)
}

// meet looks up what several links hold with one question, where the server can be asked so: by a value, or by a name as RFC 5020 has it.
func (l *resolver) meet(ctx context.Context, values []string) error {
	by := l.by
	if by == nil {
		by = l.sub.attribute(columnEntryDN)
		if l.conn.ad {
			by = l.sub.attribute("distinguishedName")
		}
	}
	if by == nil || l.whole {
		return nil
	}
	var open []string
	for _, v := range values {
		if _, ok := l.known[v]; !ok {
			if n := l.normal(v); l.known[n] == "" {
				open = append(open, v)
			}
		}
	}
	if len(open) < 2 {
		return nil
	}
	for part := range slices.Chunk(open, mostAsked) {
		at := map[string]string{}
		err := l.s.each(ctx, l.other.base, l.other.scope, l.conn.pageSize, l.other.holding(by, part), l.attributes(), func(e *ldap.Entry) error {
			for _, v := range e.GetEqualFoldAttributeValues(by.asked()) {
				if before, twice := at[l.normal(v)]; twice && before != e.DN && l.by != nil {
					return errs.Invalid("table."+l.other.name+".key", "Several entries of table %s have %s = %s. The key of a mapping must be unique.", l.other.name, by.name, plain(v))
				}
				at[l.normal(v)] = e.DN
			}
			l.note(e)
			return nil
		})
		if err != nil {
			return err
		}
		for _, v := range part {
			if n := l.normal(v); l.known[n] == "" {
				l.known[n] = ""
			}
		}
	}
	return nil
}

func (l *resolver) lookUp(ctx context.Context, column, value string) (*ldap.Entry, error) {
	if strings.EqualFold(column, columnDN) {
		return find(ctx, l.s, l.sub, l.other, column, value, l.attributes())
	}
	a := l.sub.attribute(column)
	if a == nil {
		return nil, errs.Invalid("table."+l.other.name+".key", "%s knows no attribute %s.", l.conn.target, column)
	}
	return findBy(ctx, l.s, l.other, a, value, l.attributes())
}

// value is what a link holds of the row with a key. ok=false: there is no such row.
func (l *resolver) value(ctx context.Context, key string) (value string, ok bool, err error) {
	if value, ok = l.holds[key]; ok {
		return value, true, nil
	}
	e, err := l.lookUp(ctx, l.other.key, key)
	if err != nil || e == nil {
		return "", false, err
	}
	if l.by == nil {
		value = e.DN
	} else {
		value = e.GetEqualFoldAttributeValue(l.by.asked())
	}
	if value != "" {
		l.holds[key] = value
	}
	return value, value != "", nil
}

// fetch looks several keys up with one question.
func (l *resolver) fetch(ctx context.Context, links []fulfil.Link) error {
	by := l.other.column(l.other.key)
	if len(links) < 2 || by == nil || by.attribute == nil || by.secret {
		return nil
	}
	at := map[string]string{}
	for part := range slices.Chunk(links, mostAsked) {
		filter := ""
		for _, link := range part {
			if v, err := by.attribute.written(link.Key); err == nil && v != "" && l.holds[link.Key] == "" {
				filter += "(" + by.attribute.name + "=" + ldap.EscapeFilter(v) + ")"
			}
		}
		if filter == "" {
			continue
		}
		err := l.s.each(ctx, l.other.base, l.other.scope, l.conn.pageSize, "(&"+l.other.where+"(|"+filter+"))", l.attributes(), func(e *ldap.Entry) error {
			key := l.other.keyOf(l.sub, e)
			if before, twice := at[key]; twice && before != e.DN {
				return errs.Invalid("table."+l.other.name+".key", "Several entries of table %s have %s = %s. The key of a mapping must be unique.", l.other.name, by.name, key)
			}
			at[key] = e.DN
			l.note(e)
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}
