package departure

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"

	"writ/server/access"
	"writ/server/assignment"
	"writ/server/auth"
	"writ/server/db"
	"writ/server/delegation"
	"writ/server/errs"
	"writ/server/event"
	"writ/server/permit"
	"writ/server/queue"
)

// row is a departure under its lock.
type row struct {
	ID      int64
	State   DepartureState
	At      time.Time
	Actor   string
	AskedBy *string
	Users   []int64 `bun:",array"`
}

// told is the data of the event.
type told struct {
	Action      Action         `json:"action"`
	From        DepartureState `json:"from,omitempty"`
	To          DepartureState `json:"to"`
	Reason      string         `json:"reason,omitempty"`
	Accounts    int            `json:"accounts"`
	SignIns     int            `json:"signIns"`
	Sessions    int            `json:"sessions"`
	Keys        int            `json:"keys"`
	Delegations int            `json:"delegations"`
	Requests    int            `json:"requests"`
	Approvals   int            `json:"approvals"`
}

// DepartNow makes somebody leave at once (requests 12.8). In one transaction the departure is written, his accounts of Writ, sessions, keys and delegations
// end, and the rest is asked for: his entitlements, requests and approvals follow within seconds. Beyond the budget of an hour it waits for a second person.
// FORBIDDEN, also for oneself and for the second of two when he is the first; NOT_FOUND; CONFLICT for the last administrator and for who is gone from his
// source with nothing left; ALREADY_DONE; STALE_ITEM when he has another number of accounts than was shown.
func (s *Service) DepartNow(ctx context.Context, in DepartNowInput) (*DepartNowPayload, error) {
	if _, err := s.open(ctx, s.DB, in.PersonID, "input.personId"); err != nil {
		return nil, err
	}
	reason, err := said(in.Reason)
	if err != nil {
		return nil, err
	}
	var waits bool
	var ended *auth.Ended
	err = db.InTx(ctx, s.DB, func(ctx context.Context, tx bun.Tx) error {
		waits, ended = false, nil
		if err := assignment.LockOwners(ctx, tx, []int64{in.PersonID}); err != nil {
			return err
		}
		// who makes or changes an account of his waits, and then finds him departed
		if _, err := tx.NewRaw("select pg_advisory_xact_lock(hashtext('writ.departure'), hashtext(?::bigint::text))", in.PersonID).Exec(ctx); err != nil {
			return err
		}
		p, err := s.open(ctx, tx, in.PersonID, "input.personId")
		if err != nil {
			return err
		}
		now := s.Clock.Now()
		d, err := lock(ctx, tx, p.ID)
		if err != nil {
			return err
		}
		if err := s.obstacle(ctx, tx, p, d, now); err != nil {
			return err
		}
		accounts, err := s.accounts(ctx, tx, p.ID, nil)
		if err != nil {
			return err
		}
		if n := owned(accounts); n != in.ConfirmAccounts {
			return errs.New(errs.StaleItem, "%s has %d accounts now, and you confirmed %d. Look again.", p.DisplayName, n, in.ConfirmAccounts).At("input.confirmAccounts").Of(p.ID)
		}
		if d == nil {
			if _, err := tx.NewRaw("select pg_advisory_xact_lock(hashtext('writ.departure'))").Exec(ctx); err != nil { // the budget counts what is committed
				return err
			}
			if waits, err = s.overBudget(ctx, tx, now); err != nil {
				return err
			}
		}
		if waits {
			if _, err := insert(ctx, tx, p.ID, Waiting, now, reason, len(accounts)); err != nil {
				return err
			}
			return tell(ctx, tx, now, p.ID, told{Action: Ask, To: Waiting, Reason: reason, Accounts: len(accounts)})
		}
		ended, err = s.depart(ctx, tx, p, d, now, reason, accounts)
		return err
	})
	if err != nil {
		return nil, err
	}
	if ended != nil {
		s.Auth.Forget(ended)
	}
	out := &DepartNowPayload{PersonID: in.PersonID, NeedsSecondPerson: waits}
	out.Proof, err = s.Proof(ctx, in.PersonID)
	return out, err
}

// said is a reason that a person gave.
func said(reason string) (string, error) {
	reason = strings.TrimSpace(reason)
	switch n := utf8.RuneCountInString(reason); {
	case n == 0:
		return "", errs.Invalid("input.reason", "Say why.")
	case n > maxReason:
		return "", errs.Invalid("input.reason", "A reason has at most %d characters; this one has %d.", maxReason, n)
	}
	return reason, nil
}

// lock is find, and holds the row until the transaction ends.
func lock(ctx context.Context, tx bun.Tx, personID int64) (*row, error) {
	return find(ctx, tx, personID, " for update")
}

