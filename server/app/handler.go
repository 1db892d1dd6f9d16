package app

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"

	"writ/frontend"
	"writ/graph"
	"writ/server/config"
	"writ/server/db"
	"writ/server/httpd"
)

// handler is everything reachable by HTTP; metrics is not nil when they have an address of their own. A process that only works answers whoever
// watches over it, and nobody else.
func (a *App) handler(ctx context.Context) (all, metrics http.Handler, err error) {
	proxies, err := a.Config.Serve.Proxies()
	if err != nil {
		return nil, nil, err
	}
	scraped := guardMetrics(a.metricsHandler(), a.Config.Serve.MetricsToken, a.Config.Serve.MetricsAddr == "")
	if a.Config.Serve.MetricsAddr != "" {
		scraped, metrics = nil, onlyMetrics(scraped)
	}
	parts := httpd.Parts{Logger: a.Log, Metrics: scraped, Ready: a.ready, PublicURL: a.Config.Serve.PublicURL, TrustedProxies: proxies}
	if !a.Config.Serve.Runs(config.API) {
		parts.Missing = "This process works and serves no pages and no API (--only workers). Ask one that runs with --only api, or with everything."
		return httpd.New(parts), metrics, nil
	}
	if parts.RiverUI, err = a.queuePages(ctx); err != nil {
		return nil, nil, err
	}
	parts.SPA, parts.Auth = frontend.Dist(), a.authHandler()
	parts.GraphQL = a.timed("/graphql", graph.Handler(a.resolver(), graph.Options{Log: a.Log, Origins: a.origins(), Subscriptions: a.Config.Serve.Subscriptions, Ending: a.ending, Hold: httpd.Hold}))
	parts.Schema, parts.Token = graph.SchemaHandler(a.Auth), a.Auth.TokenEndpoint()
	return httpd.New(parts), metrics, nil
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
