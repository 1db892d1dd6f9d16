package notification

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"writ/server/event"
)

// TestOneMailHoldsUpNoOther: a mail that cannot be written, for its template, its values or its recipient, is dropped with the reason; the others
// go out, and the stream of events is read on.
func TestOneMailHoldsUpNoOther(t *testing.T) {
	t.Parallel()
	states := func(b bundle) map[string]string {
		var rows []struct{ Recipient, State string }
		require.NoError(t, b.DB.NewRaw(`select recipient, state || coalesce(' ' || error, '') as state from mail`).Scan(b.ctx, &rows))
		out := map[string]string{}
		for _, r := range rows {
			out[r.Recipient] = r.State
		}
		return out
	}
	t.Run("Refused", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		_, err := b.DB.ExecContext(b.ctx, `create function hostile() returns trigger language plpgsql as $$ begin
			if new.recipient = 'desk@x.example' and new.text_body <> '' then raise exception 'invalid byte sequence' using errcode = '22021'; end if; return new; end $$;
			create trigger hostile before insert on mail for each row execute function hostile()`)
		require.NoError(t, err)
		b.mustOpenTickets(t, 1, 26)
		b.mustPump(t)
		got := states(b)
		require.Contains(t, got["desk@x.example"], "DROPPED")
		require.Contains(t, got["desk@x.example"], "invalid byte sequence")
		delete(got, "desk@x.example")
		require.Equal(t, map[string]string{"operator@x.example": "QUEUED", "sales@x.example": "QUEUED", "twice@x.example": "QUEUED"}, got)
	})
	t.Run("LongAddress", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		long := strings.Repeat("x", 20_000) + "@x.example"
		_, err := b.DB.ExecContext(b.ctx, `update local_user set email = ? where username = 'sales'`, long)
		require.NoError(t, err)
		b.mustOpenTickets(t, 1, 26)
		b.mustPump(t)
		require.Equal(t, "QUEUED", states(b)[long])
		require.Len(t, states(b), 4)
	})
	t.Run("Template", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		dir := t.TempDir()
		require.NoError(t, os.WriteFile(filepath.Join(dir, "PerformManualProvisioningSummary.txt.tmpl"), []byte("{{.Nonsense}}"), 0o600))
		b.Templates = &Templates{own: os.DirFS(dir)}
		b.mustOpenTickets(t, 1, 26)
		b.mustPump(t)
		got := states(b)
		require.Len(t, got, 4)
		for _, state := range got {
			require.Contains(t, state, "DROPPED")
			require.Contains(t, state, "Nonsense")
		}
		b.Templates = nil
		b.mustOpenTickets(t, 1)
		b.mustPump(t)
		var queued int
		require.NoError(t, b.DB.NewRaw(`select count(*) from mail where state = 'QUEUED'`).Scan(b.ctx, &queued))
		require.Positive(t, queued)
	})
	t.Run("OddEvent", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		require.NoError(t, event.Publish(b.ctx, b.DB, b.Clock.Now(), event.Event{Kind: "ticket.opened", SubjectType: "entity_type", SourceEntityType: "Directory_User",
			Data: map[string]any{"orderIds": "nonsense"}}, event.Event{Kind: "job.changed", SubjectType: "job_instance", SubjectID: 1, Data: map[string]any{"to": 5}}))
		b.mustOpenTickets(t, 1)
		b.mustPump(t)
		require.Len(t, states(b), 4)
	})
}
