package app

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"writ/server/fulfil/fulfiltest"
	"writ/server/order"
)

// mustMaria is the small company with a MariaDB, behind a proxy, as its managed system.
func mustMaria(t *testing.T) (*small, *fulfiltest.MariaTarget, *fulfiltest.Proxy) {
	t.Helper()
	target := fulfiltest.MustMariaEmpty(t, `create table grp (name varchar(50) primary key); insert into grp values ('staff'), ('press');
		create table account (login varchar(50) primary key, emp varchar(50), name varchar(100), dept varchar(50));
		create table account_group (login varchar(50) not null, grp varchar(50) not null, primary key (login, grp),
			foreign key (login) references account (login) on update cascade, foreign key (grp) references grp (name) on update cascade);
		create table log (id int auto_increment primary key, operation varchar(10), login varchar(50), order_id varchar(50));
		create trigger ai after insert on account for each row insert into log (operation, login, order_id) values ('made', new.login, @writ_order_id);
		create trigger ad after delete on account for each row insert into log (operation, login, order_id) values ('gone', old.login, @writ_order_id)`)
	proxy := fulfiltest.MustMariaProxy(t, target)
	s := mustSmall(t, smallOptions{removeOrphans: true, edit: strings.NewReplacer(
		"package: postgres", "package: mariadb", `settings: { schema: public, link.Groups:`, `settings: { link.Groups:`,
		"secrets: { connectionString:", `secrets: { connectionString: "`+target.Address(proxy)+`" } #`,
	)})
	return s, target, proxy
}

func mariaAccounts(t *testing.T, target *fulfiltest.MariaTarget) []string {
	t.Helper()
	return target.Texts(t, `select a.login, a.emp, a.name, a.dept, coalesce((select group_concat(grp order by grp separator '+') from account_group g where g.login = a.login), '-') from account a`, 5)
}

// TestMariaFromHire: a person of the HR file gets an account with its group in MariaDB, changes, is renamed and leaves; somebody else's account there stays.
func TestMariaFromHire(t *testing.T) {
	t.Parallel()
	s, target, _ := mustMaria(t)
	target.Edit(t, "insert into account (login, name) values ('admin', 'Not ours')")
	s.people("1,E1,Petra,Lang,plang,IT", "2,E2,O'Neil,\"Wi\"\"nter\",owinter,HR")
	s.around()
	other := "admin <null> Not ours <null> -"
	require.ElementsMatch(t, []string{other, "plang e1 Petra Lang IT staff", `owinter e2 O'Neil Wi"nter HR staff`}, mariaAccounts(t, target))
	s.settled()

	s.people("1,E1,Pétra,Winter,pwinter,PR", "2,E2,O'Neil,\"Wi\"\"nter\",owinter,")
	s.around()
	require.ElementsMatch(t, []string{other, "pwinter e1 Pétra Winter PR staff", `owinter e2 O'Neil Wi"nter <null> staff`}, mariaAccounts(t, target))
	s.settled()

	s.people("2,E2,O'Neil,\"Wi\"\"nter\",owinter,")
	s.around()
	require.ElementsMatch(t, []string{other, `owinter e2 O'Neil Wi"nter <null> staff`}, mariaAccounts(t, target))
	s.settled()
	require.ElementsMatch(t, []string{"made admin", "made plang", "made owinter", "gone pwinter"}, target.Texts(t, "select operation, login from log", 2), "each once, by the database's own log")
	require.Len(t, target.Texts(t, "select id from log where order_id is null", 1), 1, "whoever it was by, but for the one of somebody else")
}

// TestMariaLostAnswer: an account that was made without anybody hearing of it is found, and not made twice.
func TestMariaLostAnswer(t *testing.T) {
	t.Parallel()
	s, target, proxy := mustMaria(t)
	s.people("1,E1,Petra,Lang,plang,IT")
	s.synchronize("HR")
	s.compute()
	require.NoError(t, proxy.Set(fulfiltest.CutAfterCommit))
	s.send()
	require.NoError(t, proxy.Set(fulfiltest.Pass))
	for range 3 { // read back, and what is missing made
		s.later(time.Hour)
		_, err := s.Orders.Fulfil(s.ctx, order.FulfilInput{Connector: "Target", ContinueOnError: true}, func(int, int, int) {})
		require.NoError(t, err)
	}
	s.synchronize("Target")
	s.compute()
	require.Equal(t, []string{"plang e1 Petra Lang IT staff"}, mariaAccounts(t, target))
	s.settled()
	require.Equal(t, []string{"made plang"}, target.Texts(t, "select operation, login from log", 2))
}
