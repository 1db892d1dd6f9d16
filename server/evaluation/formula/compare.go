package formula

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// The ways to compare a computed with a current value (role-model 2.7).
const (
	CaseSensitive    int16 = 0
	IgnoreCase       int16 = 1
	IgnoreDiacritics int16 = 2
	Simplified       int16 = 3
	Approximate      int16 = 4
)

// Same reports whether two values count as equal under a comparison type. Null and empty are the same value.
func Same(comparison int16, a, b string) bool {
	if a == b || !isPlain(a) && !isPlain(b) && norm.NFC.String(a) == norm.NFC.String(b) { // a target may compose its letters in its own way
		return true
	}
	switch comparison {
	case IgnoreCase:
		return strings.EqualFold(a, b)
	case IgnoreDiacritics:
		return foldDiacritics(a) == foldDiacritics(b)
	case Simplified:
		return onlyLetters(a) == onlyLetters(b)
	case Approximate:
		return approximate(a) == approximate(b)
	default:
		return false
	}
}

func isPlain(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// onlyLetters keeps the base letters, upper case: accents, case and everything that is no letter are ignored.
func onlyLetters(s string) string {
	return strings.Map(func(r rune) rune {
		if !unicode.IsLetter(r) {
			return -1
		}
		return unicode.ToUpper(r)
	}, foldDiacritics(s))
}

var soundsAlike = strings.NewReplacer("SS", "C", "Z", "S", "Y", "I", "W", "V", "K", "C", "H", "")

// approximate adds to onlyLetters: Z=S, Y=I, W=V, K=C, SS=C, any H optional, final T, D or S optional, doubled letters once.
func approximate(s string) string {
	s = soundsAlike.Replace(onlyLetters(s))
	var b strings.Builder
	var last rune
	for _, r := range s {
		if r != last {
			b.WriteRune(r)
		}
		last = r
	}
	s = b.String()
	if short := strings.TrimRight(s, "TDS"); short != "" {
		return short
	}
	return s
}
