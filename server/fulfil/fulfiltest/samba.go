package fulfiltest

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-ldap/ldap/v3"
)

// Samba is a domain controller of Active Directory, one for all tests of a process: its ports cannot be chosen, and a new domain takes some seconds. It
// has an address of loopback for itself, so that others may run beside it. Each test works in an organizational unit of its own.
type Samba struct {
	Addr    string // host:port of ldap://, with StartTLS; takes passwords in the clear, for proxies that have to read
	TLSAddr string // host:port of ldaps://
	CA      string // certificate of the authority that its own comes from, PEM
	Suffix  string
	User    string // who may do everything
	dir     string
	command *exec.Cmd
	alive   io.Closer     // its input
	ended   chan struct{} // closed when it is gone
	units   atomic.Int64
}

// SambaPassword is that of Samba.User.
const SambaPassword = "Passw0rd!writ"

const sambaConfig = `[global]
netbios name = DC1
realm = AD.EXAMPLE.TEST
workgroup = ADTEST
server role = active directory domain controller
server services = ldap
interfaces = ADDRESS/8
bind interfaces only = yes
disable netbios = yes
ldap server require strong auth = no
ldb:nosync = yes
private dir = DIR/ad/private
lock directory = DIR/ad
state directory = DIR/ad/state
cache directory = DIR/ad/cache
pid directory = DIR
ncalrpc dir = DIR/ncalrpc
log file = DIR/log
logging = file
tls keyfile = DIR/key.pem
tls certfile = DIR/cert.pem
tls cafile =
`

// samba is the one of this process.
var samba struct {
	sync.Mutex
	is  *Samba
	err error
}

// MustSamba gives the domain controller of this process; it has to be ended with StopSamba when the tests are over, and ends with the process in any case. The
// test is skipped where Samba is not installed, or may not be started.
func MustSamba(tb testing.TB) *Samba {
	tb.Helper()
	for _, path := range []string{"/usr/sbin/samba", "/usr/bin/samba-tool"} {
		if _, err := os.Stat(path); err != nil || os.Geteuid() != 0 {
			tb.Skip("Samba is not installed or we are not root, so nothing of Active Directory is tested here (Debian, as root: apt-get install samba samba-ad-dc samba-ad-provision samba-dsdb-modules)")
		}
	}
	samba.Lock()
	defer samba.Unlock()
	if samba.is == nil && samba.err == nil {
		samba.is, samba.err = newSamba()
	}
	if samba.err != nil {
		tb.Fatal(samba.err)
	}
	return samba.is
}

// StopSamba ends the domain controller of this process, if there is one.
func StopSamba() {
	samba.Lock()
	defer samba.Unlock()
	if samba.is != nil {
		samba.is.stop()
		_ = os.RemoveAll(samba.is.dir)
		samba.is = nil
	}
}

func newSamba() (_ *Samba, err error) {
	s := &Samba{Suffix: "DC=ad,DC=example,DC=test", User: "Administrator@ad.example.test"}
	if s.dir, err = os.MkdirTemp("", "writ-samba"); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			s.stop()
			_ = os.RemoveAll(s.dir)
		}
	}()
	provision := exec.Command("samba-tool", "domain", "provision", "--targetdir="+s.dir+"/ad", "--realm=AD.EXAMPLE.TEST", "--domain=ADTEST", "--server-role=dc", "--dns-backend=NONE",
		"--adminpass="+SambaPassword, "--use-rfc2307", "--host-name=dc1", "--host-ip=127.0.0.1", "--option=posix:eadb="+s.dir+"/eadb.tdb", "--quiet")
	if said, err := provision.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("make a domain: %w: %s", err, said)
	}
	for try := 0; ; try++ { // an address may be somebody else's
		if err = s.start(); err == nil || try == 4 {
			return s, err
		}
		s.stop()
	}
}

// freeLoopback is an address of this machine at which nobody listens for LDAP.
func freeLoopback() (string, error) {
	for range 100 {
		address := fmt.Sprintf("127.%d.%d.%d", 32+rand.IntN(200), rand.IntN(256), 1+rand.IntN(250))
		l, err := net.Listen("tcp", address+":389")
		if err == nil {
			return address, l.Close()
		}
	}
	return "", errors.New("no address of loopback is free")
}

