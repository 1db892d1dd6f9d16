package apptest_test

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/stretchr/testify/require"

	"writ/server/apptest"
	"writ/server/dbtest"
	"writ/server/event"
	"writ/server/fulfil/fulfiltest"
)

// long leaves out a test that waits for minutes, for leases and time-outs, unless it is asked for.
func long(t *testing.T) {
	t.Helper()
	if os.Getenv("WRIT_OPERATOR_TESTS") == "" {
		t.Skip("set WRIT_OPERATOR_TESTS=1")
	}
}

// slowly makes the target take its time with each change, so that there is a middle.
func slowly(milliseconds int) fulfiltest.Behaviour {
	return fulfiltest.Behaviour{Action: "slow", Milliseconds: milliseconds}
}

// asking asks a process again and again and keeps what it answers.
type asking struct {
	mu      sync.Mutex
	answers map[string]int // by "200", "503", "refused"
	wrong   []string       // whatever a caller must never see
	stop    chan struct{}
	ended   chan struct{}
}

// ask begins to ask a process, with a connection for each question, or with one for as long as the process keeps it.
func ask(t *testing.T, c *apptest.Client, p *apptest.Process, keep bool) *asking {
	t.Helper()
	a := &asking{answers: map[string]int{}, stop: make(chan struct{}), ended: make(chan struct{})}
	body, err := json.Marshal(map[string]string{"query": `{ me { username } orders(first: 1) { totalCount } }`})
	require.NoError(t, err)
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: !keep}, Timeout: apptest.Patience}
	go func() {
		defer close(a.ended)
		for {
			select {
			case <-a.stop:
				return
			case <-time.After(5 * time.Millisecond):
			}
			req, _ := http.NewRequest(http.MethodPost, p.URL()+"/graphql", bytes.NewReader(body))
			req.Header.Set("Content-Type", "application/json")
			req.Header.Set("Authorization", "Bearer "+c.Token)
			a.note(client.Do(req))
		}
	}()
	t.Cleanup(a.end)
	return a
}

func (a *asking) note(res *http.Response, err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if err != nil {
		if errors.Is(err, syscall.ECONNREFUSED) {
			a.answers["refused"]++
		} else { // cut: whoever got a connection gets an answer
			a.wrong = append(a.wrong, err.Error())
		}
		return
	}
	raw, err := io.ReadAll(res.Body)
	_ = res.Body.Close()
	var answer struct {
		Errors []struct{ Extensions struct{ Code string } }
	}
	code := ""
	if json.Unmarshal(raw, &answer) == nil && len(answer.Errors) > 0 {
		code = answer.Errors[0].Extensions.Code
	}
	switch {
	case err == nil && res.StatusCode == http.StatusOK && len(answer.Errors) == 0:
		a.answers["200"]++
	case err == nil && (res.StatusCode == http.StatusServiceUnavailable || res.StatusCode == http.StatusOK) && code == "UNAVAILABLE":
		a.answers["503"]++
		if res.StatusCode == http.StatusServiceUnavailable && res.Header.Get("Retry-After") == "" {
			a.wrong = append(a.wrong, "503 without Retry-After")
		}
	default:
		a.wrong = append(a.wrong, res.Status+" "+code+" "+string(raw))
	}
}

func (a *asking) end() {
	select {
	case <-a.stop:
	default:
		close(a.stop)
	}
	<-a.ended
}

// must ends it; nothing wrong was answered.
func (a *asking) must(t *testing.T) map[string]int {
	t.Helper()
	a.end()
	require.Empty(t, a.wrong)
	require.Positive(t, a.answers["200"])
	return a.answers
}

