package scim

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"writ/server/fulfil"
)

// skew is how far apart the clocks of a server's machines may be, and how long a change may take until it shows.
const skew = 30 * time.Second

// cookiePrefix tells our cookies from others. Behind it stands a moment of the server's clock.
const cookiePrefix = "modified:"

// Cookies gives a moment of the server's clock for each table that can be filtered by it. Users whose memberships are read from the groups have none:
// the groups do not say since when somebody is not among them.
func (c *Conn) Cookies(ctx context.Context) (map[string]string, error) {
	cat, f := c.catalog(ctx, false)
	if f != nil {
		return nil, f.err()
	}
	found := map[string]string{}
	for _, t := range cat.tables {
		if !c.tracks(cat, t) {
			continue
		}
		p, f := c.page(ctx, t, c.filterOf(t), 1, 1)
		if f != nil {
			return nil, f.err()
		}
		if at, err := http.ParseTime(p.date); err == nil && p.total >= 0 {
			found[t.name] = cookieOf(at)
		}
	}
	return found, nil
}

func (c *Conn) tracks(cat *catalog, t *table) bool {
	g := t.column("groups")
	return cat.filters && c.set.Paging != "none" && (g == nil || !g.isGroups || c.set.Memberships == "users")
}

func cookieOf(at time.Time) string { return cookiePrefix + at.UTC().Format(time.RFC3339) }

// Since reads what the server says to have changed from a moment on; how many there are tells whether some are gone. A server that gives what did not
// change since then does not look at the filter: then it cannot be told.
//
// It has half of the time that there is: a server that finds its changes no faster than that is one whose table is read.
func (c *Conn) Since(ctx context.Context, table, cookie string, most int) (*fulfil.Delta, error) {
	own := ctx
	if end, ok := ctx.Deadline(); ok {
		var cancel func()
		own, cancel = context.WithDeadline(ctx, time.Now().Add(time.Until(end)/2))
		defer cancel()
	}
	delta, err := c.since(own, table, cookie, most)
	var late interface{ Timeout() bool }
	if err != nil && ctx.Err() == nil && (own.Err() != nil || errors.As(err, &late) && late.Timeout()) {
		return nil, nil //nolint:nilerr // it cannot be told in time
	}
	return delta, err
}

func (c *Conn) since(ctx context.Context, table, cookie string, most int) (*fulfil.Delta, error) {
	text, ours := strings.CutPrefix(cookie, cookiePrefix)
	from, err := time.Parse(time.RFC3339, text)
	if err != nil || !ours {
		return nil, nil //nolint:nilerr // no cookie of ours: it cannot be told
	}
	cat, t, f := c.lookup(ctx, table)
	if f != nil {
		return nil, f.err()
	}
	if !c.tracks(cat, t) {
		return nil, nil
	}
	from = from.Add(-skew)
	now, f := c.page(ctx, t, c.filterOf(t), 1, 1)
	if f != nil {
		return nil, f.err()
	}
	at, err := http.ParseTime(now.date)
	if err != nil || now.total < 0 || at.Before(from) { // its clock was set back
		return nil, nil //nolint:nilerr // without a clock it cannot be told
	}
	rows, f := c.rows(ctx, cat, t, "")
	if f != nil {
		return nil, f.err()
	}
	delta := &fulfil.Delta{Cookie: cookieOf(at)}
	column := t.column("meta" + c.set.Separator + "lastModified")
	isExact := true
	f = c.whole(ctx, cat, t, `meta.lastModified ge "`+from.UTC().Format("2006-01-02T15:04:05Z")+`"`, func(res map[string]any) bool {
		text, _ := column.read(res).(string)
		modified, err := time.Parse(time.RFC3339, text)
		isExact = err == nil && !modified.Before(from) && len(delta.Rows) < most
		delta.Rows = append(delta.Rows, rows(res))
		return isExact
	})
	switch {
	case f.isNo():
		return nil, nil // it has filters, but none of this kind
	case f != nil:
		return nil, f.err()
	case !isExact:
		return nil, nil
	}
	after, f := c.page(ctx, t, c.filterOf(t), 1, 1) // counted afterwards: what came meanwhile makes the table be read
	if f != nil {
		return nil, f.err()
	}
	if delta.Count = after.total; delta.Count < 0 {
		return nil, nil
	}
	return delta, nil
}
