package app

import (
	"context"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"writ/server/cli"
	"writ/server/departure"
	"writ/server/errs"
	"writ/server/event"
	"writ/server/order"
	"writ/server/request"
)

const mayDepart = "/Custom/Workflows/Departure_Person/Immediate/ActionPending"

// depart makes somebody leave, as whoever is shown the number of accounts there is.
func (s *small) depart(ctx context.Context, person string) (*departure.DepartNowPayload, error) {
	s.t.Helper()
	s.later(time.Second)
	look, err := s.Departures.Look(ctx, s.personID(person))
	require.NoError(s.t, err)
	return s.Departures.DepartNow(ctx, departure.DepartNowInput{PersonID: look.PersonID, Reason: "because", ConfirmAccounts: look.Accounts})
}

// proven lists the rows of a proof.
func (s *small) proven(ctx context.Context, person string) (list []string, complete bool) {
	s.t.Helper()
	p, err := s.Departures.Proof(ctx, s.personID(person))
	require.NoError(s.t, err)
	require.NotNil(s.t, p)
	for _, r := range p.Rows {
		list = append(list, fmt.Sprintf("%s %s %s", r.Kind, r.Name, r.Outcome))
	}
	return list, p.Complete
}

// carryOut is what happens by itself within seconds: the sweep computes and publishes, the connections are drained.
func (s *small) carryOut() {
	s.t.Helper()
	s.later(time.Second)
	require.NoError(s.t, s.Departures.Sweep(s.ctx))
	for _, id := range s.numbers("select id from connection order by id") {
		require.NoError(s.t, s.Orders.Drain(s.ctx, id))
	}
	s.later(time.Second)
}

func (s *small) numbers(sql string) (list []int64) {
	s.t.Helper()
	require.NoError(s.t, s.DB.NewRaw(sql).Scan(s.ctx, &list))
	return list
}

// TestDepartNow: everything that somebody has ends at once although each rule of the type says otherwise: a review, no removal, a threshold; also what a person
// gave, and what is asked for her. It stays so whatever the source says, and the proof is complete when the system has shown it.
func TestDepartNow(t *testing.T) {
	t.Parallel()
	s := mustSmall(t, smallOptions{edit: edits("navigationRules: [", "navigationRules: [{ property: Groups, resource: press, singleRole: Press }, ", "singleRoles:\n  - { identifier: Staff, displayName: Staff, entityType: Person, rules: [{}] }",
		asking(0, " }\n  - { identifier: Radio, displayName: Radio, entityType: Person, approvalWorkflowType: 1"), "maximumLinkDeletedLines: 1,", "maximumLinkDeletedLines: 1000,",
		"allowRemove: true", "allowRemove: false\n    maximumDelete: 1", "maximumLinkInsertedLines", "maximumLinkInsertedLines")})
	s.people(ann, bob)
	s.around()
	annSelf := s.linked("ann", "P0", mayAsk)
	s.mustWish(annSelf, request.Add, "Press", "P0")
	s.around()
	s.around()
	s.mustWish(annSelf, request.Add, "Radio", "P0")
	require.Contains(t, strings.Join(s.accounts(), "\n"), "press+staff")
	s.exec(`update resource_type set block_provisioning = true; insert into model_version (at, actor, fingerprint) values (now(), 'x', '')`)
	boss := s.linked("boss", "P1", mayDepart)

	_, err := s.Departures.DepartNow(boss, departure.DepartNowInput{PersonID: s.personID("P0"), Reason: "because", ConfirmAccounts: 7})
	require.True(t, errs.Is(err, errs.StaleItem), "%v", err)
	_, err = s.Departures.DepartNow(boss, departure.DepartNowInput{PersonID: s.personID("P0"), Reason: " ", ConfirmAccounts: 1})
	require.True(t, errs.Is(err, errs.Validation), "%v", err)
	require.Zero(t, s.number("select count(*) from departure"))
	p, err := s.depart(boss, "P0")
	require.NoError(t, err)
	require.False(t, p.NeedsSecondPerson)
	require.False(t, p.Proof.Complete)
	require.EqualValues(t, 1, s.number("select count(*) from local_user where username = 'ann' and is_disabled"))
	she, err := s.actor(s.ctx, s.number("select id from local_user where username = 'ann'"))
	require.NoError(t, err)
	require.Nil(t, she, "she can do nothing any more")
	_, err = s.depart(boss, "P0")
	require.True(t, errs.Is(err, errs.AlreadyDone), "%v", err)

	s.carryOut()
	require.NotContains(t, strings.Join(s.accounts(), "\n"), "alee", "%v", s.open())
	require.Contains(t, strings.Join(s.accounts(), "\n"), "bray")
	list, complete := s.proven(boss, "P0")
	require.False(t, complete, "%v", list)
	require.Contains(t, strings.Join(list, "\n"), "EXECUTED")
	require.NoError(t, s.Requests.Sweep(s.ctx))
	s.synchronize("Target")
	s.compute()
	s.later(time.Second)
	require.NoError(t, s.Requests.Sweep(s.ctx))
	list, complete = s.proven(boss, "P0")
	require.True(t, complete, "%v", list)
	require.Contains(t, strings.Join(list, "\n"), "SIGN_IN ann ENDED")
	require.Contains(t, strings.Join(list, "\n"), "REQUEST")
	require.Contains(t, strings.Join(s.wishes(), "\n"), "beneficiary_left")

	s.people(ann, bob) // HR knows nothing of it
	s.around()
	s.around()
	require.NotContains(t, strings.Join(s.accounts(), "\n"), "alee")
	s.settled()

	_, err = s.Departures.UndoDeparture(boss, departure.UndoDepartureInput{PersonID: s.personID("P0"), Reason: "a mistake"})
	require.NoError(t, err)
	s.around()
	s.reviewAll(order.DecideApprove)
	s.around()
	s.around()
	require.Contains(t, strings.Join(s.accounts(), "\n"), "alee", "%v %v", s.open(), s.list(s.DB, "select concat_ws(' ', a.id, a.workflow_state, a.is_expected, a.valid_to, a.error, a.end_date) from assigned_resource_type a"))
	require.NotContains(t, strings.Join(s.accounts(), "\n"), "press", "what a person gave does not come back by itself")
	require.EqualValues(t, 1, s.number("select count(*) from local_user where username = 'ann' and not is_disabled"))
	s.settled()
	list, _ = s.proven(boss, "P0")
	require.NotEmpty(t, list, "the proof stays")
}

