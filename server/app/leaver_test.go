package app

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"writ/server/dbtest"
	"writ/server/order"
)

// TestLeaverAndHeir: a person under another key is one more row of the HR file. He gets the account that is there, with the real system.
func TestLeaverAndHeir(t *testing.T) {
	t.Parallel()
	for _, removes := range []bool{false, true} {
		for _, c := range []struct{ name, first, between, then, heir, want string }{
			{"SameFile", "P0,7,New,Seven,seven,A", "", "Q0,7,New,Seven,seven,A", "Q0", "seven 7 New Seven A staff"},
			{"OtherSpelling", "E7,e7,New,Seven,seven,A", "", "e7,E7,New,Seven,seven,A", "e7", "seven e7 New Seven A staff"},
			{"OtherName", "P0,7,New,Seven,seven,A", "", "Q0,7,New,Other,other,B", "Q0", "other 7 New Other B staff"},
			{"Later", "P0,7,New,Seven,seven,A", "P1,1,Ann,Lee,alee,A", "Q0,7,New,Seven,seven,A", "Q0", "seven 7 New Seven A staff"},
		} {
			t.Run(fmt.Sprintf("%s/%v", c.name, removes), func(t *testing.T) {
				t.Parallel()
				s := mustSmall(t, smallOptions{removeOrphans: removes})
				s.people(c.first)
				s.around()
				s.settled()
				id := s.number(`select resource_id from assigned_resource_type where valid_to = 'infinity'`)
				if c.between != "" {
					s.people(c.between)
					s.around()
				}
				s.people(c.then)
				s.around()
				require.Contains(t, s.accounts(), c.want)
				if c.between == "" {
					require.Equal(t, id, s.number(`select resource_id from assigned_resource_type a join resource w on w.id = a.owner_id where a.valid_to = 'infinity' and w.key = ?`, c.heir))
					require.Len(t, s.accounts(), 1)
				}
				s.settled()
			})
		}
	}
}

// TestFreedKeyGoesToAnother: a deletion and a creation, or a rename, of one key before anything was read: nobody is without, and nobody has
// what belongs to another.
func TestFreedKeyGoesToAnother(t *testing.T) {
	t.Parallel()
	for name, then := range map[string]string{"Created": "P1,1,Ann,Lee,seven,A\nP2,2,Bob,Ray,bray,A", "Renamed": "P2,2,Bob,Ray,seven,A"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := mustSmall(t, smallOptions{removeOrphans: true})
			s.people("P0,7,New,Seven,seven,A", "P2,2,Bob,Ray,bray,A")
			s.around()
			s.settled()
			left := s.number(accountID, "seven")
			s.people("P2,2,Bob,Ray,bray,A")
			s.synchronize("HR")
			s.compute()
			s.send()
			s.people(then)
			s.synchronize("HR")
			s.compute()
			s.send()
			s.synchronize("Target")
			s.compute()
			s.around()
			require.NotEqual(t, left, s.number(accountID, "seven"))
			s.settled()
			require.Len(t, s.owned(), len(strings.Split(then, "\n")))
		})
	}
}

// TestTicketDoneAfterTheLeaverIsGone: an operator confirms too early, the person leaves, and only then the account is made. It is known by
// the key that the ticket said, although nobody is there any more for whom it could be found.
func TestTicketDoneAfterTheLeaverIsGone(t *testing.T) {
	t.Parallel()
	for name, left := range map[string][]string{"RowGone": nil, "Stays": {"P0,7,New,Seven,seven,A"}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := mustSmall(t, smallOptions{removeOrphans: true, tickets: true})
			s.people("P0,7,New,Seven,seven,A")
			s.around()
			confirm := func() {
				_, err := s.Orders.Confirm(s.ctx, order.ConfirmManualOrdersInput{Filter: &order.OrderFilter{}})
				require.NoError(t, err)
			}
			confirm()
			s.people(left...)
			s.around()
			_, err := s.target.ExecContext(s.ctx, `insert into account values ('seven', '7', 'New Seven', 'A'); insert into account_group values ('seven', 'staff')`)
			require.NoError(t, err)
			s.synchronize("Target")
			s.around()
			if left == nil {
				require.Equal(t, []string{"DELETE P0 2  DELETE "}, s.open())
				_, err = s.target.ExecContext(s.ctx, `delete from account_group; delete from account`)
				require.NoError(t, err)
				confirm()
				s.synchronize("Target")
				s.compute()
			}
			s.settled()
			require.Len(t, s.owned(), len(left))
		})
	}
}

// TestChangeTakenBack: a name that was wanted for a while and never sent is forgotten when the account is read again. Whoever writes it later
// by hand did it himself, and a person decides.
func TestChangeTakenBack(t *testing.T) {
	t.Parallel()
	for name, reads := range map[string]bool{"Read": true, "NotRead": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := mustSmall(t, smallOptions{})
			s.people("P0,7,New,Ray,seven,A")
			s.around()
			for _, last := range []string{"Kim", "Ray"} {
				s.people("P0,7,New," + last + ",seven,A")
				s.synchronize("HR")
				s.compute()
			}
			if reads {
				s.synchronize("Target")
				s.compute()
				s.settled()
			}
			_, err := s.target.ExecContext(s.ctx, `update account set name = 'New Kim'`)
			require.NoError(t, err)
			s.synchronize("Target")
			s.compute()
			if reads {
				require.Empty(t, s.open())
				require.EqualValues(t, 1, s.number(`select count(*) from gap where closed_at is null`))
				return
			}
			s.around()
			require.Equal(t, []string{"seven 7 New Ray A staff"}, s.accounts()) // it may have been ours
			s.settled()
		})
	}
}

