package exec_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"writ/server/fulfil"
	"writ/server/fulfil/exec"
	"writ/server/fulfil/fulfiltest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const python = "/usr/bin/python3"

// bed is a folder for programs, one of data, and a connection to a program.
type bed struct {
	*fulfil.Opened
	t        testing.TB
	programs string
	data     string
}

// mustProgram is a connection to a program of the text given, called program, whose option.data is a folder.
func mustProgram(t testing.TB, text string, settings map[string]string) *bed {
	t.Helper()
	base := t.TempDir()
	b := &bed{t: t, programs: filepath.Join(base, "programs"), data: filepath.Join(base, "data")}
	require.NoError(t, os.Mkdir(b.programs, 0o755))
	require.NoError(t, os.Mkdir(b.data, 0o755))
	b.install("program", text)
	values := map[string]string{"program": "program", "option.data": b.data, "memoryMegabytes": "0", "limit.callTimeout": "3600"}
	maps.Copy(values, settings)
	o, err := exec.New(b.programs).Open(t.Context(), fulfil.Settings{Values: values})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, o.Close()) })
	b.Opened = o
	return b
}

// install puts a program into the folder, in one step.
func (b *bed) install(name, text string) {
	b.t.Helper()
	path := filepath.Join(b.programs, name)
	require.NoError(b.t, os.WriteFile(path+".new", []byte(text), 0o755))
	require.NoError(b.t, os.Rename(path+".new", path))
}

func (b *bed) read(name string) string {
	content, _ := os.ReadFile(filepath.Join(b.data, name))
	return string(content)
}

func (b *bed) write(name, text string) {
	b.t.Helper()
	require.NoError(b.t, os.WriteFile(filepath.Join(b.data, name), []byte(text), 0o644))
}

// kept is how one of the examples keeps its accounts.
type kept struct {
	put func(t *testing.T, folder string, rows []fulfil.Row)
	all func(t *testing.T, folder string) []map[string]any
}

func encoded(t *testing.T, row fulfil.Row) []byte {
	t.Helper()
	whole := map[string]any{"login": nil, "emp": nil, "name": nil, "mail": nil, "dept": nil, "groups": []string{}}
	for column, value := range row {
		whole[column] = value
	}
	if text, ok := whole["groups"].(string); ok {
		whole["groups"] = []string{text}
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	require.NoError(t, e.Encode(whole))
	return b.Bytes()
}

func decoded(t *testing.T, raw []byte) map[string]any {
	t.Helper()
	var row map[string]any
	require.NoError(t, json.Unmarshal(raw, &row))
	return row
}

// inFiles: one file each.
var inFiles = kept{
	put: func(t *testing.T, folder string, rows []fulfil.Row) {
		at := filepath.Join(folder, "account")
		require.NoError(t, os.MkdirAll(at, 0o755))
		for _, row := range rows {
			name := sha256.Sum256([]byte(fulfil.TextOf(row["login"])))
			require.NoError(t, os.WriteFile(filepath.Join(at, hex.EncodeToString(name[:])+".json"), encoded(t, row), 0o644))
		}
	},
	all: func(t *testing.T, folder string) []map[string]any {
		files, err := filepath.Glob(filepath.Join(folder, "account", "*.json"))
		require.NoError(t, err)
		var rows []map[string]any
		for _, file := range files {
			raw, err := os.ReadFile(file)
			require.NoError(t, err)
			rows = append(rows, decoded(t, raw))
		}
		return rows
	},
}

// inLines: one line each.
var inLines = kept{
	put: func(t *testing.T, folder string, rows []fulfil.Row) {
		var text bytes.Buffer
		have, _ := os.ReadFile(filepath.Join(folder, "account.jsonl"))
		given := map[string]bool{}
		for _, row := range rows {
			given[fulfil.TextOf(row["login"])] = true
			text.Write(encoded(t, row))
		}
		for line := range bytes.Lines(have) {
			if !given[decoded(t, line)["login"].(string)] {
				text.Write(line)
			}
		}
		require.NoError(t, os.WriteFile(filepath.Join(folder, "account.jsonl"), text.Bytes(), 0o644))
	},
	all: func(t *testing.T, folder string) []map[string]any {
		have, _ := os.ReadFile(filepath.Join(folder, "account.jsonl"))
		var rows []map[string]any
		for line := range bytes.Lines(have) {
			rows = append(rows, decoded(t, line))
		}
		return rows
	},
}

// around is what happens to a program in real life, before the example is run.
const around = `#!/bin/sh
mode= message=
{ read -r mode; read -r message; } 2>/dev/null <"$WRIT_OPTION_DATA/mode"
case "$mode $WRIT_VERB" in
'hang apply') cat >/dev/null; sleep 600 ;;
'lose apply') exec "${0%/*}/example" "$@" >/dev/null ;;
'refuse apply') printf '{"change":0,"outcome":"REFUSED","message":"%s"}\n' "$message" ;;
'cut export') "${0%/*}/example" "$@" | head -n 400 ;;
*) exec "${0%/*}/example" "$@" ;;
esac
`

// TestConformance: the examples are connectors like any other.
func TestConformance(t *testing.T) {
	t.Parallel()
	for name, keeps := range map[string]kept{"people.py": inFiles, "people.sh": inLines} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if _, err := os.Stat(python); strings.HasSuffix(name, ".py") && err != nil {
				t.Skip("there is no " + python)
			}
			example, err := os.ReadFile("../../../examples/exec/" + name)
			require.NoError(t, err)
			fulfiltest.Suite(t, fulfiltest.Subject{
				Table: "account", KeyColumn: "login", Value: "name", Unique: "mail", Links: "groups", Groups: []string{"crm", "mail", "wiki"}, Lines: true, Rows: 1000,
				Setup: func(t *testing.T) fulfiltest.Target {
					people := filepath.Join(t.TempDir(), "people")
					require.NoError(t, os.Mkdir(people, 0o755))
					b := mustProgram(t, around, map[string]string{"option.directory": people, "readBack": "true"})
					b.install("example", string(example))
					at := people
					return fulfiltest.Target{
						Connector: b.Opened,
						Put:       func(t *testing.T, rows ...fulfil.Row) { keeps.put(t, at, rows) },
						All: func(t *testing.T) map[string]fulfil.Row {
							rows := map[string]fulfil.Row{}
							for _, whole := range keeps.all(t, at) {
								row := fulfil.Row{}
								for column, value := range whole {
									if list, ok := value.([]any); ok {
										texts := make([]string, len(list))
										for i := range list {
											texts[i] = list[i].(string)
										}
										value = texts
									}
									row[column] = value
								}
								require.NotContains(t, rows, row["login"])
								rows[row["login"].(string)] = row
							}
							return rows
						},
						Break: func(t *testing.T) {
							require.NoError(t, os.Rename(people, people+".gone"))
							at = people + ".gone"
						},
						BreakReads: func(*testing.T) { b.write("mode", "cut\n\n") },
						Refuse:     func(_ *testing.T, message string) { b.write("mode", "refuse\n"+message+"\n") },
						Hang: func(t *testing.T) {
							_, err := b.Exporter.Schema(t.Context()) // so that all of its time is that of the change
							require.NoError(t, err)
							b.write("mode", "hang\n\n")
						},
						LoseAnswers: func(*testing.T) func() {
							b.write("mode", "lose\n\n")
							return func() { b.write("mode", "\n\n") }
						},
					}
				},
			})
		})
	}
}

