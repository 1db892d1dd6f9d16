package bench

import (
	"bytes"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"writ/server/dbtest"
)

func TestSizes(t *testing.T) {
	t.Parallel()
	for people, want := range map[int][]int{500: {500}, 10_000: {10_000}, 40_000: {10_000, 40_000}, 1_000_000: {10_000, 100_000, 1_000_000}} {
		require.Equal(t, want, Input{People: people}.sizes())
	}
}

func TestTable(t *testing.T) {
	t.Parallel()
	table := &table{title: "x) Things", columns: []string{"what", "count", "took"}}
	table.add("ä", 1234567, 1500*time.Microsecond)
	table.add("long name", 2.5, 61*time.Second)
	table.note("That is %s.", "all")
	var out bytes.Buffer
	table.print(&out)
	require.Equal(t, `
x) Things

what           count     took
---------  ---------  -------
ä          1,234,567   1.5 ms
long name        2.5  61.00 s
That is all.
`, out.String())
	require.Equal(t, "2.00x", times(4, 2))
	require.Equal(t, "-", times(4, 0))
	require.Equal(t, "999", thousands(999))
	require.Equal(t, "250.0 µs", duration(250*time.Microsecond))
}

// TestRunners: pgbench and the loop that stands in for it both repeat statements.
func TestRunners(t *testing.T) {
	t.Parallel()
	_, url := dbtest.MustOpenURL(t)
	statements := []string{"select 1", "select '2026-01-01 10:20:30'::timestamptz, count(*) from event"}
	r := newRunner(url, time.Second)
	if r.program != "" {
		m, err := r.run(t.Context(), statements, 2, time.Second)
		require.NoError(t, err)
		require.Positive(t, m.rate)
		require.Positive(t, m.p99)
		require.Equal(t, "pgbench", r.name())
	}
	r.program = ""
	m, err := r.run(t.Context(), statements, 2, 200*time.Millisecond)
	require.NoError(t, err)
	require.Positive(t, m.rate)
	require.Positive(t, m.p99)
	require.Equal(t, "loop in Go", r.name())

	_, err = r.run(t.Context(), []string{"select nonsense"}, 1, 50*time.Millisecond)
	require.Error(t, err)
}

func TestReadPgbench(t *testing.T) {
	t.Parallel()
	m, err := readPgbench("number of transactions actually processed: 3057\nlatency average = 6.541 ms\ntps = 305.765 (without initial connection time)\n")
	require.NoError(t, err)
	require.InDelta(t, 305.765, m.rate, 0.001)
	require.Equal(t, 3057, m.count)
	m, err = readPgbench("number of transactions actually processed: 0\nlatency average = 0.000 ms\ntps = 0.000000 (without initial connection time)\n")
	require.NoError(t, err)
	require.Zero(t, m.count, "run asks again, for longer")
	_, err = readPgbench("nothing")
	require.Error(t, err)
	require.Equal(t, []time.Duration{6481 * time.Microsecond, 12 * time.Microsecond}, readLog("0 0 6481 0 1795000000 100\n1 7 12 0 1795000000 101\n\n"))
}

func TestMeasured(t *testing.T) {
	t.Parallel()
	took := make([]time.Duration, 200)
	for i := range took {
		took[i] = time.Duration(200-i) * time.Millisecond
	}
	m := measure(took, time.Second)
	require.Equal(t, measured{count: 200, rate: 200, p50: 101 * time.Millisecond, p99: 199 * time.Millisecond}, m)
	require.InDelta(t, 3, middle([]measured{{rate: 9}, {rate: 1}, {rate: 3}}, func(m measured) float64 { return m.rate }), 0)

	s, ok := parseStat("42 (a (b) c) S 7 42 42 0 -1 4194560 100 0 0 0 150 50 20 10 20 0 1 0 100")
	require.True(t, ok)
	require.Equal(t, stat{name: "a (b) c", parent: 7, self: 2 * time.Second, ended: 300 * time.Millisecond}, s)
	_, ok = parseStat("42 nonsense")
	require.False(t, ok)
	require.Equal(t, 5*time.Millisecond, cpu{2 * time.Second, true}.since(cpu{time.Second, true}, 200))
	require.Zero(t, cpu{}.since(cpu{time.Second, true}, 200), "unknown")
}

func TestForLibpq(t *testing.T) {
	t.Parallel()
	at, password, err := forLibpq("postgres://me:secret@db.example:5433/writ?sslmode=require&timezone=UTC&application_name=writ")
	require.NoError(t, err)
	require.Equal(t, "postgres://me@db.example:5433/writ?sslmode=require", at)
	require.Equal(t, "secret", password)
}
