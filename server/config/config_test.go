package config_test

import (
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/alecthomas/kong"
	"github.com/stretchr/testify/require"

	"writ/server/config"
)

type grammar struct {
	File   kong.ConfigFlag `name:"config" env:"WRIT_CONFIG"`
	Config config.Config   `embed:""`
}

func parse(t *testing.T, args ...string) (config.Config, error) {
	t.Helper()
	var g grammar
	parser, err := kong.New(&g, kong.Configuration(config.YAML), kong.Writers(io.Discard, io.Discard))
	require.NoError(t, err)
	if _, err = parser.Parse(args); err == nil {
		err = g.Config.Validate()
	}
	return g.Config, err
}

func TestDefaults(t *testing.T) {
	t.Parallel()
	c, err := parse(t)
	require.NoError(t, err)
	require.Equal(t, "127.0.0.1:8080", c.Serve.Addr)
	require.Equal(t, "http://127.0.0.1:8080", c.Serve.URL())
	require.Equal(t, "./data", c.Database.DataDir)
	require.Equal(t, 120, c.Work.HistoryMonths)
	require.True(t, c.Serve.Runs(config.API))
	require.True(t, c.Serve.Runs(config.Workers))
}

func TestOnly(t *testing.T) {
	t.Parallel()
	c, err := parse(t, "--only", "workers")
	require.NoError(t, err)
	require.False(t, c.Serve.Runs(config.API))
	require.True(t, c.Serve.Runs(config.Workers))
}

// TestPrecedence is not parallel: it sets variables.
func TestPrecedence(t *testing.T) {
	path := filepath.Join("testdata", "good.yaml")
	c, err := parse(t, "--config", path)
	require.NoError(t, err)
	require.Equal(t, "127.0.0.1:7001", c.Serve.Addr, "the file wins over the default")
	require.True(t, c.Serve.Demo)
	require.Equal(t, 7, c.Work.RiverWorkers)
	require.Equal(t, map[string]string{"work_mem": "8MB"}, c.Database.Settings)

	t.Setenv("WRIT_ADDR", "127.0.0.1:7002")
	t.Setenv("WRIT_TEST_HOOKS", "1")
	c, err = parse(t, "--config", path)
	require.NoError(t, err)
	require.Equal(t, "127.0.0.1:7002", c.Serve.Addr, "a variable wins over the file")
	require.True(t, c.Serve.TestHooks)

	c, err = parse(t, "--config", path, "--addr", "127.0.0.1:7003")
	require.NoError(t, err)
	require.Equal(t, "127.0.0.1:7003", c.Serve.Addr, "a flag wins over all")

	t.Setenv("WRIT_CONFIG", path)
	c, err = parse(t)
	require.NoError(t, err)
	require.Equal(t, 7, c.Work.RiverWorkers, "the file may be named by its variable")
}

func TestMistakes(t *testing.T) {
	t.Parallel()
	for file, says := range map[string]string{
		"unknown.yaml":   "what is no setting: adress",
		"nested.yaml":    "must be a single value",
		"broken.yaml":    "read the settings",
		"addr.yaml":      "must be host:port",
		"publicurl.yaml": "https://writ.example.org",
		"proxies.yaml":   "10.0.0.0/8",
		"database.yaml":  "postgres://",
		"conns.yaml":     "2 or more",
		"level.yaml":     "debug, info, warn or error",
		"format.yaml":    "text",
		"only.yaml":      "workers",
		"smtp.yaml":      "smtp://",
		"sender.yaml":    "must be a mail address",
		"catchall.yaml":  "WRIT_MAIL_CATCH_ALL",
		"domains.yaml":   "separated by semicolons",
		"security.yaml":  "start-tls",
		"workers.yaml":   "between 1 and 1000",
		"history.yaml":   "--history-months",
		"key.yaml":       "32 bytes",
	} {
		t.Run(file, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join("testdata", file)
			require.FileExists(t, path)
			_, err := parse(t, "--config", path)
			require.ErrorContains(t, err, says)
		})
	}
}

func TestMail(t *testing.T) {
	t.Parallel()
	c, err := parse(t)
	require.NoError(t, err)
	require.True(t, c.Mail.Enabled)
	require.Nil(t, c.Mail.Domains())
	require.Equal(t, "auto", c.Mail.Security)
	c, err = parse(t, "--no-mail", "--mail-allowed-domains", "x.example; @y.example ;", "--mail-catch-all", "all@x.example", "--mail-provisioning-errors", "--smtp-security", "none")
	require.NoError(t, err)
	require.False(t, c.Mail.Enabled)
	require.True(t, c.Mail.ProvisioningErrors)
	require.Equal(t, []string{"x.example", "y.example"}, c.Mail.Domains())
}

func TestAllMistakesAtOnce(t *testing.T) {
	t.Parallel()
	_, err := parse(t, "--addr", "nonsense", "--smtp-url", "nonsense")
	require.ErrorContains(t, err, "WRIT_ADDR")
	require.ErrorContains(t, err, "WRIT_SMTP_URL")
}