// find reads the departure of a person that is in force or waits; nil: there is none. how: the end of the statement.
func find(ctx context.Context, b bun.IDB, personID int64, how string) (*row, error) {
	var rows []*row
	if err := b.NewRaw(`select id, state, at, actor, asked_by, users from departure where person_id = ? and state in (?, ?)`+how, personID, Waiting, Departed).Scan(ctx, &rows); err != nil {
		return nil, fmt.Errorf("read a departure: %w", err)
	}
	if len(rows) == 0 {
		return nil, nil
	}
	return rows[0], nil
}

// obstacle is why the caller cannot make a person leave; nil: he can.
func (s *Service) obstacle(ctx context.Context, b bun.IDB, p *person, d *row, now time.Time) error {
	me := permit.Name(ctx)
	var own, same, has bool
	first := ""
	if d != nil && d.State == Waiting {
		first = d.Actor
	}
	if err := b.NewRaw(`select is_same_person(?0, ?1), ?2 <> '' and are_one_person(?0, ?2), exists (select from assigned_resource_type a where a.owner_id = ?1 and a.valid_to = 'infinity' and not a.is_denied)
		or exists (select from local_user u where u.resource_id = ?1 and not u.is_disabled)`, me, p.ID, first).Scan(ctx, &own, &same, &has); err != nil {
		return fmt.Errorf("look who makes whom leave: %w", err)
	}
	last, err := access.IsLastAdministrator(ctx, b, p.ID, now)
	if err != nil {
		return err
	}
	switch {
	case own:
		return errs.New(errs.Forbidden, "You cannot make yourself leave. Ask somebody else.").Of(p.ID)
	case d != nil && d.State == Departed:
		return errs.New(errs.AlreadyDone, "%s was made to leave on %s already.", p.DisplayName, d.At.Format(time.RFC3339)).Of(p.ID)
	case same:
		return errs.New(errs.Forbidden, "You asked for it. Many people were made to leave within an hour, so somebody else has to confirm that %s leaves.", p.DisplayName).Of(p.ID)
	case p.IsGone && !has:
		return errs.New(errs.Conflict, "%s is gone from the source already, and nothing is left.", p.DisplayName).Of(p.ID)
	case last:
		return errs.New(errs.Conflict, "%s is the last administrator. Give somebody else the right to change access first.", p.DisplayName).Of(p.ID)
	}
	return nil
}

// overBudget reports whether so many people were made to leave within an hour that a second person has to confirm the next.
func (s *Service) overBudget(ctx context.Context, b bun.IDB, now time.Time) (bool, error) {
	var n int
	if err := b.NewRaw(`select count(*) from departure where state in (?, ?) and at > ?`, Departed, Returned, now.Add(-time.Hour)).Scan(ctx, &n); err != nil {
		return false, fmt.Errorf("count departures: %w", err)
	}
	return n >= s.Budget, nil
}

// insert writes a departure.
func insert(ctx context.Context, tx bun.Tx, personID int64, state DepartureState, now time.Time, reason string, accounts int) (id int64, err error) {
	me := permit.From(ctx)
	err = tx.NewRaw(`insert into departure (person_id, state, at, actor, actor_id, reason, accounts, first_event) values (?, ?, ?, ?, ?, ?, ?, (select coalesce(max(id), 0) from event)) returning id`,
		personID, state, now, permit.Name(ctx), userID(me), reason, accounts).Scan(ctx, &id)
	if err != nil {
		return 0, fmt.Errorf("write a departure: %w", db.Explain(err))
	}
	return id, nil
}

func userID(a *permit.Actor) *int64 {
	if a == nil || a.UserID == 0 {
		return nil
	}
	return &a.UserID
}

