package exec_test

import (
	"context"
	"fmt"
	"os"
	osexec "os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"writ/server/errs"
	"writ/server/fulfil"
	"writ/server/fulfil/exec"
)

// describing is the beginning of a program that has a table account.
const describing = `#!/bin/sh
case $WRIT_VERB in describe) echo '{"protocol":1,"verbs":["check","export","read","apply"],"tables":[{"name":"account","columns":["login","name","groups"]}]}'; exit;; check) exit ;; esac
cd "$WRIT_OPTION_DATA"
`

func added(login string) fulfil.Change {
	return fulfil.Change{Type: fulfil.Added, Table: "account", KeyColumn: "login", IdempotencyKey: "key-" + login, Changes: map[string]*string{"login": &login}}
}

// gone waits until none of the processes whose numbers a program wrote is there.
func gone(t *testing.T, b *bed) {
	t.Helper()
	pids := strings.Fields(b.read("pids"))
	require.NotEmpty(t, pids)
	require.Eventually(t, func() bool {
		for _, text := range pids {
			pid, err := strconv.Atoi(text)
			require.NoError(t, err)
			stat, _ := os.ReadFile("/proc/" + text + "/stat")
			if syscall.Kill(pid, 0) == nil && !strings.Contains(string(stat), ") Z ") {
				return false
			}
		}
		return true
	}, 10*time.Second, 10*time.Millisecond)
}

