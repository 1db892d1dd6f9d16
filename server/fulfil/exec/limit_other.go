//go:build !linux

package exec

import "syscall"

func attributes() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }

// keepFiles: whoever starts this process has to close what is not for it.
func keepFiles() {}

// limit can set nothing for another process here.
func limit(int, config) error { return nil }

// ended cannot wait without reaping here.
func ended(int) {}

// hunt cannot see the environment of others here.
func hunt(string) {}
