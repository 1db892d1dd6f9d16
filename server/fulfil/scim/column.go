package scim

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"writ/server/fulfil"
)

// column is an attribute, a sub-attribute, or one sub-attribute of one of several values.
type column struct {
	name       string
	urn        string // of an extension; "": the resource itself
	attr       string
	sub        string // "": the attribute itself
	by, of     string // which of several values: by is type or primary, of what it has to be
	isMany     bool   // the column has several values
	isComplex  bool   // each of them is an object with a value
	kind       string
	isReadOnly bool
	isHidden   bool // it is written and never given back
	isAsked    bool // it is given to those only who ask for it
	isUnique   bool
	isGroups   bool // memberships of a user: written as members of groups
}

// path is the column as an attribute path of SCIM (RFC 7644, 3.10).
func (c *column) path() string {
	p := c.base()
	if c.by != "" {
		p += "[" + c.which() + "]"
	}
	if c.sub != "" {
		p += "." + c.sub
	}
	return p
}

// base is the path of the attribute.
func (c *column) base() string {
	if c.urn != "" {
		return c.urn + ":" + c.attr
	}
	return c.attr
}

// which tells one of several values from the others.
func (c *column) which() string {
	if c.by == "primary" {
		return "primary eq " + c.of
	}
	return c.by + " eq " + quoted(c.of)
}

// is is the filter of the resources whose column has this value.
func (c *column) is(value string) string {
	text := c.literal(value)
	if c.by != "" {
		return c.base() + "[" + c.which() + " and " + c.sub + " eq " + text + "]"
	}
	return c.path() + " eq " + text
}

// literal is a value of the column in a filter. What is none of its kind is a text, which it never is equal to.
func (c *column) literal(value string) string {
	if v, f := c.value(value); f == nil && c.kind != "string" {
		if text, err := encode(v); err == nil {
			return string(text)
		}
	}
	return quoted(value)
}

// canonical is a text of the order or of a person as read would give it.
func (c *column) canonical(value string) string {
	if v, f := c.value(value); f == nil {
		if s, ok := text(v, c.kind); ok {
			return s
		}
	}
	return value
}

func (c *column) canonicals(values []string) []string {
	list := make([]string, len(values))
	for i, v := range values {
		list[i] = c.canonical(v)
	}
	return list
}

// quoted is a value in a filter or a path: a string of JSON (RFC 7644, 3.4.2.2). Nothing in it can end it.
func quoted(value string) string {
	text, err := encode(value)
	if err != nil { // a string always can be written
		return `""`
	}
	return string(text)
}

// sameName compares names of attributes, which have no case (RFC 7643, 2.1).
func sameName(a, b string) bool { return strings.EqualFold(a, b) }

// get finds a member of an object by a name without case; the exact spelling wins.
func get(o map[string]any, name string) any {
	if v, ok := o[name]; ok {
		return v
	}
	if key, ok := keyIn(o, name); ok {
		return o[key]
	}
	return nil
}

// keyIn is how an object spells a name.
func keyIn(o map[string]any, name string) (string, bool) {
	if _, ok := o[name]; ok {
		return name, true
	}
	found := ""
	for key := range o {
		if sameName(key, name) && (found == "" || key < found) {
			found = key
		}
	}
	return found, found != ""
}

// textIn is a member that is a text; some servers write ids as numbers.
func textIn(o map[string]any, name string) string {
	switch v := get(o, name).(type) {
	case string:
		return v
	case json.Number:
		return v.String()
	}
	return ""
}

// truth reads a boolean, also one that was written as text.
func truth(v any) bool {
	switch v := v.(type) {
	case bool:
		return v
	case string:
		return strings.EqualFold(v, "true")
	}
	return false
}

// listOf is an attribute with several values; some servers write one without its list.
func listOf(v any) []any {
	switch v := v.(type) {
	case nil:
		return nil
	case []any:
		return v
	}
	return []any{v}
}

// text is the one text form of a value of a kind; ok is false when it has none.
func text(v any, kind string) (string, bool) {
	switch v := v.(type) {
	case nil:
		return "", false
	case string:
		return spelled(v, kind), true
	case bool:
		return strconv.FormatBool(v), true
	case json.Number:
		return spelled(v.String(), kind), true
	case map[string]any:
		if inner := get(v, "value"); inner != nil {
			if _, deeper := inner.(map[string]any); !deeper {
				return text(inner, kind)
			}
		}
	case []any:
		if len(v) == 1 {
			if _, deeper := v[0].([]any); !deeper {
				return text(v[0], kind)
			}
		}
	}
	raw, err := encode(v)
	return string(raw), err == nil
}

// spelled is the one spelling of a value: servers give the same moment in another zone, and the same number with another count of digits.
func spelled(v, kind string) string {
	switch kind {
	case "boolean":
		if strings.EqualFold(v, "true") || strings.EqualFold(v, "false") {
			return strings.ToLower(v)
		}
	case "dateTime":
		if at, err := time.Parse(time.RFC3339Nano, strings.ToUpper(strings.TrimSpace(v))); err == nil {
			return at.UTC().Format(time.RFC3339Nano)
		}
	case "integer", "decimal":
		if isNumber(v) {
			return digits(v)
		}
	}
	return v
}

