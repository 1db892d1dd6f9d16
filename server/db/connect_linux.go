package db

import (
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// impatient ends a connection whose bytes nobody acknowledges: without it Linux goes on sending them for a quarter of an hour.
func impatient(network, _ string, raw syscall.RawConn) error {
	if !strings.HasPrefix(network, "tcp") {
		return nil
	}
	var failed error
	err := raw.Control(func(fd uintptr) {
		failed = unix.SetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_USER_TIMEOUT, int(unanswered.Milliseconds()))
	})
	if err != nil {
		return err
	}
	return failed
}
