// Package dbtest gives every test its own real PostgreSQL database. Tests only.
//
//	db := dbtest.MustOpen(t)             a private, migrated, empty database, gone after the test
//	db, url := dbtest.MustOpenURL(t)     the same with its URL, for River (pgx) and listeners
//	dbtest.Idle(order.Hooks{})           hooks that do nothing, said as such
//	dbtest.Seed(t)                       what a random history is drawn from
//	pooler := dbtest.MustPooler(t, url)  PgBouncer before a database
//	own := dbtest.MustOwn(t, "")         a server of its own, to stop or kill it
//	pair := dbtest.MustPair(t)           a primary and its replica, to let the first one die
//
// The databases are copies of a template that is migrated once per state of the migration files, so one costs some
// ten milliseconds. The server is the one that WRIT_TEST_DATABASE_URL names (`npm test` starts it); without the variable
// each test process starts an embedded one and stops it at its end.
package dbtest
