package exec

import (
	"bytes"
	"cmp"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"writ/server/fulfil"
)

// rowOf reads a row. A value that cannot be read, a column that is missing and one that the table has not are a Fault of the row: what a program leaves
// out by mistake must not look cleared.
func rowOf(raw json.RawMessage, columns []string) (fulfil.Row, *fulfil.Fault) {
	var values map[string]json.RawMessage
	if err := json.Unmarshal(raw, &values); err != nil || values == nil {
		return nil, &fulfil.Fault{Why: "the row is no JSON object"}
	}
	row := make(fulfil.Row, len(columns))
	var fault *fulfil.Fault
	var missing []string
	for _, column := range columns {
		text, ok := values[column]
		if !ok {
			missing = append(missing, column)
			continue
		}
		value, err := valueOf(text)
		if err != nil && fault == nil {
			fault = &fulfil.Fault{Column: column, Value: string(text), Why: err.Error()}
		}
		row[column] = value
	}
	if fault == nil && len(values)+len(missing) > len(columns) {
		for name := range values {
			if !slices.Contains(columns, name) {
				fault = &fulfil.Fault{Column: name, Why: "the program did not say that the table has this column"}
			}
		}
	}
	if fault == nil && len(missing) > 0 {
		fault = &fulfil.Fault{Column: missing[0], Why: "the row lacks the column; without a value it is null", Missing: missing}
	}
	if fault == nil {
		return row, nil
	}
	for _, value := range row {
		if text := fulfil.TextOf(value); text != "" {
			fault.Texts = append(fault.Texts, text)
		}
	}
	return nil, fault
}

func clip(text string) string {
	if len(text) > 200 {
		return strings.ToValidUTF8(text[:200], "") + "…"
	}
	return text
}

// valueOf reads a value: null, a text, a list of texts, {"base64": "…"}; a number and a boolean are their text.
func valueOf(raw json.RawMessage) (fulfil.Value, error) {
	switch raw[0] {
	case 'n':
		return nil, nil
	case 't', 'f':
		return string(raw), nil
	case '"':
		return textOf(raw)
	case '[':
		var list []json.RawMessage
		if err := json.Unmarshal(raw, &list); err != nil {
			return nil, err
		}
		texts := make([]string, len(list))
		for i, one := range list {
			value, err := valueOf(one)
			text, ok := value.(string)
			if err != nil || !ok {
				return nil, fmt.Errorf("a value in the list is no text")
			}
			texts[i] = text
		}
		slices.SortFunc(texts, func(a, b string) int {
			return cmp.Or(strings.Compare(strings.ToLower(a), strings.ToLower(b)), strings.Compare(a, b))
		})
		return texts, nil
	case '{':
		var b map[string]string
		if err := json.Unmarshal(raw, &b); err != nil || len(b) != 1 {
			return nil, fmt.Errorf(`an object is no value, but for {"base64": "..."}`)
		}
		text, ok := b["base64"]
		if !ok {
			return nil, fmt.Errorf(`an object is no value, but for {"base64": "..."}`)
		}
		bytes, err := base64.StdEncoding.DecodeString(text)
		if err != nil {
			return nil, fmt.Errorf("this is not base64")
		}
		return bytes, nil
	}
	return string(raw), nil
}

// textOf refuses what would be read as something else: halves of characters become others.
func textOf(raw json.RawMessage) (string, error) {
	var text string
	if err := json.Unmarshal(raw, &text); err != nil {
		return "", err
	}
	if strings.ContainsRune(text, utf8.RuneError) && !bytes.Contains(raw, []byte("\ufffd")) && !bytes.Contains(bytes.ToLower(raw), []byte(`\ufffd`)) {
		return "", fmt.Errorf("the text holds half of a character")
	}
	return text, nil
}
