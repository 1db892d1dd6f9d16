// Package system knows the managed systems: connectors, their connections, how they do, and the ways to them (provisioning 6).
//
//	service.go    Service and what it is made of
//	connector.go  Connector, Connection; List, Get, Find; Activate, Deactivate
//	columns.go    Page: the list of connectors
//	open.go       Open gives the guarded connector of a connection; CheckSettings; the secrets of a connection
//	check.go      Check asks a system now; RefreshSchema keeps its tables and columns
//	health.go     Health, and how it is judged from the rows here and the Facts of the rooms above
//	poll.go       what is remembered of looking at connections: tokens, failures, the next try; "last synchronized"
//
// It alone writes the tables connector and connection, but for their configuration, which manifest writes.
//
// # Neighbours
//
// Below: fulfil (the packages, the pool, the frame around connectors). Above: order and synchronization open connections here and read the
// tables; synchronization adds to the health of a connector what its readings found; manifest checks settings before it keeps them.
package system
