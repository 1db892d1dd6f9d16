package main_test

import (
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// top is the folder of the whole project.
const top = ".."

// goPackage is what `go list` says of a folder.
type goPackage struct {
	ImportPath string
	Imports    []string // of the product, not of its tests
}

func mustList(t *testing.T) []goPackage {
	t.Helper()
	cmd := exec.Command("go", "list", "-e", "-json=ImportPath,Imports", "./server/...", "./graph/...", "./frontend", "./migrations")
	cmd.Dir = top
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	require.NoError(t, err, stderr.String())
	var all []goPackage
	for d := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p goPackage
		err := d.Decode(&p)
		if errors.Is(err, io.EOF) {
			break
		}
		require.NoError(t, err)
		all = append(all, p)
	}
	require.NotEmpty(t, all)
	return all
}

// ours gives the folder of one of our packages, "" for others.
func ours(importPath string) string {
	folder, ok := strings.CutPrefix(importPath, "writ/")
	if !ok {
		return ""
	}
	return folder
}

// mustStack gives each folder its place in scripts/imports.txt. A line with a * stands for all folders of that form which have no line of their
// own: they share a place, so that none imports another.
func mustStack(t *testing.T) map[string]int {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(top, "scripts", "imports.txt"))
	require.NoError(t, err)
	lines, place := strings.Fields(string(raw)), map[string]int{}
	for i, folder := range lines {
		require.NotContains(t, place, folder, "scripts/imports.txt names %s twice", folder)
		place[folder] = i
	}
	for i, form := range lines {
		if !strings.Contains(form, "*") {
			continue
		}
		found, err := filepath.Glob(filepath.Join(top, form))
		require.NoError(t, err)
		require.NotEmpty(t, found, "scripts/imports.txt: nothing is called %s", form)
		delete(place, form)
		for _, path := range found {
			folder, err := filepath.Rel(top, path)
			require.NoError(t, err)
			if _, own := place[filepath.ToSlash(folder)]; !own {
				place[filepath.ToSlash(folder)] = i
			}
		}
	}
	return place
}

// TestImportsFollowTheStack: scripts/imports.txt is the stack; a folder imports only what stands before it.
func TestImportsFollowTheStack(t *testing.T) {
	t.Parallel()
	place := mustStack(t)
	// Two folders hold no Go code to order: the embedded files of others.
	outside := []string{"migrations", "frontend", "server"}
	for _, p := range mustList(t) {
		folder := ours(p.ImportPath)
		if slices.Contains(outside, folder) {
			continue
		}
		here, known := place[folder]
		if !known {
			t.Errorf("%s is not in scripts/imports.txt: add it below everything it imports and above everything that imports it", folder)
			continue
		}
		for _, imported := range p.Imports {
			below := ours(imported)
			at, known := place[below]
			if known && at >= here {
				t.Errorf("%s imports %s, which stands after it in scripts/imports.txt.\nPublish an event that %s reads, or take a function that server/app fills in.", folder, below, below)
			}
		}
	}
}

// TestHelpersStayInTests: what only tests need is not in the product.
func TestHelpersStayInTests(t *testing.T) {
	t.Parallel()
	helpers := regexp.MustCompile(`^server/(dbtest|apptest|machine/machinetest|fulfil/fulfiltest)(/|$)`)
	for _, p := range mustList(t) {
		folder := ours(p.ImportPath)
		if helpers.MatchString(folder) {
			continue
		}
		for _, imported := range p.Imports {
			if helpers.MatchString(ours(imported)) || imported == "testing" || strings.HasPrefix(imported, "github.com/stretchr/testify") {
				t.Errorf("%s imports %s outside of its tests: move the use into a _test.go file, or what the product needs out of the helper", folder, imported)
			}
		}
	}
}

// machines are the tables with a state machine and the folder that owns it. There, state.go holds the table of moves and
// Apply; where that is too much for one file, Apply is in apply.go. Long statements may lie in sql/, embedded by these alone.
var machines = map[string]string{
	"order_line":         "server/order",
	"provisioning_order": "server/order",
	"job_instance":       "server/job",
	"task_instance":      "server/job",
	"webhook_delivery":   "server/webhook",
	"delivery":           "server/synchronization",
	"mail":               "server/notification",
}