// TestPrograms that misbehave while they change something: what is not answered is in doubt, what is answered counts, and nothing stays behind.
func TestPrograms(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		body  string
		want  fulfil.Outcome
		says  string
		left  bool   // it wrote down processes, which must be gone
		fault string // what Check tells of afterwards
		hangs bool
	}{
		"ForksAndHangs":        {body: `echo $$ >pids; sleep 600 & echo $! >>pids; (sleep 600 & echo $! >>pids; sleep 600); sleep 600`, want: fulfil.Unknown, says: "took longer than 3s", left: true, hangs: true},
		"IgnoresToBeEnded":     {body: `trap '' TERM HUP INT; echo $$ >pids; (trap '' TERM; echo $$ >>pids; while :; do sleep 1; done) & while :; do sleep 1; done`, want: fulfil.Unknown, says: "took longer than 3s", left: true, hangs: true},
		"LeavesSomebodyBehind": {body: `sleep 600 & echo $! >pids; echo '{"change":1,"outcome":"DONE"}'`, want: fulfil.Done, left: true},
		"StaysInItsGroup":      {body: `env -i /bin/sh -c 'echo $$ >pids.new; mv pids.new pids; sleep 600; :' & while [ ! -e pids ]; do sleep 0.01; done; echo '{"change":1,"outcome":"DONE"}'`, want: fulfil.Done, left: true},
		"WritesWithoutEnd":     {body: `cat >/dev/null; exec cat /dev/zero`, want: fulfil.Unknown, says: "a line of more than"},
		"WritesLinesForever":   {body: `cat >/dev/null; exec yes '{"a":1}'`, want: fulfil.Unknown, says: "too many lines", fault: "no answer"},
		"WritesEmptyLines":     {body: `cat >/dev/null; exec yes ''`, want: fulfil.Unknown, says: "it wrote more than"},
		"ComplainsForever":     {body: `cat >/dev/null; exec yes 'oh no' >&2`, want: fulfil.Unknown, says: "oh no", hangs: true},
		"HalfALine":            {body: `cat >/dev/null; printf '{"change":1,"outc'`, want: fulfil.Unknown, says: "ended with status 0", fault: "no JSON object"},
		"NoEndOfLine":          {body: `cat >/dev/null; printf '{"change":1,"outcome":"DONE"}'`, want: fulfil.Done},
		"Silent":               {body: `cat >/dev/null`, want: fulfil.Unknown, says: "did not say what became of it: it ended with status 0"},
		"FailsAfterAnswer":     {body: `cat >/dev/null; echo '{"change":1,"outcome":"DONE"}'; echo broken >&2; exit 1`, want: fulfil.Done, fault: "it answered every change, and then ended with status 1; it said: broken"},
		"FailsWithoutAnswer":   {body: `cat >/dev/null; echo broken >&2; exit 3`, want: fulfil.Unknown, says: "ended with status 3; it said: broken"},
		"DiesBySignal":         {body: `cat >/dev/null; kill -SEGV $$`, want: fulfil.Unknown, says: "ended by signal segmentation fault"},
		"ClosesOutputAndHangs": {body: `echo '{"change":1,"outcome":"DONE"}'; exec >&-; exec sleep 600`, want: fulfil.Done, hangs: true},
		"UnknownOutcome":       {body: `cat >/dev/null; echo '{"change":1,"outcome":"OK"}'`, want: fulfil.Unknown, says: `"OK" is no outcome`, fault: `answered change 1: "OK" is no outcome`},
		"OutcomeInLowerCase":   {body: `cat >/dev/null; echo '{"change":1,"outcome":"done"}'`, want: fulfil.Unknown, says: "is no outcome", fault: "is no outcome"},
		"NoOutcome":            {body: `cat >/dev/null; echo '{"change":1}'`, want: fulfil.Unknown, says: "is no outcome", fault: "is no outcome"},
		"Twice":                {body: `cat >/dev/null; echo '{"change":1,"outcome":"DONE"}'; echo '{"change":1,"outcome":"REFUSED"}'`, want: fulfil.Done, fault: "answered change 1 twice: DONE, then REFUSED"},
		"NotAsked":             {body: `cat >/dev/null; echo '{"change":2,"outcome":"DONE"}'; echo '{"change":1,"outcome":"REFUSED","message":"no"}'`, want: fulfil.Refused, says: "no", fault: "answered change 2, and was asked for 1"},
		"NotAskedOnly":         {body: `cat >/dev/null; echo '{"change":-1,"outcome":"DONE"}'`, want: fulfil.Unknown, fault: "answered change -1"},
		"AllAtOnceDone":        {body: `cat >/dev/null; echo '{"change":0,"outcome":"DONE"}'`, want: fulfil.Unknown, fault: "must be said of each"},
		"AllAtOnceRefused":     {body: `cat >/dev/null; echo '{"change":0,"outcome":"REFUSED","message":"closed"}'`, want: fulfil.Refused, says: "closed"},
		"NoNumber":             {body: `cat >/dev/null; echo '{"outcome":"DONE"}'`, want: fulfil.Unknown, fault: "no answer"},
		"NumberAsText":         {body: `cat >/dev/null; echo '{"change":"1","outcome":"DONE"}'`, want: fulfil.Unknown, fault: "no answer"},
		"ListInstead":          {body: `cat >/dev/null; echo '[{"change":1,"outcome":"DONE"}]'`, want: fulfil.Unknown, fault: "no JSON object"},
		"StrayWords":           {body: `cat >/dev/null; echo hello; echo null; echo 7; echo '{"change":1,"outcome":"ALREADY_SO"}'; echo bye`, want: fulfil.AlreadySo, fault: "no JSON object: hello"},
		"NoText":               {body: `cat >/dev/null; printf '{"change":1,"outcome":"DONE","message":"\377"}\n'`, want: fulfil.Unknown, fault: "not UTF-8"},
		"WindowsLines":         {body: `cat >/dev/null; printf '\r\n{"change":1,"outcome":"DONE"}\r\n'`, want: fulfil.Done},
		"Throttled":            {body: `cat >/dev/null; echo '{"change":1,"outcome":"THROTTLED","message":"slow","retryAfter":1e300}'`, want: fulfil.Throttled, says: "slow"},
		"WaitBelowNothing":     {body: `cat >/dev/null; echo '{"change":1,"outcome":"THROTTLED","retryAfter":-1}'`, want: fulfil.Unknown, fault: "retryAfter"},
		"Opened":               {body: `cat >/dev/null; echo '{"change":1,"outcome":"OPENED"}'`, want: fulfil.Unknown, fault: "no outcome"},
		"OtherKey":             {body: `cat >/dev/null; echo '{"change":1,"outcome":"DONE","createdKey":"u17"}'`, want: fulfil.Done, says: "key u17"},
		"Refused":              {body: `cat >/dev/null; echo '{"change":1,"outcome":"REFUSED"}'`, want: fulfil.Refused, says: "without saying why"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			timeout := "60"
			if c.hangs {
				timeout = "3"
			}
			b := mustProgram(t, describing+c.body, map[string]string{"timeout": timeout, "outputMegabytes": "1", "lineKilobytes": "64"})
			require.NoError(t, b.Check(t.Context()))
			r := b.Applier.Apply(t.Context(), added("plang"))
			require.Equal(t, c.want, r.Outcome, "%+v", r)
			require.Contains(t, fmt.Sprint(r.Message, " ", r.Detail, " key ", r.CreatedKey), c.says)
			require.LessOrEqual(t, r.RetryAfter, 24*time.Hour)
			if c.left {
				gone(t, b)
			}
			if c.fault != "" {
				require.Eventually(t, func() bool { return exec.Fault(b.Applier) != "" }, 10*time.Second, 10*time.Millisecond)
				require.Contains(t, exec.Fault(b.Applier), c.fault)
				require.NoError(t, b.Check(t.Context()), "what was is no part of it")
			}
		})
	}
}

