//go:build unix

package embedded

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"writ/server/db"
)

// stopPatience is how long a fast shutdown may take before the server is told to drop everything (its log then
// recovers it at the next start).
const stopPatience = 30 * time.Second

// postmaster is one running server process: our child, or one that we took over.
type postmaster struct {
	pid       int
	port      int
	socketDir string
	ended     chan struct{} // our child: closed when it has ended; nil: not our child
}

func (m *postmaster) url(password, database string) string {
	return databaseURL(m.socketDir, m.port, password, database)
}

// answers connects once.
func (m *postmaster) answers(ctx context.Context, password, database string) error {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	b, err := db.Open(ctx, m.url(password, database), db.MaxConns(1))
	if err != nil {
		return err
	}
	return b.Close()
}

func (m *postmaster) hasEnded() bool {
	if m.ended == nil {
		return !alive(m.pid)
	}
	select {
	case <-m.ended:
		return true
	default:
		return false
	}
}

// stop asks for a fast shutdown, and for an immediate one when that takes too long.
func (m *postmaster) stop(ctx context.Context) error {
	for _, signal := range []syscall.Signal{syscall.SIGINT, syscall.SIGQUIT} {
		if m.hasEnded() {
			return nil
		}
		if err := syscall.Kill(m.pid, signal); err != nil && !errors.Is(err, syscall.ESRCH) {
			return err
		}
		deadline := time.Now().Add(stopPatience)
		for !m.hasEnded() && time.Now().Before(deadline) {
			if ctx.Err() != nil {
				break // no patience left: go on to the immediate shutdown
			}
			time.Sleep(10 * time.Millisecond)
		}
	}
	if !m.hasEnded() {
		return fmt.Errorf("the PostgreSQL process %d does not end", m.pid)
	}
	return nil
}

// takeOver finds a server that still runs on our cluster: the one of a Writ that was killed. nil: there is none.
// It waits while that server is starting, recovering or shutting down.
func (s *Server) takeOver(ctx context.Context) (*postmaster, error) {
	deadline := time.Now().Add(readyPatience)
	for {
		p := readPIDFile(s.place.cluster)
		if p == nil || !alive(p.pid) {
			return nil, nil
		}
		if users, known := usedBy(s.place.cluster); known && !slices.Contains(users, p.pid) {
			return nil, nil // the number belongs to another process by now
		}
		m := &postmaster{pid: p.pid, port: p.port, socketDir: p.socketDir}
		err := m.answers(ctx, s.password, "postgres")
		if err == nil {
			s.log.InfoContext(ctx, "took over the running PostgreSQL", "pid", p.pid)
			return m, nil
		}
		if time.Now().After(deadline) {
			return nil, fmt.Errorf("a PostgreSQL (process %d) runs on this data folder but does not answer: %w", p.pid, err)
		}
		if err := sleep(ctx, 100*time.Millisecond); err != nil {
			return nil, err
		}
	}
}

// launch starts a postmaster and waits until it answers. port 0: any free one. After a kill, the old server's children may
// need a moment to notice: until they are gone the new one refuses to start, and is tried again.
func (s *Server) launch(ctx context.Context, port int) (*postmaster, error) {
	began := time.Now()
	for {
		chosen := port
		if chosen == 0 {
			var err error
			if chosen, err = freePort(); err != nil {
				return nil, err
			}
		}
		m, said, err := s.try(ctx, chosen)
		if err == nil {
			s.log.InfoContext(ctx, "PostgreSQL is ready", "version", s.binaries.version, "pid", m.pid, "took", time.Since(began).Round(time.Millisecond))
			return m, nil
		}
		if ctx.Err() != nil || !worthRetry(said) || time.Since(began) > startPatience {
			return nil, fmt.Errorf("%w: %s", err, lastLines(said, 5))
		}
		s.clearDeadPIDFile(ctx)
		if err := sleep(ctx, 100*time.Millisecond); err != nil {
			return nil, err
		}
	}
}

// worthRetry knows the sentences of a server that found the remains of another one, or its port taken.
func worthRetry(said string) bool {
	return slices.ContainsFunc([]string{
		"pre-existing shared memory block", "is still in use", "lock file \"postmaster.pid\" already exists",
		"Is another postmaster", "Address already in use",
	}, func(s string) bool { return strings.Contains(said, s) })
}

// clearDeadPIDFile removes a postmaster.pid whose process cannot be our server: its number belongs to something else after
// a restart of the machine, or to a zombie. Only when no process at all works in the cluster, which the system must tell.
func (s *Server) clearDeadPIDFile(ctx context.Context) {
	p := readPIDFile(s.place.cluster)
	if p == nil {
		return
	}
	if users, known := usedBy(s.place.cluster); !known || len(users) > 0 {
		return
	}
	s.log.WarnContext(ctx, "removing a postmaster.pid that names a process which is not our PostgreSQL", "pid", p.pid)
	_ = os.Remove(filepath.Join(s.place.cluster, "postmaster.pid"))
}

