package csv

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"writ/server/errs"
)

// place is where the files of a connection lie: a path inside a root. Every access goes through os.Root, so that neither ".." nor a
// symbolic link, made before or after the settings were checked, leads out of it.
type place struct {
	root string
	path string // relative to root; may name a folder or a file
}

// file is one table.
type file struct {
	table string
	path  string // relative to the root
	info  fs.FileInfo
	err   error // it cannot be read at all, and info is missing
}

func placeOf(path, dataDir string, roots []string) (place, error) {
	if filepath.IsAbs(path) {
		for _, root := range append([]string{dataDir}, roots...) {
			if root == "" {
				continue
			}
			if abs, err := filepath.Abs(root); err == nil {
				if rel, err := filepath.Rel(abs, path); err == nil && filepath.IsLocal(rel) {
					return place{root: abs, path: rel}, nil
				}
			}
		}
	} else if local := filepath.Clean(path); filepath.IsLocal(local) && dataDir != "" {
		return place{root: dataDir, path: local}, nil
	}
	return place{}, outside(path)
}

func outside(path string) error {
	return errs.Invalid("path", "%q leads out of the folders that files may be read from. Give a path relative to the folder files in the data folder, or put the folder on the list --file-roots.", path)
}

// open opens the root and looks at the path in it.
func (p place) open() (*os.Root, fs.FileInfo, error) {
	root, err := os.OpenRoot(p.root)
	if err != nil {
		return nil, nil, p.explain(p.root, err)
	}
	info, err := root.Stat(p.path)
	if err != nil {
		_ = root.Close()
		return nil, nil, p.explain(p.path, err)
	}
	return root, info, nil
}

// openFile opens a file to read it, if that is what lies at a path at this moment: what was looked at before may have been replaced since. It does not
// wait for the other end of a pipe.
func (p place) openFile(root *os.Root, path string) (*os.File, fs.FileInfo, error) {
	h, err := root.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, nil, p.explain(path, err)
	}
	info, err := h.Stat()
	if err != nil {
		err = p.explain(path, err)
	} else {
		err = readable(path, info)
	}
	if err != nil {
		_ = h.Close()
		return nil, nil, err
	}
	return h, info, nil
}

// readable refuses what is no plain file, and a file that has another name: that may lie outside of the folders that files may be read from.
func readable(path string, info fs.FileInfo) error {
	switch {
	case !info.Mode().IsRegular():
		return errs.Invalid("path", "%q is neither a folder nor a file.", path)
	case names(info) > 1:
		return errs.Invalid("path", "%q has another name (a hard link), which may lie outside of the folders that files may be read from. Put a copy there instead.", path)
	}
	return nil
}

// explain turns what the file system said into an expected failure.
func (p place) explain(path string, err error) error {
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return errs.New(errs.Unavailable, "%q is not there.", path).At("path").Because(err)
	case errors.Is(err, fs.ErrPermission):
		return errs.New(errs.Unavailable, "%q may not be read by the user that Writ runs as.", path).At("path").Because(err)
	}
	var pathErr *fs.PathError
	if errors.As(err, &pathErr) && isEscape(pathErr.Err) {
		return outside(path)
	}
	return errs.New(errs.Unavailable, "%q cannot be read now.", path).At("path").Because(err)
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

// files lists the tables, by name. What is wrong with one of them is in its err: those whom it does not concern are not held up.
func (p place) files() ([]file, error) {
	root, info, err := p.open()
	if err != nil {
		return nil, err
	}
	defer root.Close()
	if !info.IsDir() {
		if err := readable(p.path, info); err != nil {
			return nil, err
		}
		return []file{{table: tableName(filepath.Base(p.path)), path: p.path, info: info}}, nil
	}
	dir, err := root.Open(p.path)
	if err != nil {
		return nil, p.explain(p.path, err)
	}
	defer dir.Close()
	entries, err := dir.ReadDir(-1)
	if err != nil {
		return nil, p.explain(p.path, err)
	}
	var found []file
	for _, e := range entries {
		// A hidden file is somebody's file in the making.
		if strings.HasPrefix(e.Name(), ".") || !strings.EqualFold(filepath.Ext(e.Name()), ".csv") {
			continue
		}
		path := filepath.Join(p.path, e.Name())
		f := file{table: tableName(e.Name()), path: path}
		if f.info, err = root.Stat(path); err != nil {
			f.err = p.explain(path, err)
		} else if !f.info.Mode().IsRegular() {
			continue
		} else {
			f.err = readable(path, f.info)
		}
		found = append(found, f)
	}
	slices.SortFunc(found, func(a, b file) int { return strings.Compare(a.path, b.path) })
	seen := map[string]int{}
	for i, f := range found {
		if other, taken := seen[f.table]; taken {
			found[i].err = errs.Invalid("path", "The files %q and %q would both be table %s. Rename one.", found[other].path, f.path, f.table)
			found[other].err = found[i].err
			continue
		}
		seen[f.table] = i
	}
	return found, nil
}

// file finds the file of a table; NotFound when there is none.
func (p place) file(table string) (file, error) {
	files, err := p.files()
	if err != nil {
		return file{}, err
	}
	names := make([]string, len(files))
	for i, f := range files {
		if f.table == table {
			return f, f.err
		}
		names[i] = f.table
	}
	return file{}, errs.Missing("There is no file for table %s in %q. There are: %s.", table, p.path, strings.Join(names, ", "))
}

func tableName(base string) string {
	return strings.ToValidUTF8(strings.TrimSuffix(base, filepath.Ext(base)), "\uFFFD") // a name is any bytes to the file system
}

// Token changes when a file appears, vanishes, grows, shrinks, gets another time, or is replaced by one of the same size and time.
func (c *Conn) Token(context.Context) (string, error) {
	files, err := c.place.files()
	if err != nil {
		return "", err
	}
	sum := sha256.New()
	for _, f := range files {
		if f.err != nil {
			fmt.Fprintf(sum, "%s\x00%s\n", f.path, f.err)
			continue
		}
		fmt.Fprintf(sum, "%s\x00%v\n", f.path, identity(f.info))
	}
	return hex.EncodeToString(sum.Sum(nil)), nil
}

// state is what tells one content of a file from another without reading it.
type state struct {
	size, modified, changed int64
	inode                   uint64
}

func identity(info fs.FileInfo) state {
	s := state{size: info.Size(), modified: info.ModTime().UnixNano()}
	s.inode, s.changed = inode(info) // a copy may bring its time along; the file system keeps one of its own
	return s
}