// R5: PostgreSQL dies, and is restarted by its operator, in the middle of 1,000 orders: two servers go on by themselves, a subscription
// misses nothing, nobody is told anything but to come again, nothing is lost and nothing is done twice.
func TestPostgresRestarts(t *testing.T) {
	long(t)
	t.Parallel()
	const people = 1000
	own := dbtest.MustOwn(t, "")
	f := mustFactoryIn(t, apptest.Options{URL: own.URL, Processes: 2}, people, "continuous")
	f.target.MustBehave(t, slowly(30))
	admin := f.As(t, "admin")
	start := event.Cursor{}.String()
	s, err := admin.Events(t.Context(), changes, apptest.Vars{"a": start})
	require.NoError(t, err)
	var mu sync.Mutex
	var cursors []string
	go func() {
		for raw := range s.Values() {
			var c change
			if json.Unmarshal(raw, &c) == nil {
				mu.Lock()
				cursors = append(cursors, c.OrderChanged.Cursor)
				mu.Unlock()
			}
		}
	}()
	polls := []*asking{ask(t, admin, f.Processes[0], false), ask(t, admin, f.Processes[1], true)}
	id := f.MustLaunch(t, "complete")
	for i, end := range []func(testing.TB){own.MustKill, own.MustStop, own.MustKill} {
		done := (i + 1) * people / 5
		apptest.Eventually(t, "some of the orders", 3*apptest.Patience, func() (bool, error) { return len(f.target.MustLog(t)) > done, nil })
		end(t)
		within(t, "UNAVAILABLE", func() bool { return apptest.CodeOf(admin.Do(`{ jobs { identifier } }`, nil, nil)) == "UNAVAILABLE" })
		own.MustStart(t)
		back := time.Now()
		for _, p := range f.Processes {
			within(t, "an answer", func() bool { return admin.On(p).Do(`{ jobs { identifier } }`, nil, nil) == nil })
		}
		t.Logf("both answered %s after PostgreSQL was back", time.Since(back))
		require.Less(t, time.Since(back), 20*time.Second)
	}
	back := time.Now()
	apptest.Eventually(t, "everything verified", 2*apptest.Patience, func() (bool, error) { return f.states(t)[4] == people, nil })
	t.Logf("all %d orders verified %s after the last time", people, time.Since(back))
	f.MustWaitJob(t, id, apptest.Completed, apptest.Warning)
	f.MustWaitQuiescent(t)
	f.once(t, people)
	for _, p := range polls {
		answers := p.must(t)
		t.Logf("answers: %v", answers)
		require.Zero(t, answers["refused"])
	}
	all := published(t, f.House, start)
	within(t, "the whole stream", func() bool {
		mu.Lock()
		defer mu.Unlock()
		return len(cursors) >= len(all)
	})
	require.Equal(t, all, cursors, "no gap, no duplicate")
	require.Contains(t, f.MustRun(t, "verify"), "the chain is whole")
}

// R23: a server that is asked to end does so in time, answers what it was asked, and leaves nothing half done, again and again.
func TestStopUnderLoad(t *testing.T) {
	t.Parallel()
	stops, err := strconv.Atoi(cmp.Or(os.Getenv("WRIT_STOPS"), "3"))
	require.NoError(t, err)
	people := max(400, 20*stops)
	f := mustFactory(t, people, 2, "continuous")
	f.target.MustBehave(t, slowly(50))
	admin := f.As(t, "admin")
	id := f.MustLaunch(t, "complete")
	for i := range stops {
		done := (i + 1) * people / (stops + 2)
		apptest.Eventually(t, "some of the orders", 3*apptest.Patience, func() (bool, error) { return len(f.target.MustLog(t)) > done, nil })
		p := f.Processes[i%2]
		polls := []*asking{ask(t, admin, p, false), ask(t, admin, p, false), ask(t, admin, p, true), ask(t, admin, p, true)}
		for _, poll := range polls {
			within(t, "some answers", func() bool {
				poll.mu.Lock()
				defer poll.mu.Unlock()
				return poll.answers["200"] > 5
			})
		}
		asked := time.Now()
		p.MustStop(t) // with exit code 0
		took := time.Since(asked)
		for _, poll := range polls {
			t.Logf("ended after %s, answers: %v", took, poll.must(t))
		}
		require.Less(t, took, 20*time.Second)
		var held int
		require.NoError(t, f.DB.NewRaw("select count(*) from provisioning_order where position(? in lease_owner) > 0 and closed_at is null", p.Worker()).Scan(t.Context(), &held))
		require.Zero(t, held, "it gave back what it did not send")
		p.MustRestart(t)
	}
	apptest.Eventually(t, "everything verified", 3*apptest.Patience, func() (bool, error) { return f.states(t)[4] == people, nil })
	f.MustWaitJob(t, id, apptest.Completed, apptest.Warning)
	f.MustWaitQuiescent(t)
	require.Equal(t, map[int]int{4: people}, f.states(t))
	f.once(t, people)
	var again int
	require.NoError(t, f.DB.NewRaw("select count(*) from provisioning_order where attempt > 1").Scan(t.Context(), &again))
	t.Logf("%d orders were sent a second time", again)
}

