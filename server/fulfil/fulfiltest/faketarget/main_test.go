package main_test

import (
	"bufio"
	"encoding/json"
	"net/http"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"writ/server/fulfil"
	"writ/server/fulfil/fake"
	"writ/server/fulfil/fulfiltest"
)

// start runs the program and gives its address and a function that kills it the hard way.
func start(t *testing.T, program, folder string) (at string, kill func()) {
	t.Helper()
	cmd := exec.Command(program, "-folder", folder)
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	kill = func() {
		_ = cmd.Process.Kill() // SIGKILL; a second time finds nobody
		_ = cmd.Wait()
	}
	t.Cleanup(kill)
	line, err := bufio.NewReader(out).ReadString('\n')
	require.NoError(t, err)
	return strings.TrimSpace(line), kill
}

func do(t *testing.T, method, url, body string, want int) *http.Response {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	require.NoError(t, err)
	res, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	t.Cleanup(func() { _ = res.Body.Close() })
	require.Equal(t, want, res.StatusCode)
	return res
}

func operations(t *testing.T, url string) []fulfiltest.HTTPOperation {
	t.Helper()
	var log []fulfiltest.HTTPOperation
	require.NoError(t, json.NewDecoder(do(t, http.MethodGet, url, "", http.StatusOK).Body).Decode(&log))
	return log
}

// Programmed, edited and asked over HTTP, killed, started again: nothing that was done is lost, nothing is done twice unnoticed.
func TestOverProcesses(t *testing.T) {
	t.Parallel()
	program := filepath.Join(t.TempDir(), "faketarget")
	build, err := exec.Command("go", "build", "-o", program, ".").CombinedOutput()
	require.NoError(t, err, string(build))
	folder := t.TempDir()
	at, kill := start(t, program, folder)

	apply := func(at string, login string) fulfil.Receipt {
		c, err := fake.Package{}.Open(t.Context(), fulfil.Settings{Values: map[string]string{"url": at}})
		require.NoError(t, err)
		defer c.Close()
		return c.Applier.Apply(t.Context(), fulfil.Change{
			Type: fulfil.Added, Table: "account", KeyColumn: "login", IdempotencyKey: "key-" + login, Changes: map[string]*string{"login": &login},
		})
	}
	do(t, http.MethodPost, at+"/behaviours", `{"action": "drop", "key": "plang", "times": 1}`, http.StatusCreated)
	do(t, http.MethodPost, at+"/behaviours", `{"action": "throttle", "key": "mroe", "retryAfterSeconds": 9}`, http.StatusCreated)
	do(t, http.MethodPost, at+"/behaviours", `{"action": "explode"}`, http.StatusBadRequest)
	do(t, http.MethodPost, at+"/behaviours", `{"acton": "drop"}`, http.StatusBadRequest)
	require.Equal(t, fulfil.Unknown, apply(at, "plang").Outcome)
	require.Equal(t, 9*time.Second, apply(at, "mroe").RetryAfter)
	do(t, http.MethodDelete, at+"/behaviours", "", http.StatusNoContent)
	require.Equal(t, fulfil.Done, apply(at, "mroe").Outcome)
	do(t, http.MethodPut, at+"/foreign/account", `[{"login": "drift", "name": "from outside"}]`, http.StatusNoContent)
	do(t, http.MethodDelete, at+"/foreign/account/mroe", "", http.StatusNoContent)
	do(t, http.MethodPut, at+"/foreign/nowhere", `[]`, http.StatusNotFound)
	before := operations(t, at+"/log")
	require.Len(t, before, 5)

	kill()
	require.Equal(t, fulfil.Unreachable, apply(at, "late").Outcome)
	at, _ = start(t, program, folder)
	require.Equal(t, before, operations(t, at+"/log"))
	require.Equal(t, fulfil.AlreadySo, apply(at, "plang").Outcome)
	require.Len(t, operations(t, at+"/log?key=plang"), 2)
	require.Len(t, operations(t, at+"/log?after=5"), 1)
	c, err := fake.Package{}.Open(t.Context(), fulfil.Settings{Values: map[string]string{"url": at}})
	require.NoError(t, err)
	defer c.Close()
	rows := 0
	for row, err := range fulfil.Rows(c.Exporter.Export(t.Context(), "account")) {
		require.NoError(t, err)
		require.Contains(t, []string{"plang", "drift"}, row["login"])
		rows++
	}
	require.Equal(t, 2, rows)
}
