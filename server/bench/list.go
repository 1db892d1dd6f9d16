package bench

import (
	"context"
	"fmt"
	"slices"
	"time"
)

// listed is a page of 50 orders as everybody who is compared asks for it.
type listed struct {
	name         string
	ours         string
	postgraphile string
	statements   []string // as somebody would write them by hand, for the same values
}

// listings are the two queries: what stands in the table of orders alone, and a page as people see it. A page of our own says whether more
// follows, so the others say it too.
var listings = []listed{{
	name:         "flat",
	ours:         `{ orders(first: 50) { nodes { id state kind isManual version createdAt updatedAt } pageInfo { hasNextPage endCursor } } }`,
	postgraphile: `{ allProvisioningOrders(first: 50, orderBy: [CREATED_AT_DESC, ROW_ID_DESC]) { nodes { rowId state kind isManual version createdAt updatedAt } pageInfo { hasNextPage endCursor } } }`,
	statements: []string{
		`select o.id, o.state, o.kind, o.is_manual, o.version, o.created_at, o.updated_at from provisioning_order o order by o.created_at desc, o.id desc limit 51`,
	},
}, {
	name: "with owner, type and lines",
	ours: `{ orders(first: 50) { nodes { id state stateCode kind createdAt owner { id displayName } resourceType { identifier displayName }
		lines { id property action proposedValue state workflowState } } pageInfo { hasNextPage endCursor } } }`,
	postgraphile: `{ allProvisioningOrders(first: 50, orderBy: [CREATED_AT_DESC, ROW_ID_DESC]) { nodes { rowId state kind createdAt resourceByOwnerId { rowId displayName }
		resourceTypeByResourceTypeId { identifier displayName } orderLinesByOrderId(orderBy: [ROW_ID_ASC]) { nodes { rowId property action proposedValue state workflowState } } }
		pageInfo { hasNextPage endCursor } } }`,
	statements: []string{
		`select o.id, o.state, o.kind, o.created_at, w.id, w.display_name, t.identifier, t.display_name from provisioning_order o
			left join resource w on w.id = o.owner_id join resource_type t on t.id = o.resource_type_id order by o.created_at desc, o.id desc limit 51`,
		`select l.order_id, l.id, l.property, l.action, l.proposed_value, l.state, l.workflow_state from order_line l
			where l.order_id = any(array(select o.id from provisioning_order o order by o.created_at desc, o.id desc limit 50)) order by l.order_id, l.id`,
	},
}}

// rounds is how often everybody is measured in turn: what else the machine does then meets all alike. The median counts.
const rounds = 3

// subject is somebody who answers a listing.
type subject struct {
	name string
	pid  int // of its own process, for its CPU time; 0: it has none that counts
	run  func(ctx context.Context, l listed, n int, span time.Duration) (measured, error)
}

// lists prints part a.
func lists(ctx context.Context, o *organisation, in Input) error {
	if err := o.settle(ctx); err != nil {
		return err
	}
	ours, err := o.serve(ctx, in)
	if err != nil {
		return err
	}
	defer ours.stop()
	runner := newRunner(o.url, in.Span)
	all := []subject{
		{name: "Writ", pid: ours.pid(), run: func(ctx context.Context, l listed, n int, span time.Duration) (measured, error) {
			return ours.load(ctx, l.ours, n, span)
		}},
		{name: runner.name(), run: func(ctx context.Context, l listed, n int, span time.Duration) (measured, error) {
			return runner.run(ctx, l.statements, n, span)
		}},
	}
	theirs, absent := postgraphile(ctx, o.url, in.Folder)
	if theirs != nil {
		defer theirs.stop()
		all = append(all, subject{name: theirs.name, pid: theirs.pid(), run: func(ctx context.Context, l listed, n int, span time.Duration) (measured, error) {
			return theirs.load(ctx, l.postgraphile, n, span)
		}})
	}
	for i, l := range listings {
		if err := ours.check(ctx, l.ours); err != nil {
			return err
		}
		if theirs != nil {
			if err := theirs.check(ctx, l.postgraphile); err != nil {
				return err
			}
		}
		t := &table{title: fmt.Sprintf("a%d) A page of 50 out of %s orders, %s: median of %d rounds in turn", i+1, thousands(float64(o.people)), l.name, rounds),
			columns: []string{"at a time", "who", "requests/s", "p50", "p99", "its CPU", "database CPU", "bytes", "Writ does"}}
		for _, n := range []int{1, 8, 32} {
			if err := o.compare(ctx, t, all, l, n, in.Span); err != nil {
				return err
			}
		}
		if i == len(listings)-1 {
			t.note("CPU: of one request, of its own process and of all processes of the database. Bytes: of an answer as it is sent.")
			t.note("Writ: its own process: HTTP, access token, rights, access log, gzip.")
			t.note("%s: the statements written by hand, prepared, no transaction: leaves out HTTP, GraphQL, rights, and making the answer.", runner.name())
			if theirs != nil {
				t.note("%s: its own process, Amber preset: leaves out tokens, rights, access log and compression; names of states; the order of lines by property.", theirs.name)
			} else {
				t.note("PostGraphile is left out: %s", absent)
			}
		}
		t.print(in.Out)
	}
	return nil
}

// compare adds the rows of one load.
func (o *organisation) compare(ctx context.Context, t *table, all []subject, l listed, n int, span time.Duration) error {
	found := make([][]measured, len(all))
	for range rounds {
		for i, s := range all {
			before, err := o.used(ctx, s.pid)
			if err != nil {
				return err
			}
			m, err := s.run(ctx, l, n, span)
			if err != nil {
				return fmt.Errorf("%s, %d at a time: %w", s.name, n, err)
			}
			after, err := o.used(ctx, s.pid)
			if err != nil {
				return err
			}
			m.own, m.database = after.own.since(before.own, m.count), after.database.since(before.database, m.count)
			found[i] = append(found[i], m)
		}
	}
	ours := middle(found[0], func(m measured) float64 { return m.rate })
	for i, s := range all {
		list := found[i]
		rate, ratio := middle(list, func(m measured) float64 { return m.rate }), any("-")
		if i > 0 {
			ratio = times(ours, rate)
		}
		of := func(value func(m measured) time.Duration) any {
			return orNone(time.Duration(middle(list, func(m measured) float64 { return float64(value(m)) })))
		}
		size := any("-")
		if list[0].bytes > 0 {
			size = list[0].bytes
		}
		t.add(n, s.name, rate, of(func(m measured) time.Duration { return m.p50 }), of(func(m measured) time.Duration { return m.p99 }),
			of(func(m measured) time.Duration { return m.own }), of(func(m measured) time.Duration { return m.database }), size, ratio)
	}
	return nil
}

// middle is the median.
func middle(list []measured, value func(measured) float64) float64 {
	values := make([]float64, len(list))
	for i, m := range list {
		values[i] = value(m)
	}
	slices.Sort(values)
	return values[len(values)/2]
}

// orNone is a dash for what was not measured.
func orNone(d time.Duration) any {
	if d <= 0 {
		return "-"
	}
	return d
}
