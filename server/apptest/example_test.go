package apptest_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"writ/server/apptest"
)

// The example clients, in Go and in TypeScript, come in as an API client, say who they are, and list orders: typed by what is made from the schema.
func TestExampleClients(t *testing.T) {
	t.Parallel()
	h := apptest.MustStart(t, apptest.Options{Completed: true})
	var made struct{ CreateClientSecret struct{ Secret string } }
	h.As(t, "admin").MustDo(t, `mutation($i: CreateClientSecretInput!) { createClientSecret(input: $i) { secret } }`,
		apptest.Vars{"i": apptest.Vars{"client": "ticket-bridge", "name": "example", "expiresAt": time.Now().Add(time.Hour).UTC().Format(time.RFC3339)}}, &made)
	root, err := filepath.Abs("../..")
	require.NoError(t, err)
	run := func(dir string, secret string, name string, args ...string) (string, error) {
		cmd := exec.CommandContext(t.Context(), name, args...)
		cmd.Dir = dir
		cmd.Env = append(os.Environ(), "WRIT_URL="+h.Processes[0].URL()+"/", "WRIT_CLIENT_ID=ticket-bridge", "WRIT_CLIENT_SECRET="+secret, "NO_COLOR=1")
		out, err := cmd.CombinedOutput()
		return string(out), err
	}
	check := func(t *testing.T, dir, name string, args ...string) {
		out, err := run(dir, made.CreateClientSecret.Secret, name, args...)
		require.NoError(t, err, out)
		lines := strings.Split(strings.TrimSpace(out), "\n")
		require.True(t, strings.HasPrefix(lines[0], "ticket-bridge may /"), lines[0])
		require.Greater(t, len(lines), 50, "more than a page of orders")
		require.Regexp(t, `^\d{4}-\d\d-\d\d.\d\d:\d\d  (CREATE|UPDATE|DELETE|ASSOCIATE) +[A-Z_]+ +\S`, lines[1])
		out, err = run(dir, "writ_cs_wrong", name, args...)
		require.Error(t, err)
		require.Contains(t, out, "The client or its secret is wrong")
		require.NotContains(t, out, "writ_cs_wrong")
	}
	t.Run("Go", func(t *testing.T) {
		dir, program := filepath.Join(root, "examples", "go"), filepath.Join(t.TempDir(), "orders")
		out, err := run(dir, "", "go", "build", "-o", program, ".")
		require.NoError(t, err, out)
		check(t, dir, program)
	})
	t.Run("TypeScript", func(t *testing.T) {
		packages := filepath.Join(root, "frontend", "node_modules")
		if _, err := os.Stat(packages); err != nil {
			t.Skip("the packages of the pages, which have the compiler, are not installed")
		}
		dir := t.TempDir()
		for _, name := range []string{"orders.ts", "orders.generated.ts", "tsconfig.json", "package.json"} {
			raw, err := os.ReadFile(filepath.Join(root, "examples", "typescript", name))
			require.NoError(t, err)
			require.NoError(t, os.WriteFile(filepath.Join(dir, name), raw, 0o600))
		}
		require.NoError(t, os.Symlink(packages, filepath.Join(dir, "node_modules")))
		out, err := run(dir, "", filepath.Join(packages, ".bin", "tsc"), "-p", ".")
		require.NoError(t, err, out)
		check(t, dir, "node", "build/orders.js")
	})
}
