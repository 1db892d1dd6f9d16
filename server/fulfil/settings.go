package fulfil

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strconv"
	"strings"

	"writ/server/errs"
)

// SettingsOf joins the plain settings of a connection (a JSON object) and its opened secrets; a secret wins over a plain setting of the
// same name. In the JSON, numbers and booleans become text, a list becomes lines, and an object becomes dotted names:
// {"link": {"groups": "…"}} is link.groups. Validation when the JSON is not such an object.
func SettingsOf(plain json.RawMessage, secrets map[string]string, dataDir string) (Settings, error) {
	s := Settings{Values: map[string]string{}, DataDir: dataDir}
	if len(bytes.TrimSpace(plain)) > 0 {
		dec := json.NewDecoder(bytes.NewReader(plain))
		dec.UseNumber() // 9007199254740993 must stay what it is
		var object map[string]any
		if err := dec.Decode(&object); err != nil {
			return Settings{}, errs.Invalid("settings", "The settings must be a JSON object with names and values.").Because(err)
		}
		if err := flatten(s.Values, "", object); err != nil {
			return Settings{}, err
		}
	}
	for name, value := range secrets {
		if known, ok := s.find(name); ok {
			name = known
		}
		s.Values[name] = value
	}
	return s, nil
}

func flatten(into map[string]string, prefix string, object map[string]any) error {
	for name, value := range object {
		name = prefix + name
		switch v := value.(type) {
		case map[string]any:
			if err := flatten(into, name+".", v); err != nil {
				return err
			}
		case []any:
			lines := make([]string, len(v))
			for i, item := range v {
				switch item.(type) {
				case map[string]any, []any:
					return errs.Invalid(name, "The list in setting %s may hold texts, numbers and booleans only.", name)
				}
				lines[i] = fmt.Sprint(item)
			}
			into[name] = strings.Join(lines, "\n")
		case nil: // null is "not set"
		default:
			into[name] = fmt.Sprint(v)
		}
	}
	return nil
}

// find gives the spelling under which a setting is stored: names are compared without regard to case (provisioning spec 5.2).
func (s Settings) find(name string) (string, bool) {
	if _, ok := s.Values[name]; ok {
		return name, true
	}
	for have := range s.Values {
		if strings.EqualFold(have, name) {
			return have, true
		}
	}
	return "", false
}

// Text is the value of a setting, or the fallback when it is not set or empty.
func (s Settings) Text(name, fallback string) string {
	if have, ok := s.find(name); ok && s.Values[have] != "" {
		return s.Values[have]
	}
	return fallback
}

// Required is the value of a setting; Validation when it is not set.
func (s Settings) Required(name string) (string, error) {
	if v := s.Text(name, ""); v != "" {
		return v, nil
	}
	return "", errs.Invalid(name, "Setting %s is missing.", name)
}

// Int is a whole number between low and high, or the fallback when it is not set; Validation otherwise.
func (s Settings) Int(name string, fallback, low, high int) (int, error) {
	text := s.Text(name, "")
	if text == "" {
		return fallback, nil
	}
	n, err := strconv.Atoi(strings.TrimSpace(text))
	if err != nil || n < low || n > high {
		return 0, errs.Invalid(name, "Setting %s must be a whole number from %d to %d.", name, low, high)
	}
	return n, nil
}

// Number is a number from 0 to high, or the fallback when it is not set; Validation otherwise.
func (s Settings) Number(name string, fallback, high float64) (float64, error) {
	text := s.Text(name, "")
	if text == "" {
		return fallback, nil
	}
	n, err := strconv.ParseFloat(strings.TrimSpace(text), 64)
	if err != nil || !(n >= 0 && n <= high) { // written so that NaN fails too
		return 0, errs.Invalid(name, "Setting %s must be a number from 0 to %g.", name, high)
	}
	return n, nil
}

// Bool is true or false, or the fallback when it is not set; Validation otherwise.
func (s Settings) Bool(name string, fallback bool) (bool, error) {
	switch strings.ToLower(strings.TrimSpace(s.Text(name, ""))) {
	case "":
		return fallback, nil
	case "true":
		return true, nil
	case "false":
		return false, nil
	}
	return false, errs.Invalid(name, "Setting %s must be true or false.", name)
}

// List is the lines of a setting, empty ones left out. An item keeps its blanks: they may be what is meant.
func (s Settings) List(name string) []string {
	var items []string
	for line := range strings.SplitSeq(s.Text(name, ""), "\n") {
		if line = strings.TrimSuffix(line, "\r"); line != "" {
			items = append(items, line)
		}
	}
	return items
}

// Below gives the settings whose name begins with prefix, by the rest of their name: Below("link.") holds groups for link.groups.
func (s Settings) Below(prefix string) map[string]string {
	found := map[string]string{}
	for name, value := range s.Values {
		if len(name) > len(prefix) && strings.EqualFold(name[:len(prefix)], prefix) {
			found[name[len(prefix):]] = value
		}
	}
	return found
}

// Only answers Validation for a setting that is not among the known names, so that a misspelled one is not silently without effect.
// A known name that ends in "." stands for all names below it; limit.* belongs to the frame and is always known.
func (s Settings) Only(known ...string) error {
	for _, name := range s.names() {
		ok := strings.HasPrefix(strings.ToLower(name), "limit.")
		for _, k := range known {
			if strings.EqualFold(name, k) || strings.HasSuffix(k, ".") && len(name) > len(k) && strings.EqualFold(name[:len(k)], k) {
				ok = true
			}
		}
		if !ok {
			return errs.Invalid(name, "There is no setting %s. Known settings: %s.", name, strings.Join(known, ", "))
		}
	}
	return nil
}

func (s Settings) names() []string { return slices.Sorted(maps.Keys(s.Values)) }

// String names the settings and hides every value: settings hold secrets, and whatever can be printed gets printed one day.
func (s Settings) String() string { return "settings(" + strings.Join(s.names(), ", ") + ")" }

// GoString hides what String hides.
func (s Settings) GoString() string { return s.String() }

// LogValue hides what String hides.
func (s Settings) LogValue() slog.Value { return slog.StringValue(s.String()) }
