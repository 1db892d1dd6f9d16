package csv

import (
	"io/fs"
	"syscall"
)

// inode is which file it is and when the file system last changed anything about it.
func inode(info fs.FileInfo) (number uint64, changed int64) {
	if s, ok := info.Sys().(*syscall.Stat_t); ok {
		return s.Ino, s.Ctim.Nano()
	}
	return 0, 0
}

// names is how many names the file has; 0: the file system does not tell.
func names(info fs.FileInfo) uint64 {
	if s, ok := info.Sys().(*syscall.Stat_t); ok {
		return uint64(s.Nlink) //nolint:unconvert // 32 bits on some machines
	}
	return 0
}
