package db_test

import (
	"context"
	"fmt"
	"net"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/lib/pq"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"writ/server/db"
	"writ/server/dbtest"
)

func TestURLCompletes(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, in, has string }{
		{"Loopback", "postgres://a@127.0.0.1/x", "sslmode=disable"},
		{"Socket", "postgres://a@/x?host=/tmp", "sslmode=disable"},
		{"Remote", "postgres://a@db.example.org/x", "sslmode=prefer"},
		{"Kept", "postgres://a@db.example.org/x?sslmode=verify-full", "sslmode=verify-full"},
		{"AllLocal", "postgres://a@localhost:1,127.0.0.1:2/x", "sslmode=disable"},
		{"OneRemote", "postgres://a@localhost:1,db.example.org:2/x", "sslmode=prefer"},
		{"TakesChanges", "postgres://a@b/x", "target_session_attrs=read-write"},
		{"MayReadOnly", "postgres://a@b/x?target_session_attrs=any", "target_session_attrs=any"},
		{"Patience", "postgres://a@b/x", "connect_timeout=10"},
		{"PatienceEach", "postgres://a@b,c/x", "connect_timeout=3"},
		{"PatienceKept", "postgres://a@b,c/x?connect_timeout=7", "connect_timeout=7"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			full, err := db.URL(c.in)
			require.NoError(t, err)
			require.Contains(t, full, c.has)
			require.Contains(t, full, "timezone=UTC")
			again, err := db.URL(full)
			require.NoError(t, err)
			require.Equal(t, full, again)
		})
	}
}

func TestURLRefuses(t *testing.T) {
	t.Parallel()
	for in, says := range map[string]string{
		"mysql://a@b/c":                              "postgres://",
		"host=a dbname=b":                            "postgres://",
		"postgres://u:s3cretword@h:x/d":              "cannot be read",
		"postgres://u:s3cretword@h1:x,h2/d":          "cannot be read",
		"postgres://u:s3cretword@h1,,h2/d":           "cannot be read",
		"postgres://u:s3cretword@,h2/d":              "cannot be read",
		"postgres://u:s3cretword@h1:1:2,h2/d":        "cannot be read",
		"postgres://u:s3cret%word@h1,h2/d":           "cannot be read",
		"postgres://u:s3cretword@h1,h2/d?port=1,2,3": "2 hosts and 3 ports",
		"postgres://u:s3cretword@h1/d?port=1,2":      "1 hosts and 2 ports",
	} {
		_, err := db.URL(in)
		require.ErrorContains(t, err, says, in)
		require.NotContains(t, err.Error(), "s3cret", in)
	}
}

