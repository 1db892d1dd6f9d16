package bench

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// process is a server of its own on a port of this machine, asked by its client. Its output goes to a file, as it would elsewhere.
type process struct {
	*client
	cmd   *exec.Cmd
	log   *os.File
	ended chan struct{} // closed when it has ended; err is set then
	err   error
	clean []string // folders that go with it
}

// readyWithin is how long a server may take to answer for the first time.
const readyWithin = time.Minute

// begin starts a program that will listen on addr and waits until path answers.
func begin(ctx context.Context, name string, cmd *exec.Cmd, addr, path string) (*process, error) {
	log, err := os.CreateTemp("", "writ-bench-*.log")
	if err != nil {
		return nil, err
	}
	cmd.Stdout, cmd.Stderr = log, log
	p := &process{client: newClient(name, "http://"+addr+"/graphql"), cmd: cmd, log: log, ended: make(chan struct{})}
	if err := cmd.Start(); err != nil {
		p.remove()
		return nil, fmt.Errorf("start %s: %w", name, err)
	}
	go func() { p.err = cmd.Wait(); close(p.ended) }()
	for deadline := time.Now().Add(readyWithin); ; {
		select {
		case <-ctx.Done():
			p.stop()
			return nil, ctx.Err()
		case <-p.ended:
			said, _ := os.ReadFile(log.Name()) // only to tell why
			p.remove()
			return nil, fmt.Errorf("%s ended (%w): %.2000s", name, errors.Join(errors.New("before it answered"), p.err), said)
		case <-time.After(100 * time.Millisecond):
		}
		if r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+addr+path, http.NoBody); err == nil {
			if answer, err := p.http.Do(r); err == nil {
				_ = answer.Body.Close()
				if answer.StatusCode < http.StatusInternalServerError {
					return p, nil
				}
			}
		}
		if time.Now().After(deadline) {
			p.stop()
			return nil, fmt.Errorf("%s does not answer", name)
		}
	}
}

func (p *process) pid() int { return p.cmd.Process.Pid }

// stop ends the program, gently at first.
func (p *process) stop() {
	p.http.CloseIdleConnections()
	_ = p.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-p.ended:
	case <-time.After(10 * time.Second):
		_ = p.cmd.Process.Kill()
		<-p.ended
	}
	p.remove()
}

func (p *process) remove() {
	_ = p.log.Close()
	_ = os.Remove(p.log.Name())
	for _, folder := range p.clean {
		_ = os.RemoveAll(folder)
	}
}

// free gives an address of this machine that nobody listens on.
func free(ctx context.Context) (string, error) {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return l.Addr().String(), l.Close()
}

// serve starts a process of ours on the organisation, with further variables, and signs in.
func (o *organisation) serve(ctx context.Context, in Input, variables ...string) (*process, error) {
	addr, err := free(ctx)
	if err != nil {
		return nil, err
	}
	folder, err := os.MkdirTemp("", "writ-bench-")
	if err != nil {
		return nil, err
	}
	cmd := in.Serve(addr, o.url, folder)
	cmd.Env = append(cmd.Environ(), variables...)
	p, err := begin(ctx, "Writ", cmd, addr, "/readyz")
	if err != nil {
		_ = os.RemoveAll(folder)
		return nil, err
	}
	p.clean = append(p.clean, folder)
	if err := p.login(ctx, o.password); err != nil {
		p.stop()
		return nil, err
	}
	return p, nil
}

// cpu is how much CPU time something has used so far; false: this machine does not tell.
type cpu struct {
	time  time.Duration
	known bool
}

// since is the use of one of n requests.
func (c cpu) since(before cpu, n int) time.Duration {
	if !c.known || !before.known || n == 0 {
		return 0
	}
	return (c.time - before.time) / time.Duration(n)
}

// usage is the CPU time of a process and of the database.
type usage struct{ own, database cpu }

// used asks Linux. The database counts when it runs on this machine: the processes of its server, with those that have ended.
func (o *organisation) used(ctx context.Context, pid int) (u usage, err error) {
	if pid != 0 {
		s, ok := readStat(pid)
		u.own = cpu{s.self, ok}
	}
	var backend int
	if err := o.server.admin.NewRaw("select pg_backend_pid()").Scan(ctx, &backend); err != nil {
		return u, fmt.Errorf("ask the database for its process: %w", err)
	}
	mine, ok := readStat(backend)
	if !ok || mine.name != "postgres" {
		return u, nil
	}
	head, ok := readStat(mine.parent)
	if !ok {
		return u, nil
	}
	u.database = cpu{head.self + head.ended, true}
	folders, _ := filepath.Glob("/proc/[0-9]*") // the pattern is well-formed
	for _, f := range folders {
		id, _ := strconv.Atoi(filepath.Base(f))
		if s, ok := readStat(id); ok && s.parent == mine.parent {
			u.database.time += s.self
		}
	}
	return u, nil
}

// stat is a line of /proc/<pid>/stat.
type stat struct {
	name        string
	parent      int
	self, ended time.Duration // of it, and of its children that have ended
}

// tick is the unit of times in /proc: a hundredth of a second on every Linux that Go runs on.
const tick = 10 * time.Millisecond

func readStat(pid int) (s stat, ok bool) {
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return s, false
	}
	return parseStat(string(raw))
}

func parseStat(line string) (s stat, ok bool) {
	open, shut := strings.IndexByte(line, '('), strings.LastIndexByte(line, ')') // a name may hold blanks and brackets
	if open < 0 || shut < open {
		return s, false
	}
	s.name = line[open+1 : shut]
	fields := strings.Fields(line[shut+1:]) // from the third on: state, ppid, ...
	if len(fields) < 15 {
		return s, false
	}
	var ticks [4]int64 // user and system time, then those of ended children
	for i := range ticks {
		n, err := strconv.ParseInt(fields[11+i], 10, 64)
		if err != nil {
			return s, false
		}
		ticks[i] = n
	}
	parent, err := strconv.Atoi(fields[1])
	s.parent = parent
	s.self, s.ended = time.Duration(ticks[0]+ticks[1])*tick, time.Duration(ticks[2]+ticks[3])*tick
	return s, err == nil
}
