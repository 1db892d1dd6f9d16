package app

import (
	"testing"

	"github.com/stretchr/testify/require"
)

const accountID = `select r.id from resource r join entity_type t on t.id = r.entity_type_id where t.identifier = 'Account' and r.key = ? and r.valid_to = 'infinity'`

// TestRenameKeepsTheTarget: an order that changes the primary key makes the target neither vanish nor appear: it keeps its id, whatever the
// correlation says, and nobody is asked about a creation.
func TestRenameKeepsTheTarget(t *testing.T) {
	t.Parallel()
	start := func(t *testing.T, o smallOptions) (*small, int64) {
		s := mustSmall(t, o)
		s.people("P1,1,Ann,Lee,alee,A", "P2,2,Bob,Ray,bray,A")
		s.around()
		require.Equal(t, []string{"alee 1 Ann Lee A staff", "bray 2 Bob Ray A staff"}, s.accounts())
		s.settled()
		return s, s.number(accountID, "alee")
	}
	check := func(t *testing.T, s *small, id int64, login string) {
		t.Helper()
		require.Equal(t, id, s.number(accountID, login))
		require.Contains(t, s.owned(), "P1 "+login)
		require.Zero(t, s.number(`select count(*) from order_line where action = 'CREATE' and state = 5 or action = 'CREATE' and id > (select min(id) from order_line where action = 'SET' and property = 'Login' and current_value <> '')`))
		require.Zero(t, s.number(`select count(*) from order_line_history where to_state = 5`))
		require.Zero(t, s.number(`select count(*) from resource r join entity_type t on t.id = r.entity_type_id where t.identifier = 'Account' and r.valid_to <> 'infinity'`), "nothing went away")
		s.settled()
		require.Zero(t, s.number(`select count(*) from written_key w join provisioning_order o on o.id = w.order_id where o.closed_at < (select max(started_at) from delivery)`))
	}
	for name, o := range map[string]smallOptions{"Sure": {}, "Guessed": {confidence: "80"}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, id := start(t, o)
			s.people("P1,1,Ann,Married,amarried,A", "P2,2,Bob,Ray,bray,A")
			s.around()
			require.Equal(t, []string{"amarried 1 Ann Married A staff", "bray 2 Bob Ray A staff"}, s.accounts())
			check(t, s, id, "amarried")
			links := s.number(`select count(*) from resource_link where source_id = ?`, id)
			require.Equal(t, int64(1), links, "the membership was not touched")
		})
	}
	t.Run("TwoInARowUnread", func(t *testing.T) {
		t.Parallel()
		s, id := start(t, smallOptions{})
		s.people("P1,1,Ann,Lee,a2,A", "P2,2,Bob,Ray,bray,A")
		s.synchronize("HR")
		s.compute()
		s.send()
		s.people("P1,1,Ann,Lee,a3,A", "P2,2,Bob,Ray,bray,A")
		s.synchronize("HR")
		s.compute()
		s.send()
		require.Equal(t, []string{"a3 1 Ann Lee A staff", "bray 2 Bob Ray A staff"}, s.accounts())
		s.synchronize("Target")
		s.compute()
		check(t, s, id, "a3")
	})
	t.Run("ThereAndBackUnread", func(t *testing.T) {
		t.Parallel()
		s, id := start(t, smallOptions{})
		s.people("P1,1,Ann,Lee,a2,A", "P2,2,Bob,Ray,bray,A")
		s.synchronize("HR")
		s.compute()
		s.send()
		s.people("P1,1,Ann,Lee,alee,A", "P2,2,Bob,Ray,bray,A")
		s.around()
		s.send()
		s.synchronize("Target")
		s.compute()
		require.Equal(t, []string{"alee 1 Ann Lee A staff", "bray 2 Bob Ray A staff"}, s.accounts())
		check(t, s, id, "alee")
	})
	t.Run("ToAKeyThatSomebodyHadOnce", func(t *testing.T) {
		t.Parallel()
		s, id := start(t, smallOptions{removeOrphans: true})
		s.people("P1,1,Ann,Lee,alee,A")
		s.around()
		require.Equal(t, []string{"alee 1 Ann Lee A staff"}, s.accounts())
		s.people("P1,1,Ann,Ray,bray,A")
		s.around()
		require.Equal(t, []string{"bray 1 Ann Ray A staff"}, s.accounts())
		require.Equal(t, id, s.number(accountID, "bray"))
		s.settled()
		s.people("P1,1,Ann,Ray,bray,A", "P3,3,Cid,Lee,alee,A")
		s.around()
		require.NotEqual(t, id, s.number(accountID, "alee"))
		s.settled()
	})
	t.Run("ByHand", func(t *testing.T) {
		t.Parallel()
		s, _ := func() (*small, int64) {
			s := mustSmall(t, smallOptions{tickets: true})
			s.people("P1,1,Ann,Lee,alee,A")
			_, err := s.target.ExecContext(s.ctx, `insert into account values ('alee', '1', 'Ann Lee', 'A'); insert into account_group values ('alee', 'staff')`)
			require.NoError(t, err)
			s.synchronize("Target")
			s.around()
			return s, 0
		}()
		s.settled()
		id := s.number(accountID, "alee")
		s.people("P1,1,Ann,Lee,a2,A")
		s.around()
		require.Len(t, s.open(), 1, "a ticket")
		_, err := s.target.ExecContext(s.ctx, `update account set login = 'a2'`)
		require.NoError(t, err)
		s.synchronize("Target")
		s.compute()
		require.Equal(t, id, s.number(accountID, "a2"))
		s.settled()
	})
	t.Run("AnswerLost", func(t *testing.T) {
		t.Parallel()
		s, id := start(t, smallOptions{})
		s.people("P1,1,Ann,Lee,a2,A", "P2,2,Bob,Ray,bray,A")
		s.synchronize("HR")
		s.compute()
		s.send()
		// as it stands when the worker died after the call
		_, err := s.DB.ExecContext(s.ctx, `alter table order_line disable trigger order_line_legal_move; update order_line set state = 2 where state = 8 and closed_at is null;
			update provisioning_order set state = 2, states = '{2}', executed_at = null, transmitted_at = now(), called_at = null, created_key = null where closed_at is null;
			update order_attempt set ended_at = null, outcome = 'UNKNOWN' where order_id in (select id from provisioning_order where closed_at is null);
			update written_key set ended_at = null, is_done = false; alter table order_line enable trigger order_line_legal_move`)
		require.NoError(t, err)
		s.synchronize("Target")
		s.compute()
		check(t, s, id, "a2")
	})
}