// depart ends what Writ itself holds, notes what else there is, and has it computed. d: the departure that waited for a second person; nil: none did.
func (s *Service) depart(ctx context.Context, tx bun.Tx, p *person, d *row, now time.Time, reason string, accounts []*account) (*auth.Ended, error) {
	what := told{Action: Depart, To: Departed, Reason: reason, Accounts: len(accounts)}
	var id int64
	var err error
	if d == nil {
		if id, err = insert(ctx, tx, p.ID, Departed, now, reason, len(accounts)); err != nil {
			return nil, err
		}
	} else {
		what.Action, what.From, id = Confirm, Waiting, d.ID
		if _, err := tx.NewRaw(`update departure set state = ?, at = ?, asked_by = actor, actor = ?, actor_id = ?, accounts = ?, first_event = (select coalesce(max(id), 0) from event) where id = ?`,
			Departed, now, permit.Name(ctx), userID(permit.From(ctx)), len(accounts), id).Exec(ctx); err != nil {
			return nil, fmt.Errorf("confirm a departure: %w", db.Explain(err))
		}
	}
	list := &list{departure: id}
	signIns, err := access.SwitchOff(ctx, tx, p.ID)
	if err != nil {
		return nil, err
	}
	off := []int64{}
	var all []int64 // also those that were switched off before may have something open
	if err := tx.NewRaw("select id from local_user where resource_id = ? order by id", p.ID).Scan(ctx, &all); err != nil {
		return nil, fmt.Errorf("read the accounts of a person: %w", err)
	}
	for _, a := range signIns {
		off = append(off, a.ID)
		list.add(KindSignIn, a.ID, a.Username)
	}
	if _, err := tx.NewRaw("update departure set users = ? where id = ?", pgdialect.Array(off), id).Exec(ctx); err != nil {
		return nil, fmt.Errorf("note which accounts were switched off: %w", err)
	}
	ended, err := s.Auth.EndAll(ctx, tx, all)
	if err != nil {
		return nil, err
	}
	for _, x := range ended.Sessions {
		list.add(KindSession, 0, x.Username+": "+shortened(x.UserAgent))
	}
	for _, k := range ended.Keys {
		list.add(KindKey, k.ID, k.Name)
	}
	delegations, err := delegation.EndOf(ctx, tx, now, all)
	if err != nil {
		return nil, err
	}
	for _, of := range slices.Sorted(maps.Keys(delegations)) {
		list.add(KindDelegation, of, delegations[of])
	}
	if what.Requests, what.Approvals, err = list.requests(ctx, tx, p.ID, all); err != nil {
		return nil, err
	}
	what.SignIns, what.Sessions, what.Keys, what.Delegations = len(signIns), len(ended.Sessions), len(ended.Keys), len(delegations)
	if err := list.write(ctx, tx); err != nil {
		return nil, err
	}
	if err := tell(ctx, tx, now, p.ID, what); err != nil {
		return nil, err
	}
	if err := s.post(ctx, tx, p, id, accounts, now); err != nil {
		return nil, err
	}
	if err := assignment.MarkDirty(ctx, tx, "departed", p.ID); err != nil {
		return nil, err
	}
	return ended, queue.Insert(ctx, tx, EndArgs{}, nil)
}

// shortened is a text of which a line shows the beginning.
func shortened(text string) string { return db.Clip(text, 120) }

// list gathers what somebody had beside accounts in systems.
type list struct {
	departure int64
	kinds     []string
	subjects  []int64
	labels    []string
}

func (l *list) add(kind DepartureKind, subject int64, label string) {
	l.kinds, l.subjects, l.labels = append(l.kinds, string(kind)), append(l.subjects, subject), append(l.labels, db.Clip(label, 500))
}

// requests adds what is asked for a person and not over, and what is asked of his accounts by name.
func (l *list) requests(ctx context.Context, tx bun.Tx, personID int64, users []int64) (requests, approvals int, err error) {
	var found []struct {
		Kind  DepartureKind
		ID    int64
		Label string
	}
	if err := tx.NewRaw(`select ?2 as kind, i.id, q.number || ': ' || i.role as label from request_item i join request q on q.id = i.request_id where i.beneficiary_id = ?0 and i.closed_at is null
		union all
		select ?3, s.id, q.number || ': ' || i.role from request_step s join request_item i on i.id = s.item_id join request q on q.id = i.request_id
			where s.closed_at is null and i.beneficiary_id <> ?0 and s.id in (select c.step_id from request_candidate c where c.user_id = any (?1) and c.until is null)
		order by 1, 2 limit 2000`, personID, pgdialect.Array(users), KindRequest, KindApproval).Scan(ctx, &found); err != nil {
		return 0, 0, fmt.Errorf("look for requests: %w", err)
	}
	for _, f := range found {
		l.add(f.Kind, f.ID, f.Label)
		if f.Kind == KindRequest {
			requests++
		} else {
			approvals++
		}
	}
	return requests, approvals, nil
}

func (l *list) write(ctx context.Context, tx bun.Tx) error {
	if len(l.kinds) == 0 {
		return nil
	}
	if _, err := tx.NewRaw(`insert into departure_item (departure_id, kind, subject_id, label) select ?, kind, nullif(subject, 0), label from unnest(?::text[], ?::bigint[], ?::text[]) as x (kind, subject, label)`,
		l.departure, pgdialect.Array(l.kinds), pgdialect.Array(l.subjects), pgdialect.Array(l.labels)).Exec(ctx); err != nil {
		return fmt.Errorf("note what somebody had: %w", db.Explain(err))
	}
	return nil
}

func tell(ctx context.Context, tx bun.Tx, now time.Time, personID int64, what told) error {
	return event.Publish(ctx, tx, now, event.Event{Kind: EventDeparted, SubjectType: "resource", SubjectID: personID, OwnerID: personID, Data: what})
}
