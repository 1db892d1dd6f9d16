package apptest_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"writ/server/app"
	"writ/server/apptest"
	"writ/server/cli"
	"writ/server/config"
	"writ/server/db"
)

// A page of orders with what belongs to them costs the same number of statements for five rows and for fifty.
func TestFixedNumberOfStatements(t *testing.T) {
	t.Parallel()
	h := apptest.MustStart(t, apptest.Options{Completed: true})
	b, err := db.Open(t.Context(), h.URL, db.MaxConns(4))
	require.NoError(t, err)
	t.Cleanup(func() { _ = b.Close() })
	c := config.Config{Serve: config.Serve{Addr: "127.0.0.1:0", Only: config.API, Demo: true}, Database: config.Database{URL: h.URL, DataDir: h.DataDir, MaxConns: 4}}
	c.Mail.From = "Writ <writ@localhost>"
	house, err := app.Open(t.Context(), cli.Session{Config: c, Log: slog.New(slog.DiscardHandler), DB: b, DatabaseURL: h.URL, Out: os.Stderr})
	require.NoError(t, err)
	token := h.As(t, "admin").Token
	ask := func(query string) (int, string) {
		t.Helper()
		ctx, queries := db.CountQueries(t.Context())
		body, err := json.Marshal(map[string]string{"query": query})
		require.NoError(t, err)
		req := httptest.NewRequestWithContext(ctx, http.MethodPost, "/graphql", bytes.NewReader(body))
		req.Header.Set("Content-Type", "application/json")
		req.Header.Set("Authorization", "Bearer "+token)
		rec := httptest.NewRecorder()
		house.Handler.ServeHTTP(rec, req)
		require.Equal(t, http.StatusOK, rec.Code)
		require.NotContains(t, rec.Body.String(), `"errors"`, rec.Body.String())
		require.Greater(t, strings.Count(rec.Body.String(), `"id"`), 4)
		return queries.N(), strings.Join(queries.Texts(), "\n")
	}
	const owner = `owner { id displayName } resourceType { identifier displayName }`
	for name, fields := range map[string]string{
		"owner and resource type": `id stateCode ` + owner,
		"everything a page shows": `id stateCode kind isManual ` + owner + ` target { id displayName } connector { identifier } error { class message }
			lines { id property propertyDisplayName currentValue proposedValue reasons } history { at actor action } attempts { outcome }`,
		"what a person is": `id owner { id displayName summary values { property value } links { property targets { key } } }`,
	} {
		page := func(n int) string { return fmt.Sprintf(`{ orders(first: %d) { totalCount nodes { %s } } }`, n, fields) }
		ask(page(5)) // shapes and models are read once per process
		few, _ := ask(page(5))
		many, texts := ask(page(50))
		require.Equal(t, few, many, "%s: the number of statements grows with the rows\n%s", name, texts)
		t.Logf("%s: %d statements", name, many)
	}
}