// TestWhoLeavesTheGroup is found by what stands in the environment.
func TestWhoLeavesTheGroup(t *testing.T) {
	t.Parallel()
	if runtime.GOOS != "linux" {
		t.Skip("only Linux shows the environment of others")
	}
	b := mustProgram(t, describing+`setsid sh -c 'echo $$ >>pids; sleep 600; :' & setsid sh -c 'echo $$ >>pids; exec 0<&- 1>&- 2>&-; sleep 600; :' &
	while [ "$(wc -l <pids 2>/dev/null)" != 2 ]; do sleep 0.01; done; echo '{"change":1,"outcome":"DONE"}'`, map[string]string{"timeout": "30"})
	r := b.Applier.Apply(t.Context(), added("plang"))
	require.Equal(t, fulfil.Done, r.Outcome, "%+v", r)
	gone(t, b)
}

// TestLimits: a process gets no more than it may have.
func TestLimits(t *testing.T) {
	t.Parallel()
	if runtime.GOOS != "linux" {
		t.Skip("only Linux limits other processes")
	}
	run := func(t *testing.T, body string, settings map[string]string) string {
		b := mustProgram(t, describing+"cat >/dev/null; "+body, settings)
		r := b.Applier.Apply(t.Context(), added("plang"))
		require.Equal(t, fulfil.Unknown, r.Outcome, "%+v", r)
		return r.Message
	}
	t.Run("CPU", func(t *testing.T) {
		t.Parallel()
		require.Contains(t, run(t, "while :; do :; done", map[string]string{"cpuSeconds": "1"}), "signal")
	})
	t.Run("File", func(t *testing.T) {
		t.Parallel()
		require.Contains(t, run(t, "exec cat /dev/zero >big", map[string]string{"fileMegabytes": "1"}), "signal file size limit exceeded")
	})
	t.Run("Memory", func(t *testing.T) {
		t.Parallel()
		if _, err := os.Stat(python); err != nil {
			t.Skip("there is no " + python)
		}
		require.Contains(t, run(t, "exec "+python+` -c 'x = bytearray(1 << 30)'`, map[string]string{"memoryMegabytes": "200"}), "MemoryError")
	})
}

