package apptest

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"writ/server/fulfil/fulfiltest"
)

// Target is the programmable fake target as a process of its own: its log survives whatever happens to its callers.
type Target struct{ URL string }

// MustTarget starts one; it ends with the test.
func MustTarget(tb testing.TB) *Target {
	tb.Helper()
	path, err := targetBinary()
	if err != nil {
		tb.Fatal(err)
	}
	cmd := exec.CommandContext(context.Background(), path, "-folder", tb.TempDir())
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	out, err := cmd.StdoutPipe()
	if err != nil {
		tb.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		tb.Fatalf("start the fake target: %v", err)
	}
	tb.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		tb.Fatalf("start the fake target: %v", err)
	}
	return &Target{URL: strings.TrimSpace(line)}
}

// MustLog gives every operation so far.
func (t *Target) MustLog(tb testing.TB) []fulfiltest.HTTPOperation {
	tb.Helper()
	res, err := http.Get(t.URL + "/log")
	if err != nil {
		tb.Fatalf("read the target's log: %v", err)
	}
	defer res.Body.Close()
	var log []fulfiltest.HTTPOperation
	if err := json.NewDecoder(res.Body).Decode(&log); err != nil {
		tb.Fatalf("read the target's log: %v", err)
	}
	return log
}

// MustBehave adds a behaviour.
func (t *Target) MustBehave(tb testing.TB, b fulfiltest.Behaviour) {
	tb.Helper()
	raw, err := json.Marshal(b)
	if err != nil {
		tb.Fatal(err)
	}
	mustStatus(tb, http.MethodPost, t.URL+"/behaviours", raw)
}

func mustStatus(tb testing.TB, method, at string, body []byte) {
	tb.Helper()
	req, err := http.NewRequest(method, at, bytes.NewReader(body))
	if err != nil {
		tb.Fatal(err)
	}
	res, err := http.DefaultClient.Do(req)
	if err == nil {
		_ = res.Body.Close()
		if res.StatusCode >= 300 {
			err = fmt.Errorf("status %d", res.StatusCode)
		}
	}
	if err != nil {
		tb.Fatalf("%s %s: %v", method, at, err)
	}
}
