package csv

import (
	"bufio"
	"bytes"
	"io"
	"strings"

	"golang.org/x/text/encoding/charmap"

	"writ/server/errs"
)

func encodingOf(name string) (string, error) {
	switch strings.ToLower(strings.TrimSpace(name)) {
	case "utf-8", "utf8":
		return "utf-8", nil
	case "iso-8859-1", "latin1", "latin-1":
		return "iso-8859-1", nil
	case "windows-1252", "cp1252":
		return "windows-1252", nil
	}
	return "", errs.Invalid("encoding", "Encoding %q is not known. Known: utf-8, iso-8859-1, windows-1252.", name)
}

var byteOrderMark = []byte{0xEF, 0xBB, 0xBF}

// decoded gives the file as UTF-8, without the byte order mark. Bytes that are no UTF-8 pass; the reader of the fields finds them, for
// it knows their line.
func decoded(r io.Reader, encoding string) *bufio.Reader {
	switch encoding {
	case "iso-8859-1":
		r = charmap.ISO8859_1.NewDecoder().Reader(r)
	case "windows-1252":
		r = charmap.Windows1252.NewDecoder().Reader(r)
	}
	b := bufio.NewReaderSize(r, 256<<10)
	if head, _ := b.Peek(len(byteOrderMark)); bytes.Equal(head, byteOrderMark) {
		_, _ = b.Discard(len(byteOrderMark))
	}
	return b
}