// TestPeopleComeAndGo: hired, gone, hired again under another key, renamed, with the system switched off at times. At the end everybody
// who lives has exactly his account, and there is nothing left to do.
func TestPeopleComeAndGo(t *testing.T) {
	t.Parallel()
	for _, removes := range []bool{false, true} {
		t.Run(fmt.Sprint(removes), func(t *testing.T) {
			t.Parallel()
			seed := dbtest.Seed(t)
			random := rand.New(rand.NewPCG(seed, 1))
			s := mustSmall(t, smallOptions{removeOrphans: removes})
			type one struct {
				id, last string
				here     bool
			}
			people := map[int]*one{}
			next := 0
			login := func(n int) string { return strings.ToLower(people[n].last) + fmt.Sprint(n) }
			write := func() {
				var rows []string
				for _, n := range slices.Sorted(maps.Keys(people)) {
					if p := people[n]; p.here {
						rows = append(rows, fmt.Sprintf("%s,%d,First,%s,%s,A", p.id, n, p.last, login(n)))
					}
				}
				random.Shuffle(len(rows), func(i, j int) { rows[i], rows[j] = rows[j], rows[i] })
				s.people(rows...)
			}
			key := func() string { next++; return fmt.Sprint("K", next) }
			for range 25 {
				for range 1 + random.IntN(3) {
					n := random.IntN(6)
					p := people[n]
					switch {
					case p == nil:
						people[n] = &one{key(), "Lee", true}
					case !p.here:
						p.id, p.here = key(), true
					case random.IntN(3) == 0:
						p.here = false
					case random.IntN(3) == 0:
						p.id = key()
					default:
						p.last = []string{"Lee", "Ray", "Kim"}[random.IntN(3)]
					}
				}
				write()
				s.synchronize("HR")
				s.compute()
				if random.IntN(3) > 0 { // else the system is switched off
					s.send()
				}
				if random.IntN(2) == 0 {
					s.synchronize("Target")
					s.compute()
				}
			}
			for range 6 {
				s.around()
			}
			want, owned := []string{}, []string{}
			for n, p := range people {
				if p.here {
					want = append(want, fmt.Sprintf("%s %d First %s A staff", login(n), n, p.last))
					owned = append(owned, p.id+" "+login(n))
				}
			}
			slices.Sort(want)
			slices.Sort(owned)
			got := slices.DeleteFunc(s.accounts(), func(a string) bool { return !removes && !slices.Contains(want, a) })
			require.Equal(t, want, got, "open %q, owned %q, all %q, gaps %q", s.open(), s.owned(), s.accounts(),
				s.list(s.DB, `select coalesce(w.key, '') || ' ' || concat_ws(' ', g.property, g.current_value, g.proposed_value) from gap g join assigned_resource_type a on a.id = g.assigned_resource_type_id left join resource w on w.id = a.owner_id where g.closed_at is null`))
			have := s.list(s.DB, `select w.key || ' ' || r.key from assigned_resource_type a join resource r on r.id = a.resource_id and r.valid_to = 'infinity'
				join resource w on w.id = a.owner_id and w.valid_to = 'infinity' where a.valid_to = 'infinity' order by 1`)
			slices.Sort(have)
			require.Equal(t, owned, have)
			s.settled()
		})
	}
}

// TestHeirOfAnUnreadCreation: an account is made, and before anybody reads it its owner is gone and comes again under another number. He gets that
// one: nothing is created beside it, whatever spelling would be free. Where it is not there after all, he gets his own.
func TestHeirOfAnUnreadCreation(t *testing.T) {
	t.Parallel()
	for _, removes := range []bool{false, true} {
		for _, vanishes := range []bool{false, true} {
			t.Run(fmt.Sprint(removes, vanishes), func(t *testing.T) {
				t.Parallel()
				s := mustSmall(t, smallOptions{removeOrphans: removes, edit: strings.NewReplacer("{ property: Login, binding: Login, expression: ToLower }",
					`{ property: Login, expression: 'BuildUsernameWithInitials(source.First, source.Last, "", "", 8, iteration)' }`)})
				s.people("P0,7,Ann,Lee,x,A")
				s.synchronize("HR")
				s.compute()
				s.send()
				s.people("Q0,7,Ann,Lee,x,A")
				s.synchronize("HR")
				s.compute()
				s.send()
				require.Equal(t, []string{"alee 7 Ann Lee A staff"}, s.accounts())
				require.Equal(t, []string{"heir"}, s.list(s.DB, `select o.wait_reason from provisioning_order o join resource w on w.id = o.owner_id where o.closed_at is null and w.key = 'Q0'`))
				if vanishes {
					_, err := s.target.ExecContext(s.ctx, "delete from account_group; delete from account")
					require.NoError(t, err)
				}
				s.synchronize("Target")
				s.compute()
				s.around()
				if vanishes { // what was carried out and is never seen rests until its time is over, and keeps its spelling
					require.Equal(t, []string{"anlee 7 Ann Lee A staff"}, s.accounts(), "%q", s.open())
					require.Equal(t, []string{"Q0 anlee"}, s.owned())
					return
				}
				require.Equal(t, []string{"alee 7 Ann Lee A staff"}, s.accounts(), "%q", s.open())
				require.Equal(t, []string{"Q0 alee"}, s.owned())
				require.Zero(t, s.number(`select count(*) from correlation_key k join resource r on r.id = k.resource_id where r.valid_to <> 'infinity'`))
				s.settled()
			})
		}
	}
}
