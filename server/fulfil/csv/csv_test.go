package csv_test

import (
	"bytes"
	stdcsv "encoding/csv"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"writ/server/errs"
	"writ/server/fulfil"
	"writ/server/fulfil/csv"
	"writ/server/fulfil/fulfiltest"
)

// mustOpen writes the files into a data folder and opens a connection to it.
func mustOpen(t *testing.T, files map[string]string, settings map[string]string) (*csv.Conn, string) {
	t.Helper()
	dir := t.TempDir()
	for name, content := range files {
		require.NoError(t, os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o755))
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600))
	}
	if settings["path"] == "" {
		settings = with(settings, "path", ".")
	}
	c, err := csv.Package{}.Open(t.Context(), fulfil.Settings{Values: settings, DataDir: dir})
	require.NoError(t, err)
	return c.Connector.(*csv.Conn), dir
}

func with(m map[string]string, key, value string) map[string]string {
	out := map[string]string{key: value}
	for k, v := range m {
		out[k] = v
	}
	return out
}

func read(t *testing.T, c fulfil.Exporter, table string) ([]fulfil.Row, error) {
	t.Helper()
	var rows []fulfil.Row
	for row, err := range fulfil.Rows(c.Export(t.Context(), table)) {
		if err != nil {
			return rows, err
		}
		rows = append(rows, row)
	}
	return rows, nil
}

