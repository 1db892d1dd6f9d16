package event

import (
	"crypto/sha256"
)

// HashedText is the SQL expression of what is hashed of an event "e", as one text that cannot be read in two ways: PostgreSQL writes the
// same jsonb always with the same bytes. It stands in the statements and is no function of the database, which somebody who wants to hide a
// change could replace. The migration that introduced positions has it, too; to change it means to hash all events again.
const HashedText = `jsonb_build_array(e.id, (extract(epoch from e.at) * 1000000)::bigint, e.kind, e.actor, e.subject_type, e.subject_id,
	e.source_entity_type, e.owner_id, e.data)::text`

// NextHash is the hash of an event after the former one: SHA-256 over both. text is its HashedText; former is empty for the first.
func NextHash(former []byte, text string) []byte {
	h := sha256.New()
	h.Write(former)
	h.Write([]byte(text))
	return h.Sum(nil)
}
