package scim

import (
	"bytes"
	"context"
	"maps"
	"net/http"
	"slices"
	"strings"

	"writ/server/fulfil"
)

const patchSchema = "urn:ietf:params:scim:api:messages:2.0:PatchOp"

// edit is what is to change in a resource.
type edit struct {
	plain map[*column]any // nil: taken away
	lists []listEdit
}

// listEdit is what is to change in a column with several values.
type listEdit struct {
	column      *column
	add, remove []string
}

func (e edit) isEmpty() bool { return len(e.plain)+len(e.lists) == 0 }

// columns with one value, in an order that is always the same.
func (e edit) columns() []*column {
	return slices.SortedFunc(maps.Keys(e.plain), func(a, b *column) int { return strings.Compare(a.name, b.name) })
}

// apply makes the changes in the resource itself.
func (e edit) apply(res map[string]any) {
	for _, col := range e.columns() {
		col.write(res, e.plain[col])
	}
	for _, l := range e.lists {
		l.apply(res)
	}
}

// apply keeps the values that stay as they are, with whatever else is known of them.
func (l listEdit) apply(res map[string]any) {
	var list []any
	for _, v := range listOf(get(l.column.home(res), l.column.attr)) {
		inner := v
		if o, ok := v.(map[string]any); ok {
			inner = get(o, "value")
		}
		if s, _ := text(inner, l.column.kind); !slices.Contains(l.remove, s) {
			list = append(list, v)
		}
	}
	list = append(list, l.column.values(l.add)...)
	if len(list) == 0 {
		l.column.write(res, nil)
		return
	}
	l.column.write(res, list)
}

// values are texts as values of a list.
func (c *column) values(texts []string) []any {
	list := make([]any, len(texts))
	for i, s := range texts {
		v, f := c.value(s)
		if f != nil {
			v = s // the server says what is wrong with it
		}
		if c.isComplex {
			v = map[string]any{"value": v}
		}
		list[i] = v
	}
	return list
}

// withSchemas names the schemas of what a resource holds.
func withSchemas(res map[string]any, t *table) map[string]any {
	list := listOf(get(res, "schemas"))
	has := func(urn string) bool {
		return slices.ContainsFunc(list, func(v any) bool { s, _ := v.(string); return sameName(s, urn) })
	}
	for _, col := range t.columns {
		if col.urn != "" && col.home(res) != nil && !has(col.urn) {
			list = append(list, col.urn)
		}
	}
	if !has(t.core) && t.core != "" {
		list = append(list, t.core)
	}
	put(res, "schemas", list)
	return res
}

// operation is one of a PATCH.
type operation struct {
	Op    string `json:"op"`
	Path  string `json:"path"`
	Value any    `json:"value,omitempty"`
}

// operations are the PATCH requests for an edit: the first holds what has one value, and each at most so many values of lists.
func (e edit) operations(res map[string]any, most int) [][]operation {
	first := e.plainOperations(res)
	var requests [][]operation
	room := most
	put := func(op operation, values int) {
		if len(first) > 0 && values > room {
			requests, first, room = append(requests, first), nil, most
		}
		first, room = append(first, op), room-values
	}
	for _, l := range e.lists {
		if !l.column.isComplex { // what has no value attribute cannot be found by it
			changed := map[string]any{}
			if home := l.column.home(res); home != nil {
				l.column.write(changed, get(home, l.column.attr))
			}
			l.apply(changed)
			if list := get(l.column.home(changed), l.column.attr); list != nil {
				put(operation{"replace", l.column.base(), list}, 1)
			} else {
				put(operation{"remove", l.column.base(), nil}, 1)
			}
			continue
		}
		for _, v := range l.remove {
			put(operation{"remove", l.column.base() + "[value eq " + l.column.literal(v) + "]", nil}, 1)
		}
		for part := range slices.Chunk(l.add, most) {
			put(operation{"add", l.column.base(), l.column.values(part)}, len(part))
		}
	}
	if len(first) > 0 {
		requests = append(requests, first)
	}
	return requests
}

// plainOperations changes what is there, adds what is not, and takes away: each as RFC 7644, 3.5.2 has it, since servers differ in what else they take.
func (e edit) plainOperations(res map[string]any) []operation {
	var list []operation
	fresh := map[string]map[string]any{} // values of an attribute that come as a whole, by path
	for _, col := range e.columns() {
		v := e.plain[col]
		if col.urn != "" && col.sub != "" && col.by == "" { // a path into an extension with two steps is more than some servers find
			if base := col.base(); fresh[base] == nil {
				fresh[base] = map[string]any{}
				list = append(list, e.inExtension(res, col))
			}
			continue
		}
		if col.by == "" {
			op := operation{"replace", col.path(), v}
			switch {
			case v == nil:
				op.Op = "remove"
			case col.read(res) == nil:
				op.Op = "add"
			}
			list = append(list, op)
			continue
		}
		whole := col.base() + "[" + col.which() + "]"
		o, there := col.element(res)
		switch {
		case !there && v == nil:
		case !there && fresh[whole] != nil:
			fresh[whole][col.sub] = v
		case !there:
			fresh[whole] = col.fresh(map[string]any{col.sub: v})
			list = append(list, operation{"add", col.base(), []any{fresh[whole]}})
		case v == nil && col.sub == "value":
			list = append(list, operation{"remove", whole, nil})
		case v == nil:
			list = append(list, operation{"remove", col.path(), nil})
		case get(o, col.sub) == nil:
			list = append(list, operation{"add", col.path(), v})
		default:
			list = append(list, operation{"replace", col.path(), v})
		}
	}
	return list
}

