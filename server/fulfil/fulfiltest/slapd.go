package fulfiltest

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/go-ldap/ldap/v3"
)

// Slapd is an OpenLDAP server of its own, with an empty directory: entries ou=people and ou=groups below its suffix, and the user Writ, who may write
// there. It checks that uid and mail are unique, keeps memberOf and references (memberof, refint), tells what changed (syncprov), keeps a log of all changes
// (accesslog), hashes passwords and holds them to a policy (ppolicy), and gives nobody more than 500 entries at once.
type Slapd struct {
	Addr    string // host:port of ldap://, with StartTLS
	TLSAddr string // host:port of ldaps://
	CA      string // certificate of the authority that its own comes from, PEM
	Suffix  string
	People  string
	Groups  string
	User    string // of Writ
	Dir     string
	command *exec.Cmd
	log     *bytes.Buffer
}

// The passwords of Slapd: of its administrator, and of Writ.
const (
	SlapdAdmin    = "slapd-admin"
	SlapdPassword = "slapd-writ"
)

// slapdClass is an object class whose only duty is a uid, so that the suite can do with it what it wants to.
const slapdClass = `objectclass ( 1.3.6.1.4.1.4203.666.1.100 NAME 'writAccount' SUP top STRUCTURAL MUST uid MAY ( displayName $ mail $ businessCategory $ description $ userPassword $ jpegPhoto $ telephoneNumber ) )
`

const slapdConfig = `include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/inetorgperson.schema
include /etc/ldap/schema/nis.schema
` + slapdClass + `modulepath /usr/lib/ldap
moduleload back_mdb
moduleload memberof
moduleload refint
moduleload unique
moduleload syncprov
moduleload accesslog
moduleload ppolicy
pidfile DIR/pid
TLSCACertificateFile DIR/ca.pem
TLSCertificateFile DIR/cert.pem
TLSCertificateKeyFile DIR/key.pem
sizelimit 500
idletimeout 0
database mdb
suffix cn=accesslog
rootdn cn=admin,SUFFIX
directory DIR/log
maxsize 1073741824
dbnosync
index default eq
index entryCSN,objectClass,reqEnd,reqResult,reqStart,reqDN
limits dn.exact="cn=admin,SUFFIX" size=unlimited
database mdb
suffix SUFFIX
rootdn cn=admin,SUFFIX
rootpw slapd-admin
directory DIR/db
maxsize 1073741824
dbnosync
index objectClass,uid,mail,entryUUID,entryCSN,member,uniqueMember,memberUid,manager,cn eq
access to attrs=userPassword by dn.exact="cn=writ,SUFFIX" write by anonymous auth by self write by * none
access to * by dn.exact="cn=writ,SUFFIX" write by * read
limits dn.exact="cn=writ,SUFFIX" size=500 size.pr=500 size.prtotal=unlimited
overlay memberof
memberof-group-oc groupOfNames
overlay refint
refint_attributes member manager uniqueMember
overlay unique
unique_uri "ldap:///?uid?sub?(objectClass=inetOrgPerson)"
unique_uri "ldap:///?mail?sub"
overlay ppolicy
ppolicy_default "cn=policy,SUFFIX"
ppolicy_hash_cleartext
overlay syncprov
syncprov-sessionlog 10000
overlay accesslog
logdb cn=accesslog
logops writes
logold (objectClass=*)
logsuccess TRUE
`

const slapdEntries = `dn: SUFFIX
objectClass: domain
dc: example

dn: ou=people,SUFFIX
objectClass: organizationalUnit
ou: people

dn: ou=groups,SUFFIX
objectClass: organizationalUnit
ou: groups

dn: cn=writ,SUFFIX
objectClass: organizationalRole
objectClass: simpleSecurityObject
cn: writ
userPassword: slapd-writ

dn: cn=policy,SUFFIX
objectClass: organizationalRole
objectClass: pwdPolicy
cn: policy
pwdAttribute: userPassword
pwdMinLength: 8
pwdCheckQuality: 2
pwdInHistory: 3
`

// MustSlapd starts one and ends it with the test. The test is skipped where slapd is not installed.
func MustSlapd(tb testing.TB) *Slapd {
	tb.Helper()
	program := ""
	for _, path := range []string{"/usr/sbin/slapd", "/usr/libexec/slapd", "/usr/local/libexec/slapd"} {
		if _, err := os.Stat(path); err == nil {
			program = path
			break
		}
	}
	if _, err := os.Stat("/usr/lib/ldap/ppolicy.so"); program == "" || err != nil {
		tb.Skip("slapd is not installed, so nothing of LDAP is tested here (Debian: apt-get install slapd ldap-utils slapd-contrib)")
	}
	s := &Slapd{Suffix: "dc=example,dc=test", Dir: tb.TempDir()}
	s.People, s.Groups, s.User = "ou=people,"+s.Suffix, "ou=groups,"+s.Suffix, "cn=writ,"+s.Suffix
	if err := s.prepare(program); err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(s.Stop)
	for try := 0; ; try++ { // a port that was free may be taken meanwhile
		err := s.Start(tb.Context())
		if err == nil {
			return s
		}
		if try == 4 {
			tb.Fatal(err)
		}
		s.choose(program)
	}
}

