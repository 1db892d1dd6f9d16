package sqldb_test

import (
	"net"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"writ/server/errs"
	"writ/server/fulfil"
	"writ/server/fulfil/sqldb"
)

// TestCertificatesLieWhereFilesMayLie: a connection string opens no other file of the machine, whichever way it names it, and none without end.
func TestCertificatesLieWhereFilesMayLie(t *testing.T) {
	t.Parallel()
	data, further := t.TempDir(), t.TempDir()
	files := filepath.Join(data, "files")
	require.NoError(t, os.Mkdir(files, 0o700))
	for path, content := range map[string]string{filepath.Join(data, "secret.key"): "theirs", filepath.Join(files, "ca.pem"): "none", filepath.Join(further, "ca.pem"): "none"} {
		require.NoError(t, os.WriteFile(path, []byte(content), 0o600))
	}
	require.NoError(t, os.Symlink("../secret.key", filepath.Join(files, "link.pem")))
	require.NoError(t, os.Symlink(data, filepath.Join(files, "folder")))
	require.NoError(t, os.Link(filepath.Join(data, "secret.key"), filepath.Join(files, "hard.pem")))
	require.NoError(t, os.WriteFile(filepath.Join(files, "long.pem"), nil, 0o600))
	require.NoError(t, os.Truncate(filepath.Join(files, "long.pem"), 1<<32))
	at := "host=127.0.0.1 user=u dbname=d port=" + tlsServer(t)
	open := func(parameters string) error {
		o, err := sqldb.Postgres{Roots: []string{further}}.Open(t.Context(), fulfil.Settings{DataDir: files, Values: map[string]string{"connectionString": at + " " + parameters}})
		if err != nil {
			return err
		}
		defer o.Close()
		return o.Check(t.Context())
	}
	outside := []string{"../secret.key", filepath.Join(data, "secret.key"), "/dev/zero", "/proc/self/environ", "/etc/passwd", "link.pem", "folder/secret.key"}
	for _, path := range outside {
		for _, parameters := range []string{"sslmode=verify-full sslrootcert=" + path, "sslmode=require sslrootcert=" + path, "sslmode=require sslcert=" + path + " sslkey=ca.pem", "sslmode=require sslcert=ca.pem sslkey=" + path} {
			err := open(parameters)
			require.ErrorContains(t, err, "leads out of the folders", parameters)
			require.Equal(t, "connectionString", errs.As(err).Field)
		}
	}
	require.ErrorContains(t, open("sslmode=verify-full sslrootcert=hard.pem"), "has another name")
	require.ErrorContains(t, open("sslmode=verify-full sslrootcert=long.pem"), "too long")
	require.ErrorContains(t, open("sslmode=verify-full sslrootcert=nothing.pem"), "is not there")
	require.ErrorContains(t, open("sslmode=verify-full sslrootcert=."), "neither a folder nor a file")
	for _, path := range []string{"ca.pem", filepath.Join(files, "ca.pem"), filepath.Join(further, "ca.pem")} {
		require.ErrorContains(t, open("sslmode=verify-full sslrootcert="+path), "pem", "it was read")
	}
}

// tlsServer says yes to whoever asks for TLS, and nothing more; its port.
func tlsServer(t *testing.T) string {
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			_, _ = c.Read(make([]byte, 8))
			_, _ = c.Write([]byte("S"))
			_, _ = c.Read(make([]byte, 8))
			_ = c.Close()
		}
	}()
	_, port, _ := net.SplitHostPort(l.Addr().String())
	return port
}
