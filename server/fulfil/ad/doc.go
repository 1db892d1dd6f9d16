// Package ad reads and writes Active Directory: package "active-directory" (provisioning spec 5.2). Tested with a domain controller of Samba.
//
// It is a profile of package ldap, which does the work: what a domain controller does otherwise than other directories stands there in the files ad*.go.
//
//	keys        objectGUID, as text. Whoever is renamed or moved is the same row, and links to him stay
//	values      SIDs and GUIDs as text; times of 100 ns since 1601 as RFC 3339. accountExpires without a value is never; pwdLastSet 0 has the password
//	            changed at the next sign-in
//	accounts    are made disabled. Then one request gives the password, and enables them where the order says so (userAccountControl without 2). One whose
//	            creation broke off in between is gone on with while nobody touched it (whenChanged, uSNChanged); an account that was disabled by somebody else
//	            is a Conflict. userAccountControl is written as a whole: flags that a rule does not give are cleared
//	passwords   unicodePwd, over encrypted connections only; with the other values of a change in one request, so that pwdLastSet 0 beside it holds.
//	            Why somebody is not let in (data 52e, 533, ...) and a password is refused is said in words
//	groups      by member of the group, as a column of the group or as backlink of the account. The server itself keeps member right when somebody is renamed,
//	            moved or deleted. Few links are asked for one by one, whatever the length of the list. To put somebody into his primary group is AlreadySo, to
//	            take him out of it is Refused
//	reading     page by page; lists that the server gives in parts (range=0-1499) to their end, again from the start when they change meanwhile
//	changes     by uSNChanged of one domain controller. Another database of it (invocationId) or a number that went back: everything is read. So it is
//	            when a container that is not empty was changed, since nobody tells whether it was moved; and when something was deleted, for tables with
//	            columns of names (member, manager), since the server takes it out of those without a word. The user must see deleted entries
//
// What the server computes (tokenGroups, memberOf and other ends of links) is refused for writing. Referrals are never followed: those to other parts of
// the forest are not asked for, and any other is an error.
//
// Left to others: the global catalogue, Kerberos, DirSync, values of links that begin or end by time, and the group that primaryGroupID names.
package ad
