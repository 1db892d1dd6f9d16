package sqldb

import (
	"context"
	"database/sql/driver"
	"os"
	"path/filepath"

	"github.com/lib/pq"

	"writ/server/errs"
	"writ/server/fulfil"
)

// maxCertificates is how long a file with certificates or a key may be. That of all authorities of a machine has about 200 kB.
const maxCertificates = 4 << 20

// certificates finds the files that a connection string names: sslrootcert, sslcert and sslkey. They lie where files of connectors may lie and
// nowhere else; relative paths begin where those of other connectors do. VALIDATION for others: whoever may edit a connection could have the key
// of somebody else used, learn which files there are, or have a file without end read.
func certificates(cfg *pq.Config, dataDir string, roots []string) (files []fulfil.Place, err error) {
	if cfg.SSLCert == "" { // else the driver takes what lies in the home folder of this process
		cfg.SSLCert = nowhere
	}
	if cfg.SSLKey == "" {
		cfg.SSLKey = nowhere
	}
	if cfg.SSLInline {
		return nil, nil
	}
	for _, path := range []*string{&cfg.SSLRootCert, &cfg.SSLCert, &cfg.SSLKey} {
		if *path == "" || *path == nowhere || path == &cfg.SSLRootCert && *path == "system" {
			continue
		}
		p, err := fulfil.PlaceOf("connectionString", *path, dataDir, roots)
		if err != nil {
			return nil, err
		}
		if *path, err = filepath.Abs(filepath.Join(p.Root, p.Path)); err != nil {
			return nil, err
		}
		files = append(files, p)
	}
	return files, nil
}

// withFiles looks at the files that a session is opened with, before each.
type withFiles struct {
	*pq.Connector
	files []fulfil.Place
}

// Connect implements driver.Connector.
func (c withFiles) Connect(ctx context.Context) (driver.Conn, error) {
	for _, p := range c.files {
		if err := look(p); err != nil {
			return nil, err
		}
	}
	return c.Connector.Connect(ctx)
}

// look refuses what is no plain file of a usual size inside its root.
func look(p fulfil.Place) error {
	root, err := os.OpenRoot(p.Root)
	if err != nil {
		return p.Explain(p.Root, err)
	}
	defer root.Close()
	f, info, err := p.Open(root, p.Path)
	if err != nil {
		return err
	}
	defer f.Close()
	if info.Size() > maxCertificates {
		return errs.Invalid(p.Field, "%q is too long for certificates or a key.", p.Path)
	}
	return nil
}
