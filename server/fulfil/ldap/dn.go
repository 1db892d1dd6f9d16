package ldap

import (
	"encoding/hex"
	"strings"
)

// pair is one attribute of a relative name, with its value as it is, unescaped.
type pair struct{ name, value string }

// name is a distinguished name: relative names from the entry up. Not the library's: that folds and refuses what servers send.
type name [][]pair

// parseName reads a distinguished name (RFC 4514). ok=false: it is none.
func parseName(text string) (n name, ok bool) {
	if strings.TrimSpace(text) == "" {
		return nil, true
	}
	var rdn []pair
	for {
		equals := strings.IndexByte(text, '=')
		if equals < 0 {
			return nil, false
		}
		attribute := strings.TrimSpace(text[:equals])
		if attribute == "" || strings.ContainsAny(attribute, "\\,+\"<>; \x00") {
			return nil, false
		}
		value, rest, end, ok := parseValue(text[equals+1:])
		if !ok {
			return nil, false
		}
		rdn = append(rdn, pair{attribute, value})
		if end != '+' {
			n, rdn = append(n, rdn), nil
		}
		if end == 0 {
			return n, true
		}
		text = rest
	}
}

// above is the name of the entry above one, as it is written in its name: so it is the text that the entry above is shown with. ok=false: it is no name.
func above(dn string) (rest string, ok bool) {
	n, ok := parseName(dn)
	if !ok || len(n) == 0 {
		return "", ok
	}
	rest = dn
	for range n[0] {
		_, rest, _, ok = parseValue(rest[strings.IndexByte(rest, '=')+1:])
	}
	return strings.TrimSpace(rest), ok
}

// parseValue reads a value up to the sign that ends it: a comma, a plus, or 0 for the end of the text.
func parseValue(text string) (value, rest string, end byte, ok bool) {
	text = strings.TrimLeft(text, " ")
	if strings.HasPrefix(text, "#") { // the bytes of an encoded value: kept as they are written
		i := strings.IndexAny(text, ",+")
		if i < 0 {
			return strings.TrimRight(text, " "), "", 0, len(text) > 1
		}
		return strings.TrimRight(text[:i], " "), text[i+1:], text[i], i > 1
	}
	var b strings.Builder
	kept := 0 // as far as blanks at the end do not count
	for i := 0; i < len(text); i++ {
		switch c := text[i]; c {
		case ',', '+':
			return b.String()[:kept], text[i+1:], c, true
		case '\\':
			if i+1 >= len(text) {
				return "", "", 0, false
			}
			if i+2 < len(text) {
				if raw, err := hex.DecodeString(text[i+1 : i+3]); err == nil {
					b.Write(raw)
					i, kept = i+2, b.Len()
					continue
				}
			}
			i++
			b.WriteByte(text[i])
			kept = b.Len()
		case '"', ';', '<', '>', 0:
			return "", "", 0, false
		default:
			b.WriteByte(c)
			if c != ' ' {
				kept = b.Len()
			}
		}
	}
	return b.String()[:kept], "", 0, true
}

// escapeValue writes a value for a distinguished name: whatever it holds, it is one value of it.
func escapeValue(value string) string {
	var b strings.Builder
	for i := range len(value) {
		c := value[i]
		edge := i == 0 || i == len(value)-1
		switch {
		case c < ' ' || c == 0x7f || strings.IndexByte(`,+"\<>;=`, c) >= 0 || c == ' ' && edge || c == '#' && i == 0:
			b.WriteByte('\\')
			b.WriteString(hex.EncodeToString([]byte{c}))
		default:
			b.WriteByte(c)
		}
	}
	return b.String()
}

func (n name) String() string {
	parts := make([]string, len(n))
	for i, rdn := range n {
		parts[i] = writeRDN(rdn)
	}
	return strings.Join(parts, ",")
}

func writeRDN(rdn []pair) string {
	parts := make([]string, len(rdn))
	for i, p := range rdn {
		parts[i] = p.name + "=" + escapeValue(p.value)
		if strings.HasPrefix(p.value, "#") && isHex(p.value[1:]) && !isName(p.name) {
			parts[i] = p.name + "=" + p.value // an encoded value belongs to a number (RFC 4514)
		}
	}
	return strings.Join(parts, "+")
}

func isHex(text string) bool { _, err := hex.DecodeString(text); return err == nil && text != "" }

// isName: attributes are named by letters or by numbers.
func isName(attribute string) bool { return attribute[0] < '0' || attribute[0] > '9' }

// parent is the name of the entry above, as it is written in this one.
func (n name) parent() name {
	if len(n) == 0 {
		return nil
	}
	return n[1:]
}
