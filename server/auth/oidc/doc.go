// Package oidc speaks OpenID Connect as a relying party: the code flow with PKCE, and back-channel logout. It knows nothing of accounts.
//
//	oidc.go      Client, Provider; what a provider says of itself, remembered for a while
//	flow.go      Begin sends a browser to a provider, Finish takes what it comes back with
//	verify.go    what a token must be before anything in it is believed
//	keys.go      the keys of a provider: read again when a new one appears, never often
//	logout.go    the provider says that somebody has left
//	identity.go  Identity: who somebody is to a provider; claims by path
//
// # What is trusted
//
// Nothing that comes through the browser but what was sealed before; a token only by the keys that its own provider publishes at the address that its
// discovery names, with asymmetric signatures. What a provider is told by others (header fields jku, x5u, jwk) is not looked at.
package oidc
