// Package fake is the technology "fake": the client of fulfiltest.HTTPTarget, an application with an HTTP+JSON interface whose behaviour
// can be programmed. app lists it only when test hooks are on.
//
//	fake.go    Package, its settings, Conn
//	read.go    Schema, Export, Read, Token
//	apply.go   Apply: what each way of ending a request means for the change
//
// The interface, all JSON, bearer token when the target wants one:
//
//	GET  /tables                                       [{"name", "columns"}]
//	GET  /tables/{table}/rows?after=&limit=            {"rows": [{column: value}], "next": "" at the end}
//	GET  /tables/{table}/rows/{key}?keyColumn=         {column: value}, 404
//	GET  /token                                        {"token"}
//	POST /changes  Idempotency-Key: ...                a fulfil.Change; {"outcome", "createdKey", "message"}
//	                                                   404 not found, 409 conflict, 403 and 422 refused, 429 too fast
package fake
