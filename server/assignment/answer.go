package assignment

import (
	"context"
	"fmt"
	"time"

	"github.com/uptrace/bun"
)

// Answer is what a managed system, or a person, said about the target of an assigned resource type.
type Answer struct {
	AssignedResourceTypeID int64   `json:"id"`
	CreatedKey             *string `json:"created_key"` // key of what was created; nil: nothing was, or its key is not known
	ResourceID             *int64  `json:"resource_id"` // what was associated; nil: nothing was
	IsVerified             bool    `json:"is_verified"` // nothing is read there: the answer is all that anybody will see
}

const answers = `jsonb_to_recordset(?0::jsonb) g (id bigint, created_key text, resource_id bigint, is_verified boolean)`

// isUnheld: an association links its row t at once. When another row has the target still, the evaluation that follows ends that one first.
const isUnheld = `g.resource_id is not null and t.resource_id is null
	and not exists (select from assigned_resource_type x where x.resource_id = g.resource_id and x.valid_to = 'infinity')`

// Answered keeps what was said: the key by which the target will be found, and the target when it is known already. A link is a new version.
func Answered(ctx context.Context, tx bun.Tx, now time.Time, list []Answer) error {
	if len(list) == 0 {
		return nil
	}
	told := string(jsonb(list))
	var linked []int64
	if err := tx.NewRaw(`select min(t.id) from `+answers+` join assigned_resource_type t on t.id = g.id where `+isUnheld+` group by g.resource_id order by 1`,
		told).Scan(ctx, &linked); err != nil {
		return fmt.Errorf("find what answers link: %w", err)
	}
	if err := versionTypes(ctx, tx, now, linked); err != nil {
		return err
	}
	_, err := tx.NewRaw(`update assigned_resource_type t set created_key = coalesce(g.created_key, t.created_key),
			resource_id = case when t.id = any (?2) then g.resource_id else t.resource_id end,
			verified_at = case when g.is_verified then ?1 else t.verified_at end,
			valid_from = case when t.id = any (?2) then greatest(?1, t.valid_from) else t.valid_from end
		from `+answers+` where t.id = g.id and (g.is_verified or g.created_key is not null and t.created_key is distinct from g.created_key or t.id = any (?2))`,
		told, now, ids(linked)).Exec(ctx)
	if err != nil {
		return fmt.Errorf("keep the answers: %w", err)
	}
	return nil
}

// Renamed follows a new key that a target got: the key that it was created with finds it no more.
func Renamed(ctx context.Context, tx bun.Tx, list []Answer) error {
	if len(list) == 0 {
		return nil
	}
	_, err := tx.NewRaw(`update assigned_resource_type t set created_key = g.created_key from `+answers+` where t.id = g.id and t.created_key is not null`,
		string(jsonb(list))).Exec(ctx)
	if err != nil {
		return fmt.Errorf("follow new keys: %w", err)
	}
	return nil
}
