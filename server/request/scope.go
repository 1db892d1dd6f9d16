package request

import (
	"context"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"writ/server/assignment"
	"writ/server/db"
	"writ/server/directory"
	"writ/server/permit"
)

// Who sees what (requests 14.2): whoever asked sees all items of the request, who gets something those about himself, and who may review roles or supervises
// requests those about the people of his scope. What is not seen is not there.

// mine is the condition on q of what the caller asked for, by whichever of his accounts that is linked to him.
func mine(ctx context.Context) db.Condition {
	me := permit.From(ctx)
	if me == nil || me.System {
		return bun.SafeQuery("false")
	}
	if me.ResourceID == 0 {
		return bun.SafeQuery("q.requester_user_id = ?", me.UserID)
	}
	return bun.SafeQuery("(q.requester_user_id = ? or q.requester_id = ?)", me.UserID, me.ResourceID)
}

// aboutMe is the condition on i of what the caller gets or loses.
func aboutMe(ctx context.Context) db.Condition {
	me := permit.From(ctx)
	if me == nil || me.ResourceID == 0 {
		return bun.SafeQuery("false")
	}
	return bun.SafeQuery("i.beneficiary_id = ?", me.ResourceID)
}

// own is mine or aboutMe, or of what he is asked for an answer, as one list of items: each part of it is found by its index, and the items by theirs, which a
// condition over two tables or below an "or" would not let be.
func own(ctx context.Context) db.Condition {
	me := permit.From(ctx)
	if me == nil {
		return bun.SafeQuery("false")
	}
	return bun.SafeQuery(`i.id = any (array (select x.id from request_item x where x.beneficiary_id = ?1
		union all select x.id from request p join request_item x on x.request_id = p.id where p.requester_user_id = ?0
		union all select x.id from request p join request_item x on x.request_id = p.id where p.requester_id = ?1
		union all select o.item_id from request_handed h join request_step o on o.id = h.step_id and o.closed_at is null where h.by_user_id = ?0
		union all select c.item_id from request_comment c where c.kind = 'QUESTION' and c.ended_at is null and (c.addressee_user_id = ?0 or c.addressee_id = ?1)))`, me.UserID, me.ResourceID)
}

// over is the condition on w of those whom a permission with one path per entity type opens.
func over(ctx context.Context, m *assignment.Model, permission string) db.Condition {
	var list []db.Condition
	for _, id := range requestable(m) {
		t := m.Shape.EntityTypes[id]
		scope := permit.Find(ctx, permit.For(permission, t.Identifier)).OfOwners()
		switch {
		case scope.All(t.Identifier):
			list = append(list, bun.SafeQuery("w.entity_type_id = ?", id))
		case scope.On(t.Identifier).Allowed():
			list = append(list, bun.SafeQuery("w.entity_type_id = ? and ?", id, directory.Rows(m.Shape, id, "w", scope)))
		}
	}
	return db.AnyOf(list...)
}

// seen is the condition on q, i and w of the items that the caller may see, for himself or for somebody whose deputy he is.
func seen(ctx context.Context, m *assignment.Model, now time.Time) db.Condition {
	if me := permit.From(ctx); me != nil && me.System {
		return bun.SafeQuery("true")
	}
	list := []db.Condition{own(ctx), over(ctx, m, permit.Supervise)}
	for _, v := range voices(ctx, m) {
		list = append(list, db.AllOf(v.about, db.AnyOf(over(v.ctx, m, permit.ReviewRoles), askedOf(v.ctx, now, false))))
	}
	return db.AnyOf(list...)
}

// toDecide is the condition on q, i and w, beside an open step, of what the caller may decide, for himself or for somebody: what is asked of him by name or by
// a profile of his, what was given to him, and where whoever reviews roles is asked, that about the people of his scope; not what he asked for or gets himself, by whichever of his accounts, and no further step of what he decided already; nor what that holds for of the one for whom he would act.
func toDecide(ctx context.Context, m *assignment.Model, now time.Time) db.Condition {
	var list []db.Condition
	for _, v := range voices(ctx, m) {
		list = append(list, v.decides(m, now))
	}
	return waits(db.AnyOf(list...))
}

// waits is the condition on i of what waits for a decision, about o, the step whose turn it is.
func waits(o db.Condition) db.Condition {
	return bun.SafeQuery("i.state = 'IN_APPROVAL' and exists (select from request_step o where o.item_id = i.id and o.state in ('OPEN', 'INFO_REQUESTED') and ?)", o)
}

// mayBeExcluded is the condition on q, i and w of what an account may be excluded from: what request_exclusion excludes it from, and perhaps some more. It
// costs little for each row, and what it needs to know of the account is read once.
func mayBeExcluded(name string) db.Condition {
	return bun.SafeQuery(`(lower(q.requester) = lower(?0) or q.requester_user_id = any ((select accounts_like(?0))::bigint[]) or i.beneficiary_id = any ((select records_like(?0))::bigint[])
		or mail_of(w.scalars) = any ((select mailboxes_of(?0))::text[])
		or q.requester_id is not null and (q.requester_id = any ((select records_like(?0))::bigint[]) or (select mail_of(r.scalars) from resource r where r.id = q.requester_id) = any ((select mailboxes_of(?0))::text[]))
		or exists (select from request_decision d where d.item_id = i.id)
		or exists (select from request_step s join request_handed h on h.step_id = s.id where s.item_id = i.id and s.closed_at is null and h.by_user_id is not null)
		or (select u.is_client from local_user u where lower(u.username) = lower(?0)))`, name)
}

// supervises reports whether the caller supervises the requests for somebody.
func supervises(ctx context.Context, b bun.IDB, m *assignment.Model, entityTypeID, beneficiaryID int64) (bool, error) {
	var found bool
	if err := b.NewRaw("select exists (select from resource w where w.id = ? and w.entity_type_id = ? and ?)", beneficiaryID, entityTypeID, over(ctx, m, permit.Supervise)).Scan(ctx, &found); err != nil {
		return false, fmt.Errorf("look who supervises requests: %w", db.Explain(err))
	}
	return found, nil
}

// MayLook refuses only who is not signed in: everybody sees what he asked for.
func (s *Service) MayLook(ctx context.Context) error { return permit.SignedIn(ctx) }