func TestExport(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		content  string
		settings map[string]string
		want     []fulfil.Row
	}{
		"Plain":             {"id,mail\n1,a@x\n2,\n", nil, []fulfil.Row{{"id": "1", "mail": "a@x"}, {"id": "2", "mail": ""}}},
		"NoLastNewline":     {"id,mail\n1,a@x", nil, []fulfil.Row{{"id": "1", "mail": "a@x"}}},
		"WindowsNewlines":   {"id,mail\r\n1,a@x\r\n", nil, []fulfil.Row{{"id": "1", "mail": "a@x"}}},
		"ByteOrderMark":     {"\xEF\xBB\xBFid,mail\n1,a@x\n", nil, []fulfil.Row{{"id": "1", "mail": "a@x"}}},
		"OnlyHeader":        {"id,mail\n", nil, nil},
		"SeveralValues":     {"id,groups\n1,\"a\nb\"\n", nil, []fulfil.Row{{"id": "1", "groups": "a\nb"}}},
		"QuotedSeparator":   {"id,name\n1,\"Lang, Petra \"\"P\"\"\"\n", nil, []fulfil.Row{{"id": "1", "name": `Lang, Petra "P"`}}},
		"NoHeader":          {"id,,mail\n1,x,a@x\n", nil, []fulfil.Row{{"id": "1", "mail": "a@x"}}},
		"Separator":         {"id;mail\n1;a,b\n", map[string]string{"separator": ";"}, []fulfil.Row{{"id": "1", "mail": "a,b"}}},
		"Tab":               {"id\tmail\n1\ta\n", map[string]string{"separator": "tab"}, []fulfil.Row{{"id": "1", "mail": "a"}}},
		"Auto":              {"id;mail\n1;a,b\n", map[string]string{"separator": "auto"}, []fulfil.Row{{"id": "1", "mail": "a,b"}}},
		"Latin1":            {"id,name\n1,M\xfcller\n", map[string]string{"encoding": "latin1"}, []fulfil.Row{{"id": "1", "name": "Müller"}}},
		"Windows1252":       {"id,name\n1,\x80\n", map[string]string{"encoding": "windows-1252"}, []fulfil.Row{{"id": "1", "name": "€"}}},
		"SkippedLines":      {"report of today\n\"odd\nid,mail\n1,a\n", map[string]string{"numberOfLinesToSkip": "2"}, []fulfil.Row{{"id": "1", "mail": "a"}}},
		"TrimmedValues":     {"'id',mail\n'1', 'a' \n", map[string]string{"valuesToTrim": "'\n "}, []fulfil.Row{{"id": "1", "mail": "a"}}},
		"CarriageReturns":   {"id,mail\r1,a@x\r2,\"b\rc\"\r", nil, []fulfil.Row{{"id": "1", "mail": "a@x"}, {"id": "2", "mail": "b\rc"}}},
		"MixedLineEnds":     {"id,mail\r\n1,a\r2,b\n3,c\r\r\n4,d", nil, []fulfil.Row{{"id": "1", "mail": "a"}, {"id": "2", "mail": "b"}, {"id": "3", "mail": "c"}, {"id": "4", "mail": "d"}}},
		"SkippedWithReturn": {"report\r\"odd\rid,mail\r1,a\r", map[string]string{"numberOfLinesToSkip": "2"}, []fulfil.Row{{"id": "1", "mail": "a"}}},
		"SurplusSeparators": {"id,mail\n1,a,\n2,b, \n3,c\n", nil, []fulfil.Row{{"id": "1", "mail": "a"}, {"id": "2", "mail": "b"}, {"id": "3", "mail": "c"}}},
		"HeaderSeparator":   {"id,mail,\n1,a\n2,b,\n", nil, []fulfil.Row{{"id": "1", "mail": "a"}, {"id": "2", "mail": "b"}}},
		"ShortLines":        {"id,first,mail\n1,a\n2\n", map[string]string{"shortLines": "empty"}, []fulfil.Row{{"id": "1", "first": "a", "mail": ""}, {"id": "2", "first": "", "mail": ""}}},
		"BlankLines":        {"id,mail\n1,a\n,\n   \n2,b\n \t \n", nil, []fulfil.Row{{"id": "1", "mail": "a"}, {"id": "2", "mail": "b"}}},
		"CtrlZ":             {"id,mail\r\n1,a\r\n\x1a", nil, []fulfil.Row{{"id": "1", "mail": "a"}}},
		"CtrlZAtTheValue":   {"id,mail\n1,a\x1a\r\n", nil, []fulfil.Row{{"id": "1", "mail": "a"}}},
		"UTF16ByMark":       {"\xff\xfei\x00d\x00\n\x00\xe4\x00\n\x00", nil, []fulfil.Row{{"id": "ä"}}},
		"UTF16BigByMark":    {"\xfe\xff\x00i\x00d\x00\n\x00\xe4\x00\n", map[string]string{"encoding": "windows-1252"}, []fulfil.Row{{"id": "ä"}}},
		"UTF16BySetting":    {"i\x00d\x00\r\x00\xe4\x00\r\x00", map[string]string{"encoding": "utf-16"}, []fulfil.Row{{"id": "ä"}}},
		"UTF16BigBySetting": {"\x00i\x00d\x00\n\x00\xe4\x00\n", map[string]string{"encoding": "utf-16"}, []fulfil.Row{{"id": "ä"}}},
		"MarkBeforeSetting": {"\xEF\xBB\xBFid\nä\n", map[string]string{"encoding": "latin1"}, []fulfil.Row{{"id": "ä"}}},
		"AutoQuoted":        {"\"a,b,c\";id\n1;2\n", map[string]string{"separator": "auto"}, []fulfil.Row{{"a,b,c": "1", "id": "2"}}},
		"AutoQuotedBreak":   {"\"a\n,,,\";id\n1;2\n", map[string]string{"separator": "auto"}, []fulfil.Row{{"a\n,,,": "1", "id": "2"}}},
		"AutoReturns":       {"id;a\r1;2,3,4,5\r", map[string]string{"separator": "auto"}, []fulfil.Row{{"id": "1", "a": "2,3,4,5"}}},
		"AutoTold":          {"sep=;\r\nid;a,b\r\n1;2\r\n", map[string]string{"separator": "auto"}, []fulfil.Row{{"id": "1", "a,b": "2"}}},
		"NullValues":        {"id,end\n1,0000-00-00\n2, NULL \n3,2026-01-01\n", map[string]string{"nullValues": "0000-00-00\nNULL"}, []fulfil.Row{{"id": "1", "end": nil}, {"id": "2", "end": nil}, {"id": "3", "end": "2026-01-01"}}},
		"SettingsInAnyCase": {"id;mail\n1;a\n", map[string]string{"SEPARATOR": ";"}, []fulfil.Row{{"id": "1", "mail": "a"}}},
		"DuplicateHeader":   {"id,mail, mail\n1,a,b\n", nil, []fulfil.Row{{"id": "1", "mail (column 2)": "a", "mail (column 3)": "b"}}},
		"SeveralMarks":      {"\xEF\xBB\xBF\xEF\xBB\xBF\"id\",mail\n1,a\n", nil, []fulfil.Row{{"id": "1", "mail": "a"}}},
		"HeaderMarks":       {"\u200eid\u200b,\u00admail\ufeff\n1,a\n", nil, []fulfil.Row{{"id": "1", "mail": "a"}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, _ := mustOpen(t, map[string]string{"hr.csv": tc.content}, tc.settings)
			got, err := read(t, c, "hr")
			require.NoError(t, err)
			require.Equal(t, tc.want, got)
		})
	}
}

