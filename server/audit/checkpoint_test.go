package audit_test

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding/json"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"

	"writ/server/audit"
	"writ/server/clock"
	"writ/server/db"
	"writ/server/dbtest"
	"writ/server/errs"
)

// tamper does what only a superuser can.
func tamper(t *testing.T, b *bun.DB, statements string) {
	t.Helper()
	require.NoError(t, db.InTx(t.Context(), b, func(ctx context.Context, tx bun.Tx) error {
		_, err := tx.Tx.ExecContext(ctx, "set local session_replication_role = replica; "+statements)
		return err
	}))
}

// rewrite hashes everything anew after a change: a chain that is whole, and false.
const rewrite = `
	do $$ declare former bytea := ''; one record; begin
		for one in select c.position, jsonb_build_array(e.id, (extract(epoch from e.at) * 1000000)::bigint, e.kind, e.actor, e.subject_type, e.subject_id,
			e.source_entity_type, e.owner_id, e.data)::text as text from event_chain c join event e on e.id = c.event_id order by 1 loop
			former := sha256(former || convert_to(one.text, 'UTF8'));
			update event_chain set hash = former where position = one.position;
		end loop;
	end $$;`

func TestCutTail(t *testing.T) {
	t.Parallel()
	const cut = "delete from event_chain where position > 6; delete from event where id > 6;"
	for name, c := range map[string]struct {
		statements string
		broken     int64
		outsideDB  bool // found only with what is kept outside of the database
	}{
		"Cut":                  {cut, 7, false},
		"CutWithCheckpoint":    {cut + "delete from event_checkpoint", 7, true},
		"CutAndWrittenOn":      {cut + "delete from event_checkpoint; insert into event_chain select 6 + i, 100 + i, '' from generate_series(1, 9) i", 7, false},
		"WrittenAnew":          {"update event set actor = 'eve' where id = 3;" + rewrite, 8, false},
		"WrittenAnewWithout":   {"update event set actor = 'eve' where id = 3;" + rewrite + "delete from event_checkpoint", 8, true},
		"CheckpointMoved":      {"update event_checkpoint set position = 5, hash = (select hash from event_chain where position = 5)", 5, false},
		"CheckpointForged":     {`update event_checkpoint set signature = '\x00'`, 8, false},
		"CheckpointOfStranger": {"update event_checkpoint set public_key = sha256('eve')", 8, false},
		"EverythingGone":       {"delete from event_checkpoint; delete from event_chain; delete from event", 1, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := dbtest.MustOpen(t)
			s := service(b)
			s.HeadFile = filepath.Join(t.TempDir(), "audit.head")
			publish(t, b, "ann", 8)
			place(t, b)
			head, err := s.Sign(t.Context(), false)
			require.NoError(t, err)
			require.EqualValues(t, 8, head.Position)
			publish(t, b, "ann", 2)
			chained(t, b, 10)
			exported, err := json.Marshal(head)
			require.NoError(t, err)
			tamper(t, b, c.statements)

			blind := service(b)
			v, err := blind.Verify(t.Context(), nil)
			require.NoError(t, err)
			require.Equal(t, c.outsideDB, v.BrokenPosition == 0, v.Reason)
			v, err = s.Verify(t.Context(), nil) // the newest checkpoint beside the key
			require.NoError(t, err)
			require.Equal(t, c.broken, v.BrokenPosition, v.Reason)
			earlier, err := audit.ParseCheckpoint(exported)
			require.NoError(t, err)
			v, err = blind.Verify(t.Context(), []*audit.Checkpoint{earlier})
			require.NoError(t, err)
			require.Equal(t, c.broken, v.BrokenPosition, v.Reason)
			require.NotEmpty(t, v.Reason)

			// time passes and the log goes on: no signature of ours makes it good
			publish(t, b, "ann", 9)
			place(t, b)
			s.Clock.SetOffset(time.Hour)
			_, _ = s.Sign(t.Context(), true)
			v, err = s.Verify(t.Context(), nil)
			require.NoError(t, err)
			require.NotZero(t, v.BrokenPosition)
		})
	}
}

func TestCheckpoints(t *testing.T) {
	t.Parallel()
	b := dbtest.MustOpen(t)
	s := service(b)
	none, err := s.Sign(t.Context(), true)
	require.NoError(t, err)
	require.Nil(t, none)
	publish(t, b, "ann", 3)
	place(t, b)
	first, err := s.Sign(t.Context(), false)
	require.NoError(t, err)
	require.EqualValues(t, 3, first.Position)
	publish(t, b, "ann", 1)
	place(t, b)
	same, err := s.Sign(t.Context(), false)
	require.NoError(t, err)
	require.EqualValues(t, 3, same.Position, "not yet")
	s.Clock.SetOffset(11 * time.Minute)
	second, err := s.Sign(t.Context(), false)
	require.NoError(t, err)
	require.EqualValues(t, 4, second.Position)
	s.Clock.SetOffset(time.Hour)
	again, err := s.Sign(t.Context(), true)
	require.NoError(t, err)
	require.EqualValues(t, 4, again.Position, "nothing happened since")

	publish(t, b, "ann", 1)
	place(t, b)
	other := &audit.Service{DB: b, Clock: clock.New(), Key: ed25519.NewKeyFromSeed(bytes.Repeat([]byte{8}, 32))}
	_, err = other.Sign(t.Context(), true)
	require.NoError(t, err)
	v, err := s.Verify(t.Context(), nil)
	require.NoError(t, err)
	require.Zero(t, v.BrokenPosition, v.Reason)
	require.Equal(t, []int{2, 1}, []int{v.Checkpoints, v.Untrusted})
	v, err = s.Verify(t.Context(), nil, other.Key.Public().(ed25519.PublicKey))
	require.NoError(t, err)
	require.Equal(t, []int{3, 0}, []int{v.Checkpoints, v.Untrusted})

	text, err := json.Marshal(second)
	require.NoError(t, err)
	for _, bad := range []string{"", "{}", "null", `{"position": 4}`, string(bytes.Replace(text, []byte(`"position":4`), []byte(`"position":3`), 1))} {
		_, err := audit.ParseCheckpoint([]byte(bad))
		require.True(t, errs.Is(err, errs.Validation), "%s: %v", bad, err)
	}
}
