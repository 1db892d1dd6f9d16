package scim

import (
	"context"
	"crypto/x509"
	"io"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	filter "github.com/scim2/filter-parser/v2"

	"writ/server/errs"
	"writ/server/fulfil"
)

// Package is the technology "scim". Roots are folders besides those of the connection that certificates may lie in.
type Package struct{ Roots []string }

// Conn is one connection. Safe for concurrent use.
type Conn struct {
	server  string // as in the settings, without a slash at the end
	set     config
	client  *http.Client
	signer  signer
	adding  turns       // of keys that are added
	writing turns       // of resources that are written whole
	stopped func()      // ends idle connections
	narrows atomic.Bool // it has found groups by a member, so when it finds none there is none

	mu     sync.Mutex
	cached *catalog // as last read; nil: read it again
}

var (
	_ fulfil.Package  = Package{}
	_ fulfil.Exporter = (*Conn)(nil)
	_ fulfil.Applier  = (*Conn)(nil)
	_ fulfil.Reader   = (*Conn)(nil)
	_ fulfil.Tracker  = (*Conn)(nil)
)

type config struct {
	Server            string            `setting:"server" required:"true" format:"uri" example:"https://crm.example/scim" help:"Address of the interface. Where the server is not found there it is looked for below /v2."`
	OAuthToken        string            `setting:"oAuthToken" secret:"true" help:"Bearer token that the application gave."`
	Login             string            `setting:"login" help:"With password: HTTP Basic."`
	Password          string            `setting:"password" secret:"true"`
	ApplicationID     string            `setting:"applicationId" help:"With applicationKey and oAuth2Url: OAuth 2.0 client credentials."`
	ApplicationKey    string            `setting:"applicationKey" secret:"true"`
	OAuth2URL         string            `setting:"oAuth2Url" format:"uri" help:"Where tokens are given."`
	OAuth2Scopes      []string          `setting:"oAuth2Scopes" help:"What the token is for."`
	IsPlain           bool              `setting:"plain" default:"false" help:"Let the token or password go over http to other machines: whoever listens on the way has it."`
	Certificates      string            `setting:"caCertificate" help:"Certificates in PEM form that the server's must come from, or a file that holds them. Else what the machine trusts."`
	Resources         []string          `setting:"resources" help:"Tables to use, such as Users. Empty: all that the server has."`
	Filters           map[string]string `setting:"filter." help:"filter.<table>: a SCIM filter; only what it matches is read."`
	PageSize          int               `setting:"pageSize" default:"200" min:"2" max:"10000" help:"Rows to ask for at once. A server may give fewer."`
	Paging            string            `setting:"paging" default:"index" oneof:"index,none" help:"none: the server does not page, and gives all rows at once."`
	MaximumRows       int               `setting:"maximumRows" default:"1000000" min:"1" max:"100000000" help:"A table with more rows is taken for one without end."`
	Timeout           time.Duration     `setting:"timeout" default:"30" min:"1" max:"3600" help:"Seconds that one request may take."`
	MembersPerRequest int               `setting:"membersPerRequest" default:"100" min:"1" max:"10000" help:"Values that one PATCH adds or removes."`
	Memberships       string            `setting:"memberships" default:"users" oneof:"users,groups" help:"Where the column groups of Users is read: in each user, or, when the server leaves it out there, in the members of all groups."`
	Separator         string            `setting:"separator" default:":" oneof:":,." help:"What stands between an attribute and its sub-attribute in the names of columns: name:givenName or name.givenName."`
	IsIncremental     bool              `setting:"incremental" default:"false" help:"Read only what meta.lastModified says has changed. Only for servers that write it with every change, those of memberships included."`
}

// form is what a connection is configured with.
type form = fulfil.Form[config]

// Capability says: export and fulfil with a schema.
func (Package) Capability() fulfil.Capability {
	return fulfil.Capability{
		Identifier: "scim", DisplayName: "Application/SCIM 2.0", CanExport: true, CanFulfil: true, HasSchema: true,
		Settings: form{}.Schema(), Secrets: form{}.Secrets(), Example: form{}.Example("scim"),
	}
}

