package formula

import (
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"writ/server/directory"
)

// function is a built-in function of one bound value with the arguments written after the colon (role-model 1.7).
type function struct {
	args  int // how many arguments follow the value, at most
	least int // and at least
	apply func(v string, args []string) (string, error)
	check func(args []string) error // refuses arguments with which it can only fail; nil: it takes any
	date  bool                      // it gives a date in normal form
}

func plain(f func(string) string) function {
	return function{apply: func(v string, _ []string) (string, error) { return f(v), nil }}
}

// builtins is the closed list of built-in functions, usable as `Name` or `Name:arg|arg` on a binding and by name in expressions.
var builtins = map[string]function{
	"ToUpper":           plain(strings.ToUpper),
	"ToLower":           plain(strings.ToLower),
	"Trim":              plain(strings.TrimSpace),
	"TrimStart":         plain(func(s string) string { return strings.TrimLeftFunc(s, unicode.IsSpace) }),
	"TrimEnd":           plain(func(s string) string { return strings.TrimRightFunc(s, unicode.IsSpace) }),
	"RemoveDiacritics":  plain(RemoveDiacritics),
	"Simplify":          plain(Simplify),
	"ToTitle":           plain(toTitle),
	"ToFirstName":       plain(toTitle),
	"ToSoundex":         plain(toSoundex),
	"ToFormatedDN":      plain(toFormattedDN),
	"ToDoubleMetaphone": {args: 1, apply: toDoubleMetaphone, check: checkMetaphone},
	"ParseLocalDate": {args: 2, least: 2, date: true,
		apply: func(v string, a []string) (string, error) { return parseIn(v, a[0], a[1], "0") },
		check: func(a []string) error { return checkParsing(a[0], a[1], "0") }},
	"ParseLocalDateThenAddMinutes": {args: 3, least: 3, date: true,
		apply: func(v string, a []string) (string, error) { return parseIn(v, a[0], a[1], a[2]) },
		check: func(a []string) error { return checkParsing(a[0], a[1], a[2]) }},
	"ParseUniversalDate": {args: 1, least: 1, date: true,
		apply: func(v string, a []string) (string, error) { return parseIn(v, "UTC", a[0], "0") },
		check: func(a []string) error { return checkParsing("UTC", a[0], "0") }},
	"ParseUniversalDateThenAddMinutes": {args: 3, least: 3, date: true,
		apply: func(v string, a []string) (string, error) { return parseIn(v, "UTC", a[1], a[2]) },
		check: func(a []string) error { return checkParsing(a[0], a[1], a[2]) }},
	"FormatLocalDate": {args: 2, least: 2, apply: formatLocalDate,
		check: func(a []string) error { _, err := formatLocalDate("", a); return err }},
}

// expansions are the letters that become several when their accents are removed.
var expansions = strings.NewReplacer(
	"ä", "ae", "ö", "oe", "ü", "ue", "Ä", "Ae", "Ö", "Oe", "Ü", "Ue", "ß", "ss", "ẞ", "SS",
	"æ", "ae", "Æ", "Ae", "œ", "oe", "Œ", "Oe", "ø", "o", "Ø", "O", "ł", "l", "Ł", "L", "đ", "d", "Đ", "D",
	"ð", "d", "Ð", "D", "þ", "th", "Þ", "Th", "ş", "sh", "Ş", "Sh", "š", "sh", "Š", "Sh", "ı", "i",
)

// RemoveDiacritics writes accented letters with plain ones, with the usual expansions (ä = ae, ß = ss, š = sh).
func RemoveDiacritics(s string) string { return foldDiacritics(expansions.Replace(norm.NFC.String(s))) }

// foldDiacritics drops the accents and keeps the base letter (ä = a).
func foldDiacritics(s string) string {
	ascii := true
	for i := range len(s) {
		if s[i] >= 0x80 {
			ascii = false
			break
		}
	}
	if ascii {
		return s
	}
	return strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Mn, r) {
			return -1
		}
		return r
	}, norm.NFD.String(s))
}

// Simplify is upper case without diacritics, spaces and special characters.
func Simplify(s string) string {
	return strings.Map(func(r rune) rune {
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) {
			return -1
		}
		return unicode.ToUpper(r)
	}, RemoveDiacritics(s))
}

// toTitle is "jean-PIERRE o'neil" -> "Jean-Pierre O'Neil".
func toTitle(s string) string {
	var b strings.Builder
	start := true
	for _, r := range strings.TrimSpace(s) {
		if start {
			r = unicode.ToUpper(r)
		} else {
			r = unicode.ToLower(r)
		}
		start = !unicode.IsLetter(r) && !unicode.IsDigit(r)
		b.WriteRune(r)
	}
	return b.String()
}