var writers = []string{"state.go", "apply.go"}

var (
	updateOf  = regexp.MustCompile(`(?i)\bupdate\s+"?([a-z_]+)"?`)
	endOfSet  = regexp.MustCompile("(?i)\\bwhere\\b|\\breturning\\b|;|`")
	setsState = regexp.MustCompile(`(?i)(^|[\s,(])state\s*=`)
	bunSets   = regexp.MustCompile(`\.Set\("(?:\w+\.)?state\s*=`)
)

// TestOnlyStateFilesWriteStates reads the sources: an update of a state column elsewhere goes around Apply, and with it
// around history, event and follow-up.
func TestOnlyStateFilesWriteStates(t *testing.T) {
	t.Parallel()
	eachSource(t, func(path, text string) {
		for _, at := range updateOf.FindAllStringSubmatchIndex(text, -1) {
			table := strings.ToLower(text[at[2]:at[3]])
			folder, watched := machines[table]
			if watched && setsState.MatchString(setClause(text[at[1]:])) && !mayWrite(t, path, folder) {
				t.Errorf("%s updates the state of %s: only %s/state.go may; call its Apply", path, table, folder)
			}
		}
		for _, folder := range machines {
			if filepath.Dir(path) == folder && bunSets.MatchString(text) && !mayWrite(t, path, folder) {
				t.Errorf("%s sets a state: only %s/state.go may; call its Apply", path, folder)
			}
		}
	})
}

// setClause gives what an update writes: everything up to its condition.
func setClause(text string) string {
	if end := endOfSet.FindStringIndex(text); end != nil {
		return text[:end[0]]
	}
	return text
}

func TestStateSearchFindsWrites(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		"update order_line set state = 5 where id = 1":                        true,
		"UPDATE order_line l\n  SET decided_at = now(), state = 5 WHERE":      true,
		"update order_line set decided_at = now() where state = 5":            false,
		"update order_line set previous_state = 4 where id = 1":               false,
		"update order_line set n = 1 returning id;\nselect where state = 'x'": false,
	} {
		at := updateOf.FindStringSubmatchIndex(text)
		require.NotNil(t, at, text)
		require.Equal(t, want, setsState.MatchString(setClause(text[at[1]:])), text)
	}
}

// mayWrite reports whether a source is one of the folder's writers, or a statement that only they embed.
func mayWrite(t *testing.T, path, folder string) bool {
	t.Helper()
	if filepath.Dir(path) == folder {
		return slices.Contains(writers, filepath.Base(path))
	}
	if filepath.Dir(path) != folder+"/sql" {
		return false
	}
	files, err := filepath.Glob(filepath.Join(top, folder, "*.go"))
	require.NoError(t, err)
	embedded := false
	for _, file := range files {
		raw, err := os.ReadFile(file)
		require.NoError(t, err)
		if !strings.Contains(string(raw), "//go:embed sql/"+filepath.Base(path)+"\n") {
			continue
		}
		if !slices.Contains(writers, filepath.Base(file)) {
			return false
		}
		embedded = true
	}
	return embedded
}

// eachSource walks our Go and SQL sources without tests and generated files.
func eachSource(t *testing.T, fn func(path, text string)) {
	t.Helper()
	read := func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (d.Name() == "testdata" || d.Name() == "generated") {
			return filepath.SkipDir
		}
		ending := filepath.Ext(path)
		if d.IsDir() || strings.HasSuffix(path, "_test.go") || (ending != ".go" && ending != ".sql") {
			return nil
		}
		raw, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(top, path)
		fn(filepath.ToSlash(rel), string(raw))
		return err
	}
	for _, folder := range []string{"server", "graph"} {
		require.NoError(t, filepath.WalkDir(filepath.Join(top, folder), read))
	}
}

