package scim

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"

	"writ/server/errs"
	"writ/server/fulfil"
)

// catalog is what the server can do and has.
type catalog struct {
	base     string // address of the server, without a slash at the end
	patches  bool
	filters  bool
	versions bool // it knows ETags
	most     int  // resources in one answer; 0: not said
	tables   []*table
}

// table is a resource type.
type table struct {
	name    string // last part of the endpoint
	address string // of the endpoint
	core    string // its own schema
	columns []*column
	by      map[string]*column
	asked   []string // attributes that are given to those only who ask for them (returned: request)

	noPatch atomic.Bool // it says that it takes PATCH, and does not
	shows   atomic.Bool // a group that was read by its id has shown members: one that says there that it has none has none
}

// members is the column of who is in a group. nil: the resources are no groups.
func (t *table) members() *column {
	if m := t.column("members"); sameName(t.core, groupSchema) && m != nil && m.isComplex {
		return m
	}
	return nil
}

// column finds a column; how it is spelled does not matter.
func (t *table) column(name string) *column {
	if c, ok := t.by[name]; ok {
		return c
	}
	for _, c := range t.columns {
		if sameName(c.name, name) {
			return c
		}
	}
	return nil
}

func (cat *catalog) table(name string) *table {
	for _, t := range cat.tables {
		if t.name == name {
			return t
		}
	}
	return nil
}

// groups is the table whose members a user's memberships are. nil: there is none.
func (cat *catalog) groups() *table {
	for _, t := range cat.tables {
		if t.members() != nil {
			return t
		}
	}
	return nil
}

// catalog gives what is known of the server, asked again when it is to be fresh.
func (c *Conn) catalog(ctx context.Context, fresh bool) (*catalog, *failure) {
	c.mu.Lock()
	cat := c.cached
	c.mu.Unlock()
	if cat != nil && !fresh {
		return cat, nil
	}
	cat, f := c.discover(ctx)
	if f == nil {
		c.mu.Lock()
		c.cached = cat
		c.mu.Unlock()
	}
	return cat, f
}

// lookup gives a table, looked for once more on the server when it is not known.
func (c *Conn) lookup(ctx context.Context, name string, columns ...string) (*catalog, *table, *failure) {
	for _, fresh := range []bool{false, true} {
		cat, f := c.catalog(ctx, fresh)
		if f != nil {
			return nil, nil, f
		}
		t := cat.table(name)
		if t != nil && !slices.ContainsFunc(columns, func(n string) bool { return t.column(n) == nil }) {
			return cat, t, nil
		}
		if !fresh {
			continue
		}
		if t == nil {
			f := refuse("%s has no resources %s.", c.server, clip(name, 100))
			f.kind = errs.NotFound
			return nil, nil, f
		}
		for _, n := range columns {
			if t.column(n) == nil {
				return nil, nil, refuse("%s of %s have no attribute %s.", t.name, c.server, clip(n, 100))
			}
		}
	}
	return nil, nil, refuse("%s has no resources %s.", c.server, clip(name, 100))
}

// isAbsent reports an endpoint that the server does not have.
func isAbsent(f *failure) bool {
	return f != nil && (f.outcome == fulfil.NotFound || f.isPage || f.status == http.StatusNotImplemented || f.status == http.StatusMethodNotAllowed)
}

// discover reads the three endpoints that describe a server (RFC 7644, 4). Each may be missing: then it is what RFC 7643 says.
func (c *Conn) discover(ctx context.Context) (*catalog, *failure) {
	cat := &catalog{base: c.server, patches: true, filters: true}
	said, f := c.object(ctx, cat.base+"/ServiceProviderConfig")
	if isAbsent(f) && !strings.HasSuffix(c.server, "/v2") {
		if below, absent := c.object(ctx, c.server+"/v2/ServiceProviderConfig"); absent == nil {
			cat.base, said, f = c.server+"/v2", below, nil
		} else if !isAbsent(absent) {
			return nil, absent
		}
	}
	switch {
	case f == nil:
		// what a server says nothing of is as at one that says nothing at all
		offers := func(name string, otherwise bool) bool {
			o, _ := get(said, name).(map[string]any)
			if s := get(o, "supported"); s != nil {
				return truth(s)
			}
			return otherwise
		}
		cat.patches, cat.filters, cat.versions = offers("patch", true), offers("filter", true), offers("etag", false)
		filter, _ := get(said, "filter").(map[string]any)
		cat.most, _ = strconv.Atoi(textIn(filter, "maxResults"))
	case !isAbsent(f):
		return nil, f
	}
	schemas, f := c.schemas(ctx, cat.base)
	if f != nil {
		return nil, f
	}
	types, f := c.described(ctx, cat.base+"/ResourceTypes")
	if f != nil {
		return nil, f
	}
	if len(types) == 0 {
		types = []any{
			map[string]any{"endpoint": "/Users", "schema": userSchema, "schemaExtensions": []any{map[string]any{"schema": enterpriseSchema}}},
			map[string]any{"endpoint": "/Groups", "schema": groupSchema},
		}
	}
	for _, v := range types {
		if o, ok := v.(map[string]any); ok {
			if t := c.tableOf(cat.base, o, schemas); t != nil && cat.table(t.name) == nil {
				cat.tables = append(cat.tables, t)
			}
		}
	}
	return cat, c.choose(cat)
}