func TestExportMalformed(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		content string
		rows    int    // that come before the error
		says    string // what the message must tell
	}{
		"TooFewColumns":         {"id,mail\n1,a\n2\n", 1, `hr.csv, line 3: 1 columns where the header has 2. Column 2 is the first one missing.`},
		"TooManyColumns":        {"id,mail\n1,a,b\n", 0, `hr.csv, line 2: 3 columns where the header has 2. Column 3 is the first one too many.`},
		"CutInTwo":              {"id,first,mail\n1,Ann,\n2,Lee, Bob,\n3,Cat,\n", 1, `line 3: 4 columns where the header has 3`},
		"CutInTwoAmongTrailing": {"id,first,mail\n1,Ann,,\n2,Lee, Bob,,\n3,Cat,,\n", 1, `line 3: 5 columns where the header has 3`},
		"BareQuote":             {"id,mail\n1,a\n2,b\"c\n", 1, `File "hr.csv", line 3, character 4: a quote stands inside a value`},
		"OpenQuote":             {"id,mail\n1,\"a\n2,b\n", 0, `Its`},
		"NUL":                   {"id,mail\n1,a\x00\n", 0, `line 2: column 2 (mail) holds a NUL`},
		"InvalidUTF8":           {"id,mail\n1,a\n2,\xfc\n", 1, `line 3: column 2 (mail) is not valid UTF-8`},
		"InvalidHeader":         {"id,m\xfcl\n1,a\n", 0, `line 1, column 2 is not valid UTF-8`},
		"NoNames":               {",,\n1,2,3\n", 0, `no column has a name`},
		"Empty":                 {"", 0, `is empty`},
		"UTF32":                 {"\xff\xfe\x00\x00i\x00\x00\x00d\x00\x00\x00\n\x00\x00\x00", 0, `holds a NUL character`},
		"Latin1":                {"id,name\n1,M\xfcller\n2,a\n3,J\xf6rg\n4,Ren\xe9\n", 0, ``},
		"LongRecord":            {"id,name\n1,\"" + strings.Repeat("x", 17<<20), 0, `more than 16 MB`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, _ := mustOpen(t, map[string]string{"hr.csv": tc.content}, nil)
			got, err := read(t, c, "hr")
			require.True(t, errs.Is(err, errs.Validation), "got %v", err)
			require.Len(t, got, tc.rows)
			if tc.says == "Its" {
				tc.says = "its row begins in line 2"
			}
			require.Contains(t, err.Error(), tc.says)
		})
	}
}

func TestMessageCountsSkippedLines(t *testing.T) {
	t.Parallel()
	c, _ := mustOpen(t, map[string]string{"hr.csv": "one\ntwo\nid,mail\n1\n"}, map[string]string{"numberOfLinesToSkip": "2"})
	_, err := read(t, c, "hr")
	require.ErrorContains(t, err, "line 4")
}

func TestFolderAndFile(t *testing.T) {
	t.Parallel()
	c, dir := mustOpen(t, map[string]string{
		"in/person.csv": "id\n1\n", "in/site.CSV": "code,name\n", "in/readme.txt": "x", "in/.person.csv.part": "y", "in/sub/deep.csv": "id\n",
	}, map[string]string{"path": "in"})
	tables, err := c.Schema(t.Context())
	require.NoError(t, err)
	require.Equal(t, []fulfil.Table{{Name: "person", Columns: []string{"id"}}, {Name: "site", Columns: []string{"code", "name"}}}, tables)
	_, err = read(t, c, "nobody")
	require.True(t, errs.Is(err, errs.NotFound), "got %v", err)

	single, err := csv.Package{}.Open(t.Context(), fulfil.Settings{Values: map[string]string{"path": "in/person.csv"}, DataDir: dir})
	require.NoError(t, err)
	rows, err := read(t, single.Exporter, "person")
	require.NoError(t, err)
	require.Equal(t, []fulfil.Row{{"id": "1"}}, rows)

	require.NoError(t, os.WriteFile(filepath.Join(dir, "in", "person.CSV"), []byte("id\n"), 0o600))
	_, err = c.Schema(t.Context())
	require.NoError(t, err)
	_, err = read(t, c, "person")
	require.ErrorContains(t, err, "would both be table person")
	_, err = read(t, c, "site")
	require.NoError(t, err, "others are not held up")
}