// TestSurroundings: a program finds nothing but what it was given, no secret where others can see it, and a folder of its own.
func TestSurroundings(t *testing.T) {
	t.Setenv("WRIT_SECRET_OTHER", "of the server")
	const secret = "s3cr+t/one two"
	b := mustProgram(t, describing+`env >env; pwd >wd; printf '%s\n' "$@" >args; tr '\0' '\n' </proc/$$/cmdline >cmdline; ls /proc/$$/fd >fds; cd /; cd - >/dev/null; cat >"$TMPDIR/input"; echo "$TMPDIR" >tmp
		echo "bad password $WRIT_SECRET_PASSWORD, s3cr%2Bt%2Fone+two" >&2; printf '{"change":1,"outcome":"REFUSED","message":"%s","detail":"%s"}\n' "no: $WRIT_SECRET_PASSWORD" "$(printf %s "$WRIT_SECRET_PASSWORD" | base64)"`,
		map[string]string{"password": secret, "args": "$(touch hit)\n; rm -rf /\n--x=`id`", "option.LD_PRELOAD": "/tmp/evil.so", "option.path": "/tmp", "option.bash-env": "x\ny=z"})
	r := b.Applier.Apply(t.Context(), added("plang"))
	require.Equal(t, fulfil.Refused, r.Outcome, "%+v", r)
	require.Equal(t, "no: ***", r.Message)
	require.Equal(t, "***", r.Detail)
	var names []string
	for line := range strings.Lines(b.read("env")) {
		if name, _, ok := strings.Cut(line, "="); ok && name != "y" {
			names = append(names, name)
		}
	}
	require.ElementsMatch(t, []string{"PATH", "LANG", "HOME", "TMPDIR", "PWD", "OLDPWD", "WRIT_PROTOCOL", "WRIT_RUN", "WRIT_VERB", "WRIT_TIMEOUT", "WRIT_OPTION_DATA", "WRIT_OPTION_LD_PRELOAD", "WRIT_OPTION_PATH",
		"WRIT_OPTION_BASH_ENV", "WRIT_SECRET_PASSWORD"}, names)
	require.NotContains(t, b.read("env"), "of the server")
	require.Equal(t, "$(touch hit)\n; rm -rf /\n--x=`id`\napply\n", b.read("args"))
	require.NotContains(t, b.read("cmdline"), secret)
	require.NotContains(t, b.read("cmdline"), "plang")
	for _, fd := range strings.Fields(b.read("fds")) {
		n, err := strconv.Atoi(fd)
		require.NoError(t, err)
		require.True(t, n < 3 || n >= 10 && n < 20, "%s", b.read("fds")) // those of the shell begin at 10
	}
	require.NoFileExists(t, filepath.Join(b.data, "hit"))
	private := strings.TrimSpace(b.read("tmp"))
	require.Contains(t, private, "writ-program-")
	require.Eventually(t, func() bool { _, err := os.Stat(private); return os.IsNotExist(err) }, 10*time.Second, 10*time.Millisecond, "its folder goes with it")
}

// TestSecretsAreNotTold: neither by a failing read, nor by a check, nor cut in the middle.
func TestSecretsAreNotTold(t *testing.T) {
	t.Parallel()
	const secret = "correct horse battery"
	for name, body := range map[string]string{
		"Stderr": `echo "no $WRIT_SECRET_TOKEN" >&2; exit 1`, "Error": `echo "{\"error\":\"no $WRIT_SECRET_TOKEN\"}"`, "Garbage": `echo "$WRIT_SECRET_TOKEN"`, "GarbageAfterWords": `echo "$(printf '%*s' 190 '')$WRIT_SECRET_TOKEN"`,
		"Cut": `printf '%*s' 65530 '' >&2; echo "$WRIT_SECRET_TOKEN" >&2; exit 1`, "Row": `echo "{\"row\":\"$WRIT_SECRET_TOKEN\",\"found\":true}"`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := mustProgram(t, strings.Replace(describing, "check) exit", `check) `+body+`; exit`, 1)+body, map[string]string{"token": secret, "readBack": "true"})
			_, _, err := b.Reader.Read(t.Context(), "account", "login", "x")
			require.Error(t, err)
			said := err.Error()
			if err := b.Check(t.Context()); err != nil {
				said += err.Error()
			}
			for _, err := range b.Exporter.Export(t.Context(), "account") {
				if err != nil {
					said += err.Error()
				}
			}
			r := b.Applier.Apply(t.Context(), added("x"))
			said += fmt.Sprint(r)
			require.NotContains(t, said, "correct")
		})
	}
}

