package cli

import (
	"bytes"
	"context"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/alecthomas/kong"
	"github.com/stretchr/testify/require"

	"writ/server/config"
	"writ/server/dbtest"
	"writ/server/errs"
)

func runCommand(t *testing.T, house House, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, err bytes.Buffer
	code = Run(t.Context(), args, house, &out, &err)
	return code, out.String(), err.String()
}

func TestHelpListsEverySetting(t *testing.T) {
	t.Parallel()
	code, out, _ := runCommand(t, House{}, "serve", "--help")
	require.Zero(t, code)
	var visit func(reflect.Type)
	visit = func(section reflect.Type) {
		for i := range section.NumField() {
			f := section.Field(i)
			if f.Type.Kind() == reflect.Struct {
				visit(f.Type)
				continue
			}
			variable := f.Tag.Get("env")
			require.True(t, strings.HasPrefix(variable, "WRIT_"), "%s has no variable", f.Name)
			require.Contains(t, out, "$"+variable, f.Name)
			flag := f.Tag.Get("name")
			if flag == "" {
				flag = strings.ToLower(regexp.MustCompile(`([a-z])([A-Z])`).ReplaceAllString(f.Name, "$1-$2"))
			}
			require.Contains(t, out, "--"+flag)
			require.Equal(t, variable, "WRIT_"+strings.ToUpper(strings.ReplaceAll(flag, "-", "_")), "flag and variable have the same name")
		}
	}
	visit(reflect.TypeFor[config.Config]())
}

func TestCommandsFollowTheHouse(t *testing.T) {
	t.Parallel()
	_, out, _ := runCommand(t, House{}, "--help")
	require.Contains(t, out, "serve")
	require.NotContains(t, out, "verify")
	_, out, _ = runCommand(t, House{Verify: func(context.Context, Session, VerifyInput) error { return nil }}, "--help")
	require.Contains(t, out, "verify")
}

// What a command that works on the database makes of its settings is valid, whatever sections there are: one that wants a value, and is set by flags of the
// server only, has its default.
func TestSettingsOfCommandsAreValid(t *testing.T) {
	var s settings
	require.NoError(t, kong.ApplyDefaults(&s))
	c := s.config()
	require.NoError(t, c.Validate())
	require.Equal(t, 180, c.Requests.MaxDelegationDays)
	t.Setenv("WRIT_REQUEST_QUESTION_DAYS", "9")
	require.Equal(t, 9, s.config().Requests.QuestionDays)
	t.Setenv("WRIT_REQUEST_QUESTION_DAYS", "many")
	c = s.config()
	require.NotPanics(t, func() { _ = c.Validate() })
}

func TestExitCodes(t *testing.T) {
	t.Parallel()
	_, at := dbtest.MustOpenURL(t)
	house := House{Verify: func(context.Context, Session, VerifyInput) error {
		return errs.New(errs.Conflict, "The chain is broken at event 5.")
	}}
	code, _, stderr := runCommand(t, house, "verify", "--database-url", at)
	require.Equal(t, 1, code)
	require.Contains(t, stderr, "writ: The chain is broken at event 5.\n")
	code, _, _ = runCommand(t, house, "nonsense")
	require.Equal(t, 2, code)
	code, _, stderr = runCommand(t, house, "verify", "--database-url", "postgres://x@127.0.0.1:1/x")
	require.Equal(t, 1, code)
	require.Contains(t, stderr, "connect to the database")
	code, _, _ = runCommand(t, house, "--version")
	require.Zero(t, code)
}

// Secrets are no flags: the list of processes shows those.
func TestSecretsAreNoFlags(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := filepath.Join(dir, "settings.yaml")
	require.NoError(t, os.WriteFile(file, []byte("smtp-url: smtp://u:canary@h:25\nmetrics-token: canary-canary-canary\naddr: nonsense\n"), 0o600))
	for _, c := range []struct {
		args []string
		says string
	}{
		{[]string{"--smtp-url", "smtp://u:canary@h:25"}, "WRIT_SMTP_URL"}, {[]string{"--smtp-url=smtp://:canary@h:25"}, "WRIT_SMTP_URL"},
		{[]string{"--smtp-url", "smtp://u:ca%zznary@h"}, "WRIT_SMTP_URL"}, {[]string{"--secret-key", "canary"}, "WRIT_SECRET_KEY"},
		{[]string{"--metrics-token", "canary"}, "WRIT_METRICS_TOKEN"},
		{[]string{"--addr", "nonsense", "--smtp-url", "smtp://h:25"}, "--addr"}, {[]string{"--config", file}, "--addr"},
		{[]string{"--addr", "127.0.0.1:0", "--database-url", "postgres://u:canary@127.0.0.1:1/x"}, "WRIT_DATABASE_URL"},
	} {
		code, out, stderr := runCommand(t, House{}, append([]string{"serve"}, c.args...)...)
		require.NotZero(t, code)
		require.Contains(t, stderr, c.says, c.args)
		require.NotContains(t, out+stderr, "canary")
	}
}

