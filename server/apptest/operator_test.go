package apptest_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"os"
	"sync"
	"syscall"
	"testing"
	"time"

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

// asking asks a process again and again, with a connection for each question, and keeps what it answers.
type asking struct {
	mu      sync.Mutex
	answers map[string]int // by "200", "503", "refused"
	wrong   []string       // whatever a caller must never see
	stop    chan struct{}
	ended   chan struct{}
}

// ask begins to ask a process.
func ask(t *testing.T, c *apptest.Client, p *apptest.Process) *asking {
	t.Helper()
	a := &asking{answers: map[string]int{}, stop: make(chan struct{}), ended: make(chan struct{})}
	body, err := json.Marshal(map[string]string{"query": `{ me { username } orders(first: 1) { totalCount } }`})
	require.NoError(t, err)
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: apptest.Patience}
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
		switch {
		case errors.Is(err, syscall.ECONNREFUSED):
			a.answers["refused"]++
		case errors.Is(err, io.EOF) || errors.Is(err, syscall.ECONNRESET): // a new connection whose request was not read: the listener closed
			a.answers["closed"]++
		default:
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
	polls := []*asking{ask(t, admin, f.Processes[0]), ask(t, admin, f.Processes[1])}
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
		require.Zero(t, answers["refused"]+answers["closed"])
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
	const people = 400
	f := mustFactory(t, people, 2, "continuous")
	f.target.MustBehave(t, slowly(50))
	admin := f.As(t, "admin")
	id := f.MustLaunch(t, "complete")
	for i := range 3 {
		done := (i + 1) * people / 5
		apptest.Eventually(t, "some of the orders", 3*apptest.Patience, func() (bool, error) { return len(f.target.MustLog(t)) > done, nil })
		p := f.Processes[i%2]
		poll := ask(t, admin, p)
		within(t, "some answers", func() bool {
			poll.mu.Lock()
			defer poll.mu.Unlock()
			return poll.answers["200"] > 5
		})
		asked := time.Now()
		p.MustStop(t) // with exit code 0
		took := time.Since(asked)
		answers := poll.must(t)
		t.Logf("ended after %s, answers: %v", took, answers)
		require.LessOrEqual(t, answers["closed"], 1, "at most the one connection that came in the instant in which the listener closed")
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
