package ldap

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"writ/server/errs"
	"writ/server/fulfil"
)

// Package is the technology "ldap". Roots are folders besides that of the files of connectors in which certificates may lie; absolute paths.
type Package struct{ Roots []string }

// Conn is one connection: a small pool of sessions of one user of a directory. Safe for concurrent use.
type Conn struct {
	addresses         []address
	target            string // the addresses, for messages; never the user or the password
	startTLS          bool
	certificates      string
	certificateFile   *fulfil.Place
	serverName        string
	bindDN, password  string
	timeout           time.Duration
	connectTimeout    time.Duration
	pageSize          int
	maximumRows       int
	passwordAttribute string
	ad                bool // the server is a domain controller of Active Directory: see ad.go
	tables            map[string]*tableSetting
	tracks            bool // settings say that the server tells what changed
	pool              pool

	mu     sync.Mutex
	schema *subschema // as last read; nil: read it again
	last   address    // the one that was dialled last
	turned string     // when that was another than before; "": never
}

var (
	_ fulfil.Package  = Package{}
	_ fulfil.Exporter = (*Conn)(nil)
	_ fulfil.Applier  = (*Conn)(nil)
	_ fulfil.Reader   = (*Conn)(nil)
	_ fulfil.Watcher  = (*Conn)(nil)
	_ fulfil.Tracker  = (*Conn)(nil)
)

type config struct {
	URL               string            `setting:"url" required:"true" example:"ldaps://ldap.example:636" help:"ldaps://host:636 or ldap://host:389. Several, separated by commas: the first one that answers."`
	StartTLS          bool              `setting:"startTLS" default:"true" help:"Encrypt connections to ldap:// addresses. false sends the password, and everything else, as it is."`
	CACertificate     string            `setting:"caCertificate" help:"Certificates in PEM form that the server's must come from, or a file that holds them. Else what the machine trusts."`
	ServerName        string            `setting:"serverName" help:"Name in the server's certificate, when it is not that of the address."`
	BindDN            string            `setting:"bindDn" example:"cn=writ,dc=example,dc=com" help:"User of the connection. Empty: nobody."`
	Password          string            `setting:"password" secret:"true" help:"Password of the user."`
	Timeout           time.Duration     `setting:"timeout" default:"30" min:"1" max:"3600" help:"Seconds that one answer, and one change, may take."`
	ConnectTimeout    time.Duration     `setting:"connectTimeout" default:"10" min:"1" max:"600" help:"Seconds to connect, encrypt and bind, each address."`
	MaxConnections    int               `setting:"maxConnections" default:"8" min:"1" max:"100"`
	PageSize          int               `setting:"pageSize" default:"500" min:"1" max:"10000" help:"Entries of one page. Not above what the server allows."`
	MaximumRows       int               `setting:"maximumRows" default:"1000000" min:"1" max:"100000000" help:"A table with more entries is taken for one without end."`
	Incremental       string            `setting:"incremental" default:"syncrepl" oneof:"syncrepl,none" help:"How to learn what changed: by the content synchronization of the server (overlay syncprov), or by reading everything. With several addresses it only tells that something changed."`
	PasswordAttribute string            `setting:"passwordAttribute" default:"userPassword" help:"Is written and never read."`
	Tables            map[string]string `setting:"table." form:"nested" help:"table.<name>.base, as in table.people.base: 'ou=people,dc=example,dc=com', and .scope (Base, OneLevel, Subtree), .filter, .objectClass (of new entries; the first one is the filter when there is none), .columns (all of the classes), .rdn (cn), .key (entryUUID), .placeholder (member of groups that must have one), .deleteTree (false), .link.<column>: <table> or <table>.<attribute> (whose rows the values stand for), .backlink.<column>: <table>.<attribute> (groups of a row, written into the groups)."`
}

// form is what a connection is configured with.
type form = fulfil.Form[config]

// Capability says: export and fulfil with a schema; the password is secret.
func (Package) Capability() fulfil.Capability {
	return fulfil.Capability{
		Identifier: "ldap", DisplayName: "Directory/LDAP", CanExport: true, CanFulfil: true, HasSchema: true,
		Settings: form{}.Schema(), Secrets: form{}.Secrets(), Example: form{}.Example("ldap"),
	}
}

// Open checks the settings; the first call connects.
func (p Package) Open(_ context.Context, s fulfil.Settings) (*fulfil.Opened, error) {
	set, err := form{}.Read(s)
	if err != nil {
		return nil, err
	}
	return Open(s, p.Roots, Setup(set))
}

// Setup is what a connection is opened with: the settings of package "ldap", or what another package makes of its own.
type Setup struct {
	URL               string
	StartTLS          bool
	CACertificate     string
	ServerName        string
	BindDN            string
	Password          string
	Timeout           time.Duration
	ConnectTimeout    time.Duration
	MaxConnections    int
	PageSize          int
	MaximumRows       int
	Incremental       string // "none": what changed is not asked for
	PasswordAttribute string
	Tables            map[string]string
}

