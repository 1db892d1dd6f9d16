// Package auth decides who you are and puts a permit.Actor into the context.
//
//	auth.go        Service, Config; Login, Refresh, Logout: the mutations
//	password.go    argon2id hashes of local users
//	guess.go       ten wrong passwords a minute, for an address and for an account; counted before they are looked at
//	hashing.go     the queue of the work on passwords: addresses take turns
//	device.go      the cookie of a browser that signed in before: its tries are counted apart from those of strangers
//	session.go     the refresh token: random, hashed, rotating; what happens when it is used twice
//	apikey.go      API keys: personal tokens and secrets of clients; their list, and who comes in with one
//	apiclient.go   API clients: their list
//	apikeychange.go making and revoking them
//	oauth.go       /oauth/token: access tokens for API clients
//	federation.go signing in through identity providers: the pages below /auth/oidc/, and why somebody does not get in
//	federated.go  which account is whose: linking, making accounts, ending sessions that a provider ended; oidc/ speaks the protocol
//	token.go       the access token: EdDSA JWT, ten minutes
//	keyring.go     signing keys: sealed at rest, a new one every thirty days, published at /auth/jwks.json
//	middleware.go  Bearer token -> Actor, with the rights of now; cookies of a request
//	watch.go       ends websockets and event streams whose session is over
//	me.go          Me: what the SPA needs to know about the signed-in person
//	handler.go     /auth/jwks.json and /auth/info
//
// # Steps
//
//	login    name + password  -> session row, access token, refresh cookie
//	request  access token     -> session still alive? user still enabled? grants of now (remembered for two seconds) -> Actor
//	refresh  refresh cookie   -> next refresh cookie, access token
//	logout                    -> session revoked; tokens of it stop within two seconds
//	provider click -> page of the provider -> code -> who he is there -> account -> session row, refresh cookie
//	client   name + secret at /oauth/token -> access token, whose session is the key; a personal token is sent as it is
//
// # Time
//
// Tokens, sessions and keys live on the machine's time (wall), because browsers and other verifiers know no other, and a test that moves
// the clock forward by a month should not be signed out. Everything the product shows or decides, such as the validity of profiles and the
// counts of wrong passwords, goes by clock.Clock.
//
// # Cross-site requests
//
// The refresh cookie is the only thing a browser sends by itself. It is HttpOnly, SameSite=Lax, of path /graphql, and only POST requests
// with Content-Type application/json can reach the mutations that read it: a foreign page cannot send one without a preflight.
package auth
