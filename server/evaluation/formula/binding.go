package formula

import (
	"fmt"
	"regexp"
	"strings"

	"writ/server/directory"
	"writ/server/evaluation"
	"writ/server/evaluation/interval"
)

// Root is the variable a binding or an expression starts from (role-model 1.7).
type Root int

const (
	SourceRoot Root = iota
	RecordRoot
	TargetRoot
	assignmentRoot
)

var rootNames = map[string]Root{"source": SourceRoot, "record": RecordRoot, "target": TargetRoot, "assignment": assignmentRoot}

// Navigation is a property, read forward or backward, that leads to resources.
type Navigation struct {
	prop    int64
	reverse bool
	many    bool
	to      int64
}

// NavigationOf finds a navigation of an entity type by its own or its reverse name.
func NavigationOf(s *directory.Shape, entityTypeID int64, name string) (Navigation, bool) {
	if p := s.Property(entityTypeID, name); p != nil {
		if !p.IsNavigation() || p.TargetEntityTypeID == nil {
			return Navigation{}, false
		}
		return Navigation{prop: p.ID, many: p.IsCollection, to: *p.TargetEntityTypeID}, true
	}
	if p := s.Reverse(entityTypeID, name); p != nil {
		return Navigation{prop: p.ID, reverse: true, many: true, to: p.EntityTypeID}, true
	}
	return Navigation{}, false
}

// displayName is the computed property that every entity type has (role-model 1.8).
const displayName = "InternalDisplayName"

// Scope says which entity types the variables have where an expression stands; 0: the variable is not available there.
type Scope struct {
	Source, Record, Target int64
	Assignment             bool
	Queries                bool // query() can look through the resources of an entity type
}

func (s Scope) entityType(r Root) int64 {
	switch r {
	case SourceRoot:
		return s.Source
	case RecordRoot:
		return s.Record
	case TargetRoot:
		return s.Target
	default:
		return 0
	}
}

// Binding is a compiled path of properties: navigations, then a scalar or one more navigation.
type Binding struct {
	root  Root
	Steps []string
	Last  string // scalar; empty: the path ends at the resources themselves
	Many  bool   // a step is a collection
	To    int64  // entity type of the resources reached before last
}

var pathForm = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)*$`)

// IsPath reports whether a text is a plain path rather than an expression.
func IsPath(s string) bool { return pathForm.MatchString(s) }

// ParseBinding compiles `Site.Region.Name`, with an optional variable (`record.Site`) or entity type (`Person:Site`) in front. fallback is
// the variable meant when none is written.
func ParseBinding(shape *directory.Shape, sc Scope, fallback Root, text string, in *Trees) (*Binding, error) {
	text = strings.TrimSpace(text)
	if head, rest, ok := strings.Cut(text, ":"); ok {
		if shape.ByIdentifier[head] == nil {
			return nil, fmt.Errorf("%q is not an entity type", head)
		}
		text = rest
	}
	if !IsPath(text) {
		return nil, fmt.Errorf("%q is not a path of properties such as Department.Name", text)
	}
	parts := strings.Split(text, ".")
	b := &Binding{root: fallback}
	if r, ok := rootNames[parts[0]]; ok && len(parts) > 1 && !has(shape, sc.entityType(fallback), parts[0]) {
		b.root, parts = r, parts[1:]
	}
	if err := directory.CheckHops(strings.Join(parts, ".")); err != nil {
		return nil, err
	}
	if b.root == assignmentRoot {
		if !sc.Assignment || len(parts) != 1 || (parts[0] != "startDate" && parts[0] != "endDate") {
			return nil, fmt.Errorf("%q: only assignment.startDate and assignment.endDate can be read, and only by scalar and query rules", text)
		}
		b.Last = parts[0]
		return b, nil
	}
	at := sc.entityType(b.root)
	if at == 0 {
		return nil, fmt.Errorf("%q: this variable is not available here", text)
	}
	use := in.of(b.root, sc)
	for i, p := range parts {
		if n, ok := NavigationOf(shape, at, p); ok {
			b.Steps = append(b.Steps, p)
			b.Many = b.Many || n.many
			at = n.to
			use = use.Nav(p, n)
			continue
		}
		if i < len(parts)-1 || !has(shape, at, p) {
			return nil, fmt.Errorf("%q: %s has no property %q%s", text, NameOf(shape, at), p, map[bool]string{true: " that leads to resources", false: ""}[i < len(parts)-1])
		}
		b.Last = p
		if p == displayName {
			use.Self = true
		} else {
			use.Scalar(p)
		}
	}
	if b.Last == "" {
		use.Self = true
	}
	b.To = at
	return b, nil
}

func has(s *directory.Shape, entityTypeID int64, name string) bool {
	return entityTypeID != 0 && (name == displayName || s.Property(entityTypeID, name) != nil || s.Reverse(entityTypeID, name) != nil)
}

// NameOf is the identifier of an entity type, for messages.
func NameOf(s *directory.Shape, entityTypeID int64) string {
	if t := s.EntityTypes[entityTypeID]; t != nil {
		return t.Identifier
	}
	return "the entity type"
}

// Reach gives the resources at the end of the navigations, in the order found; a null on the way gives none.
func (b *Binding) Reach(w *World) []*evaluation.Resource {
	start := w.Vars[b.root]
	if start == nil {
		return nil
	}
	at := []*evaluation.Resource{start}
	for _, step := range b.Steps {
		var next []*evaluation.Resource
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

// One is reach for a path without collections, without allocating; nil: a null on the way.
func (b *Binding) One(w *World) *evaluation.Resource {
	r := w.Vars[b.root]
	for _, step := range b.Steps {
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
func (b *Binding) text(w *World) string {
	if b.root == assignmentRoot {
		at := w.From
		if b.Last == "endDate" {
			at = w.To
		}
		if t := interval.Moment(at); t != nil {
			return directory.FormatTime(*t)
		}
		return ""
	}
	r := b.One(w)
	switch {
	case r == nil:
		return ""
	case b.Last == "":
		return r.Key
	case b.Last == displayName:
		return r.DisplayName
	default:
		return r.Scalars[b.Last]
	}
}

// Trees collects what is read, by variable. records: the record is reached from the source by these nodes.
type Trees struct {
	Source *Reads
	Record *Reads
	Target *Reads
}

func (t *Trees) of(r Root, sc Scope) *Reads {
	p := &t.Source
	switch r {
	case RecordRoot:
		p = &t.Record
	case TargetRoot:
		p = &t.Target
	}
	if *p == nil {
		*p = &Reads{EntityType: sc.entityType(r)}
	}
	return *p
}
