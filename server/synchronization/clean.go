package synchronization

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
	"writ/server/db"
	"writ/server/directory"
	"writ/server/errs"
	"writ/server/fulfil"

	"golang.org/x/text/unicode/norm"
)

// clean keeps the mapped columns of a row, in normal form; or says why the row is set aside.
func (m *tableMap) clean(e fulfil.Entry) (out staged, aside *rejected, err error) {
	out = staged{command: "MERGE", line: e.Line, files: directory.Files{}}
	wrong := &rejected{kind: Unreadable, place: e.Place, line: e.Line, sure: true}
	fail := func(column, value, why string) {
		if wrong.why == "" { // the first one says enough
			wrong.column, wrong.value, wrong.why = column, value, why
		}
	}
	if f := e.Fault; f != nil && m.concerns(f) {
		fail(f.Column, f.Value, f.Why)
		wrong.sure = f.Column != "" && len(f.Missing) == 0 // else the values may have slipped into other columns
		wrong.texts = f.Texts
	}
	if m.command != "" {
		said := fulfil.TextOf(e.Row[m.command])
		out.command = strings.ToUpper(strings.TrimSpace(said))
		if !slices.Contains([]string{"INSERT", "UPDATE", "DELETE", "MERGE"}, out.command) {
			fail(m.command, said, fmt.Sprintf("column %q: %q is no command (insert, update, delete, merge)", m.command, db.Clip(said, 60)))
		}
	}
	scalars, refs := map[string]string{}, map[string]any{}
	for _, c := range m.columns {
		value, many, err := m.value(c, e.Row[c.column], out.files)
		switch {
		case err != nil:
			fail(c.column, fulfil.TextOf(e.Row[c.column]), fmt.Sprintf("column %q: %s", c.column, errs.Text(err)))
		case many != nil:
			refs[c.property.Identifier] = many
		case value == "":
		case c.property.IsNavigation():
			refs[c.property.Identifier] = value
		default:
			scalars[c.property.Identifier] = value
			if c.property == m.key.property && directory.CleanKey(value) != "" {
				out.key = value
			}
		}
	}
	if wrong.why == "" && out.key == "" {
		wrong.kind = NoKey
		fail(m.key.column, "", fmt.Sprintf("column %q, the key, is empty", m.key.column))
	}
	if wrong.why != "" {
		if wrong.key = out.key; wrong.texts == nil {
			for _, value := range e.Row {
				if text := strings.TrimSpace(fulfil.TextOf(value)); text != "" && len(text) <= 300 {
					wrong.texts = append(wrong.texts, text)
				}
			}
		}
		wrong.texts = normalTexts(wrong.texts, scalars)
		return out, wrong, nil
	}
	if out.scalars, err = json.Marshal(scalars); err != nil {
		return out, nil, err
	}
	out.refs, err = json.Marshal(refs)
	return out, nil, err
}

// concerns reports whether a fault of a row touches what is mapped: a value in a column that nobody reads is nobody's trouble.
func (m *tableMap) concerns(f *fulfil.Fault) bool {
	names := f.Missing
	if len(names) == 0 {
		if f.Column == "" {
			return true
		}
		names = []string{f.Column}
	}
	return slices.ContainsFunc(m.columns, func(c columnMap) bool { return slices.Contains(names, c.column) }) || slices.Contains(names, m.command)
}

// tidied gives keys in one spelling of the same letters, where they may be tidied.
func (m *tableMap) tidied(keys []string) []string {
	if !m.trimKeys {
		return keys
	}
	keys = slices.Clone(keys)
	for i, key := range keys {
		keys[i] = directory.CleanKey(key)
	}
	return keys
}

// longestValue is how many bytes one value may have: thousands of rows are written together.
const longestValue = 4 << 20

// value gives the normal form of what stands in a column: one value, or the keys of a collection; the content of a file goes into files. Validation
// when it is none.
func (m *tableMap) value(c columnMap, read fulfil.Value, files directory.Files) (value string, many []string, err error) {
	if c.property.Type == directory.Binary {
		if content, is := read.([]byte); is {
			value, err = files.Put(content)
		} else {
			value, err = files.PutText(fulfil.TextOf(read))
		}
		return value, nil, err
	}
	text := fulfil.TextOf(read)
	switch {
	case text == "":
		return "", nil, nil
	case strings.ContainsRune(text, 0):
		return "", nil, errs.Invalid("", "the value holds a NUL character")
	case !utf8.ValidString(text):
		return "", nil, errs.Invalid("", "the value is no valid text (UTF-8)")
	case len(text) > longestValue:
		return "", nil, errs.Invalid("", "the value has %d bytes, and at most %d can be kept", len(text), longestValue)
	}
	isKey := c.property.IsNavigation() || c.property == m.key.property
	if !isKey || m.trimKeys {
		text = norm.NFC.String(text) // one spelling of the same letters, whoever wrote them
	}
	if isKey && m.trimKeys {
		text = directory.CleanKey(text)
	}
	if c.property.IsNavigation() && c.property.IsCollection {
		var keys []string
		if list, several := read.([]string); several { // each may hold anything, also what separates keys in a text
			keys = directory.Keys(m.tidied(list))
		} else {
			keys = directory.Keys(m.tidied(directory.Split(c.format, text)))
		}
		for _, key := range keys {
			if err := directory.CheckKey(key); err != nil {
				return "", nil, err
			}
		}
		if len(keys) == 0 {
			return "", nil, nil
		}
		return "", keys, nil
	}
	value, err = directory.FromSystem(c.property, c.format, text, m.zone)
	if err == nil && isKey { // nothing can have a longer key, and no index holds it
		err = directory.CheckKey(value)
	}
	return value, nil, err
}
