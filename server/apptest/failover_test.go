package apptest_test

import (
	"encoding/json"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"writ/server/apptest"
	"writ/server/dbtest"
	"writ/server/event"
)

// The primary dies in the middle of the orders and its replica takes over: two processes that know both go on by themselves. Nothing is lost,
// nothing is done twice by the target's own log, and a subscription misses nothing.
func TestFailover(t *testing.T) {
	t.Parallel()
	const people = 1500
	pair := dbtest.MustPair(t)
	f := mustFactoryIn(t, apptest.Options{URL: pair.URL, Processes: 2}, people, "continuous")
	admin := f.As(t, "admin")
	start := event.Cursor{}.String()
	s, err := admin.Events(t.Context(), changes, apptest.Vars{"a": start})
	require.NoError(t, err)
	var mu sync.Mutex
	var cursors []string
	var last time.Time
	go func() {
		for raw := range s.Values() {
			var c change
			if json.Unmarshal(raw, &c) == nil {
				mu.Lock()
				cursors, last = append(cursors, c.OrderChanged.Cursor), time.Now()
				mu.Unlock()
			}
		}
	}()
	id := f.MustLaunch(t, "complete")
	apptest.Eventually(t, "a fifth of the orders", 4*apptest.Patience, func() (bool, error) { return len(f.target.MustLog(t)) > people/5, nil })
	pair.MustKillPrimary(t)
	killed := time.Now()
	within(t, "UNAVAILABLE", func() bool { return apptest.CodeOf(admin.Do(`{ jobs { identifier } }`, nil, nil)) == "UNAVAILABLE" })
	time.Sleep(2 * time.Second) // what a watchdog takes before it decides
	pair.MustPromote(t)
	promoted := time.Now()
	t.Logf("promoted %s after the kill", promoted.Sub(killed))
	within(t, "an answer", func() bool { return admin.Do(`{ jobs { identifier } }`, nil, nil) == nil })
	t.Logf("the first answer came %s after the promotion", time.Since(promoted))
	var first time.Time
	within(t, "an event", func() bool {
		mu.Lock()
		defer mu.Unlock()
		first = last
		return last.After(promoted)
	})
	t.Logf("the first event came %s after the promotion", first.Sub(promoted))
	apptest.Eventually(t, "everything verified", 2*apptest.Patience, func() (bool, error) { return f.states(t)[4] == people, nil })
	t.Logf("all %d orders verified %s after the promotion", people, time.Since(promoted))
	f.MustWaitJob(t, id, apptest.Completed, apptest.Warning)
	f.MustWaitQuiescent(t)
	f.once(t, people)
	all := published(t, f.House, start)
	within(t, "the whole stream", func() bool {
		mu.Lock()
		defer mu.Unlock()
		return len(cursors) >= len(all)
	})
	require.Equal(t, all, cursors, "no gap, no duplicate")
	require.Contains(t, f.MustRun(t, "verify"), "the chain is whole")
}
