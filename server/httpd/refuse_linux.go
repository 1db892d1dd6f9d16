package httpd

import (
	"net"
	"syscall"

	"golang.org/x/sys/unix"
)

// dropNew makes the system ignore whoever wants to connect from now on, while those who are half through the handshake come through: closing the listener
// in that instant would reset them after they had sent their request. Who is ignored tries again, and finds the listener closed. Without it nothing
// breaks but that instant.
func dropNew(l net.Listener) {
	c, ok := l.(syscall.Conn)
	if !ok {
		return
	}
	raw, err := c.SyscallConn()
	if err != nil {
		return
	}
	// Of a segment that begins with the TCP header: flags & SYN ? drop : take.
	program := []unix.SockFilter{
		{Code: unix.BPF_LD | unix.BPF_B | unix.BPF_ABS, K: 13},
		{Code: unix.BPF_JMP | unix.BPF_JSET | unix.BPF_K, K: 0x02, Jt: 0, Jf: 1},
		{Code: unix.BPF_RET | unix.BPF_K, K: 0},
		{Code: unix.BPF_RET | unix.BPF_K, K: 0xffffffff},
	}
	_ = raw.Control(func(fd uintptr) {
		_ = unix.SetsockoptSockFprog(int(fd), unix.SOL_SOCKET, unix.SO_ATTACH_FILTER, &unix.SockFprog{Len: uint16(len(program)), Filter: &program[0]})
	})
}
