package formula

import (
	"fmt"
	"slices"
	"strings"
)

// Double Metaphone, as Lawrence Philips describes it: how an English ear writes a name down, in the letters A F H J K L M N P R S T X and 0 (th), four at most.
// Some names are said in two ways; the second code tells the other one.

// metaphoneLength is how many letters a code has at most.
const metaphoneLength = 4

// toDoubleMetaphone is the first code, or with the argument 2 the second one, which is the first where there is no other way to say it.
func toDoubleMetaphone(v string, args []string) (string, error) {
	first, second := doubleMetaphone(v)
	if len(args) == 1 && args[0] == "2" {
		return second, nil
	}
	return first, nil
}

func checkMetaphone(args []string) error {
	if len(args) == 1 && args[0] != "1" && args[0] != "2" {
		return fmt.Errorf("%q is none of its codes: write 1 for the usual way to say it, 2 for the other", args[0])
	}
	return nil
}

// doubleMetaphone gives both codes of a name. What is no letter is not heard.
func doubleMetaphone(s string) (first, second string) {
	const longest = 256 // four letters are found long before
	s = strings.ToUpper(foldDiacritics(strings.NewReplacer("ç", "s", "Ç", "S", "ß", "ss").Replace(s)))
	var word []byte
	for _, r := range strings.TrimSpace(s) {
		if r >= 'A' && r <= 'Z' || r == ' ' {
			word = append(word, byte(r))
		}
		if len(word) == longest {
			break
		}
	}
	h := &hearing{word: word, last: len(word) - 1}
	h.slavic = strings.ContainsAny(string(word), "WK") || strings.Contains(string(word), "CZ")
	h.germanic = h.has(0, "VAN ", "VON ", "SCH")
	at := 0
	if h.has(0, "GN", "KN", "PN", "WR", "PS") {
		at = 1
	}
	for at <= h.last && (len(h.first) < metaphoneLength || len(h.second) < metaphoneLength) {
		at += max(h.letter(at), 1)
	}
	return cut4(h.first), cut4(h.second)
}

func cut4(code []byte) string { return string(code[:min(len(code), metaphoneLength)]) }

// hearing is a word on its way into its codes.
type hearing struct {
	word             []byte
	last             int
	slavic, germanic bool
	first, second    []byte
}

// say adds to both codes; a second argument is what the other way adds instead.
func (h *hearing) say(sound string, other ...string) {
	h.first = append(h.first, sound...)
	if len(other) > 0 {
		sound = other[0]
	}
	h.second = append(h.second, sound...)
}

// is is the letter at a place; 0 outside of the word.
func (h *hearing) is(at int) byte {
	if at < 0 || at > h.last {
		return 0
	}
	return h.word[at]
}

// has reports whether one of the texts stands at a place.
func (h *hearing) has(at int, texts ...string) bool {
	return at >= 0 && at <= h.last && slices.ContainsFunc(texts, func(t string) bool { return strings.HasPrefix(string(h.word[at:min(len(h.word), at+len(t))]), t) })
}

// any reports whether the letter at a place is one of some.
func (h *hearing) any(at int, letters string) bool {
	c := h.is(at)
	return c != 0 && strings.IndexByte(letters, c) >= 0
}

func (h *hearing) vowel(at int) bool { return h.any(at, "AEIOUY") }

// ends reports whether nothing more of the name stands from a place on.
func (h *hearing) ends(at int) bool { return at > h.last || h.is(at) == ' ' }

// twice is 2 when the letter after a place is one of some, which are heard with it; else 1.
func (h *hearing) twice(at int, letters string) int {
	if h.any(at+1, letters) {
		return 2
	}
	return 1
}

// letter hears what stands at a place, and gives how many letters that was.
func (h *hearing) letter(at int) int {
	switch c := h.is(at); c {
	case 'A', 'E', 'I', 'O', 'U', 'Y':
		if at == 0 {
			h.say("A")
		}
		return 1
	case 'B':
		h.say("P")
		return h.twice(at, "B")
	case 'C':
		return h.c(at)
	case 'D':
		return h.d(at)
	case 'F', 'K', 'N':
		h.say(string(c))
		return h.twice(at, string(c))
	case 'G':
		return h.g(at)
	case 'H':
		if (at == 0 || h.vowel(at-1)) && h.vowel(at+1) {
			h.say("H")
			return 2
		}
		return 1
	case 'J':
		return h.j(at)
	case 'L':
		return h.l(at)
	case 'S':
		return h.s(at)
	case 'T':
		return h.t(at)
	case 'V':
		h.say("F")
		return h.twice(at, "V")
	case 'W':
		return h.w(at)
	}
	return h.rest(at)
}

