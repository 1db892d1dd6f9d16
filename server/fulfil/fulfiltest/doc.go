// Package fulfiltest is the proving ground of connectors. Tests only; app never links it.
//
//	suite.go      Suite: what every connector must do (package conformance), run against a Subject. A connector that passes can be trusted by
//	              order and synchronization
//	sqltarget.go  SQLTarget: a real PostgreSQL application with accounts and groups, an append-only operation log, programmable behaviour
//	mariadb.go    MariaDB: a server of its own for the tests of a process; MariaTarget: an application in it
//	proxy.go      Proxy: between a client and PostgreSQL or MariaDB, loses answers on purpose
//	httptarget.go HTTPTarget: an application with an HTTP+JSON interface (client: fulfil/fake), the same log and behaviours
//	scimtarget.go SCIMTarget: a tenant of a SCIM server that is somebody else's program (scimmy.mjs), with a log of what it did
//	slapd.go      Slapd: an OpenLDAP server; ldapproxy.go stands before it
//	samba.go      Samba: a domain controller of Active Directory
//	httpproxy.go  HTTPProxy: between a client and a server that speaks HTTP, does to requests what networks and servers do in real life
//	faketarget/   HTTPTarget as a program of its own, for tests over several processes
//
// The operation logs are the judges: whether an account was created once or twice is not asked of Writ but read there.
package fulfiltest
