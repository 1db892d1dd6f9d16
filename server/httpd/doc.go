// Package httpd is the house's front: routes, headers, the embedded pages, health. No business words.
//
//	httpd.go    Parts and New: every route in one place, top to bottom
//	serve.go    Serve: listening and the clean end
//	stop.go     how a listener and its connections end without cutting a request; refuse_linux.go, refuse_other.go: no new ones
//	spa.go      the single-page application: history fallback, caching, compression
//	headers.go  security headers
//	forwarded.go  where a request really comes from
//	log.go      correlation id, access log, panics
//	limit.go    the size limit of /graphql
//
// The correlation id of a request is chi's (middleware.GetReqID), so that graph can quote it in errors.
package httpd
