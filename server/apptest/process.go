package apptest

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// Patience is how long tests wait for something that takes a moment on an idle machine: others may be busy on this one.
const Patience = 60 * time.Second

// Process is one `writ serve`. It keeps its address over restarts.
type Process struct {
	house *House
	only  string // what it runs; empty: everything
	addr  string
	log   *output // of all its lives

	cmd  *exec.Cmd
	done chan struct{} // closed when cmd ended
}

// URL is where it answers.
func (p *Process) URL() string { return "http://" + p.addr }

// start begins a life of the process; it does not wait.
func (p *Process) start() error {
	path, err := writBinary()
	if err != nil {
		return err
	}
	args := []string{"serve", "--addr", p.addr, "--data-dir", p.house.DataDir}
	if p.house.options.Demo {
		args = append(args, "--demo")
	}
	if p.only != "" {
		args = append(args, "--only", p.only)
	}
	p.cmd = exec.CommandContext(context.Background(), path, args...)
	p.cmd.Env = p.house.environment()
	p.cmd.Stdout, p.cmd.Stderr = p.log, p.log
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL} // a test that dies leaves nothing behind
	if err := p.cmd.Start(); err != nil {
		return err
	}
	done, cmd := make(chan struct{}), p.cmd
	p.done = done
	go func() { defer close(done); _ = cmd.Wait() }()
	return nil
}

// ready waits until it says that it can work.
func (p *Process) ready() error {
	deadline := time.Now().Add(2 * Patience)
	for {
		res, err := http.Get(p.URL() + "/readyz")
		if err == nil {
			_ = res.Body.Close()
			if res.StatusCode == http.StatusOK {
				return nil
			}
		}
		select {
		case <-p.done:
			return fmt.Errorf("writ serve ended with %s before it was ready", p.cmd.ProcessState)
		case <-time.After(20 * time.Millisecond):
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("writ serve is not ready after %s: %w", 2*Patience, err)
		}
	}
}

// MustRestart starts it again after MustKill or MustStop, and waits until it is ready.
func (p *Process) MustRestart(tb testing.TB) {
	tb.Helper()
	if err := p.start(); err != nil {
		tb.Fatalf("start writ again: %v", err)
	}
	if err := p.ready(); err != nil {
		tb.Fatal(err)
	}
}

// MustKill ends it at once, as a crash does (SIGKILL).
func (p *Process) MustKill(tb testing.TB) {
	tb.Helper()
	if err := p.cmd.Process.Kill(); err != nil {
		tb.Fatalf("kill writ: %v", err)
	}
	<-p.done
}

// MustStop asks it to end (SIGTERM) and fails when it does not do so cleanly within half a minute.
func (p *Process) MustStop(tb testing.TB) {
	tb.Helper()
	if err := p.stop(); err != nil {
		tb.Fatal(err)
	}
}

func (p *Process) stop() error {
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		return fmt.Errorf("stop writ: %w", err)
	}
	select {
	case <-p.done:
	case <-time.After(30 * time.Second):
		return fmt.Errorf("writ did not stop within 30 s of SIGTERM")
	}
	if code := p.cmd.ProcessState.ExitCode(); code != 0 {
		return fmt.Errorf("writ ended with %s after SIGTERM", p.cmd.ProcessState)
	}
	return nil
}

// IsRunning reports whether it lives.
func (p *Process) IsRunning() bool {
	select {
	case <-p.done:
		return false
	default:
		return true
	}
}

// output collects what a process writes.
type output struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (o *output) Write(b []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.Write(b)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.String()
}

// noise are lines that no failing test needs.
var noise = regexp.MustCompile(`(?m)^.*(Producer job counts|There is no such resource yet|msg=request .* status=200).*\n`)

func (o *output) tail(limit int) string {
	text := noise.ReplaceAllString(o.String(), "")
	if len(text) > limit {
		text = "...\n" + text[len(text)-limit:]
	}
	return text
}

// command runs another command of the same program against the same database; its output is given back.
func (h *House) command(args ...string) (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	defer cancel()
	cmd, err := h.prepared(ctx, args...)
	if err != nil {
		return "", err
	}
	out, err := cmd.CombinedOutput()
	return string(out), err
}

func (h *House) prepared(ctx context.Context, args ...string) (*exec.Cmd, error) {
	path, err := writBinary()
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, path, args...)
	cmd.Env = h.environment()
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	return cmd, nil
}

// MustCommand prepares a command of the program on the house's database, to be started, killed, or given another output. It ends with the test.
func (h *House) MustCommand(tb testing.TB, args ...string) *exec.Cmd {
	tb.Helper()
	cmd, err := h.prepared(tb.Context(), args...)
	if err != nil {
		tb.Fatalf("build writ: %v", err)
	}
	return cmd
}

// Place is a house without a process: a database and a data folder for commands.
func Place(url, dataDir string) *House {
	return &House{URL: url, DataDir: dataDir}
}

// environment is the one of all its processes: nothing of the surrounding WRIT_ settings gets in.
func (h *House) environment() []string {
	env := []string{"WRIT_DATABASE_URL=" + h.URL, "WRIT_DATA_DIR=" + h.DataDir, "WRIT_DATABASE_CONNS=10"}
	if h.options.TestHooks {
		env = append(env, "WRIT_TEST_HOOKS=1")
	}
	for _, kv := range os.Environ() {
		if len(kv) < 5 || kv[:5] != "WRIT_" {
			env = append(env, kv)
		}
	}
	return append(env, h.options.Env...)
}

// Is reports whether a worker's name, as leases and attempts tell it, is of this process.
func (p *Process) Is(worker string) bool {
	return strings.Contains(worker, p.Worker())
}

// Worker is a part of the name that leases and attempts tell of this process.
func (p *Process) Worker() string { return fmt.Sprintf("-%d-", p.cmd.Process.Pid) }

// MustFreeze lets it stand still (SIGSTOP): it keeps its connections and does nothing, until MustThaw.
func (p *Process) MustFreeze(tb testing.TB) {
	tb.Helper()
	if err := p.cmd.Process.Signal(syscall.SIGSTOP); err != nil {
		tb.Fatalf("freeze writ: %v", err)
	}
}

// MustThaw lets it go on where it stood.
func (p *Process) MustThaw(tb testing.TB) {
	tb.Helper()
	if err := p.cmd.Process.Signal(syscall.SIGCONT); err != nil {
		tb.Fatalf("thaw writ: %v", err)
	}
}

// ExitCode is how it ended; 0: well, -1: by a signal, or it lives.
func (p *Process) ExitCode() int { return p.cmd.ProcessState.ExitCode() }

// Log is what it wrote, in all its lives.
func (p *Process) Log() string { return p.log.String() }
