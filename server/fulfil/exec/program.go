package exec

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"writ/server/errs"
)

// program is a file below the folder for programs.
type program struct {
	folder string
	name   string // path in the folder
}

func programOf(folder, path string) (program, error) {
	if folder == "" {
		return program{}, errs.Invalid("program", "This server runs no programs. An administrator of the machine names the folder that holds them with --programs (WRIT_PROGRAMS).")
	}
	name := filepath.Clean(path)
	if filepath.IsAbs(path) {
		rel, err := filepath.Rel(folder, path)
		if err != nil {
			rel = ".."
		}
		name = rel
	}
	if !filepath.IsLocal(name) || name == "." || strings.ContainsRune(name, 0) {
		return program{}, errs.Invalid("program", "%q does not lie in the folder for programs. Give its path in there.", path)
	}
	return program{folder: folder, name: name}, nil
}

// find gives the absolute path of the program, and a text that changes when it is replaced. Unavailable when it is not there, or when somebody besides
// root and the user that Writ runs as could replace it: then what lies there is not what an administrator put there.
func (p program) find() (path, stamp string, err error) {
	folder, err := filepath.EvalSymlinks(p.folder)
	if err != nil {
		return "", "", p.says("the folder for programs cannot be found").Because(err)
	}
	for at := filepath.Dir(folder); ; at = filepath.Dir(at) {
		info, err := os.Lstat(at)
		if err != nil {
			return "", "", p.says("the folder for programs cannot be looked at").Because(err)
		}
		if info.Mode().Perm()&0o022 != 0 && info.Mode()&os.ModeSticky == 0 {
			return "", "", p.says("others may write into a folder above those for programs")
		}
		if at == filepath.Dir(at) {
			break
		}
	}
	path = folder
	info, err := own(path)
	for _, part := range strings.Split(p.name, string(filepath.Separator)) {
		if err == nil && !info.IsDir() {
			err = errNoProgram
		}
		if err != nil {
			break
		}
		path = filepath.Join(path, part)
		info, err = own(path)
	}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "", "", p.says("it is not there")
	case err != nil:
		return "", "", p.says(err.Error())
	case !info.Mode().IsRegular() || info.Mode().Perm()&0o111 == 0:
		return "", "", p.says(errNoProgram.Error())
	case info.Mode()&(os.ModeSetuid|os.ModeSetgid) != 0:
		return "", "", p.says("it would run as another user")
	}
	return path, stampOf(info), nil
}

var errNoProgram = errors.New("it is no file that may be executed")

func (p program) says(why string) *errs.Error {
	return errs.New(errs.Unavailable, "The program %s cannot be run: %s.", p.name, why).At("program")
}

// own looks at a file or folder, and refuses what others could have put there.
func own(path string) (fs.FileInfo, error) {
	info, err := os.Lstat(path)
	if err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return nil, fs.ErrNotExist
		}
		return nil, errors.New("it cannot be looked at")
	}
	s, ok := info.Sys().(*syscall.Stat_t)
	switch {
	case info.Mode()&os.ModeSymlink != 0:
		return nil, fmt.Errorf("%s is a link; put the file itself there", filepath.Base(path))
	case info.Mode().Perm()&0o022 != 0:
		return nil, fmt.Errorf("others may write to %s", filepath.Base(path))
	case ok && s.Uid != 0 && int(s.Uid) != os.Geteuid():
		return nil, fmt.Errorf("%s belongs to somebody else than root and the user that Writ runs as", filepath.Base(path))
	}
	return info, nil
}

func stampOf(info fs.FileInfo) string {
	var inode uint64
	if s, ok := info.Sys().(*syscall.Stat_t); ok {
		inode = uint64(s.Ino) //nolint:unconvert // 32 bits on some machines
	}
	return fmt.Sprintf("%d:%d:%d", inode, info.Size(), info.ModTime().UnixNano())
}