func TestOpenRefuses(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct{ field, value string }{
		"Missing":        {"path", ""},
		"Above":          {"path", "../etc"},
		"AboveInside":    {"path", "a/../../etc"},
		"Absolute":       {"path", "/etc/passwd"},
		"LongSeparator":  {"separator", ";;"},
		"QuoteSeparator": {"separator", `"`},
		"Encoding":       {"encoding", "ebcdic"},
		"Skip":           {"numberOfLinesToSkip", "-1"},
		"Misspelled":     {"seperator", ";"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			values := map[string]string{"path": "."}
			values[tc.field] = tc.value
			_, err := csv.Package{}.Open(t.Context(), fulfil.Settings{Values: values, DataDir: t.TempDir()})
			require.True(t, errs.Is(err, errs.Validation), "got %v", err)
			require.Equal(t, tc.field, errs.As(err).Field)
		})
	}
}

// TestOneFaultInTheFolder: whatever lies in the folder and is not asked for holds nobody up.
func TestOneFaultInTheFolder(t *testing.T) {
	t.Parallel()
	secret := filepath.Join(t.TempDir(), "secret.csv")
	require.NoError(t, os.WriteFile(secret, []byte("id\n1\n"), 0o600))
	c, dir := mustOpen(t, map[string]string{"a.csv": "id\n7\n", "bad.csv": "id,\"\nx", "empty.csv": "", "utf.csv": "\xff\n", "x.csv": "i\n", "x.CSV": "i\n"}, nil)
	require.NoError(t, os.Symlink(secret, filepath.Join(dir, "out.csv")))
	require.NoError(t, os.Symlink("nowhere.csv", filepath.Join(dir, "dangling.csv")))
	require.NoError(t, os.Symlink("loop.csv", filepath.Join(dir, "loop.csv")))
	require.NoError(t, os.Mkdir(filepath.Join(dir, "folder.csv"), 0o755))
	tables, err := c.Schema(t.Context())
	require.NoError(t, err)
	require.Contains(t, tables, fulfil.Table{Name: "a", Columns: []string{"id"}})
	require.Contains(t, tables, fulfil.Table{Name: "dangling"})
	before, err := c.Token(t.Context())
	require.NoError(t, err)
	rows, err := read(t, c, "a")
	require.NoError(t, err)
	require.Equal(t, []fulfil.Row{{"id": "7"}}, rows)
	_, err = read(t, c, "out")
	require.True(t, errs.Is(err, errs.Validation), "got %v", err)
	require.ErrorContains(t, err, "leads out of")
	_, err = read(t, c, "dangling")
	require.True(t, errs.Is(err, errs.Unavailable), "got %v", err)
	_, err = read(t, c, "loop")
	require.True(t, errs.Is(err, errs.Unavailable), "got %v", err)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "nowhere.csv"), []byte("id\n1\n"), 0o600))
	after, err := c.Token(t.Context())
	require.NoError(t, err)
	require.NotEqual(t, before, after, "what is mended is noticed")
}

// TestRowsWithFaults: a row that cannot be read is told of with its place, and those behind it are read.
func TestRowsWithFaults(t *testing.T) {
	t.Parallel()
	c, _ := mustOpen(t, map[string]string{"hr.csv": "id,first,mail\n1,Ann,a@x\n2,B\xffb,b@x\n3,Cat\n4,Dan,d@x,oops\n5,E\x00,e@x\n6,Zoë,z@x\n"}, nil)
	var got []string
	for e, err := range c.Export(t.Context(), "hr") {
		require.NoError(t, err)
		require.Equal(t, "hr.csv", e.Place)
		text := fmt.Sprintf("%d %s", e.Line, e.Row["id"])
		if e.Fault != nil {
			text += fmt.Sprintf(" column=%s missing=%v texts=%v", e.Fault.Column, e.Fault.Missing, e.Fault.Texts)
		}
		got = append(got, text)
	}
	require.Equal(t, []string{
		"2 1", "3 2 column=first missing=[] texts=[2 b@x]", "4 3 column=mail missing=[mail] texts=[3 Cat]",
		"5 4 column= missing=[] texts=[4 Dan d@x oops]", "6 5 column=first missing=[] texts=[5 e@x]", "7 6",
	}, got)
}

// TestReplacedBySameSizeAndTime: a copy that brings the old time along is another content all the same.
func TestReplacedBySameSizeAndTime(t *testing.T) {
	t.Parallel()
	c, dir := mustOpen(t, map[string]string{"hr.csv": "id\n1\n"}, nil)
	path := filepath.Join(dir, "hr.csv")
	info, err := os.Stat(path)
	require.NoError(t, err)
	seen := map[string]bool{}
	look := func() {
		t.Helper()
		token, err := c.Token(t.Context())
		require.NoError(t, err)
		again, err := c.Token(t.Context())
		require.NoError(t, err)
		require.Equal(t, token, again)
		require.False(t, seen[token])
		seen[token] = true
	}
	look()
	require.NoError(t, os.WriteFile(path+".new", []byte("id\n2\n"), 0o600))
	require.NoError(t, os.Chtimes(path+".new", info.ModTime(), info.ModTime()))
	require.NoError(t, os.Rename(path+".new", path))
	look()
	time.Sleep(20 * time.Millisecond) // a tick of the file system's clock, which nothing can be waited for on
	require.NoError(t, os.WriteFile(path, []byte("id\n3\n"), 0o600))
	require.NoError(t, os.Chtimes(path, info.ModTime(), info.ModTime()))
	look()
}