// rest hears the letters that depend on their neighbours only a little.
func (h *hearing) rest(at int) int {
	switch h.is(at) {
	case 'M':
		h.say("M")
		if h.is(at+1) == 'M' || h.has(at-1, "UMB") && (at+1 == h.last || h.has(at+2, "ER")) { // the B of thumb is silent
			return 2
		}
		return 1
	case 'P':
		if h.is(at+1) == 'H' {
			h.say("F")
			return 2
		}
		h.say("P")
		return h.twice(at, "PB") // Campbell, raspberry
	case 'Q':
		h.say("K")
		return h.twice(at, "Q")
	case 'R':
		if at == h.last && !h.slavic && h.has(at-2, "IE") && !h.has(at-4, "ME", "MA") { // Rogier
			h.say("", "R")
		} else {
			h.say("R")
		}
		return h.twice(at, "R")
	case 'X':
		switch {
		case at == 0: // Xavier
			h.say("S")
		case at == h.last && (h.has(at-3, "IAU", "EAU") || h.has(at-2, "AU", "OU")): // breaux
		default:
			h.say("KS")
		}
		return h.twice(at, "CX")
	case 'Z':
		switch {
		case h.is(at+1) == 'H': // zhao
			h.say("J")
			return 2
		case h.has(at+1, "ZO", "ZI", "ZA") || h.slavic && at > 0 && h.is(at-1) != 'T':
			h.say("S", "TS")
		default:
			h.say("S")
		}
		return h.twice(at, "Z")
	}
	return 1
}

func (h *hearing) c(at int) int {
	switch {
	case at > 1 && !h.vowel(at-2) && h.has(at-1, "ACH") && h.is(at+2) != 'I' && (h.is(at+2) != 'E' || h.has(at-2, "BACHER", "MACHER")): // Bach
		h.say("K")
		return 2
	case at == 0 && h.has(0, "CAESAR"):
		h.say("S")
		return 2
	case h.has(at, "CHIA"): // chianti
		h.say("K")
		return 2
	case h.has(at, "CH"):
		return h.ch(at)
	case h.has(at, "CZ") && !h.has(at-2, "WICZ"): // Czerny
		h.say("S", "X")
		return 2
	case h.has(at+1, "CIA"): // focaccia
		h.say("X")
		return 3
	case h.has(at, "CC") && (at != 1 || h.is(0) != 'M'): // not McClellan
		if !h.any(at+2, "IEH") || h.has(at+2, "HU") {
			h.say("K")
			return 2
		}
		if at == 1 && h.is(0) == 'A' || h.has(at-1, "UCCEE", "UCCES") { // accident, succeed
			h.say("KS")
		} else { // bertucci
			h.say("X")
		}
		return 3
	case h.any(at+1, "KGQ"):
		h.say("K")
		return 2
	case h.any(at+1, "IEY"):
		if h.has(at, "CIO", "CIE", "CIA") {
			h.say("S", "X")
		} else {
			h.say("S")
		}
		return 2
	}
	h.say("K")
	switch {
	case h.has(at+1, " C", " Q", " G"): // Mac Caffrey
		return 3
	case h.any(at+1, "CKQ") && !h.has(at+1, "CE", "CI"):
		return 2
	}
	return 1
}

func (h *hearing) ch(at int) int {
	switch {
	case at > 0 && h.has(at, "CHAE"): // Michael
		h.say("K", "X")
	case at == 0 && h.has(1, "HARAC", "HARIS", "HOR", "HYM", "HIA", "HEM") && !h.has(0, "CHORE"): // chemistry, chorus
		h.say("K")
	case h.germanic || h.has(at-2, "ORCHES", "ARCHIT", "ORCHID") || h.any(at+2, "TS") ||
		(at == 0 || h.any(at-1, "AOUE")) && (h.ends(at+2) || h.any(at+2, "LRNMBHFVW")): // Wachtler, architect; not Tichner
		h.say("K")
	case at == 0:
		h.say("X")
	case h.has(0, "MC"): // McHugh
		h.say("K")
	default:
		h.say("X", "K")
	}
	return 2
}

func (h *hearing) d(at int) int {
	switch {
	case h.is(at+1) == 'G' && h.any(at+2, "IEY"): // edge
		h.say("J")
		return 3
	case h.is(at+1) == 'G': // Edgar
		h.say("TK")
		return 2
	}
	h.say("T")
	return h.twice(at, "TD")
}

func (h *hearing) g(at int) int {
	switch {
	case h.is(at+1) == 'H':
		h.gh(at)
		return 2
	case h.is(at+1) == 'N':
		switch {
		case at == 1 && h.vowel(0) && !h.slavic:
			h.say("KN", "N")
		case !h.has(at+2, "EY") && !h.slavic: // not Cagney
			h.say("N", "KN")
		default:
			h.say("KN")
		}
		return 2
	case h.has(at+1, "LI") && !h.slavic: // Tagliaro
		h.say("KL", "L")
		return 2
	case at == 0 && (h.is(1) == 'Y' || h.has(1, "ES", "EP", "EB", "EL", "EY", "IB", "IL", "IN", "IE", "EI", "ER")):
		h.say("K", "J")
		return 2
	case (h.has(at+1, "ER") || h.is(at+1) == 'Y') && !h.has(0, "DANGER", "RANGER", "MANGER") && !h.any(at-1, "EI") && !h.has(at-1, "RGY", "OGY"):
		h.say("K", "J")
		return 2
	case h.any(at+1, "EIY") || h.has(at-1, "AGGI", "OGGI"): // biaggi
		switch {
		case h.germanic || h.has(at+1, "ET"):
			h.say("K")
		case h.has(at+1, "IER") && h.ends(at+4):
			h.say("J")
		default:
			h.say("J", "K")
		}
		return 2
	}
	h.say("K")
	return h.twice(at, "G")
}