// TestDepartureOfWhatWasKept: an account that nobody wanted, and that a person kept, goes, too; one that may be somebody else's does not.
func TestDepartureOfWhatWasKept(t *testing.T) {
	t.Parallel()
	for confidence, stays := range map[string]bool{"100": false, "80": true} {
		const wanted = "7 Ann Lee A" // by whatever login
		t.Run(confidence, func(t *testing.T) {
			t.Parallel()
			s := mustSmall(t, smallOptions{confidence: confidence, edit: edits("typeRules: [{}]", "typeRules: [{ singleRole: Staff }]", "rules: [{}] }", "approvalWorkflowType: 0 }", "allowRemove: true", "allowRemove: false")})
			_, err := s.target.ExecContext(t.Context(), "insert into account values ('old', '7', 'Ann Lee', 'A')")
			require.NoError(t, err)
			s.people(ann, bob)
			s.around()
			boss := s.linked("boss", "P1", mayDepart, mayAsk)
			s.mustWish(boss, request.Add, "Staff", "P0")
			s.around()
			s.around()
			if !stays {
				s.mustWish(boss, request.Remove, "Staff", "P0")
				s.around()
				s.around()
			}
			require.Contains(t, strings.Join(s.accounts(), "\n"), wanted, "it may not be removed, or nobody has confirmed whose it is: %v", s.open())
			_, err = s.depart(boss, "P0")
			require.NoError(t, err)
			s.carryOut()
			s.synchronize("Target")
			s.compute()
			list, _ := s.proven(boss, "P0")
			require.Equal(t, stays, strings.Contains(strings.Join(s.accounts(), "\n"), wanted), "%v %v %v", list, s.open(), s.accounts())
		})
	}
}

