package request

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"writ/server/access"
	"writ/server/db"
	"writ/server/errs"
	"writ/server/permit"
)

// Whom a step asks is kept with it (request_candidate): lists, decisions and the guard of the database go by that, and why somebody is asked, or is not, has
// an answer. Where no approver rule is about it nothing is kept: whoever reviews the roles of the person is asked by his right.

// address finds who is asked at a step whose turn it is, and moves it: opened, stuck, open again, or asked of others (requests 4.2 S2 to S7). moved: the turn
// has something to commit.
func (s *Service) address(ctx context.Context, t *turn, x *item, st *step, who *approvers) (moved bool, err error) {
	a, err := who.at(ctx, t.tx, x, st)
	if err != nil {
		return false, err
	}
	others, err := keepAsked(ctx, t, st, a)
	if err != nil {
		return false, err
	}
	if err := endHanded(ctx, t, st, a); err != nil {
		return false, err
	}
	more, err := handed(ctx, t.tx, st.ID, t.now)
	if err != nil {
		return false, err
	}
	if more, err = joined(ctx, t.tx, x, nil, more); err != nil {
		return false, err
	}
	anybody := a.anybody() || len(more) > 0
	because := ""
	if a.rule != nil {
		because = "By the rule " + a.rule.DisplayName + "."
	}
	if a.fallsBack {
		because = strings.TrimSpace(because + " Nobody else was found, so those are asked whom the policy names for that.")
	}
	switch {
	case st.State == StepWaiting && anybody:
		t.step(x, st, Open, because)
	case st.State == StepStuck && anybody:
		t.step(x, st, Reroute, because)
	case st.State != StepStuck && !anybody:
		t.step(x, st, Block, because)
		owners, err := who.overseers(ctx, t.tx, x) // with them it stands now (requests 5.4)
		if err != nil {
			return false, err
		}
		t.notify(owners, notice{Template: mailStuck, ItemID: x.ID, StepID: &st.ID, Text: because}, together)
	case st.State.isDecidable() && others:
		t.step(x, st, Readdress, because)
	default:
		return false, nil
	}
	return true, nil
}

// How somebody came to be asked by name.
const (
	sourceFound    = "FOUND"
	sourceFallback = "FALLBACK"
	sourceAssigned = "ASSIGNED"
)

// asking is one row of who is asked, for the statement.
type asking struct {
	UserID   *int64  `json:"user_id"`
	Account  *string `json:"account"`
	PersonID *int64  `json:"person_id"`
	Name     string  `json:"name"`
	FoundBy  string  `json:"found_by"`
	Source   string  `json:"source"`
	Excluded *string `json:"excluded_because"`
}

// keepAsked writes who is asked at a step: those who are not any more end, and stay to be told of. others: somebody else may decide than before.
func keepAsked(ctx context.Context, t *turn, st *step, a *asked) (others bool, err error) {
	if a.rule == nil && st.RuleID == nil && !a.fallsBack && !st.FallsBack && !a.assigned && !st.IsAssigned {
		return false, nil
	}
	var rule, profile *int64
	var name *string
	match := map[string]string{}
	if a.rule != nil {
		rule, name = &a.rule.ID, &a.rule.DisplayName
	}
	if a.pool != nil {
		profile, match = &a.pool.ProfileID, a.pool.Match
	}
	if _, err := t.tx.NewRaw(`update request_step set rule_id = ?0, rule = ?1, asks_reviewers = ?2, pool_profile_id = ?3, pool_match = ?4, watched = ?5, looked_at = ?6, falls_back = ?8, is_assigned = ?9,
			watched_version = (select coalesce(sum(r.version), 0) from resource r where r.id = any (?5)) where id = ?7`,
		rule, name, a.reviewers, profile, encoded(match), ids(a.watched), t.now, st.ID, a.fallsBack, a.assigned).Exec(ctx); err != nil {
		return false, fmt.Errorf("write who is asked: %w", err)
	}
	rows := []asking{}
	for _, f := range a.people {
		rows = append(rows, asking{f.UserID, f.Account, f.PersonID, f.Name, f.FoundBy, f.Source, f.Excluded})
	}
	var moved int
	if err := t.tx.NewRaw(`with present as (select * from jsonb_to_recordset(?0::jsonb) r (user_id bigint, account text, person_id bigint, name text, found_by text, source text, excluded_because text)),
		gone as (update request_candidate c set until = ?1 where c.step_id = ?2 and c.until is null and c.source in ('FOUND', 'FALLBACK', 'ASSIGNED') and not exists (select from present n where (n.user_id, n.person_id, n.found_by, n.source, n.excluded_because)
			is not distinct from (c.user_id, c.person_id, c.found_by, c.source, c.excluded_because)) returning c.excluded_because),
		fresh as (insert into request_candidate (step_id, user_id, account, person_id, name, found_by, source, excluded_because, since)
			select ?2, n.user_id, n.account, n.person_id, n.name, n.found_by, n.source, n.excluded_because, ?1 from present n where not exists (select from request_candidate c where c.step_id = ?2 and c.until is null
				and (n.user_id, n.person_id, n.found_by, n.source, n.excluded_because) is not distinct from (c.user_id, c.person_id, c.found_by, c.source, c.excluded_because)) returning excluded_because)
		select (select count(*) from gone where excluded_because is null) + (select count(*) from fresh where excluded_because is null)`, encoded(rows), t.now, st.ID).Scan(ctx, &moved); err != nil {
		return false, fmt.Errorf("write who is asked by name: %w", err)
	}
	others = moved > 0 || st.AsksReviewers != a.reviewers || !same(st.PoolProfileID, profile)
	st.RuleID, st.AsksReviewers, st.PoolProfileID, st.FallsBack, st.IsAssigned = rule, a.reviewers, profile, a.fallsBack, a.assigned
	return others, nil
}

