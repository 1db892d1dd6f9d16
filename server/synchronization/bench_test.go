package synchronization_test

import (
	"fmt"
	"os"
	"strconv"
	"testing"
	"time"

	"writ/server/synchronization"
)

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
