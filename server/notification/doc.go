// Package notification tells people by mail.
//
//	notification.go  Pump: reads events once, in order, and turns them into mails (one transaction: mails + cursor)
//	ticket.go        who is told about manual orders, and what (provisioning spec 10.4, 11.2)
//	template.go      the texts, text and HTML, in template/
//	send.go          SMTP, or .eml files when no server is set
//	worker.go        SendArgs: one mail, tried five times with back-off
//
// A mail exists exactly if the event behind it does: the event stream is read with a durable cursor, and a mail has a key that cannot
// be written twice.
package notification
