package notification

import (
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"writ/server/errs"
	"writ/server/page"
	"writ/server/permit"
)

func TestMailLog(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.mustOpenTickets(t, 1)
	b.mustPump(t)
	b.box.fail = os.ErrDeadlineExceeded
	require.Error(t, b.send(t))
	_, err := b.List(t.Context(), page.Args{First: 1}, nil, nil, true)
	require.True(t, errs.Is(err, errs.Unauthenticated))
	_, err = b.List(permit.With(t.Context(), &permit.Actor{Username: "x"}), page.Args{First: 1}, nil, nil, true)
	require.True(t, errs.Is(err, errs.Forbidden))
	ctx := permit.With(t.Context(), &permit.Actor{Username: "auditor", Grants: []permit.Grant{{Path: "/Monitoring", CanExecute: true}}})

	first, err := b.List(ctx, page.Args{First: 3}, nil, nil, true)
	require.NoError(t, err)
	require.Equal(t, 4, first.TotalCount)
	require.Len(t, first.Nodes(), 3)
	require.Equal(t, "PerformManualProvisioningSummary", first.Nodes()[0].Template)
	next, err := b.List(ctx, page.Args{First: 3, After: *first.PageInfo.EndCursor}, nil, nil, true)
	require.NoError(t, err)
	require.Len(t, next.Nodes(), 1)
	failed := next.Nodes()[0]
	require.Equal(t, MailFailed, failed.State)
	require.Equal(t, 1, failed.Attempts)
	require.Contains(t, *failed.Error, os.ErrDeadlineExceeded.Error())
	require.Nil(t, failed.SentAt)

	recipient := "Operator@x.example"
	for name, c := range map[string]struct {
		filter MailFilter
		want   int
	}{
		"States":    {MailFilter{States: []MailState{MailFailed, MailSent}}, 1},
		"Templates": {MailFilter{Templates: []string{"RunJobNotification"}}, 0},
		"Recipient": {MailFilter{Recipient: &recipient}, 1},
		"All":       {MailFilter{States: []MailState{MailQueued, MailFailed}, Templates: []string{"PerformManualProvisioningSummary"}}, 4},
	} {
		got, err := b.List(ctx, page.Args{First: 10}, &c.filter, nil, true)
		require.NoError(t, err)
		require.Len(t, got.Nodes(), c.want, name)
		require.Equal(t, c.want, got.TotalCount, name)
	}
}
