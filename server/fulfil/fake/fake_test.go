package fake_test

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"writ/server/errs"
	"writ/server/fulfil"
	"writ/server/fulfil/fake"
	"writ/server/fulfil/fulfiltest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func mustTarget(t *testing.T) (*fulfiltest.HTTPTarget, *httptest.Server) {
	t.Helper()
	target, err := fulfiltest.NewHTTPTarget(t.TempDir(), "let me in")
	require.NoError(t, err)
	server := httptest.NewServer(target)
	t.Cleanup(func() {
		require.NoError(t, target.Close()) // hanging requests first
		server.CloseClientConnections()
		server.Close()
	})
	return target, server
}

func mustOpened(t *testing.T, url string) *fulfil.Opened {
	t.Helper()
	c, err := fake.Package{}.Open(t.Context(), fulfil.Settings{Values: map[string]string{"url": url, "token": "let me in", "timeout": "5"}})
	require.NoError(t, err)
	t.Cleanup(func() { _ = c.Close() })
	return c
}

func mustOpen(t *testing.T, url string) *fake.Conn {
	t.Helper()
	return mustOpened(t, url).Connector.(*fake.Conn)
}

func TestConformance(t *testing.T) {
	t.Parallel()
	fulfiltest.Suite(t, fulfiltest.Subject{
		Table: "account", KeyColumn: "login", Value: "name", Unique: "mail", Links: "groups", Groups: []string{"crm", "mail", "wiki"}, Lines: true,
		Setup: func(t *testing.T) fulfiltest.Target {
			target, server := mustTarget(t)
			behave := func(b fulfiltest.Behaviour) func(*testing.T) { return func(*testing.T) { target.Behave(b) } }
			return fulfiltest.Target{
				Connector: mustOpened(t, server.URL),
				Put:       func(t *testing.T, rows ...fulfil.Row) { require.NoError(t, target.Put("account", rows...)) },
				All:       func(*testing.T) map[string]fulfil.Row { return target.All("account") },
				Break:     func(*testing.T) { server.CloseClientConnections(); _ = server.Listener.Close() },
				Refuse: func(_ *testing.T, message string) {
					target.Behave(fulfiltest.Behaviour{Action: "refuse", Message: message})
				},
				Hang: behave(fulfiltest.Behaviour{Action: "hang"}),
				LoseAnswers: func(*testing.T) func() {
					target.Behave(fulfiltest.Behaviour{Action: "drop"})
					return target.Forget
				},
			}
		},
	})
}

// TestGuardedConformance: the frame changes nothing of what a connector promises.
func TestGuardedConformance(t *testing.T) {
	t.Parallel()
	fulfiltest.Suite(t, fulfiltest.Subject{
		Table: "account", KeyColumn: "login", Value: "name", Unique: "mail", Links: "groups", Groups: []string{"crm", "mail", "wiki"}, Lines: true,
		Setup: func(t *testing.T) fulfiltest.Target {
			target, server := mustTarget(t)
			return fulfiltest.Target{
				Connector: fulfil.Guard("fake", mustOpened(t, server.URL), fulfil.Limits{}),
				Put:       func(t *testing.T, rows ...fulfil.Row) { require.NoError(t, target.Put("account", rows...)) },
				All:       func(*testing.T) map[string]fulfil.Row { return target.All("account") },
				Break:     func(*testing.T) { server.CloseClientConnections(); _ = server.Listener.Close() },
				Hang:      func(*testing.T) { target.Behave(fulfiltest.Behaviour{Action: "hang"}) },
			}
		},
	})
}

func account(login, name string) fulfil.Change {
	return fulfil.Change{
		OrderID: 42, Attempt: 3, IdempotencyKey: "key-of-" + login, Type: fulfil.Added, Table: "account", KeyColumn: "login",
		Changes: map[string]*string{"login": &login, "name": &name},
	}
}