// Open checks the settings and opens a connection to a directory; the first call connects.
func Open(s fulfil.Settings, roots []string, set Setup) (*fulfil.Opened, error) {
	return open(s, roots, set, false)
}

// OpenActiveDirectory is Open for a domain controller of Active Directory (ad.go).
func OpenActiveDirectory(s fulfil.Settings, roots []string, set Setup) (*fulfil.Opened, error) {
	set.PasswordAttribute = adPassword
	return open(s, roots, set, true)
}

func open(s fulfil.Settings, roots []string, set Setup, ad bool) (_ *fulfil.Opened, err error) {
	c := &Conn{
		startTLS: set.StartTLS, serverName: set.ServerName, bindDN: set.BindDN, password: set.Password, timeout: set.Timeout, ad: ad,
		connectTimeout: min(set.ConnectTimeout, set.Timeout), pageSize: set.PageSize, maximumRows: set.MaximumRows, passwordAttribute: set.PasswordAttribute,
		pool: pool{room: make(chan struct{}, set.MaxConnections)},
	}
	var names []string
	for _, text := range words(set.URL) {
		a, err := addressOf(text)
		if err != nil {
			return nil, err
		}
		c.addresses, names = append(c.addresses, a), append(names, a.String())
	}
	c.target = strings.Join(names, ", ")
	if _, ok := parseName(set.BindDN); !ok && !strings.ContainsAny(set.BindDN, "@\\") { // some servers take other names
		return nil, errs.Invalid("bindDn", "Setting bindDn must be a distinguished name, such as cn=writ,dc=example,dc=com.")
	}
	if (set.BindDN == "") != (set.Password == "") { // a server takes a name without a password for nobody, and says yes
		return nil, errs.Invalid("password", "Settings bindDn and password go together.")
	}
	if strings.Contains(set.CACertificate, "-----BEGIN") {
		c.certificates = set.CACertificate
	} else if set.CACertificate != "" {
		place, err := fulfil.PlaceOf("caCertificate", set.CACertificate, s.DataDir, roots)
		if err != nil {
			return nil, err
		}
		c.certificateFile = &place
	}
	if c.tables, err = tableSettings(set.Tables, c.uuid()); err != nil {
		return nil, err
	}
	opened := &fulfil.Opened{Connector: c, Exporter: c, Applier: c, Reader: c}
	if c.tracks = set.Incremental != "none"; c.tracks {
		opened.Watcher = c
	}
	if c.tracks && len(c.addresses) == 1 { // the moments of one server say nothing of the rows of another that lags behind
		opened.Tracker = c
	}
	return opened, nil
}

// Check connects and binds, and looks whether the schema knows every table of the settings, whether its base is there, and what else the settings
// rely on.
func (c *Conn) Check(ctx context.Context) error {
	if len(c.tables) == 0 {
		return errs.Invalid("table", "Setting table is missing: name at least one table with its base, such as table.people.base.")
	}
	c.forget()
	return c.explained(c.with(ctx, func(ctx context.Context, s *session) error {
		sub, err := c.subschema(ctx, s)
		if err != nil {
			return err
		}
		for _, name := range slices.Sorted(maps.Keys(c.tables)) {
			t, err := c.table(sub, name)
			if err != nil {
				return err
			}
			found, err := s.entry(ctx, t.base, "(objectClass=*)", "1.1")
			if err != nil {
				return err
			}
			if found == nil {
				return errs.Invalid("table."+name+".base", "%s is not there, or the user of the connection may not see it.", t.base)
			}
			if list, err := s.moment(ctx, c.contextOf(sub, t.tableSetting)); err != nil {
				return err
			} else if c.tracks && len(list) == 0 {
				return c.noMoment(t.base)
			}
			for _, back := range t.backs {
				if other, err := c.table(sub, back.table); err != nil {
					return err
				} else if other.column(back.attribute) == nil || other.column(back.attribute).attribute == nil {
					return errs.Invalid("table."+name+".backlink."+back.column, "Table %s has no attribute %s.", back.table, back.attribute)
				}
			}
		}
		return nil
	}), "")
}

// subschema gives the schema of the server, as it was read last.
func (c *Conn) subschema(ctx context.Context, s *session) (*subschema, error) {
	c.mu.Lock()
	known := c.schema
	c.mu.Unlock()
	if known != nil {
		return known, nil
	}
	read, err := readSubschema(ctx, s)
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.schema = read
	return read, nil
}

// forget has the schema read again: it may not be as it was.
func (c *Conn) forget() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.schema = nil
}

// said names the server for people.
func (c *Conn) said(format string, args ...any) string {
	return c.target + " says: " + fmt.Sprintf(format, args...)
}
