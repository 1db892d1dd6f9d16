package event_test

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"

	"writ/server/dbtest"
	"writ/server/errs"
	"writ/server/event"
)

// rewind makes the database what a replica is that had not received the newest events when it took over.
func rewind(t *testing.T, b *bun.DB, to int64) {
	t.Helper()
	_, err := b.ExecContext(t.Context(), `alter table event disable trigger user; alter table event_chain disable trigger user;
		delete from event_chain where position > ?0; delete from event e where not exists (select from event_chain c where c.event_id = e.id);
		update event_appender set settled = least(settled, (select coalesce(max(event_id), 0) from event_chain));
		alter table event enable trigger user; alter table event_chain enable trigger user`, to)
	require.NoError(t, err)
}

// An appender that goes on after a failover continues the chain that is there, not the one it remembers.
func TestAppenderBelievesTheDatabase(t *testing.T) {
	t.Parallel()
	for _, lost := range []int64{0, 7, 9} {
		b := dbtest.MustOpen(t)
		a := event.NewAppender(b)
		publish(t, b, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10)
		_, err := a.Append(t.Context())
		require.NoError(t, err)
		rewind(t, b, lost)
		publish(t, b, 11, 12)
		appended, err := a.Append(t.Context())
		require.NoError(t, err)
		require.True(t, appended)
		var links []struct{ Position int64 }
		require.NoError(t, b.NewRaw("select position from event_chain order by position").Scan(t.Context(), &links))
		require.Len(t, links, int(lost)+2)
		for i, l := range links {
			require.EqualValues(t, i+1, l.Position, "no gap in the chain")
		}
		var previous []byte
		var rows []struct {
			Text string
			Hash []byte
		}
		require.NoError(t, b.NewRaw("select "+event.HashedText+" as text, c.hash from event e join event_chain c on c.event_id = e.id order by c.position").Scan(t.Context(), &rows))
		for _, r := range rows {
			previous = event.NextHash(previous, r.Text)
			require.Equal(t, previous, r.Hash, "each hash is over the one before it")
		}
	}
}

// What subscribers have seen is gone: they are told by the end of their stream, their cursors are refused, and new ones miss nothing.
func TestHubAfterLostEvents(t *testing.T) {
	t.Parallel()
	b, url := dbtest.MustOpenURL(t)
	ctx, stop := context.WithCancel(t.Context())
	h := event.NewHub(b, url, slog.New(slog.DiscardHandler))
	ended := make(chan error, 1)
	go func() { ended <- h.Run(ctx) }()
	defer func() { stop(); require.NoError(t, <-ended) }()
	in, err := h.Subscribe(ctx, nil, nil)
	require.NoError(t, err)
	next := func(in <-chan event.Row) (r event.Row, open bool) {
		select {
		case r, open = <-in:
			return r, open
		case <-time.After(soon):
			require.Fail(t, "nothing comes")
			return r, false
		}
	}
	publish(t, b, 1, 2, 3, 4, 5)
	var seen []event.Row
	for range 5 {
		r, _ := next(in)
		seen = append(seen, r)
	}
	rewind(t, b, 3)
	_, open := next(in)
	require.False(t, open, "the stream ends")
	again, err := h.Subscribe(ctx, &seen[2].Cursor, nil)
	require.NoError(t, err, "this event is there")
	fresh, err := h.Subscribe(ctx, nil, nil)
	require.NoError(t, err)
	publish(t, b, 6, 7, 8)
	for _, in := range []<-chan event.Row{again, fresh} {
		for want := int64(6); want < 9; want++ {
			r, open := next(in)
			require.True(t, open)
			require.Equal(t, want, r.SubjectID)
		}
	}
	for _, gone := range seen[3:] {
		_, err := h.Subscribe(ctx, &gone.Cursor, nil)
		require.True(t, errs.Is(err, errs.Validation), "%v", err)
	}
}