func (s *Slapd) prepare(program string) error {
	var err error
	if s.CA, err = certify(s.Dir, "127.0.0.1"); err != nil {
		return err
	}
	fill := strings.NewReplacer("SUFFIX", s.Suffix, "DIR", s.Dir)
	for _, dir := range []string{"db", "log"} {
		if err := os.Mkdir(filepath.Join(s.Dir, dir), 0o700); err != nil {
			return err
		}
	}
	for name, text := range map[string]string{"slapd.conf": slapdConfig, "base.ldif": slapdEntries} {
		if err := os.WriteFile(filepath.Join(s.Dir, name), []byte(fill.Replace(text)), 0o600); err != nil {
			return err
		}
	}
	load := exec.Command(program, "-T", "add", "-q", "-f", filepath.Join(s.Dir, "slapd.conf"), "-b", s.Suffix, "-l", filepath.Join(s.Dir, "base.ldif"))
	if said, err := load.CombinedOutput(); err != nil {
		return fmt.Errorf("load the first entries: %w: %s", err, said)
	}
	s.choose(program)
	return nil
}

// choose takes two free ports.
func (s *Slapd) choose(program string) {
	s.Addr, s.TLSAddr = freeAddr(), freeAddr()
	s.command = exec.Command(program, "-f", filepath.Join(s.Dir, "slapd.conf"), "-h", "ldap://"+s.Addr+"/ ldaps://"+s.TLSAddr+"/", "-d", "0")
}

func freeAddr() string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "127.0.0.1:0"
	}
	defer l.Close()
	return l.Addr().String()
}

// Start starts the server, again after Stop: the directory is as it was. Its port may be somebody else's for a moment.
func (s *Slapd) Start(ctx context.Context) error {
	for try := 0; ; try++ {
		err := s.start(ctx)
		if err == nil || try == 20 || ctx.Err() != nil {
			return err
		}
		time.Sleep(100 * time.Millisecond)
	}
}

func (s *Slapd) start(ctx context.Context) error {
	s.command = exec.Command(s.command.Path, s.command.Args[1:]...)
	s.log = &bytes.Buffer{}
	s.command.Stdout, s.command.Stderr = s.log, s.log
	if err := s.command.Start(); err != nil {
		return err
	}
	ended := make(chan error, 1)
	command := s.command
	go func() { ended <- command.Wait() }()
	deadline := time.After(30 * time.Second)
	for {
		if c, err := ldap.DialURL("ldap://" + s.Addr); err == nil {
			err = c.Bind(s.User, SlapdPassword)
			_ = c.Close()
			if err == nil {
				return nil
			}
		}
		select {
		case err := <-ended:
			return fmt.Errorf("slapd ended: %w: %s", err, s.log)
		case <-deadline:
			return fmt.Errorf("slapd does not answer: %s", s.log)
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// Stop kills the server.
func (s *Slapd) Stop() {
	if s.command.Process != nil {
		_ = s.command.Process.Kill()
		_, _ = s.command.Process.Wait()
	}
}

// Settings are those of a connection to it, encrypted; table settings have to be added.
func (s *Slapd) Settings() map[string]string {
	return map[string]string{"url": "ldap://" + s.Addr, "caCertificate": s.CA, "bindDn": s.User, "password": SlapdPassword}
}

// SettingsPlain is Settings without encryption.
func (s *Slapd) SettingsPlain() map[string]string {
	settings := s.Settings()
	settings["startTLS"] = "false"
	return settings
}

// SettingsThrough is Settings through a proxy, which has to read: not encrypted.
func (s *Slapd) SettingsThrough(p *LDAPProxy) map[string]string {
	settings := s.Settings()
	settings["url"], settings["startTLS"] = "ldap://"+p.Addr(), "false"
	return settings
}

// MustAdmin is a session of the administrator, who may do and see everything; it ends with the test.
func (s *Slapd) MustAdmin(tb testing.TB) *ldap.Conn {
	tb.Helper()
	c, err := ldap.DialURL("ldap://" + s.Addr)
	if err == nil {
		err = c.Bind("cn=admin,"+s.Suffix, SlapdAdmin)
	}
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = c.Close() })
	return c
}

// MustSearch is what the system's own tool sees, as ldapsearch prints it: nothing wrapped, no comments.
func (s *Slapd) MustSearch(tb testing.TB, base, filter string, attributes ...string) string {
	tb.Helper()
	args := append([]string{"-x", "-LLL", "-o", "ldif-wrap=no", "-H", "ldap://" + s.Addr, "-D", "cn=admin," + s.Suffix, "-w", SlapdAdmin, "-b", base, filter}, attributes...)
	said, err := exec.Command("ldapsearch", args...).CombinedOutput()
	if err != nil && !strings.Contains(string(said), "No such object") {
		tb.Fatalf("ldapsearch: %s: %s", err, said)
	}
	return string(said)
}

// MustLog is what the server itself wrote down of changes below its suffix, in order: type and name.
func (s *Slapd) MustLog(tb testing.TB) []string {
	tb.Helper()
	found, err := s.MustAdmin(tb).Search(ldap.NewSearchRequest("cn=accesslog", ldap.ScopeSingleLevel, ldap.NeverDerefAliases, 0, 0, false,
		"(objectClass=auditWriteObject)", []string{"reqType", "reqDN", "reqStart"}, nil))
	if err != nil {
		tb.Fatal(err)
	}
	var log []string
	for _, e := range found.Entries {
		log = append(log, e.GetAttributeValue("reqType")+" "+e.GetAttributeValue("reqDN"))
	}
	return log
}

// certify writes a new authority and a certificate for a name or an address into a folder: ca.pem, cert.pem and key.pem.
func certify(dir, name string) (ca string, err error) {
	authority, root, err := sign(&x509.Certificate{
		Subject: pkix.Name{CommonName: "Authority of a test"}, IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature,
	}, nil, nil)
	if err != nil {
		return "", err
	}
	leaf := &x509.Certificate{Subject: pkix.Name{CommonName: name}, KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}}
	if ip := net.ParseIP(name); ip != nil {
		leaf.IPAddresses = []net.IP{ip}
	} else {
		leaf.DNSNames = []string{name}
	}
	key, cert, err := sign(leaf, root, authority)
	if err != nil {
		return "", err
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return "", err
	}
	text := func(kind string, raw []byte) []byte { return pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: raw}) }
	for file, content := range map[string][]byte{"ca.pem": text("CERTIFICATE", root.Raw), "cert.pem": text("CERTIFICATE", cert.Raw), "key.pem": text("PRIVATE KEY", der)} {
		if err := os.WriteFile(filepath.Join(dir, file), content, 0o600); err != nil {
			return "", err
		}
	}
	return string(text("CERTIFICATE", root.Raw)), nil
}

