package directory

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"writ/server/errs"
)

// Pattern says how a date or a time is written, in the letters of .NET. It is the one language of dates: value formats and functions use it.
//
//	d dd          day of the month              M MM          month as a number
//	ddd dddd      day of the week: Mon, Monday  MMM MMMM      month: Jan, January
//	yy yyyy       year; yy is 1969 to 2068      H HH          hour, 0 to 23
//	h hh          hour, 1 to 12, with t or tt   m mm          minute
//	t tt          A or AM, P or PM              s ss          second
//	f to fffffff  fraction of a second          z zz zzz      offset: +1, +01, +01:00
//	K             Z or the offset               T Z           these letters; Z says that the time is in UTC
//	'x' "x" \x    text as it is                 other letters are refused; all other characters stand for themselves
//
// Read, a single letter takes one or two digits and a double one takes two; names of months and days are English, in any case.
type Pattern struct {
	text  string
	parts []patternPart
}

// patternPart is a run of one letter, or a text when the letter is 0.
type patternPart struct {
	letter byte
	n      int
	text   string
}

// patternLetters says how long the run of a letter may be.
var patternLetters = map[byte][]int{
	'd': {1, 2, 3, 4}, 'M': {1, 2, 3, 4}, 'y': {2, 4}, 'H': {1, 2}, 'h': {1, 2}, 'm': {1, 2}, 's': {1, 2}, 'f': {1, 2, 3, 4, 5, 6, 7},
	't': {1, 2}, 'z': {1, 2, 3}, 'K': {1}, 'T': {1}, 'Z': {1},
}

// ParsePattern reads a pattern; Validation when a letter means nothing or a quote has no end.
func ParsePattern(text string) (*Pattern, error) {
	p := &Pattern{text: text}
	literal := func(s string) {
		if n := len(p.parts); n > 0 && p.parts[n-1].letter == 0 {
			p.parts[n-1].text += s
		} else {
			p.parts = append(p.parts, patternPart{text: s})
		}
	}
	for i := 0; i < len(text); {
		r, size := utf8.DecodeRuneInString(text[i:])
		switch {
		case r == '\'' || r == '"':
			end := strings.IndexRune(text[i+1:], r)
			if end < 0 {
				return nil, errs.Invalid("format", "The date pattern %q opens a quote that it does not close.", text)
			}
			literal(text[i+1 : i+1+end])
			i += end + 2
		case r == '\\':
			_, next := utf8.DecodeRuneInString(text[i+1:])
			if next == 0 {
				return nil, errs.Invalid("format", `The date pattern %q ends in \. Write the character it is for, or \\.`, text)
			}
			literal(text[i+1 : i+1+next])
			i += 1 + next
		case unicode.IsLetter(r):
			n := 1
			for i+n < len(text) && size == 1 && text[i+n] == text[i] {
				n++
			}
			if lengths := patternLetters[text[i]]; size > 1 || !slices.Contains(lengths, n) {
				return nil, errs.Invalid("format", "The date pattern %q has no meaning for %q. The letters are d M y H h m s f t z K T Z; put text between quotes: '%s'.",
					text, text[i:i+max(n, size)], text[i:i+max(n, size)])
			}
			p.parts = append(p.parts, patternPart{letter: text[i], n: n})
			i += n
		default:
			literal(text[i : i+size])
			i += size
		}
	}
	if !slices.ContainsFunc(p.parts, func(x patternPart) bool { return x.letter != 0 }) {
		return nil, errs.Invalid("format", "The date pattern %q has no letter of a date, such as yyyy-MM-dd.", text)
	}
	return p, nil
}

// CheckReadable tells whether a date can be read back with the pattern: it names the year, and an hour of twelve its half of the day.
func (p *Pattern) CheckReadable() error {
	switch {
	case !p.has("y"):
		return errs.Invalid("format", "The date pattern %q has no year, so no date can be read with it.", p.text)
	case p.has("h") && !p.has("t"):
		return errs.Invalid("format", "The date pattern %q has an hour from 1 to 12 without AM or PM: use H, or add tt.", p.text)
	}
	return nil
}

// HasTime reports whether the pattern writes more than a day.
func (p *Pattern) HasTime() bool { return p.has("HhmsftzKZ") }

func (p *Pattern) has(letters string) bool {
	return slices.ContainsFunc(p.parts, func(x patternPart) bool { return x.letter != 0 && strings.IndexByte(letters, x.letter) >= 0 })
}

// Format writes a time, as the clock of its location shows it.
func (p *Pattern) Format(t time.Time) string {
	if p.has("Z") {
		t = t.UTC()
	}
	var b strings.Builder
	for _, x := range p.parts {
		b.WriteString(x.format(t))
	}
	return b.String()
}

func (x patternPart) format(t time.Time) string {
	number := func(n int) string { return fmt.Sprintf("%0*d", x.n, n) }
	switch x.letter {
	case 'd':
		if x.n > 2 {
			return t.Format([]string{"Mon", "Monday"}[x.n-3])
		}
		return number(t.Day())
	case 'M':
		if x.n > 2 {
			return t.Format([]string{"Jan", "January"}[x.n-3])
		}
		return number(int(t.Month()))
	case 'y':
		if x.n == 2 {
			return number(t.Year() % 100)
		}
		return number(t.Year())
	case 'H':
		return number(t.Hour())
	case 'h':
		return number((t.Hour()+11)%12 + 1)
	case 'm':
		return number(t.Minute())
	case 's':
		return number(t.Second())
	case 'f':
		return fmt.Sprintf("%09d", t.Nanosecond())[:x.n]
	case 't':
		return t.Format("PM")[:x.n]
	case 'z':
		return t.Format([]string{"-07", "-07", "-07:00"}[x.n-1])[:1] + offsetDigits(t, x.n)
	case 'K':
		return t.Format("Z07:00")
	case 'T', 'Z':
		return string(x.letter)
	}
	return x.text
}

