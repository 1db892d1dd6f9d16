// Package notification tells people by mail.
//
//	notification.go  Pump: reads events once, in order, and turns them into mails (one transaction: mails + cursor)
//	ticket.go        who is told about manual orders (provisioning spec 10.4, 11.2)
//	digest.go        who is told about orders that came to review, of differences and found roles, and (if switched on) of errors; collected over a while
//	found.go         who is told about what was found in systems (role-model 13)
//	run.go           who is told about the end of a job's run
//	order.go         the summary of orders that all of these share
//	template.go      the texts, text and HTML, in template/; a folder may replace them one by one
//	rules.go         what may leave, and where to: allowed domains, catch-all, copy, off (11.4)
//	send.go          SMTP, or .eml files in a pickup folder
//	list.go          the mail log, for administrators
//	state.go         the machine below, and the only function that moves a mail
//	fenced.go        Fenced: what waits behind the fence
//	worker.go        SendArgs: one mail, tried with back-off for three days
//
// # Recipients
//
// Always access.Holders of the full path (10.4): PerformManualProvisioning, ReviewProvisioning, ReconciliateResources, ReconciliateRoles and ReviewRoles with the source entity type at the end,
// Jobs/RunJob/Launch or Repair with the end state. Mails about orders name only orders inside the holder's data filters; without any there
// is no mail.
//
// # Once
//
// A mail exists exactly if the event behind it does: the event stream is read with a durable cursor, and a mail has a key that cannot
// be written twice. The mail table is the log: recipient, template, subject, state, attempts, last error.
//
// # Digests
//
// In continuous mode orders come one by one, and a mail for each would soon be read by nobody. What came to review is therefore collected per
// entity type, and told when nothing new came for ten seconds (one pass of the chain, one computation), or after a minute if it does not
// stop. The next digest of the same kind waits five minutes after that, unless a job ended: a run is a moment of its own. A digest names
// what is still undecided when it goes out. The windows are kept in the database and measured with the product's clock, so any process
// may close them.
//
// # States
//
//	QUEUED  -> SENT     send
//	        -> FAILED   fail
//	        -> DROPPED  drop
//	FAILED  -> SENT     send
//	        -> DROPPED  drop
package notification
