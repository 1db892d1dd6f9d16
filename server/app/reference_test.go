package app

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"writ/server/order"
	"writ/server/synchronization"
)

// sendCrm carries out what is open for the second system.
func (s *small) sendCrm() {
	s.t.Helper()
	if s.number(`select count(*) from connector where identifier = 'Crm'`) == 0 {
		return
	}
	_, err := s.Orders.Generate(s.ctx, order.GenerateInput{Connector: "Crm", Force: true})
	require.NoError(s.t, err)
	_, err = s.Orders.Fulfil(s.ctx, order.FulfilInput{Connector: "Crm", ContinueOnError: true}, func(int, int, int) {})
	require.NoError(s.t, err)
}

func (s *small) readCrm() {
	s.t.Helper()
	if s.number(`select count(*) from connector where identifier = 'Crm'`) > 0 {
		s.later(time.Second)
		_, err := s.Synchronization.Run(s.ctx, synchronization.RunInput{Connector: "Crm", Force: s.forced})
		require.NoError(s.t, err)
		s.later(time.Second)
	}
}

// aroundBoth is the whole circle with the second system.
func (s *small) aroundBoth() {
	s.t.Helper()
	s.around()
	s.sendCrm()
	s.readCrm()
	s.compute()
}

// crm lists what the second system keeps: number, account, team.
func (s *small) crm() []string {
	s.t.Helper()
	return s.list(s.target, `select concat_ws(' ', id, account, (select string_agg(login, '+' order by login) from crm_team t where t.id = u.id)) from crm_user u order by id`)
}

// TestReferencesFollowRenames: another table keeps the keys of accounts as text, in a column and in a table of links, and Writ renames the accounts:
// what points to them follows, and nobody is asked.
func TestReferencesFollowRenames(t *testing.T) {
	t.Parallel()
	for name, steps := range map[string][][]string{
		"Rename":      {{"x", "b", "c"}},
		"RenameTwice": {{"x", "b", "c"}, {"y", "b", "c"}},
		"Chain":       {{"b", "c", "x"}},
		"Swap":        {{"b", "a", "c"}},
		"SwapTwice":   {{"b", "a", "c"}, {"a", "b", "c"}},
		"Cycle":       {{"b", "c", "a"}},
		"FreedName":   {{"x", "b", "c"}, {"x", "a", "c"}},
	} {
		for place, o := range map[string]smallOptions{"Outside": {crm: true}, "InsideThereBefore": {crm: true, crmInside: true}} {
			t.Run(name+place, func(t *testing.T) {
				t.Parallel()
				s := mustSmall(t, o)
				s.team("a", "b", "c")
				if o.crmInside {
					s.around()
					_, err := s.target.ExecContext(s.ctx, `insert into crm_user values ('1', 'a'), ('2', 'b'), ('3', 'c'); insert into crm_team values ('1', 'a'), ('2', 'b'), ('3', 'c')`)
					require.NoError(t, err)
					s.synchronize("Target")
				}
				for range 3 {
					s.aroundBoth()
				}
				require.Equal(t, []string{"1 a a", "2 b b", "3 c c"}, s.crm(), "%q", s.open())
				s.settled()
				for _, logins := range steps {
					s.team(logins...)
					for range 3 {
						s.aroundBoth()
					}
				}
				s.follow(steps[len(steps)-1])
			})
		}
	}
}

// team writes the HR file: a person for each login.
func (s *small) team(logins ...string) {
	var rows []string
	for i, login := range logins {
		rows = append(rows, fmt.Sprintf("P%d,%d,Ann,Lee,%s,A", i+1, i+1, login))
	}
	s.people(rows...)
}

// follow checks that everything points to the accounts of the people, and that nobody was asked about it.
func (s *small) follow(logins []string) {
	s.t.Helper()
	var want []string
	for i, login := range logins {
		want = append(want, fmt.Sprintf("%d %s %s", i+1, login, login))
	}
	require.Equal(s.t, want, s.crm(), "%q", s.open())
	require.Zero(s.t, s.number(`select count(*) from order_line_history where to_state = 5`), "nobody is asked")
	require.Zero(s.t, s.number(`select count(*) from gap`), "nothing is taken for somebody else's work")
	require.Zero(s.t, s.number(`select count(*) from passed_reference`))
	s.settled()
}

// TestReferencesFollowAnyHistory: the same whatever is renamed when, and whichever system is sent to, read and computed in between.
func TestReferencesFollowAnyHistory(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		s := mustSmall(drawn{t, rt}, smallOptions{crm: true, crmInside: rapid.Bool().Draw(rt, "inside")})
		logins := []string{"a", "b", "c"}
		s.team(logins...)
		if rapid.Bool().Draw(rt, "settled") {
			for range 3 {
				s.aroundBoth()
			}
		}
		for range rapid.IntRange(1, 14).Draw(rt, "steps") {
			switch rapid.SampledFrom([]string{"rename", "rename", "compute", "send", "read", "sendCrm", "readCrm", "around"}).Draw(rt, "step") {
			case "rename":
				logins = slices.Clone(rapid.Permutation([]string{"a", "b", "c", "d", "e"}).Draw(rt, "logins")[:3])
				s.team(logins...)
				s.synchronize("HR")
			case "compute":
				s.compute()
			case "send":
				s.send()
			case "read":
				s.synchronize("Target")
			case "sendCrm":
				s.sendCrm()
			case "readCrm":
				s.readCrm()
			default:
				s.aroundBoth()
			}
		}
		for range 5 {
			s.aroundBoth()
		}
		s.follow(logins)
	})
}

