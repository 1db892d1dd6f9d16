package exec

import (
	"bytes"
	"errors"
	"math"
	"os"
	"strconv"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// attributes puts a process into a group of its own, and ends it when Writ is killed.
func attributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}

const mega = 1 << 20

// keepFiles lets no program have a file that this process was itself given open by whoever started it.
var keepFiles = sync.OnceFunc(func() { _ = unix.CloseRange(3, math.MaxInt32, unix.CLOSE_RANGE_CLOEXEC) })

// limit says what a process, and each that it starts, may use. It just began, and may be gone already.
func limit(pid int, set config) error {
	for resource, most := range map[int]int{unix.RLIMIT_DATA: set.Memory * mega, unix.RLIMIT_CPU: set.CPU, unix.RLIMIT_FSIZE: set.File * mega, unix.RLIMIT_NOFILE: 256, unix.RLIMIT_CORE: -1} {
		switch {
		case most == 0:
			continue
		case most < 0:
			most = 0
		}
		to := unix.Rlimit{Cur: uint64(most), Max: uint64(most)}
		var have unix.Rlimit
		if unix.Prlimit(pid, resource, nil, &have) == nil && have.Max < to.Max {
			to = unix.Rlimit{Cur: have.Max, Max: have.Max}
		}
		if err := unix.Prlimit(pid, resource, &to, nil); err != nil && !errors.Is(err, unix.ESRCH) {
			return err
		}
	}
	return nil
}

// ended waits for the end of a process without taking its number away: until it is reaped its group can be killed and is no other.
func ended(pid int) {
	for errors.Is(unix.Waitid(unix.P_PID, pid, nil, unix.WEXITED|unix.WNOWAIT, nil), unix.EINTR) {
	}
}

// hunt kills whoever left the group of a run but not its environment, until there is nobody.
func hunt(mark string) {
	for range 20 {
		if !huntOnce([]byte(mark)) {
			return
		}
		time.Sleep(time.Millisecond) // let the killed be gone
	}
}

func huntOnce(mark []byte) (found bool) {
	folder, err := os.Open("/proc")
	if err != nil {
		return false
	}
	names, _ := folder.Readdirnames(-1)
	_ = folder.Close()
	for _, name := range names {
		pid, err := strconv.Atoi(name)
		if err != nil || pid == os.Getpid() {
			continue
		}
		if env, err := os.ReadFile("/proc/" + name + "/environ"); err != nil || !bytes.Contains(env, mark) {
			continue
		}
		p, err := os.FindProcess(pid) // holds on to the process, not the number
		if err != nil {
			continue
		}
		if env, err := os.ReadFile("/proc/" + name + "/environ"); err == nil && bytes.Contains(env, mark) {
			found = true
			_ = p.Kill()
		}
		_ = p.Release()
	}
	return found
}
