package bench

import (
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
)

// What PostGraphile is: the versions that are compared. It wants Node 22, which may come as a package, too.
const (
	postgraphileVersion = "postgraphile@^5.1.5"
	nodeVersion         = "node@^22"
	leastNode           = 22
)

//go:embed postgraphile.mjs
var postgraphileServer []byte

// postgraphile installs PostGraphile into a folder, once, and starts it on the database. nil: it cannot be had, with the reason.
func postgraphile(ctx context.Context, databaseURL, folder string) (*process, string) {
	if folder == "" {
		return nil, "no folder to install it in."
	}
	p, err := startPostgraphile(ctx, databaseURL, filepath.Join(folder, "postgraphile"))
	if err != nil {
		return nil, err.Error()
	}
	return p, ""
}

func startPostgraphile(ctx context.Context, databaseURL, folder string) (*process, error) {
	folder, err := filepath.Abs(folder)
	if err != nil {
		return nil, err
	}
	node, err := installPostgraphile(ctx, folder)
	if err != nil {
		return nil, err
	}
	var about struct{ Version string }
	raw, err := os.ReadFile(filepath.Join(folder, "node_modules", "postgraphile", "package.json"))
	if err == nil {
		err = json.Unmarshal(raw, &about)
	}
	if err != nil {
		return nil, fmt.Errorf("read its version: %w", err)
	}
	script := filepath.Join(folder, "serve.mjs")
	if err := os.WriteFile(script, postgraphileServer, 0o600); err != nil {
		return nil, err
	}
	addr, err := free(ctx)
	if err != nil {
		return nil, err
	}
	at, password, err := forLibpq(databaseURL)
	if err != nil {
		return nil, err
	}
	_, port, _ := strings.Cut(addr, ":")
	cmd := exec.Command(node, script) // not CommandContext: stop ends it gently
	cmd.Dir = folder
	cmd.Env = append(os.Environ(), "DATABASE_URL="+at, "PGPASSWORD="+password, "PORT="+port, "NODE_ENV=production", "GRAPHILE_ENV=production")
	return begin(ctx, "PostGraphile "+about.Version, cmd, addr, "/graphql?query=%7B__typename%7D")
}

// installPostgraphile gives the path of a Node that runs it.
func installPostgraphile(ctx context.Context, folder string) (node string, err error) {
	packages := []string{postgraphileVersion}
	if node, err = exec.LookPath("node"); err != nil || majorOf(ctx, node) < leastNode {
		packages = append(packages, nodeVersion)
		node = filepath.Join(folder, "node_modules", "node", "bin", "node")
	}
	stamp := filepath.Join(folder, "installed")
	wanted := strings.Join(packages, " ")
	if there, _ := os.ReadFile(stamp); string(there) == wanted {
		return node, nil
	}
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return "", err
	}
	if err := os.WriteFile(filepath.Join(folder, "package.json"), []byte(`{"private": true}`), 0o600); err != nil {
		return "", err
	}
	cmd := exec.CommandContext(ctx, "npm", append([]string{"install", "--no-audit", "--no-fund", "--loglevel=error"}, packages...)...)
	cmd.Dir = folder
	if said, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("npm install %s: %w: %.500s", wanted, err, said)
	}
	return node, os.WriteFile(stamp, []byte(wanted), 0o600)
}

// majorOf is the version of a Node: 22; 0: it does not say.
func majorOf(ctx context.Context, node string) int {
	said, err := exec.CommandContext(ctx, node, "--version").Output()
	if err != nil {
		return 0
	}
	major, _, _ := strings.Cut(strings.TrimPrefix(strings.TrimSpace(string(said)), "v"), ".")
	n, _ := strconv.Atoi(major) // 0 when it is none
	return n
}