func (h *hearing) gh(at int) {
	switch {
	case at > 0 && !h.vowel(at-1):
		h.say("K")
	case at == 0 && h.is(2) == 'I': // Ghislane
		h.say("J")
	case at == 0:
		h.say("K")
	case at > 1 && h.any(at-2, "BHD") || at > 2 && h.any(at-3, "BHD") || at > 3 && h.any(at-4, "BH"): // Hugh, bough, Broughton
	case at > 2 && h.is(at-1) == 'U' && h.any(at-3, "CGLRT"): // laugh, cough, rough, tough
		h.say("F")
	case h.is(at-1) != 'I': // night
		h.say("K")
	}
}

func (h *hearing) j(at int) int {
	switch {
	case h.has(at, "JOSE") && at == 0 && h.ends(4) || h.has(0, "SAN "): // José, San Jacinto
		h.say("H")
		return 1
	case h.has(at, "JOSE"):
		h.say("J", "H")
		return 1
	case at == 0: // Jankelowicz
		h.say("J", "A")
	case h.vowel(at-1) && !h.slavic && h.any(at+1, "AO"): // bajador
		h.say("J", "H")
	case at == h.last:
		h.say("J", "")
	case !h.any(at+1, "LTKSNMBZ") && !h.any(at-1, "SKL"):
		h.say("J")
	}
	return h.twice(at, "J")
}

func (h *hearing) l(at int) int {
	if h.is(at+1) != 'L' {
		h.say("L")
		return 1
	}
	spanish := at == h.last-2 && h.has(at-1, "ILLO", "ILLA", "ALLE") || (h.has(h.last-1, "AS", "OS") || h.any(h.last, "AO")) && h.has(at-1, "ALLE") // cabrillo, gallegos
	if spanish {
		h.say("L", "")
	} else {
		h.say("L")
	}
	return 2
}

func (h *hearing) s(at int) int {
	switch {
	case h.has(at-1, "ISL", "YSL"): // island, Carlisle
		return 1
	case at == 0 && h.has(0, "SUGAR"):
		h.say("X", "S")
		return 1
	case h.is(at+1) == 'H':
		if h.has(at+1, "HEIM", "HOEK", "HOLM", "HOLZ") {
			h.say("S")
		} else {
			h.say("X")
		}
		return 2
	case h.has(at, "SIO", "SIA"):
		if h.slavic {
			h.say("S")
		} else {
			h.say("S", "X")
		}
		return 3
	case at == 0 && h.any(1, "MNLW") || h.is(at+1) == 'Z': // Smith beside Schmidt, Snider beside Schneider
		h.say("S", "X")
		return h.twice(at, "Z")
	case h.is(at+1) == 'C':
		h.sc(at)
		return 3
	case at == h.last && h.has(at-2, "AI", "OI"): // Resnais, Artois
		h.say("", "S")
	default:
		h.say("S")
	}
	return h.twice(at, "SZ")
}

func (h *hearing) sc(at int) {
	switch {
	case h.is(at+2) != 'H' && h.any(at+2, "IEY"):
		h.say("S")
	case h.is(at+2) != 'H':
		h.say("SK")
	case h.has(at+3, "ER", "EN"): // Schermerhorn, Schenker
		h.say("X", "SK")
	case h.has(at+3, "OO", "UY", "ED", "EM"): // school
		h.say("SK")
	case at == 0 && !h.vowel(3) && h.is(3) != 'W': // Schmidt
		h.say("X", "S")
	default:
		h.say("X")
	}
}

func (h *hearing) t(at int) int {
	switch {
	case h.has(at, "TION", "TIA", "TCH"):
		h.say("X")
		return 3
	case h.has(at, "TH", "TTH"):
		if h.has(at+2, "OM", "AM") || h.germanic { // Thomas
			h.say("T")
		} else {
			h.say("0", "T")
		}
		return 2
	}
	h.say("T")
	return h.twice(at, "TD")
}

func (h *hearing) w(at int) int {
	switch {
	case h.is(at+1) == 'R':
		h.say("R")
		return 2
	case at == 0 && h.vowel(1): // Wasserman beside Vasserman
		h.say("A", "F")
	case at == 0 && h.is(1) == 'H':
		h.say("A")
	case at == h.last && h.vowel(at-1) || h.has(at-1, "EWSKI", "EWSKY", "OWSKI", "OWSKY") || h.has(0, "SCH"): // Arnow beside Arnoff
		h.say("", "F")
	case h.has(at, "WICZ", "WITZ"): // Filipowicz
		h.say("TS", "FX")
		return 4
	}
	return 1
}