// isNumber reports a number as JSON writes it.
func isNumber(text string) bool {
	return text != "" && (text[0] == '-' || text[0] >= '0' && text[0] <= '9') && json.Valid([]byte(text))
}

// digits writes a number without an exponent and without zeros that say nothing. One that would be very long stays as it is.
func digits(number string) string {
	const most = 400 // more than any float has
	rest, isNegative := strings.CutPrefix(number, "-")
	mantissa, power, _ := strings.Cut(strings.ToLower(rest), "e")
	whole, fraction, _ := strings.Cut(mantissa, ".")
	point := len(whole)
	if power != "" {
		n, err := strconv.Atoi(power)
		if err != nil || n > most || n < -most {
			return number
		}
		point += n
	}
	all := strings.TrimRight(whole+fraction, "0")
	for strings.HasPrefix(all, "0") {
		all, point = all[1:], point-1
	}
	if all == "" {
		return "0"
	}
	switch {
	case point <= 0:
		all = "0." + strings.Repeat("0", -point) + all
	case point >= len(all):
		all += strings.Repeat("0", point-len(all))
	default:
		all = all[:point] + "." + all[point:]
	}
	if isNegative {
		return "-" + all
	}
	return all
}

// value is a text as JSON of a kind.
func (c *column) value(text string) (any, *failure) {
	trimmed := strings.TrimSpace(text)
	switch c.kind {
	case "boolean":
		if b, err := strconv.ParseBool(strings.ToLower(trimmed)); err == nil {
			return b, nil
		}
		return nil, refuse("%q cannot be written to %s, which is true or false.", clip(text, 100), c.name)
	case "integer", "decimal":
		if isNumber(trimmed) {
			if n := digits(trimmed); c.kind == "decimal" || !strings.ContainsAny(n, ".eE") {
				return json.Number(n), nil
			}
		}
		return nil, refuse("%q cannot be written to %s, which is a number.", clip(text, 100), c.name)
	}
	return text, nil
}

// home is the object that the attribute stands in: the resource, or its extension. nil: it has none.
func (c *column) home(res map[string]any) map[string]any {
	if c.urn == "" {
		return res
	}
	ext, _ := get(res, c.urn).(map[string]any)
	return ext
}

// element is the one of several values that the column is about.
func (c *column) element(res map[string]any) (map[string]any, bool) {
	for _, v := range listOf(get(c.home(res), c.attr)) {
		o, ok := v.(map[string]any)
		if !ok {
			continue
		}
		if c.by == "primary" && truth(get(o, "primary")) || c.by != "primary" && sameName(textIn(o, c.by), c.of) {
			return o, true
		}
	}
	return nil, false
}

// read is what a resource has in the column.
func (c *column) read(res map[string]any) fulfil.Value {
	if c.isHidden {
		return nil
	}
	if c.isMany {
		if list := c.texts(res); len(list) > 0 {
			return list
		}
		return nil
	}
	var v any
	switch {
	case c.by != "":
		if o, ok := c.element(res); ok {
			v = get(o, c.sub)
		}
	case c.sub != "":
		switch inner := get(c.home(res), c.attr).(type) {
		case map[string]any:
			v = get(inner, c.sub)
		case string: // a complex attribute as one text, as older drafts had it
			if c.sub == "value" {
				v = inner
			}
		}
	default:
		v = get(c.home(res), c.attr)
	}
	if s, ok := text(v, c.kind); ok {
		return s
	}
	return nil
}

// isShown reports that a resource says what it has in the column, be it nothing.
func (c *column) isShown(res map[string]any) bool { return get(c.home(res), c.attr) != nil }

// holds reports that a resource shows values in the column. That it shows none proves nothing: an empty list is the same as no word (RFC 7643, 2.5),
// and there are servers that say either of what they leave out.
func (c *column) holds(res map[string]any) bool { return len(listOf(get(c.home(res), c.attr))) > 0 }

// texts are the several values, each once, sorted without regard to case.
func (c *column) texts(res map[string]any) []string {
	list := []string{}
	for _, v := range listOf(get(c.home(res), c.attr)) {
		if o, ok := v.(map[string]any); ok {
			if c.isGroups && sameName(textIn(o, "type"), "indirect") { // by a group in a group: nobody can take it away here
				continue
			}
			if v = get(o, "value"); v == nil {
				continue
			}
		}
		if s, ok := text(v, c.kind); ok && s != "" {
			list = append(list, s)
		}
	}
	return inOrder(list)
}

func inOrder(list []string) []string {
	slices.SortFunc(list, func(a, b string) int {
		if n := strings.Compare(strings.ToLower(a), strings.ToLower(b)); n != 0 {
			return n
		}
		return strings.Compare(a, b)
	})
	return slices.Compact(list)
}

