package directory

import (
	"cmp"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math"
	"math/big"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"writ/server/errs"
)

// MaxKey is how many characters a key has at most: an index holds no longer ones.
const MaxKey = 500

// CheckKey refuses a key that is too long, as Validation.
func CheckKey(key string) error {
	if n := utf8.RuneCountInString(key); n > MaxKey {
		return errs.Invalid("", "A key has at most %d characters; this one has %d.", MaxKey, n)
	}
	return nil
}

// CleanKey is a key as people and files write it, in its one form: without blanks and invisible marks around it (U+200B, U+FEFF, marks of
// direction, as programs for texts and mails leave behind), its letters composed (NFC).
func CleanKey(key string) string {
	return norm.NFC.String(strings.TrimFunc(key, func(r rune) bool { return unicode.IsSpace(r) || unicode.Is(unicode.Cf, r) || unicode.IsControl(r) }))
}

// Normal form of values, by property type (role-model 1.3). The empty text is "no value".
//
//	STRING         as it is; several values are joined by newline, sorted case-insensitively
//	BYTES          base 64, with its padding
//	BYTE, INT16, INT32, INT64   decimal without leading zeros
//	DOUBLE         the shortest decimal that gives the same number
//	BOOL           true or false
//	DATE_TIME      yyyyMMddHHmmss, UTC; a day is yyyyMMdd (date.go)
//	GUID           lower case with hyphens
//	BINARY         what stands for a file (file.go)

// CheckFormat tells whether a mapping may carry this format; Validation otherwise.
func CheckFormat(format string) error {
	name, argument, has := strings.Cut(format, ":")
	switch strings.ToLower(name) {
	case "", "string", "bool", "byte", "bytes", "binary", "int16", "int32", "int64", "double", "guid", "1601date", "sid", "multivaluedtext":
		if !has {
			return nil
		}
	case "rdn":
		if !has || argument != "" {
			return nil
		}
	case "datetime", "date":
		if !has {
			return nil
		}
		p, err := ParsePattern(argument)
		if err != nil {
			return err
		}
		return p.CheckReadable()
	case "concat":
		if has && argument != "" {
			return nil
		}
	case "bit":
		if _, _, err := bit(argument); err == nil {
			return nil
		}
	}
	return errs.Invalid("format", "There is no value format %q.", format)
}

// CheckFileFormat tells whether a mapping of a file may carry this format; Validation otherwise.
func CheckFileFormat(format string) error {
	switch strings.ToLower(format) {
	case "", "binary", "bytes":
		return nil
	}
	return errs.Invalid("format", "A file is read and written as it is: leave the format out, or write binary. %q is for texts.", format)
}

// FromSystem gives the normal form of a value as a managed system writes it, under the format of its mapping (provisioning 5.3); the
// empty format follows the property's type. zone is the one of the installation. Validation when the text is no such value.
func FromSystem(p *Property, format, text string, zone *time.Location) (string, error) {
	name, argument, _ := strings.Cut(format, ":")
	name = strings.ToLower(name)
	if name == "concat" {
		text = strings.ReplaceAll(text, separator(argument), "\n")
		name = "multivaluedtext"
	}
	switch name {
	case "multivaluedtext":
		return joinSorted(strings.Split(text, "\n")), nil
	case "", "string":
		if p.Type == String {
			return text, nil
		}
	}
	text = strings.TrimSpace(text)
	if text == "" {
		return "", nil
	}
	switch name {
	case "date", "datetime":
		pattern, err := patternOf(argument)
		if err != nil {
			return "", err
		}
		return normalDate(text, name == "date", pattern, zone)
	case "1601date":
		return from1601(text)
	case "rdn":
		return fromRDN(text), nil
	case "sid":
		return fromSID(text)
	case "bytes", "binary":
		return fromBytes(text)
	case "byte":
		return fromInt(text, 0, math.MaxUint8)
	case "int16":
		return fromInt(text, math.MinInt16, math.MaxInt16)
	case "bit":
		_, n, err := bit(argument)
		if err != nil {
			return "", err
		}
		mask, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			return "", bad(text, "a mask (whole number)")
		}
		return strconv.FormatBool(mask>>n&1 == 1), nil
	}
	kind := p.Type
	switch name {
	case "bool":
		kind = Bool
	case "int32":
		kind = Int32
	case "int64":
		kind = Int64
	case "double":
		kind = Double
	case "guid":
		kind = GUID
	}
	return Normalise(kind, text, zone)
}

