// Package scim reads and writes applications that speak SCIM 2.0 (RFC 7643, RFC 7644): package "scim" (provisioning spec 5.2, SCIM).
//
//	scim.go      Package, its settings, Conn, Check
//	http.go      one request: sent once, never to another host, its answer bounded
//	failure.go   what the end of a request means: for a change (fulfil.Outcome) and for a read (errs)
//	token.go     how a request says who it comes from
//	catalog.go   what the server can do, and which tables and columns it has: ServiceProviderConfig, ResourceTypes, Schemas
//	schema.go    the schemas of RFC 7643, for servers that do not show theirs
//	column.go    columns: their names, and one text form for each type, in both directions
//	page.go      lists, page by page, so that none is short and nothing comes twice
//	rest.go      what lists leave out, and a PUT must not
//	read.go      Schema, Export, Read
//	track.go     what happened to a table since an earlier moment
//	apply.go     one change
//	patch.go     the smallest PATCH for it, or the PUT
//	member.go    memberships, written from the side of the user
//	turn.go      one at a time, by a name
//
// A table is a resource type, by the last part of its endpoint: Users, Groups, and what else the server shows. A column is an attribute or a
// sub-attribute: userName, name:givenName, active, emails[type eq "work"]:value, and of an extension urn:…:User:department. Attributes with several
// values are columns with several values: emails holds all addresses, members the ids of the members. The columns of a table follow from the schemas
// of the server, so a name is looked up and never taken apart.
//
// groups of Users can be written although SCIM says that it cannot: it is written as members of the groups. Its values are ids of groups, and those of
// members are ids, too: a mapping that others point to has id as its key.
//
// What is not done: Bulk (each change has an outcome of its own), Me, sorting, and following a redirect or meta.location: the token goes to the host of
// the settings and to no other.
//
// That a resource shows no members proves nothing: many servers show them by the id of the group only, and some never. So groups that a list shows without
// anybody are read by their ids, unless that list shows somebody elsewhere or the server says that nobody is in any; who is to be taken out is taken out
// although he is not seen; and a group whose members are not seen is not written whole. A server that never shows who is in a group (AWS) is written to all
// the same, but what it does not show cannot be read: there, whoever is to be in a group is put into it again after each reading.
//
// Nor does a 404 prove that somebody is gone: it is believed as an error of SCIM, and otherwise when a list of the same resources is answered; after a
// change, only when the resource is not found by its id, for it may be of a member.
//
// A target usually lies in the company's own network, so private addresses are reached, other than by webhooks. Addresses that are nobody's
// application are not, such as those of the link and the others where clouds keep the passwords of a machine, also as an IPv6 address that leads there: it is
// decided on the address that is connected to. Other machines are reached by https, unless setting plain allows otherwise.
package scim