// FuzzEntries: whatever the bytes, reading ends, every row has only columns of the header, and texts are texts.
func FuzzEntries(f *testing.F) {
	for _, seed := range []string{"id,mail\n1,a\n", "id;a\r1;2\r", "\xff\xfei\x00d\x00", "\"a\nb\",c\n\"x", "sep=;\nid\n", "id\n\x1a", "a,a\n", "id,\n1\n\r\r\n2,3,4\n", "\xef\xbb\xbfid\n\xed\xa0\x80\n"} {
		for _, separator := range []string{",", "auto"} {
			for _, encoding := range []string{"utf-8", "utf-16", "windows-1252"} {
				f.Add([]byte(seed), separator, encoding, 0)
			}
		}
	}
	f.Add([]byte("x\r\ny\rid\n1"), "auto", "utf-8", 2)
	f.Fuzz(func(t *testing.T, content []byte, separator, encoding string, skip int) {
		c, _ := func() (*csv.Conn, string) {
			dir := t.TempDir()
			require.NoError(t, os.WriteFile(filepath.Join(dir, "t.csv"), content, 0o600))
			c, err := csv.Package{}.Open(t.Context(), fulfil.Settings{DataDir: dir, Values: map[string]string{"path": ".", "separator": separator, "encoding": encoding, "numberOfLinesToSkip": fmt.Sprint(skip)}})
			if err != nil {
				t.Skip()
			}
			return c.Connector.(*csv.Conn), dir
		}()
		tables, err := c.Schema(t.Context())
		require.NoError(t, err)
		known := map[string]bool{}
		for _, name := range tables[0].Columns {
			require.True(t, utf8.ValidString(name))
			known[name] = true
		}
		line := 0
		for e, err := range c.Export(t.Context(), "t") {
			if err != nil {
				require.NotNil(t, errs.As(err), "%v", err)
				return
			}
			require.GreaterOrEqual(t, e.Line, line)
			line = e.Line
			for name, v := range e.Row {
				value := fulfil.TextOf(v)
				require.True(t, known[name])
				require.True(t, utf8.ValidString(value) && !strings.Contains(value, "\x00"))
			}
			if e.Fault != nil {
				require.NotEmpty(t, e.Fault.Why)
			}
		}
	})
}

func TestAllowedRoot(t *testing.T) {
	t.Parallel()
	drop := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(drop, "hr.csv"), []byte("id\n7\n"), 0o600))
	c, err := csv.Package{Roots: []string{drop}}.Open(t.Context(), fulfil.Settings{Values: map[string]string{"path": filepath.Join(drop, "hr.csv")}, DataDir: t.TempDir()})
	require.NoError(t, err)
	rows, err := read(t, c.Exporter, "hr")
	require.NoError(t, err)
	require.Equal(t, []fulfil.Row{{"id": "7"}}, rows)
}

func TestMissingFileIsUnavailable(t *testing.T) {
	t.Parallel()
	c, _ := mustOpen(t, nil, map[string]string{"path": "later.csv"})
	require.True(t, errs.Is(c.Check(t.Context()), errs.Unavailable))
	_, err := c.Token(t.Context())
	require.True(t, errs.Is(err, errs.Unavailable))
}

func TestChangeWhileReading(t *testing.T) {
	t.Parallel()
	var big bytes.Buffer
	big.WriteString("id,name\n")
	for i := range 50_000 {
		fmt.Fprintf(&big, "%d,%s\n", i, strings.Repeat("x", 20))
	}
	for name, change := range map[string]func(t *testing.T, path string){
		"Appended": func(t *testing.T, path string) {
			f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
			require.NoError(t, err)
			_, err = f.WriteString("99999,late\n")
			require.NoError(t, err)
			require.NoError(t, f.Close())
		},
		"Cut": func(t *testing.T, path string) { require.NoError(t, os.Truncate(path, 600_000)) },
		"Replaced": func(t *testing.T, path string) {
			info, err := os.Stat(path)
			require.NoError(t, err)
			require.NoError(t, os.WriteFile(path+".new", big.Bytes(), 0o600))
			require.NoError(t, os.Chtimes(path+".new", info.ModTime(), info.ModTime()))
			require.NoError(t, os.Rename(path+".new", path))
		},
		"Removed": func(t *testing.T, path string) { require.NoError(t, os.Remove(path)) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, dir := mustOpen(t, map[string]string{"hr.csv": big.String()}, nil)
			n := 0
			var failed error
			for _, err := range fulfil.Rows(c.Export(t.Context(), "hr")) {
				if n == 10 {
					change(t, filepath.Join(dir, "hr.csv"))
				}
				n++
				failed = err
			}
			require.True(t, errs.Is(failed, errs.Unavailable), "after %d rows got %v", n, failed)
		})
	}
}

