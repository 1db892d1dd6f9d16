package csv

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"writ/server/errs"
	"writ/server/fulfil"
)

// place is where the files of a connection lie: a folder or a file.
type place struct{ fulfil.Place }

// file is one table.
type file struct {
	table string
	path  string // relative to the root
	info  fs.FileInfo
	err   error // it cannot be read at all, and info is missing
}

// open opens the root and looks at the path in it.
func (p place) open() (*os.Root, fs.FileInfo, error) {
	root, err := os.OpenRoot(p.Root)
	if err != nil {
		return nil, nil, p.Explain(p.Root, err)
	}
	info, err := root.Stat(p.Path)
	if err != nil {
		_ = root.Close()
		return nil, nil, p.Explain(p.Path, err)
	}
	return root, info, nil
}

// files lists the tables, by name. What is wrong with one of them is in its err: those whom it does not concern are not held up.
func (p place) files() ([]file, error) {
	root, info, err := p.open()
	if err != nil {
		return nil, err
	}
	defer root.Close()
	if !info.IsDir() {
		if err := p.Plain(p.Path, info); err != nil {
			return nil, err
		}
		return []file{{table: tableName(filepath.Base(p.Path)), path: p.Path, info: info}}, nil
	}
	dir, err := root.Open(p.Path)
	if err != nil {
		return nil, p.Explain(p.Path, err)
	}
	defer dir.Close()
	entries, err := dir.ReadDir(-1)
	if err != nil {
		return nil, p.Explain(p.Path, err)
	}
	var found []file
	for _, e := range entries {
		// A hidden file is somebody's file in the making.
		if strings.HasPrefix(e.Name(), ".") || !strings.EqualFold(filepath.Ext(e.Name()), ".csv") {
			continue
		}
		path := filepath.Join(p.Path, e.Name())
		f := file{table: tableName(e.Name()), path: path}
		if f.info, err = root.Stat(path); err != nil {
			f.err = p.Explain(path, err)
		} else if !f.info.Mode().IsRegular() {
			continue
		} else {
			f.err = p.Plain(path, f.info)
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
	return file{}, errs.Missing("There is no file for table %s in %q. There are: %s.", table, p.Path, strings.Join(names, ", "))
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
