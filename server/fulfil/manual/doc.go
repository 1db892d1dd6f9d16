// Package manual is the technology "manual-ticket": a person carries the change out (provisioning spec 4).
//
// A fulfil run on such a connection opens a ticket per order, which moves the order to Transmitted and sends the mails; both belong to
// server/order. The connector only says that it is so. The setting ticketSynchroIsNotAvailable (default false) is read there too: a confirmed
// order of a system that nobody can synchronize is Verified at once.
package manual
