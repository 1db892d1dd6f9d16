package csv_test

import (
	"os"
	"path/filepath"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"writ/server/errs"
	"writ/server/fulfil"
	"writ/server/fulfil/csv"
)

// FuzzRead: whatever stands in a file, its rows are text under the names of the header, or the reading ends in an expected failure.
func FuzzRead(f *testing.F) {
	for _, text := range []string{
		"id,name\n1,Ann\n", "id;name\r\n1;\"a\"\"b\"\r\n", "\xef\xbb\xbfid\n1\n", "id\n\"", "id\r1\r2\r", "id,id\n", ",\n,\n", "\x00", "\xff\xfei\x00d\x00\n\x00", "id\n\x1a",
		"id,name,\n1,2,\n", "id\n\"a\nb\"\n", "a\tb\n1\t2\n", "id\n\n\n1\n", "\"id\"x,y\n",
	} {
		for _, separator := range []string{",", "auto", "tab"} {
			f.Add([]byte(text), separator, "utf-8", 0)
		}
	}
	f.Add([]byte("x\nid\n\xe9\n"), ";", "iso-8859-1", 1)
	f.Fuzz(func(t *testing.T, content []byte, separator, encoding string, skip int) {
		dir := t.TempDir()
		require.NoError(t, os.WriteFile(filepath.Join(dir, "t.csv"), content, 0o600))
		settings := map[string]string{"path": ".", "separator": separator, "encoding": encoding}
		if skip > 0 && skip < 10 {
			settings["numberOfLinesToSkip"] = "3"
		}
		c, err := csv.Package{}.Open(t.Context(), fulfil.Settings{Values: settings, DataDir: dir})
		if err != nil {
			require.NotNil(t, errs.As(err), "%v", err)
			return
		}
		for row, err := range fulfil.Rows(c.Exporter.Export(t.Context(), "t")) {
			if err != nil {
				require.NotNil(t, errs.As(err), "%v", err)
				return
			}
			for name, value := range row {
				require.True(t, utf8.ValidString(name) && utf8.ValidString(fulfil.TextOf(value)), "%q: %q", name, value)
				require.NotContains(t, value, "\x00")
			}
		}
	})
}
