package app

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"writ/server/manifest"
	"writ/server/order"
)

// programmed is the small company whose managed system is a folder of people, kept by one of the example programs.
type programmed struct {
	*small
	folder, programs string
	name             string
}

// before is what a program does before the example is run: it keeps a log of what it was asked for, and loses the answers when it is told to.
const before = `#!/bin/sh
[ "$WRIT_VERB" = describe ] || echo "$WRIT_VERB" >>"$WRIT_OPTION_DIRECTORY/log"
[ "$WRIT_VERB" = apply ] && [ -e "$WRIT_OPTION_DIRECTORY/lose" ] && { rm "$WRIT_OPTION_DIRECTORY/lose"; "${0%/*}/example" "$@" >/dev/null; exit 1; }
exec "${0%/*}/example" "$@"
`

func mustProgrammed(t *testing.T, name, settings string) *programmed {
	t.Helper()
	if _, err := os.Stat("/usr/bin/python3"); strings.HasSuffix(name, ".py") && err != nil {
		t.Skip("there is no /usr/bin/python3")
	}
	base := t.TempDir()
	p := &programmed{folder: filepath.Join(base, "people"), programs: filepath.Join(base, "programs"), name: name}
	example, err := os.ReadFile("../../examples/exec/" + name)
	require.NoError(t, err)
	require.NoError(t, os.MkdirAll(filepath.Join(p.folder, "grp"), 0o755))
	require.NoError(t, os.Mkdir(p.programs, 0o755))
	require.NoError(t, os.WriteFile(filepath.Join(p.programs, "people"), []byte(before), 0o755))
	require.NoError(t, os.WriteFile(filepath.Join(p.programs, "example"), example, 0o755))
	lines := ""
	for _, group := range []string{"staff", "press"} {
		row := fmt.Sprintf(`{"name":%q}`, group) + "\n"
		lines += row
		sum := sha256.Sum256([]byte(group))
		require.NoError(t, os.WriteFile(filepath.Join(p.folder, "grp", hex.EncodeToString(sum[:])+".json"), []byte(row), 0o644))
	}
	require.NoError(t, os.WriteFile(filepath.Join(p.folder, "grp.jsonl"), []byte(lines), 0o644))
	p.small = mustSmall(t, smallOptions{removeOrphans: true, programs: p.programs, edit: strings.NewReplacer(
		"package: postgres", "package: exec",
		`settings: { schema: public, link.Groups: "account_group(login,grp)" }`, `settings: { program: people, option.directory: "`+p.folder+`"`+settings+` }`,
		"secrets: { connectionString:", "secrets: { token: secret } #", "column: Groups", "column: groups",
	)})
	return p
}

// kept lists what the program keeps, read past it.
func (p *programmed) kept() []string {
	p.t.Helper()
	var rows []string
	if strings.HasSuffix(p.name, ".py") {
		files, err := filepath.Glob(filepath.Join(p.folder, "account", "*.json"))
		require.NoError(p.t, err)
		for _, file := range files {
			raw, err := os.ReadFile(file)
			require.NoError(p.t, err)
			rows = append(rows, string(raw))
		}
	} else {
		raw, _ := os.ReadFile(filepath.Join(p.folder, "account.jsonl"))
		rows = strings.Split(strings.TrimSpace(string(raw)), "\n")
	}
	list := []string{}
	for _, raw := range rows {
		if raw == "" {
			continue
		}
		var a struct {
			Login, Emp, Name string
			Dept             *string
			Groups           []string
		}
		require.NoError(p.t, json.Unmarshal([]byte(raw), &a))
		dept := "-"
		if a.Dept != nil {
			dept = *a.Dept
		}
		list = append(list, strings.Join([]string{a.Login, a.Emp, a.Name, dept, strings.Join(a.Groups, "+")}, " "))
	}
	slices.Sort(list)
	return list
}

// asked is how often the program was asked for a verb.
func (p *programmed) asked(verb string) int {
	raw, _ := os.ReadFile(filepath.Join(p.folder, "log"))
	return strings.Count(string(raw), verb+"\n")
}

