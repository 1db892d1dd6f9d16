package dbtest

import (
	"context"
	"io"
	"os"
	"os/exec"
	"strconv"
	"syscall"

	"writ/server/db/embedded"
)

// serverURL names the PostgreSQL to use: the one of the environment, else one for this test process only.
func serverURL(ctx context.Context) (string, error) {
	if at := os.Getenv("WRIT_TEST_DATABASE_URL"); at != "" {
		return at, nil
	}
	dir, err := os.MkdirTemp("", "writ-dbtest-")
	if err != nil {
		return "", err
	}
	if err := os.Chmod(dir, 0o711); err != nil { // root's PostgreSQL runs as nobody, who must pass
		return "", err
	}
	s, err := embedded.Start(ctx, embedded.Options{DataDir: dir, Extra: Settings()})
	if err != nil {
		return "", err
	}
	if leash, err = stopWithUs(s.PID(), dir); err != nil {
		return "", err
	}
	return s.TCP("postgres"), nil
}

// Settings are those of a PostgreSQL that only tests use: fast, and nothing has to survive.
func Settings() map[string]string {
	return map[string]string{
		"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off",
		"max_connections": "300", "max_wal_senders": "0", "wal_level": "minimal", "autovacuum": "off",
	}
}

// leash is the pipe of stopWithUs. It lives as long as the process: closing it, which the garbage collector also does,
// stops the server.
var leash io.Closer //nolint:unused // being there is its use

// stopWithUs starts a shell that outlives us by a moment: a test process has no hook at its end, but its end closes the
// pipe that the shell reads. Then the shell stops the server and removes its folder.
func stopWithUs(pid int, dir string) (io.Closer, error) {
	const script = `read gone; kill -INT "$1"; n=0
		while [ -e "$2/postgres/postmaster.pid" ] && [ $n -lt 300 ]; do n=$((n+1)); sleep 0.1; done; rm -rf "$2"`
	shell := exec.Command("/bin/sh", "-c", script, "sh", strconv.Itoa(pid), dir)
	shell.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // Ctrl-C must not end it before its work
	pipe, err := shell.StdinPipe()
	if err != nil {
		return nil, err
	}
	return pipe, shell.Start()
}
