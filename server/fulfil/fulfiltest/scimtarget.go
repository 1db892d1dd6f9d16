package fulfiltest

import (
	"bufio"
	"bytes"
	_ "embed"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// SCIMToken is what a SCIMTarget lets in.
const SCIMToken = "let-me-in"

//go:embed scimmy.mjs
var scimmy []byte

// SCIMTarget is a tenant of a SCIM server that is somebody else's program (npm scimmy), in a process of its own.
type SCIMTarget struct {
	URL     string // of the interface, without a slash at the end
	control string
}

var scimServers = struct {
	mu    sync.Mutex
	by    map[string]string // settings -> address
	pipes []io.Closer       // what the servers live as long as
}{by: map[string]string{}}

// MustSCIMTarget is an empty tenant. settings are JSON: config (ServiceProviderConfig of scimmy), versions, showsGroups, checksMembers. One server runs
// for each settings, until the process of the test ends. It skips the test, loudly, where Node.js or the npm packages of frontend are missing.
func MustSCIMTarget(tb testing.TB, settings string) *SCIMTarget {
	tb.Helper()
	scimServers.mu.Lock()
	defer scimServers.mu.Unlock()
	at, ok := scimServers.by[settings]
	if !ok {
		var err error
		if at, err = startSCIM(tb, settings); err != nil {
			tb.Fatal(err)
		}
		scimServers.by[settings] = at
	}
	name := fmt.Sprintf("%x", random(8))
	return &SCIMTarget{URL: at + "/" + name + "/scim", control: at + "/" + name + "/__/"}
}

func startSCIM(tb testing.TB, settings string) (string, error) {
	tb.Helper()
	packages, err := frontend()
	if err != nil {
		return "", err
	}
	node, err := exec.LookPath("node")
	if err != nil {
		tb.Skip("SKIPPED: the SCIM server of these tests needs Node.js, which is not installed")
	}
	for _, name := range []string{"scimmy", "scimmy-routers", "express"} {
		if _, err := os.Stat(filepath.Join(packages, "node_modules", name)); err != nil {
			tb.Skipf("SKIPPED: the SCIM server of these tests needs the npm package %s: run npm ci in %s", name, packages)
		}
	}
	script, err := os.CreateTemp("", "writ-scim-*.mjs")
	if err != nil {
		return "", err
	}
	defer os.Remove(script.Name()) // it is read once, before it says its port
	if _, err := script.Write(scimmy); err != nil {
		return "", err
	}
	if err := script.Close(); err != nil {
		return "", err
	}
	return serve(exec.Command(node, script.Name(), packages, settings)) //nolint:gosec,noctx // it lives as long as the process of the test
}

// serve starts a server that says its port, and that ends with its input: with this process, however that ends.
func serve(cmd *exec.Cmd) (string, error) {
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		return "", err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return "", err
	}
	if err := cmd.Start(); err != nil {
		return "", err
	}
	port, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		return "", fmt.Errorf("%s did not say its port: %w", cmd, err)
	}
	scimServers.pipes = append(scimServers.pipes, in, out)
	return "http://127.0.0.1:" + strings.TrimSpace(port), nil
}

// frontend is the folder whose npm packages tests may use.
func frontend() (string, error) {
	folder, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		if _, err := os.Stat(filepath.Join(folder, "go.mod")); err == nil {
			return filepath.Join(folder, "frontend"), nil
		}
		above := filepath.Dir(folder)
		if above == folder {
			return "", fmt.Errorf("no go.mod above %s", folder)
		}
		folder = above
	}
}

// Put writes resources behind everybody's back, those with an id under it.
func (t *SCIMTarget) Put(tb testing.TB, table string, resources ...map[string]any) {
	tb.Helper()
	body, err := json.Marshal(resources)
	if err != nil {
		tb.Fatal(err)
	}
	t.ask(tb, http.MethodPut, table, body, nil)
}

// Delete takes a resource away behind everybody's back.
func (t *SCIMTarget) Delete(tb testing.TB, table, id string) {
	tb.Helper()
	t.ask(tb, http.MethodDelete, table+"?id="+url.QueryEscape(id), nil, nil)
}

// All are the resources of a table.
func (t *SCIMTarget) All(tb testing.TB, table string) (resources []map[string]any) {
	tb.Helper()
	t.ask(tb, http.MethodGet, table, nil, &resources)
	return resources
}

// SCIMEffect is one change that the server made.
type SCIMEffect struct{ Table, ID, Did string }

// Log are the changes that came through the interface, in their order.
func (t *SCIMTarget) Log(tb testing.TB) (log []SCIMEffect) {
	tb.Helper()
	t.ask(tb, http.MethodGet, "log", nil, &log)
	return log
}

func (t *SCIMTarget) ask(tb testing.TB, method, what string, body []byte, into any) {
	tb.Helper()
	req, err := http.NewRequestWithContext(tb.Context(), method, t.control+what, bytes.NewReader(body))
	if err != nil {
		tb.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Close = true
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		tb.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != http.StatusOK {
		tb.Fatalf("%s %s: %d %v %s", method, what, res.StatusCode, err, text)
	}
	if into != nil {
		if err := json.Unmarshal(text, into); err != nil {
			tb.Fatal(err)
		}
	}
}