// TestRenamedAndRemovedUnseen: an account got another name, another one got its old name, and it was removed, all before the system was read:
// everybody is known again, and nobody is waited for.
func TestRenamedAndRemovedUnseen(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ steps, want []string }{
		"OldNameTaken":       {[]string{"P1,1,Ann,Lee,anew,A\nP2,2,Bob,Ray,bob,A", "P1,1,Ann,Lee,anew,A\nP2,2,Bob,Ray,ann,A", "P2,2,Bob,Ray,ann,A"}, []string{"P2 ann"}},
		"NewNameTaken":       {[]string{"P1,1,Ann,Lee,anew,A\nP2,2,Bob,Ray,bob,A", "P2,2,Bob,Ray,bob,A", "P2,2,Bob,Ray,anew,A"}, []string{"P2 anew"}},
		"NewNameOfSomeone":   {[]string{"P1,1,Ann,Lee,anew,A\nP2,2,Bob,Ray,bob,A", "P2,2,Bob,Ray,bob,A", "P2,2,Bob,Ray,bob,A\nP3,3,Cy,Poe,anew,A"}, []string{"P2 bob", "P3 anew"}},
		"BothNamesTaken":     {[]string{"P1,1,Ann,Lee,anew,A\nP2,2,Bob,Ray,ann,A", "P2,2,Bob,Ray,ann,A", "P2,2,Bob,Ray,anew,A\nP3,3,Cy,Poe,ann,A"}, []string{"P2 anew", "P3 ann"}},
		"SwappedThenRemoved": {[]string{"P1,1,Ann,Lee,bob,A\nP2,2,Bob,Ray,ann,A", "P2,2,Bob,Ray,ann,A"}, []string{"P2 ann"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := mustSmall(t, smallOptions{removeOrphans: true})
			s.people("P1,1,Ann,Lee,ann,A", "P2,2,Bob,Ray,bob,A")
			s.around()
			s.settled()
			bob := s.number(accountID, "bob")
			for _, rows := range c.steps {
				s.people(rows)
				s.synchronize("HR")
				s.compute()
				s.send()
			}
			s.synchronize("Target")
			s.compute()
			s.around()
			s.settled()
			require.Equal(t, c.want, s.owned())
			require.Len(t, s.accounts(), len(c.want))
			require.Equal(t, bob, s.number(`select resource_id from assigned_resource_type a join resource w on w.id = a.owner_id where a.valid_to = 'infinity' and w.key = 'P2'`))
		})
	}
}
