package audit

import (
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/uptrace/bun"

	"writ/server/db"
	"writ/server/errs"
)

// A checkpoint is signed when the newest one is that old, or that many events behind.
const (
	signEvery = 10 * time.Minute
	signAfter = 10_000
)

// Checkpoint says that at a position the chain had a hash, and signs it. Kept outside of the database it shows later that nothing up to
// there was changed, and that nothing was cut off.
type Checkpoint struct {
	bun.BaseModel `bun:"table:event_checkpoint,alias:k"`

	Position  int64             `bun:",pk" json:"position"`
	Hash      hexBytes          `bun:"type:bytea" json:"hash"`
	At        time.Time         `json:"at"`
	PublicKey ed25519.PublicKey `bun:"type:bytea" json:"publicKey"` // of whoever signed, base64 in JSON
	Signature []byte            `json:"signature"`
}

// hexBytes is a hash: hexadecimal in JSON, as `writ verify` prints it.
type hexBytes []byte

// MarshalText implements encoding.TextMarshaler.
func (h hexBytes) MarshalText() ([]byte, error) { return []byte(hex.EncodeToString(h)), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (h *hexBytes) UnmarshalText(text []byte) (err error) {
	*h, err = hex.DecodeString(string(text))
	return err
}

// signed is what the signature covers.
func (c *Checkpoint) signed() []byte {
	return fmt.Appendf(nil, "writ checkpoint 1\n%d\n%x\n%s\n", c.Position, []byte(c.Hash), c.At.UTC().Format(time.RFC3339Nano))
}

// isGenuine reports whether the owner of its key signed it.
func (c *Checkpoint) isGenuine() bool {
	return len(c.PublicKey) == ed25519.PublicKeySize && ed25519.Verify(c.PublicKey, c.signed(), c.Signature)
}

// ParseCheckpoint reads what `writ audit head` printed; errs.Validation when it is none, or its signature is false.
func ParseCheckpoint(text []byte) (*Checkpoint, error) {
	c := &Checkpoint{}
	if err := json.Unmarshal(text, c); err != nil {
		return nil, errs.Invalid("checkpoint", "This is not a checkpoint as `writ audit head` prints it.").Because(err)
	}
	if c.Position < 1 || !c.isGenuine() {
		return nil, errs.Invalid("checkpoint", "The signature of the checkpoint at position %d is false: it was changed after it was made.", c.Position)
	}
	return c, nil
}

// ParsePublicKey reads a public key in base64, as `writ audit key` prints it.
func ParsePublicKey(text string) (ed25519.PublicKey, error) {
	raw, err := base64.StdEncoding.DecodeString(text)
	if err != nil || len(raw) != ed25519.PublicKeySize {
		return nil, errs.Invalid("publicKey", "A public key is %d bytes in base64, as `writ audit key` prints it.", ed25519.PublicKeySize)
	}
	return raw, nil
}

// Sign signs the head of the chain, when the newest checkpoint is old or far behind; force: in any case. It gives the newest checkpoint, nil
// without any event. Conflict when the chain is not the one that was signed before. Every process calls it now and then.
func (s *Service) Sign(ctx context.Context, force bool) (*Checkpoint, error) {
	var c *Checkpoint
	err := db.InTx(ctx, s.DB, func(ctx context.Context, tx bun.Tx) (err error) {
		c, err = s.sign(ctx, tx, force)
		return err
	})
	if err != nil || c == nil {
		return nil, err
	}
	if err := s.keep(c); err != nil {
		return nil, err
	}
	return c, nil
}

func (s *Service) sign(ctx context.Context, tx bun.Tx, force bool) (*Checkpoint, error) {
	last, err := selectCheckpoints(ctx, tx, 0, 1)
	if err != nil {
		return nil, err
	}
	kept, err := s.kept()
	if err != nil {
		return nil, err
	}
	if err := stillHolds(ctx, tx, append(last, kept)...); err != nil {
		return nil, err
	}
	var heads []struct {
		Position int64
		Hash     []byte
	}
	if err := tx.NewRaw("select position, hash from event_chain order by position desc limit 1").Scan(ctx, &heads); err != nil || len(heads) == 0 {
		return nil, err
	}
	now := s.Clock.Now()
	if len(last) > 0 {
		l := last[0]
		if l.Position >= heads[0].Position || !force && now.Before(l.At.Add(signEvery)) && heads[0].Position < l.Position+signAfter {
			return l, nil
		}
	}
	c := &Checkpoint{Position: heads[0].Position, Hash: heads[0].Hash, At: now, PublicKey: s.Key.Public().(ed25519.PublicKey)}
	c.Signature = ed25519.Sign(s.Key, c.signed())
	// another process may sign the same head at this moment: its word is as good
	if _, err := tx.NewInsert().Model(c).On("CONFLICT (position) DO NOTHING").Exec(ctx); err != nil {
		return nil, fmt.Errorf("store a checkpoint: %w", err)
	}
	return c, nil
}

// stillHolds refuses, as Conflict, a chain that is not the one which was signed before: signing it would make good what somebody wrote anew, and
// put a signature of ours in the place of the one that shows it.
func stillHolds(ctx context.Context, tx bun.IDB, before ...*Checkpoint) error {
	for _, c := range before {
		if c == nil {
			continue
		}
		var holds bool
		if err := tx.NewRaw("select exists (select from event_chain where position = ? and hash = ?)", c.Position, []byte(c.Hash)).Scan(ctx, &holds); err != nil {
			return fmt.Errorf("compare the chain with a checkpoint: %w", err)
		}
		if !holds {
			return errs.New(errs.Conflict, "The event log is not the one that was signed at position %d: it was changed or cut off, or a backup from before was put in its place. "+
				"Nothing is signed any more, so that the signature stays. Run writ verify; if it was a backup, move audit.head in the data folder aside.", c.Position)
		}
	}
	return nil
}

// selectCheckpoints gives the checkpoints before a position (0: all), the newest first.
func selectCheckpoints(ctx context.Context, tx bun.IDB, before int64, limit int) ([]*Checkpoint, error) {
	var rows []*Checkpoint
	q := tx.NewSelect().Model(&rows).OrderExpr("k.position DESC").Limit(int64(limit))
	if before > 0 {
		q.Where("k.position < ?", before)
	}
	if err := q.Scan(ctx); err != nil {
		return nil, fmt.Errorf("read the checkpoints: %w", err)
	}
	return rows, nil
}

// keep writes the newest checkpoint beside the key, where somebody who has only the database does not come.
func (s *Service) keep(c *Checkpoint) error {
	if s.HeadFile == "" {
		return nil
	}
	if kept, err := s.kept(); err == nil && kept != nil && kept.Position >= c.Position {
		return nil
	}
	text, err := json.Marshal(c)
	if err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(s.HeadFile), "audit-*")
	if err != nil {
		return fmt.Errorf("keep the newest checkpoint: %w", err)
	}
	defer os.Remove(f.Name())
	_, err = f.Write(append(text, '\n'))
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("keep the newest checkpoint: %w", err)
	}
	if err := os.Rename(f.Name(), s.HeadFile); err != nil {
		return fmt.Errorf("keep the newest checkpoint: %w", err)
	}
	return nil
}

// SetAside renames the checkpoint beside the key when it is ahead of a backup that was restored on purpose: the end is missing, and that is known.
func (s *Service) SetAside(position int64) error {
	kept, err := s.kept()
	if err != nil || kept == nil || kept.Position <= position {
		return err
	}
	if err := os.Rename(s.HeadFile, s.HeadFile+"."+s.Clock.Now().Format("20060102T150405")); err != nil {
		return fmt.Errorf("set the newest checkpoint aside: %w", err)
	}
	return nil
}

// kept is the checkpoint that was kept beside the key; nil: none was.
func (s *Service) kept() (*Checkpoint, error) {
	if s.HeadFile == "" {
		return nil, nil
	}
	text, err := os.ReadFile(s.HeadFile)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read the checkpoint that was kept: %w", err)
	}
	return ParseCheckpoint(text)
}
