package config

import (
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"os"
	"strings"
	"time"
)

// Part names what a process runs; all of them are safe to run any number of times.
type Part string

const (
	All     Part = "all"
	API     Part = "api"     // GraphQL and the pages
	Workers Part = "workers" // jobs, evaluation, delivery
)

// Serve says how a process meets the world.
type Serve struct {
	Addr                 string        `default:"127.0.0.1:8080" env:"WRIT_ADDR" help:"Address to listen on, host:port."`
	PublicURL            string        `name:"public-url" env:"WRIT_PUBLIC_URL" help:"Address under which people reach Writ, for links in mails and for cookies. Default: http:// and the listening address."`
	Only                 Part          `default:"all" enum:"all,api,workers" env:"WRIT_ONLY" help:"What this process runs (${enum}): api are the pages and the API, workers everything else; workers serve by HTTP only /healthz, /readyz and /metrics."`
	MetricsAddr          string        `name:"metrics-addr" env:"WRIT_METRICS_ADDR" placeholder:"HOST:PORT" help:"Address that serves /metrics alone; the main one does not then."`
	MetricsToken         string        `name:"metrics-token" env:"WRIT_METRICS_TOKEN" help:"Token that /metrics asks for (Authorization: Bearer). Without it and without an address of its own, /metrics answers this machine only. Not as a flag."`
	Demo                 bool          `env:"WRIT_DEMO" help:"Fill an empty database with the demo organisation and show its logins."`
	TestHooks            bool          `env:"WRIT_TEST_HOOKS" help:"Let clients move the clock and ask for quiescence. Never in production."`
	TimeZone             string        `name:"time-zone" env:"WRIT_TIME_ZONE" help:"Where days begin and end, as an IANA name such as Europe/Berlin. One for the whole installation: kept in the database, default what is kept there, at first the zone of the machine."`
	TrustedProxies       string        `name:"trusted-proxies" env:"WRIT_TRUSTED_PROXIES" placeholder:"NETS" help:"Proxies in front of Writ, as addresses or networks separated by commas: they may say where a request comes from (X-Forwarded-For). Empty: nobody may."`
	Subscriptions        int           `name:"subscriptions-per-user" default:"1000" env:"WRIT_SUBSCRIPTIONS_PER_USER" help:"Subscriptions one user may have open in this process; ten times as many over websockets where they ask for the same."`
	StopDelay            time.Duration `name:"stop-delay" default:"500ms" env:"WRIT_STOP_DELAY" help:"How long a process that is asked to end still takes requests, with /readyz at 503: as long as the load balancer needs to notice."`
	AllowPrivateWebhooks bool          `env:"WRIT_ALLOW_PRIVATE_WEBHOOKS" help:"Let webhooks reach private and local addresses."`

	AllowPrivateIdentityProviders bool `env:"WRIT_ALLOW_PRIVATE_IDENTITY_PROVIDERS" help:"Let identity providers lie on private and local addresses, and be asked by plain http."`
}

// maxStopDelay bounds StopDelay: whoever asked for the end kills the process some time.
const maxStopDelay = 5 * time.Minute

// Validate checks the section.
func (s *Serve) Validate() error {
	if _, _, err := net.SplitHostPort(s.Addr); err != nil {
		return fmt.Errorf("the address (--addr, WRIT_ADDR) must be host:port, got %q", s.Addr)
	}
	if s.TimeZone != "" {
		if _, err := time.LoadLocation(s.TimeZone); err != nil || s.TimeZone == "Local" {
			return fmt.Errorf("the time zone (--time-zone, WRIT_TIME_ZONE) must be an IANA name such as Europe/Berlin or UTC, got %q", s.TimeZone)
		}
	}
	if _, err := s.Proxies(); err != nil {
		return err
	}
	if _, _, err := net.SplitHostPort(s.MetricsAddr); err != nil && s.MetricsAddr != "" {
		return fmt.Errorf("the address of the metrics (--metrics-addr, WRIT_METRICS_ADDR) must be host:port, got %q", s.MetricsAddr)
	}
	if s.StopDelay < 0 || s.StopDelay > maxStopDelay {
		return fmt.Errorf("the delay of the end (--stop-delay, WRIT_STOP_DELAY) must be between 0 and %s, got %s", maxStopDelay, s.StopDelay)
	}
	if s.MetricsToken != "" && len(s.MetricsToken) < 16 {
		return fmt.Errorf("the token of the metrics (WRIT_METRICS_TOKEN) must have 16 characters or more")
	}
	if s.PublicURL == "" {
		return nil
	}
	u, err := url.Parse(s.PublicURL)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" {
		return fmt.Errorf("the public URL (--public-url, WRIT_PUBLIC_URL) must look like https://writ.example.org, got %q", s.PublicURL)
	}
	return nil
}

// Proxies are the networks of the trusted proxies.
func (s *Serve) Proxies() ([]netip.Prefix, error) {
	var out []netip.Prefix
	for part := range strings.FieldsFuncSeq(s.TrustedProxies, func(r rune) bool { return r == ',' || r == ';' || r == ' ' }) {
		net, err := netip.ParsePrefix(part)
		if err != nil {
			address, addressErr := netip.ParseAddr(part)
			if addressErr != nil {
				return nil, fmt.Errorf("the trusted proxies (--trusted-proxies, WRIT_TRUSTED_PROXIES) must be addresses or networks like 10.0.0.0/8, got %q", part)
			}
			net = netip.PrefixFrom(address, address.BitLen())
		}
		out = append(out, net.Masked())
	}
	return out, nil
}

// URL gives the public URL, or the one of the listening address.
func (s *Serve) URL() string {
	if s.PublicURL != "" {
		return s.PublicURL
	}
	host, port, err := net.SplitHostPort(s.Addr)
	if err != nil {
		return "http://" + s.Addr
	}
	if host == "" || host == "0.0.0.0" || host == "::" {
		host = "localhost"
	}
	return "http://" + net.JoinHostPort(host, port)
}

// Runs reports whether this process runs that part.
func (s *Serve) Runs(p Part) bool { return s.Only == All || s.Only == "" || s.Only == p }

// MachineZone is the IANA name of the time zone of this machine; UTC when it cannot be told.
func MachineZone() string {
	names := []string{}
	if tz, ok := os.LookupEnv("TZ"); ok {
		names = append(names, strings.TrimPrefix(tz, ":"))
	} else {
		if link, err := os.Readlink("/etc/localtime"); err == nil {
			names = append(names, link)
		}
		if raw, err := os.ReadFile("/etc/timezone"); err == nil {
			names = append(names, strings.TrimSpace(string(raw)))
		}
	}
	for _, name := range names {
		if _, after, ok := strings.Cut(name, "zoneinfo/"); ok {
			name = after
		}
		if _, err := time.LoadLocation(name); err == nil && name != "" && name != "Local" {
			return name
		}
	}
	return "UTC"
}
