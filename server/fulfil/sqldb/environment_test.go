package sqldb

import (
	"encoding/binary"
	"io"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"writ/server/fulfil"
)

// A target that asks for a password is offered the one of its connection string, or none: never what the environment or the home folder of the
// server hold, which are for its own database.
func TestTargetsAreNotOfferedOurPasswords(t *testing.T) { //nolint:paralleltest // it sets variables of the process
	home := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(home, ".pgpass"), []byte("*:*:*:*:from-home\n"), 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(home, "theirs"), []byte("*:*:*:*:from-file\n"), 0o600))
	t.Setenv("HOME", home)
	for _, c := range []struct{ variable, value, at, want string }{
		{"PGPASSWORD", "from-environment", "postgres://u@%s/db?sslmode=disable", ""},
		{"PGPASSFILE", filepath.Join(home, "theirs"), "postgres://u@%s/db?sslmode=disable", ""},
		{"PGUSER", "somebody", "host=%h port=%p dbname=db sslmode=disable", ""},
		{"PGPASSWORD", "from-environment", "postgres://u:own@%s/db?sslmode=disable", "own"},
		{"PGPASSWORD", "from-environment", "host=%h port=%p user=u password='o w\\'n' dbname=db sslmode=disable", "o w'n"},
	} {
		t.Run(c.variable+c.want, func(t *testing.T) {
			t.Setenv(c.variable, c.value)
			host, port, asked := asking(t)
			at := replace(c.at, host, port)
			opened, err := Postgres{}.Open(t.Context(), fulfil.Settings{Values: map[string]string{"connectionString": at}})
			require.NoError(t, err)
			defer opened.Connector.Close()
			_ = opened.Connector.Check(t.Context()) // it never becomes a connection
			select {
			case got := <-asked:
				require.Equal(t, c.want, got)
			case <-time.After(20 * time.Second):
				t.Fatal("nobody came")
			}
		})
	}
	for _, at := range []string{"postgres://u@localhost/db?passfile=" + filepath.Join(home, "theirs"), "service=mine user=u", "postgres://u@localhost/db?service=mine"} {
		_, err := Postgres{}.Open(t.Context(), fulfil.Settings{Values: map[string]string{"connectionString": at}})
		require.Error(t, err, at)
		require.NotContains(t, err.Error(), "from-file")
	}
	t.Setenv("PGSSLMODE", "disable")
	cfg, err := configOf("postgres://u@localhost/db")
	require.NoError(t, err)
	require.NotEqual(t, "disable", string(cfg.SSLMode), "what is good enough for our own database says nothing about a target")
}

func replace(at, host, port string) string {
	var out []byte
	for i := 0; i < len(at); i++ {
		if at[i] == '%' && i+1 < len(at) {
			i++
			out = append(out, map[byte]string{'s': net.JoinHostPort(host, port), 'h': host, 'p': port}[at[i]]...)
			continue
		}
		out = append(out, at[i])
	}
	return string(out)
}

// asking is a server that asks everybody who comes for a password, in clear, and tells what it got.
func asking(t *testing.T) (host, port string, got <-chan string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = l.Close() })
	heard := make(chan string, 10)
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			password := func() string {
				defer conn.Close()
				length := make([]byte, 4)
				if _, err := io.ReadFull(conn, length); err != nil {
					return "no start"
				}
				if _, err := io.CopyN(io.Discard, conn, int64(binary.BigEndian.Uint32(length))-4); err != nil {
					return "no start"
				}
				if _, err := conn.Write([]byte{'R', 0, 0, 0, 8, 0, 0, 0, 3}); err != nil {
					return "no question"
				}
				head := make([]byte, 5)
				if _, err := io.ReadFull(conn, head); err != nil {
					return "" // it went away without an answer
				}
				text := make([]byte, binary.BigEndian.Uint32(head[1:])-4)
				if _, err := io.ReadFull(conn, text); err != nil {
					return "half an answer"
				}
				return string(text[:len(text)-1])
			}()
			heard <- password
		}
	}()
	host, port, err = net.SplitHostPort(l.Addr().String())
	require.NoError(t, err)
	return host, port, heard
}
