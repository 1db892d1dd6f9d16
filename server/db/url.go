package db

import (
	"cmp"
	"errors"
	"fmt"
	"net/url"
	"strings"
)

// connectPatience is how many seconds a host may take until a session with it stands, unless the URL says it (connect_timeout).
// With several hosts it is what a dead machine costs before the next one is asked.
const (
	connectPatience     = "10"
	connectPatienceEach = "3"
)

var errURL = errors.New("the database URL cannot be read (it must look like postgres://user:password@host:5432/name, with several hosts postgres://user:password@host1:5432,host2:5432/name)")

// URL completes a postgres:// URL with the settings that must always be there: sslmode (lib/pq and pgx have different
// defaults), UTC as time zone, our name for pg_stat_activity, a limit for connecting, and that only a server which takes changes will do
// (target_session_attrs=read-write). What the caller wrote wins. lib/pq, pgx (River) and listeners all take the result.
func URL(databaseURL string) (string, error) {
	u, err := parse(databaseURL)
	if err != nil {
		return "", err
	}
	q := u.Query()
	hosts := hostsOf(u)
	defaults := map[string]string{
		"sslmode": "prefer", "application_name": "writ", "target_session_attrs": "read-write",
		"connect_timeout": connectPatience,
	}
	if len(hosts) > 1 {
		defaults["connect_timeout"] = connectPatienceEach
	}
	if allLocal(hosts) {
		defaults["sslmode"] = "disable"
	}
	if q.Get("TimeZone") == "" {
		defaults["timezone"] = "UTC"
	}
	for name, value := range defaults {
		if q.Get(name) == "" {
			q.Set(name, value)
		}
	}
	u.RawQuery = q.Encode()
	return u.String(), nil
}

// Spread writes the hosts of a postgres:// URL (`h1:5432,h2:5433`) as lib/pq and pgx both read them: several become the parameters host and
// port. A URL of one host stays as it is, unless that is an IPv6 address. Its error never repeats the URL.
func Spread(databaseURL string) (string, error) {
	u, err := parse(databaseURL)
	if err != nil {
		return "", err
	}
	return u.String(), nil
}

// Rename gives the URL of another database of the same server.
func Rename(databaseURL, name string) (string, error) {
	u, err := parse(databaseURL)
	if err != nil {
		return "", err
	}
	u.Path, u.RawPath = "/"+name, ""
	return u.String(), nil
}

// Name gives the name of the database in a URL, and the role that signs in; "" where the URL does not say it.
func Name(databaseURL string) (database, role string, err error) {
	u, err := parse(databaseURL)
	if err != nil {
		return "", "", err
	}
	return strings.TrimPrefix(u.Path, "/"), cmp.Or(u.User.Username(), u.Query().Get("user")), nil
}

// parse reads a postgres:// URL. net/url knows no lists of hosts, so they are taken out before and put into parameters.
func parse(databaseURL string) (*url.URL, error) {
	scheme, rest, found := strings.Cut(databaseURL, "://")
	if !found {
		return nil, errURL
	}
	if scheme != "postgres" && scheme != "postgresql" {
		return nil, fmt.Errorf("the database URL must start with postgres://, got %q", scheme)
	}
	end := strings.IndexAny(rest, "/?#")
	if end < 0 {
		end = len(rest)
	}
	user, list := "", rest[:end]
	if at := strings.LastIndex(list, "@"); at >= 0 {
		user, list = list[:at+1], list[at+1:]
	}
	if !strings.Contains(list, ",") && !strings.HasPrefix(list, "[") { // lib/pq knows no IPv6 address without a port
		u, err := url.Parse(databaseURL)
		if err != nil {
			return nil, errURL
		}
		return u, checkPorts(u)
	}
	u, err := url.Parse(scheme + "://" + user + rest[end:])
	if err != nil {
		return nil, errURL
	}
	var hosts, ports []string
	numbered := false
	for one := range strings.SplitSeq(list, ",") {
		h, err := url.Parse("postgres://" + one)
		if err != nil || h.Hostname() == "" || strings.Contains(h.Hostname(), ":") && one[0] != '[' {
			return nil, errURL
		}
		numbered = numbered || h.Port() != ""
		hosts, ports = append(hosts, h.Hostname()), append(ports, cmp.Or(h.Port(), "5432"))
	}
	q := u.Query()
	if q.Get("host") == "" {
		q.Set("host", strings.Join(hosts, ","))
	}
	if numbered && q.Get("port") == "" {
		q.Set("port", strings.Join(ports, ","))
	}
	u.RawQuery = q.Encode()
	return u, checkPorts(u)
}

// checkPorts refuses a list of ports that does not fit the hosts: one for all, or one for each.
func checkPorts(u *url.URL) error {
	hosts, ports := hostsOf(u), strings.Split(u.Query().Get("port"), ",")
	if len(ports) > 1 && len(ports) != len(hosts) {
		return fmt.Errorf("the database URL names %d hosts and %d ports: write one port for all of them, or one for each", len(hosts), len(ports))
	}
	return nil
}

// hostsOf gives the hosts, or folders of sockets, in their order.
func hostsOf(u *url.URL) []string {
	if list := u.Query().Get("host"); list != "" {
		return strings.Split(list, ",")
	}
	return []string{u.Hostname()}
}

// eachHost gives a URL for each host of a URL that URL has completed, in their order.
func eachHost(full string) ([]string, error) {
	u, err := parse(full)
	if err != nil {
		return nil, err
	}
	q := u.Query()
	hosts, ports := hostsOf(u), strings.Split(q.Get("port"), ",")
	if len(hosts) == 1 {
		return []string{full}, nil
	}
	list := make([]string, len(hosts))
	for i, host := range hosts {
		one := *u
		q.Set("host", host)
		if len(ports) > 1 {
			q.Set("port", ports[i])
		}
		one.RawQuery = q.Encode()
		list[i] = one.String()
	}
	return list, nil
}

// allLocal reports whether every host is this machine: nobody listens on the way.
func allLocal(hosts []string) bool {
	for _, host := range hosts {
		if !strings.HasPrefix(host, "/") && host != "localhost" && host != "127.0.0.1" && host != "::1" {
			return false
		}
	}
	return true
}

// hidePassword keeps the URL's password out of messages and logs.
func hidePassword(err error, full string) error {
	u, parseErr := parse(full)
	if parseErr != nil || u.User == nil {
		return err
	}
	password, ok := u.User.Password()
	if !ok || password == "" || !strings.Contains(err.Error(), password) {
		return err
	}
	return fmt.Errorf("%s", strings.ReplaceAll(err.Error(), password, "***"))
}