// write puts a value into a resource; nil takes it away.
func (c *column) write(res map[string]any, v any) {
	home := c.home(res)
	if home == nil {
		if v == nil {
			return
		}
		home = map[string]any{}
		key, ok := keyIn(res, c.urn)
		if !ok {
			key = c.urn
		}
		res[key] = home
	}
	key, ok := keyIn(home, c.attr)
	if !ok {
		key = c.attr
	}
	switch {
	case c.by != "":
		c.writeElement(home, key, v)
	case c.sub != "":
		inner, _ := home[key].(map[string]any)
		if inner == nil {
			inner = map[string]any{}
		}
		put(inner, c.sub, v)
		if len(inner) == 0 {
			delete(home, key)
		} else {
			home[key] = inner
		}
	case v == nil:
		delete(home, key)
	default:
		home[key] = v
	}
}

// put sets or deletes a member by a name without case.
func put(o map[string]any, name string, v any) {
	if key, ok := keyIn(o, name); ok {
		name = key
	}
	if v == nil {
		delete(o, name)
		return
	}
	o[name] = v
}

// writeElement sets a sub-attribute of the one of several values, which comes and goes with what it holds.
func (c *column) writeElement(home map[string]any, key string, v any) {
	list := listOf(home[key])
	at := slices.IndexFunc(list, func(e any) bool {
		o, ok := e.(map[string]any)
		return ok && (c.by == "primary" && truth(get(o, "primary")) || c.by != "primary" && sameName(textIn(o, c.by), c.of))
	})
	switch {
	case at < 0 && v == nil:
		return
	case at < 0:
		home[key] = append(list, c.fresh(map[string]any{c.sub: v}))
		return
	}
	o := list[at].(map[string]any) //nolint:forcetypeassert // IndexFunc looked
	put(o, c.sub, v)
	if c.sub == "value" && v == nil || isEmpty(o) {
		if list = slices.Delete(slices.Clone(list), at, at+1); len(list) == 0 {
			delete(home, key)
			return
		}
	}
	home[key] = list
}

// fresh is a new one of several values.
func (c *column) fresh(o map[string]any) map[string]any {
	if c.by == "primary" {
		o["primary"] = true
	} else {
		o[c.by] = c.of
	}
	return o
}

// isEmpty reports whether nothing is left of one of several values but what tells it from the others.
func isEmpty(o map[string]any) bool {
	for key, v := range o {
		if v != nil && !sameName(key, "type") && !sameName(key, "primary") && !sameName(key, "display") {
			return false
		}
	}
	return true
}

// columnsOf are the columns of an attribute.
func columnsOf(urn string, a attribute, separator string) []*column {
	prefix := a.name
	if urn != "" {
		prefix = urn + ":" + a.name
	}
	base := column{name: prefix, urn: urn, attr: a.name, kind: a.kind, isReadOnly: sameName(a.mutability, "readOnly"), isHidden: sameName(a.returned, "never") || sameName(a.mutability, "writeOnly"), isAsked: sameName(a.returned, "request"), isUnique: a.isUnique}
	under := func(s attribute, name string) *column {
		c := base
		c.name, c.sub, c.kind = name, s.name, s.kind
		c.isReadOnly = base.isReadOnly || sameName(s.mutability, "readOnly")
		// a part that is given only to who asks for it is not asked for: then the other parts would not come
		c.isHidden = base.isHidden || sameName(s.returned, "never") || sameName(s.mutability, "writeOnly") || sameName(s.returned, "request") && !base.isAsked
		return &c
	}
	switch {
	case a.kind != "complex":
		c := base
		c.isMany = a.isMany
		return []*column{&c}
	case !a.isMany:
		var list []*column
		for _, s := range a.subs {
			if s.kind != "complex" && !s.isMany {
				list = append(list, under(s, prefix+separator+s.name))
			}
		}
		return list
	}
	return severalColumns(base, a, separator, under)
}

// severalColumns: all values as one column, then for each type that the schema names, and for the primary one, what it holds.
func severalColumns(base column, a attribute, separator string, under func(attribute, string) *column) []*column {
	var list []*column
	value, hasValue := a.sub("value")
	if hasValue && value.kind != "complex" {
		c := base
		c.isMany, c.isComplex, c.kind = true, true, value.kind
		list = append(list, &c)
	}
	if base.isReadOnly {
		return list
	}
	one := func(by, of, shown string) {
		for _, s := range a.subs {
			held := s.name == "value" || !hasValue && s.name != "type" && s.name != "primary" && s.name != "display"
			if held && s.kind != "complex" && !s.isMany {
				c := under(s, fmt.Sprintf("%s[%s eq %s]%s%s", base.name, by, shown, separator, s.name))
				c.by, c.of = by, of
				list = append(list, c)
			}
		}
	}
	if types, ok := a.sub("type"); ok && !sameName(a.name, "members") {
		for _, t := range types.canonical {
			one("type", t, quoted(t))
		}
	}
	if _, ok := a.sub("primary"); ok {
		one("primary", "true", "true")
	}
	return list
}
