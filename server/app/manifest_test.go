package app

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"writ/scripts/demo"
	"writ/server/cli"
	"writ/server/config"
	"writ/server/dbtest"
	"writ/server/errs"
)

// console is a database of its own and what a command prints about it.
type console struct {
	cli.Session
	out *bytes.Buffer
}

func mustConsole(t *testing.T) *console {
	t.Helper()
	db, url := dbtest.MustOpenURL(t)
	c := config.Config{}
	c.Database.DataDir = t.TempDir()
	c.Serve.Addr = "127.0.0.1:0"
	out := &bytes.Buffer{}
	return &console{out: out, Session: cli.Session{Config: c, Log: slog.New(slog.NewTextHandler(io.Discard, nil)), DB: db, DatabaseURL: url, Out: out}}
}

// said runs a command and gives what it printed.
func (s *console) said(t *testing.T, command func(ctx context.Context) error) string {
	t.Helper()
	s.out.Reset()
	require.NoError(t, command(t.Context()), s.out.String())
	return s.out.String()
}

func (s *console) plan(t *testing.T, paths ...string) string {
	t.Helper()
	return s.said(t, func(ctx context.Context) error { return Plan(ctx, s.Session, cli.PlanInput{Paths: paths}) })
}

func (s *console) apply(t *testing.T, plan string, paths ...string) string {
	t.Helper()
	return s.said(t, func(ctx context.Context) error {
		return Apply(ctx, s.Session, cli.ApplyInput{Paths: paths, Plan: plan})
	})
}

// TestExportRoundTrip: an export is the configuration, here and in an empty database.
func TestExportRoundTrip(t *testing.T) {
	t.Parallel()
	original := t.TempDir()
	_, err := copyMissing(demo.Files, original)
	require.NoError(t, err)
	original = filepath.Join(original, "config")
	exported := t.TempDir()

	here := mustConsole(t)
	id := regexp.MustCompile(`writ apply --plan (\w+)`).FindStringSubmatch(here.plan(t, original))
	require.Len(t, id, 2)
	require.Contains(t, here.apply(t, id[1], original), "objects changed.")
	here.said(t, func(ctx context.Context) error { return Export(ctx, here.Session, exported) })
	require.Contains(t, here.plan(t, exported), "\n0 objects would change.")
	require.Contains(t, here.plan(t, original), "\n0 objects would change.")

	there := mustConsole(t)
	there.apply(t, "", exported)
	require.Contains(t, there.plan(t, original), "\n0 objects would change.")
	again := t.TempDir()
	there.said(t, func(ctx context.Context) error { return Export(ctx, there.Session, again) })
	first, err := os.ReadFile(filepath.Join(exported, "writ.yaml"))
	require.NoError(t, err)
	second, err := os.ReadFile(filepath.Join(again, "writ.yaml"))
	require.NoError(t, err)
	require.Equal(t, string(first), string(second))

	err = Apply(t.Context(), here.Session, cli.ApplyInput{Paths: []string{original}, Plan: id[1]})
	require.True(t, errs.Is(err, errs.StaleItem), "the plan was made before anything was there: %v", err)
}

// TestConfigurationMistakes are those that only the whole house knows: its task types with their options, its connectors, its permissions.
func TestConfigurationMistakes(t *testing.T) {
	t.Parallel()
	s := mustConsole(t)
	for name, c := range map[string]struct {
		yaml, field string
		says        []string
	}{
		"UnknownTaskType":  {`jobs: [{ identifier: J, steps: [{ task: a, type: Dance }] }]`, "job/J.steps[0].type", []string{"ComputeRoleModel", "Fulfill"}},
		"UnknownOption":    {`jobs: [{ identifier: J, steps: [{ task: a, type: Fulfill, options: { hurry: true } }] }]`, "job/J.steps[0].options.hurry", []string{"resourceTypes"}},
		"WrongOption":      {`jobs: [{ identifier: J, steps: [{ task: a, type: ComputeRoleModel, options: { dirty: 7 } }] }]`, "job/J.steps[0].options.dirty", []string{"true or false"}},
		"NoConnector":      {`jobs: [{ identifier: J, steps: [{ task: a, type: Export }] }]`, "job/J.steps[0].options", []string{"connector"}},
		"WrongMode":        {`connectors: [{ identifier: C }]` + "\n" + `jobs: [{ identifier: J, steps: [{ task: a, type: Export, options: { connector: C, mode: fast } }] }]`, "job/J.steps[0].options", []string{"complete, incremental or initial"}},
		"OptionOfNoTask":   {`jobs: [{ identifier: J, steps: [{ task: a, type: UpdateClassification, options: { dirty: true } }] }]`, "job/J.steps[0].options.dirty", []string{"continueOnError"}},
		"WrongSQLSettings": {`connectors: [{ identifier: C, connections: [{ identifier: K, package: postgres, secrets: { connectionString: "pw:topsecret" } }] }]`, "connector/C.K.settings.connectionString", []string{"postgres://"}},
		"ServersOwnSecret": {`connectors: [{ identifier: C, connections: [{ identifier: K, package: postgres, secrets: { connectionString: "env:WRIT_DATABASE_URL" } }] }]`, "connector/C.K.settings.connectionString", []string{"belongs to the server"}},
		"PathOutside":      {`connectors: [{ identifier: C, connections: [{ identifier: K, package: csv, settings: { path: /etc } }] }]`, "connector/C.K.settings.path", []string{"/etc"}},
	} {
		file := filepath.Join(t.TempDir(), "wrong.yaml")
		require.NoError(t, os.WriteFile(file, []byte(c.yaml), 0o600))
		for _, command := range []func() error{
			func() error { return Plan(t.Context(), s.Session, cli.PlanInput{Paths: []string{file}}) },
			func() error { return Apply(t.Context(), s.Session, cli.ApplyInput{Paths: []string{file}}) },
		} {
			err := command()
			require.True(t, errs.Is(err, errs.Validation), "%s: %v", name, err)
			require.Equal(t, c.field, errs.As(err).Field, name)
			for _, text := range append(c.says, "wrong.yaml:") {
				require.Contains(t, errs.As(err).Message, text, name)
			}
			require.NotContains(t, err.Error(), "topsecret", name)
		}
	}
	elsewhere := filepath.Join(t.TempDir(), "reference.yaml")
	require.NoError(t, os.WriteFile(elsewhere, []byte(`connectors: [{ identifier: C, connections: [{ identifier: K, package: postgres, secrets: { connectionString: "env:WRIT_SECRET_ELSEWHERE" } }] }]`), 0o600))
	require.Contains(t, s.apply(t, "", elsewhere), "1 objects changed.", "a reference is looked up where it is used")
	require.True(t, strings.HasPrefix(s.plan(t, elsewhere), "WARNING: policy"), s.out.String())
}
