package directory

import (
	"regexp"
	"strings"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/schema"
)

// placeholder is one {Property} of a template.
var placeholder = regexp.MustCompile(`\{([A-Za-z][A-Za-z0-9_]*)\}`)

// labelPart is a literal text, or the value of a property when Property is set.
type labelPart struct {
	Literal  string
	Property string
}

// label says how the display name of an entity type is made: from parts, or by the hook when Hook is set.
type label struct {
	Parts []labelPart
	Hook  bool
}

// labelOf applies role-model 1.8: the expression if there is one (a template "{FirstName} {LastName}" or a property's name is computed
// here, anything else by the hook), else the first declared scalar whose identifier contains "name", else the first declared scalar.
func labelOf(s *Shape, entityTypeID int64) label {
	t := s.EntityTypes[entityTypeID]
	if t != nil && t.DisplayExpression != nil && strings.TrimSpace(*t.DisplayExpression) != "" {
		if parts, ok := template(s, entityTypeID, strings.TrimSpace(*t.DisplayExpression)); ok {
			return label{Parts: parts}
		}
		return label{Hook: true}
	}
	var first *Property
	for _, p := range s.PropertiesOf[entityTypeID] {
		if p.IsNavigation() {
			continue
		}
		if strings.Contains(strings.ToLower(p.Identifier), "name") {
			return label{Parts: []labelPart{{Property: p.Identifier}}}
		}
		if first == nil {
			first = p
		}
	}
	if first == nil {
		return label{}
	}
	return label{Parts: []labelPart{{Property: first.Identifier}}}
}

// template reads a simple template; ok is false when the text is none (then it is an expression).
func template(s *Shape, entityTypeID int64, text string) (parts []labelPart, ok bool) {
	scalar := func(name string) bool {
		p := s.Property(entityTypeID, name)
		return p != nil && !p.IsNavigation()
	}
	if scalar(text) {
		return []labelPart{{Property: text}}, true
	}
	at := 0
	for _, m := range placeholder.FindAllStringSubmatchIndex(text, -1) {
		name := text[m[2]:m[3]]
		if !scalar(name) {
			return nil, false
		}
		if m[0] > at {
			parts = append(parts, labelPart{Literal: text[at:m[0]]})
		}
		parts = append(parts, labelPart{Property: name})
		at = m[1]
	}
	if len(parts) == 0 {
		return nil, false
	}
	if at < len(text) {
		parts = append(parts, labelPart{Literal: text[at:]})
	}
	for _, p := range parts {
		if strings.ContainsAny(p.Literal, "{}") {
			return nil, false
		}
	}
	return parts, true
}

// maxLabel is how many characters a display name keeps: an index sorts by it.
const maxLabel = 300

// labelCases is the SQL expression of display_name over directory_next (or resource) n, and the entity types that need the hook.
func labelCases(s *Shape, types []int64) (expression schema.QueryWithArgs, hooked []int64) {
	var b strings.Builder
	var args []any
	b.WriteString("left(case n.entity_type_id")
	for _, t := range types {
		l := labelOf(s, t)
		if l.Hook {
			hooked = append(hooked, t)
			continue
		}
		if len(l.Parts) == 0 {
			continue
		}
		b.WriteString(" when ? then coalesce(nullif(btrim(concat(")
		args = append(args, t)
		for i, p := range l.Parts {
			if i > 0 {
				b.WriteString(", ")
			}
			if p.Property != "" {
				b.WriteString("n.scalars ->> ?")
				args = append(args, p.Property)
			} else {
				b.WriteString("?")
				args = append(args, p.Literal)
			}
		}
		b.WriteString("), E' \\t\\r\\n'), ''), n.key)")
	}
	b.WriteString(" when 0 then n.key else n.key end, ?)")
	return bun.SafeQuery(b.String(), append(args, maxLabel)...), hooked
}
