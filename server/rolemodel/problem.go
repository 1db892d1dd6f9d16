package rolemodel

// Severity tells what must be mended from what should be looked at.
type Severity string

const (
	SeverityError   Severity = "ERROR"   // the model cannot be saved like this; the part concerned has no effect
	SeverityWarning Severity = "WARNING" // it works, but probably not as meant
)

// Problem is something wrong in a model, for people: where it is and what to do.
type Problem struct {
	Severity   Severity
	Kind       string // table of the object: policy, category, role, role_rule, resource_type, resource_type_rule, context_rule, entity_type, dimension...
	Identifier string // of the object
	Field      string // of the object; empty: the whole object
	Message    string // what is wrong and what to do
	TellsOf    string // identifier of the entity type of which it tells whether a resource is there: only for who may read all of those. Empty: none
}
