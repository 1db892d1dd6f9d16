package manifest

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"writ/server/errs"
)

// FuzzParse: whatever stands in a file, reading it ends in a manifest or in an expected failure.
func FuzzParse(f *testing.F) {
	files, err := filepath.Glob(filepath.Join(demoConfig, "*.yaml"))
	require.NoError(f, err)
	for _, name := range files {
		raw, err := os.ReadFile(name)
		require.NoError(f, err)
		for part := range strings.SplitSeq(string(raw), "\n  - ") { // small pieces: the fuzzer is quick with those
			f.Add([]byte("jobs:\n  - " + part))
		}
	}
	for _, text := range []string{
		`profiles: !!binary "AAAA"`, "profiles: !!set {a}", "users: [{username: !!int x}]", "jobs: !!binary [a]", "a: &a [*a]", "a: &a {b: *a}", "<<: *x",
		"profiles: !!timestamp 2001-01-01", "profiles: !<tag:yaml.org,2002:binary> QQ==", "profiles: !foo", "profiles: ! x", "? [a]\n: b", "---\n---\n...",
		"users:\n- &u {username: a}\n- <<: *u\n  username: b", "jobs: [{cron: |\n x}]", "\xff\xfe", "a: \"\\x", "- - - -", "{", "'", "%YAML 9.9\n---\n",
		"users: [{username: !!binary \"AA==\", disabled: !!bool 1}]", "connectors: [{connections: [{settings: {a: !!float nan}}]}]",
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, content []byte) {
		if len(content) > 4<<10 {
			return
		}
		m, err := Parse("fuzz.yaml", content)
		if err != nil {
			require.NotNil(t, errs.As(err), "%v", err)
			return
		}
		if err := m.check(); err != nil {
			require.NotNil(t, errs.As(m.located(err)), "%v", err)
			return
		}
		n := m.normalised()
		Compare(&Manifest{}, n)
	})
}