func sign(c, by *x509.Certificate, with *ecdsa.PrivateKey) (*ecdsa.PrivateKey, *x509.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, nil, err
	}
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 100))
	if err != nil {
		return nil, nil, err
	}
	c.SerialNumber, c.NotBefore, c.NotAfter = serial, time.Now().Add(-time.Hour), time.Now().Add(24*time.Hour)
	if by == nil {
		by, with = c, key
	}
	der, err := x509.CreateCertificate(rand.Reader, c, by, &key.PublicKey, with)
	if err != nil {
		return nil, nil, err
	}
	cert, err := x509.ParseCertificate(der)
	return key, cert, err
}

// MustOtherCA is an authority that the server's certificate does not come from.
func MustOtherCA(tb testing.TB) string {
	tb.Helper()
	ca, err := certify(tb.TempDir(), "elsewhere.test")
	if err != nil {
		tb.Fatal(err)
	}
	return ca
}

// MayBind looks whether a password lets somebody in, over StartTLS.
func (s *Slapd) MayBind(tb testing.TB, dn, password string) bool {
	tb.Helper()
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM([]byte(s.CA))
	c, err := ldap.DialURL("ldap://" + s.Addr)
	if err != nil {
		tb.Fatal(err)
	}
	defer func() { _ = c.Close() }()
	if err := c.StartTLS(&tls.Config{RootCAs: pool, ServerName: "127.0.0.1"}); err != nil {
		tb.Fatal(err)
	}
	return c.Bind(dn, password) == nil
}

// MustSet puts a line before the rules of access in its configuration, and starts it again.
func (s *Slapd) MustSet(tb testing.TB, line string) {
	tb.Helper()
	s.MustReplace(tb, "access to attrs=userPassword", line+"access to attrs=userPassword")
}

// MustReplace writes a text of its configuration otherwise, in which SUFFIX stands for its suffix, and starts it again.
func (s *Slapd) MustReplace(tb testing.TB, old, text string) {
	tb.Helper()
	fill := strings.NewReplacer("SUFFIX", s.Suffix)
	path := filepath.Join(s.Dir, "slapd.conf")
	raw, err := os.ReadFile(path)
	if err == nil && !strings.Contains(string(raw), fill.Replace(old)) {
		err = fmt.Errorf("%q does not stand in the configuration", old)
	}
	if err == nil {
		err = os.WriteFile(path, []byte(strings.Replace(string(raw), fill.Replace(old), fill.Replace(text), 1)), 0o600)
	}
	if err == nil {
		s.Stop()
		err = s.Start(tb.Context())
	}
	if err != nil {
		tb.Fatal(err)
	}
}

// SlapdRefint is what keeps references up to date, for MustReplace.
const SlapdRefint = "overlay refint\nrefint_attributes member manager uniqueMember\n"

// LDAPEntry is the addition of an entry with attributes and values in turn.
func LDAPEntry(dn string, pairs ...string) *ldap.AddRequest {
	add := ldap.NewAddRequest(dn, nil)
	for i := 0; i < len(pairs); i += 2 {
		add.Attribute(pairs[i], []string{pairs[i+1]})
	}
	return add
}

// LDAPChange gives an attribute other values.
func LDAPChange(dn, attribute string, values ...string) *ldap.ModifyRequest {
	change := ldap.NewModifyRequest(dn, nil)
	change.Replace(attribute, values)
	return change
}