func TestMigrate(t *testing.T) {
	t.Parallel()
	_, at := dbtest.MustOpenEmpty(t)
	code, out, stderr := runCommand(t, House{}, "migrate", "status", "--database-url", at)
	require.Zero(t, code, stderr)
	require.Contains(t, out, "0001")
	require.Contains(t, out, "missing")

	code, _, stderr = runCommand(t, House{}, "migrate", "--database-url", at)
	require.Zero(t, code, stderr)
	_, out, _ = runCommand(t, House{}, "migrate", "status", "--database-url", at)
	require.NotContains(t, out, "missing")

	code, _, stderr = runCommand(t, House{}, "migrate", "down", "--steps", "2", "--database-url", at)
	require.Zero(t, code, stderr)
	_, out, _ = runCommand(t, House{}, "migrate", "status", "--database-url", at)
	require.Equal(t, 2, strings.Count(out, "missing"))
}

// output is a buffer that a test may read while a command writes.
type output struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.String()
}

func TestServe(t *testing.T) {
	t.Parallel()
	_, at := dbtest.MustOpenEmpty(t)
	ended := make(chan struct{})
	house := House{Open: func(ctx context.Context, s Session) (*Application, error) {
		app, err := pagesOnly(ctx, s)
		if err != nil {
			return nil, err
		}
		app.Greeting = "Sign in as ann."
		app.Run = func(ctx context.Context) error {
			<-ctx.Done()
			close(ended)
			return nil
		}
		return app, nil
	}}
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	var out, log output
	code := make(chan int, 1)
	go func() {
		code <- Run(ctx, []string{"serve", "--addr", "127.0.0.1:0", "--database-url", at}, house, &out, &log)
	}()

	ready := regexp.MustCompile(`Writ is ready: (http://\S+)`)
	require.Eventually(t, func() bool { return ready.MatchString(out.String()) }, 30*time.Second, 10*time.Millisecond, "%s", &log)
	require.Contains(t, out.String(), "Sign in as ann.")
	address := ready.FindStringSubmatch(out.String())[1]
	resp, err := http.Get(address + "/readyz")
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	require.Equal(t, http.StatusOK, resp.StatusCode)

	stop()
	select {
	case c := <-code:
		require.Zero(t, c, log.String())
	case <-time.After(30 * time.Second):
		t.Fatal("serve does not end")
	}
	<-ended
}

func TestServeTakenAddress(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer l.Close()
	code, _, stderr := runCommand(t, House{}, "serve", "--addr", l.Addr().String())
	require.Equal(t, 1, code)
	require.Contains(t, stderr, "WRIT_ADDR")
}

// TestConformanceAsks: nothing is written before somebody says so.
func TestConformanceAsks(t *testing.T) {
	t.Parallel()
	called := 0
	var got ConformanceInput
	house := House{Conformance: func(_ context.Context, _ Session, in ConformanceInput) error {
		called++
		got = in
		return nil
	}}
	_, at := dbtest.MustOpenURL(t)
	line := []string{"conformance", "Crm", "--table", "account", "--key", "login", "--value", "name", "--database-url", at, "--set", "sn=a;cn=b", "--groups", "x,y,z"}
	code, _, stderr := runCommand(t, house, line...) // tests have an empty input
	require.Equal(t, 1, code)
	require.Contains(t, stderr, "Nothing was done")
	require.Zero(t, called)
	code, _, stderr = runCommand(t, house, append(line, "--yes")...)
	require.Zero(t, code, stderr)
	require.Equal(t, 1, called)
	require.Equal(t, map[string]string{"sn": "a", "cn": "b"}, got.Set)
	require.Equal(t, []string{"x", "y", "z"}, got.Groups)
	require.Equal(t, 50, got.Rows)
}