func TestTokenFollowsTheFiles(t *testing.T) {
	t.Parallel()
	c, dir := mustOpen(t, map[string]string{"a.csv": "id\n"}, nil)
	token := func() string {
		s, err := c.Token(t.Context())
		require.NoError(t, err)
		return s
	}
	first := token()
	require.Equal(t, first, token())
	require.NoError(t, os.Chtimes(filepath.Join(dir, "a.csv"), time.Time{}, time.Now().Add(time.Nanosecond*1000)))
	second := token()
	require.NotEqual(t, first, second)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "b.csv"), []byte("id\n"), 0o600))
	require.NotEqual(t, second, token())
}

func TestSettleSeconds(t *testing.T) {
	t.Parallel()
	c, dir := mustOpen(t, map[string]string{"a.csv": "id\n1\n"}, map[string]string{"settleSeconds": "60"})
	_, err := read(t, c, "a")
	require.True(t, errs.Is(err, errs.Unavailable), "got %v", err)
	require.NoError(t, os.Chtimes(filepath.Join(dir, "a.csv"), time.Time{}, time.Now().Add(-2*time.Minute)))
	rows, err := read(t, c, "a")
	require.NoError(t, err)
	require.Len(t, rows, 1)
}

func TestTakerMayStop(t *testing.T) {
	t.Parallel()
	c, _ := mustOpen(t, map[string]string{"a.csv": "id\n1\n2\n3\n"}, nil)
	n := 0
	for _, err := range fulfil.Rows(c.Export(t.Context(), "a")) {
		require.NoError(t, err)
		n++
		break
	}
	require.Equal(t, 1, n)
}

func BenchmarkExport(b *testing.B) {
	dir := b.TempDir()
	var big bytes.Buffer
	big.WriteString("id,name,mail,site,unit\n")
	for i := range 100_000 {
		fmt.Fprintf(&big, "%d,Petra Lang,petra.lang%d@example.org,Bern,Sales\n", i, i)
	}
	require.NoError(b, os.WriteFile(filepath.Join(dir, "hr.csv"), big.Bytes(), 0o600))
	c, err := csv.Package{}.Open(b.Context(), fulfil.Settings{Values: map[string]string{"path": "hr.csv"}, DataDir: dir})
	require.NoError(b, err)
	for b.Loop() {
		n := 0
		for _, err := range fulfil.Rows(c.Exporter.Export(b.Context(), "hr")) {
			require.NoError(b, err)
			n++
		}
		require.Equal(b, 100_000, n)
	}
}

func TestConformance(t *testing.T) {
	t.Parallel()
	fulfiltest.Suite(t, fulfiltest.Subject{
		Table: "account", KeyColumn: "login", Value: "name", Unique: "mail", Links: "groups", Groups: []string{"crm", "mail", "wiki"}, ReadsOnly: true,
		Setup: func(t *testing.T) fulfiltest.Target {
			c, dir := mustOpen(t, map[string]string{"account.csv": "login,name,mail,groups\n"}, nil)
			path := filepath.Join(dir, "account.csv")
			all := map[string]fulfil.Row{}
			return fulfiltest.Target{
				Connector: &fulfil.Opened{Connector: c, Exporter: c, Watcher: c},
				Put: func(t *testing.T, rows ...fulfil.Row) {
					for _, row := range rows {
						groups := slices.Clone(fulfil.ListOf(row["groups"]))
						slices.Sort(groups) // whoever writes a file sorts; the connector reads what is written
						row["groups"] = strings.Join(groups, "\n")
						all[fulfil.TextOf(row["login"])] = row
					}
					var b bytes.Buffer
					w := stdcsv.NewWriter(&b)
					require.NoError(t, w.Write([]string{"login", "name", "mail", "groups"}))
					for _, row := range all {
						require.NoError(t, w.Write([]string{fulfil.TextOf(row["login"]), fulfil.TextOf(row["name"]), fulfil.TextOf(row["mail"]), fulfil.TextOf(row["groups"])}))
					}
					w.Flush()
					require.NoError(t, os.WriteFile(path+".new", b.Bytes(), 0o600))
					require.NoError(t, os.Rename(path+".new", path))
				},
				Break: func(t *testing.T) { require.NoError(t, os.RemoveAll(dir)) },
			}
		},
	})
}

