package fulfiltest

// Behaviour is what a target does from now on when a change matches; empty fields match everything. Several are asked in the order in which
// they came.
type Behaviour struct {
	// Action is what happens. Both targets know
	//	refuse    says no, with Message
	//	hang      takes the change, answers after Milliseconds (HTTP: 0 = never), and does it then (SQL) or not at all (HTTP)
	// and HTTPTarget also
	//	slow      does it, then answers after Milliseconds
	//	drop      does it, then cuts the connection instead of answering
	//	dropFirst cuts the connection without doing it
	//	conflict  409 with Message
	//	throttle  429 with Retry-After: RetryAfterSeconds
	//	fail      500 with Message, not done
	//	failAfter 500 with Message, done
	Action            string `json:"action"`
	Table             string `json:"table,omitempty"`
	Operation         string `json:"operation,omitempty"` // SQL: INSERT, UPDATE, DELETE; HTTP: Added, Modified, Deleted
	Key               string `json:"key,omitempty"`
	Message           string `json:"message,omitempty"`
	SQLState          string `json:"sqlState,omitempty"` // SQL, of a refusal; default P0001
	Milliseconds      int    `json:"milliseconds,omitempty"`
	RetryAfterSeconds int    `json:"retryAfterSeconds,omitempty"`
	Times             int    `json:"times,omitempty"` // how often; 0 = until forgotten
}