// Both drivers, the database's and the queue's, find the same servers in whatever form they are written.
func TestURLMeansTheSameToBothDrivers(t *testing.T) {
	t.Parallel()
	host := rapid.OneOf(rapid.StringMatching(`[a-z][a-z0-9-]{0,8}(\.[a-z]{1,5})?`), rapid.StringMatching(`10\.[1-9]\.0\.[1-9]`), rapid.SampledFrom([]string{"[::1]", "[fd00::2]"}))
	rapid.Check(t, func(t *rapid.T) {
		hosts := rapid.SliceOfN(host, 1, 4).Draw(t, "hosts")
		style := rapid.SampledFrom([]string{"none", "each", "some", "one parameter", "parameters", "all parameters"}).Draw(t, "style")
		user := url.UserPassword("writ", rapid.StringOfN(rapid.RuneFrom(nil, unicode.PrintRanges...), 0, 12, -1).Draw(t, "password")).String()
		var want, list, names, ports []string
		for i, h := range hosts {
			port, text := 5432, h
			switch style {
			case "each":
				port, text = 6000+i, h+":"+strconv.Itoa(6000+i)
			case "some":
				if i == 0 {
					port, text = 6000, h+":6000"
				}
			case "one parameter":
				port = 7000
			case "parameters", "all parameters":
				port = 7000 + i
			}
			name := strings.Trim(h, "[]")
			want, list = append(want, net.JoinHostPort(name, strconv.Itoa(port))), append(list, text)
			names, ports = append(names, name), append(ports, strconv.Itoa(port))
		}
		in := fmt.Sprintf("postgres://%s@%s/name", user, strings.Join(list, ","))
		switch style {
		case "one parameter":
			in += "?port=7000"
		case "parameters":
			in += "?port=" + strings.Join(ports, ",")
		case "all parameters":
			in = fmt.Sprintf("postgres://%s@/name?port=%s&host=%s", user, strings.Join(ports, ","), url.QueryEscape(strings.Join(names, ",")))
		}
		full, err := db.URL(in)
		require.NoError(t, err)
		database, role, err := db.Name(full)
		require.NoError(t, err)
		require.Equal(t, []string{"name", "writ"}, []string{database, role})

		cfg, err := pq.NewConfig(full)
		require.NoError(t, err)
		got := []string{net.JoinHostPort(cfg.Host, strconv.Itoa(int(cfg.Port)))}
		for _, m := range cfg.Multi {
			got = append(got, net.JoinHostPort(m.Host, strconv.Itoa(int(m.Port))))
		}
		require.Equal(t, want, got, "lib/pq, from %s", full)
		require.Equal(t, pq.TargetSessionAttrsReadWrite, cfg.TargetSessionAttrs)

		other, err := pgconn.ParseConfig(full)
		require.NoError(t, err)
		got = []string{net.JoinHostPort(other.Host, strconv.Itoa(int(other.Port)))}
		for _, f := range other.Fallbacks {
			if at := net.JoinHostPort(f.Host, strconv.Itoa(int(f.Port))); f.TLSConfig != nil || other.TLSConfig == nil {
				got = append(got, at)
			}
		}
		require.Equal(t, want, got, "pgx, from %s", full)
		require.Equal(t, cfg.Password, other.Password)

		renamed, err := db.Rename(full, "other")
		require.NoError(t, err)
		there, err := pq.NewConfig(renamed)
		require.NoError(t, err)
		require.Equal(t, "other", there.Database)
		require.Equal(t, cfg.Multi, there.Multi)
	})
}

// A server in the list that is dead, mute or nothing like PostgreSQL is passed over, and the next session begins with the one that was good.
func TestOpenPassesOverWhatDoesNotAnswer(t *testing.T) {
	t.Parallel()
	_, at := dbtest.MustOpenURL(t)
	cfg, err := pq.NewConfig(at)
	require.NoError(t, err)
	mute, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer mute.Close()
	_, mutePort, _ := net.SplitHostPort(mute.Addr().String())
	dead, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	_, deadPort, _ := net.SplitHostPort(dead.Addr().String())
	require.NoError(t, dead.Close())

	u, err := url.Parse(at)
	require.NoError(t, err)
	q := u.Query()
	q.Set("host", "127.0.0.1,127.0.0.1,"+cfg.Host)
	q.Set("port", mutePort+","+deadPort+","+strconv.Itoa(int(cfg.Port)))
	q.Set("connect_timeout", "1")
	u.Host, u.RawQuery = "", q.Encode()
	began := time.Now()
	b, err := db.Open(t.Context(), u.String(), db.MaxConns(4))
	require.NoError(t, err)
	defer b.Close()
	require.GreaterOrEqual(t, time.Since(began), time.Second, "the mute one was asked first")
	accepted := make(chan struct{}, 100)
	go func() {
		for {
			if _, err := mute.Accept(); err != nil {
				return
			}
			accepted <- struct{}{}
		}
	}()
	<-accepted
	for range 3 { // sessions at the same time, so they are new
		c, err := b.Conn(t.Context())
		require.NoError(t, err)
		defer c.Close()
	}
	require.Empty(t, accepted, "it costs its timeout once")

	q.Set("host", "127.0.0.1,127.0.0.1")
	q.Set("port", mutePort+","+deadPort)
	u.RawQuery = q.Encode()
	_, err = db.Open(context.Background(), u.String())
	require.True(t, db.Unreachable(err), "%v", err)
}