// TestExecFromHire: a person of the HR file gets an account with its group by a program, changes, is renamed and leaves.
func TestExecFromHire(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"people.py", "people.sh"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := mustProgrammed(t, name, ", readBack: true")
			p.people("1,E1,Petra,Lang,plang,IT", "2,E2,O'Neil,\"Wi\"\"nter$(id)\",owinter,HR")
			p.around()
			require.Equal(t, []string{`owinter e2 O'Neil Wi"nter$(id) HR staff`, "plang e1 Petra Lang IT staff"}, p.kept())
			p.settled()

			p.people("1,E1,Petra,Winter,pwinter,PR", "2,E2,O'Neil,\"Wi\"\"nter$(id)\",owinter,")
			p.around()
			require.Equal(t, []string{`owinter e2 O'Neil Wi"nter$(id) - staff`, "pwinter e1 Petra Winter PR staff"}, p.kept())
			p.settled()

			p.people("2,E2,O'Neil,\"Wi\"\"nter$(id)\",owinter,")
			p.around()
			require.Equal(t, []string{`owinter e2 O'Neil Wi"nter$(id) - staff`}, p.kept())
			p.settled()
		})
	}
}

// TestExecLostAnswer: what was made without an answer is found by a program that can look, and is a question to a person otherwise: it is not sent again
// by itself, and over when the system is read.
func TestExecLostAnswer(t *testing.T) {
	t.Parallel()
	for name, looks := range map[string]bool{"Looks": true, "CannotLook": false, "TimedOut": false, "Unblocked": false} {
		validity := map[string]int{"TimedOut": 1}[name]
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := mustProgrammed(t, "people.sh", map[bool]string{true: ", readBack: true"}[looks])
			require.NoError(t, os.WriteFile(filepath.Join(p.folder, "lose"), nil, 0o644))
			// what may be sent again by itself is not what is in doubt
			_, err := p.DB.NewRaw("update resource_type set auto_retry_count = 5, auto_retry_delay_minutes = 1, transmitted_state_validity_period = ?", validity).Exec(p.ctx)
			require.NoError(t, err)
			p.people("1,E1,Petra,Lang,plang,IT")
			p.synchronize("HR")
			p.compute()
			p.send()
			for range 4 {
				p.later(time.Hour)
				p.send() // with what the clock does by itself
			}
			require.Equal(t, []string{"plang e1 Petra Lang IT staff"}, p.kept())
			require.Equal(t, 1, p.asked("apply"), "never sent again")
			if looks {
				require.Positive(t, p.asked("read"))
			} else {
				require.Zero(t, p.asked("read"))
				require.Len(t, p.open(), 1)
				require.Contains(t, p.open()[0], "The answer was lost, and this connection cannot look whether the change was made.")
			}
			if name == "Unblocked" { // a person says so: the program finds it made
				var ids []int64
				require.NoError(t, p.DB.NewRaw("select id from provisioning_order where error_class = 'UNKNOWN'").Scan(p.ctx, &ids))
				_, err := p.Orders.Unblock(p.ctx, order.BulkOrdersInput{OrderIDs: ids})
				require.NoError(t, err)
				p.send()
				require.Equal(t, 2, p.asked("apply"))
				require.Equal(t, []string{"plang e1 Petra Lang IT staff"}, p.kept())
			}
			p.synchronize("Target")
			p.compute()
			p.settled()
		})
	}
}

// TestExecWhichPrograms: whoever may edit connections chooses among the programs of the folder and reaches no other.
func TestExecWhichPrograms(t *testing.T) {
	t.Parallel()
	p := mustProgrammed(t, "people.sh", "")
	file := filepath.Join(p.dir, "config", "all.yaml")
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	for _, program := range []string{"/bin/sh", "../people/x", "../../../../../../../../bin/sh", p.folder + "/log"} {
		require.NoError(t, os.WriteFile(file, []byte(strings.Replace(string(text), "program: people", "program: "+program, 1)), 0o600))
		m, err := manifest.ReadFiles(filepath.Dir(file))
		require.NoError(t, err)
		_, err = p.Manifest.Apply(p.ctx, m)
		require.ErrorContains(t, err, "does not lie in the folder for programs", program)
	}
}
