package app

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"writ/graph"
	"writ/server/evaluation"
	"writ/server/httpd"
	"writ/server/order"
)

// gauges are what the database knows of the work that waits, the same from every process: take the maximum over them, not the sum.
// Each query gives rows of label and value, reads only what is open, and gets the domain's now as ?0.
var gauges = []gauge{
	{"writ_orders_open", "Open provisioning orders by state.", "state",
		`select state::text, count(*) from provisioning_order where closed_at is null group by state`},
	{"writ_orders_oldest_seconds", "How long the oldest order of a state that waits for somebody has not moved.", "state",
		`select state::text, extract(epoch from ?0::timestamptz - min(updated_at)) from provisioning_order
			where closed_at is null and state in (` + evaluation.SQLPending + `, ` + evaluation.SQLTransmitted + `, ` + evaluation.SQLErrored + `, ` + evaluation.SQLAwaitingApproval + `, ` + evaluation.SQLError + `, ` + evaluation.SQLExecuted + `) group by state`},
	{"writ_owners_waiting", "People and other owners that wait for evaluation, by whether their last one failed.", "failed",
		`select (failures > 0)::text, count(*) from dirty_owner group by failures > 0`},
	{"writ_job_instances", "Job instances that are not over, by state.", "state",
		`select state, count(*) from job_instance where state in ('QUEUED', 'IN_PROGRESS', 'BLOCKED') group by state`},
	{"writ_read_age_seconds", "How long ago a connector's system was last read.", "connector",
		`select identifier, extract(epoch from ?0::timestamptz - last_synchronized_at) from connector where last_synchronized_at is not null and not is_deactivated`},
	{"writ_webhook_deliveries_waiting", "Webhook deliveries not delivered yet, by state.", "state",
		`select state, count(*) from webhook_delivery where state in ('PENDING', 'FAILED') group by state`},
	{"writ_queue_jobs", "Jobs of the queue that are not over, by state.", "state",
		`select state::text, count(*) from river_job where state in ('available', 'running', 'retryable', 'scheduled') group by state`},
}

type gauge struct{ name, help, label, query string }

// scrapeTimeout is how long all gauges may take together: a database in distress must not be asked for more.
const scrapeTimeout = 5 * time.Second

// waiting collects the gauges when somebody scrapes.
type waiting struct {
	a     *App
	descs []*prometheus.Desc
}

func newWaiting(a *App) waiting {
	w := waiting{a: a}
	for _, g := range gauges {
		w.descs = append(w.descs, prometheus.NewDesc(g.name, g.help, []string{g.label}, nil))
	}
	return w
}

// Describe implements prometheus.Collector.
func (w waiting) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range w.descs {
		ch <- d
	}
}

// Collect implements prometheus.Collector. One gauge that fails takes the others along: a scrape is whole or an error.
func (w waiting) Collect(ch chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), scrapeTimeout)
	defer cancel()
	for i, g := range gauges {
		if err := w.collect(ctx, ch, w.descs[i], g); err != nil {
			ch <- prometheus.NewInvalidMetric(w.descs[i], err)
			return
		}
	}
}

func (w waiting) collect(ctx context.Context, ch chan<- prometheus.Metric, d *prometheus.Desc, g gauge) error {
	rows, err := w.a.DB.QueryContext(ctx, g.query, w.a.Clock.Now())
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var label string
		var value float64
		if err := rows.Scan(&label, &value); err != nil {
			return err
		}
		if g.label == "state" && len(label) == 1 {
			label = string(order.NameOf(order.State(label[0] - '0')))
		}
		ch <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, value, label)
	}
	return rows.Err()
}

func (a *App) metricsHandler() http.Handler {
	a.metrics.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
		collectors.NewDBStatsCollector(a.DB.DB, "writ"), newWaiting(a))
	return promhttp.HandlerFor(a.metrics, promhttp.HandlerOpts{})
}

// guardMetrics lets in who brings the token. Without one, shared says whether everybody can come to the address: then it is for callers on
// this machine alone.
func guardMetrics(next http.Handler, token string, shared bool) http.Handler {
	want := sha256.Sum256([]byte(token))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if token != "" {
			scheme, given, _ := strings.Cut(r.Header.Get("Authorization"), " ")
			got := sha256.Sum256([]byte(strings.TrimSpace(given)))
			if !strings.EqualFold(scheme, "bearer") || subtle.ConstantTimeCompare(want[:], got[:]) != 1 {
				w.Header().Set("WWW-Authenticate", "Bearer")
				http.Error(w, "The metrics ask for their token (WRIT_METRICS_TOKEN).", http.StatusUnauthorized)
				return
			}
		} else if shared && !isFromHere(r) {
			http.Error(w, "The metrics answer this machine only, unless WRIT_METRICS_TOKEN or WRIT_METRICS_ADDR is set.", http.StatusForbidden)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// isFromHere reports whether a request was made on this machine: from its own address, under its own name, and not handed on by a proxy that
// runs here for callers from anywhere.
func isFromHere(r *http.Request) bool {
	if httpd.IsHandedOn(r) {
		return false
	}
	host := r.Host
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	named, err := netip.ParseAddr(strings.Trim(host, "[]"))
	if isHere := strings.EqualFold(host, "localhost") || err == nil && named.Unmap().IsLoopback(); !isHere {
		return false // a page in a browser of this machine, whose name leads here
	}
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	return err == nil && peer.Addr().Unmap().IsLoopback()
}

// onlyMetrics is all there is at the address of the metrics.
func onlyMetrics(metrics http.Handler) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", metrics)
	return mux
}

// timed measures the requests of a route, all but websockets and event streams: they last as long as somebody listens.
func (a *App) timed(route string, next http.Handler) http.Handler {
	seconds := prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "writ_http_request_seconds", Help: "How long requests took, in seconds.",
		ConstLabels: prometheus.Labels{"route": route}, Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10}}, []string{"method", "code"})
	a.metrics.MustRegister(seconds)
	measured := promhttp.InstrumentHandlerDuration(seconds, next)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Upgrade") != "" || graph.WantsStream(r) {
			next.ServeHTTP(w, r)
			return
		}
		measured.ServeHTTP(w, r)
	})
}
