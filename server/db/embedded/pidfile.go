//go:build unix

package embedded

import (
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// pidFile is what a postmaster says of itself in postmaster.pid of its cluster.
type pidFile struct {
	pid       int
	port      int
	socketDir string
}

// readPIDFile gives nil when there is none, or when it is still being written.
func readPIDFile(cluster string) *pidFile {
	raw, err := os.ReadFile(filepath.Join(cluster, "postmaster.pid"))
	if err != nil {
		return nil
	}
	lines := strings.Split(string(raw), "\n") // pid, folder, start time, port, socket folder, ...
	if len(lines) < 5 {
		return nil
	}
	pid, err := strconv.Atoi(strings.TrimSpace(lines[0]))
	if err != nil || pid <= 0 {
		return nil
	}
	port, err := strconv.Atoi(strings.TrimSpace(lines[3]))
	if err != nil {
		return nil
	}
	return &pidFile{pid: pid, port: port, socketDir: strings.TrimSpace(lines[4])}
}

// alive reports whether a process runs. One that has ended but whose parent has not asked for its end (a zombie) does not.
func alive(pid int) bool {
	err := syscall.Kill(pid, 0)
	return (err == nil || errors.Is(err, syscall.EPERM)) && !isZombie(pid)
}

func isZombie(pid int) bool {
	raw, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return false
	}
	_, state, _ := strings.Cut(string(raw), ") ") // the name in front may hold anything, even ") "
	return strings.HasPrefix(state, "Z")
}

// usedBy gives the processes whose working folder is the cluster: the postmaster and all its children have it. known is
// false where the system does not tell (no /proc).
func usedBy(cluster string) (pids []int, known bool) {
	real, err := filepath.EvalSymlinks(cluster)
	if err != nil {
		return nil, false
	}
	links, err := filepath.Glob("/proc/[0-9]*/cwd")
	if err != nil || len(links) == 0 {
		return nil, false
	}
	for _, link := range links {
		if cwd, err := os.Readlink(link); err == nil && cwd == real {
			if pid, err := strconv.Atoi(filepath.Base(filepath.Dir(link))); err == nil {
				pids = append(pids, pid)
			}
		}
	}
	return pids, true
}