// TestWhichPrograms: none but those in the folder, which nobody else can change.
func TestWhichPrograms(t *testing.T) {
	t.Parallel()
	const ran = "#!/bin/sh\n" + `echo ran >"$WRIT_OPTION_DATA/ran"`
	for _, path := range []string{"/bin/sh", "../../../bin/sh", "..", ".", "/", "x/../../y", "", "/etc/../bin/sh", "a\x00b"} {
		_, err := exec.New("/opt/writ").Open(t.Context(), fulfil.Settings{Values: map[string]string{"program": path}})
		require.True(t, errs.Is(err, errs.Validation), "%q: %v", path, err)
	}
	_, err := exec.New("").Open(t.Context(), fulfil.Settings{Values: map[string]string{"program": "x"}})
	require.ErrorContains(t, err, "WRIT_PROGRAMS")
	for name, spoil := range map[string]func(b *bed) error{
		"IsNotThere":    func(b *bed) error { return os.Remove(filepath.Join(b.programs, "program")) },
		"CannotBeRun":   func(b *bed) error { return os.Chmod(filepath.Join(b.programs, "program"), 0o644) },
		"OfTheGroup":    func(b *bed) error { return os.Chmod(filepath.Join(b.programs, "program"), 0o775) },
		"OfEverybody":   func(b *bed) error { return os.Chmod(filepath.Join(b.programs, "program"), 0o757) },
		"SetUser":       func(b *bed) error { return os.Chmod(filepath.Join(b.programs, "program"), 0o755|os.ModeSetuid) },
		"FolderOpen":    func(b *bed) error { return os.Chmod(b.programs, 0o777) },
		"FolderSticky":  func(b *bed) error { return os.Chmod(b.programs, 0o777|os.ModeSticky) },
		"FolderAbove":   func(b *bed) error { return os.Chmod(filepath.Dir(b.programs), 0o777) },
		"FolderMissing": func(b *bed) error { return os.RemoveAll(b.programs) },
		"Link": func(b *bed) error {
			return firstOf(os.Remove(filepath.Join(b.programs, "program")), os.Symlink("/bin/sh", filepath.Join(b.programs, "program")))
		},
		"IsFolder": func(b *bed) error {
			return firstOf(os.Remove(filepath.Join(b.programs, "program")), os.Mkdir(filepath.Join(b.programs, "program"), 0o755))
		},
		"SomebodyElses": func(b *bed) error {
			if os.Geteuid() != 0 {
				return os.Chmod(b.programs, 0o777) // only root can give a file away
			}
			return os.Chown(filepath.Join(b.programs, "program"), 65534, 65534)
		},
		"Pipe": func(b *bed) error {
			return firstOf(os.Remove(filepath.Join(b.programs, "program")), syscall.Mkfifo(filepath.Join(b.programs, "program"), 0o755))
		},
		"NoInterpreter": func(b *bed) error {
			return os.WriteFile(filepath.Join(b.programs, "program"), []byte("#!/no/such/thing\n"), 0o755)
		},
		"NoProgram": func(b *bed) error {
			return os.WriteFile(filepath.Join(b.programs, "program"), []byte("echo ran >ran"), 0o755)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := mustProgram(t, ran, map[string]string{"readBack": "true"})
			require.NoError(t, spoil(b))
			require.True(t, errs.Is(b.Check(t.Context()), errs.Unavailable))
			_, err := b.Exporter.Schema(t.Context())
			require.True(t, errs.Is(err, errs.Unavailable), "%v", err)
			_, _, err = b.Reader.Read(t.Context(), "account", "login", "x")
			require.True(t, errs.Is(err, errs.Unavailable), "%v", err)
			r := b.Applier.Apply(t.Context(), added("plang"))
			require.Equal(t, fulfil.Unreachable, r.Outcome, "%+v", r)
			require.NotEmpty(t, r.Message)
			require.Empty(t, b.read("ran"))
			require.NotContains(t, r.Message, b.programs)
		})
	}
}

func firstOf(all ...error) error {
	for _, err := range all {
		if err != nil {
			return err
		}
	}
	return nil
}