// A server that is asked to end says so to its load balancer at once, and answers what it was asked however it was asked. Subscriptions are not told that they
// are over: their clients go on elsewhere.
func TestStopAnswersWhatWasAsked(t *testing.T) {
	t.Parallel()
	h := apptest.MustStart(t, apptest.Options{Completed: true, Env: []string{"WRIT_STOP_DELAY=2s"}})
	admin, p := h.As(t, "admin"), h.Processes[0]
	streams := map[string]*apptest.Stream{}
	for name, dial := range map[string]func(context.Context, string, apptest.Vars) (*apptest.Stream, error){"socket": admin.Socket, "events": admin.Events} {
		for kind, query := range map[string]string{"orders": changes, "counters": `subscription { countersChanged { people } }`, "jobs": `subscription { jobsChanged { state } }`} {
			s, err := dial(t.Context(), query, nil)
			require.NoError(t, err)
			streams[name+" "+kind] = s
		}
	}
	silent, err := net.Dial("tcp", strings.TrimPrefix(p.URL(), "http://")) // asks for nothing
	require.NoError(t, err)
	defer silent.Close()

	// two changes wait for a table that somebody else has
	tx, err := h.DB.BeginTx(t.Context(), nil)
	require.NoError(t, err)
	defer func() { _ = tx.Rollback() }()
	_, err = tx.ExecContext(t.Context(), "lock table webhook in exclusive mode")
	require.NoError(t, err)
	const change = `mutation($i: CreateWebhookInput!) { createWebhook(input: $i) { webhook { id } } }`
	vars := apptest.Vars{"i": apptest.Vars{"url": "https://receiver.example/"}}
	asked := make(chan error, 1)
	go func() { asked <- admin.Do(change, vars, nil) }()
	socket, err := admin.Socket(t.Context(), change, vars)
	require.NoError(t, err)
	within(t, "both wait", func() bool {
		var n int
		require.NoError(t, h.DB.NewRaw("select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock' and query ilike '%webhook%'").Scan(t.Context(), &n))
		return n == 2
	})

	ended := make(chan struct{})
	go func() { defer close(ended); p.MustStop(t) }()
	within(t, "not ready any more", func() bool {
		res, err := http.Get(p.URL() + "/readyz")
		if err != nil {
			return false
		}
		defer res.Body.Close()
		return res.StatusCode == http.StatusServiceUnavailable
	})
	require.NoError(t, admin.Do(`{ me { username } }`, nil, nil), "it still answers")
	for name, s := range streams {
		for range s.Values() {
		}
		require.Error(t, s.Err(), "%s is told that it is over", name)
		if strings.HasPrefix(name, "socket") {
			require.Equal(t, websocket.StatusServiceRestart, websocket.CloseStatus(s.Err()), "%s: %v", name, s.Err())
		}
	}
	require.True(t, p.IsRunning())
	time.Sleep(3 * time.Second) // longer than it takes new requests
	require.NoError(t, tx.Commit())
	require.NoError(t, <-asked)
	value, open := <-socket.Values()
	require.True(t, open, "%v", socket.Err())
	require.Contains(t, string(value), "webhook")
	<-ended
}

// R3: a process that holds orders stands still for longer than its leases, another one does them, and the first one wakes: it sends nothing
// and writes nothing of them any more.
func TestFrozenProcess(t *testing.T) {
	long(t)
	t.Parallel()
	const people = 400
	f := mustFactory(t, people, 2, "continuous")
	f.target.MustBehave(t, slowly(100))
	admin := f.As(t, "admin")
	f.MustLaunch(t, "complete")
	apptest.Eventually(t, "some of the orders", 3*apptest.Patience, func() (bool, error) { return len(f.target.MustLog(t)) > people/8, nil })
	frozen := f.worker(t)
	frozen.MustFreeze(t)
	for _, p := range f.Processes {
		if p != frozen {
			admin = admin.On(p)
		}
	}
	f.SignIn("admin", admin)
	apptest.Eventually(t, "everything verified by the other", 3*apptest.Patience, func() (bool, error) { return f.states(t)[4] == people, nil })
	var before, after int
	const written = `select count(*) from order_line_history`
	require.NoError(t, f.DB.NewRaw(written).Scan(t.Context(), &before))
	sent := len(f.target.MustLog(t))
	frozen.MustThaw(t)
	within(t, "the one that stood still", func() bool { return admin.On(frozen).Do(`{ me { username } }`, nil, nil) == nil })
	f.MustWaitQuiescent(t)
	frozen.MustStop(t) // whatever it had in hand has ended
	require.Len(t, f.target.MustLog(t), sent, "it sent nothing")
	require.NoError(t, f.DB.NewRaw(written).Scan(t.Context(), &after))
	require.Equal(t, before, after, "it wrote nothing")
	f.once(t, people)
	require.Contains(t, f.MustRun(t, "verify"), "the chain is whole")
}