// Each behaviour is the outcome that it stands for, and the log tells whether anything was done.
func TestBehaviours(t *testing.T) {
	t.Parallel()
	for action, want := range map[string]struct {
		outcome fulfil.Outcome
		applied bool
	}{
		"": {fulfil.Done, true}, "refuse": {fulfil.Refused, false}, "conflict": {fulfil.Conflict, false}, "throttle": {fulfil.Throttled, false},
		"drop": {fulfil.Unknown, true}, "dropFirst": {fulfil.Unknown, false}, "fail": {fulfil.Unknown, false}, "failAfter": {fulfil.Unknown, true},
		"hang": {fulfil.Unknown, false},
	} {
		t.Run("Action"+action, func(t *testing.T) {
			t.Parallel()
			target, server := mustTarget(t)
			c := mustOpen(t, server.URL)
			require.NoError(t, c.Check(t.Context())) // net/http only repeats on a connection that was used before
			if action != "" {
				target.Behave(fulfiltest.Behaviour{Action: action, Message: "because", RetryAfterSeconds: 7, Milliseconds: 50, Times: 1})
			}
			r := c.Apply(t.Context(), account("plang", "Petra"))
			require.Equal(t, want.outcome, r.Outcome, "%+v", r)
			if action == "throttle" {
				require.Equal(t, 7*time.Second, r.RetryAfter)
			}
			log := target.Log()
			require.Len(t, log, 1, "sent once, whatever net/http may think of repeating")
			require.Equal(t, want.applied, log[0].Applied)
			require.Equal(t, "key-of-plang", log[0].IdempotencyKey)
			require.EqualValues(t, 42, log[0].OrderID)
			require.Equal(t, 3, log[0].Attempt)
			require.Equal(t, want.applied, len(target.All("account")) == 1)

			r = c.Apply(t.Context(), account("plang", "Petra")) // the behaviour is used up
			require.True(t, r.Outcome.OK(), "%+v", r)
			require.Equal(t, want.applied, r.Outcome == fulfil.AlreadySo)
		})
	}
}

// The log survives its process: a new target over the same folder goes on where the old one was cut off.
func TestLogSurvives(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	first, err := fulfiltest.NewHTTPTarget(folder, "let me in")
	require.NoError(t, err)
	server := httptest.NewServer(first)
	c := mustOpen(t, server.URL)
	require.Equal(t, fulfil.Done, c.Apply(t.Context(), account("plang", "Petra")).Outcome)
	require.Equal(t, fulfil.Done, c.Apply(t.Context(), account("mroe", "Max")).Outcome)
	require.Equal(t, fulfil.Done, c.Apply(t.Context(), fulfil.Change{Type: fulfil.Deleted, Table: "account", KeyColumn: "login", Key: "mroe"}).Outcome)
	server.Close()
	// Not closed: killed.
	second, err := fulfiltest.NewHTTPTarget(folder, "let me in")
	require.NoError(t, err)
	require.Equal(t, first.All("account"), second.All("account"))
	require.Len(t, second.Log(), 3)
	require.NoError(t, second.Close())
	require.NoError(t, first.Close())
}

// A request that was never written is certainly not made.
func TestRefusedConnectionIsUnreachable(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	require.NoError(t, l.Close())
	c := mustOpen(t, "http://"+l.Addr().String())
	require.Equal(t, fulfil.Unreachable, c.Apply(t.Context(), account("plang", "Petra")).Outcome)
	require.True(t, errs.Is(c.Check(t.Context()), errs.Unavailable))
}

func TestWrongToken(t *testing.T) {
	t.Parallel()
	_, server := mustTarget(t)
	c, err := fake.Package{}.Open(t.Context(), fulfil.Settings{Values: map[string]string{"url": server.URL, "token": "wrong"}})
	require.NoError(t, err)
	defer c.Close()
	require.Equal(t, "token", errs.As(c.Check(t.Context())).Field)
	require.Equal(t, fulfil.Unreachable, c.Applier.Apply(t.Context(), account("plang", "Petra")).Outcome)
}

// An answer that is no answer must not count as done.
func TestNonsenseIsUnknown(t *testing.T) {
	t.Parallel()
	for _, body := range []string{"", "{}", `{"outcome":"FINE"}`, `{"outcome":"DO`, "<html>"} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(body)) }))
		c := mustOpen(t, server.URL)
		require.Equal(t, fulfil.Unknown, c.Apply(t.Context(), account("plang", "Petra")).Outcome, body)
		_, err := c.Schema(t.Context())
		require.Error(t, err, body)
		for _, err := range fulfil.Rows(c.Export(t.Context(), "account")) {
			require.Error(t, err, body)
		}
		require.NoError(t, c.Close())
		server.Close()
	}
}

func TestOpenRefuses(t *testing.T) {
	t.Parallel()
	for field, value := range map[string]string{"url": "ftp://x", "timeout": "0", "other": "x"} {
		values := map[string]string{"url": "http://127.0.0.1:1"}
		values[field] = value
		_, err := fake.Package{}.Open(context.Background(), fulfil.Settings{Values: values})
		require.True(t, errs.Is(err, errs.Validation), "got %v", err)
		require.Equal(t, field, errs.As(err).Field)
	}
}
