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