func TestSecretKey(t *testing.T) {
	t.Parallel()
	t.Run("MadeOnce", func(t *testing.T) {
		t.Parallel()
		dir := filepath.Join(t.TempDir(), "data")
		var s config.Secret
		first, err := s.Keys(dir)
		require.NoError(t, err)
		require.Len(t, first, 1)
		require.Len(t, first[0], 32)
		again, err := s.Keys(dir)
		require.NoError(t, err)
		require.Equal(t, first, again)
		info, err := os.Stat(filepath.Join(dir, "secret.key"))
		require.NoError(t, err)
		require.Equal(t, os.FileMode(0o600), info.Mode().Perm())
		other, err := s.Keys(t.TempDir())
		require.NoError(t, err)
		require.NotEqual(t, first, other)
	})
	t.Run("Given", func(t *testing.T) {
		t.Parallel()
		dir := t.TempDir()
		s := config.Secret{Key: "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"}
		keys, err := s.Keys(dir)
		require.NoError(t, err)
		require.Equal(t, byte(31), keys[0][31])
		require.NoFileExists(t, filepath.Join(dir, "secret.key"))
	})
	t.Run("Rotated", func(t *testing.T) {
		t.Parallel()
		dir := t.TempDir()
		var s config.Secret
		first, err := s.Keys(dir)
		require.NoError(t, err)
		before, err := s.Stamp(dir)
		require.NoError(t, err)
		require.NoError(t, s.NewKey(dir))
		both, err := s.Keys(dir)
		require.NoError(t, err)
		require.Equal(t, first, both[1:])
		after, err := s.Stamp(dir)
		require.NoError(t, err)
		require.NotEqual(t, before, after)
		kept, err := s.DropKeys(dir)
		require.NoError(t, err)
		alone, err := s.Keys(dir)
		require.NoError(t, err)
		require.Equal(t, both[:1], alone)
		info, err := os.Stat(kept)
		require.NoError(t, err)
		require.Equal(t, os.FileMode(0o600), info.Mode().Perm())
		old, err := os.ReadFile(kept)
		require.NoError(t, err)
		given := config.Secret{Key: string(old)}
		keys, err := given.Keys("")
		require.NoError(t, err)
		require.Equal(t, first, keys)
	})
	t.Run("DamagedFile", func(t *testing.T) {
		t.Parallel()
		dir := t.TempDir()
		require.NoError(t, os.WriteFile(filepath.Join(dir, "secret.key"), []byte("short"), 0o600))
		var s config.Secret
		_, err := s.Keys(dir)
		require.Error(t, err, "never a new key in place of one that cannot be read")
	})
}

func TestTimeZone(t *testing.T) {
	_, err := parse(t, "--time-zone", "Europe/Nowhere")
	require.ErrorContains(t, err, "WRIT_TIME_ZONE")
	t.Setenv("TZ", ":America/New_York")
	require.Equal(t, "America/New_York", config.MachineZone())
	t.Setenv("TZ", "/usr/share/zoneinfo/Europe/Berlin")
	require.Equal(t, "Europe/Berlin", config.MachineZone())
	t.Setenv("TZ", "CET-1CEST")
	require.Equal(t, "UTC", config.MachineZone())
	t.Setenv("TZ", "Europe/Berlin")
	t.Setenv("WRIT_TIME_ZONE", "Asia/Kolkata")
	c, err := parse(t)
	require.NoError(t, err)
	require.Equal(t, "Asia/Kolkata", c.Serve.TimeZone)
}

// TestFileRoots: no folder through which a connector could read the keys of the data folder.
func TestFileRoots(t *testing.T) {
	t.Parallel()
	base := t.TempDir()
	data, drop := filepath.Join(base, "data"), filepath.Join(base, "drop")
	require.NoError(t, os.MkdirAll(filepath.Join(data, "files"), 0o700))
	require.NoError(t, os.MkdirAll(drop, 0o700))
	require.NoError(t, os.Symlink(data, filepath.Join(base, "link")))
	c, err := parse(t, "--data-dir", data, "--file-roots", drop+"; "+filepath.Join(base, "later"))
	require.NoError(t, err)
	require.Equal(t, []string{drop, filepath.Join(base, "later")}, c.Database.Roots())
	require.Equal(t, filepath.Join(data, "files"), c.Database.FilesDir())
	for _, bad := range []string{"/", base, data, filepath.Join(data, "x"), filepath.Join(base, "link"), filepath.Join(base, "link", "pg"), "drop", data + "/../data"} {
		_, err := parse(t, "--data-dir", data, "--file-roots", bad)
		require.ErrorContains(t, err, "WRIT_FILE_ROOTS", bad)
	}
}

// TestPrograms: no folder for programs in which files are put as data.
func TestPrograms(t *testing.T) {
	t.Parallel()
	base := t.TempDir()
	data, drop, programs := filepath.Join(base, "data"), filepath.Join(base, "drop"), filepath.Join(base, "programs")
	for _, folder := range []string{filepath.Join(data, "files"), drop, programs} {
		require.NoError(t, os.MkdirAll(folder, 0o700))
	}
	require.NoError(t, os.Symlink(filepath.Join(data, "files"), filepath.Join(base, "link")))
	c, err := parse(t, "--data-dir", data, "--file-roots", drop, "--programs", programs)
	require.NoError(t, err)
	require.Equal(t, programs, c.Database.Programs)
	for _, bad := range []string{"/", base, data, filepath.Join(data, "files"), filepath.Join(base, "link"), drop, filepath.Join(drop, "later"), "programs"} {
		_, err := parse(t, "--data-dir", data, "--file-roots", drop, "--programs", bad)
		require.ErrorContains(t, err, "WRIT_PROGRAMS", bad)
	}
}

func TestRequests(t *testing.T) {
	t.Parallel()
	c, err := parse(t, "--request-working-days", "--request-holidays", "2026-12-25; 2026-12-26;", "--request-question-days", "3")
	require.NoError(t, err)
	require.Equal(t, []string{"2026-12-25", "2026-12-26"}, c.Requests.Days())
	for _, args := range [][]string{{"--request-question-days", "0"}, {"--request-question-days", "61"}, {"--request-working-days", "--request-holidays", "25.12.2026"}, {"--request-working-days", "--request-holidays", "2026-02-30"}, {"--request-holidays", "2026-12-25"}} {
		_, err := parse(t, args...)
		require.ErrorContains(t, err, args[len(args)-2][2:], "%v", args)
	}
}