// TestDepartureLasts: nothing brings back what a departure ends: the source that has the person no more, a configuration that is applied again, an account that
// is made meanwhile; and a system that refuses, or does not answer, is asked again, although its connector is not continuous.
func TestDepartureLasts(t *testing.T) {
	t.Parallel()
	s := mustSmall(t, smallOptions{edit: edits("allowRemove: true", "allowRemove: false")})
	s.people(ann, bob)
	s.around()
	s.linked("ann", "P0", mayAsk)
	boss := s.linked("boss", "P1", mayDepart)
	_, err := s.target.ExecContext(t.Context(), `create function no() returns trigger language plpgsql as $$ begin raise exception 'not today'; end $$; create trigger no before delete on account for each row execute function no()`)
	require.NoError(t, err)
	_, err = s.depart(boss, "P0")
	require.NoError(t, err)
	s.carryOut()
	list, _ := s.proven(boss, "P0")
	require.Contains(t, strings.Join(list, "\n"), "FAILED")

	s.exec(`update local_user set is_disabled = false where username = 'ann'`)
	s.linked("ann2", "P0", mayAsk)
	require.EqualValues(t, 2, s.number("select count(*) from local_user where username like 'ann%' and is_disabled"))

	s.people(bob) // HR is done with her
	s.synchronize("HR")
	s.compute()
	require.Contains(t, strings.Join(s.accounts(), "\n"), "alee")
	_, err = s.target.ExecContext(t.Context(), `drop trigger no on account`)
	require.NoError(t, err)
	s.later(time.Minute)
	s.carryOut()
	require.NotContains(t, strings.Join(s.accounts(), "\n"), "alee", "%v", s.open())
	s.synchronize("Target")
	s.compute()
	list, complete := s.proven(boss, "P0")
	require.True(t, complete, "%v", list)
	s.settled()
}

// TestDepartureOfWhoIsGone: HR was faster, and her account waits for somebody to look.
func TestDepartureOfWhoIsGone(t *testing.T) {
	t.Parallel()
	s := mustSmall(t, smallOptions{edit: edits("allowRemove: true", "allowRemove: false")})
	s.people(ann, bob)
	s.around()
	s.people(bob)
	s.around()
	s.around()
	require.Contains(t, strings.Join(s.accounts(), "\n"), "alee")
	boss := s.linked("boss", "P1", mayDepart)
	_, err := s.depart(boss, "P0")
	require.NoError(t, err)
	s.carryOut()
	s.synchronize("Target")
	s.compute()
	list, complete := s.proven(boss, "P0")
	require.NotContains(t, strings.Join(s.accounts(), "\n"), "alee", "%v %v", list, s.open())
	require.True(t, complete, "%v", list)
}

