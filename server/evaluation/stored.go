package evaluation

import (
	"strconv"
	"time"

	"writ/server/document"
)

// Stored reads expectations as they are kept in assigned_resource_type.expected: those of many rows, into few pieces of memory. The zero
// value is ready. What it gives must not be changed in place.
type Stored struct {
	spans Lists[Span]
	ids   Lists[int64]
}

// Read gives one expectation. It reads what encoding/json would read by the tags of Expected.
func (s *Stored) Read(raw []byte) (e Expected, err error) {
	r := document.Read(raw)
	r.Each(func(name string) {
		switch name {
		case "properties":
			e.Properties = map[string][]Span{}
			r.Each(func(property string) { e.Properties[property] = s.timeline(r) })
		case "typeRules":
			e.TypeRules = s.numbers(r)
		case "roles":
			e.Roles = s.numbers(r)
		case "ours":
			e.Ours = map[string][]Own{}
			r.Each(func(property string) {
				var list []Own
				r.List(func() { list = append(list, readOwn(r)) })
				e.Ours[property] = list
			})
		case "conflicts":
			r.List(func() { e.Conflicts = append(e.Conflicts, s.conflict(r)) })
		case "begun":
			e.Begun = r.Bool()
		default:
			r.Skip()
		}
	})
	return e, r.End()
}

func (s *Stored) timeline(r *document.Reader) []Span {
	begin := s.spans.Begin()
	r.List(func() { begin = s.spans.Add(begin, s.span(r)) })
	return s.spans.Give(begin)
}

func (s *Stored) span(r *document.Reader) (x Span) {
	r.Each(func(name string) {
		switch name {
		case "from":
			x.From = readTime(r)
		case "to":
			x.To = readTime(r)
		case "value":
			x.Value = r.Text()
		case "id":
			x.ID = r.Int()
		case "rules":
			x.Rules = s.numbers(r)
		case "error":
			x.Error = r.Text()
		case "confidence":
			x.Confidence = int(r.Int())
		case "createOnly":
			x.CreateOnly = r.Bool()
		case "comparison":
			x.Comparison = int16(r.Int())
		case "inForce":
			x.InForce = r.Bool()
		case "found":
			x.Found = r.Bool()
		default:
			r.Skip()
		}
	})
	return x
}

func (s *Stored) conflict(r *document.Reader) (x Conflict) {
	r.Each(func(name string) {
		switch name {
		case "property":
			x.Property = r.Text()
		case "from":
			x.From = readTime(r)
		case "to":
			x.To = readTime(r)
		case "id":
			x.ID = r.Int()
		case "value":
			x.Value = r.Text()
		case "rules":
			x.Rules = s.numbers(r)
		case "with":
			x.With = r.Int()
		case "other":
			x.Other = r.Text()
		default:
			r.Skip()
		}
	})
	return x
}

func (s *Stored) numbers(r *document.Reader) []int64 {
	begin := s.ids.Begin()
	r.List(func() { begin = s.ids.Add(begin, r.Int()) })
	return s.ids.Give(begin)
}

func readOwn(r *document.Reader) (x Own) {
	r.Each(func(name string) {
		switch name {
		case "value":
			x.Value = r.Text()
		case "id":
			x.ID = r.Int()
		case "comparison":
			x.Comparison = int16(r.Int())
		case "since":
			x.Since = r.Int()
		case "renamed":
			x.Renamed = r.Bool()
		default:
			r.Skip()
		}
	})
	return x
}

func readTime(r *document.Reader) *time.Time {
	text := r.Text()
	if text == "" {
		return nil
	}
	t, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		r.Refuse("an instant")
		return nil
	}
	return &t
}

// Append writes the expectation as it is kept.
func (e Expected) Append(b []byte) []byte {
	w := writer{b: append(b, '{')}
	if len(e.Properties) > 0 {
		w.name("properties")
		w.b = append(w.b, '{')
		for property, spans := range e.Properties {
			w.name(property)
			w.b = append(w.b, '[')
			for i := range spans {
				w.span(&spans[i])
			}
			w.end(']')
		}
		w.end('}')
	}
	w.numbers("typeRules", e.TypeRules)
	w.numbers("roles", e.Roles)
	if len(e.Ours) > 0 {
		w.name("ours")
		w.b = append(w.b, '{')
		for property, list := range e.Ours {
			w.name(property)
			w.b = append(w.b, '[')
			for _, x := range list {
				w.comma()
				w.b = append(w.b, '{')
				w.text("value", x.Value)
				w.number("id", x.ID)
				w.number("comparison", int64(x.Comparison))
				w.number("since", x.Since)
				w.flag("renamed", x.Renamed)
				w.end('}')
			}
			w.end(']')
		}
		w.end('}')
	}
	w.flag("begun", e.Begun)
	if len(e.Conflicts) > 0 {
		w.name("conflicts")
		w.b = append(w.b, '[')
		for i := range e.Conflicts {
			w.conflict(&e.Conflicts[i])
		}
		w.end(']')
	}
	w.end('}')
	return w.b
}

func (w *writer) conflict(c *Conflict) {
	w.comma()
	w.b = append(w.b, '{')
	w.text("property", c.Property)
	w.time("from", c.From)
	w.time("to", c.To)
	w.number("id", c.ID)
	w.text("value", c.Value)
	w.numbers("rules", c.Rules)
	w.number("with", c.With)
	w.text("other", c.Other)
	w.end('}')
}

// writer writes an object; what is empty is left out.
type writer struct{ b []byte }

func (w *writer) comma() {
	if c := w.b[len(w.b)-1]; c != '{' && c != '[' {
		w.b = append(w.b, ',')
	}
}

func (w *writer) end(c byte) { w.b = append(w.b, c) }

func (w *writer) name(n string) {
	w.comma()
	w.b = append(document.AppendText(w.b, n), ':')
}

func (w *writer) text(name, v string) {
	if v != "" {
		w.name(name)
		w.b = document.AppendText(w.b, v)
	}
}

func (w *writer) number(name string, v int64) {
	if v != 0 {
		w.name(name)
		w.b = strconv.AppendInt(w.b, v, 10)
	}
}

func (w *writer) numbers(name string, list []int64) {
	if len(list) == 0 {
		return
	}
	w.name(name)
	w.b = append(w.b, '[')
	for _, n := range list {
		w.comma()
		w.b = strconv.AppendInt(w.b, n, 10)
	}
	w.end(']')
}

func (w *writer) flag(name string, v bool) {
	if v {
		w.name(name)
		w.b = append(w.b, "true"...)
	}
}

func (w *writer) time(name string, v *time.Time) {
	if v != nil {
		w.name(name)
		w.b = append(v.AppendFormat(append(w.b, '"'), time.RFC3339Nano), '"')
	}
}

func (w *writer) span(s *Span) {
	w.comma()
	w.b = append(w.b, '{')
	w.time("from", s.From)
	w.time("to", s.To)
	w.text("value", s.Value)
	w.number("id", s.ID)
	w.numbers("rules", s.Rules)
	w.text("error", s.Error)
	w.number("confidence", int64(s.Confidence))
	w.flag("createOnly", s.CreateOnly)
	w.number("comparison", int64(s.Comparison))
	w.flag("inForce", s.InForce)
	w.flag("found", s.Found)
	w.end('}')
}
