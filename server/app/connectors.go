package app

import (
	"writ/server/fulfil"
	"writ/server/fulfil/ad"
	"writ/server/fulfil/csv"
	"writ/server/fulfil/exec"
	"writ/server/fulfil/fake"
	"writ/server/fulfil/ldap"
	"writ/server/fulfil/manual"
	"writ/server/fulfil/null"
	"writ/server/fulfil/scim"
	"writ/server/fulfil/sqldb"
)

// packages is the list of connectors. fileRoots are folders besides our own that connectors may read files in, programs is the one whose programs they
// may run. The fake target exists for tests only.
func packages(testHooks bool, fileRoots []string, programs string) fulfil.Packages {
	p := fulfil.Packages{
		"active-directory": ad.Package{Roots: fileRoots},
		"csv":              csv.Package{Roots: fileRoots},
		"postgres":         sqldb.Postgres{Roots: fileRoots},
		"exec":             exec.New(programs),
		"ldap":             ldap.Package{Roots: fileRoots},
		"manual-ticket":    manual.Package{},
		"null":             null.Package{},
		"scim":             scim.Package{Roots: fileRoots},
		"mariadb":          sqldb.MariaDB{Roots: fileRoots},
	}
	if testHooks {
		p["fake"] = fake.Package{}
	}
	return p
}