// TestOptions: what cannot be handed over is refused at once.
func TestOptions(t *testing.T) {
	t.Parallel()
	for name, values := range map[string]map[string]string{
		"option.1": {"option.1": "x"}, "option.a=b": {"option.a=b": "x"}, "option.a": {"option.a": "x\x00y"}, "password": {"password": "\x00"}, "args": {"args": "\x00"}, "option.a-b": {"option.a-b": "1", "option.a_b": "2"},
		"option": {"option.long": strings.Repeat("x", 100000)}, "timeout": {"timeout": "0"}, "shell": {"shell": "true"}, "processes": {"processes": "65"},
	} {
		values["program"] = "x"
		_, err := exec.New("/opt/writ").Open(t.Context(), fulfil.Settings{Values: values})
		require.NotNil(t, errs.As(err), name)
		require.True(t, strings.HasPrefix(errs.As(err).Field, strings.TrimSuffix(name, "-b")), "%s: %s", name, errs.As(err).Field)
	}
}

// TestReplacedWhileRunning: what runs goes on as it was, and the next process is the new program, which is asked anew what it can do.
func TestReplacedWhileRunning(t *testing.T) {
	t.Parallel()
	b := mustProgram(t, describing+`cat >/dev/null; : >began; while [ ! -e go ]; do sleep 0.01; done; echo '{"change":1,"outcome":"DONE","message":"old"}'`, nil)
	answered := make(chan fulfil.Receipt)
	go func() { answered <- b.Applier.Apply(t.Context(), added("plang")) }()
	require.Eventually(t, func() bool { _, err := os.Stat(filepath.Join(b.data, "began")); return err == nil }, 10*time.Second, 10*time.Millisecond)
	b.install("program", strings.Replace(describing, `"account"`, `"person"`, 1)+`cat >/dev/null; echo '{"change":1,"outcome":"DONE","message":"new"}'`)
	b.write("go", "")
	require.Equal(t, "old", (<-answered).Message)
	r := b.Applier.Apply(t.Context(), added("plang"))
	require.Equal(t, fulfil.Refused, r.Outcome)
	require.Contains(t, r.Message, "no table account")
	c := added("plang")
	c.Table = "person"
	require.Equal(t, "new", b.Applier.Apply(t.Context(), c).Message)
}

// TestBatches: what comes while a process runs goes to the next one together; each gets its own answer, in whatever order.
func TestBatches(t *testing.T) {
	t.Parallel()
	b := mustProgram(t, describing+`read -r head; echo "$head" >>heads; while read -r line; do echo "$line" >>lines; n=${line#*:}; n=${n%%,*}; k=${line##*'"Changes":{"login":"'}; out="{\"change\":$n,\"outcome\":\"DONE\",\"message\":\"${k%%\"*}\"}
$out"; done; : >began; while [ ! -e go ]; do sleep 0.01; done; printf %s "$out"`, map[string]string{"batch": "4"})
	var wg sync.WaitGroup
	ask := func(login string) {
		wg.Go(func() {
			r := b.Applier.Apply(t.Context(), added(login))
			if r.Outcome != fulfil.Done || r.Message != login || r.CreatedKey != login {
				t.Errorf("%s: %+v", login, r)
			}
		})
	}
	ask("first")
	require.Eventually(t, func() bool { _, err := os.Stat(filepath.Join(b.data, "began")); return err == nil }, 10*time.Second, 10*time.Millisecond)
	for i := range 9 {
		ask(fmt.Sprintf("p%d", i))
	}
	require.Eventually(t, func() bool { return exec.Waiting(b.Applier) == 9 }, 10*time.Second, 10*time.Millisecond)
	b.write("go", "")
	wg.Wait()
	require.Equal(t, 10, strings.Count(b.read("lines"), "\n"))
	require.Equal(t, "{\"protocol\":1,\"verb\":\"apply\",\"changes\":1}\n{\"protocol\":1,\"verb\":\"apply\",\"changes\":4}\n{\"protocol\":1,\"verb\":\"apply\",\"changes\":4}\n{\"protocol\":1,\"verb\":\"apply\",\"changes\":1}\n", b.read("heads"))
}

