package csv

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"io/fs"
	"os"
	"time"
)

// largestStamp is up to how many bytes a file is read to tell whether its content is what it was: reading larger ones twice costs more than it saves.
const largestStamp = 1 << 30

// doubtful is how long after its last change a file is not known by its identity: file systems count time in steps, and within one of them a file
// may change again without a trace.
const doubtful = 3 * time.Second

// stamped is the content of a file, and what the file was when it was read.
type stamped struct {
	identity state
	content  string
}

// Stamps gives the digest of the content of each file: one that was saved again, or replaced by its own copy, holds what it held. Files that cannot be
// read, and very large ones, are left out.
func (c *Conn) Stamps(ctx context.Context) (map[string]string, error) {
	files, err := c.place.files()
	if err != nil {
		return nil, err
	}
	root, err := os.OpenRoot(c.place.Root)
	if err != nil {
		return nil, c.place.Explain(c.place.Root, err)
	}
	defer root.Close()
	found := map[string]string{}
	for _, f := range files {
		if f.err != nil || f.info.Size() > largestStamp {
			continue
		}
		content, err := c.stamp(ctx, root, f)
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if err == nil {
			found[f.table] = content
		}
	}
	return found, nil
}

func (c *Conn) stamp(ctx context.Context, root *os.Root, f file) (string, error) {
	now := identity(f.info)
	c.mu.Lock()
	known := c.stamps[f.path]
	c.mu.Unlock()
	if known.content != "" && known.identity == now {
		return known.content, nil
	}
	h, info, err := c.place.Open(root, f.path)
	if err != nil {
		return "", err
	}
	defer h.Close()
	sum := sha256.New()
	if _, err := io.Copy(sum, cancellable{ctx, h}); err != nil {
		return "", err
	}
	known = stamped{identity(info), hex.EncodeToString(sum.Sum(nil))}
	if isSettled(info) {
		c.mu.Lock()
		c.stamps[f.path] = known
		c.mu.Unlock()
	}
	return known.content, nil
}

// isSettled reports whether the last change of a file is so long ago that its identity stands for its content.
func isSettled(info fs.FileInfo) bool {
	s := identity(info)
	// The machine's clock and not the product's: it is compared with times that the file system gave.
	return time.Since(time.Unix(0, max(s.modified, s.changed))) > doubtful
}

// cancellable is a reader that ends with its context.
type cancellable struct {
	ctx context.Context
	r   io.Reader
}

// Read implements io.Reader.
func (c cancellable) Read(p []byte) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, err
	}
	return c.r.Read(p)
}
