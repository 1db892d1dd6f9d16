package directory

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"writ/server/db"
	"writ/server/errs"
)

// Files are the values of BINARY properties (role-model 1.3). A content is kept once, by its digest, whoever has it; a resource holds the text
// that stands for it (File.String), which is what rules copy, orders carry and comparisons look at. Who sends or shows it reads the content.

// MaxFile is how many bytes a file has at most.
const MaxFile = 4 << 20

// File is a file without its content.
type File struct {
	Size   int    // bytes
	SHA256 string // hexadecimal
}

// String is the value of a property that holds the file. The same content gives the same text.
func (f File) String() string { return fmt.Sprintf("%d bytes sha256:%s", f.Size, f.SHA256) }

var fileText = regexp.MustCompile(`^([1-9][0-9]{0,6}) bytes sha256:([0-9a-f]{64})$`)

// ParseFile reads the value of a property; false: it stands for no file.
func ParseFile(value string) (File, bool) {
	m := fileText.FindStringSubmatch(value)
	if m == nil {
		return File{}, false
	}
	size, err := strconv.Atoi(m[1])
	return File{size, m[2]}, err == nil && size <= MaxFile
}

// Files gathers contents on their way into the database.
type Files map[File][]byte

// Put adds a content and gives the value that stands for it; nothing for nothing. Validation when it is too large.
func (f Files) Put(content []byte) (string, error) {
	switch {
	case len(content) == 0:
		return "", nil
	case len(content) > MaxFile:
		return "", errs.Invalid("", "the file has %d bytes, and at most %d can be kept", len(content), MaxFile)
	}
	sum := sha256.Sum256(content)
	file := File{len(content), hex.EncodeToString(sum[:])}
	f[file] = content
	return file.String(), nil
}

// PutText adds a content that is written in base 64, as systems without bytes and people send it. Validation when it is none.
func (f Files) PutText(text string) (string, error) {
	content, err := base64.StdEncoding.DecodeString(strings.TrimSpace(text))
	if err != nil {
		return "", bad(text, "a file in base 64")
	}
	return f.Put(content)
}

// Bytes is how much there is to keep.
func (f Files) Bytes() (sum int) {
	for file := range f {
		sum += file.Size
	}
	return sum
}

const (
	fileKept     = 30 * 24 * time.Hour // a file that nobody has is kept so long after it came last
	fileRenewed  = 7 * 24 * time.Hour  // one that came within that is not written again
	filesAtOnce  = 32 << 20            // bytes that are read for one answer
	filesWritten = 8 << 20             // bytes in one statement, about
)

// KeepFiles keeps contents, in their order so that two who keep the same ones do not wait for each other in a circle. What is there already is
// not sent again.
func KeepFiles(ctx context.Context, tx bun.IDB, now time.Time, files Files) error {
	if len(files) == 0 {
		return nil
	}
	digests := make([]string, 0, len(files))
	for f := range files {
		digests = append(digests, f.SHA256)
	}
	var there []string
	if err := tx.NewRaw("select sha256 from resource_file where sha256 = any (?) and kept_at > ?", array(digests), now.Add(-fileRenewed)).Scan(ctx, &there); err != nil {
		return fmt.Errorf("look which files are kept: %w", err)
	}
	known := make(map[string]bool, len(there))
	for _, s := range there {
		known[s] = true
	}
	var rows []string
	var contents [][]byte
	size := 0
	flush := func() error {
		if len(rows) == 0 {
			return nil
		}
		_, err := tx.NewRaw(`insert into resource_file (sha256, content, kept_at) select f.sha256, decode(f.content, 'base64'), ?
			from unnest(?::text[], ?::text[]) f (sha256, content) order by f.sha256
			on conflict (sha256) do update set kept_at = excluded.kept_at where resource_file.kept_at < excluded.kept_at`, now, array(rows), array(inBase64(contents))).Exec(ctx)
		rows, contents, size = rows[:0], contents[:0], 0
		if err != nil {
			return fmt.Errorf("keep files: %w", err)
		}
		return nil
	}
	for _, f := range slices.SortedFunc(maps.Keys(files), func(a, b File) int { return cmp.Compare(a.SHA256, b.SHA256) }) {
		if known[f.SHA256] {
			continue
		}
		rows, contents, size = append(rows, f.SHA256), append(contents, files[f]), size+f.Size
		if size >= filesWritten {
			if err := flush(); err != nil {
				return err
			}
		}
	}
	return flush()
}

func inBase64(contents [][]byte) []string {
	out := make([]string, len(contents))
	for i, c := range contents {
		out[i] = base64.StdEncoding.EncodeToString(c)
	}
	return out
}

// FileContents reads the contents of files by their digests; those that are not kept (any more) are left out.
func FileContents(ctx context.Context, idb bun.IDB, files []File) (map[File][]byte, error) {
	if len(files) == 0 {
		return nil, nil
	}
	digests := make([]string, len(files))
	for i, f := range files {
		digests[i] = f.SHA256
	}
	found := make(map[File][]byte, len(files))
	err := db.Select(ctx, idb, bun.SafeQuery("select sha256, content from resource_file where sha256 = any (?)", array(digests)), func(r *db.Row) error {
		digest, content := r.Text(), slices.Clone(r.Bytes())
		found[File{len(content), digest}] = content
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read files: %w", err)
	}
	return found, nil
}

// ForgetFiles drops the contents that no resource has, nor had in any version that is kept, a month after they came last.
func (s *Service) ForgetFiles(ctx context.Context) error {
	before := s.Clock.Now().Add(-fileKept)
	old, err := s.DB.NewSelect().Table("resource_file").Where("kept_at < ?", before).Exists(ctx)
	if err == nil && old {
		_, err = s.DB.NewRaw(`delete from resource_file f where f.kept_at < ?
			and not exists (select from resource r join property p on p.entity_type_id = r.entity_type_id and p.type = 'BINARY'
				where right(r.scalars ->> p.identifier, 64) = f.sha256)
			and not exists (select from resource_version v join resource r on r.id = v.resource_id
				join property p on p.entity_type_id = r.entity_type_id and p.type = 'BINARY' where right(v.scalars ->> p.identifier, 64) = f.sha256)`, before).Exec(ctx)
	}
	if err != nil {
		return fmt.Errorf("drop files that nobody has: %w", err)
	}
	return nil
}

// ResourceFile is a file with its content.
type ResourceFile struct {
	SHA256    string
	Size      int
	MediaType string // as its first bytes tell
	Content   string // base 64
}

// FilesOf reads files by the values that stand for them; values that stand for none, and contents that are not kept any more, are left out. The
// caller has read the values, and so may read the files. TooLarge for more than an answer should hold.
func (s *Service) FilesOf(ctx context.Context, values []string) (map[string]*ResourceFile, error) {
	wanted, size := []File{}, 0
	for _, v := range values {
		if f, ok := ParseFile(v); ok {
			wanted, size = append(wanted, f), size+f.Size
		}
	}
	if size > filesAtOnce {
		return nil, errs.New(errs.TooLarge, "The files asked for have %d bytes together, %d are the limit. Ask for fewer at once.", size, filesAtOnce)
	}
	contents, err := FileContents(ctx, s.DB, wanted)
	if err != nil {
		return nil, err
	}
	found := make(map[string]*ResourceFile, len(contents))
	for f, content := range contents {
		found[f.String()] = &ResourceFile{SHA256: f.SHA256, Size: f.Size, MediaType: http.DetectContentType(content), Content: base64.StdEncoding.EncodeToString(content)}
	}
	return found, nil
}