// TestReferenceRemovedBeforeItPassedOn: a reference is taken out under the name that its account has, which passes to another account of the same
// target meanwhile. What was taken out by the old name goes again by the new one.
func TestReferenceRemovedBeforeItPassedOn(t *testing.T) {
	t.Parallel()
	s := mustSmall(t, smallOptions{crm: true, crmInside: true})
	s.team("a", "b", "c")
	s.send()
	s.aroundBoth()
	s.team("c", "d", "b")
	s.aroundBoth()
	s.team("c", "b", "d")
	for range 4 {
		s.aroundBoth()
	}
	s.follow([]string{"c", "b", "d"})
}

// TestReferenceChangedByHand: what somebody else wrote is still somebody else's, also when it names a renamed account.
func TestReferenceChangedByHand(t *testing.T) {
	t.Parallel()
	s := mustSmall(t, smallOptions{crm: true})
	s.team("a", "b", "c")
	for range 3 {
		s.aroundBoth()
	}
	s.settled()
	_, err := s.target.ExecContext(s.ctx, `update crm_user set account = 'b' where id = '1'`)
	require.NoError(t, err)
	s.forced = true
	s.readCrm()
	s.compute()
	require.EqualValues(t, 1, s.number(`select count(*) from gap where closed_at is null`))
	s.team("a", "x", "c")
	for range 3 {
		s.aroundBoth()
	}
	require.Equal(t, "1 b a", strings.Join(s.crm()[:1], ""), "the value of somebody else is not overwritten")
	require.EqualValues(t, 1, s.number(`select count(*) from gap where closed_at is null`))
}

// TestReferencesToWhoIsGone: what names an account that was taken away is taken out, in a column and in a table of links, also when the account of
// somebody else gets that name, and when the reference was written by a creation that nobody has read yet.
func TestReferencesToWhoIsGone(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ rows, want string }{
		"Gone":      {"P1,1,Ann,Lee,a,2", "1"},
		"NameTaken": {"P1,1,Ann,Lee,a,2\nP4,4,Cy,Poe,b,1", "1;4 a a"},
		"Unread":    {"P1,1,Ann,Lee,a,2\nP4,4,Cy,Poe,c,2", "1;4"},
		"Renamed":   {"P1,1,Ann,Lee,b,2", "1"},
	} {
		for place, inside := range map[string]bool{"Outside": false, "Inside": true} {
			t.Run(name+place, func(t *testing.T) {
				t.Parallel()
				s := mustSmall(t, smallOptions{crm: true, crmInside: inside, removeOrphans: true, edit: strings.NewReplacer(
					"Account, sourceBinding: Number, sourceExpression: ToLower", "Account, sourceBinding: Team", "Team, sourceBinding: Number, sourceExpression: ToLower", "Team, sourceBinding: Team",
					"dependsOn: User", "dependsOn: User\n    removeOrphans: true", "maximumLinkDeletedLines: 1,", "maximumLinkDeletedLines: 0,", "maximumUpdatedLines: 1,", "maximumUpdatedLines: 0,")})
				s.people("P1,1,Ann,Lee,a,2", "P2,2,Bob,Ray,b,")
				for range 3 {
					s.aroundBoth()
				}
				require.Equal(t, []string{"1 b b", "2"}, s.crm(), "%q", s.open())
				s.settled()
				s.people(strings.Split(c.rows, "\n")...)
				for range 5 {
					s.aroundBoth()
				}
				require.Equal(t, strings.Split(c.want, ";"), s.crm(), "%q", s.open())
				require.Zero(t, s.number(`select count(*) from gap`), "it is nobody's work but ours")
				require.Zero(t, s.number(`select count(*) from passed_reference`))
				s.settled()
			})
		}
	}
}

// pointing lists, by number, whether what the second system keeps names the account of that number, by its key or by its name.
func (s *small) pointing() []string {
	s.t.Helper()
	return s.list(s.target, `select u.id || ' ' || exists (select from account a where a.emp = u.id and u.account in (a.login, a.name))
		|| ' ' || (select count(*) || ' ' || coalesce(bool_and(exists (select from account a where a.emp = t.id and t.login in (a.login, a.name))), false) from crm_team t where t.id = u.id) from crm_user u order by id`)
}

