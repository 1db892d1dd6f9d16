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
	path, err = reached(p.folder)
	if err != nil {
		var w wayError
		errors.As(err, &w)
		return "", "", p.says(w.why).Because(err)
	}
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

// mostLinks is how many links lie on the way to a folder at most.
const mostLinks = 40

// wayError is what is wrong with the way to the folder for programs. Whoever may edit connections reads why, and not where.
type wayError struct{ at, why string }

func (w wayError) Error() string { return w.at + ": " + w.why }

// reached follows the way to a folder, and refuses one that somebody else than root and the user that Writ runs as could lead elsewhere: by a link of his, or
// by a folder on the way that is his or that he may write to. Only where nobody removes what is not theirs may others write.
func reached(folder string) (string, error) {
	at, links := string(filepath.Separator), 0
	rest := strings.Split(filepath.Clean(folder), string(filepath.Separator))
	for len(rest) > 0 {
		part := rest[0]
		rest = rest[1:]
		switch part {
		case "", ".":
			continue
		case "..":
			at = filepath.Dir(at)
			continue
		}
		if err := above(at); err != nil {
			return "", err
		}
		next := filepath.Join(at, part)
		info, err := os.Lstat(next)
		switch {
		case err != nil:
			return "", wayError{next, "the folder for programs cannot be found"}
		case info.Mode()&os.ModeSymlink == 0:
			at = next
			continue
		case isOthers(info):
			return "", wayError{next, "a link on the way to the folder for programs belongs to somebody else than root and the user that Writ runs as"}
		}
		target, err := os.Readlink(next)
		if links++; err != nil || links > mostLinks {
			return "", wayError{next, "a link on the way to the folder for programs leads nowhere"}
		}
		if filepath.IsAbs(target) {
			at = string(filepath.Separator)
		}
		rest = append(strings.Split(target, string(filepath.Separator)), rest...)
	}
	return at, nil
}

func above(path string) error {
	info, err := os.Lstat(path)
	switch {
	case err != nil:
		return wayError{path, "a folder above the one for programs cannot be looked at"}
	case info.Mode().Perm()&0o022 != 0 && info.Mode()&os.ModeSticky == 0:
		return wayError{path, "others may write into a folder above the one for programs"}
	case isOthers(info):
		return wayError{path, "a folder above the one for programs belongs to somebody else than root and the user that Writ runs as"}
	}
	return nil
}

// isOthers reports whether something belongs to somebody else than root and the user that Writ runs as.
func isOthers(info fs.FileInfo) bool {
	s, ok := info.Sys().(*syscall.Stat_t)
	return ok && s.Uid != 0 && int(s.Uid) != os.Geteuid()
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
	switch {
	case info.Mode()&os.ModeSymlink != 0:
		return nil, fmt.Errorf("%s is a link; put the file itself there", filepath.Base(path))
	case info.Mode().Perm()&0o022 != 0:
		return nil, fmt.Errorf("others may write to %s", filepath.Base(path))
	case isOthers(info):
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
