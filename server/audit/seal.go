package audit

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"

	"github.com/uptrace/bun"

	"writ/server/db"
)

// Seal ties what is told of somebody to the log: a digest over the positions and hashes of the events about him.
type Seal struct {
	Digest   string // SHA-256, hexadecimal; "" when there is no event yet
	From, To int64  // the first and the last position
	Events   int
}

// SealOf is the seal over the events after an event about a person, his accounts of Writ and his orders. Events that have no position in the chain yet are
// not in it.
func SealOf(ctx context.Context, b bun.IDB, personID, after int64) (*Seal, error) {
	return seal(ctx, b, personID, after, "")
}

// FindSeal is SealOf as far as the log had come when it had this digest; nil: it never had.
func FindSeal(ctx context.Context, b bun.IDB, personID, after int64, digest string) (*Seal, error) {
	s, err := seal(ctx, b, personID, after, digest)
	if err != nil || s.Digest != digest {
		return nil, err
	}
	return s, nil
}

// seal goes through the events, at most until the digest is this one.
func seal(ctx context.Context, b bun.IDB, personID, after int64, until string) (*Seal, error) {
	out, sum := &Seal{}, sha256.New()
	err := db.Select(ctx, b, bun.SafeQuery(`select c.position, c.hash from (
			select e.id from event e where e.subject_type = 'resource' and e.subject_id = ?0 and e.id > ?1
			union select e.id from local_user u join event e on e.subject_type = 'local_user' and e.subject_id = u.id and e.id > ?1 where u.resource_id = ?0
			union select e.id from provisioning_order o join event e on e.subject_type = 'order' and e.subject_id = o.id and e.id > ?1 where o.owner_id = ?0) e
		join event_chain c on c.event_id = e.id order by c.position`, personID, after), func(r *db.Row) error {
		at, hash := r.Int(), r.Bytes()
		if until != "" && out.Digest == until {
			return nil
		}
		if out.Events == 0 {
			out.From = at
		}
		out.To = at
		out.Events++
		sum.Write(binary.BigEndian.AppendUint64(nil, uint64(at)))
		sum.Write(hash)
		out.Digest = hex.EncodeToString(sum.Sum(nil))
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("seal the events about somebody: %w", err)
	}
	return out, nil
}