func same(a, b *int64) bool { return a == b || a != nil && b != nil && *a == *b }

// askedOf is the condition on i of what the caller, or the one for whom he acts, is asked about by name or by a profile of his, or since it was given to him;
// now: at a step that is open, as request_asks says it, else at any time. It is a list of items, which is found by what he is, and by nothing of the items.
func askedOf(ctx context.Context, at time.Time, now bool) db.Condition {
	id := askedID(ctx)
	if id == 0 {
		return bun.SafeQuery("false")
	}
	open, present, given := bun.SafeQuery("s.state in ('OPEN', 'INFO_REQUESTED', 'STUCK')"), bun.SafeQuery("true"), bun.SafeQuery("(s.closed_at is null or exists (select from request_decision d where d.step_id = s.id and ?0 in (d.decider_user_id, d.for_user_id)))", id)
	if now {
		open = bun.SafeQuery("s.state in ('OPEN', 'INFO_REQUESTED')")
		present, given = bun.SafeQuery("c.until is null and ?", open), open
	}
	return bun.SafeQuery(`i.id = any (array (select s.item_id from request_candidate c join request_step s on s.id = c.step_id where c.user_id = ?0 and c.excluded_because is null and ?1
		union all select s.item_id from assigned_profile p join request_step s on s.pool_profile_id = p.profile_id and p.context @> s.pool_match where p.user_id = ?0 and ?2 and ?3
		union all select s.item_id from request_handed h join request_step s on s.id = h.step_id where h.user_id = ?0 and ?4))`,
		id, present, open, inForce("p", at), given)
}

// anew looks again who is asked at a step that waits for a decision, under the lock of its item, where an approver rule is or was about it: what people
// see may be older than what is so. refused: it waits for nobody who may decide any more.
func (s *Service) anew(ctx context.Context, t *turn, x *item, st *step, who *approvers) (refused *errs.Error, err error) {
	rule, err := who.rule(ctx, t.tx, x.approval(st.Level))
	if err != nil || rule == nil && st.RuleID == nil && !st.FallsBack && !st.IsAssigned {
		return nil, err
	}
	if _, err := s.address(ctx, t, x, st, who); err != nil || st.State.isDecidable() {
		return nil, err
	}
	return errs.New(errs.Forbidden, "You are not asked here any more, and nobody else is by now: it is looked for somebody.").Of(st.ID), nil
}

// notAsked says that the caller does not decide a step, and who does.
func (a *approvers) notAsked(ctx context.Context, t *turn, x *item, st *step) (*errs.Error, error) {
	asks := "whoever reviews the roles of the person"
	if st.RuleID != nil || st.FallsBack || st.IsAssigned {
		list, err := a.asked(ctx, t.tx, x, st)
		if err != nil {
			return nil, err
		}
		names, more := shown(list)
		if asks = strings.Join(names, ", "); more > 0 {
			asks += fmt.Sprintf(" and %d more", more)
		}
	}
	return errs.New(errs.Forbidden, "You are not asked here (level %d: %s).", st.Level, asks).Of(st.ID), nil
}

// shown are the names of the first who may decide, and how many more there are.
func (a *asked) shown() (names []string, more int) {
	const most = 20
	names = []string{}
	for i, name := range a.names {
		if i == most {
			return names, len(a.names) - most + a.more
		}
		names = append(names, name)
	}
	return names, a.more
}

// shown are the names of the first of some people, and how many more there are.
func shown(list []access.Holder) (names []string, more int) {
	a := asked{}
	for _, h := range list {
		a.names = append(a.names, h.DisplayName)
	}
	return a.shown()
}

// IsAsked tells whether an account is or was asked about a request, by name or by a profile of its, or since one was given to it. The caller need not have
// signed in yet: whoever does so now is told.
func (s *Service) IsAsked(ctx context.Context, userID int64) (is bool, err error) {
	ctx = permit.With(ctx, &permit.Actor{UserID: userID})
	err = s.DB.NewRaw("select exists (select from request_item i where ?)", askedOf(ctx, s.Clock.Now(), false)).Scan(ctx, &is)
	if err != nil {
		return false, fmt.Errorf("look whether somebody is asked: %w", db.Explain(err))
	}
	return is, nil
}
