//go:build unix

package embedded

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/uptrace/bun"

	"writ/server/db"
)

// Database is the name of the database that Start creates for Writ; User owns the cluster and the event log, ServerUser everything else.
const (
	Database   = "writ"
	User       = "writ"
	ServerUser = "writ_server"
)

// startPatience is how long a start may be retried while the remains of a killed server are still dying.
const startPatience = 10 * time.Second

// readyPatience is how long a postmaster may take to accept connections; recovery after a crash is part of it.
const readyPatience = 2 * time.Minute

// Options says what to run and where.
type Options struct {
	DataDir string            // Writ's data folder; made when missing
	BinDir  string            // folder with postgres and initdb; empty: the npm package, else the system's newest
	Logger  *slog.Logger      // nil: silent
	Extra   map[string]string // settings of postgresql.conf, e.g. fsync=off for tests; they win over ours
}

// Server is a running PostgreSQL. Safe for concurrent use.
type Server struct {
	options  Options
	log      *slog.Logger
	binaries binaries
	place    place
	password string
	owner    *os.File // the lock that makes us the one who stops it; nil: a guest

	mu       sync.Mutex
	running  *postmaster
	stopping bool
	watched  chan struct{} // closed when the supervisor has ended
}

// Start gives a PostgreSQL for the data folder: it takes over one that still runs there, else starts one, after making
// the cluster at the first time. The database Database exists when it returns. Stop it at the end.
func Start(ctx context.Context, o Options) (*Server, error) {
	s := &Server{options: o, log: o.Logger, watched: make(chan struct{})}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	if err := s.start(ctx); err != nil {
		s.release()
		return nil, fmt.Errorf("start the embedded PostgreSQL in %s: %w", o.DataDir, err)
	}
	return s, nil
}

func (s *Server) start(ctx context.Context) error {
	var err error
	if s.place, err = findPlace(s.options.DataDir); err != nil {
		return err
	}
	if s.owner, err = lock(filepath.Join(s.place.dataDir, "postgres.lock")); err != nil {
		return err
	}
	if s.owner == nil {
		return s.visit(ctx)
	}
	if s.password, err = password(filepath.Join(s.place.dataDir, passwordFile)); err != nil {
		return err
	}
	found, err := findBinaries(s.options.BinDir, s.place.majorVersion())
	if err != nil {
		return err
	}
	if s.binaries, err = found.install(s.place.user); err != nil {
		return err
	}
	if err := initialize(ctx, s.binaries, s.place, s.password, s.options.Extra["fsync"] != "off"); err != nil {
		return err
	}
	if s.running, err = s.takeOver(ctx); err != nil {
		return err
	}
	if s.running == nil {
		if s.running, err = s.launch(ctx, 0); err != nil {
			return err
		}
	}
	if err := s.createDatabase(ctx); err != nil {
		_ = s.running.stop(context.WithoutCancel(ctx))
		return err
	}
	go s.supervise()
	return nil
}

// URL gives the postgres:// URL of a database of this server, for lib/pq and pgx. It stays valid while the Server lives.
func (s *Server) URL(database string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.running.url(s.password, database)
}

// TCP is URL through the loopback address instead of the socket, for clients that know no sockets.
func (s *Server) TCP(database string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return databaseURL("127.0.0.1", s.running.port, s.password, database)
}

// ServerURL is URL for the role of the server, which is no superuser, owns what is in the database except the event log, and may make
// databases of its own.
func (s *Server) ServerURL(database string) string {
	u, err := url.Parse(s.URL(database))
	if err != nil {
		panic(err) // made of our own parts
	}
	u.User = url.UserPassword(ServerUser, serverPassword(s.password))
	return u.String()
}

// serverPassword is derived, so that there is one secret to keep. It does not lead back to that of the cluster's owner.
func serverPassword(owner string) string {
	sum := sha256.Sum256([]byte("writ_server " + owner))
	return hex.EncodeToString(sum[:])
}

// PID gives the process of the server, which changes when it had to be started again.
func (s *Server) PID() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.running.pid
}

// Stop shuts the server down (clients are disconnected, everything is on disk afterwards). A guest leaves it running.
func (s *Server) Stop(ctx context.Context) error {
	s.mu.Lock()
	if s.stopping {
		s.mu.Unlock()
		return nil
	}
	s.stopping = true
	running := s.running
	s.mu.Unlock()
	if s.owner == nil {
		return nil
	}
	defer s.release()
	err := running.stop(ctx)
	<-s.watched
	_ = os.RemoveAll(s.place.socketDir)
	if err != nil {
		return fmt.Errorf("stop the embedded PostgreSQL: %w", err)
	}
	return nil
}