// TestExamplesKeepEverything: whatever goes into an example comes back as it was, and nothing of it is carried out.
func TestExamplesKeepEverything(t *testing.T) {
	t.Parallel()
	for name := range map[string]kept{"people.py": inFiles, "people.sh": inLines} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if _, err := os.Stat(python); strings.HasSuffix(name, ".py") && err != nil {
				t.Skip("there is no " + python)
			}
			example, err := os.ReadFile("../../../examples/exec/" + name)
			require.NoError(t, err)
			people := t.TempDir()
			b := mustProgram(t, string(example), map[string]string{"option.directory": people, "readBack": "true"})
			texts := []string{
				"$(touch " + b.data + "/hit)", "`touch " + b.data + "/hit`", "'; touch " + b.data + "/hit; '", "\"; touch " + b.data + "/hit; \"", "| touch " + b.data + "/hit", "a\nb", "a\r\nb", "\n", "\x00", "a\x00b",
				"\x1b[2J\x07", "\u2028\u2029", "\u202e\u200b", "\ufffd", "\ufeff", "\U0010ffff", "{\"change\":1,\"outcome\":\"DONE\"}", "]}],", "\\", "\\\\\"", "\\u0000", "-rf /", "../../etc/passwd", "%s%n", "&", "*", "~", "\t", "<>&", "null", "&&", "\\n", "#",
				strings.Repeat("long ü", 30000), "",
			}
			want := map[string]string{}
			for i, text := range texts {
				want[fmt.Sprintf("value %d", i)] = text
				if text != "" && len(text) < 1000 {
					want[text] = text
				}
			}
			all := func(change func(login, text string) fulfil.Change) {
				var wg sync.WaitGroup
				for login, text := range want {
					wg.Go(func() {
						if r := b.Applier.Apply(t.Context(), change(login, text)); r.Outcome != fulfil.Done || r.CreatedKey != "" && r.CreatedKey != login {
							t.Errorf("%q %+v", clip(login), r)
						}
					})
				}
				wg.Wait()
			}
			all(func(login, text string) fulfil.Change {
				return fulfil.Change{Type: fulfil.Added, Table: "account", KeyColumn: "login", Changes: map[string]*string{"login": &login, "name": &text}, ChangesAdded: map[string][]fulfil.Link{"groups": {{Key: text + "x"}}}}
			})
			rows := 0
			for e, err := range b.Exporter.Export(t.Context(), "account") {
				require.NoError(t, err)
				require.Nil(t, e.Fault)
				text, ok := want[e.Row["login"].(string)]
				require.True(t, ok, "%q", e.Row["login"])
				require.Equal(t, text, fulfil.TextOf(e.Row["name"]))
				require.Equal(t, []string{text + "x"}, e.Row["groups"])
				rows++
			}
			require.Equal(t, len(want), rows)
			for _, login := range []string{"\x00", "'; touch " + b.data + "/hit; '", "\\\\\"", "a\nb", "\u2028\u2029"} {
				row, found, err := b.Reader.Read(t.Context(), "account", "login", login)
				require.NoError(t, err)
				require.True(t, found)
				require.Equal(t, login, row["name"])
			}
			all(func(login, _ string) fulfil.Change {
				return fulfil.Change{Type: fulfil.Deleted, Table: "account", KeyColumn: "login", Key: login}
			})
			require.NoFileExists(t, filepath.Join(b.data, "hit"))
		})
	}
}

func clip(s string) string { return s[:min(len(s), 40)] }
