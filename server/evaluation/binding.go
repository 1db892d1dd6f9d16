package evaluation

import (
	"fmt"
	"regexp"
	"strings"

	"writ/server/directory"
)

// root is the variable a binding or an expression starts from (role-model 1.7).
type root int

const (
	sourceRoot root = iota
	recordRoot
	targetRoot
	assignmentRoot
)

var rootNames = map[string]root{"source": sourceRoot, "record": recordRoot, "target": targetRoot, "assignment": assignmentRoot}

// navigation is a property, read forward or backward, that leads to resources.
type navigation struct {
	prop    int64
	reverse bool
	many    bool
	to      int64
}

// navigationOf finds a navigation of an entity type by its own or its reverse name.
func navigationOf(s *directory.Shape, entityTypeID int64, name string) (navigation, bool) {
	if p := s.Property(entityTypeID, name); p != nil {
		if !p.IsNavigation() || p.TargetEntityTypeID == nil {
			return navigation{}, false
		}
		return navigation{prop: p.ID, many: p.IsCollection, to: *p.TargetEntityTypeID}, true
	}
	if p := s.Reverse(entityTypeID, name); p != nil {
		return navigation{prop: p.ID, reverse: true, many: true, to: p.EntityTypeID}, true
	}
	return navigation{}, false
}

// displayName is the computed property that every entity type has (role-model 1.8).
const displayName = "InternalDisplayName"

// scope says which entity types the variables have where an expression stands; 0: the variable is not available there.
type scope struct {
	source, record, target int64
	assignment             bool
}

func (s scope) entityType(r root) int64 {
	switch r {
	case sourceRoot:
		return s.source
	case recordRoot:
		return s.record
	case targetRoot:
		return s.target
	default:
		return 0
	}
}

// binding is a compiled path of properties: navigations, then a scalar or one more navigation.
type binding struct {
	root  root
	steps []string
	last  string // scalar; empty: the path ends at the resources themselves
	many  bool   // a step is a collection
	to    int64  // entity type of the resources reached before last
}

var pathForm = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)*$`)

// isPath reports whether a text is a plain path rather than an expression.
func isPath(s string) bool { return pathForm.MatchString(s) }

// parseBinding compiles `Site.Region.Name`, with an optional variable (`record.Site`) or entity type (`Person:Site`) in front. fallback is
// the variable meant when none is written.
func parseBinding(shape *directory.Shape, sc scope, fallback root, text string, in *trees) (*binding, error) {
	text = strings.TrimSpace(text)
	if head, rest, ok := strings.Cut(text, ":"); ok {
		if shape.ByIdentifier[head] == nil {
			return nil, fmt.Errorf("%q is not an entity type", head)
		}
		text = rest
	}
	if !isPath(text) {
		return nil, fmt.Errorf("%q is not a path of properties such as Department.Name", text)
	}
	parts := strings.Split(text, ".")
	b := &binding{root: fallback}
	if r, ok := rootNames[parts[0]]; ok && len(parts) > 1 && !has(shape, sc.entityType(fallback), parts[0]) {
		b.root, parts = r, parts[1:]
	}
	if err := directory.CheckHops(strings.Join(parts, ".")); err != nil {
		return nil, err
	}
	if b.root == assignmentRoot {
		if !sc.assignment || len(parts) != 1 || (parts[0] != "startDate" && parts[0] != "endDate") {
			return nil, fmt.Errorf("%q: only assignment.startDate and assignment.endDate can be read, and only by scalar and query rules", text)
		}
		b.last = parts[0]
		return b, nil
	}
	at := sc.entityType(b.root)
	if at == 0 {
		return nil, fmt.Errorf("%q: this variable is not available here", text)
	}
	use := in.of(b.root, sc)
	for i, p := range parts {
		if n, ok := navigationOf(shape, at, p); ok {
			b.steps = append(b.steps, p)
			b.many = b.many || n.many
			at = n.to
			use = use.nav(p, n)
			continue
		}
		if i < len(parts)-1 || !has(shape, at, p) {
			return nil, fmt.Errorf("%q: %s has no property %q%s", text, nameOf(shape, at), p, map[bool]string{true: " that leads to resources", false: ""}[i < len(parts)-1])
		}
		b.last = p
		if p == displayName {
			use.self = true
		} else {
			use.scalar(p)
		}
	}
	if b.last == "" {
		use.self = true
	}
	b.to = at
	return b, nil
}

func has(s *directory.Shape, entityTypeID int64, name string) bool {
	return entityTypeID != 0 && (name == displayName || s.Property(entityTypeID, name) != nil || s.Reverse(entityTypeID, name) != nil)
}

func nameOf(s *directory.Shape, entityTypeID int64) string {
	if t := s.EntityTypes[entityTypeID]; t != nil {
		return t.Identifier
	}
	return "the entity type"
}

// reach gives the resources at the end of the navigations, in the order found; a null on the way gives none.
func (b *binding) reach(w *world) []*Resource {
	start := w.vars[b.root]
	if start == nil {
		return nil
	}
	at := []*Resource{start}
	for _, step := range b.steps {
		var next []*Resource
		for _, r := range at {
			for _, id := range r.Links[step] {
				if p := w.get(id); p != nil {
					next = append(next, p)
				}
			}
		}
		at = next
	}
	return at
}

// one is reach for a path without collections, without allocating; nil: a null on the way.
func (b *binding) one(w *world) *Resource {
	r := w.vars[b.root]
	for _, step := range b.steps {
		if r == nil {
			return nil
		}
		ids := r.Links[step]
		if len(ids) == 0 {
			return nil
		}
		r = w.get(ids[0])
	}
	return r
}

// text is the value of the binding; the key of the resource when the path ends at one. Null gives "".
func (b *binding) text(w *world) string {
	if b.root == assignmentRoot {
		at := w.from
		if b.last == "endDate" {
			at = w.to
		}
		if t := moment(at); t != nil {
			return directory.FormatTime(*t)
		}
		return ""
	}
	r := b.one(w)
	switch {
	case r == nil:
		return ""
	case b.last == "":
		return r.Key
	case b.last == displayName:
		return r.DisplayName
	default:
		return r.Scalars[b.last]
	}
}

// trees collects what is read, by variable. records: the record is reached from the source by these nodes.
type trees struct {
	source *reads
	record *reads
	target *reads
}

func (t *trees) of(r root, sc scope) *reads {
	p := &t.source
	switch r {
	case recordRoot:
		p = &t.record
	case targetRoot:
		p = &t.target
	}
	if *p == nil {
		*p = &reads{entityType: sc.entityType(r)}
	}
	return *p
}
