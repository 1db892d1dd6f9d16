package app

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"

	"writ/frontend"
	"writ/graph"
	"writ/server/db"
	"writ/server/httpd"
)

// handler is everything reachable by HTTP; metrics is not nil when they have an address of their own.
func (a *App) handler(ctx context.Context) (all, metrics http.Handler, err error) {
	ui, err := a.queuePages(ctx)
	if err != nil {
		return nil, nil, err
	}
	proxies, err := a.Config.Serve.Proxies()
	if err != nil {
		return nil, nil, err
	}
	scraped := guardMetrics(a.metricsHandler(), a.Config.Serve.MetricsToken, a.Config.Serve.MetricsAddr == "")
	if a.Config.Serve.MetricsAddr != "" {
		scraped, metrics = nil, onlyMetrics(scraped)
	}
	return httpd.New(httpd.Parts{
		Logger:    a.Log,
		SPA:       frontend.Dist(),
		GraphQL:   a.timed("/graphql", graph.Handler(a.resolver(), graph.Options{Log: a.Log, Origins: a.origins(), Subscriptions: a.Config.Serve.Subscriptions, Ending: a.ending})),
		Auth:      a.authHandler(),
		RiverUI:   ui,
		Metrics:   scraped,
		Ready:     a.ready,
		PublicURL: a.Config.Serve.PublicURL, TrustedProxies: proxies,
	}), metrics, nil
}

func (a *App) origins() []string {
	if u, err := url.Parse(a.Config.Serve.PublicURL); err == nil && u.Host != "" {
		return []string{u.Host}
	}
	return nil
}

// ready: the queue runs, and the database answers.
func (a *App) ready(ctx context.Context) error {
	if a.ending.Err() != nil {
		return errors.New("the process ends")
	}
	select {
	case <-a.started:
	default:
		return errors.New("the queue does not run yet")
	}
	if err := a.DB.PingContext(ctx); err != nil {
		return fmt.Errorf("database: %w", err)
	}
	if !db.HasRoom(a.DB) {
		return errors.New("the database has no room for changes: its disk is full")
	}
	return nil
}
