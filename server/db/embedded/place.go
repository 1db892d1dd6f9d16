//go:build unix

package embedded

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// runUser is who runs PostgreSQL. The zero value is ourselves.
type runUser struct {
	other    bool
	uid, gid int
}

// findUser drops root to nobody: PostgreSQL refuses to run as root.
func findUser() (runUser, error) {
	if os.Geteuid() != 0 {
		return runUser{}, nil
	}
	for _, name := range []string{"nobody", "postgres"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, err1 := strconv.Atoi(u.Uid)
		gid, err2 := strconv.Atoi(u.Gid)
		if err1 == nil && err2 == nil && uid != 0 {
			return runUser{other: true, uid: uid, gid: gid}, nil
		}
	}
	return runUser{}, errors.New("PostgreSQL does not run as root, and there is no user nobody to run it as: start Writ as another user, or set WRIT_DATABASE_URL")
}

// attributes starts a process as that user, in its own process group so that Ctrl-C in a terminal reaches only us.
func (u runUser) attributes() *syscall.SysProcAttr {
	a := &syscall.SysProcAttr{Setpgid: true}
	if u.other {
		a.Credential = &syscall.Credential{Uid: uint32(u.uid), Gid: uint32(u.gid)}
	}
	return a
}

// Unprivileged gives what starts a process that may not be root, and a function that hands it a folder.
func Unprivileged() (attributes *syscall.SysProcAttr, own func(path string) error, err error) {
	u, err := findUser()
	if err != nil {
		return nil, nil, err
	}
	return u.attributes(), u.own, nil
}

// own hands a file or folder to that user.
func (u runUser) own(path string) error {
	if !u.other {
		return nil
	}
	return os.Chown(path, u.uid, u.gid)
}

// reaches tries whether that user can enter a folder; only trying knows about access lists and mount options.
func (u runUser) reaches(dir string) bool {
	if !u.other {
		return true
	}
	cmd := exec.Command("/bin/sh", "-c", `cd "$1"`, "sh", dir)
	cmd.Dir = "/"
	cmd.SysProcAttr = u.attributes()
	return cmd.Run() == nil
}

// place says where everything of one data folder lives.
type place struct {
	user      runUser
	dataDir   string // Writ's own
	cluster   string // PostgreSQL's data folder
	socketDir string // short: the path of a socket has about 100 characters at most
}

// locationFile tells where the cluster is when it could not be inside the data folder.
const locationFile = "postgres.location"

// passwordFile holds the generated password of the cluster; it is there before the cluster.
const passwordFile = "postgres.password"

func findPlace(dataDir string) (place, error) {
	var p place
	var err error
	if p.user, err = findUser(); err != nil {
		return p, err
	}
	if p.dataDir, err = filepath.Abs(dataDir); err != nil {
		return p, err
	}
	if err := makePassable(p.dataDir); err != nil {
		return p, err
	}
	if p.cluster, err = p.findCluster(); err != nil {
		return p, err
	}
	p.socketDir, err = p.makeSocketDir()
	return p, err
}

// makePassable makes a folder that others may pass through but not look into. One that exists stays as it is.
func makePassable(dir string) error {
	if _, err := os.Stat(dir); err == nil {
		return nil
	}
	if err := os.MkdirAll(dir, 0o711); err != nil {
		return err
	}
	return os.Chmod(dir, 0o711) // whatever the umask said
}

// findCluster chooses the folder once; afterwards it is where it was.
func (p place) findCluster() (string, error) {
	inside := filepath.Join(p.dataDir, "postgres")
	note := filepath.Join(p.dataDir, locationFile)
	if raw, err := os.ReadFile(note); err == nil {
		elsewhere := strings.TrimSpace(string(raw))
		if !isCluster(elsewhere) {
			return "", fmt.Errorf("the database of this data folder was in %s and is not there any more: bring it back, or delete %s to begin with an empty database", elsewhere, note)
		}
		return elsewhere, nil
	}
	if p.user.reaches(p.dataDir) {
		return inside, nil
	}
	if isCluster(inside) {
		return "", fmt.Errorf("the user who runs PostgreSQL cannot reach %s: let others pass through the folders above it (chmod o+x), or start Writ as another user", inside)
	}
	return p.outside(), nil
}

// outside names the folder for a cluster that cannot be inside the data folder. A data folder that was deleted, or cloned anew
// to the same path, leaves the cluster of its predecessor behind: that is neither opened (its password is gone) nor
// overwritten; the new one gets the next number. With a password the newest is ours: we ended before noting it.
func (p place) outside() string {
	sum := sha256.Sum256([]byte(p.dataDir))
	folder := filepath.Join("/var/lib", "writ-"+hex.EncodeToString(sum[:6]))
	candidate := func(n int) string {
		if n == 1 {
			return filepath.Join(folder, "postgres")
		}
		return filepath.Join(folder+"-"+strconv.Itoa(n), "postgres")
	}
	n := 1
	for isCluster(candidate(n)) {
		n++
	}
	if _, err := os.Stat(filepath.Join(p.dataDir, passwordFile)); err == nil && n > 1 {
		n--
	}
	return candidate(n)
}

// noteLocation remembers a cluster outside the data folder, once it exists.
func (p place) noteLocation() error {
	if filepath.Dir(p.cluster) == p.dataDir {
		return nil
	}
	return os.WriteFile(filepath.Join(p.dataDir, locationFile), []byte(p.cluster+"\n"), 0o644)
}

// majorVersion of the existing cluster, "" when there is none yet.
func (p place) majorVersion() string {
	raw, err := os.ReadFile(filepath.Join(p.cluster, "PG_VERSION"))
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(raw))
}

func isCluster(dir string) bool {
	_, err := os.Stat(filepath.Join(dir, "PG_VERSION"))
	return err == nil
}

// makeSocketDir gives the same short folder for the same cluster. Whoever made it before us must be ourselves: in a
// folder for everybody, a stranger's would let him pose as the database.
func (p place) makeSocketDir() (string, error) {
	sum := sha256.Sum256([]byte(p.cluster))
	name := "writ-" + hex.EncodeToString(sum[:6])
	for _, base := range []string{os.TempDir(), "/tmp", "/var/tmp"} {
		if len(base) > 60 || !p.user.reaches(base) {
			continue
		}
		dir := filepath.Join(base, name)
		if err := os.Mkdir(dir, 0o755); err != nil && !errors.Is(err, os.ErrExist) {
			continue
		}
		if !p.trusted(dir) || p.user.own(dir) != nil {
			continue
		}
		return dir, nil
	}
	return "", errors.New("there is no folder for PostgreSQL's socket: /tmp must be writable")
}

func (p place) trusted(dir string) bool {
	info, err := os.Lstat(dir)
	if err != nil || !info.IsDir() {
		return false
	}
	st, ok := info.Sys().(*syscall.Stat_t)
	return ok && (int(st.Uid) == os.Geteuid() || p.user.other && int(st.Uid) == p.user.uid)
}