// TestDiesAmongAnswers: those that were answered count, what did not reach it was not made, and the rest is in doubt.
func TestDiesAmongAnswers(t *testing.T) {
	t.Parallel()
	b := mustProgram(t, describing+`if [ ! -e go ]; then : >began; while [ ! -e go ]; do sleep 0.01; done; echo '{"change":1,"outcome":"DONE"}'; exit; fi
	read -r head; head -c 1000 >/dev/null; echo '{"change":2,"outcome":"ALREADY_SO"}'; exec 0<&-; exit 1`, nil)
	var wg sync.WaitGroup
	receipts := make([]fulfil.Receipt, 5)
	ask := func(i int) {
		wg.Go(func() {
			c := added(fmt.Sprintf("p%d", i))
			long := strings.Repeat("x", 200000)
			c.Changes["name"] = &long
			receipts[i] = b.Applier.Apply(t.Context(), c)
		})
	}
	ask(0)
	require.Eventually(t, func() bool { _, err := os.Stat(filepath.Join(b.data, "began")); return err == nil }, 10*time.Second, 10*time.Millisecond)
	for i := 1; i < 5; i++ {
		ask(i)
		require.Eventually(t, func() bool { return exec.Waiting(b.Applier) == i }, 10*time.Second, 10*time.Millisecond)
	}
	b.write("go", "")
	wg.Wait()
	require.Equal(t, fulfil.Done, receipts[0].Outcome, "%+v", receipts[0])
	require.Equal(t, fulfil.Unknown, receipts[1].Outcome, "%+v", receipts[1])
	require.Equal(t, fulfil.AlreadySo, receipts[2].Outcome, "%+v", receipts[2])
	for _, r := range receipts[3:] {
		require.Equal(t, fulfil.Unreachable, r.Outcome, "%+v", r)
		require.Contains(t, r.Message, "did not reach")
	}
}

// TestNobodyWaits: a process for which nobody waits any more is ended, one for which somebody does is not.
func TestNobodyWaits(t *testing.T) {
	t.Parallel()
	b := mustProgram(t, describing+`echo $$ >pids; read -r head; read -r one; : >began; exec sleep 600`, map[string]string{"timeout": "600"})
	ctx, cancel := context.WithCancel(t.Context())
	answered := make(chan fulfil.Receipt)
	go func() { answered <- b.Applier.Apply(ctx, added("plang")) }()
	require.Eventually(t, func() bool { _, err := os.Stat(filepath.Join(b.data, "began")); return err == nil }, 10*time.Second, 10*time.Millisecond)
	late, lateCancel := context.WithCancel(t.Context())
	go func() { answered <- b.Applier.Apply(late, added("other")) }()
	require.Eventually(t, func() bool { return exec.Waiting(b.Applier) == 1 }, 10*time.Second, 10*time.Millisecond)
	lateCancel()
	require.Equal(t, fulfil.Throttled, (<-answered).Outcome, "it was never sent")
	cancel()
	require.Equal(t, fulfil.Unknown, (<-answered).Outcome)
	gone(t, b)
}

// TestNotSentTooLate: what waited so long that an answer might not be heard is not sent.
func TestNotSentTooLate(t *testing.T) {
	t.Parallel()
	b := mustProgram(t, describing+`cat >>lines; : >began; while [ ! -e go ]; do sleep 0.01; done; echo '{"change":0,"outcome":"REFUSED"}'`, map[string]string{"timeout": "30"})
	var wg sync.WaitGroup
	wg.Go(func() { b.Applier.Apply(t.Context(), added("first")) })
	require.Eventually(t, func() bool { _, err := os.Stat(filepath.Join(b.data, "began")); return err == nil }, 10*time.Second, 10*time.Millisecond)
	ctx, cancel := context.WithTimeout(t.Context(), 25*time.Second)
	defer cancel()
	var late, early fulfil.Receipt
	wg.Go(func() { late = b.Applier.Apply(ctx, added("late")) })
	wg.Go(func() { early = b.Applier.Apply(t.Context(), added("early")) })
	require.Eventually(t, func() bool { return exec.Waiting(b.Applier) == 2 }, 10*time.Second, 10*time.Millisecond)
	exec.Age(b.Applier, 2*time.Second)
	b.write("go", "")
	wg.Wait()
	require.Equal(t, fulfil.Throttled, late.Outcome, "%+v", late)
	require.Equal(t, fulfil.Refused, early.Outcome, "%+v", early)
	require.NotContains(t, b.read("lines"), `"late"`)
}

