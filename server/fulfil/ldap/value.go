package ldap

import (
	"encoding/base64"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"writ/server/fulfil"
)

// value is what an attribute holds as the rest of Writ sees it: nil, one text, several texts in their order, or bytes. Several bytes are base64 each.
func (a *attribute) value(raw [][]byte) fulfil.Value {
	if len(raw) == 0 {
		return nil
	}
	binary := a.isBinary()
	texts := make([]string, len(raw))
	if a.shape.isOne() && a.shape.holds(raw) {
		for i, v := range raw {
			texts[i] = a.shape.text(v)
		}
		switch {
		case len(texts) == 1 && texts[0] == "":
			return nil
		case len(texts) == 1:
			return texts[0]
		}
		sortTexts(texts)
		return texts
	}
	for i, v := range raw {
		if binary || !utf8.Valid(v) {
			binary = true
			texts[i] = base64.StdEncoding.EncodeToString(v)
			continue
		}
		texts[i] = a.read(string(v))
	}
	switch {
	case len(raw) == 1 && binary:
		return raw[0]
	case len(raw) == 1 && (a.single || !strings.Contains(texts[0], "\n")):
		return texts[0]
	}
	sortTexts(texts)
	return texts
}

// sortTexts brings several values in the order in which the rest of Writ writes them.
func sortTexts(list []string) {
	slices.SortFunc(list, func(a, b string) int {
		if c := strings.Compare(strings.ToLower(a), strings.ToLower(b)); c != 0 {
			return c
		}
		return strings.Compare(a, b)
	})
}

// zulu is a generalized time (RFC 4517) as the standard has it, with the hour as the least.
var zulu = regexp.MustCompile(`^(\d{10})(\d{2})?(\d{2})?(?:[.,](\d+))?(Z|[+-]\d{2}(?:\d{2})?)$`)

// read is one text of the server: booleans and instants are written as the other connectors do.
func (a *attribute) read(text string) string {
	switch a.syntax {
	case syntaxBoolean:
		return strings.ToLower(text)
	case syntaxTime:
		if t, ok := instant(text); ok {
			return t.UTC().Format(time.RFC3339Nano)
		}
	}
	return text
}

func instant(text string) (time.Time, bool) {
	m := zulu.FindStringSubmatch(text)
	if m == nil || m[4] != "" && m[3] == "" { // a fraction of an hour or a minute: nobody writes it
		return time.Time{}, false
	}
	for i := 2; i <= 3; i++ {
		if m[i] == "" {
			m[i] = "00"
		}
	}
	if m[4] != "" {
		m[4] = "." + m[4]
	}
	if len(m[5]) == 3 {
		m[5] += "00"
	}
	t, err := time.Parse("20060102150405Z0700", m[1]+m[2]+m[3]+m[4]+m[5])
	return t, err == nil
}

// written is one text of ours as the server takes it.
func (a *attribute) written(text string) (string, error) {
	switch {
	case a.shape.isOne():
		raw, ok := a.shape.raw(text)
		if !ok {
			return "", refuse("The value for attribute %s must be %s.", a.name, a.shape)
		}
		return raw, nil
	case a.isBinary():
		raw, err := base64.StdEncoding.DecodeString(text)
		if err != nil {
			return "", refuse("The value for attribute %s must be base64.", a.name)
		}
		return string(raw), nil
	case a.syntax == syntaxBoolean:
		return strings.ToUpper(text), nil
	case a.syntax == syntaxTime:
		if t, err := time.Parse(time.RFC3339Nano, text); err == nil {
			return generalized(t), nil
		}
		if t, err := time.Parse(time.DateOnly, text); err == nil {
			return generalized(t), nil
		}
	}
	return text, nil
}

func generalized(t time.Time) string {
	text := t.UTC().Format("20060102150405")
	if n := t.Nanosecond(); n != 0 {
		text += strings.TrimRight(fmt.Sprintf(".%09d", n), "0")
	}
	return text + "Z"
}

// values are the texts of a change as the server takes them; none clears the attribute.
func (a *attribute) values(text *string) ([]string, error) {
	if (text == nil || *text == "") && a.shape == shapeExpiry {
		return []string{adNever}, nil
	}
	if text == nil || *text == "" {
		return nil, nil
	}
	list := []string{*text}
	if !a.single {
		list = strings.Split(*text, "\n")
	}
	var out []string
	for _, one := range list {
		if one == "" {
			continue
		}
		v, err := a.written(one)
		if err != nil {
			return nil, err
		}
		out = append(out, v)
	}
	return out, nil
}

// normal is the form of a value that two values share which the server takes for one.
func (s *subschema) normal(a *attribute, value string) string {
	if a == nil {
		return strings.ToLower(squeezed(value))
	}
	rule := strings.ToLower(a.equality)
	switch {
	case a.shape == shapeExpiry && value == "0": // both mean never
		return adNever
	case a.isDN():
		bits := ""
		if a.syntax == syntaxNameUID {
			if i := strings.LastIndex(value, "#'"); i >= 0 {
				value, bits = value[:i], value[i:]
			}
		}
		return s.normalName(value) + bits
	case strings.HasPrefix(rule, "caseignore"):
		return strings.ToLower(squeezed(value))
	case strings.HasPrefix(rule, "caseexact"):
		return squeezed(value)
	case rule == "telephonenumbermatch":
		return strings.NewReplacer(" ", "", "-", "").Replace(value)
	case rule == "numericstringmatch":
		return strings.ReplaceAll(value, " ", "")
	case rule == "booleanmatch", rule == "objectidentifiermatch", rule == "uuidmatch":
		return strings.ToLower(strings.TrimSpace(value))
	case strings.HasPrefix(rule, "generalizedtime"):
		if t, ok := instant(value); ok {
			return generalized(t)
		}
	case stringSyntaxes[a.syntax]: // a rule that is not told, or that we do not know: most of them are like this
		return strings.ToLower(squeezed(value))
	}
	return value
}

// normalName is the normal form of a distinguished name; a text that is none stays.
func (s *subschema) normalName(dn string) string {
	n, ok := parseName(dn)
	if !ok {
		return dn
	}
	for _, rdn := range n {
		for i, p := range rdn {
			a := s.attribute(p.name)
			key := strings.ToLower(p.name)
			if a != nil {
				key = strings.ToLower(a.name)
			}
			rdn[i] = pair{key, s.normal(a, p.value)}
		}
		slices.SortFunc(rdn, func(x, y pair) int { return strings.Compare(x.name+"="+x.value, y.name+"="+y.value) })
	}
	return n.String()
}

// squeezed is a text without blanks at its ends, and one for several inside. Servers differ in what else they take for a blank: what is the same for us
// must be the same for all of them, since the other way round only costs a request.
func squeezed(text string) string {
	return strings.Join(strings.FieldsFunc(text, func(r rune) bool { return r == ' ' }), " ")
}
