// Package catalogue answers what people ask of the role model before they change it: who holds a role, now or at a date, and whom a rule would match.
//
//	service.go  Service
//	scope.go    whom the caller may know as a holder
//	holder.go   the people who hold a role, in pages
//	count.go    how many hold each role of a list, and which roles nobody holds
//	preview.go  whom a rule would match, gained and lost against the rule as it is saved
//	suggest.go  rules that would explain what was found without one
//	indirect.go   what an indirect resource rule would find
//	automation.go  what an automation rule would decide, now and when
//
// It writes nothing. What roles and rules there are is read from the compiled model (server/assignment), who may be seen is asked of server/directory.
package catalogue