// TestUnboundIsEmpty: every GraphQL type has a Go type of a room. What gqlgen could not bind ends in graph/unbound.
func TestUnboundIsEmpty(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile(filepath.Join(top, "graph", "unbound", "models_gen.go"))
	if errors.Is(err, os.ErrNotExist) {
		return
	}
	require.NoError(t, err)
	var homeless []string
	for line := range strings.SplitSeq(string(raw), "\n") {
		if rest, ok := strings.CutPrefix(line, "type "); ok {
			if name := strings.Fields(rest)[0]; name != "Query" && name != "Mutation" && name != "Subscription" { // the roots have no home
				homeless = append(homeless, name)
			}
		}
	}
	require.Empty(t, homeless, "give each type a home in the room it belongs to, under the name of the schema")
}

// TestTextsLeadSomewhere: what README.md and CONTRIBUTING.md link to is there, and so is the Go name that stands beside a file in the table of files.
func TestTextsLeadSomewhere(t *testing.T) {
	for _, text := range []string{"README.md", "CONTRIBUTING.md"} {
		raw, err := os.ReadFile(filepath.Join(top, text))
		require.NoError(t, err)
		for line := range strings.Lines(string(raw)) {
			for _, wrong := range leadsNowhere(line) {
				t.Errorf("%s: %s, in: %s", text, wrong, strings.TrimSpace(line))
			}
		}
	}
}

var (
	linkText   = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	goNameText = regexp.MustCompile("`([A-Z][A-Za-z]+)`")
	codeText   = regexp.MustCompile("\\[`([^`]+)`\\]\\(([^)\\s]+)\\)")
)

// leadsNowhere tells what a line refers to and is not there.
func leadsNowhere(line string) (wrong []string) {
	var sources strings.Builder
	for _, link := range linkText.FindAllStringSubmatch(line, -1) {
		path, _, _ := strings.Cut(link[1], "#")
		if path == "" || strings.Contains(path, "://") {
			continue
		}
		info, err := os.Stat(filepath.Join(top, path))
		if err != nil {
			wrong = append(wrong, path+" is not there")
			continue
		}
		if strings.HasSuffix(path, ".go") && !info.IsDir() {
			source, _ := os.ReadFile(filepath.Join(top, path))
			sources.Write(source)
		}
	}
	for _, shown := range codeText.FindAllStringSubmatch(line, -1) {
		if !strings.HasSuffix(strings.TrimSuffix(shown[2], "/"), strings.TrimSuffix(shown[1], "/")) {
			wrong = append(wrong, shown[1]+" leads to "+shown[2])
		}
	}
	if sources.Len() == 0 {
		return wrong
	}
	for _, name := range goNameText.FindAllStringSubmatch(line, -1) {
		if !regexp.MustCompile(`(?m)^(func|type|const|var) (\([^)]*\) )?` + name[1] + `\b`).MatchString(sources.String()) {
			wrong = append(wrong, "none of the files declares "+name[1])
		}
	}
	return wrong
}

func TestTextSearchFindsMistakes(t *testing.T) {
	for _, line := range []string{"| a | [`server/no.go`](server/no.go) |", "[x](server/none/)", "| b | [`server/permit/tree.go`](server/permit/permit.go) |",
		"| c | [`server/permit/permit.go`](server/permit/permit.go), `Nonsense` |"} {
		require.Len(t, leadsNowhere(line), 1+strings.Count(line, "no.go")/3, line)
	}
	require.Empty(t, leadsNowhere("| d | [`server/permit/permit.go`](server/permit/permit.go), `Require` and [`web`](https://example.org/web) |"))
}

// TestPartsKnowWhoActs: bun's Tx.RunInTx gives its function the context with which the transaction was begun, so that whoever acts since then is not known in it.
func TestPartsKnowWhoActs(t *testing.T) {
	t.Parallel()
	eachSource(t, func(path, text string) {
		if strings.Contains(text, ".RunInTx(") && !strings.HasPrefix(path, "server/db/") && !strings.HasSuffix(path, "_test.go") {
			t.Errorf("%s calls RunInTx: begin a transaction with db.InTx, and a part of one with db.Inside", path)
		}
	})
}