// TestKilledServer: a program does not outlive the server that started it.
func TestKilledServer(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("only Linux tells a process that its parent is gone")
	}
	if folder := os.Getenv("WRIT_TEST_SERVER"); folder != "" {
		o, err := exec.New(folder).Open(t.Context(), fulfil.Settings{Values: map[string]string{"program": "program", "option.data": os.Getenv("WRIT_TEST_DATA"), "memoryMegabytes": "0", "timeout": "600", "limit.callTimeout": "3600"}})
		require.NoError(t, err)
		t.Fatal(o.Applier.Apply(t.Context(), added("plang")))
	}
	t.Parallel()
	b := mustProgram(t, describing+`echo $$ >pids.new; mv pids.new pids; trap '' TERM HUP PIPE; while :; do sleep 1; done`, nil)
	server := osexec.Command(os.Args[0], "-test.run", "^TestKilledServer$")
	server.Env = append(os.Environ(), "WRIT_TEST_SERVER="+b.programs, "WRIT_TEST_DATA="+b.data)
	require.NoError(t, server.Start())
	require.Eventually(t, func() bool { return b.read("pids") != "" }, 30*time.Second, 10*time.Millisecond)
	require.NoError(t, server.Process.Kill())
	require.Error(t, server.Wait())
	gone(t, b)
}

// TestClose: a connection that is closed leaves nothing running, whatever it was doing.
func TestClose(t *testing.T) {
	t.Parallel()
	b := mustProgram(t, describing+`trap '' TERM; echo $$ >>pids; [ $WRIT_VERB != export ] || echo '{"row":{"login":"a","name":null,"groups":[]}}'; while :; do sleep 1; done`, map[string]string{"timeout": "600", "readBack": "true", "batch": "1"})
	receipts := make(chan fulfil.Receipt)
	for i := range 3 {
		go func() { receipts <- b.Applier.Apply(t.Context(), added(fmt.Sprint(i))) }()
	}
	failures := make(chan error)
	go func() { _, _, err := b.Reader.Read(t.Context(), "account", "login", "a"); failures <- err }()
	go func() {
		var last error
		for _, err := range b.Exporter.Export(t.Context(), "account") {
			last = err
		}
		failures <- last
	}()
	require.Eventually(t, func() bool { return strings.Count(b.read("pids"), "\n") == 3 && exec.Waiting(b.Applier) == 2 }, 10*time.Second, 10*time.Millisecond)
	require.NoError(t, b.Close())
	count := map[fulfil.Outcome]int{}
	for range 3 {
		count[(<-receipts).Outcome]++
	}
	require.Equal(t, map[fulfil.Outcome]int{fulfil.Unknown: 1, fulfil.Unreachable: 2}, count)
	for range 2 {
		require.True(t, errs.Is(<-failures, errs.Unavailable))
	}
	gone(t, b)
	require.Equal(t, fulfil.Unreachable, b.Applier.Apply(t.Context(), added("x")).Outcome)
	require.Error(t, b.Check(t.Context()))
}

// TestNothingIsLeft: no file stays open, however often a program is run and however it ends.
func TestNothingIsLeft(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("only Linux shows them")
	}
	open := func() int {
		files, err := os.ReadDir("/proc/self/fd")
		require.NoError(t, err)
		return len(files)
	}
	b := mustProgram(t, describing+`sleep 600 & setsid sleep 600 & case $WRIT_VERB in apply) cat >/dev/null; echo '{"change":1,"outcome":"DONE"}' ;; esac; exit 1`, map[string]string{"readBack": "true"})
	once := func() {
		require.Equal(t, fulfil.Done, b.Applier.Apply(t.Context(), added("x")).Outcome)
		_, _, err := b.Reader.Read(t.Context(), "account", "login", "x")
		require.Error(t, err)
		for _, err := range b.Exporter.Export(t.Context(), "account") {
			require.Error(t, err)
		}
	}
	once()
	before := open()
	for range 10 {
		once()
	}
	require.Eventually(t, func() bool { return open() <= before }, 10*time.Second, 10*time.Millisecond, "%d files were open, now %d", before, open())
}
