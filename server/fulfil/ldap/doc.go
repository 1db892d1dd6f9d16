// Package ldap reads and writes entries of directories: package "ldap" (provisioning spec 5.2, LDAP family). Tested with OpenLDAP.
//
//	ldap.go     Package, its settings, Conn, Check
//	table.go    the tables of the settings, and what the schema of the server makes of them
//	session.go  addresses, encryption, sign-in, the pool, and asking page by page
//	schema.go   attributes and object classes as the server describes them (RFC 4512)
//	dn.go       distinguished names, read and written
//	value.go    one text form per syntax, in both directions; when two values are one
//	read.go     Schema, Export, Read; links shown by keys
//	track.go    Token, and what happened to a table since an earlier moment (RFC 4533)
//	apply.go    one change
//	remove.go   a deletion
//	link.go     members of groups, placeholders, passwords
//	heir.go     what groups hold of an entry when its name or its values become others
//	ad*.go      what Active Directory does otherwise, for package ad: ad.go accounts and lists in parts, ad_value.go SIDs, GUIDs and times, ad_track.go changes
//	receipt.go  what a failure means for the change: the promise of fulfil.Outcome
//
// The library is go-ldap: the one that is kept up, in pure Go. Names are read and written here, since it folds and refuses what servers send, and every
// socket is ours, since it waits without looking at a context.
//
// A table is what lies below a base and fits a filter. Its columns are the attributes that its object classes know, or those that the settings name, and
//
//	dn         the whole name
//	parentdn   the name of the entry above
//
// so that a rename and a move are changes of ordinary columns: of the attribute that the entry is named by, of parentdn, or of dn for both at once. The key of
// a mapping had better be entryUUID, which the server gives and nobody changes: then a person who is renamed is the same row, and links to him stay. Any
// attribute without twins will do, too, and the name itself; then a rename is a new key. A key that only the server knows has one price: when the answer to
// a creation is lost, a person has to look, where a key that a rule computes lets Writ look itself.
//
// Links hold names (member) or values (memberUid) of other entries. A setting link.<column> shows them by the keys of the table they point to, and takes those;
// backlink.<column> gives a table the column of the groups that hold its rows, as memberOf does, on servers without it, too, and writes it into the groups.
//
// What a row shows that the server changes without telling is not followed but read: see untold, accounts and dangling in track.go. With several addresses
// nothing is followed, since one server may lag behind another. One thing nobody tells: a server that brings references up to date in the background (refint)
// may do it after a reading that its deletion caused; the next change to the directory, and every complete reading, finds it.
//
// Left to others: changes that only go together (a directory has no transactions), accesslog and changelog, ranges of values (they are an error, never a
// short list, except in Active Directory).
package ldap
