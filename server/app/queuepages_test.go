package app

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"writ/server/permit"
)

// TestQueuePages: reading is for readers, commands are for those who hold the permission, and each leaves an event before it is carried out.
func TestQueuePages(t *testing.T) {
	t.Parallel()
	s := mustConsole(t)
	a, err := New(t.Context(), s.Session)
	require.NoError(t, err)
	var reached int
	pages := monitoring(a.queueCommands(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { reached++ })))
	reader := &permit.Actor{UserID: 1, Username: "reader", Grants: []permit.Grant{{Path: permit.Monitoring, CanExecute: true}}}
	commander := &permit.Actor{UserID: 2, Username: "commander", Grants: []permit.Grant{{Path: permit.Monitoring, CanExecute: true}, {Path: permit.QueueCommand, CanExecute: true}}}
	blind := &permit.Actor{UserID: 3, Username: "blind", Grants: []permit.Grant{{Path: permit.QueueCommand, CanExecute: true}}}
	for _, c := range []struct {
		who    *permit.Actor
		method string
		path   string
		status int
	}{
		{nil, http.MethodGet, "/riverui/api/jobs", 401}, {nil, http.MethodPost, "/riverui/api/jobs/delete", 401},
		{reader, http.MethodGet, "/riverui/api/jobs", 200}, {reader, http.MethodHead, "/riverui/", 200},
		{reader, http.MethodPost, "/riverui/api/jobs/delete", 403}, {reader, http.MethodPost, "/riverui/api/jobs/retry", 403},
		{reader, http.MethodPut, "/riverui/api/queues/default/pause", 403}, {reader, http.MethodPatch, "/riverui/api/queues/default", 403},
		{reader, http.MethodDelete, "/riverui/api/anything", 403}, {reader, "CONNECT", "/riverui/api/anything", 403},
		{blind, http.MethodPost, "/riverui/api/jobs/delete", 403},
		{commander, http.MethodPost, "/riverui/api/jobs/delete", 200}, {commander, http.MethodPut, "/riverui/api/queues/default/pause", 200},
	} {
		reached = 0
		ctx := t.Context()
		if c.who != nil {
			ctx = permit.With(ctx, c.who)
		}
		w := httptest.NewRecorder()
		pages.ServeHTTP(w, httptest.NewRequest(c.method, c.path, strings.NewReader(`{"ids":["7","8"]}`)).WithContext(ctx))
		require.Equal(t, c.status, w.Code, "%v %s", c.who, c.method+c.path)
		require.Equal(t, c.status == 200, reached == 1, "%s %s", c.method, c.path)
	}
	var events []struct{ Actor, Command, Jobs string }
	require.NoError(t, s.DB.NewRaw(`select actor, data ->> 'command' as command, data ->> 'jobs' as jobs from event where kind = 'queue.commanded' order by id`).Scan(t.Context(), &events))
	require.Equal(t, []struct{ Actor, Command, Jobs string }{{"commander", "jobs/delete", "[7, 8]"}, {"commander", "queues/default/pause", "[7, 8]"}}, events)
}