// TestDepartureGuards: nobody makes himself leave, by whichever account; not the last administrator; not whom he does not see; the eleventh within an hour needs
// a second person; also when many ask at once, and whatever somebody writes by hand.
func TestDepartureGuards(t *testing.T) {
	t.Parallel()
	s := mustSmall(t, smallOptions{})
	rows := []string{ann, bob}
	for i := 3; i < 18; i++ {
		rows = append(rows, fmt.Sprintf("P%d,%d,Pat,No%d,pat%d,A", i, i, i, i))
	}
	s.people(rows...)
	s.around()
	boss, second, other := s.linked("boss", "P0", mayDepart), s.linked("second", "P1", mayDepart), s.linked("boss2", "P0", mayDepart)
	nobody := s.linked("nobody", "P3", mayAsk)
	for _, me := range []context.Context{boss, other} {
		_, err := s.depart(me, "P0")
		require.True(t, errs.Is(err, errs.Forbidden), "%v", err)
	}
	_, err := s.Departures.Look(nobody, s.personID("P1"))
	require.True(t, errs.Is(err, errs.Forbidden), "%v", err)
	_, err = s.Departures.Proof(nobody, s.personID("P1"))
	require.True(t, errs.Is(err, errs.Forbidden), "%v", err)
	_, err = s.Departures.DepartNow(nobody, departure.DepartNowInput{PersonID: s.personID("P1"), Reason: "x", ConfirmAccounts: 1})
	require.True(t, errs.Is(err, errs.Forbidden), "%v", err)
	_, err = s.Departures.Look(boss, 999_999)
	require.True(t, errs.Is(err, errs.NotFound), "%v", err)
	for _, bad := range []string{`insert into departure (person_id, state, at, actor, reason, accounts, first_event) values (?0, 'DEPARTED', now(), 'boss', 'x', 0, 0)`,
		`insert into departure (person_id, state, at, actor, reason, accounts, first_event) values (?0, 'DEPARTED', now(), 'boss2', 'x', 0, 0)`,
		`insert into departure (person_id, state, at, actor, asked_by, reason, accounts, first_event) values (?1, 'DEPARTED', now(), 'boss', 'boss2', 'x', 0, 0)`} {
		_, err := s.DB.NewRaw(bad, s.personID("P0"), s.personID("P1")).Exec(s.ctx)
		require.Error(t, err, bad)
	}

	admin := s.linked("admin", "P4", "/AccessControl")
	_, err = s.depart(boss, "P4")
	require.True(t, errs.Is(err, errs.Conflict), "the last administrator: %v", err)
	_ = admin

	var many sync.WaitGroup
	waits := make([]bool, 13)
	for i := range waits {
		look, err := s.Departures.Look(boss, s.personID(fmt.Sprintf("P%d", i+5)))
		require.NoError(t, err)
		many.Go(func() {
			p, err := s.Departures.DepartNow(boss, departure.DepartNowInput{PersonID: look.PersonID, Reason: "all of them", ConfirmAccounts: look.Accounts})
			if err != nil {
				t.Error(err)
				return
			}
			waits[i] = p.NeedsSecondPerson
		})
	}
	many.Wait()
	require.EqualValues(t, 10, s.number("select count(*) from departure where state = 'DEPARTED'"))
	require.EqualValues(t, 3, s.number("select count(*) from departure where state = 'WAITING'"))
	var waiting []string
	for i, w := range waits {
		if w {
			waiting = append(waiting, fmt.Sprintf("P%d", i+5))
		}
	}
	for _, me := range []context.Context{boss, other} {
		_, err = s.depart(me, waiting[0])
		require.True(t, errs.Is(err, errs.Forbidden), "%v", err)
	}
	p, err := s.depart(second, waiting[0])
	require.NoError(t, err)
	require.False(t, p.NeedsSecondPerson)
	require.Equal(t, "boss", *p.Proof.AskedBy)
	s.later(time.Hour)
	require.NoError(t, s.Departures.Sweep(s.ctx))
	require.EqualValues(t, 2, s.number("select count(*) from departure where state = 'LAPSED'"))
	p, err = s.depart(boss, waiting[1])
	require.NoError(t, err)
	require.False(t, p.NeedsSecondPerson, "an hour later one is enough again")
}

// TestDepartureSeal: the digest of a proof is that of the log, also when more has happened since, and of nobody else's; and whoever supervises is told.
func TestDepartureSeal(t *testing.T) {
	t.Parallel()
	s := mustSmall(t, smallOptions{})
	s.people(ann, bob)
	s.around()
	boss := s.linked("boss", "P1", mayDepart)
	s.account("sue", "/Custom/Workflows/Supervise/Person")
	s.exec(`update local_user set email = username || '@w.example'; update access_entry set notify = true`)
	_, err := s.depart(boss, "P0")
	require.NoError(t, err)
	require.Equal(t, []string{"PersonDepartedNow sue@w.example"}, s.list(s.DB, `select template || ' ' || recipient from mail`))
	appender := event.NewAppender(s.DB)
	placed := func() {
		_, err := appender.Append(s.ctx)
		require.NoError(t, err)
	}
	placed()
	p, err := s.Departures.Proof(boss, s.personID("P0"))
	require.NoError(t, err)
	require.NotEmpty(t, p.Digest)
	s.carryOut()
	placed()
	later, err := s.Departures.Proof(boss, s.personID("P0"))
	require.NoError(t, err)
	require.NotEqual(t, p.Digest, later.Digest)
	verify := func(person int64, seal string) error {
		return s.verifySeal(s.ctx, cli.Session{Out: io.Discard}, cli.VerifyInput{Departure: person, Seal: seal})
	}
	require.NoError(t, verify(p.PersonID, p.Digest))
	require.NoError(t, verify(p.PersonID, later.Digest))
	require.Error(t, verify(p.PersonID, strings.Repeat("0", 64)))
	require.Error(t, verify(s.personID("P1"), p.Digest))
	require.Error(t, verify(p.PersonID, ""))
}
