package ad

import (
	"context"
	"maps"
	"strings"
	"time"

	"writ/server/errs"
	"writ/server/fulfil"
	"writ/server/fulfil/ldap"
)

// Package is the technology "active-directory". Roots are folders besides that of the files of connectors in which certificates may lie; absolute paths.
type Package struct{ Roots []string }

var _ fulfil.Package = Package{}

type config struct {
	URL            string            `setting:"url" required:"true" example:"ldaps://dc1.corp.example:636" help:"ldaps://host:636 or ldap://host:389 of a domain controller. Several, separated by commas: the first one that answers. Not the global catalogue."`
	StartTLS       bool              `setting:"startTLS" default:"true" help:"Encrypt connections to ldap:// addresses. Without it no password can be set, and most servers let nobody in."`
	CACertificate  string            `setting:"caCertificate" help:"Certificates in PEM form that the server's must come from, or a file that holds them. Else what the machine trusts."`
	ServerName     string            `setting:"serverName" help:"Name in the server's certificate, when it is not that of the address."`
	User           string            `setting:"user" required:"true" example:"writ@corp.example" help:"User of the connection: user principal name, distinguished name or DOMAIN\\name. Rights on deleted entries (CN=Deleted Objects) let it follow what changes."`
	Password       string            `setting:"password" required:"true" secret:"true" help:"Password of the user."`
	Timeout        time.Duration     `setting:"timeout" default:"30" min:"1" max:"3600" help:"Seconds that one answer, and one change, may take."`
	ConnectTimeout time.Duration     `setting:"connectTimeout" default:"10" min:"1" max:"600" help:"Seconds to connect, encrypt and bind, each address."`
	MaxConnections int               `setting:"maxConnections" default:"8" min:"1" max:"100"`
	PageSize       int               `setting:"pageSize" default:"500" min:"1" max:"10000" help:"Entries of one page. Not above what the server allows: 1000 unless it was changed."`
	MaximumRows    int               `setting:"maximumRows" default:"1000000" min:"1" max:"100000000" help:"A table with more entries is taken for one without end."`
	Incremental    string            `setting:"incremental" default:"usnChanged" oneof:"usnChanged,none" help:"How to learn what changed: by uSNChanged of the domain controller, or by reading everything. With several addresses it only tells that something changed."`
	BaseDN         string            `setting:"baseDn" example:"DC=corp,DC=example" help:"Where the tables users and groups lie when no table is set. member of groups, and manager of users, are links to users by objectGUID."`
	Tables         map[string]string `setting:"table." form:"nested" help:"table.<name>.base, as in table.users.base: 'OU=Staff,DC=corp,DC=example', and .scope (Base, OneLevel, Subtree), .filter, .objectClass (of new entries: user, group, organizationalUnit, contact), .columns (usual ones of the class), .rdn (cn), .key (objectGUID), .deleteTree (false), .link.<column>: <table> or <table>.<attribute> (whose rows the values stand for), .backlink.<column>: <table>.<attribute> (groups of a row, written into the groups)."`
}

// form is what a connection is configured with.
type form = fulfil.Form[config]

// Capability says: export and fulfil with a schema; the password is secret.
func (Package) Capability() fulfil.Capability {
	return fulfil.Capability{
		Identifier: "active-directory", DisplayName: "Directory/Active Directory", CanExport: true, CanFulfil: true, HasSchema: true,
		Settings: form{}.Schema(), Secrets: form{}.Secrets(), Example: form{}.Example("active-directory"),
	}
}

// Open checks the settings; the first call connects.
func (p Package) Open(_ context.Context, s fulfil.Settings) (*fulfil.Opened, error) {
	set, err := form{}.Read(s)
	if err != nil {
		return nil, err
	}
	if strings.Contains(set.User, "=") == strings.ContainsAny(set.User, "@\\") {
		return nil, errs.Invalid("user", "Setting user must be a user principal name such as writ@corp.example, a distinguished name, or DOMAIN\\name.")
	}
	tables := maps.Clone(set.Tables)
	switch {
	case len(tables) > 0 && set.BaseDN != "":
		return nil, errs.Invalid("baseDn", "Settings baseDn and table.<name> exclude each other: each table has a base of its own.")
	case len(tables) == 0 && set.BaseDN != "":
		tables = usual(set.BaseDN)
	}
	return ldap.OpenActiveDirectory(s, p.Roots, ldap.Setup{
		URL: set.URL, StartTLS: set.StartTLS, CACertificate: set.CACertificate, ServerName: set.ServerName, BindDN: set.User, Password: set.Password,
		Timeout: set.Timeout, ConnectTimeout: set.ConnectTimeout, MaxConnections: set.MaxConnections, PageSize: set.PageSize, MaximumRows: set.MaximumRows,
		Incremental: set.Incremental, Tables: tables,
	})
}

// usual are the tables of a domain, or of a part of it.
func usual(base string) map[string]string {
	return map[string]string{
		"users.base": base, "users.objectClass": "user", "users.link.manager": "users",
		"groups.base": base, "groups.objectClass": "group", "groups.link.member": "users",
	}
}
