// Package access decides who holds what: profiles, access control rules and their assignment to users (provisioning spec 10).
//
//	access.go     Profile, AssignedProfile, Rule, Entry, Filter: the rows; Service: the lists of the API
//	actor.go      ActorOf: an account with its rights of now, for work without a session
//	grants.go     Grants: what a user may do now (10.1, 10.2)
//	holders.go    Holders: who is told about something, by the full path only (10.4, 11.2); Executors, Over: who may do something, and with whom
//	configure.go  SaveProfiles, SaveRules, SaveUsers and their Load and Delete: configuration as code
//	provider.go   identity providers as they are configured, how they find people, and the profiles that their groups give
//	filter.go     what SaveRules refuses: data sets and bindings that do not exist, operands that never meet
//	paths.go      which permission paths exist (10.3), for warnings about typing errors
//	columns.go    ProfilesPage: the list of profiles
//	store.go      every query
//
// server/permit does the checking with the grants made here; server/auth puts them into the context of a request. Access never asks
// who is signed in, except in its own lists.
package access