// A folder that is a link, a link in the middle of a path, and a pipe lead nowhere.
func TestNothingElseIsOpened(t *testing.T) {
	t.Parallel()
	outside := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(outside, "secret.key"), []byte("c2VjcmV0LWNhbmFyeQ==\n"), 0o600))
	dir := t.TempDir()
	require.NoError(t, os.MkdirAll(filepath.Join(dir, "in"), 0o700))
	require.NoError(t, os.Symlink(outside, filepath.Join(dir, "in", "out")))
	require.NoError(t, os.Symlink(filepath.Join(outside, "secret.key"), filepath.Join(dir, "in", "key.csv")))
	require.NoError(t, syscall.Mkfifo(filepath.Join(dir, "in", "pipe"), 0o600))
	for _, path := range []string{"in/out", "in/out/secret.key", "in/key.csv", "in/pipe", "in/out/../secret.key"} {
		c, err := csv.Package{}.Open(t.Context(), fulfil.Settings{Values: map[string]string{"path": path}, DataDir: dir})
		require.NoError(t, err, path)
		err = c.Check(t.Context())
		require.Error(t, err, path)
		require.NotContains(t, err.Error(), "canary", path)
		require.NotContains(t, err.Error(), "c2VjcmV0", path)
	}
	for _, path := range []string{"../secret.key", "in/../../x", filepath.Join(outside, "secret.key"), "/"} {
		_, err := csv.Package{}.Open(t.Context(), fulfil.Settings{Values: map[string]string{"path": path}, DataDir: dir})
		require.True(t, errs.Is(err, errs.Validation), path)
	}
}

// TestStamps: a file is known by what is in it, however often it is saved or replaced by its like, and by nothing else.
func TestStamps(t *testing.T) {
	t.Parallel()
	c, dir := mustOpen(t, map[string]string{"hr.csv": "id\n1\n", "other.csv": "id\n1\n"}, nil)
	path := filepath.Join(dir, "hr.csv")
	info, err := os.Stat(path)
	require.NoError(t, err)
	stamps := func() map[string]string {
		t.Helper()
		s, err := c.Stamps(t.Context())
		require.NoError(t, err)
		return s
	}
	put := func(content string) {
		t.Helper()
		require.NoError(t, os.WriteFile(path, []byte(content), 0o600)) // in place: the same file
		require.NoError(t, os.Chtimes(path, info.ModTime(), info.ModTime()))
	}
	first := stamps()
	require.Len(t, first, 2)
	require.Equal(t, first["hr"], first["other"])
	for i := range 20 { // within one tick of the file system's clock, too
		put(fmt.Sprintf("id\n%d\n", i%2+2))
		now := stamps()
		require.NotEqual(t, first["hr"], now["hr"])
		require.Equal(t, first["other"], now["other"])
		put("id\n1\n")
		require.Equal(t, first, stamps())
	}
	require.NoError(t, os.WriteFile(path+".new", []byte("id\n2\n"), 0o600))
	require.NoError(t, os.Chtimes(path+".new", info.ModTime(), info.ModTime()))
	require.NoError(t, os.Rename(path+".new", path))
	require.NotEqual(t, first, stamps())
	require.NoError(t, os.Symlink("nowhere", filepath.Join(dir, "gone.csv")))
	require.NotContains(t, stamps(), "gone")
	require.Len(t, stamps(), 2)
}