// offsetDigits writes an offset without its sign.
func offsetDigits(t time.Time, n int) string {
	_, seconds := t.Zone()
	seconds = max(seconds, -seconds)
	switch n {
	case 1:
		return strconv.Itoa(seconds / 3600)
	case 2:
		return fmt.Sprintf("%02d", seconds/3600)
	}
	return fmt.Sprintf("%02d:%02d", seconds/3600, seconds/60%60)
}

// patternFields is what a text said of a time.
type patternFields struct {
	year, month, day, hour, minute, second, nano int
	weekday                                      int // 1 for Sunday; 0: not said
	half                                         byte
	twelve                                       bool
	zone                                         *time.Location
}

// Parse reads a time; zone is where its clock stands unless the text says. False: the text is not written so, or there is no such time.
func (p *Pattern) Parse(text string, zone *time.Location) (time.Time, bool) {
	f := patternFields{month: 1, day: 1, zone: zone}
	var ok bool
	for _, x := range p.parts {
		if text, ok = x.parse(text, &f); !ok {
			return time.Time{}, false
		}
	}
	if text != "" {
		return time.Time{}, false
	}
	return f.time()
}

func (f *patternFields) time() (time.Time, bool) {
	if f.twelve {
		if f.hour < 1 || f.hour > 12 {
			return time.Time{}, false
		}
		f.hour %= 12
		if f.half == 'P' {
			f.hour += 12
		}
	}
	if f.hour > 23 || f.minute > 59 || f.second > 59 || f.month < 1 || f.month > 12 || f.day < 1 || f.year < 1 {
		return time.Time{}, false
	}
	on := time.Date(f.year, time.Month(f.month), f.day, 0, 0, 0, 0, time.UTC)
	if on.Day() != f.day || f.weekday != 0 && f.weekday != int(on.Weekday())+1 {
		return time.Time{}, false
	}
	return time.Date(f.year, time.Month(f.month), f.day, f.hour, f.minute, f.second, f.nano, f.zone), true
}

// parse takes the part off the text.
func (x patternPart) parse(text string, f *patternFields) (rest string, ok bool) {
	number := func(into *int) (string, bool) {
		if x.n == 1 {
			return digits(text, 1, 2, into)
		}
		return digits(text, x.n, x.n, into)
	}
	switch x.letter {
	case 'd':
		if x.n > 2 {
			return name(text, 7, func(i int) string { return time.Weekday(i).String() }, x.n == 3, &f.weekday)
		}
		return number(&f.day)
	case 'M':
		if x.n > 2 {
			return name(text, 12, func(i int) string { return time.Month(i + 1).String() }, x.n == 3, &f.month)
		}
		return number(&f.month)
	case 'y':
		if rest, ok = number(&f.year); ok && x.n == 2 {
			f.year += 1900
			if f.year < 1969 {
				f.year += 100
			}
		}
		return rest, ok
	case 'H':
		return number(&f.hour)
	case 'h':
		f.twelve = true
		return number(&f.hour)
	case 'm':
		return number(&f.minute)
	case 's':
		return number(&f.second)
	case 'f':
		if rest, ok = digits(text, x.n, x.n, &f.nano); ok {
			for range 9 - x.n {
				f.nano *= 10
			}
		}
		return rest, ok
	case 't':
		if len(text) < x.n || !strings.EqualFold(text[:x.n], "AM"[:x.n]) && !strings.EqualFold(text[:x.n], "PM"[:x.n]) {
			return text, false
		}
		f.half = text[0] &^ 0x20
		return text[x.n:], true
	case 'z', 'K':
		return offset(text, x, f)
	case 'T':
		return strings.CutPrefix(text, "T")
	case 'Z':
		f.zone = time.UTC
		return strings.CutPrefix(text, "Z")
	}
	return strings.CutPrefix(text, x.text)
}

func digits(text string, least, most int, into *int) (string, bool) {
	n := 0
	for n < most && n < len(text) && text[n] >= '0' && text[n] <= '9' {
		n++
	}
	if n < least {
		return text, false
	}
	*into, _ = strconv.Atoi(text[:n]) // digits only
	return text[n:], true
}

// name takes the name of a month or a day off the text; into gets its number, from 1.
func name(text string, count int, nameOf func(int) string, short bool, into *int) (string, bool) {
	for i := range count {
		n := nameOf(i)
		if short {
			n = n[:3]
		}
		if len(text) >= len(n) && strings.EqualFold(text[:len(n)], n) {
			*into = i + 1
			return text[len(n):], true
		}
	}
	return text, false
}

// offset takes Z or an offset off the text; K may find none.
func offset(text string, x patternPart, f *patternFields) (string, bool) {
	if rest, ok := strings.CutPrefix(text, "Z"); ok {
		f.zone = time.UTC
		return rest, true
	}
	if x.letter == 'K' && (text == "" || text[0] != '+' && text[0] != '-') {
		return text, true
	}
	if text == "" || text[0] != '+' && text[0] != '-' {
		return text, false
	}
	sign, hours, minutes := 1, 0, 0
	if text[0] == '-' {
		sign = -1
	}
	rest, ok := digits(text[1:], min(x.n, 2), 2, &hours)
	if x.letter == 'K' || x.n == 3 {
		if rest, ok = strings.CutPrefix(rest, ":"); ok {
			rest, ok = digits(rest, 2, 2, &minutes)
		}
	}
	if !ok || hours > 14 || minutes > 59 {
		return text, false
	}
	f.zone = time.FixedZone("", sign*(hours*3600+minutes*60))
	return rest, true
}
