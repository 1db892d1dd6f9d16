package auth

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"writ/server/access"
	"writ/server/auth/oidc"
	"writ/server/db"
	"writ/server/event"
	"writ/server/permit"
)

// federated is a row of federated_identity: a subject of a provider, and the account that it opens.
type federated struct {
	bun.BaseModel `bun:"table:federated_identity,alias:fi"`
	ID            int64 `bun:",pk,autoincrement"`
	ProviderID    int64
	Issuer        string
	Subject       string
	UserID        int64
	LinkedAt      time.Time
	LastUsedAt    time.Time
}

// accountOf gives the account of whoever a provider says somebody is, held until the transaction ends, with the profiles that his groups give:
//
//	known subject      the account that it was linked to
//	known person       the one account that belongs to him, if it is linked to nobody else there
//	anybody else       a new account, if the provider may make some; never one that is merely called alike
func (s *Service) accountOf(ctx context.Context, tx bun.Tx, row *access.IdentityProvider, who *oidc.Identity) (*user, error) {
	if groups := groupsWanted(row); groups != "" && who.IsElsewhere(groups) {
		return nil, refuse(problemGroups, nil)
	}
	// One after the other: the same person in two tabs for the first time is one account.
	if _, err := tx.ExecContext(ctx, "SELECT pg_advisory_xact_lock(hashtext('writ.federated'), hashtext(?))", row.Issuer+" "+who.Subject); err != nil {
		return nil, fmt.Errorf("wait for other sign-ins of the same subject: %w", err)
	}
	now := s.clock.Now()
	known := &federated{}
	err := tx.NewSelect().Model(known).Where("fi.provider_id = ? AND fi.issuer = ? AND fi.subject = ?", row.ID, row.Issuer, who.Subject).Scan(ctx)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		if known, err = s.link(ctx, tx, row, who, now); err != nil {
			return nil, err
		}
	case err != nil:
		return nil, fmt.Errorf("look for a federated identity: %w", err)
	}
	u, err := oneUser(ctx, tx.NewRaw(selectOfUsers+"u.id = ? FOR NO KEY UPDATE", known.UserID))
	if err != nil {
		return nil, err
	}
	if !s.mayEnter(u) || u.IsClient {
		return nil, refuse(problemDisabled, nil)
	}
	if _, err := tx.NewRaw("UPDATE federated_identity SET last_used_at = ? WHERE id = ?", now, known.ID).Exec(ctx); err != nil {
		return nil, fmt.Errorf("note the use of a federated identity: %w", err)
	}
	until := now.Add(time.Duration(row.ProfileDays) * 24 * time.Hour)
	return u, row.ProfilesOfProvider(ctx, tx, u.ID, who.Texts(row.GroupsClaim), now, until)
}

// link finds the account of somebody who comes for the first time, or makes it, and remembers which it is.
func (s *Service) link(ctx context.Context, tx bun.Tx, row *access.IdentityProvider, who *oidc.Identity, now time.Time) (*federated, error) {
	person, err := s.personOf(ctx, tx, row, who)
	if err != nil {
		return nil, err
	}
	if person != nil { // two subjects that say to be the same person do not get an account each
		if _, err := tx.ExecContext(ctx, "SELECT pg_advisory_xact_lock(hashtext('writ.federated.person'), ?)", int32(person.ID)); err != nil { //nolint:gosec // any number does
			return nil, fmt.Errorf("wait for other sign-ins of the same person: %w", err)
		}
	}
	u, err := s.ownAccount(ctx, tx, row, person)
	if err != nil {
		return nil, err
	}
	made := u == nil
	if made {
		if u, err = s.newAccount(ctx, tx, row, who, person); err != nil {
			return nil, err
		}
	}
	if !s.mayEnter(u) {
		return nil, refuse(problemDisabled, nil)
	}
	link := &federated{ProviderID: row.ID, Issuer: row.Issuer, Subject: who.Subject, UserID: u.ID, LinkedAt: now, LastUsedAt: now}
	if _, err := tx.NewInsert().Model(link).Returning("id").Exec(ctx); err != nil {
		return nil, fmt.Errorf("remember a federated identity: %w", err)
	}
	return link, s.publish(ctx, tx, u, EventIdentityLinked, map[string]any{"provider": row.Identifier, "subject": who.Subject, "created": made})
}

// personOf finds who somebody is in the directory; nil: the provider does not say.
func (s *Service) personOf(ctx context.Context, tx bun.Tx, row *access.IdentityProvider, who *oidc.Identity) (*access.Person, error) {
	if row.PersonPropertyID == nil {
		return nil, nil //nolint:nilnil // nobody is meant
	}
	value := who.Text(row.PersonClaim)
	if row.PersonClaim == "email" {
		value = who.Mail()
	}
	if strings.TrimSpace(value) == "" || strings.ContainsRune(value, 0) || len(value) > 1000 {
		return nil, refuse(problemNoPerson, nil)
	}
	found, err := access.FindPersons(ctx, tx, *row.PersonEntityTypeID, *row.PersonPropertyID, value)
	switch {
	case err != nil:
		return nil, err
	case len(found) == 0:
		return nil, refuse(problemNoPerson, nil)
	case len(found) > 1:
		return nil, refuse(problemPersons, nil)
	}
	return &found[0], nil
}

