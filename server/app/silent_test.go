package app

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"writ/server/order"
)

// timeOut lets an hour and a half go by without an answer.
func (s *small) timeOut() {
	s.t.Helper()
	s.later(90 * time.Minute)
	_, err := s.Orders.Tick(s.ctx)
	require.NoError(s.t, err)
	require.EqualValues(s.t, 1, s.number(`select count(*) from provisioning_order where closed_at is null and state = 3`), "%q", s.open())
}

// leave has everybody go, computed twice.
func (s *small) leave() {
	s.t.Helper()
	s.people()
	s.synchronize("HR")
	s.compute()
	s.compute()
}

// TestTicketForATakenKey: an account that had the key before the ticket was not made for it, and stays when the person goes.
func TestTicketForATakenKey(t *testing.T) {
	t.Parallel()
	for name, timeout := range map[string]bool{"Open": false, "TimedOut": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := mustSmall(t, smallOptions{removeOrphans: true, tickets: true, timeout: timeout})
			_, err := s.target.ExecContext(s.ctx, `insert into account values ('seven', '99', 'Somebody Else', 'B')`)
			require.NoError(t, err)
			s.synchronize("Target")
			s.people("P0,7,New,Seven,seven,A")
			s.around()
			require.NotEmpty(t, s.open(), "somebody was asked for an account")
			if timeout {
				s.timeOut()
			}
			s.people()
			s.around()
			s.synchronize("Target")
			s.around()
			require.Empty(t, s.open(), "nothing takes the account of somebody else away")
		})
	}
}

// TestConfirmedForATakenKey: an account that had the key before the ticket was not made for it, whatever its operator says.
func TestConfirmedForATakenKey(t *testing.T) {
	t.Parallel()
	for _, named := range []bool{false, true} {
		t.Run(map[bool]string{true: "Named", false: "WithoutAWord"}[named], func(t *testing.T) {
			t.Parallel()
			s := mustSmall(t, smallOptions{removeOrphans: true, tickets: true})
			_, err := s.target.ExecContext(s.ctx, `insert into account values ('seven', '99', 'Somebody Else', 'B')`)
			require.NoError(t, err)
			s.synchronize("Target")
			s.people("P0,7,New,Seven,seven,A")
			s.around()
			require.Len(t, s.open(), 1)
			in := order.ConfirmManualOrdersInput{OrderIDs: []int64{s.number(`select id from provisioning_order where closed_at is null`)}}
			if named {
				in.CreatedKey = new("seven")
			}
			p, err := s.Orders.Confirm(s.ctx, in)
			require.NoError(t, err)
			require.Len(t, p.Results, 1)
			if named {
				require.Equal(t, "VALIDATION", p.Results[0].Error.Code)
				require.Contains(t, p.Results[0].Error.Message, "was there before")
				in.CreatedKey = new("seven7")
				p, err = s.Orders.Confirm(s.ctx, in)
				require.NoError(t, err)
			}
			require.Nil(t, p.Results[0].Error)
			s.synchronize("Target")
			s.around()
			s.around()
			require.Empty(t, s.owned(), "it is not his: %q", s.open())
			_, err = s.target.ExecContext(s.ctx, `insert into account values ('seven7', '7', 'New Seven', 'A')`)
			require.NoError(t, err)
			s.synchronize("Target")
			s.around()
			require.Equal(t, []string{"P0 seven7"}, s.owned(), "what was made is found")
		})
	}
}

