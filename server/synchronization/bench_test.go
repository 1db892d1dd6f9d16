package synchronization_test

import (
	"fmt"
	"os"
	"strconv"
	"testing"
	"time"

	"writ/server/synchronization"
)

// TestLargeTarget measures, on a managed database of many rows (WRIT_TEST_ROWS), what one change of somebody else costs: with its history, and when the
// table is read.
func TestLargeTarget(t *testing.T) {
	t.Parallel()
	n := 2500
	if text := os.Getenv("WRIT_TEST_ROWS"); text != "" {
		n, _ = strconv.Atoi(text)
	}
	for _, tracks := range []bool{true, false} {
		b := setup(t)
		_, other := b.target(t, targetTables+fmt.Sprintf(`; insert into person (id, name, department) select 'p' || n, 'Person', 'IT' from generate_series(1, %d) n`, n), tracks)
		b.drainUntilQuiet(t)
		for i := range 3 {
			if _, err := other.ExecContext(t.Context(), fmt.Sprintf("begin; update person set name = 'Other %d' where id = 'p1'; select pg_stat_force_next_flush(); commit", i)); err != nil {
				t.Fatal(err)
			}
			begin := time.Now()
			if err := b.Drain(b.ctx, b.connector); err != nil {
				t.Fatal(err)
			}
			t.Logf("one of %d rows changed, history told: %v: %v, %d read", n, tracks, time.Since(begin).Round(time.Millisecond), b.last(t).Counters.EntityTypes["Person"].Read)
		}
	}
}

// TestLarge measures the stages on many rows: WRIT_TEST_ROWS=1000000 go test -run TestLarge -v. Small by default.
func TestLarge(t *testing.T) {
	t.Parallel()
	n := 2500
	if text := os.Getenv("WRIT_TEST_ROWS"); text != "" {
		n, _ = strconv.Atoi(text)
	}
	b := setup(t)
	rows := people(n)
	for i, r := range rows {
		r["mail"], r["groups"] = fmt.Sprintf("p%d@example.org", i), "IT;HR"
	}
	b.fake.set("person", rows...)
	measure := func(what string) *synchronization.Delivery {
		begin := time.Now()
		in := synchronization.RunInput{Connector: "hr"}
		if _, err := b.Export(b.ctx, in); err != nil {
			t.Fatal(err)
		}
		exported := time.Now()
		if _, err := b.Prepare(b.ctx, in); err != nil {
			t.Fatal(err)
		}
		prepared := time.Now()
		d, err := b.Synchronize(b.ctx, in)
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("%s of %d rows: export %v, prepare %v, apply %v", what, n, exported.Sub(begin).Round(time.Millisecond),
			prepared.Sub(exported).Round(time.Millisecond), time.Since(prepared).Round(time.Millisecond))
		return d
	}
	if got := measure("first load").Counters.Inserted; got != n+2 {
		t.Fatalf("inserted %d", got)
	}
	if got := measure("same again").Counters; got.Inserted+got.Updated+got.Deleted != 0 {
		t.Fatalf("changed %+v", got)
	}
	for i := range n / 10 {
		rows[i]["name"], rows[i]["department"] = "Other", "HR"
	}
	b.fake.set("person", rows[:n-n/100]...)
	if got := measure("one in ten changed").Counters; got.Updated != n/10 || got.Deleted != n/100 {
		t.Fatalf("changed %+v", got)
	}
}
