package fulfil

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"writ/server/errs"
)

// Place is where a file of a connection lies: a path inside a root. Every access goes through os.Root, so that neither ".." nor a
// symbolic link, made before or after the settings were checked, leads out of it.
type Place struct {
	Field string // setting that names it, for messages
	Root  string
	Path  string // relative to Root; may name a folder or a file
}

// PlaceOf finds the root of a path: the folder for files, where relative paths begin, or one of the further roots. VALIDATION for a path that
// leads out of them, told as a fault of the setting named field. It need not be there yet.
func PlaceOf(field, path, dataDir string, roots []string) (Place, error) {
	if filepath.IsAbs(path) {
		for _, root := range append([]string{dataDir}, roots...) {
			if root == "" {
				continue
			}
			if abs, err := filepath.Abs(root); err == nil {
				if rel, err := filepath.Rel(abs, path); err == nil && filepath.IsLocal(rel) {
					return Place{Field: field, Root: abs, Path: rel}, nil
				}
			}
		}
	} else if local := filepath.Clean(path); filepath.IsLocal(local) && dataDir != "" {
		return Place{Field: field, Root: dataDir, Path: local}, nil
	}
	return Place{}, outside(field, path)
}

func outside(field, path string) error {
	return errs.Invalid(field, "%q leads out of the folders that files may be read from. Give a path relative to the folder files in the data folder, or put the folder on the list --file-roots.", path)
}

// openTries is how often a file is opened that is replaced in that moment.
const openTries = 5

// Open opens a file to read it, if that is what lies at a path at this moment: what was looked at before may have been replaced since. It does not
// wait for the other end of a pipe. UNAVAILABLE when the path leads to another file each time.
func (p Place) Open(root *os.Root, path string) (*os.File, fs.FileInfo, error) {
	for range openTries {
		h, info, err := p.open(root, path)
		if err != nil || h != nil {
			return h, info, err
		}
	}
	return nil, nil, errs.New(errs.Unavailable, "%q is replaced again and again. Let it be for a moment, then read again.", path).At(p.Field)
}

// open gives no file and no error when the path leads elsewhere by now. A file that had another name when it was opened may have lost the one by which
// it was: then it has one name, which may lie outside. So twice in turn: it is what the path leads to, and it has no other name.
func (p Place) open(root *os.Root, path string) (*os.File, fs.FileInfo, error) {
	h, err := root.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, nil, p.Explain(path, err)
	}
	var info fs.FileInfo
	for range 2 {
		there, gone := root.Stat(path)
		if info, err = h.Stat(); err != nil {
			err = p.Explain(path, err)
		} else {
			err = p.Plain(path, info)
		}
		if err != nil || gone != nil || !os.SameFile(there, info) {
			_ = h.Close()
			return nil, nil, err
		}
	}
	return h, info, nil
}

// Plain refuses what is no plain file, and a file that has another name: that may lie outside of the folders that files may be read from.
func (p Place) Plain(path string, info fs.FileInfo) error {
	switch {
	case !info.Mode().IsRegular():
		return errs.Invalid(p.Field, "%q is neither a folder nor a file.", path)
	case hardLinks(info) > 1:
		return errs.Invalid(p.Field, "%q has another name (a hard link), which may lie outside of the folders that files may be read from. Put a copy there instead.", path)
	}
	return nil
}

// Explain turns what the file system said into an expected failure.
func (p Place) Explain(path string, err error) error {
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return errs.New(errs.Unavailable, "%q is not there.", path).At(p.Field).Because(err)
	case errors.Is(err, fs.ErrPermission):
		return errs.New(errs.Unavailable, "%q may not be read by the user that Writ runs as.", path).At(p.Field).Because(err)
	}
	var pathErr *fs.PathError
	if errors.As(err, &pathErr) && isEscape(pathErr.Err) {
		return outside(p.Field, path)
	}
	return errs.New(errs.Unavailable, "%q cannot be read now.", path).At(p.Field).Because(err)
}

// isEscape: os keeps that error to itself, so it is made once here in order to be compared with.
func isEscape(err error) bool {
	root, openErr := os.OpenRoot(os.TempDir())
	if openErr != nil {
		return false
	}
	defer root.Close()
	_, escape := root.Stat("..")
	var pathErr *fs.PathError
	return errors.As(escape, &pathErr) && errors.Is(err, pathErr.Err)
}

// hardLinks is how many names the file has; 0: the file system does not tell.
func hardLinks(info fs.FileInfo) uint64 {
	if s, ok := info.Sys().(*syscall.Stat_t); ok {
		return uint64(s.Nlink) //nolint:unconvert // 16 bits on some machines
	}
	return 0
}