// ToSystem is the way back: the text to write for a value in normal form (instants in any of the usual forms). current is what the column holds now; only bit:… needs it,
// for it changes one flag of a mask and leaves the others alone.
func ToSystem(p *Property, format, value, current string, zone *time.Location) (string, error) {
	name, argument, _ := strings.Cut(format, ":")
	name = strings.ToLower(name)
	if name == "bit" {
		return toBit(argument, value, current)
	}
	if value == "" {
		if name == "1601date" {
			return "0", nil
		}
		return "", nil
	}
	switch name {
	case "concat":
		return strings.ReplaceAll(value, "\n", separator(argument)), nil
	case "date", "datetime", "":
		if name == "" && p.Type != DateTime {
			return value, nil
		}
		return toTime(name, argument, value, zone)
	case "1601date":
		t, _, err := ReadDate(value, zone)
		if err != nil {
			return "", err
		}
		return strconv.FormatInt((t.Unix()-epoch1601)*ticks, 10), nil
	case "guid":
		return strings.ReplaceAll(value, "-", ""), nil
	case "bool":
		return strings.ToUpper(value), nil
	case "rdn":
		return cmp.Or(argument, "CN") + "=" + escapeRDN(value), nil
	}
	return value, nil
}

// toTime writes a date: by its pattern, else a day as a day and an instant as the name of the format says.
func toTime(name, argument, value string, zone *time.Location) (string, error) {
	t, day, err := ReadDate(value, zone)
	if err != nil {
		return "", err
	}
	pattern, err := patternOf(argument)
	switch {
	case err != nil:
		return "", err
	case pattern != nil:
		return pattern.Format(t.In(zone)), nil
	case name == "date":
		return t.In(zone).Format(time.DateOnly), nil
	case name == "datetime":
		return t.UTC().Format("20060102150405.0Z"), nil
	case day:
		return t.Format(time.DateOnly), nil
	}
	return t.Format(time.RFC3339), nil
}

// patternOf is the pattern of a format, nil when it has none.
func patternOf(argument string) (*Pattern, error) {
	if argument == "" {
		return nil, nil
	}
	return ParsePattern(argument)
}

// DateFormat tells whether a format writes dates, and whether days only.
func DateFormat(format string) (dates, daysOnly bool) {
	name, argument, _ := strings.Cut(format, ":")
	switch strings.ToLower(name) {
	case "1601date":
		return true, false
	case "date":
		return true, true
	case "datetime":
		p, err := patternOf(argument)
		return true, err == nil && p != nil && !p.HasTime()
	}
	return false, false
}

// Normalise gives the normal form of a value of a type, e.g. as a person typed it. zone is the one of the installation. Validation when
// the text is none.
func Normalise(kind PropertyType, text string, zone *time.Location) (string, error) {
	if kind == String {
		return text, nil
	}
	if text = strings.TrimSpace(text); text == "" {
		return "", nil
	}
	switch kind {
	case Bytes:
		return fromBytes(text)
	case Binary:
		if _, is := ParseFile(text); !is {
			return "", bad(text, "a file")
		}
	case Byte:
		return fromInt(text, 0, math.MaxUint8)
	case Int16:
		return fromInt(text, math.MinInt16, math.MaxInt16)
	case Int32:
		return fromInt(text, math.MinInt32, math.MaxInt32)
	case Int64:
		return fromInt(text, math.MinInt64, math.MaxInt64)
	case Double:
		f, err := strconv.ParseFloat(text, 64)
		if err != nil || math.IsNaN(f) || math.IsInf(f, 0) {
			return "", bad(text, "a number")
		}
		return strconv.FormatFloat(f, 'f', -1, 64), nil
	case Bool:
		switch strings.ToLower(text) {
		case "true", "1", "yes", "y", "t", "on":
			return "true", nil
		case "false", "0", "no", "n", "f", "off":
			return "false", nil
		}
		return "", bad(text, "true or false")
	case GUID:
		raw, err := hex.DecodeString(strings.ReplaceAll(strings.Trim(text, "{}"), "-", ""))
		if err != nil || len(raw) != 16 {
			return "", bad(text, "a GUID")
		}
		return fmt.Sprintf("%x-%x-%x-%x-%x", raw[:4], raw[4:6], raw[6:8], raw[8:10], raw[10:]), nil
	case DateTime:
		return normalDate(text, false, nil, zone)
	}
	return text, nil
}

// Split gives the values of a multi-valued column under a format, sorted, without empty ones and duplicates: the keys of a collection.
func Split(format, text string) []string {
	between := "\n"
	if name, argument, _ := strings.Cut(format, ":"); strings.EqualFold(name, "concat") {
		between = separator(argument)
	}
	return Keys(strings.Split(text, between))
}

// Keys gives keys in their order, each once, without blanks around them; empty ones are none.
func Keys(read []string) []string {
	keys := make([]string, 0, len(read))
	for _, k := range read {
		if k = strings.TrimSpace(k); k != "" {
			keys = append(keys, k)
		}
	}
	slices.Sort(keys)
	return slices.Compact(keys)
}