// Open checks the settings; the first call connects.
func (p Package) Open(_ context.Context, s fulfil.Settings) (*fulfil.Opened, error) {
	set, err := form{}.Read(s)
	if err != nil {
		return nil, err
	}
	c := &Conn{set: set, adding: newTurns(), writing: newTurns()}
	if c.server, err = address("server", set.Server, set.IsPlain); err != nil {
		return nil, err
	}
	for table, text := range set.Filters {
		if _, err := filter.ParseFilter([]byte(text)); err != nil {
			return nil, errs.Invalid("filter."+table, "Setting filter.%s is no SCIM filter: %s.", table, err)
		}
	}
	var authorities *x509.CertPool
	if set.Certificates != "" {
		if authorities, err = certificates(set.Certificates, s.DataDir, p.Roots); err != nil {
			return nil, err
		}
	}
	c.client, c.stopped = newClient(set.Timeout, authorities)
	if c.signer, err = signerOf(set, c.client); err != nil {
		c.stopped()
		return nil, err
	}
	o := &fulfil.Opened{Connector: c, Exporter: c, Applier: c, Reader: c}
	if set.IsIncremental {
		o.Tracker = c
	}
	return o, nil
}

// address is an http address without a slash at its end; passwords belong into settings that are sealed. Without TLS it is this machine's, unless that is
// allowed.
func address(field, text string, isPlain bool) (string, error) {
	u, err := url.Parse(strings.TrimSpace(text))
	switch {
	case err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" || u.RawQuery != "" || u.Fragment != "":
		return "", errs.Invalid(field, "Setting %s must be an address like https://crm.example/scim.", field)
	case u.User != nil:
		return "", errs.Invalid(field, "The address must not hold a name or a password: use the settings login and password.")
	case u.Scheme == "http" && !isPlain && !isHere(u.Hostname()):
		return "", errs.Invalid(field, "The address must begin with https: without it the token can be read on the way. Setting plain allows that.")
	}
	return strings.TrimRight(u.String(), "/"), nil
}

// isHere reports a host that is this machine.
func isHere(host string) bool {
	a, err := netip.ParseAddr(host)
	return err == nil && a.Unmap().IsLoopback() || strings.EqualFold(host, "localhost")
}

// maxCertificates is how long the file of authorities may be. That of all authorities of a machine has about 200 kB.
const maxCertificates = 4 << 20

// certificates reads the authorities to trust, from where files of connectors may lie and nowhere else.
func certificates(path, dataDir string, roots []string) (*x509.CertPool, error) {
	const field = "caCertificate"
	pool := x509.NewCertPool()
	if strings.Contains(path, "-----BEGIN CERTIFICATE-----") {
		if !pool.AppendCertsFromPEM([]byte(path)) {
			return nil, errs.Invalid(field, "Setting %s holds no certificate that can be read.", field)
		}
		return pool, nil
	}
	p, err := fulfil.PlaceOf(field, path, dataDir, roots)
	if err != nil {
		return nil, err
	}
	root, err := os.OpenRoot(p.Root)
	if err != nil {
		return nil, p.Explain(p.Root, err)
	}
	defer root.Close()
	f, _, err := p.Open(root, p.Path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	pem, err := io.ReadAll(io.LimitReader(f, maxCertificates))
	if err != nil {
		return nil, p.Explain(p.Path, err)
	}
	if !pool.AppendCertsFromPEM(pem) {
		return nil, errs.Invalid(field, "%q holds no certificate (PEM).", p.Path)
	}
	return pool, nil
}

// Check reads what the server can do, and one row: the first is open to everybody at many servers.
func (c *Conn) Check(ctx context.Context) error {
	cat, f := c.catalog(ctx, true)
	if f != nil {
		return f.err()
	}
	for _, t := range cat.tables {
		if _, f := c.page(ctx, t, "", 1, 1); f != nil {
			return f.err()
		}
	}
	return nil
}

// Close ends the idle connections.
func (c *Conn) Close() error {
	c.stopped()
	return nil
}