// try starts one postmaster. When it fails, said is what it wrote.
func (s *Server) try(ctx context.Context, port int) (m *postmaster, said string, err error) {
	logFile, err := openLog(filepath.Join(s.place.dataDir, "postgres.log"))
	if err != nil {
		return nil, "", err
	}
	defer logFile.Close() // the child has its own copy, which survives us
	from, err := logFile.Seek(0, io.SeekEnd)
	if err != nil {
		return nil, "", err
	}
	cmd := exec.Command(filepath.Join(s.binaries.bin, "postgres"), s.arguments(port)...) // without ctx: it must not be killed by it
	cmd.Dir = "/"
	cmd.Env = environment()
	cmd.Stdout, cmd.Stderr = logFile, logFile
	cmd.SysProcAttr = s.place.user.attributes()
	if err := cmd.Start(); err != nil {
		return nil, "", fmt.Errorf("run PostgreSQL: %w", err)
	}
	m = &postmaster{pid: cmd.Process.Pid, port: port, socketDir: s.place.socketDir, ended: make(chan struct{})}
	go func() {
		_ = cmd.Wait() // how it ended is in its log
		close(m.ended)
	}()
	if err := s.awaitReady(ctx, m); err != nil {
		if !m.hasEnded() {
			_ = m.stop(context.WithoutCancel(ctx))
		}
		return nil, tail(logFile, from), err
	}
	return m, "", nil
}

func (s *Server) awaitReady(ctx context.Context, m *postmaster) error {
	deadline := time.Now().Add(readyPatience)
	for {
		if m.hasEnded() {
			return errors.New("PostgreSQL ended while starting")
		}
		err := m.answers(ctx, s.password, "postgres")
		if err == nil {
			return nil
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("PostgreSQL does not answer: %w", err)
		}
		if err := sleep(ctx, 15*time.Millisecond); err != nil {
			return err
		}
	}
}

// arguments are the settings, given at every start, so that a new Writ brings new ones.
func (s *Server) arguments(port int) []string {
	settings := map[string]string{
		"listen_addresses":        "127.0.0.1",
		"port":                    strconv.Itoa(port),
		"unix_socket_directories": s.place.socketDir,
		"max_connections":         "200",
		"shared_buffers":          "256MB",
		"max_wal_size":            "2GB",
		"timezone":                "UTC",
		"log_timezone":            "UTC",
		"lc_messages":             "C", // we recognize sentences
		"logging_collector":       "off",
		"log_destination":         "stderr",
		"jit":                     "off", // our statements are short
	}
	for k, v := range s.options.Extra {
		settings[k] = v
	}
	args := []string{"-D", s.place.cluster}
	names := make([]string, 0, len(settings))
	for k := range settings {
		names = append(names, k)
	}
	slices.Sort(names)
	for _, k := range names {
		args = append(args, "-c", k+"="+settings[k])
	}
	return args
}

// supervise starts the server again when it ends without having been told to. Port and socket stay, so URL stays true.
func (s *Server) supervise() {
	defer close(s.watched)
	ctx := context.Background()
	for {
		s.mu.Lock()
		m, stopping := s.running, s.stopping
		s.mu.Unlock()
		if !m.hasEnded() {
			m.wait(time.Second)
			continue
		}
		if stopping {
			return
		}
		s.log.ErrorContext(ctx, "PostgreSQL has ended by itself; starting it again", "pid", m.pid)
		next, err := s.launch(ctx, m.port)
		if err != nil {
			s.log.ErrorContext(ctx, "PostgreSQL does not start again; trying once more in a second", "error", err)
			_ = sleep(ctx, time.Second)
			continue
		}
		s.mu.Lock()
		s.running = next
		stopping = s.stopping
		s.mu.Unlock()
		if stopping { // Stop came meanwhile and stopped only the old one
			_ = next.stop(ctx)
			return
		}
	}
}

// wait returns when the server has ended, or after a while.
func (m *postmaster) wait(atMost time.Duration) {
	t := time.NewTimer(atMost)
	defer t.Stop()
	if m.ended == nil { // not our child: the system does not tell us, so look again soon
		time.Sleep(min(atMost, 100*time.Millisecond))
		return
	}
	select {
	case <-m.ended:
	case <-t.C:
	}
}

func freePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port, nil
}

// maxLog is the size above which the server's log starts anew.
const maxLog = 16 << 20

func openLog(path string) (*os.File, error) {
	if info, err := os.Stat(path); err == nil && info.Size() > maxLog {
		_ = os.Rename(path, path+".old")
	}
	return os.OpenFile(path, os.O_CREATE|os.O_RDWR|os.O_APPEND, 0o600)
}

// tail reads what was written since.
func tail(f *os.File, from int64) string {
	raw, err := io.ReadAll(io.NewSectionReader(f, from, 64<<10))
	if err != nil {
		return err.Error()
	}
	return string(raw)
}