func separator(argument string) string { return cmp.Or(argument, ";") }

func bad(text, want string) error {
	if r := []rune(text); len(r) > 60 {
		text = string(r[:60]) + "…"
	}
	return errs.Invalid("", "%q is not %s.", text, want)
}

func joinSorted(values []string) string {
	for i, v := range values {
		values[i] = strings.TrimSpace(v)
	}
	values = slices.DeleteFunc(values, func(v string) bool { return v == "" })
	slices.SortFunc(values, func(a, b string) int {
		return cmp.Or(cmp.Compare(strings.ToLower(a), strings.ToLower(b)), cmp.Compare(a, b))
	})
	return strings.Join(slices.Compact(values), "\n")
}

func fromInt(text string, low, high int64) (string, error) {
	n, err := strconv.ParseInt(strings.TrimPrefix(text, "+"), 10, 64)
	if err != nil || n < low || n > high {
		return "", bad(text, fmt.Sprintf("a whole number from %d to %d", low, high))
	}
	return strconv.FormatInt(n, 10), nil
}

// 100-ns ticks since 1601; 0 and the largest number stand for "never".
const (
	ticks     = 10_000_000
	epoch1601 = -11_644_473_600
)

func from1601(text string) (string, error) {
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 0 {
		return "", bad(text, "a number of 100-nanosecond ticks since 1601")
	}
	if n == 0 || n == math.MaxInt64 {
		return "", nil
	}
	t := time.Unix(n/ticks+epoch1601, 0)
	if !isStorable(t) {
		return "", nil
	}
	return FormatTime(t), nil
}

func fromBytes(text string) (string, error) {
	raw, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return "", bad(text, "bytes in base 64")
	}
	return base64.StdEncoding.EncodeToString(raw), nil
}

// fromRDN gives the value of the first relative distinguished name: CN=Lang\, Petra,OU=x is Lang, Petra.
func fromRDN(text string) string {
	if i := strings.IndexAny(text, "=,\\"); i > 0 && text[i] == '=' {
		text = text[i+1:]
	}
	var out []byte
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '\\' && i+2 < len(text) && isHex(text[i+1]) && isHex(text[i+2]):
			b, _ := hex.DecodeString(text[i+1 : i+3]) // checked above
			out = append(out, b...)
			i += 2
		case c == '\\' && i+1 < len(text):
			i++
			out = append(out, text[i])
		case c == ',' || c == '+':
			return string(out)
		default:
			out = append(out, c)
		}
	}
	return string(out)
}

func isHex(c byte) bool { return strings.IndexByte("0123456789abcdefABCDEF", c) >= 0 }

func escapeRDN(value string) string {
	var b strings.Builder
	for i, r := range value {
		if strings.ContainsRune(`,+"\<>;=`, r) || i == 0 && (r == '#' || r == ' ') || r == ' ' && i == len(value)-1 {
			b.WriteByte('\\')
		}
		b.WriteRune(r)
	}
	return b.String()
}

// fromSID reads a security identifier: as text (S-1-5-…) or as its bytes in base 64.
func fromSID(text string) (string, error) {
	if len(text) > 4 && strings.EqualFold(text[:4], "S-1-") {
		return strings.ToUpper(text), nil
	}
	raw, err := base64.StdEncoding.DecodeString(text)
	if err != nil || len(raw) < 8 || len(raw) != 8+4*int(raw[1]) {
		return "", bad(text, "a security identifier")
	}
	authority := new(big.Int).SetBytes(raw[2:8])
	out := fmt.Sprintf("S-%d-%s", raw[0], authority)
	for i := 8; i < len(raw); i += 4 {
		out += fmt.Sprintf("-%d", binary.LittleEndian.Uint32(raw[i:]))
	}
	return out, nil
}

// bit reads "<property>:<n>": bit n (0 = the lowest) of the mask that the property holds.
func bit(argument string) (property string, n uint, err error) {
	property, text, ok := strings.Cut(argument, ":")
	number, convErr := strconv.ParseUint(text, 10, 6)
	if !ok || convErr != nil || number > 62 || property == "" {
		return "", 0, errs.Invalid("format", "Format bit needs a property and a bit from 0 to 62: bit:<property>:<n>.")
	}
	return property, uint(number), nil
}

func toBit(argument, value, current string) (string, error) {
	_, n, err := bit(argument)
	if err != nil {
		return "", err
	}
	mask := int64(0)
	if current != "" {
		if mask, err = strconv.ParseInt(current, 10, 64); err != nil {
			return "", bad(current, "a mask (whole number)")
		}
	}
	if value == "true" {
		mask |= 1 << n
	} else {
		mask &^= 1 << n
	}
	return strconv.FormatInt(mask, 10), nil
}