// TestReferencesToUniqueKeysFollow: another table names accounts by something else that is unique, and Writ renames the accounts, changes what is
// unique, or has it pass on to another account: what points to them follows, and nobody is asked.
func TestReferencesToUniqueKeysFollow(t *testing.T) {
	t.Parallel()
	type of struct{ logins, names []string }
	for name, steps := range map[string][]of{
		"Key":         {{[]string{"x", "b", "c"}, []string{"A", "B", "C"}}},
		"KeysSwap":    {{[]string{"b", "a", "c"}, []string{"A", "B", "C"}}},
		"Unique":      {{[]string{"a", "b", "c"}, []string{"X", "B", "C"}}},
		"UniqueTwice": {{[]string{"a", "b", "c"}, []string{"X", "B", "C"}}, {[]string{"a", "b", "c"}, []string{"Y", "B", "C"}}},
		"UniqueSwap":  {{[]string{"a", "b", "c"}, []string{"B", "A", "C"}}},
		"UniqueChain": {{[]string{"a", "b", "c"}, []string{"B", "C", "X"}}},
		"Both":        {{[]string{"b", "c", "a"}, []string{"C", "A", "B"}}},
		"Freed":       {{[]string{"a", "b", "c"}, []string{"X", "B", "C"}}, {[]string{"a", "b", "c"}, []string{"X", "A", "C"}}},
	} {
		for place, inside := range map[string]bool{"Outside": false, "Inside": true} {
			t.Run(name+place, func(t *testing.T) {
				t.Parallel()
				s := mustSmall(t, smallOptions{crm: true, crmInside: inside, edit: strings.NewReplacer("{ identifier: Name, column: name }", "{ identifier: Name, column: name, uniqueKey: true }")})
				write := func(o of) {
					var rows []string
					for i, login := range o.logins {
						rows = append(rows, fmt.Sprintf("P%d,%d,Ann,%s,%s,A", i+1, i+1, o.names[i], login))
					}
					s.people(rows...)
				}
				write(of{[]string{"a", "b", "c"}, []string{"A", "B", "C"}})
				s.around()
				_, err := s.target.ExecContext(s.ctx, `insert into crm_user values ('1', 'Ann A'), ('2', 'Ann B'), ('3', 'Ann C'); insert into crm_team values ('1', 'Ann A'), ('2', 'Ann B'), ('3', 'Ann C')`)
				require.NoError(t, err)
				s.synchronize("Target")
				s.readCrm()
				for range 3 {
					s.aroundBoth()
				}
				right := []string{"1 true 1 true", "2 true 1 true", "3 true 1 true"}
				require.Equal(t, right, s.pointing(), "%q %q", s.crm(), s.open())
				s.settled()
				for _, step := range steps {
					write(step)
					for range 4 {
						s.aroundBoth()
					}
				}
				require.Equal(t, right, s.pointing(), "%q %q %q", s.crm(), s.accounts(), s.open())
				require.Zero(t, s.number(`select count(*) from order_line_history where to_state = 5`), "nobody is asked")
				require.Zero(t, s.number(`select count(*) from gap`), "nothing is taken for somebody else's work")
				s.settled()
			})
		}
	}
}

// TestParentsFollowRenames: accounts stand below others of the same table, named by their keys, and those, or both, are renamed.
func TestParentsFollowRenames(t *testing.T) {
	t.Parallel()
	for name, steps := range map[string][][]string{
		"Parent":      {{"x", "b", "c"}},
		"ParentTwice": {{"x", "b", "c"}, {"y", "b", "c"}},
		"Both":        {{"x", "y", "c"}},
		"All":         {{"x", "y", "z"}},
		"Swap":        {{"b", "a", "c"}},
		"Cycle":       {{"b", "c", "a"}},
		"Freed":       {{"x", "b", "c"}, {"x", "a", "c"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := mustSmall(t, smallOptions{edit: strings.NewReplacer("{ identifier: Dept, column: dept }", "{ identifier: Dept, column: dept, target: Account, reverse: Below }",
				"      - { property: Dept, binding: Team }\n", "", "    navigationRules:", "    queryRules: [{ property: Dept, sourceBinding: Team, targetBinding: Emp, confidence: 100 }]\n    navigationRules:")})
			write := func(logins []string) { // 2 stands below 1, and 3 below 2
				s.people("P1,1,Ann,Lee,"+logins[0]+",", "P2,2,Bob,Ray,"+logins[1]+",1", "P3,3,Cy,Poe,"+logins[2]+",2")
			}
			above := func() []string {
				return s.list(s.target, `select concat_ws(' ', a.emp, a.login, p.emp) from account a left join account p on p.login = a.dept order by a.emp`)
			}
			write([]string{"a", "b", "c"})
			for range 4 {
				s.around()
			}
			require.Equal(t, []string{"1 a", "2 b 1", "3 c 2"}, above(), "%q", s.open())
			s.settled()
			for _, logins := range steps {
				write(logins)
				for range 4 {
					s.around()
				}
			}
			last := steps[len(steps)-1]
			require.Equal(t, []string{"1 " + last[0], "2 " + last[1] + " 1", "3 " + last[2] + " 2"}, above(), "%q", s.open())
			require.Zero(t, s.number(`select count(*) from order_line_history where to_state = 5`), "nobody is asked")
			require.Zero(t, s.number(`select count(*) from gap`), "nothing is taken for somebody else's work")
			s.settled()
		})
	}
}
