package order

import (
	"context"
	"encoding/base64"
	"fmt"

	"writ/server/directory"
)

// Orders hold what stands for a file (directory.File). Its content goes along only while the system is called, so that neither the rows nor what
// waits in memory grows with it.

// carry notes that the content of a file goes along in a column.
func (e *errand) carry(p *directory.Property, column, value string) {
	if p == nil || p.Type != directory.Binary {
		return
	}
	delete(e.files, column)
	file, is := directory.ParseFile(value)
	if !is {
		return // the column is cleared
	}
	if e.files == nil {
		e.files = map[string]directory.File{}
	}
	e.files[column] = file
}

// load puts the contents of files in the places of what stands for them, in base 64; unload takes them out again. A file that is not kept any more
// makes the change one that cannot be written.
func (d *drain) load(ctx context.Context, list ...*errand) (unload func(), err error) {
	var wanted []directory.File
	for _, e := range list {
		for _, f := range e.files {
			wanted = append(wanted, f)
		}
	}
	if len(wanted) == 0 {
		return func() {}, nil
	}
	contents, err := directory.FileContents(ctx, d.DB, wanted)
	if err != nil {
		return nil, err
	}
	for _, e := range list {
		for column, f := range e.files {
			content, there := contents[f]
			if !there {
				e.invalid = fmt.Sprintf("the file for column %s (%s) is not kept any more. Synchronize the system it comes from", column, f)
				continue
			}
			text := base64.StdEncoding.EncodeToString(content)
			e.Change.Changes[column] = &text
		}
	}
	return func() {
		for _, e := range list {
			for column, f := range e.files {
				e.Change.Changes[column] = optional(f.String())
			}
		}
	}, nil
}