func toSoundex(s string) string {
	const codes = "01230120022455012623010202" // of A..Z
	out := make([]byte, 0, 4)
	var last byte
	for _, r := range onlyLetters(s) {
		if r < 'A' || r > 'Z' {
			continue
		}
		code := codes[r-'A']
		switch {
		case len(out) == 0:
			out = append(out, byte(r))
		case code != '0' && code != last:
			out = append(out, code)
		}
		if r != 'H' && r != 'W' {
			last = code
		}
		if len(out) == 4 {
			break
		}
	}
	if len(out) == 0 {
		return ""
	}
	for len(out) < 4 {
		out = append(out, '0')
	}
	return string(out)
}

var dnEscape = strings.NewReplacer(`\`, `\\`, `,`, `\,`, `+`, `\+`, `"`, `\"`, `<`, `\<`, `>`, `\>`, `;`, `\;`, `=`, `\=`)

// toFormattedDN escapes a value so that it can stand in a distinguished name.
func toFormattedDN(s string) string {
	s = dnEscape.Replace(strings.TrimSpace(s))
	if strings.HasPrefix(s, "#") {
		s = `\` + s
	}
	return s
}

func zone(name string) (*time.Location, error) {
	l, err := directory.Zone(name)
	if err != nil {
		return nil, fmt.Errorf("%q is not a time zone", name)
	}
	return l, nil
}

// parseIn reads a date that is written by a pattern. Without a time it is a day and stays one, unless minutes are added.
func parseIn(v, tz, format, minutes string) (string, error) {
	l, pattern, n, err := parsing(tz, format, minutes)
	if err != nil || v == "" {
		return "", err
	}
	t, ok := pattern.Parse(v, l)
	if !ok {
		return "", fmt.Errorf("%q is not a date of the form %s", v, format)
	}
	if !pattern.HasTime() {
		if t = directory.Day(t, l); n == 0 {
			return directory.FormatDate(t), nil
		}
	}
	return directory.FormatTime(t.Add(time.Duration(n) * time.Minute)), nil
}

// parsing reads the arguments of the functions that parse.
func parsing(tz, format, minutes string) (*time.Location, *directory.Pattern, int, error) {
	l, err := zone(tz)
	if err != nil {
		return nil, nil, 0, err
	}
	pattern, err := directory.ParsePattern(format)
	if err != nil {
		return nil, nil, 0, err
	}
	if err := pattern.CheckReadable(); err != nil {
		return nil, nil, 0, err
	}
	n, err := strconv.Atoi(strings.TrimSpace(minutes))
	if err != nil {
		return nil, nil, 0, fmt.Errorf("%q is not a number of minutes", minutes)
	}
	return l, pattern, n, nil
}

func checkParsing(tz, format, minutes string) error {
	_, _, _, err := parsing(tz, format, minutes)
	return err
}

// formatLocalDate writes a date by a pattern: an instant on the clock of a zone, a day as it is.
func formatLocalDate(v string, a []string) (string, error) {
	l, err := zone(a[0])
	if err != nil {
		return "", err
	}
	pattern, err := directory.ParsePattern(a[1])
	if err != nil || v == "" {
		return "", err
	}
	t, _, err := directory.ReadDate(v, l)
	if err != nil {
		return "", err
	}
	return pattern.Format(t.In(l)), nil
}

// nameParts are the letters and digits of a name, lower case, without accents.
func namePart(s string) string { return strings.ToLower(Simplify(s)) }

// BuildUsername makes first + sep + last + suffix; from the second iteration on the number stands before the suffix.
func BuildUsername(first, last, sep, suffix string, iteration int64) string {
	return join(namePart(first), sep, namePart(last)) + again(iteration) + suffix
}

// BuildUsernameWithInitials makes the initials of first + sep + last, at most max letters of it, then suffix. Every iteration takes one
// more letter of the first name; when there are none left, a number.
func BuildUsernameWithInitials(first, last, sep, suffix string, limit, iteration int64) string {
	var initials strings.Builder
	for _, w := range strings.FieldsFunc(first, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }) {
		if p := namePart(w); p != "" {
			initials.WriteRune([]rune(p)[0])
		}
	}
	head, number := initials.String(), int64(0)
	if iteration > 0 {
		all := []rune(namePart(first))
		if n := int64(1) + iteration; n <= int64(len(all)) {
			head = string(all[:n])
		} else {
			head, number = string(all), n-int64(len(all))
		}
	}
	s := []rune(join(head, sep, namePart(last)))
	if limit > 0 && int64(len(s)) > limit {
		s = s[:limit]
	}
	return string(s) + again(number) + suffix
}

func join(a, sep, b string) string {
	if a == "" || b == "" {
		return a + b
	}
	return a + sep + b
}

func again(iteration int64) string {
	if iteration <= 0 {
		return ""
	}
	return strconv.FormatInt(iteration, 10)
}