func (s *Samba) start() error {
	address, err := freeLoopback()
	if err != nil {
		return err
	}
	s.Addr, s.TLSAddr = address+":389", address+":636"
	if s.CA, err = certify(s.dir, address); err != nil {
		return err
	}
	path := filepath.Join(s.dir, "smb.conf")
	if err := os.WriteFile(path, []byte(strings.NewReplacer("ADDRESS", address, "DIR", s.dir).Replace(sambaConfig)), 0o600); err != nil {
		return err
	}
	var log bytes.Buffer
	s.command = exec.Command("samba", "-i", "-s", path, "--model=single", "--no-process-group") // -i: it ends when its input does, so with this process
	s.command.Stdout, s.command.Stderr = &log, &log
	if s.alive, err = s.command.StdinPipe(); err != nil {
		return err
	}
	if err := s.command.Start(); err != nil {
		return err
	}
	s.ended = make(chan struct{})
	go func(command *exec.Cmd, ended chan struct{}) {
		_ = command.Wait()
		close(ended)
	}(s.command, s.ended)
	deadline := time.After(time.Minute)
	for {
		if c, err := s.Dial(); err == nil {
			return c.Close()
		}
		select {
		case <-s.ended:
			return fmt.Errorf("samba ended: %s", &log)
		case <-deadline:
			return errors.New("samba does not answer")
		case <-time.After(50 * time.Millisecond):
		}
	}
}

func (s *Samba) stop() {
	if s.command == nil || s.command.Process == nil {
		return
	}
	_ = s.alive.Close()
	_ = s.command.Process.Kill()
	<-s.ended
}

// Dial is a session of the administrator, encrypted.
func (s *Samba) Dial() (*ldap.Conn, error) {
	c, err := s.DialNobody()
	if err != nil {
		return nil, err
	}
	if err := c.Bind(s.User, SambaPassword); err != nil {
		_ = c.Close()
		return nil, err
	}
	return c, nil
}

// DialNobody is a session, encrypted, of nobody yet.
func (s *Samba) DialNobody() (*ldap.Conn, error) {
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM([]byte(s.CA))
	return ldap.DialURL("ldaps://"+s.TLSAddr, ldap.DialWithTLSConfig(&tls.Config{RootCAs: pool, ServerName: strings.Split(s.TLSAddr, ":")[0]}))
}

// MustAdmin is a session of the administrator; it ends with the test.
func (s *Samba) MustAdmin(tb testing.TB) *ldap.Conn {
	tb.Helper()
	c, err := s.Dial()
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = c.Close() })
	return c
}

// MustUnit makes an organizational unit for a test.
func (s *Samba) MustUnit(tb testing.TB, admin *ldap.Conn) string {
	tb.Helper()
	dn := "OU=t" + strconv.FormatInt(s.units.Add(1), 10) + "," + s.Suffix
	if err := admin.Add(LDAPEntry(dn, "objectClass", "organizationalUnit")); err != nil {
		tb.Fatal(err)
	}
	return dn
}

// Settings are those of a connection to it, encrypted; table settings have to be added.
func (s *Samba) Settings() map[string]string {
	return map[string]string{"url": "ldaps://" + s.TLSAddr, "caCertificate": s.CA, "user": s.User, "password": SambaPassword}
}

// SettingsThrough is Settings through a proxy, which has to read: not encrypted.
func (s *Samba) SettingsThrough(p *LDAPProxy) map[string]string {
	settings := s.Settings()
	settings["url"], settings["startTLS"] = "ldap://"+p.Addr(), "false"
	return settings
}

// MustSearch is what the system's own tool sees: ldbsearch over LDAP, as it prints it.
func (s *Samba) MustSearch(tb testing.TB, base, filter string, attributes ...string) string {
	tb.Helper()
	args := append([]string{"-H", "ldap://" + strings.Split(s.Addr, ":")[0], "-U", "Administrator%" + SambaPassword, "--configfile=" + filepath.Join(s.dir, "smb.conf"), "-b", base, filter}, attributes...)
	said, err := exec.Command("ldbsearch", args...).CombinedOutput()
	if err != nil {
		tb.Fatalf("ldbsearch: %s: %s", err, said)
	}
	return string(said)
}