// ownAccount gives the one account of a person that is linked to nobody else at the provider; nil: he has none.
func (s *Service) ownAccount(ctx context.Context, tx bun.Tx, row *access.IdentityProvider, person *access.Person) (*user, error) {
	if person == nil {
		return nil, nil //nolint:nilnil // there is none
	}
	var ids []int64
	err := tx.NewRaw(`SELECT u.id FROM local_user AS u WHERE (u.resource_id = ? OR (u.resource_entity_type_id, u.resource_key) = (?, ?)) AND NOT u.is_client
		ORDER BY u.id LIMIT 2 FOR NO KEY UPDATE`, person.ID, person.EntityTypeID, person.Key).Scan(ctx, &ids)
	if err != nil {
		return nil, fmt.Errorf("look for the account of a person: %w", err)
	}
	switch len(ids) {
	case 0:
		return nil, nil //nolint:nilnil // he has none
	case 1:
	default:
		return nil, refuse(problemAccounts, nil)
	}
	var taken bool
	if err := tx.NewRaw("SELECT EXISTS (SELECT FROM federated_identity WHERE user_id = ? AND provider_id = ? AND issuer = ?)", ids[0], row.ID, row.Issuer).Scan(ctx, &taken); err != nil {
		return nil, fmt.Errorf("look whose an account is: %w", err)
	}
	if taken {
		return nil, refuse(problemOtherSubject, nil)
	}
	return selectUser(ctx, tx, ids[0])
}

const (
	longestName = 100
	clocksApart = 5 * time.Minute // between the clocks of a provider and of this machine
)

// ownNames are those that the history gives to what the server does by itself.
var ownNames = []string{"audit", "automation", "clock", "command", "demo", "departure", "expressions", "fulfil", "generation", "job", "mail", "notification", "plan", "policy", "restore", "risk", "sign-in", "start", "sweep", "synchronization", "system", "test", "webhook", "writ"}

// newAccount makes an account without a password.
func (s *Service) newAccount(ctx context.Context, tx bun.Tx, row *access.IdentityProvider, who *oidc.Identity, person *access.Person) (*user, error) {
	if !row.CreatesAccounts {
		return nil, refuse(problemNoAccount, nil)
	}
	name := strings.TrimSpace(db.Text(who.Text(row.UsernameClaim)))
	if name == "" || len([]rune(name)) > longestName || strings.ContainsFunc(name, func(c rune) bool { return !unicode.IsPrint(c) }) {
		return nil, refuse(problemNoName, nil)
	}
	if slices.Contains(ownNames, strings.ToLower(name)) { // the history would take him for the server
		return nil, refuse(problemNameTaken, nil)
	}
	id, err := access.CreateUser(ctx, tx, name, shortened(strings.TrimSpace(db.Text(who.Text("name")))), who.Mail(), person)
	if err != nil {
		return nil, err
	}
	if id == 0 {
		return nil, refuse(problemNameTaken, nil)
	}
	return selectUser(ctx, tx, id)
}

// tellRefused records that somebody whom a provider knows was not let in.
func (s *Service) tellRefused(ctx context.Context, provider string, who *oidc.Identity, why error) error {
	p := &problem{}
	if !errors.As(why, &p) {
		return nil
	}
	return db.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) error {
		return event.Publish(permit.With(ctx, permit.System("sign-in")), tx, s.clock.Now(), event.Event{Kind: EventSignInFailed, SubjectType: "local_user",
			Data: map[string]any{"provider": provider, "subject": who.Subject, "reason": p.word}})
	})
}

// endSessionsOf ends a session that a provider names, or all that somebody opened through it before he left.
func (s *Service) endSessionsOf(ctx context.Context, row *access.IdentityProvider, said *oidc.Leaving) error {
	var ids []uuid.UUID
	err := db.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) error {
		q := tx.NewSelect().TableExpr("session AS s").Column("s.id").Where("s.provider_id = ? AND s.revoked_at IS NULL", row.ID)
		if said.Subject != "" {
			q.Where("s.provider_subject = ?", said.Subject)
		}
		switch {
		case said.SID == "": // who has signed in again since stays
			q.Where("s.created_at <= ?", said.At.Add(clocksApart))
		case said.Subject == "":
			q.Where("s.provider_sid = ?", said.SID)
		default:
			q.Where("(s.provider_sid = ? OR s.provider_sid IS NULL AND s.created_at <= ?)", said.SID, said.At.Add(clocksApart))
		}
		if err := q.Scan(ctx, &ids); err != nil {
			return fmt.Errorf("look for sessions of a provider: %w", err)
		}
		if len(ids) == 0 {
			return nil
		}
		users, err := revokeSessions(ctx, tx, s.wall(), ids)
		if err != nil {
			return err
		}
		for _, u := range users {
			if err := s.publish(ctx, tx, u, EventSignedOut, map[string]any{"provider": row.Identifier}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, id := range ids {
		s.actors.forget(id)
	}
	return nil
}