// TestTimedOutKeyStaysHis: the answer to a creation was lost, its time is over, and the account that it made appears: it is not for somebody else
// whose data names it by now, also when its person needs another key meanwhile.
func TestTimedOutKeyStaysHis(t *testing.T) {
	t.Parallel()
	for _, renamed := range []bool{false, true} {
		t.Run(map[bool]string{true: "AnotherKeyIsNeeded", false: "SameKey"}[renamed], func(t *testing.T) {
			t.Parallel()
			s := mustSmall(t, smallOptions{timeout: true})
			s.people("P0,7,New,Seven,seven,A")
			loseCreation(s)
			s.timeOut()
			mine := "P0,77,New,Seven,seven,A"
			if renamed {
				mine = "P0,77,New,Seven,sevenseven,A"
			}
			s.people(mine, "P1,7,Other,Person,other,A")
			s.synchronize("HR")
			s.synchronize("Target")
			s.compute()
			require.NotContains(t, s.owned(), "P1 seven", "%q", s.open())
			s.around()
			s.around()
			require.NotContains(t, s.owned(), "P1 seven", "%q", s.open())
		})
	}
}

// TestSilentTicket: an operator makes an account without a word, and its person goes before it is read.
func TestSilentTicket(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		timeout bool
		emp     string // number that the operator writes
		read    bool   // the account is read before the person goes
		heir    bool
	}{
		"Left":              {emp: "7"},
		"TimedOut":          {emp: "7", timeout: true},
		"TimedOutHeir":      {emp: "7", timeout: true, heir: true},
		"Mistyped":          {emp: "77"},
		"MistypedTimedOut":  {emp: "77", timeout: true},
		"MistypedReadFirst": {emp: "77", read: true},
		"ReadFirstTimedOut": {emp: "77", read: true, timeout: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := mustSmall(t, smallOptions{removeOrphans: true, tickets: true, timeout: c.timeout})
			s.people("P0,7,New,Seven,seven,A")
			s.around()
			require.Len(t, s.open(), 1)
			if c.timeout {
				s.timeOut()
			}
			_, err := s.target.ExecContext(s.ctx, `insert into account values ('seven', ?, 'New Seven', 'A'); insert into account_group values ('seven', 'staff')`, c.emp)
			require.NoError(t, err)
			if c.read {
				s.synchronize("Target")
				s.compute()
			}
			s.leave()
			if c.heir {
				s.people("Q0,7,New,Seven,seven,A")
				s.synchronize("HR")
			}
			s.synchronize("Target")
			s.around()
			if c.heir {
				require.Equal(t, []string{"Q0 seven"}, s.owned())
				s.settled()
				return
			}
			require.Equal(t, []string{"DELETE P0 2  DELETE "}, s.open())
		})
	}
}

// loseCreation has the only creation made, and its answer lost: as it stands when the worker died after the call.
func loseCreation(s *small) {
	s.t.Helper()
	s.synchronize("HR")
	s.compute()
	s.send()
	require.Len(s.t, s.accounts(), 1)
	s.exec(`alter table order_line disable trigger order_line_legal_move; update order_line set state = 2 where state = 8 and closed_at is null;
		update provisioning_order set state = 2, states = '{2}', executed_at = null, transmitted_at = ?, called_at = ?, created_key = null, lease_owner = null where closed_at is null;
		update assigned_resource_type set created_key = null;
		update order_attempt set ended_at = null, outcome = 'UNKNOWN' where order_id in (select id from provisioning_order where closed_at is null);
		alter table order_line enable trigger order_line_legal_move`, s.Clock.Now(), s.Clock.Now())
}

// TestLostCreation: the answer to a creation was lost, and its person goes before anybody knows what came of it: the account is ours when it appears.
func TestLostCreation(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ heir, open bool }{"Removed": {}, "Heir": {heir: true}, "StillOut": {open: true}, "StillOutHeir": {open: true, heir: true}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := mustSmall(t, smallOptions{removeOrphans: true, timeout: true})
			s.people("P0,7,New,Seven,seven,A")
			loseCreation(s)
			if !c.open {
				s.timeOut()
			}
			s.leave()
			if c.heir {
				s.people("Q0,7,New,Seven,seven,A")
				s.synchronize("HR")
			}
			s.synchronize("Target")
			s.around()
			s.around()
			if c.heir {
				require.Equal(t, []string{"Q0 seven"}, s.owned())
			} else {
				require.Empty(t, s.accounts(), "%q", s.open())
			}
			s.settled()
		})
	}
}