// visit connects to the server that another process owns, waiting until it is ready.
func (s *Server) visit(ctx context.Context) error {
	deadline := time.Now().Add(readyPatience)
	for {
		raw, err := os.ReadFile(filepath.Join(s.place.dataDir, passwordFile))
		if cluster, findErr := s.place.findCluster(); findErr == nil { // the owner may only now have made it
			s.place.cluster = cluster
		}
		if err == nil {
			s.password = strings.TrimSpace(string(raw))
			if p := readPIDFile(s.place.cluster); p != nil {
				m := &postmaster{pid: p.pid, port: p.port, socketDir: p.socketDir}
				if m.answers(ctx, s.password, Database) == nil {
					s.running = m
					return nil
				}
			}
		}
		if time.Now().After(deadline) {
			return errors.New("another process has locked the data folder, but its database does not answer")
		}
		if err := sleep(ctx, 100*time.Millisecond); err != nil {
			return err
		}
	}
}

func (s *Server) createDatabase(ctx context.Context) error {
	b, err := db.Open(ctx, s.running.url(s.password, "postgres"), db.MaxConns(1))
	if err != nil {
		return err
	}
	defer b.Close()
	var exists bool
	if err := b.NewRaw("select exists (select from pg_database where datname = ?)", Database).Scan(ctx, &exists); err != nil {
		return err
	}
	if !exists {
		if _, err = b.ExecContext(ctx, "create database "+Database); err != nil {
			return err
		}
	}
	return s.createServerUser(ctx, b)
}

// createServerUser makes the role of the server, and gives it the databases that were made before there was one.
func (s *Server) createServerUser(ctx context.Context, b *bun.DB) error {
	var exists bool
	if err := b.NewRaw("select exists (select from pg_roles where rolname = ?)", ServerUser).Scan(ctx, &exists); err != nil {
		return err
	}
	if !exists {
		if _, err := b.ExecContext(ctx, "create role ? login createdb nosuperuser nocreaterole noreplication nobypassrls password ?", bun.Ident(ServerUser), serverPassword(s.password)); err != nil {
			return err
		}
	}
	if _, err := b.ExecContext(ctx, "revoke connect on database postgres from public"); err != nil {
		return err
	}
	var databases []string
	if err := b.NewRaw("select datname from pg_database where not datistemplate and datallowconn and datname <> 'postgres' and datdba = ?::regrole order by 1", User).Scan(ctx, &databases); err != nil {
		return err
	}
	for _, name := range databases {
		if err := s.handOver(ctx, name); err != nil {
			return err
		}
		if name != Database {
			if _, err := b.ExecContext(ctx, "alter database ? owner to ?", bun.Ident(name), bun.Ident(ServerUser)); err != nil {
				return err
			}
		}
	}
	return nil
}

func (s *Server) handOver(ctx context.Context, database string) error {
	b, err := db.Open(ctx, s.running.url(s.password, database), db.MaxConns(1))
	if err != nil {
		return err
	}
	defer b.Close()
	if _, err := b.ExecContext(ctx, "revoke connect, temporary on database ?0 from public; grant connect, temporary on database ?0 to ?1", bun.Ident(database), bun.Ident(ServerUser)); err != nil {
		return err
	}
	return db.HandOver(ctx, b, ServerUser)
}

func (s *Server) release() {
	if s.owner != nil {
		_ = s.owner.Close() // closing lets go of the lock
	}
}

// lock takes the exclusive lock of a file; nil when another process holds it.
func lock(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if err == nil {
		return f, nil
	}
	_ = f.Close()
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return nil, nil
	}
	return nil, fmt.Errorf("lock %s: %w", path, err)
}

// password reads the cluster's password, or makes one.
func password(path string) (string, error) {
	raw, err := os.ReadFile(path)
	if err == nil && len(strings.TrimSpace(string(raw))) > 0 {
		return strings.TrimSpace(string(raw)), nil
	}
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return "", err
	}
	random := make([]byte, 24)
	_, _ = rand.Read(random) // never fails
	text := hex.EncodeToString(random)
	return text, os.WriteFile(path, []byte(text+"\n"), 0o600)
}

// databaseURL takes a host name or the folder of a socket, which stands in a parameter that lib/pq and pgx both read.
func databaseURL(host string, port int, password, database string) string {
	u := url.URL{Scheme: "postgres", User: url.UserPassword(User, password), Path: "/" + database}
	q := url.Values{"sslmode": {"disable"}}
	if filepath.IsAbs(host) {
		q.Set("host", host)
		q.Set("port", strconv.Itoa(port))
	} else {
		u.Host = net.JoinHostPort(host, strconv.Itoa(port))
	}
	u.RawQuery = q.Encode()
	full, err := db.URL(u.String())
	if err != nil {
		panic(err) // made of our own parts
	}
	return full
}

func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}
