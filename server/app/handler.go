package app

import (
	"context"
	"fmt"
	"net/http"
	"net/url"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"writ/frontend"
	"writ/graph"
	"writ/server/httpd"
)

// handler is everything reachable by HTTP.
func (a *App) handler(ctx context.Context) (http.Handler, error) {
	ui, err := a.queuePages(ctx)
	if err != nil {
		return nil, err
	}
	return httpd.New(httpd.Parts{
		Logger:    a.Log,
		SPA:       frontend.Dist(),
		GraphQL:   graph.Handler(a.resolver(), graph.Options{Log: a.Log, Origins: a.origins()}),
		Auth:      a.authHandler(),
		RiverUI:   ui,
		Metrics:   a.metricsHandler(),
		Ready:     a.ready,
		PublicURL: a.Config.Serve.PublicURL,
	}), nil
}

func (a *App) origins() []string {
	if u, err := url.Parse(a.Config.Serve.PublicURL); err == nil && u.Host != "" {
		return []string{u.Host}
	}
	return nil
}

// ready: the database answers and this process can work.
func (a *App) ready(ctx context.Context) error {
	if err := a.DB.PingContext(ctx); err != nil {
		return fmt.Errorf("database: %w", err)
	}
	return nil
}

func (a *App) metricsHandler() http.Handler {
	a.metrics.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}), ordersByState{a})
	return promhttp.HandlerFor(a.metrics, promhttp.HandlerOpts{})
}

// ordersByState counts open orders when somebody scrapes.
type ordersByState struct{ a *App }

var ordersDesc = prometheus.NewDesc("writ_orders_open", "Open provisioning orders by state.", []string{"state"}, nil)

func (c ordersByState) Describe(ch chan<- *prometheus.Desc) { ch <- ordersDesc }

func (c ordersByState) Collect(ch chan<- prometheus.Metric) {
	var rows []struct {
		State int
		Count int64 // the database counts in whole numbers, and bun converts none
	}
	if err := c.a.DB.NewRaw(`select state, count(*) as count from provisioning_order where closed_at is null group by state`).Scan(context.Background(), &rows); err != nil {
		ch <- prometheus.NewInvalidMetric(ordersDesc, err)
		return
	}
	for _, r := range rows {
		ch <- prometheus.MustNewConstMetric(ordersDesc, prometheus.GaugeValue, float64(r.Count), fmt.Sprint(r.State))
	}
}
