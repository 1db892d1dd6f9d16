//go:build unix

package embedded

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// initialize makes the cluster when there is none. initdb works in a folder beside it, so a crash half way leaves no
// cluster that only looks complete.
func initialize(ctx context.Context, b binaries, p place, password string, sync bool) error {
	if isCluster(p.cluster) {
		return nil
	}
	parent := filepath.Dir(p.cluster)
	if err := makePassable(parent); err != nil {
		return err
	}
	if !p.user.reaches(parent) {
		return fmt.Errorf("the user who runs PostgreSQL cannot reach %s", parent)
	}
	fresh := p.cluster + ".new"
	if err := os.RemoveAll(fresh); err != nil {
		return err
	}
	if err := os.Mkdir(fresh, 0o700); err != nil {
		return err
	}
	if err := p.user.own(fresh); err != nil {
		return err
	}
	secret := filepath.Join(p.socketDir, "password") // a folder that the user surely reaches
	if err := writeFor(p.user, secret, password); err != nil {
		return err
	}
	defer os.Remove(secret)

	args := append([]string{
		"--pgdata", fresh, "--username", User, "--pwfile", secret, "--auth", "scram-sha-256",
		"--encoding", "UTF8", "--no-instructions",
	}, localeArgs(b.major())...)
	if !sync {
		args = append(args, "--no-sync")
	}
	cmd := exec.CommandContext(ctx, filepath.Join(b.bin, "initdb"), args...)
	cmd.Dir = "/"
	cmd.Env = environment()
	cmd.SysProcAttr = p.user.attributes()
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("make the database cluster: %w: %s", err, lastLines(string(out), 3))
	}
	if err := os.Remove(p.cluster); err != nil && !errors.Is(err, os.ErrNotExist) { // an empty folder is in the way of rename on some systems
		return err
	}
	if err := os.Rename(fresh, p.cluster); err != nil {
		return err
	}
	return p.noteLocation()
}

// localeArgs makes sorting the same on every machine: bytes by code point. Before version 17 only the C library can
// give that.
func localeArgs(major int) []string {
	if major >= 17 {
		return []string{"--locale", "C", "--locale-provider", "builtin", "--builtin-locale", "C.UTF-8"}
	}
	return []string{"--locale", "C.UTF-8"}
}

func writeFor(u runUser, path, text string) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	if _, err := f.WriteString(text + "\n"); err != nil {
		_ = f.Close()
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	return u.own(path)
}

// environment keeps the caller's PG* and LC_* variables away from the server.
func environment() []string { return []string{"PATH=" + os.Getenv("PATH"), "TZ=UTC"} }

func lastLines(text string, n int) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return strings.Join(lines[max(0, len(lines)-n):], " / ")
}