// inExtension changes the sub-attributes of one attribute of an extension, all at once.
func (e edit) inExtension(res map[string]any, of *column) operation {
	whole, set, isCleared := map[string]any{}, map[string]any{}, false
	if o, ok := get(of.home(res), of.attr).(map[string]any); ok {
		for key, v := range o {
			if !sameName(key, "$ref") && !sameName(key, "display") && !sameName(key, "displayName") { // the server finds them
				whole[key] = v
			}
		}
	}
	for col, v := range e.plain {
		if col.base() == of.base() && col.sub != "" {
			put(whole, col.sub, v)
			put(set, col.sub, v)
			isCleared = isCleared || v == nil
		}
	}
	switch {
	case len(whole) == 0:
		return operation{"remove", of.base(), nil}
	case isCleared:
		return operation{"replace", of.base(), whole}
	}
	return operation{"add", of.base(), set}
}

// update changes a resource, by PATCH where the server takes it. made tells that something was written, also when more was to follow.
func (c *Conn) update(ctx context.Context, cat *catalog, t *table, res map[string]any, e edit) (made bool, f *failure) {
	at, ok := t.one(textIn(res, "id"))
	if !ok {
		return false, refuse("The id of the resource cannot stand in an address.")
	}
	id := textIn(res, "id")
	if c.puts(cat, t) {
		return c.replace(ctx, cat, t, at, id, e)
	}
	for i, ops := range e.operations(res, c.set.MembersPerRequest) {
		match := ""
		if i == 0 && len(e.plain) > 0 {
			match = version(cat, res)
		}
		part, f := c.patch(ctx, at, match, ops)
		made = made || part
		if f != nil && !made && (f.status == http.StatusMethodNotAllowed || f.status == http.StatusNotImplemented) {
			// 405 is of every PATCH of these resources; 501 may be of what this one asked for
			t.noPatch.Store(t.noPatch.Load() || f.status == http.StatusMethodNotAllowed)
			return c.replace(ctx, cat, t, at, id, e)
		}
		if f != nil {
			return made, c.proved(ctx, t, id, f)
		}
	}
	return made, nil
}

// puts reports that the server takes no PATCH of a table's resources.
func (*Conn) puts(cat *catalog, t *table) bool { return !cat.patches || t.noPatch.Load() }

// patch sends one PATCH. When something to take away is not there (any more), the rest is tried without it. made tells that something was written.
func (c *Conn) patch(ctx context.Context, at, match string, ops []operation) (made bool, f *failure) {
	a, f := c.do(ctx, request{method: http.MethodPatch, url: at, match: match, body: map[string]any{"schemas": []string{patchSchema}, "Operations": ops}})
	switch {
	case f == nil:
		f = c.understood(a)
		return f == nil, f
	case sameName(f.scimType, "noTarget") && len(ops) > 1:
		for _, op := range ops { // nothing of it was made: a PATCH is made as a whole (RFC 7644, 3.5.2)
			part, f := c.patch(ctx, at, "", []operation{op})
			if made = made || part; f != nil {
				return made, f
			}
		}
		return made, nil
	case sameName(f.scimType, "noTarget") && ops[0].Op == "remove":
		return false, nil
	}
	return false, f
}

// understood refuses an answer to a change that is not SCIM's, such as a page to sign in: nobody knows what became of the change.
func (c *Conn) understood(a *answer) *failure {
	if len(bytes.TrimSpace(a.body)) == 0 {
		return nil
	}
	if _, ok := a.object(); !ok {
		return c.nonsense("%s answered with status %d, but not in a way that can be understood.", c.server, a.status)
	}
	return nil
}

// version is the ETag of a resource as it was read; "": it has none.
func version(cat *catalog, res map[string]any) string {
	if !cat.versions {
		return ""
	}
	meta, _ := get(res, "meta").(map[string]any)
	return textIn(meta, "version")
}

// replace reads a resource, changes it and puts it back, one at a time in this process. Where the server knows versions, nobody else's change is lost.
func (c *Conn) replace(ctx context.Context, cat *catalog, t *table, at, id string, e edit) (made bool, f *failure) {
	release, ok := c.writing.take(ctx, at)
	if !ok {
		return false, c.lost(ctx, false, ctx.Err())
	}
	defer release()
	for try := 1; ; try++ {
		res, f := c.toPut(ctx, cat, t, id)
		if f != nil {
			return false, f.looked()
		}
		if res == nil {
			return false, &failure{outcome: fulfil.NotFound, message: t.name + " have no such resource any more."}
		}
		body := without(res, t)
		before, _ := encode(body)
		e.apply(body)
		if after, err := encode(withSchemas(body, t)); err == nil && bytes.Equal(before, after) {
			return false, nil
		}
		a, f := c.do(ctx, request{method: http.MethodPut, url: at, match: version(cat, res), body: body})
		if f == nil {
			return true, c.understood(a)
		}
		if f.status != http.StatusPreconditionFailed || try == tries {
			return false, c.proved(ctx, t, id, f)
		}
	}
}

// without is a resource without what only the server writes.
func without(res map[string]any, t *table) map[string]any {
	body := map[string]any{}
	for key, v := range res {
		if sameName(key, "meta") {
			continue
		}
		if col := t.column(key); col != nil && (col.isReadOnly || col.isGroups) && !sameName(key, "id") {
			continue
		}
		body[key] = v
	}
	return body
}
