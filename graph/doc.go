// Package graph is the door: GraphQL over HTTP, websocket and event stream. It translates and decides nothing.
//
//	schema/          one file per room, a description on everything: the product's API
//	*.resolvers.go   one line per field: the room that answers
//	resolver.go      the rooms; complete() makes what crosses them (graph/across)
//	loaders.go       lookups by id, gathered per operation; loader.go how
//	lookahead.go     which relations a list of orders brings itself
//	glue.go          what keeps resolvers at one line
//	server.go        Handler: transports, limits, errors, loaders put together
//	sdl.go           the schema as text, for programs that make clients of it
//	http.go          GraphQL over HTTP: POST, GET; media types and statuses
//	websocket.go     graphql-transport-ws: one connection; ends with the access token (4403)
//	group.go         subscriptions alike: connections that ask for the same with the same rights share one, and its bytes
//	document.go      size, words, fields, aliases, directives of a document: refused before it is parsed; the memory of parsed ones
//	values.go        the JSON of a request: refused before it is read
//	limits.go        depth, breadth, cost of an operation: refused before anything runs
//	export.go        queries whose answer leaves the house: told to the log before it is given
//	errors.go        what a client sees for an error
//	testhooks.go     what only a server with --test-hooks does
//	scalar/          ID, DateTime, JSON
//	across/          subscriptions, search and other things that cross rooms
//	plain/           answers written straight from what a list brought, without gqlgen's work per field: all fields that need no resolver
//	generated/       gqlgen's own, with a plain function for each object type (scripts/gqlgen); unbound/ where it drops a type that no room has: only the three roots
//
// To add a field: write it in schema/ with its description, give the room's struct a field or method of that name (or a resolver line),
// run `npm run gen`.
package graph