// choose leaves the tables of the settings, and connects users with groups.
func (c *Conn) choose(cat *catalog) *failure {
	for name := range maps.Keys(c.set.Filters) {
		if !slices.ContainsFunc(cat.tables, func(t *table) bool { return sameName(t.name, name) }) {
			return &failure{outcome: fulfil.Refused, kind: errs.Validation, field: "filter." + name, message: fmt.Sprintf("%s has no resources %s, which setting filter.%s names.", c.server, name, name)}
		}
	}
	groups := cat.groups()
	for _, t := range cat.tables {
		if g := t.column("groups"); g != nil && sameName(t.core, userSchema) && g.isMany {
			g.isGroups, g.isReadOnly = groups != nil, groups == nil
		}
	}
	var chosen []*table
	for _, name := range c.set.Resources {
		i := slices.IndexFunc(cat.tables, func(t *table) bool { return sameName(t.name, strings.Trim(name, "/ ")) })
		if i < 0 {
			return &failure{outcome: fulfil.Refused, kind: errs.Validation, field: "resources", message: fmt.Sprintf("%s has no resources %s.", c.server, clip(name, 100))}
		}
		chosen = append(chosen, cat.tables[i])
	}
	if groups != nil && len(chosen) > 0 && !slices.Contains(chosen, groups) {
		for _, t := range chosen { // memberships are written to what is not among the tables
			if g := t.column("groups"); g != nil && g.isGroups {
				g.isGroups, g.isReadOnly = false, true
			}
		}
	}
	if len(chosen) > 0 {
		cat.tables = chosen
	}
	return nil
}

// object asks for one JSON object.
func (c *Conn) object(ctx context.Context, at string) (map[string]any, *failure) {
	a, f := c.do(ctx, request{method: http.MethodGet, url: at})
	if f != nil {
		return nil, f.looked()
	}
	o, ok := a.object()
	if !ok {
		return nil, c.nonsense("What %s answers is not SCIM's: it is no JSON object.", at).looked()
	}
	return o, nil
}

// described gives what an endpoint lists: a list of SCIM, or a plain one. None when there is no such endpoint.
func (c *Conn) described(ctx context.Context, at string) ([]any, *failure) {
	a, f := c.do(ctx, request{method: http.MethodGet, url: at})
	switch {
	case isAbsent(f), f != nil && f.status == http.StatusForbidden: // some keep them from applications
		return nil, nil
	case f != nil:
		return nil, f.looked()
	}
	var list []any
	if decode(a.body, &list) == nil {
		return list, nil
	}
	o, ok := a.object()
	if !ok {
		return nil, c.nonsense("What %s answers is not SCIM's: it is no JSON object.", at).looked()
	}
	return listOf(get(o, "Resources")), nil
}

// schemas gives the attributes of the schemas that the server shows, by urn in lower case.
func (c *Conn) schemas(ctx context.Context, base string) (map[string][]attribute, *failure) {
	list, f := c.described(ctx, base+"/Schemas")
	if f != nil {
		return nil, f
	}
	found := map[string][]attribute{}
	for _, v := range list {
		o, _ := v.(map[string]any)
		var attributes []attribute
		for _, a := range listOf(get(o, "attributes")) {
			if o, ok := a.(map[string]any); ok && textIn(o, "name") != "" {
				attributes = append(attributes, attributeOf(o))
			}
		}
		if urn := textIn(o, "id"); urn != "" && len(attributes) > 0 {
			found[strings.ToLower(urn)] = attributes
		}
	}
	return found, nil
}

// common are the attributes that every resource has and no schema names (RFC 7643, 3.1).
func common(separator string) []*column {
	return []*column{
		{name: "id", attr: "id", kind: "string", isReadOnly: true, isUnique: true},
		{name: "externalId", attr: "externalId", kind: "string"},
		{name: "meta" + separator + "created", attr: "meta", sub: "created", kind: "dateTime", isReadOnly: true},
		{name: "meta" + separator + "lastModified", attr: "meta", sub: "lastModified", kind: "dateTime", isReadOnly: true},
	}
}

// tableOf makes a table of a resource type. nil: it says no endpoint of this server.
func (c *Conn) tableOf(base string, o map[string]any, schemas map[string][]attribute) *table {
	endpoint := strings.TrimRight(textIn(o, "endpoint"), "/")
	if u, err := url.Parse(endpoint); err != nil || u.Host != "" && !strings.HasPrefix(endpoint, base+"/") {
		return nil
	}
	endpoint = strings.TrimPrefix(endpoint, base)
	name := endpoint[strings.LastIndex(endpoint, "/")+1:]
	if name == "" || name == "." || name == ".." || strings.ContainsAny(name, "?#%") {
		return nil
	}
	t := &table{name: name, address: base + "/" + url.PathEscape(name), core: textIn(o, "schema"), by: map[string]*column{}}
	add := func(columns []*column) {
		for _, col := range columns {
			if t.column(col.name) == nil {
				t.columns = append(t.columns, col)
				t.by[col.name] = col
			}
		}
	}
	add(common(c.set.Separator))
	attributes := func(urn, prefix string) {
		list, ok := schemas[strings.ToLower(urn)]
		if !ok {
			list = known(urn)
		}
		for _, a := range list {
			if prefix == "" && (sameName(a.name, "meta") || sameName(a.name, "schemas")) {
				continue
			}
			add(columnsOf(prefix, a, c.set.Separator))
			if sameName(a.returned, "request") && !sameName(a.mutability, "writeOnly") {
				t.asked = append(t.asked, (&column{urn: prefix, attr: a.name}).base())
			}
		}
	}
	attributes(t.core, "")
	for _, v := range listOf(get(o, "schemaExtensions")) {
		if e, ok := v.(map[string]any); ok && textIn(e, "schema") != "" {
			attributes(textIn(e, "schema"), textIn(e, "schema"))
		}
	}
	return t
}