// TestHostileFolder: whatever else lies in the folder of a connection, the files that are data are read, nothing outside is, and nobody waits.
func TestHostileFolder(t *testing.T) {
	t.Parallel()
	base := t.TempDir()
	dir, outside := filepath.Join(base, "in"), filepath.Join(base, "out")
	for _, d := range []string{dir, outside, filepath.Join(dir, "folder.csv")} {
		require.NoError(t, os.MkdirAll(d, 0o700))
	}
	secret := filepath.Join(outside, "secret.csv")
	require.NoError(t, os.WriteFile(secret, []byte("id\ncanary\n"), 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "a.csv"), []byte("id\n7\n"), 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "twice.csv"), []byte("id\n8\n"), 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "bad\xff\xfename.csv"), []byte("id\n9\n"), 0o600))
	require.NoError(t, os.Link(filepath.Join(dir, "twice.csv"), filepath.Join(dir, "twice-too.csv")))
	require.NoError(t, os.Link(secret, filepath.Join(dir, "hard.csv")))
	require.NoError(t, os.Symlink("../out/secret.csv", filepath.Join(dir, "soft.csv")))
	require.NoError(t, os.Symlink("/proc/self/environ", filepath.Join(dir, "environ.csv")))
	require.NoError(t, os.Symlink("pipe.csv", filepath.Join(dir, "to-pipe.csv")))
	require.NoError(t, syscall.Mkfifo(filepath.Join(dir, "pipe.csv"), 0o600))
	_ = syscall.Mknod(filepath.Join(dir, "zero.csv"), syscall.S_IFCHR|0o600, 1<<8|5) // only root may
	socket, err := net.Listen("unix", filepath.Join(dir, "socket.csv"))
	require.NoError(t, err)
	defer socket.Close()

	o, err := csv.Package{}.Open(t.Context(), fulfil.Settings{Values: map[string]string{"path": "."}, DataDir: dir})
	require.NoError(t, err)
	require.NoError(t, o.Check(t.Context()))
	tables, err := o.Exporter.Schema(t.Context())
	require.NoError(t, err)
	for _, table := range tables {
		require.True(t, utf8.ValidString(table.Name))
		rows, err := read(t, o.Exporter.(*csv.Conn), table.Name)
		switch table.Name {
		case "a", "bad\uFFFDname":
			require.NoError(t, err)
			require.Len(t, rows, 1)
		default:
			require.Error(t, err, table.Name)
			require.True(t, utf8.ValidString(err.Error()))
			require.NotContains(t, err.Error(), "canary")
			require.Empty(t, table.Columns, table.Name)
		}
	}
	for _, name := range []string{"pipe", "to-pipe", "zero", "socket", "folder", "none"} {
		_, err := read(t, o.Exporter.(*csv.Conn), name)
		require.True(t, errs.Is(err, errs.NotFound), "%s: %v", name, err)
		require.True(t, utf8.ValidString(err.Error()))
	}
	for _, path := range []string{"pipe.csv", "hard.csv", "socket.csv", "zero.csv", "to-pipe.csv"} {
		o, err := csv.Package{}.Open(t.Context(), fulfil.Settings{Values: map[string]string{"path": path}, DataDir: dir})
		require.NoError(t, err)
		require.Error(t, o.Check(t.Context()), path)
	}
}

// TestSwappedWhileRead: a file that becomes a link, a pipe or another name of a foreign file between look and use gives none of it, and no wait.
func TestSwappedWhileRead(t *testing.T) {
	t.Parallel()
	base := t.TempDir()
	dir, outside := filepath.Join(base, "in"), filepath.Join(base, "out")
	for _, d := range []string{dir, outside} {
		require.NoError(t, os.MkdirAll(d, 0o700))
	}
	secret, file := filepath.Join(outside, "secret.csv"), filepath.Join(dir, "a.csv")
	require.NoError(t, os.WriteFile(secret, []byte("id\ncanary\n"), 0o600))
	swaps := []func(next string) error{
		func(next string) error { return os.WriteFile(next, []byte("id\n7\n"), 0o600) },
		func(next string) error { return os.Symlink(secret, next) },
		func(next string) error { return os.Link(secret, next) },
		func(next string) error { return syscall.Mkfifo(next, 0o600) },
		func(next string) error { return os.Symlink("/dev/zero", next) },
	}
	require.NoError(t, swaps[0](file))
	stop, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		for i := 0; ; i++ {
			select {
			case <-stop:
				return
			default:
			}
			next := filepath.Join(base, "next")
			if swaps[i%2*(i/2%len(swaps))](next) == nil {
				_ = os.Rename(next, file)
			}
			_ = os.Remove(next)
		}
	}()
	o, err := csv.Package{}.Open(t.Context(), fulfil.Settings{Values: map[string]string{"path": "."}, DataDir: dir})
	require.NoError(t, err)
	good := 0
	for began := time.Now(); time.Since(began) < 2*time.Second; {
		rows, err := read(t, o.Exporter.(*csv.Conn), "a")
		for _, r := range rows {
			require.Equal(t, "7", r["id"])
		}
		if err == nil {
			good++
		} else {
			require.NotContains(t, err.Error(), "canary")
		}
		_, _ = o.Exporter.Schema(t.Context())
		_, _ = o.Exporter.(*csv.Conn).Stamps(t.Context())
	}
	close(stop)
	<-ended
	require.Positive(t, good)
}
