package csv_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"writ/server/fulfil"
)

// encodings are those that files may have: how each writes a plain text, what it can write beyond that, and bytes that are no letter in it.
var encodings = map[string]struct {
	write   func(string) string
	wide    string // "ä€" or the like, in the encoding
	reads   string // what that is
	invalid map[string]string
}{
	"utf-8": {func(s string) string { return s }, "ä€", "ä€", map[string]string{
		"LoneByte": "\xfc", "CutOff": "\xe2\x82", "Overlong": "\xc0\xaf", "Surrogate": "\xed\xa0\x80", "TooHigh": "\xf4\x90\x80\x80", "Continuation": "\x80"}},
	"windows-1252": {func(s string) string { return s }, "\xe4\x80", "ä€", map[string]string{"81": "\x81", "8D": "\x8d", "8F": "\x8f", "90": "\x90", "9D": "\x9d"}},
	"iso-8859-1":   {func(s string) string { return s }, "\xe4", "ä", nil},
	"utf-16le": {func(s string) string { return utf16(s, false) }, utf16("ä€", false), "ä€", map[string]string{
		"HighAlone": "\x3d\xd8", "LowAlone": "\x00\xde", "WrongOrder": "\x00\xde\x3d\xd8"}},
	"utf-16be": {func(s string) string { return utf16(s, true) }, utf16("ä€", true), "ä€", map[string]string{
		"HighAlone": "\xd8\x3d", "LowAlone": "\xde\x00", "WrongOrder": "\xde\x00\xd8\x3d"}},
}

func init() { // bytes of ISO 8859-1 that are control characters: files of Windows that say the wrong name, and what no name is made of
	one := encodings["iso-8859-1"]
	one.invalid = map[string]string{}
	for b := 0x80; b <= 0x9f; b++ {
		one.invalid[fmt.Sprintf("%02X", b)] = string([]byte{byte(b)})
	}
	encodings["iso-8859-1"] = one
}

func utf16(s string, big bool) string {
	var b strings.Builder
	for _, r := range s {
		lo, hi := byte(r), byte(r>>8)
		if big {
			lo, hi = hi, lo
		}
		b.WriteByte(lo)
		b.WriteByte(hi)
	}
	return b.String()
}

// TestBytesThatAreNoLetters: in every encoding, wherever in the file, a row with bytes that are no letter is set aside with its place; it is never
// read as something else, and no other row waits for it.
func TestBytesThatAreNoLetters(t *testing.T) {
	t.Parallel()
	for name, e := range encodings {
		for kind, bad := range e.invalid {
			for _, many := range []int{1, 5} { // a few in a row are theirs alone, as long as other rows show that the encoding is right
				for column := range 3 {
					t.Run(fmt.Sprintf("%s/%s/%d/column%d", name, kind, many, column), func(t *testing.T) {
						t.Parallel()
						w := e.write
						content := w("id,name,mail\n1,plain,a\n2,") + e.wide + w(",b\n")
						for i := range many {
							fields := []string{w(fmt.Sprint(3 + i)), w("x"), w("y")}
							fields[column] = w("Z") + bad + w("z")
							content += strings.Join(fields, w(",")) + w("\n")
						}
						content += w("9,last,c\n")
						c, _ := mustOpen(t, map[string]string{"hr.csv": content}, map[string]string{"encoding": name})
						var good []fulfil.Row
						var faults []*fulfil.Fault
						var lines []int
						for entry, err := range c.Export(t.Context(), "hr") {
							require.NoError(t, err)
							if entry.Fault != nil {
								faults, lines = append(faults, entry.Fault), append(lines, entry.Line)
							} else {
								good = append(good, entry.Row)
							}
						}
						require.Equal(t, []fulfil.Row{{"id": "1", "name": "plain", "mail": "a"}, {"id": "2", "name": e.reads, "mail": "b"}, {"id": "9", "name": "last", "mail": "c"}}, good)
						require.Len(t, faults, many)
						for i, f := range faults {
							require.Equal(t, 4+i, lines[i])
							require.Equal(t, []string{"id", "name", "mail"}[column], f.Column)
							require.NotEmpty(t, f.Why)
						}
					})
				}
			}
		}
	}
}
