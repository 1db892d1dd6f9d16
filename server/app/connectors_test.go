package app

import (
	"encoding/json"
	"flag"
	"os"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/stretchr/testify/require"

	"writ/server/clock"
	"writ/server/dbtest"
	"writ/server/fulfil"
	"writ/server/system"
)

var update = flag.Bool("update", false, "write the examples anew")

// TestConnectorsShowTheirSettings: every connector has a schema and an example that can be used, and the file of examples is that of the code.
func TestConnectorsShowTheirSettings(t *testing.T) {
	t.Parallel()
	ring, err := fulfil.ParseKeyring(fulfil.NewKey(), "")
	require.NoError(t, err)
	known := packages(true, nil, t.TempDir())
	systems := system.New(system.Options{DB: dbtest.MustOpen(t), Clock: clock.New(), Packages: known, Keyring: ring, FilesDir: t.TempDir(), Activated: (&App{}).activated})
	var all strings.Builder
	all.WriteString("# Connections of every kind, with every setting: written by `go test ./server/app -run Settings -update`.\n")
	for _, c := range known.Capabilities() {
		require.True(t, json.Valid(c.Settings), c.Identifier)
		var list []struct {
			Package           string
			Settings, Secrets map[string]any
		}
		require.NoError(t, yaml.Unmarshal([]byte(c.Example), &list), c.Example)
		require.Len(t, list, 1)
		require.Equal(t, c.Identifier, list[0].Package)
		require.NoError(t, systems.CheckSettings(t.Context(), c.Identifier, texts(list[0].Settings), texts(list[0].Secrets)), c.Example)
		if c.Identifier != "fake" { // for tests only
			all.WriteString("\n# " + c.DisplayName + "\n" + c.Example)
		}
	}
	const file = "../fulfil/examples.yaml"
	if *update {
		require.NoError(t, os.WriteFile(file, []byte(all.String()), 0o644))
	}
	have, err := os.ReadFile(file)
	require.NoError(t, err)
	require.Equal(t, all.String(), string(have), "run it with -update")
}

func texts(m map[string]any) map[string]string {
	out := map[string]string{}
	for k, v := range m {
		out[k] = fulfil.TextOf(v)
	}
	return out
}
